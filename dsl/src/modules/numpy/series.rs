//! Numbers in a row: interpolation, polynomials, convolution, differences, integrals.

use super::arguments::{axes, axis, check_size, flag};
use super::arith::Op;
use super::array::Array;
use super::dtype::DType;
use super::fold::{self, Fold, Lanes};
use super::scalar::float64;
use super::table::{Row, array, numbers, only, row, take};
use super::ufunc::{Operand, binary};
use crate::runtime::{Exception, PyResult, Value};

pub(crate) const TABLE: &[Row] = &[
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
            a = super::joining::concatenate(&parts, over, None)?;
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
