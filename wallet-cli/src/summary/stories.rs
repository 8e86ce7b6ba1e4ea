//! This exists to say what became of what was wrong, disputed, spent or given back: read from the state,
//! for points and for money, each as how often and how much.

use super::moved::Moved;
use linli_contracts::credit::ProgrammeTotals;
use linli_contracts::credit::{self, Award, Correction, Dispute, OrganiserCharge, Owed};

use linli_contracts::programme::Settlement;
use linli_ledger::amount::Fen;
use linli_ledger::invariant::records;
use linli_ledger::posting;
use linli_ledger::posting::AccountKey;
use linli_ledger::state::State;
use linli_ledger::types::{Compartment, RecordId};
use linli_ledger::view::View;
use std::collections::BTreeMap;

/// The fewest cases of people of which a number is shown to people: fewer could point at somebody.
/// Source: `domain` §6.5.
pub(crate) const FEWEST_SHOWN: u64 = 10;

/// How much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Amount {
    Points(u64),
    Fen(Fen),
}

/// One thing that happened: how often, and how much, as far as either makes sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Item {
    /// The end of its key in the catalogues, and its name for programs.
    pub(crate) key: &'static str,
    pub(crate) count: Option<u64>,
    pub(crate) amount: Option<Amount>,
    /// Whether it counts cases of residents: few of them are not shown.
    pub(crate) of_residents: bool,
}

impl Item {
    /// Whether there is anything to say.
    pub(crate) fn happened(&self) -> bool {
        let amount = self.amount.map_or(0, |amount| match amount {
            Amount::Points(points) => points,
            Amount::Fen(fen) => fen.0,
        });
        self.count.unwrap_or(0) > 0 || amount > 0
    }

    /// Whether it happened to so few residents that neither number nor sum is shown.
    pub(crate) fn is_hidden(&self) -> bool {
        self.of_residents && self.count.is_some_and(|count| count > 0 && count < FEWEST_SHOWN)
    }
}

/// What became of hours and points, and of money.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stories {
    pub(crate) credit: Vec<Item>,
    pub(crate) money: Vec<Item>,
}

impl Stories {
    /// Reads them from a state.
    pub(crate) fn of(state: &State, moved: &Moved) -> Self {
        Self { credit: of_credit(state, moved), money: super::returned::of_money(state) }
    }
}

/// A number of cases with a sum.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sum {
    pub(super) count: u64,
    pub(super) amount: u64,
}

impl Sum {
    pub(super) fn add(&mut self, amount: u64) {
        self.count += 1;
        self.amount += amount;
    }

    pub(super) fn join(&mut self, other: &Self) {
        self.count += other.count;
        self.amount += other.amount;
    }

    pub(super) fn of(amounts: impl Iterator<Item = u64>) -> Self {
        let mut sum = Self::default();
        amounts.for_each(|amount| sum.add(amount));
        sum
    }
}

const fn cases(key: &'static str, count: u64) -> Item {
    Item { key, count: Some(count), amount: None, of_residents: true }
}

const fn points(key: &'static str, sum: Sum) -> Item {
    let amount = Some(Amount::Points(sum.amount));
    Item { key, count: Some(sum.count), amount, of_residents: true }
}

/// A sum of a whole programme, which is public.
const fn total(key: &'static str, points: u64) -> Item {
    Item { key, count: None, amount: Some(Amount::Points(points)), of_residents: false }
}

fn of_credit(state: &State, moved: &Moved) -> Vec<Item> {
    let view = View::read_only(state, Compartment::Restricted, state.tip().time);
    let sink = |account: fn(RecordId) -> AccountKey| {
        let programmes = records::<ProgrammeTotals>(state);
        programmes.map(|(id, _)| posting::balance(&view, &account(id))).sum::<u64>()
    };
    let late = records::<Award>(state).filter(|(_, award)| award.late).count() as u64;
    let corrections: BTreeMap<RecordId, Correction> =
        records::<Correction>(state).map(|((award, _), correction)| (award, correction)).collect();
    let owed = records::<Owed>(state).map(|(_, owed)| owed.rest(state.tip().time).0);
    let charged = records::<OrganiserCharge>(state).map(|(_, charge)| charge.points.0).sum();
    let mut items = vec![
        cases("late", late),
        cases("corrected-awards", corrections.len() as u64),
        total("corrected", sink(credit::corrected)),
        points("owed", Sum::of(owed.filter(|rest| *rest > 0))),
        total("charged", charged),
    ];
    items.extend(disputes(state, &corrections));
    let back = moved.back(state);
    items.extend([
        points("rewards-returned", back.returned),
        points("vouchers-unused", back.unused),
        total("redeemed", sink(credit::redeemed)),
        total("expired", sink(credit::expired)),
        total("care-pool", sink(credit::care_pool)),
    ]);
    items.extend(claims(state));
    items
}

/// Disputes by where they are. No sum of all is given: what is hidden could be computed from it.
fn disputes(state: &State, corrections: &BTreeMap<RecordId, Correction>) -> [Item; 3] {
    let (mut waiting, mut upheld, mut corrected) = (Sum::default(), 0, 0);
    for (award, dispute) in records::<Dispute>(state) {
        if dispute.freezes() {
            waiting.add(dispute.frozen.0);
        } else if is_corrected(&dispute, corrections.get(&award)) {
            corrected += 1;
        } else {
            upheld += 1;
        }
    }
    [
        points("disputes-waiting", waiting),
        cases("disputes-upheld", upheld),
        cases("disputes-corrected", corrected),
    ]
}

/// Whether those who decided a dispute last made the last correction of its award.
fn is_corrected(dispute: &Dispute, last: Option<&Correction>) -> bool {
    let panel = dispute.decided_by.len().saturating_sub(2);
    let panel = dispute.decided_by.get(panel..).unwrap_or_default();
    last.is_some_and(|correction| correction.decided_by == panel)
}

/// What partners claimed: settlements are public.
fn claims(state: &State) -> [Item; 3] {
    let settlements: Vec<_> = records::<Settlement>(state).map(|(_, settled)| settled).collect();
    let count = Some(settlements.len() as u64);
    let vouchers = settlements.iter().map(|settled| settled.batch.vouchers).sum();
    let points = settlements.iter().map(|settled| settled.batch.points.0).sum();
    let owed = Fen(settlements.iter().map(|settled| settled.owed.0).sum());
    let item = |key, count, amount| Item { key, count, amount, of_residents: false };
    [
        item("claims", count, Some(Amount::Points(points))),
        item("claimed-vouchers", Some(vouchers), None),
        item("claims-owed", None, Some(Amount::Fen(owed))),
    ]
}
