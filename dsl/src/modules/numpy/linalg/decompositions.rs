//! Dense routines over matrices in C order: LU, Cholesky, QR, eigenvalues of matrices that are not symmetric.

use crate::runtime::{Exception, PyResult};

/// `LinAlgError`
pub(super) fn error(message: &str) -> Box<Exception> {
    Exception::new("LinAlgError", message)
}

/// LU with partial pivoting: the factors in one matrix, the order of rows, and the sign of that order.
pub(super) struct Lu {
    factors: Vec<f64>,
    order: Vec<usize>,
    sign: f64,
    n: usize,
}

impl Lu {
    pub(super) fn new(matrix: &[f64], n: usize) -> Lu {
        let mut a = matrix.to_vec();
        let mut order: Vec<usize> = (0..n).collect();
        let mut sign = 1.0;
        for k in 0..n {
            let mut pivot = k;
            for i in k + 1..n {
                if a[i * n + k].abs() > a[pivot * n + k].abs() {
                    pivot = i;
                }
            }
            if pivot != k {
                for j in 0..n {
                    a.swap(k * n + j, pivot * n + j);
                }
                order.swap(k, pivot);
                sign = -sign;
            }
            let diagonal = a[k * n + k];
            if diagonal == 0.0 {
                continue;
            }
            for i in k + 1..n {
                let factor = a[i * n + k] / diagonal;
                a[i * n + k] = factor;
                if factor != 0.0 {
                    for j in k + 1..n {
                        a[i * n + j] -= factor * a[k * n + j];
                    }
                }
            }
        }
        Lu { factors: a, order, sign, n }
    }

    fn diagonal(&self) -> impl Iterator<Item = f64> {
        (0..self.n).map(|i| self.factors[i * self.n + i])
    }

    pub(super) fn determinant(&self) -> f64 {
        // Through logarithms, as numpy: the last digit is then the same.
        let (sign, log) = self.sign_and_log();
        sign * log.exp()
    }

    /// Sign and logarithm of the determinant.
    pub(super) fn sign_and_log(&self) -> (f64, f64) {
        if self.diagonal().any(|x| x == 0.0) {
            return (0.0, f64::NEG_INFINITY);
        }
        let sign = self.diagonal().fold(self.sign, |sign, x| sign * x.signum());
        (sign, self.diagonal().map(|x| x.abs().ln()).sum())
    }

    /// Solves for `columns` right sides in C order.
    pub(super) fn solve(&self, b: &[f64], columns: usize) -> PyResult<Vec<f64>> {
        let n = self.n;
        if self.diagonal().any(|x| x == 0.0) {
            return Err(error("Singular matrix"));
        }
        let mut x = vec![0.0; n * columns];
        for (i, &from) in self.order.iter().enumerate() {
            x[i * columns..(i + 1) * columns]
                .copy_from_slice(&b[from * columns..(from + 1) * columns]);
        }
        for j in 0..columns {
            for i in 0..n {
                let mut sum = x[i * columns + j];
                for k in 0..i {
                    sum -= self.factors[i * n + k] * x[k * columns + j];
                }
                x[i * columns + j] = sum;
            }
            for i in (0..n).rev() {
                let mut sum = x[i * columns + j];
                for k in i + 1..n {
                    sum -= self.factors[i * n + k] * x[k * columns + j];
                }
                x[i * columns + j] = sum / self.factors[i * n + i];
            }
        }
        Ok(x)
    }
}

/// The lower factor of a positive definite matrix.
pub(crate) fn cholesky(matrix: &[f64], n: usize) -> PyResult<Vec<f64>> {
    let mut lower = vec![0.0; n * n];
    for i in 0..n {
        for j in 0..=i {
            let mut sum = matrix[i * n + j];
            for k in 0..j {
                sum -= lower[i * n + k] * lower[j * n + k];
            }
            if i != j {
                lower[i * n + j] = sum / lower[j * n + j];
            } else if sum > 0.0 {
                lower[i * n + i] = sum.sqrt();
            } else {
                return Err(error("Matrix is not positive definite"));
            }
        }
    }
    Ok(lower)
}

/// A reflection that maps `x` to a multiple of its first axis, as LAPACK's `dlarfg`: the multiple and the factor `tau`;
/// `x[1..]` becomes the direction, whose first entry is one.
pub(super) fn reflector(x: &mut [f64]) -> (f64, f64) {
    let Some((&mut alpha, rest)) = x.split_first_mut() else { return (0.0, 0.0) };
    let norm = rest.iter().fold(0.0_f64, |norm, &v| norm.hypot(v));
    if norm == 0.0 {
        return (alpha, 0.0);
    }
    let beta = -alpha.hypot(norm).copysign(alpha);
    let scale = 1.0 / (alpha - beta);
    rest.iter_mut().for_each(|v| *v *= scale);
    (beta, (beta - alpha) / beta)
}

/// Applies `1 - tau v v'` from the left to the columns `from..` of the rows `top..top + v.len()`.
pub(super) fn reflect_rows(
    a: &mut [f64],
    columns: usize,
    (top, from): (usize, usize),
    v: &[f64],
    tau: f64,
) {
    if tau == 0.0 {
        return;
    }
    for j in from..columns {
        let sum: f64 = v.iter().enumerate().map(|(i, v)| v * a[(top + i) * columns + j]).sum();
        for (i, v) in v.iter().enumerate() {
            a[(top + i) * columns + j] -= tau * sum * v;
        }
    }
}

/// `[rows, columns] = Q R` with LAPACK's signs: the first `width` columns of Q, and all of R.
pub(super) fn qr(
    matrix: &[f64],
    rows: usize,
    columns: usize,
    width: usize,
) -> (Vec<f64>, Vec<f64>) {
    let mut r = matrix.to_vec();
    let steps = rows.min(columns);
    let mut reflections = Vec::with_capacity(steps);
    for k in 0..steps {
        let mut v: Vec<f64> = (k..rows).map(|i| r[i * columns + k]).collect();
        let (beta, tau) = reflector(&mut v);
        v[0] = 1.0;
        reflect_rows(&mut r, columns, (k, k + 1), &v, tau);
        r[k * columns + k] = beta;
        for i in k + 1..rows {
            r[i * columns + k] = 0.0;
        }
        reflections.push((v, tau));
    }
    let mut q = vec![0.0; rows * width];
    for i in 0..rows.min(width) {
        q[i * width + i] = 1.0;
    }
    for (k, (v, tau)) in reflections.iter().enumerate().rev() {
        reflect_rows(&mut q, width, (k, 0), v, *tau);
    }
    (q, r)
}

/// Eigenvalues and eigenvectors (columns of length one) of a real matrix; complex ones are refused.
pub(super) fn eig(matrix: &[f64], n: usize) -> PyResult<(Vec<f64>, Vec<f64>)> {
    let mut h = matrix.to_vec();
    // Similarity to an upper Hessenberg matrix.
    for k in 0..n.saturating_sub(2) {
        let mut v: Vec<f64> = (k + 1..n).map(|i| h[i * n + k]).collect();
        let (_, tau) = reflector(&mut v);
        v[0] = 1.0;
        reflect_rows(&mut h, n, (k + 1, 0), &v, tau);
        for i in 0..n {
            let sum: f64 = v.iter().enumerate().map(|(j, v)| v * h[i * n + k + 1 + j]).sum();
            for (j, v) in v.iter().enumerate() {
                h[i * n + k + 1 + j] -= tau * sum * v;
            }
        }
    }
    let mut values = vec![0.0; n];
    let mut end = n;
    let mut rounds = 0;
    let scale = h.iter().fold(0.0_f64, |most, x| most.max(x.abs())).max(f64::MIN_POSITIVE);
    while end > 0 {
        let last = end - 1;
        let start = (1..end)
            .rev()
            .find(|&i| {
                let near = h[i * n + i].abs() + h[(i - 1) * n + i - 1].abs();
                let near = if near == 0.0 { scale } else { near };
                h[i * n + i - 1].abs() <= f64::EPSILON * near
            })
            .unwrap_or(0);
        if start == last {
            values[last] = h[last * n + last];
            end -= 1;
            rounds = 0;
            continue;
        }
        let (a, b) = (h[(last - 1) * n + last - 1], h[(last - 1) * n + last]);
        let (c, d) = (h[last * n + last - 1], h[last * n + last]);
        let half = (a - d) / 2.0;
        let inside = half * half + b * c;
        if start + 1 == last {
            if inside < -1e-14 * (half * half).max(scale * scale * 1e-16) {
                return Err(Exception::not_supported(
                    "this matrix has complex eigenvalues, which are not in kerai's numpy",
                    "np.linalg.eigh is for symmetric matrices, whose eigenvalues are real",
                ));
            }
            let root = inside.max(0.0).sqrt();
            let middle = (a + d) / 2.0;
            // The larger one directly, the other through the product.
            let first = if middle >= 0.0 { middle + root } else { middle - root };
            let second = if first == 0.0 { 0.0 } else { (a * d - b * c) / first };
            values[last - 1] = first;
            values[last] = second;
            end -= 2;
            rounds = 0;
            continue;
        }
        rounds += 1;
        if rounds > 500 {
            return Err(error("Eigenvalues did not converge"));
        }
        // Shift towards the eigenvalue of the last block that is nearer to its corner.
        let shift = if rounds % 17 == 0 {
            d + c.abs()
        } else if inside >= 0.0 {
            let root = inside.sqrt();
            let middle = (a + d) / 2.0;
            if (middle + root - d).abs() < (middle - root - d).abs() {
                middle + root
            } else {
                middle - root
            }
        } else {
            (a + d) / 2.0 + inside.abs().sqrt() * 0.5
        };
        for i in start..end {
            h[i * n + i] -= shift;
        }
        let mut rotations = Vec::with_capacity(last - start);
        for k in start..last {
            let (x, y) = (h[k * n + k], h[(k + 1) * n + k]);
            let r = x.hypot(y);
            let (cos, sin) = if r == 0.0 { (1.0, 0.0) } else { (x / r, y / r) };
            for j in k..end {
                let (p, q) = (h[k * n + j], h[(k + 1) * n + j]);
                h[k * n + j] = cos * p + sin * q;
                h[(k + 1) * n + j] = cos * q - sin * p;
            }
            rotations.push((cos, sin));
        }
        for (k, (cos, sin)) in (start..last).zip(rotations) {
            for i in start..=(k + 1).min(last) {
                let (p, q) = (h[i * n + k], h[i * n + k + 1]);
                h[i * n + k] = cos * p + sin * q;
                h[i * n + k + 1] = cos * q - sin * p;
            }
        }
        for i in start..end {
            h[i * n + i] += shift;
        }
    }
    let vectors = eigenvectors(matrix, n, &values);
    Ok((values, vectors))
}

/// Inverse iteration near each eigenvalue; equal eigenvalues start from different vectors.
fn eigenvectors(matrix: &[f64], n: usize, values: &[f64]) -> Vec<f64> {
    let scale = matrix.iter().fold(0.0_f64, |most, x| most.max(x.abs())).max(1e-300);
    let mut out = vec![0.0; n * n];
    for (column, &value) in values.iter().enumerate() {
        let mut shifted = matrix.to_vec();
        let nudge = value + scale * 1e-10 * (1.0 + column as f64 * 0.1);
        for i in 0..n {
            shifted[i * n + i] -= nudge;
        }
        let lu = Lu::new(&shifted, n);
        let mut v: Vec<f64> =
            (0..n).map(|i| 1.0 + 0.37 * ((i * 7 + column * 3 + 1) % 11) as f64).collect();
        for _ in 0..6 {
            let Ok(next) = lu.solve(&v, 1) else { break };
            let norm = next.iter().fold(0.0_f64, |norm, x| norm.hypot(*x));
            if !norm.is_finite() || norm == 0.0 {
                break;
            }
            v = next.into_iter().map(|x| x / norm).collect();
        }
        // Entries that are zero but for rounding.
        v.iter_mut().filter(|x| x.abs() < 1e-16).for_each(|x| *x = 0.0);
        for i in 0..n {
            out[i * n + column] = v[i];
        }
    }
    out
}
