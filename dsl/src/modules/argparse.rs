//! `argparse`: the arguments of a program, and `timeit`: how long something takes.

use super::Module;
use super::small::Namespace;
use crate::runtime::types::{NativeClass, args, class};
use crate::runtime::{Arguments, Dict, Exception, Key, Object, PyResult, Value};
use crate::runtime::{attributes, context, format, iterate, operators};
use std::cell::RefCell;
use std::rc::Rc;

/// `argparse`
pub(super) fn module() -> Module {
    Module::new("argparse", "The arguments of a program.")
        .with("ArgumentParser", class::intern(PARSER))
        .function("Namespace", "**kwargs", "Values with names.", |v| {
            let Value::Dict(entries) = &v[0] else { return Ok(Value::None) };
            Ok(Value::object(Namespace(Rc::new(RefCell::new(entries.borrow().clone())))))
        })
}

const PARSER: NativeClass = NativeClass {
    doc: "Reads the arguments of a program.",
    signature: "prog=None, description=None, epilog=None",
    methods: &["add_argument", "parse_args", "parse_known_args", "print_help", "format_help"],
    ..NativeClass::new(
        "ArgumentParser",
        "argparse",
        |arguments| {
            let v = args::bind(
                "ArgumentParser",
                "prog=None, usage=None, description=None, epilog=None, formatter_class=None, add_help=True",
                arguments,
            )?;
            let text = |value: &Value| {
                if value.is_none() { Ok(String::new()) } else { format::str(value) }
            };
            Ok(Value::object(Parser { description: text(&v[2])?, options: RefCell::default() }))
        },
        |value| value.downcast::<Parser>().is_some(),
    )
};

/// One argument.
#[derive(Clone)]
struct Opt {
    flags: Vec<String>,
    name: String,
    action: String,
    convert: Value,
    default: Value,
    constant: Value,
    choices: Value,
    count: Value,
    required: bool,
    help: String,
}

impl Opt {
    fn is_positional(&self) -> bool {
        self.flags.is_empty()
    }
}

struct Parser {
    description: String,
    options: RefCell<Vec<Opt>>,
}

impl Parser {
    fn add(&self, arguments: Arguments) -> PyResult<Value> {
        let mut arguments = arguments;
        let mut take = |name: &str| arguments.take(name).unwrap_or(Value::None);
        let action = match take("action") {
            Value::None => "store".to_owned(),
            other => format::str(&other)?,
        };
        let (convert, default, constant) = (take("type"), take("default"), take("const"));
        let (choices, count, required) = (take("choices"), take("nargs"), take("required"));
        let (help, target) = (take("help"), take("dest"));
        take("metavar");
        let names: Vec<String> =
            arguments.positional.iter().map(format::str).collect::<PyResult<_>>()?;
        let flags: Vec<String> = names.iter().filter(|n| n.starts_with('-')).cloned().collect();
        let long = flags.iter().find(|flag| flag.starts_with("--")).or(flags.first());
        let name = match (&target, long, names.first()) {
            (Value::Str(name), _, _) => name.to_string(),
            (_, Some(flag), _) => flag.trim_start_matches('-').replace('-', "_"),
            (_, None, Some(name)) => name.clone(),
            _ => return Err(Exception::type_error("add_argument() needs a name")),
        };
        let default = match (&*action, default) {
            ("store_true", Value::None) => Value::Bool(false),
            ("store_false", Value::None) => Value::Bool(true),
            (_, default) => default,
        };
        let help = if help.is_none() { String::new() } else { format::str(&help)? };
        let required = operators::truth(&required)?;
        self.options.borrow_mut().push(Opt {
            flags,
            name,
            action,
            convert,
            default,
            constant,
            choices,
            count,
            required,
            help,
        });
        Ok(Value::None)
    }

    fn fail(&self, message: &str) -> Box<Exception> {
        context::error_text(&format!("{}: error: {message}\n", self.usage()));
        Exception::new("SystemExit", "2")
    }

    fn usage(&self) -> String {
        let parts: Vec<String> = self
            .options
            .borrow()
            .iter()
            .map(|option| match option.flags.first() {
                None => option.name.clone(),
                Some(flag) if option.action.starts_with("store_") => format!("[{flag}]"),
                Some(flag) => format!("[{flag} {}]", option.name.to_uppercase()),
            })
            .collect();
        let program = context::arguments().first().cloned().unwrap_or_default();
        let program = program.rsplit('/').next().unwrap_or("").to_owned();
        format!("usage: {program} [-h] {}", parts.join(" "))
    }

    fn help(&self) -> String {
        let mut lines = vec![self.usage(), String::new()];
        if !self.description.is_empty() {
            lines.extend([self.description.clone(), String::new()]);
        }
        for option in self.options.borrow().iter() {
            let name =
                if option.is_positional() { option.name.clone() } else { option.flags.join(", ") };
            lines.push(format!("  {name:<20}  {}", option.help));
        }
        lines.join("\n") + "\n"
    }

    fn value(&self, option: &Opt, text: &str) -> PyResult<Value> {
        let shown = || {
            option.flags.join("/").clone() + if option.is_positional() { &option.name } else { "" }
        };
        let value = if option.convert.is_none() {
            Value::str(text)
        } else {
            let made = context::call(&option.convert, Arguments::positional([Value::str(text)]));
            made.map_err(|error| {
                if matches!(&*error.class, "ValueError" | "TypeError") {
                    let class = crate::runtime::types::class_name(&option.convert);
                    self.fail(&format!(
                        "argument {}: invalid {class} value: {}",
                        shown(),
                        format::quote(text)
                    ))
                } else {
                    error
                }
            })?
        };
        if !option.choices.is_none() && !operators::contains(&option.choices, &value)? {
            let all: Vec<String> = iterate::collect(&option.choices)?
                .iter()
                .map(format::repr)
                .collect::<PyResult<_>>()?;
            return Err(self.fail(&format!(
                "argument {}: invalid choice: {} (choose from {})",
                shown(),
                format::repr(&value)?,
                all.join(", ")
            )));
        }
        Ok(value)
    }

    fn parse(&self, given: &Value) -> PyResult<(Value, Vec<String>)> {
        let words: Vec<String> = if given.is_none() {
            context::arguments().into_iter().skip(1).collect()
        } else {
            iterate::collect(given)?.iter().map(format::str).collect::<PyResult<_>>()?
        };
        let options = self.options.borrow().clone();
        let mut found = Dict::new();
        for option in &options {
            found.insert(Key(Value::str(&option.name)), option.default.clone());
        }
        let mut seen: Vec<String> = Vec::new();
        let mut waiting: Vec<&Opt> = options.iter().filter(|o| o.is_positional()).collect();
        let (mut rest, mut at) = (Vec::new(), 0);
        let is_flag =
            |word: &str| word.len() > 1 && word.starts_with('-') && word.parse::<f64>().is_err();
        while let Some(word) = words.get(at) {
            at += 1;
            if word == "-h" || word == "--help" {
                context::text(&self.help());
                return Err(Exception::new("SystemExit", "0"));
            }
            let (flag, inline) = match word.split_once('=') {
                Some((flag, value)) if word.starts_with("--") => (flag, Some(value.to_owned())),
                _ => (&**word, None),
            };
            let option = if is_flag(word) {
                options.iter().find(|option| option.flags.iter().any(|f| f == flag))
            } else if waiting.is_empty() {
                None
            } else {
                at -= 1;
                Some(waiting.remove(0))
            };
            let Some(option) = option else {
                rest.push(word.clone());
                continue;
            };
            seen.push(option.name.clone());
            let value = match &*option.action {
                "store_true" => Value::Bool(true),
                "store_false" => Value::Bool(false),
                "store_const" => option.constant.clone(),
                "count" => {
                    let before = found.get(&Key(Value::str(&option.name))).cloned();
                    Value::Int(before.and_then(|v| operators::as_index(&v)).unwrap_or(0) + 1)
                }
                _ => self.take(option, inline, &words, &mut at, is_flag)?,
            };
            let key = Key(Value::str(&option.name));
            if option.action == "append" {
                let mut all = match found.get(&key) {
                    Some(Value::List(list)) => list.borrow().clone(),
                    _ => Vec::new(),
                };
                all.push(value);
                found.insert(key, Value::list(all));
            } else {
                found.insert(key, value);
            }
        }
        let missing: Vec<String> = options
            .iter()
            .filter(|o| {
                let optional = matches!(&o.count, Value::Str(n) if matches!(&**n, "?" | "*"));
                !seen.contains(&o.name) && (o.required || (o.is_positional() && !optional))
            })
            .map(|o| if o.is_positional() { o.name.clone() } else { o.flags.join("/") })
            .collect();
        if !missing.is_empty() {
            return Err(
                self.fail(&format!("the following arguments are required: {}", missing.join(", ")))
            );
        }
        // Defaults that are texts are converted, as in Python.
        for option in options.iter().filter(|o| !seen.contains(&o.name)) {
            if let (Value::Str(text), false) = (&option.default, option.convert.is_none()) {
                found.insert(Key(Value::str(&option.name)), self.value(option, text)?);
            }
        }
        Ok((Value::object(Namespace(Rc::new(RefCell::new(found)))), rest))
    }

    fn take(
        &self,
        option: &Opt,
        inline: Option<String>,
        words: &[String],
        at: &mut usize,
        is_flag: impl Fn(&str) -> bool,
    ) -> PyResult<Value> {
        if let Some(text) = inline {
            return self.value(option, &text);
        }
        let most = match &option.count {
            Value::Int(count) => usize::try_from(*count).unwrap_or(0),
            Value::Str(mark) if &**mark != "?" => usize::MAX,
            _ => 1,
        };
        let mut taken = Vec::new();
        while taken.len() < most {
            match words.get(*at).filter(|word| !is_flag(word)) {
                Some(word) => taken.push(self.value(option, word)?),
                None => break,
            }
            *at += 1;
        }
        match &option.count {
            Value::None => taken.pop().ok_or_else(|| {
                self.fail(&format!("argument {}: expected one argument", option.flags.join("/")))
            }),
            Value::Str(mark) if &**mark == "?" => {
                Ok(taken.pop().unwrap_or(option.constant.clone()))
            }
            Value::Str(mark) if &**mark == "+" && taken.is_empty() => Err(self.fail(&format!(
                "argument {}: expected at least one argument",
                option.flags.join("/")
            ))),
            Value::Int(count) if taken.len() < most => Err(self
                .fail(&format!("argument {}: expected {count} arguments", option.flags.join("/")))),
            _ => Ok(Value::list(taken)),
        }
    }
}

impl Object for Parser {
    fn type_name(&self) -> String {
        "ArgumentParser".to_owned()
    }

    fn class(&self) -> Option<Value> {
        Some(class::intern(PARSER))
    }

    fn attribute(&self, this: &Value, name: &str) -> PyResult<Option<Value>> {
        Ok(match name {
            "description" => Some(Value::str(&self.description)),
            _ => PARSER.methods.contains(&name).then(|| attributes::bound(this, name)),
        })
    }

    fn attribute_names(&self) -> Vec<String> {
        PARSER.methods.iter().map(|name| (*name).to_owned()).collect()
    }

    fn call_method(
        &self,
        _this: &Value,
        name: &str,
        arguments: Arguments,
    ) -> Option<PyResult<Value>> {
        let given = |arguments| args::bind(name, "args=None, namespace=None", arguments);
        Some(match name {
            "add_argument" => self.add(arguments),
            "parse_args" => given(arguments).and_then(|v| {
                let (found, rest) = self.parse(&v[0])?;
                if rest.is_empty() {
                    return Ok(found);
                }
                Err(self.fail(&format!("unrecognized arguments: {}", rest.join(" "))))
            }),
            "parse_known_args" => given(arguments).and_then(|v| {
                let (found, rest) = self.parse(&v[0])?;
                Ok(Value::tuple(vec![found, Value::list(rest.iter().map(Value::str).collect())]))
            }),
            "print_help" => {
                context::text(&self.help());
                Ok(Value::None)
            }
            "format_help" => Ok(Value::str(self.help())),
            _ => return None,
        })
    }
}

/// `timeit`
pub(super) fn timeit() -> Module {
    let run = |statement: &Value, count: i64| -> PyResult<f64> {
        if matches!(statement, Value::Str(_)) {
            return Err(Exception::not_supported(
                "timeit of a text is not in kerai",
                "timeit.timeit(lambda: work(), number=100)",
            ));
        }
        let start = super::time::ticks();
        for _ in 0..count {
            context::call(statement, Arguments::default())?;
            context::check_interrupt()?;
        }
        Ok(super::time::ticks() - start)
    };
    Module::new("timeit", "How long something takes.")
        .function("default_timer", "", "Seconds of the finest clock.", |_| {
            Ok(Value::Float(super::time::ticks()))
        })
        .function(
            "timeit",
            "stmt, setup=None, timer=None, number=1000000, globals=None",
            "Seconds for so many calls of a function.",
            move |v| run(&v[0], args::index(&v[3])?).map(Value::Float),
        )
        .function(
            "repeat",
            "stmt, setup=None, timer=None, repeat=5, number=1000000, globals=None",
            "Seconds for so many calls, several times.",
            move |v| {
                let number = args::index(&v[4])?;
                let all: PyResult<Vec<Value>> = (0..args::index(&v[3])?)
                    .map(|_| run(&v[0], number).map(Value::Float))
                    .collect();
                all.map(Value::list)
            },
        )
}
