//! This exists to answer what the state of a payment implies, in one place. Source: `domain` §3.6.

use super::records::{Decision, Instruction, PaymentState};

impl PaymentState {
    /// The approval that stands behind fen which are reserved, in flight or paid.
    pub fn decision(&self) -> Option<Decision> {
        match self {
            Self::Approved(decision) => Some(*decision),
            Self::Instructed(instruction) => Some(instruction.decision),
            Self::Confirmed(confirmation) => Some(confirmation.instruction.decision),
            Self::Requested
            | Self::Failed { .. }
            | Self::Refused { .. }
            | Self::Lapsed
            | Self::Returned(_) => None,
        }
    }

    /// What the bank was told, if it was told.
    pub fn instruction(&self) -> Option<Instruction> {
        match self {
            Self::Instructed(instruction) | Self::Failed { instruction, .. } => Some(*instruction),
            Self::Confirmed(confirmation) | Self::Returned(confirmation) => {
                Some(confirmation.instruction)
            }
            Self::Requested | Self::Approved(_) | Self::Refused { .. } | Self::Lapsed => None,
        }
    }

    /// The bank's reference of a payment that was confirmed, returned or not.
    pub fn bank_reference(&self) -> Option<[u8; 32]> {
        match self {
            Self::Confirmed(confirmation) | Self::Returned(confirmation) => {
                Some(confirmation.bank_reference)
            }
            Self::Requested
            | Self::Approved(_)
            | Self::Instructed(_)
            | Self::Failed { .. }
            | Self::Refused { .. }
            | Self::Lapsed => None,
        }
    }

    /// Waits for approvals, the treasurer or the bank.
    pub fn is_open(&self) -> bool {
        match self {
            Self::Requested | Self::Approved(_) | Self::Instructed(_) => true,
            Self::Confirmed(_)
            | Self::Failed { .. }
            | Self::Refused { .. }
            | Self::Lapsed
            | Self::Returned(_) => false,
        }
    }

    /// Open or confirmed: it holds its invoice and its share of the contract.
    pub fn is_live(&self) -> bool {
        match self {
            Self::Requested | Self::Approved(_) | Self::Instructed(_) | Self::Confirmed(_) => true,
            Self::Failed { .. } | Self::Refused { .. } | Self::Lapsed | Self::Returned(_) => false,
        }
    }
}
