//! Layers against real Keras: values, gradients and states of `tests/keras/layers.json`.

use crate::config::Arg;
use crate::layer::{Inputs, LayerInstance, Pass};
use crate::tape::Tape;
use crate::tensor::Tensor;
use candle_core::{DType, Device, Tensor as Array};
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

/// The layer of a case under a dtype policy, with the weights that the case has.
fn under(case: &Json, policy: &str) -> LayerInstance {
    let Arg::Map(mut config) = Arg::from_json(&case["config"]) else { panic!("a map") };
    config.push(("dtype".to_owned(), Arg::str(policy)));
    let entry = crate::layer::find(case["class"].as_str().unwrap()).unwrap();
    let layer = LayerInstance::make(entry, config).unwrap();
    let mut promised = crate::shape::Shape::known(&sizes(&case["shape"]));
    promised.0[0] = None;
    layer.build(&[promised]).unwrap();
    for (i, variable) in layer.variables().iter().enumerate() {
        let values = numbers(&variable.shape(), 10.0 + i as f64);
        let positive = ["variance", "stddev"].iter().any(|word| variable.name().contains(word));
        let values = if positive { (values.abs().unwrap() + 0.5).unwrap() } else { values };
        variable.assign(&(values * 0.7).unwrap()).unwrap();
    }
    layer
}

fn cases() -> Vec<Json> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/keras/layers.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn pass_of(case: &Json) -> Pass {
    if case["training"].as_bool().unwrap() { Pass::training() } else { Pass::inference() }
}

#[test]
fn every_policy_gives_nearly_the_same_in_its_own_type() {
    let policies = [
        ("float64", DType::F64, DType::F64, 1e-5),
        ("float16", DType::F16, DType::F16, 1e-2),
        ("bfloat16", DType::BF16, DType::BF16, 8e-2),
        ("mixed_float16", DType::F16, DType::F32, 1e-2),
        ("mixed_bfloat16", DType::BF16, DType::F32, 8e-2),
    ];
    for case in cases() {
        for (policy, computed, kept, tolerance) in policies {
            let what = format!("{} {} {policy}", case["class"], case["config"]);
            let layer = under(&case, policy);
            let is_lora = |name: &str| name.starts_with("lora_");
            for variable in layer.variables().iter().filter(|v| !is_lora(v.name())) {
                assert_eq!(variable.dtype(), kept, "{what}: {}", variable.name());
            }
            let tape = Tape::start();
            let x = tape.watch(&Tensor::new(numbers(&sizes(&case["shape"]), 1.0)));
            let mut pass = pass_of(&case);
            let outputs = layer.call(Inputs::of(vec![x.clone()]), &mut pass).unwrap();
            pass.commit();
            tape.stop();
            for (i, (output, expected)) in
                outputs.iter().zip(case["outputs"].as_array().unwrap()).enumerate()
            {
                assert_eq!(output.dtype(), computed, "{what}");
                assert_eq!(layer.output_type(i, DType::F32).0, computed, "{what}");
                let values = expected["values"].as_array().unwrap().iter();
                let values: Vec<f64> = values.map(|value| value.as_f64().unwrap()).collect();
                let largest = values.iter().fold(1.0_f64, |largest, v| largest.max(v.abs()));
                for (found, expected) in crate::check::numbers(output.array()).iter().zip(values) {
                    let error = (found - expected).abs();
                    assert!(error <= tolerance * largest, "{what}: {found} for {expected}");
                }
            }
            for variable in layer.non_trainable_variables().iter().filter(|v| !is_lora(v.name())) {
                assert_eq!(variable.dtype(), kept, "{what}: state {}", variable.name());
            }
            let Some(list) = outputs[0].node().map(crate::tape::Node::list_id) else { continue };
            let mut nodes = vec![x.node().cloned()];
            nodes.extend(layer.trainable_variables().iter().map(|v| v.node_on(list)));
            let found = tape.gradient_of_nodes(&outputs[0], &nodes, None).unwrap();
            assert_eq!(found[0].as_ref().map(Array::dtype), Some(DType::F32), "{what}");
            for (variable, found) in layer.trainable_variables().iter().zip(&found[1..]) {
                let dtype = found.as_ref().map(Array::dtype);
                assert_eq!(dtype, Some(variable.dtype()), "{what}: {}", variable.name());
            }
        }
    }
}

#[test]
fn gradients_in_float64_are_those_of_finite_differences() {
    for case in cases() {
        let what = format!("{} {}", case["class"], case["config"]);
        let layer = under(&case, "float64");
        // Layers whose weights belong to others, and corrections of kernels, are checked where they are made.
        if layer.lora().is_some() || !layer.layer().sublayers().is_empty() {
            continue;
        }
        let to_f64 = |array: Array| Tensor::new(array.to_dtype(DType::F64).unwrap());
        let mut inputs = vec![to_f64(numbers(&sizes(&case["shape"]), 1.0))];
        let trained = layer.trainable_variables().len();
        inputs.extend(layer.trainable_variables().iter().map(|v| Tensor::new(v.array())));
        let states: Vec<Tensor> =
            layer.non_trainable_variables().iter().map(|v| Tensor::new(v.array())).collect();
        // Batch renormalisation holds two factors constant, which differences do only where limits hold them.
        let argument = |name: &str| case["config"].get(name).cloned().unwrap_or(Json::Null);
        if argument("renorm") == Json::Bool(true) && argument("renorm_clipping")["dmax"] != 0.0 {
            continue;
        }
        crate::check::gradients_within(
            &what,
            |inputs| {
                let weights: Vec<Tensor> =
                    inputs[1..=trained].iter().chain(&states).cloned().collect();
                let mut pass = pass_of(&case);
                pass.trainable = true;
                Ok(layer.layer().forward(&inputs[..1], &weights, &mut pass)?.remove(0))
            },
            &inputs,
            2e-6,
        );
    }
}
