//! The reductions that users call: sums, extremes, means, spreads, cumulative ones.

use super::arguments::{along, axes, axis, flag};
use super::arith::Op;
use super::array::Array;
use super::dtype::DType;
use super::fold::{self, Fold, Foldable, Lanes, from_lanes};
use super::layout::{by_class, class_of};
use super::storage::{Number, Storage};
use super::table::{Row, array, numbers, only, row, take};
use super::ufunc::{Operand, binary, store};
use crate::runtime::{Exception, PyResult, Value};

pub(crate) const TABLE: &[Row] = &[
    row("sum", FOLD, "The sum over the axes.", |v| folded(Fold::Sum, "add", v)),
    row("prod", FOLD, "The product over the axes.", |v| folded(Fold::Product, "multiply", v)),
    row("max", EXTREME, "The largest element over the axes; NaN wins.", |v| {
        extreme(Fold::Maximum, v)
    }),
    row("amax", EXTREME, "The largest element over the axes; NaN wins.", |v| {
        extreme(Fold::Maximum, v)
    }),
    row("min", EXTREME, "The smallest element over the axes; NaN wins.", |v| {
        extreme(Fold::Minimum, v)
    }),
    row("amin", EXTREME, "The smallest element over the axes; NaN wins.", |v| {
        extreme(Fold::Minimum, v)
    }),
    row("any", TEST, "Whether any element is true.", |v| test(Fold::Any, v)),
    row("all", TEST, "Whether all elements are true.", |v| test(Fold::All, v)),
    row(
        "mean",
        "a, axis=None, dtype=None, out=None, keepdims=False, *, where=True",
        "The mean.",
        |v| {
            let [a, axis, dtype, out, keepdims, mask] = take(v)?;
            let a = numbers(&a, "mean")?;
            let over = axes(&axis, a.ndim())?;
            let keepdims = flag(&keepdims)?;
            let dtype = DType::optional(&dtype)?;
            if let Some(mask) = masked(&mask)? {
                let mask = mask.broadcast_to(a.shape())?;
                let zeros = Array::zeros(&[], a.dtype()).broadcast_to(a.shape())?;
                let kept = super::functions::select(&mask, &a, &zeros, a.dtype())?;
                let wanted = dtype.or((!a.dtype().is_float()).then_some(DType::Float64));
                let sum = fold::fold(Fold::Sum, &kept, &over, keepdims, wanted)?;
                let count = fold::fold(Fold::Sum, &mask, &over, keepdims, None)?;
                let (sum, count) = (Operand::strong(sum), Operand::strong(count));
                let result = binary(Op::Divide, &sum, &count, None)?;
                return finish(result.as_type(sum.array.dtype())?, &out, "mean");
            }
            finish(fold::mean(&a, &over, keepdims, dtype)?, &out, "mean")
        },
    ),
    row("std", SPREAD, "The standard deviation.", |v| spread(v, true)),
    row("var", SPREAD, "The variance.", |v| spread(v, false)),
    row("ptp", "a, axis=None, out=None, keepdims=False", "Largest minus smallest.", |v| {
        let [a, axis, out, keepdims] = take(v)?;
        let a = numbers(&a, "ptp")?;
        let (over, keepdims) = (axes(&axis, a.ndim())?, flag(&keepdims)?);
        let high = Operand::strong(fold::fold(Fold::Maximum, &a, &over, keepdims, None)?);
        let low = Operand::strong(fold::fold(Fold::Minimum, &a, &over, keepdims, None)?);
        finish(binary(Op::Subtract, &high, &low, None)?, &out, "subtract")
    }),
    row("argmax", ARG, "The index of the (first) largest element.", |v| arg(v, "argmax", true)),
    row("argmin", ARG, "The index of the (first) smallest element.", |v| arg(v, "argmin", false)),
    row("nanargmax", ARG, "The index of the largest element that is no NaN.", |v| {
        nan_arg(v, "argmax", true)
    }),
    row("nanargmin", ARG, "The index of the smallest element that is no NaN.", |v| {
        nan_arg(v, "argmin", false)
    }),
    row("cumsum", CUMULATIVE, "The running sum.", |v| cumulative(v, false)),
    row("cumprod", CUMULATIVE, "The running product.", |v| cumulative(v, true)),
    row("nansum", FOLD, "The sum, with NaN as zero.", |v| nan_fold(Fold::Sum, v)),
    row("nanprod", FOLD, "The product, with NaN as one.", |v| nan_fold(Fold::Product, v)),
    row("nanmax", EXTREME, "The largest element that is no NaN.", |v| {
        nan_extreme(Fold::Maximum, v)
    }),
    row("nanmin", EXTREME, "The smallest element that is no NaN.", |v| {
        nan_extreme(Fold::Minimum, v)
    }),
    row(
        "nanmean",
        "a, axis=None, dtype=None, out=None, keepdims=False",
        "The mean of what is no NaN.",
        |v| {
            let [a, axis, dtype, out, keepdims] = take(v)?;
            let a = numbers(&a, "nanmean")?;
            only(&dtype, false, "nanmean(dtype=)", "cast the argument with astype")?;
            let over = axes(&axis, a.ndim())?;
            finish(nan_mean(&a, &over, flag(&keepdims)?)?, &out, "mean")
        },
    ),
    row("nanstd", SPREAD, "The standard deviation of what is no NaN.", |v| nan_spread(v, true)),
    row("nanvar", SPREAD, "The variance of what is no NaN.", |v| nan_spread(v, false)),
    row(
        "count_nonzero",
        "a, axis=None, *, keepdims=False",
        "How many elements are not zero.",
        |v| {
            let [a, axis, keepdims] = take(v)?;
            let a = array(&a)?;
            let all = axis.is_none();
            let over = axes(&axis, a.ndim())?;
            let flags = a.cast(DType::Bool)?;
            let count = fold::fold(Fold::Sum, &flags, &over, flag(&keepdims)?, None)?;
            Ok(match all && count.ndim() == 0 {
                true => super::scalar::int64(count.to_i64_vec()[0]),
                false => count.to_value(),
            })
        },
    ),
    row(
        "average",
        "a, axis=None, weights=None, returned=False, *, keepdims=False",
        "The weighted mean.",
        |v| {
            let [a, over, weights, returned, keepdims] = take(v)?;
            let a = numbers(&a, "average")?;
            let keepdims = flag(&keepdims)?;
            let all = axes(&over, a.ndim())?;
            if weights.is_none() {
                let mean = fold::mean(&a, &all, keepdims, None)?;
                if flag(&returned)? {
                    let count = a.size() as f64 / mean.size().max(1) as f64;
                    let counts = Array::from_f64(mean.shape(), vec![count; mean.size()]);
                    return Ok(Value::tuple(vec![mean.to_value(), counts.to_value()]));
                }
                return Ok(mean.to_value());
            }
            let mut weights = numbers(&weights, "average")?;
            if weights.shape() != a.shape() {
                if over.is_none() {
                    return Err(Exception::type_error(
                        "Axis must be specified when shapes of a and weights differ.",
                    ));
                }
                let along = axis(&over, a.ndim())?;
                if weights.shape() != [a.shape()[along]] {
                    return Err(Exception::value_error(
                        "Shape of weights must be consistent with shape of a along specified axis.",
                    ));
                }
                let mut shape = vec![1; a.ndim()];
                shape[along] = weights.size();
                weights = weights.reshaped(&shape)?.broadcast_to(a.shape())?;
            }
            let dtype = match super::dtype::promote(a.dtype(), weights.dtype()) {
                d if d.is_float() => d,
                _ => DType::Float64,
            };
            let total = fold::fold(Fold::Sum, &weights, &all, keepdims, Some(dtype))?;
            if total.to_f64_vec().contains(&0.0) {
                return Err(Exception::new(
                    "ZeroDivisionError",
                    "Weights sum to zero, can't be normalized",
                ));
            }
            let product =
                binary(Op::Multiply, &Operand::strong(a), &Operand::strong(weights), Some(dtype))?;
            let sum = Operand::strong(fold::fold(Fold::Sum, &product, &all, keepdims, None)?);
            let mean = binary(Op::Divide, &sum, &Operand::strong(total.clone()), None)?;
            if flag(&returned)? {
                return Ok(Value::tuple(vec![mean.to_value(), total.to_value()]));
            }
            Ok(mean.to_value())
        },
    ),
];

const FOLD: &str = "a, axis=None, dtype=None, out=None, keepdims=False, initial=None, where=True";
const EXTREME: &str = "a, axis=None, out=None, keepdims=False, initial=None, where=True";
const TEST: &str = "a, axis=None, out=None, keepdims=False, *, where=True";
const SPREAD: &str = "a, axis=None, dtype=None, out=None, ddof=0, keepdims=False, *, where=True, mean=None, correction=None";
const ARG: &str = "a, axis=None, out=None, *, keepdims=False";
const CUMULATIVE: &str = "a, axis=None, dtype=None, out=None";

/// Delivers a result, into `out` if there is one.
fn finish(result: Array, out: &Value, name: &str) -> PyResult<Value> {
    if out.is_none() {
        return Ok(result.to_value());
    }
    let Some(target) = out.downcast::<Array>() else {
        return Err(Exception::type_error("output must be an array"));
    };
    store(&result, &target, name)?;
    Ok(out.clone())
}

/// `where=`, if it selects.
fn masked(mask: &Value) -> PyResult<Option<Array>> {
    match mask {
        Value::Bool(true) | Value::None => Ok(None),
        other => Ok(Some(Array::from_value(other, Some(DType::Bool))?)),
    }
}

/// Puts what does not count at the value that changes nothing.
fn neutral(a: &Array, mask: &Array, fold: Fold) -> PyResult<Array> {
    let value = match fold {
        Fold::Sum | Fold::Any => 0.0,
        Fold::Product | Fold::All => 1.0,
        Fold::Minimum => f64::INFINITY,
        Fold::Maximum => f64::NEG_INFINITY,
    };
    let mask = mask.broadcast_to(a.shape())?;
    let other = Array::scalar(value).cast(a.dtype())?.broadcast_to(a.shape())?;
    super::functions::select(&mask, a, &other, a.dtype())
}

fn with_initial(result: Array, initial: &Value, op: Op) -> PyResult<Array> {
    if initial.is_none() {
        return Ok(result);
    }
    binary(op, &Operand::strong(result), &Operand::new(initial)?, None)
}

fn folded(kind: Fold, name: &str, v: Vec<Value>) -> PyResult<Value> {
    let [a, axis, dtype, out, keepdims, initial, mask] = take(v)?;
    let a = match array(&a)? {
        a if a.dtype() == DType::Object => plain_numbers(&a)?,
        _ => numbers(&a, name)?,
    };
    let a = match masked(&mask)? {
        Some(mask) => neutral(&a, &mask, kind)?,
        None => a,
    };
    let over = axes(&axis, a.ndim())?;
    let result = fold::fold(kind, &a, &over, flag(&keepdims)?, DType::optional(&dtype)?)?;
    let op = if kind == Fold::Sum { Op::Add } else { Op::Multiply };
    finish(with_initial(result, &initial, op)?, &out, name)
}

/// An object array of numbers as one of numbers.
fn plain_numbers(a: &Array) -> PyResult<Array> {
    let list = Value::list(a.items().iter().map(super::convert::plain).collect());
    let flat = Array::from_value(&list, None)?;
    if flat.dtype().is_number() { flat.reshaped(a.shape()) } else { a.cast(DType::Float64) }
}

fn extreme(kind: Fold, v: Vec<Value>) -> PyResult<Value> {
    let [a, axis, out, keepdims, initial, mask] = take(v)?;
    let a = numbers(&a, if kind == Fold::Maximum { "maximum" } else { "minimum" })?;
    let (op, name) = match kind {
        Fold::Maximum => (Op::Maximum, "maximum"),
        _ => (Op::Minimum, "minimum"),
    };
    let over = axes(&axis, a.ndim())?;
    let keepdims = flag(&keepdims)?;
    if !initial.is_none() && a.size() == 0 {
        let shape = fold::left_shape(a.shape(), &over, keepdims);
        let start = Array::from_value(&initial, Some(a.dtype()))?;
        return finish(start.broadcast_to(&shape)?.copy(), &out, name);
    }
    let a = match masked(&mask)? {
        Some(_) if initial.is_none() => {
            return Err(Exception::value_error(format!(
                "reduction operation '{name}' does not have an identity, so to use a where mask \
                 one has to specify 'initial'"
            )));
        }
        Some(mask) => neutral(&a, &mask, kind)?,
        None => a,
    };
    let result = fold::fold(kind, &a, &over, keepdims, None)?;
    finish(with_initial(result, &initial, op)?, &out, name)
}

fn test(kind: Fold, v: Vec<Value>) -> PyResult<Value> {
    let [a, axis, out, keepdims, mask] = take(v)?;
    let a = array(&a)?;
    let a = if a.dtype().is_number() { a } else { a.cast(DType::Bool)? };
    let a = match masked(&mask)? {
        Some(mask) => neutral(&a, &mask, kind)?,
        None => a,
    };
    let over = axes(&axis, a.ndim())?;
    finish(fold::fold(kind, &a, &over, flag(&keepdims)?, None)?, &out, "logical")
}

fn spread(v: Vec<Value>, root: bool) -> PyResult<Value> {
    let [a, axis, dtype, out, ddof, keepdims, mask, mean, correction] = take(v)?;
    only(&mask, matches!(mask, Value::Bool(true)), "std(where=)", "select with x[mask] first")?;
    only(&mean, false, "std(mean=)", "leave it out; the mean is found anyway")?;
    let a = numbers(&a, if root { "std" } else { "var" })?;
    let over = axes(&axis, a.ndim())?;
    let ddof = if correction.is_none() { ddof } else { correction };
    let options = (DType::optional(&dtype)?, root);
    let result = fold::variance(&a, &over, flag(&keepdims)?, ddof.as_float("ddof")?, options)?;
    finish(result, &out, if root { "std" } else { "var" })
}

/// Where a lane's extreme lies; the first NaN wins.
fn best<C: Number>(lane: &[C], largest: bool) -> i64 {
    let mut at = 0;
    for (i, &x) in lane.iter().enumerate() {
        let best = lane[at];
        #[expect(clippy::eq_op, reason = "a NaN is what does not equal itself")]
        if x != x {
            return i as i64;
        }
        if if largest { x > best } else { x < best } {
            at = i;
        }
    }
    at as i64
}

/// Indices of extremes along an axis.
pub(crate) fn arg_extreme(a: &Array, axis: usize, largest: bool) -> Array {
    let mut out = Vec::new();
    let rest = by_class!(class_of(a.dtype()), C => {
        let lanes = Lanes::<C>::new(a, axis);
        out.extend(lanes.iter().map(|lane| best(lane, largest)));
        lanes.rest
    });
    Array::from_i64(&rest, out)
}

fn arg(v: Vec<Value>, name: &str, largest: bool) -> PyResult<Value> {
    let [a, axis, out, keepdims] = take(v)?;
    let a = array(&a)?;
    let a = if a.dtype() == DType::Str { rank(&a) } else { numbers(&Value::object(a), name)? };
    let (source, over) = along(&a, &axis)?;
    if source.shape()[over] == 0 {
        return Err(Exception::value_error(format!("attempt to get {name} of an empty sequence")));
    }
    let mut result = arg_extreme(&source, over, largest);
    if flag(&keepdims)? {
        let all: Vec<usize> = if axis.is_none() { (0..a.ndim()).collect() } else { vec![over] };
        result = result.reshaped(&fold::left_shape(a.shape(), &all, true))?;
    }
    finish(result, &out, name)
}

/// Texts as their ranks, so that they compare as numbers.
fn rank(a: &Array) -> Array {
    let texts = a.to_string_vec();
    let mut sorted = texts.clone();
    sorted.sort();
    let ranks = texts.iter().map(|t| sorted.partition_point(|s| s < t) as i64).collect();
    Array::from_i64(a.shape(), ranks)
}

fn nan_arg(v: Vec<Value>, name: &str, largest: bool) -> PyResult<Value> {
    let [a, axis, out, keepdims] = take(v)?;
    let a = numbers(&a, name)?;
    let numbers = without_nan(&a, if largest { f64::NEG_INFINITY } else { f64::INFINITY })?;
    arg(vec![Value::object(numbers), axis, out, keepdims], name, largest)
}

fn cumulative(v: Vec<Value>, product: bool) -> PyResult<Value> {
    let [a, axis, dtype, out] = take(v)?;
    let a = numbers(&a, if product { "cumprod" } else { "cumsum" })?;
    let (source, over) = along(&a, &axis)?;
    let dtype = DType::optional(&dtype)?.unwrap_or(fold::sum_type(a.dtype()));
    finish(accumulate(&source, over, dtype, product), &out, "add")
}

fn accumulate(source: &Array, axis: usize, dtype: DType, product: bool) -> Array {
    by_class!(class_of(dtype), C => {
        let mut lanes = Lanes::<C>::new(source, axis);
        for lane in lanes.iter_mut() {
            for i in 1..lane.len() {
                let (before, x) = (lane[i - 1], lane[i]);
                lane[i] = if product { Foldable::multiply(before, x) } else { Foldable::add(before, x) };
            }
        }
        let mut out = Storage::with_capacity(dtype, lanes.numbers.len());
        out.extend_numbers(&lanes.numbers);
        from_lanes(out, &lanes.rest, lanes.length, axis)
    })
}

/// The array with another number in place of NaN.
fn without_nan(a: &Array, other: f64) -> PyResult<Array> {
    if !a.dtype().is_float() {
        return Ok(a.clone());
    }
    let present = not_nan(a);
    let other = Array::scalar(other).cast(a.dtype())?.broadcast_to(a.shape())?;
    super::functions::select(&present, a, &other, a.dtype())
}

fn not_nan(a: &Array) -> Array {
    super::ufunc::map::<f64, bool>(a, DType::Bool, |x, out| {
        out.iter_mut().zip(x).for_each(|(o, x)| *o = !x.is_nan());
    })
}

fn nan_fold(kind: Fold, v: Vec<Value>) -> PyResult<Value> {
    let [a, axis, dtype, out, keepdims, initial, mask] = take(v)?;
    let a = numbers(&a, "nansum")?;
    let clean = without_nan(&a, if kind == Fold::Sum { 0.0 } else { 1.0 })?;
    folded(kind, "add", vec![Value::object(clean), axis, dtype, out, keepdims, initial, mask])
}

fn nan_extreme(kind: Fold, v: Vec<Value>) -> PyResult<Value> {
    let [a, axis, out, keepdims, initial, mask] = take(v)?;
    let a = numbers(&a, "nanmax")?;
    if !a.dtype().is_float() {
        return extreme(kind, vec![Value::object(a), axis, out, keepdims, initial, mask]);
    }
    let over = axes(&axis, a.ndim())?;
    let keepdims = flag(&keepdims)?;
    let worst = if kind == Fold::Maximum { f64::NEG_INFINITY } else { f64::INFINITY };
    let result = fold::fold(kind, &without_nan(&a, worst)?, &over, keepdims, None)?;
    // Lanes of NaN alone stay NaN.
    let any = fold::fold(Fold::Any, &not_nan(&a), &over, keepdims, None)?;
    let nan = Array::scalar(f64::NAN).cast(a.dtype())?.broadcast_to(result.shape())?;
    finish(super::functions::select(&any, &result, &nan, a.dtype())?, &out, "nanmax")
}

fn nan_mean(a: &Array, over: &[usize], keepdims: bool) -> PyResult<Array> {
    if !a.dtype().is_float() {
        return fold::mean(a, over, keepdims, None);
    }
    let sum = fold::fold(Fold::Sum, &without_nan(a, 0.0)?, over, keepdims, None)?;
    let count = fold::fold(Fold::Sum, &not_nan(a), over, keepdims, None)?;
    let (x, y) = (Operand::strong(sum), Operand::strong(count));
    binary(Op::Divide, &x, &y, None)?.as_type(a.dtype())
}

fn nan_spread(v: Vec<Value>, root: bool) -> PyResult<Value> {
    let [a, axis, dtype, out, ddof, keepdims, mask, mean, correction] = take(v)?;
    let a = numbers(&a, "nanvar")?;
    if !a.dtype().is_float() {
        let a = Value::object(a);
        return spread(vec![a, axis, dtype, out, ddof, keepdims, mask, mean, correction], root);
    }
    let over = axes(&axis, a.ndim())?;
    let keepdims = flag(&keepdims)?;
    let center = Operand::strong(nan_mean(&a, &over, true)?);
    let distance = binary(Op::Subtract, &Operand::strong(a.clone()), &center, None)?;
    let distance = Operand::strong(without_nan(&distance, 0.0)?);
    let squares = binary(Op::Multiply, &distance, &distance, None)?;
    let sum = Operand::strong(fold::fold(Fold::Sum, &squares, &over, keepdims, None)?);
    let count = fold::fold(Fold::Sum, &not_nan(&a), &over, keepdims, None)?;
    let ddof = Operand::new(&Value::Float(ddof.as_float("ddof")?))?;
    let count = Operand::strong(binary(Op::Subtract, &Operand::strong(count), &ddof, None)?);
    let variance = binary(Op::Divide, &sum, &count, None)?.as_type(a.dtype())?;
    let result = match root {
        true => super::ufunc::unary(super::arith::Function::Sqrt, "sqrt", &variance, None)?,
        false => variance,
    };
    finish(result, &out, "nanvar")
}

/// `ufunc.reduce`, `accumulate` for the functions that fold.
pub(crate) fn fold_of(op: Op) -> Option<Fold> {
    Some(match op {
        Op::Add => Fold::Sum,
        Op::Multiply => Fold::Product,
        Op::Maximum => Fold::Maximum,
        Op::Minimum => Fold::Minimum,
        Op::LogicalAnd => Fold::All,
        Op::LogicalOr => Fold::Any,
        _ => return None,
    })
}
