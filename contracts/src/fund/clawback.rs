//! This exists to claim money back from a provider and to take it in: the last fen paid come back
//! first, with the earmark they had. Source: FND-22, `domain` §3.9, §4.4.

use super::accounts::FundAccount;
use super::fiscal::{check_open, send_home};
use super::reading::balance;
use super::records::{BankReference, Clawback, Fund, Line, Refund, ServiceContract, Signatory};
use super::signers;
use crate::registry::Role;
use crate::registry::roles::officer;
use linli_ledger::amount::Fen;
use linli_ledger::code::{Code, Detail, Rejection, ensure};
use linli_ledger::contract::Party;
use linli_ledger::hash::Digest;
use linli_ledger::posting::money;
use linli_ledger::types::{Day, RecordId};
use linli_ledger::view::{Order, View};

/// Claims money back.
///
/// # Errors
/// In this order: [`Code::Cosign`]; [`Code::AmountZero`], [`Code::AmountRange`]; [`Code::NotFound`]; as
/// `officer` for an auditor, a regulator or a purchaser at the place; [`Code::Scope`] for a purchaser of
/// another organisation; [`Code::RelatedApprover`] for who is related to the provider, or signed or
/// delivered for it; [`Code::RefundExceeds`] for more than the provider holds of the contract, less what
/// was claimed back already.
///
/// Source: FND-22.1.
pub(super) fn order(
    view: &mut View<'_>,
    parties: &[Party],
    id: RecordId,
    amount: Fen,
    finding: Digest,
) -> Result<(), Rejection> {
    let party = signers::only(parties)?;
    amount.check()?;
    let mut contract = view.get::<ServiceContract>(&id).ok_or(Code::NotFound)?;
    let place = &contract.terms.place;
    let officer = match officer(view, party, &[Role::Purchaser], place) {
        Ok(officer) => {
            ensure(officer.organisation == contract.terms.purchaser, Code::Scope)?;
            officer
        }
        Err(_) => officer(view, party, &[Role::Auditor, Role::Regulator], place)?,
    };
    let by = Signatory::of(&officer);
    let related = signers::related(view, &officer, contract.terms.provider);
    ensure(!related && !by.among(view, contract.sellers()), Code::RelatedApprover)?;
    let held = balance(view, contract.payee_account(id));
    let claimed = contract.claimed_back.plus(amount)?;
    check_within(claimed, held)?;

    let at = view.now();
    contract.claimed_back = claimed;
    contract.finding_at = Some(at);
    contract.finding = Some(finding);
    view.put(&id, &contract);
    let order = RecordId(view.new_identifier());
    let refunded = Fen::ZERO;
    view.put(&order, &Clawback { contract: id, amount, refunded, finding, by, at });
    Ok(())
}

/// What the bank says of money that a provider paid back.
pub(super) struct PaidBack {
    pub(super) order: RecordId,
    pub(super) amount: Fen,
    pub(super) bank_reference: [u8; 32],
    pub(super) value_date: Day,
    pub(super) account: [u8; 32],
    pub(super) receipt: Digest,
}

/// A provider paid back what was ordered, in whole or in part.
///
/// # Errors
/// In this order: [`Code::Cosign`]; [`Code::AmountZero`], [`Code::AmountRange`]; [`Code::NotFound`];
/// [`Code::BankKey`]; [`Code::SodTreasury`] for a bank's officer who ordered it, or who signed or
/// delivered for the provider; [`Code::PayeeMismatch`] for another account than the fund's;
/// [`Code::RefundExceeds`] for more than is left of the order, or than the provider holds;
/// [`Code::TimeWindow`] for a value date before the order or still to come; [`Code::PeriodClosed`];
/// [`Code::BankReferenceDuplicate`]; [`Code::TooManySegments`].
///
/// Source: FND-22.2, INV-M12.
pub(super) fn refund(
    view: &mut View<'_>,
    parties: &[Party],
    back: &PaidBack,
) -> Result<(), Rejection> {
    let party = signers::only(parties)?;
    back.amount.check()?;
    let mut order = view.get::<Clawback>(&back.order).ok_or(Code::NotFound)?;
    let mut contract = view.get::<ServiceContract>(&order.contract).ok_or(Code::NotFound)?;
    let fund_id = contract.terms.fund;
    let fund = view.get::<Fund>(&fund_id).ok_or(Code::NotFound)?;
    if let Some(bank) = signers::bank(view, party, &fund)? {
        let involved = bank.is(view, &order.by) || bank.among(view, contract.sellers());
        ensure(!involved, Code::SodTreasury)?;
    }
    ensure(back.account == fund.account, Code::PayeeMismatch)?;
    let payee = contract.payee_account(order.contract);
    let left = order.amount.less(order.refunded);
    check_within(back.amount, left.min(balance(view, payee)))?;
    let days = order.at.day()..=view.now().day();
    ensure(days.contains(&back.value_date), Code::TimeWindow)?;
    check_open(view, fund_id, back.value_date)?;
    let used = view.has::<BankReference>(&back.bank_reference);
    ensure(!used, Code::BankReferenceDuplicate)?;

    let descending = Order::Descending;
    let segments = money::select(view, &payee.key(), back.amount, descending, |_| true)?;
    let (to_fund, lapsed) = send_home(view, &payee.key(), fund_id, &segments)?;
    let mut line = view.get::<Line>(&contract.terms.line).ok_or(Code::NotFound)?;
    line.refund(back.amount);
    view.put(&contract.terms.line, &line);
    contract.refunded = contract.refunded.plus(back.amount)?;
    contract.claimed_back = contract.claimed_back.less(back.amount);
    view.put(&order.contract, &contract);
    let PaidBack { value_date, receipt, bank_reference, .. } = *back;
    let (contract, at) = (order.contract, view.now());
    let refund = Refund { contract, to_fund, lapsed, value_date, receipt, at };
    view.put(&(back.order, bank_reference), &refund);
    view.put(&bank_reference, &BankReference::Refund(back.order));
    order.refunded = order.refunded.plus(back.amount)?;
    view.put(&back.order, &order);
    Ok(())
}

fn check_within(need: Fen, limit: Fen) -> Result<(), Rejection> {
    if need <= limit {
        return Ok(());
    }
    let details = [Detail::Need(need.0), Detail::Limit(limit.0)];
    Err(Rejection::new(Code::RefundExceeds, &details))
}

impl ServiceContract {
    /// Where what the provider was paid for this contract lies.
    pub fn payee_account(&self, id: RecordId) -> FundAccount {
        FundAccount::Payee { provider: self.terms.provider, contract: id }
    }
}
