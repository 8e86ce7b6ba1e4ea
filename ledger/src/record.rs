//! This exists to turn typed records into leaves of the state: which contract, which kind, which
//! identifier, in bytes that sort like the identifiers do.

use crate::crypto::PublicKey;
use crate::hash::Digest;
use crate::types::{
    AccountId, BlockTime, Compartment, ContractId, Day, EarmarkId, EnrolmentId, GrantId, Height,
    OrganisationId, PersonId, RecordId, SourceId, TransactionId,
};
use borsh::{BorshDeserialize, BorshSerialize};
use smallvec::SmallVec;

/// A value in the state. The leaf's key is contract ‖ kind ‖ identifier. Source: LED-5.3.
pub trait Record: BorshSerialize + BorshDeserialize {
    /// The contract whose record it is; 0 is the kernel.
    const CONTRACT: ContractId;
    /// The kind within the contract.
    const KIND: u8;
    /// The half of the state that holds it.
    const COMPARTMENT: Compartment;
    /// What identifies one.
    type Id: KeyPart;
}

/// The contract number of the kernel's own records.
pub const KERNEL: ContractId = ContractId(0);

/// Says of types which leaves they are: contract and compartment, then for each record its kind and
/// what identifies it. Source: LED-5.3.
///
/// ```
/// # use borsh::{BorshDeserialize, BorshSerialize};
/// # use linli_ledger::{record::Record, types::{ContractId, RecordId}};
/// #[derive(BorshSerialize, BorshDeserialize)]
/// struct Note(u64);
///
/// linli_ledger::records! { ContractId(77), Public:
///     Note = 1, RecordId;
/// }
/// assert_eq!(Note::KIND, 1);
/// ```
#[macro_export]
macro_rules! records {
    ($contract:expr, $compartment:ident: $($name:ident = $kind:literal, $id:ty;)+) => { $(
        impl $crate::record::Record for $name {
            const CONTRACT: $crate::types::ContractId = $contract;
            const KIND: u8 = $kind;
            const COMPARTMENT: $crate::types::Compartment =
                $crate::types::Compartment::$compartment;
            type Id = $id;
        }
    )+ };
}

/// The key of a leaf: its bytes lie in the nodes of the ordered maps that hold it, because a key that
/// lies elsewhere costs a miss of the cache in every comparison (ADR 0028). 80 bytes take all but a few.
pub type Key = SmallVec<[u8; 80]>;

/// What the bytes of a key are collected in.
pub trait KeyBytes {
    /// Takes more bytes at the end.
    fn append(&mut self, bytes: &[u8]);
}

impl KeyBytes for Key {
    fn append(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

impl KeyBytes for Vec<u8> {
    fn append(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

/// Part of a key: bytes whose order is the order of the values, and whose length is fixed or ends
/// the key.
pub trait KeyPart: Sized {
    /// Appends the bytes.
    fn write(&self, out: &mut impl KeyBytes);
    /// Takes the bytes off the front; `None` if they are too few or wrong.
    fn read(bytes: &mut &[u8]) -> Option<Self>;
}

/// The bytes of a leaf's key. Source: LED-5.3.
pub fn key_bytes(contract: ContractId, kind: u8, id: &impl KeyPart) -> Key {
    let mut out = Key::new();
    out.extend_from_slice(&contract.0.to_be_bytes());
    out.push(kind);
    id.write(&mut out);
    out
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (head, tail) = bytes.split_first_chunk::<N>()?;
    *bytes = tail;
    Some(*head)
}

macro_rules! big_endian {
    ($($int:ty),*) => { $(
        impl KeyPart for $int {
            fn write(&self, out: &mut impl KeyBytes) { out.append(&self.to_be_bytes()); }
            fn read(bytes: &mut &[u8]) -> Option<Self> { take(bytes).map(Self::from_be_bytes) }
        }
    )* };
}

macro_rules! wrapped {
    ($($name:ident),*) => { $(
        impl KeyPart for $name {
            fn write(&self, out: &mut impl KeyBytes) { self.0.write(out); }
            fn read(bytes: &mut &[u8]) -> Option<Self> { KeyPart::read(bytes).map(Self) }
        }
    )* };
}

macro_rules! tuple {
    ($($part:ident $index:tt),*) => {
        impl<$($part: KeyPart),*> KeyPart for ($($part,)*) {
            fn write(&self, out: &mut impl KeyBytes) { $(self.$index.write(out);)* }
            fn read(bytes: &mut &[u8]) -> Option<Self> { Some(($($part::read(bytes)?,)*)) }
        }
    };
}

big_endian!(u8, u16, u32, u64);
wrapped!(
    AccountId,
    BlockTime,
    ContractId,
    Day,
    EarmarkId,
    EnrolmentId,
    GrantId,
    Height,
    OrganisationId,
    PersonId,
    RecordId,
    SourceId
);
tuple!(A 0, B 1);
tuple!(A 0, B 1, C 2);
tuple!(A 0, B 1, C 2, D 3);

impl KeyPart for () {
    fn write(&self, _: &mut impl KeyBytes) {}
    fn read(_: &mut &[u8]) -> Option<Self> {
        Some(())
    }
}

impl<const N: usize> KeyPart for [u8; N] {
    fn write(&self, out: &mut impl KeyBytes) {
        out.append(self);
    }
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        take(bytes)
    }
}

impl KeyPart for Digest {
    fn write(&self, out: &mut impl KeyBytes) {
        match self {
            Self::Blake3(bytes) => {
                out.append(&[0]);
                out.append(bytes);
            }
        }
    }
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        (u8::read(bytes)? == 0).then(|| take(bytes).map(Self::Blake3)).flatten()
    }
}

impl KeyPart for TransactionId {
    fn write(&self, out: &mut impl KeyBytes) {
        self.0.write(out);
    }
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        Digest::read(bytes).map(Self)
    }
}

impl KeyPart for PublicKey {
    fn write(&self, out: &mut impl KeyBytes) {
        match self {
            Self::Ed25519(bytes) => {
                out.append(&[0]);
                out.append(bytes);
            }
        }
    }
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        (u8::read(bytes)? == 0).then(|| take(bytes).map(Self::Ed25519)).flatten()
    }
}

/// Text at the end of a key: an administrative path, a reference number.
impl KeyPart for String {
    fn write(&self, out: &mut impl KeyBytes) {
        out.append(self.as_bytes());
    }
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        let text = Self::from_utf8(bytes.to_vec()).ok()?;
        *bytes = &[];
        Some(text)
    }
}
