//! Products of matrices, the inner loop of most layers: `y = a b`, with what follows (a bias, a relu) in the same pass.
//!
//! Shapes: a `[m, k]`, b `[k, n]`, y `[m, n]`, in any strides; a may also be windows over longer rows ([`Left`]), which
//! makes convolutions products without copies. A tile of y (12 x 32 numbers with AVX-512) stays in registers while k
//! runs; of the left side single numbers are spread over a vector, wherever they stand, so only the right side is ever
//! laid out anew ([`Packed`]), and only where that pays. Goto and van de Geijn, 2008, doi:10.1145/1356052.1356053.
//!
//! Every element is the sum of its products in the order of k: the bits depend neither on the number of threads nor on
//! how y is cut into tiles.

mod pack;
pub mod reference;
mod tile;
mod vector;

pub use pack::Packed;
use pack::{Panel, with_panel};
use rayon::prelude::*;
use std::ops::Range;
use tile::Tile;

/// A matrix in a slice: how many rows and columns, and how far apart they are.
#[derive(Clone, Copy)]
pub struct Matrix<'a> {
    values: &'a [f32],
    rows: usize,
    columns: usize,
    row_stride: usize,
    column_stride: usize,
}

impl<'a> Matrix<'a> {
    /// Row-major values.
    pub fn rows(values: &'a [f32], rows: usize, columns: usize) -> Self {
        assert_eq!(values.len(), rows * columns, "a matrix of {rows} x {columns}");
        Matrix { values, rows, columns, row_stride: columns, column_stride: 1 }
    }

    /// Some columns of row-major values: rows are `row_stride` apart, the first value is that of the first column.
    pub fn part(values: &'a [f32], rows: usize, columns: usize, row_stride: usize) -> Self {
        let needed = if rows == 0 { 0 } else { (rows - 1) * row_stride + columns };
        assert!(values.len() >= needed, "a part of {rows} x {columns}");
        Matrix { values, rows, columns, row_stride, column_stride: 1 }
    }

    /// The transpose, without moving anything.
    #[must_use]
    pub fn transposed(self) -> Self {
        Matrix {
            values: self.values,
            rows: self.columns,
            columns: self.rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
        }
    }

    /// Some rows.
    fn slice(self, start: usize, rows: usize) -> Self {
        assert!(start + rows <= self.rows, "rows {start}..{}", start + rows);
        let start = if rows == 0 { 0 } else { start * self.row_stride };
        Matrix { values: &self.values[start..], rows, ..self }
    }

    /// Some columns.
    fn columns(self, start: usize, columns: usize) -> Self {
        self.transposed().slice(start, columns).transposed()
    }

    /// As the left side of a product.
    pub fn left(&self) -> Left<'a> {
        Left {
            values: self.values,
            rows: self.rows,
            row_stride: self.row_stride,
            step: self.column_stride,
            segments: &[0],
            length: self.columns,
        }
    }
}

/// The left side of a product: each row is a chain of segments, at the same places relative to the row's beginning.
/// Element (i, k) stands at `segments[k / length] + i row_stride + (k % length) step`.
#[derive(Clone, Copy)]
pub struct Left<'a> {
    /// What the rows lie in.
    pub values: &'a [f32],
    /// How many.
    pub rows: usize,
    /// From one row to the next.
    pub row_stride: usize,
    /// From one element of a segment to the next.
    pub step: usize,
    /// Where segments begin.
    pub segments: &'a [usize],
    /// Elements of a segment.
    pub length: usize,
}

impl Left<'_> {
    fn inner(&self) -> usize {
        self.segments.len() * self.length
    }

    /// Panics where an element would lie outside the values.
    fn check(&self) {
        let Some(last) = self.segments.iter().max() else { return };
        if self.rows > 0 && self.length > 0 {
            let last = last + (self.rows - 1) * self.row_stride + (self.length - 1) * self.step;
            assert!(last < self.values.len(), "the left side ends at {last}");
        }
    }
}

/// What can be done to numbers where they stand.
pub trait InPlace: Sync {
    /// Does it.
    fn run(&self, values: &mut [f32]);
}

/// What follows the products.
#[derive(Clone, Copy, Default)]
pub struct Finish<'a> {
    /// Whether the result is added to what y holds.
    pub add: bool,
    /// Added to each row; empty: none.
    pub bias: &'a [f32],
    /// Whether negative results become 0.
    pub relu: bool,
    /// Done to finished results, many at a time, while they are in the cache.
    pub then: Option<&'a dyn InPlace>,
}

/// Where results go: element (i, j) to `pointer + i stride + j`, or the other way round.
#[derive(Clone, Copy)]
struct Target {
    pointer: *mut f32,
    stride: usize,
    turned: bool,
}

impl Target {
    /// # Safety
    /// The target has this row.
    unsafe fn skip_rows(self, row: usize) -> Self {
        let step = if self.turned { 1 } else { self.stride };
        // SAFETY: the caller vouches for the row.
        Target { pointer: unsafe { self.pointer.add(row * step) }, ..self }
    }
}

// SAFETY: tasks that share a target write to different elements; `product` gives each its own rows or columns.
unsafe impl Send for Target {}
// SAFETY: as above.
unsafe impl Sync for Target {}

/// Below this many multiplications the thread pool costs more than it gives.
const PARALLEL_FROM: usize = 6 << 20;

/// Longest sums in one go: a panel of the right side stays in the second-level cache.
const LONGEST: usize = 4096;

/// `y = a b`; y is row-major. Large products use all threads, so this is not for work that is a part of other work.
pub fn product(y: &mut [f32], a: Matrix<'_>, b: Matrix<'_>, finish: Finish<'_>) {
    assert_eq!(y.len(), a.rows * b.columns, "the result has {} x {} values", a.rows, b.columns);
    product_in(y, b.columns, a, b, finish);
}

/// As [`product`], in rows that are `y_stride` apart.
pub fn product_in(
    y: &mut [f32],
    y_stride: usize,
    a: Matrix<'_>,
    b: Matrix<'_>,
    finish: Finish<'_>,
) {
    let parallel =
        a.rows * a.columns * b.columns >= PARALLEL_FROM && rayon::current_num_threads() > 1;
    in_blocks(y, y_stride, a, b, finish, parallel);
}

/// `y = a b` on this thread; the rows of y are `y_stride` apart.
pub fn product_part(
    y: &mut [f32],
    y_stride: usize,
    a: Matrix<'_>,
    b: Matrix<'_>,
    finish: Finish<'_>,
) {
    in_blocks(y, y_stride, a, b, finish, false);
}

/// Long sums one block after the other.
fn in_blocks(
    y: &mut [f32],
    y_stride: usize,
    a: Matrix<'_>,
    b: Matrix<'_>,
    finish: Finish<'_>,
    parallel: bool,
) {
    let k = a.columns;
    assert_eq!(k, b.rows, "inner sizes");
    if k <= LONGEST {
        return whole(y, y_stride, a, b, finish, parallel);
    }
    for start in (0..k).step_by(LONGEST) {
        let length = LONGEST.min(k - start);
        let (a, b) = (a.columns(start, length), b.slice(start, length));
        let is_last = start + length == k;
        let finish = match is_last {
            true => Finish { add: start > 0 || finish.add, ..finish },
            false => Finish { add: start > 0 || finish.add, ..Finish::default() },
        };
        whole(y, y_stride, a, b, finish, parallel);
    }
}

fn whole(
    y: &mut [f32],
    y_stride: usize,
    a: Matrix<'_>,
    b: Matrix<'_>,
    finish: Finish<'_>,
    parallel: bool,
) {
    let (m, k, n) = (a.rows, a.columns, b.columns);
    if m == 0 || n == 0 {
        return;
    }
    assert!(y.len() >= (m - 1) * y_stride + n && y_stride >= n, "the result is {m} x {n}");
    assert!(finish.bias.is_empty() || finish.bias.len() == n, "a bias for each column");
    // A transposed right side has to be laid out number by number. Where the left side is the smaller one, the product
    // is made the other way round: y' = b' a'.
    let is_plain = finish.bias.is_empty() && !finish.relu && finish.then.is_none();
    let turned = b.column_stride != 1 && is_plain && m * (k + n) < n * k;
    let target = Target { pointer: y.as_mut_ptr(), stride: y_stride, turned };
    let (left, right) = if turned { (b.transposed(), a.transposed()) } else { (a, b) };
    // SAFETY: `y` is borrowed exclusively and long enough for all rows and columns, as asserted.
    unsafe {
        if !parallel {
            columns_of(target, &left.left(), right, finish, 0);
            follow(target, m, 0..n, finish);
        } else if right.columns > left.rows {
            by_columns(target, &left.left(), right, finish);
        } else {
            by_rows(target, left, right, finish);
        }
    }
}

/// Tasks per thread: enough that a thread which the system holds up does not hold up the others.
pub const TASKS: usize = 4;

/// # Safety
/// The target takes all elements.
unsafe fn by_columns(target: Target, left: &Left<'_>, right: Matrix<'_>, finish: Finish<'_>) {
    let width = 2 * tile::size().lanes;
    let tasks = TASKS * rayon::current_num_threads();
    let each = right.columns.div_ceil(tasks).next_multiple_of(width);
    (0..right.columns.div_ceil(each)).into_par_iter().for_each(|task| {
        let start = task * each;
        let right = right.columns(start, each.min(right.columns - start));
        // SAFETY: tasks have different columns, all within the target.
        unsafe {
            columns_of(target, left, right, finish, start);
            follow(target, left.rows, start..start + right.columns, finish);
        }
    });
}

/// # Safety
/// The target takes all elements.
unsafe fn by_rows(target: Target, left: Matrix<'_>, right: Matrix<'_>, finish: Finish<'_>) {
    let rows = tile::size().rows;
    let tasks = TASKS * rayon::current_num_threads();
    let each = left.rows.div_ceil(tasks).next_multiple_of(rows);
    let packed = Packed::of(right);
    (0..left.rows.div_ceil(each)).into_par_iter().for_each(|task| {
        let start = task * each;
        let left = left.slice(start, each.min(left.rows - start));
        // SAFETY: tasks have different rows, all within the target.
        unsafe {
            let target = target.skip_rows(start);
            packed_columns(target, &left.left(), &packed, finish);
            follow(target, left.rows, 0..right.columns, finish);
        }
    });
}

/// What follows the finished results of some columns. The target is not turned.
///
/// # Safety
/// The target takes these elements.
unsafe fn follow(target: Target, rows: usize, columns: Range<usize>, finish: Finish<'_>) {
    let Some(then) = finish.then else { return };
    debug_assert!(!target.turned);
    let (lines, length) = match columns.len() == target.stride {
        true => (1, rows * columns.len()),
        false => (rows, columns.len()),
    };
    for line in 0..lines {
        let first = target.pointer.wrapping_add(line * target.stride + columns.start);
        // SAFETY: the caller vouches for the elements, which no other task has.
        then.run(unsafe { std::slice::from_raw_parts_mut(first, length) });
    }
}

/// All rows of some columns, which begin at column `start` of the target.
///
/// # Safety
/// The target takes these elements.
unsafe fn columns_of(
    target: Target,
    left: &Left<'_>,
    right: Matrix<'_>,
    finish: Finish<'_>,
    start: usize,
) {
    left.check();
    let tile::Size { rows, lanes } = tile::size();
    let width = 2 * lanes;
    // What few rows look at is read where it stands, if it stands in rows.
    let in_place = right.column_stride == 1 && left.rows <= 3 * rows;
    // A single row needs many sums side by side, or each addition waits for the one before.
    let wide = if left.rows == 1 && in_place { right.columns / (8 * lanes) * 8 * lanes } else { 0 };
    for first in (0..wide).step_by(8 * lanes) {
        let part = right.columns(first, 8 * lanes);
        let panel = Panel {
            values: part.values,
            inner: part.rows,
            stride: part.row_stride,
            columns: 8 * lanes,
            vectors: 8,
        };
        // SAFETY: passed on.
        unsafe { panel_tiles(target, left, panel, finish, start + first) }
    }
    for first in (wide..right.columns).step_by(width) {
        let part = right.columns(first, width.min(right.columns - first));
        let whole = part.columns == width;
        with_panel(part, in_place && whole, |panel| {
            // SAFETY: passed on.
            unsafe { panel_tiles(target, left, panel, finish, start + first) }
        });
    }
}

/// As above with a right side that is laid out already.
///
/// # Safety
/// The target takes these elements.
unsafe fn packed_columns(target: Target, left: &Left<'_>, right: &Packed, finish: Finish<'_>) {
    left.check();
    assert_eq!(left.inner(), right.inner(), "inner sizes");
    for (first, panel) in right.panels() {
        // SAFETY: passed on.
        unsafe { panel_tiles(target, left, panel, finish, first) }
    }
}

/// The tiles of one panel of columns, from column `start` of the target on.
///
/// # Safety
/// The target takes these elements; `left.check()` has been called.
unsafe fn panel_tiles(
    target: Target,
    left: &Left<'_>,
    panel: Panel<'_>,
    finish: Finish<'_>,
    start: usize,
) {
    debug_assert_eq!(left.inner(), panel.inner);
    let most = tile::size().rows;
    let tiles = left.rows.div_ceil(most);
    let (of_row, of_column) = if target.turned { (1, target.stride) } else { (target.stride, 1) };
    let mut row = 0;
    for i in 0..tiles {
        // Tiles of nearly equal height: 16 rows are two times 8, not 14 and 2.
        let rows = (left.rows - row).div_ceil(tiles - i);
        // SAFETY: rows and columns lie inside the left side (checked), the panel and the target.
        unsafe {
            let tile = Tile {
                left: left.values.as_ptr().wrapping_add(row * left.row_stride),
                row_stride: left.row_stride,
                step: left.step,
                segments: left.segments,
                length: left.length,
                right: panel.values.as_ptr(),
                right_stride: panel.stride,
                y: target.pointer.add(row * of_row + start * of_column),
                y_stride: target.stride,
                columns: panel.columns,
                add: finish.add,
                bias: match finish.bias {
                    [] => std::ptr::null(),
                    bias => bias[start..].as_ptr(),
                },
                relu: finish.relu,
                turned: target.turned,
            };
            tile::run(rows, panel.vectors, &tile);
        }
        row += rows;
    }
}

/// `y = left right` on this thread; the rows of y are `y_stride` apart.
pub fn multiply(
    y: &mut [f32],
    y_stride: usize,
    left: &Left<'_>,
    right: &Packed,
    finish: Finish<'_>,
) {
    if left.rows == 0 || right.columns() == 0 {
        return;
    }
    let last = (left.rows - 1) * y_stride + right.columns();
    assert!(y.len() >= last && y_stride >= right.columns(), "the result ends at {last}");
    assert!(finish.bias.is_empty() || finish.bias.len() == right.columns(), "a bias per column");
    let target = Target { pointer: y.as_mut_ptr(), stride: y_stride, turned: false };
    // SAFETY: `y` is borrowed exclusively and long enough, as asserted.
    unsafe { packed_columns(target, left, right, finish) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    fn draw(n: usize, seed: u64) -> Vec<f32> {
        let mut values = vec![0.0; n];
        Random::new(seed, 1).fill_normal(&mut values);
        values
    }

    struct Halve;

    impl InPlace for Halve {
        fn run(&self, values: &mut [f32]) {
            values.iter_mut().for_each(|value| *value *= 0.5);
        }
    }

    #[test]
    fn all_sizes_and_transposes_agree_with_the_reference() {
        let sizes = [
            (1, 1, 1),
            (5, 1, 6),
            (7, 6, 1),
            (40, 1, 70),
            (3, 5, 2),
            (14, 9, 32),
            (15, 8, 33),
            (29, 31, 16),
            (50, 7, 70),
            (2, 40, 300),
            (300, 40, 2),
            (129, 130, 131),
            (250, 300, 280),
            (3, 4100, 5),
        ];
        for (m, k, n) in sizes {
            let (a, b, before) = (draw(m * k, 1), draw(k * n, 2), draw(m * n, 3));
            let bias = draw(n, 4);
            for (a_turned, b_turned) in [(false, false), (true, false), (false, true), (true, true)]
            {
                let a = match a_turned {
                    true => Matrix::rows(&a, k, m).transposed(),
                    false => Matrix::rows(&a, m, k),
                };
                let b = match b_turned {
                    true => Matrix::rows(&b, n, k).transposed(),
                    false => Matrix::rows(&b, k, n),
                };
                let finishes = [
                    Finish::default(),
                    Finish { add: true, ..Finish::default() },
                    Finish { bias: &bias, relu: true, ..Finish::default() },
                    Finish { bias: &bias, then: Some(&Halve), ..Finish::default() },
                ];
                for finish in finishes {
                    let mut y = before.clone();
                    product(&mut y, a, b, finish);
                    let exact = reference::product(&before, a, b, finish);
                    for (y, exact) in y.iter().zip(exact) {
                        let exact = if finish.then.is_some() { exact / 2.0 } else { exact };
                        let allowed = 2e-6 * (k as f64).sqrt() * exact.abs().max(1.0);
                        assert!(
                            (f64::from(*y) - exact).abs() < allowed,
                            "{m} {k} {n}: {y} {exact}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn the_bits_do_not_depend_on_how_the_work_is_split() {
        let (m, k, n) = (270, 200, 290);
        let (a, b) = (draw(m * k, 1), draw(k * n, 2));
        let (left, right) = (Matrix::rows(&a, m, k), Matrix::rows(&b, k, n));
        let mut parallel = vec![0.0; m * n];
        product(&mut parallel, left, right, Finish::default());
        let mut alone = vec![0.0; m * n];
        product_part(&mut alone, n, left, right, Finish::default());
        assert!(parallel == alone);
    }

    #[test]
    fn rows_of_segments_are_windows() {
        // Windows of 3 taps, 2 apart, over pairs of numbers.
        let x = draw(2 * 20, 1);
        let w = draw(6 * 5, 2);
        let segments = [0, 4, 8];
        let left =
            Left { values: &x, rows: 15, row_stride: 2, step: 1, segments: &segments, length: 2 };
        let mut y = vec![0.0; 15 * 5];
        multiply(&mut y, 5, &left, &Packed::of(Matrix::rows(&w, 6, 5)), Finish::default());
        for row in 0..15 {
            for column in 0..5 {
                let exact: f32 =
                    (0..6).map(|k| x[2 * row + 4 * (k / 2) + k % 2] * w[k * 5 + column]).sum();
                assert!((y[row * 5 + column] - exact).abs() < 1e-5);
            }
        }
    }
}
