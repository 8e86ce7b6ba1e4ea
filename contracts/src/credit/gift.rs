//! This exists to let a resident give points to the community's care pool, and to refuse every other way
//! of passing points or hours on: what can be passed on is sold.

use super::{
    Consent, GiftOf, GiftTo, TallySubject, accounts, check_guardian, lapse, sender, tally, wallet,
};
use crate::programme;
use crate::registry::roles::{Parameter, parameter};
use linli_ledger::amount::Points;
use linli_ledger::code::{Code, Detail, Rejection};
use linli_ledger::contract::Party;
use linli_ledger::posting::points;
use linli_ledger::types::RecordId;
use linli_ledger::view::View;

/// A resident gives points to the care pool. They end there, so nobody can give them again.
///
/// # Errors
/// In this order: the sender as in [`crate::people::residents::resident`]; [`Code::Guardian`] for a
/// child without; [`Code::AssetSoulbound`] for hours; [`Code::TransferNotAllowed`] for a gift to
/// anybody; [`Code::NotFound`] for the programme; [`Code::PersonLimit`] with `Need` and `Limit` for too
/// many points in a month; [`Code::AmountZero`], [`Code::AmountRange`]; [`Code::InsufficientPoints`]
/// with `Need` and `Have`.
///
/// Source: CRE-24, `domain` §2.6, §2.9.
pub(super) fn give(
    view: &mut View<'_>,
    parties: &[Party],
    programme: RecordId,
    what: GiftOf,
    to: GiftTo,
) -> Result<(), Rejection> {
    let (enrolment, resident) = sender(view, parties)?;
    check_guardian(view, parties, &resident, Consent::Other)?;
    let amount = match what {
        GiftOf::Points(amount) => amount,
        GiftOf::Minutes(_) => return Err(Code::AssetSoulbound.into()),
    };
    match to {
        GiftTo::CarePool => {}
        GiftTo::Resident(_) => return Err(Code::TransferNotAllowed.into()),
    }
    programme::reading::programme(view, programme)?;
    lapse::settle(view, enrolment)?;
    let (year, month, _) = view.now().day().civil();
    let subject = TallySubject::GiftsOfMonth(year, month);
    let Points(given) = amount;
    let need = tally::get(view, enrolment, &subject).saturating_add(given);
    let limit = parameter(view, Parameter::GiftPerMonth);
    if need > limit {
        let details = [Detail::Need(need), Detail::Limit(limit)];
        return Err(Rejection::new(Code::PersonLimit, &details));
    }
    let available = accounts::available(enrolment, programme);
    let lots = points::select(view, &available, amount, view.now())?;
    tally::add(view, enrolment, &[(subject, given)]);
    wallet::end(view, programme, &available, &lots, accounts::care_pool)
}
