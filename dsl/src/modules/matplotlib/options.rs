//! Keyword arguments: taken out by name (and by matplotlib's short names), what is left is refused with the nearest name.

use super::state;
use crate::runtime::{Exception, Key, PyResult, Value};
use crate::show::figure::artist::{Dash, Marker};
use crate::show::figure::color::{Color, ColorMap};

/// Keyword arguments of a call.
pub(super) struct Options {
    function: String,
    entries: Vec<(String, Value)>,
    known: Vec<&'static str>,
}

impl Options {
    /// From the dict that `**kwargs` was bound to.
    pub(super) fn new(function: &str, value: &Value) -> PyResult<Self> {
        let mut entries = Vec::new();
        if let Value::Dict(dict) = value {
            for (Key(name), value) in dict.borrow().iter() {
                entries.push((name.as_str("keyword")?.to_string(), value.clone()));
            }
        }
        Ok(Options { function: function.to_owned(), entries, known: Vec::new() })
    }

    /// The value of the first of several names that was given; `None` counts as not given.
    pub(super) fn take(&mut self, names: &[&'static str]) -> Option<Value> {
        self.known.extend(names);
        let mut found = None;
        for name in names {
            if let Some(index) = self.entries.iter().position(|(n, _)| n == name) {
                let (_, value) = self.entries.remove(index);
                if found.is_none() && !value.is_none() {
                    found = Some(value);
                }
            }
        }
        found
    }

    pub(super) fn float(&mut self, names: &[&'static str]) -> PyResult<Option<f64>> {
        self.take(names).map(|v| v.as_float(names[0])).transpose()
    }

    pub(super) fn int(&mut self, names: &[&'static str]) -> PyResult<Option<i64>> {
        self.take(names).map(|v| v.as_int(names[0])).transpose()
    }

    pub(super) fn flag(&mut self, names: &[&'static str]) -> PyResult<Option<bool>> {
        Ok(self.take(names).map(|v| is_true(&v)))
    }

    pub(super) fn text(&mut self, names: &[&'static str]) -> PyResult<Option<String>> {
        self.take(names).map(|v| label(&v)).transpose()
    }

    pub(super) fn color(&mut self, names: &[&'static str]) -> PyResult<Option<Color>> {
        self.take(names).map(|v| color(&v)).transpose()
    }

    pub(super) fn dash(&mut self, names: &[&'static str]) -> PyResult<Option<Dash>> {
        self.take(names).map(|v| dash(&v)).transpose()
    }

    pub(super) fn map(&mut self) -> PyResult<ColorMap> {
        match self.take(&["cmap"]) {
            Some(value) => color_map(&value),
            None => match state::parameter("image.cmap") {
                Some(value) => color_map(&value),
                None => Ok(ColorMap::default()),
            },
        }
    }

    /// A font size: points, or a word such as `small`.
    pub(super) fn size(&mut self, names: &[&'static str]) -> PyResult<Option<f64>> {
        self.take(names).map(|v| font_size(&v)).transpose()
    }

    /// Accepts options that change nothing here.
    pub(super) fn ignore(&mut self, names: &[&'static str]) {
        for name in names {
            self.take(&[name]);
        }
    }

    /// Refuses what nobody took.
    pub(super) fn finish(self) -> PyResult<()> {
        // What concerns backends and not pictures.
        const HARMLESS: [&str; 9] = [
            "antialiased",
            "aa",
            "rasterized",
            "animated",
            "picker",
            "snap",
            "clip_on",
            "gid",
            "url",
        ];
        let Some((name, _)) =
            self.entries.iter().find(|(name, _)| !HARMLESS.contains(&name.as_str()))
        else {
            return Ok(());
        };
        let error = Exception::type_error(format!(
            "{}() got an unexpected keyword argument '{name}'",
            self.function
        ));
        Err(match kerai_engine::suggest::nearest(name, self.known.iter().copied()) {
            Some(near) => error.with_hint(format!("did you mean '{near}'?")),
            None => {
                let mut known = self.known;
                known.sort_unstable();
                known.dedup();
                error.with_expected(known.join(", "))
            }
        })
    }
}

/// Python's truth of plain values.
pub(super) fn is_true(value: &Value) -> bool {
    match value {
        Value::None => false,
        Value::Bool(flag) => *flag,
        Value::Int(number) => *number != 0,
        Value::Float(number) => *number != 0.0,
        Value::Str(text) => !text.is_empty() && &**text != "off",
        Value::Object(object) => object.truth().unwrap_or(true),
        _ => true,
    }
}

/// Words of any value: `str` as it is, numbers as they print.
pub(super) fn label(value: &Value) -> PyResult<String> {
    Ok(match value {
        Value::Str(text) => text.to_string(),
        Value::Object(object) => match object.as_scalar() {
            Some(Value::Str(text)) => text.to_string(),
            _ => object.to_str()?,
        },
        other => crate::modules::numpy::describe(other),
    })
}

/// One colour: a name, a gray level, a tuple of shares.
pub(super) fn color(value: &Value) -> PyResult<Color> {
    match value {
        Value::Str(text) => Color::parse(text).ok_or_else(|| {
            let error = Exception::value_error(format!("'{text}' is not a valid color value"));
            match kerai_engine::suggest::nearest(text, Color::names()) {
                Some(near) => error.with_hint(format!("did you mean '{near}'?")),
                None => {
                    error.with_hint("try 'red', 'C0', 'tab:blue', '#1f77b4' or (0.1, 0.5, 0.7)")
                }
            }
        }),
        Value::List(_) | Value::Tuple(_) | Value::Object(_) => {
            if let Value::Tuple(items) = value
                && let [name @ Value::Str(_), alpha] = &items[..]
            {
                return Ok(color(name)?.faded(alpha.as_float("alpha")?));
            }
            match super::data::numbers(value, "color")?[..] {
                [r, g, b] => Ok(Color::shares(r, g, b, 1.0)),
                [r, g, b, a] => Ok(Color::shares(r, g, b, a)),
                _ => Err(Exception::value_error(
                    "a color needs three or four shares between 0 and 1",
                )),
            }
        }
        other => Err(other.wrong_type("color", "a name or a tuple of shares")),
    }
}

/// One colour or several. Strings of more than one colour letter are several (`"rgb"` is not).
pub(super) fn colors(value: &Value) -> PyResult<Vec<Color>> {
    match value {
        Value::Str(_) => Ok(vec![color(value)?]),
        Value::Tuple(items)
            if items.iter().all(|i| matches!(i, Value::Float(_) | Value::Int(_))) =>
        {
            Ok(vec![color(value)?])
        }
        _ => {
            let items = super::data::items(value)?;
            if items.iter().all(|i| i.as_float("color").is_ok()) && matches!(items.len(), 3 | 4) {
                return Ok(vec![color(value)?]);
            }
            items.iter().map(color).collect()
        }
    }
}

/// The pattern of a line.
pub(super) fn dash(value: &Value) -> PyResult<Dash> {
    if matches!(value, Value::Tuple(_)) {
        // (0, (5, 1)) and the like: dashed, not measured.
        return Ok(Dash::Dashed);
    }
    let text = value.as_str("linestyle")?;
    Dash::parse(&text).ok_or_else(|| {
        Exception::value_error(format!("'{text}' is not a valid value for ls"))
            .with_expected("'-', '--', '-.', ':', 'None', 'solid', 'dashed', 'dashdot', 'dotted'")
    })
}

/// The shape of markers; `None`: no markers.
pub(super) fn marker(value: &Value) -> PyResult<Option<Marker>> {
    let Value::Str(text) = value else { return Err(value.wrong_type("marker", "str")) };
    Marker::parse(text).map_err(|()| {
        Exception::value_error(format!("Unrecognized marker style '{text}'"))
            .with_expected("one of . , o v ^ < > s p P * h H + x X D d | _ 1 2 3 4 8")
    })
}

/// A colour map: its name, or what `plt.cm.viridis` and `plt.get_cmap` give.
pub(super) fn color_map(value: &Value) -> PyResult<ColorMap> {
    if let Some(map) = value.downcast::<super::cm::MapObject>() {
        return Ok(map.0.clone());
    }
    let name = value.as_str("cmap")?;
    ColorMap::named(&name).ok_or_else(|| {
        let error = Exception::value_error(format!("'{name}' is not a valid value for cmap"));
        match kerai_engine::suggest::nearest(&name, ColorMap::names()) {
            Some(near) => error.with_hint(format!("did you mean '{near}'?")),
            None => error.with_hint("try 'viridis', 'gray', 'plasma', 'coolwarm' or 'Blues'"),
        }
    })
}

/// A font size: points, or a word.
pub(super) fn font_size(value: &Value) -> PyResult<f64> {
    let Value::Str(word) = value else { return Ok(value.as_float("fontsize")?.clamp(1.0, 500.0)) };
    Ok(match &**word {
        "xx-small" => 5.79,
        "x-small" => 6.94,
        "small" | "smaller" => 8.33,
        "medium" => 10.0,
        "large" | "larger" => 12.0,
        "x-large" => 14.4,
        "xx-large" => 17.28,
        _ => {
            return Err(Exception::value_error(format!("'{word}' is not a valid font size"))
                .with_expected(
                    "points, or xx-small, x-small, small, medium, large, x-large, xx-large",
                ));
        }
    })
}

/// How words look, from the options that all functions with words share.
pub(super) struct Words {
    pub(super) size: Option<f64>,
    pub(super) color: Option<Color>,
    pub(super) bold: bool,
    pub(super) rotation: Option<f64>,
    pub(super) across: Option<i8>,
    pub(super) upright: Option<i8>,
}

/// Takes the options of words. `fontdict` holds the same names.
pub(super) fn words(options: &mut Options, fontdict: &Value) -> PyResult<Words> {
    if let Value::Dict(entries) = fontdict {
        for (Key(name), value) in entries.borrow().iter() {
            let name = name.as_str("fontdict")?.to_string();
            if !options.entries.iter().any(|(n, _)| *n == name) {
                options.entries.push((name, value.clone()));
            }
        }
    }
    let weight = options.take(&["fontweight", "weight"]);
    let bold = match weight {
        Some(Value::Str(word)) => {
            matches!(&*word, "bold" | "heavy" | "black" | "extra bold" | "semibold" | "demibold")
        }
        Some(number) => number.as_float("fontweight")? >= 600.0,
        None => false,
    };
    let rotation = match options.take(&["rotation"]) {
        Some(Value::Str(word)) => match &*word {
            "vertical" => Some(90.0),
            "horizontal" => Some(0.0),
            other => other.parse().ok(),
        },
        Some(number) => Some(number.as_float("rotation")?),
        None => None,
    };
    let across = options.text(&["horizontalalignment", "ha"])?.map(|word| match &*word {
        "left" => Ok(-1),
        "center" => Ok(0),
        "right" => Ok(1),
        other => Err(choice("ha", other, "'left', 'center', 'right'")),
    });
    let upright = options.text(&["verticalalignment", "va"])?.map(|word| match &*word {
        "bottom" => Ok(-1),
        "center" | "center_baseline" => Ok(0),
        "top" => Ok(1),
        "baseline" => Ok(2),
        other => Err(choice("va", other, "'top', 'center', 'bottom', 'baseline'")),
    });
    options.ignore(&[
        "fontstyle",
        "style",
        "fontfamily",
        "family",
        "fontname",
        "wrap",
        "linespacing",
        "rotation_mode",
        "multialignment",
        "ma",
        "usetex",
    ]);
    Ok(Words {
        size: options.size(&["fontsize", "size"])?,
        color: options.color(&["color", "c"])?,
        bold,
        rotation,
        across: across.transpose()?,
        upright: upright.transpose()?,
    })
}

/// "`value` is not a valid value for `name`".
pub(super) fn choice(name: &str, value: &str, expected: &str) -> Box<Exception> {
    Exception::value_error(format!("'{value}' is not a valid value for {name}"))
        .with_expected(expected)
}
