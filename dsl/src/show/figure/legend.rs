//! The legend: entries in a box, in the corner where it hides least.

use super::artist::{Artist, Kind, Line};
use super::artists::{draw_marker, path};
use super::axes::{Axes, Legend};
use super::color::Color;
use super::coverage::{Cap, Point};
use super::draw::{Map, stroke};
use super::picture::{Picture, Rect, Shape, Stroke};
use super::text::{Text, measure};

/// matplotlib's names of places, in the order in which `best` tries them.
pub(crate) const PLACES: [&str; 11] = [
    "best",
    "upper right",
    "upper left",
    "lower left",
    "lower right",
    "right",
    "center left",
    "center right",
    "lower center",
    "upper center",
    "center",
];

pub(super) fn draw(picture: &mut Picture, axes: &Axes, legend: &Legend, map: &Map) {
    let named: Vec<(&Artist, String)> = if legend.entries.is_empty() {
        let shown =
            |a: &&Artist| a.visible && a.label.as_ref().is_some_and(|l| !l.starts_with('_'));
        axes.artists
            .iter()
            .filter(shown)
            .map(|a| (a, a.label.clone().unwrap_or_default()))
            .collect()
    } else {
        let entries = legend.entries.iter();
        entries.filter_map(|(i, name)| Some((axes.artists.get(*i)?, name.clone()))).collect()
    };
    if named.is_empty() {
        return;
    }
    let size = legend.size.unwrap_or(10.0) * map.pt;
    let texts: Vec<Text> = named.iter().map(|(_, name)| Text::line(name, size, false)).collect();
    let columns = legend.columns.clamp(1, named.len());
    let rows = named.len().div_ceil(columns);
    let widths: Vec<f64> = texts
        .chunks(rows)
        .map(|column| column.iter().map(|t| measure(t).width).fold(0.0, f64::max))
        .collect();
    let (pad, handle, gap) = (0.4 * size, 2.0 * size, 0.8 * size);
    let (row_height, row_gap) = (size * 1.0, 0.5 * size);
    let title = legend.title.as_deref().map(|t| Text::line(t, size, false));
    let title_height = if title.is_some() { size * 1.0 + row_gap } else { 0.0 };
    let content = widths.iter().map(|w| handle + gap + w).sum::<f64>()
        + 2.0 * size * (widths.len() as f64 - 1.0);
    let content = content.max(title.as_ref().map_or(0.0, |t| measure(t).width));
    let width = content + 2.0 * pad;
    let height =
        rows as f64 * (row_height + row_gap) - row_gap + 2.0 * pad + title_height + 0.16 * size;
    let corner = place(axes, legend, map, width, height, 0.5 * size);
    let frame = Rect::new(corner.0, corner.1, corner.0 + width, corner.1 + height);
    if !legend.frameless {
        let outline = rounded(&frame, 0.2 * size);
        picture.area(outline.clone(), Color::WHITE.faded(0.8));
        let pen = Stroke::solid(Color::gray(204), 1.0 * map.pt);
        picture.shapes.push(Shape::Line {
            points: outline,
            stroke: pen,
            closed: true,
            snap: false,
        });
    }
    let mut top = frame.top + pad + 0.08 * size;
    if let Some(text) = title {
        let at = (frame.left + (width - measure(&text).width) / 2.0, top + 0.8 * size);
        picture.shapes.push(Shape::Text { at, text, angle: 0.0, color: Color::BLACK });
        top += title_height;
    }
    let mut left = frame.left + pad;
    for (column, (entries, words)) in named.chunks(rows).zip(texts.chunks(rows)).enumerate() {
        for (i, ((artist, _), text)) in entries.iter().zip(words).enumerate() {
            let y = top + i as f64 * (row_height + row_gap);
            let swatch = Rect::new(left, y, left + handle, y + row_height);
            draw_handle(picture, artist, &swatch, map, size);
            let at = (left + handle + gap, y + 0.84 * row_height);
            let text = text.clone();
            picture.shapes.push(Shape::Text { at, text, angle: 0.0, color: Color::BLACK });
        }
        left += handle + gap + widths.get(column).copied().unwrap_or(0.0) + 2.0 * size;
    }
}

/// The small picture of an entry.
fn draw_handle(picture: &mut Picture, artist: &Artist, place: &Rect, map: &Map, size: f64) {
    let middle = (place.left + place.width() / 2.0, place.top + 0.54 * place.height());
    let line = |picture: &mut Picture, pen: &super::artist::Pen| {
        let pen = Stroke { cap: Cap::Butt, ..stroke(pen, map.pt) };
        picture.line(vec![(place.left, middle.1), (place.right, middle.1)], pen);
    };
    let patch = |picture: &mut Picture, fill: Color, edge: Option<Stroke>| {
        let half = 0.35 * size;
        let rect = Rect::new(place.left, middle.1 - half, place.right, middle.1 + half);
        picture.rect(rect, fill);
        if let Some(edge) = edge {
            picture.outline(rect, edge);
        }
    };
    let marked = |picture: &mut Picture, of: &Line| {
        line(picture, &of.pen);
        if let Some(marker) = of.marker {
            let edge = Stroke::solid(of.marker_edge, map.pt);
            let size = of.marker_size * map.pt;
            draw_marker(picture, marker, middle, size, of.marker_face, Some(edge));
        }
    };
    match &artist.kind {
        Kind::Line(of) => marked(picture, of),
        Kind::Segments(of) => {
            line(picture, &of.pen);
            if let Some(of) = &of.line {
                marked(picture, of);
            }
        }
        Kind::Rule(of) => match of.fill {
            Some(fill) => patch(picture, fill, None),
            None => line(picture, &of.pen),
        },
        Kind::Scatter(of) => {
            let area = of.sizes.first().copied().unwrap_or(36.0);
            let face = of.colors.get(of.colors.len() / 2).copied().unwrap_or(Color::BLACK);
            let edge = Stroke::solid(of.edge.unwrap_or(face), of.edge_width * map.pt);
            let width = area.max(0.0).sqrt().min(16.0) * map.pt;
            draw_marker(picture, of.marker, middle, width, face, Some(edge));
        }
        Kind::Bars(of) => {
            let edge = of.edge.map(|c| Stroke::solid(c, of.edge_width * map.pt));
            patch(picture, of.fill.first().copied().unwrap_or(Color::BLACK), edge);
        }
        Kind::Polygon(of) => {
            patch(picture, of.fill, of.edge.as_ref().map(|pen| stroke(pen, map.pt)));
        }
        Kind::Contour(of) => patch(picture, of.color(0), None),
        Kind::Image(_) | Kind::Mesh(_) | Kind::Note(_) => {}
    }
}

fn rounded(rect: &Rect, radius: f64) -> Vec<Point> {
    let centers = [
        (rect.right - radius, rect.top + radius, -90.0),
        (rect.right - radius, rect.bottom - radius, 0.0),
        (rect.left + radius, rect.bottom - radius, 90.0),
        (rect.left + radius, rect.top + radius, 180.0),
    ];
    let arc = |(x, y, start): (f64, f64, f64)| {
        (0..=6).map(move |i| {
            let angle = (start + 15.0 * f64::from(i)).to_radians();
            (x + radius * angle.cos(), y + radius * angle.sin())
        })
    };
    centers.into_iter().flat_map(arc).collect()
}

/// The upper left corner of the legend.
fn place(axes: &Axes, legend: &Legend, map: &Map, width: f64, height: f64, pad: f64) -> Point {
    let r = map.rect;
    if let Some((x, y)) = legend.anchor {
        let at = (r.left + x * r.width(), r.bottom - y * r.height());
        let name = if legend.place == "best" { "upper left" } else { &legend.place };
        return within(name, &Rect::new(at.0, at.1, at.0, at.1), width, height, -pad);
    }
    if legend.place != "best" && !legend.place.is_empty() {
        return within(&legend.place, &r, width, height, pad);
    }
    let (points, boxes) = obstacles(axes, map);
    let mut best = (f64::INFINITY, (r.left + pad, r.top + pad));
    for name in &PLACES[1..] {
        let corner = within(name, &r, width, height, pad);
        let frame = Rect::new(corner.0, corner.1, corner.0 + width, corner.1 + height);
        let hidden = points.iter().filter(|p| frame.contains(**p)).count();
        let overlapping = boxes
            .iter()
            .filter(|b| {
                let common = b.intersection(&frame);
                common.width() > 0.0 && common.height() > 0.0
            })
            .count();
        let bad = (hidden + overlapping) as f64;
        if bad < best.0 {
            best = (bad, corner);
        }
    }
    best.1
}

/// The corner of a box that stands at a named place of another.
fn within(name: &str, r: &Rect, width: f64, height: f64, pad: f64) -> Point {
    let x = if name.contains("left") {
        r.left + pad
    } else if name.contains("right") {
        r.right - pad - width
    } else {
        r.left + (r.width() - width) / 2.0
    };
    let y = if name.contains("upper") {
        r.top + pad
    } else if name.contains("lower") {
        r.bottom - pad - height
    } else {
        r.top + (r.height() - height) / 2.0
    };
    // A point as the place: the named corner of the legend goes there, away from the point.
    if pad < 0.0 {
        let x = if name.contains("left") {
            r.left - pad
        } else if name.contains("right") {
            r.right + pad - width
        } else {
            x
        };
        let y = if name.contains("upper") {
            r.top - pad
        } else if name.contains("lower") {
            r.bottom + pad - height
        } else {
            y
        };
        return (x, y);
    }
    (x, y)
}

/// What a legend should not hide: points along lines, and boxes.
fn obstacles(axes: &Axes, map: &Map) -> (Vec<Point>, Vec<Rect>) {
    let (mut points, mut boxes) = (Vec::new(), Vec::new());
    for artist in axes.artists.iter().filter(|a| a.visible) {
        match &artist.kind {
            Kind::Line(line) => {
                let path = path(line, map);
                for pair in path.windows(2) {
                    let length = (pair[1].0 - pair[0].0).hypot(pair[1].1 - pair[0].1);
                    let steps = ((length / 5.0) as usize).clamp(1, 400);
                    points.extend((0..steps).map(|i| {
                        let share = i as f64 / steps as f64;
                        (
                            pair[0].0 + share * (pair[1].0 - pair[0].0),
                            pair[0].1 + share * (pair[1].1 - pair[0].1),
                        )
                    }));
                }
                points.extend(path.last());
            }
            Kind::Scatter(s) => points.extend(s.x.iter().zip(&s.y).map(|(x, y)| map.place(*x, *y))),
            Kind::Bars(bars) => boxes.extend(bars.rects.iter().map(|[x0, y0, x1, y1]| {
                let (a, b) = (map.place(*x0, *y0), map.place(*x1, *y1));
                Rect::new(a.0.min(b.0), a.1.min(b.1), a.0.max(b.0), a.1.max(b.1))
            })),
            Kind::Polygon(polygon) => {
                points.extend(polygon.points.iter().map(|(x, y)| map.place(*x, *y)));
            }
            _ => {}
        }
    }
    (points, boxes)
}
