//! This exists to run the causes of one block, one after the other, over a state that stays as it is.

use crate::certificate::ValidatorSet;
use crate::code::{Code, Rejection};
use crate::contract::{Contract, Party, Rulebook};
use crate::crypto::PublicKey;
use crate::due::{self, DueItem};
use crate::execute::BlockError;
use crate::genesis::{Genesis, GenesisError};
use crate::hash::{Digest, Domain, hash_parts};
use crate::invariant::records;
use crate::keys::{self, KeyOwner, KeyPurpose, KeyRecord, PublicKeyRecord};
use crate::limits::{DUE_ITEMS_MAX, RANGE_MAX, VALIDITY_MS_MAX};
use crate::members;
use crate::receipt::{Condition, Outcome, Receipt, Subject, Write};
use crate::record::{KERNEL, Key, Record, key_bytes};
use crate::rules::ContractVersions;
use crate::state::{HalfDelta, State, Trees, leaf_hash, leaf_path, next_version, value_hash};
use crate::system::{self, ValidatorsRecord};
use crate::transaction::VerifiedTransaction;
use crate::types::{BlockTime, Compartment, ContractId, Height, OrganisationId, TransactionId};
use crate::view::{Changes, Overlay, Scope, Slot, View};
use std::collections::BTreeSet;

pub(super) struct Executor<'a> {
    state: &'a State,
    rulebook: &'a Rulebook,
    height: Height,
    time: BlockTime,
    overlay: Overlay,
    receipts: Vec<Receipt>,
    /// Contracts that were found to be in force; forgotten when a version is written.
    in_force: Vec<&'a dyn Contract>,
}

impl<'a> Executor<'a> {
    pub(super) fn new(
        state: &'a State,
        rulebook: &'a Rulebook,
        height: Height,
        time: BlockTime,
    ) -> Self {
        Self {
            state,
            rulebook,
            height,
            time,
            overlay: Overlay::new(),
            receipts: Vec::new(),
            in_force: Vec::new(),
        }
    }

    fn scope(&self, contract: &dyn Contract, writer: TransactionId) -> Scope {
        Scope {
            contract: contract.id(),
            compartment: contract.compartment(),
            keeps_keys: contract.keeps_keys(),
            keeps_members: contract.keeps_members(),
            writer,
            height: self.height,
            time: self.time,
            index: u32::try_from(self.receipts.len()).unwrap_or(u32::MAX),
        }
    }

    /// Where the kernel itself reads and writes.
    fn kernel(&self, compartment: Compartment) -> Scope {
        Scope {
            contract: KERNEL,
            compartment,
            keeps_keys: false,
            keeps_members: false,
            writer: TransactionId(*self.state.genesis()),
            height: self.height,
            time: self.time,
            index: 0,
        }
    }

    /// Writes the kernel's own records at the beginning.
    pub(super) fn genesis(
        &mut self,
        compartment: Compartment,
        write: impl FnOnce(&mut View<'_>) -> Result<(), GenesisError>,
    ) -> Result<(), GenesisError> {
        let scope = Scope { keeps_keys: true, ..self.kernel(compartment) };
        let mut view = View::new(self.state, &self.overlay, scope);
        write(&mut view)?;
        let changes = view.changes;
        self.commit(changes, scope.writer);
        Ok(())
    }

    /// Writes a contract's records at the beginning.
    pub(super) fn begin(
        &mut self,
        contract: &dyn Contract,
        genesis: &Genesis,
    ) -> Result<(), GenesisError> {
        let scope = self.scope(contract, genesis.writer());
        let mut view = View::new(self.state, &self.overlay, scope);
        contract.begin(genesis, &mut view)?;
        let changes = view.changes;
        self.commit(changes, scope.writer);
        Ok(())
    }

    fn in_force(&mut self, id: ContractId) -> Option<&'a dyn Contract> {
        if let Some(known) = self.in_force.iter().find(|contract| contract.id() == id) {
            return Some(*known);
        }
        let scope = self.kernel(Compartment::Public);
        let versions = View::new(self.state, &self.overlay, scope).get::<ContractVersions>(&id)?;
        let found = self.rulebook.get(id, versions.at(self.height)?)?;
        self.in_force.push(found);
        Some(found)
    }

    /// Puts the set that governance has named in the place of the one in the state. Source: LED-4.9.
    ///
    /// # Errors
    /// [`BlockError::Validators`] for a key that is weak or has another purpose.
    pub(super) fn take_over(&mut self, set: &ValidatorSet) -> Result<(), BlockError> {
        let height = self.height.0.to_le_bytes();
        let hash = set.hash();
        let parts: [&[u8]; 4] = [b"recovery", &height, self.state.genesis().bytes(), hash.bytes()];
        let writer = hash_parts(Domain::Identifier, &parts);
        let writer = TransactionId(Digest::Blake3(writer));
        let kernel = self.kernel(Compartment::Public);
        let scope = Scope { writer, keeps_keys: true, ..kernel };
        let mut view = View::new(self.state, &self.overlay, scope);
        let organisations = self.organisations();
        for member in set.members() {
            let owner = KeyOwner::Organisation(member.organisation);
            let purpose = KeyPurpose::Consensus;
            let record = KeyRecord { owner, purpose, from: self.time, to: None };
            let sound = organisations.contains(&member.organisation)
                && match keys::find(&view, &member.key) {
                    Some(known) => {
                        known.purpose == purpose
                            && known.owner == owner
                            && known.is_active(self.time)
                    }
                    None => keys::add(&mut view, &member.key, record).is_ok(),
                };
            if !sound {
                return Err(BlockError::Validators);
            }
        }
        view.put_kernel(&(), &ValidatorsRecord(set.clone()));
        let changes = view.changes;
        let writes = self.commit(changes, writer);
        self.receipts.push(Receipt {
            subject: Subject::Recovery(hash),
            contract: KERNEL,
            compartment: Compartment::Public,
            outcome: Outcome::Applied,
            conditions: Vec::new(),
            movements: Vec::new(),
            entries: Vec::new(),
            writes,
        });
        Ok(())
    }

    /// The organisations that have a business key now.
    fn organisations(&self) -> BTreeSet<OrganisationId> {
        records::<PublicKeyRecord>(self.state)
            .map(|(_, record)| record.0)
            .filter(|key| key.purpose == KeyPurpose::Business && key.is_active(self.time))
            .filter_map(|key| match key.owner {
                KeyOwner::Organisation(organisation) => Some(organisation),
                KeyOwner::Person(_) | KeyOwner::Enrolment(_) => None,
            })
            .collect()
    }

    /// A contract that is in force and that this program does not have.
    pub(super) fn missing(&self) -> Option<(ContractId, u16)> {
        View::new(self.state, &self.overlay, self.kernel(Compartment::Public))
            .range::<ContractVersions>(&(), RANGE_MAX)
            .into_iter()
            .filter_map(|(id, versions)| Some((id, versions.at(self.height)?)))
            .find(|(id, version)| self.rulebook.get(*id, *version).is_none())
    }

    /// Handles what is due: a bounded number of items in each compartment. Source: LED-6.6.
    pub(super) fn sweep(&mut self) {
        for compartment in Compartment::BOTH {
            let scope = self.kernel(compartment);
            let items = due::first(&View::new(self.state, &self.overlay, scope), DUE_ITEMS_MAX);
            for item in items {
                self.due(&item);
            }
        }
    }

    fn due(&mut self, item: &DueItem) {
        let Some(contract) = self.in_force(item.contract) else { return };
        let scope = self.scope(contract, item.writer(self.height));
        let mut view = View::new(self.state, &self.overlay, scope);
        if !due::take(&mut view, item) {
            return;
        }
        contract.due(item, &mut view);
        let (changes, movements, entries) = (view.changes, view.movements, view.entries);
        let writes = self.commit(changes, scope.writer);
        self.receipts.push(Receipt {
            subject: Subject::Due(*item),
            contract: contract.id(),
            compartment: contract.compartment(),
            outcome: Outcome::Applied,
            conditions: Vec::new(),
            movements,
            entries,
            writes,
        });
    }

    /// Runs one transaction; a no at the door changes nothing and leaves no receipt.
    ///
    /// # Errors
    /// In this order: [`Code::Encoding`] for a contract, version or call that is not in force;
    /// [`Code::PersonalData`]; [`Code::Expired`]; for each signer [`Code::KeyInactive`];
    /// [`Code::NonceUsed`].
    pub(super) fn transaction(&mut self, tx: &VerifiedTransaction) -> Result<(), Code> {
        let body = tx.body();
        let contract = self
            .in_force(body.contract)
            .filter(|contract| contract.version() == body.call_version)
            .filter(|contract| contract.accepts(&body.call))
            .ok_or(Code::Encoding)?;
        if contract.holds_personal_data(&body.call) {
            return Err(Code::PersonalData);
        }
        if body.valid_until < self.time || body.valid_until > self.time.plus(VALIDITY_MS_MAX) {
            return Err(Code::Expired);
        }
        let scope = self.scope(contract, tx.id());
        let mut view = View::new(self.state, &self.overlay, scope);
        let parties = parties(&view, tx)?;
        let sender = body.signers.first().ok_or(Code::Encoding)?;
        system::use_nonce(&mut view, &sender.key, body.nonce)?;
        let conditions = contract.conditions(&body.call);
        let outcome = self
            .check_conditions(&conditions)
            .and_then(|()| check_purpose(&parties, contract.admits_devices()))
            .and_then(|()| contract.execute(&body.call, &parties, &mut view));
        let (outcome, changes, movements, entries) = match outcome {
            Ok(()) => (Outcome::Applied, view.changes, view.movements, view.entries),
            Err(no) => {
                let mut nonce = View::new(self.state, &self.overlay, scope);
                system::use_nonce(&mut nonce, &sender.key, body.nonce)?;
                (Outcome::Rejected(no), nonce.changes, Vec::new(), Vec::new())
            }
        };
        let writes = self.commit(changes, scope.writer);
        self.receipts.push(Receipt {
            subject: Subject::Transaction(tx.id()),
            contract: contract.id(),
            compartment: contract.compartment(),
            outcome,
            conditions,
            movements,
            entries,
            writes,
        });
        Ok(())
    }

    /// The facts about the restricted half on which a public call depends. Source: LED-6.8.
    fn check_conditions(&self, conditions: &[Condition]) -> Result<(), Rejection> {
        for condition in conditions {
            let key = (Compartment::Restricted, Key::from_slice(&condition.key));
            let value = match self.overlay.get(&key) {
                Some(slot) => slot.value.as_deref(),
                None => self.state.leaf(key.0, &key.1).map(|leaf| leaf.value),
            };
            if value.is_none_or(|value| value_hash(value) != condition.value) {
                return Err(Code::Condition.into());
            }
        }
        Ok(())
    }

    /// Takes changes into the block; lists what really changed, sorted by key.
    fn commit(&mut self, changes: Changes, writer: TransactionId) -> Vec<Write> {
        let mut writes = Vec::with_capacity(changes.len());
        let versions = key_bytes(KERNEL, ContractVersions::KIND, &());
        for (key, value) in changes {
            if key.1.starts_with(&versions) {
                self.in_force.clear();
            }
            let (before, same) = match self.overlay.get(&key) {
                Some(slot) => (Some(slot.version), slot.value == value),
                None => match self.state.leaf(key.0, &key.1) {
                    Some(leaf) => (Some(leaf.version), value.as_deref() == Some(leaf.value)),
                    None => (None, value.is_none()),
                },
            };
            if same {
                continue;
            }
            let version = next_version(before, self.height);
            let hash = value.as_ref().map(|value| value_hash(value));
            writes.push(Write { key: key.1.to_vec(), version, value: hash });
            self.overlay.insert(key, Slot { value, hash, version, writer });
        }
        writes
    }

    /// Notes who built this block, where that is kept: after everything else, so that no receipt
    /// depends on it. It has no receipt itself: it follows from the headers. Source: LED-6.11.
    pub(super) fn note_builder(&mut self, builder: &PublicKey) {
        let scope = self.kernel(Compartment::Public);
        let mut view = View::new(self.state, &self.overlay, scope);
        members::note_builder(&mut view, builder);
        let changes = view.changes;
        self.commit(changes, scope.writer);
    }

    /// The validator set after everything so far.
    pub(super) fn validators(&self) -> ValidatorSet {
        let scope = self.kernel(Compartment::Public);
        members::validators(&View::new(self.state, &self.overlay, scope))
    }

    /// The receipt of what ran last.
    pub(super) fn into_last(mut self) -> Option<Receipt> {
        self.receipts.pop()
    }

    /// The changes of both compartments with their new trees, and the receipts. Trees that nobody else
    /// holds are changed in place.
    pub(super) fn finish(self, trees: Trees) -> (HalfDelta, HalfDelta, Vec<Receipt>) {
        let Trees { public, restricted } = trees;
        let mut public = HalfDelta { leaves: Vec::new(), tree: public };
        let mut restricted = HalfDelta { leaves: Vec::new(), tree: restricted };
        let (mut public_paths, mut restricted_paths) = (Vec::new(), Vec::new());
        for ((compartment, key), slot) in self.overlay {
            let (half, paths) = match compartment {
                Compartment::Public => (&mut public, &mut public_paths),
                Compartment::Restricted => (&mut restricted, &mut restricted_paths),
            };
            let hash = slot.hash.map(|hash| leaf_hash(&key, slot.version, &slot.writer, &hash));
            paths.push((leaf_path(&key), hash));
            half.leaves.push((key, slot));
        }
        public.tree.update(public_paths);
        restricted.tree.update(restricted_paths);
        (public, restricted, self.receipts)
    }
}

/// Finds out for whom each signer speaks.
fn parties(view: &View<'_>, tx: &VerifiedTransaction) -> Result<Vec<Party>, Code> {
    tx.body()
        .signers
        .iter()
        .map(|signer| {
            let record = keys::find(view, &signer.key)
                .filter(|record| record.is_active(view.now()))
                .ok_or(Code::KeyInactive)?;
            let (owner, purpose) = (record.owner, record.purpose);
            Ok(Party { key: signer.key, owner, purpose, grant: signer.grant })
        })
        .collect()
}

/// The sender signs with a business key; co-signers too, or with a site's device where the contract
/// admits devices. Source: SOD-13.
fn check_purpose(parties: &[Party], devices: bool) -> Result<(), Rejection> {
    let sound = parties.iter().enumerate().all(|(position, party)| match party.purpose {
        KeyPurpose::Business => true,
        KeyPurpose::SiteDevice => devices && position > 0,
        KeyPurpose::Consensus | KeyPurpose::Network => false,
    });
    if sound { Ok(()) } else { Err(Code::KeyPurpose.into()) }
}
