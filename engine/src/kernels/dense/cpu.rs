//! Products through `gemm`, which chooses AVX-512, AVX2 or NEON at run time; small ones stay on one thread.

use gemm::Parallelism;

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
}

/// Below this many multiplications the thread pool costs more than it gives (32 x 128 x 784 loses two thirds of its speed).
const PARALLEL_FROM: usize = 8 << 20;

/// `y = a b`, or `y += a b` if `add`; y is row-major.
pub fn product(y: &mut [f32], a: Matrix<'_>, b: Matrix<'_>, add: bool) {
    let (m, k, n) = (a.rows, a.columns, b.columns);
    assert_eq!(k, b.rows, "inner sizes");
    assert_eq!(y.len(), m * n, "the result has {m} x {n} values");
    let stride =
        |stride: usize| isize::try_from(stride).expect("slices are shorter than isize::MAX");
    let parallelism = if m * n * k >= PARALLEL_FROM
        && rayon::current_num_threads() > 1
        && rayon::current_thread_index().is_none()
    {
        Parallelism::Rayon(0)
    } else {
        Parallelism::None
    };
    // SAFETY: `Matrix` holds rows * columns values at its strides and `y` m * n (asserted above), so every element that
    // gemm touches lies inside; y is borrowed exclusively, so nothing aliases it.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            y.as_mut_ptr(),
            1,
            stride(n),
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

/// Adds a bias to each row.
pub(super) fn add_bias(y: &mut [f32], bias: &[f32]) {
    for row in y.chunks_exact_mut(bias.len().max(1)) {
        for (y, b) in row.iter_mut().zip(bias) {
            *y += b;
        }
    }
}

/// The sum over rows.
pub(super) fn sum_rows(values: &[f32], columns: usize) -> Vec<f32> {
    let mut sums = vec![0.0; columns];
    for row in values.chunks_exact(columns.max(1)) {
        for (sum, value) in sums.iter_mut().zip(row) {
            *sum += value;
        }
    }
    sums
}
