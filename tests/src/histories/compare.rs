//! This exists to compare chain and books in everything that anybody may ask: what lies where, budgets,
//! payments, points, vouchers; and the traces, from a payment back and from a source on.

use super::act::Month;
use super::book::counter::Paper;
use super::book::money::{Came, Spot, Stage};
use super::book::points::Place;
use super::calls::{batch_of, donations};
use super::play::{Difference, Played, Player, earmark, interval, same};
use crate::oracle::{Interval, Lot, Random};
use linli_contracts::credit::{self, Award, RewardUse, Voucher, VoucherBatch, VoucherState};
use linli_contracts::fund::{FiscalYear, FundAccount, Line, PaymentState, reading};
use linli_contracts::programme::{self, voucher_batch_id};
use linli_ledger::invariant::records;
use linli_ledger::posting::money::{self, Segment, SegmentRecord};
use linli_ledger::posting::{balance, points};
use linli_ledger::replay::check_invariants;
use linli_ledger::types::{EnrolmentId, RecordId, SourceId};
use std::collections::{BTreeMap, BTreeSet};

fn lot(lot: &money::Lot) -> Lot {
    Lot {
        earmark: earmark(&lot.earmark),
        specificity: lot.specificity,
        lapse_on: lot.lapse_on.map(|day| day.0),
        priority: lot.priority,
        carry_count: lot.carry_count,
    }
}

fn stage(state: &PaymentState) -> Stage {
    match state {
        PaymentState::Requested => Stage::Requested,
        PaymentState::Approved(_) => Stage::Approved,
        PaymentState::Instructed(_) => Stage::Instructed,
        PaymentState::Confirmed(_) => Stage::Confirmed,
        PaymentState::Failed { .. } => Stage::Failed,
        PaymentState::Refused { .. } => Stage::Refused,
        PaymentState::Lapsed => Stage::Lapsed,
        PaymentState::Returned(_) => Stage::Returned,
    }
}

fn segment(interval: &Interval) -> Segment {
    let Interval { source, start, end } = *interval;
    Segment { source: SourceId(source), start, length: end - start }
}

impl Player {
    /// Every invariant holds, and everything is as the books say.
    pub(super) fn compare(&self) -> Played {
        // Invariants are the chain's own: they do not notice a mistake in the books.
        if self.book.is_right() {
            let held = check_invariants(&self.town.state, &self.town.rulebook);
            held.map_err(|broken| Difference(format!("an invariant is broken: {broken:?}")))?;
        }
        self.compare_money()?;
        self.compare_points()?;
        self.compare_vouchers()
    }

    fn compare_money(&self) -> Played {
        let (view, fund) = (self.view(), &self.book.fund);
        for (spot, amount) in fund.balances() {
            same!(reading::balance(&view, self.account(spot)).0, amount, "what lies in {spot:?}");
        }
        let issued = reading::balance(&view, self.account(Spot::Origin)).0;
        same!(issued, fund.money.issued(), "what ever came in");
        let ids: BTreeMap<_, _> = (0_u8..)
            .zip(&fund.spots)
            .map(|(number, spot)| (self.account(*spot).key().id(), number))
            .collect();
        let found: Vec<_> = records::<SegmentRecord>(&self.town.state)
            .map(|((source, start), record)| {
                let segment = Segment { source, start, length: record.length };
                (ids.get(&record.account).copied(), lot(&record.lot), interval(&segment))
            })
            .collect();
        let expected = fund.money.trace().into_iter();
        let expected: Vec<_> = expected.map(|(place, lot, run)| (Some(place), lot, run)).collect();
        same!(found, expected, "where the fen lie, and for what");
        for (number, id) in self.ids.lines.iter().enumerate() {
            let line = view.get::<Line>(id).map(|line| (line.committed.0, line.paid.0));
            same!(line, Some(fund.line(number)), "line {number}: bound and paid");
        }
        for (number, (id, known)) in self.ids.payments.iter().zip(&fund.payments).enumerate() {
            let payment = view.get::<linli_contracts::fund::Payment>(id);
            let found = payment.map(|payment| stage(&payment.state));
            same!(found, Some(known.stage), "the state of payment {number}");
        }
        for (year, known) in &fund.years {
            let closed = view.get::<FiscalYear>(&(self.ids.fund, *year));
            let found = closed.map(|year| (year.carried.0, year.lapsed.0, year.done));
            let expected = (known.carried, known.lapsed, known.done);
            same!(found, Some(expected), "year {year}: carried on, lapsed, done");
        }
        Ok(())
    }

    fn compare_points(&self) -> Played {
        let (view, office, now) = (self.view(), &self.book.office, self.town.now);
        let programme = self.ids.programme;
        for who in 0..office.people.len() {
            let enrolment = EnrolmentId(self.ids.residents[who].0);
            let account = |name: &str, key, suits: fn(Place) -> bool| {
                let mut found: Vec<_> = points::lots(&view, &key)
                    .iter()
                    .map(|lot| (lot.expires_at.0, lot.batch, lot.amount))
                    .collect();
                let mut expected = BTreeMap::new();
                for lot in office.people[who].lots.iter().filter(|lot| suits(lot.place)) {
                    let batch = self.ids.participations[lot.award];
                    *expected.entry((lot.expires, batch)).or_insert(0) += lot.amount;
                }
                found.sort_unstable();
                let expected: Vec<_> =
                    expected.into_iter().map(|((at, batch), sum)| (at, batch, sum)).collect();
                same!(found, expected, "points of resident {who}, {name}");
                Ok(())
            };
            account("held", credit::held(enrolment, programme), |place| place == Place::Held)?;
            let available = credit::available(enrolment, programme);
            account("available", available, |place| place == Place::Available)?;
            let locked = |place| matches!(place, Place::Locked(_));
            account("locked", credit::locked(enrolment, programme), locked)?;
            let told = credit::balance(&view, enrolment, now);
            let told = [told.available.0, told.held.0, told.locked.0, told.owed.0, told.service.0];
            let expected = [
                office.points(who, |place| place == Place::Available),
                office.waits(who, now.0),
                office.points(who, locked),
                office.owed(who, now.0),
                office.people[who].minutes,
            ];
            same!(told, expected, "available, held, locked, owed and minutes of resident {who}");
        }
        let sums = [
            (credit::minted(programme), office.minted),
            (credit::redeemed(programme), office.redeemed),
            (credit::expired(programme), office.expired),
            (credit::corrected(programme), office.corrected),
            (credit::care_pool(programme), office.given),
        ];
        for (number, (key, expected)) in sums.into_iter().enumerate() {
            let name = ["minted", "redeemed", "expired", "corrected", "given"][number];
            same!(balance(&view, &key), expected, "points {name}");
        }
        for (number, known) in &office.awards {
            let award = view.get::<Award>(&self.ids.participations[*number]);
            let found = award.map(|award| (award.late, award.expires_at.0));
            let agrees = found.is_none_or(|found| found == (known.late, known.expires));
            same!(agrees, true, "award {number}: late or not, and when it expires: {found:?}");
        }
        let totals = view.get::<credit::ProgrammeTotals>(&programme).unwrap_or_default();
        let minutes: u64 = office.people.iter().map(|person| person.minutes).sum();
        let expected = (office.minted, office.outstanding(), minutes);
        same!((totals.minted, totals.outstanding, totals.minutes), expected, "the totals");
        Ok(())
    }

    fn compare_vouchers(&self) -> Played {
        let (view, office) = (self.view(), &self.book.office);
        for (number, (id, known)) in self.ids.rewards.iter().zip(&office.rewards).enumerate() {
            let used = view.get::<RewardUse>(id).unwrap_or_default();
            let found = (used.open, used.fulfilled);
            same!(found, known.pieces, "pieces of reward {number} set aside and handed out");
        }
        for (number, (id, known)) in self.ids.vouchers.iter().zip(&office.vouchers).enumerate() {
            let Some(voucher) = view.get::<Voucher>(id) else { continue };
            let agrees = match voucher.state {
                VoucherState::Open => known.paper == Paper::Open,
                VoucherState::Fulfilled { .. } => matches!(known.paper, Paper::Fulfilled { .. }),
                VoucherState::Counted { batch, .. } => match known.paper {
                    Paper::Counted { of, .. } => self.batch(of) == batch,
                    _ => false,
                },
                VoucherState::Cancelled { .. } => known.paper == Paper::Cancelled,
                VoucherState::TimedOut => known.paper == Paper::TimedOut,
                VoucherState::Returned { .. } => known.paper == Paper::Returned,
            };
            same!(agrees, true, "voucher {number}: {:?} and {:?}", voucher.state, known.paper);
        }
        self.compare_months()
    }

    fn batch(&self, of: Month) -> RecordId {
        voucher_batch_id(&batch_of(&self.town, &self.ids, of))
    }

    /// Months of vouchers: what is in them, whether they were claimed, what is owed for them.
    fn compare_months(&self) -> Played {
        let (view, office) = (self.view(), &self.book.office);
        for (of, known) in &office.batches {
            if self.town.now.0 < of.kept() {
                let batch = view.get::<VoucherBatch>(&self.batch(*of)).unwrap_or_default();
                let found = (batch.vouchers, batch.points.0, batch.fair_value.0);
                let expected = (known.vouchers, known.points, known.value);
                same!(found, expected, "vouchers of {of:?}: how many, points, value");
            }
            let told = programme::reading::settlement(&view, &batch_of(&self.town, &self.ids, *of));
            let expected = known.claimed.then(|| office.owed_for(*of));
            same!(told.map(|claim| claim.owed.0), expected, "what was claimed for {of:?}");
        }
        Ok(())
    }

    /// Traces of one payment and of one source, as anybody may ask for them.
    pub(super) fn ask(&self, random: &mut Random) -> Played {
        let (view, fund) = (self.view(), &self.book.fund);
        let payments = fund.payments.len() as u64;
        let number = usize::try_from(random.below(payments)).expect("small");
        if let (Some(id), Some(known)) = (self.ids.payments.get(number), fund.payments.get(number))
        {
            let told = reading::trace_payment(&view, *id).unwrap_or_default();
            same!(shares(&told), by_source(&known.fen), "from payment {number} back");
        }
        let spot = random.pick(&fund.spots).unwrap_or(Spot::Available);
        let told = reading::trace_account(&view, self.account(spot));
        // What is in suspense comes from nobody yet.
        let mut held = fund.held(spot);
        held.retain(|run| fund.sources[run.source as usize].came == Came::In);
        same!(shares(&told), by_source(&held), "from {spot:?} back");
        let sources = u64::try_from(fund.money.sources()).expect("few");
        let source = u32::try_from(random.below(sources)).expect("few");
        let Some(amount) = fund.money.amount(source) else { return Ok(()) };
        let fen = random.below(amount);
        let runs: Vec<(Spot, Interval)> = fund
            .money
            .trace()
            .into_iter()
            .filter(|(_, _, run)| run.source == source)
            .map(|(place, _, run)| (fund.spots[usize::from(place)], run))
            .collect();
        let account = |(spot, run): &(Spot, Interval)| (self.account(*spot), segment(run));
        let expected: Vec<_> = runs.iter().map(account).collect();
        same!(reading::trace_source(&view, SourceId(source)), expected, "from source {source} on");
        let part = Interval { source, start: fen, end: amount };
        let expected = self.whereabouts(&part);
        let now = expected.first().map(|(account, _)| *account);
        same!(reading::forward(&view, &segment(&part)), expected, "from {part:?} on");
        same!(reading::locate(&view, SourceId(source), fen), now, "where fen {fen} lies");
        self.ask_path(source, fen, now)?;
        self.ask_donor(random)
    }

    /// Where the fen of an interval lie, in order.
    fn whereabouts(&self, part: &Interval) -> Vec<(FundAccount, Segment)> {
        let fund = &self.book.fund;
        let runs = fund.money.trace().into_iter().filter(|(_, _, run)| run.source == part.source);
        let clipped = runs.map(|(place, _, run)| {
            let (start, end) = (run.start.max(part.start), run.end.min(part.end));
            (fund.spots[usize::from(place)], Interval { start, end, ..run })
        });
        let some = clipped.filter(|(_, run)| run.start < run.end);
        some.map(|(spot, run)| (self.account(spot), segment(&run))).collect()
    }

    /// What a donor of many sees: the own fen, where they lie, and the way of one of them.
    fn ask_donor(&self, random: &mut Random) -> Played {
        let (view, fund) = (self.view(), &self.book.fund);
        let sources: Vec<_> = (0_u32..).zip(&fund.sources).collect();
        let batches: Vec<_> =
            sources.into_iter().filter(|(_, known)| !known.donations.is_empty()).collect();
        let Some((source, known)) = random.pick(&batches) else { return Ok(()) };
        let place = random.below(known.donations.len() as u64);
        let opening = donations(&known.donations).opening(place).expect("a donor of this batch");
        let number = usize::try_from(place).expect("small");
        let own = fund.donor(source, number, self.book.twist());
        let expected = own.map(|own| (segment(&own), self.whereabouts(&own)));
        let told = reading::donor_view(&view, SourceId(source), &opening);
        same!(told, expected, "what donor {number} of source {source} sees");
        let mut greedy = opening;
        greedy.donation.amount.0 += 1;
        let told = reading::donor_view(&view, SourceId(source), &greedy);
        same!(told, None, "what somebody sees who says that it was more");
        let Some(Interval { start, end, .. }) = own else { return Ok(()) };
        let fen = start + random.below(end - start);
        let now = self.whereabouts(&Interval { source, start: fen, end: fen + 1 });
        self.ask_path(source, fen, now.first().map(|(account, _)| *account))
    }

    /// The way of one fen: which payments took it, and where it is.
    fn ask_path(&self, source: u32, fen: u64, now: Option<FundAccount>) -> Played {
        let told = reading::path(&self.view(), SourceId(source), fen);
        let place = told.as_ref().map(|(_, account)| *account);
        same!(place, now, "where the way of fen {fen} ends");
        let steps = told.map(|(steps, _)| steps).unwrap_or_default();
        let paid: BTreeSet<_> = steps
            .iter()
            .filter_map(|step| match step {
                reading::Step::Paid { payment, .. } => Some(*payment),
                _ => None,
            })
            .collect();
        let holds = |intervals: &[Interval]| {
            intervals.iter().any(|one| one.source == source && (one.start..one.end).contains(&fen))
        };
        let payments = self.ids.payments.iter().zip(&self.book.fund.payments);
        let expected: BTreeSet<_> =
            payments.filter(|(_, known)| holds(&known.fen)).map(|(id, _)| *id).collect();
        same!(paid, expected, "the payments that took fen {fen} of source {source}");
        Ok(())
    }
}

type BySource = BTreeMap<u32, (u64, Vec<Interval>)>;

fn shares(told: &[reading::Share]) -> BySource {
    let share = |share: &reading::Share| {
        (share.source.0, (share.amount.0, share.segments.iter().map(interval).collect()))
    };
    told.iter().map(share).collect()
}

fn by_source(fen: &[Interval]) -> BySource {
    let mut out = BySource::new();
    for interval in fen {
        let (sum, intervals) = out.entry(interval.source).or_default();
        *sum += interval.end - interval.start;
        intervals.push(*interval);
    }
    out
}
