//! This exists to keep the books of hours and points: each lot a line, each award with what stands of
//! it, each voucher with its piece. Written from `domain` §2.

use super::counter::{Batch, Reward, Voucher};
use super::dates::{civil, starts};
use super::{DAY, Twist};
use crate::histories::act::{Admits, Age, Month};
use std::collections::BTreeMap;

/// The length of a hold.
pub const HOLD: u64 = 3 * DAY;
/// How long a lot lives on that expired behind a voucher or in a dispute.
pub const GRACE: u64 = 30 * DAY;
/// How long what is owed lasts.
pub const OWED_LIFE: u64 = 365 * DAY;
/// How long records of a session are kept.
pub const KEPT: u64 = 400 * DAY;
/// What may be earned on a day, in a month, in a year.
pub const CAPS: [u64; 3] = [50, 800, 5_000];
/// The residents: how old, and who stands beside them.
pub const FAMILY: [(Age, Option<usize>); 4] =
    [(Age::Adult, None), (Age::Adult, None), (Age::Child, Some(1)), (Age::Youth, Some(0))];

/// When points of a session expire that ended then: one year after the year.
pub fn expiry(end: u64) -> u64 {
    starts(civil(end - 1).0 + 2, 1)
}

/// Where a lot lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the words of `domain` §2.3")]
pub enum Place {
    Held,
    Available,
    Locked(usize),
}

/// Points of one award.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lot {
    /// The award.
    pub award: usize,
    /// From when they are worth nothing.
    pub expires: u64,
    /// How many.
    pub amount: u64,
    /// Where.
    pub place: Place,
}

/// What a person has.
#[derive(Clone, Debug, Default)]
pub struct Person {
    /// Minutes of service.
    pub minutes: u64,
    /// Points.
    pub lots: Vec<Lot>,
    /// Pieces of each reward.
    pub(crate) pieces: BTreeMap<usize, u32>,
    /// Value of rewards, by the civil year in which they were set aside.
    pub(crate) value: BTreeMap<u32, u64>,
    /// Points given, by civil month.
    pub(crate) gifts: BTreeMap<(u32, u32), u64>,
}

/// What is owed for an award.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owed {
    pub(crate) total: u64,
    pub(crate) netted: u64,
    pub(crate) lapses: u64,
}

/// A dispute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the words of `domain` §2.1")]
pub enum Dispute {
    Open { regulator_from: u64 },
    Decided { appeal_until: u64 },
    Appealed,
    Final,
}

impl Dispute {
    /// Whether the points are frozen.
    pub fn freezes(self) -> bool {
        matches!(self, Self::Open { .. } | Self::Appealed)
    }
}

/// What a participation gave.
#[derive(Clone, Debug)]
pub struct Award {
    pub(crate) who: usize,
    /// Identifier of the participation: the order in which debts are made good.
    pub(crate) id: u64,
    pub(crate) end: u64,
    pub(crate) session: u64,
    pub(crate) available_at: u64,
    pub(crate) awarded_at: u64,
    pub(crate) expires: u64,
    /// What stands of it.
    pub(crate) minutes: u64,
    pub(crate) points: u64,
    pub(crate) issued: u64,
    pub(crate) corrections: u32,
    pub(crate) owed: Option<Owed>,
    pub(crate) dispute: Option<Dispute>,
    pub(crate) disputed_by: usize,
    /// Whether it came late, with the word of one of the first pair of regulators.
    pub(crate) late: bool,
    /// Whether operator and approver have decided about it, and the first pair of regulators.
    pub(crate) office_decided: bool,
    pub(crate) regulators_decided: bool,
}

/// Where a participation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the words of `domain` §2.1")]
pub enum Step {
    SignedUp,
    CheckedIn { at: u64 },
    CheckedOut { from: u64, to: u64 },
    Attested { from: u64, to: u64, minutes: u64 },
    Awarded,
    Cancelled,
}

/// Somebody in a session.
#[derive(Clone, Debug)]
pub struct Participation {
    pub(crate) who: usize,
    pub(crate) activity: usize,
    pub(crate) step: Step,
    /// The first eight bytes of its identifier.
    pub(crate) id: u64,
}

/// A session.
#[derive(Clone, Debug)]
pub struct Activity {
    pub(crate) start: u64,
    pub(crate) end: u64,
    pub(crate) seats: u32,
    pub(crate) admits: Admits,
    pub(crate) off: bool,
}

/// The books of a community.
#[derive(Clone, Debug, Default)]
pub struct Office {
    /// Everybody.
    pub people: Vec<Person>,
    pub(crate) activities: Vec<Activity>,
    pub(crate) participations: Vec<Participation>,
    /// By number of the participation.
    pub(crate) awards: BTreeMap<usize, Award>,
    pub(crate) rewards: Vec<Reward>,
    pub(crate) vouchers: Vec<Voucher>,
    /// Vouchers that can be returned no more, as partners claim them.
    pub(crate) batches: BTreeMap<Month, Batch>,
    /// Points ever made, and those that have left.
    pub minted: u64,
    /// Exchanged.
    pub redeemed: u64,
    /// Worth nothing any more.
    pub expired: u64,
    /// Given by mistake, or kept back for it.
    pub corrected: u64,
    /// Given to neighbours in need.
    pub given: u64,
}

impl Office {
    /// With all residents.
    pub fn new() -> Self {
        Self { people: vec![Person::default(); FAMILY.len()], ..Self::default() }
    }

    /// What somebody has in one kind of place.
    pub fn points(&self, who: usize, suits: impl Fn(Place) -> bool) -> u64 {
        let lots = self.people[who].lots.iter().filter(|lot| suits(lot.place));
        lots.map(|lot| lot.amount).sum()
    }

    /// What waits for somebody: points that came too late to be worth anything do not count.
    pub(crate) fn waits(&self, who: usize, now: u64) -> u64 {
        let held = self.people[who].lots.iter().filter(|lot| lot.place == Place::Held);
        let alive = held.filter(|lot| now < lot.expires || self.frozen(lot.award));
        alive.map(|lot| lot.amount).sum()
    }

    /// Everything that is neither spent nor gone.
    pub fn outstanding(&self) -> u64 {
        self.people.iter().flat_map(|person| &person.lots).map(|lot| lot.amount).sum()
    }

    /// What somebody owes.
    pub fn owed(&self, who: usize, now: u64) -> u64 {
        let own = self.awards.values().filter(|award| award.who == who);
        let owed = own.filter_map(|award| award.owed).filter(|owed| now < owed.lapses);
        owed.map(|owed| owed.total.saturating_sub(owed.netted)).sum()
    }

    pub(crate) fn frozen(&self, award: usize) -> bool {
        let dispute = self.awards.get(&award).and_then(|award| award.dispute);
        dispute.is_some_and(Dispute::freezes)
    }

    pub(crate) fn put(&mut self, who: usize, lot: Lot) {
        if lot.amount == 0 {
            return;
        }
        let lots = &mut self.people[who].lots;
        let same = lots.iter_mut().find(|other| {
            (other.award, other.expires, other.place) == (lot.award, lot.expires, lot.place)
        });
        match same {
            Some(other) => other.amount += lot.amount,
            None => lots.push(lot),
        }
    }

    /// Takes lots out.
    pub(crate) fn take(&mut self, who: usize, suits: impl Fn(&Lot) -> bool) -> Vec<Lot> {
        let lots = std::mem::take(&mut self.people[who].lots);
        let (out, stay) = lots.into_iter().partition(suits);
        self.people[who].lots = stay;
        out
    }

    /// Earliest expiry first, then by batch; the batches are told apart by their identifiers.
    pub(crate) fn spend(
        &mut self,
        who: usize,
        amount: u64,
        place: Place,
        twist: Twist,
    ) -> Vec<Lot> {
        let mut lots = self.take(who, |lot| lot.place == Place::Available);
        let id = |lot: &Lot| self.awards.get(&lot.award).map_or(0, |award| award.id);
        lots.sort_by_key(|lot| (lot.expires, id(lot)));
        if twist == Twist::LastExpiryFirst {
            lots.reverse();
        }
        let (mut left, mut spent) = (amount, Vec::new());
        for lot in lots {
            let part = lot.amount.min(left);
            left -= part;
            if part > 0 {
                spent.push(Lot { amount: part, place, ..lot });
            }
            self.put(who, Lot { amount: lot.amount - part, ..lot });
        }
        spent
    }

    /// What time does by itself: vouchers time out and count, holds end, points expire.
    pub fn pass(&mut self, now: u64, twist: Twist) {
        self.pass_vouchers(now, twist);
        for who in 0..self.people.len() {
            let frozen: Vec<usize> =
                self.awards.keys().copied().filter(|award| self.frozen(*award)).collect();
            let free = |lot: &Lot| lot.place == Place::Held && !frozen.contains(&lot.award);
            let ends = |lot: &Lot| self.awards[&lot.award].available_at;
            let due: Vec<usize> = self.people[who]
                .lots
                .iter()
                .filter(|lot| free(lot) && ends(lot) <= now)
                .map(|lot| lot.award)
                .collect();
            for lot in self.take(who, |lot| free(lot) && due.contains(&lot.award)) {
                self.put(who, Lot { place: Place::Available, ..lot });
            }
            let over = |lot: &Lot| {
                let waits = matches!(lot.place, Place::Locked(_))
                    || (lot.place == Place::Held && frozen.contains(&lot.award));
                lot.expires <= now && !waits
            };
            let gone = self.take(who, over);
            self.expired += gone.iter().map(|lot| lot.amount).sum::<u64>();
        }
    }

    /// What minutes give by the rule: ten points an hour, not below a quarter, never above the caps.
    pub(crate) fn worth(&self, who: usize, end: u64, minutes: u64, twist: Twist) -> u64 {
        let base = if minutes < 15 { 0 } else { minutes * 10 / 60 };
        let (date, own) = (civil(end - 1), self.awards.values().filter(|award| award.who == who));
        let earned: Vec<_> = own.map(|award| (civil(award.end - 1), award.points)).collect();
        let sum = |same: &dyn Fn(&(u32, u32, u32)) -> bool| -> u64 {
            earned.iter().filter(|(date, _)| same(date)).map(|(_, points)| points).sum()
        };
        let day = if twist == Twist::DayIsForgotten { 0 } else { sum(&|other| *other == date) };
        let month = sum(&|other| (other.0, other.1) == (date.0, date.1));
        let year = sum(&|other| other.0 == date.0);
        let left = [day, month, year].into_iter().zip(CAPS);
        left.fold(base, |base, (got, cap)| base.min(cap.saturating_sub(got)))
    }

    /// Minutes that somebody has on the civil day of a session.
    pub(crate) fn minutes_of_day(&self, who: usize, end: u64, without: Option<usize>) -> u64 {
        let own = self.awards.iter().filter(|(n, award)| award.who == who && Some(**n) != without);
        let same = own.filter(|(_, award)| civil(award.end - 1) == civil(end - 1));
        same.map(|(_, award)| award.minutes).sum()
    }
}
