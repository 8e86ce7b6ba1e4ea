//! This exists to say how a node is set up: defaults, then a file, then the environment, then flags;
//! and to say of each setting where it comes from.

mod peer;
mod reference;

pub use peer::{PeerAddress, PeerAddressError};
pub use reference::{REFERENCE, reference};

use crate::api::{ApiOptions, Share};
use crate::live::{LiveOptions, NetworkOptions, QueueLimits, SnapshotRule};
use crate::logs;
use figment::providers::{Env, Format, Serialized, Toml};
use figment::value::{Dict, Map};
use figment::{Figment, Metadata, Profile, Provider};
use linli_ledger::contract::Rulebook;
use linli_ledger::genesis::{Genesis, Keys};
use linli_network::NetworkKey;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// What variables of the environment begin with.
pub const PREFIX: &str = "LINLI_";

/// For whom a node runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Network {
    /// A chain with demonstration keys is welcome.
    Demonstration,
    /// A chain with demonstration keys is refused.
    Real,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object per line.
    Json,
}

/// Every setting of a node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Where the chain and all else of the node lies.
    pub folder: PathBuf,
    /// For whom it runs.
    pub network: Network,
    /// The genesis of a new chain, as JSON; a chain that is there has its own.
    pub genesis: Option<PathBuf>,
    /// The file with the validator's key; without one the node does not vote.
    pub validator_key: Option<PathBuf>,
    /// The file with the passphrase of its keys; without one it is asked for.
    pub passphrase_file: Option<PathBuf>,
    /// The file with the network key; without one the node is alone.
    pub network_key: Option<PathBuf>,
    /// Where other nodes connect; without it this one only dials.
    pub listen: Option<SocketAddr>,
    /// Where other nodes listen.
    pub peers: Vec<PeerAddress>,
    /// Whether a node that has no chain yet takes it by certificates and snapshot.
    pub join_by_snapshot: bool,
    /// Where the interface is served.
    pub api: SocketAddr,
    /// Where health and metrics are served; nobody else should reach it.
    pub admin: SocketAddr,
    /// What addresses begin with for clients, where a proxy stands before this node.
    pub public_address: Option<String>,
    /// Seconds without a block after which an empty one is made; 0 for never.
    pub heartbeat_seconds: u64,
    /// Transactions that may wait.
    pub queue_transactions: usize,
    /// Their bytes.
    pub queue_bytes: usize,
    /// A snapshot is written after this many transactions, …
    pub snapshot_receipts: u64,
    /// … or blocks, …
    pub snapshot_blocks: u64,
    /// … but not more often than this.
    pub snapshot_seconds: u64,
    /// With less room than this on its disk the node takes nothing new.
    pub reserve_bytes: u64,
    /// Requests that one address, and one key, may send each second in the long run, …
    pub requests_per_second: NonZeroU32,
    /// … and at once.
    pub requests_at_once: NonZeroU32,
    /// What is logged: `error`, `warn`, `info`, `debug`, or a filter such as `info,linli_node=debug`.
    pub log: String,
    /// How log lines look.
    pub log_format: LogFormat,
}

impl Default for Settings {
    fn default() -> Self {
        let (queue, snapshots) = (QueueLimits::default(), SnapshotRule::default());
        let share = Share::default();
        Self {
            folder: ".linli/node".into(),
            network: Network::Demonstration,
            genesis: None,
            validator_key: None,
            passphrase_file: None,
            network_key: None,
            listen: None,
            peers: Vec::new(),
            join_by_snapshot: false,
            api: SocketAddr::from(([127, 0, 0, 1], 8640)),
            admin: SocketAddr::from(([127, 0, 0, 1], 8641)),
            public_address: None,
            heartbeat_seconds: 600,
            queue_transactions: queue.transactions,
            queue_bytes: queue.bytes,
            snapshot_receipts: snapshots.receipts,
            snapshot_blocks: snapshots.blocks,
            snapshot_seconds: snapshots.interval.as_secs(),
            reserve_bytes: 64 * 1024 * 1024,
            requests_per_second: share.per_second,
            requests_at_once: share.burst,
            log: logs::DEFAULT.into(),
            log_format: LogFormat::Text,
        }
    }
}

/// Why the settings are no good.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file, a variable or a flag cannot be understood.
    #[error("{0}")]
    Read(Box<figment::Error>),
    /// A value is out of its range.
    #[error("{name} is {value}: {why}")]
    Range {
        /// The setting.
        name: &'static str,
        /// Its value.
        value: String,
        /// What is wrong with it.
        why: &'static str,
    },
}

/// Settings, and where each comes from.
#[derive(Clone, Debug)]
pub struct Config {
    /// The settings.
    pub settings: Settings,
    /// Name, value, origin.
    pub origins: Vec<(String, String, String)>,
}

/// Puts the settings together: defaults, the file if one is given, the environment, flags by name.
///
/// # Errors
/// In this order: [`ConfigError::Read`], [`ConfigError::Range`].
pub fn load(
    file: Option<&Path>,
    flags: &BTreeMap<&'static str, String>,
) -> Result<Config, ConfigError> {
    let names: Vec<&str> = REFERENCE.iter().map(|(name, ..)| *name).collect();
    let mut figment = Figment::from(Serialized::defaults(Settings::default()));
    if let Some(file) = file {
        figment = figment.merge(Toml::file_exact(file));
    }
    // Other programs have variables with this prefix too.
    figment = figment.merge(Env::prefixed(PREFIX).only(&names));
    figment = figment.merge(Flags(flags));
    let settings: Settings =
        figment.extract().map_err(|error| ConfigError::Read(Box::new(error)))?;
    check(&settings)?;
    let value = serde_json::to_value(&settings).unwrap_or_default();
    let origins = names
        .iter()
        .map(|name| {
            let shown = value.get(name).map(ToString::to_string).unwrap_or_default();
            (name.to_string(), shown, origin(&figment, name))
        })
        .collect();
    Ok(Config { settings, origins })
}

/// What flags say, by the names of settings.
struct Flags<'a>(&'a BTreeMap<&'static str, String>);

impl Provider for Flags<'_> {
    fn metadata(&self) -> Metadata {
        Metadata::named("a flag")
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        Serialized::defaults(self.0).data()
    }
}

fn origin(figment: &Figment, name: &str) -> String {
    let Some(metadata) = figment.find_metadata(name) else { return "default".into() };
    match &metadata.source {
        Some(figment::Source::File(path)) => path.display().to_string(),
        Some(_) | None if metadata.name.contains("environment") => {
            format!("{PREFIX}{}", name.to_uppercase())
        }
        Some(_) | None if metadata.name == "a flag" => "flag".into(),
        Some(_) | None => "default".into(),
    }
}

/// Whether settings can be right together.
///
/// # Errors
/// [`ConfigError::Range`].
pub(crate) fn check(settings: &Settings) -> Result<(), ConfigError> {
    let range = |name, value: &dyn std::fmt::Display, why| {
        Err(ConfigError::Range { name, value: value.to_string(), why })
    };
    if settings.queue_transactions == 0 {
        return range("queue_transactions", &settings.queue_transactions, "nothing could wait");
    }
    let least = linli_ledger::limits::TRANSACTION_BYTES_MAX * 2;
    if settings.queue_bytes < least {
        return range("queue_bytes", &settings.queue_bytes, "one large transaction takes 131072");
    }
    if settings.snapshot_receipts == 0 || settings.snapshot_blocks == 0 {
        return range("snapshot_receipts", &0, "a snapshot is of at least one block");
    }
    if settings.api == settings.admin && settings.api.port() != 0 {
        return range("admin", &settings.admin, "it must be another address than api");
    }
    if let Some(listen) = settings.listen {
        if settings.network_key.is_none() {
            return range("listen", &listen, "only a node with a network_key listens for others");
        }
        if [settings.api, settings.admin].contains(&listen) && listen.port() != 0 {
            return range("listen", &listen, "it must be another address than api and admin");
        }
    }
    if settings.join_by_snapshot && settings.peers.is_empty() {
        return range("join_by_snapshot", &true, "there are no peers to ask");
    }
    if let (Some(peer), None) = (settings.peers.first(), &settings.network_key) {
        return range("peers", peer, "only a node with a network_key dials others");
    }
    Ok(())
}

impl Settings {
    /// The options of a node that only shows the chain; the caller adds keys.
    pub fn live(&self, genesis: Genesis, rulebook: Arc<Rulebook>) -> LiveOptions {
        let heartbeat =
            (self.heartbeat_seconds > 0).then(|| Duration::from_secs(self.heartbeat_seconds));
        LiveOptions {
            heartbeat,
            queue: QueueLimits { transactions: self.queue_transactions, bytes: self.queue_bytes },
            snapshots: SnapshotRule {
                receipts: self.snapshot_receipts,
                blocks: self.snapshot_blocks,
                interval: Duration::from_secs(self.snapshot_seconds),
            },
            reserve: self.reserve_bytes,
            join_by_snapshot: self.join_by_snapshot,
            ..LiveOptions::new(self.folder.clone(), genesis, rulebook)
        }
    }

    /// How a node with this key meets the others.
    pub fn network(&self, key: NetworkKey) -> NetworkOptions {
        let mut addresses = BTreeMap::<_, Vec<_>>::new();
        for PeerAddress { key, address } in &self.peers {
            addresses.entry(*key).or_default().push(address.clone());
        }
        NetworkOptions { key, listen: self.listen, addresses }
    }

    /// The options of the interface.
    pub fn interface(&self) -> ApiOptions {
        let share = Share { per_second: self.requests_per_second, burst: self.requests_at_once };
        ApiOptions { share, public_address: self.public_address.clone(), ..ApiOptions::default() }
    }

    /// Whether a chain may be run with these settings: LED-7.3.
    pub fn admits(&self, genesis: &Genesis) -> bool {
        match (self.network, genesis.keys) {
            (Network::Real, Keys::Demonstration) => false,
            (Network::Real | Network::Demonstration, Keys::Real | Keys::Demonstration) => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_names_every_setting_and_is_itself_a_file() {
        let value = serde_json::to_value(Settings::default()).unwrap();
        let fields: Vec<_> = value.as_object().unwrap().keys().cloned().collect();
        let mut named: Vec<_> = REFERENCE.iter().map(|(name, ..)| name.to_string()).collect();
        named.sort();
        assert_eq!(fields, named);
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("node.toml");
        std::fs::write(&file, reference()).unwrap();
        assert_eq!(load(Some(&file), &BTreeMap::new()).unwrap().settings, Settings::default());
    }

    #[test]
    fn a_flag_wins_over_the_file_and_both_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("node.toml");
        std::fs::write(&file, "log = \"debug\"\nqueue_transactions = 7\n").unwrap();
        let flags = BTreeMap::from([("log", "warn".to_owned())]);
        let config = load(Some(&file), &flags).unwrap();
        assert_eq!((config.settings.log.as_str(), config.settings.queue_transactions), ("warn", 7));
        let origin =
            |name: &str| config.origins.iter().find(|(found, ..)| found == name).unwrap().2.clone();
        assert_eq!(origin("log"), "flag");
        assert!(origin("queue_transactions").ends_with("node.toml"));
        assert_eq!(origin("api"), "default");
    }

    #[test]
    fn the_share_of_a_client_is_what_the_settings_say() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("node.toml");
        std::fs::write(&file, "requests_at_once = 7\n").unwrap();
        let share = load(Some(&file), &BTreeMap::new()).unwrap().settings.interface().share;
        assert_eq!((share.per_second, share.burst.get()), (Share::default().per_second, 7));
    }

    #[test]
    fn a_node_with_a_network_key_has_its_peers_by_key() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("node.toml");
        let (one, other) = ("01".repeat(32), "02".repeat(32));
        let text = format!(
            "network_key = \"network.key\"\nlisten = \"0.0.0.0:8642\"\n\
             peers = [\"{one}@a:1\", \"{other}@b:2\", \"{one}@[::1]:3\"]\n"
        );
        std::fs::write(&file, text).unwrap();
        let settings = load(Some(&file), &BTreeMap::new()).unwrap().settings;
        let key = NetworkKey::from_seed(&[9; 32]);
        let network = settings.network(key);
        assert_eq!(network.listen, "0.0.0.0:8642".parse().ok());
        let all: Vec<_> = network.addresses.into_values().collect();
        assert_eq!(all, [vec!["a:1".to_owned(), "[::1]:3".to_owned()], vec!["b:2".to_owned()]]);
        std::fs::write(&file, format!("peers = [\"{one}@a:1\"]")).unwrap();
        let error = load(Some(&file), &BTreeMap::new()).unwrap_err().to_string();
        assert!(error.contains("peers is") && error.contains("network_key"), "{error}");
    }

    #[test]
    fn what_cannot_be_right_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("node.toml");
        for (text, name) in [
            ("no_such_setting = 1", "no_such_setting"),
            ("api = \"everywhere\"", "api"),
            ("queue_transactions = 0", "queue_transactions"),
            ("queue_bytes = 9", "queue_bytes"),
            ("requests_per_second = 0", "requests_per_second"),
            ("admin = \"127.0.0.1:8640\"", "admin"),
            ("network = \"both\"", "network"),
            ("listen = \"0.0.0.0:8642\"", "listen"),
            ("network_key = \"k\"\nlisten = \"127.0.0.1:8640\"", "listen"),
            ("network_key = \"k\"\npeers = [\"somewhere:8642\"]", "peers"),
            ("join_by_snapshot = true", "join_by_snapshot"),
            ("log = [", "TOML"),
        ] {
            std::fs::write(&file, text).unwrap();
            let error = load(Some(&file), &BTreeMap::new()).unwrap_err().to_string();
            assert!(error.contains(name), "{text}: {error}");
        }
        assert!(load(Some(&folder.path().join("none.toml")), &BTreeMap::new()).is_err());
    }
}
