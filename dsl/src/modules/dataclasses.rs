//! `dataclasses`: classes that are mostly their fields.

use super::Module;
use crate::runtime::arguments::{Parameter, ParameterKind};
use crate::runtime::class::{Class, Instance};
use crate::runtime::types::dict;
use crate::runtime::{
    Arguments, CompareOp, Exception, Key, Native, Object, PyResult, Signature, Value,
};
use crate::runtime::{attributes, context, format, hash, operators};
use std::rc::Rc;

pub(super) fn module() -> Module {
    Module::new("dataclasses", "Classes that are mostly their fields.")
        .with("MISSING", Value::object(Missing))
        .with("FrozenInstanceError", super::exception_class("FrozenInstanceError", "AttributeError"))
        .function(
            "dataclass",
            "cls=None, /, *, init=True, repr=True, eq=True, order=False, unsafe_hash=False, frozen=False, match_args=True, kw_only=False, slots=False",
            "Gives a class __init__, __repr__ and __eq__ of its annotated fields.",
            |v| {
                let flag = |i: usize| operators::truth(&v[i]);
                let options = Options {
                    init: flag(1)?,
                    repr: flag(2)?,
                    eq: flag(3)?,
                    order: flag(4)?,
                    unsafe_hash: flag(5)?,
                    frozen: flag(6)?,
                    keyword_only: flag(8)?,
                };
                if v[0].is_none() {
                    return Ok(Native::value("dataclass", "cls, /", "", move |v| {
                        decorate(&v[0], &options)
                    }));
                }
                decorate(&v[0], &options)
            },
        )
        .function(
            "field",
            "*, default=Ellipsis, default_factory=None, init=True, repr=True, hash=None, compare=True, metadata=None, kw_only=False",
            "What is special about a field.",
            |v| {
                let default = match &v[0] {
                    // The text of our own signature stands for "not given".
                    Value::Str(text) if &**text == "Ellipsis" => None,
                    value => Some(value.clone()),
                };
                let factory = if v[1].is_none() { None } else { Some(v[1].clone()) };
                if default.is_some() && factory.is_some() {
                    return Err(Exception::value_error(
                        "cannot specify both default and default_factory",
                    ));
                }
                Ok(Value::object(Field {
                    name: "".into(),
                    default,
                    factory,
                    init: operators::truth(&v[2])?,
                    repr: operators::truth(&v[3])?,
                    compare: operators::truth(&v[5])?,
                    keyword_only: operators::truth(&v[7])?,
                }))
            },
        )
        .function("fields", "class_or_instance", "The fields of a dataclass.", |v| {
            Ok(Value::tuple(fields_of(&v[0])?.into_iter().map(|f| Value::Object(f)).collect()))
        })
        .function("asdict", "obj, *, dict_factory=None", "The fields as a dict, also inside.", |v| as_dict(&v[0]))
        .function("astuple", "obj, *, tuple_factory=None", "The fields as a tuple, also inside.", |v| as_tuple(&v[0]))
        .function("is_dataclass", "obj, /", "Whether something is a dataclass.", |v| {
            Ok(Value::Bool(fields_of(&v[0]).is_ok()))
        })
        .function("replace", "obj, /, **changes", "A copy with some fields changed.", |v| {
            let mut given = Arguments::default();
            let Value::Dict(changes) = &v[1] else { return Ok(Value::None) };
            for field in fields_of(&v[0])?.iter().filter(|field| field.init) {
                if !changes.borrow().contains_key(&Key(Value::Str(field.name.clone()))) {
                    given.keywords.push((field.name.clone(), attributes::get(&v[0], &field.name)?));
                }
            }
            for (name, value) in changes.borrow().iter() {
                given.keywords.push((name.0.as_str("name")?, value.clone()));
            }
            context::call(&attributes::get(&v[0], "__class__")?, given)
        })
}

struct Missing;

impl Object for Missing {
    fn type_name(&self) -> String {
        "_MISSING_TYPE".to_owned()
    }
}

#[derive(Clone, Copy)]
struct Options {
    init: bool,
    repr: bool,
    eq: bool,
    order: bool,
    unsafe_hash: bool,
    frozen: bool,
    keyword_only: bool,
}

/// One field of a dataclass.
#[derive(Clone)]
struct Field {
    name: Rc<str>,
    default: Option<Value>,
    factory: Option<Value>,
    init: bool,
    repr: bool,
    compare: bool,
    keyword_only: bool,
}

impl Object for Field {
    fn type_name(&self) -> String {
        "Field".to_owned()
    }

    fn attribute(&self, _this: &Value, name: &str) -> PyResult<Option<Value>> {
        let missing = || Value::object(Missing);
        Ok(match name {
            "name" => Some(Value::Str(self.name.clone())),
            "default" => Some(self.default.clone().unwrap_or_else(missing)),
            "default_factory" => Some(self.factory.clone().unwrap_or_else(missing)),
            "init" => Some(Value::Bool(self.init)),
            "repr" => Some(Value::Bool(self.repr)),
            "compare" => Some(Value::Bool(self.compare)),
            _ => None,
        })
    }

    fn attribute_names(&self) -> Vec<String> {
        ["compare", "default", "default_factory", "init", "name", "repr"]
            .map(str::to_owned)
            .to_vec()
    }
}

/// The fields that a class was decorated with, by the order of their first definition.
fn fields_of(value: &Value) -> PyResult<Vec<Rc<Field>>> {
    let found = attributes::find(value, "__dataclass_fields__")?;
    match found {
        Some(Value::Dict(fields)) => {
            Ok(fields.borrow().values().filter_map(Value::downcast::<Field>).collect())
        }
        _ => Err(Exception::type_error("must be called with a dataclass type or instance")),
    }
}

fn collect_fields(class: &Rc<Class>, options: &Options) -> PyResult<Vec<Field>> {
    let mut fields: Vec<Field> = Vec::new();
    for base in class.bases().unwrap_or_default().iter().rev() {
        for field in fields_of(base).unwrap_or_default() {
            if !fields.iter().any(|known| known.name == field.name) {
                fields.push((*field).clone());
            }
        }
    }
    let annotations = match class.namespace.borrow().get("__annotations__") {
        Some(Value::Dict(annotations)) => annotations.borrow().clone(),
        _ => return Ok(fields),
    };
    let mut keyword_only = options.keyword_only;
    for (name, annotation) in &annotations {
        let name = name.0.as_str("field name")?;
        let annotation = format::str(annotation)?;
        if annotation.starts_with("ClassVar") || annotation.contains(".ClassVar") {
            continue;
        }
        if annotation.ends_with("KW_ONLY") {
            keyword_only = true;
            continue;
        }
        let value = class.namespace.borrow().get(&name).cloned();
        let mut field = match value.as_ref().and_then(Value::downcast::<Field>) {
            Some(field) => (*field).clone(),
            None => Field {
                name: name.clone(),
                default: value.clone(),
                factory: None,
                init: true,
                repr: true,
                compare: true,
                keyword_only: false,
            },
        };
        field.name = name.clone();
        field.keyword_only |= keyword_only;
        if let Some(Value::List(_) | Value::Dict(_) | Value::Set(_)) = &field.default {
            let kind = field.default.as_ref().map_or(String::new(), Value::type_name);
            return Err(Exception::value_error(format!(
                "mutable default <class '{kind}'> for field {name} is not allowed: use default_factory"
            ))
            .with_hint(format!("{name}: {annotation} = field(default_factory={kind})")));
        }
        let mut namespace = class.namespace.borrow_mut();
        match &field.default {
            Some(default) => {
                namespace.insert(name.clone(), default.clone());
            }
            None => {
                namespace.shift_remove(&name);
            }
        }
        match fields.iter_mut().find(|known| known.name == name) {
            Some(slot) => *slot = field,
            None => fields.push(field),
        }
    }
    Ok(fields)
}

fn decorate(class_value: &Value, options: &Options) -> PyResult<Value> {
    let Some(class) = class_value.downcast::<Class>() else {
        return Err(Exception::type_error("dataclass() takes a class"));
    };
    let fields = Rc::new(collect_fields(&class, options)?);
    let has = |name: &str| class.namespace.borrow().contains_key(name);
    let put = |name: &str, value: Value| {
        class.namespace.borrow_mut().insert(Rc::from(name), value);
    };
    let compared: Vec<Rc<str>> =
        fields.iter().filter(|field| field.compare).map(|field| field.name.clone()).collect();
    if options.init && !has("__init__") {
        put("__init__", initializer(&fields, options.frozen)?);
    }
    if options.repr && !has("__repr__") {
        let shown = fields.clone();
        put(
            "__repr__",
            Native::method("__repr__", Signature::parse("self"), move |v| {
                let mut parts = Vec::new();
                for field in shown.iter().filter(|field| field.repr) {
                    let value = attributes::get(&v[0], &field.name)?;
                    parts.push(format!("{}={}", field.name, format::repr(&value)?));
                }
                let class = attributes::get(&v[0], "__class__")?;
                let name = format::str(&attributes::get(&class, "__qualname__")?)?;
                Ok(Value::str(format!("{name}({})", parts.join(", "))))
            }),
        );
    }
    let own_eq = has("__eq__");
    if options.eq && !own_eq {
        put("__eq__", comparison("__eq__", CompareOp::Eq, compared.clone()));
    }
    if options.order {
        let orders = [
            ("__lt__", CompareOp::Lt),
            ("__le__", CompareOp::Le),
            ("__gt__", CompareOp::Gt),
            ("__ge__", CompareOp::Ge),
        ];
        for (name, op) in orders {
            put(name, comparison(name, op, compared.clone()));
        }
    }
    if (options.eq && options.frozen) || options.unsafe_hash {
        put(
            "__hash__",
            Native::method("__hash__", Signature::parse("self"), move |v| {
                hash::hash(&field_tuple(&v[0], &compared)?).map(Value::Int)
            }),
        );
    } else if options.eq && !own_eq && !has("__hash__") {
        put("__hash__", Value::None);
    }
    if options.frozen {
        for (name, what) in [("__setattr__", "assign to"), ("__delattr__", "delete")] {
            put(
                name,
                Native::method(name, Signature::parse("self, name, value=None"), move |v| {
                    let field = format::str(&v[1])?;
                    Err(Exception::new(
                        "FrozenInstanceError",
                        format!("cannot {what} field '{field}'"),
                    )
                    .with_hint("dataclasses.replace(obj, name=value) makes a changed copy"))
                }),
            );
        }
    }
    let entries = fields.iter().map(|field| (field.name.clone(), Value::object(field.clone())));
    put("__dataclass_fields__", Value::dict(entries));
    let names =
        fields.iter().filter(|field| field.init).map(|field| Value::Str(field.name.clone()));
    put("__match_args__", Value::tuple(names.collect()));
    Ok(class_value.clone())
}

/// Stands for "not given" where a factory makes the default.
struct FromFactory;

impl Object for FromFactory {
    fn type_name(&self) -> String {
        "_HAS_DEFAULT_FACTORY_CLASS".to_owned()
    }

    fn repr(&self) -> PyResult<String> {
        Ok("<factory>".to_owned())
    }
}

fn initializer(fields: &Rc<Vec<Field>>, frozen: bool) -> PyResult<Value> {
    let mut parameters =
        vec![Parameter { name: "self".into(), default: None, kind: ParameterKind::Normal }];
    let mut seen_default = None;
    let (keyword, normal): (Vec<&Field>, Vec<&Field>) =
        fields.iter().filter(|field| field.init).partition(|field| field.keyword_only);
    for field in normal.iter().chain(&keyword) {
        let default = match (&field.default, &field.factory) {
            (Some(default), _) => Some(default.clone()),
            (None, Some(_)) => Some(Value::object(FromFactory)),
            (None, None) => None,
        };
        if field.keyword_only {
            parameters.push(Parameter {
                name: field.name.clone(),
                default,
                kind: ParameterKind::Keyword,
            });
            continue;
        }
        if default.is_some() {
            seen_default = Some(field.name.clone());
        } else if seen_default.is_some() {
            return Err(Exception::type_error(format!(
                "non-default argument '{}' follows default argument",
                field.name
            )));
        }
        parameters.push(Parameter {
            name: field.name.clone(),
            default,
            kind: ParameterKind::Normal,
        });
    }
    let order: Vec<Rc<str>> =
        normal.iter().chain(&keyword).map(|field| field.name.clone()).collect();
    let fields = fields.clone();
    Ok(Native::method("__init__", Signature { parameters }, move |v| {
        let this = &v[0];
        let store = |name: &Rc<str>, value: Value| match this.downcast::<Instance>() {
            Some(instance) if frozen => {
                instance.attributes.borrow_mut().insert(name.clone(), value);
                Ok(())
            }
            _ => attributes::set(this, name, value),
        };
        for field in fields.iter() {
            let given =
                order.iter().position(|name| *name == field.name).and_then(|i| v.get(i + 1));
            let given = given.filter(|value| value.downcast::<FromFactory>().is_none());
            let value = match (given, &field.factory, &field.default) {
                (Some(value), _, _) => value.clone(),
                (None, Some(factory), _) => context::call(factory, Arguments::default())?,
                (None, None, Some(default)) => default.clone(),
                (None, None, None) => continue,
            };
            store(&field.name, value)?;
        }
        if let Some(after) = attributes::find(this, "__post_init__")? {
            context::call(&after, Arguments::default())?;
        }
        Ok(Value::None)
    }))
}

fn field_tuple(value: &Value, names: &[Rc<str>]) -> PyResult<Value> {
    let items: PyResult<Vec<Value>> =
        names.iter().map(|name| attributes::get(value, name)).collect();
    Ok(Value::tuple(items?))
}

fn comparison(name: &str, op: CompareOp, names: Vec<Rc<str>>) -> Value {
    Native::method(name, Signature::parse("self, other"), move |v| {
        let (a, b) = (attributes::get(&v[0], "__class__")?, attributes::find(&v[1], "__class__")?);
        if !b.is_some_and(|b| operators::is_same(&a, &b)) {
            return Ok(crate::runtime::sequence::not_implemented());
        }
        operators::compare(op, &field_tuple(&v[0], &names)?, &field_tuple(&v[1], &names)?)
    })
}

/// A value with dataclasses inside as dicts (or tuples).
fn convert(value: &Value, make: fn(&Value) -> PyResult<Value>) -> PyResult<Value> {
    let all = |items: Vec<Value>| -> PyResult<Vec<Value>> {
        items.iter().map(|item| convert(item, make)).collect()
    };
    Ok(match value {
        Value::List(list) => Value::list(all(list.borrow().clone())?),
        Value::Tuple(items) => Value::tuple(all(items.to_vec())?),
        Value::Dict(entries) => {
            let entries = entries.borrow().clone();
            let mut copy = crate::runtime::Dict::new();
            for (key, item) in entries {
                copy.insert(key, convert(&item, make)?);
            }
            dict::value(copy)
        }
        Value::Object(_) if value.downcast::<Instance>().is_some() && fields_of(value).is_ok() => {
            make(value)?
        }
        other => super::copy::deep_copy(other)?,
    })
}

fn as_dict(value: &Value) -> PyResult<Value> {
    check_instance(value, "asdict")?;
    let mut entries = Vec::new();
    for field in fields_of(value)? {
        entries
            .push((field.name.clone(), convert(&attributes::get(value, &field.name)?, as_dict)?));
    }
    Ok(Value::dict(entries))
}

fn as_tuple(value: &Value) -> PyResult<Value> {
    check_instance(value, "astuple")?;
    let mut items = Vec::new();
    for field in fields_of(value)? {
        items.push(convert(&attributes::get(value, &field.name)?, as_tuple)?);
    }
    Ok(Value::tuple(items))
}

fn check_instance(value: &Value, name: &str) -> PyResult<()> {
    if value.downcast::<Instance>().is_some() && fields_of(value).is_ok() {
        return Ok(());
    }
    Err(Exception::type_error(format!("{name}() should be called on dataclass instances")))
}
