//! LossScaleOptimizer: for half precision, where small gradients would vanish.

use super::Optimizer;
use super::run::{FIRST, scalar};
use crate::catalog::{self, Entry, Kind, Made};
use crate::config;
use crate::config::{Arg, Configured};
use crate::error::{Error, Result};
use crate::layer::unique_name;
use crate::variable::Variable;
use candle_core::{DType, Device, Tensor as Array};
use std::cell::RefCell;
use std::rc::Rc;

config! {
    /// Multiplies the loss by a large number before gradients are taken and divides these by it, so that small ones do
    /// not vanish in half precision. Where a gradient is not finite the step is left out and the number halved; after
    /// many steps without one it is doubled.
    pub(crate) struct LossScaleOptimizer("LossScaleOptimizer") {
        /// The optimizer that takes the steps.
        inner_optimizer: Arg,
        /// The number at first.
        initial_scale: f64 = 32768.0,
        /// Steps without a gradient that is not finite after which the number is doubled.
        dynamic_growth_steps: i64 = 2000,
        /// Its name.
        name: Option<String> = None,
    }
}

/// The row of the table.
pub(super) static ENTRY: Entry = Entry::of::<LossScaleOptimizer>(Kind::Optimizer, &[], |args| {
    // Keras' older files have them here, too; name and rate aside they belong to the inner optimizer.
    for name in &FIRST[2..] {
        match args.take(name) {
            None | Some(Arg::None | Arg::Bool(false)) => {}
            Some(Arg::Float(0.99)) if *name == "ema_momentum" => {}
            Some(value) => {
                return Err(Error::value(format!(
                    "LossScaleOptimizer: {name} belongs to the inner optimizer"
                ))
                .received(format!("{name}={}", value.describe()))
                .hint(format!("LossScaleOptimizer(SGD({name}=...))")));
            }
        }
    }
    let config = LossScaleOptimizer::from_args(args)?;
    let inner = match catalog::get(Kind::Optimizer, &config.inner_optimizer)? {
        Made::Optimizer(inner) => inner,
        _ => {
            return Err(Error::type_error("LossScaleOptimizer: inner_optimizer is no optimizer")
                .received(config.inner_optimizer.describe()));
        }
    };
    let name = config.name.clone();
    let wrapped = LossScale::new(inner, config.initial_scale, config.dynamic_growth_steps, name);
    Ok(Made::Optimizer(Rc::new(wrapped)))
});

/// An optimizer that scales the loss of another.
pub(crate) struct LossScale {
    inner: Rc<dyn Optimizer>,
    name: String,
    initial_scale: f64,
    growth_steps: i64,
    state: RefCell<State>,
}

struct State {
    built: bool,
    /// Steps since the scale changed.
    counter: i64,
    scale: f32,
}

impl LossScale {
    /// Wraps an optimizer.
    pub(crate) fn new(
        inner: Rc<dyn Optimizer>,
        initial_scale: f64,
        growth_steps: i64,
        name: Option<String>,
    ) -> Self {
        inner.set_loss_scale(None);
        LossScale {
            inner,
            name: name.unwrap_or_else(|| unique_name("loss_scale_optimizer")),
            initial_scale,
            growth_steps,
            state: RefCell::new(State { built: false, counter: 0, scale: initial_scale as f32 }),
        }
    }
}

fn is_finite(gradient: &Array) -> Result<bool> {
    // A sum of magnitudes is finite only where all of them are; in float64 it cannot overflow.
    let sum = gradient.to_dtype(DType::F64)?.abs()?.sum_all()?.to_scalar::<f64>()?;
    Ok(sum.is_finite())
}

impl Optimizer for LossScale {
    fn identifier(&self) -> Arg {
        let config = vec![
            ("name".to_owned(), Arg::str(&self.name)),
            ("inner_optimizer".to_owned(), self.inner.identifier()),
            ("initial_scale".to_owned(), Arg::Float(self.initial_scale)),
            ("dynamic_growth_steps".to_owned(), Arg::Int(self.growth_steps)),
        ];
        catalog::envelope("keras.optimizers", LossScaleOptimizer::NAME, config)
    }

    fn build(&self, variables: &[Rc<Variable>]) -> Result<()> {
        self.state.borrow_mut().built = true;
        self.inner.build(variables)
    }

    fn apply(&self, gradients: &[Option<Array>], variables: &[Rc<Variable>]) -> Result<()> {
        self.build(variables)?;
        for gradient in gradients.iter().flatten() {
            if !is_finite(gradient)? {
                let state = &mut *self.state.borrow_mut();
                state.counter = 0;
                state.scale *= 0.5;
                return Ok(());
            }
        }
        let scale = f64::from(self.state.borrow().scale);
        let unscaled = gradients.iter().map(|gradient| match gradient {
            // In float32: what would vanish in half precision must not vanish now.
            Some(gradient) if gradient.dtype() == DType::F64 => Ok(Some((gradient / scale)?)),
            Some(gradient) => Ok(Some((gradient.to_dtype(DType::F32)? / scale)?)),
            None => Ok(None),
        });
        self.inner.apply(&unscaled.collect::<Result<Vec<_>>>()?, variables)?;
        let state = &mut *self.state.borrow_mut();
        if state.counter == self.growth_steps - 1 {
            state.counter = 0;
            state.scale *= 2.0;
        } else {
            state.counter += 1;
        }
        Ok(())
    }

    fn iterations(&self) -> u64 {
        self.inner.iterations()
    }

    fn learning_rate(&self) -> f64 {
        self.inner.learning_rate()
    }

    fn set_learning_rate(&self, rate: f64) -> Result<()> {
        self.inner.set_learning_rate(rate)
    }

    fn loss_scale(&self) -> Option<f64> {
        Some(f64::from(self.state.borrow().scale))
    }

    fn exclude_from_weight_decay(&self, words: &[String], listed: &[Rc<Variable>]) -> Result<()> {
        self.inner.exclude_from_weight_decay(words, listed)
    }

    fn swap_averages(&self) -> Result<()> {
        self.inner.swap_averages()
    }

    fn set_averages(&self) -> Result<()> {
        self.inner.set_averages()
    }

    fn wrapped(&self) -> Vec<(String, Rc<dyn Optimizer>)> {
        vec![("inner_optimizer".to_owned(), self.inner.clone())]
    }

    fn variables(&self) -> Result<Vec<(String, Array)>> {
        let state = self.state.borrow();
        let cpu = &Device::Cpu;
        // Keras counts and keeps a rate here, too, and uses neither.
        let mut found = vec![
            ("iteration".to_owned(), Array::new(0_i64, cpu)?),
            ("learning_rate".to_owned(), Array::new(0_f32, cpu)?),
        ];
        if state.built {
            let counter = i32::try_from(state.counter).unwrap_or(i32::MAX);
            found.push(("step_counter".to_owned(), Array::new(counter, cpu)?));
            found.push(("dynamic_scale".to_owned(), Array::new(state.scale, cpu)?));
        }
        found.extend(self.inner.variables()?);
        Ok(found)
    }

    fn set_variables(&self, values: &[Array]) -> Result<()> {
        let state = &mut *self.state.borrow_mut();
        let own = if state.built { 4 } else { 2 };
        if values.len() < own {
            return Err(Error::value("this is not the state of this LossScaleOptimizer")
                .received(format!("{} values", values.len()))
                .expected(format!("at least {own}"))
                .hint("build it for the same variables first"));
        }
        let (first, rest) = values.split_at(own);
        if let [_, _, counter, scale] = first {
            state.counter = scalar(counter)? as i64;
            state.scale = scalar(scale)? as f32;
        }
        self.inner.set_variables(rest)
    }

    fn finish(&self, variables: &[Rc<Variable>]) -> Result<()> {
        self.inner.finish(variables)
    }
}
