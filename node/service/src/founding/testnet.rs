//! This exists to lay out a whole network on one machine, to play with and to test: the organisations of
//! the demonstration, keys that everybody knows, a folder for each node.

use super::keys::{Duty, GENESIS, NETWORK_KEY, NodeFile, SETTINGS, VALIDATOR_KEY};
use super::{FoundingError, create, disk, draft};
use crate::config::Network;
use crate::dev::{self, SEED};
use crate::key_file::{self, KeyFileError};
use linli_ledger::crypto::{ConsensusKey, demonstration_secret};
use linli_ledger::genesis::{Clock, Genesis, GenesisNode, GenesisValidator};
use linli_ledger::types::BlockTime;
use linli_network::NetworkKey;
use linli_secrets::{KeyKind, private_file};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

/// As many nodes as one machine should run.
pub const NODES_MAX: u16 = 16;
/// Positions of the organisations of the demonstration that run a validator, in turn: office, foundation,
/// volunteers, regulator, then the others.
const RUNNING: [u32; 9] = [0, 6, 2, 8, 1, 3, 4, 5, 7];
/// The evaluator follows.
const OBSERVING: u32 = 7;
/// Ports of one node: interface, health and metrics, other nodes.
const PORTS: u16 = 3;
/// Between the first ports of two nodes, so that people can tell them apart.
const STEP: u16 = 10;

/// What is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// How many validators, 1 to [`NODES_MAX`].
    pub validators: u16,
    /// Whether there is an observer as well.
    pub observer: bool,
    /// The first port; 0 for any that are free.
    pub base_port: u16,
    /// The time before the first block.
    pub time: BlockTime,
}

/// A node of the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its name: `node0` and so on, `observer`.
    pub name: String,
    /// Its folder.
    pub folder: PathBuf,
    number: u16,
    duty: Duty,
    served: [SocketAddr; 2],
    listen: SocketAddr,
}

fn validator_secret(n: u16) -> [u8; 32] {
    demonstration_secret(SEED, &format!("validator {n}"))
}

fn network_secret(n: u16) -> [u8; 32] {
    demonstration_secret(SEED, &format!("node {n}"))
}

/// How the network begins.
pub fn genesis(layout: &Layout) -> Genesis {
    let validators = (0..layout.validators).zip(RUNNING.into_iter().cycle());
    let node = |n, organisation| {
        let key = NetworkKey::from_seed(&network_secret(n)).public();
        GenesisNode { key, organisation }
    };
    let mut nodes: Vec<_> = validators.clone().map(|(n, running)| node(n, running)).collect();
    nodes.extend(layout.observer.then(|| node(layout.validators, OBSERVING)));
    let validator = |(n, organisation)| GenesisValidator {
        key: ConsensusKey::from_seed(&validator_secret(n)).public(),
        organisation,
        power: 1,
    };
    Genesis {
        name: "testnet".into(),
        validators: validators.map(validator).collect(),
        nodes,
        ..dev::genesis(Clock::Real, layout.time)
    }
}

/// Lays a network out in a new or empty folder.
///
/// # Errors
/// In this order: [`FoundingError::Exists`], [`FoundingError::Ports`], [`FoundingError::Disk`],
/// [`FoundingError::KeyFile`].
pub fn lay_out(folder: &Path, layout: &Layout) -> Result<Vec<Place>, FoundingError> {
    let folder = std::path::absolute(folder).map_err(disk(folder))?;
    if std::fs::read_dir(&folder).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(FoundingError::Exists { path: folder });
    }
    let places = places(&folder, layout)?;
    let genesis = genesis(layout);
    for place in &places {
        let peer = |place: &Place| {
            let key = NetworkKey::from_seed(&network_secret(place.number)).public();
            format!("{key}@{}", place.listen)
        };
        let others = places.iter().filter(|other| other.name != place.name);
        place.write(&genesis, &others.map(peer).collect::<Vec<_>>())?;
    }
    Ok(places)
}

/// The folders of the nodes of a network that was laid out, in order.
pub fn find(folder: &Path) -> Vec<PathBuf> {
    let names = (0..NODES_MAX).map(|n| format!("node{n}")).chain(["observer".to_owned()]);
    let folders = names.map(|name| folder.join(name));
    folders.filter(|folder| folder.join(SETTINGS).is_file()).collect()
}

fn places(folder: &Path, layout: &Layout) -> Result<Vec<Place>, FoundingError> {
    let count = layout.validators + u16::from(layout.observer);
    let ports = ports(layout.base_port, count)?;
    let place = |(number, ports): (u16, [u16; 3])| {
        let is_observer = number == layout.validators;
        let name = if is_observer { "observer".to_owned() } else { format!("node{number}") };
        let [api, admin, listen] = ports.map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
        Place {
            folder: folder.join(&name),
            name,
            number,
            duty: if is_observer { Duty::Observer } else { Duty::Validator },
            served: [api, admin],
            listen,
        }
    };
    Ok((0..count).zip(ports).map(place).collect())
}

/// Three ports for each node: in steps from a first one, or any that nobody uses now.
fn ports(base: u16, count: u16) -> Result<Vec<[u16; 3]>, FoundingError> {
    if base == 0 {
        let wanted = usize::from(count * PORTS);
        let free: Vec<u16> = free_ports().take(wanted).collect();
        let groups = free.chunks_exact(3).filter_map(|ports| ports.try_into().ok());
        let groups: Vec<[u16; 3]> = groups.collect();
        return if groups.len() == usize::from(count) {
            Ok(groups)
        } else {
            Err(FoundingError::Ports)
        };
    }
    let group = |n: u16| {
        let first = n.checked_mul(STEP).and_then(|step| base.checked_add(step))?;
        Some([first, first.checked_add(1)?, first.checked_add(2)?])
    };
    (0..count).map(group).collect::<Option<_>>().ok_or(FoundingError::Ports)
}

/// Ports that nobody uses now, below those that systems give to whoever connects, so that a node finds its
/// own again after a restart.
fn free_ports() -> impl Iterator<Item = u16> {
    const FIRST: u16 = 20_000;
    const COUNT: u16 = 12_000;
    let begin = u16::try_from(std::process::id() * 61 % u32::from(COUNT)).unwrap_or_default();
    let candidates = (0..COUNT).map(move |n| FIRST + (begin + n) % COUNT);
    candidates.filter(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok())
}

impl Place {
    fn write(&self, genesis: &Genesis, peers: &[String]) -> Result<(), FoundingError> {
        let Self { folder, number, duty, served, listen, .. } = self;
        private_file::folder(folder).map_err(KeyFileError::from)?;
        let keep = |file: &str, kind, secret: &[u8; 32]| {
            key_file::write(&folder.join(file), kind, secret, None)
        };
        if *duty == Duty::Validator {
            keep(VALIDATOR_KEY, KeyKind::Validator, &validator_secret(*number))?;
        }
        keep(NETWORK_KEY, KeyKind::Network, &network_secret(*number))?;
        draft::write_new(&folder.join(GENESIS), genesis)?;
        let settings = NodeFile {
            folder,
            network: Network::Demonstration,
            duty: *duty,
            listen: Some(*listen),
            peers,
            served: Some(*served),
        };
        create(&folder.join(SETTINGS), &settings.text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;
    use linli_ledger::state::State;
    use std::collections::{BTreeMap, BTreeSet};

    #[test]
    fn every_size_of_network_is_one_that_can_begin() {
        let rulebook = linli_contracts::rulebook();
        for validators in 1..=NODES_MAX {
            for observer in [false, true] {
                let layout = Layout { validators, observer, base_port: 8640, time: BlockTime(7) };
                let genesis = genesis(&layout);
                State::from_genesis(&genesis, &rulebook).unwrap();
                let nodes = usize::from(validators) + usize::from(observer);
                assert_eq!(genesis.nodes.len(), nodes);
            }
        }
    }

    #[test]
    fn what_is_laid_out_is_settings_that_fit_each_other() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout { validators: 4, observer: true, base_port: 0, time: BlockTime(7) };
        let places = lay_out(folder.path(), &layout).unwrap();
        let found = find(folder.path());
        assert_eq!(found, places.iter().map(|place| place.folder.clone()).collect::<Vec<_>>());
        let mut used = BTreeSet::new();
        for folder in &found {
            let file = folder.join(SETTINGS);
            let settings = config::load(Some(&file), &BTreeMap::new()).unwrap().settings;
            assert_eq!(settings.peers.len(), 4);
            used.extend([settings.api, settings.admin, settings.listen.unwrap()].map(|a| a.port()));
            assert_eq!(settings.validator_key.is_some(), !folder.ends_with("observer"));
        }
        assert_eq!(used.len(), 15);
        assert!(matches!(lay_out(folder.path(), &layout), Err(FoundingError::Exists { .. })));
        let steps = ports(60_000, 4).unwrap();
        assert_eq!(steps[3], [60_030, 60_031, 60_032]);
        assert!(ports(65_530, 2).is_err());
    }
}
