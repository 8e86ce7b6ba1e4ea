//! This exists to answer "which way did these fen go?" without a gap: a way begins where the source was
//! issued, each movement starts where the one before ended, and the last ends where the state has the
//! fen. Source: `domain` §4.1 (T3), §4.6.

use super::super::bins;
use super::super::key::{IntervalKey, Location, Table};
use super::super::read::List;
use super::super::{Found, Index, IndexError, Order};
use linli_ledger::posting::money::{Segment, containing};
use linli_ledger::posting::{Movement, Quantity};
use linli_ledger::record::KeyPart;
use linli_ledger::state::State;
use linli_ledger::types::{AccountId, Compartment, SourceId};
use linli_ledger::view::View;
use std::collections::BTreeMap;

/// A movement that took some of the fen asked for.
#[derive(Clone, Debug)]
pub struct Hop {
    /// The receipt that it is in.
    pub found: Found,
    /// The position of the movement in the receipt.
    pub movement: usize,
    /// From which account.
    pub from: AccountId,
    /// To which account.
    pub to: AccountId,
    /// Which of the fen that were asked for.
    pub segment: Segment,
}

/// The whole way of some fen that always moved together.
#[derive(Clone, Debug)]
pub struct Leg {
    /// The fen.
    pub segment: Segment,
    /// Their movements, from the first, which issued them.
    pub hops: Vec<Hop>,
    /// Where they are at the end of the way.
    pub account: AccountId,
}

impl Index {
    /// The way of one fen, from its issue to where it is; `None` if there is no such fen.
    ///
    /// `state` is the present one. Where the index lags behind it, the way ends at the index's cursor
    /// and is not compared with the state.
    ///
    /// # Errors
    /// [`IndexError::Doubt`] where the way has a gap; [`IndexError::Chain`].
    pub fn path(
        &self,
        state: &State,
        source: SourceId,
        fen: u64,
    ) -> Result<Option<Leg>, IndexError> {
        let segment = Segment { source, start: fen, length: 1 };
        Ok(self.ways(state, segment)?.into_iter().next())
    }

    /// The movements that took any fen of an interval, oldest first. Source: `domain` §4.6, `history`.
    ///
    /// # Errors
    /// As [`Index::path`].
    pub fn movements(&self, state: &State, segment: Segment) -> Result<Vec<Hop>, IndexError> {
        let hops = self.hops(segment)?;
        // That no movement is missing shows only where the ways are put together.
        assemble(&hops, segment, |piece| self.place_now(state, piece))?;
        Ok(hops.into_values().collect())
    }

    /// An interval cut into parts that always moved together, each with its whole way.
    ///
    /// # Errors
    /// As [`Index::path`].
    pub fn ways(&self, state: &State, segment: Segment) -> Result<Vec<Leg>, IndexError> {
        assemble(&self.hops(segment)?, segment, |piece| self.place_now(state, piece))
    }

    /// Where the state has a fen, if the index has reached the state.
    fn place_now(&self, state: &State, fen: (SourceId, u64)) -> Present {
        if state.tip().height != self.cursor().0 {
            return Present::Unknown;
        }
        let view = View::read_only(state, Compartment::Public, state.tip().time);
        match containing(&view, fen.0, fen.1) {
            Some((_, record)) => Present::In(record.account),
            None => Present::Nowhere,
        }
    }

    fn hops(&self, asked: Segment) -> Result<BTreeMap<(Location, u16, u16), Hop>, IndexError> {
        let wrong = || IndexError::doubt("a movement is not where it should be");
        let reader = self.reader();
        let mut places = Vec::new();
        for (level, first, last) in bins::meeting(asked.start, asked.end()) {
            let prefix = Table::Intervals.key(&(asked.source, level));
            let end = last.saturating_add(1).to_be_bytes();
            let list = List::between(prefix, &first.to_be_bytes(), &end);
            for entry in reader.scan(&list, Order::Ascending) {
                let (key, value) = entry?;
                let mut parts = key.get(1..).unwrap_or_default();
                let (_, at, movement, part) = IntervalKey::read(&mut parts).ok_or_else(wrong)?;
                let (start, length) = KeyPart::read(&mut value.as_slice()).ok_or_else(wrong)?;
                let moved = Segment { source: asked.source, start, length };
                if moved.start < asked.end() && asked.start < moved.end() {
                    places.push(((at, movement, part), moved));
                }
            }
        }
        drop(reader);
        let mut hops = BTreeMap::new();
        for ((at, movement, part), moved) in places {
            let found = self.found(at)?;
            let Movement { from, to, quantity } =
                found.receipt().movements.get(usize::from(movement)).ok_or_else(wrong)?.clone();
            let Quantity::Fen(segments) = quantity else { return Err(wrong()) };
            if segments.get(usize::from(part)) != Some(&moved) {
                return Err(wrong());
            }
            let start = moved.start.max(asked.start);
            let length = moved.end().min(asked.end()).saturating_sub(start);
            let segment = Segment { start, length, ..asked };
            let movement = usize::from(movement);
            let hop = Hop { found, movement, from, to, segment };
            hops.insert((at, u16::try_from(movement).unwrap_or(u16::MAX), part), hop);
        }
        Ok(hops)
    }
}

/// Where a fen is, as the state says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Present {
    /// The index lags behind the state, which may have moved it on.
    Unknown,
    /// It was never issued.
    Nowhere,
    /// In this account.
    In(AccountId),
}

/// Puts the ways together: cuts the interval wherever a movement does, follows each part.
fn assemble(
    hops: &BTreeMap<(Location, u16, u16), Hop>,
    asked: Segment,
    now: impl Fn((SourceId, u64)) -> Present,
) -> Result<Vec<Leg>, IndexError> {
    let gap = || IndexError::doubt("the way of a fen has a gap");
    let mut cuts: Vec<u64> =
        hops.values().flat_map(|hop| [hop.segment.start, hop.segment.end()]).collect();
    cuts.extend([asked.start, asked.end()]);
    cuts.sort_unstable();
    cuts.dedup();
    let mut legs: Vec<Leg> = Vec::new();
    for pair in cuts.windows(2) {
        let [start, end] = pair else { continue };
        let segment = Segment { start: *start, length: end.saturating_sub(*start), ..asked };
        let holds = |hop: &&Hop| hop.segment.start <= *start && *end <= hop.segment.end();
        let part = |hop: &Hop| Hop { segment, ..hop.clone() };
        let way: Vec<Hop> = hops.values().filter(holds).map(part).collect();
        let follow = way.windows(2).all(|two| match two {
            [one, other] => one.to == other.from,
            _ => false,
        });
        let here = way.last().map(|hop| hop.to);
        let agrees = match now((asked.source, *start)) {
            Present::Unknown => true,
            Present::Nowhere => here.is_none(),
            Present::In(account) => here == Some(account),
        };
        if !follow || !agrees {
            return Err(gap());
        }
        // Beyond what was issued there is nothing.
        legs.extend(here.map(|account| Leg { segment, hops: way, account }));
    }
    Ok(joined(legs))
}

/// Joins neighbours that went the same way.
fn joined(legs: Vec<Leg>) -> Vec<Leg> {
    let mut out: Vec<Leg> = Vec::with_capacity(legs.len());
    let way = |leg: &Leg| -> Vec<(Location, usize)> {
        leg.hops.iter().map(|hop| (hop.found.at, hop.movement)).collect()
    };
    for leg in legs {
        match out.last_mut() {
            Some(last) if last.segment.end() == leg.segment.start && way(last) == way(&leg) => {
                last.segment.length = last.segment.length.saturating_add(leg.segment.length);
                for hop in &mut last.hops {
                    hop.segment.length = last.segment.length;
                }
            }
            Some(_) | None => out.push(leg),
        }
    }
    out
}
