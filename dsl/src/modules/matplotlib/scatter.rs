//! Points, each with a size and a colour of its own.

use super::data::{self, numbers, places};
use super::handles::add;
use super::options::{self, Options};
use super::state::{self, Target};
use super::table::{Row, row};
use crate::runtime::{Exception, PyResult, Value};
use crate::show::figure::artist::{Artist, Kind, Marker, Scatter};
use crate::show::figure::color::{Color, Mapping};

pub(super) const ROWS: &[Row] = &[row(
    "scatter",
    "scatter",
    "x, y, s=None, c=None, marker=None, cmap=None, norm=None, vmin=None, vmax=None, alpha=None, linewidths=None, *, edgecolors=None, **kwargs",
    "Points of their own sizes and colours.",
    scatter,
)];

fn scatter(target: &Target, v: Vec<Value>) -> PyResult<Value> {
    let x = places(target, true, &v[0], "x")?;
    let y = places(target, false, &v[1], "y")?;
    if x.len() != y.len() {
        return Err(Exception::value_error("x and y must be the same size")
            .with_received(format!("{} and {} numbers", x.len(), y.len())));
    }
    let mut options = Options::new("scatter", &v[12])?;
    let sizes =
        if v[2].is_none() { vec![state::marker_size().powi(2)] } else { numbers(&v[2], "s")? };
    let marker = if v[4].is_none() { Some(Marker('o')) } else { options::marker(&v[4])? };
    let alpha = if v[9].is_none() { 1.0 } else { v[9].as_float("alpha")? };
    let map = if v[5].is_none() { options.map()? } else { options::color_map(&v[5])? };
    if !v[6].is_none() {
        return Err(Exception::not_supported(
            "scatter(norm=...) is not in kerai",
            "give vmin and vmax, or transform the numbers",
        ));
    }
    let own = options.take(&["color", "facecolor", "facecolors"]);
    let (colors, mapping) = match (&v[3], own) {
        (Value::None, None) => (vec![target.with(|axes| Ok(axes.next_area_color()))?], None),
        (Value::None, Some(own)) => {
            let hollow = matches!(&own, Value::Str(word) if &**word == "none");
            if hollow {
                (vec![Color { alpha: 0.0, ..Color::BLACK }], None)
            } else {
                (options::colors(&own)?, None)
            }
        }
        (value, _) => point_colors(value, x.len(), map, &v)?,
    };
    let edge = match &v[11] {
        Value::None => options.color(&["edgecolor", "ec"])?,
        Value::Str(word) if &**word == "face" => None,
        other => Some(options::color(other)?),
    };
    let edge_width = match &v[10] {
        Value::None => options.float(&["linewidth", "lw"])?,
        other => Some(other.as_float("linewidths")?),
    };
    let label = options.text(&["label"])?;
    let order = options.float(&["zorder"])?;
    options.ignore(&["plotnonfinite", "linestyle", "ls", "transform"]);
    options.finish()?;
    // Hollow markers need an edge that is seen.
    let edge = edge.or_else(|| colors.first().filter(|c| c.alpha == 0.0).map(|_| Color::cycle(0)));
    let scatter = Scatter {
        x,
        y,
        sizes,
        colors: colors.into_iter().map(|c| c.faded(alpha)).collect(),
        mapping,
        marker: marker.unwrap_or(Marker('o')),
        edge: edge.map(|c| c.faded(alpha)),
        edge_width: edge_width.unwrap_or(1.0),
    };
    let mut artist = Artist::new(Kind::Scatter(scatter)).named(label);
    artist.order = order.unwrap_or(artist.order);
    add(target, artist)
}

/// `c=`: a colour, colours, or numbers for the colour map.
fn point_colors(
    value: &Value,
    count: usize,
    map: crate::show::figure::color::ColorMap,
    v: &[Value],
) -> PyResult<(Vec<Color>, Option<Mapping>)> {
    if matches!(value, Value::Str(_)) {
        return Ok((options::colors(value)?, None));
    }
    if let Some(names) = data::names(value) {
        let colors: PyResult<Vec<Color>> =
            names.iter().map(|n| options::color(&Value::str(n))).collect();
        return Ok((colors?, None));
    }
    let shape = data::shape(value)?;
    if let [_, 3 | 4] = shape[..] {
        let rows: PyResult<Vec<Color>> = data::items(value)?.iter().map(options::color).collect();
        return Ok((rows?, None));
    }
    let values = numbers(value, "c")?;
    if values.len() != count {
        if matches!(values.len(), 3 | 4) {
            return Ok((vec![options::color(value)?], None));
        }
        return Err(Exception::value_error(format!(
            "'c' argument has {} elements, which is inconsistent with 'x' and 'y' with size {count}.",
            values.len()
        )));
    }
    let limit = |value: &Value, name: &str| -> PyResult<Option<f64>> {
        if value.is_none() { Ok(None) } else { value.as_float(name).map(Some) }
    };
    let mapping = Mapping::over(&values, map, limit(&v[7], "vmin")?, limit(&v[8], "vmax")?);
    Ok((values.iter().map(|v| mapping.color(*v)).collect(), Some(mapping)))
}
