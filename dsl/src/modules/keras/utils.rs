//! `keras.utils`, `keras.random`, `keras.config`, `keras.backend`.

use crate::bind::convert::{candle_dtype, dtype_name, to_array};
use crate::bind::layer::sizes;
use crate::bind::made::number;
use crate::bind::tensor::TensorObject;
use crate::modules::Module;
use crate::modules::numpy::Array;
use crate::runtime::{Exception, Native, PyResult, Value};
use kerai_engine::memory;
use kerai_engine::random::{self, Random};
use kerai_engine::{Tensor, layer};

/// `keras.utils`
pub(super) fn module() -> Module {
    Module::new("keras.utils", "Utilities.")
        .function(
            "set_random_seed",
            "seed",
            "Everything drawn afterwards is a function of this number.",
            |values| {
                let seed = values.first().map_or(Ok(0), |seed| seed.as_int("seed"))?;
                random::set_seed(seed.unsigned_abs());
                for (module, function) in [("random", "seed"), ("numpy", "random.seed")] {
                    let mut value = crate::modules::import(module)?;
                    for part in function.split('.') {
                        value = crate::runtime::attributes::get(&value, part)?;
                    }
                    crate::runtime::context::call(
                        &value,
                        crate::runtime::Arguments::positional(vec![Value::Int(seed)]),
                    )?;
                }
                Ok(Value::None)
            },
        )
        .function(
            "to_categorical",
            "x, num_classes=None",
            "Class numbers as one-hot rows.",
            |values| {
                let [x, classes] = &values[..] else { return Ok(Value::None) };
                to_categorical(x, classes)
            },
        )
        .function("normalize", "x, axis=-1, order=2", "Rows of length one.", |values| {
            let [x, axis, order] = &values[..] else { return Ok(Value::None) };
            if axis.as_int("axis")? != -1 || order.as_int("order")? != 2 {
                return Err(Exception::not_supported(
                    "utils.normalize knows axis=-1 and order=2",
                    "np.linalg.norm(x, ord, axis)",
                ));
            }
            let array = to_array(x)?;
            let width = array.shape().last().copied().unwrap_or(1).max(1);
            let mut values = array.to_f64_vec();
            for row in values.chunks_mut(width) {
                let length = row.iter().map(|v| v * v).sum::<f64>().sqrt();
                let length = if length == 0.0 { 1.0 } else { length };
                row.iter_mut().for_each(|v| *v /= length);
            }
            Ok(Value::object(Array::from_f64(array.shape(), values)))
        })
        .with("pad_sequences", pad_sequences())
        .lazy("plot_model", || {
            Ok(Native::value("plot_model", "model, *args, **kwargs", "", |_| {
                Err(Exception::not_supported(
                    "plot_model is not in kerai yet",
                    "model.summary() lists the layers",
                ))
            }))
        })
        .with("clear_session", clear_session())
}

fn to_categorical(x: &Value, classes: &Value) -> PyResult<Value> {
    let array = to_array(x)?;
    let labels = array.to_i64_vec();
    let mut shape = array.shape().to_vec();
    if shape.len() > 1 && shape.last() == Some(&1) {
        shape.pop();
    }
    let most = labels.iter().copied().max().unwrap_or(-1);
    let count = match classes {
        Value::None => most + 1,
        classes => classes.as_int("num_classes")?,
    };
    if let Some((position, label)) =
        labels.iter().enumerate().find(|(_, label)| **label < 0 || **label >= count)
    {
        return Err(Exception::value_error("to_categorical: a label lies outside the classes")
            .with_received(format!("label {label} at position {position}"))
            .with_expected(format!("0 to {}", count - 1)));
    }
    let count = usize::try_from(count).unwrap_or(0);
    let room = memory::room_for(&[labels.len(), count], size_of::<f64>())?;
    let mut values = vec![0.0; room];
    for (row, label) in labels.iter().enumerate() {
        values[row * count + usize::try_from(*label).unwrap_or(0)] = 1.0;
    }
    shape.push(count);
    Ok(Value::object(Array::from_f64(&shape, values)))
}

fn clear_session() -> Value {
    Native::value("clear_session", "free_memory=True", "Starts automatic names anew.", |_| {
        layer::reset_names();
        Ok(Value::None)
    })
}

fn draw(shape: &Value, seed: &Value, fill: impl Fn(&mut Random, &mut [f32])) -> PyResult<Value> {
    let shape = sizes(shape, "shape")?;
    let mut stream = match seed {
        Value::Int(seed) => Random::new(seed.unsigned_abs(), 0),
        _ => random::next_stream(),
    };
    let mut values = vec![0.0; memory::room_for(&shape, size_of::<f32>())?];
    fill(&mut stream, &mut values);
    Ok(TensorObject::value(Tensor::from_vec(values, &shape)?))
}

/// `keras.random`; `tf.random` shares it.
pub(crate) fn random() -> Module {
    Module::new(
        "keras.random",
        "Random tensors; the same seed gives the same bits on every machine.",
    )
    .function(
        "normal",
        "shape, mean=0.0, stddev=1.0, dtype=None, seed=None",
        "Normally distributed values.",
        |values| {
            let [shape, mean, deviation, _, seed] = &values[..] else { return Ok(Value::None) };
            let (mean, deviation) = (number(mean)? as f32, number(deviation)? as f32);
            draw(shape, seed, |stream, values| {
                stream.fill_normal(values);
                values.iter_mut().for_each(|v| *v = *v * deviation + mean);
            })
        },
    )
    .function(
        "truncated_normal",
        "shape, mean=0.0, stddev=1.0, dtype=None, seed=None",
        "Normals cut at two deviations.",
        |values| {
            let [shape, mean, deviation, _, seed] = &values[..] else { return Ok(Value::None) };
            let (mean, deviation) = (number(mean)? as f32, number(deviation)? as f32);
            draw(shape, seed, |stream, values| {
                stream.fill_truncated_normal(values);
                values.iter_mut().for_each(|v| *v = *v * deviation + mean);
            })
        },
    )
    .function(
        "uniform",
        "shape, minval=0.0, maxval=1.0, dtype=None, seed=None",
        "Uniform values.",
        |values| {
            let [shape, low, high, _, seed] = &values[..] else { return Ok(Value::None) };
            let (low, high) = (number(low)? as f32, number(high)? as f32);
            draw(shape, seed, |stream, values| {
                stream.fill_uniform(values);
                values.iter_mut().for_each(|v| *v = *v * (high - low) + low);
            })
        },
    )
    .function(
        "randint",
        "shape, minval, maxval, dtype='int32', seed=None",
        "Uniform integers.",
        |values| {
            let [shape, low, high, dtype, seed] = &values[..] else { return Ok(Value::None) };
            let shape = sizes(shape, "shape")?;
            let (low, high) = (low.as_int("minval")?, high.as_int("maxval")?);
            if high <= low {
                return Err(Exception::value_error("maxval must be greater than minval")
                    .with_received(format!("{low} and {high}")));
            }
            let mut stream = match seed {
                Value::Int(seed) => Random::new(seed.unsigned_abs(), 0),
                _ => random::next_stream(),
            };
            let count = memory::room_for(&shape, 2 * size_of::<i64>())?;
            let span = u64::try_from(high - low).unwrap_or(1);
            let drawn: Vec<i64> =
                (0..count).map(|_| low + i64::try_from(stream.below(span)).unwrap_or(0)).collect();
            let tensor = Tensor::from_vec(drawn, &shape)?;
            let dtype = candle_dtype(&dtype_name(dtype).unwrap_or_else(|| "int32".to_owned()))?;
            Ok(TensorObject::value(Tensor::new(
                tensor.array().to_dtype(dtype).map_err(kerai_engine::Error::from)?,
            )))
        },
    )
    .function(
        "set_seed",
        "seed",
        "Everything drawn afterwards is a function of this number.",
        |values| {
            random::set_seed(
                values.first().map_or(Ok(0), |seed| seed.as_int("seed"))?.unsigned_abs(),
            );
            Ok(Value::None)
        },
    )
    .function("SeedGenerator", "seed=None, name=None", "A source of seeds.", |values| {
        Ok(values.into_iter().next().unwrap_or(Value::None))
    })
}

/// `keras.config`
pub(super) fn config() -> Module {
    Module::new("keras.config", "Settings.")
        .function("backend", "", "What computes.", |_| Ok(Value::str("kerai")))
        .function("floatx", "", "The float type.", |_| Ok(Value::str("float32")))
        .function("epsilon", "", "The small number that losses and metrics add.", |_| {
            Ok(Value::Float(1e-7))
        })
        .function("image_data_format", "", "Where the channels stand.", |_| {
            Ok(Value::str("channels_last"))
        })
        .function("disable_traceback_filtering", "", "", |_| Ok(Value::None))
        .function("enable_traceback_filtering", "", "", |_| Ok(Value::None))
        .function("set_floatx", "value", "", |values| match values.first() {
            Some(Value::Str(name)) if &**name == "float32" => Ok(Value::None),
            _ => Err(Exception::not_supported("layers compute in float32", "leave set_floatx out")),
        })
}

/// `keras.backend`
pub(super) fn backend() -> Module {
    Module::new("keras.backend", "What computes.")
        .function("backend", "", "What computes.", |_| Ok(Value::str("kerai")))
        .function("floatx", "", "The float type.", |_| Ok(Value::str("float32")))
        .function("epsilon", "", "The small number that losses and metrics add.", |_| {
            Ok(Value::Float(1e-7))
        })
        .function("image_data_format", "", "Where the channels stand.", |_| {
            Ok(Value::str("channels_last"))
        })
        .with("clear_session", clear_session())
}

/// `keras.preprocessing`
pub(super) fn preprocessing() -> Module {
    Module::new("keras.preprocessing", "Preparing data.").submodule("sequence", || {
        Module::new("keras.preprocessing.sequence", "Sequences.")
            .with("pad_sequences", pad_sequences())
    })
}

fn pad_sequences() -> Value {
    Native::value(
        "pad_sequences",
        "sequences, maxlen=None, dtype='int32', padding='pre', truncating='pre', value=0.0",
        "Sequences of different lengths as one array.",
        |values| {
            let [sequences, most, dtype, padding, truncating, value] = &values[..] else {
                return Ok(Value::None);
            };
            let mut rows = Vec::new();
            for sequence in crate::runtime::iterate::collect(sequences)? {
                rows.push(to_array(&sequence)?.to_f64_vec());
            }
            let width = match most {
                Value::None => rows.iter().map(Vec::len).max().unwrap_or(0),
                most => usize::try_from(most.as_int("maxlen")?).unwrap_or(0),
            };
            let fill = value.as_float("value")?;
            let before = &*padding.as_str("padding")? == "pre";
            let cut_before = &*truncating.as_str("truncating")? == "pre";
            let mut padded = Vec::with_capacity(rows.len() * width);
            for row in &rows {
                let excess = row.len().saturating_sub(width);
                let kept = if cut_before { &row[excess..] } else { &row[..row.len() - excess] };
                let missing = std::iter::repeat_n(fill, width - kept.len());
                if before {
                    padded.extend(missing);
                    padded.extend_from_slice(kept);
                } else {
                    padded.extend_from_slice(kept);
                    padded.extend(missing);
                }
            }
            let array = Array::from_f64(&[rows.len(), width], padded);
            let dtype = crate::modules::numpy::DType::from_value(dtype)?;
            Ok(Value::object(array.cast(dtype)?))
        },
    )
}
