//! This exists to keep secret keys at rest, for the person's program and the node's alike: files that only
//! their owner reads, sealed under a passphrase that comes from a prompt or a file.
//!
//! Absent: signing, and what a key is used for. A passphrase never comes from an argument or the
//! environment.

mod error;
pub mod passphrase;
pub mod private_file;
mod sealed;

pub use error::SecretError;
pub use sealed::{KeyKind, WORK_FACTOR, is_sealed, open, read_key, seal, write_key};
