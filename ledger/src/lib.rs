//! This exists to say what a valid Linli chain is and what it means.
//!
//! Pure: no clock, no randomness, no I/O, no async, no float, no hash map. Callers pass bytes and
//! blocks in and get states, receipts and verdicts out. There is no storage trait: the core is handed
//! values. Rules about who may do what live in the contracts crate; this crate knows only how a
//! contract is run, how value moves, and how all of it is committed to and checked.
//!
//! The way in: [`genesis::Genesis`] → [`state::State::from_genesis`] → [`execute::execute_block`] →
//! [`state::State::apply`]; for auditors [`replay::replay`]; for whoever holds one proof [`verify::verify`].

#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        clippy::float_arithmetic,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::unwrap_used,
        clippy::wildcard_enum_match_arm
    )
)]
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

pub mod amount;
pub mod block;
pub mod certificate;
pub mod code;
pub mod codec;
pub mod contract;
pub mod crypto;
pub mod due;
pub mod evidence;
pub mod execute;
pub mod frame;
pub mod genesis;
pub mod hash;
pub mod invariant;
pub mod json;
pub mod keys;
pub mod limits;
pub mod lineage;
pub mod members;
pub mod merkle;
pub mod posting;
pub mod receipt;
pub mod record;
pub mod replay;
pub mod rules;
pub mod snapshot;
pub mod state;
pub mod system;
pub mod transaction;
pub mod tree;
pub mod types;
pub mod verify;
pub mod view;
