//! Windows over one to three spatial axes, as convolution and pooling share them. Axes that are not there have size 1.

use crate::error::{Error, Result};
use crate::memory;
use crate::shape::{Padding, Window};
use candle_core::{Device, Tensor as Array};

/// How windows lie over `[batch, spatial..., channels]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Geometry {
    /// Samples.
    pub batch: usize,
    /// Channels of the input.
    pub channels: usize,
    /// The spatial axes, outer to inner; in front are axes of size 1.
    pub windows: [Window; 3],
    /// How many of them are real.
    pub rank: usize,
}

const ALONE: Window = Window { input: 1, kernel: 1, stride: 1, dilation: 1, before: 0, output: 1 };

impl Geometry {
    /// Lays windows over an input of shape `[batch, spatial..., channels]`.
    pub fn new(
        shape: &[usize],
        kernel: &[usize],
        strides: &[usize],
        dilation: &[usize],
        padding: Padding,
    ) -> Result<Self> {
        let rank = kernel.len();
        if shape.len() != rank + 2 || rank > 3 {
            return Err(Error::value(format!("the input must have {} axes", rank + 2))
                .received(format!("{shape:?}"))
                .expected("[batch, spatial axes, channels]"));
        }
        let mut windows = [ALONE; 3];
        for axis in 0..rank {
            let (step, spread) = (strides[axis], dilation[axis]);
            windows[3 - rank + axis] =
                Window::new(shape[axis + 1], kernel[axis], step, spread, padding)?;
        }
        // References list the place of each tap.
        memory::room_for(&windows.map(|window| window.kernel), 1)?;
        Ok(Geometry { batch: shape[0], channels: shape[rank + 1], windows, rank })
    }

    /// Places of a sample.
    pub fn inputs(&self) -> usize {
        self.windows.iter().map(|window| window.input).product()
    }

    /// Windows over a sample.
    pub fn outputs(&self) -> usize {
        self.windows.iter().map(|window| window.output).product()
    }

    /// Taps of a window.
    pub fn taps(&self) -> usize {
        self.windows.iter().map(|window| window.kernel).product()
    }

    /// The shape of what the windows lie over.
    pub fn input_shape(&self) -> Vec<usize> {
        let spatial = self.windows[3 - self.rank..].iter().map(|window| window.input);
        std::iter::once(self.batch).chain(spatial).chain(std::iter::once(self.channels)).collect()
    }

    /// The shape of the result with this many channels.
    pub fn output_shape(&self, channels: usize) -> Vec<usize> {
        let spatial = self.windows[3 - self.rank..].iter().map(|window| window.output);
        std::iter::once(self.batch).chain(spatial).chain(std::iter::once(channels)).collect()
    }

    /// Whether each window is one place and all places are windows: a product of matrices.
    pub fn is_pointwise(&self) -> bool {
        self.windows.iter().all(|w| w.kernel == 1 && w.stride == 1 && w.before == 0)
    }

    /// Where window `output` begins on each axis; negative inside the padding.
    #[inline]
    pub fn start(&self, output: usize) -> [isize; 3] {
        let [_, b, c] = self.windows;
        let place =
            [output / (b.output * c.output), output / c.output % b.output, output % c.output];
        let mut start = [0; 3];
        for axis in 0..3 {
            let window = self.windows[axis];
            start[axis] = (place[axis] * window.stride) as isize - window.before as isize;
        }
        start
    }

    /// The input place of a tap of a window that starts here, if it is no padding.
    #[inline]
    pub fn place(&self, start: [isize; 3], tap: [usize; 3]) -> Option<usize> {
        let mut place = 0;
        for axis in 0..3 {
            let window = self.windows[axis];
            let at = start[axis] + (tap[axis] * window.dilation) as isize;
            if at < 0 || at >= window.input as isize {
                return None;
            }
            place = place * window.input + at as usize;
        }
        Some(place)
    }

    /// All taps of a window, in the order of a kernel's rows.
    pub fn all_taps(&self) -> impl Iterator<Item = [usize; 3]> {
        let [a, b, c] = self.windows.map(|window| window.kernel);
        (0..a).flat_map(move |i| (0..b).flat_map(move |j| (0..c).map(move |k| [i, j, k])))
    }

    /// For references: the input place of each window and tap, `inputs()` meaning padding.
    pub fn places(&self) -> Result<Array> {
        let outside = self.inputs();
        let mut places = Vec::with_capacity(self.outputs() * self.taps());
        for output in 0..self.outputs() {
            let start = self.start(output);
            for tap in self.all_taps() {
                places.push(self.place(start, tap).unwrap_or(outside) as i64);
            }
        }
        let n = places.len();
        Ok(Array::from_vec(places, n, &Device::Cpu)?)
    }
}
