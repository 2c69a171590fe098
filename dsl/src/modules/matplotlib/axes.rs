//! Axes as values: `fig, ax = plt.subplots()`.

use super::state::{self, Target};
use super::{figure, notes, table};
use crate::runtime::{Native, Object, PyResult, Value};

/// Axes of a figure.
pub(super) struct AxesObject(pub(super) Target);

impl Object for AxesObject {
    fn type_name(&self) -> String {
        "Axes".to_owned()
    }

    fn repr(&self) -> PyResult<String> {
        Ok("<Axes: >".to_owned())
    }

    fn attribute(&self, _this: &Value, name: &str) -> PyResult<Option<Value>> {
        if let Some(row) = table::rows().find(|row| row.axes == name && !name.is_empty()) {
            return Ok(Some(row.method(&self.0)));
        }
        let target = self.0.clone();
        Ok(match name {
            "figure" => Some(figure::value(&target.sheet)),
            "get_figure" => Some(Native::value(name, "", "The figure.", move |_| {
                Ok(figure::value(&target.sheet))
            })),
            "transAxes" => Some(Value::object(notes::Transform(true))),
            "transData" => Some(Value::object(notes::Transform(false))),
            "xaxis" | "yaxis" => Some(Value::object(AxisObject { target, x: name == "xaxis" })),
            "spines" => Some(Value::object(Spines { target, sides: vec![0, 1, 2, 3] })),
            "twinx" => Some(Native::value(
                name,
                "",
                "Axes on top with a y axis at the right.",
                move |_| Ok(twin(&target)),
            )),
            "remove" => {
                Some(Native::value(name, "", "Takes the axes out of their figure.", move |_| {
                    target.with(|axes| {
                        axes.removed = true;
                        Ok(Value::None)
                    })
                }))
            }
            "get_legend_handles_labels" => {
                Some(Native::value(name, "", "What a legend would show.", move |_| {
                    handles_and_labels(&target)
                }))
            }
            "get_title" | "get_xlabel" | "get_ylabel" => {
                let name = name.to_owned();
                Some(Native::value(&name.clone(), "", "The words.", move |_| {
                    target.with(|axes| {
                        Ok(Value::str(match &*name {
                            "get_title" => &axes.titles[1],
                            "get_xlabel" => &axes.x.label,
                            _ => &axes.y.label,
                        }))
                    })
                }))
            }
            "lines" | "patches" | "images" | "texts" => Some(artists(&target, name)?),
            _ => None,
        })
    }

    fn attribute_names(&self) -> Vec<String> {
        let others = [
            "figure",
            "get_figure",
            "transAxes",
            "transData",
            "xaxis",
            "yaxis",
            "spines",
            "twinx",
            "remove",
            "get_legend_handles_labels",
            "get_title",
            "get_xlabel",
            "get_ylabel",
            "lines",
            "patches",
            "images",
            "texts",
        ];
        table::rows()
            .map(|row| row.axes.to_owned())
            .filter(|name| !name.is_empty())
            .chain(others.map(str::to_owned))
            .collect()
    }
}

/// Axes on the same place, with their own upright axis.
pub(super) fn twin(target: &Target) -> Value {
    let slot = target.with(|axes| Ok(axes.slot)).unwrap_or(state::WHOLE);
    let twin = target.sheet.add_axes(slot);
    let cycle = target.with(|axes| Ok(axes.cycle)).unwrap_or(0);
    // New axes cannot be missing.
    let _ = twin.with(|axes| {
        axes.twin_of = Some(target.index);
        axes.share_x = Some(target.index);
        axes.y.opposite = true;
        axes.y.label_opposite = true;
        axes.cycle = cycle;
        Ok(())
    });
    Value::object(AxesObject(twin))
}

fn handles_and_labels(target: &Target) -> PyResult<Value> {
    let named: Vec<(usize, String)> = target.with(|axes| {
        let named = axes.artists.iter().enumerate();
        Ok(named.filter_map(|(i, a)| Some((i, a.label.clone()?))).collect())
    })?;
    let handles = named.iter().map(|(i, _)| super::handles::existing(target, *i)).collect();
    let labels = named.iter().map(|(_, l)| Value::str(l)).collect();
    Ok(Value::tuple(vec![Value::list(handles), Value::list(labels)]))
}

fn artists(target: &Target, name: &str) -> PyResult<Value> {
    use crate::show::figure::artist::Kind;
    let indices: Vec<usize> = target.with(|axes| {
        let fits = |kind: &Kind| match name {
            "lines" => matches!(kind, Kind::Line(_)),
            "patches" => matches!(kind, Kind::Bars(_) | Kind::Polygon(_)),
            "images" => matches!(kind, Kind::Image(_)),
            _ => matches!(kind, Kind::Note(_)),
        };
        Ok((0..axes.artists.len()).filter(|i| fits(&axes.artists[*i].kind)).collect())
    })?;
    Ok(Value::list(indices.into_iter().map(|i| super::handles::existing(target, i)).collect()))
}

/// `ax.spines["top"]`, `ax.spines[["top", "right"]]`
struct Spines {
    target: Target,
    sides: Vec<usize>,
}

const SIDES: [&str; 4] = ["left", "bottom", "right", "top"];

impl Object for Spines {
    fn type_name(&self) -> String {
        "Spines".to_owned()
    }

    fn item(&self, _this: &Value, key: &Value) -> PyResult<Value> {
        let names = super::data::names(key).unwrap_or_default();
        let sides: PyResult<Vec<usize>> = names
            .iter()
            .map(|name| {
                SIDES.iter().position(|s| s == name).ok_or_else(|| {
                    super::options::choice("spine", name, "'left', 'bottom', 'right', 'top'")
                })
            })
            .collect();
        Ok(Value::object(Spines { target: self.target.clone(), sides: sides? }))
    }

    fn attribute(&self, _this: &Value, name: &str) -> PyResult<Option<Value>> {
        if let Some(side) = SIDES.iter().position(|s| *s == name) {
            return Ok(Some(Value::object(Spines {
                target: self.target.clone(),
                sides: vec![side],
            })));
        }
        let (target, sides) = (self.target.clone(), self.sides.clone());
        Ok(match name {
            "set_visible" => {
                Some(Native::value(name, "b", "Shows or hides these frame lines.", move |v| {
                    let shown = super::options::is_true(&v[0]);
                    target.with(|axes| {
                        for side in &sides {
                            axes.spines[*side] = shown;
                        }
                        Ok(Value::None)
                    })
                }))
            }
            "set_color" => {
                Some(Native::value(name, "c", "`none` hides these frame lines.", move |v| {
                    let color = super::options::color(&v[0])?;
                    target.with(|axes| {
                        for side in &sides {
                            axes.spines[*side] = color.alpha > 0.0;
                        }
                        Ok(Value::None)
                    })
                }))
            }
            "set_linewidth" => Some(Native::value(name, "w", "Accepted.", |_| Ok(Value::None))),
            _ => None,
        })
    }

    fn attribute_names(&self) -> Vec<String> {
        SIDES
            .iter()
            .chain(&["set_visible", "set_color", "set_linewidth"])
            .map(|s| (*s).to_owned())
            .collect()
    }
}

/// `ax.xaxis`, `ax.yaxis`
struct AxisObject {
    target: Target,
    x: bool,
}

impl Object for AxisObject {
    fn type_name(&self) -> String {
        if self.x { "XAxis" } else { "YAxis" }.to_owned()
    }

    fn attribute(&self, _this: &Value, name: &str) -> PyResult<Option<Value>> {
        let (target, x) = (self.target.clone(), self.x);
        let change = |work: fn(&mut crate::show::figure::axes::Axis, &Value) -> PyResult<()>| {
            Some(Native::value(name, "value=None, **kwargs", "", move |v| {
                target.with(|axes| {
                    work(if x { &mut axes.x } else { &mut axes.y }, &v[0])?;
                    Ok(Value::None)
                })
            }))
        };
        Ok(match name {
            "set_visible" => change(|axis, value| {
                let shown = super::options::is_true(value);
                axis.ticks_hidden = !shown;
                axis.labels_hidden = !shown;
                Ok(())
            }),
            "tick_top" | "tick_right" => change(|axis, _| {
                axis.opposite = true;
                Ok(())
            }),
            "tick_bottom" | "tick_left" => change(|axis, _| {
                axis.opposite = false;
                Ok(())
            }),
            "set_label_position" => change(|axis, value| {
                axis.label_opposite =
                    matches!(value, Value::Str(word) if matches!(&**word, "top" | "right"));
                Ok(())
            }),
            "set_ticks_position" => change(|axis, value| {
                axis.opposite =
                    matches!(value, Value::Str(word) if matches!(&**word, "top" | "right"));
                Ok(())
            }),
            "set_ticks" => change(|axis, value| {
                axis.ticks = Some(super::data::numbers(value, "ticks")?);
                Ok(())
            }),
            "set_major_locator" => change(|axis, value| {
                if let Some(locator) = value.downcast::<super::Locator>() {
                    axis.whole = locator.whole;
                    if let Some(fixed) = &locator.fixed {
                        axis.ticks = Some(fixed.clone());
                    }
                }
                Ok(())
            }),
            "set_minor_locator" | "set_major_formatter" | "set_minor_formatter" => {
                change(|_, _| Ok(()))
            }
            _ => None,
        })
    }

    fn attribute_names(&self) -> Vec<String> {
        [
            "set_visible",
            "tick_top",
            "tick_bottom",
            "tick_left",
            "tick_right",
            "set_ticks_position",
            "set_label_position",
            "set_ticks",
            "set_major_locator",
        ]
        .map(str::to_owned)
        .to_vec()
    }
}
