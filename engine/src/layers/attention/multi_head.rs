//! MultiHeadAttention and GroupQueryAttention: projections, attention of each head, a projection back.

use super::projection::{Projection, Rules};
use super::{and, by_place, shaped};
use crate::catalog::{Entry, Kind, Made};
use crate::config;
use crate::config::{Arg, Config, Configured, Field, Fraction};
use crate::constraints::Constraint;
use crate::error::{Error, Result};
use crate::initializers::Initializer;
use crate::kernels::attention::{Empty, Options, attention, reference};
use crate::layer::{self, Inputs, Layer, LayerInstance, Pass};
use crate::layers::dropout::stream;
use crate::ops;
use crate::regularizers::Regularizer;
use crate::shape::Shape;
use crate::tensor::Tensor;
use std::rc::Rc;

config! {
    /// Attention with several heads: each place of `query` takes a mean of `value`, weighted by how well it fits `key`.
    ///
    /// Shapes: query `[batch, queries, features]`, value `[batch, keys, ...]`, key like value (value itself if it is left
    /// out) -> `[batch, queries, features]`. Called with `attention_mask`, `use_causal_mask`, `return_attention_scores`.
    /// `softmax(q k' / sqrt(key_dim)) v` for each head. Vaswani et al., 2017, arXiv:1706.03762.
    pub struct MultiHeadAttention("MultiHeadAttention") {
        /// Number of heads.
        num_heads: usize,
        /// Size of each head's queries and keys.
        key_dim: usize,
        /// Size of each head's values; `key_dim` if it is left out.
        value_dim: Option<usize> = None,
        /// Share of the attention weights that become 0 while training.
        dropout: Fraction = Fraction(0.0),
        /// Whether the projections add a bias.
        use_bias: bool = true,
        /// Features of the result; those of the query if it is left out.
        output_shape: Option<Vec<usize>> = None,
        /// The axes that are attended over; all between the batch and the features if it is left out.
        attention_axes: Option<Vec<i64>> = None,
        /// How near (in places) a key must be: nearer than this to either side.
        sliding_window: Option<usize> = None,
        /// Keras' switch for fused attention; here attention is always fused.
        flash_attention: Option<bool> = None,
        /// First values of the kernels.
        kernel_initializer: Initializer = Initializer::named("glorot_uniform"),
        /// First values of the biases.
        bias_initializer: Initializer = Initializer::named("zeros"),
        /// Charged for the kernels' size.
        kernel_regularizer: Option<Regularizer> = None,
        /// Charged for the biases' size.
        bias_regularizer: Option<Regularizer> = None,
        /// Charged for the size of the projections' results.
        activity_regularizer: Option<Regularizer> = None,
        /// What the kernels are held to after each step.
        kernel_constraint: Option<Constraint> = None,
        /// What the biases are held to after each step.
        bias_constraint: Option<Constraint> = None,
        /// Whether the heads' results are multiplied by a sigmoid of the query.
        use_gate: bool = false,
        /// A seed of its own for dropout.
        seed: Option<i64> = None,
    }
}

config! {
    /// Attention in which several heads of the query share keys and values.
    ///
    /// Shapes: query `[batch, queries, features]`, value `[batch, keys, ...]`, key like value -> `[batch, queries, features]`.
    /// Ainslie et al., 2023, arXiv:2305.13245.
    pub struct GroupQueryAttention("GroupQueryAttention") {
        /// Size of each head.
        head_dim: usize,
        /// Heads of the query.
        num_query_heads: usize,
        /// Heads of key and value; it divides `num_query_heads`.
        num_key_value_heads: usize,
        /// Share of the attention weights that become 0 while training.
        dropout: Fraction = Fraction(0.0),
        /// Whether the projections add a bias.
        use_bias: bool = true,
        /// How near (in places) a key must be: nearer than this to either side.
        sliding_window: Option<usize> = None,
        /// Keras' switch for fused attention; here attention is always fused.
        flash_attention: Option<bool> = None,
        /// First values of the kernels.
        kernel_initializer: Initializer = Initializer::named("glorot_uniform"),
        /// First values of the biases.
        bias_initializer: Initializer = Initializer::named("zeros"),
        /// Charged for the kernels' size.
        kernel_regularizer: Option<Regularizer> = None,
        /// Charged for the biases' size.
        bias_regularizer: Option<Regularizer> = None,
        /// Charged for the size of the projections' results.
        activity_regularizer: Option<Regularizer> = None,
        /// What the kernels are held to after each step.
        kernel_constraint: Option<Constraint> = None,
        /// What the biases are held to after each step.
        bias_constraint: Option<Constraint> = None,
        /// Whether the heads' results are multiplied by a sigmoid of the query.
        use_gate: bool = false,
        /// A seed of its own for dropout.
        seed: Option<i64> = None,
    }
}

macro_rules! rules {
    ($layer:expr) => {
        Rules {
            use_bias: $layer.use_bias,
            kernel_initializer: $layer.kernel_initializer.clone(),
            bias_initializer: $layer.bias_initializer.clone(),
            kernel_regularizer: $layer.kernel_regularizer.clone(),
            bias_regularizer: $layer.bias_regularizer.clone(),
            activity_regularizer: $layer.activity_regularizer.clone(),
            kernel_constraint: $layer.kernel_constraint.clone(),
            bias_constraint: $layer.bias_constraint.clone(),
        }
    };
}

/// The row of MultiHeadAttention.
pub static MULTI_HEAD: Entry = Entry::of::<MultiHeadAttention>(Kind::Layer, &[], |args| {
    let config = MultiHeadAttention::from_args(args)?;
    let value_depth = config.value_dim.unwrap_or(config.key_dim);
    let heads = [config.num_heads, config.num_heads];
    let config = MultiHeadAttention { value_dim: Some(value_depth), ..config };
    let layer = Heads {
        class: "MultiHeadAttention",
        paths: ["query_dense", "key_dense", "_gate_dense", "value_dense", "output_dense"],
        heads,
        depth: config.key_dim,
        dropout: config.dropout.0,
        axes: config.attention_axes.clone(),
        window: config.sliding_window,
        seed: config.seed,
        parts: parts(
            heads,
            [config.key_dim, value_depth],
            config.output_shape.clone(),
            config.use_gate,
            &rules!(config),
        ),
        config: Configured::config(&config),
    };
    layer.checked(config.flash_attention)
});

/// The row of GroupQueryAttention.
pub static GROUP_QUERY: Entry =
    Entry::of::<GroupQueryAttention>(Kind::Layer, &["GroupedQueryAttention"], |args| {
        let config = GroupQueryAttention::from_args(args)?;
        let heads = [config.num_query_heads, config.num_key_value_heads];
        if heads[0] % heads[1] != 0 {
            return Err(Error::value("num_key_value_heads must divide num_query_heads")
                .received(format!("{} and {}", heads[1], heads[0])));
        }
        let layer = Heads {
            class: "GroupedQueryAttention",
            paths: ["_query_dense", "_key_dense", "_gate_dense", "_value_dense", "_output_dense"],
            heads,
            depth: config.head_dim,
            dropout: config.dropout.0,
            axes: None,
            window: config.sliding_window,
            seed: config.seed,
            parts: parts(heads, [config.head_dim; 2], None, config.use_gate, &rules!(config)),
            config: Configured::config(&config),
        };
        layer.checked(config.flash_attention)
    });

/// Both layers.
struct Heads {
    class: &'static str,
    /// The names of the parts in a weights file.
    paths: [&'static str; 5],
    /// Of queries, and of keys and values.
    heads: [usize; 2],
    depth: usize,
    dropout: f64,
    axes: Option<Vec<i64>>,
    window: Option<usize>,
    seed: Option<i64>,
    parts: Parts,
    config: Config,
}

struct Parts {
    query: Rc<LayerInstance>,
    key: Rc<LayerInstance>,
    gate: Option<Rc<LayerInstance>>,
    value: Rc<LayerInstance>,
    output: Rc<LayerInstance>,
}

fn parts(
    [heads, groups]: [usize; 2],
    [depth, value_depth]: [usize; 2],
    output: Option<Vec<usize>>,
    use_gate: bool,
    rules: &Rules,
) -> Parts {
    let part = |name: &str, bound, units, sigmoid| {
        let projection = Projection { bound, units, sigmoid, rules: rules.clone() };
        Rc::new(LayerInstance::new(Rc::new(projection), Some(name.to_owned())))
    };
    Parts {
        query: part("query", 1, Some(vec![heads, depth]), false),
        key: part("key", 1, Some(vec![groups, depth]), false),
        gate: use_gate.then(|| part("gate", 1, Some(vec![heads, value_depth]), true)),
        value: part("value", 1, Some(vec![groups, value_depth]), false),
        output: part("attention_output", 2, output, false),
    }
}

impl Heads {
    fn checked(self, flash: Option<bool>) -> Result<Made> {
        if flash == Some(true) && self.dropout > 0.0 {
            return Err(Error::value("dropout cannot be combined with flash_attention=True")
                .hint("leave flash_attention out: attention is always fused here"));
        }
        Ok(Made::Layer(Rc::new(self)))
    }

    /// The axes that are attended over, for inputs of a rank.
    fn axes(&self, rank: usize) -> Result<Vec<usize>> {
        let Some(axes) = &self.axes else { return Ok((1..rank - 1).collect()) };
        let place = |axis: &i64| {
            let from_start =
                if *axis < 0 { axis + i64::try_from(rank).unwrap_or(0) } else { *axis };
            usize::try_from(from_start).ok().filter(|axis| (1..rank - 1).contains(axis))
        };
        axes.iter().map(place).collect::<Option<Vec<usize>>>().ok_or_else(|| {
            Error::value("attention_axes must lie between the batch and the features")
                .received(format!("{axes:?} for {rank} axes"))
        })
    }

    fn check(&self, inputs: &[Shape]) -> Result<()> {
        let [query, value, rest @ ..] = inputs else {
            return Err(Error::value("attention takes a query and a value")
                .received(format!("{} inputs", inputs.len()))
                .hint("attention of a sequence to itself: layer(x, x)"));
        };
        let ranks_fit = query.rank() >= 3 && inputs.iter().all(|x| x.rank() == query.rank());
        let refuse = |what: &str| {
            let shapes = inputs.iter().map(Shape::to_string).collect::<Vec<_>>().join(", ");
            Error::value(what.to_owned()).received(shapes)
        };
        if !ranks_fit || rest.len() > 1 {
            return Err(refuse("query, value and key must have the same number of axes")
                .expected("[batch, places, features] each"));
        }
        let differ = |a: &Shape, b: &Shape| {
            let inner = 1..a.rank() - 1;
            inner.into_iter().any(|i| a.0[i].is_some() && b.0[i].is_some() && a.0[i] != b.0[i])
        };
        if rest.first().is_some_and(|key| differ(key, value)) {
            return Err(refuse("value and key must have the same axes except the last"));
        }
        self.axes(query.rank()).map(|_| ())
    }

    /// Everything that forbids a query a key, as one mask of `[batch, heads, queries, keys]` (sizes of 1 stand for all).
    fn mask(&self, inputs: &[Tensor], pass: &Pass, sizes: [usize; 3]) -> Result<Option<Tensor>> {
        let [batch, queries, keys] = sizes;
        let named = |name: &str| pass.named(name).and_then(|tensors| tensors.first()).cloned();
        let of_input = |name: &str, i: usize| {
            let riding = inputs.get(i).and_then(|x| x.mask().cloned()).map(Tensor::new);
            named(name).or(riding)
        };
        let mut all = None;
        // Keras' MultiHeadAttention takes the query's mask from the query alone.
        let of_query = match self.class {
            "MultiHeadAttention" => inputs[0].mask().cloned().map(Tensor::new),
            _ => of_input("query_mask", 0),
        };
        if let Some(mask) = of_query {
            all = Some(shaped("query_mask", &mask, &[batch, 1, queries, 1])?);
        }
        for (name, i) in [("value_mask", 1), ("key_mask", 2)] {
            if let Some(mask) = of_input(name, i) {
                all = and(all, Some(shaped(name, &mask, &[batch, 1, 1, keys])?))?;
            }
        }
        if let Some(window) = self.window {
            all = and(all, Some(by_place(queries, keys, |q, k| q.abs_diff(k) < window)?))?;
        }
        if let Some(mask) = named("attention_mask") {
            let elements = mask.array().elem_count();
            let leading = mask.shape().first().copied().unwrap_or(1);
            // [queries, keys], [batch, queries, keys] or [batch, heads, queries, keys]; several axes count as one.
            let shape = if elements == queries * keys {
                [1, 1, queries, keys]
            } else if mask.shape().len() == 4 && self.axes.as_ref().is_none_or(|a| a.len() == 1) {
                let axis = |i: usize| mask.shape()[i];
                [axis(0), axis(1), axis(2), axis(3)]
            } else if elements == leading * keys {
                [leading, 1, 1, keys]
            } else {
                [leading, 1, queries, keys]
            };
            all = and(all, Some(shaped("attention_mask", &mask, &shape)?))?;
        }
        Ok(all)
    }
}

/// An axis order and the sizes that lead to `[samples, places, heads, depth]`.
struct Arrangement {
    order: Vec<usize>,
    batch: usize,
}

impl Arrangement {
    fn of(rank: usize, axes: &[usize]) -> Self {
        let mut order: Vec<usize> = (0..rank - 1).filter(|axis| !axes.contains(axis)).collect();
        let batch = order.len();
        order.extend(axes);
        order.extend([rank - 1, rank]);
        Arrangement { order, batch }
    }

    fn is_plain(&self) -> bool {
        self.batch == 1 && self.order.iter().enumerate().all(|(i, axis)| i == *axis)
    }

    fn inside(&self, x: &Tensor) -> Result<Tensor> {
        let moved = if self.is_plain() { x.clone() } else { ops::permute(x, &self.order)? };
        let shape = moved.shape();
        let places = self.batch..shape.len() - 2;
        if shape.len() == 4 && self.batch == 1 {
            return Ok(moved);
        }
        let flat = [
            shape[..self.batch].iter().product(),
            shape[places].iter().product(),
            shape[shape.len() - 2],
            shape[shape.len() - 1],
        ];
        ops::reshape(&moved, &flat)
    }

    /// Back to the axes of the query.
    fn outside(&self, y: &Tensor, query: &[usize]) -> Result<Tensor> {
        if query.len() == 4 && self.is_plain() {
            return Ok(y.clone());
        }
        let mut shape: Vec<usize> = self.order.iter().map(|axis| query[*axis]).collect();
        if let Some(last) = shape.last_mut() {
            *last = y.shape()[3];
        }
        let y = ops::reshape(y, &shape)?;
        let mut back = vec![0; self.order.len()];
        for (i, axis) in self.order.iter().enumerate() {
            back[*axis] = i;
        }
        ops::permute(&y, &back)
    }
}

fn call(part: &Rc<LayerInstance>, x: &Tensor, pass: &mut Pass) -> Result<Tensor> {
    let mut outputs = part.call(Inputs::of(vec![x.clone()]), pass)?;
    Ok(outputs.remove(0))
}

impl Layer for Heads {
    fn class_name(&self) -> &str {
        self.class
    }

    fn config(&self) -> Config {
        let mut config = self.config.clone();
        config.retain(|(name, _)| name != "flash_attention");
        // Keras keeps the axes that it found.
        let rank = self.parts.query.built_for().first().map(Shape::rank);
        for (name, value) in &mut config {
            if let ("attention_axes", Arg::None, Some(rank)) = (name.as_str(), &*value, rank) {
                let axes = self.axes(rank).unwrap_or_default();
                *value = axes.to_arg();
            }
        }
        config
    }

    fn tensor_arguments(&self) -> &'static [&'static str] {
        &["query", "value", "key"]
    }

    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        self.check(inputs)?;
        let mut shape = inputs[0].clone();
        let features = self.config.iter().find(|(name, _)| name == "output_shape");
        if let Some((_, Arg::List(features))) = features {
            shape.0.pop();
            for size in features {
                shape.0.push(Some(usize::parse(size)?));
            }
        }
        Ok(vec![shape])
    }

    fn call_shapes(&self, inputs: &[Shape], constants: &Config) -> Result<Vec<Shape>> {
        let mut shapes = self.output_shapes(inputs)?;
        if layer::is_true(constants, "return_attention_scores") {
            let mut scores = vec![inputs[0].0[0], Some(self.heads[0])];
            let axes = self.axes(inputs[0].rank())?;
            scores.extend(axes.iter().map(|axis| inputs[0].0[*axis]));
            scores.extend(axes.iter().map(|axis| inputs[1].0[*axis]));
            shapes.push(Shape(scores));
        }
        Ok(shapes)
    }

    fn build_sublayers(&self, inputs: &[Shape]) -> Result<()> {
        self.check(inputs)?;
        let (query, value) = (&inputs[0], &inputs[1]);
        let parts = &self.parts;
        parts.query.build(std::slice::from_ref(query))?;
        parts.key.build(std::slice::from_ref(inputs.get(2).unwrap_or(value)))?;
        if let Some(gate) = &parts.gate {
            gate.build(std::slice::from_ref(query))?;
        }
        parts.value.build(std::slice::from_ref(value))?;
        let mut heads = parts.query.layer().output_shapes(std::slice::from_ref(query))?.remove(0);
        let of_value = parts.value.layer().output_shapes(std::slice::from_ref(value))?.remove(0);
        if let (Some(last), Some(depth)) = (heads.0.last_mut(), of_value.0.last()) {
            *last = *depth;
        }
        parts.output.build(&[heads, query.clone()])
    }

    fn parts(&self) -> Vec<Rc<LayerInstance>> {
        self.sublayers().into_iter().map(|(_, part)| part).collect()
    }

    fn sublayers(&self) -> Vec<(String, Rc<LayerInstance>)> {
        let Parts { query, key, gate, value, output } = &self.parts;
        let all = [Some(query), Some(key), gate.as_ref(), Some(value), Some(output)];
        let named = self.paths.iter().zip(all);
        named.filter_map(|(path, part)| Some(((*path).to_owned(), part?.clone()))).collect()
    }

    fn build_config(&self, inputs: &[Shape]) -> Option<Config> {
        let names = ["query_shape", "value_shape", "key_shape"];
        let shapes = names.iter().zip(inputs);
        let shapes = shapes.map(|(name, shape)| ((*name).to_owned(), layer::shape_to_arg(shape)));
        Some(vec![("shapes_dict".to_owned(), Arg::Map(shapes.collect()))])
    }

    fn forward(&self, inputs: &[Tensor], _: &[Tensor], pass: &mut Pass) -> Result<Vec<Tensor>> {
        let shapes: Vec<Shape> = inputs.iter().map(|x| Shape::known(x.shape())).collect();
        self.check(&shapes)?;
        let (query, value) = (&inputs[0], &inputs[1]);
        let key = inputs.get(2).unwrap_or(value);
        let axes = self.axes(query.shape().len())?;
        let arrangement = Arrangement::of(query.shape().len(), &axes);
        let count = |x: &Tensor| axes.iter().map(|axis| x.shape()[*axis]).product::<usize>();
        let sizes = [query.shape()[0], count(query), count(value)];
        let mask = self.mask(inputs, pass, sizes)?;
        if mask.is_some() && arrangement.batch > 1 {
            return Err(Error::not_implemented(
                "masks together with attention_axes that leave axes out",
                "Permute and Reshape the input to [batch, places, features]",
            ));
        }
        let wants_scores = pass.flag("return_attention_scores");
        let causal = pass.flag("use_causal_mask");
        let dropout = pass.training && self.dropout > 0.0;
        let options = Options {
            scale: 1.0 / (self.depth as f64).sqrt(),
            causal,
            mask: mask.map(|mask| mask.array().clone()),
            // As Keras: only its fused way leaves equal weights where nothing may be seen.
            empty: match self.dropout > 0.0 || wants_scores || query.shape().len() != 3 {
                true => Empty::Zero,
                false => Empty::Mean,
            },
            dropout: if dropout { Some((self.dropout, stream(pass, self.seed))) } else { None },
        };
        let parts = &self.parts;
        let gate = parts.gate.as_ref().map(|gate| call(gate, query, pass)).transpose()?;
        let q = call(&parts.query, query, pass)?;
        let k = call(&parts.key, key, pass)?;
        let v = call(&parts.value, value, pass)?;
        let inside = [arrangement.inside(&q)?, arrangement.inside(&k)?, arrangement.inside(&v)?];
        let (y, scores) = match wants_scores {
            true => {
                let (y, scores) =
                    reference::attention(&inside[0], &inside[1], &inside[2], &options)?;
                (y, Some(scores))
            }
            false => (attention(&inside[0], &inside[1], &inside[2], &options)?, None),
        };
        let y = arrangement.outside(&y, q.shape())?;
        let y = match gate {
            Some(gate) => ops::multiply(&y, &gate)?,
            None => y,
        };
        let mut results = vec![call(&parts.output, &y, pass)?];
        if let Some(scores) = scores {
            let mut shape = vec![query.shape()[0], self.heads[0]];
            shape.extend(axes.iter().map(|axis| query.shape()[*axis]));
            shape.extend(axes.iter().map(|axis| value.shape()[*axis]));
            results.push(match arrangement.batch {
                1 => ops::reshape(&scores, &shape)?,
                _ => scores,
            });
        }
        Ok(results)
    }

    fn passes_mask(&self) -> bool {
        true
    }
}
