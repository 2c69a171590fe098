//! SGD: plain gradient descent, with momentum.

use super::LearningRate;
use super::run::optimizer;
use crate::kernels::optimizer_step::Rule;

optimizer! {
    /// Gradient descent, with momentum if asked for.
    ///
    /// `w -= rate g`; with momentum `m = momentum m - rate g; w += m`, with nesterov `w += momentum m - rate g`.
    Sgd("SGD") as ENTRY {
        /// Step size.
        learning_rate: LearningRate = LearningRate::Number(0.01),
        /// Share of the last step that is taken along.
        momentum: f64 = 0.0,
        /// Whether the gradient is taken as if after the step (Nesterov, 1983).
        nesterov: bool = false,
        /// Share of each weight, times the learning rate, that is taken away at each step.
        weight_decay: Option<f64> = None,
    }
    |own| {
        if !(0.0..=1.0).contains(&own.momentum) {
            return Err(crate::Error::value("SGD: momentum must lie between 0 and 1")
                .received(own.momentum.to_string()));
        }
        Rule::Sgd { momentum: own.momentum, nesterov: own.nesterov }
    }
}
