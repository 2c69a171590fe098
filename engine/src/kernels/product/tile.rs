//! The innermost loops: a tile of the result stays in registers while all of its products are added.

use super::vector::{Four, Vector};
use crate::kernels::simd::{Level, level};

/// One tile of a result. Element (i, k) of the left side stands at `left + segment + i row_stride + j step`, where k runs
/// through the segments and j through the length of each; row k of the right side at `right + k right_stride`.
pub(super) struct Tile<'a> {
    pub(super) left: *const f32,
    pub(super) row_stride: usize,
    pub(super) step: usize,
    pub(super) segments: &'a [usize],
    pub(super) length: usize,
    pub(super) right: *const f32,
    pub(super) right_stride: usize,
    pub(super) y: *mut f32,
    pub(super) y_stride: usize,
    /// Columns that exist, at most the tile's.
    pub(super) columns: usize,
    /// Whether y holds a sum to go on with.
    pub(super) add: bool,
    /// What is added to each row in the end; null for nothing.
    pub(super) bias: *const f32,
    pub(super) relu: bool,
    /// Whether y is written the other way round: element (i, j) at `y + j y_stride + i`.
    pub(super) turned: bool,
}

/// Rows of the largest tile, and the numbers in one of its (one or two) vectors.
#[derive(Clone, Copy)]
pub(super) struct Size {
    pub(super) rows: usize,
    pub(super) lanes: usize,
}

/// The tiles of this machine: 24 sums leave room among 32 registers of 16, 12 among 16 of 8.
pub(super) fn size() -> Size {
    match level() {
        Level::Avx512 => Size { rows: 12, lanes: 16 },
        Level::Avx2 => Size { rows: 6, lanes: 8 },
        Level::Basic => Size { rows: 4, lanes: 4 },
    }
}

/// Widest tile of any machine, for buffers on the stack.
const MOST: usize = 12 * 32;

/// # Safety
/// Everything that the tile names is valid: left and right for reading, y for writing, at every place that the formula
/// gives; `right` for the tile's whole width even where fewer columns exist. The processor has the vectors V.
#[inline(always)]
unsafe fn multiply<V: Vector, const ROWS: usize, const VECTORS: usize>(tile: &Tile<'_>) {
    // SAFETY: the pointers follow the formulas of `Tile`, which the caller vouches for.
    unsafe {
        let mut sums = [[V::splat(0.0); VECTORS]; ROWS];
        let mut right = tile.right;
        for segment in tile.segments {
            let mut left = tile.left.add(*segment);
            for _ in 0..tile.length {
                let mut row = [V::splat(0.0); VECTORS];
                for (v, row) in row.iter_mut().enumerate() {
                    *row = V::load(right.add(v * V::LANES));
                }
                for (i, sums) in sums.iter_mut().enumerate() {
                    let factor = V::splat(*left.add(i * tile.row_stride));
                    for (sum, row) in sums.iter_mut().zip(row) {
                        *sum = factor.times_plus(row, *sum);
                    }
                }
                left = left.add(tile.step);
                right = right.add(tile.right_stride);
            }
        }
        let whole = tile.columns == VECTORS * V::LANES;
        if whole && !tile.turned {
            for (i, sums) in sums.iter_mut().enumerate() {
                let y = tile.y.add(i * tile.y_stride);
                for (v, sum) in sums.iter_mut().enumerate() {
                    if tile.add {
                        *sum = sum.plus(V::load(y.add(v * V::LANES)));
                    }
                    if !tile.bias.is_null() {
                        *sum = sum.plus(V::load(tile.bias.add(v * V::LANES)));
                    }
                    if tile.relu {
                        *sum = sum.relu();
                    }
                    sum.store(y.add(v * V::LANES));
                }
            }
            return;
        }
        let mut values = [0.0_f32; MOST];
        let width = VECTORS * V::LANES;
        for (i, sums) in sums.iter().enumerate() {
            for (v, sum) in sums.iter().enumerate() {
                sum.store(values.as_mut_ptr().add(i * width + v * V::LANES));
            }
        }
        let (of_row, of_column) = if tile.turned { (1, tile.y_stride) } else { (tile.y_stride, 1) };
        for column in 0..tile.columns {
            let bias = if tile.bias.is_null() { 0.0 } else { *tile.bias.add(column) };
            let y = tile.y.add(column * of_column);
            for i in 0..ROWS {
                let y = y.add(i * of_row);
                let mut value = values[i * width + column];
                if tile.add {
                    value += *y;
                }
                value += bias;
                *y = if tile.relu && value <= 0.0 { 0.0 } else { value };
            }
        }
    }
}

/// A function for each number of rows, one or two vectors wide, and one for eight vectors of a single row.
macro_rules! tiles {
    ($name:ident, $vector:ty, [$($rows:literal)*] $(, $features:literal)?) => {
        mod $name {
            use super::*;

            $(#[target_feature(enable = $features)])?
            unsafe fn tile<const ROWS: usize, const VECTORS: usize>(tile: &Tile<'_>) {
                // SAFETY: the caller vouches for the tile and the features.
                unsafe { multiply::<$vector, ROWS, VECTORS>(tile) }
            }

            /// # Safety
            /// As [`multiply`].
            pub(super) unsafe fn run(rows: usize, vectors: usize, job: &Tile<'_>) {
                // SAFETY: passed on.
                unsafe {
                    match (rows, vectors) {
                        (1, 8) => tile::<1, 8>(job),
                        $(($rows, 1) => tile::<$rows, 1>(job),
                        ($rows, _) => tile::<$rows, 2>(job),)*
                        _ => unreachable!("no tile has {rows} rows"),
                    }
                }
            }
        }
    };
}

#[cfg(target_arch = "x86_64")]
tiles!(avx512, std::arch::x86_64::__m512, [1 2 3 4 5 6 7 8 9 10 11 12], "avx512f,avx2,fma");
#[cfg(target_arch = "x86_64")]
tiles!(avx2, std::arch::x86_64::__m256, [1 2 3 4 5 6], "avx2,fma");
tiles!(basic, Four, [1 2 3 4]);

/// Makes a tile of this many rows and vectors.
///
/// # Safety
/// The tile's pointers are valid as its formulas say; rows and vectors are within [`size`].
#[inline]
pub(super) unsafe fn run(rows: usize, vectors: usize, tile: &Tile<'_>) {
    // SAFETY: the level has the features; the rest is the caller's.
    unsafe {
        match level() {
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 => avx512::run(rows, vectors, tile),
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => avx2::run(rows, vectors, tile),
            _ => basic::run(rows, vectors, tile),
        }
    }
}
