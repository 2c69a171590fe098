//! Every operation's derivative against finite differences, in tables.

use super::*;
use crate::check::{gradients, of, values, values_in};
use crate::error::Result;
use crate::tensor::Tensor;

#[test]
fn functions_of_one_tensor() {
    type Row = (&'static str, fn(&Tensor) -> Result<Tensor>, f64, f64);
    let table: &[Row] = &[
        ("negative", negative, -2.0, 2.0),
        ("absolute", absolute, -2.0, 2.0),
        ("square", square, -2.0, 2.0),
        ("sqrt", sqrt, 0.1, 2.0),
        ("rsqrt", rsqrt, 0.1, 2.0),
        ("reciprocal", reciprocal, 0.2, 2.0),
        ("cbrt", cbrt, 0.2, 2.0),
        ("exp", exp, -2.0, 2.0),
        ("exp2", exp2, -2.0, 2.0),
        ("expm1", expm1, -2.0, 2.0),
        ("log", log, 0.1, 3.0),
        ("log1p", log1p, -0.5, 3.0),
        ("log2", log2, 0.1, 3.0),
        ("log10", log10, 0.1, 3.0),
        ("sin", sin, -3.0, 3.0),
        ("cos", cos, -3.0, 3.0),
        ("tan", tan, -1.0, 1.0),
        ("arcsin", arcsin, -0.9, 0.9),
        ("arccos", arccos, -0.9, 0.9),
        ("arctan", arctan, -2.0, 2.0),
        ("sinh", sinh, -2.0, 2.0),
        ("cosh", cosh, -2.0, 2.0),
        ("tanh", tanh, -2.0, 2.0),
        ("arcsinh", arcsinh, -2.0, 2.0),
        ("arccosh", arccosh, 1.2, 3.0),
        ("arctanh", arctanh, -0.9, 0.9),
        ("erf", erf, -2.0, 2.0),
        ("erfinv", erfinv, -0.95, 0.95),
        ("lgamma", lgamma, 0.3, 5.0),
        ("clip", |x| clip(x, -1.0, 1.0), -2.0, 2.0),
        ("power", |x| power_scalar(x, 1.7), 0.1, 2.0),
        ("power of negatives", |x| power_scalar(x, 3.0), -2.0, 2.0),
        ("relu", |x| bounded_relu(x, 0.1, Some(1.5), 0.3), -2.0, 2.0),
        ("squareplus", |x| squareplus(x, 2.0), -2.0, 2.0),
        ("celu", |x| celu(x, 0.7), -2.0, 2.0),
        ("affine", |x| affine(x, 2.0, 1.0), -2.0, 2.0),
        ("glu", |x| glu(x, 1), -2.0, 2.0),
        ("softmax of axis 0", |x| softmax(x, 0), -2.0, 2.0),
    ];
    for (name, f, low, high) in table {
        for seed in 0..3 {
            gradients(name, |x| f(&x[0]), &[values_in(&[3, 4], seed, *low, *high)]);
        }
    }
}

#[test]
fn functions_of_two_tensors() {
    type Row = (&'static str, fn(&Tensor, &Tensor) -> Result<Tensor>);
    let table: &[Row] = &[
        ("add", add),
        ("subtract", subtract),
        ("multiply", multiply),
        ("divide", divide),
        ("divide_no_nan", divide_no_nan),
        ("mod", modulo),
        ("power", power),
        ("maximum", maximum),
        ("minimum", minimum),
        ("arctan2", arctan2),
        ("squared_difference", squared_difference),
        ("logaddexp", logaddexp),
    ];
    for (name, f) in table {
        for (a, b) in
            [(&[3, 4][..], &[3, 4][..]), (&[2, 3], &[3]), (&[2, 1, 3], &[4, 1]), (&[], &[2])]
        {
            let inputs = [values_in(a, 1, 0.3, 2.0), values_in(b, 2, 0.3, 2.0)];
            gradients(name, |x| f(&x[0], &x[1]), &inputs);
        }
    }
    let zero = of(&[0.0, 1.0], &[2]);
    let y = divide_no_nan(&of(&[3.0, 3.0], &[2]), &zero).unwrap();
    assert_eq!(crate::check::numbers(y.array()), [0.0, 3.0]);
}

#[test]
fn reductions() {
    type Row = (&'static str, fn(&Tensor, Option<&[i64]>, bool) -> Result<Tensor>);
    let table: &[Row] = &[
        ("sum", sum),
        ("mean", mean),
        ("max", max),
        ("min", min),
        ("prod", prod),
        ("var", var),
        ("std", std),
        ("logsumexp", logsumexp),
        ("norm2", norm2),
    ];
    for (name, f) in table {
        for axes in [None, Some(&[0][..]), Some(&[-1]), Some(&[0, 2]), Some(&[1, 2])] {
            for keepdims in [false, true] {
                gradients(name, |x| f(&x[0], axes, keepdims), &[values(&[2, 3, 4], 7)]);
            }
        }
    }
    let zeros = of(&[0.0, 2.0, 3.0, 0.0, 0.0, 5.0], &[2, 3]);
    gradients("prod with zeros", |x| prod(&x[0], Some(&[1]), false), &[zeros]);
    gradients("l2_normalize", |x| l2_normalize(&x[0], &[-1], 1e-12), &[values(&[2, 3], 3)]);
}

#[test]
fn products() {
    for (a, b) in [
        (&[3, 4][..], &[4, 2][..]),
        (&[4], &[4, 2]),
        (&[3, 4], &[4]),
        (&[4], &[4]),
        (&[2, 3, 4], &[4, 5]),
        (&[2, 3, 4], &[2, 4, 5]),
        (&[2, 1, 3, 4], &[5, 4, 2]),
        (&[3, 4], &[2, 4, 2]),
        (&[2, 2, 2, 2, 3], &[2, 2, 1, 3, 2]),
    ] {
        let inputs = [values(a, 1), values(b, 2)];
        gradients(&format!("matmul {a:?} {b:?}"), |x| matmul(&x[0], &x[1]), &inputs);
    }
    let inputs = [values(&[2, 3, 4], 1), values(&[4, 3, 5], 2)];
    gradients("tensordot", |x| tensordot(&x[0], &x[1], &[1, 2], &[1, 0]), &inputs);
    gradients("dot", |x| dot(&x[0], &x[1]), &[values(&[2, 3], 1), values(&[5, 3, 2], 2)]);
}

#[test]
fn places_and_ranges() {
    use Index::{At, Ellipsis, NewAxis, Range};
    let x = values(&[4, 3, 5], 1);
    let all = Range(None, None, None);
    for (items, shape) in [
        (vec![At(1)], &[3, 5][..]),
        (vec![At(-1), At(0)], &[5]),
        (vec![Ellipsis, At(2)], &[4, 3]),
        (vec![Range(Some(1), Some(-1), None)], &[2, 3, 5]),
        (vec![all.clone(), Range(None, None, Some(-1))], &[4, 3, 5]),
        (vec![Range(None, None, Some(2)), NewAxis, Ellipsis], &[2, 1, 3, 5]),
        (vec![Range(Some(3), Some(0), Some(-2)), all, At(0)], &[2, 3]),
        (
            vec![Index::Places(Tensor::from_vec(vec![0_i64, 0, 3, -1], &[2, 2]).unwrap())],
            &[2, 2, 3, 5],
        ),
    ] {
        let y = getitem(&x, &items).unwrap();
        assert_eq!(y.shape(), shape, "{items:?}");
        gradients("getitem", |x| getitem(&x[0], &items), std::slice::from_ref(&x));
    }
    assert!(getitem(&x, &[At(4)]).unwrap_err().what.contains("out of bounds"));
}

#[test]
fn rearrangements_and_running_values() {
    type Row = (&'static str, fn(&Tensor) -> Result<Tensor>);
    let table: &[Row] = &[
        ("flip", |x| flip(x, Some(&[1]))),
        ("roll", |x| roll(x, &[2], Some(&[1]))),
        ("roll all", |x| roll(x, &[2], None)),
        ("repeat", |x| repeat(x, &[2], Some(0))),
        ("repeat counts", |x| repeat(x, &[1, 0, 2], Some(1))),
        ("tile", |x| tile(x, &[2, 1, 2])),
        ("pad", |x| pad(x, &[(1, 0), (2, 1)], Border::Constant(3.0))),
        ("pad reflect", |x| pad(x, &[(1, 1), (2, 1)], Border::Reflect)),
        ("pad symmetric", |x| pad(x, &[(2, 0), (0, 3)], Border::Symmetric)),
        ("pad edge", |x| pad(x, &[(2, 0), (0, 3)], Border::Edge)),
        ("broadcast_to", |x| broadcast_to(x, &[4, 2, 3])),
        ("transpose", |x| transpose(x, None)),
        ("stack", |x| stack(&[x.clone(), square(x)?], 1)),
        ("concatenate", |x| concatenate(&[x.clone(), square(x)?], -1)),
        ("split", |x| Ok(split(x, 3, 1)?.remove(1))),
        ("cumsum", |x| cumsum(x, Some(1))),
        ("cumsum of columns", |x| cumsum(x, Some(0))),
        ("cumprod", |x| cumprod(x, Some(1))),
        ("cumprod of all", |x| cumprod(x, None)),
        ("sort", |x| sort(x, Some(1))),
        ("top_k", |x| Ok(top_k(x, 2)?.0)),
        ("diff", |x| diff(x, 1, 1)),
        ("quantile", |x| quantile(x, 0.3, Some(1), false)),
        ("segment_sum", |x| segment_sum(x, &Tensor::from_vec(vec![1_i64, 1], &[2])?, Some(3))),
        ("scatter_update", |x| {
            scatter_update(x, &Tensor::from_vec(vec![0_i64, 1], &[1, 2])?, &of(&[7.0], &[1]))
        }),
        ("take_along_axis", |x| {
            take_along_axis(x, &Tensor::from_vec(vec![0_i64, 0, 2, 1], &[2, 2])?, Some(1))
        }),
        ("keep_band", |x| keep_band(x, |offset| offset <= 0)),
    ];
    for (name, f) in table {
        gradients(name, |x| f(&x[0]), &[values(&[2, 3], 5)]);
    }
    gradients(
        "cumprod with zeros",
        |x| cumprod(&x[0], Some(0)),
        &[of(&[2.0, 0.0, 3.0, 4.0], &[4])],
    );
}

#[test]
fn rows_of_the_table_bind_as_python_does() {
    use crate::config::Arg;
    type Found = Result<(candle_core::DType, Vec<f64>)>;
    let call = |name: &str, positional: Vec<OpValue>, keywords: Vec<(&str, OpValue)>| -> Found {
        let keywords = keywords.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let entry = table::find_tensorflow(name).unwrap();
        match entry.call(positional, keywords)? {
            OpResult::Tensor(x) | OpResult::Truth(x) => {
                Ok((x.dtype(), crate::check::numbers(x.array())))
            }
            _ => panic!("{name} gives one tensor"),
        }
    };
    let x = || OpValue::Tensor(Tensor::from_vec(vec![1.0_f32, 2.0, 3.0, 4.0], &[2, 2]).unwrap());
    let int = |int| OpValue::Arg(Arg::Int(int));
    let (single, integer) = (candle_core::DType::F32, candle_core::DType::I32);
    assert_eq!(
        call("reduce_sum", vec![x()], vec![("axis", int(0))]).unwrap(),
        (single, vec![4.0, 6.0])
    );
    assert_eq!(call("add", vec![x(), int(1)], vec![]).unwrap().0, single);
    assert_eq!(
        call("multiply", vec![int(2), OpValue::Arg(Arg::Float(1.5))], vec![]).unwrap(),
        (single, vec![3.0])
    );
    assert_eq!(call("range", vec![int(3)], vec![]).unwrap(), (integer, vec![0.0, 1.0, 2.0]));
    assert_eq!(
        call("gather", vec![x(), OpValue::Arg(Arg::List(vec![Arg::Int(1)]))], vec![]).unwrap().1,
        [3.0, 4.0]
    );
    assert_eq!(
        call(
            "matmul",
            vec![],
            vec![("a", x()), ("b", x()), ("transpose_b", OpValue::Arg(Arg::Bool(true)))]
        )
        .unwrap()
        .1,
        [5.0, 11.0, 11.0, 25.0]
    );
    let error = call("reduce_sum", vec![x()], vec![("axes", int(0))]).unwrap_err();
    assert_eq!(error.hint.as_deref(), Some("did you mean 'axis'?"));
    let rows: Vec<_> = table::entries().collect();
    for (i, row) in rows.iter().enumerate() {
        assert!(
            rows[..i].iter().all(|other| !other.answers_to(row.name)),
            "{} stands twice",
            row.name
        );
        assert!(!row.parameters().is_empty(), "{}", row.name);
    }
}
