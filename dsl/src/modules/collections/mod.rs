//! `collections`: dicts with extras, queues with two ends, tuples with names.

mod deque;
mod mapping;
mod named;

use super::Module;
use crate::runtime::types::{NativeClass, class};
use crate::runtime::{Exception, Value};

pub(super) fn module() -> Module {
    Module::new("collections", "Dicts with extras, queues with two ends, tuples with names.")
        .with("Counter", class::intern(mapping::COUNTER))
        .with("defaultdict", class::intern(mapping::DEFAULT))
        .with("OrderedDict", class::intern(mapping::ORDERED))
        .with("deque", class::intern(deque::CLASS))
        .function(
            "namedtuple",
            "typename, field_names, *, rename=False, defaults=None, module=None",
            "A class of tuples whose items have names.",
            |v| named::make(&v[0], &v[1], &v[3]),
        )
        .submodule("abc", abstract_classes)
}

const fn kind(name: &'static str, is_instance: fn(&Value) -> bool) -> NativeClass {
    NativeClass::new(
        name,
        "collections.abc",
        |_| Err(Exception::type_error("Can't instantiate an abstract class")),
        is_instance,
    )
}

fn is_mapping(v: &Value) -> bool {
    crate::runtime::types::dict::shared(v).is_some()
}

fn is_sequence(v: &Value) -> bool {
    matches!(v, Value::Str(_) | Value::List(_) | Value::Tuple(_))
        || matches!(&*v.type_name(), "range" | "bytes")
        || crate::runtime::sequence::tuple_items(v).is_some()
}

fn is_set(v: &Value) -> bool {
    matches!(v, Value::Set(_)) || matches!(&*v.type_name(), "frozenset" | "dict_keys")
}

fn is_iterable(v: &Value) -> bool {
    match v {
        Value::Object(object) => object.iterate(v).is_some(),
        Value::None | Value::Bool(_) | Value::Int(_) | Value::Float(_) => false,
        _ => true,
    }
}

/// The classes that `isinstance` knows by what an object can do.
const KINDS: &[NativeClass] = &[
    kind("Iterable", is_iterable),
    kind("Iterator", |v| matches!(v, Value::Object(object) if object.is_iterator())),
    kind("Generator", |v| v.type_name() == "generator"),
    kind("Collection", |v| is_iterable(v) && crate::runtime::attributes::length(v).is_some()),
    kind("Container", |v| is_mapping(v) || is_sequence(v) || is_set(v)),
    kind("Sized", |v| crate::runtime::attributes::length(v).is_some()),
    kind("Sequence", is_sequence),
    kind("MutableSequence", |v| {
        matches!(v, Value::List(_)) || v.type_name() == "collections.deque"
    }),
    kind("Mapping", is_mapping),
    kind("MutableMapping", is_mapping),
    kind("Set", is_set),
    kind("MutableSet", |v| matches!(v, Value::Set(_))),
    kind("Callable", |v| matches!(v, Value::Object(object) if object.is_callable())),
    kind("Hashable", |v| crate::runtime::hash::key(v).is_ok()),
];

/// `collections.abc`
pub(super) fn abstract_classes() -> Module {
    KINDS.iter().fold(
        Module::new("collections.abc", "Classes that isinstance knows by what an object can do."),
        |module, kind| module.with(kind.name, class::intern(*kind)),
    )
}
