//! The right side of a product, laid out for tiles: panels of some columns, row after row without gaps.

use super::Matrix;
use super::tile::{Size, size};
use crate::kernels::scratch::with_scratch;

/// Some columns of a right side.
#[derive(Clone, Copy)]
pub(super) struct Panel<'a> {
    pub(super) values: &'a [f32],
    /// Rows: the length of the sums.
    pub(super) inner: usize,
    pub(super) stride: usize,
    /// Columns that exist; the vectors may be wider.
    pub(super) columns: usize,
    pub(super) vectors: usize,
}

/// A right side laid out once for many products.
pub struct Packed {
    values: Vec<f32>,
    inner: usize,
    columns: usize,
    lanes: usize,
}

impl Packed {
    /// Lays a matrix out.
    pub fn of(b: Matrix<'_>) -> Self {
        let mut packed = Packed { values: Vec::new(), inner: 0, columns: 0, lanes: 1 };
        packed.refill(b);
        packed
    }

    /// Lays another matrix out in the same place.
    pub fn refill(&mut self, b: Matrix<'_>) {
        let Size { lanes, .. } = size();
        (self.inner, self.columns, self.lanes) = (b.rows, b.columns, lanes);
        let width = 2 * lanes;
        self.values.clear();
        self.values.reserve(b.rows * b.columns.next_multiple_of(lanes));
        for first in (0..b.columns).step_by(width) {
            lay_out(b.columns(first, width.min(b.columns - first)), lanes, &mut self.values);
        }
    }

    /// Length of the sums.
    pub fn inner(&self) -> usize {
        self.inner
    }

    /// Columns of the matrix.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Where each panel begins, and the panel.
    pub(super) fn panels(&self) -> impl Iterator<Item = (usize, Panel<'_>)> {
        let width = 2 * self.lanes;
        (0..self.columns).step_by(width).map(move |first| {
            let columns = width.min(self.columns - first);
            let stride = columns.next_multiple_of(self.lanes);
            let values = &self.values[first * self.inner..][..stride * self.inner];
            let vectors = stride / self.lanes;
            (first, Panel { values, inner: self.inner, stride, columns, vectors })
        })
    }
}

/// Appends a panel; columns that are not there are 0.
fn lay_out(b: Matrix<'_>, lanes: usize, to: &mut Vec<f32>) {
    let stride = b.columns.next_multiple_of(lanes);
    if b.column_stride == 1 {
        // Rows may overlap: both strides of a turned column are 1.
        let rows = (0..b.rows).map(|row| &b.values[row * b.row_stride..][..b.columns]);
        // Widths that are known copy without a call.
        match b.columns {
            32 => rows
                .filter_map(|row| row.first_chunk::<32>())
                .for_each(|row| to.extend_from_slice(row)),
            16 => rows
                .filter_map(|row| row.first_chunk::<16>())
                .for_each(|row| to.extend_from_slice(row)),
            columns => rows.for_each(|row| {
                to.extend_from_slice(row);
                to.resize(to.len() + stride - columns, 0.0);
            }),
        }
        return;
    }
    let start = to.len();
    to.resize(start + b.rows * stride, 0.0);
    let panel = &mut to[start..];
    if b.rows == 0 {
        return;
    }
    for column in 0..b.columns {
        let values = &b.values[column * b.column_stride..];
        // Zip and step_by leave no bounds to check.
        let places = panel[column..].iter_mut().step_by(stride);
        if b.row_stride == 1 {
            places.zip(values).for_each(|(to, value)| *to = *value);
        } else {
            places.zip(values.iter().step_by(b.row_stride)).for_each(|(to, value)| *to = *value);
        }
    }
}

/// Runs `work` on a matrix of at most a tile's width, as it stands or laid out.
pub(super) fn with_panel(b: Matrix<'_>, in_place: bool, work: impl FnOnce(Panel<'_>)) {
    let Size { lanes, .. } = size();
    let stride = b.columns.next_multiple_of(lanes);
    let panel = Panel {
        values: b.values,
        inner: b.rows,
        stride: b.row_stride,
        columns: b.columns,
        vectors: stride / lanes,
    };
    if in_place {
        return work(panel);
    }
    with_scratch(|values| {
        values.clear();
        lay_out(b, lanes, values);
        work(Panel { values, stride, ..panel });
    });
}
