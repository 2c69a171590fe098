//! What `kerai.profile` shows: a table with bars, in letters and in HTML, and a picture.

use super::escape;
use super::figure::Figure;
use super::figure::artist::{Artist, Bars, Kind};
use super::figure::axes::{Legend, Slot};
use super::figure::color::Color;
use crate::sink::Bundle;
use kerai_engine::profile::{Profile, Row};

/// Rows below this share of the step are summed up in one line.
const SMALL: f64 = 0.005;

/// Columns of the longest bar in letters.
const BAR: f64 = 24.0;

/// More layers than this make no picture that can be read: the longest ones stay.
const MOST_LAYERS: usize = 30;

/// One line of the table.
struct Line {
    layer: String,
    operation: String,
    forward: f64,
    backward: f64,
}

fn lines(profile: &Profile) -> Vec<Line> {
    let is_small = |row: &&Row| row.forward_ms + row.backward_ms < SMALL * profile.step_ms;
    let (small, large): (Vec<&Row>, Vec<&Row>) = profile.rows.iter().partition(is_small);
    let mut lines: Vec<Line> = Vec::new();
    let mut last = "";
    for row in large {
        let layer = if row.layer == last { String::new() } else { row.layer.clone() };
        last = &row.layer;
        lines.push(Line {
            layer,
            operation: row.operation.to_owned(),
            forward: row.forward_ms,
            backward: row.backward_ms,
        });
    }
    if !small.is_empty() {
        lines.push(Line {
            layer: format!("{} smaller parts", small.len()),
            operation: String::new(),
            forward: small.iter().map(|row| row.forward_ms).sum(),
            backward: small.iter().map(|row| row.backward_ms).sum(),
        });
    }
    lines
}

fn title(profile: &Profile) -> String {
    format!(
        "A training step: {} ms (batch of {}, mean of {} steps)",
        milliseconds(profile.step_ms),
        profile.batch_size,
        profile.steps
    )
}

fn milliseconds(value: f64) -> String {
    match value {
        v if v >= 100.0 => format!("{v:.1}"),
        v if v >= 1.0 => format!("{v:.2}"),
        v => format!("{v:.4}"),
    }
}

fn time(value: f64) -> String {
    if value == 0.0 { "-".to_owned() } else { milliseconds(value) }
}

/// The table in letters: `█` forward, `░` backward.
pub fn text(profile: &Profile) -> String {
    let lines = lines(profile);
    let longest =
        lines.iter().map(|line| line.forward + line.backward).fold(f64::MIN_POSITIVE, f64::max);
    let width = |title: &str, of: fn(&Line) -> &String| {
        lines.iter().map(|line| of(line).chars().count()).max().unwrap_or(0).max(title.len())
    };
    let (layer, operation) =
        (width("layer", |line| &line.layer), width("operation", |line| &line.operation));
    let mut out = format!(
        "{}\n\n{:<layer$}  {:<operation$}  {:>10}  {:>10}   share\n",
        title(profile),
        "layer",
        "operation",
        "forward ms",
        "backward"
    );
    for line in &lines {
        let columns = |ms: f64| (ms / longest * BAR).round() as usize;
        let all = columns(line.forward + line.backward);
        let forward = columns(line.forward).min(all);
        let bar = ["█".repeat(forward), "░".repeat(all - forward)].concat();
        let row = format!(
            "{:<layer$}  {:<operation$}  {:>10}  {:>10}  {:>5.1}%  {bar}",
            line.layer,
            line.operation,
            time(line.forward),
            time(line.backward),
            100.0 * (line.forward + line.backward) / profile.step_ms,
        );
        out.push_str(row.trim_end());
        out.push('\n');
    }
    out.truncate(out.trim_end().len());
    out
}

/// The table in HTML.
fn html(profile: &Profile) -> String {
    let mut out = format!("<p><b>{}</b></p>\n<table>\n<thead><tr>", escape(&title(profile)));
    for (title, align) in [
        ("layer", "left"),
        ("operation", "left"),
        ("forward ms", "right"),
        ("backward ms", "right"),
        ("share", "right"),
    ] {
        out.push_str(&format!("<th style=\"text-align:{align}\">{title}</th>"));
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for line in lines(profile) {
        let share = 100.0 * (line.forward + line.backward) / profile.step_ms;
        out.push_str(&format!(
            "<tr><td style=\"text-align:left\">{}</td><td style=\"text-align:left\">{}</td>",
            escape(&line.layer),
            escape(&line.operation)
        ));
        for cell in [time(line.forward), time(line.backward), format!("{share:.1}%")] {
            out.push_str(&format!("<td style=\"text-align:right\">{cell}</td>"));
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody>\n</table>\n");
    out
}

/// The table for front ends.
pub fn bundle(profile: &Profile) -> Bundle {
    Bundle::default().with_text("text/html", html(profile)).with_text("text/plain", text(profile))
}

/// A bar per layer, forward and backward.
pub fn figure(profile: &Profile) -> Figure {
    let mut layers = profile.layers();
    let length = |layer: &(String, f64, f64)| layer.1 + layer.2;
    let mut lengths: Vec<f64> = layers.iter().map(length).collect();
    lengths.sort_by(|a, b| b.total_cmp(a));
    let least = lengths
        .get(MOST_LAYERS)
        .map_or(SMALL * profile.step_ms, |next| next.max(SMALL * profile.step_ms));
    layers.retain(|layer| length(layer) > least);
    let mut figure = Figure::new(6.4, 0.9 + 0.26 * layers.len() as f64);
    figure.tight = true;
    let index = figure.add_axes(Slot::Grid { grid: (1, 1), rows: (0, 0), columns: (0, 0) });
    let axes = &mut figure.axes[index];
    axes.titles[0] = title(profile);
    axes.title_size = Some(11.0);
    axes.x.label = "ms".to_owned();
    axes.x.label_size = Some(9.0);
    axes.x.tick_size = Some(9.0);
    axes.y.tick_size = Some(9.0);
    axes.spines = [true, true, false, false];
    axes.y.inverted = true;
    axes.y.ticks = Some((0..layers.len()).map(|i| i as f64).collect());
    axes.y.tick_labels = Some(layers.iter().map(|(name, ..)| name.clone()).collect());
    let mut add = |label: &str, color: Color, from: fn(&(String, f64, f64)) -> (f64, f64)| {
        let rect = |(i, layer): (usize, &(String, f64, f64))| {
            let (start, end) = from(layer);
            [start, i as f64 - 0.38, end, i as f64 + 0.38]
        };
        let bars = Bars {
            rects: layers.iter().enumerate().map(rect).collect(),
            fill: vec![color],
            edge: None,
            edge_width: 0.0,
            foot: Some(0),
        };
        axes.add(Artist::new(Kind::Bars(bars)).named(Some(label.to_owned())));
    };
    add("forward", Color::cycle(0), |layer| (0.0, layer.1));
    add("backward", Color::cycle(1), |layer| (layer.1, layer.1 + layer.2));
    axes.legend =
        Some(Legend { place: "best".to_owned(), size: Some(9.0), columns: 1, ..Legend::default() });
    figure
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_parts_are_summed_and_bars_show_shares() {
        let row = |layer: &str, operation, forward_ms, backward_ms| Row {
            layer: layer.to_owned(),
            operation,
            forward_ms,
            backward_ms,
            calls: 1.0,
        };
        let profile = Profile {
            rows: vec![
                row("dense", "dense", 2.0, 4.0),
                row("dense", "(other)", 1.0, 0.0),
                row("(loss)", "mean", 0.001, 0.001),
                row("(optimizer)", "(other)", 3.0, 0.0),
            ],
            step_ms: 10.002,
            steps: 10,
            batch_size: 32,
        };
        let expected = "\
A training step: 10.00 ms (batch of 32, mean of 10 steps)

layer            operation  forward ms    backward   share
dense            dense            2.00        4.00   60.0%  ████████░░░░░░░░░░░░░░░░
                 (other)          1.00           -   10.0%  ████
(optimizer)      (other)          3.00           -   30.0%  ████████████
1 smaller parts                 0.0010      0.0010    0.0%";
        assert_eq!(text(&profile), expected);
        assert_eq!(profile.layers()[0], ("dense".to_owned(), 3.0, 4.0));
        assert!(html(&profile).contains("<td style=\"text-align:right\">60.0%</td>"));
        assert!(!figure(&profile).png(1.0, true).is_empty());
    }
}
