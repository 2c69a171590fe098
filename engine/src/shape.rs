//! Shapes with unknown axes, and the arithmetic of windows (convolution, pooling), once.

use crate::error::{Error, Result};
use std::fmt;

/// The shape of a promised tensor: the first axis is the batch, an unknown axis is `None`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Shape(pub Vec<Option<usize>>);

impl Shape {
    /// A shape whose axes are all known.
    pub fn known(axes: &[usize]) -> Self {
        Shape(axes.iter().copied().map(Some).collect())
    }

    /// An unknown batch in front of these axes.
    pub fn batched(axes: &[usize]) -> Self {
        Shape(std::iter::once(None).chain(axes.iter().copied().map(Some)).collect())
    }

    /// Number of axes, the batch included.
    pub fn rank(&self) -> usize {
        self.0.len()
    }

    /// The last axis, or an error that says why it must be known.
    pub fn features(&self) -> Result<usize> {
        match self.0.last() {
            Some(Some(features)) => Ok(*features),
            _ => Err(Error::value("the size of the last axis must be known to make the weights")
                .received(self.to_string())
                .expected("a shape such as [batch, 28]")),
        }
    }

    /// The axes behind the batch, if all of them are known.
    pub fn sample(&self) -> Option<Vec<usize>> {
        self.0.get(1..)?.iter().copied().collect()
    }

    /// The same shape with another last axis.
    pub fn with_features(&self, features: usize) -> Self {
        let mut axes = self.0.clone();
        if let Some(last) = axes.last_mut() {
            *last = Some(features);
        }
        Shape(axes)
    }

    /// Whether a concrete shape fits this promise.
    pub fn accepts(&self, axes: &[usize]) -> bool {
        self.0.len() == axes.len()
            && self.0.iter().zip(axes).all(|(promised, axis)| promised.is_none_or(|p| p == *axis))
    }

    /// Checks the rank.
    pub fn expect_rank(&self, rank: usize, layout: &str) -> Result<()> {
        if self.rank() == rank {
            return Ok(());
        }
        Err(Error::value(format!("the input must have {rank} axes, not {}", self.rank()))
            .received(self.to_string())
            .expected(layout.to_owned()))
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        for (i, axis) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str(", ")?;
            }
            match axis {
                Some(size) => write!(f, "{size}")?,
                None if i == 0 => f.write_str("batch")?,
                None => f.write_str("?")?,
            }
        }
        f.write_str("]")
    }
}

/// How a window treats the border.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Padding {
    /// No padding: windows lie inside.
    #[default]
    Valid,
    /// Zeros so that the output has `ceil(input / stride)` places; the odd one goes behind.
    Same,
    /// Zeros before only, so that no output sees the future (one spatial axis).
    Causal,
}

/// One axis of a sliding window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Input places.
    pub input: usize,
    /// Taps of the kernel.
    pub kernel: usize,
    /// Step between windows.
    pub stride: usize,
    /// Distance between taps.
    pub dilation: usize,
    /// Zeros in front.
    pub before: usize,
    /// Output places.
    pub output: usize,
}

impl Window {
    /// Lays windows over an axis as TensorFlow does (`_pad_same_spatial_channels_last` in Keras' TensorFlow backend).
    pub fn new(
        input: usize,
        kernel: usize,
        stride: usize,
        dilation: usize,
        padding: Padding,
    ) -> Result<Self> {
        let reach = (kernel - 1) * dilation + 1;
        let (before, total) = match padding {
            Padding::Valid => (0, 0),
            Padding::Same => {
                let needed = (input.div_ceil(stride).max(1) - 1) * stride + reach;
                let total = needed.saturating_sub(input);
                (total / 2, total)
            }
            Padding::Causal => (reach - 1, reach - 1),
        };
        if input + total < reach {
            return Err(Error::value(format!(
                "a window of {reach} does not fit into an axis of {input}"
            ))
            .received(format!("an axis of {input}"))
            .expected(format!("at least {reach}"))
            .hint("padding=\"same\", a smaller kernel, or fewer pooling layers before"));
        }
        let output = (input + total - reach) / stride + 1;
        Ok(Window { input, kernel, stride, dilation, before, output })
    }

    /// The output size for an axis that may be unknown.
    pub fn output_size(
        input: Option<usize>,
        kernel: usize,
        stride: usize,
        dilation: usize,
        padding: Padding,
    ) -> Result<Option<usize>> {
        input
            .map(|input| {
                Window::new(input, kernel, stride, dilation, padding).map(|window| window.output)
            })
            .transpose()
    }
}
