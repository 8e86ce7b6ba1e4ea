//! This exists to hold what one command needs of its surroundings: language, form of the output, where
//! keys lie, which node, and whether anybody can be asked.

use crate::cli::{Arguments, Format};
use crate::failure::Failure;
use crate::keys::Store;
use linli_ledger::code::Code;
use linli_ledger::types::BlockTime;
use linli_verify::Language;
use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The surroundings of one command.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) language: Language,
    pub(crate) format: Format,
    pub(crate) home: PathBuf,
    pub(crate) node: String,
    pub(crate) timeout: Duration,
    /// Whether everything that would be asked is agreed to.
    pub(crate) yes: bool,
    /// Whether somebody can be asked.
    pub(crate) asks: bool,
}

impl Session {
    /// The surroundings that the arguments describe.
    ///
    /// # Errors
    /// [`Code::InputMissing`] if nothing says where keys lie.
    pub(crate) fn new(arguments: &Arguments, language: Language) -> Result<Self, Failure> {
        let home = match &arguments.home {
            Some(home) => home.clone(),
            None => std::env::home_dir()
                .ok_or_else(|| Failure::new(Code::InputMissing, "--home, LINLI_HOME"))?
                .join(".linli"),
        };
        Ok(Self {
            language,
            format: arguments.output.format(),
            home,
            node: arguments.node.trim_end_matches('/').to_owned(),
            timeout: Duration::from_secs(arguments.timeout),
            yes: arguments.yes,
            asks: !arguments.no_input && std::io::stdin().is_terminal(),
        })
    }

    /// The keys of this person.
    pub(crate) fn store(&self) -> Store {
        Store::new(&self.home)
    }
}

/// The clock of this machine.
pub(crate) fn now() -> BlockTime {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    BlockTime(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
