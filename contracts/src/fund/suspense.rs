//! This exists to keep money of unknown origin apart until somebody knows what it is, or it goes back.
//! Source: FND-19, `domain` §3.7.

use super::accounts::FundAccount;
use super::calls::{AttestationLevel, EarmarkTerms, SourceClass};
use super::earmark::check_terms;
use super::fiscal::check_open;
use super::freeze::check_free;
use super::records::{
    BankReference, Earmark, Fund, OpenSuspense, Signatory, Source, Suspense, SuspenseState,
};
use super::{signers, source};
use crate::registry::Role;
use crate::registry::roles::{Parameter, officer, officer_of, organisation, parameter};
use linli_ledger::amount::Fen;
use linli_ledger::code::{Code, Detail, Rejection, ensure};
use linli_ledger::contract::Party;
use linli_ledger::hash::Digest;
use linli_ledger::posting::money::{self, Lot, Segment};
use linli_ledger::types::{Day, EarmarkId, OrganisationId, RecordId, SourceId};
use linli_ledger::view::View;

/// The lot of money whose purpose nobody knows: nothing may be bought with it.
pub(super) fn unknown(earmark: EarmarkId) -> Lot {
    Lot { earmark, specificity: 0, lapse_on: None, priority: u8::MAX, carry_count: 0 }
}

/// What the bank says about money of unknown origin.
pub(super) struct Credit {
    pub(super) fund: RecordId,
    pub(super) amount: Fen,
    pub(super) bank_reference: [u8; 32],
    pub(super) value_date: Day,
    pub(super) account: [u8; 32],
    pub(super) receipt: Digest,
    pub(super) level: AttestationLevel,
}

/// Money came in and nobody knows what for.
///
/// # Errors
/// In this order: [`Code::AmountZero`], [`Code::AmountRange`]; [`Code::NotFound`] for the fund;
/// [`Code::PayeeMismatch`] for another account than the fund's; [`Code::TimeWindow`] for a value date
/// that is still to come; [`Code::PeriodClosed`]; the signers: treasurer, then the bank
/// ([`Code::BankKey`], [`Code::SodTreasury`]) or an acceptance officer ([`Code::DuplicateApprover`]),
/// [`Code::Cosign`]; [`Code::BankReferenceDuplicate`].
///
/// Source: FND-19.1.
pub(super) fn receive(
    view: &mut View<'_>,
    parties: &[Party],
    credit: &Credit,
) -> Result<(), Rejection> {
    credit.amount.check()?;
    let fund = view.get::<Fund>(&credit.fund).ok_or(Code::NotFound)?;
    ensure(credit.account == fund.account, Code::PayeeMismatch)?;
    ensure(credit.value_date <= view.now().day(), Code::TimeWindow)?;
    check_open(view, credit.fund, credit.value_date)?;
    check_receivers(view, parties, &fund, credit.level)?;
    let used = view.has::<BankReference>(&credit.bank_reference);
    ensure(!used, Code::BankReferenceDuplicate)?;

    let earmark = EarmarkId(view.new_identifier());
    let origin = FundAccount::Origin(credit.fund).key();
    let account = FundAccount::Suspense(credit.fund).key();
    let source = money::issue(view, &origin, &account, credit.amount, unknown(earmark))?;
    let Credit { fund, amount, bank_reference, value_date, receipt, level, .. } = *credit;
    let since = view.now();
    let (reversal, state) = (None, SuspenseState::Open);
    let suspense = Suspense {
        fund,
        amount,
        bank_reference,
        value_date,
        receipt,
        level,
        earmark,
        since,
        reversal,
        state,
    };
    view.put(&source, &suspense);
    view.put(&(fund, source), &OpenSuspense);
    view.put(&bank_reference, &BankReference::Receipt(source));
    Ok(())
}

fn check_receivers(
    view: &View<'_>,
    parties: &[Party],
    fund: &Fund,
    level: AttestationLevel,
) -> Result<(), Rejection> {
    let [treasurer, witnesses @ ..] = parties else {
        return Err(Code::Cosign.into());
    };
    let role = [Role::Treasurer];
    let treasurer = officer_of(view, treasurer, &role, &fund.scope, fund.organisation)?;
    let treasurer = Signatory::of(&treasurer);
    match (level, witnesses) {
        (AttestationLevel::Bank | AttestationLevel::Connector, []) => Err(Code::BankKey.into()),
        (AttestationLevel::Bank | AttestationLevel::Connector, [bank]) => {
            let bank = signers::bank(view, bank, fund)?;
            let same = bank.is_some_and(|bank| bank.is(view, &treasurer));
            ensure(!same, Code::SodTreasury)
        }
        (AttestationLevel::TwoClerks, [clerk]) => {
            let clerk = officer(view, clerk, &[Role::Acceptance], &fund.scope)?;
            ensure(!Signatory::of(&clerk).is(view, &treasurer), Code::DuplicateApprover)
        }
        (
            AttestationLevel::Bank | AttestationLevel::Connector | AttestationLevel::TwoClerks,
            [] | [_, ..],
        ) => Err(Code::Cosign.into()),
    }
}

/// What a source turned out to be.
pub(super) struct Meaning<'a> {
    pub(super) source: SourceId,
    pub(super) class: SourceClass,
    pub(super) donor: OrganisationId,
    pub(super) earmark: &'a EarmarkTerms,
    pub(super) document: Digest,
}

/// Money in suspense gets its donor and earmark, and may be spent.
///
/// # Errors
/// In this order: [`Code::NotFound`] for the source; [`Code::State`] unless it is open;
/// [`Code::NotFound`] for the donor; as [`check_terms`]; the signers: [`Code::Cosign`] unless fund
/// administrator and approver sign, as `officer`, [`Code::SelfApproval`]; [`Code::Frozen`];
/// [`Code::Deadline`] after the days in which it is to be resolved.
///
/// Source: FND-19.2.
pub(super) fn resolve(
    view: &mut View<'_>,
    parties: &[Party],
    meaning: &Meaning<'_>,
) -> Result<(), Rejection> {
    let (mut suspense, fund) = open(view, meaning.source)?;
    organisation(view, meaning.donor)?;
    check_terms(view, suspense.fund, meaning.earmark)?;
    source::check_maker_and_approver(view, parties, &fund)?;
    check_free(view, &[suspense.fund])?;
    let last = last_day(view, &suspense);
    if view.now().day() > last {
        return Err(Rejection::new(Code::Deadline, &[Detail::Time(last.start().0)]));
    }

    let id = EarmarkId(view.new_identifier());
    let Meaning { source, class, donor, document, .. } = *meaning;
    let fund = suspense.fund;
    let earmark = Earmark { fund, donor, class, terms: meaning.earmark.clone() };
    let from = FundAccount::Suspense(fund).key();
    let whole = whole(source, suspense.amount);
    money::relot(view, &from, &whole, |_| earmark.lot(id))?;
    money::transfer(view, &from, &FundAccount::Available(fund).key(), &whole)?;
    view.put(&id, &earmark);
    let Suspense { level, bank_reference, value_date, .. } = suspense;
    let known =
        Source { fund, donor, class, level, earmark: id, bank_reference, value_date, document };
    view.put(&source, &known);
    suspense.state = SuspenseState::Resolved;
    close(view, source, &suspense);
    Ok(())
}

/// The last day on which money in suspense may be resolved.
pub(super) fn last_day(view: &View<'_>, suspense: &Suspense) -> Day {
    let days = u32::try_from(parameter(view, Parameter::SuspenseDays)).unwrap_or(u32::MAX);
    Day(suspense.since.day().0.saturating_add(days))
}

/// Money in suspense went back to whoever sent it.
///
/// # Errors
/// In this order: [`Code::NotFound`]; [`Code::State`] unless it is open; [`Code::TimeWindow`] for a
/// value date before it came or still to come; [`Code::PeriodClosed`]; the signers as of a source that
/// the bank vouches for; [`Code::Frozen`]; [`Code::BankReferenceDuplicate`].
///
/// Source: FND-19.3.
pub(super) fn give_back(
    view: &mut View<'_>,
    parties: &[Party],
    source: SourceId,
    bank_reference: [u8; 32],
    value_date: Day,
    receipt: Digest,
) -> Result<(), Rejection> {
    let (mut suspense, fund) = open(view, source)?;
    let days = suspense.value_date..=view.now().day();
    ensure(days.contains(&value_date), Code::TimeWindow)?;
    check_open(view, suspense.fund, value_date)?;
    source::check_signers(view, parties, &fund, AttestationLevel::Bank)?;
    check_free(view, &[suspense.fund])?;
    let used = view.has::<BankReference>(&bank_reference);
    ensure(!used, Code::BankReferenceDuplicate)?;
    let from = FundAccount::Suspense(suspense.fund).key();
    let to = FundAccount::Returned(suspense.fund).key();
    money::transfer(view, &from, &to, &whole(source, suspense.amount))?;
    suspense.state = SuspenseState::Returned { bank_reference, value_date, receipt };
    close(view, source, &suspense);
    view.put(&bank_reference, &BankReference::SuspenseReturn(source));
    Ok(())
}

/// All fen of a source.
pub(super) fn whole(source: SourceId, amount: Fen) -> [Segment; 1] {
    [Segment { source, start: 0, length: amount.0 }]
}

fn open(view: &View<'_>, source: SourceId) -> Result<(Suspense, Fund), Rejection> {
    let suspense = view.get::<Suspense>(&source).ok_or(Code::NotFound)?;
    let fund = view.get::<Fund>(&suspense.fund).ok_or(Code::NotFound)?;
    match suspense.state {
        SuspenseState::Open => Ok((suspense, fund)),
        SuspenseState::Resolved | SuspenseState::Returned { .. } => Err(Code::State.into()),
    }
}

fn close(view: &mut View<'_>, source: SourceId, suspense: &Suspense) {
    view.put(&source, suspense);
    view.remove::<OpenSuspense>(&(suspense.fund, source));
}
