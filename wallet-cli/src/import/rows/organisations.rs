//! This exists to read the organisations, which the genesis holds, and to register their devices.

use super::super::planner::Planner;
use super::super::prepared::Party;
use super::super::table::{Cells, Fault};
use linli_contracts::registry;
use linli_ledger::code::Code;
use linli_ledger::crypto::BusinessKey;
use linli_ledger::genesis::{GenesisOrganisation, OrganisationKind};
use linli_ledger::keys::KeyPurpose;
use linli_ledger::types::BlockTime;
use std::collections::BTreeMap;

pub(super) const COLUMNS: &[&str] = &["code", "name", "kind", "governance", "site_from"];

const KINDS: &[(&str, OrganisationKind)] = &[
    ("public_body", OrganisationKind::PublicBody),
    ("committee", OrganisationKind::Committee),
    ("volunteer", OrganisationKind::Volunteer),
    ("provider", OrganisationKind::Provider),
    ("partner", OrganisationKind::Partner),
    ("bank", OrganisationKind::Bank),
    ("donor", OrganisationKind::Donor),
    ("evaluator", OrganisationKind::Evaluator),
    ("regulator", OrganisationKind::Regulator),
];

/// A row of the file.
#[derive(Clone, Debug)]
pub(super) struct Read {
    pub(super) code: String,
    pub(super) governs: bool,
    name: String,
    kind: OrganisationKind,
    site_from: Option<BlockTime>,
}

/// Reads a row; `known` are the codes of the rows before.
pub(super) fn read<T>(cells: &Cells, known: &BTreeMap<String, T>) -> Result<Read, Fault> {
    Ok(Read {
        code: cells.fresh("code", known)?,
        name: cells.text("name")?,
        kind: cells.choice("kind", KINDS)?,
        governs: cells.choice("governance", &[("yes", true), ("no", false)])?,
        site_from: cells.time_optional("site_from")?,
    })
}

impl Read {
    /// The organisation as it is in the genesis.
    pub(super) fn genesis(&self, seed: &str) -> GenesisOrganisation {
        let key = BusinessKey::demonstration(seed.as_bytes(), &self.label()).public();
        GenesisOrganisation { name: self.name.clone(), kind: self.kind, key }
    }

    fn label(&self) -> String {
        format!("organisation/{}", self.code)
    }
}

/// The genesis holds the organisation; its device at the site gets a key.
pub(super) fn row(planner: &mut Planner, cells: &Cells) -> Result<(), Fault> {
    let read = read(cells, &planner.known.signers)?;
    let party = Party { key: planner.key(&read.label()), grant: None };
    // Found by its key, so that both passes over the file cannot disagree.
    let public = party.key.public();
    let position = planner.genesis().organisations.iter().position(|found| found.key == public);
    let position = position.and_then(|position| u32::try_from(position).ok());
    let position = position.ok_or(Fault { column: "code", code: Code::RowReference })?;
    let id = planner.genesis().organisation(position);
    if let Some(at) = read.site_from {
        let site = Party { key: planner.key(&format!("site/{}", read.code)), grant: None };
        let call = registry::Call::KeyAdd {
            owner: registry::PublicOwner::Organisation(id),
            key: site.key.public(),
            purpose: KeyPurpose::SiteDevice,
        };
        planner.submit(cells, at, registry::CONTRACT, &[&party], &call);
        planner.known.sites.insert(read.code.clone(), site);
    }
    planner.names.organisations.insert(id, read.name);
    planner.known.organisations.insert(read.code.clone(), id);
    planner.known.signers.insert(read.code, party);
    Ok(())
}
