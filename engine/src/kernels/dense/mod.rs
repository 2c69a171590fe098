//! Matrix product with bias and, if asked for, a relu in the same pass: `y = relu(x w + b)`.
//!
//! Shapes: x `[rows, in]`, w `[in, units]`, b `[units]`, y `[rows, units]`.
//! Derivatives, `dz` being dy where `y > 0` (without relu: dy): `dx = dz w'`, `dw = x' dz`, `db = sum of dz over rows`.

mod cpu;
pub mod reference;

use super::product::{Finish, Matrix, product};
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
    dense_relu(x, w, b, false)
}

/// `x w + b`, with a relu at the end if asked for, tracked.
pub fn dense_relu(x: &Tensor, w: &Tensor, b: Option<&Tensor>, relu: bool) -> Result<Tensor> {
    let value = forward(x.array(), w.array(), b.map(Tensor::array), relu)?;
    let mut inputs = vec![x, w];
    inputs.extend(b);
    if !tape::is_tracked(&inputs) {
        return Ok(Tensor::new(value));
    }
    let (saved_x, saved_w) = (x.array().clone(), w.array().clone());
    let saved_y = relu.then(|| value.clone());
    Ok(tape::record("dense", &inputs, value, move |dy, needed| {
        let dz = match &saved_y {
            Some(y) => before_relu(y, dy)?,
            None => dy.clone(),
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

fn forward(x: &Array, w: &Array, b: Option<&Array>, relu: bool) -> Result<Array> {
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
                product(&mut y, x, w, Finish { bias, relu, add: false });
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

    #[test]
    fn value_and_gradient() {
        for (relu, shape) in [(false, [3, 5, 2]), (true, [7, 3, 9]), (true, [129, 260, 300])] {
            let [rows, inner, units] = shape;
            let inputs = [
                check::values(&[rows, inner], 1),
                check::values(&[inner, units], 2),
                check::values(&[units], 3),
            ];
            let f = |i: &[Tensor]| dense_relu(&i[0], &i[1], Some(&i[2]), relu);
            if rows < 100 {
                check::gradients("dense", f, &inputs);
            }
            check::same_in_float32("dense", f, &inputs, 2e-5);
        }
    }
}
