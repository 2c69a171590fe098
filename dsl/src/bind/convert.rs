//! Values of the language <-> arguments and tensors of the engine.

use super::class::CatalogClass;
use super::function::PyFunction;
use super::layer::LayerObject;
use super::made::MadeObject;
use super::model::ModelObject;
use super::tensor::{TensorObject, VariableObject};
use crate::modules::numpy::storage::Storage;
use crate::modules::numpy::{Array, DType};
use crate::runtime::{Exception, Key, PyResult, Value};
use candle::{CpuStorage, DType as CandleType, Device, Storage as CandleStorage};
use kerai_engine::Tensor;
use kerai_engine::candle;
use kerai_engine::catalog::Made;
use kerai_engine::config::Arg;
use std::rc::Rc;

/// A value as an argument of an engine entry: numbers, strings, lists, dicts, objects made before, functions.
pub fn to_arg(value: &Value) -> PyResult<Arg> {
    Ok(match value {
        Value::None => Arg::None,
        Value::Bool(flag) => Arg::Bool(*flag),
        Value::Int(int) => Arg::Int(*int),
        Value::Float(float) => Arg::Float(*float),
        Value::Str(text) => Arg::str(&**text),
        Value::List(items) => {
            Arg::List(items.borrow().iter().map(to_arg).collect::<PyResult<_>>()?)
        }
        Value::Tuple(items) => Arg::List(items.iter().map(to_arg).collect::<PyResult<_>>()?),
        Value::Set(items) => {
            Arg::List(items.borrow().iter().map(|key| to_arg(&key.0)).collect::<PyResult<_>>()?)
        }
        Value::Dict(entries) => {
            let entry = |(key, item): (&Key, &Value)| Ok((key_text(key)?, to_arg(item)?));
            Arg::Map(entries.borrow().iter().map(entry).collect::<PyResult<_>>()?)
        }
        Value::Object(object) => {
            if let Some(made) = as_made(value) {
                super::own::keep(value);
                return Ok(Arg::Made(made));
            }
            if let Some(array) = value.downcast::<Array>() {
                return to_arg(&crate::runtime::attributes::call_method(
                    &Value::object((*array).clone()),
                    "tolist",
                    crate::runtime::Arguments::default(),
                )?);
            }
            if let Some(policy) = value.downcast::<super::policy::PolicyObject>() {
                return Ok(policy.0.identifier());
            }
            if let Some(scalar) = object.as_scalar() {
                return to_arg(&scalar);
            }
            if let Some(name) = dtype_name(value) {
                return Ok(Arg::str(name));
            }
            if let Some(made) = value.downcast::<CatalogClass>().and_then(|class| class.instance())
            {
                return Ok(Arg::Made(made?));
            }
            if object.is_callable() {
                return Ok(Arg::Made(Made::Function(PyFunction::shared(value.clone()))));
            }
            if object.type_name().ends_with("Path") {
                return Ok(Arg::Str(object.to_str()?));
            }
            return Err(Exception::type_error(format!(
                "a {} cannot be an argument here",
                object.type_name()
            )));
        }
    })
}

fn key_text(key: &Key) -> PyResult<String> {
    match &key.0 {
        Value::Str(text) => Ok(text.to_string()),
        Value::Int(int) => Ok(int.to_string()),
        other => {
            Err(Exception::type_error(format!("a key must be a string, not {}", other.type_name())))
        }
    }
}

/// The engine's object inside a value.
pub fn as_made(value: &Value) -> Option<Made> {
    if let Some(object) = value.downcast::<MadeObject>() {
        return Some(object.made().clone());
    }
    if let Some(layer) = value.downcast::<LayerObject>() {
        return Some(Made::Instance(layer.instance().clone()));
    }
    if let Some(model) = value.downcast::<ModelObject>() {
        return Some(Made::Instance(model.model().instance().clone()));
    }
    if let Some(part) = value.downcast::<super::own::layer::OwnPart>() {
        return Some(Made::Instance(part.0.clone()));
    }
    if let Some(part) = value.downcast::<super::own::function::MadePart>() {
        return Some(part.made());
    }
    super::own::native_part(value).and_then(|part| as_made(&part))
}

/// An argument as a value of the language.
pub fn from_arg(arg: &Arg) -> Value {
    match arg {
        Arg::None => Value::None,
        Arg::Bool(flag) => Value::Bool(*flag),
        Arg::Int(int) => Value::Int(*int),
        Arg::Float(float) => Value::Float(*float),
        Arg::Str(text) => Value::str(text),
        Arg::List(items) => Value::list(items.iter().map(from_arg).collect()),
        Arg::Map(map) => Value::dict(map.iter().map(|(name, item)| (name, from_arg(item)))),
        Arg::Made(made) => from_made(made),
    }
}

/// A config as plain values: objects in Keras' envelope.
pub fn from_config(arg: &Arg) -> Value {
    match arg {
        Arg::Made(made) => from_config(&made.to_arg()),
        Arg::List(items) => Value::list(items.iter().map(from_config).collect()),
        Arg::Map(map) => Value::dict(map.iter().map(|(name, item)| (name, from_config(item)))),
        plain => from_arg(plain),
    }
}

/// The engine's object as a value.
pub fn from_made(made: &Made) -> Value {
    if let Some(function) = made.function() {
        return super::function::value_of(function);
    }
    match made {
        Made::Instance(instance) => LayerObject::value(instance.clone()),
        Made::Layer(layer) => LayerObject::value(Rc::new(kerai_engine::layer::LayerInstance::new(
            layer.clone(),
            None,
        ))),
        made => MadeObject::value(made.clone()),
    }
}

/// The name of an element type: `"float32"`, `np.float32`, `tf.float32`.
pub fn dtype_name(value: &Value) -> Option<String> {
    match value {
        Value::Str(text) => Some(text.to_string()),
        Value::Object(_) => DType::from_value(value).ok().map(|dtype| dtype.name().to_owned()),
        _ => None,
    }
}

/// Anything that holds numbers as a tensor, element types kept (float64 of numpy too); `None`: it holds no numbers.
pub fn to_tensor(value: &Value) -> PyResult<Tensor> {
    if let Some(tensor) = value.downcast::<TensorObject>() {
        return Ok(tensor.tensor());
    }
    if let Some(variable) = value.downcast::<VariableObject>() {
        return Ok(variable.variable().read());
    }
    match value {
        // Python's numbers are weak: they take the float type of Keras.
        Value::Float(float) => Ok(Tensor::scalar(*float as f32)?),
        Value::Int(int) => Ok(match i32::try_from(*int) {
            Ok(int) => Tensor::from_vec(vec![int], &[])?,
            Err(_) => Tensor::from_vec(vec![*int], &[])?,
        }),
        Value::Bool(flag) => Ok(Tensor::from_vec(vec![u8::from(*flag)], &[])?),
        _ => {
            if let Some(stacked) = stack_tensors(value)? {
                return Ok(stacked);
            }
            let is_array = value.downcast::<Array>().is_some();
            let array = to_array(value)?;
            let tensor = from_numpy(&array)?;
            // Lists of Python floats are float32 as tensors; arrays keep what they are.
            if !is_array
                && matches!(tensor.dtype(), CandleType::F64)
                && !matches!(value, Value::Object(_))
            {
                return Ok(Tensor::new(
                    tensor.array().to_dtype(CandleType::F32).map_err(kerai_engine::Error::from)?,
                ));
            }
            if !is_array
                && matches!(tensor.dtype(), CandleType::I64)
                && !matches!(value, Value::Object(_))
            {
                return Ok(Tensor::new(
                    tensor.array().to_dtype(CandleType::I32).map_err(kerai_engine::Error::from)?,
                ));
            }
            Ok(tensor)
        }
    }
}

/// A list that holds tensors becomes one, tracked.
fn stack_tensors(value: &Value) -> PyResult<Option<Tensor>> {
    let items: Vec<Value> = match value {
        Value::List(items) => items.borrow().clone(),
        Value::Tuple(items) => items.to_vec(),
        _ => return Ok(None),
    };
    let is_tensor = |item: &Value| {
        item.downcast::<TensorObject>().is_some() || item.downcast::<VariableObject>().is_some()
    };
    if !items.iter().any(is_tensor) {
        return Ok(None);
    }
    let tensors = items.iter().map(to_tensor).collect::<PyResult<Vec<_>>>()?;
    Ok(Some(kerai_engine::ops::stack(&tensors, 0)?))
}

/// A numpy array as a tensor.
pub fn from_numpy(array: &Array) -> PyResult<Tensor> {
    let shape = array.shape().to_vec();
    let storage = array.to_storage();
    let tensor = match storage {
        Storage::Float32(values) => Tensor::from_vec(values.into_vec(), &shape),
        Storage::Float64(values) => Tensor::from_vec(values.into_vec(), &shape),
        Storage::Float16(values) => Tensor::from_vec(values.into_vec(), &shape),
        Storage::BFloat16(values) => Tensor::from_vec(values.into_vec(), &shape),
        Storage::Int64(values) => Tensor::from_vec(values.into_vec(), &shape),
        Storage::Int32(values) => Tensor::from_vec(values.into_vec(), &shape),
        Storage::UInt8(values) => Tensor::from_vec(values.into_vec(), &shape),
        Storage::UInt32(values) => Tensor::from_vec(values.into_vec(), &shape),
        Storage::Bool(values) => {
            Tensor::from_vec(values.iter().copied().map(u8::from).collect(), &shape)
        }
        Storage::Int8(values) => {
            Tensor::from_vec(values.iter().copied().map(i32::from).collect(), &shape)
        }
        Storage::Int16(values) => {
            Tensor::from_vec(values.iter().copied().map(i32::from).collect(), &shape)
        }
        Storage::UInt16(values) => {
            Tensor::from_vec(values.iter().copied().map(i32::from).collect(), &shape)
        }
        Storage::UInt64(values) => Tensor::from_vec(
            values.iter().copied().map(|v| i64::try_from(v).unwrap_or(i64::MAX)).collect(),
            &shape,
        ),
        Storage::Str(_) | Storage::Object(_) => {
            return Err(Exception::value_error("text and objects cannot become a tensor")
                .with_received(format!("an array of dtype {}", array.dtype().name()))
                .with_expected("numbers")
                .with_hint(
                    "turn names into numbers first, e.g. np.unique(labels, return_inverse=True)",
                ));
        }
    };
    Ok(tensor?)
}

/// A tensor as a numpy array, copied.
pub fn to_numpy(tensor: &Tensor, is_bool: bool) -> PyResult<Array> {
    let shape = tensor.shape().to_vec();
    let array = tensor.array().force_contiguous().map_err(kerai_engine::Error::from)?;
    let array = array.to_device(&Device::Cpu).map_err(kerai_engine::Error::from)?;
    let (storage, layout) = array.storage_and_layout();
    let span = layout.start_offset()..layout.start_offset() + layout.shape().elem_count();
    let CandleStorage::Cpu(storage) = &*storage else {
        return Err(Exception::new("RuntimeError", "the tensor could not be brought to the CPU"));
    };
    let storage = match storage {
        CpuStorage::F32(values) => Storage::Float32(values[span].to_vec().into()),
        CpuStorage::F64(values) => Storage::Float64(values[span].to_vec().into()),
        CpuStorage::F16(values) => Storage::Float16(values[span].to_vec().into()),
        CpuStorage::BF16(values) => Storage::BFloat16(values[span].to_vec().into()),
        CpuStorage::I64(values) => Storage::Int64(values[span].to_vec().into()),
        CpuStorage::I32(values) => Storage::Int32(values[span].to_vec().into()),
        CpuStorage::I16(values) => Storage::Int16(values[span].to_vec().into()),
        CpuStorage::U32(values) => Storage::UInt32(values[span].to_vec().into()),
        CpuStorage::U8(values) if is_bool => {
            Storage::Bool(values[span].iter().map(|v| *v != 0).collect())
        }
        CpuStorage::U8(values) => Storage::UInt8(values[span].to_vec().into()),
        _ => {
            return Err(Exception::type_error(format!(
                "a tensor of {:?} has no numpy form",
                tensor.dtype()
            )));
        }
    };
    Ok(Array::from_storage(&shape, storage))
}

/// Any value that numpy understands as an array; tensors and variables too.
pub fn to_array(value: &Value) -> PyResult<Array> {
    if let Some(array) = value.downcast::<Array>() {
        return Ok((*array).clone());
    }
    if let Some(tensor) = value.downcast::<TensorObject>() {
        return tensor.to_numpy();
    }
    if let Some(variable) = value.downcast::<VariableObject>() {
        return to_numpy(&Tensor::new(variable.variable().array()), false);
    }
    Array::from_value(value, None)
}

/// The tensor of numpy's name of an element type.
pub fn candle_dtype(name: &str) -> PyResult<CandleType> {
    Ok(kerai_engine::layers::input_layer::parse_dtype(&Arg::str(name))?)
}
