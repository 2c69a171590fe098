//! The same elements in another order or shape: reshape, transpose, flip, roll, broadcast.

use super::arguments::{arrays, axis, check_size, integers, items, shape};
use super::array::Array;
use super::dtype::DType;
use super::joining::concatenate;
use super::layout::check_axis;
use super::table::{Row, array, row, take};
use crate::runtime::{Exception, PyResult, Value};

pub(crate) const TABLE: &[Row] = &[
    row(
        "reshape",
        "a, /, shape=None, order='C', *, newshape=None, copy=None",
        "The same elements in another shape.",
        |v| {
            let [a, size, order, old_name, _copy] = take(v)?;
            let size = if size.is_none() { old_name } else { size };
            reshape(&array(&a)?, &size, &order)
        },
    ),
    row("ravel", "a, order='C'", "All elements in one row; a view if possible.", |v| {
        let [a, order] = take(v)?;
        let a = array(&a)?;
        let a = ordered(&a, &order)?;
        Ok(Value::object(a.reshaped(&[a.size()])?))
    }),
    row("transpose", "a, axes=None", "The axes reversed or in another order.", |v| {
        let [a, axes] = take(v)?;
        transpose(&array(&a)?, &axes)
    }),
    row("permute_dims", "a, axes=None", "The axes reversed or in another order.", |v| {
        let [a, axes] = take(v)?;
        transpose(&array(&a)?, &axes)
    }),
    row("matrix_transpose", "x, /", "The last two axes exchanged.", |v| {
        let [a] = take(v)?;
        let a = array(&a)?;
        if a.ndim() < 2 {
            return Err(Exception::value_error(format!(
                "Input array must be at least 2-dimensional, but it is {}",
                a.ndim()
            )));
        }
        let mut order: Vec<usize> = (0..a.ndim()).collect();
        order.swap(a.ndim() - 1, a.ndim() - 2);
        Ok(Value::object(a.permuted(&order)))
    }),
    row("swapaxes", "a, axis1, axis2", "Two axes exchanged.", |v| {
        let [a, first, second] = take(v)?;
        let a = array(&a)?;
        let mut order: Vec<usize> = (0..a.ndim()).collect();
        order.swap(axis(&first, a.ndim())?, axis(&second, a.ndim())?);
        Ok(Value::object(a.permuted(&order)))
    }),
    row("moveaxis", "a, source, destination", "Axes moved to other places.", |v| {
        let [a, source, destination] = take(v)?;
        let a = array(&a)?;
        let n = a.ndim();
        let normal = |value: &Value| -> PyResult<Vec<usize>> {
            integers(value)?.into_iter().map(|axis| check_axis(axis, n)).collect()
        };
        let (from, to) = (normal(&source)?, normal(&destination)?);
        if from.len() != to.len() {
            return Err(Exception::value_error(
                "`source` and `destination` arguments must have the same number of elements",
            ));
        }
        let mut order: Vec<usize> = (0..n).filter(|axis| !from.contains(axis)).collect();
        let mut pairs: Vec<(usize, usize)> = to.into_iter().zip(from).collect();
        pairs.sort_unstable();
        if pairs.windows(2).any(|w| w[0].0 == w[1].0) || order.len() + pairs.len() != n {
            return Err(Exception::value_error("repeated axis in `destination` argument"));
        }
        for (to, from) in pairs {
            order.insert(to, from);
        }
        Ok(Value::object(a.permuted(&order)))
    }),
    row("rollaxis", "a, axis, start=0", "An axis moved before another.", |v| {
        let [a, over, start] = take(v)?;
        let a = array(&a)?;
        let over = axis(&over, a.ndim())?;
        let start = check_axis(start.as_int("start")?, a.ndim() + 1)?;
        let mut order: Vec<usize> = (0..a.ndim()).filter(|&other| other != over).collect();
        order.insert(if over < start { start - 1 } else { start }, over);
        Ok(Value::object(a.permuted(&order)))
    }),
    row("expand_dims", "a, axis", "A new axis of length one.", |v| {
        let [a, places] = take(v)?;
        let a = array(&a)?;
        let places = integers(&places)?;
        let n = a.ndim() + places.len();
        let mut places = places
            .into_iter()
            .map(|place| check_axis(place, n))
            .collect::<PyResult<Vec<usize>>>()?;
        places.sort_unstable();
        if places.windows(2).any(|w| w[0] == w[1]) {
            return Err(Exception::value_error("repeated axis"));
        }
        let (mut shape, mut strides) = (a.shape.to_vec(), a.strides.to_vec());
        for place in places {
            shape.insert(place, 1);
            strides.insert(place, 0);
        }
        Ok(Value::object(a.view(a.offset, shape, strides)))
    }),
    row("squeeze", "a, axis=None", "Axes of length one dropped.", |v| {
        let [a, over] = take(v)?;
        let a = array(&a)?;
        let drop: Vec<usize> = if over.is_none() {
            (0..a.ndim()).filter(|&axis| a.shape()[axis] == 1).collect()
        } else {
            super::arguments::axes(&over, a.ndim())?
        };
        if drop.iter().any(|&axis| a.shape()[axis] != 1) {
            return Err(Exception::value_error(
                "cannot select an axis to squeeze out which has size not equal to one",
            ));
        }
        let keep: Vec<usize> = (0..a.ndim()).filter(|axis| !drop.contains(axis)).collect();
        Ok(Value::object(a.permuted(&keep)))
    }),
    row("flip", "m, axis=None", "The order of elements reversed; a view.", |v| {
        let [a, over] = take(v)?;
        let a = array(&a)?;
        let axes = super::arguments::axes(&over, a.ndim())?;
        Ok(Value::object(flipped(&a, &axes)))
    }),
    row("fliplr", "m", "Columns reversed.", |v| {
        let [a] = take(v)?;
        let a = array(&a)?;
        if a.ndim() < 2 {
            return Err(Exception::value_error("Input must be >= 2-d."));
        }
        Ok(Value::object(flipped(&a, &[1])))
    }),
    row("flipud", "m", "Rows reversed.", |v| {
        let [a] = take(v)?;
        let a = array(&a)?;
        if a.ndim() < 1 {
            return Err(Exception::value_error("Input must be >= 1-d."));
        }
        Ok(Value::object(flipped(&a, &[0])))
    }),
    row("rot90", "m, k=1, axes=(0, 1)", "Turned by right angles, counterclockwise.", |v| {
        let [a, k, axes] = take(v)?;
        let a = array(&a)?;
        let axes = integers(&axes)?;
        if axes.len() != 2 || a.ndim() < 2 {
            return Err(Exception::value_error("len(axes) must be 2."));
        }
        let (x, y) = (check_axis(axes[0], a.ndim())?, check_axis(axes[1], a.ndim())?);
        if x == y {
            return Err(Exception::value_error("Axes must be different."));
        }
        let mut order: Vec<usize> = (0..a.ndim()).collect();
        order.swap(x, y);
        Ok(Value::object(match k.as_int("k")?.rem_euclid(4) {
            0 => a,
            1 => flipped(&a, &[y]).permuted(&order),
            2 => flipped(&a, &[x, y]),
            _ => flipped(&a.permuted(&order), &[y]),
        }))
    }),
    row(
        "roll",
        "a, shift, axis=None",
        "Elements moved along, those that fall off come in again.",
        |v| {
            let [a, shift, over] = take(v)?;
            let a = array(&a)?;
            if over.is_none() {
                let flat = a.reshaped(&[a.size()])?;
                let shift = integers(&shift)?.iter().sum();
                return Ok(Value::object(rolled(&flat, 0, shift)?.reshaped(a.shape())?));
            }
            let (shifts, axes) = (integers(&shift)?, integers(&over)?);
            let count = shifts.len().max(axes.len());
            let mut result = a.clone();
            for i in 0..count {
                let shift = shifts.get(i).or(shifts.first()).copied().unwrap_or(0);
                let over = axes.get(i).or(axes.first()).copied().unwrap_or(0);
                result = rolled(&result, check_axis(over, a.ndim())?, shift)?;
            }
            Ok(Value::object(result))
        },
    ),
    row(
        "pad",
        "array, pad_width, mode='constant', *, constant_values=0, **kwargs",
        "A border around an array.",
        super::padding::pad,
    ),
    row("broadcast_to", "array, shape, subok=False", "Stretched to a shape; a view.", |v| {
        let [a, size, _subok] = take(v)?;
        let (a, size) = (array(&a)?, shape(&size)?);
        a.broadcast_to(&size).map(Value::object).map_err(|_| {
            let text = |s: &[usize]| super::shape_text(s).replace(", ", ",");
            Exception::value_error(format!(
                "operands could not be broadcast together with remapped shapes \
                 [original->remapped]: {}  and requested shape {}",
                text(a.shape()),
                text(&size)
            ))
        })
    }),
    row("broadcast_arrays", "*args, subok=False", "All stretched to their common shape.", |v| {
        let [all, _subok] = take(v)?;
        let all = arrays(&all)?;
        let shapes: Vec<&[usize]> = all.iter().map(Array::shape).collect();
        let shape = super::layout::broadcast_shape(&shapes)?;
        let parts = all.iter().map(|a| a.broadcast_to(&shape).map(Value::object));
        Ok(Value::tuple(parts.collect::<PyResult<Vec<_>>>()?))
    }),
    row("broadcast_shapes", "*args", "The common shape.", |v| {
        let [all] = take(v)?;
        let shapes = items(&all)?.iter().map(shape).collect::<PyResult<Vec<_>>>()?;
        let slices: Vec<&[usize]> = shapes.iter().map(|s| &s[..]).collect();
        let shape = super::layout::broadcast_shape(&slices)?;
        Ok(Value::tuple(shape.into_iter().map(|n| Value::Int(n as i64)).collect()))
    }),
    row("atleast_1d", "*arys", "With one axis or more.", |v| at_least(v, at_least_1d)),
    row("atleast_2d", "*arys", "With two axes or more.", |v| at_least(v, at_least_2d)),
    row("atleast_3d", "*arys", "With three axes or more.", |v| at_least(v, at_least_3d)),
    row("shape", "a", "The lengths of the axes.", |v| {
        let [a] = take(v)?;
        let a = array(&a)?;
        Ok(Value::tuple(a.shape().iter().map(|&n| Value::Int(n as i64)).collect()))
    }),
    row("ndim", "a", "The number of axes.", |v| {
        let [a] = take(v)?;
        Ok(Value::Int(array(&a)?.ndim() as i64))
    }),
    row("size", "a, axis=None", "The number of elements.", |v| {
        let [a, over] = take(v)?;
        let a = array(&a)?;
        Ok(Value::Int(match over {
            Value::None => a.size(),
            over => a.shape()[axis(&over, a.ndim())?],
        } as i64))
    }),
    row(
        "resize",
        "a, new_shape",
        "Another shape, repeating the elements if there are too few.",
        |v| {
            let [a, size] = take(v)?;
            let (a, size) = (array(&a)?, shape(&size)?);
            let count: usize = size.iter().product();
            if a.size() == 0 {
                return Ok(Value::object(Array::zeros(&size, a.dtype())));
            }
            let flat = a.to_storage();
            let storage = flat.gather((0..count).map(|i| i % a.size()));
            Ok(Value::object(Array::from_storage(&size, storage)))
        },
    ),
    row("shares_memory", "a, b", "Whether two arrays look at the same elements.", |v| {
        let [a, b] = take(v)?;
        Ok(Value::Bool(array(&a)?.shares_storage(&array(&b)?)))
    }),
    row("may_share_memory", "a, b", "Whether two arrays may look at the same elements.", |v| {
        let [a, b] = take(v)?;
        Ok(Value::Bool(array(&a)?.shares_storage(&array(&b)?)))
    }),
    row("ndenumerate", "arr", "Pairs of index and element.", |v| {
        let [a] = take(v)?;
        let a = array(&a)?;
        let pairs = indices_of(a.shape()).into_iter().zip(a.items());
        Ok(Value::list(pairs.map(|(index, item)| Value::tuple(vec![index, item])).collect()))
    }),
    row("ndindex", "*shape", "All indices of a shape.", |v| {
        let [size] = take(v)?;
        let parts = items(&size)?;
        let size = match &parts[..] {
            [one @ (Value::Tuple(_) | Value::List(_))] => shape(one)?,
            _ => shape(&size)?,
        };
        check_size(size.iter().product())?;
        Ok(Value::list(indices_of(&size)))
    }),
    row(
        "unravel_index",
        "indices, shape, order='C'",
        "Indices of elements that are numbered in C order.",
        |v| {
            let [indices, size, _order] = take(v)?;
            let (indices, size) = (array(&indices)?, shape(&size)?);
            let total: usize = size.iter().product();
            let mut parts = vec![Vec::new(); size.len()];
            for i in indices.to_i64_vec() {
                if i < 0 || i as usize >= total {
                    return Err(Exception::value_error(format!(
                        "index {i} is out of bounds for array with size {total}"
                    )));
                }
                let mut rest = i as usize;
                for axis in (0..size.len()).rev() {
                    parts[axis].push((rest % size[axis]) as i64);
                    rest /= size[axis];
                }
            }
            let shaped = parts.into_iter().map(|p| Array::from_i64(indices.shape(), p).to_value());
            Ok(Value::tuple(shaped.collect()))
        },
    ),
    row("ravel_multi_index", "multi_index, dims", "Numbers in C order of indices.", |v| {
        let [index, size] = take(v)?;
        let (parts, size) = (arrays(&index)?, shape(&size)?);
        if parts.len() != size.len() {
            return Err(Exception::value_error(format!(
                "parameter multi_index must be a sequence of length {}",
                size.len()
            )));
        }
        let shapes: Vec<&[usize]> = parts.iter().map(Array::shape).collect();
        let common = super::layout::broadcast_shape(&shapes)?;
        let mut numbers = vec![0_i64; common.iter().product()];
        for (part, &n) in parts.iter().zip(&size) {
            for (number, i) in numbers.iter_mut().zip(part.broadcast_to(&common)?.to_i64_vec()) {
                if i < 0 || i >= n as i64 {
                    return Err(Exception::value_error("invalid entry in coordinates array"));
                }
                *number = *number * n as i64 + i;
            }
        }
        Ok(Array::from_i64(&common, numbers).to_value())
    }),
    row("ix_", "*args", "Open grids of indices, for x[np.ix_(rows, columns)].", |v| {
        let [all] = take(v)?;
        let parts = arrays(&all)?;
        let n = parts.len();
        let mut out = Vec::with_capacity(n);
        for (i, part) in parts.into_iter().enumerate() {
            let part = match part.dtype() {
                DType::Bool => {
                    let found = super::index::nonzero(&part).swap_remove(0);
                    Array::from_i64(&[found.len()], found)
                }
                _ => part,
            };
            let mut shape = vec![1; n];
            shape[i] = part.size();
            out.push(Value::object(part.reshaped(&shape)?));
        }
        Ok(Value::tuple(out))
    }),
];

/// In Fortran's order the axes count from the other side.
fn ordered(a: &Array, order: &Value) -> PyResult<Array> {
    match order {
        Value::None => Ok(a.clone()),
        other => Ok(match &*other.as_str("order")? {
            "F" => a.transposed(),
            _ => a.clone(),
        }),
    }
}

/// `x.reshape(shape)` with at most one -1.
pub(crate) fn reshape(a: &Array, size: &Value, order: &Value) -> PyResult<Value> {
    let lengths = integers(size)?;
    let unknown = lengths.iter().filter(|&&n| n == -1).count();
    if unknown > 1 {
        return Err(Exception::value_error("can only specify one unknown dimension"));
    }
    let refuse = || {
        let texts: Vec<String> = lengths.iter().map(i64::to_string).collect();
        let comma = if texts.len() == 1 { "," } else { "" };
        Exception::value_error(format!(
            "cannot reshape array of size {} into shape ({}{comma})",
            a.size(),
            texts.join(",")
        ))
    };
    let known = lengths
        .iter()
        .filter(|&&n| n != -1)
        .try_fold(1_usize, |product, &n| product.checked_mul(usize::try_from(n).ok()?));
    let known = known.ok_or_else(|| match lengths.iter().any(|&n| n < -1) {
        true => Exception::value_error("negative dimensions not allowed"),
        false => refuse(),
    })?;
    let fits =
        if unknown == 1 { known > 0 && a.size().is_multiple_of(known) } else { known == a.size() };
    if !fits {
        return Err(refuse());
    }
    let shape: Vec<usize> =
        lengths.iter().map(|&n| if n == -1 { a.size() / known } else { n as usize }).collect();
    if matches!(order, Value::Str(order) if &**order == "F") {
        let reversed: Vec<usize> = shape.iter().rev().copied().collect();
        return Ok(Value::object(a.transposed().reshaped(&reversed)?.transposed()));
    }
    Ok(Value::object(a.reshaped(&shape)?))
}

/// `x.transpose(axes)`
pub(crate) fn transpose(a: &Array, axes: &Value) -> PyResult<Value> {
    if axes.is_none() {
        return Ok(Value::object(a.transposed()));
    }
    let axes = integers(axes)?;
    if axes.len() != a.ndim() {
        return Err(Exception::value_error("axes don't match array"));
    }
    let order =
        axes.into_iter().map(|axis| check_axis(axis, a.ndim())).collect::<PyResult<Vec<_>>>()?;
    if (0..a.ndim()).any(|axis| !order.contains(&axis)) {
        return Err(Exception::value_error("repeated axis in transpose"));
    }
    Ok(Value::object(a.permuted(&order)))
}

pub(super) fn at_least_1d(a: &Array) -> PyResult<Array> {
    if a.ndim() == 0 { a.reshaped(&[1]) } else { Ok(a.clone()) }
}

pub(super) fn at_least_2d(a: &Array) -> PyResult<Array> {
    if a.ndim() < 2 { a.reshaped(&[1, a.size()]) } else { Ok(a.clone()) }
}

pub(super) fn at_least_3d(a: &Array) -> PyResult<Array> {
    match *a.shape() {
        [] => a.reshaped(&[1, 1, 1]),
        [n] => a.reshaped(&[1, n, 1]),
        [n, m] => a.reshaped(&[n, m, 1]),
        _ => Ok(a.clone()),
    }
}

fn at_least(v: Vec<Value>, change: fn(&Array) -> PyResult<Array>) -> PyResult<Value> {
    let [all] = take(v)?;
    let mut changed =
        arrays(&all)?.iter().map(|a| change(a).map(Value::object)).collect::<PyResult<Vec<_>>>()?;
    Ok(if changed.len() == 1 { changed.swap_remove(0) } else { Value::tuple(changed) })
}

/// A view with some axes backwards.
pub(crate) fn flipped(a: &Array, axes: &[usize]) -> Array {
    let mut offset = a.offset as isize;
    let mut strides = a.strides.to_vec();
    for &axis in axes {
        let n = a.shape()[axis];
        if n > 0 && a.size() > 0 {
            offset += strides[axis] * (n as isize - 1);
        }
        strides[axis] = -strides[axis];
    }
    a.view(offset as usize, a.shape.clone(), strides)
}

fn rolled(a: &Array, axis: usize, shift: i64) -> PyResult<Array> {
    let n = a.shape()[axis];
    if n == 0 {
        return Ok(a.copy());
    }
    let cut = (-shift).rem_euclid(n as i64) as usize;
    concatenate(&[a.span(axis, cut, n), a.span(axis, 0, cut)], axis, None)
}

/// `np.take` along an axis, with an array of indices.
pub(crate) fn taken(a: &Array, axis: usize, index: &Array) -> PyResult<Array> {
    let mut key = vec![Value::None; 0];
    // Full slices before the axis keep its place; `moveaxis` forms them as views without a slice object.
    let mut order: Vec<usize> = (0..a.ndim()).filter(|&other| other != axis).collect();
    order.insert(0, axis);
    key.push(Value::object(index.clone()));
    let front = super::index::get_array(&a.permuted(&order), &Value::tuple(key))?;
    let (i, rest) = (index.ndim(), a.ndim() - 1);
    let order: Vec<usize> = (i..i + axis).chain(0..i).chain(i + axis..i + rest).collect();
    Ok(front.permuted(&order).contiguous())
}

fn indices_of(shape: &[usize]) -> Vec<Value> {
    let total: usize = shape.iter().product();
    (0..total)
        .map(|mut number| {
            let mut index = vec![Value::None; shape.len()];
            for axis in (0..shape.len()).rev() {
                index[axis] = Value::Int((number % shape[axis]) as i64);
                number /= shape[axis];
            }
            Value::tuple(index)
        })
        .collect()
}
