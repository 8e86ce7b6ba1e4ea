//! This exists to make proofs, as pure functions of a chain's data: headers with certificates, the receipts
//! of a block, a state. Nothing here is trusted: a proof that is wrong is refused by whoever checks it.

use super::as_of::AsOf;
use super::bundle::{Bundle, Change, Claim, Descent, Origin, PROOF_VERSION, Recovered};
use super::partition::PartitionClaim;
use super::place::{LeafAt, LeafProof, Place, ReceiptAt, Roots, Stored, history_leaf};
use super::receipt::{ReceiptClaim, TransactionAt};
use super::records::{RecordProof, RecordsClaim};
use super::statement::{Entry, Opening, StatementClaim};
use crate::block::{BlockTransaction, Header};
use crate::certificate::{Certificate, CommitCertificate, ValidatorSet};
use crate::crypto::{PublicKey, Signature};
use crate::genesis::{Genesis, GenesisError};
use crate::keys::PublicKeyRecord;
use crate::merkle::InclusionProof;
use crate::posting::money::{SegmentRecord, SourceRecord};
use crate::posting::{AccountKey, Direction, MoneyAccount};
use crate::receipt::{Receipt, Subject};
use crate::record::{KERNEL, Record, key_bytes};
use crate::state::{Leaf, State};
use crate::system::GovernanceRecord;
use crate::types::{AccountId, Compartment, Height, SourceId};
use crate::view::View;
use std::collections::BTreeSet;

/// Why a proof cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProduceError {
    /// The block is not one of those that were gathered.
    #[error("block {0} is not among those gathered so far")]
    Unknown(Height),
    /// No quorum signed the head.
    #[error("block {0} was made final by a recovery; take a later one as the head")]
    Recovery(Height),
    /// No header commits to the state before the first block.
    #[error(
        "the first block was made final by a recovery; no proof leads past it from the genesis"
    )]
    First,
}

/// What every proof of a chain needs of its blocks: the changes of the validators, and the hashes of all
/// headers. Gathered block by block; 32 bytes for each.
#[derive(Clone, Debug)]
pub struct Ancestry {
    genesis: Vec<u8>,
    name: crate::hash::Digest,
    first: ValidatorSet,
    leaves: Vec<[u8; 32]>,
    changes: Vec<Change>,
    last: Option<(Header, Certificate)>,
}

impl Ancestry {
    /// Begins with the canonical bytes of a genesis.
    ///
    /// # Errors
    /// As [`Genesis::decode`].
    pub fn begin(bytes: &[u8]) -> Result<Self, GenesisError> {
        let genesis = Genesis::decode(bytes)?;
        let (name, first) = (genesis.hash(), genesis.validator_set()?);
        let (genesis, leaves, changes) = (bytes.to_vec(), Vec::new(), Vec::new());
        Ok(Self { genesis, name, first, leaves, changes, last: None })
    }

    /// Takes the next block: the state before it, its header and certificate, the set that it names for
    /// the block after it. The caller has checked them.
    ///
    /// # Errors
    /// In this order: [`ProduceError::Unknown`] for another block than the next;
    /// [`ProduceError::First`].
    pub fn push(
        &mut self,
        before: &State,
        header: &Header,
        certificate: &Certificate,
        next: &ValidatorSet,
    ) -> Result<(), ProduceError> {
        if header.height != self.height().next() {
            return Err(ProduceError::Unknown(header.height));
        }
        match certificate {
            Certificate::Quorum(commit) => {
                if header.next_validators_hash != header.validators_hash {
                    let certificate = smallest(commit, &self.set(header.height));
                    let (header, next) = (header.clone(), next.clone());
                    self.changes.push(Change::Voted { header, certificate, next });
                }
            }
            Certificate::Recovery { validators, signatures } => {
                let before = (before, self.signed_before()?);
                let recovered = recovered(before, header, (validators, signatures), next);
                self.changes.push(Change::Recovered(Box::new(recovered)));
            }
        }
        self.leaves.push(history_leaf(header.hash()));
        self.last = Some((header.clone(), certificate.clone()));
        Ok(())
    }

    /// How many blocks were gathered.
    pub fn height(&self) -> Height {
        Height(u64::try_from(self.leaves.len()).unwrap_or(u64::MAX))
    }

    /// The set that is in the state when the block of this height is built: it certifies that block, unless
    /// governance names another.
    pub fn set(&self, height: Height) -> ValidatorSet {
        let before = self.changes.iter().rev().find(|change| change.header().height < height);
        before.map_or_else(|| self.first.clone(), |change| change.next().clone())
    }

    /// The last block as a recovery after it needs it: nothing where it is a change itself.
    fn signed_before(&self) -> Result<Option<(Header, CommitCertificate)>, ProduceError> {
        let (header, certificate) = self.last.as_ref().ok_or(ProduceError::First)?;
        match certificate {
            Certificate::Quorum(commit)
                if header.next_validators_hash == header.validators_hash =>
            {
                Ok(Some((header.clone(), smallest(commit, &self.set(header.height)))))
            }
            Certificate::Quorum(_) | Certificate::Recovery { .. } => Ok(None),
        }
    }

    /// Where a block lies under a head.
    ///
    /// # Errors
    /// [`ProduceError::Unknown`] for a block after the head, or a head that was not gathered.
    pub fn place(&self, header: &Header, anchor: &Header) -> Result<Place, ProduceError> {
        if header.height == anchor.height {
            return Ok(Place::Anchor);
        }
        let path = self.path(header.height, anchor.height)?;
        Ok(Place::Earlier { header: header.clone(), path })
    }

    fn path(&self, height: Height, anchor: Height) -> Result<Vec<[u8; 32]>, ProduceError> {
        let unknown = ProduceError::Unknown(height);
        let before = usize::try_from(anchor.0.saturating_sub(1)).ok();
        let leaves = before.and_then(|length| self.leaves.get(..length)).ok_or(unknown)?;
        let index = height.0.checked_sub(1).ok_or(unknown)?;
        InclusionProof::prove(leaves, index).map(|proof| proof.path).ok_or(unknown)
    }

    /// A proof for whoever trusts the genesis hash.
    ///
    /// # Errors
    /// [`ProduceError::Recovery`] for a head that no quorum signed.
    pub fn from_genesis(
        &self,
        anchor: &Header,
        certificate: &Certificate,
        claim: Claim,
    ) -> Result<Bundle, ProduceError> {
        let origin = Origin::Genesis(self.genesis.clone());
        self.certified(origin, Height(0), anchor, certificate, claim)
    }

    /// A proof for whoever has pinned a block, with a head after it.
    ///
    /// # Errors
    /// In this order: [`ProduceError::Unknown`], [`ProduceError::Recovery`].
    pub fn from_checkpoint(
        &self,
        pinned: &Header,
        anchor: &Header,
        certificate: &Certificate,
        claim: Claim,
    ) -> Result<Bundle, ProduceError> {
        let path = self.path(pinned.height, anchor.height)?;
        let (header, next) = (pinned.clone(), self.set(pinned.height.next()));
        let origin = Origin::Checkpoint { header, path, next };
        self.certified(origin, pinned.height, anchor, certificate, claim)
    }

    /// A proof for whoever has pinned the head itself.
    pub fn pinned(&self, anchor: &Header, claim: Claim) -> Bundle {
        let (version, anchor) = (PROOF_VERSION, anchor.clone());
        Bundle { version, genesis: self.name, descent: Descent::Pinned, anchor, claim }
    }

    fn certified(
        &self,
        origin: Origin,
        after: Height,
        anchor: &Header,
        certificate: &Certificate,
        claim: Claim,
    ) -> Result<Bundle, ProduceError> {
        let Certificate::Quorum(commit) = certificate else {
            return Err(ProduceError::Recovery(anchor.height));
        };
        let between = self.changes.iter().filter(|change| {
            let height = change.header().height;
            after < height && height < anchor.height
        });
        let changes = between.map(|change| change.clone().known_before(after)).collect();
        let certificate = smallest(commit, &self.set(anchor.height));
        let descent = Descent::Certified { origin, changes, certificate };
        let (version, anchor) = (PROOF_VERSION, anchor.clone());
        Ok(Bundle { version, genesis: self.name, descent, anchor, claim })
    }
}

impl Change {
    /// The block after which others certify.
    pub fn header(&self) -> &Header {
        match self {
            Self::Voted { header, .. } => header,
            Self::Recovered(recovered) => &recovered.header,
        }
    }

    /// Without the block before a recovery where that is the one that the proof begins with.
    fn known_before(mut self, start: Height) -> Self {
        if let Self::Recovered(recovered) = &mut self
            && recovered.header.height == start.next()
        {
            recovered.before = None;
        }
        self
    }

    /// Who certifies the block after it.
    pub fn next(&self) -> &ValidatorSet {
        match self {
            Self::Voted { next, .. } => next,
            Self::Recovered(recovered) => &recovered.next,
        }
    }
}

/// The first signatures of a certificate that are a quorum.
fn smallest(certificate: &CommitCertificate, set: &ValidatorSet) -> CommitCertificate {
    let mut power = 0_u64;
    let needed = certificate.signatures.iter().take_while(|(key, _)| {
        let enough = set.is_quorum(power);
        power = power.saturating_add(set.get(key).map_or(0, |member| member.power));
        !enough
    });
    CommitCertificate { round: certificate.round, signatures: needed.copied().collect() }
}

fn recovered(
    (state, before): (&State, Option<(Header, CommitCertificate)>),
    header: &Header,
    (validators, signatures): (&ValidatorSet, &[(PublicKey, Signature)]),
    next: &ValidatorSet,
) -> Recovered {
    let public = |key: &[u8]| LeafProof::of(state, Compartment::Public, key);
    let key = |signer| public(&key_bytes(KERNEL, PublicKeyRecord::KIND, signer));
    Recovered {
        before,
        roots: Roots::of_state(state),
        governance: public(&key_bytes(KERNEL, GovernanceRecord::KIND, &())),
        keys: signatures.iter().map(|(signer, _)| key(signer)).collect(),
        header: header.clone(),
        validators: validators.clone(),
        signatures: signatures.to_vec(),
        next: next.clone(),
    }
}

impl Roots {
    /// Those of a state.
    pub fn of_state(state: &State) -> Self {
        let (public, restricted) = state.compartment_roots();
        Self { public, restricted }
    }
}

impl LeafProof {
    /// What a state has at a key, or that it has nothing there.
    pub fn of(state: &State, compartment: Compartment, key: &[u8]) -> Self {
        let leaf = state.leaf(compartment, key).map(|Leaf { value, version, writer }| Stored {
            version,
            writer,
            value: value.to_vec(),
        });
        Self { leaf, proof: state.prove(compartment, key) }
    }
}

impl LeafAt {
    /// What the state after the block of a place has at a key.
    pub fn of(place: Place, state: &State, compartment: Compartment, key: &[u8]) -> Self {
        let (roots, proof) = (Roots::of_state(state), LeafProof::of(state, compartment, key));
        Self { place, roots, proof }
    }
}

impl ReceiptAt {
    /// One of the receipts of the block of a place; `None` if there are not so many.
    pub fn of(place: Place, receipts: &[Receipt], index: u32) -> Option<Self> {
        let receipt = receipts.get(usize::try_from(index).ok()?)?.clone();
        let leaves: Vec<_> = receipts.iter().map(Receipt::leaf).collect();
        let path = InclusionProof::prove(&leaves, index.into())?.path;
        Some(Self { place, index, receipt, path })
    }
}

impl ReceiptClaim {
    /// What one of the receipts of a block says, with its transaction; `None` if there are not so many, or
    /// the transaction is withheld.
    pub fn of(
        place: Place,
        transactions: &[BlockTransaction],
        receipts: &[Receipt],
        index: u32,
    ) -> Option<Self> {
        let receipt = ReceiptAt::of(place, receipts, index)?;
        let transaction = match receipt.receipt.subject {
            Subject::Due(_) | Subject::Recovery(_) => None,
            Subject::Transaction(_) => {
                let first = receipts.len().checked_sub(transactions.len())?;
                let position = usize::try_from(index).ok()?.checked_sub(first)?;
                let BlockTransaction::Full(signed) = transactions.get(position)? else {
                    return None;
                };
                let leaves: Vec<_> = transactions.iter().map(transaction_leaf).collect();
                let position = u64::try_from(position).ok()?;
                let path = InclusionProof::prove(&leaves, position)?.path;
                Some(TransactionAt { signed: signed.clone(), path })
            }
        };
        Some(Self { receipt, transaction })
    }
}

fn transaction_leaf(transaction: &BlockTransaction) -> [u8; 32] {
    match transaction {
        BlockTransaction::Full(signed) => signed.leaf(),
        BlockTransaction::Withheld(leaf) => *leaf,
    }
}

/// The lines that the receipts of a block add to the journal of an account, in order.
pub fn entries(account: AccountId, height: Height, receipts: &[Receipt]) -> Vec<Entry> {
    let mut found = Vec::new();
    for (index, receipt) in (0_u32..).zip(receipts) {
        // Entries 2i and 2i + 1 are those of movement i: out, then in (LED-6.5).
        for movement in &receipt.movements {
            let sides = [
                (movement.from, Direction::Out, movement.to),
                (movement.to, Direction::In, movement.from),
            ];
            for (own, direction, counterparty) in sides {
                if own == account {
                    let quantity = movement.quantity.clone();
                    found.push(Entry { height, index, direction, counterparty, quantity });
                }
            }
        }
    }
    found
}

impl StatementClaim {
    /// A statement that covers everything after a block, from the whole journal of an account up to its
    /// end, and the account as of that end. It begins after the last entry by that block.
    pub fn of(account: &AccountKey, from: Height, journal: &[Entry], closing: AsOf) -> Self {
        let split = journal.partition_point(|entry| entry.height <= from);
        let (before, period) = journal.split_at(split);
        let opening = before.split_last().map_or(Opening::Beginning, |(last, earlier)| {
            let head = earlier.iter().fold([0; 32], |head, entry| entry.head_after(&head));
            Opening::After { head, entry: last.clone() }
        });
        Self { account: *account, opening, entries: period.to_vec(), closing }
    }
}

impl PartitionClaim {
    /// Where every fen of a source is after the block of a place, from its state; `None` if there is no such
    /// source.
    pub fn of(place: Place, state: &State, source: SourceId) -> Option<Self> {
        let public = |key: &[u8]| LeafProof::of(state, Compartment::Public, key);
        let view = View::read_only(state, Compartment::Public, state.tip().time);
        let issued = view.get::<SourceRecord>(&source)?.amount.0;
        let (mut start, mut parts, mut holders) = (0, Vec::new(), BTreeSet::new());
        while start < issued {
            let record = view.get::<SegmentRecord>(&(source, start))?;
            parts.push(public(&key_bytes(KERNEL, SegmentRecord::KIND, &(source, start))));
            holders.insert(record.account);
            start = start.saturating_add(record.length.max(1));
        }
        let named = |id: &AccountId| view.get::<MoneyAccount>(id).map(|account| account.0.key);
        let accounts = holders.iter().map(named).collect::<Option<Vec<_>>>()?;
        let record = public(&key_bytes(KERNEL, SourceRecord::KIND, &source));
        Some(Self { place, roots: Roots::of_state(state), source, record, parts, accounts })
    }
}

impl RecordsClaim {
    /// What the state after the block of a place has at these keys.
    pub fn of(place: Place, state: &State, keys: &[(Compartment, Vec<u8>)]) -> Self {
        let keys: BTreeSet<_> = keys.iter().cloned().collect();
        let record = |(compartment, key): (Compartment, Vec<u8>)| {
            let proof = LeafProof::of(state, compartment, &key);
            RecordProof { compartment, key, proof }
        };
        let records = keys.into_iter().map(record).collect();
        Self { place, roots: Roots::of_state(state), records }
    }
}
