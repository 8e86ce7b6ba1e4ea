//! This exists to call identifiers by the names that the office knows, also in later commands: the
//! names lie beside the chain, never in it.

use crate::import::Names;
use linli_contracts::fund::{BankReference, Source};
use linli_ledger::hash::to_hex;
use linli_ledger::state::State;
use linli_ledger::types::Compartment;
use linli_ledger::view::View;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

/// Name of the file beside the chain.
const FILE: &str = "names.json";

/// Names by identifier, in hexadecimal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Naming(BTreeMap<String, String>);

impl Naming {
    /// The names of an input, as they are on its ledger.
    pub(crate) fn of(names: &Names, state: &State) -> Self {
        let mut all = BTreeMap::new();
        let mut add = |id: &[u8; 32], name: &String| {
            all.insert(to_hex(id), name.clone());
        };
        names.organisations.iter().for_each(|(id, name)| add(&id.0, name));
        names.persons.iter().for_each(|(id, name)| add(&id.0, name));
        names.residents.iter().for_each(|(id, name)| add(&id.0, name));
        names.sources.iter().for_each(|(id, name)| add(&id.0, name));
        names.records.iter().for_each(|(id, name)| add(&id.0, name));
        let view = View::read_only(state, Compartment::Public, state.tip().time);
        for (reference, name) in &names.resolved {
            if let Some(BankReference::Receipt(source)) = view.get(reference)
                && let Some(source) = view.get::<Source>(&source)
            {
                add(&source.earmark.0, name);
            }
        }
        Self(all)
    }

    /// The names beside a chain; none where the file is missing.
    pub(crate) fn load(folder: &Path) -> io::Result<Self> {
        match fs::read_to_string(folder.join(FILE)) {
            Ok(text) => Ok(Self(serde_json::from_str(&text)?)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error),
        }
    }

    /// Writes the names beside a chain.
    pub(crate) fn save(&self, folder: &Path) -> io::Result<()> {
        fs::write(folder.join(FILE), serde_json::to_string_pretty(&self.0)? + "\n")
    }

    /// The name, or the first 12 digits of the identifier.
    pub(crate) fn name(&self, id: &[u8; 32]) -> String {
        let hex = to_hex(id);
        match self.0.get(&hex) {
            Some(name) => name.clone(),
            None => hex.chars().take(12).collect(),
        }
    }

    /// Whether people mean this identifier by `text`: its name, or at least 6 of its digits.
    pub(crate) fn means(&self, id: &[u8; 32], text: &str) -> bool {
        let hex = to_hex(id);
        self.0.get(&hex).is_some_and(|name| name == text)
            || (text.len() >= 6 && hex.starts_with(&text.to_lowercase()))
    }
}
