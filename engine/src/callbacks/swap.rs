//! SwapEMAWeights: evaluation with averaged weights.

use super::{Callback, Logs, Run};
use crate::catalog::{Entry, Kind, Made};
use crate::config;
use crate::config::Configured;
use crate::error::{Error, Result};
use std::cell::Cell;
use std::rc::Rc;

config! {
    /// Puts the averages of the weights into the model while it is evaluated, and the weights back afterwards.
    ///
    /// The optimizer must keep averages: `use_ema=True`.
    pub struct SwapEMAWeights("SwapEMAWeights") {
        /// Whether callbacks behind this one see the averages at the end of each epoch, too (a ModelCheckpoint).
        swap_on_epoch: bool = false,
    }
}

/// The row of the table.
pub static ENTRY: Entry = Entry::of::<SwapEMAWeights>(Kind::Callback, &[], |args| {
    let config = SwapEMAWeights::from_args(args)?;
    Ok(Made::Callback(Rc::new(Swap { config, averages_in_model: Cell::new(false) })))
});

struct Swap {
    config: SwapEMAWeights,
    averages_in_model: Cell<bool>,
}

impl Swap {
    /// Has averages (`true`) or weights in the model.
    fn hold(&self, run: &Run, averages: bool) -> Result<()> {
        if self.averages_in_model.get() != averages {
            run.model
                .optimizer()?
                .swap_averages()
                .map_err(|error| error.within(SwapEMAWeights::NAME))?;
            self.averages_in_model.set(averages);
        }
        Ok(())
    }
}

impl Callback for Swap {
    fn on_epoch_begin(&self, run: &Run, _epoch: usize) -> Result<()> {
        if self.config.swap_on_epoch { self.hold(run, false) } else { Ok(()) }
    }

    fn on_epoch_end(&self, run: &Run, epoch: usize, _logs: &mut Logs) -> Result<()> {
        if !self.config.swap_on_epoch || self.averages_in_model.get() {
            return Ok(());
        }
        self.hold(run, true)?;
        // The end of the run overwrites the weights with the averages: these must be there, too.
        if epoch + 1 == run.epochs { run.model.optimizer()?.set_averages() } else { Ok(()) }
    }

    fn on_test_begin(&self, run: &Run) -> Result<()> {
        self.hold(run, true)
    }

    fn on_test_end(&self, run: &Run, _logs: &Logs) -> Result<()> {
        self.hold(run, false)
    }

    // The averages stay in the model after a prediction, as they do in Keras 3.15.
    fn on_predict_begin(&self, run: &Run) -> Result<()> {
        self.hold(run, true)
    }

    fn on_abort(&self, run: &Run, _error: &Error) {
        // An interrupted run goes on from the weights. Where they cannot be put back, the first error is the one to show.
        let _ = self.hold(run, false);
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}
