//! The same in plain tensor operations: new tensors, nothing in place.

use super::{Moment, Rule, power, warmed};
use crate::error::Result;
use candle_core::{DType, Tensor as Array};

/// The weight and its slots after one step.
pub fn step(
    rule: &Rule,
    moment: Moment,
    w: &Array,
    g: &Array,
    slots: &[Array],
) -> Result<(Array, Vec<Array>)> {
    let Moment { rate, step, product } = moment;
    let rate = f64::from(rate);
    // `a + (b - a) share`
    let toward =
        |a: &Array, b: &Array, share: f64| -> Result<Array> { Ok((a + ((b - a)? * share)?)?) };
    let mix = |a: &Array, b: &Array, keep: f64| -> Result<Array> {
        Ok(((a * keep)? + (b * (1.0 - keep))?)?)
    };
    Ok(match *rule {
        Rule::Sgd { momentum: 0.0, .. } => ((w - (g * rate)?)?, vec![]),
        Rule::Sgd { momentum, nesterov } => {
            let m = ((&slots[0] * momentum)? - (g * rate)?)?;
            let change = if nesterov { ((&m * momentum)? - (g * rate)?)? } else { m.clone() };
            ((w + change)?, vec![m])
        }
        Rule::RmsProp { rho, momentum, epsilon, centered } => {
            let v = mix(&slots[0], &g.sqr()?, rho)?;
            let mut kept = vec![v.clone()];
            let average = match centered {
                true => Some(mix(&slots[slots.len() - 1], g, rho)?),
                false => None,
            };
            let below = match &average {
                Some(average) => ((v - average.sqr()?)? + epsilon)?,
                None => (v + epsilon)?,
            };
            let mut change = ((g * rate)? / below.sqrt()?)?;
            if momentum > 0.0 {
                change = ((&slots[1] * momentum)? + change)?;
                kept.push(change.clone());
            }
            kept.extend(average);
            ((w - change)?, kept)
        }
        Rule::Adam { beta_1, beta_2, epsilon, .. } => {
            let m = toward(&slots[0], g, 1.0 - beta_1)?;
            let v = toward(&slots[1], &g.sqr()?, 1.0 - beta_2)?;
            let alpha = rate * (1.0 - power(beta_2, step)).sqrt() / (1.0 - power(beta_1, step));
            let mut kept = vec![m.clone(), v.clone()];
            let used = match slots.get(2) {
                Some(highest) => {
                    kept.push(highest.maximum(&v)?);
                    &kept[2]
                }
                None => &v,
            };
            ((w - ((m * alpha)? / (used.sqrt()? + epsilon)?)?)?, kept)
        }
        Rule::Adamax { beta_1, beta_2, epsilon } => {
            let m = toward(&slots[0], g, 1.0 - beta_1)?;
            let u = (&slots[1] * beta_2)?.maximum(&g.abs()?)?;
            let below = ((&u + epsilon)? * (1.0 - power(beta_1, step)))?;
            ((w - ((&m * rate)? / below)?)?, vec![m, u])
        }
        Rule::Nadam { beta_1, beta_2, epsilon } => {
            let m = toward(&slots[0], g, 1.0 - beta_1)?;
            let v = toward(&slots[1], &g.sqr()?, 1.0 - beta_2)?;
            let u = Rule::nadam_momentum(beta_1, step);
            let u_next = Rule::nadam_momentum(beta_1, step + 1);
            let product = f64::from(product);
            let direction = ((&m * (u_next / (1.0 - product * u_next)))?
                + (g * ((1.0 - u) / (1.0 - product)))?)?;
            let below = ((&v / (1.0 - power(beta_2, step)))?.sqrt()? + epsilon)?;
            ((w - ((direction * rate)? / below)?)?, vec![m, v])
        }
        Rule::Adagrad { epsilon, .. } => {
            let a = (&slots[0] + g.sqr()?)?;
            ((w - ((g * rate)? / (&a + epsilon)?.sqrt()?)?)?, vec![a])
        }
        Rule::Adadelta { rho, epsilon } => {
            let a = mix(&slots[0], &g.sqr()?, rho)?;
            let change =
                ((&slots[1] + epsilon)?.sqrt()? * g)?.div(&(&a + epsilon)?.sqrt()?)?.neg()?;
            let x = mix(&slots[1], &change.sqr()?, rho)?;
            ((w + (change * rate)?)?, vec![a, x])
        }
        Rule::Ftrl { power, l1, l2, shrinkage, beta, .. } => {
            let l2 = l2 + beta / (2.0 * rate);
            let a = (&slots[0] + g.sqr()?)?;
            let grown = ((a.powf(-power)? - slots[0].powf(-power)?)? / rate)?;
            let pull = ((g + (w * (2.0 * shrinkage))?)? - (grown * w)?)?;
            let z = (&slots[1] + pull)?;
            let below = ((a.powf(-power)? / rate)? + 2.0 * l2)?;
            (((z.clamp(-l1, l1)? - &z)? / below)?, vec![a, z])
        }
        Rule::Lion { beta_1, beta_2 } => {
            let sign = mix(&slots[0], g, beta_1)?.sign()?;
            ((w - (sign * rate)?)?, vec![mix(&slots[0], g, beta_2)?])
        }
        Rule::Lamb { beta_1, beta_2, epsilon } => {
            let m = toward(&slots[0], g, 1.0 - beta_1)?;
            let v = toward(&slots[1], &g.sqr()?, 1.0 - beta_2)?;
            let below = ((&v / (1.0 - power(beta_2, step)))?.sqrt()? + epsilon)?;
            let update = ((&m / (1.0 - power(beta_1, step)))? / below)?;
            let (of_weight, of_update) = (norm(w)?, norm(&update)?);
            let ratio =
                if of_weight > 0.0 && of_update > 0.0 { of_weight / of_update } else { 1.0 };
            ((w - (update * (ratio * rate))?)?, vec![m, v])
        }
        Rule::ScheduleFree { beta_1, beta_2, epsilon, warmup } => {
            let rate = rate * warmed(step, warmup);
            let share = 1.0 / step as f64;
            let v = toward(&slots[1], &g.sqr()?, 1.0 - beta_2)?;
            let below = ((&v / (1.0 - power(beta_2, step)))?.sqrt()? + epsilon)?;
            // The average so far, out of the weight, which stands between it and z.
            let x = ((w - (&slots[0] * (1.0 - beta_1))?)? / beta_1)?;
            let z = (&slots[0] - ((g * rate)? / below)?)?;
            let x = ((x * (1.0 - share))? + (&z * share)?)?;
            (((&z * (1.0 - beta_1))? + (x * beta_1)?)?, vec![z, v])
        }
        Rule::Adafactor { decay, epsilon_1, epsilon_2, threshold, relative } => {
            let slowest = 1.0 / (step as f64).sqrt();
            let rate = if relative { rate.min(slowest) } else { rate };
            let alpha = epsilon_2.max(rms(w)?) * rate.min(slowest);
            let keep = 1.0 - (step as f64).powf(decay);
            let squares = (g.sqr()? + epsilon_1)?;
            let kept = match w.rank() {
                0 | 1 => {
                    let v = mix(&slots[2], &squares, keep)?;
                    vec![slots[0].clone(), slots[1].clone(), v]
                }
                rank => {
                    let r = mix(&slots[0], &squares.mean(rank - 1)?, keep)?;
                    let c = mix(&slots[1], &squares.mean(rank - 2)?, keep)?;
                    let share = r.broadcast_div(&r.mean_keepdim(rank - 2)?)?;
                    let v = share.unsqueeze(rank - 1)?.broadcast_mul(&c.unsqueeze(rank - 2)?)?;
                    vec![r, c, v]
                }
            };
            let update = (g / kept[2].sqrt()?)?;
            let size = (rms(&update)? / threshold).max(1.0);
            ((w - (update * (alpha / size))?)?, kept)
        }
        Rule::Muon { momentum, nesterov, steps, factors, rms_rate } => {
            let m = (g + (&slots[0] * momentum)?)?;
            let direction = if nesterov { (g + (&m * momentum)?)? } else { m.clone() };
            let update = orthogonal(&direction, steps, factors)?;
            let scale = match (rms_rate, w.dims()) {
                (Some(rms_rate), [rows, columns]) => (*rows.max(columns) as f64).sqrt() * rms_rate,
                _ => 1.0,
            };
            ((w - (update * (rate * scale))?)?, vec![m])
        }
    })
}

fn norm(x: &Array) -> Result<f64> {
    Ok(x.to_dtype(DType::F64)?.sqr()?.sum_all()?.to_scalar::<f64>()?.sqrt())
}

/// The root of the mean of the squares.
fn rms(x: &Array) -> Result<f64> {
    Ok(norm(x)? / (x.elem_count().max(1) as f64).sqrt())
}

/// Nearly the closest matrix with orthogonal rows (or columns): some steps of a Newton-Schulz iteration.
fn orthogonal(x: &Array, steps: usize, [a, b, c]: [f64; 3]) -> Result<Array> {
    let (rows, columns) = x.dims2()?;
    let turned = rows > columns;
    let mut x = if turned { x.t()?.contiguous()? } else { x.clone() };
    x = (&x / (norm(&x)? + 1e-7))?;
    for _ in 0..steps {
        let square = x.matmul(&x.t()?)?;
        let mixed = ((&square * b)? + (&square * c)?.matmul(&square)?)?;
        x = ((&x * a)? + mixed.matmul(&x)?)?;
    }
    Ok(if turned { x.t()?.contiguous()? } else { x })
}
