//! The rows of the table: shapes, indices, creation, sorting, crossentropies.

use super::entries::{row, tensor, truth, unary};
use super::table::{OpArgs, OpEntry, OpResult, filled, typed};
use crate::config::{Arg, Field};
use crate::error::{Error, Result};
use crate::ops::{self, Border, Index};
use crate::tensor::Tensor;
use candle_core::DType;

fn convert(args: &OpArgs) -> Result<OpResult> {
    let x = args.tensor("x")?;
    let is_bool = matches!(args.arg("x"), Ok(Some(Arg::Bool(_))));
    match args.dtype("dtype")? {
        None if is_bool => Ok(OpResult::Truth(x)),
        dtype => typed(x, dtype),
    }
}

/// `pad_width` as Keras and TensorFlow write it: a number, a pair, or a pair per axis.
fn widths(args: &OpArgs, rank: usize) -> Result<Vec<(usize, usize)>> {
    let refuse = || {
        Error::value("the widths are a number, a pair, or a pair for each axis")
            .expected("((before, after), (before, after), ...)")
    };
    let count = |arg: &Arg| -> Result<usize> {
        usize::try_from(i64::parse(arg)?).map_err(|_| refuse().received(arg.describe()))
    };
    let pair = |arg: &Arg| -> Result<(usize, usize)> {
        match arg {
            Arg::List(items) if items.len() == 2 => Ok((count(&items[0])?, count(&items[1])?)),
            Arg::List(items) if items.len() == 1 => Ok((count(&items[0])?, count(&items[0])?)),
            Arg::Int(_) => Ok((count(arg)?, count(arg)?)),
            other => Err(refuse().received(other.describe())),
        }
    };
    match args.arg("pad_width")? {
        Some(Arg::List(items)) if items.iter().any(|item| matches!(item, Arg::List(_))) => {
            let pairs = items.iter().map(pair).collect::<Result<Vec<_>>>()?;
            Ok(if pairs.len() == 1 { vec![pairs[0]; rank] } else { pairs })
        }
        Some(one) => Ok(vec![pair(&one)?; rank]),
        None => Err(refuse()),
    }
}

fn padded(args: &OpArgs) -> Result<OpResult> {
    let x = args.tensor("x")?;
    let border = match args.text("mode", "constant")?.to_lowercase().as_str() {
        "constant" => Border::Constant(args.float("constant_values", 0.0)?),
        "reflect" => Border::Reflect,
        "symmetric" => Border::Symmetric,
        "edge" => Border::Edge,
        other => {
            return Err(Error::value("pad knows no such mode")
                .received(format!("{other:?}"))
                .expected("\"constant\", \"reflect\", \"symmetric\" or \"edge\""));
        }
    };
    tensor(ops::pad(&x, &widths(args, x.shape().len())?, border))
}

fn pieces(args: &OpArgs, nearly: bool) -> Result<OpResult> {
    let (x, axis) = (args.tensor("x")?, args.int("axis", 0)?);
    let size = x.shape()[ops::shape::axis_of(axis, x.shape())?];
    Ok(OpResult::Tensors(match args.arg("indices_or_sections")? {
        Some(Arg::Int(count)) => {
            let count = usize::try_from(count).unwrap_or(0);
            if nearly && count > 0 {
                let (step, more) = (size / count, size % count);
                let cuts: Vec<usize> = (1..count).map(|i| i * step + i.min(more)).collect();
                ops::split_at(&x, &cuts, axis)?
            } else {
                ops::split(&x, count, axis)?
            }
        }
        _ => ops::split_at(&x, &args.sizes("indices_or_sections")?, axis)?,
    }))
}

fn split_sizes(args: &OpArgs) -> Result<OpResult> {
    let (x, axis) = (args.tensor("value")?, args.int("axis", 0)?);
    if let Some(Arg::Int(count)) = args.arg("num_or_size_splits")? {
        return Ok(OpResult::Tensors(ops::split(&x, usize::try_from(count).unwrap_or(0), axis)?));
    }
    let size = x.shape()[ops::shape::axis_of(axis, x.shape())?];
    let sizes = ops::shape::fill_sum(size, &args.ints("num_or_size_splits")?)?;
    let mut at = 0;
    let cuts: Vec<usize> = sizes[..sizes.len().saturating_sub(1)]
        .iter()
        .map(|size| {
            at += size;
            at
        })
        .collect();
    Ok(OpResult::Tensors(ops::split_at(&x, &cuts, axis)?))
}

fn range(args: &OpArgs) -> Result<OpResult> {
    let numbers = [args.arg("start")?, args.arg("stop")?, args.arg("step")?];
    let is_float = numbers.iter().any(|arg| matches!(arg, Some(Arg::Float(_))));
    let (start, stop) = match args.has("stop") {
        true => (args.float("start", 0.0)?, args.float("stop", 0.0)?),
        false => (0.0, args.float("start", 0.0)?),
    };
    let default = if is_float { DType::F32 } else { DType::I32 };
    let dtype = args.dtype("dtype")?.map_or(default, |(dtype, _)| dtype);
    tensor(ops::arange(start, stop, args.float("step", 1.0)?, dtype))
}

fn chosen(args: &OpArgs) -> Result<OpResult> {
    let condition = args.tensor("condition")?;
    if args.has("x1") {
        let (a, b) = args.pair("x1", "x2")?;
        return tensor(ops::where_(&condition, &a, &b));
    }
    Ok(OpResult::Tensors(nonzero(&condition)?))
}

/// The places of what is not 0, one tensor per axis.
fn nonzero(x: &Tensor) -> Result<Vec<Tensor>> {
    let values = x.array().to_dtype(DType::F64)?.flatten_all()?.to_vec1::<f64>()?;
    let mut places = vec![Vec::new(); x.shape().len()];
    for (i, value) in values.iter().enumerate() {
        if *value != 0.0 {
            let mut rest = i;
            for axis in (0..x.shape().len()).rev() {
                places[axis].push(i32::try_from(rest % x.shape()[axis]).unwrap_or(i32::MAX));
                rest /= x.shape()[axis];
            }
        }
    }
    places
        .into_iter()
        .map(|places| {
            let n = places.len();
            Tensor::from_vec(places, &[n])
        })
        .collect()
}

fn full_of(args: &OpArgs, shape: &[usize], value: f64, like: Option<DType>) -> Result<OpResult> {
    let dtype = args.dtype("dtype")?.or(like.map(|dtype| (dtype, false)));
    filled(shape, value, dtype)
}

fn shape_arg(shape: &[usize]) -> Arg {
    Arg::List(shape.iter().map(|size| Arg::Int(i64::try_from(*size).unwrap_or(i64::MAX))).collect())
}

/// What stands between the brackets of `x[...]`, as a config holds it.
fn index_of(key: Arg) -> Result<Vec<Index>> {
    let refuse = |arg: &Arg| {
        Error::type_error("this cannot stand between the brackets of a tensor")
            .received(arg.describe())
            .expected("integers, slices, ... and None")
    };
    let part = |arg: &Arg| -> Result<Index> {
        let class = match arg.get("class_name") {
            Some(Arg::Str(class)) => class.as_str(),
            _ => "",
        };
        let bound = |name: &str| -> Result<Option<i64>> {
            let found = arg.get("config").and_then(|config| config.get(name));
            <Option<i64>>::parse(found.unwrap_or(&Arg::None))
        };
        match (arg, class) {
            (Arg::None, _) => Ok(Index::NewAxis),
            (Arg::Int(place), _) => Ok(Index::At(*place)),
            (_, "__ellipsis__" | "ellipsis") => Ok(Index::Ellipsis),
            (_, "__slice__" | "slice") => {
                Ok(Index::Range(bound("start")?, bound("stop")?, bound("step")?))
            }
            (Arg::List(places), _) => {
                let places = places.iter().map(i64::parse).collect::<Result<Vec<_>>>()?;
                let count = places.len();
                Ok(Index::Places(Tensor::from_vec(places, &[count])?))
            }
            _ => Err(refuse(arg)),
        }
    };
    match &key {
        Arg::List(parts) => parts.iter().map(part).collect(),
        one => Ok(vec![part(one)?]),
    }
}

fn triangle(args: &OpArgs, lower: bool) -> Result<OpResult> {
    let (x, k) = (args.tensor("x")?, args.int("k", 0)?);
    tensor(ops::keep_band(&x, |offset| if lower { offset <= k } else { offset >= k }))
}

/// Shapes, indices, creation, sorting and crossentropies.
pub(super) static MORE: &[OpEntry] = &[
    row!("convert_to_tensor" ["array", "constant"], "x, dtype=None, shape=None", "A tensor of these numbers.", |args| {
        match args.has("shape") {
            true => {
                let x = args.tensor("x")?;
                let shape = args.sizes("shape")?;
                let x = if x.array().elem_count() == 1 { ops::broadcast_to(&ops::reshape(&x, &[])?, &shape)? } else { ops::reshape(&x, &shape)? };
                typed(x, args.dtype("dtype")?)
            }
            false => convert(args),
        }
    }),
    row!(
        "cast"["saturate_cast"],
        "x, dtype",
        "The same numbers in another element type.",
        |args| convert(args)
    ),
    row!("stop_gradient" [], "variable", "The same values, through which no gradient goes.", |args| tensor(Ok(args.tensor("variable")?.detach()))),
    row!("shape" [], "x", "The sizes of all axes.", |args| Ok(OpResult::Arg(shape_arg(args.tensor("x")?.shape())))),
    row!("ndim"["rank"], "x", "The number of axes.", |args| Ok(OpResult::Arg(Arg::Int(
        i64::try_from(args.tensor("x")?.shape().len()).unwrap_or(0)
    )))),
    row!("size" [], "x", "The number of elements.", |args| Ok(OpResult::Arg(Arg::Int(i64::try_from(args.tensor("x")?.array().elem_count()).unwrap_or(i64::MAX))))),
    row!("reshape" [], "x, newshape", "The same values in another shape; one size may be -1.", |args| {
        tensor(ops::reshape_to(&args.tensor("x")?, &args.ints("newshape")?))
    }),
    unary!("ravel" [], "All values in one row.", |x: &Tensor| ops::reshape_to(x, &[-1])),
    row!("transpose" [], "x, axes=None", "Axes in another order; reversed by default.", |args| {
        tensor(ops::transpose(&args.tensor("x")?, args.axes("axes")?.as_deref()))
    }),
    row!("swapaxes" [], "x, axis1, axis2", "Two axes exchanged.", |args| {
        let x = args.tensor("x")?;
        let axis = |name| ops::shape::axis_of(args.int(name, 0)?, x.shape());
        tensor(ops::shape::swap(&x, axis("axis1")?, axis("axis2")?))
    }),
    row!("moveaxis" [], "x, source, destination", "Axes moved to other places.", |args| {
        let x = args.tensor("x")?;
        let places = |name| -> Result<Vec<usize>> {
            args.ints(name)?.into_iter().map(|axis| ops::shape::axis_of(axis, x.shape())).collect()
        };
        let (from, to) = (places("source")?, places("destination")?);
        let mut order: Vec<usize> = (0..x.shape().len()).filter(|axis| !from.contains(axis)).collect();
        let mut moves: Vec<(usize, usize)> = to.into_iter().zip(from).collect();
        moves.sort_unstable();
        for (to, from) in moves {
            order.insert(to.min(order.len()), from);
        }
        tensor(ops::permute(&x, &order))
    }),
    row!("expand_dims" [], "x, axis", "A new axis of size 1.", |args| tensor(ops::expand_dims(&args.tensor("x")?, args.int("axis", 0)?))),
    row!("squeeze" [], "x, axis=None", "Without axes of size 1.", |args| tensor(ops::squeeze(&args.tensor("x")?, args.axes("axis")?.as_deref()))),
    row!("broadcast_to" [], "x, shape", "Repeated to a shape.", |args| tensor(ops::broadcast_to(&args.tensor("x")?, &args.sizes("shape")?))),
    row!("concatenate"["concat"], "xs, axis=0", "Tensors one behind the other.", |args| tensor(
        ops::concatenate(&args.tensors("xs")?, args.int("axis", 0)?)
    )),
    row!("stack" [], "x, axis=0", "Tensors along a new axis.", |args| tensor(ops::stack(&args.tensors("x")?, args.int("axis", 0)?))),
    row!("vstack" [], "xs", "Tensors below each other.", |args| {
        let rows = |x: Tensor| if x.shape().len() < 2 { ops::reshape_to(&x, &[1, -1]) } else { Ok(x) };
        tensor(ops::concatenate(&args.tensors("xs")?.into_iter().map(rows).collect::<Result<Vec<_>>>()?, 0))
    }),
    row!("hstack" [], "xs", "Tensors beside each other.", |args| {
        let xs = args.tensors("xs")?;
        let axis = i64::from(xs.first().is_some_and(|x| x.shape().len() > 1));
        tensor(ops::concatenate(&xs, axis))
    }),
    row!("split" [], "x, indices_or_sections, axis=0", "Equal pieces of an axis, or cut at places.", |args| pieces(args, false)),
    row!("array_split" [], "x, indices_or_sections, axis=0", "Nearly equal pieces of an axis.", |args| pieces(args, true)),
    row!("tf.split" [], "value, num_or_size_splits, axis=0", "Equal pieces of an axis, or of these sizes.", |args| split_sizes(args)),
    row!("unstack" [], "x, num=None, axis=0", "The slices of an axis.", |args| Ok(OpResult::Tensors(ops::unstack(&args.tensor("x")?, args.int("axis", 0)?)?))),
    row!("repeat" [], "x, repeats, axis=None", "Each place so many times.", |args| {
        tensor(ops::repeat(&args.tensor("x")?, &args.sizes("repeats")?, args.axis("axis")?))
    }),
    row!("tile" [], "x, repeats", "The whole so many times along each axis.", |args| tensor(ops::tile(&args.tensor("x")?, &args.sizes("repeats")?))),
    row!("flip"["reverse"], "x, axis=None", "Axes in reverse.", |args| tensor(ops::flip(
        &args.tensor("x")?,
        args.axes("axis")?.as_deref()
    ))),
    row!("roll" [], "x, shift, axis=None", "Places moved along axes, in a circle.", |args| {
        tensor(ops::roll(&args.tensor("x")?, &args.ints("shift")?, args.axes("axis")?.as_deref()))
    }),
    row!("pad" [], "x, pad_width, mode='constant', constant_values=None", "More places at the borders.", |args| padded(args)),
    row!("where" [], "condition, x1=None, x2=None", "`x1` where the condition holds, `x2` elsewhere; without them the places where it holds.", |args| chosen(args)),
    row!("nonzero" [], "x", "The places of what is not 0, axis by axis.", |args| Ok(OpResult::Tensors(nonzero(&args.tensor("x")?)?))),
    row!("take" [], "x, indices, axis=None", "Chosen places of an axis.", |args| tensor(ops::take(&args.tensor("x")?, &args.tensor("indices")?, args.axis("axis")?))),
    row!("tf.gather" [], "params, indices, axis=0, batch_dims=0", "Chosen places of an axis.", |args| {
        if args.int("batch_dims", 0)? != 0 {
            return Err(Error::not_implemented("gather with batch_dims", "take_along_axis(x, indices, axis)"));
        }
        tensor(ops::take(&args.tensor("params")?, &args.tensor("indices")?, Some(args.int("axis", 0)?)))
    }),
    row!("take_along_axis" [], "x, indices, axis=None", "Along an axis, the place that the indices name.", |args| {
        tensor(ops::take_along_axis(&args.tensor("x")?, &args.tensor("indices")?, args.axis("axis")?))
    }),
    row!("get_item" [], "x, key", "`x[key]`", |args| {
        tensor(ops::getitem(&args.tensor("x")?, &index_of(args.arg("key")?.unwrap_or_default())?))
    }),
    row!("slice" [], "inputs, start_indices, shape", "A block that begins at these places.", |args| {
        let mut x = args.tensor("inputs")?;
        let sizes = args.ints("shape")?;
        for (axis, (start, size)) in args.sizes("start_indices")?.into_iter().zip(sizes).enumerate() {
            let own = x.shape().get(axis).copied().unwrap_or(0);
            let size = usize::try_from(size).unwrap_or(own.saturating_sub(start));
            if start + size > own {
                return Err(Error::value(format!("the block leaves axis {axis}"))
                    .received(format!("{start} to {}, size {own}", start + size)));
            }
            x = ops::narrow(&x, axis, start, size)?;
        }
        Ok(OpResult::Tensor(x))
    }),
    row!("slice_update" [], "inputs, start_indices, updates", "The tensor with a block of other values.", |args| {
        tensor(ops::slice_update(&args.tensor("inputs")?, &args.ints("start_indices")?, &args.tensor("updates")?))
    }),
    row!("scatter" [], "indices, values, shape", "Zeros with values added at places.", |args| {
        tensor(ops::scatter(&args.tensor("indices")?, &args.tensor("values")?, &args.sizes("shape")?))
    }),
    row!("tf.scatter_nd" [], "indices, updates, shape", "Zeros with values added at places.", |args| {
        tensor(ops::scatter(&args.tensor("indices")?, &args.tensor("updates")?, &args.sizes("shape")?))
    }),
    row!(
        "scatter_update"["tensor_scatter_nd_update"],
        "inputs, indices, updates",
        "The tensor with other values at places.",
        |args| {
            tensor(ops::scatter_update(
                &args.tensor("inputs")?,
                &args.tensor("indices")?,
                &args.tensor("updates")?,
            ))
        }
    ),
    row!(
        "segment_sum"["unsorted_segment_sum"],
        "data, segment_ids, num_segments=None, sorted=False",
        "Sums of the rows that carry the same number.",
        |args| {
            let count = args.field::<usize>("num_segments")?;
            tensor(ops::segment_sum(&args.tensor("data")?, &args.tensor("segment_ids")?, count))
        }
    ),
    row!("tf.boolean_mask" [], "tensor, mask", "The rows at which the mask is true.", |args| {
        let (x, mask) = (args.tensor("tensor")?, args.tensor("mask")?);
        if mask.shape().len() > x.shape().len() || mask.shape() != &x.shape()[..mask.shape().len()] {
            return Err(Error::value("the mask must have the leading axes of the tensor")
                .received(format!("mask {:?}, tensor {:?}", mask.shape(), x.shape())));
        }
        let rows: usize = mask.shape().iter().product();
        let mut shape = vec![rows];
        shape.extend(&x.shape()[mask.shape().len()..]);
        let places = nonzero(&ops::reshape_to(&mask, &[-1])?)?.remove(0);
        tensor(ops::take(&ops::reshape(&x, &shape)?, &places, Some(0)))
    }),
    row!("one_hot" [], "x, num_classes, axis=-1, dtype=None", "Rows of zeros with a one at each integer.", |args| {
        let dtype = args.dtype("dtype")?.map_or(DType::F32, |(dtype, _)| dtype);
        tensor(ops::one_hot(&args.tensor("x")?, args.size("num_classes")?, args.int("axis", -1)?, dtype))
    }),
    row!("top_k" [], "x, k=1, sorted=True", "The k largest of the last axis, and their places.", |args| {
        let (values, places) = ops::top_k(&args.tensor("x")?, usize::try_from(args.int("k", 1)?).unwrap_or(0))?;
        Ok(OpResult::Tensors(vec![values, places]))
    }),
    row!("in_top_k" [], "targets, predictions, k", "Whether targets are among the k largest.", |args| {
        let (targets, x, k) = (args.tensor("targets")?, args.tensor("predictions")?, args.size("k")?);
        let own = ops::take_along_axis(&x, &ops::expand_dims(&targets, -1)?, Some(-1))?;
        let better = ops::sum(&ops::greater(&x, &own)?, Some(&[-1]), false)?;
        truth(ops::less(&better, &ops::full(&[], k as f64, better.dtype())?))
    }),
    row!("sort" [], "x, axis=-1", "The values of an axis in ascending order.", |args| tensor(ops::sort(&args.tensor("x")?, Some(args.int("axis", -1)?)))),
    row!("argsort" [], "x, axis=-1", "The places of an axis in ascending order of their values.", |args| tensor(ops::argsort(&args.tensor("x")?, Some(args.int("axis", -1)?)))),
    row!("diff" [], "a, n=1, axis=-1", "Differences of neighbours.", |args| {
        tensor(ops::diff(&args.tensor("a")?, usize::try_from(args.int("n", 1)?).unwrap_or(0), args.int("axis", -1)?))
    }),
    row!("zeros" [], "shape, dtype=None", "Zeros of a shape.", |args| full_of(args, &args.sizes("shape")?, 0.0, None)),
    row!("ones" [], "shape, dtype=None", "Ones of a shape.", |args| full_of(args, &args.sizes("shape")?, 1.0, None)),
    row!("empty" [], "shape, dtype=None", "Zeros of a shape.", |args| full_of(args, &args.sizes("shape")?, 0.0, None)),
    row!("full"["fill"], "shape, fill_value, dtype=None", "One number of a shape.", |args| {
        let like = match args.arg("fill_value")? {
            Some(Arg::Int(_)) => Some(DType::I32),
            _ => None,
        };
        full_of(args, &args.sizes("shape")?, args.float("fill_value", 0.0)?, like)
    }),
    row!("zeros_like" [], "x, dtype=None", "Zeros in the shape of a tensor.", |args| {
        let x = args.tensor("x")?;
        full_of(args, x.shape(), 0.0, Some(x.dtype()))
    }),
    row!("ones_like" [], "x, dtype=None", "Ones in the shape of a tensor.", |args| {
        let x = args.tensor("x")?;
        full_of(args, x.shape(), 1.0, Some(x.dtype()))
    }),
    row!("full_like" [], "x, fill_value, dtype=None", "One number in the shape of a tensor.", |args| {
        let x = args.tensor("x")?;
        full_of(args, x.shape(), args.float("fill_value", 0.0)?, Some(x.dtype()))
    }),
    row!("eye" [], "N, M=None, k=0, dtype=None", "Ones on a diagonal.", |args| {
        let rows = args.size("N")?;
        let columns = if args.has("M") { args.size("M")? } else { rows };
        let dtype = args.dtype("dtype")?.map_or(DType::F32, |(dtype, _)| dtype);
        tensor(ops::eye(rows, columns, args.int("k", 0)?, dtype))
    }),
    row!("identity" [], "n, dtype=None", "The identity matrix.", |args| {
        let n = args.size("n")?;
        tensor(ops::eye(n, n, 0, args.dtype("dtype")?.map_or(DType::F32, |(dtype, _)| dtype)))
    }),
    row!(
        "arange"["range"],
        "start, stop=None, step=None, dtype=None",
        "Numbers from a start to before a stop.",
        |args| range(args)
    ),
    row!(
        "linspace"["lin_space"],
        "start, stop, num=50, endpoint=True, dtype=None",
        "Numbers spread evenly.",
        |args| {
            let dtype = args.dtype("dtype")?.map_or(DType::F32, |(dtype, _)| dtype);
            let count = usize::try_from(args.int("num", 50)?).unwrap_or(0);
            tensor(ops::linspace(
                args.float("start", 0.0)?,
                args.float("stop", 0.0)?,
                count,
                args.flag("endpoint", true)?,
                dtype,
            ))
        }
    ),
    row!("tril" [], "x, k=0", "Matrices with zeros above a diagonal.", |args| triangle(args, true)),
    row!("triu" [], "x, k=0", "Matrices with zeros below a diagonal.", |args| triangle(args, false)),
    row!("tri" [], "N, M=None, k=0, dtype=None", "Ones on and below a diagonal.", |args| {
        let rows = args.size("N")?;
        let columns = if args.has("M") { args.size("M")? } else { rows };
        let dtype = args.dtype("dtype")?.map_or(DType::F32, |(dtype, _)| dtype);
        let ones = ops::full(&[rows, columns], 1.0, dtype)?;
        let k = args.int("k", 0)?;
        tensor(ops::keep_band(&ones, |offset| offset <= k))
    }),
    row!("trace" [], "x", "The sum of the diagonal of matrices.", |args| {
        let x = ops::keep_band(&args.tensor("x")?, |offset| offset == 0)?;
        tensor(ops::sum(&x, Some(&[-2, -1]), false))
    }),
    row!("meshgrid" [], "*x, indexing='xy'", "Coordinates of a grid, one tensor per axis.", |args| {
        let xs = args.tensors("x")?;
        let swapped = args.text("indexing", "xy")? == "xy" && xs.len() > 1;
        let sizes: Vec<usize> = xs.iter().map(|x| x.array().elem_count()).collect();
        let mut grids = Vec::with_capacity(xs.len());
        for (i, x) in xs.iter().enumerate() {
            let mut shape = vec![1; xs.len()];
            shape[i] = sizes[i];
            let grid = ops::broadcast_to(&ops::reshape(x, &shape)?, &sizes)?;
            grids.push(if swapped { ops::shape::swap(&grid, 0, 1)? } else { grid });
        }
        Ok(OpResult::Tensors(grids))
    }),
    row!("nan_to_num" [], "x, nan=0.0", "The tensor with a number in place of NaN.", |args| {
        let x = args.tensor("x")?;
        tensor(ops::where_(&ops::isnan(&x)?, &ops::full(&[], args.float("nan", 0.0)?, x.dtype())?, &x))
    }),
    row!("binary_crossentropy" [], "target, output, from_logits=False", "Crossentropy of yes/no labels, element by element.", |args| {
        tensor(crate::losses::crossentropy::binary_crossentropy(&args.tensor("target")?, &args.tensor("output")?, args.flag("from_logits", false)?))
    }),
    row!("categorical_crossentropy" [], "target, output, from_logits=False, axis=-1", "Crossentropy of one-hot labels.", |args| {
        tensor(crate::losses::crossentropy::categorical_crossentropy(&args.tensor("target")?, &args.tensor("output")?, args.flag("from_logits", false)?, args.int("axis", -1)?))
    }),
    row!("sparse_categorical_crossentropy" [], "target, output, from_logits=False, axis=-1", "Crossentropy of integer labels.", |args| {
        tensor(crate::losses::crossentropy::sparse_categorical_crossentropy(&args.tensor("target")?, &args.tensor("output")?, args.flag("from_logits", false)?, None))
    }),
    row!("tf.sigmoid_cross_entropy_with_logits" [], "labels, logits", "Crossentropy of yes/no labels and logits.", |args| {
        tensor(crate::losses::crossentropy::binary_crossentropy(&args.tensor("labels")?, &args.tensor("logits")?, true))
    }),
    row!("tf.softmax_cross_entropy_with_logits" [], "labels, logits, axis=-1", "Crossentropy of one-hot labels and logits.", |args| {
        tensor(crate::losses::crossentropy::categorical_crossentropy(&args.tensor("labels")?, &args.tensor("logits")?, true, args.int("axis", -1)?))
    }),
    row!("tf.sparse_softmax_cross_entropy_with_logits" [], "labels, logits", "Crossentropy of integer labels and logits.", |args| {
        tensor(crate::losses::crossentropy::sparse_categorical_crossentropy(&args.tensor("labels")?, &args.tensor("logits")?, true, None))
    }),
    row!("tf.add_n" [], "inputs", "The sum of several tensors.", |args| {
        let xs = args.tensors("inputs")?;
        let Some((first, rest)) = xs.split_first() else {
            return Err(Error::value("there is nothing to add").expected("at least one tensor"));
        };
        tensor(rest.iter().try_fold(first.clone(), |sum, x| ops::add(&sum, x)))
    }),
    row!("tf.argsort" [], "x, axis=-1, direction='ASCENDING'", "The places of an axis in the order of their values.", |args| {
        let x = args.tensor("x")?;
        let x = if args.text("direction", "ASCENDING")? == "DESCENDING" { ops::negative(&x)? } else { x };
        tensor(ops::argsort(&x, Some(args.int("axis", -1)?)))
    }),
];
