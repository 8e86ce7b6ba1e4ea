//! This exists to enter into the books what puts an award right: corrections, disputes, appeals.

use super::dates::after_working_days;
use super::desk::{ATTENDANCE, DAY_MINUTES, Entered, ensure, no};
use super::points::{Award, Dispute, GRACE, Lot, OWED_LIFE, Office, Owed, Place};
use super::{DAY, Twist};
use crate::histories::act::Right;

/// Corrections of one award.
const CORRECTIONS: u32 = 16;

impl Office {
    pub(super) fn correct(
        &mut self,
        award: usize,
        right: Right,
        read: bool,
        (now, twist): (u64, Twist),
    ) -> Entered {
        self.session(award, now)?;
        match self.awards[&award].dispute {
            None => {}
            Some(dispute) if dispute.freezes() => return no("E_STATE"),
            Some(_) => return no("E_ALREADY_RESOLVED"),
        }
        ensure(read, "E_APPROVAL_STALE")?;
        self.put_right(award, right, now, twist)?;
        self.known(award).office_decided = true;
        Ok(())
    }

    /// Takes back what an award gave and gives what is right; what was spent beyond that is owed.
    pub(super) fn put_right(
        &mut self,
        award: usize,
        right: Right,
        now: u64,
        twist: Twist,
    ) -> Entered {
        let before = self.awards[&award].clone();
        let Award { who, expires, end, .. } = before;
        let Right { minutes, by_volunteer } = right;
        ensure(before.corrections < CORRECTIONS, "E_LIMIT")?;
        ensure(minutes <= before.session.min(ATTENDANCE), "E_MINUTES_EXCEED")?;
        ensure(minutes != before.minutes, "E_AMOUNT_ZERO")?;
        let others = self.minutes_of_day(who, end, Some(award));
        ensure(others + minutes <= DAY_MINUTES, "E_DAILY_MINUTES")?;
        self.known(award).points = 0;
        let points = self.worth(who, end, minutes, twist);
        let own = |lot: &Lot| {
            (lot.award, lot.expires) == (award, expires) && !matches!(lot.place, Place::Locked(_))
        };
        let at_hand: u64 =
            self.people[who].lots.iter().filter(|lot| own(lot)).map(|lot| lot.amount).sum();
        let spent = before.issued.saturating_sub(at_hand);
        let alive = now < expires;
        let debt = if alive { spent.saturating_sub(points) } else { 0 };
        let theirs = if by_volunteer && twist != Twist::NothingIsOwed { debt } else { 0 };
        let netted = before.owed.map_or(0, |owed| owed.netted);
        let back = netted.saturating_sub(theirs);
        let lapses = before.owed.map_or(now + OWED_LIFE, |owed| owed.lapses);
        let owed = (theirs > 0).then_some(Owed { total: theirs, netted: netted - back, lapses });
        let keep = points.saturating_sub(spent) + back;
        let keep = if alive { keep } else { keep.min(at_hand) };
        if keep != at_hand {
            self.take(who, own);
            self.corrected += at_hand;
            self.minted += keep;
            let held = now < before.available_at || self.frozen(award);
            let place = if held { Place::Held } else { Place::Available };
            self.put(who, Lot { award, expires, amount: keep, place });
        }
        let person = &mut self.people[who];
        person.minutes = person.minutes - before.minutes + minutes;
        let known = self.known(award);
        (known.minutes, known.points, known.owed) = (minutes, points, owed);
        known.issued = spent + keep;
        known.corrections += 1;
        Ok(())
    }

    pub(super) fn freeze(&mut self, award: usize) {
        let Award { who, expires, .. } = self.awards[&award];
        let own =
            |lot: &Lot| (lot.award, lot.expires, lot.place) == (award, expires, Place::Available);
        for lot in self.take(who, own) {
            self.put(who, Lot { place: Place::Held, ..lot });
        }
    }

    pub(super) fn thaw(&mut self, award: usize, now: u64) {
        let Award { who, expires, available_at, .. } = self.awards[&award];
        let own = |lot: &Lot| (lot.award, lot.place) == (award, Place::Held);
        for lot in self.take(who, own) {
            let lot = if lot.expires <= now {
                Lot { expires: now + GRACE, place: Place::Available, ..lot }
            } else if now < available_at {
                lot
            } else {
                Lot { place: Place::Available, ..lot }
            };
            debug_assert!(lot.expires >= expires);
            self.put(who, lot);
        }
    }

    pub(super) fn dispute(&mut self, award: usize, who: usize, now: u64) -> Entered {
        self.session(award, now)?;
        ensure(now <= self.awards[&award].awarded_at + 30 * DAY, "E_DEADLINE")?;
        match self.awards[&award].dispute {
            None => {}
            Some(dispute) if dispute.freezes() => return no("E_EXISTS"),
            Some(_) => return no("E_ALREADY_RESOLVED"),
        }
        self.freeze(award);
        let known = self.known(award);
        known.dispute = Some(Dispute::Open { regulator_from: after_working_days(now, 15) });
        known.disputed_by = who;
        Ok(())
    }

    /// The award stands, or is put right; then its points are free again.
    pub(super) fn rule(
        &mut self,
        award: usize,
        right: Option<Right>,
        state: Dispute,
        (now, twist): (u64, Twist),
    ) -> Entered {
        if let Some(right) = right {
            self.put_right(award, right, now, twist)?;
        }
        self.known(award).dispute = Some(state);
        self.thaw(award, now);
        Ok(())
    }

    pub(super) fn decide(
        &mut self,
        award: usize,
        right: Option<Right>,
        regulators: bool,
        when: (u64, Twist),
    ) -> Entered {
        let known = &self.awards[&award];
        let regulator_from = match known.dispute {
            None => return no("E_NOT_FOUND"),
            Some(Dispute::Open { regulator_from }) => regulator_from,
            Some(Dispute::Appealed) => return no("E_STATE"),
            Some(Dispute::Decided { .. } | Dispute::Final) => return no("E_ALREADY_RESOLVED"),
        };
        ensure(regulators || when.0 < regulator_from, "E_ROLE")?;
        let had_part = if regulators { known.late } else { known.office_decided };
        ensure(!had_part, "E_APPEAL_NOT_INDEPENDENT")?;
        let state = Dispute::Decided { appeal_until: when.0 + 30 * DAY };
        self.rule(award, right, state, when)?;
        let known = self.known(award);
        known.office_decided |= !regulators;
        known.regulators_decided |= regulators;
        Ok(())
    }

    pub(super) fn appeal(&mut self, award: usize, who: usize, now: u64) -> Entered {
        let known = &self.awards[&award];
        let Some(dispute) = known.dispute else { return no("E_NOT_FOUND") };
        ensure(who == known.who || who == known.disputed_by, "E_ROLE")?;
        match dispute {
            Dispute::Decided { appeal_until } => ensure(now < appeal_until, "E_DEADLINE")?,
            Dispute::Open { .. } => return no("E_STATE"),
            Dispute::Appealed | Dispute::Final => return no("E_ALREADY_RESOLVED"),
        }
        self.freeze(award);
        self.known(award).dispute = Some(Dispute::Appealed);
        Ok(())
    }

    pub(super) fn appeal_decide(
        &mut self,
        award: usize,
        right: Option<Right>,
        same: bool,
        when: (u64, Twist),
    ) -> Entered {
        let known = &self.awards[&award];
        match known.dispute {
            None => return no("E_NOT_FOUND"),
            Some(Dispute::Appealed) => {}
            Some(Dispute::Open { .. } | Dispute::Decided { .. }) => return no("E_STATE"),
            Some(Dispute::Final) => return no("E_ALREADY_RESOLVED"),
        }
        let had_part = known.regulators_decided || known.late;
        ensure(!(same && had_part), "E_APPEAL_NOT_INDEPENDENT")?;
        self.rule(award, right, Dispute::Final, when)
    }
}
