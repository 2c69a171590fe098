//! Where axes stand on the sheet: matplotlib's default borders, or just enough room for every label.

use super::Figure;
use super::axes::Slot;
use super::picture::Rect;

/// Room that labels need around a box, in pixels.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Margins {
    pub(super) left: f64,
    pub(super) right: f64,
    pub(super) top: f64,
    pub(super) bottom: f64,
}

/// The boxes of all axes. `margins` tells the room that the labels of axes need, given their box.
pub(super) fn boxes(
    figure: &Figure,
    cropped: bool,
    margins: impl Fn(usize, Rect) -> Margins,
) -> Vec<Rect> {
    let sheet = Rect::new(0.0, 0.0, figure.size.0 * figure.dpi, figure.size.1 * figure.dpi);
    let plain: Vec<Rect> = (0..figure.axes.len()).map(|i| default_box(figure, i, &sheet)).collect();
    let by_hand = figure.spacing != super::Spacing::default();
    if by_hand && !figure.tight {
        return plain;
    }
    let needed: Vec<Margins> = plain.iter().enumerate().map(|(i, r)| margins(i, *r)).collect();
    if !figure.tight && fits(figure, cropped, &plain, &needed, &sheet) {
        return plain;
    }
    // Twice, because the number of marks (and with it their widths) depends on the box.
    let first = tight(figure, &plain, &needed, &sheet);
    let needed: Vec<Margins> = first.iter().enumerate().map(|(i, r)| margins(i, *r)).collect();
    tight(figure, &first, &needed, &sheet)
}

/// matplotlib's default borders (or those set by hand).
fn default_box(figure: &Figure, index: usize, sheet: &Rect) -> Rect {
    let (width, height) = (sheet.width(), sheet.height());
    match figure.axes[index].slot {
        Slot::Free([left, bottom, w, h]) => Rect::new(
            left * width,
            (1.0 - bottom - h) * height,
            (left + w) * width,
            (1.0 - bottom) * height,
        ),
        Slot::Grid { grid, rows, columns } => {
            let s = &figure.spacing;
            let (left, right) = (s.left.unwrap_or(0.125), s.right.unwrap_or(0.9));
            let (top, bottom) = (1.0 - s.top.unwrap_or(0.88), 1.0 - s.bottom.unwrap_or(0.11));
            let across = track(left, right, grid.1, s.across.unwrap_or(0.2), columns);
            let upright = track(top, bottom, grid.0, s.upright.unwrap_or(0.2), rows);
            Rect::new(across.0 * width, upright.0 * height, across.1 * width, upright.1 * height)
        }
    }
}

/// Start and end of the cells `first..=last` of `count` equal ones with gaps of `gap` cells between them.
fn track(from: f64, to: f64, count: usize, gap: f64, (first, last): (usize, usize)) -> (f64, f64) {
    let count = count.max(1) as f64;
    let cell = (to - from) / (count + gap * (count - 1.0));
    let start = |i: usize| from + i as f64 * cell * (1.0 + gap);
    (start(first), start(last) + cell)
}

/// Whether labels stay on the sheet and off each other.
fn fits(figure: &Figure, cropped: bool, boxes: &[Rect], needed: &[Margins], sheet: &Rect) -> bool {
    let outer: Vec<Rect> = boxes
        .iter()
        .zip(needed)
        .map(|(b, m)| {
            Rect::new(b.left - m.left, b.top - m.top, b.right + m.right, b.bottom + m.bottom)
        })
        .collect();
    let live =
        |i: usize| !figure.axes[i].removed && matches!(figure.axes[i].slot, Slot::Grid { .. });
    let title = if figure.title.is_empty() { 0.0 } else { 0.02 * sheet.height() };
    let on_sheet = |r: &Rect| {
        r.left >= -0.5
            && r.top >= title - 0.5
            && r.right <= sheet.right + 0.5
            && r.bottom <= sheet.bottom + 0.5
    };
    let indices: Vec<usize> = (0..boxes.len()).filter(|i| live(*i)).collect();
    (cropped || indices.iter().all(|i| on_sheet(&outer[*i])))
        && indices.iter().all(|i| {
            indices.iter().filter(|j| *j > i).all(|j| {
                // Axes that were put on each other (twins) may overlap.
                let stacked = boxes[*i].intersection(&boxes[*j]);
                if stacked.width() > 1.0 && stacked.height() > 1.0 {
                    return true;
                }
                let common = outer[*i].intersection(&outer[*j]);
                common.width() <= 1.0 || common.height() <= 1.0
            })
        })
}

/// Equal cells with exactly the gaps that the labels need.
fn tight(figure: &Figure, plain: &[Rect], needed: &[Margins], sheet: &Rect) -> Vec<Rect> {
    let pad = 1.08 * 10.0 * figure.dpi / 72.0;
    // All grids are refined to one that they have in common.
    let grids: Vec<(usize, (usize, usize), (usize, usize), (usize, usize))> = figure
        .axes
        .iter()
        .enumerate()
        .filter(|(_, axes)| !axes.removed)
        .filter_map(|(i, axes)| match axes.slot {
            Slot::Grid { grid, rows, columns } => Some((i, grid, rows, columns)),
            Slot::Free(_) => None,
        })
        .collect();
    let rows = grids.iter().fold(1, |n, g| common_multiple(n, g.1.0.max(1)));
    let columns = grids.iter().fold(1, |n, g| common_multiple(n, g.1.1.max(1)));
    let refine = |(first, last): (usize, usize), count: usize, fine: usize| {
        let each = (fine / count.max(1)).max(1);
        ((first * each).min(fine - 1), ((last + 1) * each - 1).min(fine - 1))
    };
    // The room needed before and behind each fine row and column.
    let mut before = (vec![0.0_f64; columns], vec![0.0_f64; rows]);
    let mut behind = (vec![0.0_f64; columns], vec![0.0_f64; rows]);
    for (i, grid, r, c) in &grids {
        let (r, c) = (refine(*r, grid.0, rows), refine(*c, grid.1, columns));
        let m = needed[*i];
        before.0[c.0] = before.0[c.0].max(m.left);
        behind.0[c.1] = behind.0[c.1].max(m.right);
        before.1[r.0] = before.1[r.0].max(m.top);
        behind.1[r.1] = behind.1[r.1].max(m.bottom);
    }
    let line = figure.dpi / 72.0;
    let title = if figure.title.is_empty() {
        0.0
    } else {
        figure.title.split('\n').count() as f64 * figure.title_size.unwrap_or(12.0) * 1.2 * line
            + pad * 0.5
    };
    let left = if figure.y_label.is_empty() { 0.0 } else { 16.0 * line };
    let bottom = if figure.x_label.is_empty() { 0.0 } else { 16.0 * line };
    let across = cells(pad + left, sheet.right - pad, pad, &before.0, &behind.0);
    let upright = cells(pad + title, sheet.bottom - pad - bottom, pad, &before.1, &behind.1);
    let mut result = plain.to_vec();
    for (i, grid, r, c) in &grids {
        let (r, c) = (refine(*r, grid.0, rows), refine(*c, grid.1, columns));
        result[*i] = Rect::new(across[c.0].0, upright[r.0].0, across[c.1].1, upright[r.1].1);
    }
    result
}

/// Start and end of equal cells between two borders, with the gaps that `before` and `behind` ask for.
fn cells(from: f64, to: f64, pad: f64, before: &[f64], behind: &[f64]) -> Vec<(f64, f64)> {
    let count = before.len();
    let edge = before.first().copied().unwrap_or(0.0) + behind.last().copied().unwrap_or(0.0);
    let gap = (1..count).map(|i| behind[i - 1] + before[i]).fold(0.0_f64, f64::max);
    // Grids that were refined have inner borders without labels: no gap there costs nothing.
    let gap = if count > 1 { gap + pad } else { 0.0 };
    let room = (to - from - edge - gap * (count as f64 - 1.0)).max(10.0 * count as f64);
    let cell = room / count as f64;
    let start = from + before.first().copied().unwrap_or(0.0);
    (0..count).map(|i| start + i as f64 * (cell + gap)).map(|s| (s, s + cell)).collect()
}

fn common_multiple(a: usize, b: usize) -> usize {
    let (mut x, mut y) = (a, b);
    while y != 0 {
        (x, y) = (y, x % y);
    }
    // More cells than this cannot be told apart.
    (a / x.max(1)).saturating_mul(b).clamp(1, 240)
}
