//! `fit` called from Rust, on what `tests/bench/keras_bench.py mlp` does: one line of JSON, to tell what the language
//! costs. `cargo bench -p kerai-engine --bench fit`
#![allow(clippy::print_stdout, reason = "a benchmark prints its results")]
#![allow(missing_docs, reason = "a program")]

use kerai_engine::catalog::{self, Kind};
use kerai_engine::compile::Compiled;
use kerai_engine::config::Arg;
use kerai_engine::data::{Arrays, Samples};
use kerai_engine::kernels::pages::Pages;
use kerai_engine::kernels::recycler::Recycler;
use kerai_engine::layer::LayerInstance;
use kerai_engine::model::Model;
use kerai_engine::random::{self, Random};
use kerai_engine::train::{self, FitOptions, History};
use kerai_engine::{Result, Tensor};
use std::rc::Rc;
use std::time::Instant;

/// As in the program.
#[global_allocator]
static ALLOCATOR: Recycler<Pages<mimalloc::MiMalloc>> =
    Recycler::over(Pages::over(mimalloc::MiMalloc));

const SAMPLES: usize = 12_800;

fn layer(class: &str, config: Vec<(&str, Arg)>) -> Result<Rc<LayerInstance>> {
    let config = config.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    LayerInstance::make(catalog::find(Kind::Layer, class)?, config).map(Rc::new)
}

fn mlp() -> Result<Rc<Model>> {
    let shape = Arg::List(vec![Arg::Int(784)]);
    let layers = vec![
        layer(
            "Dense",
            vec![
                ("units", Arg::Int(128)),
                ("activation", Arg::str("relu")),
                ("input_shape", shape),
            ],
        )?,
        layer("Dropout", vec![("rate", Arg::Float(0.2))])?,
        layer("Dense", vec![("units", Arg::Int(10)), ("activation", Arg::str("softmax"))])?,
    ];
    let model = Model::sequential(layers, None)?;
    model.compile(Compiled::new(
        Arg::str("adam"),
        Arg::str("sparse_categorical_crossentropy"),
        Arg::None,
        Arg::List(vec![Arg::str("accuracy")]),
        Arg::None,
    )?);
    Ok(Rc::new(model))
}

fn main() -> Result<()> {
    kerai_engine::machine::work_here()?;
    random::set_seed(0);
    let model = mlp()?;
    let mut x = vec![0.0; SAMPLES * 784];
    Random::new(0, 1).fill_uniform(&mut x);
    let mut draws = Random::new(0, 2);
    let y: Vec<i32> = (0..SAMPLES).map(|_| i32::try_from(draws.below(10)).unwrap_or(0)).collect();
    let samples = Samples {
        x: vec![Rc::new(Tensor::from_vec(x, &[SAMPLES, 784])?)],
        y: vec![Rc::new(Tensor::from_vec(y, &[SAMPLES])?)],
        weights: Vec::new(),
    };
    let mut data = Arrays::new(samples, 32, true)?;
    let mut seconds = Vec::new();
    for _ in 0..6 {
        let start = Instant::now();
        let (options, mut history) = (FitOptions::default(), History::default());
        train::fit(&model, &mut data, None, &options, &[], &mut history)?;
        seconds.push(start.elapsed().as_secs_f64());
    }
    // The first epoch warms up, as it does there.
    seconds.remove(0);
    seconds.sort_by(f64::total_cmp);
    println!("{{\"workload\": \"mlp\", \"train_samples_s\": {:.1}}}", SAMPLES as f64 / seconds[2]);
    Ok(())
}
