//! This exists to let money in: a fund, and sources that the bank vouches for. Source: FND-6, `domain`
//! §3.1, §3.7.

use super::accounts::FundAccount;
use super::calls::{AttestationLevel, EarmarkTerms, SourceClass};
use super::earmark::check_terms;
use super::fiscal::check_open;
use super::records::{BankReference, Earmark, Fund, Signatory, Source};
use super::signers;
use crate::registry::Role;
use crate::registry::roles::{officer, officer_of, organisation};
use crate::text::{check_path, check_text};
use linli_ledger::amount::Fen;
use linli_ledger::code::{Code, Rejection, ensure};
use linli_ledger::contract::Party;
use linli_ledger::genesis::OrganisationKind;
use linli_ledger::hash::Digest;
use linli_ledger::posting::money;
use linli_ledger::types::{Day, EarmarkId, OrganisationId, RecordId, SourceId};
use linli_ledger::view::View;

/// The longest public name.
pub(super) const NAME_BYTES_MAX: usize = 64;

/// What a call says about a source.
pub(super) struct Issue<'a> {
    pub(super) fund: RecordId,
    pub(super) amount: Fen,
    pub(super) class: SourceClass,
    pub(super) donor: OrganisationId,
    pub(super) earmark: &'a EarmarkTerms,
    pub(super) bank_reference: [u8; 32],
    pub(super) value_date: Day,
    pub(super) account: [u8; 32],
    pub(super) document: Digest,
    pub(super) level: AttestationLevel,
}

/// Opens a fund.
///
/// # Errors
/// In this order: [`Code::Cosign`] for more than one signer; [`Code::Text`]; [`Code::NotFound`] for an
/// unknown organisation; [`Code::BankKey`] where the bank is no bank; then as `officer_of` for the
/// fund administrator.
///
/// Source: FND-6.1.
pub(super) fn open(
    view: &mut View<'_>,
    parties: &[Party],
    name: &str,
    keeper: OrganisationId,
    scope: &str,
    bank: OrganisationId,
    account: [u8; 32],
) -> Result<(), Rejection> {
    let party = signers::only(parties)?;
    check_text(name, NAME_BYTES_MAX)?;
    if !scope.is_empty() {
        check_path(scope)?;
    }
    organisation(view, keeper)?;
    ensure(organisation(view, bank)?.kind == OrganisationKind::Bank, Code::BankKey)?;
    officer_of(view, party, &[Role::FundAdministrator], scope, keeper)?;
    let fund = Fund {
        name: name.into(),
        organisation: keeper,
        scope: scope.into(),
        bank,
        account,
        opened_at: view.now(),
    };
    let id = RecordId(view.new_identifier());
    view.put(&id, &fund);
    Ok(())
}

/// Issues a source of money into its fund.
///
/// # Errors
/// In this order: [`Code::AmountZero`], [`Code::AmountRange`]; [`Code::NotFound`] for the fund or the
/// donor; as [`super::earmark::check_terms`]; [`Code::PayeeMismatch`] for money on another account
/// than the fund's; [`Code::TimeWindow`] for a value date that is still to come;
/// [`Code::PeriodClosed`]; the signers: [`Code::BankKey`] or [`Code::Cosign`] where
/// one is missing or too many sign, as `officer`, [`Code::SelfApproval`], [`Code::DuplicateApprover`],
/// [`Code::SodTreasury`]; [`Code::BankReferenceDuplicate`].
///
/// Source: FND-6.2, D21.
pub(super) fn issue(
    view: &mut View<'_>,
    parties: &[Party],
    issue: &Issue<'_>,
) -> Result<SourceId, Rejection> {
    issue.amount.check()?;
    let fund = view.get::<Fund>(&issue.fund).ok_or(Code::NotFound)?;
    organisation(view, issue.donor)?;
    check_terms(view, issue.fund, issue.earmark)?;
    ensure(issue.account == fund.account, Code::PayeeMismatch)?;
    ensure(issue.value_date <= view.now().day(), Code::TimeWindow)?;
    check_open(view, issue.fund, issue.value_date)?;
    check_signers(view, parties, &fund, issue.level)?;
    let used = view.has::<BankReference>(&issue.bank_reference);
    ensure(!used, Code::BankReferenceDuplicate)?;

    let id = EarmarkId(view.new_identifier());
    let Issue { class, donor, level, bank_reference, value_date, document, .. } = *issue;
    let earmark = Earmark { fund: issue.fund, donor, class, terms: issue.earmark.clone() };
    let origin = FundAccount::Origin(issue.fund).key();
    let available = FundAccount::Available(issue.fund).key();
    let source = money::issue(view, &origin, &available, issue.amount, earmark.lot(id))?;
    view.put(&id, &earmark);
    let known = Source {
        fund: issue.fund,
        donor,
        class,
        level,
        earmark: id,
        bank_reference,
        value_date,
        document,
    };
    view.put(&source, &known);
    view.put(&bank_reference, &BankReference::Receipt(source));
    Ok(source)
}

/// Fund administrator, approver, then the bank or two clerks (treasurer, acceptance officer), in this
/// order and nobody else; all of them different persons.
pub(super) fn check_signers(
    view: &View<'_>,
    parties: &[Party],
    fund: &Fund,
    level: AttestationLevel,
) -> Result<[Signatory; 2], Rejection> {
    let [administrator, approver, witnesses @ ..] = parties else {
        return Err(Code::Cosign.into());
    };
    let known = check_pair(view, administrator, approver, fund)?;
    match level {
        AttestationLevel::Bank | AttestationLevel::Connector => {
            let bank = match witnesses {
                [] => return Err(Code::BankKey.into()),
                [bank] => signers::bank(view, bank, fund)?,
                [_, ..] => return Err(Code::Cosign.into()),
            };
            let same = bank.is_some_and(|bank| bank.among(view, &known));
            ensure(!same, Code::SodTreasury)?;
        }
        AttestationLevel::TwoClerks => {
            let [treasurer, acceptance] = witnesses else {
                return Err(Code::Cosign.into());
            };
            let treasurer =
                officer_of(view, treasurer, &[Role::Treasurer], &fund.scope, fund.organisation)?;
            let acceptance = officer(view, acceptance, &[Role::Acceptance], &fund.scope)?;
            let clerks = [Signatory::of(&treasurer), Signatory::of(&acceptance)];
            let [first, second] = clerks;
            let met = clerks.iter().any(|clerk| clerk.among(view, &known));
            ensure(!met && !first.is(view, &second), Code::DuplicateApprover)?;
        }
    }
    Ok(known)
}

/// Fund administrator and approver, in this order and nobody else.
///
/// # Errors
/// In this order: [`Code::Cosign`]; as `officer_of`, `officer`; [`Code::SelfApproval`].
pub(super) fn check_maker_and_approver(
    view: &View<'_>,
    parties: &[Party],
    fund: &Fund,
) -> Result<[Signatory; 2], Rejection> {
    let [administrator, approver] = parties else {
        return Err(Code::Cosign.into());
    };
    check_pair(view, administrator, approver, fund)
}

fn check_pair(
    view: &View<'_>,
    administrator: &Party,
    approver: &Party,
    fund: &Fund,
) -> Result<[Signatory; 2], Rejection> {
    let role = [Role::FundAdministrator];
    let administrator = officer_of(view, administrator, &role, &fund.scope, fund.organisation)?;
    let approver = officer(view, approver, &[Role::Approver], &fund.scope)?;
    let (administrator, approver) = (Signatory::of(&administrator), Signatory::of(&approver));
    ensure(!administrator.is(view, &approver), Code::SelfApproval)?;
    Ok([administrator, approver])
}
