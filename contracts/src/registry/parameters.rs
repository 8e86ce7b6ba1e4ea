//! This exists to hold every number that governance may change: rates, caps, windows. Source: REG-5.

use super::{CONTRACT, roles};
use borsh::{BorshDeserialize, BorshSerialize};
use linli_ledger::code::{Code, Detail, Rejection, ensure};
use linli_ledger::contract::Party;
use linli_ledger::types::{BlockTime, DAY_MS, HOUR_MS, MINUTE_MS};
use linli_ledger::view::View;
use serde::{Deserialize, Serialize};

macro_rules! parameters {
    ($($(#[$doc:meta])* $name:ident = $number:literal, $default:expr, $min:expr, $max:expr;)*) => {
        /// A parameter of the chain: its number, default and range. Source: REG-5.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Parameter { $($(#[$doc])* $name,)* }

        impl Parameter {
            /// Every parameter, by number.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Its number in calls and in genesis.
            pub const fn number(self) -> u16 { match self { $(Self::$name => $number,)* } }

            /// Its value where nobody has changed it.
            pub const fn default_value(self) -> u64 { match self { $(Self::$name => $default,)* } }

            /// The least and the greatest value allowed.
            pub const fn range(self) -> (u64, u64) { match self { $(Self::$name => ($min, $max),)* } }
        }
    };
}

parameters! {
    /// How long a change of a parameter waits, ms.
    TimeLock = 1, 72 * HOUR_MS, 0, 90 * DAY_MS;
    /// How late something may be reported, ms.
    ReportLag = 2, 24 * HOUR_MS, MINUTE_MS, 7 * DAY_MS;
    /// How long the rotation of a resident's lost key waits, ms.
    RotationDelay = 3, 72 * HOUR_MS, 0, 30 * DAY_MS;
    /// A proposal that too few agreed to ends after this long, ms.
    ProposalLife = 4, 30 * DAY_MS, DAY_MS, 365 * DAY_MS;
    /// Minutes that one attendance may give.
    MinutesPerAttendance = 10, 720, 1, 1_440;
    /// Minutes that one person may have on one civil day.
    MinutesPerDay = 11, 960, 1, 1_440;
    /// Publish at least this long before the start, ms.
    PublishLead = 12, HOUR_MS, 0, 30 * DAY_MS;
    /// Check in from this long before the start, ms.
    CheckInLead = 13, 30 * MINUTE_MS, 0, 6 * HOUR_MS;
    /// The nonce at the site rotates after this long, ms.
    NoncePeriod = 14, MINUTE_MS, 10_000, HOUR_MS;
    /// Working days in which the organiser attests.
    AttestDeadline = 15, 10, 1, 60;
    /// Awarded points are held this long, ms.
    Hold = 16, 3 * DAY_MS, 0, 60 * DAY_MS;
    /// Points expire at the end of this many years after the one in which they were earned.
    ExpiryYears = 17, 2, 1, 10;
    /// The greatest multiplier of a rule, basis points.
    MultiplierMax = 18, 20_000, 10_000, 50_000;
    /// Reward budget that must stand behind each outstanding point, fen.
    BackingFenPerPoint = 19, 50, 0, 10_000;
    /// A voucher waits this long for its owner, ms.
    VoucherLife = 20, 7 * DAY_MS, HOUR_MS, 90 * DAY_MS;
    /// A lot that expired while it was locked lives on this long, ms.
    Grace = 21, 30 * DAY_MS, 0, 365 * DAY_MS;
    /// The greatest fair value of a reward per point, fen.
    FenPerPointMax = 22, 50, 1, 10_000;
    /// The greatest fair value of rewards per person and year, fen.
    RewardValuePerYear = 23, 60_000, 1, 100_000_000;
    /// Approvals expire after this long, ms.
    ApprovalLife = 30, 15 * DAY_MS, DAY_MS, 365 * DAY_MS;
    /// The greatest amount of tier 0, fen.
    TierZeroMax = 31, 500_000, 1, 9_007_199_254_740_991;
    /// The greatest amount of tier 1, fen.
    TierOneMax = 32, 5_000_000, 1, 9_007_199_254_740_991;
    /// The greatest amount of tier 2, fen.
    TierTwoMax = 33, 50_000_000, 1, 9_007_199_254_740_991;
    /// The window over which amounts to one payee add up, ms.
    TierWindow = 34, 30 * DAY_MS, DAY_MS, 365 * DAY_MS;
    /// The greatest advance, basis points of the contract.
    AdvanceMax = 35, 5_000, 0, 10_000;
    /// Distinct organisations among the approvers of tiers 1 to 3.
    ApproverOrganisations = 36, 1, 1, 5;
    /// Working days in which the regulator may object to a payment of tier 3.
    ObjectionWindow = 37, 3, 0, 30;
    /// The longest term of a contract, days.
    TermDays = 38, 1_096, 1, 3_660;
    /// The least share that makes two related, basis points.
    ShareholderMin = 39, 500, 1, 10_000;
    /// Consecutive years in which one organisation may evaluate one provider.
    EvaluatorYears = 40, 3, 1, 10;
    /// The greatest retention, basis points of the contract.
    RetentionMax = 41, 1_000, 0, 10_000;
    /// A retention waits this long after the last acceptance or finding, ms.
    RetentionTime = 42, 90 * DAY_MS, 0, 3_660 * DAY_MS;
    /// Money of unknown origin is resolved within this many days, and only returned after that.
    SuspenseDays = 43, 60, 1, 366;
    /// How often money of an appropriation is carried into another year.
    CarryMax = 44, 2, 0, 10;
    /// Working days that an instruction may be without the bank's word when a year is closed.
    InstructionDays = 45, 5, 0, 60;
    /// An award may be disputed this long, ms.
    DisputeWindow = 50, 30 * DAY_MS, DAY_MS, 365 * DAY_MS;
    /// Working days in which a dispute is decided; after them the regulator decides.
    DecisionDeadline = 51, 15, 1, 60;
    /// A decision may be appealed this long, ms.
    AppealWindow = 52, 30 * DAY_MS, DAY_MS, 365 * DAY_MS;
    /// The greatest part of a later award that is kept back for what is owed, basis points.
    NetShare = 53, 5_000, 0, 10_000;
    /// What is owed lapses after this long, ms.
    OwedLife = 54, 365 * DAY_MS, DAY_MS, 365 * DAY_MS;
    /// A defective reward may be returned this long, ms.
    ReturnWindow = 55, 7 * DAY_MS, 0, 60 * DAY_MS;
    /// Hours of service for one star.
    StarOneHours = 56, 100, 1, 100_000;
    /// Hours of service for two stars.
    StarTwoHours = 57, 300, 1, 100_000;
    /// Hours of service for three stars.
    StarThreeHours = 58, 600, 1, 100_000;
    /// Hours of service for four stars.
    StarFourHours = 59, 1_000, 1, 100_000;
    /// Hours of service for five stars.
    StarFiveHours = 60, 1_500, 1, 100_000;
    /// Points that one person may give to the care pool in a month.
    GiftPerMonth = 61, 200, 0, 1_000_000;
}

impl Parameter {
    /// The parameter with this number.
    pub fn from_number(number: u16) -> Option<Self> {
        Self::ALL.iter().copied().find(|parameter| parameter.number() == number)
    }

    /// Whether this value lies in its range.
    pub fn allows(self, value: u64) -> bool {
        let (min, max) = self.range();
        (min..=max).contains(&value)
    }
}

/// The value of a parameter, and the change that waits for its time lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct ParameterRecord {
    /// In force now.
    #[serde(with = "linli_ledger::json::decimal")]
    pub value: u64,
    /// In force from that time on.
    pub next: Option<(BlockTime, u64)>,
}

linli_ledger::records! { CONTRACT, Public:
    ParameterRecord = 4, u16;
}

impl ParameterRecord {
    /// The value in force at a time.
    pub fn at(&self, now: BlockTime) -> u64 {
        match self.next {
            Some((from, value)) if from <= now => value,
            Some(_) | None => self.value,
        }
    }
}

/// The value of a parameter at the view's time.
pub fn parameter(view: &View<'_>, parameter: Parameter) -> u64 {
    view.get::<ParameterRecord>(&parameter.number())
        .map_or_else(|| parameter.default_value(), |record| record.at(view.now()))
}

/// Changes a parameter after the time lock that is in force now.
///
/// A change that has come into force is folded into the value; one that still waits is replaced, and
/// the new one waits its own full time: so a wrong change can be taken back.
///
/// # Errors
/// In this order: [`Code::Parameter`] for an unknown number or a value out of range;
/// [`Code::GovernanceQuorum`] below the threshold, and as [`roles::governance`].
///
/// Source: REG-16.
pub(super) fn set(
    view: &mut View<'_>,
    parties: &[Party],
    number: u16,
    value: u64,
) -> Result<(), Rejection> {
    let changed = Parameter::from_number(number).ok_or(Code::Parameter)?;
    let (min, max) = changed.range();
    if !changed.allows(value) {
        let details = [Detail::Have(value), Detail::Limit(min), Detail::Limit(max)];
        return Err(Rejection::new(Code::Parameter, &details));
    }
    let signed = roles::governance(view, parties)?;
    ensure(signed.len() >= roles::governance_threshold(view), Code::GovernanceQuorum)?;
    let from = view.now().plus(parameter(view, Parameter::TimeLock));
    let current = parameter(view, changed);
    view.put(&number, &ParameterRecord { value: current, next: Some((from, value)) });
    Ok(())
}
