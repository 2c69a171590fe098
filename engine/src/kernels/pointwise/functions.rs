//! The functions: each is its formula and its derivative. Kinks follow TensorFlow: `relu'(0) = 0`, `abs'(0) = 0`.
#![allow(missing_docs, reason = "a function's documentation is its formula")]

use super::{Pointwise, Real};

/// `Name "name", |x| value, input |x| slope` or `result |y| slope`; parameters stand in braces.
macro_rules! functions {
    ($($(#[$doc:meta])* $name:ident { $($field:ident: $type:ty),* } $text:literal, |$x:ident| $value:expr, $from:ident |$saved:ident| $slope:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default)]
        pub struct $name { $(pub $field: $type),* }
        functions!(@impl $name [$($field)*] $text, |$x| $value, $from |$saved| $slope);
    )*};
    (@impl $name:ident [$($field:ident)*] $text:literal, |$x:ident| $value:expr, $from:ident |$saved:ident| $slope:expr) => {
        impl Pointwise for $name {
            const NAME: &'static str = $text;
            const FROM_RESULT: bool = functions!(@from $from);

            #[inline(always)]
            #[allow(unused_variables, reason = "some derivatives are constant")]
            fn value<R: Real>(self, $x: R) -> R {
                let $name { $($field),* } = self;
                $value
            }

            #[inline(always)]
            #[allow(unused_variables, reason = "some derivatives are constant")]
            fn slope<R: Real>(self, $saved: R) -> R {
                let $name { $($field),* } = self;
                $slope
            }
        }
    };
    (@from input) => { false };
    (@from result) => { true };
}

#[inline(always)]
fn zero<R: Real>() -> R {
    R::of(0.0)
}

#[inline(always)]
fn one<R: Real>() -> R {
    R::of(1.0)
}

/// 1 where the condition holds.
#[inline(always)]
fn step<R: Real>(condition: bool) -> R {
    R::pick(condition, one(), zero())
}

#[inline(always)]
fn sign<R: Real>(x: R) -> R {
    // A NaN stays.
    let negative_or_zero = R::pick(x < zero(), -one::<R>(), x);
    R::pick(x > zero(), one(), negative_or_zero)
}

const SELU_ALPHA: f64 = 1.673_263_242_354_377_2;
const SELU_SCALE: f64 = 1.050_700_987_355_480_5;
const SQRT_2_OVER_PI: f64 = 0.797_884_560_802_865_4;

functions! {
    Negative {} "negative", |x| -x, input |x| -one::<R>();
    Abs {} "abs", |x| x.abs(), input |x| sign(x);
    Sign {} "sign", |x| sign(x), input |x| zero();
    Square {} "square", |x| x * x, input |x| x + x;
    Sqrt {} "sqrt", |x| x.sqrt(), result |y| R::of(0.5) / y;
    Rsqrt {} "rsqrt", |x| one::<R>() / x.sqrt(), result |y| R::of(-0.5) * y * y * y;
    Reciprocal {} "reciprocal", |x| one::<R>() / x, result |y| -(y * y);
    Cbrt {} "cbrt", |x| x.by(libm::cbrt), result |y| one::<R>() / (R::of(3.0) * y * y);
    Exp {} "exp", |x| x.exp(), result |y| y;
    Exp2 {} "exp2", |x| x.by(libm::exp2), result |y| y * R::of(std::f64::consts::LN_2);
    Expm1 {} "expm1", |x| x.exp_m1(), result |y| y + one();
    Log {} "log", |x| x.ln(), input |x| one::<R>() / x;
    Log1p {} "log1p", |x| x.ln_1p(), input |x| one::<R>() / (one::<R>() + x);
    Log2 {} "log2", |x| x.by(libm::log2), input |x| R::of(std::f64::consts::LOG2_E) / x;
    Log10 {} "log10", |x| x.by(libm::log10), input |x| R::of(std::f64::consts::LOG10_E) / x;
    Sin {} "sin", |x| x.by(libm::sin), input |x| x.by(libm::cos);
    Cos {} "cos", |x| x.by(libm::cos), input |x| -x.by(libm::sin);
    Tan {} "tan", |x| x.by(libm::tan), result |y| one::<R>() + y * y;
    Asin {} "arcsin", |x| x.by(libm::asin), input |x| one::<R>() / (one::<R>() - x * x).sqrt();
    Acos {} "arccos", |x| x.by(libm::acos), input |x| -one::<R>() / (one::<R>() - x * x).sqrt();
    Atan {} "arctan", |x| x.by(libm::atan), input |x| one::<R>() / (one::<R>() + x * x);
    Sinh {} "sinh", |x| x.by(libm::sinh), input |x| x.by(libm::cosh);
    Cosh {} "cosh", |x| x.by(libm::cosh), input |x| x.by(libm::sinh);
    Tanh {} "tanh", |x| x.tanh(), result |y| one::<R>() - y * y;
    Asinh {} "arcsinh", |x| x.by(libm::asinh), input |x| one::<R>() / (x * x + one()).sqrt();
    Acosh {} "arccosh", |x| x.by(libm::acosh), input |x| one::<R>() / (x * x - one()).sqrt();
    Atanh {} "arctanh", |x| x.by(libm::atanh), input |x| one::<R>() / (one::<R>() - x * x);
    Erf {} "erf", |x| x.erf(), input |x| R::of(std::f64::consts::FRAC_2_SQRT_PI) * (-(x * x)).exp();
    Erfinv {} "erfinv", |x| x.by(erfinv),
        result |y| R::of(1.0 / std::f64::consts::FRAC_2_SQRT_PI) * (y * y).exp();
    Lgamma {} "lgamma", |x| x.by(libm::lgamma), input |x| x.by(digamma);
    Floor {} "floor", |x| x.floor(), input |x| zero();
    Ceil {} "ceil", |x| x.ceil(), input |x| zero();
    Round {} "round", |x| x.round(), input |x| zero();
    Trunc {} "trunc", |x| x.trunc(), input |x| zero();
    Scale { factor: f64, offset: f64 } "scale", |x| x * R::of(factor) + R::of(offset), input |x| R::of(factor);
    Clip { low: f64, high: f64 } "clip",
        |x| {
            let x = R::pick(x < R::of(low), R::of(low), x);
            R::pick(x > R::of(high), R::of(high), x)
        },
        input |x| step(x >= R::of(low) && x <= R::of(high));

    Relu {} "relu", |x| R::pick(x <= zero(), zero(), x), result |y| step(y > zero());
    Relu6 {} "relu6",
        |x| R::pick(x <= zero(), zero(), R::pick(x >= R::of(6.0), R::of(6.0), x)),
        result |y| step(y > zero() && y < R::of(6.0));
    /// `max_value` where `x >= max_value`, `x` from `threshold` on, `negative_slope * (x - threshold)` below.
    BoundedRelu { negative_slope: f64, max_value: f64, threshold: f64 } "relu",
        |x| {
            let below = R::pick(
                negative_slope == 0.0,
                zero(),
                R::of(negative_slope) * (x - R::of(threshold)),
            );
            let y = R::pick(x <= R::of(threshold), below, x);
            R::pick(y > R::of(max_value), R::of(max_value), y)
        },
        input |x| {
            let y = R::pick(x > R::of(threshold), one(), R::of(negative_slope));
            R::pick(x >= R::of(max_value), zero(), y)
        };
    LeakyRelu { negative_slope: f64 } "leaky_relu",
        |x| R::pick(x > zero(), x, x * R::of(negative_slope)),
        input |x| R::pick(x > zero(), one(), R::of(negative_slope));
    Elu { alpha: f64 } "elu",
        |x| R::pick(x > zero(), x, R::of(alpha) * x.exp_m1()),
        result |y| R::pick(y > zero(), one(), y + R::of(alpha));
    Celu { alpha: f64 } "celu",
        |x| R::pick(x > zero(), x, R::of(alpha) * (x / R::of(alpha)).exp_m1()),
        result |y| R::pick(y > zero(), one(), y / R::of(alpha) + one());
    Selu {} "selu",
        |x| R::pick(x > zero(), R::of(SELU_SCALE) * x, R::of(SELU_SCALE * SELU_ALPHA) * x.exp_m1()),
        result |y| R::pick(y > zero(), R::of(SELU_SCALE), y + R::of(SELU_SCALE * SELU_ALPHA));
    Gelu { approximate: bool } "gelu",
        |x| {
            let half = R::of(0.5) * x;
            if approximate {
                half * (one::<R>() + gelu_inner(x).tanh())
            } else {
                half * (one::<R>() + (x * R::of(std::f64::consts::FRAC_1_SQRT_2)).erf())
            }
        },
        input |x| {
            if approximate {
                let t = gelu_inner(x).tanh();
                let inner = R::of(SQRT_2_OVER_PI) * (one::<R>() + R::of(3.0 * 0.044_715) * x * x);
                R::of(0.5) * (one::<R>() + t) + R::of(0.5) * x * (one::<R>() - t * t) * inner
            } else {
                let phi = R::of(0.5) * (one::<R>() + (x * R::of(std::f64::consts::FRAC_1_SQRT_2)).erf());
                phi + x * R::of(0.5 * SQRT_2_OVER_PI) * (R::of(-0.5) * x * x).exp()
            }
        };
    Sigmoid {} "sigmoid", |x| x.sigmoid(), result |y| y * (one::<R>() - y);
    LogSigmoid {} "log_sigmoid", |x| -(-x).softplus(), input |x| (-x).sigmoid();
    HardSigmoid {} "hard_sigmoid", |x| hard_sigmoid(x),
        result |y| R::pick(y > zero() && y < one(), R::of(1.0 / 6.0), zero());
    HardSilu {} "hard_silu", |x| x * hard_sigmoid(x),
        input |x| {
            let inside = R::pick(
                x > R::of(-3.0) && x < R::of(3.0),
                R::of(1.0 / 6.0),
                zero(),
            );
            hard_sigmoid(x) + x * inside
        };
    HardTanh {} "hard_tanh",
        |x| {
            let x = R::pick(x < R::of(-1.0), R::of(-1.0), x);
            R::pick(x > one(), one(), x)
        },
        input |x| step(x >= R::of(-1.0) && x <= one());
    HardShrink { threshold: f64 } "hard_shrink",
        |x| R::pick(x.abs() <= R::of(threshold), zero(), x),
        input |x| step(x.abs() > R::of(threshold));
    SoftShrink { threshold: f64 } "soft_shrink",
        |x| {
            #[expect(clippy::eq_op, reason = "0, and NaN stays NaN")]
            let low = R::pick(x < R::of(-threshold), x + R::of(threshold), x - x);
            R::pick(x > R::of(threshold), x - R::of(threshold), low)
        },
        input |x| step(x.abs() > R::of(threshold));
    TanhShrink {} "tanh_shrink", |x| x - x.tanh(), input |x| { let t = x.tanh(); t * t };
    Threshold { threshold: f64, default_value: f64 } "threshold",
        |x| R::pick(x <= R::of(threshold), R::of(default_value), x),
        input |x| step(x > R::of(threshold));
    Silu {} "silu", |x| x * x.sigmoid(),
        input |x| { let s = x.sigmoid(); s * (one::<R>() + x * (one::<R>() - s)) };
    Mish {} "mish", |x| x * x.softplus().tanh(),
        input |x| {
            let t = x.softplus().tanh();
            t + x * (one::<R>() - t * t) * x.sigmoid()
        };
    Softplus {} "softplus", |x| x.softplus(), input |x| x.sigmoid();
    Softsign {} "softsign", |x| x / (one::<R>() + x.abs()),
        input |x| { let d = one::<R>() + x.abs(); one::<R>() / (d * d) };
    SparsePlus {} "sparse_plus",
        |x| {
            let x1 = x + one();
            let middle = R::pick(x < one(), R::of(0.25) * x1 * x1, x);
            R::pick(x <= R::of(-1.0), zero(), middle)
        },
        input |x| {
            let middle = R::pick(x < one(), R::of(0.5) * (x + one()), one());
            R::pick(x <= R::of(-1.0), zero(), middle)
        };
    SparseSigmoid {} "sparse_sigmoid",
        |x| {
            let middle = R::pick(x >= one(), one(), R::of(0.5) * (x + one()));
            R::pick(x <= R::of(-1.0), zero(), middle)
        },
        input |x| R::pick(x > R::of(-1.0) && x < one(), R::of(0.5), zero());
    Squareplus { b: f64 } "squareplus",
        |x| R::of(0.5) * (x + (x * x + R::of(b)).sqrt()),
        input |x| R::of(0.5) * (one::<R>() + x / (x * x + R::of(b)).sqrt());
    /// `x^exponent` for a plain number.
    Power { exponent: f64 } "power", |x| power(x, exponent), input |x| {
        R::of(exponent) * R::pick(exponent == 1.0, one(), power(x, exponent - 1.0))
    };
}

#[inline(always)]
fn gelu_inner<R: Real>(x: R) -> R {
    R::of(SQRT_2_OVER_PI) * (x + R::of(0.044_715) * x * x * x)
}

#[inline(always)]
fn hard_sigmoid<R: Real>(x: R) -> R {
    let y = x * R::of(1.0 / 6.0) + R::of(0.5);
    let y = R::pick(y < zero(), zero(), y);
    R::pick(y > one(), one(), y)
}

#[inline(always)]
fn power<R: Real>(x: R, exponent: f64) -> R {
    if exponent == 2.0 {
        x * x
    } else if exponent == 1.0 {
        x
    } else if exponent == 0.0 {
        one()
    } else if exponent == 3.0 {
        x * x * x
    } else if exponent == 0.5 {
        x.sqrt()
    } else if exponent == -1.0 {
        one::<R>() / x
    } else {
        x.power(exponent)
    }
}

/// Giles' approximation (2010) and two steps of Newton's method.
fn erfinv(x: f64) -> f64 {
    if x.abs() >= 1.0 {
        return if x.abs() > 1.0 { f64::NAN } else { x * f64::INFINITY };
    }
    let w = -((1.0 - x) * (1.0 + x)).ln();
    let mut y = if w < 5.0 {
        let w = w - 2.5;
        let terms = [
            2.810_226_36e-8,
            3.432_739_39e-7,
            -3.523_387_7e-6,
            -4.391_506_54e-6,
            0.000_218_580_87,
            -0.001_253_725_03,
            -0.004_177_681_64,
            0.246_640_727,
            1.501_409_41,
        ];
        terms.iter().fold(0.0, |p, term| p * w + term) * x
    } else {
        let w = w.sqrt() - 3.0;
        let terms = [
            -0.000_200_214_257,
            0.000_100_950_558,
            0.001_349_343_22,
            -0.003_673_428_44,
            0.005_739_507_73,
            -0.007_622_461_3,
            0.009_438_870_47,
            1.001_674_06,
            2.832_976_82,
        ];
        terms.iter().fold(0.0, |p, term| p * w + term) * x
    };
    for _ in 0..2 {
        let error = if x.abs() < 0.9 {
            libm::erf(y) - x
        } else {
            x.signum() * (1.0 - x.abs() - libm::erfc(y.abs()))
        };
        y -= error / (std::f64::consts::FRAC_2_SQRT_PI * (-y * y).exp());
    }
    y
}

/// The derivative of `lgamma`: recurrence to large arguments, then the asymptotic series.
pub(crate) fn digamma(x: f64) -> f64 {
    if x <= 0.0 {
        if x == x.floor() {
            return f64::NAN;
        }
        return digamma(1.0 - x) - std::f64::consts::PI / (std::f64::consts::PI * x).tan();
    }
    let (mut x, mut sum) = (x, 0.0);
    while x < 8.0 {
        sum -= 1.0 / x;
        x += 1.0;
    }
    let z = 1.0 / (x * x);
    sum + x.ln()
        - 0.5 / x
        - z * (1.0 / 12.0 - z * (1.0 / 120.0 - z * (1.0 / 252.0 - z * (1.0 / 240.0 - z / 132.0))))
}
