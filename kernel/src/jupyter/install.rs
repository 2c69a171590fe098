//! Where Jupyter looks for kernels, and how kerai gets in and out of there.

use super::Place;
use crate::terminal::say;
use serde_json::{Value, json};
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

const DISPLAY_NAME: &str = "kerai (Keras)";
const LOGOS: [(&str, &[u8]); 3] = [
    ("logo-32x32.png", include_bytes!("logo-32x32.png")),
    ("logo-64x64.png", include_bytes!("logo-64x64.png")),
    ("logo-svg.svg", include_bytes!("logo-svg.svg")),
];

/// Writes the kernelspec.
pub(super) fn install(place: &Place, name: &str) -> Result<(), String> {
    let folder = folder_of(place, name)?;
    let program = env::current_exe().map_err(|e| format!("where is this program? {e}"))?;
    let spec = json!({
        "argv": [program, "jupyter", "start", "{connection_file}"],
        "display_name": DISPLAY_NAME,
        "language": "python",
        "interrupt_mode": "message",
        "metadata": {"debugger": false},
    });
    let text = serde_json::to_string_pretty(&spec).map_err(|e| e.to_string())?;
    let write = || {
        fs::create_dir_all(&folder)?;
        for (file, content) in LOGOS {
            fs::write(folder.join(file), content)?;
        }
        fs::write(folder.join("kernel.json"), text + "\n")
    };
    write().map_err(|e| {
        format!(
            "cannot write the kernel to {}: {e}\n  = try:      --user, or --prefix with a folder of yours",
            folder.display()
        )
    })?;
    say(&format!("Installed: {}", folder.display()));
    say(&format!("Runs:      {}", program.display()));
    say(&format!(
        "In Jupyter, choose \"{DISPLAY_NAME}\"; on the command line: jupyter lab, jupyter console --kernel {name}"
    ));
    Ok(())
}

/// Removes the kernelspec, if it is one of ours.
pub(super) fn uninstall(place: &Place, name: &str) -> Result<(), String> {
    let folder = folder_of(place, name)?;
    if !folder.is_dir() {
        return Err(format!(
            "there is no kernel at {}\n  = try:      kerai jupyter status (shows where it is)",
            folder.display()
        ));
    }
    if program_of(&folder).is_none() {
        return Err(format!(
            "{} is not a kernel of kerai; it stays\n  = try:      --name with the name that it was installed under",
            folder.display()
        ));
    }
    fs::remove_dir_all(&folder).map_err(|e| format!("cannot remove {}: {e}", folder.display()))?;
    say(&format!("Removed: {}", folder.display()));
    Ok(())
}

/// A kernelspec of kerai.
pub(crate) struct Installed {
    /// Its folder.
    pub(crate) folder: PathBuf,
    /// What it runs.
    pub(crate) program: PathBuf,
    /// Whether it works.
    pub(crate) verdict: &'static str,
}

/// The installs that Jupyter can find from here.
pub(crate) fn installed() -> Vec<Installed> {
    let this = env::current_exe().ok();
    let mut found = Vec::new();
    for kernels in search_path() {
        let Ok(entries) = fs::read_dir(&kernels) else { continue };
        let mut folders: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        folders.sort();
        for folder in folders {
            let Some(program) = program_of(&folder) else { continue };
            let verdict = match () {
                () if !program.is_file() => "broken: the program is gone; install again",
                () if this.as_ref() == Some(&program) => "works: this program",
                () => "works: another copy of kerai",
            };
            found.push(Installed { folder, program, verdict });
        }
    }
    found
}

/// Lists the installs.
pub(super) fn status() -> Result<(), String> {
    let installs = installed();
    if installs.is_empty() {
        return Err(
            "kerai is not installed for Jupyter\n  = try:      kerai jupyter install".into()
        );
    }
    for Installed { folder, program, verdict } in installs {
        say(&format!("{}\n    runs {}\n    {verdict}", folder.display(), program.display()));
    }
    Ok(())
}

/// The folder of the kernel `name`.
fn folder_of(place: &Place, name: &str) -> Result<PathBuf, String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if name.is_empty() || !name.chars().all(allowed) || name.starts_with('.') {
        return Err(format!(
            "Jupyter does not take \"{name}\" as the name of a kernel\n  = expected: letters, digits, '-', '_' and '.'"
        ));
    }
    let root = if let Some(prefix) = &place.prefix {
        prefix.join("share/jupyter")
    } else if place.sys_prefix {
        environment()
            .ok_or("no virtual or conda environment is active\n  = try:      activate it first, or name it: --prefix FOLDER")?
            .join("share/jupyter")
    } else {
        user_folder()?
    };
    Ok(root.join("kernels").join(name))
}

/// The active Python environment, which Jupyter calls `sys.prefix`.
fn environment() -> Option<PathBuf> {
    ["VIRTUAL_ENV", "CONDA_PREFIX"]
        .into_iter()
        .filter_map(env::var_os)
        .find(|path| !path.is_empty())
        .map(PathBuf::from)
}

/// Jupyter's data folder of this user.
fn user_folder() -> Result<PathBuf, String> {
    match env::var_os("JUPYTER_DATA_DIR") {
        Some(folder) if !folder.is_empty() => Ok(folder.into()),
        _ => jupyter_zmq_client::dirs::user_data_dir().map_err(|e| {
            format!("cannot find Jupyter's data folder: {e}\n  = try:      --prefix FOLDER")
        }),
    }
}

/// The folders in which Jupyter looks for kernels, first to last.
fn search_path() -> Vec<PathBuf> {
    let mut roots: Vec<PathBuf> =
        env::var_os("JUPYTER_PATH").iter().flat_map(env::split_paths).collect();
    roots.extend(user_folder().ok());
    roots.extend(environment().map(|prefix| prefix.join("share/jupyter")));
    roots.extend(jupyter_zmq_client::dirs::system_data_dirs());
    let mut kernels = Vec::new();
    for root in roots {
        let folder = root.join("kernels");
        if !kernels.contains(&folder) {
            kernels.push(folder);
        }
    }
    kernels
}

/// The program that a kernelspec of ours runs; `None` for other kernels.
fn program_of(folder: &Path) -> Option<PathBuf> {
    let spec: Value = serde_json::from_slice(&fs::read(folder.join("kernel.json")).ok()?).ok()?;
    let argv: Vec<&str> = spec.get("argv")?.as_array()?.iter().filter_map(Value::as_str).collect();
    let [program, "jupyter", "start", "{connection_file}"] = argv[..] else { return None };
    Some(program.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kernel_comes_and_goes_and_strangers_stay() {
        let prefix = env::temp_dir().join(format!("kerai-install-{}", std::process::id()));
        let place = Place { user: false, prefix: Some(prefix.clone()), sys_prefix: false };
        install(&place, "kerai").unwrap();
        let folder = prefix.join("share/jupyter/kernels/kerai");
        assert_eq!(program_of(&folder), env::current_exe().ok());
        uninstall(&place, "kerai").unwrap();
        assert!(!folder.exists());

        fs::create_dir_all(&folder).unwrap();
        fs::write(
            folder.join("kernel.json"),
            r#"{"argv": ["python3", "-m", "ipykernel_launcher"]}"#,
        )
        .unwrap();
        assert!(uninstall(&place, "kerai").unwrap_err().contains("it stays"));
        assert!(install(&place, "../x").unwrap_err().contains("letters"));
        fs::remove_dir_all(prefix).unwrap();
    }
}
