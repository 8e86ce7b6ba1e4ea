//! This exists to be `linlid`, the program of a node's operator.

use clap::Parser;
use linli_service::command::{Arguments, run};
use std::io::Write;
use std::process::ExitCode;

/// What the allocator keeps of what was freed: one arena, and large blocks go back at once. A start frees
/// hundreds of megabytes. Source: ADR 0037.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const ALLOCATOR: [(&str, &str); 2] =
    [("MALLOC_ARENA_MAX", "1"), ("MALLOC_MMAP_THRESHOLD_", "65536")];

/// glibc asks for its settings only when a process begins: so this one begins again, as itself, unless
/// somebody has chosen them.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn begin_again() {
    use std::env;
    use std::os::unix::process::CommandExt;
    let missing = ALLOCATOR.into_iter().filter(|(name, _)| env::var_os(name).is_none());
    let missing: Vec<_> = missing.collect();
    let mut arguments = env::args_os();
    let (Ok(program), Some(name)) = (env::current_exe(), arguments.next()) else { return };
    if !missing.is_empty() {
        // It returns only where it fails; then all is as it was, but for some memory.
        let _ = std::process::Command::new(program).arg0(name).args(arguments).envs(missing).exec();
    }
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn begin_again() {}

fn main() -> ExitCode {
    begin_again();
    let said = run(&Arguments::parse());
    // A closed pipe is the reader's choice, not an error.
    let _ = std::io::stdout().write_all(said.output.as_bytes());
    let _ = std::io::stderr().write_all(said.error.as_bytes());
    ExitCode::from(said.exit)
}
