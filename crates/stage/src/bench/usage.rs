//! What a process has used, as the kernel counts it (proc(5)).

use std::time::Duration;

use anyhow::Context;

/// Ticks of the clock in `/proc/<pid>/stat` per second: the same on every Linux that Rust runs on (`USER_HZ`).
const TICKS_PER_SECOND: u64 = 100;

/// What a process has used since it began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Usage {
    /// Processor time of all its threads, in steps of 10 ms.
    pub(super) cpu: Duration,
    /// The most memory that it had resident, in KiB: with the pages of its executable.
    pub(super) peak_kibibytes: u64,
}

impl Usage {
    /// What the process has used so far.
    pub(super) fn of(process: u32) -> anyhow::Result<Self> {
        let read = |name: &str| {
            let file = format!("/proc/{process}/{name}");
            std::fs::read_to_string(&file).with_context(|| format!("cannot read {file}: the benchmark needs Linux"))
        };
        Ok(Self { cpu: cpu(&read("stat")?)?, peak_kibibytes: peak(&read("status")?)? })
    }
}

/// Fields 14 and 15, user and system time; the second field, in brackets, may hold anything.
fn cpu(stat: &str) -> anyhow::Result<Duration> {
    let (_, fields) = stat.rsplit_once(')').context("/proc/<pid>/stat has another form")?;
    let ticks = fields.split_whitespace().skip(11).take(2).map(str::parse::<u64>);
    let ticks: u64 = ticks.sum::<Result<_, _>>()?;
    Ok(Duration::from_millis(ticks * 1000 / TICKS_PER_SECOND))
}

fn peak(status: &str) -> anyhow::Result<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("no VmHWM in /proc/<pid>/status")?;
    Ok(line.trim().trim_end_matches("kB").trim().parse()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_tables_are_read_whatever_the_process_is_called() {
        let stat = "4242 (a) b (c) S 1 2 3 4 5 6 7 8 9 10 150 25 999 999 20 0 3 0";
        assert_eq!(cpu(stat).unwrap(), Duration::from_millis(1750));
        assert_eq!(peak("Name:\tx\nVmPeak:\t  900 kB\nVmHWM:\t   1234 kB\nVmRSS:\t 99 kB\n").unwrap(), 1234);
        assert!(cpu("").is_err() && peak("").is_err());
    }

    #[test]
    fn this_process_has_used_something() {
        assert!(Usage::of(std::process::id()).unwrap().peak_kibibytes > 100);
    }
}
