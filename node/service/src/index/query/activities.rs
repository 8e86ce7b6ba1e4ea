//! This exists to list activities by where and when they are held, also those that have left the state.

use super::super::key::activities;
use super::super::read::List;
use super::super::{Found, Index, IndexError, Page, Paged};
use super::lists::location;
use linli_contracts::AnyCall;
use linli_contracts::programme::{ActivityTerms, Call};
use linli_ledger::receipt::Outcome;
use linli_ledger::record::KeyPart;
use linli_ledger::transaction::Body;
use linli_ledger::types::{BlockTime, OrganisationId, RecordId, derive_identifier};

/// An activity as it was proposed; whether it was published or called off is in its record, or in its
/// [`Index::history`].
#[derive(Clone, Debug)]
pub struct Held {
    /// The activity.
    pub id: RecordId,
    /// Who holds it.
    pub organisation: OrganisationId,
    /// Its terms.
    pub terms: ActivityTerms,
    /// Where it was proposed.
    pub found: Found,
}

impl Index {
    /// The activities in a place and everywhere in it that start in `from..to`, by start. `place` is an
    /// administrative path, empty for everywhere.
    ///
    /// # Errors
    /// [`IndexError::Question`] for a place with a control character; [`IndexError::Doubt`];
    /// [`IndexError::Chain`].
    pub fn activities(
        &self,
        place: &str,
        from: BlockTime,
        to: BlockTime,
        page: &Page,
    ) -> Result<Paged<Held>, IndexError> {
        if place.contains(char::is_control) {
            return Err(IndexError::Question("this text"));
        }
        let bounds = (from.0.to_be_bytes(), to.0.to_be_bytes());
        let list = List::between(activities(place), &bounds.0, &bounds.1);
        let paged = self.reader().page(&list, page)?;
        paged.try_map(|(key, value)| {
            let wrong = || IndexError::doubt("another call is where an activity should be");
            let (start, id) =
                <(BlockTime, RecordId)>::read(&mut key.as_slice()).ok_or_else(wrong)?;
            let found = self.found(location(&value)?)?;
            let held = held(id, found).ok_or_else(wrong)?;
            let is_there = linli_contracts::registry::roles::in_scope(place, &held.terms.place);
            if is_there && held.terms.start == start { Ok(held) } else { Err(wrong()) }
        })
    }
}

/// The activity that a transaction proposed, if it is this one.
fn held(id: RecordId, found: Found) -> Option<Held> {
    let body: Body = borsh::from_slice(&found.transaction()?.body).ok()?;
    let AnyCall::Programme(Call::ActivityPropose { organisation, terms }) =
        AnyCall::decode(body.contract, &body.call)?
    else {
        return None;
    };
    let is_it = derive_identifier(&found.id()?, 0) == id.0;
    let is_applied = found.receipt().outcome == Outcome::Applied;
    (is_it && is_applied).then_some(Held { id, organisation, terms, found })
}
