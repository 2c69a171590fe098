//! Operations along an axis in its order: running sums and products, sorting, the largest few.

use super::index::take_along_axis;
use super::rearrange::{flip, select};
use super::shape::{axis_of, on_last_axis, reshape_to, swap};
use crate::error::{Error, Result};
use crate::kernels::broadcast::{is_half, with_type};
use crate::kernels::slices::{from_values, with_values};
use crate::tape;
use crate::tensor::Tensor;
use candle_core::{DType, Tensor as Array};

fn along(x: &Tensor, axis: Option<i64>, f: impl Fn(&Tensor) -> Result<Tensor>) -> Result<Tensor> {
    match axis {
        Some(axis) => {
            let axis = axis_of(axis, x.shape())?;
            on_last_axis(x, axis, f)
        }
        None => f(&reshape_to(x, &[-1])?),
    }
}

fn counted(x: &Tensor) -> Result<Tensor> {
    if x.dtype() == DType::U8 { super::cast(x, DType::I32) } else { Ok(x.clone()) }
}

/// Running sums along an axis (`None`: of all elements in order).
pub fn cumsum(x: &Tensor, axis: Option<i64>) -> Result<Tensor> {
    along(&counted(x)?, axis, |x| {
        let value = running(x.array(), false, false)?;
        Ok(tape::record("cumsum", &[x], value, |dy, _| Ok(vec![Some(running(dy, true, false)?)])))
    })
}

/// Running products along an axis (`None`: of all elements in order).
pub fn cumprod(x: &Tensor, axis: Option<i64>) -> Result<Tensor> {
    along(&counted(x)?, axis, |x| {
        let value = running(x.array(), false, true)?;
        let saved = x.array().clone();
        Ok(tape::record("cumprod", &[x], value, move |dy, _| {
            Ok(vec![Some(cumprod_gradient(&saved, dy)?)])
        }))
    })
}

fn running(x: &Array, backwards: bool, product: bool) -> Result<Array> {
    if is_half(x.dtype()) {
        return Ok(running(&x.to_dtype(DType::F32)?, backwards, product)?.to_dtype(x.dtype())?);
    }
    let n = x.dims().last().copied().unwrap_or(1).max(1);
    with_type!(x.dtype(), T => {
        let y = with_values(x, |x: &[T]| {
            let mut y = x.to_vec();
            for row in y.chunks_exact_mut(n) {
                for i in 1..n {
                    let (at, before) = if backwards { (n - 1 - i, n - i) } else { (i, i - 1) };
                    row[at] = if product { row[at] * row[before] } else { row[at] + row[before] };
                }
            }
            Ok(y)
        })?;
        from_values(y, x.dims(), x)
    })
}

/// `dx[i] = sum over j >= i of dy[j] * (product of x[..=j] without x[i])`, by running both products.
fn cumprod_gradient(x: &Array, dy: &Array) -> Result<Array> {
    let n = x.dims().last().copied().unwrap_or(1).max(1);
    let numbers = |array: &Array| -> Result<Vec<f64>> {
        Ok(array.to_dtype(DType::F64)?.flatten_all()?.to_vec1::<f64>()?)
    };
    let (values, gradients) = (numbers(x)?, numbers(dy)?);
    let mut dx = Vec::with_capacity(values.len());
    for (x, dy) in values.chunks_exact(n).zip(gradients.chunks_exact(n)) {
        let mut before = 1.0;
        for i in 0..n {
            let (mut sum, mut product) = (0.0, before);
            for j in i..n {
                if j > i {
                    product *= x[j];
                }
                sum += dy[j] * product;
                if product == 0.0 {
                    break;
                }
            }
            dx.push(sum);
            before *= x[i];
        }
    }
    Ok(from_values(dx, x.dims(), x)?.to_dtype(x.dtype())?)
}

/// The order of each row, as places; equal ones stay in their order, NaN comes last.
fn orders(x: &Array, descending: bool) -> Result<Vec<i64>> {
    let n = x.dims().last().copied().unwrap_or(1).max(1);
    let values = x.to_dtype(DType::F64)?.flatten_all()?.to_vec1::<f64>()?;
    let mut places = Vec::with_capacity(values.len());
    for row in values.chunks_exact(n) {
        let mut order: Vec<usize> = (0..n).collect();
        let key = |i: usize| if row[i].is_nan() { f64::INFINITY } else { row[i] };
        if descending {
            order
                .sort_by(|a, b| row[*b].partial_cmp(&row[*a]).unwrap_or(std::cmp::Ordering::Equal));
        } else {
            order.sort_by(|a, b| key(*a).total_cmp(&key(*b)));
        }
        places.extend(order.into_iter().map(|i| i64::try_from(i).unwrap_or(0)));
    }
    Ok(places)
}

/// The places of an axis in ascending order of their values, as int32.
pub fn argsort(x: &Tensor, axis: Option<i64>) -> Result<Tensor> {
    along(&x.detach(), axis, |x| {
        let places = Array::from_vec(orders(x.array(), false)?, x.shape(), x.array().device())?;
        Ok(Tensor::new(places.to_dtype(DType::I32)?))
    })
}

/// The values of an axis in ascending order.
pub fn sort(x: &Tensor, axis: Option<i64>) -> Result<Tensor> {
    along(x, axis, |x| {
        let places = Tensor::from_vec(orders(x.array(), false)?, x.shape())?;
        take_along_axis(x, &places, Some(-1))
    })
}

/// The k largest of the last axis, largest first, and their places as int32.
pub fn top_k(x: &Tensor, k: usize) -> Result<(Tensor, Tensor)> {
    let n = x.shape().last().copied().unwrap_or(0);
    if k > n {
        return Err(Error::value(format!("there are no {k} largest among {n}"))
            .received(format!("k={k}, shape {:?}", x.shape()))
            .expected(format!("k up to {n}")));
    }
    let all = orders(x.array(), true)?;
    let places = all.chunks_exact(n.max(1)).flat_map(|row| row[..k].iter().copied()).collect();
    let mut shape = x.shape().to_vec();
    if let Some(last) = shape.last_mut() {
        *last = k;
    }
    let places = Tensor::from_vec(places, &shape)?;
    let values = take_along_axis(x, &places, Some(-1))?;
    Ok((values, super::cast(&places, DType::I32)?))
}

/// Differences of neighbours along an axis, n times.
pub fn diff(x: &Tensor, n: usize, axis: i64) -> Result<Tensor> {
    let at = axis_of(axis, x.shape())?;
    let mut y = x.clone();
    for _ in 0..n {
        let size = y.shape()[at];
        if size == 0 {
            break;
        }
        let behind: Vec<_> = (1..size).map(Some).collect();
        let before: Vec<_> = (0..size - 1).map(Some).collect();
        y = super::subtract(&select(&y, at, &behind, 0.0)?, &select(&y, at, &before, 0.0)?)?;
    }
    Ok(y)
}

/// The value below which a share `q` (0 to 1) of an axis lies, by straight lines between values.
pub fn quantile(x: &Tensor, q: f64, axis: Option<i64>, keepdims: bool) -> Result<Tensor> {
    if !(0.0..=1.0).contains(&q) {
        return Err(Error::value("a quantile lies between 0 and 1").received(format!("{q}")));
    }
    let x = super::to_float(x)?;
    let (flat, at) = match axis {
        Some(axis) => (x.clone(), axis_of(axis, x.shape())?),
        None => (reshape_to(&x, &[-1])?, 0),
    };
    let last = flat.shape().len() - 1;
    let sorted = sort(&swap(&flat, at, last)?, Some(-1))?;
    let n = sorted.shape()[last];
    if n == 0 {
        return Err(Error::value("no elements have no quantile"));
    }
    let place = q * (n - 1) as f64;
    let below = place.floor() as usize;
    let pick = |i: usize| select(&sorted, last, &[Some(i.min(n - 1))], 0.0);
    let share = place - below as f64;
    let y = super::add(
        &super::scale(&pick(below)?, 1.0 - share)?,
        &super::scale(&pick(below + 1)?, share)?,
    )?;
    let y = swap(&y, at, last)?;
    match (axis, keepdims) {
        (Some(_), true) => Ok(y),
        (Some(axis), false) => super::squeeze(&y, Some(&[axis])),
        (None, true) => super::reshape(&y, &vec![1; x.shape().len()]),
        (None, false) => super::reshape(&y, &[]),
    }
}

/// Reversed along an axis: what cumulative operations with `reverse=True` need.
pub fn reversed(x: &Tensor, axis: i64) -> Result<Tensor> {
    flip(x, Some(&[axis]))
}
