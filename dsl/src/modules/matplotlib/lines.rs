//! Lines, points, bars, bands: the functions that draw series of numbers.

use super::data::{self, numbers, places, same_length};
use super::handles::add;
use super::options::{self, Options};
use super::state::{self, Target};
use super::table::{Row, row};
use crate::runtime::{Exception, PyResult, Value};
use crate::show::figure::artist::{
    Artist, Bars, Dash, Kind, Line, Marker, Pen, Polygon, Rule, Scatter, Segments, Step,
};
use crate::show::figure::axes::Scale;
use crate::show::figure::color::{Color, Mapping};

pub(super) const ROWS: &[Row] = &[
    row(
        "plot",
        "plot",
        "*args, scalex=True, scaley=True, data=None, **kwargs",
        "Lines and markers through points: `plot(y)`, `plot(x, y, 'ro-')`.",
        plot,
    ),
    row(
        "scatter",
        "scatter",
        "x, y, s=None, c=None, marker=None, cmap=None, norm=None, vmin=None, vmax=None, alpha=None, linewidths=None, *, edgecolors=None, **kwargs",
        "Points of their own sizes and colours.",
        scatter,
    ),
    row(
        "bar",
        "bar",
        "x, height, width=0.8, bottom=None, *, align='center', **kwargs",
        "Upright bars.",
        bar,
    ),
    row(
        "barh",
        "barh",
        "y, width, height=0.8, left=None, *, align='center', **kwargs",
        "Level bars.",
        barh,
    ),
    row(
        "bar_label",
        "bar_label",
        "container, labels=None, *, fmt='%g', label_type='edge', padding=0, **kwargs",
        "Writes the heights at bars.",
        bar_label,
    ),
    row("step", "step", "x, y, *args, where='pre', **kwargs", "A line in steps.", step),
    row("semilogx", "semilogx", "*args, **kwargs", "`plot` with a logarithmic x axis.", semilogx),
    row("semilogy", "semilogy", "*args, **kwargs", "`plot` with a logarithmic y axis.", semilogy),
    row("loglog", "loglog", "*args, **kwargs", "`plot` with logarithmic axes.", loglog),
    row(
        "errorbar",
        "errorbar",
        "x, y, yerr=None, xerr=None, fmt='', **kwargs",
        "Points with error bars.",
        errorbar,
    ),
    row(
        "stem",
        "stem",
        "*args, linefmt=None, markerfmt=None, basefmt=None, bottom=0, label=None",
        "Points on stems.",
        stem,
    ),
    row(
        "fill_between",
        "fill_between",
        "x, y1, y2=0, where=None, interpolate=False, step=None, **kwargs",
        "The area between two curves.",
        fill_between,
    ),
    row("fill", "fill", "*args, **kwargs", "A filled outline.", fill),
    row(
        "axhline",
        "axhline",
        "y=0, xmin=0, xmax=1, **kwargs",
        "A level line across the axes.",
        axhline,
    ),
    row(
        "axvline",
        "axvline",
        "x=0, ymin=0, ymax=1, **kwargs",
        "An upright line across the axes.",
        axvline,
    ),
    row(
        "axhspan",
        "axhspan",
        "ymin, ymax, xmin=0, xmax=1, **kwargs",
        "A level band across the axes.",
        axhspan,
    ),
    row(
        "axvspan",
        "axvspan",
        "xmin, xmax, ymin=0, ymax=1, **kwargs",
        "An upright band across the axes.",
        axvspan,
    ),
    row(
        "hlines",
        "hlines",
        "y, xmin, xmax, colors=None, linestyles='solid', label='', **kwargs",
        "Level lines.",
        hlines,
    ),
    row(
        "vlines",
        "vlines",
        "x, ymin, ymax, colors=None, linestyles='solid', label='', **kwargs",
        "Upright lines.",
        vlines,
    ),
];

/// What a format string such as `ro--` says.
#[derive(Default)]
struct Format {
    color: Option<Color>,
    marker: Option<Marker>,
    dash: Option<Dash>,
}

fn parse_format(text: &str) -> PyResult<Format> {
    let mut format = Format::default();
    // `0.5` would be a gray level, but `1` to `4` are markers.
    if let Some(color) = Color::parse(text).filter(|_| text.parse::<f64>().is_err()) {
        return Ok(Format { color: Some(color), ..format });
    }
    let mut rest = text;
    while !rest.is_empty() {
        let dash = ["--", "-.", "-", ":"].into_iter().find(|d| rest.starts_with(d));
        if let Some(dash) = dash {
            format.dash = Dash::parse(dash);
            rest = &rest[dash.len()..];
            continue;
        }
        let mut letters = rest.chars();
        let letter = letters.next().unwrap_or(' ');
        let after = letters.as_str();
        let digits = after.len() - after.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        if letter == 'C' && digits > 0 {
            format.color = Color::parse(&rest[..1 + digits]);
            rest = &after[digits..];
        } else if Marker::ALL.contains(letter) {
            format.marker = Some(Marker(letter));
            rest = after;
        } else if let Some(color) = Color::parse(&letter.to_string()) {
            format.color = Some(color);
            rest = after;
        } else {
            return Err(Exception::value_error(format!(
                "'{text}' is not a valid format string (unrecognized character '{letter}')"
            ))
            .with_expected("[marker][line][color], such as 'o-', 'r--', 'go:'"));
        }
    }
    if format.dash.is_none() && format.marker.is_some() {
        format.dash = Some(Dash::None);
    }
    Ok(format)
}

/// How `plot` and its relatives look: from the format string and the keyword arguments.
struct Look {
    color: Option<Color>,
    width: f64,
    dash: Dash,
    marker: Option<Marker>,
    marker_size: f64,
    face: Option<Color>,
    edge: Option<Color>,
    every: usize,
    alpha: f64,
    labels: Vec<String>,
    order: Option<f64>,
    step: Option<Step>,
}

fn look(options: &mut Options, format: &Format) -> PyResult<Look> {
    let marker = match options.take(&["marker"]) {
        Some(value) => options::marker(&value)?,
        None => format.marker,
    };
    let step = options.text(&["drawstyle", "ds"])?.and_then(|word| match &*word {
        "steps" | "steps-pre" => Some(Step::Pre),
        "steps-post" => Some(Step::Post),
        "steps-mid" => Some(Step::Mid),
        _ => None,
    });
    let labels = match options.take(&["label"]) {
        Some(value) => match data::names(&value) {
            Some(names) => names,
            None => vec![options::label(&value)?],
        },
        None => Vec::new(),
    };
    let every = match options.take(&["markevery"]) {
        Some(Value::Int(n)) => n.max(1) as usize,
        _ => 1,
    };
    options.ignore(&[
        "markeredgewidth",
        "mew",
        "solid_capstyle",
        "solid_joinstyle",
        "dash_capstyle",
        "fillstyle",
        "transform",
    ]);
    Ok(Look {
        color: options.color(&["color", "c"])?.or(format.color),
        width: options.float(&["linewidth", "lw"])?.unwrap_or_else(state::line_width),
        dash: options.dash(&["linestyle", "ls"])?.or(format.dash).unwrap_or(Dash::Solid),
        marker,
        marker_size: options.float(&["markersize", "ms"])?.unwrap_or_else(state::marker_size),
        face: options.color(&["markerfacecolor", "mfc"])?,
        edge: options.color(&["markeredgecolor", "mec"])?,
        every,
        alpha: options.float(&["alpha"])?.unwrap_or(1.0),
        labels,
        order: options.float(&["zorder"])?,
        step,
    })
}

impl Look {
    fn line(&self, x: Vec<f64>, y: Vec<f64>, color: Color) -> Line {
        let color = color.faded(self.alpha);
        let marker_color = |own: Option<Color>| own.map_or(color, |c| c.faded(self.alpha));
        Line {
            x,
            y,
            pen: Pen { color, width: self.width, dash: self.dash },
            marker: self.marker,
            marker_size: self.marker_size,
            marker_face: marker_color(self.face),
            marker_edge: marker_color(self.edge),
            mark_every: self.every,
            step: self.step,
        }
    }
}

fn plot(target: &Target, values: Vec<Value>) -> PyResult<Value> {
    if !values[3].is_none() {
        return Err(Exception::not_supported(
            "plot(..., data=...) is not in kerai",
            "pass the columns themselves: plot(table['x'], table['y'])",
        ));
    }
    draw_plot(target, &values[0], Options::new("plot", &values[4])?)
}

fn draw_plot(target: &Target, arguments: &Value, mut options: Options) -> PyResult<Value> {
    let arguments = data::items(arguments)?;
    let mut handles = Vec::new();
    let mut rest = &arguments[..];
    let mut groups: Vec<(Option<&Value>, &Value, Format)> = Vec::new();
    while !rest.is_empty() {
        let is_format = |v: Option<&Value>| matches!(v, Some(Value::Str(_)));
        let count = if rest.len() >= 2 && !is_format(rest.get(1)) { 2 } else { 1 };
        if is_format(rest.first()) {
            return Err(Exception::type_error(
                "plot() got a format string where data was expected",
            )
            .with_hint("plot(x, y, 'ro-'): the format comes after the data"));
        }
        let format = match rest.get(count) {
            Some(Value::Str(text)) => parse_format(text)?,
            _ => Format::default(),
        };
        let used = count + usize::from(is_format(rest.get(count)));
        groups.push(if count == 2 {
            (Some(&rest[0]), &rest[1], format)
        } else {
            (None, &rest[0], format)
        });
        rest = &rest[used..];
    }
    let mut looks = Vec::new();
    for (_, _, format) in &groups {
        // Options hold for every group; they are taken once.
        if looks.is_empty() {
            looks.push(look(&mut options, format)?);
        } else {
            let first: &Look = &looks[0];
            let own = Look {
                color: format.color.or(first.color.filter(|_| groups[0].2.color.is_none())),
                dash: format.dash.unwrap_or(if groups[0].2.dash.is_some() {
                    Dash::Solid
                } else {
                    first.dash
                }),
                marker: format.marker.or(first.marker.filter(|_| groups[0].2.marker.is_none())),
                labels: first.labels.clone(),
                ..*first
            };
            looks.push(own);
        }
    }
    options.finish()?;
    for ((x, y, _), look) in groups.iter().zip(looks) {
        for (i, (x, y)) in series(target, *x, y)?.into_iter().enumerate() {
            let color = match look.color {
                Some(color) => color,
                None => target.with(|axes| Ok(axes.next_color()))?,
            };
            let label = look.labels.get(i).or(look.labels.first()).cloned();
            let mut artist = Artist::new(Kind::Line(look.line(x, y, color))).named(label);
            artist.order = look.order.unwrap_or(artist.order);
            handles.push(add(target, artist)?);
        }
    }
    Ok(Value::list(handles))
}

/// The columns of what `plot` was given: one line for each.
fn series(target: &Target, x: Option<&Value>, y: &Value) -> PyResult<Vec<(Vec<f64>, Vec<f64>)>> {
    let shape = if data::names(y).is_some() { vec![0] } else { data::shape(y)? };
    if let [rows, columns] = shape[..] {
        let all = numbers(y, "y")?;
        let xs = match x {
            Some(x) => numbers(x, "x")?,
            None => (0..rows).map(|i| i as f64).collect(),
        };
        return (0..columns)
            .map(|c| {
                let column: Vec<f64> = (0..rows).map(|r| all[r * columns + c]).collect();
                // x may have columns of its own.
                let own: Vec<f64> = if xs.len() == rows * columns && columns > 1 {
                    (0..rows).map(|r| xs[r * columns + c]).collect()
                } else {
                    xs.clone()
                };
                same_length(&own, &column)?;
                Ok((own, column))
            })
            .collect();
    }
    let ys = places(target, false, y, "y")?;
    let xs = match x {
        Some(x) => places(target, true, x, "x")?,
        None => (0..ys.len()).map(|i| i as f64).collect(),
    };
    same_length(&xs, &ys)?;
    Ok(vec![(xs, ys)])
}

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

/// Bars in one direction; `upright` bars stand on the x axis.
fn bars(target: &Target, v: &[Value], upright: bool) -> PyResult<Value> {
    let name = if upright { "bar" } else { "barh" };
    let mut options = Options::new(name, &v[5])?;
    let at = places(target, upright, &v[0], if upright { "x" } else { "y" })?;
    let lengths = numbers(&v[1], if upright { "height" } else { "width" })?;
    let widths = numbers(&v[2], if upright { "width" } else { "height" })?;
    let starts = if v[3].is_none() {
        vec![0.0]
    } else {
        numbers(&v[3], if upright { "bottom" } else { "left" })?
    };
    let count = at.len().max(lengths.len());
    let pick = |list: &[f64], i: usize| {
        let index = if list.len() == 1 { 0 } else { i };
        list.get(index).copied()
    };
    let align = v[4].as_str("align")?;
    let mut rects = Vec::with_capacity(count);
    let mut tips = Vec::with_capacity(count);
    for i in 0..count {
        let (Some(at), Some(length), Some(width), Some(start)) =
            (pick(&at, i), pick(&lengths, i), pick(&widths, i), pick(&starts, i))
        else {
            return Err(Exception::value_error(
                "shape mismatch: objects cannot be broadcast to a single shape",
            )
            .with_received(format!(
                "{} places and {} lengths",
                at.len(),
                lengths.len()
            )));
        };
        let left = if &*align == "edge" { at } else { at - width / 2.0 };
        let (low, high) = (start, start + length);
        rects.push(if upright {
            [left, low, left + width, high]
        } else {
            [low, left, high, left + width]
        });
        tips.push((left + width / 2.0, high));
    }
    let fill = match options.take(&["color", "facecolor", "fc"]) {
        Some(value) => options::colors(&value)?,
        None => vec![target.with(|axes| Ok(axes.next_area_color()))?],
    };
    let alpha = options.float(&["alpha"])?.unwrap_or(1.0);
    let edge = options.color(&["edgecolor", "ec"])?;
    let edge_width = options.float(&["linewidth", "lw"])?.unwrap_or(1.0);
    let names = options.take(&["tick_label"]);
    let label = options.take(&["label"]);
    let error = options.take(if upright { &["yerr"] } else { &["xerr"] });
    let error_color = options.color(&["ecolor"])?.unwrap_or(Color::BLACK);
    let caps = options.float(&["capsize"])?.unwrap_or(0.0);
    let order = options.float(&["zorder"])?;
    if options.flag(&["log"])?.unwrap_or(false) {
        target.with(|axes| {
            if upright {
                axes.y.scale = Scale::Log;
            } else {
                axes.x.scale = Scale::Log;
            }
            Ok(())
        })?;
    }
    options.ignore(&["hatch", "error_kw", "linestyle", "ls"]);
    options.finish()?;
    if let Some(names) = names.as_ref().and_then(data::names) {
        target.with(|axes| {
            let axis = if upright { &mut axes.x } else { &mut axes.y };
            axis.ticks = Some(at.clone());
            axis.tick_labels = Some(names);
            Ok(())
        })?;
    }
    let bars = Bars {
        rects,
        fill: fill.into_iter().map(|c| c.faded(alpha)).collect(),
        edge: edge.map(|c| c.faded(alpha)),
        edge_width,
        foot: Some(usize::from(upright)),
    };
    let label = label.map(|l| options::label(&l)).transpose()?;
    let mut artist = Artist::new(Kind::Bars(bars)).named(label);
    artist.order = order.unwrap_or(artist.order);
    let handle = add(target, artist)?;
    if let Some(error) = error {
        let spread = spread(&error, count)?;
        let pieces = tips
            .iter()
            .zip(spread)
            .map(|(&(at, tip), (below, above))| {
                let (low, high) = (tip - below, tip + above);
                if upright { [(at, low), (at, high)] } else { [(low, at), (high, at)] }
            })
            .collect();
        let pen = Pen { color: error_color, width: 1.5, dash: Dash::Solid };
        add(target, Artist::new(Kind::Segments(Segments { pieces, pen, caps, line: None })))?;
    }
    Ok(handle)
}

fn bar(target: &Target, v: Vec<Value>) -> PyResult<Value> {
    bars(target, &v, true)
}

fn barh(target: &Target, v: Vec<Value>) -> PyResult<Value> {
    bars(target, &v, false)
}

/// Below and above each point: from one number, one for each, or two rows.
fn spread(value: &Value, count: usize) -> PyResult<Vec<(f64, f64)>> {
    let shape = data::shape(value)?;
    let all = numbers(value, "error")?;
    let at = |i: usize| all.get(if all.len() == 1 { 0 } else { i }).copied().unwrap_or(0.0);
    Ok((0..count)
        .map(|i| if matches!(shape[..], [2, _]) { (at(i), at(count + i)) } else { (at(i), at(i)) })
        .collect())
}

fn bar_label(target: &Target, v: Vec<Value>) -> PyResult<Value> {
    use super::handles::ArtistObject;
    use crate::show::figure::artist::Note;
    let Some(container) = v[0].downcast::<ArtistObject>() else {
        return Err(v[0].wrong_type("container", "what bar() returned"));
    };
    let mut options = Options::new("bar_label", &v[5])?;
    let words = options::words(&mut options, &Value::None)?;
    options.finish()?;
    let given = if v[1].is_none() { None } else { Some(data::items(&v[1])?) };
    let format = v[2].as_str("fmt")?;
    let inside = &*v[3].as_str("label_type")? == "center";
    let padding = v[4].as_float("padding")?;
    let bars = target.with(|axes| match axes.artists.get(container.index).map(|a| &a.kind) {
        Some(Kind::Bars(bars)) => Ok(bars.clone()),
        _ => Err(Exception::type_error("container must be what bar() returned")),
    })?;
    let upright = bars.foot == Some(1);
    let mut written = Vec::new();
    for (i, [x0, y0, x1, y1]) in bars.rects.into_iter().enumerate() {
        let length = if upright { y1 - y0 } else { x1 - x0 };
        let text = match &given {
            Some(labels) => labels.get(i).map(options::label).transpose()?.unwrap_or_default(),
            None => with_format(&format, length),
        };
        let at = match (inside, upright) {
            (true, _) => ((x0 + x1) / 2.0, (y0 + y1) / 2.0),
            (false, true) => ((x0 + x1) / 2.0, y1),
            (false, false) => (x1, (y0 + y1) / 2.0),
        };
        let note = Note {
            text,
            at,
            in_axes: false,
            size: words.size.unwrap_or(10.0),
            color: words.color.unwrap_or(Color::BLACK),
            bold: words.bold,
            across: if upright || inside { 0 } else { -1 },
            upright: if upright && !inside { -1 } else { 0 },
            angle: words.rotation.unwrap_or(0.0),
            frame: None,
            arrow: None,
            shift: if upright { (0.0, padding) } else { (padding, 0.0) },
        };
        written.push(add(target, Artist::new(Kind::Note(note)))?);
    }
    Ok(Value::list(written))
}

/// `%g`, `%.2f`, `%d`, `{:.1f}`: the formats that labels of numbers use.
pub(super) fn with_format(format: &str, value: f64) -> String {
    let (before, spec, after) = if let Some((before, rest)) = format.split_once('{') {
        let (spec, after) = rest.split_once('}').unwrap_or((rest, ""));
        (before, spec.trim_start_matches(':'), after)
    } else if let Some((before, rest)) = format.split_once('%') {
        let end = rest.find(|c: char| c.is_ascii_alphabetic()).map_or(rest.len(), |i| i + 1);
        (before, &rest[..end], &rest[end..])
    } else {
        return format.to_owned();
    };
    let digits = spec
        .split_once('.')
        .and_then(|(_, d)| d.trim_end_matches(|c: char| !c.is_ascii_digit()).parse::<usize>().ok());
    let text = match (spec.chars().last(), digits) {
        (Some('d' | 'i'), _) => format!("{value:.0}"),
        (Some('%'), digits) => format!("{:.*}%", digits.unwrap_or(6), value * 100.0),
        (Some('f'), digits) => format!("{value:.*}", digits.unwrap_or(6)),
        (Some('e'), digits) => format!("{value:.*e}", digits.unwrap_or(6)),
        (_, digits) => {
            // As %g: six significant digits, no trailing zeros.
            let significant = digits.unwrap_or(6).max(1) as i32;
            let order = if value == 0.0 { 0 } else { value.abs().log10().floor() as i32 };
            let decimals = (significant - 1 - order).clamp(0, 17) as usize;
            let text = format!("{value:.decimals$}");
            if text.contains('.') {
                text.trim_end_matches('0').trim_end_matches('.').to_owned()
            } else {
                text
            }
        }
    };
    format!("{before}{text}{}", after.replace("%%", "%"))
}

fn step(target: &Target, v: Vec<Value>) -> PyResult<Value> {
    let place = v[3].as_str("where")?;
    let style = match &*place {
        "pre" => "steps-pre",
        "post" => "steps-post",
        "mid" => "steps-mid",
        other => return Err(options::choice("where", other, "'pre', 'post', 'mid'")),
    };
    let mut arguments = vec![v[0].clone(), v[1].clone()];
    arguments.extend(data::items(&v[2])?);
    let extra = with_entry(&v[4], "drawstyle", Value::str(style));
    draw_plot(target, &Value::list(arguments), Options::new("step", &extra)?)
}

/// A copy of a dict of keyword arguments with one more.
fn with_entry(extra: &Value, name: &str, value: Value) -> Value {
    let mut entries = match extra {
        Value::Dict(entries) => entries.borrow().clone(),
        _ => Default::default(),
    };
    entries.insert(crate::runtime::Key(Value::str(name)), value);
    Value::Dict(std::rc::Rc::new(std::cell::RefCell::new(entries)))
}

fn plot_log(target: &Target, v: &[Value], name: &str, x: bool, y: bool) -> PyResult<Value> {
    let mut options = Options::new(name, &v[1])?;
    options.ignore(&["base", "nonpositive", "subs"]);
    let lines = draw_plot(target, &v[0], options)?;
    target.with(|axes| {
        if x {
            axes.x.scale = Scale::Log;
        }
        if y {
            axes.y.scale = Scale::Log;
        }
        Ok(())
    })?;
    Ok(lines)
}

fn semilogx(target: &Target, v: Vec<Value>) -> PyResult<Value> {
    plot_log(target, &v, "semilogx", true, false)
}

fn semilogy(target: &Target, v: Vec<Value>) -> PyResult<Value> {
    plot_log(target, &v, "semilogy", false, true)
}

fn loglog(target: &Target, v: Vec<Value>) -> PyResult<Value> {
    plot_log(target, &v, "loglog", true, true)
}

fn errorbar(target: &Target, v: Vec<Value>) -> PyResult<Value> {
    let mut options = Options::new("errorbar", &v[5])?;
    let x = places(target, true, &v[0], "x")?;
    let y = numbers(&v[1], "y")?;
    same_length(&x, &y)?;
    let error_color = options.color(&["ecolor"])?;
    let caps = options.float(&["capsize"])?.unwrap_or(0.0);
    let width = options.float(&["elinewidth"])?;
    options.ignore(&["capthick", "barsabove", "errorevery"]);
    let format = v[4].as_str("fmt")?;
    let format = if &*format == "none" {
        Format { dash: Some(Dash::None), ..Format::default() }
    } else {
        parse_format(&format)?
    };
    let look = look(&mut options, &format)?;
    options.finish()?;
    let color = match look.color {
        Some(color) => color,
        None => target.with(|axes| Ok(axes.next_color()))?,
    };
    let mut pieces = Vec::new();
    if !v[2].is_none() {
        for (i, (below, above)) in spread(&v[2], x.len())?.into_iter().enumerate() {
            pieces.push([(x[i], y[i] - below), (x[i], y[i] + above)]);
        }
    }
    if !v[3].is_none() {
        for (i, (below, above)) in spread(&v[3], x.len())?.into_iter().enumerate() {
            pieces.push([(x[i] - below, y[i]), (x[i] + above, y[i])]);
        }
    }
    let pen = Pen {
        color: error_color.unwrap_or(color).faded(look.alpha),
        width: width.unwrap_or(look.width),
        dash: Dash::Solid,
    };
    let line = Some(look.line(x, y, color));
    let segments = Segments { pieces, pen, caps, line };
    add(target, Artist::new(Kind::Segments(segments)).named(look.labels.first().cloned()))
}

fn stem(target: &Target, v: Vec<Value>) -> PyResult<Value> {
    let arguments = data::items(&v[0])?;
    let (x, y) = match &arguments[..] {
        [y] => {
            let y = numbers(y, "y")?;
            ((0..y.len()).map(|i| i as f64).collect(), y)
        }
        [x, y, ..] => (numbers(x, "x")?, numbers(y, "y")?),
        [] => return Err(Exception::type_error("stem expected at least 1 argument, got 0")),
    };
    same_length(&x, &y)?;
    let bottom = v[4].as_float("bottom")?;
    let format = |value: &Value| match value {
        Value::Str(text) => parse_format(text),
        _ => Ok(Format::default()),
    };
    let (stems, heads) = (format(&v[1])?, format(&v[2])?);
    let color = stems.color.unwrap_or(Color::cycle(0));
    let pen = |color: Color, dash: Dash| Pen { color, width: 1.5, dash };
    let pieces = x.iter().zip(&y).map(|(x, y)| [(*x, bottom), (*x, *y)]).collect();
    let head = heads.color.unwrap_or(color);
    let base = vec![
        x.iter().copied().fold(f64::INFINITY, f64::min),
        x.iter().copied().fold(f64::NEG_INFINITY, f64::max),
    ];
    let line = Line {
        x,
        y,
        pen: pen(head, Dash::None),
        marker: heads.marker.or(Some(Marker('o'))),
        marker_size: 6.0,
        marker_face: head,
        marker_edge: head,
        mark_every: 1,
        step: None,
    };
    let floor = Line {
        x: base,
        y: vec![bottom; 2],
        pen: pen(Color::cycle(3), Dash::Solid),
        marker: None,
        ..line.clone()
    };
    let dash = stems.dash.unwrap_or(Dash::Solid);
    let segments = Segments { pieces, pen: pen(color, dash), caps: 0.0, line: Some(line) };
    let label = if v[5].is_none() { None } else { Some(options::label(&v[5])?) };
    let handle = add(target, Artist::new(Kind::Segments(segments)).named(label))?;
    add(target, Artist::new(Kind::Line(floor)))?;
    Ok(handle)
}

/// Inside and around a filled area, from the shared options.
fn area_look(
    target: &Target,
    options: &mut Options,
) -> PyResult<(Color, Option<Pen>, Option<String>, Option<f64>)> {
    let color = options.color(&["color"])?;
    let face = options.color(&["facecolor", "facecolors", "fc"])?.or(color);
    let face = match face {
        Some(face) => face,
        None => target.with(|axes| Ok(axes.next_area_color()))?,
    };
    let alpha = options.float(&["alpha"])?.unwrap_or(1.0);
    let edge = options.color(&["edgecolor", "edgecolors", "ec"])?;
    let width = options.float(&["linewidth", "linewidths", "lw"])?.unwrap_or(1.0);
    let dash = options.dash(&["linestyle", "ls"])?.unwrap_or(Dash::Solid);
    let label = options.text(&["label"])?;
    let order = options.float(&["zorder"])?;
    options.ignore(&["hatch", "transform"]);
    let pen = edge.map(|color| Pen { color: color.faded(alpha), width, dash });
    Ok((face.faded(alpha), pen, label, order))
}

fn fill_between(target: &Target, v: Vec<Value>) -> PyResult<Value> {
    let mut options = Options::new("fill_between", &v[6])?;
    let x = places(target, true, &v[0], "x")?;
    let curve = |value: &Value, name: &str| -> PyResult<Vec<f64>> {
        let list = numbers(value, name)?;
        Ok(if list.len() == 1 { vec![list[0]; x.len()] } else { list })
    };
    let (low, high) = (curve(&v[1], "y1")?, curve(&v[2], "y2")?);
    same_length(&x, &low)?;
    same_length(&x, &high)?;
    let shown: Vec<bool> = if v[3].is_none() {
        vec![true; x.len()]
    } else {
        numbers(&v[3], "where")?.into_iter().map(|w| w != 0.0).collect()
    };
    let (fill, edge, label, order) = area_look(target, &mut options)?;
    options.finish()?;
    let mut handle = Value::None;
    let mut start = 0;
    let mut label = label;
    while start < x.len() {
        let usable = |i: usize| {
            shown.get(i).copied().unwrap_or(false) && low[i].is_finite() && high[i].is_finite()
        };
        if !usable(start) {
            start += 1;
            continue;
        }
        let end = (start..x.len()).find(|i| !usable(*i)).unwrap_or(x.len());
        let mut points: Vec<(f64, f64)> = (start..end).map(|i| (x[i], low[i])).collect();
        points.extend((start..end).rev().map(|i| (x[i], high[i])));
        let polygon = Polygon { points, fill, edge: edge.clone(), counts: true };
        let mut artist = Artist::new(Kind::Polygon(polygon)).named(label.take());
        artist.order = order.unwrap_or(artist.order);
        handle = add(target, artist)?;
        start = end;
    }
    Ok(handle)
}

fn fill(target: &Target, v: Vec<Value>) -> PyResult<Value> {
    let mut options = Options::new("fill", &v[1])?;
    let arguments = data::items(&v[0])?;
    let [x, y, rest @ ..] = &arguments[..] else {
        return Err(Exception::type_error("fill() needs x and y"));
    };
    let (x, y) = (numbers(x, "x")?, numbers(y, "y")?);
    same_length(&x, &y)?;
    let (mut fill, edge, label, order) = area_look(target, &mut options)?;
    if let Some(Value::Str(text)) = rest.first() {
        fill = parse_format(text)?.color.map_or(fill, |c| c.faded(fill.alpha));
    }
    options.finish()?;
    let points = x.into_iter().zip(y).collect();
    let mut artist =
        Artist::new(Kind::Polygon(Polygon { points, fill, edge, counts: true })).named(label);
    artist.order = order.unwrap_or(artist.order);
    Ok(Value::list(vec![add(target, artist)?]))
}

fn rule(target: &Target, v: &[Value], name: &str, upright: bool, band: bool) -> PyResult<Value> {
    let offset = usize::from(band);
    let mut options = Options::new(name, &v[3 + offset])?;
    let from = v[0].as_float(name)?;
    let to = if band { v[1].as_float(name)? } else { from };
    let reach = (v[1 + offset].as_float("min")?, v[2 + offset].as_float("max")?);
    let (pen, fill, label, order);
    if band {
        let (face, _, l, o) = area_look(target, &mut options)?;
        (pen, fill, label, order) =
            (Pen { color: face, width: 0.0, dash: Dash::None }, Some(face), l, o);
    } else {
        let look = look(&mut options, &Format::default())?;
        let color = look.color.unwrap_or(Color::cycle(0)).faded(look.alpha);
        pen = Pen { color, width: look.width, dash: look.dash };
        (fill, label, order) = (None, look.labels.first().cloned(), look.order);
    }
    options.finish()?;
    let mut artist =
        Artist::new(Kind::Rule(Rule { upright, from, to, reach, pen, fill })).named(label);
    artist.order = order.unwrap_or(artist.order);
    add(target, artist)
}

fn axhline(target: &Target, v: Vec<Value>) -> PyResult<Value> {
    rule(target, &v, "axhline", false, false)
}

fn axvline(target: &Target, v: Vec<Value>) -> PyResult<Value> {
    rule(target, &v, "axvline", true, false)
}

fn axhspan(target: &Target, v: Vec<Value>) -> PyResult<Value> {
    rule(target, &v, "axhspan", false, true)
}

fn axvspan(target: &Target, v: Vec<Value>) -> PyResult<Value> {
    rule(target, &v, "axvspan", true, true)
}

fn straight(target: &Target, v: &[Value], name: &str, upright: bool) -> PyResult<Value> {
    let mut options = Options::new(name, &v[6])?;
    let at = numbers(&v[0], "place")?;
    let (low, high) = (numbers(&v[1], "min")?, numbers(&v[2], "max")?);
    let pick = |list: &[f64], i: usize| {
        list.get(if list.len() == 1 { 0 } else { i }).copied().unwrap_or(f64::NAN)
    };
    let color = match (&v[3], options.color(&["color"])?) {
        (Value::None, own) => own.unwrap_or(Color::cycle(0)),
        (value, _) => options::colors(value)?.first().copied().unwrap_or(Color::cycle(0)),
    };
    let dash = match options.dash(&["linestyle", "ls"])? {
        Some(dash) => dash,
        None => options::dash(&v[4])?,
    };
    let width =
        options.float(&["linewidth", "linewidths", "lw"])?.unwrap_or_else(state::line_width);
    let alpha = options.float(&["alpha"])?.unwrap_or(1.0);
    options.ignore(&["zorder"]);
    options.finish()?;
    let pieces = at
        .iter()
        .enumerate()
        .map(|(i, &at)| {
            let (a, b) = (pick(&low, i), pick(&high, i));
            if upright { [(at, a), (at, b)] } else { [(a, at), (b, at)] }
        })
        .collect();
    let pen = Pen { color: color.faded(alpha), width, dash };
    let label = options::label(&v[5])?;
    let label = (!label.is_empty()).then_some(label);
    add(
        target,
        Artist::new(Kind::Segments(Segments { pieces, pen, caps: 0.0, line: None })).named(label),
    )
}

fn hlines(target: &Target, v: Vec<Value>) -> PyResult<Value> {
    straight(target, &v, "hlines", false)
}

fn vlines(target: &Target, v: Vec<Value>) -> PyResult<Value> {
    straight(target, &v, "vlines", true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn format_strings_are_read_as_matplotlib_reads_them() {
        for (text, color, marker, dash) in [
            ("ro-", Some("red"), Some('o'), Some(Dash::Solid)),
            ("b--", Some("blue"), None, Some(Dash::Dashed)),
            ("k.", Some("black"), Some('.'), Some(Dash::None)),
            ("C3:", Some("C3"), None, Some(Dash::Dotted)),
            ("green", Some("green"), None, None),
            ("x", None, Some('x'), Some(Dash::None)),
            ("-.", None, None, Some(Dash::DashDot)),
        ] {
            let format = parse_format(text).unwrap();
            assert_eq!(format.color, color.and_then(Color::parse), "{text}");
            assert_eq!(format.marker, marker.map(Marker), "{text}");
            assert_eq!(format.dash, dash, "{text}");
        }
        assert!(parse_format("rq").is_err());
    }

    #[test]
    fn numbers_are_formatted_as_c_formats_them() {
        for (format, value, text) in
            [("%g", 3.0, "3"), ("%.2f", 1.0, "1.00"), ("{:.1f}%", 12.34, "12.3%"), ("%d", 7.0, "7")]
        {
            assert_eq!(with_format(format, value), text);
        }
    }
}
