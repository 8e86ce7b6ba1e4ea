//! This exists to prepare one machine of an organisation: its keys, the settings of its node, and the card
//! for whoever puts the genesis together. Nothing that is there is ever overwritten.

use super::{FoundingError, create, disk};
use crate::config::Network;
use crate::key_file::{self, AtRest, KeyFileError};
use linli_ledger::crypto::{BusinessKey, Card, ConsensusKey, SignedCard};
use linli_ledger::genesis::{Keys, OrganisationKind};
use linli_network::NetworkKey;
use linli_secrets::{KeyKind, SecretError, private_file};
use secrecy::SecretString;
use secrecy::zeroize::Zeroizing;
use serde_json::json;
use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

/// The names of what is made in the folder.
pub const VALIDATOR_KEY: &str = "validator.key";
/// The network key.
pub const NETWORK_KEY: &str = "network.key";
/// The business key of the organisation.
pub const ORGANISATION_KEY: &str = "organisation.key";
/// The card.
pub const CARD: &str = "card.json";
/// The settings.
pub const SETTINGS: &str = "node.toml";
/// Where the genesis is expected.
pub const GENESIS: &str = "genesis.json";

/// What a node does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Duty {
    /// It votes.
    Validator,
    /// It follows.
    Observer,
}

/// Where the business key of the organisation comes from.
#[derive(Clone, Debug)]
pub enum Business {
    /// A new one is made.
    New,
    /// It is in a file already: the organisation's second node.
    In(PathBuf),
}

/// A secret, and whether it is to be written.
type Secret = Zeroizing<[u8; 32]>;

/// What is prepared.
#[derive(Clone, Debug)]
pub struct Preparation {
    /// Where.
    pub folder: PathBuf,
    /// The name of the organisation.
    pub name: String,
    /// What it is.
    pub kind: OrganisationKind,
    /// What the node does.
    pub duty: Duty,
    /// Where other nodes reach it.
    pub address: Option<String>,
    /// Its organisation's key.
    pub business: Business,
    /// Under which the keys are sealed; without one they lie there plainly, and are for demonstrations.
    pub passphrase: Option<SecretString>,
}

impl Preparation {
    /// Makes keys, settings and card.
    ///
    /// # Errors
    /// In this order: [`FoundingError::Card`] for a name or an address; [`FoundingError::Exists`];
    /// [`FoundingError::KeyFile`] for the file of the organisation's key; [`FoundingError::Randomness`];
    /// [`FoundingError::Disk`].
    pub fn prepare(&self) -> Result<SignedCard, FoundingError> {
        let folder = std::path::absolute(&self.folder).map_err(disk(&self.folder))?;
        let (validator, node) = (self.new_validator()?, random()?);
        self.card(&random()?, validator.as_ref(), &node).check()?;
        let mut names = vec![NETWORK_KEY, CARD, SETTINGS];
        names.extend(validator.is_some().then_some(VALIDATOR_KEY));
        names.extend(matches!(self.business, Business::New).then_some(ORGANISATION_KEY));
        for name in names {
            let path = folder.join(name);
            if path.exists() {
                return Err(FoundingError::Exists { path });
            }
        }
        let organisation = self.organisation()?;
        private_file::folder(&folder).map_err(KeyFileError::from)?;
        let keep = |name: &str, kind, secret: &Secret| {
            key_file::write(&folder.join(name), kind, secret, self.passphrase.as_ref())
        };
        if let Some(validator) = &validator {
            keep(VALIDATOR_KEY, KeyKind::Validator, validator)?;
        }
        keep(NETWORK_KEY, KeyKind::Network, &node)?;
        if matches!(self.business, Business::New) {
            keep(ORGANISATION_KEY, KeyKind::Business, &organisation)?;
        }
        create(&folder.join(SETTINGS), &self.settings(&folder))?;
        let card = self.card(&organisation, validator.as_ref(), &node);
        let signed = SignedCard {
            organisation: card.sign(&organisation),
            validator: validator.as_ref().map(|validator| card.sign(validator)),
            node: card.sign(&node),
            card,
        };
        let text = serde_json::to_string_pretty(&signed).unwrap_or_default() + "\n";
        create(&folder.join(CARD), &text)?;
        Ok(signed)
    }

    fn new_validator(&self) -> Result<Option<Secret>, FoundingError> {
        match self.duty {
            Duty::Validator => random().map(Some),
            Duty::Observer => Ok(None),
        }
    }

    fn organisation(&self) -> Result<Secret, FoundingError> {
        let Business::In(path) = &self.business else { return random() };
        let mut passphrase = || self.passphrase.clone().ok_or(SecretError::Passphrase);
        let (secret, at_rest) = key_file::read(path, KeyKind::Business, &mut passphrase)?;
        if self.passphrase.is_some() && at_rest == AtRest::Plain {
            return Err(KeyFileError::Plain { path: path.clone() }.into());
        }
        Ok(secret)
    }

    fn card(&self, organisation: &Secret, validator: Option<&Secret>, node: &Secret) -> Card {
        Card {
            name: self.name.clone(),
            kind: self.kind,
            keys: if self.passphrase.is_some() { Keys::Real } else { Keys::Demonstration },
            organisation: BusinessKey::from_seed(organisation).public(),
            validator: validator.map(|secret| ConsensusKey::from_seed(secret).public()),
            node: NetworkKey::from_seed(node).public(),
            address: self.address.clone(),
        }
    }

    fn settings(&self, folder: &Path) -> String {
        let network =
            if self.passphrase.is_some() { Network::Real } else { Network::Demonstration };
        let port = self.address.as_deref().and_then(|address| address.rsplit_once(':'));
        let port = port.and_then(|(_, port)| port.parse().ok());
        NodeFile {
            folder,
            network,
            duty: self.duty,
            listen: port.map(|port| SocketAddr::from((Ipv4Addr::UNSPECIFIED, port))),
            peers: &[],
            served: None,
        }
        .text()
    }
}

/// The settings of a node as a file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NodeFile<'a> {
    /// Where keys, genesis and chain lie.
    pub(crate) folder: &'a Path,
    /// For whom it runs.
    pub(crate) network: Network,
    /// What it does.
    pub(crate) duty: Duty,
    /// Where other nodes connect.
    pub(crate) listen: Option<SocketAddr>,
    /// Where other nodes listen, `KEY@host:port`.
    pub(crate) peers: &'a [String],
    /// Where interface and numbers are served, if not as always.
    pub(crate) served: Option<[SocketAddr; 2]>,
}

impl NodeFile<'_> {
    /// TOML; a JSON text is a TOML text as well.
    pub(crate) fn text(&self) -> String {
        let Self { folder, network, duty, listen, peers, served } = self;
        let mut text = String::from("# linlid --dir FOLDER start; linlid config reference\n");
        let at = |name: &str| json!(folder.join(name));
        let mut say = |name: &str, value: serde_json::Value| {
            let _ = writeln!(text, "{name} = {value}");
        };
        say("folder", json!(folder));
        say("network", json!(network));
        say("genesis", at(GENESIS));
        if *duty == Duty::Validator {
            say("validator_key", at(VALIDATOR_KEY));
        }
        say("network_key", at(NETWORK_KEY));
        if let Some(listen) = listen {
            say("listen", json!(listen));
        }
        say("peers", json!(peers));
        if let Some([api, admin]) = served {
            say("api", json!(api));
            say("admin", json!(admin));
        }
        text
    }
}

fn random() -> Result<Secret, FoundingError> {
    let mut secret = Zeroizing::new([0; 32]);
    getrandom::fill(secret.as_mut()).map_err(FoundingError::Randomness)?;
    Ok(secret)
}
