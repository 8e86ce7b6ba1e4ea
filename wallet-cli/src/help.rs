//! This exists to show help, manual pages and wrong uses in one language, Chinese or English: clap knows
//! only one. The texts stand beside the arguments that they explain, in both languages (WAL-10).

use crate::cli::Arguments;
use crate::settings::Settings;
use crate::texts::{word, word_with};
use clap::builder::{Resettable, StyledStr};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, Command, CommandFactory};
use linli_verify::{Language, Said};
use std::fmt::Write as _;

/// What stands between the two languages of a text.
const BETWEEN: &str = " / ";
/// Wrong use of the command line.
const EXIT_USAGE: u8 = 2;

/// One language of a text that has both; all of a text that has one.
fn half(text: &str, language: Language) -> &str {
    match text.split_once(BETWEEN) {
        Some((english, chinese)) => language.pick(chinese, english),
        None => text,
    }
}

/// All commands, with their help in one language.
pub(crate) fn command(language: Language) -> Command {
    command_with(language, &Settings::default())
}

/// All commands, with their help in one language, and with what somebody remembered as defaults.
pub(crate) fn command_with(language: Language, settings: &Settings) -> Command {
    let version = Arg::new("version")
        .short('V')
        .long("version")
        .action(ArgAction::Version)
        .help(language.pick("显示版本", "Print the version"))
        .help_heading(options(language));
    let mut command = localised(settings.apply(Arguments::command()), language).arg(version);
    command.build();
    usages(&mut command, language);
    command
}

const fn options(language: Language) -> &'static str {
    match language {
        Language::Chinese => "选项",
        Language::English => "Options",
    }
}

fn localised(command: Command, language: Language) -> Command {
    let help = Arg::new("help")
        .short('h')
        .long("help")
        .action(ArgAction::Help)
        .help(language.pick("显示帮助", "Print help"))
        .help_heading(options(language));
    let said = |text: Option<&StyledStr>| -> Resettable<StyledStr> {
        text.map(|text| StyledStr::from(half(&text.to_string(), language).to_owned())).into()
    };
    let about = said(command.get_about());
    let after = said(command.get_after_help());
    let template = match language {
        Language::Chinese => "{about-with-newline}\n用法：{usage}\n\n{all-args}{after-help}",
        Language::English => "{about-with-newline}\nUsage: {usage}\n\n{all-args}{after-help}",
    };
    command
        .about(about)
        .long_about(Resettable::Reset)
        .after_help(after)
        .help_template(template)
        .disable_help_subcommand(true)
        .disable_help_flag(true)
        .disable_version_flag(true)
        .subcommand_help_heading(language.pick("命令", "Commands"))
        .subcommand_value_name(language.pick("命令", "COMMAND"))
        .mut_args(|arg| argument(arg, language))
        .mut_subcommands(|command| localised(command, language))
        .arg(help)
}

/// An argument with its help, and with what clap would say in English about its values.
fn argument(arg: Arg, language: Language) -> Arg {
    let mut text =
        half(&arg.get_help().map(ToString::to_string).unwrap_or_default(), language).to_owned();
    let values: Vec<_> = arg
        .get_possible_values()
        .iter()
        .filter(|_| arg.get_action().takes_values())
        .map(|value| value.get_name().to_owned())
        .collect();
    let mut add = |title: &str, what: String| {
        if !what.is_empty() {
            let _ = match language {
                Language::Chinese => write!(text, "［{title}：{what}］"),
                Language::English => write!(text, " [{title}: {what}]"),
            };
        }
    };
    add(language.pick("可选", "one of"), values.join(language.pick("、", ", ")));
    let defaults: Vec<_> =
        arg.get_default_values().iter().map(|value| value.to_string_lossy().into_owned()).collect();
    if arg.get_action().takes_values() {
        add(language.pick("默认", "default"), defaults.join(" "));
    }
    let variable = arg.get_env().map(|name| name.to_string_lossy().into_owned());
    add(language.pick("环境变量", "environment"), variable.unwrap_or_default());
    let heading = if arg.is_positional() {
        language.pick("参数", "Arguments").to_owned()
    } else {
        options(language).to_owned()
    };
    let takes = arg.get_action().takes_values();
    let arg = arg.help(text).long_help(Resettable::Reset).help_heading(heading);
    if takes { arg.hide_possible_values(true).hide_default_value(true).hide_env(true) } else { arg }
}

/// Writes how each command is used, in one language; after building, when each knows its whole name.
fn usages(command: &mut Command, language: Language) {
    if language == Language::Chinese {
        let usage = command.render_usage().to_string();
        let usage = usage.strip_prefix("Usage: ").unwrap_or(&usage).replace("[OPTIONS]", "[选项]");
        *command = std::mem::take(command).override_usage(usage);
    }
    command.get_subcommands_mut().for_each(|command| usages(command, language));
}

/// What clap says about a command line: help on standard output, wrong use on standard error.
pub(crate) fn said(error: &clap::Error, language: Language) -> Said {
    let text = error.render().to_string();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            Said { output: text, error: String::new(), exit: 0 }
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            Said { output: String::new(), error: text, exit: EXIT_USAGE }
        }
        _ => {
            let error = match language {
                Language::English => text,
                Language::Chinese => wrong_use(error),
            };
            Said { output: String::new(), error, exit: EXIT_USAGE }
        }
    }
}

/// A wrong use, in Chinese: which word, why, and what to do.
fn wrong_use(error: &clap::Error) -> String {
    let language = Language::Chinese;
    let value = |kind| error.get(kind).map(shown).unwrap_or_default();
    let argument = value(ContextKind::InvalidArg);
    let given = value(ContextKind::InvalidValue);
    let (message, what) = match error.kind() {
        ErrorKind::UnknownArgument => ("usage-unknown-argument", argument),
        ErrorKind::InvalidSubcommand => {
            ("usage-unknown-command", value(ContextKind::InvalidSubcommand))
        }
        ErrorKind::MissingRequiredArgument => ("usage-missing-argument", argument),
        ErrorKind::ArgumentConflict => ("usage-conflict", argument),
        ErrorKind::MissingSubcommand => ("usage-missing-command", String::new()),
        ErrorKind::InvalidValue | ErrorKind::ValueValidation if given.is_empty() => {
            ("usage-missing-value", argument)
        }
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            ("usage-wrong-value", format!("{argument}：{given}"))
        }
        _ => ("usage-wrong", argument),
    };
    let what = crate::reading::clean(&what);
    let mut text =
        format!("error[E_WRONG_USE]: {}\n", word_with(message, language, &[("what", what.into())]));
    let choices = value(ContextKind::ValidValue);
    let near = [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand]
        .into_iter()
        .map(value)
        .find(|near| !near.is_empty());
    if !choices.is_empty() {
        let said = word_with("usage-choices", language, &[("what", choices.into())]);
        let _ = writeln!(text, "  {said}");
    }
    if let Some(near) = near {
        let said = word_with("usage-near", language, &[("what", near.into())]);
        let _ = writeln!(text, "  {said}");
    }
    let _ = writeln!(text, "  怎么办: {}", word("usage-help", language));
    text
}

fn shown(value: &ContextValue) -> String {
    match value {
        ContextValue::String(text) => text.clone(),
        ContextValue::Strings(texts) => texts.join("、"),
        other => other.to_string(),
    }
}

/// The language that the command line asks for, before it is understood.
pub(crate) fn language_of(arguments: &[std::ffi::OsString], known: Option<&str>) -> Language {
    let texts: Vec<_> = arguments.iter().map(|text| text.to_string_lossy()).collect();
    let joined = texts.iter().find_map(|text| text.strip_prefix("--lang="));
    let after = texts.windows(2).find_map(|pair| match pair {
        [flag, tag] if flag == "--lang" => Some(tag.as_ref()),
        _ => None,
    });
    joined.or(after).or(known).map_or_else(Language::of_environment, Language::of)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_chinese(text: &str) -> bool {
        text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c))
    }

    fn walk(command: &Command, path: &str, check: &mut dyn FnMut(&str, &str)) {
        let path = format!("{path} {}", command.get_name());
        check(&path, &command.get_about().map(ToString::to_string).unwrap_or_default());
        for arg in command.get_arguments() {
            let text = arg.get_help().map(ToString::to_string).unwrap_or_default();
            check(&format!("{path} {}", arg.get_id()), &text);
        }
        command.get_subcommands().for_each(|command| walk(command, &path, check));
    }

    #[test]
    fn every_command_and_argument_has_a_text_in_both_languages() {
        let mut wrong = Vec::new();
        walk(&Arguments::command(), "", &mut |path, text| {
            let halves = text.split_once(BETWEEN);
            let good = halves.is_some_and(|(english, chinese)| {
                !english.is_empty() && !is_chinese(english) && is_chinese(chinese)
            });
            if !good {
                wrong.push(format!("{path}: {text}"));
            }
        });
        assert!(wrong.is_empty(), "write it as `English / 中文`:\n{}", wrong.join("\n"));
    }

    #[test]
    fn no_word_of_the_other_language_is_left_in_help() {
        fn helps(command: &mut Command, all: &mut Vec<String>) {
            all.push(command.render_long_help().to_string());
            command.get_subcommands_mut().for_each(|command| helps(command, all));
        }
        let mut chinese = Vec::new();
        helps(&mut command(Language::Chinese), &mut chinese);
        for help in &chinese {
            for word in
                ["Usage", "OPTIONS", "Options:", "Arguments:", "Commands:", "Print", "default"]
            {
                assert!(!help.contains(word), "{word} in\n{help}");
            }
            assert!(help.contains("用法：linli"), "{help}");
        }
        let mut english = Vec::new();
        helps(&mut command(Language::English), &mut english);
        for help in &english {
            assert!(!is_chinese(help), "{help}");
        }
        assert_eq!(english.len(), chinese.len());
    }

    #[test]
    fn a_wrong_use_is_explained_in_chinese() {
        for (line, expected) in [
            (vec!["linli", "key", "nwe"], "nwe"),
            (vec!["linli", "--nothing"], "--nothing"),
            (vec!["linli", "key", "new"], "NAME"),
            (vec!["linli", "-o", "xml", "key", "list"], "xml"),
            (vec!["linli", "key", "new", "me", "--words", "many"], "many"),
            (vec!["linli", "tx", "combine"], "FILES"),
            (vec!["linli", "tx", "show", "12"], "12"),
            (vec!["linli", "key", "new", "me", "--words"], "--words"),
        ] {
            let error = command(Language::Chinese).try_get_matches_from(&line).unwrap_err();
            let said = said(&error, Language::Chinese);
            assert_eq!((said.exit, said.output.as_str()), (EXIT_USAGE, ""), "{line:?}");
            assert!(said.error.contains(expected) && is_chinese(&said.error), "{}", said.error);
        }
    }

    #[test]
    fn the_language_is_known_before_anything_else() {
        let of = |line: &[&str]| {
            let line: Vec<_> = line.iter().map(std::ffi::OsString::from).collect();
            language_of(&line, Some("zh"))
        };
        assert_eq!(of(&["linli", "--lang", "en", "-h"]), Language::English);
        assert_eq!(of(&["linli", "--lang=en", "-h"]), Language::English);
        assert_eq!(of(&["linli", "-h"]), Language::Chinese, "as remembered");
    }
}
