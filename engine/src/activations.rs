//! Keras' activations: functions of a tensor, found by name.

use crate::catalog::{self, Entry, Kind, Made};
use crate::config::{Arg, Field};
use crate::error::{Error, Result};
use crate::function::Function;
use crate::kernels::dense::End;
use crate::kernels::pointwise::{Elementwise, functions};
use crate::layer::{Inputs, LayerInstance, Pass};
use crate::ops;
use crate::tensor::Tensor;
use std::rc::Rc;

/// A function of a tensor, ours or the user's.
pub trait Activate {
    /// Its name, as a config holds it.
    fn name(&self) -> String;

    /// Its value.
    fn apply(&self, x: &Tensor) -> Result<Tensor>;

    /// As a config holds it.
    fn identifier(&self) -> Arg {
        Arg::Str(self.name())
    }

    /// Its name if it is one of ours, so that a kernel may do it in its own pass.
    fn built_in(&self) -> Option<&'static str> {
        None
    }

    /// How a kernel may end with it; plain if it cannot.
    fn end(&self) -> End {
        End::Plain
    }

    /// The user's function, if it is one.
    fn function(&self) -> Option<&Function> {
        None
    }
}

/// An activation, shared.
#[derive(Clone)]
pub struct Activation(pub Rc<dyn Activate>);

struct Builtin {
    name: &'static str,
    apply: fn(&Tensor) -> Result<Tensor>,
    end: End,
}

impl Activate for Builtin {
    fn name(&self) -> String {
        self.name.to_owned()
    }

    fn apply(&self, x: &Tensor) -> Result<Tensor> {
        (self.apply)(x)
    }

    fn built_in(&self) -> Option<&'static str> {
        Some(self.name)
    }

    fn end(&self) -> End {
        self.end
    }
}

impl Activation {
    /// The identity: what `activation=None` means.
    pub fn linear() -> Self {
        Activation(Rc::new(Builtin { name: "linear", apply: |x| Ok(x.clone()), end: End::Plain }))
    }

    /// An activation of ours by name.
    pub fn named(name: &'static str) -> Result<Self> {
        Self::parse(&Arg::str(name))
    }

    /// Its name.
    pub fn name(&self) -> String {
        self.0.name()
    }

    /// Whether it is the identity, so that nothing needs computing.
    pub fn is_linear(&self) -> bool {
        self.is("linear")
    }

    /// Whether it is ours and has this name; a user's function of the same name is not meant.
    pub fn is(&self, name: &str) -> bool {
        self.0.built_in() == Some(name)
    }

    /// Its value.
    pub fn apply(&self, x: &Tensor) -> Result<Tensor> {
        self.0.apply(x)
    }

    /// How a kernel may end with it; plain if it cannot, or if there is nothing to do.
    pub fn end(&self) -> End {
        self.0.end()
    }

    /// As a config holds it.
    pub fn identifier(&self) -> Arg {
        match self.0.function() {
            // Operations go by their names alone, as in Keras.
            Some(function) if function.0.operation().is_none() => function.identifier(),
            _ => self.0.identifier(),
        }
    }
}

/// `activation=LeakyReLU(0.1)`: a layer without weights is a function, too.
impl Activate for Rc<LayerInstance> {
    fn name(&self) -> String {
        LayerInstance::name(self)
    }

    fn apply(&self, x: &Tensor) -> Result<Tensor> {
        let mut outputs = self.call(Inputs::of(vec![x.clone()]), &mut Pass::inference())?;
        if !self.variables().is_empty() || outputs.len() != 1 {
            return Err(Error::not_implemented(
                format!("{} has weights, so it is no activation of another layer", self.label()),
                "put it behind that layer as a layer of its own",
            ));
        }
        Ok(outputs.remove(0))
    }

    fn identifier(&self) -> Arg {
        LayerInstance::identifier(self)
    }
}

fn is_layers(module: &Arg) -> bool {
    matches!(module, Arg::Str(module) if module == Kind::Layer.module())
}

impl Field for Activation {
    fn parse(arg: &Arg) -> Result<Self> {
        match arg {
            Arg::None => Ok(Activation::linear()),
            Arg::Made(Made::Instance(layer)) => Ok(Activation(Rc::new(layer.clone()))),
            Arg::Map(_) if arg.get("module").is_some_and(is_layers) => {
                Ok(Activation(Rc::new(crate::saving::layer_from_config(arg)?)))
            }
            arg => match catalog::get(Kind::Activation, arg)? {
                Made::Activation(activation) => Ok(activation),
                _ => Err(crate::config::mismatch::<Self>(arg)),
            },
        }
    }

    fn to_arg(&self) -> Arg {
        Arg::Made(Made::Activation(self.clone()))
    }

    fn kind() -> String {
        "the name of an activation or a function of a tensor".to_owned()
    }
}

/// `of FUNCTION` is a function of each element, which kernels may do in their own pass.
macro_rules! activation {
    ($name:literal, $aliases:expr, of $function:expr, $doc:literal) => {
        activation!(@ $name, $aliases, |x| $function.apply(x), End::Function(&$function), $doc)
    };
    ($name:literal, $aliases:expr, $apply:expr, $doc:literal) => {
        activation!(@ $name, $aliases, $apply, End::Plain, $doc)
    };
    (@ $name:literal, $aliases:expr, $apply:expr, $end:expr, $doc:literal) => {
        &Entry {
            name: $name,
            aliases: $aliases,
            kind: Kind::Activation,
            doc: $doc,
            args: &[],
            make: |_| {
                Ok(Made::Activation(Activation(Rc::new(Builtin { name: $name, apply: $apply, end: $end }))))
            },
        }
    };
}

/// All activations.
pub static ENTRIES: &[&Entry] = &[
    activation!(
        "celu",
        &[],
        of functions::Celu { alpha: 1.0 },
        "`x` above 0, `alpha * (e^(x / alpha) - 1)` below (Barron, 2017, arXiv:1704.07483)."
    ),
    activation!(
        "elu",
        &[],
        of functions::Elu { alpha: 1.0 },
        "`x` above 0, `alpha * (e^x - 1)` below (Clevert et al., 2016, arXiv:1511.07289)."
    ),
    activation!("exponential", &[], of functions::Exp {}, "`e^x`"),
    activation!(
        "gelu",
        &[],
        of functions::Gelu { approximate: false },
        "`x * P(normal <= x)` (Hendrycks and Gimpel, 2016, arXiv:1606.08415)."
    ),
    activation!(
        "glu",
        &[],
        |x| ops::glu(x, -1),
        "The first half of the last axis times the sigmoid of the second (Dauphin et al., 2017, arXiv:1612.08083)."
    ),
    activation!("hard_shrink", &[], of functions::HardShrink { threshold: 0.5 }, "`x`, or 0 where `|x| <= 0.5`."),
    activation!(
        "hard_sigmoid",
        &[],
        of functions::HardSigmoid {},
        "`relu6(x + 3) / 6`: a sigmoid of straight lines."
    ),
    activation!(
        "hard_silu",
        &["hard_swish"],
        of functions::HardSilu {},
        "`x * hard_sigmoid(x)` (Howard et al., 2019, arXiv:1905.02244)."
    ),
    activation!("hard_tanh", &[], of functions::HardTanh {}, "`x` between -1 and 1, which it does not leave."),
    activation!("leaky_relu", &[], of functions::LeakyRelu { negative_slope: 0.2 }, "`x` above 0, `0.2 * x` below."),
    activation!("linear", &[], |x| Ok(x.clone()), "The identity: `x`."),
    activation!("log_sigmoid", &[], of functions::LogSigmoid {}, "`log(sigmoid(x))`, without overflow."),
    activation!(
        "log_softmax",
        &[],
        |x| ops::log_softmax(x, -1),
        "The logarithm of the softmax over the last axis."
    ),
    activation!("mish", &[], of functions::Mish {}, "`x * tanh(softplus(x))` (Misra, 2019, arXiv:1908.08681)."),
    activation!(@ "relu", &[], ops::relu, End::Relu, "`max(x, 0)`: the rectified linear unit."),
    activation!("relu6", &[], of functions::Relu6 {}, "`min(max(x, 0), 6)`"),
    activation!(
        "selu",
        &[],
        of functions::Selu {},
        "`scale * elu(x, alpha)` with the constants that keep mean 0 and variance 1 (Klambauer et al., 2017, arXiv:1706.02515)."
    ),
    activation!("sigmoid", &[], ops::sigmoid, "`1 / (1 + e^-x)`: between 0 and 1."),
    activation!(
        "silu",
        &["swish"],
        of functions::Silu {},
        "`x * sigmoid(x)` (Ramachandran et al., 2017, arXiv:1710.05941)."
    ),
    activation!("soft_shrink", &[], of functions::SoftShrink { threshold: 0.5 }, "`x` moved towards 0 by 0.5."),
    activation!(
        "softmax",
        &[],
        |x| ops::softmax(x, -1),
        "`e^x / sum(e^x)` over the last axis: positive, sum 1."
    ),
    activation!("softplus", &[], of functions::Softplus {}, "`log(1 + e^x)`: a smooth relu."),
    activation!("softsign", &[], of functions::Softsign {}, "`x / (1 + |x|)`"),
    activation!(
        "sparse_plus",
        &[],
        of functions::SparsePlus {},
        "0 below -1, `(x + 1)^2 / 4` up to 1, `x` above."
    ),
    activation!(
        "sparse_sigmoid",
        &[],
        of functions::SparseSigmoid {},
        "0 below -1, `(x + 1) / 2` up to 1, 1 above."
    ),
    activation!(
        "sparsemax",
        &[],
        |x| ops::sparsemax(x, -1),
        "The point of the simplex nearest to `x`: probabilities, many of them exactly 0 (Martins and Astudillo, 2016, arXiv:1602.02068)."
    ),
    activation!(
        "squareplus",
        &[],
        of functions::Squareplus { b: 4.0 },
        "`(x + sqrt(x^2 + 4)) / 2` (Barron, 2021, arXiv:2112.11687)."
    ),
    activation!("tanh", &[], of functions::Tanh {}, "The hyperbolic tangent: between -1 and 1."),
    activation!("tanh_shrink", &[], of functions::TanhShrink {}, "`x - tanh(x)`"),
    activation!(
        "threshold",
        &[],
        of functions::Threshold { threshold: 0.0, default_value: 0.0 },
        "`x` above a threshold (0), a fixed value (0) elsewhere."
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check;

    #[test]
    fn every_activation_has_the_derivative_that_differences_find() {
        for entry in ENTRIES {
            let activation = Activation::named(entry.name).unwrap();
            for seed in 1..4 {
                let x = check::values_in(&[4, 6], seed, -4.0, 7.0);
                check::gradients(entry.name, |x| activation.apply(&x[0]), &[x]);
            }
        }
    }

    #[test]
    fn every_activation_is_finite_at_large_numbers() {
        for entry in ENTRIES.iter().filter(|entry| entry.name != "exponential") {
            let activation = Activation::named(entry.name).unwrap();
            let x =
                Tensor::from_vec(vec![-1e4_f32, -200.0, -90.0, 90.0, 200.0, 1e4], &[1, 6]).unwrap();
            let tape = crate::tape::Tape::start();
            let x = tape.watch(&x);
            let y = activation.apply(&x).unwrap();
            let dx = tape.gradient(&y, &[&x]).unwrap().remove(0).unwrap();
            for value in check::numbers(y.array()).into_iter().chain(check::numbers(&dx)) {
                assert!(value.is_finite(), "{}: {y:?} {value}", entry.name);
            }
        }
    }
}
