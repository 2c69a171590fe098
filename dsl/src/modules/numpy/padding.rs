//! `np.pad`

use super::arguments::check_size;
use super::array::Array;
use super::dtype::DType;
use super::joining::concatenate;
use super::shaping::flipped;
use super::table::{array, take};
use crate::runtime::{Exception, Key, PyResult, Value};

/// Widths or values before and after each axis, as numpy broadcasts them.
fn pairs(given: &Array, ndim: usize) -> PyResult<Vec<[f64; 2]>> {
    let given = match given.shape() {
        [n] if *n == 1 => given.reshaped(&[])?,
        _ => given.clone(),
    };
    let wide = given.broadcast_to(&[ndim, 2]).map_err(|_| {
        Exception::value_error(format!(
            "operands could not be broadcast together with remapped shapes [original->remapped]: \
             {} and requested shape ({ndim},2)",
            super::shape_text(given.shape()).replace(", ", ",")
        ))
    })?;
    Ok(wide.to_f64_vec().chunks_exact(2).map(|pair| [pair[0], pair[1]]).collect())
}

pub(crate) fn pad(v: Vec<Value>) -> PyResult<Value> {
    let [a, width, mode, constants, rest] = take(v)?;
    let mut a = array(&a)?;
    let mode = mode.as_str("mode")?;
    let mut widths = vec![[0_usize; 2]; a.ndim()];
    if let Value::Dict(entries) = &width {
        for (Key(axis), pair) in entries.borrow().iter() {
            let axis = super::arguments::axis(axis, a.ndim())?;
            widths[axis] = to_widths(&pairs(&array(pair)?, 1)?)?[0];
        }
    } else {
        let given = array(&width)?;
        if !given.dtype().is_integer() {
            return Err(Exception::type_error("`pad_width` must be of integral type."));
        }
        widths = to_widths(&pairs(&given, a.ndim())?)?;
    }
    let total =
        a.shape().iter().zip(&widths).fold(1_usize, |t, (&n, w)| {
            t.saturating_mul(n.saturating_add(w[0]).saturating_add(w[1]))
        });
    check_size(total)?;
    let option = |name: &str| match &rest {
        Value::Dict(entries) => entries.borrow().get(&Key(Value::str(name))).cloned(),
        _ => None,
    };
    if &*mode == "linear_ramp" {
        return Err(Exception::not_supported(
            "np.pad(mode='linear_ramp') is not in kerai's numpy",
            "the modes are constant, edge, reflect, symmetric, wrap, mean, maximum, minimum, empty",
        ));
    }
    let odd = matches!(option("reflect_type"), Some(Value::Str(kind)) if &*kind == "odd");
    if odd {
        return Err(Exception::not_supported(
            "np.pad(reflect_type='odd') is not in kerai's numpy",
            "leave it out for the usual reflection",
        ));
    }
    let values = pairs(&array(&constants)?, a.ndim())?;
    for (axis, &[before, after]) in widths.iter().enumerate() {
        if before == 0 && after == 0 {
            continue;
        }
        a = match &*mode {
            "constant" | "empty" => {
                let piece = |n: usize, value: f64| -> PyResult<Array> {
                    let mut shape = a.shape().to_vec();
                    shape[axis] = n;
                    let value = if a.dtype() == DType::Str {
                        Array::zeros(&[], DType::Str)
                    } else {
                        Array::scalar(value).cast(a.dtype())?
                    };
                    value.broadcast_to(&shape)
                };
                let parts =
                    [piece(before, values[axis][0])?, a.clone(), piece(after, values[axis][1])?];
                concatenate(&parts, axis, Some(a.dtype()))?
            }
            "mean" | "maximum" | "minimum" => {
                use super::fold::{Fold, fold, mean};
                let edge = match &*mode {
                    "mean" => mean(&a, &[axis], true, None)?,
                    "maximum" => fold(Fold::Maximum, &a, &[axis], true, None)?,
                    _ => fold(Fold::Minimum, &a, &[axis], true, None)?,
                };
                let edge = if a.dtype().is_integer() && edge.dtype().is_float() {
                    super::elementwise::rounded(&edge, 0)?.cast(a.dtype())?
                } else {
                    edge
                };
                let piece = |n: usize| {
                    let mut shape = a.shape().to_vec();
                    shape[axis] = n;
                    edge.broadcast_to(&shape)
                };
                concatenate(&[piece(before)?, a.clone(), piece(after)?], axis, Some(a.dtype()))?
            }
            "edge" | "reflect" | "symmetric" | "wrap" => {
                let n = a.shape()[axis];
                if n == 0 {
                    return Err(Exception::value_error(format!(
                        "can't extend empty axis {axis} using modes other than 'constant' or \
                         'empty'"
                    )));
                }
                let index = (-(before as i64)..(n + after) as i64)
                    .map(|i| source_index(&mode, i, n as i64))
                    .collect::<Vec<i64>>();
                super::shaping::taken(&a, axis, &Array::from_i64(&[index.len()], index))?
            }
            other => {
                return Err(Exception::value_error(format!("mode '{other}' is not supported")));
            }
        };
    }
    Ok(Value::object(if a.is_contiguous() { a.copy() } else { flipped(&a, &[]).contiguous() }))
}

fn to_widths(pairs: &[[f64; 2]]) -> PyResult<Vec<[usize; 2]>> {
    if pairs.iter().flatten().any(|&n| n < 0.0) {
        return Err(Exception::value_error("index can't contain negative values"));
    }
    Ok(pairs.iter().map(|pair| pair.map(|n| n as usize)).collect())
}

/// Which element an index beyond the ends shows.
fn source_index(mode: &str, i: i64, n: i64) -> i64 {
    match mode {
        "edge" => i.clamp(0, n - 1),
        "wrap" => i.rem_euclid(n),
        "symmetric" => {
            let i = i.rem_euclid(2 * n);
            if i < n { i } else { 2 * n - 1 - i }
        }
        _ => {
            if n == 1 {
                return 0;
            }
            let i = i.rem_euclid(2 * (n - 1));
            if i < n { i } else { 2 * (n - 1) - i }
        }
    }
}
