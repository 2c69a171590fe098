//! The largest or the mean of each window, channel by channel.
//!
//! Shapes: x `[batch, spatial..., channels]`, y `[batch, windows..., channels]`.
//! Padding does not count: the mean is that of the real places. The gradient of the largest goes to its first place.

mod cpu;
pub mod reference;

use super::geometry::Geometry;
use super::slices::{from_f32, is_cpu_f32, with_f32};
use crate::error::Result;
use crate::shape::Padding;
use crate::tape;
use crate::tensor::Tensor;
use candle_core::Tensor as Array;

/// What a window becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pool {
    /// Its largest value.
    Max,
    /// The mean of its values.
    Average,
}

/// The largest of windows, as a convolution in front makes it in its own pass.
#[derive(Debug, Clone)]
pub struct MaxPooling {
    /// Size of the window along each spatial axis.
    pub size: Vec<usize>,
    /// Step between windows.
    pub strides: Vec<usize>,
    /// What happens at the border.
    pub padding: Padding,
}

impl MaxPooling {
    /// Where the windows lie over an input of shape `[batch, spatial..., channels]`.
    pub fn geometry(&self, shape: &[usize]) -> Result<Geometry> {
        let dilation = vec![1; self.size.len()];
        Geometry::new(shape, &self.size, &self.strides, &dilation, self.padding)
    }

    /// Pools, tracked.
    pub fn apply(&self, x: &Tensor) -> Result<Tensor> {
        pool(x, Pool::Max, &self.size, &self.strides, self.padding)
    }
}

/// The largest of each window of a sample: a function of the result, of where each was in the sample (no room: not
/// asked), and of the sample.
pub fn largest_of_sample(
    geometry: &Geometry,
) -> impl Fn(&mut [f32], &mut [u32], &[f32]) + Sync + '_ {
    cpu::largest_of(geometry)
}

/// The gradient of what was pooled, from where the largest were.
pub fn largest_gradient(dy: &Array, winners: &[u32], geometry: &Geometry) -> Result<Array> {
    let dx = with_f32(dy, |dy| Ok(cpu::largest_gradient(dy, winners, geometry)))?;
    from_f32(dx, &geometry.input_shape())
}

/// Pools over windows, tracked.
pub fn pool(
    x: &Tensor,
    pool: Pool,
    size: &[usize],
    strides: &[usize],
    padding: Padding,
) -> Result<Tensor> {
    let geometry = Geometry::new(x.shape(), size, strides, &vec![1; size.len()], padding)?;
    let shape = geometry.output_shape(geometry.channels);
    let from = x.shape().to_vec();
    if !is_cpu_f32(x.array()) {
        let (value, winners) = reference::forward(x.array(), pool, &geometry)?;
        return Ok(tape::record("pooling", &[x], value.reshape(shape)?, move |dy, _| {
            let dx = reference::backward(dy, &winners, &geometry)?;
            Ok(vec![Some(dx.reshape(&from[..])?)])
        }));
    }
    if pool == Pool::Average {
        let value = with_f32(x.array(), |x| Ok(cpu::average(x, &geometry)))?;
        return Ok(tape::record("pooling", &[x], from_f32(value, &shape)?, move |dy, _| {
            let dx = with_f32(dy, |dy| Ok(cpu::average_gradient(dy, &geometry)))?;
            Ok(vec![Some(from_f32(dx, &from)?)])
        }));
    }
    let keep = tape::is_tracked(&[x]);
    let (value, winners) = with_f32(x.array(), |x| Ok(cpu::largest(x, &geometry, keep)))?;
    Ok(tape::record("pooling", &[x], from_f32(value, &shape)?, move |dy, _| {
        Ok(vec![Some(largest_gradient(dy, &winners, &geometry)?)])
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check;

    #[test]
    fn value_and_gradient_on_odd_sizes() {
        let cases: &[(&[usize], &[usize], &[usize], Padding)] = &[
            (&[2, 5, 7, 3], &[2, 2], &[2, 2], Padding::Valid),
            (&[2, 5, 7, 3], &[2, 2], &[2, 2], Padding::Same),
            (&[2, 6, 5, 2], &[3, 2], &[1, 2], Padding::Same),
            (&[1, 4, 5, 2], &[3, 3], &[1, 1], Padding::Valid),
            (&[2, 7, 3], &[3], &[2], Padding::Same),
            (&[2, 3, 4, 5, 2], &[2, 2, 2], &[2, 1, 2], Padding::Same),
            (&[33, 26, 26, 32], &[2, 2], &[2, 2], Padding::Valid),
        ];
        for (i, (shape, size, strides, padding)) in cases.iter().enumerate() {
            for kind in [Pool::Max, Pool::Average] {
                let x = [check::values(shape, 1)];
                let name = format!("{kind:?} pooling {i}");
                let f = |x: &[Tensor]| pool(&x[0], kind, size, strides, *padding);
                if shape[0] < 9 {
                    check::gradients(&name, f, &x);
                }
                check::same_in_float32(&name, f, &x, 1e-6);
            }
        }
    }
}
