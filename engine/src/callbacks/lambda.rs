//! LambdaCallback and TerminateOnNaN.

use super::{Callback, LazyLogs, LogValue, Logs, Run};
use crate::catalog::{Entry, Kind, Made};
use crate::config;
use crate::config::{Arg, Configured};
use crate::error::Result;
use crate::function::{Function, Operand};
use std::rc::Rc;

config! {
    /// Calls functions of yours at moments of the run.
    pub struct LambdaCallback("LambdaCallback") {
        /// Called with `(epoch, logs)` before each epoch.
        on_epoch_begin: Option<Function> = None,
        /// Called with `(epoch, logs)` after each epoch.
        on_epoch_end: Option<Function> = None,
        /// Called with `(logs)` before training.
        on_train_begin: Option<Function> = None,
        /// Called with `(logs)` after training.
        on_train_end: Option<Function> = None,
        /// Called with `(batch, logs)` before each batch.
        on_train_batch_begin: Option<Function> = None,
        /// Called with `(batch, logs)` after each batch.
        on_train_batch_end: Option<Function> = None,
    }
}

/// The row of the table.
pub static ENTRY: Entry = Entry::of::<LambdaCallback>(Kind::Callback, &[], |args| {
    Ok(Made::Callback(Rc::new(LambdaCallback::from_args(args)?)))
});

/// Logs as a dict of the language.
pub(crate) fn logs_to_arg(logs: &Logs) -> Arg {
    let value = |value: &LogValue| match value {
        LogValue::Number(number) => Arg::Float(*number),
        LogValue::Vector(values) => {
            Arg::List(values.iter().map(|value| Arg::Float(*value)).collect())
        }
    };
    Arg::Map(logs.0.iter().map(|(name, v)| (name.clone(), value(v))).collect())
}

fn tell(function: &Option<Function>, number: Option<usize>, logs: &Logs) -> Result<()> {
    let Some(function) = function else { return Ok(()) };
    let number =
        number.map(|number| Operand::Arg(Arg::Int(i64::try_from(number).unwrap_or(i64::MAX))));
    let operands = number.into_iter().chain([Operand::Arg(logs_to_arg(logs))]);
    function.call(operands.collect()).map(|_| ())
}

impl Callback for LambdaCallback {
    fn on_train_begin(&self, _run: &Run) -> Result<()> {
        tell(&self.on_train_begin, None, &Logs::default())
    }

    fn on_train_end(&self, _run: &Run, logs: &Logs) -> Result<()> {
        tell(&self.on_train_end, None, logs)
    }

    fn on_epoch_begin(&self, _run: &Run, epoch: usize) -> Result<()> {
        tell(&self.on_epoch_begin, Some(epoch), &Logs::default())
    }

    fn on_epoch_end(&self, _run: &Run, epoch: usize, logs: &mut Logs) -> Result<()> {
        tell(&self.on_epoch_end, Some(epoch), logs)
    }

    fn wants_batches(&self) -> bool {
        self.on_train_batch_begin.is_some() || self.on_train_batch_end.is_some()
    }

    fn on_train_batch_begin(&self, _run: &Run, batch: usize) -> Result<()> {
        tell(&self.on_train_batch_begin, Some(batch), &Logs::default())
    }

    fn on_train_batch_end(&self, _run: &Run, batch: usize, logs: LazyLogs<'_>) -> Result<()> {
        match &self.on_train_batch_end {
            Some(_) => tell(&self.on_train_batch_end, Some(batch), &logs()?),
            None => Ok(()),
        }
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}

config! {
    /// Ends training quietly when the loss is not a finite number.
    pub struct TerminateOnNaN("TerminateOnNaN") {}
}

/// The row of the table.
pub static TERMINATE_ON_NAN: Entry = Entry::of::<TerminateOnNaN>(Kind::Callback, &[], |args| {
    Ok(Made::Callback(Rc::new(TerminateOnNaN::from_args(args)?)))
});

impl Callback for TerminateOnNaN {
    fn wants_batches(&self) -> bool {
        true
    }

    fn on_train_batch_end(&self, run: &Run, batch: usize, logs: LazyLogs<'_>) -> Result<()> {
        if logs()?.get("loss").is_some_and(|loss| !loss.is_finite()) {
            run.model.announce(format!("Batch {batch}: Invalid loss, terminating training"));
            run.model.stop_training.set(true);
        }
        Ok(())
    }

    fn handles_nan(&self) -> bool {
        true
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}
