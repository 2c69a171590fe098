//! The rules on slices: one pass each, on several threads for large weights.
#![allow(clippy::too_many_arguments, reason = "slots and the rule's numbers, in Keras' order")]

use super::{Moment, Rule, power};
use crate::kernels::simd::simd;

/// Values per task: 32 K weights with two slots are 512 KB, and take longer than a task costs.
const TASK: usize = 32 << 10;

/// One step on slices of one length; slots that a rule does not have are empty.
pub(super) fn step(rule: &Rule, moment: Moment, w: &mut [f32], g: &[f32], slots: [&mut [f32]; 3]) {
    assert_eq!(w.len(), g.len(), "a gradient has the size of its weight");
    if let Rule::Lamb { beta_1, beta_2, epsilon } = *rule {
        return lamb(w, g, slots, moment, [beta_1, beta_2, epsilon]);
    }
    split(rule, moment, w, g, slots);
}

fn split(rule: &Rule, moment: Moment, w: &mut [f32], g: &[f32], slots: [&mut [f32]; 3]) {
    if w.len() <= TASK || rayon::current_num_threads() == 1 {
        return run(rule, moment, w, g, slots);
    }
    let middle = w.len() / 2;
    let (w, w_rest) = w.split_at_mut(middle);
    let (g, g_rest) = g.split_at(middle);
    let [(a, a_rest), (b, b_rest), (c, c_rest)] = slots.map(|slot| {
        let middle = middle.min(slot.len());
        slot.split_at_mut(middle)
    });
    rayon::join(
        || split(rule, moment, w, g, [a, b, c]),
        || split(rule, moment, w_rest, g_rest, [a_rest, b_rest, c_rest]),
    );
}

fn run(rule: &Rule, moment: Moment, w: &mut [f32], g: &[f32], slots: [&mut [f32]; 3]) {
    let [a, b, c] = slots;
    let Moment { rate, step, product } = moment;
    match *rule {
        Rule::Sgd { momentum: 0.0, .. } => sgd(w, g, rate),
        Rule::Sgd { momentum, nesterov: false } => sgd_momentum(w, g, a, rate, momentum as f32),
        Rule::Sgd { momentum, nesterov: true } => sgd_nesterov(w, g, a, rate, momentum as f32),
        Rule::RmsProp { rho, momentum, epsilon, centered } => {
            let (r, s, e) = (rho as f32, (1.0 - rho) as f32, epsilon as f32);
            match (momentum > 0.0, centered) {
                (false, false) => rmsprop(w, g, a, rate, r, s, e),
                (true, false) => rmsprop_momentum(w, g, a, b, rate, r, s, e, momentum as f32),
                (false, true) => rmsprop_centered(w, g, a, b, rate, r, s, e),
                (true, true) => {
                    rmsprop_centered_momentum(w, g, a, b, c, rate, r, s, e, momentum as f32);
                }
            }
        }
        Rule::Adam { beta_1, beta_2, epsilon, amsgrad } => {
            let alpha =
                f64::from(rate) * (1.0 - power(beta_2, step)).sqrt() / (1.0 - power(beta_1, step));
            let (s1, s2) = ((1.0 - beta_1) as f32, (1.0 - beta_2) as f32);
            match amsgrad {
                false => adam(w, g, a, b, alpha as f32, s1, s2, epsilon as f32),
                true => adam_amsgrad(w, g, a, b, c, alpha as f32, s1, s2, epsilon as f32),
            }
        }
        Rule::Adamax { beta_1, beta_2, epsilon } => {
            let correction = (1.0 - power(beta_1, step)) as f32;
            let (s1, b2) = ((1.0 - beta_1) as f32, beta_2 as f32);
            adamax(w, g, a, b, rate, s1, b2, epsilon as f32, correction);
        }
        Rule::Nadam { beta_1, beta_2, epsilon } => {
            let u = Rule::nadam_momentum(beta_1, step);
            let u_next = Rule::nadam_momentum(beta_1, step + 1);
            let product = f64::from(product);
            let of_momentum = (u_next / (1.0 - product * u_next)) as f32;
            let of_gradient = ((1.0 - u) / (1.0 - product)) as f32;
            let correction = (1.0 - power(beta_2, step)) as f32;
            let (s1, s2) = ((1.0 - beta_1) as f32, (1.0 - beta_2) as f32);
            let e = epsilon as f32;
            nadam(w, g, a, b, rate, s1, s2, e, of_momentum, of_gradient, correction);
        }
        Rule::Adagrad { epsilon, .. } => adagrad(w, g, a, rate, epsilon as f32),
        Rule::Adadelta { rho, epsilon } => {
            adadelta(w, g, a, b, rate, rho as f32, (1.0 - rho) as f32, epsilon as f32);
        }
        Rule::Ftrl { power, l1, l2, shrinkage, beta, .. } => {
            let l2 = l2 as f32 + beta as f32 / (2.0 * rate);
            let shrinkage = (2.0 * shrinkage) as f32;
            match power {
                -0.5 => ftrl_root(w, g, a, b, rate, l1 as f32, l2, shrinkage),
                _ => ftrl(w, g, a, b, rate, -power as f32, l1 as f32, l2, shrinkage),
            }
        }
        Rule::Lion { beta_1, beta_2 } => {
            let (b1, b2) = (beta_1 as f32, beta_2 as f32);
            lion(w, g, a, rate, b1, 1.0 - b1, b2, 1.0 - b2);
        }
        Rule::ScheduleFree { beta_1, beta_2, epsilon, warmup } => {
            let rate = rate * super::warmed(step, warmup) as f32;
            let correction = (1.0 - power(beta_2, step)) as f32;
            let (b1, s2) = (beta_1 as f32, (1.0 - beta_2) as f32);
            let share = (1.0 / step as f64) as f32;
            schedule_free(w, g, a, b, rate, b1, s2, epsilon as f32, correction, share);
        }
        Rule::Lamb { .. } | Rule::Adafactor { .. } | Rule::Muon { .. } => {}
    }
}

simd! {
    /// `v += (g^2 - v) s2; x = (w - (1 - b1) z) / b1; z -= rate g / (sqrt(v / correction) + eps);`
    /// `x += (z - x) share; w = (1 - b1) z + b1 x`
    fn schedule_free(w: &mut [f32], g: &[f32], z: &mut [f32], v: &mut [f32], rate: f32, b1: f32, s2: f32, eps: f32, correction: f32, share: f32) {
        for (((w, g), z), v) in w.iter_mut().zip(g).zip(z).zip(v) {
            *v += (g * g - *v) * s2;
            let x = (*w - (1.0 - b1) * *z) / b1;
            *z -= rate * g / ((*v / correction).sqrt() + eps);
            let x = (1.0 - share) * x + share * *z;
            *w = (1.0 - b1) * *z + b1 * x;
        }
    }
}

simd! {
    /// `w -= rate g`
    fn sgd(w: &mut [f32], g: &[f32], rate: f32) {
        for (w, g) in w.iter_mut().zip(g) {
            *w -= g * rate;
        }
    }
}

simd! {
    /// `m = mu m - rate g; w += m`
    fn sgd_momentum(w: &mut [f32], g: &[f32], m: &mut [f32], rate: f32, mu: f32) {
        for ((w, g), m) in w.iter_mut().zip(g).zip(m) {
            *m = *m * mu - g * rate;
            *w += *m;
        }
    }
}

simd! {
    /// `m = mu m - rate g; w += mu m - rate g`
    fn sgd_nesterov(w: &mut [f32], g: &[f32], m: &mut [f32], rate: f32, mu: f32) {
        for ((w, g), m) in w.iter_mut().zip(g).zip(m) {
            *m = *m * mu - g * rate;
            *w += *m * mu - g * rate;
        }
    }
}

simd! {
    /// `v = rho v + (1 - rho) g^2; w -= rate g / sqrt(v + eps)`
    fn rmsprop(w: &mut [f32], g: &[f32], v: &mut [f32], rate: f32, rho: f32, rest: f32, eps: f32) {
        for ((w, g), v) in w.iter_mut().zip(g).zip(v) {
            *v = rho * *v + rest * (g * g);
            *w -= rate * g / (*v + eps).sqrt();
        }
    }
}

simd! {
    /// `... m = mu m + rate g / sqrt(v + eps); w -= m`
    fn rmsprop_momentum(w: &mut [f32], g: &[f32], v: &mut [f32], m: &mut [f32], rate: f32, rho: f32, rest: f32, eps: f32, mu: f32) {
        for (((w, g), v), m) in w.iter_mut().zip(g).zip(v).zip(m) {
            *v = rho * *v + rest * (g * g);
            *m = mu * *m + rate * g / (*v + eps).sqrt();
            *w -= *m;
        }
    }
}

simd! {
    /// `... a = rho a + (1 - rho) g; w -= rate g / sqrt(v - a^2 + eps)`
    fn rmsprop_centered(w: &mut [f32], g: &[f32], v: &mut [f32], a: &mut [f32], rate: f32, rho: f32, rest: f32, eps: f32) {
        for (((w, g), v), a) in w.iter_mut().zip(g).zip(v).zip(a) {
            *v = rho * *v + rest * (g * g);
            *a = rho * *a + rest * g;
            *w -= rate * g / (*v - *a * *a + eps).sqrt();
        }
    }
}

simd! {
    /// Both.
    fn rmsprop_centered_momentum(w: &mut [f32], g: &[f32], v: &mut [f32], m: &mut [f32], a: &mut [f32], rate: f32, rho: f32, rest: f32, eps: f32, mu: f32) {
        for ((((w, g), v), m), a) in w.iter_mut().zip(g).zip(v).zip(m).zip(a) {
            *v = rho * *v + rest * (g * g);
            *a = rho * *a + rest * g;
            *m = mu * *m + rate * g / (*v - *a * *a + eps).sqrt();
            *w -= *m;
        }
    }
}

simd! {
    /// `m += (g - m)(1 - b1); v += (g^2 - v)(1 - b2); w -= alpha m / (sqrt(v) + eps)`
    fn adam(w: &mut [f32], g: &[f32], m: &mut [f32], v: &mut [f32], alpha: f32, s1: f32, s2: f32, eps: f32) {
        for (((w, g), m), v) in w.iter_mut().zip(g).zip(m).zip(v) {
            *m += (g - *m) * s1;
            *v += (g * g - *v) * s2;
            *w -= *m * alpha / (v.sqrt() + eps);
        }
    }
}

simd! {
    /// `... h = max(h, v); w -= alpha m / (sqrt(h) + eps)`
    fn adam_amsgrad(w: &mut [f32], g: &[f32], m: &mut [f32], v: &mut [f32], h: &mut [f32], alpha: f32, s1: f32, s2: f32, eps: f32) {
        for ((((w, g), m), v), h) in w.iter_mut().zip(g).zip(m).zip(v).zip(h) {
            *m += (g - *m) * s1;
            *v += (g * g - *v) * s2;
            *h = h.max(*v);
            *w -= *m * alpha / (h.sqrt() + eps);
        }
    }
}

simd! {
    /// `m += (g - m)(1 - b1); u = max(b2 u, |g|); w -= rate m / ((1 - b1^t)(u + eps))`
    fn adamax(w: &mut [f32], g: &[f32], m: &mut [f32], u: &mut [f32], rate: f32, s1: f32, b2: f32, eps: f32, correction: f32) {
        for (((w, g), m), u) in w.iter_mut().zip(g).zip(m).zip(u) {
            *m += (g - *m) * s1;
            *u = (b2 * *u).max(g.abs());
            *w -= rate * *m / (correction * (*u + eps));
        }
    }
}

simd! {
    /// `w -= rate (cm m + cg g) / (sqrt(v / (1 - b2^t)) + eps)`
    fn nadam(w: &mut [f32], g: &[f32], m: &mut [f32], v: &mut [f32], rate: f32, s1: f32, s2: f32, eps: f32, of_momentum: f32, of_gradient: f32, correction: f32) {
        for (((w, g), m), v) in w.iter_mut().zip(g).zip(m).zip(v) {
            *m += (g - *m) * s1;
            *v += (g * g - *v) * s2;
            let direction = of_momentum * *m + of_gradient * g;
            *w -= direction * rate / ((*v / correction).sqrt() + eps);
        }
    }
}

simd! {
    /// `a += g^2; w -= rate g / sqrt(a + eps)`
    fn adagrad(w: &mut [f32], g: &[f32], a: &mut [f32], rate: f32, eps: f32) {
        for ((w, g), a) in w.iter_mut().zip(g).zip(a) {
            *a += g * g;
            *w -= rate * g / (*a + eps).sqrt();
        }
    }
}

simd! {
    /// `a = rho a + (1 - rho) g^2; d = -sqrt(x + eps) g / sqrt(a + eps); x = rho x + (1 - rho) d^2; w += rate d`
    fn adadelta(w: &mut [f32], g: &[f32], a: &mut [f32], x: &mut [f32], rate: f32, rho: f32, rest: f32, eps: f32) {
        for (((w, g), a), x) in w.iter_mut().zip(g).zip(a).zip(x) {
            *a = rho * *a + rest * (g * g);
            let d = -((*x + eps).sqrt() * g / (*a + eps).sqrt());
            *x = rho * *x + rest * (d * d);
            *w += rate * d;
        }
    }
}

simd! {
    /// Ftrl with `learning_rate_power = -0.5`: roots instead of powers.
    fn ftrl_root(w: &mut [f32], g: &[f32], a: &mut [f32], z: &mut [f32], rate: f32, l1: f32, l2: f32, shrinkage: f32) {
        for (((w, g), a), z) in w.iter_mut().zip(g).zip(a).zip(z) {
            let grown = *a + g * g;
            *z += (g + shrinkage * *w) - (grown.sqrt() - a.sqrt()) / rate * *w;
            *w = (z.max(-l1).min(l1) - *z) / (grown.sqrt() / rate + 2.0 * l2);
            *a = grown;
        }
    }
}

/// Ftrl: `n = a + g^2; z += g + 2 s w - (n^p - a^p) / rate w; w = (clip(z, l1) - z) / (n^p / rate + 2 l2); a = n`
fn ftrl(
    w: &mut [f32],
    g: &[f32],
    a: &mut [f32],
    z: &mut [f32],
    rate: f32,
    power: f32,
    l1: f32,
    l2: f32,
    shrinkage: f32,
) {
    for (((w, g), a), z) in w.iter_mut().zip(g).zip(a).zip(z) {
        let grown = *a + g * g;
        let raised = grown.powf(power);
        *z += (g + shrinkage * *w) - (raised - a.powf(power)) / rate * *w;
        *w = (z.clamp(-l1, l1) - *z) / (raised / rate + 2.0 * l2);
        *a = grown;
    }
}

simd! {
    /// `w -= rate sign(b1 m + (1 - b1) g); m = b2 m + (1 - b2) g`
    fn lion(w: &mut [f32], g: &[f32], m: &mut [f32], rate: f32, b1: f32, r1: f32, b2: f32, r2: f32) {
        for ((w, g), m) in w.iter_mut().zip(g).zip(m) {
            let direction = *m * b1 + g * r1;
            let sign = if direction == 0.0 { direction } else { 1f32.copysign(direction) };
            *w -= rate * sign;
            *m = *m * b2 + g * r2;
        }
    }
}

/// Lamb: Adam's corrected direction, scaled to the norm of the whole weight.
fn lamb(w: &mut [f32], g: &[f32], slots: [&mut [f32]; 3], moment: Moment, numbers: [f64; 3]) {
    let [m, v, _] = slots;
    let [beta_1, beta_2, epsilon] = numbers;
    let (s1, s2, eps) = ((1.0 - beta_1) as f32, (1.0 - beta_2) as f32, epsilon as f32);
    let first = (1.0 - power(beta_1, moment.step)) as f32;
    let second = (1.0 - power(beta_2, moment.step)) as f32;
    let direction = |m: f32, v: f32| m / first / ((v / second).sqrt() + eps);
    let (mut of_weight, mut of_update) = (0f64, 0f64);
    for (((w, g), m), v) in w.iter().zip(g).zip(m.iter_mut()).zip(v.iter_mut()) {
        *m += (g - *m) * s1;
        *v += (g * g - *v) * s2;
        of_weight += f64::from(w * w);
        of_update += f64::from(direction(*m, *v)).powi(2);
    }
    let ratio = match of_weight > 0.0 && of_update > 0.0 {
        true => (of_weight.sqrt() / of_update.sqrt()) as f32,
        false => 1.0,
    };
    for ((w, m), v) in w.iter_mut().zip(m.iter()).zip(v.iter()) {
        *w -= ratio * moment.rate * direction(*m, *v);
    }
}

/// The sum of squares, in double precision.
pub fn sum_of_squares(values: &[f32]) -> f64 {
    let of_chunk = |chunk: &[f32]| f64::from(chunk.iter().map(|v| v * v).sum::<f32>());
    values.chunks(256).map(of_chunk).sum()
}

simd! {
    /// `a = momentum a + (1 - momentum) w`
    pub fn average(a: &mut [f32], w: &[f32], momentum: f32) {
        for (a, w) in a.iter_mut().zip(w) {
            *a = momentum * *a + (1.0 - momentum) * w;
        }
    }
}

simd! {
    /// `w -= w decay rate`
    pub fn decay(w: &mut [f32], amount: f32, rate: f32) {
        for w in w {
            *w -= *w * amount * rate;
        }
    }
}
