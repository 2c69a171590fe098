//! Elementwise functions as objects (`np.add`, `np.exp`): calls with `out=`, `where=`, `dtype=`, and their methods.

use super::arith::{Function, Op};
use super::array::Array;
use super::dtype::DType;
use super::fold::Fold;
use super::layout::{CHUNK, Reader, by_class, class_of};
use super::storage::Storage;
use super::types::bind;
use super::ufunc::{Extra, Operand, binary, invert, map, store, unary};
use crate::runtime::object::Doc;
use crate::runtime::{Arguments, Exception, Native, Object, PyResult, Value};

/// `mask ? a : b`, all of one shape.
pub(crate) fn select(mask: &Array, a: &Array, b: &Array, dtype: DType) -> PyResult<Array> {
    let size = mask.size();
    if !dtype.is_number() {
        let flags = mask.to_vec::<bool>();
        let (x, y) = (a.cast(dtype)?.to_storage(), b.cast(dtype)?.to_storage());
        let mut out = Storage::with_capacity(dtype, size);
        for (i, flag) in flags.into_iter().enumerate() {
            out.extend_run(if flag { &x } else { &y }, i as isize, 1, 1);
        }
        return Ok(Array::from_storage(mask.shape(), out));
    }
    let (flags, x, y) = (mask.storage.borrow(), a.storage.borrow(), b.storage.borrow());
    let mut out = Storage::with_capacity(dtype, size);
    by_class!(class_of(dtype), C => {
        let mut test = vec![false; CHUNK];
        let (mut yes, mut no) = (vec![C::default(); CHUNK], vec![C::default(); CHUNK]);
        let mut flags = Reader::new(&flags, mask);
        let (mut x, mut y) = (Reader::new(&x, a), Reader::new(&y, b));
        let mut left = size;
        while left > 0 {
            let n = left.min(CHUNK);
            flags.fill(&mut test[..n]);
            x.fill(&mut yes[..n]);
            y.fill(&mut no[..n]);
            for ((o, &x), &flag) in no[..n].iter_mut().zip(&yes[..n]).zip(&test[..n]) {
                if flag {
                    *o = x;
                }
            }
            out.extend_numbers(&no[..n]);
            left -= n;
        }
    });
    Ok(Array::from_storage(mask.shape(), out))
}

/// What an elementwise function does.
#[derive(Clone, Copy)]
enum Kind {
    /// Two arguments.
    Two(Op),
    /// One argument, one number.
    One(Function),
    /// A question about a float.
    Test(fn(f64) -> bool),
    /// `~x`
    Invert,
    /// `not x`
    Not,
    /// `+x`
    Positive,
    /// `divmod(x, y)`
    DivMod,
    /// Fraction and whole part.
    Modf,
    /// Mantissa and exponent.
    Frexp,
    /// `a @ b`
    MatMul,
}

/// An elementwise function of numpy, with `reduce`, `accumulate`, `outer` and `at`.
pub struct Ufunc {
    name: &'static str,
    kind: Kind,
}

const TWO: [(&str, Op); 41] = [
    ("add", Op::Add),
    ("subtract", Op::Subtract),
    ("multiply", Op::Multiply),
    ("divide", Op::Divide),
    ("true_divide", Op::Divide),
    ("floor_divide", Op::FloorDivide),
    ("mod", Op::Remainder),
    ("remainder", Op::Remainder),
    ("fmod", Op::Fmod),
    ("power", Op::Power),
    ("pow", Op::Power),
    ("float_power", Op::Power),
    ("bitwise_and", Op::BitwiseAnd),
    ("bitwise_or", Op::BitwiseOr),
    ("bitwise_xor", Op::BitwiseXor),
    ("left_shift", Op::LeftShift),
    ("right_shift", Op::RightShift),
    ("bitwise_left_shift", Op::LeftShift),
    ("bitwise_right_shift", Op::RightShift),
    ("maximum", Op::Maximum),
    ("minimum", Op::Minimum),
    ("fmax", Op::Fmax),
    ("fmin", Op::Fmin),
    ("arctan2", Op::Arctan2),
    ("atan2", Op::Arctan2),
    ("hypot", Op::Hypot),
    ("logaddexp", Op::Logaddexp),
    ("logaddexp2", Op::Logaddexp2),
    ("copysign", Op::Copysign),
    ("nextafter", Op::Nextafter),
    ("gcd", Op::Gcd),
    ("lcm", Op::Lcm),
    ("logical_and", Op::LogicalAnd),
    ("logical_or", Op::LogicalOr),
    ("logical_xor", Op::LogicalXor),
    ("equal", Op::Equal),
    ("not_equal", Op::NotEqual),
    ("less", Op::Less),
    ("less_equal", Op::LessEqual),
    ("greater", Op::Greater),
    ("greater_equal", Op::GreaterEqual),
];

const ONE: [(&str, Function); 46] = [
    ("sqrt", Function::Sqrt),
    ("cbrt", Function::Cbrt),
    ("exp", Function::Exp),
    ("exp2", Function::Exp2),
    ("expm1", Function::Expm1),
    ("log", Function::Log),
    ("log2", Function::Log2),
    ("log10", Function::Log10),
    ("log1p", Function::Log1p),
    ("sin", Function::Sin),
    ("cos", Function::Cos),
    ("tan", Function::Tan),
    ("arcsin", Function::Arcsin),
    ("asin", Function::Arcsin),
    ("arccos", Function::Arccos),
    ("acos", Function::Arccos),
    ("arctan", Function::Arctan),
    ("atan", Function::Arctan),
    ("sinh", Function::Sinh),
    ("cosh", Function::Cosh),
    ("tanh", Function::Tanh),
    ("arcsinh", Function::Arcsinh),
    ("asinh", Function::Arcsinh),
    ("arccosh", Function::Arccosh),
    ("acosh", Function::Arccosh),
    ("arctanh", Function::Arctanh),
    ("atanh", Function::Arctanh),
    ("deg2rad", Function::Deg2rad),
    ("radians", Function::Deg2rad),
    ("rad2deg", Function::Rad2deg),
    ("degrees", Function::Rad2deg),
    ("rint", Function::Rint),
    ("fabs", Function::Fabs),
    ("sinc", Function::Sinc),
    ("negative", Function::Negative),
    ("absolute", Function::Absolute),
    ("abs", Function::Absolute),
    ("sign", Function::Sign),
    ("square", Function::Square),
    ("reciprocal", Function::Reciprocal),
    ("floor", Function::Floor),
    ("ceil", Function::Ceil),
    ("trunc", Function::Trunc),
    ("fix", Function::Trunc),
    ("conjugate", Function::Trunc),
    ("conj", Function::Trunc),
];

/// All elementwise functions as values.
pub(crate) fn ufuncs() -> Vec<(&'static str, Value)> {
    let others = [
        ("isnan", Kind::Test(f64::is_nan)),
        ("isinf", Kind::Test(f64::is_infinite)),
        ("isfinite", Kind::Test(f64::is_finite)),
        ("signbit", Kind::Test(f64::is_sign_negative)),
        ("invert", Kind::Invert),
        ("bitwise_not", Kind::Invert),
        ("bitwise_invert", Kind::Invert),
        ("logical_not", Kind::Not),
        ("positive", Kind::Positive),
        ("divmod", Kind::DivMod),
        ("modf", Kind::Modf),
        ("frexp", Kind::Frexp),
        ("matmul", Kind::MatMul),
    ];
    let two = TWO.iter().map(|&(name, op)| (name, Kind::Two(op)));
    let one = ONE.iter().filter(|(name, _)| !name.starts_with("conj"));
    let one = one.map(|&(name, function)| (name, Kind::One(function)));
    let same = ["conjugate", "conj", "real", "real_if_close"].map(|name| (name, Kind::Positive));
    two.chain(one)
        .chain(others)
        .chain(same)
        .map(|(name, kind)| (name, Value::object(Ufunc { name, kind })))
        .collect()
}

impl Ufunc {
    fn arity(&self) -> usize {
        match self.kind {
            Kind::Two(_) | Kind::DivMod | Kind::MatMul => 2,
            _ => 1,
        }
    }

    fn parameters(&self) -> &'static str {
        if self.arity() == 2 { "x1, x2, /, *rest" } else { "x, /, *rest" }
    }

    fn run(&self, mut arguments: Arguments) -> PyResult<Value> {
        let mut extra = Extra::take(&mut arguments)?;
        let given = arguments.positional.len();
        if given < self.arity() || given > self.arity() + 1 {
            return Err(Exception::type_error(format!(
                "{}() takes from {} to {} positional arguments but {given} were given",
                self.name,
                self.arity(),
                self.arity() + 1
            )));
        }
        if let Some((name, _)) = arguments.keywords.first() {
            return Err(Exception::type_error(format!(
                "{}() got an unexpected keyword argument '{name}'",
                self.name
            )));
        }
        if given > self.arity()
            && let Some(out) = arguments.positional.pop()
            && !out.is_none()
        {
            extra.out = Some(
                out.downcast::<Array>()
                    .map(|a| (*a).clone())
                    .ok_or_else(|| Exception::type_error("return arrays must be of ArrayType"))?,
            );
        }
        let [first, rest @ ..] = &arguments.positional[..] else { return Ok(Value::None) };
        let dtype = extra.dtype;
        let pair = || -> PyResult<(Operand, Operand)> {
            Ok((Operand::new(first)?, Operand::new(rest.first().unwrap_or(first))?))
        };
        let result = match self.kind {
            Kind::Two(op) => {
                let (a, b) = pair()?;
                let dtype = if self.name == "float_power" { Some(DType::Float64) } else { dtype };
                binary(op, &a, &b, dtype)?
            }
            Kind::MatMul => {
                let (a, b) = pair()?;
                super::linalg::matmul(&a.array, &b.array)?
            }
            Kind::One(function) => {
                unary(function, self.name, &Array::from_value(first, None)?, dtype)?
            }
            Kind::Test(test) => {
                let array = Array::from_value(first, None)?;
                if !array.dtype().is_number() {
                    return Err(Exception::type_error(format!(
                        "ufunc '{}' not supported for the input types, and the inputs could not \
                         be safely coerced to any supported types according to the casting rule \
                         ''safe''",
                        self.name
                    )));
                }
                map::<f64, bool>(&array, DType::Bool, |x, out| {
                    out.iter_mut().zip(x).for_each(|(o, &x)| *o = test(x));
                })
            }
            Kind::Invert => invert(&Array::from_value(first, None)?)?,
            Kind::Not => {
                let flags = Array::from_value(first, None)?.as_type(DType::Bool)?;
                invert(&flags)?
            }
            Kind::Positive => Array::from_value(first, None)?.copy(),
            Kind::DivMod => {
                let (a, b) = pair()?;
                let quotient = binary(Op::FloorDivide, &a, &b, dtype)?;
                let rest = binary(Op::Remainder, &a, &b, dtype)?;
                return Ok(Value::tuple(vec![quotient.to_value(), rest.to_value()]));
            }
            Kind::Modf | Kind::Frexp => return self.split(&Array::from_value(first, None)?),
        };
        extra.deliver(result, self.name)
    }

    fn split(&self, array: &Array) -> PyResult<Value> {
        let dtype = array.dtype().float_for();
        let numbers = array.to_f64_vec();
        let shape = array.shape();
        let parts = |f: fn(f64) -> f64| {
            Array::from_f64(shape, numbers.iter().map(|&x| f(x)).collect()).as_type(dtype)
        };
        let (first, second) = if matches!(self.kind, Kind::Modf) {
            let fraction: fn(f64) -> f64 =
                |x| if x.is_infinite() { 0.0_f64.copysign(x) } else { x.fract().copysign(x) };
            (parts(fraction)?, parts(f64::trunc)?)
        } else {
            let (mantissas, exponents): (Vec<f64>, Vec<i32>) =
                numbers.iter().map(|&x| frexp(x)).unzip();
            let mantissas = Array::from_f64(shape, mantissas).as_type(dtype)?;
            (mantissas, Array::from_i32(shape, exponents))
        };
        Ok(Value::tuple(vec![first.to_value(), second.to_value()]))
    }

    /// The operation of `reduce` and its relatives.
    fn op(&self) -> PyResult<Op> {
        match self.kind {
            Kind::Two(op) => Ok(op),
            _ => Err(Exception::value_error("reduce only supported for binary functions")),
        }
    }

    fn reduce(&self, arguments: Arguments) -> PyResult<Value> {
        let [a, axis, dtype, out, keepdims, initial] = bind(
            "reduce",
            "array, axis=0, dtype=None, out=None, keepdims=False, initial=None",
            arguments,
        )?;
        let op = self.op()?;
        let array = Array::from_value(&a, None)?;
        if let Some(fold) = super::reduce::fold_of(op) {
            let name = match fold {
                Fold::Sum => "sum",
                Fold::Product => "prod",
                Fold::Maximum => "max",
                Fold::Minimum => "min",
                Fold::Any => "any",
                Fold::All => "all",
            };
            let mut call = Arguments::positional([a]).with("axis", axis).with("out", out);
            call = call.with("keepdims", keepdims);
            if matches!(fold, Fold::Sum | Fold::Product) {
                call = call.with("dtype", dtype);
            }
            if !initial.is_none() {
                call = call.with("initial", initial);
            }
            return call_function(name, call);
        }
        let (array, axis) = super::arguments::along(&array, &axis)?;
        if array.shape()[axis] == 0 {
            return Err(Exception::value_error(format!(
                "zero-size array to reduction operation {} which has no identity",
                self.name
            )));
        }
        let mut result = array.at(axis, 0);
        for i in 1..array.shape()[axis] {
            let (x, y) = (Operand::strong(result), Operand::strong(array.at(axis, i)));
            result = binary(op, &x, &y, None)?;
        }
        Ok(result.to_value())
    }

    fn accumulate(&self, arguments: Arguments) -> PyResult<Value> {
        let [a, axis] = bind("accumulate", "array, axis=0", arguments)?;
        let op = self.op()?;
        let array = Array::from_value(&a, None)?;
        let (array, axis) = super::arguments::along(&array, &axis)?;
        let n = array.shape()[axis];
        if n == 0 {
            return Ok(array.copy().to_value());
        }
        let mut current = array.at(axis, 0);
        let mut out: Option<Array> = None;
        for i in 0..n {
            if i > 0 {
                let (x, y) = (Operand::strong(current), Operand::strong(array.at(axis, i)));
                current = binary(op, &x, &y, None)?;
            }
            if out.as_ref().is_none_or(|out| out.dtype() != current.dtype()) {
                let fresh = Array::zeros(array.shape(), current.dtype());
                if let Some(old) = &out {
                    fresh.assign(old)?;
                }
                out = Some(fresh);
            }
            if let Some(out) = &out {
                out.at(axis, i).assign(&current)?;
            }
        }
        Ok(out.unwrap_or(array).to_value())
    }

    fn outer(&self, arguments: Arguments) -> PyResult<Value> {
        let [a, b] = bind("outer", "A, B, /", arguments)?;
        let (a, b) = (Operand::new(&a)?, Operand::new(&b)?);
        let wide = [a.array.shape(), &vec![1; b.array.ndim()][..]].concat();
        let a = Operand { array: a.array.reshaped(&wide)?, weak: a.weak };
        Ok(binary(self.op()?, &a, &b, None)?.to_value())
    }

    fn at(&self, arguments: Arguments) -> PyResult<Value> {
        let [target, indices, other] = bind("at", "a, indices, b", arguments)?;
        let Some(array) = target.downcast::<Array>() else {
            return Err(Exception::type_error("first operand must be array"));
        };
        // Positions may repeat, and every repetition counts: one element after the other.
        let places = Array::from_i64(array.shape(), (0..array.size() as i64).collect());
        let places = super::index::get_array(&places, &indices)?;
        let other = Operand::new(&other)?;
        let values = other.array.broadcast_to(places.shape())?.reshaped(&[places.size()])?;
        let flat = array.reshaped(&[array.size()])?;
        for (i, place) in places.to_i64_vec().into_iter().enumerate() {
            let slot = flat.at(0, place as usize);
            let value = Operand { array: values.at(0, i), weak: other.weak };
            let result = binary(self.op()?, &Operand::strong(slot.clone()), &value, None)?;
            store(&result, &slot, self.name)?;
        }
        if !flat.shares_storage(&array) {
            array.assign(&flat.reshaped(array.shape())?)?;
        }
        Ok(Value::None)
    }
}

/// Calls a function of the module by name.
pub(crate) fn call_function(name: &str, arguments: Arguments) -> PyResult<Value> {
    match super::table::function(name) {
        Some(Value::Object(function)) => function.call(&Value::Object(function.clone()), arguments),
        _ => Err(Exception::attribute_error(format!("module 'numpy' has no attribute '{name}'"))),
    }
}

fn frexp(x: f64) -> (f64, i32) {
    if x == 0.0 || !x.is_finite() {
        return (x, 0);
    }
    let mut exponent = ((x.to_bits() >> 52) & 0x7ff) as i32 - 1022;
    let mut scaled = x * 2.0_f64.powi(-exponent.clamp(-1000, 1000));
    while scaled.abs() >= 1.0 {
        scaled /= 2.0;
        exponent += 1;
    }
    while scaled.abs() < 0.5 {
        scaled *= 2.0;
        exponent -= 1;
    }
    (scaled, exponent)
}

impl Object for Ufunc {
    fn type_name(&self) -> String {
        "ufunc".to_owned()
    }

    fn repr(&self) -> PyResult<String> {
        Ok(format!("<ufunc '{}'>", self.name))
    }

    fn call(&self, _this: &Value, arguments: Arguments) -> PyResult<Value> {
        self.run(arguments)
    }

    fn is_callable(&self) -> bool {
        true
    }

    fn attribute(&self, this: &Value, name: &str) -> PyResult<Option<Value>> {
        Ok(match name {
            "__name__" | "__qualname__" => Some(Value::str(self.name)),
            "__doc__" => Some(Value::str("An elementwise function with broadcasting.")),
            "reduce" | "accumulate" | "outer" | "at" => {
                let (this, name) = (this.clone(), name.to_owned());
                Some(Native::value(&name.clone(), "*args, **kwargs", "", move |v| {
                    let arguments = super::methods::unpack(v)?;
                    match &this {
                        Value::Object(ufunc) => match ufunc.call_method(&this, &name, arguments) {
                            Some(result) => result,
                            None => Ok(Value::None),
                        },
                        _ => Ok(Value::None),
                    }
                }))
            }
            "nin" => Some(Value::Int(self.arity() as i64)),
            "nout" => Some(Value::Int(1)),
            _ => None,
        })
    }

    fn attribute_names(&self) -> Vec<String> {
        ["reduce", "accumulate", "outer", "at", "nin", "nout"].map(str::to_owned).to_vec()
    }

    fn call_method(
        &self,
        _this: &Value,
        name: &str,
        arguments: Arguments,
    ) -> Option<PyResult<Value>> {
        Some(match name {
            "reduce" => self.reduce(arguments),
            "accumulate" => self.accumulate(arguments),
            "outer" => self.outer(arguments),
            "at" => self.at(arguments),
            _ => return None,
        })
    }

    fn doc(&self) -> Option<Doc> {
        Some(Doc {
            signature: format!(
                "{}({}, out=None, *, where=True, dtype=None)",
                self.name,
                self.parameters().trim_end_matches(", *rest")
            ),
            text: "An elementwise function with broadcasting.".to_owned(),
        })
    }
}
