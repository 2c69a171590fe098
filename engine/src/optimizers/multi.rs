//! MultiOptimizer: different optimizers for different variables, told apart by their paths.

use super::Optimizer;
use crate::catalog::{self, Entry, Kind, Made};
use crate::config;
use crate::config::{Arg, Configured, Field};
use crate::error::{Error, Result};
use crate::layer::unique_name;
use crate::variable::Variable;
use candle_core::{Device, Tensor as Array};
use regex::Regex;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

config! {
    /// Leaves each variable to one of several optimizers, by the variable's path.
    ///
    /// `MultiOptimizer(OptimizerMap(SGD(), {".*embedding.*": Adam()}))`
    pub(crate) struct MultiOptimizer("MultiOptimizer") {
        /// An OptimizerMap: regular expressions for whole paths and their optimizers, and one for the rest.
        optimizer_map: Arg,
        /// What the loss was multiplied by; gradients are divided by it.
        loss_scale_factor: Option<f64> = None,
        /// Its name.
        name: Option<String> = None,
    }
}

/// The row of the table.
pub(super) static ENTRY: Entry = Entry::of::<MultiOptimizer>(Kind::Optimizer, &[], |args| {
    let config = MultiOptimizer::from_args(args)?;
    Ok(Made::Optimizer(Rc::new(Multi::new(config)?)))
});

struct Multi {
    name: String,
    loss_scale: Cell<Option<f64>>,
    /// Patterns, and the numbers of their optimizers.
    patterns: Vec<(String, Regex, usize)>,
    /// The number of the optimizer for the rest.
    default: usize,
    optimizers: Vec<Rc<dyn Optimizer>>,
    state: RefCell<State>,
}

#[derive(Default)]
struct State {
    calls: i64,
    /// The variables that it was built for, and the numbers of their optimizers.
    built: Vec<(Rc<Variable>, usize)>,
}

fn refuse(what: &str) -> Error {
    Error::value(what).within(MultiOptimizer::NAME)
}

impl Multi {
    fn new(config: MultiOptimizer) -> Result<Self> {
        let map = match config.optimizer_map.get("config") {
            Some(map) => map,
            None => {
                return Err(refuse("optimizer_map must be an OptimizerMap")
                    .received(config.optimizer_map.describe())
                    .hint("OptimizerMap(SGD(), {\".*out.*\": Adam()})"));
            }
        };
        let mut optimizers: Vec<Rc<dyn Optimizer>> = Vec::new();
        let mut number_of = |arg: &Arg| -> Result<usize> {
            let Made::Optimizer(optimizer) = catalog::get(Kind::Optimizer, arg)? else {
                return Err(refuse("an optimizer of the map is none").received(arg.describe()));
            };
            if !optimizer.wrapped().is_empty() {
                return Err(
                    refuse("an optimizer of the map must be a plain one").received(arg.describe())
                );
            }
            optimizer.set_loss_scale(config.loss_scale_factor);
            let known = optimizers.iter().position(|known| Rc::ptr_eq(known, &optimizer));
            Ok(known.unwrap_or_else(|| {
                optimizers.push(optimizer);
                optimizers.len() - 1
            }))
        };
        let mut patterns = Vec::new();
        if let Some(Arg::Map(entries)) = map.get("optimizer_map") {
            for (text, optimizer) in entries {
                let pattern = Regex::new(&format!("^(?:{text})$")).map_err(|error| {
                    refuse("a key of the map must be a regular expression")
                        .received(format!("{text:?}: {error}"))
                })?;
                patterns.push((text.clone(), pattern, number_of(optimizer)?));
            }
        }
        let default = map
            .get("default_optimizer")
            .ok_or_else(|| refuse("the map has no optimizer for the rest"))?;
        let default = number_of(default)?;
        Ok(Multi {
            name: config.name.unwrap_or_else(|| unique_name("multi_optimizer")),
            loss_scale: Cell::new(config.loss_scale_factor),
            patterns,
            default,
            optimizers,
            state: RefCell::default(),
        })
    }

    fn choose(&self, variable: &Variable) -> Result<usize> {
        let path = variable.path();
        if let Some((.., number)) = self.patterns.iter().find(|(text, ..)| *text == path) {
            return Ok(*number);
        }
        let mut fitting = self.patterns.iter().filter(|(_, pattern, _)| pattern.is_match(&path));
        match (fitting.next(), fitting.next()) {
            (Some((first, ..)), Some((second, ..))) => {
                Err(refuse(&format!("two optimizers are assigned to {path:?}"))
                    .received(format!("{first:?} and {second:?}")))
            }
            (Some((.., number)), None) => Ok(*number),
            (None, _) => Ok(self.default),
        }
    }
}

impl Optimizer for Multi {
    fn identifier(&self) -> Arg {
        let optimizers = self.patterns.iter();
        let optimizers = optimizers
            .map(|(text, _, number)| (text.clone(), self.optimizers[*number].identifier()));
        let map = vec![
            ("default_optimizer".to_owned(), self.optimizers[self.default].identifier()),
            ("optimizer_map".to_owned(), Arg::Map(optimizers.collect())),
        ];
        let config = vec![
            (
                "optimizer_map".to_owned(),
                catalog::envelope("keras.optimizers", "OptimizerMap", map),
            ),
            ("loss_scale_factor".to_owned(), self.loss_scale.get().to_arg()),
            ("name".to_owned(), Arg::str(&self.name)),
        ];
        catalog::envelope("keras.optimizers", MultiOptimizer::NAME, config)
    }

    fn build(&self, variables: &[Rc<Variable>]) -> Result<()> {
        let state = &mut *self.state.borrow_mut();
        if !state.built.is_empty() {
            return Ok(());
        }
        for variable in variables {
            state.built.push((variable.clone(), self.choose(variable)?));
        }
        for (number, optimizer) in self.optimizers.iter().enumerate() {
            let own: Vec<Rc<Variable>> = state
                .built
                .iter()
                .filter(|(_, of)| *of == number)
                .map(|(variable, _)| variable.clone())
                .collect();
            if !own.is_empty() {
                optimizer.build(&own)?;
            }
        }
        Ok(())
    }

    fn apply(&self, gradients: &[Option<Array>], variables: &[Rc<Variable>]) -> Result<()> {
        self.build(variables)?;
        let state = &mut *self.state.borrow_mut();
        let mut shares: Vec<(Vec<Option<Array>>, Vec<Rc<Variable>>)> =
            self.optimizers.iter().map(|_| Default::default()).collect();
        for (gradient, variable) in gradients.iter().zip(variables) {
            let known = state.built.iter().find(|(known, _)| Rc::ptr_eq(known, variable));
            let Some((_, number)) = known else {
                return Err(refuse(&format!("does not know the variable {:?}", variable.path()))
                    .hint("make a new optimizer for another set of variables (compile the model again)"));
            };
            shares[*number].0.push(gradient.clone());
            shares[*number].1.push(variable.clone());
        }
        for (optimizer, (gradients, variables)) in self.optimizers.iter().zip(shares) {
            if !variables.is_empty() {
                optimizer.apply(&gradients, &variables)?;
            }
        }
        state.calls += 1;
        Ok(())
    }

    fn iterations(&self) -> u64 {
        u64::try_from(self.state.borrow().calls).unwrap_or(0)
    }

    fn learning_rate(&self) -> f64 {
        f64::NAN
    }

    fn set_learning_rate(&self, _rate: f64) -> Result<()> {
        Err(refuse("there is no one learning rate to set")
            .hint("for one in model.optimizer.optimizers: one.learning_rate = 0.001"))
    }

    fn loss_scale(&self) -> Option<f64> {
        self.loss_scale.get()
    }

    fn set_loss_scale(&self, scale: Option<f64>) {
        self.loss_scale.set(scale);
        self.optimizers.iter().for_each(|optimizer| optimizer.set_loss_scale(scale));
    }

    fn swap_averages(&self) -> Result<()> {
        self.averaging()?.iter().try_for_each(|optimizer| optimizer.swap_averages())
    }

    fn set_averages(&self) -> Result<()> {
        self.averaging()?.iter().try_for_each(|optimizer| optimizer.set_averages())
    }

    fn wrapped(&self) -> Vec<(String, Rc<dyn Optimizer>)> {
        let mut seen: HashMap<String, usize> = HashMap::new();
        let named = self.optimizers.iter().map(|optimizer| {
            let class = match optimizer.identifier().get("class_name") {
                Some(Arg::Str(class)) => catalog::snake_case(class),
                _ => "optimizer".to_owned(),
            };
            let count = seen.entry(class.clone()).or_insert(0);
            let name = if *count == 0 { class } else { format!("{class}_{count}") };
            *count += 1;
            (format!("optimizers/{name}"), optimizer.clone())
        });
        named.collect()
    }

    fn variables(&self) -> Result<Vec<(String, Array)>> {
        let cpu = &Device::Cpu;
        let calls = self.state.borrow().calls;
        // Keras keeps a rate here, too, and does not use it.
        let mut found = vec![
            ("iteration".to_owned(), Array::new(calls, cpu)?),
            ("learning_rate".to_owned(), Array::new(0_f32, cpu)?),
        ];
        for optimizer in &self.optimizers {
            found.extend(optimizer.variables()?);
        }
        Ok(found)
    }

    fn set_variables(&self, values: &[Array]) -> Result<()> {
        let mut rest = values;
        let mut take = |count: usize| -> Result<&[Array]> {
            let (first, others) = rest.split_at_checked(count).ok_or_else(|| {
                refuse("this is not the state of this optimizer")
                    .received(format!("{} values", values.len()))
                    .hint("build it for the same variables first")
            })?;
            rest = others;
            Ok(first)
        };
        if let [calls, _] = take(2)? {
            let calls = calls.flatten_all()?.to_dtype(candle_core::DType::I64)?.to_vec1::<i64>()?;
            self.state.borrow_mut().calls = calls.first().copied().unwrap_or(0);
        }
        for optimizer in &self.optimizers {
            let count = optimizer.variables()?.len();
            optimizer.set_variables(take(count)?)?;
        }
        Ok(())
    }

    fn finish(&self, variables: &[Rc<Variable>]) -> Result<()> {
        self.optimizers.iter().try_for_each(|optimizer| optimizer.finish(variables))
    }
}

impl Multi {
    /// Those that keep averages.
    fn averaging(&self) -> Result<Vec<Rc<dyn Optimizer>>> {
        let averages = |optimizer: &&Rc<dyn Optimizer>| {
            let identifier = optimizer.identifier();
            let flag = identifier.get("config").and_then(|config| config.get("use_ema"));
            matches!(flag, Some(Arg::Bool(true)))
        };
        let found: Vec<_> = self.optimizers.iter().filter(averages).cloned().collect();
        if found.is_empty() { Err(super::without_averages()) } else { Ok(found) }
    }
}
