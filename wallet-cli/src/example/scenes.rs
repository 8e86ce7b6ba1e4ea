//! This exists to stage what stories need: neighbours who do nothing else, sessions that are held, awards.
//!
//! Whoever appears in a story appears nowhere else, so that no story changes the fate of another row.

use super::book::{Book, Line};
use super::office::{BUREAU, post};
use super::people::{Age, Resident, enrolment};
use super::service::{Activity, Rule};
use super::when::When;
use super::world::World;

/// Minutes of a session.
pub(super) const MINUTES: u32 = 120;
/// Days from a session until its points can be spent: two until the witness signs, three of hold, and one.
pub(super) const SPENDABLE: u32 = 6;

/// The second regulator of a sub-district: an appeal needs two.
pub(super) const REGULATORS: [(&str, u32); 2] = [("监管", 1), ("监管", 2)];

/// Puts the second regulator into her post.
pub(super) fn posts(world: &World, book: &mut Book) {
    let code = world.officer("监管", 2);
    book.add("officers", post(world, code, BUREAU, "regulator", world.path()));
}

/// Officers of the sub-district as the signers of one row.
pub(super) fn officers(world: &World, posts: &[(&str, u32)]) -> String {
    let codes: Vec<_> = posts.iter().map(|(post, which)| world.officer(post, *which)).collect();
    codes.join(";")
}

/// Where the stories of one community are told.
pub(super) struct Scenes<'a> {
    pub(super) world: &'a World,
    pub(super) community: u32,
    pub(super) book: &'a mut Book,
    /// Stands in every code of these scenes.
    mark: String,
    people: u32,
    sessions: u32,
}

impl<'a> Scenes<'a> {
    pub(super) fn new(world: &'a World, community: u32, mark: &str, book: &'a mut Book) -> Self {
        let mark = format!("{mark}{community:02}");
        Self { world, community, book, mark, people: 0, sessions: 0 }
    }

    /// A code of these scenes.
    pub(super) fn code(&self, kind: &str, which: impl std::fmt::Display) -> String {
        self.world.code(kind, format!("{}-{which}", self.mark))
    }

    /// A neighbour whom nobody else knows.
    pub(super) fn neighbour(&mut self) -> Resident {
        self.people += 1;
        let code = self.code("邻", self.people);
        self.enrolled(code)
    }

    fn enrolled(&mut self, code: String) -> Resident {
        let at = When::at(9, 16, self.people % 60);
        let person = format!("P-{code}");
        let line = enrolment(self.world, self.community, &code, &person, Age::Adult, at);
        self.book.add("residents", line);
        Resident {
            code,
            age: Age::Adult,
            guardian: None,
            enrolled: at,
            busy: Vec::new(),
            earned: Vec::new(),
        }
    }

    /// A session of a day, as it would be; its row is not in the book yet.
    pub(super) fn session(&mut self, day: u32) -> Activity {
        self.sessions += 1;
        let start = When::at(day, 9, 0);
        Activity {
            code: self.code("HD", self.sessions),
            community: self.community,
            team: 'a',
            grid: 1 + self.sessions % 12,
            start,
            end: start.plus(MINUTES),
            rule: Rule::Skilled,
            capacity: 20,
        }
    }

    /// A session that is held.
    pub(super) fn held(&mut self, day: u32) -> Activity {
        let activity = self.session(day);
        let line = activity.line(self.world);
        self.book.add("activities", line);
        activity
    }

    /// When people sign up for it.
    pub(super) fn evening(activity: &Activity) -> When {
        When::at(activity.start.day() - 2, 20, 5)
    }

    /// Somebody who signs up, and perhaps comes, without any device seeing it.
    pub(super) fn signed_up(&mut self, activity: &Activity, resident: &Resident) {
        let line = activity.signed_up(resident, Self::evening(activity));
        self.book.add("signins", line);
    }

    /// Somebody who is there from the first to the last minute.
    pub(super) fn attended(&mut self, activity: &Activity, resident: &Resident) {
        let line = activity.attended(self.world, resident, Self::evening(activity));
        self.book.add("signins", line);
    }

    /// Somebody who is there all the time, as everybody says: 24 points.
    pub(super) fn awarded(&mut self, day: u32, resident: &Resident) -> Activity {
        let activity = self.held(day);
        self.attended(&activity, resident);
        let minutes = activity.end.0 - activity.start.0;
        let line = activity.attestation(self.world, &resident.code, minutes);
        self.book.add("attestations", line);
        activity
    }

    /// The row of a late entry: the times of the session, all three signers.
    pub(super) fn late(&self, activity: &Activity, resident: &Resident, at: When) -> Line {
        let Activity { community, team, grid, .. } = *activity;
        let (world, minutes) = (self.world, activity.end.0 - activity.start.0);
        let organiser = world.organiser(community, team, 1);
        let witness = world.local("网格", community, grid);
        let regulator = world.officer("监管", 1);
        Line::new(at)
            .with("activity", &activity.code)
            .with("resident", &resident.code)
            .with("check_in", activity.start)
            .with("check_out", activity.end)
            .with("minutes", minutes)
            .with("evidence", format!("纸质签到表 {}", activity.code))
            .with("signed_by", format!("{organiser};{witness};{regulator}"))
            .with("at", at)
    }

    /// The row of a correction by an operator and an approver: an error of the organiser.
    pub(super) fn corrected(
        &self,
        activity: &Activity,
        resident: &Resident,
        minutes: u32,
        at: When,
    ) -> Line {
        Line::new(at)
            .with("activity", &activity.code)
            .with("resident", &resident.code)
            .with("earlier_corrections", 0)
            .with("minutes", minutes)
            .with("error_by", "organiser")
            .with("evidence", format!("更正单 {}", activity.code))
            .with("signed_by", officers(self.world, &[("积分", 1), ("一级", 1)]))
            .with("at", at)
    }

    /// The row of one step of a dispute.
    pub(super) fn step(
        activity: &Activity,
        resident: &Resident,
        act: &str,
        by: impl std::fmt::Display,
        at: When,
    ) -> Line {
        let line = Line::new(at)
            .with("activity", &activity.code)
            .with("resident", &resident.code)
            .with("act", act)
            .with("evidence", format!("异议材料 {} {act}", activity.code))
            .with("by", by)
            .with("at", at);
        match act {
            "dispute" => line.with("reason", "minutes"),
            "decide" | "decide_appeal" => line.with("outcome", "upheld"),
            _ => line,
        }
    }

    /// What a panel says instead of "upheld".
    pub(super) fn instead(line: Line, minutes: u32, error_by: &str) -> Line {
        line.with("outcome", "corrected").with("minutes", minutes).with("error_by", error_by)
    }
}
