//! `collections.namedtuple`: classes of tuples whose items have names.

use crate::runtime::arguments::{Parameter, ParameterKind};
use crate::runtime::object::Items;
use crate::runtime::{
    Arguments, BinaryOp, CompareOp, Exception, Native, Object, PyResult, Signature, Value,
};
use crate::runtime::{attributes, format, hash, iterate, operators, types};
use std::rc::Rc;

/// The class that `namedtuple` makes.
struct NamedClass {
    name: String,
    fields: Vec<Rc<str>>,
    signature: Signature,
}

/// One tuple with names.
pub(in crate::modules) struct NamedTuple {
    class: Value,
    items: Vec<Value>,
}

/// `namedtuple(name, fields, defaults=...)`
pub(super) fn make(name: &Value, fields: &Value, defaults: &Value) -> PyResult<Value> {
    let name = name.as_str("namedtuple() argument 1")?.to_string();
    let fields: Vec<Rc<str>> = match fields {
        Value::Str(text) => text.replace(',', " ").split_whitespace().map(Rc::from).collect(),
        other => iterate::collect(other)?
            .iter()
            .map(|field| Ok(Rc::from(format::str(field)?)))
            .collect::<PyResult<_>>()?,
    };
    for (i, field) in fields.iter().enumerate() {
        let is_name = field.chars().all(|c| c == '_' || c.is_alphanumeric())
            && !field.starts_with(|c: char| c.is_ascii_digit())
            && !field.is_empty();
        let problem = if !is_name {
            Some(format!(
                "Type names and field names must be valid identifiers: {}",
                format::quote(field)
            ))
        } else if field.starts_with('_') {
            Some(format!("Field names cannot start with an underscore: {}", format::quote(field)))
        } else if fields.get(..i).is_some_and(|before| before.contains(field)) {
            Some(format!("Encountered duplicate field name: {}", format::quote(field)))
        } else {
            None
        };
        if let Some(problem) = problem {
            return Err(Exception::value_error(problem));
        }
    }
    let defaults = if defaults.is_none() { Vec::new() } else { iterate::collect(defaults)? };
    if defaults.len() > fields.len() {
        return Err(Exception::type_error("Got more default values than field names"));
    }
    let required = fields.len() - defaults.len();
    let parameters = fields.iter().enumerate().map(|(i, field)| Parameter {
        name: field.clone(),
        default: i.checked_sub(required).and_then(|i| defaults.get(i).cloned()),
        kind: ParameterKind::Normal,
    });
    let signature = Signature { parameters: parameters.collect() };
    Ok(Value::object(NamedClass { name, fields, signature }))
}

impl Object for NamedClass {
    fn type_name(&self) -> String {
        "type".to_owned()
    }

    fn repr(&self) -> PyResult<String> {
        Ok(format!("<class '__main__.{}'>", self.name))
    }

    fn attribute(&self, this: &Value, name: &str) -> PyResult<Option<Value>> {
        Ok(match name {
            "__name__" | "__qualname__" => Some(Value::str(&self.name)),
            "__doc__" => Some(Value::str(format!("{}({})", self.name, self.fields.join(", ")))),
            "_fields" => Some(Value::tuple(self.fields.iter().map(Value::str).collect())),
            "_field_defaults" => Some(Value::dict(
                self.signature
                    .parameters
                    .iter()
                    .filter_map(|p| Some((p.name.to_string(), p.default.clone()?))),
            )),
            "_make" => {
                let class = this.clone();
                Some(Native::value("_make", "iterable, /", "", move |v| {
                    attributes::call(&class, Arguments::positional(iterate::collect(&v[0])?))
                }))
            }
            _ => None,
        })
    }

    fn attribute_names(&self) -> Vec<String> {
        ["_field_defaults", "_fields", "_make"].map(str::to_owned).to_vec()
    }

    fn call(&self, this: &Value, arguments: Arguments) -> PyResult<Value> {
        let given = arguments.positional.len();
        let items = self.signature.bind(&format!("{}.__new__", self.name), arguments).map_err(
            |mut error| {
                // Python counts the class itself.
                let plain = format!("but {given} w");
                if error.message.contains(" takes ") && error.message.contains(&plain) {
                    let count = self.fields.len() + 1;
                    error.message = format!(
                        "{}.__new__() takes {count} positional arguments but {} were given",
                        self.name,
                        given + 1
                    );
                }
                error
            },
        )?;
        Ok(Value::object(NamedTuple { class: this.clone(), items }))
    }

    fn is_callable(&self) -> bool {
        true
    }

    fn bases(&self) -> Option<Vec<Value>> {
        Some(types::class("tuple").into_iter().collect())
    }

    fn signature(&self) -> Option<Signature> {
        Some(self.signature.clone())
    }
}

impl NamedTuple {
    /// The items as a plain tuple.
    pub(in crate::modules) fn tuple(&self) -> Value {
        Value::tuple(self.items.clone())
    }

    fn fields(&self) -> Vec<Rc<str>> {
        self.class.downcast::<NamedClass>().map(|class| class.fields.clone()).unwrap_or_default()
    }
}

const METHODS: &[&str] = &["_asdict", "_replace", "count", "index"];

impl Object for NamedTuple {
    fn type_name(&self) -> String {
        types::class_name(&self.class)
    }

    fn class(&self) -> Option<Value> {
        Some(self.class.clone())
    }

    fn as_tuple(&self) -> Option<Vec<Value>> {
        Some(self.items.clone())
    }

    fn repr(&self) -> PyResult<String> {
        let mut parts = Vec::new();
        for (field, item) in self.fields().iter().zip(&self.items) {
            parts.push(format!("{field}={}", format::repr(item)?));
        }
        Ok(format!("{}({})", self.type_name(), parts.join(", ")))
    }

    fn attribute(&self, this: &Value, name: &str) -> PyResult<Option<Value>> {
        let fields = self.fields();
        if let Some(place) = fields.iter().position(|field| &**field == name) {
            return Ok(self.items.get(place).cloned());
        }
        if name == "_fields" {
            return Ok(Some(Value::tuple(fields.iter().map(Value::str).collect())));
        }
        Ok(METHODS.contains(&name).then(|| attributes::bound(this, name)))
    }

    fn attribute_names(&self) -> Vec<String> {
        let fields = self.fields().into_iter().map(|field| field.to_string());
        fields.chain(METHODS.iter().map(|name| (*name).to_owned())).collect()
    }

    fn set_attribute(&self, _this: &Value, name: &str, _value: Value) -> PyResult<bool> {
        if self.fields().iter().any(|field| &**field == name) {
            return Err(Exception::attribute_error("can't set attribute")
                .with_hint(format!("t = t._replace({name}=value) makes a changed copy")));
        }
        Ok(false)
    }

    fn call_method(
        &self,
        _this: &Value,
        name: &str,
        arguments: Arguments,
    ) -> Option<PyResult<Value>> {
        Some(match name {
            "_asdict" => Ok(Value::dict(self.fields().iter().zip(self.items.iter().cloned()))),
            "_replace" => {
                let fields = self.fields();
                let mut items = self.items.clone();
                for (field, value) in arguments.keywords {
                    let place = fields.iter().position(|known| *known == field);
                    match place.and_then(|place| items.get_mut(place)) {
                        Some(slot) => *slot = value,
                        None => {
                            return Some(Err(Exception::value_error(format!(
                                "Got unexpected field names: [{}]",
                                format::quote(&field)
                            ))));
                        }
                    }
                }
                Ok(Value::object(NamedTuple { class: self.class.clone(), items }))
            }
            "count" | "index" => attributes::call_method(&self.tuple(), name, arguments),
            _ => return None,
        })
    }

    fn length(&self) -> Option<PyResult<usize>> {
        Some(Ok(self.items.len()))
    }

    fn item(&self, _this: &Value, key: &Value) -> PyResult<Value> {
        attributes::item(&self.tuple(), key)
    }

    fn contains(&self, item: &Value) -> Option<PyResult<bool>> {
        Some(operators::contains(&self.tuple(), item))
    }

    fn iterate(&self, _this: &Value) -> Option<PyResult<Items>> {
        Some(iterate::items(&self.tuple()))
    }

    fn binary(
        &self,
        _this: &Value,
        op: BinaryOp,
        other: &Value,
        reflected: bool,
    ) -> Option<PyResult<Value>> {
        if !matches!(op, BinaryOp::Add | BinaryOp::Mul) {
            return None;
        }
        let plain = match other.downcast::<NamedTuple>() {
            Some(named) => named.tuple(),
            None => other.clone(),
        };
        Some(if reflected {
            operators::binary(op, &plain, &self.tuple())
        } else {
            operators::binary(op, &self.tuple(), &plain)
        })
    }

    fn compare(&self, _this: &Value, op: CompareOp, other: &Value) -> Option<PyResult<Value>> {
        let plain = Value::tuple(crate::runtime::sequence::tuple_items(other)?);
        Some(operators::compare(op, &self.tuple(), &plain))
    }

    fn hash(&self) -> PyResult<Option<u64>> {
        hash::hash(&self.tuple()).map(|hash| Some(hash.cast_unsigned()))
    }
}
