//! What all metrics of ours share: arguments, state, and the mean over samples.

use super::Metric;
use crate::catalog::{Entry, Kind, Made, envelope, snake_case};
use crate::config::{Arg, Configured};
use crate::error::{Error, Result};
use crate::losses::{self, Reduction};
use crate::tape;
use crate::tensor::Tensor;
use candle_core::DType;
use std::cell::RefCell;
use std::rc::Rc;

/// What has been gathered: Keras' variables, in order.
pub(super) type State = Vec<Vec<f64>>;

/// A configured metric as pure functions of its state.
pub(super) trait Gather: Configured {
    fn given_name(&self) -> Option<String>;
    fn start(&self) -> State;
    fn update(
        &self,
        state: &mut State,
        truth: &Tensor,
        prediction: &Tensor,
        weights: Option<&Tensor>,
    ) -> Result<()>;
    fn result(&self, state: &State) -> Vec<f64>;

    fn update_values(&self, _: &mut State, _: &Tensor, _: Option<&Tensor>) -> Result<()> {
        Err(Error::type_error(format!("{} compares two tensors", Self::NAME))
            .received("one tensor")
            .expected("update_state(y_true, y_pred)"))
    }

    fn is_vector(&self) -> bool {
        false
    }
}

struct Builtin<T> {
    metric: T,
    name: String,
    state: RefCell<State>,
}

impl<T: Gather> Metric for Builtin<T> {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn identifier(&self) -> Arg {
        let mut config = self.metric.config();
        for (name, value) in &mut config {
            match name.as_str() {
                "name" => *value = Arg::Str(self.name.clone()),
                "dtype" if matches!(value, Arg::None) => *value = Arg::str("float32"),
                _ => {}
            }
        }
        envelope("keras.metrics", T::NAME, config)
    }

    fn update(&self, truth: &Tensor, prediction: &Tensor, weights: Option<&Tensor>) -> Result<()> {
        let mut state = self.state.borrow_mut();
        tape::paused(|| self.metric.update(&mut state, truth, prediction, weights))
            .map_err(|error| error.within(format!("metric {:?}", self.name)))
    }

    fn update_values(&self, values: &Tensor, weights: Option<&Tensor>) -> Result<()> {
        let mut state = self.state.borrow_mut();
        tape::paused(|| self.metric.update_values(&mut state, values, weights))
            .map_err(|error| error.within(format!("metric {:?}", self.name)))
    }

    fn result(&self) -> Result<Vec<f64>> {
        Ok(self.metric.result(&self.state.borrow()))
    }

    fn is_vector(&self) -> bool {
        self.metric.is_vector()
    }

    fn reset(&self) {
        *self.state.borrow_mut() = self.metric.start();
    }

    fn state(&self) -> State {
        self.state.borrow().clone()
    }

    fn set_state(&self, state: &[Vec<f64>]) -> Result<()> {
        *self.state.borrow_mut() = state.to_vec();
        Ok(())
    }
}

pub(super) const fn entry<T: Gather + 'static>(aliases: &'static [&'static str]) -> Entry {
    Entry::of::<T>(Kind::Metric, aliases, |args| {
        let metric = T::from_args(args)?;
        let name =
            metric.given_name().unwrap_or_else(|| crate::layer::unique_name(&snake_case(T::NAME)));
        let state = RefCell::new(metric.start());
        Ok(Made::Metric(Rc::new(Builtin { metric, name, state })))
    })
}

/// Numbers with a shape, in float64.
#[derive(Clone)]
pub(super) struct Values {
    pub(super) numbers: Vec<f64>,
    pub(super) shape: Vec<usize>,
}

impl Values {
    pub(super) fn of(x: &Tensor) -> Result<Self> {
        Ok(Values { numbers: numbers(x)?, shape: x.shape().to_vec() })
    }

    /// Means over all axes from `rank` on.
    fn mean_from(self, rank: usize) -> Self {
        if self.shape.len() <= rank {
            return self;
        }
        let shape = self.shape[..rank].to_vec();
        let size: usize = self.shape[rank..].iter().product();
        let numbers =
            self.numbers.chunks(size.max(1)).map(|c| c.iter().sum::<f64>() / size as f64).collect();
        Values { numbers, shape }
    }
}

/// All numbers of a tensor.
pub(super) fn numbers(x: &Tensor) -> Result<Vec<f64>> {
    Ok(x.array().to_dtype(DType::F64)?.flatten_all()?.to_vec1()?)
}

/// Weights under the prediction's mask.
pub(super) fn masked(weights: Option<&Tensor>, prediction: &Tensor) -> Result<Option<Tensor>> {
    losses::apply_mask(weights, prediction.mask(), DType::F32, Reduction::Sum)
}

/// Adds values to a total and a count, as Keras' `Mean` does: each sample counts once, or by its weight.
pub(super) fn add_mean(state: &mut State, values: Values, weights: Option<&Tensor>) -> Result<()> {
    let (total, count) = match weights {
        None => {
            let samples = values.shape.first().copied().unwrap_or(1);
            let values = values.mean_from(1);
            (values.numbers.iter().sum::<f64>(), samples as f64)
        }
        Some(weights) => weighted(values, &Values::of(weights)?)?,
    };
    state[0][0] += total;
    state[1][0] += count;
    Ok(())
}

fn weighted(mut values: Values, weights: &Values) -> Result<(f64, f64)> {
    let mut weights = weights.clone();
    // Keras' `squeeze_or_expand_to_same_rank`.
    if weights.shape.len() == values.shape.len() + 1 && weights.shape.last() == Some(&1) {
        if values.shape.len() == 1 {
            values.shape.push(1);
        } else {
            weights.shape.truncate(values.shape.len());
        }
    } else if values.shape.len() == weights.shape.len() + 1 && values.shape.last() == Some(&1) {
        if weights.shape.len() == 1 {
            weights.shape.push(1);
        } else {
            values.shape.truncate(weights.shape.len());
        }
    }
    let rank = weights.shape.len();
    let values = values.mean_from(rank);
    let fits = weights.shape.len() == values.shape.len()
        && weights.shape.iter().zip(&values.shape).all(|(w, v)| w == v || *w == 1);
    if !fits {
        return Err(Error::value("the sample weights do not fit the metric's values")
            .received(format!("weights {:?}, values {:?}", weights.shape, values.shape))
            .expected("one weight per sample"));
    }
    let wide: Vec<f64> = (0..values.numbers.len())
        .map(|place| {
            let (mut rest, mut at, mut step) = (place, 0, 1);
            for axis in (0..rank).rev() {
                let i = rest % values.shape[axis];
                rest /= values.shape[axis];
                if weights.shape[axis] > 1 {
                    at += i * step;
                }
                step *= weights.shape[axis];
            }
            weights.numbers[at]
        })
        .collect();
    let products = values.numbers.iter().zip(&wide).map(|(v, w)| v * w).collect();
    let products = Values { numbers: products, shape: values.shape.clone() }.mean_from(1);
    let wide = Values { numbers: wide, shape: values.shape }.mean_from(1);
    Ok((products.numbers.iter().sum(), wide.numbers.iter().sum()))
}

/// `a / b`, and 0 where b is 0.
pub(super) fn ratio(a: f64, b: f64) -> f64 {
    if b == 0.0 { 0.0 } else { a / b }
}

/// A metric's struct: documentation, class, default name, own arguments.
macro_rules! arguments {
    ($doc:literal $name:ident($class:literal, $log_name:expr) {
        $($(#[doc = $field_doc:literal])* $field:ident: $type:ty $(= $default:expr)?),* $(,)?
    }) => {
        $crate::config! {
            #[doc = $doc]
            pub struct $name($class) {
                $($(#[doc = $field_doc])* $field: $type $(= $default)?,)*
                /// Its name in logs.
                name: Option<String> = $log_name,
                /// Element type of the result.
                dtype: $crate::config::Arg = $crate::config::Arg::None,
            }
        }
    };
}
pub(super) use arguments;

/// A metric that is the mean of values: documentation, class, name, own arguments, values.
macro_rules! mean {
    ($doc:literal $name:ident($class:literal, $log_name:literal) { $($fields:tt)* }
     |$this:ident, $truth:ident, $prediction:ident| $values:expr) => {
        $crate::metrics::gather::arguments! { $doc $name($class, Some($log_name.to_owned())) { $($fields)* } }

        impl $crate::metrics::gather::Gather for $name {
            fn given_name(&self) -> Option<String> {
                self.name.clone()
            }

            fn start(&self) -> $crate::metrics::gather::State {
                vec![vec![0.0], vec![0.0]]
            }

            fn update(
                &self,
                state: &mut $crate::metrics::gather::State,
                truth: &$crate::tensor::Tensor,
                prediction: &$crate::tensor::Tensor,
                weights: Option<&$crate::tensor::Tensor>,
            ) -> $crate::error::Result<()> {
                let values = {
                    #[allow(unused_variables, reason = "some metrics have no arguments")]
                    let ($this, $truth, $prediction) = (self, truth, prediction);
                    let values: $crate::error::Result<$crate::metrics::gather::Values> = $values;
                    values?
                };
                let weights = $crate::metrics::gather::masked(weights, prediction)?;
                $crate::metrics::gather::add_mean(state, values, weights.as_ref())
            }

            fn result(&self, state: &$crate::metrics::gather::State) -> Vec<f64> {
                vec![$crate::metrics::gather::ratio(state[0][0], state[1][0])]
            }
        }
    };
}
pub(super) use mean;
