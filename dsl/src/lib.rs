//! The language of kerai: Keras' Python spelling (and plain Rhai), its runtime, its modules, its pictures.
//!
//! | where | what |
//! |---|---|
//! | `session` | what a front end asks: eval, complete, inspect, status, highlight, interrupt |
//! | `sink` | what comes back: one ordered stream of outputs |
//! | `source/` | from text to Rhai |
//! | `runtime/` | Python's meaning: values, operators, calls, classes, exceptions, builtins |
//! | `modules/` | what `import` finds |
//! | `bind` | the engine's catalog as callable values |
//! | `machine` | what front ends ask about the machine |
//! | `show/` | summaries, curves, figures -> `Bundle` |
//!
//! Invariants: nothing here prints (everything leaves through a [`sink::Sink`]), nothing here knows a terminal or a
//! socket, no layer (loss, optimizer, ...) is named outside the engine's catalog, and there is no `unsafe`.
#![forbid(unsafe_code)]

pub mod bind;
mod complete;
pub mod diagnostic;
mod highlight;
mod inspect;
pub mod machine;
pub mod modules;
pub mod runtime;
mod scan;
pub mod session;
pub mod show;
pub mod sink;
mod source;
mod status;
