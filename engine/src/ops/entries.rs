//! The rows of the table: elementwise functions, reductions, products.

use super::table::{OpArgs, OpEntry, OpResult};
use crate::error::Result;
use crate::ops;
use crate::tensor::Tensor;

/// A result that is a tensor.
pub(super) fn tensor(x: Result<Tensor>) -> Result<OpResult> {
    Ok(OpResult::Tensor(x?))
}

/// A result of truth values.
pub(super) fn truth(x: Result<Tensor>) -> Result<OpResult> {
    Ok(OpResult::Truth(x?))
}

macro_rules! row {
    ($name:literal $aliases:expr, $signature:literal, $doc:literal, |$args:ident| $call:expr) => {
        OpEntry {
            name: $name,
            aliases: &$aliases,
            signature: $signature,
            doc: $doc,
            call: |$args: &mut OpArgs| $call,
        }
    };
}
pub(super) use row;

macro_rules! unary {
    ($name:literal $aliases:expr, $doc:literal, $f:expr) => {
        row!($name $aliases, "x", $doc, |args| tensor($f(&args.tensor("x")?)))
    };
}
pub(super) use unary;

macro_rules! binary {
    ($name:literal $aliases:expr, $doc:literal, $f:expr) => {
        row!($name $aliases, "x1, x2", $doc, |args| {
            let (a, b) = args.pair("x1", "x2")?;
            tensor($f(&a, &b))
        })
    };
}

macro_rules! relation {
    ($name:literal $aliases:expr, $doc:literal, $f:expr) => {
        row!($name $aliases, "x1, x2", $doc, |args| {
            let (a, b) = args.pair("x1", "x2")?;
            truth($f(&a, &b))
        })
    };
}

macro_rules! reduction {
    ($name:literal $aliases:expr, $doc:literal, $f:expr) => {
        row!($name $aliases, "x, axis=None, keepdims=False", $doc, |args| {
            tensor($f(&args.tensor("x")?, args.axes("axis")?.as_deref(), args.flag("keepdims", false)?))
        })
    };
}

fn place(args: &OpArgs, largest: bool, default: Option<i64>) -> Result<OpResult> {
    let (x, axis) = (args.tensor("x")?, args.axis("axis")?.or(default));
    let keepdims = args.flag("keepdims", false)?;
    tensor(if largest { ops::argmax(&x, axis, keepdims) } else { ops::argmin(&x, axis, keepdims) })
}

fn normed(args: &OpArgs) -> Result<OpResult> {
    let x = ops::to_float(&args.tensor("x")?)?;
    let (axes, keepdims) = (args.axes("axis")?, args.flag("keepdims", false)?);
    let axes = axes.as_deref();
    let order = match args.arg("ord")? {
        None => 2.0,
        Some(crate::config::Arg::Str(text)) if text == "fro" || text == "euclidean" => 2.0,
        Some(crate::config::Arg::Str(text)) if text == "inf" => f64::INFINITY,
        _ => args.float("ord", 2.0)?,
    };
    let is_matrix = axes.map_or(args.has("ord") && x.shape().len() == 2, |axes| axes.len() == 2);
    let is_spectral = matches!(args.arg("ord")?, Some(crate::config::Arg::Int(2)));
    if is_matrix && (order != 2.0 || is_spectral) {
        return Err(crate::error::Error::not_implemented(
            "norms of matrices other than Frobenius'",
            "norm(x, ord=\"fro\"), or an axis",
        ));
    }
    let size = ops::absolute(&x)?;
    tensor(if order == 2.0 {
        ops::norm2(&x, axes, keepdims)
    } else if order == 1.0 {
        ops::sum(&size, axes, keepdims)
    } else if order == f64::INFINITY {
        ops::max(&size, axes, keepdims)
    } else if order == f64::NEG_INFINITY {
        ops::min(&size, axes, keepdims)
    } else {
        let sums = ops::sum(&ops::power_scalar(&size, order)?, axes, keepdims)?;
        ops::power_scalar(&sums, 1.0 / order)
    })
}

/// Elementwise functions, comparisons, activations, reductions and products.
pub static ENTRIES: &[OpEntry] = &[
    binary!("add" [], "`x1 + x2`", ops::add),
    binary!("subtract"["sub"], "`x1 - x2`", ops::subtract),
    binary!("multiply"["mul"], "`x1 * x2`", ops::multiply),
    binary!("divide" ["true_divide", "truediv"], "`x1 / x2`", ops::divide),
    binary!("divide_no_nan" [], "`x1 / x2`, and 0 where `x2` is 0.", ops::divide_no_nan),
    binary!("floor_divide"["floordiv"], "`x1 / x2` rounded down.", ops::floor_divide),
    binary!("mod" ["floormod", "remainder"], "The remainder of `x1 / x2`, with the sign of `x2`.", ops::modulo),
    row!("power"["pow"], "x1, x2", "`x1` to the power of `x2`.", |args| {
        match args.arg("x2") {
            // A plain exponent has a faster way, and one that knows negative bases.
            Ok(Some(crate::config::Arg::Int(n))) if ops::is_float(args.tensor("x1")?.dtype()) => {
                tensor(ops::power_scalar(&args.tensor("x1")?, n as f64))
            }
            Ok(Some(crate::config::Arg::Float(exponent))) => {
                tensor(ops::power_scalar(&args.tensor("x1")?, exponent))
            }
            _ => {
                let (a, b) = args.pair("x1", "x2")?;
                tensor(ops::power(&a, &b))
            }
        }
    }),
    binary!("maximum"["fmax"], "The larger of both, element by element.", ops::maximum),
    binary!("minimum"["fmin"], "The smaller of both, element by element.", ops::minimum),
    binary!("arctan2"["atan2"], "The angle of the point (x2, x1).", ops::arctan2),
    binary!("squared_difference" [], "`(x1 - x2)^2`", ops::squared_difference),
    binary!("logaddexp" [], "`log(e^x1 + e^x2)`, without overflow.", ops::logaddexp),
    relation!("equal" [], "Where `x1 == x2`.", ops::equal),
    relation!("not_equal" [], "Where `x1 != x2`.", ops::not_equal),
    relation!("less" [], "Where `x1 < x2`.", ops::less),
    relation!("less_equal" [], "Where `x1 <= x2`.", ops::less_equal),
    relation!("greater" [], "Where `x1 > x2`.", ops::greater),
    relation!("greater_equal" [], "Where `x1 >= x2`.", ops::greater_equal),
    relation!("logical_and" [], "Where both are true.", ops::logical_and),
    relation!("logical_or" [], "Where at least one is true.", ops::logical_or),
    relation!("logical_xor" [], "Where exactly one is true.", ops::logical_xor),
    row!("logical_not" [], "x", "Where `x` is false.", |args| truth(ops::logical_not(&args.tensor("x")?))),
    row!("isnan"["is_nan"], "x", "Where `x` is not a number.", |args| truth(ops::isnan(
        &args.tensor("x")?
    ))),
    row!("isinf"["is_inf"], "x", "Where `x` is infinite.", |args| truth(ops::isinf(
        &args.tensor("x")?
    ))),
    row!("isfinite"["is_finite"], "x", "Where `x` is finite.", |args| truth(ops::isfinite(
        &args.tensor("x")?
    ))),
    row!("isclose" [], "x1, x2, rtol=1e-5, atol=1e-8, equal_nan=False", "Where both are nearly equal.", |args| {
        truth(close(args))
    }),
    row!("allclose" [], "x1, x2, rtol=1e-5, atol=1e-8, equal_nan=False", "Whether both are nearly equal everywhere.", |args| {
        truth(ops::all(&close(args)?, None, false))
    }),
    binary!("bitwise_and" [], "Bits that both integers have.", ops::bitwise_and),
    binary!("bitwise_or" [], "Bits that one of two integers has.", ops::bitwise_or),
    binary!("bitwise_xor" [], "Bits that exactly one of two integers has.", ops::bitwise_xor),
    binary!("left_shift"["bitwise_left_shift"], "Bits moved up.", ops::left_shift),
    binary!("right_shift"["bitwise_right_shift"], "Bits moved down.", ops::right_shift),
    unary!("negative"["neg"], "`-x`", ops::negative),
    unary!("absolute" ["abs", "fabs"], "`|x|`", ops::absolute),
    unary!("sign" [], "-1, 0 or 1.", ops::sign),
    unary!("square" [], "`x^2`", ops::square),
    unary!("sqrt" [], "The square root.", ops::sqrt),
    unary!("rsqrt" [], "`1 / sqrt(x)`", ops::rsqrt),
    unary!("reciprocal" [], "`1 / x`", ops::reciprocal),
    unary!("cbrt" [], "The cube root.", ops::cbrt),
    unary!("exp" [], "`e^x`", ops::exp),
    unary!("exp2" [], "`2^x`", ops::exp2),
    unary!("expm1" [], "`e^x - 1`, exact near 0.", ops::expm1),
    unary!("log" [], "The natural logarithm.", ops::log),
    unary!("log1p" [], "`log(1 + x)`, exact near 0.", ops::log1p),
    unary!("log2" [], "The logarithm to base 2.", ops::log2),
    unary!("log10" [], "The logarithm to base 10.", ops::log10),
    unary!("sin" [], "The sine.", ops::sin),
    unary!("cos" [], "The cosine.", ops::cos),
    unary!("tan" [], "The tangent.", ops::tan),
    unary!("arcsin"["asin"], "The inverse of the sine.", ops::arcsin),
    unary!("arccos"["acos"], "The inverse of the cosine.", ops::arccos),
    unary!("arctan"["atan"], "The inverse of the tangent.", ops::arctan),
    unary!("sinh" [], "The hyperbolic sine.", ops::sinh),
    unary!("cosh" [], "The hyperbolic cosine.", ops::cosh),
    unary!("tanh" [], "The hyperbolic tangent.", ops::tanh),
    unary!("arcsinh"["asinh"], "The inverse of the hyperbolic sine.", ops::arcsinh),
    unary!("arccosh"["acosh"], "The inverse of the hyperbolic cosine.", ops::arccosh),
    unary!("arctanh"["atanh"], "The inverse of the hyperbolic tangent.", ops::arctanh),
    unary!("erf" [], "The error function.", ops::erf),
    unary!("erfinv" [], "The inverse of the error function.", ops::erfinv),
    unary!("lgamma" [], "The logarithm of the gamma function's size.", ops::lgamma),
    unary!("floor" [], "Rounded down.", ops::floor),
    unary!("ceil" [], "Rounded up.", ops::ceil),
    unary!("trunc" [], "Rounded towards 0.", ops::trunc),
    unary!("deg2rad" [], "Degrees as radians.", |x| ops::scale(x, std::f64::consts::PI / 180.0)),
    unary!("rad2deg" [], "Radians as degrees.", |x| ops::scale(x, 180.0 / std::f64::consts::PI)),
    row!("round" [], "x, decimals=0", "Rounded to so many decimals, halves to even ones.", |args| {
        let (x, factor) = (args.tensor("x")?, 10.0_f64.powi(i32::try_from(args.int("decimals", 0)?).unwrap_or(0)));
        if factor == 1.0 {
            return tensor(ops::round(&x));
        }
        tensor(ops::scale(&ops::round(&ops::scale(&x, factor)?)?, 1.0 / factor))
    }),
    row!("clip"["clip_by_value"], "x, x_min, x_max", "`x` between two bounds.", |args| {
        let x = args.tensor("x")?;
        match (args.arg("x_min"), args.arg("x_max")) {
            (Ok(low), Ok(high))
                if !matches!(
                    (&low, &high),
                    (Some(crate::config::Arg::List(_)), _) | (_, Some(crate::config::Arg::List(_)))
                ) =>
            {
                tensor(ops::clip(
                    &x,
                    args.float("x_min", f64::NEG_INFINITY)?,
                    args.float("x_max", f64::INFINITY)?,
                ))
            }
            _ => {
                let low = ops::maximum(&x, &args.tensor("x_min")?)?;
                tensor(ops::minimum(&low, &args.tensor("x_max")?))
            }
        }
    }),
    unary!("relu" [], "`max(x, 0)`", ops::relu),
    row!("activations.relu" [], "x, negative_slope=0.0, max_value=None, threshold=0.0", "`max(x, threshold)`, with a slope below and a bound above.", |args| {
        let (x, slope, threshold) = (args.tensor("x")?, args.float("negative_slope", 0.0)?, args.float("threshold", 0.0)?);
        let moved = ops::affine(&x, 1.0, -threshold)?;
        let above = if threshold == 0.0 { ops::relu(&x)? } else { ops::threshold(&x, threshold, 0.0)? };
        let y = match slope == 0.0 {
            true => above,
            false => ops::subtract(&above, &ops::scale(&ops::relu(&ops::negative(&moved)?)?, slope)?)?,
        };
        tensor(match args.has("max_value") {
            true => ops::minimum(&y, &ops::full(&[], args.float("max_value", 0.0)?, y.dtype())?),
            false => Ok(y),
        })
    }),
    unary!("relu6" [], "`min(max(x, 0), 6)`", ops::relu6),
    row!("leaky_relu" [], "x, negative_slope=0.2", "`x` above 0, `negative_slope * x` below.", |args| {
        tensor(ops::leaky_relu(&args.tensor("x")?, args.float("negative_slope", 0.2)?))
    }),
    row!("elu" [], "x, alpha=1.0", "`x` above 0, `alpha * (e^x - 1)` below.", |args| {
        tensor(ops::elu(&args.tensor("x")?, args.float("alpha", 1.0)?))
    }),
    row!("celu" [], "x, alpha=1.0", "`x` above 0, `alpha * (e^(x / alpha) - 1)` below.", |args| {
        tensor(ops::celu(&args.tensor("x")?, args.float("alpha", 1.0)?))
    }),
    unary!("selu" [], "The self-normalising elu.", ops::selu),
    row!("gelu" [], "x, approximate=True", "`x * P(normal <= x)`", |args| {
        tensor(ops::gelu(&args.tensor("x")?, args.flag("approximate", true)?))
    }),
    unary!("sigmoid" [], "`1 / (1 + e^-x)`", ops::sigmoid),
    unary!("log_sigmoid" [], "`log(sigmoid(x))`", ops::log_sigmoid),
    unary!("hard_sigmoid" [], "`relu6(x + 3) / 6`", ops::hard_sigmoid),
    unary!("hard_silu"["hard_swish"], "`x * hard_sigmoid(x)`", ops::hard_silu),
    unary!("hard_tanh" [], "`x` between -1 and 1.", ops::hard_tanh),
    row!("hard_shrink" [], "x, threshold=0.5", "`x`, or 0 where `|x| <= threshold`.", |args| {
        tensor(ops::hard_shrink(&args.tensor("x")?, args.float("threshold", 0.5)?))
    }),
    row!("soft_shrink" [], "x, threshold=0.5", "`x` moved towards 0 by `threshold`.", |args| {
        tensor(ops::soft_shrink(&args.tensor("x")?, args.float("threshold", 0.5)?))
    }),
    row!("threshold" [], "x, threshold, default_value", "`x` above `threshold`, `default_value` elsewhere.", |args| {
        tensor(ops::threshold(&args.tensor("x")?, args.float("threshold", 0.0)?, args.float("default_value", 0.0)?))
    }),
    unary!("tanh_shrink" [], "`x - tanh(x)`", ops::tanh_shrink),
    unary!("silu"["swish"], "`x * sigmoid(x)`", ops::silu),
    unary!("mish" [], "`x * tanh(softplus(x))`", ops::mish),
    unary!("softplus" [], "`log(1 + e^x)`", ops::softplus),
    unary!("softsign" [], "`x / (1 + |x|)`", ops::softsign),
    unary!("sparse_plus" [], "0 below -1, `(x + 1)^2 / 4` up to 1, `x` above.", ops::sparse_plus),
    unary!("sparse_sigmoid" [], "0 below -1, `(x + 1) / 2` up to 1, 1 above.", ops::sparse_sigmoid),
    row!("squareplus" [], "x, b=4", "`(x + sqrt(x^2 + b)) / 2`", |args| {
        tensor(ops::squareplus(&args.tensor("x")?, args.float("b", 4.0)?))
    }),
    row!("softmax" [], "x, axis=-1", "`e^x / sum(e^x)` along an axis.", |args| {
        tensor(ops::softmax(&args.tensor("x")?, args.int("axis", -1)?))
    }),
    row!("log_softmax" [], "x, axis=-1", "The logarithm of the softmax along an axis.", |args| {
        tensor(ops::log_softmax(&args.tensor("x")?, args.int("axis", -1)?))
    }),
    row!("sparsemax" [], "x, axis=-1", "The point of the simplex nearest to `x`.", |args| {
        tensor(ops::sparsemax(&args.tensor("x")?, args.int("axis", -1)?))
    }),
    row!("glu" [], "x, axis=-1", "The first half of an axis times the sigmoid of the second.", |args| {
        tensor(ops::glu(&args.tensor("x")?, args.int("axis", -1)?))
    }),
    reduction!("sum"["reduce_sum"], "The sum along axes.", ops::sum),
    reduction!("mean"["reduce_mean"], "The mean along axes.", ops::mean),
    reduction!("max" ["amax", "reduce_max"], "The largest along axes.", ops::max),
    reduction!("min" ["amin", "reduce_min"], "The smallest along axes.", ops::min),
    reduction!("prod"["reduce_prod"], "The product along axes.", ops::prod),
    reduction!("var"["reduce_variance"], "The variance along axes.", ops::var),
    reduction!("std"["reduce_std"], "The standard deviation along axes.", ops::std),
    reduction!("logsumexp"["reduce_logsumexp"], "`log(sum(e^x))` along axes.", ops::logsumexp),
    row!(
        "any"["reduce_any"],
        "x, axis=None, keepdims=False",
        "Whether something along axes is true.",
        |args| {
            truth(ops::any(
                &args.tensor("x")?,
                args.axes("axis")?.as_deref(),
                args.flag("keepdims", false)?,
            ))
        }
    ),
    row!(
        "all"["reduce_all"],
        "x, axis=None, keepdims=False",
        "Whether everything along axes is true.",
        |args| {
            truth(ops::all(
                &args.tensor("x")?,
                args.axes("axis")?.as_deref(),
                args.flag("keepdims", false)?,
            ))
        }
    ),
    row!("argmax" [], "x, axis=None, keepdims=False", "The place of the largest along an axis.", |args| place(args, true, None)),
    row!("argmin" [], "x, axis=None, keepdims=False", "The place of the smallest along an axis.", |args| place(args, false, None)),
    row!("tf.argmax" [], "x, axis=0, output_type=None", "The place of the largest along an axis.", |args| place(args, true, Some(0))),
    row!("tf.argmin" [], "x, axis=0, output_type=None", "The place of the smallest along an axis.", |args| place(args, false, Some(0))),
    row!("norm" [], "x, ord=None, axis=None, keepdims=False", "The norm along axes: Euclidean, or by `ord`.", |args| normed(args)),
    row!("normalize" [], "x, axis=-1, order=2, epsilon=None", "`x` scaled to norm 1 along an axis.", |args| {
        let (x, axes) = (args.tensor("x")?, args.axes("axis")?.unwrap_or_else(|| vec![-1]));
        if args.float("order", 2.0)? == 2.0 {
            return tensor(ops::l2_normalize(&x, &axes, args.float("epsilon", 1e-12)?));
        }
        let order = args.float("order", 2.0)?;
        let x = ops::to_float(&x)?;
        let size = ops::sum(&ops::power_scalar(&ops::absolute(&x)?, order)?, Some(&axes), true)?;
        let size = ops::clip(&ops::power_scalar(&size, 1.0 / order)?, args.float("epsilon", 1e-12)?, f64::INFINITY)?;
        tensor(ops::divide(&x, &size))
    }),
    row!("tf.l2_normalize" [], "x, axis=None, epsilon=1e-12", "`x` scaled to norm 1 along axes.", |args| {
        let x = args.tensor("x")?;
        let all: Vec<i64> = (0..i64::try_from(x.shape().len()).unwrap_or(0)).collect();
        // TensorFlow's epsilon bounds the sum of squares.
        tensor(ops::l2_normalize(&x, &args.axes("axis")?.unwrap_or(all), args.float("epsilon", 1e-12)?.sqrt()))
    }),
    row!("moments" [], "x, axes, keepdims=False", "Mean and variance along axes.", |args| {
        let (x, axes, keepdims) = (args.tensor("x")?, args.axes("axes")?, args.flag("keepdims", false)?);
        Ok(OpResult::Tensors(vec![ops::mean(&x, axes.as_deref(), keepdims)?, ops::var(&x, axes.as_deref(), keepdims)?]))
    }),
    row!("average" [], "x, axis=None, weights=None", "The mean along axes, weighted.", |args| {
        let (x, axes) = (args.tensor("x")?, args.axes("axis")?);
        match args.optional("weights")? {
            None => tensor(ops::mean(&x, axes.as_deref(), false)),
            Some(weights) => {
                let sum = ops::sum(&ops::multiply(&x, &weights)?, axes.as_deref(), false)?;
                let wide = ops::broadcast_to(&weights, x.shape())?;
                tensor(ops::divide(&sum, &ops::sum(&wide, axes.as_deref(), false)?))
            }
        }
    }),
    row!("median" [], "x, axis=None, keepdims=False", "The value in the middle along an axis.", |args| {
        tensor(ops::quantile(&args.tensor("x")?, 0.5, args.axis("axis")?, args.flag("keepdims", false)?))
    }),
    row!("quantile" [], "x, q, axis=None, method='linear', keepdims=False", "The value below which a share lies.", |args| {
        tensor(ops::quantile(&args.tensor("x")?, args.float("q", 0.5)?, args.axis("axis")?, args.flag("keepdims", false)?))
    }),
    row!("count_nonzero" [], "x, axis=None", "How many are not 0 along axes.", |args| {
        tensor(ops::sum(&ops::cast_to_bool(&args.tensor("x")?)?, args.axes("axis")?.as_deref(), false))
    }),
    binary!("matmul" [], "The product of matrices.", ops::matmul),
    row!("tf.matmul" [], "a, b, transpose_a=False, transpose_b=False", "The product of matrices.", |args| {
        let turned = |x: Tensor, turn: bool| -> Result<Tensor> {
            let rank = x.shape().len();
            if turn && rank > 1 { ops::shape::swap(&x, rank - 1, rank - 2) } else { Ok(x) }
        };
        let (a, b) = args.pair("a", "b")?;
        tensor(ops::matmul(&turned(a, args.flag("transpose_a", false)?)?, &turned(b, args.flag("transpose_b", false)?)?))
    }),
    binary!("dot" [], "Sums of products of the last axis and the last but one.", ops::dot),
    row!("tensordot" [], "x1, x2, axes=2", "Sums of products over axes of both.", |args| {
        let (a, b) = args.pair("x1", "x2")?;
        let lists = match args.arg("axes")? {
            Some(crate::config::Arg::List(items)) if items.len() == 2 => {
                use crate::config::Field;
                (<Vec<i64>>::parse(&items[0])?, <Vec<i64>>::parse(&items[1])?)
            }
            _ => {
                let n = args.int("axes", 2)?;
                ((-n..0).collect(), (0..n).collect())
            }
        };
        tensor(ops::tensordot(&a, &b, &lists.0, &lists.1))
    }),
    row!("einsum" [], "subscripts, *operands", "Sums of products of axes that are named by letters.", |args| {
        tensor(ops::einsum(&args.text("subscripts", "")?, &args.tensors("operands")?))
    }),
    binary!("outer" [], "All products of the elements of both.", |a: &Tensor, b: &Tensor| {
        ops::matmul(&ops::reshape_to(a, &[-1, 1])?, &ops::reshape_to(b, &[1, -1])?)
    }),
    binary!(
        "inner"["vdot"],
        "The sum of products over the last axis of both.",
        |a: &Tensor, b: &Tensor| {
            if a.shape().is_empty() || b.shape().is_empty() {
                ops::multiply(a, b)
            } else {
                ops::tensordot(a, b, &[-1], &[-1])
            }
        }
    ),
    row!("cumsum" [], "x, axis=None, dtype=None", "Running sums along an axis.", |args| {
        super::table::typed(ops::cumsum(&args.tensor("x")?, args.axis("axis")?)?, args.dtype("dtype")?)
    }),
    row!("cumprod" [], "x, axis=None, dtype=None", "Running products along an axis.", |args| {
        super::table::typed(ops::cumprod(&args.tensor("x")?, args.axis("axis")?)?, args.dtype("dtype")?)
    }),
    row!("tf.cumsum" [], "x, axis=0, exclusive=False, reverse=False", "Running sums along an axis.", |args| {
        let (x, axis) = (args.tensor("x")?, args.int("axis", 0)?);
        let turn = args.flag("reverse", false)?;
        let x = if turn { ops::reversed(&x, axis)? } else { x };
        let mut y = ops::cumsum(&x, Some(axis))?;
        if args.flag("exclusive", false)? {
            y = ops::subtract(&y, &x)?;
        }
        tensor(if turn { ops::reversed(&y, axis) } else { Ok(y) })
    }),
];

fn close(args: &OpArgs) -> Result<Tensor> {
    let (a, b) = args.pair("x1", "x2")?;
    let (a, b) = (ops::to_float(&a)?, ops::to_float(&b)?);
    let distance = ops::absolute(&ops::subtract(&a, &b)?)?;
    let limit =
        ops::affine(&ops::absolute(&b)?, args.float("rtol", 1e-5)?, args.float("atol", 1e-8)?)?;
    let near = ops::logical_or(&ops::less_equal(&distance, &limit)?, &ops::equal(&a, &b)?)?;
    if args.flag("equal_nan", false)? {
        return ops::logical_or(&near, &ops::logical_and(&ops::isnan(&a)?, &ops::isnan(&b)?)?);
    }
    Ok(near)
}
