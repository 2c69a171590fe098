//! What can be drawn into axes, as plain data in the axes' own coordinates. Sizes and widths are in points.

use super::color::{Color, Mapping};

/// One thing that is drawn.
#[derive(Debug, Clone)]
pub struct Artist {
    /// What it is.
    pub kind: Kind,
    /// Its name in the legend.
    pub label: Option<String>,
    /// Higher is painted later.
    pub order: f64,
    /// Whether it is shown.
    pub visible: bool,
}

/// The kinds of things.
#[derive(Debug, Clone)]
pub enum Kind {
    /// A line with or without markers.
    Line(Line),
    /// Markers of their own sizes and colours.
    Scatter(Scatter),
    /// Rectangles: bars, histograms, patches.
    Bars(Bars),
    /// A filled outline.
    Polygon(Polygon),
    /// Separate pieces of lines.
    Segments(Segments),
    /// An image.
    Image(Image),
    /// A grid of coloured cells.
    Mesh(Mesh),
    /// Lines of equal height, or the bands between them.
    Contour(Contour),
    /// Words.
    Note(Note),
    /// A line or a band across the whole axes.
    Rule(Rule),
}

/// How a line looks.
#[derive(Debug, Clone, PartialEq)]
pub struct Pen {
    /// Its colour.
    pub color: Color,
    /// Its width in points.
    pub width: f64,
    /// Its pattern.
    pub dash: Dash,
}

/// The pattern of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dash {
    /// `-`
    Solid,
    /// `--`
    Dashed,
    /// `:`
    Dotted,
    /// `-.`
    DashDot,
    /// No line.
    None,
}

impl Dash {
    /// A pattern as matplotlib writes it.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "-" | "solid" => Dash::Solid,
            "--" | "dashed" => Dash::Dashed,
            ":" | "dotted" => Dash::Dotted,
            "-." | "dashdot" => Dash::DashDot,
            "" | " " | "None" | "none" => Dash::None,
            _ => return None,
        })
    }

    /// Lengths on and off, in line widths.
    pub(super) fn pattern(self) -> &'static [f64] {
        match self {
            Dash::Solid | Dash::None => &[],
            Dash::Dashed => &[3.7, 1.6],
            Dash::Dotted => &[1.0, 1.65],
            Dash::DashDot => &[6.4, 1.6, 1.0, 1.6],
        }
    }
}

/// The shape of a marker: matplotlib's letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Marker(pub char);

impl Marker {
    /// The known letters.
    pub const ALL: &str = ".,ov^<>12348spP*hH+xXDd|_";

    /// A marker by its letter; `None` for none at all (`""`, `"None"`).
    pub(crate) fn parse(text: &str) -> Result<Option<Self>, ()> {
        if matches!(text, "" | " " | "None" | "none") {
            return Ok(None);
        }
        let mut letters = text.chars();
        match (letters.next(), letters.next()) {
            (Some(letter), None) if Self::ALL.contains(letter) => Ok(Some(Marker(letter))),
            _ => Err(()),
        }
    }
}

/// A line through points.
#[derive(Debug, Clone)]
pub struct Line {
    /// Places; not a number breaks the line.
    pub x: Vec<f64>,
    /// Places.
    pub y: Vec<f64>,
    /// How it looks.
    pub pen: Pen,
    /// Its markers.
    pub marker: Option<Marker>,
    /// Width of a marker in points.
    pub marker_size: f64,
    /// Colour inside the markers.
    pub marker_face: Color,
    /// Colour around the markers.
    pub marker_edge: Color,
    /// Only every n-th point is marked.
    pub mark_every: usize,
    /// Steps instead of slopes.
    pub step: Option<Step>,
}

/// Where a step changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Before the point.
    Pre,
    /// After the point.
    Post,
    /// Half way.
    Mid,
}

/// Markers.
#[derive(Debug, Clone)]
pub struct Scatter {
    /// Places.
    pub x: Vec<f64>,
    /// Places.
    pub y: Vec<f64>,
    /// Areas in square points: one for all, or one for each.
    pub sizes: Vec<f64>,
    /// Colours: one for all, or one for each.
    pub colors: Vec<Color>,
    /// Where the colours come from, for a colour bar.
    pub mapping: Option<Mapping>,
    /// Their shape.
    pub marker: Marker,
    /// Colour around; none: as inside.
    pub edge: Option<Color>,
    /// Width of the edge in points.
    pub edge_width: f64,
}

/// Rectangles.
#[derive(Debug, Clone)]
pub struct Bars {
    /// `[x0, y0, x1, y1]`
    pub rects: Vec<[f64; 4]>,
    /// Inside: one for all, or one for each.
    pub fill: Vec<Color>,
    /// Around.
    pub edge: Option<Color>,
    /// Width of the edge in points.
    pub edge_width: f64,
    /// The axis keeps no margin at their feet: 0 across, 1 upright.
    pub foot: Option<usize>,
}

/// A filled outline.
#[derive(Debug, Clone)]
pub struct Polygon {
    /// Corners.
    pub points: Vec<(f64, f64)>,
    /// Inside.
    pub fill: Color,
    /// Around.
    pub edge: Option<Pen>,
    /// Whether it widens the limits of the axes.
    pub counts: bool,
}

/// Separate pieces of lines.
#[derive(Debug, Clone)]
pub struct Segments {
    /// From, to.
    pub pieces: Vec<[(f64, f64); 2]>,
    /// How they look.
    pub pen: Pen,
    /// Level marks of this width in points at both ends.
    pub caps: f64,
    /// Markers in the middle, as part of the same legend entry.
    pub line: Option<Line>,
}

/// An image.
#[derive(Debug, Clone)]
pub struct Image {
    /// Rows of cells.
    pub rows: usize,
    /// Cells in a row.
    pub columns: usize,
    /// Numbers with their colours, or colours.
    pub cells: Cells,
    /// Left, right, bottom, top.
    pub extent: [f64; 4],
    /// Whether the first row is on top.
    pub from_top: bool,
    /// Blended between cells.
    pub smooth: bool,
    /// Opacity.
    pub alpha: f64,
}

/// The content of an image.
#[derive(Debug, Clone)]
pub enum Cells {
    /// Numbers.
    Mapped {
        /// Row by row.
        values: Vec<f64>,
        /// Their colours.
        mapping: Mapping,
    },
    /// Red, green, blue, opacity.
    Colors(Vec<[u8; 4]>),
}

/// A grid of cells.
#[derive(Debug, Clone)]
pub struct Mesh {
    /// Borders between columns.
    pub x: Vec<f64>,
    /// Borders between rows.
    pub y: Vec<f64>,
    /// Row by row.
    pub values: Vec<f64>,
    /// Their colours.
    pub mapping: Mapping,
    /// Opacity.
    pub alpha: f64,
}

/// Heights over a grid.
#[derive(Debug, Clone)]
pub struct Contour {
    /// Places of the columns.
    pub x: Vec<f64>,
    /// Places of the rows.
    pub y: Vec<f64>,
    /// Heights, row by row.
    pub values: Vec<f64>,
    /// The heights that are drawn, ascending.
    pub levels: Vec<f64>,
    /// Bands instead of lines.
    pub filled: bool,
    /// Colours of the heights.
    pub mapping: Mapping,
    /// Colours of the bands or lines, if they are given.
    pub colors: Vec<Color>,
    /// Width of the lines in points.
    pub width: f64,
    /// Pattern of the lines.
    pub dash: Dash,
    /// Opacity.
    pub alpha: f64,
    /// The heights are written into the lines, in this size.
    pub written: Option<f64>,
}

impl Contour {
    /// The colour of a band (between level `i` and the next) or of a line (at level `i`).
    pub(super) fn color(&self, i: usize) -> Color {
        if !self.colors.is_empty() {
            return self.colors[i % self.colors.len()].faded(self.alpha);
        }
        let level = |i: usize| self.levels.get(i).copied().unwrap_or(0.0);
        let height = if self.filled { (level(i) + level(i + 1)) / 2.0 } else { level(i) };
        self.mapping.color(height).faded(self.alpha)
    }
}

/// Words at a place.
#[derive(Debug, Clone)]
pub struct Note {
    /// The words; lines are separated by line ends.
    pub text: String,
    /// Where.
    pub at: (f64, f64),
    /// Whether `at` is a share of the axes instead of data.
    pub in_axes: bool,
    /// Size in points.
    pub size: f64,
    /// Colour.
    pub color: Color,
    /// Bold letters.
    pub bold: bool,
    /// Left, center, right as -1, 0, 1.
    pub across: i8,
    /// Bottom, center, top as -1, 0, 1; 2: on the baseline.
    pub upright: i8,
    /// Degrees.
    pub angle: f64,
    /// Inside and around the words.
    pub frame: Option<Frame>,
    /// An arrow to a place, in data.
    pub arrow: Option<Arrow>,
    /// How far the words are moved, in points.
    pub shift: (f64, f64),
}

/// A box around words.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    /// Inside.
    pub fill: Color,
    /// Around.
    pub edge: Color,
    /// Between words and edge, in font sizes.
    pub pad: f64,
}

/// An arrow of an annotation.
#[derive(Debug, Clone, PartialEq)]
pub struct Arrow {
    /// Where it points, in data.
    pub to: (f64, f64),
    /// How it looks.
    pub pen: Pen,
    /// Whether it has a head.
    pub head: bool,
}

/// A line or a band across the axes.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Upright instead of level.
    pub upright: bool,
    /// Its place (twice the same for a line).
    pub from: f64,
    /// The other side of a band.
    pub to: f64,
    /// Start and end as shares of the axes.
    pub reach: (f64, f64),
    /// The line; ignored for bands.
    pub pen: Pen,
    /// Inside a band.
    pub fill: Option<Color>,
}

impl Artist {
    /// An artist with its kind's usual order.
    pub fn new(kind: Kind) -> Self {
        let order = match kind {
            Kind::Image(_) | Kind::Mesh(_) => 0.0,
            Kind::Bars(_) | Kind::Polygon(_) | Kind::Scatter(_) | Kind::Contour(_) => 1.0,
            Kind::Rule(Rule { fill: Some(_), .. }) => 1.0,
            Kind::Line(_) | Kind::Segments(_) | Kind::Rule(_) => 2.0,
            Kind::Note(_) => 3.0,
        };
        Artist { kind, label: None, order, visible: true }
    }

    /// Adds a name for the legend.
    #[must_use]
    pub fn named(mut self, label: Option<String>) -> Self {
        self.label = label;
        self
    }

    /// Its numbers' colours, for a colour bar.
    pub fn mapping(&self) -> Option<&Mapping> {
        match &self.kind {
            Kind::Scatter(scatter) => scatter.mapping.as_ref(),
            Kind::Image(Image { cells: Cells::Mapped { mapping, .. }, .. }) => Some(mapping),
            Kind::Mesh(mesh) => Some(&mesh.mapping),
            Kind::Contour(contour) => Some(&contour.mapping),
            _ => None,
        }
    }

    /// The places that widen the limits: `(x, y)`, where an axis may be left alone by not-a-number.
    pub(super) fn reach(&self, mut at: impl FnMut(f64, f64)) {
        match &self.kind {
            Kind::Line(line) => line.x.iter().zip(&line.y).for_each(|(x, y)| at(*x, *y)),
            Kind::Scatter(s) => s.x.iter().zip(&s.y).for_each(|(x, y)| at(*x, *y)),
            Kind::Bars(bars) => {
                for [x0, y0, x1, y1] in &bars.rects {
                    at(*x0, *y0);
                    at(*x1, *y1);
                }
            }
            Kind::Polygon(polygon) if polygon.counts => {
                polygon.points.iter().for_each(|(x, y)| at(*x, *y));
            }
            Kind::Segments(segments) => {
                segments.pieces.iter().flatten().for_each(|(x, y)| at(*x, *y));
            }
            Kind::Image(image) => {
                let [left, right, bottom, top] = image.extent;
                at(left, bottom);
                at(right, top);
            }
            Kind::Mesh(Mesh { x, y, .. }) | Kind::Contour(Contour { x, y, .. }) => {
                x.iter().for_each(|x| at(*x, f64::NAN));
                y.iter().for_each(|y| at(f64::NAN, *y));
            }
            Kind::Rule(rule) => {
                for place in [rule.from, rule.to] {
                    if rule.upright { at(place, f64::NAN) } else { at(f64::NAN, place) }
                }
            }
            Kind::Polygon(_) | Kind::Note(_) => {}
        }
    }

    /// Whether the limits end right at the data (images, meshes), for both axes.
    pub(super) fn is_flush(&self) -> bool {
        matches!(self.kind, Kind::Image(_) | Kind::Mesh(_) | Kind::Contour(_))
    }
}
