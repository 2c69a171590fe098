//! kerai-engine
pub mod suggest;
