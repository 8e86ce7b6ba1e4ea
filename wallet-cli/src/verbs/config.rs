//! This exists to be the command `linli config`: what is remembered so that nobody types it each time.

use crate::failure::Failure;
use crate::listing::Listing;
use crate::session::Session;
use crate::settings::{Origin, Settings, file};
use crate::texts::{word, word_with};
use clap::{Args, Subcommand, ValueEnum};
use linli_ledger::code::Code;

#[derive(Subcommand, Debug)]
pub(crate) enum ConfigCommand {
    /// Show the settings and where each comes from / 显示设置，以及每一项来自哪里
    Show,
    /// Remember a setting / 记住一项设置
    Set(SetArguments),
    /// Forget a setting / 不再记住一项设置
    Unset(UnsetArguments),
    /// Where the settings lie / 设置文件在哪里
    Path,
}

/// What can be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Name {
    /// Address of a node.
    Node,
    /// Language of the output.
    Lang,
    /// Form of the output.
    Output,
    /// Seconds to wait for a node.
    Timeout,
}

/// Arguments of `config set`.
#[derive(Args, Debug)]
pub(crate) struct SetArguments {
    /// Which setting / 哪一项
    #[arg(value_enum)]
    name: Name,
    /// Its value, as after the flag of that name / 值，写法同命令行
    value: String,
}

/// Arguments of `config unset`.
#[derive(Args, Debug)]
pub(crate) struct UnsetArguments {
    /// Which setting / 哪一项
    #[arg(value_enum)]
    name: Name,
}

/// Runs `linli config`.
///
/// # Errors
/// [`Code::WrongUse`] for a value that the flag would not take; those of the system.
pub(crate) fn run(
    command: &ConfigCommand,
    session: &Session,
    origins: &[Origin],
) -> Result<String, Failure> {
    let path = file(&session.home);
    let language = session.language;
    let said = |message: &str| {
        let values = [("file", path.display().to_string().into())];
        Ok(format!("✓ {}\n", word_with(message, language, &values)))
    };
    match command {
        ConfigCommand::Show => {
            let mut listing = Listing::new(&[
                ("name", word("column-name", language)),
                ("value", word("column-value", language)),
                ("origin", word("column-source", language)),
            ]);
            for (name, value, origin) in origins {
                let cell = |text: &str| (text.to_owned(), text.to_owned());
                listing.row_shown([cell(name), cell(value), cell(origin)]);
            }
            Ok(listing.render(session, "nothing-here"))
        }
        ConfigCommand::Set(SetArguments { name, value }) => {
            let mut settings = Settings::load(&session.home)?;
            set(&mut settings, *name, Some(value))?;
            settings.save(&session.home)?;
            said("config-set")
        }
        ConfigCommand::Unset(UnsetArguments { name }) => {
            let mut settings = Settings::load(&session.home)?;
            set(&mut settings, *name, None)?;
            settings.save(&session.home)?;
            said("config-set")
        }
        ConfigCommand::Path => Ok(format!("{}\n", path.display())),
    }
}

fn set(settings: &mut Settings, name: Name, value: Option<&String>) -> Result<(), Failure> {
    let among = |value: &String, known: &[&str]| {
        if known.contains(&value.as_str()) {
            Ok(value.clone())
        } else {
            Err(Failure::new(Code::WrongUse, known.join(" | ")))
        }
    };
    match name {
        Name::Node => {
            let plain = |value: &String| {
                let is_address = value.starts_with("http://");
                let no = || Failure::new(Code::WrongUse, format!("{value} (http://…)"));
                is_address.then(|| value.clone()).ok_or_else(no)
            };
            settings.node = value.map(plain).transpose()?;
        }
        Name::Lang => {
            settings.lang = value.map(|value| among(value, &["zh", "en"])).transpose()?;
        }
        Name::Output => {
            let known = ["table", "json", "csv"];
            settings.output = value.map(|value| among(value, &known)).transpose()?;
        }
        Name::Timeout => {
            let seconds = |value: &String| {
                value
                    .parse()
                    .map_err(|_| Failure::new(Code::WrongUse, format!("{value} (1, 2, …)")))
            };
            settings.timeout = value.map(seconds).transpose()?;
        }
    }
    Ok(())
}
