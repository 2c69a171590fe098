//! The progress bar of `fit`, `evaluate` and `predict`: Keras 3's lines, from plain data and a clock that the caller reads.

/// Names and values of one step or epoch, in the order in which they are shown.
pub type LogValues = Vec<(String, f64)>;

/// Width of the bar in characters.
const BAR: usize = 20;

/// A bar over the steps of one epoch (or of one evaluation). Times are seconds on any clock.
#[derive(Debug, Clone)]
pub struct Progbar {
    target: Option<usize>,
    start: f64,
    /// When the first step was done: it is not counted, because it is not typical.
    after_first: Option<f64>,
    last_shown: f64,
    seen: usize,
    /// Characters of the line that is on the screen.
    width_shown: usize,
}

impl Progbar {
    /// A bar over `target` steps (`None`: unknown).
    pub fn new(target: Option<usize>, now: f64) -> Self {
        Progbar {
            target: target.filter(|t| *t > 0),
            start: now,
            after_first: None,
            last_shown: f64::NEG_INFINITY,
            seen: 0,
            width_shown: 0,
        }
    }

    /// A bar that goes on: `seen` steps are done and took `spent` seconds.
    pub fn resumed(target: Option<usize>, now: f64, seen: usize, spent: f64) -> Self {
        Progbar { seen, ..Self::new(target, now - spent) }
    }

    /// How many steps were done.
    pub fn seen(&self) -> usize {
        self.seen
    }

    /// How many steps there are, if that is known.
    pub fn target(&self) -> Option<usize> {
        self.target
    }

    /// Seconds since the start.
    pub fn elapsed(&self, now: f64) -> f64 {
        now - self.start
    }

    /// Notes that `current` steps are done; gives the seconds per step.
    pub fn advance(&mut self, current: usize, now: f64) -> f64 {
        self.seen = current;
        self.step_time(current, now)
    }

    fn step_time(&mut self, current: usize, now: f64) -> f64 {
        if current == 0 {
            return 0.0;
        }
        let time = match self.after_first {
            Some(first) if current > 1 => (now - first) / (current - 1) as f64,
            _ => (now - self.start) / current as f64,
        };
        if current == 1 {
            self.after_first = Some(now);
        }
        time
    }

    /// What a terminal gets while steps run: the line again, over the one before. `None`: too soon.
    pub fn redraw(
        &mut self,
        current: usize,
        logs: &LogValues,
        now: f64,
        width: usize,
        color: bool,
    ) -> Option<String> {
        let time = self.advance(current, now);
        // As often as Keras.
        if now - self.last_shown < 0.05 {
            return None;
        }
        self.last_shown = now;
        Some(self.over(current, logs, time, now, false, width, color))
    }

    /// The last line, with its line end.
    pub fn finish(&mut self, logs: &LogValues, now: f64, width: usize, color: bool) -> String {
        let current = self.target.unwrap_or(self.seen);
        self.target = Some(current).filter(|t| *t > 0);
        let time = self.step_time(current, now);
        let mut line = self.over(current, logs, time, now, true, width, color);
        line.push('\n');
        self.width_shown = 0;
        line
    }

    /// The last line alone, for files.
    pub fn final_line(&mut self, logs: &LogValues, now: f64) -> String {
        let line = self.finish(logs, now, usize::MAX, false);
        line.trim_start_matches('\r').to_owned()
    }

    #[expect(clippy::too_many_arguments, reason = "one line and everything that stands in it")]
    fn over(
        &mut self,
        current: usize,
        logs: &LogValues,
        time: f64,
        now: f64,
        last: bool,
        width: usize,
        color: bool,
    ) -> String {
        let info = self.info(current, logs, time, now, last, color);
        // A line that wraps cannot be drawn over: the bar gives way first, then the end of the line.
        let count_width = self.count(current).chars().count() + 1;
        let room = width.saturating_sub(1).saturating_sub(count_width);
        let info_width = shown_width(&info);
        let bar_width =
            if last { BAR } else { BAR.min(room.saturating_sub(info_width)).max(BAR.min(6)) };
        let bar = self.bar(current, bar_width, color);
        let mut line = format!("{bar}{info}");
        let mut total = shown_width(&line);
        if !last && total >= width {
            line = cut(&line, width.saturating_sub(2), color);
            total = shown_width(&line);
        }
        let padding = " ".repeat(self.width_shown.saturating_sub(total));
        self.width_shown = total;
        format!("\r{line}{padding}")
    }

    fn count(&self, current: usize) -> String {
        match self.target {
            Some(target) => {
                let digits = target.to_string().len();
                format!("{current:>digits$}/{target}")
            }
            None => format!("{current:>7}/Unknown"),
        }
    }

    /// `375/375 ━━━━━━━━━━━━━━━━━━━━`
    fn bar(&self, current: usize, width: usize, color: bool) -> String {
        let count = self.count(current);
        let Some(target) = self.target else { return count };
        let done = (width * current.min(target)) / target;
        let (filled, rest) = ("━".repeat(done), "━".repeat(width - done));
        if !color {
            // Without colours the rest must look different.
            let rest = "╌".repeat(width - done);
            return format!("{count} {filled}{rest}");
        }
        let filled = if done > 0 { format!("\x1b[32m{filled}\x1b[0m") } else { String::new() };
        format!("\x1b[1m{count}\x1b[0m {filled}\x1b[37m{rest}\x1b[0m")
    }

    /// ` 1s 2ms/step - accuracy: 0.9000 - loss: 0.3000`
    fn info(
        &self,
        current: usize,
        logs: &LogValues,
        time: f64,
        now: f64,
        last: bool,
        color: bool,
    ) -> String {
        let clock = match self.target {
            Some(target) if !last => remaining(time * target.saturating_sub(current) as f64),
            _ => format!("{}s", whole(now - self.start)),
        };
        let clock = if color { format!("\x1b[1m{clock}\x1b[0m") } else { clock };
        let mut info = format!(" {clock}{}", step_text(time));
        for (name, value) in logs {
            info.push_str(&format!(" - {name}: {}", number(*value)));
        }
        info
    }

    /// The line of `verbose=2`.
    pub fn summary_line(&mut self, logs: &LogValues, now: f64) -> String {
        let current = self.target.unwrap_or(self.seen);
        self.target = Some(current).filter(|t| *t > 0);
        let time = self.step_time(current, now);
        let mut line =
            format!("{} - {}s -{}", self.count(current), whole(now - self.start), step_text(time));
        for (name, value) in logs {
            // Keras looks at the value itself here, not at its size.
            let text = if *value > 1e-3 { format!("{value:.4}") } else { exponential(*value) };
            line.push_str(&format!(" - {name}: {text}"));
        }
        line.push('\n');
        line
    }
}

/// `{:.0f}` with Python's rounding to even.
fn whole(seconds: f64) -> String {
    format!("{:.0}", seconds.round_ties_even())
}

/// Time that is left: `5s`, `1:05`, `2:03:04`.
pub(crate) fn remaining(seconds: f64) -> String {
    let total = seconds.clamp(0.0, 1e9) as u64;
    if seconds > 3600.0 {
        format!("{}:{:02}:{:02}", total / 3600, total % 3600 / 60, total % 60)
    } else if seconds > 60.0 {
        format!("{}:{:02}", total / 60, total % 60)
    } else {
        format!("{total}s")
    }
}

/// ` 2ms/step`
pub(crate) fn step_text(time: f64) -> String {
    if time >= 1.0 || time == 0.0 {
        format!(" {}s/step", whole(time))
    } else if time >= 1e-3 {
        format!(" {}ms/step", whole(time * 1e3))
    } else {
        format!(" {}us/step", whole(time * 1e6))
    }
}

/// A value as Keras prints it: four decimals, or an exponent when it is small.
pub fn number(value: f64) -> String {
    if value.is_nan() {
        return "nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    if value.abs() > 1e-3 { format!("{value:.4}") } else { exponential(value) }
}

/// `%.4e` as Python writes it: at least two digits of exponent, with a sign.
fn exponential(value: f64) -> String {
    if !value.is_finite() {
        return number(value);
    }
    let text = format!("{value:.4e}");
    let Some((digits, exponent)) = text.split_once('e') else { return text };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

/// Characters that are seen: without escape sequences.
pub(crate) fn shown_width(text: &str) -> usize {
    let mut width = 0;
    let mut escaped = false;
    for c in text.chars() {
        match (escaped, c) {
            (false, '\x1b') => escaped = true,
            (false, _) => width += 1,
            (true, 'm') => escaped = false,
            (true, _) => {}
        }
    }
    width
}

/// The first `width` seen characters, with an ellipsis.
fn cut(text: &str, width: usize, color: bool) -> String {
    let (mut out, mut seen, mut escaped) = (String::new(), 0, false);
    for c in text.chars() {
        match (escaped, c) {
            (false, '\x1b') => escaped = true,
            (true, 'm') => {
                escaped = false;
                out.push(c);
                continue;
            }
            (false, _) => {
                if seen + 1 >= width {
                    out.push('…');
                    break;
                }
                seen += 1;
            }
            (true, _) => {}
        }
        out.push(c);
    }
    if color {
        out.push_str("\x1b[0m");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logs() -> LogValues {
        vec![("accuracy".to_owned(), 0.91234), ("loss".to_owned(), 0.0005)]
    }

    #[test]
    fn lines_are_those_of_keras() {
        let mut bar = Progbar::new(Some(375), 0.0);
        assert_eq!(bar.advance(1, 0.5), 0.5);
        let live = bar.redraw(100, &logs(), 0.698, 200, true).unwrap();
        assert_eq!(
            live,
            "\r\x1b[1m100/375\x1b[0m \x1b[32m━━━━━\x1b[0m\x1b[37m━━━━━━━━━━━━━━━\x1b[0m \
             \x1b[1m0s\x1b[0m 2ms/step - accuracy: 0.9123 - loss: 5.0000e-04"
        );
        assert_eq!(bar.redraw(101, &logs(), 0.7, 200, true), None);
        assert_eq!(
            bar.clone().final_line(&logs(), 1.248),
            "375/375 ━━━━━━━━━━━━━━━━━━━━ 1s 2ms/step - accuracy: 0.9123 - loss: 5.0000e-04\n"
        );
        assert_eq!(
            bar.summary_line(&logs(), 1.248),
            "375/375 - 1s - 2ms/step - accuracy: 0.9123 - loss: 5.0000e-04\n"
        );
    }

    #[test]
    fn unknown_lengths_become_known_at_the_end() {
        let mut bar = Progbar::new(None, 0.0);
        assert_eq!(bar.redraw(3, &vec![], 3.0, 80, false).unwrap(), "\r      3/Unknown 3s 1s/step");
        assert_eq!(bar.final_line(&vec![], 3.0), "3/3 ━━━━━━━━━━━━━━━━━━━━ 3s 1s/step\n");
    }

    #[test]
    fn live_lines_fit_the_terminal() {
        let mut bar = Progbar::new(Some(10), 0.0);
        let many: LogValues = (0..9).map(|i| (format!("metric_{i}"), 0.5)).collect();
        let line = bar.redraw(2, &many, 1.0, 60, false).unwrap();
        assert!(shown_width(line.trim_start_matches('\r')) < 60, "{line}");
        assert_eq!(remaining(65.0), "1:05");
        assert_eq!(remaining(7384.0), "2:03:04");
    }
}
