//! Axes: what is drawn in them, and how each axis runs.

use super::artist::{Artist, Kind};
use super::color::Color;

/// How an axis runs from data to paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scale {
    /// Equal steps.
    #[default]
    Linear,
    /// Equal factors.
    Log,
}

/// One axis.
#[derive(Debug, Clone, Default)]
pub struct Axis {
    /// What it shows.
    pub label: String,
    /// How it runs.
    pub scale: Scale,
    /// The lower and upper end, where they are fixed.
    pub limits: (Option<f64>, Option<f64>),
    /// Runs backwards.
    pub inverted: bool,
    /// Where the marks stand, if that is fixed.
    pub ticks: Option<Vec<f64>>,
    /// What is written at them, if that is fixed.
    pub tick_labels: Option<Vec<String>>,
    /// Marks are not drawn.
    pub ticks_hidden: bool,
    /// Nothing is written at the marks.
    pub labels_hidden: bool,
    /// Degrees by which the writing is turned.
    pub rotation: f64,
    /// Turned writing ends (1), is centred (0) or starts (-1) at its mark.
    pub tick_align: i8,
    /// Size of the writing in points.
    pub tick_size: Option<f64>,
    /// Size of `label` in points.
    pub label_size: Option<f64>,
    /// Only whole numbers get marks.
    pub whole: bool,
    /// Names that stand at 0, 1, 2, ... (a categorical axis).
    pub categories: Vec<String>,
    /// Share of the range that stays free at each end.
    pub margin: Option<f64>,
    /// Lines at the marks.
    pub grid: Option<Grid>,
    /// Marks and writing on the other side.
    pub opposite: bool,
    /// The label on the other side.
    pub label_opposite: bool,
    /// Colour of the label.
    pub label_color: Option<Color>,
    /// Colour of the marks and their writing.
    pub tick_color: Option<Color>,
}

/// Lines behind the data.
#[derive(Debug, Clone, PartialEq)]
pub struct Grid {
    /// How they look.
    pub pen: super::artist::Pen,
    /// At the small marks too.
    pub minor: bool,
}

/// Where axes stand in the figure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Slot {
    /// A part of a grid.
    Grid {
        /// Rows and columns of the grid.
        grid: (usize, usize),
        /// First and last row.
        rows: (usize, usize),
        /// First and last column.
        columns: (usize, usize),
    },
    /// Left, bottom, width, height as shares of the figure.
    Free([f64; 4]),
}

/// A legend.
#[derive(Debug, Clone, Default)]
pub struct Legend {
    /// matplotlib's name of a corner, or `best`.
    pub place: String,
    /// Heading.
    pub title: Option<String>,
    /// Size of the words in points.
    pub size: Option<f64>,
    /// Columns of entries.
    pub columns: usize,
    /// Without a box.
    pub frameless: bool,
    /// Which artists, with their names; empty: all that have one.
    pub entries: Vec<(usize, String)>,
    /// A place in shares of the axes where the corner `place` of the legend goes.
    pub anchor: Option<(f64, f64)>,
}

/// A colour bar.
#[derive(Debug, Clone)]
pub struct ColorBar {
    /// The artist whose colours it explains.
    pub artist: usize,
    /// What it shows.
    pub label: String,
    /// Where the marks stand, if that is fixed.
    pub ticks: Option<Vec<f64>>,
    /// What is written at them.
    pub tick_labels: Option<Vec<String>>,
    /// Below instead of at the right.
    pub level: bool,
    /// Length as a share of the axes' side.
    pub shrink: f64,
    /// Width as a share of the axes.
    pub fraction: f64,
    /// Distance as a share of the axes.
    pub pad: f64,
}

/// A coordinate system with everything in it.
#[derive(Debug, Clone)]
pub struct Axes {
    /// Where it stands.
    pub slot: Slot,
    /// What is drawn, in the order it came.
    pub artists: Vec<Artist>,
    /// The axis across.
    pub x: Axis,
    /// The upright axis.
    pub y: Axis,
    /// Above the axes: left, center, right.
    pub titles: [String; 3],
    /// Size of the title in points.
    pub title_size: Option<f64>,
    /// Bold title.
    pub title_bold: bool,
    /// Colour of the title.
    pub title_color: Option<Color>,
    /// One unit across is as long as this many units upright.
    pub aspect: Option<f64>,
    /// Equal aspect by widening the limits instead of shrinking the box.
    pub aspect_by_limits: bool,
    /// Frame, marks and writing are hidden.
    pub off: bool,
    /// Frame lines: left, bottom, right, top.
    pub spines: [bool; 4],
    /// Behind the data.
    pub face: Color,
    /// The legend.
    pub legend: Option<Legend>,
    /// The colour bars.
    pub color_bars: Vec<ColorBar>,
    /// How many colours of the cycle are used.
    pub cycle: usize,
    /// How many colours of the cycle are used by areas, which count for themselves.
    pub area_cycle: usize,
    /// Another axes whose x limits are the same.
    pub share_x: Option<usize>,
    /// Another axes whose y limits are the same.
    pub share_y: Option<usize>,
    /// Another axes that this one lies on, with its own upright axis at the right.
    pub twin_of: Option<usize>,
    /// Removed from the figure.
    pub removed: bool,
    /// Colours of lines, one after the other; empty: the default ten.
    pub palette: Vec<Color>,
}

impl Axes {
    /// Empty axes.
    pub fn new(slot: Slot) -> Self {
        Axes {
            slot,
            artists: Vec::new(),
            x: Axis::default(),
            y: Axis::default(),
            titles: Default::default(),
            title_size: None,
            title_bold: false,
            title_color: None,
            aspect: None,
            aspect_by_limits: false,
            off: false,
            spines: [true; 4],
            face: Color::WHITE,
            legend: None,
            color_bars: Vec::new(),
            cycle: 0,
            area_cycle: 0,
            share_x: None,
            share_y: None,
            twin_of: None,
            removed: false,
            palette: Vec::new(),
        }
    }

    /// The next colour of the cycle.
    pub fn next_color(&mut self) -> Color {
        let n = self.cycle;
        self.cycle += 1;
        match self.palette.len() {
            0 => Color::cycle(n),
            length => self.palette[n % length],
        }
    }

    /// The next colour of the cycle for areas: bars, points, filled curves.
    pub fn next_area_color(&mut self) -> Color {
        let lines = std::mem::replace(&mut self.cycle, self.area_cycle);
        let color = self.next_color();
        self.area_cycle = std::mem::replace(&mut self.cycle, lines);
        color
    }

    /// Adds an artist and gives its number.
    pub fn add(&mut self, artist: Artist) -> usize {
        self.artists.push(artist);
        self.artists.len() - 1
    }

    /// The smallest and largest data of an axis (0 across, 1 upright), and which ends keep no margin.
    pub(super) fn data_range(&self, axis: usize, log: bool) -> Option<(f64, f64, [bool; 2])> {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        let mut feet: Vec<f64> = Vec::new();
        for artist in self.artists.iter().filter(|a| a.visible) {
            artist.reach(|x, y| {
                let value = if axis == 0 { x } else { y };
                if value.is_finite() && (!log || value > 0.0) {
                    low = low.min(value);
                    high = high.max(value);
                }
            });
            match &artist.kind {
                Kind::Bars(bars) if bars.foot == Some(axis) => {
                    feet.extend(bars.rects.iter().map(|r| r[axis]));
                }
                _ if artist.is_flush() => {
                    artist.reach(|x, y| feet.push(if axis == 0 { x } else { y }));
                }
                _ => {}
            }
        }
        (low <= high).then(|| {
            let near = |a: f64, b: f64| (a - b).abs() <= 1e-9 * (high - low).abs().max(1e-300);
            (low, high, [feet.iter().any(|f| near(*f, low)), feet.iter().any(|f| near(*f, high))])
        })
    }
}

/// The range that an axis shows for data: with margins, fixed ends, and never empty.
pub(super) fn view(axis: &Axis, data: Option<(f64, f64, [bool; 2])>) -> (f64, f64) {
    let log = axis.scale == Scale::Log;
    let (mut low, mut high, flush) =
        data.unwrap_or(if log { (0.1, 1.0, [true; 2]) } else { (0.0, 1.0, [true; 2]) });
    let forward = |v: f64| if log { v.max(1e-300).log10() } else { v };
    let back = |v: f64| if log { 10_f64.powf(v) } else { v };
    if low == high {
        // One value alone: around it, as matplotlib does.
        (low, high) = if log {
            (low / 10.0, high * 10.0)
        } else if low == 0.0 {
            (-0.05, 0.05)
        } else {
            (low - low.abs() * 0.05, high + high.abs() * 0.05)
        };
    }
    let margin = axis.margin.unwrap_or(0.05) * (forward(high) - forward(low));
    let mut start = if flush[0] { low } else { back(forward(low) - margin) };
    let mut end = if flush[1] { high } else { back(forward(high) + margin) };
    if let Some(fixed) = axis.limits.0.filter(|v| v.is_finite() && (!log || *v > 0.0)) {
        start = fixed;
    }
    if let Some(fixed) = axis.limits.1.filter(|v| v.is_finite() && (!log || *v > 0.0)) {
        end = fixed;
    }
    if !(end > start) {
        (start, end) = (start.min(end), start.max(end));
        if start == end {
            end = start + start.abs().max(1.0) * 1e-3;
        }
    }
    (start, end)
}
