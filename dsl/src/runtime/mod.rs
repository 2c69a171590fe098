//! Python's meaning on Rhai's engine: values, operators, calls, classes, exceptions, printing, builtins.
//!
//! `value` holds the closed set of built-in values, `object` the protocol that everything else speaks (functions,
//! classes, modules, arrays, tensors, layers), `arguments` how calls are bound, `exception` what goes wrong.

pub mod arguments;
pub(crate) mod arithmetic;
pub mod attributes;
pub mod builtins;
pub mod class;
pub mod context;
pub mod exception;
pub mod format;
pub mod function;
pub mod generator;
pub mod globals;
pub mod hash;
pub mod interpreter;
pub mod iterate;
pub(crate) mod natives;
pub mod object;
pub mod operators;
pub mod raise;
pub mod rehearsal;
pub(crate) mod rhai_spelling;
pub mod sequence;
pub mod types;
pub mod value;

pub use arguments::{Arguments, Native, Signature};
pub use exception::{Exception, PyResult};
pub use object::{BinaryOp, CompareOp, Object, UnaryOp};
pub use value::{Dict, Key, Value};
