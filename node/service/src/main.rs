//! This exists to be `linlid`, the program of a node's operator.

use clap::Parser;
use linli_service::command::{Arguments, run};
use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    let said = run(&Arguments::parse());
    // A closed pipe is the reader's choice, not an error.
    let _ = std::io::stdout().write_all(said.output.as_bytes());
    let _ = std::io::stderr().write_all(said.error.as_bytes());
    ExitCode::from(said.exit)
}
