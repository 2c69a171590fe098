//! Images, meshes and contours: the functions that draw tables of numbers.

use super::data;
use super::handles::add;
use super::options::{self, Options};
use super::state::Target;
use super::table::{Row, row};
use crate::runtime::{Exception, PyResult, Value};
use crate::show::figure::artist::{Artist, Cells, Contour, Dash, Image, Kind, Mesh};
use crate::show::figure::color::{ColorMap, Mapping};
use crate::show::figure::contour_levels;

pub(super) const ROWS: &[Row] = &[
    row(
        "imshow",
        "imshow",
        "X, cmap=None, norm=None, *, aspect=None, interpolation=None, alpha=None, vmin=None, vmax=None, origin=None, extent=None, **kwargs",
        "An image, or a table of numbers as colours.",
        imshow,
    ),
    row("", "matshow", "Z, **kwargs", "A table of numbers as colours, with marks on top.", matshow),
    row(
        "pcolormesh",
        "pcolormesh",
        "*args, alpha=None, cmap=None, vmin=None, vmax=None, shading=None, **kwargs",
        "A grid of coloured cells.",
        pcolormesh,
    ),
    row(
        "pcolor",
        "pcolor",
        "*args, alpha=None, cmap=None, vmin=None, vmax=None, shading=None, **kwargs",
        "A grid of coloured cells.",
        pcolormesh,
    ),
    row(
        "contour",
        "contour",
        "*args, **kwargs",
        "Lines of equal height: `contour(X, Y, Z, levels)`.",
        contour,
    ),
    row(
        "contourf",
        "contourf",
        "*args, **kwargs",
        "Bands of equal height: `contourf(X, Y, Z, levels)`.",
        contourf,
    ),
    row(
        "clabel",
        "clabel",
        "CS, levels=None, **kwargs",
        "Writes heights into contour lines.",
        clabel,
    ),
];

/// How numbers become colours.
#[derive(Default)]
pub(super) struct MappingChoice {
    pub(super) map: ColorMap,
    pub(super) min: Option<f64>,
    pub(super) max: Option<f64>,
    pub(super) log: bool,
}

impl MappingChoice {
    fn over(&self, values: &[f64]) -> Mapping {
        Mapping { log: self.log, ..Mapping::over(values, self.map.clone(), self.min, self.max) }
    }
}

/// Rows, columns and cells of an image value.
pub(super) fn cells(value: &Value, choice: &mut MappingChoice) -> PyResult<(usize, usize, Cells)> {
    let array = data::array(value)?;
    let shape = array.shape().to_vec();
    let (rows, columns, channels) = match shape[..] {
        [rows, columns] | [rows, columns, 1] => (rows, columns, 1),
        [rows, columns, channels @ (3 | 4)] => (rows, columns, channels),
        _ => {
            let hint = match shape[..] {
                [_, _, _, _] | [_, _, _] => "index one image of the batch: images[0]",
                _ => "give [rows, columns], [rows, columns, 3] or [rows, columns, 4]",
            };
            return Err(Exception::type_error(format!(
                "Invalid shape {} for image data",
                crate::modules::numpy::shape_text(&shape)
            ))
            .with_hint(hint));
        }
    };
    let numbers = data::numbers(value, "X")?;
    if channels == 1 {
        let mapping = choice.over(&numbers);
        return Ok((rows, columns, Cells::Mapped { values: numbers, mapping }));
    }
    // Whole numbers run to 255, others to 1; what is outside is cut, as matplotlib does.
    let factor = if array.dtype().is_integer() { 1.0 } else { 255.0 };
    let byte = |v: f64| (v * factor).round().clamp(0.0, 255.0) as u8;
    let colors = numbers
        .chunks_exact(channels)
        .map(|c| [byte(c[0]), byte(c[1]), byte(c[2]), if channels == 4 { byte(c[3]) } else { 255 }])
        .collect();
    Ok((rows, columns, Cells::Colors(colors)))
}

fn limit(value: &Value, name: &str) -> PyResult<Option<f64>> {
    if value.is_none() { Ok(None) } else { value.as_float(name).map(Some) }
}

fn map_or_default(value: &Value, options: &mut Options) -> PyResult<ColorMap> {
    if value.is_none() { options.map() } else { options::color_map(value) }
}

fn no_norm(value: &Value) -> PyResult<bool> {
    match value {
        Value::None => Ok(false),
        Value::Str(word) if matches!(&**word, "linear") => Ok(false),
        Value::Str(word) if &**word == "log" => Ok(true),
        _ => Err(Exception::not_supported(
            "norm= with a Normalize object is not in kerai",
            "give vmin and vmax, or norm='log'",
        )),
    }
}

fn imshow(target: &Target, v: Vec<Value>) -> PyResult<Value> {
    let mut options = Options::new("imshow", &v[10])?;
    let log = no_norm(&v[2])?;
    let map = map_or_default(&v[1], &mut options)?;
    let mut choice =
        MappingChoice { map, min: limit(&v[6], "vmin")?, max: limit(&v[7], "vmax")?, log };
    let (rows, columns, cells) = cells(&v[0], &mut choice)?;
    options.ignore(&[
        "interpolation_stage",
        "filternorm",
        "filterrad",
        "resample",
        "zorder",
        "label",
    ]);
    options.finish()?;
    let from_top = match &v[8] {
        Value::None => true,
        other => match &*other.as_str("origin")? {
            "upper" => true,
            "lower" => false,
            other => return Err(options::choice("origin", other, "'upper', 'lower'")),
        },
    };
    let (right, end) = (columns as f64 - 0.5, rows as f64 - 0.5);
    let extent = if v[9].is_none() {
        if from_top { [-0.5, right, end, -0.5] } else { [-0.5, right, -0.5, end] }
    } else {
        match data::numbers(&v[9], "extent")?[..] {
            [left, right, bottom, top] => [left, right, bottom, top],
            _ => return Err(Exception::value_error("extent must be (left, right, bottom, top)")),
        }
    };
    let smooth = match &v[4] {
        Value::Str(word) => {
            !matches!(&**word, "nearest" | "none" | "antialiased" | "auto" | "None")
        }
        _ => false,
    };
    let aspect = match &v[3] {
        Value::None => Some(1.0),
        Value::Str(word) if &**word == "equal" => Some(1.0),
        Value::Str(word) if &**word == "auto" => None,
        other => Some(other.as_float("aspect")?),
    };
    let alpha = limit(&v[5], "alpha")?.unwrap_or(1.0);
    let image = Image { rows, columns, cells, extent, from_top, smooth, alpha };
    target.with(|axes| {
        axes.aspect = aspect;
        if axes.x.limits == (None, None) {
            axes.x.inverted = extent[0] > extent[1];
        }
        if axes.y.limits == (None, None) {
            axes.y.inverted = extent[2] > extent[3];
        }
        Ok(())
    })?;
    add(target, Artist::new(Kind::Image(image)))
}

/// `ax.matshow(Z)`; `plt.matshow` opens a figure of the right shape first.
pub(super) fn matshow(target: &Target, v: Vec<Value>) -> PyResult<Value> {
    let mut values = vec![v[0].clone()];
    values.resize(10, Value::None);
    let mut options = Options::new("matshow", &v[1])?;
    for (slot, name) in [
        (1, "cmap"),
        (3, "aspect"),
        (4, "interpolation"),
        (5, "alpha"),
        (6, "vmin"),
        (7, "vmax"),
        (8, "origin"),
        (9, "extent"),
    ] {
        values[slot] = options.take(&[name]).unwrap_or(Value::None);
    }
    options.finish()?;
    values.push(Value::None);
    let handle = imshow(target, values)?;
    target.with(|axes| {
        axes.x.opposite = true;
        axes.x.whole = true;
        axes.y.whole = true;
        Ok(())
    })?;
    Ok(handle)
}

/// The places of the columns (or rows) of a grid, from a vector or from what `meshgrid` gives.
fn grid_axis(value: &Value, rows: usize, columns: usize, across: bool) -> PyResult<Vec<f64>> {
    let name = if across { "X" } else { "Y" };
    let shape = data::shape(value)?;
    let all = data::numbers(value, name)?;
    match shape[..] {
        [_] => Ok(all),
        [r, c] => Ok(if across {
            all[..c.min(all.len())].to_vec()
        } else {
            (0..r).filter_map(|i| all.get(i * c).copied()).collect()
        }),
        _ => Err(Exception::type_error(format!("Inputs {name} and Z must match"))
            .with_expected(format!("[{rows}, {columns}] or a vector"))),
    }
}

/// `(X, Y, Z)` or `(Z)`, and what follows.
fn grid(
    arguments: &[Value],
    name: &str,
) -> PyResult<(Vec<f64>, Vec<f64>, Vec<f64>, Option<Value>)> {
    let (x, y, z, more) = match arguments {
        [z] => (None, None, z, None),
        [z, levels] => (None, None, z, Some(levels.clone())),
        [x, y, z] => (Some(x), Some(y), z, None),
        [x, y, z, levels] => (Some(x), Some(y), z, Some(levels.clone())),
        _ => {
            return Err(Exception::type_error(format!(
                "{name}() takes from 1 to 4 positional arguments but {} were given",
                arguments.len()
            )));
        }
    };
    let (rows, columns, values) = data::matrix(z, "Z")?;
    let xs = match x {
        Some(x) => grid_axis(x, rows, columns, true)?,
        None => (0..columns).map(|i| i as f64).collect(),
    };
    let ys = match y {
        Some(y) => grid_axis(y, rows, columns, false)?,
        None => (0..rows).map(|i| i as f64).collect(),
    };
    let fits = |n: usize, cells: usize| n == cells || n == cells + 1;
    if !fits(xs.len(), columns) || !fits(ys.len(), rows) {
        return Err(Exception::type_error(format!(
            "Length of x ({}) must match number of columns in z ({columns}), length of y ({}) the number of rows ({rows})",
            xs.len(),
            ys.len()
        ))
        .with_hint("X, Y = np.meshgrid(x, y) gives Z the shape [len(y), len(x)]"));
    }
    Ok((xs, ys, values, more))
}

fn pcolormesh(target: &Target, v: Vec<Value>) -> PyResult<Value> {
    let mut options = Options::new("pcolormesh", &v[6])?;
    let arguments = data::items(&v[0])?;
    let (x, y, values, _) = grid(&arguments, "pcolormesh")?;
    let (rows, columns, _) =
        data::matrix(arguments.get(2).or(arguments.first()).unwrap_or(&Value::None), "C")?;
    let alone = arguments.len() == 1;
    let edges = |places: Vec<f64>, cells: usize| -> Vec<f64> {
        if alone {
            return (0..=cells).map(|i| i as f64).collect();
        }
        if places.len() == cells + 1 {
            return places;
        }
        // Places of the middles: the borders lie half way.
        let n = places.len();
        let half = |i: usize| if n > 1 { (places[i + 1] - places[i]) / 2.0 } else { 0.5 };
        let mut borders = vec![places.first().copied().unwrap_or(0.0) - half(0)];
        borders.extend((0..n.saturating_sub(1)).map(|i| places[i] + half(i)));
        borders.push(places.last().copied().unwrap_or(0.0) + half(n.saturating_sub(2)));
        borders
    };
    let map = map_or_default(&v[2], &mut options)?;
    let choice = MappingChoice {
        map,
        min: limit(&v[3], "vmin")?,
        max: limit(&v[4], "vmax")?,
        log: no_norm(&options.take(&["norm"]).unwrap_or(Value::None))?,
    };
    options.ignore(&["edgecolors", "edgecolor", "linewidth", "linewidths", "lw", "zorder"]);
    options.finish()?;
    let mapping = choice.over(&values);
    let alpha = limit(&v[1], "alpha")?.unwrap_or(1.0);
    let mesh = Mesh { x: edges(x, columns), y: edges(y, rows), values, mapping, alpha };
    add(target, Artist::new(Kind::Mesh(mesh)))
}

fn contours(target: &Target, v: &[Value], filled: bool) -> PyResult<Value> {
    let name = if filled { "contourf" } else { "contour" };
    let mut options = Options::new(name, &v[1])?;
    let (x, y, values, more) = grid(&data::items(&v[0])?, name)?;
    let min = options.float(&["vmin"])?;
    let max = options.float(&["vmax"])?;
    let finite = || values.iter().copied().filter(|v| v.is_finite());
    let low = finite().fold(f64::INFINITY, f64::min);
    let high = finite().fold(f64::NEG_INFINITY, f64::max);
    let levels = match options.take(&["levels"]).or(more) {
        None => contour_levels(low, high, 7, filled),
        Some(Value::Int(count)) => contour_levels(low, high, count.clamp(1, 1000) as usize, filled),
        Some(list) => {
            let mut levels = data::numbers(&list, "levels")?;
            levels.sort_by(f64::total_cmp);
            levels
        }
    };
    let colors = match options.take(&["colors"]) {
        Some(value) => options::colors(&value)?,
        None => Vec::new(),
    };
    let map = options.map()?;
    let width = options.float(&["linewidths", "linewidth"])?.unwrap_or(1.5);
    let dash = options.dash(&["linestyles", "linestyle"])?.unwrap_or(Dash::Solid);
    let alpha = options.float(&["alpha"])?.unwrap_or(1.0);
    let order = options.float(&["zorder"])?;
    options.ignore(&["extend", "origin", "extent", "norm", "hatches", "corner_mask", "locator"]);
    options.finish()?;
    let (first, last) =
        (levels.first().copied().unwrap_or(0.0), levels.last().copied().unwrap_or(1.0));
    let mapping = Mapping { map, min: min.unwrap_or(first), max: max.unwrap_or(last), log: false };
    let contour = Contour {
        x,
        y,
        values,
        levels,
        filled,
        mapping,
        colors,
        width,
        dash,
        alpha,
        written: None,
    };
    let mut artist = Artist::new(Kind::Contour(contour));
    artist.order = order.unwrap_or(if filled { 1.0 } else { 2.0 });
    add(target, artist)
}

fn contour(target: &Target, v: Vec<Value>) -> PyResult<Value> {
    contours(target, &v, false)
}

fn contourf(target: &Target, v: Vec<Value>) -> PyResult<Value> {
    contours(target, &v, true)
}

fn clabel(target: &Target, v: Vec<Value>) -> PyResult<Value> {
    let mut options = Options::new("clabel", &v[2])?;
    let size = options.size(&["fontsize"])?.unwrap_or(8.0);
    options.ignore(&["inline", "fmt", "colors", "inline_spacing", "manual"]);
    options.finish()?;
    let Some(set) = v[0].downcast::<super::handles::ArtistObject>() else {
        return Err(v[0].wrong_type("CS", "what contour() returned"));
    };
    target.with(|axes| {
        if let Some(Kind::Contour(contour)) = axes.artists.get_mut(set.index).map(|a| &mut a.kind) {
            contour.written = Some(size);
        }
        Ok(Value::None)
    })
}
