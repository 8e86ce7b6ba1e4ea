//! This exists to find out who signs a call about money and to keep incompatible duties apart.
//! Source: FND-3, `domain` §1.2.

use super::records::{Fund, ServiceContract, Signatory};
use crate::registry::Role;
use crate::registry::relations::is_related_officer;
use crate::registry::roles::{Officer, officer_of, same_human};
use linli_ledger::code::{Code, Rejection, ensure};
use linli_ledger::contract::Party;
use linli_ledger::keys::{KeyOwner, KeyPurpose};
use linli_ledger::types::OrganisationId;
use linli_ledger::view::View;

impl Signatory {
    /// Who an officer is.
    pub fn of(officer: &Officer) -> Self {
        Self { person: officer.person }
    }

    /// Whether both are one human being, as far as is known now. Source: FND-3, REG-20.
    pub fn is(&self, view: &View<'_>, other: &Self) -> bool {
        same_human(view, self.person, other.person)
    }

    /// Whether she is one of these.
    pub(super) fn among<'a>(
        &self,
        view: &View<'_>,
        others: impl IntoIterator<Item = &'a Self>,
    ) -> bool {
        others.into_iter().any(|other| self.is(view, other))
    }
}

/// Remembers somebody once.
pub(super) fn remember(known: &mut Vec<Signatory>, who: Signatory) {
    if !known.contains(&who) {
        known.push(who);
    }
}

impl ServiceContract {
    /// Who signed for the purchaser, unless its own key did.
    pub(super) fn buyer(&self) -> Option<&Signatory> {
        let [purchaser, _] = &self.signed_by;
        purchaser.as_ref()
    }

    /// Who signed or delivered for the provider. Source: FND-17.
    pub(super) fn sellers(&self) -> impl Iterator<Item = &Signatory> {
        let [_, provider] = &self.signed_by;
        provider.iter().chain(&self.deliverers)
    }
}

/// The one signer of a call.
///
/// # Errors
/// [`Code::Cosign`] if there are several.
pub(super) fn only(parties: &[Party]) -> Result<&Party, Rejection> {
    match parties {
        [party] => Ok(party),
        [] | [_, ..] => Err(Code::Cosign.into()),
    }
}

/// Runs a rule about two signers, in whichever order they signed.
///
/// # Errors
/// [`Code::Cosign`] unless there are two; otherwise what the rule says of the order as signed.
pub(super) fn both<T>(
    parties: &[Party],
    rule: impl Fn(&Party, &Party) -> Result<T, Rejection>,
) -> Result<T, Rejection> {
    let [first, second] = parties else {
        return Err(Code::Cosign.into());
    };
    rule(first, second).or_else(|no| rule(second, first).map_err(|_| no))
}

/// Purchaser and fund administrator, in whichever order, two human beings.
///
/// # Errors
/// In this order: [`Code::Cosign`] unless two sign; as `officer_of`; [`Code::DuplicateApprover`].
pub(super) fn buyer_and_keeper(
    view: &View<'_>,
    parties: &[Party],
    contract: &ServiceContract,
    fund: &Fund,
) -> Result<(), Rejection> {
    let (purchaser, administrator) = both(parties, |purchaser, administrator| {
        let (place, organisation) = (&contract.terms.place, contract.terms.purchaser);
        let purchaser = officer_of(view, purchaser, &[Role::Purchaser], place, organisation)?;
        let role = [Role::FundAdministrator];
        let administrator = officer_of(view, administrator, &role, &fund.scope, fund.organisation)?;
        Ok((Signatory::of(&purchaser), Signatory::of(&administrator)))
    })?;
    ensure(!purchaser.is(view, &administrator), Code::DuplicateApprover)
}

/// Checks that a signer speaks for the fund's bank: its own key, or an officer of it.
///
/// # Errors
/// [`Code::BankKey`].
pub(super) fn bank(
    view: &View<'_>,
    party: &Party,
    fund: &Fund,
) -> Result<Option<Signatory>, Rejection> {
    speaks_for(view, party, Role::BankOfficer, &fund.scope, fund.bank)
        .map_err(|_| Code::BankKey.into())
}

/// Checks that a signer speaks for a provider: its own key, or an officer of it.
///
/// # Errors
/// [`Code::KeyPurpose`] for a device of the provider; as `officer_of`.
pub(super) fn provider(
    view: &View<'_>,
    party: &Party,
    provider: OrganisationId,
    place: &str,
) -> Result<Option<Signatory>, Rejection> {
    speaks_for(view, party, Role::ProviderOfficer, place, provider)
}

/// A device at a door speaks for nobody. Source: FND-3.
fn speaks_for(
    view: &View<'_>,
    party: &Party,
    role: Role,
    path: &str,
    organisation: OrganisationId,
) -> Result<Option<Signatory>, Rejection> {
    if party.owner == KeyOwner::Organisation(organisation) {
        ensure(party.purpose == KeyPurpose::Business, Code::KeyPurpose)?;
        return Ok(None);
    }
    let officer = officer_of(view, party, &[role], path, organisation)?;
    Ok(Some(Signatory::of(&officer)))
}

/// Whether an officer is related to an organisation today: works there, acts for it, or is joined with
/// it by what was declared. Source: FND-3, SOD-3, `domain` §1.3.
pub(super) fn related(view: &View<'_>, officer: &Officer, organisation: OrganisationId) -> bool {
    let today = view.now().day();
    is_related_officer(view, officer.person, officer.organisation, organisation, today)
}
