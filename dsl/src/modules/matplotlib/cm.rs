//! Colour maps as values: `plt.cm.viridis`, `plt.get_cmap("Blues")`.

use super::{data, options};
use crate::modules::numpy::Array;
use crate::runtime::object::Doc;
use crate::runtime::{Arguments, Exception, Object, PyResult, Signature, Value};
use crate::show::figure::color::{Color, ColorMap};

/// A colour map; called with shares between 0 and 1 it gives colours.
pub(super) struct MapObject(pub(super) ColorMap);

impl Object for MapObject {
    fn type_name(&self) -> String {
        "ListedColormap".to_owned()
    }

    fn repr(&self) -> PyResult<String> {
        Ok(format!("<matplotlib.colors.ListedColormap '{}'>", self.0.name))
    }

    fn attribute(&self, _this: &Value, name: &str) -> PyResult<Option<Value>> {
        Ok(match name {
            "name" => Some(Value::str(&self.0.name)),
            "N" => Some(Value::Int(256)),
            "reversed" => {
                let name = match self.0.name.strip_suffix("_r") {
                    Some(base) => base.to_owned(),
                    None => format!("{}_r", self.0.name),
                };
                let reversed = ColorMap::named(&name).unwrap_or_else(|| self.0.clone());
                Some(crate::runtime::Native::value("reversed", "name=None", "", move |_| {
                    Ok(Value::object(MapObject(reversed.clone())))
                }))
            }
            _ => None,
        })
    }

    fn attribute_names(&self) -> Vec<String> {
        ["name", "N", "reversed"].map(str::to_owned).to_vec()
    }

    fn call(&self, _this: &Value, arguments: Arguments) -> PyResult<Value> {
        let signature = Signature::parse("X, alpha=None, bytes=False");
        let values = signature.bind(&self.0.name, arguments)?;
        let alpha = if values[1].is_none() { 1.0 } else { values[1].as_float("alpha")? };
        let shares = |color: Color| {
            let [r, g, b] = color.rgb.map(|c| f64::from(c) / 255.0);
            [r, g, b, color.alpha * alpha]
        };
        // Whole numbers count entries, others are shares.
        if let Value::Int(entry) = values[0] {
            let color = self.0.at((entry.clamp(0, 255) as f64 + 0.5) / 256.0);
            return Ok(Value::tuple(shares(color).map(Value::Float).to_vec()));
        }
        let array = data::array(&values[0])?;
        let whole = array.dtype().is_integer();
        let places = data::numbers(&values[0], "X")?;
        let colors: Vec<[f64; 4]> = places
            .into_iter()
            .map(|p| if whole { (p.clamp(0.0, 255.0) + 0.5) / 256.0 } else { p })
            .map(|p| shares(self.0.at(p)))
            .collect();
        if array.ndim() == 0 {
            let one = colors.first().copied().unwrap_or_default();
            return Ok(Value::tuple(one.map(Value::Float).to_vec()));
        }
        let mut shape = array.shape().to_vec();
        shape.push(4);
        Ok(Array::from_vec(&shape, colors.concat()).to_value())
    }

    fn is_callable(&self) -> bool {
        true
    }

    fn doc(&self) -> Option<Doc> {
        Some(Doc {
            signature: format!("{}(X, alpha=None)", self.0.name),
            text: "Colours for shares between 0 and 1.".to_owned(),
        })
    }
}

/// `plt.cm`: every map by its name.
pub(super) struct Maps;

impl Object for Maps {
    fn type_name(&self) -> String {
        "module".to_owned()
    }

    fn attribute(&self, _this: &Value, name: &str) -> PyResult<Option<Value>> {
        if name == "get_cmap" {
            return Ok(Some(get_map()));
        }
        Ok(ColorMap::named(name).map(|map| Value::object(MapObject(map))))
    }

    fn attribute_names(&self) -> Vec<String> {
        ColorMap::names().map(str::to_owned).chain(["get_cmap".to_owned()]).collect()
    }

    fn item(&self, _this: &Value, key: &Value) -> PyResult<Value> {
        Ok(Value::object(MapObject(options::color_map(key)?)))
    }
}

/// `plt.get_cmap`
pub(super) fn get_map() -> Value {
    crate::runtime::Native::value(
        "get_cmap",
        "name='viridis', lut=None",
        "A colour map by its name.",
        |v| {
            let map = options::color_map(&v[0])?;
            if let Value::Int(count) = v[1] {
                let count = count.clamp(1, 256) as usize;
                let last = (count - 1).max(1) as f64;
                let colors: Vec<Color> = (0..count).map(|i| map.at(i as f64 / last)).collect();
                return Ok(Value::object(MapObject(ColorMap::listed(&map.name, &colors))));
            }
            Ok(Value::object(MapObject(map)))
        },
    )
}

/// `ListedColormap` and `LinearSegmentedColormap.from_list`
pub(super) fn custom(blended: bool, colors: &Value, name: &str) -> PyResult<Value> {
    let colors: Vec<Color> =
        data::items(colors)?.iter().map(options::color).collect::<PyResult<_>>()?;
    if colors.is_empty() {
        return Err(Exception::value_error("a colour map needs at least one color"));
    }
    let map =
        if blended { ColorMap::blended(name, &colors) } else { ColorMap::listed(name, &colors) };
    Ok(Value::object(MapObject(map)))
}
