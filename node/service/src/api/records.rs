//! This exists to turn the pages of records in the state, by identifier, in both directions.

use super::cursor::{Turn, Turned};
use linli_ledger::limits::RANGE_MAX;
use linli_ledger::record::{KeyPart, Record};
use linli_ledger::view::View;
use linli_wire::{At, List};
use std::convert::Infallible;

/// A page of the records under `prefix` that `keep` accepts.
pub(crate) fn page<R: Record>(
    view: &View<'_>,
    turn: &Turn,
    prefix: &impl KeyPart,
    keep: impl Fn(&R::Id, &R) -> bool,
) -> Turned<(R::Id, R)> {
    let walked = turn.turn::<_, Infallible>(|backward, place, count| {
        let mut place = place.and_then(|mut place| R::Id::read(&mut place));
        let mut found = Vec::new();
        loop {
            let part: Vec<(R::Id, R)> = match (&place, backward) {
                (None, false) => view.range(prefix, RANGE_MAX),
                (None, true) => view.range_back(prefix, RANGE_MAX),
                (Some(place), false) => view.range_after(prefix, place, RANGE_MAX),
                (Some(place), true) => view.range_before(prefix, place, RANGE_MAX),
            };
            let full = part.len() == RANGE_MAX;
            place = part.last().and_then(|(id, _)| R::Id::read(&mut bytes(id).as_slice()));
            let kept = part.into_iter().filter(|(id, record)| keep(id, record));
            found.extend(kept.map(|(id, record)| (bytes(&id), (id, record))));
            if found.len() >= count || !full {
                found.truncate(count);
                return Ok(found);
            }
        }
    });
    match walked {
        Ok(turned) => turned,
        Err(never) => match never {},
    }
}

/// The bytes of an identifier.
fn bytes(id: &impl KeyPart) -> Vec<u8> {
    let mut out = Vec::new();
    id.write(&mut out);
    out
}

/// A list as it is answered.
pub(crate) fn list<T, U>(
    turn: &Turn,
    turned: Turned<T>,
    at: At,
    show: impl FnMut(T) -> U,
) -> List<U> {
    let page = turn.page(&turned);
    List { data: turned.items.into_iter().map(show).collect(), page, at }
}
