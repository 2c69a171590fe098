//! Functions of each element.

use crate::error::Result;
use crate::kernels::pointwise::{apply, functions as f};
use crate::tensor::Tensor;

macro_rules! unary {
    ($($(#[$doc:meta])* $name:ident = $function:ident;)*) => {$(
        $(#[$doc])*
        pub fn $name(x: &Tensor) -> Result<Tensor> {
            apply(f::$function {}, x)
        }
    )*};
}

unary! {
    /// `sqrt(x)`
    sqrt = Sqrt;
    /// `1 / sqrt(x)`
    rsqrt = Rsqrt;
    /// `1 / x`
    reciprocal = Reciprocal;
    /// The cube root.
    cbrt = Cbrt;
    /// `e^x`
    exp = Exp;
    /// `2^x`
    exp2 = Exp2;
    /// `e^x - 1`, exact near 0.
    expm1 = Expm1;
    /// The natural logarithm.
    log = Log;
    /// `log(1 + x)`, exact near 0.
    log1p = Log1p;
    /// The logarithm to base 2.
    log2 = Log2;
    /// The logarithm to base 10.
    log10 = Log10;
    /// The sine.
    sin = Sin;
    /// The cosine.
    cos = Cos;
    /// The tangent.
    tan = Tan;
    /// The inverse of the sine.
    arcsin = Asin;
    /// The inverse of the cosine.
    arccos = Acos;
    /// The inverse of the tangent.
    arctan = Atan;
    /// The hyperbolic sine.
    sinh = Sinh;
    /// The hyperbolic cosine.
    cosh = Cosh;
    /// The hyperbolic tangent.
    tanh = Tanh;
    /// The inverse of the hyperbolic sine.
    arcsinh = Asinh;
    /// The inverse of the hyperbolic cosine.
    arccosh = Acosh;
    /// The inverse of the hyperbolic tangent.
    arctanh = Atanh;
    /// The error function.
    erf = Erf;
    /// The inverse of the error function.
    erfinv = Erfinv;
    /// The logarithm of the gamma function's size.
    lgamma = Lgamma;
    /// `max(x, 0)`
    relu = Relu;
    /// `min(max(x, 0), 6)`
    relu6 = Relu6;
    /// `scale * x` above 0, `scale * alpha * (e^x - 1)` below.
    selu = Selu;
    /// `log(sigmoid(x))`
    log_sigmoid = LogSigmoid;
    /// `relu6(x + 3) / 6`
    hard_sigmoid = HardSigmoid;
    /// `x * hard_sigmoid(x)`
    hard_silu = HardSilu;
    /// `x` between -1 and 1, which it does not leave.
    hard_tanh = HardTanh;
    /// `x - tanh(x)`
    tanh_shrink = TanhShrink;
    /// `x * sigmoid(x)`
    silu = Silu;
    /// `x * tanh(softplus(x))`
    mish = Mish;
    /// `log(1 + e^x)`
    softplus = Softplus;
    /// `x / (1 + |x|)`
    softsign = Softsign;
    /// 0 below -1, `(x + 1)^2 / 4` up to 1, `x` above.
    sparse_plus = SparsePlus;
    /// 0 below -1, `(x + 1) / 2` up to 1, 1 above.
    sparse_sigmoid = SparseSigmoid;
}

/// `1 / (1 + e^-x)`; the result remembers `x` for crossentropies.
pub fn sigmoid(x: &Tensor) -> Result<Tensor> {
    let x = super::to_float(x)?;
    let y = apply(f::Sigmoid {}, &x)?;
    Ok(super::softmax::with_logits(y, "sigmoid", &x))
}

/// `x * factor`
pub fn scale(x: &Tensor, factor: f64) -> Result<Tensor> {
    affine(x, factor, 0.0)
}

/// `x * factor + offset`
pub fn affine(x: &Tensor, factor: f64, offset: f64) -> Result<Tensor> {
    apply(f::Scale { factor, offset }, x)
}

/// `x` raised to a plain number.
pub fn power_scalar(x: &Tensor, exponent: f64) -> Result<Tensor> {
    apply(f::Power { exponent }, x)
}

/// `x` above `threshold`, `negative_slope * (x - threshold)` below, never more than `max_value`.
pub fn bounded_relu(
    x: &Tensor,
    negative_slope: f64,
    max_value: Option<f64>,
    threshold: f64,
) -> Result<Tensor> {
    if negative_slope == 0.0 && max_value.is_none() && threshold == 0.0 {
        return relu(x);
    }
    let max_value = max_value.unwrap_or(f64::INFINITY);
    apply(f::BoundedRelu { negative_slope, max_value, threshold }, x)
}

/// `x` above 0, `negative_slope * x` below.
pub fn leaky_relu(x: &Tensor, negative_slope: f64) -> Result<Tensor> {
    apply(f::LeakyRelu { negative_slope }, x)
}

/// `x` above 0, `alpha * (e^x - 1)` below.
pub fn elu(x: &Tensor, alpha: f64) -> Result<Tensor> {
    apply(f::Elu { alpha }, x)
}

/// `x` above 0, `alpha * (e^(x / alpha) - 1)` below.
pub fn celu(x: &Tensor, alpha: f64) -> Result<Tensor> {
    apply(f::Celu { alpha }, x)
}

/// `x * P(normal <= x)`, exactly or by its approximation with tanh.
pub fn gelu(x: &Tensor, approximate: bool) -> Result<Tensor> {
    apply(f::Gelu { approximate }, x)
}

/// `x`, or 0 where its size is at most `threshold`.
pub fn hard_shrink(x: &Tensor, threshold: f64) -> Result<Tensor> {
    apply(f::HardShrink { threshold }, x)
}

/// `x` moved towards 0 by `threshold`.
pub fn soft_shrink(x: &Tensor, threshold: f64) -> Result<Tensor> {
    apply(f::SoftShrink { threshold }, x)
}

/// `x` above `threshold`, `default_value` elsewhere.
pub fn threshold(x: &Tensor, threshold: f64, default_value: f64) -> Result<Tensor> {
    apply(f::Threshold { threshold, default_value }, x)
}

/// `(x + sqrt(x^2 + b)) / 2`
pub fn squareplus(x: &Tensor, b: f64) -> Result<Tensor> {
    apply(f::Squareplus { b }, x)
}
