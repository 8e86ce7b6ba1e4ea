//! This exists to edit each field of a header, without and with the validator's key.

use super::draft::Draft;
use super::{Edit, Group, Kind, Original, below, flip};
use crate::oracle::Random;
use linli_ledger::block::Header;
use linli_ledger::crypto::{BusinessKey, PublicKey};
use linli_ledger::hash::Digest;
use linli_ledger::replay::Check;
use linli_ledger::types::BlockTime;

/// The field, what finds the edit under the old certificate, what finds it under a new one, the edit.
/// The time given is the parent's.
type Row = (&'static str, Check, Option<Check>, fn(&mut Header, BlockTime, &mut Random));

const ROWS: [Row; 16] = [
    ("version", Check::Link, Some(Check::Link), |header, _, random| {
        header.version += 1 + u16::try_from(random.below(9)).expect("below 9");
    }),
    ("chain", Check::Link, Some(Check::Link), |header, _, random| bit(&mut header.chain, random)),
    ("height", Check::Link, Some(Check::Link), |header, _, random| {
        header.height.0 = header.height.0 + 1 + random.below(9);
    }),
    ("height of the parent", Check::Link, Some(Check::Link), |header, _, _| header.height.0 -= 1),
    ("parent", Check::Link, Some(Check::Link), |header, _, random| {
        bit(&mut header.parent.0, random);
    }),
    ("time not after the parent's", Check::Link, Some(Check::Link), |header, parent, random| {
        header.time.0 = parent.0 - random.below(3);
    }),
    // With the key in hand this is another history: see `honest`.
    ("time", Check::Certificate, None, |header, _, random| header.time.0 += 1 + random.below(9)),
    ("history root", Check::History, Some(Check::History), |header, _, random| {
        bit(&mut header.history_root, random);
    }),
    ("validators hash", Check::Validators, Some(Check::Validators), |header, _, random| {
        bit(&mut header.validators_hash, random);
    }),
    ("proposer", Check::Validators, Some(Check::Validators), |header, _, _| {
        header.proposer = stranger();
    }),
    ("next validators hash", Check::Certificate, Some(Check::Validators), |header, _, random| {
        bit(&mut header.next_validators_hash, random);
    }),
    (
        "transactions root",
        Check::Certificate,
        Some(Check::TransactionsRoot),
        |header, _, random| bit(&mut header.transactions_root, random),
    ),
    (
        "transaction count",
        Check::Certificate,
        Some(Check::TransactionsRoot),
        |header, _, random| other(&mut header.transaction_count, random),
    ),
    ("receipts root", Check::Certificate, Some(Check::Rules), |header, _, random| {
        bit(&mut header.receipts_root, random);
    }),
    ("receipt count", Check::Certificate, Some(Check::Rules), |header, _, random| {
        other(&mut header.receipt_count, random);
    }),
    ("state root", Check::Certificate, Some(Check::StateRoot), |header, _, random| {
        bit(&mut header.state_root.0, random);
    }),
];

pub(super) fn kinds() -> Vec<Kind> {
    let kind = |group, check, name, change| {
        let name = format!("header: {name}");
        Kind::new(group, check, name, move |original, random| {
            edited(original, random, group, change)
        })
    };
    let mut kinds = Vec::new();
    for (name, old, new, change) in ROWS {
        kinds.push(kind(Group::Reframed, old, name, change));
        kinds.extend(new.map(|check| kind(Group::Resigned, check, name, change)));
    }
    kinds
}

fn edited(
    original: &Original<'_>,
    random: &mut Random,
    group: Group,
    change: fn(&mut Header, BlockTime, &mut Random),
) -> Edit {
    let position = below(random, original.blocks.len());
    let parent = match position.checked_sub(1) {
        Some(before) => original.blocks[before].block.header.time,
        None => original.genesis.time,
    };
    let mut draft = Draft::new(original, group, position);
    change(&mut draft.edited().block.header, parent, random);
    draft.sign();
    draft.finish()
}

/// The smallest lie about a hash.
fn bit(digest: &mut Digest, random: &mut Random) {
    let Digest::Blake3(bytes) = digest;
    flip(bytes, random);
}

fn other(count: &mut u32, random: &mut Random) {
    *count = count.wrapping_add(1 + u32::try_from(random.below(9)).expect("below 9"));
}

fn stranger() -> PublicKey {
    BusinessKey::demonstration(b"stranger", "proposer").public()
}
