//! This exists to know who is related to whom: declared edges between organisations and persons in
//! office, and the question that every separation of duties asks of them. Source: REG-21, REG-22,
//! `domain` §1.3.
//!
//! Absent: kin between natural persons. They stay with the officer for personal data (`domain` §1.3).

use super::calls::{Related, RelationKind};
use super::parameters::{Parameter, parameter};
use super::records::{Person, Relation, RelationOf};
use super::{Role, keys, roles};
use linli_ledger::code::{Code, Detail, Rejection, ensure};
use linli_ledger::contract::Party;
use linli_ledger::keys::KeyOwner;
use linli_ledger::limits::RANGE_MAX;
use linli_ledger::types::{Day, OrganisationId, PersonId, RecordId};
use linli_ledger::view::View;
use std::collections::BTreeSet;

/// A relation counts this long after it ended: three years, one of them a leap year.
/// Source: 政府采购法实施条例 art. 9.
pub const COUNTS_DAYS: u32 = 1_096;
/// Relations at one end that organisations declare. Regulator and governance have the rest up to
/// [`RANGE_MAX`], so that nobody can keep them from declaring one.
const EDGES_MAX: usize = 256;
/// Relations that organisations declare between the same two.
const PAIR_EDGES_MAX: usize = 16;
/// All of something, basis points.
const WHOLE_BP: u32 = 10_000;

impl Related {
    /// The 32 bytes that identify an end.
    pub fn bytes(self) -> [u8; 32] {
        match self {
            Self::Person(id) => id.0,
            Self::Organisation(id) => id.0,
        }
    }

    fn is_known(self, view: &View<'_>) -> bool {
        match self {
            Self::Person(id) => view.has::<Person>(&id),
            Self::Organisation(id) => roles::organisation(view, id).is_ok(),
        }
    }
}

impl Relation {
    /// Whether it counts on a day: it has begun and did not end more than three years before, and a
    /// share is large enough.
    fn counts(&self, on: Day, shareholder_min: u64) -> bool {
        let begun = self.from <= on;
        let stands = self.to.is_none_or(|to| on.0 <= to.0.saturating_add(COUNTS_DAYS));
        let large = match self.kind {
            RelationKind::Shareholder { bp } => u64::from(bp) >= shareholder_min,
            RelationKind::Employment
            | RelationKind::Director
            | RelationKind::Control
            | RelationKind::SameResponsiblePerson => true,
        };
        begun && stands && large
    }
}

/// Declares a relation.
///
/// # Errors
/// In this order: [`Code::Cosign`] for more than one signer; [`Code::State`] for two ends that are one,
/// two persons, or a kind that does not join such ends; [`Code::AmountZero`], [`Code::AmountRange`] for
/// a share outside 1 to 10 000 basis points; [`Code::TimeOrder`] for an end before the beginning;
/// [`Code::TimeWindow`] for a beginning that is still to come; [`Code::NotFound`] for an end;
/// [`Code::Role`] for a signer who is neither one of the two organisations nor the regulator nor
/// governance; [`Code::Exists`] where the same relation already holds in that time;
/// [`Code::PersonLimit`].
///
/// Source: REG-21.
pub(super) fn declare(
    view: &mut View<'_>,
    parties: &[Party],
    relation: &Relation,
) -> Result<(), Rejection> {
    let [party] = parties else {
        return Err(Code::Cosign.into());
    };
    let Relation { one, other, kind, from, to, .. } = *relation;
    check_ends(one, other, kind)?;
    ensure(to.is_none_or(|to| from <= to), Code::TimeOrder)?;
    ensure(from <= view.now().day(), Code::TimeWindow)?;
    ensure(one.is_known(view) && other.is_known(view), Code::NotFound)?;
    let by_authority = is_authority(view, party);
    ensure(by_authority || speaks_for_end(party, relation), Code::Role)?;

    let edges = [edges(view, one), edges(view, other)];
    let between = edges[0].iter().filter(|(_, edge)| edge.joins(one, other));
    let mut pairs = 0_usize;
    for (_, known) in between {
        pairs = pairs.saturating_add(1);
        ensure(!(known.kind == kind && known.overlaps(relation)), Code::Exists)?;
    }
    let limit = if by_authority { RANGE_MAX } else { EDGES_MAX };
    let full = edges.iter().any(|edges| edges.len() >= limit);
    if full || (!by_authority && pairs >= PAIR_EDGES_MAX) {
        let limit = u64::try_from(limit).unwrap_or(u64::MAX);
        return Err(Rejection::new(Code::PersonLimit, &[Detail::Limit(limit)]));
    }
    let id = RecordId(view.new_identifier());
    view.put(&id, &Relation { by_authority, ..*relation });
    view.put(&(one.bytes(), id), &RelationOf);
    view.put(&(other.bytes(), id), &RelationOf);
    Ok(())
}

/// Ends a relation on a day. It goes on counting for three years: see [`COUNTS_DAYS`].
///
/// # Errors
/// In this order: [`Code::Cosign`]; [`Code::NotFound`]; [`Code::Role`] as in [`declare`], and for an
/// organisation that would end what the regulator or governance declared; [`Code::State`] for one that
/// has ended; [`Code::TimeOrder`] for an end before the beginning; [`Code::TimeWindow`] for a day that
/// is still to come, and from an organisation for one that is past: the past is corrected by the
/// regulator or governance.
///
/// Source: REG-22.
pub(super) fn end(
    view: &mut View<'_>,
    parties: &[Party],
    id: RecordId,
    to: Day,
) -> Result<(), Rejection> {
    let [party] = parties else {
        return Err(Code::Cosign.into());
    };
    let relation = view.get::<Relation>(&id).ok_or(Code::NotFound)?;
    let authority = is_authority(view, party);
    let own = !relation.by_authority && speaks_for_end(party, &relation);
    ensure(authority || own, Code::Role)?;
    if let Some(ended) = relation.to {
        return Err(Rejection::new(Code::State, &[Detail::Time(ended.start().0)]));
    }
    let today = view.now().day();
    ensure(relation.from <= to, Code::TimeOrder)?;
    ensure(to <= today && (authority || to == today), Code::TimeWindow)?;
    view.put(&id, &Relation { to: Some(to), ..relation });
    Ok(())
}

/// Which ends a kind joins: employment and office a person and an organisation, shares an organisation
/// and whoever holds them, control and a common responsible person two organisations.
fn check_ends(one: Related, other: Related, kind: RelationKind) -> Result<(), Rejection> {
    let organisations = match (one, other) {
        (Related::Person(_), Related::Person(_)) => return Err(Code::State.into()),
        (Related::Person(_), Related::Organisation(_))
        | (Related::Organisation(_), Related::Person(_)) => 1,
        (Related::Organisation(a), Related::Organisation(b)) => {
            ensure(a != b, Code::State)?;
            2
        }
    };
    match kind {
        RelationKind::Employment | RelationKind::Director => {
            ensure(organisations == 1, Code::State)
        }
        RelationKind::Control | RelationKind::SameResponsiblePerson => {
            ensure(organisations == 2, Code::State)
        }
        RelationKind::Shareholder { bp } => {
            ensure(bp > 0, Code::AmountZero)?;
            ensure(bp <= WHOLE_BP, Code::AmountRange)
        }
    }
}

/// The regulator of whatever place, or governance: relations have no place.
fn is_authority(view: &View<'_>, party: &Party) -> bool {
    roles::holds(view, party, &[Role::Regulator]).is_ok()
        || roles::governance(view, std::slice::from_ref(party)).is_ok()
}

/// The own business key of an organisation that is one of the two.
fn speaks_for_end(party: &Party, relation: &Relation) -> bool {
    [relation.one, relation.other].into_iter().any(|end| match end {
        Related::Organisation(id) => {
            keys::signs(std::slice::from_ref(party), KeyOwner::Organisation(id))
        }
        Related::Person(_) => false,
    })
}

impl Relation {
    fn joins(&self, one: Related, other: Related) -> bool {
        (self.one, self.other) == (one, other) || (self.one, self.other) == (other, one)
    }

    fn overlaps(&self, other: &Self) -> bool {
        self.to.is_none_or(|to| other.from <= to) && other.to.is_none_or(|to| self.from <= to)
    }

    /// The end that is not this one.
    fn beyond(&self, end: Related) -> Related {
        if self.one == end { self.other } else { self.one }
    }
}

/// Every relation of an end, at most [`RANGE_MAX`]: there are never more.
pub fn edges(view: &View<'_>, end: Related) -> Vec<(RecordId, Relation)> {
    view.range::<RelationOf>(&end.bytes(), RANGE_MAX)
        .into_iter()
        .filter_map(|((_, id), RelationOf)| Some((id, view.get::<Relation>(&id)?)))
        .collect()
}

/// Whom an end is joined with on a day. A person works where she was registered: nobody has to
/// declare that.
fn neighbours(view: &View<'_>, end: Related, on: Day) -> BTreeSet<Related> {
    let least = parameter(view, Parameter::ShareholderMin);
    let declared = edges(view, end)
        .into_iter()
        .filter(|(_, relation)| relation.counts(on, least))
        .map(|(_, relation)| relation.beyond(end));
    let home = match end {
        Related::Person(id) => view.get::<Person>(&id).map(|person| person.organisation),
        Related::Organisation(_) => None,
    };
    declared.chain(home.map(Related::Organisation)).collect()
}

/// Whether two are related on a day: one and the same, or at most two relations apart that stood at
/// some time of the three years before. Reads at most twice [`RANGE_MAX`] relations.
///
/// Source: REG-23, `domain` §1.3.
pub fn related(view: &View<'_>, one: Related, other: Related, on: Day) -> bool {
    let (near, far) = (neighbours(view, one, on), neighbours(view, other, on));
    one == other || near.contains(&other) || far.contains(&one) || !near.is_disjoint(&far)
}

/// Whether somebody in office, acting for an organisation, is related to another organisation: to act
/// for somebody is to be joined with it. Source: REG-23, SOD-3.
pub fn is_related_officer(
    view: &View<'_>,
    person: PersonId,
    acting_for: OrganisationId,
    other: OrganisationId,
    on: Day,
) -> bool {
    let other = Related::Organisation(other);
    let acting_for = Related::Organisation(acting_for);
    acting_for == other
        || neighbours(view, other, on).contains(&acting_for)
        || related(view, Related::Person(person), other, on)
}
