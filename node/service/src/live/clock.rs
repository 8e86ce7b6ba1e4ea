//! This exists to say where the times of new blocks come from: this machine's clock, or a hand.
//!
//! A chain whose clock is set by hand has no clock beside the chain: its time is that of its last block
//! (ADR 0006), and to move it on is to make a block of a later time. So nothing is kept elsewhere, a
//! restart goes on where it was, and everybody who reads the chain reads the same time. Source: ADR 0027.

use super::ticket::Unavailable;
use super::{LiveError, milliseconds};
use linli_ledger::code::Code;
use linli_ledger::genesis::{Clock, Genesis, Keys};
use std::time::Duration;

/// The furthest that a clock is moved at once: a year and a day.
pub const ADVANCE_MAX: Duration = Duration::from_hours(366 * 24);

/// Where the times of new blocks come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Times {
    /// The clock of this machine.
    Machine,
    /// Each block is a millisecond after the one before, until somebody moves the clock on. For
    /// demonstrations only.
    Hand,
}

impl Times {
    /// Whether a chain may get its times so.
    pub(super) fn check(self, genesis: &Genesis, writes: bool) -> Result<(), LiveError> {
        match (self, genesis.clock, genesis.keys) {
            (Self::Machine, Clock::Data, _) if writes => Err(LiveError::DataClock),
            (Self::Machine, Clock::Data | Clock::Real, _)
            | (Self::Hand, Clock::Data, Keys::Demonstration) => Ok(()),
            (Self::Hand, Clock::Data | Clock::Real, _) => Err(LiveError::SetClock),
        }
    }

    /// By how many milliseconds the clock is to be moved.
    pub(super) fn milliseconds(self, by: Duration) -> Result<u64, AdvanceError> {
        match self {
            Self::Machine => Err(AdvanceError::Machine),
            Self::Hand if by < Duration::from_millis(1) || by > ADVANCE_MAX => {
                Err(AdvanceError::Range)
            }
            Self::Hand => Ok(milliseconds(by)),
        }
    }
}

/// Why the clock of a chain was not moved on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AdvanceError {
    /// Its clock is that of its machine.
    #[error("the clock of this chain is that of its machine and cannot be set")]
    Machine,
    /// Not at all, back, or too far at once.
    #[error("a clock is moved on by at least a millisecond and at most 366 days at once")]
    Range,
    /// The node takes nothing, or cannot say how far it came.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl AdvanceError {
    /// The stable code.
    pub const fn code(self) -> Code {
        match self {
            Self::Machine => Code::Forbidden,
            Self::Range => Code::RequestBody,
            Self::Unavailable(why) => why.code(),
        }
    }
}
