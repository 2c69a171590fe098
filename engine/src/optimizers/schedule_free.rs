//! ScheduleFreeAdamW: an average of the way takes the place of a schedule.

use super::LearningRate;
use super::run::optimizer;
use crate::kernels::optimizer_step::Rule;

optimizer! {
    /// Adam whose weights stand between its own sequence z and the mean x of that sequence, so that the rate need not
    /// fall.
    ///
    /// `z -= rate g / (sqrt(v) + epsilon); x += (z - x) / t; w = (1 - b1) z + b1 x`.
    /// Defazio et al., 2024, arXiv:2405.15682.
    ScheduleFreeAdamW("ScheduleFreeAdamW") as ENTRY {
        /// Step size.
        learning_rate: LearningRate = LearningRate::Number(0.0025),
        /// How near the weights stand to the mean.
        beta_1: f64 = 0.9,
        /// How slowly the mean of the gradient's squares follows.
        beta_2: f64 = 0.999,
        /// Added to the root, against division by zero.
        epsilon: f64 = 1e-8,
        /// Steps during which the rate grows from nothing.
        warmup_steps: i64 = 0,
        /// Share of each weight, times the learning rate, that is taken away at each step.
        weight_decay: Option<f64> = None,
    }
    |own| Rule::ScheduleFree {
        beta_1: own.beta_1,
        beta_2: own.beta_2,
        epsilon: own.epsilon,
        warmup: u64::try_from(own.warmup_steps).unwrap_or(0),
    }
}
