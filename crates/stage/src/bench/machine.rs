//! The machine that numbers were measured on.

use serde::{Deserialize, Serialize};

/// What times depend on.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub(super) struct Machine {
    pub(super) processor: String,
    pub(super) cores: usize,
    pub(super) memory_gibibytes: f64,
    /// How many processes wanted a core in the last minute before, on average: others than the benchmark's own.
    pub(super) load_before: f64,
}

impl Machine {
    /// This one. What it does not say is `unknown`.
    pub(super) fn this() -> Self {
        let read = |file: &str| std::fs::read_to_string(file).unwrap_or_default();
        Self {
            processor: field(&read("/proc/cpuinfo"), "model name").unwrap_or_else(|| "unknown".to_owned()),
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            memory_gibibytes: memory(&read("/proc/meminfo")),
            load_before: read("/proc/loadavg").split(' ').next().and_then(|load| load.parse().ok()).unwrap_or_default(),
        }
    }
}

fn field(text: &str, name: &str) -> Option<String> {
    let lines = text.lines().filter_map(|line| line.split_once(':'));
    lines.filter(|(field, _)| field.trim() == name).map(|(_, value)| value.trim().to_owned()).next()
}

fn memory(meminfo: &str) -> f64 {
    let kibibytes = field(meminfo, "MemTotal").and_then(|total| total.trim_end_matches("kB").trim().parse().ok());
    mebibytes(kibibytes.unwrap_or_default()) / 1024.0
}

/// KiB as MiB.
#[expect(clippy::cast_precision_loss, reason = "a size, shown with one decimal")]
pub(super) fn mebibytes(kibibytes: u64) -> f64 {
    kibibytes as f64 / 1024.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_tables_are_read() {
        assert_eq!(field("processor\t: 0\nmodel name\t: AMD EPYC\n", "model name").as_deref(), Some("AMD EPYC"));
        assert!((memory("MemTotal:       16777216 kB\nMemFree: 1 kB\n") - 16.0).abs() < 0.001);
        assert!(Machine::this().cores > 0);
    }
}
