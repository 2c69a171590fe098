//! The notebook kernel as its clients see it: Jupyter's own tests for kernels, tests of every message that matters, and
//! the notebooks. The clients are Python's; the tests are in `tests/jupyter`.

use crate::support;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A kernelspec of the program under test, in a folder that vanishes with this value.
struct Installed {
    prefix: PathBuf,
}

impl Installed {
    fn new(name: &str) -> Installed {
        let prefix = support::target().join(format!("test-jupyter-{name}-{}", std::process::id()));
        let mut install = Command::new(support::kerai());
        support::expect_success(install.args(["jupyter", "install", "--prefix"]).arg(&prefix));
        Installed { prefix }
    }

    /// A test module's report. Panics unless it ran `at_least` tests and skipped none.
    fn run(&self, module: &str, at_least: usize) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("jupyter");
        let python = support::python(&folder.join("requirements.txt"));
        let share = self.prefix.join("share/jupyter");
        let output = Command::new(python)
            .args(["-m", "unittest", "-v", module])
            .args(std::env::var("KERAI_TEST_ONLY").iter().flat_map(|only| ["-k", only]))
            .current_dir(&folder)
            .env("JUPYTER_PATH", &share)
            // Neither kernels nor the history of whoever runs the tests.
            .env("JUPYTER_DATA_DIR", self.prefix.join("data"))
            .env("JUPYTER_RUNTIME_DIR", self.prefix.join("runtime"))
            .env("JUPYTER_PLATFORM_DIRS", "1")
            .env("XDG_STATE_HOME", self.prefix.join("state"))
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .output()
            .expect("the environment's Python runs");
        let report = String::from_utf8_lossy(&output.stderr).into_owned()
            + &*String::from_utf8_lossy(&output.stdout);
        println!("{report}");
        let ran = report
            .lines()
            .find_map(|line| line.strip_prefix("Ran ")?.split(' ').next()?.parse::<usize>().ok());
        assert_eq!(ran, Some(at_least.max(ran.unwrap_or(0))), "{module} did not run its tests");
        // Python says so with a status of its own if there is nothing to run.
        assert!(output.status.success() || ran == Some(0), "{module} failed");
        assert!(!report.contains("(skipped="), "{module} skipped tests");
    }
}

impl Drop for Installed {
    fn drop(&mut self) {
        // What stays lies in cargo's folder and hurts nobody.
        let _ = std::fs::remove_dir_all(&self.prefix);
    }
}

#[test]
fn jupyters_own_tests_for_kernels_pass() {
    Installed::new("kernel").run("test_kernel", 13);
}

#[test]
fn clients_can_rely_on_every_message() {
    Installed::new("client").run("test_client", 30);
}

#[test]
fn every_notebook_runs() {
    let notebooks = support::root().join("notebooks");
    let count =
        walk(&notebooks).into_iter().filter(|path| path.extension() == Some("ipynb".as_ref()));
    Installed::new("notebooks").run("test_notebooks", count.count());
}

/// The files below a folder, without hidden ones.
fn walk(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        if path.is_dir() { files.extend(walk(&path)) } else { files.push(path) }
    }
    files
}
