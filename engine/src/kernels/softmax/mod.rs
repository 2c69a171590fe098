//! Functions of rows (the last axis): softmax, its logarithm, sparsemax.
//!
//! Softmax: `y = exp(x - max) / sum`, `dx = y (dy - sum(dy y))`. Logarithm: `dx = dy - exp(y) sum(dy)`. Sparsemax:
//! `y = max(x - tau, 0)` with sum 1; on the places where `y > 0`, `dx = dy - mean(dy)`; elsewhere 0.

mod cpu;
pub mod reference;

use super::slices::{from_values, with_values};
use crate::error::Result;
use crate::tape;
use crate::tensor::Tensor;
use candle_core::{DType, Tensor as Array};

/// One of the functions of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    Softmax,
    LogSoftmax,
    Sparsemax,
}

/// Softmax of each row, tracked.
pub fn softmax(x: &Tensor) -> Result<Tensor> {
    tracked("softmax", Function::Softmax, x)
}

/// Logarithm of the softmax of each row, tracked.
pub fn log_softmax(x: &Tensor) -> Result<Tensor> {
    tracked("log_softmax", Function::LogSoftmax, x)
}

/// Sparsemax of each row, tracked.
pub fn sparsemax(x: &Tensor) -> Result<Tensor> {
    tracked("sparsemax", Function::Sparsemax, x)
}

fn tracked(name: &'static str, function: Function, x: &Tensor) -> Result<Tensor> {
    let value = forward(function, x.array())?;
    let saved = value.clone();
    Ok(tape::record(name, &[x], value, move |dy, _| {
        Ok(vec![Some(backward(function, &saved, dy)?)])
    }))
}

fn forward(function: Function, x: &Array) -> Result<Array> {
    let columns = x.dims().last().copied().unwrap_or(1);
    match x.dtype() {
        DType::F32 => {
            let y = with_values(x, |x: &[f32]| Ok(cpu::forward(function, x, columns)))?;
            from_values(y, x.dims(), x)
        }
        DType::F64 => {
            let y = with_values(x, |x: &[f64]| Ok(reference::forward(function, x, columns)))?;
            from_values(y, x.dims(), x)
        }
        other => Ok(forward(function, &x.to_dtype(DType::F32)?)?.to_dtype(other)?),
    }
}

fn backward(function: Function, y: &Array, dy: &Array) -> Result<Array> {
    let columns = y.dims().last().copied().unwrap_or(1);
    match y.dtype() {
        DType::F32 => {
            let dx = with_values(y, |y: &[f32]| {
                with_values(dy, |dy: &[f32]| Ok(cpu::backward(function, y, dy, columns)))
            })?;
            from_values(dx, y.dims(), y)
        }
        DType::F64 => {
            let dx = with_values(y, |y: &[f64]| {
                with_values(dy, |dy: &[f64]| Ok(reference::backward(function, y, dy, columns)))
            })?;
            from_values(dx, y.dims(), y)
        }
        other => {
            let single = DType::F32;
            let dx = backward(function, &y.to_dtype(single)?, &dy.to_dtype(single)?)?;
            Ok(dx.to_dtype(other)?)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check;

    #[test]
    fn float32_agrees_with_the_reference_and_both_with_differences() {
        for function in [Function::Softmax, Function::LogSoftmax, Function::Sparsemax] {
            for shape in [[1, 1], [3, 7], [5, 65], [200, 400]] {
                let x = check::values(&shape, 3);
                let dy = check::values(&shape, 4);
                let y = forward(function, x.array()).unwrap();
                let dx = backward(function, &y, dy.array()).unwrap();
                let single = |array: &Array| array.to_dtype(DType::F32).unwrap();
                let y_single = forward(function, &single(x.array())).unwrap();
                let dx_single = backward(function, &y_single, &single(dy.array())).unwrap();
                for (a, b) in [(&y, &y_single), (&dx, &dx_single)] {
                    for (a, b) in check::numbers(a).iter().zip(check::numbers(b)) {
                        assert!((a - b).abs() < 2e-5 * a.abs().max(1.0), "{function:?} {a} {b}");
                    }
                }
            }
        }
        for f in [softmax, log_softmax, sparsemax] {
            check::gradients("rows", |x| f(&x[0]), &[check::values(&[3, 5], 9)]);
        }
    }

    #[test]
    fn large_numbers_do_not_overflow() {
        let x =
            Tensor::from_vec(vec![1e30_f32, 0.0, -1e30, 500.0, 499.0, -500.0], &[2, 3]).unwrap();
        let y = softmax(&x).unwrap().to_f32_vec().unwrap();
        assert_eq!(&y[..3], &[1.0, 0.0, 0.0]);
        assert!((y[3] - 0.731_058_6).abs() < 1e-6);
    }
}
