//! Attention: MultiHeadAttention and GroupQueryAttention ([`multi_head`]), Attention and AdditiveAttention ([`dot`]).

pub mod dot;
pub mod multi_head;
mod projection;

use crate::error::{Error, Result};
use crate::ops;
use crate::tensor::Tensor;
use candle_core::{DType, Device, Tensor as Array};

/// Both masks, if there are two.
fn and(a: Option<Tensor>, b: Option<Tensor>) -> Result<Option<Tensor>> {
    Ok(match (a, b) {
        (Some(a), Some(b)) => Some(ops::logical_and(&a, &b)?),
        (a, b) => a.or(b),
    })
}

/// Truth values of `[1, 1, queries, keys]`, from the places of query and key.
fn by_place(queries: usize, keys: usize, allowed: impl Fn(usize, usize) -> bool) -> Result<Tensor> {
    let mut values = Vec::with_capacity(queries * keys);
    for query in 0..queries {
        values.extend((0..keys).map(|key| u8::from(allowed(query, key))));
    }
    Ok(Tensor::new(Array::from_vec(values, (1, 1, queries, keys), &Device::Cpu)?))
}

/// A mask as truth values.
fn truth(mask: &Tensor) -> Result<Tensor> {
    match mask.dtype() {
        DType::U8 => Ok(Tensor::new(mask.array().clone())),
        _ => ops::cast_to_bool(mask),
    }
}

/// A mask in another shape, or an error that names it.
fn shaped(name: &str, mask: &Tensor, shape: &[usize]) -> Result<Tensor> {
    ops::reshape(&truth(mask)?, shape).map_err(|_| {
        Error::value(format!("{name} does not fit"))
            .received(format!("{:?}", mask.shape()))
            .expected(format!("{shape:?}"))
    })
}
