//! `random`: the Mersenne Twister and CPython's algorithms on it, so that a seed gives the numbers that Python gives.

use super::Module;
use super::math::real;
use crate::runtime::types::{args, bytes};
use crate::runtime::{Exception, Native, Object, PyResult, Value};
use crate::runtime::{attributes, hash, iterate, operators, types};
use std::cell::RefCell;
use std::rc::Rc;

const SIZE: usize = 624;

/// MT19937, and the second number of the last pair of normal ones.
struct Twister {
    state: Vec<u32>,
    next: usize,
    spare_normal: Option<f64>,
}

type Source = Rc<RefCell<Twister>>;

impl Twister {
    fn from_word(seed: u32) -> Self {
        let mut state = vec![seed; SIZE];
        for i in 1..SIZE {
            let before = state[i - 1];
            state[i] = 1_812_433_253_u32
                .wrapping_mul(before ^ (before >> 30))
                .wrapping_add(u32::try_from(i).unwrap_or(0));
        }
        Twister { state, next: SIZE, spare_normal: None }
    }

    fn from_key(key: &[u32]) -> Self {
        let mut twister = Twister::from_word(19_650_218);
        let state = &mut twister.state;
        let (mut i, mut j) = (1, 0);
        for _ in 0..SIZE.max(key.len()) {
            let before = state[i - 1] ^ (state[i - 1] >> 30);
            state[i] = (state[i] ^ before.wrapping_mul(1_664_525))
                .wrapping_add(key[j])
                .wrapping_add(u32::try_from(j).unwrap_or(0));
            i += 1;
            j = (j + 1) % key.len();
            if i == SIZE {
                state[0] = state[SIZE - 1];
                i = 1;
            }
        }
        for _ in 1..SIZE {
            let before = state[i - 1] ^ (state[i - 1] >> 30);
            state[i] = (state[i] ^ before.wrapping_mul(1_566_083_941))
                .wrapping_sub(u32::try_from(i).unwrap_or(0));
            i += 1;
            if i == SIZE {
                state[0] = state[SIZE - 1];
                i = 1;
            }
        }
        state[0] = 0x8000_0000;
        twister
    }

    fn seeded(seed: u64) -> Self {
        let (low, high) = (seed as u32, (seed >> 32) as u32);
        if high == 0 { Twister::from_key(&[low]) } else { Twister::from_key(&[low, high]) }
    }

    fn word(&mut self) -> u32 {
        if self.next >= SIZE {
            for i in 0..SIZE {
                let y = (self.state[i] & 0x8000_0000) | (self.state[(i + 1) % SIZE] & 0x7fff_ffff);
                let twist = if y & 1 == 1 { 0x9908_b0df } else { 0 };
                self.state[i] = self.state[(i + 397) % SIZE] ^ (y >> 1) ^ twist;
            }
            self.next = 0;
        }
        let mut y = self.state[self.next];
        self.next += 1;
        y ^= y >> 11;
        y ^= (y << 7) & 0x9d2c_5680;
        y ^= (y << 15) & 0xefc6_0000;
        y ^ (y >> 18)
    }

    /// From 0 to before 1, with 53 bits.
    fn random(&mut self) -> f64 {
        let (high, low) = (self.word() >> 5, self.word() >> 6);
        (f64::from(high) * 67_108_864.0 + f64::from(low)) / 9_007_199_254_740_992.0
    }

    fn bits(&mut self, count: u32) -> u64 {
        match count {
            0 => 0,
            1..=32 => u64::from(self.word() >> (32 - count)),
            _ => {
                let low = u64::from(self.word());
                let high = u64::from(self.word() >> (64 - count.min(64)));
                low | (high << 32)
            }
        }
    }

    /// From 0 to before `limit`, each with the same probability.
    fn below(&mut self, limit: u64) -> u64 {
        if limit == 0 {
            return 0;
        }
        let count = 64 - limit.leading_zeros();
        loop {
            let number = self.bits(count);
            if number < limit {
                return number;
            }
        }
    }

    fn below_usize(&mut self, limit: usize) -> usize {
        usize::try_from(self.below(limit as u64)).unwrap_or(0)
    }

    fn gauss(&mut self) -> f64 {
        if let Some(spare) = self.spare_normal.take() {
            return spare;
        }
        let angle = self.random() * std::f64::consts::TAU;
        let radius = (-2.0 * (1.0 - self.random()).ln()).sqrt();
        self.spare_normal = Some(angle.sin() * radius);
        angle.cos() * radius
    }

    /// Kinderman and Monahan, 1977.
    fn normal(&mut self) -> f64 {
        let magic = 4.0 * (-0.5_f64).exp() / 2.0_f64.sqrt();
        loop {
            let u1 = self.random();
            let u2 = 1.0 - self.random();
            let z = magic * (u1 - 0.5) / u2;
            if z * z / 4.0 <= -u2.ln() {
                return z;
            }
        }
    }

    /// Cheng, 1977, and Ahrens and Dieter, 1974, as CPython has them.
    fn gamma(&mut self, alpha: f64, beta: f64) -> f64 {
        const LOG4: f64 = 1.386_294_361_119_890_6;
        if alpha > 1.0 {
            let ainv = (2.0 * alpha - 1.0).sqrt();
            let bbb = alpha - LOG4;
            let ccc = alpha + ainv;
            let magic = 1.0 + 4.5_f64.ln();
            loop {
                let u1 = self.random();
                if !(1e-7 < u1 && u1 < 0.999_999_9) {
                    continue;
                }
                let u2 = 1.0 - self.random();
                let v = (u1 / (1.0 - u1)).ln() / ainv;
                let x = alpha * v.exp();
                let z = u1 * u1 * u2;
                let r = bbb + ccc * v - x;
                if r + magic - 4.5 * z >= 0.0 || r >= z.ln() {
                    return x * beta;
                }
            }
        }
        if alpha == 1.0 {
            return -(1.0 - self.random()).ln() * beta;
        }
        loop {
            let u = self.random();
            let b = (std::f64::consts::E + alpha) / std::f64::consts::E;
            let p = b * u;
            let x = if p <= 1.0 { p.powf(1.0 / alpha) } else { -((b - p) / alpha).ln() };
            let u1 = self.random();
            if p > 1.0 {
                if u1 <= x.powf(alpha - 1.0) {
                    return x * beta;
                }
            } else if u1 <= (-x).exp() {
                return x * beta;
            }
        }
    }
}

thread_local! {
    static SHARED: Source = Rc::new(RefCell::new(Twister::seeded(clock_seed())));
}

fn clock_seed() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.map_or(0, |d| d.as_nanos() as u64) ^ (u64::from(std::process::id()) << 40)
}

/// `random.seed(seed)`, for `keras.utils.set_random_seed`.
pub fn seed(seed: u64) {
    SHARED.with(|shared| *shared.borrow_mut() = Twister::seeded(seed));
}

fn reseed(source: &Source, value: &Value) -> PyResult<Value> {
    let seed = match value {
        Value::None => clock_seed(),
        Value::Int(number) => number.unsigned_abs(),
        Value::Bool(flag) => u64::from(*flag),
        Value::Float(_) => hash::hash(value)?.unsigned_abs(),
        other => match operators::as_index(other) {
            Some(number) => number.unsigned_abs(),
            None => {
                return Err(Exception::not_supported(
                    format!("random.seed() takes a number here, not {}", other.type_name()),
                    "random.seed(42)",
                ));
            }
        },
    };
    *source.borrow_mut() = Twister::seeded(seed);
    Ok(Value::None)
}

pub(super) fn module() -> Module {
    let shared = SHARED.with(Rc::clone);
    let mut module = Module::new("random", "Random numbers, choices and shuffles.");
    for (name, signature, doc, code) in FUNCTIONS {
        let source = shared.clone();
        module = module.function(name, signature, doc, move |values| code(&source, values));
    }
    module.with("Random", types::class::intern(CLASS))
}

const CLASS: types::NativeClass = types::NativeClass {
    doc: "A source of random numbers of its own.",
    signature: "seed=None",
    ..types::NativeClass::new(
        "Random",
        "random",
        |arguments| {
            let values = args::bind("Random", "seed=None", arguments)?;
            let source = Rc::new(RefCell::new(Twister::seeded(0)));
            reseed(&source, &values[0])?;
            Ok(Value::object(Generator(source)))
        },
        |value| value.downcast::<Generator>().is_some(),
    )
};

/// `random.Random(seed)`
struct Generator(Source);

impl Object for Generator {
    fn type_name(&self) -> String {
        "Random".to_owned()
    }

    fn class(&self) -> Option<Value> {
        Some(types::class::intern(CLASS))
    }

    fn repr(&self) -> PyResult<String> {
        let address = crate::runtime::format::address(self);
        Ok(format!("<random.Random object at {address}>"))
    }

    fn attribute(&self, _this: &Value, name: &str) -> PyResult<Option<Value>> {
        let Some((name, signature, doc, code)) = FUNCTIONS.iter().find(|row| row.0 == name) else {
            return Ok(None);
        };
        let source = self.0.clone();
        Ok(Some(Native::value(name, signature, doc, move |values| code(&source, values))))
    }

    fn attribute_names(&self) -> Vec<String> {
        FUNCTIONS.iter().map(|row| row.0.to_owned()).collect()
    }
}

type Row = (&'static str, &'static str, &'static str, fn(&Source, Vec<Value>) -> PyResult<Value>);

const FUNCTIONS: &[Row] = &[
    ("seed", "a=None, version=2", "Starts the numbers anew from a seed.", |s, v| reseed(s, &v[0])),
    ("random", "", "A float from 0 to before 1.", |s, _| Ok(Value::Float(s.borrow_mut().random()))),
    ("uniform", "a, b", "A float from a to b.", |s, v| {
        let (a, b) = (real(&v[0])?, real(&v[1])?);
        Ok(Value::Float(a + (b - a) * s.borrow_mut().random()))
    }),
    ("randint", "a, b", "A whole number from a to b, both included.", |s, v| {
        let (a, b) = (args::index(&v[0])?, args::index(&v[1])?);
        let end = b.checked_add(1).ok_or_else(|| Exception::value_error("b is too large"))?;
        range(
            s,
            a,
            end,
            1,
            &format!("empty range for randrange() ({a}, {end}, {})", end.saturating_sub(a)),
        )
    }),
    (
        "randrange",
        "start, stop=None, step=1",
        "A whole number of range(start, stop, step).",
        |s, v| {
            let start = args::index(&v[0])?;
            if v[1].is_none() {
                return range(s, 0, start, 1, "empty range for randrange()");
            }
            let (stop, step) = (args::index(&v[1])?, args::index(&v[2])?);
            let message = if step == 1 {
                format!(
                    "empty range for randrange() ({start}, {stop}, {})",
                    stop.saturating_sub(start)
                )
            } else {
                "empty range for randrange()".to_owned()
            };
            range(s, start, stop, step, &message)
        },
    ),
    ("getrandbits", "k, /", "A whole number of k random bits.", |s, v| {
        let count = args::index(&v[0])?;
        match u32::try_from(count) {
            Ok(count @ 0..=63) => Ok(Value::Int(s.borrow_mut().bits(count).cast_signed())),
            Ok(_) => Err(crate::runtime::arithmetic::overflow(&format!("getrandbits({count})"))),
            Err(_) => Err(Exception::value_error("number of bits must be non-negative")),
        }
    }),
    ("randbytes", "n", "n random bytes.", |s, v| {
        let count = usize::try_from(args::index(&v[0])?).unwrap_or(0).min(1 << 28);
        let mut data = Vec::with_capacity(count + 4);
        while data.len() < count {
            let left = count - data.len();
            let word = s.borrow_mut().word();
            // The last word gives its upper bits.
            let word = if left < 4 { word >> (32 - 8 * left) } else { word };
            data.extend_from_slice(&word.to_le_bytes());
        }
        data.truncate(count);
        Ok(bytes::value(data))
    }),
    ("choice", "seq", "One item of a sequence.", |s, v| {
        let length = length_of(&v[0])?;
        if length == 0 {
            return Err(Exception::index_error("Cannot choose from an empty sequence"));
        }
        let place = s.borrow_mut().below(length as u64);
        attributes::item(&v[0], &Value::Int(place.cast_signed()))
    }),
    ("shuffle", "x", "Puts the items of a list into random order.", |s, v| {
        if let Value::List(list) = &v[0] {
            let mut list = list.borrow_mut();
            for i in (1..list.len()).rev() {
                let j = s.borrow_mut().below_usize(i + 1);
                list.swap(i, j);
            }
            return Ok(Value::None);
        }
        if !matches!(v[0], Value::Object(_)) {
            return Err(Exception::type_error(format!(
                "'{}' object does not support item assignment",
                v[0].type_name()
            )));
        }
        for i in (1..length_of(&v[0])?).rev() {
            let j = s.borrow_mut().below_usize(i + 1);
            let at = |i: usize| Value::Int(i64::try_from(i).unwrap_or(i64::MAX));
            let (a, b) = (attributes::item(&v[0], &at(i))?, attributes::item(&v[0], &at(j))?);
            attributes::set_item(&v[0], &at(i), b)?;
            attributes::set_item(&v[0], &at(j), a)?;
        }
        Ok(Value::None)
    }),
    ("sample", "population, k, *, counts=None", "k different items of a sequence.", sample),
    (
        "choices",
        "population, weights=None, *, cum_weights=None, k=1",
        "k items of a sequence, each drawn anew.",
        choices,
    ),
    ("gauss", "mu=0.0, sigma=1.0", "A normally distributed number.", |s, v| {
        let z = s.borrow_mut().gauss();
        Ok(Value::Float(real(&v[0])? + z * real(&v[1])?))
    }),
    ("normalvariate", "mu=0.0, sigma=1.0", "A normally distributed number.", |s, v| {
        let z = s.borrow_mut().normal();
        Ok(Value::Float(real(&v[0])? + z * real(&v[1])?))
    }),
    ("lognormvariate", "mu, sigma", "A number whose logarithm is normally distributed.", |s, v| {
        let z = s.borrow_mut().normal();
        Ok(Value::Float((real(&v[0])? + z * real(&v[1])?).exp()))
    }),
    ("expovariate", "lambd", "An exponentially distributed number with mean 1 / lambd.", |s, v| {
        let rate = real(&v[0])?;
        if rate == 0.0 {
            return Err(Exception::new("ZeroDivisionError", "float division by zero"));
        }
        Ok(Value::Float(-(1.0 - s.borrow_mut().random()).ln() / rate))
    }),
    (
        "triangular",
        "low=0.0, high=1.0, mode=None",
        "A number of the triangular distribution.",
        |s, v| {
            let (mut low, mut high) = (real(&v[0])?, real(&v[1])?);
            let mut u = s.borrow_mut().random();
            let mut c = if v[2].is_none() {
                0.5
            } else if high == low {
                return Ok(Value::Float(low));
            } else {
                (real(&v[2])? - low) / (high - low)
            };
            if u > c {
                u = 1.0 - u;
                c = 1.0 - c;
                std::mem::swap(&mut low, &mut high);
            }
            Ok(Value::Float(low + (high - low) * (u * c).sqrt()))
        },
    ),
    ("gammavariate", "alpha, beta", "A number of the gamma distribution.", |s, v| {
        let (alpha, beta) = (real(&v[0])?, real(&v[1])?);
        if alpha <= 0.0 || beta <= 0.0 {
            return Err(Exception::value_error("gammavariate: alpha and beta must be > 0.0"));
        }
        Ok(Value::Float(s.borrow_mut().gamma(alpha, beta)))
    }),
    ("betavariate", "alpha, beta", "A number of the beta distribution, from 0 to 1.", |s, v| {
        let (alpha, beta) = (real(&v[0])?, real(&v[1])?);
        let mut source = s.borrow_mut();
        let y = source.gamma(alpha, 1.0);
        Ok(Value::Float(if y == 0.0 { 0.0 } else { y / (y + source.gamma(beta, 1.0)) }))
    }),
    ("paretovariate", "alpha", "A number of the Pareto distribution.", |s, v| {
        let u = 1.0 - s.borrow_mut().random();
        Ok(Value::Float(u.powf(-1.0 / real(&v[0])?)))
    }),
    ("weibullvariate", "alpha, beta", "A number of the Weibull distribution.", |s, v| {
        let u = 1.0 - s.borrow_mut().random();
        Ok(Value::Float(real(&v[0])? * (-u.ln()).powf(1.0 / real(&v[1])?)))
    }),
];

fn length_of(sequence: &Value) -> PyResult<usize> {
    attributes::length(sequence).unwrap_or_else(|| {
        Err(Exception::type_error(format!(
            "object of type '{}' has no len()",
            sequence.type_name()
        )))
    })
}

fn range(source: &Source, start: i64, stop: i64, step: i64, message: &str) -> PyResult<Value> {
    if step == 0 {
        return Err(Exception::value_error("zero step for randrange()"));
    }
    let (width, stride) = (i128::from(stop) - i128::from(start), i128::from(step));
    let count = if stride > 0 {
        (width + stride - 1).div_euclid(stride)
    } else {
        (width + stride + 1) / stride
    };
    let Some(count) = u64::try_from(count).ok().filter(|count| *count > 0) else {
        return Err(Exception::value_error(message));
    };
    let place = source.borrow_mut().below(count);
    Ok(Value::Int(start.wrapping_add(step.wrapping_mul(place.cast_signed()))))
}

fn sample(source: &Source, values: Vec<Value>) -> PyResult<Value> {
    let population = &values[0];
    let is_sequence = attributes::length(population).is_some()
        && !matches!(population, Value::Set(_) | Value::Dict(_));
    if !is_sequence {
        return Err(Exception::type_error(
            "Population must be a sequence.  For dicts or sets, use sorted(d).",
        ));
    }
    let mut pool = iterate::collect(population)?;
    if !values[2].is_none() {
        let mut expanded = Vec::new();
        for (item, count) in pool.iter().zip(iterate::collect(&values[2])?) {
            let count = usize::try_from(args::index(&count)?).unwrap_or(0).min(1 << 24);
            expanded.extend(std::iter::repeat_n(item.clone(), count));
        }
        pool = expanded;
    }
    let n = pool.len();
    let count = usize::try_from(args::index(&values[1])?).ok().filter(|k| *k <= n);
    let Some(k) = count else {
        return Err(Exception::value_error("Sample larger than population or is negative"));
    };
    let mut set_size = 21.0;
    if k > 5 {
        set_size += 4.0_f64.powf(((k * 3) as f64).log(4.0).ceil());
    }
    let mut source = source.borrow_mut();
    let mut picked = Vec::with_capacity(k);
    if n as f64 <= set_size {
        for i in 0..k {
            let j = source.below_usize(n - i);
            picked.push(pool[j].clone());
            pool.swap(j, n - i - 1);
        }
    } else {
        let mut taken = std::collections::HashSet::new();
        for _ in 0..k {
            let mut j = source.below_usize(n);
            while !taken.insert(j) {
                j = source.below_usize(n);
            }
            picked.push(pool[j].clone());
        }
    }
    Ok(Value::list(picked))
}

fn choices(source: &Source, values: Vec<Value>) -> PyResult<Value> {
    let [population, weights, cumulative, k] = &values[..] else { return Ok(Value::None) };
    let items = iterate::collect(population)?;
    let count = usize::try_from(args::index(k)?).unwrap_or(0);
    if items.is_empty() {
        return Err(Exception::index_error("list index out of range"));
    }
    let mut source = source.borrow_mut();
    if weights.is_none() && cumulative.is_none() {
        let n = items.len() as f64;
        let picked = (0..count)
            .map(|_| items[((source.random() * n) as usize).min(items.len() - 1)].clone());
        return Ok(Value::list(picked.collect()));
    }
    let sums = if weights.is_none() {
        iterate::collect(cumulative)?.iter().map(real).collect::<PyResult<Vec<f64>>>()?
    } else {
        let mut total = 0.0;
        let add = |weight: &Value| {
            total += real(weight)?;
            Ok(total)
        };
        iterate::collect(weights)?.iter().map(add).collect::<PyResult<Vec<f64>>>()?
    };
    if sums.len() != items.len() {
        return Err(Exception::value_error("The number of weights does not match the population"));
    }
    let total = sums.last().copied().unwrap_or(0.0);
    if total <= 0.0 {
        return Err(Exception::value_error("Total of weights must be greater than zero"));
    }
    if !total.is_finite() {
        return Err(Exception::value_error("Total of weights must be finite"));
    }
    let last = items.len() - 1;
    let picked = (0..count).map(|_| {
        let point = source.random() * total;
        items[sums.partition_point(|sum| *sum <= point).min(last)].clone()
    });
    Ok(Value::list(picked.collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_numbers_of_cpython() {
        let mut twister = Twister::seeded(42);
        assert_eq!(twister.random(), 0.639_426_798_457_883_7);
        assert_eq!(twister.random(), 0.025_010_755_222_666_936);
        let mut twister = Twister::seeded(0);
        assert_eq!(twister.below(100), 49);
        assert_eq!(twister.below(100), 97);
    }
}
