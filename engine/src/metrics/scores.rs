//! Scores over a whole epoch: F scores, R2, intersection over union.

use super::gather::{Gather, State, arguments, numbers};
use crate::error::{Error, Result};
use crate::losses::{EPSILON, same_rank};
use crate::ops;
use crate::tensor::Tensor;

crate::choices! {
    /// How classes are put together.
    pub enum Average {
        Micro = "micro",
        Macro = "macro",
        Weighted = "weighted",
    }
}

/// Targets and predictions as numbers of shape `[batch, columns]`.
fn columns(name: &str, truth: &Tensor, prediction: &Tensor) -> Result<(Vec<f64>, Vec<f64>, usize)> {
    let (t, p) = same_rank(truth, prediction)?;
    match (t.shape(), p.shape()) {
        (a, [_, columns]) if a == p.shape() => Ok((numbers(&t)?, numbers(&p)?, *columns)),
        _ => Err(Error::value(format!("{name} takes one column per class or output"))
            .received(format!("y_true {:?}, y_pred {:?}", truth.shape(), prediction.shape()))
            .expected("[batch, columns] for both")),
    }
}

/// One weight per sample, or ones.
fn sample_weights(weights: Option<&Tensor>, rows: usize) -> Result<Vec<f64>> {
    let Some(weights) = weights else { return Ok(vec![1.0; rows]) };
    let own = numbers(weights)?;
    match own.len() {
        n if n == rows => Ok(own),
        1 => Ok(vec![own[0]; rows]),
        _ => Err(Error::value("the sample weights do not fit the predictions")
            .received(format!("weights {:?}", weights.shape()))
            .expected(format!("[{rows}]"))),
    }
}

fn f_update(
    threshold: Option<f64>,
    micro: bool,
    state: &mut State,
    (truth, prediction, columns): (Vec<f64>, Vec<f64>, usize),
    weights: &[f64],
) {
    let places = if micro { 1 } else { columns };
    if state[0].len() != places {
        *state = vec![vec![0.0; places]; 4];
    }
    let rows = truth.chunks_exact(columns).zip(prediction.chunks_exact(columns));
    for ((truth, prediction), weight) in rows.zip(weights) {
        let largest = prediction.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        for (column, (t, p)) in truth.iter().zip(prediction).enumerate() {
            let positive = match threshold {
                Some(threshold) => *p > threshold,
                None => *p >= largest && p.abs() > 1e-9,
            };
            let p = f64::from(positive);
            let place = if micro { 0 } else { column };
            state[0][place] += p * t * weight;
            state[1][place] += p * (1.0 - t) * weight;
            state[2][place] += (1.0 - p) * t * weight;
            state[3][place] += t * weight;
        }
    }
}

fn f_result(beta: f64, average: Option<Average>, state: &State) -> Vec<f64> {
    let score = |i: usize| {
        let precision = state[0][i] / (state[0][i] + state[1][i] + EPSILON);
        let recall = state[0][i] / (state[0][i] + state[2][i] + EPSILON);
        let b = beta * beta;
        precision * recall / (b * precision + recall + EPSILON) * (1.0 + b)
    };
    let scores: Vec<f64> = (0..state[0].len()).map(score).collect();
    match average {
        None => scores,
        Some(Average::Weighted) => {
            let total = state[3].iter().sum::<f64>() + EPSILON;
            vec![scores.iter().zip(&state[3]).map(|(score, weight)| score * weight / total).sum()]
        }
        Some(_) => vec![scores.iter().sum::<f64>() / scores.len().max(1) as f64],
    }
}

macro_rules! f_scores {
    ($($doc:literal $name:ident($class:literal, $log_name:literal) { $($fields:tt)* } $beta:expr;)*) => {$(
        arguments! {
            $doc
            $name($class, Some($log_name.to_owned())) {
                /// `"micro"`, `"macro"`, `"weighted"`; `None` gives one score per class.
                average: Option<Average> = None,
                $($fields)*
                /// What predictions must exceed to mean 1; `None` takes the largest of each sample.
                threshold: Option<f64> = None,
            }
        }

        impl Gather for $name {
            fn given_name(&self) -> Option<String> {
                self.name.clone()
            }

            fn start(&self) -> State {
                vec![vec![0.0]; 4]
            }

            fn update(&self, state: &mut State, truth: &Tensor, prediction: &Tensor, weights: Option<&Tensor>) -> Result<()> {
                let data = columns($class, truth, prediction)?;
                let weights = sample_weights(weights, data.0.len() / data.2.max(1))?;
                f_update(self.threshold, self.average == Some(Average::Micro), state, data, &weights);
                Ok(())
            }

            fn result(&self, state: &State) -> Vec<f64> {
                let beta: fn(&Self) -> f64 = $beta;
                f_result(beta(self), self.average, state)
            }

            fn is_vector(&self) -> bool {
                self.average.is_none()
            }
        }
    )*};
}

f_scores! {
    "The harmonic mean of precision and recall, per class or averaged."
    F1Score("F1Score", "f1_score") {} |_| 1.0;
    "The mean of precision and recall in which recall counts beta times as much."
    FBetaScore("FBetaScore", "fbeta_score") {
        /// How much recall counts against precision.
        beta: f64 = 1.0,
    } |this| this.beta;
}

crate::choices! {
    /// How outputs are put together.
    pub enum Aggregation {
        Uniform = "uniform_average",
        Variance = "variance_weighted_average",
    }
}

arguments! {
    "Which share of the targets' variance the predictions explain: 1 is perfect, 0 no better than the mean."
    R2Score("R2Score", Some("r2_score".to_owned())) {
        /// `"uniform_average"`, `"variance_weighted_average"`; `None` gives one score per output.
        class_aggregation: Option<Aggregation> = Some(Aggregation::Uniform),
        /// Number of independent inputs, for the adjusted score.
        num_regressors: i64 = 0,
    }
}

impl Gather for R2Score {
    fn given_name(&self) -> Option<String> {
        self.name.clone()
    }

    fn start(&self) -> State {
        vec![vec![0.0]; 5]
    }

    /// State: number of samples, sums of squares, sums, squared errors, counts.
    fn update(
        &self,
        state: &mut State,
        truth: &Tensor,
        prediction: &Tensor,
        weights: Option<&Tensor>,
    ) -> Result<()> {
        let (truth, prediction, columns) = columns("R2Score", truth, prediction)?;
        if state[1].len() != columns {
            *state = vec![vec![0.0]];
            state.resize(5, vec![0.0; columns]);
        }
        let weights = sample_weights(weights, truth.len() / columns.max(1))?;
        for (i, (t, p)) in truth.iter().zip(&prediction).enumerate() {
            let (column, weight) = (i % columns, weights[i / columns]);
            state[1][column] += t * t * weight;
            state[2][column] += t * weight;
            state[3][column] += (t - p) * (t - p) * weight;
            state[4][column] += weight;
        }
        state[0][0] += truth.len() as f64;
        Ok(())
    }

    fn result(&self, state: &State) -> Vec<f64> {
        let total: Vec<f64> = (0..state[1].len())
            .map(|i| state[1][i] - state[2][i] * (state[2][i] / state[4][i]))
            .collect();
        let score = |(i, total): (usize, &f64)| {
            let score = 1.0 - state[3][i] / total;
            if score.is_infinite() { 0.0 } else { score }
        };
        let scores: Vec<f64> = total.iter().enumerate().map(score).collect();
        let mut scores = match self.class_aggregation {
            None => scores,
            Some(Aggregation::Uniform) => vec![scores.iter().sum::<f64>() / scores.len() as f64],
            Some(Aggregation::Variance) => {
                let weighted: f64 = scores.iter().zip(&total).map(|(s, t)| s * t).sum();
                vec![weighted / total.iter().sum::<f64>()]
            }
        };
        let (n, p) = (state[0][0], self.num_regressors as f64);
        if p != 0.0 && p < n - 1.0 {
            for score in &mut scores {
                *score = 1.0 - (1.0 - *score) * (n - 1.0) / (n - p - 1.0);
            }
        }
        scores
    }

    fn is_vector(&self) -> bool {
        self.class_aggregation.is_none()
    }
}

/// Adds to a confusion matrix; classes out of range do not count.
fn confuse(
    state: &mut State,
    classes: usize,
    ignore: Option<i64>,
    truth: &[f64],
    prediction: &[f64],
    weights: &[f64],
) {
    let class = |value: f64| {
        let value = value.trunc();
        (value >= 0.0 && value < classes as f64).then_some(value as usize)
    };
    for (i, (t, p)) in truth.iter().zip(prediction).enumerate() {
        if ignore.is_some_and(|ignore| t.trunc() == ignore as f64) {
            continue;
        }
        if let (Some(t), Some(p)) = (class(*t), class(*p)) {
            state[0][t * classes + p] += weights[i];
        }
    }
}

/// The mean intersection over union of these classes; classes that never occur do not count.
fn mean_iou(matrix: &[f64], classes: usize, targets: impl Iterator<Item = usize>) -> f64 {
    let (mut sum, mut valid) = (0.0, 0.0);
    for class in targets {
        let row: f64 = matrix[class * classes..(class + 1) * classes].iter().sum();
        let column: f64 = matrix.iter().skip(class).step_by(classes).sum();
        let both = matrix[class * classes + class];
        let union = row + column - both;
        if union > 1e-9 {
            sum += both / (union + EPSILON);
            valid += 1.0;
        }
    }
    sum / (valid + EPSILON)
}

fn class_numbers(x: &Tensor, sparse: bool, axis: i64) -> Result<Vec<f64>> {
    if sparse { numbers(x) } else { numbers(&ops::argmax(x, Some(axis), false)?) }
}

struct IouUpdate<'a> {
    classes: usize,
    ignore: Option<i64>,
    truth: &'a [f64],
    prediction: &'a [f64],
}

fn iou_update(state: &mut State, update: &IouUpdate<'_>, weights: Option<&Tensor>) -> Result<()> {
    if update.truth.len() != update.prediction.len() {
        return Err(Error::value("targets and predictions differ in number").received(format!(
            "{} and {}",
            update.truth.len(),
            update.prediction.len()
        )));
    }
    // Keras counts in integers here, so it cuts the weights off, too.
    let weights: Vec<f64> =
        sample_weights(weights, update.truth.len())?.into_iter().map(f64::trunc).collect();
    confuse(state, update.classes, update.ignore, update.truth, update.prediction, &weights);
    Ok(())
}

macro_rules! ious {
    ($($doc:literal $name:ident($class:literal) { $($fields:tt)* } truth $truth:expr, prediction $prediction:expr, targets $targets:expr;)*) => {$(
        arguments! {
            $doc
            $name($class, None) {
                /// Number of classes.
                num_classes: usize,
                $($fields)*
                /// A class whose targets do not count.
                ignore_class: Option<i64> = None,
                /// The axis of the classes, where they are scores.
                axis: i64 = -1,
            }
        }

        impl Gather for $name {
            fn given_name(&self) -> Option<String> {
                self.name.clone()
            }

            fn start(&self) -> State {
                vec![vec![0.0; self.num_classes * self.num_classes]]
            }

            fn update(&self, state: &mut State, truth: &Tensor, prediction: &Tensor, weights: Option<&Tensor>) -> Result<()> {
                let (sparse_truth, sparse_prediction): (fn(&Self) -> bool, fn(&Self) -> bool) = ($truth, $prediction);
                let truth = class_numbers(truth, sparse_truth(self), self.axis)?;
                let prediction = class_numbers(prediction, sparse_prediction(self), self.axis)?;
                let update = IouUpdate { classes: self.num_classes, ignore: self.ignore_class, truth: &truth, prediction: &prediction };
                iou_update(state, &update, weights)
            }

            fn result(&self, state: &State) -> Vec<f64> {
                let targets: fn(&Self) -> Vec<usize> = $targets;
                let targets = targets(self).into_iter().filter(|class| *class < self.num_classes);
                vec![mean_iou(&state[0], self.num_classes, targets)]
            }
        }
    )*};
}

fn ids(given: &[i64]) -> Vec<usize> {
    given.iter().filter_map(|id| usize::try_from(*id).ok()).collect()
}

ious! {
    "The mean intersection over union of some classes, for segmentation."
    IoU("IoU") {
        /// The classes that count.
        target_class_ids: Vec<i64>,
        /// Whether targets are class numbers instead of one-hot.
        sparse_y_true: bool = true,
        /// Whether predictions are class numbers instead of scores.
        sparse_y_pred: bool = true,
    } truth |this| this.sparse_y_true, prediction |this| this.sparse_y_pred, targets |this| ids(&this.target_class_ids);
    "The mean intersection over union of all classes, for segmentation."
    MeanIoU("MeanIoU") {
        /// Whether targets are class numbers instead of one-hot.
        sparse_y_true: bool = true,
        /// Whether predictions are class numbers instead of scores.
        sparse_y_pred: bool = true,
    } truth |this| this.sparse_y_true, prediction |this| this.sparse_y_pred, targets |this| (0..this.num_classes).collect();
    "The mean intersection over union of some classes, for one-hot targets."
    OneHotIoU("OneHotIoU") {
        /// The classes that count.
        target_class_ids: Vec<i64>,
        /// Whether predictions are class numbers instead of scores.
        sparse_y_pred: bool = false,
    } truth |_| false, prediction |this| this.sparse_y_pred, targets |this| ids(&this.target_class_ids);
    "The mean intersection over union of all classes, for one-hot targets."
    OneHotMeanIoU("OneHotMeanIoU") {
        /// Whether predictions are class numbers instead of scores.
        sparse_y_pred: bool = false,
    } truth |_| false, prediction |this| this.sparse_y_pred, targets |this| (0..this.num_classes).collect();
}

arguments! {
    "The mean intersection over union of yes/no predictions."
    BinaryIoU("BinaryIoU", None) {
        /// The classes (0, 1) that count.
        target_class_ids: Vec<i64> = vec![0, 1],
        /// From which prediction on it means 1.
        threshold: f64 = 0.5,
    }
}

impl Gather for BinaryIoU {
    fn given_name(&self) -> Option<String> {
        self.name.clone()
    }

    fn start(&self) -> State {
        vec![vec![0.0; 4]]
    }

    fn update(
        &self,
        state: &mut State,
        truth: &Tensor,
        prediction: &Tensor,
        weights: Option<&Tensor>,
    ) -> Result<()> {
        let threshold = f64::from(self.threshold as f32);
        let positive = |value: f64| f64::from(value >= threshold);
        let prediction: Vec<f64> = numbers(prediction)?.into_iter().map(positive).collect();
        let truth = numbers(truth)?;
        let update = IouUpdate { classes: 2, ignore: None, truth: &truth, prediction: &prediction };
        iou_update(state, &update, weights)
    }

    fn result(&self, state: &State) -> Vec<f64> {
        vec![mean_iou(&state[0], 2, ids(&self.target_class_ids).into_iter().filter(|id| *id < 2))]
    }
}
