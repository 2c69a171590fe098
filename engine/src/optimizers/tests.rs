//! Against real Keras: `tests/keras/optimizers.json`.

use super::*;
use crate::catalog::{self, Kind, Made};
use candle_core::{DType, Device};
use serde_json::Value as Json;

fn vectors() -> Json {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/keras/optimizers.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn numbers(json: &Json) -> Vec<f32> {
    json.as_array().unwrap().iter().map(|v| v.as_f64().unwrap() as f32).collect()
}

fn array(json: &Json) -> Array {
    let values = numbers(json);
    let shape = if values.len() == 6 { vec![3, 2] } else { vec![2] };
    Array::from_vec(values, shape, &Device::Cpu).unwrap()
}

fn made(kind: Kind, case: &Json) -> Made {
    let Arg::Map(config) = Arg::from_json(&case["config"]) else { panic!("a config is a map") };
    catalog::find(kind, case["class"].as_str().unwrap()).unwrap().make(config).unwrap()
}

fn optimizer(case: &Json) -> Rc<dyn Optimizer> {
    match made(Kind::Optimizer, case) {
        Made::Optimizer(optimizer) => optimizer,
        _ => panic!("an optimizer"),
    }
}

fn variables(vectors: &Json) -> Vec<Rc<Variable>> {
    let start = vectors["start"].as_array().unwrap();
    start.iter().map(|value| Rc::new(Variable::new("v", array(value), true))).collect()
}

fn values(variables: &[Rc<Variable>]) -> Vec<f32> {
    let one = |v: &Rc<Variable>| v.array().flatten_all().unwrap().to_vec1::<f32>().unwrap();
    variables.iter().flat_map(one).collect()
}

fn near(a: &[f32], b: &[f32], what: &str) {
    assert_eq!(a.len(), b.len(), "{what}");
    for (a, b) in a.iter().zip(b) {
        assert!((a - b).abs() <= 2e-6 * b.abs().max(1.0), "{what}: {a} instead of {b}");
    }
}

fn gradients(step: &Json) -> Vec<Option<Array>> {
    step.as_array().unwrap().iter().map(|g| Some(array(g))).collect()
}

#[test]
fn five_steps_are_those_of_keras() {
    let vectors = vectors();
    for case in vectors["optimizers"].as_array().unwrap() {
        let what = format!("{} {}", case["class"], case["config"]);
        let (optimizer, variables) = (optimizer(case), variables(&vectors));
        let steps = vectors["gradients"].as_array().unwrap();
        for (step, expected) in steps.iter().zip(case["weights"].as_array().unwrap()) {
            optimizer.apply(&gradients(step), &variables).unwrap();
            near(&values(&variables), &numbers(expected), &what);
        }
        let state = optimizer.variables().unwrap();
        let expected = case["state"].as_array().unwrap();
        assert_eq!(state.len(), expected.len(), "{what}");
        for ((name, value), expected) in state.iter().zip(expected) {
            let value = value.flatten_all().unwrap().to_dtype(DType::F32).unwrap();
            near(&value.to_vec1().unwrap(), &numbers(expected), &format!("{what} {name}"));
        }
        optimizer.finish(&variables).unwrap();
        near(&values(&variables), &numbers(&case["final"]), &what);
    }
}

#[test]
fn float64_variables_follow_the_same_way() {
    let vectors = vectors();
    for case in vectors["optimizers"].as_array().unwrap() {
        let what = format!("{} {}", case["class"], case["config"]);
        let optimizer = optimizer(case);
        let start = vectors["start"].as_array().unwrap();
        let wide = |value| array(value).to_dtype(DType::F64).unwrap();
        let variables: Vec<Rc<Variable>> =
            start.iter().map(|value| Rc::new(Variable::new("v", wide(value), true))).collect();
        let has = |name: &str| !matches!(case["config"].get(name), None | Some(Json::Bool(false)));
        if has("use_ema") || has("gradient_accumulation_steps") {
            let error = optimizer.build(&variables).err().unwrap().to_string();
            assert!(error.contains("float32 variables where use_ema"), "{error}");
            continue;
        }
        let steps = vectors["gradients"].as_array().unwrap();
        for (step, expected) in steps.iter().zip(case["weights"].as_array().unwrap()) {
            optimizer.apply(&gradients(step), &variables).unwrap();
            let found = variables.iter().flat_map(|v| crate::check::numbers(&v.array()));
            let found: Vec<f32> = found.map(|value| value as f32).collect();
            // Against steps that Keras took in float32.
            for (found, expected) in found.iter().zip(numbers(expected)) {
                let error = (found - expected).abs();
                assert!(error <= 2e-5 * expected.abs().max(1.0), "{what}: {found} for {expected}");
            }
        }
        assert!(variables.iter().all(|v| v.dtype() == DType::F64), "{what}");
    }
}

#[test]
fn a_scaled_loss_skips_steps_that_overflow_and_grows_otherwise() {
    let entry = catalog::find(Kind::Optimizer, "LossScaleOptimizer").unwrap();
    let config = [
        ("inner_optimizer", Arg::str("sgd")),
        ("initial_scale", Arg::Float(4.0)),
        ("dynamic_growth_steps", Arg::Int(2)),
    ];
    let config = config.map(|(name, value)| (name.to_owned(), value)).to_vec();
    let Made::Optimizer(scaled) = entry.make(config).unwrap() else { panic!("an optimizer") };
    let one = Array::from_vec(vec![1_f32, 2.0], 2, &Device::Cpu).unwrap();
    // Optimizers change variables in place.
    let variable = Rc::new(Variable::new("v", one.copy().unwrap(), true));
    let take = |gradient: Array| scaled.apply(&[Some(gradient)], std::slice::from_ref(&variable));
    let infinite = Array::from_vec(vec![1_f32, f32::INFINITY], 2, &Device::Cpu).unwrap();
    take(infinite).unwrap();
    assert_eq!((scaled.loss_scale(), scaled.iterations()), (Some(2.0), 0));
    assert_eq!(values(std::slice::from_ref(&variable)), [1.0, 2.0]);
    take((&one * 2.0).unwrap()).unwrap();
    take((&one * 2.0).unwrap()).unwrap();
    assert_eq!((scaled.loss_scale(), scaled.iterations()), (Some(4.0), 2));
    near(&values(std::slice::from_ref(&variable)), &[0.98, 1.96], "two steps of SGD");
}

#[test]
fn a_restored_optimizer_goes_on_at_the_same_bits() {
    let vectors = vectors();
    for case in vectors["optimizers"].as_array().unwrap() {
        let steps = vectors["gradients"].as_array().unwrap();
        let (whole, of_whole) = (optimizer(case), variables(&vectors));
        let (first, of_first) = (optimizer(case), variables(&vectors));
        for step in steps {
            whole.apply(&gradients(step), &of_whole).unwrap();
        }
        for step in &steps[..2] {
            first.apply(&gradients(step), &of_first).unwrap();
        }
        let second = match catalog::get(Kind::Optimizer, &first.identifier()).unwrap() {
            Made::Optimizer(optimizer) => optimizer,
            _ => panic!("an optimizer"),
        };
        second.build(&of_first).unwrap();
        let state: Vec<Array> =
            first.variables().unwrap().into_iter().map(|(_, value)| value).collect();
        second.set_variables(&state).unwrap();
        for step in &steps[2..] {
            second.apply(&gradients(step), &of_first).unwrap();
        }
        assert_eq!(values(&of_whole), values(&of_first), "{}", case["class"]);
        assert_eq!(whole.iterations(), second.iterations());
    }
}

#[test]
fn schedules_are_those_of_keras() {
    for case in vectors()["schedules"].as_array().unwrap() {
        let Made::Schedule(schedule) = made(Kind::Schedule, case) else { panic!("a schedule") };
        let rates: Vec<f32> = (0..12).map(|step| schedule.rate(step) as f32).collect();
        near(&rates, &numbers(&case["rates"]), &case.to_string());
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let both =
        vec![("clipnorm".to_owned(), Arg::Float(1.0)), ("clipvalue".to_owned(), Arg::Float(1.0))];
    let entry = catalog::find(Kind::Optimizer, "adam").unwrap();
    let error = entry.make(both).err().unwrap().to_string();
    assert!(error.contains("only one of clipnorm"), "{error}");
    let Made::Optimizer(adam) = entry.make(Vec::new()).unwrap() else { panic!("an optimizer") };
    let known = variables(&vectors());
    adam.build(&known).unwrap();
    let others = variables(&vectors());
    let step = gradients(&vectors()["gradients"][0]);
    let error = adam.apply(&step, &others).err().unwrap().to_string();
    assert!(error.contains("does not know the variable"), "{error}");
    assert!(adam.apply(&[None, None], &known).err().unwrap().to_string().contains("no gradients"));
    adam.set_learning_rate(0.5).unwrap();
    assert_eq!(adam.learning_rate(), 0.5);
}
