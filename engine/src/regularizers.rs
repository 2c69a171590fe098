//! Keras' regularizers: what is charged to the loss for the size of weights or outputs.

use crate::catalog::{self, Entry, Kind, Made};
use crate::config;
use crate::config::{Arg, Config, Configured, Field};
use crate::error::{Error, Result};
use crate::function::Function;
use crate::ops;
use crate::tensor::Tensor;
use std::rc::Rc;

/// A charge for a tensor's size.
pub trait Regularize {
    /// Keras' class name.
    fn class_name(&self) -> String;

    /// Its arguments.
    fn config(&self) -> Config;

    /// The charge: a scalar, tracked.
    fn penalty(&self, x: &Tensor) -> Result<Tensor>;

    /// The user's function, if it is one.
    fn function(&self) -> Option<&Function> {
        None
    }
}

/// A regularizer, shared.
#[derive(Clone)]
pub struct Regularizer(pub Rc<dyn Regularize>);

impl Regularizer {
    /// The charge for a weight.
    pub fn penalty(&self, x: &Tensor) -> Result<Tensor> {
        self.0.penalty(x)
    }

    /// The charge for a layer's output: divided by the batch size, as Keras does.
    pub fn activity_penalty(&self, output: &Tensor) -> Result<Tensor> {
        let batch = output.shape().first().copied().unwrap_or(1).max(1);
        crate::ops::scale(&self.0.penalty(output)?, 1.0 / batch as f64)
    }

    /// As a config holds it.
    pub fn identifier(&self) -> Arg {
        match self.0.function() {
            Some(function) => function.identifier(),
            None => catalog::envelope("keras.regularizers", &self.0.class_name(), self.0.config()),
        }
    }
}

impl Field for Regularizer {
    fn parse(arg: &Arg) -> Result<Self> {
        match catalog::get(Kind::Regularizer, arg)? {
            Made::Regularizer(regularizer) => Ok(regularizer),
            _ => Err(crate::config::mismatch::<Self>(arg)),
        }
    }

    fn to_arg(&self) -> Arg {
        Arg::Made(Made::Regularizer(self.clone()))
    }

    fn kind() -> String {
        "the name of a regularizer or a regularizer".to_owned()
    }
}

/// A configured regularizer; what follows from its arguments is written once, below.
trait Charge: Configured {
    fn charge(&self, x: &Tensor) -> Result<Tensor>;
}

impl<T: Charge> Regularize for T {
    fn class_name(&self) -> String {
        T::NAME.to_owned()
    }

    fn config(&self) -> Config {
        Configured::config(self)
    }

    fn penalty(&self, x: &Tensor) -> Result<Tensor> {
        self.charge(x)
    }
}

const fn entry<T: Charge + 'static>(aliases: &'static [&'static str]) -> Entry {
    Entry::of::<T>(Kind::Regularizer, aliases, |args| {
        Ok(Made::Regularizer(Regularizer(Rc::new(T::from_args(args)?))))
    })
}

config! {
    /// Charges the sum of sizes: `l1 * sum(|x|)`. Drives weights to exactly 0.
    pub struct L1("L1") {
        /// The price.
        l1: f64 = 0.01,
    }
}

config! {
    /// Charges the sum of squares: `l2 * sum(x^2)`. Keeps weights small.
    pub struct L2("L2") {
        /// The price.
        l2: f64 = 0.01,
    }
}

config! {
    /// Charges sizes and squares: `l1 * sum(|x|) + l2 * sum(x^2)`.
    pub struct L1L2("L1L2") {
        /// The price of sizes.
        l1: f64 = 0.0,
        /// The price of squares.
        l2: f64 = 0.0,
    }
}

crate::choices! {
    /// What should be orthogonal.
    pub enum Mode {
        Rows = "rows",
        Columns = "columns",
    }
}

config! {
    /// Charges the mean size of the products of rows (or columns), each scaled to length 1. Shapes: matrices only.
    pub struct OrthogonalRegularizer("OrthogonalRegularizer") {
        /// The price.
        factor: f64 = 0.01,
        /// `"rows"` or `"columns"`.
        mode: Mode = Mode::Rows,
    }
}

impl Charge for L1 {
    fn charge(&self, x: &Tensor) -> Result<Tensor> {
        ops::scale(&ops::sum(&ops::absolute(x)?, None, false)?, self.l1)
    }
}

impl Charge for L2 {
    fn charge(&self, x: &Tensor) -> Result<Tensor> {
        ops::scale(&ops::sum(&ops::square(x)?, None, false)?, self.l2)
    }
}

impl Charge for L1L2 {
    fn charge(&self, x: &Tensor) -> Result<Tensor> {
        ops::add(&L1 { l1: self.l1 }.charge(x)?, &L2 { l2: self.l2 }.charge(x)?)
    }
}

impl Charge for OrthogonalRegularizer {
    fn charge(&self, x: &Tensor) -> Result<Tensor> {
        let [rows, columns] = *x.shape() else {
            return Err(Error::value("OrthogonalRegularizer takes matrices only")
                .received(format!("shape {:?}", x.shape()))
                .expected("two axes"));
        };
        let (x, n) = match self.mode {
            Mode::Rows => (x.clone(), rows),
            Mode::Columns => (ops::permute(x, &[1, 0])?, columns),
        };
        let unit = ops::l2_normalize(&x, &[1], 1e-12)?;
        let products = ops::matmul(&unit, &ops::permute(&unit, &[1, 0])?)?;
        let off: Vec<f32> = (0..n * n).map(|i| if i / n == i % n { 0.0 } else { 1.0 }).collect();
        let off = ops::cast(&Tensor::from_vec(off, &[n, n])?, x.dtype())?;
        let sum = ops::sum(&ops::absolute(&ops::multiply(&products, &off)?)?, None, false)?;
        let pairs = n as f64 * (n as f64 - 1.0) / 2.0;
        ops::scale(&sum, if pairs == 0.0 { 0.0 } else { self.factor * 0.5 / pairs })
    }
}

/// All regularizers.
pub static ENTRIES: &[&Entry] = &[
    &entry::<L1>(&[]),
    &entry::<L2>(&[]),
    &entry::<L1L2>(&["l1_l2"]),
    &entry::<OrthogonalRegularizer>(&[]),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check;

    #[test]
    fn every_regularizer_has_the_derivative_that_differences_find() {
        let x = check::values(&[3, 4], 2);
        let charges: [&dyn Regularize; 4] = [
            &L1 { l1: 0.3 },
            &L2 { l2: 0.3 },
            &L1L2 { l1: 0.1, l2: 0.2 },
            &OrthogonalRegularizer { factor: 0.5, mode: Mode::Columns },
        ];
        for charge in charges {
            let name = charge.class_name();
            check::gradients(&name, |x| charge.penalty(&x[0]), std::slice::from_ref(&x));
        }
    }
}
