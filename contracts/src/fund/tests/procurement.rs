//! Contracts, deliveries, acceptance, close-out.

use super::money_in::second_key;
use super::story::{Story, bytes, elder, free, seg};
use crate::fund::{
    BeneficiaryClass, CONTRACT, Call, ContractTerms, EarmarkTerms, FundAccount, Line, PaymentKind,
    ServiceContract, Signatory, SourceClass, reading,
};
use crate::registry::{self, PublicOwner, Role};
use crate::testing::{Actor, COMMITTEE, DONOR, OFFICE, PARTNER, PROVIDER, document};
use linli_ledger::amount::Fen;
use linli_ledger::code::{Code, Detail, Rejection};
use linli_ledger::crypto::BusinessKey;
use linli_ledger::keys::KeyPurpose;
use linli_ledger::types::{BlockTime, DAY_MS, Day, OrganisationId, RecordId};

type Change = fn(&mut ContractTerms);
type Restriction = fn(&mut EarmarkTerms, Day);

#[test]
fn a_contract_is_refused_for_what_it_says() {
    let mut story = Story::new();
    story.issue(40_000_000, SourceClass::Fiscal, free());
    let rows: [(Change, Code); 20] = [
        (|t| t.number = String::new(), Code::Text),
        (|t| t.number = "x".repeat(65), Code::Text),
        (|t| t.place = "5101//04".into(), Code::Text),
        (|t| t.total = Fen(0), Code::AmountZero),
        (|t| t.total = Fen(999), Code::MilestoneSum),
        (|t| t.milestones[0].amount = Fen(399), Code::MilestoneSum),
        (|t| t.milestones[0].amount = Fen(0), Code::AmountZero),
        (|t| t.milestones = vec![t.milestones[0].clone(); 65], Code::TooManyLines),
        (|t| t.milestones.clear(), Code::MilestoneSum),
        (|t| t.advance_max = Fen(501), Code::AdvanceLimit),
        (|t| t.to = Day(t.from.0 - 1), Code::Term),
        (|t| t.to = Day(t.from.0 + 1_096), Code::Term),
        (|t| t.provider = t.purchaser, Code::RelatedBeneficiary),
        (|t| t.fund = RecordId(bytes("no fund")), Code::NotFound),
        (|t| t.line = RecordId(bytes("no line")), Code::NotFound),
        (|t| t.provider.0[0] ^= 1, Code::NotFound),
        (|t| t.place = "5101/04/002".into(), Code::Scope),
        (|t| t.purchaser = OrganisationId::default(), Code::NotFound),
        (|t| t.catalogue = "A0502".into(), Code::CatalogUnknown),
        (|t| t.catalogue = "A0309".into(), Code::CatalogUnknown),
    ];
    let good = story.terms(story.meals, &[400, 600], 500);
    for (change, code) in rows {
        let mut terms = good.clone();
        change(&mut terms);
        story.reject_sign(&terms, code);
    }
    let mut negative = story.terms(story.repairs, &[1], 0);
    negative.catalogue = "A0599".into();
    story.reject_sign(&negative, Code::CatalogNegative);
    let mut longest = good.clone();
    longest.to = Day(longest.from.0 + 1_095);
    story.sign(&longest);
    story.world.check();
}

#[test]
fn both_parties_sign_one_body_in_any_order() {
    let mut story = Story::new();
    story.issue(2_000, SourceClass::Fiscal, free());
    let call = Call::ContractSign { terms: story.terms(story.meals, &[1_000], 0) };
    let (purchaser, provider) = (story.purchaser.clone(), story.provider.clone());
    let own_key = story.world.organisation_actor(PROVIDER);
    let other_key = story.world.organisation_actor(PARTNER);
    let treasurer = story.treasurer.clone();
    let elsewhere = story.world.officer("elsewhere", COMMITTEE, Role::Purchaser);
    let both = story.world.grant(&purchaser, PROVIDER, Role::ProviderOfficer, 0, None);
    let both = second_key(&mut story.world, &both, "both sides");
    let rows: [(&[&Actor], Code); 7] = [
        (&[&purchaser], Code::Cosign),
        (&[&provider], Code::Cosign),
        (&[&purchaser, &provider, &treasurer], Code::Cosign),
        (&[&purchaser, &other_key], Code::Role),
        (&[&treasurer, &provider], Code::Role),
        (&[&elsewhere, &provider], Code::Scope),
        (&[&purchaser, &both], Code::DuplicateApprover),
    ];
    for (signers, code) in rows {
        story.world.reject(CONTRACT, signers, &call, code);
    }
    let door = Actor { key: site_device(&mut story, PROVIDER), ..own_key.clone() };
    story.world.reject(CONTRACT, &[&purchaser, &door], &call, Code::KeyPurpose);
    let first = RecordId(story.world.apply(CONTRACT, &[&purchaser, &own_key], &call));
    let second = RecordId(story.world.apply(CONTRACT, &[&provider, &purchaser], &call));
    let signed = |id| story.world.view().get::<ServiceContract>(&id).unwrap().signed_by;
    let [buyer, seller] = [&purchaser, &provider].map(|actor| Signatory { person: actor.person });
    assert_eq!(signed(first), [Some(buyer), None]);
    assert_eq!(signed(second), [Some(buyer), Some(seller)]);
    story.world.check();
}

/// A key of an organisation that stands at a door.
pub(super) fn site_device(story: &mut Story, organisation: u32) -> BusinessKey {
    let key = crate::testing::key("device at the door");
    let call = registry::Call::KeyAdd {
        owner: PublicOwner::Organisation(story.world.organisation(organisation)),
        key: key.public(),
        purpose: KeyPurpose::SiteDevice,
    };
    let signer = story.world.organisation_actor(organisation);
    story.world.apply(registry::CONTRACT, &[&signer], &call);
    key
}

#[test]
fn a_device_at_a_door_delivers_nothing() {
    let (mut story, contract) = Story::contract(&[1_000], 400);
    let own_key = story.world.organisation_actor(PROVIDER);
    let door = Actor { key: site_device(&mut story, PROVIDER), ..own_key };
    let document = document("deliverable");
    let call = Call::DeliverableSubmit { contract, milestone: 0, document };
    story.world.reject(CONTRACT, &[&door], &call, Code::KeyPurpose);
}

#[test]
fn only_the_keeper_of_a_fund_binds_its_money() {
    let mut story = Story::new();
    story.issue(1_000, SourceClass::Fiscal, free());
    let mut terms = story.terms(story.meals, &[1_000], 0);
    terms.purchaser = story.world.organisation(COMMITTEE);
    let elsewhere = story.world.officer("elsewhere", COMMITTEE, Role::Purchaser);
    let provider = story.provider.clone();
    let call = Call::ContractSign { terms };
    story.world.reject(CONTRACT, &[&elsewhere, &provider], &call, Code::Scope);
    story.world.check();
}

#[test]
fn a_budget_serves_contracts_of_its_own_year() {
    let mut story = Story::new();
    story.issue(2_000, SourceClass::Fiscal, free());
    let terms = story.terms(story.meals, &[1_000], 0);
    let next = Day::from_civil(2027, 1, 1).unwrap().start();
    story.world.at(BlockTime(next.0 - 1));
    story.sign(&terms);
    story.world.at(next);
    story.reject_sign(&terms, Code::TimeWindow);
    story.world.check();
}

#[test]
fn who_signed_or_delivered_accepts_nothing() {
    let (mut story, contract) = Story::contract(&[1_000], 400);
    let good = document("deliverable");
    let helper = story.world.person("helper", OFFICE);
    let seller = story.world.grant(&helper, PROVIDER, Role::ProviderOfficer, 0, None);
    let submit = Call::DeliverableSubmit { contract, milestone: 0, document: good };
    story.world.apply(CONTRACT, &[&seller], &submit);
    let two = story.acceptance_two.clone();
    let purchaser = story.purchaser.clone();
    // Another person on paper, but enrolled as the one who delivered.
    let double = story.world.person("double", OFFICE);
    let double = story.world.grant(&double, OFFICE, Role::Acceptance, 0, Some([9; 32]));
    story.world.grant(&helper, OFFICE, Role::Witness, 0, Some([9; 32]));
    let insiders = [
        story.world.grant(&helper, OFFICE, Role::Acceptance, 0, None),
        story.world.grant(&purchaser, OFFICE, Role::Acceptance, 0, None),
        double,
    ];
    let call = Call::AcceptanceSign { contract, milestone: 0, document: good, accepted_bp: 1 };
    for insider in &insiders {
        story.world.reject(CONTRACT, &[insider, &two], &call, Code::SodAcceptance);
    }
    let own_key = story.world.organisation_actor(PROVIDER);
    story.world.apply(CONTRACT, &[&own_key], &submit);
    story.world.reject(CONTRACT, &[&insiders[0], &two], &call, Code::SodAcceptance);
    let one = story.acceptance_one.clone();
    story.world.apply(CONTRACT, &[&one, &two], &call);
    let seller = story.world.grant(&one, PROVIDER, Role::ProviderOfficer, 0, None);
    story.world.reject(CONTRACT, &[&seller], &submit, Code::SodAcceptance);
    story.world.check();
}

#[test]
fn a_fund_that_is_too_small_is_named_before_its_earmarks_are_read() {
    let mut story = Story::new();
    story.issue(400, SourceClass::Fiscal, elder());
    story.issue(500, SourceClass::Fiscal, free());
    let call = Call::ContractSign { terms: story.terms(story.youth, &[1_000], 0) };
    let signers = [story.purchaser.clone(), story.provider.clone()];
    let receipt = story.world.submit(CONTRACT, &[&signers[0], &signers[1]], &call);
    let details = [Detail::Need(1_000), Detail::Have(900)];
    let expected = Rejection::new(Code::InsufficientCompatible, &details);
    assert_eq!(receipt.rejection(), Some(&expected));
}

#[test]
fn a_line_is_a_hard_stop() {
    let mut story = Story::new();
    story.issue(90_000_000, SourceClass::Fiscal, free());
    let terms = story.terms(story.youth, &[4_000_000], 0);
    story.sign(&terms);
    let terms = story.terms(story.youth, &[2_000_001], 0);
    let call = Call::ContractSign { terms };
    let signers = [story.purchaser.clone(), story.provider.clone()];
    let receipt = story.world.submit(CONTRACT, &[&signers[0], &signers[1]], &call);
    let details = [Detail::Need(2_000_001), Detail::Limit(6_000_000), Detail::Over(1)];
    let expected = Rejection::new(Code::BudgetExceeded, &details);
    assert_eq!(receipt.rejection(), Some(&expected));
    let terms = story.terms(story.youth, &[2_000_000], 0);
    story.sign(&terms);
    story.reject_sign(&terms, Code::BudgetExceeded);
    story.world.check();
}

#[test]
fn money_is_bound_only_where_its_earmark_allows_it() {
    let today = Day::from_civil(2026, 3, 2).unwrap();
    let rows: [(&str, Restriction); 7] = [
        ("purpose", |e, _| e.purposes = vec!["A05".into()]),
        ("place", |e, _| e.places = vec!["5101/04/002".into()]),
        ("class", |e, _| e.classes = vec![BeneficiaryClass::Child]),
        ("lapsed", |e, today| e.lapse_on = Some(Day(today.0 - 1))),
        ("early", |e, today| e.available_from = Day(today.0 + 1)),
        ("early and ending", |e, today| {
            e.available_from = Day(today.0 + 1);
            e.lapse_on = Some(Day(today.0 + 2));
        }),
        ("both", |e, _| {
            e.purposes = vec!["A05".into()];
            e.classes = vec![BeneficiaryClass::Child];
        }),
    ];
    for (label, change) in rows {
        let mut story = Story::new();
        let mut earmark = free();
        change(&mut earmark, today);
        story.issue(1_000, SourceClass::Fiscal, earmark);
        story.issue(300, SourceClass::Fiscal, elder());
        let call = Call::ContractSign { terms: story.terms(story.meals, &[1_000], 0) };
        let signers = [story.purchaser.clone(), story.provider.clone()];
        let receipt = story.world.submit(CONTRACT, &[&signers[0], &signers[1]], &call);
        let details = [Detail::Need(1_000), Detail::Have(300)];
        let expected = Rejection::new(Code::InsufficientCompatible, &details);
        assert_eq!(receipt.rejection(), Some(&expected), "{label}");
        let terms = story.terms(story.meals, &[300], 0);
        story.sign(&terms);
        story.world.check();
    }
}

#[test]
fn money_bound_to_a_line_serves_that_line_only() {
    let mut story = Story::new();
    let earmark = EarmarkTerms { line: Some(story.youth), ..free() };
    story.issue(1_000, SourceClass::Incentive, earmark);
    let terms = story.terms(story.repairs, &[1_000], 0);
    story.reject_sign(&terms, Code::InsufficientCompatible);
    let terms = story.terms(story.youth, &[1_000], 0);
    story.sign(&terms);
    story.world.check();
}

#[test]
fn a_donor_keeps_its_related_parties_from_its_money() {
    let mut story = Story::new();
    let excluded = vec![story.world.organisation(PROVIDER)];
    let earmark = EarmarkTerms { excluded, ..free() };
    story.issue(1_000, SourceClass::DesignatedDonation, earmark);
    let terms = story.terms(story.meals, &[1_000], 0);
    story.reject_sign(&terms, Code::RelatedBeneficiary);
    let terms = story.terms(story.meals, &[1_001], 0);
    story.reject_sign(&terms, Code::InsufficientCompatible);
    let mut terms = story.terms(story.meals, &[1_000], 0);
    terms.provider = story.world.organisation(DONOR);
    let (purchaser, donor) = (story.purchaser.clone(), story.world.organisation_actor(DONOR));
    let call = Call::ContractSign { terms };
    story.world.reject(CONTRACT, &[&purchaser, &donor], &call, Code::RelatedBeneficiary);
    story.issue(1_000, SourceClass::UndesignatedDonation, free());
    let terms = story.terms(story.meals, &[1_000], 0);
    let contract = story.sign(&terms);
    assert_eq!(story.held(FundAccount::Committed(contract)), vec![seg(1, 0, 1_000)]);
    story.world.check();
}

#[test]
fn the_most_restricted_money_and_what_lapses_first_is_bound_first() {
    let mut story = Story::new();
    let lapse = |day: u32| EarmarkTerms { lapse_on: Some(Day(30_000 + day)), ..free() };
    story.issue(100, SourceClass::UndesignatedDonation, free());
    story.issue(100, SourceClass::Fiscal, free());
    story.issue(100, SourceClass::UndesignatedDonation, lapse(2));
    story.issue(100, SourceClass::UndesignatedDonation, lapse(1));
    story.issue(100, SourceClass::UndesignatedDonation, elder());
    let expected = [4, 3, 2, 1, 0];
    for source in expected {
        let terms = story.terms(story.meals, &[100], 0);
        let contract = story.sign(&terms);
        assert_eq!(story.held(FundAccount::Committed(contract)), vec![seg(source, 0, 100)]);
    }
    story.world.check();
}

#[test]
fn money_that_lapsed_in_a_contract_may_still_be_paid() {
    let mut story = Story::new();
    let last = Day::from_civil(2026, 3, 2).unwrap();
    let earmark = EarmarkTerms { lapse_on: Some(last), ..free() };
    story.issue(2_000, SourceClass::Fiscal, earmark);
    let terms = story.terms(story.meals, &[1_000], 500);
    let contract = story.sign(&terms);
    story.world.advance(DAY_MS);
    story.reject_sign(&terms, Code::InsufficientCompatible);
    story.pay(contract, PaymentKind::Advance, 500, "late");
    story.world.check();
}

#[test]
fn only_the_provider_delivers() {
    let (mut story, contract) = Story::contract(&[400, 600], 0);
    let call = |contract, milestone| Call::DeliverableSubmit {
        contract,
        milestone,
        document: document("deliverable"),
    };
    let provider = story.provider.clone();
    let (purchaser, partner) = (story.purchaser.clone(), story.world.organisation_actor(PARTNER));
    let unknown = call(RecordId(bytes("nothing")), 0);
    story.world.reject(CONTRACT, &[&provider], &unknown, Code::NotFound);
    story.world.reject(CONTRACT, &[&provider], &call(contract, 2), Code::NotFound);
    story.world.reject(CONTRACT, &[&purchaser], &call(contract, 0), Code::Role);
    story.world.reject(CONTRACT, &[&partner], &call(contract, 0), Code::Role);
    let two = [&provider, &purchaser];
    story.world.reject(CONTRACT, &two, &call(contract, 0), Code::Cosign);
    story.world.apply(CONTRACT, &[&provider], &call(contract, 0));
    let own_key = story.world.organisation_actor(PROVIDER);
    story.world.apply(CONTRACT, &[&own_key], &call(contract, 0));
    story.accept(contract, 0, 10_000);
    story.world.reject(CONTRACT, &[&provider], &call(contract, 0), Code::State);
    story.world.check();
}

#[test]
fn acceptance_needs_two_independent_persons_who_read_what_was_delivered() {
    let (mut story, contract) = Story::contract(&[400, 600], 100);
    let good = document("deliverable");
    let call = |milestone, document, accepted_bp| Call::AcceptanceSign {
        contract,
        milestone,
        document,
        accepted_bp,
    };
    let (one, two) = (story.acceptance_one.clone(), story.acceptance_two.clone());
    story.world.reject(CONTRACT, &[&one, &two], &call(0, good, 10_000), Code::State);
    let provider = story.provider.clone();
    let submit = Call::DeliverableSubmit { contract, milestone: 0, document: good };
    story.world.apply(CONTRACT, &[&provider], &submit);

    let twin = second_key(&mut story.world, &one, "twin");
    let insider = story.world.grant(&provider, COMMITTEE, Role::Acceptance, 0, None);
    let acting = story.world.person("acting", COMMITTEE);
    let acting = story.world.grant(&acting, PROVIDER, Role::Acceptance, 0, None);
    let treasurer = story.treasurer.clone();
    let maker = story.administrator.clone();
    let maker = story.world.grant(&maker, OFFICE, Role::Acceptance, 0, None);
    story.request(contract, PaymentKind::Advance, 100, "advance");
    let rows: [(&[&Actor], _, Code); 11] = [
        (&[&one], call(0, good, 1), Code::Cosign),
        (&[&one, &two, &treasurer], call(0, good, 1), Code::Cosign),
        (&[&one, &two], call(0, good, 0), Code::AmountZero),
        (&[&one, &two], call(0, good, 10_001), Code::AmountRange),
        (&[&one, &two], call(9, good, 1), Code::NotFound),
        (&[&one, &treasurer], call(0, good, 1), Code::Role),
        (&[&one, &twin], call(0, good, 1), Code::DuplicateApprover),
        (&[&one, &insider], call(0, good, 1), Code::SodAcceptance),
        (&[&acting, &two], call(0, good, 1), Code::SodAcceptance),
        (&[&one, &maker], call(0, good, 1), Code::SodAcceptance),
        (&[&one, &two], call(0, document("other"), 1), Code::ApprovalStale),
    ];
    for (signers, call, code) in rows {
        story.world.reject(CONTRACT, signers, &call, code);
    }
    story.world.apply(CONTRACT, &[&one, &two], &call(0, good, 10_000));
    story.world.reject(CONTRACT, &[&one, &two], &call(0, good, 10_000), Code::State);
    story.world.check();
}

#[test]
fn the_enrolment_of_a_person_is_compared_too() {
    let (mut story, contract) = Story::contract(&[400], 0);
    let provider = story.provider.clone();
    let good = document("deliverable");
    let submit = Call::DeliverableSubmit { contract, milestone: 0, document: good };
    story.world.apply(CONTRACT, &[&provider], &submit);
    let mut twins = ["hat one", "hat two"].map(|label| {
        let person = story.world.person(label, OFFICE);
        story.world.grant(&person, OFFICE, Role::Acceptance, 0, Some([7; 32]))
    });
    let call = Call::AcceptanceSign { contract, milestone: 0, document: good, accepted_bp: 10_000 };
    let [one, two] = &mut twins;
    story.world.reject(CONTRACT, &[one, two], &call, Code::DuplicateApprover);
}

#[test]
fn a_closed_contract_returns_its_rest_and_takes_no_more_calls() {
    let (mut story, contract) = Story::contract(&[400, 600], 400);
    let (purchaser, administrator) = (story.purchaser.clone(), story.administrator.clone());
    let (provider, treasurer) = (story.provider.clone(), story.treasurer.clone());
    let call = Call::CloseOut { contract };
    let open = story.request(contract, PaymentKind::Advance, 300, "open");
    let rows: [(&[&Actor], Code); 4] = [
        (&[&purchaser], Code::Cosign),
        (&[&purchaser, &treasurer], Code::Role),
        (&[&provider, &administrator], Code::Role),
        (&[&administrator, &purchaser], Code::CloseBlocked),
    ];
    for (signers, code) in rows {
        story.world.reject(CONTRACT, signers, &call, code);
    }
    story.approve_two(open);
    story.world.reject(CONTRACT, &[&purchaser, &administrator], &call, Code::CloseBlocked);
    story.instruct(open, "open");
    story.world.reject(CONTRACT, &[&purchaser, &administrator], &call, Code::CloseBlocked);
    story.confirm("open", 300);
    story.world.apply(CONTRACT, &[&administrator, &purchaser], &call);
    let fund = FundAccount::Available(story.fund);
    assert_eq!(story.held(fund), vec![seg(0, 300, 1_000)]);
    let view = story.world.view();
    let line = view.get::<Line>(&story.repairs).unwrap();
    assert_eq!((line.committed, line.paid), (Fen(0), Fen(300)));
    let closed = view.get::<ServiceContract>(&contract).unwrap();
    assert_eq!((closed.paid, closed.released), (Fen(300), Fen(700)));
    assert_eq!(reading::balance(&view, FundAccount::Committed(contract)), Fen::ZERO);

    story.world.reject(CONTRACT, &[&purchaser, &administrator], &call, Code::State);
    story.reject_request(contract, PaymentKind::Advance, 1, "late", Code::State);
    let submit =
        Call::DeliverableSubmit { contract, milestone: 0, document: document("deliverable") };
    story.world.reject(CONTRACT, &[&provider], &submit, Code::State);
    story.world.check();
}
