//! What tests of the program share: the program itself, and a Python environment for the clients that drive it.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

/// The root of the repository.
pub fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// Cargo's folder for what is built. This binary is in `<target>/<profile>/deps`.
pub fn target() -> PathBuf {
    let here = std::env::current_exe().expect("the system knows this program");
    here.ancestors().nth(3).expect("cargo builds tests in target/<profile>/deps").to_owned()
}

/// The program `kerai` in the release profile, built once if it is not there yet.
pub fn kerai() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let target = target();
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "--release", "--quiet", "--workspace", "--target-dir"]);
        build.arg(&target).current_dir(root());
        // What cargo tells this test about its package would make build scripts that look at it (ring's) run again.
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
                build.env_remove(&name);
            }
        }
        expect_success(&mut build);
        let program = target.join("release").join(format!("kerai{}", std::env::consts::EXE_SUFFIX));
        assert!(program.is_file(), "cargo built no {}", program.display());
        program
    })
}

/// A Python with the packages of a requirements file, in a folder of its own that is kept.
pub fn python(requirements: &Path) -> PathBuf {
    static ONE_AT_A_TIME: std::sync::Mutex<()> = std::sync::Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock();
    let wanted = fs::read_to_string(requirements).expect("a requirements file can be read");
    let mut hasher = DefaultHasher::new();
    wanted.hash(&mut hasher);
    let folder = target().join(format!("test-venv-{:016x}", hasher.finish()));
    let python = folder.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    let complete = folder.join("complete");
    if complete.is_file() && python.is_file() {
        return python;
    }
    let system = if cfg!(windows) { "python" } else { "python3" };
    let made = Command::new(system).args(["-m", "venv", "--clear"]).arg(&folder).output();
    let advice = "The Jupyter tests need Python 3.11 or later with venv and pip (only the tests: kerai needs no Python).\n\
                  Debian and Ubuntu: apt-get install python3-venv. Fedora: dnf install python3. macOS: brew install python.";
    match made {
        Err(error) => panic!("cannot run {system}: {error}\n{advice}"),
        Ok(output) if !output.status.success() => panic!("{}\n{advice}", report(&output)),
        Ok(_) => {}
    }
    let mut install = Command::new(&python);
    install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"]);
    expect_success(install.arg(requirements));
    fs::write(complete, "").expect("the environment's folder is ours");
    python
}

/// Runs a command that has to succeed: what it wrote.
pub fn expect_success(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("cannot run {command:?}: {error}"));
    assert!(output.status.success(), "{command:?} failed: {}", report(&output));
    report(&output)
}

fn report(output: &Output) -> String {
    format!(
        "{}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}
