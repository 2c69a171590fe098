//! Python's syntax tree to Rhai source. Each Python function becomes a Rhai `fn` whose first parameters are the cells
//! that it takes from outside; everything that Python means differently from Rhai is a call of a native (`_attr`,
//! `_call`, `_truth`, ...: see `runtime/natives`). Locals are Rhai variables named `v<scope>_<name>`, globals live in
//! numbered slots of the session.

mod calls;
mod control;
mod definitions;
mod expressions;
pub(crate) mod names;
mod statements;

use super::parse::{Located, Ranged, ast};
use super::positions::Positions;
use super::refuse::Refusal;
use crate::runtime::Exception;
use crate::runtime::arguments::ParameterKind;
use ast::Stmt;
use names::{Names, Place};
use std::collections::HashSet;
use std::fmt::Write as _;
use std::rc::Rc;

pub(crate) use calls::DIRECT;

/// What the emitted source refers to by number, given out by the session.
pub(crate) trait Numbers {
    /// The slot of a global name.
    fn slot(&mut self, name: &str) -> usize;
    /// The number of a new function.
    fn function(&mut self) -> usize;
}

/// What is known about a function before it runs.
#[derive(Debug)]
pub(crate) struct FunctionSpec {
    /// Its number: the emitted function is `f<number>`.
    pub(crate) number: usize,
    pub(crate) name: Rc<str>,
    pub(crate) qualified: Rc<str>,
    pub(crate) doc: Option<Rc<str>>,
    pub(crate) parameters: Vec<(Rc<str>, ParameterKind)>,
    /// How many of the non-variadic parameters have a default, and which.
    pub(crate) with_default: Vec<usize>,
    pub(crate) is_generator: bool,
    /// Where the definition starts, in bytes of the text.
    pub(crate) offset: usize,
    /// Its parameters and variables.
    pub(crate) locals: Vec<Rc<str>>,
}

/// A lowered cell or file.
#[derive(Debug)]
pub(crate) struct Lowered {
    pub(crate) source: String,
    pub(crate) positions: Positions,
    pub(crate) functions: Vec<FunctionSpec>,
    /// The number of the function that is the program itself.
    pub(crate) main: usize,
    /// Whether `main` returns the value of a last expression, to be shown.
    pub(crate) has_value: bool,
}

/// Lowers a parsed program.
pub(crate) fn lower(
    text: &str,
    body: &[Stmt],
    numbers: &mut dyn Numbers,
) -> Result<Lowered, Located> {
    let names = Names::of(body);
    if let Some((offset, message)) = &names.error {
        let exception = Exception::new("SyntaxError", message);
        return Err(Located { exception, offset: *offset });
    }
    let mut lower = Lower {
        text,
        names,
        numbers,
        scope: 0,
        functions: Vec::new(),
        emitted: Vec::new(),
        specs: Vec::new(),
        classes: Vec::new(),
        qualified: Vec::new(),
        temporaries: 0,
        error: None,
    };
    let (main, has_value) = lower.program(body);
    if let Some(error) = lower.error {
        return Err(error);
    }
    let mut source = String::new();
    let mut marks = Vec::new();
    for (text, own) in &lower.emitted {
        let base = source.len() as u32;
        source.push_str(text);
        marks.extend(own.iter().map(|(at, origin)| (at + base, *origin)));
    }
    let positions = Positions::new(&source, marks);
    Ok(Lowered { source, positions, functions: lower.specs, main, has_value })
}

/// What must happen before control leaves a block.
#[derive(Clone)]
enum Unwind<'a> {
    /// A loop: `break` and `continue` stop here. The flag is the one that its `else` asks.
    Loop { flag: Option<String> },
    /// A `finally` block and the flag that says it ran.
    Finally { flag: String, body: &'a [Stmt] },
    /// A `with` block: its manager and the flag that says it was left.
    With { flag: String, manager: String },
    /// The inside of a `finally` block: jumps must not leave it.
    Barrier,
}

/// One Rhai function in the making.
struct Function<'a> {
    out: String,
    marks: Vec<(u32, u32)>,
    line_start: usize,
    /// Variables that are certainly bound here.
    bound: HashSet<String>,
    /// Variables that somewhere are read without being certain, so that they must start as unbound.
    checked: HashSet<String>,
    unwinds: Vec<Unwind<'a>>,
    /// The caught exceptions of the handlers that the code is in, innermost last.
    handling: Vec<String>,
    is_module: bool,
    is_generator: bool,
    /// The variable of the first parameter, for `super()`.
    first_parameter: Option<String>,
}

struct Lower<'a, 'n> {
    text: &'a str,
    names: Names,
    numbers: &'n mut dyn Numbers,
    /// The innermost scope (comprehensions and classes included).
    scope: usize,
    functions: Vec<Function<'a>>,
    emitted: Vec<(String, Vec<(u32, u32)>)>,
    specs: Vec<FunctionSpec>,
    /// The class bodies around, as name and variable.
    classes: Vec<(String, String)>,
    qualified: Vec<String>,
    temporaries: usize,
    error: Option<Located>,
}

impl<'a> Lower<'a, '_> {
    fn function(&mut self) -> &mut Function<'a> {
        self.functions.last_mut().expect("the module's function is pushed first")
    }

    /// Emits text that stands for the user's text at `node`.
    fn at(&mut self, node: &impl Ranged, text: &str) {
        self.at_offset(node.start().to_usize(), text);
    }

    fn at_offset(&mut self, offset: usize, text: &str) {
        let function = self.function();
        let mark = (function.out.len() as u32, offset as u32);
        function.marks.push(mark);
        function.out.push_str(text);
    }

    /// Emits text.
    fn put(&mut self, text: &str) {
        self.function().out.push_str(text);
    }

    /// Ends an emitted line. Rhai's positions have 16 bits, so lines must stay short.
    fn newline(&mut self) {
        let function = self.function();
        function.out.push('\n');
        function.line_start = function.out.len();
    }

    /// A separator; long lines are wrapped here.
    fn comma(&mut self) {
        self.put(", ");
        let function = self.function();
        if function.out.len() - function.line_start > 160 {
            self.newline();
        }
    }

    fn temporary(&mut self) -> String {
        self.temporaries += 1;
        format!("t{}", self.temporaries)
    }

    fn refuse(&mut self, node: &impl Ranged, refusal: Refusal) {
        let error = Exception::not_supported(refusal.0, refusal.1);
        self.fail(node.start().to_usize(), error);
    }

    fn syntax_error(&mut self, node: &impl Ranged, message: &str) {
        self.fail(node.start().to_usize(), Exception::new("SyntaxError", message));
    }

    fn fail(&mut self, offset: usize, exception: Box<Exception>) {
        if self.error.is_none() {
            self.error = Some(Located { exception, offset });
        }
    }

    fn private(&self, name: &str) -> String {
        names::private(name, self.classes.last().map(|class| class.0.as_str()))
    }

    fn place(&self, name: &str) -> Place {
        self.names.place(self.scope, name)
    }

    fn slot(&mut self, name: &str) -> usize {
        self.numbers.slot(name)
    }

    /// Emits the reading of a name.
    fn load(&mut self, offset: usize, name: &str) {
        let place = self.place(name);
        self.load_from(offset, name, place);
    }

    fn load_from(&mut self, offset: usize, name: &str, place: Place) {
        match place {
            Place::Global => {
                let slot = self.slot(name);
                self.at_offset(offset, &format!("_g({slot})"));
            }
            Place::Local(owner) => {
                let variable = variable(owner, name);
                if self.is_certain(&variable, name) {
                    self.at_offset(offset, &variable);
                } else {
                    self.at_offset(offset, &format!("_local({variable}, {})", quote(name)));
                }
            }
            Place::Cell(owner) => {
                let variable = variable(owner, name);
                self.at_offset(offset, &format!("_load({variable}, {})", quote(name)));
            }
            Place::Class => {
                let class = self.class_variable();
                // As in Python: a name that the body binds is looked up in the body, then among the globals.
                let slot = self.slot(name);
                let text = format!("_class_get({class}, {}, {slot})", quote(name));
                self.at_offset(offset, &text);
            }
        }
    }

    /// Whether a variable is bound for certain here; if not, it is made to start as unbound, to be checked.
    fn is_certain(&mut self, variable: &str, name: &str) -> bool {
        let mut scope = self.scope;
        let mut is_deleted = false;
        loop {
            is_deleted |= self.names.scopes[scope].deleted.contains(name);
            let parent = self.names.scopes[scope].parent;
            if parent == scope || self.names.is_function(scope) {
                break;
            }
            scope = parent;
        }
        let function = self.function();
        let is_certain = !is_deleted && function.bound.contains(variable);
        if !is_certain {
            function.checked.insert(variable.to_owned());
        }
        is_certain
    }

    fn class_variable(&self) -> String {
        self.classes.last().map_or_else(String::new, |class| class.1.clone())
    }

    /// Emits the binding of a name to the value of an emitted expression, as a statement.
    fn store_name(&mut self, offset: usize, name: &str, value: &str) {
        match self.place(name) {
            Place::Global => {
                let slot = self.slot(name);
                self.at_offset(offset, &format!("_gset({slot}, {value});"));
            }
            Place::Local(owner) => {
                let variable = variable(owner, name);
                self.at_offset(offset, &format!("{variable} = {value};"));
                self.function().bound.insert(variable);
            }
            Place::Cell(owner) => {
                let variable = variable(owner, name);
                self.at_offset(offset, &format!("_save({variable}, {value});"));
            }
            Place::Class => {
                let class = self.class_variable();
                self.at_offset(offset, &format!("_class_set({class}, {}, {value});", quote(name)));
            }
        }
        self.newline();
    }

    /// Emits the unbinding of a name.
    fn delete_name(&mut self, offset: usize, name: &str, quiet: bool) {
        let quiet = if quiet { "true" } else { "false" };
        match self.place(name) {
            Place::Global => {
                let slot = self.slot(name);
                self.at_offset(offset, &format!("_gdel({slot}, {quiet});"));
            }
            Place::Local(owner) => {
                let variable = variable(owner, name);
                if quiet == "false" {
                    self.at_offset(offset, &format!("_local({variable}, {}); ", quote(name)));
                }
                self.put(&format!("{variable} = _unbound();"));
                let function = self.function();
                function.bound.remove(&variable);
                function.checked.insert(variable);
            }
            Place::Cell(owner) => {
                let variable = variable(owner, name);
                let name = quote(name);
                self.at_offset(offset, &format!("_cell_del({variable}, {name}, {quiet});"));
            }
            Place::Class => {
                let class = self.class_variable();
                self.at_offset(offset, &format!("_class_del({class}, {}, {quiet});", quote(name)));
            }
        }
        self.newline();
    }

    /// Starts a Rhai function.
    fn open_function(&mut self, is_module: bool, is_generator: bool) {
        self.functions.push(Function {
            out: String::new(),
            marks: Vec::new(),
            line_start: 0,
            bound: HashSet::new(),
            checked: HashSet::new(),
            unwinds: Vec::new(),
            handling: Vec::new(),
            is_module,
            is_generator,
            first_parameter: None,
        });
    }

    /// Ends a Rhai function: its head and the declarations of its variables go in front of what was emitted.
    fn close_function(&mut self, number: usize, parameters: &[String], scope: usize) {
        let Some(function) = self.functions.pop() else { return };
        let mut head = format!("fn f{number}({}) {{\n", parameters.join(", "));
        let mut bound: Vec<&String> = self.names.scopes[scope].bound.iter().collect();
        bound.sort();
        for name in bound {
            let variable = variable(scope, name);
            let is_parameter = parameters.contains(&variable);
            if self.names.scopes[scope].cells.contains(name) {
                let start =
                    if is_parameter { format!("_cell_of({variable})") } else { "_cell()".into() };
                let _ = writeln!(head, "let {variable} = {start};");
            } else if !is_parameter && !function.is_module {
                let start = if function.checked.contains(&variable) { "_unbound()" } else { "()" };
                let _ = writeln!(head, "let {variable} = {start};");
            }
        }
        let shift = head.len() as u32;
        head.push_str(&function.out);
        head.push_str("\n}\n");
        let marks = function.marks.into_iter().map(|(at, origin)| (at + shift, origin)).collect();
        self.emitted.push((head, marks));
    }

    fn program(&mut self, body: &'a [Stmt]) -> (usize, bool) {
        let number = self.numbers.function();
        self.open_function(true, false);
        let (last, rest) = match body.split_last() {
            Some((Stmt::Expr(last), rest)) if !self.ends_quietly(last) => (Some(last), rest),
            _ => (None, body),
        };
        // `%time f(x)` at the end shows what f gives.
        let timed = match rest.last() {
            Some(Stmt::IpyEscapeCommand(command)) if last.is_none() => {
                command.value.starts_with("time ")
            }
            _ => false,
        };
        let rest = if timed { &rest[..rest.len() - 1] } else { rest };
        self.body(rest);
        match (last, body.last()) {
            (Some(last), _) => {
                self.expression(&last.value);
            }
            (None, Some(Stmt::IpyEscapeCommand(command))) if timed => {
                self.escape(command.range.start().to_usize(), command.kind, &command.value);
            }
            _ => self.put("()"),
        }
        self.close_function(number, &[], 0);
        self.specs.push(FunctionSpec {
            number,
            name: Rc::from("<module>"),
            qualified: Rc::from("<module>"),
            doc: None,
            parameters: Vec::new(),
            with_default: Vec::new(),
            is_generator: false,
            offset: 0,
            locals: Vec::new(),
        });
        (number, last.is_some() || timed)
    }

    /// Whether a last expression is followed by `;`, which asks not to show it.
    fn ends_quietly(&self, last: &ast::StmtExpr) -> bool {
        let rest = self.text.get(last.end().to_usize()..).unwrap_or("");
        rest.trim_start_matches([' ', '\t', ')']).starts_with(';')
    }
}

/// The Rhai variable of a Python name.
fn variable(scope: usize, name: &str) -> String {
    if name.is_ascii() {
        return format!("v{scope}_{name}");
    }
    let mut variable = format!("u{scope}");
    for c in name.chars() {
        let _ = write!(variable, "_{:x}", c as u32);
    }
    variable
}

/// A Rhai string literal, in ASCII.
fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            ' '..='~' => quoted.push(c),
            c if (c as u32) < 0x100 => {
                let _ = write!(quoted, "\\x{:02x}", c as u32);
            }
            c if (c as u32) < 0x10000 => {
                let _ = write!(quoted, "\\u{:04x}", c as u32);
            }
            c => {
                let _ = write!(quoted, "\\U{:08x}", c as u32);
            }
        }
    }
    quoted.push('"');
    quoted
}
