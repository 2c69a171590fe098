//! Adam and its relatives: running means of the gradient and of its squares.

use super::LearningRate;
use super::run::optimizer;
use crate::kernels::optimizer_step::Rule;

optimizer! {
    /// Steps by the running mean of the gradient, divided by the root of that of its squares.
    ///
    /// `m += (g - m)(1 - b1); v += (g^2 - v)(1 - b2); w -= rate sqrt(1 - b2^t) / (1 - b1^t) m / (sqrt(v) + epsilon)`.
    /// Kingma and Ba, 2014, arXiv:1412.6980.
    Adam("Adam") as ADAM {
        /// Step size.
        learning_rate: LearningRate = LearningRate::Number(0.001),
        /// How slowly the mean of the gradient follows.
        beta_1: f64 = 0.9,
        /// How slowly the mean of its squares follows.
        beta_2: f64 = 0.999,
        /// Added to the root, against division by zero.
        epsilon: f64 = 1e-7,
        /// Whether the largest mean of squares so far is used (Reddi et al., 2018).
        amsgrad: bool = false,
        /// Share of each weight, times the learning rate, that is taken away at each step.
        weight_decay: Option<f64> = None,
    }
    |own| Rule::Adam {
        beta_1: own.beta_1,
        beta_2: own.beta_2,
        epsilon: own.epsilon,
        amsgrad: own.amsgrad,
    }
}

optimizer! {
    /// Adam with weight decay apart from the gradient: `w -= weight_decay rate w` before each step.
    ///
    /// Loshchilov and Hutter, 2017, arXiv:1711.05101.
    AdamW("AdamW") as ADAMW {
        /// Step size.
        learning_rate: LearningRate = LearningRate::Number(0.001),
        /// Share of each weight, times the learning rate, that is taken away at each step.
        weight_decay: Option<f64> = Some(0.004),
        /// How slowly the mean of the gradient follows.
        beta_1: f64 = 0.9,
        /// How slowly the mean of its squares follows.
        beta_2: f64 = 0.999,
        /// Added to the root, against division by zero.
        epsilon: f64 = 1e-7,
        /// Whether the largest mean of squares so far is used (Reddi et al., 2018).
        amsgrad: bool = false,
    }
    |own| {
        if own.weight_decay.is_none() {
            return Err(crate::Error::value("AdamW: weight_decay must be a number")
                .received("None")
                .hint("Adam is AdamW without weight decay"));
        }
        Rule::Adam {
            beta_1: own.beta_1,
            beta_2: own.beta_2,
            epsilon: own.epsilon,
            amsgrad: own.amsgrad,
        }
    }
}

optimizer! {
    /// Adam with the largest recent gradient instead of the root of the mean of squares.
    ///
    /// `u = max(b2 u, |g|); w -= rate m / ((1 - b1^t)(u + epsilon))`. Kingma and Ba, 2014, arXiv:1412.6980, section 7.
    Adamax("Adamax") as ADAMAX {
        /// Step size.
        learning_rate: LearningRate = LearningRate::Number(0.001),
        /// How slowly the mean of the gradient follows.
        beta_1: f64 = 0.9,
        /// How slowly the mean of its squares follows.
        beta_2: f64 = 0.999,
        /// Added to the root, against division by zero.
        epsilon: f64 = 1e-7,
        /// Share of each weight, times the learning rate, that is taken away at each step.
        weight_decay: Option<f64> = None,
    }
    |own| Rule::Adamax { beta_1: own.beta_1, beta_2: own.beta_2, epsilon: own.epsilon }
}

optimizer! {
    /// Adam with Nesterov's momentum. Dozat, 2015.
    Nadam("Nadam") as NADAM {
        /// Step size.
        learning_rate: LearningRate = LearningRate::Number(0.001),
        /// How slowly the mean of the gradient follows.
        beta_1: f64 = 0.9,
        /// How slowly the mean of its squares follows.
        beta_2: f64 = 0.999,
        /// Added to the root, against division by zero.
        epsilon: f64 = 1e-7,
        /// Share of each weight, times the learning rate, that is taken away at each step.
        weight_decay: Option<f64> = None,
    }
    |own| Rule::Nadam { beta_1: own.beta_1, beta_2: own.beta_2, epsilon: own.epsilon }
}

optimizer! {
    /// Adam whose step is scaled to the norm of each weight, for large batches.
    ///
    /// You et al., 2019, arXiv:1904.00962.
    Lamb("Lamb") as LAMB {
        /// Step size.
        learning_rate: LearningRate = LearningRate::Number(0.001),
        /// How slowly the mean of the gradient follows.
        beta_1: f64 = 0.9,
        /// How slowly the mean of its squares follows.
        beta_2: f64 = 0.999,
        /// Added to the root, against division by zero.
        epsilon: f64 = 1e-7,
        /// Share of each weight, times the learning rate, that is taken away at each step.
        weight_decay: Option<f64> = None,
    }
    |own| Rule::Lamb { beta_1: own.beta_1, beta_2: own.beta_2, epsilon: own.epsilon }
}
