//! This exists to let a person have keys: made from words, kept under a passphrase, shown, backed up.

mod command;
mod path;
mod store;
mod words;

pub(crate) use command::{KeyCommand, run};
pub(crate) use store::{Card, Store, clock_nonce};
