//! This exists to say in plain numbers what somebody does: which contract, which payment, who, how much.
//! Numbers count what there is from 0, in the order in which it came to be.

/// What a payment is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum For {
    /// Before anything is delivered.
    Advance,
    /// An accepted milestone.
    Milestone(usize),
    /// The part that follows the evaluation.
    Performance,
    /// The part that was held back.
    Retention,
}

/// What money may be used for, and until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A donation for anything, for ever.
    Free,
    /// An appropriation for older people, until the end of the year.
    Elder,
    /// An appropriation for anything, until a day that comes soon.
    Passing,
    /// An appropriation for the first budget line, until the end of the year.
    Project,
    /// An appropriation for the first budget line, until the end of the year before.
    Old,
}

/// How old somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Age {
    /// Under 14: nothing without the guardian.
    Child,
    /// 14 to 17: takes part with the guardian's word.
    Youth,
    /// 18 and above.
    Adult,
}

/// Who may take part in a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admits {
    /// Everybody.
    Everybody,
    /// Everybody from 14 on.
    Youths,
    /// Everybody from 18 on.
    Adults,
    /// Everybody, says the call; but it is dangerous.
    Danger,
}

/// Whose error it was that an award was wrong, and what is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Right {
    /// Minutes of service.
    pub minutes: u64,
    /// Whether the volunteer erred; otherwise the organiser did.
    pub by_volunteer: bool,
}

/// Vouchers that a partner claims together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month {
    /// The budget line that pays; none where the partner does.
    pub line: Option<usize>,
    /// The civil year.
    pub year: u32,
    /// The month, 1 to 12.
    pub month: u32,
}

/// The price of a contract, in its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Price {
    /// Each milestone.
    pub milestones: Vec<u64>,
    /// What may be paid in advance.
    pub advance: u64,
    /// What follows the evaluation.
    pub linked: u64,
    /// What is held back.
    pub retention: u64,
    /// The total that is written, which may be wrong.
    pub total: u64,
}

/// What somebody does. A guardian stands beside a minor, but where somebody is `Alone`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the calls of the contracts, in their words")]
pub enum Act {
    Issue { amount: u64, purpose: Purpose, reference: u32, ago: u32 },
    Collect { donations: Vec<u64>, said: u32, purpose: Purpose, reference: u32 },
    Suspend { amount: u64, reference: u32 },
    Resolve { source: u32, purpose: Purpose },
    SendBack { source: u32, reference: u32 },
    Reclassify { source: u32, start: u64, amount: u64, consent: bool },
    Sign { line: usize, price: Price },
    Deliver { contract: usize, milestone: usize },
    Accept { contract: usize, milestone: usize, share: u64 },
    Request { contract: usize, kind: For, amount: u64, invoice: u32 },
    Edit { payment: usize, amount: u64, invoice: u32 },
    Approve { payment: usize, by: usize },
    Refuse { payment: usize, by: usize },
    Instruct { payment: usize, number: u32 },
    Confirm { payment: usize, amount: u64, reference: u32 },
    Fail { payment: usize },
    Return { payment: usize, amount: u64, reference: u32 },
    ReversePayment { payment: usize },
    ReverseSource { source: u32 },
    Claim { contract: usize, amount: u64 },
    Refund { order: usize, amount: u64, reference: u32 },
    Name { contract: usize },
    Evaluate { contract: usize, score: u64 },
    Release { contract: usize },
    Find { contract: usize },
    Close { contract: usize },
    Freeze { contract: usize, lift: bool },
    CloseYear { year: u32, high: bool },
    ToTreasury { amount: u64, reference: u32, ago: u32 },

    Publish { hours: u64, from_now: u64, seats: u32, admits: Admits },
    CallOff { activity: usize },
    SignUp { who: usize, activity: usize },
    Withdraw { participation: usize },
    CheckIn { participation: usize, stale: bool },
    CheckOut { participation: usize },
    AttestFirst { participation: usize, minutes: u64 },
    AttestSecond { participation: usize, read: bool },
    Late { participation: usize, from: u64, to: u64, minutes: u64 },
    Offer { line: Option<usize>, value: u64, stock: u32, agreed: bool },
    Restock { reward: usize, pieces: u32 },
    Redeem { who: usize, reward: usize },
    Fulfil { voucher: usize, knows: bool },
    GiveBack { voucher: usize, who: usize },
    ReturnPiece { voucher: usize, restock: bool },
    Settle { of: Month, read: bool },
    Gift { who: usize, amount: u64, to_neighbour: bool },
    Correct { award: usize, right: Right, read: bool },
    Dispute { award: usize, who: usize },
    Decide { award: usize, right: Option<Right>, regulators: bool },
    Appeal { award: usize, who: usize },
    AppealDecide { award: usize, right: Option<Right>, same: bool },

    Register { officer: usize, known: bool },
    Enrol { again: bool, age: Age, guardian: Option<usize> },
    Alone(Box<Act>),
    Again,
    Wait { hours: u64 },
}

impl Act {
    /// The name of the kind, for counting.
    pub fn name(&self) -> String {
        let text = format!("{self:?}");
        text.split([' ', '{', '(']).next().unwrap_or_default().to_owned()
    }

    /// What is done, whoever stands beside it.
    pub fn itself(&self) -> &Self {
        match self {
            Self::Alone(act) => act.itself(),
            act => act,
        }
    }
}
