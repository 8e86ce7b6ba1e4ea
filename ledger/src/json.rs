//! This exists to show values as JSON for people and programs that read no borsh. Nothing that is
//! signed or hashed is JSON: it is a projection, and reading it back gives the same value.
//!
//! Numbers of 64 bits are decimal text, because JavaScript loses them above 2^53 − 1; bytes, hashes,
//! keys and signatures are lower-case hexadecimal; identifiers are bech32m with a prefix for their
//! kind, so that one mistyped letter is noticed; enums are named in `snake_case`. Source: LED-10.

use crate::code::Code;
use crate::crypto::{PublicKey, Signature};
use crate::hash::{Digest, from_hex_bytes, to_hex};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Bytes that hexadecimal can stand for: a list, or an array of one length.
pub trait Bytes: AsRef<[u8]> + Sized {
    /// Takes bytes over; `None` if there are too many or too few.
    fn from_bytes(bytes: Vec<u8>) -> Option<Self>;
}

impl Bytes for Vec<u8> {
    fn from_bytes(bytes: Vec<u8>) -> Option<Self> {
        Some(bytes)
    }
}

impl<const N: usize> Bytes for [u8; N] {
    fn from_bytes(bytes: Vec<u8>) -> Option<Self> {
        Self::try_from(bytes).ok()
    }
}

fn read<B: Bytes, E: serde::de::Error>(text: &str) -> Result<B, E> {
    from_hex_bytes(text)
        .and_then(B::from_bytes)
        .ok_or_else(|| E::custom("expected lower-case hexadecimal of the right length"))
}

/// `#[serde(with = …)]` for bytes: lower-case hexadecimal.
pub mod bytes {
    use super::{Bytes, Deserialize, Deserializer, Serializer, read, to_hex};

    /// Writes hexadecimal.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn serialize<B: Bytes, S: Serializer>(value: &B, writer: S) -> Result<S::Ok, S::Error> {
        writer.serialize_str(&to_hex(value.as_ref()))
    }

    /// Reads what [`serialize`] writes.
    ///
    /// # Errors
    /// Anything else.
    pub fn deserialize<'de, B: Bytes, D: Deserializer<'de>>(reader: D) -> Result<B, D::Error> {
        read(&String::deserialize(reader)?)
    }
}

/// `#[serde(with = …)]` for bytes that may be missing.
pub mod optional_bytes {
    use super::{Bytes, Deserialize, Deserializer, Serialize, Serializer, read, to_hex};

    /// Writes hexadecimal or null.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn serialize<B: Bytes, S: Serializer>(
        value: &Option<B>,
        writer: S,
    ) -> Result<S::Ok, S::Error> {
        value.as_ref().map(|value| to_hex(value.as_ref())).serialize(writer)
    }

    /// Reads what [`serialize`] writes.
    ///
    /// # Errors
    /// Anything else.
    pub fn deserialize<'de, B: Bytes, D: Deserializer<'de>>(
        reader: D,
    ) -> Result<Option<B>, D::Error> {
        Option::<String>::deserialize(reader)?.map(|text| read(&text)).transpose()
    }
}

/// `#[serde(with = …)]` for a list of bytes.
pub mod list_of_bytes {
    use super::{Bytes, Deserialize, Deserializer, Serializer, read, to_hex};

    /// Writes a list of hexadecimal.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn serialize<B: Bytes, S: Serializer>(list: &[B], writer: S) -> Result<S::Ok, S::Error> {
        writer.collect_seq(list.iter().map(|value| to_hex(value.as_ref())))
    }

    /// Reads what [`serialize`] writes.
    ///
    /// # Errors
    /// Anything else.
    pub fn deserialize<'de, B: Bytes, D: Deserializer<'de>>(reader: D) -> Result<Vec<B>, D::Error> {
        Vec::<String>::deserialize(reader)?.iter().map(|text| read(text)).collect()
    }
}

/// `#[serde(with = …)]` for numbers of 64 bits: decimal text.
pub mod decimal {
    use super::{Deserialize, Deserializer, Serializer};
    use serde::de::Error as _;
    use std::fmt::Display;
    use std::str::FromStr;

    /// Writes decimal digits as text.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn serialize<N: Display, S: Serializer>(value: &N, writer: S) -> Result<S::Ok, S::Error> {
        writer.collect_str(value)
    }

    /// Reads what [`serialize`] writes: no sign in front of a positive number, no zero in front of a
    /// digit, no space, ASCII digits only.
    ///
    /// # Errors
    /// Anything else.
    pub fn deserialize<'de, N: FromStr + Display, D: Deserializer<'de>>(
        reader: D,
    ) -> Result<N, D::Error> {
        let text = String::deserialize(reader)?;
        text.parse::<N>()
            .ok()
            .filter(|number| number.to_string() == text)
            .ok_or_else(|| D::Error::custom("expected a whole number in decimal digits, as text"))
    }
}

/// `#[serde(with = …)]` for a civil day: `2026-03-05`.
pub mod civil_day {
    use super::{Deserialize, Deserializer, Serializer};
    use crate::types::Day;
    use serde::de::Error as _;

    /// Writes year, month and day.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn serialize<S: Serializer>(days: &u32, writer: S) -> Result<S::Ok, S::Error> {
        writer.serialize_str(&Day(*days).iso())
    }

    /// Reads what [`serialize`] writes.
    ///
    /// # Errors
    /// Anything else.
    pub fn deserialize<'de, D: Deserializer<'de>>(reader: D) -> Result<u32, D::Error> {
        let text = String::deserialize(reader)?;
        Day::from_iso(&text)
            .map(|day| day.0)
            .ok_or_else(|| D::Error::custom("expected a day such as 2026-03-05"))
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, writer: S) -> Result<S::Ok, S::Error> {
        writer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        bytes::deserialize(reader).map(Self::Blake3)
    }
}

impl Serialize for PublicKey {
    fn serialize<S: Serializer>(&self, writer: S) -> Result<S::Ok, S::Error> {
        writer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PublicKey {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        bytes::deserialize(reader).map(Self::Ed25519)
    }
}

impl Serialize for Signature {
    fn serialize<S: Serializer>(&self, writer: S) -> Result<S::Ok, S::Error> {
        let Self::Ed25519(signature) = self;
        bytes::serialize(signature, writer)
    }
}

impl<'de> Deserialize<'de> for Signature {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        bytes::deserialize(reader).map(Self::Ed25519)
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, writer: S) -> Result<S::Ok, S::Error> {
        writer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        let name = String::deserialize(reader)?;
        Self::from_name(&name).ok_or_else(|| D::Error::custom("expected the name of a code"))
    }
}

#[cfg(test)]
mod tests;
