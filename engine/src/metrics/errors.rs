//! Means of losses and of other values: errors, crossentropies, correlations; plain means and sums.

use super::gather::{Gather, State, Values, add_mean, arguments, masked, mean, numbers, ratio};
use crate::config::{Arg, Args, Config, Field};
use crate::error::Result;
use crate::losses::{self, Value, crossentropy, hinge, regression, same_rank};
use crate::ops;
use crate::tensor::Tensor;

/// The values of a loss of ours with these arguments.
fn of_loss<T: Value>(arguments: Config, truth: &Tensor, prediction: &Tensor) -> Result<Values> {
    let loss = T::from_args(&mut Args::new(T::NAME, arguments))?;
    Values::of(&loss.value(truth, prediction)?)
}

fn given<T: Field>(name: &str, value: &T) -> (String, Arg) {
    (name.to_owned(), value.to_arg())
}

macro_rules! means_of_losses {
    ($($doc:literal $name:ident($class:literal, $log_name:literal) = $loss:path;)*) => {$(
        mean! {
            $doc
            $name($class, $log_name) {}
            |this, truth, prediction| of_loss::<$loss>(Vec::new(), truth, prediction)
        }
    )*};
}

means_of_losses! {
    "The mean of the squared differences."
    MeanSquaredError("MeanSquaredError", "mean_squared_error") = regression::MeanSquaredError;
    "The mean of the differences' sizes."
    MeanAbsoluteError("MeanAbsoluteError", "mean_absolute_error") = regression::MeanAbsoluteError;
    "The mean of the differences' sizes in percent of the targets."
    MeanAbsolutePercentageError("MeanAbsolutePercentageError", "mean_absolute_percentage_error") = regression::MeanAbsolutePercentageError;
    "The mean of the squared differences of `log(1 + y)`."
    MeanSquaredLogarithmicError("MeanSquaredLogarithmicError", "mean_squared_logarithmic_error") = regression::MeanSquaredLogarithmicError;
    "The mean of the logarithm of the differences' hyperbolic cosine."
    LogCoshError("LogCoshError", "logcosh") = regression::LogCosh;
    "The mean of `max(1 - y_true y_pred, 0)`."
    Hinge("Hinge", "hinge") = hinge::Hinge;
    "The mean of `max(1 - y_true y_pred, 0)^2`."
    SquaredHinge("SquaredHinge", "squared_hinge") = hinge::SquaredHinge;
    "The mean of the categorical hinge loss."
    CategoricalHinge("CategoricalHinge", "categorical_hinge") = hinge::CategoricalHinge;
    "The mean of `y_pred - y_true log y_pred`."
    Poisson("Poisson", "poisson") = crossentropy::Poisson;
    "The mean of `sum(y_true log(y_true / y_pred))`."
    KLDivergence("KLDivergence", "kl_divergence") = crossentropy::KLDivergence;
}

mean! {
    "The mean crossentropy of yes/no labels."
    BinaryCrossentropy("BinaryCrossentropy", "binary_crossentropy") {
        /// Whether predictions are logits.
        from_logits: bool = false,
        /// How much labels are drawn towards 0.5.
        label_smoothing: f64 = 0.0,
    }
    |this, truth, prediction| of_loss::<crossentropy::BinaryCrossentropy>(
        vec![given("from_logits", &this.from_logits), given("label_smoothing", &this.label_smoothing)],
        truth,
        prediction,
    )
}

mean! {
    "The mean crossentropy of one-hot labels."
    CategoricalCrossentropy("CategoricalCrossentropy", "categorical_crossentropy") {
        /// Whether predictions are logits.
        from_logits: bool = false,
        /// How much labels are drawn towards `1 / classes`.
        label_smoothing: f64 = 0.0,
        /// The axis of the classes.
        axis: i64 = -1,
    }
    |this, truth, prediction| of_loss::<crossentropy::CategoricalCrossentropy>(
        vec![
            given("from_logits", &this.from_logits),
            given("label_smoothing", &this.label_smoothing),
            given("axis", &this.axis),
        ],
        truth,
        prediction,
    )
}

mean! {
    "The mean crossentropy of integer labels."
    SparseCategoricalCrossentropy("SparseCategoricalCrossentropy", "sparse_categorical_crossentropy") {
        /// Whether predictions are logits.
        from_logits: bool = false,
        /// A label whose samples do not count.
        ignore_class: Option<i64> = None,
        /// The axis of the classes; only the last one.
        axis: i64 = -1,
    }
    |this, truth, prediction| of_loss::<crossentropy::SparseCategoricalCrossentropy>(
        vec![
            given("from_logits", &this.from_logits),
            given("ignore_class", &this.ignore_class),
            given("axis", &this.axis),
        ],
        truth,
        prediction,
    )
}

mean! {
    "The mean cosine of the angle between targets and predictions."
    CosineSimilarity("CosineSimilarity", "cosine_similarity") {
        /// The axis along which the vectors lie.
        axis: i64 = -1,
    }
    |this, truth, prediction| Values::of(&regression::cosine(truth, prediction, this.axis)?)
}

/// Truth and prediction, each less its mean along an axis; and those means.
fn centred(truth: &Tensor, prediction: &Tensor, axis: i64) -> Result<[Tensor; 4]> {
    let (truth, prediction) = regression::pair(truth, prediction)?;
    let mean = |x: &Tensor| ops::mean(x, Some(&[axis]), true);
    let (a, b) = (mean(&truth)?, mean(&prediction)?);
    Ok([ops::subtract(&truth, &a)?, ops::subtract(&prediction, &b)?, a, b])
}

mean! {
    "The mean correlation of targets and predictions (Pearson): from -1 to 1."
    PearsonCorrelation("PearsonCorrelation", "pearson_correlation") {
        /// The axis along which it is computed.
        axis: i64 = -1,
    }
    |this, truth, prediction| {
        let [t, p, ..] = centred(truth, prediction, this.axis)?;
        let unit = |x: &Tensor| ops::divide(x, &ops::std(x, Some(&[this.axis]), true)?);
        Values::of(&ops::mean(&ops::multiply(&unit(&t)?, &unit(&p)?)?, Some(&[this.axis]), false)?)
    }
}

mean! {
    "The mean concordance of targets and predictions (Lin): correlation that also counts offset and scale."
    ConcordanceCorrelation("ConcordanceCorrelation", "concordance_correlation") {
        /// The axis along which it is computed.
        axis: i64 = -1,
    }
    |this, truth, prediction| {
        let axis = Some(&[this.axis][..]);
        let (truth, prediction) = regression::pair(truth, prediction)?;
        let [t, p, t_mean, p_mean] = centred(&truth, &prediction, this.axis)?;
        // As Keras has it: both less the mean of the prediction.
        let product = ops::multiply(&ops::subtract(&truth, &p_mean)?, &p)?;
        let norm = ops::add(
            &ops::add(&ops::var(&t, axis, true)?, &ops::var(&p, axis, true)?)?,
            &ops::squared_difference(&t_mean, &p_mean)?,
        )?;
        let values = ops::divide(&ops::scale(&product, 2.0)?, &ops::affine(&norm, 1.0, losses::EPSILON)?)?;
        Values::of(&ops::mean(&values, axis, false)?)
    }
}

arguments! {
    "The root of the mean of the squared differences."
    RootMeanSquaredError("RootMeanSquaredError", Some("root_mean_squared_error".to_owned())) {}
}

impl Gather for RootMeanSquaredError {
    fn given_name(&self) -> Option<String> {
        self.name.clone()
    }

    fn start(&self) -> State {
        vec![vec![0.0], vec![0.0]]
    }

    fn update(
        &self,
        state: &mut State,
        truth: &Tensor,
        prediction: &Tensor,
        weights: Option<&Tensor>,
    ) -> Result<()> {
        let (truth, prediction) = regression::pair(truth, prediction)?;
        add_mean(state, Values::of(&ops::squared_difference(&truth, &prediction)?)?, weights)
    }

    fn result(&self, state: &State) -> Vec<f64> {
        vec![ratio(state[0][0], state[1][0]).sqrt()]
    }
}

arguments! {
    "The mean of values."
    Mean("Mean", Some("mean".to_owned())) {}
}

impl Gather for Mean {
    fn given_name(&self) -> Option<String> {
        self.name.clone()
    }

    fn start(&self) -> State {
        vec![vec![0.0], vec![0.0]]
    }

    fn update(
        &self,
        state: &mut State,
        values: &Tensor,
        weights: &Tensor,
        _: Option<&Tensor>,
    ) -> Result<()> {
        self.update_values(state, values, Some(weights))
    }

    fn update_values(
        &self,
        state: &mut State,
        values: &Tensor,
        weights: Option<&Tensor>,
    ) -> Result<()> {
        let weights = masked(weights, values)?;
        add_mean(state, Values::of(values)?, weights.as_ref())
    }

    fn result(&self, state: &State) -> Vec<f64> {
        vec![ratio(state[0][0], state[1][0])]
    }
}

arguments! {
    "The sum of values."
    Sum("Sum", Some("sum".to_owned())) {}
}

impl Gather for Sum {
    fn given_name(&self) -> Option<String> {
        self.name.clone()
    }

    fn start(&self) -> State {
        vec![vec![0.0]]
    }

    fn update(
        &self,
        state: &mut State,
        values: &Tensor,
        weights: &Tensor,
        _: Option<&Tensor>,
    ) -> Result<()> {
        self.update_values(state, values, Some(weights))
    }

    fn update_values(
        &self,
        state: &mut State,
        values: &Tensor,
        weights: Option<&Tensor>,
    ) -> Result<()> {
        let values = match masked(weights, values)? {
            Some(weights) => {
                let (values, weights) = same_rank(values, &weights)?;
                ops::multiply(&values, &weights)?
            }
            None => values.clone(),
        };
        state[0][0] += numbers(&values)?.iter().sum::<f64>();
        Ok(())
    }

    fn result(&self, state: &State) -> Vec<f64> {
        state[0].clone()
    }
}
