//! This exists to make what falls due happen: a queue of leaves by time, swept by each block a
//! bounded number at a time. Rules never wait for the sweep; they evaluate lazily as well.

use crate::codec::encode;
use crate::hash::{Digest, Domain, hash_parts};
use crate::record::KERNEL;
use crate::state::State;
use crate::types::{BlockTime, Compartment, ContractId, Height, RecordId, TransactionId};
use crate::view::View;
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

/// Something that happens at a time: a hold ends, a voucher times out. Source: LED-6.6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct DueItem {
    /// Block time from which it is due.
    pub at: BlockTime,
    /// The contract that handles it.
    pub contract: ContractId,
    /// What kind of thing, within the contract.
    pub kind: u8,
    /// The record concerned.
    pub record: RecordId,
}

impl DueItem {
    /// The identifier under which the item writes, as if it were a transaction. Source: LED-6.6.
    pub fn writer(&self, height: Height) -> TransactionId {
        let parts: [&[u8]; 3] = [b"due", &encode(self), &height.0.to_le_bytes()];
        TransactionId(Digest::Blake3(hash_parts(Domain::Identifier, &parts)))
    }
}

type QueueId = (BlockTime, ContractId, u8, RecordId);

/// An entry of the public queue: its key says it all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct PublicDue;

/// An entry of the restricted queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct RestrictedDue;

crate::records! { KERNEL, Public:
    PublicDue = 2, QueueId;
}

crate::records! { KERNEL, Restricted:
    RestrictedDue = 2, QueueId;
}

/// Puts an item of the calling contract into its queue.
pub fn schedule(view: &mut View<'_>, at: BlockTime, kind: u8, record: RecordId) {
    let id = (at, view.contract(), kind, record);
    match view.compartment() {
        Compartment::Public => view.put_kernel(&id, &PublicDue),
        Compartment::Restricted => view.put_kernel(&id, &RestrictedDue),
    }
}

/// Takes an item of the calling contract out of its queue; nothing happens if it is not there.
pub fn cancel(view: &mut View<'_>, at: BlockTime, kind: u8, record: RecordId) {
    let id = (at, view.contract(), kind, record);
    match view.compartment() {
        Compartment::Public => view.remove_kernel::<PublicDue>(&id),
        Compartment::Restricted => view.remove_kernel::<RestrictedDue>(&id),
    }
}

/// The first `limit` items of the view's compartment that are due at the view's time, in order.
pub(crate) fn first(view: &View<'_>, limit: usize) -> Vec<DueItem> {
    let now = view.now();
    let ids: Vec<QueueId> = match view.compartment() {
        Compartment::Public => {
            view.range_through::<PublicDue>(&now, limit).into_iter().map(|(id, _)| id).collect()
        }
        Compartment::Restricted => {
            view.range_through::<RestrictedDue>(&now, limit).into_iter().map(|(id, _)| id).collect()
        }
    };
    ids.into_iter()
        .map(|(at, contract, kind, record)| DueItem { at, contract, kind, record })
        .collect()
}

/// When the next item of either compartment falls due: before that, a block for its sake would be
/// for nothing.
pub fn next(state: &State) -> Option<BlockTime> {
    let now = state.tip().time;
    let view = |compartment| View::read_only(state, compartment, now);
    let public = view(Compartment::Public).range::<PublicDue>(&(), 1);
    let restricted = view(Compartment::Restricted).range::<RestrictedDue>(&(), 1);
    let public = public.first().map(|((at, ..), _)| *at);
    let restricted = restricted.first().map(|((at, ..), _)| *at);
    public.into_iter().chain(restricted).min()
}

/// Takes out an item that is about to be handled; whether it was still there: an item handled just
/// before may have cancelled it.
pub(crate) fn take(view: &mut View<'_>, item: &DueItem) -> bool {
    let id = (item.at, item.contract, item.kind, item.record);
    match view.compartment() {
        Compartment::Public => {
            let waits = view.has::<PublicDue>(&id);
            view.remove_kernel::<PublicDue>(&id);
            waits
        }
        Compartment::Restricted => {
            let waits = view.has::<RestrictedDue>(&id);
            view.remove_kernel::<RestrictedDue>(&id);
            waits
        }
    }
}
