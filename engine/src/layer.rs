//! What a layer is ([`Layer`]: an immutable config with pure functions), what has the weights ([`LayerInstance`]), and
//! what goes through a forward pass ([`Pass`]).

use crate::catalog::{self, Entry, Kind, Made};
use crate::config::{Arg, ArgSpec, Args, Config, Field};
use crate::constraints::Constraint;
use crate::dtype_policy::{DtypePolicy, rounded};
use crate::error::{Error, Result};
use crate::initializers::Initializer;
use crate::kernels::pooling::MaxPooling;
use crate::lora::{Lora, LoraArguments};
use crate::memory;
use crate::ops;
use crate::profile;
use crate::random::{self, Random};
use crate::regularizers::Regularizer;
use crate::scope::{self, Scope};
use crate::shape::Shape;
use crate::tensor::Tensor;
use crate::variable::Variable;
use candle_core::{DType, Tensor as Array};
use std::any::Any;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

/// One weight that a layer asks for.
pub struct WeightSpec {
    /// Keras' name: `kernel`, `moving_mean`.
    pub name: &'static str,
    /// Its axes.
    pub shape: Vec<usize>,
    /// Where its first value comes from.
    pub initializer: Initializer,
    /// What is charged for its size.
    pub regularizer: Option<Regularizer>,
    /// What it is held to.
    pub constraint: Option<Constraint>,
    /// A weight (`true`) or a state (`false`).
    pub trainable: bool,
}

impl WeightSpec {
    /// A trainable weight.
    pub fn new(name: &'static str, shape: &[usize], initializer: &Initializer) -> Self {
        WeightSpec {
            name,
            shape: shape.to_vec(),
            initializer: initializer.clone(),
            regularizer: None,
            constraint: None,
            trainable: true,
        }
    }

    /// Adds a regularizer and a constraint.
    #[must_use]
    pub fn with_rules(
        mut self,
        regularizer: &Option<Regularizer>,
        constraint: &Option<Constraint>,
    ) -> Self {
        self.regularizer.clone_from(regularizer);
        self.constraint.clone_from(constraint);
        self
    }

    /// A state: saved, but not trained.
    #[must_use]
    pub fn state(mut self) -> Self {
        self.trainable = false;
        self
    }
}

/// What a layer is called with: its main tensors in order, and what has a name.
#[derive(Clone)]
pub struct Inputs<T> {
    /// The tensors of [`Layer::tensor_arguments`], flattened.
    pub main: Vec<T>,
    /// Other tensors by argument: `initial_state`, `attention_mask`, `mask`.
    pub named: Vec<(String, Vec<T>)>,
    /// Other arguments that are no tensors: `use_causal_mask`, `return_attention_scores`.
    pub constants: Config,
    /// `training=...` of the call itself.
    pub training: Option<bool>,
}

impl<T> Inputs<T> {
    /// Main tensors alone.
    pub fn of(main: Vec<T>) -> Self {
        Inputs { main, named: Vec::new(), constants: Vec::new(), training: None }
    }
}

/// Layers that the one in front of them makes in its own pass, in this order.
#[derive(Debug, Clone, Default)]
pub struct Followers {
    /// `max(x, 0)`
    pub relu: bool,
    /// The largest of windows.
    pub pooling: Option<MaxPooling>,
}

/// What a forward pass carries besides tensors.
#[derive(Default)]
pub struct Pass {
    /// Training (dropout drops, batch normalization uses the batch) or inference.
    pub training: bool,
    /// Whether the layer that runs now is trainable; frozen batch normalization infers.
    pub trainable: bool,
    /// What layers add to the loss (activity regularizers, `add_loss`): scalars.
    pub losses: Vec<Tensor>,
    /// What the layer that runs now makes of those behind it too (only asked of those that can).
    pub followers: Followers,
    updates: Vec<(Rc<Variable>, Array)>,
    named: Vec<(String, Vec<Tensor>)>,
    constants: Config,
    current: Vec<Rc<Variable>>,
    /// While a run is diagnosed: the label of the first layer whose outputs are not finite.
    watch: Option<Option<String>>,
}

impl Pass {
    /// A pass that trains.
    pub fn training() -> Self {
        Pass { training: true, ..Pass::default() }
    }

    /// A pass that infers.
    pub fn inference() -> Self {
        Pass::default()
    }

    /// A fresh stream of random numbers for the layer that runs now.
    pub fn random(&mut self) -> Random {
        random::next_stream()
    }

    /// Tensors that were given by name to the layer that runs now.
    pub fn named(&self, name: &str) -> Option<&[Tensor]> {
        self.named.iter().find(|(n, _)| n == name).map(|(_, tensors)| &tensors[..])
    }

    /// A constant that was given by name to the layer that runs now.
    pub fn constant(&self, name: &str) -> Option<&Arg> {
        self.constants.iter().find(|(n, _)| n == name).map(|(_, value)| value)
    }

    /// Whether a flag was given as `True`.
    pub fn flag(&self, name: &str) -> bool {
        is_true(&self.constants, name)
    }

    /// A new value for the state with this index among the layer's weights; it takes effect with [`Pass::commit`].
    pub fn update(&mut self, index: usize, value: Array) {
        let Some(variable) = self.current.get(index).cloned() else { return };
        // A conversion between element types of the CPU cannot fail.
        let value = match value.dtype() == variable.dtype() {
            true => value,
            false => value.to_dtype(variable.dtype()).unwrap_or(value),
        };
        match self.updates.iter_mut().find(|(known, _)| Rc::ptr_eq(known, &variable)) {
            Some((_, pending)) => *pending = value,
            None => self.updates.push((variable, value)),
        }
    }

    /// Writes the updates of states into their variables.
    pub fn commit(&mut self) {
        for (variable, value) in self.updates.drain(..) {
            variable.replace(value);
        }
    }

    /// From here on, remembers the first layer whose outputs are not finite.
    pub fn watch_values(&mut self) {
        self.watch = Some(None);
    }

    /// Whether somebody looks at the values of each layer.
    pub fn is_watching(&self) -> bool {
        self.watch.is_some()
    }

    /// The layer that [`Pass::watch_values`] found.
    pub fn first_bad(&self) -> Option<String> {
        self.watch.clone().flatten()
    }

    fn look_at(&mut self, instance: &LayerInstance, outputs: &[Tensor]) {
        let Some(found) = &mut self.watch else { return };
        let bad = |tensor: &Tensor| {
            tensor.to_f32_vec().is_ok_and(|values| values.iter().any(|value| !value.is_finite()))
        };
        if found.is_none() && instance.layer.sublayers().is_empty() && outputs.iter().any(bad) {
            *found = Some(instance.label());
        }
    }

    fn pending(&self, variable: &Rc<Variable>) -> Option<Tensor> {
        let (_, value) = self.updates.iter().find(|(known, _)| Rc::ptr_eq(known, variable))?;
        Some(Tensor::new(value.clone()))
    }
}

/// A layer: an immutable config and pure functions. Weights and mode come in as arguments.
#[expect(unused_variables, reason = "defaults suit layers without weights")]
pub trait Layer: Any {
    /// Keras' class name.
    fn class_name(&self) -> &str;

    /// The arguments as Keras' `get_config` holds them, without `name`, `trainable`, `dtype`.
    fn config(&self) -> Config;

    /// The module in a saved config.
    fn module(&self) -> &str {
        "keras.layers"
    }

    /// `package>Name` for the user's own classes.
    fn registered_name(&self) -> Option<String> {
        None
    }

    /// What stands in front of [`Layer::config`] in a saved config.
    fn common_config(&self, name: &str, trainable: bool) -> Config {
        vec![
            ("name".to_owned(), Arg::str(name)),
            ("trainable".to_owned(), Arg::Bool(trainable)),
            ("dtype".to_owned(), DtypePolicy::global().identifier()),
        ]
    }

    /// The call arguments that are main tensors, in order; the first may be a list.
    fn tensor_arguments(&self) -> &'static [&'static str] {
        &["inputs"]
    }

    /// The weights for these input shapes: trainable ones first, then states.
    fn weights(&self, inputs: &[Shape]) -> Result<Vec<WeightSpec>> {
        Ok(Vec::new())
    }

    /// What it keeps from call to call besides its weights (`stateful=True`): neither trained nor saved. Its values come
    /// to [`Layer::forward`] behind the weights and are updated as states are.
    fn kept(&self, inputs: &[Shape]) -> Result<Vec<WeightSpec>> {
        Ok(Vec::new())
    }

    /// Whether it keeps something, so that it needs to know the size of a batch.
    fn is_stateful(&self) -> bool {
        false
    }

    /// The shapes of the results. Everything that can be wrong with the inputs is refused here, before any data.
    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>>;

    /// The shapes of the results of one call, whose constants (`return_attention_scores=True`) may ask for more.
    fn call_shapes(&self, inputs: &[Shape], constants: &Config) -> Result<Vec<Shape>> {
        self.output_shapes(inputs)
    }

    /// The element type of the results.
    fn output_dtype(&self, input: DType) -> DType {
        DType::F32
    }

    /// The element type of one of the results, and whether it holds truth values (u8).
    fn output_type(&self, output: usize, input: DType) -> (DType, bool) {
        (self.output_dtype(input), false)
    }

    /// The computation.
    fn forward(
        &self,
        inputs: &[Tensor],
        weights: &[Tensor],
        pass: &mut Pass,
    ) -> Result<Vec<Tensor>>;

    /// Layers inside, each with the path under which a weights file has it (`forward_layer`, `layers/dense`).
    fn sublayers(&self) -> Vec<(String, Rc<LayerInstance>)> {
        Vec::new()
    }

    /// The group below the layer's own that holds its weights in a file (`cell` of recurrent layers).
    fn weights_group(&self) -> Option<&'static str> {
        None
    }

    /// Layers that it is made of: they have its dtype policy.
    fn parts(&self) -> Vec<Rc<LayerInstance>> {
        Vec::new()
    }

    /// Whether its inputs and results are cast as its dtype policy says. Models and functions take what comes.
    fn follows_policy(&self) -> bool {
        true
    }

    /// Whether its inputs, and whether its weights, are rounded to the type that the policy computes in. What sums up
    /// many values keeps float32.
    fn autocasts(&self) -> (bool, bool) {
        (true, true)
    }

    /// Whether and how its first weight can have a correction of low rank.
    fn lora(&self) -> Option<LoraArguments> {
        None
    }

    /// What its outputs are charged with.
    fn activity_regularizer(&self) -> Option<&Regularizer> {
        None
    }

    /// Whether weights depend on the inputs' shapes, so that the layer must see one before it has them.
    fn build_config(&self, inputs: &[Shape]) -> Option<Config> {
        let shape = inputs.first()?;
        Some(vec![("input_shape".to_owned(), shape_to_arg(shape))])
    }

    /// Builds the layers inside for these inputs (wrappers and models).
    fn build_sublayers(&self, inputs: &[Shape]) -> Result<()> {
        Ok(())
    }

    /// Whether [`Layer::forward`] can make the relu that follows it in the same pass, as [`Pass::followers`] asks.
    fn takes_relu(&self) -> bool {
        false
    }

    /// Whether it can make the max pooling that follows it, or that relu.
    fn takes_pooling(&self) -> bool {
        false
    }

    /// Whether, when it infers, each sample's result depends on that sample alone and on nothing that runs along: then
    /// `predict` may take as many samples at a time as suit the machine.
    fn is_per_sample(&self) -> bool {
        false
    }

    /// Whether it is `max(x, 0)` and nothing more.
    fn is_relu(&self) -> bool {
        false
    }

    /// The windows, if it is max pooling with the channels last.
    fn max_pooling(&self) -> Option<MaxPooling> {
        None
    }

    /// Whether a mask that comes in goes out with the first result.
    fn passes_mask(&self) -> bool {
        false
    }
}

/// Whether a flag among a call's constants is `True`.
pub fn is_true(constants: &Config, name: &str) -> bool {
    constants.iter().any(|(known, value)| known == name && matches!(value, Arg::Bool(true)))
}

/// A shape as a config holds it: `[null, 28, 28]`.
pub fn shape_to_arg(shape: &Shape) -> Arg {
    Arg::List(shape.0.iter().map(|axis| axis.map_or(Arg::None, |size| size.to_arg())).collect())
}

/// A shape from a config or a user's tuple.
pub fn shape_from_arg(arg: &Arg) -> Result<Shape> {
    let axis = |item: &Arg| match item {
        Arg::None => Ok(None),
        item => match i64::parse(item)? {
            size if size >= 0 => Ok(usize::try_from(size).ok()),
            _ => Err(Error::value("a shape cannot have negative sizes").received(arg.describe())),
        },
    };
    match arg {
        Arg::List(items) => Ok(Shape(items.iter().map(axis).collect::<Result<_>>()?)),
        Arg::Int(_) => Ok(Shape(vec![axis(arg)?])),
        other => Err(Error::type_error("a shape is a tuple of sizes")
            .received(other.describe())
            .expected("a tuple such as (28, 28, 1)")
            .hint("a single size needs a comma: shape=(784,)")),
    }
}

thread_local! {
    static NAMES: RefCell<HashMap<String, usize>> = RefCell::new(HashMap::new());
}

/// The next automatic name: `dense`, `dense_1`, ...
pub fn unique_name(prefix: &str) -> String {
    NAMES.with_borrow_mut(|names| {
        let count = names.entry(prefix.to_owned()).or_insert(0);
        let name = if *count == 0 { prefix.to_owned() } else { format!("{prefix}_{count}") };
        *count += 1;
        name
    })
}

/// Starts automatic names anew (Keras' `clear_session`).
pub fn reset_names() {
    NAMES.with_borrow_mut(HashMap::clear);
}

/// What every layer can be given besides its own arguments.
pub const COMMON_ARGS: &[ArgSpec] = &[
    ArgSpec {
        name: "name",
        doc: "The layer's name, unique in its model.",
        kind: <Option<String>>::kind,
        default: || Some(Arg::None),
    },
    ArgSpec {
        name: "trainable",
        doc: "Whether training changes its weights.",
        kind: bool::kind,
        default: || Some(Arg::Bool(true)),
    },
    ArgSpec {
        name: "dtype",
        doc: "Element type of its variables and computation, or a policy with two: \"mixed_float16\".",
        kind: <Option<String>>::kind,
        default: || Some(Arg::None),
    },
    ArgSpec {
        name: "input_shape",
        doc: "The shape of one sample, for the first layer of a Sequential.",
        kind: || "a tuple of sizes".to_owned(),
        default: || Some(Arg::None),
    },
];

/// A layer with a name and weights. Models that share an instance share its weights.
pub struct LayerInstance {
    name: RefCell<String>,
    layer: Rc<dyn Layer>,
    trainable: Cell<bool>,
    weights: RefCell<Vec<Rc<Variable>>>,
    kept: RefCell<Vec<Rc<Variable>>>,
    policy: RefCell<DtypePolicy>,
    /// Whether it is a part of another layer, which takes its results in the element type that kernels see.
    is_part: Cell<bool>,
    /// A correction of the first weight, by the last two.
    lora: Cell<Option<Lora>>,
    built: Cell<bool>,
    built_for: RefCell<Vec<Shape>>,
    /// The axes of the inputs whose results were last found to fit into memory.
    roomy_for: RefCell<Vec<usize>>,
    /// The promised input of a first layer (`input_shape=...`), batch included.
    pub input_shape: Option<Shape>,
    /// How often it was called on symbols.
    pub(crate) calls: Cell<usize>,
}

impl LayerInstance {
    /// An instance of a layer; without a name it gets an automatic one.
    pub fn new(layer: Rc<dyn Layer>, name: Option<String>) -> Self {
        let name = name.unwrap_or_else(|| unique_name(&catalog::snake_case(layer.class_name())));
        LayerInstance {
            name: RefCell::new(name),
            layer,
            trainable: Cell::new(true),
            weights: RefCell::default(),
            kept: RefCell::default(),
            policy: RefCell::new(DtypePolicy::global()),
            is_part: Cell::new(false),
            lora: Cell::new(None),
            built: Cell::new(false),
            built_for: RefCell::new(Vec::new()),
            roomy_for: RefCell::default(),
            input_shape: None,
            calls: Cell::new(0),
        }
    }

    /// Makes a layer from an entry and everything that was written between the parentheses.
    pub fn make(entry: &Entry, given: Config) -> Result<Self> {
        let mut args = Args::new(entry.name, given);
        let name = args.field::<Option<String>>("name", Some(None))?;
        let trainable = args.field("trainable", Some(true))?;
        let policy = match entry.args.iter().any(|spec| spec.name == "dtype") {
            true => DtypePolicy::global(),
            false => {
                let dtype = args.take("dtype").unwrap_or(Arg::None);
                DtypePolicy::parse(&dtype).map_err(|error| error.within(entry.name))?
            }
        };
        // Embedding's own `input_dim` is no shape of a sample.
        let input_dim_is_shape = entry.args.iter().all(|spec| spec.name != "input_dim");
        let input_shape = first_input_shape(&mut args, input_dim_is_shape)?;
        let made = (entry.make)(&mut args)?;
        args.finish(entry.args)?;
        let Made::Layer(layer) = made else {
            return Err(Error::type_error(format!("{} is no layer", entry.name)));
        };
        let mut instance = Self::new(layer, name);
        instance.trainable.set(trainable);
        instance.input_shape = input_shape;
        instance.set_policy(policy);
        Ok(instance)
    }

    /// Its name.
    pub fn name(&self) -> String {
        self.name.borrow().clone()
    }

    /// Renames it.
    pub fn set_name(&self, name: String) {
        *self.name.borrow_mut() = name;
        for variable in self.weights.borrow().iter() {
            variable.set_path(format!("{}/{}", self.name.borrow(), variable.name()));
        }
    }

    /// The layer.
    pub fn layer(&self) -> &Rc<dyn Layer> {
        &self.layer
    }

    /// The layer, if it is of this Rust type.
    pub fn layer_as<T: Layer>(&self) -> Option<&T> {
        let any: &dyn Any = &*self.layer;
        any.downcast_ref::<T>()
    }

    /// Whether it is a function of `keras.ops` in a model: a node, but not one of the model's layers.
    pub fn is_operation(&self) -> bool {
        self.layer_as::<crate::layers::operation::Operation>().is_some()
    }

    /// `Dense "hidden"`: how errors name it.
    pub fn label(&self) -> String {
        format!("{} {:?}", self.layer.class_name(), self.name.borrow())
    }

    /// Whether training changes its weights.
    pub fn is_trainable(&self) -> bool {
        self.trainable.get()
    }

    /// Freezes or thaws it, with all layers inside.
    pub fn set_trainable(&self, trainable: bool) {
        self.trainable.set(trainable);
        for (_, inner) in self.layer.sublayers() {
            inner.set_trainable(trainable);
        }
    }

    /// The element types of its variables and of its computation.
    pub fn policy(&self) -> DtypePolicy {
        self.policy.borrow().clone()
    }

    /// Sets the policy, for the layers that it is made of, too. Variables that there are already stay as they are.
    pub fn set_policy(&self, policy: DtypePolicy) {
        for part in self.layer.parts() {
            part.is_part.set(true);
            part.set_policy(policy.clone());
        }
        *self.policy.borrow_mut() = policy;
    }

    /// The element type of one of its results, and whether it holds truth values (u8).
    pub fn output_type(&self, output: usize, input: DType) -> (DType, bool) {
        let (dtype, is_truth) = self.layer.output_type(output, input);
        match self.layer.follows_policy() && ops::is_float(dtype) {
            true => (self.policy.borrow().compute(), is_truth),
            false => (dtype, is_truth),
        }
    }

    /// Whether it has its weights.
    pub fn is_built(&self) -> bool {
        self.built.get()
    }

    /// The input shapes that it was built for.
    pub fn built_for(&self) -> Vec<Shape> {
        self.built_for.borrow().clone()
    }

    /// Until the result goes, what is made is made inside this layer.
    pub fn enter(&self) -> Scope {
        scope::enter(std::ptr::from_ref(self).addr(), || self.name())
    }

    /// Makes the weights for these input shapes, if it has none yet.
    pub fn build(&self, inputs: &[Shape]) -> Result<()> {
        if self.is_built() {
            return Ok(());
        }
        let _inside = self.enter();
        let place = |error: Error| error.within(self.label());
        for shape in inputs {
            let known: Vec<usize> = shape.0.iter().map(|axis| axis.unwrap_or(1)).collect();
            if memory::bytes_of(&known, size_of::<f32>()).is_none() {
                return Err(place(
                    Error::value("an input has more elements than can be counted")
                        .received(shape.to_string())
                        .hint("check the sizes for a slip"),
                ));
            }
        }
        self.layer.build_sublayers(inputs)?;
        let mut specs = self.layer.weights(inputs).map_err(place)?;
        let weights = specs.len();
        specs.extend(self.layer.kept(inputs).map_err(place)?);
        let mut variables = Vec::with_capacity(specs.len());
        for spec in &specs {
            let each = size_of::<f32>();
            memory::room_for(&spec.shape, each)
                .and_then(|_| memory::charge(&spec.shape, each))
                .map_err(|error| place(error.within(format!("the weight {:?}", spec.name))))?;
        }
        let dtype = self.policy.borrow().variable();
        let class = || catalog::snake_case(self.layer.class_name());
        let group = self
            .layer
            .weights_group()
            .map_or(String::new(), |group| format!("{}_{group}/", class()));
        for spec in specs {
            let value = spec.initializer.make(&spec.shape).map_err(place)?.to_dtype(dtype)?;
            let variable = Variable::new(spec.name, value, spec.trainable)
                .with_rules(spec.regularizer, spec.constraint);
            variable.set_path(scope::path(&format!("{group}{}", spec.name)));
            variables.push(Rc::new(variable));
        }
        *self.built_for.borrow_mut() = inputs.to_vec();
        self.kept.borrow_mut().extend(variables.split_off(weights));
        self.weights.borrow_mut().extend(variables);
        self.built.set(true);
        if let Some(LoraArguments { rank: Some(rank), alpha, alpha_is_rank, .. }) =
            self.layer.lora()
        {
            let alpha = alpha.filter(|_| !alpha_is_rank);
            self.enable_lora(
                rank,
                alpha,
                &Initializer::named("he_uniform"),
                &Initializer::named("zeros"),
            )?;
        }
        Ok(())
    }

    /// Freezes the first weight and adds `alpha / rank * a @ b` to it, which learns from now on. Without `alpha` it is
    /// the rank. An optimizer must be made after this.
    pub fn enable_lora(
        &self,
        rank: usize,
        alpha: Option<f64>,
        a: &Initializer,
        b: &Initializer,
    ) -> Result<()> {
        let refuse = |what: &str| Error::value(what).within(self.label());
        let Some(LoraArguments { name, .. }) = self.layer.lora() else {
            return Err(refuse("this layer cannot have a correction of low rank (LoRA)")
                .expected("Dense, EinsumDense, Embedding, Conv1D, Conv2D or Conv3D"));
        };
        if self.lora.get().is_some() {
            return Err(refuse("lora is already enabled: this can be done only once per layer"));
        }
        let first = self.weights.borrow().first().cloned();
        let Some(kernel) = first.filter(|_| self.is_built()) else {
            return Err(refuse("lora can only be enabled once the layer is built")
                .hint("call it on data, or give the model an Input"));
        };
        if kernel.constraint().is_some() {
            return Err(refuse(&format!(
                "lora does not go together with a constraint of the {}",
                kernel.name()
            ))
            .hint(format!("leave {}_constraint out", kernel.name())));
        }
        let shape = kernel.shape();
        let Some((columns, rows)) = shape.split_last() else { return Ok(()) };
        let shapes = [[rows, &[rank]].concat(), vec![rank, *columns]];
        for ((ending, shape), initializer) in ["a", "b"].into_iter().zip(&shapes).zip([a, b]) {
            let name = format!("{name}_{ending}");
            let variable = Variable::new(name, initializer.make(shape)?, true)
                .with_rules(kernel.regularizer().cloned(), None);
            self.add_variable(Rc::new(variable));
        }
        kernel.set_trainable(false);
        self.lora.set(Some(Lora { rank, alpha: alpha.unwrap_or(rank as f64) }));
        Ok(())
    }

    /// The correction of its first weight that is in force.
    pub fn lora(&self) -> Option<Lora> {
        self.lora.get()
    }

    /// The weights as a file has them: the first one with its correction, which has no place there.
    pub fn merged_variables(&self) -> Result<Vec<Array>> {
        let own = self.own_variables();
        let mut arrays: Vec<Array> = own.iter().map(|variable| variable.array()).collect();
        if let (Some(lora), [kernel, .., a, b]) = (self.lora.get(), &own[..]) {
            let read = |variable: &Rc<Variable>| Tensor::new(variable.array());
            // The matrices are float32 whatever the kernel is.
            let working = if kernel.dtype() == DType::F64 { DType::F64 } else { DType::F32 };
            let read = |variable| ops::cast(&read(variable), working);
            let merged = lora.corrected(&read(kernel)?, &read(a)?, &read(b)?)?;
            arrays.truncate(own.len() - 2);
            arrays[0] = merged.array().to_dtype(kernel.dtype())?;
        }
        Ok(arrays)
    }

    /// Its own arguments, as a config holds them.
    pub fn config_arguments(&self) -> Config {
        let mut config = self.layer.config();
        match (self.lora.get(), self.layer.lora()) {
            (Some(lora), _) => config.extend(lora.config()),
            (None, Some(given)) => config.extend(given.config()),
            (None, None) => {}
        }
        config
    }

    /// Adds a variable that the layer's own code made (`add_weight`).
    pub fn add_variable(&self, variable: Rc<Variable>) {
        let _inside = self.enter();
        variable.set_path(scope::path(variable.name()));
        self.weights.borrow_mut().push(variable);
    }

    /// Its own variables, without those of layers inside.
    pub fn own_variables(&self) -> Vec<Rc<Variable>> {
        self.weights.borrow().clone()
    }

    /// What it keeps from call to call besides its weights.
    pub fn kept(&self) -> Vec<Rc<Variable>> {
        self.kept.borrow().clone()
    }

    /// Sets what it keeps, and what layers inside keep, back to zeros.
    pub fn reset_states(&self) -> Result<()> {
        for variable in self.kept.borrow().iter() {
            variable.assign(&variable.array().zeros_like()?)?;
        }
        self.layer.sublayers().iter().try_for_each(|(_, inner)| inner.reset_states())
    }

    /// All variables in Keras' order of `weights`: own trainable ones, own states, then those of each layer inside.
    pub fn variables(&self) -> Vec<Rc<Variable>> {
        let mut found = Vec::new();
        self.collect(&mut found, &|_, _| true);
        found
    }

    /// What training changes. Nothing, if the layer is frozen.
    pub fn trainable_variables(&self) -> Vec<Rc<Variable>> {
        let mut found = Vec::new();
        self.collect(&mut found, &|instance, variable| {
            instance.is_trainable() && variable.is_trainable()
        });
        found
    }

    /// What training does not change: states, and the weights of frozen layers.
    pub fn non_trainable_variables(&self) -> Vec<Rc<Variable>> {
        let mut found = Vec::new();
        self.collect(&mut found, &|instance, variable| {
            !(instance.is_trainable() && variable.is_trainable())
        });
        found
    }

    fn collect(
        &self,
        found: &mut Vec<Rc<Variable>>,
        wanted: &dyn Fn(&LayerInstance, &Variable) -> bool,
    ) {
        let weights = self.weights.borrow();
        let (trained, states): (Vec<_>, Vec<_>) =
            weights.iter().partition(|variable| variable.is_declared_trainable());
        for variable in trained.into_iter().chain(states) {
            if wanted(self, variable) && !found.iter().any(|known| Rc::ptr_eq(known, variable)) {
                found.push(variable.clone());
            }
        }
        for (_, inner) in self.layer.sublayers() {
            inner.collect(found, wanted);
        }
    }

    /// Number of weights, states included.
    pub fn count_params(&self) -> usize {
        self.variables().iter().map(|variable| variable.count()).sum()
    }

    /// Its inputs in the element type that kernels see, if they are not already: floating-point tensors, rounded to
    /// what the policy computes in.
    fn cast_inputs(&self, inputs: &mut Inputs<Tensor>, policy: &DtypePolicy) -> Result<()> {
        let working = policy.working();
        let (rounds, _) = self.layer.autocasts();
        let through = if rounds { policy.compute() } else { working };
        let named = inputs.named.iter_mut().flat_map(|(_, tensors)| tensors);
        for tensor in inputs.main.iter_mut().chain(named) {
            *tensor = rounded(tensor, through, working)?;
        }
        Ok(())
    }

    /// Whether its tensors are anything but float32 somewhere.
    fn must_cast(&self, inputs: &Inputs<Tensor>) -> bool {
        let is_other = |x: &Tensor| x.dtype() != DType::F32 && ops::is_float(x.dtype());
        let named = || inputs.named.iter().flat_map(|(_, tensors)| tensors);
        self.layer.follows_policy()
            && (!self.policy.borrow().is_float32()
                || inputs.main.iter().any(is_other)
                || named().any(is_other))
    }

    /// Runs it. Builds it first if it must.
    pub fn call(&self, mut inputs: Inputs<Tensor>, pass: &mut Pass) -> Result<Vec<Tensor>> {
        let _scope = profile::enter(|| self.name());
        // Layers of Keras make nothing any more once they are built.
        let makes = !self.is_built() || !self.layer.module().starts_with("keras");
        let _inside = makes.then(|| self.enter());
        let shapes = || -> Vec<Shape> {
            inputs
                .main
                .iter()
                .map(|tensor| {
                    let mut shape = Shape::known(tensor.shape());
                    if let Some(batch) = shape.0.first_mut().filter(|_| !self.layer.is_stateful()) {
                        *batch = None;
                    }
                    shape
                })
                .collect()
        };
        if !self.is_built() {
            // The shapes tell what is wrong before the computation does.
            self.layer.output_shapes(&shapes()).map_err(|error| error.within(self.label()))?;
            self.build(&shapes())?;
        }
        self.check_room(&inputs.main)?;
        let mut weights = self.weights.borrow().clone();
        weights.extend(self.kept.borrow().iter().cloned());
        let trainable = self.trainable.get();
        let mut values: Vec<Tensor> = weights
            .iter()
            .map(|variable| match pass.pending(variable) {
                Some(pending) => pending,
                None if trainable => variable.read(),
                None => Tensor::new(variable.array()),
            })
            .collect();
        let policy = self.must_cast(&inputs).then(|| self.policy());
        if let Some(policy) = &policy {
            self.cast_inputs(&mut inputs, policy)?;
            let working = policy.working();
            let (_, rounds) = self.layer.autocasts();
            let through = if rounds { policy.compute() } else { working };
            for value in &mut values {
                *value = rounded(value, through, working)?;
            }
        }
        if let Some(lora) = self.lora.get()
            && let [kernel, .., a, b] = &values[..]
        {
            let corrected = lora.corrected(kernel, a, b)?;
            values.truncate(values.len() - 2);
            values[0] = corrected;
        }
        let mask = if self.layer.passes_mask() {
            inputs.main.first().and_then(|input| input.mask().cloned())
        } else {
            None
        };
        let training = inputs.training.unwrap_or(pass.training);
        let outer = (
            std::mem::replace(&mut pass.trainable, trainable),
            std::mem::replace(&mut pass.named, inputs.named),
            std::mem::replace(&mut pass.constants, inputs.constants),
            std::mem::replace(&mut pass.current, weights),
            std::mem::replace(&mut pass.training, training),
        );
        let result = self.layer.forward(&inputs.main, &values, pass);
        (pass.trainable, pass.named, pass.constants, pass.current, pass.training) = outer;
        let mut outputs = result.map_err(|error| match self.layer.sublayers().is_empty() {
            true => self.explain(error, &inputs.main),
            false => error,
        })?;
        pass.look_at(self, &outputs);
        if let Some(policy) = &policy {
            let held = if self.is_part.get() { policy.working() } else { policy.compute() };
            for output in &mut outputs {
                *output = rounded(output, policy.compute(), held)?;
            }
        }
        if let Some(mask) = mask {
            let first = outputs.remove(0).with_mask(Some(mask));
            outputs.insert(0, first);
        }
        if let Some(regularizer) = self.layer.activity_regularizer() {
            for output in &outputs {
                pass.losses.push(regularizer.activity_penalty(&ops::cast(output, DType::F32)?)?);
            }
        }
        Ok(outputs)
    }

    /// Refuses results that do not fit into memory, before they are computed. Layers inside check their own.
    fn check_room(&self, inputs: &[Tensor]) -> Result<()> {
        let axes = || inputs.iter().flat_map(|tensor| tensor.shape().iter().copied());
        if self.roomy_for.borrow().iter().copied().eq(axes()) || !self.layer.sublayers().is_empty()
        {
            return Ok(());
        }
        let shapes: Vec<Shape> = inputs.iter().map(|tensor| Shape::known(tensor.shape())).collect();
        // Shapes that do not fit at all are refused by the computation.
        let Ok(outputs) = self.layer.output_shapes(&shapes) else { return Ok(()) };
        for output in outputs {
            let Some(sizes) = output.0.into_iter().collect::<Option<Vec<usize>>>() else {
                continue;
            };
            memory::room_for(&sizes, size_of::<f32>()).map_err(|e| e.within(self.label()))?;
        }
        *self.roomy_for.borrow_mut() = axes().collect();
        Ok(())
    }

    /// A failed computation: if the shapes are to blame, their error is the better one.
    fn explain(&self, error: Error, inputs: &[Tensor]) -> Error {
        let shapes: Vec<Shape> = inputs.iter().map(|tensor| Shape::known(tensor.shape())).collect();
        match self.layer.output_shapes(&shapes) {
            Err(shape_error) => shape_error.within(self.label()),
            Ok(_) => {
                let received = shapes.iter().map(Shape::to_string).collect::<Vec<_>>().join(", ");
                let expected =
                    self.built_for().iter().map(Shape::to_string).collect::<Vec<_>>().join(", ");
                let error = error.within(self.label());
                if error.received.is_some() {
                    error
                } else {
                    error.received(received).expected(expected)
                }
            }
        }
    }

    /// Keras' envelope of the whole instance, as wrappers and models hold it.
    pub fn identifier(&self) -> Arg {
        let mut config = self.layer.common_config(&self.name(), self.is_trainable());
        // Inputs have an element type of their own, not a policy.
        let is_policy =
            |(name, value): &&mut (String, Arg)| name == "dtype" && matches!(value, Arg::Map(_));
        if let Some((_, dtype)) = config.iter_mut().find(is_policy) {
            *dtype = self.policy.borrow().identifier();
        }
        config.extend(self.config_arguments());
        let registered = self.layer.registered_name().map_or(Arg::None, Arg::Str);
        let mut map = vec![
            ("module".to_owned(), Arg::str(self.layer.module())),
            ("class_name".to_owned(), Arg::str(self.layer.class_name())),
            ("config".to_owned(), Arg::Map(config)),
            ("registered_name".to_owned(), registered),
        ];
        let built_for = self.built_for.borrow();
        if let Some(build_config) = self.layer.build_config(&built_for).filter(|_| self.is_built())
        {
            map.push(("build_config".to_owned(), Arg::Map(build_config)));
        }
        Arg::Map(map)
    }
}

fn first_input_shape(args: &mut Args, input_dim_is_shape: bool) -> Result<Option<Shape>> {
    if let Some(shape) = args.take("batch_input_shape").filter(|arg| !matches!(arg, Arg::None)) {
        return shape_from_arg(&shape).map(Some);
    }
    if let Some(shape) = args.take("input_shape").filter(|arg| !matches!(arg, Arg::None)) {
        let mut shape = shape_from_arg(&shape)?;
        shape.0.insert(0, None);
        return Ok(Some(shape));
    }
    if !input_dim_is_shape {
        return Ok(None);
    }
    match args.take("input_dim") {
        Some(Arg::Int(size)) if size > 0 => Ok(Some(Shape(vec![None, usize::try_from(size).ok()]))),
        Some(Arg::None) | None => Ok(None),
        Some(other) => {
            Err(Error::type_error("input_dim must be a positive integer")
                .received(other.describe()))
        }
    }
}

impl Field for Rc<LayerInstance> {
    fn parse(arg: &Arg) -> Result<Self> {
        match arg {
            Arg::Made(Made::Instance(instance)) => Ok(instance.clone()),
            Arg::Made(Made::Layer(layer)) => Ok(Rc::new(LayerInstance::new(layer.clone(), None))),
            Arg::Map(_) => crate::saving::layer_from_config(arg),
            other => Err(Error::type_error(format!("{} is no layer", other.describe()))
                .received(other.describe())
                .expected(Self::kind())),
        }
    }

    fn to_arg(&self) -> Arg {
        Arg::Made(Made::Instance(self.clone()))
    }

    fn kind() -> String {
        "a layer".to_owned()
    }
}

/// The entry of a layer class.
pub fn find(name: &str) -> Result<&'static Entry> {
    catalog::find(Kind::Layer, name)
}
