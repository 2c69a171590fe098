//! Where batches come from: arrays in memory, or anything that gives one batch after another.

pub mod npy;

use crate::error::{Error, Result};
use crate::random;
use crate::tensor::Tensor;
use candle_core::{DType, Device, Tensor as Array};
use std::rc::Rc;

/// One batch: inputs, targets, and how much each sample counts.
#[derive(Clone, Default)]
pub struct Batch {
    /// One tensor per model input.
    pub x: Vec<Tensor>,
    /// One tensor per model output, empty without targets.
    pub y: Vec<Tensor>,
    /// One entry per output, empty if all samples count 1.
    pub weights: Vec<Option<Tensor>>,
}

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

    /// Copies samples, each once.
    fn take(&self, rows: Choice<'_>) -> Result<Tensor>;
}

/// Which samples a batch takes.
#[derive(Debug, Clone, Copy)]
pub enum Choice<'a> {
    /// Adjoining ones.
    Span(usize, usize),
    /// These.
    List(&'a [usize]),
}

impl Rows for Tensor {
    fn shape(&self) -> Vec<usize> {
        Tensor::shape(self).to_vec()
    }

    fn take(&self, rows: Choice<'_>) -> Result<Tensor> {
        match rows {
            Choice::Span(start, end) => {
                Ok(Tensor::new(self.array().narrow(0, start, end - start)?))
            }
            Choice::List(rows) => take_rows(self.array(), rows).map(Tensor::new),
        }
    }
}

/// Inputs, targets and weights in memory.
#[derive(Clone, Default)]
pub struct Samples {
    /// One per model input.
    pub x: Vec<Rc<dyn Rows>>,
    /// One per model output, empty without targets.
    pub y: Vec<Rc<dyn Rows>>,
    /// One entry per output, empty if all samples count 1.
    pub weights: Vec<Option<Rc<dyn Rows>>>,
}

impl Samples {
    /// The number of samples, or an error that tells which arrays differ.
    pub fn count(&self) -> Result<usize> {
        let length = |rows: &Rc<dyn Rows>| rows.shape().first().copied();
        let Some(samples) = self.x.first().and_then(length) else {
            return Err(Error::value("the inputs must be arrays with one row per sample")
                .expected("an array of shape (samples, ...)"));
        };
        let describe = |all: &[Rc<dyn Rows>]| {
            all.iter().map(|rows| format!("{:?}", rows.shape())).collect::<Vec<_>>().join(", ")
        };
        if self.x.iter().chain(&self.y).any(|rows| length(rows) != Some(samples)) {
            return Err(Error::value("x and y must have the same number of samples")
                .received(format!("x: {}; y: {}", describe(&self.x), describe(&self.y)))
                .expected(format!("{samples} samples in each"))
                .hint("check the slices that made them"));
        }
        if self.weights.iter().flatten().any(|rows| length(rows) != Some(samples)) {
            return Err(Error::value("sample_weight must have one entry per sample")
                .expected(format!("{samples} entries")));
        }
        if samples == 0 {
            return Err(Error::value("there are no samples: the data is empty")
                .received(format!("x: {}", describe(&self.x)))
                .hint("check the file or the condition that selected the rows"));
        }
        Ok(samples)
    }
}

/// Samples in memory, cut into batches.
pub struct Arrays {
    data: Samples,
    /// Which samples take part: `first..first + samples`.
    first: usize,
    samples: usize,
    batch_size: usize,
    shuffle: bool,
    order: Option<Vec<usize>>,
    position: usize,
}

impl Arrays {
    /// Checks that all arrays have the same number of samples.
    pub fn new(data: Samples, batch_size: usize, shuffle: bool) -> Result<Self> {
        let samples = data.count()?;
        Ok(Arrays {
            data,
            first: 0,
            samples,
            batch_size: batch_size.max(1),
            shuffle,
            order: None,
            position: 0,
        })
    }

    /// Splits the last share off for validation, as Keras does: before any shuffling, at `floor(n * (1 - share))`.
    pub fn split(mut self, share: f64, validation_batch_size: usize) -> Result<(Self, Self)> {
        let at = (self.samples as f64 * (1.0 - share)).floor() as usize;
        if at == 0 || at >= self.samples {
            return Err(Error::value("validation_split leaves one side without samples")
                .received(format!("{} samples, validation_split={share}", self.samples))
                .expected("at least one sample on each side"));
        }
        let validation = Arrays {
            data: self.data.clone(),
            first: at,
            samples: self.samples - at,
            batch_size: validation_batch_size.max(1),
            shuffle: false,
            order: None,
            position: 0,
        };
        self.samples = at;
        Ok((self, validation))
    }
}

impl Batches for Arrays {
    fn steps(&self) -> Option<usize> {
        Some(self.samples.div_ceil(self.batch_size))
    }

    fn regroup(&mut self, samples: usize) {
        self.batch_size = samples.max(1);
    }

    fn start_epoch(&mut self) -> Result<()> {
        self.position = 0;
        self.order = self.shuffle.then(|| random::next_stream().permutation(self.samples));
        Ok(())
    }

    fn next(&mut self) -> Result<Option<Batch>> {
        if self.position >= self.samples {
            return Ok(None);
        }
        let size = self.batch_size.min(self.samples - self.position);
        let start = self.position;
        self.position += size;
        let rows = match &self.order {
            Some(order) => Choice::List(&order[start..start + size]),
            None => Choice::Span(self.first + start, self.first + start + size),
        };
        Ok(Some(Batch {
            x: self.data.x.iter().map(|column| column.take(rows)).collect::<Result<_>>()?,
            y: self.data.y.iter().map(|column| column.take(rows)).collect::<Result<_>>()?,
            weights: self
                .data
                .weights
                .iter()
                .map(|weights| weights.as_ref().map(|column| column.take(rows)).transpose())
                .collect::<Result<_>>()?,
        }))
    }

    fn resume(&mut self, order: Option<Vec<usize>>, taken: usize) -> Result<()> {
        self.order = order;
        self.position = taken * self.batch_size;
        Ok(())
    }

    fn order(&self) -> Option<&[usize]> {
        self.order.as_deref()
    }

    fn samples(&self) -> Option<usize> {
        Some(self.samples)
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
