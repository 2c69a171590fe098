//! What `compile` settles: optimizer, losses, metrics, and which output each belongs to.

use crate::callbacks::{LogValue, Logs};
use crate::catalog::{self, Kind, Made};
use crate::config::{Arg, Config, Field};
use crate::data::Batch;
use crate::dtype_policy::{DtypePolicy, rounded};
use crate::error::{Error, Result};
use crate::function::{Function, Operand};
use crate::losses::Loss;
use crate::metrics::{self, Metric};
use crate::ops;
use crate::optimizers::{self, Optimizer};
use crate::tape;
use crate::tensor::Tensor;
use candle_core::DType;
use std::cell::{Cell, OnceCell};
use std::rc::Rc;

/// The settings of `compile`.
pub struct Compiled {
    optimizer: Rc<dyn Optimizer>,
    loss: Arg,
    loss_weights: Arg,
    metrics: Arg,
    weighted_metrics: Arg,
    resolved: OnceCell<Resolved>,
    loss_mean: Mean,
}

/// Losses and metrics, one list entry per output; known once the outputs are.
struct Resolved {
    outputs: Vec<String>,
    losses: Vec<Option<Rc<dyn Loss>>>,
    loss_weights: Vec<Option<f64>>,
    loss_means: Vec<Mean>,
    metrics: Vec<OutputMetric>,
}

struct OutputMetric {
    output: usize,
    log_name: String,
    metric: Rc<dyn Metric>,
    weighted: bool,
}

/// A running mean, weighted.
#[derive(Default)]
struct Mean {
    total: Cell<f64>,
    count: Cell<f64>,
}

impl Mean {
    fn add(&self, value: f64, weight: f64) {
        self.total.set(self.total.get() + value * weight);
        self.count.set(self.count.get() + weight);
    }

    fn result(&self) -> f64 {
        if self.count.get() == 0.0 { 0.0 } else { self.total.get() / self.count.get() }
    }

    fn reset(&self) {
        self.total.set(0.0);
        self.count.set(0.0);
    }
}

/// The loss of a batch: the tracked total, and the value of each output's loss.
pub struct BatchLoss {
    /// What is minimised.
    pub total: Tensor,
    /// Unweighted, per output.
    pub parts: Vec<Option<f64>>,
}

impl Compiled {
    /// Reads what was given to `compile`: names, configs or objects, in Keras' forms (one, a list, a dict by output).
    pub fn new(
        optimizer: Arg,
        loss: Arg,
        loss_weights: Arg,
        metrics: Arg,
        weighted_metrics: Arg,
    ) -> Result<Self> {
        let optimizer = match catalog::get(Kind::Optimizer, &optimizer)? {
            Made::Optimizer(optimizer) => optimizer,
            _ => {
                return Err(Error::type_error("compile: the optimizer is no optimizer")
                    .received(optimizer.describe()));
            }
        };
        check_names(Kind::Loss, &loss)?;
        check_names(Kind::Metric, &metrics)?;
        check_names(Kind::Metric, &weighted_metrics)?;
        Ok(Compiled {
            optimizer,
            loss,
            loss_weights,
            metrics,
            weighted_metrics,
            resolved: OnceCell::new(),
            loss_mean: Mean::default(),
        })
    }

    /// Where a model computes in float16, with a scaled loss: small gradients would vanish otherwise. Other models, and
    /// optimizers that scale already, stay as they are.
    #[must_use]
    pub fn with_loss_scale(mut self, policy: &DtypePolicy) -> Self {
        let is_scaling =
            self.optimizer.identifier().get("class_name").is_some_and(
                |class| matches!(class, Arg::Str(class) if class == "LossScaleOptimizer"),
            );
        if policy.name() == "mixed_float16" && !is_scaling {
            self.optimizer = optimizers::with_loss_scale(self.optimizer);
        }
        self
    }

    /// The optimizer.
    pub fn optimizer(&self) -> &Rc<dyn Optimizer> {
        &self.optimizer
    }

    /// The same settings with a fresh optimizer and nothing gathered: steps with it leave these alone, but for the
    /// metrics that were given as objects ([`Compiled::given_metrics`]).
    pub(crate) fn renewed(&self) -> Result<Self> {
        Self::new(
            self.optimizer.identifier(),
            self.loss.clone(),
            self.loss_weights.clone(),
            self.metrics.clone(),
            self.weighted_metrics.clone(),
        )
    }

    /// The metrics that were given as objects: their givers hold them too.
    pub(crate) fn given_metrics(&self) -> Vec<Rc<dyn Metric>> {
        fn collect(arg: &Arg, found: &mut Vec<Rc<dyn Metric>>) {
            match arg {
                Arg::Made(Made::Metric(metric)) => found.push(metric.clone()),
                Arg::List(items) => items.iter().for_each(|item| collect(item, found)),
                Arg::Map(map) => map.iter().for_each(|(_, item)| collect(item, found)),
                _ => {}
            }
        }
        let mut found = Vec::new();
        collect(&self.metrics, &mut found);
        collect(&self.weighted_metrics, &mut found);
        found
    }

    /// Whether a loss was given.
    pub fn has_loss(&self) -> bool {
        !matches!(self.loss, Arg::None)
    }

    /// The metrics, once they are known.
    pub fn metrics(&self) -> Vec<Rc<dyn Metric>> {
        self.resolved.get().map_or_else(Vec::new, |resolved| {
            resolved.metrics.iter().map(|m| m.metric.clone()).collect()
        })
    }

    /// As a `.keras` file holds it.
    pub fn config(&self) -> Config {
        vec![
            ("optimizer".to_owned(), self.optimizer.identifier()),
            ("loss".to_owned(), self.loss.clone()),
            ("loss_weights".to_owned(), self.loss_weights.clone()),
            ("metrics".to_owned(), self.metrics.clone()),
            ("weighted_metrics".to_owned(), self.weighted_metrics.clone()),
            ("run_eagerly".to_owned(), Arg::Bool(false)),
            ("steps_per_execution".to_owned(), Arg::Int(1)),
            ("jit_compile".to_owned(), Arg::Bool(false)),
        ]
    }

    fn resolve(
        &self,
        outputs: &[String],
        truth: &[Tensor],
        predictions: &[Tensor],
    ) -> Result<&Resolved> {
        if let Some(resolved) = self.resolved.get() {
            return Ok(resolved);
        }
        if truth.len() != predictions.len() {
            return Err(Error::value(format!(
                "the model has {} outputs, but y has {}",
                predictions.len(),
                truth.len()
            ))
            .received(format!("{} target arrays", truth.len()))
            .expected(format!("one per output: {}", outputs.join(", "))));
        }
        let per_output = |arg: &Arg, what: &str| distribute(arg, outputs, what);
        let mut losses = Vec::new();
        for (output, loss) in per_output(&self.loss, "loss")?.into_iter().enumerate() {
            // "crossentropy" means what fits the shapes, as in Keras.
            let by_shape = |name: &str| {
                metrics::class_by_shape(name, truth[output].shape(), predictions[output].shape())
            };
            let loss = match &loss {
                Arg::Str(name) => by_shape(name).map_or(loss.clone(), Arg::str),
                _ => loss,
            };
            losses.push(match loss {
                Arg::None => None,
                loss => match catalog::get(Kind::Loss, &loss)? {
                    Made::Loss(loss) => Some(loss),
                    Made::Function(function) => {
                        Some(Rc::new(FunctionLoss(function)) as Rc<dyn Loss>)
                    }
                    _ => {
                        return Err(Error::type_error("compile: a loss is no loss")
                            .received(loss.describe()));
                    }
                },
            });
        }
        let loss_weights = per_output(&self.loss_weights, "loss_weights")?;
        let loss_weights =
            loss_weights.iter().map(<Option<f64>>::parse).collect::<Result<Vec<_>>>()?;
        let mut found = Vec::new();
        for (list, weighted) in [(&self.metrics, false), (&self.weighted_metrics, true)] {
            for (output, metrics) in metrics_per_output(list, outputs)?.into_iter().enumerate() {
                for identifier in metrics {
                    let metric = metrics::resolve(
                        &identifier,
                        truth[output].shape(),
                        predictions[output].shape(),
                    )?;
                    let name = match &identifier {
                        // Keras keeps the name that was written.
                        Arg::Str(name) => name.clone(),
                        _ => metric.name(),
                    };
                    let log_name = if outputs.len() > 1 {
                        format!("{}_{name}", outputs[output])
                    } else {
                        name
                    };
                    found.push(OutputMetric { output, log_name, metric, weighted });
                }
            }
        }
        let loss_means = outputs.iter().map(|_| Mean::default()).collect();
        let resolved = Resolved {
            outputs: outputs.to_vec(),
            losses,
            loss_weights,
            loss_means,
            metrics: found,
        };
        Ok(self.resolved.get_or_init(|| resolved))
    }

    /// The loss of a batch. `extra` are scalars that layers and weights add.
    pub fn loss(
        &self,
        outputs: &[String],
        batch: &Batch,
        predictions: &[Tensor],
        extra: &[Tensor],
    ) -> Result<BatchLoss> {
        let resolved = self.resolve(outputs, &batch.y, predictions)?;
        let predictions = &in_float32(predictions)?;
        let mut total: Option<Tensor> = None;
        let mut parts = Vec::with_capacity(predictions.len());
        for (i, prediction) in predictions.iter().enumerate() {
            let Some(loss) = &resolved.losses[i] else {
                parts.push(None);
                continue;
            };
            let truth = batch.y.get(i).ok_or_else(|| {
                Error::value("targets are missing").expected("y with one array per output")
            })?;
            let weights = batch.weights.get(i).and_then(Option::as_ref);
            let value =
                loss.call(truth, prediction, weights).map_err(|error| match outputs.len() {
                    1 => error.within(format!("loss {:?}", loss.name())),
                    _ => error.within(format!("loss {:?} of output {:?}", loss.name(), outputs[i])),
                })?;
            parts.push(if predictions.len() > 1 { Some(value.item()?) } else { None });
            let value = match resolved.loss_weights[i] {
                Some(weight) => ops::scale(&value, weight)?,
                None => value,
            };
            total = Some(match total {
                Some(sum) => add_scalars(&sum, &value)?,
                None => value,
            });
        }
        for value in extra {
            let value = ops::cast(value, DType::F32)?;
            total = Some(match total {
                Some(sum) => add_scalars(&sum, &value)?,
                None => value,
            });
        }
        let total = total.ok_or_else(|| {
            Error::value("there is no loss to minimise")
                .hint("compile(loss=...), or add_loss(...) in a layer's call")
        })?;
        Ok(BatchLoss { total, parts })
    }

    /// Takes a batch into the means and metrics.
    pub fn update(
        &self,
        loss: f64,
        parts: &[Option<f64>],
        batch: &Batch,
        predictions: &[Tensor],
    ) -> Result<()> {
        let size = batch.size() as f64;
        self.loss_mean.add(loss, size);
        let Some(resolved) = self.resolved.get() else { return Ok(()) };
        for (mean, part) in resolved.loss_means.iter().zip(parts) {
            if let Some(part) = part {
                mean.add(*part, size);
            }
        }
        let predictions = &in_float32(predictions)?;
        for entry in &resolved.metrics {
            let weights =
                batch.weights.get(entry.output).and_then(Option::as_ref).filter(|_| entry.weighted);
            entry.metric.update(&batch.y[entry.output], &predictions[entry.output], weights)?;
        }
        Ok(())
    }

    /// The values so far, sorted by name as Keras sorts them.
    pub fn logs(&self) -> Result<Logs> {
        let mut logs = Logs(vec![("loss".to_owned(), LogValue::Number(self.loss_mean.result()))]);
        if let Some(resolved) = self.resolved.get() {
            if resolved.outputs.len() > 1 {
                for ((name, mean), loss) in
                    resolved.outputs.iter().zip(&resolved.loss_means).zip(&resolved.losses)
                {
                    if loss.is_some() {
                        logs.0.push((format!("{name}_loss"), LogValue::Number(mean.result())));
                    }
                }
            }
            for entry in &resolved.metrics {
                let values = entry.metric.result()?;
                let value = match &values[..] {
                    [one] => LogValue::Number(*one),
                    _ => LogValue::Vector(values),
                };
                let mut name = entry.log_name.clone();
                let is_taken = |name: &str| logs.0.iter().any(|(known, _)| known == name);
                if entry.weighted && is_taken(&name) {
                    name = match resolved.outputs.len() {
                        1 => format!("weighted_{name}"),
                        _ => format!(
                            "{}_weighted_{}",
                            resolved.outputs[entry.output],
                            entry.metric.name()
                        ),
                    };
                }
                let mut count = 1;
                while is_taken(&name) {
                    name = format!("{}_{count}", entry.log_name);
                    count += 1;
                }
                logs.0.push((name, value));
            }
        }
        logs.0.sort_by(|(a, _), (b, _)| a.cmp(b));
        Ok(logs)
    }

    /// Forgets the values.
    pub fn reset(&self) {
        self.loss_mean.reset();
        if let Some(resolved) = self.resolved.get() {
            resolved.loss_means.iter().for_each(Mean::reset);
            resolved.metrics.iter().for_each(|entry| entry.metric.reset());
        }
    }
}

/// Floating-point predictions in float32, in which losses and metrics compute whatever a model computes in.
fn in_float32(predictions: &[Tensor]) -> Result<Vec<Tensor>> {
    predictions.iter().map(|prediction| rounded(prediction, DType::F32, DType::F32)).collect()
}

/// Checks names early, so that a typo is told at `compile` and not at the first batch.
fn check_names(kind: Kind, arg: &Arg) -> Result<()> {
    match arg {
        Arg::Str(name) if metrics::goes_by_shape(kind, name) => Ok(()),
        Arg::Str(name) => {
            catalog::find(kind, name).map(|_| ()).map_err(|error| error.within("compile"))
        }
        Arg::List(items) => items.iter().try_for_each(|item| check_names(kind, item)),
        Arg::Map(_) if arg.get("class_name").is_some() => Ok(()),
        Arg::Map(map) => map.iter().try_for_each(|(_, item)| check_names(kind, item)),
        Arg::None | Arg::Made(_) => Ok(()),
        other => {
            Err(Error::type_error(format!("compile: {} is no {}", other.describe(), kind.word()))
                .received(other.describe())
                .expected(format!("a name, or an object of {}", kind.module())))
        }
    }
}

/// One setting per output, from one for all, a list, or a dict by output name.
fn distribute(arg: &Arg, outputs: &[String], what: &str) -> Result<Vec<Arg>> {
    match arg {
        Arg::None => Ok(vec![Arg::None; outputs.len()]),
        Arg::List(items) if items.len() == outputs.len() => Ok(items.clone()),
        Arg::List(items) => {
            Err(Error::value(format!("compile: {what} has {} entries", items.len()))
                .received(arg.describe())
                .expected(format!("one per output: {}", outputs.join(", "))))
        }
        Arg::Map(map) if arg.get("class_name").is_none() => {
            if let Some((name, _)) = map.iter().find(|(name, _)| !outputs.contains(name)) {
                return Err(Error::value(format!(
                    "compile: {what} names an output {name:?} that the model does not have"
                ))
                .received(format!("{name:?}"))
                .expected(outputs.join(", ")));
            }
            Ok(outputs.iter().map(|name| arg.get(name).cloned().unwrap_or(Arg::None)).collect())
        }
        one => Ok(vec![one.clone(); outputs.len()]),
    }
}

/// A list of metrics per output, from Keras' forms.
fn metrics_per_output(arg: &Arg, outputs: &[String]) -> Result<Vec<Vec<Arg>>> {
    let as_list = |arg: &Arg| match arg {
        Arg::None => Vec::new(),
        Arg::List(items) => items.clone(),
        one => vec![one.clone()],
    };
    match arg {
        Arg::List(items) if outputs.len() > 1 => {
            if items.len() != outputs.len() {
                return Err(Error::value(format!("compile: metrics has {} entries", items.len()))
                    .received(arg.describe())
                    .expected(format!("one (or a list) per output: {}", outputs.join(", ")))
                    .hint(
                        "a dict by output name says it best: metrics={\"name\": [\"accuracy\"]}",
                    ));
            }
            Ok(items.iter().map(as_list).collect())
        }
        // A list inside the list is allowed for a single output.
        Arg::List(items) => Ok(vec![
            items
                .iter()
                .flat_map(|item| match item {
                    Arg::List(inner) => inner.clone(),
                    one => vec![one.clone()],
                })
                .collect(),
        ]),
        Arg::Map(_) if arg.get("class_name").is_none() => {
            Ok(distribute(arg, outputs, "metrics")?.iter().map(as_list).collect())
        }
        one => Ok(distribute(one, outputs, "metrics")?.iter().map(as_list).collect()),
    }
}

/// The sum of two tracked scalars.
pub(crate) fn add_scalars(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    let value = (a.array() + b.array())?;
    Ok(tape::record("add", &[a, b], value, |dy, _| Ok(vec![Some(dy.clone()), Some(dy.clone())])))
}

/// A function of the user as a loss: the mean of its values over the batch.
struct FunctionLoss(Function);

impl Loss for FunctionLoss {
    fn name(&self) -> String {
        self.0.name()
    }

    fn identifier(&self) -> Arg {
        self.0.identifier()
    }

    fn call(
        &self,
        truth: &Tensor,
        prediction: &Tensor,
        weights: Option<&Tensor>,
    ) -> Result<Tensor> {
        let values = self
            .0
            .tensor(vec![Operand::Tensor(truth.clone()), Operand::Tensor(prediction.clone())])?;
        crate::losses::reduce_mean(&values, weights)
    }
}
