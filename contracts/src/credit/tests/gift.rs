//! This exists to state the rules about gifts as facts.

use super::*;
use linli_ledger::types::DAY_MS;

fn gift(stage: &Stage, what: GiftOf, to: GiftTo) -> Call {
    Call::Gift { programme: stage.programme, what, to }
}

#[test]
fn points_are_given_to_the_care_pool_and_to_nobody_else() {
    let mut stage = Stage::new();
    let (resident, other) = (stage.resident("resident"), stage.resident("other"));
    stage.earn(&resident, 8);
    stage.world.advance(3 * DAY_MS);
    let me = resident.actor();
    let pool = |n| gift(&stage, GiftOf::Points(Points(n)), GiftTo::CarePool);
    let (thirty, none, too_many) = (pool(30), pool(0), pool(81));
    let to = GiftTo::Resident(other.enrolment);
    let peer = gift(&stage, GiftOf::Points(Points(30)), to);
    let hours = gift(&stage, GiftOf::Minutes(60), to);
    let hours_to_pool = gift(&stage, GiftOf::Minutes(60), GiftTo::CarePool);
    let what = GiftOf::Points(Points(1));
    let elsewhere = Call::Gift { programme: stage.rule, what, to: GiftTo::CarePool };
    stage.deny(&[&stage.organiser.clone()], &thirty, Code::Role);
    stage.deny(&[&me], &hours, Code::AssetSoulbound);
    stage.deny(&[&me], &hours_to_pool, Code::AssetSoulbound);
    stage.deny(&[&me], &peer, Code::TransferNotAllowed);
    stage.deny(&[&me], &elsewhere, Code::NotFound);
    stage.deny(&[&me], &none, Code::AmountZero);
    stage.deny(&[&me], &too_many, Code::InsufficientPoints);
    stage.deny(&[&other.actor()], &thirty, Code::InsufficientPoints);
    stage.world.apply(CONTRACT, &[&me], &thirty);
    assert_eq!((stage.points(&resident), stage.points(&other)), ((50, 0, 0), (0, 0, 0)));
    assert_eq!(stage.totals().outstanding, 50);
    assert_eq!(stage.minutes(&resident), 480);
    let pool = linli_ledger::posting::balance(&stage.world.view(), &care_pool(stage.programme));
    assert_eq!(pool, 30);
    stage.world.check();
}

#[test]
fn gifts_of_a_month_are_limited() {
    let per_month = registry::roles::Parameter::GiftPerMonth.number();
    let mut stage = Stage::with_parameters(vec![(per_month, 40)]);
    let resident = stage.resident("resident");
    stage.earn(&resident, 8);
    stage.world.advance(3 * DAY_MS);
    let me = resident.actor();
    let thirty = gift(&stage, GiftOf::Points(Points(30)), GiftTo::CarePool);
    stage.world.apply(CONTRACT, &[&me], &thirty);
    stage.deny(&[&me], &thirty, Code::PersonLimit);
    stage.world.check();
    stage.world.advance(31 * DAY_MS);
    stage.world.apply(CONTRACT, &[&me], &thirty);
    stage.world.check();
}
