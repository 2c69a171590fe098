//! `resource`: how much memory and processor time the program took (from `/proc`, where there is one).

use super::Module;
use crate::runtime::{Object, PyResult, Value};

pub(super) fn module() -> Module {
    Module::new("resource", "How much memory and processor time the program took.")
        .with("RUSAGE_SELF", Value::Int(0))
        .with("RUSAGE_CHILDREN", Value::Int(-1))
        .function("getrusage", "who, /", "What the program used so far.", |_| {
            let peak = status_field("VmHWM:").unwrap_or(0);
            let seconds = processor_times().unwrap_or((0.0, 0.0));
            Ok(Value::object(Usage { peak, seconds }))
        })
}

fn status_field(name: &str) -> Option<i64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with(name))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// Seconds in the program and in the system for it.
fn processor_times() -> Option<(f64, f64)> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let after_name = stat.rsplit_once(')')?.1;
    let fields: Vec<f64> =
        after_name.split_whitespace().map(|f| f.parse().unwrap_or(0.0)).collect();
    const TICKS: f64 = 100.0;
    Some((fields.get(11)? / TICKS, fields.get(12)? / TICKS))
}

/// Seconds of processor time.
pub(super) fn processor_seconds() -> Option<f64> {
    processor_times().map(|(own, system)| own + system)
}

struct Usage {
    peak: i64,
    seconds: (f64, f64),
}

impl Object for Usage {
    fn type_name(&self) -> String {
        "resource.struct_rusage".to_owned()
    }

    fn attribute(&self, _this: &Value, name: &str) -> PyResult<Option<Value>> {
        Ok(match name {
            "ru_maxrss" => Some(Value::Int(self.peak)),
            "ru_utime" => Some(Value::Float(self.seconds.0)),
            "ru_stime" => Some(Value::Float(self.seconds.1)),
            _ => None,
        })
    }

    fn attribute_names(&self) -> Vec<String> {
        ["ru_maxrss", "ru_stime", "ru_utime"].map(str::to_owned).to_vec()
    }
}
