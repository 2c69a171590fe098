//! Titles and labels, and what concerns axes as a whole: several settings at once, clearing.

use super::axis::pick;
use super::handles::{PatchObject, add, words};
use super::options::{self, Options};
use super::state::Target;
use super::table::{Row, row};
use crate::runtime::{Exception, PyResult, Value};

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
    row("cla", "cla", "", "Clears the axes.", |t, _| clear(t)),
    row("", "clear", "", "Clears the axes.", |t, _| clear(t)),
    row("", "add_patch", "p", "Adds a shape of matplotlib.patches.", add_patch),
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
