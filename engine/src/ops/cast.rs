//! Element types: casts, and which type two operands meet in.

use crate::error::{Error, Result};
use crate::tape;
use crate::tensor::Tensor;
use candle_core::{DType, Tensor as Array};

/// Whether numbers of this type have a fractional part.
pub fn is_float(dtype: DType) -> bool {
    matches!(dtype, DType::F16 | DType::BF16 | DType::F32 | DType::F64)
}

/// The same numbers in another type; tracked between floating-point types.
pub fn cast(x: &Tensor, dtype: DType) -> Result<Tensor> {
    let from = x.dtype();
    if from == dtype {
        return Ok(x.clone());
    }
    let value = cast_array(x.array(), dtype)?;
    if !(is_float(from) && is_float(dtype)) {
        return Ok(Tensor::new(value));
    }
    Ok(tape::record("cast", &[x], value, move |dy, _| Ok(vec![Some(dy.to_dtype(from)?)])))
}

fn cast_array(x: &Array, dtype: DType) -> Result<Array> {
    // Candle wraps a negative float into an unsigned one differently from C; through i64 both agree.
    let through = is_float(x.dtype()) && dtype == DType::U8;
    Ok(if through { x.to_dtype(DType::I64)?.to_dtype(dtype)? } else { x.to_dtype(dtype)? })
}

/// As `cast(x, "bool")`: 1 where `x` is not 0.
pub fn cast_to_bool(x: &Tensor) -> Result<Tensor> {
    let zero = x.array().zeros_like()?;
    Ok(Tensor::new(x.array().ne(&zero)?))
}

/// Floating-point tensors as they are, others as float32.
pub fn to_float(x: &Tensor) -> Result<Tensor> {
    if is_float(x.dtype()) { Ok(x.clone()) } else { cast(x, DType::F32) }
}

/// The type that two types meet in: floats win over integers, wider ones over narrower ones (JAX's table).
pub fn promoted(a: DType, b: DType) -> Result<DType> {
    use DType::*;
    let known = |dtype| matches!(dtype, U8 | U32 | I32 | I64 | F16 | BF16 | F32 | F64);
    if !(known(a) && known(b)) {
        return Err(Error::type_error("operations on this element type are not known")
            .received(format!("{a:?} and {b:?}")));
    }
    Ok(match (is_float(a), is_float(b)) {
        _ if a == b => a,
        (true, false) => a,
        (false, true) => b,
        (true, true) => match (a, b) {
            (F64, _) | (_, F64) => F64,
            _ => F32,
        },
        (false, false) => match (a, b) {
            (U8, other) | (other, U8) => other,
            (I64, _) | (_, I64) | (U32, _) | (_, U32) => I64,
            _ => I32,
        },
    })
}

/// Both operands in the type that they meet in.
pub fn promote(a: &Tensor, b: &Tensor) -> Result<(Tensor, Tensor)> {
    let dtype = promoted(a.dtype(), b.dtype())?;
    Ok((cast(a, dtype)?, cast(b, dtype)?))
}

/// A plain number in the type that it takes on beside a tensor: an integer follows the tensor, a fraction makes integers
/// float32.
pub fn weak(value: f64, is_integer: bool, beside: DType) -> Result<Tensor> {
    let dtype = if is_integer || is_float(beside) { beside } else { DType::F32 };
    full(&[], value, dtype)
}

/// One number everywhere.
pub fn full(shape: &[usize], value: f64, dtype: DType) -> Result<Tensor> {
    crate::memory::room_for(shape, dtype.size_in_bytes())?;
    let one = Array::from_slice(&[value], &[1][..], &candle_core::Device::Cpu)?;
    let one = cast_array(&one, dtype)?;
    let ones = vec![1; shape.len()];
    Ok(Tensor::new(
        one.reshape(if shape.is_empty() { &[][..] } else { &ones[..] })?
            .broadcast_as(shape)?
            .contiguous()?,
    ))
}
