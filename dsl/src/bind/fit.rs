//! fit, evaluate, predict as programs call them: arguments, callbacks, the live display, History.

use super::convert::{from_arg, to_numpy, to_tensor};
use super::data::{self, arrays, batches};
use super::errors::into_engine;
use super::made::{MadeObject, bind};
use super::model::pack_outputs;
use super::own::callback::OwnCallback;
use crate::runtime::{
    Arguments, Exception, Object, PyResult, Value, context, iterate, operators, rehearsal,
};
use crate::show::live::{End, LiveTraining, Record, Verbosity, Work};
use crate::show::progress::LogValues;
use kerai_engine::Tensor;
use kerai_engine::callbacks::{Callback, LazyLogs, LogValue, Logs, Run};
use kerai_engine::catalog::Made;
use kerai_engine::config::Arg;
use kerai_engine::data::{Batch, Batches};
use kerai_engine::model::Model;
use kerai_engine::train::{self, FitOptions, History};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Instant;

/// The parameters of `model.fit`.
pub const FIT: &str = "x=None, y=None, batch_size=None, epochs=1, verbose='auto', callbacks=None, validation_split=0.0, validation_data=None, shuffle=True, class_weight=None, sample_weight=None, initial_epoch=0, steps_per_epoch=None, validation_steps=None, validation_batch_size=None, validation_freq=1";

/// The parameters of `model.evaluate`.
pub const EVALUATE: &str = "x=None, y=None, batch_size=None, verbose='auto', sample_weight=None, steps=None, callbacks=None, return_dict=False, **kwargs";

/// The parameters of `model.predict`.
pub const PREDICT: &str = "x, batch_size=None, verbose='auto', steps=None, callbacks=None";

/// The parameters of `model.train_on_batch`.
pub const TRAIN_ON_BATCH: &str =
    "x, y=None, sample_weight=None, class_weight=None, return_dict=False";

/// The parameters of `model.test_on_batch`.
pub const TEST_ON_BATCH: &str = "x, y=None, sample_weight=None, return_dict=False";

/// What `fit` returns: `.history`, `.epoch`, `.params`.
#[derive(Clone)]
pub struct HistoryObject {
    history: Value,
    epochs: Value,
    params: Value,
    model: Value,
}

impl HistoryObject {
    fn new(history: &History, params: Value) -> Self {
        let log = |value: &LogValue| match value {
            LogValue::Number(number) => Value::Float(*number),
            LogValue::Vector(values) => {
                Value::list(values.iter().map(|value| Value::Float(*value)).collect())
            }
        };
        let columns = history
            .values
            .iter()
            .map(|(name, values)| (name, Value::list(values.iter().map(log).collect())));
        HistoryObject {
            history: Value::dict(columns),
            epochs: Value::list(history.epochs.iter().map(|epoch| int(*epoch)).collect()),
            params,
            model: Value::None,
        }
    }

    /// As a value that knows its model; what the model itself remembers does not, or neither would ever be freed.
    fn with_model(&self, model: &Value) -> Value {
        Value::object(HistoryObject { model: model.clone(), ..self.clone() })
    }
}

fn int(number: usize) -> Value {
    Value::Int(i64::try_from(number).unwrap_or(i64::MAX))
}

impl Object for HistoryObject {
    fn type_name(&self) -> String {
        "History".to_owned()
    }

    fn repr(&self) -> PyResult<String> {
        Ok("<keras.src.callbacks.history.History object>".to_owned())
    }

    fn attribute(&self, _this: &Value, name: &str) -> PyResult<Option<Value>> {
        Ok(match name {
            "history" => Some(self.history.clone()),
            "epoch" => Some(self.epochs.clone()),
            "params" => Some(self.params.clone()),
            "model" => Some(self.model.clone()),
            _ => None,
        })
    }

    fn attribute_names(&self) -> Vec<String> {
        ["history", "epoch", "params", "model"].map(str::to_owned).to_vec()
    }
}

/// A count that may be left out.
fn optional_count(value: &Value, what: &str) -> PyResult<Option<usize>> {
    match value {
        Value::None => Ok(None),
        value => {
            let count = value.as_int(what)?;
            match usize::try_from(count) {
                Ok(count) if count > 0 => Ok(Some(count)),
                _ => Err(Exception::value_error(format!("{what} must be a positive integer"))
                    .with_received(count.to_string())),
            }
        }
    }
}

fn count(value: &Value, what: &str) -> PyResult<usize> {
    let number = value.as_int(what)?;
    usize::try_from(number).map_err(|_| {
        Exception::value_error(format!("{what} must not be negative"))
            .with_received(number.to_string())
    })
}

/// Keras' verbosity: 0, 1, 2, "auto", True, False.
fn verbosity(value: &Value) -> PyResult<Verbosity> {
    match value {
        Value::Str(word) if &**word == "auto" => Ok(Verbosity::Bar),
        value => match value.as_int("verbose")? {
            number @ 0..=2 => Ok(Verbosity::from_number(number)),
            other => Err(Exception::value_error("verbose is 0, 1, 2 or \"auto\"")
                .with_received(other.to_string())),
        },
    }
}

/// Keras' number of a verbosity.
fn level(verbosity: Verbosity) -> u8 {
    match verbosity {
        Verbosity::Silent => 0,
        Verbosity::Bar => 1,
        Verbosity::Lines => 2,
    }
}

/// The callbacks in a list: the engine's, the user's own, single or many.
fn callbacks_of(value: &Value, model: &Value) -> PyResult<Vec<Rc<dyn Callback>>> {
    let items = match value {
        Value::None => return Ok(Vec::new()),
        Value::List(_) | Value::Tuple(_) => iterate::collect(value)?,
        one => vec![one.clone()],
    };
    let mut callbacks: Vec<Rc<dyn Callback>> = Vec::new();
    for item in items {
        if let Some(object) = item.downcast::<MadeObject>()
            && let Made::Callback(callback) = object.made()
        {
            callbacks.push(callback.clone());
        } else if let Some(own) = OwnCallback::of(&item, model) {
            callbacks.push(Rc::new(own));
        } else {
            return Err(item
                .wrong_type("a callback", "a keras.callbacks.Callback")
                .with_hint("callbacks=[keras.callbacks.EarlyStopping()]"));
        }
    }
    Ok(callbacks)
}

/// The logs as the display takes them: numbers alone.
fn log_values(logs: &Logs) -> LogValues {
    let number = |(name, value): &(String, LogValue)| match value {
        LogValue::Number(number) => Some((name.clone(), *number)),
        LogValue::Vector(_) => None,
    };
    logs.0.iter().filter_map(number).collect()
}

/// What is remembered of a model's last run: the epochs it showed, and its History.
struct Remembered {
    record: RefCell<Record>,
    history: RefCell<Option<HistoryObject>>,
}

impl Remembered {
    /// Of this model; made if there was none.
    fn of(model: &Model) -> Rc<Self> {
        let known = model.remembered.borrow().clone().and_then(|any| any.downcast().ok());
        known.unwrap_or_else(|| {
            let new =
                Rc::new(Remembered { record: RefCell::default(), history: RefCell::default() });
            *model.remembered.borrow_mut() = Some(new.clone());
            new
        })
    }
}

/// `model.history`: what the last `fit` returned.
pub fn last_history(this: &Value, model: &Model) -> Option<Value> {
    Remembered::of(model).history.borrow().as_ref().map(|history| history.with_model(this))
}

/// The display as a callback: it sees what the user's callbacks see. Logs are computed only when they can be shown.
struct Display {
    live: RefCell<LiveTraining>,
    looked: Cell<Instant>,
    stopped_by: Cell<bool>,
}

impl Display {
    fn shared(work: Work, verbosity: Verbosity) -> Rc<Self> {
        let live = RefCell::new(LiveTraining::in_session(work, verbosity));
        Rc::new(Display { live, looked: Cell::new(Instant::now()), stopped_by: Cell::new(false) })
    }

    /// The last frame; a later run may go on from here.
    fn end(&self, run: &Run, end: End) {
        let mut live = self.live.borrow_mut();
        *Remembered::of(&run.model).record.borrow_mut() = live.record();
        live.end(end);
    }

    /// Whether it is time to look at the logs: the last batch, or some milliseconds after the last look.
    fn looks(&self, run: &Run, batch: usize) -> bool {
        let last = run.steps.is_some_and(|steps| batch + 1 >= steps);
        let due = last || self.looked.get().elapsed().as_millis() >= 25;
        if due {
            self.looked.set(Instant::now());
        }
        due
    }
}

impl Callback for Display {
    fn on_train_begin(&self, run: &Run) -> kerai_engine::Result<()> {
        let mut live = self.live.borrow_mut();
        live.begin(run.initial_epoch, run.epochs, run.steps);
        let remembered = Remembered::of(&run.model);
        let record = remembered.record.borrow();
        if record.leads_to(run.initial_epoch) {
            live.resume(&record, None);
        }
        Ok(())
    }

    fn on_resume(&self, run: &Run, epoch: usize, batches: usize) -> kerai_engine::Result<()> {
        let remembered = Remembered::of(&run.model);
        self.live.borrow_mut().resume(&remembered.record.borrow(), Some((epoch, batches)));
        Ok(())
    }

    fn on_epoch_begin(&self, _run: &Run, epoch: usize) -> kerai_engine::Result<()> {
        self.live.borrow_mut().epoch_begin(epoch);
        Ok(())
    }

    fn wants_batches(&self) -> bool {
        !self.live.borrow().silent()
    }

    fn on_train_batch_end(
        &self,
        run: &Run,
        batch: usize,
        logs: LazyLogs<'_>,
    ) -> kerai_engine::Result<()> {
        if self.looks(run, batch) {
            self.live.borrow_mut().batch_end(batch, &log_values(&logs()?));
        } else {
            self.live.borrow_mut().step_done(batch);
        }
        Ok(())
    }

    fn on_epoch_end(&self, run: &Run, epoch: usize, logs: &mut Logs) -> kerai_engine::Result<()> {
        self.live.borrow_mut().epoch_end(epoch, &log_values(logs));
        self.stopped_by.set(run.model.stop_training.get() && epoch + 1 < run.epochs);
        Ok(())
    }

    fn on_train_end(&self, run: &Run, _logs: &Logs) -> kerai_engine::Result<()> {
        let end = if self.stopped_by.get() {
            End::Stopped("stopped early".to_owned())
        } else {
            End::Finished
        };
        self.end(run, end);
        Ok(())
    }

    fn on_abort(&self, run: &Run, error: &kerai_engine::Error) {
        let interrupted = error.kind == kerai_engine::ErrorKind::Interrupt;
        self.end(run, if interrupted { End::Interrupted } else { End::Failed });
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}

/// The bar of evaluate and predict.
struct Bar(Rc<Display>);

impl Callback for Bar {
    fn wants_batches(&self) -> bool {
        true
    }

    fn on_test_begin(&self, run: &Run) -> kerai_engine::Result<()> {
        self.0.live.borrow_mut().begin(0, 1, run.steps);
        Ok(())
    }

    fn on_test_batch_end(
        &self,
        run: &Run,
        batch: usize,
        logs: LazyLogs<'_>,
    ) -> kerai_engine::Result<()> {
        if self.0.looks(run, batch) {
            self.0.live.borrow_mut().batch_end(batch, &log_values(&logs()?));
        } else {
            self.0.live.borrow_mut().step_done(batch);
        }
        Ok(())
    }

    fn on_test_end(&self, _run: &Run, logs: &Logs) -> kerai_engine::Result<()> {
        self.0.live.borrow_mut().finish(&log_values(logs));
        Ok(())
    }

    fn on_predict_begin(&self, run: &Run) -> kerai_engine::Result<()> {
        self.0.live.borrow_mut().begin(0, 1, run.steps);
        Ok(())
    }

    fn on_predict_batch_end(&self, run: &Run, batch: usize) -> kerai_engine::Result<()> {
        if self.0.looks(run, batch) {
            self.0.live.borrow_mut().batch_end(batch, &Vec::new());
        } else {
            self.0.live.borrow_mut().step_done(batch);
        }
        Ok(())
    }

    fn on_predict_end(&self, _run: &Run) -> kerai_engine::Result<()> {
        self.0.live.borrow_mut().finish(&Vec::new());
        Ok(())
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}

/// The engine polls the session's flag, and its announcements are printed.
fn prepare() {
    kerai_engine::interrupt::listen_to(context::interrupt().flag());
    kerai_engine::model::set_announcer(Rc::new(|text| context::text(&format!("{text}\n"))));
}

/// `model.fit(...)`
pub fn fit(this: &Value, model: &Rc<Model>, arguments: Arguments) -> PyResult<Value> {
    let [
        x,
        y,
        batch_size,
        epochs,
        verbose,
        callbacks,
        validation_split,
        validation_data,
        shuffle,
        class_weight,
        sample_weight,
        initial_epoch,
        steps_per_epoch,
        validation_steps,
        validation_batch_size,
        validation_freq,
    ] = bind("fit", FIT, arguments)?;
    prepare();
    let size = optional_count(&batch_size, "batch_size")?;
    let validation_size = optional_count(&validation_batch_size, "validation_batch_size")?.or(size);
    let split = validation_split.as_float("validation_split")?;
    if !(0.0..1.0).contains(&split) {
        return Err(Exception::value_error("validation_split must lie between 0 and 1")
            .with_received(split.to_string()));
    }
    let shuffle = match &shuffle {
        Value::Str(_) => true,
        value => operators::truth(value)?,
    };
    if x.is_none() {
        return Err(Exception::value_error("fit needs data: x is None")
            .with_hint("model.fit(x_train, y_train, epochs=5)"));
    }
    let mut validation: Option<Box<dyn Batches>> = None;
    let mut source: Box<dyn Batches> =
        if split > 0.0 && validation_data.is_none() && !data::gives_batches(&x) {
            let all = arrays(model, &x, &y, &sample_weight, &class_weight, size, shuffle)?;
            // Class weights are for training alone, as in Keras.
            let (train, held) = match class_weight.is_none() {
                true => all.split(split, validation_size.unwrap_or(32))?,
                false => {
                    let plain = arrays(model, &x, &y, &sample_weight, &Value::None, size, false)?;
                    (all.split(split, 32)?.0, plain.split(split, validation_size.unwrap_or(32))?.1)
                }
            };
            validation = Some(Box::new(held));
            Box::new(train)
        } else {
            batches(model, &x, &y, &sample_weight, &class_weight, size, shuffle)?
        };
    if !validation_data.is_none() {
        let parts = match &validation_data {
            Value::Tuple(items) => items.to_vec(),
            Value::List(items) => items.borrow().clone(),
            other => vec![other.clone()],
        };
        let part = |i: usize| parts.get(i).cloned().unwrap_or(Value::None);
        validation = Some(batches(
            model,
            &part(0),
            &part(1),
            &part(2),
            &Value::None,
            validation_size,
            false,
        )?);
    }
    let steps = optional_count(&steps_per_epoch, "steps_per_epoch")?;
    let verbosity = verbosity(&verbose)?;
    let options = FitOptions {
        epochs: count(&epochs, "epochs")?,
        initial_epoch: count(&initial_epoch, "initial_epoch")?,
        steps_per_epoch: steps,
        validation_steps: optional_count(&validation_steps, "validation_steps")?,
        validation_freq: optional_count(&validation_freq, "validation_freq")?.unwrap_or(1),
        verbose: level(verbosity),
    };
    let asked = FitOptions { ..options };
    let options = match rehearsal::is_on() {
        true => FitOptions {
            epochs: options.epochs.min(options.initial_epoch + 1),
            steps_per_epoch: Some(1),
            validation_steps: Some(1),
            validation_freq: 1,
            ..options
        },
        false => options,
    };
    let mut all = callbacks_of(&callbacks, this)?;
    // A silent run is noted too: a later one may go on from it.
    all.push(Display::shared(Work::Fit, verbosity));
    let params = Value::dict([
        ("verbose", Value::Int(i64::from(options.verbose))),
        ("epochs", int(options.epochs)),
        ("steps", steps.or_else(|| source.steps()).map_or(Value::None, int)),
    ]);
    let mut history = History::default();
    let validation: Option<&mut dyn Batches> = match &mut validation {
        Some(validation) => Some(&mut **validation),
        None => None,
    };
    let result = train::fit(model, &mut *source, validation, &options, &all, &mut history);
    if rehearsal::is_on() {
        stretch(&mut history, &asked);
    }
    let history = HistoryObject::new(&history, params);
    let value = history.with_model(this);
    *Remembered::of(model).history.borrow_mut() = Some(history);
    result?;
    Ok(value)
}

/// Makes the history of one epoch as long as that of the epochs asked for: programs draw and compare it.
fn stretch(history: &mut History, asked: &FitOptions) {
    let epochs = || asked.initial_epoch..asked.epochs;
    let validations = epochs().filter(|epoch| (epoch + 1) % asked.validation_freq == 0).count();
    history.epochs = epochs().collect();
    for (name, values) in &mut history.values {
        let count = if name.starts_with("val_") { validations } else { epochs().count() };
        if let Some(value) = values.first().cloned() {
            *values = vec![value; count];
        }
    }
}

/// `model.evaluate(...)`
pub fn evaluate(this: &Value, model: &Rc<Model>, arguments: Arguments) -> PyResult<Value> {
    let [x, y, batch_size, verbose, sample_weight, steps, callbacks, return_dict, _] =
        bind("evaluate", EVALUATE, arguments)?;
    prepare();
    let size = optional_count(&batch_size, "batch_size")?;
    let mut source = batches(model, &x, &y, &sample_weight, &Value::None, size, false)?;
    let verbosity = verbosity(&verbose)?;
    let mut all = callbacks_of(&callbacks, this)?;
    if level(verbosity) > 0 {
        all.push(Rc::new(Bar(Display::shared(Work::Evaluate, verbosity))));
    }
    let steps = if rehearsal::is_on() { Some(1) } else { optional_count(&steps, "steps")? };
    let logs = train::evaluate(model, &mut *source, steps, level(verbosity), &all)?;
    logs_result(&logs, operators::truth(&return_dict)?)
}

/// Loss and metrics as Keras returns them: a dict, a list (loss first), or the loss alone.
fn logs_result(logs: &Logs, as_dict: bool) -> PyResult<Value> {
    let value = |value: &LogValue| match value {
        LogValue::Number(number) => Value::Float(f64::from(*number as f32)),
        LogValue::Vector(values) => {
            from_arg(&Arg::List(values.iter().map(|value| Arg::Float(*value)).collect()))
        }
    };
    if as_dict {
        return Ok(Value::dict(logs.0.iter().map(|(name, v)| (name, value(v)))));
    }
    let loss = logs.0.iter().filter(|(name, _)| name == "loss");
    let others = logs.0.iter().filter(|(name, _)| name != "loss");
    let mut values: Vec<Value> = loss.chain(others).map(|(_, v)| value(v)).collect();
    Ok(if values.len() == 1 { values.remove(0) } else { Value::list(values) })
}

/// `model.predict(...)`
pub fn predict(this: &Value, model: &Rc<Model>, arguments: Arguments) -> PyResult<Value> {
    let [x, batch_size, verbose, steps, callbacks] = bind("predict", PREDICT, arguments)?;
    prepare();
    let size = optional_count(&batch_size, "batch_size")?;
    let mut source = batches(model, &x, &Value::None, &Value::None, &Value::None, size, false)?;
    let verbosity = verbosity(&verbose)?;
    let mut all = callbacks_of(&callbacks, this)?;
    if level(verbosity) > 0 {
        all.push(Rc::new(Bar(Display::shared(Work::Predict, verbosity))));
    }
    let steps = optional_count(&steps, "steps")?;
    let outputs = train::predict(model, &mut *source, steps, level(verbosity), &all)?;
    let arrays = outputs
        .into_iter()
        .map(|output| Ok(Value::object(to_numpy(&Tensor::new(output), false)?)))
        .collect::<PyResult<_>>()?;
    Ok(pack_outputs(model, arrays))
}

/// `train_on_batch` and `test_on_batch`
pub fn on_batch(model: &Rc<Model>, train: bool, arguments: Arguments) -> PyResult<Value> {
    rehearsal::step();
    let (x, y, weights, class_weight, return_dict) = if train {
        let [x, y, weights, class_weight, return_dict] =
            bind("train_on_batch", TRAIN_ON_BATCH, arguments)?;
        (x, y, weights, class_weight, return_dict)
    } else {
        let [x, y, weights, return_dict] = bind("test_on_batch", TEST_ON_BATCH, arguments)?;
        (x, y, weights, Value::None, return_dict)
    };
    let samples = data::samples(model, &x, &y, &weights, &class_weight)?;
    let size = samples.count()?;
    let mut whole = kerai_engine::data::Arrays::new(samples, size, false)?;
    whole.start_epoch()?;
    let batch: Batch = whole.next()?.unwrap_or_default();
    let logs = if train {
        train::train_on_batch(model, &batch, false)?
    } else {
        train::test_on_batch(model, &batch, false)?
    };
    logs_result(&logs, operators::truth(&return_dict)?)
}

/// A batch as `train_step(data)` gets it: `(x, y)` or `(x, y, sample_weight)`.
pub fn batch_value(batch: &Batch) -> Value {
    use super::tensor::TensorObject;
    let pack = |tensors: &[Tensor]| match tensors {
        [one] => TensorObject::value(one.clone()),
        many => Value::list(many.iter().cloned().map(TensorObject::value).collect()),
    };
    let mut parts = vec![pack(&batch.x)];
    if batch.y.is_empty() {
        return parts.remove(0);
    }
    parts.push(pack(&batch.y));
    if let Some(Some(weights)) = batch.weights.first() {
        parts.push(TensorObject::value(weights.clone()));
    }
    Value::tuple(parts)
}

/// What `train_step` returned, as logs.
pub fn logs_of(value: &Value) -> kerai_engine::Result<Logs> {
    let read = || -> PyResult<Logs> {
        let Value::Dict(entries) = value else {
            return Err(value
                .wrong_type("the result of train_step", "a dict of numbers")
                .with_hint("return {\"loss\": loss}"));
        };
        let mut logs = Logs::default();
        for (key, item) in entries.borrow().iter() {
            logs.set(&key.0.as_str("a name of the logs")?, to_tensor(item)?.item()?);
        }
        logs.0.sort_by(|(a, _), (b, _)| a.cmp(b));
        Ok(logs)
    };
    read().map_err(into_engine)
}
