//! From text to Rhai: parse, find out which name lives where, lower, keep the positions, refuse what is not there.

pub(crate) mod lower;
pub(crate) mod parse;
pub(crate) mod positions;
pub(crate) mod refuse;
