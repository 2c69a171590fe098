//! A function of `keras.ops` as a node of a model: `x + y`, `ops.mean(x, axis=1)`, `x[:, 0]`. One mechanism for the whole
//! table of operations; it is no row of the layers' table, since nobody makes one by name.

use crate::config::{Arg, Config};
use crate::error::{Error, Result};
use crate::graph::{CallArg, CallArguments, Symbol};
use crate::layer::{Layer, Pass};
use crate::ops::forms::{self, Form};
use crate::ops::{self, OpEntry, OpResult, OpValue, table};
use crate::shape::Shape;
use crate::tensor::Tensor;
use candle_core::DType;

/// What is known of a tensor before there is one.
#[derive(Clone, PartialEq)]
struct Promise {
    shape: Shape,
    dtype: DType,
    is_truth: bool,
}

/// One argument: a promised tensor by number, or what was given.
enum Slot {
    Input(usize),
    List(Vec<Slot>),
    Value(OpValue),
}

/// A row of the table of operations with the arguments of one call.
pub struct Operation {
    form: &'static Form,
    row: &'static OpEntry,
    config: Config,
    arguments: Vec<(String, Slot)>,
    inputs: Vec<Promise>,
    outputs: Vec<Promise>,
    gives_list: bool,
}

/// A call of an operation, ready to become a node.
pub struct OperationCall {
    /// The operation.
    pub operation: Operation,
    /// The arguments that a file has in the node; the others are in the operation's config.
    pub arguments: CallArguments,
    /// The promised tensors among them.
    pub inputs: Vec<Symbol>,
}

impl Operation {
    /// The call of a function of `keras.ops` on promised tensors.
    pub fn call(
        function: &str,
        positional: Vec<CallArg>,
        keywords: Vec<(String, CallArg)>,
    ) -> Result<OperationCall> {
        let (Some(form), Some(row)) = (forms::of_function(function), table::find(function)) else {
            return Err(Error::not_implemented(
                format!("ops.{function} cannot be a part of a model"),
                "put it into a layer of your own: class Mine(keras.layers.Layer) with a call method",
            ));
        };
        let given = row
            .bind(positional, keywords, CallArg::List)
            .map_err(|error| error.within(format!("ops.{function}")))?;
        Self::of(form, row, given)
    }

    /// The call that a file holds: the operation's config and the arguments of its node.
    pub fn restore(
        module: &str,
        class: &str,
        config: &Arg,
        node: CallArguments,
    ) -> Result<OperationCall> {
        let form = forms::of_class(module, class);
        let Some((form, row)) = form.and_then(|form| Some((form, table::find(form.function)?)))
        else {
            return Err(Error::not_implemented(
                format!(
                    "the model uses the operation {class} of {module}, which kerai does not have"
                ),
                "build the model without it, and save it again",
            ));
        };
        let mut given: Vec<(String, CallArg)> = Vec::new();
        let mut args = node.args.into_iter();
        for name in form.call() {
            if let Some(name) = name.strip_prefix('*') {
                given.push((name.to_owned(), CallArg::List(args.by_ref().collect())));
            } else if let Some(arg) = args.next() {
                given.push((name.to_owned(), arg));
            }
        }
        let Arg::Map(config) = config else { return Self::of(form, row, given) };
        let config = config.iter().filter(|(name, _)| name != "name");
        let constants =
            config.map(|(name, value)| (name.clone(), CallArg::Constant(value.clone())));
        let known = row.parameters();
        for (name, arg) in node.kwargs.into_iter().chain(constants) {
            if known.iter().any(|(known, ..)| *known == name) {
                given.push((name, arg));
            } else if !matches!(arg, CallArg::Constant(Arg::None | Arg::Bool(false))) {
                return Err(Error::not_implemented(
                    format!("{class} has an argument {name:?} that kerai does not know"),
                    "save the model without it, if its meaning allows",
                ));
            }
        }
        Self::of(form, row, given)
    }

    fn of(
        form: &'static Form,
        row: &'static OpEntry,
        mut given: Vec<(String, CallArg)>,
    ) -> Result<OperationCall> {
        let mut config = Vec::new();
        let mut node = CallArguments::default();
        let mut take = |name: &str| {
            let position = given.iter().position(|(known, _)| known == name)?;
            Some(given.remove(position).1)
        };
        for name in form.config() {
            let value = match take(name) {
                Some(CallArg::Constant(value)) => value,
                Some(_) => {
                    return Err(Error::not_implemented(
                        format!("ops.{}: {name} cannot be a promised tensor", form.function),
                        "give a number, or None or -1 for sizes that are not known yet",
                    ));
                }
                None => row.default_of(name),
            };
            config.push((name.to_owned(), value));
        }
        let mut args: Vec<(String, Option<CallArg>)> = Vec::new();
        for name in form.call() {
            let plain = name.trim_start_matches('*');
            args.push((plain.to_owned(), take(plain)));
        }
        if let Some((name, _)) = given.first() {
            return Err(Error::not_implemented(
                format!("ops.{}: {name}=... in a model", form.function),
                "leave it out",
            ));
        }
        while args.last().is_some_and(|(_, arg)| arg.is_none()) {
            args.pop();
        }
        let mut inputs = Vec::new();
        let mut arguments = Vec::new();
        for (name, arg) in args {
            let arg = arg.unwrap_or(CallArg::Constant(Arg::None));
            arguments.push((name.clone(), slot_of(&arg, &mut inputs)?));
            match arg {
                CallArg::List(items) if form.call().any(|known| known[..1] == *"*") => {
                    node.args.extend(items);
                }
                arg => node.args.push(arg),
            }
        }
        for (name, value) in &config {
            arguments.push((name.clone(), Slot::Value(OpValue::Arg(value.clone()))));
        }
        if inputs.is_empty() {
            return Err(Error::type_error(format!(
                "ops.{} needs a promised tensor",
                form.function
            )));
        }
        let mut operation = Operation {
            form,
            row,
            config,
            arguments,
            inputs: inputs.iter().map(promise_of).collect(),
            outputs: Vec::new(),
            gives_list: false,
        };
        (operation.outputs, operation.gives_list) = operation.infer(&operation.inputs)?;
        Ok(OperationCall { operation, arguments: node, inputs })
    }

    /// Whether it gives a list, be it of one tensor.
    pub fn gives_list(&self) -> bool {
        self.gives_list
    }

    fn run(&self, inputs: &[Tensor]) -> Result<OpResult> {
        fn value(slot: &Slot, inputs: &[Tensor]) -> Result<OpValue> {
            Ok(match slot {
                Slot::Input(number) => {
                    OpValue::Tensor(inputs.get(*number).cloned().ok_or_else(|| {
                        Error::runtime("an operation lacks a tensor: this is a bug of kerai")
                    })?)
                }
                Slot::List(items) => OpValue::List(
                    items.iter().map(|item| value(item, inputs)).collect::<Result<_>>()?,
                ),
                Slot::Value(value) => value.clone(),
            })
        }
        let given = self.arguments.iter();
        let given = given.map(|(name, slot)| Ok((name.clone(), value(slot, inputs)?)));
        self.row.call_with(given.collect::<Result<_>>()?)
    }

    /// The promises of the results: the operation runs on zeros, twice if sizes are unknown; what differs is unknown.
    fn infer(&self, inputs: &[Promise]) -> Result<(Vec<Promise>, bool)> {
        let explain = |error: Error| {
            let shapes = inputs.iter().map(|input| input.shape.to_string());
            error.received(shapes.collect::<Vec<_>>().join(", "))
        };
        if let Some(shape) = self.reshaped(inputs)? {
            let Promise { dtype, is_truth, .. } = inputs[0];
            return Ok((vec![Promise { shape, dtype, is_truth }], false));
        }
        let probe = |size: usize| -> Result<(Vec<Promise>, bool)> {
            let zeros = inputs.iter().map(|input| {
                let shape: Vec<usize> =
                    input.shape.0.iter().map(|axis| axis.unwrap_or(size)).collect();
                ops::full(&shape, 0.0, input.dtype)
            });
            let promise = |tensor: &Tensor, is_truth: bool| Promise {
                shape: Shape::known(tensor.shape()),
                dtype: tensor.dtype(),
                is_truth,
            };
            match self.run(&zeros.collect::<Result<Vec<_>>>()?)? {
                OpResult::Tensor(tensor) => Ok((vec![promise(&tensor, false)], false)),
                OpResult::Truth(tensor) => Ok((vec![promise(&tensor, true)], false)),
                OpResult::Tensors(tensors) => {
                    Ok((tensors.iter().map(|tensor| promise(tensor, false)).collect(), true))
                }
                OpResult::Arg(_) => Err(Error::type_error(format!(
                    "ops.{} gives no tensor, so it cannot be a part of a model",
                    self.form.function
                ))),
            }
        };
        let (mut outputs, gives_list) = probe(2).map_err(explain)?;
        if inputs.iter().any(|input| input.shape.0.contains(&None)) {
            let (others, _) = probe(3).map_err(explain)?;
            if others.len() != outputs.len() {
                return Err(explain(Error::value(format!(
                    "ops.{}: the number of results depends on a size that is not known yet",
                    self.form.function
                ))));
            }
            for (output, other) in outputs.iter_mut().zip(others) {
                for (axis, other) in output.shape.0.iter_mut().zip(other.shape.0) {
                    if *axis != other {
                        *axis = None;
                    }
                }
            }
        }
        Ok((outputs, gives_list))
    }

    /// The shape after `reshape`, which a trial cannot find: sizes that are not known yet need not divide.
    fn reshaped(&self, inputs: &[Promise]) -> Result<Option<Shape>> {
        let ("reshape", [input]) = (self.form.function, inputs) else { return Ok(None) };
        if !input.shape.0.contains(&None) {
            return Ok(None);
        }
        let Some((_, Arg::List(sizes))) = self.config.first() else { return Ok(None) };
        let size = |size: &Arg| match size {
            Arg::Int(size) => Ok(usize::try_from(*size).ok()),
            Arg::None => Ok(None),
            other => Err(Error::type_error("a size is an integer").received(other.describe())),
        };
        Ok(Some(Shape(sizes.iter().map(size).collect::<Result<_>>()?)))
    }
}

fn promise_of(symbol: &Symbol) -> Promise {
    let (shape, dtype) = (symbol.shape().clone(), symbol.dtype());
    Promise { shape, dtype, is_truth: symbol.is_truth() }
}

fn slot_of(arg: &CallArg, inputs: &mut Vec<Symbol>) -> Result<Slot> {
    Ok(match arg {
        CallArg::Symbol(symbol) => {
            inputs.push(symbol.clone());
            Slot::Input(inputs.len() - 1)
        }
        CallArg::List(items) => {
            Slot::List(items.iter().map(|item| slot_of(item, inputs)).collect::<Result<_>>()?)
        }
        CallArg::Constant(arg) => Slot::Value(constant(arg)?),
    })
}

/// A constant; `__numpy__` and `__tensor__` are Keras' envelopes of arrays.
fn constant(arg: &Arg) -> Result<OpValue> {
    let class = match arg.get("class_name") {
        Some(Arg::Str(class)) => class.as_str(),
        _ => "",
    };
    if !matches!(class, "__numpy__" | "__tensor__") {
        return Ok(OpValue::Arg(arg.clone()));
    }
    let part = |name| arg.get("config").and_then(|config| config.get(name)).cloned();
    let values = table::tensor_of(&OpValue::Arg(part("value").unwrap_or_default()))?;
    Ok(OpValue::Tensor(match part("dtype") {
        Some(Arg::Str(dtype)) => ops::cast(&values, table::dtype_of(&dtype)?.0)?,
        _ => values,
    }))
}

impl Layer for Operation {
    fn class_name(&self) -> &str {
        self.form.class
    }

    fn module(&self) -> &str {
        self.form.module
    }

    fn registered_name(&self) -> Option<String> {
        Some(self.form.class.to_owned())
    }

    fn common_config(&self, name: &str, _trainable: bool) -> Config {
        vec![("name".to_owned(), Arg::str(name))]
    }

    fn config(&self) -> Config {
        self.config.clone()
    }

    fn build_config(&self, _inputs: &[Shape]) -> Option<Config> {
        None
    }

    fn follows_policy(&self) -> bool {
        false
    }

    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        let shapes = |promises: &[Promise]| promises.iter().map(|p| p.shape.clone()).collect();
        if self.inputs.iter().map(|input| &input.shape).eq(inputs) {
            return Ok(shapes(&self.outputs));
        }
        let known = self.inputs.iter().zip(inputs);
        let given: Vec<Promise> =
            known.map(|(known, shape)| Promise { shape: shape.clone(), ..known.clone() }).collect();
        Ok(shapes(&self.infer(&given)?.0))
    }

    fn output_type(&self, output: usize, input: DType) -> (DType, bool) {
        self.outputs.get(output).map_or((input, false), |output| (output.dtype, output.is_truth))
    }

    fn forward(&self, inputs: &[Tensor], _: &[Tensor], _: &mut Pass) -> Result<Vec<Tensor>> {
        match self.run(inputs)? {
            OpResult::Tensor(tensor) | OpResult::Truth(tensor) => Ok(vec![tensor]),
            OpResult::Tensors(tensors) => Ok(tensors),
            OpResult::Arg(_) => {
                Err(Error::runtime(format!("ops.{} gives no tensor", self.form.function)))
            }
        }
    }
}
