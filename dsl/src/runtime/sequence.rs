//! What sequences share: slices, indices, repetition, and looking at items without holding a borrow.

use super::operators::as_index;
use super::{Exception, Object, PyResult, Value};

/// Texts longer than this are refused before the machine runs out of memory.
pub(crate) const LONGEST_TEXT: usize = 1 << 32;

/// `slice(start, stop, step)`, as `x[start:stop:step]` makes it.
pub struct Slice {
    /// `None` or an integer.
    pub start: Value,
    /// `None` or an integer.
    pub stop: Value,
    /// `None` or an integer.
    pub step: Value,
}

/// The indices that a slice picks from a sequence of known length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The first index.
    pub start: i64,
    /// The index that is not reached any more.
    pub stop: i64,
    /// From index to index; never zero.
    pub step: i64,
    /// How many.
    pub count: usize,
}

impl Slice {
    /// A slice value.
    pub fn value(start: Value, stop: Value, step: Value) -> Value {
        Value::object(Slice { start, stop, step })
    }

    /// The indices for a sequence of `length` items, as `slice.indices` gives them.
    pub fn span(&self, length: usize) -> PyResult<Span> {
        let length = i64::try_from(length).unwrap_or(i64::MAX);
        let step = slice_index(&self.step)?.unwrap_or(1);
        if step == 0 {
            return Err(Exception::value_error("slice step cannot be zero"));
        }
        let (lower, upper) = if step > 0 { (0, length) } else { (-1, length - 1) };
        let clamp = |bound: Option<i64>, default: i64| match bound {
            None => default,
            Some(index) if index < 0 => (index.saturating_add(length)).max(lower),
            Some(index) => index.min(upper),
        };
        let (first, last) = if step > 0 { (lower, upper) } else { (upper, lower) };
        let start = clamp(slice_index(&self.start)?, first);
        let stop = clamp(slice_index(&self.stop)?, last);
        Ok(Span::new(start, stop, step))
    }
}

impl Span {
    /// The span from `start` towards `stop`.
    pub fn new(start: i64, stop: i64, step: i64) -> Self {
        let (start_wide, stop_wide, step_wide) =
            (i128::from(start), i128::from(stop), i128::from(step));
        let count = if step > 0 && start < stop {
            (stop_wide - start_wide - 1) / step_wide + 1
        } else if step < 0 && stop < start {
            (start_wide - stop_wide - 1) / -step_wide + 1
        } else {
            0
        };
        Span { start, stop, step, count: usize::try_from(count).unwrap_or(usize::MAX) }
    }

    /// The indices, in order.
    pub fn indices(self) -> impl Iterator<Item = usize> {
        (0..self.count).map(move |i| {
            let offset = i64::try_from(i).unwrap_or(0).wrapping_mul(self.step);
            usize::try_from(self.start.wrapping_add(offset)).unwrap_or(0)
        })
    }

    /// The picked items.
    pub fn pick<T: Clone>(self, items: &[T]) -> Vec<T> {
        self.indices().filter_map(|i| items.get(i).cloned()).collect()
    }
}

fn slice_index(value: &Value) -> PyResult<Option<i64>> {
    if value.is_none() {
        return Ok(None);
    }
    as_index(value).map(Some).ok_or_else(|| {
        Exception::type_error("slice indices must be integers or None or have an __index__ method")
    })
}

impl Object for Slice {
    fn type_name(&self) -> String {
        "slice".to_owned()
    }

    fn repr(&self) -> PyResult<String> {
        let text = super::format::repr;
        Ok(format!("slice({}, {}, {})", text(&self.start)?, text(&self.stop)?, text(&self.step)?))
    }

    fn attribute(&self, this: &Value, name: &str) -> PyResult<Option<Value>> {
        Ok(Some(match name {
            "start" => self.start.clone(),
            "stop" => self.stop.clone(),
            "step" => self.step.clone(),
            "indices" => {
                let this = this.clone();
                super::Native::value("indices", "length, /", "start, stop and step", move |args| {
                    let length = args.first().map_or(Ok(0), |v| v.as_int("length"))?;
                    let Some(slice) = this.downcast::<Slice>() else { return Ok(Value::None) };
                    let span = slice.span(usize::try_from(length).unwrap_or(0))?;
                    Ok(Value::tuple(vec![
                        Value::Int(span.start),
                        Value::Int(span.stop),
                        Value::Int(span.step),
                    ]))
                })
            }
            _ => return Ok(None),
        }))
    }

    fn attribute_names(&self) -> Vec<String> {
        ["start", "stop", "step", "indices"].map(str::to_owned).to_vec()
    }

    fn compare(
        &self,
        _this: &Value,
        op: super::CompareOp,
        other: &Value,
    ) -> Option<PyResult<Value>> {
        let other = other.downcast::<Slice>()?;
        let parts = |s: &Slice| Value::tuple(vec![s.start.clone(), s.stop.clone(), s.step.clone()]);
        Some(super::operators::compare(op, &parts(self), &parts(&other)))
    }

    fn hash(&self) -> PyResult<Option<u64>> {
        Err(Exception::type_error("unhashable type: 'slice'"))
    }
}

/// A value with a name and nothing else: `Ellipsis`, `NotImplemented`.
struct Constant {
    name: &'static str,
    class: &'static str,
}

impl Object for Constant {
    fn type_name(&self) -> String {
        self.class.to_owned()
    }

    fn repr(&self) -> PyResult<String> {
        Ok(self.name.to_owned())
    }
}

thread_local! {
    static ELLIPSIS: Value = Value::object(Constant { name: "Ellipsis", class: "ellipsis" });
    static NOT_IMPLEMENTED: Value =
        Value::object(Constant { name: "NotImplemented", class: "NotImplementedType" });
}

/// `...`
pub fn ellipsis() -> Value {
    ELLIPSIS.with(Value::clone)
}

/// Whether this is `...`.
pub fn is_ellipsis(value: &Value) -> bool {
    ELLIPSIS.with(|e| super::operators::is_same(e, value))
}

/// `NotImplemented`
pub fn not_implemented() -> Value {
    NOT_IMPLEMENTED.with(Value::clone)
}

/// Whether this is `NotImplemented`.
pub fn is_not_implemented(value: &Value) -> bool {
    NOT_IMPLEMENTED.with(|n| super::operators::is_same(n, value))
}

/// The items `times` times over.
pub(crate) fn repeat(items: &[Value], times: i64) -> PyResult<Vec<Value>> {
    let times = usize::try_from(times).unwrap_or(0);
    let count = items.len().saturating_mul(times);
    kerai_engine::memory::room_for(&[count], size_of::<Value>())
        .map_err(|_| Exception::new("MemoryError", ""))?;
    let mut result = Vec::with_capacity(count);
    for _ in 0..times {
        result.extend_from_slice(items);
    }
    Ok(result)
}

/// The items of a tuple, also of an object that is one (a named tuple).
pub(crate) fn tuple_items(value: &Value) -> Option<Vec<Value>> {
    match value {
        Value::Tuple(items) => Some(items.to_vec()),
        Value::Object(object) => object.as_tuple(),
        _ => None,
    }
}

/// The length of `a`, if it is a list or tuple and `b` is of the same kind.
pub(crate) fn length_of_list(a: &Value, b: &Value) -> Option<usize> {
    match (a, b) {
        (Value::List(items), Value::List(_)) => Some(items.borrow().len()),
        (Value::Tuple(items), Value::Tuple(_)) => Some(items.len()),
        _ => None,
    }
}

/// One item of a list or tuple.
pub(crate) fn peek(value: &Value, index: usize) -> Option<Value> {
    match value {
        Value::List(items) => items.borrow().get(index).cloned(),
        Value::Tuple(items) => items.get(index).cloned(),
        _ => None,
    }
}

/// The place that an index means in a sequence of `length` items, counting from the end if negative.
pub(crate) fn place(index: i64, length: usize) -> Option<usize> {
    let length_signed = i64::try_from(length).ok()?;
    let place = if index < 0 { index.checked_add(length_signed)? } else { index };
    usize::try_from(place).ok().filter(|&i| i < length)
}
