//! `class Mine(keras.layers.Layer)`: build, call, add_weight, sublayers found in attributes.

use super::{Back, BaseClass, call_own, overrides};
use crate::bind::convert::{as_made, candle_dtype, dtype_name, from_arg, to_arg, to_tensor};
use crate::bind::errors::into_engine;
use crate::bind::layer::{self, sizes};
use crate::bind::made::{method, with_parameters};
use crate::bind::pass;
use crate::bind::symbol::shape_value;
use crate::bind::tensor::{TensorObject, VariableObject};
use crate::runtime::class::{Instance, NativeBase};
use crate::runtime::{Arguments, Exception, Object, PyResult, Value, iterate, operators};
use kerai_engine::catalog::{self, Kind, Made};
use kerai_engine::config::{Arg, Config, Field};
use kerai_engine::dtype_policy::DtypePolicy;
use kerai_engine::layer::{Layer, LayerInstance, Pass, WeightSpec};
use kerai_engine::shape::Shape;
use kerai_engine::variable::Variable;
use kerai_engine::{Error, Result, Tensor, tape};
use std::cell::RefCell;
use std::rc::Rc;

/// A layer that the program wrote.
pub struct OwnLayer {
    class_name: String,
    back: Back,
    /// Attributes that hold layers or variables, in the order in which they were set; lists may grow later.
    tracked: RefCell<Vec<(String, Value)>>,
    /// A model: results keep their structure, sublayers are saved as a model's.
    is_model: bool,
}

impl OwnLayer {
    /// A layer for instances of a class.
    pub fn new(class: &Value, is_model: bool) -> Self {
        let class_name = match crate::runtime::attributes::get(class, "__name__") {
            Ok(Value::Str(name)) => name.to_string(),
            _ => "Layer".to_owned(),
        };
        OwnLayer { class_name, back: Back::default(), tracked: RefCell::default(), is_model }
    }

    /// Points back at the program's instance.
    pub fn attach(&self, instance: &Value) {
        self.back.set(instance);
    }

    /// The program's instance lives as long as this layer.
    pub fn keep(&self) {
        self.back.keep();
    }

    /// The program's instance.
    pub fn value(&self) -> Option<Value> {
        self.back.get().ok()
    }

    /// Notes an attribute, if it may hold layers or variables.
    pub fn track(&self, name: &str, value: &Value) {
        let mut tracked = self.tracked.borrow_mut();
        tracked.retain(|(known, _)| known != name);
        if matches!(value, Value::List(_) | Value::Tuple(_) | Value::Dict(_) | Value::Object(_)) {
            tracked.push((name.to_owned(), value.clone()));
        }
    }

    fn found(&self) -> (Vec<(String, Rc<LayerInstance>)>, Vec<Rc<Variable>>) {
        let (mut layers, mut variables) = (Vec::new(), Vec::new());
        for (name, value) in self.tracked.borrow().iter() {
            collect(name, value, &mut layers, &mut variables, 0);
        }
        (layers, variables)
    }

    /// Variables that the program stored in attributes without `add_weight`.
    pub fn loose_variables(&self) -> Vec<Rc<Variable>> {
        self.found().1
    }

    fn run(&self, inputs: &[Tensor], pass: &mut Pass) -> Result<Vec<Tensor>> {
        let this = self.back.engine()?;
        let value = match inputs {
            [one] => TensorObject::value(one.clone()),
            many => Value::list(many.iter().cloned().map(TensorObject::value).collect()),
        };
        let mut arguments = Arguments::positional(vec![value]);
        if accepts(&this, "call", "training") {
            arguments = arguments.with("training", Value::Bool(pass.training));
        }
        if !overrides(&this, "call") {
            return Err(Error::not_implemented(
                format!("{} has no call method", self.class_name),
                "def call(self, inputs): ... return outputs",
            ));
        }
        let result = pass::inside(pass, || call_own(&this, "call", arguments))?;
        let mut outputs = Vec::new();
        flatten(&result, &mut outputs).map_err(into_engine)?;
        Ok(outputs)
    }
}

fn flatten(value: &Value, found: &mut Vec<Tensor>) -> PyResult<()> {
    match value {
        Value::List(items) if !items.borrow().is_empty() => {
            items.borrow().iter().try_for_each(|item| flatten(item, found))
        }
        Value::Tuple(items) => items.iter().try_for_each(|item| flatten(item, found)),
        Value::Dict(entries) => entries.borrow().values().try_for_each(|item| flatten(item, found)),
        Value::None => Err(Exception::type_error("call returned None")
            .with_hint("return the outputs at the end of call")),
        one => {
            found.push(to_tensor(one)?);
            Ok(())
        }
    }
}

fn collect(
    path: &str,
    value: &Value,
    layers: &mut Vec<(String, Rc<LayerInstance>)>,
    variables: &mut Vec<Rc<Variable>>,
    depth: usize,
) {
    // Lists inside lists are looked into; a list that holds itself ends here.
    if depth > 8 {
        return;
    }
    match value {
        Value::List(items) => {
            items
                .borrow()
                .iter()
                .for_each(|item| collect(path, item, layers, variables, depth + 1));
        }
        Value::Tuple(items) => {
            items.iter().for_each(|item| collect(path, item, layers, variables, depth + 1));
        }
        Value::Dict(entries) => entries
            .borrow()
            .values()
            .for_each(|item| collect(path, item, layers, variables, depth + 1)),
        other => {
            if let Some(variable) = other.downcast::<VariableObject>() {
                if !variables.iter().any(|known| Rc::ptr_eq(known, variable.variable())) {
                    variables.push(variable.variable().clone());
                }
            } else if let Some(Made::Instance(instance)) = as_made(other)
                && !layers.iter().any(|(_, known)| Rc::ptr_eq(known, &instance))
            {
                layers.push((path.to_owned(), instance));
            }
        }
    }
}

/// Whether a method of the program takes an argument of this name.
pub fn accepts(instance: &Value, name: &str, argument: &str) -> bool {
    use crate::runtime::arguments::ParameterKind;
    let Some(bound) = instance.downcast::<Instance>().and_then(|instance| instance.special(name))
    else {
        return false;
    };
    let Value::Object(function) = &bound else { return false };
    function.signature().is_some_and(|signature| {
        signature
            .parameters
            .iter()
            .any(|p| &*p.name == argument || p.kind == ParameterKind::RestKeywords)
    })
}

impl Layer for OwnLayer {
    fn class_name(&self) -> &str {
        &self.class_name
    }

    fn module(&self) -> &str {
        "__main__"
    }

    fn registered_name(&self) -> Option<String> {
        Some(format!("Custom>{}", self.class_name))
    }

    fn config(&self) -> Config {
        let Some(this) = self.value().filter(|this| overrides(this, "get_config")) else {
            return Vec::new();
        };
        match call_own(&this, "get_config", Arguments::default()) {
            Ok(config) => match to_arg(&config) {
                Ok(Arg::Map(map)) => map
                    .into_iter()
                    .filter(|(name, _)| !matches!(name.as_str(), "name" | "trainable" | "dtype"))
                    .collect(),
                _ => Vec::new(),
            },
            Err(_) => Vec::new(),
        }
    }

    fn weights(&self, _inputs: &[Shape]) -> Result<Vec<WeightSpec>> {
        Ok(Vec::new())
    }

    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        let this = self.back.engine()?;
        if overrides(&this, "compute_output_shape") {
            let shape = match inputs {
                [one] => shape_value(one),
                many => Value::list(many.iter().map(shape_value).collect()),
            };
            let result =
                call_own(&this, "compute_output_shape", Arguments::positional(vec![shape]))?;
            let arg = to_arg(&result).map_err(into_engine)?;
            return Ok(vec![kerai_engine::layer::shape_from_arg(&arg)?]);
        }
        // The shapes of the outputs are those of a dry run; an unknown size is tried with 2 (the batch) or 3.
        let own = match as_made(&this) {
            Some(Made::Instance(instance)) => Some(instance),
            _ => None,
        };
        let _inside = own.as_ref().map(|instance| instance.enter());
        if let Some(instance) = &own {
            instance.build(inputs)?;
        }
        let tries = inputs.iter().map(|shape| {
            let sizes: Vec<usize> = shape
                .0
                .iter()
                .enumerate()
                .map(|(i, size)| size.unwrap_or(if i == 0 { 2 } else { 3 }))
                .collect();
            let count = sizes.iter().product();
            Tensor::from_vec(vec![0.0_f32; count], &sizes)
        });
        let tries = tries.collect::<Result<Vec<_>>>()?;
        let random = kerai_engine::random::state();
        let outputs = tape::paused(|| self.run(&tries, &mut Pass::inference()));
        kerai_engine::random::set_state(random);
        let batch_unknown = inputs.first().is_some_and(|shape| shape.0.first() == Some(&None));
        let outputs = outputs?;
        let shapes = outputs.iter().map(|output| {
            let mut shape = Shape::known(output.shape());
            if let (true, Some(first @ Some(2))) = (batch_unknown, shape.0.first_mut()) {
                *first = None;
            }
            shape
        });
        Ok(shapes.collect())
    }

    fn build_sublayers(&self, inputs: &[Shape]) -> Result<()> {
        let this = self.back.engine()?;
        if overrides(&this, "build") {
            let shape = match inputs {
                [one] => shape_value(one),
                many => Value::list(many.iter().map(shape_value).collect()),
            };
            call_own(&this, "build", Arguments::positional(vec![shape]))?;
        }
        Ok(())
    }

    fn forward(
        &self,
        inputs: &[Tensor],
        _weights: &[Tensor],
        pass: &mut Pass,
    ) -> Result<Vec<Tensor>> {
        self.run(inputs, pass)
    }

    fn sublayers(&self) -> Vec<(String, Rc<LayerInstance>)> {
        let layers = self.found().0;
        if self.is_model {
            let instances: Vec<Rc<LayerInstance>> =
                layers.into_iter().map(|(_, layer)| layer).collect();
            return kerai_engine::graph::numbered_paths("layers", &instances);
        }
        layers
    }

    fn build_config(&self, inputs: &[Shape]) -> Option<Config> {
        let shape = inputs.first()?;
        Some(vec![("input_shape".to_owned(), kerai_engine::layer::shape_to_arg(shape))])
    }
}

/// What the classes of a program get from `Layer`.
pub struct LayerBase;

/// The class `keras.layers.Layer`.
pub fn class() -> BaseClass {
    BaseClass {
        name: "Layer",
        module: "keras.layers",
        doc: "A layer of your own: make weights in build(self, input_shape) with self.add_weight(...), compute in call(self, inputs).",
        base: Rc::new(LayerBase),
        make: |_| super::abstract_class("keras.layers.Layer"),
        is_instance: |value| matches!(as_made(value), Some(Made::Instance(_))),
    }
}

/// The engine's layer of a native part.
fn own(native: &Value) -> PyResult<Rc<LayerInstance>> {
    match as_made(native) {
        Some(Made::Instance(instance)) => Ok(instance),
        _ => Err(Exception::new("RuntimeError", "the layer is not initialized")
            .with_hint("call super().__init__() first in __init__")),
    }
}

/// Makes the engine's side of a new instance.
pub fn make_instance(class: &Value, is_model: bool) -> Rc<LayerInstance> {
    let own = Rc::new(OwnLayer::new(class, is_model));
    let layer = Rc::new(LayerInstance::new(own.clone(), None));
    let weak = Rc::downgrade(&layer);
    own.back.set_part(Box::new(move || {
        let layer = weak.upgrade()?;
        Some(if is_model { super::model::part(&layer) } else { Value::object(OwnPart(layer)) })
    }));
    layer
}

/// `super().__init__(name=..., trainable=..., ...)`
pub fn initialize(
    instance: &Value,
    layer: &Rc<LayerInstance>,
    mut arguments: Arguments,
) -> PyResult<()> {
    if let Some(own) = layer.layer_as::<OwnLayer>() {
        own.attach(instance);
    }
    if let Some(name) = arguments.take("name").filter(|name| !name.is_none()) {
        layer.set_name(name.as_str("name")?.to_string());
    }
    if let Some(trainable) = arguments.take("trainable") {
        layer.set_trainable(operators::truth(&trainable)?);
    }
    if let Some(dtype) = arguments.take("dtype") {
        layer.set_policy(DtypePolicy::parse(&to_arg(&dtype)?)?);
    }
    for ignored in ["autocast", "activity_regularizer", "input_shape"] {
        arguments.take(ignored);
    }
    match arguments.keywords.first() {
        Some((name, _)) => Err(Exception::type_error(format!("super().__init__() got an unexpected argument '{name}'"))
            .with_expected("name, trainable, dtype")
            .with_hint("take your own arguments out first: def __init__(self, units, **kwargs): super().__init__(**kwargs)")),
        None => Ok(()),
    }
}

/// The parameters of `self.add_weight`.
const ADD_WEIGHT: &str = "shape=(), initializer=None, dtype=None, trainable=True, autocast=True, regularizer=None, constraint=None, aggregation='none', name=None";

/// `self.add_weight(...)`
fn add_weight(layer: &Rc<LayerInstance>, values: [Value; 9]) -> PyResult<Value> {
    let [shape, initializer, dtype, trainable, _, regularizer, constraint, _, name] = values;
    let shape = if shape.is_none() { Vec::new() } else { sizes(&shape, "shape")? };
    let initializer = match &initializer {
        Value::None => Arg::str("glorot_uniform"),
        value => to_arg(value)?,
    };
    let initializer = match catalog::get(Kind::Initializer, &initializer)? {
        Made::Initializer(initializer) => initializer,
        _ => return Err(Exception::type_error("add_weight: the initializer is no initializer")),
    };
    let regularizer =
        <Option<kerai_engine::regularizers::Regularizer>>::parse(&to_arg(&regularizer)?)?;
    let constraint = <Option<kerai_engine::constraints::Constraint>>::parse(&to_arg(&constraint)?)?;
    let name = match &name {
        Value::None => "variable".to_owned(),
        name => name.as_str("name")?.to_string(),
    };
    let dtype = match &dtype {
        Value::None => layer.policy().variable(),
        dtype => match dtype_name(dtype) {
            Some(name) => candle_dtype(&name)?,
            None => return Err(Exception::type_error("add_weight: dtype is no element type")),
        },
    };
    let value = initializer.make(&shape)?.to_dtype(dtype).map_err(kerai_engine::Error::from)?;
    let variable = Variable::new(name, value, operators::truth(&trainable)?)
        .with_rules(regularizer, constraint);
    let variable = Rc::new(variable);
    layer.add_variable(variable.clone());
    Ok(VariableObject::value(variable))
}

/// The attributes that `Layer` gives to the classes of a program.
pub fn base_attribute(
    instance: &Value,
    layer: &Rc<LayerInstance>,
    name: &str,
) -> PyResult<Option<Value>> {
    let own = layer.clone();
    let this = instance.clone();
    Ok(Some(match name {
        "add_weight" | "add_variable" => with_parameters(
            "add_weight",
            ADD_WEIGHT,
            "Makes a weight of the layer.",
            move |values| add_weight(&own, values),
        ),
        "add_loss" => with_parameters("add_loss", "loss", "Adds a term to the loss.", |[loss]| {
            for value in iterate::collect(&loss).unwrap_or_else(|_| vec![loss]) {
                pass::add_loss(to_tensor(&value)?);
            }
            Ok(Value::None)
        }),
        "build" => with_parameters(
            "build",
            "input_shape=None",
            "Makes the weights for inputs of a shape: write it yourself with add_weight.",
            |[_]| Ok(Value::None),
        ),
        "call" => method("call", move |_| {
            Err(Exception::not_supported(
                format!("{} has no call method", this.type_name()),
                "def call(self, inputs): ... return outputs",
            ))
        }),
        "__call__" => method("__call__", move |arguments| layer::call(&own, arguments)),
        "get_config" => with_parameters(
            "get_config",
            "",
            "What the layer was made with, as a dict.",
            move |[]| {
                Ok(from_arg(&Arg::Map(vec![
                    ("name".to_owned(), Arg::Str(own.name())),
                    ("trainable".to_owned(), Arg::Bool(own.is_trainable())),
                    ("dtype".to_owned(), Arg::str(own.policy().name())),
                ])))
            },
        ),
        "compute_output_shape" => return Ok(None),
        _ => return layer::common_attribute(layer, name),
    }))
}

impl NativeBase for LayerBase {
    fn create(&self, class: &Value) -> PyResult<Value> {
        Ok(Value::object(OwnPart(make_instance(class, false))))
    }

    fn initialize(&self, instance: &Value, native: &Value, arguments: Arguments) -> PyResult<()> {
        initialize(instance, &own(native)?, arguments)
    }

    fn attribute(&self, instance: &Value, native: &Value, name: &str) -> PyResult<Option<Value>> {
        base_attribute(instance, &own(native)?, name)
    }

    fn set_attribute(
        &self,
        _instance: &Value,
        native: &Value,
        name: &str,
        value: &Value,
    ) -> PyResult<bool> {
        let layer = own(native)?;
        if let Some(own) = layer.layer_as::<OwnLayer>() {
            own.track(name, value);
        }
        layer::set_common_attribute(&layer, name, value)
    }

    fn call(
        &self,
        instance: &Value,
        native: &Value,
        arguments: Arguments,
    ) -> Option<PyResult<Value>> {
        Some(own(native).and_then(|layer| call_own_layer(instance, &layer, arguments)))
    }

    fn attribute_names(&self) -> Vec<String> {
        layer::COMMON_NAMES
            .iter()
            .chain(&["add_weight", "add_loss", "call"])
            .map(|name| (*name).to_owned())
            .collect()
    }
}

/// `layer(x)`: through the engine, so that building, names in errors and promises work. A call whose arguments or results
/// are more than tensors goes straight to the program's `call`.
pub fn call_own_layer(
    instance: &Value,
    layer: &Rc<LayerInstance>,
    arguments: Arguments,
) -> PyResult<Value> {
    let Some(own) = layer.layer_as::<OwnLayer>() else { return layer::call(layer, arguments) };
    if own.value().is_none() {
        return Err(Exception::new("RuntimeError", "the layer is not initialized")
            .with_hint("call super().__init__() first in __init__"));
    }
    let symbolic = |value: &Value| {
        let mut stack = vec![value.clone()];
        while let Some(value) = stack.pop() {
            match &value {
                Value::List(items) => stack.extend(items.borrow().iter().cloned()),
                Value::Tuple(items) => stack.extend(items.iter().cloned()),
                Value::Dict(entries) => stack.extend(entries.borrow().values().cloned()),
                one if crate::bind::symbol::is_symbol(one) => return true,
                _ => {}
            }
        }
        false
    };
    if arguments.positional.iter().any(symbolic) {
        own.keep();
        return layer::call(layer, arguments);
    }
    let _inside = layer.enter();
    build_for(instance, layer, &arguments)?;
    let mut arguments = arguments;
    let given = arguments
        .keywords
        .iter()
        .find(|(name, _)| &**name == "training")
        .map(|(_, value)| value.clone());
    let training = match &given {
        Some(value) if !value.is_none() => Some(operators::truth(value)?),
        _ => None,
    };
    if accepts(instance, "call", "training") {
        if given.is_none()
            && let Some(training) = pass::is_training()
        {
            arguments = arguments.with("training", Value::Bool(training));
        }
    } else if given.is_some() {
        arguments.take("training");
    }
    if let Some(first) = arguments.positional.first_mut() {
        *first = as_tensors(first)?;
    }
    let mut result = Ok(Value::None);
    pass::run(|pass| {
        let inner = training.unwrap_or(pass.training);
        let outer = std::mem::replace(&mut pass.training, inner);
        result = pass::inside(pass, || {
            crate::runtime::attributes::call_method(instance, "call", arguments)
        });
        pass.training = outer;
        Ok(())
    })?;
    result
}

/// Arrays in the first argument become tensors, as Keras converts them.
fn as_tensors(value: &Value) -> PyResult<Value> {
    Ok(match value {
        Value::List(items)
            if items.borrow().iter().any(|item| matches!(item, Value::Object(_))) =>
        {
            Value::list(items.borrow().iter().map(as_tensors).collect::<PyResult<_>>()?)
        }
        Value::Tuple(items) => Value::tuple(items.iter().map(as_tensors).collect::<PyResult<_>>()?),
        other
            if other.downcast::<crate::modules::numpy::Array>().is_some()
                || matches!(other, Value::List(_)) =>
        {
            TensorObject::value(kerai_engine::data::to_model_dtype(&to_tensor(other)?)?)
        }
        other => other.clone(),
    })
}

fn build_for(instance: &Value, layer: &Rc<LayerInstance>, arguments: &Arguments) -> PyResult<()> {
    if layer.is_built() {
        return Ok(());
    }
    let shape_of = |value: &Value| -> Option<Shape> {
        let tensor = to_tensor(value).ok()?;
        let mut shape = Shape::known(tensor.shape());
        if let Some(batch) = shape.0.first_mut() {
            *batch = None;
        }
        Some(shape)
    };
    let shapes: Vec<Shape> = match arguments.positional.first() {
        Some(Value::List(items))
            if items.borrow().iter().any(|item| matches!(item, Value::Object(_))) =>
        {
            items.borrow().iter().filter_map(shape_of).collect()
        }
        Some(Value::Tuple(items)) => items.iter().filter_map(shape_of).collect(),
        Some(one) => shape_of(one).into_iter().collect(),
        None => Vec::new(),
    };
    let _ = instance;
    layer.build(&shapes)?;
    // Variables that were stored without add_weight count as the layer's own.
    if let Some(own) = layer.layer_as::<OwnLayer>() {
        let known = layer.own_variables();
        for variable in own.loose_variables() {
            if !known.iter().any(|other| Rc::ptr_eq(other, &variable)) {
                layer.add_variable(variable);
            }
        }
    }
    Ok(())
}

/// The native part of an instance: the engine's layer.
pub struct OwnPart(pub Rc<LayerInstance>);

impl Object for OwnPart {
    fn type_name(&self) -> String {
        self.0.layer().class_name().to_owned()
    }

    fn repr(&self) -> PyResult<String> {
        let built = if self.0.is_built() { "True" } else { "False" };
        Ok(format!("<{} name={}, built={built}>", self.type_name(), self.0.name()))
    }

    fn is_callable(&self) -> bool {
        true
    }

    fn attribute(&self, _this: &Value, name: &str) -> PyResult<Option<Value>> {
        layer::common_attribute(&self.0, name)
    }
}
