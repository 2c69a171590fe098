//! `class Mine(keras.losses.Loss)`: `call(self, y_true, y_pred)` gives a value per sample.

use super::function::{MadePart, attach};
use super::{Back, BaseClass, call_own};
use crate::bind::convert::{as_made, to_tensor};
use crate::bind::errors::into_engine;
use crate::bind::made::{bind, method};
use crate::bind::tensor::TensorObject;
use crate::runtime::class::NativeBase;
use crate::runtime::{Arguments, PyResult, Value};
use kerai_engine::catalog::Made;
use kerai_engine::config::Arg;
use kerai_engine::losses::{Loss, reduce_mean};
use kerai_engine::{Result, Tensor};
use std::cell::RefCell;
use std::rc::Rc;

struct OwnLoss {
    back: Rc<Back>,
    class: String,
    name: RefCell<Option<String>>,
}

impl Loss for OwnLoss {
    fn name(&self) -> String {
        self.name.borrow().clone().unwrap_or_else(|| kerai_engine::catalog::snake_case(&self.class))
    }

    fn identifier(&self) -> Arg {
        kerai_engine::catalog::envelope("__main__", &self.class, Vec::new())
    }

    fn call(
        &self,
        truth: &Tensor,
        prediction: &Tensor,
        weights: Option<&Tensor>,
    ) -> Result<Tensor> {
        let this = self.back.engine()?;
        let arguments =
            vec![TensorObject::value(truth.clone()), TensorObject::value(prediction.clone())];
        let value = call_own(&this, "call", Arguments::positional(arguments))?;
        reduce_mean(&to_tensor(&value).map_err(into_engine)?, weights)
    }
}

struct LossBase;

/// The class `keras.losses.Loss`.
pub fn class() -> BaseClass {
    BaseClass {
        name: "Loss",
        module: "keras.losses",
        doc: "A loss of your own: call(self, y_true, y_pred) gives a value per sample; their mean is minimised.",
        base: Rc::new(LossBase),
        make: |_| super::abstract_class("keras.losses.Loss"),
        is_instance: |value| matches!(as_made(value), Some(Made::Loss(_))),
    }
}

impl NativeBase for LossBase {
    fn create(&self, class: &Value) -> PyResult<Value> {
        let back = Rc::new(Back::default());
        let class = match crate::runtime::attributes::get(class, "__name__") {
            Ok(Value::Str(name)) => name.to_string(),
            _ => "Loss".to_owned(),
        };
        let loss = Rc::new(OwnLoss { back: back.clone(), class, name: RefCell::default() });
        Ok(MadePart::value(&loss, &back, |loss| Made::Loss(loss)))
    }

    fn initialize(&self, instance: &Value, native: &Value, arguments: Arguments) -> PyResult<()> {
        attach(instance, native);
        bind::<2>(
            "Loss.__init__",
            "name=None, reduction='sum_over_batch_size', **kwargs",
            arguments,
        )?;
        Ok(())
    }

    fn attribute(&self, instance: &Value, native: &Value, name: &str) -> PyResult<Option<Value>> {
        attach(instance, native);
        let Some(Made::Loss(loss)) = as_made(native) else { return Ok(None) };
        Ok(match name {
            "name" => Some(Value::str(loss.name())),
            "get_config" => Some(method("get_config", |_| Ok(Value::dict::<&str>([])))),
            _ => None,
        })
    }

    fn set_attribute(
        &self,
        instance: &Value,
        native: &Value,
        _name: &str,
        _value: &Value,
    ) -> PyResult<bool> {
        attach(instance, native);
        Ok(false)
    }

    fn call(
        &self,
        instance: &Value,
        native: &Value,
        arguments: Arguments,
    ) -> Option<PyResult<Value>> {
        attach(instance, native);
        let run = || -> PyResult<Value> {
            let [truth, prediction, weights] =
                bind("__call__", "y_true, y_pred, sample_weight=None", arguments)?;
            let Some(Made::Loss(loss)) = as_made(native) else { return Ok(Value::None) };
            let weights = if weights.is_none() { None } else { Some(to_tensor(&weights)?) };
            Ok(TensorObject::value(loss.call(
                &to_tensor(&truth)?,
                &to_tensor(&prediction)?,
                weights.as_ref(),
            )?))
        };
        Some(run())
    }
}
