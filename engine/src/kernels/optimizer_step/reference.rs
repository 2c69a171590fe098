//! The same in plain tensor operations: new tensors, nothing in place.

use super::{Moment, Rule, power};
use crate::error::Result;
use candle_core::Tensor as Array;

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
            let norm = |x: &Array| -> Result<f64> {
                Ok(f64::from(x.sqr()?.sum_all()?.to_scalar::<f32>()?.sqrt()))
            };
            let (of_weight, of_update) = (norm(w)?, norm(&update)?);
            let ratio =
                if of_weight > 0.0 && of_update > 0.0 { of_weight / of_update } else { 1.0 };
            ((w - (update * (ratio * rate))?)?, vec![m, v])
        }
    })
}
