//! RMSprop: steps divided by the root of the recent squares of the gradient.

use super::LearningRate;
use super::run::optimizer;
use crate::kernels::optimizer_step::Rule;

optimizer! {
    /// Divides the gradient by the root of a running mean of its squares.
    ///
    /// `v = rho v + (1 - rho) g^2; w -= rate g / sqrt(v + epsilon)`. Hinton, 2012, lecture 6e.
    RmsProp("RMSprop") as ENTRY {
        /// Step size.
        learning_rate: LearningRate = LearningRate::Number(0.001),
        /// How slowly the mean of squares follows.
        rho: f64 = 0.9,
        /// Share of the last step that is taken along.
        momentum: f64 = 0.0,
        /// Added below the root, against division by zero.
        epsilon: f64 = 1e-7,
        /// Whether the variance of the gradient is used instead of its mean square.
        centered: bool = false,
        /// Share of each weight, times the learning rate, that is taken away at each step.
        weight_decay: Option<f64> = None,
    }
    |own| Rule::RmsProp {
        rho: own.rho,
        momentum: own.momentum,
        epsilon: own.epsilon,
        centered: own.centered,
    }
}
