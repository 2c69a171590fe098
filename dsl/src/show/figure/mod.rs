//! Figures: a model of axes with artists in them, drawn in matplotlib's default style.
//!
//! | file | what |
//! |---|---|
//! | `axes`, `artist` | the model, plain data |
//! | `ticks`, `layout`, `draw`, `artists`, `legend`, `contour` | from the model to shapes |
//! | `picture`, `text`, `color` | shapes on a sheet, letters, colours |
//! | `canvas`, `coverage` | from shapes to PNG and SVG; only `canvas` knows plotters |

mod artists;
mod contour;
mod coverage;
mod draw;
mod layout;
mod legend;

pub mod artist;
pub mod axes;
pub(crate) mod canvas;
pub mod color;
pub(crate) mod picture;
pub(crate) mod text;
pub(crate) mod ticks;

pub(crate) use contour::levels as contour_levels;
pub(crate) use legend::PLACES as LEGEND_PLACES;

use crate::sink::Bundle;
use axes::{Axes, Slot};
use color::Color;

/// Device pixels per CSS pixel of displayed pictures.
const SHARPNESS: f64 = 2.0;

/// A sheet with axes.
#[derive(Debug, Clone)]
pub struct Figure {
    /// Width and height in inches.
    pub size: (f64, f64),
    /// CSS pixels per inch.
    pub dpi: f64,
    /// The axes, in the order they were made.
    pub axes: Vec<Axes>,
    /// Above all axes.
    pub title: String,
    /// Size of the title in points.
    pub title_size: Option<f64>,
    /// Bold title.
    pub title_bold: bool,
    /// Below all axes.
    pub x_label: String,
    /// Left of all axes.
    pub y_label: String,
    /// Margins fit the labels exactly.
    pub tight: bool,
    /// Behind everything.
    pub face: Color,
    /// Borders and distances that were set by hand.
    pub spacing: Spacing,
}

/// Borders of the grid of axes as shares of the figure, and distances as shares of the axes.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Spacing {
    /// Left border.
    pub left: Option<f64>,
    /// Right border.
    pub right: Option<f64>,
    /// Lower border.
    pub bottom: Option<f64>,
    /// Upper border.
    pub top: Option<f64>,
    /// Between columns.
    pub across: Option<f64>,
    /// Between rows.
    pub upright: Option<f64>,
}

impl Default for Figure {
    fn default() -> Self {
        Figure {
            size: (6.4, 4.8),
            dpi: 100.0,
            axes: Vec::new(),
            title: String::new(),
            title_size: None,
            title_bold: false,
            x_label: String::new(),
            y_label: String::new(),
            tight: false,
            face: Color::WHITE,
            spacing: Spacing::default(),
        }
    }
}

impl Figure {
    /// A figure of the given size in inches.
    pub fn new(width: f64, height: f64) -> Self {
        Figure { size: (width, height), ..Figure::default() }
    }

    /// Adds axes and gives their number.
    pub fn add_axes(&mut self, slot: Slot) -> usize {
        self.axes.push(Axes::new(slot));
        self.axes.len() - 1
    }

    /// Whether anything would be seen.
    pub fn is_empty(&self) -> bool {
        self.title.is_empty() && self.axes.iter().all(|axes| axes.removed)
    }

    /// As a notebook shows it: cut to what is drawn.
    pub fn bundle(&self) -> Bundle {
        let mut picture = self.draw(true);
        picture.crop(0.1 * self.dpi);
        let (bytes, (width, height)) = canvas::png(&picture, SHARPNESS);
        Bundle::default()
            .with_bytes("image/png", bytes)
            .with_text("text/plain", self.summary())
            .with_size(width, height)
    }

    /// As a PNG file of `scale` pixels per CSS pixel.
    pub fn png(&self, scale: f64, crop: bool) -> Vec<u8> {
        canvas::png(&self.cropped(crop), scale).0
    }

    /// As an SVG file.
    pub fn svg(&self, crop: bool) -> String {
        canvas::svg(&self.cropped(crop))
    }

    fn cropped(&self, crop: bool) -> picture::Picture {
        let mut picture = self.draw(crop);
        if crop {
            picture.crop(0.1 * self.dpi);
        }
        picture
    }

    /// One line of text, as matplotlib prints a figure.
    pub fn summary(&self) -> String {
        let (width, height) = (self.size.0 * self.dpi, self.size.1 * self.dpi);
        let n = self.axes.iter().filter(|axes| !axes.removed).count();
        format!("<Figure size {width:.0}x{height:.0} with {n} Axes>")
    }
}
