//! Order, search, sets: sort, unique, searchsorted, isin, nonzero, take.

use std::cmp::Ordering;
use std::rc::Rc;

use super::arguments::{along, arrays, axis, flag};
use super::array::Array;
use super::dtype::{DType, promote};
use super::fold::{Lanes, from_lanes};
use super::index::nonzero;
use super::layout::{by_class, class_of};
use super::storage::{Number, Storage};
use super::table::{Row, array, numbers, only, row, take};
use crate::runtime::{Exception, PyResult, Value};

pub(crate) const TABLE: &[Row] = &[
    row(
        "sort",
        "a, axis=-1, kind=None, order=None, *, stable=None",
        "A sorted copy; NaN last.",
        |v| {
            let [a, over, ..] = take::<5>(v)?;
            let a = array(&a)?;
            let (source, axis) = along(&a, &over)?;
            Ok(Value::object(sorted(&source, axis)?))
        },
    ),
    row(
        "argsort",
        "a, axis=-1, kind=None, order=None, *, stable=None",
        "The indices that sort; NaN last.",
        |v| {
            let [a, over, ..] = take::<5>(v)?;
            let a = array(&a)?;
            let (source, axis) = along(&a, &over)?;
            Ok(Value::object(sort_order(&source, axis)?))
        },
    ),
    row(
        "lexsort",
        "keys, axis=-1",
        "The indices that sort by several keys, the last first.",
        |v| {
            let [keys, _axis] = take(v)?;
            let keys = arrays(&keys)?;
            let n = keys.first().map_or(0, Array::size);
            if keys.iter().any(|key| key.size() != n || key.ndim() != 1) {
                return Err(Exception::value_error("all keys need to be the same shape"));
            }
            let mut order: Vec<i64> = (0..n as i64).collect();
            for key in &keys {
                let ranks = ranks(key);
                order.sort_by_key(|&i| ranks[i as usize]);
            }
            Ok(Value::object(Array::from_i64(&[n], order)))
        },
    ),
    row(
        "partition",
        "a, kth, axis=-1",
        "Sorted entirely, which is a partition at every place.",
        |v| {
            let [a, _kth, over] = take(v)?;
            let (source, axis) = along(&array(&a)?, &over)?;
            Ok(Value::object(sorted(&source, axis)?))
        },
    ),
    row(
        "argpartition",
        "a, kth, axis=-1",
        "The indices that sort, which is a partition at every place.",
        |v| {
            let [a, _kth, over] = take(v)?;
            let (source, axis) = along(&array(&a)?, &over)?;
            Ok(Value::object(sort_order(&source, axis)?))
        },
    ),
    row(
        "unique",
        "ar, return_index=False, return_inverse=False, return_counts=False, axis=None, *, equal_nan=True, sorted=True",
        "The different elements, sorted.",
        unique,
    ),
    row("unique_values", "x, /", "The different elements, sorted.", |v| {
        let [a] = take(v)?;
        let no = Value::Bool(false);
        unique(vec![
            a,
            no.clone(),
            no.clone(),
            no,
            Value::None,
            Value::Bool(true),
            Value::Bool(true),
        ])
    }),
    row(
        "searchsorted",
        "a, v, side='left', sorter=None",
        "Where elements would be inserted to keep the order.",
        |v| {
            let [a, wanted, side, sorter] = take(v)?;
            only(&sorter, false, "searchsorted(sorter=)", "search in a[sorter]")?;
            let (a, wanted) = (array(&a)?, array(&wanted)?);
            if a.ndim() != 1 {
                return Err(Exception::value_error("object too deep for desired array"));
            }
            let right = side_is_right(&side)?;
            let place = |order: &mut dyn FnMut(usize) -> Ordering| {
                let (mut low, mut high) = (0, a.size());
                while low < high {
                    let middle = usize::midpoint(low, high);
                    let order = order(middle);
                    if order == Ordering::Less || (right && order == Ordering::Equal) {
                        low = middle + 1;
                    } else {
                        high = middle;
                    }
                }
                low as i64
            };
            let places = if a.dtype() == DType::Str || wanted.dtype() == DType::Str {
                let (a, wanted) = (a.to_string_vec(), wanted.to_string_vec());
                wanted.iter().map(|w| place(&mut |i| a[i].cmp(w))).collect()
            } else {
                let (a, wanted) = (a.to_f64_vec(), wanted.to_f64_vec());
                wanted.iter().map(|w| place(&mut |i| number_order(&a[i], w))).collect()
            };
            Ok(Array::from_i64(wanted.shape(), places).to_value())
        },
    ),
    row("digitize", "x, bins, right=False", "The bin of each element.", |v| {
        let [x, bins, right] = take(v)?;
        let (x, bins) = (numbers(&x, "digitize")?, numbers(&bins, "digitize")?.to_f64_vec());
        let right = flag(&right)?;
        let rising = bins.windows(2).all(|w| w[0] <= w[1]);
        let falling = bins.windows(2).all(|w| w[0] >= w[1]);
        if !rising && !falling {
            return Err(Exception::value_error(
                "bins must be monotonically increasing or decreasing",
            ));
        }
        let found = x
            .to_f64_vec()
            .into_iter()
            .map(|x| match (rising, right) {
                (true, false) => bins.partition_point(|&b| b <= x),
                (true, true) => bins.partition_point(|&b| b < x),
                (false, false) => bins.partition_point(|&b| b > x),
                (false, true) => bins.partition_point(|&b| b >= x),
            } as i64)
            .collect();
        Ok(Array::from_i64(x.shape(), found).to_value())
    }),
    row(
        "bincount",
        "x, /, weights=None, minlength=0",
        "How often each number from zero occurs.",
        |v| {
            let [x, weights, least] = take(v)?;
            let x = array(&x)?;
            if x.ndim() != 1 {
                return Err(Exception::value_error("object too deep for desired array"));
            }
            if x.size() > 0 && !(x.dtype().is_integer() || x.dtype() == DType::Bool) {
                return Err(Exception::type_error(format!(
                    "Cannot cast array data from dtype('{}') to dtype('int64') according to the rule \
                 'safe'",
                    x.dtype()
                )));
            }
            let x = x.to_i64_vec();
            if x.iter().any(|&n| n < 0) {
                return Err(Exception::value_error(
                    "'list' argument must have no negative elements",
                ));
            }
            let most = x.iter().max().map_or(0, |&n| n as usize + 1);
            let n = most.max(least.as_int("minlength")?.max(0) as usize);
            super::arguments::check_size(n)?;
            if weights.is_none() {
                let mut counts = vec![0_i64; n];
                x.iter().for_each(|&i| counts[i as usize] += 1);
                return Ok(Value::object(Array::from_i64(&[n], counts)));
            }
            let weights = numbers(&weights, "bincount")?.to_f64_vec();
            if weights.len() != x.len() {
                return Err(Exception::value_error(
                    "The weights and list don't have the same length.",
                ));
            }
            let mut sums = vec![0.0; n];
            x.iter().zip(weights).for_each(|(&i, w)| sums[i as usize] += w);
            Ok(Value::object(Array::from_f64(&[n], sums)))
        },
    ),
    row("nonzero", "a", "The indices of the elements that are not zero.", |v| {
        let [a] = take(v)?;
        nonzero_tuple(&array(&a)?)
    }),
    row("flatnonzero", "a", "The flat indices of the elements that are not zero.", |v| {
        let [a] = take(v)?;
        let a = array(&a)?;
        let found = nonzero(&a.reshaped(&[a.size()])?).swap_remove(0);
        Ok(Value::object(Array::from_i64(&[found.len()], found)))
    }),
    row("argwhere", "a", "The indices of the elements that are not zero, a row each.", |v| {
        let [a] = take(v)?;
        let a = array(&a)?;
        if a.ndim() == 0 {
            let n = usize::from(a.to_vec::<bool>()[0]);
            return Ok(Value::object(Array::zeros(&[n, 0], DType::Int64)));
        }
        let parts = nonzero(&a);
        let n = parts[0].len();
        let rows = (0..n).flat_map(|i| parts.iter().map(move |p| p[i])).collect();
        Ok(Value::object(Array::from_i64(&[n, a.ndim()], rows)))
    }),
    row("take", "a, indices, axis=None, out=None, mode='raise'", "Elements by index.", |v| {
        let [a, indices, over, _out, mode] = take(v)?;
        let (a, indices) = (array(&a)?, array(&indices)?);
        let (source, axis) = along(&a, &over)?;
        let n = source.shape()[axis] as i64;
        let indices = match mode.as_str("mode")?.as_ref() {
            _ if n == 0 => indices,
            "clip" => limited(&indices, |i| i.clamp(0, n - 1)),
            "wrap" => limited(&indices, |i| i.rem_euclid(n)),
            _ => indices,
        };
        if indices.size() > 0 && !indices.dtype().is_integer() && indices.dtype() != DType::Bool {
            return Err(Exception::type_error(format!(
                "Cannot cast array data from dtype('{}') to dtype('int64') according to the rule \
                 'safe'",
                indices.dtype()
            )));
        }
        let indices = indices.as_type(DType::Int64)?;
        Ok(super::shaping::taken(&source, axis, &indices)?.to_value())
    }),
    row("take_along_axis", "arr, indices, axis=-1", "Elements by index, lane by lane.", |v| {
        let [a, indices, over] = take(v)?;
        let (a, indices) = (array(&a)?, array(&indices)?);
        let (source, axis) = along(&a, &over)?;
        let positions = lane_positions(&source, &indices, axis)?;
        let storage = source.storage.borrow().gather(positions.into_iter());
        Ok(Value::object(Array::from_storage(indices.shape(), storage)))
    }),
    row(
        "put_along_axis",
        "arr, indices, values, axis",
        "Sets elements by index, lane by lane.",
        |v| {
            let [a, indices, values, over] = take(v)?;
            let (target, indices) = (array(&a)?, array(&indices)?);
            let axis = axis(&over, target.ndim())?;
            let positions = lane_positions(&target, &indices, axis)?;
            let values = array(&values)?.broadcast_to(indices.shape())?.cast(target.dtype())?;
            let values = values.to_storage();
            let mut storage = target.storage.borrow_mut();
            #[expect(clippy::clone_on_copy, reason = "strings and objects are not Copy")]
            {
                super::storage::on_pair!(&mut *storage, &values, to, from => {
                    let to = to.as_mut_slice();
                    for (i, &position) in positions.iter().enumerate() {
                        to[position] = from[i].clone();
                    }
                }, else ());
            }
            Ok(Value::None)
        },
    ),
    row("choose", "a, choices, mode='raise'", "From the choice that each element names.", |v| {
        let [a, choices, _mode] = take(v)?;
        let (a, choices) = (array(&a)?, arrays(&choices)?);
        let mut shapes: Vec<&[usize]> = choices.iter().map(Array::shape).collect();
        shapes.push(a.shape());
        let shape = super::layout::broadcast_shape(&shapes)?;
        let dtype = choices.iter().map(Array::dtype).reduce(promote).unwrap_or(DType::Float64);
        let wide = choices
            .iter()
            .map(|c| Ok(c.as_type(dtype)?.broadcast_to(&shape)?.to_storage()))
            .collect::<PyResult<Vec<_>>>()?;
        let mut out = Storage::with_capacity(dtype, a.size());
        for (i, choice) in a.broadcast_to(&shape)?.to_i64_vec().into_iter().enumerate() {
            match usize::try_from(choice).ok().and_then(|c| wide.get(c)) {
                Some(from) => out.extend_run(from, i as isize, 1, 1),
                None => return Err(Exception::value_error("invalid entry in choice array")),
            }
        }
        Ok(Array::from_storage(&shape, out).to_value())
    }),
    row("compress", "condition, a, axis=None", "The elements where a condition holds.", |v| {
        let [condition, a, over] = take(v)?;
        let (source, axis) = along(&array(&a)?, &over)?;
        let found = nonzero(&array(&condition)?).swap_remove(0);
        super::shaping::taken(&source, axis, &Array::from_i64(&[found.len()], found))
            .map(Value::object)
    }),
    row("extract", "condition, arr", "The elements where a condition holds.", |v| {
        let [condition, a] = take(v)?;
        let (condition, a) = (array(&condition)?, array(&a)?);
        let found = nonzero(&condition.reshaped(&[condition.size()])?).swap_remove(0);
        let flat = a.reshaped(&[a.size()])?;
        super::shaping::taken(&flat, 0, &Array::from_i64(&[found.len()], found)).map(Value::object)
    }),
    row(
        "isin",
        "element, test_elements, assume_unique=False, invert=False, *, kind=None",
        "Whether elements are among others.",
        |v| {
            let [a, others, _unique, invert, _kind] = take(v)?;
            let (a, others) = (array(&a)?, array(&others)?);
            let flags = membership(&a, &others, flag(&invert)?);
            Ok(Array::from_bool(a.shape(), flags).to_value())
        },
    ),
    row(
        "in1d",
        "ar1, ar2, assume_unique=False, invert=False",
        "Whether elements are among others.",
        |v| {
            let [a, others, _unique, invert] = take(v)?;
            let (a, others) = (array(&a)?, array(&others)?);
            let flags = membership(&a, &others, flag(&invert)?);
            Ok(Value::object(Array::from_bool(&[a.size()], flags)))
        },
    ),
    row(
        "intersect1d",
        "ar1, ar2, assume_unique=False, return_indices=False",
        "What both have, sorted.",
        |v| {
            let [a, b, _unique, indices] = take(v)?;
            only(
                &indices,
                !flag(&indices)?,
                "intersect1d(return_indices=True)",
                "use np.isin and np.nonzero",
            )?;
            let (a, b) = (array(&a)?, array(&b)?);
            let keep = membership(&a, &b, false);
            chosen_unique(&a, &b, &keep)
        },
    ),
    row("setdiff1d", "ar1, ar2, assume_unique=False", "What only the first has, sorted.", |v| {
        let [a, b, _unique] = take(v)?;
        let (a, b) = (array(&a)?, array(&b)?);
        let keep = membership(&a, &b, true);
        chosen_unique(&a, &a, &keep)
    }),
    row("union1d", "ar1, ar2", "What either has, sorted.", |v| {
        let [a, b] = take(v)?;
        union(&array(&a)?, &array(&b)?)
    }),
    row("setxor1d", "ar1, ar2, assume_unique=False", "What exactly one has, sorted.", |v| {
        let [a, b, _unique] = take(v)?;
        let (a, b) = (array(&a)?, array(&b)?);
        let only_a = chosen_unique(&a, &a, &membership(&a, &b, true))?;
        let only_b = chosen_unique(&b, &b, &membership(&b, &a, true))?;
        union(&array(&only_a)?, &array(&only_b)?)
    }),
    row("trim_zeros", "filt, trim='fb'", "Without the zeros at the ends.", |v| {
        let [a, trim] = take(v)?;
        let a = array(&a)?;
        let trim = trim.as_str("trim")?.to_lowercase();
        let flags = a.to_vec::<bool>();
        let first = flags.iter().position(|&f| f).unwrap_or(flags.len());
        let last = flags.iter().rposition(|&f| f).map_or(first, |i| i + 1);
        let start = if trim.contains('f') { first } else { 0 };
        let end = if trim.contains('b') { last } else { flags.len() };
        Ok(Value::object(a.reshaped(&[a.size()])?.span(0, start.min(end), end)))
    }),
];

fn side_is_right(side: &Value) -> PyResult<bool> {
    match side.as_str("side")?.as_ref() {
        "left" => Ok(false),
        "right" => Ok(true),
        other => Err(Exception::value_error(format!(
            "search side must be 'left' or 'right' (got '{other}')"
        ))),
    }
}

fn limited(indices: &Array, f: impl Fn(i64) -> i64) -> Array {
    let numbers = indices.to_i64_vec().into_iter().map(f).collect();
    Array::from_i64(indices.shape(), numbers)
}

/// The tuple that `np.nonzero` and `np.where` give.
pub(crate) fn nonzero_tuple(a: &Array) -> PyResult<Value> {
    if a.ndim() == 0 {
        return Err(Exception::value_error(
            "Calling nonzero on 0d arrays is not allowed. Use np.atleast_1d(scalar).nonzero() \
             instead.",
        ));
    }
    let parts = if a.dtype().is_number() { nonzero(a) } else { nonzero(&a.cast(DType::Bool)?) };
    let arrays = parts.into_iter().map(|p| Value::object(Array::from_i64(&[p.len()], p)));
    Ok(Value::tuple(arrays.collect()))
}

/// Ascending, with NaN behind everything.
pub(crate) fn number_order<C: Number>(a: &C, b: &C) -> Ordering {
    #[expect(clippy::eq_op, reason = "a NaN is what does not equal itself")]
    a.partial_cmp(b).unwrap_or_else(|| (a != a).cmp(&(b != b)))
}

/// A copy sorted along an axis.
pub(crate) fn sorted(a: &Array, axis: usize) -> PyResult<Array> {
    match a.dtype() {
        DType::Str => {
            let order = sort_order(a, axis)?;
            let positions = lane_positions(a, &order, axis)?;
            let storage = a.storage.borrow().gather(positions.into_iter());
            Ok(Array::from_storage(a.shape(), storage))
        }
        DType::Object => Err(Exception::type_error(
            "sorting an array of objects is not in kerai's numpy; sorted(x.tolist()) sorts them",
        )),
        dtype => Ok(by_class!(class_of(dtype), C => {
            let mut lanes = Lanes::<C>::new(a, axis);
            lanes.iter_mut().for_each(|lane| lane.sort_unstable_by(number_order));
            let mut out = Storage::with_capacity(dtype, a.size());
            out.extend_numbers(&lanes.numbers);
            from_lanes(out, &lanes.rest, lanes.length, axis)
        })),
    }
}

/// Ranks of the elements of a row, for sorting by several keys.
fn ranks(a: &Array) -> Vec<usize> {
    let order = sort_order(a, 0).map(|order| order.to_i64_vec()).unwrap_or_default();
    let texts = (a.dtype() == DType::Str).then(|| a.to_string_vec());
    let numbers = a.to_f64_vec();
    let same = |i: usize, j: usize| match &texts {
        Some(texts) => texts[i] == texts[j],
        None => numbers[i] == numbers[j],
    };
    let mut ranks = vec![0; order.len()];
    let mut rank = 0;
    for (n, &i) in order.iter().enumerate() {
        if n > 0 && !same(order[n - 1] as usize, i as usize) {
            rank += 1;
        }
        ranks[i as usize] = rank;
    }
    ranks
}

/// The indices that sort along an axis; equal elements keep their order.
pub(crate) fn sort_order(a: &Array, axis: usize) -> PyResult<Array> {
    fn order<T>(lane: &[T], compare: impl Fn(&T, &T) -> Ordering) -> Vec<i64> {
        let mut order: Vec<i64> = (0..lane.len() as i64).collect();
        order.sort_by(|&i, &j| compare(&lane[i as usize], &lane[j as usize]));
        order
    }
    let mut out = Vec::with_capacity(a.size());
    let rest: Vec<usize> =
        (0..a.ndim()).filter(|&other| other != axis).map(|axis| a.shape()[axis]).collect();
    match a.dtype() {
        DType::Object => {
            return Err(Exception::type_error(
                "sorting an array of objects is not in kerai's numpy; sorted(x.tolist()) sorts them",
            ));
        }
        DType::Str => {
            let mut axes: Vec<usize> = (0..a.ndim()).filter(|&other| other != axis).collect();
            axes.push(axis);
            let texts = a.permuted(&axes).to_string_vec();
            for lane in texts.chunks_exact(a.shape()[axis].max(1)) {
                out.extend(order(lane, Rc::cmp));
            }
        }
        dtype => by_class!(class_of(dtype), C => {
            let lanes = Lanes::<C>::new(a, axis);
            if lanes.length > 0 {
                lanes.iter().for_each(|lane| out.extend(order(lane, number_order)));
            }
        }),
    }
    Ok(from_lanes(Storage::Int64(out.into()), &rest, a.shape()[axis], axis))
}

/// Positions in the storage that indices name along an axis.
fn lane_positions(a: &Array, indices: &Array, axis: usize) -> PyResult<Vec<usize>> {
    if indices.ndim() != a.ndim() {
        return Err(Exception::value_error(
            "`indices` and `arr` must have the same number of dimensions",
        ));
    }
    if !indices.dtype().is_integer() {
        return Err(Exception::index_error("`indices` must be an integer array"));
    }
    let n = a.shape()[axis];
    let mut positions = Vec::with_capacity(indices.size());
    let mut index = vec![0_usize; a.ndim()];
    for i in indices.to_i64_vec() {
        let mut place = index.clone();
        place[axis] = super::index::position(i, n, axis)?;
        for (other, at) in place.iter_mut().enumerate() {
            if *at >= a.shape()[other] {
                // Axes of length one broadcast.
                if a.shape()[other] == 1 {
                    *at = 0;
                } else {
                    return Err(Exception::index_error(
                        "shape mismatch: indexing arrays could not be broadcast together",
                    ));
                }
            }
        }
        positions.push(a.position(&place));
        for other in (0..a.ndim()).rev() {
            index[other] += 1;
            if index[other] < indices.shape()[other] {
                break;
            }
            index[other] = 0;
        }
    }
    Ok(positions)
}

fn unique(v: Vec<Value>) -> PyResult<Value> {
    let [a, with_index, with_inverse, with_counts, over, equal_nan, _sorted] = take(v)?;
    let a = array(&a)?;
    let (with_index, with_inverse) = (flag(&with_index)?, flag(&with_inverse)?);
    let with_counts = flag(&with_counts)?;
    let equal_nan = flag(&equal_nan)?;
    // Rows to compare: single elements, or the slices along an axis.
    let (groups, order, starts);
    let values;
    if over.is_none() {
        let flat = a.reshaped(&[a.size()])?;
        let sort = sort_order(&flat, 0)?.to_i64_vec();
        starts = distinct(&flat, &sort, equal_nan);
        let first: Vec<i64> = starts.iter().map(|&i| sort[i]).collect();
        values = super::shaping::taken(&flat, 0, &Array::from_i64(&[first.len()], first))?;
        groups = flat.size();
        order = sort;
    } else {
        let axis = axis(&over, a.ndim())?;
        let n = a.shape()[axis];
        let rows: Vec<Vec<f64>> = (0..n).map(|i| a.at(axis, i).to_f64_vec()).collect();
        let compare = |x: &[f64], y: &[f64]| {
            x.iter().zip(y).map(|(x, y)| number_order(x, y)).find(|o| o.is_ne())
        };
        let mut sort: Vec<i64> = (0..n as i64).collect();
        sort.sort_by(|&i, &j| {
            compare(&rows[i as usize], &rows[j as usize]).unwrap_or(Ordering::Equal)
        });
        starts = (0..n)
            .filter(|&i| i == 0 || rows[sort[i] as usize] != rows[sort[i - 1] as usize])
            .collect::<Vec<usize>>();
        let first: Vec<i64> = starts.iter().map(|&i| sort[i]).collect();
        values = super::shaping::taken(&a, axis, &Array::from_i64(&[first.len()], first))?;
        groups = n;
        order = sort;
    }
    if !with_index && !with_inverse && !with_counts {
        return Ok(Value::object(values));
    }
    let mut out = vec![Value::object(values)];
    let count = starts.len();
    if with_index {
        let first = starts.iter().map(|&i| order[i]).collect();
        out.push(Value::object(Array::from_i64(&[count], first)));
    }
    if with_inverse {
        let mut inverse = vec![0_i64; groups];
        let mut group = -1;
        let mut next = starts.iter().peekable();
        for (i, &place) in order.iter().enumerate() {
            if next.next_if(|&&start| start == i).is_some() {
                group += 1;
            }
            inverse[place as usize] = group;
        }
        let shape = if over.is_none() { a.shape().to_vec() } else { vec![groups] };
        out.push(Value::object(Array::from_i64(&shape, inverse)));
    }
    if with_counts {
        let ends = starts.iter().skip(1).copied().chain([groups]);
        let counts = starts.iter().zip(ends).map(|(&start, end)| (end - start) as i64).collect();
        out.push(Value::object(Array::from_i64(&[count], counts)));
    }
    Ok(Value::tuple(out))
}

/// Where, in sorted order, each new element starts.
fn distinct(flat: &Array, sort: &[i64], equal_nan: bool) -> Vec<usize> {
    let differs: Box<dyn Fn(usize, usize) -> bool> = match flat.dtype() {
        DType::Str => {
            let texts = flat.to_string_vec();
            Box::new(move |i, j| texts[i] != texts[j])
        }
        DType::UInt64 => {
            let numbers = flat.to_vec::<u64>();
            Box::new(move |i, j| numbers[i] != numbers[j])
        }
        dtype if dtype.is_float() => {
            let numbers = flat.to_f64_vec();
            Box::new(move |i, j| {
                let both_nan = numbers[i].is_nan() && numbers[j].is_nan();
                numbers[i] != numbers[j] && !(equal_nan && both_nan)
            })
        }
        _ => {
            let numbers = flat.to_i64_vec();
            Box::new(move |i, j| numbers[i] != numbers[j])
        }
    };
    (0..sort.len()).filter(|&i| i == 0 || differs(sort[i] as usize, sort[i - 1] as usize)).collect()
}

/// Whether each element is among the others.
fn membership(a: &Array, others: &Array, invert: bool) -> Vec<bool> {
    if a.dtype() == DType::Str || others.dtype() == DType::Str {
        let mut others = others.to_string_vec();
        others.sort();
        let texts = a.to_string_vec();
        return texts.iter().map(|t| others.binary_search(t).is_ok() != invert).collect();
    }
    let mut others = others.to_f64_vec();
    others.sort_unstable_by(number_order);
    let found = |x: &f64| !x.is_nan() && others.binary_search_by(|o| number_order(o, x)).is_ok();
    a.to_f64_vec().iter().map(|x| found(x) != invert).collect()
}

/// The unique elements among those that are kept.
fn chosen_unique(a: &Array, b: &Array, keep: &[bool]) -> PyResult<Value> {
    let flat = a.reshaped(&[a.size()])?.as_type(promote(a.dtype(), b.dtype()))?;
    let index: Vec<i64> =
        keep.iter().enumerate().filter(|(_, keep)| **keep).map(|(i, _)| i as i64).collect();
    let kept = super::shaping::taken(&flat, 0, &Array::from_i64(&[index.len()], index))?;
    plain_unique(kept)
}

fn plain_unique(a: Array) -> PyResult<Value> {
    let no = || Value::Bool(false);
    unique(vec![Value::object(a), no(), no(), no(), Value::None, Value::Bool(true), no()])
}

fn union(a: &Array, b: &Array) -> PyResult<Value> {
    let parts = [a.reshaped(&[a.size()])?, b.reshaped(&[b.size()])?];
    plain_unique(super::joining::concatenate(&parts, 0, None)?)
}
