//! What layers over spatial axes share: where the channels stand, one input of the right rank, window sizes.

use crate::config::{Arg, Field, not_a_choice, one_of};
use crate::error::{Error, Result};
use crate::ops;
use crate::shape::{Padding, Shape, Window};
use crate::tensor::Tensor;

/// Where the channels stand. Computation is channels last; the other order is transposed on its way in and out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DataFormat {
    /// `[batch, spatial..., channels]`
    #[default]
    ChannelsLast,
    /// `[batch, channels, spatial...]`
    ChannelsFirst,
}

impl Field for DataFormat {
    fn parse(arg: &Arg) -> Result<Self> {
        match arg {
            Arg::None => Ok(DataFormat::ChannelsLast),
            Arg::Str(word) if word == "channels_last" => Ok(DataFormat::ChannelsLast),
            Arg::Str(word) if word == "channels_first" => Ok(DataFormat::ChannelsFirst),
            other => Err(not_a_choice(other, &["channels_last", "channels_first"])),
        }
    }

    fn to_arg(&self) -> Arg {
        Arg::str(match self {
            DataFormat::ChannelsLast => "channels_last",
            DataFormat::ChannelsFirst => "channels_first",
        })
    }

    fn kind() -> String {
        one_of(&["channels_last", "channels_first"])
    }
}

impl DataFormat {
    /// The tensor with its channels last.
    pub fn to_last(self, x: &Tensor) -> Result<Tensor> {
        let rank = x.shape().len();
        match self {
            DataFormat::ChannelsLast => Ok(x.clone()),
            DataFormat::ChannelsFirst => {
                let order: Vec<usize> = std::iter::once(0).chain(2..rank).chain([1]).collect();
                ops::permute(x, &order)
            }
        }
    }

    /// Back to this format.
    pub fn restore(self, x: &Tensor) -> Result<Tensor> {
        let rank = x.shape().len();
        match self {
            DataFormat::ChannelsLast => Ok(x.clone()),
            DataFormat::ChannelsFirst => {
                let order: Vec<usize> = [0, rank - 1].into_iter().chain(1..rank - 1).collect();
                ops::permute(x, &order)
            }
        }
    }

    /// The one input's shape with its channels last; refuses another rank.
    pub fn shape_to_last(self, inputs: &[Shape], spatial: usize) -> Result<Shape> {
        let [input] = inputs else {
            return Err(
                Error::value("takes one input").received(format!("{} inputs", inputs.len()))
            );
        };
        let axes = ["time", "height, width", "depth, height, width"][spatial.clamp(1, 3) - 1];
        let layout = match self {
            DataFormat::ChannelsLast => format!("[batch, {axes}, channels]"),
            DataFormat::ChannelsFirst => format!("[batch, channels, {axes}]"),
        };
        if input.rank() != spatial + 2 {
            let error = Error::value(format!(
                "the input must have {} axes, not {}",
                spatial + 2,
                input.rank()
            ))
            .received(input.to_string())
            .expected(layout);
            return Err(match input.rank() + 1 == spatial + 2 {
                true => error.hint("x[..., None] or Reshape(...) adds an axis for one channel"),
                false => error,
            });
        }
        let mut axes = input.0.clone();
        if self == DataFormat::ChannelsFirst {
            let channels = axes.remove(1);
            axes.push(channels);
        }
        Ok(Shape(axes))
    }

    /// A shape with its channels last, in this format.
    pub fn shape_restored(self, mut shape: Shape) -> Shape {
        if self == DataFormat::ChannelsFirst
            && let Some(channels) = shape.0.pop()
        {
            shape.0.insert(1, channels);
        }
        shape
    }
}

/// The windows over a shape with its channels last, as the shape of a result with this many channels.
pub fn windowed_shape(
    input: &Shape,
    channels: Option<usize>,
    size: &[usize],
    strides: &[usize],
    dilation: &[usize],
    padding: Padding,
) -> Result<Shape> {
    let mut axes = vec![input.0[0]];
    for (axis, kernel) in size.iter().enumerate() {
        let (stride, spread) = (strides[axis], dilation[axis]);
        axes.push(Window::output_size(input.0[axis + 1], *kernel, stride, spread, padding)?);
    }
    axes.push(channels);
    Ok(Shape(axes))
}

/// Refuses causal padding where an axis of time is not all there is.
pub fn check_padding(padding: Padding, causal_is_fine: bool) -> Result<()> {
    if padding != Padding::Causal || causal_is_fine {
        return Ok(());
    }
    Err(Error::value("padding cannot be \"causal\" here")
        .received("\"causal\"")
        .expected("\"valid\" or \"same\"")
        .hint("Conv1D knows causal padding"))
}
