//! The methods of `RandomState` and `Generator`: sizes, parameters that broadcast, checks, choices and shuffles.

use super::stream::{Buffer, Stream};
use super::{Method, shaped};
use crate::modules::numpy::arguments::{self, check_size, flag};
use crate::modules::numpy::array::Array;
use crate::modules::numpy::dtype::DType;
use crate::modules::numpy::layout::broadcast_shape;
use crate::modules::numpy::scalar::{Item, Scalar};
use crate::modules::numpy::table::take;
use crate::modules::numpy::{linalg, shaping};
use crate::runtime::{Exception, PyResult, Value};

const fn method(
    name: &'static str,
    signature: &'static str,
    doc: &'static str,
    code: fn(&mut Stream, Vec<Value>) -> PyResult<Value>,
) -> Method {
    Method { name, signature, doc, code }
}

/// What both kinds have.
pub(super) const SHARED: &[Method] = &[
    method("uniform", "low=0.0, high=1.0, size=None", "Uniform numbers in [low, high).", |s, v| {
        let [low, high, size] = take(v)?;
        drawn(
            s,
            &[("low", &low), ("high", &high)],
            &size,
            |_| Ok(()),
            |s, p| p[0] + (p[1] - p[0]) * s.double(),
        )
    }),
    method("normal", "loc=0.0, scale=1.0, size=None", "Normal numbers.", |s, v| {
        let [loc, scale, size] = take(v)?;
        let check = |p: &[f64]| at_least(p[1], 0.0, "scale < 0");
        drawn(s, &[("loc", &loc), ("scale", &scale)], &size, check, |s, p| p[0] + p[1] * s.normal())
    }),
    method(
        "lognormal",
        "mean=0.0, sigma=1.0, size=None",
        "Numbers whose logarithm is normal.",
        |s, v| {
            let [mean, sigma, size] = take(v)?;
            let check = |p: &[f64]| at_least(p[1], 0.0, "sigma < 0");
            drawn(s, &[("mean", &mean), ("sigma", &sigma)], &size, check, |s, p| {
                (p[0] + p[1] * s.normal()).exp()
            })
        },
    ),
    method("exponential", "scale=1.0, size=None", "Exponential numbers.", |s, v| {
        let [scale, size] = take(v)?;
        let check = |p: &[f64]| at_least(p[0], 0.0, "scale < 0");
        drawn(s, &[("scale", &scale)], &size, check, |s, p| p[0] * s.exponential())
    }),
    method("gamma", "shape, scale=1.0, size=None", "Gamma numbers.", |s, v| {
        let [shape, scale, size] = take(v)?;
        let check = |p: &[f64]| {
            at_least(p[0], 0.0, "shape < 0")?;
            at_least(p[1], 0.0, "scale < 0")
        };
        drawn(s, &[("shape", &shape), ("scale", &scale)], &size, check, |s, p| p[1] * s.gamma(p[0]))
    }),
    method("beta", "a, b, size=None", "Beta numbers.", |s, v| {
        let [a, b, size] = take(v)?;
        let check = |p: &[f64]| {
            positive(p[0], "a <= 0")?;
            positive(p[1], "b <= 0")
        };
        drawn(s, &[("a", &a), ("b", &b)], &size, check, |s, p| s.beta(p[0], p[1]))
    }),
    method("chisquare", "df, size=None", "Chi-square numbers.", |s, v| {
        let [df, size] = take(v)?;
        let check = |p: &[f64]| positive(p[0], "df <= 0");
        drawn(s, &[("df", &df)], &size, check, |s, p| 2.0 * s.gamma(p[0] / 2.0))
    }),
    method("standard_t", "df, size=None", "Student's t numbers.", |s, v| {
        let [df, size] = take(v)?;
        let check = |p: &[f64]| positive(p[0], "df <= 0");
        drawn(s, &[("df", &df)], &size, check, |s, p| {
            let (num, denominator) = (s.normal(), s.gamma(p[0] / 2.0));
            (p[0] / 2.0).sqrt() * num / denominator.sqrt()
        })
    }),
    method("standard_cauchy", "size=None", "Cauchy numbers.", |s, v| {
        let [size] = take(v)?;
        drawn(
            s,
            &[],
            &size,
            |_| Ok(()),
            |s, _| {
                let first = s.normal();
                first / s.normal()
            },
        )
    }),
    method("laplace", "loc=0.0, scale=1.0, size=None", "Laplace numbers.", |s, v| {
        let [loc, scale, size] = take(v)?;
        let check = |p: &[f64]| at_least(p[1], 0.0, "scale < 0");
        drawn(s, &[("loc", &loc), ("scale", &scale)], &size, check, |s, p| s.laplace(p[0], p[1]))
    }),
    method("gumbel", "loc=0.0, scale=1.0, size=None", "Gumbel numbers.", |s, v| {
        let [loc, scale, size] = take(v)?;
        let check = |p: &[f64]| at_least(p[1], 0.0, "scale < 0");
        drawn(s, &[("loc", &loc), ("scale", &scale)], &size, check, |s, p| s.gumbel(p[0], p[1]))
    }),
    method("logistic", "loc=0.0, scale=1.0, size=None", "Logistic numbers.", |s, v| {
        let [loc, scale, size] = take(v)?;
        let check = |p: &[f64]| at_least(p[1], 0.0, "scale < 0");
        drawn(s, &[("loc", &loc), ("scale", &scale)], &size, check, |s, p| s.logistic(p[0], p[1]))
    }),
    method("rayleigh", "scale=1.0, size=None", "Rayleigh numbers.", |s, v| {
        let [scale, size] = take(v)?;
        let check = |p: &[f64]| at_least(p[0], 0.0, "scale < 0");
        drawn(s, &[("scale", &scale)], &size, check, |s, p| match s.legacy {
            true => p[0] * (-2.0 * (1.0 - s.double()).ln()).sqrt(),
            false => p[0] * (2.0 * s.exponential()).sqrt(),
        })
    }),
    method("weibull", "a, size=None", "Weibull numbers.", |s, v| {
        let [a, size] = take(v)?;
        let check = |p: &[f64]| at_least(p[0], 0.0, "a < 0");
        drawn(s, &[("a", &a)], &size, check, |s, p| match p[0] {
            0.0 => 0.0,
            a => s.exponential().powf(1.0 / a),
        })
    }),
    method("pareto", "a, size=None", "Pareto numbers.", |s, v| {
        let [a, size] = take(v)?;
        let check = |p: &[f64]| positive(p[0], "a <= 0");
        drawn(s, &[("a", &a)], &size, check, |s, p| match s.legacy {
            true => (s.exponential() / p[0]).exp() - 1.0,
            false => (s.exponential() / p[0]).exp_m1(),
        })
    }),
    method("triangular", "left, mode, right, size=None", "Triangular numbers.", |s, v| {
        let [left, mode, right, size] = take(v)?;
        let check = |p: &[f64]| match p {
            [l, m, _] if l > m => Err(Exception::value_error("left > mode")),
            [_, m, r] if m > r => Err(Exception::value_error("mode > right")),
            [l, _, r] if l == r => Err(Exception::value_error("left == right")),
            _ => Ok(()),
        };
        let parameters = [("left", &left), ("mode", &mode), ("right", &right)];
        drawn(s, &parameters, &size, check, |s, p| s.triangular(p[0], p[1], p[2]))
    }),
    method("poisson", "lam=1.0, size=None", "How often rare things happen.", |s, v| {
        let [lam, size] = take(v)?;
        let check = |p: &[f64]| {
            at_least(p[0], 0.0, "lam < 0 or lam is NaN")?;
            if p[0] > 9.2e18 { Err(Exception::value_error("lam value too large")) } else { Ok(()) }
        };
        counted(s, &[("lam", &lam)], &size, check, |s, p| s.poisson(p[0]))
    }),
    method("binomial", "n, p, size=None", "How many of n tries succeed.", |s, v| {
        let [n, p, size] = take(v)?;
        let check = |p: &[f64]| {
            at_least(p[0], 0.0, "n < 0")?;
            match (0.0..=1.0).contains(&p[1]) {
                true => Ok(()),
                false => Err(Exception::value_error("p < 0, p > 1 or p is NaN")),
            }
        };
        counted(s, &[("n", &n), ("p", &p)], &size, check, |s, p| s.binomial(p[0] as i64, p[1]))
    }),
    method("geometric", "p, size=None", "How many tries until the first success.", |s, v| {
        let [p, size] = take(v)?;
        let check = |p: &[f64]| match p[0] > 0.0 && p[0] <= 1.0 {
            true => Ok(()),
            false => Err(Exception::value_error("p <= 0, p > 1 or p contains NaNs")),
        };
        counted(s, &[("p", &p)], &size, check, |s, p| s.geometric(p[0]))
    }),
    method(
        "multinomial",
        "n, pvals, size=None",
        "How often each of several outcomes occurs.",
        |s, v| {
            let [n, pvals, size] = take(v)?;
            let n = n.as_int("n")?;
            let chances = Array::from_value(&pvals, None)?.to_f64_vec();
            let sum: f64 = chances.iter().take(chances.len().saturating_sub(1)).sum();
            if sum > 1.0 + 1e-12 {
                return Err(Exception::value_error("sum(pvals[:-1]) > 1.0"));
            }
            if chances.iter().any(|p| !(0.0..=1.0).contains(p)) {
                return Err(Exception::value_error("pvals < 0, pvals > 1 or pvals contains NaNs"));
            }
            let mut shape = sizes(&size)?.unwrap_or_default();
            let count: usize = shape.iter().product();
            shape.push(chances.len());
            check_size(shape.iter().product())?;
            let mut out = Vec::new();
            for _ in 0..count {
                let (mut left, mut rest) = (n, 1.0);
                let mut row = vec![0; chances.len()];
                for (i, &p) in chances.iter().enumerate() {
                    if i + 1 == chances.len() {
                        row[i] = left;
                        break;
                    }
                    row[i] = s.binomial(left, p / rest);
                    left -= row[i];
                    if left <= 0 {
                        break;
                    }
                    rest -= p;
                }
                out.extend(row);
            }
            Ok(Value::object(Array::from_i64(&shape, out)))
        },
    ),
    method("dirichlet", "alpha, size=None", "Chances that sum to one.", |s, v| {
        let [alpha, size] = take(v)?;
        let alpha = Array::from_value(&alpha, None)?.to_f64_vec();
        if alpha.iter().any(|&a| a.is_nan() || a <= 0.0) {
            return Err(Exception::value_error("alpha <= 0"));
        }
        let mut shape = sizes(&size)?.unwrap_or_default();
        let count: usize = shape.iter().product();
        shape.push(alpha.len());
        check_size(shape.iter().product())?;
        let mut out = Vec::new();
        for _ in 0..count {
            let row: Vec<f64> = alpha.iter().map(|&a| s.gamma(a)).collect();
            let inverse = 1.0 / row.iter().sum::<f64>();
            out.extend(row.into_iter().map(|x| x * inverse));
        }
        Ok(Value::object(Array::from_f64(&shape, out)))
    }),
    method(
        "shuffle",
        "x, axis=0",
        "Shuffles a list or the first axis of an array, in place.",
        |s, v| {
            let [x, axis] = take(v)?;
            shuffle(s, &x, &axis)?;
            Ok(Value::None)
        },
    ),
    method(
        "permutation",
        "x, axis=0",
        "A shuffled copy, or the shuffled numbers below x.",
        |s, v| {
            let [x, axis] = take(v)?;
            permutation(s, &x, &axis)
        },
    ),
    method(
        "multivariate_normal",
        "mean, cov, size=None, check_valid='warn', tol=1e-08, *, method='svd'",
        "Normal vectors with a covariance.",
        multivariate_normal,
    ),
];

/// What `RandomState` has, and so the functions of `np.random`.
pub(super) const LEGACY: &[Method] = &[
    method("random_sample", "size=None", "Uniform numbers in [0, 1).", random),
    method("random", "size=None", "Uniform numbers in [0, 1).", random),
    method("ranf", "size=None", "Uniform numbers in [0, 1).", random),
    method("sample", "size=None", "Uniform numbers in [0, 1).", random),
    method("rand", "*shape", "Uniform numbers in [0, 1).", |s, v| {
        let [shape] = take(v)?;
        random(s, vec![none_if_empty(shape)])
    }),
    method("randn", "*shape", "Standard normal numbers.", |s, v| {
        let [shape] = take(v)?;
        standard_normal(s, vec![none_if_empty(shape)])
    }),
    method("standard_normal", "size=None", "Standard normal numbers.", standard_normal),
    method("standard_exponential", "size=None", "Exponential numbers.", |s, v| {
        let [size] = take(v)?;
        drawn(s, &[], &size, |_| Ok(()), |s, _| s.exponential())
    }),
    method("standard_gamma", "shape, size=None", "Gamma numbers.", |s, v| {
        let [shape, size] = take(v)?;
        let check = |p: &[f64]| at_least(p[0], 0.0, "shape < 0");
        drawn(s, &[("shape", &shape)], &size, check, |s, p| s.gamma(p[0]))
    }),
    method(
        "randint",
        "low, high=None, size=None, dtype='int'",
        "Integers in [low, high).",
        |s, v| {
            let [low, high, size, dtype] = take(v)?;
            integers(s, low, high, &size, &dtype, false)
        },
    ),
    method("random_integers", "low, high=None, size=None", "Integers in [low, high].", |s, v| {
        let [low, high, size] = take(v)?;
        let (low, high) = if high.is_none() { (Value::Int(1), low) } else { (low, high) };
        integers(s, low, high, &size, &Value::str("int"), true)
    }),
    method("choice", "a, size=None, replace=True, p=None", "Elements chosen at random.", |s, v| {
        let [a, size, replace, p] = take(v)?;
        choice(s, [a, size, replace, p], &Value::Int(0), true)
    }),
    method("seed", "seed=None", "Starts the stream anew.", |s, v| {
        let [seed] = take(v)?;
        *s = super::legacy_stream(&seed)?;
        Ok(Value::None)
    }),
    method("get_state", "legacy=True", "Refused: the state is not shown.", |_, _| {
        Err(Exception::not_supported(
            "get_state is not in kerai's numpy",
            "seed the stream where it must repeat",
        ))
    }),
];

/// What `Generator` has.
pub(super) const GENERATOR: &[Method] = &[
    method(
        "random",
        "size=None, dtype='float64', out=None",
        "Uniform numbers in [0, 1).",
        |s, v| {
            let [size, dtype, out] = take(v)?;
            floats(s, &size, &dtype, &out, Stream::double, |s| s.bits.next_f32())
        },
    ),
    method(
        "standard_normal",
        "size=None, dtype='float64', out=None",
        "Standard normal numbers.",
        |s, v| {
            let [size, dtype, out] = take(v)?;
            floats(s, &size, &dtype, &out, Stream::normal, Stream::normal_f32)
        },
    ),
    method("standard_exponential", "size=None", "Exponential numbers.", |s, v| {
        let [size] = take(v)?;
        drawn(s, &[], &size, |_| Ok(()), |s, _| s.exponential())
    }),
    method("standard_gamma", "shape, size=None", "Gamma numbers.", |s, v| {
        let [shape, size] = take(v)?;
        let check = |p: &[f64]| at_least(p[0], 0.0, "shape < 0");
        drawn(s, &[("shape", &shape)], &size, check, |s, p| s.gamma(p[0]))
    }),
    method(
        "integers",
        "low, high=None, size=None, dtype='int64', endpoint=False",
        "Integers in [low, high), or with the end.",
        |s, v| {
            let [low, high, size, dtype, endpoint] = take(v)?;
            integers(s, low, high, &size, &dtype, flag(&endpoint)?)
        },
    ),
    method(
        "choice",
        "a, size=None, replace=True, p=None, axis=0, shuffle=True",
        "Elements chosen at random.",
        |s, v| {
            let [a, size, replace, p, axis, shuffle] = take(v)?;
            choice(s, [a, size, replace, p], &axis, flag(&shuffle)?)
        },
    ),
    method(
        "permuted",
        "x, *, axis=None, out=None",
        "A copy, shuffled along an axis lane by lane.",
        |s, v| {
            let [x, axis, _out] = take(v)?;
            let (source, axis) = arguments::along(&Array::from_value(&x, None)?, &axis)?;
            let n = source.shape()[axis];
            let mut order: Vec<usize> = (0..source.ndim()).filter(|&other| other != axis).collect();
            order.push(axis);
            let lanes = source.permuted(&order).copy();
            let rows = lanes.reshaped(&[source.size() / n.max(1), n])?;
            for i in 0..rows.shape()[0] {
                shuffle(s, &Value::object(rows.at(0, i)), &Value::Int(0))?;
            }
            let mut back: Vec<usize> = (0..source.ndim() - 1).collect();
            back.insert(axis, source.ndim() - 1);
            let shuffled = lanes.permuted(&back).contiguous();
            Ok(Value::object(shuffled.reshaped(Array::from_value(&x, None)?.shape())?))
        },
    ),
    method("spawn", "n_children", "Refused: streams are made by default_rng.", |_, _| {
        Err(Exception::not_supported(
            "spawn is not in kerai's numpy",
            "np.random.default_rng([seed, i]) makes independent streams",
        ))
    }),
];

fn none_if_empty(shape: Value) -> Value {
    match &shape {
        Value::Tuple(items) if items.is_empty() => Value::None,
        _ => shape,
    }
}

fn at_least(value: f64, least: f64, message: &str) -> PyResult<()> {
    if value < least || value.is_nan() {
        return Err(Exception::value_error(message));
    }
    Ok(())
}

fn positive(value: f64, message: &str) -> PyResult<()> {
    if value > 0.0 { Ok(()) } else { Err(Exception::value_error(message)) }
}

/// `size=`
fn sizes(size: &Value) -> PyResult<Option<Vec<usize>>> {
    if size.is_none() { Ok(None) } else { arguments::shape(size).map(Some) }
}

/// Draws over parameters that broadcast; the shape is `None` for one plain number.
fn each<T>(
    s: &mut Stream,
    parameters: &[(&str, &Value)],
    size: &Value,
    check: impl Fn(&[f64]) -> PyResult<()>,
    draw: impl Fn(&mut Stream, &[f64]) -> T,
) -> PyResult<(Option<Vec<usize>>, Vec<T>)> {
    let size = sizes(size)?;
    let mut plain = Vec::new();
    for (name, value) in parameters {
        match value {
            Value::Object(_) | Value::List(_) | Value::Tuple(_) => {}
            other => plain.push(other.as_float(name)?),
        }
    }
    if plain.len() == parameters.len() {
        check(&plain)?;
        let count = size.as_ref().map_or(1, |size| size.iter().product());
        let numbers = (0..count).map(|_| draw(s, &plain)).collect();
        return Ok((size, numbers));
    }
    let arrays = parameters
        .iter()
        .map(|(_, value)| Array::from_value(value, Some(DType::Float64)))
        .collect::<PyResult<Vec<_>>>()?;
    let mut shapes: Vec<&[usize]> = arrays.iter().map(Array::shape).collect();
    let own = broadcast_shape(&shapes)?;
    let shape = match &size {
        Some(size) => {
            shapes.push(size);
            if broadcast_shape(&shapes)? != *size {
                return Err(Exception::value_error(format!(
                    "Output size {} is not compatible with broadcast dimensions of inputs {}.",
                    crate::modules::numpy::shape_text(size),
                    crate::modules::numpy::shape_text(&own)
                )));
            }
            size.clone()
        }
        None => own,
    };
    let columns = arrays
        .iter()
        .map(|array| Ok(array.broadcast_to(&shape)?.to_f64_vec()))
        .collect::<PyResult<Vec<_>>>()?;
    let count: usize = shape.iter().product();
    let mut out = Vec::with_capacity(count);
    let mut row = vec![0.0; columns.len()];
    for i in 0..count {
        for (slot, column) in row.iter_mut().zip(&columns) {
            *slot = column[i];
        }
        check(&row)?;
        out.push(draw(s, &row));
    }
    let shape = if shape.is_empty() && size.is_none() { None } else { Some(shape) };
    Ok((shape, out))
}

fn drawn(
    s: &mut Stream,
    parameters: &[(&str, &Value)],
    size: &Value,
    check: impl Fn(&[f64]) -> PyResult<()>,
    draw: impl Fn(&mut Stream, &[f64]) -> f64,
) -> PyResult<Value> {
    let (shape, numbers) = each(s, parameters, size, check, draw)?;
    shaped(shape.as_deref(), numbers, DType::Float64)
}

fn counted(
    s: &mut Stream,
    parameters: &[(&str, &Value)],
    size: &Value,
    check: impl Fn(&[f64]) -> PyResult<()>,
    draw: impl Fn(&mut Stream, &[f64]) -> i64,
) -> PyResult<Value> {
    let (shape, numbers) = each(s, parameters, size, check, draw)?;
    Ok(match shape {
        Some(shape) => Value::object(Array::from_i64(&shape, numbers)),
        None => Value::Int(numbers.first().copied().unwrap_or(0)),
    })
}

fn random(s: &mut Stream, v: Vec<Value>) -> PyResult<Value> {
    let [size] = take(v)?;
    drawn(s, &[], &size, |_| Ok(()), |s, _| s.double())
}

fn standard_normal(s: &mut Stream, v: Vec<Value>) -> PyResult<Value> {
    let [size] = take(v)?;
    drawn(s, &[], &size, |_| Ok(()), |s, _| s.normal())
}

/// Floats of 64 or 32 bits, which have methods of their own.
fn floats(
    s: &mut Stream,
    size: &Value,
    dtype: &Value,
    out: &Value,
    double: fn(&mut Stream) -> f64,
    single: fn(&mut Stream) -> f32,
) -> PyResult<Value> {
    let target = out.downcast::<Array>();
    let shape = match &target {
        Some(target) => Some(target.shape().to_vec()),
        None => sizes(size)?,
    };
    let count = shape.as_ref().map_or(1, |shape| shape.iter().product());
    let result = match DType::from_value(dtype)? {
        DType::Float64 => {
            let numbers: Vec<f64> = (0..count).map(|_| double(s)).collect();
            shaped(shape.as_deref(), numbers, DType::Float64)?
        }
        DType::Float32 => {
            let numbers: Vec<f32> = (0..count).map(|_| single(s)).collect();
            match &shape {
                Some(shape) => Value::object(Array::from_f32(shape, numbers)),
                None => Value::Float(numbers.first().map_or(0.0, |&x| f64::from(x))),
            }
        }
        other => {
            return Err(Exception::type_error(format!(
                "Unsupported dtype dtype('{other}') for random"
            )));
        }
    };
    match target {
        Some(target) => {
            target.assign(&Array::from_value(&result, None)?)?;
            Ok(out.clone())
        }
        None => Ok(result),
    }
}

fn integers(
    s: &mut Stream,
    low: Value,
    high: Value,
    size: &Value,
    dtype: &Value,
    endpoint: bool,
) -> PyResult<Value> {
    let (low, high) = if high.is_none() { (Value::Int(0), low) } else { (low, high) };
    let is_plain_int = matches!(dtype, Value::Str(name) if &**name == "int")
        || crate::modules::numpy::dtype::class_name(dtype).as_deref() == Some("int");
    let dtype = DType::from_value(dtype)?;
    let Some((least, most)) = dtype.integer_range().or((dtype == DType::Bool).then_some((0, 1)))
    else {
        return Err(Exception::type_error(format!(
            "Unsupported dtype dtype('{dtype}') for randint"
        )));
    };
    let width = if dtype == DType::Bool { 1 } else { 8 * dtype.item_size() as u32 };
    let bounds = |low: i64, high: i64| -> PyResult<(i64, u64)> {
        let last = i128::from(high) - i128::from(!endpoint);
        if i128::from(low) < least {
            return Err(Exception::value_error(format!("low is out of bounds for {dtype}")));
        }
        if last > most {
            return Err(Exception::value_error(format!("high is out of bounds for {dtype}")));
        }
        if i128::from(low) > last {
            return Err(Exception::value_error(if endpoint {
                "low > high"
            } else if low == 0 {
                "high <= 0"
            } else {
                "low >= high"
            }));
        }
        Ok((low, (last - i128::from(low)) as u64))
    };
    let size = sizes(size)?;
    let is_plain = |value: &Value| match value {
        Value::Int(_) | Value::Bool(_) | Value::Float(_) => true,
        other => other.downcast::<Scalar>().is_some(),
    };
    let as_int = |value: &Value, name: &str| match value {
        Value::Float(number) => Ok(*number as i64),
        other => other.as_int(name),
    };
    let mut buffer = Buffer::default();
    if is_plain(&low) && is_plain(&high) {
        let (low, range) = bounds(as_int(&low, "low")?, as_int(&high, "high")?)?;
        let Some(shape) = size else {
            let drawn = s.bounded(range, width, &mut buffer);
            let number = low.wrapping_add(drawn as i64);
            return Ok(match (is_plain_int, dtype) {
                (true, _) => Value::Int(number),
                (_, DType::Bool) => Value::Bool(number != 0),
                (_, DType::UInt64) => {
                    Value::object(Scalar { dtype, item: Item::Unsigned(number as u64) })
                }
                _ => Value::object(Scalar { dtype, item: Item::Int(number) }),
            });
        };
        let count: usize = shape.iter().product();
        let numbers: Vec<i64> = (0..count)
            .map(|_| low.wrapping_add(s.bounded(range, width, &mut buffer) as i64))
            .collect();
        return Ok(Value::object(Array::from_i64(&shape, numbers).as_type(dtype)?));
    }
    let low = Array::from_value(&low, Some(DType::Int64))?;
    let high = Array::from_value(&high, Some(DType::Int64))?;
    let shape = match size {
        Some(size) => size,
        None => broadcast_shape(&[low.shape(), high.shape()])?,
    };
    let lows = low.broadcast_to(&shape)?.to_i64_vec();
    let highs = high.broadcast_to(&shape)?.to_i64_vec();
    let mut numbers = Vec::with_capacity(lows.len());
    for (low, high) in lows.into_iter().zip(highs) {
        let (low, range) = bounds(low, high)?;
        numbers.push(low.wrapping_add(s.bounded(range, width, &mut buffer) as i64));
    }
    Ok(Array::from_i64(&shape, numbers).as_type(dtype)?.to_value())
}

fn choice(
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

fn chances(p: &Value, count: i64, legacy: bool) -> PyResult<Vec<f64>> {
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

fn cumulative(chances: &[f64]) -> Vec<f64> {
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
fn without_return(s: &mut Stream, mut chances: Vec<f64>, wanted: usize) -> PyResult<Vec<i64>> {
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
fn sample(s: &mut Stream, count: i64, wanted: i64, with_shuffle: bool) -> Vec<i64> {
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

fn shuffle(s: &mut Stream, x: &Value, axis: &Value) -> PyResult<()> {
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

fn permutation(s: &mut Stream, x: &Value, axis: &Value) -> PyResult<Value> {
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

fn multivariate_normal(s: &mut Stream, v: Vec<Value>) -> PyResult<Value> {
    let [mean, cov, size, check, tolerance, method] = take(v)?;
    let mean = Array::from_value(&mean, Some(DType::Float64))?;
    let cov = Array::from_value(&cov, Some(DType::Float64))?;
    if mean.ndim() != 1 {
        return Err(Exception::value_error("mean must be 1 dimensional"));
    }
    let n = mean.size();
    match cov.shape() {
        [rows, columns] if rows == columns && *rows == n => {}
        [rows, columns] if rows == columns => {
            return Err(Exception::value_error("mean and cov must have same length"));
        }
        _ => return Err(Exception::value_error("cov must be 2 dimensional and square")),
    }
    let mut shape = sizes(&size)?.unwrap_or_default();
    let count: usize = shape.iter().product();
    shape.push(n);
    check_size(shape.iter().product())?;
    let x: Vec<f64> = (0..count * n).map(|_| s.normal()).collect();
    let entries = cov.to_f64_vec();
    let tolerance = tolerance.as_float("tol")?;
    // The factor by which independent numbers get the covariance: rows of the result are x @ factor.
    let factor = match method.as_str("method")?.as_ref() {
        "svd" => {
            let (u, sizes, vt) = linalg::svd(&entries, n, n)?;
            let mut factor = vec![0.0; n * n];
            let mut back = vec![0.0; n * n];
            for i in 0..n {
                for j in 0..n {
                    factor[i * n + j] = match s.legacy {
                        true => sizes[i].sqrt() * vt[i * n + j],
                        false => u[j * n + i] * sizes[i].sqrt(),
                    };
                    back[i * n + j] =
                        (0..n).map(|k| vt[k * n + i] * sizes[k] * vt[k * n + j]).sum();
                }
            }
            let valid = back
                .iter()
                .zip(&entries)
                .all(|(a, b)| (a - b).abs() <= tolerance + tolerance * b.abs());
            if !valid && &*check.as_str("check_valid")? == "raise" {
                return Err(Exception::value_error(
                    "covariance is not symmetric positive-semidefinite.",
                ));
            }
            factor
        }
        "cholesky" => {
            let lower = linalg::cholesky(&entries, n)?;
            (0..n * n).map(|at| lower[(at % n) * n + at / n]).collect()
        }
        "eigh" => {
            let (values, vectors) = linalg::eigh(&entries, n)?;
            (0..n * n)
                .map(|at| vectors[(at % n) * n + at / n] * values[at / n].abs().sqrt())
                .collect()
        }
        _ => {
            return Err(Exception::value_error(
                "method must be one of {'eigh', 'svd', 'cholesky'}",
            ));
        }
    };
    let mut out = linalg::matrix(&x, &factor, count, n, n);
    let mean = mean.to_f64_vec();
    for row in out.chunks_exact_mut(n.max(1)) {
        row.iter_mut().zip(&mean).for_each(|(x, m)| *x += m);
    }
    Ok(Value::object(Array::from_f64(&shape, out)))
}
