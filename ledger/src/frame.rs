//! This exists to be the one format in which a chain is stored, sent and audited: frames, each with
//! its length and its hash. No file is touched here; bytes go in and come out.

use crate::block::CommittedBlock;
use crate::codec::{DecodeError, decode, encode};
use crate::hash::{Domain, hash};
use crate::limits::FRAME_BYTES_MAX;
use borsh::{BorshDeserialize, BorshSerialize};

/// Length (4 bytes, little endian) and hash (32 bytes) in front of each payload. Source: LED-8.1.
pub const FRAME_HEADER_BYTES: usize = 36;

/// What a frame holds. The first frame of a chain is its genesis. Source: LED-8.2.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[expect(clippy::large_enum_variant, reason = "all frames but the first are blocks")]
pub enum Frame {
    /// The canonical bytes of the genesis.
    Genesis(Vec<u8>),
    /// A block and its certificate.
    Block(CommittedBlock),
}

/// Why bytes are no frame.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// The bytes end inside a frame: a torn write, or a file that was cut.
    #[error("the bytes end inside a frame")]
    Torn,
    /// The length is zero or above the limit.
    #[error("the frame says it is {0} bytes long")]
    Length(u32),
    /// The payload does not hash to the hash before it.
    #[error("the payload does not hash to the hash before it")]
    Hash,
    /// The payload is no genesis and no block.
    #[error(transparent)]
    Decode(#[from] DecodeError),
}

impl Frame {
    /// The bytes of the frame, with length and hash. Source: LED-8.1.
    ///
    /// # Panics
    /// If the frame is above the limit: limits on blocks keep it below.
    pub fn to_bytes(&self) -> Vec<u8> {
        let payload = encode(self);
        assert!(payload.len() <= FRAME_BYTES_MAX, "limits on blocks keep a frame below its own");
        let length = u32::try_from(payload.len()).expect("below the limit");
        let mut bytes = Vec::with_capacity(payload.len().saturating_add(FRAME_HEADER_BYTES));
        bytes.extend_from_slice(&length.to_le_bytes());
        bytes.extend_from_slice(&hash(Domain::Frame, &payload));
        bytes.extend_from_slice(&payload);
        bytes
    }

    /// Takes one frame off the front; `None` at the end of the bytes.
    ///
    /// # Errors
    /// In this order: [`FrameError::Torn`], [`FrameError::Length`], [`FrameError::Torn`],
    /// [`FrameError::Hash`], [`FrameError::Decode`].
    pub fn take(bytes: &mut &[u8]) -> Result<Option<Self>, FrameError> {
        if bytes.is_empty() {
            return Ok(None);
        }
        let (length, rest) = bytes.split_first_chunk::<4>().ok_or(FrameError::Torn)?;
        let length = u32::from_le_bytes(*length);
        let size = usize::try_from(length)
            .ok()
            .filter(|size| (1..=FRAME_BYTES_MAX).contains(size))
            .ok_or(FrameError::Length(length))?;
        let (expected, rest) = rest.split_first_chunk::<32>().ok_or(FrameError::Torn)?;
        let (payload, rest) = rest.split_at_checked(size).ok_or(FrameError::Torn)?;
        if &hash(Domain::Frame, payload) != expected {
            return Err(FrameError::Hash);
        }
        let frame = decode(payload, "a frame")?;
        *bytes = rest;
        Ok(Some(frame))
    }
}
