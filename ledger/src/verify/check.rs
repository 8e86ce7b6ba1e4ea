//! This exists to name what a proof is checked for, in order, and what the first check that fails
//! expected and found: values and stable names, never prose.

use crate::certificate::{CertificateError, ValidatorSet};
use crate::code::Code;
use crate::crypto::{PublicKey, Signature};
use crate::hash::{Digest, to_hex};
use crate::types::{BlockHash, BlockTime, Height, StateRoot};
use std::collections::BTreeSet;
use std::fmt;

macro_rules! named {
    ($(#[$doc:meta])* $type:ident { $($(#[$item:meta])* $name:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $type { $($(#[$item])* $name,)+ }

        impl $type {
            /// Every one, in order.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// Its stable name, for programs.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}

named! {
    /// A check that a proof may have to pass. Source: PRF-2.2.
    Check {
        /// The file is a proof, and not too long.
        Kind = "kind",
        /// Of a version that this program knows.
        Version = "version",
        /// The bytes are the one spelling of what they say.
        Format = "format",
        /// It is of the chain that the reader trusts.
        Chain = "chain",
        /// It begins with what the reader trusts: the genesis, or the pinned block.
        Start = "start",
        /// Each change of the validators follows from what was known before it.
        Lineage = "lineage",
        /// Whoever named validators after a lost quorum governed in the certified state before.
        Governance = "governance",
        /// The head follows, and the validators known by then certify it.
        Anchor = "anchor",
        /// A quorum signed each of these blocks.
        Certificate = "certificate",
        /// Every other block lies in the history of the head, and so does its own history.
        History = "history",
        /// The receipt is the one at its place in its block.
        Receipt = "receipt",
        /// The transaction is the one of the receipt, at its place in the block.
        Transaction = "transaction",
        /// Its bytes and signatures are right.
        Signature = "signature",
        /// The roots of the two halves give the state root of the block.
        StateRoot = "state-root",
        /// The record is, or is not, under its root.
        Leaf = "leaf",
        /// What was written stayed from one block to another.
        AsOf = "as-of",
        /// The entries of a statement belong to its account and period.
        Entries = "entries",
        /// They hash to the journal's head: none is missing, none was added.
        Journal = "journal",
        /// They add up to the balance.
        Balance = "balance",
        /// What contradicts the chain is signed by the validators of its height.
        Conflict = "conflict",
        /// The parts of a source cover it from its first fen to its last, each once.
        Partition = "partition",
    }
}

named! {
    /// What was expected or found, where it is no value.
    Word {
        /// A proof of this ledger.
        Proof = "proof",
        /// Bytes that are the one encoding of their content.
        Canonical = "canonical-bytes",
        /// Something else than that.
        Other = "something-else",
        /// A genesis that defines a chain.
        Genesis = "sound-genesis",
        /// A proof from the genesis on.
        FromGenesis = "from-genesis",
        /// A proof from the pinned block on.
        FromCheckpoint = "from-checkpoint",
        /// A member of the set that certifies.
        Member = "member-of-the-set",
        /// Each signer once.
        Once = "each-signer-once",
        /// A signature that verifies.
        Valid = "valid-signature",
        /// Another set than before.
        Changed = "another-set",
        /// The block before.
        Before = "block-before",
        /// An active business key of an organisation that governs.
        Governing = "governing-key",
        /// A path of the right length.
        Path = "path-of-this-place",
        /// A proof of a leaf in the right form.
        LeafProof = "leaf-proof",
        /// A record.
        Present = "present",
        /// Two things that cannot both be.
        Contradiction = "contradiction",
    }
}

/// What a check expected, or found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    /// Nothing at all.
    Nothing,
    /// A hash or an identifier.
    Hash([u8; 32]),
    /// A height, a time, a count, an amount.
    Number(u64),
    /// A key.
    Key(PublicKey),
    /// Why a transaction is refused.
    Code(Code),
    /// Something that has a name.
    Word(Word),
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("nothing"),
            Self::Hash(hash) => f.write_str(&to_hex(hash)),
            Self::Number(number) => number.fmt(f),
            Self::Key(key) => key.fmt(f),
            Self::Code(code) => code.fmt(f),
            Self::Word(word) => word.fmt(f),
        }
    }
}

macro_rules! finding {
    ($($type:ty, $value:ident => $made:expr;)+) => { $(
        impl From<$type> for Finding {
            fn from($value: $type) -> Self { $made }
        }
    )+ };
}

finding! {
    [u8; 32], hash => Self::Hash(hash);
    Digest, digest => Self::Hash(*digest.bytes());
    BlockHash, block => block.0.into();
    StateRoot, root => root.0.into();
    u64, number => Self::Number(number);
    u32, number => Self::Number(number.into());
    u16, number => Self::Number(number.into());
    usize, number => Self::Number(u64::try_from(number).unwrap_or(u64::MAX));
    Height, height => Self::Number(height.0);
    BlockTime, time => Self::Number(time.0);
    PublicKey, key => Self::Key(key);
    Code, code => Self::Code(code);
    Word, word => Self::Word(word);
}

impl<T: Into<Finding>> From<Option<T>> for Finding {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Nothing, Into::into)
    }
}

/// The first check that a proof does not pass: it proves nothing. Source: PRF-2.1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{check}: expected {expected}, found {found}")]
pub struct Failure {
    /// Which.
    pub check: Check,
    /// The block concerned, where there is one.
    pub height: Option<Height>,
    /// What would have passed.
    pub expected: Finding,
    /// What the proof has.
    pub found: Finding,
    /// The checks before it, which passed.
    pub passed: Box<[Check]>,
}

/// The checks so far.
#[derive(Debug, Default)]
pub(super) struct Checks {
    passed: BTreeSet<Check>,
    height: Option<Height>,
}

impl Checks {
    /// From now on it is about this block.
    pub(super) fn at(&mut self, height: Height) {
        self.height = Some(height);
    }

    /// From now on it is about no block alone.
    pub(super) fn anywhere(&mut self) {
        self.height = None;
    }

    pub(super) fn hold(
        &mut self,
        check: Check,
        holds: bool,
        expected: impl Into<Finding>,
        found: impl Into<Finding>,
    ) -> Result<(), Failure> {
        if !holds {
            return Err(self.failure(check, expected, found));
        }
        self.passed.insert(check);
        Ok(())
    }

    pub(super) fn equal<T: PartialEq + Into<Finding>>(
        &mut self,
        check: Check,
        expected: T,
        found: T,
    ) -> Result<(), Failure> {
        let holds = expected == found;
        self.hold(check, holds, expected, found)
    }

    /// For what must be there, else the check fails.
    pub(super) fn some<T>(
        &mut self,
        check: Check,
        value: Option<T>,
        expected: impl Into<Finding>,
        found: impl Into<Finding>,
    ) -> Result<T, Failure> {
        let value = value.ok_or_else(|| self.failure(check, expected, found))?;
        self.passed.insert(check);
        Ok(value)
    }

    /// What is wrong with a certificate.
    pub(super) fn certificate(
        &mut self,
        check: Check,
        set: &ValidatorSet,
        signatures: &[(PublicKey, Signature)],
        verified: &Result<(), CertificateError>,
    ) -> Result<(), Failure> {
        let (expected, found): (Finding, Finding) = match verified {
            Ok(()) => return self.hold(check, true, Finding::Nothing, Finding::Nothing),
            Err(CertificateError::Duplicate(key)) => (Word::Once.into(), (*key).into()),
            Err(CertificateError::Stranger(key)) => (Word::Member.into(), (*key).into()),
            Err(CertificateError::Signature(key)) => (Word::Valid.into(), (*key).into()),
            Err(CertificateError::NoQuorum) => {
                let power = |keys: &mut dyn Iterator<Item = &PublicKey>| {
                    let powers = keys.filter_map(|key| set.get(key)).map(|member| member.power);
                    powers.fold(0_u64, u64::saturating_add)
                };
                let whole = power(&mut set.members().iter().map(|member| &member.key));
                let need = whole.saturating_mul(2).checked_div(3).unwrap_or(0).saturating_add(1);
                (need.into(), power(&mut signatures.iter().map(|(key, _)| key)).into())
            }
        };
        self.hold(check, false, expected, found)
    }

    pub(super) fn failure(
        &self,
        check: Check,
        expected: impl Into<Finding>,
        found: impl Into<Finding>,
    ) -> Failure {
        let passed = self.passed.iter().copied().filter(|one| *one != check).collect();
        let (expected, found) = (expected.into(), found.into());
        Failure { check, height: self.height, expected, found, passed }
    }

    pub(super) fn into_passed(self) -> Vec<Check> {
        self.passed.into_iter().collect()
    }
}
