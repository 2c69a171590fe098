//! Keras' metrics: they gather over batches and give a result.
//!
//! Masks: a prediction's mask (`Tensor::mask`) counts as weights of 0 and 1, as in Keras; nobody passes it by hand.

mod accuracy;
mod confusion;
mod errors;
mod function;
mod gather;
mod resolve;
mod scores;

use crate::catalog::Entry;
use crate::config::Arg;
use crate::error::{Error, Result};
use crate::tensor::Tensor;
use gather::entry;
pub use resolve::{class_by_shape, goes_by_shape, resolve};

/// A metric: ours or the user's. State lives behind `&self`, since users share metrics.
pub trait Metric {
    /// Its name in logs.
    fn name(&self) -> String;

    /// As a config holds it.
    fn identifier(&self) -> Arg;

    /// Takes a batch in. `weights` are per sample (or per value).
    fn update(&self, truth: &Tensor, prediction: &Tensor, weights: Option<&Tensor>) -> Result<()>;

    /// Takes plain values in: `Mean`, `Sum` and their like, which know neither truth nor prediction.
    fn update_values(&self, _values: &Tensor, _weights: Option<&Tensor>) -> Result<()> {
        Err(Error::type_error(format!("{} compares two tensors", self.name()))
            .received("one tensor")
            .expected("update_state(y_true, y_pred)"))
    }

    /// The value so far: one number, or several (a list per class or threshold).
    fn result(&self) -> Result<Vec<f64>>;

    /// Whether [`Metric::result`] is a list even if it has one entry.
    fn is_vector(&self) -> bool {
        false
    }

    /// Forgets everything.
    fn reset(&self);

    /// What it has gathered, in the order of Keras' variables (`Mean`: total, count), so that a run can be resumed.
    fn state(&self) -> Vec<Vec<f64>>;

    /// Restores what [`Metric::state`] gave.
    fn set_state(&self, state: &[Vec<f64>]) -> Result<()>;
}

/// All metrics.
pub static ENTRIES: &[&Entry] = &[
    &entry::<errors::Mean>(&[]),
    &entry::<errors::Sum>(&[]),
    &entry::<accuracy::Accuracy>(&["acc"]),
    &entry::<accuracy::BinaryAccuracy>(&[]),
    &entry::<accuracy::CategoricalAccuracy>(&[]),
    &entry::<accuracy::SparseCategoricalAccuracy>(&[]),
    &entry::<accuracy::TopKCategoricalAccuracy>(&[]),
    &entry::<accuracy::SparseTopKCategoricalAccuracy>(&[]),
    &entry::<errors::BinaryCrossentropy>(&["bce", "BCE"]),
    &entry::<errors::CategoricalCrossentropy>(&[]),
    &entry::<errors::SparseCategoricalCrossentropy>(&[]),
    &entry::<errors::KLDivergence>(&["kl_divergence", "kld", "KLD"]),
    &entry::<errors::Poisson>(&[]),
    &entry::<errors::MeanSquaredError>(&["mse", "MSE"]),
    &entry::<errors::RootMeanSquaredError>(&["rmse"]),
    &entry::<errors::MeanAbsoluteError>(&["mae", "MAE"]),
    &entry::<errors::MeanAbsolutePercentageError>(&["mape", "MAPE"]),
    &entry::<errors::MeanSquaredLogarithmicError>(&["msle", "MSLE"]),
    &entry::<errors::CosineSimilarity>(&[]),
    &entry::<errors::LogCoshError>(&["logcosh"]),
    &entry::<errors::PearsonCorrelation>(&[]),
    &entry::<errors::ConcordanceCorrelation>(&[]),
    &entry::<scores::R2Score>(&["r2_score"]),
    &entry::<errors::Hinge>(&[]),
    &entry::<errors::SquaredHinge>(&[]),
    &entry::<errors::CategoricalHinge>(&[]),
    &entry::<confusion::Auc>(&["auc"]),
    &entry::<confusion::Precision>(&[]),
    &entry::<confusion::Recall>(&[]),
    &entry::<confusion::TruePositives>(&[]),
    &entry::<confusion::TrueNegatives>(&[]),
    &entry::<confusion::FalsePositives>(&[]),
    &entry::<confusion::FalseNegatives>(&[]),
    &entry::<confusion::PrecisionAtRecall>(&[]),
    &entry::<confusion::RecallAtPrecision>(&[]),
    &entry::<confusion::SensitivityAtSpecificity>(&[]),
    &entry::<confusion::SpecificityAtSensitivity>(&[]),
    &entry::<scores::F1Score>(&["f1_score"]),
    &entry::<scores::FBetaScore>(&["fbeta_score"]),
    &entry::<scores::IoU>(&[]),
    &entry::<scores::BinaryIoU>(&[]),
    &entry::<scores::MeanIoU>(&[]),
    &entry::<scores::OneHotIoU>(&[]),
    &entry::<scores::OneHotMeanIoU>(&[]),
];
