//! Softmax and its relatives: functions of a row that needs an axis.

use super::{shape, to_float};
use crate::error::{Error, Result};
use crate::kernels;
use crate::tensor::{Logits, Notes, Tensor};

/// Attaches the input of a softmax or sigmoid to its result.
pub(super) fn with_logits(y: Tensor, activation: &'static str, input: &Tensor) -> Tensor {
    let logits = Logits { activation, input: input.clone() };
    y.with_notes(Notes { logits: Some(logits), ..Notes::default() })
}

/// `exp(x) / sum(exp(x))` along an axis; over the last axis the result remembers `x` for crossentropies.
pub fn softmax(x: &Tensor, axis: i64) -> Result<Tensor> {
    let x = to_float(x)?;
    let axis = shape::axis_of(axis, x.shape())?;
    if axis + 1 == x.shape().len() {
        return Ok(with_logits(kernels::softmax::softmax(&x)?, "softmax", &x));
    }
    shape::on_last_axis(&x, axis, kernels::softmax::softmax)
}

/// The logarithm of the softmax along an axis.
pub fn log_softmax(x: &Tensor, axis: i64) -> Result<Tensor> {
    let x = to_float(x)?;
    let axis = shape::axis_of(axis, x.shape())?;
    shape::on_last_axis(&x, axis, kernels::softmax::log_softmax)
}

/// The point of the simplex nearest to `x` along an axis (Martins and Astudillo, 2016, arXiv:1602.02068).
pub fn sparsemax(x: &Tensor, axis: i64) -> Result<Tensor> {
    let x = to_float(x)?;
    let axis = shape::axis_of(axis, x.shape())?;
    shape::on_last_axis(&x, axis, kernels::softmax::sparsemax)
}

/// The first half of an axis times the sigmoid of the second.
pub fn glu(x: &Tensor, axis: i64) -> Result<Tensor> {
    let axis = shape::axis_of(axis, x.shape())?;
    let size = x.shape()[axis];
    if size % 2 == 1 {
        return Err(Error::value("glu halves an axis, whose size must be even")
            .received(format!("size {size} in shape {:?}", x.shape()))
            .expected("an even size"));
    }
    let half = |start| shape::narrow(x, axis, start, size / 2);
    super::multiply(&half(0)?, &super::sigmoid(&half(size / 2)?)?)
}
