//! The engine of kerai: Keras' layers, models and training loop, run eagerly on candle.
//!
//! | where | what |
//! |---|---|
//! | `config`, `catalog` | one table of everything that has a name; arguments = Keras configs |
//! | `tensor`, `tape`, `variable`, `random` | values, gradients, weights, Philox |
//! | `ops/`, `kernels/` | operations with derivatives; the fast ones, each with a reference |
//! | `layer`, `layers/`, `graph`, `model` | what a layer is; the layers; symbols and plans; models |
//! | `losses/`, `metrics/`, `optimizers/`, `callbacks/`, `train` | training |
//! | `saving/`, `data/`, `datasets/`, `disk` | files |
//! | `scope` | the layers around a variable, for its path |
//! | `profile` | where the time of a training step goes |
//! | `machine` | threads, vectors, and how fast they are at best |
//! | `memory` | whether sizes that users write fit into the machine |
//!
//! Invariants: no Rhai, no Jupyter, nothing prints; `unsafe` only in `kernels/`; a layer is a value (no interior
//! mutability in `layers/`); no list of layers (losses, ...) outside the table; randomness only from `random`.
#![deny(unsafe_code)]

pub mod activations;
pub mod callbacks;
pub mod catalog;
#[doc(hidden)]
pub mod check;
pub mod compile;
pub mod config;
pub mod constraints;
pub mod data;
pub mod datasets;
pub mod disk;
pub mod dtype_policy;
pub mod error;
pub mod function;
pub mod graph;
pub mod initializers;
pub mod interrupt;
pub mod kernels;
pub mod layer;
pub mod layers;
pub mod lora;
pub mod losses;
pub mod machine;
pub mod memory;
pub mod metrics;
pub mod model;
pub mod ops;
pub mod optimizers;
pub mod profile;
pub mod random;
pub mod regularizers;
pub mod saving;
pub mod scope;
pub mod shape;
pub mod suggest;
pub mod tape;
pub mod tensor;
pub mod train;
pub mod variable;

pub use candle_core as candle;
pub use error::{Error, ErrorKind, Result};
pub use tensor::Tensor;
