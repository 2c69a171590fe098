//! Keras' callbacks: what is told of the training loop's progress and may stop it.

mod checkpoint;
mod early_stopping;
mod lambda;
mod logger;
mod rate;
mod swap;

use crate::catalog::Entry;
use crate::error::Result;
use crate::model::Model;
use std::rc::Rc;

/// Values by name, as they stand at a moment of the run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Logs(pub Vec<(String, LogValue)>);

/// One value of the logs.
#[derive(Debug, Clone, PartialEq)]
pub enum LogValue {
    /// A number.
    Number(f64),
    /// Several: a metric with a value per class or threshold.
    Vector(Vec<f64>),
}

impl Logs {
    /// The number under a name.
    pub fn get(&self, name: &str) -> Option<f64> {
        match self.0.iter().find(|(n, _)| n == name) {
            Some((_, LogValue::Number(value))) => Some(*value),
            Some((_, LogValue::Vector(values))) => values.first().copied(),
            None => None,
        }
    }

    /// Sets the number under a name.
    pub fn set(&mut self, name: &str, value: f64) {
        match self.0.iter_mut().find(|(n, _)| n == name) {
            Some((_, slot)) => *slot = LogValue::Number(value),
            None => self.0.push((name.to_owned(), LogValue::Number(value))),
        }
    }
}

/// What a callback can see of the run.
pub struct Run {
    /// The model.
    pub model: Rc<Model>,
    /// Epochs in all.
    pub epochs: usize,
    /// Epoch to begin with.
    pub initial_epoch: usize,
    /// Batches of an epoch, if known.
    pub steps: Option<usize>,
    /// Keras' verbosity.
    pub verbose: u8,
}

/// Logs that are computed only if somebody looks.
pub type LazyLogs<'a> = &'a dyn Fn() -> Result<Logs>;

/// A callback: ours or the user's. State lives behind `&self`. To stop the run, set `run.model.stop_training`.
#[expect(unused_variables, reason = "hooks that a callback does not use")]
pub trait Callback {
    /// Before the first epoch.
    fn on_train_begin(&self, run: &Run) -> Result<()> {
        Ok(())
    }

    /// After [`Callback::on_train_begin`], if the run goes on where an interrupt stopped it: in this epoch (counted from
    /// 0), of which so many batches are done.
    fn on_resume(&self, run: &Run, epoch: usize, batches: usize) -> Result<()> {
        Ok(())
    }

    /// After the last epoch, also after an early stop.
    fn on_train_end(&self, run: &Run, logs: &Logs) -> Result<()> {
        Ok(())
    }

    /// Before an epoch, counted from 0.
    fn on_epoch_begin(&self, run: &Run, epoch: usize) -> Result<()> {
        Ok(())
    }

    /// After an epoch; callbacks may add to the logs.
    fn on_epoch_end(&self, run: &Run, epoch: usize, logs: &mut Logs) -> Result<()> {
        Ok(())
    }

    /// Whether the hooks of batches are to be called.
    fn wants_batches(&self) -> bool {
        false
    }

    /// Before a batch, counted from 0 in its epoch.
    fn on_train_batch_begin(&self, run: &Run, batch: usize) -> Result<()> {
        Ok(())
    }

    /// After a batch.
    fn on_train_batch_end(&self, run: &Run, batch: usize, logs: LazyLogs<'_>) -> Result<()> {
        Ok(())
    }

    /// Before an evaluation (also the validation of an epoch).
    fn on_test_begin(&self, run: &Run) -> Result<()> {
        Ok(())
    }

    /// After an evaluation.
    fn on_test_end(&self, run: &Run, logs: &Logs) -> Result<()> {
        Ok(())
    }

    /// Before a batch of an evaluation.
    fn on_test_batch_begin(&self, run: &Run, batch: usize) -> Result<()> {
        Ok(())
    }

    /// After a batch of an evaluation.
    fn on_test_batch_end(&self, run: &Run, batch: usize, logs: LazyLogs<'_>) -> Result<()> {
        Ok(())
    }

    /// Before a prediction.
    fn on_predict_begin(&self, run: &Run) -> Result<()> {
        Ok(())
    }

    /// After a prediction.
    fn on_predict_end(&self, run: &Run) -> Result<()> {
        Ok(())
    }

    /// After a batch of a prediction.
    fn on_predict_batch_end(&self, run: &Run, batch: usize) -> Result<()> {
        Ok(())
    }

    /// The run ended by an error or an interrupt: last chance to show or save.
    fn on_abort(&self, run: &Run, error: &crate::error::Error) {}

    /// Whether this callback takes care of losses that are not finite.
    fn handles_nan(&self) -> bool {
        false
    }

    /// Lets the language find its own object again.
    fn as_any(&self) -> &dyn std::any::Any;
}

/// All callbacks.
pub static ENTRIES: &[&Entry] = &[
    &early_stopping::ENTRY,
    &checkpoint::ENTRY,
    &logger::ENTRY,
    &rate::REDUCE_ON_PLATEAU,
    &rate::SCHEDULER,
    &lambda::ENTRY,
    &swap::ENTRY,
    &lambda::TERMINATE_ON_NAN,
];

/// Whether smaller or larger is better, for callbacks that watch a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Better {
    Smaller,
    Larger,
}

impl Better {
    /// From `mode`, or from the monitored name if it is `"auto"`.
    pub(crate) fn of(mode: &str, monitor: &str) -> Self {
        let name = monitor.strip_prefix("val_").unwrap_or(monitor);
        let grows = ["acc", "auc", "precision", "recall", "f1", "iou", "r2", "fmeasure"];
        match mode {
            "min" => Better::Smaller,
            "max" => Better::Larger,
            _ if grows.iter().any(|word| name.contains(word)) => Better::Larger,
            _ => Better::Smaller,
        }
    }

    pub(crate) fn is_better(self, value: f64, than: f64) -> bool {
        match self {
            Better::Smaller => value < than,
            Better::Larger => value > than,
        }
    }

    pub(crate) fn worst(self) -> f64 {
        match self {
            Better::Smaller => f64::INFINITY,
            Better::Larger => f64::NEG_INFINITY,
        }
    }
}

/// The error of a monitored name that is not in the logs.
pub(crate) fn missing_monitor(callback: &str, monitor: &str, logs: &Logs) -> crate::error::Error {
    let names: Vec<&str> = logs.0.iter().map(|(name, _)| name.as_str()).collect();
    let error = crate::error::Error::value(format!(
        "{callback} watches {monitor:?}, which is not among the logs"
    ))
    .received(format!("monitor={monitor:?}"))
    .expected(names.join(", "));
    if monitor.starts_with("val_") {
        error.hint("give fit validation_data=... or validation_split=...")
    } else {
        error
    }
}
