//! This exists to put a genesis together in one file: begin it, take cards in, name its hash.

use super::roster::Roster;
use super::{FoundingError, create, read, replace};
use linli_ledger::contract::Rulebook;
use linli_ledger::crypto::{PublicKey, SignedCard};
use linli_ledger::genesis::{Clock, GENESIS_VERSION, Genesis, Keys};
use linli_ledger::hash::Digest;
use linli_ledger::state::State;
use linli_ledger::types::{BlockTime, ContractId};
use std::collections::BTreeMap;
use std::path::Path;

pub use super::roster::Standing;

/// What is settled before the first card comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// A short name for people, ASCII.
    pub name: String,
    /// The time before the first block.
    pub time: BlockTime,
    /// Who holds the keys.
    pub keys: Keys,
    /// How many governing organisations must agree.
    pub threshold: u32,
    /// Parameters that differ from their defaults.
    pub parameters: BTreeMap<u16, u64>,
}

/// A genesis without anybody in it, with the newest version of every contract.
pub fn begin(terms: Terms, rulebook: &Rulebook) -> Genesis {
    // In order of version, so the newest stays.
    let contracts: BTreeMap<ContractId, u16> =
        rulebook.iter().map(|contract| (contract.id(), contract.version())).collect();
    Genesis {
        version: GENESIS_VERSION,
        name: terms.name,
        time: terms.time,
        clock: Clock::Real,
        keys: terms.keys,
        organisations: Vec::new(),
        governance: Vec::new(),
        governance_threshold: terms.threshold,
        validators: Vec::new(),
        nodes: Vec::new(),
        contracts: contracts.into_iter().collect(),
        parameters: terms.parameters.into_iter().collect(),
    }
}

/// Takes a card in that was verified ([`super::read_card`]).
///
/// # Errors
/// In this order: [`FoundingError::Demonstration`], [`FoundingError::Genesis`],
/// [`FoundingError::Otherwise`], [`FoundingError::Name`], [`FoundingError::Key`], [`FoundingError::Voteless`].
pub fn take(
    genesis: &mut Genesis,
    signed: &SignedCard,
    standing: Standing,
) -> Result<(), FoundingError> {
    let card = &signed.card;
    if genesis.keys == Keys::Real && card.keys == Keys::Demonstration {
        return Err(FoundingError::Demonstration { name: card.name.clone() });
    }
    let mut roster = Roster::of(genesis)?;
    roster.take(card, standing)?;
    roster.write(genesis);
    Ok(())
}

/// Reads a genesis, finished or not.
///
/// # Errors
/// In this order: [`FoundingError::Disk`], [`FoundingError::GenesisFile`].
pub fn load(path: &Path) -> Result<Genesis, FoundingError> {
    serde_json::from_slice(&read(path)?).map_err(|error| FoundingError::GenesisFile {
        path: path.to_owned(),
        why: error.to_string(),
    })
}

fn text(genesis: &Genesis) -> String {
    serde_json::to_string_pretty(genesis).unwrap_or_default() + "\n"
}

/// Writes a new genesis; one that is there already is left alone.
///
/// # Errors
/// [`FoundingError::Exists`], [`FoundingError::Disk`].
pub fn write_new(path: &Path, genesis: &Genesis) -> Result<(), FoundingError> {
    create(path, &text(genesis))
}

/// Writes a genesis again.
///
/// # Errors
/// [`FoundingError::Disk`].
pub fn write_again(path: &Path, genesis: &Genesis) -> Result<(), FoundingError> {
    replace(path, &text(genesis))
}

/// The hash that names the chain, of a genesis from which one can begin.
///
/// # Errors
/// [`FoundingError::Genesis`].
pub fn hash(genesis: &Genesis, rulebook: &Rulebook) -> Result<Digest, FoundingError> {
    State::from_genesis(genesis, rulebook)?;
    Ok(genesis.hash())
}

/// A hash in groups for reading aloud: four lines of four groups of four digits.
pub fn aloud(hash: &Digest) -> Vec<String> {
    let digits: Vec<char> = hash.to_hex().chars().collect();
    let groups: Vec<String> = digits.chunks(4).map(|group| group.iter().collect()).collect();
    groups.chunks(4).map(|line| line.join(" ")).collect()
}

/// The other nodes of a genesis that can be called, for the setting `peers` of each node.
///
/// # Errors
/// [`FoundingError::Absent`] for the card of a node that is not in the genesis.
pub fn peers(
    genesis: &Genesis,
    cards: &[SignedCard],
) -> Result<BTreeMap<PublicKey, String>, FoundingError> {
    let mut peers = BTreeMap::new();
    for SignedCard { card, .. } in cards {
        if !genesis.nodes.iter().any(|node| node.key == card.node) {
            return Err(FoundingError::Absent(card.node));
        }
        peers.extend(card.address.clone().map(|address| (card.node, address)));
    }
    Ok(peers)
}
