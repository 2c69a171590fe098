//! `operator`: operators as functions, and functions that fetch items, attributes and methods.

use super::Module;
use crate::runtime::object::{BinaryOp, CompareOp, UnaryOp};
use crate::runtime::{Arguments, Native, PyResult, Value};
use crate::runtime::{attributes, iterate, operators};

const BINARY: &[(&str, BinaryOp)] = &[
    ("add", BinaryOp::Add),
    ("concat", BinaryOp::Add),
    ("sub", BinaryOp::Sub),
    ("mul", BinaryOp::Mul),
    ("truediv", BinaryOp::Div),
    ("floordiv", BinaryOp::FloorDiv),
    ("mod", BinaryOp::Mod),
    ("pow", BinaryOp::Pow),
    ("matmul", BinaryOp::MatMul),
    ("and_", BinaryOp::And),
    ("or_", BinaryOp::Or),
    ("xor", BinaryOp::Xor),
    ("lshift", BinaryOp::ShiftLeft),
    ("rshift", BinaryOp::ShiftRight),
];

const COMPARE: &[(&str, CompareOp)] = &[
    ("eq", CompareOp::Eq),
    ("ne", CompareOp::Ne),
    ("lt", CompareOp::Lt),
    ("le", CompareOp::Le),
    ("gt", CompareOp::Gt),
    ("ge", CompareOp::Ge),
];

const UNARY: &[(&str, UnaryOp)] = &[
    ("neg", UnaryOp::Neg),
    ("pos", UnaryOp::Pos),
    ("invert", UnaryOp::Invert),
    ("inv", UnaryOp::Invert),
    ("abs", UnaryOp::Abs),
];

pub(super) fn module() -> Module {
    let mut module = Module::new("operator", "Operators as functions.");
    for (name, op) in BINARY {
        module = module
            .function(name, "a, b, /", "a op b", move |v| operators::binary(*op, &v[0], &v[1]));
        module = module.function(&in_place(name), "a, b, /", "a op= b", move |v| {
            operators::binary_in_place(*op, &v[0], &v[1])
        });
    }
    for (name, op) in COMPARE {
        module = module
            .function(name, "a, b, /", "a op b", move |v| operators::compare(*op, &v[0], &v[1]));
    }
    for (name, op) in UNARY {
        module = module.function(name, "a, /", "op a", move |v| operators::unary(*op, &v[0]));
    }
    module
        .function("not_", "a, /", "not a", |v| operators::truth(&v[0]).map(|t| Value::Bool(!t)))
        .function("truth", "a, /", "bool(a)", |v| operators::truth(&v[0]).map(Value::Bool))
        .function("is_", "a, b, /", "a is b", |v| Ok(Value::Bool(operators::is_same(&v[0], &v[1]))))
        .function("is_not", "a, b, /", "a is not b", |v| {
            Ok(Value::Bool(!operators::is_same(&v[0], &v[1])))
        })
        .function("contains", "a, b, /", "b in a", |v| {
            operators::contains(&v[0], &v[1]).map(Value::Bool)
        })
        .function("getitem", "a, b, /", "a[b]", |v| attributes::item(&v[0], &v[1]))
        .function("setitem", "a, b, c, /", "a[b] = c", |v| {
            attributes::set_item(&v[0], &v[1], v[2].clone()).map(|()| Value::None)
        })
        .function("delitem", "a, b, /", "del a[b]", |v| {
            attributes::delete_item(&v[0], &v[1]).map(|()| Value::None)
        })
        .function("itemgetter", "item, /, *items", "A function that fetches items.", |v| {
            fetcher("itemgetter", v, attributes::item)
        })
        .function("attrgetter", "attr, /, *attrs", "A function that fetches attributes.", |v| {
            fetcher("attrgetter", v, |object, path| {
                let path = path.as_str("attribute name")?;
                path.split('.').try_fold(object.clone(), |o, name| attributes::get(&o, name))
            })
        })
        .function(
            "methodcaller",
            "name, /, *args, **kwargs",
            "A function that calls a method.",
            |v| {
                let name = v[0].as_str("method name")?;
                let positional = iterate::collect(&v[1])?;
                let mut keywords = Vec::new();
                if let Value::Dict(named) = &v[2] {
                    for (key, value) in named.borrow().iter() {
                        keywords.push((key.0.as_str("keyword")?, value.clone()));
                    }
                }
                let arguments = Arguments { positional, keywords };
                Ok(Native::value("methodcaller", "obj, /", "", move |v| {
                    attributes::call_method(&v[0], &name, arguments.clone())
                }))
            },
        )
}

fn in_place(name: &str) -> String {
    format!("i{}", name.trim_end_matches('_'))
}

fn fetcher(
    name: &str,
    values: Vec<Value>,
    fetch: fn(&Value, &Value) -> PyResult<Value>,
) -> PyResult<Value> {
    let mut keys = vec![values[0].clone()];
    keys.extend(iterate::collect(&values[1])?);
    Ok(Native::value(name, "obj, /", "", move |v| match &keys[..] {
        [key] => fetch(&v[0], key),
        keys => {
            let all: PyResult<Vec<Value>> = keys.iter().map(|key| fetch(&v[0], key)).collect();
            Ok(Value::tuple(all?))
        }
    }))
}
