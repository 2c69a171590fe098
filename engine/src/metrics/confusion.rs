//! Counts of right and wrong yes/no predictions at thresholds, and what is made of them.

use super::gather::{Gather, State, arguments, numbers, ratio};
use crate::error::{Error, Result};
use crate::losses::same_rank;
use crate::tensor::Tensor;

/// What predictions are compared with, and which of them count.
pub(super) struct Rule<'a> {
    pub(super) thresholds: &'a [f64],
    pub(super) top_k: Option<usize>,
    pub(super) class_id: Option<i64>,
    /// Counts per label (columns) instead of all together.
    pub(super) labels: usize,
    pub(super) label_weights: Option<&'a [f64]>,
}

/// True positives, false positives, true negatives, false negatives; for each threshold (and label).
pub(super) fn start(thresholds: usize, labels: usize) -> State {
    vec![vec![0.0; thresholds * labels]; 4]
}

/// Counts a batch.
pub(super) fn count(
    state: &mut State,
    rule: &Rule<'_>,
    truth: &Tensor,
    prediction: &Tensor,
    weights: Option<&Tensor>,
) -> Result<()> {
    let (p, t) = same_rank(prediction, truth)?;
    if p.shape() != t.shape() {
        return Err(Error::value("targets and predictions do not fit together")
            .received(format!("y_true {:?}, y_pred {:?}", truth.shape(), prediction.shape()))
            .expected("equal shapes"));
    }
    let columns = if p.shape().len() > 1 { p.shape()[p.shape().len() - 1] } else { 1 };
    let mut scores: Vec<f64> = numbers(&p)?;
    let truths = numbers(&t)?;
    let rows = scores.len() / columns.max(1);
    let weights = match weights {
        None => vec![1.0; scores.len()],
        Some(weights) => {
            let own = numbers(weights)?;
            match own.len() {
                n if n == scores.len() => own,
                n if n > 0 && rows.is_multiple_of(n) => {
                    let repeats = scores.len() / n;
                    own.iter().flat_map(|w| std::iter::repeat_n(*w, repeats)).collect()
                }
                _ => {
                    return Err(Error::value("the sample weights do not fit the predictions")
                        .received(format!("weights {:?}, y_pred {:?}", weights.shape(), p.shape()))
                        .expected("one weight per sample"));
                }
            }
        }
    };
    if let Some(k) = rule.top_k {
        for row in scores.chunks_exact_mut(columns.max(1)) {
            let mut order: Vec<usize> = (0..row.len()).collect();
            order.sort_by(|a, b| row[*b].total_cmp(&row[*a]));
            for i in order.into_iter().skip(k) {
                row[i] = -1e10;
            }
        }
    }
    let class = match rule.class_id {
        Some(class) => {
            Some(usize::try_from(class).ok().filter(|class| *class < columns).ok_or_else(|| {
                Error::value("class_id names no class")
                    .received(class.to_string())
                    .expected(format!("0 to {}", columns.saturating_sub(1)))
            })?)
        }
        None => None,
    };
    let n = rule.thresholds.len();
    let even = is_even(rule.thresholds);
    let first_counts = even && (rule.thresholds[0] < 0.0 || rule.thresholds[n - 1] > 1.0);
    // How many predictions lie in the bucket above each threshold; summed from the top they are the positives.
    let mut buckets = vec![[0.0_f64; 2]; n * rule.labels];
    let mut totals = vec![[0.0_f64; 2]; rule.labels];
    for (i, ((score, truth), weight)) in scores.iter().zip(&truths).zip(&weights).enumerate() {
        let column = i % columns.max(1);
        if class.is_some_and(|class| class != column) {
            continue;
        }
        let weight =
            weight * rule.label_weights.and_then(|w| w.get(column)).copied().unwrap_or(1.0);
        let label = if rule.labels > 1 { column } else { 0 };
        let side = usize::from(*truth == 0.0);
        totals[label][side] += weight;
        let above = if even {
            let score = score.clamp(0.0, 1.0) as f32;
            let bucket = (score * (n - 1) as f32).ceil() - 1.0;
            if bucket < 0.0 { usize::from(first_counts) } else { bucket as usize + 1 }
        } else {
            rule.thresholds.partition_point(|threshold| score > threshold)
        };
        if above > 0 {
            buckets[(above - 1) * rule.labels + label][side] += weight;
        }
    }
    let [tp, fp, tn, missed] = &mut state[..] else {
        return Err(Error::runtime("the metric's state is damaged"));
    };
    for (label, total) in totals.iter().enumerate() {
        let mut positives = [0.0; 2];
        for threshold in (0..n).rev() {
            let place = threshold * rule.labels + label;
            positives[0] += buckets[place][0];
            positives[1] += buckets[place][1];
            tp[place] += positives[0];
            fp[place] += positives[1];
            missed[place] += total[0] - positives[0];
            tn[place] += total[1] - positives[1];
        }
    }
    Ok(())
}

/// Whether thresholds divide 0 to 1 evenly (`is_evenly_distributed_thresholds`).
fn is_even(thresholds: &[f64]) -> bool {
    let n = thresholds.len();
    n >= 3
        && thresholds.iter().enumerate().all(|(i, threshold)| {
            let even = i as f64 / (n - 1) as f64;
            (threshold - even).abs() <= 1e-7 + 1e-5 * even
        })
}

/// Thresholds as they were given: one, several or none, sorted as they stand.
fn parse(given: &Option<Vec<f64>>, default: f64) -> Vec<f64> {
    let mut thresholds = given.clone().unwrap_or_else(|| vec![default]);
    // `partition_point` needs order; results follow it.
    thresholds.sort_by(f64::total_cmp);
    thresholds
}

macro_rules! counts {
    ($($doc:literal $name:ident($class:literal) = $which:literal;)*) => {$(
        arguments! {
            $doc
            $name($class, None) {
                /// What predictions must exceed to mean 1; several give several counts. 0.5 if not given.
                thresholds: Option<Vec<f64>> = None,
            }
        }

        impl Gather for $name {
            fn given_name(&self) -> Option<String> {
                self.name.clone()
            }

            fn start(&self) -> State {
                start(self.thresholds.as_ref().map_or(1, Vec::len), 1)
            }

            fn update(&self, state: &mut State, truth: &Tensor, prediction: &Tensor, weights: Option<&Tensor>) -> Result<()> {
                let rule = Rule { thresholds: &parse(&self.thresholds, 0.5), top_k: None, class_id: None, labels: 1, label_weights: None };
                count(state, &rule, truth, prediction, weights)
            }

            fn result(&self, state: &State) -> Vec<f64> {
                state[$which].clone()
            }

            fn is_vector(&self) -> bool {
                self.thresholds.as_ref().is_some_and(|thresholds| thresholds.len() > 1)
            }
        }
    )*};
}

counts! {
    "How many targets of 1 were predicted as 1."
    TruePositives("TruePositives") = 0;
    "How many targets of 0 were predicted as 1."
    FalsePositives("FalsePositives") = 1;
    "How many targets of 0 were predicted as 0."
    TrueNegatives("TrueNegatives") = 2;
    "How many targets of 1 were predicted as 0."
    FalseNegatives("FalseNegatives") = 3;
}

macro_rules! shares {
    ($($doc:literal $name:ident($class:literal) = $other:literal;)*) => {$(
        arguments! {
            $doc
            $name($class, None) {
                /// What predictions must exceed to mean 1; several give several results. 0.5 if not given.
                thresholds: Option<Vec<f64>> = None,
                /// Only the k largest predictions of a sample count.
                top_k: Option<usize> = None,
                /// Only this class counts.
                class_id: Option<i64> = None,
            }
        }

        impl Gather for $name {
            fn given_name(&self) -> Option<String> {
                self.name.clone()
            }

            fn start(&self) -> State {
                start(self.thresholds.as_ref().map_or(1, Vec::len), 1)
            }

            fn update(&self, state: &mut State, truth: &Tensor, prediction: &Tensor, weights: Option<&Tensor>) -> Result<()> {
                let default = if self.top_k.is_some() { -1e10 } else { 0.5 };
                let rule = Rule {
                    thresholds: &parse(&self.thresholds, default),
                    top_k: self.top_k,
                    class_id: self.class_id,
                    labels: 1,
                    label_weights: None,
                };
                count(state, &rule, truth, prediction, weights)
            }

            fn result(&self, state: &State) -> Vec<f64> {
                state[0].iter().zip(&state[$other]).map(|(right, wrong)| ratio(*right, right + wrong)).collect()
            }

            fn is_vector(&self) -> bool {
                self.thresholds.as_ref().is_some_and(|thresholds| thresholds.len() > 1)
            }
        }
    )*};
}

shares! {
    "Which share of the predicted 1 is right."
    Precision("Precision") = 1;
    "Which share of the true 1 was found."
    Recall("Recall") = 3;
}

crate::choices! {
    /// What the area is taken under.
    pub enum Curve {
        Roc = "ROC",
        PrecisionRecall = "PR",
        Gain = "PRGAIN",
    }
}

crate::choices! {
    /// How the curve goes between two thresholds.
    pub enum Summation {
        Interpolation = "interpolation",
        Minoring = "minoring",
        Majoring = "majoring",
    }
}

arguments! {
    "The area under the ROC or precision/recall curve, from counts at many thresholds."
    Auc("AUC", None) {
        /// Number of thresholds.
        num_thresholds: usize = 200,
        /// `"ROC"`, `"PR"` or `"PRGAIN"`.
        curve: Curve = Curve::Roc,
        /// `"interpolation"`, `"minoring"` or `"majoring"`.
        summation_method: Summation = Summation::Interpolation,
        /// The thresholds between 0 and 1, if they should not be even.
        thresholds: Option<Vec<f64>> = None,
        /// Whether each column is a label of its own, whose areas are averaged.
        multi_label: bool = false,
        /// How many labels there are.
        num_labels: Option<usize> = None,
        /// How much each label counts.
        label_weights: Option<Vec<f64>> = None,
        /// Whether predictions are logits.
        from_logits: bool = false,
    }
}

impl Auc {
    fn all_thresholds(&self) -> Vec<f64> {
        let inner = match &self.thresholds {
            Some(thresholds) => parse(&Some(thresholds.clone()), 0.5),
            None => (1..self.num_thresholds.saturating_sub(1))
                .map(|i| i as f64 / (self.num_thresholds - 1) as f64)
                .collect(),
        };
        std::iter::once(-1e-7).chain(inner).chain([1.0 + 1e-7]).collect()
    }

    /// The area of one label from its counts.
    fn area(&self, tp: &[f64], fp: &[f64], tn: &[f64], missed: &[f64]) -> f64 {
        let n = tp.len();
        if self.curve == Curve::PrecisionRecall && self.summation_method == Summation::Interpolation
        {
            return (0..n - 1)
                .map(|i| {
                    let dtp = tp[i] - tp[i + 1];
                    let p = [tp[i] + fp[i], tp[i + 1] + fp[i + 1]];
                    let slope = ratio(dtp, (p[0] - p[1]).max(0.0));
                    let intercept = tp[i + 1] - slope * p[1];
                    let safe = if p[0] > 0.0 && p[1] > 0.0 { p[0] / p[1] } else { 1.0 };
                    let area = slope * (dtp + intercept * safe.ln());
                    ratio(area, (tp[i + 1] + missed[i + 1]).max(0.0))
                })
                .sum();
        }
        let point = |i: usize| {
            let recall = ratio(tp[i], tp[i] + missed[i]);
            match self.curve {
                Curve::Roc => (ratio(fp[i], fp[i] + tn[i]), recall),
                Curve::PrecisionRecall => (recall, ratio(tp[i], tp[i] + fp[i])),
                Curve::Gain if tp[i] == 0.0 => (0.0, 1.0),
                Curve::Gain => {
                    let scale = ratio(tp[i] + missed[i], tn[i] + fp[i]);
                    ((1.0 - scale * missed[i] / tp[i]).max(0.0), 1.0 - scale * fp[i] / tp[i])
                }
            }
        };
        (0..n - 1)
            .map(|i| {
                let ((x0, y0), (x1, y1)) = (point(i), point(i + 1));
                let height = match self.summation_method {
                    Summation::Interpolation => (y0 + y1) / 2.0,
                    Summation::Minoring => y0.min(y1),
                    Summation::Majoring => y0.max(y1),
                };
                (x0 - x1) * height
            })
            .sum()
    }
}

impl Gather for Auc {
    fn given_name(&self) -> Option<String> {
        self.name.clone()
    }

    fn start(&self) -> State {
        start(self.all_thresholds().len(), self.num_labels.unwrap_or(1))
    }

    fn update(
        &self,
        state: &mut State,
        truth: &Tensor,
        prediction: &Tensor,
        weights: Option<&Tensor>,
    ) -> Result<()> {
        let prediction =
            if self.from_logits { crate::ops::sigmoid(prediction)? } else { prediction.clone() };
        let thresholds = self.all_thresholds();
        let labels = match (self.multi_label, prediction.shape()) {
            (false, _) => 1,
            (true, [_, labels]) => *labels,
            (true, shape) => {
                return Err(Error::value("AUC with multi_label=True takes one column per label")
                    .received(format!("{shape:?}"))
                    .expected("[batch, labels]"));
            }
        };
        if state[0].len() != thresholds.len() * labels {
            *state = start(thresholds.len(), labels);
        }
        let rule = Rule {
            thresholds: &thresholds,
            top_k: None,
            class_id: None,
            labels,
            label_weights: self.label_weights.as_deref().filter(|_| !self.multi_label),
        };
        count(state, &rule, truth, &prediction, weights)
    }

    fn result(&self, state: &State) -> Vec<f64> {
        let n = self.all_thresholds().len();
        let labels = (state[0].len() / n).max(1);
        let areas: Vec<f64> = (0..labels)
            .map(|label| {
                let column = |counts: &Vec<f64>| -> Vec<f64> {
                    counts.iter().skip(label).step_by(labels).copied().collect()
                };
                let [tp, fp, tn, missed] = [0, 1, 2, 3].map(|i| column(&state[i]));
                self.area(&tp, &fp, &tn, &missed)
            })
            .collect();
        vec![match &self.label_weights {
            Some(weights) if self.multi_label => {
                let sum: f64 = areas.iter().zip(weights).map(|(area, weight)| area * weight).sum();
                ratio(sum, weights.iter().sum())
            }
            _ => areas.iter().sum::<f64>() / labels as f64,
        }]
    }
}

macro_rules! constrained {
    ($($doc:literal $name:ident($class:literal) $bound:ident: $of:expr, best $best:expr;)*) => {$(
        arguments! {
            $doc
            $name($class, None) {
                /// The least value of the one.
                $bound: crate::config::Fraction,
                /// Number of thresholds.
                num_thresholds: usize = 200,
                /// Only this class counts.
                class_id: Option<i64> = None,
            }
        }

        impl $name {
            fn all_thresholds(&self) -> Vec<f64> {
                match self.num_thresholds {
                    1 => vec![0.5],
                    n => (0..n).map(|i| i as f64 / (n - 1) as f64).collect(),
                }
            }
        }

        impl Gather for $name {
            fn given_name(&self) -> Option<String> {
                self.name.clone()
            }

            fn start(&self) -> State {
                start(self.num_thresholds, 1)
            }

            fn update(&self, state: &mut State, truth: &Tensor, prediction: &Tensor, weights: Option<&Tensor>) -> Result<()> {
                let rule = Rule { thresholds: &self.all_thresholds(), top_k: None, class_id: self.class_id, labels: 1, label_weights: None };
                count(state, &rule, truth, prediction, weights)
            }

            fn result(&self, state: &State) -> Vec<f64> {
                let at = |i: usize| [state[0][i], state[1][i], state[2][i], state[3][i]];
                let fine = (0..state[0].len()).map(at).filter(|counts| $of(counts) >= self.$bound.0);
                vec![fine.map(|counts| $best(&counts)).fold(0.0, f64::max)]
            }
        }
    )*};
}

fn precision([tp, fp, ..]: &[f64; 4]) -> f64 {
    ratio(*tp, tp + fp)
}

fn sensitivity([tp, _, _, missed]: &[f64; 4]) -> f64 {
    ratio(*tp, tp + missed)
}

fn specificity([_, fp, tn, _]: &[f64; 4]) -> f64 {
    ratio(*tn, tn + fp)
}

constrained! {
    "The best sensitivity (recall) at thresholds whose specificity is high enough."
    SensitivityAtSpecificity("SensitivityAtSpecificity") specificity: specificity, best sensitivity;
    "The best specificity at thresholds whose sensitivity (recall) is high enough."
    SpecificityAtSensitivity("SpecificityAtSensitivity") sensitivity: sensitivity, best specificity;
    "The best precision at thresholds whose recall is high enough."
    PrecisionAtRecall("PrecisionAtRecall") recall: sensitivity, best precision;
    "The best recall at thresholds whose precision is high enough."
    RecallAtPrecision("RecallAtPrecision") precision: precision, best sensitivity;
}
