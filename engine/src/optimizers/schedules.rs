//! Learning rates that change with the step. Steps count from 0.

use crate::catalog::{self, Entry, Kind, Made};
use crate::config::{Arg, Configured};
use crate::error::{Error, Result};
use std::f64::consts::PI;
use std::rc::Rc;

/// A learning rate as a function of the step.
pub trait Schedule {
    /// As a config holds it.
    fn identifier(&self) -> Arg;

    /// The rate at a step, counted from 0.
    fn rate(&self, step: u64) -> f64;
}

macro_rules! schedule {
    (
        $(#[doc = $doc:literal])*
        $name:ident($class:literal) as $entry:ident { $($fields:tt)* }
        check |$checked:ident| $check:expr;
        rate |$own:ident, $step:ident| $rate:expr
    ) => {
        $crate::config! {
            $(#[doc = $doc])*
            pub struct $name($class) { $($fields)* }
        }

        impl Schedule for $name {
            fn identifier(&self) -> Arg {
                let module = "keras.optimizers.schedules";
                catalog::envelope(module, Self::NAME, Configured::config(self))
            }

            fn rate(&self, step: u64) -> f64 {
                let ($own, $step) = (self, step as f64);
                $rate
            }
        }

        static $entry: Entry = Entry::of::<$name>(Kind::Schedule, &[], |args| {
            let $checked = $name::from_args(args)?;
            $check?;
            Ok(Made::Schedule(Rc::new($checked)))
        });
    };
}

fn positive(name: &str, value: f64) -> Result<()> {
    if value > 0.0 {
        return Ok(());
    }
    Err(Error::value(format!("{name} must be above 0")).received(value.to_string()))
}

schedule! {
    /// The rate falls by a constant factor: `initial * decay_rate ^ (step / decay_steps)`.
    ExponentialDecay("ExponentialDecay") as EXPONENTIAL {
        /// The rate at step 0.
        initial_learning_rate: f64,
        /// Steps for one factor.
        decay_steps: f64,
        /// The factor.
        decay_rate: f64,
        /// Whether it falls in stairs, once every `decay_steps`.
        staircase: bool = false,
        /// Its name.
        name: String = "ExponentialDecay".to_owned(),
    }
    check |own| positive("decay_steps", own.decay_steps);
    rate |own, step| {
        let p = step / own.decay_steps;
        own.initial_learning_rate * own.decay_rate.powf(if own.staircase { p.floor() } else { p })
    }
}

schedule! {
    /// The rate falls like 1/step: `initial / (1 + decay_rate * step / decay_steps)`.
    InverseTimeDecay("InverseTimeDecay") as INVERSE_TIME {
        /// The rate at step 0.
        initial_learning_rate: f64,
        /// Steps of one unit of time.
        decay_steps: f64,
        /// How fast it falls.
        decay_rate: f64,
        /// Whether it falls in stairs, once every `decay_steps`.
        staircase: bool = false,
        /// Its name.
        name: String = "InverseTimeDecay".to_owned(),
    }
    check |own| positive("decay_steps", own.decay_steps);
    rate |own, step| {
        let p = step / own.decay_steps;
        let p = if own.staircase { p.floor() } else { p };
        own.initial_learning_rate / (1.0 + own.decay_rate * p)
    }
}

schedule! {
    /// One rate up to (and with) each boundary, then the next.
    PiecewiseConstantDecay("PiecewiseConstantDecay") as PIECEWISE {
        /// Last steps of the pieces, rising.
        boundaries: Vec<f64>,
        /// The rates, one more than boundaries.
        values: Vec<f64>,
        /// Its name.
        name: String = "PiecewiseConstant".to_owned(),
    }
    check |own| match own.boundaries.is_empty() || own.values.len() != own.boundaries.len() + 1 {
        false => Ok(()),
        true => Err(Error::value("there must be one value more than boundaries")
            .received(format!("{} boundaries, {} values", own.boundaries.len(), own.values.len()))),
    };
    rate |own, step| {
        let piece = own.boundaries.iter().position(|boundary| step <= *boundary);
        own.values[piece.unwrap_or(own.boundaries.len())]
    }
}

schedule! {
    /// The rate goes to `end_learning_rate` along a polynomial: `(initial - end)(1 - step / decay_steps)^power + end`.
    PolynomialDecay("PolynomialDecay") as POLYNOMIAL {
        /// The rate at step 0.
        initial_learning_rate: f64,
        /// Steps until the end.
        decay_steps: f64,
        /// The rate at the end.
        end_learning_rate: f64 = 0.0001,
        /// 1: a straight line.
        power: f64 = 1.0,
        /// Whether it goes up again after the end, with longer and longer decays.
        cycle: bool = false,
        /// Its name.
        name: String = "PolynomialDecay".to_owned(),
    }
    check |own| positive("decay_steps", own.decay_steps);
    rate |own, step| {
        let (step, steps) = match own.cycle {
            true if step == 0.0 => (step, own.decay_steps),
            true => (step, own.decay_steps * (step / own.decay_steps).ceil()),
            false => (step.min(own.decay_steps), own.decay_steps),
        };
        let rest = (1.0 - step / steps).powf(own.power);
        (own.initial_learning_rate - own.end_learning_rate) * rest + own.end_learning_rate
    }
}

schedule! {
    /// The rate falls along half a cosine, after a linear rise if `warmup_target` is set.
    ///
    /// Loshchilov and Hutter, 2016, arXiv:1608.03983.
    CosineDecay("CosineDecay") as COSINE {
        /// The rate at step 0.
        initial_learning_rate: f64,
        /// Steps until the end, without the rise.
        decay_steps: f64,
        /// The rate at the end, as a share of the highest.
        alpha: f64 = 0.0,
        /// Its name.
        name: String = "CosineDecay".to_owned(),
        /// The rate after the rise; `None`: no rise.
        warmup_target: Option<f64> = None,
        /// Steps of the rise.
        warmup_steps: f64 = 0.0,
    }
    check |own| positive("decay_steps", own.decay_steps);
    rate |own, step| {
        let (from, step) = match own.warmup_target {
            Some(target) if step < own.warmup_steps => {
                let rise = (target - own.initial_learning_rate) * step / own.warmup_steps;
                return own.initial_learning_rate + rise;
            }
            Some(target) => (target, step - own.warmup_steps),
            None => (own.initial_learning_rate, step),
        };
        let part = (step / own.decay_steps).min(1.0);
        from * ((1.0 - own.alpha) * 0.5 * (1.0 + (PI * part).cos()) + own.alpha)
    }
}

schedule! {
    /// Cosine decay that starts anew, with longer (`t_mul`) and lower (`m_mul`) periods.
    ///
    /// Loshchilov and Hutter, 2016, arXiv:1608.03983.
    CosineDecayRestarts("CosineDecayRestarts") as COSINE_RESTARTS {
        /// The rate at step 0.
        initial_learning_rate: f64,
        /// Steps of the first period.
        first_decay_steps: f64,
        /// How much longer each period is than the last.
        t_mul: f64 = 2.0,
        /// How much lower each period starts than the last.
        m_mul: f64 = 1.0,
        /// The rate at the end of a period, as a share of the highest.
        alpha: f64 = 0.0,
        /// Its name.
        name: String = "SGDRDecay".to_owned(),
    }
    check |own| positive("first_decay_steps", own.first_decay_steps);
    rate |own, step| {
        let done = step / own.first_decay_steps;
        let (restart, part) = if own.t_mul == 1.0 {
            (done.floor(), done - done.floor())
        } else {
            let restart = ((1.0 - done * (1.0 - own.t_mul)).ln() / own.t_mul.ln()).floor();
            let before = (1.0 - own.t_mul.powf(restart)) / (1.0 - own.t_mul);
            (restart, (done - before) / own.t_mul.powf(restart))
        };
        let cosine = 0.5 * own.m_mul.powf(restart) * (1.0 + (PI * part).cos());
        own.initial_learning_rate * ((1.0 - own.alpha) * cosine + own.alpha)
    }
}

/// All schedules.
pub static ENTRIES: &[&Entry] =
    &[&COSINE, &COSINE_RESTARTS, &EXPONENTIAL, &INVERSE_TIME, &PIECEWISE, &POLYNOMIAL];
