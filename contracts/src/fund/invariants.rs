//! This exists to recompute from the records what must hold of money: earmarks, budgets, contracts,
//! payments. Partition and conservation are the kernel's. Source: `domain` §7.1.

use super::accounts::FundAccount;
use super::calls::PaymentKind;
use super::earmark::{Exclusion, in_time};
use super::reading::{balance, every, held};
use super::records::{
    BankReference, Decided, Decision, Earmark, InstructionNumber, Invoice, Line, OpenSuspense,
    Payment, PaymentReturn, PaymentState, Refund, ServiceContract, Signatory, Source, Suspense,
    SuspenseState, Tier, TreasuryReturn, Unanswered, Waiting,
};
use linli_ledger::amount::Fen;
use linli_ledger::contract::Broken;
use linli_ledger::posting::money::{self, SegmentRecord, SourceRecord};
use linli_ledger::types::{RecordId, SourceId};
use linli_ledger::view::View;
use std::collections::BTreeMap;

type Contracts = BTreeMap<RecordId, ServiceContract>;
type Payments = BTreeMap<RecordId, Payment>;

/// Checks every invariant of this contract and names them. INV-M14 in part: the fen that a payment
/// records are those that lie where its state says.
///
/// # Errors
/// The first that does not hold.
pub(super) fn check(view: &View<'_>) -> Result<Vec<&'static str>, Broken> {
    let contracts: Contracts = every(view, &()).into_iter().collect();
    let payments: Payments = every(view, &()).into_iter().collect();
    earmarks(view, &contracts, &payments)?;
    issuance(view, &payments)?;
    budget(view, &contracts)?;
    sums(view, &contracts, &payments)?;
    two_phase(view, &contracts, &payments)?;
    acceptance(&contracts, &payments)?;
    weighed(view, &contracts, &payments)?;
    makers_and_checkers(&contracts, &payments)?;
    sides(&contracts, &payments)?;
    later::check(view, &contracts, &payments)?;
    Ok(vec![
        "INV-M4", "INV-M5", "INV-M6", "INV-M7", "INV-M8", "INV-M9", "INV-M10", "INV-M11",
        "INV-M12", "INV-M13", "INV-M14", "INV-M15", "INV-G1", "INV-G4", "INV-G10", "FND-17",
    ])
}

mod later;

fn hold(rule: bool, name: &'static str, record: impl std::fmt::Display) -> Result<(), Broken> {
    if rule { Ok(()) } else { Err(Broken { name, record: record.to_string() }) }
}

fn total(amounts: impl IntoIterator<Item = Fen>) -> Fen {
    amounts.into_iter().fold(Fen::ZERO, |sum, amount| Fen(sum.0.saturating_add(amount.0)))
}

/// INV-M4: whatever has left a fund fits what its earmark allows, on the day when it left.
fn earmarks(view: &View<'_>, contracts: &Contracts, payments: &Payments) -> Result<(), Broken> {
    for ((source, _), record) in every::<SegmentRecord>(view, &()) {
        let by_payment = |id: &RecordId| payments.get(id).map(|payment| payment.terms.contract);
        let contract = match FundAccount::find(view, record.account) {
            // Free, unknown, lapsed or gone back: used for nothing.
            Some(
                FundAccount::Available(_)
                | FundAccount::Suspense(_)
                | FundAccount::Lapsed(_)
                | FundAccount::Returned(_),
            ) => continue,
            Some(
                FundAccount::Committed(contract)
                | FundAccount::Retained(contract)
                | FundAccount::Payee { contract, .. },
            ) => Some(contract),
            Some(FundAccount::Reserved(id) | FundAccount::InFlight(id)) => by_payment(&id),
            Some(FundAccount::Origin(_)) | None => None,
        };
        let fits = contract.and_then(|id| contracts.get(&id)).is_some_and(|contract| {
            view.get::<Earmark>(&record.lot.earmark).is_some_and(|earmark| {
                earmark.compatible(&contract.terms.wanted(), Exclusion::Observed)
                    && in_time(&earmark, &record.lot, contract.signed_on)
                    && earmark.fund == contract.terms.fund
            })
        });
        hold(fits, "INV-M4", source)?;
    }
    Ok(())
}

/// INV-M6: each source has one bank reference, each reference was used once.
fn issuance(view: &View<'_>, payments: &Payments) -> Result<(), Broken> {
    let issued: Vec<SourceId> =
        every::<SourceRecord>(view, &()).into_iter().map(|(id, _)| id).collect();
    let mut known: BTreeMap<SourceId, [u8; 32]> = every::<Source>(view, &())
        .into_iter()
        .map(|(id, source)| (id, source.bank_reference))
        .collect();
    for (id, suspense) in every::<Suspense>(view, &()) {
        let resolved = suspense.state == SuspenseState::Resolved;
        let before = known.insert(id, suspense.bank_reference);
        let agrees = before.is_none_or(|before| before == suspense.bank_reference);
        let open = view.has::<OpenSuspense>(&(suspense.fund, id));
        let sound = agrees
            && resolved == before.is_some()
            && open == (suspense.state == SuspenseState::Open);
        hold(sound, "INV-M6", id)?;
    }
    let same = issued.iter().eq(known.keys());
    hold(same, "INV-M6", issued.len())?;
    for (id, reference) in &known {
        let used = view.get::<BankReference>(reference);
        hold(used == Some(BankReference::Receipt(*id)), "INV-M6", id)?;
    }
    for (reference, used) in every::<BankReference>(view, &()) {
        let matches = match used {
            BankReference::Receipt(id) => known.get(&id) == Some(&reference),
            BankReference::Payment(id) => payments
                .get(&id)
                .and_then(|payment| payment.state.bank_reference())
                .is_some_and(|known| known == reference),
            BankReference::Return(id) => view.has::<PaymentReturn>(&(id, reference)),
            BankReference::Refund(id) => view.has::<Refund>(&(id, reference)),
            BankReference::SuspenseReturn(id) => {
                view.get::<Suspense>(&id).is_some_and(|suspense| match suspense.state {
                    SuspenseState::Returned { bank_reference, .. } => bank_reference == reference,
                    SuspenseState::Open | SuspenseState::Resolved => false,
                })
            }
            BankReference::TreasuryReturn(id) => view
                .get::<TreasuryReturn>(&id)
                .is_some_and(|returned| returned.bank_reference == reference),
        };
        hold(matches, "INV-M6", RecordId(reference))?;
    }
    Ok(())
}

/// INV-M7: no line is overspent, and its sums are those of its contracts.
fn budget(view: &View<'_>, contracts: &Contracts) -> Result<(), Broken> {
    for (id, line) in every::<Line>(view, &()) {
        let own = || contracts.values().filter(|contract| contract.terms.line == id);
        let paid = total(own().map(|contract| contract.paid.less(contract.refunded)));
        let committed = total(own().map(|contract| {
            let ContractSums { paid, released, lapsed } = contract.sums();
            contract.terms.total.less(paid).less(released).less(lapsed)
        }));
        let used = total([line.committed, line.paid]);
        let sound = line.paid == paid
            && line.committed == committed
            && used <= line.terms.approved
            && own().all(|contract| contract.terms.fund == line.fund);
        hold(sound, "INV-M7", id)?;
    }
    Ok(())
}

/// INV-M8: what a contract bound lies in it, was paid, or went back. INV-M10: what its payee has is
/// what the bank confirmed.
fn sums(view: &View<'_>, contracts: &Contracts, payments: &Payments) -> Result<(), Broken> {
    for (id, contract) in contracts {
        let own = || payments.iter().filter(|(_, payment)| payment.terms.contract == *id);
        let inside = total(own().flat_map(|(payment, _)| {
            [FundAccount::Reserved(*payment), FundAccount::InFlight(*payment)]
                .map(|account| balance(view, account))
        }));
        let committed = balance(view, FundAccount::Committed(*id));
        let retained = balance(view, FundAccount::Retained(*id));
        let ContractSums { paid, released, lapsed } = contract.sums();
        let all = total([paid, released, lapsed, committed, retained, inside]);
        let withheld =
            if contract.holds_back() { contract.withheld.terms.retention } else { Fen::ZERO };
        let sound = all == contract.terms.total && retained <= withheld;
        hold(sound, "INV-M8", id)?;
        let confirmed = total(
            own()
                .filter(|(_, payment)| payment.state.bank_reference().is_some())
                .map(|(_, payment)| payment.standing()),
        );
        let received = balance(view, contract.payee_account(*id));
        let sound = confirmed == paid && received == paid.less(contract.refunded);
        hold(sound, "INV-M10", id)?;
    }
    Ok(())
}

/// INV-M9: a payment is in one state, and its fen, its instruction and its invoice say so too.
/// INV-M14: the fen recorded are the fen that lie there.
fn two_phase(view: &View<'_>, contracts: &Contracts, payments: &Payments) -> Result<(), Broken> {
    for (id, payment) in payments {
        let (reserved, in_flight) = match payment.state {
            PaymentState::Approved(_) => (payment.segments.as_slice(), [].as_slice()),
            PaymentState::Instructed(_) => ([].as_slice(), payment.segments.as_slice()),
            PaymentState::Requested
            | PaymentState::Confirmed(_)
            | PaymentState::Failed { .. }
            | PaymentState::Refused { .. }
            | PaymentState::Lapsed
            | PaymentState::Returned(_) => ([].as_slice(), [].as_slice()),
        };
        hold(held(view, FundAccount::Reserved(*id)) == reserved, "INV-M14", id)?;
        hold(held(view, FundAccount::InFlight(*id)) == in_flight, "INV-M14", id)?;
        let length = total(payment.segments.iter().map(|segment| Fen(segment.length)));
        let whole = matches!(payment.state, PaymentState::Returned(_));
        let chosen = payment.state.decision().is_some() || whole;
        let returned = total(payment.returned.iter().map(|segment| Fen(segment.length)));
        let in_part = returned < payment.terms.amount
            && (returned == Fen::ZERO || payment.state.bank_reference().is_some());
        let sound = if whole { returned == payment.terms.amount } else { in_part };
        hold(sound, "INV-M9", id)?;
        let inside = money::without(&payment.returned, &payment.segments).is_empty();
        hold(inside, "INV-M9", id)?;
        let owed = matches!(payment.state, PaymentState::Instructed(_));
        let fund = contracts.get(&payment.terms.contract).map(|contract| contract.terms.fund);
        let asked = payment.state.instruction().zip(fund).is_some_and(|(instruction, fund)| {
            view.has::<Unanswered>(&(fund, instruction.at, *id))
        });
        hold(asked == owed, "INV-M9", id)?;
        let expected = if chosen { payment.terms.amount } else { Fen::ZERO };
        hold(length == expected, "INV-M9", id)?;
        if let Some(instruction) = payment.state.instruction() {
            let known = view.get::<InstructionNumber>(&instruction.number);
            hold(known == Some(InstructionNumber(*id)), "INV-M9", id)?;
        }
        let holds_invoice =
            view.get::<Invoice>(&payment.terms.invoice).is_some_and(|invoice| invoice.0 == *id);
        hold(holds_invoice == payment.state.is_live(), "INV-M9", id)?;
        let open = contracts
            .get(&payment.terms.contract)
            .is_some_and(|contract| contract.open.contains(id));
        hold(open == payment.state.is_open(), "INV-M9", id)?;
    }
    for (number, InstructionNumber(id)) in every::<InstructionNumber>(view, &()) {
        let known = payments.get(&id).and_then(|payment| payment.state.instruction());
        hold(known.is_some_and(|known| known.number == number), "INV-M9", RecordId(number))?;
    }
    Ok(())
}

/// What became of a price.
struct ContractSums {
    paid: Fen,
    released: Fen,
    lapsed: Fen,
}

impl ServiceContract {
    fn sums(&self) -> ContractSums {
        ContractSums { paid: self.paid, released: self.released, lapsed: self.lapsed }
    }
}

impl Payment {
    /// What of it the bank has not returned.
    pub fn standing(&self) -> Fen {
        let returned = self.returned.iter().map(|segment| Fen(segment.length));
        self.terms.amount.less(total(returned))
    }
}

/// INV-M13: no more was asked for than was accepted, the advance aside.
fn acceptance(contracts: &Contracts, payments: &Payments) -> Result<(), Broken> {
    for (id, contract) in contracts {
        let live = |kind: PaymentKind| {
            total(
                payments
                    .values()
                    .filter(|p| p.terms.contract == *id && p.terms.kind == kind)
                    .filter(|p| p.state.is_live())
                    .map(Payment::standing),
            )
        };
        let advance = live(PaymentKind::Advance);
        let within = advance == contract.advance_claimed && advance <= contract.terms.advance_max;
        hold(within && contract.claimed() <= contract.terms.total, "INV-M13", id)?;
        let withheld = &contract.withheld;
        let linked = live(PaymentKind::Performance);
        let earned = withheld.earned.unwrap_or(Fen::ZERO);
        let retention = live(PaymentKind::Retention);
        let free = if withheld.retention_released { withheld.terms.retention } else { Fen::ZERO };
        let within = linked == withheld.linked_claimed
            && linked <= earned
            && retention == withheld.retention_claimed
            && retention <= free;
        hold(within, "INV-M13", id)?;
        for (position, milestone) in (0_u32..).zip(&contract.milestones) {
            let claimed = live(PaymentKind::Milestone(position));
            let accepted = contract.accepted(position).unwrap_or(Fen::ZERO);
            let within = claimed == milestone.claimed && claimed <= accepted;
            hold(within, "INV-M13", id)?;
        }
    }
    Ok(())
}

/// INV-M9: what counts for tiers is what waits and what is decided, no more and no less.
fn weighed(view: &View<'_>, contracts: &Contracts, payments: &Payments) -> Result<(), Broken> {
    let (mut waiting, mut decided) = (BTreeMap::new(), BTreeMap::new());
    for (id, payment) in payments {
        let contract = contracts.get(&payment.terms.contract);
        let Some((fund, provider)) = contract.map(ServiceContract::payee) else {
            continue;
        };
        let amount = payment.terms.amount;
        if payment.state == PaymentState::Requested {
            waiting.insert((fund, provider, *id), Waiting(amount));
        }
        if let Some(decision) = payment.state.decision() {
            decided.insert((fund, provider, decision.at, *id), Decided(amount));
        }
    }
    let same = every::<Waiting>(view, &()).into_iter().eq(waiting);
    hold(same, "INV-M9", "requests that wait")?;
    let same = every::<Decided>(view, &()).into_iter().eq(decided);
    hold(same, "INV-M9", "decided payments")
}

/// INV-G1: maker, approvers and treasurer are different persons, and there were enough of them for
/// the cumulative amount of their fund and payee.
///
/// Persons are compared as they signed: that two of them are one human being may become known later.
fn makers_and_checkers(contracts: &Contracts, payments: &Payments) -> Result<(), Broken> {
    let mut together: BTreeMap<_, Vec<(Decision, Fen)>> = BTreeMap::new();
    let payee =
        |payment: &Payment| contracts.get(&payment.terms.contract).map(ServiceContract::payee);
    for payment in payments.values() {
        if let Some(decision) = payment.state.decision() {
            together.entry(payee(payment)).or_default().push((decision, payment.terms.amount));
        }
    }
    for (id, payment) in payments {
        let Some(decision) = payment.state.decision() else {
            continue;
        };
        let mut persons = vec![payment.maker];
        persons.extend(checkers(payment));
        let distinct = (0_usize..).zip(&persons).all(|(position, person)| {
            !persons.iter().take(position).any(|earlier| earlier == person)
        });
        hold(distinct, "INV-G1", id)?;
        let Decision { tier, cumulative, limits, window_from, order, .. } = decision;
        let others = together.get(&payee(payment)).into_iter().flatten();
        let counted = total(
            others
                .filter(|(other, _)| other.at >= window_from && other.order <= order)
                .map(|(_, amount)| *amount),
        );
        let enough = counted <= cumulative
            && Tier::of(cumulative, &limits) == tier
            && tier.satisfied(&payment.approvals);
        hold(enough, "INV-G1", id)?;
    }
    Ok(())
}

/// Approvers, regulator and treasurer of a payment.
fn checkers(payment: &Payment) -> impl Iterator<Item = Signatory> {
    let approvers = payment.approvals.iter().map(|approval| approval.by);
    let treasurer = payment.state.instruction().map(|instruction| instruction.treasurer);
    approvers.chain(payment.no_objection).chain(treasurer)
}

/// FND-17: who stands on the provider's side of a contract neither accepts nor pays, who signed for
/// the purchaser neither accepts nor asks nor approves, and who accepts does not ask.
fn sides(contracts: &Contracts, payments: &Payments) -> Result<(), Broken> {
    for (id, contract) in contracts {
        let acceptors: Vec<Signatory> = contract.acceptors().collect();
        let makers = &contract.makers;
        let sound = contract.sellers().all(|seller| {
            !acceptors.contains(seller)
                && !makers.contains(seller)
                && !contract.payers.contains(seller)
        }) && contract
            .buyer()
            .is_none_or(|buyer| !acceptors.contains(buyer) && !makers.contains(buyer))
            && !acceptors.iter().any(|acceptor| makers.contains(acceptor));
        hold(sound, "FND-17", id)?;
    }
    for (id, payment) in payments {
        let Some(contract) = contracts.get(&payment.terms.contract) else {
            continue;
        };
        let known = checkers(payment).all(|who| contract.payers.contains(&who));
        let approvers = payment.approvals.iter().map(|approval| approval.by);
        let apart = approvers.chain(payment.no_objection).all(|who| Some(&who) != contract.buyer());
        hold(known && contract.makers.contains(&payment.maker) && apart, "FND-17", id)?;
    }
    Ok(())
}
