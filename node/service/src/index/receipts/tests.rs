use super::*;
use linli_ledger::crypto::ConsensusKey;
use linli_ledger::receipt::{Outcome, Subject, Write};
use linli_ledger::types::{
    BlockHash, BlockTime, Compartment, ContractId, StateRoot, TransactionId,
};
use proptest::prelude::*;
use std::fs::{self, File};

fn receipt(n: u64) -> Receipt {
    let id = TransactionId(Digest::Blake3(hash(Domain::Document, &n.to_le_bytes())));
    let writes =
        (0..n % 7).map(|key| Write { key: vec![7; 40], version: key, value: Some([9; 32]) });
    Receipt {
        subject: Subject::Transaction(id),
        contract: ContractId(4),
        compartment: Compartment::Public,
        outcome: Outcome::Applied,
        conditions: Vec::new(),
        movements: Vec::new(),
        entries: Vec::new(),
        writes: writes.collect(),
    }
}

/// The header of a block with these receipts.
fn header(height: u64, receipts: &[Receipt]) -> Header {
    let leaves: Vec<_> = receipts.iter().map(Receipt::leaf).collect();
    let none = Digest::ZERO;
    Header {
        version: 1,
        chain: none,
        height: Height(height),
        time: BlockTime(0),
        parent: BlockHash(none),
        transactions_root: none,
        transaction_count: 0,
        receipts_root: Digest::Blake3(merkle::root(&leaves)),
        receipt_count: u32::try_from(receipts.len()).unwrap(),
        state_root: StateRoot(none),
        history_root: none,
        validators_hash: none,
        next_validators_hash: none,
        proposer: ConsensusKey::demonstration(b"receipts", "one").public(),
    }
}

#[derive(Clone, Debug)]
enum Step {
    /// So many blocks, from so many before the next one on.
    Put { back: u64, blocks: usize, seed: u64 },
    /// A gap.
    Skip,
    /// Closed and opened again after the last file has lost so many bytes.
    Torn(u64),
    /// One byte of one file is another.
    Changed(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0_u64..4, 1_usize..5, any::<u64>())
            .prop_map(|(back, blocks, seed)| Step::Put { back, blocks, seed }),
        1 => Just(Step::Skip),
        2 => (0_u64..900).prop_map(Step::Torn),
        1 => any::<u64>().prop_map(Step::Changed),
    ]
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// Every block is as it was put or it is a doubt; those up to the last that is right are all right.
fn right(receipts: &Receipts, model: &[Vec<Receipt>]) -> usize {
    let mut right = model.len();
    for (height, put) in (1..).zip(model) {
        match receipts.get(&header(height, put)) {
            Ok(found) => assert_eq!(&found, put),
            Err(IndexError::Doubt(_)) => right = right.min(usize::try_from(height).unwrap() - 1),
            Err(error) => panic!("{error}"),
        }
    }
    right
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_was_put_is_there_or_in_doubt(steps in proptest::collection::vec(step(), 1..24)) {
        let folder = tempfile::tempdir().unwrap();
        let open = || Receipts::open_with(folder.path(), 2_000).unwrap();
        let mut receipts = open();
        let mut model: Vec<Vec<Receipt>> = Vec::new();
        for step in steps {
            match step {
                Step::Put { back, blocks, seed } => {
                    let kept = model.len().saturating_sub(usize::try_from(back).unwrap());
                    model.truncate(kept);
                    let new = (0..blocks as u64).map(|n| {
                        (0..(seed >> n) % 4).map(|m| receipt(seed.wrapping_add(n * 5 + m))).collect()
                    });
                    model.extend(new);
                    let first = Height(kept as u64 + 1);
                    receipts.put(first, model[kept..].iter().map(Vec::as_slice)).unwrap();
                    prop_assert_eq!(right(&receipts, &model), model.len());
                    prop_assert_eq!(receipts.last(), Height(model.len() as u64));
                }
                Step::Skip => {
                    let gap = Height(receipts.last().0 + 2);
                    let put = receipts.put(gap, [].into_iter());
                    prop_assert!(matches!(put, Err(IndexError::Doubt(_))));
                }
                Step::Torn(bytes) => {
                    if let Some(last) = files(&super::folder(folder.path())).pop() {
                        let length = fs::metadata(&last).unwrap().len();
                        let file = File::options().write(true).open(last).unwrap();
                        file.set_len(length.saturating_sub(bytes)).unwrap();
                    }
                    receipts = open();
                    model.truncate(right(&receipts, &model));
                    prop_assert!(receipts.last() >= Height(model.len() as u64));
                }
                Step::Changed(dice) => {
                    let files = files(&super::folder(folder.path()));
                    let number = dice.checked_rem(files.len() as u64).unwrap_or(0);
                    let Some(file) = files.get(usize::try_from(number).unwrap()) else { continue };
                    let mut bytes = fs::read(file).unwrap();
                    let Some(place) = (dice >> 8).checked_rem(bytes.len() as u64) else { continue };
                    bytes[usize::try_from(place).unwrap()] ^= 1 << (dice % 8);
                    fs::write(file, bytes).unwrap();
                    receipts = open();
                    // Who is told of the doubt puts from there on.
                    model.truncate(right(&receipts, &model));
                    prop_assert!(receipts.last() >= Height(model.len() as u64));
                }
            }
        }
    }
}
