//! `x[...]` and `x[...] = value`: basic indexing gives views, masks and integer arrays give copies.

use super::array::Array;
use super::dtype::DType;
use super::layout::{Runs, broadcast_shape};
use super::scalar::Scalar;
use super::storage::Storage;
use crate::runtime::{Exception, PyResult, Value};

/// One part of an index.
enum Part {
    Int(i64),
    Slice(Option<i64>, Option<i64>, i64),
    NewAxis,
    Ellipsis,
    Mask(Array),
    Integers(Array),
}

/// Where an index leads.
enum Target {
    View(Array),
    /// Positions in the storage, outer times inner, with the shape of the result.
    Positions {
        shape: Vec<usize>,
        outer: Vec<isize>,
        inner: Runs,
    },
}

/// `x[key]`
pub(crate) fn get(array: &Array, key: &Value) -> PyResult<Value> {
    match key {
        Value::Int(i) if array.ndim() > 0 => {
            return Ok(array.at(0, position(*i, array.shape()[0], 0)?).to_value());
        }
        _ => {}
    }
    match target(array, key)? {
        Target::View(view) => {
            // `x[()]` and full integer indices give scalars, `x[...]` stays an array.
            if view.ndim() == 0 && has_ellipsis(key) {
                return Ok(Value::object(view));
            }
            Ok(view.to_value())
        }
        Target::Positions { shape, outer, inner } => {
            Ok(Value::object(gather(array, &shape, &outer, &inner)))
        }
    }
}

/// `x[key]` where an array is wanted.
pub(crate) fn get_array(array: &Array, key: &Value) -> PyResult<Array> {
    match target(array, key)? {
        Target::View(view) => Ok(view),
        Target::Positions { shape, outer, inner } => Ok(gather(array, &shape, &outer, &inner)),
    }
}

/// `x[key] = value`
pub(crate) fn set(array: &Array, key: &Value, value: &Value) -> PyResult<()> {
    match target(array, key)? {
        Target::View(view) => {
            let source = if view.ndim() == 0 && array.dtype() == DType::Object {
                Array::from_storage(&[], Storage::Object(vec![super::convert::plain(value)].into()))
            } else {
                source_for(&view, value)?
            };
            view.assign(&source)
        }
        Target::Positions { shape, outer, inner } => {
            let source = source_for(array, value)?;
            let source = match source.broadcast_to(&shape) {
                Ok(source) => source,
                Err(_) => {
                    let extra = source.ndim().saturating_sub(shape.len());
                    let dropped = source.shape()[..extra].iter().all(|&n| n == 1);
                    match source.reshaped(&source.shape()[extra..]) {
                        Ok(source) if dropped && extra > 0 => source.broadcast_to(&shape)?,
                        _ if matches!(parts(key)?.as_slice(), [Part::Mask(_)]) => {
                            return Err(Exception::value_error(format!(
                                "NumPy boolean array indexing assignment cannot assign {} input \
                                 values to the {} output values where the mask is true",
                                source.size(),
                                shape.first().copied().unwrap_or(0)
                            )));
                        }
                        _ => {
                            return Err(Exception::value_error(format!(
                                "shape mismatch: value array of shape {} could not be broadcast \
                                 to indexing result of shape {}",
                                super::shape_plain(source.shape()),
                                super::shape_plain(&shape)
                            )));
                        }
                    }
                }
            };
            scatter(array, &outer, &inner, &source)
        }
    }
}

/// The value of an assignment as an array; numbers must fit, floats are cut for integer arrays.
fn source_for(array: &Array, value: &Value) -> PyResult<Array> {
    match value {
        Value::Int(_) | Value::Str(_) if array.dtype() != DType::Object => {
            Array::from_value(value, Some(array.dtype()))
        }
        Value::Float(number) if number.is_nan() && array.dtype().is_integer() => {
            Err(Exception::value_error("cannot convert float NaN to integer"))
        }
        Value::None if array.dtype().is_integer() => Err(Exception::type_error(
            "int() argument must be a string, a bytes-like object or a real number, not 'NoneType'",
        )),
        _ => {
            let source = Array::from_value(value, None)?;
            if source.dtype() == DType::Object && array.dtype() != DType::Object {
                return source.cast(array.dtype());
            }
            Ok(source)
        }
    }
}

fn gather(array: &Array, shape: &[usize], outer: &[isize], inner: &Runs) -> Array {
    let storage = array.storage.borrow();
    let mut out = Storage::with_capacity(array.dtype(), shape.iter().product());
    for &base in outer {
        inner.for_each(|start| {
            out.extend_run(&storage, base + start, inner.stride, inner.length);
        });
    }
    Array::from_storage(shape, out)
}

#[expect(clippy::clone_on_copy, reason = "strings and objects are not Copy")]
fn scatter(array: &Array, outer: &[isize], inner: &Runs, source: &Array) -> PyResult<()> {
    // A flat view of the positions would need strides; writing piece by piece does not.
    let values = if source.dtype() == array.dtype() {
        source.to_storage()
    } else {
        source.cast(array.dtype())?.to_storage()
    };
    let mut storage = array.storage.borrow_mut();
    let mut done = 0;
    super::storage::on_pair!(&mut *storage, &values, to, from => {
        let to = to.as_mut_slice();
        for &base in outer {
            inner.for_each_position_from(base, |position| {
                to[position] = from[done].clone();
                done += 1;
            });
        }
    }, else ());
    Ok(())
}

/// An index that may count from the end.
pub(crate) fn position(index: i64, length: usize, axis: usize) -> PyResult<usize> {
    let n = length as i64;
    if index < -n || index >= n {
        return Err(Exception::index_error(format!(
            "index {index} is out of bounds for axis {axis} with size {length}"
        )));
    }
    Ok(index.rem_euclid(n) as usize)
}

/// Start, step and number of a slice over an axis, as `slice.indices` has it.
pub(crate) fn slice_bounds(
    (start, stop, step): (Option<i64>, Option<i64>, i64),
    length: usize,
) -> PyResult<(i64, i64, usize)> {
    if step == 0 {
        return Err(Exception::value_error("slice step cannot be zero"));
    }
    let n = length as i64;
    let (low, high) = if step > 0 { (0, n) } else { (-1, n - 1) };
    let clamp = |i: i64| if i < 0 { i.saturating_add(n).max(low) } else { i.min(high) };
    let start = start.map_or(if step > 0 { low } else { high }, clamp);
    let stop = stop.map_or(if step > 0 { high } else { low }, clamp);
    let count = if step > 0 {
        (stop - start + step - 1).div_euclid(step).max(0)
    } else {
        (start - stop - step - 1).div_euclid(step.saturating_neg()).max(0)
    };
    Ok((start, step, count as usize))
}

pub(crate) fn is_ellipsis(value: &Value) -> bool {
    matches!(value, Value::Object(_)) && value.type_name() == "ellipsis"
}

fn has_ellipsis(key: &Value) -> bool {
    match key {
        Value::Tuple(items) => items.iter().any(is_ellipsis),
        other => is_ellipsis(other),
    }
}

fn part(value: &Value) -> PyResult<Part> {
    let invalid = || {
        Exception::index_error(
            "only integers, slices (`:`), ellipsis (`...`), numpy.newaxis (`None`) and integer or \
             boolean arrays are valid indices",
        )
    };
    let index_array = |array: Array| match array.dtype() {
        DType::Bool => Ok(Part::Mask(array)),
        d if d.is_integer() => Ok(Part::Integers(array)),
        _ if array.size() == 0 && array.ndim() > 0 => Ok(Part::Integers(array.cast(DType::Int64)?)),
        _ => Err(Exception::index_error(
            "arrays used as indices must be of integer (or boolean) type",
        )),
    };
    match value {
        Value::None => Ok(Part::NewAxis),
        Value::Int(i) => Ok(Part::Int(*i)),
        Value::Bool(flag) => Ok(Part::Mask(Array::scalar(*flag))),
        Value::List(_) | Value::Tuple(_) => index_array(Array::from_value(value, None)?),
        Value::Object(object) => {
            if let Some(array) = value.downcast::<Array>() {
                return match (array.ndim(), array.dtype()) {
                    (0, d) if d.is_integer() => Ok(Part::Int(array.to_i64_vec()[0])),
                    _ => index_array((*array).clone()),
                };
            }
            if let Some(scalar) = value.downcast::<Scalar>() {
                return match scalar.plain() {
                    Value::Int(i) => Ok(Part::Int(i)),
                    Value::Bool(flag) => Ok(Part::Mask(Array::scalar(flag))),
                    _ => Err(invalid()),
                };
            }
            if is_ellipsis(value) {
                return Ok(Part::Ellipsis);
            }
            if value.type_name() == "slice" {
                let field = |name: &str| -> PyResult<Option<i64>> {
                    match object.attribute(value, name)? {
                        None | Some(Value::None) => Ok(None),
                        Some(Value::Float(_)) => Err(Exception::type_error(
                            "slice indices must be integers or None or have an __index__ method",
                        )),
                        Some(other) => Ok(Some(other.as_int("slice indices")?)),
                    }
                };
                return Ok(Part::Slice(
                    field("start")?,
                    field("stop")?,
                    field("step")?.unwrap_or(1),
                ));
            }
            if let Some(Value::Int(i)) = object.as_scalar() {
                return Ok(Part::Int(i));
            }
            if object.length().is_some() {
                return index_array(Array::from_value(value, None)?);
            }
            Err(invalid())
        }
        _ => Err(invalid()),
    }
}

fn parts(key: &Value) -> PyResult<Vec<Part>> {
    match key {
        Value::Tuple(items) => items.iter().map(part).collect(),
        other => Ok(vec![part(other)?]),
    }
}

/// Applies the basic parts as a view and works out where the rest leads.
fn target(array: &Array, key: &Value) -> PyResult<Target> {
    let mut parts = parts(key)?;
    let used: usize = parts
        .iter()
        .map(|p| match p {
            Part::NewAxis | Part::Ellipsis => 0,
            Part::Mask(mask) => mask.ndim(),
            _ => 1,
        })
        .sum();
    if used > array.ndim() {
        return Err(Exception::index_error(format!(
            "too many indices for array: array is {}-dimensional, but {used} were indexed",
            array.ndim()
        )));
    }
    let ellipses = parts.iter().filter(|p| matches!(p, Part::Ellipsis)).count();
    if ellipses > 1 {
        return Err(Exception::index_error("an index can only have a single ellipsis ('...')"));
    }
    if ellipses == 0 {
        parts.push(Part::Ellipsis);
    }
    let advanced = parts.iter().any(|p| matches!(p, Part::Mask(_) | Part::Integers(_)));

    // The view keeps the axes of slices and new axes; advanced parts are collected beside it.
    let (mut shape, mut strides) = (Vec::new(), Vec::new());
    let mut offset = array.offset as isize;
    let mut axis = 0;
    let mut indices: Vec<Advanced> = Vec::new();
    let mut place = None;
    let mut separated = false;
    let mut last_advanced = None;
    for (number, part) in parts.iter().enumerate() {
        let is_advanced =
            advanced && matches!(part, Part::Int(_) | Part::Mask(_) | Part::Integers(_));
        if is_advanced {
            place.get_or_insert(shape.len());
            if last_advanced.is_some_and(|last| last + 1 != number) {
                separated = true;
            }
            last_advanced = Some(number);
        }
        match part {
            Part::Ellipsis => {
                for _ in 0..array.ndim() - used {
                    shape.push(array.shape[axis]);
                    strides.push(array.strides[axis]);
                    axis += 1;
                }
            }
            Part::NewAxis => {
                shape.push(1);
                strides.push(0);
            }
            Part::Slice(start, stop, step) => {
                let (start, step, count) = slice_bounds((*start, *stop, *step), array.shape[axis])?;
                if count > 0 {
                    offset += start as isize * array.strides[axis];
                }
                shape.push(count);
                strides.push(array.strides[axis].wrapping_mul(step as isize));
                axis += 1;
            }
            Part::Int(i) => {
                let i = position(*i, array.shape[axis], axis)?;
                if advanced {
                    let index = Array::scalar(i as i64);
                    indices.push(Advanced { index, axis });
                } else {
                    offset += i as isize * array.strides[axis];
                }
                axis += 1;
            }
            Part::Integers(index) => {
                indices.push(Advanced { index: index.clone(), axis });
                axis += 1;
            }
            Part::Mask(mask) => {
                if mask.ndim() == 0 {
                    let count = usize::from(mask.to_vec::<bool>()[0]);
                    indices.push(Advanced {
                        index: Array::zeros(&[count], DType::Int64),
                        axis: usize::MAX,
                    });
                    continue;
                }
                for (i, &n) in mask.shape().iter().enumerate() {
                    if array.shape[axis + i] != n {
                        return Err(Exception::index_error(format!(
                            "boolean index did not match indexed array along axis {}; size of \
                             axis is {} but size of corresponding boolean axis is {n}",
                            axis + i,
                            array.shape[axis + i]
                        )));
                    }
                }
                for (i, index) in nonzero(mask).into_iter().enumerate() {
                    let n = index.len();
                    let index = Array::from_i64(&[n], index);
                    indices.push(Advanced { index, axis: axis + i });
                }
                axis += mask.ndim();
            }
        }
    }
    let Some(place) = place else {
        return Ok(Target::View(array.view(offset as usize, shape, strides)));
    };
    let place = if separated { 0 } else { place };
    let shapes: Vec<&[usize]> = indices.iter().map(|a| a.index.shape()).collect();
    let together = broadcast_shape(&shapes).map_err(|_| {
        let texts: Vec<String> = shapes.iter().map(|s| super::shape_plain(s)).collect();
        Exception::index_error(format!(
            "shape mismatch: indexing arrays could not be broadcast together with shapes {} ",
            texts.join(" ")
        ))
    })?;
    let count: usize = together.iter().product();
    let mut offsets = vec![0_isize; count];
    for Advanced { index, axis } in &indices {
        if *axis == usize::MAX {
            continue;
        }
        let (n, stride) = (array.shape[*axis], array.strides[*axis]);
        let index = index.broadcast_to(&together)?.to_i64_vec();
        for (o, i) in offsets.iter_mut().zip(index) {
            *o += position(i, n, *axis)? as isize * stride;
        }
    }
    let before = Runs::new(offset as usize, &shape[..place], &strides[..place]);
    let mut outer = Vec::new();
    before.for_each_position(|start| outer.extend(offsets.iter().map(|o| start as isize + o)));
    let inner = Runs::new(0, &shape[place..], &strides[place..]);
    let result: Vec<usize> =
        shape[..place].iter().chain(&together).chain(&shape[place..]).copied().collect();
    Ok(Target::Positions { shape: result, outer, inner })
}

struct Advanced {
    index: Array,
    /// `usize::MAX`: a scalar mask, which indexes no axis.
    axis: usize,
}

/// The indices of the elements that are not zero, one vector per axis.
pub(crate) fn nonzero(array: &Array) -> Vec<Vec<i64>> {
    let mut out = vec![Vec::new(); array.ndim()];
    let flags = array.to_vec::<bool>();
    if array.ndim() == 1 {
        out[0] = flags.iter().enumerate().filter(|(_, f)| **f).map(|(i, _)| i as i64).collect();
        return out;
    }
    for (i, _) in flags.iter().enumerate().filter(|(_, flag)| **flag) {
        let mut rest = i;
        for axis in (0..array.ndim()).rev() {
            let n = array.shape()[axis];
            out[axis].push((rest % n) as i64);
            rest /= n;
        }
    }
    out
}
