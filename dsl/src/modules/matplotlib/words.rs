//! Everything around the data: titles, labels, limits, marks, legends, grids, notes.

use super::data::{self, numbers};
use super::handles::{ArtistObject, LegendObject, PatchObject, add, words};
use super::options::{self, Options, is_true};
use super::state::{self, Target};
use super::table::{Row, row};
use crate::modules::numpy::scalar::float64;
use crate::runtime::{Exception, Object, PyResult, Value};
use crate::show::figure::LEGEND_PLACES;
use crate::show::figure::artist::{Arrow, Artist, Dash, Frame, Kind, Note, Pen};
use crate::show::figure::axes::{Axis, Legend, Scale};
use crate::show::figure::color::Color;

pub(super) const ROWS: &[Row] = &[
    row(
        "title",
        "set_title",
        "label, fontdict=None, loc='center', pad=None, *, y=None, **kwargs",
        "The title of the axes.",
        title,
    ),
    row(
        "xlabel",
        "set_xlabel",
        "xlabel, fontdict=None, labelpad=None, *, loc=None, **kwargs",
        "What the x axis shows.",
        |t, v| axis_label(t, v, true),
    ),
    row(
        "ylabel",
        "set_ylabel",
        "ylabel, fontdict=None, labelpad=None, *, loc=None, **kwargs",
        "What the y axis shows.",
        |t, v| axis_label(t, v, false),
    ),
    row(
        "xlim",
        "set_xlim",
        "left=None, right=None, *, emit=True, auto=False, xmin=None, xmax=None",
        "The ends of the x axis; without arguments: what they are.",
        |t, v| limits(t, v, true),
    ),
    row(
        "ylim",
        "set_ylim",
        "bottom=None, top=None, *, emit=True, auto=False, ymin=None, ymax=None",
        "The ends of the y axis; without arguments: what they are.",
        |t, v| limits(t, v, false),
    ),
    row("xscale", "set_xscale", "value, **kwargs", "`linear` or `log`.", |t, v| scale(t, v, true)),
    row("yscale", "set_yscale", "value, **kwargs", "`linear` or `log`.", |t, v| scale(t, v, false)),
    row(
        "xticks",
        "set_xticks",
        "ticks=None, labels=None, *, minor=False, **kwargs",
        "Where the x axis has marks, and what is written there.",
        |t, v| ticks(t, v, true),
    ),
    row(
        "yticks",
        "set_yticks",
        "ticks=None, labels=None, *, minor=False, **kwargs",
        "Where the y axis has marks, and what is written there.",
        |t, v| ticks(t, v, false),
    ),
    row(
        "",
        "set_xticklabels",
        "labels, *, minor=False, fontdict=None, **kwargs",
        "What is written at the marks of the x axis.",
        |t, v| tick_labels(t, v, true),
    ),
    row(
        "",
        "set_yticklabels",
        "labels, *, minor=False, fontdict=None, **kwargs",
        "What is written at the marks of the y axis.",
        |t, v| tick_labels(t, v, false),
    ),
    row(
        "tick_params",
        "tick_params",
        "axis='both', **kwargs",
        "How marks and their writing look.",
        tick_params,
    ),
    row("legend", "legend", "*args, **kwargs", "Names of what is drawn.", legend),
    row(
        "grid",
        "grid",
        "visible=None, which='major', axis='both', **kwargs",
        "Lines behind the data.",
        grid,
    ),
    row(
        "axis",
        "axis",
        "arg=None, *, emit=True, **kwargs",
        "`off`, `on`, `equal`, `scaled`, `tight`, `square`, or (xmin, xmax, ymin, ymax).",
        axis,
    ),
    row("", "set_axis_off", "", "Hides frame, marks and writing.", |t, _| axis_word(t, "off")),
    row("", "set_axis_on", "", "Shows frame, marks and writing.", |t, _| axis_word(t, "on")),
    row(
        "",
        "set_aspect",
        "aspect, adjustable=None, **kwargs",
        "`equal`, `auto` or a number.",
        aspect,
    ),
    row(
        "margins",
        "margins",
        "*margins, x=None, y=None, tight=True",
        "Free space at the ends of the axes, as shares.",
        margins,
    ),
    row("text", "text", "x, y, s, fontdict=None, **kwargs", "Words at a place.", text),
    row(
        "annotate",
        "annotate",
        "text, xy, xytext=None, xycoords='data', textcoords=None, arrowprops=None, annotation_clip=None, **kwargs",
        "Words with an arrow to a place.",
        annotate,
    ),
    row("arrow", "arrow", "x, y, dx, dy, **kwargs", "An arrow.", arrow),
    row("cla", "cla", "", "Clears the axes.", |t, _| clear(t)),
    row("", "clear", "", "Clears the axes.", |t, _| clear(t)),
    row("", "add_patch", "p", "Adds a shape of matplotlib.patches.", add_patch),
    row("", "invert_xaxis", "", "Turns the x axis around.", |t, _| invert(t, true)),
    row("", "invert_yaxis", "", "Turns the y axis around.", |t, _| invert(t, false)),
    row("", "get_xlim", "", "The ends of the x axis.", |t, _| shown_limits(t, true)),
    row("", "get_ylim", "", "The ends of the y axis.", |t, _| shown_limits(t, false)),
    row(
        "minorticks_on",
        "minorticks_on",
        "",
        "Accepted; small marks are drawn on logarithmic axes.",
        |_, _| Ok(Value::None),
    ),
    row(
        "minorticks_off",
        "minorticks_off",
        "",
        "Accepted; small marks are drawn on logarithmic axes.",
        |_, _| Ok(Value::None),
    ),
    row(
        "autoscale",
        "autoscale",
        "enable=True, axis='both', tight=None",
        "Lets the limits follow the data.",
        autoscale,
    ),
    row("", "set", "**kwargs", "Several settings at once: `ax.set(title=..., xlabel=...)`.", set),
    row("", "set_facecolor", "color", "The colour behind the data.", |t, v| {
        let color = options::color(&v[0])?;
        t.with(|axes| {
            axes.face = color;
            Ok(Value::None)
        })
    }),
    row("", "label_outer", "", "Hides labels between axes of a grid.", label_outer),
];

fn title(target: &Target, v: Vec<Value>) -> PyResult<Value> {
    let text = options::label(&v[0])?;
    let mut options = Options::new("title", &v[5])?;
    let look = options::words(&mut options, &v[1])?;
    options.finish()?;
    let place = match &*v[2].as_str("loc")? {
        "left" => 0,
        "center" => 1,
        "right" => 2,
        other => return Err(options::choice("loc", other, "'left', 'center', 'right'")),
    };
    target.with(|axes| {
        axes.titles[place].clone_from(&text);
        axes.title_size = look.size.or(axes.title_size);
        axes.title_bold = look.bold;
        axes.title_color = look.color;
        Ok(())
    })?;
    Ok(words(text, ["0.0, 1.0", "0.5, 1.0", "1.0, 1.0"][place]))
}

fn pick(axes: &mut crate::show::figure::axes::Axes, x: bool) -> &mut Axis {
    if x { &mut axes.x } else { &mut axes.y }
}

fn axis_label(target: &Target, v: Vec<Value>, x: bool) -> PyResult<Value> {
    let text = options::label(&v[0])?;
    let mut options = Options::new(if x { "xlabel" } else { "ylabel" }, &v[4])?;
    let look = options::words(&mut options, &v[1])?;
    options.finish()?;
    target.with(|axes| {
        let axis = pick(axes, x);
        axis.label.clone_from(&text);
        axis.label_size = look.size.or(axis.label_size);
        axis.label_color = look.color.or(axis.label_color);
        Ok(())
    })?;
    Ok(words(text, if x { "0.5, 0" } else { "0, 0.5" }))
}

/// The limits as they are drawn.
fn shown_limits(target: &Target, x: bool) -> PyResult<Value> {
    let (low, high) = target.sheet.figure.borrow().limits(target.index, x);
    Ok(Value::tuple([low, high].map(float64).to_vec()))
}

fn limits(target: &Target, v: Vec<Value>, x: bool) -> PyResult<Value> {
    let name = if x { "xlim" } else { "ylim" };
    let (mut low, mut high) = (v[0].clone(), v[1].clone());
    if high.is_none() && !low.is_none() && !data::shape(&low)?.is_empty() {
        match data::items(&low)?.as_slice() {
            [a, b] => (low, high) = (a.clone(), b.clone()),
            _ => return Err(Exception::value_error(format!("{name} must be (low, high)"))),
        }
    }
    let low = if low.is_none() { &v[4] } else { &low };
    let high = if high.is_none() { &v[5] } else { &high };
    let number = |value: &Value| -> PyResult<Option<f64>> {
        if value.is_none() {
            return Ok(None);
        }
        let number = value.as_float(name)?;
        if !number.is_finite() {
            return Err(Exception::value_error("Axis limits cannot be NaN or Inf"));
        }
        Ok(Some(number))
    };
    let (low, high) = (number(low)?, number(high)?);
    if low.is_some() || high.is_some() {
        target.with(|axes| {
            let axis = pick(axes, x);
            let old = if axis.inverted { (axis.limits.1, axis.limits.0) } else { axis.limits };
            let (start, end) = (low.or(old.0), high.or(old.1));
            let backwards = matches!((start, end), (Some(a), Some(b)) if a > b)
                || (axis.inverted && (start.is_none() || end.is_none()));
            axis.inverted = backwards;
            axis.limits = if backwards { (end, start) } else { (start, end) };
            Ok(())
        })?;
        let (low, high) = target.sheet.figure.borrow().limits(target.index, x);
        return Ok(Value::tuple([low, high].map(Value::Float).to_vec()));
    }
    shown_limits(target, x)
}

fn scale(target: &Target, v: Vec<Value>, x: bool) -> PyResult<Value> {
    let scale = match &*v[0].as_str("value")? {
        "linear" => Scale::Linear,
        "log" => Scale::Log,
        other => {
            return Err(options::choice("scale", other, "'linear', 'log'"));
        }
    };
    target.with(|axes| {
        pick(axes, x).scale = scale;
        Ok(Value::None)
    })
}

/// How the writing at marks looks.
fn tick_look(axis: &mut Axis, options: &mut Options, fontdict: &Value) -> PyResult<()> {
    let look = options::words(options, fontdict)?;
    axis.rotation = look.rotation.unwrap_or(axis.rotation);
    axis.tick_size = look.size.or(axis.tick_size);
    axis.tick_align = look.across.unwrap_or(axis.tick_align);
    Ok(())
}

fn ticks(target: &Target, v: Vec<Value>, x: bool) -> PyResult<Value> {
    let mut options = Options::new(if x { "xticks" } else { "yticks" }, &v[3])?;
    let names = match &v[1] {
        Value::None => None,
        value => Some(label_list(value)?),
    };
    let at = match &v[0] {
        Value::None => None,
        value => Some(data::places(target, x, value, "ticks")?),
    };
    if let (Some(at), Some(names)) = (&at, &names)
        && at.len() != names.len()
    {
        return Err(Exception::value_error(format!(
            "The number of FixedLocator locations ({}), usually from a call to set_ticks, does not match the number of labels ({}).",
            at.len(),
            names.len()
        )));
    }
    target.with(|axes| {
        let axis = pick(axes, x);
        if let Some(at) = at {
            axis.ticks = Some(at);
            axis.tick_labels = None;
        }
        if names.is_some() {
            axis.tick_labels = names;
        }
        tick_look(axis, &mut options, &Value::None)
    })?;
    options.finish()?;
    let axis = target.with(|axes| Ok(pick(axes, x).clone()))?;
    let (names, places) = (axis.tick_labels.unwrap_or_default(), axis.ticks.unwrap_or_default());
    let names = tick_words(&names, &places, x);
    Ok(Value::tuple(vec![data::vector(places), names]))
}

/// The writing at marks as values.
fn tick_words(names: &[String], places: &[f64], x: bool) -> Value {
    let one = |(i, name): (usize, &String)| {
        let at = places.get(i).copied().unwrap_or_default();
        words(name, if x { format!("{at}, 0") } else { format!("0, {at}") })
    };
    Value::list(names.iter().enumerate().map(one).collect())
}

fn label_list(value: &Value) -> PyResult<Vec<String>> {
    data::items(value)?.iter().map(options::label).collect()
}

fn tick_labels(target: &Target, v: Vec<Value>, x: bool) -> PyResult<Value> {
    let mut options = Options::new(if x { "set_xticklabels" } else { "set_yticklabels" }, &v[3])?;
    let names = label_list(&v[0])?;
    let shown = target.with(|axes| {
        let axis = pick(axes, x);
        let shown = tick_words(&names, axis.ticks.as_deref().unwrap_or_default(), x);
        axis.labels_hidden = names.is_empty();
        axis.tick_labels = (!names.is_empty()).then_some(names);
        tick_look(axis, &mut options, &v[2])?;
        Ok(shown)
    })?;
    options.finish()?;
    Ok(shown)
}

fn tick_params(target: &Target, v: Vec<Value>) -> PyResult<Value> {
    let mut options = Options::new("tick_params", &v[1])?;
    let which = v[0].as_str("axis")?;
    let size = options.size(&["labelsize"])?;
    let rotation = options.float(&["labelrotation", "rotation"])?;
    let bottom = options.flag(&["bottom"])?;
    let left = options.flag(&["left"])?;
    let label_bottom = options.flag(&["labelbottom"])?;
    let label_left = options.flag(&["labelleft"])?;
    let length = options.float(&["length"])?;
    let color = options.color(&["colors", "labelcolor", "color"])?;
    options.ignore(&[
        "which",
        "direction",
        "top",
        "right",
        "labeltop",
        "labelright",
        "pad",
        "width",
        "reset",
        "grid_color",
        "grid_alpha",
    ]);
    options.finish()?;
    target.with(|axes| {
        for x in [true, false] {
            if (x && &*which == "y") || (!x && &*which == "x") {
                continue;
            }
            let axis = pick(axes, x);
            axis.tick_size = size.or(axis.tick_size);
            axis.tick_color = color.or(axis.tick_color);
            axis.rotation = rotation.unwrap_or(axis.rotation);
            let (marks, labels) = if x { (bottom, label_bottom) } else { (left, label_left) };
            if let Some(shown) = marks {
                axis.ticks_hidden = !shown;
            }
            if length == Some(0.0) {
                axis.ticks_hidden = true;
            }
            if let Some(shown) = labels {
                axis.labels_hidden = !shown;
            }
        }
        Ok(Value::None)
    })
}

fn legend(target: &Target, v: Vec<Value>) -> PyResult<Value> {
    let mut options = Options::new("legend", &v[1])?;
    let arguments = data::items(&v[0])?;
    let handles = options.take(&["handles"]);
    let labels = options.take(&["labels"]);
    let (handles, labels) = match &arguments[..] {
        [] => (handles, labels),
        [labels] => (handles, Some(labels.clone())),
        [handles, labels] => (Some(handles.clone()), Some(labels.clone())),
        _ => return Err(Exception::type_error("legend() takes at most 2 positional arguments")),
    };
    let labels = labels.map(|l| label_list(&l)).transpose()?;
    let place = match options.take(&["loc"]) {
        None => "best".to_owned(),
        Some(Value::Int(code)) => LEGEND_PLACES
            .get(usize::try_from(code).unwrap_or(usize::MAX))
            .ok_or_else(|| options::choice("loc", &code.to_string(), &LEGEND_PLACES.join(", ")))?
            .to_string(),
        Some(Value::Str(word)) => {
            if !LEGEND_PLACES.contains(&&*word) {
                return Err(options::choice("loc", &word, &LEGEND_PLACES.join(", ")));
            }
            word.to_string()
        }
        Some(other) => return Err(other.wrong_type("loc", "a name such as 'upper right'")),
    };
    let anchor = match options.take(&["bbox_to_anchor"]) {
        Some(value) => match numbers(&value, "bbox_to_anchor")?[..] {
            [x, y] | [x, y, _, _] => Some((x, y)),
            _ => return Err(Exception::value_error("bbox_to_anchor must be (x, y)")),
        },
        None => None,
    };
    let mut one = Legend {
        place,
        title: options.text(&["title"])?,
        size: options.size(&["fontsize", "prop"])?,
        columns: options.int(&["ncol", "ncols"])?.unwrap_or(1).clamp(1, 50) as usize,
        frameless: !options.flag(&["frameon"])?.unwrap_or(true),
        entries: Vec::new(),
        anchor,
    };
    options.ignore(&[
        "title_fontsize",
        "framealpha",
        "fancybox",
        "shadow",
        "borderaxespad",
        "borderpad",
        "labelspacing",
        "handlelength",
        "handletextpad",
        "markerscale",
        "scatterpoints",
        "numpoints",
        "columnspacing",
        "edgecolor",
        "facecolor",
        "labelcolor",
        "bbox_transform",
        "mode",
        "draggable",
    ]);
    options.finish()?;
    let handle_numbers = handles.map(|h| handle_numbers(&h)).transpose()?;
    target.with(|axes| {
        let shown: Vec<usize> = match handle_numbers {
            Some(list) => list,
            // Names alone go to what is drawn, in order.
            None if labels.is_some() => (0..axes.artists.len())
                .filter(|i| !matches!(axes.artists[*i].kind, Kind::Note(_) | Kind::Image(_)))
                .collect(),
            None => Vec::new(),
        };
        one.entries = match labels {
            Some(labels) => shown.into_iter().zip(labels).collect(),
            None => {
                let name = |i: &usize| axes.artists.get(*i).and_then(|a| a.label.clone());
                shown.iter().filter_map(|i| Some((*i, name(i)?))).collect()
            }
        };
        axes.legend = Some(one);
        Ok(Value::object(LegendObject))
    })
}

fn handle_numbers(value: &Value) -> PyResult<Vec<usize>> {
    let mut numbers = Vec::new();
    for item in data::items(value)? {
        match &item {
            Value::List(_) | Value::Tuple(_) => numbers.extend(handle_numbers(&item)?),
            other => match other.downcast::<ArtistObject>() {
                Some(artist) => numbers.push(artist.index),
                None => {
                    return Err(Exception::type_error(
                        "legend handles must be what plot(), scatter() or bar() returned",
                    ));
                }
            },
        }
    }
    Ok(numbers)
}

fn grid(target: &Target, v: Vec<Value>) -> PyResult<Value> {
    let mut options = Options::new("grid", &v[3])?;
    let color = options.color(&["color", "c"])?;
    let width = options.float(&["linewidth", "lw"])?;
    let dash = options.dash(&["linestyle", "ls"])?;
    let alpha = options.float(&["alpha"])?.unwrap_or(1.0);
    options.ignore(&["zorder", "b"]);
    options.finish()?;
    let styled = color.is_some() || width.is_some() || dash.is_some() || alpha != 1.0;
    let which = v[1].as_str("which")?;
    let axis = v[2].as_str("axis")?;
    if !matches!(&*axis, "both" | "x" | "y") {
        return Err(options::choice("axis", &axis, "'both', 'x', 'y'"));
    }
    let mut lines = state::default_grid();
    lines.pen.color = color.unwrap_or(lines.pen.color).faded(alpha);
    lines.pen.width = width.unwrap_or(lines.pen.width);
    lines.pen.dash = dash.unwrap_or(lines.pen.dash);
    lines.minor = &*which != "major";
    target.with(|axes| {
        for x in [true, false] {
            if (x && &*axis == "y") || (!x && &*axis == "x") {
                continue;
            }
            let one = pick(axes, x);
            let on = match &v[0] {
                Value::None => styled || one.grid.is_none(),
                value => is_true(value),
            };
            one.grid = on.then(|| lines.clone());
        }
        Ok(Value::None)
    })
}

fn axis(target: &Target, v: Vec<Value>) -> PyResult<Value> {
    let mut options = Options::new("axis", &v[2])?;
    let ends = [
        options.float(&["xmin"])?,
        options.float(&["xmax"])?,
        options.float(&["ymin"])?,
        options.float(&["ymax"])?,
    ];
    options.finish()?;
    match &v[0] {
        Value::None => {}
        Value::Str(word) => {
            axis_word(target, word)?;
            return ends_of(target);
        }
        Value::Bool(shown) => {
            axis_word(target, if *shown { "on" } else { "off" })?;
            return ends_of(target);
        }
        value => match numbers(value, "axis")?[..] {
            [x0, x1, y0, y1] => target.with(|axes| {
                for (axis, a, b) in [(&mut axes.x, x0, x1), (&mut axes.y, y0, y1)] {
                    axis.limits = (Some(a.min(b)), Some(a.max(b)));
                    axis.inverted = a > b;
                }
                Ok(())
            })?,
            _ => return Err(Exception::value_error("axis() needs (xmin, xmax, ymin, ymax)")),
        },
    }
    target.with(|axes| {
        for (slot, end) in [
            (&mut axes.x.limits.0, ends[0]),
            (&mut axes.x.limits.1, ends[1]),
            (&mut axes.y.limits.0, ends[2]),
            (&mut axes.y.limits.1, ends[3]),
        ] {
            *slot = end.or(*slot);
        }
        Ok(())
    })?;
    ends_of(target)
}

/// (xmin, xmax, ymin, ymax)
fn ends_of(target: &Target) -> PyResult<Value> {
    let figure = target.sheet.figure.borrow();
    let (x, y) = (figure.limits(target.index, true), figure.limits(target.index, false));
    Ok(Value::tuple([x.0, x.1, y.0, y.1].map(float64).to_vec()))
}

fn axis_word(target: &Target, word: &str) -> PyResult<Value> {
    target.with(|axes| {
        match word {
            "off" => axes.off = true,
            "on" => axes.off = false,
            "equal" => {
                axes.aspect = Some(1.0);
                axes.aspect_by_limits = true;
            }
            "scaled" | "image" | "square" => {
                axes.aspect = Some(1.0);
                axes.aspect_by_limits = false;
            }
            "auto" => axes.aspect = None,
            "tight" => {
                axes.x.margin = Some(0.0);
                axes.y.margin = Some(0.0);
            }
            other => {
                return Err(options::choice(
                    "axis",
                    other,
                    "'on', 'off', 'equal', 'scaled', 'tight', 'auto', 'image', 'square'",
                ));
            }
        }
        Ok(Value::None)
    })
}

fn aspect(target: &Target, v: Vec<Value>) -> PyResult<Value> {
    let wanted = match &v[0] {
        Value::Str(word) if &**word == "equal" => Some(1.0),
        Value::Str(word) if &**word == "auto" => None,
        other => Some(other.as_float("aspect")?).filter(|a| *a > 0.0),
    };
    let by_limits = matches!(&v[1], Value::Str(word) if &**word == "datalim");
    target.with(|axes| {
        axes.aspect = wanted;
        axes.aspect_by_limits = by_limits;
        Ok(Value::None)
    })
}

fn margins(target: &Target, v: Vec<Value>) -> PyResult<Value> {
    let both = data::items(&v[0])?;
    let (x, y) = match &both[..] {
        [] => (v[1].clone(), v[2].clone()),
        [one] => (one.clone(), one.clone()),
        [x, y, ..] => (x.clone(), y.clone()),
    };
    let number =
        |value: &Value| if value.is_none() { Ok(None) } else { value.as_float("margin").map(Some) };
    let (x, y) = (number(&x)?, number(&y)?);
    target.with(|axes| {
        axes.x.margin = x.or(axes.x.margin);
        axes.y.margin = y.or(axes.y.margin);
        Ok(Value::None)
    })
}

/// Words with their look, shared by `text` and `annotate`.
fn note(text: String, at: (f64, f64), options: &mut Options, fontdict: &Value) -> PyResult<Note> {
    let look = options::words(options, fontdict)?;
    let alpha = options.float(&["alpha"])?.unwrap_or(1.0);
    let frame = match options.take(&["bbox"]) {
        Some(value @ Value::Dict(_)) => {
            let mut own = Options::new("bbox", &value)?;
            let alpha = own.float(&["alpha"])?.unwrap_or(1.0);
            let fill = own.color(&["facecolor", "fc", "color"])?.unwrap_or(Color::cycle(0));
            let edge = own.color(&["edgecolor", "ec"])?.unwrap_or(Color::BLACK);
            let pad = own.float(&["pad"])?.unwrap_or(0.35);
            own.ignore(&["boxstyle", "linewidth", "lw"]);
            own.finish()?;
            let pad = if pad > 1.0 { pad / 10.0 } else { pad };
            Some(Frame { fill: fill.faded(alpha), edge: edge.faded(alpha), pad })
        }
        _ => options.color(&["backgroundcolor"])?.map(|fill| Frame { fill, edge: fill, pad: 0.2 }),
    };
    let in_axes = options
        .take(&["transform"])
        .is_some_and(|t| t.downcast::<Transform>().is_some_and(|t| t.0));
    options.ignore(&["zorder", "clip_on", "label"]);
    Ok(Note {
        text,
        at,
        in_axes,
        size: look.size.unwrap_or(10.0),
        color: look.color.unwrap_or(Color::BLACK).faded(alpha),
        bold: look.bold,
        across: look.across.unwrap_or(-1),
        upright: look.upright.unwrap_or(2),
        angle: look.rotation.unwrap_or(0.0),
        frame,
        arrow: None,
        shift: (0.0, 0.0),
    })
}

/// `ax.transAxes` (true) and `ax.transData`.
pub(super) struct Transform(pub(super) bool);

impl Object for Transform {
    fn type_name(&self) -> String {
        "Transform".to_owned()
    }
}

fn text(target: &Target, v: Vec<Value>) -> PyResult<Value> {
    let mut options = Options::new("text", &v[4])?;
    let at = place(target, &v[0], &v[1])?;
    let note = note(options::label(&v[2])?, at, &mut options, &v[3])?;
    options.finish()?;
    add(target, Artist::new(Kind::Note(note)))
}

/// A place in data; names are places of a categorical axis.
fn place(target: &Target, x: &Value, y: &Value) -> PyResult<(f64, f64)> {
    let one = |list: Vec<f64>| list.first().copied().unwrap_or(f64::NAN);
    Ok((one(data::places(target, true, x, "x")?), one(data::places(target, false, y, "y")?)))
}

fn pair(target: &Target, value: &Value, name: &str) -> PyResult<(f64, f64)> {
    match data::items(value)?.as_slice() {
        [x, y] => place(target, x, y),
        _ => Err(Exception::value_error(format!("{name} must be (x, y)"))),
    }
}

fn annotate(target: &Target, v: Vec<Value>) -> PyResult<Value> {
    let mut options = Options::new("annotate", &v[7])?;
    let to = pair(target, &v[1], "xy")?;
    let coordinates = |value: &Value| match value {
        Value::Str(word) => word.to_string(),
        _ => String::new(),
    };
    let (from, to_where) = (coordinates(&v[4]), coordinates(&v[3]));
    let offset = from.contains("offset");
    let at = match &v[2] {
        Value::None => to,
        _ if offset => to,
        value => pair(target, value, "xytext")?,
    };
    let mut one = note(options::label(&v[0])?, at, &mut options, &Value::None)?;
    options.finish()?;
    if offset
        && !v[2].is_none()
        && let [dx, dy] = numbers(&v[2], "xytext")?[..]
    {
        one.shift = (dx, dy);
    }
    let words_where = if from.is_empty() || offset { &to_where } else { &from };
    one.in_axes |= words_where.contains("axes fraction");
    if let Value::Dict(_) = &v[5] {
        let mut own = Options::new("arrowprops", &v[5])?;
        let style = own.text(&["arrowstyle"])?;
        let color =
            own.color(&["color", "ec", "edgecolor", "fc", "facecolor"])?.unwrap_or(Color::BLACK);
        let width = own.float(&["linewidth", "lw"])?;
        let wide = own.float(&["width"])?;
        own.ignore(&[
            "connectionstyle",
            "shrink",
            "headwidth",
            "headlength",
            "shrinkA",
            "shrinkB",
            "mutation_scale",
            "alpha",
            "linestyle",
            "ls",
            "relpos",
            "patchA",
            "patchB",
        ]);
        own.finish()?;
        let head = style.as_deref().is_none_or(|s| s.contains(['>', 'f', 's', 'w']));
        let width =
            width.or(wide.map(|w| w.max(1.0))).unwrap_or(if style.is_none() { 4.0 } else { 1.0 });
        one.arrow = Some(Arrow { to, pen: Pen { color, width, dash: Dash::Solid }, head });
    }
    add(target, Artist::new(Kind::Note(one)))
}

fn arrow(target: &Target, v: Vec<Value>) -> PyResult<Value> {
    let mut options = Options::new("arrow", &v[4])?;
    let color =
        options.color(&["color", "fc", "facecolor", "ec", "edgecolor"])?.unwrap_or(Color::BLACK);
    let width = options.float(&["linewidth", "lw"])?.unwrap_or(1.0);
    options.ignore(&[
        "head_width",
        "head_length",
        "width",
        "length_includes_head",
        "alpha",
        "zorder",
        "shape",
        "overhang",
    ]);
    options.finish()?;
    let from = place(target, &v[0], &v[1])?;
    let to = (from.0 + v[2].as_float("dx")?, from.1 + v[3].as_float("dy")?);
    let pen = Pen { color, width, dash: Dash::Solid };
    let note = Note {
        text: String::new(),
        at: from,
        in_axes: false,
        size: 1.0,
        color,
        bold: false,
        across: 0,
        upright: 0,
        angle: 0.0,
        frame: None,
        arrow: Some(Arrow { to, pen, head: true }),
        shift: (0.0, 0.0),
    };
    add(target, Artist::new(Kind::Note(note)))
}

fn clear(target: &Target) -> PyResult<Value> {
    target.with(|axes| {
        let mut empty = crate::show::figure::axes::Axes::new(axes.slot);
        (empty.share_x, empty.share_y, empty.twin_of) = (axes.share_x, axes.share_y, axes.twin_of);
        *axes = empty;
        Ok(Value::None)
    })
}

fn add_patch(target: &Target, v: Vec<Value>) -> PyResult<Value> {
    let Some(patch) = v[0].downcast::<PatchObject>() else {
        return Err(v[0].wrong_type("p", "a shape of matplotlib.patches"));
    };
    add(target, patch.artist.clone())
}

fn invert(target: &Target, x: bool) -> PyResult<Value> {
    target.with(|axes| {
        let axis = pick(axes, x);
        axis.inverted = !axis.inverted;
        Ok(Value::None)
    })
}

fn autoscale(target: &Target, v: Vec<Value>) -> PyResult<Value> {
    let which = v[1].as_str("axis")?;
    let tight = is_true(&v[2]);
    target.with(|axes| {
        for x in [true, false] {
            if (x && &*which == "y") || (!x && &*which == "x") {
                continue;
            }
            let axis = pick(axes, x);
            axis.limits = (None, None);
            if tight {
                axis.margin = Some(0.0);
            }
        }
        Ok(Value::None)
    })
}

fn set(target: &Target, v: Vec<Value>) -> PyResult<Value> {
    let Value::Dict(entries) = &v[0] else { return Ok(Value::None) };
    let entries: Vec<(Value, Value)> =
        entries.borrow().iter().map(|(k, v)| (k.0.clone(), v.clone())).collect();
    let mut results = Vec::new();
    for (name, value) in entries {
        let name = name.as_str("keyword")?;
        let method = format!("set_{name}");
        let Some(row) = super::table::rows().find(|r| r.axes == method) else {
            let known: Vec<&str> =
                super::table::rows().filter_map(|r| r.axes.strip_prefix("set_")).collect();
            let error = Exception::attribute_error(format!(
                "Axes.set() got an unexpected keyword argument '{name}'"
            ));
            return Err(match kerai_engine::suggest::nearest(&name, known.iter().copied()) {
                Some(near) => error.with_hint(format!("did you mean '{near}'?")),
                None => error,
            });
        };
        results.push(crate::runtime::context::call(
            &row.method(target),
            crate::runtime::Arguments::positional(vec![value]),
        )?);
    }
    Ok(Value::list(results))
}

fn label_outer(target: &Target, _v: Vec<Value>) -> PyResult<Value> {
    use crate::show::figure::axes::Slot;
    target.with(|axes| {
        if let Slot::Grid { grid, rows, columns } = axes.slot {
            if rows.1 + 1 < grid.0 {
                axes.x.labels_hidden = true;
                axes.x.label.clear();
            }
            if columns.0 > 0 {
                axes.y.labels_hidden = true;
                axes.y.label.clear();
            }
        }
        Ok(Value::None)
    })
}
