//! Tensors and variables of the engine as values: operators, attributes, printing as TensorFlow prints them.

use super::convert::{candle_dtype, dtype_name, to_numpy, to_tensor};
use super::made::with_parameters;
use crate::modules::numpy::Array;
use crate::runtime::object::Items;
use crate::runtime::{BinaryOp, CompareOp, Exception, Object, PyResult, UnaryOp, Value, operators};
use kerai_engine::ops::{self, Index};
use kerai_engine::variable::Variable;
use kerai_engine::{Tensor, candle, layers};
use std::cell::RefCell;
use std::rc::Rc;

/// A tensor. `watch` replaces it by its tracked twin.
pub struct TensorObject {
    tensor: RefCell<Tensor>,
    is_bool: bool,
}

impl TensorObject {
    /// As a value.
    pub fn value(tensor: Tensor) -> Value {
        Value::object(TensorObject { tensor: RefCell::new(tensor), is_bool: false })
    }

    /// A tensor of truth values (the engine holds them as bytes).
    pub fn of_bool(tensor: Tensor) -> Value {
        Value::object(TensorObject { tensor: RefCell::new(tensor), is_bool: true })
    }

    /// The engine's tensor.
    pub fn tensor(&self) -> Tensor {
        self.tensor.borrow().clone()
    }

    /// Puts its tracked twin in its place.
    pub fn replace(&self, tensor: Tensor) {
        *self.tensor.borrow_mut() = tensor;
    }

    /// Whether it holds truth values.
    pub fn is_bool(&self) -> bool {
        self.is_bool
    }

    /// As a numpy array.
    pub fn to_numpy(&self) -> PyResult<Array> {
        to_numpy(&self.tensor.borrow(), self.is_bool)
    }

    fn dtype(&self) -> &'static str {
        if self.is_bool {
            "bool"
        } else {
            layers::input_layer::dtype_name(self.tensor.borrow().dtype())
        }
    }
}

/// A shape as a tuple.
pub fn shape_value(shape: &[usize]) -> Value {
    Value::tuple(
        shape.iter().map(|size| Value::Int(i64::try_from(*size).unwrap_or(i64::MAX))).collect(),
    )
}

fn shape_text(shape: &[usize]) -> String {
    match shape {
        [one] => format!("({one},)"),
        many => format!("({})", many.iter().map(usize::to_string).collect::<Vec<_>>().join(", ")),
    }
}

impl Object for TensorObject {
    fn type_name(&self) -> String {
        "EagerTensor".to_owned()
    }

    fn repr(&self) -> PyResult<String> {
        let array = Value::object(self.to_numpy()?);
        let text = match &array {
            Value::Object(object) if self.tensor.borrow().shape().is_empty() => object.to_str()?,
            Value::Object(object) => object.repr()?,
            _ => String::new(),
        };
        Ok(format!(
            "<tf.Tensor: shape={}, dtype={}, numpy={text}>",
            shape_text(self.tensor.borrow().shape()),
            self.dtype()
        ))
    }

    fn to_str(&self) -> PyResult<String> {
        let array = self.to_numpy()?;
        let text = Object::to_str(&array)?;
        let rank = self.tensor.borrow().shape().len();
        let line = if rank > 1 { format!("\n{text}") } else { text };
        Ok(format!(
            "tf.Tensor({line}, shape={}, dtype={})",
            shape_text(self.tensor.borrow().shape()),
            self.dtype()
        ))
    }

    fn format(&self, spec: &str) -> PyResult<Option<String>> {
        if spec.is_empty() {
            return Ok(None);
        }
        match self.as_scalar() {
            Some(scalar) => crate::runtime::format::format(&scalar, spec).map(Some),
            None => Err(Exception::type_error(
                "unsupported format string passed to EagerTensor.__format__",
            )),
        }
    }

    fn truth(&self) -> PyResult<bool> {
        let tensor = self.tensor.borrow();
        match tensor.array().elem_count() {
            1 => Ok(tensor.item()? != 0.0),
            _ => Err(Exception::value_error(
                "The truth value of a tensor with more than one element is ambiguous",
            )
            .with_received(format!("shape {}", shape_text(tensor.shape())))
            .with_hint("reduce it first: ops.any(...) or ops.all(...)")),
        }
    }

    fn as_scalar(&self) -> Option<Value> {
        let tensor = self.tensor.borrow();
        if tensor.array().elem_count() != 1 {
            return None;
        }
        let value = tensor.item().ok()?;
        Some(match (self.is_bool, tensor.dtype().is_int()) {
            (true, _) => Value::Bool(value != 0.0),
            (_, true) => Value::Int(value as i64),
            _ => Value::Float(value),
        })
    }

    fn attribute(&self, this: &Value, name: &str) -> PyResult<Option<Value>> {
        let this = this.clone();
        Ok(Some(match name {
            "shape" => shape_value(self.tensor.borrow().shape()),
            "ndim" => Value::Int(i64::try_from(self.tensor.borrow().shape().len()).unwrap_or(0)),
            "dtype" => Value::str(self.dtype()),
            "numpy" | "__array__" => {
                with_parameters("numpy", "", "A copy as a numpy array.", move |[]| {
                    let array = super::convert::to_array(&this)?;
                    Ok(array.to_value())
                })
            }
            "T" => TensorObject::value(ops::transpose(&self.tensor.borrow(), None)?),
            "get_shape" => with_parameters("get_shape", "", "The shape.", move |[]| {
                Ok(shape_value(to_tensor(&this)?.shape()))
            }),
            "_keras_mask" => match self.tensor.borrow().mask() {
                Some(mask) => TensorObject::of_bool(Tensor::new(mask.clone())),
                None => Value::None,
            },
            _ => return Ok(None),
        }))
    }

    fn attribute_names(&self) -> Vec<String> {
        ["shape", "ndim", "dtype", "numpy", "T"].map(str::to_owned).to_vec()
    }

    fn length(&self) -> Option<PyResult<usize>> {
        Some(
            self.tensor
                .borrow()
                .shape()
                .first()
                .copied()
                .ok_or_else(|| Exception::type_error("Scalar tensor has no `len()`")),
        )
    }

    fn item(&self, _this: &Value, key: &Value) -> PyResult<Value> {
        get_item(&self.tensor.borrow(), key, self.is_bool)
    }

    fn iterate(&self, _this: &Value) -> Option<PyResult<Items>> {
        Some(rows_of(self.tensor(), self.is_bool))
    }

    fn binary(
        &self,
        _this: &Value,
        op: BinaryOp,
        other: &Value,
        reflected: bool,
    ) -> Option<PyResult<Value>> {
        binary(&self.tensor.borrow(), op, other, reflected)
    }

    fn compare(&self, _this: &Value, op: CompareOp, other: &Value) -> Option<PyResult<Value>> {
        compare(&self.tensor.borrow(), op, other)
    }

    fn unary(&self, _this: &Value, op: UnaryOp) -> Option<PyResult<Value>> {
        Some(unary(&self.tensor.borrow(), op, self.is_bool))
    }
}

fn rows_of(tensor: Tensor, is_bool: bool) -> PyResult<Items> {
    let Some(rows) = tensor.shape().first().copied() else {
        return Err(Exception::type_error("Cannot iterate over a scalar tensor."));
    };
    let mut row = 0;
    Ok(Box::new(move || {
        if row >= rows {
            return Ok(None);
        }
        row += 1;
        let item = ops::getitem(&tensor, &[Index::At(i64::try_from(row - 1).unwrap_or(0))])?;
        Ok(Some(if is_bool { TensorObject::of_bool(item) } else { TensorObject::value(item) }))
    }))
}

/// `tensor[key]`
pub fn get_item(tensor: &Tensor, key: &Value, is_bool: bool) -> PyResult<Value> {
    let parts: Vec<Value> = match key {
        Value::Tuple(items) => items.to_vec(),
        one => vec![one.clone()],
    };
    // A mask or a list of positions picks rows.
    if let [one] = &parts[..]
        && let Some(picked) = pick(tensor, one)?
    {
        return Ok(if is_bool {
            TensorObject::of_bool(picked)
        } else {
            TensorObject::value(picked)
        });
    }
    let mut index = Vec::with_capacity(parts.len());
    for part in &parts {
        index.push(match part {
            Value::None => Index::NewAxis,
            Value::Object(object) if object.type_name() == "ellipsis" => Index::Ellipsis,
            Value::Object(object) if object.type_name() == "slice" => {
                let bound = |name: &str| -> PyResult<Option<i64>> {
                    match crate::runtime::attributes::get(part, name)? {
                        Value::None => Ok(None),
                        value => value.as_int("a slice index").map(Some),
                    }
                };
                Index::Range(bound("start")?, bound("stop")?, bound("step")?)
            }
            other => Index::At(other.as_int("a tensor index")?),
        });
    }
    let item = ops::getitem(tensor, &index)?;
    Ok(if is_bool { TensorObject::of_bool(item) } else { TensorObject::value(item) })
}

fn pick(tensor: &Tensor, key: &Value) -> PyResult<Option<Tensor>> {
    let is_many = match key {
        Value::List(_) => true,
        other => {
            let array = other.downcast::<Array>().is_some_and(|array| array.ndim() > 0);
            array
                || other.downcast::<TensorObject>().is_some_and(|t| !t.tensor().shape().is_empty())
        }
    };
    if !is_many {
        return Ok(None);
    }
    let positions = super::convert::to_array(key)?;
    let positions: Vec<i64> = match positions.dtype() {
        crate::modules::numpy::DType::Bool => {
            let flags = positions.to_i64_vec();
            flags
                .iter()
                .enumerate()
                .filter(|(_, flag)| **flag != 0)
                .map(|(i, _)| i64::try_from(i).unwrap_or(0))
                .collect()
        }
        _ => positions.to_i64_vec(),
    };
    let count = positions.len();
    let positions = Tensor::from_vec(positions, &[count])?;
    Ok(Some(ops::take(tensor, &positions, Some(0))?))
}

/// The other operand as a tensor that fits: Python numbers take this tensor's element type.
fn operand(tensor: &Tensor, other: &Value) -> Option<PyResult<Tensor>> {
    match other {
        Value::Bool(_) | Value::Int(_) | Value::Float(_) => Some((|| {
            let number = other.as_float("a number")?;
            let keep_int = tensor.dtype().is_int() && !matches!(other, Value::Float(_));
            let dtype = if keep_int || tensor.dtype().is_float() {
                tensor.dtype()
            } else {
                candle::DType::F32
            };
            let scalar = Tensor::from_vec(vec![number], &[])?;
            Ok(Tensor::new(scalar.array().to_dtype(dtype).map_err(kerai_engine::Error::from)?))
        })()),
        Value::List(_) | Value::Tuple(_) => Some(to_tensor(other)),
        Value::Object(object) => {
            let holds_numbers = other.downcast::<TensorObject>().is_some()
                || other.downcast::<VariableObject>().is_some()
                || other.downcast::<Array>().is_some()
                || object.as_scalar().is_some();
            holds_numbers.then(|| to_tensor(other))
        }
        _ => None,
    }
}

/// `tensor op other`
pub fn binary(
    tensor: &Tensor,
    op: BinaryOp,
    other: &Value,
    reflected: bool,
) -> Option<PyResult<Value>> {
    if super::symbol::is_symbol(other) {
        return None;
    }
    let other = match operand(tensor, other)? {
        Ok(other) => other,
        Err(error) => return Some(Err(error)),
    };
    let (a, b) = if reflected { (&other, tensor) } else { (tensor, &other) };
    let result = match op {
        BinaryOp::Add => ops::add(a, b),
        BinaryOp::Sub => ops::subtract(a, b),
        BinaryOp::Mul => ops::multiply(a, b),
        BinaryOp::Div => ops::divide(a, b),
        BinaryOp::FloorDiv => ops::floor_divide(a, b),
        BinaryOp::Mod => ops::modulo(a, b),
        BinaryOp::Pow => ops::power(a, b),
        BinaryOp::MatMul => ops::matmul(a, b),
        BinaryOp::And => {
            return Some(ops::logical_and(a, b).map(TensorObject::of_bool).map_err(Into::into));
        }
        BinaryOp::Or => {
            return Some(ops::logical_or(a, b).map(TensorObject::of_bool).map_err(Into::into));
        }
        BinaryOp::Xor => {
            return Some(ops::logical_xor(a, b).map(TensorObject::of_bool).map_err(Into::into));
        }
        BinaryOp::ShiftLeft | BinaryOp::ShiftRight => return None,
    };
    Some(result.map(TensorObject::value).map_err(Into::into))
}

/// `tensor op other` for comparisons.
pub fn compare(tensor: &Tensor, op: CompareOp, other: &Value) -> Option<PyResult<Value>> {
    let other = match operand(tensor, other)? {
        Ok(other) => other,
        Err(error) => return Some(Err(error)),
    };
    let result = match op {
        CompareOp::Eq => ops::equal(tensor, &other),
        CompareOp::Ne => ops::not_equal(tensor, &other),
        CompareOp::Lt => ops::less(tensor, &other),
        CompareOp::Le => ops::less_equal(tensor, &other),
        CompareOp::Gt => ops::greater(tensor, &other),
        CompareOp::Ge => ops::greater_equal(tensor, &other),
    };
    Some(result.map(TensorObject::of_bool).map_err(Into::into))
}

/// `-tensor` and its like.
pub fn unary(tensor: &Tensor, op: UnaryOp, is_bool: bool) -> PyResult<Value> {
    Ok(match op {
        UnaryOp::Neg => TensorObject::value(ops::negative(tensor)?),
        UnaryOp::Pos => TensorObject::value(tensor.clone()),
        UnaryOp::Abs => TensorObject::value(ops::absolute(tensor)?),
        UnaryOp::Invert if is_bool => TensorObject::of_bool(ops::logical_not(tensor)?),
        UnaryOp::Invert => {
            return Err(Exception::type_error("bad operand type for unary ~: 'EagerTensor'"));
        }
    })
}

/// A weight, a state, or a `tf.Variable`.
pub struct VariableObject {
    variable: Rc<Variable>,
}

impl VariableObject {
    /// As a value.
    pub fn value(variable: Rc<Variable>) -> Value {
        Value::object(VariableObject { variable })
    }

    /// The engine's variable.
    pub fn variable(&self) -> &Rc<Variable> {
        &self.variable
    }
}

/// The parameters of `variable.assign` and its relatives.
const ASSIGN: &str = "value, **kwargs";

impl Object for VariableObject {
    fn type_name(&self) -> String {
        "Variable".to_owned()
    }

    fn repr(&self) -> PyResult<String> {
        let array = to_numpy(&Tensor::new(self.variable.array()), false)?;
        let text = if array.ndim() == 0 { Object::to_str(&array)? } else { Object::repr(&array)? };
        Ok(format!(
            "<Variable path={}, shape={}, dtype={}, value={text}>",
            self.variable.path(),
            shape_text(&self.variable.shape()),
            layers::input_layer::dtype_name(self.variable.dtype())
        ))
    }

    fn identity(&self) -> Option<usize> {
        Some(Rc::as_ptr(&self.variable).addr())
    }

    fn as_scalar(&self) -> Option<Value> {
        if self.variable.count() != 1 {
            return None;
        }
        Tensor::new(self.variable.array()).item().ok().map(Value::Float)
    }

    fn truth(&self) -> PyResult<bool> {
        match self.as_scalar() {
            Some(scalar) => operators::truth(&scalar),
            None => Err(Exception::value_error(
                "The truth value of a variable with more than one element is ambiguous",
            )),
        }
    }

    fn attribute(&self, this: &Value, name: &str) -> PyResult<Option<Value>> {
        let variable = self.variable.clone();
        Ok(Some(match name {
            "shape" => shape_value(&variable.shape()),
            "ndim" => Value::Int(i64::try_from(variable.shape().len()).unwrap_or(0)),
            "dtype" => Value::str(layers::input_layer::dtype_name(variable.dtype())),
            "name" => Value::str(variable.name()),
            "path" => Value::str(variable.path()),
            "trainable" => Value::Bool(variable.is_trainable()),
            "value" => TensorObject::value(variable.read()),
            "numpy" | "__array__" => {
                with_parameters("numpy", "", "A copy as a numpy array.", move |[]| {
                    Ok(to_numpy(&Tensor::new(variable.snapshot()?), false)?.to_value())
                })
            }
            "read_value" => {
                with_parameters("read_value", "", "The value as a tensor.", move |[]| {
                    Ok(TensorObject::value(variable.read()))
                })
            }
            "assign" => with_parameters("assign", ASSIGN, "Puts a value in.", {
                let this = this.clone();
                move |[value]| {
                    assign(&variable, &to_tensor(&value)?)?;
                    Ok(this.clone())
                }
            }),
            "assign_add" | "assign_sub" => {
                let (this, sign) = (
                    this.clone(),
                    if name == "assign_add" { BinaryOp::Add } else { BinaryOp::Sub },
                );
                let (name, doc) = match sign {
                    BinaryOp::Add => ("assign_add", "Adds a value, in place."),
                    _ => ("assign_sub", "Takes a value off, in place."),
                };
                with_parameters(name, ASSIGN, doc, move |[value]| {
                    let current = Tensor::new(variable.array());
                    let changed =
                        kerai_engine::tape::paused(|| binary(&current, sign, &value, false));
                    match changed {
                        Some(changed) => assign(&variable, &to_tensor(&changed?)?)?,
                        None => return Err(value.wrong_type("the value", "a tensor or number")),
                    }
                    Ok(this.clone())
                })
            }
            _ => {
                return TensorObject { tensor: RefCell::new(variable.read()), is_bool: false }
                    .attribute(this, name);
            }
        }))
    }

    fn attribute_names(&self) -> Vec<String> {
        [
            "shape",
            "dtype",
            "name",
            "path",
            "trainable",
            "value",
            "numpy",
            "assign",
            "assign_add",
            "assign_sub",
        ]
        .map(str::to_owned)
        .to_vec()
    }

    fn set_attribute(&self, _this: &Value, name: &str, value: Value) -> PyResult<bool> {
        match name {
            "trainable" => {
                self.variable.set_trainable(operators::truth(&value)?);
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    fn length(&self) -> Option<PyResult<usize>> {
        Some(
            self.variable
                .shape()
                .first()
                .copied()
                .ok_or_else(|| Exception::type_error("a scalar variable has no len()")),
        )
    }

    fn item(&self, _this: &Value, key: &Value) -> PyResult<Value> {
        get_item(&self.variable.read(), key, false)
    }

    fn iterate(&self, _this: &Value) -> Option<PyResult<Items>> {
        Some(rows_of(self.variable.read(), false))
    }

    fn binary(
        &self,
        _this: &Value,
        op: BinaryOp,
        other: &Value,
        reflected: bool,
    ) -> Option<PyResult<Value>> {
        binary(&self.variable.read(), op, other, reflected)
    }

    fn compare(&self, this: &Value, op: CompareOp, other: &Value) -> Option<PyResult<Value>> {
        // Variables are keys and are looked for in lists: two of them are equal if they are the same.
        if let (Some(own), Some(other)) =
            (this.downcast::<VariableObject>(), other.downcast::<VariableObject>())
        {
            let same = Rc::ptr_eq(&own.variable, &other.variable);
            match op {
                CompareOp::Eq => return Some(Ok(Value::Bool(same))),
                CompareOp::Ne => return Some(Ok(Value::Bool(!same))),
                _ => {}
            }
        }
        compare(&self.variable.read(), op, other)
    }

    fn unary(&self, _this: &Value, op: UnaryOp) -> Option<PyResult<Value>> {
        Some(unary(&self.variable.read(), op, false))
    }

    fn hash(&self) -> PyResult<Option<u64>> {
        Ok(Some(Rc::as_ptr(&self.variable) as u64))
    }
}

fn assign(variable: &Variable, value: &Tensor) -> PyResult<()> {
    let shape = variable.shape();
    if value.shape() == shape {
        return Ok(variable.assign(value.array())?);
    }
    let value = value.array().broadcast_as(&shape[..]).map_err(|_| {
        Exception::value_error(format!("{} cannot take a value of another shape", variable.path()))
            .with_received(shape_text(value.shape()))
            .with_expected(shape_text(&shape))
    })?;
    Ok(variable.assign(&value)?)
}

/// `tf.Variable(...)` and `keras.Variable(...)`.
pub fn make_variable(
    value: &Value,
    trainable: bool,
    name: Option<String>,
    dtype: &Value,
) -> PyResult<Value> {
    let mut tensor = to_tensor(value)?;
    if let Some(name) = dtype_name(dtype) {
        tensor = Tensor::new(
            tensor.array().to_dtype(candle_dtype(&name)?).map_err(kerai_engine::Error::from)?,
        );
    }
    let copy = tensor.array().force_contiguous().map_err(kerai_engine::Error::from)?;
    let name = name.unwrap_or_else(|| kerai_engine::layer::unique_name("variable"));
    Ok(VariableObject::value(Rc::new(Variable::new(name, copy, trainable))))
}
