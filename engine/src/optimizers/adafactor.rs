//! Adafactor: the squares of a matrix' gradient are kept as the means of rows and columns.

use super::LearningRate;
use super::run::optimizer;
use crate::kernels::optimizer_step::Rule;

optimizer! {
    /// Adam's division by the root of mean squares, for large models: of a matrix' squares only the means of rows and
    /// columns are kept, and steps are in proportion to the size of the weights.
    ///
    /// `r = b r + (1 - b) rows(g^2); c = b c + (1 - b) columns(g^2); v = r c / mean(r); u = g / sqrt(v)`;
    /// `w -= max(epsilon_2, rms(w)) rate u / max(1, rms(u) / clip_threshold)`. Shazeer and Stern, 2018, arXiv:1804.04235.
    Adafactor("Adafactor") as ENTRY {
        /// Step size.
        learning_rate: LearningRate = LearningRate::Number(0.001),
        /// How the means come to rest: `b = 1 - t^beta_2_decay`.
        beta_2_decay: f64 = -0.8,
        /// Added to the squares of the gradient.
        epsilon_1: f64 = 1e-30,
        /// Weights smaller than this move as if they had this size.
        epsilon_2: f64 = 1e-3,
        /// Steps with a larger root mean square are shortened.
        clip_threshold: f64 = 1.0,
        /// Whether the step size is at most `1 / sqrt(t)`.
        relative_step: bool = true,
        /// Share of each weight, times the learning rate, that is taken away at each step.
        weight_decay: Option<f64> = None,
    }
    |own| Rule::Adafactor {
        decay: own.beta_2_decay,
        epsilon_1: own.epsilon_1,
        epsilon_2: own.epsilon_2,
        threshold: own.clip_threshold,
        // Keras leaves the rates of schedules alone.
        relative: own.relative_step && matches!(own.learning_rate, LearningRate::Number(_)),
    }
}
