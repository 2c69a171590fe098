//! `x.flat`: all elements in one row, to read, write and iterate.

use super::array::Array;
use super::elementwise::flat_slot;
use crate::runtime::object::Items;
use crate::runtime::{Object, PyResult, Value};

/// The flat iterator of an array.
pub struct Flat {
    array: Array,
}

impl Flat {
    pub(crate) fn new(array: Array) -> Flat {
        Flat { array }
    }
}

impl Object for Flat {
    fn type_name(&self) -> String {
        "flatiter".to_owned()
    }

    fn length(&self) -> Option<PyResult<usize>> {
        Some(Ok(self.array.size()))
    }

    fn item(&self, _this: &Value, key: &Value) -> PyResult<Value> {
        super::index::get(&self.array.reshaped(&[self.array.size()])?, key)
    }

    fn set_item(&self, key: &Value, value: Value) -> PyResult<()> {
        let n = self.array.size();
        let positions = Array::from_i64(&[n], (0..n as i64).collect());
        let chosen = super::index::get_array(&positions, key)?;
        let value = Array::from_value(&value, None)?;
        let value = value.reshaped(&[value.size()])?;
        if value.size() == 0 {
            return Ok(());
        }
        for (i, position) in chosen.to_i64_vec().into_iter().enumerate() {
            let slot = flat_slot(&self.array, position as usize)?;
            slot.assign(&value.at(0, i % value.size()))?;
        }
        Ok(())
    }

    fn iterate(&self, _this: &Value) -> Option<PyResult<Items>> {
        let mut items = self.array.items().into_iter();
        Some(Ok(Box::new(move || Ok(items.next()))))
    }

    fn attribute(&self, _this: &Value, name: &str) -> PyResult<Option<Value>> {
        Ok(match name {
            "base" => Some(Value::object(self.array.clone())),
            _ => None,
        })
    }
}
