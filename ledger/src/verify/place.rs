//! This exists to find a block under the head of a proof, a receipt under a block, and a record under
//! its state. Whoever asks gets what was proven, never what was claimed.

use super::check::{Check, Checks, Failure, Word};
use crate::block::{Header, PROTOCOL_VERSION};
use crate::hash::{Domain, hash};
use crate::merkle::InclusionProof;
use crate::receipt::{Receipt, Write};
use crate::state::{leaf_hash, leaf_path, state_root, value_hash};
use crate::tree::{Proof, ProofError};
use crate::types::{BlockHash, Compartment, Height, TransactionId};
use borsh::{BorshDeserialize, BorshSerialize};

/// The leaf of a block in the history of later ones. Source: LED-4.1.
pub(super) fn history_leaf(block: BlockHash) -> [u8; 32] {
    hash(Domain::HistoryLeaf, block.0.bytes())
}

/// Which block something lies in. Source: PRF-4.1.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[expect(clippy::large_enum_variant, reason = "a proof has a few of them")]
pub enum Place {
    /// The head itself.
    Anchor,
    /// An earlier one.
    Earlier {
        /// Its header.
        header: Header,
        /// Its path in the history of the head.
        path: Vec<[u8; 32]>,
    },
}

impl Place {
    /// The header, once it is shown to be of this chain.
    pub(super) fn open<'a>(
        &'a self,
        checks: &mut Checks,
        anchor: &'a Header,
    ) -> Result<&'a Header, Failure> {
        let Self::Earlier { header, path } = self else {
            checks.at(anchor.height);
            return Ok(anchor);
        };
        checks.at(header.height);
        lies_before(checks, header, path, anchor)?;
        Ok(header)
    }
}

/// Shows that a block lies in the history of a head, and that the history of the block is the beginning
/// of it. Source: PRF-4.1.
pub(super) fn lies_before(
    checks: &mut Checks,
    header: &Header,
    path: &[[u8; 32]],
    anchor: &Header,
) -> Result<(), Failure> {
    const HISTORY: Check = Check::History;
    checks.equal(HISTORY, PROTOCOL_VERSION, header.version)?;
    checks.equal(HISTORY, anchor.chain, header.chain)?;
    let last = Height(anchor.height.0.saturating_sub(1));
    let between = (1..=last.0).contains(&header.height.0);
    checks.hold(HISTORY, between, last, header.height)?;
    let proof = InclusionProof {
        index: header.height.0.saturating_sub(1),
        size: last.0,
        path: path.to_vec(),
    };
    let found = proof.root_from(&history_leaf(header.hash()));
    let found = checks.some(HISTORY, found, Word::Path, path.len())?;
    checks.equal(HISTORY, *anchor.history_root.bytes(), found)?;
    let before = checks.some(HISTORY, proof.root_before(), Word::Path, path.len())?;
    checks.equal(HISTORY, before, *header.history_root.bytes())
}

/// A receipt and where it is. Source: PRF-4.2.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct ReceiptAt {
    /// Its block.
    pub place: Place,
    /// Its place among the receipts of the block, from 0.
    pub index: u32,
    /// The receipt.
    pub receipt: Receipt,
    /// Its path.
    pub path: Vec<[u8; 32]>,
}

impl ReceiptAt {
    /// The header of its block, once the receipt is shown to be there.
    pub(super) fn open<'a>(
        &'a self,
        checks: &mut Checks,
        anchor: &'a Header,
    ) -> Result<&'a Header, Failure> {
        let header = self.place.open(checks, anchor)?;
        let leaf = self.receipt.leaf();
        let (index, count) = (self.index, header.receipt_count);
        listed(
            checks,
            Check::Receipt,
            &self.path,
            leaf,
            index,
            count,
            header.receipts_root.bytes(),
        )?;
        Ok(header)
    }

    /// What the receipt wrote at a key.
    pub(super) fn write(&self, compartment: Compartment, key: &[u8]) -> Option<&Write> {
        let receipt = Some(&self.receipt).filter(|receipt| receipt.compartment == compartment)?;
        receipt.writes.iter().find(|write| write.key == key)
    }
}

/// Shows that a leaf is the one at its place in a list of a header.
pub(super) fn listed(
    checks: &mut Checks,
    check: Check,
    path: &[[u8; 32]],
    leaf: [u8; 32],
    index: u32,
    count: u32,
    root: &[u8; 32],
) -> Result<(), Failure> {
    checks.hold(check, index < count, count, index)?;
    let proof = InclusionProof { index: index.into(), size: count.into(), path: path.to_vec() };
    let found = checks.some(check, proof.root_from(&leaf), Word::Path, path.len())?;
    checks.equal(check, *root, found)
}

/// The roots of the two halves of a state. Source: LED-5.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Roots {
    /// Of the public half.
    pub public: [u8; 32],
    /// Of the restricted half.
    pub restricted: [u8; 32],
}

impl Roots {
    /// Shows that they are those of a header.
    pub(super) fn open(
        &self,
        checks: &mut Checks,
        check: Check,
        header: &Header,
    ) -> Result<(), Failure> {
        checks.equal(check, header.state_root, state_root(self.public, self.restricted))
    }

    fn of(&self, compartment: Compartment) -> &[u8; 32] {
        match compartment {
            Compartment::Public => &self.public,
            Compartment::Restricted => &self.restricted,
        }
    }
}

/// A record as its leaf holds it. Source: LED-5.4.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Stored {
    /// Its version.
    pub version: u64,
    /// Who wrote it last.
    pub writer: TransactionId,
    /// Its canonical bytes.
    pub value: Vec<u8>,
}

/// A record, or that there is none, under the root of its half. Source: PRF-4.3.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct LeafProof {
    /// The record.
    pub leaf: Option<Stored>,
    /// Its bucket and the way there.
    pub proof: Proof,
}

impl LeafProof {
    /// The record, once it is shown to be there, or to be nowhere.
    pub(super) fn open(
        &self,
        checks: &mut Checks,
        check: Check,
        roots: &Roots,
        compartment: Compartment,
        key: &[u8],
    ) -> Result<Option<&Stored>, Failure> {
        let root = roots.of(compartment);
        let found = match self.proof.verify(root, &leaf_path(key)) {
            Ok(found) => found,
            Err(ProofError::RootMismatch) => {
                return Err(checks.failure(check, *root, Word::Other));
            }
            Err(
                ProofError::TooDeep { .. }
                | ProofError::BucketTooLarge { .. }
                | ProofError::BucketUnsorted
                | ProofError::WrongPrefix { .. }
                | ProofError::BranchTooSmall,
            ) => return Err(checks.failure(check, Word::LeafProof, Word::Other)),
        };
        let said = self
            .leaf
            .as_ref()
            .map(|leaf| leaf_hash(key, leaf.version, &leaf.writer, &value_hash(&leaf.value)));
        checks.hold(check, found == said, found, said)?;
        Ok(self.leaf.as_ref())
    }
}

/// A record, or that there is none, in the state after a block. Source: PRF-4.3.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct LeafAt {
    /// The block.
    pub place: Place,
    /// The roots of its state.
    pub roots: Roots,
    /// The record.
    pub proof: LeafProof,
}

impl LeafAt {
    /// The header of the block and the record, once that is shown.
    pub(super) fn open<'a>(
        &'a self,
        checks: &mut Checks,
        anchor: &'a Header,
        compartment: Compartment,
        key: &[u8],
    ) -> Result<(&'a Header, Option<&'a Stored>), Failure> {
        let header = self.place.open(checks, anchor)?;
        self.roots.open(checks, Check::StateRoot, header)?;
        let leaf = self.proof.open(checks, Check::Leaf, &self.roots, compartment, key)?;
        Ok((header, leaf))
    }
}
