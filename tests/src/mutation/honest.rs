//! This exists to write another history that is valid in itself: the validator leaves something out,
//! moves it or delays it, and honestly builds, links and signs every block from there on. Only the
//! hash of the last block, known from elsewhere, finds it.

use super::{Edit, Group, Kind, Original, below};
use crate::oracle::Random;
use linli_ledger::block::{BlockTransaction, CommittedBlock};
use linli_ledger::certificate::{Certificate, CommitCertificate};
use linli_ledger::execute::{BlockTemplate, build_block};
use linli_ledger::frame::Frame;
use linli_ledger::replay::Check;
use linli_ledger::transaction::{BODY_VERSION, Body, SignedTransaction, Signer};
use linli_ledger::types::BlockTime;

/// Such an edit is made in one of so many last blocks: all from there on are executed again.
const LATE: usize = 24;

/// The blocks to build: time and transactions.
type Plan = Vec<(BlockTime, Vec<SignedTransaction>)>;

type Change = fn(&Original<'_>, &mut Plan, &mut Random);

const CHANGES: [(&str, usize, Change); 8] = [
    ("a transaction left out", 1, |_, plan, random| {
        let end = plan[0].1.len();
        plan[0].1.remove(below(random, end));
    }),
    ("two transactions swapped", 2, |_, plan, random| {
        let first = below(random, plan[0].1.len() - 1);
        plan[0].1.swap(first, first + 1);
    }),
    ("a transaction in a later block", 1, |_, plan, random| {
        let end = plan[0].1.len();
        let transaction = plan[0].1.remove(below(random, end));
        let later = 1 + below(random, plan.len() - 1);
        plan[later].1.push(transaction);
    }),
    ("a transaction in an earlier block", 0, |_, plan, random| {
        let later =
            1 + plan[1..].iter().position(|(_, all)| !all.is_empty()).expect("the last is busy");
        let end = plan[later].1.len();
        let transaction = plan[later].1.remove(below(random, end));
        plan[0].1.push(transaction);
    }),
    ("a millisecond later", 0, |_, plan, _| {
        // The next block may be that millisecond later already; then it waits too.
        let mut time = plan[0].0;
        for block in plan {
            if block.0 > time {
                break;
            }
            time = time.plus(1);
            block.0 = time;
        }
    }),
    ("a block left out", 0, |_, plan, _| {
        plan.remove(0);
    }),
    ("a block more", 0, |_, plan, random| {
        let time = plan[plan.len() - 1].0;
        plan.push((time.plus(1 + random.below(1_000)), Vec::new()));
    }),
    ("a transaction of the validator's own", 0, |original, plan, random| {
        let body = Body {
            version: BODY_VERSION,
            genesis: original.genesis_hash,
            signers: vec![Signer { key: original.misused.public(), grant: None }],
            nonce: 1 + random.below(1_000),
            valid_until: plan[0].0.plus(1),
            ..some_body(plan)
        };
        let signature = original.misused.sign_transaction(&original.genesis_hash, &body.id());
        plan[0].1.push(SignedTransaction::new(&body, vec![signature]));
    }),
];

pub(super) fn kinds() -> Vec<Kind> {
    let kinds = CHANGES.into_iter().map(|(name, least, change)| {
        let name = format!("another history: {name}");
        Kind::new(Group::Resigned, Check::Head, name, move |original, random| {
            let busy = |one: &CommittedBlock| !one.block.transactions.is_empty();
            let last = original.blocks.iter().rposition(busy).expect("the example does something");
            let position = original.choose(random, |position, committed| {
                let is_late = position + LATE >= last && position < last;
                is_late && committed.block.transactions.len() >= least
            });
            let mut plan = plan(&original.blocks[position..]);
            change(original, &mut plan, random);
            rebuilt(original, position, plan)
        })
    });
    kinds.collect()
}

fn plan(blocks: &[CommittedBlock]) -> Plan {
    let transactions = |committed: &CommittedBlock| {
        let all = committed.block.transactions.iter();
        let signed = all.filter_map(|one| match one {
            BlockTransaction::Full(signed) => Some(signed.clone()),
            BlockTransaction::Withheld(_) => None,
        });
        signed.collect()
    };
    blocks.iter().map(|one| (one.block.header.time, transactions(one))).collect()
}

/// The body of some transaction in the plan.
fn some_body(plan: &Plan) -> Body {
    let signed = plan.iter().find_map(|(_, all)| all.first()).expect("something happens late");
    linli_ledger::codec::decode(&signed.body, "a body").expect("the original holds")
}

/// Builds and signs every block of a plan after those before `position`, as an honest node does: what
/// the door refuses now is left out.
fn rebuilt(original: &Original<'_>, position: usize, plan: Plan) -> Edit {
    let mut state = original.state_before(position);
    let mut bytes = original.frames[..=position].concat();
    let proposer = original.validator.public();
    for (time, transactions) in plan {
        let candidates: Vec<_> = transactions
            .into_iter()
            .map(|signed| signed.verify(&original.genesis_hash).expect("signed by its signers"))
            .collect();
        let template = BlockTemplate { time, proposer };
        let built = build_block(&state, original.rulebook, template, &candidates);
        let certificate =
            Certificate::Quorum(CommitCertificate { round: 0, signatures: Vec::new() });
        let mut committed = CommittedBlock { block: built.block, certificate };
        original.sign(&original.genesis_hash, &mut committed);
        state.apply(built.executed.delta);
        bytes.extend(Frame::Block(committed).to_bytes());
    }
    Edit { bytes, height: Some(state.tip().height.0) }
}
