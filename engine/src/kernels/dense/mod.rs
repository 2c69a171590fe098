//! Matrix product with bias and, if asked for, a function of each element in the same pass: `y = f(x w + b)`.
//!
//! Shapes: x `[rows, in]`, w `[in, units]`, b `[units]`, y `[rows, units]`.
//! Derivatives, `dz` being `dy f'` (made from y, as for relu or tanh; without a function: dy): `dx = dz w'`, `dw = x' dz`, `db = sum of dz over rows`.

mod cpu;
pub mod reference;

use super::pointwise::Elementwise;
use super::product::{Finish, InPlace, Matrix, product};
use super::recycler::room;
use super::slices::{from_f32, is_cpu_f32, with_f32};
use crate::error::Result;
use crate::tape;
use crate::tensor::Tensor;
use candle_core::Tensor as Array;
pub(super) use cpu::add_rows;
pub use cpu::{finish_rows, relu_gradient, sum_rows};

/// `x w + b`, tracked.
pub fn dense(x: &Tensor, w: &Tensor, b: Option<&Tensor>) -> Result<Tensor> {
    dense_ending(x, w, b, End::Plain)
}

/// What a product ends with, in its own pass.
#[derive(Clone, Copy)]
pub enum End {
    /// Nothing.
    Plain,
    /// `max(x, 0)`
    Relu,
    /// Another function of each element.
    Function(&'static dyn Elementwise),
}

/// `x w + b`, with a function of each element at the end, tracked.
pub fn dense_ending(x: &Tensor, w: &Tensor, b: Option<&Tensor>, end: End) -> Result<Tensor> {
    let mut inputs = vec![x, w];
    inputs.extend(b);
    let is_tracked = tape::is_tracked(&inputs);
    if let End::Function(function) = end {
        let is_fast = is_cpu_f32(x.array()) && is_cpu_f32(w.array());
        // What the derivative is made from has to be kept: the result is there anyway.
        if !is_fast || is_tracked && !function.is_from_result() {
            return function.apply(&dense(x, w, b)?);
        }
    }
    let value = forward(x.array(), w.array(), b.map(Tensor::array), end)?;
    if !is_tracked {
        return Ok(Tensor::new(value));
    }
    let (saved_x, saved_w) = (x.array().clone(), w.array().clone());
    let saved_y = match end {
        End::Plain => None,
        _ => Some(value.clone()),
    };
    Ok(tape::record("dense", &inputs, value, move |dy, needed| {
        let dz = match (end, &saved_y) {
            (End::Relu, Some(y)) => before_relu(y, dy)?,
            (End::Function(function), Some(y)) => function.gradient(y, dy)?,
            _ => dy.clone(),
        };
        backward(&saved_x, &saved_w, &dz, needed)
    }))
}

/// The gradient in front of a relu that made `y`.
pub(crate) fn before_relu(y: &Array, dy: &Array) -> Result<Array> {
    if !(is_cpu_f32(y) && is_cpu_f32(dy)) {
        return Ok((dy * y.gt(0.0)?.to_dtype(dy.dtype())?)?);
    }
    let dz = with_f32(y, |y| with_f32(dy, |dy| Ok(relu_gradient(y, dy))))?;
    from_f32(dz, y.dims())
}

/// The values of an optional bias; none is an empty slice.
pub(crate) fn with_bias<T>(b: Option<&Array>, work: impl FnOnce(&[f32]) -> Result<T>) -> Result<T> {
    match b {
        Some(b) => with_f32(b, work),
        None => work(&[]),
    }
}

/// `end` is no function where the reference is used.
fn forward(x: &Array, w: &Array, b: Option<&Array>, end: End) -> Result<Array> {
    let (relu, then) = match end {
        End::Plain => (false, None),
        End::Relu => (true, None),
        End::Function(function) => (false, Some(function as &dyn InPlace)),
    };
    if !(is_cpu_f32(x) && is_cpu_f32(w)) {
        let y = reference::forward(x, w, b)?;
        return Ok(if relu { y.relu()? } else { y });
    }
    let (rows, inner, units) = (x.dim(0)?, x.dim(1)?, w.dim(1)?);
    let mut y = room(rows * units);
    with_f32(x, |x| {
        with_f32(w, |w| {
            with_bias(b, |bias| {
                let (x, w) = (Matrix::rows(x, rows, inner), Matrix::rows(w, inner, units));
                product(&mut y, x, w, Finish { bias, relu, then, add: false });
                Ok(())
            })
        })
    })?;
    from_f32(y, &[rows, units])
}

/// The gradients of x, w and (if there are three) b, as far as they are needed.
pub(crate) fn backward(
    x: &Array,
    w: &Array,
    dy: &Array,
    needed: &[bool],
) -> Result<Vec<Option<Array>>> {
    if !(is_cpu_f32(x) && is_cpu_f32(w) && is_cpu_f32(dy)) {
        return reference::backward(x, w, dy, needed);
    }
    let (rows, inner, units) = (x.dim(0)?, x.dim(1)?, w.dim(1)?);
    let wanted = |i: usize| needed.get(i).copied().unwrap_or(false);
    with_f32(dy, |dy| {
        let of_y = Matrix::rows(dy, rows, units);
        let mut gradients = vec![None; needed.len()];
        if wanted(0) {
            let mut dx = room(rows * inner);
            with_f32(w, |w| {
                let w = Matrix::rows(w, inner, units).transposed();
                product(&mut dx, of_y, w, Finish::default());
                Ok(())
            })?;
            gradients[0] = Some(from_f32(dx, &[rows, inner])?);
        }
        if wanted(1) {
            let mut dw = room(inner * units);
            with_f32(x, |x| {
                let x = Matrix::rows(x, rows, inner).transposed();
                product(&mut dw, x, of_y, Finish::default());
                Ok(())
            })?;
            gradients[1] = Some(from_f32(dw, &[inner, units])?);
        }
        if wanted(2) {
            gradients[2] = Some(from_f32(sum_rows(dy, units), &[units])?);
        }
        Ok(gradients)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check;
    use crate::ops;

    #[test]
    fn value_and_gradient() {
        use crate::kernels::pointwise::functions::{Elu, Gelu, Tanh};
        let ends = [
            End::Plain,
            End::Relu,
            End::Function(&Tanh {}),
            End::Function(&Elu { alpha: 0.7 }),
            End::Function(&Gelu { approximate: false }),
        ];
        for (i, end) in ends.into_iter().enumerate() {
            for [rows, inner, units] in [[3, 5, 2], [7, 3, 9], [129, 260, 300], [40, 200, 900]] {
                let inputs = [
                    check::values(&[rows, inner], 1),
                    check::values_in(&[inner, units], 2, -0.2, 0.2),
                    check::values(&[units], 3),
                ];
                let name = format!("dense, end {i}");
                let f = |i: &[Tensor]| dense_ending(&i[0], &i[1], Some(&i[2]), end);
                if rows < 10 {
                    check::gradients(&name, f, &inputs);
                }
                check::same_in_float32(&name, f, &inputs, 2e-5);
                // Untracked, functions that need their input for the derivative are done in the same pass, too.
                let single = inputs.map(|i| ops::cast(&i, candle_core::DType::F32).unwrap());
                let alone = f(&single).unwrap();
                let exact = match end {
                    End::Function(function) => {
                        function.apply(&dense(&single[0], &single[1], Some(&single[2])).unwrap())
                    }
                    _ => f(&single),
                };
                let (alone, exact) = (alone.to_f32_vec(), exact.unwrap().to_f32_vec());
                assert_eq!(alone.unwrap(), exact.unwrap(), "{name}");
            }
        }
    }
}
