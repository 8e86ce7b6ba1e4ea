//! This exists to be the hand of a person: `linli` runs an office's files, audits, traces, explains.

mod cli;
mod example;
mod explain;
mod failure;
mod import;
mod naming;
mod progress;
mod report;
mod run;
mod summary;
mod texts;
mod trace;

use clap::Parser;
use cli::{Arguments, Command};
use linli_verify::{Language, Output, Said};
use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let language = language(arguments.lang.as_deref());
    let said = dispatch(&arguments, language);
    // A closed pipe is the reader's choice, not an error.
    let _ = std::io::stdout().write_all(said.output.as_bytes());
    let _ = std::io::stderr().write_all(said.error.as_bytes());
    ExitCode::from(said.exit)
}

fn dispatch(arguments: &Arguments, language: Language) -> Said {
    let output = arguments.output;
    let mut bar = progress::Bar::new(arguments.quiet || output == Output::Json);
    match &arguments.command {
        Command::Run(run) => run::command(run, language, output, &mut bar),
        Command::Audit(audit) => {
            let said =
                linli_verify::run(audit, output, language, &mut |done, total| bar.set(done, total));
            bar.finish();
            said
        }
        Command::Example(example) => example::command(example, language, output, &mut bar),
        Command::Trace(trace) => trace::command(trace, language, output),
        Command::Explain { code } => explain::explain(code.as_deref(), language, output),
    }
}

/// The language that was asked for, or that of the environment.
fn language(flag: Option<&str>) -> Language {
    match flag {
        Some(tag) => Language::of(tag),
        None => Language::of_environment(),
    }
}
