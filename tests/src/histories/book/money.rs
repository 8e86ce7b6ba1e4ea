//! This exists to keep the books of a fund as a clerk with a pencil would: where every fen lies, and
//! what was signed, delivered, asked for, approved and paid. Written from `domain` §1.4, §3 and §4;
//! it shares no line with the contract.

use super::DAY;
use super::year::Year;
use crate::histories::act::{For, Price, Purpose};
use crate::oracle::{Interval, Lot, Money, Selection};

/// Where fen lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the accounts of a fund, in its words")]
pub enum Spot {
    Origin,
    Available,
    Suspense,
    Lapsed,
    Returned,
    Committed(usize),
    Retained(usize),
    Payee(usize),
    Reserved(usize),
    InFlight(usize),
}

/// Fen that went from one place to another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moved {
    /// From there.
    pub from: Spot,
    /// To there.
    pub to: Spot,
    /// Which, sorted and joined.
    pub fen: Vec<Interval>,
}

/// Why not: the codes that fit.
pub type Reasons = Vec<&'static str>;

/// What became of money that came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Came {
    /// It may be spent.
    In,
    /// Nobody knows what it is.
    Suspended,
    /// It went back.
    Back,
}

/// Money that came in.
#[derive(Clone, Debug)]
pub struct Source {
    pub(crate) came: Came,
    /// Whether it was an appropriation: then another officer agrees to a change, not the donor.
    pub(crate) public: bool,
    pub(super) since: u32,
    pub(super) suspended: bool,
    pub(super) reversed: bool,
    /// What each of many donors gave, in the order of the bank; and how many the call says there are.
    pub(crate) donations: Vec<u64>,
    pub(crate) said: u32,
}

/// A part of a contract.
#[derive(Clone, Debug)]
pub struct Milestone {
    pub(crate) amount: u64,
    pub(crate) delivered: bool,
    pub(crate) accepted: Option<u64>,
}

/// A contract.
#[derive(Clone, Debug)]
pub struct Contract {
    pub(crate) line: usize,
    pub(crate) price: Price,
    pub(crate) milestones: Vec<Milestone>,
    pub(crate) closed: bool,
    /// Whether somebody was named to evaluate it.
    pub(crate) evaluator: bool,
    pub(super) earned: Option<u64>,
    pub(super) freed: bool,
    pub(super) accepted_at: Option<u64>,
    pub(super) finding_at: Option<u64>,
    pub(super) claimed_back: u64,
}

/// Where a payment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the words of `domain` §3.6")]
pub enum Stage {
    Requested,
    Approved,
    Instructed,
    Confirmed,
    Failed,
    Refused,
    Lapsed,
    Returned,
}

/// A payment.
#[derive(Clone, Debug)]
pub struct Payment {
    pub(crate) contract: usize,
    pub(crate) kind: For,
    pub(crate) amount: u64,
    pub(crate) invoice: u32,
    pub(crate) revision: u32,
    pub(crate) stage: Stage,
    pub(crate) number: Option<u32>,
    pub(crate) reference: Option<u32>,
    /// The fen that it took.
    pub(crate) fen: Vec<Interval>,
    pub(super) returned: Vec<Interval>,
    pub(super) reversed: bool,
    /// Who approved, how high, until when it counts.
    pub(super) approvals: Vec<(usize, u8, u64)>,
    pub(super) decided_at: u64,
    pub(super) instructed_at: u64,
}

/// Money to be paid back.
#[derive(Clone, Debug)]
pub struct Order {
    pub(super) contract: usize,
    pub(super) left: u64,
}

/// The books of one fund.
#[derive(Clone, Debug, Default)]
pub struct Fund {
    /// Every fen.
    pub money: Money,
    /// The places that accounts of the money stand for, in their order.
    pub spots: Vec<Spot>,
    pub(crate) sources: Vec<Source>,
    pub(crate) contracts: Vec<Contract>,
    pub(crate) payments: Vec<Payment>,
    pub(crate) orders: Vec<Order>,
    /// References of the bank that are used.
    pub(super) references: std::collections::BTreeSet<u32>,
    pub(super) numbers: std::collections::BTreeSet<u32>,
    /// Whether the fund is frozen, and which contracts are.
    pub(super) frozen: bool,
    pub(super) stopped: std::collections::BTreeSet<usize>,
    pub(super) blocked: [bool; 2],
    pub(super) earmarks: Vec<(u64, Purpose)>,
    /// The years that are closed.
    pub(crate) years: std::collections::BTreeMap<u32, Year>,
}

/// What each budget line may spend, and whether the council has resolved it.
pub const LINES: [(u64, bool); 2] = [(900, true), (500, false)];
/// The greatest amounts of the first two tiers.
pub const TIERS: [u64; 2] = [60, 150];
/// Levels of the approvers; the last is the regulator, who approves nothing here.
pub const LEVELS: [u8; 6] = [1, 1, 2, 2, 3, 0];
/// How long an approval counts.
pub const APPROVAL_LIFE: u64 = 5 * DAY;
/// How long a retention waits.
pub const RETENTION_TIME: u64 = 2 * DAY;
/// Last days of appropriations, from 1970 in Beijing: 2026-12-31, 2026-12-15 and 2025-12-31.
pub const LAPSE: (u32, u32, u32) = (20_818, 20_802, 20_453);
/// The first day of 2027.
pub const NEXT_YEAR: u32 = 20_819;

pub(super) fn whole(intervals: &[Interval]) -> u64 {
    intervals.iter().map(|interval| interval.end - interval.start).sum()
}

/// A part in basis points, rounded down.
pub(super) fn share(amount: u64, basis_points: u64) -> u64 {
    amount * basis_points / 10_000
}

pub(super) fn given(reasons: Reasons) -> Result<(), Reasons> {
    if reasons.is_empty() { Ok(()) } else { Err(reasons) }
}

impl Payment {
    pub(super) fn is_open(&self) -> bool {
        matches!(self.stage, Stage::Requested | Stage::Approved | Stage::Instructed)
    }

    pub(super) fn is_live(&self) -> bool {
        self.is_open() || self.stage == Stage::Confirmed
    }

    pub(super) fn standing(&self) -> u64 {
        self.amount - whole(&self.returned)
    }
}

impl Contract {
    pub(super) fn all_accepted(&self) -> bool {
        self.milestones.iter().all(|milestone| milestone.accepted.is_some())
    }

    pub(super) fn holds_back(&self) -> bool {
        self.price.retention > 0 && !self.freed
    }

    pub(super) fn payable(&self) -> u64 {
        let accepted: u64 = self.milestones.iter().filter_map(|one| one.accepted).sum();
        let pending = self.milestones.iter().filter(|one| one.accepted.is_none());
        let pending: u64 = pending.map(|one| one.amount).sum();
        accepted + pending.min(self.price.advance)
    }
}

impl Fund {
    /// The number of a place in the book of fen.
    pub fn number(&self, spot: Spot) -> Option<u8> {
        let place = self.spots.iter().position(|one| *one == spot)?;
        u8::try_from(place).ok()
    }

    pub(super) fn place(&mut self, spot: Spot) -> u8 {
        self.number(spot).unwrap_or_else(|| {
            self.spots.push(spot);
            u8::try_from(self.spots.len() - 1).expect("short histories have few accounts")
        })
    }

    /// What lies somewhere.
    pub fn held(&self, spot: Spot) -> Vec<Interval> {
        self.number(spot).map_or_else(Vec::new, |place| self.money.held(place))
    }

    /// How much lies somewhere.
    pub fn balance(&self, spot: Spot) -> u64 {
        whole(&self.held(spot))
    }

    /// What lies in each place, counted once.
    pub fn balances(&self) -> Vec<(Spot, u64)> {
        let mut sums: Vec<_> = self.spots.iter().map(|spot| (*spot, 0)).collect();
        for (place, _, run) in self.money.trace() {
            sums[usize::from(place)].1 += run.end - run.start;
        }
        sums
    }

    /// What a line has bound, and what it has paid: from where the fen lie and from nothing else.
    pub fn line(&self, line: usize) -> (u64, u64) {
        let of = |contract: usize| self.contracts[contract].line == line;
        let of_payment = |payment: usize| of(self.payments[payment].contract);
        let mut sums = (0, 0);
        for (spot, amount) in self.balances() {
            match spot {
                Spot::Committed(contract) | Spot::Retained(contract) if of(contract) => {
                    sums.0 += amount;
                }
                Spot::Reserved(payment) | Spot::InFlight(payment) if of_payment(payment) => {
                    sums.0 += amount;
                }
                Spot::Payee(contract) if of(contract) => sums.1 += amount,
                _ => {}
            }
        }
        sums
    }

    pub(super) fn lot(&mut self, earmark: u64, purpose: Purpose) -> Lot {
        self.earmarks.push((earmark, purpose));
        let (specificity, lapse_on, priority) = match purpose {
            Purpose::Free => (0, None, 5),
            Purpose::Elder => (2, Some(LAPSE.0), 0),
            Purpose::Passing => (0, Some(LAPSE.1), 0),
            Purpose::Project => (1, Some(LAPSE.0), 0),
            Purpose::Old => (1, Some(LAPSE.2), 0),
        };
        Lot { earmark, specificity, lapse_on, priority, carry_count: 0 }
    }

    pub(super) fn unknown(earmark: u64) -> Lot {
        Lot { earmark, specificity: 0, lapse_on: None, priority: u8::MAX, carry_count: 0 }
    }

    /// Everything that may be used, in the order of spending or from its other end.
    pub(super) fn any(&self, reverse: bool) -> Selection {
        let earmarks = self.money.trace().into_iter().map(|(_, lot, _)| lot.earmark).collect();
        Selection { reverse, earmarks, today: None }
    }

    pub(super) fn pay(&mut self, from: Spot, to: Spot, amount: u64, how: &Selection) -> Moved {
        let (source, target) = (self.place(from), self.place(to));
        let fen = self.money.pay(source, target, amount, how).expect("it was counted before");
        Moved { from, to, fen }
    }

    pub(super) fn carry(&mut self, from: Spot, to: Spot, fen: &[Interval]) -> Moved {
        let (source, target) = (self.place(from), self.place(to));
        let fen = self.money.hand_over(source, target, fen).expect("they were there before");
        Moved { from, to, fen }
    }

    /// All that lies somewhere goes elsewhere.
    pub(super) fn empty(&mut self, from: Spot, to: Spot) -> Vec<Moved> {
        let fen = self.held(from);
        if fen.is_empty() { Vec::new() } else { vec![self.carry(from, to, &fen)] }
    }

    /// Back to the fund, or apart where the time is over.
    pub(super) fn home(&mut self, from: Spot, fen: &[Interval], today: u32) -> Vec<Moved> {
        let over = |lot: Lot| lot.lapse_on.is_some_and(|last| last < today);
        let (mut lapsed, mut good) = (Vec::new(), Vec::new());
        for interval in fen {
            for start in interval.start..interval.end {
                let one = Interval { start, end: start + 1, ..*interval };
                let lot = self.money.lot(interval.source, start);
                if lot.is_some_and(over) { lapsed.push(one) } else { good.push(one) }
            }
        }
        let parts = [(good, Spot::Available), (lapsed, Spot::Lapsed)];
        let parts = parts.into_iter().filter(|(fen, _)| !fen.is_empty());
        parts.map(|(fen, to)| self.carry(from, to, &fen)).collect()
    }

    /// Whether money of a contract may not move.
    pub(super) fn is_frozen(&self, contract: usize) -> bool {
        self.frozen || self.stopped.contains(&contract)
    }

    pub(super) fn claimed(&self, contract: usize, kind: For, except: Option<usize>) -> u64 {
        let own = self.payments.iter().enumerate().filter(|(number, one)| {
            one.contract == contract && one.kind == kind && Some(*number) != except
        });
        own.filter(|(_, one)| one.is_live()).map(|(_, one)| one.standing()).sum()
    }

    /// What speaks against asking for this much.
    pub(super) fn against(
        &self,
        contract: usize,
        kind: For,
        asked: (u64, u32),
        own: Option<usize>,
    ) -> Reasons {
        let (amount, invoice) = asked;
        let known = &self.contracts[contract];
        let sum = self.claimed(contract, kind, own) + amount;
        let milestones = (0..known.milestones.len()).map(For::Milestone);
        let all: u64 = std::iter::once(For::Advance)
            .chain(milestones)
            .map(|kind| self.claimed(contract, kind, own))
            .sum();
        let too_much = all + amount > known.payable();
        let mut reasons = Reasons::new();
        match kind {
            For::Advance if sum > known.price.advance => reasons.push("E_ADVANCE_LIMIT"),
            For::Advance if too_much => reasons.push("E_OVER_ACCEPTED"),
            For::Milestone(number) => match known.milestones.get(number).map(|one| one.accepted) {
                None => reasons.push("E_NOT_FOUND"),
                Some(None) => reasons.push("E_NOT_ACCEPTED"),
                Some(Some(accepted)) if sum > accepted || too_much => {
                    reasons.push("E_OVER_ACCEPTED");
                }
                Some(Some(_)) => {}
            },
            For::Performance => match known.earned {
                None => reasons.push("E_NOT_ACCEPTED"),
                Some(earned) if sum > earned => reasons.push("E_OVER_ACCEPTED"),
                Some(_) => {}
            },
            For::Retention if !known.freed => reasons.push("E_NOT_ACCEPTED"),
            For::Retention if sum > known.price.retention => reasons.push("E_OVER_ACCEPTED"),
            For::Advance | For::Retention => {}
        }
        let mut others = self.payments.iter().enumerate();
        if others.any(|(n, one)| Some(n) != own && one.is_live() && one.invoice == invoice) {
            reasons.push("E_INVOICE_DUP");
        }
        reasons
    }
}
