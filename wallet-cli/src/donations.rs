//! This exists to keep the lists behind credits of many small donations beside the chain, as whoever
//! collected them must: the chain holds their roots, and which fen are whose follows from the list.
//! Source: FND-18.

use linli_contracts::fund::batch::{Batch, Opening};
use linli_ledger::amount::Fen;
use linli_ledger::hash::to_hex;
use linli_ledger::types::EarmarkId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

/// Name of the file beside the chain.
const FILE: &str = "donations.json";

/// One donation of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
#[derive(Serialize, Deserialize)]
pub(crate) struct Given {
    /// What the donor has it by.
    pub(crate) code: String,
    /// How many fen.
    pub(crate) amount: Fen,
    /// The commitment to the donor.
    #[serde(with = "linli_ledger::json::bytes")]
    pub(crate) donor: [u8; 32],
}

/// Lists in the order of the bank, by the earmark of their source in hexadecimal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Donations(BTreeMap<String, Vec<Given>>);

impl Donations {
    /// Keeps a list.
    pub(crate) fn add(&mut self, earmark: EarmarkId, list: Vec<Given>) {
        self.0.insert(to_hex(&earmark.0), list);
    }

    /// The lists beside a chain; none where the file is missing.
    pub(crate) fn load(folder: &Path) -> io::Result<Self> {
        match fs::read_to_string(folder.join(FILE)) {
            Ok(text) => Ok(serde_json::from_str(&text)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error),
        }
    }

    /// Writes the lists beside a chain, if there are any.
    pub(crate) fn save(&self, folder: &Path) -> io::Result<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        fs::write(folder.join(FILE), serde_json::to_string(&self.0)? + "\n")
    }

    /// What the donor of this code keeps, for each list that has the code: the earmark of the source in
    /// hexadecimal, and the donation with its way up to the root.
    pub(crate) fn openings(&self, code: &str) -> Vec<(&str, Opening)> {
        let opening = |list: &[Given]| {
            let place = list.iter().position(|given| given.code == code)?;
            let all: Vec<_> = list.iter().map(|given| (given.amount, given.donor)).collect();
            Batch::new(&all).ok()?.opening(u64::try_from(place).ok()?)
        };
        let found = self.0.iter().filter_map(|(earmark, list)| Some((&**earmark, opening(list)?)));
        found.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_that_was_kept_opens_each_of_its_donations() {
        let given = |n: u8| Given { code: format!("WJ-{n}"), amount: Fen(100), donor: [n; 32] };
        let mut donations = Donations::default();
        donations.add(EarmarkId([7; 32]), (1..=5).map(given).collect());
        let folder = tempfile::tempdir().unwrap();
        donations.save(folder.path()).unwrap();
        let kept = Donations::load(folder.path()).unwrap();
        assert_eq!(kept, donations);
        let openings = kept.openings("WJ-4");
        let [(earmark, opening)] = openings.as_slice() else { panic!("{openings:?}") };
        assert_eq!(*earmark, to_hex(&[7; 32]));
        let donation = opening.donation;
        assert_eq!((donation.offset, donation.amount, donation.donor), (300, Fen(100), [4; 32]));
        assert!(kept.openings("WJ-6").is_empty());
    }

    #[test]
    fn where_nothing_was_collected_no_file_is_written() {
        let folder = tempfile::tempdir().unwrap();
        Donations::default().save(folder.path()).unwrap();
        assert!(fs::read_dir(folder.path()).unwrap().next().is_none());
        assert_eq!(Donations::load(folder.path()).unwrap(), Donations::default());
    }
}
