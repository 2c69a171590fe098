//! Histograms of one and two variables, and the borders of their bins.

use super::arguments::{check_size, flag};
use super::array::Array;
use super::dtype::DType;
use super::sorting::number_order;
use super::table::{Row, numbers, only, row, take};
use crate::runtime::{Exception, PyResult, Value};

pub(crate) const TABLE: &[Row] = &[
    row(
        "histogram",
        "a, bins=10, range=None, density=None, weights=None",
        "Counts in bins, and the edges of the bins.",
        |v| {
            let [a, bins, range, density, weights] = take(v)?;
            histogram(&a, &bins, &range, flag(&density)?, &weights)
        },
    ),
    row(
        "histogram_bin_edges",
        "a, bins=10, range=None, weights=None",
        "The edges of the bins.",
        |v| {
            let [a, bins, range, _weights] = take(v)?;
            let a = numbers(&a, "histogram")?;
            Ok(Value::object(bin_edges(&a, &bins, &range)?))
        },
    ),
    row(
        "histogram2d",
        "x, y, bins=10, range=None, density=None, weights=None",
        "Counts in bins of two variables.",
        |v| {
            let [x, y, bins, range, density, weights] = take(v)?;
            only(&weights, false, "histogram2d(weights=)", "leave the weights out")?;
            let (x, y) = (numbers(&x, "histogram2d")?, numbers(&y, "histogram2d")?);
            let pair = |value: &Value| -> PyResult<[Value; 2]> {
                match value {
                    Value::List(items) if items.borrow().len() == 2 => {
                        Ok([items.borrow()[0].clone(), items.borrow()[1].clone()])
                    }
                    Value::Tuple(items) if items.len() == 2 => {
                        Ok([items[0].clone(), items[1].clone()])
                    }
                    other => Ok([other.clone(), other.clone()]),
                }
            };
            let ([bx, by], [rx, ry]) = (pair(&bins)?, pair(&range)?);
            let (ex, ey) = (bin_edges(&x, &bx, &rx)?, bin_edges(&y, &by, &ry)?);
            let (sx, sy) = (ex.to_f64_vec(), ey.to_f64_vec());
            let (n, m) = (sx.len() - 1, sy.len() - 1);
            let mut counts = vec![0.0; n * m];
            for (a, b) in x.to_f64_vec().into_iter().zip(y.to_f64_vec()) {
                if let (Some(i), Some(j)) = (bin_of(a, &sx), bin_of(b, &sy)) {
                    counts[i * m + j] += 1.0;
                }
            }
            if flag(&density)? {
                let total: f64 = counts.iter().sum();
                for i in 0..n {
                    for j in 0..m {
                        counts[i * m + j] /= total * (sx[i + 1] - sx[i]) * (sy[j + 1] - sy[j]);
                    }
                }
            }
            let counts = Value::object(Array::from_f64(&[n, m], counts));
            Ok(Value::tuple(vec![counts, Value::object(ex), Value::object(ey)]))
        },
    ),
];

/// The edges of bins: given ones, a number of equal ones, or a rule by name.
fn bin_edges(a: &Array, bins: &Value, range: &Value) -> PyResult<Array> {
    if let Value::List(_) | Value::Tuple(_) = bins {
        return checked_edges(numbers(bins, "histogram")?);
    }
    if let Some(given) = bins.downcast::<Array>()
        && given.ndim() > 0
    {
        return checked_edges((*given).clone());
    }
    let values = a.to_f64_vec();
    let (low, high) = if range.is_none() {
        if values.is_empty() {
            (0.0, 1.0)
        } else {
            values
                .iter()
                .fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), &x| (l.min(x), h.max(x)))
        }
    } else {
        let pair = numbers(range, "histogram")?.to_f64_vec();
        match pair[..] {
            [low, high] if low <= high => (low, high),
            [_, _] => {
                return Err(Exception::value_error(
                    "max must be larger than min in range parameter.",
                ));
            }
            _ => return Err(Exception::value_error("range must be a pair of numbers")),
        }
    };
    if !low.is_finite() || !high.is_finite() {
        return Err(Exception::value_error(format!(
            "autodetected range of [{low:?}, {high:?}] is not finite"
        )));
    }
    let (low, high) = if low == high { (low - 0.5, high + 0.5) } else { (low, high) };
    let count = match bins {
        Value::Str(name) => rule_count(name, &values, high - low, a.dtype())?,
        other => {
            let count = other.as_int("bins")?;
            if count < 1 {
                return Err(Exception::value_error("`bins` must be positive, when an integer"));
            }
            count as usize
        }
    };
    check_size(count)?;
    let step = (high - low) / count as f64;
    let mut edges: Vec<f64> = (0..=count).map(|i| i as f64 * step + low).collect();
    if let Some(last) = edges.last_mut() {
        *last = high;
    }
    let dtype = if a.dtype() == DType::Float32 { DType::Float32 } else { DType::Float64 };
    Array::from_f64(&[count + 1], edges).as_type(dtype)
}

fn checked_edges(edges: Array) -> PyResult<Array> {
    if edges.ndim() != 1 {
        return Err(Exception::value_error("`bins` must be 1d, when an array"));
    }
    if edges.size() < 2 || edges.to_f64_vec().windows(2).any(|w| w[0] > w[1]) {
        return Err(Exception::value_error("`bins` must increase monotonically, when an array"));
    }
    Ok(edges)
}

fn rule_count(name: &str, values: &[f64], span: f64, dtype: DType) -> PyResult<usize> {
    let n = values.len() as f64;
    if values.is_empty() {
        return Ok(1);
    }
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(number_order);
    let at = |share: f64| {
        let place = (sorted.len() - 1) as f64 * share;
        let (low, high) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
        low + (high - low) * place.fract()
    };
    let sturges = span / (n.log2() + 1.0);
    let fd = 2.0 * (at(0.75) - at(0.25)) * n.powf(-1.0 / 3.0);
    let mean = values.iter().sum::<f64>() / n;
    let deviation = (values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n).sqrt();
    let width = match name {
        "auto" => {
            // numpy keeps the rule of the spread from making absurdly many bins.
            let fd = fd.max(span / n.sqrt() / 2.0);
            if fd > 0.0 { sturges.min(fd) } else { sturges }
        }
        "sturges" => sturges,
        "fd" => fd,
        "sqrt" => span / n.sqrt(),
        "rice" => span / (2.0 * n.powf(1.0 / 3.0)),
        "scott" => (24.0 * std::f64::consts::PI.sqrt() / n).powf(1.0 / 3.0) * deviation,
        other => {
            return Err(Exception::value_error(format!(
                "{} is not a valid estimator for `bins`",
                super::print::quoted(other)
            )));
        }
    };
    let width = if dtype.is_integer() && width < 1.0 { 1.0 } else { width };
    Ok(if width > 0.0 { (span / width).ceil() as usize } else { 1 }.max(1))
}

/// The bin of a number; the last bin has its right edge too.
fn bin_of(x: f64, edges: &[f64]) -> Option<usize> {
    let last = edges.len() - 1;
    if x.is_nan() || x < edges[0] || x > edges[last] {
        return None;
    }
    if x == edges[last] {
        return Some(last - 1);
    }
    Some(edges.partition_point(|&edge| edge <= x).saturating_sub(1))
}

fn histogram(
    a: &Value,
    bins: &Value,
    range: &Value,
    density: bool,
    weights: &Value,
) -> PyResult<Value> {
    let a = numbers(a, "histogram")?;
    let edges = bin_edges(&a, bins, range)?;
    let limits = edges.to_f64_vec();
    let count = limits.len() - 1;
    let weights = match weights {
        Value::None => None,
        given => {
            let weights = numbers(given, "histogram")?;
            if weights.shape() != a.shape() {
                return Err(Exception::value_error("weights should have the same shape as a."));
            }
            Some(weights)
        }
    };
    let places: Vec<Option<usize>> = a.to_f64_vec().iter().map(|&x| bin_of(x, &limits)).collect();
    let counts = match &weights {
        None => {
            let mut counts = vec![0_i64; count];
            places.iter().flatten().for_each(|&i| counts[i] += 1);
            Array::from_i64(&[count], counts)
        }
        Some(weights) => {
            let mut sums = vec![0.0; count];
            for (place, weight) in places.iter().zip(weights.to_f64_vec()) {
                if let Some(i) = place {
                    sums[*i] += weight;
                }
            }
            let dtype = if weights.dtype().is_integer() { DType::Int64 } else { DType::Float64 };
            Array::from_f64(&[count], sums).as_type(dtype)?
        }
    };
    let counts = if density {
        let n = counts.to_f64_vec();
        let total: f64 = n.iter().sum();
        let shares =
            n.iter().zip(limits.windows(2)).map(|(n, w)| n / (w[1] - w[0]) / total).collect();
        Array::from_f64(&[count], shares)
    } else {
        counts
    };
    Ok(Value::tuple(vec![Value::object(counts), Value::object(edges)]))
}
