//! A finished drawing: shapes in CSS pixels, in painting order. The figure writes it, the canvas paints it.

use super::color::Color;
use super::coverage::{Cap, Point};
use super::text::{Text, measure};
use std::sync::Arc;

/// A rectangle in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Rect {
    pub(crate) left: f64,
    pub(crate) top: f64,
    pub(crate) right: f64,
    pub(crate) bottom: f64,
}

impl Rect {
    pub(crate) fn new(left: f64, top: f64, right: f64, bottom: f64) -> Self {
        Rect { left, top, right, bottom }
    }

    pub(crate) fn width(&self) -> f64 {
        self.right - self.left
    }

    pub(crate) fn height(&self) -> f64 {
        self.bottom - self.top
    }

    pub(crate) fn contains(&self, p: Point) -> bool {
        p.0 >= self.left && p.0 <= self.right && p.1 >= self.top && p.1 <= self.bottom
    }

    pub(crate) fn grown(&self, by: f64) -> Self {
        Rect::new(self.left - by, self.top - by, self.right + by, self.bottom + by)
    }

    pub(crate) fn union(&self, other: &Rect) -> Self {
        Rect::new(
            self.left.min(other.left),
            self.top.min(other.top),
            self.right.max(other.right),
            self.bottom.max(other.bottom),
        )
    }

    pub(crate) fn intersection(&self, other: &Rect) -> Self {
        Rect::new(
            self.left.max(other.left),
            self.top.max(other.top),
            self.right.min(other.right),
            self.bottom.min(other.bottom),
        )
    }

    pub(crate) fn corners(&self) -> [Point; 4] {
        [
            (self.left, self.top),
            (self.right, self.top),
            (self.right, self.bottom),
            (self.left, self.bottom),
        ]
    }
}

/// How a line is drawn.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Stroke {
    pub(crate) color: Color,
    /// In pixels.
    pub(crate) width: f64,
    /// Lengths on and off, in pixels; empty: solid.
    pub(crate) dash: Vec<f64>,
    pub(crate) cap: Cap,
}

impl Stroke {
    pub(crate) fn solid(color: Color, width: f64) -> Self {
        Stroke { color, width, dash: Vec::new(), cap: Cap::Projecting }
    }
}

/// Pixels that are stretched over a rectangle.
#[derive(Debug, Clone)]
pub(crate) struct Raster {
    pub(crate) columns: usize,
    pub(crate) rows: usize,
    /// Red, green, blue, opacity; row by row from the top.
    pub(crate) pixels: Arc<[[u8; 4]]>,
    /// Blend between neighbours when enlarged, instead of squares.
    pub(crate) smooth: bool,
}

/// One thing that is painted.
#[derive(Debug, Clone)]
pub(crate) enum Shape {
    /// An open or closed line; `snap` puts upright and level lines on whole device pixels.
    Line { points: Vec<Point>, stroke: Stroke, closed: bool, snap: bool },
    /// A filled outline.
    Area { points: Vec<Point>, fill: Color, snap: bool },
    /// A filled circle.
    Circle { center: Point, radius: f64, fill: Color },
    /// Text whose baseline starts at a place; `angle` in degrees, counterclockwise.
    Text { at: Point, text: Text, angle: f64, color: Color },
    /// An image over a rectangle, cut to another.
    Raster { rect: Rect, clip: Rect, raster: Raster },
}

/// Shapes on a sheet.
#[derive(Debug, Clone)]
pub(crate) struct Picture {
    /// The part that is shown.
    pub(crate) view: Rect,
    pub(crate) background: Color,
    pub(crate) shapes: Vec<Shape>,
}

impl Picture {
    pub(crate) fn new(width: f64, height: f64, background: Color) -> Self {
        Picture { view: Rect::new(0.0, 0.0, width, height), background, shapes: Vec::new() }
    }

    pub(crate) fn line(&mut self, points: Vec<Point>, stroke: Stroke) {
        if points.len() > 1 && stroke.width > 0.0 && stroke.color.alpha > 0.0 {
            self.shapes.push(Shape::Line { points, stroke, closed: false, snap: false });
        }
    }

    /// A line that is upright or level and shall be crisp.
    pub(crate) fn ruled(&mut self, from: Point, to: Point, stroke: Stroke) {
        if stroke.width > 0.0 && stroke.color.alpha > 0.0 {
            self.shapes.push(Shape::Line {
                points: vec![from, to],
                stroke,
                closed: false,
                snap: true,
            });
        }
    }

    pub(crate) fn area(&mut self, points: Vec<Point>, fill: Color) {
        if points.len() > 2 && fill.alpha > 0.0 {
            self.shapes.push(Shape::Area { points, fill, snap: false });
        }
    }

    /// A rectangle with crisp edges.
    pub(crate) fn rect(&mut self, rect: Rect, fill: Color) {
        if fill.alpha > 0.0 && rect.width() > 0.0 && rect.height() > 0.0 {
            self.shapes.push(Shape::Area { points: rect.corners().to_vec(), fill, snap: true });
        }
    }

    /// The outline of a rectangle.
    pub(crate) fn outline(&mut self, rect: Rect, stroke: Stroke) {
        if stroke.width > 0.0 && stroke.color.alpha > 0.0 {
            let points = rect.corners().to_vec();
            self.shapes.push(Shape::Line { points, stroke, closed: true, snap: true });
        }
    }

    /// The smallest rectangle around everything that is drawn.
    pub(crate) fn bounds(&self) -> Option<Rect> {
        self.shapes.iter().filter_map(Shape::bounds).reduce(|a, b| a.union(&b))
    }

    /// Shows just what is drawn, and `margin` pixels around it.
    pub(crate) fn crop(&mut self, margin: f64) {
        if let Some(bounds) = self.bounds() {
            let grown = bounds.grown(margin);
            self.view = Rect::new(
                grown.left.floor(),
                grown.top.floor(),
                grown.right.ceil(),
                grown.bottom.ceil(),
            );
        }
    }
}

impl Shape {
    fn bounds(&self) -> Option<Rect> {
        match self {
            Shape::Line { points, stroke, .. } => {
                around(points).map(|r| r.grown(stroke.width / 2.0))
            }
            Shape::Area { points, .. } => around(points),
            Shape::Circle { center, radius, .. } => {
                Some(Rect::new(center.0, center.1, center.0, center.1).grown(*radius))
            }
            Shape::Text { at, text, angle, .. } => around(&text_corners(*at, text, *angle)),
            Shape::Raster { rect, clip, .. } => Some(rect.intersection(clip)),
        }
    }
}

fn around(points: &[Point]) -> Option<Rect> {
    points.iter().map(|p| Rect::new(p.0, p.1, p.0, p.1)).reduce(|a, b| a.union(&b))
}

/// The corners of the box of a text: from the tallest letters to the lowest.
pub(crate) fn text_corners(at: Point, text: &Text, angle: f64) -> [Point; 4] {
    let size = measure(text);
    let (sin, cos) = angle.to_radians().sin_cos();
    let place = |x: f64, y: f64| (at.0 + x * cos + y * sin, at.1 - x * sin + y * cos);
    [
        place(0.0, -size.ascent),
        place(size.width, -size.ascent),
        place(size.width, size.descent),
        place(0.0, size.descent),
    ]
}

/// The part of a path inside a rectangle, as pieces.
pub(crate) fn clip_line(points: &[Point], to: &Rect) -> Vec<Vec<Point>> {
    let (mut pieces, mut piece): (Vec<Vec<Point>>, Vec<Point>) = (Vec::new(), Vec::new());
    let mut end = |piece: &mut Vec<Point>| {
        if piece.len() > 1 {
            pieces.push(std::mem::take(piece));
        } else {
            piece.clear();
        }
    };
    for pair in points.windows(2) {
        let Some((a, b)) = clip_segment(pair[0], pair[1], to) else {
            end(&mut piece);
            continue;
        };
        if piece.last() != Some(&a) {
            end(&mut piece);
            piece.push(a);
        }
        piece.push(b);
        if b != pair[1] {
            end(&mut piece);
        }
    }
    end(&mut piece);
    pieces
}

fn clip_segment(a: Point, b: Point, to: &Rect) -> Option<(Point, Point)> {
    if !(a.0.is_finite() && a.1.is_finite() && b.0.is_finite() && b.1.is_finite()) {
        return None;
    }
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let (mut start, mut stop) = (0.0_f64, 1.0_f64);
    let sides =
        [(-dx, a.0 - to.left), (dx, to.right - a.0), (-dy, a.1 - to.top), (dy, to.bottom - a.1)];
    for (p, q) in sides {
        if p == 0.0 {
            if q < 0.0 {
                return None;
            }
        } else if p < 0.0 {
            start = start.max(q / p);
        } else {
            stop = stop.min(q / p);
        }
    }
    if start > stop {
        return None;
    }
    let at = |t: f64| (a.0 + t * dx, a.1 + t * dy);
    Some((if start > 0.0 { at(start) } else { a }, if stop < 1.0 { at(stop) } else { b }))
}

/// The part of a filled outline inside a rectangle.
pub(crate) fn clip_area(points: &[Point], to: &Rect) -> Vec<Point> {
    let mut result: Vec<Point> =
        points.iter().copied().filter(|p| p.0.is_finite() && p.1.is_finite()).collect();
    type Side = (fn(Point) -> f64, f64, f64);
    let sides: [Side; 4] = [
        (|p| p.0, to.left, 1.0),
        (|p| p.0, to.right, -1.0),
        (|p| p.1, to.top, 1.0),
        (|p| p.1, to.bottom, -1.0),
    ];
    for (coordinate, limit, sign) in sides {
        let depth = |p: Point| sign * (coordinate(p) - limit);
        let source = std::mem::take(&mut result);
        let Some(&last) = source.last() else { return result };
        let mut from = last;
        for to in source {
            let (a, b) = (depth(from), depth(to));
            if (a < 0.0) != (b < 0.0) {
                let share = a / (a - b);
                result.push((from.0 + share * (to.0 - from.0), from.1 + share * (to.1 - from.1)));
            }
            if b >= 0.0 {
                result.push(to);
            }
            from = to;
        }
    }
    result
}
