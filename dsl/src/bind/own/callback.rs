//! `class Mine(keras.callbacks.Callback)`: the hooks that the program overrides.

use super::{BaseClass, overrides};
use crate::bind::convert::from_arg;
use crate::bind::errors::into_engine;
use crate::runtime::class::{Instance, NativeBase};
use crate::runtime::{Arguments, Object, PyResult, Value, attributes};
use kerai_engine::Result;
use kerai_engine::callbacks::{Callback, LazyLogs, LogValue, Logs, Run};
use kerai_engine::config::Arg;
use std::rc::Rc;

/// The native part: it marks the instance as a callback.
struct CallbackPart;

impl Object for CallbackPart {
    fn type_name(&self) -> String {
        "Callback".to_owned()
    }
}

struct CallbackBase;

/// The class `keras.callbacks.Callback`.
pub fn class() -> BaseClass {
    BaseClass {
        name: "Callback",
        module: "keras.callbacks",
        doc: "A callback of your own: override on_epoch_end(self, epoch, logs=None) and its relatives; self.model is the model.",
        base: Rc::new(CallbackBase),
        make: |_| super::abstract_class("keras.callbacks.Callback"),
        is_instance: is_callback,
    }
}

fn is_callback(value: &Value) -> bool {
    use kerai_engine::catalog::Made;
    let own =
        super::native_part(value).is_some_and(|part| part.downcast::<CallbackPart>().is_some());
    own || matches!(crate::bind::convert::as_made(value), Some(Made::Callback(_)))
}

impl NativeBase for CallbackBase {
    fn create(&self, _class: &Value) -> PyResult<Value> {
        Ok(Value::object(CallbackPart))
    }

    fn initialize(
        &self,
        _instance: &Value,
        _native: &Value,
        _arguments: Arguments,
    ) -> PyResult<()> {
        Ok(())
    }

    fn attribute(&self, _instance: &Value, _native: &Value, name: &str) -> PyResult<Option<Value>> {
        Ok(match name {
            "model" | "params" => Some(Value::None),
            name if name.starts_with("on_") || matches!(name, "set_model" | "set_params") => {
                Some(crate::bind::made::method(name, |_| Ok(Value::None)))
            }
            _ => None,
        })
    }
}

/// The engine's side of the program's callback.
pub struct OwnCallback {
    value: Value,
}

impl OwnCallback {
    /// The callback in a value, if it is one; it learns its model.
    pub fn of(value: &Value, model: &Value) -> Option<Self> {
        let instance = value.downcast::<Instance>()?;
        instance.native()?.downcast::<CallbackPart>()?;
        instance.attributes.borrow_mut().insert(Rc::from("model"), model.clone());
        Some(OwnCallback { value: value.clone() })
    }

    fn tell(&self, name: &str, number: Option<usize>, logs: &Logs) -> Result<Option<Value>> {
        if !overrides(&self.value, name) {
            return Ok(None);
        }
        let value = |value: &LogValue| match value {
            LogValue::Number(number) => Arg::Float(*number),
            LogValue::Vector(values) => {
                Arg::List(values.iter().map(|value| Arg::Float(*value)).collect())
            }
        };
        let logs =
            from_arg(&Arg::Map(logs.0.iter().map(|(name, v)| (name.clone(), value(v))).collect()));
        let number = number.map(|number| Value::Int(i64::try_from(number).unwrap_or(i64::MAX)));
        let arguments: Vec<Value> = number.into_iter().chain([logs.clone()]).collect();
        attributes::call_method(&self.value, name, Arguments::positional(arguments))
            .map_err(into_engine)?;
        Ok(Some(logs))
    }
}

impl Callback for OwnCallback {
    fn on_train_begin(&self, run: &Run) -> Result<()> {
        if let Some(instance) = self.value.downcast::<Instance>() {
            let int = |number: usize| Value::Int(i64::try_from(number).unwrap_or(i64::MAX));
            let params = Value::dict([
                ("verbose", Value::Int(i64::from(run.verbose))),
                ("epochs", int(run.epochs)),
                ("steps", run.steps.map_or(Value::None, int)),
            ]);
            instance.attributes.borrow_mut().insert(Rc::from("params"), params);
        }
        self.tell("on_train_begin", None, &Logs::default()).map(|_| ())
    }

    fn on_train_end(&self, _run: &Run, logs: &Logs) -> Result<()> {
        self.tell("on_train_end", None, logs).map(|_| ())
    }

    fn on_epoch_begin(&self, _run: &Run, epoch: usize) -> Result<()> {
        self.tell("on_epoch_begin", Some(epoch), &Logs::default()).map(|_| ())
    }

    fn on_epoch_end(&self, _run: &Run, epoch: usize, logs: &mut Logs) -> Result<()> {
        let Some(Value::Dict(entries)) = self.tell("on_epoch_end", Some(epoch), logs)? else {
            return Ok(());
        };
        // What the program adds to the logs is history, as in Keras.
        for (key, value) in entries.borrow().iter() {
            if let (Value::Str(name), Ok(number)) = (&key.0, value.as_float("a log")) {
                logs.set(name, number);
            }
        }
        Ok(())
    }

    fn wants_batches(&self) -> bool {
        [
            "on_train_batch_begin",
            "on_train_batch_end",
            "on_batch_begin",
            "on_batch_end",
            "on_test_batch_begin",
            "on_test_batch_end",
            "on_predict_batch_end",
        ]
        .iter()
        .any(|name| overrides(&self.value, name))
    }

    fn on_train_batch_begin(&self, _run: &Run, batch: usize) -> Result<()> {
        self.tell("on_train_batch_begin", Some(batch), &Logs::default())?;
        self.tell("on_batch_begin", Some(batch), &Logs::default()).map(|_| ())
    }

    fn on_train_batch_end(&self, _run: &Run, batch: usize, logs: LazyLogs<'_>) -> Result<()> {
        for name in ["on_train_batch_end", "on_batch_end"] {
            if overrides(&self.value, name) {
                self.tell(name, Some(batch), &logs()?)?;
            }
        }
        Ok(())
    }

    fn on_test_begin(&self, _run: &Run) -> Result<()> {
        self.tell("on_test_begin", None, &Logs::default()).map(|_| ())
    }

    fn on_test_end(&self, _run: &Run, logs: &Logs) -> Result<()> {
        self.tell("on_test_end", None, logs).map(|_| ())
    }

    fn on_test_batch_begin(&self, _run: &Run, batch: usize) -> Result<()> {
        self.tell("on_test_batch_begin", Some(batch), &Logs::default()).map(|_| ())
    }

    fn on_test_batch_end(&self, _run: &Run, batch: usize, logs: LazyLogs<'_>) -> Result<()> {
        if overrides(&self.value, "on_test_batch_end") {
            self.tell("on_test_batch_end", Some(batch), &logs()?)?;
        }
        Ok(())
    }

    fn on_predict_begin(&self, _run: &Run) -> Result<()> {
        self.tell("on_predict_begin", None, &Logs::default()).map(|_| ())
    }

    fn on_predict_end(&self, _run: &Run) -> Result<()> {
        self.tell("on_predict_end", None, &Logs::default()).map(|_| ())
    }

    fn on_predict_batch_end(&self, _run: &Run, batch: usize) -> Result<()> {
        self.tell("on_predict_batch_end", Some(batch), &Logs::default()).map(|_| ())
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}
