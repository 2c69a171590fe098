//! Learning rates that follow the epochs: ReduceLROnPlateau, LearningRateScheduler.

use super::early_stopping::Mode;
use super::{Better, Callback, Logs, Run, missing_monitor};
use crate::catalog::{Entry, Kind, Made};
use crate::config;
use crate::config::{Arg, Configured};
use crate::error::{Error, Result};
use crate::function::{Function, Operand};
use std::cell::Cell;
use std::rc::Rc;

config! {
    /// Lowers the learning rate when a watched value has stopped becoming better.
    pub struct ReduceLROnPlateau("ReduceLROnPlateau") {
        /// The value to watch.
        monitor: String = "val_loss".to_owned(),
        /// The rate is multiplied by this.
        factor: f64 = 0.1,
        /// Epochs without improvement before the rate is lowered.
        patience: i64 = 10,
        /// 1 announces each change.
        verbose: i64 = 0,
        /// Whether smaller or larger is better; "auto" goes by the name.
        mode: Mode = Mode::Auto,
        /// Changes smaller than this are no improvement.
        min_delta: f64 = 1e-4,
        /// Epochs to wait after a change before watching again.
        cooldown: i64 = 0,
        /// The rate never falls below this.
        min_lr: f64 = 0.0,
    }
}

/// The row of the table.
pub static REDUCE_ON_PLATEAU: Entry = Entry::of::<ReduceLROnPlateau>(Kind::Callback, &[], |args| {
    let config = ReduceLROnPlateau::from_args(args)?;
    if config.factor >= 1.0 {
        return Err(Error::value("ReduceLROnPlateau: factor must be smaller than 1")
            .received(config.factor.to_string()));
    }
    Ok(Made::Callback(Rc::new(Plateau {
        config,
        wait: Cell::new(0),
        cooldown: Cell::new(0),
        best: Cell::new(0.0),
    })))
});

struct Plateau {
    config: ReduceLROnPlateau,
    wait: Cell<i64>,
    cooldown: Cell<i64>,
    best: Cell<f64>,
}

impl Callback for Plateau {
    fn on_train_begin(&self, _run: &Run) -> Result<()> {
        self.wait.set(0);
        self.cooldown.set(0);
        self.best.set(self.config.mode.better(&self.config.monitor).worst());
        Ok(())
    }

    fn on_epoch_end(&self, run: &Run, epoch: usize, logs: &mut Logs) -> Result<()> {
        let optimizer = run.model.optimizer()?;
        logs.set("learning_rate", optimizer.learning_rate());
        let value = logs
            .get(&self.config.monitor)
            .ok_or_else(|| missing_monitor("ReduceLROnPlateau", &self.config.monitor, logs))?;
        let better = self.config.mode.better(&self.config.monitor);
        if self.cooldown.get() > 0 {
            self.cooldown.set(self.cooldown.get() - 1);
            self.wait.set(0);
        }
        let margin = match better {
            Better::Smaller => value + self.config.min_delta.abs(),
            Better::Larger => value - self.config.min_delta.abs(),
        };
        if better.is_better(margin, self.best.get()) {
            self.best.set(value);
            self.wait.set(0);
            return Ok(());
        }
        if self.cooldown.get() > 0 {
            return Ok(());
        }
        self.wait.set(self.wait.get() + 1);
        let old = optimizer.learning_rate();
        // The rate is a float32 variable in Keras.
        if self.wait.get() >= self.config.patience && old > f64::from(self.config.min_lr as f32) {
            let new = (old * self.config.factor).max(self.config.min_lr);
            optimizer.set_learning_rate(new)?;
            if self.config.verbose > 0 {
                run.model.announce(format!(
                    "Epoch {}: ReduceLROnPlateau reducing learning rate to {new}.",
                    epoch + 1
                ));
            }
            self.cooldown.set(self.config.cooldown);
            self.wait.set(0);
        }
        Ok(())
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}

config! {
    /// Sets the learning rate before each epoch.
    pub struct LearningRateScheduler("LearningRateScheduler") {
        /// `schedule(epoch, lr)` returns the new rate.
        schedule: Function,
        /// 1 announces each change.
        verbose: i64 = 0,
    }
}

/// The row of the table.
pub static SCHEDULER: Entry = Entry::of::<LearningRateScheduler>(Kind::Callback, &[], |args| {
    Ok(Made::Callback(Rc::new(LearningRateScheduler::from_args(args)?)))
});

impl Callback for LearningRateScheduler {
    fn on_epoch_begin(&self, run: &Run, epoch: usize) -> Result<()> {
        let optimizer = run.model.optimizer()?;
        let operands = vec![
            Operand::Arg(Arg::Int(i64::try_from(epoch).unwrap_or(i64::MAX))),
            Operand::Arg(Arg::Float(optimizer.learning_rate())),
        ];
        let rate = self.schedule.number(operands)?;
        optimizer.set_learning_rate(rate)?;
        if self.verbose > 0 {
            run.model.announce(format!(
                "\nEpoch {}: LearningRateScheduler setting learning rate to {rate}.",
                epoch + 1
            ));
        }
        Ok(())
    }

    fn on_epoch_end(&self, run: &Run, _epoch: usize, logs: &mut Logs) -> Result<()> {
        logs.set("learning_rate", run.model.optimizer()?.learning_rate());
        Ok(())
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}
