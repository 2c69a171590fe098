//! The operations as a table: names, signatures, documentation, and calls whose arguments are bound here, so that the
//! language offers all of `keras.ops` and most of `tf.*` in one loop.

use super::cast::{full, is_float, weak};
use crate::config::{Arg, Field};
use crate::error::{Error, Result};
use crate::suggest;
use crate::tensor::Tensor;
use candle_core::DType;

/// What goes into an operation.
#[derive(Clone)]
pub enum OpValue {
    /// A tensor.
    Tensor(Tensor),
    /// A list of tensors (or of numbers and tensors).
    List(Vec<OpValue>),
    /// A plain value.
    Arg(Arg),
}

/// What comes out of an operation.
pub enum OpResult {
    /// A tensor.
    Tensor(Tensor),
    /// A tensor of truth values (u8).
    Truth(Tensor),
    /// Several tensors.
    Tensors(Vec<Tensor>),
    /// A plain value: a shape, a name.
    Arg(Arg),
}

/// A row of the table.
pub struct OpEntry {
    /// Keras' name; with `tf.` in front if only TensorFlow has it in this form.
    pub name: &'static str,
    /// Other names: numpy's, and TensorFlow's below `tf.` (without `math.`, `nn.`, `linalg.`).
    pub aliases: &'static [&'static str],
    /// Its arguments as Python writes them: `x, axis=None, keepdims=False`.
    pub signature: &'static str,
    /// What it does, in one sentence.
    pub doc: &'static str,
    /// Calls it.
    pub call: fn(&mut OpArgs) -> Result<OpResult>,
}

/// Names that TensorFlow has for the first and second argument.
const FIRST: &[&str] = &[
    "x",
    "x1",
    "a",
    "input",
    "input_tensor",
    "tensor",
    "inputs",
    "values",
    "value",
    "features",
    "logits",
    "params",
    "data",
    "t",
    "array",
    "xs",
    "condition",
    "arrays",
    "dims",
    "shape",
    "indices",
    "start",
];
const SECOND: &[&str] = &[
    "y",
    "x2",
    "b",
    "multiples",
    "perm",
    "paddings",
    "num_or_size_splits",
    "depth",
    "indices",
    "dim",
    "limit",
    "clip_value_min",
];

/// The bound arguments of one call.
pub struct OpArgs {
    name: &'static str,
    given: Vec<(String, OpValue)>,
}

impl OpEntry {
    /// Parameters in order: name, default as it is written, and whether it takes all further positions.
    pub fn parameters(&self) -> Vec<(&'static str, Option<&'static str>, bool)> {
        let mut parameters = Vec::new();
        let (mut depth, mut start) = (0, 0);
        let text = self.signature;
        for (i, c) in text.char_indices().chain([(text.len(), ',')]) {
            match c {
                '(' | '[' => depth += 1,
                ')' | ']' => depth -= 1,
                ',' if depth == 0 => {
                    let part = text[start..i].trim();
                    start = (i + 1).min(text.len());
                    if part.is_empty() {
                        continue;
                    }
                    let (name, default) = match part.split_once('=') {
                        Some((name, default)) => (name.trim(), Some(default.trim())),
                        None => (part, None),
                    };
                    let rest = name.starts_with('*');
                    parameters.push((name.trim_start_matches('*'), default, rest));
                }
                _ => {}
            }
        }
        parameters
    }

    /// Binds arguments as Python does and calls it.
    pub fn call(
        &self,
        positional: Vec<OpValue>,
        keywords: Vec<(String, OpValue)>,
    ) -> Result<OpResult> {
        let given = self.bind(positional, keywords, OpValue::List)?;
        self.call_with(given)
    }

    /// Calls it with bound arguments.
    pub fn call_with(&self, given: Vec<(String, OpValue)>) -> Result<OpResult> {
        let mut args = OpArgs { name: self.name, given };
        (self.call)(&mut args).map_err(|error| {
            if error.what.contains(self.name) { error } else { error.within(self.name) }
        })
    }

    /// Binds arguments to parameters as Python does; `list` puts the rest of the positions together.
    pub fn bind<V>(
        &self,
        positional: Vec<V>,
        keywords: Vec<(String, V)>,
        list: impl Fn(Vec<V>) -> V,
    ) -> Result<Vec<(String, V)>> {
        let parameters = self.parameters();
        let mut given: Vec<(String, V)> = Vec::new();
        let count = positional.len();
        let mut positional = positional.into_iter();
        for (name, _, rest) in &parameters {
            if *rest {
                given.push(((*name).to_owned(), list(positional.by_ref().collect())));
            } else if let Some(value) = positional.next() {
                given.push(((*name).to_owned(), value));
            }
        }
        if positional.next().is_some() {
            return Err(Error::type_error(format!(
                "{}() takes {} positional arguments but {count} were given",
                self.name,
                parameters.len()
            ))
            .expected(self.signature));
        }
        for (keyword, value) in keywords {
            let known = |name: &str| parameters.iter().any(|(known, ..)| *known == name);
            let is_free = |i: usize| {
                parameters.get(i).filter(|(name, ..)| !given.iter().any(|(g, _)| g == name))
            };
            let name = if known(&keyword) {
                keyword
            } else if let (true, Some((name, ..))) = (FIRST.contains(&keyword.as_str()), is_free(0))
            {
                (*name).to_owned()
            } else if let (true, Some((name, ..))) =
                (SECOND.contains(&keyword.as_str()), is_free(1))
            {
                (*name).to_owned()
            } else if keyword == "name" {
                continue;
            } else if keyword == "keep_dims" && known("keepdims") {
                "keepdims".to_owned()
            } else {
                let error = Error::type_error(format!(
                    "{}() got an unexpected keyword argument '{keyword}'",
                    self.name
                ));
                let names = parameters.iter().map(|(name, ..)| *name);
                return Err(match suggest::nearest(&keyword, names) {
                    Some(near) => error.hint(format!("did you mean '{near}'?")),
                    None => error.expected(self.signature),
                });
            };
            if given.iter().any(|(g, _)| *g == name) {
                return Err(Error::type_error(format!(
                    "{}() got multiple values for argument '{name}'",
                    self.name
                )));
            }
            given.push((name, value));
        }
        for (name, default, rest) in &parameters {
            if default.is_none() && !rest && !given.iter().any(|(g, _)| g == name) {
                return Err(Error::type_error(format!(
                    "{}() missing 1 required argument: '{name}'",
                    self.name
                ))
                .expected(self.signature));
            }
        }
        Ok(given)
    }

    /// The value that an argument has if it is not given.
    pub fn default_of(&self, name: &str) -> Arg {
        let parameters = self.parameters();
        let text = parameters.iter().find(|(known, ..)| *known == name).and_then(|p| p.1);
        match text {
            Some("True") => Arg::Bool(true),
            Some("False") => Arg::Bool(false),
            Some(text) if text.starts_with('\'') => Arg::str(text.trim_matches('\'')),
            Some(text) => match (text.parse::<i64>(), text.parse::<f64>()) {
                (Ok(int), _) => Arg::Int(int),
                (_, Ok(float)) => Arg::Float(float),
                _ => Arg::None,
            },
            None => Arg::None,
        }
    }

    /// Whether a name means this row.
    pub fn answers_to(&self, name: &str) -> bool {
        self.name == name || self.aliases.contains(&name)
    }
}

/// The row of `keras.ops.name`.
pub fn find(name: &str) -> Option<&'static OpEntry> {
    entries().find(|entry| entry.answers_to(name))
}

/// The row of `tf.name` (or `tf.math.name`, `tf.nn.name`, `tf.linalg.name`).
pub fn find_tensorflow(name: &str) -> Option<&'static OpEntry> {
    entries()
        .find(|entry| entry.name.strip_prefix("tf.") == Some(name))
        .or_else(|| find(name).filter(|entry| !entry.name.starts_with("tf.")))
}

/// All rows.
pub fn entries() -> impl Iterator<Item = &'static OpEntry> {
    super::ENTRIES.iter().chain(super::entries_more::MORE)
}

/// A nested list of numbers as values and shape.
fn flatten(arg: &Arg, depth: usize, values: &mut Vec<f64>, shape: &mut Vec<usize>) -> Result<Kind> {
    let ragged =
        || Error::value("a nested list must have rows of equal length").received(arg.describe());
    match arg {
        Arg::Bool(flag) => {
            values.push(f64::from(*flag));
            Ok(Kind::Bool)
        }
        Arg::Int(int) => {
            values.push(*int as f64);
            Ok(Kind::Int)
        }
        Arg::Float(float) => {
            values.push(*float);
            Ok(Kind::Float)
        }
        Arg::List(items) => {
            if shape.len() == depth {
                shape.push(items.len());
            } else if shape[depth] != items.len() {
                return Err(ragged());
            }
            let mut kind = if items.is_empty() { Kind::Float } else { Kind::Bool };
            for item in items {
                let is_list = matches!(item, Arg::List(_));
                if is_list != (shape.len() > depth + 1) && !(is_list && values.is_empty()) {
                    return Err(ragged());
                }
                kind = kind.max(flatten(item, depth + 1, values, shape)?);
            }
            Ok(kind)
        }
        other => Err(Error::type_error(format!("{} is no number", other.describe()))
            .received(other.describe())
            .expected("a tensor, a number or a list of numbers")),
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Bool,
    Int,
    Float,
}

/// A plain value as a tensor: integers become int32, fractions float32, truth values u8.
pub fn tensor_of(value: &OpValue) -> Result<Tensor> {
    match value {
        OpValue::Tensor(tensor) => Ok(tensor.clone()),
        OpValue::List(items) => {
            super::stack(&items.iter().map(tensor_of).collect::<Result<Vec<_>>>()?, 0)
        }
        OpValue::Arg(arg) => {
            let (mut values, mut shape) = (Vec::new(), Vec::new());
            let dtype = match flatten(arg, 0, &mut values, &mut shape)? {
                Kind::Bool => DType::U8,
                Kind::Int if values.iter().any(|v| v.abs() > f64::from(i32::MAX)) => DType::I64,
                Kind::Int => DType::I32,
                Kind::Float => DType::F32,
            };
            super::cast(&Tensor::from_vec(values, &shape)?, dtype)
        }
    }
}

/// An element type by name; `bool` says so.
pub fn dtype_of(name: &str) -> Result<(DType, bool)> {
    let arg = match name {
        "int" => "int32",
        "float" => "float32",
        "half" => "float16",
        "double" => "float64",
        "int8" | "int16" => "int32",
        "uint16" => "uint32",
        other => other,
    };
    Ok((crate::layers::input_layer::parse_dtype(&Arg::str(arg))?, name == "bool"))
}

impl OpArgs {
    fn get(&self, name: &str) -> Option<&OpValue> {
        let (_, value) = self.given.iter().find(|(given, _)| given == name)?;
        if matches!(value, OpValue::Arg(Arg::None)) { None } else { Some(value) }
    }

    /// Whether an argument was given and is not None.
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    fn needed(&self, name: &str) -> Result<&OpValue> {
        self.get(name).ok_or_else(|| {
            Error::type_error(format!("{}() needs the argument '{name}'", self.name))
        })
    }

    fn explain(&self, name: &str, error: Error) -> Error {
        error.within(format!("{}: argument '{name}'", self.name))
    }

    /// A tensor; plain numbers and lists become one.
    pub fn tensor(&self, name: &str) -> Result<Tensor> {
        tensor_of(self.needed(name)?).map_err(|error| self.explain(name, error))
    }

    /// A tensor, if it was given.
    pub fn optional(&self, name: &str) -> Result<Option<Tensor>> {
        if self.has(name) { self.tensor(name).map(Some) } else { Ok(None) }
    }

    /// Two operands: a plain number takes on the type of the tensor beside it.
    pub fn pair(&self, a: &str, b: &str) -> Result<(Tensor, Tensor)> {
        let (x, y) = (self.needed(a)?, self.needed(b)?);
        let plain = |value: &OpValue| match value {
            OpValue::Arg(Arg::Int(int)) => Some((*int as f64, true)),
            OpValue::Arg(Arg::Float(float)) => Some((*float, false)),
            _ => None,
        };
        match (plain(x), plain(y)) {
            (Some((number, is_integer)), None) => {
                let y = self.tensor(b)?;
                Ok((weak(number, is_integer, y.dtype())?, y))
            }
            (None, Some((number, is_integer))) => {
                let x = self.tensor(a)?;
                let y = weak(number, is_integer, x.dtype())?;
                Ok((x, y))
            }
            _ => Ok((self.tensor(a)?, self.tensor(b)?)),
        }
    }

    /// A list of tensors; a single tensor is cut along its first axis.
    pub fn tensors(&self, name: &str) -> Result<Vec<Tensor>> {
        match self.needed(name)? {
            OpValue::List(items) => match &items[..] {
                [OpValue::List(inner)] => inner.iter().map(tensor_of).collect(),
                items => items.iter().map(tensor_of).collect(),
            },
            OpValue::Arg(Arg::List(items)) => {
                items.iter().map(|item| tensor_of(&OpValue::Arg(item.clone()))).collect()
            }
            one => super::unstack(&tensor_of(one)?, 0),
        }
        .map_err(|error| self.explain(name, error))
    }

    /// A plain value; tensors with few elements become numbers.
    pub fn arg(&self, name: &str) -> Result<Option<Arg>> {
        fn plain(value: &OpValue) -> Result<Arg> {
            match value {
                OpValue::Arg(arg) => Ok(arg.clone()),
                OpValue::List(items) => {
                    Ok(Arg::List(items.iter().map(plain).collect::<Result<_>>()?))
                }
                OpValue::Tensor(tensor) => {
                    let values =
                        tensor.array().to_dtype(DType::F64)?.flatten_all()?.to_vec1::<f64>()?;
                    let number = |value: &f64| {
                        if is_float(tensor.dtype()) {
                            Arg::Float(*value)
                        } else {
                            Arg::Int(*value as i64)
                        }
                    };
                    match (tensor.shape(), &values[..]) {
                        ([], [value]) => Ok(number(value)),
                        ([_], values) => Ok(Arg::List(values.iter().map(number).collect())),
                        (shape, _) => Err(Error::type_error("a tensor cannot stand here")
                            .received(format!("shape {shape:?}"))
                            .expected("a number or a list of numbers")),
                    }
                }
            }
        }
        self.get(name).map(plain).transpose().map_err(|error| self.explain(name, error))
    }

    /// A value of a type, if it was given.
    pub fn field<T: Field>(&self, name: &str) -> Result<Option<T>> {
        let Some(arg) = self.arg(name)? else { return Ok(None) };
        T::parse(&arg).map(Some).map_err(|error| self.explain(name, error))
    }

    /// An integer.
    pub fn int(&self, name: &str, default: i64) -> Result<i64> {
        Ok(self.field(name)?.unwrap_or(default))
    }

    /// A size or count, 0 included.
    pub fn size(&self, name: &str) -> Result<usize> {
        let size = self.int(name, 0)?;
        usize::try_from(size).map_err(|_| {
            self.explain(name, Error::value("a size cannot be negative").received(size.to_string()))
        })
    }

    /// A number.
    pub fn float(&self, name: &str, default: f64) -> Result<f64> {
        match self.arg(name)? {
            Some(Arg::Bool(flag)) => Ok(f64::from(flag)),
            Some(arg) => f64::parse(&arg).map_err(|error| self.explain(name, error)),
            None => Ok(default),
        }
    }

    /// A flag.
    pub fn flag(&self, name: &str, default: bool) -> Result<bool> {
        Ok(self.field(name)?.unwrap_or(default))
    }

    /// A string.
    pub fn text(&self, name: &str, default: &str) -> Result<String> {
        Ok(self.field(name)?.unwrap_or_else(|| default.to_owned()))
    }

    /// One axis or several, if given.
    pub fn axes(&self, name: &str) -> Result<Option<Vec<i64>>> {
        self.field(name)
    }

    /// One axis, if given.
    pub fn axis(&self, name: &str) -> Result<Option<i64>> {
        self.field(name)
    }

    /// Several integers.
    pub fn ints(&self, name: &str) -> Result<Vec<i64>> {
        Ok(self.field(name)?.unwrap_or_default())
    }

    /// Sizes, 0 included.
    pub fn sizes(&self, name: &str) -> Result<Vec<usize>> {
        let size = |size: i64| {
            usize::try_from(size).map_err(|_| {
                self.explain(
                    name,
                    Error::value("a size cannot be negative").received(size.to_string()),
                )
            })
        };
        self.ints(name)?.into_iter().map(size).collect()
    }

    /// An element type, if given.
    pub fn dtype(&self, name: &str) -> Result<Option<(DType, bool)>> {
        match self.arg(name)? {
            None => Ok(None),
            Some(Arg::Str(text)) => {
                dtype_of(&text).map(Some).map_err(|error| self.explain(name, error))
            }
            Some(other) => Err(self.explain(
                name,
                Error::type_error("an element type is a name").received(other.describe()),
            )),
        }
    }
}

/// A result in an element type that was asked for.
pub(super) fn typed(x: Tensor, dtype: Option<(DType, bool)>) -> Result<OpResult> {
    Ok(match dtype {
        None => OpResult::Tensor(x),
        Some((_, true)) => OpResult::Truth(super::cast_to_bool(&x)?),
        Some((dtype, false)) => OpResult::Tensor(super::cast(&x, dtype)?),
    })
}

/// One number everywhere, in an element type that was asked for.
pub(super) fn filled(
    shape: &[usize],
    value: f64,
    dtype: Option<(DType, bool)>,
) -> Result<OpResult> {
    let (dtype, is_bool) = dtype.unwrap_or((DType::F32, false));
    let x = full(shape, value, dtype)?;
    Ok(if is_bool { OpResult::Truth(x) } else { OpResult::Tensor(x) })
}
