//! Operators, comparisons, truth, literals, attributes, items, unpacking, iteration, f-strings.

use super::super::interpreter::{self, value_of};
use super::super::{
    BinaryOp, CompareOp, Exception, PyResult, UnaryOp, Value, attributes, context, format, hash,
    iterate, operators, rehearsal, sequence,
};
use super::{Iteration, Spread, array, mistake, native, number, simple, text};
use indexmap::IndexMap;
use rhai::{Dynamic, Engine, NativeCallContext};
use std::any::TypeId;
use std::cell::RefCell;
use std::cmp::Ordering;
use std::rc::Rc;

macro_rules! binary {
    ($engine:ident: $($name:literal $in_place:literal $op:ident,)*) => {
        $(
            native($engine, $name, 2, |_, a| {
                operators::binary(BinaryOp::$op, &value_of(a[0]), &value_of(a[1])).map(Dynamic::from)
            });
            native($engine, $in_place, 2, |_, a| {
                operators::binary_in_place(BinaryOp::$op, &value_of(a[0]), &value_of(a[1]))
                    .map(Dynamic::from)
            });
        )*
    };
}

macro_rules! comparison {
    ($engine:ident: $($name:literal $truth:literal $op:ident $test:expr,)*) => {
        $(
            native($engine, $name, 2, |_, a| {
                if let Some(order) = order(a[0], a[1]) {
                    let test: fn(Option<Ordering>) -> bool = $test;
                    return Ok(Dynamic::from_bool(test(order)));
                }
                operators::compare(CompareOp::$op, &value_of(a[0]), &value_of(a[1])).map(Dynamic::from)
            });
            native($engine, $truth, 2, |_, a| {
                if let Some(order) = order(a[0], a[1]) {
                    let test: fn(Option<Ordering>) -> bool = $test;
                    return Ok(Dynamic::from_bool(test(order)));
                }
                let result = operators::compare(CompareOp::$op, &value_of(a[0]), &value_of(a[1]))?;
                operators::truth(&result).map(Dynamic::from_bool)
            });
        )*
    };
}

/// The order of two numbers of one type (`Some(None)`: not ordered, as NaN is).
fn order(a: &Dynamic, b: &Dynamic) -> Option<Option<Ordering>> {
    if let (Ok(x), Ok(y)) = (a.as_int(), b.as_int()) {
        return Some(Some(x.cmp(&y)));
    }
    match (a.as_float(), b.as_float()) {
        (Ok(x), Ok(y)) => Some(x.partial_cmp(&y)),
        _ => None,
    }
}

pub(super) fn register(engine: &mut Engine) {
    binary!(engine:
        "_add" "_iadd" Add,
        "_sub" "_isub" Sub,
        "_mul" "_imul" Mul,
        "_div" "_idiv" Div,
        "_floordiv" "_ifloordiv" FloorDiv,
        "_mod" "_imod" Mod,
        "_pow" "_ipow" Pow,
        "_matmul" "_imatmul" MatMul,
        "_and" "_iand" And,
        "_or" "_ior" Or,
        "_xor" "_ixor" Xor,
        "_shl" "_ishl" ShiftLeft,
        "_shr" "_ishr" ShiftRight,
    );
    // What Rhai's own operators do not know.
    binary!(engine: "+" "_plus" Add, "-" "_minus" Sub, "*" "_times" Mul,);
    assigning(engine, "+=", BinaryOp::Add);
    assigning(engine, "-=", BinaryOp::Sub);
    assigning(engine, "*=", BinaryOp::Mul);
    comparison!(engine:
        "_eq" "_is_eq" Eq |o| o == Some(Ordering::Equal),
        "_ne" "_is_ne" Ne |o| o != Some(Ordering::Equal),
        "_lt" "_is_lt" Lt |o| o == Some(Ordering::Less),
        "_le" "_is_le" Le |o| matches!(o, Some(Ordering::Less | Ordering::Equal)),
        "_gt" "_is_gt" Gt |o| o == Some(Ordering::Greater),
        "_ge" "_is_ge" Ge |o| matches!(o, Some(Ordering::Greater | Ordering::Equal)),
    );
    native(engine, "_is", 2, |_, a| Ok(Dynamic::from_bool(is_same(a[0], a[1]))));
    native(engine, "_is_not", 2, |_, a| Ok(Dynamic::from_bool(!is_same(a[0], a[1]))));
    native(engine, "_in", 2, |_, a| {
        operators::contains(&value_of(a[1]), &value_of(a[0])).map(Dynamic::from_bool)
    });
    native(engine, "_not_in", 2, |_, a| {
        operators::contains(&value_of(a[1]), &value_of(a[0]))
            .map(|found| Dynamic::from_bool(!found))
    });
    simple(engine, "_bytes", 1, |v| {
        let text = v[0].as_str("bytes literal")?;
        Ok(super::super::types::bytes::value(text.chars().map(|c| u32::from(c) as u8).collect()))
    });
    simple(engine, "_neg", 1, |v| operators::unary(UnaryOp::Neg, &v[0]));
    simple(engine, "_pos", 1, |v| operators::unary(UnaryOp::Pos, &v[0]));
    simple(engine, "_invert", 1, |v| operators::unary(UnaryOp::Invert, &v[0]));
    native(engine, "_truth", 1, |_, a| match a[0].as_bool() {
        Ok(flag) => Ok(Dynamic::from_bool(flag)),
        Err(_) => operators::truth(&value_of(a[0])).map(Dynamic::from_bool),
    });
    native(engine, "_tick", 0, |_, _| context::check_interrupt().map(|()| Dynamic::TRUE));
    register_literals(engine);
    register_parts(engine);
}

/// `variable op= value`, for what Rhai's own operators do not know.
fn assigning(engine: &mut Engine, name: &str, op: BinaryOp) {
    let types = [TypeId::of::<Dynamic>(), TypeId::of::<Dynamic>()];
    engine.register_raw_fn(
        name,
        types,
        move |here: NativeCallContext<'_>, a: &mut [&mut Dynamic]| {
            let result = operators::binary_in_place(op, &value_of(a[0]), &value_of(a[1]))
                .map_err(|error| interpreter::raise(error, here.call_position()))?;
            *a[0] = Dynamic::from(result);
            Ok(())
        },
    );
}

fn is_same(a: &Dynamic, b: &Dynamic) -> bool {
    operators::is_same(&value_of(a), &value_of(b))
}

fn register_literals(engine: &mut Engine) {
    native(engine, "_text", 1, |_, a| Ok(Dynamic::from(value_of(a[0]))));
    simple(engine, "_ellipsis", 0, |_| Ok(sequence::ellipsis()));
    simple(engine, "_infinity", 0, |_| Ok(Value::Float(f64::INFINITY)));
    simple(engine, "_min_int", 0, |_| Ok(Value::Int(i64::MIN)));
    native(engine, "_spread", 1, |_, a| Ok(Dynamic::from(Spread(value_of(a[0])))));
    native(engine, "_list", 1, |_, a| Ok(Dynamic::from(Value::list(elements(a[0])?))));
    native(engine, "_tuple", 1, |_, a| Ok(Dynamic::from(Value::tuple(elements(a[0])?))));
    native(engine, "_set", 1, |_, a| {
        let set = elements(a[0])?.iter().map(hash::key).collect::<PyResult<_>>()?;
        Ok(Dynamic::from(Value::Set(Rc::new(RefCell::new(set)))))
    });
    native(engine, "_dict", 1, |_, a| {
        let parts = array(a[0])?;
        let mut dict = IndexMap::with_capacity(parts.len() / 2);
        for pair in parts.chunks(2) {
            let [key, value] = pair else { return Err(mistake("pairs")) };
            if let Some(spread) = key.read_lock::<Spread>() {
                for (key, value) in mapping(&spread.0)? {
                    dict.insert(hash::key(&key)?, value);
                }
                continue;
            }
            dict.insert(hash::key(&value_of(key))?, value_of(value));
        }
        Ok(Dynamic::from(Value::Dict(Rc::new(RefCell::new(dict)))))
    });
    native(engine, "_push", 2, |_, a| {
        let item = value_of(a[1]);
        match a[0].read_lock::<Value>().as_deref() {
            Some(Value::List(list)) => list.borrow_mut().push(item),
            Some(Value::Set(set)) => {
                set.borrow_mut().insert(hash::key(&item)?);
            }
            _ => return Err(mistake("a collection")),
        }
        Ok(Dynamic::UNIT)
    });
    native(engine, "_put", 3, |_, a| {
        let (key, item) = (hash::key(&value_of(a[1]))?, value_of(a[2]));
        match a[0].read_lock::<Value>().as_deref() {
            Some(Value::Dict(dict)) => dict.borrow_mut().insert(key, item),
            _ => return Err(mistake("a dict")),
        };
        Ok(Dynamic::UNIT)
    });
    native(engine, "_slice", 3, |_, a| {
        Ok(Dynamic::from(sequence::Slice::value(value_of(a[0]), value_of(a[1]), value_of(a[2]))))
    });
}

/// The entries of what stands after `**`.
pub(super) fn mapping(value: &Value) -> PyResult<Vec<(Value, Value)>> {
    if let Value::Dict(dict) = value {
        return Ok(dict.borrow().iter().map(|(k, v)| (k.0.clone(), v.clone())).collect());
    }
    let Ok(keys) = attributes::call_method(value, "keys", super::super::Arguments::default())
    else {
        return Err(Exception::type_error(format!(
            "'{}' object is not a mapping",
            value.type_name()
        )));
    };
    iterate::collect(&keys)?
        .into_iter()
        .map(|key| {
            let item = attributes::item(value, &key)?;
            Ok((key, item))
        })
        .collect()
}

/// The elements between brackets, with spreads taken apart.
pub(super) fn elements(dynamic: &Dynamic) -> PyResult<Vec<Value>> {
    let Some(items) = dynamic.read_lock::<rhai::Array>() else { return Err(mistake("an array")) };
    let mut values = Vec::with_capacity(items.len());
    for item in items.iter() {
        match item.read_lock::<Spread>() {
            Some(spread) => values.extend(iterate::collect(&spread.0)?),
            None => values.push(value_of(item)),
        }
    }
    Ok(values)
}

fn register_parts(engine: &mut Engine) {
    native(engine, "_attr", 2, |_, a| {
        attributes::get(&value_of(a[0]), text_ref(a[1])?.as_str()).map(Dynamic::from)
    });
    native(engine, "_attr_set", 3, |_, a| {
        attributes::set(&value_of(a[0]), text_ref(a[1])?.as_str(), value_of(a[2]))?;
        Ok(Dynamic::UNIT)
    });
    native(engine, "_attr_del", 2, |_, a| {
        attributes::delete(&value_of(a[0]), &text(a[1])?)?;
        Ok(Dynamic::UNIT)
    });
    simple(engine, "_item", 2, |v| attributes::item(&v[0], &v[1]));
    native(engine, "_item_set", 3, |_, a| {
        attributes::set_item(&value_of(a[0]), &value_of(a[1]), value_of(a[2]))?;
        Ok(Dynamic::UNIT)
    });
    native(engine, "_item_del", 2, |_, a| {
        attributes::delete_item(&value_of(a[0]), &value_of(a[1]))?;
        Ok(Dynamic::UNIT)
    });
    native(engine, "_steps", 0, |_, _| Ok(Dynamic::from(rehearsal::steps())));
    native(engine, "_goes_on", 1, |_, a| {
        Ok(Dynamic::from(rehearsal::goes_on(a[0].as_int().unwrap_or_default())))
    });
    native(engine, "_iter", 1, |here, a| {
        let value = value_of(a[0]);
        let items = rehearsal::items(&value, iterate::items(&value)?);
        Ok(Dynamic::from(Iteration::new(items, here.call_position())))
    });
    simple(engine, "_python_iter", 1, |v| iterate::iter(&v[0]));
    native(engine, "_unpack", 2, |_, a| {
        let count = number(a[1])?;
        let values = unpacked(&value_of(a[0]), count)?;
        if values.len() != count {
            let message = if values.len() < count {
                format!("not enough values to unpack (expected {count}, got {})", values.len())
            } else {
                format!("too many values to unpack (expected {count})")
            };
            return Err(Exception::value_error(message));
        }
        Ok(Dynamic::from(values.into_iter().map(Dynamic::from).collect::<rhai::Array>()))
    });
    native(engine, "_unpack_star", 3, |_, a| {
        let (before, after) = (number(a[1])?, number(a[2])?);
        let mut values = unpacked(&value_of(a[0]), usize::MAX)?;
        if values.len() < before + after {
            return Err(Exception::value_error(format!(
                "not enough values to unpack (expected at least {}, got {})",
                before + after,
                values.len()
            )));
        }
        let tail = values.split_off(values.len() - after);
        let middle = Value::list(values.split_off(before));
        let all = values.into_iter().chain([middle]).chain(tail);
        Ok(Dynamic::from(all.map(Dynamic::from).collect::<rhai::Array>()))
    });
    native(engine, "_join", 1, |_, a| {
        let Some(items) = a[0].read_lock::<rhai::Array>() else { return Err(mistake("an array")) };
        let mut joined = String::new();
        for item in items.iter() {
            match item.as_immutable_string_ref() {
                Ok(text) => joined.push_str(&text),
                Err(_) => match value_of(item) {
                    Value::Str(text) => joined.push_str(&text),
                    _ => return Err(mistake("texts")),
                },
            }
        }
        Ok(Dynamic::from(Value::str(joined)))
    });
    native(engine, "_format", 3, |_, a| {
        let value = value_of(a[0]);
        let value = match text_ref(a[1])?.as_str() {
            "r" => Value::str(format::repr(&value)?),
            "s" => Value::str(format::str(&value)?),
            "a" => Value::str(format::ascii(&format::repr(&value)?)),
            _ => value,
        };
        let spec = value_of(a[2]);
        let spec = spec.as_str("format spec")?;
        let text = match &value {
            Value::Str(text) if spec.is_empty() => {
                return Ok(Dynamic::from(Value::Str(text.clone())));
            }
            Value::Int(_) | Value::Float(_) | Value::None | Value::Bool(_) if spec.is_empty() => {
                format::str(&value)?
            }
            value => format::format(value, &spec)?,
        };
        Ok(Dynamic::from(Value::str(text)))
    });
}

fn text_ref(dynamic: &Dynamic) -> PyResult<rhai::ImmutableString> {
    match dynamic.as_immutable_string_ref() {
        Ok(text) => Ok(text.clone()),
        Err(_) => Err(mistake("a text")),
    }
}

/// The values of an unpacking; of an iterator no more than needed to see that there are too many.
fn unpacked(value: &Value, count: usize) -> PyResult<Vec<Value>> {
    match value {
        Value::Tuple(items) => return Ok(items.to_vec()),
        Value::List(items) => return Ok(items.borrow().clone()),
        _ => {}
    }
    let mut items = iterate::items(value).map_err(|error| {
        if error.class == "TypeError" {
            let name = value.type_name();
            Exception::type_error(format!("cannot unpack non-iterable {name} object"))
        } else {
            error
        }
    })?;
    let mut values = Vec::new();
    while values.len() <= count {
        match items()? {
            Some(item) => values.push(item),
            None => break,
        }
    }
    Ok(values)
}
