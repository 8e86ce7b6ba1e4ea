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
    /// Begin a profile, settings under a name, with the node and the flags given / 新建一组设置，记下节点和给出的选项
    Init(InitArguments),
    /// Use a profile from now on; without a name, none / 以后使用哪一组设置；不给名字则不用
    Use(UseArguments),
    /// Show the settings / 显示设置
    Show(ShowArguments),
    /// Remember a setting, in the profile in use if there is one / 记住一项设置；正在使用某一组时记在那一组里
    Set(SetArguments),
    /// Forget a setting / 不再记住一项设置
    Unset(UnsetArguments),
    /// Where the settings lie / 设置文件在哪里
    Path,
}

/// Arguments of `config init`.
#[derive(Args, Debug)]
pub(crate) struct InitArguments {
    /// Name of the profile, such as office / 这组设置的名字，例如 office、社区
    #[arg(value_name = "PROFILE")]
    name: String,
}

/// Arguments of `config use`.
#[derive(Args, Debug)]
pub(crate) struct UseArguments {
    /// Name of the profile / 这组设置的名字
    #[arg(value_name = "PROFILE")]
    name: Option<String>,
}

/// Arguments of `config show`.
#[derive(Args, Debug)]
pub(crate) struct ShowArguments {
    /// Also where each comes from / 同时显示每一项来自哪里
    #[arg(long)]
    origins: bool,
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
/// [`Code::WrongUse`] for a value that the flag would not take, or a name that is taken;
/// [`Code::Configuration`] for a profile that there is not; those of the system.
pub(crate) fn run(
    command: &ConfigCommand,
    session: &Session,
    settings: Settings,
    origins: &[Origin],
) -> Result<String, Failure> {
    match command {
        ConfigCommand::Init(InitArguments { name }) => init(name, session, settings, origins),
        ConfigCommand::Use(UseArguments { name }) => {
            let mut settings = settings;
            settings.use_profile(name.as_deref())?;
            remember(&settings, session)
        }
        ConfigCommand::Show(ShowArguments { origins: all }) => Ok(show(*all, session, origins)),
        ConfigCommand::Set(SetArguments { name, value }) => {
            change(settings, *name, Some(value), session)
        }
        ConfigCommand::Unset(UnsetArguments { name }) => change(settings, *name, None, session),
        ConfigCommand::Path => Ok(format!("{}\n", file(&session.home).display())),
    }
}

/// A new profile: the node in force, and what else was given.
fn init(
    profile: &str,
    session: &Session,
    mut settings: Settings,
    origins: &[Origin],
) -> Result<String, Failure> {
    settings.begin(profile)?;
    for (name, value, origin) in origins {
        let is_given = origin.starts_with("--") || origin.starts_with("LINLI_");
        let Some(name) =
            Name::from_str(name, false).ok().filter(|name| is_given || *name == Name::Node)
        else {
            continue;
        };
        set(settings.changing(), name, Some(value))?;
    }
    remember(&settings, session)
}

fn change(
    mut settings: Settings,
    name: Name,
    value: Option<&String>,
    session: &Session,
) -> Result<String, Failure> {
    set(settings.changing(), name, value)?;
    remember(&settings, session)
}

fn remember(settings: &Settings, session: &Session) -> Result<String, Failure> {
    settings.save(&session.home)?;
    let file = ("file", file(&session.home).display().to_string().into());
    let said = match settings.profile() {
        None => word_with("config-set", session.language, &[file]),
        Some(profile) => {
            let profile = ("profile", profile.to_owned().into());
            word_with("config-set-profile", session.language, &[file, profile])
        }
    };
    Ok(format!("✓ {said}\n"))
}

fn show(with_origins: bool, session: &Session, origins: &[Origin]) -> String {
    let language = session.language;
    let mut columns = vec![
        ("name", word("column-name", language)),
        ("value", word("column-value", language)),
        ("origin", word("column-source", language)),
    ];
    let shown = if with_origins { 3 } else { 2 };
    columns.truncate(shown);
    let mut listing = Listing::new(&columns);
    for (name, value, origin) in origins {
        let cell = |text: &str| (text.to_owned(), text.to_owned());
        let mut row = vec![cell(name), cell(value), cell(origin)];
        row.truncate(shown);
        listing.row(row);
    }
    listing.render(session, "nothing-here")
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
            let known = ["table", "json", "jsonl", "csv"];
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
