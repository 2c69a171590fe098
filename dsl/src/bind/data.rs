//! What programs give to fit, evaluate and predict, as batches: arrays, lists, dicts, datasets, generators, PyDatasets.

use super::convert::{from_numpy, to_array, to_tensor};
use super::errors::to_engine;
use super::tensor::TensorObject;
use crate::modules::numpy::storage::Storage;
use crate::modules::numpy::{Array, DType};
use crate::runtime::object::Items;
use crate::runtime::{Arguments, Exception, Key, PyResult, Value, attributes, iterate};
use kerai_engine::data::{Arrays, Batch, Batches, Choice, Rows, Samples, gather, gather_as_f32};
use kerai_engine::model::Model;
use kerai_engine::{Error, Result, Tensor};
use std::rc::Rc;

/// A numpy array whose rows are copied into batches.
struct ArrayRows(Array);

impl Rows for ArrayRows {
    fn shape(&self) -> Vec<usize> {
        self.0.shape().to_vec()
    }

    fn take(&self, rows: Choice<'_>) -> Result<Tensor> {
        let array = &self.0;
        let mut shape = array.shape().to_vec();
        let width: usize = shape[1..].iter().product();
        let count = match rows {
            Choice::Span(start, end) => end - start,
            Choice::List(rows) => rows.len(),
        };
        shape[0] = count;
        let storage = array.storage.borrow();
        let offset = array.offset;
        /// Copies rows, converting each element.
        fn converted<T: Copy, U>(
            values: &[T],
            width: usize,
            rows: Choice<'_>,
            convert: impl Fn(T) -> U,
        ) -> Vec<U> {
            gather(values, width, rows).into_iter().map(convert).collect()
        }
        match &*storage {
            Storage::Float32(values) => {
                Tensor::from_vec(gather(&values[offset..], width, rows), &shape)
            }
            Storage::Float64(values) => {
                Tensor::from_vec(gather_as_f32(&values[offset..], width, rows), &shape)
            }
            Storage::Int64(values) => {
                Tensor::from_vec(gather(&values[offset..], width, rows), &shape)
            }
            Storage::Int32(values) => {
                Tensor::from_vec(gather(&values[offset..], width, rows), &shape)
            }
            Storage::UInt8(values) => {
                Tensor::from_vec(gather(&values[offset..], width, rows), &shape)
            }
            Storage::UInt32(values) => {
                Tensor::from_vec(gather(&values[offset..], width, rows), &shape)
            }
            Storage::Bool(values) => {
                Tensor::from_vec(converted(&values[offset..], width, rows, u8::from), &shape)
            }
            Storage::Int8(values) => {
                Tensor::from_vec(converted(&values[offset..], width, rows, i32::from), &shape)
            }
            Storage::Int16(values) => {
                Tensor::from_vec(converted(&values[offset..], width, rows, i32::from), &shape)
            }
            Storage::UInt16(values) => {
                Tensor::from_vec(converted(&values[offset..], width, rows, i32::from), &shape)
            }
            Storage::Float16(values) => {
                Tensor::from_vec(converted(&values[offset..], width, rows, |v| v.to_f32()), &shape)
            }
            _ => Err(Error::type_error("text and objects cannot be trained on")
                .received(format!("dtype {}", array.dtype().name()))),
        }
    }
}

/// Rows of whatever holds numbers.
fn rows(value: &Value) -> PyResult<Rc<dyn Rows>> {
    if let Some(tensor) = value.downcast::<TensorObject>() {
        return Ok(Rc::new(tensor.tensor().detach()));
    }
    let array = to_array(value)?;
    if array.ndim() == 0 {
        return Err(Exception::value_error("the data must have one row per sample")
            .with_received(format!("a single {}", value.type_name())));
    }
    if matches!(array.dtype(), DType::Str | DType::Object) {
        from_numpy(&array)?;
    }
    Ok(Rc::new(ArrayRows(array.contiguous())))
}

/// Whether a list holds one array per input, rather than the rows of one array.
fn is_list_of_arrays(items: &[Value]) -> bool {
    let is_array = |item: &Value| {
        item.downcast::<Array>().is_some_and(|array| array.ndim() > 0)
            || item
                .downcast::<TensorObject>()
                .is_some_and(|tensor| !tensor.tensor().shape().is_empty())
    };
    !items.is_empty() && items.iter().all(is_array)
}

/// The parts of x, y or sample_weight, in the order of the model's names.
pub fn parts(value: &Value, names: &[String], what: &str) -> PyResult<Vec<Value>> {
    match value {
        Value::None => Ok(Vec::new()),
        Value::Dict(entries) => {
            let entries = entries.borrow();
            if names.is_empty() {
                return Ok(entries.values().cloned().collect());
            }
            for key in entries.keys() {
                if let Value::Str(name) = &key.0
                    && !names.iter().any(|known| **known == **name)
                {
                    return Err(Exception::value_error(format!(
                        "{what} names {name:?}, which the model does not have"
                    ))
                    .with_received(format!("{name:?}"))
                    .with_expected(names.join(", ")));
                }
            }
            let find = |name: &String| {
                entries.get(&Key(Value::str(name))).cloned().ok_or_else(|| {
                    Exception::value_error(format!("{what} lacks {name:?}"))
                        .with_expected(names.join(", "))
                })
            };
            names.iter().map(find).collect()
        }
        Value::List(items)
            if is_list_of_arrays(&items.borrow())
                && (names.len() != 1 || items.borrow().len() == 1) =>
        {
            Ok(items.borrow().clone())
        }
        Value::Tuple(items)
            if is_list_of_arrays(items) && (names.len() != 1 || items.len() == 1) =>
        {
            Ok(items.to_vec())
        }
        Value::List(items) if names.len() > 1 && items.borrow().len() == names.len() => {
            Ok(items.borrow().clone())
        }
        one => Ok(vec![one.clone()]),
    }
}

/// Arrays in memory as samples.
pub fn samples(
    model: &Model,
    x: &Value,
    y: &Value,
    weights: &Value,
    class_weight: &Value,
) -> PyResult<Samples> {
    let inputs = model.input_names();
    let x = parts(x, &inputs, "x")?;
    let outputs = model.output_names(1);
    let y = parts(y, &outputs, "y")?;
    let mut samples = Samples {
        x: x.iter().map(rows).collect::<PyResult<_>>()?,
        y: y.iter().map(rows).collect::<PyResult<_>>()?,
        weights: Vec::new(),
    };
    if !weights.is_none() {
        let weights = parts(weights, &outputs, "sample_weight")?;
        samples.weights = weights
            .iter()
            .map(|one| if one.is_none() { Ok(None) } else { rows(one).map(Some) })
            .collect::<PyResult<_>>()?;
    }
    if !class_weight.is_none() {
        if !samples.weights.is_empty() {
            return Err(Exception::value_error(
                "class_weight and sample_weight cannot be given together",
            )
            .with_hint("multiply them into one sample_weight array"));
        }
        let [targets] = &y[..] else {
            return Err(Exception::value_error("class_weight is for models with one output")
                .with_received(format!("{} targets", y.len())));
        };
        samples.weights = vec![Some(Rc::new(class_weights(targets, class_weight)?))];
    }
    Ok(samples)
}

/// One weight per sample from the weights of the classes; classes that are not named count 1.
fn class_weights(targets: &Value, class_weight: &Value) -> PyResult<Tensor> {
    let Value::Dict(entries) = class_weight else {
        return Err(class_weight.wrong_type("class_weight", "a dict from class to weight"));
    };
    let entries = entries.borrow();
    let array = to_array(targets)?;
    let values = array.to_f64_vec();
    let samples = array.shape().first().copied().unwrap_or(0);
    let width = values.len().checked_div(samples).unwrap_or(1).max(1);
    let class_of = |row: &[f64]| -> i64 {
        if row.len() == 1 {
            return row[0].round() as i64;
        }
        let best = row
            .iter()
            .enumerate()
            .fold((0, f64::NEG_INFINITY), |best, (i, v)| if *v > best.1 { (i, *v) } else { best });
        i64::try_from(best.0).unwrap_or(0)
    };
    let mut weights = Vec::with_capacity(samples);
    for row in values.chunks(width) {
        let weight = match entries.get(&Key(Value::Int(class_of(row)))) {
            Some(weight) => weight.as_float("a class weight")?,
            None => 1.0,
        };
        weights.push(weight as f32);
    }
    Ok(Tensor::from_vec(weights, &[samples])?)
}

/// Whether a value gives batches by itself, so that y and batch_size are not for it.
pub fn gives_batches(value: &Value) -> bool {
    let Value::Object(object) = value else { return false };
    if value.downcast::<Array>().is_some()
        || value.downcast::<TensorObject>().is_some()
        || object.as_scalar().is_some()
    {
        return false;
    }
    object.iterate(value).is_some() || attributes::get(value, "__getitem__").is_ok()
}

/// Batches from a dataset, a generator or a PyDataset.
pub struct Iterated {
    source: Value,
    items: Option<Items>,
    names: (Vec<String>, Vec<String>),
    /// Whether the source can be gone through only once.
    once: bool,
    length: Option<usize>,
    position: usize,
}

impl Iterated {
    /// Wraps a source.
    pub fn new(model: &Model, source: Value) -> PyResult<Self> {
        let has = |name: &str| attributes::get(&source, name).is_ok();
        let indexed = has("__getitem__") && has("__len__") && !has("element_spec");
        let length = match attributes::call_method(&source, "__len__", Arguments::default()) {
            Ok(length) => usize::try_from(length.as_int("len()")?).ok(),
            Err(_) => None,
        };
        let once = has("__next__") && !indexed;
        Ok(Iterated {
            source,
            items: None,
            names: (model.input_names(), model.output_names(1)),
            once,
            length,
            position: 0,
        })
    }

    fn is_indexed(&self) -> bool {
        self.length.is_some()
            && attributes::get(&self.source, "element_spec").is_err()
            && attributes::get(&self.source, "__getitem__").is_ok()
    }

    fn next_value(&mut self) -> PyResult<Option<Value>> {
        if self.is_indexed() {
            let Some(length) = self.length.filter(|length| self.position < *length) else {
                return Ok(None);
            };
            let _ = length;
            let index = Value::Int(i64::try_from(self.position).unwrap_or(i64::MAX));
            self.position += 1;
            return attributes::item(&self.source, &index).map(Some);
        }
        match &mut self.items {
            Some(items) => items(),
            None => Ok(None),
        }
    }

    fn to_batch(&self, value: &Value) -> PyResult<Batch> {
        let parts_of = |value: &Value, names: &[String], what: &str| -> PyResult<Vec<Tensor>> {
            parts(value, names, what)?.iter().map(|part| Ok(to_tensor(part)?.detach())).collect()
        };
        let (x, y, weights) = match value {
            Value::Tuple(items) => match &**items {
                [x] => (x.clone(), Value::None, Value::None),
                [x, y] => (x.clone(), y.clone(), Value::None),
                [x, y, weights] => (x.clone(), y.clone(), weights.clone()),
                _ => {
                    return Err(Exception::value_error(
                        "a batch is (x,), (x, y) or (x, y, sample_weight)",
                    )
                    .with_received(format!("{} parts", items.len())));
                }
            },
            Value::List(items) if items.borrow().len() == 2 => {
                (items.borrow()[0].clone(), items.borrow()[1].clone(), Value::None)
            }
            one => (one.clone(), Value::None, Value::None),
        };
        let weights =
            parts_of(&weights, &self.names.1, "sample_weight")?.into_iter().map(Some).collect();
        Ok(Batch {
            x: parts_of(&x, &self.names.0, "x")?,
            y: parts_of(&y, &self.names.1, "y")?,
            weights,
        })
    }
}

impl Batches for Iterated {
    fn steps(&self) -> Option<usize> {
        self.length
    }

    fn start_epoch(&mut self) -> Result<()> {
        self.position = 0;
        if self.is_indexed() || (self.once && self.items.is_some()) {
            return Ok(());
        }
        self.items = Some(to_engine(iterate::items(&self.source))?);
        Ok(())
    }

    fn next(&mut self) -> Result<Option<Batch>> {
        let value = to_engine(self.next_value())?;
        match value {
            Some(value) => to_engine(self.to_batch(&value)).map(Some),
            None => {
                if self.is_indexed() && attributes::get(&self.source, "on_epoch_end").is_ok() {
                    to_engine(attributes::call_method(
                        &self.source,
                        "on_epoch_end",
                        Arguments::default(),
                    ))?;
                }
                Ok(None)
            }
        }
    }
}

/// The batches for x (and y).
pub fn batches(
    model: &Model,
    x: &Value,
    y: &Value,
    weights: &Value,
    class_weight: &Value,
    batch_size: Option<usize>,
    shuffle: bool,
) -> PyResult<Box<dyn Batches>> {
    if gives_batches(x) {
        if !y.is_none() {
            return Err(Exception::value_error(
                "y must not be given when x gives batches: they hold the targets",
            )
            .with_received(format!("x is a {}", x.type_name())));
        }
        return Ok(Box::new(Iterated::new(model, x.clone())?));
    }
    Ok(Box::new(arrays(model, x, y, weights, class_weight, batch_size, shuffle)?))
}

/// Arrays in memory, batched.
pub fn arrays(
    model: &Model,
    x: &Value,
    y: &Value,
    weights: &Value,
    class_weight: &Value,
    batch_size: Option<usize>,
    shuffle: bool,
) -> PyResult<Arrays> {
    Ok(Arrays::new(
        samples(model, x, y, weights, class_weight)?,
        batch_size.unwrap_or(32),
        shuffle,
    )?)
}
