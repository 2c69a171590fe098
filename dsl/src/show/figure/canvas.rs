//! From shapes to PNG and SVG: the only file that knows plotters, which owns the bitmap and writes the SVG.
//!
//! Its bitmap draws lines and letters on whole pixels, so the smooth edges come from [`Coverage`]; the SVG is written in
//! twentieths of a pixel, because its coordinates are whole numbers too.

use super::color::Color;
use super::coverage::{Cap, Coverage, Point, circle, dashes};
use super::picture::{Picture, Raster, Rect, Shape, Stroke};
use super::text::{self, BOLD, FAMILY, NORMAL, Text};
use image::ImageEncoder;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use plotters::prelude::{BitMapBackend, DrawingBackend, RGBAColor, SVGBackend, ShapeStyle};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{
    Color as _, FontFamily, FontStyle, FontTransform, IntoFont, TextStyle, register_font,
};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Once;

/// Pictures with more pixels than this are drawn with fewer device pixels per CSS pixel.
const MOST_PIXELS: f64 = 16.0e6;

/// A picture as PNG with `scale` device pixels per CSS pixel, and its size in CSS pixels.
pub(crate) fn png(picture: &Picture, scale: f64) -> (Vec<u8>, (u32, u32)) {
    let (width, height) = (picture.view.width().max(1.0), picture.view.height().max(1.0));
    let scale = scale.min((MOST_PIXELS / (width * height)).sqrt());
    let (columns, rows) = ((width * scale).round() as u32, (height * scale).round() as u32);
    let (columns, rows) = (columns.max(1), rows.max(1));
    let mut buffer = vec![255; columns as usize * rows as usize * 3];
    {
        let backend = BitMapBackend::with_buffer(&mut buffer, (columns, rows));
        let mut sheet = Sheet {
            backend,
            coverage: Coverage::new(columns as usize, rows as usize),
            origin: (picture.view.left, picture.view.top),
            scale,
            size: (columns as usize, rows as usize),
        };
        sheet.fill(picture.background);
        for shape in &picture.shapes {
            sheet.paint(shape);
        }
        // A memory buffer has nothing to flush.
        let _ = sheet.backend.present();
    }
    (encode(&buffer, columns, rows), (width.round() as u32, height.round() as u32))
}

/// A PNG file: with a palette if there are at most 256 colours (a third of the size), else with full colours.
fn encode(pixels: &[u8], columns: u32, rows: u32) -> Vec<u8> {
    if let Some(file) = encode_indexed(pixels, columns, rows) {
        return file;
    }
    let mut file = Vec::new();
    let encoder =
        PngEncoder::new_with_quality(&mut file, CompressionType::Fast, FilterType::Adaptive);
    // Writing to memory cannot fail, and the buffer has the size that is announced.
    let _ = encoder.write_image(pixels, columns, rows, image::ExtendedColorType::Rgb8);
    file
}

fn encode_indexed(pixels: &[u8], columns: u32, rows: u32) -> Option<Vec<u8>> {
    let mut palette: Vec<u8> = Vec::with_capacity(768);
    let mut known: HashMap<[u8; 3], u8> = HashMap::with_capacity(256);
    let mut indices = Vec::with_capacity(pixels.len() / 3);
    let (mut last, mut last_index) = (None, 0);
    for pixel in pixels.chunks_exact(3) {
        let color = [pixel[0], pixel[1], pixel[2]];
        // Neighbours are mostly equal.
        if last != Some(color) {
            last_index = match known.get(&color) {
                Some(index) => *index,
                None => {
                    let index = u8::try_from(known.len()).ok()?;
                    known.insert(color, index);
                    palette.extend_from_slice(&color);
                    index
                }
            };
            last = Some(color);
        }
        indices.push(last_index);
    }
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, columns, rows);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_palette(palette);
    encoder.set_compression(png::Compression::Balanced);
    encoder.set_filter(png::Filter::NoFilter);
    let mut writer = encoder.write_header().ok()?;
    writer.write_image_data(&indices).ok()?;
    writer.finish().ok()?;
    Some(file)
}

/// The bitmap while it is drawn.
struct Sheet<'a> {
    backend: BitMapBackend<'a>,
    coverage: Coverage,
    origin: Point,
    scale: f64,
    size: (usize, usize),
}

impl Sheet<'_> {
    fn device(&self, p: Point) -> Point {
        ((p.0 - self.origin.0) * self.scale, (p.1 - self.origin.1) * self.scale)
    }

    fn fill(&mut self, color: Color) {
        let end = (self.size.0 as i32, self.size.1 as i32);
        let _ = self.backend.draw_rect((0, 0), end, &rgba(color), true);
    }

    /// Paints what `coverage` holds.
    fn flush(&mut self, color: Color) {
        let backend = &mut self.backend;
        // Fully covered stretches are filled at once.
        let mut stretch: Option<(usize, usize, usize)> = None;
        let solid = rgba(color);
        let opaque = color.alpha >= 1.0;
        let end = |backend: &mut BitMapBackend<'_>, stretch: &mut Option<(usize, usize, usize)>| {
            if let Some((row, from, to)) = stretch.take() {
                let (row, from, to) = (row as i32, from as i32, to as i32);
                let _ = backend.draw_rect((from, row), (to, row + 1), &solid, true);
            }
        };
        self.coverage.finish(|x, y, share| {
            // Sixteen steps are as smooth to the eye, and keep most charts within a palette.
            let share = (share * 16.0).round() / 16.0;
            if share == 0.0 {
                return;
            }
            if opaque && share == 1.0 {
                match &mut stretch {
                    Some((row, _, to)) if *row == y && *to == x => *to = x + 1,
                    _ => {
                        end(backend, &mut stretch);
                        stretch = Some((y, x, x + 1));
                    }
                }
                return;
            }
            let ink = rgba(color.faded(f64::from(share))).to_backend_color();
            let _ = backend.draw_pixel((x as i32, y as i32), ink);
        });
        end(backend, &mut stretch);
    }

    fn paint(&mut self, shape: &Shape) {
        match shape {
            Shape::Line { points, stroke, closed, snap } => {
                self.line(points, stroke, *closed, *snap);
            }
            Shape::Area { points, fill, snap } => {
                let mut points: Vec<Point> = points.iter().map(|p| self.device(*p)).collect();
                if *snap {
                    snap_area(&mut points);
                }
                self.coverage.polygon(&points);
                self.flush(*fill);
            }
            Shape::Circle { center, radius, fill } => {
                self.coverage.polygon(&circle(self.device(*center), radius * self.scale));
                self.flush(*fill);
            }
            Shape::Text { at, text, angle, color } => {
                let mut at = self.device(*at);
                if *angle == 0.0 {
                    at.1 = at.1.round();
                } else if *angle % 90.0 == 0.0 {
                    at.0 = at.0.round();
                }
                let scaled = Text { size: text.size * self.scale, ..text.clone() };
                let coverage = &mut self.coverage;
                text::outlines(&scaled, at, *angle, |outline| coverage.polygon(outline));
                self.flush(*color);
            }
            Shape::Raster { rect, clip, raster } => self.raster(rect, clip, raster),
        }
    }

    fn line(&mut self, points: &[Point], stroke: &Stroke, closed: bool, snap: bool) {
        let mut points: Vec<Point> = points.iter().map(|p| self.device(*p)).collect();
        let mut width = stroke.width * self.scale;
        if snap {
            width = width.round().max(1.0);
            let offset = if width as i64 % 2 == 1 { 0.5 } else { 0.0 };
            for p in &mut points {
                *p = ((p.0 - offset).round() + offset, (p.1 - offset).round() + offset);
            }
        }
        // Thinner than a pixel: lighter instead.
        let faint = width.min(1.0);
        let width = width.max(1.0);
        if stroke.dash.is_empty() {
            self.coverage.stroke(&points, width, stroke.cap, closed);
        } else {
            if let (true, Some(&first)) = (closed, points.first()) {
                points.push(first);
            }
            let pattern: Vec<f64> = stroke.dash.iter().map(|d| d * self.scale).collect();
            for dash in dashes(&points, &pattern) {
                let cap = if stroke.cap == Cap::Round { Cap::Round } else { Cap::Butt };
                self.coverage.stroke(&dash, width, cap, false);
            }
        }
        self.flush(stroke.color.faded(faint));
    }

    fn raster(&mut self, rect: &Rect, clip: &Rect, raster: &Raster) {
        if raster.columns == 0 || raster.rows == 0 {
            return;
        }
        let round = |p: Point| (p.0.round(), p.1.round());
        let (left, top) = round(self.device((rect.left, rect.top)));
        let (right, bottom) = round(self.device((rect.right, rect.bottom)));
        let (from_x, from_y) = round(self.device((clip.left, clip.top)));
        let (to_x, to_y) = round(self.device((clip.right, clip.bottom)));
        let (x_start, x_end) = (left.max(from_x).max(0.0), right.min(to_x).min(self.size.0 as f64));
        let (y_start, y_end) = (top.max(from_y).max(0.0), bottom.min(to_y).min(self.size.1 as f64));
        let per_x = raster.columns as f64 / (right - left).max(1.0);
        let per_y = raster.rows as f64 / (bottom - top).max(1.0);
        for y in y_start as i64..y_end as i64 {
            let v = (y as f64 + 0.5 - top) * per_y;
            for x in x_start as i64..x_end as i64 {
                let u = (x as f64 + 0.5 - left) * per_x;
                let [r, g, b, a] = sample(raster, u, v, per_x, per_y);
                let color = Color { rgb: [r, g, b], alpha: f64::from(a) / 255.0 };
                if a > 0 {
                    let ink = rgba(color).to_backend_color();
                    let _ = self.backend.draw_pixel((x as i32, y as i32), ink);
                }
            }
        }
    }
}

/// The colour at a place of an image, in cells; `per_x`, `per_y`: cells per device pixel.
fn sample(raster: &Raster, u: f64, v: f64, per_x: f64, per_y: f64) -> [u8; 4] {
    let cell = |x: f64, y: f64| {
        let column = (x.max(0.0) as usize).min(raster.columns - 1);
        let row = (y.max(0.0) as usize).min(raster.rows - 1);
        raster.pixels.get(row * raster.columns + column).copied().unwrap_or([255, 255, 255, 0])
    };
    if per_x > 1.5 || per_y > 1.5 {
        // Made smaller: the mean of the cells under the pixel.
        let steps = |per: f64| (per.ceil() as usize).clamp(1, 8);
        let (columns, rows) = (steps(per_x), steps(per_y));
        let mut sum = [0.0; 4];
        for j in 0..rows {
            for i in 0..columns {
                let x = u + per_x * ((i as f64 + 0.5) / columns as f64 - 0.5);
                let y = v + per_y * ((j as f64 + 0.5) / rows as f64 - 0.5);
                for (total, part) in sum.iter_mut().zip(cell(x, y)) {
                    *total += f64::from(part);
                }
            }
        }
        return sum.map(|total| (total / (columns * rows) as f64).round() as u8);
    }
    if !raster.smooth {
        return cell(u, v);
    }
    let (x, y) = (u - 0.5, v - 0.5);
    let (fx, fy) = (x - x.floor(), y - y.floor());
    let corners = [cell(x, y), cell(x + 1.0, y), cell(x, y + 1.0), cell(x + 1.0, y + 1.0)];
    std::array::from_fn(|k| {
        let c = corners.map(|c| f64::from(c[k]));
        let (top, bottom) = (c[0] + fx * (c[1] - c[0]), c[2] + fx * (c[3] - c[2]));
        (top + fy * (bottom - top)).round() as u8
    })
}

/// Puts the corners on whole pixels; what is not empty keeps at least one pixel.
fn snap_area(points: &mut [Point]) {
    let spread = |values: &[f64]| {
        let low = values.iter().copied().fold(f64::INFINITY, f64::min);
        let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        (low, high)
    };
    let (x_low, x_high) = spread(&points.iter().map(|p| p.0).collect::<Vec<_>>());
    let (y_low, y_high) = spread(&points.iter().map(|p| p.1).collect::<Vec<_>>());
    let place = |v: f64, low: f64, high: f64| {
        if high - low < 1.0 {
            // Too thin to snap: the true share of the pixel is right.
            v
        } else {
            v.round()
        }
    };
    for p in points {
        *p = (place(p.0, x_low, x_high), place(p.1, y_low, y_high));
    }
}

fn rgba(color: Color) -> RGBAColor {
    let [red, green, blue] = color.rgb;
    RGBAColor(red, green, blue, color.alpha)
}

/// Units of the SVG per CSS pixel.
const UNITS: f64 = 20.0;

/// A picture as SVG.
pub(crate) fn svg(picture: &Picture) -> String {
    register_fonts();
    let (width, height) = (picture.view.width(), picture.view.height());
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(
        out,
        "<svg width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {} {}\" \
         xmlns=\"http://www.w3.org/2000/svg\" stroke-linejoin=\"round\">",
        width * UNITS,
        height * UNITS
    );
    let origin = (picture.view.left, picture.view.top);
    let sheet = Shape::Area {
        points: picture.view.corners().to_vec(),
        fill: picture.background,
        snap: false,
    };
    let mut run: Vec<&Shape> = vec![&sheet];
    for shape in &picture.shapes {
        let element = match shape {
            Shape::Raster { rect, clip, raster } => svg_image(origin, rect, clip, raster),
            Shape::Text { at, text, angle, color }
                if text.runs.len() > 1 || (*angle != 0.0 && *angle != 90.0) =>
            {
                svg_text(origin, *at, text, *angle, *color)
            }
            _ => {
                run.push(shape);
                continue;
            }
        };
        out.push_str(&svg_shapes(&run, picture));
        run.clear();
        out.push_str(&element);
    }
    out.push_str(&svg_shapes(&run, picture));
    out.push_str("</svg>\n");
    out
}

fn register_fonts() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let fonts = [(FontStyle::Normal, NORMAL), (FontStyle::Bold, BOLD)];
        for (style, bytes) in fonts {
            // The fonts are embedded; a unit test parses them.
            let _ = register_font(FAMILY, style, bytes);
        }
    });
}

/// The elements of shapes that the SVG backend can write.
fn svg_shapes(shapes: &[&Shape], picture: &Picture) -> String {
    if shapes.is_empty() {
        return String::new();
    }
    let mut text = String::new();
    let size = ((picture.view.width() * UNITS) as u32, (picture.view.height() * UNITS) as u32);
    {
        let mut backend = SVGBackend::with_string(&mut text, size);
        let unit = |p: &Point| {
            let x = (p.0 - picture.view.left) * UNITS;
            let y = (p.1 - picture.view.top) * UNITS;
            (x.round() as i32, y.round() as i32)
        };
        for shape in shapes {
            svg_shape(&mut backend, shape, unit);
        }
        let _ = backend.present();
    }
    // Only the elements: the root is written once, by the caller.
    let body = text.split_once(">\n").map_or("", |(_, body)| body);
    body.strip_suffix("</svg>\n").unwrap_or(body).to_owned()
}

fn svg_shape(
    backend: &mut SVGBackend<'_>,
    shape: &Shape,
    unit: impl Fn(&Point) -> (i32, i32) + Copy,
) {
    let thick = |color: Color, width: f64| {
        let units = (width * UNITS).round().max(1.0) as u32;
        ShapeStyle { color: rgba(color), filled: false, stroke_width: units }
    };
    // An error here would be one of writing to a string.
    let _ = match shape {
        Shape::Line { points, stroke, closed, .. } => {
            let style = thick(stroke.color, stroke.width);
            let mut points = points.clone();
            if let (true, Some(&first)) = (*closed, points.first()) {
                points.push(first);
            }
            for dash in dashes(&points, &stroke.dash) {
                let _ = backend.draw_path(dash.iter().map(unit), &style);
            }
            Ok(())
        }
        Shape::Area { points, fill, .. } => {
            backend.fill_polygon(points.iter().map(unit), &rgba(*fill))
        }
        Shape::Circle { center, radius, fill } => {
            let radius = (radius * UNITS).round() as u32;
            backend.draw_circle(unit(center), radius, &rgba(*fill), true)
        }
        Shape::Text { at, text, angle, color } => {
            // The backend divides sizes by 1.24 and shifts by 0.76 em for this anchor.
            let size = text.size * UNITS;
            let shift = 0.76 * text.size;
            let turned = *angle == 90.0;
            let at = if turned { (at.0 - shift, at.1) } else { (at.0, at.1 - shift) };
            let font = (FontFamily::Name(FAMILY), size * 1.24).into_font();
            let font = if text.bold { font.style(FontStyle::Bold) } else { font };
            let font = if turned { font.transform(FontTransform::Rotate270) } else { font };
            let ink = rgba(*color);
            let style = TextStyle::from(font).color(&ink).pos(Pos::new(HPos::Left, VPos::Top));
            let letters: String = text.runs.iter().map(|run| run.text.as_str()).collect();
            backend.draw_text(&letters, &style, unit(&at))
        }
        Shape::Raster { .. } => Ok(()),
    };
}

/// Text that the backend cannot write: raised parts, slanted lines.
fn svg_text(origin: Point, at: Point, text: &Text, angle: f64, color: Color) -> String {
    let (x, y) = ((at.0 - origin.0) * UNITS, (at.1 - origin.1) * UNITS);
    let [red, green, blue] = color.rgb;
    let weight = if text.bold { " font-weight=\"bold\"" } else { "" };
    let mut out = format!(
        "<text x=\"{x:.0}\" y=\"{y:.0}\" font-family=\"{FAMILY}\" font-size=\"{:.1}\"{weight} \
         fill=\"#{red:02X}{green:02X}{blue:02X}\" opacity=\"{}\" xml:space=\"preserve\" \
         transform=\"rotate({}, {x:.0}, {y:.0})\">",
        text.size * UNITS,
        color.alpha,
        -angle
    );
    let mut rise = 0.0;
    for run in &text.runs {
        let shift = (rise - run.rise) * text.size * UNITS;
        rise = run.rise;
        let letters = run.text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let size = run.scale * text.size * UNITS;
        let _ = write!(out, "<tspan dy=\"{shift:.1}\" font-size=\"{size:.1}\">{letters}</tspan>");
    }
    out.push_str("</text>\n");
    out
}

/// An image inside the SVG, as it lies on the sheet.
fn svg_image(origin: Point, rect: &Rect, clip: &Rect, raster: &Raster) -> String {
    // Only the cells inside the clip, so that no clip path is needed.
    let cut = rect.intersection(clip);
    if cut.width() <= 0.0 || cut.height() <= 0.0 || raster.columns == 0 || raster.rows == 0 {
        return String::new();
    }
    let cells = |from: f64, to: f64, start: f64, length: f64, count: usize| {
        let per = count as f64 / length;
        let first = ((from - start) * per + 1e-6).floor().max(0.0) as usize;
        let end = (((to - start) * per - 1e-6).ceil() as usize).min(count);
        (first, end.max(first), start + first as f64 / per, start + end as f64 / per)
    };
    let (c0, c1, left, right) = cells(cut.left, cut.right, rect.left, rect.width(), raster.columns);
    let (r0, r1, top, bottom) = cells(cut.top, cut.bottom, rect.top, rect.height(), raster.rows);
    let mut bytes = Vec::with_capacity((c1 - c0) * (r1 - r0) * 4);
    for row in r0..r1 {
        for column in c0..c1 {
            let pixel = raster.pixels.get(row * raster.columns + column);
            bytes.extend_from_slice(pixel.unwrap_or(&[255, 255, 255, 0]));
        }
    }
    let mut file = Vec::new();
    let size = ((c1 - c0) as u32, (r1 - r0) as u32);
    if PngEncoder::new(&mut file)
        .write_image(&bytes, size.0, size.1, image::ExtendedColorType::Rgba8)
        .is_err()
    {
        return String::new();
    }
    let rendering = if raster.smooth { "auto" } else { "pixelated" };
    format!(
        "<image x=\"{:.0}\" y=\"{:.0}\" width=\"{:.0}\" height=\"{:.0}\" \
         preserveAspectRatio=\"none\" style=\"image-rendering:{rendering}\" \
         href=\"data:image/png;base64,{}\"/>\n",
        (left - origin.0) * UNITS,
        (top - origin.1) * UNITS,
        (right - left) * UNITS,
        (bottom - top) * UNITS,
        base64(&file)
    )
}

pub(crate) fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let at = |i: usize| u32::from(chunk.get(i).copied().unwrap_or(0));
        let word = at(0) << 16 | at(1) << 8 | at(2);
        for i in 0..4 {
            if i <= chunk.len() {
                out.push(char::from(LETTERS[(word >> (18 - 6 * i) & 63) as usize]));
            } else {
                out.push('=');
            }
        }
    }
    out
}
