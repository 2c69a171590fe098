//! Generators: functions with `yield`. Each runs on a stack of its own, so that it can stop in the middle of anything
//! and go on later; nothing is computed before it is asked for.

use super::function::Function;
use super::interpreter::{self, FunctionCode};
use super::object::Items;
use super::{Arguments, Exception, Native, Object, PyResult, Value, iterate, raise};
use ::generator::{Generator as Coroutine, Gn};
use rhai::Dynamic;
use std::cell::RefCell;
use std::rc::Rc;

/// The stack of a generator. It is only reserved: the system gives memory to what is used.
const STACK_BYTES: usize = 16 << 20;
/// How deep functions may call each other inside a generator; the stack must hold them.
const DEPTH: usize = 250;

/// A generator object.
pub struct Generator {
    code: Rc<FunctionCode>,
    state: RefCell<State>,
    /// What the function returned.
    result: RefCell<Value>,
}

enum State {
    Fresh(Vec<Dynamic>),
    Suspended(Coroutine<'static, (), ()>),
    Running,
    Done,
}

/// What goes into a generator when it goes on.
enum Input {
    Next(Value),
    Throw(Box<Exception>),
}

/// What comes out of a generator when it stops.
enum Output {
    Yielded(Value),
    Returned(PyResult<Value>),
}

thread_local! {
    // Values do not cross the switch of stacks themselves; they wait here while it happens.
    static JOB: RefCell<Option<(Rc<FunctionCode>, Vec<Dynamic>)>> = const { RefCell::new(None) };
    static INPUT: RefCell<Option<Input>> = const { RefCell::new(None) };
    static OUTPUT: RefCell<Option<Output>> = const { RefCell::new(None) };
}

fn run_job() {
    let Some((code, mut arguments)) = JOB.with(|job| job.borrow_mut().take()) else { return };
    INPUT.with(|input| input.borrow_mut().take());
    let result = interpreter::evaluate(&code, &mut arguments);
    // All that the function held goes before its end is told.
    drop(arguments);
    let result = result.map(|value| interpreter::value_of(&value));
    OUTPUT.with(|output| *output.borrow_mut() = Some(Output::Returned(result)));
}

/// `yield value`, inside a running generator: gives what `send` sends.
pub(crate) fn suspend(value: Value) -> PyResult<Value> {
    OUTPUT.with(|output| *output.borrow_mut() = Some(Output::Yielded(value)));
    #[expect(deprecated, reason = "the scoped form cannot be reached from inside a native")]
    ::generator::yield_with(());
    match INPUT.with(|input| input.borrow_mut().take()) {
        Some(Input::Throw(exception)) => Err(exception),
        Some(Input::Next(value)) => Ok(value),
        None => Ok(Value::None),
    }
}

/// `yield from iterable`
pub(crate) fn delegate(iterable: &Value) -> PyResult<Value> {
    if let Some(inner) = iterable.downcast::<Generator>() {
        let mut input = Input::Next(Value::None);
        while let Some(value) = inner.resume(input)? {
            input = match suspend(value) {
                Ok(sent) => Input::Next(sent),
                Err(exception) => Input::Throw(exception),
            };
        }
        let result = inner.result.borrow().clone();
        return Ok(result);
    }
    let mut items = iterate::items(iterable)?;
    while let Some(value) = items()? {
        suspend(value)?;
    }
    Ok(Value::None)
}

impl Generator {
    pub(crate) fn value(code: Rc<FunctionCode>, arguments: Vec<Dynamic>) -> Value {
        Value::object(Generator {
            code,
            state: RefCell::new(State::Fresh(arguments)),
            result: RefCell::new(Value::None),
        })
    }

    /// Goes on until the next `yield`; `None` at the end.
    fn resume(&self, input: Input) -> PyResult<Option<Value>> {
        let mut coroutine = match self.state.replace(State::Running) {
            State::Done => {
                self.state.replace(State::Done);
                return match input {
                    Input::Next(_) => Ok(None),
                    Input::Throw(exception) => Err(exception),
                };
            }
            State::Running => return Err(Exception::value_error("generator already executing")),
            State::Suspended(coroutine) => coroutine,
            State::Fresh(arguments) => {
                match &input {
                    Input::Throw(exception) => {
                        self.state.replace(State::Done);
                        return Err(exception.clone());
                    }
                    Input::Next(value) if !value.is_none() => {
                        self.state.replace(State::Fresh(arguments));
                        return Err(Exception::type_error(
                            "can't send non-None value to a just-started generator",
                        ));
                    }
                    Input::Next(_) => {}
                }
                JOB.with(|job| *job.borrow_mut() = Some((self.code.clone(), arguments)));
                Gn::<()>::new_opt(STACK_BYTES / size_of::<usize>(), run_job)
            }
        };
        if interpreter::is_too_deep() {
            return Err(interpreter::too_deep());
        }
        INPUT.with(|slot| *slot.borrow_mut() = Some(input));
        interpreter::on_stack(&self.code, || {
            interpreter::with_limit(DEPTH, || {
                coroutine.resume();
            });
        });
        match OUTPUT.with(|output| output.borrow_mut().take()) {
            Some(Output::Yielded(value)) => {
                self.state.replace(State::Suspended(coroutine));
                Ok(Some(value))
            }
            Some(Output::Returned(result)) => {
                self.state.replace(State::Done);
                match result {
                    Ok(value) => {
                        *self.result.borrow_mut() = value;
                        Ok(None)
                    }
                    Err(exception) if raise::is(&exception, "StopIteration") => {
                        Err(Exception::new("RuntimeError", "generator raised StopIteration"))
                    }
                    Err(exception) => Err(exception),
                }
            }
            None => {
                self.state.replace(State::Done);
                Ok(None)
            }
        }
    }

    /// The exception that ends `next` and `send`, with the value that the function returned.
    fn stop(&self) -> Box<Exception> {
        let result = self.result.borrow().clone();
        let given = if result.is_none() { Vec::new() } else { vec![result] };
        let class = raise::class("StopIteration").unwrap_or(Value::None);
        match super::context::call(&class, Arguments::positional(given)) {
            Ok(object) => raise::raised(&object),
            Err(error) => error,
        }
    }

    /// `generator.close()`: the function sees `GeneratorExit` at its `yield`, so that `finally` and `with` do their work.
    fn close(&self) -> PyResult<()> {
        if !matches!(*self.state.borrow(), State::Suspended(_)) {
            if matches!(*self.state.borrow(), State::Fresh(_)) {
                self.state.replace(State::Done);
            }
            return Ok(());
        }
        match self.resume(Input::Throw(Exception::new("GeneratorExit", ""))) {
            Ok(None) => Ok(()),
            Ok(Some(_)) => Err(Exception::new("RuntimeError", "generator ignored GeneratorExit")),
            Err(error)
                if raise::is(&error, "GeneratorExit") || raise::is(&error, "StopIteration") =>
            {
                Ok(())
            }
            Err(error) => Err(error),
        }
    }
}

impl Drop for Generator {
    fn drop(&mut self) {
        if !std::thread::panicking() && interpreter::is_alive() {
            // Nobody is there to hear of an error.
            let _ = self.close();
        }
    }
}

impl Object for Generator {
    fn type_name(&self) -> String {
        "generator".to_owned()
    }

    fn repr(&self) -> PyResult<String> {
        let address = std::ptr::from_ref(self).addr();
        Ok(format!("<generator object {} at {address:#x}>", self.code.spec.qualified))
    }

    fn attribute(&self, this: &Value, name: &str) -> PyResult<Option<Value>> {
        let this = this.clone();
        let method = |signature: &str, code: fn(&Generator, Vec<Value>) -> PyResult<Value>| {
            Native::value(name, signature, "", move |values| match this.downcast::<Generator>() {
                Some(generator) => code(&generator, values),
                None => Ok(Value::None),
            })
        };
        Ok(Some(match name {
            "__name__" => Value::str(&self.code.spec.name),
            "send" => method("value, /", |generator, mut values| {
                let sent = values.pop().unwrap_or(Value::None);
                generator.resume(Input::Next(sent))?.ok_or_else(|| generator.stop())
            }),
            "throw" => method("type, value=None, traceback=None, /", |generator, values| {
                let exception = raise::raised(&values[0]);
                generator.resume(Input::Throw(exception))?.ok_or_else(|| generator.stop())
            }),
            "close" => method("", |generator, _| generator.close().map(|()| Value::None)),
            "__next__" => method("", |generator, _| {
                generator.resume(Input::Next(Value::None))?.ok_or_else(|| generator.stop())
            }),
            _ => return Ok(None),
        }))
    }

    fn attribute_names(&self) -> Vec<String> {
        ["close", "send", "throw"].map(str::to_owned).to_vec()
    }

    fn iterate(&self, this: &Value) -> Option<PyResult<Items>> {
        let this = this.downcast::<Generator>()?;
        Some(Ok(Box::new(move || this.resume(Input::Next(Value::None)))))
    }

    fn next(&self, _this: &Value) -> Option<PyResult<Option<Value>>> {
        Some(match self.resume(Input::Next(Value::None)) {
            // Only `next` itself is told the value that the function returned.
            Ok(None) if !self.result.borrow().is_none() => {
                let stop = self.stop();
                *self.result.borrow_mut() = Value::None;
                Err(stop)
            }
            result => result,
        })
    }

    fn is_iterator(&self) -> bool {
        true
    }
}

/// What the function of a generator expression gives for items that its conditions leave out.
#[derive(Clone)]
pub(crate) struct Skip;

/// A generator expression with one loop.
pub(crate) struct Lazy {
    function: Rc<Function>,
    items: RefCell<Option<Items>>,
}

impl Lazy {
    pub(crate) fn value(function: Rc<Function>, items: Items) -> Value {
        Value::object(Lazy { function, items: RefCell::new(Some(items)) })
    }

    fn advance(&self) -> PyResult<Option<Value>> {
        // Taken out while it runs, because the items may ask this very generator.
        let Some(mut items) = self.items.borrow_mut().take() else { return Ok(None) };
        loop {
            let Some(item) = items()? else { return Ok(None) };
            let result = match self.function.invoke_raw(item) {
                Err(exception) if raise::is(&exception, "StopIteration") => {
                    return Err(Exception::new("RuntimeError", "generator raised StopIteration"));
                }
                result => result?,
            };
            if !result.is::<Skip>() {
                *self.items.borrow_mut() = Some(items);
                return Ok(Some(interpreter::value_of(&result)));
            }
        }
    }
}

impl Object for Lazy {
    fn type_name(&self) -> String {
        "generator".to_owned()
    }

    fn repr(&self) -> PyResult<String> {
        let address = std::ptr::from_ref(self).addr();
        Ok(format!("<generator object {} at {address:#x}>", self.function.code.spec.qualified))
    }

    fn attribute(&self, this: &Value, name: &str) -> PyResult<Option<Value>> {
        let this = this.clone();
        Ok(Some(match name {
            "__name__" => Value::str("<genexpr>"),
            "close" => Native::value("close", "", "", move |_| {
                if let Some(lazy) = this.downcast::<Lazy>() {
                    lazy.items.borrow_mut().take();
                }
                Ok(Value::None)
            }),
            _ => return Ok(None),
        }))
    }

    fn iterate(&self, this: &Value) -> Option<PyResult<Items>> {
        let this = this.downcast::<Lazy>()?;
        Some(Ok(Box::new(move || this.advance())))
    }

    fn next(&self, _this: &Value) -> Option<PyResult<Option<Value>>> {
        Some(self.advance())
    }

    fn is_iterator(&self) -> bool {
        true
    }
}
