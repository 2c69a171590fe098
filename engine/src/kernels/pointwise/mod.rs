//! Functions of each element: `y = f(x)`, `dx = dy f'(x)`, each in one pass.
//!
//! A function says its formula and its derivative once, in [`Real`]; the derivative is made from the input or from the
//! result, whichever it says, and only that is kept for going backwards.

mod cpu;
pub mod functions;
mod real;
pub mod reference;

use super::product::InPlace;
use super::slices::{from_values, with_values};
use crate::error::{Error, Result};
use crate::tape;
use crate::tensor::Tensor;
use candle_core::{DType, Tensor as Array};
pub use real::{Real, exp_of_negative};

/// A function of one element with its derivative.
pub trait Pointwise: Copy + Send + Sync + 'static {
    /// How errors name it.
    const NAME: &'static str;
    /// Whether [`Pointwise::slope`] takes the function's result instead of its input.
    const FROM_RESULT: bool = false;

    /// The function.
    fn value<R: Real>(self, x: R) -> R;

    /// Its derivative at this input (or where it has this result).
    fn slope<R: Real>(self, saved: R) -> R;
}

/// A [`Pointwise`] function in float32 whose type is not known, for kernels that do it in their own pass.
pub trait Elementwise: InPlace {
    /// The function, tracked.
    fn apply(&self, x: &Tensor) -> Result<Tensor>;

    /// Whether its derivative is made from its result.
    fn is_from_result(&self) -> bool;

    /// The gradient in front of it, from what its derivative is made from.
    fn gradient(&self, saved: &Array, dy: &Array) -> Result<Array>;
}

impl<P: Pointwise> InPlace for P {
    fn run(&self, values: &mut [f32]) {
        cpu::in_place(*self, values);
    }
}

impl<P: Pointwise> Elementwise for P {
    fn apply(&self, x: &Tensor) -> Result<Tensor> {
        apply(*self, x)
    }

    fn is_from_result(&self) -> bool {
        P::FROM_RESULT
    }

    fn gradient(&self, saved: &Array, dy: &Array) -> Result<Array> {
        gradients(*self, saved, dy)
    }
}

/// The function of each element, tracked. Integers become float32 first.
pub fn apply<P: Pointwise>(function: P, x: &Tensor) -> Result<Tensor> {
    let x = &crate::ops::to_float(x)?;
    let value = values(function, x.array())?;
    if !tape::is_tracked(&[x]) {
        return Ok(Tensor::new(value));
    }
    let saved = if P::FROM_RESULT { value.clone() } else { x.array().clone() };
    Ok(tape::record(P::NAME, &[x], value, move |dy, _| {
        Ok(vec![Some(gradients(function, &saved, dy)?)])
    }))
}

/// The function of each element.
pub fn values<P: Pointwise>(function: P, x: &Array) -> Result<Array> {
    match x.dtype() {
        DType::F32 => {
            from_values(with_values(x, |x: &[f32]| Ok(cpu::values(function, x)))?, x.dims(), x)
        }
        DType::F64 => {
            from_values(with_values(x, |x: &[f64]| Ok(cpu::values(function, x)))?, x.dims(), x)
        }
        half @ (DType::F16 | DType::BF16) => {
            Ok(values(function, &x.to_dtype(DType::F32)?)?.to_dtype(half)?)
        }
        other => Err(Error::type_error(format!("{} takes floating-point numbers", P::NAME))
            .received(format!("{other:?}"))),
    }
}

/// The gradient of each element: `dy * slope(saved)`.
pub fn gradients<P: Pointwise>(function: P, saved: &Array, dy: &Array) -> Result<Array> {
    match saved.dtype() {
        DType::F32 => {
            let dx = with_values(saved, |saved: &[f32]| {
                with_values(dy, |dy: &[f32]| Ok(cpu::gradients(function, saved, dy)))
            })?;
            from_values(dx, saved.dims(), saved)
        }
        DType::F64 => {
            let dx = with_values(saved, |saved: &[f64]| {
                with_values(dy, |dy: &[f64]| Ok(cpu::gradients(function, saved, dy)))
            })?;
            from_values(dx, saved.dims(), saved)
        }
        half => {
            let single = DType::F32;
            let dx = gradients(function, &saved.to_dtype(single)?, &dy.to_dtype(single)?)?;
            Ok(dx.to_dtype(half)?)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::functions::*;
    use super::*;
    use crate::check;

    fn compare<P: Pointwise>(function: P, low: f64, high: f64) {
        for shape in [&[7][..], &[3, 65], &[70_001]] {
            let x = check::values_in(shape, 5, low, high);
            let single = x.array().to_dtype(DType::F32).unwrap();
            let exact_x = check::numbers(&single);
            let y = reference::values(function, &exact_x);
            let saved = if P::FROM_RESULT { y.clone() } else { exact_x };
            let dy = check::values(shape, 6);
            let dy_single = dy.array().to_dtype(DType::F32).unwrap();
            let dx = reference::gradients(function, &saved, &check::numbers(&dy_single));
            let found = values(function, &single).unwrap();
            let saved = if P::FROM_RESULT { &found } else { &single };
            let found_dx = gradients(function, saved, &dy_single).unwrap();
            for (found, exact) in [(found.clone(), y), (found_dx, dx)] {
                for (found, exact) in check::numbers(&found).iter().zip(exact) {
                    let error = (found - exact).abs();
                    assert!(error <= 3e-6 * exact.abs().max(1.0), "{}: {found} {exact}", P::NAME);
                }
            }
        }
    }

    #[test]
    fn float32_agrees_with_the_reference() {
        compare(Exp {}, -9.0, 3.0);
        compare(Log {}, 0.01, 9.0);
        compare(Tanh {}, -9.0, 9.0);
        compare(Sigmoid {}, -30.0, 30.0);
        compare(Gelu { approximate: false }, -6.0, 6.0);
        compare(Gelu { approximate: true }, -6.0, 6.0);
        compare(Softplus {}, -40.0, 40.0);
        compare(Mish {}, -20.0, 20.0);
        compare(Elu { alpha: 1.0 }, -20.0, 20.0);
        compare(Silu {}, -20.0, 20.0);
    }
}
