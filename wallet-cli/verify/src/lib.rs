//! This exists to be what a regulator reads, builds and keeps: it checks a proof or a whole chain offline,
//! from nothing but a file and a genesis hash. No network code is in its dependency tree.

pub mod chain;
pub mod command;
pub mod proof;
pub mod words;

pub use chain::{ChainError, Progress, audit, audit_receipts};
pub use command::{AuditArguments, Output, Said, run};
pub use words::Language;
