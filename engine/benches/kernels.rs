//! Kernels against their references, and the steps of whole models: `cargo bench -p kerai-engine --bench kernels`, or
//! only some of them (`-- convolutions recurrences`; the sections stand in `main`).
//! Times are the best of several runs; on a busy machine compare only what one run prints.
#![allow(clippy::print_stdout, reason = "a benchmark prints its results")]
#![allow(missing_docs, reason = "a program")]

use candle_core::{Device, Tensor as Array};
use kerai_engine::activations::Activation;
use kerai_engine::catalog::{self, Kind, Made};
use kerai_engine::kernels::add::{self, add_relu};
use kerai_engine::kernels::attention::{self, Empty, Options, attention};
use kerai_engine::kernels::convolution::{self, Motion, convolution, pooled_convolution};
use kerai_engine::kernels::geometry::Geometry;
use kerai_engine::kernels::normalization::{batch_normalization, layer_normalization};
use kerai_engine::kernels::optimizer_step::{self, Moment, Rule};
use kerai_engine::kernels::pages::Pages;
use kerai_engine::kernels::pointwise::{Elementwise, functions};
use kerai_engine::kernels::pooling::{self, MaxPooling, Pool, pool};
use kerai_engine::kernels::recurrent::{self, Cell, Sequence};
use kerai_engine::kernels::recycler::Recycler;
use kerai_engine::kernels::softmax_cross_entropy::{Targets, softmax_cross_entropy};
use kerai_engine::kernels::{dense, dropout, embedding};
use kerai_engine::random::Random;
use kerai_engine::shape::Padding;
use kerai_engine::tape::Tape;
use kerai_engine::variable::Variable;
use kerai_engine::{Result, Tensor};
use std::hint::black_box;
use std::rc::Rc;
use std::time::Instant;

/// As in the program.
#[global_allocator]
static ALLOCATOR: Recycler<Pages<mimalloc::MiMalloc>> =
    Recycler::over(Pages::over(mimalloc::MiMalloc));

fn values(shape: &[usize], seed: u64) -> Tensor {
    let mut values = vec![0.0; shape.iter().product()];
    Random::new(seed, 1).fill_normal(&mut values);
    values.iter_mut().for_each(|v| *v *= 0.1);
    Tensor::from_vec(values, shape).expect("the shape fits")
}

/// Seconds of one call: the best of about half a second.
fn time<T>(mut work: impl FnMut() -> Result<T>) -> f64 {
    let mut best = f64::INFINITY;
    let start = Instant::now();
    while start.elapsed().as_secs_f64() < 0.4 {
        let one = Instant::now();
        black_box(work().expect("the benchmark's shapes fit"));
        best = best.min(one.elapsed().as_secs_f64());
    }
    best
}

fn show(name: &str, seconds: f64, flops: f64, reference: Option<f64>) {
    let ratio = reference.map_or(String::new(), |reference| {
        format!("   {:7.1} x the reference", reference / seconds)
    });
    let rate =
        if flops > 0.0 { format!("{:7.1} GFLOP/s", flops / seconds / 1e9) } else { " ".repeat(15) };
    println!("{name:<52} {:10.1} us  {rate}{ratio}", seconds * 1e6);
}

/// Forward alone, and forward with the gradients of these inputs.
fn both(name: &str, flops: f64, inputs: &[Tensor], f: impl Fn(&[Tensor]) -> Result<Tensor>) {
    show(&format!("{name}, forward"), time(|| f(inputs)), flops, None);
    let seconds = time(|| {
        let tape = Tape::start();
        let watched: Vec<Tensor> = inputs.iter().map(|input| tape.watch(input)).collect();
        let y = f(&watched)?;
        tape.stop();
        tape.gradient(&y, &watched.iter().collect::<Vec<_>>())
    });
    show(&format!("{name}, with all gradients"), seconds, 3.0 * flops, None);
}

fn products() -> Result<()> {
    for (m, n, k) in [
        (32, 128, 784),
        (784, 128, 32),
        (128, 1024, 784),
        (128, 1024, 1024),
        (1024, 1024, 128),
        (6400, 64, 64),
    ] {
        let inputs = [values(&[m, k], 1), values(&[k, n], 2), values(&[n], 3)];
        let reference = time(|| {
            dense::reference::forward(inputs[0].array(), inputs[1].array(), Some(inputs[2].array()))
        });
        let f = |i: &[Tensor]| dense::dense_ending(&i[0], &i[1], Some(&i[2]), dense::End::Relu);
        let flops = 2.0 * (m * n * k) as f64;
        show(&format!("dense {m} x {n} x {k}"), time(|| f(&inputs)), flops, Some(reference));
    }
    // In the same pass, against a pass of its own.
    for (name, function) in [
        ("tanh", &functions::Tanh {} as &'static dyn Elementwise),
        ("gelu", &functions::Gelu { approximate: false }),
    ] {
        for (m, n, k) in [(32, 128, 128), (4096, 1024, 64)] {
            let inputs = [values(&[m, k], 1), values(&[k, n], 2), values(&[n], 3)];
            let plain = |i: &[Tensor]| dense::dense(&i[0], &i[1], Some(&i[2]));
            let apart = time(|| function.apply(&plain(&inputs)?));
            let end = dense::End::Function(function);
            let f = |i: &[Tensor]| dense::dense_ending(&i[0], &i[1], Some(&i[2]), end);
            let flops = 2.0 * (m * n * k) as f64;
            show(
                &format!("dense {m} x {n} x {k}, {name}"),
                time(|| f(&inputs)),
                flops,
                Some(apart),
            );
        }
    }
    Ok(())
}

fn convolutions() -> Result<()> {
    for (name, x, w, groups, padding) in [
        ("conv 28x28x1 -> 32, batch 128", [128, 28, 28, 1], [3, 3, 1, 32], 1, Padding::Valid),
        ("conv 13x13x32 -> 64, batch 128", [128, 13, 13, 32], [3, 3, 32, 64], 1, Padding::Valid),
        ("conv 32x32x16 -> 16, batch 64", [64, 32, 32, 16], [3, 3, 16, 16], 1, Padding::Same),
        ("conv 1x1 32x32x64 -> 64, batch 16", [16, 32, 32, 64], [1, 1, 64, 64], 1, Padding::Same),
        ("depthwise 26x26x32, batch 64", [64, 26, 26, 32], [3, 3, 1, 32], 32, Padding::Same),
    ] {
        let ones = [1, 1];
        let motion = Motion { strides: &ones, dilation: &ones, padding, groups };
        let geometry = Geometry::new(&x, &w[..2], &ones, &ones, padding)?;
        let flops = 2.0 * (x[0] * geometry.outputs() * w[0] * w[1] * w[2] * w[3]) as f64;
        let inputs = [values(&x, 1), values(&w, 2), values(&[w[3]], 3)];
        if groups == 1 {
            let [x, w, b] = [0, 1, 2].map(|i: usize| inputs[i].array());
            let reference =
                time(|| convolution::reference::forward(x, w, Some(b), &geometry, groups));
            let fast = time(|| convolution(&inputs[0], &inputs[1], Some(&inputs[2]), motion, true));
            show(&format!("{name}, against its reference"), fast, flops, Some(reference));
        }
        both(name, flops, &inputs, |i| convolution(&i[0], &i[1], Some(&i[2]), motion, true));
    }
    Ok(())
}

/// A convolution with max pooling: in one pass, and one after the other.
fn pooled() -> Result<()> {
    let inputs = [values(&[128, 28, 28, 1], 1), values(&[3, 3, 1, 32], 2), values(&[32], 3)];
    let motion = Motion { strides: &[1, 1], dilation: &[1, 1], padding: Padding::Valid, groups: 1 };
    let pooling = MaxPooling { size: vec![2; 2], strides: vec![2; 2], padding: Padding::Valid };
    let [x, w, b] = &inputs;
    let apart = time(|| pooling.apply(&convolution(x, w, Some(b), motion, true)?));
    let at_once = time(|| pooled_convolution(x, w, Some(b), motion, true, Some(&pooling)));
    println!("conv 28x28x1 -> 32 and max pooling, batch 128: {:.1} us apart", apart * 1e6);
    show("conv 28x28x1 -> 32 and max pooling, at once", at_once, 0.0, None);
    Ok(())
}

fn attentions() -> Result<()> {
    let (batch, places, heads, depth) = (32, 200, 4, 16);
    let inputs = [1, 2, 3].map(|seed| values(&[batch, places, heads, depth], seed));
    let flops = 4.0 * (batch * heads * places * places * depth) as f64;
    for causal in [false, true] {
        let options =
            Options { scale: 0.25, causal, mask: None, empty: Empty::Mean, dropout: None };
        let name = format!("attention 32 x 200 x 4 x 16, causal {causal}");
        let [q, k, v] = &inputs;
        let reference = time(|| attention::reference::attention(q, k, v, &options));
        let fast = time(|| attention(q, k, v, &options));
        show(&format!("{name}, against its reference"), fast, flops, Some(reference));
        both(&name, flops, &inputs, |i| attention(&i[0], &i[1], &i[2], &options));
    }
    Ok(())
}

fn others() -> Result<()> {
    let inputs = [1, 2].map(|seed| values(&[64, 32, 32, 16], seed));
    let [a, b] = [0, 1].map(|i: usize| inputs[i].array());
    let reference = time(|| add::reference::sum(a, b, true));
    let fast = time(|| add_relu(&inputs[0], &inputs[1]));
    show("add and relu 64x32x32x16", fast, 0.0, Some(reference));
    both("add and relu 64x32x32x16", 0.0, &inputs, |i| add_relu(&i[0], &i[1]));
    let x = values(&[128, 26, 26, 32], 1);
    let geometry = Geometry::new(x.shape(), &[2, 2], &[2, 2], &[1, 1], Padding::Valid)?;
    let reference = time(|| pooling::reference::forward(x.array(), Pool::Max, &geometry));
    let f = |i: &[Tensor]| pool(&i[0], Pool::Max, &[2, 2], &[2, 2], Padding::Valid);
    show(
        "max pooling 26x26x32, batch 128",
        time(|| f(std::slice::from_ref(&x))),
        0.0,
        Some(reference),
    );
    both("max pooling 26x26x32, batch 128", 0.0, std::slice::from_ref(&x), f);
    let inputs = [values(&[64, 32, 32, 16], 1), values(&[16], 2), values(&[16], 3)];
    both("batch normalization 64x32x32x16", 0.0, &inputs, |i| {
        Ok(batch_normalization(&i[0], Some(&i[1]), Some(&i[2]), 1e-3, None, false)?.0)
    });
    let inputs = [values(&[32, 200, 64], 1), values(&[64], 2), values(&[64], 3)];
    both("layer normalization 32x200x64", 0.0, &inputs, |i| {
        layer_normalization(&i[0], Some(&i[1]), Some(&i[2]), 1e-3)
    });
    let random = Random::new(1, 1);
    for shape in [&[32, 128][..], &[128, 5, 5, 64]] {
        both(&format!("dropout {shape:?}"), 0.0, &[values(shape, 1)], |i| {
            dropout::dropout(&i[0], 0.3, random)
        });
    }
    let labels: Vec<_> = (0..128).map(|i| Some(i % 10)).collect();
    both("softmax crossentropy 128x10", 0.0, &[values(&[128, 10], 1)], |i| {
        softmax_cross_entropy(&i[0], Targets::Labels(&labels))
    });
    let ids = Array::from_iter((0..32 * 80).map(|i| i64::from(i * 7919 % 20_000)), &Device::Cpu)?;
    both("embedding 2560 of 20000x128", 0.0, &[values(&[20_000, 128], 1)], |i| {
        embedding::embedding(&ids, &i[0])
    });
    Ok(())
}

fn recurrences() -> Result<()> {
    let (batch, time, features, u) = (32, 80, 128, 128);
    let (tanh, sigmoid) = (Activation::named("tanh")?, Activation::named("sigmoid")?);
    // Every sample ends in padding of a length of its own.
    let flags = (0..batch * time).map(|i| u8::from(i % time < time - i / time));
    let mask = Array::from_iter(flags, &Device::Cpu)?.reshape((batch, time))?;
    for (name, cell, bias) in [
        ("LSTM", Cell::Lstm, &[4 * u][..]),
        ("GRU", Cell::Gru { reset_after: true }, &[2, 3 * u]),
        ("GRU, reset before", Cell::Gru { reset_after: false }, &[3 * u]),
        ("SimpleRNN", Cell::Simple, &[u]),
    ] {
        let gates = cell.gates();
        let mut inputs = vec![
            values(&[batch, time, features], 1),
            values(&[features, gates * u], 2),
            values(&[u, gates * u], 3),
            values(bias, 4),
        ];
        inputs.extend((0..cell.states()).map(|state| values(&[batch, u], 5 + state as u64)));
        let flops = 2.0 * (batch * time * gates * u * (features + u)) as f64;
        for (masked, mask) in [("", None), (" masked", Some(&mask))] {
            both(&format!("{name} 32 x 80 x 128 -> 128{masked}"), flops, &inputs, |i| {
                let sequence = Sequence {
                    cell,
                    activation: &tanh,
                    recurrent_activation: &sigmoid,
                    kernel: &i[1],
                    recurrent_kernel: &i[2],
                    bias: Some(&i[3]),
                    states: &i[4..],
                    mask,
                    factors: None,
                };
                Ok(recurrent::run(&i[0], &sequence)?.1.remove(0))
            });
        }
    }
    Ok(())
}

fn optimizers() -> Result<()> {
    for n in [128, 100_352, 2_560_000] {
        let rule = Rule::Adam { beta_1: 0.9, beta_2: 0.999, epsilon: 1e-7, amsgrad: false };
        let moment = Moment { rate: 1e-3, step: 10, product: 1.0 };
        let (w, g) = (values(&[n], 1), values(&[n], 2));
        let mut slots = vec![vec![0.1; n], vec![0.1; n]];
        let gradient = g.to_f32_vec()?;
        let fast = time(|| optimizer_step::step(&rule, moment, w.array(), &gradient, &mut slots));
        let slots = [values(&[n], 3).into_array(), values(&[n], 4).into_array()];
        let reference =
            time(|| optimizer_step::reference::step(&rule, moment, w.array(), g.array(), &slots));
        show(&format!("Adam on {n} weights"), fast, 0.0, Some(reference));
    }
    Ok(())
}

/// The training step of 784-128-10 with a batch of 32: the whole, and its parts.
fn mlp() -> Result<()> {
    let variable = |name: &str, shape: &[usize], seed| {
        Rc::new(Variable::new(name, values(shape, seed).into_array(), true))
    };
    let variables = [
        variable("w1", &[784, 128], 1),
        variable("b1", &[128], 2),
        variable("w2", &[128, 10], 3),
        variable("b2", &[10], 4),
    ];
    let Made::Optimizer(adam) = catalog::find(Kind::Optimizer, "adam")?.make(Vec::new())? else {
        return Ok(());
    };
    let x = values(&[32, 784], 5);
    let labels: Vec<_> = (0..32).map(|i| Some(i % 10)).collect();
    let forward = || -> Result<Tensor> {
        let [w1, b1, w2, b2] = [0, 1, 2, 3].map(|i: usize| variables[i].read());
        let h = dense::dense_ending(&x, &w1, Some(&b1), dense::End::Relu)?;
        let y = dense::dense(&h, &w2, Some(&b2))?;
        softmax_cross_entropy(&y, Targets::Labels(&labels))
    };
    let backward = || -> Result<Vec<Option<Array>>> {
        let tape = Tape::start();
        let loss = forward()?;
        tape.stop();
        let Some(node) = loss.node() else { return Ok(Vec::new()) };
        let nodes: Vec<_> = variables.iter().map(|v| v.node_on(node.list_id())).collect();
        tape.gradient_of_nodes(&loss, &nodes, None)
    };
    show("mlp 784-128-10, batch 32: forward", time(forward), 0.0, None);
    show("mlp: forward and backward", time(backward), 0.0, None);
    show("mlp: whole step with Adam", time(|| adam.apply(&backward()?, &variables)), 0.0, None);
    Ok(())
}

fn main() -> Result<()> {
    kerai_engine::machine::work_here()?;
    println!(
        "{} threads, {:?}",
        rayon::current_num_threads(),
        kerai_engine::kernels::simd::level()
    );
    let sections: [(&str, fn() -> Result<()>); 8] = [
        ("mlp", mlp),
        ("products", products),
        ("convolutions", convolutions),
        ("pooled", pooled),
        ("attentions", attentions),
        ("others", others),
        ("recurrences", recurrences),
        ("optimizers", optimizers),
    ];
    // Cargo adds a flag of its own.
    let wanted: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    for (name, section) in sections {
        if wanted.is_empty() || wanted.iter().any(|wanted| wanted == name) {
            section()?;
        }
    }
    Ok(())
}
