//! How each kind of artist becomes shapes.

use super::artist::{
    Artist, Bars, Cells, Contour, Dash, Image, Kind, Line, Marker, Mesh, Note, Pen, Polygon, Rule,
    Scatter, Segments, Step,
};
use super::color::Color;
use super::contour;
use super::coverage::{Cap, Point};
use super::draw::{Map, aligned, stroke};
use super::picture::{Picture, Raster, Rect, Shape, Stroke, clip_area, clip_line};
use super::text::{Text, measure};

pub(super) fn draw(picture: &mut Picture, artist: &Artist, map: &Map) {
    match &artist.kind {
        Kind::Line(line) => draw_line(picture, line, map),
        Kind::Scatter(scatter) => draw_scatter(picture, scatter, map),
        Kind::Bars(bars) => draw_bars(picture, bars, map),
        Kind::Polygon(polygon) => draw_polygon(picture, polygon, map),
        Kind::Segments(segments) => draw_segments(picture, segments, map),
        Kind::Image(image) => draw_image(picture, image, map),
        Kind::Mesh(mesh) => draw_mesh(picture, mesh, map),
        Kind::Contour(contour) => draw_contour(picture, contour, map),
        Kind::Note(note) => draw_note(picture, note, map),
        Kind::Rule(rule) => draw_rule(picture, rule, map),
    }
}

/// The places of a line in pixels, with the corners of steps.
pub(super) fn path(line: &Line, map: &Map) -> Vec<Point> {
    let mut points: Vec<Point> = Vec::with_capacity(line.x.len());
    let mut before: Option<(f64, f64)> = None;
    for (&x, &y) in line.x.iter().zip(&line.y) {
        if let (Some(step), Some((px, py))) = (line.step, before) {
            match step {
                Step::Pre => points.push(map.place(px, y)),
                Step::Post => points.push(map.place(x, py)),
                Step::Mid => {
                    let middle = (px + x) / 2.0;
                    points.extend([map.place(middle, py), map.place(middle, y)]);
                }
            }
        }
        points.push(map.place(x, y));
        before = Some((x, y));
    }
    points
}

fn draw_line(picture: &mut Picture, line: &Line, map: &Map) {
    let points = path(line, map);
    let pen = stroke(&line.pen, map.pt);
    if line.pen.dash != Dash::None {
        // A little outside, so that the ends of lines are cut by the frame and not by themselves.
        for piece in clip_line(&points, &map.rect) {
            picture.line(piece, Stroke { cap: Cap::Projecting, ..pen.clone() });
        }
    }
    let Some(marker) = line.marker else { return };
    let size = line.marker_size * map.pt;
    for (&x, &y) in line.x.iter().zip(&line.y).step_by(line.mark_every.max(1)) {
        let at = map.place(x, y);
        if map.rect.grown(0.5).contains(at) {
            let edge = Stroke::solid(line.marker_edge, map.pt);
            draw_marker(picture, marker, at, size, line.marker_face, Some(edge));
        }
    }
}

/// One marker, `size` pixels wide.
pub(super) fn draw_marker(
    picture: &mut Picture,
    marker: Marker,
    at: Point,
    size: f64,
    face: Color,
    edge: Option<Stroke>,
) {
    let half = size / 2.0;
    let place = |(x, y): (f64, f64)| (at.0 + x * half, at.1 + y * half);
    let edge = edge.map(|e| Stroke { cap: Cap::Round, ..e });
    // What is made of lines alone.
    let strokes: &[[(f64, f64); 2]] = match marker.0 {
        '+' => &[[(-1.0, 0.0), (1.0, 0.0)], [(0.0, -1.0), (0.0, 1.0)]],
        'x' => &[[(-1.0, -1.0), (1.0, 1.0)], [(-1.0, 1.0), (1.0, -1.0)]],
        '|' => &[[(0.0, -1.0), (0.0, 1.0)]],
        '_' => &[[(-1.0, 0.0), (1.0, 0.0)]],
        '1' => &[[(0.0, 0.0), (0.0, 1.0)], [(0.0, 0.0), (-0.8, -0.5)], [(0.0, 0.0), (0.8, -0.5)]],
        '2' => &[[(0.0, 0.0), (0.0, -1.0)], [(0.0, 0.0), (-0.8, 0.5)], [(0.0, 0.0), (0.8, 0.5)]],
        '3' => &[[(0.0, 0.0), (-1.0, 0.0)], [(0.0, 0.0), (0.5, -0.8)], [(0.0, 0.0), (0.5, 0.8)]],
        '4' => &[[(0.0, 0.0), (1.0, 0.0)], [(0.0, 0.0), (-0.5, -0.8)], [(0.0, 0.0), (-0.5, 0.8)]],
        _ => &[],
    };
    if !strokes.is_empty() {
        let pen = edge.unwrap_or_else(|| Stroke::solid(face, 1.5));
        for piece in strokes {
            picture.line(piece.map(place).to_vec(), Stroke { cap: Cap::Butt, ..pen.clone() });
        }
        return;
    }
    let around: Vec<(f64, f64)> = match marker.0 {
        's' => vec![(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)],
        '^' => vec![(0.0, -1.0), (1.0, 1.0), (-1.0, 1.0)],
        'v' => vec![(0.0, 1.0), (-1.0, -1.0), (1.0, -1.0)],
        '<' => vec![(-1.0, 0.0), (1.0, -1.0), (1.0, 1.0)],
        '>' => vec![(1.0, 0.0), (-1.0, 1.0), (-1.0, -1.0)],
        'D' => vec![(0.0, -1.414), (1.414, 0.0), (0.0, 1.414), (-1.414, 0.0)],
        'd' => vec![(0.0, -1.414), (0.849, 0.0), (0.0, 1.414), (-0.849, 0.0)],
        'p' => star(5, 1.0),
        'h' | 'H' => star(6, 1.0),
        '8' => star(8, 1.0),
        '*' => star(5, 0.382),
        'P' => cross(0.0),
        'X' => cross(45.0),
        _ => vec![],
    };
    if around.is_empty() {
        // Circles: `o`, and the points `.` and `,`.
        let radius = match marker.0 {
            '.' => half / 2.0,
            ',' => 0.5,
            _ => half,
        };
        let edge_width = edge.as_ref().map_or(0.0, |e| e.width);
        match edge {
            Some(edge) if edge.color != face && edge.color.alpha > 0.0 => {
                if face.alpha > 0.0 {
                    picture.shapes.push(Shape::Circle { center: at, radius, fill: face });
                }
                let ring = super::coverage::circle(at, radius);
                picture.shapes.push(Shape::Line {
                    points: ring,
                    stroke: edge,
                    closed: true,
                    snap: false,
                });
            }
            _ => picture.shapes.push(Shape::Circle {
                center: at,
                radius: radius + edge_width / 2.0,
                fill: face,
            }),
        }
        return;
    }
    let points: Vec<Point> = around.into_iter().map(place).collect();
    picture.area(points.clone(), face);
    if let Some(edge) = edge.filter(|e| e.color.alpha > 0.0 && e.width > 0.0) {
        picture.shapes.push(Shape::Line { points, stroke: edge, closed: true, snap: false });
    }
}

fn star(tips: usize, inner: f64) -> Vec<(f64, f64)> {
    let turn = |i: f64| std::f64::consts::TAU * i / tips as f64 - std::f64::consts::FRAC_PI_2;
    (0..tips)
        .flat_map(|i| {
            let (outer, between) = (turn(i as f64), turn(i as f64 + 0.5));
            let tip = (outer.cos(), outer.sin());
            let notch = (inner * between.cos(), inner * between.sin());
            if inner < 1.0 { vec![tip, notch] } else { vec![tip] }
        })
        .collect()
}

fn cross(turn: f64) -> Vec<(f64, f64)> {
    let (sin, cos) = f64::to_radians(turn).sin_cos();
    let t = 0.34;
    let (o, m) = (1.0, -1.0);
    [
        (-t, m),
        (t, m),
        (t, -t),
        (o, -t),
        (o, t),
        (t, t),
        (t, o),
        (-t, o),
        (-t, t),
        (m, t),
        (m, -t),
        (-t, -t),
    ]
    .map(|(x, y): (f64, f64)| (x * cos - y * sin, x * sin + y * cos))
    .to_vec()
}

fn draw_scatter(picture: &mut Picture, scatter: &Scatter, map: &Map) {
    for (i, (&x, &y)) in scatter.x.iter().zip(&scatter.y).enumerate() {
        let at = map.place(x, y);
        if !(map.rect.grown(0.5).contains(at) && x.is_finite() && y.is_finite()) {
            continue;
        }
        let pick = |n: usize| if n <= 1 { 0 } else { i % n };
        let area = scatter.sizes.get(pick(scatter.sizes.len())).copied().unwrap_or(36.0);
        let Some(&face) = scatter.colors.get(pick(scatter.colors.len())) else { continue };
        let width = scatter.edge_width * map.pt;
        let edge = Stroke::solid(scatter.edge.unwrap_or(face), width);
        let size = area.max(0.0).sqrt() * map.pt;
        draw_marker(picture, scatter.marker, at, size, face, Some(edge));
    }
}

fn rect_of(map: &Map, [x0, y0, x1, y1]: [f64; 4]) -> Rect {
    let (a, b) = (map.place(x0, y0), map.place(x1, y1));
    Rect::new(a.0.min(b.0), a.1.min(b.1), a.0.max(b.0), a.1.max(b.1))
}

fn draw_bars(picture: &mut Picture, bars: &Bars, map: &Map) {
    for (i, corners) in bars.rects.iter().enumerate() {
        if corners.iter().any(|v| !v.is_finite()) {
            continue;
        }
        let rect = rect_of(map, *corners).intersection(&map.rect);
        if rect.width() < 0.0 || rect.height() < 0.0 {
            continue;
        }
        let n = bars.fill.len().max(1);
        if let Some(fill) = bars.fill.get(i % n) {
            picture.rect(rect, *fill);
        }
        if let Some(edge) = bars.edge {
            let pen = Stroke::solid(edge, bars.edge_width * map.pt);
            picture.outline(rect, pen);
        }
    }
}

fn draw_polygon(picture: &mut Picture, polygon: &Polygon, map: &Map) {
    let points: Vec<Point> = polygon.points.iter().map(|(x, y)| map.place(*x, *y)).collect();
    picture.area(clip_area(&points, &map.rect), polygon.fill);
    if let Some(pen) = &polygon.edge {
        let mut closed = points;
        closed.extend(closed.first().copied());
        for piece in clip_line(&closed, &map.rect) {
            picture.line(piece, stroke(pen, map.pt));
        }
    }
}

fn draw_segments(picture: &mut Picture, segments: &Segments, map: &Map) {
    let pen = stroke(&segments.pen, map.pt);
    for [from, to] in &segments.pieces {
        let (a, b) = (map.place(from.0, from.1), map.place(to.0, to.1));
        for piece in clip_line(&[a, b], &map.rect) {
            let straight = (a.0 - b.0).abs() < 1e-6 || (a.1 - b.1).abs() < 1e-6;
            let pen = Stroke { cap: Cap::Butt, ..pen.clone() };
            if straight && pen.dash.is_empty() {
                picture.ruled(piece[0], piece[piece.len() - 1], pen);
            } else {
                picture.line(piece, pen);
            }
        }
        if segments.caps > 0.0 {
            let half = segments.caps * map.pt;
            let upright = (a.0 - b.0).abs() < (a.1 - b.1).abs();
            for end in [a, b].into_iter().filter(|p| map.rect.contains(*p)) {
                let (dx, dy) = if upright { (half, 0.0) } else { (0.0, half) };
                let cap = Stroke { cap: Cap::Butt, width: map.pt, ..pen.clone() };
                picture.ruled((end.0 - dx, end.1 - dy), (end.0 + dx, end.1 + dy), cap);
            }
        }
    }
    if let Some(line) = &segments.line {
        draw_line(picture, line, map);
    }
}

fn draw_image(picture: &mut Picture, image: &Image, map: &Map) {
    let (rect, mirrored, flipped) = image.placed(map);
    let color = |index: usize| -> [u8; 4] {
        match &image.cells {
            Cells::Mapped { values, mapping } => {
                let color = mapping.color(values.get(index).copied().unwrap_or(f64::NAN));
                let [r, g, b] = color.rgb;
                [r, g, b, (color.alpha * image.alpha * 255.0).round() as u8]
            }
            Cells::Colors(cells) => {
                let [r, g, b, a] = cells.get(index).copied().unwrap_or_default();
                [r, g, b, (f64::from(a) * image.alpha).round() as u8]
            }
        }
    };
    let mut pixels = Vec::with_capacity(image.rows * image.columns);
    for row in 0..image.rows {
        let row = if flipped { image.rows - 1 - row } else { row };
        for column in 0..image.columns {
            let column = if mirrored { image.columns - 1 - column } else { column };
            pixels.push(color(row * image.columns + column));
        }
    }
    let raster = Raster {
        columns: image.columns,
        rows: image.rows,
        pixels: pixels.into(),
        smooth: image.smooth,
    };
    picture.shapes.push(Shape::Raster { rect, clip: map.rect, raster });
}

fn draw_mesh(picture: &mut Picture, mesh: &Mesh, map: &Map) {
    let columns = mesh.x.len().saturating_sub(1);
    for (r, ys) in mesh.y.windows(2).enumerate() {
        for (c, xs) in mesh.x.windows(2).enumerate() {
            let Some(&value) = mesh.values.get(r * columns + c) else { continue };
            let rect = rect_of(map, [xs[0], ys[0], xs[1], ys[1]]).intersection(&map.rect);
            if rect.width() > 0.0 && rect.height() > 0.0 {
                picture.rect(rect, mesh.mapping.color(value).faded(mesh.alpha));
            }
        }
    }
}

fn draw_contour(picture: &mut Picture, contour: &Contour, map: &Map) {
    if contour.filled {
        // As sharp as the display, but no more than it can use.
        let side = |length: f64| (length * 2.0).clamp(1.0, 4000.0);
        let (columns, rows) = (side(map.rect.width()), side(map.rect.height()));
        let raster = contour::bands(contour, columns as usize, rows as usize, |u, v| {
            (map.x.value(u), map.y.value(1.0 - v))
        });
        picture.shapes.push(Shape::Raster { rect: map.rect, clip: map.rect, raster });
        return;
    }
    for (i, level) in contour.levels.iter().enumerate() {
        let color = contour.color(i);
        let pen = Pen { color, width: contour.width, dash: contour.dash };
        for path in contour::lines(contour, *level) {
            let points: Vec<Point> = path.iter().map(|(x, y)| map.place(*x, *y)).collect();
            for piece in clip_line(&points, &map.rect) {
                picture.line(piece, stroke(&pen, map.pt));
            }
            if let (Some(size), Some(&at)) = (contour.written, points.get(points.len() / 2)) {
                let words = super::ticks::labels(&contour.levels, f64::MIN, f64::MAX).0;
                let text =
                    Text::line(words.get(i).map_or("", String::as_str), size * map.pt, false);
                let width = measure(&text).width;
                let size = size * map.pt;
                let back = Rect::new(
                    at.0 - width / 2.0,
                    at.1 - 0.4 * size,
                    at.0 + width / 2.0,
                    at.1 + 0.4 * size,
                );
                if points.len() > 12 && map.rect.contains(at) {
                    picture.rect(back, Color::WHITE);
                    let at = (at.0 - width / 2.0, at.1 + 0.36 * size);
                    picture.shapes.push(Shape::Text { at, text, angle: 0.0, color });
                }
            }
        }
    }
}

fn draw_rule(picture: &mut Picture, rule: &Rule, map: &Map) {
    let r = map.rect;
    let along = |share: f64| {
        if rule.upright { r.bottom - share * r.height() } else { r.left + share * r.width() }
    };
    let (start, end) = (along(rule.reach.0), along(rule.reach.1));
    let at = |v: f64| {
        if rule.upright {
            r.left + map.x.share(v) * r.width()
        } else {
            r.bottom - map.y.share(v) * r.height()
        }
    };
    let (from, to) = (at(rule.from), at(rule.to));
    if let Some(fill) = rule.fill {
        let band = if rule.upright {
            Rect::new(from.min(to), start.min(end), from.max(to), start.max(end))
        } else {
            Rect::new(start.min(end), from.min(to), start.max(end), from.max(to))
        };
        picture.rect(band.intersection(&r), fill);
        return;
    }
    let (a, b) =
        if rule.upright { ((from, start), (from, end)) } else { ((start, from), (end, from)) };
    if r.grown(0.5).contains(a) || r.grown(0.5).contains(b) {
        picture.ruled(a, b, Stroke { cap: Cap::Butt, ..stroke(&rule.pen, map.pt) });
    }
}

fn draw_note(picture: &mut Picture, note: &Note, map: &Map) {
    let anchor = if note.in_axes {
        let r = map.rect;
        (r.left + note.at.0 * r.width(), r.bottom - note.at.1 * r.height())
    } else {
        map.place(note.at.0, note.at.1)
    };
    if !anchor.0.is_finite() || !anchor.1.is_finite() || !map.rect.grown(4000.0).contains(anchor) {
        return;
    }
    let anchor = (anchor.0 + note.shift.0 * map.pt, anchor.1 - note.shift.1 * map.pt);
    let size = note.size * map.pt;
    let lines: Vec<Text> =
        note.text.split('\n').map(|line| Text::line(line, size, note.bold)).collect();
    let width = lines.iter().map(|l| measure(l).width).fold(0.0, f64::max);
    let first = aligned(note, anchor, width, lines.len(), size);
    let height = (lines.len() as f64 - 1.0) * size * 1.2;
    let words =
        Rect::new(first.0, first.1 - 0.76 * size, first.0 + width, first.1 + height + 0.236 * size);
    if let Some(arrow) = &note.arrow {
        draw_arrow(picture, &words, map.place(arrow.to.0, arrow.to.1), arrow, map.pt);
    }
    if let Some(frame) = &note.frame {
        let around = words.grown(frame.pad * size);
        picture.area(around.corners().to_vec(), frame.fill);
        picture.outline(around, Stroke::solid(frame.edge, map.pt));
    }
    for (i, text) in lines.into_iter().enumerate() {
        let own = measure(&text).width;
        let indent = match note.across {
            -1 => 0.0,
            0 => (width - own) / 2.0,
            _ => width - own,
        };
        let mut at = (first.0 + indent, first.1 + i as f64 * size * 1.2);
        if note.angle != 0.0 {
            // Turned around the anchor.
            let (sin, cos) = note.angle.to_radians().sin_cos();
            let (dx, dy) = (at.0 - anchor.0, at.1 - anchor.1);
            at = (anchor.0 + dx * cos + dy * sin, anchor.1 - dx * sin + dy * cos);
        }
        picture.shapes.push(Shape::Text { at, text, angle: note.angle, color: note.color });
    }
}

fn draw_arrow(
    picture: &mut Picture,
    words: &Rect,
    to: Point,
    arrow: &super::artist::Arrow,
    pt: f64,
) {
    let middle = ((words.left + words.right) / 2.0, (words.top + words.bottom) / 2.0);
    let Some(start) = clip_line(&[to, middle], &words.grown(3.0 * pt)).first().map(|p| p[0]) else {
        return;
    };
    let (dx, dy) = (to.0 - start.0, to.1 - start.1);
    let length = dx.hypot(dy);
    if length < 2.0 {
        return;
    }
    let (ux, uy) = (dx / length, dy / length);
    let tip = (to.0 - ux * 2.0 * pt, to.1 - uy * 2.0 * pt);
    let pen = stroke(&arrow.pen, pt);
    if !arrow.head {
        return picture.line(vec![start, tip], pen);
    }
    let head = (4.0 * arrow.pen.width.max(1.0) + 2.0) * pt;
    let neck = (tip.0 - ux * head, tip.1 - uy * head);
    picture.line(vec![start, neck], Stroke { cap: Cap::Butt, ..pen });
    let half = head * 0.4;
    picture.area(
        vec![
            tip,
            (neck.0 - uy * half, neck.1 + ux * half),
            (neck.0 + uy * half, neck.1 - ux * half),
        ],
        arrow.pen.color,
    );
}
