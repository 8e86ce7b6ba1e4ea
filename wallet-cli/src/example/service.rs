//! This exists to invent a year of activities: proposed, published, signed up for, attended, attested.

use super::book::{Book, Line};
use super::people::{Age, Resident};
use super::random::Random;
use super::when::{Date, When};
use super::world::World;

/// Attendances of each community in a year: more than 120 000 in 12.
const ATTENDANCES: u32 = 10_050;
/// The first day on which something is done.
const FIRST_DAY: u32 = 11;
/// The day after the last on which something is done: what follows it still lies in the year.
const END_DAY: u32 = 358;
/// The day from which a new version of the hourly rule is in force: 1 July.
const NEW_RATE: u32 = 181;
/// Titles, of which each says what is done and nothing about anybody.
const TITLES: &[&str] = &[
    "楼道清洁",
    "为老送餐",
    "课后托管",
    "花圃养护",
    "旧物交换",
    "防火宣传",
    "图书整理",
    "河岸清理",
];

/// How an activity gives points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// Ten an hour, from July on twelve.
    Hour,
    /// A fifth more than ten an hour.
    Skilled,
    /// Fifteen for taking part.
    Once,
    /// Three for each piece of work.
    Piece,
}

impl Rule {
    pub(super) fn code(self, world: &World) -> String {
        world.code(
            "R",
            match self {
                Self::Hour => "hour",
                Self::Skilled => "skilled",
                Self::Once => "once",
                Self::Piece => "piece",
            },
        )
    }

    /// The points of an attendance of an activity that was published at a time.
    fn points(self, minutes: u32, units: u32, published: When) -> u32 {
        match self {
            Self::Hour if published.day() >= NEW_RATE => minutes * 12 / 60,
            Self::Hour => minutes * 10 / 60,
            Self::Skilled => minutes * 12 / 60,
            Self::Once => 15,
            Self::Piece => units * 3,
        }
    }
}

/// The programme of a sub-district and its rules.
pub(super) fn programme(world: &World, book: &mut Book) {
    let operators = format!("{};{}", world.officer("积分", 1), world.officer("积分", 2));
    let at = When::at(1, 15, 0);
    for (code, name, budget) in
        [("JF", "示例街道积分", "2000000.00"), ("XY", "示例微心愿", "20.00")]
    {
        let line = Line::new(at)
            .with("code", world.code(code, 1))
            .with("name", name)
            .with("scope", world.path())
            .with("reward_budget", budget)
            .with("opened_by", &operators)
            .with("opened_at", at);
        book.add("programmes", line);
    }
    for (rule, basis, points, percent) in [
        (Rule::Hour, "per_hour", 10, 100),
        (Rule::Skilled, "per_hour", 10, 120),
        (Rule::Once, "per_activity", 15, 100),
        (Rule::Piece, "per_unit", 3, 100),
    ] {
        let line = rule_line(world, &rule.code(world), 1, When::at(1, 16, 0), Date(2))
            .with("basis", basis)
            .with("points", points)
            .with("multiplier_percent", percent);
        book.add("rules", line);
    }
    let newer =
        rule_line(world, &Rule::Hour.code(world), 2, When::at(NEW_RATE - 6, 10, 0), Date(NEW_RATE));
    book.add("rules", newer.with("points", 12));
}

/// A rule of the sub-district's programme: ten points an hour, if nothing else is said.
pub(super) fn rule_line(world: &World, code: &str, version: u32, at: When, from: Date) -> Line {
    Line::new(at)
        .with("code", code)
        .with("version", version)
        .with("programme", world.code("JF", 1))
        .with("basis", "per_hour")
        .with("points", 10)
        .with("multiplier_percent", 100)
        .with("cap_group", "service")
        .with("day_cap", 80)
        .with("month_cap", 800)
        .with("year_cap", 5_000)
        .with("min_minutes", 15)
        .with("valid_from", from)
        .with("valid_to", Date(364))
        .with("set_by", format!("{};{}", world.officer("积分", 1), world.officer("积分", 2)))
        .with("set_at", at)
}

/// One activity of a team.
#[derive(Clone, Debug)]
pub(super) struct Activity {
    pub(super) code: String,
    pub(super) community: u32,
    pub(super) team: char,
    pub(super) grid: u32,
    pub(super) start: When,
    pub(super) end: When,
    pub(super) rule: Rule,
    pub(super) capacity: u32,
}

impl Activity {
    /// When it is proposed.
    pub(super) fn proposed(&self) -> When {
        When::at(self.start.day() - 7, 9, self.grid)
    }

    /// When it is published.
    pub(super) fn published(&self) -> When {
        When::at(self.start.day() - 6, 15, self.grid)
    }

    /// Its row: a service without risks, proposed by one organiser and published by the other.
    pub(super) fn line(&self, world: &World) -> Line {
        let organiser = |which| world.organiser(self.community, self.team, which);
        Line::new(self.proposed())
            .with("code", &self.code)
            .with("title", TITLES[self.grid as usize % TITLES.len()])
            .with("organisation", world.team(self.community, self.team))
            .with("kind", "service")
            .with("place", world.grid(self.community, self.grid))
            .with("start", self.start)
            .with("end", self.end)
            .with("capacity", self.capacity)
            .with("minimum_age", 0)
            .with("risk_class", 0)
            .with("risk_statement", format!("风险告知 {}", self.code))
            .with("participation", "voluntary")
            .with("rule", self.rule.code(world))
            .with("proposed_by", organiser(1))
            .with("proposed_at", self.proposed())
            .with("published_by", organiser(2))
            .with("published_at", self.published())
    }

    /// The row of a resident who signs up and stays from the first to the last minute.
    pub(super) fn attended(&self, world: &World, resident: &Resident, signed_up: When) -> Line {
        self.signed_up(resident, signed_up)
            .with("site", world.team(self.community, self.team))
            .with("check_in", self.start)
            .with("check_out", self.end)
    }

    /// The row of a resident who signs up.
    pub(super) fn signed_up(&self, resident: &Resident, at: When) -> Line {
        let line = Line::new(at)
            .with("activity", &self.code)
            .with("resident", &resident.code)
            .with("signed_up_at", at);
        match (&resident.guardian, resident.age) {
            (Some(guardian), Age::Child | Age::Youth) => line.with("guardian", guardian),
            _ => line,
        }
    }

    /// When its organiser attests.
    pub(super) fn attested(&self) -> When {
        When::at(self.end.day() + 1, 17, self.grid)
    }

    /// When the grid's witness does.
    pub(super) fn witnessed(&self) -> When {
        When::at(self.end.day() + 2, 10, self.grid)
    }

    /// The row of an attestation.
    pub(super) fn attestation(&self, world: &World, resident: &str, minutes: u32) -> Line {
        Line::new(self.attested())
            .with("activity", &self.code)
            .with("resident", resident)
            .with("minutes", minutes)
            .with("organiser", world.organiser(self.community, self.team, 1))
            .with("attested_at", self.attested())
            .with("witness", world.local("网格", self.community, self.grid))
            .with("witnessed_at", self.witnessed())
    }
}

/// A year of one community. Returns how many attendances were attested.
pub(super) fn year(world: &World, community: u32, people: &mut [Resident], book: &mut Book) -> u32 {
    let mut random = world.random(&format!("service {community}"));
    let (mut attended, mut number) = (0, 0);
    for day in FIRST_DAY..END_DAY {
        let due = world.local_share(ATTENDANCES) * (day + 1 - FIRST_DAY) / (END_DAY - FIRST_DAY);
        while attended < due {
            number += 1;
            let activity = invent(world, community, number, day, &mut random);
            attended += hold(world, &activity, people, &mut random, book);
        }
    }
    attended
}

fn invent(world: &World, community: u32, number: u32, day: u32, random: &mut Random) -> Activity {
    let start = *random.pick(&[When::at(day, 9, 0), When::at(day, 14, 0)]);
    let rule = match random.below(100) {
        0..60 => Rule::Hour,
        60..80 => Rule::Skilled,
        80..90 => Rule::Once,
        _ => Rule::Piece,
    };
    Activity {
        code: world.code("HD", format!("{community:02}-{number:04}")),
        community,
        team: *random.pick(&['a', 'b']),
        grid: random.between(1, World::grids(community)),
        start,
        end: start.plus(*random.pick(&[120, 150, 180])),
        rule,
        capacity: random.between(10, 20),
    }
}

/// Writes one activity with everybody who comes. Returns how many did.
fn hold(
    world: &World,
    activity: &Activity,
    people: &mut [Resident],
    random: &mut Random,
    book: &mut Book,
) -> u32 {
    let is_risky = random.chance(4);
    let line = activity.line(world);
    let line = match random.below(100) {
        _ if is_risky => line
            .with("kind", "emergency")
            .with("risk_class", 2)
            .with("minimum_age", 18)
            .with("insurance", format!("保单 {}", activity.code)),
        0..10 => line.with("kind", "training"),
        _ => line,
    };
    // Now and then it rains.
    if random.chance(2) {
        let line = line
            .with("cancelled_by", world.organiser(activity.community, activity.team, 1))
            .with("cancelled_at", When::at(activity.start.day() - 1, 20, 59));
        book.add("activities", line);
        return 0;
    }
    book.add("activities", line);
    let signed_up = random.between(activity.capacity / 2, activity.capacity);
    let mut attended = 0;
    for _ in 0..signed_up {
        let at = When::at(
            activity.start.day() - random.between(1, 4),
            *random.pick(&[12, 20]),
            random.below(58),
        );
        if let Some(resident) = choose(people, activity, is_risky, at, random) {
            resident.busy.push(activity.start.day());
            attended += u32::from(come(world, activity, resident, at, random, book));
        }
    }
    attended
}

/// Somebody who is free that day; those at the front of the list more often.
fn choose<'a>(
    people: &'a mut [Resident],
    activity: &Activity,
    is_risky: bool,
    at: When,
    random: &mut Random,
) -> Option<&'a mut Resident> {
    let day = activity.start.day();
    let limit = u32::try_from(people.len()).unwrap_or(u32::MAX);
    let fits = |resident: &Resident| {
        resident.enrolled.day() < at.day()
            && (resident.age == Age::Adult || !is_risky)
            && !resident.busy.contains(&day)
    };
    let drawn = (0..40)
        .map(|_| {
            let (one, two) = (random.below(limit), random.below(limit));
            usize::try_from(u64::from(one) * u64::from(two) / u64::from(limit)).unwrap_or(0)
        })
        .find(|position| people.get(*position).is_some_and(fits));
    drawn.and_then(|position| people.get_mut(position))
}

/// Signs somebody up, who perhaps comes. Whether minutes were attested.
fn come(
    world: &World,
    activity: &Activity,
    resident: &mut Resident,
    at: When,
    random: &mut Random,
    book: &mut Book,
) -> bool {
    let line = activity.signed_up(resident, at);
    match random.below(100) {
        // Withdraws in time, an hour of the evening later.
        0..4 => {
            let at = When::at(at.day(), 20, 58);
            book.add("signins", line.with("cancelled_at", at));
            return false;
        }
        // Never comes.
        4..10 => {
            book.add("signins", line);
            return false;
        }
        _ => {}
    }
    let check_in = When(activity.start.0 + random.between(0, 6) - random.between(0, 14).min(14));
    let check_out = When(activity.end.0 + random.between(0, 9) - random.between(0, 5));
    let line = line
        .with("site", world.team(activity.community, activity.team))
        .with("check_in", check_in)
        .with("check_out", check_out);
    book.add("signins", line);
    let whole = check_out.min(activity.end).0 - check_in.max(activity.start).0;
    // Organisers may only take away.
    let minutes = if random.chance(10) { whole - random.between(1, 20) } else { whole };
    let line = activity.attestation(world, &resident.code, minutes);
    let line = line.with(
        "organiser",
        world.organiser(activity.community, activity.team, random.between(1, 2)),
    );
    let units = random.between(2, 10);
    let line = if activity.rule == Rule::Piece { line.with("units", units) } else { line };
    book.add("attestations", line);
    let points = activity.rule.points(minutes, units, activity.published());
    // Held for three days after the hour in which the second word was given.
    resident.earned.push((activity.witnessed().days(4), points));
    true
}
