//! This exists to correct a wrong entry by its mirror image: the same fen go back, and the entry stays
//! readable for ever. Source: FND-20, `domain` §3.8.

use super::accounts::FundAccount;
use super::calls::{AttestationLevel, Entry};
use super::fiscal::is_closed;
use super::freeze::check_free;
use super::payment::Case;
use super::records::{
    BankReference, Confirmation, Fund, Line, OPEN_MAX, OpenSuspense, PaymentState, Reversal,
    Source, Suspense, SuspenseState, Unanswered,
};
use super::{source, suspense};
use linli_ledger::amount::Fen;
use linli_ledger::code::{Code, Rejection, ensure};
use linli_ledger::contract::Party;
use linli_ledger::hash::Digest;
use linli_ledger::posting::money::{self, Segment, SourceRecord};
use linli_ledger::types::{Day, EarmarkId, RecordId, SourceId};
use linli_ledger::view::View;

/// What the mirror image did.
struct Mirrored {
    fund: RecordId,
    segments: Vec<Segment>,
    bank_reference: [u8; 32],
    value_date: Day,
}

/// Reverses a wrong entry.
///
/// # Errors
/// In this order: [`Code::NotFound`]; [`Code::ReversalOfReversal`]; the signers as of a source that the
/// bank vouches for; [`Code::Frozen`]; [`Code::AlreadyReversed`]; [`Code::State`] for a payment that is
/// not confirmed or whose contract is closed; [`Code::SegmentMoved`] for one of which the bank returned
/// something; [`Code::PersonLimit`] for too many open payments; [`Code::SegmentMoved`] where a fen is not any more where the entry brought it: claim it back instead.
///
/// Source: FND-20, INV-M11.
pub(super) fn reverse(
    view: &mut View<'_>,
    parties: &[Party],
    entry: Entry,
    reason: Digest,
) -> Result<(), Rejection> {
    let (id, fund, objects) = match entry {
        Entry::Source(source) => {
            let id = match (view.get::<Source>(&source), view.get::<Suspense>(&source)) {
                (Some(known), _) => known.fund,
                (None, Some(suspense)) => suspense.fund,
                (None, None) => return Err(Code::NotFound.into()),
            };
            (id, view.get::<Fund>(&id), vec![id])
        }
        Entry::Payment(payment) => {
            let case = Case::load(view, payment)?;
            let (contract, id) = (case.payment.terms.contract, case.contract.terms.fund);
            (id, Some(case.fund), vec![id, contract, payment])
        }
        Entry::Reversal(reversal) => {
            ensure(view.has::<Reversal>(&reversal), Code::NotFound)?;
            return Err(Code::ReversalOfReversal.into());
        }
    };
    let fund = fund.ok_or(Code::NotFound)?;
    let by = source::check_signers(view, parties, &fund, AttestationLevel::Bank)?;
    check_free(view, &objects)?;
    let reversal = RecordId(view.new_identifier());
    let mirrored = match entry {
        Entry::Source(source) => mirror_source(view, id, source, reversal, reason),
        Entry::Payment(payment) => mirror_payment(view, payment, reversal),
        Entry::Reversal(_) => Err(Code::ReversalOfReversal.into()),
    }?;
    let Mirrored { fund, segments, bank_reference, value_date } = mirrored;
    let (year, ..) = value_date.civil();
    let prior_year = is_closed(view, fund, year);
    let at = view.now();
    let record = Reversal { entry, fund, segments, bank_reference, prior_year, reason, by, at };
    view.put(&reversal, &record);
    Ok(())
}

/// Money that came in goes into suspense, from where it is entered again.
fn mirror_source(
    view: &mut View<'_>,
    fund: RecordId,
    source: SourceId,
    reversal: RecordId,
    reason: Digest,
) -> Result<Mirrored, Rejection> {
    let before = view.get::<Suspense>(&source);
    let again = before.is_some_and(|suspense| suspense.reversal.is_some());
    ensure(!again, Code::AlreadyReversed)?;
    let known = view.get::<Source>(&source).ok_or(Code::State)?;
    let issued = view.get::<SourceRecord>(&source).ok_or(Code::NotFound)?;
    let whole = suspense::whole(source, issued.amount);
    let from = FundAccount::Available(fund).key();
    let to = FundAccount::Suspense(fund).key();
    money::transfer(view, &from, &to, &whole)?;
    let earmark = EarmarkId(view.new_identifier());
    money::relot(view, &to, &whole, |_| suspense::unknown(earmark))?;
    let Source { bank_reference, value_date, level, .. } = known;
    let suspense = Suspense {
        fund,
        amount: issued.amount,
        bank_reference,
        value_date,
        receipt: reason,
        level,
        earmark,
        since: view.now(),
        reversal: Some(reversal),
        state: SuspenseState::Open,
    };
    view.put(&source, &suspense);
    view.put(&(fund, source), &OpenSuspense);
    view.remove::<Source>(&source);
    Ok(Mirrored { fund, segments: whole.to_vec(), bank_reference, value_date })
}

/// A confirmed payment is in flight again: the bank confirms it anew or says that it failed.
fn mirror_payment(
    view: &mut View<'_>,
    id: RecordId,
    reversal: RecordId,
) -> Result<Mirrored, Rejection> {
    let mut case = Case::load(view, id)?;
    let no = if case.payment.reversed.is_some() { Code::AlreadyReversed } else { Code::State };
    let confirmation = match case.payment.state {
        PaymentState::Confirmed(confirmation) => confirmation,
        PaymentState::Requested
        | PaymentState::Approved(_)
        | PaymentState::Instructed(_)
        | PaymentState::Failed { .. }
        | PaymentState::Refused { .. }
        | PaymentState::Lapsed
        | PaymentState::Returned(_) => return Err(no.into()),
    };
    case.contract.check_active()?;
    // What the bank returned may have been paid once more, by another payment: it is not this one's.
    ensure(case.payment.returned.is_empty(), Code::SegmentMoved)?;
    ensure(case.contract.open.len() < OPEN_MAX, Code::PersonLimit)?;
    let Confirmation { instruction, bank_reference, value_date, .. } = confirmation;
    let (provider, contract) = (case.contract.terms.provider, case.payment.terms.contract);
    let from = FundAccount::Payee { provider, contract }.key();
    money::transfer(view, &from, &FundAccount::InFlight(id).key(), &case.payment.segments)?;
    let amount: Fen = case.payment.terms.amount;
    let line_id = case.contract.terms.line;
    let mut line = view.get::<Line>(&line_id).ok_or(Code::NotFound)?;
    line.unpay(amount);
    view.put(&line_id, &line);
    case.contract.paid = case.contract.paid.less(amount);
    case.contract.open.push(id);
    case.payment.state = PaymentState::Instructed(instruction);
    case.payment.reversed = Some(reversal);
    case.save(view);
    let fund = case.contract.terms.fund;
    view.put(&(fund, instruction.at, id), &Unanswered);
    // The reference belongs to whatever the bank really did: it may be named again.
    view.remove::<BankReference>(&bank_reference);
    Ok(Mirrored { fund, segments: case.payment.segments, bank_reference, value_date })
}
