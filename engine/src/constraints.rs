//! Keras' constraints: what weights are held to after each step.

use crate::catalog::{self, Entry, Kind, Made};
use crate::config;
use crate::config::{Arg, Config, Configured, Field};
use crate::error::Result;
use crate::function::Function;
use crate::ops;
use crate::tape;
use crate::tensor::Tensor;
use candle_core::Tensor as Array;
use std::rc::Rc;

/// A projection of a weight.
pub trait Constrain {
    /// Keras' class name.
    fn class_name(&self) -> String;

    /// Its arguments.
    fn config(&self) -> Config;

    /// The allowed value nearest to this one.
    fn project(&self, weight: &Array) -> Result<Array>;

    /// The user's function, if it is one.
    fn function(&self) -> Option<&Function> {
        None
    }
}

/// A constraint, shared.
#[derive(Clone)]
pub struct Constraint(pub Rc<dyn Constrain>);

impl Constraint {
    /// The allowed value nearest to this one.
    pub fn project(&self, weight: &Array) -> Result<Array> {
        self.0.project(weight)
    }

    /// As a config holds it.
    pub fn identifier(&self) -> Arg {
        match self.0.function() {
            Some(function) => function.identifier(),
            None => catalog::envelope("keras.constraints", &self.0.class_name(), self.0.config()),
        }
    }
}

impl Field for Constraint {
    fn parse(arg: &Arg) -> Result<Self> {
        match catalog::get(Kind::Constraint, arg)? {
            Made::Constraint(constraint) => Ok(constraint),
            _ => Err(crate::config::mismatch::<Self>(arg)),
        }
    }

    fn to_arg(&self) -> Arg {
        Arg::Made(Made::Constraint(self.clone()))
    }

    fn kind() -> String {
        "the name of a constraint or a constraint".to_owned()
    }
}

/// A configured constraint; what follows from its arguments is written once, below.
trait Hold: Configured {
    fn hold(&self, weight: &Tensor) -> Result<Tensor>;
}

impl<T: Hold> Constrain for T {
    fn class_name(&self) -> String {
        T::NAME.to_owned()
    }

    fn config(&self) -> Config {
        Configured::config(self)
    }

    fn project(&self, weight: &Array) -> Result<Array> {
        Ok(tape::paused(|| self.hold(&Tensor::new(weight.clone())))?.into_array())
    }
}

const fn entry<T: Hold + 'static>() -> Entry {
    Entry::of::<T>(Kind::Constraint, &[], |args| {
        Ok(Made::Constraint(Constraint(Rc::new(T::from_args(args)?))))
    })
}

/// Axes of a norm: one or several.
#[derive(Clone, Debug)]
pub struct Axes(Vec<i64>);

impl Field for Axes {
    fn parse(arg: &Arg) -> Result<Self> {
        Vec::parse(arg).map(Axes)
    }

    fn to_arg(&self) -> Arg {
        match &self.0[..] {
            [one] => Arg::Int(*one),
            many => many.to_vec().to_arg(),
        }
    }

    fn kind() -> String {
        "an axis or a list of axes".to_owned()
    }
}

config! {
    /// Holds the norm of the weights of each unit to at most a bound.
    pub struct MaxNorm("MaxNorm") {
        /// The bound.
        max_value: f64 = 2.0,
        /// The axes along which the norm is taken: 0 for Dense, `[0, 1, 2]` for Conv2D.
        axis: Axes = Axes(vec![0]),
    }
}

config! {
    /// Draws the norm of the weights of each unit into a range.
    pub struct MinMaxNorm("MinMaxNorm") {
        /// The lower bound.
        min_value: f64 = 0.0,
        /// The upper bound.
        max_value: f64 = 1.0,
        /// How far each step draws it: 1 is all the way.
        rate: f64 = 1.0,
        /// The axes along which the norm is taken: 0 for Dense, `[0, 1, 2]` for Conv2D.
        axis: Axes = Axes(vec![0]),
    }
}

config! {
    /// Sets negative weights to 0.
    pub struct NonNeg("NonNeg") {}
}

config! {
    /// Scales the weights of each unit to norm 1.
    pub struct UnitNorm("UnitNorm") {
        /// The axes along which the norm is taken: 0 for Dense, `[0, 1, 2]` for Conv2D.
        axis: Axes = Axes(vec![0]),
    }
}

/// The weights, their norms brought to what `wanted` makes of them.
fn with_norms(
    weight: &Tensor,
    axis: &Axes,
    wanted: impl Fn(&Tensor) -> Result<Tensor>,
) -> Result<Tensor> {
    let norms = ops::sqrt(&ops::sum(&ops::square(weight)?, Some(&axis.0), true)?)?;
    let factor = ops::divide(&wanted(&norms)?, &ops::affine(&norms, 1.0, 1e-7)?)?;
    ops::multiply(weight, &factor)
}

impl Hold for MaxNorm {
    fn hold(&self, weight: &Tensor) -> Result<Tensor> {
        with_norms(weight, &self.axis, |norms| ops::clip(norms, 0.0, self.max_value))
    }
}

impl Hold for MinMaxNorm {
    fn hold(&self, weight: &Tensor) -> Result<Tensor> {
        with_norms(weight, &self.axis, |norms| {
            let clipped =
                ops::scale(&ops::clip(norms, self.min_value, self.max_value)?, self.rate)?;
            ops::add(&clipped, &ops::scale(norms, 1.0 - self.rate)?)
        })
    }
}

impl Hold for NonNeg {
    fn hold(&self, weight: &Tensor) -> Result<Tensor> {
        ops::relu(weight)
    }
}

impl Hold for UnitNorm {
    fn hold(&self, weight: &Tensor) -> Result<Tensor> {
        with_norms(weight, &self.axis, |norms| ops::full(norms.shape(), 1.0, norms.dtype()))
    }
}

/// All constraints.
pub static ENTRIES: &[&Entry] =
    &[&entry::<MaxNorm>(), &entry::<MinMaxNorm>(), &entry::<NonNeg>(), &entry::<UnitNorm>()];
