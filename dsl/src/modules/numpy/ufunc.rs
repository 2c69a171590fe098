//! Elementwise functions: which type calculates, broadcasting, and the operators of the language.

use super::arith::{Arithmetic, Function, Functions, Op};
use super::array::Array;
use super::dtype::{DType, is_same_kind, promote};
use super::layout::{CHUNK, Reader, broadcast_shape, by_class, class_of, for_each_chunk};
use super::scalar::Scalar;
use super::storage::{Number, Storage};
use crate::runtime::{Arguments, BinaryOp, CompareOp, Exception, PyResult, UnaryOp, Value};

/// An argument of an elementwise function. Plain numbers of the language adapt to the other's type (NEP 50).
#[derive(Clone)]
pub(crate) struct Operand {
    pub(crate) array: Array,
    pub(crate) weak: Option<Weak>,
}

/// A number without a type of its own.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Weak {
    Int(i64),
    Float,
}

impl Operand {
    /// An operand with a type of its own.
    pub(crate) fn strong(array: Array) -> Operand {
        Operand { array, weak: None }
    }

    /// From any value.
    pub(crate) fn new(value: &Value) -> PyResult<Operand> {
        Ok(match value {
            Value::Int(number) => {
                Operand { array: Array::scalar(*number), weak: Some(Weak::Int(*number)) }
            }
            Value::Float(number) => {
                Operand { array: Array::scalar(*number), weak: Some(Weak::Float) }
            }
            other => Operand::strong(Array::from_value(other, None)?),
        })
    }

    /// As an operand, if numpy's operators take the value; others may have operators of their own.
    fn of_operator(value: &Value) -> Option<PyResult<Operand>> {
        match value {
            Value::Dict(_) | Value::Set(_) => None,
            Value::Object(_) => {
                if let Some(array) = value.downcast::<Array>() {
                    return Some(Ok(Operand::strong((*array).clone())));
                }
                value.downcast::<Scalar>().map(|scalar| Ok(Operand::strong(scalar.to_array())))
            }
            other => Some(Operand::new(other)),
        }
    }
}

/// The type of both, where plain numbers adapt.
pub(crate) fn common_type(a: &Operand, b: &Operand) -> DType {
    let weak_with = |weak: Weak, other: DType| match (weak, other.kind()) {
        (_, 'O' | 'U') => other,
        (Weak::Int(_), 'b') => DType::Int64,
        (Weak::Float, 'b' | 'i' | 'u') => DType::Float64,
        (Weak::Float, _) if other == DType::BFloat16 => DType::Float32,
        _ => other,
    };
    match (a.weak, b.weak) {
        (Some(weak), None) => weak_with(weak, b.array.dtype()),
        (None, Some(weak)) => weak_with(weak, a.array.dtype()),
        _ => promote(a.array.dtype(), b.array.dtype()),
    }
}

/// numpy's name of a function.
pub(crate) fn op_name(op: Op) -> &'static str {
    match op {
        Op::Add => "add",
        Op::Subtract => "subtract",
        Op::Multiply => "multiply",
        Op::Divide => "divide",
        Op::FloorDivide => "floor_divide",
        Op::Remainder => "remainder",
        Op::Fmod => "fmod",
        Op::Power => "power",
        Op::BitwiseAnd => "bitwise_and",
        Op::BitwiseOr => "bitwise_or",
        Op::BitwiseXor => "bitwise_xor",
        Op::LeftShift => "left_shift",
        Op::RightShift => "right_shift",
        Op::Maximum => "maximum",
        Op::Minimum => "minimum",
        Op::Fmax => "fmax",
        Op::Fmin => "fmin",
        Op::Arctan2 => "arctan2",
        Op::Hypot => "hypot",
        Op::Logaddexp => "logaddexp",
        Op::Logaddexp2 => "logaddexp2",
        Op::Copysign => "copysign",
        Op::Nextafter => "nextafter",
        Op::Gcd => "gcd",
        Op::Lcm => "lcm",
        Op::LogicalAnd => "logical_and",
        Op::LogicalOr => "logical_or",
        Op::LogicalXor => "logical_xor",
        Op::Equal => "equal",
        Op::NotEqual => "not_equal",
        Op::Less => "less",
        Op::LessEqual => "less_equal",
        Op::Greater => "greater",
        Op::GreaterEqual => "greater_equal",
    }
}

fn gives_bool(op: Op) -> bool {
    matches!(
        op,
        Op::LogicalAnd
            | Op::LogicalOr
            | Op::LogicalXor
            | Op::Equal
            | Op::NotEqual
            | Op::Less
            | Op::LessEqual
            | Op::Greater
            | Op::GreaterEqual
    )
}

fn not_supported(name: &str) -> Box<Exception> {
    Exception::type_error(format!(
        "ufunc '{name}' not supported for the input types, and the inputs could not be safely \
         coerced to any supported types according to the casting rule ''safe''"
    ))
}

fn no_loop(name: &str, a: DType, b: DType) -> Box<Exception> {
    let class = |d: DType| match d {
        DType::Str => "numpy.dtypes.StrDType".to_owned(),
        DType::Object => "numpy.dtypes.ObjectDType".to_owned(),
        other => {
            let name = other.name();
            let upper: String = name[..1].to_uppercase() + &name[1..];
            format!("numpy.dtypes.{}DType", upper.replace("Uint", "UInt"))
        }
    };
    Exception::type_error(format!(
        "ufunc '{name}' did not contain a loop with signature matching types (<class '{}'>, \
         <class '{}'>) -> None",
        class(a),
        class(b)
    ))
}

/// The type in which a function calculates arguments of a type.
fn calculation_type(op: Op, common: DType) -> PyResult<DType> {
    let name = op_name(op);
    Ok(match op {
        Op::Divide => {
            if common.is_float() {
                common
            } else {
                DType::Float64
            }
        }
        Op::Arctan2 | Op::Hypot | Op::Logaddexp | Op::Logaddexp2 | Op::Copysign | Op::Nextafter => {
            common.float_for()
        }
        Op::Subtract if common == DType::Bool => {
            return Err(Exception::type_error(
                "numpy boolean subtract, the `-` operator, is not supported, use the \
                 bitwise_xor, the `^` operator, or the logical_xor function instead.",
            ));
        }
        Op::FloorDivide | Op::Remainder | Op::Fmod | Op::Power | Op::LeftShift | Op::RightShift
            if common == DType::Bool =>
        {
            DType::Int8
        }
        Op::BitwiseAnd | Op::BitwiseOr | Op::BitwiseXor | Op::LeftShift | Op::RightShift
            if common.is_float() =>
        {
            return Err(not_supported(name));
        }
        Op::Gcd | Op::Lcm if !common.is_integer() => return Err(not_supported(name)),
        _ => common,
    })
}

/// A function of two arrays, with broadcasting.
pub(crate) fn binary(op: Op, a: &Operand, b: &Operand, dtype: Option<DType>) -> PyResult<Array> {
    let (x, y) = (a.array.dtype(), b.array.dtype());
    if !x.is_number() || !y.is_number() {
        return not_numbers(op, &a.array, &b.array);
    }
    let mut common = common_type(a, b);
    let is_comparison = gives_bool(op);
    for weak in [a.weak, b.weak] {
        if let Some(Weak::Int(number)) = weak {
            if is_comparison {
                // A number outside the type's range compares by value.
                if super::convert::check_integer(number, common).is_err() {
                    common = if common == DType::UInt64 { DType::Float64 } else { DType::Int64 };
                }
            } else if a.weak.is_none() || b.weak.is_none() {
                super::convert::check_integer(number, common)?;
            }
        }
    }
    let calculated = match dtype {
        Some(dtype) if !is_comparison => calculation_type(op, dtype)?,
        _ => calculation_type(op, common)?,
    };
    if op == Op::Power && calculated.is_integer() && calculated.kind() == 'i' {
        let negative = match b.weak {
            Some(Weak::Int(number)) => number < 0,
            _ => {
                y.kind() == 'i' && {
                    let mut any = false;
                    for_each_chunk::<i64>(&b.array, |chunk| any |= chunk.iter().any(|&n| n < 0));
                    any
                }
            }
        };
        if negative {
            return Err(Exception::value_error(
                "Integers to negative integer powers are not allowed.",
            ));
        }
    }
    let missing = || not_supported(op_name(op));
    by_class!(class_of(calculated), C => {
        if is_comparison {
            let f = <C as Arithmetic>::compare(op).ok_or_else(missing)?;
            zip::<C, bool>(&a.array, &b.array, DType::Bool, f)
        } else {
            let f = <C as Arithmetic>::binary(op).ok_or_else(missing)?;
            zip::<C, C>(&a.array, &b.array, calculated, f)
        }
    })
}

/// Runs a chunk function over two broadcast arrays, read as `C`, into a new array of `dtype`.
pub(crate) fn zip<C: Number, R: Number>(
    a: &Array,
    b: &Array,
    dtype: DType,
    f: impl Fn(&[C], &[C], &mut [R]),
) -> PyResult<Array> {
    let shape = if a.shape() == b.shape() {
        a.shape().to_vec()
    } else {
        broadcast_shape(&[a.shape(), b.shape()])?
    };
    let size: usize = shape.iter().product();
    super::arguments::check_size(size)?;
    let (a, b) = (a.broadcast_to(&shape)?, b.broadcast_to(&shape)?);
    let (from_a, from_b) = (a.storage.borrow(), b.storage.borrow());
    let mut out = Storage::with_capacity(dtype, size);
    let chunk = CHUNK.min(size);
    let mut first = Source::<C>::new(&from_a, &a, chunk);
    let mut second = Source::<C>::new(&from_b, &b, chunk);
    let mut result = vec![R::default(); chunk];
    let mut left = size;
    while left > 0 {
        let n = left.min(CHUNK);
        let (x, y) = (first.next(n), second.next(n));
        f(x, y, &mut result[..n]);
        out.extend_numbers(&result[..n]);
        left -= n;
    }
    Ok(Array::from_storage(&shape, out))
}

/// The chunks of one argument: borrowed where possible, filled once if constant, else read into a buffer.
enum Source<'a, C> {
    Slice(&'a [C]),
    Constant(Vec<C>),
    Read(Reader<'a>, Vec<C>),
}

impl<'a, C: Number> Source<'a, C> {
    fn new(storage: &'a Storage, array: &Array, chunk: usize) -> Self {
        if array.size() == 0 {
            return Source::Slice(&[]);
        }
        if array.is_contiguous()
            && let Some(same) = C::slice(storage)
        {
            return Source::Slice(&same[array.offset..array.offset + array.size()]);
        }
        let mut reader = Reader::new(storage, array);
        let mut buffer = vec![C::default(); chunk];
        if reader.is_constant() {
            reader.fill(&mut buffer);
            return Source::Constant(buffer);
        }
        Source::Read(reader, buffer)
    }

    fn next(&mut self, n: usize) -> &[C] {
        match self {
            Source::Slice(rest) => {
                let (now, later) = rest.split_at(n);
                *rest = later;
                now
            }
            Source::Constant(buffer) => &buffer[..n],
            Source::Read(reader, buffer) => {
                reader.fill(&mut buffer[..n]);
                &buffer[..n]
            }
        }
    }
}

/// Text compares by characters; objects go through the language, which is refused beyond equality.
fn not_numbers(op: Op, a: &Array, b: &Array) -> PyResult<Array> {
    let shape = broadcast_shape(&[a.shape(), b.shape()])?;
    let compare = match op {
        Op::Equal => CompareOp::Eq,
        Op::NotEqual => CompareOp::Ne,
        Op::Less => CompareOp::Lt,
        Op::LessEqual => CompareOp::Le,
        Op::Greater => CompareOp::Gt,
        Op::GreaterEqual => CompareOp::Ge,
        _ => {
            if op == Op::Add && a.dtype() == DType::Str && b.dtype() == DType::Str {
                let x = a.broadcast_to(&shape)?.to_string_vec();
                let y = b.broadcast_to(&shape)?.to_string_vec();
                let joined = x.iter().zip(&y).map(|(x, y)| format!("{x}{y}").into()).collect();
                return Ok(Array::from_strings(&shape, joined));
            }
            return objects(op, a, b, &shape);
        }
    };
    let (x, y) = (a.broadcast_to(&shape)?, b.broadcast_to(&shape)?);
    if a.dtype() == DType::Str && b.dtype() == DType::Str {
        let flags = x
            .to_string_vec()
            .iter()
            .zip(&y.to_string_vec())
            .map(|(x, y)| holds(compare, x.cmp(y)))
            .collect();
        return Ok(Array::from_bool(&shape, flags));
    }
    if matches!(compare, CompareOp::Eq | CompareOp::Ne) {
        let same = |(x, y): (&Value, &Value)| {
            crate::runtime::Key(super::convert::plain(x))
                == crate::runtime::Key(super::convert::plain(y))
        };
        let (x, y) = (x.items(), y.items());
        let flags = x.iter().zip(&y).map(|pair| same(pair) == (compare == CompareOp::Eq)).collect();
        return Ok(Array::from_bool(&shape, flags));
    }
    Err(no_loop(op_name(op), a.dtype(), b.dtype()))
}

/// Objects that are numbers calculate as numbers.
fn objects(op: Op, a: &Array, b: &Array, shape: &[usize]) -> PyResult<Array> {
    let error = || no_loop(op_name(op), a.dtype(), b.dtype());
    if a.dtype() == DType::Str || b.dtype() == DType::Str {
        return Err(error());
    }
    let (x, y) = (a.broadcast_to(shape)?.items(), b.broadcast_to(shape)?.items());
    let mut out = Vec::with_capacity(x.len());
    for (x, y) in x.iter().zip(&y) {
        let (x, y) = (super::convert::plain(x), super::convert::plain(y));
        let result = match (&x, &y) {
            (Value::Str(x), Value::Str(y)) if op == Op::Add => Value::str(format!("{x}{y}")),
            _ => {
                let (x, y) = (Operand::new(&x)?, Operand::new(&y)?);
                if !x.array.dtype().is_number() || !y.array.dtype().is_number() {
                    return Err(error());
                }
                super::convert::plain(&binary(op, &x, &y, None)?.to_value())
            }
        };
        out.push(result);
    }
    Ok(Array::from_storage(shape, Storage::Object(out.into())))
}

/// Whether an order satisfies a comparison.
pub(crate) fn holds(op: CompareOp, order: std::cmp::Ordering) -> bool {
    match op {
        CompareOp::Eq => order.is_eq(),
        CompareOp::Ne => order.is_ne(),
        CompareOp::Lt => order.is_lt(),
        CompareOp::Le => order.is_le(),
        CompareOp::Gt => order.is_gt(),
        CompareOp::Ge => order.is_ge(),
    }
}

/// Runs a chunk function over one array, read as `C`, into a new array of `dtype`.
pub(crate) fn map<C: Number, R: Number>(
    array: &Array,
    dtype: DType,
    f: impl Fn(&[C], &mut [R]),
) -> Array {
    let mut out = Storage::with_capacity(dtype, array.size());
    let mut result = vec![R::default(); CHUNK.min(array.size())];
    for_each_chunk::<C>(array, |chunk| {
        let result = &mut result[..chunk.len()];
        f(chunk, result);
        out.extend_numbers(result);
    });
    Array::from_storage(array.shape(), out)
}

/// A function of one array. `stays`: integers give integers.
pub(crate) fn unary(
    function: Function,
    name: &str,
    array: &Array,
    dtype: Option<DType>,
) -> PyResult<Array> {
    use Function::{Absolute, Ceil, Floor, Negative, Reciprocal, Sign, Square, Trunc};
    if !array.dtype().is_number() {
        let class = no_loop(name, array.dtype(), array.dtype());
        return Err(if array.dtype() == DType::Object {
            Exception::type_error(format!(
                "loop of ufunc does not support argument 0 of type object which has no callable \
                 {name} method"
            ))
        } else {
            class
        });
    }
    let stays =
        matches!(function, Negative | Absolute | Sign | Square | Reciprocal | Floor | Ceil | Trunc);
    let wanted = match dtype {
        Some(dtype) => dtype,
        None if stays => array.dtype(),
        None => array.dtype().float_for(),
    };
    let wanted = match (function, wanted) {
        (Negative, DType::Bool) => {
            return Err(Exception::type_error(
                "The numpy boolean negative, the `-` operator, is not supported, use the `~` \
                 operator or the logical_not function instead.",
            ));
        }
        (Sign, DType::Bool) => return Err(not_supported(name)),
        (Square | Reciprocal, DType::Bool) => DType::Int8,
        (_, wanted) => wanted,
    };
    by_class!(class_of(wanted), C => {
        let f = <C as Functions>::unary(function).ok_or_else(|| not_supported(name))?;
        Ok(map::<C, C>(array, wanted, f))
    })
}

fn op_of(op: BinaryOp) -> Option<Op> {
    Some(match op {
        BinaryOp::Add => Op::Add,
        BinaryOp::Sub => Op::Subtract,
        BinaryOp::Mul => Op::Multiply,
        BinaryOp::Div => Op::Divide,
        BinaryOp::FloorDiv => Op::FloorDivide,
        BinaryOp::Mod => Op::Remainder,
        BinaryOp::Pow => Op::Power,
        BinaryOp::MatMul => return None,
        BinaryOp::And => Op::BitwiseAnd,
        BinaryOp::Or => Op::BitwiseOr,
        BinaryOp::Xor => Op::BitwiseXor,
        BinaryOp::ShiftLeft => Op::LeftShift,
        BinaryOp::ShiftRight => Op::RightShift,
    })
}

/// `this op other`, where at least one is an array or scalar of numpy.
pub(crate) fn operator(
    this: &Value,
    op: BinaryOp,
    other: &Value,
    reflected: bool,
) -> Option<PyResult<Value>> {
    let other = match Operand::of_operator(other)? {
        Ok(operand) => operand,
        Err(error) => return Some(Err(error)),
    };
    let this = match Operand::of_operator(this)? {
        Ok(operand) => operand,
        Err(error) => return Some(Err(error)),
    };
    let (a, b) = if reflected { (other, this) } else { (this, other) };
    Some(apply(op, &a, &b).map(|array| array.to_value()))
}

fn apply(op: BinaryOp, a: &Operand, b: &Operand) -> PyResult<Array> {
    match op_of(op) {
        Some(op) => binary(op, a, b, None),
        None => super::linalg::matmul(&a.array, &b.array),
    }
}

/// `array op= other`: the elements change, the dtype stays.
pub(crate) fn operator_in_place(
    array: &Array,
    this: &Value,
    op: BinaryOp,
    other: &Value,
) -> Option<PyResult<Value>> {
    let other = match Operand::of_operator(other)? {
        Ok(operand) => operand,
        Err(error) => return Some(Err(error)),
    };
    let result = apply(op, &Operand::strong(array.clone()), &other).and_then(|result| {
        let name = op_of(op).map_or("matmul", op_name);
        store(&result, array, name)?;
        Ok(this.clone())
    });
    Some(result)
}

/// Writes a result into an array that is there already (`out=`, `+=`).
pub(crate) fn store(result: &Array, target: &Array, name: &str) -> PyResult<()> {
    if !is_same_kind(result.dtype(), target.dtype()) {
        return Err(Exception::new(
            "UFuncTypeError",
            format!(
                "Cannot cast ufunc '{name}' output from dtype('{}') to dtype('{}') with casting rule \
             'same_kind'",
                result.dtype(),
                target.dtype()
            ),
        ));
    }
    if result.shape() != target.shape()
        && broadcast_shape(&[result.shape(), target.shape()])? != target.shape()
    {
        return Err(Exception::value_error(format!(
            "non-broadcastable output operand with shape {} doesn't match the broadcast shape {}",
            super::shape_plain(target.shape()),
            super::shape_plain(result.shape())
        )));
    }
    target.assign(result)
}

/// `this op other` for comparisons.
pub(crate) fn comparison(this: &Value, op: CompareOp, other: &Value) -> Option<PyResult<Value>> {
    let a = match Operand::of_operator(this)? {
        Ok(operand) => operand,
        Err(error) => return Some(Err(error)),
    };
    let b = match (Operand::of_operator(other), op) {
        (Some(Ok(operand)), _) => operand,
        (Some(Err(error)), _) => return Some(Err(error)),
        (None, _) => return None,
    };
    let op = match op {
        CompareOp::Eq => Op::Equal,
        CompareOp::Ne => Op::NotEqual,
        CompareOp::Lt => Op::Less,
        CompareOp::Le => Op::LessEqual,
        CompareOp::Gt => Op::Greater,
        CompareOp::Ge => Op::GreaterEqual,
    };
    Some(binary(op, &a, &b, None).map(|array| array.to_value()))
}

/// `-x`, `+x`, `~x`, `abs(x)`
pub(crate) fn unary_operator(this: &Value, op: UnaryOp) -> Option<PyResult<Value>> {
    let array = match Array::from_value(this, None) {
        Ok(array) => array,
        Err(error) => return Some(Err(error)),
    };
    let result = match op {
        UnaryOp::Neg => unary(Function::Negative, "negative", &array, None),
        UnaryOp::Abs => unary(Function::Absolute, "absolute", &array, None),
        UnaryOp::Pos => Ok(array.copy()),
        UnaryOp::Invert => invert(&array),
    };
    Some(result.map(|array| array.to_value()))
}

/// `~x`
pub(crate) fn invert(array: &Array) -> PyResult<Array> {
    match array.dtype() {
        DType::Bool => Ok(map::<bool, bool>(array, DType::Bool, |a, out| {
            out.iter_mut().zip(a).for_each(|(o, &x)| *o = !x);
        })),
        d if d.is_integer() => Ok(map::<i64, i64>(array, d, |a, out| {
            out.iter_mut().zip(a).for_each(|(o, &x)| *o = !x);
        })),
        _ => Err(not_supported("invert")),
    }
}

/// The arguments that every elementwise function takes beside its own.
pub(crate) struct Extra {
    pub(crate) out: Option<Array>,
    pub(crate) mask: Option<Array>,
    pub(crate) dtype: Option<DType>,
}

impl Extra {
    /// Takes `out=`, `where=`, `dtype=` and `casting=` out of the arguments.
    pub(crate) fn take(arguments: &mut Arguments) -> PyResult<Extra> {
        let out = match arguments.take("out") {
            None | Some(Value::None) => None,
            Some(Value::Tuple(items)) if items.len() == 1 => items[0].downcast::<Array>(),
            Some(value) => match value.downcast::<Array>() {
                Some(array) => Some(array),
                None => return Err(Exception::type_error("return arrays must be of ArrayType")),
            },
        };
        let mask = match arguments.take("where") {
            None | Some(Value::Bool(true)) => None,
            Some(value) => Some(Array::from_value(&value, Some(DType::Bool))?),
        };
        let dtype = match arguments.take("dtype") {
            None => None,
            Some(value) => DType::optional(&value)?,
        };
        arguments.take("casting");
        arguments.take("order");
        arguments.take("subok");
        Ok(Extra { out: out.map(|array| (*array).clone()), mask, dtype })
    }

    /// Delivers a result as these arguments ask for.
    pub(crate) fn deliver(self, result: Array, name: &str) -> PyResult<Value> {
        let Some(mask) = self.mask else {
            let Some(out) = self.out else { return Ok(result.to_value()) };
            store(&result, &out, name)?;
            return Ok(Value::object(out));
        };
        let shape = broadcast_shape(&[result.shape(), mask.shape()])?;
        let out = match self.out {
            Some(out) => out,
            None => Array::zeros(&shape, result.dtype()),
        };
        let (mask, result) = (mask.broadcast_to(&shape)?, result.broadcast_to(&shape)?);
        let kept =
            super::functions::select(&mask, &result, &out.broadcast_to(&shape)?, out.dtype())?;
        out.assign(&kept)?;
        Ok(Value::object(out))
    }
}
