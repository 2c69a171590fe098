//! The engine as values of the language. No layer, loss or optimizer is named here: classes come out of the catalog in
//! one loop (`class`), everything else is what those classes make.

pub mod class;
pub mod convert;
pub mod data;
pub mod errors;
pub mod fit;
pub mod function;
pub mod functional;
pub mod layer;
pub mod made;
pub mod model;
pub mod own;
pub mod pass;
pub mod policy;
pub mod symbol;
pub mod tape;
pub mod tensor;
