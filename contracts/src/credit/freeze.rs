//! This exists to freeze exactly the points of one award while it is disputed, and to release exactly
//! those. Source: CRE-19, INV-P10.

use super::{Award, accounts, lapse, wallet};
use crate::registry::roles::{Parameter, parameter};
use linli_ledger::amount::Points;
use linli_ledger::code::Rejection;
use linli_ledger::posting::points;
use linli_ledger::types::RecordId;
use linli_ledger::view::View;

/// Moves what may be spent of an award's points to what is held; returns how much of it is held now.
/// What is spent, or behind a voucher, stays where it is.
///
/// # Errors
/// None in a sound state.
pub(super) fn freeze(
    view: &mut View<'_>,
    id: RecordId,
    award: &Award,
) -> Result<Points, Rejection> {
    let Award { enrolment, programme, expires_at, .. } = *award;
    lapse::settle(view, enrolment)?;
    let held = accounts::held(enrolment, programme);
    let available = accounts::available(enrolment, programme);
    if let Some(lot) = wallet::lot(view, &available, expires_at, id) {
        points::transfer(view, &available, &held, &[lot])?;
    }
    Ok(Points(wallet::lot(view, &held, expires_at, id).map_or(0, |lot| lot.amount)))
}

/// Releases them again, once the dispute is decided: to where they would be without it. A batch that
/// expired meanwhile gets its grace from now on.
///
/// # Errors
/// None in a sound state.
pub(super) fn thaw(view: &mut View<'_>, id: RecordId, award: &Award) -> Result<(), Rejection> {
    let Award { enrolment, programme, expires_at, available_at, .. } = *award;
    let held = accounts::held(enrolment, programme);
    let Some(lot) = wallet::lot(view, &held, expires_at, id) else {
        return Ok(());
    };
    let now = view.now();
    if now >= expires_at {
        let until = now.plus(parameter(view, Parameter::Grace));
        return wallet::renew(view, enrolment, programme, &held, lot, until);
    }
    if now < available_at {
        return Ok(());
    }
    points::transfer(view, &held, &accounts::available(enrolment, programme), &[lot])
}
