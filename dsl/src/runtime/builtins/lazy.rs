//! Built-in functions that iterate: `zip`, `map`, `sorted`, `sum`, `min`, `any`, `iter`, `next`, ...

use super::super::object::Items;
use super::super::types::{args, list, range, views};
use super::super::{Arguments, BinaryOp, CompareOp, Exception, PyResult, Value};
use super::super::{attributes, context, iterate, operators};
use super::Row;

pub(super) const TABLE: &[Row] = &[
    ("iter", "object, sentinel=None, /", "An iterator over an iterable.", iter),
    (
        "next",
        "iterator, *default",
        "The next item of an iterator, or the default at its end.",
        next,
    ),
    ("sorted", "iterable, /, *, key=None, reverse=False", "A list of the items in order.", sorted),
    ("sum", "iterable, /, start=0", "The sum of the items.", sum),
    ("min", "*args, key=None, **kwargs", "The smallest item, or the smallest argument.", |v| {
        extreme(v, "min")
    }),
    ("max", "*args, key=None, **kwargs", "The largest item, or the largest argument.", |v| {
        extreme(v, "max")
    }),
    ("any", "iterable, /", "Whether one item counts as true.", any),
    ("all", "iterable, /", "Whether all items count as true.", all),
    ("len", "obj, /", "How many items a container has.", length),
    ("exit", "code=None", "Ends the program.", leave),
    ("quit", "code=None", "Ends the program.", leave),
];

/// `exit(code=None)`
fn leave(values: Vec<Value>) -> PyResult<Value> {
    crate::modules::sys::exit(values.first().unwrap_or(&Value::None))
}

/// `enumerate(iterable, start=0)`
pub(crate) fn enumerate(arguments: Arguments) -> PyResult<Value> {
    if arguments.positional.is_empty() && arguments.keywords.is_empty() {
        return Err(Exception::type_error("enumerate() missing required argument 'iterable'"));
    }
    let values = args::bind("enumerate", "iterable, start=0", arguments)?;
    let [iterable, start] = &values[..] else { return Ok(Value::None) };
    let (mut items, mut count) = (iterate::items(iterable)?, args::index(start)?);
    Ok(iterate::iterator(
        "enumerate",
        Box::new(move || {
            let Some(item) = items()? else { return Ok(None) };
            count += 1;
            Ok(Some(Value::tuple(vec![Value::Int(count - 1), item])))
        }),
    ))
}

fn all_items(iterables: &[Value]) -> PyResult<Vec<Items>> {
    iterables.iter().map(iterate::items).collect()
}

/// `zip(*iterables, strict=False)`
pub(crate) fn zip(mut arguments: Arguments) -> PyResult<Value> {
    let strict = arguments.take("strict").map_or(Ok(false), |v| operators::truth(&v))?;
    if let Some((name, _)) = arguments.keywords.first() {
        return Err(Exception::type_error(format!(
            "zip() got an unexpected keyword argument '{name}'"
        )));
    }
    let mut all = all_items(&arguments.positional)?;
    let next = move || {
        let mut row = Vec::with_capacity(all.len());
        for i in 0..all.len() {
            let Some(items) = all.get_mut(i) else { break };
            match items()? {
                Some(item) => row.push(item),
                None if strict && i > 0 => return Err(uneven(i, "shorter")),
                None if strict => {
                    for (j, items) in all.iter_mut().enumerate().skip(1) {
                        if items()?.is_some() {
                            return Err(uneven(j, "longer"));
                        }
                    }
                    return Ok(None);
                }
                None => return Ok(None),
            }
        }
        Ok((!row.is_empty()).then(|| Value::tuple(row)))
    };
    Ok(iterate::iterator("zip", Box::new(next)))
}

fn uneven(place: usize, how: &str) -> Box<Exception> {
    let others = if place == 1 { "argument 1".to_owned() } else { format!("arguments 1-{place}") };
    Exception::value_error(format!("zip() argument {} is {how} than {others}", place + 1))
}

/// `map(function, *iterables)`
pub(crate) fn map(arguments: Arguments) -> PyResult<Value> {
    let [function, iterables @ ..] = &arguments.positional[..] else {
        return Err(Exception::type_error("map() must have at least two arguments."));
    };
    if iterables.is_empty() {
        return Err(Exception::type_error("map() must have at least two arguments."));
    }
    let function = function.clone();
    let mut all = all_items(iterables)?;
    let next = move || {
        let mut row = Vec::with_capacity(all.len());
        for items in &mut all {
            match items()? {
                Some(item) => row.push(item),
                None => return Ok(None),
            }
        }
        context::call(&function, Arguments::positional(row)).map(Some)
    };
    Ok(iterate::iterator("map", Box::new(next)))
}

/// `filter(function, iterable)`
pub(crate) fn filter(arguments: Arguments) -> PyResult<Value> {
    let values = args::between("filter", 2, 2, arguments)?;
    let [function, iterable] = &values[..] else { return Ok(Value::None) };
    let (function, mut items) = (function.clone(), iterate::items(iterable)?);
    let next = move || loop {
        let Some(item) = items()? else { return Ok(None) };
        let keep = if function.is_none() {
            operators::truth(&item)?
        } else {
            operators::truth(&context::call(&function, Arguments::positional([item.clone()]))?)?
        };
        if keep {
            return Ok(Some(item));
        }
    };
    Ok(iterate::iterator("filter", Box::new(next)))
}

/// `reversed(sequence)`
pub(crate) fn reversed(arguments: Arguments) -> PyResult<Value> {
    let value = args::one("reversed", arguments)?;
    match &value {
        Value::List(list) => {
            let (list, mut left) = (list.clone(), list.borrow().len());
            let next = move || {
                let Some(place) = left.checked_sub(1) else { return Ok(None) };
                left = place;
                Ok(list.borrow().get(place).cloned())
            };
            return Ok(iterate::iterator("list_reverseiterator", Box::new(next)));
        }
        Value::Dict(dict) => {
            let items = views::items(dict, views::Kind::Keys, true);
            return Ok(iterate::iterator("dict_reversekeyiterator", items));
        }
        Value::Object(object) => {
            if let Some(range) = value.downcast::<range::Range>() {
                return Ok(iterate::iterator("range_iterator", range.reversed()));
            }
            if let Some(view) = value.downcast::<views::View>() {
                let (dict, kind) = view.parts();
                let items = views::items(dict, kind, true);
                return Ok(iterate::iterator("dict_reverseitemiterator", items));
            }
            if let Some(method) = object.attribute(&value, "__reversed__")? {
                return context::call(&method, Arguments::default());
            }
        }
        _ => {}
    }
    let is_sequence = !matches!(value, Value::Set(_)) && attributes::length(&value).is_some();
    if !is_sequence {
        return Err(Exception::type_error(format!(
            "'{}' object is not reversible",
            value.type_name()
        )));
    }
    let mut left = attributes::length(&value).unwrap_or(Ok(0))?;
    let next = move || {
        let Some(place) = left.checked_sub(1) else { return Ok(None) };
        left = place;
        let index = Value::Int(i64::try_from(place).unwrap_or(i64::MAX));
        attributes::item(&value, &index).map(Some)
    };
    Ok(iterate::iterator("reversed", Box::new(next)))
}

fn iter(values: Vec<Value>) -> PyResult<Value> {
    let [value, sentinel] = &values[..] else { return Ok(Value::None) };
    if sentinel.is_none() {
        return iterate::iter(value);
    }
    let (function, sentinel) = (value.clone(), sentinel.clone());
    let next = move || {
        let item = context::call(&function, Arguments::default())?;
        Ok(if operators::equals(&item, &sentinel)? { None } else { Some(item) })
    };
    Ok(iterate::iterator("callable_iterator", Box::new(next)))
}

fn next(values: Vec<Value>) -> PyResult<Value> {
    let [iterator, Value::Tuple(default)] = &values[..] else { return Ok(Value::None) };
    if default.len() > 1 {
        return Err(Exception::type_error(format!(
            "next expected at most 2 arguments, got {}",
            default.len() + 1
        )));
    }
    match (iterate::next(iterator)?, default.first()) {
        (Some(item), _) => Ok(item),
        (None, Some(default)) => Ok(default.clone()),
        (None, None) => Err(Exception::new("StopIteration", "")),
    }
}

fn sorted(values: Vec<Value>) -> PyResult<Value> {
    let [iterable, key, reverse] = &values[..] else { return Ok(Value::None) };
    let items = iterate::collect(iterable)?;
    Ok(Value::list(list::sorted(items, key, operators::truth(reverse)?)?))
}

fn sum(values: Vec<Value>) -> PyResult<Value> {
    let [iterable, start] = &values[..] else { return Ok(Value::None) };
    if matches!(start, Value::Str(_)) {
        return Err(Exception::type_error("sum() can't sum strings [use ''.join(seq) instead]"));
    }
    let mut total = start.clone();
    let mut items = iterate::items(iterable)?;
    while let Some(item) = items()? {
        total = operators::binary(BinaryOp::Add, &total, &item)?;
    }
    Ok(total)
}

fn extreme(values: Vec<Value>, name: &str) -> PyResult<Value> {
    let [Value::Tuple(given), key, Value::Dict(more)] = &values[..] else {
        return Ok(Value::None);
    };
    let mut default = None;
    for (keyword, value) in more.borrow().iter() {
        match &keyword.0 {
            Value::Str(text) if &**text == "default" => default = Some(value.clone()),
            other => {
                let keyword = super::super::format::str(other)?;
                return Err(Exception::type_error(format!(
                    "{name}() got an unexpected keyword argument '{keyword}'"
                )));
            }
        }
    }
    let mut items = match &given[..] {
        [] => {
            return Err(Exception::type_error(format!(
                "{name} expected at least 1 argument, got 0"
            )));
        }
        [iterable] => iterate::items(iterable)?,
        _ if default.is_some() => {
            return Err(Exception::type_error(format!(
                "Cannot specify a default for {name}() with multiple positional arguments"
            )));
        }
        _ => iterate::items(&Value::Tuple(given.clone()))?,
    };
    let op = if name == "min" { CompareOp::Lt } else { CompareOp::Gt };
    let mut best: Option<(Value, Value)> = None;
    while let Some(item) = items()? {
        let rank = if key.is_none() {
            item.clone()
        } else {
            context::call(key, Arguments::positional([item.clone()]))?
        };
        let better = match &best {
            None => true,
            Some((best, _)) => operators::truth(&operators::compare(op, &rank, best)?)?,
        };
        if better {
            best = Some((rank, item));
        }
    }
    match (best, default) {
        (Some((_, item)), _) => Ok(item),
        (None, Some(default)) => Ok(default),
        (None, None) => Err(Exception::value_error(format!("{name}() arg is an empty sequence"))
            .with_hint(format!("{name}(items, default=0) gives a value for no items"))),
    }
}

fn any(values: Vec<Value>) -> PyResult<Value> {
    let mut items = iterate::items(&values[0])?;
    while let Some(item) = items()? {
        if operators::truth(&item)? {
            return Ok(Value::Bool(true));
        }
    }
    Ok(Value::Bool(false))
}

fn all(values: Vec<Value>) -> PyResult<Value> {
    let mut items = iterate::items(&values[0])?;
    while let Some(item) = items()? {
        if !operators::truth(&item)? {
            return Ok(Value::Bool(false));
        }
    }
    Ok(Value::Bool(true))
}

fn length(values: Vec<Value>) -> PyResult<Value> {
    match attributes::length(&values[0]) {
        Some(length) => Ok(Value::Int(i64::try_from(length?).unwrap_or(i64::MAX))),
        None => Err(Exception::type_error(format!(
            "object of type '{}' has no len()",
            values[0].type_name()
        ))),
    }
}
