//! `class Mine(keras.metrics.Metric)`: `update_state`, `result`, and variables made with `add_variable`/`add_weight`.

use super::function::{MadePart, attach};
use super::{Back, BaseClass, call_own, overrides};
use crate::bind::convert::{as_made, to_arg, to_tensor};
use crate::bind::errors::into_engine;
use crate::bind::layer::sizes;
use crate::bind::made::{bind, method};
use crate::bind::tensor::{TensorObject, VariableObject};
use crate::runtime::class::NativeBase;
use crate::runtime::{Arguments, Exception, PyResult, Value};
use kerai_engine::candle::Tensor as Array;
use kerai_engine::catalog::{self, Kind, Made};
use kerai_engine::config::Arg;
use kerai_engine::metrics::Metric;
use kerai_engine::variable::Variable;
use kerai_engine::{Error, Result, Tensor};
use std::cell::RefCell;
use std::rc::Rc;

/// The engine's side of the program's metric.
pub struct OwnMetric {
    back: Rc<Back>,
    class: String,
    name: RefCell<Option<String>>,
    variables: RefCell<Vec<Rc<Variable>>>,
}

impl Metric for OwnMetric {
    fn name(&self) -> String {
        self.name.borrow().clone().unwrap_or_else(|| catalog::snake_case(&self.class))
    }

    fn identifier(&self) -> Arg {
        catalog::envelope("__main__", &self.class, Vec::new())
    }

    fn update(&self, truth: &Tensor, prediction: &Tensor, weights: Option<&Tensor>) -> Result<()> {
        let this = self.back.engine()?;
        let mut arguments =
            vec![TensorObject::value(truth.clone()), TensorObject::value(prediction.clone())];
        if let Some(weights) = weights {
            arguments.push(TensorObject::value(weights.clone()));
        }
        call_own(&this, "update_state", Arguments::positional(arguments)).map(|_| ())
    }

    fn result(&self) -> Result<Vec<f64>> {
        let this = self.back.engine()?;
        let value = call_own(&this, "result", Arguments::default())?;
        let tensor = to_tensor(&value).map_err(into_engine)?;
        Ok(tensor.to_f32_vec()?.into_iter().map(f64::from).collect())
    }

    fn reset(&self) {
        if let Ok(this) = self.back.get()
            && (overrides(&this, "reset_state") || overrides(&this, "reset_states"))
        {
            let name = if overrides(&this, "reset_state") { "reset_state" } else { "reset_states" };
            let _ = call_own(&this, name, Arguments::default());
            return;
        }
        for variable in self.variables.borrow().iter() {
            if let Ok(zeros) = variable.array().zeros_like() {
                variable.replace(zeros);
            }
        }
    }

    fn state(&self) -> Vec<Vec<f64>> {
        let values = |variable: &Rc<Variable>| {
            Tensor::new(variable.array())
                .to_f32_vec()
                .map_or_else(|_| Vec::new(), |v| v.into_iter().map(f64::from).collect())
        };
        self.variables.borrow().iter().map(values).collect()
    }

    fn set_state(&self, state: &[Vec<f64>]) -> Result<()> {
        let variables = self.variables.borrow();
        if state.len() != variables.len() {
            return Err(Error::value(format!(
                "metric {} has {} variables",
                self.name(),
                variables.len()
            )));
        }
        for (variable, values) in variables.iter().zip(state) {
            let values: Vec<f32> = values.iter().map(|value| *value as f32).collect();
            variable.assign(Tensor::from_vec(values, &variable.shape())?.array())?;
        }
        Ok(())
    }
}

struct MetricBase;

/// The class `keras.metrics.Metric`.
pub fn class() -> BaseClass {
    BaseClass {
        name: "Metric",
        module: "keras.metrics",
        doc: "A metric of your own: variables in __init__ with self.add_variable(...), then update_state(self, y_true, y_pred, sample_weight=None) and result(self).",
        base: Rc::new(MetricBase),
        make: |_| super::abstract_class("keras.metrics.Metric"),
        is_instance: |value| matches!(as_made(value), Some(Made::Metric(_))),
    }
}

fn own(native: &Value) -> Option<Rc<OwnMetric>> {
    native.downcast::<MadePart>()?.own()
}

fn add_variable(own: &OwnMetric, arguments: Arguments) -> PyResult<Value> {
    // Both orders are in use: add_variable(shape, initializer, name=...) and add_weight(name=..., initializer=...).
    let mut arguments = arguments;
    if let Some(Value::Str(_)) = arguments.positional.first() {
        let name = arguments.positional.remove(0);
        arguments = arguments.with("name", name);
    }
    let [shape, initializer, _, _, _, name] = bind(
        "add_variable",
        "shape=(), initializer='zeros', dtype=None, aggregation='sum', trainable=False, name=None",
        arguments,
    )?;
    let shape = sizes(&shape, "shape")?;
    let Made::Initializer(initializer) = catalog::get(Kind::Initializer, &to_arg(&initializer)?)?
    else {
        return Err(Exception::type_error("add_variable: the initializer is no initializer"));
    };
    let name =
        if name.is_none() { "variable".to_owned() } else { name.as_str("name")?.to_string() };
    let value: Array = initializer.make(&shape)?;
    let variable = Rc::new(Variable::new(name, value, false));
    own.variables.borrow_mut().push(variable.clone());
    Ok(VariableObject::value(variable))
}

impl NativeBase for MetricBase {
    fn create(&self, class: &Value) -> PyResult<Value> {
        let back = Rc::new(Back::default());
        let class = match crate::runtime::attributes::get(class, "__name__") {
            Ok(Value::Str(name)) => name.to_string(),
            _ => "Metric".to_owned(),
        };
        let own = Rc::new(OwnMetric {
            back: back.clone(),
            class,
            name: RefCell::default(),
            variables: RefCell::default(),
        });
        Ok(MadePart::value(&own, &back, |own| Made::Metric(own)))
    }

    fn initialize(&self, instance: &Value, native: &Value, arguments: Arguments) -> PyResult<()> {
        attach(instance, native);
        let [name, _] = bind("Metric.__init__", "name=None, dtype=None, **kwargs", arguments)?;
        if let (Some(own), Value::Str(name)) = (own(native), &name) {
            *own.name.borrow_mut() = Some(name.to_string());
        }
        Ok(())
    }

    fn attribute(&self, instance: &Value, native: &Value, name: &str) -> PyResult<Option<Value>> {
        attach(instance, native);
        let Some(own) = own(native) else { return Ok(None) };
        Ok(match name {
            "add_variable" | "add_weight" => {
                Some(method("add_variable", move |arguments| add_variable(&own, arguments)))
            }
            "name" => Some(Value::str(own.name())),
            "variables" => Some(crate::bind::layer::variable_list(own.variables.borrow().clone())),
            "reset_state" | "reset_states" => Some(method("reset_state", move |_| {
                for variable in own.variables.borrow().iter() {
                    variable
                        .replace(variable.array().zeros_like().map_err(kerai_engine::Error::from)?);
                }
                Ok(Value::None)
            })),
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
            crate::runtime::attributes::call_method(instance, "update_state", arguments)?;
            crate::runtime::attributes::call_method(instance, "result", Arguments::default())
        };
        Some(run())
    }
}
