//! `typing`, `abc` and `__future__`: names for annotations, which mean nothing at run time.

use super::Module;
use crate::runtime::types::class;
use crate::runtime::{Arguments, BinaryOp, Native, Object, PyResult, Value};

const NAMES: &[&str] = &[
    "Any",
    "AnyStr",
    "Callable",
    "ClassVar",
    "Collection",
    "Concatenate",
    "Final",
    "Generator",
    "Hashable",
    "Iterable",
    "Iterator",
    "Literal",
    "Mapping",
    "MutableMapping",
    "MutableSequence",
    "NewType",
    "NoReturn",
    "Optional",
    "ParamSpec",
    "Self",
    "Sequence",
    "Sized",
    "SupportsFloat",
    "SupportsInt",
    "TypeAlias",
    "Union",
    "Annotated",
    "Never",
    "TypeGuard",
    "Awaitable",
];

/// `typing`
pub(super) fn module() -> Module {
    let object = class("object").unwrap_or(Value::None);
    let aliases = [
        ("List", "list"),
        ("Dict", "dict"),
        ("Set", "set"),
        ("FrozenSet", "frozenset"),
        ("Tuple", "tuple"),
        ("Type", "type"),
        ("Text", "str"),
    ];
    let mut module = Module::new("typing", "Names for annotations.")
        .with("TYPE_CHECKING", Value::Bool(false))
        .with("Generic", Value::object(Alias { name: "Generic".to_owned(), base: object.clone() }))
        .with(
            "Protocol",
            Value::object(Alias { name: "Protocol".to_owned(), base: object.clone() }),
        )
        .function("TypeVar", "name, *constraints, **kwargs", "A name for a type.", |v| {
            let name = v[0].as_str("name")?;
            Ok(Value::object(Alias { name: format!("~{name}"), base: Value::None }))
        })
        .function("cast", "typ, val", "The value as it is.", |v| Ok(v[1].clone()))
        .function("overload", "func", "The function as it is.", |v| Ok(v[0].clone()))
        .function("final", "f", "The value as it is.", |v| Ok(v[0].clone()))
        .function("no_type_check", "arg", "The value as it is.", |v| Ok(v[0].clone()))
        .function("runtime_checkable", "cls", "The class as it is.", |v| Ok(v[0].clone()))
        .function("get_type_hints", "obj", "Annotations are not kept.", |_| {
            Ok(Value::dict::<&str>([]))
        })
        .function("NamedTuple", "typename, fields=()", "A class of tuples with names.", |v| {
            let fields = crate::runtime::iterate::collect(&v[1])?;
            let names: PyResult<Vec<Value>> = fields
                .iter()
                .map(|pair| crate::runtime::attributes::item(pair, &Value::Int(0)))
                .collect();
            let module = super::import("collections")?;
            let given = Arguments::positional([v[0].clone(), Value::list(names?)]);
            crate::runtime::attributes::call_method(&module, "namedtuple", given)
        });
    for name in NAMES {
        let alias = Alias { name: format!("typing.{name}"), base: Value::None };
        module = module.with(name, Value::object(alias));
    }
    for (name, target) in aliases {
        module = module.with(name, class(target).unwrap_or(Value::None));
    }
    module
}

/// A name of `typing`: takes `[...]`, `|` and a call, and stays what it is.
struct Alias {
    name: String,
    /// The class that a program's class derives from in its place.
    base: Value,
}

impl Object for Alias {
    fn type_name(&self) -> String {
        "_SpecialForm".to_owned()
    }

    fn repr(&self) -> PyResult<String> {
        Ok(self.name.clone())
    }

    fn item(&self, this: &Value, _key: &Value) -> PyResult<Value> {
        Ok(if self.base.is_none() { this.clone() } else { self.base.clone() })
    }

    fn call(&self, this: &Value, arguments: Arguments) -> PyResult<Value> {
        // `NewType('UserId', int)` gives a function that returns its argument.
        if self.name.ends_with("NewType") {
            let name = arguments.positional.first().and_then(|name| name.as_str("name").ok());
            return Ok(Native::value(name.as_deref().unwrap_or("NewType"), "value, /", "", |v| {
                Ok(v[0].clone())
            }));
        }
        Ok(this.clone())
    }

    fn is_callable(&self) -> bool {
        true
    }

    fn binary(
        &self,
        this: &Value,
        op: BinaryOp,
        _other: &Value,
        _reflected: bool,
    ) -> Option<PyResult<Value>> {
        (op == BinaryOp::Or).then(|| Ok(this.clone()))
    }
}

/// `__future__`
pub(super) fn future() -> Module {
    let mut module = Module::new("__future__", "What later versions do; accepted.");
    for name in [
        "annotations",
        "division",
        "print_function",
        "absolute_import",
        "generators",
        "unicode_literals",
    ] {
        module = module.with(name, Value::Bool(true));
    }
    module
}
