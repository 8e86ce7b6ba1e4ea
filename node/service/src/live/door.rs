//! This exists to ask the state what can be known of a transaction without executing it.

use super::pool::Home;
use linli_contracts::registry::records::Person;
use linli_ledger::contract::{Contract, Rulebook};
use linli_ledger::crypto::PublicKey;
use linli_ledger::keys::{self, KeyOwner};
use linli_ledger::state::State;
use linli_ledger::system;
use linli_ledger::transaction::Body;
use linli_ledger::types::Compartment;
use linli_ledger::view::View;

/// The half of the state that a contract writes; an unknown one is treated as restricted.
pub(crate) fn compartment(rulebook: &Rulebook, body: &Body) -> Compartment {
    let contract = rulebook.get(body.contract, body.call_version);
    contract.map_or(Compartment::Restricted, Contract::compartment)
}

/// Whether the nonce of a body is used, or can be no more: it is in a block already, or in none ever.
pub(crate) fn has_used_nonce(state: &State, rulebook: &Rulebook, body: &Body) -> bool {
    let half = compartment(rulebook, body);
    let used = |key| system::has_used_nonce(state, half, key, body.nonce);
    body.signers.first().is_some_and(|sender| used(&sender.key))
}

/// Whether a text of its call seems to hold personal data: the door refuses it, and nobody is told of it before.
/// Source: LED-3.9.
pub(crate) fn holds_personal_data(rulebook: &Rulebook, body: &Body) -> bool {
    let contract = rulebook.get(body.contract, body.call_version);
    contract.is_some_and(|contract| contract.holds_personal_data(&body.call))
}

/// To whom a key belongs.
pub(super) fn home(state: &State, key: &PublicKey) -> Home {
    let view = View::read_only(state, Compartment::Restricted, state.tip().time);
    let organisation = match keys::find(&view, key).map(|key| key.owner) {
        Some(KeyOwner::Organisation(organisation)) => Some(organisation),
        Some(KeyOwner::Person(id)) => view.get::<Person>(&id).map(|person| person.organisation),
        Some(KeyOwner::Enrolment(_)) => return Home::Residents,
        None => None,
    };
    organisation.map_or(Home::Nobody, Home::Organisation)
}
