//! Where elements lie: strides, runs of equally spaced elements, broadcasting, and passes over arrays chunk by chunk.

use super::array::Array;
use super::dtype::DType;
use super::storage::{Number, Storage};
use crate::runtime::{Exception, PyResult};

/// Elements per chunk: small enough for the first-level cache with three operands.
pub(crate) const CHUNK: usize = 1024;

/// The strides of C order.
pub(crate) fn contiguous_strides(shape: &[usize]) -> Vec<isize> {
    let mut strides = vec![1_isize; shape.len()];
    for axis in (0..shape.len().saturating_sub(1)).rev() {
        strides[axis] = strides[axis + 1] * shape[axis + 1].max(1) as isize;
    }
    strides
}

/// A shape as outer positions and an inner run of equally spaced elements, in C order.
pub(crate) struct Runs {
    outer: Vec<(usize, isize)>,
    offset: isize,
    /// Elements per run.
    pub(crate) length: usize,
    /// Distance of neighbours in a run.
    pub(crate) stride: isize,
    empty: bool,
}

impl Runs {
    pub(crate) fn new(offset: usize, shape: &[usize], strides: &[isize]) -> Runs {
        // Neighbouring axes that continue each other become one.
        let mut axes: Vec<(usize, isize)> = Vec::with_capacity(shape.len());
        for (&n, &stride) in shape.iter().zip(strides) {
            if n == 1 {
                continue;
            }
            match axes.last_mut() {
                Some(last) if last.1 == stride * n as isize => {
                    last.0 *= n;
                    last.1 = stride;
                }
                _ => axes.push((n, stride)),
            }
        }
        let empty = shape.contains(&0);
        let (length, stride) = axes.pop().unwrap_or((1, 1));
        Runs { outer: axes, offset: offset as isize, length, stride, empty }
    }

    /// Calls with the start of each run.
    pub(crate) fn for_each(&self, mut f: impl FnMut(isize)) {
        if self.empty {
            return;
        }
        let mut index = vec![0; self.outer.len()];
        let mut position = self.offset;
        loop {
            f(position);
            if !self.advance(&mut index, &mut position) {
                return;
            }
        }
    }

    /// Calls with the position of each element.
    pub(crate) fn for_each_position(&self, mut f: impl FnMut(usize)) {
        self.for_each(|start| {
            for i in 0..self.length as isize {
                f((start + i * self.stride) as usize);
            }
        });
    }

    /// As [`Runs::for_each_position`], moved by `base`, which may undo an offset.
    pub(crate) fn for_each_position_from(&self, base: isize, mut f: impl FnMut(usize)) {
        self.for_each(|start| {
            for i in 0..self.length as isize {
                f((base + start + i * self.stride) as usize);
            }
        });
    }

    fn advance(&self, index: &mut [usize], position: &mut isize) -> bool {
        for axis in (0..self.outer.len()).rev() {
            let (n, stride) = self.outer[axis];
            index[axis] += 1;
            *position += stride;
            if index[axis] < n {
                return true;
            }
            *position -= stride * n as isize;
            index[axis] = 0;
        }
        false
    }
}

/// Walks the runs and hands out pieces of any size.
pub(crate) struct Reader<'a> {
    storage: &'a Storage,
    runs: Runs,
    index: Vec<usize>,
    position: isize,
    in_run: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(storage: &'a Storage, array: &Array) -> Reader<'a> {
        let runs = array.runs();
        Reader { storage, index: vec![0; runs.outer.len()], position: runs.offset, runs, in_run: 0 }
    }

    /// Whether every element is the same one.
    pub(crate) fn is_constant(&self) -> bool {
        (self.runs.stride == 0 || self.runs.length == 1) && self.runs.outer.is_empty()
    }

    /// The next elements in C order. There must be as many.
    pub(crate) fn fill<C: Number>(&mut self, out: &mut [C]) {
        let mut done = 0;
        while done < out.len() {
            let n = (self.runs.length - self.in_run).min(out.len() - done);
            let start = self.position + self.in_run as isize * self.runs.stride;
            self.storage.read_run(start, self.runs.stride, &mut out[done..done + n]);
            done += n;
            self.in_run += n;
            if self.in_run == self.runs.length {
                self.in_run = 0;
                if !self.runs.advance(&mut self.index, &mut self.position) {
                    return;
                }
            }
        }
    }
}

/// The types in which is calculated; every element type belongs to one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Class {
    Bool,
    Int,
    Unsigned,
    Single,
    Double,
}

pub(crate) fn class_of(dtype: DType) -> Class {
    match dtype {
        DType::Bool => Class::Bool,
        DType::UInt64 => Class::Unsigned,
        DType::Float16 | DType::BFloat16 | DType::Float32 => Class::Single,
        DType::Float64 => Class::Double,
        _ => Class::Int,
    }
}

/// Runs generic code with the Rust type of a class.
macro_rules! by_class {
    ($class:expr, $C:ident => $body:expr) => {{
        use $crate::modules::numpy::layout::Class as K;
        match $class {
            K::Bool => {
                type $C = bool;
                $body
            }
            K::Int => {
                type $C = i64;
                $body
            }
            K::Unsigned => {
                type $C = u64;
                $body
            }
            K::Single => {
                type $C = f32;
                $body
            }
            K::Double => {
                type $C = f64;
                $body
            }
        }
    }};
}
pub(crate) use by_class;

/// Passes over the elements in C order as numbers of type `C`, at most [`CHUNK`] at a time.
pub(crate) fn for_each_chunk<C: Number>(array: &Array, mut f: impl FnMut(&[C])) {
    let storage = array.storage.borrow();
    let size = array.size();
    if array.is_contiguous()
        && let Some(same) = C::slice(&storage)
    {
        if size > 0 {
            same[array.offset..array.offset + size].chunks(CHUNK).for_each(f);
        }
        return;
    }
    let mut reader = Reader::new(&storage, array);
    let mut buffer = vec![C::default(); CHUNK.min(size)];
    let mut left = size;
    while left > 0 {
        let n = left.min(CHUNK);
        reader.fill(&mut buffer[..n]);
        f(&buffer[..n]);
        left -= n;
    }
}

/// Writes the elements of `source`, which has as many, over the runs. The two storages differ.
pub(crate) fn write_chunks<C: Number>(storage: &mut Storage, runs: &Runs, source: &Array) {
    let from = source.storage.borrow();
    let mut reader = Reader::new(&from, source);
    let mut buffer = vec![C::default(); CHUNK.min(runs.length.max(1))];
    let constant = reader.is_constant();
    if constant && source.size() > 0 {
        reader.fill(&mut buffer);
    }
    runs.for_each(|start| {
        let mut done = 0;
        while done < runs.length {
            let n = (runs.length - done).min(CHUNK);
            if !constant {
                reader.fill(&mut buffer[..n]);
            }
            storage.write_run(start + done as isize * runs.stride, runs.stride, &buffer[..n]);
            done += n;
        }
    });
}

/// The shape to which all broadcast.
pub(crate) fn broadcast_shape(shapes: &[&[usize]]) -> PyResult<Vec<usize>> {
    let ndim = shapes.iter().map(|s| s.len()).max().unwrap_or(0);
    let mut out = vec![1; ndim];
    for shape in shapes {
        let extra = ndim - shape.len();
        for (i, &n) in shape.iter().enumerate() {
            let o = &mut out[extra + i];
            if *o == n || n == 1 {
                continue;
            }
            if *o != 1 {
                let texts: Vec<String> = shapes.iter().map(|s| super::shape_plain(s)).collect();
                return Err(Exception::value_error(format!(
                    "operands could not be broadcast together with shapes {} ",
                    texts.join(" ")
                )));
            }
            *o = n;
        }
    }
    Ok(out)
}

/// The strides with which a strided array can be seen in another shape without copying.
pub(crate) fn reshape_strides(array: &Array, shape: &[usize]) -> Option<Vec<isize>> {
    if array.size() == 0 {
        return None;
    }
    let mut old: Vec<(usize, isize)> = Vec::new();
    for (&n, &stride) in array.shape.iter().zip(array.strides.iter()) {
        if n == 1 {
            continue;
        }
        match old.last_mut() {
            Some(last) if last.1 == stride * n as isize => *last = (last.0 * n, stride),
            _ => old.push((n, stride)),
        }
    }
    // Each merged old axis must be cut exactly by consecutive new axes.
    let mut strides = vec![0; shape.len()];
    let mut axis = shape.len();
    for &(n, stride) in old.iter().rev() {
        let mut covered = 1;
        while covered < n {
            axis = axis.checked_sub(1)?;
            strides[axis] = stride * covered as isize;
            covered *= shape[axis];
        }
        if covered != n {
            return None;
        }
    }
    Some(strides)
}

/// An axis given by a user, from the end if negative.
pub(crate) fn check_axis(axis: i64, ndim: usize) -> PyResult<usize> {
    let n = ndim as i64;
    if axis < -n || axis >= n {
        return Err(Exception::new(
            "AxisError",
            format!("axis {axis} is out of bounds for array of dimension {ndim}"),
        ));
    }
    Ok(axis.rem_euclid(n) as usize)
}
