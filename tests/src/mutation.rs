//! This exists to spoil a good chain in every way that we can name, and to say for each way which
//! check of an audit has to find it.
//!
//! Three groups: bytes spoiled by chance or by hand; blocks edited by somebody who then puts every
//! checksum and hash right again; the same with the validator's key in hand. No judgement here is the
//! ledger's own: what a kind of edit breaks is written beside it.

mod certificate;
mod draft;
mod genesis;
mod header;
mod honest;
mod original;
mod payload;
mod raw;
mod transactions;

pub use original::Original;

use crate::oracle::Random;
use linli_ledger::replay::Check;
use std::fmt;

/// What the one who spoils a chain can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Changes bytes.
    Raw,
    /// Recomputes every checksum and hash after the edit.
    Reframed,
    /// Has the validator's key too: signs the edited block and all after it.
    Resigned,
}

impl Group {
    /// Each group.
    pub const ALL: [Self; 3] = [Self::Raw, Self::Reframed, Self::Resigned];
}

/// A spoiled chain.
#[derive(Clone, Debug)]
pub struct Edit {
    /// The whole chain.
    pub bytes: Vec<u8>,
    /// The height that an audit must name; `None` where it can name none.
    pub height: Option<u64>,
}

type Make = Box<dyn Fn(&Original<'_>, &mut Random) -> Edit + Send + Sync>;

/// A way of spoiling a chain.
pub struct Kind {
    /// What is done.
    pub name: String,
    /// With which means.
    pub group: Group,
    /// The check that must find it.
    pub check: Check,
    make: Make,
}

impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {} → {}", self.group, self.name, self.check.name())
    }
}

impl Kind {
    fn new(
        group: Group,
        check: Check,
        name: impl Into<String>,
        make: impl Fn(&Original<'_>, &mut Random) -> Edit + Send + Sync + 'static,
    ) -> Self {
        Self { name: name.into(), group, check, make: Box::new(make) }
    }

    /// Spoils the chain; the same numbers spoil it in the same way.
    pub fn make(&self, original: &Original<'_>, random: &mut Random) -> Edit {
        (self.make)(original, random)
    }
}

/// Every kind.
pub fn kinds() -> Vec<Kind> {
    let mut kinds = raw::kinds();
    kinds.extend(payload::kinds());
    kinds.extend(genesis::kinds());
    kinds.extend(header::kinds());
    kinds.extend(certificate::kinds());
    kinds.extend(transactions::kinds());
    kinds.extend(honest::kinds());
    kinds
}

/// A position from 0 up to, not including, `end`.
fn below(random: &mut Random, end: usize) -> usize {
    usize::try_from(random.below(end as u64)).expect("below a length in memory")
}

/// 32 bytes that nothing hashes to.
fn noise(random: &mut Random) -> [u8; 32] {
    let mut bytes = [0; 32];
    for byte in &mut bytes {
        *byte = u8::try_from(random.below(256)).expect("below 256");
    }
    bytes
}

/// Flips one bit between two offsets.
fn flip(bytes: &mut [u8], random: &mut Random) {
    let offset = below(random, bytes.len());
    bytes[offset] ^= 1 << random.below(8);
}
