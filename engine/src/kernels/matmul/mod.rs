//! Products of matrices in any number of leading axes: `y[.., m, n] = sum over k of a[.., m, k] b[.., k, n]`.
//!
//! Leading axes of size 1 are repeated. Float32 goes to our products, with transposes as strides; other types, which only tests
//! and integers use, to a plain loop.

pub mod reference;

use super::broadcast::{is_half, meet, with_type};
use super::product::{Finish, Matrix, product, product_part};
use super::slices::{from_f32, from_values, with_f32, with_values};
use crate::error::{Error, Result};
use crate::memory;
use candle_core::{DType, Tensor as Array};
use rayon::prelude::*;

/// Below this many multiplications in all, products are taken one after the other.
const PARALLEL_FROM: usize = 1 << 20;

/// The product; `transpose` says of each matrix whether its last two axes are taken the other way round.
pub fn matmul(a: &Array, b: &Array, transpose: [bool; 2]) -> Result<Array> {
    if is_half(a.dtype()) {
        let single = DType::F32;
        let y = matmul(&a.to_dtype(single)?, &b.to_dtype(single)?, transpose)?;
        return Ok(y.to_dtype(a.dtype())?);
    }
    let (a_lead, [a_rows, a_columns]) = split(a.dims())?;
    let (b_lead, [b_rows, b_columns]) = split(b.dims())?;
    let (m, k) = if transpose[0] { (a_columns, a_rows) } else { (a_rows, a_columns) };
    let (inner, n) = if transpose[1] { (b_columns, b_rows) } else { (b_rows, b_columns) };
    if k != inner {
        return Err(Error::value("the matrices do not fit together")
            .received(format!("{:?} and {:?}", a.dims(), b.dims()))
            .expected(format!("inner axes of equal size, not {k} and {inner}")));
    }
    let lead = meet(a_lead, b_lead)?;
    let pairs = places(a_lead, b_lead, &lead);
    let mut shape = lead;
    shape.extend([m, n]);
    memory::room_for(&shape, a.dtype().size_in_bytes())?;
    if a.dtype() == DType::F32 && a.device().is_cpu() {
        let mut y = vec![0.0; shape.iter().product()];
        if y.is_empty() || k == 0 {
            return from_f32(y, &shape);
        }
        with_f32(a, |a| {
            with_f32(b, |b| {
                let one = |y: &mut [f32], (i, j): (usize, usize), alone: bool| {
                    let a = Matrix::rows(&a[i * m * k..(i + 1) * m * k], a_rows, a_columns);
                    let b = Matrix::rows(&b[j * k * n..(j + 1) * k * n], b_rows, b_columns);
                    let a = if transpose[0] { a.transposed() } else { a };
                    let b = if transpose[1] { b.transposed() } else { b };
                    match alone {
                        true => product(y, a, b, Finish::default()),
                        false => product_part(y, n, a, b, Finish::default()),
                    }
                };
                if pairs.len() > 1 && pairs.len() * m * k * n >= PARALLEL_FROM {
                    y.par_chunks_exact_mut(m * n)
                        .zip(pairs.par_iter())
                        .with_min_len((PARALLEL_FROM / 4).div_ceil(m * k * n))
                        .for_each(|(y, pair)| one(y, *pair, false));
                } else {
                    y.chunks_exact_mut(m * n).zip(&pairs).for_each(|(y, pair)| one(y, *pair, true));
                }
                Ok(())
            })
        })?;
        return from_f32(y, &shape);
    }
    with_type!(a.dtype(), T => {
        let y = with_values(a, |a: &[T]| with_values(b, |b: &[T]| {
            Ok(reference::products(a, b, &pairs, [m, k, n], transpose))
        }))?;
        from_values(y, &shape, a)
    })
}

/// Leading axes and the matrix.
fn split(shape: &[usize]) -> Result<(&[usize], [usize; 2])> {
    match shape {
        [lead @ .., rows, columns] => Ok((lead, [*rows, *columns])),
        _ => Err(Error::value("a matrix has at least two axes").received(format!("{shape:?}"))),
    }
}

/// Which matrices of a and b meet, for each matrix of the result.
fn places(a: &[usize], b: &[usize], lead: &[usize]) -> Vec<(usize, usize)> {
    let count: usize = lead.iter().product();
    let place = |shape: &[usize], mut number: usize| {
        let (mut place, mut step) = (0, 1);
        for axis in (0..lead.len()).rev() {
            let i = number % lead[axis];
            number /= lead[axis];
            if let Some(own) = (axis + shape.len()).checked_sub(lead.len()) {
                if shape[own] > 1 {
                    place += i * step;
                }
                step *= shape[own];
            }
        }
        place
    };
    (0..count).map(|number| (place(a, number), place(b, number))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check;

    #[test]
    fn float32_agrees_with_the_reference_for_all_transposes_and_leads() {
        for (a_lead, b_lead) in [
            (&[][..], &[][..]),
            (&[3], &[]),
            (&[2, 1], &[1, 3]),
            (&[2, 1, 2], &[3, 1]),
            (&[40], &[40]),
        ] {
            for transpose in [[false, false], [true, false], [false, true], [true, true]] {
                let (m, k, n) = (5, 7, 3);
                let with = |lead: &[usize], rows, columns, turned| {
                    let mut shape = lead.to_vec();
                    shape.extend(if turned { [columns, rows] } else { [rows, columns] });
                    check::values(&shape, 1)
                };
                let a = with(a_lead, m, k, transpose[0]);
                let b = with(b_lead, k, n, transpose[1]);
                let exact = matmul(a.array(), b.array(), transpose).unwrap();
                let single = |x: &Array| x.to_dtype(DType::F32).unwrap();
                let found = matmul(&single(a.array()), &single(b.array()), transpose).unwrap();
                assert_eq!(exact.dims(), found.dims());
                for (a, b) in check::numbers(&exact).iter().zip(check::numbers(&found)) {
                    assert!((a - b).abs() < 1e-5);
                }
            }
        }
    }
}
