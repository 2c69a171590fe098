//! Activations, losses and metrics against real Keras: `tests/keras/functions.json`.

use crate::activations::Activation;
use crate::catalog::{self, Kind, Made};
use crate::check;
use crate::config::{Arg, Config, Field};
use crate::ops;
use crate::tape::Tape;
use crate::tensor::Tensor;
use candle_core::DType;
use serde_json::Value as Json;

/// The same numbers as in `make_functions.py`.
fn numbers(count: usize, seed: f64) -> Vec<f32> {
    let number = |i: usize| (((i * i) as f64) * 0.37 + i as f64 * 1.3 + seed).sin() as f32;
    (0..count).map(number).collect()
}

fn tensor(values: Vec<f32>, shape: &[usize]) -> Tensor {
    Tensor::from_vec(values, shape).unwrap()
}

fn shares(seed: f64) -> Tensor {
    let x: Vec<f32> = numbers(20, seed).into_iter().map(|v| v.abs() + 0.1).collect();
    let rows = x.chunks_exact(5).flat_map(|row| {
        let sum: f32 = row.iter().sum();
        row.iter().map(move |v| v / sum)
    });
    tensor(rows.collect(), &[4, 5])
}

fn input(name: &str, is_truth: bool) -> Tensor {
    let map =
        |seed, f: fn(f32) -> f32| tensor(numbers(12, seed).into_iter().map(f).collect(), &[4, 3]);
    match (name, is_truth) {
        ("numeric", true) => map(6.0, |v| v),
        ("numeric", false) => map(7.0, |v| v),
        ("positive", true) => map(6.0, f32::abs),
        ("positive", false) => map(7.0, f32::abs),
        ("binary", _) => map(5.0, |v| f32::from(v > 0.0)),
        ("shares3", _) => map(7.0, |v| v.abs() * 0.9 + 0.05),
        ("shares5", _) => shares(9.0),
        ("truth5", _) => shares(8.0),
        ("logits5", _) => tensor(numbers(20, 9.0).into_iter().map(|v| v * 3.0).collect(), &[4, 5]),
        _ => {
            let labels = Tensor::from_vec(vec![0_i64, 2, 3, 1], &[4]).unwrap();
            match name {
                "labels" => labels,
                _ => ops::one_hot(&labels, 5, -1, DType::F32).unwrap(),
            }
        }
    }
}

fn expected(json: &Json) -> Vec<f64> {
    let number = |v: &Json| v.as_f64().unwrap_or_else(|| v.as_str().unwrap().parse().unwrap());
    json.as_array().unwrap().iter().map(number).collect()
}

fn near(what: &str, found: &[f64], expected: &[f64], failures: &mut Vec<String>) {
    let scale =
        expected.iter().fold(1.0_f64, |a, b| if b.is_finite() { a.max(b.abs()) } else { a });
    let same = |(a, b): (&f64, &f64)| (a - b).abs() <= 1e-5 * scale || (a.is_nan() && b.is_nan());
    if found.len() != expected.len() || !found.iter().zip(expected).all(same) {
        failures.push(format!("{what}: {found:?} instead of {expected:?}"));
    }
}

fn near_with_gradient(
    what: &str,
    case: &Json,
    y: &Tensor,
    dx: &candle_core::Tensor,
    failures: &mut Vec<String>,
) {
    near(what, &check::numbers(y.array()), &expected(&case["y"]), failures);
    let gradient = format!("gradient {what}");
    near(&gradient, &check::numbers(dx), &expected(&case["dx"]), failures);
}

fn made(kind: Kind, case: &Json) -> Made {
    let Arg::Map(config) = Arg::from_json(&case["config"]) else { panic!("a map") };
    let config: Config = config;
    catalog::find(kind, case["name"].as_str().unwrap()).unwrap().make(config).unwrap()
}

#[test]
fn values_and_gradients_are_those_of_keras() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/keras/functions.json");
    let cases: Json = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let weights = tensor(vec![1.0, 0.5, 0.0, 2.0], &[4]);
    let mut failures = Vec::new();
    for case in cases.as_array().unwrap() {
        let what = format!("{} {} {}", case["name"], case["config"], case["weighted"]);
        let failures = &mut failures;
        if case["kind"] == "activation" {
            let activation = Activation::parse(&Arg::from_json(&case["name"])).unwrap();
            let tape = Tape::start();
            let x: Vec<f32> = numbers(24, 1.0).into_iter().map(|v| v * 4.0).collect();
            let x = tape.watch(&tensor(x, &[3, 8]));
            let y = activation.apply(&x).unwrap();
            let loss = ops::sum(&ops::square(&y).unwrap(), None, false).unwrap();
            let dx = tape.gradient(&loss, &[&x]).unwrap().remove(0).unwrap();
            near_with_gradient(&what, case, &y, &dx, failures);
            continue;
        }
        let truth = input(case["truth"].as_str().unwrap(), true);
        let guess = input(case["guess"].as_str().unwrap(), false);
        let weighted = case["weighted"].as_bool().unwrap();
        if case["kind"] == "loss" {
            let Made::Loss(loss) = made(Kind::Loss, case) else { panic!("{what}") };
            let tape = Tape::start();
            let x = tape.watch(&guess);
            let y = loss.call(&truth, &x, weighted.then_some(&weights)).unwrap();
            let dx = tape.gradient(&y, &[&x]).unwrap().remove(0).unwrap();
            near_with_gradient(&what, case, &y, &dx, failures);
            continue;
        }
        let Made::Metric(metric) = made(Kind::Metric, case) else { panic!("{what}") };
        for (start, length) in [(0, 3), (3, 1)] {
            let part = |x: &Tensor| ops::narrow(x, 0, start, length).unwrap();
            let own = part(&weights);
            metric.update(&part(&truth), &part(&guess), weighted.then_some(&own)).unwrap();
        }
        near(&format!("metric {what}"), &metric.result().unwrap(), &expected(&case["y"]), failures);
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
