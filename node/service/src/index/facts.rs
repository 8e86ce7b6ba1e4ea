//! This exists to say what the index knows of a block: one sorted map of entries, a pure function of
//! the block, its receipts and the places of its accounts. An index is the union of these maps.

use super::bins;
use super::key::{AnyId, END_OF_TEXT, Location, Sum, Table, activity};
use super::named::{Name, Named, names};
use super::place::{Place, Places};
use super::text::{normalised, suffixes};
use linli_contracts::{AnyCall, programme};
use linli_ledger::block::{Block, BlockTransaction};
use linli_ledger::codec::decode;
use linli_ledger::genesis::Genesis;
use linli_ledger::posting::{Movement, Quantity};
use linli_ledger::receipt::{Outcome, Receipt, Subject};
use linli_ledger::record::{KERNEL, KeyPart};
use linli_ledger::transaction::Body;
use linli_ledger::types::{Day, Height, RecordId, TransactionId, derive_identifier};
use std::collections::{BTreeMap, BTreeSet};

/// The entries of a block.
pub(super) type Facts = BTreeMap<Vec<u8>, Vec<u8>>;

/// The entries that genesis has: the names of its organisations.
pub(super) fn of_genesis(genesis: &Genesis) -> Facts {
    let mut facts = Facts::new();
    for (position, organisation) in (0..).zip(&genesis.organisations) {
        let at = Location { height: Height(0), index: position };
        let id = genesis.organisation(position).0;
        name(&mut facts, at, id, (Named::Organisation, 0, &organisation.name));
    }
    facts
}

/// The entries of a block.
pub(super) fn of_block(block: &Block, receipts: &[Receipt], places: &Places) -> Facts {
    let mut facts = Facts::new();
    let Height(height) = block.header.height;
    let day = block.header.time.day();
    let mut value = Vec::with_capacity(8);
    block.header.height.write(&mut value);
    facts.insert(Table::Blocks.key(&block.header.hash().0), value);
    let first = receipts.len().saturating_sub(block.transactions.len());
    for (index, receipt) in (0_u32..).zip(receipts) {
        let at = Location { height: Height(height), index };
        value_moved(&mut facts, at, day, receipt, places);
        let position = usize::try_from(index).ok().and_then(|index| index.checked_sub(first));
        let transaction = position.and_then(|position| block.transactions.get(position));
        if let (Subject::Transaction(id), Some(BlockTransaction::Full(signed))) =
            (&receipt.subject, transaction)
        {
            facts.insert(Table::Transactions.key(id), place_bytes(at));
            if let Ok(body) = decode::<Body>(&signed.body, "a body") {
                signed_and_said(&mut facts, at, id, &body, receipt);
            }
        }
        written(&mut facts, at, receipt);
    }
    facts
}

/// The bytes of a location, as values hold it.
pub(super) fn place_bytes(at: Location) -> Vec<u8> {
    let mut out = Vec::with_capacity(12);
    at.write(&mut out);
    out
}

/// Journals, edges of the diagram, intervals of sources.
fn value_moved(facts: &mut Facts, at: Location, day: Day, receipt: &Receipt, places: &Places) {
    for entry in &receipt.entries {
        facts.insert(Table::Journals.key(&(entry.account, entry.number)), place_bytes(at));
    }
    for (number, movement) in (0_u16..).zip(&receipt.movements) {
        let Movement { from, to, quantity: Quantity::Fen(segments) } = movement else { continue };
        for (part, segment) in (0_u16..).zip(segments) {
            let (level, bin) = bins::smallest(segment.start, segment.end());
            let key = ((segment.source, level, bin), at, number, part);
            let mut value = Vec::with_capacity(16);
            (segment.start, segment.length).write(&mut value);
            facts.insert(Table::Intervals.key(&key), value);
            for (fund, edge) in edges(places.get(from), places.get(to)) {
                let key = Table::Edges.key(&((fund, day), edge.0, edge.1, segment.source));
                let sum = facts.get(&key).and_then(|sum| Sum::read(sum)).unwrap_or_default();
                let more = Sum { amount: segment.length, count: 1 };
                facts.insert(key, sum.plus(more).bytes());
            }
        }
    }
}

/// The edges that a movement is in the diagrams of one fund, or of two.
pub(super) fn edges(
    from: Option<&Place>,
    to: Option<&Place>,
) -> Vec<(RecordId, (super::place::Node, super::place::Node))> {
    let (Some(from), Some(to)) = (from, to) else { return Vec::new() };
    let edge = (from.node, to.node);
    match (from.fund == to.fund, from.node == to.node) {
        (true, true) => Vec::new(),
        (true, false) => vec![(from.fund, edge)],
        (false, _) => vec![(from.fund, edge), (to.fund, edge)],
    }
}

/// Who signed, and what a call that was applied says in public.
fn signed_and_said(
    facts: &mut Facts,
    at: Location,
    id: &TransactionId,
    body: &Body,
    receipt: &Receipt,
) {
    for signer in &body.signers {
        facts.insert(Table::Signers.key(&(signer.key, at)), Vec::new());
    }
    let Some(call) = AnyCall::decode(body.contract, &body.call) else { return };
    if receipt.outcome != Outcome::Applied {
        return;
    }
    for text in names(&call) {
        name(facts, at, derive_identifier(id, text.1), text);
    }
    if let AnyCall::Programme(programme::Call::ActivityPropose { terms, .. }) = &call {
        let record = RecordId(derive_identifier(id, 0));
        for place in wider(&terms.place) {
            facts.insert(activity(place, terms.start, &record), place_bytes(at));
        }
    }
}

/// A place and all that it lies in: `5101/04/001`, `5101/04`, `5101`, everywhere.
fn wider(place: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(place), |place| match place.rfind('/') {
        Some(end) => place.get(..end),
        None => (!place.is_empty()).then_some(""),
    })
}

fn name(facts: &mut Facts, at: Location, id: AnyId, (kind, _, text): Name<'_>) {
    for (position, suffix) in suffixes(&normalised(text)) {
        let mut key = Table::Texts.key(&suffix);
        key.push(END_OF_TEXT);
        (position, kind.number(), id).write(&mut key);
        facts.insert(key, place_bytes(at));
    }
}

/// Which records a receipt wrote, and which of them it created.
fn written(facts: &mut Facts, at: Location, receipt: &Receipt) {
    let ids: BTreeSet<AnyId> = receipt.writes.iter().filter_map(|w| record_of(&w.key)).collect();
    for id in &ids {
        facts.insert(Table::Writers.key(&(*id, at)), Vec::new());
    }
    let Subject::Transaction(transaction) = &receipt.subject else { return };
    // Identifiers are numbered densely; each names a record that the same transaction wrote.
    let created = (0..).map(|n| (n, derive_identifier(transaction, n)));
    for (n, id) in created.take_while(|(_, id)| ids.contains(id)) {
        let mut value = place_bytes(at);
        n.write(&mut value);
        facts.insert(Table::Creators.key(&id), value);
    }
}

/// The identifier with which the key of a contract's record begins, if it begins with one.
///
/// The kernel's own records (accounts, segments, nonces) have lists of their own.
pub(super) fn record_of(key: &[u8]) -> Option<AnyId> {
    let (contract, rest) = key.split_first_chunk::<2>()?;
    let (_, id) = rest.split_first()?;
    let is_of_contract = *contract != KERNEL.0.to_be_bytes();
    id.first_chunk::<32>().filter(|_| is_of_contract).copied()
}
