//! This exists to hand approved payments to the bank and to take the bank's word for what became of
//! them. Source: FND-14, `domain` §3.6.

use super::accounts::FundAccount;
use super::fiscal::check_open;
use super::freeze::check_free;
use super::payment::Case;
use super::records::{
    BankReference, Confirmation, Decision, Instruction, InstructionNumber, Line, PaymentState,
    Signatory, Tier, Unanswered,
};
use super::signers;
use crate::calendar::add_working_days;
use crate::registry::Role;
use crate::registry::roles::{Parameter, officer_of, parameter};
use linli_ledger::amount::Fen;
use linli_ledger::code::{Code, Detail, Rejection, ensure};
use linli_ledger::contract::Party;
use linli_ledger::hash::Digest;
use linli_ledger::posting::money;
use linli_ledger::types::{Day, RecordId};
use linli_ledger::view::View;

/// Instructs the bank to pay.
///
/// # Errors
/// In this order: [`Code::Cosign`]; [`Code::NotFound`]; as `officer_of` for the treasurer;
/// [`Code::SodTreasury`] for the maker, an approver, or who signed or delivered for the provider; [`Code::ApprovalMissing`] before the last
/// approval, [`Code::ApprovalStale`] after approvals lapsed, [`Code::State`] otherwise;
/// [`Code::Frozen`]; [`Code::ObjectionWindow`]; [`Code::Exists`] for an instruction used before.
///
/// Source: FND-14.1, FND-17, SOD-8.
pub(super) fn instruct(
    view: &mut View<'_>,
    parties: &[Party],
    id: RecordId,
    number: [u8; 32],
) -> Result<(), Rejection> {
    let party = signers::only(parties)?;
    let mut case = Case::load(view, id)?;
    let fund = &case.fund;
    let officer = officer_of(view, party, &[Role::Treasurer], &fund.scope, fund.organisation)?;
    let treasurer = Signatory::of(&officer);
    check_apart(view, &case, &treasurer)?;
    let decision = match case.payment.state {
        PaymentState::Approved(decision) => decision,
        PaymentState::Requested => return Err(Code::ApprovalMissing.into()),
        PaymentState::Lapsed => return Err(Code::ApprovalStale.into()),
        PaymentState::Instructed(_)
        | PaymentState::Confirmed(_)
        | PaymentState::Failed { .. }
        | PaymentState::Refused { .. }
        | PaymentState::Returned(_) => return Err(Code::State.into()),
    };
    check_free(view, &case.objects())?;
    check_objection(view, &decision, case.payment.no_objection)?;
    ensure(!view.has::<InstructionNumber>(&number), Code::Exists)?;

    let from = FundAccount::Reserved(id).key();
    money::transfer(view, &from, &FundAccount::InFlight(id).key(), &case.payment.segments)?;
    let at = view.now();
    case.payment.state = PaymentState::Instructed(Instruction { decision, number, treasurer, at });
    signers::remember(&mut case.contract.payers, treasurer);
    case.save(view);
    view.put(&number, &InstructionNumber(id));
    view.put(&case.unanswered(at), &Unanswered);
    Ok(())
}

/// The regulator may object to tier 3 for some working days after the last approval. Source: FND-13.4.
fn check_objection(
    view: &View<'_>,
    decision: &Decision,
    no_objection: Option<Signatory>,
) -> Result<(), Rejection> {
    match decision.tier {
        Tier::Zero | Tier::One | Tier::Two => return Ok(()),
        Tier::Three => {}
    }
    let window = parameter(view, Parameter::ObjectionWindow);
    if no_objection.is_some() || window == 0 {
        return Ok(());
    }
    let last = add_working_days(decision.at.day(), window);
    let free = Day(last.0.saturating_add(1)).start();
    if view.now() >= free {
        Ok(())
    } else {
        Err(Rejection::new(Code::ObjectionWindow, &[Detail::Time(free.0)]))
    }
}

/// What the bank says of a payment that it made.
pub(super) struct Paid {
    pub(super) instruction: [u8; 32],
    pub(super) bank_reference: [u8; 32],
    pub(super) value_date: Day,
    pub(super) amount: Fen,
    pub(super) payer_account: [u8; 32],
    pub(super) payee_account: [u8; 32],
    pub(super) receipt: Digest,
}

/// The bank paid.
///
/// # Errors
/// In this order: [`Code::Cosign`]; [`Code::NotFound`] for an unknown instruction; [`Code::BankKey`];
/// [`Code::SodTreasury`] for somebody who made, approved or instructed it, or who signed or delivered
/// for the provider; [`Code::AlreadyResolved`]; [`Code::BankAmount`] with `Need` and `Have`;
/// [`Code::PayeeMismatch`] for another account than the contract's, or from another than the fund's;
/// [`Code::TimeWindow`] for a value date before the day of the instruction or still to come;
/// [`Code::PeriodClosed`]; [`Code::BankReferenceDuplicate`].
///
/// Source: FND-14.2, INV-M9, INV-M10.
pub(super) fn confirm(
    view: &mut View<'_>,
    parties: &[Party],
    paid: &Paid,
) -> Result<(), Rejection> {
    let (mut case, instruction) = resolve(view, parties, paid.instruction)?;
    let terms = case.payment.terms.clone();
    if paid.amount != terms.amount {
        let details = [Detail::Need(terms.amount.0), Detail::Have(paid.amount.0)];
        return Err(Rejection::new(Code::BankAmount, &details));
    }
    ensure(paid.payee_account == terms.payee_account, Code::PayeeMismatch)?;
    ensure(paid.payer_account == case.fund.account, Code::PayeeMismatch)?;
    let days = instruction.at.day()..=view.now().day();
    ensure(days.contains(&paid.value_date), Code::TimeWindow)?;
    check_open(view, case.contract.terms.fund, paid.value_date)?;
    let used = view.has::<BankReference>(&paid.bank_reference);
    ensure(!used, Code::BankReferenceDuplicate)?;

    let provider = case.contract.terms.provider;
    let payee = FundAccount::Payee { provider, contract: terms.contract };
    let from = FundAccount::InFlight(case.id).key();
    money::transfer(view, &from, &payee.key(), &case.payment.segments)?;
    let line_id = case.contract.terms.line;
    let mut line = view.get::<Line>(&line_id).ok_or(Code::NotFound)?;
    line.pay(terms.amount)?;
    view.put(&line_id, &line);
    case.contract.paid = case.contract.paid.plus(terms.amount)?;
    case.contract.open.retain(|open| *open != case.id);
    let Paid { bank_reference, value_date, receipt, .. } = *paid;
    let at = view.now();
    case.payment.state = PaymentState::Confirmed(Confirmation {
        instruction,
        bank_reference,
        value_date,
        receipt,
        at,
    });
    case.save(view);
    view.put(&bank_reference, &BankReference::Payment(case.id));
    view.remove::<Unanswered>(&case.unanswered(instruction.at));
    Ok(())
}

/// The bank could not pay: exactly the same fen return to the contract.
///
/// # Errors
/// In this order: [`Code::Cosign`]; [`Code::NotFound`]; [`Code::BankKey`]; [`Code::SodTreasury`];
/// [`Code::AlreadyResolved`].
///
/// Source: FND-14.3, INV-M9.
pub(super) fn fail(
    view: &mut View<'_>,
    parties: &[Party],
    number: [u8; 32],
    code: u16,
) -> Result<(), Rejection> {
    let (mut case, instruction) = resolve(view, parties, number)?;
    case.give_back(view)?;
    case.payment.state = PaymentState::Failed { instruction, code };
    case.save(view);
    Ok(())
}

/// The payment of an instruction that is not resolved, for the fund's bank.
fn resolve(
    view: &mut View<'_>,
    parties: &[Party],
    number: [u8; 32],
) -> Result<(Case, Instruction), Rejection> {
    let party = signers::only(parties)?;
    let InstructionNumber(id) = view.get(&number).ok_or(Code::NotFound)?;
    let mut case = Case::load(view, id)?;
    let bank = signers::bank(view, party, &case.fund)?;
    let instruction = match case.payment.state {
        PaymentState::Instructed(instruction) => Ok(instruction),
        PaymentState::Confirmed(_) | PaymentState::Failed { .. } | PaymentState::Returned(_) => {
            Err(Code::AlreadyResolved)
        }
        PaymentState::Requested
        | PaymentState::Approved(_)
        | PaymentState::Refused { .. }
        | PaymentState::Lapsed => Err(Code::State),
    };
    if let (Some(bank), Ok(instruction)) = (bank, &instruction) {
        check_apart(view, &case, &bank)?;
        ensure(!bank.is(view, &instruction.treasurer), Code::SodTreasury)?;
        signers::remember(&mut case.contract.payers, bank);
    }
    Ok((case, instruction?))
}

/// The payment of an instruction about which the fund's bank speaks.
///
/// # Errors
/// In this order: [`Code::Cosign`]; [`Code::AmountZero`], [`Code::AmountRange`]; [`Code::NotFound`];
/// [`Code::BankKey`]; [`Code::SodTreasury`].
pub(super) fn case_of(
    view: &mut View<'_>,
    parties: &[Party],
    number: [u8; 32],
    amount: Fen,
) -> Result<Case, Rejection> {
    let party = signers::only(parties)?;
    amount.check()?;
    let InstructionNumber(id) = view.get(&number).ok_or(Code::NotFound)?;
    let mut case = Case::load(view, id)?;
    if let Some(bank) = signers::bank(view, party, &case.fund)? {
        check_apart(view, &case, &bank)?;
        let told = case.payment.state.instruction();
        let same = told.is_some_and(|told| bank.is(view, &told.treasurer));
        ensure(!same, Code::SodTreasury)?;
        signers::remember(&mut case.contract.payers, bank);
    }
    Ok(case)
}

/// Neither maker nor approver, nor on the provider's side.
fn check_apart(view: &View<'_>, case: &Case, who: &Signatory) -> Result<(), Rejection> {
    let involved = who.is(view, &case.payment.maker)
        || case.payment.signed_off(view, who)
        || who.among(view, case.contract.sellers());
    ensure(!involved, Code::SodTreasury)
}
