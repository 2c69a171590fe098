//! Arrays as objects of the language.

use super::array::Array;
use super::{index, methods, print, ufunc};
use crate::runtime::object::Items;
use crate::runtime::{Arguments, BinaryOp, CompareOp, Exception, Object, PyResult, UnaryOp, Value};

impl Object for Array {
    fn type_name(&self) -> String {
        "ndarray".to_owned()
    }

    fn repr(&self) -> PyResult<String> {
        Ok(print::repr(self))
    }

    fn class(&self) -> Option<Value> {
        Some(methods::array_class())
    }

    fn to_str(&self) -> PyResult<String> {
        Ok(print::str(self))
    }

    fn format(&self, spec: &str) -> PyResult<Option<String>> {
        if spec.is_empty() || self.ndim() == 0 {
            return Ok(None);
        }
        Err(Exception::type_error("unsupported format string passed to numpy.ndarray.__format__"))
    }

    fn truth(&self) -> PyResult<bool> {
        match self.size() {
            1 => super::truth(&super::convert::plain(&self.items()[0])),
            0 => Err(Exception::value_error(
                "The truth value of an empty array is ambiguous. Use `array.size > 0` to check \
                 that an array is not empty.",
            )),
            _ => Err(Exception::value_error(
                "The truth value of an array with more than one element is ambiguous. Use a.any() \
                 or a.all()",
            )),
        }
    }

    fn as_scalar(&self) -> Option<Value> {
        (self.size() == 1).then(|| super::convert::plain(&self.element(self.offset)))
    }

    fn attribute(&self, this: &Value, name: &str) -> PyResult<Option<Value>> {
        methods::attribute(this, self, name)
    }

    fn attribute_names(&self) -> Vec<String> {
        methods::names()
    }

    fn call_method(
        &self,
        this: &Value,
        name: &str,
        arguments: Arguments,
    ) -> Option<PyResult<Value>> {
        methods::call(this, name, arguments)
    }

    fn length(&self) -> Option<PyResult<usize>> {
        self.shape().first().map(|&n| Ok(n))
    }

    fn item(&self, _this: &Value, key: &Value) -> PyResult<Value> {
        index::get(self, key)
    }

    fn set_item(&self, key: &Value, value: Value) -> PyResult<()> {
        index::set(self, key, &value)
    }

    fn delete_item(&self, _key: &Value) -> PyResult<()> {
        Err(Exception::value_error("cannot delete array elements"))
    }

    fn contains(&self, item: &Value) -> Option<PyResult<bool>> {
        let equal = ufunc::comparison(&Value::object(self.clone()), CompareOp::Eq, item)?;
        Some(equal.and_then(|flags| match flags.downcast::<Array>() {
            Some(flags) => Ok(flags.to_vec::<bool>().contains(&true)),
            None => super::truth(&flags),
        }))
    }

    fn iterate(&self, _this: &Value) -> Option<PyResult<Items>> {
        let Some(&n) = self.shape().first() else {
            return Some(Err(Exception::type_error("iteration over a 0-d array")));
        };
        let (array, mut i) = (self.clone(), 0);
        Some(Ok(Box::new(move || {
            if i == n {
                return Ok(None);
            }
            i += 1;
            Ok(Some(array.at(0, i - 1).to_value()))
        })))
    }

    fn binary(
        &self,
        this: &Value,
        op: BinaryOp,
        other: &Value,
        reflected: bool,
    ) -> Option<PyResult<Value>> {
        ufunc::operator(this, op, other, reflected)
    }

    fn binary_in_place(
        &self,
        this: &Value,
        op: BinaryOp,
        other: &Value,
    ) -> Option<PyResult<Value>> {
        ufunc::operator_in_place(self, this, op, other)
    }

    fn compare(&self, this: &Value, op: CompareOp, other: &Value) -> Option<PyResult<Value>> {
        ufunc::comparison(this, op, other)
    }

    fn unary(&self, this: &Value, op: UnaryOp) -> Option<PyResult<Value>> {
        ufunc::unary_operator(this, op)
    }

    fn hash(&self) -> PyResult<Option<u64>> {
        Err(Exception::type_error("unhashable type: 'numpy.ndarray'"))
    }
}
