//! `tf.data`: pipelines of elements, lazily: every pass through a dataset makes its elements anew.

use super::Module;
use crate::bind::convert::to_tensor;
use crate::bind::made::{method, with_parameters};
use crate::bind::tensor::TensorObject;
use crate::runtime::object::Items;
use crate::runtime::{
    Arguments, Exception, Key, Native, Object, PyResult, Value, context, iterate, operators,
};
use kerai_engine::Tensor;
use kerai_engine::candle::Tensor as Array;
use kerai_engine::random::{self, Random};
use std::cell::RefCell;
use std::rc::Rc;

/// The module.
pub(super) fn module() -> Module {
    Module::new("tensorflow.data", "Input pipelines.")
        .with("Dataset", Value::object(DatasetClass))
        .with("AUTOTUNE", Value::Int(-1))
        .submodule("experimental", || {
            Module::new("tensorflow.data.experimental", "").with("AUTOTUNE", Value::Int(-1))
        })
}

/// `tf.data.Dataset`: the class, for its constructors.
struct DatasetClass;

impl Object for DatasetClass {
    fn type_name(&self) -> String {
        "type".to_owned()
    }

    fn repr(&self) -> PyResult<String> {
        Ok("<class 'tensorflow.data.Dataset'>".to_owned())
    }

    fn bases(&self) -> Option<Vec<Value>> {
        Some(Vec::new())
    }

    fn instance_check(&self, _this: &Value, value: &Value) -> Option<PyResult<bool>> {
        Some(Ok(value.downcast::<Dataset>().is_some()))
    }

    fn attribute(&self, _this: &Value, name: &str) -> PyResult<Option<Value>> {
        Ok(Some(match name {
            "from_tensor_slices" => Native::value(
                "from_tensor_slices",
                "tensors, name=None",
                "One element per row.",
                |values| {
                    let columns = to_tensors(&values[0])?;
                    let mut sizes = Vec::new();
                    leaves(&columns, &mut |tensor| sizes.push(tensor.shape().first().copied()));
                    let Some(Some(rows)) = sizes.first().copied() else {
                        return Err(Exception::value_error(
                            "from_tensor_slices needs arrays with rows",
                        ));
                    };
                    if sizes.iter().any(|size| *size != Some(rows)) {
                        return Err(Exception::value_error(
                            "the arrays must have the same number of rows",
                        )
                        .with_received(format!(
                            "{:?}",
                            sizes.iter().flatten().collect::<Vec<_>>()
                        )));
                    }
                    Ok(dataset(Source::Slices { columns, rows }))
                },
            ),
            "from_tensors" => {
                Native::value("from_tensors", "tensors, name=None", "One element.", |values| {
                    Ok(dataset(Source::List(vec![to_tensors(&values[0])?])))
                })
            }
            "range" => method("range", |arguments| {
                let numbers = arguments
                    .positional
                    .iter()
                    .map(|value| value.as_int("a bound"))
                    .collect::<PyResult<Vec<_>>>()?;
                let (start, stop, step) = match numbers[..] {
                    [stop] => (0, stop, 1),
                    [start, stop] => (start, stop, 1),
                    [start, stop, step] if step != 0 => (start, stop, step),
                    _ => {
                        return Err(Exception::type_error(
                            "Dataset.range takes stop, (start, stop) or (start, stop, step)",
                        ));
                    }
                };
                Ok(dataset(Source::Range { start, stop, step }))
            }),
            "from_generator" => Native::value(
                "from_generator",
                "generator, output_types=None, output_shapes=None, args=None, output_signature=None, name=None",
                "The elements of a generator function.",
                |values| Ok(dataset(Source::Generator(values[0].clone()))),
            ),
            "zip" => method("zip", |arguments| {
                let items = match &arguments.positional[..] {
                    [one @ (Value::Tuple(_) | Value::List(_))] => iterate::collect(one)?,
                    many => many.to_vec(),
                };
                let parts = items.iter().map(Dataset::of).collect::<PyResult<Vec<_>>>()?;
                Ok(dataset(Source::Zip(parts)))
            }),
            _ => return Ok(None),
        }))
    }

    fn attribute_names(&self) -> Vec<String> {
        ["from_tensor_slices", "from_tensors", "range", "from_generator", "zip"]
            .map(str::to_owned)
            .to_vec()
    }
}

/// A dataset: where its elements come from.
#[derive(Clone)]
pub struct Dataset {
    source: Rc<Source>,
}

enum Source {
    Slices { columns: Value, rows: usize },
    List(Vec<Value>),
    Range { start: i64, stop: i64, step: i64 },
    Generator(Value),
    Zip(Vec<Dataset>),
    Map(Dataset, Value),
    Filter(Dataset, Value),
    Batch { from: Dataset, size: usize, drop_remainder: bool },
    Unbatch(Dataset),
    Shuffle { from: Dataset, buffer: usize, seed: Option<u64>, again: bool },
    Repeat { from: Dataset, times: Option<usize> },
    Take(Dataset, usize),
    Skip(Dataset, usize),
    Cache(Dataset, RefCell<Option<Vec<Value>>>),
    Enumerate(Dataset, i64),
    Chain(Dataset, Dataset),
}

fn dataset(source: Source) -> Value {
    Value::object(Dataset { source: Rc::new(source) })
}

/// Every array in a structure as a tensor.
fn to_tensors(value: &Value) -> PyResult<Value> {
    Ok(match value {
        Value::Tuple(items) => Value::tuple(items.iter().map(to_tensors).collect::<PyResult<_>>()?),
        Value::Dict(entries) => {
            let entry = |(key, item): (&Key, &Value)| Ok((key.clone(), to_tensors(item)?));
            Value::Dict(Rc::new(RefCell::new(
                entries.borrow().iter().map(entry).collect::<PyResult<_>>()?,
            )))
        }
        Value::Str(_) => value.clone(),
        one => TensorObject::value(to_tensor(one)?.detach()),
    })
}

fn leaves(value: &Value, visit: &mut dyn FnMut(&Tensor)) {
    match value {
        Value::Tuple(items) => items.iter().for_each(|item| leaves(item, visit)),
        Value::Dict(entries) => entries.borrow().values().for_each(|item| leaves(item, visit)),
        one => {
            if let Some(tensor) = one.downcast::<TensorObject>() {
                visit(&tensor.tensor());
            }
        }
    }
}

/// The same structure with every tensor changed.
fn change(value: &Value, work: &dyn Fn(&Tensor) -> PyResult<Tensor>) -> PyResult<Value> {
    Ok(match value {
        Value::Tuple(items) => {
            Value::tuple(items.iter().map(|item| change(item, work)).collect::<PyResult<_>>()?)
        }
        Value::Dict(entries) => {
            let entry = |(key, item): (&Key, &Value)| Ok((key.clone(), change(item, work)?));
            Value::Dict(Rc::new(RefCell::new(
                entries.borrow().iter().map(entry).collect::<PyResult<_>>()?,
            )))
        }
        one => match one.downcast::<TensorObject>() {
            Some(tensor) => TensorObject::value(work(&tensor.tensor())?),
            None => one.clone(),
        },
    })
}

/// Elements of the same structure as one, stacked along a new first axis.
fn stack(elements: &[Value]) -> PyResult<Value> {
    let Some(first) = elements.first() else { return Ok(Value::None) };
    match first {
        Value::Tuple(items) => {
            let part = |i: usize| {
                let column: Vec<Value> = elements
                    .iter()
                    .map(|element| match element {
                        Value::Tuple(items) => items.get(i).cloned().unwrap_or(Value::None),
                        other => other.clone(),
                    })
                    .collect();
                stack(&column)
            };
            Ok(Value::tuple((0..items.len()).map(part).collect::<PyResult<_>>()?))
        }
        Value::Dict(entries) => {
            let mut stacked = crate::runtime::Dict::default();
            for key in entries.borrow().keys() {
                let column: Vec<Value> = elements
                    .iter()
                    .map(|element| match element {
                        Value::Dict(entries) => {
                            entries.borrow().get(key).cloned().unwrap_or(Value::None)
                        }
                        other => other.clone(),
                    })
                    .collect();
                stacked.insert(key.clone(), stack(&column)?);
            }
            Ok(Value::Dict(Rc::new(RefCell::new(stacked))))
        }
        _ => {
            let tensors = elements.iter().map(to_tensor).collect::<PyResult<Vec<_>>>()?;
            let shape = tensors[0].shape().to_vec();
            if let Some(odd) = tensors.iter().find(|tensor| tensor.shape() != shape) {
                return Err(Exception::value_error(
                    "elements of different shapes cannot be batched",
                )
                .with_received(format!("{:?} and {:?}", shape, odd.shape()))
                .with_hint("make them equal in map(...), e.g. by resizing or padding"));
            }
            let arrays: Vec<&Array> = tensors.iter().map(Tensor::array).collect();
            Ok(TensorObject::value(Tensor::new(
                Array::stack(&arrays, 0).map_err(kerai_engine::Error::from)?,
            )))
        }
    }
}

fn call_on(function: &Value, element: Value) -> PyResult<Value> {
    let arguments = match element {
        Value::Tuple(items) => items.to_vec(),
        one => vec![one],
    };
    context::call(function, Arguments::positional(arguments))
}

impl Dataset {
    fn of(value: &Value) -> PyResult<Dataset> {
        match value.downcast::<Dataset>() {
            Some(dataset) => Ok((*dataset).clone()),
            None => Err(value.wrong_type("a dataset", "a tf.data.Dataset")),
        }
    }

    /// Number of elements, if it is known.
    fn count(&self) -> Option<usize> {
        match &*self.source {
            Source::Slices { rows, .. } => Some(*rows),
            Source::List(items) => Some(items.len()),
            Source::Range { start, stop, step } => {
                let span = if *step > 0 { stop - start } else { start - stop };
                usize::try_from((span + step.abs() - 1).div_euclid(step.abs())).ok().or(Some(0))
            }
            Source::Generator(_) | Source::Filter(..) | Source::Unbatch(_) => None,
            Source::Zip(parts) => {
                parts.iter().map(Dataset::count).collect::<Option<Vec<_>>>()?.into_iter().min()
            }
            Source::Map(from, _) | Source::Cache(from, _) | Source::Enumerate(from, _) => {
                from.count()
            }
            Source::Shuffle { from, .. } => from.count(),
            Source::Batch { from, size, drop_remainder } => {
                let count = from.count()?;
                Some(if *drop_remainder { count / size } else { count.div_ceil(*size) })
            }
            Source::Repeat { from, times } => Some(from.count()? * (*times)?),
            Source::Take(from, most) => Some(from.count()?.min(*most)),
            Source::Skip(from, most) => Some(from.count()?.saturating_sub(*most)),
            Source::Chain(a, b) => Some(a.count()? + b.count()?),
        }
    }

    fn items(&self) -> PyResult<Items> {
        Ok(match &*self.source {
            Source::Slices { columns, rows } => {
                let (columns, rows) = (columns.clone(), *rows);
                let mut row = 0;
                Box::new(move || {
                    if row == rows {
                        return Ok(None);
                    }
                    row += 1;
                    let at = row - 1;
                    change(&columns, &|tensor| {
                        Ok(Tensor::new(tensor.array().get(at).map_err(kerai_engine::Error::from)?))
                    })
                    .map(Some)
                })
            }
            Source::List(items) => {
                let mut items = items.clone().into_iter();
                Box::new(move || Ok(items.next()))
            }
            Source::Range { start, stop, step } => {
                let (mut next, stop, step) = (*start, *stop, *step);
                Box::new(move || {
                    if (step > 0 && next >= stop) || (step < 0 && next <= stop) {
                        return Ok(None);
                    }
                    next += step;
                    Ok(Some(TensorObject::value(Tensor::from_vec(vec![next - step], &[])?)))
                })
            }
            Source::Generator(function) => {
                let mut items = iterate::items(&context::call(function, Arguments::default())?)?;
                Box::new(move || items()?.map(|element| to_tensors(&element)).transpose())
            }
            Source::Zip(parts) => {
                let mut parts = parts.iter().map(Dataset::items).collect::<PyResult<Vec<_>>>()?;
                Box::new(move || {
                    let mut row = Vec::with_capacity(parts.len());
                    for part in &mut parts {
                        match part()? {
                            Some(element) => row.push(element),
                            None => return Ok(None),
                        }
                    }
                    Ok(Some(Value::tuple(row)))
                })
            }
            Source::Map(from, function) => {
                let (mut items, function) = (from.items()?, function.clone());
                Box::new(move || {
                    context::check_interrupt()?;
                    match items()? {
                        Some(element) => Ok(Some(to_tensors(&call_on(&function, element)?)?)),
                        None => Ok(None),
                    }
                })
            }
            Source::Filter(from, function) => {
                let (mut items, function) = (from.items()?, function.clone());
                Box::new(move || {
                    while let Some(element) = items()? {
                        context::check_interrupt()?;
                        if operators::truth(&call_on(&function, element.clone())?)? {
                            return Ok(Some(element));
                        }
                    }
                    Ok(None)
                })
            }
            Source::Batch { from, size, drop_remainder } => {
                let (mut items, size, drop_remainder) = (from.items()?, *size, *drop_remainder);
                Box::new(move || {
                    let mut elements = Vec::with_capacity(size);
                    while elements.len() < size {
                        match items()? {
                            Some(element) => elements.push(element),
                            None => break,
                        }
                    }
                    if elements.is_empty() || (drop_remainder && elements.len() < size) {
                        return Ok(None);
                    }
                    stack(&elements).map(Some)
                })
            }
            Source::Unbatch(from) => {
                let mut items = from.items()?;
                let mut current: Option<Items> = None;
                Box::new(move || {
                    loop {
                        if let Some(rows) = &mut current
                            && let Some(row) = rows()?
                        {
                            return Ok(Some(row));
                        }
                        let Some(element) = items()? else { return Ok(None) };
                        let mut rows = 0;
                        leaves(&element, &mut |tensor| {
                            rows = tensor.shape().first().copied().unwrap_or(0);
                        });
                        current = Some(
                            Dataset { source: Rc::new(Source::Slices { columns: element, rows }) }
                                .items()?,
                        );
                    }
                })
            }
            Source::Shuffle { from, buffer, seed, again } => {
                let mut items = from.items()?;
                let mut stream = match (seed, again) {
                    (Some(seed), false) => Random::new(*seed, 0),
                    (Some(seed), true) => {
                        Random::new(*seed ^ u64::from(random::next_stream().block(0)[0]), 0)
                    }
                    _ => random::next_stream(),
                };
                let (mut held, buffer) = (Vec::new(), *buffer);
                Box::new(move || {
                    while held.len() < buffer {
                        match items()? {
                            Some(element) => held.push(element),
                            None => break,
                        }
                    }
                    if held.is_empty() {
                        return Ok(None);
                    }
                    let at = usize::try_from(stream.below(held.len() as u64)).unwrap_or(0);
                    Ok(Some(held.swap_remove(at)))
                })
            }
            Source::Repeat { from, times } => {
                let (from, mut left) = (from.clone(), *times);
                let mut items: Option<Items> = None;
                let mut gave = true;
                Box::new(move || {
                    loop {
                        if let Some(rows) = &mut items {
                            if let Some(row) = rows()? {
                                gave = true;
                                return Ok(Some(row));
                            }
                            // An empty dataset repeated for ever would never end.
                            if !gave {
                                return Ok(None);
                            }
                        }
                        match &mut left {
                            Some(0) => return Ok(None),
                            Some(left) => *left -= 1,
                            None => {}
                        }
                        gave = false;
                        items = Some(from.items()?);
                    }
                })
            }
            Source::Take(from, most) => {
                let (mut items, mut left) = (from.items()?, *most);
                Box::new(move || {
                    if left == 0 {
                        return Ok(None);
                    }
                    left -= 1;
                    items()
                })
            }
            Source::Skip(from, most) => {
                let mut items = from.items()?;
                let mut left = *most;
                Box::new(move || {
                    while left > 0 {
                        left -= 1;
                        if items()?.is_none() {
                            return Ok(None);
                        }
                    }
                    items()
                })
            }
            Source::Cache(from, kept) => {
                if kept.borrow().is_none() {
                    let mut all = Vec::new();
                    let mut items = from.items()?;
                    while let Some(element) = items()? {
                        all.push(element);
                    }
                    *kept.borrow_mut() = Some(all);
                }
                let mut items = kept.borrow().clone().unwrap_or_default().into_iter();
                Box::new(move || Ok(items.next()))
            }
            Source::Enumerate(from, start) => {
                let (mut items, mut number) = (from.items()?, *start);
                Box::new(move || {
                    let Some(element) = items()? else { return Ok(None) };
                    number += 1;
                    let index = TensorObject::value(Tensor::from_vec(vec![number - 1], &[])?);
                    Ok(Some(Value::tuple(vec![index, element])))
                })
            }
            Source::Chain(a, b) => {
                let (mut first, mut second) = (a.items()?, b.items()?);
                Box::new(move || match first()? {
                    Some(element) => Ok(Some(element)),
                    None => second(),
                })
            }
        })
    }
}

fn size(value: &Value, what: &str) -> PyResult<usize> {
    let number = value.as_int(what)?;
    match usize::try_from(number) {
        Ok(number) if number > 0 => Ok(number),
        _ => Err(Exception::value_error(format!("{what} must be a positive integer"))
            .with_received(number.to_string())),
    }
}

/// A count in which -1 means all.
fn how_many(value: &Value) -> PyResult<usize> {
    Ok(usize::try_from(value.as_int("count")?).unwrap_or(usize::MAX))
}

impl Object for Dataset {
    fn type_name(&self) -> String {
        "Dataset".to_owned()
    }

    fn repr(&self) -> PyResult<String> {
        Ok(match self.count() {
            Some(count) => format!("<Dataset of {count} elements>"),
            None => "<Dataset>".to_owned(),
        })
    }

    fn iterate(&self, _this: &Value) -> Option<PyResult<Items>> {
        Some(self.items())
    }

    fn length(&self) -> Option<PyResult<usize>> {
        Some(self.count().ok_or_else(|| {
            Exception::type_error("The dataset length is unknown or infinite.")
                .with_hint("count while iterating, or take(n) first")
        }))
    }

    fn truth(&self) -> PyResult<bool> {
        Ok(true)
    }

    fn attribute(&self, _this: &Value, name: &str) -> PyResult<Option<Value>> {
        let own = self.clone();
        Ok(Some(match name {
            "batch" => with_parameters(
                "batch",
                "batch_size, drop_remainder=False, num_parallel_calls=None, deterministic=None, name=None",
                "The elements in groups of this size.",
                move |[batch_size, drop_remainder, ..]: [Value; 5]| {
                    Ok(dataset(Source::Batch {
                        from: own.clone(),
                        size: size(&batch_size, "batch_size")?,
                        drop_remainder: operators::truth(&drop_remainder)?,
                    }))
                },
            ),
            "shuffle" => with_parameters(
                "shuffle",
                "buffer_size, seed=None, reshuffle_each_iteration=None, name=None",
                "The elements in random order, out of a buffer of this size.",
                move |[buffer, seed, again, _]| {
                    let seed = if seed.is_none() {
                        None
                    } else {
                        Some(seed.as_int("seed")?.unsigned_abs())
                    };
                    let again = again.is_none() || operators::truth(&again)?;
                    Ok(dataset(Source::Shuffle {
                        from: own.clone(),
                        buffer: size(&buffer, "buffer_size")?,
                        seed,
                        again,
                    }))
                },
            ),
            "map" => with_parameters(
                "map",
                "map_func, num_parallel_calls=None, deterministic=None, name=None",
                "The elements as a function changes them.",
                move |[function, ..]: [Value; 4]| Ok(dataset(Source::Map(own.clone(), function))),
            ),
            "filter" => with_parameters(
                "filter",
                "predicate, name=None",
                "The elements for which a function says yes.",
                move |[function, _]| Ok(dataset(Source::Filter(own.clone(), function))),
            ),
            // Batches are made while the step runs; there is nothing to prefetch by hand.
            "prefetch" | "with_options" => with_parameters(
                "prefetch",
                "buffer_size=None, name=None",
                "The elements; what comes next is made ready while the step runs.",
                move |[..]: [Value; 2]| Ok(Value::object(own.clone())),
            ),
            "cache" => with_parameters(
                "cache",
                "",
                "The elements, kept after the first time.",
                move |[]| Ok(dataset(Source::Cache(own.clone(), RefCell::new(None)))),
            ),
            "repeat" => with_parameters(
                "repeat",
                "count=None, name=None",
                "The elements again and again, or so many times.",
                move |[count, _]| {
                    let times = match count {
                        Value::None => None,
                        count => usize::try_from(count.as_int("count")?).ok(),
                    };
                    Ok(dataset(Source::Repeat { from: own.clone(), times }))
                },
            ),
            "take" => with_parameters(
                "take",
                "count, name=None",
                "The first elements.",
                move |[count, _]| Ok(dataset(Source::Take(own.clone(), how_many(&count)?))),
            ),
            "skip" => with_parameters(
                "skip",
                "count, name=None",
                "The elements after the first ones.",
                move |[count, _]| Ok(dataset(Source::Skip(own.clone(), how_many(&count)?))),
            ),
            "unbatch" => with_parameters("unbatch", "", "The rows of the batches.", move |[]| {
                Ok(dataset(Source::Unbatch(own.clone())))
            }),
            "enumerate" => with_parameters(
                "enumerate",
                "start=0, name=None",
                "Pairs of a number and an element.",
                move |[start, _]| {
                    Ok(dataset(Source::Enumerate(own.clone(), start.as_int("start")?)))
                },
            ),
            "concatenate" => with_parameters(
                "concatenate",
                "dataset, name=None",
                "These elements, then those of another.",
                move |[other, _]| Ok(dataset(Source::Chain(own.clone(), Dataset::of(&other)?))),
            ),
            "cardinality" => with_parameters(
                "cardinality",
                "",
                "How many elements there are; -2 if that is not known.",
                move |[]| {
                    let count =
                        own.count().and_then(|count| i64::try_from(count).ok()).unwrap_or(-2);
                    Ok(TensorObject::value(Tensor::from_vec(vec![count], &[])?))
                },
            ),
            "as_numpy_iterator" => with_parameters(
                "as_numpy_iterator",
                "",
                "The elements as numpy arrays.",
                move |[]| {
                    let mut items = own.items()?;
                    let mut all = Vec::new();
                    while let Some(element) = items()? {
                        all.push(to_numpy(&element)?);
                    }
                    Ok(Value::list(all))
                },
            ),
            "element_spec" => {
                let mut items = own.items()?;
                let first = items()?.unwrap_or(Value::None);
                change_to_spec(&first)
            }
            _ => return Ok(None),
        }))
    }

    fn attribute_names(&self) -> Vec<String> {
        [
            "batch",
            "shuffle",
            "map",
            "filter",
            "prefetch",
            "cache",
            "repeat",
            "take",
            "skip",
            "unbatch",
            "enumerate",
            "concatenate",
            "cardinality",
            "as_numpy_iterator",
        ]
        .map(str::to_owned)
        .to_vec()
    }
}

fn to_numpy(value: &Value) -> PyResult<Value> {
    Ok(match value {
        Value::Tuple(items) => Value::tuple(items.iter().map(to_numpy).collect::<PyResult<_>>()?),
        Value::Dict(entries) => {
            let entry = |(key, item): (&Key, &Value)| Ok((key.clone(), to_numpy(item)?));
            Value::Dict(Rc::new(RefCell::new(
                entries.borrow().iter().map(entry).collect::<PyResult<_>>()?,
            )))
        }
        one => match one.downcast::<TensorObject>() {
            Some(tensor) => tensor.to_numpy()?.to_value(),
            None => one.clone(),
        },
    })
}

/// `TensorSpec(shape=(...), dtype=...)` for every tensor, as text.
fn change_to_spec(value: &Value) -> Value {
    match value {
        Value::Tuple(items) => Value::tuple(items.iter().map(change_to_spec).collect()),
        Value::Dict(entries) => Value::Dict(Rc::new(RefCell::new(
            entries
                .borrow()
                .iter()
                .map(|(key, item)| (key.clone(), change_to_spec(item)))
                .collect(),
        ))),
        one => match one.downcast::<TensorObject>() {
            Some(tensor) => Value::str(format!("TensorSpec(shape={:?})", tensor.tensor().shape())),
            None => one.clone(),
        },
    }
}
