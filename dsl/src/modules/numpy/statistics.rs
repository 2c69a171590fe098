//! Medians, quantiles, covariance and correlation.

use super::arguments::{axes, flag};
use super::arith::Op;
use super::array::Array;
use super::dtype::DType;
use super::fold;
use super::sorting::number_order;
use super::table::{Row, numbers, only, row, take};
use super::ufunc::{Operand, binary};
use crate::runtime::{Exception, PyResult, Value};

pub(crate) const TABLE: &[Row] = &[
    row(
        "median",
        "a, axis=None, out=None, overwrite_input=False, keepdims=False",
        "The middle of the sorted elements.",
        |v| {
            let [a, over, _out, _overwrite, keepdims] = take(v)?;
            let a = numbers(&a, "median")?;
            order_statistic(&a, &over, flag(&keepdims)?, false, median)
        },
    ),
    row(
        "nanmedian",
        "a, axis=None, out=None, overwrite_input=False, keepdims=False",
        "The middle of what is no NaN.",
        |v| {
            let [a, over, _out, _overwrite, keepdims] = take(v)?;
            let a = numbers(&a, "nanmedian")?;
            order_statistic(&a, &over, flag(&keepdims)?, true, median)
        },
    ),
    row("percentile", QUANTILE, "The element below which a percentage lies.", |v| {
        quantile(v, 100.0, false)
    }),
    row("quantile", QUANTILE, "The element below which a share lies.", |v| quantile(v, 1.0, false)),
    row("nanpercentile", QUANTILE, "The percentile of what is no NaN.", |v| {
        quantile(v, 100.0, true)
    }),
    row("nanquantile", QUANTILE, "The quantile of what is no NaN.", |v| quantile(v, 1.0, true)),
    row(
        "cov",
        "m, y=None, rowvar=True, bias=False, ddof=None, fweights=None, aweights=None, *, dtype=None",
        "The covariance matrix.",
        |v| {
            let [m, y, rowvar, bias, ddof, fweights, aweights, _dtype] = take(v)?;
            only(&fweights, false, "cov(fweights=)", "repeat the observations")?;
            only(&aweights, false, "cov(aweights=)", "leave the weights out")?;
            let ddof = match (ddof, flag(&bias)?) {
                (Value::None, true) => 0.0,
                (Value::None, false) => 1.0,
                (given, _) => given.as_float("ddof")?,
            };
            Ok(squeezed(&covariance(&m, &y, flag(&rowvar)?, ddof)?))
        },
    ),
    row("corrcoef", "x, y=None, rowvar=True, *, dtype=None", "The correlation matrix.", |v| {
        let [x, y, rowvar, _dtype] = take(v)?;
        let cov = covariance(&x, &y, flag(&rowvar)?, 1.0)?;
        let n = cov.shape()[0];
        let mut c = cov.to_f64_vec();
        let spread: Vec<f64> = (0..n).map(|i| c[i * n + i].sqrt()).collect();
        for i in 0..n {
            for j in 0..n {
                c[i * n + j] = (c[i * n + j] / spread[i] / spread[j]).clamp(-1.0, 1.0);
            }
        }
        Ok(squeezed(&Array::from_f64(&[n, n], c)))
    }),
];

const QUANTILE: &str = "a, q, axis=None, out=None, overwrite_input=False, method='linear', keepdims=False, *, weights=None, interpolation=None";

fn squeezed(a: &Array) -> Value {
    let shape: Vec<usize> = a.shape().iter().copied().filter(|&n| n != 1).collect();
    match a.reshaped(&shape) {
        Ok(a) if a.ndim() == 0 => Value::object(a),
        Ok(a) => Value::object(a),
        Err(_) => Value::object(a.clone()),
    }
}

/// A function of sorted lanes along some axes together.
fn order_statistic(
    a: &Array,
    over: &Value,
    keepdims: bool,
    without_nan: bool,
    f: impl Fn(&[f64], bool) -> f64,
) -> PyResult<Value> {
    let over = axes(over, a.ndim())?;
    let shape = fold::left_shape(a.shape(), &over, keepdims);
    let mut order: Vec<usize> = (0..a.ndim()).filter(|axis| !over.contains(axis)).collect();
    let outer: usize = order.iter().map(|&axis| a.shape()[axis]).product();
    order.extend(&over);
    let all = a.permuted(&order).to_f64_vec();
    let length = all.len().checked_div(outer).unwrap_or(0);
    let single = a.dtype() == DType::Float32 || a.dtype().is_half();
    let mut out = Vec::with_capacity(outer);
    for i in 0..outer {
        let mut lane = all[i * length..(i + 1) * length].to_vec();
        if without_nan {
            lane.retain(|x| !x.is_nan());
        }
        lane.sort_unstable_by(number_order);
        out.push(if lane.is_empty() || lane.last().is_some_and(|x| x.is_nan()) {
            f64::NAN
        } else {
            f(&lane, single)
        });
    }
    let dtype = if a.dtype().is_float() { a.dtype() } else { DType::Float64 };
    Ok(Array::from_f64(&shape, out).as_type(dtype)?.to_value())
}

fn median(lane: &[f64], single: bool) -> f64 {
    let middle = lane.len() / 2;
    if lane.len() % 2 == 1 {
        return lane[middle];
    }
    let (a, b) = (lane[middle - 1], lane[middle]);
    if single { f64::from((a as f32 + b as f32) / 2.0) } else { (a + b) / 2.0 }
}

fn quantile(v: Vec<Value>, whole: f64, without_nan: bool) -> PyResult<Value> {
    let [a, q, over, _out, _overwrite, method, keepdims, weights, _interpolation] = take(v)?;
    only(&weights, false, "quantile(weights=)", "repeat the elements")?;
    let a = numbers(&a, "quantile")?;
    let shares = numbers(&q, "quantile")?;
    let method = method.as_str("method")?;
    if !["linear", "lower", "higher", "nearest", "midpoint"].contains(&&*method) {
        return Err(Exception::not_supported(
            format!("the quantile method '{method}' is not in kerai's numpy"),
            "the methods are linear, lower, higher, nearest, midpoint",
        ));
    }
    let keepdims = flag(&keepdims)?;
    let mut results = Vec::new();
    for share in shares.to_f64_vec() {
        if !(0.0..=whole).contains(&share) {
            return Err(Exception::value_error(if whole == 1.0 {
                "Quantiles must be in the range [0, 1]"
            } else {
                "Percentiles must be in the range [0, 100]"
            }));
        }
        let share = share / whole;
        results.push(order_statistic(&a, &over, keepdims, without_nan, |lane, single| {
            let place = (lane.len() - 1) as f64 * share;
            let place = if single && shares.ndim() == 0 {
                f64::from((lane.len() - 1) as f32 * share as f32)
            } else {
                place
            };
            let (low, high) = (place.floor() as usize, (place.ceil() as usize).min(lane.len() - 1));
            let t = place - place.floor();
            let (x, y) = (lane[low.min(lane.len() - 1)], lane[high]);
            match &*method {
                "lower" => x,
                "higher" => y,
                "nearest" => lane[place.round_ties_even() as usize],
                "midpoint" => (x + y) * 0.5,
                _ if single => {
                    let (x, y, t) = (x as f32, y as f32, t as f32);
                    let d = y - x;
                    f64::from(if t >= 0.5 { y - d * (1.0 - t) } else { x + d * t })
                }
                _ => {
                    let d = y - x;
                    if t >= 0.5 { y - d * (1.0 - t) } else { x + d * t }
                }
            }
        })?);
    }
    if shares.ndim() == 0 {
        return Ok(results.swap_remove(0));
    }
    let stacked = Array::from_value(&Value::list(results), None)?;
    let inner = if stacked.ndim() > 1 { stacked.shape()[1..].to_vec() } else { Vec::new() };
    Ok(stacked.reshaped(&[shares.shape(), &inner].concat())?.to_value())
}

fn covariance(m: &Value, y: &Value, rowvar: bool, ddof: f64) -> PyResult<Array> {
    let rows = |value: &Value| -> PyResult<Array> {
        let a = numbers(value, "cov")?;
        if a.ndim() > 2 {
            return Err(Exception::value_error("m has more than 2 dimensions"));
        }
        let a = match a.ndim() {
            2 => a,
            _ => a.reshaped(&[1, a.size()])?,
        };
        Ok(if rowvar || a.shape()[0] == 1 { a } else { a.transposed() })
    };
    let mut x = rows(m)?;
    if !y.is_none() {
        x = super::joining::concatenate(&[x, rows(y)?], 0, None)?;
    }
    let x = x.cast(DType::Float64)?;
    let (n, count) = (x.shape()[0], x.shape()[1]);
    let center = fold::mean(&x, &[1], true, None)?;
    let x = binary(Op::Subtract, &Operand::strong(x), &Operand::strong(center), None)?;
    let product = super::linalg::matmul(&x, &x.transposed().copy())?;
    let scale = 1.0 / (count as f64 - ddof).max(0.0);
    let c = product.to_f64_vec().into_iter().map(|c| c * scale).collect();
    Ok(Array::from_f64(&[n, n], c))
}
