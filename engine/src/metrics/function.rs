//! A function of targets and predictions as a metric: the mean of its values over the epoch.

use super::Metric;
use crate::config::Arg;
use crate::error::Result;
use crate::function::{Function, Operand};
use crate::losses::Loss;
use crate::tensor::Tensor;
use std::cell::Cell;
use std::rc::Rc;

/// The mean of a function's values.
pub(crate) struct FunctionMetric {
    values: Values,
    total: Cell<f64>,
    count: Cell<f64>,
}

enum Values {
    Function(Function),
    Loss(Rc<dyn Loss>),
}

impl FunctionMetric {
    pub(crate) fn of_function(function: Function) -> Self {
        FunctionMetric {
            values: Values::Function(function),
            total: Cell::new(0.0),
            count: Cell::new(0.0),
        }
    }

    pub(crate) fn of_loss(loss: Rc<dyn Loss>) -> Self {
        FunctionMetric { values: Values::Loss(loss), total: Cell::new(0.0), count: Cell::new(0.0) }
    }
}

impl Metric for FunctionMetric {
    fn name(&self) -> String {
        match &self.values {
            Values::Function(function) => function.name(),
            Values::Loss(loss) => loss.name(),
        }
    }

    fn identifier(&self) -> Arg {
        match &self.values {
            Values::Function(function) => function.identifier(),
            Values::Loss(loss) => Arg::Str(loss.name()),
        }
    }

    fn update(&self, truth: &Tensor, prediction: &Tensor, weights: Option<&Tensor>) -> Result<()> {
        let values = match &self.values {
            Values::Function(function) => function.tensor(vec![
                Operand::Tensor(truth.clone()),
                Operand::Tensor(prediction.clone()),
            ])?,
            Values::Loss(loss) => loss.call(truth, prediction, None)?,
        };
        let values = values.to_f32_vec()?;
        match weights
            .map(Tensor::to_f32_vec)
            .transpose()?
            .filter(|weights| weights.len() == values.len())
        {
            Some(weights) => {
                let weighted: f64 =
                    values.iter().zip(&weights).map(|(v, w)| f64::from(*v) * f64::from(*w)).sum();
                self.total.set(self.total.get() + weighted);
                self.count
                    .set(self.count.get() + weights.iter().map(|w| f64::from(*w)).sum::<f64>());
            }
            None => {
                self.total
                    .set(self.total.get() + values.iter().map(|v| f64::from(*v)).sum::<f64>());
                self.count.set(self.count.get() + values.len() as f64);
            }
        }
        Ok(())
    }

    fn result(&self) -> Result<Vec<f64>> {
        Ok(vec![if self.count.get() == 0.0 { 0.0 } else { self.total.get() / self.count.get() }])
    }

    fn reset(&self) {
        self.total.set(0.0);
        self.count.set(0.0);
    }

    fn state(&self) -> Vec<Vec<f64>> {
        vec![vec![self.total.get()], vec![self.count.get()]]
    }

    fn set_state(&self, state: &[Vec<f64>]) -> Result<()> {
        let value =
            |i: usize| state.get(i).and_then(|values| values.first()).copied().unwrap_or(0.0);
        self.total.set(value(0));
        self.count.set(value(1));
        Ok(())
    }
}
