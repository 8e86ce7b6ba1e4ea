//! This exists to take back what the bank returned of a confirmed payment: exactly the same fen.
//! Source: FND-21, `domain` §3.6.

use super::accounts::FundAccount;
use super::bank;
use super::fiscal::{check_open, send_home};
use super::records::{
    BankReference, Confirmation, ContractState, Decided, Invoice, Line, PaymentReturn, PaymentState,
};
use linli_ledger::amount::Fen;
use linli_ledger::code::{Code, Detail, Rejection, ensure};
use linli_ledger::contract::Party;
use linli_ledger::hash::Digest;
use linli_ledger::posting::money;
use linli_ledger::types::Day;
use linli_ledger::view::{Order, View};

/// What the bank says of a payment that came back.
pub(super) struct Back {
    pub(super) instruction: [u8; 32],
    pub(super) amount: Fen,
    pub(super) bank_reference: [u8; 32],
    pub(super) value_date: Day,
    pub(super) receipt: Digest,
}

/// Money of a confirmed payment came back, in whole or in part, the last fen first.
///
/// # Errors
/// In this order: [`Code::Cosign`]; [`Code::AmountZero`], [`Code::AmountRange`]; [`Code::NotFound`];
/// [`Code::BankKey`]; [`Code::SodTreasury`]; [`Code::AlreadyResolved`] for one that came back whole,
/// [`Code::State`] unless it is confirmed; [`Code::BankAmount`] for more than is left of it;
/// [`Code::TimeWindow`] for a value date before that of the payment or still to come;
/// [`Code::PeriodClosed`]; [`Code::BankReferenceDuplicate`]; [`Code::SegmentMoved`] where the provider
/// has paid some of these fen back.
///
/// Source: FND-21, INV-M9.
pub(super) fn take_back(
    view: &mut View<'_>,
    parties: &[Party],
    back: &Back,
) -> Result<(), Rejection> {
    let mut case = bank::case_of(view, parties, back.instruction, back.amount)?;
    let confirmation = match case.payment.state {
        PaymentState::Confirmed(confirmation) => confirmation,
        PaymentState::Returned(_) => return Err(Code::AlreadyResolved.into()),
        PaymentState::Requested
        | PaymentState::Approved(_)
        | PaymentState::Instructed(_)
        | PaymentState::Failed { .. }
        | PaymentState::Refused { .. }
        | PaymentState::Lapsed => return Err(Code::State.into()),
    };
    let left = money::without(&case.payment.segments, &case.payment.returned);
    let rest = Fen::sum(left.iter().map(|segment| Fen(segment.length)))?;
    if back.amount > rest {
        let details = [Detail::Need(back.amount.0), Detail::Have(rest.0)];
        return Err(Rejection::new(Code::BankAmount, &details));
    }
    let days = confirmation.value_date..=view.now().day();
    ensure(days.contains(&back.value_date), Code::TimeWindow)?;
    let fund = case.contract.terms.fund;
    check_open(view, fund, back.value_date)?;
    let used = view.has::<BankReference>(&back.bank_reference);
    ensure(!used, Code::BankReferenceDuplicate)?;

    let (provider, contract) = (case.contract.terms.provider, case.payment.terms.contract);
    let payee = FundAccount::Payee { provider, contract }.key();
    let order = Order::Descending;
    let segments = money::select_within(view, &payee, back.amount, order, &left)?;
    let line_id = case.contract.terms.line;
    let mut line = view.get::<Line>(&line_id).ok_or(Code::NotFound)?;
    line.unpay(back.amount);
    case.contract.paid = case.contract.paid.less(back.amount);
    match case.contract.state {
        ContractState::Active => {
            money::transfer(view, &payee, &FundAccount::Committed(contract).key(), &segments)?;
        }
        ContractState::Closed => {
            send_home(view, &payee, fund, &segments)?;
            line.release(back.amount);
            case.contract.released = case.contract.released.plus(back.amount)?;
        }
    }
    view.put(&line_id, &line);
    case.contract.unclaim(case.payment.terms.kind, back.amount);
    let returned = case.payment.returned.iter().chain(&segments).copied().collect();
    case.payment.returned = money::coalesced(returned);
    if back.amount == rest {
        let Confirmation { instruction, .. } = confirmation;
        view.remove::<Decided>(&case.decided(instruction.decision.at));
        view.remove::<Invoice>(&case.payment.terms.invoice);
        case.payment.state = PaymentState::Returned(confirmation);
    }
    case.save(view);
    let (value_date, at) = (back.value_date, view.now());
    let record = PaymentReturn { segments, value_date, receipt: back.receipt, at };
    view.put(&(case.id, back.bank_reference), &record);
    view.put(&back.bank_reference, &BankReference::Return(case.id));
    Ok(())
}
