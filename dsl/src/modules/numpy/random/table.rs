//! The methods of `np.random`, `RandomState` and `Generator`, a row each.

use super::Method;
use super::choose::{choice, permutation, shuffle};
use super::draw::{
    at_least, counted, drawn, floats, integers, multivariate_normal, none_if_empty, positive,
    random, sizes, standard_normal,
};
use super::stream::Stream;
use crate::modules::numpy::arguments::{self, check_size, flag};
use crate::modules::numpy::array::Array;
use crate::modules::numpy::table::take;
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
