//! The protocol that every value outside the closed set speaks. Defaults are what Python does for a plain object.

use super::{Arguments, Dict, Exception, PyResult, Value};
use crate::sink::Bundle;
use std::any::Any;
use std::cell::RefCell;
use std::rc::Rc;

/// Binary operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are Python's operators")]
pub enum BinaryOp {
    Add,
    Sub,
    Mul,
    Div,
    FloorDiv,
    Mod,
    Pow,
    MatMul,
    And,
    Or,
    Xor,
    ShiftLeft,
    ShiftRight,
}

/// Rich comparisons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are Python's operators")]
pub enum CompareOp {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

/// Unary operators (`not` is `truth`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are Python's operators")]
pub enum UnaryOp {
    Neg,
    Pos,
    Invert,
    Abs,
}

/// What a lazily produced sequence looks like from Rust: the next item, or the end.
pub type Items = Box<dyn FnMut() -> PyResult<Option<Value>>>;

/// Documentation of an object, for `help()`, `?name` and completion.
#[derive(Debug, Clone, Default)]
pub struct Doc {
    /// `Dense(units, activation=None, ...)`, empty if it cannot be called.
    pub signature: String,
    /// Text in Markdown.
    pub text: String,
}

/// An object of the language. `this` is the value that holds the object, for results that refer to it.
#[expect(unused_variables, reason = "defaults ignore what a plain object cannot do")]
pub trait Object: Any {
    /// The name of the class, as `type(x).__name__`.
    fn type_name(&self) -> String;

    /// `repr(x)`
    fn repr(&self) -> PyResult<String> {
        Ok(format!("<{} object>", self.type_name()))
    }

    /// `str(x)`
    fn to_str(&self) -> PyResult<String> {
        self.repr()
    }

    /// `format(x, spec)`; `None`: as `str` does.
    fn format(&self, spec: &str) -> PyResult<Option<String>> {
        Ok(None)
    }

    /// What `is` and `id` go by, for values that stand for something with an address of its own: two of them for one
    /// weight are the same. `None`: the value itself.
    fn identity(&self) -> Option<usize> {
        None
    }

    /// `bool(x)`
    fn truth(&self) -> PyResult<bool> {
        match self.length() {
            Some(length) => Ok(length? > 0),
            None => Ok(true),
        }
    }

    /// The plain number (or bool, str) that this is, for values such as `np.float32(1)` and arrays or tensors of one element.
    fn as_scalar(&self) -> Option<Value> {
        None
    }

    /// The dict that this is, for objects that behave as one (`Counter`, `defaultdict`, ...).
    fn as_dict(&self) -> Option<Rc<RefCell<Dict>>> {
        None
    }

    /// The items, for objects that are tuples (named tuples).
    fn as_tuple(&self) -> Option<Vec<Value>> {
        None
    }

    /// `x.name`; `None`: there is no such attribute (the caller raises `AttributeError` with the nearest names).
    fn attribute(&self, this: &Value, name: &str) -> PyResult<Option<Value>> {
        Ok(None)
    }

    /// `x.name` for completion and help. Objects whose attributes can run the program's code (properties) say `None` there.
    fn peek(&self, this: &Value, name: &str) -> Option<Value> {
        self.attribute(this, name).ok().flatten()
    }

    /// The names that `attribute` knows, for `dir`, completion and did-you-mean.
    fn attribute_names(&self) -> Vec<String> {
        Vec::new()
    }

    /// `x.name = value`; `false`: attributes cannot be set here.
    fn set_attribute(&self, this: &Value, name: &str, value: Value) -> PyResult<bool> {
        Ok(false)
    }

    /// `del x.name`; `false`: attributes cannot be deleted here.
    fn delete_attribute(&self, this: &Value, name: &str) -> PyResult<bool> {
        Ok(false)
    }

    /// `x(...)`
    fn call(&self, this: &Value, arguments: Arguments) -> PyResult<Value> {
        Err(Exception::type_error(format!("'{}' object is not callable", self.type_name())))
    }

    /// Whether `callable(x)`.
    fn is_callable(&self) -> bool {
        false
    }

    /// Whether a callable that a class holds becomes a method when it is looked up on an instance.
    fn binds(&self) -> bool {
        false
    }

    /// `x.name(...)`. The default looks the attribute up and calls it; override it to save the bound method.
    fn call_method(
        &self,
        this: &Value,
        name: &str,
        arguments: Arguments,
    ) -> Option<PyResult<Value>> {
        None
    }

    /// `len(x)`; `None`: it has no length.
    fn length(&self) -> Option<PyResult<usize>> {
        None
    }

    /// `x[key]`
    fn item(&self, this: &Value, key: &Value) -> PyResult<Value> {
        Err(Exception::type_error(format!("'{}' object is not subscriptable", self.type_name())))
    }

    /// `x[key] = value`
    fn set_item(&self, key: &Value, value: Value) -> PyResult<()> {
        Err(Exception::type_error(format!(
            "'{}' object does not support item assignment",
            self.type_name()
        )))
    }

    /// `del x[key]`
    fn delete_item(&self, key: &Value) -> PyResult<()> {
        Err(Exception::type_error(format!(
            "'{}' object doesn't support item deletion",
            self.type_name()
        )))
    }

    /// `item in x`; `None`: found by iterating.
    fn contains(&self, item: &Value) -> Option<PyResult<bool>> {
        None
    }

    /// `iter(x)`; `None`: not iterable. An iterator gives the rest of itself.
    fn iterate(&self, this: &Value) -> Option<PyResult<Items>> {
        None
    }

    /// `next(x)`: the next item, or `Ok(None)` at the end; `None`: not an iterator.
    fn next(&self, this: &Value) -> Option<PyResult<Option<Value>>> {
        None
    }

    /// Whether `next` answers: then `iter(x)` is `x` itself.
    fn is_iterator(&self) -> bool {
        false
    }

    /// What this class does for classes of a program that derive from it; `None`: nothing can derive from it.
    fn as_base(&self) -> Option<Rc<dyn super::class::NativeBase>> {
        None
    }

    /// `type(x)`; `None`: a class that is known by `type_name` alone.
    fn class(&self) -> Option<Value> {
        None
    }

    /// For classes: those that this one derives from directly; `None`: this is no class.
    fn bases(&self) -> Option<Vec<Value>> {
        None
    }

    /// For classes: `isinstance(value, this)`; `None`: found by walking the bases of `type(value)`.
    fn instance_check(&self, this: &Value, value: &Value) -> Option<PyResult<bool>> {
        None
    }

    /// For classes: `issubclass(class, this)`; `None`: found by walking the bases of `class`.
    fn subclass_check(&self, this: &Value, class: &Value) -> Option<PyResult<bool>> {
        None
    }

    /// `x op other`, or `other op x` if `reflected`; `None` is `NotImplemented`.
    fn binary(
        &self,
        this: &Value,
        op: BinaryOp,
        other: &Value,
        reflected: bool,
    ) -> Option<PyResult<Value>> {
        None
    }

    /// `x op= other` in place (lists and arrays change, others do not); `None`: as `x = x op other`.
    fn binary_in_place(
        &self,
        this: &Value,
        op: BinaryOp,
        other: &Value,
    ) -> Option<PyResult<Value>> {
        None
    }

    /// `x op other` for comparisons; the result need not be a `bool` (arrays). `None`: identity for `==`, else `TypeError`.
    fn compare(&self, this: &Value, op: CompareOp, other: &Value) -> Option<PyResult<Value>> {
        None
    }

    /// `-x`, `+x`, `~x`, `abs(x)`
    fn unary(&self, this: &Value, op: UnaryOp) -> Option<PyResult<Value>> {
        None
    }

    /// `hash(x)`; `None`: by identity. `Err`: unhashable.
    fn hash(&self) -> PyResult<Option<u64>> {
        Ok(None)
    }

    /// `with x as t`: what `t` is. `None`: no context manager.
    fn enter(&self, this: &Value) -> Option<PyResult<Value>> {
        None
    }

    /// The end of `with`; `error` is what the block raised. `Ok(true)` swallows it.
    fn exit(&self, this: &Value, error: Option<&Exception>) -> PyResult<bool> {
        Ok(false)
    }

    /// How a notebook shows the value of a cell's last line; `None`: as `repr`.
    fn display(&self) -> Option<Bundle> {
        None
    }

    /// Documentation for `help()`, `?name` and completion.
    fn doc(&self) -> Option<Doc> {
        None
    }

    /// The parameters of a callable, for binding and completion of keyword names.
    fn signature(&self) -> Option<super::Signature> {
        None
    }
}
