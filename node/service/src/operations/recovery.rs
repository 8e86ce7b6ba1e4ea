//! This exists to take a recovery through the hands of an organisation: make the draft, look at it, sign
//! it, write it into the chain. The node must be stopped.

use super::{OperationError, chain, disk};
use linli_contracts::registry::records::Organisation;
use linli_ledger::certificate::{Validator, ValidatorSet};
use linli_ledger::contract::Rulebook;
use linli_ledger::crypto::{BusinessKey, PublicKey};
use linli_ledger::genesis::{Clock, Genesis};
use linli_ledger::limits::CLOCK_DRIFT_MS_MAX;
use linli_ledger::state::State;
use linli_ledger::types::{BlockHash, BlockTime, Compartment, OrganisationId};
use linli_ledger::view::View;
use linli_node::Shown;
use linli_node::recovery::{Draft, Standing};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// A draft holds one block without transactions: more than this is none.
const DRAFT_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// A draft as an organisation sees it, checked against its own chain.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Name of the chain.
    pub chain: String,
    /// What it would do.
    pub draft: Draft,
    /// How it stands.
    pub standing: Standing,
    /// The names of organisations.
    pub names: BTreeMap<OrganisationId, String>,
}

/// The set that is to take over, said by what changes.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// Keys of the validators that are lost.
    pub without: Vec<PublicKey>,
    /// New ones: name or identifier of the organisation, key, weight.
    pub with: Vec<(String, PublicKey, u64)>,
}

/// A chain that no node uses.
struct Stopped {
    genesis: Genesis,
    rulebook: Rulebook,
    shown: Shown,
}

impl Stopped {
    fn open(folder: &Path) -> Result<Self, OperationError> {
        let (_, genesis) = chain(folder)?;
        let rulebook = linli_contracts::rulebook();
        let shown = Shown::open(folder, &genesis, &rulebook, &mut ())?;
        Ok(Self { genesis, rulebook, shown })
    }

    fn seen(&self, draft: Draft, standing: Standing) -> Seen {
        let names = names(&self.shown.state.read(), &draft, &standing);
        Seen { chain: self.genesis.name.clone(), draft, standing, names }
    }
}

/// Makes a draft on the last block of a folder and writes it to a new file.
///
/// # Errors
/// In this order: [`OperationError::NoChain`], [`OperationError::Node`], [`OperationError::Draft`],
/// [`OperationError::Recovery`], [`OperationError::Exists`], [`OperationError::Disk`].
pub fn propose(folder: &Path, file: &Path, change: &Change) -> Result<Seen, OperationError> {
    let stopped = Stopped::open(folder)?;
    let state = stopped.shown.state.read();
    let set = changed(&state, change)?;
    let after = state.tip().time.plus(1);
    let time = match stopped.genesis.clock {
        Clock::Data => after,
        Clock::Real => BlockTime(linli_node::milliseconds_since_epoch()).max(after),
    };
    let draft = Draft::new(&state, &stopped.rulebook, set, time)?;
    let standing = draft.check(&state, &stopped.rulebook)?;
    drop(state);
    if file.exists() {
        return Err(OperationError::Exists { path: file.to_owned() });
    }
    save(file, &draft)?;
    Ok(stopped.seen(draft, standing))
}

/// Looks at a draft: what it does, who has signed.
///
/// # Errors
/// In this order: [`OperationError::NoChain`], [`OperationError::Node`], [`OperationError::Disk`],
/// [`OperationError::Draft`], [`OperationError::Recovery`].
pub fn look(folder: &Path, file: &Path) -> Result<Seen, OperationError> {
    let stopped = Stopped::open(folder)?;
    let draft = load(file)?;
    let standing = draft.check(&stopped.shown.state.read(), &stopped.rulebook)?;
    Ok(stopped.seen(draft, standing))
}

/// Signs a draft, if its block is the one that was compared with the others, and writes the file again.
///
/// # Errors
/// As [`look`]; [`OperationError::Draft`] also for another block.
pub fn sign(
    folder: &Path,
    file: &Path,
    block: BlockHash,
    key: &BusinessKey,
) -> Result<Seen, OperationError> {
    let stopped = Stopped::open(folder)?;
    let mut draft = load(file)?;
    let found = draft.block.header.hash();
    if found != block {
        return Err(OperationError::Draft(format!("its block is {found}, not {block}")));
    }
    check_time(&stopped.genesis, &draft)?;
    let standing = draft.sign(&stopped.shown.state.read(), &stopped.rulebook, key)?;
    save(file, &draft)?;
    Ok(stopped.seen(draft, standing))
}

/// Writes the block of a draft that enough have signed into the chain.
///
/// # Errors
/// In this order: [`OperationError::NoChain`], [`OperationError::Disk`], [`OperationError::Draft`],
/// [`OperationError::Recovery`].
pub fn apply(folder: &Path, file: &Path) -> Result<Seen, OperationError> {
    let (_, genesis) = chain(folder)?;
    let rulebook = linli_contracts::rulebook();
    let draft = load(file)?;
    check_time(&genesis, &draft)?;
    let standing = draft.apply(folder, &genesis, &rulebook)?;
    let shown = Shown::open(folder, &genesis, &rulebook, &mut ())?;
    Ok(Stopped { genesis, rulebook, shown }.seen(draft, standing))
}

/// The time of a block that is not over yet would keep the chain from its next block until it is.
fn check_time(genesis: &Genesis, draft: &Draft) -> Result<(), OperationError> {
    let (time, now) = (draft.block.header.time, BlockTime(linli_node::milliseconds_since_epoch()));
    if genesis.clock == Clock::Real && time > now.plus(CLOCK_DRIFT_MS_MAX) {
        return Err(OperationError::Draft(format!(
            "its block is of {} ms, and the clock here shows {}: make it again where the clock is right",
            time.0, now.0
        )));
    }
    Ok(())
}

/// The set of a state with a change made to it.
fn changed(state: &State, change: &Change) -> Result<ValidatorSet, OperationError> {
    let now = state.validators();
    if let Some(key) = change.without.iter().find(|key| now.get(key).is_none()) {
        return Err(OperationError::Draft(format!(
            "{key} is no validator of block {}",
            height(state)
        )));
    }
    let mut members: Vec<Validator> =
        now.members().iter().filter(|one| !change.without.contains(&one.key)).copied().collect();
    for (name, key, power) in &change.with {
        let organisation = organisation(state, name)?;
        members.push(Validator { key: *key, organisation, power: *power });
    }
    ValidatorSet::new(members).ok_or_else(|| {
        OperationError::Draft(
            "a set has at least one validator, each key once, no weight of 0".into(),
        )
    })
}

fn height(state: &State) -> u64 {
    state.tip().height.0
}

/// The organisation with an identifier, or the only one with a name among those that govern or validate.
fn organisation(state: &State, text: &str) -> Result<OrganisationId, OperationError> {
    if let Ok(id) = text.parse() {
        return Ok(id);
    }
    let governing = state.governance().members.into_iter().map(|(id, _)| id);
    let validating = state.validators();
    let known: BTreeSet<_> =
        governing.chain(validating.members().iter().map(|one| one.organisation)).collect();
    let named: Vec<_> =
        known.into_iter().filter(|id| name(state, *id).as_deref() == Some(text)).collect();
    match named.as_slice() {
        [id] => Ok(*id),
        [] | [..] => Err(OperationError::Draft(format!(
            "{} organisations that govern or validate are called {text}: give the identifier",
            named.len()
        ))),
    }
}

fn name(state: &State, id: OrganisationId) -> Option<String> {
    let view = View::read_only(state, Compartment::Public, state.tip().time);
    view.get::<Organisation>(&id).map(|organisation| organisation.name)
}

fn names(state: &State, draft: &Draft, standing: &Standing) -> BTreeMap<OrganisationId, String> {
    let sets = [&draft.validators, &standing.before];
    let validating = sets.into_iter().flat_map(ValidatorSet::members).map(|one| one.organisation);
    let governing = standing.signed.iter().chain(&standing.missing).copied();
    validating.chain(governing).filter_map(|id| Some((id, name(state, id)?))).collect()
}

fn load(file: &Path) -> Result<Draft, OperationError> {
    let mut bytes = Vec::new();
    let opened = File::open(file).map_err(disk(file))?;
    opened.take(DRAFT_BYTES_MAX).read_to_end(&mut bytes).map_err(disk(file))?;
    serde_json::from_slice(&bytes).map_err(|error| OperationError::Draft(error.to_string()))
}

/// Writes beside and renames, so that signatures are never lost half way.
fn save(file: &Path, draft: &Draft) -> Result<(), OperationError> {
    let text = serde_json::to_vec_pretty(draft)
        .map_err(|error| OperationError::Draft(error.to_string()))?;
    let mut beside = file.as_os_str().to_owned();
    beside.push(format!(".{}.new", std::process::id()));
    let beside = PathBuf::from(beside);
    let created = File::options().write(true).create_new(true).open(&beside);
    let mut written = created.map_err(disk(&beside))?;
    written.write_all(&text).and_then(|()| written.sync_all()).map_err(disk(&beside))?;
    fs::rename(&beside, file).map_err(disk(file))
}
