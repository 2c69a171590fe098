//! Colours by their matplotlib names, and colour maps.

use std::sync::Arc;

/// A colour with its opacity.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Color {
    /// Red, green, blue.
    pub rgb: [u8; 3],
    /// 0 is invisible, 1 covers.
    pub alpha: f64,
}

impl Color {
    /// Black.
    pub const BLACK: Color = Color::gray(0);
    /// White.
    pub const WHITE: Color = Color::gray(255);

    /// A shade of gray.
    pub const fn gray(level: u8) -> Self {
        Color { rgb: [level; 3], alpha: 1.0 }
    }

    /// From `0xRRGGBB`.
    pub const fn hex(code: u32) -> Self {
        let [_, red, green, blue] = code.to_be_bytes();
        Color { rgb: [red, green, blue], alpha: 1.0 }
    }

    /// From shares between 0 and 1.
    pub fn shares(red: f64, green: f64, blue: f64, alpha: f64) -> Self {
        let byte = |share: f64| (share.clamp(0.0, 1.0) * 255.0).round() as u8;
        Color { rgb: [byte(red), byte(green), byte(blue)], alpha: alpha.clamp(0.0, 1.0) }
    }

    /// The same, with its opacity multiplied.
    #[must_use]
    pub fn faded(self, alpha: f64) -> Self {
        Color { alpha: self.alpha * alpha, ..self }
    }

    /// The n-th colour of the default cycle.
    pub fn cycle(n: usize) -> Self {
        Color::hex(TAB10[n % TAB10.len()])
    }

    /// A colour as matplotlib writes it: `red`, `r`, `tab:blue`, `C3`, `#1f77b4`, `#abc`, `0.5`, `none`.
    pub fn parse(text: &str) -> Option<Self> {
        let name = text.trim().to_ascii_lowercase();
        if name == "none" {
            return Some(Color { rgb: [0; 3], alpha: 0.0 });
        }
        if let Some(digits) = name.strip_prefix('#') {
            return parse_hex(digits);
        }
        if let Some(tab) = name.strip_prefix("tab:") {
            let tab = if tab == "grey" { "gray" } else { tab };
            return TAB_NAMES.iter().position(|n| *n == tab).map(Color::cycle);
        }
        if let Some(number) = name.strip_prefix('c').filter(|n| !n.is_empty())
            && let Ok(n) = number.parse::<usize>()
        {
            return Some(Color::cycle(n));
        }
        if let Some((_, code)) = LETTERS.iter().find(|(letter, _)| *letter == name) {
            return Some(Color::hex(*code));
        }
        if let Ok(found) = NAMES.binary_search_by(|(n, _)| (*n).cmp(&name)) {
            return Some(Color::hex(NAMES[found].1));
        }
        let gray: f64 = name.parse().ok()?;
        (0.0..=1.0).contains(&gray).then(|| Color::shares(gray, gray, gray, 1.0))
    }

    /// The names of colours, for did-you-mean.
    pub fn names() -> impl Iterator<Item = &'static str> {
        NAMES.iter().map(|(name, _)| *name)
    }
}

fn parse_hex(digits: &str) -> Option<Color> {
    if !digits.is_ascii() || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let wide: String = match digits.len() {
        3 | 4 => digits.chars().flat_map(|c| [c, c]).collect(),
        6 | 8 => digits.to_owned(),
        _ => return None,
    };
    let byte = |i: usize| u8::from_str_radix(&wide[i..i + 2], 16).ok();
    let alpha = if wide.len() == 8 { f64::from(byte(6)?) / 255.0 } else { 1.0 };
    Some(Color { rgb: [byte(0)?, byte(2)?, byte(4)?], alpha })
}

/// A colour map of 256 entries.
#[derive(Debug, Clone)]
pub struct ColorMap {
    /// Its name, as it was asked for.
    pub name: String,
    table: Arc<[[u8; 3]]>,
}

impl PartialEq for ColorMap {
    fn eq(&self, other: &Self) -> bool {
        self.table == other.table
    }
}

impl Default for ColorMap {
    fn default() -> Self {
        ColorMap::named("viridis").expect("viridis is in the embedded table")
    }
}

impl ColorMap {
    /// A colour map by its matplotlib name; `_r` at the end reverses it.
    pub fn named(name: &str) -> Option<Self> {
        let base = name.strip_suffix("_r").unwrap_or(name);
        let base = match base {
            "grey" => "gray",
            "Grays" => "Greys",
            other => other,
        };
        let index = MAP_NAMES.iter().position(|n| *n == base)?;
        let bytes = MAPS.get(index * 768..(index + 1) * 768)?;
        let mut table: Vec<[u8; 3]> = bytes.chunks_exact(3).map(|c| [c[0], c[1], c[2]]).collect();
        if name.ends_with("_r") {
            table.reverse();
        }
        Some(ColorMap { name: name.to_owned(), table: table.into() })
    }

    /// A map of the given colours, in equal steps.
    pub fn listed(name: &str, colors: &[Color]) -> Self {
        let n = colors.len().max(1);
        let table: Vec<[u8; 3]> =
            (0..256).map(|i| colors.get(i * n / 256).map_or([0; 3], |c| c.rgb)).collect();
        ColorMap { name: name.to_owned(), table: table.into() }
    }

    /// A map that runs evenly through the given colours.
    pub fn blended(name: &str, colors: &[Color]) -> Self {
        let last = colors.len().saturating_sub(1);
        let table: Vec<[u8; 3]> = (0..256)
            .map(|i| {
                let place = f64::from(i) / 255.0 * last as f64;
                let (from, share) = (place.floor() as usize, place.fract());
                let a = colors.get(from).map_or([0; 3], |c| c.rgb);
                let b = colors.get(from + 1).map_or(a, |c| c.rgb);
                std::array::from_fn(|k| {
                    (f64::from(a[k]) + share * (f64::from(b[k]) - f64::from(a[k]))).round() as u8
                })
            })
            .collect();
        ColorMap { name: name.to_owned(), table: table.into() }
    }

    /// The colour at a share between 0 and 1 (outside: the ends; not a number: transparent).
    pub fn at(&self, share: f64) -> Color {
        if share.is_nan() {
            return Color { rgb: [255; 3], alpha: 0.0 };
        }
        let index = ((share * 256.0) as usize).min(255);
        Color { rgb: self.table.get(index).copied().unwrap_or([0; 3]), alpha: 1.0 }
    }

    /// All names.
    pub fn names() -> impl Iterator<Item = &'static str> {
        MAP_NAMES.iter().copied()
    }
}

/// From numbers to colours.
#[derive(Debug, Clone, PartialEq)]
pub struct Mapping {
    /// The colours.
    pub map: ColorMap,
    /// The number at the lower end.
    pub min: f64,
    /// The number at the upper end.
    pub max: f64,
    /// Whether steps are equal factors.
    pub log: bool,
}

impl Mapping {
    /// A mapping over the finite values, where the limits are not given.
    pub fn over(values: &[f64], map: ColorMap, min: Option<f64>, max: Option<f64>) -> Self {
        let finite = || values.iter().copied().filter(|v| v.is_finite());
        let low = min.unwrap_or_else(|| finite().fold(f64::INFINITY, f64::min));
        let high = max.unwrap_or_else(|| finite().fold(f64::NEG_INFINITY, f64::max));
        let (low, high) =
            if low.is_finite() && high.is_finite() { (low, high) } else { (0.0, 1.0) };
        Mapping { map, min: low, max: high, log: false }
    }

    /// The colour of a number.
    pub fn color(&self, value: f64) -> Color {
        if !value.is_finite() {
            return self.map.at(f64::NAN);
        }
        self.map.at(self.share(value).clamp(0.0, 1.0))
    }

    fn share(&self, value: f64) -> f64 {
        let (value, min, max) = if self.log {
            (
                value.max(f64::MIN_POSITIVE).ln(),
                self.min.max(1e-300).ln(),
                self.max.max(1e-300).ln(),
            )
        } else {
            (value, self.min, self.max)
        };
        if max > min { (value - min) / (max - min) } else { 0.0 }
    }
}

const MAPS: &[u8] = include_bytes!("../../../assets/colormaps.bin");

/// In the order of the embedded table.
#[rustfmt::skip]
const MAP_NAMES: [&str; 64] = [
    "viridis", "plasma", "inferno", "magma", "cividis", "Greys", "Purples", "Blues", "Greens",
    "Oranges", "Reds", "YlOrBr", "YlOrRd", "OrRd", "PuRd", "RdPu", "BuPu", "GnBu", "PuBu",
    "YlGnBu", "BuGn", "YlGn", "binary", "gray", "bone", "pink", "spring", "summer", "autumn",
    "winter", "cool", "Wistia", "hot", "copper", "PiYG", "PRGn", "BrBG", "PuOr", "RdGy", "RdBu",
    "RdYlBu", "RdYlGn", "Spectral", "coolwarm", "bwr", "seismic", "twilight", "hsv", "jet",
    "turbo", "rainbow", "ocean", "terrain", "gist_earth", "gist_rainbow", "tab10", "tab20",
    "Set1", "Set2", "Set3", "Pastel1", "Dark2", "Paired", "Accent",
];

const TAB10: [u32; 10] = [
    0x1F77B4, 0xFF7F0E, 0x2CA02C, 0xD62728, 0x9467BD, 0x8C564B, 0xE377C2, 0x7F7F7F, 0xBCBD22,
    0x17BECF,
];
const TAB_NAMES: [&str; 10] =
    ["blue", "orange", "green", "red", "purple", "brown", "pink", "gray", "olive", "cyan"];
const LETTERS: [(&str, u32); 8] = [
    ("b", 0x0000FF),
    ("g", 0x008000),
    ("r", 0xFF0000),
    ("c", 0x00BFBF),
    ("m", 0xBF00BF),
    ("y", 0xBFBF00),
    ("k", 0),
    ("w", 0xFFFFFF),
];

/// The names of CSS, sorted.
#[rustfmt::skip]
const NAMES: [(&str, u32); 148] = [
    ("aliceblue", 0xF0F8FF), ("antiquewhite", 0xFAEBD7), ("aqua", 0x00FFFF),
    ("aquamarine", 0x7FFFD4), ("azure", 0xF0FFFF), ("beige", 0xF5F5DC), ("bisque", 0xFFE4C4),
    ("black", 0x000000), ("blanchedalmond", 0xFFEBCD), ("blue", 0x0000FF),
    ("blueviolet", 0x8A2BE2), ("brown", 0xA52A2A), ("burlywood", 0xDEB887),
    ("cadetblue", 0x5F9EA0), ("chartreuse", 0x7FFF00), ("chocolate", 0xD2691E),
    ("coral", 0xFF7F50), ("cornflowerblue", 0x6495ED), ("cornsilk", 0xFFF8DC),
    ("crimson", 0xDC143C), ("cyan", 0x00FFFF), ("darkblue", 0x00008B), ("darkcyan", 0x008B8B),
    ("darkgoldenrod", 0xB8860B), ("darkgray", 0xA9A9A9), ("darkgreen", 0x006400),
    ("darkgrey", 0xA9A9A9), ("darkkhaki", 0xBDB76B), ("darkmagenta", 0x8B008B),
    ("darkolivegreen", 0x556B2F), ("darkorange", 0xFF8C00), ("darkorchid", 0x9932CC),
    ("darkred", 0x8B0000), ("darksalmon", 0xE9967A), ("darkseagreen", 0x8FBC8F),
    ("darkslateblue", 0x483D8B), ("darkslategray", 0x2F4F4F), ("darkslategrey", 0x2F4F4F),
    ("darkturquoise", 0x00CED1), ("darkviolet", 0x9400D3), ("deeppink", 0xFF1493),
    ("deepskyblue", 0x00BFFF), ("dimgray", 0x696969), ("dimgrey", 0x696969),
    ("dodgerblue", 0x1E90FF), ("firebrick", 0xB22222), ("floralwhite", 0xFFFAF0),
    ("forestgreen", 0x228B22), ("fuchsia", 0xFF00FF), ("gainsboro", 0xDCDCDC),
    ("ghostwhite", 0xF8F8FF), ("gold", 0xFFD700), ("goldenrod", 0xDAA520), ("gray", 0x808080),
    ("green", 0x008000), ("greenyellow", 0xADFF2F), ("grey", 0x808080), ("honeydew", 0xF0FFF0),
    ("hotpink", 0xFF69B4), ("indianred", 0xCD5C5C), ("indigo", 0x4B0082), ("ivory", 0xFFFFF0),
    ("khaki", 0xF0E68C), ("lavender", 0xE6E6FA), ("lavenderblush", 0xFFF0F5),
    ("lawngreen", 0x7CFC00), ("lemonchiffon", 0xFFFACD), ("lightblue", 0xADD8E6),
    ("lightcoral", 0xF08080), ("lightcyan", 0xE0FFFF), ("lightgoldenrodyellow", 0xFAFAD2),
    ("lightgray", 0xD3D3D3), ("lightgreen", 0x90EE90), ("lightgrey", 0xD3D3D3),
    ("lightpink", 0xFFB6C1), ("lightsalmon", 0xFFA07A), ("lightseagreen", 0x20B2AA),
    ("lightskyblue", 0x87CEFA), ("lightslategray", 0x778899), ("lightslategrey", 0x778899),
    ("lightsteelblue", 0xB0C4DE), ("lightyellow", 0xFFFFE0), ("lime", 0x00FF00),
    ("limegreen", 0x32CD32), ("linen", 0xFAF0E6), ("magenta", 0xFF00FF), ("maroon", 0x800000),
    ("mediumaquamarine", 0x66CDAA), ("mediumblue", 0x0000CD), ("mediumorchid", 0xBA55D3),
    ("mediumpurple", 0x9370DB), ("mediumseagreen", 0x3CB371), ("mediumslateblue", 0x7B68EE),
    ("mediumspringgreen", 0x00FA9A), ("mediumturquoise", 0x48D1CC), ("mediumvioletred", 0xC71585),
    ("midnightblue", 0x191970), ("mintcream", 0xF5FFFA), ("mistyrose", 0xFFE4E1),
    ("moccasin", 0xFFE4B5), ("navajowhite", 0xFFDEAD), ("navy", 0x000080), ("oldlace", 0xFDF5E6),
    ("olive", 0x808000), ("olivedrab", 0x6B8E23), ("orange", 0xFFA500), ("orangered", 0xFF4500),
    ("orchid", 0xDA70D6), ("palegoldenrod", 0xEEE8AA), ("palegreen", 0x98FB98),
    ("paleturquoise", 0xAFEEEE), ("palevioletred", 0xDB7093), ("papayawhip", 0xFFEFD5),
    ("peachpuff", 0xFFDAB9), ("peru", 0xCD853F), ("pink", 0xFFC0CB), ("plum", 0xDDA0DD),
    ("powderblue", 0xB0E0E6), ("purple", 0x800080), ("rebeccapurple", 0x663399),
    ("red", 0xFF0000), ("rosybrown", 0xBC8F8F), ("royalblue", 0x4169E1),
    ("saddlebrown", 0x8B4513), ("salmon", 0xFA8072), ("sandybrown", 0xF4A460),
    ("seagreen", 0x2E8B57), ("seashell", 0xFFF5EE), ("sienna", 0xA0522D), ("silver", 0xC0C0C0),
    ("skyblue", 0x87CEEB), ("slateblue", 0x6A5ACD), ("slategray", 0x708090),
    ("slategrey", 0x708090), ("snow", 0xFFFAFA), ("springgreen", 0x00FF7F),
    ("steelblue", 0x4682B4), ("tan", 0xD2B48C), ("teal", 0x008080), ("thistle", 0xD8BFD8),
    ("tomato", 0xFF6347), ("turquoise", 0x40E0D0), ("violet", 0xEE82EE), ("wheat", 0xF5DEB3),
    ("white", 0xFFFFFF), ("whitesmoke", 0xF5F5F5), ("yellow", 0xFFFF00),
    ("yellowgreen", 0x9ACD32),
];
