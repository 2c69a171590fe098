//! Keras' losses.
//!
//! Masks: a prediction's mask (`Tensor::mask`) becomes weights as in Keras (`losses/loss.py: apply_mask`); nobody
//! passes it by hand.

pub mod crossentropy;
pub(crate) mod hinge;
mod overlap;
mod reduction;
pub(crate) mod regression;

use crate::catalog::{Entry, Kind, Made, envelope};
use crate::config::{Arg, Configured};
use crate::error::{Error, Result};
use crate::tensor::Tensor;
pub use reduction::{Reduction, apply_mask, reduce, same_rank};
use std::rc::Rc;

/// A loss: ours or the user's.
pub trait Loss {
    /// Its name in logs and strings.
    fn name(&self) -> String;

    /// As a config holds it.
    fn identifier(&self) -> Arg;

    /// The reduced loss of a batch, a tracked scalar (`reduction=None` gives the values). `weights` are per sample (or
    /// per value).
    fn call(&self, truth: &Tensor, prediction: &Tensor, weights: Option<&Tensor>)
    -> Result<Tensor>;

    /// The loss of each sample (or position), before weights and reduction: what the function of the same name gives.
    /// What does not count has 0 and a mask on the result.
    fn values(&self, _truth: &Tensor, _prediction: &Tensor) -> Result<Tensor> {
        Err(Error::not_implemented(
            format!("{} gives no values per sample", self.name()),
            "call the loss itself",
        ))
    }
}

/// The smallest number that probabilities are kept away from 0 and 1 by: Keras' `epsilon()`.
pub const EPSILON: f64 = 1e-7;

/// A configured loss; what follows from its arguments is written once, below.
pub(crate) trait Value: Configured {
    fn log_name(&self) -> String;
    fn reduction(&self) -> Option<Reduction>;
    fn value(&self, truth: &Tensor, prediction: &Tensor) -> Result<Tensor>;
}

struct Builtin<T>(T);

impl<T: Value> Loss for Builtin<T> {
    fn name(&self) -> String {
        self.0.log_name()
    }

    fn identifier(&self) -> Arg {
        let config = self.0.config().into_iter().filter(|(name, _)| name != "dtype").collect();
        envelope("keras.losses", T::NAME, config)
    }

    fn call(
        &self,
        truth: &Tensor,
        prediction: &Tensor,
        weights: Option<&Tensor>,
    ) -> Result<Tensor> {
        let values = self.0.value(truth, prediction)?;
        let reduction = self.0.reduction().unwrap_or(Reduction::None);
        let mask = match (prediction.mask(), values.mask()) {
            (Some(a), Some(b)) => Some((a * b)?),
            (a, b) => a.or(b).cloned(),
        };
        reduce(&values, weights, mask.as_ref(), reduction)
    }

    fn values(&self, truth: &Tensor, prediction: &Tensor) -> Result<Tensor> {
        self.0.value(truth, prediction)
    }
}

const fn entry<T: Value + 'static>(aliases: &'static [&'static str]) -> Entry {
    Entry::of::<T>(Kind::Loss, aliases, |args| {
        Ok(Made::Loss(Rc::new(Builtin(T::from_args(args)?))))
    })
}

/// A loss: documentation, struct, class and log name, own arguments, values.
macro_rules! loss {
    ($doc:literal $name:ident($class:literal, $log_name:literal) {
        $($(#[doc = $field_doc:literal])* $field:ident: $type:ty = $default:expr),* $(,)?
    } |$this:ident, $truth:ident, $prediction:ident| $value:expr) => {
        $crate::config! {
            #[doc = $doc]
            pub struct $name($class) {
                $($(#[doc = $field_doc])* $field: $type = $default,)*
                /// How the values become one number: `"sum_over_batch_size"`, `"sum"`, `"mean_with_sample_weight"` or
                /// `None`.
                reduction: Option<$crate::losses::Reduction> = Some($crate::losses::Reduction::SumOverBatchSize),
                /// Its name.
                name: Option<String> = Some($log_name.to_owned()),
                /// Element type of the computation.
                dtype: $crate::config::Arg = $crate::config::Arg::None,
            }
        }

        impl $crate::losses::Value for $name {
            fn log_name(&self) -> String {
                self.name.clone().unwrap_or_else(|| $log_name.to_owned())
            }

            fn reduction(&self) -> Option<$crate::losses::Reduction> {
                self.reduction
            }

            #[allow(unused_variables, reason = "some losses have no arguments")]
            fn value(&self, truth: &$crate::tensor::Tensor, prediction: &$crate::tensor::Tensor) -> $crate::error::Result<$crate::tensor::Tensor> {
                let ($this, $truth, $prediction) = (self, truth, prediction);
                $value
            }
        }
    };
}
use loss;

/// All losses.
pub static ENTRIES: &[&Entry] = &[
    &entry::<crossentropy::BinaryCrossentropy>(&["bce", "BCE"]),
    &entry::<crossentropy::BinaryFocalCrossentropy>(&[]),
    &entry::<crossentropy::CategoricalCrossentropy>(&[]),
    &entry::<crossentropy::CategoricalFocalCrossentropy>(&[]),
    &entry::<crossentropy::CategoricalGeneralizedCrossEntropy>(&[]),
    &entry::<crossentropy::SparseCategoricalCrossentropy>(&[]),
    &entry::<crossentropy::Poisson>(&[]),
    &entry::<crossentropy::KLDivergence>(&[
        "kl_divergence",
        "kld",
        "KLD",
        "kullback_leibler_divergence",
    ]),
    &entry::<regression::MeanSquaredError>(&["mse", "MSE"]),
    &entry::<regression::MeanAbsoluteError>(&["mae", "MAE"]),
    &entry::<regression::MeanAbsolutePercentageError>(&["mape", "MAPE"]),
    &entry::<regression::MeanSquaredLogarithmicError>(&["msle", "MSLE"]),
    &entry::<regression::CosineSimilarity>(&[]),
    &entry::<regression::Huber>(&["huber_loss"]),
    &entry::<regression::LogCosh>(&["logcosh"]),
    &entry::<hinge::Hinge>(&[]),
    &entry::<hinge::SquaredHinge>(&[]),
    &entry::<hinge::CategoricalHinge>(&[]),
    &entry::<overlap::Dice>(&[]),
    &entry::<overlap::Tversky>(&[]),
    &entry::<overlap::Circle>(&[]),
];

/// The mean of a loss' values, each times its weight: Keras' `sum_over_batch_size`.
pub fn reduce_mean(values: &Tensor, weights: Option<&Tensor>) -> Result<Tensor> {
    reduce(values, weights, None, Reduction::SumOverBatchSize)
}

#[cfg(test)]
mod against_keras;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog;
    use crate::check;
    use crate::ops;
    use candle_core::DType;

    fn loss(name: &str, config: &[(&str, Arg)]) -> Rc<dyn Loss> {
        let config = config.iter().map(|(name, arg)| ((*name).to_owned(), arg.clone())).collect();
        match catalog::find(Kind::Loss, name).unwrap().make(config).unwrap() {
            Made::Loss(loss) => loss,
            _ => panic!("{name} is no loss"),
        }
    }

    #[test]
    fn every_loss_has_the_derivative_that_differences_find() {
        for entry in ENTRIES {
            let loss = loss(entry.name, &[]);
            let (truth, prediction) = match entry.name {
                "SparseCategoricalCrossentropy" | "CategoricalGeneralizedCrossEntropy" => {
                    (check::of(&[0.0, 2.0, 3.0], &[3]), check::values_in(&[3, 4], 3, 0.05, 0.9))
                }
                "Circle" => (
                    check::of(&[0.0, 1.0, 1.0, 0.0], &[4]),
                    ops::scale(&check::values(&[4, 3], 3), 0.3).unwrap(),
                ),
                "MeanAbsolutePercentageError" => {
                    (check::of(&[1.0, 2.0, 0.5, 3.0], &[2, 2]), check::values(&[2, 2], 3))
                }
                _ => (
                    check::of(&[1.0, 0.0, 0.0, 0.0, 1.0, 0.0], &[2, 3]),
                    check::values_in(&[2, 3], 3, 0.05, 0.9),
                ),
            };
            let weights = Tensor::from_vec(
                (0..truth.shape()[0]).map(|i| i as f64 + 0.5).collect(),
                &truth.shape()[..1],
            );
            let weights = weights.unwrap();
            let name = entry.name;
            // Targets are told apart by being untracked integers here.
            let truth = ops::cast(&truth, DType::F32).unwrap();
            let call = |weights| {
                check::gradients_within(
                    name,
                    |x| loss.call(&truth, &x[0], weights),
                    std::slice::from_ref(&prediction),
                    1e-5,
                );
            };
            call(None);
            if !matches!(name, "Dice" | "Tversky") {
                call(Some(&weights));
            }
        }
    }

    #[test]
    fn logits_give_the_same_loss_as_their_probabilities_and_stay_exact_where_those_end() {
        let x = check::of(&[1.0, -2.0, 0.5, 0.3, 0.0, 800.0], &[2, 3]);
        let truth = check::of(&[0.0, 1.0, 0.0, 1.0, 0.0, 0.0], &[2, 3]);
        for (name, activation) in
            [("CategoricalCrossentropy", "softmax"), ("BinaryCrossentropy", "sigmoid")]
        {
            let probabilities =
                crate::activations::Activation::named(activation).unwrap().apply(&x).unwrap();
            let with_notes = loss(name, &[]).call(&truth, &probabilities, None).unwrap();
            let from_logits = loss(name, &[("from_logits", Arg::Bool(true))]);
            let direct = from_logits.call(&truth, &x, None).unwrap();
            assert_eq!(with_notes.item().unwrap(), direct.item().unwrap(), "{name}");
            assert!(direct.item().unwrap() > 100.0, "{name}: not clipped");
            check::gradients(
                name,
                |x| from_logits.call(&truth, &x[0], None),
                &[check::values(&[2, 3], 4)],
            );
        }
        let sparse = loss("SparseCategoricalCrossentropy", &[("from_logits", Arg::Bool(true))]);
        let labels = Tensor::from_vec(vec![1_i64, 0], &[2, 1]).unwrap();
        check::gradients(
            "sparse",
            |x| sparse.call(&labels, &x[0], None),
            &[check::values(&[2, 3], 4)],
        );
    }

    #[test]
    fn weights_masks_and_reductions_are_keras_own() {
        let truth = check::of(&[0.0; 6], &[3, 2]);
        let prediction = check::of(&[1.0, 1.0, 2.0, 2.0, 3.0, 3.0], &[3, 2]);
        let weights = check::of(&[1.0, 0.0, 2.0], &[3]);
        let reduced = |reduction: &str, weights| {
            let loss = loss("mse", &[("reduction", Arg::str(reduction))]);
            loss.call(&truth, &prediction, weights).unwrap().item().unwrap()
        };
        assert_eq!(reduced("sum", None), 14.0);
        assert_eq!(reduced("sum_over_batch_size", Some(&weights)), 19.0 / 3.0);
        assert_eq!(reduced("mean_with_sample_weight", Some(&weights)), 19.0 / 3.0);
        let mask = check::of(&[1.0, 0.0, 1.0], &[3]).array().to_dtype(DType::U8).unwrap();
        let masked = prediction.clone().with_mask(Some(mask));
        let value = loss("mse", &[]).call(&truth, &masked, None).unwrap().item().unwrap();
        assert!((value - 5.0).abs() < 1e-12, "{value}");
        let ignoring = loss(
            "sparse_categorical_crossentropy",
            &[("ignore_class", Arg::Int(-1)), ("from_logits", Arg::Bool(true))],
        );
        let labels = Tensor::from_vec(vec![0_i64, -1, 1], &[3]).unwrap();
        let x = check::of(&[0.0; 6], &[3, 2]);
        let value = ignoring.call(&labels, &x, None).unwrap().item().unwrap();
        assert!((value - std::f64::consts::LN_2).abs() < 1e-12, "{value}");
    }

    #[test]
    fn a_label_that_is_no_class_is_named_with_its_position() {
        let labels = Tensor::from_vec(vec![0_i64, 3, 1], &[3]).unwrap();
        let x = check::values(&[3, 3], 1);
        let error =
            loss("sparse_categorical_crossentropy", &[]).call(&labels, &x, None).unwrap_err();
        assert_eq!(error.what, "the label 3 at position 1 is no class");
        assert_eq!(error.received.as_deref(), Some("label 3, 3 classes"));
        let error = loss("categorical_crossentropy", &[]).call(&labels, &x, None).unwrap_err();
        assert!(error.hint.unwrap().contains("sparse_categorical_crossentropy"));
    }
}
