//! One table: everything that has a name. Bindings, help, completion, did-you-mean, saving and the README's tables are
//! loops over it; nothing else lists layers, losses, ...

use crate::activations::{self, Activation};
use crate::callbacks::{self, Callback};
use crate::config::{Arg, ArgSpec, Args, Config, Configured};
use crate::constraints::{self, Constraint};
use crate::error::{Error, Result};
use crate::function::{self, Function};
use crate::initializers::{self, Initializer};
use crate::layer::{Layer, LayerInstance};
use crate::layers;
use crate::losses::{self, Loss};
use crate::metrics::{self, Metric};
use crate::optimizers::{self, Optimizer, Schedule};
use crate::regularizers::{self, Regularizer};
use crate::suggest;
use std::rc::Rc;

/// What an entry makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are Keras'")]
pub enum Kind {
    Layer,
    Activation,
    Initializer,
    Regularizer,
    Constraint,
    Loss,
    Metric,
    Optimizer,
    Schedule,
    Callback,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Kind; 10] = [
        Kind::Layer,
        Kind::Activation,
        Kind::Initializer,
        Kind::Regularizer,
        Kind::Constraint,
        Kind::Loss,
        Kind::Metric,
        Kind::Optimizer,
        Kind::Schedule,
        Kind::Callback,
    ];

    /// The word for it in errors.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Layer => "layer",
            Kind::Activation => "activation",
            Kind::Initializer => "initializer",
            Kind::Regularizer => "regularizer",
            Kind::Constraint => "constraint",
            Kind::Loss => "loss",
            Kind::Metric => "metric",
            Kind::Optimizer => "optimizer",
            Kind::Schedule => "learning rate schedule",
            Kind::Callback => "callback",
        }
    }

    /// The module in which Keras has it.
    pub fn module(self) -> &'static str {
        match self {
            Kind::Layer => "keras.layers",
            Kind::Activation => "keras.activations",
            Kind::Initializer => "keras.initializers",
            Kind::Regularizer => "keras.regularizers",
            Kind::Constraint => "keras.constraints",
            Kind::Loss => "keras.losses",
            Kind::Metric => "keras.metrics",
            Kind::Optimizer => "keras.optimizers",
            Kind::Schedule => "keras.optimizers.schedules",
            Kind::Callback => "keras.callbacks",
        }
    }

    /// The entries of this kind, in the order of the documentation.
    pub fn entries(self) -> &'static [&'static Entry] {
        match self {
            Kind::Layer => layers::ENTRIES,
            Kind::Activation => activations::ENTRIES,
            Kind::Initializer => initializers::ENTRIES,
            Kind::Regularizer => regularizers::ENTRIES,
            Kind::Constraint => constraints::ENTRIES,
            Kind::Loss => losses::ENTRIES,
            Kind::Metric => metrics::ENTRIES,
            Kind::Optimizer => optimizers::ENTRIES,
            Kind::Schedule => optimizers::schedules::ENTRIES,
            Kind::Callback => callbacks::ENTRIES,
        }
    }
}

/// A row of the table.
pub struct Entry {
    /// Keras' class name (activations: the function's name).
    pub name: &'static str,
    /// Other names by which strings find it (`"mse"`, `"glorot_uniform"` needs none: snake case is derived).
    pub aliases: &'static [&'static str],
    /// What it makes.
    pub kind: Kind,
    /// Documentation in Markdown.
    pub doc: &'static str,
    /// Its arguments.
    pub args: &'static [ArgSpec],
    /// Makes it from its arguments.
    pub make: fn(&mut Args) -> Result<Made>,
}

impl Entry {
    /// The row of a configured struct.
    pub const fn of<T: Configured>(
        kind: Kind,
        aliases: &'static [&'static str],
        make: fn(&mut Args) -> Result<Made>,
    ) -> Self {
        Entry { name: T::NAME, aliases, kind, doc: T::DOC, args: T::ARGS, make }
    }

    /// The row of a layer.
    pub const fn layer<T: Configured + Layer + 'static>() -> Self {
        Self::of::<T>(Kind::Layer, &[], |args| Ok(Made::Layer(Rc::new(T::from_args(args)?))))
    }

    /// Makes it and refuses arguments that are not known.
    pub fn make(&self, given: Config) -> Result<Made> {
        let mut args = Args::new(self.name, given);
        let made = (self.make)(&mut args)?;
        args.finish(self.args)?;
        Ok(made)
    }

    /// Whether a string means this entry: its class name (in lower case too: `"rmsprop"`), its snake case name or an
    /// alias. Layers are classes only.
    pub fn answers_to(&self, name: &str) -> bool {
        let in_lower_case = self.kind != Kind::Layer && self.name.eq_ignore_ascii_case(name);
        self.name == name
            || in_lower_case
            || snake_case(self.name) == name
            || self.aliases.contains(&name)
    }
}

/// Something made by an entry, or by the user in its place.
#[derive(Clone)]
#[expect(missing_docs, reason = "the names are those of the kinds")]
pub enum Made {
    /// A layer's config alone, before it becomes an instance with a name and weights.
    Layer(Rc<dyn Layer>),
    /// A layer with a name and weights, as wrappers take it.
    Instance(Rc<LayerInstance>),
    Activation(Activation),
    Initializer(Initializer),
    Regularizer(Regularizer),
    Constraint(Constraint),
    Loss(Rc<dyn Loss>),
    Metric(Rc<dyn Metric>),
    Optimizer(Rc<dyn Optimizer>),
    Schedule(Rc<dyn Schedule>),
    Callback(Rc<dyn Callback>),
    /// A function of the user.
    Function(Function),
}

impl Made {
    /// As a config holds it: a name for functions, Keras' envelope for objects.
    pub fn to_arg(&self) -> Arg {
        match self {
            Made::Activation(activation) => activation.identifier(),
            Made::Initializer(initializer) => initializer.identifier(),
            Made::Regularizer(regularizer) => regularizer.identifier(),
            Made::Constraint(constraint) => constraint.identifier(),
            Made::Layer(layer) => envelope("keras.layers", layer.class_name(), layer.config()),
            Made::Instance(instance) => instance.identifier(),
            Made::Loss(loss) => loss.identifier(),
            Made::Metric(metric) => metric.identifier(),
            Made::Optimizer(optimizer) => optimizer.identifier(),
            Made::Schedule(schedule) => schedule.identifier(),
            Made::Callback(_) => Arg::None,
            Made::Function(function) => function.identifier(),
        }
    }

    /// The user's function in it, if it is one.
    pub fn function(&self) -> Option<&Function> {
        match self {
            Made::Function(function) => Some(function),
            Made::Activation(activation) => activation.0.function(),
            Made::Initializer(initializer) => initializer.0.function(),
            Made::Regularizer(regularizer) => regularizer.0.function(),
            Made::Constraint(constraint) => constraint.0.function(),
            _ => None,
        }
    }

    /// How an error shows it.
    pub fn describe(&self) -> String {
        if let Some(function) = self.function() {
            return format!("the function {}", function.name());
        }
        match self.to_arg() {
            Arg::Str(name) => format!("{name:?}"),
            envelope => match envelope.get("class_name") {
                Some(Arg::Str(class)) => format!("a {class}"),
                _ => "an object".to_owned(),
            },
        }
    }
}

/// Keras' envelope: `{"module", "class_name", "config", "registered_name"}`.
pub fn envelope(module: &str, class_name: &str, config: Config) -> Arg {
    Arg::Map(vec![
        ("module".to_owned(), Arg::str(module)),
        ("class_name".to_owned(), Arg::str(class_name)),
        ("config".to_owned(), Arg::Map(config)),
        ("registered_name".to_owned(), Arg::None),
    ])
}

/// The entry of a name, or an error with the nearest known one.
pub fn find(kind: Kind, name: &str) -> Result<&'static Entry> {
    if let Some(entry) = kind.entries().iter().find(|entry| entry.answers_to(name)) {
        return Ok(entry);
    }
    let known: Vec<String> = kind
        .entries()
        .iter()
        .flat_map(|entry| [entry.name.to_owned(), snake_case(entry.name)])
        .collect();
    let error = Error::value(format!("there is no {} named {name:?}", kind.word()))
        .received(format!("{name:?}"));
    Err(match suggest::nearest(name, known.iter().map(String::as_str)) {
        Some(near) => error.hint(format!("did you mean {near:?}?")),
        None => error.expected(format!("a name from {}", kind.module())),
    })
}

/// Keras' `get(identifier)`: a name, a config in an envelope, or something made before.
pub fn get(kind: Kind, identifier: &Arg) -> Result<Made> {
    if let Some(function) = function::of_config(identifier) {
        return function.into_kind(kind);
    }
    match identifier {
        Arg::Made(Made::Function(function)) => function.clone().into_kind(kind),
        Arg::Made(made) => Ok(made.clone()),
        Arg::Str(name) => find(kind, name)?.make(Vec::new()),
        Arg::Map(_) => {
            let Some(Arg::Str(class)) = identifier.get("class_name") else {
                return Err(Error::value(format!(
                    "this config has no class_name of a {}",
                    kind.word()
                ))
                .received(identifier.describe())
                .expected("{\"class_name\": ..., \"config\": {...}}"));
            };
            match identifier.get("config") {
                Some(Arg::Map(config)) => {
                    let entry = find(kind, class)?;
                    let known = |name: &str| entry.args.iter().any(|spec| spec.name == name);
                    // Files of other versions hold more than we know (dtype, shared ids): read what we know.
                    entry.make(config.iter().filter(|(name, _)| known(name)).cloned().collect())
                }
                Some(Arg::Str(name)) => {
                    find(kind, name).map_err(|_| function::unknown(name))?.make(Vec::new())
                }
                _ => find(kind, class)?.make(Vec::new()),
            }
        }
        other => Err(Error::type_error(format!("{} is no {}", other.describe(), kind.word()))
            .received(other.describe())
            .expected(format!("a name, a config or an object of {}", kind.module()))),
    }
}

/// `Conv2DTranspose` -> `conv2d_transpose`, as Keras' `to_snake_case` does it.
pub fn snake_case(name: &str) -> String {
    let letters: Vec<char> = name.chars().filter(|c| !c.is_whitespace()).collect();
    let mut text = String::with_capacity(name.len() + 4);
    for (i, &letter) in letters.iter().enumerate() {
        let previous = i.checked_sub(1).map(|i| letters[i]);
        let next_is_lower = letters.get(i + 1).is_some_and(|next| next.is_ascii_lowercase());
        let starts_word = match previous {
            Some(previous) if letter.is_ascii_uppercase() => {
                (next_is_lower && previous != '_') || previous.is_ascii_lowercase()
            }
            _ => false,
        };
        if starts_word {
            text.push('_');
        }
        text.push(letter.to_ascii_lowercase());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::snake_case;

    #[test]
    fn optimizers_are_found_in_lower_case() {
        for name in [
            "adam", "sgd", "rmsprop", "adamw", "adagrad", "adadelta", "adamax", "nadam", "ftrl",
            "lion",
        ] {
            assert!(super::find(super::Kind::Optimizer, name).is_ok(), "{name}");
        }
    }

    #[test]
    fn class_names_become_the_paths_that_keras_writes() {
        for (class, path) in [
            ("Dense", "dense"),
            ("Conv2D", "conv2d"),
            ("Conv2DTranspose", "conv2d_transpose"),
            ("LSTMCell", "lstm_cell"),
            ("PReLU", "p_re_lu"),
            ("ConvLSTM2D", "conv_lstm2d"),
            ("GRU", "gru"),
            ("MultiHeadAttention", "multi_head_attention"),
            ("MaxPooling2D", "max_pooling2d"),
        ] {
            assert_eq!(snake_case(class), path);
        }
    }
}
