//! This exists to keep the proofs of contradictions that this node has seen, in its own folder, where they
//! outlive the engine and whoever is asked about them.

use crate::error::NodeError;
use crate::framed;
use crate::storage::{Folder, Storage};
use linli_ledger::certificate::VoteKind;
use linli_ledger::evidence::Evidence;
use linli_ledger::types::Height;
use std::path::Path;

const NAME: &str = "evidence";

/// Proofs kept of one validator: the first ones. More would prove nothing more, and would be a way to fill
/// the disk.
const OF_ONE_MAX: usize = 16;

/// What was seen, in order.
pub(crate) struct Seen {
    storage: Box<dyn Storage>,
    evidence: Vec<Evidence>,
}

impl Seen {
    /// Reads what was kept; a torn last entry is dropped.
    pub(crate) fn open(mut storage: Box<dyn Storage>) -> Result<Self, NodeError> {
        let bytes = load(&*storage)?;
        let (evidence, whole) = framed::read(&bytes);
        if whole.len() < bytes.len() {
            storage.replace(NAME, &whole).map_err(|source| error("replace", source))?;
        }
        Ok(Self { storage, evidence })
    }

    /// Keeps a proof, unless there is one of that validator in that round, or there are enough of it. Durable
    /// when it returns.
    pub(crate) fn keep(&mut self, evidence: Evidence) -> Result<(), NodeError> {
        let of_it = self.evidence.iter().filter(|kept| kept.validator() == evidence.validator());
        let places: Vec<_> = of_it.map(place).collect();
        if places.contains(&place(&evidence)) || places.len() >= OF_ONE_MAX {
            return Ok(());
        }
        tracing::error!(
            validator = %evidence.validator(), height = %evidence.height(), round = evidence.round(),
            "a validator has contradicted itself; the proof is kept"
        );
        let bytes = framed::bytes_of(&evidence);
        self.storage.append(NAME, &bytes).map_err(|source| error("write", source))?;
        self.evidence.push(evidence);
        Ok(())
    }
}

/// Where a validator has contradicted itself; its votes of a kind, or its proposals.
fn place(evidence: &Evidence) -> (Height, u32, Option<VoteKind>) {
    let kind = match evidence {
        Evidence::Votes(first, _) => Some(first.message.kind),
        Evidence::Proposals(..) => None,
    };
    (evidence.height(), evidence.round(), kind)
}

/// The proofs of contradictions that the node of a folder has seen, in order; the node may run.
///
/// They prove themselves: [`Evidence::verify`].
///
/// # Errors
/// [`NodeError::Storage`].
pub fn evidence(folder: &Path) -> Result<Vec<Evidence>, NodeError> {
    let own = folder.join("node");
    let storage = Folder::create(&own).map_err(|source| NodeError::Storage {
        action: "create the folder",
        what: own.display().to_string(),
        source,
    })?;
    Ok(framed::read(&load(&storage)?).0)
}

fn load(storage: &dyn Storage) -> Result<Vec<u8>, NodeError> {
    Ok(storage.read(NAME).map_err(|source| error("read", source))?.unwrap_or_default())
}

fn error(action: &'static str, source: std::io::Error) -> NodeError {
    NodeError::Storage { action, what: NAME.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::faulty::Faulty;
    use linli_ledger::certificate::Vote;
    use linli_ledger::crypto::ConsensusKey;
    use linli_ledger::evidence::Signed;
    use linli_ledger::hash::Digest;
    use linli_ledger::types::BlockHash;

    const GENESIS: Digest = Digest::Blake3([9; 32]);

    fn contradiction(n: u8, height: u64, kind: VoteKind, value: u8) -> Evidence {
        let key = ConsensusKey::from_seed(&[n; 32]);
        let signed = |value: Option<u8>| {
            let value = value.map(|value| BlockHash(Digest::Blake3([value; 32])));
            let (height, validator) = (Height(height), key.public());
            let message = Vote { kind, height, round: 0, value, validator };
            Signed { signature: key.sign_vote(&GENESIS, &message), message }
        };
        Evidence::Votes(signed(None), signed(Some(value)))
    }

    fn open(disk: &Faulty) -> Seen {
        Seen::open(disk.folder("node")).unwrap()
    }

    #[test]
    fn proofs_last_and_one_validator_does_not_crowd_out_another() {
        let disk = Faulty::default();
        let mut seen = open(&disk);
        let mut kept = Vec::new();
        for height in 1..=100 {
            for kind in [VoteKind::Prevote, VoteKind::Precommit] {
                let first = contradiction(1, height, kind, 1);
                seen.keep(first.clone()).unwrap();
                seen.keep(contradiction(1, height, kind, 2)).unwrap();
                kept.push(first);
            }
        }
        kept.truncate(OF_ONE_MAX);
        let other = contradiction(2, 7, VoteKind::Prevote, 1);
        seen.keep(other.clone()).unwrap();
        kept.push(other);
        assert_eq!(seen.evidence, kept);
        assert_eq!(open(&disk).evidence, kept);
    }

    #[test]
    fn a_torn_write_loses_the_last_proof_and_none_before_it() {
        for sixteenths in 0..16 {
            let disk = Faulty::default();
            let first = contradiction(1, 1, VoteKind::Prevote, 1);
            let mut seen = open(&disk);
            seen.keep(first.clone()).unwrap();
            disk.fail_at(0, sixteenths);
            assert!(seen.keep(contradiction(1, 2, VoteKind::Prevote, 1)).is_err());
            disk.restore();
            let mut seen = open(&disk);
            assert_eq!(seen.evidence, [first]);
            seen.keep(contradiction(1, 3, VoteKind::Prevote, 1)).unwrap();
            assert_eq!(open(&disk).evidence.len(), 2);
        }
    }
}
