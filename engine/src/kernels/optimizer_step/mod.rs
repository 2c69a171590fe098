//! One step of an optimizer: weight and slots change in place, in one pass.
//!
//! `w` weight, `g` gradient, `slots` what the rule keeps per weight (momentum, velocity, ...), all of one length.
//! Formulas: those of Keras 3 (`keras/src/optimizers/*.py`), each beside its rule in `cpu.rs` and `reference.rs`.

mod cpu;
pub mod reference;

use crate::error::Result;
use crate::kernels::slices::{with_f32, with_f32_mut};
use candle_core::Tensor as Array;
pub use cpu::{average, decay, sum_of_squares};

/// How a weight follows its gradient.
#[derive(Debug, Clone, Copy, PartialEq)]
#[expect(missing_docs, reason = "the names are those of Keras' arguments")]
pub enum Rule {
    Sgd { momentum: f64, nesterov: bool },
    RmsProp { rho: f64, momentum: f64, epsilon: f64, centered: bool },
    Adam { beta_1: f64, beta_2: f64, epsilon: f64, amsgrad: bool },
    Adamax { beta_1: f64, beta_2: f64, epsilon: f64 },
    Nadam { beta_1: f64, beta_2: f64, epsilon: f64 },
    Adagrad { initial: f64, epsilon: f64 },
    Adadelta { rho: f64, epsilon: f64 },
    Ftrl { power: f64, initial: f64, l1: f64, l2: f64, shrinkage: f64, beta: f64 },
    Lion { beta_1: f64, beta_2: f64 },
    Lamb { beta_1: f64, beta_2: f64, epsilon: f64 },
    ScheduleFree { beta_1: f64, beta_2: f64, epsilon: f64, warmup: u64 },
    Adafactor { decay: f64, epsilon_1: f64, epsilon_2: f64, threshold: f64, relative: bool },
    Muon { momentum: f64, nesterov: bool, steps: usize, factors: [f64; 3], rms_rate: Option<f64> },
}

/// A number that a rule keeps for each weight.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Slot {
    /// Keras' name: `momentum`.
    pub name: &'static str,
    /// Its first value.
    pub initial: f32,
    /// Slots of one block are saved in turns, variable by variable; a block follows the other.
    pub block: usize,
    /// Which axes of the weight it has.
    pub extent: Extent,
}

/// How large a slot is, and whether it begins as the weight itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Extent {
    /// A number for each weight.
    Whole,
    /// A number for each weight, the weight's at first.
    Copy,
    /// One number for each row: all axes but the last.
    Rows,
    /// One number for each column: all axes but the last but one.
    Columns,
    /// One number, which stands in for rows or columns that there are not.
    One,
}

impl Slot {
    /// Its axes for a weight.
    pub fn shape(&self, weight: &[usize]) -> Vec<usize> {
        let rank = weight.len();
        match self.extent {
            Extent::Whole | Extent::Copy => weight.to_vec(),
            Extent::Rows => weight[..rank.saturating_sub(1)].to_vec(),
            Extent::Columns => {
                let mut shape = weight.to_vec();
                shape.remove(rank.saturating_sub(2));
                shape
            }
            Extent::One => Vec::new(),
        }
    }

    /// Its first value for a weight.
    pub fn first(&self, weight: &Array) -> Result<Array> {
        if self.extent == Extent::Copy {
            return Ok(weight.copy()?);
        }
        let initial = f64::from(self.initial);
        let ones = Array::ones(self.shape(weight.dims()), weight.dtype(), weight.device())?;
        Ok(ones.affine(initial, 0.0)?)
    }
}

/// What changes from step to step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moment {
    /// The learning rate.
    pub rate: f32,
    /// The step's number, from 1.
    pub step: u64,
    /// Nadam's product of momenta, this step's included.
    pub product: f32,
}

impl Rule {
    /// What it keeps for each weight.
    pub fn slots(&self, rank: usize) -> Vec<Slot> {
        let of = |name, initial: f64, block, extent| Slot {
            name,
            initial: initial as f32,
            block,
            extent,
        };
        let slot = |name, initial, block| of(name, initial, block, Extent::Whole);
        match *self {
            Rule::Sgd { momentum: 0.0, .. } => vec![],
            Rule::Sgd { .. } | Rule::Lion { .. } => vec![slot("momentum", 0.0, 0)],
            Rule::RmsProp { momentum, centered, .. } => {
                let mut slots = vec![slot("velocity", 0.0, 0)];
                if momentum > 0.0 {
                    slots.push(slot("momentum", 0.0, 1));
                }
                if centered {
                    slots.push(slot("average_gradient", 0.0, 2));
                }
                slots
            }
            Rule::Adam { amsgrad, .. } => {
                let mut slots = vec![slot("momentum", 0.0, 0), slot("velocity", 0.0, 0)];
                if amsgrad {
                    slots.push(slot("velocity_hat", 0.0, 1));
                }
                slots
            }
            Rule::Adamax { .. } => vec![slot("momentum", 0.0, 0), slot("norm", 0.0, 0)],
            Rule::Nadam { .. } | Rule::Lamb { .. } => {
                vec![slot("momentum", 0.0, 0), slot("velocity", 0.0, 0)]
            }
            Rule::Adagrad { initial, .. } => vec![slot("accumulator", initial, 0)],
            Rule::Adadelta { .. } => {
                vec![slot("accumulated_grad", 0.0, 0), slot("accumulated_delta_var", 0.0, 0)]
            }
            Rule::Ftrl { initial, .. } => {
                vec![slot("accumulator", initial, 0), slot("linear", 0.0, 0)]
            }
            Rule::ScheduleFree { .. } => {
                vec![of("momentum", 0.0, 0, Extent::Copy), slot("velocity", 0.0, 0)]
            }
            Rule::Adafactor { .. } => {
                let (rows, columns) = match rank {
                    0 | 1 => (Extent::One, Extent::One),
                    _ => (Extent::Rows, Extent::Columns),
                };
                let velocity = slot("velocity", 0.0, 0);
                vec![of("r", 0.0, 0, rows), of("c", 0.0, 0, columns), velocity]
            }
            Rule::Muon { .. } => vec![slot("momentum", 0.0, 0)],
        }
    }

    /// Whether each weight follows its own gradient and slots, so that [`step`] can take them in one pass; the others
    /// are for [`reference::step`].
    pub fn is_elementwise(&self) -> bool {
        !matches!(self, Rule::Adafactor { .. } | Rule::Muon { .. })
    }

    /// The momentum of Nadam at a step.
    pub(crate) fn nadam_momentum(beta_1: f64, step: u64) -> f64 {
        let beta_1 = f64::from(beta_1 as f32);
        beta_1 * (1.0 - 0.5 * power(0.96, step))
    }
}

/// `base ** step`, with the base rounded to float32 as Keras has it.
pub(crate) fn power(base: f64, step: u64) -> f64 {
    f64::from(base as f32).powf(step as f64)
}

/// The share of the learning rate while it grows.
fn warmed(step: u64, warmup: u64) -> f64 {
    if warmup == 0 { 1.0 } else { (step as f64 / warmup as f64).min(1.0) }
}

/// Changes a weight and its slots in place. Both tensors are contiguous float32 on the CPU and of one size.
pub fn step(
    rule: &Rule,
    moment: Moment,
    w: &Array,
    g: &[f32],
    slots: &mut [Vec<f32>],
) -> Result<()> {
    with_f32_mut(w, |w| {
        let mut parts: [&mut [f32]; 3] = [&mut [], &mut [], &mut []];
        for (part, slot) in parts.iter_mut().zip(slots) {
            *part = slot;
        }
        cpu::step(rule, moment, w, g, parts);
        Ok(())
    })
}

/// The values of a gradient; a copy is made if it shares the weight's storage, which is about to change.
pub fn with_gradient<T>(g: &Array, w: &Array, work: impl FnOnce(&[f32]) -> Result<T>) -> Result<T> {
    let place = |array: &Array| with_f32(array, |values| Ok(values.as_ptr()));
    if g.is_contiguous() && w.is_contiguous() && place(g)? == place(w)? {
        let copy = with_f32(g, |values| Ok(values.to_vec()))?;
        return work(&copy);
    }
    with_f32(g, work)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;
    use candle_core::Device;

    #[test]
    fn the_pass_in_place_does_what_plain_operations_do() {
        let rules = [
            Rule::Sgd { momentum: 0.0, nesterov: false },
            Rule::Sgd { momentum: 0.9, nesterov: false },
            Rule::Sgd { momentum: 0.9, nesterov: true },
            Rule::RmsProp { rho: 0.9, momentum: 0.0, epsilon: 1e-7, centered: false },
            Rule::RmsProp { rho: 0.9, momentum: 0.5, epsilon: 1e-7, centered: true },
            Rule::RmsProp { rho: 0.9, momentum: 0.0, epsilon: 1e-7, centered: true },
            Rule::Adam { beta_1: 0.9, beta_2: 0.999, epsilon: 1e-7, amsgrad: false },
            Rule::Adam { beta_1: 0.9, beta_2: 0.999, epsilon: 1e-7, amsgrad: true },
            Rule::Adamax { beta_1: 0.9, beta_2: 0.999, epsilon: 1e-7 },
            Rule::Nadam { beta_1: 0.9, beta_2: 0.999, epsilon: 1e-7 },
            Rule::Adagrad { initial: 0.1, epsilon: 1e-7 },
            Rule::Adadelta { rho: 0.95, epsilon: 1e-7 },
            Rule::Ftrl { power: -0.5, initial: 0.1, l1: 0.01, l2: 0.1, shrinkage: 0.1, beta: 0.1 },
            Rule::Ftrl { power: -0.4, initial: 0.1, l1: 0.0, l2: 0.0, shrinkage: 0.0, beta: 0.0 },
            Rule::Lion { beta_1: 0.9, beta_2: 0.99 },
            Rule::Lamb { beta_1: 0.9, beta_2: 0.999, epsilon: 1e-7 },
            Rule::ScheduleFree { beta_1: 0.9, beta_2: 0.999, epsilon: 1e-8, warmup: 2 },
        ];
        // Odd, and large enough for several threads.
        for (rule, n) in rules.iter().flat_map(|rule| [(rule, 7), (rule, 200_003)]) {
            let mut random = Random::new(3, 1);
            let mut draw = |scale: f32| {
                let mut values = vec![0.0; n];
                random.fill_normal(&mut values);
                values.iter_mut().for_each(|v| *v *= scale);
                values
            };
            let w = Array::from_vec(draw(1.0), n, &Device::Cpu).unwrap();
            let first = |slot: &Slot| slot.first(&w).unwrap().to_vec1::<f32>().unwrap();
            let mut slots: Vec<Vec<f32>> = rule.slots(1).iter().map(first).collect();
            let mut expected = (
                w.copy().unwrap(),
                slots
                    .iter()
                    .map(|slot| Array::from_vec(slot.clone(), n, &Device::Cpu).unwrap())
                    .collect::<Vec<_>>(),
            );
            let mut product = 1.0;
            for number in 1..4 {
                if let Rule::Nadam { beta_1, .. } = rule {
                    product *= Rule::nadam_momentum(*beta_1, number) as f32;
                }
                let moment = Moment { rate: 0.01, step: number, product };
                let g = draw(0.1);
                step(rule, moment, &w, &g, &mut slots).unwrap();
                let g = Array::from_vec(g, n, &Device::Cpu).unwrap();
                expected = reference::step(rule, moment, &expected.0, &g, &expected.1).unwrap();
                let got = w.to_vec1::<f32>().unwrap();
                let wanted = expected.0.to_vec1::<f32>().unwrap();
                for (i, (a, b)) in got.iter().zip(&wanted).enumerate() {
                    assert!((a - b).abs() < 2e-5 * b.abs().max(1.0), "{rule:?} {i}: {a} {b}");
                }
            }
        }
    }
}
