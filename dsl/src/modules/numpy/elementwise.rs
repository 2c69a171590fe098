//! Functions of elements beyond the ufuncs: `where`, `clip`, `round`, closeness, membership in conditions.

use super::arguments::{arrays, axis, flag, items};
use super::arith::Op;
use super::array::Array;
use super::dtype::{DType, promote};
use super::functions::select;
use super::layout::broadcast_shape;
use super::table::{Row, array, numbers, row, take};
use super::ufunc::{Extra, Operand, binary, common_type, map, store};
use crate::runtime::{Arguments, Exception, PyResult, Value};

pub(crate) const TABLE: &[Row] = &[
    row(
        "where",
        "condition, x=None, y=None, /",
        "`x` where the condition holds, else `y`; alone: the indices where it holds.",
        |v| {
            let [condition, x, y] = take(v)?;
            let condition = array(&condition)?;
            if x.is_none() && y.is_none() {
                return super::sorting::nonzero_tuple(&condition);
            }
            if x.is_none() || y.is_none() {
                return Err(Exception::value_error(
                    "either both or neither of x and y should be given",
                ));
            }
            let (x, y) = (Operand::new(&x)?, Operand::new(&y)?);
            let dtype = common_type(&x, &y);
            let shape = broadcast_shape(&[condition.shape(), x.array.shape(), y.array.shape()])?;
            let mask = condition.as_type(DType::Bool)?.broadcast_to(&shape)?;
            let (x, y) = (x.array.broadcast_to(&shape)?, y.array.broadcast_to(&shape)?);
            Ok(Value::object(select(&mask, &x, &y, dtype)?))
        },
    ),
    row(
        "select",
        "condlist, choicelist, default=0",
        "The choice of the first condition that holds.",
        |v| {
            let [conditions, choices, default] = take(v)?;
            let (conditions, choices) = (arrays(&conditions)?, items(&choices)?);
            if conditions.len() != choices.len() {
                return Err(Exception::value_error(
                    "list of cases must be same length as list of conditions",
                ));
            }
            if conditions.is_empty() {
                return Err(Exception::value_error(
                    "select with an empty condition list is not possible",
                ));
            }
            let mut result = Operand::new(&default)?;
            for (condition, choice) in conditions.iter().zip(&choices).rev() {
                if condition.dtype() != DType::Bool {
                    return Err(Exception::type_error(
                        "invalid entry 0 in condlist: should be boolean ndarray",
                    ));
                }
                let choice = Operand::new(choice)?;
                let dtype = common_type(&choice, &result);
                let shape = broadcast_shape(&[
                    condition.shape(),
                    choice.array.shape(),
                    result.array.shape(),
                ])?;
                let mask = condition.broadcast_to(&shape)?;
                let (x, y) =
                    (choice.array.broadcast_to(&shape)?, result.array.broadcast_to(&shape)?);
                result = Operand::strong(select(&mask, &x, &y, dtype)?);
            }
            Ok(result.array.to_value())
        },
    ),
    row("piecewise", "x, condlist, funclist", "A function per condition.", |v| {
        let [x, conditions, functions] = take(v)?;
        let x = array(&x)?;
        let (conditions, functions) = (items(&conditions)?, items(&functions)?);
        let out = Array::zeros(x.shape(), x.dtype());
        let mut rest = Array::from_bool(x.shape(), vec![true; x.size()]);
        for (i, function) in functions.iter().enumerate() {
            let mask = match conditions.get(i) {
                Some(condition) => array(condition)?.as_type(DType::Bool)?,
                None => rest.clone(),
            };
            let not = super::ufunc::invert(&mask)?;
            rest = binary(Op::LogicalAnd, &Operand::strong(rest), &Operand::strong(not), None)?;
            let key = Value::object(mask);
            let value = match function {
                Value::Object(object) if object.is_callable() => {
                    let part = super::index::get(&x, &key)?;
                    object.call(function, Arguments::positional([part]))?
                }
                plain => plain.clone(),
            };
            super::index::set(&out, &key, &value)?;
        }
        Ok(out.to_value())
    }),
    row(
        "clip",
        "a, a_min=None, a_max=None, out=None, *, min=None, max=None",
        "Numbers limited to a range.",
        clip,
    ),
    row("round", ROUND, "Rounded to a number of decimals, halves to even.", round),
    row("around", ROUND, "Rounded to a number of decimals, halves to even.", round),
    row(
        "nan_to_num",
        "x, copy=True, nan=0.0, posinf=None, neginf=None",
        "NaN and infinities replaced by numbers.",
        |v| {
            let [x, _copy, nan, high, low] = take(v)?;
            let x = numbers(&x, "nan_to_num")?;
            if !x.dtype().is_float() {
                return Ok(x.copy().to_value());
            }
            let most = match x.dtype() {
                DType::Float16 => 65504.0,
                DType::BFloat16 => half::bf16::MAX.to_f64(),
                DType::Float32 => f64::from(f32::MAX),
                _ => f64::MAX,
            };
            let nan = nan.as_float("nan")?;
            let high = if high.is_none() { most } else { high.as_float("posinf")? };
            let low = if low.is_none() { -most } else { low.as_float("neginf")? };
            let result = map::<f64, f64>(&x, x.dtype(), |x, out| {
                for (o, &x) in out.iter_mut().zip(x) {
                    *o = if x.is_nan() {
                        nan
                    } else if x == f64::INFINITY {
                        high
                    } else if x == f64::NEG_INFINITY {
                        low
                    } else {
                        x
                    };
                }
            });
            Ok(result.to_value())
        },
    ),
    row("isclose", CLOSE, "Whether numbers are equal within tolerances.", |v| {
        let (flags, _) = close(v)?;
        Ok(flags.to_value())
    }),
    row("allclose", CLOSE, "Whether all numbers are equal within tolerances.", |v| {
        let (flags, _) = close(v)?;
        Ok(Value::Bool(flags.to_vec::<bool>().into_iter().all(|flag| flag)))
    }),
    row("array_equal", "a1, a2, equal_nan=False", "Whether shapes and elements are equal.", |v| {
        let [a, b, equal_nan] = take(v)?;
        let (a, b) = (array(&a)?, array(&b)?);
        if a.shape() != b.shape() {
            return Ok(Value::Bool(false));
        }
        let flags =
            binary(Op::Equal, &Operand::strong(a.clone()), &Operand::strong(b.clone()), None)?;
        let mut flags = flags.to_vec::<bool>();
        if flag(&equal_nan)? && a.dtype().is_float() && b.dtype().is_float() {
            let pairs = a.to_f64_vec().into_iter().zip(b.to_f64_vec());
            for (same, (x, y)) in flags.iter_mut().zip(pairs) {
                *same |= x.is_nan() && y.is_nan();
            }
        }
        Ok(Value::Bool(flags.into_iter().all(|flag| flag)))
    }),
    row("array_equiv", "a1, a2", "Whether the elements are equal after broadcasting.", |v| {
        let [a, b] = take(v)?;
        let (a, b) = (Operand::new(&a)?, Operand::new(&b)?);
        Ok(Value::Bool(match binary(Op::Equal, &a, &b, None) {
            Ok(flags) => flags.to_vec::<bool>().into_iter().all(|flag| flag),
            Err(_) => false,
        }))
    }),
    row("isscalar", "element", "Whether a value is a plain number or text.", |v| {
        let [x] = take(v)?;
        Ok(Value::Bool(match &x {
            Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Str(_) => true,
            other => other.downcast::<super::Scalar>().is_some(),
        }))
    }),
    row("iscomplexobj", "x", "False: there are no complex numbers.", |_| Ok(Value::Bool(false))),
    row("isrealobj", "x", "True: there are no complex numbers.", |_| Ok(Value::Bool(true))),
    row("isneginf", "x", "Whether numbers are minus infinity.", |v| infinite(v, f64::NEG_INFINITY)),
    row("isposinf", "x", "Whether numbers are plus infinity.", |v| infinite(v, f64::INFINITY)),
    row("heaviside", "x1, x2", "0 below zero, 1 above, `x2` at zero.", |v| {
        let [x, half] = take(v)?;
        let (x, half) = (Operand::new(&x)?, Operand::new(&half)?);
        let dtype = common_type(&x, &half).float_for();
        let result =
            super::ufunc::zip::<f64, f64>(&x.array, &half.array, dtype, |x, half, out| {
                for ((o, &x), &half) in out.iter_mut().zip(x).zip(half) {
                    *o = if x.is_nan() {
                        x
                    } else if x == 0.0 {
                        half
                    } else {
                        f64::from(u8::from(x > 0.0))
                    };
                }
            })?;
        Ok(result.to_value())
    }),
    row("angle", "z, deg=False", "The angle of real numbers: 0 or pi.", |v| {
        let [z, degrees] = take(v)?;
        let z = numbers(&z, "angle")?;
        let half = if flag(&degrees)? { 180.0 } else { std::f64::consts::PI };
        let result = map::<f64, f64>(&z, z.dtype().float_for(), |z, out| {
            out.iter_mut().zip(z).for_each(|(o, &z)| *o = if z < 0.0 { half } else { 0.0 });
        });
        Ok(result.to_value())
    }),
    row("i0", "x", "The modified Bessel function of order zero.", |v| {
        let [x] = take(v)?;
        let x = numbers(&x, "i0")?;
        let result = map::<f64, f64>(&x, DType::Float64, |x, out| {
            for (o, &x) in out.iter_mut().zip(x) {
                let (mut term, mut sum, quarter) = (1.0, 1.0, x * x / 4.0);
                for k in 1..500 {
                    term *= quarter / f64::from(k * k);
                    sum += term;
                    if term < sum * 1e-17 {
                        break;
                    }
                }
                *o = sum;
            }
        });
        Ok(result.to_value())
    }),
    row("hanning", "M", "The Hann window.", |v| window(v, &[0.5, 0.5])),
    row("hamming", "M", "The Hamming window.", |v| window(v, &[0.54, 0.46])),
    row("blackman", "M", "The Blackman window.", |v| window(v, &[0.42, 0.5, 0.08])),
    row("bartlett", "M", "The triangular window.", |v| {
        let [m] = take(v)?;
        let m = m.as_int("M")?.max(0) as usize;
        let half = (m.max(2) - 1) as f64 / 2.0;
        let numbers = match m {
            1 => vec![1.0],
            _ => (0..m).map(|i| 1.0 - ((i as f64 - half) / half).abs()).collect(),
        };
        Ok(Value::object(Array::from_f64(&[m], numbers)))
    }),
    row(
        "apply_along_axis",
        "func1d, axis, arr, *args",
        "A function of each lane along an axis.",
        |v| {
            let [function, over, a, rest] = take(v)?;
            let a = array(&a)?;
            let over = axis(&over, a.ndim())?;
            let mut order: Vec<usize> = (0..a.ndim()).filter(|&other| other != over).collect();
            let outer: Vec<usize> = order.iter().map(|&axis| a.shape()[axis]).collect();
            order.push(over);
            let lanes = a.permuted(&order).contiguous();
            let count: usize = outer.iter().product();
            let lanes = lanes.reshaped(&[count, a.shape()[over]])?;
            let mut results = Vec::with_capacity(count);
            for i in 0..count {
                let mut call = vec![Value::object(lanes.at(0, i))];
                call.extend(items(&rest)?);
                results.push(call_value(&function, call)?);
            }
            let stacked = Array::from_value(&Value::list(results), None)?;
            let inner = &stacked.shape()[1..];
            let shaped = stacked.reshaped(&[&outer[..], inner].concat())?;
            // What each call gave takes the place of the axis.
            let mut order: Vec<usize> = (0..outer.len()).collect();
            for i in 0..inner.len() {
                order.insert(over + i, outer.len() + i);
            }
            Ok(shaped.permuted(&order).to_value())
        },
    ),
    row(
        "vectorize",
        "pyfunc, otypes=None, *, excluded=None, signature=None",
        "A function that is called for each element.",
        |v| {
            let [function, otypes, ..] = take::<4>(v)?;
            let dtype = match &otypes {
                Value::None => None,
                Value::List(_) | Value::Tuple(_) => match items(&otypes)?.first() {
                    Some(first) => Some(DType::from_value(first)?),
                    None => None,
                },
                other => Some(DType::from_value(other)?),
            };
            Ok(crate::runtime::Native::value(
                "vectorized",
                "*args",
                "Calls a function for each element.",
                move |v| {
                    let [all] = take(v)?;
                    let arguments = arrays(&all)?;
                    let shapes: Vec<&[usize]> = arguments.iter().map(Array::shape).collect();
                    let shape = broadcast_shape(&shapes)?;
                    let columns = arguments
                        .iter()
                        .map(|a| Ok(a.broadcast_to(&shape)?.items()))
                        .collect::<PyResult<Vec<_>>>()?;
                    let count: usize = shape.iter().product();
                    let mut results = Vec::with_capacity(count);
                    for i in 0..count {
                        let call: Vec<Value> =
                            columns.iter().map(|column| column[i].clone()).collect();
                        results.push(call_value(&function, call)?);
                    }
                    Array::from_value(&Value::list(results), dtype)?
                        .reshaped(&shape)
                        .map(|a| a.to_value())
                },
            ))
        },
    ),
    row("result_type", "*arrays_and_dtypes", "The type that holds all of them.", |v| {
        let [all] = take(v)?;
        let mut result = None;
        for item in items(&all)? {
            let dtype = match &item {
                Value::Str(_) => DType::from_value(&item)?,
                Value::Object(_)
                    if item.downcast::<Array>().is_none()
                        && item.downcast::<super::Scalar>().is_none() =>
                {
                    DType::from_value(&item)?
                }
                other => array(other)?.dtype(),
            };
            result = Some(result.map_or(dtype, |known| promote(known, dtype)));
        }
        match result {
            Some(dtype) => Ok(super::types::DTypeValue::value(dtype)),
            None => Err(Exception::value_error("at least one array or dtype is required")),
        }
    }),
    row("promote_types", "type1, type2", "The type that holds both.", |v| {
        let [a, b] = take(v)?;
        let dtype = promote(DType::from_value(&a)?, DType::from_value(&b)?);
        Ok(super::types::DTypeValue::value(dtype))
    }),
    row("can_cast", "from_, to, casting='safe'", "Whether a cast loses nothing.", |v| {
        let [from, to, casting] = take(v)?;
        let (from, to) = (DType::from_value(&from)?, DType::from_value(&to)?);
        let casting = casting.as_str("casting")?;
        Ok(Value::Bool(match &*casting {
            "no" | "equiv" => from == to,
            "safe" => promote(from, to) == to,
            "same_kind" => super::dtype::is_same_kind(from, to),
            _ => true,
        }))
    }),
    row("issubdtype", "arg1, arg2", "Whether a dtype belongs to a class of dtypes.", |v| {
        let [a, b] = take(v)?;
        let dtype = DType::from_value(&a)?;
        Ok(Value::Bool(match b.downcast::<super::types::ScalarType>() {
            Some(class) => class.has(dtype),
            None => match super::dtype::class_name(&b).as_deref() {
                Some("float") => dtype == DType::Float64,
                Some("int") => dtype == DType::Int64,
                _ => DType::from_value(&b)? == dtype,
            },
        }))
    }),
];

const ROUND: &str = "a, decimals=0, out=None";
const CLOSE: &str = "a, b, rtol=1e-05, atol=1e-08, equal_nan=False";

/// Calls any callable of the language.
pub(crate) fn call_value(function: &Value, arguments: Vec<Value>) -> PyResult<Value> {
    crate::runtime::context::call(function, Arguments::positional(arguments))
}

fn infinite(v: Vec<Value>, which: f64) -> PyResult<Value> {
    let [x] = take(v)?;
    let x = numbers(&x, "isposinf")?;
    let result = map::<f64, bool>(&x, DType::Bool, |x, out| {
        out.iter_mut().zip(x).for_each(|(o, &x)| *o = x == which);
    });
    Ok(result.to_value())
}

fn window(v: Vec<Value>, parts: &[f64]) -> PyResult<Value> {
    let [m] = take(v)?;
    let m = m.as_int("M")?.max(0) as usize;
    let numbers = match m {
        1 => vec![1.0],
        _ => (0..m)
            .map(|i| {
                let n = 1.0 - m as f64 + 2.0 * i as f64;
                let turn = std::f64::consts::PI * n / (m as f64 - 1.0);
                parts.iter().enumerate().map(|(k, part)| part * (turn * k as f64).cos()).sum()
            })
            .collect(),
    };
    Ok(Value::object(Array::from_f64(&[m], numbers)))
}

fn finish(result: Array, out: &Value, name: &str) -> PyResult<Value> {
    let mut arguments = Arguments::default().with("out", out.clone());
    Extra::take(&mut arguments)?.deliver(result, name)
}

fn clip(v: Vec<Value>) -> PyResult<Value> {
    let [a, low, high, out, low_too, high_too] = take(v)?;
    let low = if low.is_none() { low_too } else { low };
    let high = if high.is_none() { high_too } else { high };
    let mut result = Operand::new(&a)?;
    if !result.array.dtype().is_number() {
        numbers(&a, "clip")?;
    }
    if !low.is_none() {
        let array = limit(Op::Maximum, &result, &Operand::new(&low)?)?;
        result = Operand { array, weak: None };
    }
    if !high.is_none() {
        let array = limit(Op::Minimum, &result, &Operand::new(&high)?)?;
        result = Operand { array, weak: None };
    }
    finish(result.array.clone(), &out, "clip")
}

/// Plain integers outside the type's range limit nothing, rather than overflow.
fn limit(op: Op, a: &Operand, bound: &Operand) -> PyResult<Array> {
    if let (Some(super::ufunc::Weak::Int(number)), Some((low, high))) =
        (bound.weak, a.array.dtype().integer_range())
    {
        let number = i128::from(number).clamp(low, high) as i64;
        return binary(op, a, &Operand::new(&Value::Int(number))?, None);
    }
    binary(op, a, bound, None)
}

fn round(v: Vec<Value>) -> PyResult<Value> {
    let [a, decimals, out] = take(v)?;
    let a = numbers(&a, "round")?;
    let decimals = decimals.as_int("decimals")?;
    finish(rounded(&a, decimals)?, &out, "round")
}

/// Multiply, round, divide, as numpy does (the last digit may differ from Python's `round`).
pub(crate) fn rounded(a: &Array, decimals: i64) -> PyResult<Array> {
    if !a.dtype().is_float() {
        if decimals >= 0 || a.dtype() == DType::Bool {
            return if a.dtype() == DType::Bool { a.cast(DType::Float16) } else { Ok(a.copy()) };
        }
        let unit = 10_i64.saturating_pow(decimals.unsigned_abs().min(18) as u32);
        let result = map::<i64, i64>(a, a.dtype(), |x, out| {
            for (o, &x) in out.iter_mut().zip(x) {
                *o = (x as f64 / unit as f64).round_ties_even() as i64 * unit;
            }
        });
        return Ok(result);
    }
    let unit = 10_f64.powi(decimals.unsigned_abs().min(400) as i32);
    let up = decimals >= 0;
    if a.dtype() == DType::Float32 {
        let unit = unit as f32;
        return Ok(map::<f32, f32>(a, DType::Float32, |x, out| {
            for (o, &x) in out.iter_mut().zip(x) {
                *o = match (decimals, up) {
                    (0, _) => x.round_ties_even(),
                    (_, true) => (x * unit).round_ties_even() / unit,
                    _ => (x / unit).round_ties_even() * unit,
                };
            }
        }));
    }
    Ok(map::<f64, f64>(a, a.dtype(), |x, out| {
        for (o, &x) in out.iter_mut().zip(x) {
            *o = match (decimals, up) {
                (0, _) => x.round_ties_even(),
                (_, true) => (x * unit).round_ties_even() / unit,
                _ => (x / unit).round_ties_even() * unit,
            };
        }
    }))
}

fn close(v: Vec<Value>) -> PyResult<(Array, ())> {
    let [a, b, rtol, atol, equal_nan] = take(v)?;
    let (a, b) = (numbers(&a, "isclose")?, numbers(&b, "isclose")?);
    let (rtol, atol) = (rtol.as_float("rtol")?, atol.as_float("atol")?);
    let equal_nan = flag(&equal_nan)?;
    let flags = super::ufunc::zip::<f64, bool>(&a, &b, DType::Bool, |a, b, out| {
        for ((o, &x), &y) in out.iter_mut().zip(a).zip(b) {
            let near = y.is_finite() && (x - y).abs() <= atol + rtol * y.abs();
            *o = near || x == y || (equal_nan && x.is_nan() && y.is_nan());
        }
    })?;
    Ok((flags, ()))
}

/// `np.copyto`, `np.put`, `np.place`, `np.fill_diagonal`: functions that change their argument.
pub(crate) const CHANGING: &[Row] = &[
    row(
        "copyto",
        "dst, src, casting='same_kind', where=True",
        "Copies elements into an array.",
        |v| {
            let [to, from, _casting, mask] = take(v)?;
            let target = target(&to)?;
            match mask {
                Value::Bool(true) => store(&array(&from)?, &target, "copyto")?,
                mask => {
                    let mask = Array::from_value(&mask, Some(DType::Bool))?
                        .broadcast_to(target.shape())?;
                    let from = array(&from)?.broadcast_to(target.shape())?;
                    target.assign(&select(&mask, &from, &target, target.dtype())?)?;
                }
            }
            Ok(Value::None)
        },
    ),
    row(
        "putmask",
        "a, mask, values",
        "Sets elements where a mask holds, by their position.",
        |v| {
            let [a, mask, values] = take(v)?;
            let target = target(&a)?;
            let flags = Array::from_value(&mask, Some(DType::Bool))?.to_vec::<bool>();
            let values = array(&values)?;
            let values = values.reshaped(&[values.size()])?;
            if values.size() == 0 {
                return Ok(Value::None);
            }
            for (i, _) in flags.iter().enumerate().filter(|(_, flag)| **flag) {
                flat_slot(&target, i)?.assign(&values.at(0, i % values.size()))?;
            }
            Ok(Value::None)
        },
    ),
    row("put", "a, ind, v, mode='raise'", "Sets elements by flat index.", |v| {
        let [a, indices, values, _mode] = take(v)?;
        let target = target(&a)?;
        let values = array(&values)?;
        let values = values.reshaped(&[values.size()])?;
        if values.size() == 0 {
            return Ok(Value::None);
        }
        for (n, i) in array(&indices)?.to_i64_vec().into_iter().enumerate() {
            let i = super::index::position(i, target.size(), 0)?;
            flat_slot(&target, i)?.assign(&values.at(0, n % values.size()))?;
        }
        Ok(Value::None)
    }),
    row("fill_diagonal", "a, val, wrap=False", "Sets the main diagonal.", |v| {
        let [a, value, _wrap] = take(v)?;
        let target = target(&a)?;
        if target.ndim() < 2 {
            return Err(Exception::value_error("array must be at least 2-d"));
        }
        let n = target.shape().iter().copied().min().unwrap_or(0);
        let values = array(&value)?;
        let values = values.reshaped(&[values.size()])?;
        for i in 0..n {
            let index = vec![i; target.ndim()];
            let slot = target.view(target.position(&index), Vec::new(), Vec::new());
            slot.assign(&values.at(0, i % values.size().max(1)))?;
        }
        Ok(Value::None)
    }),
];

fn target(value: &Value) -> PyResult<Array> {
    match value.downcast::<Array>() {
        Some(array) => Ok((*array).clone()),
        None => Err(Exception::type_error(format!(
            "argument 1 must be numpy.ndarray, not {}",
            value.type_name()
        ))),
    }
}

/// One element by its number in C order, as an array without axes.
pub(crate) fn flat_slot(array: &Array, mut number: usize) -> PyResult<Array> {
    let mut index = vec![0; array.ndim()];
    for axis in (0..array.ndim()).rev() {
        let n = array.shape()[axis].max(1);
        index[axis] = number % n;
        number /= n;
    }
    Ok(array.view(array.position(&index), Vec::new(), Vec::new()))
}
