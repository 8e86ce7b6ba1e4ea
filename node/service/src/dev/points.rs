//! This exists to give the demonstration something to earn points with and to exchange them for.

use super::desk::{Desk, document};
use super::{COMMUNITY, DevError, PARTNER, PLACE, VOLUNTEERS};
use linli_contracts::AnyCall;
use linli_contracts::programme::{
    ActivityKind, ActivityTerms, Basis, Call, Participation, RewardKind, RuleTerms, terms_hash,
};
use linli_ledger::amount::{Fen, Points};
use linli_ledger::types::{DAY_MS, Day, HOUR_MS, MINUTE_MS, RecordId, derive_identifier};

/// A rule cannot look back, so it begins when it is certainly written.
const RULE_WAITS: u64 = 2 * MINUTE_MS;

/// A programme with a rule and a reward; the rule.
pub(super) fn open(desk: &mut Desk<'_>) -> Result<RecordId, DevError> {
    let time = desk.genesis.time;
    let operators = ["points", "points-2"];
    let open = Call::ProgrammeOpen {
        name: "示例社区积分".into(),
        scope: PLACE.into(),
        reward_budget: Fen(5_000_000),
    };
    let programme = desk.act(&AnyCall::Programme(open), &operators)?;
    let programme = RecordId(derive_identifier(&programme, 0));
    let rule = Call::RuleSet {
        programme,
        rule: None,
        terms: RuleTerms {
            basis: Basis::PerHour { rate: 10 },
            multiplier_bp: 10_000,
            cap_group: "service".into(),
            day_cap: Points(40),
            month_cap: Points(400),
            year_cap: Points(2_000),
            min_minutes: 30,
            valid_from: time.plus(RULE_WAITS),
            valid_to: time.plus(365 * DAY_MS),
        },
        totals: None,
    };
    let rule = desk.act(&AnyCall::Programme(rule), &operators)?;
    let offer = Call::RewardOffer {
        programme,
        partner: desk.organisation(PARTNER),
        title: "酱油一瓶（示例）".into(),
        kind: RewardKind::Goods,
        price: Points(10),
        fair_value: Fen(500),
        stock: 50,
        per_person: 1,
        valid_from: time,
        valid_to: time.plus(300 * DAY_MS),
    };
    let offer = desk.act(&AnyCall::Programme(offer), &["shopkeeper", "points"])?;
    desk.list("programme", "示例社区积分：每小时 10 分", programme);
    desk.list("offer", "酱油一瓶（示例），10 分", RecordId(derive_identifier(&offer, 0)));
    Ok(RecordId(derive_identifier(&rule, 0)))
}

/// An activity of tomorrow morning. Where the clock is set by hand it is open for everybody; otherwise
/// it is left to be published, since its rule has not begun.
pub(super) fn propose(desk: &mut Desk<'_>, rule: RecordId) -> Result<(), DevError> {
    let tomorrow = Day(desk.genesis.time.day().0 + 1).start();
    let terms = ActivityTerms {
        title: "社区食堂帮厨（示例）".into(),
        kind: ActivityKind::Service,
        place: COMMUNITY.into(),
        start: tomorrow.plus(9 * HOUR_MS),
        end: tomorrow.plus(11 * HOUR_MS),
        capacity: 10,
        minimum_age: 14,
        risk_class: 1,
        insurance: None,
        risk_statement: Some(document("statement of risks")),
        participation: Participation::Voluntary,
        rule,
    };
    let terms_hash = terms_hash(&terms);
    let organisation = desk.organisation(VOLUNTEERS);
    let proposal = Call::ActivityPropose { organisation, terms };
    let activity = desk.act(&AnyCall::Programme(proposal), &["organiser"])?;
    let activity = RecordId(derive_identifier(&activity, 0));
    if desk.pass(RULE_WAITS)? {
        let publish = Call::ActivityPublish { activity, terms_hash };
        desk.act(&AnyCall::Programme(publish), &["points"])?;
    }
    desk.list("activity", "社区食堂帮厨（示例），明天 9 点到 11 点", activity);
    Ok(())
}
