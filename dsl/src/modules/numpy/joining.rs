//! Arrays out of several, and several out of one: join, stack, split, repeat, insert, delete.

use super::arguments::{along, arrays, axis, check_size, integers, shape};
use super::array::Array;
use super::dtype::{DType, promote};
use super::layout::check_axis;
use super::shaping::{at_least_1d, at_least_2d, at_least_3d, taken};
use super::storage::Storage;
use super::table::{Row, array, row, take};
use crate::runtime::{Exception, PyResult, Value};

pub(crate) const TABLE: &[Row] = &[
    row("concatenate", JOIN, "Arrays joined along an axis that is there.", |v| {
        join(v, "concatenate")
    }),
    row("concat", JOIN, "Arrays joined along an axis that is there.", |v| join(v, "concatenate")),
    row(
        "stack",
        "arrays, axis=0, out=None, *, dtype=None, casting='same_kind'",
        "Arrays joined along a new axis.",
        |v| {
            let [parts, over, _out, dtype, _casting] = take(v)?;
            let parts = arrays(&parts)?;
            let Some(first) = parts.first() else {
                return Err(Exception::value_error("need at least one array to stack"));
            };
            if parts.iter().any(|part| part.shape() != first.shape()) {
                return Err(Exception::value_error("all input arrays must have the same shape"));
            }
            let place = axis(&over, first.ndim() + 1)?;
            let wide = parts
                .iter()
                .map(|part| {
                    let mut shape = part.shape().to_vec();
                    shape.insert(place, 1);
                    part.reshaped(&shape)
                })
                .collect::<PyResult<Vec<_>>>()?;
            Ok(Value::object(concatenate(&wide, place, DType::optional(&dtype)?)?))
        },
    ),
    row("vstack", STACK, "Rows joined one below the other.", |v| {
        let [parts, dtype, _casting] = take(v)?;
        let parts = arrays(&parts)?.iter().map(at_least_2d).collect::<PyResult<Vec<_>>>()?;
        Ok(Value::object(concatenate(&parts, 0, DType::optional(&dtype)?)?))
    }),
    row("row_stack", STACK, "Rows joined one below the other.", |v| {
        let [parts, dtype, _casting] = take(v)?;
        let parts = arrays(&parts)?.iter().map(at_least_2d).collect::<PyResult<Vec<_>>>()?;
        Ok(Value::object(concatenate(&parts, 0, DType::optional(&dtype)?)?))
    }),
    row("hstack", STACK, "Columns joined side by side.", |v| {
        let [parts, dtype, _casting] = take(v)?;
        let parts = arrays(&parts)?.iter().map(at_least_1d).collect::<PyResult<Vec<_>>>()?;
        let over = usize::from(parts.first().is_some_and(|part| part.ndim() > 1));
        Ok(Value::object(concatenate(&parts, over, DType::optional(&dtype)?)?))
    }),
    row("dstack", "tup", "Arrays joined along the third axis.", |v| {
        let [parts] = take(v)?;
        let parts = arrays(&parts)?.iter().map(at_least_3d).collect::<PyResult<Vec<_>>>()?;
        Ok(Value::object(concatenate(&parts, 2, None)?))
    }),
    row("column_stack", "tup", "Vectors as columns of a matrix.", |v| {
        let [parts] = take(v)?;
        let parts = arrays(&parts)?
            .iter()
            .map(|part| match part.ndim() {
                0 | 1 => part.reshaped(&[part.size(), 1]),
                _ => Ok(part.clone()),
            })
            .collect::<PyResult<Vec<_>>>()?;
        Ok(Value::object(concatenate(&parts, 1, None)?))
    }),
    row("append", "arr, values, axis=None", "Values behind an array, as a copy.", |v| {
        let [a, values, over] = take(v)?;
        let (a, values) = (array(&a)?, array(&values)?);
        if over.is_none() {
            let parts = [a.reshaped(&[a.size()])?, values.reshaped(&[values.size()])?];
            return Ok(Value::object(concatenate(&parts, 0, None)?));
        }
        let over = axis(&over, a.ndim())?;
        Ok(Value::object(concatenate(&[a, values], over, None)?))
    }),
    row("insert", "arr, obj, values, axis=None", "Values before an index, as a copy.", insert),
    row(
        "delete",
        "arr, obj, axis=None",
        "Without the elements at some indices, as a copy.",
        delete,
    ),
    row(
        "split",
        "ary, indices_or_sections, axis=0",
        "Equal parts, or parts between indices.",
        |v| {
            let [a, sections, over] = take(v)?;
            split(&array(&a)?, &sections, &over, true)
        },
    ),
    row("array_split", "ary, indices_or_sections, axis=0", "Nearly equal parts.", |v| {
        let [a, sections, over] = take(v)?;
        split(&array(&a)?, &sections, &over, false)
    }),
    row("vsplit", "ary, indices_or_sections", "Parts along the first axis.", |v| {
        let [a, sections] = take(v)?;
        let a = array(&a)?;
        if a.ndim() < 2 {
            return Err(Exception::value_error(
                "vsplit only works on arrays of 2 or more dimensions",
            ));
        }
        split(&a, &sections, &Value::Int(0), true)
    }),
    row("hsplit", "ary, indices_or_sections", "Parts along the second axis.", |v| {
        let [a, sections] = take(v)?;
        let a = array(&a)?;
        if a.ndim() == 0 {
            return Err(Exception::value_error(
                "hsplit only works on arrays of 1 or more dimensions",
            ));
        }
        split(&a, &sections, &Value::Int(i64::from(a.ndim() > 1)), true)
    }),
    row("unstack", "x, /, *, axis=0", "The parts along an axis, as a tuple.", |v| {
        let [a, over] = take(v)?;
        let a = array(&a)?;
        let over = axis(&over, a.ndim())?;
        Ok(Value::tuple((0..a.shape()[over]).map(|i| a.at(over, i).to_value()).collect()))
    }),
    row("repeat", "a, repeats, axis=None", "Each element several times.", repeat),
    row("tile", "A, reps", "The whole array several times.", tile),
    row("block", "arrays", "Blocks of nested lists joined.", |v| {
        let [parts] = take(v)?;
        block(&parts).map(Value::object)
    }),
];

const JOIN: &str = "arrays, /, axis=0, out=None, *, dtype=None, casting='same_kind'";

const STACK: &str = "tup, *, dtype=None, casting='same_kind'";

fn join(v: Vec<Value>, name: &str) -> PyResult<Value> {
    let [parts, over, out, dtype, _casting] = take(v)?;
    let parts = arrays(&parts)?;
    let Some(first) = parts.first() else {
        return Err(Exception::value_error(format!("need at least one array to {name}")));
    };
    let result = if over.is_none() {
        let flat = parts.iter().map(|p| p.reshaped(&[p.size()])).collect::<PyResult<Vec<_>>>()?;
        concatenate(&flat, 0, DType::optional(&dtype)?)?
    } else {
        if first.ndim() == 0 {
            return Err(Exception::value_error("zero-dimensional arrays cannot be concatenated"));
        }
        concatenate(&parts, axis(&over, first.ndim())?, DType::optional(&dtype)?)?
    };
    match out.downcast::<Array>() {
        Some(target) => {
            super::ufunc::store(&result, &target, name)?;
            Ok(out)
        }
        None => Ok(Value::object(result)),
    }
}

/// Arrays joined along an axis.
pub(crate) fn concatenate(parts: &[Array], axis: usize, dtype: Option<DType>) -> PyResult<Array> {
    let Some(first) = parts.first() else {
        return Err(Exception::value_error("need at least one array to concatenate"));
    };
    let mut total = 0;
    for (i, part) in parts.iter().enumerate() {
        if part.ndim() != first.ndim() {
            return Err(Exception::value_error(format!(
                "all the input arrays must have same number of dimensions, but the array at index \
                 0 has {} dimension(s) and the array at index {i} has {} dimension(s)",
                first.ndim(),
                part.ndim()
            )));
        }
        check_axis(axis as i64, part.ndim())?;
        for other in (0..part.ndim()).filter(|&other| other != axis) {
            if part.shape()[other] != first.shape()[other] {
                return Err(Exception::value_error(format!(
                    "all the input array dimensions except for the concatenation axis must match \
                     exactly, but along dimension {other}, the array at index 0 has size {} and \
                     the array at index {i} has size {}",
                    first.shape()[other],
                    part.shape()[other]
                )));
            }
        }
        total += part.shape()[axis];
    }
    let natural = parts.iter().map(Array::dtype).reduce(promote).unwrap_or(DType::Float64);
    let dtype = dtype.unwrap_or(natural);
    let mut shape = first.shape().to_vec();
    shape[axis] = total;
    if axis == 0 {
        let mut out = Storage::with_capacity(dtype, shape.iter().product());
        for part in parts {
            let part = part.as_type(dtype)?;
            let storage = part.storage.borrow();
            let runs = part.runs();
            runs.for_each(|start| out.extend_run(&storage, start, runs.stride, runs.length));
        }
        return Ok(Array::from_storage(&shape, out));
    }
    let parts =
        parts.iter().map(|p| Ok(p.as_type(dtype)?.contiguous())).collect::<PyResult<Vec<_>>>()?;
    let outer: usize = shape[..axis].iter().product();
    let inner: usize = shape[axis + 1..].iter().product();
    let mut out = Storage::with_capacity(dtype, shape.iter().product());
    for i in 0..outer {
        for part in &parts {
            let length = part.shape()[axis] * inner;
            if length > 0 {
                let start = part.offset + i * length;
                out.extend_run(&part.storage.borrow(), start as isize, 1, length);
            }
        }
    }
    Ok(Array::from_storage(&shape, out))
}

fn split(a: &Array, sections: &Value, over: &Value, exact: bool) -> PyResult<Value> {
    let axis = axis(over, a.ndim())?;
    let n = a.shape()[axis];
    let is_count = matches!(sections, Value::Int(_))
        || matches!(sections, Value::Object(object) if object.length().is_none());
    let cuts: Vec<usize> = if is_count {
        let count = sections.as_int("indices_or_sections")?;
        if count <= 0 {
            return Err(Exception::value_error("number sections must be larger than 0."));
        }
        let count = count as usize;
        if exact && !n.is_multiple_of(count) {
            return Err(Exception::value_error("array split does not result in an equal division"));
        }
        check_size(count)?;
        let (each, more) = (n / count, n % count);
        (1..count).map(|i| i * each + i.min(more)).collect()
    } else {
        let cut = |i: i64| if i < 0 { (i + n as i64).max(0) as usize } else { (i as usize).min(n) };
        integers(sections)?.into_iter().map(cut).collect()
    };
    let mut start = 0;
    let mut parts = Vec::with_capacity(cuts.len() + 1);
    for end in cuts.into_iter().chain([n]) {
        parts.push(Value::object(a.span(axis, start.min(n), end.max(start).min(n))));
        start = end;
    }
    Ok(Value::list(parts))
}

fn block(value: &Value) -> PyResult<Array> {
    fn depth(value: &Value) -> usize {
        match value {
            Value::List(items) => 1 + items.borrow().first().map_or(0, depth),
            _ => 0,
        }
    }
    fn build(value: &Value, level: usize, ndim: usize) -> PyResult<Array> {
        match value {
            Value::List(items) => {
                let parts = items
                    .borrow()
                    .iter()
                    .map(|item| build(item, level - 1, ndim))
                    .collect::<PyResult<Vec<_>>>()?;
                concatenate(&parts, ndim - level, None)
            }
            other => {
                let a = array(other)?;
                let missing = ndim.saturating_sub(a.ndim());
                a.reshaped(&[&vec![1; missing][..], a.shape()].concat())
            }
        }
    }
    let levels = depth(value);
    if levels == 0 {
        return array(value);
    }
    fn widest(value: &Value) -> PyResult<usize> {
        match value {
            Value::List(items) => {
                let parts = items.borrow();
                parts.iter().try_fold(0, |most, item| Ok(most.max(widest(item)?)))
            }
            other => Ok(array(other)?.ndim()),
        }
    }
    let ndim = levels.max(widest(value)?);
    build(value, levels, ndim)
}

fn repeat(v: Vec<Value>) -> PyResult<Value> {
    let [a, repeats, over] = take(v)?;
    let a = array(&a)?;
    let (source, axis) = along(&a, &over)?;
    let n = source.shape()[axis];
    let mut counts = integers(&repeats)?;
    if counts.len() == 1 {
        counts = vec![counts[0]; n];
    }
    if counts.len() != n {
        return Err(Exception::value_error(format!(
            "operands could not be broadcast together with shape ({n},) ({},)",
            counts.len()
        )));
    }
    if counts.iter().any(|&count| count < 0) {
        return Err(Exception::value_error("repeats may not contain negative values."));
    }
    let total = counts.iter().fold(0_usize, |sum, &n| sum.saturating_add(n as usize));
    check_size(total.saturating_mul((source.size() / n.max(1)).max(1)))?;
    let index: Vec<i64> = counts
        .iter()
        .enumerate()
        .flat_map(|(i, &count)| std::iter::repeat_n(i as i64, count as usize))
        .collect();
    taken(&source, axis, &Array::from_i64(&[index.len()], index)).map(Value::object)
}

fn tile(v: Vec<Value>) -> PyResult<Value> {
    let [a, reps] = take(v)?;
    let a = array(&a)?;
    let reps = shape(&reps)?;
    let n = a.ndim().max(reps.len());
    let reps = [&vec![1; n - reps.len()][..], &reps].concat();
    let size = [&vec![1; n - a.ndim()][..], a.shape()].concat();
    let total = size.iter().zip(&reps).fold(1_usize, |t, (&x, &y)| t.saturating_mul(x * y));
    check_size(total)?;
    // Each axis becomes a pair: repetition and length.
    let pairs: Vec<usize> = size.iter().flat_map(|&n| [1, n]).collect();
    let wide: Vec<usize> = size.iter().zip(&reps).flat_map(|(&n, &r)| [r, n]).collect();
    let out: Vec<usize> = size.iter().zip(&reps).map(|(&n, &r)| n * r).collect();
    let tiled = a.reshaped(&pairs)?.broadcast_to(&wide)?.copy();
    Ok(Value::object(tiled.reshaped(&out)?))
}

fn insert(v: Vec<Value>) -> PyResult<Value> {
    let [a, places, values, over] = take(v)?;
    let a = array(&a)?;
    let (source, axis) = along(&a, &over)?;
    let n = source.shape()[axis];
    let single = matches!(places, Value::Int(_));
    let mut at = Vec::new();
    for place in integers(&places)? {
        let i = if place < 0 { place + n as i64 } else { place };
        if i < 0 || i > n as i64 {
            return Err(Exception::index_error(format!(
                "index {place} is out of bounds for axis {axis} with size {n}"
            )));
        }
        at.push(i as usize);
    }
    let mut values = array(&values)?.as_type(source.dtype())?;
    if single && values.ndim() < source.ndim() && values.ndim() > 0 && source.ndim() > 1 {
        let mut shape = values.shape().to_vec();
        shape.insert(axis.min(values.ndim()), 1);
        values = values.reshaped(&shape)?;
    }
    let count = if single && source.ndim() == 1 { values.size() } else { at.len() };
    let mut shape = source.shape().to_vec();
    shape[axis] = count;
    let values = values.broadcast_to(&shape)?;
    if single {
        at = vec![at[0]; count];
    }
    let mut order: Vec<usize> = (0..at.len()).collect();
    order.sort_by_key(|&i| at[i]);
    let mut parts = Vec::new();
    let mut start = 0;
    for i in order {
        parts.push(source.span(axis, start, at[i]));
        parts.push(values.span(axis, i, i + 1));
        start = at[i];
    }
    parts.push(source.span(axis, start, n));
    Ok(Value::object(concatenate(&parts, axis, Some(source.dtype()))?))
}

fn delete(v: Vec<Value>) -> PyResult<Value> {
    let [a, places, over] = take(v)?;
    let a = array(&a)?;
    let (source, axis) = along(&a, &over)?;
    let n = source.shape()[axis];
    let mut keep = vec![true; n];
    // The object may be an int, a slice, a mask or a list: indexing the positions understands them all.
    let positions = Array::from_i64(&[n], (0..n as i64).collect());
    let chosen = super::index::get_array(&positions, &places).map_err(|error| {
        match integers(&places).ok().and_then(|all| all.first().copied()) {
            Some(first) if error.class == "IndexError" => Exception::index_error(format!(
                "index {first} is out of bounds for axis {axis} with size {n}"
            )),
            _ => error,
        }
    })?;
    for i in chosen.to_i64_vec() {
        keep[i as usize] = false;
    }
    let left: Vec<i64> = (0..n as i64).filter(|&i| keep[i as usize]).collect();
    taken(&source, axis, &Array::from_i64(&[left.len()], left)).map(Value::object)
}
