//! This exists to decide who may approve a payment and when it is approved: tiers over what was asked
//! for together, not over one request. Source: FND-12, FND-13, `domain` §1.4.

use super::accounts::FundAccount;
use super::freeze::check_free;
use super::payment::Case;
use super::reading::every;
use super::records::{
    Approval, Decided, Decision, Line, Payment, PaymentState, ServiceContract, Signatory, Tier,
    Waiting,
};
use super::signers;
use crate::registry::Role;
use crate::registry::roles::{Officer, Parameter, officer, parameter};
use linli_ledger::amount::Fen;
use linli_ledger::code::{Code, Detail, Rejection, ensure};
use linli_ledger::contract::Party;
use linli_ledger::due;
use linli_ledger::hash::Digest;
use linli_ledger::limits::RANGE_MAX;
use linli_ledger::posting::money;
use linli_ledger::types::{BlockTime, OrganisationId, RecordId};
use linli_ledger::view::{Order, View};
use std::collections::BTreeSet;

/// What falls due: approvals of a payment grow too old.
pub(super) const DUE_APPROVALS: u8 = 1;

impl Tier {
    /// The tier of an amount. Source: `domain` §1.4.
    pub fn of(amount: Fen, limits: &[Fen; 3]) -> Self {
        let [zero, one, two] = *limits;
        if amount <= zero {
            Self::Zero
        } else if amount <= one {
            Self::One
        } else if amount <= two {
            Self::Two
        } else {
            Self::Three
        }
    }

    /// The least levels of the approvers, greatest first. Source: `domain` §1.4.
    pub const fn levels(self) -> &'static [u8] {
        match self {
            Self::Zero => &[1],
            Self::One => &[2, 1],
            Self::Two => &[2, 2],
            Self::Three => &[3, 2, 2],
        }
    }

    /// Whether the council must have resolved the budget line.
    pub const fn needs_council(self) -> bool {
        match self {
            Self::Zero | Self::One | Self::Three => false,
            Self::Two => true,
        }
    }

    /// How many of the required approvals there are: each counts once, where it helps most.
    pub fn filled(self, approvals: &[Approval]) -> usize {
        let mut levels: Vec<u8> = approvals.iter().map(|approval| approval.level).collect();
        levels.sort_unstable();
        let mut filled = 0_usize;
        for required in self.levels() {
            if levels.last().is_some_and(|best| best >= required) {
                levels.pop();
                filled = filled.saturating_add(1);
            }
        }
        filled
    }

    /// Whether nothing is missing.
    pub fn satisfied(self, approvals: &[Approval]) -> bool {
        self.filled(approvals) == self.levels().len()
    }
}

/// What the tier of a payment follows from.
struct Weight {
    tier: Tier,
    cumulative: Fen,
    limits: [Fen; 3],
    window_from: BlockTime,
}

/// Since when decided payments count for a tier.
pub(super) fn window(view: &View<'_>) -> BlockTime {
    view.now().minus(parameter(view, Parameter::TierWindow))
}

/// The payments of a contract's fund to its provider whose approval was complete since then and still
/// stands.
pub(super) fn decided(
    view: &View<'_>,
    contract: &ServiceContract,
    since: BlockTime,
) -> Vec<(RecordId, Fen)> {
    let payee = contract.payee();
    let mut last = (payee.0, payee.1, since.minus(1), RecordId([u8::MAX; 32]));
    let mut out = Vec::new();
    loop {
        let page = view.range_after::<Decided>(&payee, &last, RANGE_MAX);
        let Some((end, _)) = page.last() else {
            return out;
        };
        last = *end;
        out.extend(page.iter().map(|((_, _, _, payment), decided)| (*payment, decided.0)));
    }
}

/// Adds up what a fund pays to a provider, over all their contracts: requests that wait, however old
/// they are, and what was approved within the window. A maker who waits, asks twice, or splits a
/// contract gains nothing. Source: FND-13.1.
fn weigh(view: &View<'_>, case: &Case) -> Weight {
    let window_from = window(view);
    let waiting = every::<Waiting>(view, &case.contract.payee());
    let waiting = waiting.into_iter().map(|((_, _, payment), waiting)| (payment, waiting.0));
    let cumulative = waiting
        .chain(decided(view, &case.contract, window_from))
        .filter(|(payment, _)| *payment != case.id)
        .fold(case.payment.terms.amount, |sum, (_, amount)| Fen(sum.0.saturating_add(amount.0)));
    let limits = [Parameter::TierZeroMax, Parameter::TierOneMax, Parameter::TierTwoMax]
        .map(|limit| Fen(parameter(view, limit)));
    Weight { tier: Tier::of(cumulative, &limits), cumulative, limits, window_from }
}

/// Approves a payment, or says for the regulator that there is no objection. With the last approval
/// the fen are chosen and reserved.
///
/// # Errors
/// In this order: [`Code::Cosign`]; [`Code::NotFound`]; as `officer` for an approver or a regulator;
/// [`Code::RelatedApprover`] for who is related to the provider, or signed or delivered for it;
/// [`Code::SelfApproval`] for the maker and for who signed for the purchaser;
/// [`Code::DuplicateApprover`] for a person who
/// approved already, with whichever key; [`Code::State`] unless it waits for approvals;
/// [`Code::ApprovalStale`] for another hash; [`Code::Frozen`];
/// [`Code::CouncilMissing`]; [`Code::ApproverLevel`] for an
/// approval that adds nothing to what is missing; [`Code::DuplicateApprover`] where too few
/// organisations would be among the approvers; [`Code::TooManySegments`].
///
/// Source: FND-12.1, FND-13.2, FND-17, SOD-1, SOD-2, SOD-3, INV-G1.
pub(super) fn approve(
    view: &mut View<'_>,
    parties: &[Party],
    id: RecordId,
    hash: Digest,
) -> Result<(), Rejection> {
    let party = signers::only(parties)?;
    let mut case = Case::load_settled(view, id)?;
    let regulator = officer(view, party, &[Role::Regulator], &case.fund.scope);
    if let Ok(regulator) = regulator {
        return permit(view, &regulator, case, hash);
    }
    let approver = officer(view, party, &[Role::Approver], &case.fund.scope)?;
    let by = independent(view, &approver, &case)?;
    ensure(!case.payment.signed_off(view, &by), Code::DuplicateApprover)?;
    match case.payment.state {
        PaymentState::Requested => {}
        PaymentState::Approved(_)
        | PaymentState::Instructed(_)
        | PaymentState::Confirmed(_)
        | PaymentState::Failed { .. }
        | PaymentState::Refused { .. }
        | PaymentState::Lapsed
        | PaymentState::Returned(_) => return Err(Code::State.into()),
    }
    ensure(hash == case.hash(), Code::ApprovalStale)?;
    check_free(view, &case.objects())?;

    let weight = weigh(view, &case);
    let line = view.get::<Line>(&case.contract.terms.line).ok_or(Code::NotFound)?;
    let resolved = line.terms.resolution.is_some();
    ensure(resolved || !weight.tier.needs_council(), Code::CouncilMissing)?;
    let Officer { organisation, level, .. } = approver;
    let until = view.now().plus(parameter(view, Parameter::ApprovalLife));
    add(view, &mut case.payment, weight.tier, Approval { by, organisation, level, until })?;
    signers::remember(&mut case.contract.payers, by);
    due::schedule(view, until, DUE_APPROVALS, id);
    if weight.tier.satisfied(&case.payment.approvals) {
        reserve(view, &mut case, &weight)?;
    }
    case.save(view);
    Ok(())
}

/// Adds an approval if it helps. Source: FND-13.2.
fn add(
    view: &View<'_>,
    payment: &mut Payment,
    tier: Tier,
    approval: Approval,
) -> Result<(), Rejection> {
    let approvals = &mut payment.approvals;
    let (before, required) = (tier.filled(approvals), tier.levels().len());
    approvals.push(approval);
    let after = tier.filled(approvals);
    // With a tier that has fallen meanwhile everything may be there already: then any will do.
    if after == before && before < required {
        let missing = tier.levels().first().copied().unwrap_or_default();
        let details = [Detail::Need(missing.into()), Detail::Have(approval.level.into())];
        return Err(Rejection::new(Code::ApproverLevel, &details));
    }
    if tier == Tier::Zero {
        return Ok(());
    }
    let wanted = parameter(view, Parameter::ApproverOrganisations);
    let wanted = usize::try_from(wanted).unwrap_or(usize::MAX).min(required);
    let organisations: BTreeSet<OrganisationId> =
        approvals.iter().map(|approval| approval.organisation).collect();
    let reachable = organisations.len().saturating_add(required.saturating_sub(after));
    ensure(reachable >= wanted, Code::DuplicateApprover)
}

/// Chooses the fen of an approved payment. Source: FND-12.3, `domain` §3.6.
fn reserve(view: &mut View<'_>, case: &mut Case, weight: &Weight) -> Result<(), Rejection> {
    let (contract, amount) = (case.payment.terms.contract, case.payment.terms.amount);
    let from = FundAccount::Committed(contract).key();
    // What a contract holds fitted its use when it was signed, and may be paid after it lapsed.
    let segments = money::select(view, &from, amount, Order::Ascending, |_| true)?;
    money::transfer(view, &from, &FundAccount::Reserved(case.id).key(), &segments)?;
    case.payment.segments = segments;
    let at = view.now();
    let until = case.payment.approvals.iter().map(|approval| approval.until).min();
    let decision = Decision {
        tier: weight.tier,
        cumulative: weight.cumulative,
        limits: weight.limits,
        window_from: weight.window_from,
        at,
        order: (view.height(), view.index()),
        until: until.unwrap_or(at),
    };
    view.remove::<Waiting>(&case.waiting());
    view.put(&case.decided(at), &Decided(amount));
    case.payment.state = PaymentState::Approved(decision);
    Ok(())
}

/// The regulator has no objection to a payment of tier 3. Source: FND-13.4.
fn permit(
    view: &mut View<'_>,
    regulator: &Officer,
    mut case: Case,
    hash: Digest,
) -> Result<(), Rejection> {
    let by = independent(view, regulator, &case)?;
    ensure(!case.payment.signed_off(view, &by), Code::DuplicateApprover)?;
    let tier = match case.payment.state {
        PaymentState::Requested => weigh(view, &case).tier,
        PaymentState::Approved(decision) => decision.tier,
        PaymentState::Instructed(_)
        | PaymentState::Confirmed(_)
        | PaymentState::Failed { .. }
        | PaymentState::Refused { .. }
        | PaymentState::Lapsed
        | PaymentState::Returned(_) => return Err(Code::State.into()),
    };
    ensure(hash == case.hash(), Code::ApprovalStale)?;
    ensure(tier == Tier::Three, Code::ApproverLevel)?;
    case.payment.no_objection = Some(by);
    signers::remember(&mut case.contract.payers, by);
    case.save(view);
    Ok(())
}

/// An approver or the regulator refuses; everything returns, the request is back with its maker.
///
/// # Errors
/// In this order: [`Code::Cosign`]; [`Code::NotFound`]; as `officer`; [`Code::RelatedApprover`];
/// [`Code::SelfApproval`]; [`Code::State`] unless it waits or is approved; [`Code::ApprovalStale`] for
/// another hash.
///
/// Source: FND-12.5.
pub(super) fn refuse(
    view: &mut View<'_>,
    parties: &[Party],
    id: RecordId,
    hash: Digest,
) -> Result<(), Rejection> {
    let party = signers::only(parties)?;
    let mut case = Case::load(view, id)?;
    let roles = [Role::Approver, Role::Regulator];
    let officer = officer(view, party, &roles, &case.fund.scope)?;
    let by = independent(view, &officer, &case)?;
    match case.payment.state {
        PaymentState::Requested | PaymentState::Approved(_) => {}
        PaymentState::Instructed(_)
        | PaymentState::Confirmed(_)
        | PaymentState::Failed { .. }
        | PaymentState::Refused { .. }
        | PaymentState::Lapsed
        | PaymentState::Returned(_) => return Err(Code::State.into()),
    }
    ensure(hash == case.hash(), Code::ApprovalStale)?;
    case.give_back(view)?;
    case.payment.state = PaymentState::Refused { by };
    case.save(view);
    Ok(())
}

/// Neither related to the payee nor the maker, and nobody who signed the contract. Source: FND-17.
fn independent(view: &View<'_>, officer: &Officer, case: &Case) -> Result<Signatory, Rejection> {
    let related = signers::related(view, officer, case.contract.terms.provider);
    let by = Signatory::of(officer);
    ensure(!related && !by.among(view, case.contract.sellers()), Code::RelatedApprover)?;
    let own = std::iter::once(&case.payment.maker).chain(case.contract.buyer());
    ensure(!by.among(view, own), Code::SelfApproval)?;
    Ok(by)
}

impl Payment {
    /// Whether somebody approved this revision, or had no objection to it.
    pub(super) fn signed_off(&self, view: &View<'_>, who: &Signatory) -> bool {
        let approvers = self.approvals.iter().map(|approval| &approval.by);
        who.among(view, approvers.chain(&self.no_objection))
    }
}

/// Approvals have grown too old: the same as a call would find. Source: FND-12.6, D18.
///
/// # Panics
/// If the reserved fen are not where approval put them: a bug.
pub(super) fn lapse(view: &mut View<'_>, id: RecordId) {
    let case = Case::load(view, id);
    assert!(case.is_ok(), "a payment and its contract stay, and reserved fen stay where they are");
}

#[cfg(test)]
mod tests {
    use super::*;
    use linli_ledger::types::PersonId;

    fn filled(tier: Tier, levels: &[u8]) -> usize {
        let approvals: Vec<Approval> = levels
            .iter()
            .map(|level| Approval {
                by: Signatory { person: PersonId::default() },
                organisation: OrganisationId::default(),
                level: *level,
                until: BlockTime(1),
            })
            .collect();
        tier.filled(&approvals)
    }

    #[test]
    fn each_approval_counts_once_where_it_helps_most() {
        let rows: [(Tier, &[u8], usize); 13] = [
            (Tier::Zero, &[], 0),
            (Tier::Zero, &[1], 1),
            (Tier::Zero, &[3, 1], 1),
            (Tier::One, &[1], 1),
            (Tier::One, &[1, 1], 1),
            (Tier::One, &[2], 1),
            (Tier::One, &[2, 2], 2),
            (Tier::One, &[1, 3], 2),
            (Tier::Two, &[1, 1], 0),
            (Tier::Two, &[2, 3], 2),
            (Tier::Three, &[2, 2], 2),
            (Tier::Three, &[3, 3, 3], 3),
            (Tier::Three, &[2, 2, 2], 2),
        ];
        for (tier, levels, expected) in rows {
            assert_eq!(filled(tier, levels), expected, "{tier:?} {levels:?}");
        }
    }

    #[test]
    fn the_greatest_amount_of_a_tier_is_inside_it() {
        let limits = [Fen(500_000), Fen(5_000_000), Fen(50_000_000)];
        let rows = [
            (1, Tier::Zero),
            (500_000, Tier::Zero),
            (500_001, Tier::One),
            (5_000_000, Tier::One),
            (5_000_001, Tier::Two),
            (50_000_000, Tier::Two),
            (50_000_001, Tier::Three),
        ];
        for (amount, tier) in rows {
            assert_eq!(Tier::of(Fen(amount), &limits), tier, "{amount}");
        }
    }
}
