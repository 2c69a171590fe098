//! Keras' initializers: where the first values of weights come from.

use crate::catalog::{self, Entry, Kind, Made};
use crate::config;
use crate::config::{Arg, Config, Configured, Field};
use crate::error::{Error, Result};
use crate::function::Function;
use crate::memory;
use crate::random::{self, Random};
use candle_core::{Device, Tensor as Array};
use std::rc::Rc;

/// Makes first values.
pub trait Initialize {
    /// Keras' class name.
    fn class_name(&self) -> String;

    /// Its arguments.
    fn config(&self) -> Config;

    /// Values of a shape, float32.
    fn make(&self, shape: &[usize]) -> Result<Array>;

    /// The user's function, if it is one.
    fn function(&self) -> Option<&Function> {
        None
    }
}

/// An initializer, shared.
#[derive(Clone)]
pub struct Initializer(pub Rc<dyn Initialize>);

impl Initializer {
    /// An initializer of ours by name.
    pub fn named(name: &'static str) -> Self {
        Self::parse(&Arg::str(name)).unwrap_or_else(|_| Initializer(Rc::new(Zeros {})))
    }

    /// Values of a shape.
    pub fn make(&self, shape: &[usize]) -> Result<Array> {
        memory::room_for(shape, size_of::<f32>())?;
        self.0.make(shape)
    }

    /// As a config holds it.
    pub fn identifier(&self) -> Arg {
        match self.0.function() {
            Some(function) => function.identifier(),
            None => catalog::envelope("keras.initializers", &self.0.class_name(), self.0.config()),
        }
    }
}

impl Field for Initializer {
    fn parse(arg: &Arg) -> Result<Self> {
        match catalog::get(Kind::Initializer, arg)? {
            Made::Initializer(initializer) => Ok(initializer),
            _ => Err(crate::config::mismatch::<Self>(arg)),
        }
    }

    fn to_arg(&self) -> Arg {
        Arg::Made(Made::Initializer(self.clone()))
    }

    fn kind() -> String {
        "the name of an initializer or an initializer".to_owned()
    }
}

/// A configured initializer; what follows from its arguments is written once, below.
trait Draw: Configured {
    fn draw(&self, shape: &[usize]) -> Result<Vec<f32>>;
}

impl<T: Draw> Initialize for T {
    fn class_name(&self) -> String {
        T::NAME.to_owned()
    }

    fn config(&self) -> Config {
        Configured::config(self)
    }

    fn make(&self, shape: &[usize]) -> Result<Array> {
        Ok(Array::from_vec(self.draw(shape)?, shape, &Device::Cpu)?)
    }
}

const fn entry<T: Draw + 'static>(aliases: &'static [&'static str]) -> Entry {
    Entry::of::<T>(Kind::Initializer, aliases, |args| {
        Ok(Made::Initializer(Initializer(Rc::new(T::from_args(args)?))))
    })
}

config! {
    /// All zeros.
    pub struct Zeros("Zeros") {}
}

config! {
    /// All ones.
    pub struct Ones("Ones") {}
}

config! {
    /// One number everywhere.
    pub struct Constant("Constant") {
        /// The number.
        value: f64 = 0.0,
    }
}

config! {
    /// The identity matrix times a number. Shapes: matrices only.
    pub struct Identity("Identity") {
        /// The number.
        gain: f64 = 1.0,
    }
}

config! {
    /// Normals.
    pub struct RandomNormal("RandomNormal") {
        /// Their mean.
        mean: f64 = 0.0,
        /// Their standard deviation.
        stddev: f64 = 0.05,
        /// Makes the same numbers on each call.
        seed: Option<i64> = None,
    }
}

config! {
    /// Numbers spread evenly between two bounds.
    pub struct RandomUniform("RandomUniform") {
        /// The lower bound.
        minval: f64 = -0.05,
        /// The upper bound.
        maxval: f64 = 0.05,
        /// Makes the same numbers on each call.
        seed: Option<i64> = None,
    }
}

config! {
    /// Normals, drawn again where they lie more than two standard deviations from the mean.
    pub struct TruncatedNormal("TruncatedNormal") {
        /// Their mean.
        mean: f64 = 0.0,
        /// Their standard deviation before truncation.
        stddev: f64 = 0.05,
        /// Makes the same numbers on each call.
        seed: Option<i64> = None,
    }
}

config! {
    /// Numbers whose variance is `scale / n`, where n is the number of inputs or outputs of a unit.
    pub struct VarianceScaling("VarianceScaling") {
        /// The variance of a weight times n.
        scale: f64 = 1.0,
        /// What n is: `"fan_in"`, `"fan_out"` or their mean, `"fan_avg"`.
        mode: FanMode = FanMode::FanIn,
        /// `"truncated_normal"`, `"untruncated_normal"` or `"uniform"`.
        distribution: Distribution = Distribution::TruncatedNormal,
        /// Makes the same numbers on each call.
        seed: Option<i64> = None,
        /// The axes that count as inputs, if the kernel is no usual one.
        input_axes: Option<Vec<i64>> = None,
        /// The axes that count as outputs, if the kernel is no usual one.
        output_axes: Option<Vec<i64>> = None,
    }
}

config! {
    /// An orthogonal matrix (of the leading axes together and the last one), from the QR decomposition of normals (Saxe
    /// et al., 2014, arXiv:1312.6120).
    pub struct Orthogonal("Orthogonal") {
        /// What it is multiplied by.
        gain: f64 = 1.0,
        /// Makes the same numbers on each call.
        seed: Option<i64> = None,
    }
}

/// The named cases of variance scaling.
macro_rules! scaled {
    ($($name:ident $class:literal, $scale:literal, $mode:ident, $distribution:ident, $doc:literal;)*) => {$(
        config! {
            #[doc = $doc]
            pub struct $name($class) {
                /// Makes the same numbers on each call.
                seed: Option<i64> = None,
                /// The axes that count as inputs, if the kernel is no usual one.
                input_axes: Option<Vec<i64>> = None,
                /// The axes that count as outputs, if the kernel is no usual one.
                output_axes: Option<Vec<i64>> = None,
            }
        }

        impl Draw for $name {
            fn draw(&self, shape: &[usize]) -> Result<Vec<f32>> {
                VarianceScaling {
                    scale: $scale,
                    mode: FanMode::$mode,
                    distribution: Distribution::$distribution,
                    seed: self.seed,
                    input_axes: self.input_axes.clone(),
                    output_axes: self.output_axes.clone(),
                }
                .draw(shape)
            }
        }
    )*};
}

scaled! {
    GlorotUniform "GlorotUniform", 1.0, FanAvg, Uniform,
        "Evenly spread with limit `sqrt(6 / (inputs + outputs))` (Glorot and Bengio, 2010). The default of most layers.";
    GlorotNormal "GlorotNormal", 1.0, FanAvg, TruncatedNormal,
        "Truncated normals with deviation `sqrt(2 / (inputs + outputs))` (Glorot and Bengio, 2010).";
    HeUniform "HeUniform", 2.0, FanIn, Uniform,
        "Evenly spread with limit `sqrt(6 / inputs)`, for relu (He et al., 2015, arXiv:1502.01852).";
    HeNormal "HeNormal", 2.0, FanIn, TruncatedNormal,
        "Truncated normals with deviation `sqrt(2 / inputs)`, for relu (He et al., 2015, arXiv:1502.01852).";
    LecunUniform "LecunUniform", 1.0, FanIn, Uniform,
        "Evenly spread with limit `sqrt(3 / inputs)`, for selu (Klambauer et al., 2017, arXiv:1706.02515).";
    LecunNormal "LecunNormal", 1.0, FanIn, TruncatedNormal,
        "Truncated normals with deviation `sqrt(1 / inputs)`, for selu (Klambauer et al., 2017, arXiv:1706.02515).";
}

crate::choices! {
    /// What a weight's variance is divided by.
    pub enum FanMode {
        FanIn = "fan_in",
        FanOut = "fan_out",
        FanAvg = "fan_avg",
    }
}

crate::choices! {
    /// How numbers are spread.
    pub enum Distribution {
        TruncatedNormal = "truncated_normal",
        UntruncatedNormal = "untruncated_normal",
        Uniform = "uniform",
    }
}

/// The stream of a seed, or the session's next.
fn stream(seed: Option<i64>) -> Random {
    match seed {
        Some(seed) => Random::new(seed.cast_unsigned(), 1),
        None => random::next_stream(),
    }
}

fn filled(shape: &[usize], fill: impl FnOnce(&mut [f32])) -> Vec<f32> {
    let mut values = vec![0.0; shape.iter().product()];
    fill(&mut values);
    values
}

/// Inputs and outputs of a unit (`compute_fans` of Keras).
fn fans(shape: &[usize]) -> (usize, usize) {
    match shape {
        [] => (1, 1),
        [size] => (*size, *size),
        [receptive @ .., inputs, outputs] => {
            let field: usize = receptive.iter().product();
            (inputs * field, outputs * field)
        }
    }
}

impl Draw for Zeros {
    fn draw(&self, shape: &[usize]) -> Result<Vec<f32>> {
        Ok(filled(shape, |_| {}))
    }
}

impl Draw for Ones {
    fn draw(&self, shape: &[usize]) -> Result<Vec<f32>> {
        Ok(filled(shape, |values| values.fill(1.0)))
    }
}

impl Draw for Constant {
    fn draw(&self, shape: &[usize]) -> Result<Vec<f32>> {
        Ok(filled(shape, |values| values.fill(self.value as f32)))
    }
}

impl Draw for Identity {
    fn draw(&self, shape: &[usize]) -> Result<Vec<f32>> {
        let [_, columns] = shape else {
            return Err(Error::value("Identity makes matrices only")
                .received(format!("shape {shape:?}"))
                .expected("a shape with two axes"));
        };
        Ok(filled(shape, |values| {
            for value in values.iter_mut().step_by(columns + 1).take(*columns) {
                *value = self.gain as f32;
            }
        }))
    }
}

impl Draw for RandomNormal {
    fn draw(&self, shape: &[usize]) -> Result<Vec<f32>> {
        Ok(filled(shape, |values| {
            stream(self.seed).fill_normal(values);
            spread(values, self.mean, self.stddev);
        }))
    }
}

impl Draw for RandomUniform {
    fn draw(&self, shape: &[usize]) -> Result<Vec<f32>> {
        Ok(filled(shape, |values| {
            stream(self.seed).fill_uniform(values);
            spread(values, self.minval, self.maxval - self.minval);
        }))
    }
}

impl Draw for TruncatedNormal {
    fn draw(&self, shape: &[usize]) -> Result<Vec<f32>> {
        Ok(filled(shape, |values| {
            stream(self.seed).fill_truncated_normal(values);
            spread(values, self.mean, self.stddev);
        }))
    }
}

fn spread(values: &mut [f32], offset: f64, factor: f64) {
    for value in values {
        *value = (f64::from(*value) * factor + offset) as f32;
    }
}

impl Draw for VarianceScaling {
    fn draw(&self, shape: &[usize]) -> Result<Vec<f32>> {
        if self.scale <= 0.0 {
            return Err(Error::value("VarianceScaling: scale must be positive")
                .received(format!("{:?}", self.scale)));
        }
        let (inputs, outputs) = match (&self.input_axes, &self.output_axes) {
            (Some(inputs), Some(outputs)) => {
                let count = |axes: &[i64]| -> Result<usize> {
                    axes.iter()
                        .map(|axis| Ok(shape[crate::ops::shape::axis_of(*axis, shape)?]))
                        .product()
                };
                (count(inputs)?, count(outputs)?)
            }
            _ => fans(shape),
        };
        let fan = match self.mode {
            FanMode::FanIn => inputs as f64,
            FanMode::FanOut => outputs as f64,
            FanMode::FanAvg => (inputs + outputs) as f64 / 2.0,
        };
        let variance = self.scale / fan.max(1.0);
        let mut random = stream(self.seed);
        Ok(filled(shape, |values| match self.distribution {
            Distribution::TruncatedNormal => {
                random.fill_truncated_normal(values);
                // The deviation of a normal that is cut at two deviations.
                spread(values, 0.0, variance.sqrt() / 0.879_625_661_034_239_8);
            }
            Distribution::UntruncatedNormal => {
                random.fill_normal(values);
                spread(values, 0.0, variance.sqrt());
            }
            Distribution::Uniform => {
                let limit = (3.0 * variance).sqrt();
                random.fill_uniform(values);
                spread(values, -limit, 2.0 * limit);
            }
        }))
    }
}

impl Draw for Orthogonal {
    fn draw(&self, shape: &[usize]) -> Result<Vec<f32>> {
        let [leading @ .., columns] = shape else {
            return Err(too_few_axes(shape));
        };
        if leading.is_empty() {
            return Err(too_few_axes(shape));
        }
        let (rows, columns) = (leading.iter().product::<usize>(), *columns);
        let (long, short) = (rows.max(columns), rows.min(columns));
        // Beside the result stand the normals and, in double precision, the columns.
        memory::room_for(&[long, short], 2 * size_of::<f64>())?;
        let mut normals = vec![0.0; long * short];
        stream(self.seed).fill_normal(&mut normals);
        let q = orthonormal_columns(&normals, long, short);
        let gain = self.gain;
        let at = |row: usize, column: usize| (q[column * long + row] * gain) as f32;
        let places = (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column)));
        Ok(places
            .map(|(row, column)| if rows >= columns { at(row, column) } else { at(column, row) })
            .collect())
    }
}

fn too_few_axes(shape: &[usize]) -> Error {
    Error::value("Orthogonal needs at least two axes").received(format!("shape {shape:?}"))
}

/// Q of the QR decomposition with a positive diagonal of R, column by column; by Gram and Schmidt, each column twice,
/// which is as exact as reflections. Uniform over all orthogonal matrices.
fn orthonormal_columns(normals: &[f32], rows: usize, columns: usize) -> Vec<f64> {
    let mut q: Vec<f64> = Vec::with_capacity(rows * columns);
    for c in 0..columns {
        let mut column: Vec<f64> = (0..rows).map(|r| f64::from(normals[r * columns + c])).collect();
        for _ in 0..2 {
            for known in q.chunks_exact(rows) {
                let dot: f64 = known.iter().zip(&column).map(|(a, b)| a * b).sum();
                column.iter_mut().zip(known).for_each(|(value, known)| *value -= dot * known);
            }
        }
        let norm = column.iter().map(|value| value * value).sum::<f64>().sqrt();
        q.extend(column.iter().map(|value| value / norm));
    }
    q
}

/// All initializers.
pub static ENTRIES: &[&Entry] = &[
    &entry::<Zeros>(&[]),
    &entry::<Ones>(&[]),
    &entry::<Constant>(&[]),
    &entry::<Identity>(&["IdentityInitializer"]),
    &entry::<RandomNormal>(&["normal"]),
    &entry::<RandomUniform>(&["uniform"]),
    &entry::<TruncatedNormal>(&[]),
    &entry::<VarianceScaling>(&[]),
    &entry::<GlorotUniform>(&[]),
    &entry::<GlorotNormal>(&[]),
    &entry::<HeUniform>(&[]),
    &entry::<HeNormal>(&[]),
    &entry::<LecunUniform>(&[]),
    &entry::<LecunNormal>(&[]),
    &entry::<Orthogonal>(&["OrthogonalInitializer"]),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check;

    fn moments(name: &str, given: Config, shape: &[usize]) -> (f64, f64, f64) {
        let made = catalog::find(Kind::Initializer, name).unwrap().make(given).unwrap();
        let Made::Initializer(initializer) = made else { panic!("{name} is no initializer") };
        let values = check::numbers(&initializer.make(shape).unwrap());
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n;
        (mean, variance.sqrt(), values.iter().fold(0.0, |a, b| b.abs().max(a)))
    }

    #[test]
    fn distributions_have_keras_deviation_and_limit() {
        for (name, shape, deviation, limit) in [
            ("glorot_uniform", &[300, 100][..], (2.0_f64 / 400.0).sqrt(), (6.0_f64 / 400.0).sqrt()),
            ("glorot_normal", &[300, 100], (2.0_f64 / 400.0).sqrt(), f64::INFINITY),
            ("he_uniform", &[3, 3, 64, 50], (2.0_f64 / 576.0).sqrt(), (6.0_f64 / 576.0).sqrt()),
            ("he_normal", &[3, 3, 64, 50], (2.0_f64 / 576.0).sqrt(), f64::INFINITY),
            ("lecun_normal", &[200, 100], (1.0_f64 / 200.0).sqrt(), f64::INFINITY),
            ("LecunUniform", &[200, 100], (1.0_f64 / 200.0).sqrt(), (3.0_f64 / 200.0).sqrt()),
            ("uniform", &[200, 100], 0.05 / 3.0_f64.sqrt(), 0.05),
            ("random_normal", &[200, 100], 0.05, f64::INFINITY),
            ("truncated_normal", &[200, 100], 0.05 * 0.8796, 0.1),
            ("zeros", &[20], 0.0, 0.0),
        ] {
            let (mean, found, largest) = moments(name, Vec::new(), shape);
            assert!(mean.abs() <= 0.03 * deviation, "{name}: mean {mean}");
            assert!((found - deviation).abs() <= 0.03 * deviation, "{name}: {found} {deviation}");
            assert!(largest <= limit, "{name}: {largest}");
        }
        let seeded = || moments("he_normal", vec![("seed".into(), Arg::Int(3))], &[7, 7]);
        assert_eq!(seeded(), seeded());
    }

    #[test]
    fn orthogonal_columns_or_rows_are_orthonormal() {
        for [rows, columns] in [[6, 4], [4, 6], [5, 5]] {
            let q =
                check::numbers(&Initializer::named("orthogonal").make(&[rows, columns]).unwrap());
            let at = |r: usize, c: usize| q[r * columns + c];
            let (n, inner) = (rows.min(columns), rows.max(columns));
            for i in 0..n {
                for j in 0..n {
                    let dot: f64 = (0..inner)
                        .map(|k| {
                            if rows >= columns { at(k, i) * at(k, j) } else { at(i, k) * at(j, k) }
                        })
                        .sum();
                    assert!((dot - f64::from(i == j)).abs() < 1e-5, "{rows} x {columns}: {dot}");
                }
            }
        }
    }
}
