//! What programs give to fit, evaluate and predict, as batches: arrays, lists, dicts, datasets, generators, PyDatasets.

use super::convert::{from_numpy, to_array, to_tensor};
use super::errors::to_engine;
use super::tensor::TensorObject;
use crate::modules::numpy::storage::{Shared, Storage};
use crate::modules::numpy::{Array, DType};
use crate::runtime::object::Items;
use crate::runtime::{Arguments, Exception, Key, PyResult, Value, attributes, iterate};
use half::{bf16, f16};
use kerai_engine::candle::{Device, Tensor as CandleArray, WithDType};
use kerai_engine::data::{
    Arrays, Batch, Batches, Choice, Rows, Samples, Snapshot, gather, gather_as, gather_as_f32,
};
use kerai_engine::model::Model;
use kerai_engine::{Error, Result, Tensor};
use std::rc::Rc;
use std::sync::Arc;

/// A numpy array whose rows are copied into batches.
struct ArrayRows {
    array: Array,
    /// If its elements do not simply stand one after the other.
    view: Option<Arc<View>>,
}

/// Where the elements of a view stand.
struct View {
    /// From row to row.
    step: isize,
    /// From the first element of a row to each.
    places: Vec<isize>,
}

impl ArrayRows {
    fn new(array: Array) -> Self {
        let view = (!array.is_contiguous()).then(|| {
            let mut places = vec![0];
            for (&count, &stride) in array.shape().iter().zip(array.strides.iter()).skip(1) {
                let along = |place| (0..count as isize).map(move |i| place + i * stride);
                places = places.into_iter().flat_map(along).collect();
            }
            Arc::new(View { step: array.strides[0], places })
        });
        ArrayRows { array, view }
    }
}

impl View {
    fn gather<T: Copy>(&self, values: &[T], offset: usize, rows: Choice<'_>) -> Vec<T> {
        let mut taken = Vec::with_capacity(rows.count() * self.places.len());
        let mut take = |row: usize| {
            let first = offset as isize + row as isize * self.step;
            taken.extend(self.places.iter().map(|place| values[(first + place) as usize]));
        };
        match rows {
            Choice::Span(start, end) => (start..end).for_each(&mut take),
            Choice::List(rows) => rows.iter().copied().for_each(&mut take),
        }
        taken
    }
}

impl Rows for ArrayRows {
    fn shape(&self) -> Vec<usize> {
        self.array.shape().to_vec()
    }

    fn snapshot(&self) -> Result<Arc<dyn Snapshot>> {
        let array = &self.array;
        let (shape, offset, view) = (array.shape().to_vec(), array.offset, self.view.clone());
        macro_rules! by_type {
            ($($name:ident: $convert:expr),* $(,)?) => {
                match &*array.storage.borrow() {
                    $(Storage::$name(values) => {
                        let values = values.clone();
                        Ok(Arc::new(Elements { values, offset, view, shape, convert: $convert }))
                    })*
                    _ => Err(Error::type_error("text and objects cannot be trained on")
                        .received(format!("dtype {}", array.dtype().name()))),
                }
            };
        }
        by_type!(
            Float32: gather, Float64: gather_as_f32, Int64: gather, Int32: gather,
            UInt8: gather, UInt32: gather, Bool: gather_as::<bool, u8>, Int8: gather_as::<i8, i32>,
            Int16: gather_as::<i16, i32>, UInt16: gather_as::<u16, i32>, Float16: gather_as::<f16, f32>,
            BFloat16: gather_as::<bf16, f32>,
            UInt64: |values: &[u64], width, rows| {
                let signed = |value| i64::try_from(value).unwrap_or(i64::MAX);
                gather(values, width, rows).into_iter().map(signed).collect()
            },
        )
    }
}

/// The elements of an array at some moment, and how rows of them become those of a tensor.
struct Elements<T, U> {
    values: Shared<T>,
    offset: usize,
    view: Option<Arc<View>>,
    shape: Vec<usize>,
    convert: fn(&[T], usize, Choice<'_>) -> Vec<U>,
}

impl<T: Copy + Send + Sync, U: WithDType> Snapshot for Elements<T, U> {
    fn take(&self, rows: Choice<'_>) -> Result<CandleArray> {
        let mut shape = self.shape.clone();
        let width: usize = shape[1..].iter().product();
        shape[0] = rows.count();
        let taken = match &self.view {
            None => (self.convert)(&self.values[self.offset..], width, rows),
            Some(view) => {
                let all = Choice::Span(0, rows.count());
                (self.convert)(&view.gather(&self.values, self.offset, rows), width, all)
            }
        };
        Ok(CandleArray::from_vec(taken, shape, &Device::Cpu)?)
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
    Ok(Rc::new(ArrayRows::new(array)))
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
