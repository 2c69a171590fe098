//! Where batches come from: arrays in memory, or anything that gives one batch after another.

mod ahead;
mod arrays;
pub mod npy;

use crate::error::{Error, Result};
use crate::tensor::Tensor;
pub use arrays::{Arrays, Columns, Samples};
use candle_core::{DType, Device, Tensor as Array};
use std::sync::Arc;

/// One batch.
pub type Batch = Columns<Tensor>;

impl Batch {
    /// Number of samples.
    pub fn size(&self) -> usize {
        self.x.first().and_then(|x| x.shape().first().copied()).unwrap_or(0)
    }
}

/// A source of batches.
pub trait Batches {
    /// Number of batches in an epoch, if it is known.
    fn steps(&self) -> Option<usize>;

    /// Begins a new round through the data.
    fn start_epoch(&mut self) -> Result<()>;

    /// The next batch; `None` at the end of the round.
    fn next(&mut self) -> Result<Option<Batch>>;

    /// Continues at a place of a round: the order of the samples and the number of batches already taken.
    fn resume(&mut self, _order: Option<Vec<usize>>, _taken: usize) -> Result<()> {
        Err(Error::runtime("this kind of data cannot be continued in the middle of an epoch")
            .hint("fit on arrays, or start the epoch again with initial_epoch=..."))
    }

    /// The order of the samples in this round, if it is shuffled.
    fn order(&self) -> Option<&[usize]> {
        None
    }

    /// Makes batches of this many samples from now on, for work where nobody sees where one ends.
    fn regroup(&mut self, _samples: usize) {}

    /// Number of samples in all, if it is known.
    fn samples(&self) -> Option<usize> {
        None
    }
}

/// Samples in memory that batches are copied from: an array of whoever holds it.
pub trait Rows {
    /// Its axes, the samples first.
    fn shape(&self) -> Vec<usize>;

    /// The samples as they are now; who changes the array from now on changes another copy.
    fn snapshot(&self) -> Result<Arc<dyn Snapshot>>;
}

/// Samples that do not change, for any thread.
pub trait Snapshot: Send + Sync {
    /// Copies samples, each once.
    fn take(&self, rows: Choice<'_>) -> Result<Array>;
}

/// Which samples a batch takes.
#[derive(Debug, Clone, Copy)]
pub enum Choice<'a> {
    /// Adjoining ones.
    Span(usize, usize),
    /// These.
    List(&'a [usize]),
}

impl Choice<'_> {
    /// How many.
    pub fn count(self) -> usize {
        match self {
            Choice::Span(start, end) => end - start,
            Choice::List(rows) => rows.len(),
        }
    }
}

impl Rows for Tensor {
    fn shape(&self) -> Vec<usize> {
        Tensor::shape(self).to_vec()
    }

    fn snapshot(&self) -> Result<Arc<dyn Snapshot>> {
        Ok(Arc::new(self.array().clone()))
    }
}

impl Snapshot for Array {
    fn take(&self, rows: Choice<'_>) -> Result<Array> {
        match rows {
            Choice::Span(start, end) => Ok(self.narrow(0, start, end - start)?),
            Choice::List(rows) => take_rows(self, rows),
        }
    }
}

/// Copies rows of `width` values.
pub fn gather<T: Copy>(values: &[T], width: usize, rows: Choice<'_>) -> Vec<T> {
    match rows {
        Choice::Span(start, end) => values[start * width..end * width].to_vec(),
        Choice::List(rows) => {
            let mut taken = Vec::with_capacity(rows.len() * width);
            for row in rows {
                taken.extend_from_slice(&values[row * width..(row + 1) * width]);
            }
            taken
        }
    }
}

/// Copies rows, converting each element.
pub fn gather_as<T: Copy + Into<U>, U>(values: &[T], width: usize, rows: Choice<'_>) -> Vec<U> {
    gather(values, width, rows).into_iter().map(T::into).collect()
}

/// Copies rows of float64, numpy's usual type, as the float32 that models take.
pub fn gather_as_f32(values: &[f64], width: usize, rows: Choice<'_>) -> Vec<f32> {
    match rows {
        Choice::Span(start, end) => {
            values[start * width..end * width].iter().map(|value| *value as f32).collect()
        }
        Choice::List(rows) => {
            let mut taken = Vec::with_capacity(rows.len() * width);
            for row in rows {
                let values = &values[row * width..(row + 1) * width];
                taken.extend(values.iter().map(|value| *value as f32));
            }
            taken
        }
    }
}

/// Copies rows into a new array: each sample once.
pub fn take_rows(array: &Array, rows: &[usize]) -> Result<Array> {
    fn taken<T: candle_core::WithDType>(
        values: &[T],
        width: usize,
        rows: &[usize],
        shape: Vec<usize>,
    ) -> Result<Array> {
        let taken = gather(values, width, Choice::List(rows));
        Ok(Array::from_vec(taken, shape, &Device::Cpu)?)
    }
    let mut shape = array.dims().to_vec();
    let width: usize = shape[1..].iter().product();
    shape[0] = rows.len();
    if !array.device().is_cpu() {
        let rows: Vec<u32> = rows.iter().filter_map(|row| u32::try_from(*row).ok()).collect();
        let rows = Array::from_vec(rows, shape[0], array.device())?;
        return Ok(array.contiguous()?.index_select(&rows, 0)?);
    }
    let array = array.contiguous()?;
    let (storage, layout) = array.storage_and_layout();
    let span = layout.start_offset()..layout.start_offset() + layout.shape().elem_count();
    use candle_core::{CpuStorage, Storage};
    match &*storage {
        Storage::Cpu(CpuStorage::F32(values)) => taken(&values[span], width, rows, shape),
        Storage::Cpu(CpuStorage::F64(values)) => taken(&values[span], width, rows, shape),
        Storage::Cpu(CpuStorage::I64(values)) => taken(&values[span], width, rows, shape),
        Storage::Cpu(CpuStorage::I32(values)) => taken(&values[span], width, rows, shape),
        Storage::Cpu(CpuStorage::U32(values)) => taken(&values[span], width, rows, shape),
        Storage::Cpu(CpuStorage::U8(values)) => taken(&values[span], width, rows, shape),
        _ => Err(Error::type_error("this element type cannot be shuffled")
            .received(format!("{:?}", array.dtype()))),
    }
}

/// Data as layers take it: floats as float32, integers as they are.
pub fn to_model_dtype(tensor: &Tensor) -> Result<Tensor> {
    match tensor.dtype() {
        DType::F64 | DType::F16 | DType::BF16 => {
            Ok(Tensor::new(tensor.array().to_dtype(DType::F32)?))
        }
        _ => Ok(tensor.clone()),
    }
}
