//! `keras.datasets` and `kerai.datasets`: Keras' files from its cache, and the data that kerai brings along.

use super::Module;
use crate::modules::numpy::Array;
use crate::runtime::{Exception, PyResult, Value, context};
use crate::sink::Style;
use kerai_engine::datasets::{self, BUNDLED, Bundled, Column, Images};
use kerai_engine::random::Random;
use std::rc::Rc;

/// `keras.datasets`
pub(super) fn module() -> Module {
    Module::new("keras.datasets", "Keras' data, from its cache folder or by download.")
        .submodule("mnist", || {
            images("mnist", "70,000 handwritten digits, 28 x 28.", datasets::mnist)
        })
        .submodule("fashion_mnist", || {
            images("fashion_mnist", "70,000 pieces of clothing, 28 x 28.", datasets::fashion_mnist)
        })
}

/// `kerai.datasets`
pub(super) fn kerai() -> Module {
    let mut module =
        Module::new("kerai.datasets", "Data that kerai brings along: no file, no network.")
            .submodule("mnist_small", || {
                Module::new(
            "kerai.datasets.mnist_small",
            "5,000 digits of MNIST: 4,000 to train, 1,000 to test.",
        )
        .function(
            "load_data",
            "",
            "((x_train, y_train), (x_test, y_test)): images [n, 28, 28] of bytes, labels [n].",
            |_| {
                let (mut pixels, mut labels) = datasets::mnist_small()?;
                let (held_pixels, held_labels) =
                    (pixels.split_off(4000 * 784), labels.split_off(4000));
                Ok(pairs(Images {
                    pixels: [pixels, held_pixels],
                    labels: [labels, held_labels],
                    size: (28, 28),
                }))
            },
        )
            });
    for table in BUNDLED {
        module = module.lazy(table.name, move || Ok(Value::object(table_module(table))));
    }
    module
}

type Loader = fn(&mut dyn FnMut(u64, Option<u64>)) -> kerai_engine::Result<Images>;

fn images(name: &str, doc: &'static str, load: Loader) -> Module {
    Module::new(&format!("keras.datasets.{name}"), doc).function(
        "load_data",
        "path=None",
        "((x_train, y_train), (x_test, y_test)): images [n, 28, 28] of bytes, labels [n].",
        move |_| {
            kerai_engine::interrupt::listen_to(context::interrupt().flag());
            let mut shown = 0;
            let mut progress = |bytes: u64, all: Option<u64>| {
                // A line in a terminal, redrawn each megabyte; nothing elsewhere.
                if matches!(context::style(), Style::Terminal { .. })
                    && (bytes - shown > 1 << 20 || Some(bytes) == all)
                {
                    shown = bytes;
                    let share =
                        all.map_or_else(String::new, |all| format!(" of {:.1}", all as f64 / 1e6));
                    let end = if Some(bytes) == all { "\n" } else { "" };
                    context::error_text(&format!(
                        "\rdownloading: {:.1}{share} MB{end}",
                        bytes as f64 / 1e6
                    ));
                }
            };
            Ok(pairs(load(&mut progress)?))
        },
    )
}

fn pairs(images: Images) -> Value {
    let (height, width) = images.size;
    let parts = images.pixels.into_iter().zip(images.labels).map(|(pixels, labels)| {
        let count = labels.len();
        let pixels = Array::from_u8(&[count, height, width], pixels);
        Value::tuple(vec![Value::object(pixels), Value::object(Array::from_u8(&[count], labels))])
    });
    Value::tuple(parts.collect())
}

fn table_module(table: &'static Bundled) -> Module {
    Module::new(&format!("kerai.datasets.{}", table.name), table.doc)
        .with("target", Value::str(table.target))
        .function("load", "", "All columns as a dict of arrays.", move |_| {
            let columns = table.load()?;
            Ok(Value::dict(columns.into_iter().map(|(name, column)| (name, column_array(column)))))
        })
        .function(
            "load_data",
            "test_split=0.2, seed=113",
            "((x_train, y_train), (x_test, y_test)): the numeric columns [n, features] and the target; rows with missing values are left out.",
            move |values| {
                let [share, seed] = &values[..] else { return Ok(Value::None) };
                load_data(table, share.as_float("test_split")?, seed.as_int("seed")?)
            },
        )
        .lazy("feature_names", move || {
            let names = features(table)?.into_iter().map(|(name, _)| Value::str(name));
            Ok(Value::list(names.collect()))
        })
        .lazy("target_names", move || {
            let (_, names) = target(table)?;
            Ok(Value::list(names.iter().map(Value::str).collect()))
        })
}

fn column_array(column: Column) -> Value {
    Value::object(match column {
        Column::Numbers(numbers) => Array::from_f64(&[numbers.len()], numbers),
        Column::Words(words) => {
            let words: Vec<Rc<str>> = words.iter().map(|word| Rc::from(word.as_str())).collect();
            Array::from_strings(&[words.len()], words)
        }
    })
}

/// The numeric columns apart from the target.
fn features(table: &Bundled) -> PyResult<Vec<(String, Vec<f64>)>> {
    let columns = table.load()?.into_iter().filter(|(name, _)| name != table.target);
    Ok(columns
        .filter_map(|(name, column)| match column {
            Column::Numbers(numbers) => Some((name, numbers)),
            Column::Words(_) => None,
        })
        .collect())
}

/// The target as numbers, with the names of its classes if it is a word.
fn target(table: &Bundled) -> PyResult<(Vec<f64>, Vec<String>)> {
    let column = table.load()?.into_iter().find(|(name, _)| name == table.target);
    match column {
        Some((_, Column::Numbers(numbers))) => Ok((numbers, Vec::new())),
        Some((_, Column::Words(words))) => {
            let mut names = words.clone();
            names.sort();
            names.dedup();
            let number =
                |word: &String| names.iter().position(|name| name == word).unwrap_or(0) as f64;
            Ok((words.iter().map(number).collect(), names))
        }
        None => Err(Exception::value_error(format!("{} has no target", table.name))),
    }
}

fn load_data(table: &Bundled, share: f64, seed: i64) -> PyResult<Value> {
    if !(0.0..1.0).contains(&share) {
        return Err(Exception::value_error("test_split must lie between 0 and 1")
            .with_received(share.to_string()));
    }
    let features = features(table)?;
    let (target, names) = target(table)?;
    let complete = |row: &usize| {
        !target[*row].is_nan() && features.iter().all(|(_, column)| !column[*row].is_nan())
    };
    let rows: Vec<usize> = (0..target.len()).filter(complete).collect();
    let order: Vec<usize> = Random::new(seed.unsigned_abs(), 0)
        .permutation(rows.len())
        .into_iter()
        .map(|i| rows[i])
        .collect();
    let train = ((order.len() as f64) * (1.0 - share)).floor() as usize;
    let part = |rows: &[usize]| {
        let x: Vec<f64> =
            rows.iter().flat_map(|row| features.iter().map(|(_, column)| column[*row])).collect();
        let y: Vec<f64> = rows.iter().map(|row| target[*row]).collect();
        let whole = y.iter().all(|value| value.fract() == 0.0);
        let y = match !names.is_empty() || whole {
            true => Array::from_i64(&[y.len()], y.iter().map(|value| *value as i64).collect()),
            false => Array::from_f64(&[y.len()], y),
        };
        Value::tuple(vec![
            Value::object(Array::from_f64(&[rows.len(), features.len()], x)),
            Value::object(y),
        ])
    };
    Ok(Value::tuple(vec![part(&order[..train]), part(&order[train..])]))
}
