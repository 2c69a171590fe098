//! `range`: whole numbers that are computed when asked for.

use super::super::object::Items;
use super::super::sequence::{self, Slice, Span};
use super::super::{Arguments, CompareOp, Exception, Object, PyResult, Value};
use super::super::{attributes, hash, operators};
use super::args;

/// The methods of `range`.
pub(crate) const METHODS: &[&str] = &["count", "index"];

/// `range(start, stop, step)`
pub struct Range(pub Span);

/// `range(...)`
pub(crate) fn construct(arguments: Arguments) -> PyResult<Value> {
    let values = args::between("range", 1, 3, arguments)?;
    let at = |i: usize, default: i64| values.get(i).map_or(Ok(default), args::index);
    let (start, stop) = if values.len() == 1 { (0, at(0, 0)?) } else { (at(0, 0)?, at(1, 0)?) };
    let step = at(2, 1)?;
    if step == 0 {
        return Err(Exception::value_error("range() arg 3 must not be zero"));
    }
    Ok(Value::object(Range(Span::new(start, stop, step))))
}

impl Range {
    fn at(&self, place: usize) -> i64 {
        let place = i64::try_from(place).unwrap_or(i64::MAX);
        self.0.start.wrapping_add(place.wrapping_mul(self.0.step))
    }

    fn place_of(&self, item: &Value) -> Option<usize> {
        let number = match item {
            Value::Float(x) if x.fract() == 0.0 && x.abs() < 9.0e18 => *x as i64,
            other => operators::as_index(other)?,
        };
        let offset = number.checked_sub(self.0.start)?;
        if offset % self.0.step != 0 {
            return None;
        }
        usize::try_from(offset / self.0.step).ok().filter(|place| *place < self.0.count)
    }

    fn items(&self, reversed: bool) -> Items {
        let Span { start, step, count, .. } = self.0;
        let last = start
            .wrapping_add(i64::try_from(count.saturating_sub(1)).unwrap_or(0).wrapping_mul(step));
        let (mut next, step) = if reversed { (last, step.wrapping_neg()) } else { (start, step) };
        let mut left = count;
        Box::new(move || {
            if left == 0 {
                return Ok(None);
            }
            left -= 1;
            let item = next;
            next = next.wrapping_add(step);
            Ok(Some(Value::Int(item)))
        })
    }

    /// The items from the last to the first, for `reversed`.
    pub(crate) fn reversed(&self) -> Items {
        self.items(true)
    }
}

impl Object for Range {
    fn type_name(&self) -> String {
        "range".to_owned()
    }

    fn repr(&self) -> PyResult<String> {
        let Span { start, stop, step, .. } = self.0;
        Ok(match step {
            1 => format!("range({start}, {stop})"),
            _ => format!("range({start}, {stop}, {step})"),
        })
    }

    fn attribute(&self, this: &Value, name: &str) -> PyResult<Option<Value>> {
        Ok(match name {
            "start" => Some(Value::Int(self.0.start)),
            "stop" => Some(Value::Int(self.0.stop)),
            "step" => Some(Value::Int(self.0.step)),
            _ if METHODS.contains(&name) => Some(attributes::bound(this, name)),
            _ => None,
        })
    }

    fn attribute_names(&self) -> Vec<String> {
        ["count", "index", "start", "step", "stop"].map(str::to_owned).to_vec()
    }

    fn call_method(
        &self,
        _this: &Value,
        name: &str,
        arguments: Arguments,
    ) -> Option<PyResult<Value>> {
        Some(match name {
            "count" => args::one("range.count", arguments)
                .map(|item| Value::Int(i64::from(self.place_of(&item).is_some()))),
            "index" => {
                args::one("range.index", arguments).and_then(|item| match self.place_of(&item) {
                    Some(place) => Ok(Value::Int(i64::try_from(place).unwrap_or(i64::MAX))),
                    None => {
                        let text = super::super::format::repr(&item)?;
                        Err(Exception::value_error(format!("{text} is not in range")))
                    }
                })
            }
            _ => return None,
        })
    }

    fn length(&self) -> Option<PyResult<usize>> {
        Some(Ok(self.0.count))
    }

    fn item(&self, _this: &Value, key: &Value) -> PyResult<Value> {
        if let Some(slice) = key.downcast::<Slice>() {
            let span = slice.span(self.0.count)?;
            let at = |place: i64| self.0.start.wrapping_add(place.wrapping_mul(self.0.step));
            let picked =
                Span::new(at(span.start), at(span.stop), self.0.step.wrapping_mul(span.step));
            return Ok(Value::object(Range(picked)));
        }
        let Some(index) = operators::as_index(key) else {
            return Err(Exception::type_error(format!(
                "range indices must be integers or slices, not {}",
                key.type_name()
            )));
        };
        match sequence::place(index, self.0.count) {
            Some(place) => Ok(Value::Int(self.at(place))),
            None => Err(Exception::index_error("range object index out of range")),
        }
    }

    fn contains(&self, item: &Value) -> Option<PyResult<bool>> {
        match item {
            Value::Int(_) | Value::Bool(_) | Value::Float(_) => {
                Some(Ok(self.place_of(item).is_some()))
            }
            _ => None,
        }
    }

    fn iterate(&self, _this: &Value) -> Option<PyResult<Items>> {
        Some(Ok(self.items(false)))
    }

    fn compare(&self, _this: &Value, op: CompareOp, other: &Value) -> Option<PyResult<Value>> {
        let other = other.downcast::<Range>()?;
        let (a, b) = (self.0, other.0);
        let same = a.count == b.count
            && (a.count == 0 || a.start == b.start && (a.count == 1 || a.step == b.step));
        match op {
            CompareOp::Eq => Some(Ok(Value::Bool(same))),
            CompareOp::Ne => Some(Ok(Value::Bool(!same))),
            _ => None,
        }
    }

    fn hash(&self) -> PyResult<Option<u64>> {
        let Span { start, step, count, .. } = self.0;
        let count_value = Value::Int(i64::try_from(count).unwrap_or(i64::MAX));
        let parts = match count {
            0 => vec![count_value, Value::None, Value::None],
            1 => vec![count_value, Value::Int(start), Value::None],
            _ => vec![count_value, Value::Int(start), Value::Int(step)],
        };
        hash::hash(&Value::tuple(parts)).map(|hash| Some(hash.cast_unsigned()))
    }
}
