//! This exists to plant what breaks a rule of service, rewards and posts: at least two rows for each
//! code that such a row can bring about, between the rows that break none.
//!
//! Whoever takes part in it does nothing else, so that no rule-breaker changes the fate of another row.

use super::book::{Book, Line};
use super::office::{BUREAU, post};
use super::people::{Age, Resident, enrolment};
use super::rewards::{Reward, handed_out};
use super::service::{Activity, Rule, rule_line};
use super::when::{Date, When};
use super::world::World;
use linli_ledger::code::Code;

/// Everything happens in the first community.
const HERE: u32 = 1;

/// Plants all of it.
pub(super) fn plant(world: &World, people: &[Resident], book: &mut Book) {
    posts(world, book);
    rules(world, book);
    let mut stage = Stage::new(world, book);
    for n in 0..2 {
        activities(&mut stage, n);
        sign_ups(&mut stage, n);
        check_ins(&mut stage, n);
        attestations(&mut stage, n);
        unreadable(&mut stage, n);
    }
    unfunded(&mut stage);
    vouchers(&mut stage);
    super::people::breakers(world, people, book);
}

/// Where rule-breakers appear: each scene on a day of its own.
struct Stage<'a> {
    world: &'a World,
    book: &'a mut Book,
    scenes: u32,
    guests: Vec<Resident>,
    youth: Resident,
}

impl<'a> Stage<'a> {
    fn new(world: &'a World, book: &'a mut Book) -> Self {
        let mut enrol = |name: &str, age: Age, guardian: Option<&Resident>, hour: u32| {
            let code = world.code("客居", name);
            let at = When::at(9, hour, 0);
            let line = enrolment(world, HERE, &code, &format!("P-{code}"), age, at);
            let line = match guardian {
                Some(guardian) => line.with("guardian", &guardian.code),
                None => line,
            };
            book.add("residents", line);
            let guardian = guardian.map(|guardian| guardian.code.clone());
            Resident { code, age, guardian, enrolled: at, busy: Vec::new(), earned: Vec::new() }
        };
        let guests: Vec<_> = (1..=6).map(|n| enrol(&n.to_string(), Age::Adult, None, 10)).collect();
        let youth = enrol("少", Age::Youth, guests.first(), 15);
        Self { world, book, scenes: 0, guests, youth }
    }

    /// An activity on the next free day.
    fn scene(&mut self) -> Activity {
        self.scenes += 1;
        let start = When::at(20 + self.scenes * 3, 9, 0);
        Activity {
            code: self.world.code("HD", format!("X{:03}", self.scenes)),
            community: HERE,
            team: 'a',
            grid: 1 + self.scenes % 12,
            start,
            end: start.plus(120),
            rule: Rule::Hour,
            capacity: 10,
        }
    }

    /// When people sign up for it.
    fn evening(activity: &Activity) -> When {
        When::at(activity.start.day() - 2, 20, 5)
    }

    /// An activity that is held, and its row without anything wrong.
    fn held(&mut self) -> Activity {
        let activity = self.scene();
        let line = activity.line(self.world);
        self.book.add("activities", line);
        activity
    }

    /// Somebody was there from the first to the last minute.
    fn attended(&mut self, activity: &Activity, guest: usize) -> String {
        let resident = self.guests[guest].clone();
        let line = activity.attended(self.world, &resident, Self::evening(activity));
        self.book.add("signins", line);
        resident.code
    }

    /// Somebody was there, and everybody says so.
    fn earned(&mut self, activity: &Activity, guest: usize, minutes: u32) {
        let code = self.attended(activity, guest);
        let line = activity.attestation(self.world, &code, minutes);
        self.book.add("attestations", line);
    }
}

fn posts(world: &World, book: &mut Book) {
    let path = world.path();
    let office = world.office();
    let both = format!("{office};{BUREAU}");
    let governor = world.officer("治理", 1);
    let line = post(world, &governor, &office, "governor", "");
    book.add("officers", line);
    for n in 1..=2 {
        let wrong =
            |name: &str, role: &str| post(world, world.officer(name, n), &office, role, &path);
        let line = wrong("违岗甲", "organiser").with("granted_by", &office);
        book.add(
            "officers",
            line.refused(Code::GovernanceQuorum, "granted by one governing body only"),
        );
        let line = wrong("违岗乙", "registrar")
            .with("key_of", &governor)
            .with("granted_by", format!("{governor};{BUREAU}"));
        book.add("officers", line.refused(Code::SelfGrant, "a governor grants a post to herself"));
        let line = wrong("违岗丙", "approver").with("level", 3 + n);
        book.add("officers", line.refused(Code::ApproverLevel, "there are three levels"));
        let line = wrong("违岗丁", "witness").with("from", Date(100)).with("to", Date(50 + n));
        book.add("officers", line.refused(Code::TimeOrder, "a post that ends before it begins"));
        let line = wrong("违岗戊", "auditor").with("granted_by", format!("{both};nobody"));
        book.add(
            "officers",
            line.refused(Code::RowReference, "granted by a body that is not there"),
        );
    }
    // Posts that break nothing by themselves.
    let early = world.organiser(HERE, 'a', 3);
    let line = post(world, early, world.team(HERE, 'a'), "organiser", world.community(HERE));
    book.add("officers", line.with("to", Date(15)));
    let own = world.organiser(HERE, 'a', 4);
    let line = post(world, own, world.team(HERE, 'a'), "organiser", world.community(HERE));
    let person = format!("P-{}@{}", world.code("客居", 1), world.community(HERE));
    book.add("officers", line.with("person", person));
    let inside = world.local("网格", HERE, 90);
    let line = post(world, inside, world.team(HERE, 'a'), "witness", world.community(HERE));
    book.add("officers", line);
    let second = world.officer("积分兼", 1);
    let line = post(world, second, &office, "points_operator", &path);
    book.add(
        "officers",
        line.with("key_of", world.officer("积分", 1)).with("registered_at", When::at(0, 10, 0)),
    );
}

fn rules(world: &World, book: &mut Book) {
    let one = world.officer("积分", 1);
    for n in 1..=2 {
        let at = When::at(40 * n, 10, 7);
        let rule = |name: &str| {
            rule_line(world, &world.code("R", format!("{name}{n}")), 1, at, Date(at.day() + 5))
        };
        let line = rule("minus").with("points", -5);
        book.add("rules", line.refused(Code::NegativeRule, "takes points away for conduct"));
        let line = rule("tenfold").with("multiplier_percent", 250);
        book.add("rules", line.refused(Code::Multiplier, "above the greatest multiplier"));
        let line = rule("back").with("valid_from", Date(at.day() - 30));
        book.add("rules", line.refused(Code::Retroactive, "in force before it was set"));
        let line = rule("never").with("valid_to", Date(at.day() + 1));
        book.add("rules", line.refused(Code::TimeWindow, "ends before it begins"));
        let line = rule("huge").with("year_cap", 2_000_000_000);
        book.add("rules", line.refused(Code::AmountRange, "a cap above a thousand million"));
        let line = rule("alone").with("set_by", &one);
        book.add("rules", line.refused(Code::Cosign, "set by one operator"));
        let line = rule("both").with("set_by", format!("{one};{}", world.officer("积分兼", 1)));
        book.add("rules", line.refused(Code::DuplicateApprover, "one person with two keys"));
        let line = rule("late").with("version", 2);
        book.add("rules", line.refused(Code::RowReference, "a second version of nothing"));
    }
}

fn activities(stage: &mut Stage<'_>, n: u32) {
    let world = stage.world;
    let outside = format!("{}/099/001", world.path());
    let witness = world.local("网格", HERE, 1);
    let early = world.organiser(HERE, 'a', 3);
    let changes: [(&'static str, String, Code, &'static str); 11] = [
        ("participation", "compulsory".into(), Code::Compulsory, "nobody may be made to help"),
        ("capacity", "0".into(), Code::Capacity, "no seat"),
        ("risk_class", "2".into(), Code::Insurance, "a risk without insurance"),
        ("risk_class", "4".into(), Code::AmountRange, "there are risk classes 0 to 3"),
        ("title", "很长的标题".repeat(5), Code::Text, "a title above 64 bytes"),
        ("place", outside, Code::Scope, "outside the organiser's community"),
        ("proposed_by", witness, Code::Role, "proposed by a witness"),
        ("proposed_by", early, Code::RoleExpired, "proposed after the post had ended"),
        (
            "published_by",
            world.organiser(HERE, 'a', 1),
            Code::SelfApproval,
            "published by its proposer",
        ),
        ("minimum_age", "16".into(), Code::AmountRange, "an age other than 0, 14 and 18"),
        ("kind", "party".into(), Code::RowChoice, "a kind that is none"),
    ];
    for (column, value, code, why) in changes {
        let activity = stage.scene();
        let line = activity.line(world).with(column, value).refused(code, why);
        stage.book.add("activities", line);
    }
    let activity = stage.scene();
    let line = activity.line(world).with("end", When(activity.start.0 - 60 * (n + 1)));
    stage.book.add("activities", line.refused(Code::TimeWindow, "ends before it begins"));
    let activity = stage.scene();
    let late = When(activity.start.0 - 20 - n);
    let line = activity.line(world).with("published_at", late);
    stage
        .book
        .add("activities", line.refused(Code::Deadline, "published within the hour before it"));
    // What depends on such a row finds nothing.
    let activity = stage.scene();
    let line = activity.line(world).with("participation", "compulsory");
    stage.book.add("activities", line.refused(Code::Compulsory, "nobody may be made to help"));
    let line = activity.signed_up(&stage.guests[0], Stage::evening(&activity));
    stage.book.add("signins", line.refused(Code::NotFound, "for an activity that was refused"));
    let activity = stage.scene();
    let line = activity.line(world).with("published_by", "").with("published_at", "");
    stage.book.add("activities", line);
    let line = activity.signed_up(&stage.guests[0], Stage::evening(&activity));
    stage.book.add("signins", line.refused(Code::State, "for an activity that nobody published"));
}

fn sign_ups(stage: &mut Stage<'_>, n: u32) {
    let world = stage.world;
    let youth = stage.youth.clone();
    let activity = stage.scene();
    let line = activity.line(world).with("minimum_age", 18);
    stage.book.add("activities", line);
    let line = activity.signed_up(&youth, Stage::evening(&activity));
    stage.book.add("signins", line.refused(Code::MinimumAge, "too young for it"));
    let activity = stage.scene();
    let line = activity.line(world).with("risk_class", 3).with("insurance", "保单");
    stage.book.add("activities", line);
    let line = activity.signed_up(&youth, Stage::evening(&activity));
    stage.book.add("signins", line.refused(Code::MinorRisk, "no minor in a rescue"));
    let activity = stage.held();
    let line = activity.signed_up(&youth, Stage::evening(&activity)).with("guardian", "");
    stage.book.add("signins", line.refused(Code::Guardian, "a minor signs up alone"));
    let activity = stage.scene();
    let line = activity.line(world).with("capacity", 1);
    stage.book.add("activities", line);
    let evening = Stage::evening(&activity);
    let line = activity.signed_up(&stage.guests[0], evening);
    stage.book.add("signins", line);
    let line = activity.signed_up(&stage.guests[1], evening.plus(1));
    stage.book.add("signins", line.refused(Code::Full, "every seat is taken"));
    let activity = stage.held();
    let evening = Stage::evening(&activity);
    let line = activity.signed_up(&stage.guests[2], evening);
    stage.book.add("signins", line);
    let other = Activity {
        code: format!("{}b", activity.code),
        start: activity.start.plus(60),
        end: activity.end.plus(60),
        ..activity
    };
    let line = other.line(world);
    stage.book.add("activities", line);
    let line = other.signed_up(&stage.guests[2], evening.plus(1));
    stage.book.add("signins", line.refused(Code::Overlap, "two places at one time"));
    // Whose enrolment was refused has no key.
    let activity = stage.held();
    let line = activity
        .signed_up(&stage.guests[3], Stage::evening(&activity))
        .with("resident", world.code("违居", format!("{}b", n + 1)));
    stage.book.add("signins", line.refused(Code::KeyInactive, "by somebody who is not enrolled"));
}

fn check_ins(stage: &mut Stage<'_>, n: u32) {
    let world = stage.world;
    let mut wrong = |change: &dyn Fn(Line, &Activity) -> Line, code: Code, why: &'static str| {
        let activity = stage.held();
        let guest = stage.guests[3].clone();
        let line = activity.attended(world, &guest, Stage::evening(&activity));
        let line = change(line, &activity).refused(code, why);
        stage.book.add("signins", line);
    };
    wrong(
        &|line, activity| line.with("check_in", When(activity.start.0 - 50 - n)),
        Code::TimeWindow,
        "there long before it began",
    );
    wrong(
        &|line, _| line.with("code_age_minutes", 12 + n),
        Code::NonceStale,
        "an old code from the door",
    );
    wrong(&|line, _| line.with("site", ""), Code::Cosign, "no device at the door");
    wrong(&|line, _| line.with("check_in", ""), Code::TimeOrder, "gone without having come");
}

fn attestations(stage: &mut Stage<'_>, n: u32) {
    let world = stage.world;
    let mut wrong = |change: &dyn Fn(Line, &Activity) -> Line, code: Code, why: &'static str| {
        let activity = stage.held();
        let resident = stage.attended(&activity, 4);
        let line = activity.attestation(world, &resident, 120);
        let line = change(line, &activity).refused(code, why);
        stage.book.add("attestations", line);
    };
    wrong(
        &|line, _| line.with("minutes", 121 + n),
        Code::MinutesExceed,
        "more minutes than the devices saw",
    );
    wrong(&|line, _| line.with("units", 3), Code::LineMismatch, "pieces where hours count");
    wrong(
        &|line, activity| {
            let late = activity.end.days(20 + n);
            line.with("attested_at", late).with("witnessed_at", late.days(1))
        },
        Code::Deadline,
        "attested three weeks later",
    );
    wrong(
        &|line, _| line.with("witness", world.local("网格", HERE, 90)),
        Code::AttestNotIndependent,
        "the witness is of the organiser's house",
    );
    wrong(
        &|line, _| line.with("organiser", world.local("网格", HERE, 1)),
        Code::Role,
        "attested by a witness",
    );
    let activity = stage.held();
    let resident = stage.attended(&activity, 0);
    let line = activity
        .attestation(world, &resident, 120)
        .with("organiser", world.organiser(HERE, 'a', 4));
    stage
        .book
        .add("attestations", line.refused(Code::SelfAttest, "an organiser attests own hours"));
    let activity = stage.held();
    let line = activity.signed_up(&stage.guests[4], Stage::evening(&activity));
    stage.book.add("signins", line);
    let line = activity.attestation(world, &stage.guests[4].code, 120);
    stage.book.add("attestations", line.refused(Code::State, "somebody who never came"));
    // Twelve hours and five: more than a day may have.
    let night = Activity { start: When::at(stage.scene().start.day(), 0, 0), ..stage.scene() };
    let night = Activity { end: night.start.plus(720), ..night };
    let line = night.line(world);
    stage.book.add("activities", line);
    stage.earned(&night, 5, 720);
    let day = Activity {
        code: format!("{}b", night.code),
        start: night.end,
        end: night.end.plus(300),
        ..night
    };
    let line = day.line(world);
    stage.book.add("activities", line);
    let resident = stage.attended(&day, 5);
    let line = day.attestation(world, &resident, 300);
    stage.book.add("attestations", line.refused(Code::DailyMinutes, "seventeen hours in a day"));
}

fn unreadable(stage: &mut Stage<'_>, n: u32) {
    let world = stage.world;
    let activity = stage.held();
    let evening = Stage::evening(&activity);
    let guest = stage.guests[5].clone();
    let line = activity.signed_up(&guest, evening);
    let bad = [
        (line.clone().with("activity", "HD-none"), Code::RowReference, "an unknown activity"),
        (line.clone().with("signed_up_at", "2026-02-29 12:00"), Code::RowTime, "no such day"),
        (line.clone().with_surplus_cell(), Code::RowColumns, "a cell too many"),
        (line.with("code_age_minutes", "十二"), Code::JsonNumber, "no number"),
    ];
    for (line, code, why) in bad {
        stage.book.add("signins", line.refused(code, why));
    }
    let line = stage.scene().line(world);
    let bad = [
        // Invented, and in no number range that is given out.
        (format!("请拨 19900000{n:03}"), Code::RowPersonal, "a telephone number"),
        ("反\u{202E}向".into(), Code::RowText, "a character that turns the line around"),
        (String::new(), Code::RowEmpty, "no title"),
    ];
    for (title, code, why) in bad {
        let line = line.clone().with("code", stage.scene().code).with("title", title);
        stage.book.add("activities", line.refused(code, why));
    }
}

/// A programme whose budget covers forty points has given sixty: its rule may not change.
fn unfunded(stage: &mut Stage<'_>) {
    let world = stage.world;
    let code = world.code("R", "wish");
    let rule = |version, at: When, from| {
        rule_line(world, &code, version, at, from)
            .with("programme", world.code("XY", 1))
            .with("basis", "per_activity")
            .with("points", 30)
            .with("cap_group", "wish")
    };
    stage.book.add("rules", rule(1, When::at(1, 16, 30), Date(2)));
    for guest in 0..2 {
        let activity = stage.scene();
        let line = activity.line(world).with("rule", &code);
        stage.book.add("activities", line);
        stage.earned(&activity, guest, 120);
    }
    for version in 2..=3 {
        let line = rule(version, When::at(340, 10, version), Date(345));
        let why = "the budget does not cover what is out";
        stage.book.add("rules", line.refused(Code::ProgrammeUnfunded, why));
    }
}

fn vouchers(stage: &mut Stage<'_>) {
    let world = stage.world;
    let reward = |name: &str| Reward {
        code: world.code("DH", format!("X{name}")),
        community: HERE,
        shop: 'a',
        price: 10,
        value: 400,
    };
    let offer = |name: &str| reward(name).line(world, "文具", "goods", 50);
    for n in 1..=2 {
        let wrong = |name: &str| offer(&format!("{name}{n}"));
        for (line, code, why) in [
            (wrong("cash").with("kind", "cash"), Code::RewardKind, "points are no money"),
            (wrong("free").with("price", 0), Code::AmountZero, "a price of nothing"),
            (
                wrong("dear").with("fair_value", "5.01"),
                Code::RewardValue,
                "worth more than courtesy",
            ),
            (wrong("alone").with("cosigned_by", ""), Code::Cosign, "no operator signs"),
            (wrong("past").with("valid_to", Date(2)), Code::TimeWindow, "over before it began"),
            (wrong("part").with("fair_value", "4.005"), Code::JsonNumber, "half a fen"),
        ] {
            stage.book.add("rewards", line.refused(code, why));
        }
    }
    stage.book.add("rewards", offer("many"));
    stage.book.add("rewards", offer("few").with("stock", 1));
    stage.book.add("rewards", offer("once").with("per_person", 1));
    stage.book.add("rewards", offer("short").with("valid_to", Date(300)));
    // Six guests work for it; twenty points an attendance.
    for guest in 0..4 {
        for _ in 0..5 {
            let activity = stage.held();
            stage.earned(&activity, guest, 120);
        }
    }
    assert!(20 + stage.scenes * 3 < 335, "{} scenes end before the vouchers begin", stage.scenes);
    redemptions(stage, &reward);
}

/// What guests with points do with vouchers, and one without.
fn redemptions(stage: &mut Stage<'_>, reward: &dyn Fn(&str) -> Reward) {
    let world = stage.world;
    let clerk = reward("").clerk(world);
    let later = When::at(340, 12, 0);
    let mut number = 0;
    let mut take = |book: &mut Book, name: &str, guest: &Resident, at: When| {
        number += 1;
        let code = world.code("DQ", format!("X{number:02}"));
        let line = reward(name).voucher(&code, &guest.code, at);
        book.add("redemptions", line);
        code
    };
    let guests = stage.guests.clone();
    let book = &mut *stage.book;
    take(book, "few", &guests[0], later);
    for n in 0..2 {
        let voucher = |name: &str, guest: usize, minute: u32| {
            let code = world.code("DQ", format!("Y{name}{n}"));
            reward(name).voucher(&code, &guests[guest].code, later.plus(minute))
        };
        let line = voucher("few", 1 + n, 1);
        book.add("redemptions", line.refused(Code::Stock, "the only one is taken"));
        let line = voucher("short", n, 2);
        book.add("redemptions", line.refused(Code::ItemExpired, "the offer is over"));
        let poor = Resident { code: world.code("客居", "少"), ..guests[n].clone() };
        let line = voucher("many", n, 3).with("resident", &poor.code);
        book.add(
            "redemptions",
            line.refused(Code::InsufficientPoints, "fewer points than the price"),
        );
        take(book, "once", &guests[n], later.plus(4));
        let line = voucher("once", n, 5);
        book.add("redemptions", line.refused(Code::PersonLimit, "one for each person"));
        let code = take(book, "many", &guests[n], later.plus(6));
        let line = handed_out(&code, &clerk, later.plus(240)).with("secret", "wrong");
        book.add("handouts", line.refused(Code::Secret, "not the secret of this voucher"));
        let line = handed_out(&code, &format!("店员{}", world.shop(HERE, 'b')), later.plus(241));
        book.add("handouts", line.refused(Code::Scope, "handed out by another shop"));
        let line = handed_out(&code, &clerk, later.plus(242));
        book.add("handouts", line);
        let line = handed_out(&code, &clerk, later.plus(243));
        book.add("handouts", line.refused(Code::AlreadyResolved, "handed out before"));
        let code = take(book, "many", &guests[n + 2], later.plus(7));
        let line = handed_out(&code, &clerk, later.days(8));
        book.add("handouts", line.refused(Code::VoucherExpired, "eight days later"));
    }
}
