//! This exists to let the regulator stop money where it is, and let it go again.

use super::super::planner::{Planner, document};
use super::super::table::{Cells, Fault};
use linli_contracts::fund;

pub(super) const COLUMNS: &[&str] = &[
    "record",
    "kind",
    "order",
    "frozen_by",
    "frozen_at",
    "lifted_order",
    "lifted_by",
    "lifted_at",
];

#[derive(Clone, Copy, Debug)]
enum Kind {
    Fund,
    Contract,
    Payment,
}

const KINDS: &[(&str, Kind)] =
    &[("fund", Kind::Fund), ("contract", Kind::Contract), ("payment", Kind::Payment)];

/// A freeze, and perhaps its end.
pub(super) fn row(planner: &mut Planner, cells: &Cells) -> Result<(), Fault> {
    let known = match cells.choice("kind", KINDS)? {
        Kind::Fund => &planner.known.funds,
        Kind::Contract => &planner.known.contracts,
        Kind::Payment => &planner.known.payments,
    };
    let record = cells.refer("record", known)?;
    let order = document(cells.required("order")?);
    let by = cells.refer("frozen_by", &planner.known.signers)?;
    let at = cells.time("frozen_at")?;
    let lifted = match cells.optional("lifted_by") {
        None => None,
        Some(_) => Some((
            cells.refer("lifted_by", &planner.known.signers)?,
            document(cells.required("lifted_order")?),
            cells.time("lifted_at")?,
        )),
    };

    let call = fund::Call::Freeze { record, order };
    planner.submit(cells, at, fund::CONTRACT, &[&by], &call);
    if let Some((by, order, at)) = lifted {
        let call = fund::Call::Unfreeze { record, order };
        planner.submit(cells, at, fund::CONTRACT, &[&by], &call);
    }
    Ok(())
}
