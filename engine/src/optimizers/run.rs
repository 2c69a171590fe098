//! What all optimizers share: arguments, the order of a step, slots, and state in Keras' saved order.
//!
//! A step, as Keras does it: unscale, accumulate, clip, decay, update, average, constrain, count.

use super::{LearningRate, Optimizer};
use crate::catalog;
use crate::config::{Arg, Config};
use crate::error::{Error, Result};
use crate::kernels::optimizer_step::{self as kernel, Moment, Rule};
use crate::kernels::slices::{is_cpu_f32, with_f32, with_f32_mut};
use crate::layer::unique_name;
use crate::ops::is_float;
use crate::variable::Variable;
use candle_core::{DType, Device, Tensor as Array};
use std::cell::RefCell;
use std::rc::Rc;

/// The arguments that every optimizer has.
#[derive(Clone)]
pub(super) struct Common {
    pub(super) learning_rate: LearningRate,
    pub(super) weight_decay: Option<f64>,
    pub(super) clipnorm: Option<f64>,
    pub(super) clipvalue: Option<f64>,
    pub(super) global_clipnorm: Option<f64>,
    pub(super) use_ema: bool,
    pub(super) ema_momentum: f64,
    pub(super) ema_overwrite_frequency: Option<usize>,
    pub(super) loss_scale_factor: Option<f64>,
    pub(super) gradient_accumulation_steps: Option<usize>,
}

/// An optimizer of ours.
pub(super) struct Runner {
    class: &'static str,
    config: Config,
    common: Common,
    plan: Plan,
    state: RefCell<State>,
}

/// How variables follow their gradients.
pub(super) struct Plan {
    rule: Rule,
    /// Other rules for some of the variables.
    choose: Option<Box<dyn Fn(&Variable) -> Option<Other>>>,
}

/// What some variables follow instead.
pub(super) struct Other {
    pub(super) rule: Rule,
    pub(super) weight_decay: Option<f64>,
    /// The learning rate is multiplied by it.
    pub(super) rate_factor: f64,
}

impl From<Rule> for Plan {
    fn from(rule: Rule) -> Self {
        Plan { rule, choose: None }
    }
}

impl Plan {
    pub(super) fn with_others(
        rule: Rule,
        choose: impl Fn(&Variable) -> Option<Other> + 'static,
    ) -> Self {
        Plan { rule, choose: Some(Box::new(choose)) }
    }

    fn of(&self, variable: &Variable, weight_decay: Option<f64>) -> Other {
        let other = self.choose.as_ref().and_then(|choose| choose(variable));
        other.unwrap_or(Other { rule: self.rule, weight_decay, rate_factor: 1.0 })
    }
}

struct State {
    rate: LearningRate,
    /// Calls of `apply`; with accumulation an update happens every few of them.
    calls: u64,
    variables: Vec<Kept>,
    built: bool,
    excluded_words: Vec<String>,
    excluded: Vec<Rc<Variable>>,
    /// Nadam's product of momenta.
    product: f32,
    /// What the loss is multiplied by.
    loss_scale: Option<f64>,
}

/// What is kept for a variable.
struct Kept {
    variable: Rc<Variable>,
    plan: Other,
    slots: Slots,
    average: Vec<f32>,
    accumulated: Vec<f32>,
}

/// Slots that change in place, or those of rules that look at the whole weight.
enum Slots {
    Fast(Vec<Vec<f32>>),
    Plain(Vec<Array>),
}

/// A buffer of an optimizer.
enum Buffer<'s> {
    Values(&'s mut [f32]),
    Array(&'s mut Array),
}

/// The order of Keras' `get_config`; an optimizer's own arguments follow.
pub(super) const FIRST: [&str; 11] = [
    "name",
    "learning_rate",
    "weight_decay",
    "clipnorm",
    "global_clipnorm",
    "clipvalue",
    "use_ema",
    "ema_momentum",
    "ema_overwrite_frequency",
    "loss_scale_factor",
    "gradient_accumulation_steps",
];

/// The number in a saved value of any type and shape; 0 if there is none.
pub(super) fn scalar(value: &Array) -> Result<f64> {
    let values = value.flatten_all()?.to_dtype(DType::F64)?.to_vec1::<f64>()?;
    Ok(values.first().copied().unwrap_or(0.0))
}

impl Runner {
    /// Runs `work` on each variable's values and their average.
    fn each_average(&self, work: impl Fn(&mut [f32], &mut [f32])) -> Result<()> {
        let state = &mut *self.state.borrow_mut();
        if !self.common.use_ema || !state.built {
            return Err(super::without_averages());
        }
        for kept in &mut state.variables {
            with_f32_mut(&kept.variable.array(), |w| {
                work(w, &mut kept.average);
                Ok(())
            })?;
        }
        Ok(())
    }

    pub(super) fn new(
        class: &'static str,
        mut config: Config,
        common: Common,
        plan: impl Into<Plan>,
    ) -> Result<Self> {
        let clips = [common.clipnorm, common.clipvalue, common.global_clipnorm];
        if clips.iter().flatten().count() > 1 {
            return Err(Error::value(
                "only one of clipnorm, clipvalue and global_clipnorm can be set",
            )
            .within(class)
            .received(format!(
                "clipnorm={:?}, clipvalue={:?}, global_clipnorm={:?}",
                clips[0], clips[1], clips[2]
            )));
        }
        if !(0.0..=1.0).contains(&common.ema_momentum) {
            return Err(Error::value("ema_momentum must lie between 0 and 1")
                .within(class)
                .received(common.ema_momentum.to_string()));
        }
        if common.gradient_accumulation_steps == Some(1) {
            return Err(Error::value("gradient_accumulation_steps must be at least 2")
                .within(class)
                .received("1")
                .hint("leave it out to update at each step"));
        }
        if let Some((_, name @ Arg::None)) = config.iter_mut().find(|(name, _)| name == "name") {
            *name = Arg::Str(unique_name(&catalog::snake_case(class)));
        }
        let place = |name: &str| FIRST.iter().position(|first| *first == name).unwrap_or(99);
        config.sort_by_key(|(name, _)| place(name));
        let state = State {
            rate: common.learning_rate.clone(),
            calls: 0,
            variables: Vec::new(),
            built: false,
            excluded_words: Vec::new(),
            excluded: Vec::new(),
            product: 1.0,
            loss_scale: common.loss_scale_factor,
        };
        Ok(Runner { class, config, common, plan: plan.into(), state: RefCell::new(state) })
    }

    fn updates(&self, calls: u64) -> u64 {
        calls / self.common.gradient_accumulation_steps.map_or(1, |steps| steps as u64)
    }

    fn place(&self, state: &State, i: usize, variable: &Rc<Variable>) -> Result<usize> {
        let is_it = |kept: &Kept| Rc::ptr_eq(&kept.variable, variable);
        if state.variables.get(i).is_some_and(is_it) {
            return Ok(i);
        }
        state.variables.iter().position(is_it).ok_or_else(|| {
            Error::value(format!(
                "{} does not know the variable {:?}: it was built for {} others",
                self.class,
                variable.path(),
                state.variables.len()
            ))
            .hint("make a new optimizer for another set of variables (compile the model again)")
        })
    }

    /// The factors by which gradients are multiplied to hold them to their norms.
    fn clip_factors(&self, gradients: &[(usize, Array)]) -> Result<Vec<f32>> {
        let squares = |gradient: &Array| {
            with_f32(&gradient.to_dtype(DType::F32)?, |values| Ok(kernel::sum_of_squares(values)))
        };
        if let Some(limit) = self.common.clipnorm.filter(|limit| *limit > 0.0) {
            return gradients
                .iter()
                .map(|(_, gradient)| {
                    let norm = squares(gradient)?.sqrt();
                    Ok((limit / norm.max(limit)) as f32)
                })
                .collect();
        }
        if let Some(limit) = self.common.global_clipnorm.filter(|limit| *limit > 0.0) {
            let mut sum = 0.0;
            for (_, gradient) in gradients {
                sum += squares(gradient)?;
            }
            let factor = limit * (1.0 / sum.sqrt()).min(1.0 / limit);
            return Ok(vec![factor as f32; gradients.len()]);
        }
        Ok(Vec::new())
    }

    fn decays(&self, state: &State, variable: &Rc<Variable>) -> bool {
        !state.excluded.iter().any(|excluded| Rc::ptr_eq(excluded, variable))
            && !state.excluded_words.iter().any(|word| variable.path().contains(word.as_str()))
    }

    fn update(&self, state: &mut State, gradients: Vec<(usize, Array)>) -> Result<()> {
        let step = self.updates(state.calls) + 1;
        let rate = state.rate.at(state.calls);
        let factors = self.clip_factors(&gradients)?;
        let limit = self.common.clipvalue.filter(|limit| *limit > 0.0).map(|limit| limit as f32);
        if let Rule::Nadam { beta_1, .. } = self.plan.rule {
            state.product *= Rule::nadam_momentum(beta_1, step) as f32;
        }
        let moment = Moment { rate, step, product: state.product };
        for (i, (place, gradient)) in gradients.into_iter().enumerate() {
            let decays = state.variables[place].plan.weight_decay.is_some()
                && self.decays(state, &state.variables[place].variable);
            let kept = &mut state.variables[place];
            let decay = kept.plan.weight_decay.filter(|_| decays);
            let moment = Moment { rate: rate * kept.plan.rate_factor as f32, ..moment };
            let value = kept.variable.array();
            let slots = match &mut kept.slots {
                Slots::Fast(slots) => slots,
                Slots::Plain(slots) => {
                    let mut gradient = gradient;
                    if let Some(factor) = factors.get(i) {
                        gradient = (gradient * f64::from(*factor))?;
                    }
                    if let Some(limit) = limit {
                        gradient = gradient.clamp(-limit, limit)?;
                    }
                    let value = match decay {
                        Some(decay) => (value.affine(1.0 - decay * f64::from(rate), 0.0))?,
                        None => value,
                    };
                    let (value, changed) =
                        kernel::reference::step(&kept.plan.rule, moment, &value, &gradient, slots)?;
                    kept.variable.replace(value.force_contiguous()?);
                    *slots = changed;
                    continue;
                }
            };
            kernel::with_gradient(&gradient, &value, |g| {
                if let Some(decay) = decay {
                    with_f32_mut(&value, |w| {
                        kernel::decay(w, decay as f32, rate);
                        Ok(())
                    })?;
                }
                let clipped: Vec<f32> = match (factors.get(i), limit) {
                    (Some(factor), _) => g.iter().map(|g| g * factor).collect(),
                    (None, Some(limit)) => g.iter().map(|g| g.clamp(-limit, limit)).collect(),
                    (None, None) => Vec::new(),
                };
                let g = if clipped.is_empty() { g } else { &clipped };
                kernel::step(&kept.plan.rule, moment, &value, g, slots)
            })?;
        }
        Ok(())
    }

    /// The gradients to use now; nothing while they are being accumulated.
    fn accumulate(
        &self,
        state: &mut State,
        gradients: Vec<(usize, Array)>,
    ) -> Result<Option<Vec<(usize, Array)>>> {
        let Some(steps) = self.common.gradient_accumulation_steps else {
            return Ok(Some(gradients));
        };
        let updates = (state.calls + 1).is_multiple_of(steps as u64);
        let mut means = Vec::with_capacity(gradients.len());
        for (place, gradient) in gradients {
            let sum = &mut state.variables[place].accumulated;
            with_f32(&gradient, |g| {
                sum.iter_mut().zip(g).for_each(|(sum, g)| *sum += g);
                Ok(())
            })?;
            if updates {
                let mean: Vec<f32> = sum.iter().map(|sum| sum / steps as f32).collect();
                means.push((place, Array::from_vec(mean, gradient.dims(), &Device::Cpu)?));
            }
        }
        if !updates {
            return Ok(None);
        }
        for kept in &mut state.variables {
            kept.accumulated.fill(0.0);
        }
        Ok(Some(means))
    }

    fn average(&self, state: &mut State) -> Result<()> {
        if !self.common.use_ema {
            return Ok(());
        }
        let updates = self.updates(state.calls);
        let momentum = if updates == 0 { 0.0 } else { self.common.ema_momentum as f32 };
        for kept in &mut state.variables {
            with_f32(&kept.variable.array(), |w| {
                kernel::average(&mut kept.average, w, momentum);
                Ok(())
            })?;
        }
        match self.common.ema_overwrite_frequency {
            Some(frequency) if (updates + 1).is_multiple_of(frequency as u64) => {
                overwrite(&state.variables)
            }
            _ => Ok(()),
        }
    }

    fn build_state(&self, state: &mut State, variables: &[Rc<Variable>]) -> Result<()> {
        if state.built {
            return Ok(());
        }
        for variable in variables {
            let refuse = |what: &str| {
                Error::type_error(format!("{} trains {what}", self.class))
                    .received(format!("{:?} of type {:?}", variable.path(), variable.dtype()))
                    .hint("keras.Variable(..., dtype=\"float32\")")
            };
            let gathers = self.common.use_ema || self.common.gradient_accumulation_steps.is_some();
            match variable.dtype() {
                dtype if !is_float(dtype) => {
                    return Err(refuse("variables of floating-point types"));
                }
                dtype if gathers && dtype != DType::F32 => {
                    return Err(refuse(
                        "float32 variables where use_ema or gradient_accumulation_steps are set",
                    ));
                }
                _ => {}
            }
        }
        let kept = variables.iter().map(|variable| -> Result<Kept> {
            let n = variable.count();
            let plan = self.plan.of(variable, self.common.weight_decay);
            let value = variable.array();
            let slots = plan.rule.slots(value.rank()).into_iter().map(|slot| slot.first(&value));
            let slots = slots.collect::<Result<Vec<_>>>()?;
            let values = |slot: &Array| Ok(slot.flatten_all()?.to_vec1::<f32>()?);
            Ok(Kept {
                variable: variable.clone(),
                // In one pass over float32; other types in plain operations.
                slots: match plan.rule.is_elementwise() && is_cpu_f32(&value) {
                    true => Slots::Fast(slots.iter().map(values).collect::<Result<_>>()?),
                    false => Slots::Plain(slots),
                },
                plan,
                average: if self.common.use_ema { vec![0.0; n] } else { Vec::new() },
                accumulated: match self.common.gradient_accumulation_steps {
                    Some(_) => vec![0.0; n],
                    None => Vec::new(),
                },
            })
        });
        state.variables = kept.collect::<Result<_>>()?;
        state.built = true;
        Ok(())
    }

    /// Visits all buffers in Keras' saved order: averages, accumulators, then slots block by block.
    fn visit<'s>(&self, state: &'s mut State) -> Vec<(String, Vec<usize>, Buffer<'s>)> {
        let mut found: Vec<((usize, usize, usize), String, Vec<usize>, Buffer<'_>)> = Vec::new();
        for (i, kept) in state.variables.iter_mut().enumerate() {
            let shape = kept.variable.shape();
            let named = |name: &str| format!("{}_{name}", kept.variable.path().replace('/', "_"));
            if self.common.use_ema {
                let buffer = Buffer::Values(&mut kept.average);
                found.push(((0, i, 0), named("average"), shape.clone(), buffer));
            }
            if self.common.gradient_accumulation_steps.is_some() {
                let name = named("gradient_accumulator");
                let buffer = Buffer::Values(&mut kept.accumulated);
                found.push(((1, i, 0), name, shape.clone(), buffer));
            }
            let buffers: Vec<Buffer<'_>> = match &mut kept.slots {
                Slots::Fast(slots) => slots.iter_mut().map(|s| Buffer::Values(s)).collect(),
                Slots::Plain(slots) => slots.iter_mut().map(Buffer::Array).collect(),
            };
            let slots = kept.plan.rule.slots(shape.len());
            for (number, (slot, buffer)) in slots.iter().zip(buffers).enumerate() {
                let place = (2 + slot.block, i, number);
                found.push((place, named(slot.name), slot.shape(&shape), buffer));
            }
        }
        found.sort_by_key(|(place, ..)| *place);
        found.into_iter().map(|(_, name, shape, buffer)| (name, shape, buffer)).collect()
    }
}

fn overwrite(variables: &[Kept]) -> Result<()> {
    for kept in variables {
        with_f32_mut(&kept.variable.array(), |w| {
            w.copy_from_slice(&kept.average);
            Ok(())
        })?;
    }
    Ok(())
}

impl Optimizer for Runner {
    fn identifier(&self) -> Arg {
        let mut config = self.config.clone();
        if let Some((_, rate)) = config.iter_mut().find(|(name, _)| name == "learning_rate") {
            *rate = crate::config::Field::to_arg(&self.state.borrow().rate);
        }
        if let Some((_, scale)) = config.iter_mut().find(|(name, _)| name == "loss_scale_factor") {
            *scale = crate::config::Field::to_arg(&self.state.borrow().loss_scale);
        }
        catalog::envelope("keras.optimizers", self.class, config)
    }

    fn build(&self, variables: &[Rc<Variable>]) -> Result<()> {
        self.build_state(&mut self.state.borrow_mut(), variables)
    }

    fn apply(&self, gradients: &[Option<Array>], variables: &[Rc<Variable>]) -> Result<()> {
        if gradients.len() != variables.len() {
            return Err(Error::value("there must be one gradient for each variable")
                .received(format!("{} gradients", gradients.len()))
                .expected(format!("{}", variables.len())));
        }
        let state = &mut *self.state.borrow_mut();
        self.build_state(state, variables)?;
        let mut found = Vec::with_capacity(variables.len());
        for (i, (gradient, variable)) in gradients.iter().zip(variables).enumerate() {
            let place = self.place(state, i, variable)?;
            let Some(gradient) = gradient else { continue };
            if gradient.elem_count() != variable.count() {
                return Err(Error::value(format!(
                    "the gradient of {:?} has another shape than the variable",
                    variable.path()
                ))
                .received(format!("{:?}", gradient.dims()))
                .expected(format!("{:?}", variable.shape())));
            }
            if !variable.array().is_contiguous() {
                variable.replace(variable.snapshot()?.contiguous()?);
            }
            let gradient = gradient.to_dtype(variable.dtype())?;
            let gradient = match state.loss_scale {
                Some(scale) => (gradient / scale)?,
                None => gradient,
            };
            found.push((place, gradient));
        }
        if found.is_empty() && !variables.is_empty() {
            return Err(Error::value("no gradients were provided for any variable").hint(
                "the loss must depend on the variables, and be computed inside the GradientTape",
            ));
        }
        if let Some(gradients) = self.accumulate(state, found)? {
            self.update(state, gradients)?;
        }
        self.average(state)?;
        for variable in variables {
            if let Some(constraint) = variable.constraint() {
                variable.assign(&constraint.project(&variable.array())?)?;
            }
        }
        state.calls += 1;
        Ok(())
    }

    fn iterations(&self) -> u64 {
        self.updates(self.state.borrow().calls)
    }

    fn learning_rate(&self) -> f64 {
        let state = self.state.borrow();
        f64::from(state.rate.at(state.calls))
    }

    fn set_learning_rate(&self, rate: f64) -> Result<()> {
        match &mut self.state.borrow_mut().rate {
            LearningRate::Number(number) => {
                *number = rate as f32;
                Ok(())
            }
            LearningRate::Schedule(_) => Err(Error::type_error(format!(
                "{} was made with a learning rate schedule, so its learning rate cannot be set",
                self.class
            ))
            .hint(format!("{}(learning_rate=0.001) for a rate that can be set", self.class))),
        }
    }

    fn loss_scale(&self) -> Option<f64> {
        self.state.borrow().loss_scale
    }

    fn set_loss_scale(&self, scale: Option<f64>) {
        self.state.borrow_mut().loss_scale = scale;
    }

    fn exclude_from_weight_decay(&self, words: &[String], listed: &[Rc<Variable>]) -> Result<()> {
        let mut state = self.state.borrow_mut();
        if state.built {
            return Err(Error::value(
                "exclude_from_weight_decay must be called before the optimizer is built",
            ));
        }
        state.excluded_words = words.to_vec();
        state.excluded = listed.to_vec();
        Ok(())
    }

    fn variables(&self) -> Result<Vec<(String, Array)>> {
        let state = &mut *self.state.borrow_mut();
        let calls = i64::try_from(state.calls).unwrap_or(i64::MAX);
        let mut found = vec![("iteration".to_owned(), Array::new(calls, &Device::Cpu)?)];
        if let LearningRate::Number(rate) = state.rate {
            found.push(("learning_rate".to_owned(), Array::new(rate, &Device::Cpu)?));
        }
        let product = state.product;
        let built = state.built;
        for (name, shape, buffer) in self.visit(state) {
            let value = match buffer {
                Buffer::Values(values) => Array::from_slice(values, shape, &Device::Cpu)?,
                Buffer::Array(array) => array.clone(),
            };
            found.push((name, value));
        }
        if matches!(self.plan.rule, Rule::Nadam { .. }) && built {
            found.push(("u_product".to_owned(), Array::new(product, &Device::Cpu)?));
        }
        Ok(found)
    }

    fn set_variables(&self, values: &[Array]) -> Result<()> {
        let expected: Vec<Vec<usize>> =
            self.variables()?.iter().map(|(_, value)| value.dims().to_vec()).collect();
        let state = &mut *self.state.borrow_mut();
        let heads = if matches!(state.rate, LearningRate::Number(_)) { 2 } else { 1 };
        let received: Vec<Vec<usize>> = values.iter().map(|value| value.dims().to_vec()).collect();
        if received != expected && received.len() != heads {
            return Err(Error::value(format!("this is not the state of this {}", self.class))
                .received(format!("{} values of shapes {received:?}", received.len()))
                .expected(format!("{} values of shapes {expected:?}", expected.len()))
                .hint("build it for the same variables first"));
        }
        let number = |value: &Array| -> Result<f32> { Ok(scalar(value)? as f32) };
        let mut values = values.iter();
        if let Some(calls) = values.next() {
            let calls = calls.flatten_all()?.to_dtype(DType::I64)?.to_vec1::<i64>()?;
            let calls = calls.first().copied().unwrap_or(0);
            state.calls = u64::try_from(calls).unwrap_or(0);
        }
        if let LearningRate::Number(rate) = &mut state.rate
            && let Some(value) = values.next()
        {
            *rate = number(value)?;
        }
        for ((_, _, buffer), value) in self.visit(state).into_iter().zip(values.by_ref()) {
            match buffer {
                Buffer::Values(buffer) => with_f32(&value.to_dtype(DType::F32)?, |value| {
                    buffer.copy_from_slice(value);
                    Ok(())
                })?,
                Buffer::Array(array) => *array = value.to_dtype(array.dtype())?,
            }
        }
        if let Some(product) = values.next() {
            state.product = number(product)?;
        }
        Ok(())
    }

    fn swap_averages(&self) -> Result<()> {
        self.each_average(|w, average| w.swap_with_slice(average))
    }

    fn set_averages(&self) -> Result<()> {
        self.each_average(|w, average| average.copy_from_slice(w))
    }

    fn finish(&self, _variables: &[Rc<Variable>]) -> Result<()> {
        let state = self.state.borrow();
        // Before the first step there are no averages yet.
        if self.common.use_ema && state.calls > 0 { overwrite(&state.variables) } else { Ok(()) }
    }
}

/// An optimizer's arguments: its own (with learning_rate and weight_decay at Keras' places), then what all share.
macro_rules! optimizer {
    (
        $(#[doc = $doc:literal])*
        $name:ident($class:literal) as $entry:ident { $($fields:tt)* }
        |$own:ident| $rule:expr
    ) => {
        $crate::config! {
            $(#[doc = $doc])*
            pub(crate) struct $name($class) {
                $($fields)*
                /// Largest norm of each variable's gradient; longer ones are shortened.
                clipnorm: Option<f64> = None,
                /// Largest absolute value of a gradient's entries.
                clipvalue: Option<f64> = None,
                /// Largest norm of all gradients together.
                global_clipnorm: Option<f64> = None,
                /// Whether averages of the weights over time are kept; they replace the weights at the end.
                use_ema: bool = false,
                /// How slowly the averages follow.
                ema_momentum: f64 = 0.99,
                /// Steps after which the averages replace the weights; None: only at the end.
                ema_overwrite_frequency: Option<usize> = None,
                /// What the loss was multiplied by; gradients are divided by it.
                loss_scale_factor: Option<f64> = None,
                /// Number of batches whose gradients are averaged for one update.
                gradient_accumulation_steps: Option<usize> = None,
                /// Its name.
                name: Option<String> = None,
            }
        }

        /// The row of the table.
        pub(super) static $entry: $crate::catalog::Entry = $crate::catalog::Entry::of::<$name>(
            $crate::catalog::Kind::Optimizer,
            &[],
            |args| {
                let $own = <$name as $crate::config::Configured>::from_args(args)?;
                let common = $crate::optimizers::run::Common {
                    learning_rate: $own.learning_rate.clone(),
                    weight_decay: $own.weight_decay,
                    clipnorm: $own.clipnorm,
                    clipvalue: $own.clipvalue,
                    global_clipnorm: $own.global_clipnorm,
                    use_ema: $own.use_ema,
                    ema_momentum: $own.ema_momentum,
                    ema_overwrite_frequency: $own.ema_overwrite_frequency,
                    loss_scale_factor: $own.loss_scale_factor,
                    gradient_accumulation_steps: $own.gradient_accumulation_steps,
                };
                let config = $crate::config::Configured::config(&$own);
                let runner = $crate::optimizers::run::Runner::new($class, config, common, $rule)?;
                Ok($crate::catalog::Made::Optimizer(std::rc::Rc::new(runner)))
            },
        );
    };
}
pub(super) use optimizer;
