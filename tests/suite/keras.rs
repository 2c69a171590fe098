//! Conformance with real Keras: models, inputs and results that Keras 3.15.1 wrote (`tests/keras/cases`, made as in
//! `tests/keras/make_cases.py`). `tests/keras/passing.txt` lists the cases that must pass; `UPDATE=1` writes it anew.
//! `KERAI_TEST_ONLY=word` runs the cases whose names contain the word.

use kerai_engine::callbacks::{Callback, LogValue, Run};
use kerai_engine::candle::DType;
use kerai_engine::catalog::{self, Kind, Made};
use kerai_engine::config::Arg;
use kerai_engine::data::npy::{Npy, NpyType, Npz};
use kerai_engine::data::{Arrays, Batches, Rows, Samples};
use kerai_engine::model::Model;
use kerai_engine::train::{self, FitOptions, History};
use kerai_engine::{Error, ErrorKind, Result, Tensor, saving};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// What came of a case.
enum Outcome {
    Passed,
    /// The engine says that it cannot load or run it.
    Refused(String),
    /// The results differ, or the engine panicked.
    Failed(String),
}

#[test]
fn results_are_those_of_keras() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("keras");
    let listed = std::fs::read_to_string(folder.join("passing.txt")).unwrap_or_default();
    let must_pass: BTreeSet<&str> = listed.lines().filter(|line| !line.starts_with('#')).collect();
    let only = std::env::var("KERAI_TEST_ONLY").unwrap_or_default();
    let mut outcomes: BTreeMap<String, Outcome> = BTreeMap::new();
    for family in ["layer", "model", "train"] {
        let place = folder.join("cases").join(family);
        let text = std::fs::read_to_string(place.join("cases.json")).expect("the cases are there");
        let cases: Vec<Json> = serde_json::from_str(&text).expect("the cases are JSON");
        for case in cases {
            let name = format!("{family}/{}", case["name"].as_str().expect("a case has a name"));
            if name.contains(&only) {
                outcomes.insert(name, run(place.clone(), case));
            }
        }
    }
    let mut passed = BTreeSet::new();
    let mut counts = [0; 3];
    for (name, outcome) in &outcomes {
        match outcome {
            Outcome::Passed => {
                passed.insert(name.as_str());
                counts[0] += 1;
            }
            Outcome::Failed(why) => {
                counts[1] += 1;
                println!("failed         {name}: {why}");
            }
            Outcome::Refused(why) => {
                counts[2] += 1;
                println!("not supported  {name}: {why}");
            }
        }
    }
    let failed: Vec<&str> = outcomes
        .iter()
        .filter(|(_, outcome)| matches!(outcome, Outcome::Failed(_)))
        .map(|(name, _)| name.as_str())
        .collect();
    let [passes, failures, refusals] = counts;
    println!(
        "{} cases: {passes} passed, {failures} failed, {refusals} not yet supported",
        outcomes.len()
    );
    for name in passed.difference(&must_pass) {
        println!("passes now, add it to passing.txt (UPDATE=1): {name}");
    }
    if std::env::var_os("UPDATE").is_some() && only.is_empty() {
        let list: Vec<&str> = passed.into_iter().collect();
        let text =
            format!("# Cases that must pass; UPDATE=1 writes this list.\n{}\n", list.join("\n"));
        std::fs::write(folder.join("passing.txt"), text).expect("the list can be written");
        return;
    }
    let broken: Vec<&str> = must_pass
        .into_iter()
        .filter(|name| name.contains(&only) && !passed.contains(name))
        .collect();
    assert!(broken.is_empty(), "these cases passed before: {}", broken.join(", "));
    assert!(
        failed.is_empty(),
        "these cases run and differ, or fail otherwise than by a clear refusal: {}",
        failed.join(", ")
    );
}

/// Runs a case on a thread of its own, so that a panic is the failure of this case.
fn run(folder: PathBuf, case: Json) -> Outcome {
    let thread = std::thread::Builder::new().stack_size(256 << 20).spawn(move || {
        let judged = match case.get("fit") {
            Some(_) => check_training(&folder, &case),
            None => check_prediction(&folder, &case),
        };
        match judged {
            Ok(None) => Outcome::Passed,
            Ok(Some(difference)) => Outcome::Failed(difference),
            Err(error) => {
                let received = error.received.as_deref().unwrap_or("-");
                let text = format!("{} (received {received})", error.what);
                if is_refusal(&error) { Outcome::Refused(text) } else { Outcome::Failed(text) }
            }
        }
    });
    let joined = thread.expect("a thread can be started").join();
    joined.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        Outcome::Failed(format!(
            "panic: {}",
            text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("?")
        ))
    })
}

/// Whether an error says that something is not there yet: by its kind, or by a name that is not in the catalog. Any other
/// error is a wrong one, and so is a refusal of a name that is there.
fn is_refusal(error: &Error) -> bool {
    let unknown_name = || {
        let (_, after) = error.what.split_once("there is no ")?;
        let (word, name) = after.split_once(" named ")?;
        let kind = Kind::ALL.into_iter().find(|kind| kind.word() == word)?;
        Some(catalog::find(kind, name.trim_matches('"')).is_err())
    };
    error.kind == ErrorKind::NotImplemented || unknown_name() == Some(true)
}

fn file(folder: &Path, case: &Json, ending: &str) -> PathBuf {
    folder.join(format!("{}{ending}", case["name"].as_str().unwrap_or_default()))
}

/// The strings in a JSON list.
fn strings(list: &Json) -> Vec<&str> {
    list.as_array().into_iter().flatten().filter_map(Json::as_str).collect()
}

fn tolerance(case: &Json, name: &str, otherwise: f64) -> f64 {
    case["tolerance"][name].as_f64().unwrap_or(otherwise)
}

fn check_prediction(folder: &Path, case: &Json) -> Result<Option<String>> {
    let model = Rc::new(saving::load_model(&file(folder, case, ".keras"), true)?);
    let mut arrays = Npz::open(&file(folder, case, ".npz"))?;
    let mut x = Vec::new();
    for input in case["inputs"].as_array().into_iter().flatten() {
        let Some(key) = input["key"].as_str().filter(|_| input["dtype"] != "string") else {
            return Err(Error::not_implemented("inputs of text", "numbers"));
        };
        x.push(rows(&arrays.array(key)?)?);
    }
    let size = case["batch_size"].as_u64().unwrap_or(32) as usize;
    let mut data = Arrays::new(Samples { x, ..Samples::default() }, size, false)?;
    let outputs = train::predict(&model, &mut data, None, 0, &[])?;
    let keys = strings(&case["outputs"]);
    if outputs.len() != keys.len() {
        return Ok(Some(format!("{} outputs, expected {}", outputs.len(), keys.len())));
    }
    let (atol, rtol) = (tolerance(case, "atol", 1e-5), tolerance(case, "rtol", 1e-4));
    for (key, output) in keys.into_iter().zip(outputs) {
        if let Some(difference) = far(&output, &arrays.array(key)?, atol, rtol)? {
            return Ok(Some(format!("output {key}: {difference}")));
        }
    }
    Ok(None)
}

/// What a training case expects, from one of Keras' backends.
struct Expected<'a> {
    arrays: Npz,
    history: &'a Json,
    evaluate: &'a Json,
}

fn check_training(folder: &Path, case: &Json) -> Result<Option<String>> {
    let model = Rc::new(saving::load_model(&file(folder, case, ".keras"), true)?);
    let mut arrays = Npz::open(&file(folder, case, ".npz"))?;
    let (data, fit) = (&case["data"], &case["fit"]);
    let number = |name: &str| fit[name].as_u64().map(|number| number as usize);
    let batch_size = number("batch_size").unwrap_or(32);
    let mut samples = samples(&model, data, ["x", "t", "sw"], &mut arrays)?;
    if let Some(weights) = fit.get("class_weight") {
        let target = arrays.array(strings(&data["t"])[0])?;
        samples.weights = vec![Some(Rc::new(class_weights(&target, weights)?))];
    }
    let whole = samples.clone();
    let mut training = Arrays::new(samples, batch_size, false)?;
    let validation_size = number("validation_batch_size").unwrap_or(batch_size);
    let mut validation = match (fit["validation_split"].as_f64(), data.get("vx")) {
        (Some(share), _) => {
            let (first, last) = training.split(share, validation_size)?;
            training = first;
            Some(last)
        }
        (None, Some(_)) => {
            let samples = self::samples(&model, data, ["vx", "vt", "vsw"], &mut arrays)?;
            Some(Arrays::new(samples, validation_size, false)?)
        }
        (None, None) => None,
    };
    let options = FitOptions {
        epochs: number("epochs").unwrap_or(1),
        initial_epoch: number("initial_epoch").unwrap_or(0),
        steps_per_epoch: number("steps_per_epoch"),
        validation_freq: number("validation_freq").unwrap_or(1),
        verbose: 0,
        ..FitOptions::default()
    };
    let callbacks: Vec<Rc<dyn Callback>> =
        case["callbacks"].as_array().into_iter().flatten().map(callback).collect::<Result<_>>()?;
    let mut history = History::default();
    let validation = validation.as_mut().map(|arrays| arrays as &mut dyn Batches);
    train::fit(&model, &mut training, validation, &options, &callbacks, &mut history)?;
    let mut expected =
        vec![Expected { arrays, history: &case["history"], evaluate: &case["evaluate"] }];
    // Where Keras' own backends differ there is a second truth: each quantity may be that of either.
    if let Some(other) = case.get("alt") {
        let arrays = Npz::open(&file(folder, case, ".alt.npz"))?;
        expected.push(Expected {
            arrays,
            history: &other["history"],
            evaluate: &other["evaluate"],
        });
    }
    let (atol, rtol) =
        (tolerance(case, "history_atol", 1e-6), tolerance(case, "history_rtol", 1e-4));
    for (name, truth) in case["history"].as_object().into_iter().flatten() {
        let Some((_, values)) = history.values.iter().find(|(known, _)| known == name) else {
            return Ok(Some(format!("the history lacks {name}")));
        };
        let ours: Vec<f64> = values.iter().flat_map(flat_log).collect();
        if truth.as_array().map(Vec::len) != Some(values.len()) {
            return Ok(Some(format!("{} epochs, expected {truth}", values.len())));
        }
        let near =
            |expected: &Expected<'_>| near(&ours, &flat(&expected.history[name]), atol, rtol);
        if !expected.iter().any(near) {
            return Ok(Some(format!("history {name}: {ours:?}, expected {truth}")));
        }
    }
    // Runs that overflow: only that they do, and when, is the same everywhere.
    if strings(&case["tags"]).contains(&"nan") {
        return Ok(None);
    }
    let mut finals: Vec<(String, String, kerai_engine::candle::Tensor, f64, f64)> = Vec::new();
    let (atol, rtol) =
        (tolerance(case, "weights_atol", 1e-5), tolerance(case, "weights_rtol", 1e-4));
    for (i, (path, variable)) in
        strings(&case["weights"]).into_iter().zip(model.variables()).enumerate()
    {
        finals.push((format!("final_w{i}"), path.to_owned(), variable.array(), atol, rtol));
    }
    let (atol, rtol) =
        (tolerance(case, "optimizer_atol", 1e-7), tolerance(case, "optimizer_rtol_of_max", 1e-3));
    let paths = strings(&case["optimizer"]);
    let kept = model.optimizer()?.variables()?;
    if kept.len() != paths.len() {
        return Ok(Some(format!("the optimizer keeps {}, expected {paths:?}", kept.len())));
    }
    for (i, (path, (_, array))) in paths.into_iter().zip(kept).enumerate() {
        finals.push((format!("final_o{i}"), path.to_owned(), array, atol, rtol));
    }
    let mut data =
        Arrays::new(Samples { x: whole.x.clone(), ..Samples::default() }, batch_size, false)?;
    let predictions = train::predict(&model, &mut data, None, 0, &[])?;
    let (atol, rtol) =
        (tolerance(case, "y_final_atol", 1e-5), tolerance(case, "y_final_rtol", 1e-4));
    for (key, array) in strings(&case["outputs"]).into_iter().zip(predictions) {
        finals.push((key.to_owned(), key.to_owned(), array, atol, rtol));
    }
    for (key, path, ours, atol, rtol) in finals {
        let mut difference = None;
        for expected in &mut expected {
            let Ok(truth) = expected.arrays.array(&key) else { continue };
            // The share is of the largest value: small ones are sums of large ones.
            let largest =
                truth.to_f64().into_iter().flatten().fold(0.0, |a: f64, b| a.max(b.abs()));
            difference = far(&ours, &truth, atol + rtol * largest, 0.0)?;
            if difference.is_none() {
                break;
            }
        }
        if let Some(difference) = difference {
            return Ok(Some(format!("{path}: {difference}")));
        }
    }
    if case["evaluate"].is_object() && fit.get("class_weight").is_none() {
        let mut data = Arrays::new(whole, batch_size, false)?;
        let logs = train::evaluate(&model, &mut data, None, 0, &[])?;
        let (atol, rtol) =
            (tolerance(case, "history_atol", 1e-6), tolerance(case, "history_rtol", 1e-4));
        for (name, truth) in case["evaluate"].as_object().into_iter().flatten() {
            let Some((_, value)) = logs.0.iter().find(|(known, _)| known == name) else {
                return Ok(Some(format!("evaluate lacks {name}")));
            };
            let ours = flat_log(value);
            if !expected.iter().any(|e| near(&ours, &flat(&e.evaluate[name]), atol, rtol)) {
                return Ok(Some(format!("evaluate {name}: {ours:?}, expected {truth}")));
            }
        }
    }
    Ok(None)
}

/// Inputs, targets and sample weights under these roles.
fn samples(model: &Model, data: &Json, roles: [&str; 3], arrays: &mut Npz) -> Result<Samples> {
    let mut of = |role: &str, named: &str, wanted: Vec<String>| -> Result<Vec<Rc<dyn Rows>>> {
        let (keys, names) = (strings(&data[role]), strings(&data[named]));
        let ordered: Vec<&str> = match names.is_empty() {
            true => keys,
            false => wanted
                .iter()
                .filter_map(|name| names.iter().position(|known| known == name))
                .filter_map(|at| keys.get(at).copied())
                .collect(),
        };
        ordered.into_iter().map(|key| rows(&arrays.array(key)?)).collect()
    };
    let outputs = model.output_names(1);
    Ok(Samples {
        x: of(roles[0], "x_names", model.input_names())?,
        y: of(roles[1], "t_names", outputs.clone())?,
        weights: of(roles[2], "t_names", outputs)?.into_iter().map(Some).collect(),
    })
}

fn rows(array: &Npy) -> Result<Rc<dyn Rows>> {
    let shape = array.shape.clone();
    let numbers = || array.to_f64().expect("the cases hold numbers").into_iter();
    Ok(Rc::new(match array.dtype {
        NpyType::UInt8 | NpyType::Bool => {
            Tensor::from_vec(numbers().map(|v| v as u8).collect(), &shape)?
        }
        NpyType::Int64 => Tensor::from_vec(numbers().map(|v| v as i64).collect(), &shape)?,
        NpyType::Int32 | NpyType::Int16 | NpyType::Int8 => {
            Tensor::from_vec(numbers().map(|v| v as i32).collect(), &shape)?
        }
        _ => Tensor::from_vec(numbers().map(|v| v as f32).collect(), &shape)?,
    }))
}

/// One weight per sample, from the weights of the classes.
fn class_weights(targets: &Npy, weights: &Json) -> Result<Tensor> {
    let values = targets.to_f64().unwrap_or_default();
    let samples = targets.shape[0];
    let width = values.len() / samples;
    let class_of = |row: &[f64]| match row {
        [class] => *class as usize,
        row => (0..row.len()).max_by(|a, b| row[*a].total_cmp(&row[*b])).unwrap_or(0),
    };
    let weight = |row| weights[class_of(row).to_string()].as_f64().unwrap_or(1.0) as f32;
    Tensor::from_vec(values.chunks(width).map(weight).collect(), &[samples])
}

/// `LearningRateScheduler(lambda epoch, lr: lr * 0.5 if epoch >= 2 else lr)`.
struct Halving;

impl Callback for Halving {
    fn on_epoch_begin(&self, run: &Run, epoch: usize) -> Result<()> {
        let optimizer = run.model.optimizer()?;
        let rate = optimizer.learning_rate();
        optimizer.set_learning_rate(if epoch >= 2 { rate * 0.5 } else { rate })
    }

    fn on_epoch_end(
        &self,
        run: &Run,
        _epoch: usize,
        logs: &mut kerai_engine::callbacks::Logs,
    ) -> Result<()> {
        logs.set("learning_rate", run.model.optimizer()?.learning_rate());
        Ok(())
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}

fn callback(json: &Json) -> Result<Rc<dyn Callback>> {
    if json["schedule_formula"] == "lr * 0.5 if epoch >= 2 else lr" {
        return Ok(Rc::new(Halving));
    }
    let Arg::Map(mut config) = Arg::from_json(json) else { panic!("a callback is an object") };
    config.retain(|(name, _)| name != "class");
    let class = json["class"].as_str().expect("a callback has a class");
    match catalog::find(Kind::Callback, class)?.make(config)? {
        Made::Callback(callback) => Ok(callback),
        _ => panic!("{class} is no callback"),
    }
}

fn flat_log(value: &LogValue) -> Vec<f64> {
    match value {
        LogValue::Number(number) => vec![*number],
        LogValue::Vector(values) => values.clone(),
    }
}

/// The numbers in a number or in nested lists of them; JSON has no word for nan and inf.
fn flat(json: &Json) -> Vec<f64> {
    match json {
        Json::Array(items) => items.iter().flat_map(flat).collect(),
        Json::String(text) => vec![text.parse().expect("a number")],
        number => vec![number.as_f64().unwrap_or(f64::NAN)],
    }
}

fn near(ours: &[f64], truth: &[f64], atol: f64, rtol: f64) -> bool {
    let near = |(a, b): (&f64, &f64)| {
        a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() <= atol + rtol * b.abs()
    };
    ours.len() == truth.len() && ours.iter().zip(truth).all(near)
}

/// How an array differs from what Keras gave, if it does.
fn far(
    ours: &kerai_engine::candle::Tensor,
    truth: &Npy,
    atol: f64,
    rtol: f64,
) -> Result<Option<String>> {
    if ours.dims() != truth.shape {
        return Ok(Some(format!("shape {:?}, expected {:?}", ours.dims(), truth.shape)));
    }
    let values: Vec<f64> = ours.to_dtype(DType::F64)?.flatten_all()?.to_vec1()?;
    let truth = truth.to_f64().expect("the cases hold numbers");
    if near(&values, &truth, atol, rtol) {
        return Ok(None);
    }
    let gap = values.iter().zip(&truth).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    Ok(Some(format!("off by {gap:.3e}, allowed {atol:.1e} + {rtol:.1e} * |y|")))
}
