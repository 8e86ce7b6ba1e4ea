//! This exists to begin the same history from another genesis: whoever has the genesis hash from a
//! source that he trusts sees it at once.

use super::draft::Draft;
use super::{Group, Kind, below};
use crate::oracle::Random;
use linli_ledger::codec::encode;
use linli_ledger::crypto::BusinessKey;
use linli_ledger::frame::Frame;
use linli_ledger::genesis::{Clock, Genesis};
use linli_ledger::hash::{Domain, digest};
use linli_ledger::replay::Check;
use linli_ledger::types::BlockHash;

type Change = fn(&mut Genesis, &mut Random);

const CHANGES: [(&str, Change); 8] = [
    ("name", |genesis, _| genesis.name.push('x')),
    ("time", |genesis, random| genesis.time.0 -= 1 + random.below(1_000)),
    ("clock", |genesis, _| genesis.clock = other(genesis.clock)),
    ("parameter", |genesis, random| genesis.parameters.push((1, random.below(1_000)))),
    ("validator key", |genesis, _| {
        genesis.validators[0].key = BusinessKey::demonstration(b"stranger", "validator").public();
    }),
    ("organisation key", |genesis, random| {
        let one = below(random, genesis.organisations.len());
        let key = BusinessKey::demonstration(b"stranger", "organisation").public();
        genesis.organisations[one].key = key;
    }),
    ("governance threshold", |genesis, _| genesis.governance_threshold += 1),
    ("contracts", |genesis, _| {
        genesis.contracts.pop();
    }),
];

pub(super) fn kinds() -> Vec<Kind> {
    let groups = [Group::Reframed, Group::Resigned];
    let kinds = CHANGES.into_iter().flat_map(|(name, change)| {
        groups.map(|group| {
            let name = format!("genesis: {name}");
            Kind::new(group, Check::Genesis, name, move |original, random| {
                let mut genesis = original.genesis.clone();
                change(&mut genesis, random);
                let bytes = encode(&genesis);
                let mut draft = Draft::new(original, group, 0);
                draft.chain = digest(Domain::Genesis, &bytes);
                for committed in &mut draft.blocks {
                    committed.block.header.chain = draft.chain;
                }
                draft.edited().block.header.parent = BlockHash(draft.chain);
                draft.sign();
                draft.prefix = Frame::Genesis(bytes).to_bytes();
                let mut edit = draft.finish();
                edit.height = None;
                edit
            })
        })
    });
    kinds.collect()
}

fn other(clock: Clock) -> Clock {
    match clock {
        Clock::Data => Clock::Real,
        Clock::Real => Clock::Data,
    }
}
