//! Tensors from nothing: ranges, identities, one-hot rows.

use super::cast;
use super::cast::full;
use crate::error::{Error, Result};
use crate::memory;
use crate::tensor::Tensor;
use candle_core::DType;

/// Numbers from `start` to before `stop`, by `step`.
pub fn arange(start: f64, stop: f64, step: f64, dtype: DType) -> Result<Tensor> {
    if step == 0.0 || !(stop - start).is_finite() {
        return Err(Error::value("a range needs a step other than 0 and finite ends")
            .received(format!("start={start}, stop={stop}, step={step}")));
    }
    let count = ((stop - start) / step).ceil().max(0.0) as usize;
    // The numbers are made in double precision and then cast.
    memory::room_for(&[count], size_of::<f64>() + dtype.size_in_bytes())?;
    let values: Vec<f64> = (0..count).map(|i| start + step * i as f64).collect();
    cast(&Tensor::from_vec(values, &[count])?, dtype)
}

/// `count` numbers spread evenly from `start` to `stop`, which is among them if `endpoint`.
pub fn linspace(
    start: f64,
    stop: f64,
    count: usize,
    endpoint: bool,
    dtype: DType,
) -> Result<Tensor> {
    memory::room_for(&[count], size_of::<f64>() + dtype.size_in_bytes())?;
    let parts = if endpoint { count.saturating_sub(1) } else { count }.max(1) as f64;
    let value = |i: usize| {
        if endpoint && i + 1 == count && count > 1 {
            stop
        } else {
            start + (stop - start) * (i as f64 / parts)
        }
    };
    cast(&Tensor::from_vec((0..count).map(value).collect(), &[count])?, dtype)
}

/// Ones on a diagonal, zeros elsewhere.
pub fn eye(rows: usize, columns: usize, diagonal: i64, dtype: DType) -> Result<Tensor> {
    band(rows, columns, dtype, |offset| offset == diagonal)
}

/// 1 where the column's number less the row's number fits, 0 elsewhere.
pub(super) fn band(
    rows: usize,
    columns: usize,
    dtype: DType,
    fits: impl Fn(i64) -> bool,
) -> Result<Tensor> {
    memory::room_for(&[rows, columns], 1 + dtype.size_in_bytes())?;
    let number = |i: usize| i64::try_from(i).unwrap_or(i64::MAX);
    let values = (0..rows * columns)
        .map(|i| u8::from(fits(number(i % columns.max(1)) - number(i / columns.max(1)))))
        .collect();
    cast(&Tensor::from_vec::<u8>(values, &[rows, columns])?, dtype)
}

/// What is kept of matrices: `keep(column - row)`; the rest is 0.
pub fn keep_band(x: &Tensor, keep: impl Fn(i64) -> bool) -> Result<Tensor> {
    let [.., rows, columns] = *x.shape() else {
        return Err(
            Error::value("a matrix has at least two axes").received(format!("{:?}", x.shape()))
        );
    };
    let mask = band(rows, columns, DType::U8, keep)?;
    super::where_(&mask, x, &full(&[], 0.0, x.dtype())?)
}

/// Rows of zeros with a one at each integer; integers out of range give zeros only.
pub fn one_hot(x: &Tensor, classes: usize, axis: i64, dtype: DType) -> Result<Tensor> {
    let labels = x.array().to_dtype(DType::I64)?.flatten_all()?.to_vec1::<i64>()?;
    memory::room_for(&[labels.len(), classes], 1 + dtype.size_in_bytes())?;
    let mut values = vec![0_u8; labels.len() * classes];
    for (row, label) in labels.iter().enumerate() {
        if let Some(label) = usize::try_from(*label).ok().filter(|label| *label < classes) {
            values[row * classes + label] = 1;
        }
    }
    let mut shape = x.shape().to_vec();
    shape.push(classes);
    let y = cast(&Tensor::from_vec(values, &shape)?, dtype)?;
    let to = super::shape::axis_of(axis, &shape)?;
    let mut order: Vec<usize> = (0..shape.len() - 1).collect();
    order.insert(to, shape.len() - 1);
    super::permute(&y, &order)
}
