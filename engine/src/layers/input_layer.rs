//! InputLayer: where data enters a model.

use crate::catalog::{Entry, Kind, Made};
use crate::config;
use crate::config::{Arg, Config, Configured};
use crate::error::{Error, Result};
use crate::layer::{self, Layer, Pass};
use crate::shape::Shape;
use crate::tensor::Tensor;
use candle_core::DType;
use std::rc::Rc;

config! {
    /// Where data enters a model. `keras.Input(shape=...)` makes one and gives its symbol.
    ///
    /// Shapes: nothing -> `batch_shape`.
    pub struct InputLayer("InputLayer") {
        /// The shape, the batch included: `(None, 28, 28, 1)`.
        batch_shape: Arg = Arg::None,
        /// Element type of the data.
        dtype: Arg = Arg::str("float32"),
        /// Whether the data is sparse. Only dense data is known here.
        sparse: bool = false,
        /// Whether the data is ragged. Only dense data is known here.
        ragged: bool = false,
        /// Whether the input may be left out.
        optional: bool = false,
    }
}

/// The row of the table.
pub static ENTRY: Entry = Entry::of::<InputLayer>(Kind::Layer, &[], |args| {
    let layer = InputLayer::from_args(args)?;
    layer::shape_from_arg(&layer.batch_shape)?;
    parse_dtype(&layer.dtype)?;
    Ok(Made::Layer(Rc::new(layer)))
});

/// An element type by Keras' name.
pub fn parse_dtype(arg: &Arg) -> Result<DType> {
    match arg {
        Arg::None => Ok(DType::F32),
        Arg::Str(name) => match name.as_str() {
            "float32" => Ok(DType::F32),
            "float64" => Ok(DType::F64),
            "float16" => Ok(DType::F16),
            "bfloat16" => Ok(DType::BF16),
            "int32" => Ok(DType::I32),
            "int64" => Ok(DType::I64),
            "uint8" | "bool" => Ok(DType::U8),
            "uint32" => Ok(DType::U32),
            "string" => Err(Error::not_implemented(
                "text as the input of a model is not here yet",
                "turn the text into numbers first, then keras.Input(shape, dtype=\"int64\") and Embedding",
            )
            .received("dtype=\"string\"")),
            other => Err(Error::value(format!("there is no element type {other:?}"))
                .expected("float32, int32, int64, uint8, ...")),
        },
        other => Err(Error::type_error("an element type is a name").received(other.describe())),
    }
}

/// Keras' name of an element type.
pub fn dtype_name(dtype: DType) -> &'static str {
    match dtype {
        DType::F64 => "float64",
        DType::F16 => "float16",
        DType::BF16 => "bfloat16",
        DType::I32 => "int32",
        DType::I64 => "int64",
        DType::U8 => "uint8",
        DType::U32 => "uint32",
        _ => "float32",
    }
}

impl InputLayer {
    /// The input of a shape (batch included).
    pub fn promise(shape: Shape, dtype: DType) -> Self {
        InputLayer {
            batch_shape: layer::shape_to_arg(&shape),
            dtype: Arg::str(dtype_name(dtype)),
            sparse: false,
            ragged: false,
            optional: false,
        }
    }

    /// Its shape, the batch included.
    pub fn shape(&self) -> Shape {
        layer::shape_from_arg(&self.batch_shape).unwrap_or(Shape(vec![None]))
    }

    /// Its element type.
    pub fn dtype(&self) -> DType {
        parse_dtype(&self.dtype).unwrap_or(DType::F32)
    }
}

impl Layer for InputLayer {
    fn is_per_sample(&self) -> bool {
        true
    }

    fn class_name(&self) -> &str {
        Self::NAME
    }

    fn config(&self) -> Config {
        // `dtype` stands in the common part.
        Configured::config(self).into_iter().filter(|(name, _)| name != "dtype").collect()
    }

    fn common_config(&self, name: &str, _trainable: bool) -> Config {
        vec![("name".to_owned(), Arg::str(name)), ("dtype".to_owned(), self.dtype.clone())]
    }

    fn follows_policy(&self) -> bool {
        false
    }

    fn output_shapes(&self, _inputs: &[Shape]) -> Result<Vec<Shape>> {
        Ok(vec![self.shape()])
    }

    fn output_dtype(&self, _input: DType) -> DType {
        self.dtype()
    }

    fn forward(
        &self,
        inputs: &[Tensor],
        _weights: &[Tensor],
        _pass: &mut Pass,
    ) -> Result<Vec<Tensor>> {
        Ok(inputs.to_vec())
    }

    fn build_config(&self, _inputs: &[Shape]) -> Option<Config> {
        None
    }
}
