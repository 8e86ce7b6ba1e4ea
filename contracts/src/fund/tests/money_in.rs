//! Funds, catalogue, sources, budgets.

use super::procurement::site_device;
use super::story::{Story, bytes, created, elder, free};
use crate::fund::{
    AttestationLevel, BeneficiaryClass, CONTRACT, Call, FundAccount, LineTerms, Listing,
    SourceClass, budget_hash, reading,
};
use crate::registry::Role;
use crate::testing::{Actor, BANK, COMMITTEE, DONOR, OFFICE, REGULATOR, World};
use linli_ledger::amount::Fen;
use linli_ledger::code::Code;
use linli_ledger::types::{Day, OrganisationId, RecordId};

#[test]
fn the_catalogue_needs_two_governance_organisations() {
    let mut world = World::new();
    let call = |code: &str| Call::CatalogueItem {
        code: code.into(),
        name: "elder meals".into(),
        listing: Listing::Listed,
    };
    let [office, regulator, donor] =
        [OFFICE, REGULATOR, DONOR].map(|position| world.organisation_actor(position));
    world.reject(CONTRACT, &[&office], &call("A0301"), Code::GovernanceQuorum);
    world.reject(CONTRACT, &[&office, &donor], &call("A0301"), Code::GovernanceQuorum);
    for code in ["", "A03010000000000000", "A 3", "养老"] {
        world.reject(CONTRACT, &[&office, &regulator], &call(code), Code::Text);
    }
    world.apply(CONTRACT, &[&office, &regulator], &call("A0301"));
    world.check();
}

#[test]
fn a_fund_is_opened_by_its_keeper_at_a_bank() {
    let mut world = World::new();
    let administrator = world.officer("administrator", OFFICE, Role::FundAdministrator);
    let treasurer = world.officer("treasurer", OFFICE, Role::Treasurer);
    let other = world.officer("other", COMMITTEE, Role::FundAdministrator);
    let (office, bank) = (world.organisation(OFFICE), world.organisation(BANK));
    let call = |bank: OrganisationId, scope: &str| Call::FundOpen {
        name: "fund".into(),
        organisation: office,
        scope: scope.into(),
        bank,
        account: bytes("account of the fund"),
    };
    let good = call(bank, "5101/04");
    world.reject(CONTRACT, &[&administrator], &call(office, "5101/04"), Code::BankKey);
    let unknown = OrganisationId(bytes("nobody"));
    world.reject(CONTRACT, &[&administrator], &call(unknown, "5101/04"), Code::NotFound);
    world.reject(CONTRACT, &[&administrator], &call(bank, "5101//04"), Code::Text);
    world.reject(CONTRACT, &[&administrator], &call(bank, "5101"), Code::Scope);
    world.reject(CONTRACT, &[&treasurer], &good, Code::Role);
    world.reject(CONTRACT, &[&other], &good, Code::Scope);
    world.reject(CONTRACT, &[&administrator, &treasurer], &good, Code::Cosign);
    world.apply(CONTRACT, &[&administrator], &good);
    world.check();
}

#[test]
fn money_comes_in_only_with_the_banks_word() {
    let mut story = Story::new();
    let call = story.issue_call(1_000, free());
    let Story { administrator, approver_one, bank, treasurer, provider, .. } = &story;
    let (a, b, c) = (administrator.clone(), approver_one.clone(), bank.clone());
    let (treasurer, provider) = (treasurer.clone(), provider.clone());
    let other_bank = story.world.officer("banker elsewhere", OFFICE, Role::BankOfficer);
    let banker = story.world.officer("banker", BANK, Role::BankOfficer);
    let door = Actor { key: site_device(&mut story, BANK), ..c.clone() };
    let rows: [(&[&Actor], Code); 10] = [
        (&[&a, &b, &door], Code::KeyPurpose),
        (&[&a], Code::Cosign),
        (&[&a, &b], Code::BankKey),
        (&[&a, &b, &treasurer], Code::BankKey),
        (&[&a, &b, &other_bank], Code::BankKey),
        (&[&a, &b, &provider], Code::BankKey),
        (&[&a, &b, &c, &treasurer], Code::Cosign),
        (&[&treasurer, &b, &c], Code::Role),
        (&[&a, &treasurer, &c], Code::Role),
        (&[&a, &c, &b], Code::Role),
    ];
    for (signers, code) in rows {
        story.world.reject(CONTRACT, signers, &call, code);
    }
    story.world.apply(CONTRACT, &[&a, &b, &banker], &call);
    let held = story.held(FundAccount::Available(story.fund));
    assert_eq!(held, vec![super::story::seg(0, 0, 1_000)]);
    let view = story.world.view();
    let (_, source, amount) = reading::sources(&view).remove(0);
    assert_eq!((source.level, amount), (AttestationLevel::Bank, Fen(1_000)));
    assert_eq!(source.value_date, story.world.now.day());
    assert!(reading::earmark(&view, source.earmark).is_some());
    story.world.check();
}

#[test]
fn one_person_does_not_bring_money_in_alone() {
    let mut story = Story::new();
    let call = story.issue_call(1_000, free());
    let administrator = story.administrator.clone();
    let also_approver = story.world.grant(&administrator, OFFICE, Role::Approver, 1, None);
    let bank = story.bank.clone();
    let twin = second_key(&mut story.world, &also_approver, "second key");
    story.world.reject(CONTRACT, &[&administrator, &twin, &bank], &call, Code::SelfApproval);
    let approver = story.approver_one.clone();
    let banker = story.world.grant(&approver, BANK, Role::BankOfficer, 0, None);
    let twin = second_key(&mut story.world, &banker, "third key");
    story.world.reject(CONTRACT, &[&administrator, &approver, &twin], &call, Code::SodTreasury);
}

/// Another key of the same person, with the same role.
pub(super) fn second_key(world: &mut World, actor: &Actor, label: &str) -> Actor {
    use crate::registry::{self, PublicOwner};
    let key = crate::testing::key(label);
    let call = registry::Call::KeyAdd {
        owner: PublicOwner::Person(actor.person),
        key: key.public(),
        purpose: linli_ledger::keys::KeyPurpose::Business,
    };
    let signer = Actor { grant: None, ..actor.clone() };
    world.apply(registry::CONTRACT, &[&signer], &call);
    Actor { key, ..actor.clone() }
}

#[test]
fn two_clerks_are_two_more_persons_and_every_trace_shows_it() {
    let mut story = Story::new();
    let mut call = story.issue_call(1_000, free());
    if let Call::SourceIssue { level, .. } = &mut call {
        *level = AttestationLevel::TwoClerks;
    }
    let Story { administrator, approver_one, treasurer, acceptance_one, bank, .. } = &story;
    let [a, b, t, c, bank] =
        [administrator, approver_one, treasurer, acceptance_one, bank].map(Clone::clone);
    story.world.reject(CONTRACT, &[&a, &b, &bank], &call, Code::Cosign);
    story.world.reject(CONTRACT, &[&a, &b, &c, &t], &call, Code::Role);
    let clerk = story.world.grant(&b, OFFICE, Role::Acceptance, 0, None);
    let clerk = second_key(&mut story.world, &clerk, "clerk");
    story.world.reject(CONTRACT, &[&a, &b, &t, &clerk], &call, Code::DuplicateApprover);
    story.world.apply(CONTRACT, &[&a, &b, &t, &c], &call);
    let view = story.world.view();
    assert_eq!(reading::sources(&view)[0].1.level, AttestationLevel::TwoClerks);
    story.world.check();
}

type Change = fn(&mut Call);

#[test]
fn a_source_is_refused_for_what_it_says() {
    let mut story = Story::new();
    story.issue(1_000, SourceClass::Fiscal, free());
    let rows: [(Change, Code); 15] = [
        (|c| amount(c, 0), Code::AmountZero),
        (|c| amount(c, 1 << 53), Code::AmountRange),
        (
            |c| {
                if let Call::SourceIssue { fund, .. } = c {
                    fund.0[0] ^= 1;
                }
            },
            Code::NotFound,
        ),
        (
            |c| {
                if let Call::SourceIssue { donor, .. } = c {
                    donor.0[0] ^= 1;
                }
            },
            Code::NotFound,
        ),
        (|c| earmark(c).purposes = vec!["B".into(), "A".into()], Code::State),
        (|c| earmark(c).purposes = vec!["A".into(), "A".into()], Code::State),
        (|c| earmark(c).purposes = vec!["a b".into()], Code::Text),
        (|c| earmark(c).places = vec!["5101/".into()], Code::Text),
        (
            |c| earmark(c).classes = vec![BeneficiaryClass::Child, BeneficiaryClass::Elder],
            Code::State,
        ),
        (|c| earmark(c).lapse_on = Some(Day(0)), Code::TimeOrder),
        (|c| earmark(c).line = Some(RecordId([1; 32])), Code::NotFound),
        (|c| earmark(c).excluded = vec![OrganisationId([1; 32])], Code::NotFound),
        (
            |c| {
                if let Call::SourceIssue { account, .. } = c {
                    account[0] ^= 1;
                }
            },
            Code::PayeeMismatch,
        ),
        (
            |c| {
                if let Call::SourceIssue { value_date, .. } = c {
                    value_date.0 += 1;
                }
            },
            Code::TimeWindow,
        ),
        (
            |c| {
                if let Call::SourceIssue { bank_reference, .. } = c {
                    *bank_reference = bytes("credit 1");
                }
            },
            Code::BankReferenceDuplicate,
        ),
    ];
    let signers = [story.administrator.clone(), story.approver_one.clone(), story.bank.clone()];
    let signers: Vec<&Actor> = signers.iter().collect();
    for (change, code) in rows {
        let mut call = story.issue_call(1_000, elder());
        earmark(&mut call).available_from = Day(1);
        change(&mut call);
        story.world.reject(CONTRACT, &signers, &call, code);
    }
    story.world.check();
}

fn amount(call: &mut Call, value: u64) {
    if let Call::SourceIssue { amount, .. } = call {
        *amount = Fen(value);
    }
}

fn earmark(call: &mut Call) -> &mut crate::fund::EarmarkTerms {
    match call {
        Call::SourceIssue { earmark, .. } => earmark,
        _ => panic!("a source"),
    }
}

#[test]
fn a_budget_is_refused_for_what_it_says() {
    let mut story = Story::new();
    let line = LineTerms {
        code: "1".into(),
        name: "line".into(),
        catalogue: "A0301".into(),
        approved: Fen(1),
        resolution: None,
    };
    let draft =
        |year: u32, lines: Vec<LineTerms>| Call::BudgetDraft { fund: story.fund, year, lines };
    let with = |change: fn(&mut LineTerms)| {
        let mut line = line.clone();
        change(&mut line);
        draft(2027, vec![line])
    };
    let rows = [
        (draft(2027, vec![]), Code::TooManyLines),
        (draft(2027, vec![line.clone(); 65]), Code::TooManyLines),
        (draft(2027, vec![line.clone(); 2]), Code::Exists),
        (draft(1, vec![line.clone()]), Code::TimeWindow),
        (draft(2026, vec![line.clone()]), Code::Exists),
        (with(|l| l.catalogue = "A9".into()), Code::CatalogUnknown),
        (with(|l| l.catalogue = "A0599".into()), Code::CatalogNegative),
        (with(|l| l.approved = Fen(0)), Code::AmountZero),
        (with(|l| l.code = String::new()), Code::Text),
        (with(|l| l.name = "x".repeat(65)), Code::Text),
    ];
    let (officer, other) = (story.budget_one.clone(), story.administrator.clone());
    for (call, code) in rows {
        story.world.reject(CONTRACT, &[&officer], &call, code);
    }
    let good = Call::BudgetDraft { fund: story.fund, year: 2027, lines: vec![line] };
    story.world.reject(CONTRACT, &[&other], &good, Code::Role);
    story.world.apply(CONTRACT, &[&officer], &good);
    story.world.check();
}

#[test]
fn a_budget_is_approved_once_by_another_person_who_names_what_was_read() {
    let mut story = Story::new();
    let lines = vec![LineTerms {
        code: "1".into(),
        name: "line".into(),
        catalogue: "A0301".into(),
        approved: Fen(5),
        resolution: None,
    }];
    let hash = budget_hash(story.fund, 2027, &lines);
    let (one, two) = (story.budget_one.clone(), story.budget_two.clone());
    let call = Call::BudgetDraft { fund: story.fund, year: 2027, lines };
    let receipt = story.world.submit(CONTRACT, &[&one], &call);
    let rival = RecordId(story.world.apply(CONTRACT, &[&one], &call));
    let (budget, line) = (created(&receipt, 0), created(&receipt, 1));
    let mut terms = story.terms(line, &[5], 0);
    terms.catalogue = "A0301".into();
    story.issue(5, SourceClass::Fiscal, free());
    story.reject_sign(&terms, Code::State);

    let call = |budget_hash| Call::BudgetApprove { budget, budget_hash };
    story.world.reject(CONTRACT, &[&one], &call(hash), Code::SelfApproval);
    let twin = second_key(&mut story.world, &one, "second key");
    story.world.reject(CONTRACT, &[&twin], &call(hash), Code::SelfApproval);
    let stale = call(crate::testing::document("another"));
    story.world.reject(CONTRACT, &[&two], &stale, Code::ApprovalStale);
    story.world.apply(CONTRACT, &[&two], &call(hash));
    story.world.reject(CONTRACT, &[&two], &call(hash), Code::State);
    let call = Call::BudgetApprove { budget: rival, budget_hash: hash };
    story.world.reject(CONTRACT, &[&two], &call, Code::Exists);
    let call = Call::BudgetApprove { budget: RecordId([1; 32]), budget_hash: hash };
    story.world.reject(CONTRACT, &[&two], &call, Code::NotFound);
    story.reject_sign(&terms, Code::TimeWindow);
    story.world.at(Day::from_civil(2027, 1, 1).unwrap().start());
    story.sign(&terms);
    story.world.check();
}
