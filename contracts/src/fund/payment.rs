//! This exists to ask for payments, and to keep what a request holds (its invoice, its share of the
//! contract, its fen) in step with where it stands. Source: FND-11, `domain` §3.6.

use super::accounts::FundAccount;
use super::calls::{PaymentKind, PaymentTerms};
use super::records::{
    Decided, Fund, Invoice, OPEN_MAX, Payment, PaymentState, ServiceContract, Signatory,
    Unanswered, Waiting,
};
use super::{approval, signers};
use crate::registry::Role;
use crate::registry::roles::officer_of;
use linli_ledger::amount::Fen;
use linli_ledger::code::{Code, Detail, Rejection, ensure};
use linli_ledger::codec::encode;
use linli_ledger::contract::Party;
use linli_ledger::hash::{Digest, Domain, digest};
use linli_ledger::posting::money;
use linli_ledger::types::{BlockTime, OrganisationId, RecordId};
use linli_ledger::view::View;

/// The hash that approvals of a payment name. Source: FND-11.5.
pub fn request_hash(payment: RecordId, terms: &PaymentTerms, revision: u32) -> Digest {
    digest(Domain::Document, &encode(&(payment, terms, revision)))
}

/// A payment with all that it touches, as of now: approvals that are too old are gone.
pub(super) struct Case {
    pub(super) id: RecordId,
    pub(super) payment: Payment,
    pub(super) contract: ServiceContract,
    pub(super) fund: Fund,
}

impl Case {
    /// Reads a payment; approvals that grew too old lapse on the way.
    ///
    /// # Errors
    /// [`Code::NotFound`].
    pub(super) fn load(view: &mut View<'_>, id: RecordId) -> Result<Self, Rejection> {
        let payment = view.get::<Payment>(&id).ok_or(Code::NotFound)?;
        let contract =
            view.get::<ServiceContract>(&payment.terms.contract).ok_or(Code::NotFound)?;
        let fund = view.get::<Fund>(&contract.terms.fund).ok_or(Code::NotFound)?;
        let mut case = Self { id, payment, contract, fund };
        case.lapse(view)?;
        Ok(case)
    }

    /// As [`Case::load`], and the other payments that count for its tier are as of now too.
    ///
    /// # Errors
    /// [`Code::NotFound`].
    pub(super) fn load_settled(view: &mut View<'_>, id: RecordId) -> Result<Self, Rejection> {
        let payment = view.get::<Payment>(&id).ok_or(Code::NotFound)?;
        let contract = payment.terms.contract;
        let known = view.get::<ServiceContract>(&contract).ok_or(Code::NotFound)?;
        settled(view, contract, &known)?;
        for (other, _) in approval::decided(view, &known, approval::window(view)) {
            let payment = view.get::<Payment>(&other).ok_or(Code::NotFound)?;
            if payment.is_too_old(view.now()) {
                Self::load(view, other)?;
            }
        }
        Self::load(view, id)
    }

    /// The same whether the sweep has come or not. Source: FND-12.6.
    fn lapse(&mut self, view: &mut View<'_>) -> Result<(), Rejection> {
        let now = view.now();
        match self.payment.state {
            PaymentState::Requested => {
                let before = self.payment.approvals.len();
                self.payment.approvals.retain(|approval| now < approval.until);
                if self.payment.approvals.len() < before {
                    self.save(view);
                }
            }
            PaymentState::Approved(_) if self.payment.is_too_old(now) => {
                self.give_back(view)?;
                self.payment.state = PaymentState::Lapsed;
                self.save(view);
            }
            PaymentState::Approved(_)
            | PaymentState::Instructed(_)
            | PaymentState::Confirmed(_)
            | PaymentState::Failed { .. }
            | PaymentState::Refused { .. }
            | PaymentState::Lapsed
            | PaymentState::Returned(_) => {}
        }
        Ok(())
    }

    /// Writes payment and contract.
    pub(super) fn save(&self, view: &mut View<'_>) {
        view.put(&self.id, &self.payment);
        view.put(&self.payment.terms.contract, &self.contract);
    }

    /// What must not be frozen if its fen are to move.
    pub(super) fn objects(&self) -> [RecordId; 3] {
        [self.contract.terms.fund, self.payment.terms.contract, self.id]
    }

    /// What approvals name.
    pub(super) fn hash(&self) -> Digest {
        request_hash(self.id, &self.payment.terms, self.payment.revision)
    }

    /// An open request takes its invoice and its share of the contract.
    ///
    /// # Errors
    /// In this order: [`Code::PayeeMismatch`]; [`Code::PersonLimit`] for too many open payments;
    /// [`Code::AdvanceLimit`]; [`Code::NotFound`], [`Code::NotAccepted`] for a milestone;
    /// [`Code::OverAccepted`]; [`Code::InvoiceDuplicate`].
    ///
    /// Source: FND-11.2, FND-11.3, FND-11.4.
    fn claim(&mut self, view: &mut View<'_>) -> Result<(), Rejection> {
        let terms = &self.payment.terms;
        let known = self.contract.terms.payee_account;
        ensure(terms.payee_account == known, Code::PayeeMismatch)?;
        ensure(self.contract.open.len() < OPEN_MAX, Code::PersonLimit)?;
        self.contract.claim(terms.kind, terms.amount)?;
        if let Some(Invoice(holder)) = view.get::<Invoice>(&terms.invoice) {
            // The holder may have lapsed without anybody having noticed.
            Self::load(view, holder)?;
        }
        ensure(!view.has::<Invoice>(&terms.invoice), Code::InvoiceDuplicate)?;
        view.put(&terms.invoice, &Invoice(self.id));
        view.put(&self.waiting(), &Waiting(terms.amount));
        self.contract.open.push(self.id);
        Ok(())
    }

    /// The key under which its amount counts while it waits for approvals. Source: FND-13.1.
    pub(super) fn waiting(&self) -> (RecordId, OrganisationId, RecordId) {
        let (fund, provider) = self.contract.payee();
        (fund, provider, self.id)
    }

    /// The key under which its amount counts once its approval is complete. Source: FND-13.1.
    pub(super) fn decided(&self, at: BlockTime) -> (RecordId, OrganisationId, BlockTime, RecordId) {
        let (fund, provider) = self.contract.payee();
        (fund, provider, at, self.id)
    }

    /// The key under which the bank owes an answer. Source: FND-26.
    pub(super) fn unanswered(&self, at: BlockTime) -> (RecordId, BlockTime, RecordId) {
        (self.contract.terms.fund, at, self.id)
    }

    /// What an open payment holds returns: invoice, share of the contract, approvals, and exactly the
    /// same fen.
    pub(super) fn give_back(&mut self, view: &mut View<'_>) -> Result<(), Rejection> {
        let terms = &self.payment.terms;
        let (account, decision) = match self.payment.state {
            PaymentState::Approved(decision) => (FundAccount::Reserved(self.id), Some(decision)),
            PaymentState::Instructed(instruction) => {
                (FundAccount::InFlight(self.id), Some(instruction.decision))
            }
            PaymentState::Requested => (FundAccount::Reserved(self.id), None),
            PaymentState::Confirmed(_)
            | PaymentState::Failed { .. }
            | PaymentState::Refused { .. }
            | PaymentState::Lapsed
            | PaymentState::Returned(_) => return Ok(()),
        };
        if let Some(decision) = decision {
            let to = FundAccount::Committed(terms.contract).key();
            money::transfer(view, &account.key(), &to, &self.payment.segments)?;
            view.remove::<Decided>(&self.decided(decision.at));
            if let PaymentState::Instructed(instruction) = self.payment.state {
                view.remove::<Unanswered>(&self.unanswered(instruction.at));
            }
        } else {
            view.remove::<Waiting>(&self.waiting());
        }
        view.remove::<Invoice>(&terms.invoice);
        self.contract.unclaim(terms.kind, terms.amount);
        self.contract.open.retain(|open| *open != self.id);
        self.payment.segments.clear();
        self.payment.approvals.clear();
        self.payment.no_objection = None;
        Ok(())
    }
}

impl Payment {
    /// Whether the approvals of a payment that is approved have grown too old.
    fn is_too_old(&self, now: BlockTime) -> bool {
        match self.state {
            PaymentState::Approved(decision) => decision.until <= now,
            PaymentState::Requested
            | PaymentState::Instructed(_)
            | PaymentState::Confirmed(_)
            | PaymentState::Failed { .. }
            | PaymentState::Refused { .. }
            | PaymentState::Lapsed
            | PaymentState::Returned(_) => false,
        }
    }
}

impl ServiceContract {
    /// Open and confirmed advances and payments of milestones together.
    pub fn claimed(&self) -> Fen {
        let milestones = self.milestones.iter().map(|milestone| milestone.claimed);
        milestones.fold(self.advance_claimed, |sum, claimed| Fen(sum.0.saturating_add(claimed.0)))
    }

    /// The most that may be open and confirmed together: what was accepted, and the advance as far
    /// as there are milestones that it may stand for.
    ///
    /// So the advance is part of the milestones: it counts against those that are accepted last, or
    /// that nobody ever claims. Source: FND-11.3.
    pub fn payable(&self) -> Fen {
        let (mut accepted, mut pending) = (0_u64, 0_u64);
        for (position, terms) in (0_u32..).zip(&self.terms.milestones) {
            match self.accepted(position) {
                Some(value) => accepted = accepted.saturating_add(value.0),
                None => pending = pending.saturating_add(terms.amount.0),
            }
        }
        Fen(accepted.saturating_add(pending.min(self.terms.advance_max.0)))
    }

    fn claim(&mut self, kind: PaymentKind, amount: Fen) -> Result<(), Rejection> {
        let within = |code: Code, sum: Fen, limit: Fen| {
            let details = [Detail::Need(sum.0), Detail::Limit(limit.0)];
            if sum <= limit { Ok(sum) } else { Err(Rejection::new(code, &details)) }
        };
        let all = self.claimed().plus(amount)?;
        match kind {
            PaymentKind::Advance => {
                let sum = self.advance_claimed.plus(amount)?;
                within(Code::AdvanceLimit, sum, self.terms.advance_max)?;
                within(Code::OverAccepted, all, self.payable())?;
                self.advance_claimed = sum;
            }
            PaymentKind::Milestone(position) => {
                let sum = self.milestone(position)?.claimed.plus(amount)?;
                let accepted = self.accepted(position).ok_or(Code::NotAccepted)?;
                within(Code::OverAccepted, sum, accepted)?;
                within(Code::OverAccepted, all, self.payable())?;
                self.milestone_mut(position)?.claimed = sum;
            }
            PaymentKind::Performance => {
                let sum = self.withheld.linked_claimed.plus(amount)?;
                let earned = self.withheld.earned.ok_or(Code::NotAccepted)?;
                within(Code::OverAccepted, sum, earned)?;
                self.withheld.linked_claimed = sum;
            }
            PaymentKind::Retention => {
                let sum = self.withheld.retention_claimed.plus(amount)?;
                ensure(self.withheld.retention_released, Code::NotAccepted)?;
                within(Code::OverAccepted, sum, self.withheld.terms.retention)?;
                self.withheld.retention_claimed = sum;
            }
        }
        Ok(())
    }

    pub(super) fn unclaim(&mut self, kind: PaymentKind, amount: Fen) {
        match kind {
            PaymentKind::Advance => self.advance_claimed = self.advance_claimed.less(amount),
            PaymentKind::Milestone(position) => {
                if let Ok(milestone) = self.milestone_mut(position) {
                    milestone.claimed = milestone.claimed.less(amount);
                }
            }
            PaymentKind::Performance => {
                self.withheld.linked_claimed = self.withheld.linked_claimed.less(amount);
            }
            PaymentKind::Retention => {
                self.withheld.retention_claimed = self.withheld.retention_claimed.less(amount);
            }
        }
    }
}

/// Asks for a payment.
///
/// # Errors
/// In this order: [`Code::Cosign`]; [`Code::AmountZero`], [`Code::AmountRange`]; [`Code::NotFound`];
/// as `officer_of` for the fund administrator; [`Code::RelatedApprover`] for who is related to the
/// provider, and signed or delivered for it; [`Code::SodAcceptance`] for
/// who accepted something of the contract or signed it for the purchaser; [`Code::State`] for a closed
/// contract; then as [`Case::claim`].
///
/// Source: FND-11.1, FND-17, SOD-3, SOD-6.
pub(super) fn request(
    view: &mut View<'_>,
    parties: &[Party],
    terms: &PaymentTerms,
) -> Result<(), Rejection> {
    let party = signers::only(parties)?;
    terms.amount.check()?;
    let contract = view.get::<ServiceContract>(&terms.contract).ok_or(Code::NotFound)?;
    let fund = view.get::<Fund>(&contract.terms.fund).ok_or(Code::NotFound)?;
    let maker = maker(view, party, &contract, &fund)?;
    contract.check_active()?;
    let contract = settled(view, terms.contract, &contract)?;
    let id = RecordId(view.new_identifier());
    let payment = Payment {
        terms: terms.clone(),
        revision: 0,
        maker,
        requested_at: view.now(),
        approvals: Vec::new(),
        no_objection: None,
        segments: Vec::new(),
        returned: Vec::new(),
        reversed: None,
        state: PaymentState::Requested,
    };
    let mut case = Case { id, payment, contract, fund };
    case.claim(view)?;
    signers::remember(&mut case.contract.makers, maker);
    case.save(view);
    Ok(())
}

/// Changes a request that is not instructed, or that is back with its maker; approvals start again.
///
/// # Errors
/// In this order: [`Code::Cosign`]; [`Code::AmountZero`], [`Code::AmountRange`]; [`Code::NotFound`];
/// as `officer_of`; [`Code::RelatedApprover`]; [`Code::SodAcceptance`]; [`Code::Role`] for another
/// person than the maker; [`Code::State`] once it is instructed, for another contract, and for a
/// closed one; then as [`Case::claim`].
///
/// Source: FND-11.6.
pub(super) fn edit(
    view: &mut View<'_>,
    parties: &[Party],
    id: RecordId,
    terms: &PaymentTerms,
) -> Result<(), Rejection> {
    let party = signers::only(parties)?;
    terms.amount.check()?;
    let mut case = Case::load(view, id)?;
    let maker = maker(view, party, &case.contract, &case.fund)?;
    ensure(maker.is(view, &case.payment.maker), Code::Role)?;
    match case.payment.state {
        PaymentState::Requested
        | PaymentState::Approved(_)
        | PaymentState::Refused { .. }
        | PaymentState::Lapsed => {}
        PaymentState::Instructed(_)
        | PaymentState::Confirmed(_)
        | PaymentState::Failed { .. }
        | PaymentState::Returned(_) => return Err(Code::State.into()),
    }
    ensure(terms.contract == case.payment.terms.contract, Code::State)?;
    case.contract.check_active()?;
    case.give_back(view)?;
    case.payment.terms = terms.clone();
    case.payment.revision = case.payment.revision.saturating_add(1);
    case.payment.requested_at = view.now();
    case.payment.state = PaymentState::Requested;
    case.save(view);
    case.contract = settled(view, terms.contract, &case.contract)?;
    case.claim(view)?;
    case.save(view);
    Ok(())
}

/// Who may ask for payments of a contract.
fn maker(
    view: &View<'_>,
    party: &Party,
    contract: &ServiceContract,
    fund: &Fund,
) -> Result<Signatory, Rejection> {
    let roles = [Role::FundAdministrator];
    let officer = officer_of(view, party, &roles, &fund.scope, fund.organisation)?;
    let related = signers::related(view, &officer, contract.terms.provider);
    let maker = Signatory::of(&officer);
    ensure(!related && !maker.among(view, contract.sellers()), Code::RelatedApprover)?;
    let acceptors: Vec<Signatory> = contract.acceptors().collect();
    let others = acceptors.iter().chain(contract.buyer());
    ensure(!maker.among(view, others), Code::SodAcceptance)?;
    Ok(maker)
}

/// The contract after all its open payments that have lapsed are settled.
pub(super) fn settled(
    view: &mut View<'_>,
    id: RecordId,
    contract: &ServiceContract,
) -> Result<ServiceContract, Rejection> {
    for open in &contract.open {
        Case::load(view, *open)?;
    }
    view.get::<ServiceContract>(&id).ok_or_else(|| Code::NotFound.into())
}
