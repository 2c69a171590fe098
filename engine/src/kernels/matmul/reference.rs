//! The same by three loops, for any type of numbers.

use crate::kernels::broadcast::Number;

/// The products of pairs of matrices, one behind the other.
pub fn products<T: Number>(
    a: &[T],
    b: &[T],
    pairs: &[(usize, usize)],
    [m, k, n]: [usize; 3],
    transpose: [bool; 2],
) -> Vec<T> {
    let mut y = Vec::with_capacity(pairs.len() * m * n);
    for (i, j) in pairs {
        let (a, b) = (&a[i * m * k..(i + 1) * m * k], &b[j * k * n..(j + 1) * k * n]);
        for row in 0..m {
            for column in 0..n {
                let mut sum = T::default();
                for inner in 0..k {
                    let left = if transpose[0] { a[inner * m + row] } else { a[row * k + inner] };
                    let right =
                        if transpose[1] { b[column * k + inner] } else { b[inner * n + column] };
                    sum = sum.plus(left.times(right));
                }
                y.push(sum);
            }
        }
    }
    y
}
