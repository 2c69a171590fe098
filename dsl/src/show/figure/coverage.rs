//! How much of each pixel a shape covers: exact areas, for smooth edges. Knows no colours and no drawing library.

/// A place in pixels; y grows downwards.
pub(super) type Point = (f64, f64);

/// Accumulates signed areas of closed outlines, then hands out the covered pixels row by row.
///
/// Each edge adds, in every row that it crosses, the area to its right; a running sum along the row is then the
/// winding number times the covered share. Outlines of one stroke all turn the same way, so overlaps only saturate.
pub(super) struct Coverage {
    width: usize,
    height: usize,
    cells: Vec<f32>,
    /// The touched columns of each row.
    touched: Vec<(usize, usize)>,
    rows: (usize, usize),
}

impl Coverage {
    pub(super) fn new(width: usize, height: usize) -> Self {
        Coverage {
            width,
            height,
            // Two spare cells: an edge at the right border also writes behind it.
            cells: vec![0.0; (width + 2) * height],
            touched: vec![(usize::MAX, 0); height],
            rows: (usize::MAX, 0),
        }
    }

    /// Adds a closed outline.
    pub(super) fn polygon(&mut self, points: &[Point]) {
        let Some(&last) = points.last() else { return };
        if points.iter().any(|p| !p.0.is_finite() || !p.1.is_finite()) {
            return;
        }
        let mut from = last;
        for &to in points {
            self.edge(from, to);
            from = to;
        }
    }

    /// Adds one edge, cut at the left and right borders (what lies outside counts at the border).
    fn edge(&mut self, from: Point, to: Point) {
        let right = self.width as f64;
        let (low, high) = (from.0.min(to.0), from.0.max(to.0));
        if low >= 0.0 && high <= right {
            return self.edge_inside(from, to);
        }
        if high <= 0.0 || low >= right {
            let x = if high <= 0.0 { 0.0 } else { right };
            return self.edge_inside((x, from.1), (x, to.1));
        }
        let at = |x: f64| from.1 + (x - from.0) / (to.0 - from.0) * (to.1 - from.1);
        let mut cuts = vec![from];
        let mut borders = [0.0, right];
        if from.0 > to.0 {
            borders.reverse();
        }
        for x in borders {
            if low < x && x < high {
                cuts.push((x, at(x)));
            }
        }
        cuts.push(to);
        for pair in cuts.windows(2) {
            let clamp = |p: Point| (p.0.clamp(0.0, right), p.1);
            self.edge_inside(clamp(pair[0]), clamp(pair[1]));
        }
    }

    fn edge_inside(&mut self, from: Point, to: Point) {
        if from.1 == to.1 {
            return;
        }
        let (sign, top, bottom) = if from.1 < to.1 { (1.0, from, to) } else { (-1.0, to, from) };
        if bottom.1 <= 0.0 || top.1 >= self.height as f64 {
            return;
        }
        let slope = (bottom.0 - top.0) / (bottom.1 - top.1);
        let mut x = top.0 - slope * top.1.min(0.0);
        let first = top.1.max(0.0) as usize;
        let end = (bottom.1.ceil() as usize).min(self.height);
        self.rows = (self.rows.0.min(first), self.rows.1.max(end));
        for row in first..end {
            let span = bottom.1.min((row + 1) as f64) - top.1.max(row as f64);
            let next = (x + slope * span).clamp(0.0, self.width as f64);
            self.row(row, x.min(next), x.max(next), (sign * span) as f32);
            x = next;
        }
    }

    /// One edge within one row, from column `x0` to `x1`, of signed height `height`.
    fn row(&mut self, row: usize, x0: f64, x1: f64, height: f32) {
        let (left, right) = (x0 as usize, x1.ceil() as usize);
        let stride = self.width + 2;
        let touched = &mut self.touched[row];
        *touched = (touched.0.min(left), touched.1.max(right.max(left + 1) + 1));
        let cells = &mut self.cells[row * stride..(row + 1) * stride];
        if right <= left + 1 {
            // Within one column: a trapezoid.
            let outside = (0.5 * (x0 + x1) - left as f64) as f32;
            cells[left] += height * (1.0 - outside);
            cells[left + 1] += height * outside;
            return;
        }
        // Over several columns: the area left of the edge grows as a ramp; cells take its differences.
        let per_column = height / (x1 - x0) as f32;
        let first = (left as f64 + 1.0 - x0) as f32;
        let mut before = 0.5 * per_column * first * first;
        cells[left] += before;
        let mut covered = first;
        for cell in &mut cells[left + 1..right - 1] {
            let area = per_column * (covered + 0.5);
            *cell += area - before;
            before = area;
            covered += 1.0;
        }
        let rest = (x1 - (right - 1) as f64) as f32;
        let area = per_column * rest * (covered + 0.5 * rest) + height * (1.0 - rest);
        cells[right - 1] += area - before;
        cells[right] += height - area;
    }

    /// Hands out every covered pixel (`x, y, share`) and clears.
    pub(super) fn finish(&mut self, mut pixel: impl FnMut(usize, usize, f32)) {
        let stride = self.width + 2;
        for row in self.rows.0..self.rows.1 {
            let (start, end) = std::mem::replace(&mut self.touched[row], (usize::MAX, 0));
            let mut sum = 0.0_f32;
            for x in start..end.min(stride) {
                let cell = &mut self.cells[row * stride + x];
                sum += std::mem::take(cell);
                let share = sum.abs().min(1.0);
                if share > 0.002 && x < self.width {
                    pixel(x, row, share);
                }
            }
        }
        self.rows = (usize::MAX, 0);
    }

    /// Adds the outline of a line of the given width: a rectangle per piece and a wedge at each bend, all turning the
    /// same way and meeting along shared edges.
    pub(super) fn stroke(&mut self, points: &[Point], width: f64, cap: Cap, closed: bool) {
        let half = width / 2.0;
        let mut path: Vec<Point> = Vec::with_capacity(points.len());
        for &p in points {
            // Points closer than this cannot be told apart.
            if path.last().is_none_or(|q: &Point| (p.0 - q.0).hypot(p.1 - q.1) > 0.12) {
                path.push(p);
            }
        }
        if closed && path.len() > 2 && path.first() != path.last() {
            path.push(path[0]);
        }
        if path.len() < 2 {
            if let (Some(&p), Cap::Round) = (path.first(), cap) {
                self.polygon(&circle(p, half));
            }
            return;
        }
        if !closed && cap == Cap::Projecting {
            let (first, last) = (path[0], path[path.len() - 1]);
            let start = direction(path[1], first);
            let end = direction(path[path.len() - 2], last);
            path[0] = (first.0 + start.0 * half, first.1 + start.1 * half);
            let n = path.len();
            path[n - 1] = (last.0 + end.0 * half, last.1 + end.1 * half);
        }
        if !closed && cap == Cap::Round {
            self.polygon(&circle(path[0], half));
            self.polygon(&circle(path[path.len() - 1], half));
        }
        for pair in path.windows(2) {
            let (dx, dy) = direction(pair[0], pair[1]);
            let (nx, ny) = (-dy * half, dx * half);
            self.polygon(&[
                (pair[0].0 + nx, pair[0].1 + ny),
                (pair[0].0 - nx, pair[0].1 - ny),
                (pair[1].0 - nx, pair[1].1 - ny),
                (pair[1].0 + nx, pair[1].1 + ny),
            ]);
        }
        for triple in path.windows(3) {
            self.bend(triple[0], triple[1], triple[2], half);
        }
        if closed && path.len() > 2 {
            self.bend(path[path.len() - 2], path[0], path[1], half);
        }
    }

    /// The round outside of a bend.
    fn bend(&mut self, before: Point, at: Point, after: Point, half: f64) {
        let (a, b) = (direction(before, at), direction(at, after));
        let cross = a.0 * b.1 - a.1 * b.0;
        let turn = cross.atan2(a.0 * b.0 + a.1 * b.1);
        if turn.abs() < 1e-4 {
            return;
        }
        // The outside is on the right of a left turn; start from the normal of the first piece there.
        let side = -turn.signum();
        let start = (side * a.0).atan2(-side * a.1);
        let steps = ((turn.abs() * half.max(1.0).sqrt() / 0.35).ceil() as usize).clamp(1, 24);
        let mut wedge = vec![at];
        for i in 0..=steps {
            let angle = start + turn * i as f64 / steps as f64;
            wedge.push((at.0 + half * angle.cos(), at.1 + half * angle.sin()));
        }
        if turn < 0.0 {
            wedge.reverse();
        }
        self.polygon(&wedge);
    }
}

/// How a line ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cap {
    /// At the last point.
    Butt,
    /// Half a width behind it.
    Projecting,
    /// With a half circle.
    Round,
}

fn direction(from: Point, to: Point) -> Point {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let length = dx.hypot(dy).max(1e-12);
    (dx / length, dy / length)
}

/// A circle as a polygon, fine enough that no corner shows.
pub(super) fn circle(center: Point, radius: f64) -> Vec<Point> {
    let steps = ((radius.max(0.5).sqrt() * 12.0) as usize).clamp(12, 120);
    (0..steps)
        .map(|i| {
            // The same way around as the rectangles of a stroke.
            let angle = std::f64::consts::TAU * i as f64 / steps as f64;
            (center.0 + radius * angle.cos(), center.1 + radius * angle.sin())
        })
        .collect()
}

/// Cuts a path into dashes. `pattern` holds lengths, on and off in turn.
pub(super) fn dashes(points: &[Point], pattern: &[f64]) -> Vec<Vec<Point>> {
    let total: f64 = pattern.iter().sum();
    if !(total > 0.1) {
        return vec![points.to_vec()];
    }
    let (mut pieces, mut piece) = (Vec::new(), Vec::new());
    let (mut index, mut left) = (0, pattern[0]);
    let Some(&first) = points.first() else { return pieces };
    piece.push(first);
    for pair in points.windows(2) {
        let length = (pair[1].0 - pair[0].0).hypot(pair[1].1 - pair[0].1);
        let mut done = 0.0;
        while length - done > left {
            done += left;
            let share = done / length;
            let cut = (
                pair[0].0 + share * (pair[1].0 - pair[0].0),
                pair[0].1 + share * (pair[1].1 - pair[0].1),
            );
            if index % 2 == 0 {
                piece.push(cut);
                pieces.push(std::mem::take(&mut piece));
            } else {
                piece = vec![cut];
            }
            index = (index + 1) % pattern.len();
            left = pattern[index].max(1e-3);
        }
        left -= length - done;
        if index % 2 == 0 {
            piece.push(pair[1]);
        }
    }
    if piece.len() > 1 {
        pieces.push(piece);
    }
    pieces
}
