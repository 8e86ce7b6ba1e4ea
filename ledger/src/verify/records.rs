//! This exists to prove several records of one state together: what adds up, adds up at one height. What
//! they mean is told by whoever knows the contracts. Source: PRF-12.

use super::check::{Check, Checks, Failure, Word};
use super::place::{LeafProof, Place, Roots};
use crate::block::Header;
use crate::types::{Compartment, Height};
use borsh::{BorshDeserialize, BorshSerialize};

/// Records, or that there are none, after one block. Source: PRF-12.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct RecordsClaim {
    /// The block.
    pub place: Place,
    /// The roots of its state.
    pub roots: Roots,
    /// The records, by half and key, each once.
    pub records: Vec<RecordProof>,
}

/// One of several records. Source: PRF-12.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct RecordProof {
    /// The half of the state.
    pub compartment: Compartment,
    /// The key.
    pub key: Vec<u8>,
    /// The record.
    pub proof: LeafProof,
}

/// What was proven: these records, at one height.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownRecords {
    /// After the block of this height.
    pub height: Height,
    /// Half, key, canonical bytes; none where there was no such record.
    pub records: Vec<(Compartment, Vec<u8>, Option<Vec<u8>>)>,
}

impl RecordsClaim {
    pub(super) fn open(
        &self,
        checks: &mut Checks,
        anchor: &Header,
    ) -> Result<ShownRecords, Failure> {
        let header = self.place.open(checks, anchor)?;
        self.roots.open(checks, Check::StateRoot, header)?;
        let is_any = !self.records.is_empty();
        checks.hold(Check::Leaf, is_any, Word::Present, self.records.len())?;
        let mut records: Vec<(Compartment, Vec<u8>, Option<Vec<u8>>)> = Vec::new();
        for RecordProof { compartment, key, proof } in &self.records {
            let place = (*compartment, key);
            let rises = records.last().is_none_or(|(half, before, _)| (*half, before) < place);
            checks.hold(Check::Leaf, rises, Word::Once, records.len())?;
            let stored = proof.open(checks, Check::Leaf, &self.roots, *compartment, key)?;
            records.push((*compartment, key.clone(), stored.map(|leaf| leaf.value.clone())));
        }
        Ok(ShownRecords { height: header.height, records })
    }
}
