//! Elements of a sequence: choices with chances, with and without return, shuffles, permutations.

use super::draw::sizes;
use super::stream::{Buffer, Stream};
use crate::modules::numpy::arguments::{self, check_size, flag};
use crate::modules::numpy::array::Array;
use crate::modules::numpy::dtype::DType;
use crate::modules::numpy::shaping;
use crate::runtime::{Exception, PyResult, Value};

pub(super) fn choice(
    s: &mut Stream,
    [a, size, replace, p]: [Value; 4],
    axis: &Value,
    with_shuffle: bool,
) -> PyResult<Value> {
    let population = Array::from_value(&a, None)?;
    let legacy = s.legacy;
    let axis = if population.ndim() > 0 { arguments::axis(axis, population.ndim())? } else { 0 };
    let count = if population.ndim() == 0 {
        if !population.dtype().is_integer() {
            return Err(Exception::value_error(if legacy {
                "a must be 1-dimensional or an integer".to_owned()
            } else {
                format!("a must be a sequence or an integer, not <class '{}'>", a.type_name())
            }));
        }
        population.to_i64_vec()[0]
    } else {
        if legacy && population.ndim() != 1 {
            return Err(Exception::value_error("a must be 1-dimensional"));
        }
        population.shape()[axis] as i64
    };
    let shape = sizes(&size)?;
    let wanted: usize = shape.as_ref().map_or(1, |shape| shape.iter().product());
    if count <= 0 && wanted > 0 {
        return Err(Exception::value_error(match (population.ndim() == 0, legacy) {
            (true, true) => "a must be greater than 0 unless no samples are taken",
            (true, false) => "a must be a positive integer unless no samples are taken",
            (false, true) => "'a' cannot be empty unless no samples are taken",
            (false, false) => "a cannot be empty unless no samples are taken",
        }));
    }
    let chances = if p.is_none() { None } else { Some(chances(&p, count, legacy)?) };
    let index = if flag(&replace)? {
        match &chances {
            Some(chances) => {
                let cumulative = cumulative(chances);
                (0..wanted)
                    .map(|_| {
                        let u = s.double();
                        cumulative.partition_point(|&c| c <= u) as i64
                    })
                    .collect()
            }
            None => {
                let mut buffer = Buffer::default();
                (0..wanted).map(|_| s.bounded(count as u64 - 1, 64, &mut buffer) as i64).collect()
            }
        }
    } else {
        if wanted as i64 > count {
            return Err(Exception::value_error(if legacy {
                "Cannot take a larger sample than population when 'replace=False'"
            } else {
                "Cannot take a larger sample than population when replace is False"
            }));
        }
        match chances {
            Some(chances) => without_return(s, chances, wanted)?,
            None if legacy => {
                let mut all: Vec<i64> = (0..count).collect();
                s.shuffle(&mut all);
                all.truncate(wanted);
                all
            }
            None => sample(s, count, wanted as i64, with_shuffle),
        }
    };
    if population.ndim() == 0 {
        return Ok(match shape {
            Some(shape) => Value::object(Array::from_i64(&shape, index)),
            None => Value::Int(index.first().copied().unwrap_or(0)),
        });
    }
    let index = Array::from_i64(&shape.unwrap_or_default(), index);
    Ok(shaping::taken(&population, axis, &index)?.to_value())
}

pub(super) fn chances(p: &Value, count: i64, legacy: bool) -> PyResult<Vec<f64>> {
    let given = Array::from_value(p, None)?;
    let tolerance = match given.dtype() {
        DType::Float32 if p.downcast::<Array>().is_some() => f64::from(f32::EPSILON).sqrt(),
        _ => f64::EPSILON.sqrt(),
    };
    if given.ndim() != 1 {
        return Err(Exception::value_error(if legacy {
            "'p' must be 1-dimensional"
        } else {
            "p must be 1-dimensional"
        }));
    }
    let chances = given.to_f64_vec();
    if chances.len() as i64 != count {
        return Err(Exception::value_error(if legacy {
            "'a' and 'p' must have same size"
        } else {
            "a and p must have same size"
        }));
    }
    // Kahan's sum, as numpy checks it.
    let (mut sum, mut lost) = (0.0, 0.0);
    for &p in &chances {
        let y = p - lost;
        let t: f64 = sum + y;
        lost = (t - sum) - y;
        sum = t;
    }
    let problem = match (sum.is_nan(), chances.iter().any(|&p| p < 0.0)) {
        (true, _) => "probabilities contain NaN",
        (_, true) => "probabilities are not non-negative",
        _ if (sum - 1.0).abs() > tolerance => "probabilities do not sum to 1",
        _ => return Ok(chances),
    };
    Err(Exception::value_error(match (legacy, problem) {
        (true, text) => text.to_owned(),
        (false, "probabilities do not sum to 1") => "Probabilities do not sum to 1. See Notes \
             section of docstring for more information."
            .to_owned(),
        (false, text) => format!("P{}", &text[1..]),
    }))
}

pub(super) fn cumulative(chances: &[f64]) -> Vec<f64> {
    let mut total = 0.0;
    let mut sums: Vec<f64> = chances
        .iter()
        .map(|&p| {
            total += p;
            total
        })
        .collect();
    sums.iter_mut().for_each(|sum| *sum /= total);
    sums
}

/// Unequal chances without returning: what was found twice is drawn again.
pub(super) fn without_return(
    s: &mut Stream,
    mut chances: Vec<f64>,
    wanted: usize,
) -> PyResult<Vec<i64>> {
    if chances.iter().filter(|&&p| p > 0.0).count() < wanted {
        return Err(Exception::value_error("Fewer non-zero entries in p than size"));
    }
    let mut found: Vec<i64> = Vec::with_capacity(wanted);
    while found.len() < wanted {
        let draws: Vec<f64> = (0..wanted - found.len()).map(|_| s.double()).collect();
        for &i in &found {
            chances[i as usize] = 0.0;
        }
        let sums = cumulative(&chances);
        let mut fresh = Vec::new();
        for u in draws {
            let i = sums.partition_point(|&c| c <= u) as i64;
            if !fresh.contains(&i) {
                fresh.push(i);
            }
        }
        found.extend(fresh);
    }
    Ok(found)
}

/// Equal chances without returning, by the methods of `Generator`.
pub(super) fn sample(s: &mut Stream, count: i64, wanted: i64, with_shuffle: bool) -> Vec<i64> {
    let mut buffer = Buffer::default();
    let mut shuffle = |s: &mut Stream, items: &mut [i64], first: usize| {
        for i in (first..items.len()).rev() {
            let j = s.bounded(i as u64, 64, &mut buffer) as usize;
            items.swap(i, j);
        }
    };
    let cutoff = if with_shuffle { 50 } else { 20 };
    if count > 10_000 && wanted > count / cutoff {
        let mut all: Vec<i64> = (0..count).collect();
        shuffle(s, &mut all, (count - wanted).max(1) as usize);
        return all.split_off((count - wanted) as usize);
    }
    // Floyd's algorithm.
    let mut seen = std::collections::HashSet::new();
    let mut found = Vec::with_capacity(wanted as usize);
    for j in count - wanted..count {
        let value = s.bounded(j as u64, 64, &mut Buffer::default()) as i64;
        let value = if seen.insert(value) { value } else { j };
        seen.insert(value);
        found.push(value);
    }
    if with_shuffle {
        shuffle(s, &mut found, 1);
    }
    found
}

pub(super) fn shuffle(s: &mut Stream, x: &Value, axis: &Value) -> PyResult<()> {
    if let Value::List(items) = x {
        s.shuffle(&mut items.borrow_mut());
        return Ok(());
    }
    let Some(array) = x.downcast::<Array>() else {
        return Err(Exception::type_error(format!(
            "'{}' object does not support item assignment",
            x.type_name()
        )));
    };
    let axis = arguments::axis(axis, array.ndim())?;
    let n = array.shape()[axis];
    let mut order: Vec<i64> = (0..n as i64).collect();
    s.shuffle(&mut order);
    let shuffled = shaping::taken(&array, axis, &Array::from_i64(&[n], order))?;
    array.assign(&shuffled)
}

pub(super) fn permutation(s: &mut Stream, x: &Value, axis: &Value) -> PyResult<Value> {
    let array = Array::from_value(x, None)?;
    if array.ndim() == 0 {
        if !array.dtype().is_integer() {
            return Err(Exception::index_error("x must be an integer or at least 1-dimensional"));
        }
        let n = array.to_i64_vec()[0].max(0);
        check_size(n as usize)?;
        let mut all: Vec<i64> = (0..n).collect();
        s.shuffle(&mut all);
        return Ok(Value::object(Array::from_i64(&[all.len()], all)));
    }
    let axis = arguments::axis(axis, array.ndim())?;
    let mut order: Vec<i64> = (0..array.shape()[axis] as i64).collect();
    s.shuffle(&mut order);
    let order = Array::from_i64(&[order.len()], order);
    Ok(Value::object(shaping::taken(&array, axis, &order)?))
}
