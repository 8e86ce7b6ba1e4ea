//! This exists to enter what residents and officers do into the books of hours and points: yes, or no
//! with the codes that fit.

use super::clerk::When;
use super::dates::{after_working_days, civil};
use super::money::Reasons;
use super::points::{
    Activity, Award, FAMILY, HOLD, KEPT, Lot, Office, Participation, Place, Step, expiry,
};
use super::{DAY, HOUR, Twist};
use crate::histories::act::{Act, Admits, Age};

const MINUTE: u64 = 60_000;
/// Minutes that one person may have on a day.
pub(super) const DAY_MINUTES: u64 = 960;
/// Minutes of one attendance.
pub(super) const ATTENDANCE: u64 = 720;
/// Points that one person may give in a month.
const GIFTS: u64 = 200;

pub(super) type Entered = Result<(), Reasons>;

pub(super) fn no(reason: &'static str) -> Entered {
    Err(vec![reason])
}

pub(super) fn ensure(holds: bool, reason: &'static str) -> Entered {
    if holds { Ok(()) } else { no(reason) }
}

impl Office {
    /// Enters an act.
    ///
    /// # Errors
    /// The codes that fit.
    pub fn enter(&mut self, act: &Act, when: When, twist: Twist) -> Entered {
        let now = when.now;
        match *act {
            Act::Publish { hours, from_now, seats, admits } => {
                let (start, off) = (now + from_now, false);
                let end = start + hours * HOUR;
                self.publish(Activity { start, end, seats, admits, off }, now)
            }
            Act::CallOff { activity } => self.call_off(activity, now),
            Act::SignUp { who, activity } => self.sign_up(who, activity, when),
            Act::Withdraw { participation } => self.withdraw(participation, now),
            Act::CheckIn { participation, stale } => self.check_in(participation, stale, now),
            Act::CheckOut { participation } => self.check_out(participation, now),
            Act::AttestFirst { participation, minutes } => {
                self.attest_first(participation, minutes, now)
            }
            Act::AttestSecond { participation, read } => {
                self.attest_second(participation, read, (now, twist))
            }
            Act::Late { participation, from, to, minutes } => {
                self.late(participation, (from, to), minutes, (now, twist))
            }
            Act::Offer { line, value, stock, agreed } => self.offer(line, value, stock, agreed),
            Act::Restock { reward, pieces } => self.restock(reward, pieces),
            Act::Redeem { who, reward } => self.redeem(who, reward, now, twist),
            Act::Fulfil { voucher, knows } => self.fulfil(voucher, knows, now),
            Act::GiveBack { voucher, who } => self.cancel(voucher, who, now),
            Act::ReturnPiece { voucher, restock } => self.return_piece(voucher, restock, now),
            Act::Settle { of, read } => self.settle(of, read, now),
            Act::Gift { who, amount, to_neighbour } => {
                self.gift(who, amount, to_neighbour, (now, twist))
            }
            Act::Correct { award, right, read } => self.correct(award, right, read, (now, twist)),
            Act::Dispute { award, who } => self.dispute(award, who, now),
            Act::Decide { award, right, regulators } => {
                self.decide(award, right, regulators, (now, twist))
            }
            Act::Appeal { award, who } => self.appeal(award, who, now),
            Act::AppealDecide { award, right, same } => {
                self.appeal_decide(award, right, same, (now, twist))
            }
            Act::Register { known, .. } => ensure(!known, "E_KEY_EXISTS"),
            Act::Enrol { again, age, guardian } => {
                let guarded = guardian.is_some_and(|who| FAMILY[who].0 == Age::Adult);
                let sound = if age == Age::Adult { guardian.is_none() } else { guarded };
                ensure(sound, "E_GUARDIAN")?;
                ensure(!again, "E_NULLIFIER")
            }
            Act::Alone(ref act) => self.alone(act, when, twist),
            _ => Ok(()),
        }
    }

    /// The resident who acts.
    pub(crate) fn resident(&self, act: &Act) -> Option<usize> {
        match *act.itself() {
            Act::SignUp { who, .. }
            | Act::Redeem { who, .. }
            | Act::GiveBack { who, .. }
            | Act::Gift { who, .. }
            | Act::Dispute { who, .. }
            | Act::Appeal { who, .. } => Some(who),
            Act::Withdraw { participation }
            | Act::CheckIn { participation, .. }
            | Act::CheckOut { participation } => Some(self.participations[participation].who),
            Act::ReturnPiece { voucher, .. } => Some(self.vouchers[voucher].who),
            _ => None,
        }
    }

    /// Nobody stands beside the resident. A child does nothing so, a youth takes no part.
    fn alone(&mut self, act: &Act, when: When, twist: Twist) -> Entered {
        let takes_part = matches!(act, Act::SignUp { .. });
        let may = match self.resident(act).map(|who| FAMILY[who].0) {
            None | Some(Age::Adult) => true,
            Some(Age::Youth) => !takes_part,
            Some(Age::Child) => twist == Twist::ChildActsAlone && !takes_part,
        };
        if may {
            return self.enter(act, when, twist);
        }
        let mut reasons = self.clone().enter(act, when, twist).err().unwrap_or_default();
        reasons.push("E_GUARDIAN");
        Err(reasons)
    }

    fn publish(&mut self, session: Activity, now: u64) -> Entered {
        let hours = (session.end - session.start) / HOUR;
        ensure((1..=24).contains(&hours), "E_TIME_WINDOW")?;
        ensure(session.seats > 0, "E_CAPACITY")?;
        ensure(now + HOUR <= session.start, "E_DEADLINE")?;
        self.activities.push(session);
        Ok(())
    }

    fn call_off(&mut self, activity: usize, now: u64) -> Entered {
        let known = &mut self.activities[activity];
        ensure(now < known.end + KEPT, "E_NOT_FOUND")?;
        ensure(!known.off, "E_STATE")?;
        ensure(now < known.start, "E_TIME_WINDOW")?;
        known.off = true;
        Ok(())
    }

    /// The session of a participation, while it is remembered.
    pub(super) fn session(&self, participation: usize, now: u64) -> Result<Activity, Reasons> {
        let known = self.activities[self.participations[participation].activity].clone();
        ensure(now < known.end + KEPT, "E_NOT_FOUND")?;
        Ok(known)
    }

    fn sign_up(&mut self, who: usize, activity: usize, when: When) -> Entered {
        let known = self.activities[activity].clone();
        ensure(when.now < known.end + KEPT, "E_NOT_FOUND")?;
        ensure(!known.off, "E_STATE")?;
        ensure(when.now < known.start, "E_TIME_WINDOW")?;
        let (age, admits) = (FAMILY[who].0, known.admits);
        let young = match admits {
            Admits::Everybody | Admits::Danger => false,
            Admits::Youths => age == Age::Child,
            Admits::Adults => age != Age::Adult,
        };
        ensure(!young, "E_MINIMUM_AGE")?;
        ensure(admits != Admits::Danger || age == Age::Adult, "E_MINOR_RISK")?;
        let stays = |one: &&Participation| one.step != Step::Cancelled;
        let inside = self.participations.iter().filter(|one| one.activity == activity);
        let taken = inside.filter(stays).count();
        ensure((taken as u64) < u64::from(known.seats), "E_FULL")?;
        let activities = &self.activities;
        let mut clashes: Vec<&mut Participation> = self
            .participations
            .iter_mut()
            .filter(|one| one.who == who && one.step != Step::Cancelled)
            .filter(|one| {
                let other = &activities[one.activity];
                other.start < known.end && known.start < other.end
            })
            .collect();
        ensure(clashes.iter().all(|one| activities[one.activity].off), "E_OVERLAP")?;
        for one in &mut clashes {
            one.step = Step::Cancelled;
        }
        let step = Step::SignedUp;
        self.participations.push(Participation { who, activity, step, id: when.made[0] });
        Ok(())
    }

    fn withdraw(&mut self, participation: usize, now: u64) -> Entered {
        let session = self.session(participation, now)?;
        ensure(self.participations[participation].step == Step::SignedUp, "E_STATE")?;
        ensure(now < session.end, "E_TIME_WINDOW")?;
        self.participations[participation].step = Step::Cancelled;
        Ok(())
    }

    fn check_in(&mut self, participation: usize, stale: bool, now: u64) -> Entered {
        let session = self.session(participation, now)?;
        let signed_up = self.participations[participation].step == Step::SignedUp;
        ensure(signed_up && !session.off, "E_STATE")?;
        ensure((session.start - HOUR / 2..session.end).contains(&now), "E_TIME_WINDOW")?;
        ensure(!stale, "E_NONCE_STALE")?;
        self.participations[participation].step = Step::CheckedIn { at: now };
        Ok(())
    }

    fn check_out(&mut self, participation: usize, now: u64) -> Entered {
        let session = self.session(participation, now)?;
        let from = match self.participations[participation].step {
            Step::CheckedIn { at } => at,
            Step::SignedUp => return no("E_TIME_ORDER"),
            _ => return no("E_STATE"),
        };
        ensure(!session.off, "E_STATE")?;
        ensure(now <= session.end + DAY, "E_TIME_WINDOW")?;
        self.participations[participation].step = Step::CheckedOut { from, to: now };
        Ok(())
    }

    fn attest_first(&mut self, participation: usize, minutes: u64, now: u64) -> Entered {
        let session = self.session(participation, now)?;
        ensure(!session.off, "E_STATE")?;
        ensure(now >= session.start, "E_TIME_WINDOW")?;
        ensure(now < after_working_days(session.end - 1, 10), "E_DEADLINE")?;
        let Step::CheckedOut { from, to } = self.participations[participation].step else {
            return no("E_STATE");
        };
        let seen = to.min(session.end).saturating_sub(from.max(session.start)) / MINUTE;
        ensure(minutes <= seen.min(ATTENDANCE), "E_MINUTES_EXCEED")?;
        self.participations[participation].step = Step::Attested { from, to, minutes };
        Ok(())
    }

    fn attest_second(&mut self, number: usize, read: bool, when: (u64, Twist)) -> Entered {
        let session = self.session(number, when.0)?;
        let step = self.participations[number].step;
        let Step::Attested { minutes, .. } = step else { return no("E_STATE") };
        ensure(!session.off, "E_STATE")?;
        ensure(read, "E_LINE_MISMATCH")?;
        self.award(number, minutes, false, when)
    }

    /// What devices or attestation missed, confirmed by three once nothing else can be done.
    fn late(
        &mut self,
        number: usize,
        (from, to): (u64, u64),
        minutes: u64,
        (now, twist): (u64, Twist),
    ) -> Entered {
        let session = self.session(number, now)?;
        ensure(!session.off, "E_STATE")?;
        let step = self.participations[number].step;
        let (opens, seen) = match step {
            // Somebody may leave a day after the end, and say so a day later.
            Step::SignedUp => (session.end + 2 * DAY + 1, true),
            Step::CheckedIn { at } => (session.end + 2 * DAY + 1, at == from),
            Step::CheckedOut { from: came, to: left } => {
                (after_working_days(session.end - 1, 10), (came, left) == (from, to))
            }
            Step::Attested { .. } | Step::Awarded | Step::Cancelled => return no("E_STATE"),
        };
        ensure(now >= opens || twist == Twist::LateIsEarly, "E_TIME_WINDOW")?;
        ensure(seen, "E_LINE_MISMATCH")?;
        ensure(from < to, "E_TIME_ORDER")?;
        let inside = session.start - HOUR / 2 <= from && to <= session.end + DAY;
        ensure(inside, "E_TIME_WINDOW")?;
        let between = to.min(session.end).saturating_sub(from.max(session.start)) / MINUTE;
        ensure(minutes <= between.min(ATTENDANCE), "E_MINUTES_EXCEED")?;
        self.award(number, minutes, true, (now, twist))
    }

    fn award(
        &mut self,
        number: usize,
        minutes: u64,
        late: bool,
        (now, twist): (u64, Twist),
    ) -> Entered {
        let Participation { who, activity, id, .. } = self.participations[number];
        let session = self.activities[activity].clone();
        let of_day = self.minutes_of_day(who, session.end, None) + minutes;
        ensure(of_day <= DAY_MINUTES, "E_DAILY_MINUTES")?;
        let points = self.worth(who, session.end, minutes, twist);
        let netted = self.net(who, points, now);
        let expires = expiry(session.end);
        self.participations[number].step = Step::Awarded;
        self.people[who].minutes += minutes;
        self.minted += points;
        self.corrected += netted;
        let award = Award {
            who,
            id,
            end: session.end,
            session: (session.end - session.start) / MINUTE,
            available_at: now + HOLD,
            awarded_at: now,
            expires,
            minutes,
            points,
            issued: points - netted,
            corrections: 0,
            owed: None,
            dispute: None,
            disputed_by: 0,
            late,
            office_decided: false,
            regulators_decided: false,
        };
        self.awards.insert(number, award);
        let (award, amount) = (number, points - netted);
        self.put(who, Lot { award, expires, amount, place: Place::Held });
        Ok(())
    }

    /// Half of a new award at most makes good what is owed, by identifiers of the awards.
    fn net(&mut self, who: usize, points: u64, now: u64) -> u64 {
        let most = points / 2;
        let mut left = most;
        let mut own: Vec<&mut Award> =
            self.awards.values_mut().filter(|award| award.who == who).collect();
        own.sort_by_key(|award| award.id);
        for owed in own.into_iter().filter_map(|award| award.owed.as_mut()) {
            if now < owed.lapses {
                let part = owed.total.saturating_sub(owed.netted).min(left);
                owed.netted += part;
                left -= part;
            }
        }
        most - left
    }

    fn gift(
        &mut self,
        who: usize,
        amount: u64,
        to_neighbour: bool,
        (now, twist): (u64, Twist),
    ) -> Entered {
        ensure(!to_neighbour, "E_TRANSFER_NOT_ALLOWED")?;
        let (year, month, _) = civil(now);
        let given = self.people[who].gifts.get(&(year, month)).copied().unwrap_or(0);
        ensure(given + amount <= GIFTS, "E_LIMIT")?;
        ensure(amount > 0, "E_AMOUNT_ZERO")?;
        let have = self.points(who, |place| place == Place::Available);
        ensure(have >= amount, "E_INSUFFICIENT_POINTS")?;
        self.spend(who, amount, Place::Available, twist);
        self.people[who].gifts.insert((year, month), given + amount);
        self.given += amount;
        Ok(())
    }

    pub(super) fn known(&mut self, award: usize) -> &mut Award {
        self.awards.get_mut(&award).expect("an award that there is")
    }
}
