//! Runs lowered programs: the Rhai engine of the thread, the table of functions, the stack of running functions, and
//! the way from a Rhai error back to an exception with the user's lines.

use super::exception::Frame;
use super::globals::Globals;
use super::{Exception, PyResult, Value, context, natives};
use crate::source::lower::{FunctionSpec, Lowered, Numbers, lower};
use crate::source::parse::{self, Located};
use crate::source::positions::{Positions, line_and_column};
use rhai::{
    Caches, Dynamic, Engine, EvalAltResult, EvalContext, OptimizationLevel, Position, Scope,
};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// As in Python; `sys.setrecursionlimit` does not move it.
pub const RECURSION_LIMIT: usize = 1000;

/// One compiled cell or file.
pub(crate) struct Code {
    /// What tracebacks call it.
    pub(crate) name: String,
    pub(crate) text: String,
    positions: Positions,
    module: rhai::Shared<rhai::Module>,
}

/// A function of a program, before it has defaults and cells.
pub(crate) struct FunctionCode {
    pub(crate) spec: FunctionSpec,
    pub(crate) code: Rc<Code>,
    rhai_name: String,
}

/// An exception on its way through Rhai.
#[derive(Clone)]
pub(crate) struct Raised {
    pub(crate) exception: Box<Exception>,
}

thread_local! {
    static ENGINE: RefCell<Option<Rc<Engine>>> = const { RefCell::new(None) };
    static GLOBALS: RefCell<Rc<Globals>> = RefCell::new(Rc::new(Globals::default()));
    static FUNCTIONS: RefCell<Vec<Option<Rc<FunctionCode>>>> = const { RefCell::new(Vec::new()) };
    static STACK: RefCell<Vec<Rc<FunctionCode>>> = const { RefCell::new(Vec::new()) };
    static CACHES: RefCell<Vec<Caches>> = const { RefCell::new(Vec::new()) };
    static LIMIT: Cell<usize> = const { Cell::new(RECURSION_LIMIT) };
}

/// The engine of this thread.
pub(crate) fn engine() -> Rc<Engine> {
    ENGINE.with(|engine| {
        engine
            .borrow_mut()
            .get_or_insert_with(|| {
                let mut engine = Engine::new_raw();
                engine.set_optimization_level(OptimizationLevel::None);
                engine.set_max_expr_depths(0, 0);
                engine.set_max_call_levels(usize::MAX);
                natives::register(&mut engine);
                Rc::new(engine)
            })
            .clone()
    })
}

/// The globals of the program that runs.
pub(crate) fn globals() -> Rc<Globals> {
    GLOBALS.with(|globals| globals.borrow().clone())
}

/// Runs `body` with these globals.
pub(crate) fn with_globals<R>(globals: &Rc<Globals>, body: impl FnOnce() -> R) -> R {
    struct Restore {
        globals: Option<Rc<Globals>>,
        depth: usize,
    }
    impl Drop for Restore {
        fn drop(&mut self) {
            // After a panic, frames of the dead calls are still there.
            STACK.with(|stack| stack.borrow_mut().truncate(self.depth));
            if let Some(before) = self.globals.take() {
                GLOBALS.with(|globals| *globals.borrow_mut() = before);
            }
        }
    }
    let before = GLOBALS.with(|current| current.replace(globals.clone()));
    let _restore = Restore { globals: Some(before), depth: STACK.with(|s| s.borrow().len()) };
    body()
}

struct Counters<'a> {
    globals: &'a Globals,
}

impl Numbers for Counters<'_> {
    fn slot(&mut self, name: &str) -> usize {
        self.globals.slot(name)
    }

    fn function(&mut self) -> usize {
        FUNCTIONS.with(|functions| {
            let mut functions = functions.borrow_mut();
            functions.push(None);
            functions.len() - 1
        })
    }
}

/// Parses and lowers a text.
pub(crate) fn translate(name: &str, text: &str) -> PyResult<Lowered> {
    let globals = globals();
    parse::parse(text)
        .and_then(|body| lower(text, &body, &mut Counters { globals: &globals }))
        .map_err(|located| locate(name, text, located))
}

/// A program that is ready to run.
pub(crate) struct Program {
    main: Rc<FunctionCode>,
    pub(crate) has_value: bool,
}

/// Parses, lowers and compiles a text.
pub(crate) fn compile(name: &str, text: &str) -> PyResult<Program> {
    let lowered = translate(name, text)?;
    let ast = engine().compile(&lowered.source).map_err(|error| {
        let offset = lowered.positions.offset(error.1).unwrap_or(0);
        let message = format!("the lowered program does not compile: {error}");
        locate(name, text, Located { exception: Exception::new("InternalError", message), offset })
    })?;
    let code = Rc::new(Code {
        name: name.to_owned(),
        text: text.to_owned(),
        positions: lowered.positions,
        module: ast.shared_lib().clone(),
    });
    let mut main = None;
    for spec in lowered.functions {
        let number = spec.number;
        let function =
            Rc::new(FunctionCode { rhai_name: format!("f{number}"), spec, code: code.clone() });
        if number == lowered.main {
            main = Some(function.clone());
        }
        FUNCTIONS.with(|functions| functions.borrow_mut()[number] = Some(function));
    }
    let main = main.ok_or_else(|| Exception::new("InternalError", "the program has no start"))?;
    Ok(Program { main, has_value: lowered.has_value })
}

/// Runs a program; the value of its last expression, if it ends in one.
pub(crate) fn run(program: &Program) -> PyResult<Value> {
    invoke(&program.main, &mut []).map(|result| value_of(&result))
}

/// A function by its number.
pub(crate) fn function_code(number: usize) -> Option<Rc<FunctionCode>> {
    FUNCTIONS.with(|functions| functions.borrow().get(number).cloned().flatten())
}

/// The names of the parameters and variables of the function that runs, for did-you-mean.
pub(crate) fn local_names() -> Vec<Rc<str>> {
    STACK.with(|stack| match stack.borrow().last() {
        Some(function) => function.spec.locals.clone(),
        None => Vec::new(),
    })
}

/// How many Python functions are running.
pub(crate) fn depth() -> usize {
    STACK.with(|stack| stack.borrow().len())
}

/// Runs `body` with another limit on the depth of calls, counted from here: a generator's stack is smaller.
pub(crate) fn with_limit<R>(more: usize, body: impl FnOnce() -> R) -> R {
    let limit = (depth() + more).min(RECURSION_LIMIT);
    let before = LIMIT.with(|cell| cell.replace(limit));
    let result = body();
    LIMIT.with(|cell| cell.set(before));
    result
}

/// Puts a generator's function back on the stack while it runs a piece.
pub(crate) fn on_stack<R>(function: &Rc<FunctionCode>, body: impl FnOnce() -> R) -> R {
    let depth = depth();
    STACK.with(|stack| stack.borrow_mut().push(function.clone()));
    let result = body();
    STACK.with(|stack| stack.borrow_mut().truncate(depth));
    result
}

/// Whether the thread can still run programs; not while it ends.
pub(crate) fn is_alive() -> bool {
    STACK.try_with(|_| ()).is_ok()
}

/// Whether no further function may be called.
pub(crate) fn is_too_deep() -> bool {
    depth() >= LIMIT.with(Cell::get)
}

/// What is raised then.
pub(crate) fn too_deep() -> Box<Exception> {
    Exception::new("RecursionError", "maximum recursion depth exceeded")
        .with_hint("a function calls itself without end: check the case that stops it")
}

/// Runs a function's Rhai code on cells and bound parameters.
pub(crate) fn invoke(function: &Rc<FunctionCode>, arguments: &mut [Dynamic]) -> PyResult<Dynamic> {
    if is_too_deep() {
        return Err(too_deep());
    }
    context::check_interrupt()?;
    let depth = depth();
    STACK.with(|stack| stack.borrow_mut().push(function.clone()));
    let result = evaluate(function, arguments);
    STACK.with(|stack| stack.borrow_mut().truncate(depth));
    result
}

/// As `invoke`, without a new entry on the stack.
pub(crate) fn evaluate(function: &FunctionCode, arguments: &mut [Dynamic]) -> PyResult<Dynamic> {
    let engine = engine();
    let mut global = engine.new_global_runtime_state();
    global.lib.push(function.code.module.clone());
    let mut caches = CACHES.with(|pool| pool.borrow_mut().pop()).unwrap_or_default();
    let mut scope = Scope::new();
    let mut references: Vec<&mut Dynamic> = arguments.iter_mut().collect();
    let result = EvalContext::new(&engine, &mut global, &mut caches, &mut scope, None).call_fn_raw(
        &function.rhai_name,
        false,
        false,
        &mut references,
    );
    CACHES.with(|pool| pool.borrow_mut().push(caches));
    result.map_err(|error| exception_of(*error, function))
}

/// The exception behind a Rhai error that left a function.
fn exception_of(mut error: EvalAltResult, function: &FunctionCode) -> Box<Exception> {
    while let EvalAltResult::ErrorInFunctionCall(_, _, inner, _) = error {
        error = *inner;
    }
    let position = error.position();
    let (mut exception, is_located) = from_rhai(&error);
    if !is_located {
        exception.frames.insert(0, frame(function, position));
    }
    exception
}

/// The exception behind a Rhai error, and whether it knows its place already.
fn from_rhai(error: &EvalAltResult) -> (Box<Exception>, bool) {
    match error {
        EvalAltResult::ErrorRuntime(value, _) => match value.read_lock::<Raised>() {
            Some(raised) => (raised.exception.clone(), true),
            None => (Exception::new("RuntimeError", value.to_string()), false),
        },
        EvalAltResult::ErrorArithmetic(message, _) => (overflow(message), false),
        EvalAltResult::ErrorStackOverflow(_) => {
            (Exception::new("RecursionError", "maximum recursion depth exceeded"), false)
        }
        EvalAltResult::ErrorTerminated(..) => (Exception::new("KeyboardInterrupt", ""), false),
        other => (Exception::new("InternalError", other.to_string()), false),
    }
}

fn overflow(message: &str) -> Box<Exception> {
    Exception::new("OverflowError", "integer result too large: kerai's integers have 64 bits")
        .with_received(message.to_owned())
        .with_hint("compute with floats: 2.0 instead of 2")
}

/// The exception in what a Rhai `catch` caught. Errors of Rhai's own operators come as maps.
pub(crate) fn caught(value: &Dynamic) -> Box<Exception> {
    if let Some(raised) = value.read_lock::<Raised>() {
        return raised.exception.clone();
    }
    let Some(map) = value.read_lock::<rhai::Map>() else {
        return Exception::new("RuntimeError", value.to_string());
    };
    let text = |key: &str| map.get(key).map(ToString::to_string).unwrap_or_default();
    let number = |key: &str| map.get(key).and_then(|v| v.as_int().ok()).unwrap_or(0);
    let mut exception = match text("error").as_str() {
        "ErrorArithmetic" => overflow(&text("message")),
        _ => Exception::new("InternalError", text("message")),
    };
    if let (Ok(line @ 1..), Ok(column)) =
        (u16::try_from(number("line")), u16::try_from(number("position")))
        && let Some(function) = STACK.with(|stack| stack.borrow().last().cloned())
    {
        exception.frames.insert(0, frame(&function, Position::new(line, column)));
    }
    exception
}

/// What a native returns when it fails: the exception, with the line that called the native.
pub(crate) fn raise(mut exception: Box<Exception>, position: Position) -> Box<EvalAltResult> {
    if let Some(function) = STACK.with(|stack| stack.borrow().last().cloned()) {
        exception.frames.insert(0, frame(&function, position));
    }
    raise_again(exception)
}

/// As `raise`, for an exception that has this line already.
pub(crate) fn raise_again(exception: Box<Exception>) -> Box<EvalAltResult> {
    Box::new(EvalAltResult::ErrorRuntime(Dynamic::from(Raised { exception }), Position::NONE))
}

fn frame(function: &FunctionCode, position: Position) -> Frame {
    let code = &function.code;
    let offset = code.positions.offset(position).unwrap_or(function.spec.offset);
    let (line, column, text) = line_and_column(&code.text, offset);
    Frame {
        source: code.name.clone(),
        line,
        column,
        function: function.spec.name.to_string(),
        text: text.to_owned(),
    }
}

/// Gives an error of the parser or the lowering its line.
fn locate(name: &str, text: &str, located: Located) -> Box<Exception> {
    let (line, column, line_text) = line_and_column(text, located.offset);
    let mut exception = located.exception;
    exception.frames.push(Frame {
        source: name.to_owned(),
        line,
        column,
        function: "<module>".to_owned(),
        text: line_text.to_owned(),
    });
    exception
}

/// The value behind a `Dynamic`, which stays as it is.
pub(crate) fn value_of(dynamic: &Dynamic) -> Value {
    if let Ok(number) = dynamic.as_int() {
        return Value::Int(number);
    }
    if let Ok(number) = dynamic.as_float() {
        return Value::Float(number);
    }
    if let Some(value) = dynamic.read_lock::<Value>() {
        return value.clone();
    }
    if let Ok(flag) = dynamic.as_bool() {
        return Value::Bool(flag);
    }
    if dynamic.is_unit() {
        return Value::None;
    }
    Value::from(dynamic.clone())
}
