//! This exists to invent residents: a pseudonym each, an age class, for minors a guardian, and nothing
//! else about anybody.

use super::book::{Book, Line};
use super::when::When;
use super::world::World;
use linli_ledger::code::Code;

/// Enrolled residents of each community of a sub-district: 20 000 in 12.
const ENROLLED: u32 = 1_667;

/// How old somebody is, as far as the ledger knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Age {
    Child,
    Youth,
    Adult,
}

/// A resident.
#[derive(Clone, Debug)]
pub(super) struct Resident {
    pub(super) code: String,
    pub(super) age: Age,
    pub(super) guardian: Option<String>,
    pub(super) enrolled: When,
    /// The days on which the resident takes part in something.
    pub(super) busy: Vec<u32>,
    /// Points, and when they can be spent.
    pub(super) earned: Vec<(When, u32)>,
}

/// A row of an enrolment.
pub(super) fn enrolment(
    world: &World,
    community: u32,
    code: &str,
    person: &str,
    age: Age,
    at: When,
) -> Line {
    let age = match age {
        Age::Child => "under_14",
        Age::Youth => "14_to_17",
        Age::Adult => "adult",
    };
    Line::new(at)
        .with("code", code)
        .with("person", person)
        .with("community", world.community(community))
        .with("age_class", age)
        .with("enrolled_by", world.local("登记", community, 1))
        .with("enrolled_at", at)
}

/// The residents of one community.
pub(super) fn residents(world: &World, community: u32, book: &mut Book) -> Vec<Resident> {
    let mut random = world.random(&format!("people {community}"));
    let mut people: Vec<Resident> = Vec::new();
    let mut adults: Vec<usize> = Vec::new();
    for which in 1..=world.local_share(ENROLLED) {
        let code = world.resident(community, which);
        let is_early = random.chance(85);
        let day = if is_early { random.between(2, 9) } else { random.between(10, 300) };
        let hour = *random.pick(&[10, 15, 16]);
        let enrolled = When::at(day, hour, random.below(60));
        let (age, guardian) = match random.below(100) {
            0..2 if !adults.is_empty() => (Age::Child, Some(*random.pick(&adults))),
            2..8 if !adults.is_empty() => (Age::Youth, Some(*random.pick(&adults))),
            _ => (Age::Adult, None),
        };
        let guardian = guardian.and_then(|position| people.get(position));
        // A guardian is enrolled first.
        let enrolled = guardian.map_or(enrolled, |g| enrolled.max(g.enrolled.days(1)));
        let guardian = guardian.map(|guardian| guardian.code.clone());
        let person = format!("P-{code}");
        let line = enrolment(world, community, &code, &person, age, enrolled);
        let line = match &guardian {
            Some(guardian) => line.with("guardian", guardian),
            None => line,
        };
        book.add("residents", line);
        if age == Age::Adult {
            adults.push(people.len());
        }
        people.push(Resident {
            code,
            age,
            guardian,
            enrolled,
            busy: Vec::new(),
            earned: Vec::new(),
        });
    }
    people
}

/// Enrolments that break a rule.
pub(super) fn breakers(world: &World, people: &[Resident], book: &mut Book) {
    let mut random = world.random("enrolments that break a rule");
    let mut at = || When::at(random.between(12, 40), 15, random.below(60));
    let known = people.iter().filter(|resident| resident.enrolled < When::at(10, 0, 0));
    for (n, known) in (1..=2).zip(known) {
        let code = world.code("违居", format!("{n}a"));
        let person = format!("P-{code}");
        let youth = enrolment(world, 1, &code, &person, Age::Youth, at());
        book.add("residents", youth.refused(Code::Guardian, "a minor without a guardian"));
        let code = world.code("违居", format!("{n}b"));
        let taken = format!("P-{}", known.code);
        let again = enrolment(world, 1, &code, &taken, Age::Adult, at());
        let why = "one person under a second pseudonym";
        book.add("residents", again.refused(Code::Nullifier, why));
        let code = world.code("违居", format!("{n}c"));
        let person = format!("P-{code}");
        let other = enrolment(world, 1, &code, &person, Age::Adult, at());
        let line = other.with("enrolled_by", world.local("网格", 1, n));
        book.add("residents", line.refused(Code::Role, "enrolled by somebody who is no registrar"));
        let person = format!("P-again-{}", known.code);
        let twice = enrolment(world, 1, &known.code, &person, Age::Adult, at());
        book.add("residents", twice.refused(Code::RowDuplicate, "a pseudonym that is taken"));
        let code = world.code("违居", format!("{n}d"));
        let line = enrolment(world, 1, &code, "", Age::Adult, at());
        book.add("residents", line.refused(Code::RowEmpty, "nobody is named"));
        let code = world.code("违居", format!("{n}e"));
        let line = enrolment(world, 1, &code, &format!("P-{code}"), Age::Adult, at());
        let line = line.with("age_class", "grown-up");
        book.add("residents", line.refused(Code::RowChoice, "an age class that is none"));
    }
}
