//! `keras`: its submodules are loops over the catalog; what is no class of the catalog stands in the tables here.

mod utils;

pub(super) use utils::random;

use super::Module;
use crate::bind::class::class_of;
use crate::bind::convert::{candle_dtype, dtype_name, from_config, to_arg};
use crate::bind::function::{self, PyFunction};
use crate::bind::layer::sizes;
use crate::bind::made::MadeObject;
use crate::bind::model::{ModelObject, load, make_sequential};
use crate::bind::own;
use crate::bind::policy;
use crate::bind::symbol::SymbolObject;
use crate::bind::tensor::make_variable;
use crate::runtime::{Arguments, Exception, Native, Object, PyResult, Value, operators};
use kerai_engine::catalog::{self, Kind, Made};
use kerai_engine::config::Arg;
use kerai_engine::graph::Symbol;
use kerai_engine::layer::{self, LayerInstance};
use kerai_engine::shape::Shape;
use std::rc::Rc;

/// The module.
pub(super) fn module() -> Module {
    Module::new("keras", "Keras: models, layers and training.")
        .with("__version__", Value::str("3.15.1"))
        .submodule("layers", layers)
        .submodule("models", models)
        .submodule("activations", activations)
        .submodule("initializers", || {
            kind_module(Kind::Initializer).lazy("Initializer", || base("Initializer"))
        })
        .submodule("regularizers", || {
            kind_module(Kind::Regularizer).lazy("Regularizer", || base("Regularizer"))
        })
        .submodule("constraints", || {
            kind_module(Kind::Constraint).lazy("Constraint", || base("Constraint"))
        })
        .submodule("losses", || kind_module(Kind::Loss).lazy("Loss", || base("Loss")))
        .submodule("metrics", || kind_module(Kind::Metric).lazy("Metric", || base("Metric")))
        .submodule("optimizers", || {
            kind_module(Kind::Optimizer)
                .submodule("schedules", || kind_module(Kind::Schedule))
                .with("OptimizerMap", optimizer_map())
        })
        .submodule("callbacks", || {
            kind_module(Kind::Callback).lazy("Callback", || base("Callback"))
        })
        .submodule("utils", utils::module)
        .submodule("ops", super::keras_ops::module)
        .submodule("random", utils::random)
        .submodule("datasets", super::keras_datasets::module)
        .submodule("saving", saving)
        .submodule("config", || {
            policy::functions(utils::config(), &["set_dtype_policy"], &["dtype_policy"])
        })
        .submodule("mixed_precision", policy::mixed_precision)
        .submodule("dtype_policies", || {
            Module::new("keras.dtype_policies", "Element types of layers.")
                .with("DTypePolicy", policy::class())
        })
        .with("DTypePolicy", policy::class())
        .submodule("backend", utils::backend)
        .submodule("preprocessing", utils::preprocessing)
        .lazy("Sequential", || Ok(sequential()))
        .lazy("Model", || base("Model"))
        .lazy("Layer", || base("Layer"))
        .lazy("Input", || Ok(input()))
        .lazy("Variable", || Ok(variable()))
        .lazy("KerasTensor", || {
            Ok(Value::object(TypeMarker {
                name: "KerasTensor",
                is: crate::bind::symbol::is_symbol,
            }))
        })
        .lazy("Loss", || base("Loss"))
        .lazy("Metric", || base("Metric"))
        .lazy("Initializer", || base("Initializer"))
        .lazy("Regularizer", || base("Regularizer"))
}

/// A base class as a member of a module.
fn base(name: &str) -> PyResult<Value> {
    own::base(name)
        .ok_or_else(|| Exception::attribute_error(format!("keras.{name} is not in kerai")))
}

/// The entries of a kind as a module: classes by their names, `get`, `serialize`, `deserialize`, functions in snake case.
fn kind_module(kind: Kind) -> Module {
    Module::new(kind.module(), "")
        .function("get", "identifier", "What a name, config or object means.", move |values| {
            let [identifier] = &values[..] else { return Ok(Value::None) };
            match identifier {
                Value::None => Ok(Value::None),
                identifier => {
                    Ok(crate::bind::convert::from_made(&catalog::get(kind, &to_arg(identifier)?)?))
                }
            }
        })
        .function("serialize", "obj", "The config of an object.", |values| {
            values.first().map_or(Ok(Value::None), |value| Ok(from_config(&to_arg(value)?)))
        })
        .function(
            "deserialize",
            "config, custom_objects=None",
            "The object of a config.",
            move |values| {
                let [config, objects] = &values[..] else { return Ok(Value::None) };
                let config = to_arg(config)?;
                let made =
                    kerai_engine::function::with_known(function::known_in(objects)?, || {
                        catalog::get(kind, &config)
                    })?;
                Ok(crate::bind::convert::from_made(&made))
            },
        )
        .dynamic(
            move |name| {
                let entries = kind.entries();
                if let Some(entry) = entries.iter().find(|entry| entry.name == name) {
                    return class_of(entry).map(Some);
                }
                // Losses, metrics and initializers also exist as functions in snake case.
                match entries.iter().find(|entry| entry.answers_to(name)) {
                    Some(entry) if matches!(kind, Kind::Loss | Kind::Metric) => {
                        Ok(Some(MadeObject::function(entry.make(Vec::new())?, entry)))
                    }
                    Some(entry) => {
                        Ok(Some(crate::bind::convert::from_made(&entry.make(Vec::new())?)))
                    }
                    None => Ok(None),
                }
            },
            match kind {
                Kind::Layer => || names(Kind::Layer),
                Kind::Activation => || names(Kind::Activation),
                Kind::Initializer => || names(Kind::Initializer),
                Kind::Regularizer => || names(Kind::Regularizer),
                Kind::Constraint => || names(Kind::Constraint),
                Kind::Loss => || names(Kind::Loss),
                Kind::Metric => || names(Kind::Metric),
                Kind::Optimizer => || names(Kind::Optimizer),
                Kind::Schedule => || names(Kind::Schedule),
                Kind::Callback => || names(Kind::Callback),
            },
        )
}

/// `OptimizerMap(default, {pattern: optimizer})`: as the config that holds it.
fn optimizer_map() -> Value {
    Native::value(
        "OptimizerMap",
        "default_optimizer, optimizer_map=None",
        "Regular expressions for the paths of variables, their optimizers, and one for the rest: for MultiOptimizer.",
        |values| {
            let [default, map] = &values[..] else { return Ok(Value::None) };
            let map =
                if map.is_none() { Value::dict(Vec::<(&str, Value)>::new()) } else { map.clone() };
            let config =
                Value::dict([("default_optimizer", default.clone()), ("optimizer_map", map)]);
            Ok(Value::dict([("class_name", Value::str("OptimizerMap")), ("config", config)]))
        },
    )
}

fn names(kind: Kind) -> Vec<String> {
    kind.entries().iter().map(|entry| entry.name.to_owned()).collect()
}

fn layers() -> Module {
    kind_layers().lazy("Layer", || base("Layer")).lazy("Input", || Ok(input()))
}

/// Layers, and the merging functions in lower case (`layers.add([a, b])`): a layer that takes a list, called at once.
fn kind_layers() -> Module {
    Module::new("keras.layers", "Keras' layers.").dynamic(
        |name| {
            let entries = Kind::Layer.entries();
            if let Some(entry) = entries.iter().find(|entry| entry.name == name) {
                return class_of(entry).map(Some);
            }
            let merging = [
                "add",
                "subtract",
                "multiply",
                "average",
                "maximum",
                "minimum",
                "concatenate",
                "dot",
            ];
            match entries.iter().find(|entry| merging.contains(&name) && entry.answers_to(name)) {
                Some(entry) => {
                    let entry = *entry;
                    Ok(Some(crate::bind::made::method(name, move |mut arguments| {
                        let inputs = if arguments.positional.is_empty() {
                            arguments.take("inputs")
                        } else {
                            Some(arguments.positional.remove(0))
                        };
                        let config = crate::bind::made::to_config(entry, arguments)?;
                        let instance = Rc::new(LayerInstance::make(entry, config)?);
                        crate::bind::layer::call(
                            &instance,
                            Arguments::positional(inputs.into_iter().collect::<Vec<_>>()),
                        )
                    })))
                }
                None => Ok(None),
            }
        },
        || names(Kind::Layer),
    )
}

fn activations() -> Module {
    kind_module(Kind::Activation)
}

fn models() -> Module {
    Module::new("keras.models", "Models: Sequential, Model, load_model.")
        .lazy("Sequential", || Ok(sequential()))
        .lazy("Model", || base("Model"))
        .lazy("load_model", || Ok(load_model()))
        .lazy("clone_model", || {
            Ok(Native::value(
                "clone_model",
                "model, **kwargs",
                "The same layers with fresh weights.",
                |values| {
                    let Some(model) = values.first().and_then(own::model::model_of) else {
                        return Err(Exception::type_error("clone_model needs a model"));
                    };
                    let copy = kerai_engine::saving::clone_model(&model)?;
                    Ok(ModelObject::value(Rc::new(copy)))
                },
            ))
        })
        .lazy("model_from_json", || {
            Ok(Native::value(
                "model_from_json",
                "json_string, custom_objects=None",
                "A model from to_json().",
                |values| {
                    let text = values
                        .first()
                        .map_or(Ok(Rc::from("")), |value| value.as_str("json_string"))?;
                    let json = serde_json::from_str(&text).map_err(|error| {
                        Exception::value_error("the text is no JSON")
                            .with_received(error.to_string())
                    })?;
                    let objects = values.get(1).map_or(Ok(Vec::new()), function::known_in)?;
                    let config = Arg::from_json(&json);
                    let model = kerai_engine::function::with_known(objects, || {
                        kerai_engine::saving::model_from_config(&config)
                    })?;
                    Ok(ModelObject::value(Rc::new(model)))
                },
            ))
        })
}

fn saving() -> Module {
    Module::new("keras.saving", "Saving and loading.")
        .lazy("load_model", || Ok(load_model()))
        .function(
            "save_model",
            "model, filepath, overwrite=True, **kwargs",
            "Writes a model to a .keras file.",
            |values| {
                let [model, path, ..] = &values[..] else { return Ok(Value::None) };
                crate::runtime::attributes::call_method(
                    model,
                    "save",
                    Arguments::positional(vec![path.clone()]),
                )
            },
        )
        .function(
            "register_keras_serializable",
            "package='Custom', name=None",
            "Makes a function of yours known to load_model.",
            |values| {
                let [package, name] = &values[..] else { return Ok(Value::None) };
                let (package, name) = (package.as_str("package")?, name.clone());
                Ok(Native::value("register", "arg", "", move |mut values| {
                    let value = values.pop().unwrap_or(Value::None);
                    if function::is_function(&value) {
                        let function = PyFunction::shared(value.clone());
                        let own = crate::bind::model::optional_name(&name)?;
                        let name = own.unwrap_or_else(|| function.name());
                        kerai_engine::function::register(format!("{package}>{name}"), function);
                    }
                    Ok(value)
                }))
            },
        )
}

fn load_model() -> Value {
    Native::value(
        "load_model",
        "filepath, custom_objects=None, compile=True, safe_mode=True",
        "A model from a .keras file, with its weights and, if it was compiled, its optimizer.",
        |values| {
            let [path, objects, compile, ..] = &values[..] else { return Ok(Value::None) };
            let (known, compile) = (function::known_in(objects)?, operators::truth(compile)?);
            kerai_engine::function::with_known(known, || load(path, compile))
        },
    )
}

/// `keras.Sequential`: called to make one, asked by `isinstance`.
fn sequential() -> Value {
    thread_local! {
        static CLASS: Value = Value::object(SequentialClass);
    }
    CLASS.with(Clone::clone)
}

struct SequentialClass;

impl Object for SequentialClass {
    fn type_name(&self) -> String {
        "type".to_owned()
    }

    fn repr(&self) -> PyResult<String> {
        Ok("<class 'keras.Sequential'>".to_owned())
    }

    fn is_callable(&self) -> bool {
        true
    }

    fn call(&self, _this: &Value, arguments: Arguments) -> PyResult<Value> {
        let [layers, _, name] = crate::bind::made::bind(
            "Sequential",
            "layers=None, trainable=True, name=None",
            arguments,
        )?;
        Ok(ModelObject::value(make_sequential(&layers, &name)?))
    }

    fn attribute(&self, _this: &Value, name: &str) -> PyResult<Option<Value>> {
        Ok((name == "__name__").then(|| Value::str("Sequential")))
    }

    fn bases(&self) -> Option<Vec<Value>> {
        Some(own::base("Model").into_iter().collect())
    }

    fn instance_check(&self, _this: &Value, value: &Value) -> Option<PyResult<bool>> {
        Some(Ok(value
            .downcast::<ModelObject>()
            .is_some_and(|model| model.model().as_sequential().is_some())))
    }

    fn doc(&self) -> Option<crate::runtime::object::Doc> {
        Some(crate::runtime::object::Doc {
            signature: "Sequential(layers=None, trainable=True, name=None)".to_owned(),
            text: "A linear stack of layers. Begin with keras.Input(shape=...) to see its weights at once.".to_owned(),
        })
    }
}

/// `keras.Input(shape=None, batch_size=None, dtype=None, name=None, ...)`
fn input() -> Value {
    Native::value(
        "Input",
        "shape=None, batch_size=None, dtype=None, sparse=None, batch_shape=None, name=None, tensor=None, optional=False",
        "The promise of a model's input. `shape` is that of one sample; None stands for an unknown size.",
        |values| {
            let [shape, batch_size, dtype, _, batch_shape, name, ..] = &values[..] else {
                return Ok(Value::None);
            };
            let shape = match (shape, batch_shape) {
                (Value::None, Value::None) => {
                    return Err(Exception::value_error("Input needs the shape of one sample")
                        .with_expected("a tuple of sizes without the batch")
                        .with_hint("keras.Input(shape=(784,))"));
                }
                (Value::None, batch_shape) => layer::shape_from_arg(&to_arg(batch_shape)?)?,
                (shape, _) => {
                    let mut shape = layer::shape_from_arg(&to_arg(shape)?)?;
                    let batch = if batch_size.is_none() {
                        None
                    } else {
                        sizes(batch_size, "batch_size")?.first().copied()
                    };
                    shape.0.insert(0, batch);
                    shape
                }
            };
            let dtype = match dtype {
                Value::None => "float32".to_owned(),
                dtype => dtype_name(dtype).unwrap_or_else(|| "float32".to_owned()),
            };
            let name = crate::bind::model::optional_name(name)?;
            Ok(SymbolObject::value(Symbol::input(Shape(shape.0), candle_dtype(&dtype)?, name)))
        },
    )
}

/// `keras.Variable(...)`
pub(super) fn variable() -> Value {
    Native::value(
        "Variable",
        "initializer, shape=None, dtype=None, trainable=True, autocast=True, aggregation='none', name=None",
        "A value that changes: give it a first value, then v.assign(...).",
        |values| {
            let [initializer, shape, dtype, trainable, _, _, name] = &values[..] else {
                return Ok(Value::None);
            };
            let first = match (initializer, shape) {
                (Value::Str(_), shape) | (Value::Object(_), shape) if !shape.is_none() => {
                    let Made::Initializer(made) =
                        catalog::get(Kind::Initializer, &to_arg(initializer)?)?
                    else {
                        return Err(Exception::type_error("the initializer is no initializer"));
                    };
                    crate::bind::tensor::TensorObject::value(kerai_engine::Tensor::new(
                        made.make(&sizes(shape, "shape")?)?,
                    ))
                }
                (value, _) => value.clone(),
            };
            make_variable(
                &first,
                operators::truth(trainable)?,
                crate::bind::model::optional_name(name)?,
                dtype,
            )
        },
    )
}

/// A type that is only asked by `isinstance`.
struct TypeMarker {
    name: &'static str,
    is: fn(&Value) -> bool,
}

impl Object for TypeMarker {
    fn type_name(&self) -> String {
        "type".to_owned()
    }

    fn repr(&self) -> PyResult<String> {
        Ok(format!("<class 'keras.{}'>", self.name))
    }

    fn bases(&self) -> Option<Vec<Value>> {
        Some(Vec::new())
    }

    fn instance_check(&self, _this: &Value, value: &Value) -> Option<PyResult<bool>> {
        Some(Ok((self.is)(value)))
    }
}
