//! Training curves: loss and metrics over epochs as a picture, and as a chart of letters for terminals.

use super::figure::Figure;
use super::figure::artist::{Artist, Dash, Kind, Line, Marker, Note, Pen};
use super::figure::axes::{Axes, Grid, Legend, Scale, Slot};
use super::figure::color::Color;
use super::progress::{LogValues, number};
use crate::sink::Bundle;

/// What was logged, epoch by epoch.
#[derive(Debug, Clone, Default)]
pub struct Curves {
    /// Name (`loss`, `val_loss`, `accuracy`, ...) and points: epoch (1 is the end of the first) and value.
    pub series: Vec<(String, Vec<(f64, f64)>)>,
    /// Running values inside the current epoch, at fractions of epochs.
    pub partial: Vec<(String, Vec<(f64, f64)>)>,
    /// How many epochs were asked for.
    pub epochs: usize,
    /// Still running.
    pub live: bool,
}

impl Curves {
    /// Adds the logs of a whole epoch (the first is 1).
    pub fn push(&mut self, epoch: usize, logs: &LogValues) {
        for (name, value) in logs {
            add(&mut self.series, name, (epoch as f64, *value));
        }
        self.partial.clear();
    }

    /// Adds running logs at a place inside an epoch (2.5: in the middle of the third).
    pub fn push_partial(&mut self, place: f64, logs: &LogValues) {
        for (name, value) in logs {
            add(&mut self.partial, name, (place, *value));
        }
        // More points than pixels help nobody: every second one goes.
        for (_, points) in &mut self.partial {
            if points.len() > 200 {
                let mut keep = false;
                points.retain(|_| {
                    keep = !keep;
                    keep
                });
            }
        }
    }

    /// Nothing was logged yet.
    pub fn is_empty(&self) -> bool {
        self.series.is_empty() && self.partial.iter().all(|(_, points)| points.len() < 2)
    }

    /// The names without `val_`, in panels: losses, shares between 0 and 1, then each other metric alone.
    fn panels(&self) -> Vec<Vec<String>> {
        let mut names: Vec<String> = Vec::new();
        for (name, _) in self.series.iter().chain(&self.partial) {
            let base = name.strip_prefix("val_").unwrap_or(name);
            if base != "learning_rate" && base != "lr" && !names.iter().any(|n| n == base) {
                names.push(base.to_owned());
            }
        }
        let is_loss = |name: &String| name == "loss" || name.ends_with("_loss");
        let is_share = |name: &String| {
            self.points(name, true).all(|(_, v)| !v.is_finite() || (0.0..=1.0).contains(&v))
        };
        let (losses, metrics): (Vec<_>, Vec<_>) = names.into_iter().partition(is_loss);
        let (shares, others): (Vec<_>, Vec<_>) = metrics.into_iter().partition(is_share);
        let mut panels = vec![losses, shares];
        panels.extend(others.into_iter().map(|name| vec![name]));
        panels.retain(|panel| !panel.is_empty());
        panels.truncate(4);
        panels
    }

    /// The points of a name; with `both` those of its validation too.
    fn points(&self, name: &str, both: bool) -> impl Iterator<Item = (f64, f64)> {
        let validation = format!("val_{name}");
        self.series
            .iter()
            .chain(&self.partial)
            .filter(move |(n, _)| n == name || (both && *n == validation))
            .flat_map(|(_, points)| points.iter().copied())
    }

    fn find(&self, name: &str) -> &[(f64, f64)] {
        self.series.iter().find(|(n, _)| n == name).map_or(&[], |(_, points)| points)
    }

    /// The best epoch of a name: by its validation if there is one.
    fn best(&self, name: &str) -> Option<(f64, f64)> {
        let validation = self.find(&format!("val_{name}"));
        let points = if validation.is_empty() { self.find(name) } else { validation };
        let high = higher_is_better(name);
        let better = |a: f64, b: f64| if high { a > b } else { a < b };
        points
            .iter()
            .copied()
            .filter(|(_, v)| v.is_finite())
            .reduce(|a, b| if better(b.1, a.1) { b } else { a })
    }

    /// The picture.
    pub fn figure(&self) -> Figure {
        let panels = self.panels();
        let count = panels.len().max(1);
        let mut figure = Figure::new(if count == 1 { 5.6 } else { 4.2 * count as f64 }, 3.1);
        figure.tight = true;
        for (column, names) in panels.iter().enumerate() {
            let slot = Slot::Grid { grid: (1, count), rows: (0, 0), columns: (column, column) };
            let index = figure.add_axes(slot);
            self.draw_panel(&mut figure.axes[index], names);
        }
        figure
    }

    fn draw_panel(&self, axes: &mut Axes, names: &[String]) {
        let single = names.len() == 1;
        axes.titles[0] = if single {
            names[0].clone()
        } else if names[0].ends_with("loss") {
            "loss".to_owned()
        } else {
            "metrics".to_owned()
        };
        axes.title_size = Some(11.0);
        axes.x.label = "epoch".to_owned();
        axes.x.whole = true;
        axes.x.tick_size = Some(9.0);
        axes.y.tick_size = Some(9.0);
        axes.x.label_size = Some(9.0);
        axes.spines = [true, true, false, false];
        let pen = Pen { color: Color::gray(229), width: 0.8, dash: Dash::Solid };
        axes.y.grid = Some(Grid { pen, minor: false });
        let (mut low, mut high, mut last) = (f64::INFINITY, 0.0_f64, 0.0_f64);
        for (i, name) in names.iter().enumerate() {
            let color = Color::cycle(i);
            let validation = self.find(&format!("val_{name}"));
            let train = self.find(name);
            let partial = self.partial.iter().find(|(n, _)| n == name).map_or(&[][..], |(_, p)| p);
            let label =
                |kind: &str| if single { kind.to_owned() } else { format!("{name} {kind}") };
            let has_validation = !validation.is_empty();
            let train_label = if has_validation || !single { label("train") } else { name.clone() };
            add_line(axes, train, color, Dash::Solid, Some(train_label), 1.0);
            // From the last whole epoch on, thinner: it may still change.
            let mut running: Vec<(f64, f64)> = train.last().copied().into_iter().collect();
            running.extend_from_slice(partial);
            if !partial.is_empty() {
                add_line(axes, &running, color.faded(0.45), Dash::Solid, None, 0.6);
            }
            add_line(
                axes,
                validation,
                color,
                Dash::Dashed,
                has_validation.then(|| label("validation")),
                1.0,
            );
            for (x, y) in self.points(name, true) {
                last = last.max(x);
                if y.is_finite() {
                    low = low.min(y);
                    high = high.max(y);
                }
            }
            if let Some(best) = self.best(name).filter(|_| train.len() > 1) {
                mark(axes, best, color);
                if single {
                    axes.add(Artist::new(Kind::Note(best_note(best))));
                }
            }
        }
        // A loss that falls by two powers of ten is a flat line otherwise.
        if low > 0.0 && high / low > 100.0 {
            axes.y.scale = Scale::Log;
        }
        // A run that began with a later epoch has its curves from there on.
        let running = if self.partial.is_empty() { 0.0 } else { 1.0 };
        let starts = |list: &[(String, Vec<(f64, f64)>)]| {
            let first = list.iter().filter_map(|(_, points)| points.first());
            first.map(|(x, _)| *x).reduce(f64::min)
        };
        let first = match (starts(&self.series), starts(&self.partial)) {
            (Some(first), _) => first - running,
            (None, first) => first.unwrap_or(0.0).floor(),
        };
        let end = if self.live {
            // Room for what comes, not for all of it.
            (last * 1.25).max(last + 1.0).min(self.epochs.max(1) as f64).max(last)
        } else {
            last
        };
        if end > first {
            let margin = 0.03 * (end - first);
            axes.x.limits = (Some(first - margin), Some(end + margin));
        }
        let entries = axes.artists.iter().filter(|a| a.label.is_some()).count();
        if entries > 1 {
            axes.legend = Some(Legend {
                place: "best".to_owned(),
                size: Some(if entries > 4 { 7.5 } else { 9.0 }),
                columns: 1,
                frameless: false,
                ..Legend::default()
            });
        }
    }

    /// Picture and letters; for notebooks.
    pub fn bundle(&self) -> Bundle {
        let picture = self.figure().bundle();
        Bundle {
            forms: picture.forms.into_iter().filter(|(mime, _)| mime != "text/plain").collect(),
            ..picture
        }
        .with_text("text/plain", self.text(72))
    }

    /// The chart in letters, `width` columns wide.
    pub fn text(&self, width: usize) -> String {
        let mut out = String::new();
        for name in self.panels().concat() {
            let train = self.find(&name);
            let validation = self.find(&format!("val_{name}"));
            let mut title = name.clone();
            if let Some((_, value)) = train.last() {
                title.push_str(&format!(" {}", number(*value)));
            }
            if let Some((_, value)) = validation.last() {
                title.push_str(&format!("  val_{name} {}", number(*value)));
            }
            if let Some((epoch, value)) = self.best(&name).filter(|_| train.len() > 1) {
                title.push_str(&format!("  (best {} at epoch {epoch:.0})", number(value)));
            }
            out.push_str(&title);
            out.push('\n');
            if train.len() > 1 {
                out.push_str(&chart(train, validation, width));
            }
        }
        out.truncate(out.trim_end().len());
        out
    }
}

fn add(list: &mut Vec<(String, Vec<(f64, f64)>)>, name: &str, point: (f64, f64)) {
    match list.iter_mut().find(|(n, _)| n == name) {
        Some((_, points)) => points.push(point),
        None => list.push((name.to_owned(), vec![point])),
    }
}

/// Whether more is better: accuracies and their relatives; errors and losses are better when they are small.
fn higher_is_better(name: &str) -> bool {
    ["acc", "auc", "precision", "recall", "f1", "r2", "iou", "dice", "cosine", "score", "true_"]
        .iter()
        .any(|part| name.contains(part))
}

fn add_line(
    axes: &mut Axes,
    points: &[(f64, f64)],
    color: Color,
    dash: Dash,
    label: Option<String>,
    weight: f64,
) {
    if points.is_empty() {
        return;
    }
    let (x, y) = points.iter().copied().unzip();
    let line = Line {
        x,
        y,
        pen: Pen { color, width: 1.6 * weight, dash },
        // One point alone would be no line.
        marker: (points.len() == 1).then_some(Marker('o')),
        marker_size: 4.0,
        marker_face: color,
        marker_edge: color,
        mark_every: 1,
        step: None,
    };
    axes.add(Artist::new(Kind::Line(line)).named(label));
}

/// A ring at the best epoch.
fn mark(axes: &mut Axes, (x, y): (f64, f64), color: Color) {
    let line = Line {
        x: vec![x],
        y: vec![y],
        pen: Pen { color, width: 1.0, dash: Dash::None },
        marker: Some(Marker('o')),
        marker_size: 6.5,
        marker_face: Color::WHITE,
        marker_edge: color,
        mark_every: 1,
        step: None,
    };
    axes.add(Artist { order: 2.4, ..Artist::new(Kind::Line(line)) });
}

fn best_note((epoch, value): (f64, f64)) -> Note {
    Note {
        text: format!("best {} at epoch {epoch:.0}", number(value)),
        at: (1.0, 1.0),
        in_axes: true,
        size: 8.5,
        color: Color::gray(110),
        bold: false,
        across: 1,
        upright: -1,
        angle: 0.0,
        frame: None,
        arrow: None,
        shift: (0.0, 5.0),
    }
}

/// Rows of a chart.
const ROWS: usize = 6;

/// Two lines as dots of braille letters: training with every dot, validation with every second one.
fn chart(train: &[(f64, f64)], validation: &[(f64, f64)], width: usize) -> String {
    let all = || train.iter().chain(validation).copied().filter(|(_, v)| v.is_finite());
    let low = all().map(|p| p.1).fold(f64::INFINITY, f64::min);
    let high = all().map(|p| p.1).fold(f64::NEG_INFINITY, f64::max);
    let first = all().map(|p| p.0).fold(f64::INFINITY, f64::min);
    let last = all().map(|p| p.0).fold(f64::NEG_INFINITY, f64::max);
    if !(low.is_finite() && high.is_finite()) {
        return String::new();
    }
    let span = if high > low { high - low } else { 1.0 };
    let label_width = number(high).len().max(number(low).len());
    let columns = width.saturating_sub(label_width + 4).clamp(10, 100);
    let mut cells = vec![[0_u8; 100]; ROWS];
    let mut dot = |x: f64, y: f64| {
        let (x, y) = (x.round().max(0.0) as usize, y.round().max(0.0) as usize);
        let (column, row) = ((x / 2).min(columns - 1), (y / 4).min(ROWS - 1));
        const BITS: [[u8; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];
        cells[row][column] |= BITS[y.min(ROWS * 4 - 1) % 4][x % 2];
    };
    for (points, stride) in [(train, 1), (validation, 3)] {
        let place = |(x, y): (f64, f64)| {
            let across = if last > first { (x - first) / (last - first) } else { 0.0 };
            (across * (columns * 2 - 1) as f64, (high - y) / span * (ROWS * 4 - 1) as f64)
        };
        for pair in points.windows(2) {
            let (a, b) = (place(pair[0]), place(pair[1]));
            if !(a.1.is_finite() && b.1.is_finite()) {
                continue;
            }
            let steps = (b.0 - a.0).abs().max((b.1 - a.1).abs()).ceil().max(1.0) as usize;
            for i in (0..=steps).step_by(stride) {
                let share = i as f64 / steps as f64;
                dot(a.0 + share * (b.0 - a.0), a.1 + share * (b.1 - a.1));
            }
        }
    }
    let mut out = String::new();
    for (row, line) in cells.iter().enumerate() {
        let label = match row {
            0 => number(high),
            _ if row == ROWS - 1 => number(low),
            _ => String::new(),
        };
        let tick = if label.is_empty() { '│' } else { '┤' };
        let dots: String = line[..columns]
            .iter()
            .map(|bits| match bits {
                0 => ' ',
                bits => char::from_u32(0x2800 + u32::from(*bits)).unwrap_or(' '),
            })
            .collect();
        out.push_str(&format!("{label:>label_width$} {tick}{}\n", dots.trim_end()));
    }
    let (first, last) = (format!("{first:.0}"), format!("{last:.0}"));
    let gap = columns.saturating_sub(first.len() + last.len());
    out.push_str(&format!("{:label_width$} └{first}{}{last} epochs\n", "", "─".repeat(gap)));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Curves {
        let mut curves = Curves { epochs: 10, ..Curves::default() };
        for epoch in 1..=10 {
            let e = epoch as f64;
            curves.push(
                epoch,
                &vec![
                    ("accuracy".to_owned(), 1.0 - 0.5 / e),
                    ("loss".to_owned(), 1.0 / e),
                    ("mae".to_owned(), 30.0 / e),
                    ("val_loss".to_owned(), (e - 6.0).powi(2) / 50.0 + 0.3),
                ],
            );
        }
        curves
    }

    #[test]
    fn losses_shares_and_other_metrics_have_panels_of_their_own() {
        let curves = sample();
        assert_eq!(curves.panels(), [vec!["loss"], vec!["accuracy"], vec!["mae"]]);
        assert_eq!(curves.best("loss"), Some((6.0, 0.3)));
        assert_eq!(curves.best("accuracy"), Some((10.0, 0.95)));
        assert!(curves.bundle().size.is_some());
    }

    #[test]
    fn text_charts_fit_their_width() {
        let text = sample().text(60);
        assert!(
            text.starts_with("loss 0.1000  val_loss 0.6200  (best 0.3000 at epoch 6)\n"),
            "{text}"
        );
        assert!(text.lines().all(|line| line.chars().count() <= 68), "{text}");
        assert!(Curves::default().text(60).is_empty());
    }
}
