//! This exists to check what must hold of governance in any state.

use super::proposals::agreeing;
use super::records::{Node, OpenProposal, Proposal, ProposalState};
use crate::registry::invariants::{broken, records};
use crate::registry::roles;
use linli_ledger::contract::Broken;
use linli_ledger::crypto::PublicKey;
use linli_ledger::keys::{self, KeyOwner, KeyPurpose};
use linli_ledger::members::{self, BuildersRecord};
use linli_ledger::types::OrganisationId;
use linli_ledger::view::View;

/// INV-G11: members of the set and nodes that may connect have a living key of their organisation and of
/// the right purpose, and only members are noted as builders. INV-G12: a proposal is open, accepted or
/// ended as its ballots say, and found by its organisation while it has not ended.
///
/// # Errors
/// The first that does not hold.
///
/// Source: GOV-12.
pub(super) fn check(view: &View<'_>) -> Result<Vec<&'static str>, Broken> {
    let living = |key: &PublicKey, organisation: OrganisationId, purpose: KeyPurpose| {
        keys::find(view, key).is_some_and(|record| {
            record.owner == KeyOwner::Organisation(organisation)
                && record.purpose == purpose
                && record.to.is_none()
        })
    };
    let set = members::validators(view);
    for member in set.members() {
        if !living(&member.key, member.organisation, KeyPurpose::Consensus) {
            return Err(broken("INV-G11", member.key));
        }
    }
    for (key, node) in records::<Node>(view) {
        if !living(&key, node.organisation, KeyPurpose::Network) {
            return Err(broken("INV-G11", key));
        }
    }
    let noted = view.get::<BuildersRecord>(&()).map_or_else(Vec::new, |record| record.0);
    for (key, height) in noted {
        if set.get(&key).is_none() || height > view.height() {
            return Err(broken("INV-G11", key));
        }
    }
    proposals(view)?;
    Ok(vec!["INV-G11", "INV-G12"])
}

fn proposals(view: &View<'_>) -> Result<(), Broken> {
    let threshold = roles::governance_threshold(view);
    for (id, proposal) in records::<Proposal>(view) {
        let enough = agreeing(view, &proposal) >= threshold;
        let ended = matches!(proposal.state, ProposalState::Ended { .. });
        let sound = match proposal.state {
            ProposalState::Open => !enough,
            ProposalState::Accepted { .. } => enough,
            ProposalState::Ended { .. } => true,
        };
        let mut spoke: Vec<_> = proposal.ballots.iter().map(|ballot| ballot.organisation).collect();
        spoke.sort_unstable();
        spoke.dedup();
        let indexed = view.has::<OpenProposal>(&(proposal.organisation, id));
        if !sound || indexed == ended || spoke.len() != proposal.ballots.len() {
            return Err(broken("INV-G12", id));
        }
    }
    for ((organisation, id), OpenProposal) in records::<OpenProposal>(view) {
        let known = view.get::<Proposal>(&id);
        if known.is_none_or(|proposal| proposal.organisation != organisation) {
            return Err(broken("INV-G12", id));
        }
    }
    Ok(())
}
