//! Layers as values: calling them on tensors or promises, their weights, their config.

use super::convert::{from_arg, from_config, to_arg, to_numpy, to_tensor};
use super::made::{method, with_parameters};
use super::policy::PolicyObject;
use super::symbol::{SymbolObject, is_symbol, shape_value};
use super::tensor::{TensorObject, VariableObject};
use crate::runtime::object::Doc;
use crate::runtime::{Arguments, Exception, Object, PyResult, Value, iterate, operators};
use kerai_engine::Tensor;
use kerai_engine::config::{Arg, Field};
use kerai_engine::dtype_policy::DtypePolicy;
use kerai_engine::graph::{self, CallArg, CallArguments};
use kerai_engine::initializers::Initializer;
use kerai_engine::layer::{LayerInstance, shape_from_arg};
use kerai_engine::variable::Variable;
use std::rc::Rc;

/// A layer with a name and weights.
pub struct LayerObject {
    instance: Rc<LayerInstance>,
}

impl LayerObject {
    /// As a value. A layer that is a model becomes one.
    pub fn value(instance: Rc<LayerInstance>) -> Value {
        if let Some(own) = super::own::value_of(&instance) {
            return own;
        }
        if super::model::is_model(&instance) {
            return super::model::ModelObject::value(Rc::new(kerai_engine::model::Model::new(
                instance,
            )));
        }
        Value::object(LayerObject { instance })
    }

    /// The engine's layer.
    pub fn instance(&self) -> &Rc<LayerInstance> {
        &self.instance
    }
}

/// Sizes from a tuple, list or number.
pub fn sizes(value: &Value, what: &str) -> PyResult<Vec<usize>> {
    let size = |value: &Value| {
        let size = value.as_int(what)?;
        usize::try_from(size).map_err(|_| {
            Exception::value_error(format!("{what} must not be negative"))
                .with_received(size.to_string())
        })
    };
    match value {
        Value::Int(_) => Ok(vec![size(value)?]),
        other => iterate::collect(other)?.iter().map(size).collect(),
    }
}

/// Whether a promise stands anywhere in a value.
fn holds_symbol(value: &Value) -> bool {
    match value {
        Value::List(items) => items.borrow().iter().any(holds_symbol),
        Value::Tuple(items) => items.iter().any(holds_symbol),
        Value::Dict(entries) => entries.borrow().values().any(holds_symbol),
        other => is_symbol(other),
    }
}

/// Calls a layer: on promises it makes promises, on data it computes.
pub fn call(instance: &Rc<LayerInstance>, arguments: Arguments) -> PyResult<Value> {
    let symbolic = arguments
        .positional
        .iter()
        .chain(arguments.keywords.iter().map(|(_, value)| value))
        .any(holds_symbol);
    if symbolic { call_on_symbols(instance, arguments) } else { call_on_data(instance, arguments) }
}

fn to_call_arg(value: &Value) -> PyResult<CallArg> {
    if let Some(symbol) = value.downcast::<SymbolObject>() {
        return Ok(CallArg::Symbol(symbol.symbol().clone()));
    }
    match value {
        Value::List(items) if holds_symbol(value) => {
            Ok(CallArg::List(items.borrow().iter().map(to_call_arg).collect::<PyResult<_>>()?))
        }
        Value::Tuple(items) if holds_symbol(value) => {
            Ok(CallArg::List(items.iter().map(to_call_arg).collect::<PyResult<_>>()?))
        }
        Value::Dict(entries) if holds_symbol(value) => {
            Ok(CallArg::List(entries.borrow().values().map(to_call_arg).collect::<PyResult<_>>()?))
        }
        other => {
            if other.downcast::<TensorObject>().is_some()
                || other.downcast::<VariableObject>().is_some()
            {
                return Err(Exception::type_error("data and promises cannot be mixed in one call")
                    .with_hint(
                        "give the data its own keras.Input, or add it inside a layer's call",
                    ));
            }
            Ok(CallArg::Constant(to_arg(other)?))
        }
    }
}

fn call_on_symbols(instance: &Rc<LayerInstance>, arguments: Arguments) -> PyResult<Value> {
    let args = arguments.positional.iter().map(to_call_arg).collect::<PyResult<_>>()?;
    let kwargs = arguments
        .keywords
        .iter()
        .map(|(name, value)| Ok((name.to_string(), to_call_arg(value)?)))
        .collect::<PyResult<_>>()?;
    let outputs = graph::apply(instance, CallArguments { args, kwargs })?;
    Ok(pack(instance, outputs.into_iter().map(SymbolObject::value).collect()))
}

/// One result as itself, several as a list (or dict, if the model says so).
fn pack(instance: &Rc<LayerInstance>, mut outputs: Vec<Value>) -> Value {
    use kerai_engine::graph::{Functional, Structure};
    match instance.layer_as::<Functional>().map(|graph| &graph.output_structure) {
        Some(Structure::Dict(names)) => return Value::dict(names.iter().zip(outputs)),
        Some(Structure::List) => return Value::list(outputs),
        _ => {}
    }
    if outputs.len() == 1 { outputs.remove(0) } else { Value::list(outputs) }
}

/// The tensors in an argument, in order; `None`: it is no tensor argument.
fn tensors_in(value: &Value, found: &mut Vec<Tensor>) -> PyResult<bool> {
    match value {
        Value::None | Value::Bool(_) | Value::Str(_) => Ok(false),
        Value::Dict(entries) => {
            for item in entries.borrow().values() {
                tensors_in(item, found)?;
            }
            Ok(true)
        }
        Value::List(_) | Value::Tuple(_) => {
            let items = iterate::collect(value)?;
            let holds_arrays = items.iter().any(|item| matches!(item, Value::Object(object) if object.as_scalar().is_none() || item.downcast::<TensorObject>().is_some()));
            if holds_arrays {
                for item in &items {
                    tensors_in(item, found)?;
                }
            } else {
                found.push(to_tensor(value)?);
            }
            Ok(true)
        }
        other => {
            found.push(to_tensor(other)?);
            Ok(true)
        }
    }
}

fn call_on_data(instance: &Rc<LayerInstance>, arguments: Arguments) -> PyResult<Value> {
    let read = |value: &Value| -> PyResult<(Vec<Tensor>, Option<Arg>)> {
        let mut tensors = Vec::new();
        match tensors_in(value, &mut tensors)? {
            true => Ok((tensors, None)),
            false => Ok((Vec::new(), Some(to_arg(value)?))),
        }
    };
    let args = arguments.positional.iter().map(read).collect::<PyResult<Vec<_>>>()?;
    let mut kwargs = Vec::new();
    for (name, value) in &arguments.keywords {
        let (tensors, constant) = read(value)?;
        kwargs.push((name.to_string(), tensors, constant));
    }
    let inputs = graph::bind(&**instance.layer(), args, kwargs)
        .map_err(|error| error.within(instance.label()))?;
    let outputs = super::pass::run(|pass| instance.call(inputs, pass))?;
    Ok(pack(instance, outputs.into_iter().map(TensorObject::value).collect()))
}

/// Variables as a list of values.
pub fn variable_list(variables: Vec<Rc<Variable>>) -> Value {
    Value::list(variables.into_iter().map(VariableObject::value).collect())
}

/// Copies of weights as numpy arrays.
pub fn weight_arrays(variables: &[Rc<Variable>]) -> PyResult<Value> {
    let arrays = variables
        .iter()
        .map(|variable| Ok(Value::object(to_numpy(&Tensor::new(variable.array()), false)?)));
    Ok(Value::list(arrays.collect::<PyResult<_>>()?))
}

/// Puts arrays into weights.
pub fn set_weight_arrays(label: &str, variables: &[Rc<Variable>], value: &Value) -> PyResult<()> {
    let items = iterate::collect(value)?;
    if items.len() != variables.len() {
        return Err(Exception::value_error(format!(
            "{label} has {} weights, but {} arrays were given",
            variables.len(),
            items.len()
        ))
        .with_expected(
            variables
                .iter()
                .map(|v| format!("{} {:?}", v.path(), v.shape()))
                .collect::<Vec<_>>()
                .join(", "),
        ));
    }
    for (variable, item) in variables.iter().zip(&items) {
        variable.assign(to_tensor(item)?.array())?;
    }
    Ok(())
}

/// The attributes that layers and models share; `None`: not one of them.
pub fn common_attribute(instance: &Rc<LayerInstance>, name: &str) -> PyResult<Option<Value>> {
    let own = instance.clone();
    Ok(Some(match name {
        "name" => Value::str(instance.name()),
        "trainable" => Value::Bool(instance.is_trainable()),
        "built" => Value::Bool(instance.is_built()),
        "dtype" | "variable_dtype" => Value::str(instance.policy().variable_name()),
        "compute_dtype" => Value::str(instance.policy().compute_name()),
        "dtype_policy" => PolicyObject::value(instance.policy()),
        "weights" | "variables" => variable_list(instance.variables()),
        "trainable_weights" | "trainable_variables" => {
            variable_list(instance.trainable_variables())
        }
        "non_trainable_weights" | "non_trainable_variables" => {
            variable_list(instance.non_trainable_variables())
        }
        "losses" => Value::list(
            kerai_engine::train::regularization(instance)?
                .into_iter()
                .map(TensorObject::value)
                .collect(),
        ),
        "count_params" => {
            with_parameters("count_params", "", "How many numbers the weights hold.", move |[]| {
                if !own.is_built() {
                    return Err(Exception::value_error(format!(
                        "{} has no weights yet",
                        own.label()
                    ))
                    .with_hint("call it on data, or give the model an Input"));
                }
                Ok(Value::Int(i64::try_from(own.count_params()).unwrap_or(i64::MAX)))
            })
        }
        "get_weights" => with_parameters(
            "get_weights",
            "",
            "The weights as numpy arrays, in Keras' order.",
            move |[]| weight_arrays(&own.variables()),
        ),
        "set_weights" => with_parameters(
            "set_weights",
            "weights",
            "Puts arrays into the weights, in the order of get_weights.",
            move |[weights]| {
                set_weight_arrays(&own.label(), &own.variables(), &weights)?;
                Ok(Value::None)
            },
        ),
        "get_config" => with_parameters(
            "get_config",
            "",
            "What the layer was made with, as a dict.",
            move |[]| {
                let identifier = own.identifier();
                Ok(identifier.get("config").map_or(Value::None, from_config))
            },
        ),
        "build" => with_parameters(
            "build",
            "input_shape=None",
            "Makes the weights for inputs of a shape.",
            move |[shape]| {
                if !shape.is_none() {
                    own.build(&[shape_from_arg(&to_arg(&shape)?)?])?;
                }
                Ok(Value::None)
            },
        ),
        "compute_output_shape" => with_parameters(
            "compute_output_shape",
            "input_shape",
            "The shape of the results for inputs of a shape.",
            move |[shape]| {
                let shapes = own.layer().output_shapes(&[shape_from_arg(&to_arg(&shape)?)?])?;
                Ok(match &shapes[..] {
                    [one] => shape_value(one),
                    many => Value::list(many.iter().map(shape_value).collect()),
                })
            },
        ),
        _ => return Ok(None),
    }))
}

/// Sets what layers and models share.
pub fn set_common_attribute(
    instance: &Rc<LayerInstance>,
    name: &str,
    value: &Value,
) -> PyResult<bool> {
    match name {
        "trainable" => instance.set_trainable(operators::truth(value)?),
        "name" | "_name" => instance.set_name(value.as_str("name")?.to_string()),
        "dtype_policy" => instance.set_policy(DtypePolicy::parse(&to_arg(value)?)?),
        _ => return Ok(false),
    }
    Ok(true)
}

/// What layers have that can have a correction of low rank.
fn lora_attribute(instance: &Rc<LayerInstance>, name: &str) -> PyResult<Option<Value>> {
    let Some(given) = instance.layer().lora() else { return Ok(None) };
    let own = instance.clone();
    Ok(match name {
        "lora_enabled" => Some(Value::Bool(instance.lora().is_some())),
        "lora_rank" | "lora_alpha" if instance.lora().is_none() && given.rank.is_none() => {
            Some(Value::None)
        }
        // What the layer computes with.
        "kernel" | "embeddings" if instance.lora().is_some() => {
            let weight = instance.own_variables().first().map(|first| first.name() == name);
            match weight {
                Some(true) => Some(TensorObject::value(Tensor::new(
                    instance.merged_variables()?.swap_remove(0),
                ))),
                _ => None,
            }
        }
        "enable_lora" => Some(with_parameters(
            "enable_lora",
            "rank, lora_alpha=None, a_initializer='he_uniform', b_initializer='zeros'",
            "Freezes the kernel; a correction of low rank is trained in its place.",
            move |[rank, alpha, a, b]| {
                own.enable_lora(
                    usize::parse(&to_arg(&rank)?)?,
                    <Option<f64>>::parse(&to_arg(&alpha)?)?,
                    &Initializer::parse(&to_arg(&a)?)?,
                    &Initializer::parse(&to_arg(&b)?)?,
                )?;
                Ok(Value::None)
            },
        )),
        _ => None,
    })
}

/// Names for completion.
pub const COMMON_NAMES: &[&str] = &[
    "name",
    "trainable",
    "built",
    "dtype",
    "compute_dtype",
    "variable_dtype",
    "dtype_policy",
    "weights",
    "variables",
    "trainable_weights",
    "trainable_variables",
    "non_trainable_weights",
    "non_trainable_variables",
    "losses",
    "count_params",
    "get_weights",
    "set_weights",
    "get_config",
    "build",
    "compute_output_shape",
];

impl Object for LayerObject {
    fn type_name(&self) -> String {
        self.instance.layer().class_name().to_owned()
    }

    fn identity(&self) -> Option<usize> {
        Some(Rc::as_ptr(&self.instance).addr())
    }

    fn repr(&self) -> PyResult<String> {
        Ok(format!(
            "<{} name={}, built={}>",
            self.type_name(),
            self.instance.name(),
            if self.instance.is_built() { "True" } else { "False" }
        ))
    }

    fn is_callable(&self) -> bool {
        true
    }

    fn call(&self, _this: &Value, arguments: Arguments) -> PyResult<Value> {
        call(&self.instance, arguments)
    }

    fn attribute(&self, _this: &Value, name: &str) -> PyResult<Option<Value>> {
        if let Some(value) = common_attribute(&self.instance, name)? {
            return Ok(Some(value));
        }
        if let Some(value) = lora_attribute(&self.instance, name)? {
            return Ok(Some(value));
        }
        if let Some(variable) =
            self.instance.own_variables().into_iter().find(|variable| variable.name() == name)
        {
            return Ok(Some(VariableObject::value(variable)));
        }
        match name {
            "reset_states" | "reset_state" if self.instance.layer().is_stateful() => {
                let own = self.instance.clone();
                return Ok(Some(method("reset_states", move |_| {
                    own.reset_states()?;
                    Ok(Value::None)
                })));
            }
            "states" if self.instance.layer().is_stateful() => {
                return Ok(Some(variable_list(self.instance.kept())));
            }
            "input_shape" => {
                let shapes = self.instance.built_for();
                return Ok(shapes.first().map(shape_value));
            }
            "output_shape" => {
                let shapes = self.instance.layer().output_shapes(&self.instance.built_for())?;
                return Ok(shapes.first().map(shape_value));
            }
            "output" | "input" => {
                return Err(Exception::attribute_error(format!(
                    "layer {:?} does not know its {name}: ask the model",
                    self.instance.name()
                ))
                .with_hint(
                    "model.get_layer(name).output works on layers of a model that was called once",
                ));
            }
            _ => {}
        }
        for (path, inner) in self.instance.layer().sublayers() {
            if path == name {
                return Ok(Some(LayerObject::value(inner)));
            }
        }
        let config = self.instance.config_arguments();
        Ok(config.iter().find(|(known, _)| known == name).map(|(_, value)| from_arg(value)))
    }

    fn attribute_names(&self) -> Vec<String> {
        let own =
            self.instance.own_variables().into_iter().map(|variable| variable.name().to_owned());
        let config = self.instance.config_arguments().into_iter().map(|(name, _)| name);
        let stateful: &[&str] =
            if self.instance.layer().is_stateful() { &["reset_states", "states"] } else { &[] };
        let lora: &[&str] = if self.instance.layer().lora().is_some() {
            &["enable_lora", "lora_enabled"]
        } else {
            &[]
        };
        let names = COMMON_NAMES.iter().chain(stateful).chain(lora).map(|name| (*name).to_owned());
        names.chain(own).chain(config).collect()
    }

    fn set_attribute(&self, _this: &Value, name: &str, value: Value) -> PyResult<bool> {
        set_common_attribute(&self.instance, name, &value)
    }

    fn compare(
        &self,
        _this: &Value,
        op: crate::runtime::CompareOp,
        other: &Value,
    ) -> Option<PyResult<Value>> {
        let same = other
            .downcast::<LayerObject>()
            .is_some_and(|other| Rc::ptr_eq(&other.instance, &self.instance));
        match op {
            crate::runtime::CompareOp::Eq => Some(Ok(Value::Bool(same))),
            crate::runtime::CompareOp::Ne => Some(Ok(Value::Bool(!same))),
            _ => None,
        }
    }

    fn hash(&self) -> PyResult<Option<u64>> {
        Ok(Some(Rc::as_ptr(&self.instance) as u64))
    }

    fn doc(&self) -> Option<Doc> {
        let entry = kerai_engine::layer::find(self.instance.layer().class_name()).ok()?;
        Some(super::class::doc_of(entry))
    }
}
