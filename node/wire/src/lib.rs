//! This exists to be the one set of types that a node says over HTTP: the service writes them, the
//! wallet reads them, and the description of the interface is made from them.
//!
//! Calls, records, receipts, headers and certificates are those of `ledger` and `contracts`, in their
//! own JSON (LED-10, ADR 0012). What is here is what stands around them. Amounts, heights and times
//! are decimal text; identifiers are bech32m; hashes are lower-case hexadecimal.

pub mod account;
pub mod chain;
pub mod credit;
pub mod event;
mod found;
pub mod governance;
pub mod language;
pub mod list;
pub mod money;
pub mod path;
pub mod problem;
pub mod record;
pub mod registry;
pub mod schema;
pub mod signing;
pub mod transaction;

pub use found::Found;
pub use language::Language;
pub use list::{At, List, Page};
pub use problem::{Explanation, FieldProblem, Problem};
pub use record::{AnyRecord, Recorded};
