//! `Model`: a layer (functional, sequential or the user's own) with what training needs.

use crate::callbacks::Logs;
use crate::compile::Compiled;
use crate::data::Batch;
use crate::error::{Error, Result};
use crate::graph::{Functional, Sequential, Structure, Symbol};
use crate::layer::{Inputs, LayerInstance, Pass};
use crate::optimizers::Optimizer;
use crate::tensor::Tensor;
use crate::train::Paused;
use crate::variable::Variable;
use candle_core::Tensor as Array;
use std::any::Any;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// A model. As a layer it is its `instance`, so models nest and share.
pub struct Model {
    instance: Rc<LayerInstance>,
    compiled: RefCell<Option<Rc<Compiled>>>,
    hooks: RefCell<Option<Rc<dyn Hooks>>>,
    /// Ends training after the present batch or epoch, as Keras' attribute does.
    pub stop_training: Cell<bool>,
    pub(crate) paused: RefCell<Option<Paused>>,
    /// What a front end remembers of the last run of this model (its curves), for the run that goes on from it.
    pub remembered: RefCell<Option<Rc<dyn Any>>>,
}

/// What the user's own model class may do in place of the built-in steps; `None` keeps the built-in one.
#[expect(unused_variables, reason = "defaults keep the built-in steps")]
pub trait Hooks {
    /// `train_step(data)`: one step, with its logs.
    fn train_step(&self, batch: &Batch) -> Option<Result<Logs>> {
        None
    }

    /// Whether [`Hooks::train_step`] gives anything.
    fn has_train_step(&self) -> bool {
        false
    }

    /// `test_step(data)`.
    fn test_step(&self, batch: &Batch) -> Option<Result<Logs>> {
        None
    }

    /// The metrics to reset at the start of an epoch.
    fn reset_metrics(&self) -> Result<()> {
        Ok(())
    }
}

thread_local! {
    static ANNOUNCER: RefCell<Option<Rc<dyn Fn(String)>>> = const { RefCell::new(None) };
}

/// Where callbacks' announcements ("early stopping") go on this thread.
pub fn set_announcer(announcer: Rc<dyn Fn(String)>) {
    ANNOUNCER.set(Some(announcer));
}

impl Model {
    /// A model from a layer instance that is a model: functional, sequential, or the user's.
    pub fn new(instance: Rc<LayerInstance>) -> Self {
        Model {
            instance,
            compiled: RefCell::new(None),
            hooks: RefCell::new(None),
            stop_training: Cell::new(false),
            paused: RefCell::new(None),
            remembered: RefCell::new(None),
        }
    }

    /// A functional model.
    pub fn functional(
        inputs: Vec<Symbol>,
        outputs: Vec<Symbol>,
        structures: (Structure, Structure),
        name: Option<String>,
    ) -> Result<Self> {
        let graph = Functional::new(inputs, outputs, structures.0, structures.1)?;
        let shapes: Vec<_> = graph.inputs.iter().map(|input| input.shape().clone()).collect();
        let instance = LayerInstance::new(Rc::new(graph), name);
        instance.build(&shapes)?;
        Ok(Self::new(Rc::new(instance)))
    }

    /// A linear stack.
    pub fn sequential(layers: Vec<Rc<LayerInstance>>, name: Option<String>) -> Result<Self> {
        let instance = LayerInstance::new(Rc::new(Sequential::default()), name);
        let model = Self::new(Rc::new(instance));
        for layer in layers {
            model.add(layer)?;
        }
        Ok(model)
    }

    /// The model as a layer.
    pub fn instance(&self) -> &Rc<LayerInstance> {
        &self.instance
    }

    /// The stack, if it is one.
    pub fn as_sequential(&self) -> Option<&Sequential> {
        self.instance.layer_as::<Sequential>()
    }

    /// The graph, if there is one.
    pub fn graph(&self) -> Option<GraphRef<'_>> {
        if let Some(graph) = self.instance.layer_as::<Functional>() {
            return Some(GraphRef::Borrowed(graph));
        }
        self.as_sequential()?.graph().map(GraphRef::Shared)
    }

    /// Puts a layer on top of a Sequential.
    pub fn add(&self, layer: Rc<LayerInstance>) -> Result<()> {
        let Some(stack) = self.as_sequential() else {
            return Err(
                Error::type_error("add() is for Sequential models").received(self.instance.label())
            );
        };
        let _inside = self.instance.enter();
        stack.add(layer)?;
        self.build_if_known()
    }

    /// Takes the top layer of a Sequential away.
    pub fn pop(&self) -> Result<Option<Rc<LayerInstance>>> {
        let Some(stack) = self.as_sequential() else {
            return Err(
                Error::type_error("pop() is for Sequential models").received(self.instance.label())
            );
        };
        stack.pop()
    }

    /// A Sequential that knows its input counts as built.
    fn build_if_known(&self) -> Result<()> {
        match self.as_sequential().and_then(Sequential::graph) {
            Some(graph) => {
                let shapes: Vec<_> =
                    graph.inputs.iter().map(|input| input.shape().clone()).collect();
                self.instance.build(&shapes)
            }
            None => Ok(()),
        }
    }

    /// Its layers, as `model.layers` lists them.
    pub fn layers(&self) -> Vec<Rc<LayerInstance>> {
        if let Some(graph) = self.instance.layer_as::<Functional>() {
            let layers = graph.layers.iter().filter(|layer| !layer.is_operation());
            return layers.cloned().collect();
        }
        if let Some(stack) = self.as_sequential() {
            return stack.layers();
        }
        self.instance.layer().sublayers().into_iter().map(|(_, layer)| layer).collect()
    }

    /// Its layers and operations, as `model.summary()` lists them.
    pub fn operations(&self) -> Vec<Rc<LayerInstance>> {
        match self.instance.layer_as::<Functional>() {
            Some(graph) => graph.layers.clone(),
            None => self.layers(),
        }
    }

    /// A layer by name, or an error with the nearest name.
    pub fn layer(&self, name: &str) -> Result<Rc<LayerInstance>> {
        let layers = self.layers();
        if let Some(layer) = layers.iter().find(|layer| layer.name() == name) {
            return Ok(layer.clone());
        }
        let names: Vec<String> = layers.iter().map(|layer| layer.name()).collect();
        let error = Error::value(format!("no layer of the model is named {name:?}"))
            .received(format!("{name:?}"))
            .expected(names.join(", "));
        Err(match crate::suggest::nearest(name, names.iter().map(String::as_str)) {
            Some(near) => error.hint(format!("did you mean {near:?}?")),
            None => error,
        })
    }

    /// The names of the inputs: those of the InputLayers, or the keys of a dict.
    pub fn input_names(&self) -> Vec<String> {
        match self.graph() {
            Some(graph) => match &graph.input_structure {
                Structure::Dict(names) => names.clone(),
                _ => graph.inputs.iter().map(|input| input.call().layer.name()).collect(),
            },
            None => Vec::new(),
        }
    }

    /// The names of the outputs: those of the layers that make them, or the keys of a dict.
    pub fn output_names(&self, count: usize) -> Vec<String> {
        match self.graph() {
            Some(graph) => match &graph.output_structure {
                Structure::Dict(names) => names.clone(),
                _ => graph.outputs.iter().map(|output| output.call().layer.name()).collect(),
            },
            None if count == 1 => vec!["output".to_owned()],
            None => (0..count).map(|i| format!("output_{}", i + 1)).collect(),
        }
    }

    /// Settles optimizer, losses and metrics.
    pub fn compile(&self, compiled: Compiled) {
        *self.compiled.borrow_mut() = Some(Rc::new(compiled));
        *self.paused.borrow_mut() = None;
    }

    /// What was settled, or an error that says how.
    pub fn compiled(&self) -> Result<Rc<Compiled>> {
        self.compiled.borrow().clone().ok_or_else(|| {
            Error::runtime("the model is not compiled")
                .expected("model.compile(optimizer=..., loss=...) before training or evaluation")
                .hint("model.compile(optimizer=\"adam\", loss=\"sparse_categorical_crossentropy\", metrics=[\"accuracy\"])")
        })
    }

    /// Whether it is compiled.
    pub fn is_compiled(&self) -> bool {
        self.compiled.borrow().is_some()
    }

    /// The optimizer.
    pub fn optimizer(&self) -> Result<Rc<dyn Optimizer>> {
        Ok(self.compiled()?.optimizer().clone())
    }

    /// The user's own steps.
    pub fn set_hooks(&self, hooks: Rc<dyn Hooks>) {
        *self.hooks.borrow_mut() = Some(hooks);
    }

    /// The user's own steps, if there are any.
    pub fn hooks(&self) -> Option<Rc<dyn Hooks>> {
        self.hooks.borrow().clone()
    }

    /// Runs the layers.
    pub fn call(&self, inputs: &[Tensor], pass: &mut Pass) -> Result<Vec<Tensor>> {
        if let Some(graph) = self.graph()
            && graph.inputs.len() != inputs.len()
        {
            return Err(Error::value(format!(
                "the model has {} inputs, but {} were given",
                graph.inputs.len(),
                inputs.len()
            ))
            .received(
                inputs.iter().map(|x| format!("{:?}", x.shape())).collect::<Vec<_>>().join(", "),
            )
            .expected(
                graph
                    .inputs
                    .iter()
                    .map(|x| format!("{} {}", x.call().layer.name(), x.shape()))
                    .collect::<Vec<_>>()
                    .join(", "),
            ));
        }
        let inputs = self.fit_inputs(inputs)?;
        self.instance.call(Inputs::of(inputs), pass)
    }

    /// Inputs as the graph promises them: `[batch]` becomes `[batch, 1]` where one feature is expected, other shapes are refused.
    fn fit_inputs(&self, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
        let Some(graph) = self.graph() else {
            return inputs.iter().map(crate::data::to_model_dtype).collect();
        };
        let mut fitted = Vec::with_capacity(inputs.len());
        for (promise, input) in graph.inputs.iter().zip(inputs) {
            let promised = promise.shape();
            let is_promised = input.dtype() == promise.dtype();
            let mut input = match crate::ops::is_float(promise.dtype()) && !is_promised {
                true => Tensor::new(input.array().to_dtype(promise.dtype())?),
                false => input.clone(),
            };
            let rank = input.shape().len();
            if rank + 1 == promised.rank() && promised.0.last() == Some(&Some(1)) {
                let shape: Vec<usize> = input.shape().iter().copied().chain([1]).collect();
                input = crate::ops::reshape(&input, &shape)?;
            } else if rank == promised.rank() + 1 && input.shape().last() == Some(&1) && rank > 2 {
                let shape = input.shape()[..rank - 1].to_vec();
                input = crate::ops::reshape(&input, &shape)?;
            }
            if !promised.accepts(input.shape()) {
                return Err(Error::value(format!(
                    "input {:?} of the model cannot take this data",
                    promise.call().layer.name()
                ))
                .received(format!("{:?}", input.shape()))
                .expected(promised.to_string())
                .hint(shape_hint(promised, input.shape())));
            }
            fitted.push(input);
        }
        Ok(fitted)
    }

    /// All weights, in Keras' order.
    pub fn variables(&self) -> Vec<Rc<Variable>> {
        self.instance.variables()
    }

    /// Copies of all weights.
    pub fn snapshot(&self) -> Result<Vec<Array>> {
        self.variables().iter().map(|variable| variable.snapshot()).collect()
    }

    /// Puts copies back.
    pub fn restore(&self, snapshot: &[Array]) -> Result<()> {
        let variables = self.variables();
        if variables.len() != snapshot.len() {
            return Err(Error::value(format!(
                "the model has {} weights, not {}",
                variables.len(),
                snapshot.len()
            ))
            .expected(
                variables
                    .iter()
                    .map(|v| format!("{} {:?}", v.path(), v.shape()))
                    .collect::<Vec<_>>()
                    .join(", "),
            ));
        }
        variables.iter().zip(snapshot).try_for_each(|(variable, value)| variable.assign(value))
    }

    /// Tells the user something on behalf of a callback.
    pub fn announce(&self, text: String) {
        let announcer = ANNOUNCER.with_borrow(Clone::clone);
        if let Some(announcer) = announcer {
            announcer(text);
        }
    }
}

/// A graph that is borrowed from the model or shared with it.
pub enum GraphRef<'a> {
    /// Of a functional model.
    Borrowed(&'a Functional),
    /// Of a sequential model.
    Shared(Rc<Functional>),
}

impl std::ops::Deref for GraphRef<'_> {
    type Target = Functional;

    fn deref(&self) -> &Functional {
        match self {
            GraphRef::Borrowed(graph) => graph,
            GraphRef::Shared(graph) => graph,
        }
    }
}

fn shape_hint(promised: &crate::shape::Shape, received: &[usize]) -> String {
    let sample: Option<Vec<usize>> = promised.sample();
    match sample {
        Some(sample) if received == sample => {
            "one sample needs a batch axis: x[None, ...] or np.expand_dims(x, 0)".to_owned()
        }
        Some(sample)
            if received.iter().skip(1).product::<usize>() == sample.iter().product::<usize>() =>
        {
            let axes: Vec<String> = sample.iter().map(usize::to_string).collect();
            format!("x.reshape(-1, {})", axes.join(", "))
        }
        _ => "check the shape of the data against the Input of the model".to_owned(),
    }
}
