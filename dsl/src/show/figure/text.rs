//! Text as it is drawn: runs of letters with raised and lowered parts (`$x^2$`), and their sizes in the embedded font.

use super::coverage::Point;
use ab_glyph::{Font, FontRef, GlyphId, OutlineCurve};
use std::sync::LazyLock;

/// The family name under which the font is known to the drawing library.
pub(super) const FAMILY: &str = "DejaVu Sans";
pub(super) const NORMAL: &[u8] = include_bytes!("../../../assets/DejaVuSans.ttf");
pub(super) const BOLD: &[u8] = include_bytes!("../../../assets/DejaVuSans-Bold.ttf");

static FONT: LazyLock<FontRef<'static>> =
    LazyLock::new(|| FontRef::try_from_slice(NORMAL).expect("the embedded font is a font"));
static BOLD_FONT: LazyLock<FontRef<'static>> =
    LazyLock::new(|| FontRef::try_from_slice(BOLD).expect("the embedded font is a font"));

/// One line of text in one size.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Text {
    pub(crate) runs: Vec<Run>,
    /// The font's size in pixels.
    pub(crate) size: f64,
    pub(crate) bold: bool,
}

/// A part of a line.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Run {
    pub(crate) text: String,
    /// Size, as a share of the line's.
    pub(crate) scale: f64,
    /// How far above the baseline, as a share of the line's size.
    pub(crate) rise: f64,
}

/// How big a line is, in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Extent {
    pub(crate) width: f64,
    pub(crate) ascent: f64,
    pub(crate) descent: f64,
}

impl Text {
    /// One line, with what stands between dollar signs set as a formula.
    pub(crate) fn line(text: &str, size: f64, bold: bool) -> Self {
        Text { runs: runs(text), size, bold }
    }
}

/// The size of a line.
pub(crate) fn measure(text: &Text) -> Extent {
    let (mut width, mut ascent, mut descent) = (0.0, 0.0_f64, 0.0_f64);
    for run in &text.runs {
        let size = text.size * run.scale;
        width += advance(&run.text, text.bold) * size;
        let low = if run.text.contains([
            'g', 'j', 'p', 'q', 'y', ',', '(', ')', '[', ']', '_', '|', '{', '}', ';', 'Q', '$',
            'μ', 'β', 'φ',
        ]) {
            0.236
        } else {
            0.02
        };
        ascent = ascent.max(0.76 * size + run.rise * text.size);
        descent = descent.max(low * size - run.rise * text.size);
    }
    Extent { width, ascent, descent }
}

/// The width of letters at size 1.
fn advance(text: &str, bold: bool) -> f64 {
    let mut width = 0.0;
    let mut before: Option<(GlyphId, bool)> = None;
    for c in text.chars() {
        let (font, is_bold) = font_for(c, bold);
        let id = font.glyph_id(c);
        let unit = f64::from(font.units_per_em().unwrap_or(2048.0));
        if let Some((previous, same)) = before
            && same == is_bold
        {
            width += f64::from(font.kern_unscaled(previous, id)) / unit;
        }
        width += f64::from(font.h_advance_unscaled(id)) / unit;
        before = Some((id, is_bold));
    }
    width
}

/// The bold font has Latin letters only.
fn font_for(c: char, bold: bool) -> (&'static FontRef<'static>, bool) {
    if bold && BOLD_FONT.glyph_id(c).0 != 0 { (&*BOLD_FONT, true) } else { (&*FONT, false) }
}

/// Hands out the outlines of a line's letters (closed polygons) with the baseline starting at `at`.
pub(super) fn outlines(text: &Text, at: Point, angle: f64, mut outline: impl FnMut(&[Point])) {
    let (sin, cos) = angle.to_radians().sin_cos();
    let mut pen = 0.0;
    for run in &text.runs {
        let size = text.size * run.scale;
        let rise = run.rise * text.size;
        let mut before: Option<(GlyphId, bool)> = None;
        for c in run.text.chars() {
            let (font, is_bold) = font_for(c, text.bold);
            let id = font.glyph_id(c);
            let unit = size / f64::from(font.units_per_em().unwrap_or(2048.0));
            if let Some((previous, same)) = before
                && same == is_bold
            {
                pen += f64::from(font.kern_unscaled(previous, id)) * unit;
            }
            let place = |p: ab_glyph::Point| {
                let (x, y) = (pen + f64::from(p.x) * unit, -(f64::from(p.y) * unit + rise));
                (at.0 + x * cos + y * sin, at.1 - x * sin + y * cos)
            };
            letter(font, id, place, &mut outline);
            pen += f64::from(font.h_advance_unscaled(id)) * unit;
            before = Some((id, is_bold));
        }
    }
}

fn letter(
    font: &FontRef<'_>,
    id: GlyphId,
    place: impl Fn(ab_glyph::Point) -> Point,
    outline: &mut impl FnMut(&[Point]),
) {
    let Some(curves) = font.outline(id).map(|o| o.curves) else { return };
    let mut points: Vec<Point> = Vec::new();
    let mut end: Option<ab_glyph::Point> = None;
    for curve in curves {
        let (start, rest, stop): (_, Vec<ab_glyph::Point>, _) = match curve {
            OutlineCurve::Line(a, b) => (a, vec![], b),
            OutlineCurve::Quad(a, b, c) => {
                (a, (1..6).map(|i| quad(a, b, c, i as f32 / 6.0)).collect(), c)
            }
            OutlineCurve::Cubic(a, b, c, d) => {
                (a, (1..8).map(|i| cubic([a, b, c, d], i as f32 / 8.0)).collect(), d)
            }
        };
        if end.is_none_or(|e| e != start) {
            outline(&points);
            points.clear();
            points.push(place(start));
        }
        points.extend(rest.into_iter().map(&place));
        points.push(place(stop));
        end = Some(stop);
    }
    outline(&points);
}

fn quad(a: ab_glyph::Point, b: ab_glyph::Point, c: ab_glyph::Point, t: f32) -> ab_glyph::Point {
    let s = 1.0 - t;
    ab_glyph::point(
        s * s * a.x + 2.0 * s * t * b.x + t * t * c.x,
        s * s * a.y + 2.0 * s * t * b.y + t * t * c.y,
    )
}

fn cubic(p: [ab_glyph::Point; 4], t: f32) -> ab_glyph::Point {
    let (first, last) = (quad(p[0], p[1], p[2], t), quad(p[1], p[2], p[3], t));
    ab_glyph::point(first.x + (last.x - first.x) * t, first.y + (last.y - first.y) * t)
}

/// Splits text at dollar signs; what stands between them is a formula. A lone dollar sign is itself.
pub(crate) fn runs(text: &str) -> Vec<Run> {
    let plain = |text: &str| Run { text: text.to_owned(), scale: 1.0, rise: 0.0 };
    let dollars = text.replace("\\$", "\u{1}").matches('$').count();
    if dollars < 2 || dollars % 2 == 1 {
        return vec![plain(&text.replace("\\$", "$"))];
    }
    let escaped = text.replace("\\$", "\u{1}");
    let mut result = Vec::new();
    for (i, part) in escaped.split('$').enumerate() {
        let part = part.replace('\u{1}', "$");
        if i % 2 == 0 {
            if !part.is_empty() {
                result.push(plain(&part));
            }
        } else {
            formula(&mut part.chars().peekable(), 1.0, 0.0, &mut result, false);
        }
    }
    result
}

type Letters<'a> = std::iter::Peekable<std::str::Chars<'a>>;

fn formula(letters: &mut Letters<'_>, scale: f64, rise: f64, out: &mut Vec<Run>, braced: bool) {
    while let Some(c) = letters.next() {
        match c {
            '}' if braced => return,
            '{' => formula(letters, scale, rise, out, true),
            '^' | '_' => {
                let shift = if c == '^' { 0.38 } else { -0.16 };
                let (scale, rise) = (scale * 0.7, rise + shift * scale);
                match letters.next() {
                    Some('{') => formula(letters, scale, rise, out, true),
                    Some('\\') => push(out, &command(letters), scale, rise),
                    Some(single) => push(out, &symbol(single), scale, rise),
                    None => {}
                }
            }
            '\\' => push(out, &command(letters), scale, rise),
            ' ' => {}
            other => push(out, &symbol(other), scale, rise),
        }
    }
}

fn push(out: &mut Vec<Run>, text: &str, scale: f64, rise: f64) {
    match out.last_mut() {
        Some(run) if run.scale == scale && run.rise == rise => run.text.push_str(text),
        _ => out.push(Run { text: text.to_owned(), scale, rise }),
    }
}

fn symbol(c: char) -> String {
    match c {
        '-' => "−".to_owned(),
        '=' | '<' | '>' | '+' => format!(" {c} "),
        other => other.to_string(),
    }
}

fn command(letters: &mut Letters<'_>) -> String {
    let mut name = String::new();
    while let Some(c) = letters.next_if(|c| c.is_ascii_alphabetic()) {
        name.push(c);
    }
    if name.is_empty() {
        return match letters.next() {
            Some(',' | ';' | ':' | ' ') => "\u{2009}".replace('\u{2009}', " "),
            Some('!') | None => String::new(),
            Some(other) => other.to_string(),
        };
    }
    match COMMANDS.iter().find(|(known, _)| *known == name) {
        Some((_, symbol)) => (*symbol).to_owned(),
        // `\mathrm{..}`, `\text{..}`, `\sin`: the letters themselves.
        None if matches!(
            &*name,
            "mathrm" | "mathbf" | "text" | "mathit" | "mathcal" | "left" | "right"
        ) =>
        {
            String::new()
        }
        None => name,
    }
}

#[rustfmt::skip]
const COMMANDS: [(&str, &str); 60] = [
    ("alpha", "α"), ("beta", "β"), ("gamma", "γ"), ("delta", "δ"), ("epsilon", "ε"), ("zeta", "ζ"), ("eta", "η"),
    ("theta", "θ"), ("iota", "ι"), ("kappa", "κ"), ("lambda", "λ"), ("mu", "μ"), ("nu", "ν"), ("xi", "ξ"), ("pi", "π"),
    ("rho", "ρ"), ("sigma", "σ"), ("tau", "τ"), ("phi", "φ"), ("chi", "χ"), ("psi", "ψ"), ("omega", "ω"),
    ("Gamma", "Γ"), ("Delta", "Δ"), ("Theta", "Θ"), ("Lambda", "Λ"), ("Xi", "Ξ"), ("Pi", "Π"), ("Sigma", "Σ"),
    ("Phi", "Φ"), ("Psi", "Ψ"), ("Omega", "Ω"), ("times", "×"), ("cdot", "·"), ("pm", "±"), ("approx", " ≈ "),
    ("neq", " ≠ "), ("ne", " ≠ "), ("leq", " ≤ "), ("le", " ≤ "), ("geq", " ≥ "), ("ge", " ≥ "), ("infty", "∞"), ("partial", "∂"),
    ("nabla", "∇"), ("sum", "∑"), ("prod", "∏"), ("int", "∫"), ("sqrt", "√"), ("to", "→"), ("rightarrow", "→"),
    ("leftarrow", "←"), ("in", " ∈ "), ("forall", "∀"), ("exists", "∃"), ("ldots", "…"), ("dots", "…"), ("circ", "°"),
    ("quad", "  "), ("degree", "°"),
];

/// Whether the font can draw a letter.
#[cfg(test)]
pub(super) fn has_letter(c: char) -> bool {
    FONT.glyph_id(c).0 != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_become_runs() {
        let shown = |text: &str| -> Vec<(String, f64)> {
            runs(text).into_iter().map(|r| (r.text, (r.rise * 100.0).round())).collect()
        };
        assert_eq!(shown("cost: 5$"), [("cost: 5$".to_owned(), 0.0)]);
        assert_eq!(shown("$10^{-3}$"), [("10".to_owned(), 0.0), ("−3".to_owned(), 38.0)]);
        assert_eq!(
            shown(r"$\alpha_i$ b"),
            [("α".to_owned(), 0.0), ("i".to_owned(), -16.0), (" b".to_owned(), 0.0)]
        );
        assert!("αβ²−─×…éß".chars().all(has_letter));
    }
}
