//! CSVLogger.

use super::{Callback, LogValue, Logs, Run};
use crate::catalog::{Entry, Kind, Made};
use crate::config;
use crate::config::{Arg, Configured};
use crate::disk::{self, Keep};
use crate::error::{Error, Result};
use std::cell::RefCell;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::rc::Rc;

config! {
    /// Writes each epoch's values as a line of a CSV file.
    pub struct CSVLogger("CSVLogger") {
        /// The file.
        filename: Arg,
        /// What stands between the values.
        separator: String = ",".to_owned(),
        /// Whether lines are added to a file that exists.
        append: bool = false,
    }
}

/// The row of the table.
pub static ENTRY: Entry = Entry::of::<CSVLogger>(Kind::Callback, &[], |args| {
    let config = CSVLogger::from_args(args)?;
    let Arg::Str(path) = &config.filename else {
        return Err(Error::type_error("CSVLogger: filename must be a path")
            .received(config.filename.describe()));
    };
    Ok(Made::Callback(Rc::new(Writer {
        path: path.clone(),
        config,
        keys: RefCell::default(),
        file: RefCell::default(),
    })))
});

struct Writer {
    path: String,
    config: CSVLogger,
    keys: RefCell<Vec<String>>,
    file: RefCell<Option<File>>,
}

impl Callback for Writer {
    fn on_train_begin(&self, _run: &Run) -> Result<()> {
        let goes_on =
            self.config.append && disk::metadata(&self.path).is_ok_and(|file| file.len() > 0);
        let mut options = OpenOptions::new();
        options.create(true).write(true).append(self.config.append).truncate(!self.config.append);
        let keep = if self.config.append { Keep::Content } else { Keep::Nothing };
        let file = disk::open_to_write(&self.path, &options, keep)
            .map_err(|error| Error::from(error).within(format!("CSVLogger {:?}", self.path)))?;
        *self.file.borrow_mut() = Some(file);
        if !goes_on {
            self.keys.borrow_mut().clear();
        }
        Ok(())
    }

    fn on_epoch_end(&self, _run: &Run, epoch: usize, logs: &mut Logs) -> Result<()> {
        let mut file = self.file.borrow_mut();
        let Some(file) = file.as_mut() else { return Ok(()) };
        let mut keys = self.keys.borrow_mut();
        let separator = &self.config.separator;
        if keys.is_empty() {
            *keys = logs.0.iter().map(|(name, _)| name.clone()).collect();
            keys.sort();
            writeln!(file, "epoch{separator}{}", keys.join(separator))?;
        }
        let mut line = epoch.to_string();
        for key in keys.iter() {
            line.push_str(separator);
            match logs.0.iter().find(|(name, _)| name == key) {
                Some((_, LogValue::Number(value))) => line.push_str(&value.to_string()),
                Some((_, LogValue::Vector(values))) => {
                    line.push_str(&format!(
                        "\"[{}]\"",
                        values.iter().map(f64::to_string).collect::<Vec<_>>().join(", ")
                    ));
                }
                None => line.push_str("NA"),
            }
        }
        writeln!(file, "{line}")?;
        file.flush()?;
        Ok(())
    }

    fn on_train_end(&self, _run: &Run, _logs: &Logs) -> Result<()> {
        *self.file.borrow_mut() = None;
        Ok(())
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}
