//! Promised tensors (Keras' `KerasTensor`).

use super::made::method;
use crate::runtime::{BinaryOp, Exception, Object, PyResult, Value};
use kerai_engine::activations::Activation;
use kerai_engine::graph::{self, Symbol};
use kerai_engine::layer::LayerInstance;
use kerai_engine::layers::input_layer::dtype_name;
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

/// `activation(symbol)`: an Activation layer, as Keras makes an operation of it.
pub fn apply_activation(activation: &Activation, symbol: &SymbolObject) -> PyResult<Value> {
    let layer = kerai_engine::layer::find("Activation")?.make(vec![(
        "activation".to_owned(),
        kerai_engine::config::Arg::Made(kerai_engine::catalog::Made::Activation(
            activation.clone(),
        )),
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
            dtype_name(self.symbol.dtype()),
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
            "dtype" => Value::str(dtype_name(self.symbol.dtype())),
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
        _this: &Value,
        op: BinaryOp,
        other: &Value,
        reflected: bool,
    ) -> Option<PyResult<Value>> {
        Some(arithmetic(&self.symbol, op, other, reflected))
    }

    fn hash(&self) -> PyResult<Option<u64>> {
        Ok(None)
    }
}

/// Sums and products of promised tensors are the merging layers; other raw operations on promises are refused.
fn arithmetic(symbol: &Symbol, op: BinaryOp, other: &Value, reflected: bool) -> PyResult<Value> {
    let class = match op {
        BinaryOp::Add => "Add",
        BinaryOp::Mul => "Multiply",
        BinaryOp::Sub => "Subtract",
        _ => "",
    };
    let refuse = || {
        Exception::not_supported(
            "this operation on promised tensors is not in kerai yet",
            "layers.Add()([a, b]), layers.Multiply(), layers.Subtract(), layers.Rescaling(scale, offset), or a layer of your own with a call method",
        )
        .with_received(format!("{op:?} of a KerasTensor and a {}", other.type_name()))
    };
    if let Some(other) = other.downcast::<SymbolObject>()
        && !class.is_empty()
    {
        let kerai_engine::catalog::Made::Layer(layer) =
            kerai_engine::layer::find(class)?.make(Vec::new())?
        else {
            return Err(refuse());
        };
        let instance = Rc::new(LayerInstance::new(layer, None));
        let pair = if reflected {
            [other.symbol().clone(), symbol.clone()]
        } else {
            [symbol.clone(), other.symbol().clone()]
        };
        let mut outputs = graph::apply_to(&instance, &pair)?;
        return Ok(SymbolObject::value(outputs.remove(0)));
    }
    let Ok(number) = other.as_float("a number") else { return Err(refuse()) };
    let (scale, offset) = match (op, reflected) {
        (BinaryOp::Add, _) => (1.0, number),
        (BinaryOp::Sub, false) => (1.0, -number),
        (BinaryOp::Sub, true) => (-1.0, number),
        (BinaryOp::Mul, _) => (number, 0.0),
        (BinaryOp::Div, false) => (1.0 / number, 0.0),
        _ => return Err(refuse()),
    };
    let config = vec![
        ("scale".to_owned(), kerai_engine::config::Arg::Float(scale)),
        ("offset".to_owned(), kerai_engine::config::Arg::Float(offset)),
    ];
    let kerai_engine::catalog::Made::Layer(layer) =
        kerai_engine::layer::find("Rescaling")?.make(config)?
    else {
        return Err(refuse());
    };
    let instance = Rc::new(LayerInstance::new(layer, None));
    let mut outputs = graph::apply_to(&instance, std::slice::from_ref(symbol))?;
    Ok(SymbolObject::value(outputs.remove(0)))
}
