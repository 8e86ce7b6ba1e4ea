//! This exists to call things by the names that the office uses. People are called by their post or
//! their pseudonym: nobody else's name is in an input.

use crate::donations::Donations;
use linli_ledger::types::{EarmarkId, EnrolmentId, OrganisationId, PersonId, RecordId};
use std::collections::BTreeMap;

/// What people call the identifiers of a plan, whether or not the ledger accepts them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    /// Organisations by their public name.
    pub(crate) organisations: BTreeMap<OrganisationId, String>,
    /// Persons in office by the code of their post.
    pub(crate) persons: BTreeMap<PersonId, String>,
    /// Residents by pseudonym.
    pub(crate) residents: BTreeMap<EnrolmentId, String>,
    /// Sources of money by their code, under the earmark that each issue creates.
    pub(crate) sources: BTreeMap<EarmarkId, String>,
    /// Sources that were in suspense, by the bank's reference: the plan does not know their earmark.
    pub(crate) resolved: BTreeMap<[u8; 32], String>,
    /// The lists of small donations, under the earmark that the issue of their source creates.
    pub(crate) donations: Donations,
    /// Everything else: programmes, rules, activities, rewards, vouchers, funds, budgets, lines,
    /// contracts, payments.
    pub(crate) records: BTreeMap<RecordId, String>,
}
