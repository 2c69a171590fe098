//! Adagrad and its relatives: steps divided by the root of all squares so far.

use super::LearningRate;
use super::run::optimizer;
use crate::kernels::optimizer_step::Rule;

optimizer! {
    /// Divides the gradient by the root of the sum of its squares so far.
    ///
    /// `a += g^2; w -= rate g / sqrt(a + epsilon)`. Duchi et al., 2011.
    Adagrad("Adagrad") as ADAGRAD {
        /// Step size.
        learning_rate: LearningRate = LearningRate::Number(0.001),
        /// Where the sum of squares starts.
        initial_accumulator_value: f64 = 0.1,
        /// Added below the root, against division by zero.
        epsilon: f64 = 1e-7,
        /// Share of each weight, times the learning rate, that is taken away at each step.
        weight_decay: Option<f64> = None,
    }
    |own| Rule::Adagrad { initial: own.initial_accumulator_value, epsilon: own.epsilon }
}

optimizer! {
    /// Steps in the unit of the weights: root of the recent squares of steps over that of gradients.
    ///
    /// `a = rho a + (1 - rho) g^2; d = -sqrt(x + epsilon) / sqrt(a + epsilon) g; x = rho x + (1 - rho) d^2; w += rate d`.
    /// Zeiler, 2012, arXiv:1212.5701 (there the rate is 1).
    Adadelta("Adadelta") as ADADELTA {
        /// Step size.
        learning_rate: LearningRate = LearningRate::Number(0.001),
        /// How slowly the means of squares follow.
        rho: f64 = 0.95,
        /// Added below the roots, against division by zero.
        epsilon: f64 = 1e-7,
        /// Share of each weight, times the learning rate, that is taken away at each step.
        weight_decay: Option<f64> = None,
    }
    |own| Rule::Adadelta { rho: own.rho, epsilon: own.epsilon }
}

optimizer! {
    /// Follow the regularised leader: for large sparse linear models. McMahan et al., 2013.
    Ftrl("Ftrl") as FTRL {
        /// Step size.
        learning_rate: LearningRate = LearningRate::Number(0.001),
        /// How fast the rate falls with the squares seen: at most 0; 0 keeps it.
        learning_rate_power: f64 = -0.5,
        /// Where the sum of squares starts.
        initial_accumulator_value: f64 = 0.1,
        /// Pulls small weights to exactly 0.
        l1_regularization_strength: f64 = 0.0,
        /// Pulls weights towards 0.
        l2_regularization_strength: f64 = 0.0,
        /// Pulls towards 0 through the gradient.
        l2_shrinkage_regularization_strength: f64 = 0.0,
        /// The paper's beta: a penalty that matters while few squares are seen.
        beta: f64 = 0.0,
        /// Share of each weight, times the learning rate, that is taken away at each step.
        weight_decay: Option<f64> = None,
    }
    |own| {
        let must_be = |name: &str, fine: bool, value: f64, sign: &str| match fine {
            true => Ok(()),
            false => Err(crate::Error::value(format!("Ftrl: {name} must be {sign}"))
                .received(value.to_string())),
        };
        let (power, l1) = (own.learning_rate_power, own.l1_regularization_strength);
        let l2 = own.l2_regularization_strength;
        let shrinkage = own.l2_shrinkage_regularization_strength;
        let initial = own.initial_accumulator_value;
        must_be("learning_rate_power", power <= 0.0, power, "at most 0")?;
        must_be("l1_regularization_strength", l1 >= 0.0, l1, "at least 0")?;
        must_be("l2_regularization_strength", l2 >= 0.0, l2, "at least 0")?;
        must_be("l2_shrinkage_regularization_strength", shrinkage >= 0.0, shrinkage, "at least 0")?;
        must_be("initial_accumulator_value", initial >= 0.0, initial, "at least 0")?;
        Rule::Ftrl { power, initial, l1, l2, shrinkage, beta: own.beta }
    }
}
