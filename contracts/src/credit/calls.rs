//! This exists to hold the calls of participation, points and vouchers, in the bytes that people
//! sign. Source: CRE-1.

use borsh::{BorshDeserialize, BorshSerialize};
use linli_ledger::types::{BlockTime, RecordId};
use serde::{Deserialize, Serialize};

/// One line of an organiser's attestation: what the witness confirms by its hash. Source: CRE-4.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct AttestedLine {
    /// The participation.
    pub participation: RecordId,
    /// When the volunteer came, as the devices saw it.
    pub check_in: BlockTime,
    /// When the volunteer left, as the devices saw it.
    pub check_out: BlockTime,
    /// Minutes of service: at most what the devices saw within the session.
    pub minutes: u32,
    /// Units, for rules per unit; otherwise 0.
    pub units: u32,
}

/// What the witness signs for each line. Source: CRE-4.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct WitnessedLine {
    /// The participation.
    pub participation: RecordId,
    /// Hash of the organiser's line.
    #[serde(with = "linli_ledger::json::bytes")]
    pub line_hash: [u8; 32],
}

/// A call of the credit contract. Source: CRE-1.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Call {
    /// A resident signs up by the own key, a minor together with the guardian. Creates identifier 0.
    SignUp {
        /// The activity.
        activity: RecordId,
    },
    /// The resident withdraws before checking in.
    SignUpCancel {
        /// The participation.
        participation: RecordId,
    },
    /// The resident checks in, co-signed by the site.
    CheckIn {
        /// The participation.
        participation: RecordId,
        /// When it happened.
        observed_at: BlockTime,
        /// What the site showed at that moment: see [`super::site_nonce`].
        #[serde(with = "linli_ledger::json::bytes")]
        nonce: [u8; 16],
    },
    /// The resident checks out, co-signed by the site.
    CheckOut {
        /// The participation.
        participation: RecordId,
        /// When it happened.
        observed_at: BlockTime,
        /// What the site showed at that moment.
        #[serde(with = "linli_ledger::json::bytes")]
        nonce: [u8; 16],
    },
    /// An organiser attests up to 256 participations of one activity. All lines or none.
    AttestFirst {
        /// The activity.
        activity: RecordId,
        /// The lines.
        lines: Vec<AttestedLine>,
    },
    /// An independent witness confirms lines by their hashes; each gives its award. All or none.
    AttestSecond {
        /// The activity.
        activity: RecordId,
        /// The lines.
        lines: Vec<WitnessedLine>,
    },
    /// The resident reserves a reward. Creates identifier 0, the voucher.
    Redeem {
        /// The reward.
        reward: RecordId,
        /// Commitment to the secret: see [`super::voucher_commitment`].
        #[serde(with = "linli_ledger::json::bytes")]
        commitment: [u8; 32],
    },
    /// The partner hands the reward out against the secret.
    RedeemFulfil {
        /// The voucher.
        voucher: RecordId,
        /// The secret that the resident showed, 16 to 32 random bytes.
        #[serde(with = "linli_ledger::json::bytes")]
        secret: Vec<u8>,
    },
    /// The resident gives the voucher back; the points return to their batches.
    RedeemCancel {
        /// The voucher.
        voucher: RecordId,
    },
}
