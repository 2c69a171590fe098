//! The Rhai spelling: plain Rhai over the same variables, values and modules.
//!
//! - Variables of the session (and `keras`, `np`, `plt`, `tf`, `math`, ... even without an import) are variables of the
//!   script; what the script binds at its top level becomes a variable of the session. Rhai's own functions (`fn`) see no
//!   variables, as always in Rhai, but they can be called from later scripts.
//! - `x.name`, `x.name = v`, `x[key]`, operators and `for` work on all values. `f(a)` and `x.f(a)` that Rhai does not know
//!   call the value `f`, the builtin `f`, or the method `f`; a trailing object map is the keyword arguments.
//! - `layer.__call__(x)` calls a value that is itself the result of something.

use super::exception::Frame;
use super::interpreter::{self, Raised, globals};
use super::object::{BinaryOp, CompareOp};
use super::{
    Arguments, Exception, Object, PyResult, Value, attributes, context, format, iterate, operators,
};
use crate::modules;
use rhai::{
    AST, Dynamic, Engine, EvalAltResult, FnPtr, ImmutableString, NativeCallContext, Position, Scope,
};
use std::any::TypeId;
use std::cell::RefCell;
use std::rc::Rc;

/// The usual names of modules, which need no import here.
const MODULES: &[(&str, &str)] = &[
    ("keras", "keras"),
    ("kerai", "kerai"),
    ("layers", "keras.layers"),
    ("math", "math"),
    ("np", "numpy"),
    ("numpy", "numpy"),
    ("ops", "keras.ops"),
    ("os", "os"),
    ("plt", "matplotlib.pyplot"),
    ("random", "random"),
    ("tf", "tensorflow"),
    ("time", "time"),
];

thread_local! {
    static ENGINE: RefCell<Option<Rc<Engine>>> = const { RefCell::new(None) };
    /// The functions of all scripts so far.
    static LIBRARY: RefCell<Rc<AST>> = RefCell::new(Rc::new(AST::empty()));
}

/// Runs a script; the value of its last expression.
pub(crate) fn run(name: &str, text: &str) -> PyResult<Value> {
    let engine = engine();
    let place =
        |exception: Box<Exception>, position: Position| place(name, text, exception, position);
    let ast = engine
        .compile(text)
        .map_err(|error| place(Exception::new("SyntaxError", error.0.to_string()), error.1))?;
    let ast = LIBRARY.with(|library| {
        let merged = library.borrow().merge(&ast);
        *library.borrow_mut() = Rc::new(merged.clone_functions_only());
        merged
    });
    let mut scope = Scope::new();
    let globals = globals();
    for (name, value) in globals.variables() {
        if is_identifier(&name) {
            scope.push_dynamic(name.to_string(), to_dynamic(value));
        }
    }
    for (name, path) in MODULES {
        if globals.find(name).is_none()
            && text.contains(name)
            && let Ok(module) = modules::import(path)
        {
            scope.push_dynamic(*name, Dynamic::from(module));
        }
    }
    let result = engine.eval_ast_with_scope::<Dynamic>(&mut scope, &ast);
    for (name, _, value) in scope.iter() {
        globals.bind(name, to_value(&value));
    }
    match result {
        Ok(value) => Ok(to_value(&value)),
        Err(error) => {
            let position = innermost(&error).position();
            Err(place(exception_of(&error), position))
        }
    }
}

fn is_identifier(name: &str) -> bool {
    name.is_ascii() && !name.starts_with("__")
}

fn innermost(error: &EvalAltResult) -> &EvalAltResult {
    match error {
        EvalAltResult::ErrorInFunctionCall(_, _, inner, _) => innermost(inner),
        error => error,
    }
}

fn exception_of(error: &EvalAltResult) -> Box<Exception> {
    match innermost(error) {
        EvalAltResult::ErrorRuntime(value, _) => match value.read_lock::<Raised>() {
            Some(raised) => raised.exception.clone(),
            None => Exception::new("RuntimeError", value.to_string()),
        },
        EvalAltResult::ErrorTerminated(..) => Exception::new("KeyboardInterrupt", ""),
        EvalAltResult::ErrorVariableNotFound(name, _) => {
            Exception::new("NameError", format!("name '{name}' is not defined"))
        }
        EvalAltResult::ErrorFunctionNotFound(signature, _) => {
            let name = signature.split([' ', '(']).next().unwrap_or(signature);
            Exception::new("NameError", format!("there is no function '{name}' for these values"))
                .with_received(signature.clone())
        }
        EvalAltResult::ErrorArithmetic(message, _) => Exception::new("ArithmeticError", message),
        EvalAltResult::ErrorStackOverflow(_) => {
            Exception::new("RecursionError", "maximum recursion depth exceeded")
        }
        other => {
            let text = other.to_string();
            let text = text.split(" (line ").next().unwrap_or(&text).to_owned();
            Exception::new("RuntimeError", text)
        }
    }
}

fn place(
    name: &str,
    text: &str,
    mut exception: Box<Exception>,
    position: Position,
) -> Box<Exception> {
    let line = position.line().unwrap_or(1);
    let frame = Frame {
        source: name.to_owned(),
        line,
        column: position.position().unwrap_or(1),
        function: "<module>".to_owned(),
        text: text.lines().nth(line - 1).unwrap_or("").to_owned(),
    };
    exception.frames.insert(0, frame);
    exception
}

/// A value as Rhai code sees it: texts become Rhai's own.
fn to_dynamic(value: Value) -> Dynamic {
    match value {
        Value::Str(text) => Dynamic::from(ImmutableString::from(&*text)),
        Value::Object(object) => {
            let value = Value::Object(object);
            match value.downcast::<RhaiFunction>() {
                Some(function) => Dynamic::from(function.0.clone()),
                None => Dynamic::from(value),
            }
        }
        other => Dynamic::from(other),
    }
}

fn to_value(dynamic: &Dynamic) -> Value {
    if let Some(function) = dynamic.read_lock::<FnPtr>() {
        return Value::object(RhaiFunction(function.clone()));
    }
    if let Some(items) = dynamic.read_lock::<rhai::Array>() {
        return Value::list(items.iter().map(to_value).collect());
    }
    if let Some(map) = dynamic.read_lock::<rhai::Map>() {
        return Value::dict(map.iter().map(|(name, item)| (name.as_str(), to_value(item))));
    }
    interpreter::value_of(dynamic)
}

/// A Rhai closure as a value: layers, `map` and callbacks can call it.
struct RhaiFunction(FnPtr);

impl Object for RhaiFunction {
    fn type_name(&self) -> String {
        "function".to_owned()
    }

    fn call(&self, _this: &Value, arguments: Arguments) -> PyResult<Value> {
        let library = LIBRARY.with(|library| library.borrow().clone());
        let arguments: Vec<Dynamic> = arguments.positional.into_iter().map(to_dynamic).collect();
        let result = self.0.call::<Dynamic>(&engine(), &library, arguments);
        result.map(|value| to_value(&value)).map_err(|error| exception_of(&error))
    }

    fn is_callable(&self) -> bool {
        true
    }
}

fn raised(error: Box<Exception>) -> Box<EvalAltResult> {
    interpreter::raise_again(error)
}

fn engine() -> Rc<Engine> {
    ENGINE.with(|engine| engine.borrow_mut().get_or_insert_with(|| Rc::new(make())).clone())
}

fn make() -> Engine {
    let mut engine = Engine::new();
    engine.set_max_expr_depths(0, 0);
    engine.set_max_call_levels(1000);
    engine.on_print(|text| context::text(&format!("{text}\n")));
    engine.on_debug(|text, _, position| context::text(&format!("{text} ({position:?})\n")));
    engine.on_progress(|_| match context::check_interrupt() {
        Ok(()) => None,
        Err(_) => Some(Dynamic::UNIT),
    });
    engine.register_type_with_name::<Value>("value");
    engine.register_type_with_name::<Raised>("exception");
    let shown = |value: &mut Value| format::str(value).map(ImmutableString::from).map_err(raised);
    engine.register_fn("to_string", shown);
    engine.register_fn("print", shown);
    engine.register_fn("to_debug", |value: &mut Value| {
        format::repr(value).map(ImmutableString::from).map_err(raised)
    });
    engine.register_fn("to_string", |error: &mut Raised| error.exception.to_string());
    engine.register_fn("print", |error: &mut Raised| error.exception.to_string());
    engine.register_iterator_result::<Each, Dynamic>();
    register_parts(&mut engine);
    register_operators(&mut engine);
    #[expect(deprecated, reason = "it is volatile, not deprecated, and rhai is pinned")]
    engine.on_missing_function(|name, arguments, is_method, _| {
        let mut values: Vec<&Dynamic> = arguments.iter().map(|a| &**a).collect();
        let mut call = Arguments::default();
        if let Some(map) = values.last().and_then(|last| last.read_lock::<rhai::Map>()) {
            for (name, value) in map.iter() {
                call.keywords.push((Rc::from(name.as_str()), to_value(value)));
            }
            drop(map);
            values.pop();
        }
        call.positional = values.into_iter().map(to_value).collect();
        missing(name, call, is_method).map(|found| found.map(to_dynamic)).map_err(raised)
    });
    engine
}

/// A call of something that Rhai does not know.
fn missing(name: &str, mut arguments: Arguments, is_method: bool) -> PyResult<Option<Value>> {
    if is_method && !arguments.positional.is_empty() {
        let receiver = arguments.positional.remove(0);
        if name == "__call__" {
            return context::call(&receiver, arguments).map(Some);
        }
        if attributes::find(&receiver, name)?.is_some() {
            return attributes::call_method(&receiver, name, arguments).map(Some);
        }
        let Some(function) = super::globals::builtin(name) else {
            return Err(attributes::missing(&receiver, name));
        };
        arguments.positional.insert(0, receiver);
        return context::call(&function, arguments).map(Some);
    }
    match globals().find(name).or_else(|| super::globals::builtin(name)) {
        Some(function) => context::call(&function, arguments).map(Some),
        None => Ok(None),
    }
}

/// What a Rhai `for` runs over when it is one of our values.
#[derive(Clone)]
struct Each(Value);

impl IntoIterator for Each {
    type Item = Result<Dynamic, Box<EvalAltResult>>;
    type IntoIter = Box<dyn Iterator<Item = Self::Item>>;

    fn into_iter(self) -> Self::IntoIter {
        match iterate::items(&self.0) {
            Ok(mut items) => Box::new(std::iter::from_fn(move || {
                items().map_err(raised).transpose().map(|r| r.map(to_dynamic))
            })),
            Err(error) => Box::new(std::iter::once(Err(raised(error)))),
        }
    }
}

fn register_parts(engine: &mut Engine) {
    let mut module = rhai::Module::new();
    module.set_iter_result(TypeId::of::<Value>(), |value| Each(to_value(&value)).into_iter());
    engine.register_global_module(Rc::new(module));
    engine.register_indexer_get(|value: &mut Value, name: ImmutableString| {
        let key = Value::str(name.as_str());
        if matches!(value, Value::Dict(_)) && operators::contains(value, &key).map_err(raised)? {
            return attributes::item(value, &key).map(to_dynamic).map_err(raised);
        }
        attributes::get(value, &name).map(to_dynamic).map_err(raised)
    });
    engine.register_indexer_set(|value: &mut Value, name: ImmutableString, new: Dynamic| {
        let new = to_value(&new);
        if matches!(value, Value::Dict(_)) {
            return attributes::set_item(value, &Value::str(name.as_str()), new).map_err(raised);
        }
        attributes::set(value, &name, new).map_err(raised)
    });
    engine.register_indexer_get(|value: &mut Value, index: i64| {
        attributes::item(value, &Value::Int(index)).map(to_dynamic).map_err(raised)
    });
    engine.register_indexer_set(|value: &mut Value, index: i64, new: Dynamic| {
        attributes::set_item(value, &Value::Int(index), to_value(&new)).map_err(raised)
    });
    engine.register_indexer_get(|value: &mut Value, key: Value| {
        attributes::item(value, &key).map(to_dynamic).map_err(raised)
    });
    engine.register_indexer_set(|value: &mut Value, key: Value, new: Dynamic| {
        attributes::set_item(value, &key, to_value(&new)).map_err(raised)
    });
}

fn register_operators(engine: &mut Engine) {
    const BINARY: &[(&str, BinaryOp)] = &[
        ("+", BinaryOp::Add),
        ("-", BinaryOp::Sub),
        ("*", BinaryOp::Mul),
        ("/", BinaryOp::Div),
        ("%", BinaryOp::Mod),
        ("**", BinaryOp::Pow),
    ];
    const COMPARE: &[(&str, CompareOp)] = &[
        ("==", CompareOp::Eq),
        ("!=", CompareOp::Ne),
        ("<", CompareOp::Lt),
        ("<=", CompareOp::Le),
        (">", CompareOp::Gt),
        (">=", CompareOp::Ge),
    ];
    let two = [TypeId::of::<Dynamic>(), TypeId::of::<Dynamic>()];
    for (name, op) in BINARY {
        engine.register_raw_fn(
            *name,
            two,
            move |_: NativeCallContext<'_>, a: &mut [&mut Dynamic]| {
                operators::binary(*op, &to_value(a[0]), &to_value(a[1]))
                    .map(to_dynamic)
                    .map_err(raised)
            },
        );
    }
    for (name, op) in COMPARE {
        engine.register_raw_fn(
            *name,
            two,
            move |_: NativeCallContext<'_>, a: &mut [&mut Dynamic]| {
                operators::compare(*op, &to_value(a[0]), &to_value(a[1]))
                    .map(to_dynamic)
                    .map_err(raised)
            },
        );
    }
    engine.register_fn("-", |value: &mut Value| {
        operators::unary(super::UnaryOp::Neg, value).map(to_dynamic).map_err(raised)
    });
}
