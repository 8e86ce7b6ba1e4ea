//! This exists to enter into the books what lies on partners' counters: rewards, the vouchers for them,
//! and the months of vouchers that partners claim.

use super::dates::{civil, starts};
use super::desk::{Entered, ensure, no};
use super::money::{Reasons, given};
use super::points::{GRACE, KEPT, Lot, Office, Place};
use super::{DAY, Twist};
use crate::histories::act::Month;

/// How long a voucher waits.
pub const VOUCHER_LIFE: u64 = 7 * DAY;
/// How long a reward may be returned.
pub const RETURN_WINDOW: u64 = 7 * DAY;
/// How long a voucher is remembered after its last day.
const VOUCHER_KEPT: u64 = 90 * DAY;
/// Points of a reward.
pub const PRICE: u64 = 20;
/// How many pieces of one reward somebody gets.
pub const PER_PERSON: u32 = 2;
/// What a point may be worth, in fen.
const FEN_PER_POINT: u64 = 50;
/// What the rewards of one person may be worth in a year, in fen.
pub const VALUE_OF_YEAR: u64 = 2_000;

/// What a partner offers.
#[derive(Clone, Debug)]
pub struct Reward {
    /// The budget line that pays; none where the partner does.
    pub(crate) line: Option<usize>,
    pub(crate) value: u64,
    pub(crate) stock: u32,
    /// Pieces that are set aside, and handed out.
    pub(crate) pieces: (u32, u32),
}

/// Where a voucher is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the words of `domain` §2.7")]
pub enum Paper {
    Open,
    Fulfilled { return_until: u64 },
    Counted { return_until: u64, of: Month },
    Cancelled,
    TimedOut,
    Returned,
}

/// A voucher.
#[derive(Clone, Debug)]
pub struct Voucher {
    pub(crate) who: usize,
    pub(crate) reward: usize,
    /// The civil year in which it was set aside.
    pub(crate) year: u32,
    pub(crate) expires: u64,
    pub(crate) lots: Vec<Lot>,
    pub(crate) paper: Paper,
}

/// A month of vouchers.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    pub(crate) vouchers: u64,
    pub(crate) points: u64,
    pub(crate) value: u64,
    pub(crate) claimed: bool,
}

impl Month {
    /// From when on nothing more is in it.
    pub(crate) fn end(self) -> u64 {
        starts(self.year, self.month + 1)
    }

    /// Until when it is remembered.
    pub(crate) fn kept(self) -> u64 {
        self.end() + KEPT
    }
}

impl Office {
    pub(super) fn offer(
        &mut self,
        line: Option<usize>,
        value: u64,
        stock: u32,
        agreed: bool,
    ) -> Entered {
        let mut reasons = Reasons::new();
        if stock == 0 {
            reasons.push("E_AMOUNT_ZERO");
        }
        if value > PRICE * FEN_PER_POINT {
            reasons.push("E_REWARD_VALUE");
        }
        if !agreed {
            reasons.push("E_COSIGN");
        }
        given(reasons)?;
        self.rewards.push(Reward { line, value, stock, pieces: (0, 0) });
        Ok(())
    }

    pub(super) fn restock(&mut self, reward: usize, pieces: u32) -> Entered {
        ensure(pieces > 0, "E_AMOUNT_ZERO")?;
        self.rewards[reward].stock += pieces;
        Ok(())
    }

    pub(super) fn redeem(&mut self, who: usize, reward: usize, now: u64, twist: Twist) -> Entered {
        let Reward { value, stock, pieces, .. } = self.rewards[reward];
        ensure(pieces.0 + pieces.1 < stock, "E_STOCK")?;
        let (own, year) = (&self.people[who], civil(now).0);
        let had = own.pieces.get(&reward).copied().unwrap_or(0);
        ensure(had < PER_PERSON, "E_LIMIT")?;
        let of_year = own.value.get(&year).copied().unwrap_or(0);
        let too_much = of_year + value > VALUE_OF_YEAR && twist != Twist::ValueIsForgotten;
        ensure(!too_much, "E_REWARD_VALUE")?;
        let have = self.points(who, |place| place == Place::Available);
        ensure(have >= PRICE, "E_INSUFFICIENT_POINTS")?;
        let locked = Place::Locked(self.vouchers.len());
        let lots = self.spend(who, PRICE, locked, twist);
        for lot in &lots {
            self.put(who, *lot);
        }
        let (expires, paper) = (now + VOUCHER_LIFE, Paper::Open);
        self.vouchers.push(Voucher { who, reward, year, expires, lots, paper });
        let own = &mut self.people[who];
        *own.pieces.entry(reward).or_default() += 1;
        *own.value.entry(year).or_default() += value;
        self.rewards[reward].pieces.0 += 1;
        Ok(())
    }

    /// A voucher, while it is remembered.
    fn voucher(&self, number: usize, now: u64) -> Result<&Voucher, Reasons> {
        let known = &self.vouchers[number];
        ensure(now < known.expires + VOUCHER_KEPT, "E_NOT_FOUND")?;
        Ok(known)
    }

    fn is_open(&self, voucher: usize) -> Entered {
        match self.vouchers[voucher].paper {
            Paper::Open => Ok(()),
            Paper::TimedOut => no("E_VOUCHER_EXPIRED"),
            Paper::Fulfilled { .. }
            | Paper::Counted { .. }
            | Paper::Cancelled
            | Paper::Returned => no("E_ALREADY_RESOLVED"),
        }
    }

    pub(super) fn fulfil(&mut self, voucher: usize, knows: bool, now: u64) -> Entered {
        let Voucher { who, reward, .. } = *self.voucher(voucher, now)?;
        self.is_open(voucher)?;
        ensure(knows, "E_SECRET")?;
        let gone = self.take(who, |lot| lot.place == Place::Locked(voucher));
        self.redeemed += gone.iter().map(|lot| lot.amount).sum::<u64>();
        self.vouchers[voucher].paper = Paper::Fulfilled { return_until: now + RETURN_WINDOW };
        let pieces = &mut self.rewards[reward].pieces;
        *pieces = (pieces.0 - 1, pieces.1 + 1);
        Ok(())
    }

    pub(super) fn cancel(&mut self, voucher: usize, who: usize, now: u64) -> Entered {
        let Voucher { who: owner, reward, .. } = *self.voucher(voucher, now)?;
        ensure(owner == who, "E_ROLE")?;
        self.is_open(voucher)?;
        self.take(who, |lot| lot.place == Place::Locked(voucher));
        self.give_back(voucher, now);
        self.vouchers[voucher].paper = Paper::Cancelled;
        self.rewards[reward].pieces.0 -= 1;
        Ok(())
    }

    pub(super) fn return_piece(&mut self, voucher: usize, restock: bool, now: u64) -> Entered {
        let known = self.voucher(voucher, now)?;
        match known.paper {
            Paper::Fulfilled { return_until } | Paper::Counted { return_until, .. } => {
                ensure(now < return_until, "E_DEADLINE")?;
            }
            Paper::Returned => return no("E_ALREADY_RESOLVED"),
            Paper::Open | Paper::Cancelled | Paper::TimedOut => return no("E_STATE"),
        }
        let (reward, lots) = (known.reward, &known.lots);
        self.redeemed -= lots.iter().map(|lot| lot.amount).sum::<u64>();
        self.give_back(voucher, now);
        self.vouchers[voucher].paper = Paper::Returned;
        self.rewards[reward].pieces.1 -= u32::from(restock);
        Ok(())
    }

    /// A voucher's lots go back: a batch that expired meanwhile has one grace. So does its value.
    fn give_back(&mut self, voucher: usize, at: u64) {
        let Voucher { who, reward, year, lots, .. } = self.vouchers[voucher].clone();
        for lot in lots {
            let first =
                self.awards.get(&lot.award).is_some_and(|award| award.expires == lot.expires);
            let expires = if lot.expires > at {
                lot.expires
            } else if first {
                at + GRACE
            } else {
                self.expired += lot.amount;
                continue;
            };
            self.put(who, Lot { expires, place: Place::Available, ..lot });
        }
        let own = &mut self.people[who];
        *own.pieces.entry(reward).or_default() -= 1;
        *own.value.entry(year).or_default() -= self.rewards[reward].value;
    }

    /// What time does by itself: vouchers time out, or can be returned no more and count.
    pub(super) fn pass_vouchers(&mut self, now: u64, twist: Twist) {
        for voucher in 0..self.vouchers.len() {
            let Voucher { who, reward, expires, paper, .. } = self.vouchers[voucher];
            match paper {
                Paper::Open if expires <= now => {
                    self.take(who, |lot| lot.place == Place::Locked(voucher));
                    self.vouchers[voucher].paper = Paper::TimedOut;
                    self.give_back(voucher, expires);
                    if twist != Twist::PieceIsLost {
                        self.rewards[reward].pieces.0 -= 1;
                    }
                }
                Paper::Fulfilled { return_until } if return_until <= now => {
                    let day = if twist == Twist::CountsWhenHandedOut { RETURN_WINDOW } else { 0 };
                    self.count(voucher, return_until, return_until - day, now);
                }
                _ => {}
            }
        }
    }

    /// A voucher is in the month in which the time to return it ended. What was claimed never changes.
    fn count(&mut self, voucher: usize, return_until: u64, at: u64, now: u64) {
        let known = &self.vouchers[voucher];
        let Reward { line, value, .. } = self.rewards[known.reward];
        let points = known.lots.iter().map(|lot| lot.amount).sum::<u64>();
        let month = |at| {
            let (year, month, _) = civil(at);
            Month { line, year, month }
        };
        let mut of = month(at);
        if self.batches.get(&of).is_some_and(|batch| batch.claimed) {
            of = month(now);
        }
        let batch = self.batches.entry(of).or_default();
        batch.vouchers += 1;
        batch.points += points;
        batch.value += value;
        self.vouchers[voucher].paper = Paper::Counted { return_until, of };
    }

    /// The public claim depends on what the other half of the state says: somebody must have read it.
    pub(super) fn settle(&mut self, of: Month, read: bool, now: u64) -> Entered {
        let known = self.batches.get_mut(&of).filter(|_| now < of.kept());
        let mut reasons = Reasons::new();
        if known.is_none() || !read {
            reasons.push("E_CONDITION");
        }
        if now < of.end() {
            reasons.push("E_TIME_WINDOW");
        }
        if now >= of.kept() {
            reasons.push("E_DEADLINE");
        }
        if known.as_ref().is_some_and(|batch| batch.claimed) {
            reasons.push("E_VOUCHER_CLAIMED");
        }
        given(reasons)?;
        if let Some(batch) = known {
            batch.claimed = true;
        }
        Ok(())
    }

    /// What the budget line owes for a month.
    pub(crate) fn owed_for(&self, of: Month) -> u64 {
        let value = self.batches.get(&of).map_or(0, |batch| batch.value);
        if of.line.is_some() { value } else { 0 }
    }
}
