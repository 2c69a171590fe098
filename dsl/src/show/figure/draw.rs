//! From the model to shapes: limits, boxes, frames, marks, titles, colour bars.

use super::artist::{Artist, Dash, Image, Kind, Note, Pen};
use super::axes::{Axes, Axis, ColorBar, Scale, view};
use super::color::Color;
use super::coverage::{Cap, Point};
use super::layout::{self, Margins};
use super::picture::{Picture, Rect, Shape, Stroke, text_corners};
use super::text::{Text, measure};
use super::{Figure, artists, legend, ticks};

/// From data to pixels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Map {
    pub(super) rect: Rect,
    pub(super) x: Run,
    pub(super) y: Run,
    /// Pixels per point.
    pub(super) pt: f64,
}

/// How an axis runs: its ends, its scale, its direction.
#[derive(Debug, Clone, Copy)]
pub(super) struct Run {
    pub(super) low: f64,
    pub(super) high: f64,
    log: bool,
    inverted: bool,
}

impl Run {
    fn new(axis: &Axis, (low, high): (f64, f64)) -> Self {
        Run { low, high, log: axis.scale == Scale::Log, inverted: axis.inverted }
    }

    /// The share of the way from the start of the axis.
    pub(super) fn share(&self, value: f64) -> f64 {
        let forward = |v: f64| if self.log { v.max(1e-300).log10() } else { v };
        let (low, high) = (forward(self.low), forward(self.high));
        let share = (forward(value) - low) / (high - low);
        // Far outside is far enough: pixels must stay finite.
        let share = share.clamp(-1e4, 1e4);
        if self.inverted { 1.0 - share } else { share }
    }

    /// The value at a share of the way.
    pub(super) fn value(&self, share: f64) -> f64 {
        let share = if self.inverted { 1.0 - share } else { share };
        if self.log {
            10_f64.powf(self.low.log10() + share * (self.high.log10() - self.low.log10()))
        } else {
            self.low + share * (self.high - self.low)
        }
    }
}

impl Map {
    pub(super) fn place(&self, x: f64, y: f64) -> Point {
        (
            self.rect.left + self.x.share(x) * self.rect.width(),
            self.rect.bottom - self.y.share(y) * self.rect.height(),
        )
    }
}

/// The marks of one axis.
struct Marks {
    major: Vec<(f64, String)>,
    minor: Vec<f64>,
    /// Written once at the end of the axis.
    note: String,
}

fn marks(axis: &Axis, run: &Run, length: f64, across: bool, pt: f64) -> Marks {
    let size = axis.tick_size.unwrap_or(10.0);
    let spacing = if across { 3.0 } else { 2.0 };
    let most = ((length / pt / (size * spacing)) as usize).clamp(1, 9);
    let inside = |v: &f64| {
        let share = run.share(*v);
        (-1e-6..=1.0 + 1e-6).contains(&share)
    };
    let (places, mut minor, mut texts, mut note);
    if let Some(fixed) = &axis.ticks {
        places = fixed.clone();
        minor = Vec::new();
        (texts, note) = if run.log {
            (places.iter().map(|p| ticks::power(*p)).collect(), String::new())
        } else {
            ticks::labels(&places, run.low, run.high)
        };
    } else if !axis.categories.is_empty() {
        places = (0..axis.categories.len()).map(|i| i as f64).collect();
        texts = axis.categories.clone();
        minor = Vec::new();
        note = String::new();
    } else if run.log {
        let (major, small) = ticks::logarithmic(run.low, run.high, most);
        minor = small;
        // Less than a decade: the small marks are written too.
        places = if major.len() < 2 {
            let mut all: Vec<f64> = major.into_iter().chain(std::mem::take(&mut minor)).collect();
            all.sort_by(f64::total_cmp);
            all
        } else {
            major
        };
        texts = places.iter().map(|p| ticks::power(*p)).collect();
        note = String::new();
    } else {
        places = if axis.whole {
            ticks::whole(run.low, run.high, most)
        } else {
            ticks::linear(run.low, run.high, most)
        };
        minor = Vec::new();
        (texts, note) = ticks::labels(&places, run.low, run.high);
    }
    if let Some(fixed) = &axis.tick_labels {
        texts = (0..places.len()).map(|i| fixed.get(i).cloned().unwrap_or_default()).collect();
        note = String::new();
    }
    if axis.labels_hidden {
        texts.iter_mut().for_each(String::clear);
        note.clear();
    }
    minor.retain(inside);
    Marks { major: places.into_iter().zip(texts).filter(|(v, _)| inside(v)).collect(), minor, note }
}

/// Everything about axes that is known before they are drawn.
struct Plan {
    x: (f64, f64),
    y: (f64, f64),
}

impl Figure {
    /// The finished drawing. If it will be `cropped`, labels may reach over the edge of the sheet.
    pub(crate) fn draw(&self, cropped: bool) -> Picture {
        let pt = self.dpi / 72.0;
        let (width, height) = (self.size.0 * self.dpi, self.size.1 * self.dpi);
        let mut picture = Picture::new(width, height, self.face);
        let plans: Vec<Plan> = (0..self.axes.len()).map(|i| self.plan(i)).collect();
        let margins = |i: usize, rect: Rect| {
            if self.axes[i].removed {
                return Margins::default();
            }
            self.margins(i, rect, &plans[i], pt)
        };
        let mut boxes = layout::boxes(self, cropped, margins);
        for (i, axes) in self.axes.iter().enumerate() {
            if let Some(other) = axes.twin_of.filter(|o| *o < i) {
                boxes[i] = boxes[other];
            }
        }
        for (i, axes) in self.axes.iter().enumerate() {
            if axes.removed {
                continue;
            }
            let has_twin = self.axes.iter().any(|a| a.twin_of == Some(i) && !a.removed);
            self.draw_axes(&mut picture, axes, &boxes, i, &plans[i], has_twin);
        }
        self.draw_titles(&mut picture, &boxes, width, height, pt);
        picture
    }

    /// The ends of an axis as it is drawn, start first.
    pub(crate) fn limits(&self, index: usize, x: bool) -> (f64, f64) {
        let Some(axes) = self.axes.get(index) else { return (0.0, 1.0) };
        let plan = self.plan(index);
        let (ends, axis) = if x { (plan.x, &axes.x) } else { (plan.y, &axes.y) };
        if axis.inverted { (ends.1, ends.0) } else { ends }
    }

    fn plan(&self, index: usize) -> Plan {
        let range = |axis: usize| {
            let of = |i: usize| if axis == 0 { self.axes[i].share_x } else { self.axes[i].share_y };
            let leader = |mut i: usize| {
                // Sharing points backwards, so this ends.
                while let Some(next) = of(i).filter(|n| *n < i) {
                    i = next;
                }
                i
            };
            let first = leader(index);
            let members: Vec<usize> =
                (0..self.axes.len()).filter(|i| leader(*i) == first).collect();
            let pick = |i: usize| if axis == 0 { &self.axes[i].x } else { &self.axes[i].y };
            let fixed = members
                .iter()
                .copied()
                .find(|i| pick(*i).limits != (None, None))
                .unwrap_or(if pick(index).limits == (None, None) { first } else { index });
            let leading = pick(fixed);
            let log = leading.scale == Scale::Log;
            let data = members.iter().filter_map(|i| self.axes[*i].data_range(axis, log)).reduce(
                |a, b| {
                    let low = if a.0 <= b.0 { (a.0, a.2[0]) } else { (b.0, b.2[0]) };
                    let high = if a.1 >= b.1 { (a.1, a.2[1]) } else { (b.1, b.2[1]) };
                    (low.0, high.0, [low.1, high.1])
                },
            );
            view(leading, data)
        };
        Plan { x: range(0), y: range(1) }
    }

    /// The box that is left for the data when colour bars have taken their part, in the right shape.
    fn inner(&self, axes: &Axes, rect: Rect, plan: &mut Plan) -> Rect {
        let mut inner = rect;
        for bar in &axes.color_bars {
            let taken = bar.fraction + bar.pad;
            if bar.level {
                inner.bottom -= inner.height() * taken;
            } else {
                inner.right -= inner.width() * taken;
            }
        }
        let Some(aspect) = axes.aspect else { return inner };
        let (units_x, units_y) = (plan.x.1 - plan.x.0, (plan.y.1 - plan.y.0) * aspect);
        if !(units_x > 0.0) || !(units_y > 0.0) {
            return inner;
        }
        let (width, height) = (inner.width(), inner.height());
        let unit = (width / units_x).min(height / units_y);
        if axes.aspect_by_limits {
            let (more_x, more_y) = (width / unit - units_x, (height / unit - units_y) / aspect);
            plan.x = (plan.x.0 - more_x / 2.0, plan.x.1 + more_x / 2.0);
            plan.y = (plan.y.0 - more_y / 2.0, plan.y.1 + more_y / 2.0);
            return inner;
        }
        let (free_x, free_y) = (width - unit * units_x, height - unit * units_y);
        Rect::new(
            inner.left + free_x / 2.0,
            inner.top + free_y / 2.0,
            inner.right - free_x / 2.0,
            inner.bottom - free_y / 2.0,
        )
    }

    fn map(&self, axes: &Axes, rect: Rect, plan: &Plan) -> Map {
        let mut plan = Plan { x: plan.x, y: plan.y };
        let rect = self.inner(axes, rect, &mut plan);
        // Shared axes run as the first of them does.
        let leader_x = axes.share_x.and_then(|i| self.axes.get(i)).unwrap_or(axes);
        let leader_y = axes.share_y.and_then(|i| self.axes.get(i)).unwrap_or(axes);
        Map {
            rect,
            x: Run::new(&leader_x.x, plan.x),
            y: Run::new(&leader_y.y, plan.y),
            pt: self.dpi / 72.0,
        }
    }

    /// The room that labels take around a box: measured by drawing them.
    fn margins(&self, index: usize, rect: Rect, plan: &Plan, pt: f64) -> Margins {
        let axes = &self.axes[index];
        let mut sheet = Picture::new(1.0, 1.0, Color::WHITE);
        let map = self.map(axes, rect, plan);
        if !axes.off {
            draw_axis(&mut sheet, axes, &map, true);
            draw_axis(&mut sheet, axes, &map, false);
        }
        draw_title(&mut sheet, axes, &map);
        let place = rect;
        for bar in &axes.color_bars {
            draw_color_bar(&mut sheet, axes, bar, place, &map);
        }
        let legend_outside = axes.legend.as_ref().filter(|l| l.anchor.is_some());
        if let Some(one) = legend_outside {
            legend::draw(&mut sheet, axes, one, &map);
        }
        let Some(bounds) = sheet.bounds() else { return Margins::default() };
        let _ = pt;
        Margins {
            left: (rect.left - bounds.left).max(0.0),
            right: (bounds.right - rect.right).max(0.0),
            top: (rect.top - bounds.top).max(0.0),
            bottom: (bounds.bottom - rect.bottom).max(0.0),
        }
    }

    fn draw_axes(
        &self,
        picture: &mut Picture,
        axes: &Axes,
        boxes: &[Rect],
        index: usize,
        plan: &Plan,
        has_twin: bool,
    ) {
        let map = self.map(axes, boxes[index], plan);
        let is_twin = axes.twin_of.is_some();
        if !axes.off {
            if !is_twin {
                picture.rect(map.rect, axes.face);
            }
            draw_grid(picture, axes, &map);
        }
        let mut order: Vec<&Artist> = axes.artists.iter().filter(|a| a.visible).collect();
        order.sort_by(|a, b| a.order.total_cmp(&b.order));
        let (below, above): (Vec<&Artist>, Vec<&Artist>) =
            order.into_iter().partition(|a| a.order < 2.5);
        for artist in below {
            artists::draw(picture, artist, &map);
        }
        if !axes.off {
            draw_frame(picture, axes, &map);
            if !is_twin {
                draw_axis(picture, axes, &map, true);
            }
            draw_axis(picture, axes, &map, false);
        }
        for artist in above {
            artists::draw(picture, artist, &map);
        }
        let _ = has_twin;
        draw_title(picture, axes, &map);
        for bar in &axes.color_bars {
            draw_color_bar(picture, axes, bar, boxes[index], &map);
        }
        if let Some(one) = &axes.legend {
            legend::draw(picture, axes, one, &map);
        }
    }

    fn draw_titles(&self, picture: &mut Picture, boxes: &[Rect], width: f64, height: f64, pt: f64) {
        if !self.title.is_empty() {
            let size = self.title_size.unwrap_or(12.0) * pt;
            let mut top = 0.02 * height;
            // Without tight margins the title still keeps off the titles of the axes.
            if let Some(highest) = picture.bounds().filter(|_| !boxes.is_empty()) {
                let lines = self.title.split('\n').count() as f64;
                top = top.min(highest.top - (lines * 1.2 + 0.2) * size);
            }
            for (i, line) in self.title.split('\n').enumerate() {
                let text = Text::line(line, size, self.title_bold);
                let at = (
                    width / 2.0 - measure(&text).width / 2.0,
                    top + 0.76 * size + i as f64 * size * 1.2,
                );
                picture.shapes.push(Shape::Text { at, text, angle: 0.0, color: Color::BLACK });
            }
        }
        if !self.x_label.is_empty() {
            let text = Text::line(&self.x_label, 12.0 * pt, false);
            let at = (width / 2.0 - measure(&text).width / 2.0, height * 0.99 - 3.0 * pt);
            picture.shapes.push(Shape::Text { at, text, angle: 0.0, color: Color::BLACK });
        }
        if !self.y_label.is_empty() {
            let text = Text::line(&self.y_label, 12.0 * pt, false);
            let at = (0.02 * width + 9.0 * pt, height / 2.0 + measure(&text).width / 2.0);
            picture.shapes.push(Shape::Text { at, text, angle: 90.0, color: Color::BLACK });
        }
    }
}

/// A line's pen in pixels.
pub(super) fn stroke(pen: &Pen, pt: f64) -> Stroke {
    let width = if pen.dash == Dash::None { 0.0 } else { pen.width * pt };
    let dash = pen.dash.pattern().iter().map(|d| d * width).collect();
    Stroke { color: pen.color, width, dash, cap: Cap::Projecting }
}

fn draw_grid(picture: &mut Picture, axes: &Axes, map: &Map) {
    for across in [true, false] {
        let (axis, run) = if across { (&axes.x, &map.x) } else { (&axes.y, &map.y) };
        let Some(grid) = &axis.grid else { continue };
        let length = if across { map.rect.width() } else { map.rect.height() };
        let marks = marks(axis, run, length, across, map.pt);
        let minor = marks.minor.iter().filter(|_| grid.minor);
        for value in marks.major.iter().map(|(v, _)| v).chain(minor) {
            let share = run.share(*value);
            let (from, to) = if across {
                let x = map.rect.left + share * map.rect.width();
                ((x, map.rect.bottom), (x, map.rect.top))
            } else {
                let y = map.rect.bottom - share * map.rect.height();
                ((map.rect.left, y), (map.rect.right, y))
            };
            picture.ruled(from, to, stroke(&grid.pen, map.pt));
        }
    }
}

fn draw_frame(picture: &mut Picture, axes: &Axes, map: &Map) {
    let r = map.rect;
    let pen = Stroke::solid(Color::BLACK, 0.8 * map.pt);
    if axes.spines == [true; 4] {
        return picture.outline(r, pen);
    }
    let sides = [
        ((r.left, r.top), (r.left, r.bottom)),
        ((r.left, r.bottom), (r.right, r.bottom)),
        ((r.right, r.top), (r.right, r.bottom)),
        ((r.left, r.top), (r.right, r.top)),
    ];
    for ((from, to), shown) in sides.into_iter().zip(axes.spines) {
        if shown {
            picture.ruled(from, to, pen.clone());
        }
    }
}

/// Marks, their writing and the label of one axis.
fn draw_axis(picture: &mut Picture, axes: &Axes, map: &Map, across: bool) {
    let (axis, run) = if across { (&axes.x, &map.x) } else { (&axes.y, &map.y) };
    let (r, pt) = (map.rect, map.pt);
    let length = if across { r.width() } else { r.height() };
    let marks = marks(axis, run, length, across, pt);
    // Outwards is down and left, or up and right.
    let outward = if axis.opposite { -1.0 } else { 1.0 };
    let edge = match (across, axis.opposite) {
        (true, false) => r.bottom,
        (true, true) => r.top,
        (false, false) => r.left,
        (false, true) => r.right,
    };
    let at = |value: f64| {
        let share = run.share(value);
        if across { r.left + share * r.width() } else { r.bottom - share * r.height() }
    };
    if !axis.ticks_hidden {
        let major = marks.major.iter().map(|(v, _)| (*v, 3.5, 0.8));
        for (value, size, width) in major.chain(marks.minor.iter().map(|v| (*v, 2.0, 0.6))) {
            let along = at(value);
            let ink = axis.tick_color.unwrap_or(Color::BLACK);
            let pen = Stroke { cap: Cap::Butt, ..Stroke::solid(ink, width * pt) };
            if across {
                picture.ruled((along, edge), (along, edge + outward * size * pt), pen);
            } else {
                picture.ruled((edge, along), (edge - outward * size * pt, along), pen);
            }
        }
    }
    let size = axis.tick_size.unwrap_or(10.0) * pt;
    let gap = if axis.ticks_hidden { 3.5 * pt } else { 7.0 * pt };
    let mut depth = if axis.ticks_hidden { 0.0 } else { 3.5 * pt };
    for (value, words) in &marks.major {
        if words.is_empty() {
            continue;
        }
        let along = at(*value);
        let anchor =
            if across { (along, edge + outward * gap) } else { (edge - outward * gap, along) };
        let corners = tick_label(picture, axis, words, anchor, size, across);
        if across && axis.rotation == 0.0 {
            depth = depth.max(gap + size);
        }
        for (x, y) in corners {
            let reach = if across { (y - edge) * outward } else { (edge - x) * outward };
            depth = depth.max(reach);
        }
    }
    if !marks.note.is_empty() {
        let text = Text::line(&marks.note, size, false);
        let width = measure(&text).width;
        let place = if across {
            (r.right - width, edge + outward * depth + 3.0 * pt + 0.76 * size)
        } else {
            (r.left, r.top - 3.0 * pt)
        };
        picture.shapes.push(Shape::Text { at: place, text, angle: 0.0, color: Color::BLACK });
    }
    // On the side without writing the label keeps off the marks only.
    let depth = if axis.label_opposite == axis.opposite { depth } else { 3.5 * pt };
    draw_label(picture, axis, map, depth, across);
}

/// One label at a mark; gives its corners.
fn tick_label(
    picture: &mut Picture,
    axis: &Axis,
    words: &str,
    anchor: Point,
    size: f64,
    across: bool,
) -> Vec<Point> {
    let mut all = Vec::new();
    let lines: Vec<&str> = words.split('\n').collect();
    for (i, line) in lines.iter().enumerate() {
        let text = Text::line(line, size, false);
        let angle = axis.rotation;
        // Placed by the box of the turned text, as matplotlib does.
        let corners = text_corners((0.0, 0.0), &text, angle);
        let low = |f: fn(&Point) -> f64| corners.iter().map(f).fold(f64::INFINITY, f64::min);
        let high = |f: fn(&Point) -> f64| corners.iter().map(f).fold(f64::NEG_INFINITY, f64::max);
        let (left, right, top, bottom) = (low(|p| p.0), high(|p| p.0), low(|p| p.1), high(|p| p.1));
        let drop = i as f64 * size * 1.2;
        let at = if across {
            let x = match axis.tick_align {
                1 => anchor.0 - right,
                -1 => anchor.0 - left,
                _ => anchor.0 - (left + right) / 2.0,
            };
            let y = match (axis.opposite, angle == 0.0) {
                (false, true) => anchor.1 + 0.76 * size,
                (false, false) => anchor.1 - top,
                (true, true) => anchor.1 - 0.02 * size,
                (true, false) => anchor.1 - bottom,
            };
            (x, y + drop)
        } else {
            let x = if axis.opposite { anchor.0 - left } else { anchor.0 - right };
            let shift = (lines.len() as f64 - 1.0) * 0.6 * size;
            let y = if angle == 0.0 {
                anchor.1 + 0.365 * size
            } else {
                anchor.1 - (top + bottom) / 2.0
            };
            (x, y + drop - shift)
        };
        all.extend(text_corners(at, &text, angle));
        let color = axis.tick_color.unwrap_or(Color::BLACK);
        picture.shapes.push(Shape::Text { at, text, angle, color });
    }
    all
}

/// The label of an axis, `depth` pixels outside of the box.
fn draw_label(picture: &mut Picture, axis: &Axis, map: &Map, depth: f64, across: bool) {
    let (r, pt) = (map.rect, map.pt);
    let size = axis.label_size.unwrap_or(10.0) * pt;
    let mut lines: Vec<&str> = axis.label.split('\n').filter(|l| !l.is_empty()).collect();
    // Lines are stacked outwards from the axis, but read from the top.
    if across == axis.label_opposite {
        lines.reverse();
    }
    let color = axis.label_color.unwrap_or(Color::BLACK);
    for (i, line) in lines.into_iter().enumerate() {
        let text = Text::line(line, size, false);
        let extent = measure(&text);
        let far = depth + 4.0 * pt + i as f64 * size * 1.2;
        let (at, angle) = if across {
            let y = if axis.label_opposite {
                r.top - far - 0.236 * size
            } else {
                r.bottom + far + 0.76 * size
            };
            ((r.left + (r.width() - extent.width) / 2.0, y), 0.0)
        } else {
            let x = if axis.label_opposite {
                r.right + far + 0.76 * size
            } else {
                r.left - far - 0.236 * size
            };
            ((x, r.top + (r.height() + extent.width) / 2.0), 90.0)
        };
        picture.shapes.push(Shape::Text { at, text, angle, color });
    }
}

fn draw_title(picture: &mut Picture, axes: &Axes, map: &Map) {
    let size = axes.title_size.unwrap_or(12.0) * map.pt;
    let mut above = 6.0 * map.pt;
    if axes.x.opposite && !axes.off {
        let label = axes.x.label_opposite && !axes.x.label.is_empty();
        above += if label { 31.0 } else { 17.0 } * map.pt;
    }
    for (place, title) in axes.titles.iter().enumerate() {
        let lines: Vec<&str> = title.split('\n').collect();
        for (i, line) in lines.iter().enumerate().filter(|(_, l)| !l.is_empty()) {
            let text = Text::line(line, size, axes.title_bold);
            let width = measure(&text).width;
            let x = match place {
                0 => map.rect.left,
                1 => map.rect.left + (map.rect.width() - width) / 2.0,
                _ => map.rect.right - width,
            };
            let y = map.rect.top - above - (lines.len() - 1 - i) as f64 * size * 1.2;
            let color = axes.title_color.unwrap_or(Color::BLACK);
            picture.shapes.push(Shape::Text { at: (x, y), text, angle: 0.0, color });
        }
    }
}

/// A colour bar beside or below its axes: axes of its own with an image in it.
fn draw_color_bar(picture: &mut Picture, axes: &Axes, bar: &ColorBar, whole: Rect, map: &Map) {
    let Some(artist) = axes.artists.get(bar.artist) else { return };
    let Some(mapping) = artist.mapping() else { return };
    let mut own = Axes::new(axes.slot);
    let (rect, length) = if bar.level {
        let length = map.rect.width() * bar.shrink;
        let left = map.rect.left + (map.rect.width() - length) / 2.0;
        let thick = (whole.height() * bar.fraction).min(length / 20.0 * 1.2);
        let bottom = whole.bottom;
        (Rect::new(left, bottom - thick, left + length, bottom), length)
    } else {
        let length = whole.height() * bar.shrink;
        let top = whole.top + (whole.height() - length) / 2.0;
        let thick = (whole.width() * bar.fraction).min(length / 20.0);
        // Beside the data when an equal aspect has made that narrower than its place.
        let left = (map.rect.right + whole.width() * bar.pad).min(whole.right - thick);
        (Rect::new(left, top, left + thick, top + length), length)
    };
    let _ = length;
    let (low, high) = if mapping.max > mapping.min {
        (mapping.min, mapping.max)
    } else {
        (mapping.min - 0.5, mapping.min + 0.5)
    };
    let mut cells: Vec<[u8; 4]> = (0..256)
        .map(|i| {
            let [r, g, b] = mapping.map.at((f64::from(i) + 0.5) / 256.0).rgb;
            [r, g, b, 255]
        })
        .collect();
    let mut limits = (low, high);
    let axis = if bar.level { &mut own.x } else { &mut own.y };
    if let Kind::Contour(contour) = &artist.kind
        && contour.levels.len() > 1
    {
        let (first, last) = (contour.levels[0], contour.levels[contour.levels.len() - 1]);
        limits = (first, last);
        axis.ticks = Some(every_few(&contour.levels));
        if contour.filled {
            cells = (0..512)
                .map(|i| {
                    let height = first + (f64::from(i) + 0.5) / 512.0 * (last - first);
                    let above = contour.levels.partition_point(|l| *l <= height);
                    let color = contour.color(above.saturating_sub(1));
                    let [r, g, b] = color.rgb;
                    [r, g, b, (color.alpha * 255.0).round() as u8]
                })
                .collect();
        }
    }
    axis.limits = (Some(limits.0), Some(limits.1));
    axis.label = bar.label.clone();
    if mapping.log {
        axis.scale = Scale::Log;
    }
    if let Some(fixed) = &bar.ticks {
        axis.ticks = Some(fixed.clone());
    }
    axis.tick_labels = bar.tick_labels.clone();
    axis.opposite = !bar.level;
    axis.label_opposite = !bar.level;
    let other = if bar.level { &mut own.y } else { &mut own.x };
    other.limits = (Some(0.0), Some(1.0));
    let own_map = Map {
        rect,
        x: Run::new(&own.x, if bar.level { limits } else { (0.0, 1.0) }),
        y: Run::new(&own.y, if bar.level { (0.0, 1.0) } else { limits }),
        pt: map.pt,
    };
    let (columns, rows) = if bar.level { (cells.len(), 1) } else { (1, cells.len()) };
    if !bar.level {
        cells.reverse();
    }
    let raster = super::picture::Raster { columns, rows, pixels: cells.into(), smooth: false };
    picture.shapes.push(Shape::Raster { rect, clip: rect, raster });
    draw_frame(picture, &own, &own_map);
    draw_axis(picture, &own, &own_map, bar.level);
}

/// At most ten of the levels, with the one nearest to zero among them.
fn every_few(levels: &[f64]) -> Vec<f64> {
    let step = levels.len().div_ceil(10).max(1);
    let chosen = |start: usize| levels.iter().copied().skip(start).step_by(step);
    let nearest = |start: usize| chosen(start).map(f64::abs).fold(f64::INFINITY, f64::min);
    let best = (0..step).min_by(|a, b| nearest(*a).total_cmp(&nearest(*b))).unwrap_or(0);
    chosen(best).collect()
}

/// A note as it is placed by words such as "left" and "top".
pub(super) fn aligned(note: &Note, anchor: Point, width: f64, lines: usize, size: f64) -> Point {
    let height = (lines as f64 - 1.0) * size * 1.2;
    let x = match note.across {
        -1 => 0.0,
        0 => -width / 2.0,
        _ => -width,
    };
    let y = match note.upright {
        -1 => -height - 0.236 * size,
        0 => -height / 2.0 + 0.27 * size,
        1 => 0.76 * size,
        _ => -height,
    };
    (anchor.0 + x, anchor.1 + y)
}

impl Image {
    /// The image's place in pixels, and whether it must be flipped across or upright to fit.
    pub(super) fn placed(&self, map: &Map) -> (Rect, bool, bool) {
        let [left, right, bottom, top] = self.extent;
        let (a, b) = (map.place(left, top), map.place(right, bottom));
        let rect = Rect::new(a.0.min(b.0), a.1.min(b.1), a.0.max(b.0), a.1.max(b.1));
        // Row 0 belongs at `top` (or at `bottom`); on paper that may be below.
        let first_row_up = if self.from_top { a.1 <= b.1 } else { b.1 < a.1 };
        (rect, a.0 > b.0, !first_row_up)
    }
}
