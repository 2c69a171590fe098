//! Scaled dot-product attention: `y = softmax(scale q k' + mask) v`, head by head, without the matrix of scores in memory.
//!
//! Shapes: q `[batch, queries, heads, depth]`, k `[batch, keys, groups, depth]`, v `[batch, keys, groups, value_depth]`,
//! y `[batch, queries, heads, value_depth]`; `heads / groups` heads share keys and values. Tiles of queries go over blocks
//! of keys with a running maximum and sum; what is kept for the way back is y and `log(sum(exp(scores)))` of each row, from
//! which the weights P are computed again: `dv = P' dy`, `dS = P (dy v' - sum(dy y))`, `dq = scale dS k`, `dk = scale dS' q`.
//! Dao, 2023, arXiv:2307.08691. Dropout draws its places again as well. Each head is one task's, so that the bits do not
//! depend on the number of threads.

mod cpu;
pub mod reference;

use super::slices::{from_f32, is_cpu_f32, with_f32, with_values};
use crate::error::{Error, Result};
use crate::random::Random;
use crate::tape;
use crate::tensor::Tensor;
use candle_core::{DType, Tensor as Array};

/// What a query gets that may attend to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Empty {
    /// Zeros: weights are cut to 0 behind the softmax.
    Zero,
    /// The mean of all values: what a softmax makes of equal scores.
    Mean,
}

/// How to attend.
#[derive(Clone)]
pub struct Options {
    /// The factor of the scores, above 0.
    pub scale: f64,
    /// Whether queries attend to keys of their own place and before only.
    pub causal: bool,
    /// Where a query may attend: u8 of `[batch, heads, queries, keys]`, sizes of 1 stand for all.
    pub mask: Option<Array>,
    /// What a query gets that may attend to nothing.
    pub empty: Empty,
    /// Share of the weights that become 0, and the stream that says which.
    pub dropout: Option<(f64, Random)>,
}

/// The sizes of one call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizes {
    batch: usize,
    queries: usize,
    keys: usize,
    heads: usize,
    groups: usize,
    depth: usize,
    value_depth: usize,
}

impl Sizes {
    fn of(q: &[usize], k: &[usize], v: &[usize]) -> Result<Self> {
        let refuse = || {
            Error::value("attention: queries, keys and values do not fit together")
                .received(format!("{q:?}, {k:?}, {v:?}"))
                .expected("[batch, queries, heads, depth], [batch, keys, heads, depth], [batch, keys, heads, features]")
        };
        let (
            &[batch, queries, heads, depth],
            &[of_keys, keys, groups, key_depth],
            &[of_values, places, of_heads, value_depth],
        ) = (q, k, v)
        else {
            return Err(refuse());
        };
        let fits = of_keys == batch
            && of_values == batch
            && places == keys
            && of_heads == groups
            && key_depth == depth
            && heads.checked_rem(groups) == Some(0);
        if !fits {
            return Err(refuse());
        }
        Ok(Sizes { batch, queries, keys, heads, groups, depth, value_depth })
    }
}

/// Attention, tracked.
pub fn attention(q: &Tensor, k: &Tensor, v: &Tensor, options: &Options) -> Result<Tensor> {
    let sizes = Sizes::of(q.shape(), k.shape(), v.shape())?;
    let is_fast = [q, k, v].iter().all(|x| is_cpu_f32(x.array()));
    if !is_fast || options.scale <= 0.0 {
        return Ok(reference::attention(q, k, v, options)?.0);
    }
    let options = Options { mask: whole_mask(&options.mask, &sizes)?, ..options.clone() };
    let (y, sums) = with_parts(q.array(), k.array(), v.array(), &options, |q, k, v, mask| {
        Ok(cpu::forward(&sizes, &cpu::Parts { q, k, v, mask }, &options))
    })?;
    let y = from_f32(y, &[sizes.batch, sizes.queries, sizes.heads, sizes.value_depth])?;
    let saved = (q.array().clone(), k.array().clone(), v.array().clone(), y.clone());
    Ok(tape::record("attention", &[q, k, v], y, move |dy, _| {
        let (q, k, v, y) = &saved;
        let dy = dy.to_dtype(DType::F32)?;
        let (dq, dk, dv) = with_parts(q, k, v, &options, |q, k, v, mask| {
            with_f32(y, |y| {
                with_f32(&dy, |dy| {
                    let parts = cpu::Parts { q, k, v, mask };
                    Ok(cpu::backward(&sizes, &parts, &options, y, dy, &sums))
                })
            })
        })?;
        let shaped = |values, like: &Array| from_f32(values, like.dims()).map(Some);
        Ok(vec![shaped(dq, q)?, shaped(dk, k)?, shaped(dv, v)?])
    }))
}

/// The mask with all keys written out, so that each of its rows is a slice.
fn whole_mask(mask: &Option<Array>, sizes: &Sizes) -> Result<Option<Array>> {
    let Some(mask) = mask else { return Ok(None) };
    let sizes = [sizes.batch, sizes.heads, sizes.queries, sizes.keys];
    let fits = mask.rank() == 4 && mask.dims().iter().zip(&sizes).all(|(a, b)| *a == 1 || a == b);
    if !fits {
        return Err(Error::value("the attention mask does not fit the scores")
            .received(format!("{:?}", mask.dims()))
            .expected(format!(
                "{sizes:?}: batch, heads, queries, keys; sizes of 1 stand for all"
            )));
    }
    let mut shape = mask.dims().to_vec();
    shape[3] = sizes[3];
    let mask = if mask.dtype() == DType::U8 { mask.clone() } else { mask.ne(0.0)? };
    Ok(Some(mask.broadcast_as(shape)?.contiguous()?))
}

fn with_parts<T>(
    q: &Array,
    k: &Array,
    v: &Array,
    options: &Options,
    work: impl FnOnce(&[f32], &[f32], &[f32], Option<cpu::Mask<'_>>) -> Result<T>,
) -> Result<T> {
    with_f32(q, |q| {
        with_f32(k, |k| {
            with_f32(v, |v| match &options.mask {
                None => work(q, k, v, None),
                Some(mask) => with_values(mask, |values: &[u8]| {
                    work(q, k, v, Some(cpu::Mask::new(values, mask.dims())))
                }),
            })
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check;

    fn mask(shape: [usize; 4]) -> Array {
        let count: usize = shape.iter().product();
        let keys = shape[3];
        // Row 2 may attend to nothing.
        let value =
            |i: usize| u8::from((i / keys) % 5 != 2 && !(i * 7 + i / keys).is_multiple_of(3));
        let values: Vec<u8> = (0..count).map(value).collect();
        Array::from_vec(values, &shape[..], &candle_core::Device::Cpu).unwrap()
    }

    fn inputs(q: [usize; 4], k: [usize; 4], value_depth: usize) -> [Tensor; 3] {
        let v = [k[0], k[1], k[2], value_depth];
        [check::values(&q, 1), check::values(&k, 2), check::values(&v, 3)]
    }

    #[test]
    fn values_and_gradients() {
        let plain =
            Options { scale: 0.5, causal: false, mask: None, empty: Empty::Zero, dropout: None };
        let small = inputs([2, 5, 2, 3], [2, 4, 2, 3], 2);
        let grouped = inputs([1, 5, 4, 3], [1, 5, 2, 3], 3);
        let large = inputs([2, 70, 2, 8], [2, 131, 2, 8], 5);
        let blocks = inputs([1, 67, 1, 4], [1, 1100, 1, 4], 4);
        let square = inputs([1, 130, 2, 4], [1, 130, 1, 4], 4);
        let with = |mask: Option<Array>, causal, empty, rate: f64| Options {
            mask,
            causal,
            empty,
            dropout: (rate > 0.0).then(|| (rate, Random::new(5, 6))),
            ..plain.clone()
        };
        let cases: [(&str, Options, &[Tensor; 3]); 12] = [
            ("plain", plain.clone(), &small),
            ("groups", plain.clone(), &grouped),
            ("causal", with(None, true, Empty::Zero, 0.0), &grouped),
            ("mask, zero", with(Some(mask([2, 1, 5, 4])), false, Empty::Zero, 0.0), &small),
            ("mask, mean", with(Some(mask([1, 2, 5, 4])), false, Empty::Mean, 0.0), &small),
            ("keys", with(Some(mask([2, 1, 1, 4])), false, Empty::Zero, 0.0), &small),
            ("dropout", with(None, false, Empty::Zero, 0.4), &small),
            ("large", with(Some(mask([2, 1, 70, 131])), false, Empty::Mean, 0.0), &large),
            ("large, dropout", with(None, false, Empty::Zero, 0.3), &large),
            ("causal tiles", with(None, true, Empty::Zero, 0.2), &square),
            ("blocks", with(Some(mask([1, 1, 67, 1100])), false, Empty::Mean, 0.0), &blocks),
            ("causal blocks", with(None, true, Empty::Zero, 0.1), &blocks),
        ];
        for (name, options, inputs) in &cases {
            let f = |x: &[Tensor]| attention(&x[0], &x[1], &x[2], options);
            if inputs[0].shape()[1] < 10 {
                check::gradients(name, f, &inputs[..]);
            }
            check::same_in_float32(name, f, &inputs[..], 3e-5);
        }
    }

    #[test]
    fn sizes_that_do_not_fit_are_refused() {
        let [q, k, v] = inputs([2, 5, 3, 3], [2, 4, 2, 3], 2);
        let options =
            Options { scale: 0.5, causal: false, mask: None, empty: Empty::Zero, dropout: None };
        assert!(attention(&q, &k, &v, &options).is_err());
    }
}
