//! Dropout: each value is 0 with probability `rate`, the others are divided by `1 - rate`.
//!
//! Which ones is a function of the random stream and the place alone: backwards they are drawn again, nothing is kept,
//! and the bits do not depend on the number of threads.

mod cpu;
pub mod reference;

use super::slices::{from_f32, is_cpu_f32, with_f32};
use crate::error::Result;
use crate::random::Random;
use crate::tape;
use crate::tensor::Tensor;
use candle_core::{Device, Tensor as Array};

/// Drops values of `x`, tracked.
pub fn dropout(x: &Tensor, rate: f64, random: Random) -> Result<Tensor> {
    let value = apply(x.array(), rate, &random)?;
    Ok(tape::record("dropout", &[x], value, move |dy, _| Ok(vec![Some(apply(dy, rate, &random)?)])))
}

fn apply(x: &Array, rate: f64, random: &Random) -> Result<Array> {
    if is_cpu_f32(x) {
        return from_f32(with_f32(x, |x| Ok(cpu::apply(x, rate, random)))?, x.dims());
    }
    Ok((x * factors(x.dims(), rate, random)?.to_dtype(x.dtype())?.to_device(x.device())?)?)
}

/// 0 or `1 / (1 - rate)` for each place of a shape.
pub fn factors(shape: &[usize], rate: f64, random: &Random) -> Result<Array> {
    let ones = vec![1.0; shape.iter().product()];
    Ok(Array::from_vec(cpu::apply(&ones, rate, random), shape, &Device::Cpu)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check;

    #[test]
    fn the_rate_is_kept_and_the_gradient_goes_through_what_stayed() {
        let random = Random::new(3, 4);
        for n in [7, 1000, 300_001] {
            let ones = vec![1.0; n];
            let dropped = cpu::apply(&ones, 0.3, &random);
            assert_eq!(dropped, reference::apply(&ones, 0.3, &random), "{n}");
            if n > 999 {
                let kept = dropped.iter().filter(|v| **v > 0.0).count() as f64 / n as f64;
                assert!((kept - 0.7).abs() < 2.0 / (n as f64).sqrt(), "{kept}");
            }
        }
        let f = |x: &[Tensor]| dropout(&x[0], 0.4, random);
        check::gradients("dropout", f, &[check::values(&[5, 7], 1)]);
        check::same_in_float32("dropout", f, &[check::values(&[5, 67], 1)], 1e-6);
        assert!(cpu::apply(&[1.0; 9], 1.0, &random).iter().all(|v| *v == 0.0));
    }
}
