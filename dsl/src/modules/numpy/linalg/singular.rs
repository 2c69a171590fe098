//! The singular value decomposition: Householder bidiagonalisation and implicit QR, with LAPACK's signs for small matrices.

use super::decompositions::{error, reflect_rows, reflector};
use crate::runtime::PyResult;

/// `U` `[rows, rows]`, descending singular values, and `V'` `[columns, columns]`, all in C order.
pub(crate) type Svd = (Vec<f64>, Vec<f64>, Vec<f64>);

pub(crate) fn svd(matrix: &[f64], rows: usize, columns: usize) -> PyResult<Svd> {
    if rows < columns {
        let transposed: Vec<f64> =
            (0..rows * columns).map(|at| matrix[(at % rows) * columns + at / rows]).collect();
        let (u, values, vt) = svd(&transposed, columns, rows)?;
        let flip = |m: &[f64], n: usize| -> Vec<f64> {
            (0..n * n).map(|at| m[(at % n) * n + at / n]).collect()
        };
        return Ok((flip(&vt, rows), values, flip(&u, columns)));
    }
    if matrix.iter().any(|x| !x.is_finite()) {
        return Err(error("SVD did not converge"));
    }
    let n = columns;
    let mut a = matrix.to_vec();
    let (mut d, mut e) = (vec![0.0; n], vec![0.0; n]);
    let (mut left, mut right) = (Vec::new(), Vec::new());
    for k in 0..n {
        let mut v: Vec<f64> = (k..rows).map(|i| a[i * n + k]).collect();
        let (beta, tau) = reflector(&mut v);
        v[0] = 1.0;
        d[k] = beta;
        reflect_rows(&mut a, n, (k, k + 1), &v, tau);
        left.push((v, tau));
        if k + 1 < n {
            let mut v: Vec<f64> = a[k * n + k + 1..(k + 1) * n].to_vec();
            let (beta, tau) = reflector(&mut v);
            v[0] = 1.0;
            e[k] = beta;
            for i in k + 1..rows {
                let row = &mut a[i * n + k + 1..(i + 1) * n];
                let sum: f64 = row.iter().zip(&v).map(|(x, v)| x * v).sum();
                row.iter_mut().zip(&v).for_each(|(x, v)| *x -= tau * sum * v);
            }
            right.push((v, tau));
        }
    }
    let identity = |n: usize| {
        let mut m = vec![0.0; n * n];
        (0..n).for_each(|i| m[i * n + i] = 1.0);
        m
    };
    let mut u = identity(rows);
    for (k, (v, tau)) in left.iter().enumerate().rev() {
        reflect_rows(&mut u, rows, (k, 0), v, *tau);
    }
    // `V` is the product of the right reflections; its transpose is gathered row by row.
    let mut v_full = identity(n);
    for (k, (v, tau)) in right.iter().enumerate().rev() {
        reflect_rows(&mut v_full, n, (k + 1, 0), v, *tau);
    }
    let mut vt: Vec<f64> = (0..n * n).map(|at| v_full[(at % n) * n + at / n]).collect();
    bidiagonal(&mut d, &mut e, &mut u, rows, &mut vt)?;
    for i in 0..n {
        if d[i] < 0.0 || (d[i] == 0.0 && d[i].is_sign_negative()) {
            d[i] = -d[i];
            vt[i * n..(i + 1) * n].iter_mut().for_each(|x| *x = -*x);
        }
    }
    // Insertion of the largest at the front, as LAPACK sorts.
    for i in 0..n {
        let mut most = i;
        for j in i + 1..n {
            if d[j] > d[most] {
                most = j;
            }
        }
        if most != i {
            d.swap(i, most);
            for row in 0..rows {
                u.swap(row * rows + i, row * rows + most);
            }
            for column in 0..n {
                vt.swap(i * n + column, most * n + column);
            }
        }
    }
    Ok((u, d, vt))
}

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

/// LAPACK's `dlasv2`: singular values of `[[f, g], [0, h]]` with their rotations: smaller, larger, right and left.
fn two(f: f64, g: f64, h: f64) -> (f64, f64, (f64, f64), (f64, f64)) {
    let (mut ft, mut ht) = (f, h);
    let (mut fa, mut ha) = (f.abs(), h.abs());
    let swap = ha > fa;
    let mut place = 1;
    if swap {
        place = 3;
        std::mem::swap(&mut ft, &mut ht);
        std::mem::swap(&mut fa, &mut ha);
    }
    let (gt, ga) = (g, g.abs());
    let (smaller, larger, clt, slt, crt, srt);
    if ga == 0.0 {
        (smaller, larger, clt, crt, slt, srt) = (ha, fa, 1.0, 1.0, 0.0, 0.0);
    } else if ga > fa && fa / ga < f64::EPSILON / 2.0 {
        place = 2;
        larger = ga;
        smaller = if ha > 1.0 { fa / (ga / ha) } else { fa / ga * ha };
        clt = 1.0;
        slt = ht / gt;
        srt = 1.0;
        crt = ft / gt;
    } else {
        if ga > fa {
            place = 2;
        }
        let difference = fa - ha;
        let l = if difference == fa { 1.0 } else { difference / fa };
        let m = gt / ft;
        let mut t = 2.0 - l;
        let (mm, tt) = (m * m, t * t);
        let s = (tt + mm).sqrt();
        let r = if l == 0.0 { m.abs() } else { (l * l + mm).sqrt() };
        let a = 0.5 * (s + r);
        smaller = ha / a;
        larger = fa * a;
        if mm == 0.0 {
            t = if l == 0.0 {
                2.0_f64.copysign(ft) * 1.0_f64.copysign(gt)
            } else {
                gt / difference.copysign(ft) + m / t
            };
        } else {
            t = (m / (s + t) + m / (r + l)) * (1.0 + a);
        }
        let l = (t * t + 4.0).sqrt();
        crt = 2.0 / l;
        srt = t / l;
        clt = (crt + srt * m) / a;
        slt = (ht / ft) * srt / a;
    }
    let (csl, snl, csr, snr) = if swap { (srt, crt, slt, clt) } else { (clt, slt, crt, srt) };
    let sign = |x: f64| 1.0_f64.copysign(x);
    let total = match place {
        1 => sign(csr) * sign(csl) * sign(f),
        2 => sign(snr) * sign(csl) * sign(g),
        _ => sign(snr) * sign(snl) * sign(h),
    };
    let larger = larger.copysign(total);
    let smaller = smaller.copysign(total * sign(f) * sign(h));
    (smaller, larger, (csr, snr), (csl, snl))
}

/// Columns `x` and `y` of `U`, or rows of `V'`, rotated by `c` and `s`.
fn rotate_columns(m: &mut [f64], width: usize, (x, y): (usize, usize), c: f64, s: f64) {
    for row in m.chunks_exact_mut(width) {
        let (p, q) = (row[x], row[y]);
        row[x] = c * p + s * q;
        row[y] = c * q - s * p;
    }
}

fn rotate_rows(m: &mut [f64], width: usize, (x, y): (usize, usize), c: f64, s: f64) {
    for j in 0..width {
        let (p, q) = (m[x * width + j], m[y * width + j]);
        m[x * width + j] = c * p + s * q;
        m[y * width + j] = c * q - s * p;
    }
}

/// Makes an upper bidiagonal matrix diagonal, turning `U` and `V'` along.
fn bidiagonal(
    d: &mut [f64],
    e: &mut [f64],
    u: &mut [f64],
    rows: usize,
    vt: &mut [f64],
) -> PyResult<()> {
    let n = d.len();
    let most = d.iter().chain(e.iter()).fold(0.0_f64, |most, x| most.max(x.abs()));
    let tolerance = f64::EPSILON * 4.0;
    let floor = most * f64::EPSILON * 1e-2;
    let mut end = n;
    let mut rounds = 0;
    while end > 1 {
        rounds += 1;
        if rounds > 60 * n + 200 {
            return Err(error("SVD did not converge"));
        }
        for i in 0..end - 1 {
            if e[i].abs() <= tolerance * 0.25 * (d[i].abs() + d[i + 1].abs()) + floor * 1e-3 {
                e[i] = 0.0;
            }
        }
        if e[end - 2] == 0.0 {
            end -= 1;
            continue;
        }
        let mut start = end - 1;
        while start > 0 && e[start - 1] != 0.0 {
            start -= 1;
        }
        if end - start == 2 {
            let (smaller, larger, (cr, sr), (cl, sl)) = two(d[start], e[start], d[start + 1]);
            d[start] = larger;
            d[start + 1] = smaller;
            e[start] = 0.0;
            rotate_rows(vt, n, (start, start + 1), cr, sr);
            rotate_columns(u, rows, (start, start + 1), cl, sl);
            continue;
        }
        // A zero on the diagonal would stop the chase: its row is rotated away first.
        if let Some(zero) = (start..end - 1).find(|&i| d[i].abs() <= floor) {
            d[zero] = 0.0;
            let mut f = e[zero];
            e[zero] = 0.0;
            for k in zero + 1..end {
                let (c, s, r) = givens(d[k], f);
                d[k] = r;
                rotate_columns(u, rows, (k, zero), c, s);
                if k + 1 < end {
                    f = -s * e[k];
                    e[k] *= c;
                }
            }
            continue;
        }
        // The shift is the smaller singular value of the last block.
        let (smaller, ..) = two(d[end - 2], e[end - 2], d[end - 1]);
        let shift = smaller.abs();
        let ratio = shift / d[start].abs();
        let shift = if ratio * ratio < f64::EPSILON { 0.0 } else { shift };
        let mut f = (d[start].abs() - shift) * (1.0_f64.copysign(d[start]) + shift / d[start]);
        let mut g = e[start];
        for i in start..end - 1 {
            let (cr, sr, r) = givens(f, g);
            if i > start {
                e[i - 1] = r;
            }
            f = cr * d[i] + sr * e[i];
            e[i] = cr * e[i] - sr * d[i];
            g = sr * d[i + 1];
            d[i + 1] *= cr;
            rotate_rows(vt, n, (i, i + 1), cr, sr);
            let (cl, sl, r) = givens(f, g);
            d[i] = r;
            f = cl * e[i] + sl * d[i + 1];
            d[i + 1] = cl * d[i + 1] - sl * e[i];
            if i + 2 < end {
                g = sl * e[i + 1];
                e[i + 1] *= cl;
            }
            rotate_columns(u, rows, (i, i + 1), cl, sl);
        }
        e[end - 2] = f;
    }
    Ok(())
}
