//! This exists to check a file without trusting anybody: `linli-verify FILE --genesis-hash H`.

use clap::{Parser, Subcommand};
use linli_verify::proof::{self, FileArguments};
use linli_verify::{AuditArguments, Language, Output, run};
use std::io::Write;
use std::process::ExitCode;

/// Checks a Linli proof or chain offline, against what you trust / 离线核对邻里账本的证明或整本账
///
/// Exit codes: 0 everything holds, 1 unreadable, 2 usage, 3 nothing there, 5 verification failed.
#[derive(Parser, Debug)]
#[command(version, args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
struct Arguments {
    /// For whom the output is / 输出格式
    #[arg(short, long, value_enum, default_value = "table", global = true)]
    output: Output,
    /// Language: zh or en / 语言
    #[arg(long, global = true)]
    lang: Option<String>,
    #[command(flatten)]
    file: FileArguments,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Check every link, signature, certificate, rule and root / 核对整条账本
    Audit(AuditArguments),
}

/// Faster than the system's where one thread frees what another has made (ADR 0028).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let language = arguments.lang.map_or_else(Language::of_environment, |tag| Language::of(&tag));
    let output = arguments.output;
    let said = match arguments.command {
        Some(Command::Audit(audit)) => run(&audit, output, language, &mut |_, _| {}),
        None => proof::run(&arguments.file, output, language, &mut |_, _| {}),
    };
    // A closed pipe is the reader's choice, not an error.
    let _ = std::io::stdout().write_all(said.output.as_bytes());
    let _ = std::io::stderr().write_all(said.error.as_bytes());
    ExitCode::from(said.exit)
}
