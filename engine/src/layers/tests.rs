//! Layers against real Keras: values, gradients and states of `tests/keras/layers.json`.

use crate::config::Arg;
use crate::layer::{Inputs, LayerInstance, Pass};
use crate::tape::Tape;
use crate::tensor::Tensor;
use candle_core::{Device, Tensor as Array};
use serde_json::Value as Json;

/// The same numbers as in `make_layers.py`.
fn numbers(shape: &[usize], seed: f64) -> Array {
    let count: usize = shape.iter().product();
    let number = |i: usize| (((i * i) as f64) * 0.37 + i as f64 * 1.3 + seed).sin() as f32;
    Array::from_vec((0..count).map(number).collect(), shape, &Device::Cpu).unwrap()
}

fn sizes(json: &Json) -> Vec<usize> {
    json.as_array().unwrap().iter().map(|v| v.as_u64().unwrap() as usize).collect()
}

fn near(found: &Array, expected: &Json, what: &str) {
    let found = found.flatten_all().unwrap().to_vec1::<f32>().unwrap();
    let expected: Vec<f64> =
        expected.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect();
    assert_eq!(found.len(), expected.len(), "{what}: size");
    let largest = expected.iter().fold(1.0_f64, |largest, v| largest.max(v.abs()));
    for (i, (found, expected)) in found.iter().zip(expected).enumerate() {
        let error = (f64::from(*found) - expected).abs();
        assert!(error <= 5e-6 * largest, "{what}: element {i}: {found} instead of {expected}");
    }
}

#[test]
fn values_and_gradients_are_those_of_keras() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/keras/layers.json");
    let cases: Json = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    for case in cases.as_array().unwrap() {
        let what = format!("{} {}", case["class"], case["config"]);
        let Arg::Map(config) = Arg::from_json(&case["config"]) else { panic!("a map") };
        let entry = crate::layer::find(case["class"].as_str().unwrap()).unwrap();
        let layer = LayerInstance::make(entry, config).unwrap();
        let shape = sizes(&case["shape"]);
        let mut promised = crate::shape::Shape::known(&shape);
        promised.0[0] = None;
        let promised = [promised];
        let promises = layer.layer().output_shapes(&promised).unwrap();
        layer.build(&promised).unwrap();
        for (i, variable) in layer.variables().iter().enumerate() {
            let values = numbers(&variable.shape(), 10.0 + i as f64);
            let values =
                match ["variance", "stddev"].iter().any(|word| variable.name().contains(word)) {
                    true => (values.abs().unwrap() + 0.5).unwrap(),
                    false => values,
                };
            variable.assign(&(values * 0.7).unwrap()).unwrap();
        }
        let tape = Tape::start();
        let x = tape.watch(&Tensor::new(numbers(&shape, 1.0)));
        let mut pass = match case["training"].as_bool().unwrap() {
            true => Pass::training(),
            false => Pass::inference(),
        };
        let outputs = layer.call(Inputs::of(vec![x.clone()]), &mut pass).unwrap();
        pass.commit();
        tape.stop();
        let expected = case["outputs"].as_array().unwrap();
        assert_eq!(outputs.len(), expected.len(), "{what}");
        let mut sums: Vec<Option<Array>> = Vec::new();
        for (i, (output, expected)) in outputs.iter().zip(expected).enumerate() {
            assert_eq!(output.shape(), sizes(&expected["shape"]), "{what}");
            assert!(promises[i].accepts(output.shape()), "{what}: promised {}", promises[i]);
            near(output.array(), &expected["values"], &format!("{what}: output {i}"));
            let mut nodes = vec![x.node().cloned()];
            nodes.extend(
                layer
                    .trainable_variables()
                    .iter()
                    .map(|v| output.node().and_then(|node| v.node_on(node.list_id()))),
            );
            let seed = numbers(output.shape(), 5.0 + i as f64);
            let found = tape.gradient_of_nodes(output, &nodes, Some(seed)).unwrap();
            sums.resize(found.len(), None);
            for (sum, found) in sums.iter_mut().zip(found) {
                *sum = match (sum.take(), found) {
                    (Some(sum), Some(found)) => Some((sum + found).unwrap()),
                    (sum, found) => sum.or(found),
                };
            }
        }
        let expected = case["gradients"].as_array().unwrap();
        assert_eq!(sums.len(), expected.len(), "{what}: gradients");
        for (i, (found, expected)) in sums.iter().zip(expected).enumerate() {
            near(found.as_ref().unwrap(), expected, &format!("{what}: gradient {i}"));
        }
        let states = layer.non_trainable_variables();
        for (state, expected) in states.iter().zip(case["states"].as_array().unwrap()) {
            near(&state.array(), expected, &format!("{what}: {}", state.name()));
        }
    }
}
