//! ModelCheckpoint.

use super::early_stopping::Mode;
use super::{Callback, LazyLogs, Logs, Run, missing_monitor};
use crate::catalog::{Entry, Kind, Made};
use crate::config;
use crate::config::{Arg, Configured};
use crate::disk;
use crate::error::{Error, Result};
use crate::saving;
use std::cell::Cell;
use std::path::Path;
use std::rc::Rc;

config! {
    /// Saves the model (or its weights) after epochs, or after a number of batches.
    pub struct ModelCheckpoint("ModelCheckpoint") {
        /// The file; `{epoch:02d}` and `{val_loss:.2f}` are filled in. Models end in `.keras`, weights in `.weights.h5`.
        filepath: Arg,
        /// The value to watch.
        monitor: String = "val_loss".to_owned(),
        /// 1 announces each save.
        verbose: i64 = 0,
        /// Whether only the best so far is kept.
        save_best_only: bool = false,
        /// Whether only the weights are saved.
        save_weights_only: bool = false,
        /// Whether smaller or larger is better; "auto" goes by the name.
        mode: Mode = Mode::Auto,
        /// "epoch", or a number of batches.
        save_freq: Arg = Arg::str("epoch"),
        /// A value that must be beaten first.
        initial_value_threshold: Option<f64> = None,
    }
}

/// The row of the table.
pub static ENTRY: Entry = Entry::of::<ModelCheckpoint>(Kind::Callback, &[], |args| {
    let config = ModelCheckpoint::from_args(args)?;
    let Arg::Str(path) = &config.filepath else {
        return Err(Error::type_error("ModelCheckpoint: filepath must be a path")
            .received(config.filepath.describe()));
    };
    let ending = if config.save_weights_only { ".weights.h5" } else { ".keras" };
    if !path.ends_with(ending) {
        return Err(Error::value(format!("ModelCheckpoint: the file must end in {ending}"))
            .received(path.clone())
            .expected(format!("a name such as \"best{ending}\"")));
    }
    let every = match &config.save_freq {
        Arg::Str(word) if word == "epoch" => None,
        Arg::Int(batches) if *batches > 0 => Some(usize::try_from(*batches).unwrap_or(usize::MAX)),
        other => {
            return Err(Error::value(
                "ModelCheckpoint: save_freq is \"epoch\" or a number of batches",
            )
            .received(other.describe()));
        }
    };
    let best = config
        .initial_value_threshold
        .unwrap_or_else(|| config.mode.better(&config.monitor).worst());
    Ok(Made::Callback(Rc::new(Saver {
        path: path.clone(),
        config,
        every,
        best: Cell::new(best),
        batches: Cell::new(0),
        epoch: Cell::new(0),
    })))
});

struct Saver {
    path: String,
    config: ModelCheckpoint,
    every: Option<usize>,
    best: Cell<f64>,
    batches: Cell<usize>,
    epoch: Cell<usize>,
}

impl Saver {
    fn save(&self, run: &Run, epoch: usize, batch: Option<usize>, logs: &Logs) -> Result<()> {
        let mut announcement = String::new();
        if self.config.save_best_only {
            let value = logs
                .get(&self.config.monitor)
                .ok_or_else(|| missing_monitor("ModelCheckpoint", &self.config.monitor, logs))?;
            let better = self.config.mode.better(&self.config.monitor);
            let best = self.best.get();
            if !better.is_better(value, best) {
                if self.config.verbose > 0 {
                    run.model.announce(format!(
                        "Epoch {}: {} did not improve from {best:.5}",
                        epoch + 1,
                        self.config.monitor
                    ));
                }
                return Ok(());
            }
            self.best.set(value);
            announcement =
                format!(" {} improved from {best:.5} to {value:.5},", self.config.monitor);
        }
        let path = fill_in(&self.path, epoch + 1, batch, logs)?;
        if let Some(folder) =
            Path::new(&path).parent().filter(|folder| !folder.as_os_str().is_empty())
        {
            disk::create_dir_all(folder)?;
        }
        if self.config.verbose > 0 {
            run.model
                .announce(format!("Epoch {}:{announcement} saving model to {path}", epoch + 1));
        }
        match self.config.save_weights_only {
            true => saving::save_weights(&run.model, Path::new(&path)),
            false => saving::save_model(&run.model, Path::new(&path)),
        }
    }
}

impl Callback for Saver {
    fn on_epoch_begin(&self, _run: &Run, epoch: usize) -> Result<()> {
        self.epoch.set(epoch);
        Ok(())
    }

    fn wants_batches(&self) -> bool {
        self.every.is_some()
    }

    fn on_train_batch_end(&self, run: &Run, batch: usize, logs: LazyLogs<'_>) -> Result<()> {
        let Some(every) = self.every else { return Ok(()) };
        self.batches.set(self.batches.get() + 1);
        if self.batches.get() < every {
            return Ok(());
        }
        self.batches.set(0);
        self.save(run, self.epoch.get(), Some(batch), &logs()?)
    }

    fn on_epoch_end(&self, run: &Run, epoch: usize, logs: &mut Logs) -> Result<()> {
        if self.every.is_none() { self.save(run, epoch, None, logs) } else { Ok(()) }
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}

/// Fills `{epoch:02d}` and `{val_loss:.3f}` into a file name.
fn fill_in(template: &str, epoch: usize, batch: Option<usize>, logs: &Logs) -> Result<String> {
    let mut filled = String::new();
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        filled.push_str(&rest[..open]);
        let Some(length) = rest[open..].find('}') else { break };
        let field = &rest[open + 1..open + length];
        let (name, spec) = field.split_once(':').unwrap_or((field, ""));
        match name {
            "epoch" | "batch" => {
                let number = if name == "epoch" { epoch } else { batch.unwrap_or(0) };
                let width = spec.trim_end_matches('d').parse::<usize>().unwrap_or(0);
                filled.push_str(&if spec.starts_with('0') {
                    format!("{number:0width$}")
                } else {
                    format!("{number:width$}")
                });
            }
            name => {
                let value =
                    logs.get(name).ok_or_else(|| missing_monitor("ModelCheckpoint", name, logs))?;
                let digits = spec
                    .trim_start_matches(|c| c != '.')
                    .trim_start_matches('.')
                    .trim_end_matches('f')
                    .parse::<usize>();
                filled.push_str(
                    &digits
                        .map_or_else(|_| format!("{value}"), |digits| format!("{value:.digits$}")),
                );
            }
        }
        rest = &rest[open + length + 1..];
    }
    filled.push_str(rest);
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_are_filled_in_as_pythons_format_does() {
        let mut logs = Logs::default();
        logs.set("val_loss", 0.12345);
        let name = fill_in("a/{epoch:02d}-{val_loss:.2f}.keras", 3, None, &logs).unwrap();
        assert_eq!(name, "a/03-0.12.keras");
        assert!(fill_in("{nothing}.keras", 1, None, &logs).is_err());
    }
}
