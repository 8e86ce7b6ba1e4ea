//! This exists to decide what money may be used for: the predicate of an earmark. Source: FND-5,
//! `domain` §3.2.

use super::budget::check_catalogue_code;
use super::calls::{BeneficiaryClass, EarmarkTerms, SourceClass};
use super::records::{Earmark, Line};
use crate::registry::Related;
use crate::registry::relations::related;
use crate::registry::roles::{in_scope, organisation};
use crate::text::check_path;
use linli_ledger::code::{Code, Detail, Rejection, ensure};
use linli_ledger::posting::money::Lot;
use linli_ledger::types::{Day, EarmarkId, OrganisationId, RecordId};
use linli_ledger::view::View;

/// Entries of each list: an agreement names a handful.
const LIST_MAX: usize = 64;

/// What money would be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Use<'a> {
    /// Catalogue code of the service.
    pub catalogue: &'a str,
    /// Where, as an administrative path.
    pub place: &'a str,
    /// For whom.
    pub class: BeneficiaryClass,
    /// The budget line.
    pub line: RecordId,
    /// Who would get it.
    pub payee: OrganisationId,
}

/// Whether the donor's own parties count as excluded. Source: FND-5.4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exclusion {
    /// They do.
    Observed,
    /// They do not: to find out whether they are the only obstacle.
    Ignored,
}

impl Earmark {
    /// Whether money with this earmark may be used so. Days are another rule: see [`in_time`].
    ///
    /// A donor is its own related party: what it donated never returns to it (SOD-12).
    pub fn compatible(&self, wanted: &Use<'_>, exclusion: Exclusion) -> bool {
        let terms = &self.terms;
        let any = |empty: bool, found: bool| empty || found;
        let purpose = terms.purposes.iter().any(|prefix| wanted.catalogue.starts_with(prefix));
        let place = terms.places.iter().any(|prefix| in_scope(prefix, wanted.place));
        let payee = match exclusion {
            Exclusion::Ignored => true,
            Exclusion::Observed => !self.excludes(wanted.payee),
        };
        any(terms.purposes.is_empty(), purpose)
            && any(terms.places.is_empty(), place)
            && any(terms.classes.is_empty(), terms.classes.contains(&wanted.class))
            && terms.line.is_none_or(|line| line == wanted.line)
            && payee
    }

    fn excludes(&self, payee: OrganisationId) -> bool {
        self.terms.excluded.contains(&payee) || (self.is_donated() && self.donor == payee)
    }

    fn is_donated(&self) -> bool {
        match self.class {
            SourceClass::DesignatedDonation
            | SourceClass::UndesignatedDonation
            | SourceClass::Foundation => true,
            SourceClass::Fiscal | SourceClass::Incentive | SourceClass::SocialCapital => false,
        }
    }

    /// Whether this is a donation and the payee is related to its donor today. Source: FND-5.4, SOD-12.
    pub fn is_of_relative(&self, view: &View<'_>, payee: OrganisationId) -> bool {
        let [donor, payee] = [self.donor, payee].map(Related::Organisation);
        self.is_donated() && related(view, donor, payee, view.now().day())
    }

    /// The order of spending of this money. Source: `domain` §4.4.
    pub fn lot(&self, earmark: EarmarkId) -> Lot {
        let terms = &self.terms;
        let constrained = [
            terms.line.is_some(),
            !terms.purposes.is_empty(),
            !terms.places.is_empty(),
            !terms.classes.is_empty(),
        ];
        Lot {
            earmark,
            specificity: constrained.into_iter().map(u8::from).fold(0, u8::saturating_add),
            lapse_on: terms.lapse_on,
            priority: priority(self.class),
            carry_count: 0,
        }
    }
}

/// Whether money may leave its fund on a day. Source: FND-5.3, `domain` §4.4.
pub fn in_time(earmark: &Earmark, lot: &Lot, day: Day) -> bool {
    earmark.terms.available_from <= day && lot.lapse_on.is_none_or(|last| day <= last)
}

/// Rank of a class of sources: lower is spent earlier.
fn priority(class: SourceClass) -> u8 {
    match class {
        SourceClass::Fiscal => 0,
        SourceClass::Incentive => 1,
        SourceClass::Foundation => 2,
        SourceClass::DesignatedDonation => 3,
        SourceClass::SocialCapital => 4,
        SourceClass::UndesignatedDonation => 5,
    }
}

/// Whether money with this lot was appropriated: fiscal money and incentive grants.
pub(super) fn is_appropriated(lot: &Lot) -> bool {
    lot.priority <= priority(SourceClass::Incentive)
}

/// Checks the terms of an earmark of a fund.
///
/// # Errors
/// In this order: [`Code::TooManyLines`]; [`Code::Text`] for a prefix that is none; [`Code::State`]
/// for a list that is not sorted or names something twice; [`Code::TimeOrder`] for money that lapses
/// before it is available; [`Code::NotFound`] for an unknown line or organisation.
///
/// Source: FND-5.1.
pub(super) fn check_terms(
    view: &View<'_>,
    fund: RecordId,
    terms: &EarmarkTerms,
) -> Result<(), Rejection> {
    let lists =
        [terms.purposes.len(), terms.places.len(), terms.classes.len(), terms.excluded.len()];
    let limit = Detail::Limit(u64::try_from(LIST_MAX).unwrap_or(u64::MAX));
    if lists.into_iter().any(|length| length > LIST_MAX) {
        return Err(Rejection::new(Code::TooManyLines, &[limit]));
    }
    terms.purposes.iter().try_for_each(|code| check_catalogue_code(code))?;
    terms.places.iter().try_for_each(|place| check_path(place))?;
    let sorted = ascending(&terms.purposes)
        && ascending(&terms.places)
        && ascending(&terms.classes)
        && ascending(&terms.excluded);
    ensure(sorted, Code::State)?;
    ensure(terms.lapse_on.is_none_or(|last| terms.available_from <= last), Code::TimeOrder)?;
    if let Some(line) = terms.line {
        let known = view.get::<Line>(&line).is_some_and(|line| line.fund == fund);
        ensure(known, Code::NotFound)?;
    }
    terms.excluded.iter().try_for_each(|id| organisation(view, *id).map(|_| ()))
}

fn ascending<T: Ord>(list: &[T]) -> bool {
    list.is_sorted_by(|a, b| a < b)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn earmark() -> Earmark {
        Earmark {
            fund: RecordId([1; 32]),
            donor: OrganisationId([9; 32]),
            class: SourceClass::Fiscal,
            terms: EarmarkTerms {
                purposes: Vec::new(),
                places: Vec::new(),
                classes: Vec::new(),
                line: None,
                available_from: Day(10),
                lapse_on: Some(Day(20)),
                excluded: Vec::new(),
            },
        }
    }

    const WANTED: Use<'_> = Use {
        catalogue: "A0301",
        place: "5101/04/001/003",
        class: BeneficiaryClass::Elder,
        line: RecordId([2; 32]),
        payee: OrganisationId([3; 32]),
    };

    fn fits(change: impl Fn(&mut Earmark)) -> bool {
        let mut earmark = earmark();
        change(&mut earmark);
        earmark.compatible(&WANTED, Exclusion::Observed)
    }

    #[test]
    fn an_empty_list_constrains_nothing_and_a_prefix_must_match() {
        assert!(fits(|_| ()));
        for (prefix, expected) in
            [("A03", true), ("A0301", true), ("A04", false), ("A03011", false)]
        {
            assert_eq!(fits(|e| e.terms.purposes = vec![prefix.into()]), expected, "{prefix}");
        }
        for (path, expected) in [("5101/04", true), ("5101/0", false), ("5101/04/002", false)] {
            assert_eq!(fits(|e| e.terms.places = vec![path.into()]), expected, "{path}");
        }
        assert!(fits(|e| e.terms.classes = vec![BeneficiaryClass::Elder]));
        assert!(!fits(|e| e.terms.classes = vec![BeneficiaryClass::General]));
        assert!(fits(|e| e.terms.line = Some(WANTED.line)));
        assert!(!fits(|e| e.terms.line = Some(RecordId([4; 32]))));
    }

    #[test]
    fn an_excluded_payee_and_the_donor_itself_get_nothing() {
        assert!(!fits(|e| e.terms.excluded = vec![WANTED.payee]));
        assert!(fits(|e| e.donor = WANTED.payee), "an appropriation is no donation");
        assert!(!fits(|e| {
            e.donor = WANTED.payee;
            e.class = SourceClass::DesignatedDonation;
        }));
    }

    #[test]
    fn money_leaves_its_fund_between_two_days_inclusive() {
        let earmark = earmark();
        let lot = earmark.lot(EarmarkId([0; 32]));
        let days = [(9, false), (10, true), (20, true), (21, false)];
        for (day, expected) in days {
            assert_eq!(in_time(&earmark, &lot, Day(day)), expected, "{day}");
        }
    }

    #[test]
    fn specificity_counts_the_constrained_dimensions() {
        let mut earmark = earmark();
        assert_eq!(earmark.lot(EarmarkId::default()).specificity, 0);
        earmark.terms.purposes = vec!["A".into(), "B".into()];
        earmark.terms.classes = vec![BeneficiaryClass::Elder];
        earmark.terms.excluded = vec![WANTED.payee];
        assert_eq!(earmark.lot(EarmarkId::default()).specificity, 2);
        earmark.terms.places = vec!["5101".into()];
        earmark.terms.line = Some(WANTED.line);
        assert_eq!(earmark.lot(EarmarkId::default()).specificity, 4);
    }
}
