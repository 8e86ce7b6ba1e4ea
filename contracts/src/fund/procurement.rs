//! This exists to sign service contracts: no contract without a budget line and without money that
//! may be used for it. Source: FND-9, `domain` §3.5.

use super::accounts::FundAccount;
use super::budget::{catalogue_id, check_listed};
use super::calls::{ContractTerms, PerformanceTerms};
use super::earmark::{Exclusion, Use, in_time};
use super::freeze::check_free;
use super::reading::balance;
use super::records::{
    ActiveContract, BlockedRenewal, Budget, BudgetState, ContractState, Earmark, Fund, Line,
    Milestone, MilestoneState, ServiceContract, Signatory, Withheld,
};
use super::signers;
use super::source::NAME_BYTES_MAX;
use crate::registry::Role;
use crate::registry::roles::{Parameter, in_scope, officer_of, organisation, parameter};
use crate::text::{check_path, check_text};
use linli_ledger::amount::Fen;
use linli_ledger::code::{Code, Detail, Rejection, ensure};
use linli_ledger::contract::Party;
use linli_ledger::posting::money::{self, Lot, Segment};
use linli_ledger::types::{Day, RecordId};
use linli_ledger::view::{Order, View};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// Milestones of a contract: three years, one a month, and room.
const MILESTONES_MAX: usize = 64;

impl ContractTerms {
    /// What its money is used for.
    pub fn wanted(&self) -> Use<'_> {
        Use {
            catalogue: &self.catalogue,
            place: &self.place,
            class: self.beneficiaries,
            line: self.line,
            payee: self.provider,
        }
    }
}

/// Signs a contract and commits its money.
///
/// # Errors
/// In this order: the terms ([`Code::Text`], [`Code::AmountZero`], [`Code::AmountRange`],
/// [`Code::TooManyLines`], [`Code::MilestoneSum`], [`Code::AdvanceLimit`], [`Code::Term`],
/// [`Code::RelatedBeneficiary`] where the provider is the purchaser); [`Code::NotFound`] for fund,
/// line or organisation; [`Code::Scope`] for a purchaser who does not keep the fund, and for a place
/// outside the fund's; [`Code::Cosign`] unless both parties sign, as `officer_of`,
/// [`Code::DuplicateApprover`] where one person signs for both, [`Code::RelatedApprover`] where who signs
/// for the purchaser is related to the provider; [`Code::State`] for a budget that is not
/// effective, [`Code::TimeWindow`] for one of another year; [`Code::CatalogUnknown`] for a service that is
/// not the line's or not listed, [`Code::CatalogNegative`]; [`Code::RenewalBlocked`] after a
/// failed evaluation; [`Code::Frozen`]; [`Code::BudgetExceeded`];
/// [`Code::RelatedBeneficiary`] where only money that excludes the provider would do,
/// [`Code::InsufficientCompatible`], [`Code::TooManySegments`].
///
/// Source: FND-9.1.
pub(super) fn sign(
    view: &mut View<'_>,
    parties: &[Party],
    terms: &ContractTerms,
    performance: PerformanceTerms,
) -> Result<(), Rejection> {
    check_terms(view, terms, performance)?;
    let fund = view.get::<Fund>(&terms.fund).ok_or(Code::NotFound)?;
    let line = view.get::<Line>(&terms.line).filter(|line| line.fund == terms.fund);
    let mut line = line.ok_or(Code::NotFound)?;
    organisation(view, terms.purchaser)?;
    organisation(view, terms.provider)?;
    ensure(terms.purchaser == fund.organisation, Code::Scope)?;
    ensure(in_scope(&fund.scope, &terms.place), Code::Scope)?;
    let signed_by = check_signers(view, parties, terms)?;
    let budget = view.get::<Budget>(&line.budget).ok_or(Code::NotFound)?;
    match budget.state {
        BudgetState::Effective { .. } => {}
        BudgetState::Draft => return Err(Code::State.into()),
    }
    let today = view.now().day();
    let (year, ..) = today.civil();
    ensure(budget.year == year, Code::TimeWindow)?;
    ensure(terms.catalogue.starts_with(&line.terms.catalogue), Code::CatalogUnknown)?;
    check_listed(view, &terms.catalogue)?;
    let renewal = (terms.fund, terms.provider, catalogue_id(&terms.catalogue));
    if let Some(BlockedRenewal(failed)) = view.get(&renewal) {
        return Err(Rejection::new(Code::RenewalBlocked, &[Detail::Record(failed.0)]));
    }
    check_free(view, &[terms.fund])?;
    line.commit(terms.total)?;
    let segments = select(view, terms)?;

    let id = RecordId(view.new_identifier());
    let from = FundAccount::Available(terms.fund).key();
    money::transfer(view, &from, &FundAccount::Committed(id).key(), &segments)?;
    hold_back(view, id, performance.retention)?;
    view.put(&terms.line, &line);
    view.put(&(terms.fund, id), &ActiveContract);
    let milestone = Milestone { state: MilestoneState::Scheduled, claimed: Fen::ZERO };
    let contract = ServiceContract {
        terms: terms.clone(),
        signed_on: today,
        signed_by,
        state: ContractState::Active,
        milestones: vec![milestone; terms.milestones.len()],
        advance_claimed: Fen::ZERO,
        paid: Fen::ZERO,
        released: Fen::ZERO,
        refunded: Fen::ZERO,
        claimed_back: Fen::ZERO,
        lapsed: Fen::ZERO,
        accepted_at: None,
        finding_at: None,
        finding: None,
        withheld: Withheld { terms: performance, ..Withheld::default() },
        open: Vec::new(),
        deliverers: Vec::new(),
        makers: Vec::new(),
        payers: Vec::new(),
    };
    view.put(&id, &contract);
    Ok(())
}

/// As [`sign`], with a part that follows the evaluation and a part held back.
///
/// # Errors
/// [`Code::AmountZero`] for neither; [`Code::RetentionLimit`] with `Need` and `Limit`; then as [`sign`].
///
/// Source: FND-23.
pub(super) fn sign_linked(
    view: &mut View<'_>,
    parties: &[Party],
    terms: &ContractTerms,
    performance: PerformanceTerms,
) -> Result<(), Rejection> {
    let PerformanceTerms { linked, retention } = performance;
    ensure(linked > Fen::ZERO || retention > Fen::ZERO, Code::AmountZero)?;
    let share = u32::try_from(parameter(view, Parameter::RetentionMax)).unwrap_or(u32::MAX);
    let limit = terms.total.share(share);
    if retention > limit {
        let details = [Detail::Need(retention.0), Detail::Limit(limit.0)];
        return Err(Rejection::new(Code::RetentionLimit, &details));
    }
    sign(view, parties, terms, performance)
}

/// The fen that would be paid last are held back.
fn hold_back(view: &mut View<'_>, id: RecordId, retention: Fen) -> Result<(), Rejection> {
    if retention == Fen::ZERO {
        return Ok(());
    }
    let from = FundAccount::Committed(id).key();
    let last = money::select(view, &from, retention, Order::Descending, |_| true)?;
    money::transfer(view, &from, &FundAccount::Retained(id).key(), &last)
}

/// What can be checked without looking at any record but parameters.
fn check_terms(
    view: &View<'_>,
    terms: &ContractTerms,
    performance: PerformanceTerms,
) -> Result<(), Rejection> {
    check_text(&terms.number, NAME_BYTES_MAX)?;
    check_path(&terms.place)?;
    terms.total.check()?;
    if terms.milestones.len() > MILESTONES_MAX {
        let limit = Detail::Limit(u64::try_from(MILESTONES_MAX).unwrap_or(u64::MAX));
        return Err(Rejection::new(Code::TooManyLines, &[limit]));
    }
    for milestone in &terms.milestones {
        milestone.amount.check()?;
    }
    let milestones = terms.milestones.iter().map(|milestone| milestone.amount);
    let sum = Fen::sum(milestones.chain([performance.linked, performance.retention]))?;
    if sum != terms.total {
        let details = [Detail::Need(terms.total.0), Detail::Have(sum.0)];
        return Err(Rejection::new(Code::MilestoneSum, &details));
    }
    let share = u32::try_from(parameter(view, Parameter::AdvanceMax)).unwrap_or(u32::MAX);
    let limit = terms.total.share(share);
    if terms.advance_max > limit {
        let details = [Detail::Need(terms.advance_max.0), Detail::Limit(limit.0)];
        return Err(Rejection::new(Code::AdvanceLimit, &details));
    }
    let days = terms.to.0.checked_sub(terms.from.0).ok_or(Code::Term)?;
    let days = u64::from(days).saturating_add(1);
    let limit = parameter(view, Parameter::TermDays);
    if days > limit {
        return Err(Rejection::new(Code::Term, &[Detail::Need(days), Detail::Limit(limit)]));
    }
    ensure(terms.provider != terms.purchaser, Code::RelatedBeneficiary)
}

/// Purchaser and provider, in whichever order, two persons: who they are, the purchaser first.
fn check_signers(
    view: &View<'_>,
    parties: &[Party],
    terms: &ContractTerms,
) -> Result<[Option<Signatory>; 2], Rejection> {
    let signed = signers::both(parties, |purchaser, provider| {
        let purchaser =
            officer_of(view, purchaser, &[Role::Purchaser], &terms.place, terms.purchaser)?;
        let provider = signers::provider(view, provider, terms.provider, &terms.place)?;
        Ok((purchaser, provider))
    })?;
    let (purchaser, provider) = signed;
    let buyer = Signatory::of(&purchaser);
    let same = provider.is_some_and(|provider| provider.is(view, &buyer));
    ensure(!same, Code::DuplicateApprover)?;
    ensure(!signers::related(view, &purchaser, terms.provider), Code::RelatedApprover)?;
    Ok([Some(buyer), provider])
}

/// Chooses the fen of a contract: compatible with its use, and in time. Source: FND-9.2.
///
/// Each earmark and each donor is judged once; a second choice happens only if money was passed over because of its
/// payee alone, to say so.
fn select(view: &View<'_>, terms: &ContractTerms) -> Result<Vec<Segment>, Rejection> {
    let from = FundAccount::Available(terms.fund);
    let have = balance(view, from);
    if have < terms.total {
        let details = [Detail::Need(terms.total.0), Detail::Have(have.0)];
        return Err(Rejection::new(Code::InsufficientCompatible, &details));
    }
    let today = view.now().day();
    let judged = RefCell::new(BTreeMap::new());
    let relatives = RefCell::new(BTreeMap::new());
    let relative = |earmark: &Earmark| {
        let judge = || earmark.is_of_relative(view, terms.provider);
        *relatives.borrow_mut().entry((earmark.donor, earmark.class)).or_insert_with(judge)
    };
    let judge = |lot: &Lot| {
        *judged
            .borrow_mut()
            .entry(lot.rank())
            .or_insert_with(|| Verdict::of(view, terms, lot, today, relative))
    };
    let select = |allowed: &[Verdict]| {
        let allowed = |lot: &Lot| allowed.contains(&judge(lot));
        money::select(view, &from.key(), terms.total, Order::Ascending, allowed)
    };
    select(&[Verdict::Fits]).map_err(|no| {
        let passed_over = judged.borrow().values().any(|verdict| *verdict == Verdict::Excluded);
        let excluded = no.code == Code::InsufficientCompatible
            && passed_over
            && select(&[Verdict::Fits, Verdict::Excluded]).is_ok();
        if excluded { Rejection::new(Code::RelatedBeneficiary, &no.details) } else { no }
    })
}

/// What an earmark says of a use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Fits,
    /// It would fit if another were paid. Source: FND-5.4.
    Excluded,
    Unfit,
}

impl Verdict {
    fn of(
        view: &View<'_>,
        terms: &ContractTerms,
        lot: &Lot,
        today: Day,
        relative: impl Fn(&Earmark) -> bool,
    ) -> Self {
        let earmark = view.get::<Earmark>(&lot.earmark);
        let Some(earmark) = earmark.filter(|earmark| in_time(earmark, lot, today)) else {
            return Self::Unfit;
        };
        let fits = |exclusion| earmark.compatible(&terms.wanted(), exclusion);
        if fits(Exclusion::Observed) && !relative(&earmark) {
            Self::Fits
        } else if fits(Exclusion::Ignored) {
            Self::Excluded
        } else {
            Self::Unfit
        }
    }
}
