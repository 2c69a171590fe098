//! Arguments: what a user writes between the parentheses and what a `.keras` file holds in `config` are the same object.
//!
//! `config!` turns a documented struct into its arguments (name, kind, default, documentation), its parser and its
//! Keras config. A field's type says what it accepts, through [`Field`].

use crate::catalog::Made;
use crate::error::{Error, Result};
use crate::shape::Padding;
use crate::suggest;
use serde_json::Value as Json;

/// An argument as it was written, or as a config holds it.
#[derive(Clone, Default)]
#[expect(missing_docs, reason = "the names are JSON's")]
pub enum Arg {
    #[default]
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(String),
    List(Vec<Arg>),
    Map(Vec<(String, Arg)>),
    /// A layer, initializer, ... made before.
    Made(Made),
}

/// A Keras config: names and values, in order.
pub type Config = Vec<(String, Arg)>;

impl Arg {
    /// A string.
    pub fn str(text: impl Into<String>) -> Self {
        Arg::Str(text.into())
    }

    /// From JSON.
    pub fn from_json(json: &Json) -> Self {
        match json {
            Json::Null => Arg::None,
            Json::Bool(flag) => Arg::Bool(*flag),
            Json::Number(number) => match number.as_i64() {
                Some(int) => Arg::Int(int),
                None => Arg::Float(number.as_f64().unwrap_or(f64::NAN)),
            },
            Json::String(text) => Arg::Str(text.clone()),
            Json::Array(items) => Arg::List(items.iter().map(Arg::from_json).collect()),
            Json::Object(map) => Arg::Map(
                map.iter().map(|(name, item)| (name.clone(), Arg::from_json(item))).collect(),
            ),
        }
    }

    /// To JSON, made values in Keras' envelope.
    pub fn to_json(&self) -> Json {
        match self {
            Arg::None => Json::Null,
            Arg::Bool(flag) => Json::Bool(*flag),
            Arg::Int(int) => Json::from(*int),
            Arg::Float(float) => Json::from(*float),
            Arg::Str(text) => Json::String(text.clone()),
            Arg::List(items) => Json::Array(items.iter().map(Arg::to_json).collect()),
            Arg::Map(map) => Json::Object(
                map.iter().map(|(name, item)| (name.clone(), item.to_json())).collect(),
            ),
            Arg::Made(made) => made.to_arg().to_json(),
        }
    }

    /// How an error shows it.
    pub fn describe(&self) -> String {
        match self {
            Arg::None => "None".to_owned(),
            Arg::Bool(true) => "True".to_owned(),
            Arg::Bool(false) => "False".to_owned(),
            Arg::Int(int) => int.to_string(),
            Arg::Float(float) => format!("{float:?}"),
            Arg::Str(text) => format!("{text:?}"),
            Arg::List(items) => {
                format!("({})", items.iter().map(Arg::describe).collect::<Vec<_>>().join(", "))
            }
            Arg::Map(_) => self.to_json().to_string(),
            Arg::Made(made) => made.describe(),
        }
    }

    /// The value under a name, if this is a map.
    pub fn get(&self, name: &str) -> Option<&Arg> {
        let Arg::Map(map) = self else { return None };
        map.iter().find(|(n, _)| n == name).map(|(_, value)| value)
    }

    /// The items, if this is a list.
    pub fn items(&self) -> Option<&[Arg]> {
        let Arg::List(items) = self else { return None };
        Some(items)
    }
}

/// One argument of an entry: what help, completion and did-you-mean know of it.
pub struct ArgSpec {
    /// Its name, as in Keras.
    pub name: &'static str,
    /// What it means: Markdown.
    pub doc: &'static str,
    /// What it accepts, in words.
    pub kind: fn() -> String,
    /// Its default; `None` if it must be given.
    pub default: fn() -> Option<Arg>,
}

/// The arguments of one call, taken out one by one.
pub struct Args {
    callee: String,
    given: Vec<(String, Arg)>,
}

impl Args {
    /// Arguments by name for a callee (the name that errors use).
    pub fn new(callee: impl Into<String>, given: Config) -> Self {
        Args { callee: callee.into(), given }
    }

    /// The callee's name.
    pub fn callee(&self) -> &str {
        &self.callee
    }

    /// Takes a raw argument out.
    pub fn take(&mut self, name: &str) -> Option<Arg> {
        let position = self.given.iter().position(|(n, _)| n == name)?;
        Some(self.given.remove(position).1)
    }

    /// Takes and parses one argument; `default` stands in if it was not given.
    pub fn field<T: Field>(&mut self, name: &str, default: Option<T>) -> Result<T> {
        match (self.take(name), default) {
            (Some(arg), _) => T::parse(&arg).map_err(|error| self.explain(name, error)),
            (None, Some(default)) => Ok(default),
            (None, None) => Err(self.missing(name, &T::kind())),
        }
    }

    /// The error of an argument that must be given; a misspelt one is told as such.
    fn missing(&self, name: &str, kind: &str) -> Error {
        let near = self.given.iter().find(|(given, _)| suggest::nearest(given, [name]).is_some());
        match near {
            Some((given, _)) => {
                Error::type_error(format!("{}() got an unexpected argument '{given}'", self.callee))
                    .hint(format!("did you mean '{name}'?"))
            }
            None => Error::type_error(format!(
                "{}() missing 1 required argument: '{name}'",
                self.callee
            ))
            .expected(format!("{name}: {kind}")),
        }
    }

    fn explain(&self, name: &str, error: Error) -> Error {
        error.within(format!("{}: argument '{name}'", self.callee))
    }

    /// Refuses what is left over, with the nearest known name.
    pub fn finish(self, specs: &[ArgSpec]) -> Result<()> {
        let Some((name, _)) = self.given.first() else { return Ok(()) };
        let error =
            Error::type_error(format!("{}() got an unexpected argument '{name}'", self.callee));
        let names: Vec<&str> = specs.iter().map(|spec| spec.name).collect();
        Err(match suggest::nearest(name, names.iter().copied()) {
            Some(near) => error.hint(format!("did you mean '{near}'?")),
            None => error.expected(format!("one of: {}", names.join(", "))),
        })
    }
}

/// A type that an argument can have.
pub trait Field: Sized {
    /// Reads it, with an error that says what was received and expected.
    fn parse(arg: &Arg) -> Result<Self>;

    /// As a config holds it.
    fn to_arg(&self) -> Arg;

    /// What it accepts, in words.
    fn kind() -> String;
}

/// The error of a value of the wrong type.
pub fn mismatch<T: Field>(arg: &Arg) -> Error {
    Error::type_error(format!("cannot be {}", arg.describe()))
        .received(arg.describe())
        .expected(T::kind())
}

impl Field for bool {
    fn parse(arg: &Arg) -> Result<Self> {
        match arg {
            Arg::Bool(flag) => Ok(*flag),
            Arg::Int(int @ (0 | 1)) => Ok(*int == 1),
            _ => Err(mismatch::<Self>(arg)),
        }
    }

    fn to_arg(&self) -> Arg {
        Arg::Bool(*self)
    }

    fn kind() -> String {
        "True or False".to_owned()
    }
}

impl Field for i64 {
    fn parse(arg: &Arg) -> Result<Self> {
        match arg {
            Arg::Int(int) => Ok(*int),
            Arg::Float(float) if float.fract() == 0.0 && float.abs() < 9e15 => Ok(*float as i64),
            _ => Err(mismatch::<Self>(arg)),
        }
    }

    fn to_arg(&self) -> Arg {
        Arg::Int(*self)
    }

    fn kind() -> String {
        "an integer".to_owned()
    }
}

/// Sizes and counts: positive integers.
impl Field for usize {
    fn parse(arg: &Arg) -> Result<Self> {
        match i64::parse(arg).map_err(|_| mismatch::<Self>(arg))? {
            int if int > 0 => usize::try_from(int).map_err(|_| mismatch::<Self>(arg)),
            _ => Err(Error::value(format!("must be a positive integer, not {}", arg.describe()))
                .received(arg.describe())
                .expected(Self::kind())),
        }
    }

    fn to_arg(&self) -> Arg {
        Arg::Int(i64::try_from(*self).unwrap_or(i64::MAX))
    }

    fn kind() -> String {
        "a positive integer".to_owned()
    }
}

impl Field for f64 {
    fn parse(arg: &Arg) -> Result<Self> {
        match arg {
            Arg::Int(int) => Ok(*int as f64),
            Arg::Float(float) => Ok(*float),
            _ => Err(mismatch::<Self>(arg)),
        }
    }

    fn to_arg(&self) -> Arg {
        Arg::Float(*self)
    }

    fn kind() -> String {
        "a number".to_owned()
    }
}

impl Field for String {
    fn parse(arg: &Arg) -> Result<Self> {
        match arg {
            Arg::Str(text) => Ok(text.clone()),
            _ => Err(mismatch::<Self>(arg)),
        }
    }

    fn to_arg(&self) -> Arg {
        Arg::Str(self.clone())
    }

    fn kind() -> String {
        "a string".to_owned()
    }
}

impl<T: Field> Field for Option<T> {
    fn parse(arg: &Arg) -> Result<Self> {
        match arg {
            Arg::None => Ok(None),
            arg => T::parse(arg).map(Some),
        }
    }

    fn to_arg(&self) -> Arg {
        self.as_ref().map_or(Arg::None, Field::to_arg)
    }

    fn kind() -> String {
        format!("{} or None", T::kind())
    }
}

impl<T: Field> Field for Vec<T> {
    fn parse(arg: &Arg) -> Result<Self> {
        match arg {
            Arg::List(items) => items.iter().map(T::parse).collect(),
            Arg::None | Arg::Map(_) => Err(mismatch::<Self>(arg)),
            one => Ok(vec![T::parse(one)?]),
        }
    }

    fn to_arg(&self) -> Arg {
        Arg::List(self.iter().map(Field::to_arg).collect())
    }

    fn kind() -> String {
        format!("a list, each item {}", T::kind())
    }
}

/// `N` sizes of a window: one integer stands for all.
impl<const N: usize> Field for [usize; N] {
    fn parse(arg: &Arg) -> Result<Self> {
        match arg {
            Arg::List(items) if items.len() == N => {
                let mut sizes = [0; N];
                for (size, item) in sizes.iter_mut().zip(items) {
                    *size = usize::parse(item)?;
                }
                Ok(sizes)
            }
            Arg::List(items) => {
                Err(Error::value(format!("must have {N} entries, not {}", items.len()))
                    .received(arg.describe())
                    .expected(Self::kind()))
            }
            one => usize::parse(one).map(|size| [size; N]).map_err(|_| mismatch::<Self>(arg)),
        }
    }

    fn to_arg(&self) -> Arg {
        Arg::List(self.iter().map(Field::to_arg).collect())
    }

    fn kind() -> String {
        format!("a positive integer or {N} of them")
    }
}

impl Field for Arg {
    fn parse(arg: &Arg) -> Result<Self> {
        Ok(arg.clone())
    }

    fn to_arg(&self) -> Arg {
        self.clone()
    }

    fn kind() -> String {
        "any value".to_owned()
    }
}

/// A share: from 0 up to and including 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fraction(pub f64);

impl Field for Fraction {
    fn parse(arg: &Arg) -> Result<Self> {
        let value = f64::parse(arg).map_err(|_| mismatch::<Self>(arg))?;
        if (0.0..=1.0).contains(&value) {
            return Ok(Fraction(value));
        }
        Err(Error::value(format!("must lie between 0 and 1, not {}", arg.describe()))
            .received(arg.describe())
            .expected(Self::kind()))
    }

    fn to_arg(&self) -> Arg {
        Arg::Float(self.0)
    }

    fn kind() -> String {
        "a number between 0 and 1".to_owned()
    }
}

/// A closed set of words.
#[macro_export]
macro_rules! choices {
    ($(#[doc = $doc:literal])* $vis:vis enum $name:ident { $($(#[$meta:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[doc = $doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        $vis enum $name { $($(#[$meta])* #[doc = $word] $variant),+ }

        impl $name {
            /// The words, in order.
            pub const WORDS: &'static [&'static str] = &[$($word),+];
        }

        impl $crate::config::Field for $name {
            fn parse(arg: &$crate::config::Arg) -> $crate::error::Result<Self> {
                match arg {
                    $($crate::config::Arg::Str(word) if word == $word => Ok($name::$variant),)+
                    arg => Err($crate::config::not_a_choice(arg, Self::WORDS)),
                }
            }

            fn to_arg(&self) -> $crate::config::Arg {
                match self { $($name::$variant => $crate::config::Arg::str($word)),+ }
            }

            fn kind() -> String {
                $crate::config::one_of(Self::WORDS)
            }
        }
    };
}

/// The kind of a closed set of words.
pub fn one_of(words: &[&str]) -> String {
    format!(
        "one of {}",
        words.iter().map(|word| format!("{word:?}")).collect::<Vec<_>>().join(", ")
    )
}

/// The error of a word outside a closed set.
pub fn not_a_choice(arg: &Arg, words: &[&str]) -> Error {
    let error = Error::value(format!("cannot be {}", arg.describe()))
        .received(arg.describe())
        .expected(one_of(words));
    let near = match arg {
        Arg::Str(word) => suggest::nearest(word, words.iter().copied()),
        _ => None,
    };
    match near {
        Some(near) => error.hint(format!("did you mean {near:?}?")),
        None => error,
    }
}

impl Field for Padding {
    fn parse(arg: &Arg) -> Result<Self> {
        match arg {
            Arg::Str(word) if word.eq_ignore_ascii_case("valid") => Ok(Padding::Valid),
            Arg::Str(word) if word.eq_ignore_ascii_case("same") => Ok(Padding::Same),
            Arg::Str(word) if word.eq_ignore_ascii_case("causal") => Ok(Padding::Causal),
            arg => Err(not_a_choice(arg, &["valid", "same", "causal"])),
        }
    }

    fn to_arg(&self) -> Arg {
        Arg::str(match self {
            Padding::Valid => "valid",
            Padding::Same => "same",
            Padding::Causal => "causal",
        })
    }

    fn kind() -> String {
        one_of(&["valid", "same"])
    }
}

/// A struct whose fields are arguments: made by `config!`.
pub trait Configured: Sized {
    /// Keras' class name.
    const NAME: &'static str;
    /// Documentation in Markdown.
    const DOC: &'static str;
    /// Its arguments, in the order in which they can be given by position.
    const ARGS: &'static [ArgSpec];

    /// Reads all arguments out of `args`; what is left over is the caller's to judge.
    fn from_args(args: &mut Args) -> Result<Self>;

    /// The arguments as Keras' `get_config` holds them (without `name`, `trainable`, `dtype`).
    fn config(&self) -> Config;
}

/// A documented struct as the single source of an entry's arguments:
///
/// ```
/// kerai_engine::config! {
///     /// Multiplies the inputs by a number.
///     pub struct Scale("Scale") {
///         /// The number.
///         factor: f64,
///         /// What is added afterwards.
///         offset: f64 = 0.0,
///     }
/// }
/// # use kerai_engine::config::*;
/// let mut args = Args::new("Scale", vec![("factor".into(), Arg::Float(2.0))]);
/// assert_eq!(Scale::from_args(&mut args)?.offset, 0.0);
/// # Ok::<(), kerai_engine::error::Error>(())
/// ```
#[macro_export]
macro_rules! config {
    (
        $(#[doc = $doc:literal])*
        $vis:vis struct $name:ident($class:literal) {
            $( $(#[doc = $arg_doc:literal])* $field:ident : $type:ty $(= $default:expr)? ),* $(,)?
        }
    ) => {
        $(#[doc = $doc])*
        #[derive(Clone)]
        $vis struct $name { $( $(#[doc = $arg_doc])* pub $field: $type ),* }

        impl $crate::config::Configured for $name {
            const NAME: &'static str = $class;
            const DOC: &'static str = concat!($($doc, "\n"),*);
            const ARGS: &'static [$crate::config::ArgSpec] = &[
                $( $crate::config::ArgSpec {
                    name: stringify!($field),
                    doc: concat!($($arg_doc, "\n"),*),
                    kind: <$type as $crate::config::Field>::kind,
                    default: {
                        #[allow(unreachable_code, clippy::needless_return, reason = "a default may be absent")]
                        fn default() -> Option<$crate::config::Arg> {
                            $( let value: $type = $default; return Some($crate::config::Field::to_arg(&value)); )?
                            None
                        }
                        default
                    },
                } ),*
            ];

            fn from_args(args: &mut $crate::config::Args) -> $crate::error::Result<Self> {
                let _ = &args;
                Ok($name { $( $field: {
                    #[allow(unused_mut, unused_assignments, reason = "a default may be absent")]
                    let mut default: Option<$type> = None;
                    $( default = Some($default); )?
                    args.field(stringify!($field), default)?
                } ),* })
            }

            fn config(&self) -> $crate::config::Config {
                vec![$( (stringify!($field).to_owned(), $crate::config::Field::to_arg(&self.$field)) ),*]
            }
        }
    };
}
