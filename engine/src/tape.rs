//! The tape: a Wengert list. While one records, every operation on a tracked tensor appends how to map the gradient of
//! its results to the gradients of its inputs; going backwards is one reverse loop.
//!
//! All tapes that record at the same time on a thread share one list, so that two `GradientTape`s can watch one forward
//! pass (as GANs do). Gradients of gradients are refused by name.

use crate::error::{Error, Result};
use crate::kernels;
use crate::profile;
use crate::tensor::Tensor;
use candle_core::Tensor as Array;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// Maps the gradients of an operation's results to those of its inputs. A result that nothing used has `None`; so has
/// an input that is not tracked (`needed[i] == false`: do not compute it).
pub type Backward = Box<dyn Fn(&[Option<Array>], &[bool]) -> Result<Vec<Option<Array>>>>;

/// Where a tracked tensor was made: record and result number on a list.
#[derive(Clone)]
pub struct Node {
    list: Rc<List>,
    record: usize,
    output: usize,
}

struct Record {
    operation: &'static str,
    /// The profiler's scope that it was made in.
    place: usize,
    inputs: Vec<Option<(usize, usize)>>,
    outputs: usize,
    /// Gone once a gradient has been asked for that nobody asks for again.
    backward: Cell<Option<Backward>>,
}

struct List {
    id: u64,
    records: RefCell<Vec<Record>>,
}

thread_local! {
    static ACTIVE: RefCell<Option<(Rc<List>, usize)>> = const { RefCell::new(None) };
    static NEXT_ID: Cell<u64> = const { Cell::new(1) };
    static PAUSED: Cell<bool> = const { Cell::new(false) };
}

/// A recording. It ends with [`Tape::stop`] or when it is dropped; gradients can be asked for before and after.
pub struct Tape {
    list: Rc<List>,
    recording: Cell<bool>,
}

impl Default for Tape {
    fn default() -> Self {
        Self::start()
    }
}

impl Tape {
    /// Starts recording on this thread.
    pub fn start() -> Self {
        let list = ACTIVE.with_borrow_mut(|active| match active {
            Some((list, users)) => {
                *users += 1;
                list.clone()
            }
            None => {
                let id = NEXT_ID.replace(NEXT_ID.get() + 1);
                let list = Rc::new(List { id, records: RefCell::new(Vec::with_capacity(64)) });
                *active = Some((list.clone(), 1));
                list
            }
        });
        Tape { list, recording: Cell::new(true) }
    }

    /// Stops recording; what is recorded stays.
    pub fn stop(&self) {
        if !self.recording.replace(false) {
            return;
        }
        ACTIVE.with_borrow_mut(|active| {
            if let Some((list, users)) = active
                && Rc::ptr_eq(list, &self.list)
            {
                *users -= 1;
                if *users == 0 {
                    *active = None;
                }
            }
        });
    }

    /// The same values as a tracked leaf: gradients with respect to it can be asked for.
    pub fn watch(&self, tensor: &Tensor) -> Tensor {
        Tensor::with_node(tensor.array().clone(), self.list.leaf())
    }

    /// The gradients of `target` (summed over its elements) with respect to `sources`; `None` where nothing connects
    /// them. Records are kept, so it can be asked again.
    pub fn gradient(&self, target: &Tensor, sources: &[&Tensor]) -> Result<Vec<Option<Array>>> {
        let nodes: Vec<Option<Node>> =
            sources.iter().map(|source| source.node().cloned()).collect();
        self.gradient_of_nodes(target, &nodes, None)
    }

    /// As [`Tape::gradient`], for nodes, and with a seed other than ones.
    pub fn gradient_of_nodes(
        &self,
        target: &Tensor,
        sources: &[Option<Node>],
        seed: Option<Array>,
    ) -> Result<Vec<Option<Array>>> {
        self.walk_back(target, sources, seed, true)
    }

    /// The gradients of a training step: each record is freed as soon as it has been used, if no other tape needs it.
    pub(crate) fn last_gradient(
        &self,
        target: &Tensor,
        sources: &[Option<Node>],
    ) -> Result<Vec<Option<Array>>> {
        let is_shared = ACTIVE.with_borrow(|active| {
            active.as_ref().is_some_and(|(list, _)| Rc::ptr_eq(list, &self.list))
        });
        self.walk_back(target, sources, None, is_shared)
    }

    fn walk_back(
        &self,
        target: &Tensor,
        sources: &[Option<Node>],
        seed: Option<Array>,
        keep: bool,
    ) -> Result<Vec<Option<Array>>> {
        let Some(start) = target.node().filter(|node| Rc::ptr_eq(&node.list, &self.list)) else {
            return Ok(vec![None; sources.len()]);
        };
        let seed = match seed {
            Some(seed) => seed,
            None => target.array().ones_like()?,
        };
        let records = self.list.records.borrow();
        let wanted: Vec<bool> = {
            let mut wanted = vec![false; start.record + 1];
            for node in sources.iter().flatten().filter(|node| Rc::ptr_eq(&node.list, &self.list)) {
                if let Some(slot) = wanted.get_mut(node.record) {
                    *slot = true;
                }
            }
            wanted
        };
        // Which records lie between a source and the target: the others need no gradient at all.
        let mut leads_to_source = wanted.clone();
        for (i, record) in records.iter().enumerate().take(start.record + 1) {
            let leads = record.inputs.iter().flatten().any(|(input, _)| leads_to_source[*input]);
            leads_to_source[i] |= leads;
        }
        let mut gradients: Vec<Vec<Option<Array>>> = vec![Vec::new(); start.record + 1];
        accumulate(&mut gradients, &records, start.record, start.output, seed)?;
        for i in (0..=start.record).rev() {
            if gradients[i].is_empty() || !leads_to_source[i] {
                continue;
            }
            let record = &records[i];
            let Some(backward) = record.backward.take() else { continue };
            let of_outputs =
                if wanted[i] { gradients[i].clone() } else { std::mem::take(&mut gradients[i]) };
            let needed: Vec<bool> = record
                .inputs
                .iter()
                .map(|input| input.is_some_and(|(input, _)| leads_to_source[input]))
                .collect();
            let of_inputs = backward(&of_outputs, &needed);
            match keep {
                true => record.backward.set(Some(backward)),
                // What the operation kept of the way there is no longer needed.
                false => drop(backward),
            }
            let of_inputs = of_inputs
                .map_err(|error| error.within(format!("gradient of {}", record.operation)))?;
            drop(of_outputs);
            for ((input, gradient), needed) in record.inputs.iter().zip(of_inputs).zip(needed) {
                if let (Some((record, output)), Some(gradient), true) = (input, gradient, needed) {
                    accumulate(&mut gradients, &records, *record, *output, gradient)?;
                }
            }
            profile::backward(record.place, record.operation);
        }
        let found = sources.iter().map(|source| {
            let node = source.as_ref().filter(|node| Rc::ptr_eq(&node.list, &self.list))?;
            gradients.get(node.record)?.get(node.output)?.clone()
        });
        Ok(found.collect())
    }

    /// The number of its list: variables remember under it where they stand.
    pub fn list_id(&self) -> u64 {
        self.list.id
    }
}

impl Drop for Tape {
    fn drop(&mut self) {
        self.stop();
    }
}

impl List {
    fn leaf(self: &Rc<Self>) -> Node {
        self.push(Record {
            operation: "leaf",
            place: 0,
            inputs: Vec::new(),
            outputs: 1,
            backward: Cell::new(None),
        })
    }

    fn push(self: &Rc<Self>, record: Record) -> Node {
        let mut records = self.records.borrow_mut();
        records.push(record);
        Node { list: self.clone(), record: records.len() - 1, output: 0 }
    }
}

impl Node {
    /// The list's number: nodes of different lists never meet.
    pub fn list_id(&self) -> u64 {
        self.list.id
    }
}

fn accumulate(
    gradients: &mut [Vec<Option<Array>>],
    records: &[Record],
    record: usize,
    output: usize,
    gradient: Array,
) -> Result<()> {
    let slots = &mut gradients[record];
    if slots.is_empty() {
        slots.resize(records[record].outputs, None);
    }
    slots[output] = Some(match slots[output].take() {
        Some(sum) => kernels::add::sum(&sum, &gradient, false)?,
        None => gradient,
    });
    Ok(())
}

/// Whether anything records on this thread.
pub fn is_recording() -> bool {
    !PAUSED.get() && ACTIVE.with_borrow(Option::is_some)
}

/// A leaf on the list that records now, if one does.
pub(crate) fn leaf() -> Option<Node> {
    if PAUSED.get() {
        return None;
    }
    ACTIVE.with_borrow(|active| active.as_ref().map(|(list, _)| list.leaf()))
}

/// The number of the list that records now.
pub(crate) fn active_list() -> Option<u64> {
    if PAUSED.get() {
        return None;
    }
    ACTIVE.with_borrow(|active| active.as_ref().map(|(list, _)| list.id))
}

/// Runs `work` without recording (`tape.stop_recording()`, metrics, predictions inside a training step).
pub fn paused<T>(work: impl FnOnce() -> T) -> T {
    struct Restore(bool);
    impl Drop for Restore {
        fn drop(&mut self) {
            PAUSED.set(self.0);
        }
    }
    let _restore = Restore(PAUSED.replace(true));
    work()
}

/// Pauses all tapes, or lets them go on; gives what was so before. Where a closure will do, [`paused`] is safer.
pub fn set_paused(paused: bool) -> bool {
    PAUSED.replace(paused)
}

/// Whether a tape records and one of the inputs is tracked by it: only then an operation needs to save anything.
pub fn is_tracked(inputs: &[&Tensor]) -> bool {
    match active_list() {
        Some(id) => inputs.iter().any(|input| input.node().is_some_and(|node| node.list.id == id)),
        None => false,
    }
}

/// An operation with one result. The closure gets the gradient of the result.
pub fn record(
    operation: &'static str,
    inputs: &[&Tensor],
    value: Array,
    backward: impl Fn(&Array, &[bool]) -> Result<Vec<Option<Array>>> + 'static,
) -> Tensor {
    if !is_tracked(inputs) {
        return Tensor::new(value);
    }
    let mut results =
        record_many(operation, inputs, vec![value], move |gradients, needed| match &gradients[0] {
            Some(gradient) => backward(gradient, needed),
            None => Ok(vec![None; needed.len()]),
        });
    results.remove(0)
}

/// An operation with several results.
pub fn record_many(
    operation: &'static str,
    inputs: &[&Tensor],
    values: Vec<Array>,
    backward: impl Fn(&[Option<Array>], &[bool]) -> Result<Vec<Option<Array>>> + 'static,
) -> Vec<Tensor> {
    let tracked = is_tracked(inputs);
    let list = ACTIVE.with_borrow(|active| active.as_ref().map(|(list, _)| list.clone()));
    let (true, Some(list)) = (tracked, list) else {
        return values.into_iter().map(Tensor::new).collect();
    };
    let on_list = |input: &&Tensor| {
        input.node().filter(|node| node.list.id == list.id).map(|node| (node.record, node.output))
    };
    let inputs = inputs.iter().map(on_list).collect();
    let node = list.push(Record {
        operation,
        place: profile::place(),
        inputs,
        outputs: values.len(),
        backward: Cell::new(Some(Box::new(backward))),
    });
    profile::operation(operation);
    let results = values.into_iter().enumerate();
    results
        .map(|(output, value)| Tensor::with_node(value, Node { output, ..node.clone() }))
        .collect()
}

/// An operation that has no derivative: asking for a gradient through it is an error that names it.
pub fn record_opaque(operation: &'static str, inputs: &[&Tensor], value: Array) -> Tensor {
    record(operation, inputs, value, move |_, _| {
        Err(Error::not_implemented(
            format!("{operation} has no gradient"),
            "keep it outside the loss, or wrap its input in ops.stop_gradient(...)",
        ))
    })
}
