//! The natives that lowered programs call: each of Python's operations that Rhai does not have or means differently.

mod calls;
mod definitions;
mod errors;
pub(crate) mod magic;
mod names;
mod operations;

use super::interpreter::{self, value_of};
use super::object::Items;
use super::{Exception, PyResult, Value, context};
use rhai::{Dynamic, Engine, EvalAltResult, NativeCallContext, Position};
use std::any::TypeId;
use std::cell::RefCell;
use std::rc::Rc;

/// What a native gets besides its arguments: where it was called.
pub(crate) type Here<'a> = NativeCallContext<'a>;

type Code = fn(&Here<'_>, &[&mut Dynamic]) -> PyResult<Dynamic>;

/// Registers all natives.
pub(crate) fn register(engine: &mut Engine) {
    engine.register_iterator_result::<Iteration, Dynamic>();
    names::register(engine);
    operations::register(engine);
    calls::register(engine);
    definitions::register(engine);
    errors::register(engine);
    magic::register(engine);
}

/// Registers one native of `count` arguments. Arguments are only read: Rhai passes a variable by reference.
fn native(engine: &mut Engine, name: &str, count: usize, code: Code) {
    let types = vec![TypeId::of::<Dynamic>(); count];
    engine.register_raw_fn(
        name,
        types,
        move |context: NativeCallContext<'_>, arguments: &mut [&mut Dynamic]| {
            code(&context, arguments)
                .map_err(|error| interpreter::raise(error, context.call_position()))
        },
    );
}

/// A native over values.
fn simple(engine: &mut Engine, name: &str, count: usize, code: fn(&[Value]) -> PyResult<Value>) {
    let types = vec![TypeId::of::<Dynamic>(); count];
    engine.register_raw_fn(
        name,
        types,
        move |context: NativeCallContext<'_>, arguments: &mut [&mut Dynamic]| {
            let values: Vec<Value> = arguments.iter().map(|a| value_of(a)).collect();
            code(&values)
                .map(Dynamic::from)
                .map_err(|error| interpreter::raise(error, context.call_position()))
        },
    );
}

/// A text among the arguments of a native, which the lowering always writes as a literal.
fn text(dynamic: &Dynamic) -> PyResult<String> {
    match dynamic.as_immutable_string_ref() {
        Ok(text) => Ok(text.to_string()),
        Err(_) => Err(mistake("a text")),
    }
}

fn number(dynamic: &Dynamic) -> PyResult<usize> {
    let number = dynamic.as_int().map_err(|_| mistake("a number"))?;
    usize::try_from(number).map_err(|_| mistake("a number from zero"))
}

/// The items of a Rhai array that the lowering wrote.
fn array(dynamic: &Dynamic) -> PyResult<Vec<Dynamic>> {
    match dynamic.read_lock::<rhai::Array>() {
        Some(items) => Ok(items.to_vec()),
        None => Err(mistake("an array")),
    }
}

fn mistake(what: &str) -> Box<Exception> {
    Exception::new("InternalError", format!("the lowered program should pass {what} here"))
}

/// `*x` and `**x` among elements and arguments.
#[derive(Clone)]
struct Spread(Value);

/// What a `for` loop runs over.
#[derive(Clone)]
pub(crate) struct Iteration {
    items: Rc<RefCell<Items>>,
    position: Position,
}

impl Iteration {
    pub(crate) fn new(items: Items, position: Position) -> Self {
        Iteration { items: Rc::new(RefCell::new(items)), position }
    }
}

impl Iterator for Iteration {
    type Item = Result<Dynamic, Box<EvalAltResult>>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = context::check_interrupt().and_then(|()| (self.items.borrow_mut())());
        match next {
            Ok(Some(value)) => Some(Ok(Dynamic::from(value))),
            Ok(None) => None,
            Err(error) => Some(Err(interpreter::raise(error, self.position))),
        }
    }
}
