//! Where the time of a training step goes: per layer and operation, forward and backward, and the step's other parts.
//!
//! A recorder of this thread, off by default. Time has no gaps: from one event to the next it belongs to what the later
//! event ends. Layers open a scope (`enter`), the tape reports each operation (`operation`) and keeps the scope
//! (`place`) with the record, so that the backward time of an operation goes to the layer that called it.

use crate::data::{Batch, Batches};
use crate::error::{Error, Result};
use crate::interrupt;
use crate::layer::Pass;
use crate::model::Model;
use crate::random;
use crate::tape;
use crate::train;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// What a place spends outside its operations: shapes, plans, copies, untracked work.
pub const OTHER: &str = "(other)";

/// A part of a step, averaged over the steps.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The layer (with those around it, if it is nested), or a part of the step in parentheses: `(input)`, `(loss)`,
    /// `(gradients)`, `(optimizer)`, `(metrics)`.
    pub layer: String,
    /// The operation as the tape names it, or [`OTHER`].
    pub operation: &'static str,
    /// Milliseconds of the forward pass, or of the part.
    pub forward_ms: f64,
    /// Milliseconds of the backward pass.
    pub backward_ms: f64,
    /// Calls of the operation.
    pub calls: f64,
}

/// The parts of a step in the order in which they first ran.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// The parts; together they are the whole step.
    pub rows: Vec<Row>,
    /// Milliseconds of a whole step.
    pub step_ms: f64,
    /// How many steps were measured.
    pub steps: usize,
    /// How many samples a step took.
    pub batch_size: usize,
}

impl Profile {
    /// Layers (and other parts) with their forward and backward milliseconds, in order.
    pub fn layers(&self) -> Vec<(String, f64, f64)> {
        let mut layers: Vec<(String, f64, f64)> = Vec::new();
        for row in &self.rows {
            match layers.iter_mut().find(|(name, ..)| *name == row.layer) {
                Some((_, forward, backward)) => {
                    *forward += row.forward_ms;
                    *backward += row.backward_ms;
                }
                None => layers.push((row.layer.clone(), row.forward_ms, row.backward_ms)),
            }
        }
        layers
    }
}

thread_local! {
    static IS_ON: Cell<bool> = const { Cell::new(false) };
    static RECORDER: RefCell<Option<Recorder>> = const { RefCell::new(None) };
}

struct Recorder {
    /// Path and depth of each scope; the first is the step itself.
    places: Vec<(String, usize)>,
    current: usize,
    entries: Vec<Entry>,
    index: HashMap<(usize, &'static str), usize>,
    mark: Instant,
}

struct Entry {
    place: usize,
    operation: &'static str,
    forward: Duration,
    backward: Duration,
    calls: usize,
}

impl Recorder {
    fn new() -> Self {
        Recorder {
            places: vec![("(step)".to_owned(), 0)],
            current: 0,
            entries: Vec::new(),
            index: HashMap::new(),
            mark: Instant::now(),
        }
    }

    /// The time since the last event.
    fn lap(&mut self) -> Duration {
        let now = Instant::now();
        now - std::mem::replace(&mut self.mark, now)
    }

    fn entry(&mut self, place: usize, operation: &'static str) -> &mut Entry {
        let next = self.entries.len();
        let at = *self.index.entry((place, operation)).or_insert(next);
        if at == next {
            let (forward, backward) = (Duration::ZERO, Duration::ZERO);
            self.entries.push(Entry { place, operation, forward, backward, calls: 0 });
        }
        &mut self.entries[at]
    }

    fn rest(&mut self) {
        let time = self.lap();
        self.entry(self.current, OTHER).forward += time;
    }

    fn enter(&mut self, name: &str) -> usize {
        self.rest();
        let (path, depth) = &self.places[self.current];
        // Neither the step nor the model itself stands in front of its layers.
        let path = if *depth < 2 { name.to_owned() } else { format!("{path}/{name}") };
        let place = (path, depth + 1);
        let at = self.places.iter().position(|known| *known == place).unwrap_or_else(|| {
            self.places.push(place);
            self.places.len() - 1
        });
        std::mem::replace(&mut self.current, at)
    }
}

fn with<T>(work: impl FnOnce(&mut Recorder) -> T) -> Option<T> {
    if !IS_ON.get() {
        return None;
    }
    RECORDER.with_borrow_mut(|recorder| recorder.as_mut().map(work))
}

/// A scope that ends when it is dropped.
pub(crate) struct Scope(Option<usize>);

impl Drop for Scope {
    fn drop(&mut self) {
        let Some(outer) = self.0 else { return };
        with(|recorder| {
            recorder.rest();
            recorder.current = outer;
        });
    }
}

/// Opens a scope; the name is asked for only while something is recorded.
#[inline]
pub(crate) fn enter(name: impl FnOnce() -> String) -> Scope {
    if !IS_ON.get() {
        return Scope(None);
    }
    let name = name();
    Scope(with(|recorder| recorder.enter(&name)))
}

/// Runs a part of a step in a scope of its own.
#[inline]
pub(crate) fn within<T>(name: &str, work: impl FnOnce() -> T) -> T {
    let _scope = enter(|| name.to_owned());
    work()
}

/// The scope that is open now, for the tape to keep.
#[inline]
pub(crate) fn place() -> usize {
    with(|recorder| recorder.current).unwrap_or(0)
}

/// An operation of the open scope has just ended.
#[inline]
pub(crate) fn operation(name: &'static str) {
    with(|recorder| {
        let time = recorder.lap();
        let entry = recorder.entry(recorder.current, name);
        entry.forward += time;
        entry.calls += 1;
    });
}

/// The backward pass of an operation of some scope has just ended.
#[inline]
pub(crate) fn backward(place: usize, name: &'static str) {
    with(|recorder| {
        let time = recorder.lap();
        recorder.entry(place, name).backward += time;
    });
}

/// Steps before the ones that count: memory is allocated, caches are warm.
const WARM_UP: usize = 3;

/// Measures training steps on batches of the data, from its start again where it ends. The model stays as it is: weights,
/// states, optimizer, metrics and random counters are what they were.
pub fn profile(model: &Rc<Model>, data: &mut dyn Batches, steps: usize) -> Result<Profile> {
    if model.hooks().is_some_and(|hooks| hooks.has_train_step()) {
        return Err(Error::not_implemented(
            "profile looks into the built-in training step, and this model has its own train_step",
            "a model without train_step: its layers are measured the same",
        ));
    }
    let compiled = model.compiled()?.renewed()?;
    data.start_epoch()?;
    let first = next(data)?;
    if !model.instance().is_built() {
        tape::paused(|| model.call(&first.x, &mut Pass::inference()))?;
    }
    let metrics = compiled.given_metrics();
    let gathered: Vec<_> = metrics.iter().map(|metric| metric.state()).collect();
    let (weights, counters) = (model.snapshot()?, random::state());
    let measured = run(model, &compiled, data, first, steps.max(1));
    stop();
    random::set_state(counters);
    model.restore(&weights)?;
    for (metric, state) in metrics.iter().zip(&gathered) {
        metric.set_state(state)?;
    }
    model.variables().iter().for_each(|variable| variable.forget_tape());
    measured
}

fn next(data: &mut dyn Batches) -> Result<Batch> {
    if let Some(batch) = data.next()? {
        return Ok(batch);
    }
    data.start_epoch()?;
    data.next()?.ok_or_else(|| Error::value("the data gave no batches").received("an empty source"))
}

fn stop() {
    IS_ON.set(false);
    RECORDER.set(None);
}

fn run(
    model: &Model,
    compiled: &crate::compile::Compiled,
    data: &mut dyn Batches,
    first: Batch,
    steps: usize,
) -> Result<Profile> {
    let batch_size = first.size();
    let mut trainables = None;
    let mut step = |batch: &Batch| train::plain_step(model, compiled, batch, &mut trainables);
    step(&first)?;
    for _ in 1..WARM_UP {
        interrupt::check()?;
        step(&next(data)?)?;
    }
    RECORDER.set(Some(Recorder::new()));
    IS_ON.set(true);
    let start = Instant::now();
    for _ in 0..steps {
        interrupt::check()?;
        let batch = within("(input)", || next(data))?;
        step(&batch)?;
    }
    with(Recorder::rest);
    let whole = start.elapsed();
    let mut recorder = RECORDER.take().ok_or_else(|| Error::runtime("the profiler was stopped"))?;
    recorder.entries.sort_by_key(|entry| entry.place);
    let per_step = |time: Duration| time.as_secs_f64() * 1e3 / steps as f64;
    let row = |entry: &Entry| Row {
        layer: recorder.places[entry.place].0.clone(),
        operation: entry.operation,
        forward_ms: per_step(entry.forward),
        backward_ms: per_step(entry.backward),
        calls: entry.calls as f64 / steps as f64,
    };
    let rows = recorder.entries.iter().map(row).collect();
    Ok(Profile { rows, step_ms: per_step(whole), steps, batch_size })
}
