//! This exists to be the hand of a person: `linli` keeps keys, makes transactions, runs an office's
//! files, audits, traces, explains.

mod cli;
mod donations;
mod example;
mod explain;
mod failure;
mod help;
mod import;
mod keys;
mod listing;
mod naming;
mod online;
mod pages;
mod progress;
mod prompt;
mod qr;
mod reading;
mod report;
mod run;
mod session;
mod settings;
mod summary;
mod texts;
mod trace;
mod transaction;
mod verbs;

use clap::FromArgMatches;
use cli::{Arguments, Command, Form};
use failure::Failure;
use linli_ledger::code::Code;
use linli_verify::{Language, Output, Said};
use session::Session;
use settings::{Origin, Settings};
use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

/// Faster than the system's where one thread frees what another has made (ADR 0028).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let line: Vec<OsString> = std::env::args_os().collect();
    let said = answer(line);
    // A closed pipe is the reader's choice, not an error.
    let _ = std::io::stdout().write_all(said.output.as_bytes());
    let _ = std::io::stderr().write_all(said.error.as_bytes());
    ExitCode::from(said.exit)
}

fn answer(line: Vec<OsString>) -> Said {
    let home = settings::home_of(&line);
    let profile = settings::profile_of(&line);
    let loaded = home.as_deref().map_or_else(|| Ok(Settings::default()), Settings::load);
    let loaded = loaded.and_then(|settings| settings.with_profile(profile.clone()));
    let known = loaded.as_ref().ok().and_then(|settings| settings.value("lang"));
    let known = known.map(|(language, _)| language);
    let language = help::language_of(&line, known.as_deref());
    let settings = match loaded {
        Ok(settings) => settings,
        Err(failure) => return failure.said(language, Output::Table),
    };
    let matches = match help::command_with(language, &settings).try_get_matches_from(line) {
        Ok(matches) => matches,
        Err(error) => return help::said(&error, language),
    };
    match Arguments::from_arg_matches(&matches) {
        // Settings were chosen before the line was understood: what it says must be the same.
        Ok(arguments) if arguments.profile != profile => {
            let failure = Failure::new(Code::WrongUse, "--profile NAME");
            failure.said(language, arguments.output.output())
        }
        Ok(arguments) => {
            let origins = settings.origins(&matches, home.as_deref());
            dispatch(&arguments, language, &settings, &origins)
        }
        Err(error) => help::said(&error, language),
    }
}

fn dispatch(
    arguments: &Arguments,
    language: Language,
    settings: &Settings,
    origins: &[Origin],
) -> Said {
    let output = arguments.output.output();
    let mut bar = progress::Bar::new(arguments.quiet || output == Output::Json);
    // What a person does with keys, and perhaps with a node.
    let personal =
        |act: &dyn Fn(&Session) -> Result<String, Failure>| match Session::new(arguments, language)
            .and_then(|session| act(&session))
        {
            Ok(text) => {
                let text = match arguments.output {
                    Form::Jsonl => listing::lines(text),
                    Form::Table | Form::Json | Form::Csv => text,
                };
                Said { output: text, error: String::new(), exit: 0 }
            }
            Err(failure) => failure.said(language, output),
        };
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
        Command::Key(key) => personal(&|session| keys::run(key, session)),
        Command::Tx(tx) => personal(&|session| transaction::run(tx, session)),
        Command::Points(points) => personal(&|session| verbs::points::run(points, session)),
        Command::Activity(activity) => personal(&|session| verbs::activity::run(activity, session)),
        Command::Fund(fund) => personal(&|session| verbs::fund::run(fund, session)),
        Command::Payment(payment) => personal(&|session| verbs::fund::payments(payment, session)),
        Command::Account(account) => personal(&|session| verbs::account::run(account, session)),
        Command::Org(org) => personal(&|session| verbs::org::run(org, session)),
        Command::Block(block) => personal(&|session| verbs::block::run(block, session)),
        Command::Config(config) => {
            personal(&|session| verbs::config::run(config, session, settings.clone(), origins))
        }
        Command::Completions { shell } => personal(&|_| Ok(pages::completions(*shell, language))),
        Command::Man { folder } => personal(&|_| pages::manual(folder, language)),
    }
}
