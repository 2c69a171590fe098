//! LSTM, GRU, SimpleRNN: layers that go through a sequence step by step.
//!
//! `run.rs` is what they share; the cells' arithmetic is in `kernels::recurrent`.

pub mod gru;
pub mod lstm;
mod run;
pub mod simple_rnn;
