//! This exists to say how many stars somebody's hours are worth, to whoever may see the hours: computed
//! when asked, never stored, never sent to anybody.

use super::accounts;
use crate::registry::roles::{Parameter, parameter};
use linli_ledger::amount::Minutes;
use linli_ledger::posting;
use linli_ledger::types::EnrolmentId;
use linli_ledger::view::View;

/// Hours for one star to five.
const TABLE: [Parameter; 5] = [
    Parameter::StarOneHours,
    Parameter::StarTwoHours,
    Parameter::StarThreeHours,
    Parameter::StarFourHours,
    Parameter::StarFiveHours,
];

/// The stars of a person, and the hours that give them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stars {
    /// 0 to 5.
    pub stars: u8,
    /// Minutes of service; training does not count.
    pub minutes: Minutes,
    /// Minutes from which there is one more, if there is.
    pub next_at: Option<Minutes>,
}

/// The stars of a person now: how many thresholds of the table the minutes of service reach.
///
/// Source: CRE-23, `domain` §2.5.
pub fn stars(view: &View<'_>, enrolment: EnrolmentId) -> Stars {
    let minutes = Minutes(posting::balance(view, &accounts::service(enrolment)));
    let table = TABLE.map(|hours| Minutes(parameter(view, hours).saturating_mul(60)));
    let reached = table.iter().filter(|threshold| **threshold <= minutes).count();
    let next_at = table.into_iter().filter(|threshold| *threshold > minutes).min();
    Stars { stars: u8::try_from(reached).unwrap_or(u8::MAX), minutes, next_at }
}
