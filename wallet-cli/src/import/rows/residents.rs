//! This exists to enrol residents under their pseudonyms.

use super::super::planner::{Planner, Resident, document};
use super::super::prepared::Party;
use super::super::table::{Cells, Fault};
use linli_contracts::people::{self, AgeClass};
use linli_ledger::hash::to_hex;
use linli_ledger::types::{EnrolmentId, derive_identifier};

pub(super) const COLUMNS: &[&str] =
    &["code", "person", "community", "age_class", "guardian", "enrolled_by", "enrolled_at"];

const AGES: &[(&str, AgeClass)] = &[
    ("under_14", AgeClass::Under14),
    ("14_to_17", AgeClass::From14To17),
    ("adult", AgeClass::Adult),
];

/// One enrolment. The consent that was signed on paper is hashed with a salt.
pub(super) fn row(planner: &mut Planner, cells: &Cells) -> Result<(), Fault> {
    let code = cells.fresh("code", &planner.known.residents)?;
    let community = cells.text("community")?;
    let nullifier = planner.nullifier(&community, cells.required("person")?);
    let age_class = cells.choice("age_class", AGES)?;
    let guardian = cells.refer_optional("guardian", &planner.known.residents)?;
    let registrar = cells.refer("enrolled_by", &planner.known.signers)?;
    let at = cells.time("enrolled_at")?;

    let key = planner.key(&format!("resident/{code}"));
    let salt = planner.secret(&format!("consent/{code}"));
    let call = people::Call::Enrol {
        community,
        nullifier,
        age_class,
        key: key.public(),
        guardian: guardian.as_ref().map(|guardian| guardian.enrolment),
        consent: document(&format!("{} {code}", to_hex(&salt))),
    };
    let id = planner.submit(cells, at, people::CONTRACT, &[&registrar], &call);
    let enrolment = EnrolmentId(derive_identifier(&id, 0));
    planner.names.residents.insert(enrolment, code.clone());
    let party = Party { key, grant: None };
    let guardian = match age_class {
        AgeClass::Under14 => guardian.map(|guardian| guardian.party),
        AgeClass::From14To17 | AgeClass::Adult => None,
    };
    planner.known.residents.insert(code, Resident { enrolment, party, guardian });
    Ok(())
}
