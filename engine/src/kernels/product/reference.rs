//! The same as three loops in double precision.

use super::{Finish, Matrix};

/// `a b`, finished; `before` is what y held.
pub fn product(before: &[f32], a: Matrix<'_>, b: Matrix<'_>, finish: Finish<'_>) -> Vec<f64> {
    let mut y = Vec::with_capacity(before.len());
    for row in 0..a.rows {
        for column in 0..b.columns {
            let term = |k: usize| {
                let a = a.values[row * a.row_stride + k * a.column_stride];
                let b = b.values[k * b.row_stride + column * b.column_stride];
                f64::from(a) * f64::from(b)
            };
            let mut sum: f64 = (0..a.columns).map(term).sum();
            if finish.add {
                sum += f64::from(before[y.len()]);
            }
            sum += finish.bias.get(column).map_or(0.0, |bias| f64::from(*bias));
            y.push(if finish.relu { sum.max(0.0) } else { sum });
        }
    }
    y
}
