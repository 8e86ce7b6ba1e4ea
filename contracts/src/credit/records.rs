//! This exists to hold the records of the credit contract; all are restricted. Source: CRE-15.

use super::CONTRACT;
use crate::registry::roles::Officer;
use borsh::{BorshDeserialize, BorshSerialize};
use linli_ledger::amount::{Fen, Points};
use linli_ledger::posting::points::PointLot;
use linli_ledger::types::{
    BlockTime, DAY_MS, Day, EnrolmentId, OrganisationId, PersonId, RecordId,
};
use serde::{Deserialize, Serialize};

/// How long an award with points stays after they expired: longer than a voucher (90 d at most),
/// its grace (365 d at most) and another voucher after it may keep them.
pub const AWARD_KEPT_MS: u64 = 600 * DAY_MS;
/// How long a voucher stays after its last day, so that a late visitor is told why.
pub const VOUCHER_KEPT_MS: u64 = 90 * DAY_MS;

/// What this contract puts into the due queue. The first three belong to one person each.
pub(super) mod kinds {
    /// Held points become available.
    pub(in super::super) const RELEASE: u8 = 1;
    /// A voucher times out.
    pub(in super::super) const VOUCHER: u8 = 2;
    /// What is left of a person's lots expires.
    pub(in super::super) const EXPIRE: u8 = 3;
    /// An award leaves that has no points, or that was kept longer than others.
    pub(in super::super) const AWARD_ENDS: u8 = 11;
    /// A voucher leaves.
    pub(in super::super) const VOUCHER_ENDS: u8 = 12;
    /// A tally leaves.
    pub(in super::super) const TALLY_ENDS: u8 = 13;
    /// The sign-ups of an activity leave with their intervals, and with the last of them its seats.
    pub(in super::super) const SEATS_END: u8 = 14;
    /// The use of a reward leaves.
    pub(in super::super) const REWARD_USE_ENDS: u8 = 15;
    /// A dispute that nobody decided goes to the regulator.
    pub(in super::super) const DISPUTE_ESCALATES: u8 = 16;
    /// The time to return a reward is over: its voucher counts for the partner.
    pub(in super::super) const VOUCHER_COUNTS: u8 = 17;
    /// A batch of vouchers leaves.
    pub(in super::super) const BATCH_ENDS: u8 = 18;
    /// A person's awards leave whose points expired together.
    pub(in super::super) const AWARDS_END: u8 = 19;
}

/// What a programme has given, and what of it is still open, on which public calls may be
/// conditional. Written from the first sign-up on. Stays. Source: CRE-9.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct ProgrammeTotals {
    /// Points ever awarded.
    #[serde(with = "linli_ledger::json::decimal")]
    pub minted: u64,
    /// Points awarded and neither redeemed, expired nor corrected.
    #[serde(with = "linli_ledger::json::decimal")]
    pub outstanding: u64,
    /// Minutes of service ever recorded.
    #[serde(with = "linli_ledger::json::decimal")]
    pub minutes: u64,
}

/// What the organiser attested, and who. Source: CRE-4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Attestation {
    /// Hash of the line: what the witness names.
    #[serde(with = "linli_ledger::json::bytes")]
    pub line_hash: [u8; 32],
    /// Minutes attested.
    pub minutes: u32,
    /// Units attested.
    pub units: u32,
    /// Who attested.
    pub person: PersonId,
    /// For whom.
    pub organisation: OrganisationId,
}

impl Attestation {
    pub(super) fn new(line_hash: [u8; 32], minutes: u32, units: u32, by: &Officer) -> Self {
        let Officer { person, organisation, .. } = *by;
        Self { line_hash, minutes, units, person, organisation }
    }
}

/// Where a participation is in its life. A no-show is one whose session has passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ParticipationState {
    /// A seat is taken.
    SignedUp,
    /// The volunteer is there.
    CheckedIn {
        /// Since when.
        check_in: BlockTime,
    },
    /// The volunteer has left.
    CheckedOut {
        /// When the volunteer came.
        check_in: BlockTime,
        /// When the volunteer left.
        check_out: BlockTime,
    },
    /// The organiser has attested; the witness has not.
    Attested(Attestation),
    /// There is an [`Award`] with the same identifier.
    Awarded,
    /// The volunteer withdrew, or the activity was called off.
    Cancelled,
}

/// One volunteer in one activity.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Participation {
    /// In what.
    pub activity: RecordId,
    /// Who.
    pub enrolment: EnrolmentId,
    /// The volunteer's nullifier: what separation of duties compares.
    #[serde(with = "linli_ledger::json::bytes")]
    pub nullifier: [u8; 32],
    /// Start of the session.
    pub start: BlockTime,
    /// End of the session, exclusive.
    pub end: BlockTime,
    /// Where it is in its life.
    pub state: ParticipationState,
    /// The sign-up before it to the same activity: they leave one after the other, from the last.
    pub before: Option<RecordId>,
}

/// A session for which somebody is signed up; those of one person never overlap. Source: CRE-3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Interval {
    /// End of the session, exclusive.
    pub end: BlockTime,
    /// The participation.
    pub participation: RecordId,
}

/// Seats of an activity that are taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Seats {
    /// How many.
    pub taken: u32,
    /// The last sign-up, whether it was withdrawn or not; each says which one was before it.
    pub last: Option<RecordId>,
}

/// The two kinds of minutes. Source: `domain` §2.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum MinuteClass {
    /// Service: counts towards stars.
    Service,
    /// Training.
    Training,
}

/// The place of an award in the order of the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Sequence {
    /// Height of the block.
    #[serde(with = "linli_ledger::json::decimal")]
    pub height: u64,
    /// Position of the receipt in the block.
    pub index: u32,
    /// Position within the batch, by ascending participation.
    pub line: u32,
}

/// What a participation gave; its identifier is the participation's, and the batch of its points.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Award {
    /// To whom.
    pub enrolment: EnrolmentId,
    /// Of which programme.
    pub programme: RecordId,
    /// By which rule.
    pub rule: RecordId,
    /// By which version of it.
    pub rule_version: u32,
    /// What kind of minutes.
    pub class: MinuteClass,
    /// Minutes recorded.
    pub minutes: u32,
    /// Units attested.
    pub units: u32,
    /// Points given, after all caps.
    pub points: Points,
    /// Civil day of the session's last instant: to which caps the points count.
    pub service_day: Day,
    /// From when the points may be spent.
    pub available_at: BlockTime,
    /// From when they are worth nothing.
    pub expires_at: BlockTime,
    /// Order in the ledger, for replay of the caps.
    pub sequence: Sequence,
    /// When it was given.
    pub awarded_at: BlockTime,
    /// Points of it that were kept back at once for what the person owed. Source: CRE-18.
    pub netted: Points,
    /// Whether it came late, with the regulator's approval. Source: CRE-17.
    pub late: bool,
    /// Who attested, who confirmed and, if it came late, who approved: they decide no dispute about
    /// it. Source: SOD-10.
    pub confirmed_by: Vec<PersonId>,
    /// The person's award before it whose points expire at the same time; `None` without points.
    pub before: Option<RecordId>,
}

/// The last award of a person whose points expire at a time; each says which one was before it, and so
/// they leave together (ADR 0032).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct LastAward(pub RecordId);

/// Something of a person that falls due: the due queue by person, for lazy evaluation. Its key says
/// it all: person, time, kind, record. Source: CRE-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct PersonDue;

/// Where a voucher is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum VoucherState {
    /// Points are locked; the owner may fetch the reward until `expires_at`.
    Open,
    /// The reward was handed out.
    Fulfilled {
        /// When.
        at: BlockTime,
        /// From when it cannot be returned any more.
        return_until: BlockTime,
    },
    /// The owner gave it back.
    Cancelled {
        /// When.
        at: BlockTime,
    },
    /// Nobody came.
    TimedOut,
    /// The reward was defective, and was given back.
    Returned {
        /// When.
        at: BlockTime,
    },
    /// The reward was handed out and kept; the voucher is in a batch that the partner claims.
    Counted {
        /// When it was handed out.
        at: BlockTime,
        /// From when it could not be returned any more.
        return_until: BlockTime,
        /// The batch. Source: CRE-22.
        batch: RecordId,
    },
}

/// A reserved reward. Source: CRE-11.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Voucher {
    /// Whose.
    pub enrolment: EnrolmentId,
    /// For which reward.
    pub reward: RecordId,
    /// Who hands it out.
    pub partner: OrganisationId,
    /// Whose points are locked.
    pub programme: RecordId,
    /// The budget line that pays for it; none where the partner does.
    pub line: Option<RecordId>,
    /// Which points: they return to the same batches.
    pub lots: Vec<PointLot>,
    /// Fair value of the reward, counted in the year of `reserved_at`.
    pub fair_value: Fen,
    /// When it was reserved.
    pub reserved_at: BlockTime,
    /// From when it is void.
    pub expires_at: BlockTime,
    /// How long a batch lives on that expires meanwhile, ms: the parameter as it was then, so that
    /// a time-out gives the same whenever it is evaluated.
    #[serde(with = "linli_ledger::json::decimal")]
    pub grace_ms: u64,
    /// Until when the reward is offered: its tally leaves some time after.
    pub reward_until: BlockTime,
    /// Commitment to the owner's secret.
    #[serde(with = "linli_ledger::json::bytes")]
    pub commitment: [u8; 32],
    /// Where it is in its life.
    pub state: VoucherState,
}

/// That a resident has used a commitment, whatever became of the voucher: who has once shown its
/// secret shows it to nobody else. Its key says it all. Stays. Source: CRE-11.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct UsedCommitment;

/// How many of a reward are reserved and handed out. Source: CRE-11, INV-P8.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct RewardUse {
    /// Open vouchers.
    pub open: u32,
    /// Handed out.
    pub fulfilled: u32,
}

/// An open voucher, by reward and expiry; its key says it all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct OpenVoucher;

/// What a sum of a [`Tally`] counts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum TallySubject {
    /// Points of a cap group, by civil day of service.
    PointsOfDay(String, Day),
    /// The same by year and month.
    PointsOfMonth(String, u32, u32),
    /// The same by year.
    PointsOfYear(String, u32),
    /// Minutes, by civil day of service.
    MinutesOfDay(Day),
    /// Fair value of rewards in fen, by the year in which they were reserved.
    ValueOfYear(u32),
    /// How many of a reward, which is offered until the time.
    Rewards(RecordId, BlockTime),
    /// Points given to the care pool, by the year and month in which they were given.
    GiftsOfMonth(u32, u32),
}

/// Whose sums lie in one [`Tally`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum TallyPeriod {
    /// Of a year and month and of its days.
    Month(u32, u32),
    /// Of a year.
    Year(u32),
    /// Of a reward, which is offered until the time.
    Reward(RecordId, BlockTime),
}

/// One sum of a [`Tally`].
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct TallySum {
    /// Of what.
    pub subject: TallySubject,
    /// The sum.
    #[serde(with = "linli_ledger::json::decimal")]
    pub amount: u64,
}

/// Sums per person, against which limits are checked. Source: CRE-6.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Tally {
    /// Whose.
    pub enrolment: EnrolmentId,
    /// Of when, or of which reward.
    pub period: TallyPeriod,
    /// By subject; one of each.
    pub sums: Vec<TallySum>,
}

impl Tally {
    /// A sum; zero if there is none.
    pub fn amount(&self, subject: &TallySubject) -> u64 {
        self.place(subject).ok().and_then(|place| self.sums.get(place)).map_or(0, |sum| sum.amount)
    }

    pub(super) fn change(&mut self, subject: &TallySubject, change: impl FnOnce(u64) -> u64) {
        let place = self.place(subject).unwrap_or_else(|place| {
            self.sums.insert(place, TallySum { subject: subject.clone(), amount: 0 });
            place
        });
        if let Some(sum) = self.sums.get_mut(place) {
            sum.amount = change(sum.amount);
        }
    }

    fn place(&self, subject: &TallySubject) -> Result<usize, usize> {
        self.sums.binary_search_by(|sum| sum.subject.cmp(subject))
    }
}

/// That a person has, or had, points of a programme; its key says it all. Stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Wallet;

/// Minutes of awards that have left the state, so that the balance can still be checked. Stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Archive {
    /// Minutes of service.
    #[serde(with = "linli_ledger::json::decimal")]
    pub service: u64,
    /// Minutes of training.
    #[serde(with = "linli_ledger::json::decimal")]
    pub training: u64,
}

linli_ledger::records! { CONTRACT, Restricted:
    ProgrammeTotals = 1, RecordId;
    Participation = 2, RecordId;
    Interval = 3, (EnrolmentId, BlockTime);
    Seats = 4, RecordId;
    Award = 5, RecordId;
    PersonDue = 6, (EnrolmentId, BlockTime, u8, RecordId);
    Voucher = 7, RecordId;
    RewardUse = 8, RecordId;
    OpenVoucher = 9, (RecordId, BlockTime, RecordId);
    Tally = 10, RecordId;
    Wallet = 11, (EnrolmentId, RecordId);
    Archive = 12, EnrolmentId;
    UsedCommitment = 13, (EnrolmentId, [u8; 32]);
    LastAward = 19, (EnrolmentId, BlockTime);
}
