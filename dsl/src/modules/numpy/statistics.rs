//! Order statistics, histograms, correlation, interpolation, polynomials, differences.

use super::arguments::{axes, axis, check_size, flag};
use super::arith::Op;
use super::array::Array;
use super::dtype::DType;
use super::fold::{self, Fold, Lanes};
use super::scalar::float64;
use super::sorting::number_order;
use super::table::{Row, array, numbers, only, row, take};
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
    row(
        "interp",
        "x, xp, fp, left=None, right=None, period=None",
        "Linear interpolation between points.",
        |v| {
            let [x, xp, fp, left, right, period] = take(v)?;
            only(&period, false, "interp(period=)", "repeat the points")?;
            let x = numbers(&x, "interp")?;
            let (xp, fp) =
                (numbers(&xp, "interp")?.to_f64_vec(), numbers(&fp, "interp")?.to_f64_vec());
            if xp.is_empty() {
                return Err(Exception::value_error("array of sample points is empty"));
            }
            if xp.len() != fp.len() {
                return Err(Exception::value_error("fp and xp are not of the same length."));
            }
            let last = xp.len() - 1;
            let left = if left.is_none() { fp[0] } else { left.as_float("left")? };
            let right = if right.is_none() { fp[last] } else { right.as_float("right")? };
            let at = |x: f64| {
                if x.is_nan() {
                    return x;
                }
                if x > xp[last] {
                    return right;
                }
                if x < xp[0] {
                    return left;
                }
                let j = xp.partition_point(|&p| p <= x).saturating_sub(1);
                if j == last || xp[j] == x {
                    return fp[j];
                }
                let slope = (fp[j + 1] - fp[j]) / (xp[j + 1] - xp[j]);
                let value = slope * (x - xp[j]) + fp[j];
                if value.is_nan() { slope * (x - xp[j + 1]) + fp[j + 1] } else { value }
            };
            let out = x.to_f64_vec().into_iter().map(at).collect();
            Ok(Array::from_f64(x.shape(), out).to_value())
        },
    ),
    row(
        "polyfit",
        "x, y, deg, rcond=None, full=False, w=None, cov=False",
        "The polynomial that fits best, highest power first.",
        |v| {
            let [x, y, degree, rcond, full, weights, with_cov] = take(v)?;
            only(&full, !flag(&full)?, "polyfit(full=True)", "np.linalg.lstsq gives residuals")?;
            only(&with_cov, !flag(&with_cov)?, "polyfit(cov=True)", "leave cov out")?;
            let (x, y) = (numbers(&x, "polyfit")?.to_f64_vec(), numbers(&y, "polyfit")?);
            let degree = degree.as_int("deg")?;
            if degree < 0 {
                return Err(Exception::value_error("expected deg >= 0"));
            }
            if x.is_empty() {
                return Err(Exception::type_error("expected non-empty vector for x"));
            }
            if y.ndim() != 1 || y.size() != x.len() {
                return Err(Exception::type_error("expected x and y to have same length"));
            }
            let (n, m) = (x.len(), degree as usize + 1);
            check_size(n.saturating_mul(m))?;
            let weights = if weights.is_none() {
                vec![1.0; n]
            } else {
                numbers(&weights, "polyfit")?.to_f64_vec()
            };
            let y: Vec<f64> = y.to_f64_vec().iter().zip(&weights).map(|(y, w)| y * w).collect();
            let mut matrix: Vec<f64> = x
                .iter()
                .zip(&weights)
                .flat_map(|(&x, &w)| (0..m).rev().map(move |p| x.powi(p as i32) * w))
                .collect();
            // Columns of equal length, as numpy scales them.
            let scale: Vec<f64> = (0..m)
                .map(|j| (0..n).map(|i| matrix[i * m + j].powi(2)).sum::<f64>().sqrt())
                .collect();
            for (at, entry) in matrix.iter_mut().enumerate() {
                *entry /= scale[at % m];
            }
            let rcond = match rcond {
                Value::None => n as f64 * f64::EPSILON,
                given => given.as_float("rcond")?,
            };
            let (a, b) = (Array::from_f64(&[n, m], matrix), Array::from_f64(&[n], y));
            let fit = super::linalg::least_squares(&a, &b, Some(rcond))?;
            let c = fit.x.to_f64_vec().iter().zip(&scale).map(|(c, s)| c / s).collect();
            Ok(Value::object(Array::from_f64(&[m], c)))
        },
    ),
    row("polyval", "p, x", "A polynomial at points.", |v| {
        let [p, x] = take(v)?;
        let (p, x) = (array(&p)?, Operand::new(&x)?);
        let mut y = Operand::strong(Array::zeros(x.array.shape(), x.array.dtype()));
        for i in 0..p.size() {
            let product = Operand::strong(binary(Op::Multiply, &y, &x, None)?);
            y = Operand::strong(binary(Op::Add, &product, &Operand::strong(p.at(0, i)), None)?);
        }
        Ok(y.array.to_value())
    }),
    row("polyder", "p, m=1", "The derivative of a polynomial.", |v| {
        let [p, m] = take(v)?;
        let mut p = numbers(&p, "polyder")?.to_f64_vec();
        for _ in 0..m.as_int("m")?.clamp(0, 1000) {
            let n = p.len().saturating_sub(1);
            p = p.iter().take(n).enumerate().map(|(i, c)| c * (n - i) as f64).collect();
        }
        Ok(Value::object(Array::from_f64(&[p.len()], p)))
    }),
    row("polymul", "a1, a2", "The product of two polynomials.", |v| {
        let [a, b] = take(v)?;
        Ok(Value::object(convolution(&numbers(&a, "polymul")?, &numbers(&b, "polymul")?)?))
    }),
    row("convolve", "a, v, mode='full'", "The convolution of two rows.", |v| {
        let [a, b, mode] = take(v)?;
        let (a, b) = (numbers(&a, "convolve")?, numbers(&b, "convolve")?);
        cut_convolution(&a, &b, &mode)
    }),
    row("correlate", "a, v, mode='valid'", "The cross-correlation of two rows.", |v| {
        let [a, b, mode] = take(v)?;
        let (a, b) = (numbers(&a, "correlate")?, numbers(&b, "correlate")?);
        let backwards = super::shaping::flipped(&b, &[0]);
        cut_convolution(&a, &backwards, &mode)
    }),
    row("diff", "a, n=1, axis=-1, prepend=None, append=None", "Differences of neighbours.", |v| {
        let [a, n, over, prepend, append] = take(v)?;
        let mut a = numbers(&a, "diff")?;
        if a.ndim() == 0 {
            return Err(Exception::value_error(
                "diff requires input that is at least one dimensional",
            ));
        }
        let times = n.as_int("n")?;
        if times < 0 {
            return Err(Exception::value_error(format!(
                "order must be non-negative but got {times}"
            )));
        }
        let over = axis(&over, a.ndim())?;
        let widen = |value: &Value| -> PyResult<Array> {
            let value = array(value)?;
            if value.ndim() > 0 {
                return Ok(value);
            }
            let mut shape = a.shape().to_vec();
            shape[over] = 1;
            value.broadcast_to(&shape)
        };
        let mut parts = Vec::new();
        if !prepend.is_none() {
            parts.push(widen(&prepend)?);
        }
        parts.push(a.clone());
        if !append.is_none() {
            parts.push(widen(&append)?);
        }
        if parts.len() > 1 {
            a = super::shaping::concatenate(&parts, over, None)?;
        }
        for _ in 0..times {
            let n = a.shape()[over];
            if n == 0 {
                break;
            }
            let (low, high) = (a.span(over, 0, n - 1), a.span(over, 1, n));
            let op = if a.dtype() == DType::Bool { Op::NotEqual } else { Op::Subtract };
            a = binary(op, &Operand::strong(high), &Operand::strong(low), None)?;
        }
        Ok(Value::object(a))
    }),
    row(
        "ediff1d",
        "ary, to_end=None, to_begin=None",
        "Differences of neighbours in one row.",
        |v| {
            let [a, ..] = take::<3>(v)?;
            let a = numbers(&a, "ediff1d")?;
            let flat = a.reshaped(&[a.size()])?;
            let n = a.size();
            let (low, high) = (flat.span(0, 0, n.saturating_sub(1)), flat.span(0, 1.min(n), n));
            Ok(binary(Op::Subtract, &Operand::strong(high), &Operand::strong(low), None)?
                .to_value())
        },
    ),
    row(
        "gradient",
        "f, *varargs, axis=None, edge_order=1",
        "Slopes by central differences.",
        |v| {
            let [f, spacing, over, edge] = take(v)?;
            only(
                &edge,
                matches!(edge, Value::Int(1)),
                "gradient(edge_order=2)",
                "leave edge_order out",
            )?;
            let f = numbers(&f, "gradient")?;
            let f = if f.dtype().is_float() { f } else { f.cast(DType::Float64)? };
            let over = axes(&over, f.ndim())?;
            let spacing = super::arguments::items(&spacing)?;
            if spacing.len() > 1 && spacing.len() != over.len() {
                return Err(Exception::type_error("invalid number of arguments"));
            }
            let mut out = Vec::new();
            for (i, &axis) in over.iter().enumerate() {
                let n = f.shape()[axis];
                if n < 2 {
                    return Err(Exception::value_error(
                        "Shape of array too small to calculate a numerical gradient, at least \
                     (edge_order + 1) elements are required.",
                    ));
                }
                let given = spacing.get(i).or(spacing.first());
                let steps: Vec<f64> = match given {
                    None => vec![1.0; n - 1],
                    Some(given) => {
                        let given = numbers(given, "gradient")?;
                        match given.ndim() {
                            0 => vec![given.to_f64_vec()[0]; n - 1],
                            _ if given.size() == n => {
                                given.to_f64_vec().windows(2).map(|w| w[1] - w[0]).collect()
                            }
                            _ => {
                                return Err(Exception::value_error(
                                    "when 1d, distances must match the length of the corresponding \
                                 dimension",
                                ));
                            }
                        }
                    }
                };
                let even = steps.windows(2).all(|w| w[0] == w[1]);
                let mut lanes = Lanes::<f64>::new(&f, axis);
                for lane in lanes.iter_mut() {
                    let x = lane.to_vec();
                    lane[0] = (x[1] - x[0]) / steps[0];
                    lane[n - 1] = (x[n - 1] - x[n - 2]) / steps[n - 2];
                    for i in 1..n - 1 {
                        let (h, k) = (steps[i - 1], steps[i]);
                        lane[i] = if even {
                            (x[i + 1] - x[i - 1]) / (2.0 * h)
                        } else {
                            let a = -k / (h * (h + k));
                            let b = (k - h) / (h * k);
                            let c = h / (k * (h + k));
                            a * x[i - 1] + b * x[i] + c * x[i + 1]
                        };
                    }
                }
                let mut storage = super::storage::Storage::with_capacity(f.dtype(), f.size());
                storage.extend_numbers(&lanes.numbers);
                out.push(Value::object(fold::from_lanes(storage, &lanes.rest, n, axis)));
            }
            Ok(if out.len() == 1 { out.swap_remove(0) } else { Value::tuple(out) })
        },
    ),
    row("trapezoid", "y, x=None, dx=1.0, axis=-1", "The integral by trapezoids.", |v| {
        let [y, x, dx, over] = take(v)?;
        let y = numbers(&y, "trapezoid")?;
        let over = axis(&over, y.ndim())?;
        let n = y.shape()[over];
        if n == 0 {
            return Ok(float64(0.0));
        }
        let step = if x.is_none() {
            Operand::new(&dx)?
        } else {
            let x = numbers(&x, "trapezoid")?;
            let along = if x.ndim() == 1 { 0 } else { over };
            let m = x.shape()[along];
            let (low, high) = (x.span(along, 0, m.saturating_sub(1)), x.span(along, 1.min(m), m));
            let d = binary(Op::Subtract, &Operand::strong(high), &Operand::strong(low), None)?;
            let mut shape = vec![1; y.ndim()];
            shape[over] = d.size();
            Operand::strong(if x.ndim() == 1 { d.reshaped(&shape)? } else { d })
        };
        let (low, high) = (y.span(over, 0, n - 1), y.span(over, 1, n));
        let sum =
            Operand::strong(binary(Op::Add, &Operand::strong(high), &Operand::strong(low), None)?);
        let area = Operand::strong(binary(Op::Multiply, &step, &sum, None)?);
        let half = binary(Op::Divide, &area, &Operand::new(&Value::Float(2.0))?, None)?;
        Ok(fold::fold(Fold::Sum, &half, &[over], false, None)?.to_value())
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
        x = super::shaping::concatenate(&[x, rows(y)?], 0, None)?;
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

fn convolution(a: &Array, b: &Array) -> PyResult<Array> {
    if a.ndim() > 1 || b.ndim() > 1 {
        return Err(Exception::value_error("object too deep for desired array"));
    }
    if a.size() == 0 || b.size() == 0 {
        let name = if a.size() == 0 { "a" } else { "v" };
        return Err(Exception::value_error(format!("{name} cannot be empty")));
    }
    let dtype = super::dtype::promote(a.dtype(), b.dtype());
    let (x, y) = (a.to_f64_vec(), b.to_f64_vec());
    let mut out = vec![0.0; x.len() + y.len() - 1];
    for (i, x) in x.iter().enumerate() {
        for (o, y) in out[i..].iter_mut().zip(&y) {
            *o += x * y;
        }
    }
    let dtype = if dtype == DType::Bool { DType::Int64 } else { dtype };
    Array::from_f64(&[out.len()], out).as_type(dtype)
}

fn cut_convolution(a: &Array, b: &Array, mode: &Value) -> PyResult<Value> {
    let full = convolution(a, b)?;
    let (long, short) = (a.size().max(b.size()), a.size().min(b.size()));
    let mode = mode.as_str("mode")?;
    let (start, length) = match &*mode {
        "full" | "f" => (0, full.size()),
        "same" | "s" => ((short - 1) / 2, long),
        "valid" | "v" => (short - 1, long - short + 1),
        other => {
            return Err(Exception::value_error(format!(
                "mode must be one of 'valid', 'same', or 'full' (got '{other}')"
            )));
        }
    };
    Ok(Value::object(full.span(0, start, start + length).copy()))
}
