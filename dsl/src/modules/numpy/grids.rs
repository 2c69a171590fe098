//! Objects that are indexed rather than called (`np.c_`, `np.r_`, `np.mgrid`), `np.testing`, and sliding windows.

use super::arguments::integers;
use super::array::Array;
use super::dtype::DType;
use super::functions::call_function;
use super::layout::check_axis;
use super::table::{array, take};
use crate::modules::Module;
use crate::runtime::{Arguments, Exception, Object, PyResult, Value};

/// What an indexed object makes of its index.
#[derive(Clone, Copy)]
enum Kind {
    Rows,
    Columns,
    Mesh,
    Open,
    Index,
}

/// `np.c_` and its relatives.
pub struct Grid {
    name: &'static str,
    kind: Kind,
}

/// The indexed objects by name.
pub(crate) fn find(name: &str) -> Option<Value> {
    let (name, kind) = match name {
        "r_" => ("RClass", Kind::Rows),
        "c_" => ("CClass", Kind::Columns),
        "mgrid" => ("MGridClass", Kind::Mesh),
        "ogrid" => ("OGridClass", Kind::Open),
        "s_" | "index_exp" => ("IndexExpression", Kind::Index),
        _ => return None,
    };
    Some(Value::object(Grid { name, kind }))
}

pub(crate) const NAMES: [&str; 5] = ["r_", "c_", "mgrid", "ogrid", "s_"];

/// The numbers of `start:stop:step`; a step `5j` (a number of points) cannot be written here.
fn numbers_of(part: &Value) -> PyResult<Option<Array>> {
    let Value::Object(object) = part else { return Ok(None) };
    if part.type_name() != "slice" {
        return Ok(None);
    }
    let field = |name: &str| object.attribute(part, name).map(|v| v.unwrap_or(Value::None));
    let (start, stop, step) = (field("start")?, field("stop")?, field("step")?);
    let start = if start.is_none() { Value::Int(0) } else { start };
    let step = if step.is_none() { Value::Int(1) } else { step };
    let made = call_function("arange", Arguments::positional([start, stop, step]))?;
    array(&made).map(Some)
}

fn parts(key: &Value) -> Vec<Value> {
    match key {
        Value::Tuple(items) => items.to_vec(),
        other => vec![other.clone()],
    }
}

impl Object for Grid {
    fn type_name(&self) -> String {
        self.name.to_owned()
    }

    fn item(&self, _this: &Value, key: &Value) -> PyResult<Value> {
        match self.kind {
            Kind::Index => Ok(key.clone()),
            Kind::Rows => {
                let rows = joined(key, |a| if a.ndim() == 0 { a.reshaped(&[1]) } else { Ok(a) })?;
                super::joining::concatenate(&rows, 0, None).map(Value::object)
            }
            Kind::Columns => {
                let columns = joined(key, |a| match a.ndim() {
                    0 | 1 => a.reshaped(&[a.size(), 1]),
                    _ => Ok(a),
                })?;
                let last = columns.first().map_or(0, |a| a.ndim() - 1);
                super::joining::concatenate(&columns, last, None).map(Value::object)
            }
            Kind::Mesh | Kind::Open => {
                let mut axes = Vec::new();
                for part in parts(key) {
                    axes.push(numbers_of(&part)?.map(Value::object).ok_or_else(|| {
                        Exception::type_error("mgrid needs slices: np.mgrid[0:3, 0:4]")
                    })?);
                }
                let open = matches!(self.kind, Kind::Open);
                if let ([one], false) = (&axes[..], open) {
                    return Ok(one.clone());
                }
                let call = Arguments::positional(axes)
                    .with("indexing", Value::str("ij"))
                    .with("sparse", Value::Bool(open));
                let grids = call_function("meshgrid", call)?;
                if open {
                    return Ok(grids);
                }
                call_function("stack", Arguments::positional([grids]))
            }
        }
    }
}

fn joined(key: &Value, shape: impl Fn(Array) -> PyResult<Array>) -> PyResult<Vec<Array>> {
    parts(key)
        .iter()
        .map(|part| match (part, numbers_of(part)?) {
            (_, Some(numbers)) => shape(numbers),
            (Value::Str(text), None) => Err(Exception::not_supported(
                format!("the directive '{text}' of r_ and c_ is not in kerai's numpy"),
                "np.concatenate and np.stack take an axis",
            )),
            (other, None) => shape(array(other)?),
        })
        .collect()
}

/// `np.lib`
pub(crate) fn library() -> Module {
    Module::new("numpy.lib", "Windows that slide over arrays.").submodule("stride_tricks", || {
        Module::new("numpy.lib.stride_tricks", "Windows that slide over arrays.").function(
            "sliding_window_view",
            "x, window_shape, axis=None, *, subok=False, writeable=False",
            "All windows of a length, as a view.",
            |v| {
                let [x, window, axis, ..] = take::<5>(v)?;
                let x = array(&x)?;
                let lengths = integers(&window)?;
                let axes = match &axis {
                    Value::None => (0..x.ndim()).collect(),
                    given => integers(given)?
                        .into_iter()
                        .map(|axis| check_axis(axis, x.ndim()))
                        .collect::<PyResult<Vec<_>>>()?,
                };
                if axes.len() != lengths.len() {
                    return Err(Exception::value_error(
                        "Since axis is None, must provide window_shape for all dimensions of `x`",
                    ));
                }
                let (mut shape, mut strides) = (x.shape.to_vec(), x.strides.to_vec());
                for (&axis, &length) in axes.iter().zip(&lengths) {
                    let length = usize::try_from(length).map_err(|_| {
                        Exception::value_error("`window_shape` cannot contain negative values")
                    })?;
                    if length == 0 || length > shape[axis] {
                        return Err(Exception::value_error(
                            "window shape cannot be larger than input array shape",
                        ));
                    }
                    shape[axis] -= length - 1;
                    shape.push(length);
                    strides.push(strides[axis]);
                }
                Ok(Value::object(x.view(x.offset, shape, strides)))
            },
        )
    })
}

/// `np.testing`
pub(crate) fn testing() -> Module {
    fn failed(what: &str, a: &Value, b: &Value) -> Box<Exception> {
        let text = |v: &Value| super::describe(v);
        Exception::new(
            "AssertionError",
            format!("\n{what}\n\n ACTUAL: {}\n DESIRED: {}", text(a), text(b)),
        )
    }
    Module::new("numpy.testing", "Checks that stop a program.")
        .function(
            "assert_allclose",
            "actual, desired, rtol=1e-07, atol=0, equal_nan=True, err_msg='', verbose=True",
            "Stops unless all numbers are equal within tolerances.",
            |v| {
                let [a, b, rtol, atol, equal_nan, ..] = take::<7>(v)?;
                let call = Arguments::positional([a.clone(), b.clone()])
                    .with("rtol", rtol.clone())
                    .with("atol", atol.clone())
                    .with("equal_nan", equal_nan);
                if super::truth(&call_function("allclose", call)?)? {
                    return Ok(Value::None);
                }
                let (rtol, atol) = (super::describe(&rtol), super::describe(&atol));
                Err(failed(&format!("Not equal to tolerance rtol={rtol}, atol={atol}"), &a, &b))
            },
        )
        .function("assert_array_equal", EQUAL, "Stops unless all elements are equal.", equal)
        .function("assert_equal", EQUAL, "Stops unless all elements are equal.", equal)
        .function("assert_almost_equal", ALMOST, "Stops unless numbers agree to decimals.", almost)
        .function(
            "assert_array_almost_equal",
            ALMOST,
            "Stops unless numbers agree to decimals.",
            almost,
        )
}

const EQUAL: &str = "actual, desired, err_msg='', verbose=True";
const ALMOST: &str = "actual, desired, decimal=7, err_msg='', verbose=True";

fn equal(v: Vec<Value>) -> PyResult<Value> {
    let [a, b, ..] = take::<4>(v)?;
    let (x, y) = (array(&a)?, array(&b)?);
    let y = if y.ndim() == 0 { y.broadcast_to(x.shape())? } else { y };
    let both_float = x.dtype().is_float() && y.dtype().is_float();
    let call = Arguments::positional([Value::object(x), Value::object(y)])
        .with("equal_nan", Value::Bool(both_float));
    if super::truth(&call_function("array_equal", call)?)? {
        return Ok(Value::None);
    }
    let text = |v: &Value| super::describe(v);
    Err(Exception::new(
        "AssertionError",
        format!("\nArrays are not equal\n\n ACTUAL: {}\n DESIRED: {}", text(&a), text(&b)),
    ))
}

fn almost(v: Vec<Value>) -> PyResult<Value> {
    let [a, b, decimal, ..] = take::<5>(v)?;
    let places = decimal.as_int("decimal")?.clamp(-300, 300) as i32;
    let limit = Value::Float(1.5 * 10_f64.powi(-places));
    let (x, y) = (array(&a)?.as_type(DType::Float64)?, array(&b)?.as_type(DType::Float64)?);
    let call = Arguments::positional([Value::object(x), Value::object(y)])
        .with("rtol", Value::Float(0.0))
        .with("atol", limit)
        .with("equal_nan", Value::Bool(true));
    if super::truth(&call_function("allclose", call)?)? {
        return Ok(Value::None);
    }
    let text = |v: &Value| super::describe(v);
    Err(Exception::new(
        "AssertionError",
        format!(
            "\nArrays are not almost equal to {places} decimals\n\n ACTUAL: {}\n DESIRED: {}",
            text(&a),
            text(&b)
        ),
    ))
}
