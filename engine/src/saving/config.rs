//! Models and layers to and from Keras' configs.

use crate::catalog::{self, Kind};
use crate::config::{Arg, Config, Field};
use crate::error::{Error, Result};
use crate::graph::{self, CallArg, CallArguments, Functional, Sequential, Structure, Symbol};
use crate::layer::{COMMON_ARGS, LayerInstance, shape_from_arg, shape_to_arg};
use crate::layers::input_layer::InputLayer;
use crate::layers::operation::Operation;
use crate::model::Model;
use crate::ops::forms;
use std::collections::HashMap;
use std::rc::Rc;

fn text<'a>(arg: &'a Arg, name: &str) -> Option<&'a str> {
    match arg.get(name)? {
        Arg::Str(text) => Some(text),
        _ => None,
    }
}

fn malformed(what: &str) -> Error {
    Error::value(format!("the config is not that of a model: {what}"))
        .hint("the file may be damaged: save it again")
}

/// A layer (or model) from its envelope.
pub fn layer_from_config(envelope: &Arg) -> Result<Rc<LayerInstance>> {
    let class =
        text(envelope, "class_name").ok_or_else(|| malformed("a layer has no class_name"))?;
    if matches!(class, "Functional" | "Sequential" | "Model") {
        return Ok(model_from_config(envelope)?.instance().clone());
    }
    if let Some(registered) = text(envelope, "registered_name")
        .filter(|name| name.contains('>') && !name.starts_with("keras"))
    {
        return Err(Error::value(format!("the model holds a class of your own, {registered}"))
            .hint("build the model in code and load its weights: model.load_weights(\"name.weights.h5\")"));
    }
    let Some(Arg::Map(config)) = envelope.get("config") else {
        return Err(malformed("a layer has no config"));
    };
    let entry = catalog::find(Kind::Layer, class)?;
    let mut given: Config = Vec::new();
    for (name, value) in config {
        let known = entry.args.iter().chain(COMMON_ARGS).any(|spec| spec.name == name);
        if known {
            given.push((name.clone(), value.clone()));
        } else if !is_harmless(name, value) {
            return Err(Error::not_implemented(
                format!("{class} has an argument {name:?} that kerai does not know"),
                "save the model without it, if its meaning allows",
            )
            .received(format!("{name}={}", value.describe())));
        }
    }
    LayerInstance::make(entry, given).map(Rc::new).map_err(|error| {
        error.within(format!(
            "layer {:?}",
            text(envelope, "name")
                .or_else(|| envelope.get("config").and_then(|c| text(c, "name")))
                .unwrap_or(class)
        ))
    })
}

/// Arguments of other versions that change nothing here.
fn is_harmless(name: &str, value: &Arg) -> bool {
    let ignored = [
        "autocast",
        "quantization_config",
        "zero_output_for_mask",
        "batch_input_shape",
        "use_cudnn",
        "implementation",
        "time_major",
        "renorm",
        "virtual_batch_size",
    ];
    ignored.contains(&name) || matches!(value, Arg::None | Arg::Bool(false))
}

/// A model from its envelope.
pub fn model_from_config(envelope: &Arg) -> Result<Model> {
    let class = text(envelope, "class_name").ok_or_else(|| malformed("there is no class_name"))?;
    let config = envelope.get("config").ok_or_else(|| malformed("there is no config"))?;
    let model = match class {
        "Sequential" => sequential_from(config)?,
        "Functional" | "Model" => functional_from(config)?,
        other => {
            return Err(Error::value(format!("the file holds a model class of your own, {other}"))
                .hint("build the model in code and load its weights: model.load_weights(\"name.weights.h5\")"));
        }
    };
    if let Some(Arg::Bool(false)) = config.get("trainable") {
        model.instance().set_trainable(false);
    }
    Ok(model)
}

fn sequential_from(config: &Arg) -> Result<Model> {
    let layers = config
        .get("layers")
        .and_then(Arg::items)
        .ok_or_else(|| malformed("there are no layers"))?;
    let layers = layers.iter().map(layer_from_config).collect::<Result<Vec<_>>>()?;
    let model = Model::sequential(layers, text(config, "name").map(str::to_owned))?;
    if let Some(shape @ Arg::List(_)) = config.get("build_input_shape")
        && !model.instance().is_built()
    {
        model.instance().build(&[shape_from_arg(shape)?])?;
    }
    Ok(model)
}

fn functional_from(config: &Arg) -> Result<Model> {
    let layers = config
        .get("layers")
        .and_then(Arg::items)
        .ok_or_else(|| malformed("there are no layers"))?;
    let mut made: HashMap<(String, usize), Vec<Symbol>> = HashMap::new();
    let mut waiting: Vec<(String, Called<'_>, usize, &Arg)> = Vec::new();
    for data in layers {
        let nodes = data.get("inbound_nodes").and_then(Arg::items).unwrap_or(&[]);
        if text(data, "module").is_some_and(forms::is_operations) {
            let name = text(data, "name").ok_or_else(|| malformed("an operation has no name"))?;
            if let [node] = nodes {
                waiting.push((name.to_owned(), Called::Operation(data), 0, node));
                continue;
            }
            return Err(malformed("an operation is called once"));
        }
        let instance = layer_from_config(data)?;
        let name = text(data, "name").map_or_else(|| instance.name(), str::to_owned);
        if let Some(input) = instance.layer_as::<InputLayer>() {
            let shape = input.shape();
            instance.build(std::slice::from_ref(&shape))?;
            let symbol = graph::input_of(&instance, shape, input.dtype());
            made.insert((name, 0), vec![symbol]);
            continue;
        }
        let calls = nodes.iter().enumerate();
        waiting.extend(
            calls.map(|(number, node)| {
                (name.clone(), Called::Layer(instance.clone()), number, node)
            }),
        );
    }
    while !waiting.is_empty() {
        let before = waiting.len();
        let mut left = Vec::new();
        for (name, called, number, node) in waiting {
            // Calls of one layer must be made in their order.
            let in_order = number == 0 || made.contains_key(&(name.clone(), number - 1));
            match call_of(node, &made)?.filter(|_| in_order) {
                Some(arguments) => {
                    let symbols = match &called {
                        Called::Layer(instance) => graph::apply(instance, arguments)?,
                        Called::Operation(data) => restore(data, &name, arguments)?,
                    };
                    made.insert((name, number), symbols);
                }
                None => left.push((name, called, number, node)),
            }
        }
        if left.len() == before {
            return Err(malformed(
                "its layers refer to each other in a circle, or to layers that are not there",
            ));
        }
        waiting = left;
    }
    let (inputs, input_structure) = ends(config.get("input_layers"), &made)?;
    let (outputs, output_structure) = ends(config.get("output_layers"), &made)?;
    Model::functional(
        inputs,
        outputs,
        (input_structure, output_structure),
        text(config, "name").map(str::to_owned),
    )
}

/// What a node of a file calls.
enum Called<'a> {
    Layer(Rc<LayerInstance>),
    /// A function of `keras.ops`, made when its arguments are known.
    Operation(&'a Arg),
}

fn restore(data: &Arg, name: &str, arguments: CallArguments) -> Result<Vec<Symbol>> {
    let class = text(data, "class_name").ok_or_else(|| malformed("there is no class_name"))?;
    let config = data.get("config").unwrap_or(&Arg::None);
    let call = Operation::restore(text(data, "module").unwrap_or(""), class, config, arguments)
        .map_err(|error| error.within(format!("operation {name:?}")))?;
    graph::apply_operation(call, Some(name.to_owned()))
}

/// `["name", node, tensor]`
fn history_of(arg: &Arg) -> Option<(String, usize, usize)> {
    let [Arg::Str(name), node, tensor] = arg.items()? else { return None };
    let number = |arg: &Arg| i64::parse(arg).ok().and_then(|number| usize::try_from(number).ok());
    Some((name.clone(), number(node)?, number(tensor)?))
}

fn lookup(arg: &Arg, made: &HashMap<(String, usize), Vec<Symbol>>) -> Result<Symbol> {
    let (name, node, tensor) = history_of(arg)
        .ok_or_else(|| malformed("an end of the model is no [layer, node, tensor]"))?;
    made.get(&(name.clone(), node))
        .and_then(|symbols| symbols.get(tensor))
        .cloned()
        .ok_or_else(|| malformed(&format!("there is no layer {name:?}")))
}

/// The inputs or outputs of a model: one triple, a list of triples, or a dict of them.
fn ends(
    arg: Option<&Arg>,
    made: &HashMap<(String, usize), Vec<Symbol>>,
) -> Result<(Vec<Symbol>, Structure)> {
    match arg {
        Some(Arg::Map(map)) => {
            let symbols = map.iter().map(|(_, end)| lookup(end, made)).collect::<Result<_>>()?;
            Ok((symbols, Structure::Dict(map.iter().map(|(name, _)| name.clone()).collect())))
        }
        Some(one) if history_of(one).is_some() => Ok((vec![lookup(one, made)?], Structure::Single)),
        Some(Arg::List(items)) => {
            Ok((items.iter().map(|end| lookup(end, made)).collect::<Result<_>>()?, Structure::List))
        }
        _ => Err(malformed("there are no inputs or outputs")),
    }
}

/// The arguments of a call; `None` while a tensor in them is not made yet.
fn call_of(
    node: &Arg,
    made: &HashMap<(String, usize), Vec<Symbol>>,
) -> Result<Option<CallArguments>> {
    let mut arguments = CallArguments::default();
    for arg in node.get("args").and_then(Arg::items).unwrap_or(&[]) {
        match call_arg(arg, made)? {
            Some(arg) => arguments.args.push(arg),
            None => return Ok(None),
        }
    }
    if let Some(Arg::Map(kwargs)) = node.get("kwargs") {
        for (name, arg) in kwargs {
            match call_arg(arg, made)? {
                Some(arg) => arguments.kwargs.push((name.clone(), arg)),
                None => return Ok(None),
            }
        }
    }
    Ok(Some(arguments))
}

fn call_arg(arg: &Arg, made: &HashMap<(String, usize), Vec<Symbol>>) -> Result<Option<CallArg>> {
    let list = |items: &[Arg]| -> Result<Option<CallArg>> {
        let mut parts = Vec::with_capacity(items.len());
        for item in items {
            match call_arg(item, made)? {
                Some(part) => parts.push(part),
                None => return Ok(None),
            }
        }
        if parts.iter().all(|part| matches!(part, CallArg::Constant(_))) && !parts.is_empty() {
            return Ok(Some(CallArg::Constant(Arg::List(items.to_vec()))));
        }
        Ok(Some(CallArg::List(parts)))
    };
    match (arg, text(arg, "class_name")) {
        (_, Some("__keras_tensor__")) => {
            let history = arg.get("config").and_then(|config| config.get("keras_history"));
            let (name, node, tensor) =
                history.and_then(history_of).ok_or_else(|| malformed("a tensor has no history"))?;
            match made.get(&(name, node)) {
                Some(symbols) => match symbols.get(tensor) {
                    Some(symbol) => Ok(Some(CallArg::Symbol(symbol.clone()))),
                    None => Err(malformed("a tensor's number is too large")),
                },
                None => Ok(None),
            }
        }
        (_, Some("__tuple__")) => list(arg.get("items").and_then(Arg::items).unwrap_or(&[])),
        (Arg::List(items), _) => list(items),
        (constant, _) => Ok(Some(CallArg::Constant(constant.clone()))),
    }
}

/// The config of a functional model, without its name.
pub fn functional_config(model: &Functional) -> Config {
    // Calls are numbered per layer, in the order in which they were made.
    let mut numbers: HashMap<(usize, usize), usize> = HashMap::new();
    for layer in &model.layers {
        let pointer = Rc::as_ptr(layer) as usize;
        let mut own: Vec<usize> = model
            .calls
            .iter()
            .filter(|call| Rc::ptr_eq(&call.layer, layer))
            .map(|call| call.number)
            .collect();
        own.sort_unstable();
        numbers.extend(
            own.into_iter().enumerate().map(|(position, number)| ((pointer, number), position)),
        );
    }
    let history = |symbol: &Symbol| {
        let call = symbol.call();
        let node =
            numbers.get(&(Rc::as_ptr(&call.layer) as usize, call.number)).copied().unwrap_or(0);
        Arg::List(vec![Arg::Str(call.layer.name()), index(node), index(symbol.output())])
    };
    let layers = model.layers.iter().map(|layer| {
        let mut nodes: Vec<_> =
            model.calls.iter().filter(|call| Rc::ptr_eq(&call.layer, layer)).collect();
        nodes.sort_by_key(|call| call.number);
        let nodes = nodes.into_iter().map(|call| {
            let args =
                call.arguments.args.iter().map(|arg| call_arg_to_arg(arg, &history)).collect();
            let kwargs = call
                .arguments
                .kwargs
                .iter()
                .map(|(name, arg)| (name.clone(), call_arg_to_arg(arg, &history)))
                .collect();
            Arg::Map(vec![
                ("args".to_owned(), Arg::List(args)),
                ("kwargs".to_owned(), Arg::Map(kwargs)),
            ])
        });
        let nodes = Arg::List(nodes.collect());
        let Arg::Map(mut envelope) = layer.identifier() else { return Arg::None };
        envelope.push(("name".to_owned(), Arg::Str(layer.name())));
        envelope.push(("inbound_nodes".to_owned(), nodes));
        Arg::Map(envelope)
    });
    let ends = |symbols: &[Symbol], structure: &Structure| match (structure, symbols) {
        (Structure::Single, [one]) => history(one),
        (Structure::Dict(names), symbols) => {
            Arg::Map(names.iter().cloned().zip(symbols.iter().map(history)).collect())
        }
        (_, symbols) => Arg::List(symbols.iter().map(history).collect()),
    };
    vec![
        ("layers".to_owned(), Arg::List(layers.collect())),
        ("input_layers".to_owned(), ends(&model.inputs, &model.input_structure)),
        ("output_layers".to_owned(), ends(&model.outputs, &model.output_structure)),
    ]
}

fn index(number: usize) -> Arg {
    Arg::Int(i64::try_from(number).unwrap_or(0))
}

fn call_arg_to_arg(arg: &CallArg, history: &dyn Fn(&Symbol) -> Arg) -> Arg {
    match arg {
        CallArg::Symbol(symbol) => Arg::Map(vec![
            ("class_name".to_owned(), Arg::str("__keras_tensor__")),
            (
                "config".to_owned(),
                Arg::Map(vec![
                    ("shape".to_owned(), shape_to_arg(symbol.shape())),
                    ("dtype".to_owned(), Arg::str(symbol.dtype_name())),
                    ("keras_history".to_owned(), history(symbol)),
                ]),
            ),
        ]),
        CallArg::List(items) => {
            Arg::List(items.iter().map(|item| call_arg_to_arg(item, history)).collect())
        }
        CallArg::Constant(constant) => constant.clone(),
    }
}

/// The config of a sequential model, without its name.
pub fn sequential_config(model: &Sequential) -> Config {
    let mut config = vec![(
        "layers".to_owned(),
        Arg::List(model.all_layers().iter().map(|layer| layer.identifier()).collect()),
    )];
    if let Some(input) = model.graph().and_then(|graph| graph.inputs.first().cloned()) {
        config.push(("build_input_shape".to_owned(), shape_to_arg(input.shape())));
    }
    config
}
