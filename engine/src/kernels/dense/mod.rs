//! Matrix product with bias: `y = x w + b`.
//!
//! Shapes: x `[rows, in]`, w `[in, units]`, b `[units]`, y `[rows, units]`.
//! Derivatives: `dx = dy w'`, `dw = x' dy`, `db = sum of dy over rows`.

mod cpu;
pub mod reference;

use super::slices::{from_f32, is_cpu_f32, with_f32};
use crate::error::Result;
use crate::tape;
use crate::tensor::Tensor;
use candle_core::Tensor as Array;
pub use cpu::{Matrix, product};

/// `x w + b`, tracked.
pub fn dense(x: &Tensor, w: &Tensor, b: Option<&Tensor>) -> Result<Tensor> {
    let arrays = (x.array(), w.array(), b.map(Tensor::array));
    let value = forward(arrays.0, arrays.1, arrays.2)?;
    let mut inputs = vec![x, w];
    inputs.extend(b);
    if !tape::is_tracked(&inputs) {
        return Ok(Tensor::new(value));
    }
    let (saved_x, saved_w) = (x.array().clone(), w.array().clone());
    Ok(tape::record("dense", &inputs, value, move |dy, needed| {
        backward(&saved_x, &saved_w, dy, needed)
    }))
}

fn forward(x: &Array, w: &Array, b: Option<&Array>) -> Result<Array> {
    if !(is_cpu_f32(x) && is_cpu_f32(w)) {
        return reference::forward(x, w, b);
    }
    let (rows, inner, units) = (x.dim(0)?, x.dim(1)?, w.dim(1)?);
    let mut y = vec![0.0; rows * units];
    with_f32(x, |x| {
        with_f32(w, |w| {
            product(&mut y, Matrix::rows(x, rows, inner), Matrix::rows(w, inner, units), false);
            Ok(())
        })
    })?;
    if let Some(b) = b {
        with_f32(b, |b| {
            cpu::add_bias(&mut y, b);
            Ok(())
        })?;
    }
    from_f32(y, &[rows, units])
}

fn backward(x: &Array, w: &Array, dy: &Array, needed: &[bool]) -> Result<Vec<Option<Array>>> {
    if !(is_cpu_f32(x) && is_cpu_f32(w) && is_cpu_f32(dy)) {
        return reference::backward(x, w, dy, needed);
    }
    let (rows, inner, units) = (x.dim(0)?, x.dim(1)?, w.dim(1)?);
    with_f32(dy, |dy| {
        let dx = match needed[0] {
            true => {
                let mut dx = vec![0.0; rows * inner];
                with_f32(w, |w| {
                    product(
                        &mut dx,
                        Matrix::rows(dy, rows, units),
                        Matrix::rows(w, inner, units).transposed(),
                        false,
                    );
                    Ok(())
                })?;
                Some(from_f32(dx, &[rows, inner])?)
            }
            false => None,
        };
        let dw = match needed[1] {
            true => {
                let mut dw = vec![0.0; inner * units];
                with_f32(x, |x| {
                    product(
                        &mut dw,
                        Matrix::rows(x, rows, inner).transposed(),
                        Matrix::rows(dy, rows, units),
                        false,
                    );
                    Ok(())
                })?;
                Some(from_f32(dw, &[inner, units])?)
            }
            false => None,
        };
        let db = match needed.get(2) {
            Some(true) => Some(from_f32(cpu::sum_rows(dy, units), &[units])?),
            _ => None,
        };
        Ok([Some(dx), Some(dw), needed.get(2).map(|_| db)].into_iter().flatten().collect())
    })
}
