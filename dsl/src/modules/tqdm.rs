//! `tqdm`: a bar around any loop. In terminals on standard error with carriage returns, in notebooks in place, in files
//! one line at the end.

use super::Module;
use crate::runtime::object::Items;
use crate::runtime::{
    Arguments, Exception, Native, Object, PyResult, Signature, Value, context, format, iterate,
};
use crate::show::escape;
use crate::sink::{Bundle, Output, Style};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// `tqdm`
pub(super) fn module() -> Module {
    names("tqdm")
        .submodule("auto", || names("tqdm.auto"))
        .submodule("notebook", || names("tqdm.notebook"))
}

fn names(name: &str) -> Module {
    Module::new(name, "Bars around loops.")
        .with("tqdm", Value::object(Maker { range: false }))
        .with("trange", Value::object(Maker { range: true }))
}

/// `tqdm` (and `trange`) as a callable.
struct Maker {
    range: bool,
}

const OPTIONS: &str = "desc=None, total=None, leave=True, file=None, ncols=None, mininterval=0.1, maxinterval=10.0, \
    miniters=None, ascii=None, disable=False, unit='it', unit_scale=False, dynamic_ncols=False, smoothing=0.3, \
    bar_format=None, initial=0, position=None, postfix=None, unit_divisor=1000, colour=None, delay=0.0";

impl Object for Maker {
    fn type_name(&self) -> String {
        "type".to_owned()
    }

    fn repr(&self) -> PyResult<String> {
        Ok(if self.range { "<function trange>" } else { "<class 'tqdm.std.tqdm'>" }.to_owned())
    }

    fn is_callable(&self) -> bool {
        true
    }

    fn signature(&self) -> Option<Signature> {
        let head = if self.range { "*args" } else { "iterable=None" };
        Some(Signature::parse(&format!("{head}, {OPTIONS}")))
    }

    fn attribute(&self, _this: &Value, name: &str) -> PyResult<Option<Value>> {
        Ok((name == "write").then(|| {
            Native::value(
                "write",
                "s, file=None, end='\\n', nolock=False",
                "Prints without hurting bars.",
                |v| {
                    context::text(&format!("{}\n", format::str(&v[0])?));
                    Ok(Value::None)
                },
            )
        }))
    }

    fn call(&self, _this: &Value, arguments: Arguments) -> PyResult<Value> {
        let name = if self.range { "trange" } else { "tqdm" };
        let Some(signature) = self.signature() else { return Ok(Value::None) };
        let v = signature.bind(name, arguments)?;
        let iterable = if self.range { range(&v[0])? } else { v[0].clone() };
        let total = match &v[2] {
            Value::None => length(&iterable),
            other => Some(other.as_float("total")?),
        };
        let text = |value: &Value| match value {
            Value::None => Ok(String::new()),
            other => format::str(other),
        };
        static COUNT: AtomicU64 = AtomicU64::new(1);
        let bar = Bar {
            iterable,
            total,
            description: RefCell::new(text(&v[1])?),
            postfix: RefCell::new(text(&v[18])?),
            unit: text(&v[11])?,
            leave: !matches!(v[3], Value::Bool(false)),
            disabled: matches!(v[10], Value::Bool(true)),
            done: Cell::new(v[16].as_float("initial")?),
            start: Instant::now(),
            shown: Cell::new(None),
            width_shown: Cell::new(0),
            displayed: Cell::new(false),
            closed: Cell::new(false),
            id: format!(
                "kerai-tqdm-{}-{}",
                std::process::id(),
                COUNT.fetch_add(1, Ordering::Relaxed)
            ),
        };
        if !bar.disabled {
            bar.show(false);
        }
        Ok(Value::object(bar))
    }
}

/// `range(*args)` as a list would be long; it is a value of its own.
fn range(arguments: &Value) -> PyResult<Value> {
    let items: Vec<Value> = match arguments {
        Value::Tuple(items) => items.to_vec(),
        _ => Vec::new(),
    };
    match crate::runtime::builtins::find("range") {
        Some(range) => context::call(&range, Arguments::positional(items)),
        None => Err(Exception::type_error("range is not there")),
    }
}

fn length(value: &Value) -> Option<f64> {
    Some(match value {
        Value::List(items) => items.borrow().len() as f64,
        Value::Tuple(items) => items.len() as f64,
        Value::Dict(entries) => entries.borrow().len() as f64,
        Value::Set(items) => items.borrow().len() as f64,
        Value::Str(text) => text.chars().count() as f64,
        Value::Object(object) => object.length()?.ok()? as f64,
        _ => return None,
    })
}

/// A bar.
struct Bar {
    iterable: Value,
    total: Option<f64>,
    description: RefCell<String>,
    postfix: RefCell<String>,
    unit: String,
    leave: bool,
    disabled: bool,
    done: Cell<f64>,
    start: Instant,
    /// When the bar was drawn last.
    shown: Cell<Option<Instant>>,
    width_shown: Cell<usize>,
    displayed: Cell<bool>,
    closed: Cell<bool>,
    id: String,
}

impl Bar {
    fn advance(&self, by: f64) {
        self.done.set(self.done.get() + by);
        if !self.disabled && self.shown.get().is_none_or(|at| at.elapsed().as_millis() >= 100) {
            self.show(false);
        }
    }

    /// `desc:  40%|████      | 4/10 [00:01<00:02,  2.50it/s, loss=0.1]`
    fn line(&self, width: usize) -> String {
        let (done, seconds) = (self.done.get(), self.start.elapsed().as_secs_f64());
        let rate = if seconds > 0.0 && done > 0.0 { Some(done / seconds) } else { None };
        let speed = match rate {
            Some(rate) if rate < 1.0 => format!("{:5.2}s/{}", 1.0 / rate, self.unit),
            Some(rate) => format!("{rate:5.2}{}/s", self.unit),
            None => format!("?{}/s", self.unit),
        };
        let description = self.description.borrow();
        let head = if description.is_empty() { String::new() } else { format!("{description}: ") };
        let postfix = self.postfix.borrow();
        let tail = if postfix.is_empty() { String::new() } else { format!(", {postfix}") };
        let Some(total) = self.total.filter(|t| *t > 0.0) else {
            return format!("{head}{done}{} [{}, {speed}{tail}]", self.unit, clock(seconds));
        };
        let share = (done / total).clamp(0.0, 1.0);
        let left = match rate {
            Some(rate) => clock(((total - done) / rate).max(0.0)),
            None => "?".to_owned(),
        };
        let before = format!("{head}{:3.0}%|", (share * 100.0).floor());
        let after = format!("| {done}/{total} [{}<{left}, {speed}{tail}]", clock(seconds));
        let room = width
            .saturating_sub(before.chars().count() + after.chars().count() + 1)
            .clamp(1, 10_000);
        // Eighths of a block.
        let eighths = (share * (room * 8) as f64) as usize;
        let mut bar = "█".repeat(eighths / 8);
        if !eighths.is_multiple_of(8) && eighths / 8 < room {
            bar.push([' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉'][eighths % 8]);
        }
        let empty = room.saturating_sub(bar.chars().count());
        format!("{before}{bar}{}{after}", " ".repeat(empty))
    }

    fn show(&self, last: bool) {
        self.shown.set(Some(Instant::now()));
        match context::style() {
            Style::Terminal { width, .. } => {
                let line = self.line(usize::from(width).max(20));
                let length = line.chars().count();
                let padding = " ".repeat(self.width_shown.replace(length).saturating_sub(length));
                let end = match (last, self.leave) {
                    (true, true) => "\n".to_owned(),
                    (true, false) => format!("\r{}\r", " ".repeat(length)),
                    _ => String::new(),
                };
                context::error_text(&format!("\r{line}{padding}{end}"));
            }
            Style::Plain => {
                if last && self.leave {
                    context::error_text(&format!("{}\n", self.line(80)));
                }
            }
            Style::Notebook => self.display(last),
        }
    }

    fn display(&self, last: bool) {
        let line = self.line(80);
        let hidden = last && !self.leave;
        let html = match self.total {
            _ if hidden => String::new(),
            Some(total) if total > 0.0 => {
                let around = line.split('|').collect::<Vec<_>>();
                let (before, after) = (around.first().unwrap_or(&""), around.last().unwrap_or(&""));
                format!(
                    "<div>{} <progress value=\"{}\" max=\"{total}\" style=\"width:260px;vertical-align:middle\"></progress>{}</div>",
                    escape(before),
                    self.done.get(),
                    escape(after)
                )
            }
            _ => format!("<div>{}</div>", escape(&line)),
        };
        let bundle = Bundle::default()
            .with_text("text/html", html)
            .with_text("text/plain", if hidden { String::new() } else { line });
        context::emit(if self.displayed.replace(true) {
            Output::Update { id: self.id.clone(), bundle }
        } else {
            Output::Display { id: Some(self.id.clone()), bundle }
        });
    }

    fn close(&self) {
        if !self.closed.replace(true) && !self.disabled {
            self.show(true);
        }
    }
}

/// `01:05`, `1:02:03`
fn clock(seconds: f64) -> String {
    let total = seconds.min(1e9) as u64;
    if total >= 3600 {
        format!("{}:{:02}:{:02}", total / 3600, total % 3600 / 60, total % 60)
    } else {
        format!("{:02}:{:02}", total / 60, total % 60)
    }
}

/// Closes the bar when the loop is left early.
struct Guard(Rc<dyn Object>);

impl Drop for Guard {
    fn drop(&mut self) {
        let any: Rc<dyn std::any::Any> = self.0.clone();
        if let Ok(bar) = any.downcast::<Bar>() {
            bar.close();
        }
    }
}

impl Object for Bar {
    fn type_name(&self) -> String {
        "tqdm".to_owned()
    }

    fn repr(&self) -> PyResult<String> {
        Ok(self.line(80))
    }

    fn truth(&self) -> PyResult<bool> {
        Ok(self.total.is_none_or(|total| total > 0.0))
    }

    fn length(&self) -> Option<PyResult<usize>> {
        self.total.map(|total| Ok(total as usize))
    }

    fn iterate(&self, this: &Value) -> Option<PyResult<Items>> {
        if self.iterable.is_none() {
            return Some(Err(Exception::type_error("'NoneType' object is not iterable")));
        }
        let mut inner = match iterate::items(&self.iterable) {
            Ok(items) => items,
            Err(error) => return Some(Err(error)),
        };
        let Value::Object(object) = this else { return None };
        let guard = Guard(object.clone());
        let bar = this.downcast::<Bar>()?;
        let mut started = false;
        Some(Ok(Box::new(move || {
            let _ = &guard;
            // The step before is done when the next one is asked for.
            if std::mem::replace(&mut started, true) {
                bar.advance(1.0);
            }
            let item = inner()?;
            if item.is_none() {
                bar.close();
            }
            Ok(item)
        })))
    }

    fn enter(&self, this: &Value) -> Option<PyResult<Value>> {
        Some(Ok(this.clone()))
    }

    fn exit(&self, _this: &Value, _error: Option<&Exception>) -> PyResult<bool> {
        self.close();
        Ok(false)
    }

    fn attribute(&self, this: &Value, name: &str) -> PyResult<Option<Value>> {
        match name {
            "n" => return Ok(Some(whole(self.done.get()))),
            "total" => return Ok(Some(self.total.map_or(Value::None, whole))),
            "desc" => return Ok(Some(Value::str(&*self.description.borrow()))),
            _ => {}
        }
        let Some(bar) = this.downcast::<Bar>() else { return Ok(None) };
        let method = |signature: &str, code: fn(&Bar, &[Value]) -> PyResult<()>| {
            Some(Native::value(name, signature, "", move |v| {
                code(&bar, &v)?;
                Ok(Value::None)
            }))
        };
        Ok(match name {
            "update" => method("n=1", |bar, v| {
                bar.advance(v[0].as_float("n")?);
                Ok(())
            }),
            "set_description" | "set_description_str" => {
                method("desc=None, refresh=True", |bar, v| {
                    *bar.description.borrow_mut() =
                        if v[0].is_none() { String::new() } else { format::str(&v[0])? };
                    bar.advance(0.0);
                    Ok(())
                })
            }
            "set_postfix" => method("ordered_dict=None, refresh=True, **kwargs", |bar, v| {
                let mut parts = Vec::new();
                for dict in [&v[0], &v[2]] {
                    if let Value::Dict(entries) = dict {
                        for (key, value) in entries.borrow().iter() {
                            parts.push(format!("{}={}", format::str(&key.0)?, short(value)?));
                        }
                    }
                }
                *bar.postfix.borrow_mut() = parts.join(", ");
                bar.advance(0.0);
                Ok(())
            }),
            "set_postfix_str" => method("s='', refresh=True", |bar, v| {
                *bar.postfix.borrow_mut() = format::str(&v[0])?;
                bar.advance(0.0);
                Ok(())
            }),
            "refresh" => method("", |bar, _| {
                bar.show(false);
                Ok(())
            }),
            "reset" => method("total=None", |bar, _| {
                bar.done.set(0.0);
                Ok(())
            }),
            "close" => method("", |bar, _| {
                bar.close();
                Ok(())
            }),
            "write" => method("s, file=None, end='\\n'", |_, v| {
                context::text(&format!("{}\n", format::str(&v[0])?));
                Ok(())
            }),
            _ => None,
        })
    }

    fn attribute_names(&self) -> Vec<String> {
        [
            "n",
            "total",
            "desc",
            "update",
            "set_description",
            "set_description_str",
            "set_postfix",
            "set_postfix_str",
            "refresh",
            "reset",
            "close",
            "write",
        ]
        .map(str::to_owned)
        .to_vec()
    }
}

fn whole(number: f64) -> Value {
    if number.fract() == 0.0 { Value::Int(number as i64) } else { Value::Float(number) }
}

/// Numbers with three significant digits, as tqdm shows them.
fn short(value: &Value) -> PyResult<String> {
    match value.as_float("postfix") {
        Ok(number) if !matches!(value, Value::Int(_) | Value::Bool(_)) => {
            format::format(&Value::Float(number), ".3g")
        }
        _ => format::str(value),
    }
}
