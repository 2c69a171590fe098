//! `math`

use super::Module;
use crate::runtime::Value;

pub(super) fn module() -> Module {
    Module::new("math", "Functions of numbers.").with("pi", Value::Float(std::f64::consts::PI))
}
