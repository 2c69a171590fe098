//! The language against CPython: every script in `tests/scripts/python` prints the same bytes under both. Scripts in
//! `tests/scripts/errors` end in an error; their last comments are what kerai shows then (`UPDATE=1` writes them).

use kerai_dsl::session::{Session, Source, Spelling};
use kerai_dsl::sink::{Output, Sink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};

/// Collects what a program writes to standard output.
#[derive(Clone, Default)]
pub struct Capture(Arc<Mutex<String>>);

impl Sink for Capture {
    fn emit(&mut self, output: Output) {
        if let Output::Text(text) = output {
            self.0.lock().expect("no other thread panicked").push_str(&text);
        }
    }
}

impl Capture {
    /// What was written so far.
    pub fn text(&self) -> String {
        self.0.lock().expect("no other thread panicked").clone()
    }
}

/// Runs `body` on a thread with the stack that sessions need.
pub fn on_session_thread<R: Send + 'static>(body: impl FnOnce() -> R + Send + 'static) -> R {
    let thread = std::thread::Builder::new().stack_size(512 << 20).spawn(body);
    thread.expect("a thread can be started").join().expect("the session does not panic")
}

/// What a program prints, and the error that it ends in.
pub fn run(name: &str, text: &str) -> (String, Option<String>) {
    let (name, text) = (name.to_owned(), text.to_owned());
    on_session_thread(move || {
        let capture = Capture::default();
        let mut session = Session::new(Box::new(capture.clone()));
        let source = Source { name: &name, text: &text, spelling: Spelling::Python };
        let error = session.eval(source).err().map(|error| error.render(false));
        (capture.text(), error)
    })
}

fn scripts(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts").join(folder);
    let mut paths: Vec<PathBuf> = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "py"))
        .collect();
    paths.sort();
    assert!(!paths.is_empty(), "no scripts in {}", folder.display());
    paths
}

fn file_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The first line in which two texts differ, for a message.
fn first_difference(ours: &str, theirs: &str) -> String {
    let (mut a, mut b) = (ours.lines(), theirs.lines());
    for line in 1.. {
        match (a.next(), b.next()) {
            (None, None) => break,
            (x, y) if x == y => {}
            (x, y) => {
                return format!(
                    "line {line}:\n    kerai:  {}\n    python: {}",
                    x.unwrap_or("<end>"),
                    y.unwrap_or("<end>")
                );
            }
        }
    }
    "they differ in line ends".to_owned()
}

#[test]
fn scripts_print_what_python_prints() {
    let mut wrong = Vec::new();
    for path in scripts("python") {
        let name = file_name(&path);
        let text = std::fs::read_to_string(&path).unwrap();
        let python = Command::new("python3")
            .arg(&path)
            .env("PYTHONIOENCODING", "utf-8")
            .env("PYTHONHASHSEED", "0")
            .output()
            .expect("python3 is needed to check the language against it");
        assert!(
            python.status.success(),
            "{name} fails under python3: {}",
            String::from_utf8_lossy(&python.stderr)
        );
        let expected = String::from_utf8_lossy(&python.stdout).replace("\r\n", "\n");
        let (printed, error) = run(&name, &text);
        if let Some(error) = error {
            wrong.push(format!("{name} fails:\n{error}"));
        } else if printed != expected {
            wrong.push(format!("{name} differs in {}", first_difference(&printed, &expected)));
        }
    }
    assert!(wrong.is_empty(), "{} scripts:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn errors_say_where_and_what_to_do() {
    let mut wrong = Vec::new();
    for path in scripts("errors") {
        let name = file_name(&path);
        let whole = std::fs::read_to_string(&path).unwrap();
        let (program, expected) = match whole.split_once("\n# error\n") {
            Some((program, expected)) => (format!("{program}\n"), expected.to_owned()),
            None => (whole.clone(), String::new()),
        };
        let (_, error) = run(&name, &program);
        let shown: String = error
            .unwrap_or_else(|| "no error".to_owned())
            .lines()
            .map(|line| format!("# {line}").trim_end().to_owned() + "\n")
            .collect();
        if shown == expected {
            continue;
        }
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&path, format!("{program}# error\n{shown}")).unwrap();
        } else {
            let difference = first_difference(&shown, &expected).replace("python:", "wanted:");
            wrong.push(format!("{name} differs in {difference}"));
        }
    }
    assert!(wrong.is_empty(), "{} scripts:\n{}", wrong.len(), wrong.join("\n"));
}
