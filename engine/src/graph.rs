//! Promised tensors ([`Symbol`]) and what is made of them: [`Functional`], a flat plan of layer calls that is itself a layer.

use crate::config::{Arg, Config};
use crate::error::{Error, Result};
use crate::layer::{self, Followers, Inputs, Layer, LayerInstance, Pass};
use crate::layers::operation::{Operation, OperationCall};
use crate::shape::Shape;
use crate::tensor::Tensor;
use candle_core::DType;
use std::collections::HashMap;
use std::rc::Rc;

/// The promise of a tensor: its shape (with unknown batch), and which call makes it. Keras' `KerasTensor`.
#[derive(Clone)]
pub struct Symbol(Rc<SymbolData>);

struct SymbolData {
    shape: Shape,
    dtype: DType,
    is_truth: bool,
    call: Rc<Call>,
    output: usize,
}

/// One call of a layer on symbols.
pub struct Call {
    /// The layer.
    pub layer: Rc<LayerInstance>,
    /// How it was called.
    pub arguments: CallArguments,
    /// The symbols among them, as the layer takes them.
    pub inputs: Inputs<Symbol>,
    /// Which call of this layer it was.
    pub number: usize,
}

/// The arguments of a call as they were written, symbols in their places.
#[derive(Clone, Default)]
pub struct CallArguments {
    /// By position.
    pub args: Vec<CallArg>,
    /// By name.
    pub kwargs: Vec<(String, CallArg)>,
}

/// One argument of a call.
#[derive(Clone)]
pub enum CallArg {
    /// A promised tensor.
    Symbol(Symbol),
    /// A list or tuple of arguments.
    List(Vec<CallArg>),
    /// Anything else.
    Constant(Arg),
}

impl CallArg {
    fn symbols(&self, found: &mut Vec<Symbol>) {
        match self {
            CallArg::Symbol(symbol) => found.push(symbol.clone()),
            CallArg::List(items) => items.iter().for_each(|item| item.symbols(found)),
            CallArg::Constant(_) => {}
        }
    }
}

impl Symbol {
    /// Its shape.
    pub fn shape(&self) -> &Shape {
        &self.0.shape
    }

    /// Its element type.
    pub fn dtype(&self) -> DType {
        self.0.dtype
    }

    /// Whether it promises truth values.
    pub fn is_truth(&self) -> bool {
        self.0.is_truth
    }

    /// Keras' name of its element type.
    pub fn dtype_name(&self) -> &'static str {
        match self.0.is_truth {
            true => "bool",
            false => crate::layers::input_layer::dtype_name(self.0.dtype),
        }
    }

    /// The call that makes it.
    pub fn call(&self) -> &Rc<Call> {
        &self.0.call
    }

    /// Which result of the call it is.
    pub fn output(&self) -> usize {
        self.0.output
    }

    /// Whether two names mean the same promise.
    pub fn is(&self, other: &Symbol) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }

    fn key(&self) -> usize {
        Rc::as_ptr(&self.0) as usize
    }

    /// A model's input: Keras' `Input(shape, batch_size, dtype, name)`. `shape` includes the batch.
    pub fn input(shape: Shape, dtype: DType, name: Option<String>) -> Self {
        let layer = crate::layers::input_layer::InputLayer::promise(shape.clone(), dtype);
        let instance = Rc::new(LayerInstance::new(Rc::new(layer), name));
        // An InputLayer has no weights, so building cannot fail.
        let _ = instance.build(std::slice::from_ref(&shape));
        input_of(&instance, shape, dtype)
    }
}

/// The symbol of an input layer.
pub fn input_of(instance: &Rc<LayerInstance>, shape: Shape, dtype: DType) -> Symbol {
    instance.calls.set(1);
    let call = Call {
        layer: instance.clone(),
        arguments: CallArguments::default(),
        inputs: Inputs::of(Vec::new()),
        number: 0,
    };
    let is_truth = false;
    Symbol(Rc::new(SymbolData { shape, dtype, is_truth, call: Rc::new(call), output: 0 }))
}

/// Sorts call arguments into what a layer takes: main tensors, named tensors, constants.
pub fn bind<T: Clone>(
    layer: &dyn Layer,
    args: Vec<(Vec<T>, Option<Arg>)>,
    kwargs: Vec<(String, Vec<T>, Option<Arg>)>,
) -> Result<Inputs<T>> {
    let names = layer.tensor_arguments();
    let mut inputs =
        Inputs { main: Vec::new(), named: Vec::new(), constants: Vec::new(), training: None };
    let mut by_name: Vec<(String, Vec<T>, Option<Arg>)> = Vec::new();
    for (i, (tensors, constant)) in args.into_iter().enumerate() {
        match names.get(i) {
            Some(name) => by_name.push(((*name).to_owned(), tensors, constant)),
            None if matches!(constant, Some(Arg::None)) => {}
            None => {
                return Err(Error::type_error(format!(
                    "{} takes {} positional argument{} when it is called",
                    layer.class_name(),
                    names.len(),
                    if names.len() == 1 { "" } else { "s" }
                ))
                .expected(names.join(", "))
                .hint("give further arguments by name"));
            }
        }
    }
    by_name.extend(kwargs);
    by_name.sort_by_key(|(name, ..)| names.iter().position(|n| n == name).unwrap_or(names.len()));
    for (name, tensors, constant) in by_name {
        match constant {
            Some(Arg::Bool(flag)) if name == "training" => inputs.training = Some(flag),
            Some(Arg::None) => {}
            Some(constant) => inputs.constants.push((name, constant)),
            None if names.contains(&name.as_str()) => inputs.main.extend(tensors),
            None => inputs.named.push((name, tensors)),
        }
    }
    Ok(inputs)
}

/// Calls a layer on symbols: checks shapes, makes the weights, promises the results.
pub fn apply(instance: &Rc<LayerInstance>, arguments: CallArguments) -> Result<Vec<Symbol>> {
    let flatten = |arg: &CallArg| {
        let mut symbols = Vec::new();
        arg.symbols(&mut symbols);
        let constant = match arg {
            CallArg::Constant(constant) => Some(constant.clone()),
            _ => None,
        };
        (symbols, constant)
    };
    let args = arguments.args.iter().map(flatten).collect();
    let named = arguments.kwargs.iter().map(|(name, arg)| {
        let (symbols, constant) = flatten(arg);
        (name.clone(), symbols, constant)
    });
    let inputs = bind(&**instance.layer(), args, named.collect())
        .map_err(|error| error.within(instance.label()))?;
    let shapes: Vec<Shape> = inputs.main.iter().map(|symbol| symbol.shape().clone()).collect();
    let outputs = instance.layer().call_shapes(&shapes, &inputs.constants).map_err(|error| {
        let chain = inputs.main.first().map(describe_chain).unwrap_or_default();
        let error = error.within(instance.label());
        match (&error.received, chain.is_empty()) {
            (Some(received), false) => {
                let received = format!("{received}\n{chain}");
                error.received(received)
            }
            _ => error,
        }
    })?;
    instance.build(&shapes)?;
    Ok(promise(instance, arguments, inputs, outputs))
}

/// The results of a call.
fn promise(
    instance: &Rc<LayerInstance>,
    arguments: CallArguments,
    inputs: Inputs<Symbol>,
    outputs: Vec<Shape>,
) -> Vec<Symbol> {
    let input = inputs.main.first().map_or(DType::F32, Symbol::dtype);
    let number = instance.calls.replace(instance.calls.get() + 1);
    let call = Rc::new(Call { layer: instance.clone(), arguments, inputs, number });
    let symbols = outputs.into_iter().enumerate();
    symbols
        .map(|(output, shape)| {
            let (dtype, is_truth) = instance.output_type(output, input);
            Symbol(Rc::new(SymbolData { shape, dtype, is_truth, call: call.clone(), output }))
        })
        .collect()
}

/// A function of `keras.ops` on symbols, by its name in the table of operations: a node of its own.
pub fn operate(
    function: &str,
    positional: Vec<CallArg>,
    keywords: Vec<(String, CallArg)>,
) -> Result<Vec<Symbol>> {
    apply_operation(Operation::call(function, positional, keywords)?, None)
}

/// The results of an operation, under a name or an automatic one.
pub fn apply_operation(call: OperationCall, name: Option<String>) -> Result<Vec<Symbol>> {
    let OperationCall { operation, arguments, inputs } = call;
    let shapes: Vec<Shape> = inputs.iter().map(|symbol| symbol.shape().clone()).collect();
    let outputs = operation.output_shapes(&shapes)?;
    let instance = Rc::new(LayerInstance::new(Rc::new(operation), name));
    instance.build(&shapes)?;
    Ok(promise(&instance, arguments, Inputs::of(inputs), outputs))
}

/// Calls a layer on one symbol or a list of them.
pub fn apply_to(instance: &Rc<LayerInstance>, inputs: &[Symbol]) -> Result<Vec<Symbol>> {
    let arg = match inputs {
        [one] => CallArg::Symbol(one.clone()),
        many => CallArg::List(many.iter().cloned().map(CallArg::Symbol).collect()),
    };
    apply(instance, CallArguments { args: vec![arg], kwargs: Vec::new() })
}

/// The layers that led to a symbol, for errors: `input [batch, 28] -> dense [batch, 10]`.
fn describe_chain(symbol: &Symbol) -> String {
    let mut places = Vec::new();
    let mut current = Some(symbol.clone());
    while let Some(symbol) = current {
        places.push(format!("{} {}", symbol.call().layer.name(), symbol.shape()));
        current = symbol.call().inputs.main.first().cloned();
        if places.len() == 6 && current.is_some() {
            places.push("...".to_owned());
            break;
        }
    }
    places.reverse();
    places.join(" -> ")
}

/// How the inputs or outputs of a model are put together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Structure {
    /// One tensor.
    Single,
    /// A list of them.
    List,
    /// A dict, by these names.
    Dict(Vec<String>),
}

/// Symbols sorted into a flat plan. It is a layer: models nest and share.
pub struct Functional {
    /// Its inputs.
    pub inputs: Vec<Symbol>,
    /// Its outputs.
    pub outputs: Vec<Symbol>,
    /// How the inputs come.
    pub input_structure: Structure,
    /// How the outputs go.
    pub output_structure: Structure,
    /// All layers, InputLayers and operations included, in Keras' order (`map_graph`: decreasing depth).
    pub layers: Vec<Rc<LayerInstance>>,
    /// The calls, each after those that it needs.
    pub calls: Vec<Rc<Call>>,
    plan: Vec<Step>,
    slots: usize,
    input_slots: Vec<usize>,
    output_slots: Vec<usize>,
    at_once: Option<usize>,
}

struct Step {
    call: Rc<Call>,
    main: Vec<usize>,
    named: Vec<(String, Vec<usize>)>,
    outputs: Vec<usize>,
    /// Slots that nothing needs afterwards.
    done: Vec<usize>,
    /// What follows and is made by this layer too, and the slot of its result.
    followers: Followers,
    last: Option<usize>,
    /// Whether the layer in front makes it.
    is_made: bool,
}

/// Values of a layer's input and output when predicting: 6 MB, of which each thread looks at its part (measured on
/// convolutional nets, 32 to 64 images at a time; twice as many lost 15 %).
const AT_ONCE: usize = 3 << 19;

/// Finds relus and poolings that are the only use of a layer that can make them in its own pass.
fn join_followers(plan: &mut [Step], output_slots: &[usize]) {
    for i in 0..plan.len() {
        let call = plan[i].call.clone();
        let layer = call.layer.layer();
        if !layer.takes_relu() && !layer.takes_pooling() {
            continue;
        }
        while let Some(next) = only_use(plan, i, output_slots) {
            let follower = plan[next].call.layer.layer();
            let (is_relu, pooling) = (follower.is_relu(), follower.max_pooling());
            let followers = &mut plan[i].followers;
            match pooling {
                _ if followers.pooling.is_some() => break,
                Some(pooling) if layer.takes_pooling() => followers.pooling = Some(pooling),
                None if is_relu && layer.takes_relu() && !followers.relu => followers.relu = true,
                _ => break,
            }
            plan[i].last = plan[next].outputs.first().copied();
            plan[next].is_made = true;
        }
    }
}

/// The step that alone uses what this one gives, if nobody else looks at either.
fn only_use(plan: &[Step], step: usize, output_slots: &[usize]) -> Option<usize> {
    let slot = match (plan[step].last, &plan[step].outputs[..]) {
        (Some(slot), _) => slot,
        (None, [slot]) => *slot,
        _ => return None,
    };
    let uses = |step: &Step| {
        let named = step.named.iter().flat_map(|(_, slots)| slots);
        step.main.iter().chain(named).filter(|used| **used == slot).count()
    };
    let is_free = |step: &Step| step.call.layer.layer().activity_regularizer().is_none();
    if output_slots.contains(&slot) || plan.iter().map(uses).sum::<usize>() != 1 {
        return None;
    }
    let next = plan.iter().position(|step| step.main == [slot])?;
    let (maker, user) = (&plan[step].call.layer, &plan[next].call.layer);
    if user.layer().follows_policy() && maker.policy().compute() != user.policy().compute() {
        return None;
    }
    (is_free(&plan[step]) && is_free(&plan[next])).then_some(next)
}

impl Functional {
    /// Sorts what lies between inputs and outputs.
    pub fn new(
        inputs: Vec<Symbol>,
        outputs: Vec<Symbol>,
        input_structure: Structure,
        output_structure: Structure,
    ) -> Result<Self> {
        for (i, input) in inputs.iter().enumerate() {
            if inputs[..i].iter().any(|other| other.is(input)) {
                return Err(Error::value("an input is listed twice")
                    .received(input.call().layer.name())
                    .hint("give each Input once; use it as often as you like"));
            }
        }
        if outputs.is_empty() {
            return Err(Error::value("a model needs at least one output"));
        }
        let calls = sort_calls(&inputs, &outputs)?;
        let layers = order_layers(&inputs, &outputs, &calls);
        check_names(&layers)?;
        let mut slot_of: HashMap<usize, usize> = HashMap::new();
        let mut slots = 0;
        let mut slot = |slot_of: &mut HashMap<usize, usize>, symbol: &Symbol| {
            *slot_of.entry(symbol.key()).or_insert_with(|| {
                slots += 1;
                slots - 1
            })
        };
        let input_slots: Vec<usize> =
            inputs.iter().map(|symbol| slot(&mut slot_of, symbol)).collect();
        // Results are looked up by call and output number, since a symbol nobody uses may be gone.
        let mut by_output: HashMap<(usize, usize), usize> = HashMap::new();
        for symbol in &inputs {
            by_output.insert(
                (Rc::as_ptr(symbol.call()) as usize, symbol.output()),
                slot_of[&symbol.key()],
            );
        }
        let mut plan: Vec<Step> = Vec::new();
        // Values of a sample that a layer takes and gives, at most.
        let mut widest = 0;
        let mut next = input_slots.len();
        for call in &calls {
            let mut find = |symbol: &Symbol| {
                let key = (Rc::as_ptr(symbol.call()) as usize, symbol.output());
                *by_output.entry(key).or_insert_with(|| {
                    next += 1;
                    next - 1
                })
            };
            let main: Vec<usize> = call.inputs.main.iter().map(&mut find).collect();
            let named = call
                .inputs
                .named
                .iter()
                .map(|(name, symbols)| (name.clone(), symbols.iter().map(&mut find).collect()))
                .collect();
            let shapes: Vec<Shape> =
                call.inputs.main.iter().map(|symbol| symbol.shape().clone()).collect();
            let made = call.layer.layer().call_shapes(&shapes, &call.inputs.constants)?;
            let values = |shape: &Shape| -> usize { shape.0.iter().skip(1).flatten().product() };
            widest = widest.max(shapes.iter().chain(&made).map(values).sum());
            let outputs = (0..made.len())
                .map(|output| {
                    *by_output.entry((Rc::as_ptr(call) as usize, output)).or_insert_with(|| {
                        next += 1;
                        next - 1
                    })
                })
                .collect();
            plan.push(Step {
                call: call.clone(),
                main,
                named,
                outputs,
                done: Vec::new(),
                followers: Followers::default(),
                last: None,
                is_made: false,
            });
        }
        let output_slots: Vec<usize> = outputs
            .iter()
            .map(|symbol| by_output[&(Rc::as_ptr(symbol.call()) as usize, symbol.output())])
            .collect();
        let mut last_use: HashMap<usize, usize> = HashMap::new();
        for (i, step) in plan.iter().enumerate() {
            for slot in step.main.iter().chain(step.named.iter().flat_map(|(_, slots)| slots)) {
                last_use.insert(*slot, i);
            }
        }
        let mut uses: Vec<(usize, usize)> =
            last_use.into_iter().filter(|(slot, _)| !output_slots.contains(slot)).collect();
        uses.sort_unstable();
        for (slot, i) in uses {
            plan[i].done.push(slot);
        }
        join_followers(&mut plan, &output_slots);
        let per_sample = |call: &Rc<Call>| {
            call.inputs.training.is_none()
                && call.inputs.named.is_empty()
                && call.layer.layer().is_per_sample()
        };
        let any_batch = inputs.iter().all(|input| input.shape().0.first() == Some(&None));
        let at_once = (any_batch && !calls.is_empty() && calls.iter().all(per_sample))
            .then(|| (AT_ONCE / widest.max(1)).clamp(16, 512));
        Ok(Functional {
            inputs,
            outputs,
            input_structure,
            output_structure,
            layers,
            calls,
            plan,
            slots: next,
            input_slots,
            output_slots,
            at_once,
        })
    }

    /// How many samples to predict at a time, if each result depends on its sample alone: so many that a layer's input
    /// and output stay in the caches, and that laying out weights does not weigh.
    pub fn samples_at_once(&self) -> Option<usize> {
        self.at_once
    }

    /// A layer by its name.
    pub fn layer(&self, name: &str) -> Option<Rc<LayerInstance>> {
        self.layers.iter().find(|layer| layer.name() == name).cloned()
    }
}

impl Layer for Functional {
    fn class_name(&self) -> &str {
        "Functional"
    }

    fn module(&self) -> &str {
        "keras.src.models.functional"
    }

    fn config(&self) -> Config {
        crate::saving::functional_config(self)
    }

    fn common_config(&self, name: &str, trainable: bool) -> Config {
        vec![("name".to_owned(), Arg::str(name)), ("trainable".to_owned(), Arg::Bool(trainable))]
    }

    fn follows_policy(&self) -> bool {
        false
    }

    fn output_type(&self, output: usize, _input: DType) -> (DType, bool) {
        let output = self.outputs.get(output);
        output.map_or((DType::F32, false), |symbol| (symbol.dtype(), symbol.is_truth()))
    }

    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        if inputs.len() != self.inputs.len() {
            return Err(Error::value(format!(
                "the model has {} inputs, not {}",
                self.inputs.len(),
                inputs.len()
            ))
            .received(inputs.iter().map(Shape::to_string).collect::<Vec<_>>().join(", "))
            .expected(
                self.inputs
                    .iter()
                    .map(|input| input.shape().to_string())
                    .collect::<Vec<_>>()
                    .join(", "),
            ));
        }
        let mut known: HashMap<(usize, usize), Shape> = HashMap::new();
        for (input, shape) in self.inputs.iter().zip(inputs) {
            let fits = input.shape().rank() == shape.rank()
                && input
                    .shape()
                    .0
                    .iter()
                    .zip(&shape.0)
                    .skip(1)
                    .all(|(a, b)| a.is_none() || b.is_none() || a == b);
            if !fits {
                return Err(Error::value(format!(
                    "input {:?} cannot take this shape",
                    input.call().layer.name()
                ))
                .received(shape.to_string())
                .expected(input.shape().to_string()));
            }
            known.insert((Rc::as_ptr(input.call()) as usize, input.output()), shape.clone());
        }
        for call in &self.calls {
            let shapes: Vec<Shape> = call
                .inputs
                .main
                .iter()
                .map(|symbol| {
                    known
                        .get(&(Rc::as_ptr(symbol.call()) as usize, symbol.output()))
                        .unwrap_or(symbol.shape())
                        .clone()
                })
                .collect();
            let outputs = call
                .layer
                .layer()
                .call_shapes(&shapes, &call.inputs.constants)
                .map_err(|error| error.within(call.layer.label()))?;
            for (output, shape) in outputs.into_iter().enumerate() {
                known.insert((Rc::as_ptr(call) as usize, output), shape);
            }
        }
        let shape_of = |symbol: &Symbol| {
            known
                .get(&(Rc::as_ptr(symbol.call()) as usize, symbol.output()))
                .unwrap_or(symbol.shape())
                .clone()
        };
        Ok(self.outputs.iter().map(shape_of).collect())
    }

    fn forward(
        &self,
        inputs: &[Tensor],
        _weights: &[Tensor],
        pass: &mut Pass,
    ) -> Result<Vec<Tensor>> {
        let mut values: Vec<Option<Tensor>> = vec![None; self.slots];
        for ((slot, input), promise) in self.input_slots.iter().zip(inputs).zip(&self.inputs) {
            let is_float = crate::ops::is_float(promise.dtype());
            values[*slot] = Some(match is_float && input.dtype() != promise.dtype() {
                true => crate::ops::cast(input, promise.dtype())?.with_mask(input.mask().cloned()),
                false => input.clone(),
            });
        }
        let take = |values: &[Option<Tensor>], slot: usize| {
            values[slot].clone().ok_or_else(|| {
                Error::runtime("the model's plan lacks a value: this is a bug of kerai")
            })
        };
        // Whoever looks at each layer's values wants them as the layers give them.
        let joins = !pass.is_watching();
        for step in &self.plan {
            if joins && step.is_made {
                continue;
            }
            let main =
                step.main.iter().map(|slot| take(&values, *slot)).collect::<Result<Vec<_>>>()?;
            let mut named = Vec::new();
            for (name, slots) in &step.named {
                named.push((
                    name.clone(),
                    slots.iter().map(|slot| take(&values, *slot)).collect::<Result<Vec<_>>>()?,
                ));
            }
            for slot in &step.done {
                values[*slot] = None;
            }
            let call = &step.call;
            let inputs = Inputs {
                main,
                named,
                constants: call.inputs.constants.clone(),
                training: call.inputs.training,
            };
            let mut slots = &step.outputs[..];
            if joins && let Some(last) = &step.last {
                pass.followers = step.followers.clone();
                slots = std::slice::from_ref(last);
            }
            let outputs = call.layer.call(inputs, pass);
            pass.followers = Followers::default();
            for (slot, output) in slots.iter().zip(outputs?) {
                values[*slot] = Some(output);
            }
        }
        self.output_slots.iter().map(|slot| take(&values, *slot)).collect()
    }

    fn sublayers(&self) -> Vec<(String, Rc<LayerInstance>)> {
        // Operations have no weights, and no place in a weights file.
        let is_layer = |layer: &&Rc<LayerInstance>| !layer.is_operation();
        let layers: Vec<_> = self.layers.iter().filter(is_layer).cloned().collect();
        numbered_paths("layers", &layers)
    }

    fn build_config(&self, _inputs: &[Shape]) -> Option<Config> {
        None
    }
}

/// The paths of a list of layers in a weights file: by class, counted (`layers/dense`, `layers/dense_1`).
pub fn numbered_paths(
    prefix: &str,
    layers: &[Rc<LayerInstance>],
) -> Vec<(String, Rc<LayerInstance>)> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut paths = Vec::new();
    for layer in layers {
        let class = crate::catalog::snake_case(layer.layer().class_name());
        let count = seen.entry(class.clone()).or_insert(0);
        let name = if *count == 0 { class } else { format!("{class}_{count}") };
        *count += 1;
        paths.push((format!("{prefix}/{name}"), layer.clone()));
    }
    paths
}

/// The calls between inputs and outputs, each after those that it needs; without recursion, since models are deep.
fn sort_calls(inputs: &[Symbol], outputs: &[Symbol]) -> Result<Vec<Rc<Call>>> {
    let is_input = |symbol: &Symbol| inputs.iter().any(|input| input.is(symbol));
    let mut done: HashMap<usize, bool> = HashMap::new();
    let mut sorted = Vec::new();
    for output in outputs {
        let mut stack = vec![(output.clone(), false)];
        while let Some((symbol, expanded)) = stack.pop() {
            if is_input(&symbol) {
                continue;
            }
            let call = symbol.call();
            let key = Rc::as_ptr(call) as usize;
            if expanded {
                if done.insert(key, true) != Some(true) {
                    sorted.push(call.clone());
                }
                continue;
            }
            if done.contains_key(&key) {
                continue;
            }
            if call.inputs.main.is_empty() {
                return Err(Error::value(format!(
                    "the outputs depend on input {:?}, which is not among the model's inputs",
                    call.layer.name()
                ))
                .received(
                    inputs
                        .iter()
                        .map(|input| input.call().layer.name())
                        .collect::<Vec<_>>()
                        .join(", "),
                )
                .hint(format!("add the Input {:?} to inputs=[...]", call.layer.name())));
            }
            done.insert(key, false);
            stack.push((symbol.clone(), true));
            let named = call.inputs.named.iter().flat_map(|(_, symbols)| symbols);
            let needed: Vec<Symbol> = call.inputs.main.iter().chain(named).cloned().collect();
            stack.extend(needed.into_iter().rev().map(|symbol| (symbol, false)));
        }
    }
    Ok(sorted)
}

/// Keras' order of `model.layers`: decreasing depth, ties by the order of the traversal (`ops/function.py: map_graph`).
fn order_layers(
    inputs: &[Symbol],
    outputs: &[Symbol],
    calls: &[Rc<Call>],
) -> Vec<Rc<LayerInstance>> {
    let pointer = |layer: &Rc<LayerInstance>| Rc::as_ptr(layer) as usize;
    // Order of first appearance in a depth-first walk from the outputs, inputs before the calls that use them.
    let mut order: Vec<Rc<LayerInstance>> = Vec::new();
    let mut add = |layer: &Rc<LayerInstance>| {
        if !order.iter().any(|known| Rc::ptr_eq(known, layer)) {
            order.push(layer.clone());
        }
    };
    for call in calls {
        let named = call.inputs.named.iter().flat_map(|(_, symbols)| symbols);
        for symbol in call.inputs.main.iter().chain(named) {
            if inputs.iter().any(|input| input.is(symbol)) {
                add(&symbol.call().layer);
            }
        }
        add(&call.layer);
    }
    inputs.iter().for_each(|input| add(&input.call().layer));
    // Depth: the longest way from a call to the outputs.
    let mut depth_of_call: HashMap<usize, usize> = HashMap::new();
    let mut depth_of_layer: HashMap<usize, usize> = HashMap::new();
    for output in outputs {
        depth_of_call.entry(Rc::as_ptr(output.call()) as usize).or_insert(0);
    }
    for call in calls.iter().rev() {
        let own = depth_of_call.get(&(Rc::as_ptr(call) as usize)).copied().unwrap_or(0);
        let layer_depth = depth_of_layer.entry(pointer(&call.layer)).or_insert(0);
        *layer_depth = own.max(*layer_depth);
        let own = *layer_depth;
        depth_of_call.insert(Rc::as_ptr(call) as usize, own);
        let named = call.inputs.named.iter().flat_map(|(_, symbols)| symbols);
        for symbol in call.inputs.main.iter().chain(named) {
            let before = depth_of_call.entry(Rc::as_ptr(symbol.call()) as usize).or_insert(0);
            *before = (*before).max(own + 1);
            if inputs.iter().any(|input| input.is(symbol)) {
                let before = depth_of_layer.entry(pointer(&symbol.call().layer)).or_insert(0);
                *before = (*before).max(own + 1);
            }
        }
    }
    // Keras puts all inputs that were given at the greatest depth only if they are InputLayers without a path; others keep theirs.
    order.sort_by_key(|layer| {
        std::cmp::Reverse(depth_of_layer.get(&pointer(layer)).copied().unwrap_or(0))
    });
    order
}

fn check_names(layers: &[Rc<LayerInstance>]) -> Result<()> {
    for (i, layer) in layers.iter().enumerate() {
        if layers[..i].iter().any(|other| other.name() == layer.name()) {
            return Err(Error::value(format!(
                "two layers of the model are named {:?}",
                layer.name()
            ))
            .expected("a name of its own for each layer")
            .hint("leave name=... out, or change one of them"));
        }
    }
    Ok(())
}

/// A linear stack of layers; a model as soon as it knows its input. Keras' `Sequential`.
#[derive(Default)]
pub struct Sequential {
    layers: std::cell::RefCell<Vec<Rc<LayerInstance>>>,
    graph: std::cell::RefCell<Option<Rc<Functional>>>,
}

impl Sequential {
    /// The layers, without the InputLayer.
    pub fn layers(&self) -> Vec<Rc<LayerInstance>> {
        let is_input = |layer: &Rc<LayerInstance>| {
            layer.layer_as::<crate::layers::input_layer::InputLayer>().is_some()
        };
        self.layers.borrow().iter().filter(|layer| !is_input(layer)).cloned().collect()
    }

    /// The layers, with the InputLayer if there is one.
    pub fn all_layers(&self) -> Vec<Rc<LayerInstance>> {
        self.layers.borrow().clone()
    }

    /// The graph, once the input is known.
    pub fn graph(&self) -> Option<Rc<Functional>> {
        self.graph.borrow().clone()
    }

    /// Puts a layer on top.
    pub fn add(&self, layer: Rc<LayerInstance>) -> Result<()> {
        if self.layers.borrow().iter().any(|other| other.name() == layer.name()) {
            return Err(Error::value(format!(
                "two layers of the model are named {:?}",
                layer.name()
            ))
            .expected("a name of its own for each layer")
            .hint("make a new layer instead of adding one twice, or change name=..."));
        }
        self.layers.borrow_mut().push(layer);
        let result = self.rebuild();
        if result.is_err() {
            self.layers.borrow_mut().pop();
            *self.graph.borrow_mut() = None;
            let _ = self.rebuild();
        }
        result
    }

    /// Takes the top layer away.
    pub fn pop(&self) -> Result<Option<Rc<LayerInstance>>> {
        let layer = self.layers.borrow_mut().pop();
        *self.graph.borrow_mut() = None;
        self.rebuild()?;
        Ok(layer)
    }

    /// The promise that the first layer makes about the input, if it does.
    fn promised_input(&self) -> Option<(Shape, DType, Option<Rc<LayerInstance>>)> {
        let layers = self.layers.borrow();
        let first = layers.first()?;
        if let Some(input) = first.layer_as::<crate::layers::input_layer::InputLayer>() {
            return Some((input.shape(), input.dtype(), Some(first.clone())));
        }
        if let Some(shape) = &first.input_shape {
            return Some((shape.clone(), DType::F32, None));
        }
        // A model as first layer knows its own input.
        let inner = match (first.layer_as::<Functional>(), first.layer_as::<Sequential>()) {
            (Some(functional), _) => functional.inputs.first().cloned(),
            (_, Some(sequential)) => {
                sequential.graph().and_then(|graph| graph.inputs.first().cloned())
            }
            _ => None,
        };
        inner.map(|symbol| (symbol.shape().clone(), symbol.dtype(), None))
    }

    fn rebuild(&self) -> Result<()> {
        match self.promised_input() {
            Some((shape, dtype, input)) => self.build_graph(shape, dtype, input),
            None => Ok(()),
        }
    }

    fn build_graph(
        &self,
        shape: Shape,
        dtype: DType,
        input: Option<Rc<LayerInstance>>,
    ) -> Result<()> {
        let input = match input {
            Some(instance) => instance,
            None => {
                let layer = crate::layers::input_layer::InputLayer::promise(shape.clone(), dtype);
                let instance = Rc::new(LayerInstance::new(Rc::new(layer), None));
                instance.build(std::slice::from_ref(&shape))?;
                self.layers.borrow_mut().insert(0, instance.clone());
                instance
            }
        };
        let start = input_of(&input, shape, dtype);
        let mut symbol = start.clone();
        let layers = self.layers();
        if layers.is_empty() {
            return Ok(());
        }
        for layer in layers {
            let mut outputs = apply_to(&layer, std::slice::from_ref(&symbol))?;
            if outputs.len() != 1 {
                return Err(Error::value(format!(
                    "{}: a layer in a Sequential gives one result, not {}",
                    layer.label(),
                    outputs.len()
                ))
                .hint("use the functional API: keras.Model(inputs, outputs)"));
            }
            symbol = outputs.remove(0);
        }
        let graph =
            Functional::new(vec![start], vec![symbol], Structure::Single, Structure::Single)?;
        *self.graph.borrow_mut() = Some(Rc::new(graph));
        Ok(())
    }
}

impl Layer for Sequential {
    fn class_name(&self) -> &str {
        "Sequential"
    }

    fn module(&self) -> &str {
        "keras"
    }

    fn config(&self) -> Config {
        crate::saving::sequential_config(self)
    }

    fn follows_policy(&self) -> bool {
        false
    }

    fn output_type(&self, output: usize, input: DType) -> (DType, bool) {
        self.graph().map_or((DType::F32, false), |graph| graph.output_type(output, input))
    }

    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        if let Some(graph) = self.graph() {
            return graph.output_shapes(inputs);
        }
        let mut shapes = inputs.to_vec();
        for layer in self.layers() {
            shapes = layer
                .layer()
                .output_shapes(&shapes)
                .map_err(|error| error.within(layer.label()))?;
        }
        Ok(shapes)
    }

    fn build_sublayers(&self, inputs: &[Shape]) -> Result<()> {
        match (self.graph(), inputs.first()) {
            (None, Some(shape)) => self.build_graph(shape.clone(), DType::F32, None),
            _ => Ok(()),
        }
    }

    fn forward(
        &self,
        inputs: &[Tensor],
        weights: &[Tensor],
        pass: &mut Pass,
    ) -> Result<Vec<Tensor>> {
        match self.graph() {
            Some(graph) => graph.forward(inputs, weights, pass),
            None if self.layers.borrow().is_empty() => Ok(inputs.to_vec()),
            None => Err(Error::runtime("the model is not built yet")
                .hint("begin it with keras.Input(shape=(...))")),
        }
    }

    fn sublayers(&self) -> Vec<(String, Rc<LayerInstance>)> {
        numbered_paths("layers", &self.layers())
    }

    fn build_config(&self, inputs: &[Shape]) -> Option<Config> {
        let shape = inputs.first()?;
        Some(vec![("input_shape".to_owned(), layer::shape_to_arg(shape))])
    }
}
