//! `.keras` files: what is saved loads again as the same model, and files that are damaged are refused with an error,
//! quickly, never by a panic.

use kerai_engine::data::{Arrays, Samples};
use kerai_engine::model::Model;
use kerai_engine::train::{self, FitOptions, History};
use kerai_engine::{Result, Tensor, saving};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{Duration, Instant};

/// The file of a case; one that is missing fails the test.
fn case(name: &str) -> PathBuf {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("keras/cases").join(format!("{name}.keras"));
    assert!(path.is_file(), "there is no case {name}");
    path
}

/// A file of this test that vanishes with the value.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Scratch {
        Scratch(std::env::temp_dir().join(format!("kerai-{}-{name}.keras", std::process::id())))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What stays lies in the system's folder for such files.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// The same numbers for the same shape, between -1 and 1.
fn numbers(shape: &[usize]) -> Tensor {
    let count: usize = shape.iter().product();
    let value = |i: usize| ((i * 37 + 11) % 101) as f32 / 50.0 - 1.0;
    Tensor::from_vec((0..count).map(value).collect(), shape).expect("the shape fits")
}

fn samples(shapes: &[Vec<usize>]) -> Vec<Rc<dyn kerai_engine::data::Rows>> {
    shapes.iter().map(|shape| Rc::new(numbers(shape)) as Rc<dyn kerai_engine::data::Rows>).collect()
}

/// The shapes of a model's ends for a batch of 8.
fn ends(model: &Model) -> (Vec<Vec<usize>>, Vec<Vec<usize>>) {
    let graph = model.graph().expect("these models have a graph");
    let of = |symbols: &[kerai_engine::graph::Symbol]| {
        let axes = |symbol: &kerai_engine::graph::Symbol| {
            symbol
                .shape()
                .0
                .iter()
                .enumerate()
                .map(|(i, axis)| axis.unwrap_or(if i == 0 { 8 } else { 5 }))
                .collect()
        };
        symbols.iter().map(axes).collect()
    };
    (of(&graph.inputs), of(&graph.outputs))
}

/// What a model gives for fixed inputs, and all numbers that it keeps.
fn state(model: &Rc<Model>) -> Result<Vec<Vec<f32>>> {
    let (x, _) = ends(model);
    let mut data = Arrays::new(Samples { x: samples(&x), ..Samples::default() }, 8, false)?;
    let mut arrays = train::predict(model, &mut data, None, 0, &[])?;
    arrays.extend(model.snapshot()?);
    if model.is_compiled() {
        arrays.extend(model.optimizer()?.variables()?.into_iter().map(|(_, array)| array));
    }
    arrays.into_iter().map(|array| Tensor::new(array).to_f32_vec()).collect()
}

fn train_a_little(model: &Rc<Model>) -> Result<()> {
    let (x, y) = ends(model);
    let samples = Samples { x: samples(&x), y: samples(&y), weights: Vec::new() };
    let mut data = Arrays::new(samples, 4, false)?;
    let options = FitOptions { epochs: 2, verbose: 0, ..FitOptions::default() };
    train::fit(model, &mut data, None, &options, &[], &mut History::default())
}

/// Same bits: nothing is computed between saving and loading.
#[test]
fn a_saved_model_loads_as_the_same_model() -> Result<()> {
    let predicting = [
        "model/lenet",
        "model/resnet_bn_shared",
        "model/wavenet_dilated",
        "layer/dense_1",
        "layer/lstm_masked_gap",
    ];
    for name in predicting {
        let model = Rc::new(saving::load_model(&case(name), true)?);
        let file = Scratch::new(&name.replace('/', "-"));
        saving::save_model(&model, &file.0)?;
        let again = Rc::new(saving::load_model(&file.0, true)?);
        assert_eq!(state(&model)?, state(&again)?, "{name}");
    }
    Ok(())
}

#[test]
fn training_goes_on_where_a_saved_model_stopped() -> Result<()> {
    for name in [
        "train/opt_adam",
        "train/grad_lstm_stack_dropout0",
        "train/grad_merges",
        "train/cb_early_stopping",
        "train/opt_rmsprop_centered",
        "train/opt_sgd_loss_scale",
    ] {
        let model = Rc::new(saving::load_model(&case(name), true)?);
        train_a_little(&model)?;
        let file = Scratch::new(&name.replace('/', "-"));
        saving::save_model(&model, &file.0)?;
        let again = Rc::new(saving::load_model(&file.0, true)?);
        assert_eq!(state(&model)?, state(&again)?, "{name} after loading");
        train_a_little(&model)?;
        train_a_little(&again)?;
        assert_eq!(state(&model)?, state(&again)?, "{name} after more training");
    }
    Ok(())
}

/// Loads bytes as a file: the error's text, or `None` if they make a model.
fn load(name: &str, bytes: &[u8]) -> Option<String> {
    let file = Scratch::new(name);
    std::fs::write(&file.0, bytes).expect("the scratch file can be written");
    let started = Instant::now();
    let loaded = saving::load_model(&file.0, true);
    assert!(started.elapsed() < Duration::from_secs(5), "{name}: took {:?}", started.elapsed());
    loaded.err().map(|error| error.what)
}

/// A stored zip archive of these members, as Keras writes it.
fn archive(members: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for (name, data) in members {
        let start = bytes.len() as u32;
        let mut fields = Vec::new();
        fields.extend([20_u16, 0, 0, 0, 0].iter().flat_map(|field| field.to_le_bytes()));
        fields.extend(crc(data).to_le_bytes());
        fields.extend((data.len() as u32).to_le_bytes());
        fields.extend((data.len() as u32).to_le_bytes());
        fields.extend((name.len() as u16).to_le_bytes());
        fields.extend(0_u16.to_le_bytes());
        bytes.extend(b"PK\x03\x04");
        bytes.extend(&fields);
        bytes.extend(name.as_bytes());
        bytes.extend(*data);
        directory.extend(b"PK\x01\x02\x14\x00");
        directory.extend(&fields);
        directory.extend([0_u8; 10]);
        directory.extend(start.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let (start, count) = (bytes.len() as u32, members.len() as u16);
    bytes.extend(&directory);
    bytes.extend(b"PK\x05\x06\0\0\0\0");
    bytes.extend([count.to_le_bytes(), count.to_le_bytes()].concat());
    bytes.extend((directory.len() as u32).to_le_bytes());
    bytes.extend(start.to_le_bytes());
    bytes.extend([0, 0]);
    bytes
}

/// The checksum of zip archives.
fn crc(data: &[u8]) -> u32 {
    !data.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 }
        })
    })
}

#[test]
fn truncated_files_are_refused() {
    for name in ["train/cb_early_stopping", "model/wavenet_dilated"] {
        let whole = std::fs::read(case(name)).expect("the case is there");
        assert_eq!(load("whole", &whole), None, "{name}");
        let step = (whole.len() / 60).max(1);
        for length in (0..whole.len()).step_by(step) {
            assert!(load("truncated", &whole[..length]).is_some(), "{name}: {length} bytes");
        }
    }
}

/// The members as they are once saved: damage inside the weights is not caught by a checksum of compressed bytes.
fn saved() -> (Vec<u8>, Vec<u8>) {
    let model = saving::load_model(&case("train/cb_early_stopping"), true).expect("a good case");
    let file = Scratch::new("members");
    saving::save_model(&model, &file.0).expect("the scratch file can be written");
    let bytes = std::fs::read(&file.0).expect("it was just written");
    let find = |word: &[u8]| {
        bytes.windows(word.len()).position(|window| window == word).expect("the file holds it")
    };
    let weights = find(b"\x89HDF\r\n\x1a\n");
    let end = weights
        + bytes[weights..].windows(4).position(|w| w == b"PK\x01\x02").expect("a zip archive");
    let config = find(b"{\"module\"");
    let config_end =
        config + bytes[config..].windows(4).position(|w| w == b"PK\x03\x04").expect("more members");
    (bytes[config..config_end].to_vec(), bytes[weights..end].to_vec())
}

#[test]
fn flipped_bytes_never_panic() {
    let (config, weights) = saved();
    let of = |config: &[u8], weights: &[u8]| {
        archive(&[("config.json", config), ("model.weights.h5", weights)])
    };
    assert_eq!(load("members", &of(&config, &weights)), None);
    for position in (0..weights.len()).step_by((weights.len() / 400).max(1)) {
        for value in [0, 0xFF, weights[position] ^ 0x10] {
            let mut damaged = weights.clone();
            damaged[position] = value;
            // Some bytes are weights or padding: a model comes out. All that counts is that nothing breaks.
            let _ = load("weights", &of(&config, &damaged));
        }
    }
    for position in (0..config.len()).step_by((config.len() / 200).max(1)) {
        let mut damaged = config.clone();
        damaged[position] = b'9';
        let _ = load("config", &of(&damaged, &weights));
    }
    for length in (0..weights.len()).step_by((weights.len() / 50).max(1)) {
        let error = load("short", &of(&config, &weights[..length]));
        assert!(error.is_some() || length + 4096 > weights.len(), "{length} bytes of weights");
    }
}

#[test]
fn files_that_are_something_else_are_refused() {
    let (config, weights) = saved();
    let text = String::from_utf8(config.clone()).expect("JSON is text");
    let with = |old: &str, new: &str| {
        assert!(text.contains(old), "the config has no {old}");
        text.replace(old, new).into_bytes()
    };
    let deep = "[".repeat(200_000);
    let layer = |name: &str, needs: &str| {
        format!(
            r#"{{"module": "keras.layers", "class_name": "Dense", "config": {{"name": "{name}", "units": 1}}, "name": "{name}",
            "inbound_nodes": [{{"args": [{{"class_name": "__keras_tensor__", "config": {{"shape": [null, 1], "dtype": "float32", "keras_history": ["{needs}", 0, 0]}}}}], "kwargs": {{}}}}]}}"#
        )
    };
    let functional = |layers: &str| {
        format!(
            r#"{{"module": "keras", "class_name": "Functional", "config": {{"name": "f", "layers": [{layers}], "input_layers": ["a", 0, 0], "output_layers": ["b", 0, 0]}}}}"#
        )
    };
    let circle = functional(&format!("{}, {}", layer("a", "b"), layer("b", "a")));
    let missing = functional(&layer("b", "nowhere"));
    let cases: [(&str, Vec<u8>); 13] = [
        ("empty", Vec::new()),
        ("text", b"this is no model".to_vec()),
        ("another archive", archive(&[("hello.txt", b"hello")])),
        ("no weights", archive(&[("config.json", &config)])),
        ("no config", archive(&[("model.weights.h5", &weights)])),
        (
            "weights that are none",
            archive(&[("config.json", &config), ("model.weights.h5", b"no")]),
        ),
        ("config that is none", archive(&[("config.json", b"{"), ("model.weights.h5", &weights)])),
        (
            "a deep config",
            archive(&[("config.json", deep.as_bytes()), ("model.weights.h5", &weights)]),
        ),
        (
            "a circle",
            archive(&[("config.json", circle.as_bytes()), ("model.weights.h5", &weights)]),
        ),
        (
            "a missing layer",
            archive(&[("config.json", missing.as_bytes()), ("model.weights.h5", &weights)]),
        ),
        (
            "huge",
            archive(&[
                ("config.json", &with("\"units\":6", "\"units\":600000000000000")),
                ("model.weights.h5", &weights),
            ]),
        ),
        (
            "negative",
            archive(&[
                ("config.json", &with("\"units\":6", "\"units\":-6")),
                ("model.weights.h5", &weights),
            ]),
        ),
        (
            "other units",
            archive(&[
                ("config.json", &with("\"units\":6", "\"units\":7")),
                ("model.weights.h5", &weights),
            ]),
        ),
    ];
    for (what, bytes) in cases {
        assert!(load("other", &bytes).is_some(), "{what} was loaded");
    }
}

/// An entry that claims to expand into more than fits anywhere.
#[test]
fn bombs_are_refused() {
    let (config, weights) = saved();
    let whole = archive(&[("config.json", &config), ("model.weights.h5", &weights)]);
    let directory = whole.windows(4).rposition(|w| w == b"PK\x01\x02").expect("a zip archive");
    for field in [20, 24] {
        let mut bomb = whole.clone();
        bomb[directory + field..directory + field + 4]
            .copy_from_slice(&0xFFFF_FFF0_u32.to_le_bytes());
        assert!(load("bomb", &bomb).is_some(), "field {field}");
    }
}
