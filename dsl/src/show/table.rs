//! The table of `model.summary()`: Keras 3's box of letters and an HTML table, from plain data.

use super::escape;
use crate::sink::Bundle;

/// One layer of a summary.
#[derive(Debug, Clone, Default)]
pub struct SummaryRow {
    /// The layer's name.
    pub name: String,
    /// Its class.
    pub class: String,
    /// Its output's shape as Keras writes it: `(None, 28, 28, 1)`, or `?`.
    pub shape: String,
    /// How many parameters it has.
    pub params: u64,
    /// Its weights exist.
    pub built: bool,
    /// What it takes: `dense[0][0]`; ignored where the model is a plain stack.
    pub connected: Vec<String>,
    /// Whether it is trained; `None`: it has no weights.
    pub trainable: Option<bool>,
    /// How deep it is nested.
    pub level: usize,
}

/// Numbers of parameters and their bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Amount {
    /// How many numbers.
    pub count: u64,
    /// How many bytes.
    pub bytes: u64,
}

/// A summary of a model.
#[derive(Debug, Clone, Default)]
pub struct Summary {
    /// The model's name.
    pub name: String,
    /// Its layers.
    pub rows: Vec<SummaryRow>,
    /// It is a graph: "Connected to" is shown.
    pub graph: bool,
    /// "Trainable" is shown.
    pub show_trainable: bool,
    /// What is trained.
    pub trainable: Amount,
    /// What is not.
    pub fixed: Amount,
    /// What the optimizer keeps, if it is built.
    pub optimizer: Option<Amount>,
    /// Width that the caller asked for (`line_length`).
    pub line_length: Option<usize>,
}

/// Colours of the terminal's palette, as Keras chooses them.
const NUMBER: u8 = 34;
const NONE: u8 = 45;
const CLASS: u8 = 33;

/// A letter with its colour.
type Letter = (char, Option<u8>);

impl Summary {
    /// HTML and letters, for a front end of 80 columns.
    pub fn bundle(&self) -> Bundle {
        Bundle::default()
            .with_text("text/html", self.html())
            .with_text("text/plain", self.text(80, false))
    }

    /// Column titles, alignment (right, center), and the borders of the columns as shares of the width.
    fn columns(&self) -> (Vec<(&'static str, char)>, Vec<f64>, usize) {
        let mut columns = vec![("Layer (type)", '<'), ("Output Shape", '<'), ("Param #", '>')];
        let (mut borders, mut length) = (vec![0.45, 0.80, 1.0], 88);
        if self.graph {
            columns.push(("Connected to", '<'));
            (borders, length) = (vec![0.3, 0.56, 0.74, 1.0], 108);
        }
        if self.show_trainable {
            columns.push(("Trainable", '^'));
            borders = borders.iter().map(|b| b * 0.9).chain([1.0]).collect();
            length += 12;
        }
        (columns, borders, length)
    }

    fn cells(&self, row: &SummaryRow) -> Vec<Vec<Letter>> {
        let plain = |text: &str| text.chars().map(|c| (c, None)).collect::<Vec<Letter>>();
        let ink =
            |text: &str, color: u8| text.chars().map(|c| (c, Some(color))).collect::<Vec<Letter>>();
        let prefix =
            if row.level > 0 { format!("{}└ ", "   ".repeat(row.level)) } else { String::new() };
        let mut name = plain(&format!("{prefix}{} (", row.name));
        name.extend(ink(&row.class, CLASS));
        name.extend(plain(")"));
        let mut params =
            ink(&if row.built { thousands(row.params) } else { "0".to_owned() }, NUMBER);
        if !row.built {
            params.extend(plain(" (unbuilt)"));
        }
        let mut cells = vec![name, colored_shape(&row.shape), params];
        if self.graph {
            let text =
                if row.connected.is_empty() { "-".to_owned() } else { row.connected.join(", ") };
            cells.push(plain(&text));
        }
        if self.show_trainable {
            cells.push(match row.trainable {
                Some(true) => ink("Y", NUMBER),
                Some(false) => ink("N", 9),
                None => plain("-"),
            });
        }
        cells
    }

    /// The box as Keras prints it, in a terminal of `width` columns.
    pub fn text(&self, width: usize, color: bool) -> String {
        let (columns, borders, longest) = self.columns();
        let length = self
            .line_length
            .unwrap_or(longest.min(width.saturating_sub(4)))
            .max(5 * columns.len() + 1);
        let widths = widths(length, &borders);
        let mut out = String::new();
        out.push_str(&bold(&format!("Model: \"{}\"", self.name), color));
        out.push('\n');
        let rule = |left: char, line: char, cross: char, right: char| {
            let parts: Vec<String> =
                widths.iter().map(|w| line.to_string().repeat(w + 2)).collect();
            format!("{left}{}{right}\n", parts.join(&cross.to_string()))
        };
        out.push_str(&rule('┏', '━', '┳', '┓'));
        let head: Vec<Vec<Letter>> =
            columns.iter().map(|(title, _)| title.chars().map(|c| (c, None)).collect()).collect();
        push_row(&mut out, &head, &columns, &widths, '┃', color, true);
        out.push_str(&rule('┡', '━', '╇', '┩'));
        for (i, row) in self.rows.iter().enumerate() {
            if i > 0 {
                out.push_str(&rule('├', '─', '┼', '┤'));
            }
            push_row(&mut out, &self.cells(row), &columns, &widths, '│', color, false);
        }
        out.push_str(&rule('└', '─', '┴', '┘'));
        for (title, amount) in self.totals() {
            let count = thousands(amount.count);
            let count = if color { format!("\x1b[38;5;{NUMBER}m{count}\x1b[0m") } else { count };
            let title = bold(&format!(" {title}: "), color);
            out.push_str(&format!("{title}{count} ({})\n", readable(amount.bytes)));
        }
        out
    }

    fn totals(&self) -> Vec<(&'static str, Amount)> {
        let optimizer = self.optimizer.unwrap_or_default();
        let total = Amount {
            count: self.trainable.count + self.fixed.count + optimizer.count,
            bytes: self.trainable.bytes + self.fixed.bytes + optimizer.bytes,
        };
        let mut totals = vec![
            ("Total params", total),
            ("Trainable params", self.trainable),
            ("Non-trainable params", self.fixed),
        ];
        totals.extend(self.optimizer.map(|amount| ("Optimizer params", amount)));
        totals
    }

    /// The table in HTML.
    pub fn html(&self) -> String {
        let (columns, ..) = self.columns();
        let align = |kind: char| match kind {
            '>' => "right",
            '^' => "center",
            _ => "left",
        };
        let mut out =
            format!("<p><b>Model: \"{}\"</b></p>\n<table>\n<thead><tr>", escape(&self.name));
        for (title, kind) in &columns {
            let align = align(*kind);
            out.push_str(&format!(
                "<th align=\"{align}\" style=\"text-align:{align}\">{title}</th>"
            ));
        }
        out.push_str("</tr></thead>\n<tbody>\n");
        for row in &self.rows {
            out.push_str("<tr>");
            for (cell, (_, kind)) in self.cells(row).into_iter().zip(&columns) {
                let align = align(*kind);
                let text: String = cell.into_iter().map(|(c, _)| c).collect();
                let text = escape(&text).replace("   ", "&nbsp;&nbsp;&nbsp;");
                out.push_str(&format!(
                    "<td align=\"{align}\" style=\"text-align:{align}\">{text}</td>"
                ));
            }
            out.push_str("</tr>\n");
        }
        out.push_str("</tbody>\n</table>\n<p>");
        let lines: Vec<String> = self
            .totals()
            .into_iter()
            .map(|(title, amount)| {
                format!("<b>{title}:</b> {} ({})", thousands(amount.count), readable(amount.bytes))
            })
            .collect();
        out.push_str(&lines.join("<br>\n"));
        out.push_str("</p>\n");
        out
    }
}

/// The inner widths of the columns: shares of the length, then all made narrower alike until borders and padding fit.
fn widths(length: usize, borders: &[f64]) -> Vec<usize> {
    let mut current = 0;
    let mut widths: Vec<usize> = borders
        .iter()
        .map(|border| {
            let width = ((border * length as f64) as usize).saturating_sub(current);
            current += width;
            width + 2
        })
        .collect();
    let room = length - (widths.len() + 1);
    let mut excess = widths.iter().sum::<usize>().saturating_sub(room);
    let count = widths.len();
    for (i, width) in widths.iter_mut().enumerate() {
        let share = (excess as f64 / (count - i) as f64).round_ties_even() as usize;
        let share = share.min(*width);
        *width -= share;
        excess -= share;
    }
    widths.into_iter().map(|width| width.saturating_sub(2).max(1)).collect()
}

fn colored_shape(shape: &str) -> Vec<Letter> {
    let mut letters = Vec::new();
    let mut rest = shape;
    while let Some(c) = rest.chars().next() {
        let end = |f: fn(char) -> bool| rest.find(|c| !f(c)).unwrap_or(rest.len());
        let (length, color) = if rest.starts_with("None") {
            (4, Some(NONE))
        } else if c.is_ascii_digit() {
            (end(|c| c.is_ascii_digit()), Some(NUMBER))
        } else {
            (c.len_utf8(), None)
        };
        letters.extend(rest[..length].chars().map(|c| (c, color)));
        rest = &rest[length..];
    }
    letters
}

fn bold(text: &str, color: bool) -> String {
    if color { format!("\x1b[1m{text}\x1b[0m") } else { text.to_owned() }
}

/// Lines of at most `width` letters, broken between words where that is possible.
fn wrap(cell: &[Letter], width: usize) -> Vec<Vec<Letter>> {
    let mut lines: Vec<Vec<Letter>> = Vec::new();
    let mut line: Vec<Letter> = Vec::new();
    let mut words: Vec<Vec<Letter>> = vec![Vec::new()];
    for (i, letter) in cell.iter().enumerate() {
        let starts = letter.0 != ' ' && i > 0 && cell[i - 1].0 == ' ';
        if starts {
            words.push(Vec::new());
        }
        if let Some(word) = words.last_mut() {
            word.push(*letter);
        }
    }
    let trimmed = |word: &[Letter]| word.iter().rposition(|l| l.0 != ' ').map_or(0, |i| i + 1);
    for mut word in words {
        if line.len() + trimmed(&word) > width && !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        while trimmed(&word) > width {
            lines.push(word.drain(..width).collect());
        }
        line.extend(word);
    }
    lines.push(line);
    for line in &mut lines {
        let end = trimmed(line);
        line.truncate(end);
    }
    lines
}

fn push_row(
    out: &mut String,
    cells: &[Vec<Letter>],
    columns: &[(&str, char)],
    widths: &[usize],
    border: char,
    color: bool,
    head: bool,
) {
    let wrapped: Vec<Vec<Vec<Letter>>> =
        cells.iter().zip(widths).map(|(cell, width)| wrap(cell, *width)).collect();
    let height = wrapped.iter().map(Vec::len).max().unwrap_or(1);
    for i in 0..height {
        out.push(border);
        for ((cell, width), (_, kind)) in wrapped.iter().zip(widths).zip(columns) {
            let empty = Vec::new();
            let line = cell.get(i).unwrap_or(&empty);
            let free = width.saturating_sub(line.len());
            let before = match kind {
                '>' => free,
                '^' => free / 2,
                _ => 0,
            };
            out.push(' ');
            out.push_str(&" ".repeat(before));
            push_letters(out, line, color, head);
            out.push_str(&" ".repeat(free - before));
            out.push(' ');
            out.push(border);
        }
        out.push('\n');
    }
}

fn push_letters(out: &mut String, letters: &[Letter], color: bool, head: bool) {
    let mut current = None;
    if color && head {
        out.push_str("\x1b[1m");
    }
    for (letter, ink) in letters {
        if color && *ink != current {
            out.push_str("\x1b[0m");
            if let Some(ink) = ink {
                out.push_str(&format!("\x1b[38;5;{ink}m"));
            }
            current = *ink;
        }
        out.push(*letter);
    }
    if color && (head || current.is_some()) {
        out.push_str("\x1b[0m");
    }
}

/// `1234567` as `1,234,567`
pub(crate) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Bytes as Keras writes them: `1.55 MB`.
pub(crate) fn readable(bytes: u64) -> String {
    let mut size = bytes as f64;
    for unit in ["B", "KB", "MB", "GB", "TB"] {
        if size / 1024.0 < 1.0 {
            return format!("{size:.2} {unit}");
        }
        size /= 1024.0;
    }
    format!("{size:.2} PB")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_looks_as_in_keras() {
        let row = |name: &str, class: &str, shape: &str, params: u64| SummaryRow {
            name: name.to_owned(),
            class: class.to_owned(),
            shape: shape.to_owned(),
            params,
            built: true,
            ..SummaryRow::default()
        };
        let summary = Summary {
            name: "sequential".to_owned(),
            rows: vec![
                row("dense", "Dense", "(None, 512)", 401_920),
                row("batch_normalization", "BatchNormalization", "(None, 512)", 2048),
            ],
            trainable: Amount { count: 402_944, bytes: 1_611_776 },
            fixed: Amount { count: 1024, bytes: 4096 },
            ..Summary::default()
        };
        let expected = "\
Model: \"sequential\"
┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━┓
┃ Layer (type)                    ┃ Output Shape           ┃       Param # ┃
┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━┩
│ dense (Dense)                   │ (None, 512)            │       401,920 │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ batch_normalization             │ (None, 512)            │         2,048 │
│ (BatchNormalization)            │                        │               │
└─────────────────────────────────┴────────────────────────┴───────────────┘
 Total params: 403,968 (1.54 MB)
 Trainable params: 402,944 (1.54 MB)
 Non-trainable params: 1,024 (4.00 KB)
";
        assert_eq!(summary.text(80, false), expected);
        // Colours change nothing that is seen.
        let plain: usize =
            summary.text(80, true).lines().map(super::super::progress::shown_width).sum::<usize>();
        assert_eq!(plain, expected.lines().map(|l| l.chars().count()).sum::<usize>());
        assert_eq!(widths(108, &[0.3, 0.56, 0.74, 1.0]), [29, 25, 15, 26]);
    }
}
