//! This exists to follow the validators from what the reader trusts to the head of a proof, by the blocks
//! alone after which others certify. Between two changes nothing is needed: each header names the set that
//! certifies it, and the set is known. Source: PRF-3.

use super::Trust;
use super::bundle::{Bundle, Change, Descent, Origin, Recovered};
use super::check::{Check, Checks, Failure, Word};
use super::place::lies_before;
use crate::block::{Header, PROTOCOL_VERSION};
use crate::certificate::{Certificate, CommitCertificate, Governance, ValidatorSet};
use crate::codec::decode;
use crate::genesis::{Genesis, Keys};
use crate::hash::{Digest, Domain, digest};
use crate::keys::{KeyOwner, KeyPurpose, PublicKeyRecord};
use crate::record::{KERNEL, Record, key_bytes};
use crate::system::GovernanceRecord;
use crate::types::{BlockTime, Compartment, Height};

/// What is known of a chain once its head is believed.
#[derive(Debug, Default)]
pub(super) struct Grounds {
    /// Its name and who holds its keys, where the proof begins with the genesis.
    pub(super) genesis: Option<(String, Keys)>,
    /// Heights at which governance named validators.
    pub(super) recoveries: Vec<Height>,
}

/// Follows the proof to its head.
pub(super) fn descend(
    checks: &mut Checks,
    trust: &Trust,
    bundle: &Bundle,
) -> Result<Grounds, Failure> {
    let chain = *trust.genesis();
    checks.equal(Check::Chain, chain, bundle.genesis)?;
    let anchor = &bundle.anchor;
    let (origin, changes, certificate) = match (&bundle.descent, trust) {
        (Descent::Pinned, Trust::Checkpoint(pinned)) => {
            checks.equal(Check::Start, pinned.height, anchor.height)?;
            checks.equal(Check::Start, pinned.block, anchor.hash())?;
            checks.equal(Check::Anchor, chain, anchor.chain)?;
            checks.equal(Check::Anchor, PROTOCOL_VERSION, anchor.version)?;
            return Ok(Grounds::default());
        }
        (Descent::Pinned, Trust::Genesis(_)) => {
            return Err(checks.failure(Check::Start, Word::FromGenesis, Word::FromCheckpoint));
        }
        (Descent::Certified { origin, changes, certificate }, _) => (origin, changes, certificate),
    };
    let mut walk = begin(checks, trust, origin)?;
    for change in changes {
        walk.change(checks, change)?;
    }
    walk.link(checks, Check::Anchor, anchor, &walk.set)?;
    if let Origin::Checkpoint { header, path, .. } = origin {
        lies_before(checks, header, path, anchor)?;
    }
    certified(checks, anchor, certificate, &walk.set)?;
    checks.anywhere();
    Ok(walk.grounds)
}

/// How far the validators are known.
struct Walk<'a> {
    chain: Digest,
    height: Height,
    time: BlockTime,
    /// The last header that is believed; none before the first block.
    last: Option<&'a Header>,
    /// The set that certifies the next block.
    set: ValidatorSet,
    grounds: Grounds,
}

/// Begins where the reader's trust is.
fn begin<'a>(checks: &mut Checks, trust: &Trust, origin: &'a Origin) -> Result<Walk<'a>, Failure> {
    const START: Check = Check::Start;
    let chain = *trust.genesis();
    match (trust, origin) {
        (Trust::Genesis(expected), Origin::Genesis(bytes)) => {
            checks.equal(START, *expected, digest(Domain::Genesis, bytes))?;
            let sound = Genesis::decode(bytes).ok();
            let sound = sound.and_then(|genesis| Some((genesis.validator_set().ok()?, genesis)));
            let (set, genesis) = checks.some(START, sound, Word::Genesis, Word::Other)?;
            let known = Some((genesis.name, genesis.keys));
            let grounds = Grounds { genesis: known, recoveries: Vec::new() };
            let (height, time) = (Height(0), genesis.time);
            Ok(Walk { chain, height, time, last: None, set, grounds })
        }
        (Trust::Checkpoint(pinned), Origin::Checkpoint { header, next, .. }) => {
            checks.equal(START, pinned.height, header.height)?;
            checks.equal(START, pinned.block, header.hash())?;
            checks.equal(START, chain, header.chain)?;
            checks.equal(START, header.next_validators_hash, next.hash())?;
            let (height, time, set) = (header.height, header.time, next.clone());
            Ok(Walk { chain, height, time, last: Some(header), set, grounds: Grounds::default() })
        }
        (Trust::Genesis(_), Origin::Checkpoint { .. }) => {
            Err(checks.failure(START, Word::FromGenesis, Word::FromCheckpoint))
        }
        (Trust::Checkpoint(_), Origin::Genesis(_)) => {
            Err(checks.failure(START, Word::FromCheckpoint, Word::FromGenesis))
        }
    }
}

/// Shows that a quorum of the set signed the block.
fn certified(
    checks: &mut Checks,
    header: &Header,
    certificate: &CommitCertificate,
    set: &ValidatorSet,
) -> Result<(), Failure> {
    checks.at(header.height);
    let verified = certificate.verify(&header.chain, header.height, header.hash(), set);
    checks.certificate(Check::Certificate, set, &certificate.signatures, &verified)
}

impl<'a> Walk<'a> {
    /// Shows that a header comes later than what is known, and is one that this set certifies.
    fn link(
        &self,
        checks: &mut Checks,
        check: Check,
        header: &Header,
        set: &ValidatorSet,
    ) -> Result<(), Failure> {
        checks.at(header.height);
        checks.equal(check, PROTOCOL_VERSION, header.version)?;
        checks.equal(check, self.chain, header.chain)?;
        checks.hold(check, header.height > self.height, self.height.next(), header.height)?;
        checks.hold(check, header.time > self.time, self.time.plus(1), header.time)?;
        checks.equal(check, set.hash(), header.validators_hash)?;
        let is_member = set.get(&header.proposer).is_some();
        checks.hold(check, is_member, Word::Member, header.proposer)
    }

    fn change(&mut self, checks: &mut Checks, change: &'a Change) -> Result<(), Failure> {
        match change {
            Change::Voted { header, certificate, next } => {
                self.link(checks, Check::Lineage, header, &self.set)?;
                let (same, named) = (header.validators_hash, header.next_validators_hash);
                checks.hold(Check::Lineage, named != same, Word::Changed, named)?;
                checks.equal(Check::Lineage, named, next.hash())?;
                certified(checks, header, certificate, &self.set)?;
                self.advance(header, next);
                Ok(())
            }
            Change::Recovered(recovered) => self.recovery(checks, recovered),
        }
    }

    fn advance(&mut self, header: &'a Header, next: &ValidatorSet) {
        (self.height, self.time, self.last) = (header.height, header.time, Some(header));
        self.set = next.clone();
    }

    /// Governance named the set. Source: PRF-3.4, LED-4.9.
    fn recovery(&mut self, checks: &mut Checks, change: &'a Recovered) -> Result<(), Failure> {
        const LINEAGE: Check = Check::Lineage;
        if let Some((header, certificate)) = &change.before {
            self.link(checks, LINEAGE, header, &self.set)?;
            checks.equal(LINEAGE, header.validators_hash, header.next_validators_hash)?;
            certified(checks, header, certificate, &self.set)?;
            let set = self.set.clone();
            self.advance(header, &set);
        }
        let header = &change.header;
        checks.at(header.height);
        let before = checks.some(LINEAGE, self.last, Word::Before, None::<u64>)?;
        self.link(checks, LINEAGE, header, &change.validators)?;
        checks.equal(LINEAGE, before.height.next(), header.height)?;
        checks.equal(LINEAGE, before.hash(), header.parent)?;
        checks.equal(LINEAGE, header.next_validators_hash, change.next.hash())?;
        let governance = governance(checks, change, before)?;
        checks.at(header.height);
        let named = Certificate::Recovery {
            validators: change.validators.clone(),
            signatures: change.signatures.clone(),
        };
        let (height, hash) = (header.height, header.hash());
        let verified =
            named.verify(&self.chain, height, hash, &change.validators, || governance.clone());
        if verified == Err(crate::certificate::CertificateError::NoQuorum) {
            let signed = change.signatures.len();
            return Err(checks.failure(Check::Governance, governance.threshold, signed));
        }
        checks.certificate(Check::Governance, &change.validators, &change.signatures, &verified)?;
        self.grounds.recoveries.push(height);
        self.advance(header, &change.next);
        Ok(())
    }
}

/// Who governed in the state of a block, as far as the recovery shows it.
fn governance(
    checks: &mut Checks,
    change: &Recovered,
    before: &Header,
) -> Result<Governance, Failure> {
    const GOVERNANCE: Check = Check::Governance;
    checks.at(before.height);
    let Recovered { roots, keys, signatures, .. } = change;
    roots.open(checks, GOVERNANCE, before)?;
    let key = key_bytes(KERNEL, GovernanceRecord::KIND, &());
    let stored = change.governance.open(checks, GOVERNANCE, roots, Compartment::Public, &key)?;
    let record = stored.and_then(|leaf| decode::<GovernanceRecord>(&leaf.value, "governance").ok());
    let record = checks.some(GOVERNANCE, record, Word::Present, None::<u64>)?;
    checks.equal(GOVERNANCE, signatures.len(), keys.len())?;
    let mut members = Vec::with_capacity(keys.len());
    for ((signer, _), proof) in signatures.iter().zip(keys) {
        let key = key_bytes(KERNEL, PublicKeyRecord::KIND, signer);
        let stored = proof.open(checks, GOVERNANCE, roots, Compartment::Public, &key)?;
        let known = stored.and_then(|leaf| decode::<PublicKeyRecord>(&leaf.value, "a key").ok());
        let owner = known.filter(|PublicKeyRecord(known)| {
            known.purpose == KeyPurpose::Business && known.is_active(before.time)
        });
        let organisation = owner.and_then(|PublicKeyRecord(known)| match known.owner {
            KeyOwner::Organisation(id) => Some(id).filter(|id| record.members.contains(id)),
            KeyOwner::Person(_) | KeyOwner::Enrolment(_) => None,
        });
        let organisation = checks.some(GOVERNANCE, organisation, Word::Governing, *signer)?;
        members.push((organisation, *signer));
    }
    Ok(Governance { threshold: record.threshold, members })
}
