//! `kerai`: what only kerai has.

use super::Module;
use crate::bind::{data, own};
use crate::runtime::{Exception, Native, Object, PyResult, Value, context};
use crate::show;
use crate::sink::{Bundle, Output, Style};
use kerai_engine::profile::{self, Profile};

/// The module.
pub(super) fn module() -> Module {
    Module::new("kerai", "What only kerai has: bundled data, and where the time of training goes.")
        .with("__version__", Value::str(env!("CARGO_PKG_VERSION")))
        .submodule("datasets", super::keras_datasets::kerai)
        .function(
            "profile",
            "model, x, y=None, batch_size=32, steps=10",
            "Where the time of a training step goes: per layer and operation, forward and backward, and for input, loss, \
             optimizer and metrics. The model must be compiled; it stays as it is: weights, optimizer, metrics and random \
             numbers. The result shows a table; `.rows` has its numbers, `.step_ms` the whole step, `.plot()` draws it.",
            profile_model,
        )
}

fn profile_model(values: Vec<Value>) -> PyResult<Value> {
    let [model, x, y, batch_size, steps] = &values[..] else {
        return Err(Exception::type_error("profile takes model, x, y, batch_size and steps"));
    };
    let Some(model) = own::model::model_of(model) else {
        return Err(model.wrong_type("model", "a compiled model"));
    };
    let positive = |value: &Value, name: &str| {
        let number = value.as_int(name)?;
        usize::try_from(number).ok().filter(|number| *number > 0).ok_or_else(|| {
            Exception::value_error(format!("{name} must be a positive integer"))
                .with_received(number.to_string())
        })
    };
    let (batch_size, steps) = (positive(batch_size, "batch_size")?, positive(steps, "steps")?);
    kerai_engine::interrupt::listen_to(context::interrupt().flag());
    let none = Value::None;
    let mut batches = data::batches(&model, x, y, &none, &none, Some(batch_size), false)?;
    let profile = profile::profile(&model, &mut *batches, steps)?;
    if context::style() == Style::Notebook {
        draw(&profile);
    }
    Ok(Value::object(ProfileObject(profile)))
}

fn draw(profile: &Profile) {
    let bundle = show::profile::figure(profile).bundle();
    context::emit(Output::Display { id: None, bundle });
}

/// What `profile` gives.
struct ProfileObject(Profile);

impl Object for ProfileObject {
    fn type_name(&self) -> String {
        "Profile".to_owned()
    }

    fn repr(&self) -> PyResult<String> {
        Ok(show::profile::text(&self.0))
    }

    fn display(&self) -> Option<Bundle> {
        Some(show::profile::bundle(&self.0))
    }

    fn attribute(&self, _this: &Value, name: &str) -> PyResult<Option<Value>> {
        let count = |number: usize| Value::Int(i64::try_from(number).unwrap_or(i64::MAX));
        Ok(match name {
            "rows" => {
                let rows = self.0.rows.iter().map(|row| {
                    Value::dict([
                        ("layer", Value::str(&row.layer)),
                        ("operation", Value::str(row.operation)),
                        ("forward_ms", Value::Float(row.forward_ms)),
                        ("backward_ms", Value::Float(row.backward_ms)),
                        ("calls", Value::Float(row.calls)),
                    ])
                });
                Some(Value::list(rows.collect()))
            }
            "step_ms" => Some(Value::Float(self.0.step_ms)),
            "steps" => Some(count(self.0.steps)),
            "batch_size" => Some(count(self.0.batch_size)),
            "plot" => {
                let profile = self.0.clone();
                let plot = move |_: Vec<Value>| {
                    draw(&profile);
                    Ok(Value::None)
                };
                Some(Native::value("plot", "", "Draws a bar for each layer.", plot))
            }
            _ => None,
        })
    }

    fn attribute_names(&self) -> Vec<String> {
        ["batch_size", "plot", "rows", "step_ms", "steps"].map(str::to_owned).to_vec()
    }
}
