//! Samples in memory, cut into batches. They are copied on another thread while the steps before them run.

use super::ahead::Ahead;
use super::{Batch, Batches, Choice, Rows, Snapshot};
use crate::error::{Error, Result};
use crate::random;
use crate::tensor::Tensor;
use candle_core::Tensor as Array;
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;

/// As many batches are copied at once as have about this many bytes: small ones are not worth waking a thread.
const AHEAD_BYTES: usize = 128 << 10;
/// Less than this is copied where it is needed.
const WORTH_BYTES: usize = 32 << 10;

/// Inputs, targets and weights in memory.
pub type Samples = Columns<Rc<dyn Rows>>;

/// Inputs, targets, and how much each sample counts: one entry per input, target and weight of a model.
#[derive(Clone)]
pub struct Columns<T> {
    /// One per model input.
    pub x: Vec<T>,
    /// One per model output, empty without targets.
    pub y: Vec<T>,
    /// One entry per output, empty if all samples count 1.
    pub weights: Vec<Option<T>>,
}

impl<T> Default for Columns<T> {
    fn default() -> Self {
        Columns { x: Vec::new(), y: Vec::new(), weights: Vec::new() }
    }
}

impl<T> Columns<T> {
    fn map<U>(&self, of: impl Fn(&T) -> Result<U>) -> Result<Columns<U>> {
        let weight = |weight: &Option<T>| weight.as_ref().map(&of).transpose();
        Ok(Columns {
            x: self.x.iter().map(&of).collect::<Result<_>>()?,
            y: self.y.iter().map(&of).collect::<Result<_>>()?,
            weights: self.weights.iter().map(weight).collect::<Result<_>>()?,
        })
    }

    fn all(&self) -> impl Iterator<Item = &T> {
        self.x.iter().chain(&self.y).chain(self.weights.iter().flatten())
    }
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

    /// What a sample takes in a batch, about.
    fn bytes_each(&self) -> usize {
        self.all().map(|rows| 4 * rows.shape().iter().skip(1).product::<usize>()).sum()
    }
}

/// What batches are cut from, for any thread.
struct Cut {
    columns: Columns<Arc<dyn Snapshot>>,
    order: Option<Arc<Vec<usize>>>,
    first: usize,
}

impl Cut {
    /// The samples at these places of the round.
    fn batch(&self, start: usize, end: usize) -> Result<Columns<Array>> {
        let rows = match &self.order {
            Some(order) => Choice::List(&order[start..end]),
            None => Choice::Span(self.first + start, self.first + end),
        };
        self.columns.map(|column| column.take(rows))
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
    order: Option<Arc<Vec<usize>>>,
    /// How many samples of this round were given.
    position: usize,
    /// Batches that are copied already, and those that another thread may be copying.
    ready: VecDeque<Columns<Array>>,
    coming: Option<Ahead<Result<Vec<Columns<Array>>>>>,
    /// How many samples of this round are in them or were given.
    asked: usize,
}

impl Arrays {
    /// Checks that all arrays have the same number of samples.
    pub fn new(data: Samples, batch_size: usize, shuffle: bool) -> Result<Self> {
        let samples = data.count()?;
        Ok(Self::of(data, 0, samples, batch_size, shuffle))
    }

    fn of(data: Samples, first: usize, samples: usize, batch_size: usize, shuffle: bool) -> Self {
        Arrays {
            data,
            first,
            samples,
            batch_size: batch_size.max(1),
            shuffle,
            order: None,
            position: 0,
            ready: VecDeque::new(),
            coming: None,
            asked: 0,
        }
    }

    /// Splits the last share off for validation, as Keras does: before any shuffling, at `floor(n * (1 - share))`.
    pub fn split(mut self, share: f64, validation_batch_size: usize) -> Result<(Self, Self)> {
        let at = (self.samples as f64 * (1.0 - share)).floor() as usize;
        if at == 0 || at >= self.samples {
            return Err(Error::value("validation_split leaves one side without samples")
                .received(format!("{} samples, validation_split={share}", self.samples))
                .expected("at least one sample on each side"));
        }
        let left = self.samples - at;
        let validation = Self::of(self.data.clone(), at, left, validation_batch_size, false);
        self.samples = at;
        Ok((self, validation))
    }

    /// Goes on at a place of the round; what was copied for another is forgotten.
    fn go_to(&mut self, position: usize) {
        self.position = position;
        self.asked = position;
        self.ready.clear();
        self.coming = None;
    }

    fn cut(&self) -> Result<Cut> {
        let columns = self.data.map(|rows| rows.snapshot())?;
        Ok(Cut { columns, order: self.order.clone(), first: self.first })
    }

    /// Has the next batches copied, if that is worth another thread. A program that changes its arrays in the middle of
    /// an epoch sees the change some batches later; at the start of an epoch nothing was copied ahead.
    fn copy_ahead(&mut self) -> Result<()> {
        if rayon::current_num_threads() == 1 {
            return Ok(());
        }
        let (size, each) = (self.batch_size, self.data.bytes_each().max(1));
        let batches = (AHEAD_BYTES / (size * each)).max(1);
        let (start, end) = (self.asked, self.samples.min(self.asked + batches * size));
        if (end - start) * each < WORTH_BYTES {
            return Ok(());
        }
        let cut = self.cut()?;
        self.coming = Some(Ahead::offer(move || {
            let starts = (start..end).step_by(size);
            starts.map(|start| cut.batch(start, end.min(start + size))).collect()
        }));
        self.asked = end;
        Ok(())
    }
}

impl Batches for Arrays {
    fn steps(&self) -> Option<usize> {
        Some(self.samples.div_ceil(self.batch_size))
    }

    fn regroup(&mut self, samples: usize) {
        self.batch_size = samples.max(1);
        self.go_to(self.position);
    }

    fn start_epoch(&mut self) -> Result<()> {
        self.go_to(0);
        let order = || Arc::new(random::next_stream().permutation(self.samples));
        self.order = self.shuffle.then(order);
        Ok(())
    }

    fn next(&mut self) -> Result<Option<Batch>> {
        if self.position >= self.samples {
            return Ok(None);
        }
        let end = self.samples.min(self.position + self.batch_size);
        if let (true, Some(coming)) = (self.ready.is_empty(), self.coming.take()) {
            self.ready.extend(coming.get()?);
        }
        let batch = match self.ready.pop_front() {
            Some(batch) => batch,
            None => {
                self.asked = end;
                self.cut()?.batch(self.position, end)?
            }
        };
        self.position = end;
        if self.coming.is_none() {
            self.copy_ahead()?;
        }
        batch.map(|array| Ok(Tensor::new(array.clone()))).map(Some)
    }

    fn resume(&mut self, order: Option<Vec<usize>>, taken: usize) -> Result<()> {
        self.order = order.map(Arc::new);
        self.go_to(taken * self.batch_size);
        Ok(())
    }

    fn order(&self) -> Option<&[usize]> {
        self.order.as_ref().map(|order| &order[..])
    }

    fn samples(&self) -> Option<usize> {
        Some(self.samples)
    }
}
