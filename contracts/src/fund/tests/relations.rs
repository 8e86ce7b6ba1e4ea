//! Who is related to whom keeps hands off money: SOD-3, SOD-6, SOD-12.

use super::story::{Story, elder, free, payment_terms};
use crate::fund::{CONTRACT, Call, PaymentKind, SourceClass};
use crate::registry::{self, Related, RelationKind, Role};
use crate::testing::{Actor, BANK, DONOR, OFFICE, PARTNER, PROVIDER, World, document};
use linli_ledger::code::Code;
use linli_ledger::types::Day;

/// The regulator declares that two are related, since a year.
pub(super) fn relate(world: &mut World, one: Related, other: Related, kind: RelationKind) {
    let from = Day(world.now.day().0 - 365);
    let evidence = document("extract");
    let call = registry::Call::RelationDeclare { one, other, kind, from, to: None, evidence };
    let office = world.organisation_actor(OFFICE);
    world.apply(registry::CONTRACT, &[&office], &call);
}

fn body(story: &Story, organisation: u32) -> Related {
    Related::Organisation(story.world.organisation(organisation))
}

/// Somebody sits on the provider's board.
fn director(story: &mut Story, who: &Actor) {
    let provider = body(story, PROVIDER);
    relate(&mut story.world, Related::Person(who.person), provider, RelationKind::Director);
}

#[test]
fn a_relative_of_the_payee_neither_asks_nor_approves_nor_refuses() {
    let (mut story, contract) = Story::contract(&[1_000], 400);
    let payment = story.request(contract, PaymentKind::Advance, 100, "1");
    let [maker, approver] = [story.administrator.clone(), story.approver_one.clone()];
    director(&mut story, &maker);
    director(&mut story, &approver);
    story.reject_request(contract, PaymentKind::Advance, 100, "2", Code::RelatedApprover);
    let terms = payment_terms(contract, PaymentKind::Advance, 100, "1");
    let call = Call::PaymentEdit { payment, terms };
    story.world.reject(CONTRACT, &[&maker], &call, Code::RelatedApprover);
    story.reject_approve(payment, &approver, Code::RelatedApprover);
    let call = story.refuse_call(payment);
    story.world.reject(CONTRACT, &[&approver], &call, Code::RelatedApprover);
    let free = story.approver_two.clone();
    story.approve(payment, &free);
    story.world.check();
}

#[test]
fn an_officer_of_what_is_related_to_the_payee_is_related_too() {
    let (mut story, contract) = Story::contract(&[1_000], 400);
    let payment = story.request(contract, PaymentKind::Advance, 100, "1");
    let person = story.world.person("approver of the partner", OFFICE);
    let approver = story.world.grant(&person, PARTNER, Role::Approver, 1, None);
    let [partner, provider] = [PARTNER, PROVIDER].map(|at| body(&story, at));
    relate(&mut story.world, partner, provider, RelationKind::SameResponsiblePerson);
    story.reject_approve(payment, &approver, Code::RelatedApprover);
    story.world.check();
}

#[test]
fn a_relative_of_the_provider_accepts_nothing_and_buys_nothing_from_it() {
    let (mut story, contract) = Story::contract(&[1_000], 400);
    let deliverable = document("deliverable");
    let call = Call::DeliverableSubmit { contract, milestone: 0, document: deliverable };
    story.world.apply(CONTRACT, &[&story.provider], &call);
    let [one, two] = [story.acceptance_one.clone(), story.acceptance_two.clone()];
    director(&mut story, &two);
    let (milestone, accepted_bp) = (0, 10_000);
    let call = Call::AcceptanceSign { contract, milestone, document: deliverable, accepted_bp };
    story.world.reject(CONTRACT, &[&one, &two], &call, Code::SodAcceptance);
    story.issue(1_000, SourceClass::Fiscal, free());
    let terms = story.terms(story.repairs, &[1_000], 0);
    let buyer = story.purchaser.clone();
    director(&mut story, &buyer);
    story.reject_sign(&terms, Code::RelatedApprover);
    story.world.check();
}

#[test]
fn a_donation_does_not_reach_a_relative_of_its_donor() {
    let mut story = Story::new();
    story.issue(1_000, SourceClass::DesignatedDonation, elder());
    story.issue(1_000, SourceClass::Fiscal, elder());
    let terms = story.terms(story.meals, &[1_000], 0);
    let [donor, provider, bank] = [DONOR, PROVIDER, BANK].map(|at| body(&story, at));
    relate(&mut story.world, donor, bank, RelationKind::Control);
    let kind = RelationKind::Shareholder { bp: 500 };
    relate(&mut story.world, bank, provider, kind);
    // An appropriation is no donation: it pays. After that only the donation is left.
    story.sign(&terms);
    story.reject_sign(&terms, Code::RelatedBeneficiary);
    story.world.check();
}
