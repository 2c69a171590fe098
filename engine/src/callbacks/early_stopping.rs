//! EarlyStopping.

use super::{Better, Callback, Logs, Run, missing_monitor};
use crate::catalog::{Entry, Kind, Made};
use crate::config::Configured;
use crate::error::Result;
use crate::{choices, config};
use candle_core::Tensor as Array;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

choices! {
    /// Which direction of a watched value is better.
    pub enum Mode { Auto = "auto", Min = "min", Max = "max" }
}

impl Mode {
    pub(crate) fn better(self, monitor: &str) -> Better {
        let word = match self {
            Mode::Auto => "auto",
            Mode::Min => "min",
            Mode::Max => "max",
        };
        Better::of(word, monitor)
    }
}

config! {
    /// Stops training when a watched value has not become better for a number of epochs.
    pub struct EarlyStopping("EarlyStopping") {
        /// The value to watch.
        monitor: String = "val_loss".to_owned(),
        /// Changes smaller than this are no improvement.
        min_delta: f64 = 0.0,
        /// Epochs without improvement after which training stops.
        patience: i64 = 0,
        /// 1 announces the stop.
        verbose: i64 = 0,
        /// Whether smaller or larger is better; "auto" goes by the name.
        mode: Mode = Mode::Auto,
        /// A value that must be reached at least.
        baseline: Option<f64> = None,
        /// Whether the weights of the best epoch are put back at the end.
        restore_best_weights: bool = false,
        /// Epochs before watching begins.
        start_from_epoch: i64 = 0,
    }
}

/// The row of the table.
pub static ENTRY: Entry = Entry::of::<EarlyStopping>(Kind::Callback, &[], |args| {
    let config = EarlyStopping::from_args(args)?;
    Ok(Made::Callback(Rc::new(Watcher {
        config,
        wait: Cell::new(0),
        best: Cell::new(0.0),
        best_weights: RefCell::default(),
        stopped: Cell::new(None),
    })))
});

struct Watcher {
    config: EarlyStopping,
    wait: Cell<i64>,
    best: Cell<f64>,
    best_weights: RefCell<Option<Vec<Array>>>,
    stopped: Cell<Option<usize>>,
}

impl Callback for Watcher {
    fn on_train_begin(&self, _run: &Run) -> Result<()> {
        self.wait.set(0);
        self.stopped.set(None);
        *self.best_weights.borrow_mut() = None;
        self.best.set(self.config.mode.better(&self.config.monitor).worst());
        Ok(())
    }

    fn on_epoch_end(&self, run: &Run, epoch: usize, logs: &mut Logs) -> Result<()> {
        let better = self.config.mode.better(&self.config.monitor);
        let value = logs
            .get(&self.config.monitor)
            .ok_or_else(|| missing_monitor("EarlyStopping", &self.config.monitor, logs))?;
        if i64::try_from(epoch).unwrap_or(i64::MAX) < self.config.start_from_epoch {
            return Ok(());
        }
        if self.config.restore_best_weights && self.best_weights.borrow().is_none() {
            *self.best_weights.borrow_mut() = Some(run.model.snapshot()?);
        }
        self.wait.set(self.wait.get() + 1);
        let margin = match better {
            Better::Smaller => value + self.config.min_delta.abs(),
            Better::Larger => value - self.config.min_delta.abs(),
        };
        if better.is_better(margin, self.best.get()) {
            self.best.set(value);
            if self.config.restore_best_weights {
                *self.best_weights.borrow_mut() = Some(run.model.snapshot()?);
            }
            // A baseline that is not reached keeps the clock running.
            if self.config.baseline.is_none_or(|baseline| better.is_better(margin, baseline)) {
                self.wait.set(0);
            }
            return Ok(());
        }
        if self.wait.get() >= self.config.patience && epoch > 0 {
            self.stopped.set(Some(epoch));
            run.model.stop_training.set(true);
        }
        Ok(())
    }

    fn on_train_end(&self, run: &Run, _logs: &Logs) -> Result<()> {
        if let Some(epoch) = self.stopped.get().filter(|_| self.config.verbose > 0) {
            run.model.announce(format!("Epoch {}: early stopping", epoch + 1));
        }
        match self.best_weights.borrow_mut().take() {
            Some(best) => run.model.restore(&best),
            None => Ok(()),
        }
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}
