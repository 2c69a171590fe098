//! Numbers, and arrays of them: each by its own arguments, broadcast against each other.

use super::shaped;
use super::stream::{Buffer, Stream};
use crate::modules::numpy::arguments::{self, check_size};
use crate::modules::numpy::array::Array;
use crate::modules::numpy::dtype::DType;
use crate::modules::numpy::layout::broadcast_shape;
use crate::modules::numpy::linalg;
use crate::modules::numpy::scalar::{Item, Scalar};
use crate::modules::numpy::table::take;
use crate::runtime::{Exception, PyResult, Value};

pub(super) fn none_if_empty(shape: Value) -> Value {
    match &shape {
        Value::Tuple(items) if items.is_empty() => Value::None,
        _ => shape,
    }
}

pub(super) fn at_least(value: f64, least: f64, message: &str) -> PyResult<()> {
    if value < least || value.is_nan() {
        return Err(Exception::value_error(message));
    }
    Ok(())
}

pub(super) fn positive(value: f64, message: &str) -> PyResult<()> {
    if value > 0.0 { Ok(()) } else { Err(Exception::value_error(message)) }
}

/// `size=`
pub(super) fn sizes(size: &Value) -> PyResult<Option<Vec<usize>>> {
    if size.is_none() { Ok(None) } else { arguments::shape(size).map(Some) }
}

/// Draws over parameters that broadcast; the shape is `None` for one plain number.
pub(super) fn each<T>(
    s: &mut Stream,
    parameters: &[(&str, &Value)],
    size: &Value,
    check: impl Fn(&[f64]) -> PyResult<()>,
    draw: impl Fn(&mut Stream, &[f64]) -> T,
) -> PyResult<(Option<Vec<usize>>, Vec<T>)> {
    let size = sizes(size)?;
    let mut plain = Vec::new();
    for (name, value) in parameters {
        match value {
            Value::Object(_) | Value::List(_) | Value::Tuple(_) => {}
            other => plain.push(other.as_float(name)?),
        }
    }
    if plain.len() == parameters.len() {
        check(&plain)?;
        let count = size.as_ref().map_or(1, |size| size.iter().product());
        let numbers = (0..count).map(|_| draw(s, &plain)).collect();
        return Ok((size, numbers));
    }
    let arrays = parameters
        .iter()
        .map(|(_, value)| Array::from_value(value, Some(DType::Float64)))
        .collect::<PyResult<Vec<_>>>()?;
    let mut shapes: Vec<&[usize]> = arrays.iter().map(Array::shape).collect();
    let own = broadcast_shape(&shapes)?;
    let shape = match &size {
        Some(size) => {
            shapes.push(size);
            if broadcast_shape(&shapes)? != *size {
                return Err(Exception::value_error(format!(
                    "Output size {} is not compatible with broadcast dimensions of inputs {}.",
                    crate::modules::numpy::shape_text(size),
                    crate::modules::numpy::shape_text(&own)
                )));
            }
            size.clone()
        }
        None => own,
    };
    let columns = arrays
        .iter()
        .map(|array| Ok(array.broadcast_to(&shape)?.to_f64_vec()))
        .collect::<PyResult<Vec<_>>>()?;
    let count: usize = shape.iter().product();
    let mut out = Vec::with_capacity(count);
    let mut row = vec![0.0; columns.len()];
    for i in 0..count {
        for (slot, column) in row.iter_mut().zip(&columns) {
            *slot = column[i];
        }
        check(&row)?;
        out.push(draw(s, &row));
    }
    let shape = if shape.is_empty() && size.is_none() { None } else { Some(shape) };
    Ok((shape, out))
}

pub(super) fn drawn(
    s: &mut Stream,
    parameters: &[(&str, &Value)],
    size: &Value,
    check: impl Fn(&[f64]) -> PyResult<()>,
    draw: impl Fn(&mut Stream, &[f64]) -> f64,
) -> PyResult<Value> {
    let (shape, numbers) = each(s, parameters, size, check, draw)?;
    shaped(shape.as_deref(), numbers, DType::Float64)
}

pub(super) fn counted(
    s: &mut Stream,
    parameters: &[(&str, &Value)],
    size: &Value,
    check: impl Fn(&[f64]) -> PyResult<()>,
    draw: impl Fn(&mut Stream, &[f64]) -> i64,
) -> PyResult<Value> {
    let (shape, numbers) = each(s, parameters, size, check, draw)?;
    Ok(match shape {
        Some(shape) => Value::object(Array::from_i64(&shape, numbers)),
        None => Value::Int(numbers.first().copied().unwrap_or(0)),
    })
}

pub(super) fn random(s: &mut Stream, v: Vec<Value>) -> PyResult<Value> {
    let [size] = take(v)?;
    drawn(s, &[], &size, |_| Ok(()), |s, _| s.double())
}

pub(super) fn standard_normal(s: &mut Stream, v: Vec<Value>) -> PyResult<Value> {
    let [size] = take(v)?;
    drawn(s, &[], &size, |_| Ok(()), |s, _| s.normal())
}

/// Floats of 64 or 32 bits, which have methods of their own.
pub(super) fn floats(
    s: &mut Stream,
    size: &Value,
    dtype: &Value,
    out: &Value,
    double: fn(&mut Stream) -> f64,
    single: fn(&mut Stream) -> f32,
) -> PyResult<Value> {
    let target = out.downcast::<Array>();
    let shape = match &target {
        Some(target) => Some(target.shape().to_vec()),
        None => sizes(size)?,
    };
    let count = shape.as_ref().map_or(1, |shape| shape.iter().product());
    let result = match DType::from_value(dtype)? {
        DType::Float64 => {
            let numbers: Vec<f64> = (0..count).map(|_| double(s)).collect();
            shaped(shape.as_deref(), numbers, DType::Float64)?
        }
        DType::Float32 => {
            let numbers: Vec<f32> = (0..count).map(|_| single(s)).collect();
            match &shape {
                Some(shape) => Value::object(Array::from_f32(shape, numbers)),
                None => Value::Float(numbers.first().map_or(0.0, |&x| f64::from(x))),
            }
        }
        other => {
            return Err(Exception::type_error(format!(
                "Unsupported dtype dtype('{other}') for random"
            )));
        }
    };
    match target {
        Some(target) => {
            target.assign(&Array::from_value(&result, None)?)?;
            Ok(out.clone())
        }
        None => Ok(result),
    }
}

pub(super) fn integers(
    s: &mut Stream,
    low: Value,
    high: Value,
    size: &Value,
    dtype: &Value,
    endpoint: bool,
) -> PyResult<Value> {
    let (low, high) = if high.is_none() { (Value::Int(0), low) } else { (low, high) };
    let is_plain_int = matches!(dtype, Value::Str(name) if &**name == "int")
        || crate::modules::numpy::dtype::class_name(dtype).as_deref() == Some("int");
    let dtype = DType::from_value(dtype)?;
    let Some((least, most)) = dtype.integer_range().or((dtype == DType::Bool).then_some((0, 1)))
    else {
        return Err(Exception::type_error(format!(
            "Unsupported dtype dtype('{dtype}') for randint"
        )));
    };
    let width = if dtype == DType::Bool { 1 } else { 8 * dtype.item_size() as u32 };
    let bounds = |low: i64, high: i64| -> PyResult<(i64, u64)> {
        let last = i128::from(high) - i128::from(!endpoint);
        if i128::from(low) < least {
            return Err(Exception::value_error(format!("low is out of bounds for {dtype}")));
        }
        if last > most {
            return Err(Exception::value_error(format!("high is out of bounds for {dtype}")));
        }
        if i128::from(low) > last {
            return Err(Exception::value_error(if endpoint {
                "low > high"
            } else if low == 0 {
                "high <= 0"
            } else {
                "low >= high"
            }));
        }
        Ok((low, (last - i128::from(low)) as u64))
    };
    let size = sizes(size)?;
    let is_plain = |value: &Value| match value {
        Value::Int(_) | Value::Bool(_) | Value::Float(_) => true,
        other => other.downcast::<Scalar>().is_some(),
    };
    let as_int = |value: &Value, name: &str| match value {
        Value::Float(number) => Ok(*number as i64),
        other => other.as_int(name),
    };
    let mut buffer = Buffer::default();
    if is_plain(&low) && is_plain(&high) {
        let (low, range) = bounds(as_int(&low, "low")?, as_int(&high, "high")?)?;
        let Some(shape) = size else {
            let drawn = s.bounded(range, width, &mut buffer);
            let number = low.wrapping_add(drawn as i64);
            return Ok(match (is_plain_int, dtype) {
                (true, _) => Value::Int(number),
                (_, DType::Bool) => Value::Bool(number != 0),
                (_, DType::UInt64) => {
                    Value::object(Scalar { dtype, item: Item::Unsigned(number as u64) })
                }
                _ => Value::object(Scalar { dtype, item: Item::Int(number) }),
            });
        };
        let count: usize = shape.iter().product();
        let numbers: Vec<i64> = (0..count)
            .map(|_| low.wrapping_add(s.bounded(range, width, &mut buffer) as i64))
            .collect();
        return Ok(Value::object(Array::from_i64(&shape, numbers).as_type(dtype)?));
    }
    let low = Array::from_value(&low, Some(DType::Int64))?;
    let high = Array::from_value(&high, Some(DType::Int64))?;
    let shape = match size {
        Some(size) => size,
        None => broadcast_shape(&[low.shape(), high.shape()])?,
    };
    let lows = low.broadcast_to(&shape)?.to_i64_vec();
    let highs = high.broadcast_to(&shape)?.to_i64_vec();
    let mut numbers = Vec::with_capacity(lows.len());
    for (low, high) in lows.into_iter().zip(highs) {
        let (low, range) = bounds(low, high)?;
        numbers.push(low.wrapping_add(s.bounded(range, width, &mut buffer) as i64));
    }
    Ok(Array::from_i64(&shape, numbers).as_type(dtype)?.to_value())
}

pub(super) fn multivariate_normal(s: &mut Stream, v: Vec<Value>) -> PyResult<Value> {
    let [mean, cov, size, check, tolerance, method] = take(v)?;
    let mean = Array::from_value(&mean, Some(DType::Float64))?;
    let cov = Array::from_value(&cov, Some(DType::Float64))?;
    if mean.ndim() != 1 {
        return Err(Exception::value_error("mean must be 1 dimensional"));
    }
    let n = mean.size();
    match cov.shape() {
        [rows, columns] if rows == columns && *rows == n => {}
        [rows, columns] if rows == columns => {
            return Err(Exception::value_error("mean and cov must have same length"));
        }
        _ => return Err(Exception::value_error("cov must be 2 dimensional and square")),
    }
    let mut shape = sizes(&size)?.unwrap_or_default();
    let count: usize = shape.iter().product();
    shape.push(n);
    check_size(shape.iter().product())?;
    let x: Vec<f64> = (0..count * n).map(|_| s.normal()).collect();
    let entries = cov.to_f64_vec();
    let tolerance = tolerance.as_float("tol")?;
    // The factor by which independent numbers get the covariance: rows of the result are x @ factor.
    let factor = match method.as_str("method")?.as_ref() {
        "svd" => {
            let (u, sizes, vt) = linalg::svd(&entries, n, n)?;
            let mut factor = vec![0.0; n * n];
            let mut back = vec![0.0; n * n];
            for i in 0..n {
                for j in 0..n {
                    factor[i * n + j] = match s.legacy {
                        true => sizes[i].sqrt() * vt[i * n + j],
                        false => u[j * n + i] * sizes[i].sqrt(),
                    };
                    back[i * n + j] =
                        (0..n).map(|k| vt[k * n + i] * sizes[k] * vt[k * n + j]).sum();
                }
            }
            let valid = back
                .iter()
                .zip(&entries)
                .all(|(a, b)| (a - b).abs() <= tolerance + tolerance * b.abs());
            if !valid && &*check.as_str("check_valid")? == "raise" {
                return Err(Exception::value_error(
                    "covariance is not symmetric positive-semidefinite.",
                ));
            }
            factor
        }
        "cholesky" => {
            let lower = linalg::cholesky(&entries, n)?;
            (0..n * n).map(|at| lower[(at % n) * n + at / n]).collect()
        }
        "eigh" => {
            let (values, vectors) = linalg::eigh(&entries, n)?;
            (0..n * n)
                .map(|at| vectors[(at % n) * n + at / n] * values[at / n].abs().sqrt())
                .collect()
        }
        _ => {
            return Err(Exception::value_error(
                "method must be one of {'eigh', 'svd', 'cholesky'}",
            ));
        }
    };
    let mut out = linalg::matrix(&x, &factor, count, n, n);
    let mean = mean.to_f64_vec();
    for row in out.chunks_exact_mut(n.max(1)) {
        row.iter_mut().zip(&mean).for_each(|(x, m)| *x += m);
    }
    Ok(Value::object(Array::from_f64(&shape, out)))
}
