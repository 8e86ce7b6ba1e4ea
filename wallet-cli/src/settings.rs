//! This exists to remember what somebody would otherwise type each time: which node, which language, which
//! form. A flag wins over the environment, that over the profile in use, that over what is remembered for all,
//! that over the default.

use crate::failure::Failure;
use clap::parser::ValueSource;
use clap::{ArgMatches, Command};
use linli_ledger::code::Code;
use linli_secrets::private_file;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The file, in the folder of keys.
const FILE: &str = "config.json";

/// What is remembered; what is not is as by default. A profile is the same again, under a name.
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
    /// The profile that is used where none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    profile: Option<String>,
    /// Other settings, by name; none of them has profiles of its own.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    profiles: BTreeMap<String, Settings>,
    /// The profile in force for this command.
    #[serde(skip)]
    in_force: Option<String>,
}

/// A setting: its name, its value, and where that comes from.
pub(crate) type Origin = (&'static str, String, String);

/// What can be set, by the names of the flags.
pub(crate) const NAMES: [&str; 4] = ["node", "lang", "output", "timeout"];

/// Where settings lie.
pub(crate) fn file(home: &Path) -> PathBuf {
    home.join(FILE)
}

/// What the command line gives a flag, before it is understood.
fn flag(arguments: &[OsString], names: &[&str]) -> Option<OsString> {
    let joined = arguments.iter().find_map(|text| {
        let text = text.to_str()?;
        let after = |name: &&str| text.strip_prefix(name).and_then(|text| text.strip_prefix('='));
        names.iter().find_map(after).map(OsString::from)
    });
    let after = || {
        arguments.windows(2).find_map(|pair| match pair {
            [name, value] if names.iter().any(|known| name == known) => Some(value.clone()),
            _ => None,
        })
    };
    joined.or_else(after)
}

/// The folder of keys that the command line asks for, before it is understood.
pub(crate) fn home_of(arguments: &[OsString]) -> Option<PathBuf> {
    let own = || std::env::home_dir().map(|home| home.join(".linli"));
    let named = flag(arguments, &["--home"]).or_else(|| std::env::var_os("LINLI_HOME"));
    named.map(PathBuf::from).or_else(own)
}

/// The profile that the command line asks for, before it is understood.
pub(crate) fn profile_of(arguments: &[OsString]) -> Option<String> {
    let named = flag(arguments, &["-p", "--profile"]);
    let named = named.or_else(|| std::env::var_os("LINLI_PROFILE"));
    named.map(|name| name.to_string_lossy().into_owned())
}

/// Whether a profile can be called this: letters and digits of any language, `-` and `_`.
fn is_name(name: &str) -> bool {
    let good = |c: char| c.is_alphanumeric() || "-_".contains(c);
    !name.is_empty() && name.chars().count() <= 32 && name.chars().all(good)
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
        let settings: Self = match std::fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| wrong(&error))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Self::default(),
            Err(error) => return Err(wrong(&error)),
        };
        let plain = |one: &Self| one.profile.is_none() && one.profiles.is_empty();
        let sound = settings.profiles.iter().all(|(name, one)| is_name(name) && plain(one));
        if sound { Ok(settings) } else { Err(wrong(&"profiles")) }
    }

    /// The same with a profile in force: the one that is named, else the one that is used.
    ///
    /// # Errors
    /// [`Code::Configuration`] for one that there is not, with those that there are.
    pub(crate) fn with_profile(mut self, named: Option<String>) -> Result<Self, Failure> {
        let chosen = named.or_else(|| self.profile.clone());
        if let Some(name) = chosen.as_ref().filter(|name| !self.profiles.contains_key(*name)) {
            return Err(self.unknown(name));
        }
        self.in_force = chosen;
        Ok(self)
    }

    fn unknown(&self, name: &str) -> Failure {
        let known: Vec<_> = self.profiles.keys().map(String::as_str).collect();
        let name = crate::reading::clean(name);
        Failure::new(Code::Configuration, format!("profile {name} ({})", known.join(" | ")))
    }

    /// The profile in force.
    pub(crate) fn profile(&self) -> Option<&str> {
        self.in_force.as_deref()
    }

    /// What is to be changed: the profile in force, else what is remembered for all.
    pub(crate) fn changing(&mut self) -> &mut Self {
        match self.in_force.clone() {
            Some(name) => self.profiles.entry(name).or_default(),
            None => self,
        }
    }

    /// A profile of a name that nothing else has, used from now on.
    ///
    /// # Errors
    /// [`Code::WrongUse`] for a name that is none or is taken.
    pub(crate) fn begin(&mut self, name: &str) -> Result<(), Failure> {
        if !is_name(name) {
            let name = crate::reading::clean(name);
            return Err(Failure::new(Code::WrongUse, format!("{name} (a-z, 0-9, -, _)")));
        }
        if self.profiles.contains_key(name) {
            return Err(Failure::new(Code::WrongUse, format!("linli -p {name} config set …")));
        }
        self.profiles.insert(name.to_owned(), Self::default());
        self.use_profile(Some(name))
    }

    /// Which profile is used from now on where none is named.
    ///
    /// # Errors
    /// [`Code::Configuration`] for one that there is not.
    pub(crate) fn use_profile(&mut self, name: Option<&str>) -> Result<(), Failure> {
        if let Some(name) = name.filter(|name| !self.profiles.contains_key(*name)) {
            return Err(self.unknown(name));
        }
        self.profile = name.map(ToOwned::to_owned);
        self.in_force.clone_from(&self.profile);
        Ok(())
    }

    /// Remembers, for its owner only.
    ///
    /// # Errors
    /// Those of the system.
    pub(crate) fn save(&self, home: &Path) -> Result<(), Failure> {
        private_file::folder(home)?;
        let text = serde_json::to_string_pretty(self).unwrap_or_default() + "\n";
        Ok(private_file::replace(&file(home), text.as_bytes())?)
    }

    fn own(&self, name: &str) -> Option<String> {
        match name {
            "node" => self.node.clone(),
            "lang" => self.lang.clone(),
            "output" => self.output.clone(),
            "timeout" => self.timeout.map(|seconds| seconds.to_string()),
            _ => None,
        }
    }

    /// The value of a setting, as it is typed, and the profile from which it is.
    pub(crate) fn value(&self, name: &str) -> Option<(String, Option<&str>)> {
        let profile = self.in_force.as_ref().and_then(|profile| {
            let value = self.profiles.get(profile)?.own(name)?;
            Some((value, Some(profile.as_str())))
        });
        profile.or_else(|| Some((self.own(name)?, None)))
    }

    /// Puts what is remembered in the place of the defaults.
    pub(crate) fn apply(&self, mut command: Command) -> Command {
        for name in NAMES {
            if let Some((value, _)) = self.value(name) {
                command = command.mut_arg(name, |arg| arg.default_value(value));
            }
        }
        command
    }

    /// The profile in force, then each setting, with where the value comes from.
    pub(crate) fn origins(&self, matches: &ArgMatches, home: Option<&Path>) -> Vec<Origin> {
        let given = |name: &str| match matches.value_source(name) {
            Some(ValueSource::CommandLine) => Some(format!("--{name}")),
            Some(ValueSource::EnvVariable) => Some(format!("LINLI_{}", name.to_uppercase())),
            _ => None,
        };
        let file = || home.map(|home| file(home).display().to_string()).unwrap_or_default();
        let profile = self
            .in_force
            .iter()
            .map(|profile| ("profile", profile.clone(), given("profile").unwrap_or_else(file)));
        let setting = |name: &'static str| {
            let raw = matches.get_raw(name).and_then(|mut values| values.next());
            let value = raw.map(|value| value.to_string_lossy().into_owned());
            let remembered = || match self.value(name) {
                Some((_, None)) => file(),
                Some((_, Some(profile))) => format!("{} ({profile})", file()),
                None => "default".to_owned(),
            };
            (name, value.unwrap_or_default(), given(name).unwrap_or_else(remembered))
        };
        profile.chain(NAMES.map(setting)).collect()
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
        let nested = r#"{"profiles":{"a":{"profiles":{"b":{}}}}}"#;
        let unnamed = r#"{"profiles":{" ":{}}}"#;
        for bad in ["", "7", "{\"nodes\":\"x\"}", "{\"timeout\":\"7\"}", nested, unnamed] {
            std::fs::write(file(home.path()), bad).unwrap();
            assert_eq!(Settings::load(home.path()).unwrap_err().code, Code::Configuration, "{bad}");
        }
    }

    #[test]
    fn a_profile_wins_over_what_is_remembered_for_all() {
        let mut settings = Settings { timeout: Some(7), ..Settings::default() };
        settings.changing().lang = Some("en".into());
        settings.begin("office").unwrap();
        settings.changing().timeout = Some(9);
        assert_eq!(settings.value("timeout"), Some(("9".into(), Some("office"))));
        assert_eq!(settings.value("lang"), Some(("en".into(), None)));
        assert_eq!(settings.value("node"), None);
        let again = settings.clone().with_profile(Some("office".into())).unwrap();
        assert_eq!(again, settings);
        settings.use_profile(None).unwrap();
        assert_eq!(settings.value("timeout"), Some(("7".into(), None)));
        let unknown = settings.clone().with_profile(Some("home".into())).unwrap_err();
        assert_eq!(unknown.code, Code::Configuration);
        for bad in ["office", "", "a b", "../x"] {
            assert_eq!(settings.begin(bad).unwrap_err().code, Code::WrongUse, "{bad}");
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
