//! One row per function: the same code serves `plt.plot` (on the current axes) and `ax.plot`.

use super::state::{self, Target};
use crate::runtime::{Native, PyResult, Value};

/// A function on axes, with its names in both spellings (empty: not there).
pub(super) struct Row {
    pub(super) plt: &'static str,
    pub(super) axes: &'static str,
    signature: &'static str,
    doc: &'static str,
    code: fn(&Target, Vec<Value>) -> PyResult<Value>,
}

pub(super) const fn row(
    plt: &'static str,
    axes: &'static str,
    signature: &'static str,
    doc: &'static str,
    code: fn(&Target, Vec<Value>) -> PyResult<Value>,
) -> Row {
    Row { plt, axes, signature, doc, code }
}

/// All functions on axes.
pub(super) fn rows() -> impl Iterator<Item = &'static Row> {
    [
        super::lines::ROWS,
        super::scatter::ROWS,
        super::bars::ROWS,
        super::areas::ROWS,
        super::rules::ROWS,
        super::grids::ROWS,
        super::statistics::ROWS,
        super::titles::ROWS,
        super::axis::ROWS,
        super::legend::ROWS,
        super::notes::ROWS,
    ]
    .into_iter()
    .flatten()
}

impl Row {
    /// As a function of `plt`.
    pub(super) fn function(&self) -> Value {
        let code = self.code;
        Native::value(self.plt, self.signature, self.doc, move |values| {
            code(&state::axes(), values)
        })
    }

    /// As a method of axes.
    pub(super) fn method(&self, target: &Target) -> Value {
        let (code, target) = (self.code, target.clone());
        Native::value(self.axes, self.signature, self.doc, move |values| code(&target, values))
    }
}
