//! This exists to plant what breaks a rule of late entries, corrections and disputes: twice each code that
//! such a row can bring about.

use super::book::{Book, Line};
use super::office::{BUREAU, post};
use super::people::Resident;
use super::rewards::Reward;
use super::scenes::{MINUTES, SPENDABLE, Scenes, officers};
use super::service::Activity;
use super::when::When;
use super::world::World;
use linli_ledger::code::Code;

/// Everything happens in the first community.
const HERE: u32 = 1;
/// Corrections that one award may have.
const CORRECTIONS: u32 = 16;

/// Plants all of it.
pub(super) fn plant(world: &World, book: &mut Book) {
    posts(world, book);
    for n in 0..2 {
        let mark = if n == 0 { "XA" } else { "XB" };
        let mut scenes = Scenes::new(world, HERE, mark, book);
        let day = 25 + 120 * n;
        late(&mut scenes, day);
        unfounded(&mut scenes, day + 3);
        long_day(&mut scenes, day + 5);
        corrections(&mut scenes, day + 7);
        own(&mut scenes, n, day + 9);
        dispute(&mut scenes, day + 11);
        disputes_too_late(&mut scenes, day + 13);
    }
    let mut scenes = Scenes::new(world, HERE, "XC", book);
    too_often(&mut scenes, 40);
}

/// Posts that break nothing until they are used beside another of the same person.
fn posts(world: &World, book: &mut Book) {
    let (path, office) = (world.path(), world.office());
    let mut second = |name: &str, role: &str, first: String| {
        let line = post(world, world.officer(name, 1), &office, role, &path)
            .with("key_of", first)
            .with("registered_at", When::at(0, 10, 0));
        let line = if role == "approver" { line.with("level", 1) } else { line };
        book.add("officers", line);
    };
    second("积分兼批", "approver", world.officer("积分", 1));
    second("组织兼监", "regulator", world.organiser(HERE, 'a', 1));
    let third = post(world, world.officer("监管", 3), BUREAU, "regulator", &path);
    book.add("officers", third);
}

/// Somebody who signed up only, and the late entry of it without anything wrong.
fn unseen(scenes: &mut Scenes<'_>, day: u32) -> (Activity, Resident, Line) {
    let neighbour = scenes.neighbour();
    let activity = scenes.held(day);
    scenes.signed_up(&activity, &neighbour);
    let line = scenes.late(&activity, &neighbour, When::at(day + 5, 16, 40));
    (activity, neighbour, line)
}

fn late(scenes: &mut Scenes<'_>, day: u32) {
    let world = scenes.world;
    let (activity, _, line) = unseen(scenes, day);
    let three = |one: String, two: String, three: String| format!("{one};{two};{three}");
    let organiser = || world.organiser(HERE, activity.team, 1);
    let witness = || world.local("网格", HERE, activity.grid);
    let other = world.local("网格", HERE, activity.grid % 12 + 1);
    let regulator = || world.officer("监管", 1);
    let early = When::at(day + 1, 16, 40);
    let changes: [(&'static str, String, Code, &'static str); 8] = [
        (
            "signed_by",
            format!("{};{}", organiser(), witness()),
            Code::Cosign,
            "entered late without a regulator",
        ),
        (
            "signed_by",
            three(other, witness(), regulator()),
            Code::Role,
            "entered late by a witness",
        ),
        (
            "signed_by",
            three(organiser(), world.local("网格", HERE, 90), regulator()),
            Code::AttestNotIndependent,
            "the witness of a late entry is of the organiser's house",
        ),
        (
            "signed_by",
            three(organiser(), witness(), world.officer("组织兼监", 1)),
            Code::SelfApproval,
            "the regulator is the organiser",
        ),
        ("at", early.to_string(), Code::TimeWindow, "late while it can still be done in time"),
        ("check_in", activity.end.plus(30).to_string(), Code::TimeOrder, "gone before coming"),
        ("minutes", (MINUTES + 1).to_string(), Code::MinutesExceed, "more than there were"),
        ("resident", "nobody".into(), Code::RowReference, "late for somebody unknown"),
    ];
    for (column, value, code, why) in changes {
        let line = line.clone().with(column, value).refused(code, why);
        scenes.book.add("late_entries", line);
    }
    let before = When(activity.start.0 - 90);
    let outside = line.clone().with("check_in", before);
    scenes.book.add("late_entries", outside.refused(Code::TimeWindow, "outside the session"));
    // What the devices saw stands.
    let neighbour = scenes.neighbour();
    let activity = scenes.held(day);
    scenes.attended(&activity, &neighbour);
    let line = scenes.late(&activity, &neighbour, When::at(day + 20, 16, 40));
    let other = line.with("check_out", When(activity.end.0 - 1)).with("minutes", 60);
    let why = "another time than the device saw";
    scenes.book.add("late_entries", other.refused(Code::LineMismatch, why));
    let neighbour = scenes.neighbour();
    let activity = scenes.awarded(day, &neighbour);
    let line = scenes.late(&activity, &neighbour, When::at(day + 20, 16, 40));
    scenes.book.add("late_entries", line.refused(Code::State, "attested in time"));
}

/// About what is not there.
fn unfounded(scenes: &mut Scenes<'_>, day: u32) {
    let neighbour = scenes.neighbour();
    let activity = scenes.session(day);
    let line = activity.line(scenes.world).with("participation", "compulsory");
    scenes.book.add("activities", line.refused(Code::Compulsory, "nobody may be made to help"));
    let line = activity.signed_up(&neighbour, Scenes::evening(&activity));
    scenes.book.add("signins", line.refused(Code::NotFound, "for an activity that was refused"));
    let at = When::at(day + 5, 16, 50);
    let line = scenes.late(&activity, &neighbour, at);
    scenes
        .book
        .add("late_entries", line.refused(Code::NotFound, "of an activity that was refused"));
    let (activity, neighbour, _) = unseen(scenes, day);
    let line = scenes.corrected(&activity, &neighbour, 60, at);
    scenes.book.add("corrections", line.refused(Code::NotFound, "nothing was awarded"));
    let panel = officers(scenes.world, &[("积分", 2), ("一级", 2)]);
    for (act, by) in [
        ("dispute", officers(scenes.world, &[("审计", 1)])),
        ("decide", panel.clone()),
        ("appeal", neighbour.code.clone()),
        ("decide_appeal", panel),
    ] {
        let line = Scenes::step(&activity, &neighbour, act, by, at);
        scenes.book.add("disputes", line.refused(Code::NotFound, "about no award"));
    }
}

/// Sixteen hours are all that a day may have, however late they are found.
fn long_day(scenes: &mut Scenes<'_>, day: u32) {
    let neighbour = scenes.neighbour();
    let half = |scenes: &mut Scenes<'_>, from: u32, minutes: u32| {
        let start = When::at(day, from, 0);
        let session = scenes.session(day);
        let activity = Activity { start, end: start.plus(minutes), ..session };
        let line = activity.line(scenes.world);
        scenes.book.add("activities", line);
        activity
    };
    let attested = |scenes: &mut Scenes<'_>, activity: &Activity, minutes: u32| {
        scenes.attended(activity, &neighbour);
        let line = activity.attestation(scenes.world, &neighbour.code, minutes);
        scenes.book.add("attestations", line);
    };
    let night = half(scenes, 0, 720);
    attested(scenes, &night, 720);
    let noon = half(scenes, 12, 300);
    attested(scenes, &noon, 180);
    let evening = half(scenes, 18, 120);
    scenes.signed_up(&evening, &neighbour);
    let why = "more than sixteen hours in a day";
    let line = scenes.late(&evening, &neighbour, When::at(day + 6, 16, 30));
    scenes.book.add("late_entries", line.refused(Code::DailyMinutes, why));
    let line = scenes.corrected(&noon, &neighbour, 300, When::at(day + 7, 16, 30));
    scenes.book.add("corrections", line.refused(Code::DailyMinutes, why));
}

fn corrections(scenes: &mut Scenes<'_>, day: u32) {
    let world = scenes.world;
    let neighbour = scenes.neighbour();
    let activity = scenes.awarded(day, &neighbour);
    let line = scenes.corrected(&activity, &neighbour, 60, When::at(day + 8, 11, 40));
    let signed = |posts: &[(&str, u32)]| officers(world, posts);
    let changes: [(&'static str, String, Code, &'static str); 8] = [
        ("signed_by", signed(&[("积分", 1)]), Code::Cosign, "corrected by one alone"),
        (
            "signed_by",
            signed(&[("一级", 1), ("积分", 1)]),
            Code::Role,
            "begun by who should approve it",
        ),
        (
            "signed_by",
            signed(&[("积分", 1), ("积分兼批", 1)]),
            Code::SelfApproval,
            "a correction approved by its maker",
        ),
        ("earlier_corrections", "1".into(), Code::ApprovalStale, "another number of corrections"),
        ("minutes", MINUTES.to_string(), Code::AmountZero, "nothing is corrected"),
        ("minutes", (MINUTES + 1).to_string(), Code::MinutesExceed, "more than the session"),
        ("units", "3".into(), Code::LineMismatch, "pieces where hours count"),
        ("error_by", "nobody".into(), Code::RowChoice, "nobody's error"),
    ];
    for (column, value, code, why) in changes {
        let line = line.clone().with(column, value).refused(code, why);
        scenes.book.add("corrections", line);
    }
}

/// Officers in matters of their own.
fn own(scenes: &mut Scenes<'_>, n: u32, day: u32) {
    let world = scenes.world;
    let neighbour = scenes.neighbour();
    let person = format!("P-{}@{}", neighbour.code, world.community(HERE));
    for (name, role) in [("积分居", "points_operator"), ("监管居", "regulator")] {
        let code = world.officer(name, n + 1);
        let line = post(world, code, world.office(), role, world.path()).with("person", &person);
        scenes.book.add("officers", line);
    }
    let activity = scenes.awarded(day, &neighbour);
    let signers = format!("{};{}", world.officer("积分居", n + 1), world.officer("一级", 1));
    let line = scenes.corrected(&activity, &neighbour, 100, When::at(day + 8, 11, 50));
    let line = line.with("signed_by", signers);
    scenes.book.add("corrections", line.refused(Code::SelfAttest, "corrects own hours"));
    let activity = scenes.held(day + 1);
    scenes.signed_up(&activity, &neighbour);
    let signers = format!(
        "{};{};{}",
        world.organiser(HERE, activity.team, 1),
        world.local("网格", HERE, activity.grid),
        world.officer("监管居", n + 1)
    );
    let line = scenes.late(&activity, &neighbour, When::at(day + 6, 16, 50));
    let line = line.with("signed_by", signers);
    scenes.book.add("late_entries", line.refused(Code::SelfAttest, "approves own hours"));
}

/// One award is corrected as often as it may be, and twice more.
fn too_often(scenes: &mut Scenes<'_>, day: u32) {
    let neighbour = scenes.neighbour();
    let activity = scenes.awarded(day, &neighbour);
    for number in 0..CORRECTIONS + 2 {
        let minutes = MINUTES - 1 - number % 2;
        let at = When::at(day + 5 + number, 11, 5);
        let line = scenes
            .corrected(&activity, &neighbour, minutes, at)
            .with("earlier_corrections", number.min(CORRECTIONS));
        let line = if number < CORRECTIONS {
            line
        } else {
            line.refused(Code::PersonLimit, "corrected for the seventeenth time")
        };
        scenes.book.add("corrections", line);
    }
}

/// The life of a dispute, and at each of its stages what cannot be done then.
fn dispute(scenes: &mut Scenes<'_>, day: u32) {
    let world = scenes.world;
    let (neighbour, stranger) = (scenes.neighbour(), scenes.neighbour());
    let activity = scenes.awarded(day, &neighbour);
    let panel = |posts: &[(&str, u32)]| officers(world, posts);
    let (operator, purchaser) = (panel(&[("积分", 1)]), panel(&[("采购", 1)]));
    let others = panel(&[("积分", 2), ("一级", 2)]);
    let (one, two) = (panel(&[("监管", 1), ("监管", 2)]), panel(&[("监管", 2), ("监管", 3)]));
    let book = &mut *scenes.book;
    let mut step = |act: &str, by: &str, at: When, no: Option<(Code, &'static str)>| {
        let line = Scenes::step(&activity, &neighbour, act, by, at);
        let line = match no {
            None => line,
            Some((code, why)) => line.refused(code, why),
        };
        book.add("disputes", line);
    };
    let opened = day + SPENDABLE + 2;
    let at = When::at(opened - 1, 15, 5);
    step("dispute", &purchaser, at, Some((Code::Role, "disputed by a purchaser")));
    step("decide", &others, at, Some((Code::NotFound, "nobody disputes it")));
    step("appeal", &neighbour.code, at, Some((Code::NotFound, "nobody disputes it")));
    step("decide_appeal", &one, at, Some((Code::NotFound, "nobody disputes it")));
    step("dispute", &operator, When::at(opened, 15, 5), None);
    let at = When::at(opened + 1, 15, 5);
    step("dispute", &stranger.code, at, Some((Code::Exists, "disputed twice")));
    step("appeal", &neighbour.code, at, Some((Code::State, "nobody has decided yet")));
    step("decide_appeal", &one, at, Some((Code::State, "nobody has appealed")));
    step("decide", &operator, at, Some((Code::Cosign, "decided by one alone")));
    let wrong = panel(&[("采购", 1), ("一级", 1)]);
    step("decide", &wrong, at, Some((Code::Role, "decided by a purchaser")));
    let twice = panel(&[("积分", 1), ("积分兼", 1)]);
    step("decide", &twice, at, Some((Code::DuplicateApprover, "one person with two keys")));
    let partial = panel(&[("积分", 1), ("一级", 1)]);
    step("decide", &partial, at, Some((Code::AppealNotIndependent, "decided by who disputes it")));
    step("decide", &panel(&[("监管", 1), ("一级", 1)]), When::at(opened + 4, 15, 5), None);
    let at = When::at(opened + 5, 15, 5);
    step("dispute", &stranger.code, at, Some((Code::AlreadyResolved, "disputed once more")));
    step("decide", &others, at, Some((Code::AlreadyResolved, "decided before")));
    step("appeal", &stranger.code, at, Some((Code::Role, "appealed by a stranger")));
    step("appeal", &neighbour.code, When::at(opened + 6, 15, 5), None);
    let at = When::at(opened + 7, 15, 5);
    step("appeal", &neighbour.code, at, Some((Code::AlreadyResolved, "appealed twice")));
    step("decide", &others, at, Some((Code::State, "it is appealed")));
    step("decide_appeal", &others, at, Some((Code::Role, "an appeal is the regulators' matter")));
    let again = Some((Code::AppealNotIndependent, "decided by who decided before"));
    step("decide_appeal", &one, at, again);
    step("decide_appeal", &two, When::at(opened + 8, 15, 5), None);
    let at = When::at(opened + 9, 15, 5);
    step("decide_appeal", &two, at, Some((Code::AlreadyResolved, "final")));
    step("appeal", &neighbour.code, at, Some((Code::AlreadyResolved, "final")));
    frozen(scenes, &activity, &neighbour, opened);
}

/// While it is disputed, nobody corrects an award, and nobody spends its points.
fn frozen(scenes: &mut Scenes<'_>, activity: &Activity, neighbour: &Resident, opened: u32) {
    for (days, code, why) in [
        (1, Code::State, "corrected while it is disputed"),
        (5, Code::AlreadyResolved, "corrected after a decision"),
        (7, Code::State, "corrected while it is appealed"),
    ] {
        let line = scenes.corrected(activity, neighbour, 60, When::at(opened + days, 11, 45));
        scenes.book.add("corrections", line.refused(code, why));
    }
    let reward = Reward {
        code: scenes.world.code("DH", format!("{HERE:02}a-1")),
        community: HERE,
        shop: 'a',
        price: 40,
        value: 1_800,
    };
    let voucher = scenes.code("DQ", "frozen");
    let line = reward.voucher(&voucher, &neighbour.code, When::at(opened + 1, 12, 45));
    scenes.book.add("redemptions", line.refused(Code::InsufficientPoints, "the points are frozen"));
}

/// What comes when the time for it is over. The second case stays open: the regulators will decide it.
fn disputes_too_late(scenes: &mut Scenes<'_>, day: u32) {
    let world = scenes.world;
    let neighbour = scenes.neighbour();
    let auditor = officers(world, &[("审计", 1)]);
    let others = officers(world, &[("积分", 2), ("一级", 2)]);
    let activity = scenes.awarded(day, &neighbour);
    let at = When::at(day + 34, 15, 15);
    let line = Scenes::step(&activity, &neighbour, "dispute", &auditor, at);
    scenes.book.add("disputes", line.refused(Code::Deadline, "disputed after a month"));
    let activity = scenes.awarded(day + 1, &neighbour);
    let at = When::at(day + 10, 15, 15);
    let line = Scenes::step(&activity, &neighbour, "dispute", &auditor, at);
    scenes.book.add("disputes", line);
    let line = Scenes::step(&activity, &neighbour, "decide", &others, at.days(30));
    scenes.book.add("disputes", line.refused(Code::Role, "now it is the regulators' matter"));
    let activity = scenes.awarded(day + 2, &neighbour);
    let line = Scenes::step(&activity, &neighbour, "dispute", &auditor, at);
    scenes.book.add("disputes", line);
    let line = Scenes::step(&activity, &neighbour, "decide", &others, at.days(3));
    scenes.book.add("disputes", line);
    let line = Scenes::step(&activity, &neighbour, "appeal", &neighbour.code, at.days(36));
    scenes.book.add("disputes", line.refused(Code::Deadline, "appealed after a month"));
}
