//! This exists to collect what a person wants to know after a run: what came in, who has what, where
//! money lies, what was refused. Pure; rendering is elsewhere.

mod moved;
mod returned;
mod stories;

pub(crate) use moved::Moved;
pub(crate) use stories::{Amount, FEWEST_SHOWN, Item, Stories};

use crate::import::{Plan, Unreadable};
use crate::naming::Naming;
use crate::trace::{Flow, payments};
use linli_contracts::credit;

use linli_contracts::fund::{Fund, FundAccount, Line, PaymentState, ServiceContract};
use linli_contracts::people::residents::Enrolment;
use linli_ledger::amount::Fen;
use linli_ledger::code::Code;
use linli_ledger::invariant::records;
use linli_ledger::posting::MoneyAccount;
use linli_ledger::replay::AuditReport;
use linli_ledger::state::State;
use linli_ledger::types::{Compartment, RecordId};
use linli_ledger::view::View;
use std::collections::BTreeMap;

/// A row that the ledger refused.
#[derive(Clone, Debug)]
pub(crate) struct Rejected {
    pub(crate) file: &'static str,
    pub(crate) line: u64,
    pub(crate) code: Code,
}

/// What came of the rows: accepted + rejected + unreadable = rows.
#[derive(Clone, Debug)]
pub(crate) struct Ingest {
    pub(crate) rows: u64,
    pub(crate) accepted: u64,
    pub(crate) rejected: Vec<Rejected>,
    pub(crate) unreadable: Vec<Unreadable>,
    /// For each file of the format how it was written: an encoding, or a workbook's name.
    pub(crate) forms: Vec<(&'static str, String)>,
}

/// What one resident has, by pseudonym.
#[derive(Clone, Debug)]
pub(crate) struct ResidentBalance {
    pub(crate) name: String,
    pub(crate) minutes: u64,
    pub(crate) available: u64,
    pub(crate) held: u64,
    pub(crate) locked: u64,
    /// For hours of service, 0 to 5.
    pub(crate) stars: u8,
}

/// Points of all programmes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Points {
    pub(crate) minted: u64,
    pub(crate) outstanding: u64,
}

/// Where the money of one fund lies.
#[derive(Clone, Debug)]
pub(crate) struct FundBalance {
    pub(crate) name: String,
    pub(crate) received: Fen,
    pub(crate) available: Fen,
    pub(crate) committed: Fen,
    pub(crate) in_payment: Fen,
    pub(crate) paid: Fen,
    pub(crate) lines: Vec<LineBalance>,
}

/// A budget line.
#[derive(Clone, Debug)]
pub(crate) struct LineBalance {
    pub(crate) name: String,
    pub(crate) approved: Fen,
    pub(crate) committed: Fen,
    pub(crate) paid: Fen,
}

/// The result of a run.
#[derive(Clone, Debug)]
pub(crate) struct Summary {
    pub(crate) audit: AuditReport,
    pub(crate) ingest: Ingest,
    pub(crate) minutes: u64,
    pub(crate) points: Points,
    pub(crate) residents: Vec<ResidentBalance>,
    pub(crate) funds: Vec<FundBalance>,
    /// What became of points and money besides being earned and paid.
    pub(crate) stories: Stories,
    /// The payment that draws on most sources, if any was paid.
    pub(crate) trace: Option<Flow>,
}

impl Summary {
    pub(crate) fn new(
        plan: &Plan,
        outcomes: &[Option<Code>],
        naming: &Naming,
        audit: AuditReport,
        state: &State,
        moved: &Moved,
    ) -> Self {
        let residents = residents(plan, naming, state);
        let totals = records::<credit::ProgrammeTotals>(state);
        let points = totals.fold(Points::default(), |sum, (_, totals)| Points {
            minted: sum.minted + totals.minted,
            outstanding: sum.outstanding + totals.outstanding,
        });
        let paid = payments(state)
            .filter(|(_, payment)| matches!(payment.state, PaymentState::Confirmed(_)))
            .map(|(id, payment)| Flow::of_payment(id, &payment, naming, state));
        Self {
            audit,
            ingest: ingest(plan, outcomes),
            minutes: residents.iter().map(|resident| resident.minutes).sum(),
            points,
            residents,
            funds: funds(naming, state),
            stories: Stories::of(state, moved),
            trace: paid.max_by_key(|flow| (flow.sources.len(), flow.amount)),
        }
    }
}

fn ingest(plan: &Plan, outcomes: &[Option<Code>]) -> Ingest {
    let rejected: Vec<_> = plan
        .rejected(outcomes)
        .into_iter()
        .map(|(row, code)| Rejected { file: row.file, line: row.line, code })
        .collect();
    let lost = rejected.len() + plan.unreadable.len();
    Ingest {
        rows: plan.rows,
        accepted: plan.rows.saturating_sub(lost as u64),
        rejected,
        unreadable: plan.unreadable.clone(),
        forms: plan.forms.clone(),
    }
}

/// In the order of the pseudonyms: never by how much somebody has.
fn residents(plan: &Plan, naming: &Naming, state: &State) -> Vec<ResidentBalance> {
    let view = View::read_only(state, Compartment::Restricted, state.tip().time);
    let mut residents: Vec<_> = records::<Enrolment>(state)
        .filter(|(id, _)| plan.names.residents.contains_key(id))
        .map(|(id, _)| {
            let balance = credit::balance(&view, id, state.tip().time);
            ResidentBalance {
                name: naming.name(&id.0),
                minutes: balance.service.0 + balance.training.0,
                available: balance.available.0,
                held: balance.held.0,
                locked: balance.locked.0,
                stars: credit::stars(&view, id).stars,
            }
        })
        .collect();
    residents.sort_by(|a, b| a.name.cmp(&b.name));
    residents
}

fn funds(naming: &Naming, state: &State) -> Vec<FundBalance> {
    let contracts: BTreeMap<RecordId, ServiceContract> = records(state).collect();
    let of_payment: BTreeMap<RecordId, RecordId> =
        payments(state).map(|(id, payment)| (id, payment.terms.contract)).collect();
    let fund_of = |contract: RecordId| contracts.get(&contract).map(|c| c.terms.fund);
    let mut funds: BTreeMap<RecordId, FundBalance> = records::<Fund>(state)
        .map(|(id, fund)| {
            let none = Fen::ZERO;
            let balance = FundBalance {
                name: fund.name,
                received: none,
                available: none,
                committed: none,
                in_payment: none,
                paid: none,
                lines: lines(id, naming, state),
            };
            (id, balance)
        })
        .collect();
    for (_, account) in records::<MoneyAccount>(state) {
        let Some(name) = FundAccount::from_key(&account.0.key) else { continue };
        let fund = match name {
            FundAccount::Available(fund)
            | FundAccount::Origin(fund)
            | FundAccount::Suspense(fund)
            | FundAccount::Lapsed(fund)
            | FundAccount::Returned(fund) => Some(fund),
            FundAccount::Committed(contract)
            | FundAccount::Retained(contract)
            | FundAccount::Payee { contract, .. } => fund_of(contract),
            FundAccount::Reserved(payment) | FundAccount::InFlight(payment) => {
                of_payment.get(&payment).and_then(|contract| fund_of(*contract))
            }
        };
        let Some(fund) = fund.and_then(|fund| funds.get_mut(&fund)) else { continue };
        let sum = match name {
            FundAccount::Available(_) => &mut fund.available,
            FundAccount::Origin(_) => &mut fund.received,
            FundAccount::Committed(_) | FundAccount::Retained(_) => &mut fund.committed,
            // Neither free nor used: the table of a fund shows what it works with.
            FundAccount::Suspense(_) | FundAccount::Lapsed(_) | FundAccount::Returned(_) => {
                continue;
            }
            FundAccount::Reserved(_) | FundAccount::InFlight(_) => &mut fund.in_payment,
            FundAccount::Payee { .. } => &mut fund.paid,
        };
        sum.0 += account.0.balance;
    }
    funds.into_values().collect()
}

fn lines(fund: RecordId, naming: &Naming, state: &State) -> Vec<LineBalance> {
    let mut lines: Vec<_> = records::<Line>(state)
        .filter(|(_, line)| line.fund == fund)
        .map(|(id, line)| LineBalance {
            name: format!("{} {}", naming.name(&id.0), line.terms.name),
            approved: line.terms.approved,
            committed: line.committed,
            paid: line.paid,
        })
        .collect();
    lines.sort_by(|a, b| a.name.cmp(&b.name));
    lines
}
