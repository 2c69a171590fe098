//! Operations on tensors with their derivatives: what users call as `keras.ops`, and what layers are made of.

use crate::error::Result;
use crate::tape;
use crate::tensor::Tensor;

/// `x * factor`
pub fn scale(x: &Tensor, factor: f64) -> Result<Tensor> {
    let value = x.array().affine(factor, 0.0)?;
    Ok(tape::record("scale", &[x], value, move |dy, _| Ok(vec![Some(dy.affine(factor, 0.0)?)])))
}

/// The same values in another shape.
pub fn reshape(x: &Tensor, shape: &[usize]) -> Result<Tensor> {
    let value = x.array().reshape(shape)?;
    let from = x.shape().to_vec();
    Ok(tape::record("reshape", &[x], value, move |dy, _| Ok(vec![Some(dy.reshape(&from[..])?)])))
}
