//! This exists to say on what was measured, and to look at this process from outside.

use std::process::Command;

const CHILD: &str = "LINLI_BENCH_CHILD";

/// The processor, how many threads, and the date are for `docs/performance.md`.
pub(crate) fn words() -> String {
    let cpuinfo = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpuinfo.lines().find_map(|line| line.strip_prefix("model name\t: "));
    let threads = rayon::current_num_threads();
    format!("{}, {threads} threads", model.unwrap_or("an unknown processor"))
}

/// How many transactions this process is to commit, if it was started for that alone.
pub(crate) fn scale_child() -> Option<u32> {
    std::env::var(CHILD).ok().map(|text| text.parse().expect("a number of transactions"))
}

/// Runs this program again for one purpose, so that its memory is only that.
pub(crate) fn start_scale_child(transactions: u32) {
    let own = std::env::current_exe().expect("a bench is a program");
    let status = Command::new(own).env(CHILD, transactions.to_string()).status();
    assert!(status.expect("it starts").success(), "the scaled run failed");
}

/// The most memory that this process ever had, in bytes.
pub(crate) fn peak_memory() -> Option<u64> {
    memory("self", "VmHWM:")
}

/// The memory that a process has now, in bytes.
pub(crate) fn memory_now(process: &str) -> Option<u64> {
    memory(process, "VmRSS:")
}

fn memory(process: &str, which: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(which))?;
    let kibibytes: u64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    Some(kibibytes * 1_024)
}
