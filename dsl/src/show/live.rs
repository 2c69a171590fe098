//! What `fit`, `evaluate` and `predict` show while they run: a bar, a table and curves in notebooks, Keras' lines in
//! terminals, whole lines in files. Plain data in, [`Output`]s out; the engine is not known here.

use super::curves::Curves;
use super::escape;
use super::progress::{LogValues, Progbar, number, remaining, step_text};
use crate::sink::{Bundle, Output, Style};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How much is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verbosity {
    /// `verbose=0`
    Silent,
    /// `verbose=1`, `"auto"`
    Bar,
    /// `verbose=2`
    Lines,
}

impl Verbosity {
    /// `0`, `1`, `2`; anything else (Keras' `"auto"`) is 1.
    pub fn from_number(number: i64) -> Self {
        match number {
            0 => Verbosity::Silent,
            2 => Verbosity::Lines,
            _ => Verbosity::Bar,
        }
    }
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// All epochs were run.
    Finished,
    /// Something asked to stop: `EarlyStopping`, ...
    Stopped(String),
    /// The user stopped it.
    Interrupted,
    /// It failed; the error itself is reported elsewhere.
    Failed,
}

/// What runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// `fit`
    Fit,
    /// `evaluate`
    Evaluate,
    /// `predict`
    Predict,
}

/// Where outputs go.
pub type Emit = Box<dyn FnMut(Output)>;

/// Pictures are not drawn more often than this.
const CURVES_EVERY: f64 = 0.5;
/// Bars and tables are not sent more often than this.
const PROGRESS_EVERY: f64 = 0.2;
/// Drawing may take this share of the time.
const DRAWING_SHARE: f64 = 0.02;

/// One finished epoch in the table.
#[derive(Debug, Clone)]
struct Done {
    epoch: usize,
    logs: LogValues,
    seconds: f64,
}

/// What a run has shown, for the run that goes on from there.
#[derive(Debug, Clone, Default)]
pub struct Record {
    done: Vec<Done>,
    curves: Curves,
    /// Seconds that the unfinished epoch has taken.
    spent: f64,
}

impl Record {
    /// Whether epoch `epoch` (the first is 0) is the one after the last that was shown.
    pub fn leads_to(&self, epoch: usize) -> bool {
        self.done.last().is_some_and(|done| done.epoch + 1 == epoch)
    }
}

/// The display of one run.
pub struct LiveTraining {
    work: Work,
    style: Style,
    verbosity: Verbosity,
    emit: Emit,
    clock: Instant,
    epochs: usize,
    steps: Option<usize>,
    epoch: usize,
    bar: Progbar,
    logs: LogValues,
    done: Vec<Done>,
    curves: Curves,
    /// A resumed epoch that is about to begin: its steps that are done, and their seconds.
    resumed: Option<(usize, f64)>,
    /// Text lines so far, for front ends without HTML.
    lines: String,
    id: u64,
    progress_sent: f64,
    progress_shown: bool,
    curves_next: f64,
    curves_shown: bool,
    line_open: bool,
    ended: bool,
}

impl LiveTraining {
    /// A display for `work`, in the style of the sink that `emit` leads to.
    pub fn new(work: Work, style: Style, verbosity: Verbosity, emit: Emit) -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(1);
        LiveTraining {
            work,
            style,
            verbosity,
            emit,
            clock: Instant::now(),
            epochs: 1,
            steps: None,
            epoch: 0,
            bar: Progbar::new(None, 0.0),
            logs: Vec::new(),
            done: Vec::new(),
            curves: Curves::default(),
            resumed: None,
            lines: String::new(),
            id: COUNT.fetch_add(1, Ordering::Relaxed),
            progress_sent: f64::NEG_INFINITY,
            progress_shown: false,
            curves_next: f64::NEG_INFINITY,
            curves_shown: false,
            line_open: false,
            ended: false,
        }
    }

    /// A display that writes to the running session.
    pub fn in_session(work: Work, verbosity: Verbosity) -> Self {
        use crate::runtime::context;
        Self::new(work, context::style(), verbosity, Box::new(context::emit))
    }

    fn now(&self) -> f64 {
        self.clock.elapsed().as_secs_f64()
    }

    /// Whether nothing is shown.
    pub fn silent(&self) -> bool {
        self.verbosity == Verbosity::Silent
    }

    fn in_notebook(&self) -> bool {
        self.style == Style::Notebook && self.verbosity == Verbosity::Bar
    }

    /// The run begins with epoch `first` (usually 0): `epochs` in all, with `steps` each if that is known. For `evaluate`
    /// and `predict`, one epoch.
    pub fn begin(&mut self, first: usize, epochs: usize, steps: Option<usize>) {
        self.epoch = first;
        self.epochs = epochs.max(1);
        self.steps = steps;
        self.curves.epochs = self.epochs;
        self.curves.live = true;
        self.bar = Progbar::new(steps, self.now());
        self.progress(true);
    }

    /// The run goes on from what another one has shown: those epochs are in the table and in the curves. With `place`,
    /// in the middle of an epoch (the first is 0), of which so many steps are done.
    pub fn resume(&mut self, record: &Record, place: Option<(usize, usize)>) {
        self.done.clone_from(&record.done);
        self.curves.series.clone_from(&record.curves.series);
        match place {
            Some((epoch, steps)) => {
                self.epoch = epoch;
                self.curves.partial.clone_from(&record.curves.partial);
                self.resumed = Some((steps, record.spent));
                self.bar = Progbar::resumed(self.steps, self.now(), steps, record.spent);
            }
            None => self.curves.partial.clear(),
        }
        self.progress(true);
    }

    /// What was shown, for [`LiveTraining::resume`].
    pub fn record(&self) -> Record {
        let spent = self.bar.elapsed(self.now());
        Record { done: self.done.clone(), curves: self.curves.clone(), spent }
    }

    /// Epoch `epoch` (the first is 0) begins.
    pub fn epoch_begin(&mut self, epoch: usize) {
        self.epoch = epoch;
        let (steps, spent) = self.resumed.take().unwrap_or_default();
        self.bar = Progbar::resumed(self.steps, self.now(), steps, spent);
        self.logs.clear();
        if self.silent() || self.work != Work::Fit {
            return;
        }
        if self.epochs > 1 {
            let line = format!("Epoch {}/{}\n", epoch + 1, self.epochs);
            self.say(&line);
        }
        self.progress(false);
    }

    /// A line of text: into the stream, or into the text form of the notebook's display.
    fn say(&mut self, line: &str) {
        if self.in_notebook() {
            self.lines.push_str(line);
        } else {
            (self.emit)(Output::Text(line.to_owned()));
        }
    }

    /// Step `step` (the first is 0) is done, and nobody looked at its values: only the count goes on.
    pub fn step_done(&mut self, step: usize) {
        let now = self.now();
        self.bar.advance(step + 1, now);
    }

    /// Step `step` (the first is 0) of the epoch is done; `logs` are the running values.
    pub fn batch_end(&mut self, step: usize, logs: &LogValues) {
        let now = self.now();
        if self.silent() {
            self.bar.advance(step + 1, now);
            return;
        }
        match (self.verbosity, self.style) {
            (Verbosity::Bar, Style::Terminal { width, color }) => {
                let line = self.bar.redraw(step + 1, logs, now, usize::from(width).max(20), color);
                if let Some(line) = line {
                    self.line_open = true;
                    (self.emit)(Output::Text(line));
                }
            }
            _ => {
                self.bar.advance(step + 1, now);
            }
        }
        self.logs.clone_from(logs);
        if !self.in_notebook() {
            return;
        }
        if self.work == Work::Fit
            && let Some(steps) = self.bar.target()
            && steps > 1
        {
            let place = self.epoch as f64 + (step + 1) as f64 / steps as f64;
            // The first steps of a run are far off and would hide the rest.
            if step * 50 >= steps || self.epoch > 0 {
                self.curves.push_partial(place, logs);
            }
        }
        self.progress(false);
        self.draw_curves(false);
    }

    /// The epoch is done; `logs` holds training and `val_` values.
    pub fn epoch_end(&mut self, epoch: usize, logs: &LogValues) {
        let now = self.now();
        let seconds = self.bar.elapsed(now);
        self.logs.clone_from(logs);
        if !self.silent() {
            match (self.verbosity, self.style) {
                (Verbosity::Lines, _) => {
                    let line = self.bar.summary_line(logs, now);
                    (self.emit)(Output::Text(line));
                }
                (_, Style::Terminal { width, color }) => {
                    let line = self.bar.finish(logs, now, usize::from(width).max(20), color);
                    self.line_open = false;
                    (self.emit)(Output::Text(line));
                }
                _ => {
                    let line = self.bar.final_line(logs, now);
                    self.say(&line);
                }
            }
        }
        self.done.push(Done { epoch, logs: logs.clone(), seconds });
        if self.work == Work::Fit {
            self.curves.push(epoch + 1, logs);
        }
        if self.in_notebook() {
            self.progress(false);
            self.draw_curves(false);
        }
    }

    /// The evaluation or prediction is done.
    pub fn finish(&mut self, logs: &LogValues) {
        self.epoch_end(0, logs);
        self.end(End::Finished);
    }

    /// The run is over, however it came: the last frame is always sent.
    pub fn end(&mut self, end: End) {
        if std::mem::replace(&mut self.ended, true) {
            return;
        }
        if std::mem::take(&mut self.line_open) {
            (self.emit)(Output::Text("\n".to_owned()));
        }
        self.curves.live = false;
        if !self.in_notebook() {
            return;
        }
        self.send_progress(Some(&end));
        self.draw_curves(true);
    }

    fn progress(&mut self, first: bool) {
        if !self.in_notebook() {
            return;
        }
        let now = self.now();
        if first || now - self.progress_sent >= PROGRESS_EVERY {
            self.progress_sent = now;
            self.send_progress(None);
        }
    }

    fn send(&mut self, kind: &str, shown: bool, bundle: Bundle) {
        let id = format!("kerai-{kind}-{}-{}", std::process::id(), self.id);
        (self.emit)(if shown {
            Output::Update { id, bundle }
        } else {
            Output::Display { id: Some(id), bundle }
        });
    }

    fn send_progress(&mut self, end: Option<&End>) {
        let now = self.now();
        let mut text = self.lines.clone();
        if end.is_none() && self.bar.seen() > 0 {
            let live = self.bar.clone().redraw(self.bar.seen(), &self.logs, now, 100, false);
            text.push_str(live.as_deref().unwrap_or("").trim_start_matches('\r').trim_end());
        }
        if let Some(note) = end.and_then(|end| self.note(end)) {
            text.push_str(&note);
        }
        let bundle = Bundle::default()
            .with_text("text/html", self.html(end, now))
            .with_text("text/plain", text.trim_end());
        let shown = std::mem::replace(&mut self.progress_shown, true);
        self.send("progress", shown, bundle);
    }

    /// One sentence about an end that needs one.
    fn note(&self, end: &End) -> Option<String> {
        let at = || {
            let of = self.bar.target().map(|t| format!("/{t}")).unwrap_or_default();
            format!("epoch {} after step {}{of}", self.epoch + 1, self.bar.seen())
        };
        match end {
            End::Finished => None,
            End::Stopped(reason) => {
                Some(format!("Stopped after epoch {}: {reason}", self.epoch + 1))
            }
            End::Interrupted => Some(format!("Interrupted in {}", at())),
            End::Failed => Some(format!("Failed in {}", at())),
        }
    }

    fn html(&self, end: Option<&End>, now: f64) -> String {
        let mut out = String::new();
        if end.is_none() {
            out.push_str(&self.html_bar(now));
        }
        if self.work == Work::Fit && !self.done.is_empty() {
            out.push_str(&self.html_table());
        } else if end.is_some() {
            let values = values(&self.logs);
            out.push_str(&format!("<p>{} {values}</p>", escape(&self.steps_text(now))));
        }
        if let Some(note) = end.and_then(|end| self.note(end)) {
            out.push_str(&format!("<p><b>{}</b></p>", escape(&note)));
        }
        out
    }

    /// `375 steps in 3s, 8ms/step`
    fn steps_text(&self, now: f64) -> String {
        let seen = self.bar.seen();
        let time = self.bar.elapsed(now);
        let each = if seen > 0 { step_text(time / seen as f64) } else { String::new() };
        format!("{seen} steps in {time:.1}s,{each}")
    }

    fn html_bar(&self, now: f64) -> String {
        let seen = self.bar.seen();
        let title = match self.work {
            Work::Fit => format!("Epoch {}/{}", self.epoch + 1, self.epochs),
            Work::Evaluate => "Evaluate".to_owned(),
            Work::Predict => "Predict".to_owned(),
        };
        let (bar, count, left) = match self.bar.target() {
            Some(target) => {
                let each = if seen > 0 { self.bar.elapsed(now) / seen as f64 } else { 0.0 };
                let left = if seen > 0 {
                    format!(" · {} left", remaining(each * target.saturating_sub(seen) as f64))
                } else {
                    String::new()
                };
                let bar = format!(
                    "<progress value=\"{seen}\" max=\"{target}\" style=\"width:260px;vertical-align:middle\"></progress> "
                );
                (bar, format!("{seen}/{target}"), left)
            }
            None => (String::new(), format!("{seen} steps"), String::new()),
        };
        let each = if seen > 0 {
            format!(" ·{}", step_text(self.bar.elapsed(now) / seen as f64))
        } else {
            String::new()
        };
        format!(
            "<div style=\"margin:4px 0\"><b>{title}</b> {bar}{count}{each}{left} {}</div>",
            values(&self.logs)
        )
    }

    fn html_table(&self) -> String {
        let mut names: Vec<&str> = Vec::new();
        for (name, _) in self.done.iter().flat_map(|done| &done.logs) {
            if !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
        let right = "align=\"right\" style=\"text-align:right\"";
        let mut out = format!("<table><thead><tr><th {right}>epoch</th>");
        for name in &names {
            out.push_str(&format!("<th {right}>{}</th>", escape(name)));
        }
        out.push_str(&format!("<th {right}>time</th></tr></thead><tbody>"));
        // Long runs: the first epochs and the last ones.
        let (head, tail) = if self.done.len() > 24 { (5, 15) } else { (24, 0) };
        for (i, done) in self.done.iter().enumerate() {
            if tail > 0 && i == head {
                let hidden = self.done.len() - head - tail;
                out.push_str(&format!(
                    "<tr><td {right}>…</td><td colspan=\"{}\">{hidden} epochs</td></tr>",
                    names.len() + 1
                ));
            }
            if i >= head && i + tail < self.done.len() {
                continue;
            }
            out.push_str(&format!("<tr><td {right}>{}</td>", done.epoch + 1));
            for name in &names {
                let value = done.logs.iter().find(|(n, _)| n == name);
                let text = value.map_or(String::new(), |(_, v)| number(*v));
                out.push_str(&format!("<td {right}>{text}</td>"));
            }
            out.push_str(&format!("<td {right}>{}</td></tr>", duration(done.seconds)));
        }
        out.push_str("</tbody></table>");
        out
    }

    /// Curves, if it is time for them; `last` ones are always drawn.
    fn draw_curves(&mut self, last: bool) {
        if self.work != Work::Fit || self.curves.is_empty() {
            return;
        }
        // One epoch without a curve in it is told by the table alone.
        if last && !self.curves_shown && self.done.len() < 2 {
            return;
        }
        let now = self.now();
        if !last && now < self.curves_next {
            return;
        }
        let bundle = self.curves.bundle();
        let cost = self.now() - now;
        self.curves_next = now + CURVES_EVERY.max(cost / DRAWING_SHARE);
        let shown = std::mem::replace(&mut self.curves_shown, true);
        self.send("curves", shown, bundle);
    }
}

impl Drop for LiveTraining {
    fn drop(&mut self) {
        // A run that ended without saying so failed.
        self.end(End::Failed);
    }
}

fn values(logs: &LogValues) -> String {
    let parts: Vec<String> =
        logs.iter().map(|(name, value)| format!("{} {}", escape(name), number(*value))).collect();
    if parts.is_empty() { String::new() } else { format!("· {}", parts.join(" · ")) }
}

/// `0.8s`, `12s`, `1:05`
fn duration(seconds: f64) -> String {
    if seconds < 10.0 {
        format!("{seconds:.1}s")
    } else {
        let whole = Duration::from_secs_f64(seconds.min(1e9)).as_secs();
        remaining(whole as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;
    use std::rc::Rc;

    fn run(style: Style, verbosity: Verbosity, end: End) -> Vec<Output> {
        let outputs: Rc<RefCell<Vec<Output>>> = Rc::default();
        let sink = outputs.clone();
        let emit = Box::new(move |output| sink.borrow_mut().push(output));
        let mut live = LiveTraining::new(Work::Fit, style, verbosity, emit);
        live.begin(0, 2, Some(3));
        for epoch in 0..2 {
            live.epoch_begin(epoch);
            for step in 0..3 {
                live.batch_end(step, &vec![("loss".to_owned(), 0.5)]);
            }
            let logs = vec![("loss".to_owned(), 0.4), ("val_loss".to_owned(), 0.6)];
            live.epoch_end(epoch, &logs);
        }
        live.end(end);
        drop(live);
        outputs.take()
    }

    fn text(outputs: &[Output]) -> String {
        let texts = outputs.iter().map(|output| match output {
            Output::Text(text) => text.clone(),
            other => panic!("{other:?}"),
        });
        texts.collect()
    }

    #[test]
    fn files_get_whole_lines() {
        let lines = text(&run(Style::Plain, Verbosity::Bar, End::Finished));
        let times = regex::Regex::new(r"\d+[um]?s/step").unwrap();
        let epoch = "3/3 ━━━━━━━━━━━━━━━━━━━━ 0s TIME - loss: 0.4000 - val_loss: 0.6000\n";
        assert_eq!(
            times.replace_all(&lines, "TIME"),
            format!("Epoch 1/2\n{epoch}Epoch 2/2\n{epoch}")
        );
    }

    #[test]
    fn notebooks_get_two_displays_and_a_last_frame() {
        for end in [End::Finished, End::Interrupted, End::Failed] {
            let outputs = run(Style::Notebook, Verbosity::Bar, end.clone());
            let displays = outputs.iter().filter(|o| matches!(o, Output::Display { .. })).count();
            assert_eq!(displays, 2);
            let Some(Output::Update { bundle, .. }) = outputs.last() else {
                panic!("no last frame")
            };
            assert!(bundle.form("image/png").is_some());
            let progress = outputs.iter().rev().find_map(|o| match o {
                Output::Update { id, bundle } if id.contains("progress") => Some(bundle.clone()),
                _ => None,
            });
            let text = progress.unwrap().text().to_owned();
            assert!(text.starts_with("Epoch 1/2\n3/3 "), "{text}");
            assert_eq!(
                text.contains("Interrupted in epoch 2 after step 3/3"),
                end == End::Interrupted
            );
        }
    }

    #[test]
    fn a_run_goes_on_where_another_stopped() {
        let outputs: Rc<RefCell<Vec<Output>>> = Rc::default();
        let new = || {
            let sink = outputs.clone();
            let emit = Box::new(move |output| sink.borrow_mut().push(output));
            LiveTraining::new(Work::Fit, Style::Notebook, Verbosity::Bar, emit)
        };
        let logs = vec![("loss".to_owned(), 0.5)];
        let mut stopped = new();
        stopped.begin(0, 4, Some(10));
        stopped.epoch_begin(0);
        stopped.epoch_end(0, &logs);
        stopped.epoch_begin(1);
        (0..6).for_each(|step| stopped.batch_end(step, &logs));
        let record = stopped.record();
        assert!(record.leads_to(1) && !record.leads_to(0) && !record.leads_to(2));
        stopped.end(End::Interrupted);

        let mut resumed = new();
        resumed.begin(0, 4, Some(10));
        resumed.resume(&record, Some((1, 6)));
        resumed.epoch_begin(1);
        assert_eq!(resumed.bar.seen(), 6);
        resumed.batch_end(6, &logs);
        let places: Vec<f64> =
            resumed.curves.partial[0].1.iter().map(|(place, _)| *place).collect();
        assert_eq!(places, [1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7]);
        resumed.epoch_end(1, &logs);
        assert_eq!(resumed.curves.series[0].1, [(1.0, 0.5), (2.0, 0.5)]);
        assert!(resumed.html(None, 0.0).contains("Epoch 2/4"));

        // The next epochs, asked for by their number: what was unfinished does not count.
        let mut next = new();
        next.begin(1, 4, Some(10));
        next.resume(&record, None);
        next.epoch_begin(1);
        assert_eq!((next.bar.seen(), next.curves.partial.len(), next.done.len()), (0, 0, 1));
    }

    #[test]
    fn silence_is_silent() {
        assert!(run(Style::Notebook, Verbosity::Silent, End::Finished).is_empty());
        let lines = text(&run(Style::Notebook, Verbosity::Lines, End::Finished));
        assert!(lines.starts_with("Epoch 1/2\n3/3 - 0s - "), "{lines}");
    }
}
