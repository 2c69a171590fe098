//! Eigenvalues and eigenvectors of symmetric matrices, by LAPACK's way (`dsytrd`, `dsteqr`) so that signs agree.

use super::decompositions::{error, reflect_rows, reflector};
use crate::runtime::PyResult;

/// Ascending eigenvalues, and eigenvectors in columns. The lower triangle is read.
pub(crate) fn eigh(matrix: &[f64], n: usize) -> PyResult<(Vec<f64>, Vec<f64>)> {
    let mut a = matrix.to_vec();
    for i in 0..n {
        for j in i + 1..n {
            a[i * n + j] = a[j * n + i];
        }
    }
    let (mut d, mut e) = (vec![0.0; n], vec![0.0; n]);
    let mut reflections = Vec::new();
    for k in 0..n.saturating_sub(1) {
        let mut v: Vec<f64> = (k + 1..n).map(|i| a[i * n + k]).collect();
        let (beta, tau) = reflector(&mut v);
        v[0] = 1.0;
        e[k] = beta;
        if tau != 0.0 {
            let m = v.len();
            let at = |i: usize, j: usize| (k + 1 + i) * n + k + 1 + j;
            let mut w: Vec<f64> =
                (0..m).map(|i| tau * (0..m).map(|j| a[at(i, j)] * v[j]).sum::<f64>()).collect();
            let half = -0.5 * tau * w.iter().zip(&v).map(|(w, v)| w * v).sum::<f64>();
            w.iter_mut().zip(&v).for_each(|(w, v)| *w += half * v);
            for i in 0..m {
                for j in 0..m {
                    a[at(i, j)] -= v[i] * w[j] + w[i] * v[j];
                }
            }
        }
        reflections.push((v, tau));
    }
    for i in 0..n {
        d[i] = a[i * n + i];
    }
    let mut z = vec![0.0; n * n];
    for i in 0..n {
        z[i * n + i] = 1.0;
    }
    for (k, (v, tau)) in reflections.iter().enumerate().rev() {
        reflect_rows(&mut z, n, (k + 1, 0), v, *tau);
    }
    tridiagonal(&mut d, &mut e, &mut z, n)?;
    // Selection sort, as LAPACK does it.
    for i in 0..n {
        let mut least = i;
        for j in i + 1..n {
            if d[j] < d[least] {
                least = j;
            }
        }
        if least != i {
            d.swap(i, least);
            for row in 0..n {
                z.swap(row * n + i, row * n + least);
            }
        }
    }
    Ok((d, z))
}

/// Rotates two columns: `x' = c x + s y`, `y' = c y - s x`.
fn rotate(z: &mut [f64], n: usize, (x, y): (usize, usize), c: f64, s: f64) {
    for row in 0..n {
        let (p, q) = (z[row * n + x], z[row * n + y]);
        z[row * n + x] = c * p + s * q;
        z[row * n + y] = c * q - s * p;
    }
}

/// LAPACK's `dlaev2`: the eigenvalues of `[[a, b], [b, c]]`, the larger in size first, and its vector.
fn two(a: f64, b: f64, c: f64) -> (f64, f64, f64, f64) {
    let (sum, difference) = (a + c, a - c);
    let root = difference.hypot(b + b);
    let (larger, smaller) = if a.abs() > c.abs() { (a, c) } else { (c, a) };
    let (first, second, sign) = if sum < 0.0 {
        let first = 0.5 * (sum - root);
        (first, larger / first * smaller - b / first * b, -1.0)
    } else if sum > 0.0 {
        let first = 0.5 * (sum + root);
        (first, larger / first * smaller - b / first * b, 1.0)
    } else {
        (0.5 * root, -0.5 * root, 1.0)
    };
    let (cs, sign2) =
        if difference >= 0.0 { (difference + root, 1.0) } else { (difference - root, -1.0) };
    let (mut cosine, mut sine);
    if cs.abs() > (b + b).abs() {
        let t = -(b + b) / cs;
        sine = 1.0 / (1.0 + t * t).sqrt();
        cosine = t * sine;
    } else if b == 0.0 {
        cosine = 1.0;
        sine = 0.0;
    } else {
        let t = -cs / (b + b);
        cosine = 1.0 / (1.0 + t * t).sqrt();
        sine = t * cosine;
    }
    if sign == sign2 {
        let t = cosine;
        cosine = -sine;
        sine = t;
    }
    (first, second, cosine, sine)
}

/// LAPACK's `dlartg`: `c f + s g = r`.
fn givens(f: f64, g: f64) -> (f64, f64, f64) {
    if g == 0.0 {
        return (1.0, 0.0, f);
    }
    if f == 0.0 {
        return (0.0, 1.0_f64.copysign(g), g.abs());
    }
    let r = f.hypot(g).copysign(f);
    (f.abs() / f.hypot(g), g / r, r)
}

/// Implicit QL (or QR, whichever end is smaller) on a tridiagonal matrix.
fn tridiagonal(d: &mut [f64], e: &mut [f64], z: &mut [f64], n: usize) -> PyResult<()> {
    const EPS: f64 = f64::EPSILON / 2.0;
    let mut start = 0;
    let mut rounds = 0;
    while start < n {
        // A block ends where the next off-diagonal element is negligible.
        if start > 0 {
            e[start - 1] = 0.0;
        }
        let mut end = start;
        while end + 1 < n {
            let limit = d[end].abs().sqrt() * d[end + 1].abs().sqrt() * EPS;
            if e[end].abs() <= limit {
                e[end] = 0.0;
                break;
            }
            end += 1;
        }
        let next = end + 1;
        if start == end {
            start = next;
            continue;
        }
        let (first, last) = (start, end);
        let ql = d[last].abs() >= d[first].abs();
        let (mut l, stop) = if ql { (first, last) } else { (last, first) };
        loop {
            rounds += 1;
            if rounds > 30 * n + 100 {
                return Err(error("Eigenvalues did not converge"));
            }
            let small = |d: &[f64], e: &[f64], i: usize| {
                e[i] * e[i] <= (EPS * EPS * d[i].abs()) * d[i + 1].abs() + f64::MIN_POSITIVE
            };
            if ql {
                let m = (l..stop).find(|&i| small(d, e, i)).unwrap_or(stop);
                if m < stop {
                    e[m] = 0.0;
                }
                let p = d[l];
                if m == l {
                    if l == stop {
                        break;
                    }
                    l += 1;
                    continue;
                }
                if m == l + 1 {
                    let (r1, r2, c, s) = two(d[l], e[l], d[l + 1]);
                    // dlasr('R', 'V', 'B'): one rotation of the two columns.
                    rotate(z, n, (l, l + 1), c, s);
                    d[l] = r1;
                    d[l + 1] = r2;
                    e[l] = 0.0;
                    l += 2;
                    if l > stop {
                        break;
                    }
                    continue;
                }
                let mut g = (d[l + 1] - p) / (2.0 * e[l]);
                let r = g.hypot(1.0);
                g = d[m] - p + e[l] / (g + r.copysign(g));
                let (mut s, mut c, mut p) = (1.0, 1.0, 0.0);
                let mut rotations = Vec::new();
                for i in (l..m).rev() {
                    let f = s * e[i];
                    let b = c * e[i];
                    let r;
                    (c, s, r) = givens(g, f);
                    if i != m - 1 {
                        e[i + 1] = r;
                    }
                    g = d[i + 1] - p;
                    let r = (d[i] - g) * s + 2.0 * c * b;
                    p = s * r;
                    d[i + 1] = g + p;
                    g = c * r - b;
                    rotations.push((i, c, -s));
                }
                for (i, c, s) in rotations {
                    rotate(z, n, (i, i + 1), c, s);
                }
                d[l] -= p;
                e[l] = g;
            } else {
                let m = (stop + 1..=l).rev().find(|&i| small(d, e, i - 1)).unwrap_or(stop);
                if m > stop {
                    e[m - 1] = 0.0;
                }
                let p = d[l];
                if m == l {
                    if l == stop {
                        break;
                    }
                    l -= 1;
                    continue;
                }
                if m + 1 == l {
                    let (r1, r2, c, s) = two(d[l - 1], e[l - 1], d[l]);
                    rotate(z, n, (l - 1, l), c, s);
                    d[l - 1] = r1;
                    d[l] = r2;
                    e[l - 1] = 0.0;
                    if l < stop + 2 {
                        break;
                    }
                    l -= 2;
                    continue;
                }
                let mut g = (d[l - 1] - p) / (2.0 * e[l - 1]);
                let r = g.hypot(1.0);
                g = d[m] - p + e[l - 1] / (g + r.copysign(g));
                let (mut s, mut c, mut p) = (1.0, 1.0, 0.0);
                let mut rotations = Vec::new();
                for i in m..l {
                    let f = s * e[i];
                    let b = c * e[i];
                    let r;
                    (c, s, r) = givens(g, f);
                    if i != m {
                        e[i - 1] = r;
                    }
                    g = d[i] - p;
                    let r = (d[i + 1] - g) * s + 2.0 * c * b;
                    p = s * r;
                    d[i] = g + p;
                    g = c * r - b;
                    rotations.push((i, c, s));
                }
                for (i, c, s) in rotations {
                    rotate(z, n, (i, i + 1), c, s);
                }
                d[l] -= p;
                e[l - 1] = g;
            }
        }
        start = next;
    }
    Ok(())
}
