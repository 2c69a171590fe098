//! The activations that the kernel knows, on slices: the choice stands outside of the loops, so each of them is vectors.

use crate::activations::Activation;
use crate::kernels::pointwise::Real;
use crate::kernels::simd::simd;

/// An activation whose derivative follows from its result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    Linear,
    Sigmoid,
    HardSigmoid,
    Tanh,
    Relu,
}

use Function::{HardSigmoid, Linear, Relu, Sigmoid, Tanh};

impl Function {
    /// The function of an activation, if it is one that the kernel knows.
    pub(super) fn of(activation: &Activation) -> Option<Self> {
        let all = [
            ("linear", Linear),
            ("sigmoid", Sigmoid),
            ("hard_sigmoid", HardSigmoid),
            ("tanh", Tanh),
            ("relu", Relu),
        ];
        all.into_iter().find(|(name, _)| activation.is(name)).map(|(_, function)| function)
    }

    #[inline(always)]
    pub(super) fn value(self, x: f32) -> f32 {
        match self {
            Linear => x,
            Sigmoid => Real::sigmoid(x),
            HardSigmoid => (x * (1.0 / 6.0) + 0.5).clamp(0.0, 1.0),
            Tanh => Real::tanh(x),
            Relu if x <= 0.0 => 0.0,
            Relu => x,
        }
    }

    /// The derivative where the result is `y`.
    #[inline(always)]
    pub(super) fn slope(self, y: f32) -> f32 {
        match self {
            Linear => 1.0,
            Sigmoid => y * (1.0 - y),
            HardSigmoid => f32::from(u8::from(y > 0.0 && y < 1.0)) * (1.0 / 6.0),
            Tanh => 1.0 - y * y,
            Relu => f32::from(u8::from(y > 0.0)),
        }
    }
}

/// A loop for each function.
macro_rules! each {
    ($function:expr, |$known:ident| $loop:expr) => {
        match $function {
            Linear => each!(@ $known = Linear, $loop),
            Sigmoid => each!(@ $known = Sigmoid, $loop),
            HardSigmoid => each!(@ $known = HardSigmoid, $loop),
            Tanh => each!(@ $known = Tanh, $loop),
            Relu => each!(@ $known = Relu, $loop),
        }
    };
    (@ $known:ident = $function:ident, $loop:expr) => {{
        let $known = $function;
        $loop
    }};
}

simd! {
    /// The function of each value, in place.
    pub(super) fn apply(values: &mut [f32], function: Function) {
        each!(function, |known| for value in values {
            *value = known.value(*value);
        });
    }
}

simd! {
    /// From gradients of the function's results `y` to those of what it was applied to.
    pub(super) fn slopes(gradients: &mut [f32], y: &[f32], function: Function) {
        each!(function, |known| for (gradient, y) in gradients.iter_mut().zip(y) {
            *gradient *= known.slope(*y);
        });
    }
}

simd! {
    pub(super) fn add(y: &mut [f32], x: &[f32]) {
        for (y, x) in y.iter_mut().zip(x) {
            *y += x;
        }
    }
}

simd! {
    pub(super) fn multiply(y: &mut [f32], x: &[f32]) {
        for (y, x) in y.iter_mut().zip(x) {
            *y *= x;
        }
    }
}
