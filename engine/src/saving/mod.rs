//! `.keras` files: the archive, the configs in it, the weights.
//!
//! Sources: Keras' `saving/saving_lib.py` and `saving/serialization_lib.py` (3.15), and files that it wrote.

mod archive;
mod config;
mod hdf5;
mod weights;

use crate::catalog::Made;
use crate::compile::Compiled;
use crate::config::Arg;
use crate::disk;
use crate::error::{Error, ErrorKind, Result};
use crate::function;
use crate::memory;
use crate::model::Model;
pub(crate) use archive::write_file;
pub use config::{functional_config, layer_from_config, model_from_config, sequential_config};
use std::path::Path;

/// Writes a model to a `.keras` file: architecture, weights, and, if it is compiled, the optimizer with its state.
pub fn save_model(model: &Model, path: &Path) -> Result<()> {
    if path.extension().is_none_or(|extension| extension != "keras") {
        return Err(Error::value("a model is saved to a file that ends in .keras")
            .received(path.display().to_string())
            .hint("model.save(\"model.keras\"), or model.save_weights(\"model.weights.h5\") for the weights alone"));
    }
    if !model.instance().is_built() {
        return Err(Error::value("the model has no weights yet, so there is nothing to save")
            .hint("begin it with keras.Input(shape=(...)), or call it on data first"));
    }
    let Arg::Map(mut envelope) = model.instance().identifier() else {
        return Err(Error::runtime("the model has no config"));
    };
    // As Keras does: its own Sequential has none.
    if model.instance().layer().class_name() != "Sequential"
        && let Some((_, name)) = envelope.iter_mut().find(|(name, _)| name == "registered_name")
        && matches!(name, Arg::None)
    {
        *name = Arg::str(model.instance().layer().class_name());
    }
    envelope.iter().try_for_each(|(_, value)| function::refuse_nameless(value))?;
    if model.is_compiled() {
        envelope.push(("compile_config".to_owned(), Arg::Map(model.compiled()?.config())));
    } else {
        envelope.push(("compile_config".to_owned(), Arg::Map(Vec::new())));
    }
    let metadata = format!("{{\"keras_version\": \"3.15.1\", \"date_saved\": \"{}\"}}", date());
    let weights = hdf5::write(&weights::gather(model, true)?)?;
    let bytes = archive::write(&metadata, &Arg::Map(envelope).to_json().to_string(), &weights)?;
    write_file(path, &bytes)
}

/// The model in a `.keras` file. With `compile`, it goes on training where it stood.
pub fn load_model(path: &Path, compile: bool) -> Result<Model> {
    if path.extension().is_some_and(|extension| extension == "h5" || extension == "hdf5") {
        return Err(Error::not_implemented(
            "models in the old .h5 format cannot be read yet",
            "load it in Keras and save it as .keras",
        )
        .received(path.display().to_string()));
    }
    let archive = archive::read(path)?;
    let json = serde_json::from_str(&archive.config).map_err(|error| {
        Error::new(ErrorKind::Io, format!("the config in {} is damaged", path.display()))
            .received(error.to_string())
    })?;
    let envelope = Arg::from_json(&json);
    // Generous for files of half floats or with compressed arrays, and far below what would hurt.
    let budget = (64 << 20) + archive.weights.len().saturating_mul(16);
    let model = memory::with_budget(budget, || model_from_config(&envelope))
        .map_err(|error| error.within(path.display()))?;
    let root = hdf5::read(archive.weights)?;
    weights::scatter(&model, &root)?;
    // An uncompiled model has an empty compile_config.
    let settings = envelope
        .get("compile_config")
        .filter(|settings| compile && settings.get("optimizer").is_some());
    if let Some(settings) = settings {
        let settings = function::resolved(settings);
        let setting = |name: &str| settings.get(name).cloned().unwrap_or(Arg::None);
        let compiled = Compiled::new(
            setting("optimizer"),
            setting("loss"),
            setting("loss_weights"),
            setting("metrics"),
            setting("weighted_metrics"),
        )?
        .with_loss_scale(&model.instance().policy());
        if let Some(vars) = root.find("optimizer/vars") {
            let values: Vec<_> = vars.numbered().into_iter().cloned().collect();
            if values.len() > 2 {
                compiled.optimizer().build(&model.instance().trainable_variables())?;
            }
            compiled.optimizer().set_variables(&values)?;
        }
        model.compile(compiled);
    }
    Ok(model)
}

/// Writes a model's weights to a `.weights.h5` file.
pub fn save_weights(model: &Model, path: &Path) -> Result<()> {
    if !path.to_string_lossy().ends_with(".weights.h5") {
        return Err(Error::value("weights are saved to a file that ends in .weights.h5")
            .received(path.display().to_string()));
    }
    write_file(path, &hdf5::write(&weights::gather(model, true)?)?)
}

/// Puts the weights of a `.weights.h5` or `.keras` file into a model.
pub fn load_weights(model: &Model, path: &Path) -> Result<()> {
    if !model.instance().is_built() {
        return Err(Error::value("the model has no weights yet, so none can be loaded")
            .hint("begin it with keras.Input(shape=(...)), or call it on data first"));
    }
    let bytes = if path.extension().is_some_and(|extension| extension == "keras") {
        archive::read(path)?.weights
    } else {
        disk::read(path).map_err(|error| {
            Error { what: format!("cannot open {}", path.display()), ..Error::from(error) }
                .received("no such file")
        })?
    };
    weights::scatter(model, &hdf5::read(bytes)?)
}

/// The same layers with fresh weights.
pub fn clone_model(model: &Model) -> Result<Model> {
    model_from_config(&plain(&model.instance().identifier()))
}

/// A config in which objects are configs too; functions of the user stay what they are.
fn plain(config: &Arg) -> Arg {
    match config {
        Arg::Made(made) => match made.function() {
            Some(function) => Arg::Made(Made::Function(function.clone())),
            None => plain(&made.to_arg()),
        },
        Arg::List(items) => Arg::List(items.iter().map(plain).collect()),
        Arg::Map(map) => {
            Arg::Map(map.iter().map(|(name, item)| (name.clone(), plain(item))).collect())
        }
        other => other.clone(),
    }
}

/// Now, as Keras writes it: `2026-11-22@16:07:46`, in UTC.
fn date() -> String {
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |elapsed| elapsed.as_secs());
    let (days, seconds) = (i64::try_from(now / 86_400).unwrap_or(0), now % 86_400);
    // Days to civil date (Howard Hinnant, "chrono-compatible low-level date algorithms").
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!(
        "{year}-{month:02}-{day:02}@{:02}:{:02}:{:02}",
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60
    )
}
