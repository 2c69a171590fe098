//! `class Mine(keras.Model)`: a model whose forward pass the program writes; `train_step` and `test_step` too, if it does.

use super::layer::{self, OwnLayer};
use super::{BaseClass, call_own, overrides};
use crate::bind::fit::{batch_value, logs_of};
use crate::bind::made::bind;
use crate::bind::model::{self, ModelObject, make_functional};
use crate::runtime::class::{Instance, NativeBase};
use crate::runtime::{Arguments, Exception, PyResult, Value, attributes, iterate};
use kerai_engine::Result;
use kerai_engine::callbacks::Logs;
use kerai_engine::data::Batch;
use kerai_engine::layer::LayerInstance;
use kerai_engine::model::{Hooks, Model};
use std::rc::Rc;

/// What the classes of a program get from `Model`.
struct ModelBase;

/// The class `keras.Model`.
pub fn class() -> BaseClass {
    BaseClass {
        name: "Model",
        module: "keras",
        doc: "A model: keras.Model(inputs, outputs) from promises, or a class of your own with layers in __init__ and the forward pass in call(self, inputs).",
        base: Rc::new(ModelBase),
        make: |arguments| {
            let [inputs, outputs, name] =
                bind("Model", "inputs=None, outputs=None, name=None", arguments)?;
            if inputs.is_none() || outputs.is_none() {
                return Err(Exception::type_error("keras.Model needs inputs and outputs")
                    .with_hint("keras.Model(inputs=x_in, outputs=x_out), or a class of your own: class Mine(keras.Model)"));
            }
            Ok(ModelObject::value(make_functional(&inputs, &outputs, &name)?))
        },
        is_instance: |value| model_of(value).is_some(),
    }
}

/// The engine's model of a value.
pub fn model_of(value: &Value) -> Option<Rc<Model>> {
    if let Some(object) = value.downcast::<ModelObject>() {
        return Some(object.model().clone());
    }
    super::native_part(value)
        .and_then(|part| part.downcast::<ModelObject>())
        .map(|object| object.model().clone())
}

fn own(native: &Value) -> PyResult<Rc<Model>> {
    model_of(native).ok_or_else(|| {
        Exception::new("RuntimeError", "the model is not initialized")
            .with_hint("call super().__init__() first in __init__")
    })
}

/// The native part around a layer that is a model, for an instance that is made again.
pub fn part(layer: &Rc<LayerInstance>) -> Value {
    let model = Model::new(layer.clone());
    model.set_hooks(Rc::new(OwnSteps::Layer(layer.clone())));
    ModelObject::value(Rc::new(model))
}

/// The steps that the program writes itself: in the instance behind a layer, or of a functional model.
enum OwnSteps {
    Layer(Rc<LayerInstance>),
    Functional(super::Back),
}

impl OwnSteps {
    fn instance(&self) -> Option<Value> {
        match self {
            OwnSteps::Layer(layer) => super::value_of(layer),
            OwnSteps::Functional(back) => back.get().ok(),
        }
    }

    fn step(&self, name: &str, batch: &Batch) -> Option<Result<Logs>> {
        let this = self.instance().filter(|this| overrides(this, name))?;
        let result = call_own(&this, name, Arguments::positional(vec![batch_value(batch)]));
        Some(result.and_then(|value| logs_of(&value)))
    }
}

impl Hooks for OwnSteps {
    fn train_step(&self, batch: &Batch) -> Option<Result<Logs>> {
        self.step("train_step", batch)
    }

    fn has_train_step(&self) -> bool {
        self.instance().is_some_and(|this| overrides(&this, "train_step"))
    }

    fn test_step(&self, batch: &Batch) -> Option<Result<Logs>> {
        self.step("test_step", batch)
    }

    fn reset_metrics(&self) -> Result<()> {
        let Some(this) = self.instance() else { return Ok(()) };
        let metrics =
            attributes::get(&this, "metrics").and_then(|metrics| iterate::collect(&metrics));
        for metric in metrics.unwrap_or_default() {
            call_own(&metric, "reset_state", Arguments::default())?;
        }
        Ok(())
    }
}

impl NativeBase for ModelBase {
    fn create(&self, class: &Value) -> PyResult<Value> {
        let model = Model::new(layer::make_instance(class, true));
        Ok(ModelObject::value(Rc::new(model)))
    }

    fn initialize(
        &self,
        instance: &Value,
        native: &Value,
        mut arguments: Arguments,
    ) -> PyResult<()> {
        let mut model = own(native)?;
        // super().__init__(inputs=..., outputs=...): a functional model with methods of the program's own.
        let functional = arguments.positional.len() >= 2
            || arguments.keywords.iter().any(|(name, _)| &**name == "inputs");
        if functional {
            let [inputs, outputs, name] = bind(
                "Model.__init__",
                "inputs, outputs, name=None",
                std::mem::take(&mut arguments),
            )?;
            model = make_functional(&inputs, &outputs, &name)?;
            if let Some(instance) = instance.downcast::<Instance>() {
                instance.set_native(ModelObject::value(model.clone()));
            }
        } else {
            layer::initialize(instance, model.instance(), arguments)?;
        }
        if overrides(instance, "train_step") || overrides(instance, "test_step") {
            model.set_hooks(Rc::new(match functional {
                true => {
                    let back = super::Back::default();
                    back.set(instance);
                    OwnSteps::Functional(back)
                }
                false => OwnSteps::Layer(model.instance().clone()),
            }));
        }
        Ok(())
    }

    fn attribute(&self, instance: &Value, native: &Value, name: &str) -> PyResult<Option<Value>> {
        let model = own(native)?;
        if name == "layers" && model.instance().layer_as::<OwnLayer>().is_none() {
            return model::attribute(instance, &model, name);
        }
        match model::attribute(instance, &model, name)? {
            Some(value) => Ok(Some(value)),
            None => layer::base_attribute(instance, model.instance(), name),
        }
    }

    fn set_attribute(
        &self,
        _instance: &Value,
        native: &Value,
        name: &str,
        value: &Value,
    ) -> PyResult<bool> {
        let model = own(native)?;
        if let Some(own) = model.instance().layer_as::<OwnLayer>() {
            own.track(name, value);
        }
        model::set_attribute(&model, name, value)
    }

    fn call(
        &self,
        instance: &Value,
        native: &Value,
        arguments: Arguments,
    ) -> Option<PyResult<Value>> {
        Some(own(native).and_then(|model| match model.instance().layer_as::<OwnLayer>() {
            Some(_) => layer::call_own_layer(instance, model.instance(), arguments),
            None => crate::runtime::context::call(native, arguments),
        }))
    }

    fn bases(&self) -> Vec<Value> {
        super::base("Layer").into_iter().collect()
    }

    fn attribute_names(&self) -> Vec<String> {
        model::NAMES
            .iter()
            .chain(crate::bind::layer::COMMON_NAMES)
            .map(|name| (*name).to_owned())
            .collect()
    }
}
