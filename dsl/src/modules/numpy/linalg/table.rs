//! The functions: `np.dot` and its relatives, and the module `np.linalg`.

use super::decompositions::{self, Lu, cholesky, error, qr};
use super::products::{dot, inner, matmul, outer, tensordot, vdot};
use super::singular::svd;
use super::symmetric::eigh;
use crate::modules::Module;
use crate::modules::numpy::arguments::{arrays, axes, axis, flag, integers, items};
use crate::modules::numpy::arith::{Function, Op};
use crate::modules::numpy::array::Array;
use crate::modules::numpy::dtype::DType;
use crate::modules::numpy::fold::{Fold, fold};
use crate::modules::numpy::layout::{broadcast_shape, check_axis};
use crate::modules::numpy::table::{Row, array, numbers, row, take};
use crate::modules::numpy::ufunc::{Operand, binary, store, unary};
use crate::runtime::object::Items;
use crate::runtime::{Exception, Object, PyResult, Value};

pub(crate) const TABLE: &[Row] = &[
    row("dot", "a, b, out=None", "The product of vectors and matrices.", |v| {
        let [a, b, out] = take(v)?;
        let result = dot(&array(&a)?, &array(&b)?)?;
        match out.downcast::<Array>() {
            Some(target) => {
                store(&result, &target, "dot")?;
                Ok(out)
            }
            None => Ok(result.to_value()),
        }
    }),
    row("inner", "a, b, /", "The sum of products over the last axes.", |v| {
        let [a, b] = take(v)?;
        Ok(inner(&array(&a)?, &array(&b)?)?.to_value())
    }),
    row("outer", "a, b, out=None", "All products of two vectors.", |v| {
        let [a, b, _out] = take(v)?;
        Ok(outer(&array(&a)?, &array(&b)?)?.to_value())
    }),
    row("vdot", "a, b, /", "The sum of products of all elements.", |v| {
        let [a, b] = take(v)?;
        Ok(vdot(&array(&a)?, &array(&b)?)?.to_value())
    }),
    row("vecdot", "x1, x2, /, *, axis=-1", "The sum of products along an axis.", |v| {
        let [a, b, over] = take(v)?;
        let (a, b) = (Operand::new(&a)?, Operand::new(&b)?);
        let product = binary(Op::Multiply, &a, &b, None)?;
        let over = axis(&over, product.ndim())?;
        Ok(fold(Fold::Sum, &product, &[over], false, None)?.to_value())
    }),
    row("tensordot", "a, b, axes=2", "Sums of products over pairs of axes.", |v| {
        let [a, b, over] = take(v)?;
        let (a, b) = (array(&a)?, array(&b)?);
        let normal = |given: &Value, n: usize| -> PyResult<Vec<usize>> {
            integers(given)?.into_iter().map(|axis| check_axis(axis, n)).collect()
        };
        let (x, y) = match &over {
            Value::List(_) | Value::Tuple(_) => {
                let pair = items(&over)?;
                match &pair[..] {
                    [x, y] => (normal(x, a.ndim())?, normal(y, b.ndim())?),
                    _ => return Err(Exception::value_error("axes must be an int or a pair")),
                }
            }
            other => {
                let count = usize::try_from(other.as_int("axes")?).unwrap_or(0);
                if count > a.ndim() || count > b.ndim() {
                    return Err(Exception::value_error("shape-mismatch for sum"));
                }
                ((a.ndim() - count..a.ndim()).collect(), (0..count).collect())
            }
        };
        Ok(tensordot(&a, &b, &x, &y)?.to_value())
    }),
    row(
        "einsum",
        "subscripts, *operands, out=None, optimize=False, dtype=None",
        "Sums of products by letters: 'ij,jk->ik'.",
        |v| {
            let [subscripts, operands, ..] = take::<5>(v)?;
            let subscripts = subscripts.as_str("subscripts")?;
            Ok(super::einsum::einsum(&subscripts, &arrays(&operands)?)?.to_value())
        },
    ),
    row("kron", "a, b", "The Kronecker product.", |v| {
        let [a, b] = take(v)?;
        let (a, b) = (array(&a)?, array(&b)?);
        let n = a.ndim().max(b.ndim());
        let wide = |x: &Array| [&vec![1; n - x.ndim()][..], x.shape()].concat();
        let (sa, sb) = (wide(&a), wide(&b));
        let first: Vec<usize> = sa.iter().flat_map(|&k| [k, 1]).collect();
        let second: Vec<usize> = sb.iter().flat_map(|&k| [1, k]).collect();
        let (x, y) = (a.reshaped(&first)?, b.reshaped(&second)?);
        let product = binary(Op::Multiply, &Operand::strong(x), &Operand::strong(y), None)?;
        let shape: Vec<usize> = sa.iter().zip(&sb).map(|(x, y)| x * y).collect();
        Ok(product.reshaped(&shape)?.to_value())
    }),
    row(
        "cross",
        "a, b, axisa=-1, axisb=-1, axisc=-1, axis=None",
        "The cross product of vectors of length three.",
        |v| {
            let [a, b, ..] = take::<6>(v)?;
            let (a, b) = (array(&a)?, array(&b)?);
            let last = |x: &Array| x.shape().last().copied().unwrap_or(0);
            if last(&a) != 3 || last(&b) != 3 {
                return Err(Exception::value_error(format!(
                    "Both input arrays must be (arrays of) 3-dimensional vectors, but they are {} and \
                 {} dimensional instead.",
                    last(&a),
                    last(&b)
                )));
            }
            let part = |x: &Array, i: usize| Operand::strong(x.at(x.ndim() - 1, i % 3));
            let mut parts = Vec::with_capacity(3);
            for i in 0..3 {
                let x = binary(Op::Multiply, &part(&a, i + 1), &part(&b, i + 2), None)?;
                let y = binary(Op::Multiply, &part(&a, i + 2), &part(&b, i + 1), None)?;
                let d = binary(Op::Subtract, &Operand::strong(x), &Operand::strong(y), None)?;
                let shape = [d.shape(), &[1]].concat();
                parts.push(d.reshaped(&shape)?);
            }
            let axis = parts[0].ndim() - 1;
            Ok(Value::object(crate::modules::numpy::joining::concatenate(&parts, axis, None)?))
        },
    ),
];

/// The functions of `np.linalg`.
const LINALG: &[Row] = &[
    row("norm", "x, ord=None, axis=None, keepdims=False", "The norm of vectors or matrices.", norm),
    row("vector_norm", "x, /, *, axis=None, keepdims=False, ord=2", "The norm of vectors.", |v| {
        let [x, over, keepdims, ord] = take(v)?;
        let x = array(&x)?;
        let x = if over.is_none() { x.reshaped(&[x.size()])? } else { x };
        let over = if over.is_none() { Value::Int(0) } else { over };
        norm(vec![Value::object(x), ord, over, keepdims])
    }),
    row("matrix_norm", "x, /, *, keepdims=False, ord='fro'", "The norm of matrices.", |v| {
        let [x, keepdims, ord] = take(v)?;
        let axes = Value::tuple(vec![Value::Int(-2), Value::Int(-1)]);
        norm(vec![x, ord, axes, keepdims])
    }),
    row("inv", "a", "The inverse of a square matrix.", |v| {
        let [a] = take(v)?;
        square_map(&a, |matrix, n| {
            let mut identity = vec![0.0; n * n];
            (0..n).for_each(|i| identity[i * n + i] = 1.0);
            Lu::new(matrix, n).solve(&identity, n)
        })
    }),
    row("solve", "a, b", "The solution of linear equations.", |v| {
        let [a, b] = take(v)?;
        let (a, b) = (matrices(&a)?, numbers(&b, "solve")?);
        let n = check_square(&a)?;
        let vector = b.ndim() == 1;
        let b2 = if vector { b.reshaped(&[b.size(), 1])? } else { b.clone() };
        let columns = b2.shape()[b2.ndim() - 1];
        if b2.shape()[b2.ndim() - 2] != n {
            return Err(Exception::value_error(format!(
                "solve: Input operand 1 has a mismatch in its core dimension 0, with gufunc \
                 signature (m,m),(m,n)->(m,n) (size {} is different from {n})",
                b2.shape()[b2.ndim() - 2]
            )));
        }
        let outer = broadcast_shape(&[&a.shape()[..a.ndim() - 2], &b2.shape()[..b2.ndim() - 2]])?;
        let wide_a = a.broadcast_to(&[&outer[..], &[n, n]].concat())?.to_f64_vec();
        let wide_b = b2.broadcast_to(&[&outer[..], &[n, columns]].concat())?.to_f64_vec();
        let mut out = Vec::with_capacity(wide_b.len());
        for i in 0..outer.iter().product() {
            let lu = Lu::new(&wide_a[i * n * n..(i + 1) * n * n], n);
            out.extend(lu.solve(&wide_b[i * n * columns..(i + 1) * n * columns], columns)?);
        }
        let mut shape = [&outer[..], &[n, columns]].concat();
        if vector {
            shape.pop();
        }
        let dtype = result_type(&a, Some(&b));
        Ok(Array::from_f64(&shape, out).as_type(dtype)?.to_value())
    }),
    row("det", "a", "The determinant.", |v| {
        let [a] = take(v)?;
        scalar_map(&a, |matrix, n| Lu::new(matrix, n).determinant())
    }),
    row("slogdet", "a", "Sign and logarithm of the determinant.", |v| {
        let [a] = take(v)?;
        let sign = scalar_map(&a, |matrix, n| Lu::new(matrix, n).sign_and_log().0)?;
        let log = scalar_map(&a, |matrix, n| Lu::new(matrix, n).sign_and_log().1)?;
        Ok(named("SlogdetResult", &["sign", "logabsdet"], vec![sign, log]))
    }),
    row(
        "cholesky",
        "a, /, *, upper=False",
        "The lower factor of a positive definite matrix.",
        |v| {
            let [a, upper] = take(v)?;
            let upper = flag(&upper)?;
            square_map(&a, |matrix, n| {
                let lower = cholesky(matrix, n)?;
                Ok(match upper {
                    true => (0..n * n).map(|at| lower[(at % n) * n + at / n]).collect(),
                    false => lower,
                })
            })
        },
    ),
    row("qr", "a, mode='reduced'", "Orthogonal times upper triangular.", |v| {
        let [a, mode] = take(v)?;
        let a = matrices(&a)?;
        two_axes(&a)?;
        let (rows, columns) = (a.shape()[0], a.shape()[1]);
        let width = match mode.as_str("mode")?.as_ref() {
            "reduced" | "r" => rows.min(columns),
            "complete" => rows,
            other => {
                return Err(Exception::value_error(format!("Unrecognized mode '{other}'")));
            }
        };
        let (q, r) = qr(&a.to_f64_vec(), rows, columns, width);
        let dtype = result_type(&a, None);
        let r = Array::from_f64(&[width, columns], r[..width * columns].to_vec()).as_type(dtype)?;
        if &*mode.as_str("mode")? == "r" {
            return Ok(Value::object(r));
        }
        let q = Array::from_f64(&[rows, width], q).as_type(dtype)?;
        Ok(named("QRResult", &["Q", "R"], vec![Value::object(q), Value::object(r)]))
    }),
    row("eigh", "a, UPLO='L'", "Eigenvalues and eigenvectors of a symmetric matrix.", |v| {
        let [a, side] = take(v)?;
        let a = matrices(&a)?;
        two_axes(&a)?;
        let n = check_square(&a)?;
        let a = if side.as_str("UPLO")?.eq_ignore_ascii_case("U") { a.transposed() } else { a };
        let (values, vectors) = eigh(&a.to_f64_vec(), n)?;
        eigen(&a, "EighResult", values, vectors)
    }),
    row("eigvalsh", "a, UPLO='L'", "Eigenvalues of a symmetric matrix.", |v| {
        let [a, _side] = take(v)?;
        let a = matrices(&a)?;
        two_axes(&a)?;
        let n = check_square(&a)?;
        let (values, _) = eigh(&a.to_f64_vec(), n)?;
        Ok(Value::object(Array::from_f64(&[n], values).as_type(result_type(&a, None))?))
    }),
    row("eig", "a", "Eigenvalues and eigenvectors; complex ones are refused.", |v| {
        let [a] = take(v)?;
        let a = matrices(&a)?;
        let (values, vectors) = general_eigen(&a)?;
        eigen(&a, "EigResult", values, vectors)
    }),
    row("eigvals", "a", "Eigenvalues; complex ones are refused.", |v| {
        let [a] = take(v)?;
        let a = matrices(&a)?;
        let (values, _) = general_eigen(&a)?;
        let n = values.len();
        Ok(Value::object(Array::from_f64(&[n], values).as_type(result_type(&a, None))?))
    }),
    row(
        "svd",
        "a, full_matrices=True, compute_uv=True, hermitian=False",
        "The singular value decomposition.",
        |v| {
            let [a, full, with_vectors, _hermitian] = take(v)?;
            let a = matrices(&a)?;
            two_axes(&a)?;
            let (rows, columns) = (a.shape()[0], a.shape()[1]);
            let k = rows.min(columns);
            let (u, values, vt) = svd(&a.to_f64_vec(), rows, columns)?;
            let dtype = result_type(&a, None);
            let values = Value::object(Array::from_f64(&[k], values).as_type(dtype)?);
            if !flag(&with_vectors)? {
                return Ok(values);
            }
            let u = Array::from_f64(&[rows, rows], u).as_type(dtype)?;
            let vt = Array::from_f64(&[columns, columns], vt).as_type(dtype)?;
            let (u, vt) = match flag(&full)? {
                true => (u, vt),
                false => (u.span(1, 0, k).copy(), vt.span(0, 0, k).copy()),
            };
            let parts = vec![Value::object(u), values, Value::object(vt)];
            Ok(named("SVDResult", &["U", "S", "Vh"], parts))
        },
    ),
    row("svdvals", "x, /", "The singular values.", |v| {
        let [a] = take(v)?;
        let a = matrices(&a)?;
        let values = singular_values(&a)?;
        Ok(Value::object(Array::from_f64(&[values.len()], values)))
    }),
    row("pinv", "a, rcond=None, hermitian=False, *, rtol=None", "The pseudo-inverse.", |v| {
        let [a, rcond, _hermitian, rtol] = take(v)?;
        let a = matrices(&a)?;
        two_axes(&a)?;
        let (rows, columns) = (a.shape()[0], a.shape()[1]);
        let (u, values, vt) = svd(&a.to_f64_vec(), rows, columns)?;
        let cut = match (&rcond, &rtol) {
            (Value::None, Value::None) => 1e-15,
            (Value::None, given) | (given, _) => given.as_float("rcond")?,
        };
        let least = cut * values.first().copied().unwrap_or(0.0);
        let mut out = vec![0.0; columns * rows];
        for (k, &value) in values.iter().enumerate().filter(|(_, value)| **value > least) {
            for i in 0..columns {
                for j in 0..rows {
                    out[i * rows + j] += vt[k * columns + i] / value * u[j * rows + k];
                }
            }
        }
        Ok(Value::object(Array::from_f64(&[columns, rows], out).as_type(result_type(&a, None))?))
    }),
    row("lstsq", "a, b, rcond=None", "The least squares solution.", |v| {
        let [a, b, rcond] = take(v)?;
        let (a, b) = (matrices(&a)?, numbers(&b, "lstsq")?);
        two_axes(&a)?;
        let rcond = if rcond.is_none() { None } else { Some(rcond.as_float("rcond")?) };
        let fit = least_squares(&a, &b, rcond)?;
        let dtype = result_type(&a, Some(&b));
        let x = Value::object(fit.x.as_type(dtype)?);
        let residuals = Value::object(fit.residuals.as_type(dtype)?);
        let rank = crate::modules::numpy::scalar::int64(fit.rank as i64);
        let values =
            Value::object(Array::from_f64(&[fit.values.len()], fit.values).as_type(dtype)?);
        Ok(Value::tuple(vec![x, residuals, rank, values]))
    }),
    row(
        "matrix_rank",
        "A, tol=None, hermitian=False, *, rtol=None",
        "The number of independent rows.",
        |v| {
            let [a, tolerance, ..] = take::<4>(v)?;
            let a = matrices(&a)?;
            let values = singular_values(&a)?;
            let most = a.shape().iter().copied().max().unwrap_or(0) as f64;
            let cut = match tolerance {
                Value::None => values.first().copied().unwrap_or(0.0) * most * f64::EPSILON,
                given => given.as_float("tol")?,
            };
            let rank = values.iter().filter(|&&value| value > cut).count();
            Ok(crate::modules::numpy::scalar::int64(rank as i64))
        },
    ),
    row("cond", "x, p=None", "The condition number.", |v| {
        let [a, p] = take(v)?;
        if !p.is_none() && !matches!(p, Value::Int(2)) {
            return Err(Exception::not_supported(
                "cond with this norm is not in kerai's numpy",
                "leave p out: the largest singular value over the smallest",
            ));
        }
        let values = singular_values(&matrices(&a)?)?;
        let (first, last) = (values.first(), values.last());
        let ratio = first.zip(last).map_or(f64::NAN, |(first, last)| first / last);
        Ok(crate::modules::numpy::scalar::float64(ratio))
    }),
    row("matrix_power", "a, n", "A square matrix to an integer power.", |v| {
        let [a, n] = take(v)?;
        let a = array(&a)?;
        let size = check_square(&a)?;
        let n = n.as_int("n")?;
        let mut base = a.clone();
        if n < 0 {
            base = array(&(LINALG_INV)(vec![Value::object(a.clone())])?)?;
        }
        let mut left = n.unsigned_abs();
        let flags = (0..size * size).map(|at| at / size == at % size).collect();
        let identity = Array::from_bool(&[size, size], flags).cast(base.dtype())?;
        let mut result = identity.broadcast_to(base.shape())?.copy();
        while left > 0 {
            if left & 1 == 1 {
                result = matmul(&result, &base)?;
            }
            left >>= 1;
            if left > 0 {
                base = matmul(&base, &base)?;
            }
        }
        Ok(Value::object(result))
    }),
    row("multi_dot", "arrays, *, out=None", "The product of several matrices.", |v| {
        let [parts, _out] = take(v)?;
        let parts = arrays(&parts)?;
        let mut parts = parts.into_iter();
        let Some(first) = parts.next() else {
            return Err(Exception::value_error("Expecting at least two arrays."));
        };
        Ok(parts.try_fold(first, |product, part| dot(&product, &part))?.to_value())
    }),
];

const LINALG_INV: fn(Vec<Value>) -> PyResult<Value> = |v| {
    let [a] = take(v)?;
    square_map(&a, |matrix, n| {
        let mut identity = vec![0.0; n * n];
        (0..n).for_each(|i| identity[i * n + i] = 1.0);
        Lu::new(matrix, n).solve(&identity, n)
    })
};

/// `np.linalg`
pub(crate) fn module() -> Module {
    let mut module =
        Module::new("numpy.linalg", "Linear algebra: norms, solutions, decompositions.");
    for row in LINALG {
        module = module.with(row.name, row.value());
    }
    for name in
        ["outer", "matmul", "tensordot", "cross", "trace", "diagonal", "vecdot", "matrix_transpose"]
    {
        if let Some(function) = crate::modules::numpy::table::function(name) {
            module = module.with(name, function);
        }
    }
    match crate::runtime::raise::class("LinAlgError") {
        Some(class) => module.with("LinAlgError", class),
        None => module,
    }
}

/// The named tuple of a decomposition: unpacks as a tuple, and has its parts by name.
struct Named {
    name: &'static str,
    fields: &'static [&'static str],
    parts: Vec<Value>,
}

fn named(name: &'static str, fields: &'static [&'static str], parts: Vec<Value>) -> Value {
    Value::object(Named { name, fields, parts })
}

impl Object for Named {
    fn type_name(&self) -> String {
        self.name.to_owned()
    }

    fn repr(&self) -> PyResult<String> {
        let parts = self.fields.iter().zip(&self.parts);
        let texts: Vec<String> = parts
            .map(|(field, part)| format!("{field}={}", crate::modules::numpy::describe(part)))
            .collect();
        Ok(format!("{}({})", self.name, texts.join(", ")))
    }

    fn length(&self) -> Option<PyResult<usize>> {
        Some(Ok(self.parts.len()))
    }

    fn item(&self, _this: &Value, key: &Value) -> PyResult<Value> {
        let i = key.as_int("tuple indices")?;
        let i = crate::modules::numpy::index::position(i, self.parts.len(), 0)
            .map_err(|_| Exception::index_error("tuple index out of range"))?;
        Ok(self.parts[i].clone())
    }

    fn iterate(&self, _this: &Value) -> Option<PyResult<Items>> {
        let mut parts = self.parts.clone().into_iter();
        Some(Ok(Box::new(move || Ok(parts.next()))))
    }

    fn attribute(&self, _this: &Value, name: &str) -> PyResult<Option<Value>> {
        let at = self.fields.iter().position(|field| *field == name);
        Ok(at.map(|at| self.parts[at].clone()))
    }

    fn attribute_names(&self) -> Vec<String> {
        self.fields.iter().map(|field| (*field).to_owned()).collect()
    }
}

fn result_type(a: &Array, b: Option<&Array>) -> DType {
    let single = |x: &Array| x.dtype() == DType::Float32;
    match b {
        None if single(a) => DType::Float32,
        Some(b) if single(a) && single(b) => DType::Float32,
        _ => DType::Float64,
    }
}

/// An argument that must have two axes or more.
fn matrices(value: &Value) -> PyResult<Array> {
    let a = numbers(value, "linalg")?;
    if a.dtype().is_half() {
        let name = a.dtype().name();
        return Err(Exception::type_error(format!("array type {name} is unsupported in linalg")));
    }
    if a.ndim() < 2 {
        return Err(error(&format!(
            "{}-dimensional array given. Array must be at least two-dimensional",
            a.ndim()
        )));
    }
    Ok(a)
}

fn two_axes(a: &Array) -> PyResult<()> {
    if a.ndim() > 2 {
        return Err(Exception::not_supported(
            "stacks of matrices are not supported by this function of kerai's numpy",
            "call it for each matrix: [f(m) for m in a]",
        ));
    }
    Ok(())
}

fn check_square(a: &Array) -> PyResult<usize> {
    match a.shape() {
        [.., rows, columns] if rows == columns => Ok(*rows),
        _ => Err(error("Last 2 dimensions of the array must be square")),
    }
}

fn square_map(value: &Value, f: impl Fn(&[f64], usize) -> PyResult<Vec<f64>>) -> PyResult<Value> {
    let a = matrices(value)?;
    let n = check_square(&a)?;
    let all = a.to_f64_vec();
    let mut out = Vec::with_capacity(all.len());
    for matrix in all.chunks_exact((n * n).max(1)) {
        out.extend(f(matrix, n)?);
    }
    Ok(Value::object(Array::from_f64(a.shape(), out).as_type(result_type(&a, None))?))
}

fn scalar_map(value: &Value, f: impl Fn(&[f64], usize) -> f64) -> PyResult<Value> {
    let a = matrices(value)?;
    let n = check_square(&a)?;
    let shape = &a.shape()[..a.ndim() - 2];
    let all = a.to_f64_vec();
    let count: usize = shape.iter().product();
    let out = (0..count).map(|i| f(&all[i * n * n..(i + 1) * n * n], n)).collect();
    Ok(Array::from_f64(shape, out).as_type(result_type(&a, None))?.to_value())
}

fn eigen(a: &Array, name: &'static str, values: Vec<f64>, vectors: Vec<f64>) -> PyResult<Value> {
    let n = values.len();
    let dtype = result_type(a, None);
    let values = Value::object(Array::from_f64(&[n], values).as_type(dtype)?);
    let vectors = Value::object(Array::from_f64(&[n, n], vectors).as_type(dtype)?);
    Ok(named(name, &["eigenvalues", "eigenvectors"], vec![values, vectors]))
}

fn general_eigen(a: &Array) -> PyResult<(Vec<f64>, Vec<f64>)> {
    two_axes(a)?;
    let n = check_square(a)?;
    let matrix = a.to_f64_vec();
    if matrix.iter().any(|x| !x.is_finite()) {
        return Err(error("Array must not contain infs or NaNs"));
    }
    let symmetric = (0..n).all(|i| (0..i).all(|j| matrix[i * n + j] == matrix[j * n + i]));
    if symmetric { eigh(&matrix, n) } else { decompositions::eig(&matrix, n) }
}

fn singular_values(a: &Array) -> PyResult<Vec<f64>> {
    two_axes(a)?;
    Ok(svd(&a.to_f64_vec(), a.shape()[0], a.shape()[1])?.1)
}

/// A least squares fit.
pub(crate) struct Fit {
    pub(crate) x: Array,
    pub(crate) residuals: Array,
    pub(crate) rank: usize,
    pub(crate) values: Vec<f64>,
}

/// The shortest `x` that makes `a x - b` shortest.
pub(crate) fn least_squares(a: &Array, b: &Array, rcond: Option<f64>) -> PyResult<Fit> {
    let (rows, columns) = (a.shape()[0], a.shape()[1]);
    let width = if b.ndim() == 1 { 1 } else { b.shape()[b.ndim() - 1] };
    if b.shape().first() != Some(&rows) || b.ndim() > 2 {
        return Err(error("Incompatible dimensions"));
    }
    let (u, values, vt) = svd(&a.to_f64_vec(), rows, columns)?;
    let cut = rcond.unwrap_or(f64::EPSILON * rows.max(columns) as f64);
    let least = cut * values.first().copied().unwrap_or(0.0);
    let right = b.to_f64_vec();
    let mut x = vec![0.0; columns * width];
    let mut rank = 0;
    for (k, &value) in values.iter().enumerate().filter(|(_, value)| **value > least) {
        rank += 1;
        for j in 0..width {
            let part: f64 = (0..rows).map(|i| u[i * rows + k] * right[i * width + j]).sum();
            for i in 0..columns {
                x[i * width + j] += vt[k * columns + i] * part / value;
            }
        }
    }
    let residuals = if rank == columns && rows > columns {
        let matrix = a.to_f64_vec();
        (0..width)
            .map(|j| {
                (0..rows)
                    .map(|i| {
                        let fitted: f64 =
                            (0..columns).map(|k| matrix[i * columns + k] * x[k * width + j]).sum();
                        (right[i * width + j] - fitted).powi(2)
                    })
                    .sum()
            })
            .collect()
    } else {
        Vec::new()
    };
    let shape: &[usize] = if b.ndim() == 1 { &[columns] } else { &[columns, width] };
    Ok(Fit {
        x: Array::from_f64(shape, x),
        residuals: Array::from_f64(&[residuals.len()], residuals),
        rank,
        values,
    })
}

fn norm(v: Vec<Value>) -> PyResult<Value> {
    let [x, ord, over, keepdims] = take(v)?;
    let x = numbers(&x, "norm")?;
    let x = if x.dtype().is_float() { x } else { x.cast(DType::Float64)? };
    let keepdims = flag(&keepdims)?;
    let all: Vec<usize> = (0..x.ndim()).collect();
    let squares = |x: &Array, axes: &[usize]| -> PyResult<Array> {
        let x = Operand::strong(x.clone());
        let sum = fold(Fold::Sum, &binary(Op::Multiply, &x, &x, None)?, axes, keepdims, None)?;
        unary(Function::Sqrt, "sqrt", &sum, None)
    };
    if over.is_none() && (ord.is_none() || (x.ndim() == 1 && matches!(ord, Value::Int(2)))) {
        // numpy uses a dot product of all elements here.
        let flat = x.reshaped(&[x.size()])?;
        let sum = dot(&flat, &flat)?;
        let root = unary(Function::Sqrt, "sqrt", &sum, None)?;
        let shape = if keepdims { vec![1; x.ndim()] } else { Vec::new() };
        return Ok(root.reshaped(&shape)?.to_value());
    }
    let axes = if over.is_none() { all } else { axes(&over, x.ndim())? };
    let absolute = unary(Function::Absolute, "absolute", &x, None)?;
    if axes.len() == 1 {
        let result = match &ord {
            Value::None => squares(&x, &axes)?,
            Value::Str(name) => {
                return Err(Exception::value_error(format!(
                    "Invalid norm order '{name}' for vectors"
                )));
            }
            ord => match ord.as_float("ord")? {
                f64::INFINITY => fold(Fold::Maximum, &absolute, &axes, keepdims, None)?,
                f64::NEG_INFINITY => fold(Fold::Minimum, &absolute, &axes, keepdims, None)?,
                0.0 => {
                    let flags = x.cast(DType::Bool)?;
                    fold(Fold::Sum, &flags, &axes, keepdims, Some(x.dtype()))?
                }
                1.0 => fold(Fold::Sum, &absolute, &axes, keepdims, None)?,
                2.0 => squares(&x, &axes)?,
                p => {
                    let power = Operand::new(&Value::Float(p))?;
                    let powers = binary(Op::Power, &Operand::strong(absolute), &power, None)?;
                    let sum = Operand::strong(fold(Fold::Sum, &powers, &axes, keepdims, None)?);
                    binary(Op::Power, &sum, &Operand::new(&Value::Float(1.0 / p))?, None)?
                }
            },
        };
        return Ok(result.to_value());
    }
    if axes.len() != 2 {
        return Err(Exception::value_error("Improper number of dimensions to norm."));
    }
    let (rows, columns) = (axes[0], axes[1]);
    let sums = |along: usize, kind: Fold| -> PyResult<Array> {
        let sums = fold(Fold::Sum, &absolute, &[along], true, None)?;
        fold(kind, &sums, &[rows, columns], keepdims, None)
    };
    let result = match &ord {
        Value::None => squares(&x, &axes)?,
        Value::Str(name) if &**name == "fro" => squares(&x, &axes)?,
        Value::Str(name) if &**name == "nuc" && x.ndim() == 2 => {
            Array::scalar(singular_values(&x)?.into_iter().sum::<f64>()).as_type(x.dtype())?
        }
        Value::Str(_) => return Err(Exception::value_error("Invalid norm order for matrices.")),
        ord => match ord.as_float("ord")? {
            1.0 => sums(rows, Fold::Maximum)?,
            -1.0 => sums(rows, Fold::Minimum)?,
            f64::INFINITY => sums(columns, Fold::Maximum)?,
            f64::NEG_INFINITY => sums(columns, Fold::Minimum)?,
            p @ (2.0 | -2.0) if x.ndim() == 2 => {
                let values = singular_values(&x)?;
                let found = if p > 0.0 { values.first() } else { values.last() };
                Array::scalar(found.copied().unwrap_or(0.0)).as_type(x.dtype())?
            }
            _ => return Err(Exception::value_error("Invalid norm order for matrices.")),
        },
    };
    Ok(result.to_value())
}
