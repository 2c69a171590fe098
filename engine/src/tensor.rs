//! `Tensor`: candle's tensor, and where on the tape it was made.

use crate::error::{Error, Result};
use crate::tape::Node;
use candle_core::{DType, Device, Tensor as Array};
use std::rc::Rc;

/// A value of the engine. Cloning shares the data, which never changes (variables replace theirs).
#[derive(Clone)]
pub struct Tensor {
    array: Array,
    node: Option<Node>,
    notes: Option<Rc<Notes>>,
}

/// What rides along with a tensor.
#[derive(Clone, Default)]
pub struct Notes {
    /// The values before a final softmax or sigmoid: crossentropies work on them, without clipping and in one pass.
    pub logits: Option<Logits>,
    /// Which positions count (`[batch, time]`, 1 or 0 as u8), made by Embedding and Masking.
    pub mask: Option<Array>,
    /// Which of its rows are the same.
    pub entries: Option<Rc<Entries>>,
}

/// The rows of a tensor (along its last axis) are entries of a table: what is made of each entry need be made only once.
pub struct Entries {
    /// The number of each row's entry.
    pub numbers: Rc<Vec<u32>>,
    /// How many entries the table has.
    pub count: usize,
}

/// The input of a softmax or sigmoid that made a tensor.
#[derive(Clone)]
pub struct Logits {
    /// `"softmax"` (over the last axis) or `"sigmoid"`.
    pub activation: &'static str,
    /// Its input.
    pub input: Tensor,
}

impl Tensor {
    /// An untracked tensor.
    pub fn new(array: Array) -> Self {
        Tensor { array, node: None, notes: None }
    }

    pub(crate) fn with_node(array: Array, node: Node) -> Self {
        Tensor { array, node: Some(node), notes: None }
    }

    /// From values in row-major order, on the CPU.
    pub fn from_vec<T: candle_core::WithDType>(values: Vec<T>, shape: &[usize]) -> Result<Self> {
        let expected: usize = shape.iter().product();
        if values.len() != expected {
            return Err(Error::value("the number of values does not fit the shape")
                .received(format!("{} values", values.len()))
                .expected(format!("{expected} for shape {shape:?}")));
        }
        Ok(Self::new(Array::from_vec(values, shape, &Device::Cpu)?))
    }

    /// A single number of type float32.
    pub fn scalar(value: f32) -> Result<Self> {
        Self::from_vec(vec![value], &[])
    }

    /// The data.
    pub fn array(&self) -> &Array {
        &self.array
    }

    /// The data.
    pub fn into_array(self) -> Array {
        self.array
    }

    /// Where it was made, if it is tracked.
    pub fn node(&self) -> Option<&Node> {
        self.node.as_ref()
    }

    /// Its axes.
    pub fn shape(&self) -> &[usize] {
        self.array.dims()
    }

    /// Its element type.
    pub fn dtype(&self) -> DType {
        self.array.dtype()
    }

    /// The same values, cut off from the tape.
    #[must_use]
    pub fn detach(&self) -> Self {
        Tensor { array: self.array.clone(), node: None, notes: self.notes.clone() }
    }

    /// What rides along.
    pub fn notes(&self) -> Option<&Notes> {
        self.notes.as_deref()
    }

    /// The same tensor with other notes.
    #[must_use]
    pub fn with_notes(mut self, notes: Notes) -> Self {
        self.notes = Some(Rc::new(notes));
        self
    }

    /// The mask that rides along.
    pub fn mask(&self) -> Option<&Array> {
        self.notes.as_ref()?.mask.as_ref()
    }

    /// The same tensor with this mask (or none).
    #[must_use]
    pub fn with_mask(mut self, mask: Option<Array>) -> Self {
        if mask.is_some() || self.notes.is_some() {
            let notes = self.notes.as_deref().cloned().unwrap_or_default();
            self.notes = Some(Rc::new(Notes { mask, ..notes }));
        }
        self
    }

    /// All values as float32 in row-major order.
    pub fn to_f32_vec(&self) -> Result<Vec<f32>> {
        Ok(self.array.to_dtype(DType::F32)?.flatten_all()?.to_vec1::<f32>()?)
    }

    /// The value of a tensor with one element.
    pub fn item(&self) -> Result<f64> {
        if self.array.elem_count() != 1 {
            return Err(Error::value("only a tensor with one element can become a number")
                .received(format!("shape {:?}", self.shape())));
        }
        Ok(self.array.to_dtype(DType::F64)?.flatten_all()?.to_vec1::<f64>()?[0])
    }
}

impl std::fmt::Debug for Tensor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Tensor(shape={:?}, dtype={:?}, tracked={})",
            self.shape(),
            self.dtype(),
            self.node.is_some()
        )
    }
}
