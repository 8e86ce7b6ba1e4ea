//! This exists to talk with a node: ask, submit, wait. What a node says is never believed where it can be
//! checked: the ledger it speaks for is pinned, a transaction is known by its own hash.

mod client;
mod following;
mod outcome;
mod write;

pub(crate) use client::Client;
pub(crate) use outcome::{Wait, dry_run, show, submit, wait};
pub(crate) use write::{Order, WriteArguments, perform};
