//! This exists to state the rule about stars as facts.

use super::*;
use crate::registry::roles::Parameter;
use linli_ledger::amount::Minutes;
use linli_ledger::types::DAY_MS;

#[test]
fn stars_are_the_thresholds_that_hours_of_service_reach() {
    let parameters = [
        (Parameter::StarOneHours, 1),
        (Parameter::StarTwoHours, 3),
        (Parameter::StarThreeHours, 6),
        (Parameter::StarFourHours, 10),
        (Parameter::StarFiveHours, 11),
    ];
    let parameters = parameters.map(|(parameter, hours)| (parameter.number(), hours));
    let mut stage = Stage::with_parameters(parameters.to_vec());
    let bench = stage.bench();
    let resident = stage.resident("resident");
    let seen = |stage: &Stage| {
        let Stars { stars, minutes, next_at } = stars(&stage.world.view(), resident.enrolment);
        (stars, minutes.0, next_at.map(|at| at.0))
    };
    assert_eq!(seen(&stage), (0, 0, Some(60)));
    stage.earn(&resident, 1);
    assert_eq!(seen(&stage), (1, 60, Some(180)));
    stage.world.advance(DAY_MS);
    let award = stage.earn(&resident, 8);
    assert_eq!(seen(&stage), (3, 540, Some(600)));
    stage.world.advance(DAY_MS);
    stage.earn(&resident, 6);
    assert_eq!(seen(&stage), (5, 900, None));
    let signers = [stage.operators[0].clone(), bench.approver];
    let call = correct(award, 0, replacement(60, ErrorBy::Organiser));
    stage.world.apply(CONTRACT, &[&signers[0], &signers[1]], &call);
    assert_eq!(seen(&stage), (3, 480, Some(600)), "they follow the hours");
}

#[test]
fn training_gives_no_stars() {
    let hours = Parameter::StarOneHours.number();
    let mut stage = Stage::with_parameters(vec![(hours, 1)]);
    let resident = stage.resident("resident");
    let mut terms = stage.terms(2);
    terms.kind = programme::ActivityKind::Training;
    let (activity, ids) = stage.attend(&[&resident], &terms);
    let line = stage.line(ids[0], 110);
    stage.attest(activity, &[line]);
    let seen = stars(&stage.world.view(), resident.enrolment);
    assert_eq!((seen.stars, seen.minutes), (0, Minutes(0)));
}
