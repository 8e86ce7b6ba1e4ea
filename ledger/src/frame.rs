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

/// The first byte of a payload that is a block: its place in [`Frame`].
const BLOCK: u8 = 1;

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

/// A frame as it lies in a file: its end is known, and nothing else is checked yet.
#[derive(Clone, Copy, Debug)]
pub struct RawFrame<'a>(&'a [u8]);

impl<'a> RawFrame<'a> {
    /// Takes one frame off the front; `None` at the end of the bytes.
    ///
    /// # Errors
    /// In this order: [`FrameError::Torn`], [`FrameError::Length`], [`FrameError::Torn`].
    pub fn take(bytes: &mut &'a [u8]) -> Result<Option<Self>, FrameError> {
        if bytes.is_empty() {
            return Ok(None);
        }
        let (frame, rest) = split_first(bytes)?;
        *bytes = rest;
        Ok(Some(Self(frame)))
    }

    /// Checks the hash and reads the payload.
    ///
    /// # Errors
    /// In this order: [`FrameError::Hash`], [`FrameError::Decode`].
    pub fn open(self) -> Result<Frame, FrameError> {
        Frame::take(&mut &*self.0)?.ok_or(FrameError::Torn)
    }

    /// How many bytes the frame takes, with length and hash.
    pub fn size(&self) -> usize {
        self.0.len()
    }
}

impl Frame {
    /// The bytes of the frame, with length and hash. Source: LED-8.1.
    ///
    /// # Panics
    /// If the frame is above the limit: limits on blocks keep it below.
    pub fn to_bytes(&self) -> Vec<u8> {
        with_header(&encode(self))
    }

    /// The bytes of the frame of a block, without taking the block.
    ///
    /// # Panics
    /// As [`Frame::to_bytes`].
    pub fn bytes_of(block: &CommittedBlock) -> Vec<u8> {
        with_header(&encode(&(BLOCK, block)))
    }

    /// Takes one frame off the front; `None` at the end of the bytes.
    ///
    /// # Errors
    /// In this order: [`FrameError::Torn`], [`FrameError::Length`], [`FrameError::Torn`],
    /// [`FrameError::Hash`], [`FrameError::Decode`].
    pub fn take(bytes: &mut &[u8]) -> Result<Option<Self>, FrameError> {
        let mut rest = *bytes;
        let Some(payload) = take_payload(&mut rest)? else { return Ok(None) };
        let frame = decode(payload, "a frame")?;
        *bytes = rest;
        Ok(Some(frame))
    }
}

/// A payload with its length and its hash in front. Source: LED-8.1.
///
/// # Panics
/// If the payload is above the limit: limits on what is put into one keep it below.
pub(crate) fn with_header(payload: &[u8]) -> Vec<u8> {
    assert!(payload.len() <= FRAME_BYTES_MAX, "limits on blocks keep a frame below its own");
    let length = u32::try_from(payload.len()).expect("below the limit");
    let mut bytes = Vec::with_capacity(payload.len().saturating_add(FRAME_HEADER_BYTES));
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(&hash(Domain::Frame, payload));
    bytes.extend_from_slice(payload);
    bytes
}

/// Cuts the first frame off by its length; its hash is not looked at.
///
/// # Errors
/// In this order: [`FrameError::Torn`], [`FrameError::Length`], [`FrameError::Torn`].
pub(crate) fn split_first(bytes: &[u8]) -> Result<(&[u8], &[u8]), FrameError> {
    let length = bytes.first_chunk::<4>().ok_or(FrameError::Torn)?;
    let length = u32::from_le_bytes(*length);
    let size = usize::try_from(length)
        .ok()
        .filter(|size| (1..=FRAME_BYTES_MAX).contains(size))
        .ok_or(FrameError::Length(length))?;
    bytes.split_at_checked(size.saturating_add(FRAME_HEADER_BYTES)).ok_or(FrameError::Torn)
}

/// Takes the payload of one frame off the front and checks its hash; `None` at the end of the bytes.
///
/// # Errors
/// As [`split_first`], then [`FrameError::Hash`].
pub(crate) fn take_payload<'a>(bytes: &mut &'a [u8]) -> Result<Option<&'a [u8]>, FrameError> {
    if bytes.is_empty() {
        return Ok(None);
    }
    let (frame, rest) = split_first(bytes)?;
    let (header, payload) = frame.split_at_checked(FRAME_HEADER_BYTES).ok_or(FrameError::Torn)?;
    if !header.ends_with(&hash(Domain::Frame, payload)) {
        return Err(FrameError::Hash);
    }
    *bytes = rest;
    Ok(Some(payload))
}
