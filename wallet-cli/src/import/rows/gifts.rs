//! This exists to let residents give points to the care pool. Hours, and gifts to a person, can be written
//! down too: the ledger refuses them.

use super::super::planner::Planner;
use super::super::table::{Cells, Fault};
use linli_contracts::credit::{self, GiftOf, GiftTo};
use linli_ledger::amount::Points;

pub(super) const COLUMNS: &[&str] = &["programme", "resident", "what", "amount", "to", "at"];

/// The word for the care pool in the column `to`.
const CARE_POOL: &str = "care_pool";

/// What is given.
#[derive(Clone, Copy, Debug)]
enum What {
    Points,
    Minutes,
}

/// A gift of one resident.
pub(super) fn row(planner: &mut Planner, cells: &Cells) -> Result<(), Fault> {
    let programme = cells.refer("programme", &planner.known.programmes)?;
    let giver = cells.refer("resident", &planner.known.residents)?;
    let words = [("points", What::Points), ("minutes", What::Minutes)];
    let what = match cells.choice("what", &words)? {
        What::Points => GiftOf::Points(Points(cells.number("amount")?)),
        What::Minutes => GiftOf::Minutes(cells.number("amount")?),
    };
    let to = match cells.required("to")? {
        CARE_POOL => GiftTo::CarePool,
        _ => GiftTo::Resident(cells.refer("to", &planner.known.residents)?.enrolment),
    };
    let at = cells.time("at")?;
    let call = credit::Call::Gift { programme, what, to };
    planner.submit(cells, at, credit::CONTRACT, &giver.signers(), &call);
    Ok(())
}
