//! Legends: names of what is drawn.

use super::axis::label_list;
use super::data::{self, numbers};
use super::handles::{ArtistObject, LegendObject};
use super::options::{self, Options};
use super::state::Target;
use super::table::{Row, row};
use crate::runtime::{Exception, PyResult, Value};
use crate::show::figure::LEGEND_PLACES;
use crate::show::figure::artist::Kind;
use crate::show::figure::axes::Legend;

pub(super) const ROWS: &[Row] =
    &[row("legend", "legend", "*args, **kwargs", "Names of what is drawn.", legend)];

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
