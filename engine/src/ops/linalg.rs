//! Products of matrices and tensors.

use super::shape::{axis_of, permute, reshape};
use super::{is_float, promote};
use crate::error::{Error, Result};
use crate::kernels::matmul as kernel;
use crate::kernels::reduce::sum_to;
use crate::tape;
use crate::tensor::Tensor;

/// `a @ b`: products of the last two axes, leading axes repeated as needed. Vectors count as a row (a) or column (b).
pub fn matmul(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    let (a, b) = promote(a, b)?;
    match (a.shape(), b.shape()) {
        ([], _) | (_, []) => Err(Error::value("matmul takes tensors with at least one axis")
            .received(format!("{:?} and {:?}", a.shape(), b.shape()))
            .hint("multiply(a, b) scales by a number")),
        ([k], _) => {
            let y = matmul(&reshape(&a, &[1, *k])?, &b)?;
            let mut shape = y.shape().to_vec();
            shape.remove(shape.len().saturating_sub(if b.shape().len() == 1 { 1 } else { 2 }));
            reshape(&y, &shape)
        }
        (_, [k]) => {
            let y = matmul(&a, &reshape(&b, &[*k, 1])?)?;
            reshape(&y, &y.shape()[..y.shape().len() - 1])
        }
        ([lead @ .., k], [_, n]) if lead.len() > 1 => {
            // One large product instead of many small ones.
            let (lead, k, n) = (lead.to_vec(), *k, *n);
            let rows = reshape(&a, &[lead.iter().product(), k])?;
            let y = product(&rows, &b)
                .map_err(|error| error.received(format!("{:?} and {:?}", a.shape(), b.shape())))?;
            let mut shape = lead;
            shape.push(n);
            reshape(&y, &shape)
        }
        _ => product(&a, &b),
    }
}

fn product(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    let value = kernel::matmul(a.array(), b.array(), [false, false])
        .map_err(|error| error.within("matmul"))?;
    if !is_float(value.dtype()) || !tape::is_tracked(&[a, b]) {
        return Ok(Tensor::new(value));
    }
    let (x, y) = (a.array().clone(), b.array().clone());
    Ok(tape::record("matmul", &[a, b], value, move |dy, needed| {
        let dx = if needed[0] {
            Some(sum_to(&kernel::matmul(dy, &y, [false, true])?, x.dims())?)
        } else {
            None
        };
        let dw = if needed[1] {
            Some(sum_to(&kernel::matmul(&x, dy, [true, false])?, y.dims())?)
        } else {
            None
        };
        Ok(vec![dx, dw])
    }))
}

/// numpy's `dot`: the last axis of a with the last but one of b.
pub fn dot(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    match (a.shape().len(), b.shape().len()) {
        (0, _) | (_, 0) => super::multiply(a, b),
        (_, 1) => tensordot(a, b, &[-1], &[0]),
        _ => tensordot(a, b, &[-1], &[-2]),
    }
}

/// The sum of products over these axes of a and b; the other axes of a, then those of b stay.
pub fn tensordot(a: &Tensor, b: &Tensor, a_axes: &[i64], b_axes: &[i64]) -> Result<Tensor> {
    let (a, b) = promote(a, b)?;
    let find = |axes: &[i64], x: &Tensor| -> Result<Vec<usize>> {
        axes.iter().map(|axis| axis_of(*axis, x.shape())).collect()
    };
    let (a_axes, b_axes) = (find(a_axes, &a)?, find(b_axes, &b)?);
    let sizes = |x: &Tensor, axes: &[usize]| -> Vec<usize> {
        axes.iter().map(|axis| x.shape()[*axis]).collect()
    };
    if sizes(&a, &a_axes) != sizes(&b, &b_axes) {
        return Err(Error::value("tensordot: the axes that are summed differ in size")
            .received(format!("{:?} along {a_axes:?}, {:?} along {b_axes:?}", a.shape(), b.shape()))
            .expected("equal sizes"));
    }
    let rest = |x: &Tensor, axes: &[usize]| -> Vec<usize> {
        (0..x.shape().len()).filter(|axis| !axes.contains(axis)).collect()
    };
    let (a_rest, b_rest) = (rest(&a, &a_axes), rest(&b, &b_axes));
    let k: usize = sizes(&a, &a_axes).iter().product();
    let mut shape = sizes(&a, &a_rest);
    let m: usize = shape.iter().product();
    let b_shape = sizes(&b, &b_rest);
    let n: usize = b_shape.iter().product();
    shape.extend(b_shape);
    let left = reshape(&permute(&a, &[a_rest, a_axes].concat())?, &[m, k])?;
    let right = reshape(&permute(&b, &[b_axes, b_rest].concat())?, &[k, n])?;
    reshape(&product(&left, &right)?, &shape)
}
