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
