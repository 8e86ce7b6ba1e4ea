//! This exists to hold the calls of participation, points and vouchers, in the bytes that people
//! sign. Source: CRE-1.

use borsh::{BorshDeserialize, BorshSerialize};
use linli_ledger::amount::Points;
use linli_ledger::hash::Digest;
use linli_ledger::types::{BlockTime, EnrolmentId, RecordId};
use serde::{Deserialize, Serialize};

/// One line of an organiser's attestation: what the witness confirms by its hash. Source: CRE-4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct WitnessedLine {
    /// The participation.
    pub participation: RecordId,
    /// Hash of the organiser's line.
    #[serde(with = "linli_ledger::json::bytes")]
    pub line_hash: [u8; 32],
}

/// One line of an entry that comes late: as an attested line, with what shows that it is true.
/// Source: CRE-17.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct LateLine {
    /// The participation.
    pub participation: RecordId,
    /// When the volunteer came: as the devices saw it, where they did.
    pub check_in: BlockTime,
    /// When the volunteer left: as the devices saw it, where they did.
    pub check_out: BlockTime,
    /// Minutes of service.
    pub minutes: u32,
    /// Units, for rules per unit; otherwise 0.
    pub units: u32,
    /// Hash of the paper list, or of what else shows it.
    pub evidence: Digest,
}

/// Whose error it was that an award was wrong: who bears what was spent of it. Never a fault of
/// conduct. Source: CRE-18.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ErrorBy {
    /// The organiser's or the office's: the volunteer owes nothing.
    Organiser,
    /// The volunteer's own statement was wrong.
    Volunteer,
}

/// What an award should have said; the points follow from its rule. Source: CRE-18.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Replacement {
    /// Minutes of service.
    pub minutes: u32,
    /// Units, for rules per unit; otherwise 0.
    pub units: u32,
    /// Whose error it was.
    pub error_by: ErrorBy,
}

/// Why an award is disputed: a code, never a text. Source: CRE-19.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum DisputeReason {
    /// The volunteer was not there.
    Attendance,
    /// The minutes are wrong.
    Minutes,
    /// The units are wrong.
    Units,
    /// The same service is recorded twice.
    Duplicate,
    /// The points do not follow from the rule.
    Rule,
}

/// How a dispute ends. Source: CRE-19.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Decision {
    /// What stands now is right.
    Upheld,
    /// It was wrong, and this is right.
    Corrected(Replacement),
}

/// What somebody would give away. Hours exist here to be refused. Source: CRE-24.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum GiftOf {
    /// Points of the programme.
    Points(Points),
    /// Refused: hours are the person's own for ever.
    Minutes(u32),
}

/// To whom somebody would give. A person exists here to be refused. Source: CRE-24.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum GiftTo {
    /// The care pool of the programme, for neighbours in need.
    CarePool,
    /// Refused: what can be passed on is sold.
    Resident(EnrolmentId),
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
    /// What came too late for the devices or the attestation: proposed by the organiser, confirmed by a
    /// witness, approved by the regulator, all on the same content. All lines or none.
    LateEntry {
        /// The activity.
        activity: RecordId,
        /// The lines.
        lines: Vec<LateLine>,
    },
    /// A points operator and an approver put an award right that was wrong.
    AwardCorrect {
        /// The award: the identifier of its participation.
        award: RecordId,
        /// How many corrections it has had before: nobody corrects what was not read.
        earlier_corrections: u32,
        /// What is right.
        replacement: Replacement,
        /// Hash of the file of the case.
        evidence: Digest,
    },
    /// Somebody concerned says that an award is wrong; its points are frozen until it is decided.
    Dispute {
        /// The award.
        award: RecordId,
        /// Why.
        reason: DisputeReason,
        /// Hash of what shows it.
        evidence: Digest,
    },
    /// Two persons who had no part in the award decide; after the time for it, two regulators.
    DisputeDecide {
        /// The award.
        award: RecordId,
        /// How it ends.
        decision: Decision,
        /// Hash of the written decision.
        evidence: Digest,
    },
    /// The volunteer, or whoever disputed, asks the regulator to look again, once.
    Appeal {
        /// The award.
        award: RecordId,
        /// Hash of what shows it.
        evidence: Digest,
    },
    /// Two regulators who had no part in it decide for good.
    AppealDecide {
        /// The award.
        award: RecordId,
        /// How it ends.
        decision: Decision,
        /// Hash of the written decision.
        evidence: Digest,
    },
    /// The resident, co-signed by the partner, gives a defective reward back.
    RedeemReturn {
        /// The voucher.
        voucher: RecordId,
        /// Whether the piece can be handed out again.
        restock: bool,
    },
    /// The resident gives points to the care pool.
    Gift {
        /// The programme of the points.
        programme: RecordId,
        /// What.
        what: GiftOf,
        /// To whom.
        to: GiftTo,
    },
}
