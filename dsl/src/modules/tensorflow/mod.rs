//! `tensorflow`: `tf.keras`, GradientTape, Variable, constants, and the operations by TensorFlow's names.

use super::Module;
use crate::bind::convert::{candle_dtype, dtype_name, to_tensor};
use crate::bind::tape::TapeObject;
use crate::bind::tensor::{TensorObject, make_variable};
use crate::runtime::{Native, PyResult, Value, operators};
use kerai_engine::Tensor;

/// The module.
pub(super) fn module() -> Module {
    Module::new("tensorflow", "TensorFlow's names over kerai's engine.")
        .with("__version__", Value::str("2.20.0"))
        .lazy("keras", || super::import("keras"))
        .function("GradientTape", "persistent=False, watch_accessed_variables=True", "Records operations, to differentiate them.", |values| {
            let [persistent, watch] = &values[..] else { return Ok(Value::None) };
            TapeObject::make(persistent, watch)
        })
        .function(
            "Variable",
            "initial_value, trainable=True, validate_shape=True, caching_device=None, name=None, variable_def=None, dtype=None, **kwargs",
            "A value that changes: v.assign(...).",
            |values| {
                let [value, trainable, _, _, name, _, dtype, ..] = &values[..] else { return Ok(Value::None) };
                make_variable(value, operators::truth(trainable)?, crate::bind::model::optional_name(name)?, dtype)
            },
        )
        .function("constant", "value, dtype=None, shape=None, name=None", "A tensor.", |values| constant(&values))
        .function("convert_to_tensor", "value, dtype=None, dtype_hint=None, name=None", "A tensor.", |values| constant(&values))
        .function(
            "function",
            "func=None, input_signature=None, autograph=True, jit_compile=None, reduce_retracing=False, **kwargs",
            "TensorFlow compiles what this decorates; here everything is fast already, so it gives the function itself.",
            |values| match values.first() {
                Some(Value::None) | None => Ok(Native::value("function", "func", "", |mut values| Ok(values.pop().unwrap_or(Value::None)))),
                Some(function) => Ok(function.clone()),
            },
        )
        .submodule("data", super::tensorflow_data::module)
        .submodule("random", random)
        .submodule("math", || super::keras_ops::named("tensorflow.math"))
        .submodule("nn", || super::keras_ops::named("tensorflow.nn"))
        .submodule("linalg", || super::keras_ops::named("tensorflow.linalg"))
        .submodule("config", config)
        .with("float32", Value::str("float32"))
        .with("float64", Value::str("float64"))
        .with("float16", Value::str("float16"))
        .with("int32", Value::str("int32"))
        .with("int64", Value::str("int64"))
        .with("uint8", Value::str("uint8"))
        .with("bool", Value::str("bool"))
        .with("string", Value::str("string"))
        .dynamic(super::keras_ops::find_tensorflow, super::keras_ops::names)
}

fn constant(values: &[Value]) -> PyResult<Value> {
    let (value, dtype) =
        (values.first().unwrap_or(&Value::None), values.get(1).unwrap_or(&Value::None));
    if matches!(value, Value::Str(_)) {
        return Ok(value.clone());
    }
    let is_bool = matches!(value, Value::Bool(_))
        || value.downcast::<TensorObject>().is_some_and(|tensor| tensor.is_bool());
    let mut tensor = to_tensor(value)?;
    if let Some(name) = dtype_name(dtype).filter(|_| !dtype.is_none()) {
        tensor = Tensor::new(
            tensor.array().to_dtype(candle_dtype(&name)?).map_err(kerai_engine::Error::from)?,
        );
    }
    Ok(if is_bool { TensorObject::of_bool(tensor) } else { TensorObject::value(tensor) })
}

fn random() -> Module {
    super::keras::random().function("set_global_seed", "seed", "As set_seed.", |values| {
        kerai_engine::random::set_seed(
            values.first().map_or(Ok(0), |seed| seed.as_int("seed"))?.unsigned_abs(),
        );
        Ok(Value::None)
    })
}

fn config() -> Module {
    Module::new("tensorflow.config", "Devices.")
        .function(
            "list_physical_devices",
            "device_type=None",
            "The devices: no GPU in this build.",
            |values| match values.first() {
                Some(Value::Str(kind)) if &**kind == "GPU" => Ok(Value::list(Vec::new())),
                _ => Ok(Value::list(vec![Value::str(
                    "PhysicalDevice(name='/physical_device:CPU:0', device_type='CPU')",
                )])),
            },
        )
        .function("run_functions_eagerly", "run_eagerly", "Everything runs eagerly here.", |_| {
            Ok(Value::None)
        })
}
