//! How calls are bound: what the caller wrote ([`Arguments`]), what the callee wants ([`Signature`]), and functions written in Rust.

use super::object::Doc;
use super::{Exception, Object, PyResult, Value};
use std::rc::Rc;

/// What a caller wrote between the parentheses.
#[derive(Clone, Default)]
pub struct Arguments {
    /// By position.
    pub positional: Vec<Value>,
    /// By name, in the order written.
    pub keywords: Vec<(Rc<str>, Value)>,
}

impl Arguments {
    /// Positional arguments alone.
    pub fn positional(values: impl Into<Vec<Value>>) -> Self {
        Arguments { positional: values.into(), keywords: Vec::new() }
    }

    /// Adds a keyword argument.
    #[must_use]
    pub fn with(mut self, name: &str, value: Value) -> Self {
        self.keywords.push((Rc::from(name), value));
        self
    }

    /// Takes a keyword argument out, if it was given.
    pub fn take(&mut self, name: &str) -> Option<Value> {
        let position = self.keywords.iter().position(|(n, _)| &**n == name)?;
        Some(self.keywords.remove(position).1)
    }
}

/// How a parameter may be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParameterKind {
    /// By position only (before `/`).
    Positional,
    /// By position or by name.
    Normal,
    /// By name only (after `*`).
    Keyword,
    /// `*args`: the bound value is a tuple.
    Rest,
    /// `**kwargs`: the bound value is a dict.
    RestKeywords,
}

/// One parameter.
#[derive(Clone)]
pub struct Parameter {
    /// Its name, without stars.
    pub name: Rc<str>,
    /// The value when it is not given; `None`: it must be given.
    pub default: Option<Value>,
    /// How it may be given.
    pub kind: ParameterKind,
}

/// The parameters of a callable.
#[derive(Clone, Default)]
pub struct Signature {
    /// In order.
    pub parameters: Vec<Parameter>,
}

impl Signature {
    /// Reads a signature as Python writes it: `"x, /, axis=None, *, keepdims=False, **kwargs"`. Defaults are literals
    /// (`None`, `True`, numbers, quoted strings, `()`), and the text is ours, so a mistake in it is a bug.
    pub fn parse(text: &str) -> Self {
        let mut parameters: Vec<Parameter> = Vec::new();
        let mut kind = ParameterKind::Normal;
        for part in split_top_level(text) {
            match part {
                "" => {}
                "/" => parameters.iter_mut().for_each(|p| p.kind = ParameterKind::Positional),
                "*" => kind = ParameterKind::Keyword,
                _ => {
                    let (name, default) = match part.split_once('=') {
                        Some((name, literal)) => (name.trim(), Some(parse_literal(literal.trim()))),
                        None => (part, None),
                    };
                    let (name, kind_here) = if let Some(name) = name.strip_prefix("**") {
                        (name, ParameterKind::RestKeywords)
                    } else if let Some(name) = name.strip_prefix('*') {
                        kind = ParameterKind::Keyword;
                        (name, ParameterKind::Rest)
                    } else {
                        (name, kind)
                    };
                    parameters.push(Parameter { name: Rc::from(name), default, kind: kind_here });
                }
            }
        }
        Signature { parameters }
    }

    /// Puts the arguments into the order of the parameters, with Python's messages for what does not fit.
    /// Parameters that were not given and have no default are refused, so the result has one value per parameter.
    pub fn bind(&self, function: &str, arguments: Arguments) -> PyResult<Vec<Value>> {
        let Arguments { positional, keywords } = arguments;
        let mut bound: Vec<Option<Value>> = vec![None; self.parameters.len()];
        let by_position: Vec<usize> = (0..self.parameters.len())
            .filter(|&i| {
                matches!(self.parameters[i].kind, ParameterKind::Positional | ParameterKind::Normal)
            })
            .collect();
        let given = positional.len();
        let mut values = positional.into_iter();
        for (&slot, value) in by_position.iter().zip(values.by_ref()) {
            bound[slot] = Some(value);
        }
        let rest: Vec<Value> = values.collect();
        match self.parameters.iter().position(|p| p.kind == ParameterKind::Rest) {
            Some(slot) => bound[slot] = Some(Value::tuple(rest)),
            None if !rest.is_empty() => {
                let named = |name: &str| {
                    self.parameters
                        .iter()
                        .any(|p| p.kind == ParameterKind::Keyword && &*p.name == name)
                };
                let keyword_only = keywords.iter().filter(|(name, _)| named(name)).count();
                return Err(self.too_many(function, by_position.len(), given, keyword_only));
            }
            None => {}
        }
        let mut extra = Vec::new();
        for (name, value) in keywords {
            let slot = self.parameters.iter().position(|p| {
                p.name == name && matches!(p.kind, ParameterKind::Normal | ParameterKind::Keyword)
            });
            match slot {
                Some(slot) if bound[slot].is_some() => {
                    return Err(Exception::type_error(format!(
                        "{function}() got multiple values for argument '{name}'"
                    )));
                }
                Some(slot) => bound[slot] = Some(value),
                None => extra.push((name, value)),
            }
        }
        match self.parameters.iter().position(|p| p.kind == ParameterKind::RestKeywords) {
            Some(slot) => bound[slot] = Some(Value::dict(extra)),
            None => {
                let by_position_only: Vec<String> = extra
                    .iter()
                    .filter(|(name, _)| {
                        self.parameters
                            .iter()
                            .any(|p| p.kind == ParameterKind::Positional && p.name == *name)
                    })
                    .map(|(name, _)| name.to_string())
                    .collect();
                if !by_position_only.is_empty() {
                    return Err(Exception::type_error(format!(
                        "{function}() got some positional-only arguments passed as keyword arguments: '{}'",
                        by_position_only.join(", ")
                    )));
                }
                if let Some((name, _)) = extra.first() {
                    return Err(self.unexpected(function, name));
                }
            }
        }
        self.fill_defaults(function, bound)
    }

    fn fill_defaults(&self, function: &str, bound: Vec<Option<Value>>) -> PyResult<Vec<Value>> {
        let mut missing = Vec::new();
        let mut values = Vec::with_capacity(bound.len());
        for (parameter, value) in self.parameters.iter().zip(bound) {
            match value.or_else(|| parameter.default.clone()) {
                Some(value) => values.push(value),
                None => missing.push(parameter),
            }
        }
        if missing.is_empty() {
            return Ok(values);
        }
        let keyword_only = missing.iter().all(|p| p.kind == ParameterKind::Keyword);
        let kind = if keyword_only { "keyword-only" } else { "positional" };
        let names: Vec<String> = missing
            .iter()
            .filter(|p| keyword_only || p.kind != ParameterKind::Keyword)
            .map(|p| format!("'{}'", p.name))
            .collect();
        let plural = if names.len() == 1 { "" } else { "s" };
        let list = match &names[..] {
            [one] => one.clone(),
            [first, second] => format!("{first} and {second}"),
            [head @ .., last] => format!("{}, and {last}", head.join(", ")),
            [] => String::new(),
        };
        Err(Exception::type_error(format!(
            "{function}() missing {} required {kind} argument{plural}: {list}",
            names.len()
        )))
    }

    fn too_many(
        &self,
        function: &str,
        most: usize,
        given: usize,
        keyword_only: usize,
    ) -> Box<Exception> {
        let least = self
            .parameters
            .iter()
            .filter(|p| {
                matches!(p.kind, ParameterKind::Positional | ParameterKind::Normal)
                    && p.default.is_none()
            })
            .count();
        let range =
            if least == most { most.to_string() } else { format!("from {least} to {most}") };
        let plural = if most == 1 && least == most { "" } else { "s" };
        let more = if keyword_only == 0 {
            String::new()
        } else {
            let s = |count: usize| if count == 1 { "" } else { "s" };
            format!(
                " positional argument{} (and {keyword_only} keyword-only argument{})",
                s(given),
                s(keyword_only)
            )
        };
        let verb = if given == 1 && keyword_only == 0 { "was" } else { "were" };
        Exception::type_error(format!(
            "{function}() takes {range} positional argument{plural} but {given}{more} {verb} given"
        ))
    }

    fn unexpected(&self, function: &str, name: &str) -> Box<Exception> {
        let error = Exception::type_error(format!(
            "{function}() got an unexpected keyword argument '{name}'"
        ));
        let known = self.parameters.iter().map(|p| &*p.name);
        match kerai_engine::suggest::nearest(name, known) {
            Some(near) => error.with_hint(format!("did you mean '{near}'?")),
            None => error,
        }
    }
}

/// Splits at commas outside quotes and brackets.
fn split_top_level(text: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut quote, mut start) = (Vec::new(), 0_i32, None, 0);
    for (i, c) in text.char_indices() {
        match (quote, c) {
            (Some(q), _) if c == q => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '(' | '[') => depth += 1,
            (None, ')' | ']') => depth -= 1,
            (None, ',') if depth == 0 => {
                parts.push(text[start..i].trim());
                start = i + 1;
            }
            _ => {}
        }
    }
    parts.push(text[start..].trim());
    parts
}

fn parse_literal(text: &str) -> Value {
    match text {
        "None" => Value::None,
        "True" => Value::Bool(true),
        "False" => Value::Bool(false),
        _ => {
            if let Ok(number) = text.parse::<i64>() {
                return Value::Int(number);
            }
            if let Ok(number) = text.parse::<f64>() {
                return Value::Float(number);
            }
            if let Some(inner) = text.strip_prefix('(').and_then(|t| t.strip_suffix(')')) {
                return Value::tuple(
                    split_top_level(inner)
                        .into_iter()
                        .filter(|t| !t.is_empty())
                        .map(parse_literal)
                        .collect(),
                );
            }
            Value::str(text.trim_matches(['\'', '"']))
        }
    }
}

/// A function written in Rust: a name, a signature, documentation and the code over bound values.
pub struct Native {
    name: String,
    signature: Signature,
    doc: &'static str,
    code: Box<dyn Fn(Vec<Value>) -> PyResult<Value>>,
    binds: bool,
}

impl Native {
    /// A function value. `signature` is Python's text (see [`Signature::parse`]); `code` gets one value per parameter.
    pub fn value(
        name: &str,
        signature: &str,
        doc: &'static str,
        code: impl Fn(Vec<Value>) -> PyResult<Value> + 'static,
    ) -> Value {
        Value::object(Native {
            name: name.to_owned(),
            signature: Signature::parse(signature),
            doc,
            code: Box::new(code),
            binds: false,
        })
    }

    /// A function that classes of the program can hold as a method: the instance comes first.
    pub fn method(
        name: &str,
        signature: Signature,
        code: impl Fn(Vec<Value>) -> PyResult<Value> + 'static,
    ) -> Value {
        Value::object(Native {
            name: name.to_owned(),
            signature,
            doc: "",
            code: Box::new(code),
            binds: true,
        })
    }
}

impl Native {
    /// CPython words a wrong number differently for functions that take everything by position.
    fn check_count(&self, arguments: &Arguments) -> PyResult<()> {
        let parameters = &self.signature.parameters;
        let first = parameters.first().map(|p| p.kind);
        let given = arguments.positional.len();
        if first != Some(ParameterKind::Positional) || !arguments.keywords.is_empty() {
            return Ok(());
        }
        let by_position = parameters.iter().filter(|p| p.kind == ParameterKind::Positional);
        let most = by_position.clone().count();
        let least = by_position.filter(|p| p.default.is_none()).count();
        let open = parameters
            .iter()
            .any(|p| matches!(p.kind, ParameterKind::Rest | ParameterKind::Normal));
        if given >= least && (given <= most || open) {
            return Ok(());
        }
        let name = &self.name;
        let plural = |n: usize| if n == 1 { "" } else { "s" };
        Err(Exception::type_error(if parameters.len() == 1 && least == 1 {
            format!("{name}() takes exactly one argument ({given} given)")
        } else if least == most && !open {
            format!("{name} expected {most} argument{}, got {given}", plural(most))
        } else if given < least {
            format!("{name} expected at least {least} argument{}, got {given}", plural(least))
        } else {
            format!("{name} expected at most {most} argument{}, got {given}", plural(most))
        }))
    }
}

impl Object for Native {
    fn type_name(&self) -> String {
        "builtin_function_or_method".to_owned()
    }

    fn repr(&self) -> PyResult<String> {
        Ok(format!("<built-in function {}>", self.name))
    }

    fn attribute(&self, _this: &Value, name: &str) -> PyResult<Option<Value>> {
        Ok(match name {
            "__name__" | "__qualname__" => Some(Value::str(&self.name)),
            "__doc__" => Some(Value::str(self.doc)),
            _ => None,
        })
    }

    fn call(&self, _this: &Value, arguments: Arguments) -> PyResult<Value> {
        self.check_count(&arguments)?;
        (self.code)(self.signature.bind(&self.name, arguments)?)
    }

    fn is_callable(&self) -> bool {
        true
    }

    fn binds(&self) -> bool {
        self.binds
    }

    fn doc(&self) -> Option<Doc> {
        Some(Doc {
            signature: format!("{}({})", self.name, self.signature),
            text: self.doc.to_owned(),
        })
    }

    fn signature(&self) -> Option<Signature> {
        Some(self.signature.clone())
    }
}

impl std::fmt::Display for Signature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut star_written = false;
        for (i, parameter) in self.parameters.iter().enumerate() {
            if i > 0 {
                f.write_str(", ")?;
            }
            match parameter.kind {
                ParameterKind::Keyword if !star_written => {
                    f.write_str("*, ")?;
                    star_written = true;
                }
                ParameterKind::Rest => {
                    f.write_str("*")?;
                    star_written = true;
                }
                ParameterKind::RestKeywords => f.write_str("**")?,
                _ => {}
            }
            f.write_str(&parameter.name)?;
            match &parameter.default {
                None => {}
                Some(Value::None) => f.write_str("=None")?,
                Some(Value::Bool(flag)) => f.write_str(if *flag { "=True" } else { "=False" })?,
                Some(Value::Int(number)) => write!(f, "={number}")?,
                Some(Value::Float(number)) => write!(f, "={number:?}")?,
                Some(Value::Str(text)) => write!(f, "='{text}'")?,
                Some(_) => f.write_str("=...")?,
            }
            if parameter.kind == ParameterKind::Positional
                && self
                    .parameters
                    .get(i + 1)
                    .is_none_or(|next| next.kind != ParameterKind::Positional)
            {
                f.write_str(", /")?;
            }
        }
        Ok(())
    }
}
