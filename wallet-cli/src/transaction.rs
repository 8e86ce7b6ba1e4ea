//! This exists to let people make a transaction together through files: built, explained, signed by each,
//! joined, submitted; all but the last without a network.

mod build;
mod command;
mod file;

pub(crate) use build::{Draft, Signing};
pub(crate) use command::{TxCommand, eprint_text, load, run, save};
pub(crate) use file::TransactionFile;
