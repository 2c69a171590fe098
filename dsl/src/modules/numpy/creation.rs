//! Functions that make arrays.

use super::arguments::{arrays, check_size, flag, items, shape};
use super::arith::Op;
use super::array::Array;
use super::convert::check_integer;
use super::dtype::{DType, promote};
use super::table::{Row, array, numbers, row, take};
use super::ufunc::{Operand, binary};
use crate::runtime::{Exception, PyResult, Value};

pub(crate) const TABLE: &[Row] = &[
    row(
        "array",
        "object, dtype=None, *, copy=True, order='K', subok=False, ndmin=0, like=None",
        "An array from nested lists, numbers or another array (copied).",
        |v| {
            let [object, dtype, copy, _order, _subok, ndmin, _like] = take(v)?;
            let dtype = DType::optional(&dtype)?;
            let made = Array::from_value(&object, dtype)?;
            let made = match object.downcast::<Array>() {
                Some(given) if made.shares_storage(&given) && flag(&copy)? => made.copy(),
                _ => made,
            };
            let ndmin = ndmin.as_int("ndmin")?.clamp(0, 64) as usize;
            if made.ndim() < ndmin {
                let shape = [&vec![1; ndmin - made.ndim()][..], made.shape()].concat();
                return Ok(Value::object(made.reshaped(&shape)?));
            }
            Ok(Value::object(made))
        },
    ),
    row("asarray", AS, "The same array if it is one, else a new one.", as_array),
    row("asanyarray", AS, "The same array if it is one, else a new one.", as_array),
    row("ascontiguousarray", "a, dtype=None", "The elements in C order.", |v| {
        let [a, dtype] = take(v)?;
        let made = Array::from_value(&a, DType::optional(&dtype)?)?.contiguous();
        Ok(Value::object(if made.ndim() == 0 { made.reshaped(&[1])? } else { made }))
    }),
    row("copy", "a, order='K', subok=False", "A copy.", |v| {
        let [a, ..] = take::<3>(v)?;
        Ok(Value::object(array(&a)?.copy()))
    }),
    row("zeros", FILLED, "Zeros.", |v| filled(v, 0)),
    row("ones", FILLED, "Ones.", |v| filled(v, 1)),
    row("empty", FILLED, "An array to be filled; its elements are zeros here.", |v| filled(v, 0)),
    row("full", "shape, fill_value, dtype=None, order='C'", "One value everywhere.", |v| {
        let [size, value, dtype, _order] = take(v)?;
        let source = Array::from_value(&value, DType::optional(&dtype)?)?;
        Ok(Value::object(source.broadcast_to(&shape(&size)?)?.copy()))
    }),
    row("zeros_like", LIKE, "Zeros of the same shape and dtype.", |v| like(v, 0)),
    row("ones_like", LIKE, "Ones of the same shape and dtype.", |v| like(v, 1)),
    row("empty_like", LIKE, "An array of the same shape and dtype to be filled.", |v| like(v, 0)),
    row(
        "full_like",
        "a, fill_value, dtype=None, order='K', subok=True, shape=None",
        "One value everywhere, in the same shape and dtype.",
        |v| {
            let [a, value, dtype, _order, _subok, size] = take(v)?;
            let a = array(&a)?;
            let dtype = DType::optional(&dtype)?.unwrap_or(a.dtype());
            let size = if size.is_none() { a.shape().to_vec() } else { shape(&size)? };
            let source = match &value {
                Value::Int(number) => {
                    check_integer(*number, dtype)?;
                    Array::scalar(*number).cast(dtype)?
                }
                other => array(other)?.as_type(dtype)?,
            };
            Ok(Value::object(source.broadcast_to(&size)?.copy()))
        },
    ),
    row(
        "arange",
        "start=None, stop=None, step=None, dtype=None, *, device=None, like=None",
        "Evenly spaced numbers, the end excluded.",
        arange,
    ),
    row(
        "linspace",
        "start, stop, num=50, endpoint=True, retstep=False, dtype=None, axis=0",
        "A number of evenly spaced numbers, the end included.",
        linspace,
    ),
    row(
        "logspace",
        "start, stop, num=50, endpoint=True, base=10.0, dtype=None, axis=0",
        "Powers of the base with evenly spaced exponents.",
        |v| {
            let [start, stop, num, endpoint, base, dtype, axis] = take(v)?;
            let exponents =
                linspace(vec![start, stop, num, endpoint, Value::Bool(false), Value::None, axis])?;
            let (base, exponents) = (Operand::new(&base)?, Operand::new(&exponents)?);
            let result = binary(Op::Power, &base, &exponents, None)?;
            as_optional(result, &dtype)
        },
    ),
    row(
        "geomspace",
        "start, stop, num=50, endpoint=True, dtype=None, axis=0",
        "Numbers with a constant ratio.",
        |v| {
            let [start, stop, num, endpoint, dtype, _axis] = take(v)?;
            let (low, high) = (start.as_float("start")?, stop.as_float("stop")?);
            if low == 0.0 || high == 0.0 {
                return Err(Exception::value_error("Geometric sequence cannot include zero"));
            }
            if (low < 0.0) != (high < 0.0) {
                return Err(Exception::not_supported(
                    "geomspace between numbers of different signs is not in kerai's numpy",
                    "use logspace for each sign",
                ));
            }
            let (from, to) = (Value::Float(low.abs().log10()), Value::Float(high.abs().log10()));
            let exponents = linspace(vec![
                from,
                to,
                num,
                endpoint.clone(),
                Value::Bool(false),
                Value::None,
                Value::Int(0),
            ])?;
            let result = binary(
                Op::Power,
                &Operand::new(&Value::Float(10.0))?,
                &Operand::new(&exponents)?,
                None,
            )?;
            let mut numbers = result.to_f64_vec();
            numbers.iter_mut().for_each(|x| *x = x.copysign(low));
            if let Some(first) = numbers.first_mut() {
                *first = low;
            }
            if flag(&endpoint)?
                && numbers.len() > 1
                && let Some(last) = numbers.last_mut()
            {
                *last = high;
            }
            as_optional(Array::from_f64(&[numbers.len()], numbers), &dtype)
        },
    ),
    row("eye", "N, M=None, k=0, dtype=None, order='C'", "Ones on a diagonal.", |v| {
        let [n, m, k, dtype, _order] = take(v)?;
        let rows = shape(&n)?;
        let columns = if m.is_none() { rows.clone() } else { shape(&m)? };
        eye(rows[0], columns[0], k.as_int("k")?, DType::from_value(&dtype)?)
    }),
    row("identity", "n, dtype=None", "The identity matrix.", |v| {
        let [n, dtype] = take(v)?;
        let n = shape(&n)?[0];
        eye(n, n, 0, DType::from_value(&dtype)?)
    }),
    row("diag", "v, k=0", "A diagonal of a matrix, or a matrix with this diagonal.", |v| {
        let [a, k] = take(v)?;
        let (a, k) = (array(&a)?, k.as_int("k")?);
        match a.ndim() {
            1 => diagonal_matrix(&a, k),
            2 => Ok(Value::object(diagonal(&a, k, 0, 1).copy())),
            _ => Err(Exception::value_error("Input must be 1- or 2-d.")),
        }
    }),
    row("diagflat", "v, k=0", "A matrix with these elements on a diagonal.", |v| {
        let [a, k] = take(v)?;
        let a = array(&a)?;
        diagonal_matrix(&a.reshaped(&[a.size()])?, k.as_int("k")?)
    }),
    row("diagonal", "a, offset=0, axis1=0, axis2=1", "The diagonal of two axes.", |v| {
        let [a, offset, first, second] = take(v)?;
        let a = array(&a)?;
        let (x, y) = two_axes(&a, &first, &second)?;
        Ok(Value::object(diagonal(&a, offset.as_int("offset")?, x, y)))
    }),
    row(
        "trace",
        "a, offset=0, axis1=0, axis2=1, dtype=None, out=None",
        "The sum along a diagonal.",
        |v| {
            let [a, offset, first, second, dtype, _out] = take(v)?;
            let a = numbers(&a, "trace")?;
            let (x, y) = two_axes(&a, &first, &second)?;
            let diagonal = diagonal(&a, offset.as_int("offset")?, x, y);
            let axes = [diagonal.ndim() - 1];
            let dtype = DType::optional(&dtype)?;
            let sum = super::fold::fold(super::fold::Fold::Sum, &diagonal, &axes, false, dtype)?;
            Ok(sum.to_value())
        },
    ),
    row("tri", "N, M=None, k=0, dtype=None", "Ones at and below a diagonal.", |v| {
        let [n, m, k, dtype] = take(v)?;
        let rows = shape(&n)?[0];
        let columns = if m.is_none() { rows } else { shape(&m)?[0] };
        check_size(rows.saturating_mul(columns))?;
        let mask = triangle(rows, columns, k.as_int("k")?);
        Ok(Value::object(mask.cast(DType::from_value(&dtype)?)?))
    }),
    row("tril", "m, k=0", "The lower triangle; zeros above.", |v| triangular(v, true)),
    row("triu", "m, k=0", "The upper triangle; zeros below.", |v| triangular(v, false)),
    row("tril_indices", "n, k=0, m=None", "The indices of the lower triangle.", |v| {
        triangle_indices(v, true)
    }),
    row("triu_indices", "n, k=0, m=None", "The indices of the upper triangle.", |v| {
        triangle_indices(v, false)
    }),
    row("vander", "x, N=None, increasing=False", "Powers of the numbers in columns.", |v| {
        let [x, n, increasing] = take(v)?;
        let x = numbers(&x, "vander")?;
        let columns = if n.is_none() { x.size() } else { shape(&n)?[0] };
        let powers: Vec<i64> = match flag(&increasing)? {
            true => (0..columns as i64).collect(),
            false => (0..columns as i64).rev().collect(),
        };
        let base = Operand::strong(x.reshaped(&[x.size(), 1])?);
        let powers = Operand::strong(Array::from_i64(&[columns], powers));
        Ok(binary(Op::Power, &base, &powers, None)?.to_value())
    }),
    row(
        "meshgrid",
        "*xi, indexing='xy', sparse=False, copy=True",
        "Coordinates of a grid, one array per axis.",
        meshgrid,
    ),
    row("indices", "dimensions, dtype=None, sparse=False", "The indices of a grid.", |v| {
        let [dimensions, dtype, _sparse] = take(v)?;
        let shape = shape(&dimensions)?;
        let dtype = DType::optional(&dtype)?.unwrap_or(DType::Int64);
        let whole = [&[shape.len()][..], &shape].concat();
        check_size(whole.iter().product())?;
        let out = Array::zeros(&whole, dtype);
        for (axis, &n) in shape.iter().enumerate() {
            let mut row = vec![1; shape.len()];
            row[axis] = n;
            let steps = Array::from_i64(&row, (0..n as i64).collect());
            out.at(0, axis).assign(&steps)?;
        }
        Ok(Value::object(out))
    }),
    row(
        "fromfunction",
        "function, shape, *, dtype=None",
        "A function over the indices of a grid.",
        |v| {
            let [function, size, dtype] = take(v)?;
            let grid = super::functions::call_function(
                "indices",
                crate::runtime::Arguments::positional([size])
                    .with("dtype", if dtype.is_none() { Value::str("float64") } else { dtype }),
            )?;
            let parts = items(&grid)?;
            match &function {
                Value::Object(object) => {
                    object.call(&function, crate::runtime::Arguments::positional(parts))
                }
                other => Err(Exception::type_error(format!(
                    "'{}' object is not callable",
                    other.type_name()
                ))),
            }
        },
    ),
    row("fromiter", "iter, dtype, count=-1", "An array from an iterable.", |v| {
        let [iter, dtype, count] = take(v)?;
        let count = count.as_int("count")?;
        let mut all = items(&iter)?;
        if count >= 0 {
            all.truncate(count as usize);
        }
        let dtype = DType::from_value(&dtype)?;
        Ok(Value::object(Array::from_value(&Value::list(all), Some(dtype))?))
    }),
    row(
        "frombuffer",
        "buffer, dtype=None, count=-1, offset=0",
        "Refused: there are no raw buffers.",
        |_| {
            Err(Exception::not_supported(
                "np.frombuffer is not in kerai's numpy",
                "np.load and keras.utils functions read files",
            ))
        },
    ),
];

const AS: &str = "a, dtype=None, order=None, *, copy=None, device=None, like=None";
const FILLED: &str = "shape, dtype=None, order='C', *, device=None, like=None";
const LIKE: &str = "a, dtype=None, order='K', subok=True, shape=None";

fn as_optional(array: Array, dtype: &Value) -> PyResult<Value> {
    Ok(match DType::optional(dtype)? {
        Some(dtype) => array.as_type(dtype)?.to_value(),
        None => array.to_value(),
    })
}

fn as_array(v: Vec<Value>) -> PyResult<Value> {
    let [a, dtype, _order, copy, _device, _like] = take(v)?;
    let dtype = DType::optional(&dtype)?;
    if let Some(same) = a.downcast::<Array>() {
        let keep = dtype.is_none_or(|dtype| dtype == same.dtype());
        if keep && !matches!(copy, Value::Bool(true)) {
            return Ok(a);
        }
    }
    let made = Array::from_value(&a, dtype)?;
    Ok(Value::object(if matches!(copy, Value::Bool(true)) { made.copy() } else { made }))
}

fn filled(v: Vec<Value>, number: i64) -> PyResult<Value> {
    let [size, dtype, ..] = take::<5>(v)?;
    let size = shape(&size)?;
    let dtype = DType::from_value(&dtype)?;
    same_everywhere(&size, dtype, number)
}

fn same_everywhere(size: &[usize], dtype: DType, number: i64) -> PyResult<Value> {
    if number == 0 {
        return Ok(Value::object(Array::zeros(size, dtype)));
    }
    let one = Array::scalar(number).cast(dtype)?;
    Ok(Value::object(one.broadcast_to(size)?.copy()))
}

fn like(v: Vec<Value>, number: i64) -> PyResult<Value> {
    let [a, dtype, _order, _subok, size] = take(v)?;
    let a = array(&a)?;
    let dtype = DType::optional(&dtype)?.unwrap_or(a.dtype());
    let size = if size.is_none() { a.shape().to_vec() } else { shape(&size)? };
    same_everywhere(&size, dtype, number)
}

fn arange(v: Vec<Value>) -> PyResult<Value> {
    let [start, stop, step, dtype, ..] = take::<6>(v)?;
    if start.is_none() && stop.is_none() {
        return Err(Exception::type_error("arange() requires stop to be specified."));
    }
    let (start, stop) = if stop.is_none() {
        (Value::Int(0), start)
    } else if start.is_none() {
        (Value::Int(0), stop)
    } else {
        (start, stop)
    };
    let step = if step.is_none() { Value::Int(1) } else { step };
    let parts = [Operand::new(&start)?, Operand::new(&stop)?, Operand::new(&step)?];
    let natural = parts.iter().map(|p| p.array.dtype()).fold(DType::Int64, promote);
    if !natural.is_number() {
        return Err(Exception::type_error("arange() needs numbers"));
    }
    let dtype = DType::optional(&dtype)?.unwrap_or(natural);
    let zero = || Exception::new("ZeroDivisionError", "division by zero");
    if natural.is_integer() {
        let [start, stop, step] = parts.map(|p| p.array.to_i64_vec()[0]);
        if step == 0 {
            return Err(zero());
        }
        let distance = i128::from(stop) - i128::from(start);
        let step = i128::from(step);
        let count = if (distance > 0) == (step > 0) && distance != 0 {
            (distance.abs() + step.abs() - 1) / step.abs()
        } else {
            0
        };
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        check_size(count)?;
        let numbers: Vec<i64> =
            (0..count as i64).map(|i| start.wrapping_add(i.wrapping_mul(step as i64))).collect();
        return Ok(Value::object(Array::from_i64(&[count], numbers).as_type(dtype)?));
    }
    let [start, stop, step] = parts.map(|p| p.array.to_f64_vec()[0]);
    if step == 0.0 {
        return Err(zero());
    }
    let count = ((stop - start) / step).ceil();
    if !count.is_finite() {
        return Err(Exception::value_error("Maximum allowed size exceeded"));
    }
    let count = count.max(0.0) as usize;
    check_size(count)?;
    // As numpy: the difference of the first two numbers is the step of all, in the type of the result.
    let numbers: Vec<f64> = match dtype {
        DType::Float32 => {
            let (first, second) = (start as f32, (start + step) as f32);
            let delta = second - first;
            (0..count)
                .map(|i| f64::from(if i == 1 { second } else { first + i as f32 * delta }))
                .collect()
        }
        _ => {
            let second = start + step;
            let delta = second - start;
            (0..count).map(|i| if i == 1 { second } else { start + i as f64 * delta }).collect()
        }
    };
    Ok(Value::object(Array::from_f64(&[count], numbers).as_type(dtype)?))
}

fn linspace(v: Vec<Value>) -> PyResult<Value> {
    let [start, stop, num, endpoint, with_step, dtype, axis] = take(v)?;
    let count = num.as_int("num")?;
    if count < 0 {
        return Err(Exception::value_error(format!(
            "Number of samples, {count}, must be non-negative."
        )));
    }
    let count = count as usize;
    let (from, to) = (Operand::new(&start)?, Operand::new(&stop)?);
    let natural = match super::ufunc::common_type(&from, &to) {
        d if d.is_float() => d,
        _ => DType::Float64,
    };
    let wanted = DType::optional(&dtype)?.unwrap_or(natural);
    let endpoint = flag(&endpoint)?;
    let gaps = if endpoint { count.saturating_sub(1) } else { count } as f64;
    let shape = super::layout::broadcast_shape(&[from.array.shape(), to.array.shape()])?;
    let from = from.array.broadcast_to(&shape)?.to_f64_vec();
    let to = to.array.broadcast_to(&shape)?.to_f64_vec();
    let width = from.len();
    check_size(count.saturating_mul(width.max(1)))?;
    let mut numbers = vec![0.0; count * width];
    let mut steps = Vec::with_capacity(width);
    for (j, (&a, &b)) in from.iter().zip(&to).enumerate() {
        let delta = b - a;
        let step = delta / gaps;
        steps.push(if gaps > 0.0 { step } else { f64::NAN });
        for i in 0..count {
            let moved = if gaps <= 0.0 {
                i as f64 * delta
            } else if step == 0.0 {
                i as f64 / gaps * delta
            } else {
                i as f64 * step
            };
            numbers[i * width + j] = moved + a;
        }
        if endpoint && count > 1 {
            numbers[(count - 1) * width + j] = b;
        }
    }
    if wanted.is_integer() {
        numbers.iter_mut().for_each(|x| *x = x.floor());
    }
    let mut result = Array::from_f64(&[&[count][..], &shape].concat(), numbers).as_type(wanted)?;
    let last = super::arguments::axis(&axis, result.ndim())?;
    if last != 0 {
        let mut order: Vec<usize> = (1..result.ndim()).collect();
        order.insert(last, 0);
        result = result.permuted(&order).contiguous();
    }
    if flag(&with_step)? {
        let step = Array::from_f64(&shape, steps).to_value();
        return Ok(Value::tuple(vec![Value::object(result), step]));
    }
    Ok(Value::object(result))
}

fn eye(rows: usize, columns: usize, k: i64, dtype: DType) -> PyResult<Value> {
    check_size(rows.saturating_mul(columns))?;
    let flags =
        (0..rows as i64).flat_map(|i| (0..columns as i64).map(move |j| j == i + k)).collect();
    Ok(Value::object(Array::from_bool(&[rows, columns], flags).as_type(dtype)?))
}

fn two_axes(a: &Array, first: &Value, second: &Value) -> PyResult<(usize, usize)> {
    if a.ndim() < 2 {
        return Err(Exception::value_error("diag requires an array of at least two dimensions"));
    }
    let (x, y) =
        (super::arguments::axis(first, a.ndim())?, super::arguments::axis(second, a.ndim())?);
    if x == y {
        return Err(Exception::value_error("axis1 and axis2 cannot be the same"));
    }
    Ok((x, y))
}

/// A diagonal as a view; its axis is the last.
fn diagonal(a: &Array, k: i64, x: usize, y: usize) -> Array {
    let (rows, columns) = (a.shape()[x] as i64, a.shape()[y] as i64);
    let (row, column) = if k >= 0 { (0, k) } else { (k.saturating_neg(), 0) };
    let length = (rows - row).min(columns - column).max(0) as usize;
    let mut offset = a.offset as isize;
    if length > 0 {
        offset += row as isize * a.strides[x] + column as isize * a.strides[y];
    }
    let keep = |axis: &usize| *axis != x && *axis != y;
    let mut shape: Vec<usize> = (0..a.ndim()).filter(keep).map(|axis| a.shape()[axis]).collect();
    let mut strides: Vec<isize> = (0..a.ndim()).filter(keep).map(|axis| a.strides[axis]).collect();
    shape.push(length);
    strides.push(a.strides[x] + a.strides[y]);
    a.view(offset as usize, shape, strides)
}

fn diagonal_matrix(a: &Array, k: i64) -> PyResult<Value> {
    let n = a.size() + k.unsigned_abs() as usize;
    check_size(n.saturating_mul(n))?;
    let out = Array::zeros(&[n, n], a.dtype());
    diagonal(&out, k, 0, 1).assign(a)?;
    Ok(Value::object(out))
}

fn triangle(rows: usize, columns: usize, k: i64) -> Array {
    let flags =
        (0..rows as i64).flat_map(|i| (0..columns as i64).map(move |j| j <= i + k)).collect();
    Array::from_bool(&[rows, columns], flags)
}

fn triangular(v: Vec<Value>, lower: bool) -> PyResult<Value> {
    let [m, k] = take(v)?;
    let m = numbers(&m, "tril")?;
    let k = k.as_int("k")?;
    let Some(&columns) = m.shape().last() else {
        return Err(Exception::value_error("Input must be at least 1-d."));
    };
    let rows = if m.ndim() == 1 { columns } else { m.shape()[m.ndim() - 2] };
    let mask = triangle(rows, columns, if lower { k } else { k - 1 });
    let shape = super::layout::broadcast_shape(&[mask.shape(), m.shape()])?;
    let (mask, m) = (mask.broadcast_to(&shape)?, m.broadcast_to(&shape)?);
    let zeros = Array::zeros(&[], m.dtype()).broadcast_to(&shape)?;
    let (yes, no) = if lower { (&m, &zeros) } else { (&zeros, &m) };
    Ok(Value::object(super::functions::select(&mask, yes, no, m.dtype())?))
}

fn triangle_indices(v: Vec<Value>, lower: bool) -> PyResult<Value> {
    let [n, k, m] = take(v)?;
    let rows = shape(&n)?[0];
    let columns = if m.is_none() { rows } else { shape(&m)?[0] };
    let k = k.as_int("k")?;
    let mask = triangle(rows, columns, if lower { k } else { k - 1 });
    let mask = if lower { mask } else { super::ufunc::invert(&mask)? };
    let parts = super::index::nonzero(&mask);
    Ok(Value::tuple(
        parts.into_iter().map(|p| Value::object(Array::from_i64(&[p.len()], p))).collect(),
    ))
}

fn meshgrid(v: Vec<Value>) -> PyResult<Value> {
    let [xi, indexing, sparse, copy] = take(v)?;
    let indexing = indexing.as_str("indexing")?;
    let swap = match &*indexing {
        "xy" => true,
        "ij" => false,
        _ => {
            return Err(Exception::value_error("Valid values for `indexing` are 'xy' and 'ij'."));
        }
    };
    let xi = arrays(&xi)?;
    let n = xi.len();
    let place = |i: usize| if swap && n > 1 && i < 2 { 1 - i } else { i };
    let mut full = vec![1; n];
    for (i, x) in xi.iter().enumerate() {
        full[place(i)] = x.size();
    }
    check_size(full.iter().fold(1_usize, |a, &b| a.saturating_mul(b)))?;
    let mut out = Vec::with_capacity(n);
    for (i, x) in xi.iter().enumerate() {
        let mut shape = vec![1; n];
        shape[place(i)] = x.size();
        let x = x.reshaped(&shape)?;
        out.push(Value::object(match (flag(&sparse)?, flag(&copy)?) {
            (true, _) => x.copy(),
            (false, true) => x.broadcast_to(&full)?.copy(),
            (false, false) => x.broadcast_to(&full)?,
        }));
    }
    Ok(Value::tuple(out))
}
