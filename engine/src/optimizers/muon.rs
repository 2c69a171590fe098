//! Muon: the steps of matrices are made orthogonal.

use super::LearningRate;
use super::run::{Other, Plan, optimizer};
use crate::kernels::optimizer_step::Rule;
use crate::variable::Variable;
use regex::Regex;

optimizer! {
    /// Gradient descent with momentum whose steps are made orthogonal, for matrices; all else follows AdamW.
    ///
    /// `m = momentum m + g; w -= rate orthogonal(m) sqrt(max(rows, columns)) rms_rate`, by a Newton-Schulz iteration
    /// `x = a x + (b x x' + c x x' x x') x`. Jordan et al., 2024; Liu et al., 2025, arXiv:2502.16982.
    Muon("Muon") as ENTRY {
        /// Step size.
        learning_rate: LearningRate = LearningRate::Number(0.001),
        /// AdamW: how slowly the mean of the gradient follows.
        adam_beta_1: f64 = 0.9,
        /// AdamW: how slowly the mean of its squares follows.
        adam_beta_2: f64 = 0.999,
        /// AdamW: share of each weight, times the learning rate, that is taken away at each step.
        adam_weight_decay: Option<f64> = Some(0.004),
        /// AdamW: added to the root, against division by zero.
        epsilon: f64 = 1e-7,
        /// Matrices: share of each weight, times the learning rate, that is taken away at each step.
        weight_decay: Option<f64> = Some(0.004),
        /// Regular expressions: variables whose path has a place that fits one follow AdamW.
        exclude_layers: Option<Vec<String>> = None,
        /// Whether embeddings follow AdamW.
        exclude_embeddings: bool = true,
        /// The iteration's a.
        muon_a: f64 = 3.4445,
        /// The iteration's b.
        muon_b: f64 = -4.775,
        /// The iteration's c.
        muon_c: f64 = 2.0315,
        /// AdamW's learning rate as a multiple of the other.
        adam_lr_ratio: f64 = 1.0,
        /// Share of the last step that is taken along.
        momentum: f64 = 0.95,
        /// Steps of the iteration.
        ns_steps: i64 = 5,
        /// Whether the gradient is taken as if after the step (Nesterov, 1983).
        nesterov: bool = true,
        /// Makes steps as large as AdamW's; None: as large as the iteration gives them.
        rms_rate: Option<f64> = Some(0.2),
    }
    |own| plan(&own)?
}

fn plan(own: &Muon) -> crate::Result<Plan> {
    let words = own.exclude_layers.iter().flatten().map(|word| {
        Regex::new(word).map_err(|error| {
            crate::Error::value("Muon: exclude_layers must be regular expressions")
                .received(format!("{word:?}: {error}"))
        })
    });
    let words = words.collect::<crate::Result<Vec<_>>>()?;
    let exclude_embeddings = own.exclude_embeddings;
    let (weight_decay, rate_factor) = (own.adam_weight_decay, own.adam_lr_ratio);
    let adam = Rule::Adam {
        beta_1: own.adam_beta_1,
        beta_2: own.adam_beta_2,
        epsilon: own.epsilon,
        amsgrad: false,
    };
    let muon = Rule::Muon {
        momentum: own.momentum,
        nesterov: own.nesterov,
        steps: usize::try_from(own.ns_steps).unwrap_or(0),
        factors: [own.muon_a, own.muon_b, own.muon_c],
        rms_rate: own.rms_rate,
    };
    Ok(Plan::with_others(muon, move |variable: &Variable| {
        let path = variable.path();
        let follows_adam = variable.shape().len() != 2
            || (exclude_embeddings && path.to_lowercase().contains("embedding"))
            || words.iter().any(|word| word.is_match(&path));
        follows_adam.then_some(Other { rule: adam, weight_decay, rate_factor })
    }))
}
