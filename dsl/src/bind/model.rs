//! Models as values.

use super::convert::{from_config, to_arg, to_tensor};
use super::fit;
use super::layer::{self, LayerObject};
use super::made::{MadeObject, bind, documented, with_parameters};
use super::symbol::SymbolObject;
use super::tensor::TensorObject;
use crate::runtime::object::Doc;
use crate::runtime::operators;
use crate::runtime::{Arguments, Exception, Object, PyResult, Value, iterate};
use crate::show;
use kerai_engine::catalog::Made;
use kerai_engine::compile::Compiled;
use kerai_engine::config::Arg;
use kerai_engine::graph::{Functional, Sequential, Structure, Symbol};
use kerai_engine::layer::LayerInstance;
use kerai_engine::model::Model;
use kerai_engine::saving;
use std::path::PathBuf;
use std::rc::Rc;

/// A model.
pub struct ModelObject {
    model: Rc<Model>,
}

/// Whether a layer is a model.
pub fn is_model(instance: &LayerInstance) -> bool {
    instance.layer_as::<Functional>().is_some() || instance.layer_as::<Sequential>().is_some()
}

impl ModelObject {
    /// As a value.
    pub fn value(model: Rc<Model>) -> Value {
        Value::object(ModelObject { model })
    }

    /// The engine's model.
    pub fn model(&self) -> &Rc<Model> {
        &self.model
    }
}

/// `keras.Sequential(layers=None, name=None)`
pub fn make_sequential(layers: &Value, name: &Value) -> PyResult<Rc<Model>> {
    let mut instances = Vec::new();
    if !layers.is_none() {
        for item in iterate::collect(layers)? {
            instances.push(layer_of(&item)?);
        }
    }
    Ok(Rc::new(Model::sequential(instances, optional_name(name)?)?))
}

/// The layer in a value; a promise from `keras.Input` stands for its InputLayer.
pub fn layer_of(value: &Value) -> PyResult<Rc<LayerInstance>> {
    if let Some(symbol) = value.downcast::<SymbolObject>() {
        let call = symbol.symbol().call();
        if call.inputs.main.is_empty() {
            return Ok(call.layer.clone());
        }
    }
    super::own::keep(value);
    match super::convert::as_made(value) {
        Some(Made::Instance(instance)) => Ok(instance),
        _ => Err(value.wrong_type("a layer of the model", "a keras.layers.Layer").with_hint(
            if matches!(value, Value::Object(object) if object.type_name() == "type") {
                "the class needs parentheses: layers.Flatten()"
            } else {
                "layers.Dense(...), keras.Input(...), or another model"
            },
        )),
    }
}

/// A name or none.
pub fn optional_name(name: &Value) -> PyResult<Option<String>> {
    match name {
        Value::None => Ok(None),
        name => Ok(Some(name.as_str("name")?.to_string())),
    }
}

/// Promises and how they are put together.
fn symbols_of(value: &Value, what: &str) -> PyResult<(Vec<Symbol>, Structure)> {
    let symbol = |value: &Value| match value.downcast::<SymbolObject>() {
        Some(symbol) => Ok(symbol.symbol().clone()),
        None => Err(value
            .wrong_type(
                &format!("{what} of a model"),
                "a promise: what keras.Input(...) and layers give",
            )
            .with_hint(
                "keras.Model(inputs=x_in, outputs=x_out) with x_in = keras.Input(shape=...)",
            )),
    };
    match value {
        Value::Dict(entries) => {
            let entries = entries.borrow();
            let names = entries
                .keys()
                .map(|key| Ok(key.0.as_str("a name")?.to_string()))
                .collect::<PyResult<Vec<_>>>()?;
            Ok((entries.values().map(symbol).collect::<PyResult<_>>()?, Structure::Dict(names)))
        }
        Value::List(items) => {
            Ok((items.borrow().iter().map(symbol).collect::<PyResult<_>>()?, Structure::List))
        }
        Value::Tuple(items) => {
            Ok((items.iter().map(symbol).collect::<PyResult<_>>()?, Structure::List))
        }
        one => Ok((vec![symbol(one)?], Structure::Single)),
    }
}

/// `keras.Model(inputs, outputs, name=None)`
pub fn make_functional(inputs: &Value, outputs: &Value, name: &Value) -> PyResult<Rc<Model>> {
    let (inputs, input_structure) = symbols_of(inputs, "the inputs")?;
    let (outputs, output_structure) = symbols_of(outputs, "the outputs")?;
    Ok(Rc::new(Model::functional(
        inputs,
        outputs,
        (input_structure, output_structure),
        optional_name(name)?,
    )?))
}

/// Arrays of outputs in the model's structure.
pub fn pack_outputs(model: &Model, mut outputs: Vec<Value>) -> Value {
    if let Some(graph) = model.graph() {
        match &graph.output_structure {
            Structure::Dict(names) => return Value::dict(names.iter().zip(outputs)),
            Structure::List => return Value::list(outputs),
            Structure::Single => {}
        }
    }
    if outputs.len() == 1 { outputs.remove(0) } else { Value::list(outputs) }
}

/// A path from a string or a pathlib.Path.
pub fn path_of(value: &Value) -> PyResult<PathBuf> {
    match to_arg(value)? {
        Arg::Str(path) => Ok(PathBuf::from(path)),
        other => {
            Err(Exception::type_error("the path must be a string").with_received(other.describe()))
        }
    }
}

/// The attributes of every model; `this` is the value that programs hold (a model, or an instance of their own class).
pub fn attribute(this: &Value, model: &Rc<Model>, name: &str) -> PyResult<Option<Value>> {
    let own = model.clone();
    let this = this.clone();
    Ok(Some(match name {
        "layers" => Value::list(model.layers().into_iter().map(LayerObject::value).collect()),
        "inputs" => symbols(model, true)?,
        "outputs" => symbols(model, false)?,
        "input" | "output" => {
            let list = iterate::collect(&symbols(model, name == "input")?)?;
            match &list[..] {
                [one] => one.clone(),
                _ => Value::list(list),
            }
        }
        "input_shape" | "output_shape" => {
            let graph = graph_of(model)?;
            let symbols = if name == "input_shape" { &graph.inputs } else { &graph.outputs };
            match &symbols[..] {
                [one] => super::symbol::shape_value(one.shape()),
                many => Value::list(
                    many.iter().map(|symbol| super::symbol::shape_value(symbol.shape())).collect(),
                ),
            }
        }
        "input_names" => Value::list(model.input_names().iter().map(Value::str).collect()),
        "output_names" => Value::list(model.output_names(1).iter().map(Value::str).collect()),
        "optimizer" => match model.optimizer() {
            Ok(optimizer) => MadeObject::value(Made::Optimizer(optimizer)),
            Err(_) => Value::None,
        },
        "history" => return Ok(fit::last_history(&this, model)),
        "compiled" => Value::Bool(model.is_compiled()),
        "stop_training" => Value::Bool(model.stop_training.get()),
        "metrics" => match model.compiled() {
            Ok(compiled) => Value::list(
                compiled
                    .metrics()
                    .into_iter()
                    .map(|metric| MadeObject::value(Made::Metric(metric)))
                    .collect(),
            ),
            Err(_) => Value::list(Vec::new()),
        },
        "metrics_names" => Value::list(match model.compiled() {
            Ok(compiled) => compiled.logs()?.0.iter().map(|(name, _)| Value::str(name)).collect(),
            Err(_) => Vec::new(),
        }),
        "add" => with_parameters(
            "add",
            "layer, rebuild=True",
            "Puts a layer on top of a Sequential.",
            move |[layer, _]| {
                own.add(layer_of(&layer)?)?;
                Ok(Value::None)
            },
        ),
        "pop" => with_parameters(
            "pop",
            "rebuild=True",
            "Takes the top layer of a Sequential off, and gives it.",
            move |[_]| Ok(own.pop()?.map_or(Value::None, LayerObject::value)),
        ),
        "get_layer" => with_parameters(
            "get_layer",
            "name=None, index=None",
            "A layer by its name or its place.",
            move |[name, index]| {
                if index.is_none() {
                    return Ok(LayerObject::value(own.layer(&name.as_str("name")?)?));
                }
                let layers = own.layers();
                let i = index.as_int("index")?;
                let position = if i < 0 { i + i64::try_from(layers.len()).unwrap_or(0) } else { i };
                match usize::try_from(position).ok().and_then(|position| layers.get(position)) {
                    Some(layer) => Ok(LayerObject::value(layer.clone())),
                    None => Err(Exception::value_error(format!(
                        "the model has {} layers, no layer {i}",
                        layers.len()
                    ))),
                }
            },
        ),
        "compile" => documented(
            "compile",
            COMPILE,
            "Says how the model learns: optimizer, loss, metrics.",
            move |arguments| {
                compile(&own, arguments)?;
                Ok(Value::None)
            },
        ),
        "fit" => documented(
            "fit",
            fit::FIT,
            "Trains for some epochs; the result is the history. Called again after an interrupt it goes on at the next batch.",
            move |arguments| fit::fit(&this, &own, arguments),
        ),
        "evaluate" => documented(
            "evaluate",
            fit::EVALUATE,
            "The loss and the metrics on data, without training.",
            move |arguments| fit::evaluate(&this, &own, arguments),
        ),
        "predict" => documented(
            "predict",
            fit::PREDICT,
            "The outputs for inputs, as arrays, batch by batch.",
            move |arguments| fit::predict(&this, &own, arguments),
        ),
        "train_on_batch" => documented(
            "train_on_batch",
            fit::TRAIN_ON_BATCH,
            "One training step on a batch: the loss and the metrics.",
            move |arguments| fit::on_batch(&own, true, arguments),
        ),
        "test_on_batch" => documented(
            "test_on_batch",
            fit::TEST_ON_BATCH,
            "The loss and the metrics on a batch, without training.",
            move |arguments| fit::on_batch(&own, false, arguments),
        ),
        "predict_on_batch" => with_parameters(
            "predict_on_batch",
            "x",
            "The outputs for a batch, as arrays.",
            move |[x]| {
                let inputs = super::data::parts(&x, &own.input_names(), "x")?;
                let inputs = inputs.iter().map(to_tensor).collect::<PyResult<Vec<_>>>()?;
                let outputs = kerai_engine::tape::paused(|| {
                    own.call(&inputs, &mut kerai_engine::layer::Pass::inference())
                })?;
                let arrays = outputs
                    .iter()
                    .map(|output| Ok(Value::object(super::convert::to_numpy(output, false)?)))
                    .collect::<PyResult<_>>()?;
                Ok(pack_outputs(&own, arrays))
            },
        ),
        "reset_metrics" => with_parameters(
            "reset_metrics",
            "",
            "Makes the metrics forget what they have gathered.",
            move |[]| {
                if let Ok(compiled) = own.compiled() {
                    compiled.reset();
                }
                Ok(Value::None)
            },
        ),
        "summary" => documented(
            "summary",
            show::summary::SUMMARY,
            "A table of the layers: their outputs and their weights.",
            move |arguments| {
                show::summary::show(&own, arguments)?;
                Ok(Value::None)
            },
        ),
        "save" => with_parameters(
            "save",
            "filepath, overwrite=True, zipped=None, **kwargs",
            "Writes the model into a .keras file: layers, weights, optimizer.",
            move |[path, ..]: [Value; 4]| {
                let path = path_of(&path)?;
                saving::save_model(&own, &path)?;
                Ok(Value::None)
            },
        ),
        "save_weights" => with_parameters(
            "save_weights",
            "filepath, overwrite=True",
            "Writes the weights into a .weights.h5 file.",
            move |[path, _]| {
                saving::save_weights(&own, &path_of(&path)?)?;
                Ok(Value::None)
            },
        ),
        "load_weights" => with_parameters(
            "load_weights",
            "filepath, skip_mismatch=False, **kwargs",
            "Reads weights that save_weights wrote.",
            move |[path, ..]: [Value; 3]| {
                saving::load_weights(&own, &path_of(&path)?)?;
                Ok(Value::None)
            },
        ),
        "to_json" => with_parameters(
            "to_json",
            "**kwargs",
            "What the model is made of, as JSON.",
            move |[_]| Ok(Value::str(own.instance().identifier().to_json().to_string())),
        ),
        "get_compile_config" => with_parameters(
            "get_compile_config",
            "",
            "What compile was given, as a dict.",
            move |[]| Ok(from_config(&Arg::Map(own.compiled()?.config()))),
        ),
        _ => return layer::common_attribute(model.instance(), name),
    }))
}

fn graph_of(model: &Rc<Model>) -> PyResult<kerai_engine::model::GraphRef<'_>> {
    model.graph().ok_or_else(|| {
        Exception::attribute_error("the model does not know its inputs and outputs yet")
            .with_hint("begin it with keras.Input(shape=(...)), or use the functional API")
    })
}

fn symbols(model: &Rc<Model>, inputs: bool) -> PyResult<Value> {
    let graph = graph_of(model)?;
    let symbols = if inputs { &graph.inputs } else { &graph.outputs };
    Ok(Value::list(symbols.iter().cloned().map(SymbolObject::value).collect()))
}

/// The parameters of `model.compile`.
const COMPILE: &str = "optimizer='rmsprop', loss=None, loss_weights=None, metrics=None, weighted_metrics=None, run_eagerly=False, steps_per_execution=1, jit_compile='auto', auto_scale_loss=True";

/// `model.compile(...)`
pub fn compile(model: &Model, arguments: Arguments) -> PyResult<()> {
    let [optimizer, loss, loss_weights, metrics, weighted_metrics, _, _, _, scales] =
        bind::<9>("compile", COMPILE, arguments)?;
    let setting = |value: &Value, what: &str| match super::own::as_training_object(value) {
        Some(own) => Ok(own),
        None => to_arg(value).map_err(|error| {
            let message = format!("compile: {what}: {}", error.message);
            let mut error = error;
            error.message = message;
            error
        }),
    };
    let compiled = Compiled::new(
        setting(&optimizer, "optimizer")?,
        setting(&loss, "loss")?,
        to_arg(&loss_weights)?,
        setting(&metrics, "metrics")?,
        setting(&weighted_metrics, "weighted_metrics")?,
    )?;
    let compiled = match operators::truth(&scales)? {
        true => compiled.with_loss_scale(&model.instance().policy()),
        false => compiled,
    };
    model.compile(compiled);
    Ok(())
}

/// Names for completion.
pub const NAMES: &[&str] = &[
    "layers",
    "inputs",
    "outputs",
    "input_shape",
    "output_shape",
    "optimizer",
    "history",
    "stop_training",
    "metrics",
    "add",
    "pop",
    "get_layer",
    "compile",
    "fit",
    "evaluate",
    "predict",
    "train_on_batch",
    "test_on_batch",
    "predict_on_batch",
    "reset_metrics",
    "summary",
    "save",
    "save_weights",
    "load_weights",
    "to_json",
];

/// Sets an attribute of a model.
pub fn set_attribute(model: &Rc<Model>, name: &str, value: &Value) -> PyResult<bool> {
    if name == "stop_training" {
        model.stop_training.set(crate::runtime::operators::truth(value)?);
        return Ok(true);
    }
    layer::set_common_attribute(model.instance(), name, value)
}

impl Object for ModelObject {
    fn type_name(&self) -> String {
        self.model.instance().layer().class_name().to_owned()
    }

    fn identity(&self) -> Option<usize> {
        Some(Rc::as_ptr(self.model.instance()).addr())
    }

    fn repr(&self) -> PyResult<String> {
        let built = if self.model.instance().is_built() { "True" } else { "False" };
        Ok(format!("<{} name={}, built={built}>", self.type_name(), self.model.instance().name()))
    }

    fn is_callable(&self) -> bool {
        true
    }

    fn call(&self, _this: &Value, arguments: Arguments) -> PyResult<Value> {
        let inputs = self.model.input_names();
        // A dict of inputs is sorted into the model's order.
        let mut arguments = arguments;
        if let Some(first @ Value::Dict(_)) = arguments.positional.first()
            && !inputs.is_empty()
        {
            arguments.positional[0] = Value::list(super::data::parts(first, &inputs, "inputs")?);
        }
        if let [first, ..] = &arguments.positional[..]
            && arguments.positional.len() == 1
            && first.downcast::<SymbolObject>().is_none()
            && !matches!(first, Value::List(_) | Value::Tuple(_))
        {
            let training = match arguments.keywords.iter().find(|(name, _)| &**name == "training") {
                Some((_, value)) => Some(crate::runtime::operators::truth(value)?),
                None => None,
            };
            let input = to_tensor(first)?;
            let outputs = super::pass::run(|pass| {
                let outer = pass.training;
                pass.training = training.unwrap_or(outer);
                let outputs = self.model.call(std::slice::from_ref(&input), pass);
                pass.training = outer;
                outputs
            })?;
            return Ok(pack_outputs(
                &self.model,
                outputs.into_iter().map(TensorObject::value).collect(),
            ));
        }
        layer::call(self.model.instance(), arguments)
    }

    fn attribute(&self, this: &Value, name: &str) -> PyResult<Option<Value>> {
        attribute(this, &self.model, name)
    }

    fn attribute_names(&self) -> Vec<String> {
        NAMES.iter().chain(layer::COMMON_NAMES).map(|name| (*name).to_owned()).collect()
    }

    fn set_attribute(&self, _this: &Value, name: &str, value: Value) -> PyResult<bool> {
        set_attribute(&self.model, name, &value)
    }

    fn compare(
        &self,
        _this: &Value,
        op: crate::runtime::CompareOp,
        other: &Value,
    ) -> Option<PyResult<Value>> {
        let same = other
            .downcast::<ModelObject>()
            .is_some_and(|other| Rc::ptr_eq(other.model.instance(), self.model.instance()));
        match op {
            crate::runtime::CompareOp::Eq => Some(Ok(Value::Bool(same))),
            crate::runtime::CompareOp::Ne => Some(Ok(Value::Bool(!same))),
            _ => None,
        }
    }

    fn hash(&self) -> PyResult<Option<u64>> {
        Ok(Some(Rc::as_ptr(self.model.instance()) as u64))
    }

    fn doc(&self) -> Option<Doc> {
        Some(Doc {
            signature: format!(
                "{}: compile, fit, evaluate, predict, summary, save",
                self.type_name()
            ),
            text: format!("A model with {} layers.", self.model.layers().len()),
        })
    }
}

/// A model read from a file.
pub fn load(path: &Value, compile: bool) -> PyResult<Value> {
    let model = saving::load_model(&path_of(path)?, compile)?;
    Ok(ModelObject::value(Rc::new(model)))
}
