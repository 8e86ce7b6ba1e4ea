//! This exists to let a third party say how well a service was rendered, and to pay by what it says.
//! Source: FND-24, SOD-7, `domain` §3.5.

use super::accounts::FundAccount;
use super::budget::catalogue_id;
use super::calls::Indicator;
use super::freeze::check_free;
use super::reading::balance;
use super::records::{
    BlockedRenewal, EvaluatedYear, Evaluation, Line, ServiceContract, Signatory, Verdict,
};
use super::signers;
use super::source::NAME_BYTES_MAX;
use crate::registry::relations::related;
use crate::registry::roles::{Parameter, officer_of, organisation, parameter};
use crate::registry::{Related, Role};
use crate::text::check_text;
use linli_ledger::amount::Fen;
use linli_ledger::code::{Code, Detail, Rejection, ensure};
use linli_ledger::contract::Party;
use linli_ledger::hash::Digest;
use linli_ledger::keys::{KeyOwner, KeyPurpose};
use linli_ledger::posting::money;
use linli_ledger::types::{OrganisationId, RecordId};
use linli_ledger::view::{Order, View};

/// Indicators of an evaluation: a standard form has about twenty.
const INDICATORS_MAX: usize = 64;
/// All of something, basis points.
const WHOLE_BP: u32 = 10_000;
/// The least score, basis points, and what of the linked part it earns. Source: `domain` §3.5.
const FACTORS: [(u32, u32); 4] = [(9_000, 10_000), (8_000, 9_500), (7_000, 8_500), (6_000, 7_000)];

/// What of the linked part a score earns, basis points; `None` below what is good enough for another
/// contract.
pub fn factor_bp(score_bp: u32) -> Option<u32> {
    FACTORS.iter().find(|(least, _)| *least <= score_bp).map(|(_, factor)| *factor)
}

/// The weighted score, basis points, rounded down once.
pub fn score_bp(indicators: &[Indicator]) -> u32 {
    let sum = indicators.iter().fold(0_u64, |sum, indicator| {
        let part = u64::from(indicator.weight_bp).saturating_mul(u64::from(indicator.score_bp));
        sum.saturating_add(part)
    });
    // In basis points of basis points.
    u32::try_from(sum / 10_000).unwrap_or(u32::MAX)
}

/// The purchaser names who will evaluate; before the evaluation it may name another.
///
/// # Errors
/// In this order: [`Code::Cosign`]; [`Code::NotFound`] for the contract, then for the evaluator; as
/// `officer_of` for a purchaser of the purchaser at the place; [`Code::State`] for a closed contract or
/// one that was evaluated; [`Code::EvaluatorNotIndependent`].
///
/// Source: FND-24.1, SOD-7.
pub(super) fn select(
    view: &mut View<'_>,
    parties: &[Party],
    id: RecordId,
    evaluator: OrganisationId,
) -> Result<(), Rejection> {
    let party = signers::only(parties)?;
    let contract = view.get::<ServiceContract>(&id).ok_or(Code::NotFound)?;
    organisation(view, evaluator)?;
    let (place, purchaser) = (&contract.terms.place, contract.terms.purchaser);
    let officer = officer_of(view, party, &[Role::Purchaser], place, purchaser)?;
    contract.check_active()?;
    let before = view.get::<Evaluation>(&id);
    ensure(before.is_none_or(|evaluation| evaluation.verdict.is_none()), Code::State)?;
    let (year, ..) = view.now().day().civil();
    check_independent(view, &contract, evaluator, year)?;
    let (selected_by, selected_at) = (Signatory::of(&officer), view.now());
    let evaluation = Evaluation { evaluator, selected_by, selected_at, verdict: None };
    view.put(&id, &evaluation);
    Ok(())
}

/// Neither a party nor related to the provider, nor its evaluator in too many years before this one.
fn check_independent(
    view: &View<'_>,
    contract: &ServiceContract,
    evaluator: OrganisationId,
    year: u32,
) -> Result<(), Rejection> {
    let provider = contract.terms.provider;
    let [one, other] = [evaluator, provider].map(Related::Organisation);
    let is_party = evaluator == provider || evaluator == contract.terms.purchaser;
    let close = related(view, one, other, view.now().day());
    ensure(!is_party && !close, Code::EvaluatorNotIndependent)?;
    let years = u32::try_from(parameter(view, Parameter::EvaluatorYears)).unwrap_or(u32::MAX);
    let before = (year.saturating_sub(years)..year)
        .all(|year| view.has::<EvaluatedYear>(&(provider, evaluator, year)));
    ensure(!before, Code::EvaluatorNotIndependent)
}

/// The evaluator says how well the service was rendered. What of the linked part was not earned goes
/// back to the fund.
///
/// # Errors
/// In this order: [`Code::Cosign`]; [`Code::TooManyLines`] for none or more than 64 indicators; for each
/// [`Code::Text`], [`Code::ScoreRange`]; [`Code::Weights`] unless the weights sum to 10 000;
/// [`Code::NotFound`] for the contract or where nobody was named; [`Code::Role`] for anybody but the
/// evaluator by its own key; [`Code::State`] for a closed contract or a second time;
/// [`Code::NotAccepted`] before everything is accepted; [`Code::EvaluatorNotIndependent`];
/// [`Code::Frozen`].
///
/// Source: FND-24.2, INV-G4.
pub(super) fn submit(
    view: &mut View<'_>,
    parties: &[Party],
    id: RecordId,
    indicators: &[Indicator],
    report: Digest,
) -> Result<(), Rejection> {
    let party = signers::only(parties)?;
    check_indicators(indicators)?;
    let mut contract = view.get::<ServiceContract>(&id).ok_or(Code::NotFound)?;
    let mut evaluation = view.get::<Evaluation>(&id).ok_or(Code::NotFound)?;
    let evaluator = evaluation.evaluator;
    let own = party.owner == KeyOwner::Organisation(evaluator);
    ensure(own && party.purpose == KeyPurpose::Business, Code::Role)?;
    contract.check_active()?;
    ensure(evaluation.verdict.is_none(), Code::State)?;
    ensure(contract.is_all_accepted(), Code::NotAccepted)?;
    let (year, ..) = evaluation.selected_at.day().civil();
    check_independent(view, &contract, evaluator, year)?;
    let fund = contract.terms.fund;
    check_free(view, &[fund, id])?;

    let score_bp = score_bp(indicators);
    let earns = factor_bp(score_bp);
    let factor_bp = earns.unwrap_or(0);
    let linked = contract.withheld.terms.linked;
    let earned = linked.share(factor_bp);
    // What lapsed at the end of a year is not there any more.
    let released = linked.less(earned).min(balance(view, FundAccount::Committed(id)));
    release(view, id, &mut contract, released)?;
    contract.withheld.earned = Some(earned);
    view.put(&id, &contract);
    let (provider, catalogue) = (contract.terms.provider, &contract.terms.catalogue);
    let renewal = (fund, provider, catalogue_id(catalogue));
    match earns {
        None => view.put(&renewal, &BlockedRenewal(id)),
        Some(_) => view.remove::<BlockedRenewal>(&renewal),
    }
    view.put(&(provider, evaluator, year), &EvaluatedYear);
    let (indicators, at) = (indicators.to_vec(), view.now());
    let verdict = Verdict { indicators, score_bp, factor_bp, released, report, at };
    evaluation.verdict = Some(verdict);
    view.put(&id, &evaluation);
    Ok(())
}

/// The fen that would have been paid last go back to the fund.
fn release(
    view: &mut View<'_>,
    id: RecordId,
    contract: &mut ServiceContract,
    amount: Fen,
) -> Result<(), Rejection> {
    if amount == Fen::ZERO {
        return Ok(());
    }
    let from = FundAccount::Committed(id).key();
    let segments = money::select(view, &from, amount, Order::Descending, |_| true)?;
    let to = FundAccount::Available(contract.terms.fund).key();
    money::transfer(view, &from, &to, &segments)?;
    let mut line = view.get::<Line>(&contract.terms.line).ok_or(Code::NotFound)?;
    line.release(amount);
    view.put(&contract.terms.line, &line);
    contract.released = contract.released.plus(amount)?;
    Ok(())
}

fn check_indicators(indicators: &[Indicator]) -> Result<(), Rejection> {
    if !(1..=INDICATORS_MAX).contains(&indicators.len()) {
        let limit = Detail::Limit(u64::try_from(INDICATORS_MAX).unwrap_or(u64::MAX));
        return Err(Rejection::new(Code::TooManyLines, &[limit]));
    }
    let mut weights = 0_u64;
    for (position, indicator) in (0_u32..).zip(indicators) {
        check_text(&indicator.name, NAME_BYTES_MAX)?;
        if indicator.score_bp > WHOLE_BP {
            let details = [Detail::Index(position), Detail::Have(indicator.score_bp.into())];
            return Err(Rejection::new(Code::ScoreRange, &details));
        }
        weights = weights.saturating_add(indicator.weight_bp.into());
    }
    if weights == u64::from(WHOLE_BP) {
        return Ok(());
    }
    let details = [Detail::Need(WHOLE_BP.into()), Detail::Have(weights)];
    Err(Rejection::new(Code::Weights, &details))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_factor_follows_the_table() {
        let rows = [
            (10_000, Some(10_000)),
            (9_000, Some(10_000)),
            (8_999, Some(9_500)),
            (8_000, Some(9_500)),
            (7_999, Some(8_500)),
            (7_000, Some(8_500)),
            (6_999, Some(7_000)),
            (6_000, Some(7_000)),
            (5_999, None),
            (0, None),
        ];
        for (score, factor) in rows {
            assert_eq!(factor_bp(score), factor, "{score}");
        }
    }

    #[test]
    fn the_score_is_rounded_down_once() {
        let indicator = |weight_bp, score_bp| Indicator { name: "x".into(), weight_bp, score_bp };
        assert_eq!(score_bp(&[indicator(3_333, 9_999), indicator(6_667, 9_999)]), 9_999);
        assert_eq!(score_bp(&[indicator(1, 5), indicator(9_999, 0)]), 0);
        assert_eq!(score_bp(&[indicator(10_000, 10_000)]), 10_000);
    }
}
