//! The array itself: shared storage, offset, shape and strides. Views, copies, casts; no operators here.

use std::cell::RefCell;
use std::rc::Rc;

use super::dtype::DType;
use super::layout::{Runs, contiguous_strides};
use super::storage::{Number, Storage};
use crate::runtime::{Exception, PyResult, Value};

/// `numpy.ndarray`. Cloning shares the elements, as a view does.
#[derive(Clone)]
pub struct Array {
    pub(crate) storage: Rc<RefCell<Storage>>,
    pub(crate) offset: usize,
    pub(crate) shape: Rc<[usize]>,
    /// In elements, not bytes.
    pub(crate) strides: Rc<[isize]>,
    pub(crate) dtype: DType,
}

macro_rules! constructor {
    ($name:ident, $type:ty, $doc:literal) => {
        #[doc = $doc]
        ///
        /// # Panics
        /// If the number of elements is not that of the shape.
        pub fn $name(shape: &[usize], elements: Vec<$type>) -> Array {
            Array::from_vec(shape, elements)
        }
    };
}

impl Array {
    constructor!(from_f32, f32, "An array of float32 in C order.");
    constructor!(from_f64, f64, "An array of float64 in C order.");
    constructor!(from_i64, i64, "An array of int64 in C order.");
    constructor!(from_i32, i32, "An array of int32 in C order.");
    constructor!(from_u8, u8, "An array of uint8 in C order.");
    constructor!(from_bool, bool, "An array of bool in C order.");

    /// An array of any number type in C order.
    ///
    /// # Panics
    /// If the number of elements is not that of the shape.
    pub fn from_vec<T: Number>(shape: &[usize], elements: Vec<T>) -> Array {
        Array::from_storage(shape, T::wrap(elements))
    }

    /// An array of strings in C order.
    ///
    /// # Panics
    /// If the number of elements is not that of the shape.
    pub fn from_strings(shape: &[usize], elements: Vec<Rc<str>>) -> Array {
        Array::from_storage(shape, Storage::Str(elements.into()))
    }

    /// An array over a whole storage in C order.
    ///
    /// # Panics
    /// If the number of elements is not that of the shape.
    pub fn from_storage(shape: &[usize], storage: Storage) -> Array {
        assert_eq!(
            storage.len(),
            shape.iter().product::<usize>(),
            "as many elements as the shape {shape:?} has"
        );
        Array {
            dtype: storage.dtype(),
            storage: Rc::new(RefCell::new(storage)),
            offset: 0,
            shape: Rc::from(shape),
            strides: contiguous_strides(shape).into(),
        }
    }

    /// Zeros.
    pub fn zeros(shape: &[usize], dtype: DType) -> Array {
        Array::from_storage(shape, Storage::zeros(dtype, shape.iter().product()))
    }

    /// One element without axes.
    pub fn scalar<T: Number>(element: T) -> Array {
        Array::from_vec(&[], vec![element])
    }

    /// The lengths of the axes.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The type of the elements.
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// The number of axes.
    pub fn ndim(&self) -> usize {
        self.shape.len()
    }

    /// The number of elements.
    pub fn size(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether the elements lie in C order without gaps.
    pub fn is_contiguous(&self) -> bool {
        self.size() == 0
            || self
                .shape
                .iter()
                .zip(self.strides.iter())
                .rev()
                .try_fold(1_isize, |expected, (&n, &stride)| {
                    if n == 1 {
                        Some(expected)
                    } else if stride == expected {
                        Some(expected * n as isize)
                    } else {
                        None
                    }
                })
                .is_some()
    }

    /// Whether both look at the same memory.
    pub fn shares_storage(&self, other: &Array) -> bool {
        Rc::ptr_eq(&self.storage, &other.storage)
    }

    /// Another look at the same elements. The caller has checked that all positions are inside.
    pub(crate) fn view(
        &self,
        offset: usize,
        shape: impl Into<Rc<[usize]>>,
        strides: impl Into<Rc<[isize]>>,
    ) -> Array {
        Array {
            storage: self.storage.clone(),
            offset,
            shape: shape.into(),
            strides: strides.into(),
            dtype: self.dtype,
        }
    }

    /// The runs of elements in C order.
    pub(crate) fn runs(&self) -> Runs {
        Runs::new(self.offset, &self.shape, &self.strides)
    }

    /// All elements in C order, cast to a number type.
    pub fn to_vec<C: Number>(&self) -> Vec<C> {
        let storage = self.storage.borrow();
        if self.is_contiguous()
            && let Some(same) = C::slice(&storage)
        {
            return same[self.offset..self.offset + self.size()].to_vec();
        }
        let mut out = vec![C::default(); self.size()];
        let mut done = 0;
        let runs = self.runs();
        let length = runs.length;
        runs.for_each(|start| {
            storage.read_run(start, runs.stride, &mut out[done..done + length]);
            done += length;
        });
        out
    }

    /// All elements in C order as float32.
    pub fn to_f32_vec(&self) -> Vec<f32> {
        self.to_vec()
    }

    /// All elements in C order as float64.
    pub fn to_f64_vec(&self) -> Vec<f64> {
        self.to_vec()
    }

    /// All elements in C order as int64 (floats lose their fraction).
    pub fn to_i64_vec(&self) -> Vec<i64> {
        self.to_vec()
    }

    /// All elements in C order as text, as `str` gives them.
    pub fn to_string_vec(&self) -> Vec<Rc<str>> {
        if self.dtype == DType::Str
            && let Storage::Str(v) = self.to_storage()
        {
            return v.into_vec();
        }
        self.items().iter().map(|item| Rc::from(super::scalar::text_of(item))).collect()
    }

    /// All elements in C order, type kept.
    pub(crate) fn to_storage(&self) -> Storage {
        let storage = self.storage.borrow();
        let mut out = Storage::with_capacity(self.dtype, self.size());
        let runs = self.runs();
        runs.for_each(|start| out.extend_run(&storage, start, runs.stride, runs.length));
        out
    }

    /// A copy in C order.
    pub fn copy(&self) -> Array {
        Array::from_storage(&self.shape, self.to_storage())
    }

    /// Itself if it lies in C order, else a copy.
    pub fn contiguous(&self) -> Array {
        if self.is_contiguous() { self.clone() } else { self.copy() }
    }

    /// A copy with another element type; text that is no number is a `ValueError`.
    pub fn cast(&self, dtype: DType) -> PyResult<Array> {
        if dtype == self.dtype {
            return Ok(self.copy());
        }
        if !self.dtype.is_number() || !dtype.is_number() {
            return super::convert::cast_slowly(self, dtype);
        }
        let mut out = Storage::with_capacity(dtype, self.size());
        super::layout::by_class!(super::layout::class_of(dtype), C => {
            super::layout::for_each_chunk::<C>(self, |chunk| out.extend_numbers(chunk));
        });
        Ok(Array::from_storage(&self.shape, out))
    }

    /// Itself if it has this element type, else a cast copy.
    pub fn as_type(&self, dtype: DType) -> PyResult<Array> {
        if dtype == self.dtype { Ok(self.clone()) } else { self.cast(dtype) }
    }

    /// The position in the storage of an index that is inside the shape.
    pub(crate) fn position(&self, index: &[usize]) -> usize {
        let moved: isize =
            index.iter().zip(self.strides.iter()).map(|(&i, &stride)| i as isize * stride).sum();
        (self.offset as isize + moved) as usize
    }

    /// The element at a position of the storage, as a scalar value of the language.
    pub(crate) fn element(&self, position: usize) -> Value {
        super::scalar::from_storage(&self.storage.borrow(), position)
    }

    /// All elements in C order as numpy scalars.
    pub(crate) fn items(&self) -> Vec<Value> {
        let storage = self.storage.borrow();
        let mut out = Vec::with_capacity(self.size());
        let runs = self.runs();
        runs.for_each(|start| {
            for i in 0..runs.length as isize {
                let position = (start + i * runs.stride) as usize;
                out.push(super::scalar::from_storage(&storage, position));
            }
        });
        out
    }

    /// Arrays without axes become numpy scalars, others themselves.
    pub fn to_value(&self) -> Value {
        if self.ndim() == 0 { self.element(self.offset) } else { Value::object(self.clone()) }
    }

    /// The characters that the longest string of the storage has; at least one.
    pub(crate) fn text_width(&self) -> usize {
        match &*self.storage.borrow() {
            Storage::Str(v) => v.iter().map(|s| s.chars().count()).max().unwrap_or(1).max(1),
            _ => 1,
        }
    }

    /// `reshape` with a known shape: a view if the strides allow it, else a copy.
    pub fn reshaped(&self, shape: &[usize]) -> PyResult<Array> {
        if shape.iter().product::<usize>() != self.size() {
            return Err(Exception::value_error(format!(
                "cannot reshape array of size {} into shape {}",
                self.size(),
                super::shape_plain(shape)
            )));
        }
        let source = if self.is_contiguous() {
            self.clone()
        } else if let Some(strides) = super::layout::reshape_strides(self, shape) {
            return Ok(self.view(self.offset, shape, strides));
        } else {
            self.copy()
        };
        Ok(source.view(source.offset, shape, contiguous_strides(shape)))
    }

    /// The axes in another order.
    pub(crate) fn permuted(&self, axes: &[usize]) -> Array {
        let shape: Vec<usize> = axes.iter().map(|&axis| self.shape[axis]).collect();
        let strides: Vec<isize> = axes.iter().map(|&axis| self.strides[axis]).collect();
        self.view(self.offset, shape, strides)
    }

    /// The axes reversed.
    pub(crate) fn transposed(&self) -> Array {
        let axes: Vec<usize> = (0..self.ndim()).rev().collect();
        self.permuted(&axes)
    }

    /// One index of one axis, which is dropped. The index is inside.
    pub(crate) fn at(&self, axis: usize, index: usize) -> Array {
        let offset = self.offset as isize + index as isize * self.strides[axis];
        let mut shape = self.shape.to_vec();
        let mut strides = self.strides.to_vec();
        shape.remove(axis);
        strides.remove(axis);
        self.view(offset as usize, shape, strides)
    }

    /// `start..end` of one axis, which is inside.
    pub(crate) fn span(&self, axis: usize, start: usize, end: usize) -> Array {
        let mut shape = self.shape.to_vec();
        shape[axis] = end - start;
        let moved = if end > start { start as isize * self.strides[axis] } else { 0 };
        self.view((self.offset as isize + moved) as usize, shape, self.strides.clone())
    }

    /// Stretched to a shape with which it broadcasts; a view with strides of zero.
    pub fn broadcast_to(&self, shape: &[usize]) -> PyResult<Array> {
        if *self.shape == *shape {
            return Ok(self.clone());
        }
        let refuse = || {
            Exception::value_error(format!(
                "could not broadcast input array from shape {} into shape {}",
                super::shape_plain(&self.shape),
                super::shape_plain(shape)
            ))
        };
        let extra = shape.len().checked_sub(self.ndim()).ok_or_else(refuse)?;
        let mut strides = vec![0; shape.len()];
        for (i, (&n, &stride)) in self.shape.iter().zip(self.strides.iter()).enumerate() {
            if n == shape[extra + i] {
                strides[extra + i] = stride;
            } else if n != 1 {
                return Err(refuse());
            }
        }
        Ok(self.view(self.offset, shape, strides))
    }

    /// Overwrites the elements with those of `source`, broadcast and cast (any cast).
    pub(crate) fn assign(&self, source: &Array) -> PyResult<()> {
        let source = if source.ndim() > self.ndim() {
            // Leading axes of length one may be dropped in assignments.
            let extra = source.ndim() - self.ndim();
            if source.shape[..extra].iter().any(|&n| n != 1) {
                source.broadcast_to(&self.shape)?
            } else {
                source.view(source.offset, &source.shape[extra..], &source.strides[extra..])
            }
        } else {
            source.clone()
        };
        let source = source.broadcast_to(&self.shape)?;
        let source = if source.dtype != self.dtype
            && !(source.dtype.is_number() && self.dtype.is_number())
        {
            super::convert::cast_slowly(&source, self.dtype)?
        } else if source.shares_storage(self) {
            source.copy()
        } else {
            source
        };
        let runs = self.runs();
        if !self.dtype.is_number() {
            let items = source.to_storage();
            let width = self.text_width();
            let mut storage = self.storage.borrow_mut();
            let mut done = 0;
            match (&mut *storage, items) {
                (Storage::Str(to), Storage::Str(from)) => runs.for_each_position(|position| {
                    to[position] = cut(&from[done], width);
                    done += 1;
                }),
                (Storage::Object(to), Storage::Object(from)) => {
                    runs.for_each_position(|position| {
                        to[position] = from[done].clone();
                        done += 1;
                    });
                }
                _ => {}
            }
            return Ok(());
        }
        let mut storage = self.storage.borrow_mut();
        super::layout::by_class!(super::layout::class_of(self.dtype), C => {
            super::layout::write_chunks::<C>(&mut storage, &runs, &source);
        });
        Ok(())
    }

    /// The only element as `f64`; `None` if there are more, or if it is no number.
    pub fn single(&self) -> Option<f64> {
        if self.size() != 1 || !self.dtype.is_number() {
            return None;
        }
        self.to_f64_vec().first().copied()
    }
}

/// Strings of an array have a fixed width: what is longer is cut, as numpy does.
fn cut(text: &Rc<str>, width: usize) -> Rc<str> {
    match text.char_indices().nth(width) {
        Some((end, _)) => Rc::from(&text[..end]),
        None => text.clone(),
    }
}

impl std::fmt::Debug for Array {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&super::print::repr(self))
    }
}
