//! This exists to enter into the books what comes in: sources, many donations at once, money of unknown
//! origin, other purposes, and entries that were a mistake.

use super::cashier::minus;
use super::clerk::{Entered, When, no};
use super::money::{Came, Fund, Moved, Reasons, Source, Spot, given};
use super::{Twist, day};
use crate::histories::act::Purpose;
use crate::oracle::{Interval, Lot};

/// The last day on which money of unknown origin is resolved, after it came.
const SUSPENSE_DAYS: u32 = 60;

impl Fund {
    pub(super) fn come_in(
        &mut self,
        dated: Result<(), Reasons>,
        (amount, reference): (u64, u32),
        purpose: Option<Purpose>,
        when: When,
    ) -> Entered {
        if amount == 0 {
            return no("E_AMOUNT_ZERO");
        }
        dated?;
        if !self.references.insert(reference) {
            return no("E_BANKREF_DUP");
        }
        let to = if purpose.is_some() { Spot::Available } else { Spot::Suspense };
        let lot = match purpose {
            Some(purpose) => self.lot(when.made[0], purpose),
            None => Self::unknown(when.made[0]),
        };
        let place = self.place(to);
        let fen = self.money.issue(place, amount, lot).expect("a sound amount");
        let came = if purpose.is_some() { Came::In } else { Came::Suspended };
        self.sources.push(Source {
            came,
            public: purpose != Some(Purpose::Free),
            since: day(when.now),
            suspended: purpose.is_none(),
            reversed: false,
            donations: Vec::new(),
            said: 0,
        });
        Ok(vec![Moved { from: Spot::Origin, to, fen }])
    }

    /// Many donations in one credit of the bank.
    pub(super) fn collect(
        &mut self,
        donations: &[u64],
        said: u32,
        (purpose, reference): (Purpose, u32),
        when: When,
    ) -> Entered {
        let sum = donations.iter().sum();
        if purpose != Purpose::Free || said < 2 || u64::from(said) > sum {
            return no("E_BATCH");
        }
        let moved = self.come_in(Ok(()), (sum, reference), Some(purpose), when)?;
        if let Some(known) = self.sources.last_mut() {
            (known.donations, known.said) = (donations.to_vec(), said);
        }
        Ok(moved)
    }

    fn all_of(&self, source: u32) -> Vec<Interval> {
        let end = self.money.amount(source).unwrap_or(0);
        vec![Interval { source, start: 0, end }]
    }

    /// Money in suspense that nobody has touched.
    fn suspended(&mut self, source: u32) -> Result<&mut Source, Reasons> {
        let known = self.sources.get_mut(source as usize).filter(|known| known.suspended);
        let known = known.ok_or_else(|| vec!["E_NOT_FOUND"])?;
        if known.came == Came::Suspended { Ok(known) } else { Err(vec!["E_STATE"]) }
    }

    pub(super) fn resolve(&mut self, source: u32, purpose: Purpose, when: When) -> Entered {
        let late = day(when.now) > self.suspended(source)?.since + SUSPENSE_DAYS;
        if self.frozen || late {
            return Err(vec!["E_FROZEN", "E_DEADLINE"]);
        }
        let known = self.suspended(source)?;
        (known.came, known.public) = (Came::In, purpose != Purpose::Free);
        let (lot, place) = (self.lot(when.made[0], purpose), self.place(Spot::Suspense));
        let fen = self.all_of(source);
        self.money.relot(place, &fen, lot).expect("it lies there");
        Ok(vec![self.carry(Spot::Suspense, Spot::Available, &fen)])
    }

    pub(super) fn send_back(&mut self, source: u32, reference: u32) -> Entered {
        self.suspended(source)?;
        if self.frozen {
            return no("E_FROZEN");
        }
        if !self.references.insert(reference) {
            return no("E_BANKREF_DUP");
        }
        self.suspended(source)?.came = Came::Back;
        let fen = self.all_of(source);
        Ok(vec![self.carry(Spot::Suspense, Spot::Returned, &fen)])
    }

    pub(super) fn reclassify(
        &mut self,
        source: u32,
        (start, amount): (u64, u64),
        consent: bool,
        earmark: u64,
    ) -> Entered {
        if amount == 0 {
            return no("E_AMOUNT_ZERO");
        }
        let known = self.sources.get(source as usize).filter(|known| known.came == Came::In);
        let Some(public) = known.map(|known| known.public) else { return no("E_NOT_FOUND") };
        let end = start + amount;
        if self.money.amount(source).is_none_or(|all| end > all) {
            return no("E_NOT_FOUND");
        }
        let mut reasons = Reasons::new();
        if !consent {
            reasons.push("E_CONSENT_MISSING");
        }
        if self.frozen {
            reasons.push("E_FROZEN");
        }
        given(reasons)?;
        let (fen, place) = ([Interval { source, start, end }], self.place(Spot::Available));
        // The class of the source stays; public money keeps its last day.
        let change = |old: Lot| Lot {
            earmark,
            specificity: 0,
            lapse_on: if public { old.lapse_on } else { None },
            ..old
        };
        if self.money.relot_each(place, &fen, change).is_err() {
            return no("E_SEGMENT_MOVED");
        }
        self.earmarks.push((earmark, Purpose::Free));
        Ok(Vec::new())
    }

    pub(super) fn reverse_source(&mut self, source: u32, earmark: u64, today: u32) -> Entered {
        let Some(known) = self.sources.get(source as usize) else { return no("E_NOT_FOUND") };
        let (came, reversed) = (known.came, known.reversed);
        if self.frozen {
            return no("E_FROZEN");
        }
        if reversed {
            return no("E_ALREADY_REVERSED");
        }
        if came != Came::In {
            return no("E_STATE");
        }
        let fen = self.all_of(source);
        if !minus(&fen, &self.held(Spot::Available)).is_empty() {
            return no("E_SEGMENT_MOVED");
        }
        let moved = self.carry(Spot::Available, Spot::Suspense, &fen);
        let place = self.place(Spot::Suspense);
        self.money.relot(place, &fen, Self::unknown(earmark)).expect("it lies there");
        let known = &mut self.sources[source as usize];
        (known.came, known.suspended) = (Came::Suspended, true);
        (known.reversed, known.since) = (true, today);
        Ok(vec![moved])
    }

    /// The fen of a donor of a batch, by place; `None` where the call said another number of donors.
    pub(crate) fn donor(&self, source: u32, place: usize, twist: Twist) -> Option<Interval> {
        let known = &self.sources[source as usize];
        let amount = *known.donations.get(place)?;
        if known.donations.len() != known.said as usize {
            return None;
        }
        let before: u64 = known.donations[..place].iter().sum();
        let all: u64 = known.donations.iter().sum();
        let start = if twist == Twist::DonorsAreTurned { all - before - amount } else { before };
        Some(Interval { source, start, end: start + amount })
    }
}
