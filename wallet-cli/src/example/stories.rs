//! This exists to tell what becomes of service that was recorded too late, wrongly, or against
//! somebody's word, and of those who serve so long that it gives a star.

use super::book::Book;
use super::scenes::{MINUTES, REGULATORS, SPENDABLE, Scenes, officers};
use super::service::Activity;
use super::when::When;
use super::world::World;

/// How often each story is told in a community of full size.
pub(super) const TOLD: u32 = 10;
/// The first and the last day on which a story may begin: the longest takes 50 days.
const BEGIN: (u32, u32) = (20, 290);
/// Long duties of each who serves a hundred hours and more, and their minutes.
const DUTIES: u32 = 12;
const DUTY_MINUTES: u32 = 540;

/// Tells every story of one community.
pub(super) fn tell(world: &World, community: u32, book: &mut Book) {
    let mut random = world.random(&format!("stories {community}"));
    let mut scenes = Scenes::new(world, community, "S", book);
    let told = world.local_share(TOLD).max(1);
    for _ in 0..told {
        let day = random.between(BEGIN.0, BEGIN.1);
        late(&mut scenes, day);
        corrected(&mut scenes, day);
        upheld(&mut scenes, day);
        appealed(&mut scenes, day);
        escalated(&mut scenes, day);
    }
    long_duties(&mut scenes, told);
}

/// No device saw one; nobody attested the other in time. Both are entered late.
fn late(scenes: &mut Scenes<'_>, day: u32) {
    let (unseen, unsaid) = (scenes.neighbour(), scenes.neighbour());
    let activity = scenes.held(day);
    scenes.signed_up(&activity, &unseen);
    let line = scenes.late(&activity, &unseen, When::at(day + 4, 16, 10));
    scenes.book.add("late_entries", line);
    let activity = scenes.held(day);
    scenes.attended(&activity, &unsaid);
    let line = scenes.late(&activity, &unsaid, When::at(day + 20, 16, 20));
    scenes.book.add("late_entries", line);
}

/// An organiser wrote too many minutes down, and when that was put right, too few.
fn corrected(scenes: &mut Scenes<'_>, day: u32) {
    let neighbour = scenes.neighbour();
    let activity = scenes.awarded(day + 1, &neighbour);
    let line = scenes.corrected(&activity, &neighbour, 90, When::at(day + 9, 11, 15));
    scenes.book.add("corrections", line);
    let line = scenes.corrected(&activity, &neighbour, 100, When::at(day + 16, 11, 15));
    scenes.book.add("corrections", line.with("earlier_corrections", 1));
}

/// A neighbour doubts the minutes; two who had no part in it find that they are right.
fn upheld(scenes: &mut Scenes<'_>, day: u32) {
    let (neighbour, other) = (scenes.neighbour(), scenes.neighbour());
    let activity = scenes.awarded(day + 2, &neighbour);
    let at = When::at(day + 2 + SPENDABLE, 15, 10);
    let line = Scenes::step(&activity, &neighbour, "dispute", &other.code, at);
    scenes.book.add("disputes", line);
    let panel = officers(scenes.world, &[("积分", 2), ("一级", 2)]);
    let line = Scenes::step(&activity, &neighbour, "decide", panel, at.days(6));
    scenes.book.add("disputes", line);
}

/// An auditor doubts that somebody was there; a panel takes most of the minutes back; the volunteer
/// appeals, and two regulators find that nearly all of it was true.
fn appealed(scenes: &mut Scenes<'_>, day: u32) {
    let neighbour = scenes.neighbour();
    let activity = scenes.awarded(day + 3, &neighbour);
    let at = When::at(day + 3 + SPENDABLE, 15, 30);
    let auditor = officers(scenes.world, &[("审计", 1)]);
    let line = Scenes::step(&activity, &neighbour, "dispute", auditor, at);
    scenes.book.add("disputes", line.with("reason", "attendance"));
    let panel = officers(scenes.world, &[("积分", 1), ("一级", 1)]);
    let line = Scenes::step(&activity, &neighbour, "decide", panel, at.days(6));
    scenes.book.add("disputes", Scenes::instead(line, 30, "organiser"));
    let line = Scenes::step(&activity, &neighbour, "appeal", &neighbour.code, at.days(11));
    scenes.book.add("disputes", line);
    let panel = officers(scenes.world, &REGULATORS);
    let line = Scenes::step(&activity, &neighbour, "decide_appeal", panel, at.days(20));
    scenes.book.add("disputes", Scenes::instead(line, MINUTES - 10, "organiser"));
}

/// Nobody decides within three weeks: the regulators do.
fn escalated(scenes: &mut Scenes<'_>, day: u32) {
    let neighbour = scenes.neighbour();
    let activity = scenes.awarded(day + 4, &neighbour);
    let at = When::at(day + 4 + SPENDABLE, 15, 50);
    let organiser = scenes.world.organiser(activity.community, activity.team, 2);
    let line = Scenes::step(&activity, &neighbour, "dispute", organiser, at);
    scenes.book.add("disputes", line.with("reason", "duplicate"));
    let panel = officers(scenes.world, &REGULATORS);
    let line = Scenes::step(&activity, &neighbour, "decide", panel, at.days(30));
    scenes.book.add("disputes", line);
}

/// Some serve nine hours at a time, twelve times: a hundred hours give a star.
fn long_duties(scenes: &mut Scenes<'_>, people: u32) {
    let people: Vec<_> = (0..people).map(|_| scenes.neighbour()).collect();
    for duty in 0..DUTIES {
        let session = scenes.session(30 + duty * 25);
        let start = When::at(session.start.day(), 8, 0);
        let activity = Activity { start, end: start.plus(DUTY_MINUTES), ..session };
        let line = activity.line(scenes.world);
        scenes.book.add("activities", line);
        for neighbour in &people {
            scenes.attended(&activity, neighbour);
            let line = activity.attestation(scenes.world, &neighbour.code, DUTY_MINUTES);
            scenes.book.add("attestations", line);
        }
    }
}
