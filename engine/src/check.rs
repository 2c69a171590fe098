//! Test support: derivatives against finite differences in float64.
//!
//! ```
//! use kerai_engine::{check, ops, Tensor};
//! let x = check::values(&[2, 3], 1);
//! check::gradients("scale", |x| ops::scale(&x[0], 3.0), &[x]);
//! # let _ = Tensor::scalar(0.0);
//! ```

use crate::error::Result;
use crate::random::Random;
use crate::tape::Tape;
use crate::tensor::Tensor;
use candle_core::{DType, Device, Tensor as Array};

/// Normals of a shape in float64, a function of the seed alone.
pub fn values(shape: &[usize], seed: u64) -> Tensor {
    let mut values = vec![0.0; shape.iter().product()];
    Random::new(seed, 77).fill_normal(&mut values);
    of(&values.iter().map(|v| f64::from(*v)).collect::<Vec<_>>(), shape)
}

/// Numbers between `low` and `high` in float64.
pub fn values_in(shape: &[usize], seed: u64, low: f64, high: f64) -> Tensor {
    let mut values = vec![0.0; shape.iter().product()];
    Random::new(seed, 78).fill_uniform(&mut values);
    of(&values.iter().map(|v| low + (high - low) * f64::from(*v)).collect::<Vec<_>>(), shape)
}

/// These numbers in float64.
pub fn of(values: &[f64], shape: &[usize]) -> Tensor {
    Tensor::new(Array::from_slice(values, shape, &Device::Cpu).expect("a test's shape fits"))
}

/// All numbers of a tensor.
pub fn numbers(array: &Array) -> Vec<f64> {
    let flat = array.to_dtype(DType::F64).and_then(|a| a.flatten_all());
    flat.and_then(|a| a.to_vec1()).expect("a tensor's numbers can be read")
}

/// Compares the tape's gradients of `f` (its result weighted by fixed numbers and summed) with central differences, for
/// every element of every input. Panics with the place and both numbers where they differ.
///
/// Inputs should be float64 and away from kinks. Inputs of an integer type are left alone.
pub fn gradients(name: &str, f: impl Fn(&[Tensor]) -> Result<Tensor>, inputs: &[Tensor]) {
    gradients_within(name, f, inputs, 1e-6);
}

/// As [`gradients`], with a tolerance: absolute, and relative to the larger gradient.
pub fn gradients_within(
    name: &str,
    f: impl Fn(&[Tensor]) -> Result<Tensor>,
    inputs: &[Tensor],
    tolerance: f64,
) {
    let is_float = |tensor: &Tensor| tensor.dtype() == DType::F64;
    let tape = Tape::start();
    let watched: Vec<Tensor> = inputs
        .iter()
        .map(|input| if is_float(input) { tape.watch(input) } else { input.clone() })
        .collect();
    let y = f(&watched).unwrap_or_else(|error| panic!("{name}: {error}"));
    tape.stop();
    let seeds = values(y.shape(), 4242);
    let seed = seeds.array().to_dtype(y.dtype()).expect("floats convert");
    let nodes: Vec<_> = watched.iter().map(|input| input.node().cloned()).collect();
    let found = tape
        .gradient_of_nodes(&y, &nodes, Some(seed))
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    let weights = numbers(seeds.array());
    let loss = |inputs: &[Tensor]| -> f64 {
        let y = f(inputs).unwrap_or_else(|error| panic!("{name}: {error}"));
        numbers(y.array()).iter().zip(&weights).map(|(y, w)| y * w).sum()
    };
    for (which, input) in inputs.iter().enumerate().filter(|(_, input)| is_float(input)) {
        let gradient = match &found[which] {
            Some(gradient) => {
                assert_eq!(gradient.dims(), input.shape(), "{name}: shape of gradient {which}");
                numbers(gradient)
            }
            None => vec![0.0; input.array().elem_count()],
        };
        let at = numbers(input.array());
        for i in 0..at.len() {
            let step = 1e-5 * at[i].abs().max(1.0);
            let moved = |by: f64| {
                let mut values = at.clone();
                values[i] += by;
                let mut inputs = inputs.to_vec();
                inputs[which] = of(&values, input.shape());
                loss(&inputs)
            };
            let expected = (moved(step) - moved(-step)) / (2.0 * step);
            let limit = tolerance * expected.abs().max(gradient[i].abs()).max(1.0);
            assert!(
                (gradient[i] - expected).abs() <= limit,
                "{name}: input {which}, element {i} at {}: gradient {}, finite difference {expected}",
                at[i],
                gradient[i]
            );
        }
    }
}

/// Compares value and gradients in float32 (the fast path) with those in float64 (the reference, itself checked by
/// [`gradients`]): the same function on the same numbers. `tolerance` is relative to the largest number of each tensor.
pub fn same_in_float32(
    name: &str,
    f: impl Fn(&[Tensor]) -> Result<Tensor>,
    inputs: &[Tensor],
    tolerance: f64,
) {
    let run = |dtype: DType| -> Vec<Vec<f64>> {
        let tape = Tape::start();
        let converted = inputs.iter().map(|input| {
            if input.dtype() != DType::F64 {
                return input.clone();
            }
            // Both see the same numbers: those that float32 can hold.
            let single =
                input.array().to_dtype(DType::F32).and_then(|single| single.to_dtype(dtype));
            tape.watch(&Tensor::new(single.expect("floats convert")))
        });
        let inputs: Vec<Tensor> = converted.collect();
        let y = f(&inputs).unwrap_or_else(|error| panic!("{name}: {error}"));
        tape.stop();
        let single = values(y.shape(), 4242).array().to_dtype(DType::F32);
        let seed = single.and_then(|seed| seed.to_dtype(dtype)).expect("floats convert");
        let nodes: Vec<_> = inputs.iter().map(|input| input.node().cloned()).collect();
        let found = tape
            .gradient_of_nodes(&y, &nodes, Some(seed))
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut all = vec![numbers(y.array())];
        all.extend(found.iter().map(|gradient| gradient.as_ref().map_or(Vec::new(), numbers)));
        all
    };
    for (which, (fast, exact)) in run(DType::F32).iter().zip(run(DType::F64)).enumerate() {
        assert_eq!(fast.len(), exact.len(), "{name}: size of result {which}");
        let largest = exact.iter().fold(1.0_f64, |largest, v| largest.max(v.abs()));
        for (i, (fast, exact)) in fast.iter().zip(&exact).enumerate() {
            assert!(
                (fast - exact).abs() <= tolerance * largest,
                "{name}: {}, element {i}: {fast} instead of {exact}",
                if which == 0 { "value".to_owned() } else { format!("gradient {}", which - 1) }
            );
        }
    }
}
