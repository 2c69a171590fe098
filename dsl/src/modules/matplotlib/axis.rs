//! The two axes: limits, scales, marks and what is written there, the grid, proportions.

use super::data::{self, numbers};
use super::handles::words;
use super::options::{self, Options, is_true};
use super::state::{self, Target};
use super::table::{Row, row};
use crate::modules::numpy::scalar::float64;
use crate::runtime::{Exception, PyResult, Value};
use crate::show::figure::axes::{Axis, Scale};

pub(super) const ROWS: &[Row] = &[
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
    row("", "get_xlim", "", "The ends of the x axis.", |t, _| shown_limits(t, true)),
    row("", "get_ylim", "", "The ends of the y axis.", |t, _| shown_limits(t, false)),
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
    row("", "invert_xaxis", "", "Turns the x axis around.", |t, _| invert(t, true)),
    row("", "invert_yaxis", "", "Turns the y axis around.", |t, _| invert(t, false)),
    row(
        "autoscale",
        "autoscale",
        "enable=True, axis='both', tight=None",
        "Lets the limits follow the data.",
        autoscale,
    ),
];

pub(super) fn pick(axes: &mut crate::show::figure::axes::Axes, x: bool) -> &mut Axis {
    if x { &mut axes.x } else { &mut axes.y }
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

pub(super) fn label_list(value: &Value) -> PyResult<Vec<String>> {
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
