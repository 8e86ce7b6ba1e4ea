//! This exists to model money as a child would: every fen is an entry that says where it lies.

use super::{No, check_amount};
use std::cmp::Reverse;

/// What money may be used for and until when; numbers only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lot {
    /// The earmark's number; of those with equal rank the lower is spent earlier.
    pub earmark: u64,
    /// How restricted it is: the more, the earlier it is spent.
    pub specificity: u8,
    /// The last day; none is later than every day.
    pub lapse_on: Option<u32>,
    /// The class of the source: the lower, the earlier.
    pub priority: u8,
    /// How often carried over: the more, the earlier.
    pub carry_count: u8,
}

impl Lot {
    /// Whose turn it is to be spent (`domain` §4.4): smaller comes first.
    fn turn(&self) -> (Reverse<u8>, u64, u8, Reverse<u8>, u64) {
        let last = self.lapse_on.map_or(u64::MAX, u64::from);
        (Reverse(self.specificity), last, self.priority, Reverse(self.carry_count), self.earmark)
    }
}

/// Fen of one source from `start` up to, not including, `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Interval {
    /// The source.
    pub source: u32,
    /// The first fen.
    pub start: u64,
    /// One past the last.
    pub end: u64,
}

/// Which fen a payment may take, and from which end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    /// Refunds take the other end of the same order.
    pub reverse: bool,
    /// The earmarks that suit the use.
    pub earmarks: Vec<u64>,
    /// Where the payer is a fund: today; what has lapsed cannot leave.
    pub today: Option<u32>,
}

impl Selection {
    fn suits(&self, lot: &Lot) -> bool {
        let lapsed =
            matches!((self.today, lot.lapse_on), (Some(today), Some(last)) if today > last);
        self.earmarks.contains(&lot.earmark) && !lapsed
    }
}

/// One fen: the account it lies in, its lot, and every account it has been in.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Fen {
    account: u8,
    lot: Lot,
    path: Vec<u8>,
}

/// All money: for each source, one entry per fen.
#[derive(Clone, Debug, Default)]
pub struct Money {
    sources: Vec<Vec<Fen>>,
    movements: usize,
}

type Place = (u32, u64);

impl Money {
    /// How many sources there are.
    pub fn sources(&self) -> usize {
        self.sources.len()
    }

    /// How many movements there were, issues included.
    pub fn movements(&self) -> usize {
        self.movements
    }

    /// How many fen lie in an account.
    pub fn balance(&self, account: u8) -> u64 {
        self.fen().filter(|(_, fen)| fen.account == account).count() as u64
    }

    /// How many fen were ever issued.
    pub fn issued(&self) -> u64 {
        self.fen().count() as u64
    }

    /// Every account in which one fen has been, in order.
    ///
    /// # Panics
    /// If that fen was never issued.
    pub fn path(&self, source: u32, index: u64) -> &[u8] {
        &self.sources[source as usize][usize::try_from(index).expect("small")].path
    }

    /// The fen of an account, sorted and joined.
    pub fn held(&self, account: u8) -> Vec<Interval> {
        joined(self.fen().filter(|(_, fen)| fen.account == account).map(|(place, _)| place))
    }

    /// How many fen a source had.
    pub fn amount(&self, source: u32) -> Option<u64> {
        self.sources.get(source as usize).map(|fen| fen.len() as u64)
    }

    /// The lot of one fen.
    pub fn lot(&self, source: u32, index: u64) -> Option<Lot> {
        self.at((source, index)).map(|fen| fen.lot)
    }

    /// Where everything lies: runs of fen in one account and one lot, by source.
    pub fn trace(&self) -> Vec<(u8, Lot, Interval)> {
        let mut runs: Vec<(u8, Lot, Interval)> = Vec::new();
        for ((source, index), fen) in self.fen() {
            match runs.last_mut() {
                Some((account, lot, run))
                    if *account == fen.account
                        && *lot == fen.lot
                        && run.source == source
                        && run.end == index =>
                {
                    run.end += 1;
                }
                Some(_) | None => {
                    let run = Interval { source, start: index, end: index + 1 };
                    runs.push((fen.account, fen.lot, run));
                }
            }
        }
        runs
    }

    /// What lies in an account, lot by lot in the order of spending (`domain` §4.4).
    pub fn in_order(&self, account: u8, selection: &Selection) -> Vec<(u32, u64)> {
        let mut candidates: Vec<_> = self
            .fen()
            .filter(|(_, fen)| fen.account == account && selection.suits(&fen.lot))
            .map(|(place, fen)| (fen.lot.turn(), place))
            .collect();
        candidates.sort_unstable();
        if selection.reverse {
            candidates.reverse();
        }
        candidates.into_iter().map(|(_, place)| place).collect()
    }

    pub(crate) fn issue(&mut self, to: u8, amount: u64, lot: Lot) -> Result<Vec<Interval>, No> {
        check_amount(amount)?;
        let source = u32::try_from(self.sources.len()).expect("few");
        let fen = Fen { account: to, lot, path: vec![to] };
        self.sources.push(vec![fen; usize::try_from(amount).expect("small")]);
        self.movements += 1;
        Ok(vec![Interval { source, start: 0, end: amount }])
    }

    pub(crate) fn pay(
        &mut self,
        from: u8,
        to: u8,
        amount: u64,
        selection: &Selection,
    ) -> Result<Vec<Interval>, No> {
        check_amount(amount)?;
        let mut places = self.in_order(from, selection);
        let have = places.len() as u64;
        if have < amount {
            return Err(No::lack("E_INSUFFICIENT_COMPATIBLE", amount, have));
        }
        places.truncate(usize::try_from(amount).expect("not more than there are"));
        Ok(self.carry(places, to))
    }

    pub(crate) fn hand_over(
        &mut self,
        from: u8,
        to: u8,
        intervals: &[Interval],
    ) -> Result<Vec<Interval>, No> {
        let places = self.named(from, intervals)?;
        if places.is_empty() {
            return Err(No::plain("E_AMOUNT_ZERO"));
        }
        Ok(self.carry(places, to))
    }

    pub(crate) fn pay_within(
        &mut self,
        (from, to): (u8, u8),
        amount: u64,
        reverse: bool,
        intervals: &[Interval],
    ) -> Result<Vec<Interval>, No> {
        check_amount(amount)?;
        let mut places = self.named(from, intervals)?;
        places.sort_unstable_by_key(|place| (self.at(*place).map(|fen| fen.lot.turn()), *place));
        if reverse {
            places.reverse();
        }
        let have = places.len() as u64;
        if have < amount {
            return Err(No::lack("E_INSUFFICIENT_COMPATIBLE", amount, have));
        }
        places.truncate(usize::try_from(amount).expect("not more than there are"));
        Ok(self.carry(places, to))
    }

    pub(crate) fn relot(
        &mut self,
        account: u8,
        intervals: &[Interval],
        lot: Lot,
    ) -> Result<(), No> {
        self.relot_each(account, intervals, |_| lot)
    }

    /// As [`Money::relot`], where the new lot depends on the old one.
    pub(crate) fn relot_each(
        &mut self,
        account: u8,
        intervals: &[Interval],
        lot: impl Fn(Lot) -> Lot,
    ) -> Result<(), No> {
        let places = self.named(account, intervals)?;
        if places.is_empty() {
            return Err(No::plain("E_AMOUNT_ZERO"));
        }
        // It cuts segments as a movement does.
        self.movements += 1;
        for (source, index) in places {
            let fen = &mut self.sources[source as usize][usize::try_from(index).expect("small")];
            fen.lot = lot(fen.lot);
        }
        Ok(())
    }

    /// The fen of some intervals, each once and all in an account.
    fn named(&self, account: u8, intervals: &[Interval]) -> Result<Vec<Place>, No> {
        let mut places: Vec<Place> = intervals
            .iter()
            .flat_map(|interval| (interval.start..interval.end).map(|fen| (interval.source, fen)))
            .collect();
        places.sort_unstable();
        let twice = places.windows(2).any(|pair| pair[0] == pair[1]);
        let elsewhere = places.iter().any(|place| self.account_of(*place) != Some(account));
        if twice || elsewhere { Err(No::plain("E_SEGMENT_MOVED")) } else { Ok(places) }
    }

    fn carry(&mut self, mut places: Vec<Place>, to: u8) -> Vec<Interval> {
        self.movements += 1;
        places.sort_unstable();
        for (source, index) in &places {
            let fen = &mut self.sources[*source as usize][usize::try_from(*index).expect("small")];
            fen.account = to;
            fen.path.push(to);
        }
        joined(places)
    }

    fn at(&self, (source, index): Place) -> Option<&Fen> {
        self.sources.get(source as usize)?.get(usize::try_from(index).ok()?)
    }

    fn account_of(&self, place: Place) -> Option<u8> {
        self.at(place).map(|fen| fen.account)
    }

    fn fen(&self) -> impl Iterator<Item = (Place, &Fen)> {
        (0_u32..).zip(&self.sources).flat_map(|(source, fen)| {
            (0_u64..).zip(fen).map(move |(index, fen)| ((source, index), fen))
        })
    }
}

/// Sorted fen as intervals.
fn joined(places: impl IntoIterator<Item = Place>) -> Vec<Interval> {
    let mut runs: Vec<Interval> = Vec::new();
    for (source, index) in places {
        match runs.last_mut() {
            Some(run) if run.source == source && run.end == index => run.end += 1,
            Some(_) | None => runs.push(Interval { source, start: index, end: index + 1 }),
        }
    }
    runs
}
