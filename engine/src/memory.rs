//! Whether there is room: sizes that users write are held against the machine's memory before anything is allocated, for
//! an allocation that fails ends the whole process.

use crate::error::{Error, ErrorKind, Result};
use std::cell::Cell;

/// What is smaller is taken without asking the system.
const SMALL: usize = 64 << 20;

/// The number of elements of a shape, if an array of it with so many bytes per element fits into the memory that is
/// free now.
pub fn room_for(shape: &[usize], bytes_each: usize) -> Result<usize> {
    match bytes_of(shape, bytes_each) {
        Some(bytes) if bytes <= SMALL || is_free(bytes) => Ok(bytes / bytes_each.max(1)),
        bytes => Err(refusal(shape, bytes_each, bytes)),
    }
}

/// As [`room_for`], for code that cannot return an error: unwinds with [`NoRoom`], which the session reports.
pub fn insist(elements: usize, bytes_each: usize) {
    if let Err(error) = room_for(&[elements], bytes_each) {
        std::panic::resume_unwind(Box::new(NoRoom(error)));
    }
}

thread_local! {
    static BUDGET: Cell<Option<usize>> = const { Cell::new(None) };
}

/// Runs `make` while the weights of all layers that it builds may have so many bytes in all: a file's config may ask for
/// no more weights than the file can hold.
pub fn with_budget<T>(bytes: usize, make: impl FnOnce() -> T) -> T {
    let outer = BUDGET.replace(Some(bytes));
    let made = make();
    BUDGET.set(outer);
    made
}

/// Takes room for a weight from the budget, if there is one.
pub(crate) fn charge(shape: &[usize], bytes_each: usize) -> Result<()> {
    let Some(left) = BUDGET.get() else { return Ok(()) };
    let needed = bytes_of(shape, bytes_each).unwrap_or(usize::MAX);
    let Some(rest) = left.checked_sub(needed) else {
        return Err(Error::value("the config asks for more weights than the file can hold")
            .received(format!("shape {shape:?}: {}", readable(needed as f64)))
            .expected(format!("at most {} more", readable(left as f64)))
            .hint("the file is damaged, or its config was changed"));
    };
    BUDGET.set(Some(rest));
    Ok(())
}

/// What [`insist`] unwinds with.
pub struct NoRoom(pub Error);

/// The bytes of an array, if they can be counted.
pub fn bytes_of(shape: &[usize], bytes_each: usize) -> Option<usize> {
    if shape.contains(&0) {
        return Some(0);
    }
    shape.iter().try_fold(bytes_each, |product, size| product.checked_mul(*size))
}

/// Bytes for people: `7.2 PB`.
pub fn readable(bytes: f64) -> String {
    let units = ["bytes", "kB", "MB", "GB", "TB", "PB"];
    let mut value = bytes;
    for unit in units {
        if value < 1000.0 {
            return if unit == "bytes" {
                format!("{value} bytes")
            } else {
                format!("{value:.1} {unit}")
            };
        }
        value /= 1000.0;
    }
    if value < 1e6 { format!("{value:.1} EB") } else { format!("{bytes:.0e} bytes") }
}

fn refusal(shape: &[usize], bytes_each: usize, bytes: Option<usize>) -> Error {
    let needed = match bytes {
        Some(bytes) => bytes as f64,
        None => shape.iter().fold(bytes_each as f64, |product, size| product * *size as f64),
    };
    Error::new(
        ErrorKind::Memory,
        format!("an array of shape {shape:?} does not fit into this machine's memory"),
    )
    .received(format!("{} for elements of {bytes_each} bytes", readable(needed)))
    .expected(match free() {
        Some(free) => format!("at most {}, which is free now", readable(free as f64)),
        None => "as much as the system gives".to_owned(),
    })
    .hint("smaller sizes or smaller batches; check the sizes for a slip")
}

fn is_free(bytes: usize) -> bool {
    // Linux promises more than it has; other systems are asked for no more than any machine of today holds.
    let most = free().unwrap_or(1 << 42);
    bytes <= most && Vec::<u8>::new().try_reserve_exact(bytes).is_ok()
}

/// Memory that new arrays can have, as far as the system tells: what is available, swap, the container's limit.
fn free() -> Option<usize> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let of = |name: &str| -> Option<usize> {
        let line = text.lines().find_map(|line| line.strip_prefix(name))?;
        line.split_whitespace().next()?.parse::<usize>().ok()?.checked_mul(1024)
    };
    let free = of("MemAvailable:")?.saturating_add(of("SwapFree:").unwrap_or(0));
    let limits = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"];
    let limit = limits
        .iter()
        .find_map(|path| std::fs::read_to_string(path).ok()?.trim().parse::<usize>().ok());
    Some(limit.map_or(free, |limit| limit.min(free)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_beyond_the_machine_are_refused_with_the_bytes_they_need() {
        for (shape, needed) in [
            (&[600_000_000_000_000, 3][..], "7.2 PB"),
            (&[1 << 40, 1 << 40], "5e24 bytes"),
            (&[usize::MAX, usize::MAX, 7], "1e40 bytes"),
            (&[1 << 50], "4.5 PB"),
        ] {
            let error = room_for(shape, 4).unwrap_err();
            assert_eq!(error.kind, ErrorKind::Memory);
            assert!(error.received.as_deref().unwrap().starts_with(needed), "{error}");
        }
        for (shape, count) in
            [(&[][..], 1), (&[0, usize::MAX, 5], 0), (&[3, 5], 15), (&[40 << 20], 40 << 20)]
        {
            assert_eq!(room_for(shape, 4).unwrap(), count);
        }
    }
}
