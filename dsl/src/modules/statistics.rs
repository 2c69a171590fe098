//! `statistics`: averages and spreads.

use super::Module;
use super::math::{exact_sum, real};
use crate::runtime::types::{args, list};
use crate::runtime::{BinaryOp, Exception, PyResult, Value};
use crate::runtime::{hash, iterate, operators};
use indexmap::IndexMap;

pub(super) fn module() -> Module {
    let spread = |v: &[Value], sample: bool| -> PyResult<Value> {
        let name = if sample { "variance" } else { "pvariance" };
        let data = iterate::collect(&v[0])?;
        variance(&data, &v[1], sample, name)
    };
    let root = |value: Value| Ok(Value::Float(real(&value)?.sqrt()));
    Module::new("statistics", "Averages and spreads.")
        .with("StatisticsError", super::exception_class("StatisticsError", "ValueError"))
        .function("mean", "data", "The arithmetic mean.", |v| mean(&iterate::collect(&v[0])?))
        .function("fmean", "data, weights=None", "The arithmetic mean as a float.", |v| {
            let data = floats(&v[0])?;
            if data.is_empty() {
                return Err(empty("fmean requires at least one data point"));
            }
            if v[1].is_none() {
                return Ok(Value::Float(exact_sum(&data) / data.len() as f64));
            }
            let weights = floats(&v[1])?;
            if weights.len() != data.len() {
                return Err(empty("data and weights must be the same length"));
            }
            let products: Vec<f64> = data.iter().zip(&weights).map(|(a, b)| a * b).collect();
            Ok(Value::Float(exact_sum(&products) / exact_sum(&weights)))
        })
        .function("median", "data", "The middle of the sorted data.", |v| {
            let data = ordered(&v[0], "median")?;
            let middle = data.len() / 2;
            if data.len() % 2 == 1 {
                return Ok(data[middle].clone());
            }
            let sum = operators::binary(BinaryOp::Add, &data[middle - 1], &data[middle])?;
            operators::binary(BinaryOp::Div, &sum, &Value::Int(2))
        })
        .function("median_low", "data", "The lower of the two in the middle.", |v| {
            let data = ordered(&v[0], "median")?;
            Ok(data[(data.len() - 1) / 2].clone())
        })
        .function("median_high", "data", "The higher of the two in the middle.", |v| {
            let data = ordered(&v[0], "median")?;
            Ok(data[data.len() / 2].clone())
        })
        .function("mode", "data", "The most frequent value.", |v| {
            let counts = count(&v[0])?;
            let mut best: Option<(Value, usize)> = None;
            for (value, count) in counts {
                if best.as_ref().is_none_or(|(_, most)| count > *most) {
                    best = Some((value, count));
                }
            }
            best.map(|(value, _)| value).ok_or_else(|| empty("no mode for empty data"))
        })
        .function("multimode", "data", "The most frequent values.", |v| {
            let counts = count(&v[0])?;
            let most = counts.iter().map(|(_, count)| *count).max().unwrap_or(0);
            let values = counts.into_iter().filter(|(_, count)| *count == most);
            Ok(Value::list(values.map(|(value, _)| value).collect()))
        })
        .function("variance", "data, xbar=None", "The sample variance.", move |v| spread(&v, true))
        .function("pvariance", "data, mu=None", "The population variance.", move |v| {
            spread(&v, false)
        })
        .function("stdev", "data, xbar=None", "The sample standard deviation.", move |v| {
            let data = iterate::collect(&v[0])?;
            if data.len() < 2 {
                return Err(empty("stdev requires at least two data points"));
            }
            root(spread(&v, true)?)
        })
        .function("pstdev", "data, mu=None", "The population standard deviation.", move |v| {
            if iterate::collect(&v[0])?.is_empty() {
                return Err(empty("pstdev requires at least one data point"));
            }
            root(spread(&v, false)?)
        })
        .function("geometric_mean", "data", "The root of the product.", |v| {
            let data = floats(&v[0])?;
            if data.is_empty() || data.iter().any(|x| *x <= 0.0) {
                return Err(empty(
                    "geometric mean requires a non-empty dataset containing positive numbers",
                ));
            }
            let logarithms: Vec<f64> = data.iter().map(|x| x.ln()).collect();
            Ok(Value::Float((exact_sum(&logarithms) / data.len() as f64).exp()))
        })
        .function(
            "harmonic_mean",
            "data, weights=None",
            "The reciprocal of the mean of reciprocals.",
            |v| {
                let data = floats(&v[0])?;
                if data.is_empty() {
                    return Err(empty("harmonic_mean requires at least one data point"));
                }
                if data.iter().any(|x| *x < 0.0) {
                    return Err(empty("harmonic mean does not support negative values"));
                }
                if data.contains(&0.0) {
                    return Ok(Value::Int(0));
                }
                if let Some(exact) = exact_harmonic(&iterate::collect(&v[0])?) {
                    return Ok(exact);
                }
                let inverses: Vec<f64> = data.iter().map(|x| 1.0 / x).collect();
                Ok(Value::Float(data.len() as f64 / exact_sum(&inverses)))
            },
        )
        .function(
            "quantiles",
            "data, *, n=4, method='exclusive'",
            "The cuts into n equal parts.",
            |v| {
                let n = args::index(&v[1])?;
                if n < 1 {
                    return Err(empty("n must be at least 1"));
                }
                let data: Vec<f64> =
                    ordered(&v[0], "quantiles")?.iter().map(real).collect::<PyResult<_>>()?;
                if data.len() < 2 {
                    return Err(empty("must have at least two data points"));
                }
                let inclusive = &*v[2].as_str("method")? == "inclusive";
                let length = data.len() as i64;
                let span = if inclusive { length - 1 } else { length + 1 };
                let cuts = (1..n).map(|i| {
                    let (mut j, delta) = (i * span / n, i * span);
                    j = if inclusive { j } else { j.clamp(1, length - 1) };
                    let delta = (delta - j * n) as f64;
                    let n = n as f64;
                    let at = |j: i64| {
                        usize::try_from(j).ok().and_then(|j| data.get(j)).copied().unwrap_or(0.0)
                    };
                    let (low, high) =
                        if inclusive { (at(j), at(j + 1)) } else { (at(j - 1), at(j)) };
                    Value::Float((low * (n - delta) + high * delta) / n)
                });
                Ok(Value::list(cuts.collect()))
            },
        )
        .function("correlation", "x, y, /", "Pearson's correlation.", |v| {
            let (x, y) = pair(&v)?;
            let (xx, yy, xy) = (products(&x, &x), products(&y, &y), products(&x, &y));
            if xx == 0.0 || yy == 0.0 {
                return Err(empty("at least one of the inputs is constant"));
            }
            Ok(Value::Float(xy / (xx * yy).sqrt()))
        })
        .function("covariance", "x, y, /", "The sample covariance.", |v| {
            let (x, y) = pair(&v)?;
            Ok(Value::Float(products(&x, &y) / (x.len() - 1) as f64))
        })
        .function("linear_regression", "x, y, /", "Slope and intercept.", |v| {
            let (x, y) = pair(&v)?;
            let xx = products(&x, &x);
            if xx == 0.0 {
                return Err(empty("x is constant"));
            }
            let slope = products(&x, &y) / xx;
            let centre = |data: &[f64]| exact_sum(data) / data.len() as f64;
            let module = super::import("collections")?;
            let given = [Value::str("LinearRegression"), Value::str("slope intercept")];
            let class = crate::runtime::attributes::call_method(
                &module,
                "namedtuple",
                crate::runtime::Arguments::positional(given),
            )?;
            let facts = [Value::Float(slope), Value::Float(centre(&y) - slope * centre(&x))];
            crate::runtime::context::call(&class, crate::runtime::Arguments::positional(facts))
        })
}

fn empty(message: &str) -> Box<Exception> {
    Exception::new("StatisticsError", message)
}

fn floats(values: &Value) -> PyResult<Vec<f64>> {
    iterate::collect(values)?.iter().map(real).collect()
}

fn ordered(values: &Value, name: &str) -> PyResult<Vec<Value>> {
    let data = list::sorted(iterate::collect(values)?, &Value::None, false)?;
    if data.is_empty() {
        let what = if name == "median" {
            "no median for empty data"
        } else {
            "must have at least two data points"
        };
        return Err(empty(what));
    }
    Ok(data)
}

fn count(values: &Value) -> PyResult<Vec<(Value, usize)>> {
    let mut counts = IndexMap::new();
    for value in iterate::collect(values)? {
        *counts.entry(hash::key(&value)?).or_insert(0) += 1;
    }
    Ok(counts.into_iter().map(|(key, count)| (key.0, count)).collect())
}

/// The mean of whole numbers is whole where it can be, as in Python.
fn mean(data: &[Value]) -> PyResult<Value> {
    if data.is_empty() {
        return Err(empty("mean requires at least one data point"));
    }
    let whole: Option<Vec<i64>> = data.iter().map(operators::as_index).collect();
    let length = i64::try_from(data.len()).unwrap_or(i64::MAX);
    if let Some(whole) = whole {
        let total: i128 = whole.iter().map(|n| i128::from(*n)).sum();
        if total % i128::from(length) == 0 {
            return Ok(Value::Int(i64::try_from(total / i128::from(length)).unwrap_or(i64::MAX)));
        }
        return Ok(Value::Float(total as f64 / length as f64));
    }
    let numbers: Vec<f64> = data.iter().map(real).collect::<PyResult<_>>()?;
    Ok(Value::Float(exact_sum(&numbers) / length as f64))
}

fn variance(data: &[Value], centre: &Value, sample: bool, name: &str) -> PyResult<Value> {
    let least = if sample { 2 } else { 1 };
    if data.len() < least {
        let words = if sample { "two data points" } else { "one data point" };
        return Err(empty(&format!("{name} requires at least {words}")));
    }
    let divisor = data.len() + 1 - least;
    let whole: Option<Vec<i64>> = data.iter().map(operators::as_index).collect();
    if let (Some(whole), true) = (whole, centre.is_none()) {
        // Exact: (n * sum of squares - square of sum) / (n * divisor).
        let n = data.len() as i128;
        let sum: i128 = whole.iter().map(|x| i128::from(*x)).sum();
        let squares: i128 = whole.iter().map(|x| i128::from(*x) * i128::from(*x)).sum();
        let (top, bottom) = (n * squares - sum * sum, n * divisor as i128);
        if top % bottom == 0 {
            return Ok(Value::Int(i64::try_from(top / bottom).unwrap_or(i64::MAX)));
        }
        return Ok(Value::Float(top as f64 / bottom as f64));
    }
    let numbers: Vec<f64> = data.iter().map(real).collect::<PyResult<_>>()?;
    let centre = match centre {
        Value::None => exact_sum(&numbers) / numbers.len() as f64,
        given => real(given)?,
    };
    let squares: Vec<f64> = numbers.iter().map(|x| (x - centre) * (x - centre)).collect();
    Ok(Value::Float(exact_sum(&squares) / divisor as f64))
}

/// The harmonic mean of whole numbers as one division, if their product is not too large.
fn exact_harmonic(data: &[Value]) -> Option<Value> {
    let numbers: Option<Vec<i128>> =
        data.iter().map(|v| operators::as_index(v).map(i128::from)).collect();
    let numbers = numbers?;
    let product = numbers.iter().try_fold(1_i128, |p, n| p.checked_mul(*n))?;
    let sum: i128 = numbers.iter().map(|n| product / n).sum();
    let top = product.checked_mul(numbers.len() as i128)?;
    const EXACT: i128 = 1 << 53;
    (sum != 0 && top < EXACT && sum < EXACT).then(|| Value::Float(top as f64 / sum as f64))
}

fn pair(values: &[Value]) -> PyResult<(Vec<f64>, Vec<f64>)> {
    let (x, y) = (floats(&values[0])?, floats(&values[1])?);
    if x.len() != y.len() {
        return Err(empty("both inputs must have the same number of data points"));
    }
    if x.len() < 2 {
        return Err(empty("at least two data points are required"));
    }
    Ok((x, y))
}

/// The sum of the products of the distances from the means.
fn products(x: &[f64], y: &[f64]) -> f64 {
    let centre = |data: &[f64]| exact_sum(data) / data.len() as f64;
    let (cx, cy) = (centre(x), centre(y));
    exact_sum(&x.iter().zip(y).map(|(a, b)| (a - cx) * (b - cy)).collect::<Vec<f64>>())
}
