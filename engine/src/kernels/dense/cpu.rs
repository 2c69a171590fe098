//! Products through `gemm`, which chooses AVX-512, AVX2 or NEON at run time; small ones stay on one thread.

use crate::kernels::simd::simd;
use gemm::Parallelism;
use rayon::prelude::*;

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
        Matrix { values: &self.values[start * self.row_stride..], rows, ..self }
    }
}

/// Below this many multiplications the thread pool costs more than it gives (32 x 128 x 784 loses two thirds of its speed).
const PARALLEL_FROM: usize = 8 << 20;

/// `y = a b`, or `y += a b` if `add`; y is row-major. Large products use all threads.
pub fn product(y: &mut [f32], a: Matrix<'_>, b: Matrix<'_>, add: bool) {
    let (m, k, n) = (a.rows, a.columns, b.columns);
    assert_eq!(y.len(), m * n, "the result has {m} x {n} values");
    let threads = rayon::current_num_threads();
    let is_large = m * n * k >= PARALLEL_FROM && threads > 1;
    if !is_large || rayon::current_thread_index().is_some() {
        return multiply(y, n, a, b, add, Parallelism::None);
    }
    // One product of its own rows per thread beats gemm's own threads where there are rows enough (see benches/kernels).
    if m >= 64 * threads {
        let rows = m.div_ceil(threads).next_multiple_of(16);
        y.par_chunks_mut(rows * n).enumerate().for_each(|(i, y)| {
            let a = a.slice(i * rows, y.len() / n);
            multiply(y, n, a, b, add, Parallelism::None);
        });
    } else {
        multiply(y, n, a, b, add, Parallelism::Rayon(0));
    }
}

/// `y = a b` (or `+=`) on this thread; the rows of y are `row_stride` apart.
pub fn product_part(y: &mut [f32], row_stride: usize, a: Matrix<'_>, b: Matrix<'_>, add: bool) {
    multiply(y, row_stride, a, b, add, Parallelism::None);
}

fn multiply(
    y: &mut [f32],
    row_stride: usize,
    a: Matrix<'_>,
    b: Matrix<'_>,
    add: bool,
    parallelism: Parallelism,
) {
    let (m, k, n) = (a.rows, a.columns, b.columns);
    assert_eq!(k, b.rows, "inner sizes");
    if m == 0 || n == 0 {
        return;
    }
    assert!(y.len() >= (m - 1) * row_stride + n && row_stride >= n, "the result is {m} x {n}");
    let stride =
        |stride: usize| isize::try_from(stride).expect("slices are shorter than isize::MAX");
    // SAFETY: `Matrix` holds its rows and columns at its strides (asserted where it is made) and `y` m rows of n values
    // (asserted above), so every element that gemm touches lies inside; y is borrowed exclusively, so nothing aliases it.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            y.as_mut_ptr(),
            1,
            stride(row_stride),
            add,
            a.values.as_ptr(),
            stride(a.column_stride),
            stride(a.row_stride),
            b.values.as_ptr(),
            stride(b.column_stride),
            stride(b.row_stride),
            1.0,
            1.0,
            false,
            false,
            false,
            parallelism,
        );
    }
}

simd! {
    /// Adds a bias (empty: none) to each row, and cuts below 0 if asked to.
    pub fn finish_rows(y: &mut [f32], bias: &[f32], relu: bool) {
        if bias.is_empty() {
            if relu {
                for y in y {
                    // Not max(): nan must stay nan, as in Keras.
                    *y = if *y <= 0.0 { 0.0 } else { *y };
                }
            }
            return;
        }
        for row in y.chunks_exact_mut(bias.len()) {
            if relu {
                for (y, b) in row.iter_mut().zip(bias) {
                    let sum = *y + b;
                    *y = if sum <= 0.0 { 0.0 } else { sum };
                }
            } else {
                for (y, b) in row.iter_mut().zip(bias) {
                    *y += b;
                }
            }
        }
    }
}

simd! {
    fn add_rows(sums: &mut [f32], values: &[f32]) {
        for row in values.chunks_exact(sums.len()) {
            for (sum, value) in sums.iter_mut().zip(row) {
                *sum += value;
            }
        }
    }
}

simd! {
    fn mask_part(dx: &mut [f32], y: &[f32], dy: &[f32]) {
        for ((dx, y), dy) in dx.iter_mut().zip(y).zip(dy) {
            *dx = if *y > 0.0 { *dy } else { 0.0 };
        }
    }
}

/// Values per task where each is touched once.
const TASK: usize = 64 << 10;

/// As [`finish_rows`], on all threads where that pays.
pub(super) fn finish(y: &mut [f32], bias: &[f32], units: usize, relu: bool) {
    if y.len() <= TASK {
        return finish_rows(y, bias, relu);
    }
    let size = (TASK / units.max(1)).max(1) * units;
    y.par_chunks_mut(size).for_each(|y| finish_rows(y, bias, relu));
}

/// The gradient in front of a relu: `dy` where `y > 0`, else 0.
pub fn relu_gradient(y: &[f32], dy: &[f32]) -> Vec<f32> {
    let mut dx = vec![0.0; y.len()];
    if y.len() <= TASK {
        mask_part(&mut dx, y, dy);
    } else {
        let parts = y.par_chunks(TASK).zip(dy.par_chunks(TASK));
        dx.par_chunks_mut(TASK).zip(parts).for_each(|(dx, (y, dy))| mask_part(dx, y, dy));
    }
    dx
}

/// The sum over rows. Large ones in tasks of a fixed size, so that the bits do not depend on the number of threads.
pub fn sum_rows(values: &[f32], columns: usize) -> Vec<f32> {
    let mut sums = vec![0.0; columns];
    if columns == 0 {
        return sums;
    }
    let rows = (TASK / columns).max(1);
    if values.len() <= rows * columns {
        add_rows(&mut sums, values);
        return sums;
    }
    let parts = values.par_chunks(rows * columns).map(|part| {
        let mut sums = vec![0.0; columns];
        add_rows(&mut sums, part);
        sums
    });
    for part in parts.collect::<Vec<_>>() {
        add_rows(&mut sums, &part);
    }
    sums
}
