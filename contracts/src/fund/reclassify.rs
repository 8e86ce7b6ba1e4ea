//! This exists to give free money another purpose, with the consent of who gave it. Source: FND-27,
//! `domain` §3.2.

use super::accounts::FundAccount;
use super::calls::{EarmarkTerms, SourceClass};
use super::earmark::check_terms;
use super::freeze::check_free;
use super::records::{Consent, Earmark, Fund, Reclassification, Signatory, Source};
use crate::registry::Role;
use crate::registry::roles::officer_of;
use linli_ledger::amount::Fen;
use linli_ledger::code::{Code, Rejection, ensure};
use linli_ledger::contract::Party;
use linli_ledger::hash::Digest;
use linli_ledger::keys::{KeyOwner, KeyPurpose};
use linli_ledger::posting::money::{self, Lot, Segment, SourceRecord};
use linli_ledger::types::{EarmarkId, SourceId};
use linli_ledger::view::View;

/// Which fen get which purpose.
pub(super) struct Change<'a> {
    pub(super) source: SourceId,
    pub(super) start: u64,
    pub(super) amount: Fen,
    pub(super) earmark: &'a EarmarkTerms,
    pub(super) document: Digest,
}

/// Gives free money of one source another purpose.
///
/// # Errors
/// In this order: [`Code::AmountZero`], [`Code::AmountRange`]; [`Code::NotFound`] for the source, or for
/// fen that it never had; as [`check_terms`]; [`Code::Cosign`] for nobody or more than two signers; as
/// `officer_of` for the fund administrator; [`Code::ConsentMissing`] unless who gave it signs by its own
/// key, or for public money another officer for the budget; [`Code::SelfApproval`] where that is the
/// administrator; [`Code::Frozen`]; [`Code::SegmentMoved`] for fen that are not free in the fund;
/// [`Code::TooManySegments`].
///
/// Source: FND-27, INV-M5.
pub(super) fn reclassify(
    view: &mut View<'_>,
    parties: &[Party],
    change: &Change<'_>,
) -> Result<(), Rejection> {
    let Change { source, start, amount, document, .. } = *change;
    amount.check()?;
    let known = view.get::<Source>(&source).ok_or(Code::NotFound)?;
    let issued = view.get::<SourceRecord>(&source).ok_or(Code::NotFound)?.amount;
    let end = start.checked_add(amount.0).filter(|end| *end <= issued.0);
    ensure(end.is_some(), Code::NotFound)?;
    check_terms(view, known.fund, change.earmark)?;
    let fund = view.get::<Fund>(&known.fund).ok_or(Code::NotFound)?;
    let (maker, consent) = check_signers(view, parties, &fund, &known)?;
    check_free(view, &[known.fund])?;

    let id = EarmarkId(view.new_identifier());
    let Source { donor, class, .. } = known;
    let earmark = Earmark { fund: known.fund, donor, class, terms: change.earmark.clone() };
    let lot = earmark.lot(id);
    let segment = Segment { source, start, length: amount.0 };
    let available = FundAccount::Available(known.fund).key();
    let public = is_public(class);
    money::relot(view, &available, &[segment], |old| Lot {
        // No other purpose makes public money live longer.
        lapse_on: if public { old.lapse_on } else { lot.lapse_on },
        carry_count: old.carry_count,
        ..lot
    })?;
    view.put(&id, &earmark);
    let at = view.now();
    view.put(&id, &Reclassification { segment, maker, consent, document, at });
    Ok(())
}

fn is_public(class: SourceClass) -> bool {
    match class {
        SourceClass::Fiscal | SourceClass::Incentive => true,
        SourceClass::Foundation
        | SourceClass::DesignatedDonation
        | SourceClass::SocialCapital
        | SourceClass::UndesignatedDonation => false,
    }
}

/// Fund administrator, then who agrees.
fn check_signers(
    view: &View<'_>,
    parties: &[Party],
    fund: &Fund,
    source: &Source,
) -> Result<(Signatory, Consent), Rejection> {
    let (maker, agrees) = match parties {
        [maker] => (maker, None),
        [maker, agrees] => (maker, Some(agrees)),
        [] | [_, ..] => return Err(Code::Cosign.into()),
    };
    let (scope, keeper) = (&fund.scope, fund.organisation);
    let maker = officer_of(view, maker, &[Role::FundAdministrator], scope, keeper)?;
    let maker = Signatory::of(&maker);
    let agrees = agrees.ok_or(Code::ConsentMissing)?;
    if !is_public(source.class) {
        let own = agrees.owner == KeyOwner::Organisation(source.donor);
        ensure(own && agrees.purpose == KeyPurpose::Business, Code::ConsentMissing)?;
        return Ok((maker, Consent::Donor(source.donor)));
    }
    let officer = officer_of(view, agrees, &[Role::BudgetOfficer], scope, keeper)
        .map_err(|_| Code::ConsentMissing)?;
    let officer = Signatory::of(&officer);
    ensure(!officer.is(view, &maker), Code::SelfApproval)?;
    Ok((maker, Consent::Budget(officer)))
}
