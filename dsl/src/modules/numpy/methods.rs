//! Attributes and methods of arrays and scalars. Most methods are functions of the module with the array first.

use std::rc::Rc;

use super::arguments::{axis, flag};
use super::array::Array;
use super::convert;
use super::dtype::DType;
use super::flat::Flat;
use super::table::{Row, array, row, take};
use super::types::{DTypeValue, ScalarType};
use crate::runtime::{Arguments, Exception, Key, Native, PyResult, Value};

const ATTRIBUTES: [&str; 13] = [
    "shape", "ndim", "size", "dtype", "T", "mT", "nbytes", "itemsize", "flat", "real", "imag",
    "base", "strides",
];

/// Methods that are functions of the same name.
const SHARED: [&str; 29] = [
    "sum",
    "prod",
    "max",
    "min",
    "any",
    "all",
    "mean",
    "std",
    "var",
    "argmax",
    "argmin",
    "cumsum",
    "cumprod",
    "ptp",
    "ravel",
    "swapaxes",
    "squeeze",
    "diagonal",
    "trace",
    "clip",
    "round",
    "repeat",
    "take",
    "nonzero",
    "searchsorted",
    "argsort",
    "dot",
    "put",
    "choose",
];

/// Methods of their own; the array is the first argument.
const OWN: &[Row] = &[
    row(
        "reshape",
        "self, /, *shape, order='C', copy=None",
        "The same elements in another shape.",
        |v| {
            let [this, size, order, _copy] = take(v)?;
            super::shaping::reshape(&array(&this)?, &unwrap_one(size), &order)
        },
    ),
    row("transpose", "self, /, *axes", "The axes reversed or in another order.", |v| {
        let [this, axes] = take(v)?;
        let axes = match &axes {
            Value::Tuple(items) if items.is_empty() => Value::None,
            _ => unwrap_one(axes),
        };
        super::shaping::transpose(&array(&this)?, &axes)
    }),
    row("flatten", "self, /, order='C'", "A copy with all elements in one row.", |v| {
        let [this, order] = take(v)?;
        let this = array(&this)?;
        let this = match order.as_str("order")?.as_ref() {
            "F" => this.transposed(),
            _ => this,
        };
        Ok(Value::object(this.copy().reshaped(&[this.size()])?))
    }),
    row(
        "astype",
        "self, /, dtype, order='K', casting='unsafe', subok=True, copy=True",
        "A copy with another element type.",
        |v| {
            let [this, dtype, _order, casting, _subok, copy] = take(v)?;
            let same = array(&this)?;
            let dtype = DType::from_value(&dtype)?;
            let casting = casting.as_str("casting")?;
            let allowed = match &*casting {
                "no" | "equiv" => same.dtype() == dtype,
                "safe" => super::dtype::promote(same.dtype(), dtype) == dtype,
                "same_kind" => super::dtype::is_same_kind(same.dtype(), dtype),
                _ => true,
            };
            if !allowed {
                return Err(Exception::type_error(format!(
                    "Cannot cast array data from dtype('{}') to dtype('{dtype}') according to the \
                 rule '{casting}'",
                    same.dtype()
                )));
            }
            if !flag(&copy)? && dtype == same.dtype() {
                return Ok(this);
            }
            Ok(same.cast(dtype)?.to_value())
        },
    ),
    row("copy", "self, /, order='C'", "A copy.", |v| {
        let [this, _order] = take(v)?;
        Ok(array(&this)?.copy().to_value())
    }),
    row("view", "self, /, dtype=None", "Another look at the same elements.", |v| {
        let [this, dtype] = take(v)?;
        let this = array(&this)?;
        match DType::optional(&dtype)? {
            Some(dtype) if dtype != this.dtype() => Err(Exception::not_supported(
                "view with another dtype is not in kerai's numpy",
                "astype converts the elements",
            )),
            _ => Ok(Value::object(this)),
        }
    }),
    row("tolist", "self, /", "Nested lists of plain numbers.", |v| {
        let [this] = take(v)?;
        Ok(convert::to_list(&array(&this)?))
    }),
    row("item", "self, /, *args", "One element as a plain number.", |v| {
        let [this, index] = take(v)?;
        let this = array(&this)?;
        let index = super::arguments::integers(&unwrap_one(index))?;
        let slot = match &index[..] {
            [] if this.size() == 1 => super::elementwise::flat_slot(&this, 0)?,
            [] => {
                return Err(Exception::value_error(
                    "can only convert an array of size 1 to a Python scalar",
                ));
            }
            [one] => {
                let i = super::index::position(*one, this.size(), 0)?;
                super::elementwise::flat_slot(&this, i)?
            }
            many => {
                let key = Value::tuple(many.iter().map(|&i| Value::Int(i)).collect());
                super::index::get_array(&this, &key)?
            }
        };
        if slot.ndim() > 0 {
            return Err(Exception::value_error("incorrect number of indices for array"));
        }
        Ok(convert::plain(&slot.element(slot.offset)))
    }),
    row("fill", "self, value, /", "Sets all elements.", |v| {
        let [this, value] = take(v)?;
        let this = array(&this)?;
        let source = Array::from_value(&value, Some(this.dtype()))?;
        this.assign(&source)?;
        Ok(Value::None)
    }),
    row(
        "sort",
        "self, /, axis=-1, kind=None, order=None, *, stable=None",
        "Sorts the elements in place.",
        |v| {
            let [this, over, ..] = take::<5>(v)?;
            let this = array(&this)?;
            let axis = axis(&over, this.ndim())?;
            this.assign(&super::sorting::sorted(&this, axis)?)?;
            Ok(Value::None)
        },
    ),
    row("tobytes", "self, /, order='C'", "Refused: there are no raw buffers.", |_| {
        Err(Exception::not_supported(
            "tobytes is not in kerai's numpy",
            "np.save writes an array, tolist gives its numbers",
        ))
    }),
    row("conj", "self, /", "The same real numbers.", |v| {
        let [this] = take(v)?;
        Ok(this)
    }),
    row("is_integer", "self, /", "Whether the number is whole.", |v| {
        let [this] = take(v)?;
        let number = array(&this)?.single().unwrap_or(f64::NAN);
        Ok(Value::Bool(number.is_finite() && number.fract() == 0.0))
    }),
    row("__array__", "self, /, dtype=None, *, copy=None", "The array.", |v| {
        let [this, dtype, _copy] = take(v)?;
        Ok(match DType::optional(&dtype)? {
            Some(dtype) => Value::object(array(&this)?.as_type(dtype)?),
            None => this,
        })
    }),
    row(
        "setflags",
        "self, /, write=None, align=None, uic=None",
        "Arrays here can always be written.",
        |v| {
            let [_this, write, ..] = take::<4>(v)?;
            if matches!(write, Value::Bool(false)) {
                return Err(Exception::not_supported(
                    "read-only arrays are not in kerai's numpy",
                    "copy the array where it must not change",
                ));
            }
            Ok(Value::None)
        },
    ),
];

/// `f((2, 3))` and `f(2, 3)` mean the same.
fn unwrap_one(values: Value) -> Value {
    match &values {
        Value::Tuple(items) => match &items[..] {
            [one @ (Value::Tuple(_) | Value::List(_) | Value::Object(_) | Value::None)] => {
                one.clone()
            }
            _ => values,
        },
        _ => values,
    }
}

thread_local! {
    static METHODS: Rc<indexmap::IndexMap<&'static str, Value>> =
        Rc::new(OWN.iter().map(|row| (row.name, row.value())).collect());
}

fn find(name: &str) -> Option<Value> {
    METHODS
        .with(|methods| methods.get(name).cloned())
        .or_else(|| SHARED.contains(&name).then(|| super::table::function(name)).flatten())
}

/// The names for completion.
pub(crate) fn names() -> Vec<String> {
    let own = OWN.iter().map(|row| row.name).filter(|name| !name.starts_with('_'));
    ATTRIBUTES.iter().chain(&SHARED).copied().chain(own).map(str::to_owned).collect()
}

/// `x.name`
pub(crate) fn attribute(this: &Value, array: &Array, name: &str) -> PyResult<Option<Value>> {
    let bytes = match array.dtype() {
        DType::Str => 4 * array.text_width(),
        other => other.item_size(),
    };
    let tuple =
        |numbers: &mut dyn Iterator<Item = i64>| Value::tuple(numbers.map(Value::Int).collect());
    Ok(Some(match name {
        "shape" => tuple(&mut array.shape().iter().map(|&n| n as i64)),
        "ndim" => Value::Int(array.ndim() as i64),
        "size" => Value::Int(array.size() as i64),
        "dtype" => DTypeValue::of(array),
        "T" => Value::object(array.transposed()),
        "mT" => {
            let arguments = Arguments::positional([this.clone()]);
            super::functions::call_function("matrix_transpose", arguments)?
        }
        "itemsize" => Value::Int(bytes as i64),
        "nbytes" => Value::Int((bytes * array.size()) as i64),
        "strides" => tuple(&mut array.strides.iter().map(|&n| n as i64 * bytes as i64)),
        "real" => this.clone(),
        "imag" => Value::object(Array::zeros(array.shape(), array.dtype())),
        "flat" => Value::object(Flat::new(array.clone())),
        "base" => {
            let whole = array.storage.borrow().len();
            let is_view = whole != array.size() || !array.is_contiguous();
            if is_view {
                let base = array.view(0, vec![whole], vec![1]);
                Value::object(base)
            } else {
                Value::None
            }
        }
        "__class__" => super::types::class_of_value(this).unwrap_or(Value::None),
        "__array_priority__" => Value::Float(0.0),
        _ if find(name).is_some() => {
            let (this, name) = (this.clone(), name.to_owned());
            let doc = "A method of the array.";
            Native::value(&name.clone(), "*args, **kwargs", doc, move |v| {
                call(&this, &name, unpack(v)?).unwrap_or(Ok(Value::None))
            })
        }
        _ => return Ok(None),
    }))
}

/// The arguments of a function that takes `*args, **kwargs`.
pub(crate) fn unpack(v: Vec<Value>) -> PyResult<Arguments> {
    let [args, kwargs] = take(v)?;
    let mut arguments = Arguments::positional(super::arguments::items(&args)?);
    if let Value::Dict(entries) = &kwargs {
        for (Key(name), value) in entries.borrow().iter() {
            arguments.keywords.push((name.as_str("keywords")?, value.clone()));
        }
    }
    Ok(arguments)
}

/// `x.name(...)`
pub(crate) fn call(this: &Value, name: &str, mut arguments: Arguments) -> Option<PyResult<Value>> {
    let method = find(name)?;
    arguments.positional.insert(0, this.clone());
    match &method {
        Value::Object(object) => Some(object.call(&method, arguments)),
        _ => None,
    }
}

/// The class of arrays, as `np.ndarray` and `type(x)` give it.
pub(crate) fn array_class() -> Value {
    ScalarType::named("ndarray")
}
