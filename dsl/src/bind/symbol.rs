//! Promised tensors (Keras' `KerasTensor`).

use super::convert::{to_arg, to_array};
use super::made::method;
use super::tensor::{TensorObject, VariableObject};
use crate::modules::numpy::Array;
use crate::runtime::object::Items;
use crate::runtime::{Arguments, BinaryOp, CompareOp, Exception, Object, PyResult, UnaryOp, Value};
use kerai_engine::activations::Activation;
use kerai_engine::config::Arg;
use kerai_engine::graph::{self, CallArg, Symbol};
use kerai_engine::layer::LayerInstance;
use kerai_engine::layers::operation::Operation;
use kerai_engine::shape::Shape;
use std::rc::Rc;

/// A promised tensor.
pub struct SymbolObject {
    symbol: Symbol,
}

impl SymbolObject {
    /// As a value.
    pub fn value(symbol: Symbol) -> Value {
        Value::object(SymbolObject { symbol })
    }

    /// The engine's symbol.
    pub fn symbol(&self) -> &Symbol {
        &self.symbol
    }
}

/// Whether a value is a promise.
pub fn is_symbol(value: &Value) -> bool {
    value.downcast::<SymbolObject>().is_some()
}

/// A shape as a tuple, unknown sizes as `None`.
pub fn shape_value(shape: &Shape) -> Value {
    let size = |size: &Option<usize>| {
        size.map_or(Value::None, |size| Value::Int(i64::try_from(size).unwrap_or(i64::MAX)))
    };
    Value::tuple(shape.0.iter().map(size).collect())
}

/// A shape as Keras prints it: `(None, 784)`.
pub fn shape_text(shape: &Shape) -> String {
    let sizes: Vec<String> = shape
        .0
        .iter()
        .map(|size| size.map_or("None".to_owned(), |size| size.to_string()))
        .collect();
    match &sizes[..] {
        [one] => format!("({one},)"),
        many => format!("({})", many.join(", ")),
    }
}

/// A function of `keras.ops` on promised tensors: a node of the model.
pub fn operate(function: &str, arguments: &Arguments) -> PyResult<Value> {
    let positional = arguments.positional.iter().map(to_call_arg).collect::<PyResult<_>>()?;
    let keywords = arguments.keywords.iter();
    let keywords = keywords.map(|(name, value)| Ok((name.to_string(), to_call_arg(value)?)));
    let outputs = graph::operate(function, positional, keywords.collect::<PyResult<_>>()?)?;
    let several = outputs.len() != 1
        || outputs[0].call().layer.layer_as::<Operation>().is_some_and(Operation::gives_list);
    let mut values: Vec<Value> = outputs.into_iter().map(SymbolObject::value).collect();
    Ok(if several { Value::list(values) } else { values.remove(0) })
}

/// The first promise among arguments, lists searched too.
pub fn symbol_in(arguments: &Arguments) -> Option<Rc<SymbolObject>> {
    fn inside(value: &Value) -> Option<Rc<SymbolObject>> {
        match value {
            Value::List(items) => items.borrow().iter().find_map(inside),
            Value::Tuple(items) => items.iter().find_map(inside),
            other => other.downcast::<SymbolObject>(),
        }
    }
    let keywords = arguments.keywords.iter().map(|(_, value)| value);
    arguments.positional.iter().chain(keywords).find_map(inside)
}

/// An argument of an operation: promises, arrays in Keras' envelope, slices, plain values.
fn to_call_arg(value: &Value) -> PyResult<CallArg> {
    if let Some(symbol) = value.downcast::<SymbolObject>() {
        return Ok(CallArg::Symbol(symbol.symbol().clone()));
    }
    let list = |items: &[Value]| -> PyResult<CallArg> {
        let parts = items.iter().map(to_call_arg).collect::<PyResult<Vec<_>>>()?;
        let constant = |part: &CallArg| match part {
            CallArg::Constant(constant) => Some(constant.clone()),
            _ => None,
        };
        let constants: Option<Vec<Arg>> = parts.iter().map(constant).collect();
        Ok(constants.map_or(CallArg::List(parts), |all| CallArg::Constant(Arg::List(all))))
    };
    let envelope = |class: &str, config: Vec<(String, Arg)>| {
        CallArg::Constant(Arg::Map(vec![
            ("class_name".to_owned(), Arg::str(class)),
            ("config".to_owned(), Arg::Map(config)),
        ]))
    };
    match value {
        Value::List(items) => list(&items.borrow()),
        Value::Tuple(items) => list(items),
        Value::Object(object) if object.type_name() == "ellipsis" => {
            Ok(envelope("__ellipsis__", Vec::new()))
        }
        Value::Object(object) if object.type_name() == "slice" => {
            let bound = |name: &str| {
                let bound = crate::runtime::attributes::get(value, name)?;
                Ok((name.to_owned(), to_arg(&bound)?))
            };
            let bounds = ["start", "stop", "step"].into_iter().map(bound);
            Ok(envelope("__slice__", bounds.collect::<PyResult<_>>()?))
        }
        Value::Object(object) => {
            let is_tensor = value.downcast::<TensorObject>().is_some()
                || value.downcast::<VariableObject>().is_some();
            let is_array = value.downcast::<Array>().is_some_and(|array| array.ndim() > 0);
            if !is_tensor && !is_array {
                let scalar = object.as_scalar();
                return Ok(CallArg::Constant(to_arg(scalar.as_ref().unwrap_or(value))?));
            }
            let array = to_array(value)?;
            let numbers = to_arg(&Value::object(array.clone()))?;
            let config = vec![
                ("value".to_owned(), numbers),
                ("dtype".to_owned(), Arg::str(array.dtype().name())),
            ];
            Ok(envelope(if is_tensor { "__tensor__" } else { "__numpy__" }, config))
        }
        plain => Ok(CallArg::Constant(to_arg(plain)?)),
    }
}

/// An activation of a promise is an operation too, as in Keras; one without an operation is the Activation layer.
pub fn apply_activation(
    activation: &Activation,
    symbol: &SymbolObject,
    mut arguments: Arguments,
) -> PyResult<Value> {
    let name = activation.name();
    let is_ours = activation.is(&name);
    let function = match name.as_str() {
        "linear" if is_ours => return Ok(SymbolObject::value(symbol.symbol().clone())),
        "relu" => "activations.relu",
        "exponential" => "exp",
        name => name,
    };
    if is_ours && kerai_engine::ops::forms::of_function(function).is_some() {
        // keras.activations.gelu is exact where keras.ops.gelu is not.
        if function == "gelu" && arguments.positional.len() + arguments.keywords.len() == 1 {
            arguments.positional.push(Value::Bool(false));
        }
        return operate(function, &arguments);
    }
    let layer = kerai_engine::layer::find("Activation")?.make(vec![(
        "activation".to_owned(),
        Arg::Made(kerai_engine::catalog::Made::Activation(activation.clone())),
    )])?;
    let kerai_engine::catalog::Made::Layer(layer) = layer else {
        return Err(Exception::type_error(
            "an activation of promised tensors needs the Activation layer",
        ));
    };
    let instance = Rc::new(LayerInstance::new(layer, None));
    let mut outputs = graph::apply_to(&instance, std::slice::from_ref(symbol.symbol()))?;
    Ok(SymbolObject::value(outputs.remove(0)))
}

impl Object for SymbolObject {
    fn type_name(&self) -> String {
        "KerasTensor".to_owned()
    }

    fn repr(&self) -> PyResult<String> {
        Ok(format!(
            "<KerasTensor shape={}, dtype={}, sparse=False, ragged=False, name={}>",
            shape_text(self.symbol.shape()),
            self.symbol.dtype_name(),
            self.symbol.call().layer.name()
        ))
    }

    fn truth(&self) -> PyResult<bool> {
        Err(Exception::type_error(
            "a promised tensor has no value yet, so it cannot decide an `if`",
        )
        .with_hint("put the decision into a layer's call, or use the model on data"))
    }

    fn attribute(&self, _this: &Value, name: &str) -> PyResult<Option<Value>> {
        Ok(Some(match name {
            "shape" => shape_value(self.symbol.shape()),
            "ndim" => Value::Int(i64::try_from(self.symbol.shape().rank()).unwrap_or(0)),
            "dtype" => Value::str(self.symbol.dtype_name()),
            "name" => Value::str(self.symbol.call().layer.name()),
            "_keras_history" => {
                let call = self.symbol.call();
                Value::tuple(vec![
                    super::layer::LayerObject::value(call.layer.clone()),
                    Value::Int(i64::try_from(call.number).unwrap_or(0)),
                    Value::Int(i64::try_from(self.symbol.output()).unwrap_or(0)),
                ])
            }
            "numpy" => method("numpy", |_| {
                Err(Exception::attribute_error("a promised tensor has no values: 'KerasTensor' object has no attribute 'numpy'")
                    .with_hint("call the model on data: model.predict(x)"))
            }),
            _ => return Ok(None),
        }))
    }

    fn attribute_names(&self) -> Vec<String> {
        ["shape", "ndim", "dtype", "name"].map(str::to_owned).to_vec()
    }

    fn binary(
        &self,
        this: &Value,
        op: BinaryOp,
        other: &Value,
        reflected: bool,
    ) -> Option<PyResult<Value>> {
        let pair = match reflected {
            true => vec![other.clone(), this.clone()],
            false => vec![this.clone(), other.clone()],
        };
        Some(operate(function_of(op), &Arguments::positional(pair)))
    }

    fn compare(&self, this: &Value, op: CompareOp, other: &Value) -> Option<PyResult<Value>> {
        let function = match op {
            // As in Keras, whether two names mean the same promise.
            CompareOp::Eq => {
                let same = other.downcast::<SymbolObject>();
                return Some(Ok(Value::Bool(same.is_some_and(|s| s.symbol.is(&self.symbol)))));
            }
            CompareOp::Ne => "not_equal",
            CompareOp::Lt => "less",
            CompareOp::Le => "less_equal",
            CompareOp::Gt => "greater",
            CompareOp::Ge => "greater_equal",
        };
        Some(operate(function, &Arguments::positional(vec![this.clone(), other.clone()])))
    }

    fn unary(&self, this: &Value, op: UnaryOp) -> Option<PyResult<Value>> {
        let function = match op {
            UnaryOp::Neg => "negative",
            UnaryOp::Abs => "absolute",
            UnaryOp::Invert => "logical_not",
            UnaryOp::Pos => return Some(Ok(this.clone())),
        };
        Some(operate(function, &Arguments::positional(vec![this.clone()])))
    }

    fn item(&self, this: &Value, key: &Value) -> PyResult<Value> {
        operate("get_item", &Arguments::positional(vec![this.clone(), key.clone()]))
    }

    fn iterate(&self, _this: &Value) -> Option<PyResult<Items>> {
        Some(Err(Exception::type_error("Iterating over a symbolic KerasTensor is not supported.")
            .with_hint("index it: x[:, 0], or keras.ops.unstack(x, axis=1)")))
    }

    fn hash(&self) -> PyResult<Option<u64>> {
        Ok(None)
    }
}

/// The function of `keras.ops` behind an operator.
fn function_of(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Add => "add",
        BinaryOp::Sub => "subtract",
        BinaryOp::Mul => "multiply",
        BinaryOp::Div => "true_divide",
        BinaryOp::FloorDiv => "floor_divide",
        BinaryOp::Mod => "mod",
        BinaryOp::Pow => "power",
        BinaryOp::MatMul => "matmul",
        BinaryOp::And => "logical_and",
        BinaryOp::Or => "logical_or",
        BinaryOp::Xor => "logical_xor",
        BinaryOp::ShiftLeft => "left_shift",
        BinaryOp::ShiftRight => "right_shift",
    }
}
