//! Lion: steps of one size, by the sign of the momentum.

use super::LearningRate;
use super::run::optimizer;
use crate::kernels::optimizer_step::Rule;

optimizer! {
    /// Steps by the sign of a momentum: one slot instead of Adam's two. Use a smaller rate than for Adam.
    ///
    /// `w -= rate sign(b1 m + (1 - b1) g); m = b2 m + (1 - b2) g`. Chen et al., 2023, arXiv:2302.06675.
    Lion("Lion") as ENTRY {
        /// Step size.
        learning_rate: LearningRate = LearningRate::Number(0.001),
        /// Weight of the momentum in the direction.
        beta_1: f64 = 0.9,
        /// How slowly the momentum follows.
        beta_2: f64 = 0.99,
        /// Share of each weight, times the learning rate, that is taken away at each step.
        weight_decay: Option<f64> = None,
    }
    |own| {
        if own.beta_1 <= 0.0 || own.beta_1 > 1.0 {
            return Err(crate::Error::value("Lion: beta_1 must be above 0 and at most 1")
                .received(own.beta_1.to_string()));
        }
        Rule::Lion { beta_1: own.beta_1, beta_2: own.beta_2 }
    }
}
