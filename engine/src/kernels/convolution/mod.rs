//! Convolution over one to three spatial axes, with bias and relu in the same pass.
//!
//! Shapes: x `[batch, spatial..., channels]`, w `[kernel..., channels / groups, filters]`, b `[filters]`,
//! y `[batch, windows..., filters]`; filters belong to groups in order, each sees its part of the channels.
//! Formula: `y[o, f] = b[f] + sum over taps t, channels c of x[o stride + t dilation - before, c] w[t, c, f]`.
//! The windows of a line are rows of a matrix that overlap in memory, so it is a product without im2col; of 3 x 3 kernels
//! the transformed one, which needs fewer multiplications.

mod cpu;
mod depthwise;
pub mod reference;
mod winograd;

use super::dense::{self, End, before_relu, with_bias};
use super::geometry::Geometry;
use super::pooling::{MaxPooling, largest_gradient};
use super::slices::{from_f32, is_cpu_f32, with_f32};
use crate::error::{Error, Result};
use crate::ops;
use crate::shape::Padding;
use crate::tape;
use crate::tensor::Tensor;
use candle_core::Tensor as Array;
use cpu::After;

/// How a convolution moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Motion<'a> {
    /// Step between windows, for each spatial axis.
    pub strides: &'a [usize],
    /// Distance between taps, for each spatial axis.
    pub dilation: &'a [usize],
    /// What happens at the border.
    pub padding: Padding,
    /// Parts into which channels and filters are split.
    pub groups: usize,
}

/// The convolution, with relu and max pooling at the end if asked for, tracked. Each sample is pooled while it is in the
/// cache: the convolution's result is never in memory as a whole.
pub fn pooled_convolution(
    x: &Tensor,
    w: &Tensor,
    b: Option<&Tensor>,
    motion: Motion<'_>,
    relu: bool,
    pooling: Option<&MaxPooling>,
) -> Result<Tensor> {
    let Some(pooling) = pooling else { return convolution(x, w, b, motion, relu) };
    let rank = w.shape().len().saturating_sub(2);
    let geometry = laid_out(x, w, &motion)?;
    let alone = geometry.batch < 2 * rayon::current_num_threads();
    let is_other = geometry.is_pointwise() || motion.groups > 1 || rank == 0;
    let is_fast = is_cpu_f32(x.array()) && is_cpu_f32(w.array());
    if alone || is_other || !is_fast {
        return pooling.apply(&convolution(x, w, b, motion, relu)?);
    }
    let filters = w.shape()[rank + 1];
    let windows = pooling.geometry(&geometry.output_shape(filters))?;
    let mut inputs = vec![x, w];
    inputs.extend(b);
    let keep = tape::is_tracked(&inputs);
    let (y, winners) = with_f32(x.array(), |x| {
        with_f32(w.array(), |w| {
            with_bias(b.map(Tensor::array), |bias| {
                let after = After { bias, relu };
                Ok(cpu::pooled(x, w, &geometry, filters, after, &windows, keep))
            })
        })
    })?;
    let value = from_f32(y, &windows.output_shape(filters))?;
    if !keep {
        return Ok(Tensor::new(value));
    }
    let (saved_x, saved_w) = (x.array().clone(), w.array().clone());
    // Where the largest is 0, all of the window was cut off.
    let saved_y = relu.then(|| value.clone());
    Ok(tape::record("convolution + pooling", &inputs, value, move |dy, needed| {
        let dy = match &saved_y {
            Some(y) => &before_relu(y, dy)?,
            None => dy,
        };
        let dz = largest_gradient(dy, &winners, &windows)?;
        backward(&saved_x, &saved_w, &dz, &geometry, 1, needed)
    }))
}

/// Where the windows lie, if the kernel fits the input.
fn laid_out(x: &Tensor, w: &Tensor, motion: &Motion<'_>) -> Result<Geometry> {
    let rank = w.shape().len().saturating_sub(2);
    let kernel = &w.shape()[..rank];
    let Motion { strides, dilation, padding, groups } = *motion;
    let geometry = Geometry::new(x.shape(), kernel, strides, dilation, padding)?;
    let filters = w.shape()[rank + 1];
    if geometry.channels != w.shape()[rank] * groups || !filters.is_multiple_of(groups) {
        return Err(Error::value("the kernel does not fit the channels of the input")
            .received(format!("{} channels, kernel {:?}", geometry.channels, w.shape()))
            .expected(format!("{} channels in {groups} groups", w.shape()[rank] * groups)));
    }
    Ok(geometry)
}

/// The convolution, with a relu at the end if asked for, tracked.
pub fn convolution(
    x: &Tensor,
    w: &Tensor,
    b: Option<&Tensor>,
    motion: Motion<'_>,
    relu: bool,
) -> Result<Tensor> {
    let geometry = laid_out(x, w, &motion)?;
    let (groups, filters) = (motion.groups, w.shape().last().copied().unwrap_or(1));
    if geometry.is_pointwise() && groups == 1 {
        let rows = geometry.batch * geometry.inputs();
        let flat = ops::reshape(x, &[rows, geometry.channels])?;
        let flat_w = ops::reshape(w, &[geometry.channels, filters])?;
        let end = if relu { End::Relu } else { End::Plain };
        let y = dense::dense_ending(&flat, &flat_w, b, end)?;
        return ops::reshape(&y, &geometry.output_shape(filters));
    }
    let value = forward(x.array(), w.array(), b.map(Tensor::array), &geometry, groups, relu)?;
    let mut inputs = vec![x, w];
    inputs.extend(b);
    if !tape::is_tracked(&inputs) {
        return Ok(Tensor::new(value));
    }
    let (saved_x, saved_w) = (x.array().clone(), w.array().clone());
    let saved_y = relu.then(|| value.clone());
    Ok(tape::record("convolution", &inputs, value, move |dy, needed| {
        let dz = match &saved_y {
            Some(y) => before_relu(y, dy)?,
            None => dy.clone(),
        };
        backward(&saved_x, &saved_w, &dz, &geometry, groups, needed)
    }))
}

fn forward(
    x: &Array,
    w: &Array,
    b: Option<&Array>,
    geometry: &Geometry,
    groups: usize,
    relu: bool,
) -> Result<Array> {
    if !(is_cpu_f32(x) && is_cpu_f32(w)) {
        let y = reference::forward(x, w, b, geometry, groups)?;
        return Ok(if relu { y.relu()? } else { y });
    }
    let filters = w.dims().last().copied().unwrap_or(1);
    let y = with_f32(x, |x| {
        with_f32(w, |w| {
            with_bias(b, |bias| {
                let by_channel = groups == geometry.channels && groups > 1;
                let after = After { bias, relu };
                Ok(match by_channel {
                    true => depthwise::forward(x, w, geometry, filters, after),
                    false => cpu::forward(x, w, geometry, groups, filters, after),
                })
            })
        })
    })?;
    from_f32(y, &geometry.output_shape(filters))
}

fn backward(
    x: &Array,
    w: &Array,
    dy: &Array,
    geometry: &Geometry,
    groups: usize,
    needed: &[bool],
) -> Result<Vec<Option<Array>>> {
    if !(is_cpu_f32(x) && is_cpu_f32(w) && is_cpu_f32(dy)) {
        return reference::backward(x, w, dy, geometry, groups, needed);
    }
    let filters = w.dims().last().copied().unwrap_or(1);
    let by_channel = groups == geometry.channels && groups > 1;
    let mut gradients = vec![None; needed.len()];
    with_f32(dy, |dy| {
        let (dx, dw) = with_f32(x, |x| {
            with_f32(w, |w| {
                let dx = || match by_channel {
                    true => depthwise::input_gradient(w, dy, geometry, filters),
                    false => cpu::input_gradient(w, dy, geometry, groups, filters),
                };
                let dw = || match by_channel {
                    true => depthwise::kernel_gradient(x, dy, geometry, filters),
                    false => cpu::kernel_gradient(x, dy, geometry, groups, filters),
                };
                Ok((needed[0].then(dx), needed[1].then(dw)))
            })
        })?;
        if let Some(dx) = dx {
            gradients[0] = Some(from_f32(dx, x.dims())?);
        }
        if let Some(dw) = dw {
            gradients[1] = Some(from_f32(dw, w.dims())?);
        }
        if needed.get(2) == Some(&true) {
            gradients[2] = Some(from_f32(dense::sum_rows(dy, filters), &[filters])?);
        }
        Ok(())
    })?;
    Ok(gradients)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check;
    use crate::tape::Tape;

    type Case =
        (&'static [usize], &'static [usize], &'static [usize], &'static [usize], Padding, usize);

    #[test]
    fn value_and_gradient_on_odd_sizes() {
        use Padding::{Causal, Same, Valid};
        let cases: &[Case] = &[
            (&[2, 5, 7, 3], &[3, 2, 3, 4], &[1, 1], &[1, 1], Valid, 1),
            (&[2, 6, 8, 1], &[3, 3, 1, 2], &[3, 2], &[1, 1], Same, 1),
            (&[1, 7, 5, 1], &[2, 3, 1, 3], &[1, 1], &[1, 1], Same, 1),
            (&[3, 7, 6, 2], &[2, 3, 2, 3], &[1, 1], &[2, 2], Same, 1),
            (&[2, 5, 5, 4], &[3, 3, 2, 6], &[2, 2], &[1, 1], Same, 2),
            (&[2, 5, 4, 3], &[3, 3, 1, 3], &[2, 1], &[1, 1], Same, 3),
            (&[2, 4, 7, 3], &[2, 3, 1, 6], &[1, 1], &[1, 2], Valid, 3),
            (&[2, 7, 9, 3], &[3, 4, 1, 6], &[2, 3], &[1, 1], Same, 3),
            (&[1, 5, 11, 2], &[3, 2, 1, 2], &[2, 3], &[1, 2], Same, 2),
            (&[2, 7, 8, 2], &[2, 1, 1, 2], &[3, 2], &[1, 1], Valid, 2),
            (&[1, 2, 3, 2], &[5, 4, 1, 4], &[1, 2], &[1, 1], Same, 2),
            (&[1, 3, 10, 5], &[1, 5, 1, 5], &[1, 1], &[1, 1], Same, 5),
            (&[2, 9, 3], &[3, 1, 6], &[1], &[2], Causal, 3),
            (&[1, 4, 3, 5, 2], &[2, 2, 3, 1, 2], &[2, 1, 2], &[1, 1, 1], Same, 2),
            (&[2, 4, 4, 3], &[1, 1, 3, 2], &[1, 1], &[1, 1], Same, 1),
            (&[2, 5, 4, 3], &[1, 1, 3, 2], &[2, 2], &[1, 1], Valid, 1),
            (&[2, 9, 2], &[3, 2, 3], &[1], &[2], Causal, 1),
            (&[2, 9, 1], &[4, 1, 3], &[2], &[1], Same, 1),
            (&[2, 3, 4, 5, 2], &[2, 2, 3, 2, 3], &[1, 2, 1], &[1, 1, 1], Same, 1),
        ];
        for (i, &(x, w, strides, dilation, padding, groups)) in cases.iter().enumerate() {
            let motion = Motion { strides, dilation, padding, groups };
            let filters = w[w.len() - 1];
            let inputs = [check::values(x, 1), check::values(w, 2), check::values(&[filters], 3)];
            let name = format!("convolution {i}");
            for relu in [false, true] {
                let f = |i: &[Tensor]| convolution(&i[0], &i[1], Some(&i[2]), motion, relu);
                check::gradients(&name, f, &inputs);
                check::same_in_float32(&name, f, &inputs, 1e-5);
            }
        }
    }

    #[test]
    fn large_ones_agree_too() {
        let (strides, dilation) = (&[1, 1][..], &[1, 1][..]);
        use Padding::{Same, Valid};
        for (x, w, padding, groups) in [
            (&[17, 13, 13, 32], &[3, 3, 32, 64], Valid, 1),
            (&[9, 14, 14, 48], &[3, 3, 48, 16], Same, 1),
            (&[3, 5, 7, 16], &[3, 3, 16, 32], Same, 1),
            (&[2, 1, 6, 16], &[3, 3, 16, 16], Same, 1),
            (&[1, 120, 90, 16], &[3, 3, 16, 16], Valid, 1),
            (&[1, 70, 90, 16], &[3, 3, 16, 24], Same, 1),
            (&[5, 28, 28, 1], &[3, 3, 1, 32], Same, 1),
            (&[9, 14, 14, 48], &[3, 3, 1, 48], Same, 48),
            (&[17, 19, 23, 29], &[3, 5, 1, 29], Same, 29),
            (&[1, 70, 90, 12], &[5, 3, 1, 24], Valid, 12),
        ] {
            let motion = Motion { strides, dilation, padding, groups };
            let inputs = [check::values(x, 1), check::values(w, 2), check::values(&[w[3]], 3)];
            let f = |i: &[Tensor]| convolution(&i[0], &i[1], Some(&i[2]), motion, true);
            check::same_in_float32("convolution", f, &inputs, 3e-5);
        }
    }

    #[test]
    fn the_bits_of_a_depthwise_one_do_not_depend_on_the_number_of_threads() {
        let bits = |batch: usize, strides: &[usize], threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let motion =
                    Motion { strides, dilation: &[1, 1], padding: Padding::Same, groups: 21 };
                let inputs = [
                    check::values(&[batch, 33, 37, 21], 1),
                    check::values(&[3, 3, 1, 42], 2),
                    check::values(&[42], 3),
                ];
                let tape = tape::Tape::start();
                let inputs = inputs
                    .map(|input| ops::cast(&input, candle_core::DType::F32).unwrap())
                    .map(|input| tape.watch(&input));
                let y = convolution(&inputs[0], &inputs[1], Some(&inputs[2]), motion, true);
                let y = y.unwrap();
                tape.stop();
                let found = tape.gradient(&y, &inputs.each_ref()).unwrap();
                let mut bits = check::numbers(y.array());
                found.iter().flatten().for_each(|found| bits.extend(check::numbers(found)));
                bits
            })
        };
        for (batch, strides) in [(1, [1, 1]), (2, [2, 3]), (11, [1, 2])] {
            let alone = bits(batch, &strides, 1);
            for threads in [2, 5] {
                assert!(alone == bits(batch, &strides, threads), "{batch} {strides:?} {threads}");
            }
        }
    }

    #[test]
    fn pooling_in_the_same_pass_changes_no_bit() -> Result<()> {
        use Padding::{Same, Valid};
        for (x, w, padding, size) in [
            (&[9, 13, 12, 16][..], &[3, 3, 16, 32][..], Valid, 2),
            (&[9, 7, 9, 3], &[3, 2, 3, 5], Same, 3),
            (&[17, 28, 28, 1], &[3, 3, 1, 32], Valid, 2),
        ] {
            let motion = Motion { strides: &[1, 1], dilation: &[1, 1], padding, groups: 1 };
            let pooling = MaxPooling { size: vec![size; 2], strides: vec![2; 2], padding };
            let filters = &w[3..];
            let inputs = [check::values(x, 1), check::values(w, 2), check::values(filters, 3)];
            let [x, w, b] = inputs.map(|input| ops::cast(&input, candle_core::DType::F32));
            let (x, w, b) = (x?, w?, b?);
            for relu in [false, true] {
                let at_once = pooled_convolution(&x, &w, Some(&b), motion, relu, Some(&pooling))?;
                let apart = pooling.apply(&convolution(&x, &w, Some(&b), motion, relu)?)?;
                assert_eq!(at_once.shape(), apart.shape());
                assert_eq!(check::numbers(at_once.array()), check::numbers(apart.array()));
                let slopes = |pooled: &dyn Fn(&[Tensor]) -> Result<Tensor>| -> Result<Vec<_>> {
                    let tape = Tape::start();
                    let inputs = [&x, &w, &b].map(|input| tape.watch(input));
                    let squares = ops::square(&pooled(&inputs)?)?;
                    let all = tape.gradient(&squares, &inputs.each_ref())?;
                    Ok(all.iter().flatten().map(check::numbers).collect())
                };
                let at_once = |i: &[Tensor]| {
                    pooled_convolution(&i[0], &i[1], Some(&i[2]), motion, relu, Some(&pooling))
                };
                let apart = |i: &[Tensor]| {
                    pooling.apply(&convolution(&i[0], &i[1], Some(&i[2]), motion, relu)?)
                };
                let (at_once, apart) = (slopes(&at_once)?, slopes(&apart)?);
                assert_eq!(at_once.len(), 3);
                assert_eq!(at_once, apart);
            }
        }
        Ok(())
    }
}
