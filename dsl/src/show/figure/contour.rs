//! Lines of equal height (marching squares) and the bands between them (pixel by pixel, so that no seams show).

use super::artist::Contour;
use super::coverage::Point;
use super::picture::Raster;

/// The lines of one height, joined into paths, in data coordinates.
pub(super) fn lines(contour: &Contour, level: f64) -> Vec<Vec<Point>> {
    let columns = contour.x.len();
    let height =
        |r: usize, c: usize| contour.values.get(r * columns + c).copied().unwrap_or(f64::NAN);
    let mut pieces: Vec<(Point, Point)> = Vec::new();
    for r in 0..contour.y.len().saturating_sub(1) {
        for c in 0..columns.saturating_sub(1) {
            let corners = [(r, c), (r, c + 1), (r + 1, c + 1), (r + 1, c)];
            let z = corners.map(|(r, c)| height(r, c));
            if z.iter().any(|v| v.is_nan()) {
                continue;
            }
            let mut crossings: Vec<Point> = Vec::new();
            for side in 0..4 {
                let (a, b) = (side, (side + 1) % 4);
                if (z[a] >= level) != (z[b] >= level) {
                    let share = (level - z[a]) / (z[b] - z[a]);
                    let place = |i: usize| (contour.x[corners[i].1], contour.y[corners[i].0]);
                    let (p, q) = (place(a), place(b));
                    crossings.push((p.0 + share * (q.0 - p.0), p.1 + share * (q.1 - p.1)));
                }
            }
            match crossings[..] {
                [a, b] => pieces.push((a, b)),
                [a, b, c, d] => {
                    // A saddle: the middle decides which corners belong together.
                    let middle = z.iter().sum::<f64>() / 4.0;
                    if (middle >= level) == (z[0] >= level) {
                        pieces.extend([(a, b), (c, d)]);
                    } else {
                        pieces.extend([(d, a), (b, c)]);
                    }
                }
                _ => {}
            }
        }
    }
    join(pieces)
}

/// Joins pieces whose ends meet.
fn join(pieces: Vec<(Point, Point)>) -> Vec<Vec<Point>> {
    use std::collections::HashMap;
    let key = |p: Point| (p.0.to_bits(), p.1.to_bits());
    let mut ends: HashMap<(u64, u64), Vec<usize>> = HashMap::new();
    for (i, (a, b)) in pieces.iter().enumerate() {
        ends.entry(key(*a)).or_default().push(i);
        ends.entry(key(*b)).or_default().push(i);
    }
    let mut used = vec![false; pieces.len()];
    let mut paths = Vec::new();
    for start in 0..pieces.len() {
        if std::mem::replace(&mut used[start], true) {
            continue;
        }
        let mut path = std::collections::VecDeque::from([pieces[start].0, pieces[start].1]);
        for front in [false, true] {
            while let Some(&end) = if front { path.front() } else { path.back() } {
                let next = ends.get(&key(end)).and_then(|l| l.iter().copied().find(|i| !used[*i]));
                let Some(next) = next else { break };
                used[next] = true;
                let (a, b) = pieces[next];
                let other = if key(a) == key(end) { b } else { a };
                if front { path.push_front(other) } else { path.push_back(other) }
            }
        }
        paths.push(path.into());
    }
    paths
}

/// The bands as an image of `columns` x `rows` pixels; `place` gives the data at a pixel's share of the box.
pub(super) fn bands(
    contour: &Contour,
    columns: usize,
    rows: usize,
    place: impl Fn(f64, f64) -> Point,
) -> Raster {
    let colors: Vec<[f64; 4]> = (0..contour.levels.len().saturating_sub(1))
        .map(|i| {
            let color = contour.color(i);
            let [r, g, b] = color.rgb.map(f64::from);
            [r, g, b, color.alpha * 255.0]
        })
        .collect();
    let band = |height: f64| -> Option<usize> {
        let (first, last) = (contour.levels.first()?, contour.levels.last()?);
        if !(height >= *first && height <= *last) {
            return None;
        }
        let above = contour.levels.partition_point(|level| *level <= height);
        Some(above.saturating_sub(1).min(colors.len().saturating_sub(1)))
    };
    let along = |i: usize, n: usize| (i as f64) / n as f64;
    // Four samples a pixel smooth the borders between bands.
    const FINE: usize = 2;
    let xs: Vec<Option<(usize, f64)>> = (0..columns * FINE)
        .map(|i| locate(&contour.x, place(along(i, columns * FINE), 0.0).0))
        .collect();
    let ys: Vec<Option<(usize, f64)>> =
        (0..rows * FINE).map(|i| locate(&contour.y, place(0.0, along(i, rows * FINE)).1)).collect();
    let width = contour.x.len();
    let height =
        |r: usize, c: usize| contour.values.get(r * width + c).copied().unwrap_or(f64::NAN);
    let mut pixels = Vec::with_capacity(columns * rows);
    for row in 0..rows {
        for column in 0..columns {
            let (mut sum, mut share) = ([0.0; 3], 0.0);
            for j in 0..FINE {
                for i in 0..FINE {
                    let (x, y) = (xs[column * FINE + i], ys[row * FINE + j]);
                    let (Some((c, fx)), Some((r, fy))) = (x, y) else { continue };
                    let low = height(r, c) * (1.0 - fx) + height(r, c + 1) * fx;
                    let high = height(r + 1, c) * (1.0 - fx) + height(r + 1, c + 1) * fx;
                    let Some(color) =
                        band(low * (1.0 - fy) + high * fy).and_then(|b| colors.get(b))
                    else {
                        continue;
                    };
                    for k in 0..3 {
                        sum[k] += color[k] * color[3];
                    }
                    share += color[3];
                }
            }
            let byte = |v: f64| v.round().clamp(0.0, 255.0) as u8;
            let weight = if share > 0.0 { share } else { 1.0 };
            let alpha = byte(share / (FINE * FINE) as f64);
            pixels.push([
                byte(sum[0] / weight),
                byte(sum[1] / weight),
                byte(sum[2] / weight),
                alpha,
            ]);
        }
    }
    Raster { columns, rows, pixels: pixels.into(), smooth: false }
}

/// The cell of an ascending (or descending) grid that holds a place, and the share inside it.
fn locate(grid: &[f64], at: f64) -> Option<(usize, f64)> {
    let (first, last) = (*grid.first()?, *grid.last()?);
    let ascending = last >= first;
    let inside = if ascending { at >= first && at <= last } else { at <= first && at >= last };
    if !inside || grid.len() < 2 {
        return None;
    }
    let cell = grid.partition_point(|g| if ascending { *g <= at } else { *g >= at });
    let cell = cell.saturating_sub(1).min(grid.len() - 2);
    let span = grid[cell + 1] - grid[cell];
    Some((cell, if span == 0.0 { 0.0 } else { (at - grid[cell]) / span }))
}

/// Round levels: about `count` bands over the range.
pub(crate) fn levels(low: f64, high: f64, count: usize, filled: bool) -> Vec<f64> {
    let (low, high) = if high > low { (low, high) } else { (low - 0.5, low + 0.5) };
    let mut levels = super::ticks::fine(low, high, count.max(1) + 1);
    let step = if levels.len() > 1 { levels[1] - levels[0] } else { high - low };
    if filled {
        // One more on each side, so that the bands cover everything.
        if levels.first().is_some_and(|l| *l > low) {
            levels.insert(0, levels[0] - step);
        }
        if levels.last().is_some_and(|l| *l < high) {
            levels.push(levels[levels.len() - 1] + step);
        }
    }
    levels
}
