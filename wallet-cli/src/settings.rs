//! This exists to remember what somebody would otherwise type each time: which node, which language, which
//! form. A flag wins over the environment, that over the file, that over the default.

use crate::failure::Failure;
use crate::keys::private_file;
use clap::parser::ValueSource;
use clap::{ArgMatches, Command};
use linli_ledger::code::Code;
use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The file, in the folder of keys.
const FILE: &str = "config.json";

/// What is remembered; what is not is as by default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// Address of a node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) node: Option<String>,
    /// Language of the output.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) lang: Option<String>,
    /// Form of the output.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) output: Option<String>,
    /// Seconds to wait for a node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) timeout: Option<u64>,
}

/// A setting: its name, its value, and where that comes from.
pub(crate) type Origin = (&'static str, String, String);

/// What can be set, by the names of the flags.
pub(crate) const NAMES: [&str; 4] = ["node", "lang", "output", "timeout"];

/// Where settings lie.
pub(crate) fn file(home: &Path) -> PathBuf {
    home.join(FILE)
}

/// The folder of keys that the command line asks for, before it is understood.
pub(crate) fn home_of(arguments: &[OsString]) -> Option<PathBuf> {
    let joined = arguments.iter().find_map(|text| {
        text.to_str().and_then(|text| text.strip_prefix("--home=")).map(PathBuf::from)
    });
    let after = arguments.windows(2).find_map(|pair| match pair {
        [flag, home] if flag == "--home" => Some(PathBuf::from(home)),
        _ => None,
    });
    let variable = || std::env::var_os("LINLI_HOME").map(PathBuf::from);
    let own = || std::env::home_dir().map(|home| home.join(".linli"));
    joined.or(after).or_else(variable).or_else(own)
}

impl Settings {
    /// What is remembered in a folder; nothing, if there is no file.
    ///
    /// # Errors
    /// [`Code::Configuration`] for a file that is none.
    pub(crate) fn load(home: &Path) -> Result<Self, Failure> {
        let path = file(home);
        let wrong = |error: &dyn std::fmt::Display| {
            let detail = crate::reading::clean(&error.to_string());
            Failure::new(Code::Configuration, format!("{}: {detail}", path.display()))
        };
        match std::fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| wrong(&error)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(wrong(&error)),
        }
    }

    /// Remembers, for its owner only.
    ///
    /// # Errors
    /// Those of the system.
    pub(crate) fn save(&self, home: &Path) -> Result<(), Failure> {
        private_file::folder(home)?;
        let text = serde_json::to_string_pretty(self).unwrap_or_default() + "\n";
        private_file::replace(&file(home), text.as_bytes())
    }

    /// The value of a setting, as it is typed.
    fn value(&self, name: &str) -> Option<String> {
        match name {
            "node" => self.node.clone(),
            "lang" => self.lang.clone(),
            "output" => self.output.clone(),
            "timeout" => self.timeout.map(|seconds| seconds.to_string()),
            _ => None,
        }
    }

    /// Puts what is remembered in the place of the defaults.
    pub(crate) fn apply(&self, mut command: Command) -> Command {
        for name in NAMES {
            if let Some(value) = self.value(name) {
                command = command.mut_arg(name, |arg| arg.default_value(value));
            }
        }
        command
    }

    /// Where the value of each setting comes from.
    pub(crate) fn origins(&self, matches: &ArgMatches, home: Option<&Path>) -> Vec<Origin> {
        let origin = |name: &'static str| {
            let raw = matches.get_raw(name).and_then(|mut values| values.next());
            let value = raw.map(|value| value.to_string_lossy().into_owned());
            let from = match matches.value_source(name) {
                Some(ValueSource::CommandLine) => format!("--{name}"),
                Some(ValueSource::EnvVariable) => format!("LINLI_{}", name.to_uppercase()),
                _ => match home.filter(|_| self.value(name).is_some()) {
                    Some(home) => file(home).display().to_string(),
                    None => "default".to_owned(),
                },
            };
            (name, value.unwrap_or_default(), from)
        };
        NAMES.map(origin).to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_remembered_is_read_again_and_what_is_none_is_refused() {
        let home = tempfile::tempdir().unwrap();
        assert_eq!(Settings::load(home.path()).unwrap(), Settings::default());
        let settings = Settings { timeout: Some(7), ..Settings::default() };
        settings.save(home.path()).unwrap();
        assert_eq!(Settings::load(home.path()).unwrap(), settings);
        for bad in ["", "7", "{\"nodes\":\"x\"}", "{\"timeout\":\"7\"}"] {
            std::fs::write(file(home.path()), bad).unwrap();
            assert_eq!(Settings::load(home.path()).unwrap_err().code, Code::Configuration, "{bad}");
        }
    }

    #[test]
    fn the_folder_is_known_before_anything_else() {
        let of = |line: &[&str]| {
            let line: Vec<_> = line.iter().map(OsString::from).collect();
            home_of(&line)
        };
        assert_eq!(of(&["linli", "--home", "a", "key"]), Some("a".into()));
        assert_eq!(of(&["linli", "key", "--home=b"]), Some("b".into()));
    }
}
