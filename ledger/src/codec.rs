//! This exists to read and write canonical bytes: borsh, and exactly one spelling for each value.

use borsh::io::{self, Write};
use borsh::{BorshDeserialize, BorshSerialize};

/// The bytes are not the canonical encoding of a value of this type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the bytes are not the canonical encoding of {expected}")]
pub struct DecodeError {
    /// The type that was expected.
    pub expected: &'static str,
}

/// The canonical bytes of a value.
///
/// # Panics
/// Never: encoding into memory cannot fail, lists stay far below 2^32 entries.
pub fn encode<T: BorshSerialize>(value: &T) -> Vec<u8> {
    borsh::to_vec(value).expect("memory takes every byte and no list has 2^32 entries")
}

/// Reads a value; refuses trailing bytes and any spelling that [`encode`] would not write.
///
/// # Errors
/// [`DecodeError`]. Source: LED-1.1.
pub fn decode<T: BorshSerialize + BorshDeserialize>(
    bytes: &[u8],
    expected: &'static str,
) -> Result<T, DecodeError> {
    let value: T = borsh::from_slice(bytes).map_err(|_| DecodeError { expected })?;
    let mut rest = Rest(bytes);
    let canonical = borsh::to_writer(&mut rest, &value).is_ok() && rest.0.is_empty();
    if canonical { Ok(value) } else { Err(DecodeError { expected }) }
}

/// Takes the bytes that it holds, in their order, and no others: what is written is compared on the
/// way, so that nothing is kept of it.
struct Rest<'a>(&'a [u8]);

impl Write for Rest<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.strip_prefix(bytes).ok_or(io::ErrorKind::InvalidData)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
