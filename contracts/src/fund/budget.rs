//! This exists to say what may be bought and how much may be spent: catalogue, budgets, lines. Source:
//! FND-7, FND-8, `domain` §3.3, §3.4.

use super::calls::{LineTerms, Listing};
use super::fiscal::is_closed;
use super::records::{Budget, BudgetOfYear, BudgetState, CatalogueItem, Fund, Line, Signatory};
use super::signers;
use super::source::NAME_BYTES_MAX;
use crate::registry::Role;
use crate::registry::roles::{governance, officer_of};
use crate::text::{check_code, check_text};
use linli_ledger::amount::Fen;
use linli_ledger::code::{Code, Detail, Rejection, ensure};
use linli_ledger::codec::encode;
use linli_ledger::contract::Party;
use linli_ledger::hash::{Digest, Domain, digest};
use linli_ledger::types::RecordId;
use linli_ledger::view::View;
use std::collections::BTreeSet;

/// Lines of a budget: a sub-district's has about forty.
const LINES_MAX: usize = 64;
/// The longest code of a line or of the catalogue.
const CODE_BYTES_MAX: usize = 16;
/// Governance organisations that change the catalogue together.
const CATALOGUE_SIGNERS: usize = 2;
/// Fiscal years that make sense.
const YEARS: std::ops::RangeInclusive<u32> = 2000..=2999;

/// The hash that the approval of a budget names. Source: FND-8.3.
pub fn budget_hash(fund: RecordId, year: u32, lines: &[LineTerms]) -> Digest {
    digest(Domain::Document, &encode(&(fund, year, lines)))
}

/// Lists a service that may be bought, or one that must not; a second call changes the first.
///
/// # Errors
/// In this order: [`Code::Text`]; [`Code::GovernanceQuorum`] without two governance organisations.
///
/// Source: FND-7.1.
pub(super) fn list(
    view: &mut View<'_>,
    parties: &[Party],
    code: &str,
    name: &str,
    listing: Listing,
) -> Result<(), Rejection> {
    check_catalogue_code(code)?;
    check_text(name, NAME_BYTES_MAX)?;
    let signed = governance(view, parties)?;
    ensure(signed.len() >= CATALOGUE_SIGNERS, Code::GovernanceQuorum)?;
    let item = CatalogueItem { code: code.into(), name: name.into(), listing };
    view.put(&catalogue_id(code), &item);
    Ok(())
}

/// The identifier of a catalogue code: its bytes, padded with zeros.
pub fn catalogue_id(code: &str) -> [u8; 16] {
    let mut id = [0; CODE_BYTES_MAX];
    for (to, from) in id.iter_mut().zip(code.bytes()) {
        *to = from;
    }
    id
}

/// Checks that text is a catalogue code or the prefix of one.
///
/// # Errors
/// [`Code::Text`].
pub(super) fn check_catalogue_code(code: &str) -> Result<(), Rejection> {
    check_code(code, CODE_BYTES_MAX, u8::is_ascii_alphanumeric)
}

/// Checks that a service may be bought.
///
/// # Errors
/// In this order: [`Code::CatalogUnknown`], [`Code::CatalogNegative`].
///
/// Source: FND-7.2.
pub(super) fn check_listed(view: &View<'_>, code: &str) -> Result<(), Rejection> {
    check_catalogue_code(code).map_err(|_| Code::CatalogUnknown)?;
    let item = view.get::<CatalogueItem>(&catalogue_id(code)).ok_or(Code::CatalogUnknown)?;
    match item.listing {
        Listing::Listed => Ok(()),
        Listing::Negative => Err(Code::CatalogNegative.into()),
    }
}

/// Writes a draft.
///
/// # Errors
/// In this order: [`Code::Cosign`]; [`Code::TooManyLines`] for none or more than 64;
/// [`Code::TimeWindow`] for a year that is none; for each line [`Code::Text`], [`Code::AmountZero`],
/// [`Code::AmountRange`], [`Code::Exists`] for a code that comes twice; [`Code::AmountOverflow`];
/// [`Code::NotFound`] for the fund; as `officer_of` for the budget officer; [`Code::PeriodClosed`];
/// [`Code::Exists`] where the year has an effective budget; [`Code::CatalogUnknown`], [`Code::CatalogNegative`].
///
/// Source: FND-8.1.
pub(super) fn draft(
    view: &mut View<'_>,
    parties: &[Party],
    fund_id: RecordId,
    year: u32,
    lines: &[LineTerms],
) -> Result<(), Rejection> {
    let party = signers::only(parties)?;
    if !(1..=LINES_MAX).contains(&lines.len()) {
        let limit = Detail::Limit(u64::try_from(LINES_MAX).unwrap_or(u64::MAX));
        return Err(Rejection::new(Code::TooManyLines, &[limit]));
    }
    ensure(YEARS.contains(&year), Code::TimeWindow)?;
    let mut codes = BTreeSet::new();
    for line in lines {
        check_text(&line.code, CODE_BYTES_MAX)?;
        check_text(&line.name, NAME_BYTES_MAX)?;
        line.approved.check()?;
        ensure(codes.insert(line.code.as_str()), Code::Exists)?;
    }
    Fen::sum(lines.iter().map(|line| line.approved))?;
    let fund = view.get::<Fund>(&fund_id).ok_or(Code::NotFound)?;
    let officer = officer_of(view, party, &[Role::BudgetOfficer], &fund.scope, fund.organisation)?;
    ensure(!is_closed(view, fund_id, year), Code::PeriodClosed)?;
    ensure(!view.has::<BudgetOfYear>(&(fund_id, year)), Code::Exists)?;
    lines.iter().try_for_each(|line| check_listed(view, &line.catalogue))?;

    let id = RecordId(view.new_identifier());
    let mut ids = Vec::with_capacity(lines.len());
    for terms in lines {
        let line = RecordId(view.new_identifier());
        let record = Line {
            budget: id,
            fund: fund_id,
            terms: terms.clone(),
            committed: Fen::ZERO,
            paid: Fen::ZERO,
        };
        view.put(&line, &record);
        ids.push(line);
    }
    let budget = Budget {
        fund: fund_id,
        year,
        hash: budget_hash(fund_id, year, lines),
        drafter: Signatory::of(&officer),
        lines: ids,
        state: BudgetState::Draft,
    };
    view.put(&id, &budget);
    Ok(())
}

/// Makes a draft effective.
///
/// # Errors
/// In this order: [`Code::Cosign`]; [`Code::NotFound`]; as `officer_of` for the budget officer;
/// [`Code::SelfApproval`]; [`Code::State`] unless it is a draft; [`Code::ApprovalStale`] for another
/// hash; [`Code::PeriodClosed`]; [`Code::Exists`] where the year has an effective budget.
///
/// Source: FND-8.2, SOD-1.
pub(super) fn approve(
    view: &mut View<'_>,
    parties: &[Party],
    id: RecordId,
    hash: Digest,
) -> Result<(), Rejection> {
    let party = signers::only(parties)?;
    let mut budget = view.get::<Budget>(&id).ok_or(Code::NotFound)?;
    let fund = view.get::<Fund>(&budget.fund).ok_or(Code::NotFound)?;
    let officer = officer_of(view, party, &[Role::BudgetOfficer], &fund.scope, fund.organisation)?;
    let approver = Signatory::of(&officer);
    ensure(!approver.is(view, &budget.drafter), Code::SelfApproval)?;
    match budget.state {
        BudgetState::Draft => {}
        BudgetState::Effective { .. } => return Err(Code::State.into()),
    }
    ensure(hash == budget.hash, Code::ApprovalStale)?;
    let year = (budget.fund, budget.year);
    ensure(!is_closed(view, budget.fund, budget.year), Code::PeriodClosed)?;
    ensure(!view.has::<BudgetOfYear>(&year), Code::Exists)?;
    budget.state = BudgetState::Effective { approver };
    view.put(&id, &budget);
    view.put(&year, &BudgetOfYear(id));
    Ok(())
}

impl Line {
    /// Binds money to the line.
    ///
    /// # Errors
    /// [`Code::BudgetExceeded`] with `Need`, `Limit` and `Over`. Source: FND-8.4, INV-M7.
    pub(super) fn commit(&mut self, amount: Fen) -> Result<(), Rejection> {
        let committed = self.committed.plus(amount)?;
        let used = committed.plus(self.paid)?;
        let over = used.less(self.terms.approved);
        if over > Fen::ZERO {
            let details = [
                Detail::Need(amount.0),
                Detail::Limit(self.terms.approved.0),
                Detail::Over(over.0),
            ];
            return Err(Rejection::new(Code::BudgetExceeded, &details));
        }
        self.committed = committed;
        Ok(())
    }

    /// What was bound is paid.
    pub(super) fn pay(&mut self, amount: Fen) -> Result<(), Rejection> {
        self.committed = self.committed.less(amount);
        self.paid = self.paid.plus(amount)?;
        Ok(())
    }

    /// What was paid is bound again: the bank returned it, or never paid it.
    pub(super) fn unpay(&mut self, amount: Fen) {
        self.paid = self.paid.less(amount);
        self.committed = Fen(self.committed.0.saturating_add(amount.0));
    }

    /// What was paid came back from the provider: it may be spent again.
    pub(super) fn refund(&mut self, amount: Fen) {
        self.paid = self.paid.less(amount);
    }

    /// What was bound is free again.
    pub(super) fn release(&mut self, amount: Fen) {
        self.committed = self.committed.less(amount);
    }
}
