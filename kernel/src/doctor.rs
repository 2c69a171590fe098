//! `kerai doctor`: what this machine offers, and what is installed. It only looks; it changes and downloads nothing.
//! `kerai doctor --measure`: how fast it is at best.

use crate::jupyter::install::Installed;
use crate::terminal::{Graphics, complain, say};
use kerai_dsl::machine;
use std::path::PathBuf;
use std::process::ExitCode;

/// Prints the report; with `measure`, the rates alone.
pub(crate) fn main(measure: bool) -> ExitCode {
    if let Err(message) = machine::work_here() {
        complain(&format!("kerai: {message}"));
        return ExitCode::FAILURE;
    }
    if measure {
        return rates();
    }
    let rows = [
        ("kerai", format!("{} ({})", env!("CARGO_PKG_VERSION"), program())),
        ("processor", processor()),
        (
            "cores",
            std::thread::available_parallelism().map_or("unknown".to_owned(), |n| n.to_string()),
        ),
        ("threads", threads()),
        ("vector units", vector_units()),
        ("memory", memory()),
        ("device", "CPU".to_owned()),
        ("Keras folder", keras_folder()),
        ("Jupyter", jupyter()),
        ("kernel", kernelspec()),
        ("terminal", terminal()),
        (
            "history",
            crate::repl::history_file().map_or("none".to_owned(), |p| p.display().to_string()),
        ),
    ];
    for (name, text) in rows {
        say(&format!("{name:<13} {text}"));
    }
    ExitCode::SUCCESS
}

fn rates() -> ExitCode {
    match machine::measure() {
        Ok(rows) => {
            say(&format!("{:<13} {}", "threads", threads()));
            rows.iter().for_each(|(name, text)| say(&format!("{name:<13} {text}")));
            ExitCode::SUCCESS
        }
        Err(message) => {
            complain(&format!("kerai: {message}"));
            ExitCode::FAILURE
        }
    }
}

fn threads() -> String {
    let count = machine::threads();
    match std::env::var_os("KERAI_THREADS").is_some_and(|text| !text.is_empty()) {
        true => format!("{count} (KERAI_THREADS)"),
        false => format!("{count} (KERAI_THREADS=N sets another number)"),
    }
}

fn program() -> String {
    std::env::current_exe().map_or("unknown place".to_owned(), |path| path.display().to_string())
}

fn processor() -> String {
    let model = std::fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("model name"))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    });
    let place = format!("{} {}", std::env::consts::ARCH, std::env::consts::OS);
    model.map_or(place.clone(), |model| format!("{model}, {place}"))
}

#[cfg(target_arch = "x86_64")]
fn vector_units() -> String {
    let known = [
        ("SSE4.2", is_x86_feature_detected!("sse4.2")),
        ("AVX", is_x86_feature_detected!("avx")),
        ("AVX2", is_x86_feature_detected!("avx2")),
        ("FMA", is_x86_feature_detected!("fma")),
        ("AVX-512", is_x86_feature_detected!("avx512f")),
        ("AVX-512 BF16", is_x86_feature_detected!("avx512bf16")),
        ("AVX-512 VNNI", is_x86_feature_detected!("avx512vnni")),
    ];
    let names: Vec<&str> = known.iter().filter(|(_, has)| *has).map(|(name, _)| *name).collect();
    let note =
        if names.contains(&"AVX2") { "" } else { " (no AVX2: training is several times slower)" };
    let used = match machine::vectors() {
        (used, widest) if used == widest => String::new(),
        (used, _) => format!("; kernels use {used} alone (KERAI_SIMD)"),
    };
    format!("{}{note}{used}", names.join(", "))
}

#[cfg(not(target_arch = "x86_64"))]
fn vector_units() -> String {
    if cfg!(target_arch = "aarch64") { "NEON".to_owned() } else { "portable code".to_owned() }
}

fn memory() -> String {
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let gib = |name: &str| {
        let line = text.lines().find(|line| line.starts_with(name))?;
        let kib: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
        Some(kib / f64::from(1 << 20))
    };
    match (gib("MemTotal:"), gib("MemAvailable:")) {
        (Some(total), Some(free)) => format!("{total:.1} GiB, {free:.1} GiB available"),
        _ => "unknown".to_owned(),
    }
}

fn home() -> PathBuf {
    std::env::home_dir().unwrap_or_default()
}

fn keras_folder() -> String {
    let folder =
        std::env::var_os("KERAS_HOME").map_or_else(|| home().join(".keras"), PathBuf::from);
    let data = folder.join("datasets");
    let files = std::fs::read_dir(&data).map_or(0, Iterator::count);
    match (folder.is_dir(), files) {
        (false, _) => format!("{} (not there yet; made with the first download)", folder.display()),
        (true, 0) => format!("{} (no data sets yet)", folder.display()),
        (true, 1) => format!("{} (1 data set)", folder.display()),
        (true, n) => format!("{} ({n} data sets)", folder.display()),
    }
}

fn find_program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

fn jupyter() -> String {
    let found: Vec<String> = ["jupyter", "jupyter-lab", "jupyter-notebook"]
        .into_iter()
        .filter_map(|name| find_program(name).map(|path| path.display().to_string()))
        .collect();
    if found.is_empty() {
        "not found (not needed for the prompt and for scripts)".to_owned()
    } else {
        found.join(", ")
    }
}

fn kernelspec() -> String {
    let installs = crate::jupyter::install::installed();
    if installs.is_empty() {
        return "not installed (kerai jupyter install)".to_owned();
    }
    let line = |found: &Installed| format!("{} ({})", found.folder.display(), found.verdict);
    installs.iter().map(line).collect::<Vec<_>>().join(", ")
}

fn terminal() -> String {
    let term = std::env::var("TERM").unwrap_or_else(|_| "unknown".to_owned());
    let pictures = match Graphics::detect() {
        Graphics::Kitty => "pictures by kitty's protocol",
        Graphics::Iterm => "pictures by iTerm2's protocol",
        Graphics::None => "figures are saved as files",
    };
    format!("{term}, {pictures}")
}
