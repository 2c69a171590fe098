//! Operators on values: the direct match on numbers first, then sequences and sets, then what objects say.

use super::arithmetic::{self, Number};
use super::object::{BinaryOp, CompareOp, Object, UnaryOp};
use super::types::set;
use super::{Exception, PyResult, Value, format, iterate, sequence};
use std::cell::Cell;
use std::rc::Rc;

/// `a op b`
pub fn binary(op: BinaryOp, a: &Value, b: &Value) -> PyResult<Value> {
    match (a, b) {
        (Value::Int(x), Value::Int(y)) => arithmetic::int_binary(op, *x, *y),
        (Value::Float(x), Value::Float(y)) => arithmetic::float_binary(op, *x, *y),
        (Value::Float(x), Value::Int(y)) if arithmetic::is_for_floats(op) => {
            arithmetic::float_binary(op, *x, *y as f64)
        }
        (Value::Int(x), Value::Float(y)) if arithmetic::is_for_floats(op) => {
            arithmetic::float_binary(op, *x as f64, *y)
        }
        _ => binary_general(op, a, b, symbol(op)),
    }
}

/// `a op= b`: the new value of the left side. Lists, dicts, sets and objects that can change do so.
pub fn binary_in_place(op: BinaryOp, a: &Value, b: &Value) -> PyResult<Value> {
    match (op, a) {
        (_, Value::Int(_) | Value::Float(_)) => {
            if matches!(b, Value::Int(_) | Value::Float(_)) {
                return binary(op, a, b);
            }
        }
        (BinaryOp::Add, Value::List(list)) => {
            let more = iterate::collect(b)?;
            list.borrow_mut().extend(more);
            return Ok(a.clone());
        }
        (BinaryOp::Mul, Value::List(list)) if as_index(b).is_some() => {
            let items = list.borrow().clone();
            let times = as_index(b).unwrap_or(0);
            *list.borrow_mut() = sequence::repeat(&items, times)?;
            return Ok(a.clone());
        }
        (BinaryOp::Or, Value::Dict(dict)) => {
            let more = super::types::dict::entries(b)?;
            dict.borrow_mut().extend(more);
            return Ok(a.clone());
        }
        (BinaryOp::Or | BinaryOp::And | BinaryOp::Sub | BinaryOp::Xor, Value::Set(target)) => {
            if let Some(result) = set::binary(op, a, b)
                && let Value::Set(fresh) = result?
            {
                let keys = fresh.borrow().clone();
                *target.borrow_mut() = keys;
                return Ok(a.clone());
            }
        }
        (_, Value::Object(object)) => {
            if let Some(result) = object.binary_in_place(a, op, b) {
                return result;
            }
        }
        _ => {}
    }
    binary_general(op, a, b, &format!("{}=", symbol(op)))
}

fn binary_general(op: BinaryOp, a: &Value, b: &Value, sign: &str) -> PyResult<Value> {
    if let (Some(x), Some(y)) = (Number::of(a), Number::of(b)) {
        if let (Value::Bool(x), Value::Bool(y)) = (a, b) {
            match op {
                BinaryOp::And => return Ok(Value::Bool(x & y)),
                BinaryOp::Or => return Ok(Value::Bool(x | y)),
                BinaryOp::Xor => return Ok(Value::Bool(x ^ y)),
                _ => {}
            }
        }
        return match (x, y) {
            (Number::Int(x), Number::Int(y)) => arithmetic::int_binary(op, x, y),
            (x, y) if arithmetic::is_for_floats(op) => {
                arithmetic::float_binary(op, x.to_f64(), y.to_f64())
            }
            _ => Err(unsupported(sign, a, b)),
        };
    }
    // Formatting takes anything on the right, so it comes before what the right side would like.
    if let (BinaryOp::Mod, Value::Str(template)) = (op, a) {
        return Ok(Value::str(format::percent(template, b)?));
    }
    if let Value::Object(object) = a
        && let Some(result) = object.binary(a, op, b, false)
    {
        return result;
    }
    if let Value::Object(object) = b
        && let Some(result) = object.binary(b, op, a, true)
    {
        return result;
    }
    match op {
        BinaryOp::Add => concatenate(a, b, sign),
        BinaryOp::Mul => multiply_sequence(a, b, sign),
        BinaryOp::Or => match (a, b) {
            (Value::Dict(x), Value::Dict(y)) => {
                let mut merged = x.borrow().clone();
                merged.extend(y.borrow().iter().map(|(k, v)| (k.clone(), v.clone())));
                Ok(Value::Dict(Rc::new(std::cell::RefCell::new(merged))))
            }
            _ => set::binary(op, a, b).unwrap_or_else(|| Err(unsupported(sign, a, b))),
        },
        BinaryOp::And | BinaryOp::Sub | BinaryOp::Xor => {
            set::binary(op, a, b).unwrap_or_else(|| Err(unsupported(sign, a, b)))
        }
        _ => Err(unsupported(sign, a, b)),
    }
}

fn concatenate(a: &Value, b: &Value, sign: &str) -> PyResult<Value> {
    let wrong = |kind: &str| {
        Err(Exception::type_error(format!(
            "can only concatenate {kind} (not \"{}\") to {kind}",
            b.type_name()
        )))
    };
    match (a, b) {
        (Value::Str(x), Value::Str(y)) => {
            let mut text = String::with_capacity(x.len() + y.len());
            text.push_str(x);
            text.push_str(y);
            Ok(Value::Str(Rc::from(text)))
        }
        (Value::List(x), Value::List(y)) => {
            let mut items = x.borrow().clone();
            items.extend(y.borrow().iter().cloned());
            Ok(Value::list(items))
        }
        (Value::Tuple(x), Value::Tuple(y)) => {
            Ok(Value::tuple(x.iter().chain(y.iter()).cloned().collect()))
        }
        (Value::Tuple(x), other) if sequence::tuple_items(other).is_some() => {
            let more = sequence::tuple_items(other).unwrap_or_default();
            Ok(Value::tuple(x.iter().cloned().chain(more).collect()))
        }
        (Value::Str(_), _) => {
            let error = Exception::type_error(format!(
                "can only concatenate str (not \"{}\") to str",
                b.type_name()
            ));
            let hint = "str(value) makes text of a value, and f\"{value}\" puts it into text";
            Err(if Number::of(b).is_some() { error.with_hint(hint) } else { error })
        }
        (Value::List(_), _) => wrong("list"),
        (Value::Tuple(_), _) => wrong("tuple"),
        _ => Err(unsupported(sign, a, b)),
    }
}

fn multiply_sequence(a: &Value, b: &Value, sign: &str) -> PyResult<Value> {
    let is_sequence = |v: &Value| matches!(v, Value::Str(_) | Value::List(_) | Value::Tuple(_));
    let (items, times) = match (is_sequence(a), is_sequence(b)) {
        (true, _) => (a, b),
        (_, true) => (b, a),
        _ => return Err(unsupported(sign, a, b)),
    };
    let Some(times) = as_index(times) else {
        return Err(Exception::type_error(format!(
            "can't multiply sequence by non-int of type '{}'",
            times.type_name()
        )));
    };
    match items {
        Value::Str(text) => {
            let times = usize::try_from(times).unwrap_or(0);
            let bytes = text.len().saturating_mul(times);
            let fits = kerai_engine::memory::room_for(&[bytes], 1).is_ok();
            if bytes > sequence::LONGEST_TEXT || !fits {
                return Err(Exception::new("MemoryError", ""));
            }
            Ok(Value::str(text.repeat(times)))
        }
        Value::List(list) => {
            let items = list.borrow();
            Ok(Value::list(sequence::repeat(&items, times)?))
        }
        Value::Tuple(items) => Ok(Value::tuple(sequence::repeat(items, times)?)),
        _ => Err(unsupported(sign, a, b)),
    }
}

/// The integer that a value is for indexing and repeating (also `bool` and integer objects).
pub(crate) fn as_index(value: &Value) -> Option<i64> {
    match value {
        Value::Int(number) => Some(*number),
        Value::Bool(flag) => Some(i64::from(*flag)),
        Value::Object(object) => match object.as_scalar() {
            Some(Value::Int(number)) => Some(number),
            Some(Value::Bool(flag)) => Some(i64::from(flag)),
            _ => None,
        },
        _ => None,
    }
}

fn unsupported(sign: &str, a: &Value, b: &Value) -> Box<Exception> {
    let sign = match sign {
        "**" => "** or pow()",
        other => other,
    };
    Exception::type_error(format!(
        "unsupported operand type(s) for {sign}: '{}' and '{}'",
        a.type_name(),
        b.type_name()
    ))
}

/// How an operator is written.
pub fn symbol(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Add => "+",
        BinaryOp::Sub => "-",
        BinaryOp::Mul => "*",
        BinaryOp::Div => "/",
        BinaryOp::FloorDiv => "//",
        BinaryOp::Mod => "%",
        BinaryOp::Pow => "**",
        BinaryOp::MatMul => "@",
        BinaryOp::And => "&",
        BinaryOp::Or => "|",
        BinaryOp::Xor => "^",
        BinaryOp::ShiftLeft => "<<",
        BinaryOp::ShiftRight => ">>",
    }
}

/// `-x`, `+x`, `~x`, `abs(x)`
pub fn unary(op: UnaryOp, a: &Value) -> PyResult<Value> {
    match a {
        Value::Int(x) => return arithmetic::int_unary(op, *x),
        Value::Bool(x) => return arithmetic::int_unary(op, i64::from(*x)),
        Value::Float(x) => match op {
            UnaryOp::Neg => return Ok(Value::Float(-x)),
            UnaryOp::Pos => return Ok(Value::Float(*x)),
            UnaryOp::Abs => return Ok(Value::Float(x.abs())),
            UnaryOp::Invert => {}
        },
        Value::Object(object) => {
            if let Some(result) = object.unary(a, op) {
                return result;
            }
        }
        _ => {}
    }
    let name = a.type_name();
    Err(Exception::type_error(match op {
        UnaryOp::Neg => format!("bad operand type for unary -: '{name}'"),
        UnaryOp::Pos => format!("bad operand type for unary +: '{name}'"),
        UnaryOp::Invert => format!("bad operand type for unary ~: '{name}'"),
        UnaryOp::Abs => format!("bad operand type for abs(): '{name}'"),
    }))
}

/// `a op b` for comparisons; a `bool` unless an object (an array) answers otherwise.
pub fn compare(op: CompareOp, a: &Value, b: &Value) -> PyResult<Value> {
    if let (Value::Int(x), Value::Int(y)) = (a, b) {
        return Ok(Value::Bool(holds(op, x.cmp(y))));
    }
    if let (Some(x), Some(y)) = (Number::of(a), Number::of(b)) {
        return Ok(Value::Bool(match x.compare(y) {
            Some(order) => holds(op, order),
            None => op == CompareOp::Ne,
        }));
    }
    if let (Value::Str(x), Value::Str(y)) = (a, b) {
        return Ok(Value::Bool(match op {
            CompareOp::Eq => x == y,
            CompareOp::Ne => x != y,
            _ => holds(op, x.cmp(y)),
        }));
    }
    if let Value::Object(object) = a
        && let Some(result) = object.compare(a, op, b)
    {
        return result;
    }
    if let Value::Object(object) = b
        && let Some(result) = object.compare(b, swapped(op), a)
    {
        return result;
    }
    match op {
        CompareOp::Eq => Ok(Value::Bool(same_content(a, b)?)),
        CompareOp::Ne => Ok(Value::Bool(!same_content(a, b)?)),
        _ => order_containers(op, a, b).map(Value::Bool),
    }
}

pub(crate) fn holds(op: CompareOp, order: std::cmp::Ordering) -> bool {
    match op {
        CompareOp::Eq => order.is_eq(),
        CompareOp::Ne => order.is_ne(),
        CompareOp::Lt => order.is_lt(),
        CompareOp::Le => order.is_le(),
        CompareOp::Gt => order.is_gt(),
        CompareOp::Ge => order.is_ge(),
    }
}

/// `a < b` is `b > a`.
pub fn swapped(op: CompareOp) -> CompareOp {
    match op {
        CompareOp::Lt => CompareOp::Gt,
        CompareOp::Le => CompareOp::Ge,
        CompareOp::Gt => CompareOp::Lt,
        CompareOp::Ge => CompareOp::Le,
        same => same,
    }
}

/// How a comparison is written.
pub fn compare_symbol(op: CompareOp) -> &'static str {
    match op {
        CompareOp::Eq => "==",
        CompareOp::Ne => "!=",
        CompareOp::Lt => "<",
        CompareOp::Le => "<=",
        CompareOp::Gt => ">",
        CompareOp::Ge => ">=",
    }
}

thread_local! {
    static DEPTH: Cell<usize> = const { Cell::new(0) };
}

/// Runs `work` one level deeper, so that comparing a list with itself ends in a `RecursionError`.
fn nested<T>(work: impl FnOnce() -> PyResult<T>) -> PyResult<T> {
    const DEEPEST: usize = 900;
    let depth = DEPTH.get();
    if depth >= DEEPEST {
        return Err(Exception::new(
            "RecursionError",
            "maximum recursion depth exceeded in comparison",
        ));
    }
    DEPTH.set(depth + 1);
    let result = work();
    DEPTH.set(depth);
    result
}

fn same_content(a: &Value, b: &Value) -> PyResult<bool> {
    if let (Some(x), Some(y)) = (sequence::length_of_list(a, b), sequence::length_of_list(b, a)) {
        if x != y {
            return Ok(false);
        }
        return nested(|| {
            for i in 0..x {
                // Items are cloned out, because comparing may run code that changes the list.
                match (sequence::peek(a, i), sequence::peek(b, i)) {
                    (Some(x), Some(y)) if equals(&x, &y)? => {}
                    _ => return Ok(false),
                }
            }
            Ok(true)
        });
    }
    match (a, b) {
        (Value::Dict(x), Value::Dict(y)) => nested(|| {
            if Rc::ptr_eq(x, y) {
                return Ok(true);
            }
            if x.borrow().len() != y.borrow().len() {
                return Ok(false);
            }
            let pairs: Vec<_> = x.borrow().iter().map(|(k, v)| (k.clone(), v.clone())).collect();
            for (key, value) in pairs {
                let other = y.borrow().get(&key).cloned();
                match other {
                    Some(other) if equals(&value, &other)? => {}
                    _ => return Ok(false),
                }
            }
            Ok(true)
        }),
        (Value::Set(_), _) | (_, Value::Set(_)) => {
            Ok(set::compare(CompareOp::Eq, a, b).unwrap_or(false))
        }
        _ => Ok(is_same(a, b)),
    }
}

fn order_containers(op: CompareOp, a: &Value, b: &Value) -> PyResult<bool> {
    if let (Some(x), Some(y)) = (sequence::length_of_list(a, b), sequence::length_of_list(b, a)) {
        return nested(|| {
            for i in 0..x.min(y) {
                if let (Some(x), Some(y)) = (sequence::peek(a, i), sequence::peek(b, i))
                    && !equals(&x, &y)?
                {
                    return truth(&compare(op, &x, &y)?);
                }
            }
            Ok(holds(op, x.cmp(&y)))
        });
    }
    if let Some(result) = set::compare(op, a, b) {
        return Ok(result);
    }
    Err(Exception::type_error(format!(
        "'{}' not supported between instances of '{}' and '{}'",
        compare_symbol(op),
        a.type_name(),
        b.type_name()
    )))
}

/// `a == b` as a `bool`, with identity first, as containers compare their items.
pub fn equals(a: &Value, b: &Value) -> PyResult<bool> {
    match (a, b) {
        (Value::Int(x), Value::Int(y)) => return Ok(x == y),
        (Value::Str(x), Value::Str(y)) => return Ok(x == y),
        (Value::Object(x), Value::Object(y)) if std::ptr::addr_eq(Rc::as_ptr(x), Rc::as_ptr(y)) => {
            return Ok(true);
        }
        (Value::List(x), Value::List(y)) if Rc::ptr_eq(x, y) => return Ok(true),
        _ => {}
    }
    truth(&compare(CompareOp::Eq, a, b)?)
}

/// `bool(v)`
pub fn truth(v: &Value) -> PyResult<bool> {
    Ok(match v {
        Value::None => false,
        Value::Bool(flag) => *flag,
        Value::Int(number) => *number != 0,
        Value::Float(number) => *number != 0.0,
        Value::Str(text) => !text.is_empty(),
        Value::List(list) => !list.borrow().is_empty(),
        Value::Tuple(items) => !items.is_empty(),
        Value::Dict(dict) => !dict.borrow().is_empty(),
        Value::Set(set) => !set.borrow().is_empty(),
        Value::Object(object) => return object.truth(),
    })
}

/// `item in container`
pub fn contains(container: &Value, item: &Value) -> PyResult<bool> {
    match container {
        Value::Str(text) => match item {
            Value::Str(part) => Ok(text.contains(&**part)),
            other => Err(Exception::type_error(format!(
                "'in <string>' requires string as left operand, not {}",
                other.type_name()
            ))),
        },
        Value::List(list) => {
            let mut i = 0;
            loop {
                let Some(candidate) = list.borrow().get(i).cloned() else { return Ok(false) };
                if equals(&candidate, item)? {
                    return Ok(true);
                }
                i += 1;
            }
        }
        Value::Tuple(items) => {
            for candidate in items.iter() {
                if equals(candidate, item)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        Value::Dict(dict) => {
            let key = super::hash::key(item)?;
            Ok(dict.borrow().contains_key(&key))
        }
        Value::Set(set) => {
            let key = set::lookup_key(item)?;
            Ok(set.borrow().contains(&key))
        }
        Value::Object(object) => {
            if let Some(result) = object.contains(item) {
                return result;
            }
            let Some(items) = object.iterate(container) else {
                return Err(not_iterable(container));
            };
            let mut items = items?;
            while let Some(candidate) = items()? {
                if equals(&candidate, item)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        _ => Err(not_iterable(container)),
    }
}

fn not_iterable(container: &Value) -> Box<Exception> {
    Exception::type_error(format!("argument of type '{}' is not iterable", container.type_name()))
}

/// The address that `is`, `id` and hashes go by.
pub fn address(object: &Rc<dyn Object>) -> usize {
    object.identity().unwrap_or_else(|| Rc::as_ptr(object).cast::<()>().addr())
}

/// `a is b`. Numbers and texts have no identity of their own here: equal ones of one type are the same.
pub fn is_same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::None, Value::None) => true,
        (Value::Bool(x), Value::Bool(y)) => x == y,
        (Value::Int(x), Value::Int(y)) => x == y,
        (Value::Float(x), Value::Float(y)) => x.to_bits() == y.to_bits(),
        (Value::Str(x), Value::Str(y)) => x == y,
        (Value::List(x), Value::List(y)) => Rc::ptr_eq(x, y),
        (Value::Tuple(x), Value::Tuple(y)) => {
            (x.is_empty() && y.is_empty()) || std::ptr::addr_eq(Rc::as_ptr(x), Rc::as_ptr(y))
        }
        (Value::Dict(x), Value::Dict(y)) => Rc::ptr_eq(x, y),
        (Value::Set(x), Value::Set(y)) => Rc::ptr_eq(x, y),
        (Value::Object(x), Value::Object(y)) => address(x) == address(y),
        _ => false,
    }
}
