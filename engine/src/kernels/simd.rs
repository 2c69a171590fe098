//! One way to use the machine's widest vectors: a plain loop, compiled several times, chosen at run time.

use crate::error::{Error, Result};
use std::sync::OnceLock;

/// How wide this machine's vectors are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd)]
pub enum Level {
    /// What every machine of this kind has.
    Basic,
    /// 256 bits and fused multiply-add.
    Avx2,
    /// 512 bits.
    Avx512,
}

impl Level {
    /// As `KERAI_SIMD` writes it.
    pub const NAMES: [(&str, Level); 3] =
        [("basic", Level::Basic), ("avx2", Level::Avx2), ("avx512", Level::Avx512)];

    /// As `KERAI_SIMD` writes it.
    pub fn name(self) -> &'static str {
        match self {
            Level::Basic => "basic",
            Level::Avx2 => "avx2",
            Level::Avx512 => "avx512",
        }
    }
}

/// The highest level of this machine.
pub fn best() -> Level {
    #[cfg(target_arch = "x86_64")]
    {
        if is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl")
        {
            return Level::Avx512;
        }
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            return Level::Avx2;
        }
    }
    Level::Basic
}

/// What `KERAI_SIMD` asks for: a lower level, to see what slower machines do. Nothing, if it is not set.
pub fn wanted() -> Result<Option<Level>> {
    let Some(text) = std::env::var_os("KERAI_SIMD").filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let text = text.to_string_lossy();
    let known = Level::NAMES.iter().find(|(name, _)| *name == text);
    match known {
        Some((_, level)) if *level <= best() => Ok(Some(*level)),
        _ => {
            let names = Level::NAMES.iter().filter(|(_, level)| *level <= best());
            Err(Error::value("KERAI_SIMD names no vector level of this machine")
                .received(format!("{text:?}"))
                .expected(names.map(|(name, _)| *name).collect::<Vec<_>>().join(", "))
                .hint("unset KERAI_SIMD to use the widest"))
        }
    }
}

/// The level that kernels use: the machine's, or what `KERAI_SIMD` asked for when it was first needed.
#[inline]
pub fn level() -> Level {
    static LEVEL: OnceLock<Level> = OnceLock::new();
    // A value that cannot be met is told where the program starts.
    *LEVEL.get_or_init(|| wanted().ok().flatten().unwrap_or_else(best))
}

/// Compiles a function for each [`Level`]; the compiler vectorises its loops. The results are the same bits on each
/// level, as long as the body has no reductions that it reorders (the compiler never does by itself).
macro_rules! simd {
    ($(#[$meta:meta])* $vis:vis fn $name:ident($($arg:ident: $type:ty),* $(,)?) $(-> $result:ty)? $body:block) => {
        $(#[$meta])*
        $vis fn $name($($arg: $type),*) $(-> $result)? {
            #[inline(always)]
            fn body($($arg: $type),*) $(-> $result)? $body

            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
                fn avx512($($arg: $type),*) $(-> $result)? {
                    body($($arg),*)
                }
                #[target_feature(enable = "avx2,fma")]
                fn avx2($($arg: $type),*) $(-> $result)? {
                    body($($arg),*)
                }
                match $crate::kernels::simd::level() {
                    // SAFETY: `level` has found every feature that the function is compiled for.
                    $crate::kernels::simd::Level::Avx512 => return unsafe { avx512($($arg),*) },
                    // SAFETY: as above.
                    $crate::kernels::simd::Level::Avx2 => return unsafe { avx2($($arg),*) },
                    $crate::kernels::simd::Level::Basic => {}
                }
            }
            body($($arg),*)
        }
    };
}
pub(crate) use simd;

#[cfg(test)]
mod tests {
    use super::{Level, best};
    use std::process::Command;

    /// The unit tests of the kernels once more, with narrower vectors than the machine's: this binary runs itself.
    #[test]
    fn kernels_pass_their_tests_at_each_lower_level() {
        let tests = std::env::current_exe().expect("the system knows this program");
        for (name, _) in Level::NAMES.iter().filter(|(_, level)| *level < best()) {
            let mut once_more = Command::new(&tests);
            once_more.args(["kernels::", "--skip", "kernels::simd"]).env("KERAI_SIMD", name);
            let output = once_more.output().expect("a test binary can be run");
            let report = String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success(), "at {name}: {report}");
            assert!(!report.contains(" 0 passed"), "at {name} no test ran: {report}");
        }
    }
}
