//! The loop: fit, evaluate, predict, and single steps.

use crate::callbacks::{Callback, LogValue, Logs, Run};
use crate::compile::{Compiled, add_scalars};
use crate::data::{Batch, Batches};
use crate::error::{Error, ErrorKind, Result};
use crate::interrupt;
use crate::layer::{LayerInstance, Pass};
use crate::model::Model;
use crate::profile;
use crate::random;
use crate::tape::{self, Tape};
use crate::tensor::Tensor;
use crate::variable::Variable;
use candle_core::Tensor as Array;
use std::rc::Rc;

/// What `fit` was asked for.
pub struct FitOptions {
    /// Epochs in all.
    pub epochs: usize,
    /// Epoch to begin with.
    pub initial_epoch: usize,
    /// Batches per epoch, if not a whole round.
    pub steps_per_epoch: Option<usize>,
    /// Batches of a validation, if not a whole round.
    pub validation_steps: Option<usize>,
    /// Epochs (counted from 1) after which there is a validation.
    pub validation_freq: usize,
    /// 0 silent, 1 bar, 2 lines: for those who show the run.
    pub verbose: u8,
}

impl Default for FitOptions {
    fn default() -> Self {
        FitOptions {
            epochs: 1,
            initial_epoch: 0,
            steps_per_epoch: None,
            validation_steps: None,
            validation_freq: 1,
            verbose: 1,
        }
    }
}

/// What `fit` gives back: the values of every epoch.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// The epochs, counted from 0.
    pub epochs: Vec<usize>,
    /// Per name, one value per epoch.
    pub values: Vec<(String, Vec<LogValue>)>,
}

impl History {
    fn push(&mut self, epoch: usize, logs: &Logs) {
        self.epochs.push(epoch);
        for (name, value) in &logs.0 {
            match self.values.iter_mut().find(|(known, _)| known == name) {
                Some((_, values)) => values.push(value.clone()),
                None => self.values.push((name.clone(), vec![value.clone()])),
            }
        }
    }

    /// The numbers under a name.
    pub fn numbers(&self, name: &str) -> Option<Vec<f64>> {
        let (_, values) = self.values.iter().find(|(known, _)| known == name)?;
        let number = |value: &LogValue| match value {
            LogValue::Number(number) => *number,
            LogValue::Vector(values) => values.first().copied().unwrap_or(f64::NAN),
        };
        Some(values.iter().map(number).collect())
    }
}

/// An interrupted run: where it stood. The next `fit` on the same data goes on with the very next batch.
pub(crate) struct Paused {
    key: RunKey,
    epoch: usize,
    taken: usize,
    order: Option<Vec<usize>>,
    random: (u64, u64),
    history: History,
}

#[derive(PartialEq, Eq, Clone)]
struct RunKey {
    samples: Option<usize>,
    steps: Option<usize>,
    epochs: usize,
    initial_epoch: usize,
}

/// Trains. On an interrupt or error the model keeps its weights and the history so far is in `history`.
pub fn fit(
    model: &Rc<Model>,
    data: &mut dyn Batches,
    mut validation: Option<&mut dyn Batches>,
    options: &FitOptions,
    callbacks: &[Rc<dyn Callback>],
    history: &mut History,
) -> Result<()> {
    let steps = options.steps_per_epoch.or_else(|| data.steps());
    let run = Run {
        model: model.clone(),
        epochs: options.epochs,
        initial_epoch: options.initial_epoch,
        steps,
        verbose: options.verbose,
    };
    model.stop_training.set(false);
    let compiled = if model.hooks().is_some() && !model.is_compiled() {
        None
    } else {
        Some(model.compiled()?)
    };
    let key = RunKey {
        samples: data.samples(),
        steps: data.steps(),
        epochs: options.epochs,
        initial_epoch: options.initial_epoch,
    };
    let resumed = model.paused.borrow_mut().take().filter(|paused| paused.key == key);
    let mut state = Progress { epoch: options.initial_epoch, taken: 0, order: None };
    let result = run_epochs(
        &run,
        compiled.as_deref(),
        data,
        &mut validation,
        options,
        callbacks,
        history,
        &mut state,
        resumed,
    );
    if let Err(error) = &result {
        callbacks.iter().for_each(|callback| callback.on_abort(&run, error));
        if error.kind == ErrorKind::Interrupt && data.samples().is_some() {
            let paused = Paused {
                key,
                epoch: state.epoch,
                taken: state.taken,
                order: data.order().map(<[usize]>::to_vec),
                random: random::state(),
                history: history.clone(),
            };
            *model.paused.borrow_mut() = Some(paused);
        }
    }
    for variable in model.variables() {
        variable.forget_tape();
    }
    result
}

struct Progress {
    epoch: usize,
    taken: usize,
    order: Option<Vec<usize>>,
}

#[expect(clippy::too_many_arguments, reason = "one call site; a struct would only rename them")]
fn run_epochs(
    run: &Run,
    compiled: Option<&Compiled>,
    data: &mut dyn Batches,
    validation: &mut Option<&mut dyn Batches>,
    options: &FitOptions,
    callbacks: &[Rc<dyn Callback>],
    history: &mut History,
    state: &mut Progress,
    resumed: Option<Paused>,
) -> Result<()> {
    let model = &run.model;
    let watchers: Vec<&Rc<dyn Callback>> =
        callbacks.iter().filter(|callback| callback.wants_batches()).collect();
    let tolerate_nan = callbacks.iter().any(|callback| callback.handles_nan());
    if let Some(Paused { epoch, taken, .. }) = &resumed {
        model.announce(format!("Resuming at epoch {}, batch {}.", epoch + 1, taken + 1));
    }
    for callback in callbacks {
        callback.on_train_begin(run)?;
    }
    let mut continues = false;
    if let Some(paused) = resumed {
        for callback in callbacks {
            callback.on_resume(run, paused.epoch, paused.taken)?;
        }
        random::set_state(paused.random);
        *history = paused.history;
        state.epoch = paused.epoch;
        state.taken = paused.taken;
        state.order = paused.order;
        continues = true;
    }
    let mut last_logs = Logs::default();
    let mut exhausted = true;
    let mut trainables: Option<Vec<Rc<Variable>>> = None;
    let mut hook_logs = Logs::default();
    for epoch in state.epoch..options.epochs {
        state.epoch = epoch;
        for callback in callbacks {
            callback.on_epoch_begin(run, epoch)?;
        }
        if continues {
            data.resume(state.order.take(), state.taken)?;
            continues = false;
        } else {
            state.taken = 0;
            compiled.iter().for_each(|compiled| compiled.reset());
            if let Some(hooks) = model.hooks() {
                hooks.reset_metrics()?;
            }
            // With fewer steps than the data has, Keras goes on where the last epoch stopped.
            if exhausted {
                data.start_epoch()?;
                exhausted = false;
            }
        }
        loop {
            if options.steps_per_epoch.is_some_and(|steps| state.taken >= steps) {
                break;
            }
            interrupt::check()?;
            let Some(batch) = data.next()? else {
                exhausted = true;
                break;
            };
            for watcher in &watchers {
                watcher.on_train_batch_begin(run, state.taken)?;
            }
            match model.hooks().and_then(|hooks| hooks.train_step(&batch)) {
                Some(logs) => hook_logs = logs?,
                None => {
                    let compiled = match compiled {
                        Some(compiled) => compiled,
                        None => &*model.compiled()?,
                    };
                    let place = StepPlace { epoch, batch: state.taken, tolerate_nan };
                    step(model, compiled, &batch, &mut trainables, &place)?;
                }
            }
            state.taken += 1;
            if !watchers.is_empty() {
                let logs = || match (&hook_logs.0.is_empty(), compiled) {
                    (true, Some(compiled)) => compiled.logs(),
                    _ => Ok(hook_logs.clone()),
                };
                for watcher in &watchers {
                    watcher.on_train_batch_end(run, state.taken - 1, &logs)?;
                }
            }
            if model.stop_training.get() {
                break;
            }
        }
        if state.taken == 0 {
            return Err(Error::value("the data gave no batches")
                .received("an empty dataset or generator")
                .hint("a generator can be run through only once: make a new one, or use a function that makes it"));
        }
        let mut logs = match (hook_logs.0.is_empty(), compiled) {
            (true, Some(compiled)) => compiled.logs()?,
            _ => std::mem::take(&mut hook_logs),
        };
        if let Some(validation) = validation.as_deref_mut()
            && (epoch + 1) % options.validation_freq.max(1) == 0
        {
            let values =
                evaluate_batches(run, compiled, validation, options.validation_steps, callbacks)?;
            logs.0.extend(values.0.into_iter().map(|(name, value)| (format!("val_{name}"), value)));
        }
        for callback in callbacks {
            callback.on_epoch_end(run, epoch, &mut logs)?;
        }
        history.push(epoch, &logs);
        last_logs = logs;
        state.taken = 0;
        state.epoch = epoch + 1;
        if model.stop_training.get() {
            break;
        }
    }
    if let Some(compiled) = compiled
        && model.is_compiled()
    {
        compiled.optimizer().finish(&model.instance().trainable_variables())?;
    }
    for callback in callbacks {
        callback.on_train_end(run, &last_logs)?;
    }
    Ok(())
}

struct StepPlace {
    epoch: usize,
    batch: usize,
    tolerate_nan: bool,
}

/// One step: forward, loss, backward, update, metrics. Gives the loss.
fn step(
    model: &Model,
    compiled: &Compiled,
    batch: &Batch,
    trainables: &mut Option<Vec<Rc<Variable>>>,
    place: &StepPlace,
) -> Result<f64> {
    let before = random::state();
    let tape = Tape::start();
    let mut pass = Pass::training();
    let predictions = model.call(&batch.x, &mut pass)?;
    let variables = trainables.get_or_insert_with(|| model.instance().trainable_variables());
    let mut extra = std::mem::take(&mut pass.losses);
    let loss = profile::within("(loss)", || {
        for variable in variables.iter() {
            if let Some(regularizer) = variable.regularizer() {
                extra.push(regularizer.penalty(&variable.read())?);
            }
        }
        let outputs = model.output_names(predictions.len());
        compiled.loss(&outputs, batch, &predictions, &extra)
    })?;
    // The optimizer divides the gradients by it again.
    let minimised = match compiled.optimizer().loss_scale() {
        Some(scale) => crate::ops::scale(&loss.total, scale)?,
        None => loss.total.clone(),
    };
    tape.stop();
    let value = loss.total.item()?;
    if !value.is_finite() && !place.tolerate_nan {
        random::set_state(before);
        return Err(not_finite(model, batch, value, place));
    }
    let list = minimised.node().map(tape::Node::list_id);
    let nodes: Vec<Option<tape::Node>> =
        variables.iter().map(|variable| list.and_then(|list| variable.node_on(list))).collect();
    let gradients = profile::within("(gradients)", || tape.last_gradient(&minimised, &nodes))?;
    profile::within("(optimizer)", || {
        pass.commit();
        compiled.optimizer().apply(&gradients, variables)
    })?;
    profile::within("(metrics)", || {
        tape::paused(|| compiled.update(value, &loss.parts, batch, &predictions))
    })?;
    Ok(value)
}

/// A step outside of any run, whatever its loss becomes.
pub(crate) fn plain_step(
    model: &Model,
    compiled: &Compiled,
    batch: &Batch,
    trainables: &mut Option<Vec<Rc<Variable>>>,
) -> Result<()> {
    let place = StepPlace { epoch: 0, batch: 0, tolerate_nan: true };
    step(model, compiled, batch, trainables, &place).map(drop)
}

/// The error of a loss that is not finite: which batch, and which layer gave the first such value.
fn not_finite(model: &Model, batch: &Batch, value: f64, place: &StepPlace) -> Error {
    let error = Error::value(format!("the loss became {} in epoch {}, batch {}", if value.is_nan() { "nan" } else { "inf" }, place.epoch + 1, place.batch + 1))
        .expected("a finite loss; the weights are still those before this batch")
        .hint("a smaller learning_rate, clipnorm=1.0, or scaled inputs; callbacks.TerminateOnNaN() to end quietly");
    let bad = |tensor: &Tensor| {
        tensor.to_f32_vec().is_ok_and(|values| values.iter().any(|value| !value.is_finite()))
    };
    if batch.x.iter().any(bad) {
        return error
            .received("inputs that contain nan or inf")
            .hint("clean the data: x = np.nan_to_num(x), or drop those rows");
    }
    if batch.y.iter().any(bad) {
        return error
            .received("targets that contain nan or inf")
            .hint("clean the data: drop the rows whose target is missing");
    }
    for variable in model.variables() {
        if bad(&Tensor::new(variable.array())) {
            return error.received(format!("weight {} contains nan or inf", variable.path()));
        }
    }
    let mut pass = Pass::training();
    pass.watch_values();
    let _ = tape::paused(|| model.call(&batch.x, &mut pass));
    match pass.first_bad() {
        Some(label) => error.received(format!("the first such value comes out of {label}")),
        None => error.received("all layers' outputs are finite: the loss itself overflowed"),
    }
}

/// One step of training on a batch; gives the logs. Keras' `train_on_batch`.
pub fn train_on_batch(model: &Rc<Model>, batch: &Batch, reset: bool) -> Result<Logs> {
    let compiled = model.compiled()?;
    if reset {
        compiled.reset();
    }
    let place = StepPlace { epoch: 0, batch: 0, tolerate_nan: false };
    step(model, &compiled, batch, &mut None, &place)?;
    compiled.logs()
}

/// Loss and metrics on a batch, without training. Keras' `test_on_batch`.
pub fn test_on_batch(model: &Rc<Model>, batch: &Batch, reset: bool) -> Result<Logs> {
    let compiled = model.compiled()?;
    if reset {
        compiled.reset();
    }
    test_step(model, &compiled, batch)?;
    compiled.logs()
}

fn test_step(model: &Model, compiled: &Compiled, batch: &Batch) -> Result<()> {
    tape::paused(|| {
        let mut pass = Pass::inference();
        let predictions = model.call(&batch.x, &mut pass)?;
        pass.commit();
        let mut extra = std::mem::take(&mut pass.losses);
        for variable in model.instance().trainable_variables() {
            if let Some(regularizer) = variable.regularizer() {
                extra.push(regularizer.penalty(&variable.read())?);
            }
        }
        let outputs = model.output_names(predictions.len());
        let loss = compiled.loss(&outputs, batch, &predictions, &extra)?;
        compiled.update(loss.total.item()?, &loss.parts, batch, &predictions)
    })
}

/// Loss and metrics over data.
pub fn evaluate(
    model: &Rc<Model>,
    data: &mut dyn Batches,
    steps: Option<usize>,
    verbose: u8,
    callbacks: &[Rc<dyn Callback>],
) -> Result<Logs> {
    let compiled = if model.hooks().is_some() && !model.is_compiled() {
        None
    } else {
        Some(model.compiled()?)
    };
    let run = Run {
        model: model.clone(),
        epochs: 1,
        initial_epoch: 0,
        steps: steps.or_else(|| data.steps()),
        verbose,
    };
    evaluate_batches(&run, compiled.as_deref(), data, steps, callbacks)
}

fn evaluate_batches(
    run: &Run,
    compiled: Option<&Compiled>,
    data: &mut dyn Batches,
    steps: Option<usize>,
    callbacks: &[Rc<dyn Callback>],
) -> Result<Logs> {
    let model = &run.model;
    let watchers: Vec<&Rc<dyn Callback>> =
        callbacks.iter().filter(|callback| callback.wants_batches()).collect();
    for callback in callbacks {
        callback.on_test_begin(run)?;
    }
    compiled.iter().for_each(|compiled| compiled.reset());
    if let Some(hooks) = model.hooks() {
        hooks.reset_metrics()?;
    }
    data.start_epoch()?;
    let mut taken = 0;
    let mut hook_logs = Logs::default();
    while steps.is_none_or(|steps| taken < steps) {
        interrupt::check()?;
        let Some(batch) = data.next()? else { break };
        for watcher in &watchers {
            watcher.on_test_batch_begin(run, taken)?;
        }
        match model.hooks().and_then(|hooks| hooks.test_step(&batch)) {
            Some(logs) => hook_logs = logs?,
            None => match compiled {
                Some(compiled) => test_step(model, compiled, &batch)?,
                None => test_step(model, &*model.compiled()?, &batch)?,
            },
        }
        let logs = || match (hook_logs.0.is_empty(), compiled) {
            (true, Some(compiled)) => compiled.logs(),
            _ => Ok(hook_logs.clone()),
        };
        for watcher in &watchers {
            watcher.on_test_batch_end(run, taken, &logs)?;
        }
        taken += 1;
    }
    if taken == 0 {
        return Err(
            Error::value("the data gave no batches").received("an empty dataset or generator")
        );
    }
    let logs = match (hook_logs.0.is_empty(), compiled) {
        (true, Some(compiled)) => compiled.logs()?,
        _ => hook_logs,
    };
    for callback in callbacks {
        callback.on_test_end(run, &logs)?;
    }
    Ok(logs)
}

/// The outputs for data, one array per output.
pub fn predict(
    model: &Rc<Model>,
    data: &mut dyn Batches,
    steps: Option<usize>,
    verbose: u8,
    callbacks: &[Rc<dyn Callback>],
) -> Result<Vec<Array>> {
    let run = Run {
        model: model.clone(),
        epochs: 1,
        initial_epoch: 0,
        steps: steps.or_else(|| data.steps()),
        verbose,
    };
    for callback in callbacks {
        callback.on_predict_begin(&run)?;
    }
    let watched = steps.is_some() || callbacks.iter().any(|callback| callback.wants_batches());
    if !watched && let Some(samples) = model.graph().and_then(|graph| graph.samples_at_once()) {
        data.regroup(samples);
    }
    data.start_epoch()?;
    let mut parts: Vec<Vec<Array>> = Vec::new();
    let mut taken = 0;
    while steps.is_none_or(|steps| taken < steps) {
        interrupt::check()?;
        let Some(batch) = data.next()? else { break };
        let mut pass = Pass::inference();
        let outputs = tape::paused(|| model.call(&batch.x, &mut pass))?;
        pass.commit();
        parts.resize(outputs.len(), Vec::new());
        for (part, output) in parts.iter_mut().zip(outputs) {
            part.push(output.into_array());
        }
        for callback in callbacks.iter().filter(|callback| callback.wants_batches()) {
            callback.on_predict_batch_end(&run, taken)?;
        }
        taken += 1;
    }
    if taken == 0 {
        return Err(
            Error::value("the data gave no batches").received("an empty dataset or generator")
        );
    }
    for callback in callbacks {
        callback.on_predict_end(&run)?;
    }
    let whole = |mut part: Vec<Array>| {
        if part.len() == 1 { Ok(part.remove(0)) } else { Ok(Array::cat(&part, 0)?) }
    };
    parts.into_iter().map(whole).collect()
}

/// The regularization of a layer's weights, as `model.losses` lists it.
pub fn regularization(instance: &LayerInstance) -> Result<Vec<Tensor>> {
    let variables = instance.trainable_variables();
    let charged = variables.iter().filter_map(|variable| Some((variable, variable.regularizer()?)));
    charged.map(|(variable, regularizer)| regularizer.penalty(&variable.read())).collect()
}

/// The sum of scalars; `None` of nothing.
pub fn sum(losses: &[Tensor]) -> Result<Option<Tensor>> {
    let Some((first, rest)) = losses.split_first() else { return Ok(None) };
    rest.iter().try_fold(first.clone(), |sum, loss| add_scalars(&sum, loss)).map(Some)
}
