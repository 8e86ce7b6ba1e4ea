//! This exists to put rewards into the public catalogue: courtesies of partners, never money.

use super::records::due::REWARD_ENDS;
use super::{RECORD_KEPT_MS, Reward, RewardKind, RewardTerms, TITLE_BYTES_MAX, reading};
use crate::fund::{Budget, BudgetState, Fund, Line};
use crate::registry::Role;
use crate::registry::roles::{
    Officer, Parameter, officer, officer_of, organisation, parameter, same_human,
};
use crate::text::check_text;
use linli_ledger::code::{Code, Detail, Rejection, ensure};
use linli_ledger::contract::Party;
use linli_ledger::due;
use linli_ledger::keys::KeyOwner;
use linli_ledger::limits::AMOUNT_MAX;
use linli_ledger::types::{BlockTime, OrganisationId, RecordId};
use linli_ledger::view::View;

/// A partner offers a reward; a points operator agrees, and a budget officer where a line pays for it.
///
/// # Errors
/// In this order: [`Code::Text`]; [`Code::RewardKind`]; [`Code::AmountZero`],
/// [`Code::AmountRange`] for price, value, stock and number per person; [`Code::TimeWindow`];
/// [`Code::RewardValue`] with `Need` and `Limit` for more fen per point than allowed;
/// [`Code::NotFound`] for programme or partner; the partner's role as in [`partner_signs`];
/// [`Code::Cosign`] without a points operator among the co-signers; [`Code::SelfApproval`] if she is
/// the partner's officer; for a line [`Code::NotFound`], [`Code::State`] unless its budget is in
/// force, [`Code::Cosign`] without a budget officer of the fund's organisation among the co-signers,
/// [`Code::SelfApproval`] if she is the partner's officer.
///
/// Source: PRG-10, PRG-12, `domain` §2.7.
pub(super) fn offer(
    view: &mut View<'_>,
    parties: &[Party],
    reward: &Reward,
) -> Result<(), Rejection> {
    check_terms(&reward.terms, view.now())?;
    check_value(view, &reward.terms)?;
    let scope = reading::programme(view, reward.programme)?.scope;
    organisation(view, reward.partner)?;
    let (sender, others) = parties.split_first().ok_or(Code::Role)?;
    let seller = partner_signs(view, sender, reward.partner, &scope)?;
    operator_agrees(view, others, seller.as_ref(), &scope)?;
    if let Some(line) = reward.line {
        payer_agrees(view, others, seller.as_ref(), line)?;
    }
    let id = RecordId(view.new_identifier());
    due::schedule(view, reward.terms.valid_to.plus(RECORD_KEPT_MS), REWARD_ENDS, id);
    view.put(&id, reward);
    Ok(())
}

fn operator_agrees(
    view: &View<'_>,
    others: &[Party],
    seller: Option<&Officer>,
    scope: &str,
) -> Result<(), Rejection> {
    let operator = others
        .iter()
        .find_map(|party| officer(view, party, &[Role::PointsOperator], scope).ok())
        .ok_or(Code::Cosign)?;
    let same = seller.is_some_and(|seller| same_human(view, seller.person, operator.person));
    ensure(!same, Code::SelfApproval)
}

fn payer_agrees(
    view: &View<'_>,
    others: &[Party],
    seller: Option<&Officer>,
    line: RecordId,
) -> Result<(), Rejection> {
    let line = view.get::<Line>(&line).ok_or(Code::NotFound)?;
    let fund = view.get::<Fund>(&line.fund).ok_or(Code::NotFound)?;
    let budget = view.get::<Budget>(&line.budget).ok_or(Code::NotFound)?;
    match budget.state {
        BudgetState::Effective { .. } => {}
        BudgetState::Draft => return Err(Code::State.into()),
    }
    let (roles, keeper) = ([Role::BudgetOfficer], fund.organisation);
    let payer = others
        .iter()
        .find_map(|party| officer_of(view, party, &roles, &fund.scope, keeper).ok())
        .ok_or(Code::Cosign)?;
    let same = seller.is_some_and(|seller| same_human(view, seller.person, payer.person));
    ensure(!same, Code::SelfApproval)
}

/// The partner and a points operator put more pieces on offer.
///
/// # Errors
/// In this order: [`Code::AmountZero`]; [`Code::NotFound`]; [`Code::ItemExpired`] once it is offered no
/// more; the partner's role as in [`partner_signs`]; [`Code::Cosign`] and [`Code::SelfApproval`] as for
/// an offer; [`Code::AmountOverflow`].
///
/// Source: PRG-11, `domain` §2.7.
pub(super) fn update(
    view: &mut View<'_>,
    parties: &[Party],
    id: RecordId,
    pieces_added: u32,
) -> Result<(), Rejection> {
    ensure(pieces_added > 0, Code::AmountZero)?;
    let mut reward = reading::reward(view, id)?;
    ensure(view.now() < reward.terms.valid_to, Code::ItemExpired)?;
    let scope = reading::programme(view, reward.programme)?.scope;
    let (sender, others) = parties.split_first().ok_or(Code::Role)?;
    let seller = partner_signs(view, sender, reward.partner, &scope)?;
    operator_agrees(view, others, seller.as_ref(), &scope)?;
    let stock = reward.terms.stock.checked_add(pieces_added);
    reward.terms.stock = stock.ok_or(Code::AmountOverflow)?;
    view.put(&id, &reward);
    Ok(())
}

fn check_terms(terms: &RewardTerms, now: BlockTime) -> Result<(), Rejection> {
    check_text(&terms.title, TITLE_BYTES_MAX)?;
    match terms.kind {
        RewardKind::Goods
        | RewardKind::Discount
        | RewardKind::Service
        | RewardKind::Priority
        | RewardKind::Honour => {}
        RewardKind::Cash
        | RewardKind::StoredValue
        | RewardKind::Lottery
        | RewardKind::AlcoholOrTobacco => return Err(Code::RewardKind.into()),
    }
    terms.price.check()?;
    ensure(terms.fair_value.0 <= AMOUNT_MAX, Code::AmountRange)?;
    ensure(terms.stock > 0 && terms.per_person > 0, Code::AmountZero)?;
    ensure(terms.valid_from < terms.valid_to && terms.valid_to > now, Code::TimeWindow)
}

fn check_value(view: &View<'_>, terms: &RewardTerms) -> Result<(), Rejection> {
    let per_point = parameter(view, Parameter::FenPerPointMax);
    let limit = u128::from(terms.price.0).saturating_mul(u128::from(per_point));
    if u128::from(terms.fair_value.0) > limit {
        let limit = u64::try_from(limit).unwrap_or(u64::MAX);
        let details = [Detail::Need(terms.fair_value.0), Detail::Limit(limit)];
        return Err(Rejection::new(Code::RewardValue, &details));
    }
    Ok(())
}

/// Checks that a signer acts for the partner: the partner's own key, or an officer of it.
///
/// # Errors
/// [`Code::Scope`] for the key of another organisation; otherwise as [`officer_of`].
///
/// Source: PRG-10.
pub fn partner_signs(
    view: &View<'_>,
    party: &Party,
    partner: OrganisationId,
    path: &str,
) -> Result<Option<Officer>, Rejection> {
    match party.owner {
        KeyOwner::Organisation(organisation) => {
            ensure(organisation == partner, Code::Scope).map(|()| None)
        }
        KeyOwner::Person(_) | KeyOwner::Enrolment(_) => {
            officer_of(view, party, &[Role::PartnerOfficer], path, partner).map(Some)
        }
    }
}
