//! `np.random`: the functions of the global `RandomState`, `RandomState`, `default_rng` and `Generator`.
//! Seeded streams give numpy's numbers.

mod bits;
mod choose;
mod draw;
mod stream;
mod table;
mod ziggurat;

use std::cell::RefCell;
use std::hash::{BuildHasher, Hasher};
use std::rc::Rc;

use self::bits::{Bits, Twister};
use self::stream::Stream;
use super::array::Array;
use super::dtype::DType;
use super::table::take;
use crate::modules::Module;
use crate::runtime::object::Doc;
use crate::runtime::{Arguments, Exception, Native, Object, PyResult, Signature, Value};

/// A method of the generators: name, signature, documentation, code over the stream and bound arguments.
struct Method {
    name: &'static str,
    signature: &'static str,
    doc: &'static str,
    code: fn(&mut Stream, Vec<Value>) -> PyResult<Value>,
}

/// `RandomState` or `Generator`.
pub struct RandomSource {
    stream: RefCell<Stream>,
}

thread_local! {
    /// The state behind `np.random.rand` and its relatives.
    static GLOBAL: Rc<RandomSource> =
        Rc::new(RandomSource { stream: RefCell::new(unseeded(true)) });
    static SIGNATURES: RefCell<std::collections::HashMap<&'static str, Signature>> =
        RefCell::default();
}

/// Words that differ from run to run.
fn entropy() -> [u32; 4] {
    let word = || std::collections::hash_map::RandomState::new().build_hasher().finish();
    let (a, b) = (word(), word());
    [a as u32, (a >> 32) as u32, b as u32, (b >> 32) as u32]
}

fn unseeded(legacy: bool) -> Stream {
    let words = entropy();
    let bits = if legacy {
        Bits::Twister(Box::new(Twister::from_words(&words)))
    } else {
        Bits::pcg(&words)
    };
    Stream::new(bits, legacy)
}

/// Seeds the global state as `np.random.seed` does; for `keras.utils.set_random_seed`.
pub fn seed(number: u32) {
    GLOBAL.with(|global| {
        let bits = Bits::Twister(Box::new(Twister::new(number)));
        *global.stream.borrow_mut() = Stream::new(bits, true);
    });
}

/// The stream that a seed of the old kind starts.
fn legacy_stream(seed: &Value) -> PyResult<Stream> {
    let word = |number: i64| {
        u32::try_from(number)
            .map_err(|_| Exception::value_error("Seed must be between 0 and 2**32 - 1"))
    };
    let bits = match seed {
        Value::None => return Ok(unseeded(true)),
        Value::Int(number) => Twister::new(word(*number)?),
        other => {
            let words = Array::from_value(other, None)?;
            if !words.dtype().is_integer() {
                return Err(Exception::type_error(format!(
                    "Cannot cast array data from dtype('{}') to dtype('int64') according to the \
                     rule 'safe'",
                    words.dtype()
                )));
            }
            let numbers = words.to_i64_vec().into_iter().map(word).collect::<PyResult<Vec<_>>>()?;
            match (words.ndim(), &numbers[..]) {
                (0, [one]) => Twister::new(*one),
                (_, []) => return Err(Exception::value_error("Seed must be non-empty")),
                _ => Twister::from_words(&numbers),
            }
        }
    };
    Ok(Stream::new(Bits::Twister(Box::new(bits)), true))
}

/// The stream that a seed of the new kind starts.
fn generator_stream(seed: &Value) -> PyResult<Stream> {
    fn words(value: &Value, out: &mut Vec<u32>) -> PyResult<()> {
        let number = value.as_int("seed")?;
        if number < 0 {
            return Err(Exception::value_error("expected non-negative integer"));
        }
        out.push(number as u32);
        if number > i64::from(u32::MAX) {
            out.push((number >> 32) as u32);
        }
        Ok(())
    }
    let mut entropy = Vec::new();
    match seed {
        Value::None => return Ok(unseeded(false)),
        Value::Float(_) => return Err(Exception::type_error("seed must be integer")),
        Value::List(_) | Value::Tuple(_) => {
            for item in super::arguments::items(seed)? {
                words(&item, &mut entropy)?;
            }
        }
        other => match other.downcast::<Array>() {
            Some(array) if array.ndim() > 0 => {
                for number in array.to_i64_vec() {
                    words(&Value::Int(number), &mut entropy)?;
                }
            }
            _ => words(other, &mut entropy)?,
        },
    }
    Ok(Stream::new(Bits::pcg(&entropy), false))
}

fn method(legacy: bool, name: &str) -> Option<&'static Method> {
    let own = if legacy { table::LEGACY } else { table::GENERATOR };
    own.iter().chain(table::SHARED).find(|method| method.name == name)
}

impl RandomSource {
    fn call(&self, name: &str, arguments: Arguments) -> Option<PyResult<Value>> {
        let method = method(self.stream.borrow().legacy, name)?;
        let bound = SIGNATURES.with(|signatures| {
            let mut signatures = signatures.borrow_mut();
            let signature = signatures
                .entry(method.signature)
                .or_insert_with(|| Signature::parse(method.signature));
            signature.bind(method.name, arguments)
        });
        Some(bound.and_then(|values| (method.code)(&mut self.stream.borrow_mut(), values)))
    }

    fn names(legacy: bool) -> Vec<String> {
        let own = if legacy { table::LEGACY } else { table::GENERATOR };
        own.iter().chain(table::SHARED).map(|method| method.name.to_owned()).collect()
    }
}

impl Object for RandomSource {
    fn type_name(&self) -> String {
        if self.stream.borrow().legacy { "RandomState" } else { "Generator" }.to_owned()
    }

    fn repr(&self) -> PyResult<String> {
        Ok(match self.stream.borrow().legacy {
            true => "RandomState(MT19937)".to_owned(),
            false => "Generator(PCG64)".to_owned(),
        })
    }

    fn attribute(&self, this: &Value, name: &str) -> PyResult<Option<Value>> {
        let Some(method) = method(self.stream.borrow().legacy, name) else { return Ok(None) };
        let this = this.clone();
        Ok(Some(Native::value(method.name, method.signature, method.doc, move |values| {
            match this.downcast::<RandomSource>() {
                Some(source) => (method.code)(&mut source.stream.borrow_mut(), values),
                None => Ok(Value::None),
            }
        })))
    }

    fn attribute_names(&self) -> Vec<String> {
        RandomSource::names(self.stream.borrow().legacy)
    }

    fn call_method(
        &self,
        _this: &Value,
        name: &str,
        arguments: Arguments,
    ) -> Option<PyResult<Value>> {
        self.call(name, arguments)
    }

    fn doc(&self) -> Option<Doc> {
        Some(Doc { signature: String::new(), text: "A source of random numbers.".to_owned() })
    }
}

/// `np.random`
pub(crate) fn module() -> Module {
    let source = |stream: Stream| Value::object(RandomSource { stream: RefCell::new(stream) });
    Module::new("numpy.random", "Random numbers; seeded streams are those of numpy.")
        .function("seed", "seed=None", "Starts the global stream anew.", |v| {
            let [seed] = take(v)?;
            let stream = legacy_stream(&seed)?;
            GLOBAL.with(|global| *global.stream.borrow_mut() = stream);
            Ok(Value::None)
        })
        .function(
            "RandomState",
            "seed=None",
            "A stream of its own, of the old kind (MT19937).",
            move |v| {
                let [seed] = take(v)?;
                Ok(source(legacy_stream(&seed)?))
            },
        )
        .function(
            "default_rng",
            "seed=None",
            "A `Generator`: a stream of the new kind (PCG64).",
            move |v| {
                let [seed] = take(v)?;
                if seed.downcast::<RandomSource>().is_some() {
                    return Ok(seed);
                }
                Ok(source(generator_stream(&seed)?))
            },
        )
        .dynamic(find, || RandomSource::names(true))
}

fn find(name: &str) -> PyResult<Option<Value>> {
    let global = GLOBAL.with(Rc::clone);
    let this = Value::Object(global.clone());
    global.attribute(&this, name)
}

/// Numbers as a value: an array of the shape, or a plain number if no size was asked for.
fn shaped(shape: Option<&[usize]>, numbers: Vec<f64>, dtype: DType) -> PyResult<Value> {
    match shape {
        None => Ok(Value::Float(numbers.first().copied().unwrap_or(0.0))),
        Some(shape) => Ok(Value::object(Array::from_f64(shape, numbers).as_type(dtype)?)),
    }
}
