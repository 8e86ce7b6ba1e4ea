//! This exists to find public names and numbers by any part of them.

use super::super::key::{AnyId, END_OF_TEXT, Location, Table};
use super::super::named::{Named, names};
use super::super::read::List;
use super::super::text::{lookup, normalised};
use super::super::{Index, IndexError, Order};
use super::lists::location;
use linli_contracts::AnyCall;
use linli_ledger::record::KeyPart;
use linli_ledger::transaction::Body;
use linli_ledger::types::{Height, derive_identifier};
use std::collections::BTreeMap;

/// Matches that are looked at for one question: a letter that every name has is answered with some.
const LOOKED_AT_MAX: usize = 4_096;

/// A name that has the text asked for in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// What it names.
    pub kind: Named,
    /// Which one.
    pub id: AnyId,
    /// The name, as it was written.
    pub text: String,
    /// How many letters of the normalised name come before the match; 0 if the name begins with it.
    pub position: u8,
    /// Where it was given; height 0 for genesis.
    pub at: Location,
}

impl Index {
    /// Public names that have `text` in them, without regard to width, case and spaces: those that
    /// begin with it first, then by kind and name. At most `limit`, and never more than
    /// [`super::super::PAGE_MAX`]; none for a text without letters.
    ///
    /// # Errors
    /// [`IndexError::Doubt`] where a name is not where it should be; [`IndexError::Chain`].
    pub fn search(&self, text: &str, limit: usize) -> Result<Vec<Hit>, IndexError> {
        let question = normalised(text);
        if question.is_empty() {
            return Ok(Vec::new());
        }
        let wrong = || IndexError::doubt("a name is not where it should be");
        let list = List::all(Table::Texts.key(&lookup(&question)));
        let mut places: BTreeMap<(Named, AnyId), (u8, Location)> = BTreeMap::new();
        let reader = self.reader();
        for entry in reader.scan(&list, Order::Ascending).take(LOOKED_AT_MAX) {
            let (key, value) = entry?;
            let end = key.iter().position(|byte| *byte == END_OF_TEXT).ok_or_else(wrong)?;
            let mut rest = key.get(end.saturating_add(1)..).unwrap_or_default();
            let (position, kind, id) = <(u8, u8, AnyId)>::read(&mut rest).ok_or_else(wrong)?;
            let kind = Named::from_number(kind).ok_or_else(wrong)?;
            let at = location(&value)?;
            let known = places.entry((kind, id)).or_insert((position, at));
            known.0 = known.0.min(position);
        }
        drop(reader);
        let mut hits = Vec::new();
        for ((kind, id), (_, at)) in places {
            let text = self.name(kind, id, at)?.ok_or_else(wrong)?;
            // The list holds the first letters only; what was asked may be longer.
            if let Some(before) = normalised(&text).find(&question) {
                let letters =
                    normalised(&text).get(..before).map_or(0, |text| text.chars().count());
                let position = u8::try_from(letters).unwrap_or(u8::MAX);
                hits.push(Hit { kind, id, text, position, at });
            }
        }
        hits.sort_by(|one, other| {
            let rank = |hit: &Hit| (hit.position > 0, hit.kind, hit.text.clone(), hit.id);
            rank(one).cmp(&rank(other))
        });
        hits.truncate(limit.min(super::super::PAGE_MAX));
        Ok(hits)
    }

    /// The name that was given to an identifier at a place.
    fn name(&self, kind: Named, id: AnyId, at: Location) -> Result<Option<String>, IndexError> {
        if at.height == Height(0) {
            let position = usize::try_from(at.index).unwrap_or(usize::MAX);
            let organisation = self.founding.organisations.get(position);
            let is_it = kind == Named::Organisation && self.founding.organisation(at.index).0 == id;
            return Ok(organisation.filter(|_| is_it).map(|known| known.name.clone()));
        }
        let found = self.found(at)?;
        let body =
            found.transaction().and_then(|signed| borsh::from_slice::<Body>(&signed.body).ok());
        let call = body.and_then(|body| AnyCall::decode(body.contract, &body.call));
        let (Some(call), Some(creator)) = (call, found.id()) else { return Ok(None) };
        let name = names(&call)
            .into_iter()
            .find(|(of, n, _)| *of == kind && derive_identifier(&creator, *n) == id);
        Ok(name.map(|(_, _, text)| text.to_owned()))
    }
}
