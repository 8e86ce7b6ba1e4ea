mod explorer;

use super::*;
use explorer::{Met, ways};
use linli_contracts::fund::{
    AttestationLevel, BeneficiaryClass, Call as Fund, ContractTerms, EarmarkTerms, LineTerms,
    MilestoneTerms, PaymentKind, PaymentTerms, SourceClass,
};
use linli_contracts::{credit, programme};
use linli_ledger::amount::Points;
use linli_ledger::crypto::BusinessKey;
use linli_ledger::hash::Digest;
use linli_ledger::transaction::{BODY_VERSION, Body, Signer};
use linli_ledger::types::{Day, GrantId, OrganisationId, RecordId};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

const LANGUAGES: [Language; 2] = [Language::Chinese, Language::English];

fn session(language: Language, format: Format) -> Session {
    Session {
        language,
        format,
        home: PathBuf::from("no-such-folder"),
        node: String::new(),
        timeout: Duration::ZERO,
        yes: false,
        asks: false,
    }
}

fn file(call: &AnyCall) -> TransactionFile {
    let key = |n: &str| BusinessKey::demonstration(b"reading", n).public();
    TransactionFile::new(Body {
        version: BODY_VERSION,
        genesis: Digest::Blake3([9; 32]),
        contract: call.contract(),
        call_version: 1,
        signers: vec![
            Signer { key: key("one"), grant: Some(GrantId([5; 32])) },
            Signer { key: key("two"), grant: None },
        ],
        nonce: 1,
        salt: [7; 16],
        valid_until: BlockTime(1_767_586_200_000),
        call: call.encode(),
    })
    .expect("the call is known")
}

/// Everything that a call can hold: its sentence, its labels, its choices, as keys of the catalogue.
fn wanted() -> BTreeSet<String> {
    let mut wanted = BTreeSet::new();
    for way in ways::<AnyCall>() {
        let (Some(Met::Variant(contract)), Some(Met::Variant(name))) = (way.first(), way.get(1))
        else {
            panic!("a call without a name: {way:?}")
        };
        wanted.insert(key(contract, name));
        for met in way.iter().skip(2) {
            wanted.insert(
                match met {
                    Met::Variant(choice) => format!("choice-{choice}"),
                    Met::Field(field) => format!("field-{field}"),
                }
                .replace('_', "-"),
            );
        }
    }
    wanted
}

#[test]
fn every_call_field_and_choice_has_words_in_both_languages() {
    let wanted = wanted();
    assert!(wanted.contains("fund-payment-request") && wanted.contains("field-day-cap"));
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/locales");
    for language in ["zh-CN", "en"] {
        let text = std::fs::read_to_string(format!("{folder}/{language}/calls.ftl")).unwrap();
        let mut found = BTreeSet::new();
        let mut without_undo = BTreeSet::new();
        let mut current = String::new();
        for line in text.lines() {
            if let Some((id, _)) = line.split_once(" = ").filter(|_| !line.starts_with([' ', '#']))
            {
                id.clone_into(&mut current);
                assert!(found.insert(current.clone()), "{language}: {id} comes twice");
                if !id.starts_with("field-") && !id.starts_with("choice-") {
                    without_undo.insert(current.clone());
                }
            } else if line.starts_with("    .undo = ") {
                without_undo.remove(&current);
            }
        }
        let missing: Vec<_> = wanted.difference(&found).collect();
        assert!(missing.is_empty(), "add to locales/{language}/calls.ftl: {missing:#?}");
        let left: Vec<_> = found.difference(&wanted).collect();
        assert!(
            left.is_empty(),
            "locales/{language}/calls.ftl names what is in no call: {left:#?}"
        );
        assert!(without_undo.is_empty(), "{language}: what cannot be undone? {without_undo:#?}");
    }
}

fn amounts(seed: u64) -> impl Iterator<Item = Fen> {
    // Knuth's multiplier: different lengths and digits, the same on every run.
    let mut state = seed;
    std::iter::from_fn(move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        Some(Fen((state >> 11) % 10_u64.pow(1 + u32::try_from(state % 14).unwrap_or(0))))
    })
}

/// Calls about money, each with the amounts that stand in it.
#[expect(clippy::too_many_lines, reason = "one entry for each call")]
fn money_calls(seed: u64) -> Vec<(AnyCall, Vec<Fen>)> {
    let mut next = amounts(seed);
    let mut take = |count: usize| next.by_ref().take(count).collect::<Vec<_>>();
    let record = |n| RecordId([n; 32]);
    let payment = take(1);
    let source = take(1);
    let lines = take(5);
    let contract = take(5);
    let terms = |amount| PaymentTerms {
        contract: record(1),
        kind: PaymentKind::Milestone(0),
        amount,
        payee_account: [2; 32],
        invoice: [3; 32],
    };
    vec![
        (AnyCall::Fund(Fund::PaymentRequest { terms: terms(payment[0]) }), payment.clone()),
        (
            AnyCall::Fund(Fund::PaymentEdit { payment: record(9), terms: terms(payment[0]) }),
            payment,
        ),
        (
            AnyCall::Fund(Fund::SourceIssue {
                fund: record(1),
                amount: source[0],
                class: SourceClass::DesignatedDonation,
                donor: OrganisationId([2; 32]),
                earmark: EarmarkTerms {
                    purposes: vec!["A01".to_owned()],
                    places: vec!["5101/04".to_owned()],
                    classes: vec![BeneficiaryClass::Elder],
                    line: None,
                    available_from: Day(20_500),
                    lapse_on: None,
                    excluded: Vec::new(),
                },
                bank_reference: [3; 32],
                value_date: Day(20_501),
                account: [4; 32],
                document: Digest::Blake3([5; 32]),
                level: AttestationLevel::Bank,
            }),
            source,
        ),
        (
            AnyCall::Fund(Fund::BudgetDraft {
                fund: record(1),
                year: 2026,
                lines: lines
                    .iter()
                    .map(|approved| LineTerms {
                        code: "A".to_owned(),
                        name: "上门护理".to_owned(),
                        catalogue: "A01".to_owned(),
                        approved: *approved,
                        resolution: None,
                    })
                    .collect(),
            }),
            lines,
        ),
        (
            AnyCall::Fund(Fund::ContractSign {
                terms: ContractTerms {
                    number: "合同 2026-07".to_owned(),
                    fund: record(1),
                    line: record(2),
                    purchaser: OrganisationId([3; 32]),
                    provider: OrganisationId([4; 32]),
                    catalogue: "A01".to_owned(),
                    place: "5101/04".to_owned(),
                    beneficiaries: BeneficiaryClass::General,
                    total: contract[0],
                    advance_max: contract[1],
                    milestones: contract[2..]
                        .iter()
                        .map(|amount| MilestoneTerms { amount: *amount, due: Day(20_600) })
                        .collect(),
                    from: Day(20_500),
                    to: Day(20_700),
                    payee_account: [5; 32],
                    document: Digest::Blake3([6; 32]),
                },
            }),
            contract,
        ),
    ]
}

#[test]
fn every_amount_of_a_call_is_shown() {
    for seed in 0..200 {
        for (call, amounts) in money_calls(seed) {
            for language in LANGUAGES {
                let text = text(&file(&call), &session(language, Format::Table));
                for amount in &amounts {
                    assert!(
                        text.contains(&crate::report::money(*amount)),
                        "{seed} {amount}\n{text}"
                    );
                    let capital = value::capital(*amount);
                    assert!(language == Language::English || text.contains(&capital), "{capital}");
                }
            }
        }
    }
}

#[test]
fn a_payment_is_explained_in_chinese() {
    let terms = PaymentTerms {
        contract: RecordId([1; 32]),
        kind: PaymentKind::Milestone(0),
        amount: Fen(150_000),
        payee_account: [2; 32],
        invoice: [3; 32],
    };
    let mut file = file(&AnyCall::Fund(Fund::PaymentRequest { terms }));
    file.sign(&BusinessKey::demonstration(b"reading", "one")).unwrap();
    insta::assert_snapshot!("payment-zh", text(&file, &session(Language::Chinese, Format::Table)));
    insta::assert_snapshot!("payment-en", text(&file, &session(Language::English, Format::Table)));
}

#[test]
fn a_list_a_choice_and_a_time_are_explained() {
    let line = |n| credit::AttestedLine {
        participation: RecordId([n; 32]),
        check_in: BlockTime(1_767_580_200_000),
        check_out: BlockTime(1_767_587_400_000),
        minutes: 120,
        units: 0,
    };
    let attest = AnyCall::Credit(credit::Call::AttestFirst {
        activity: RecordId([1; 32]),
        lines: vec![line(2), line(3)],
    });
    insta::assert_snapshot!(
        "attest-zh",
        text(&file(&attest), &session(Language::Chinese, Format::Table))
    );
    let rule = AnyCall::Programme(programme::Call::RuleSet {
        programme: RecordId([1; 32]),
        rule: None,
        terms: programme::RuleTerms {
            basis: programme::Basis::PerHour { rate: 10 },
            multiplier_bp: 12_500,
            cap_group: "care".to_owned(),
            day_cap: Points(80),
            month_cap: Points(800),
            year_cap: Points(4_000),
            min_minutes: 30,
            valid_from: BlockTime(1_767_225_600_000),
            valid_to: BlockTime(1_798_761_600_000),
        },
        totals: None,
    });
    insta::assert_snapshot!(
        "rule-zh",
        text(&file(&rule), &session(Language::Chinese, Format::Table))
    );
    insta::assert_snapshot!(
        "rule-en",
        text(&file(&rule), &session(Language::English, Format::Table))
    );
}

#[test]
fn a_call_cannot_speak_to_the_terminal() {
    let call = AnyCall::Fund(Fund::CatalogueItem {
        code: "A\u{1b}]0;x\u{7}".to_owned(),
        name: "好\u{202e}人\n✓ 2. 已签名\r".to_owned(),
        listing: linli_contracts::fund::Listing::Listed,
    });
    for language in LANGUAGES {
        let text = text(&file(&call), &session(language, Format::Table));
        let hidden = |c: char| c != '\n' && linli_contracts::text::is_hidden(c);
        assert!(!text.chars().any(hidden), "{text:?}");
        assert!(text.contains("\\u{a}✓ 2."), "a line of the call's own is no line of ours: {text}");
    }
    let json = said(&file(&call), &session(Language::Chinese, Format::Json));
    assert!(!json.trim_end().chars().any(char::is_control), "{json:?}");
}

#[test]
fn programs_read_the_call_itself_and_who_is_missing() {
    let (call, _) = money_calls(7).remove(0);
    let file = file(&call);
    let value: serde_json::Value =
        serde_json::from_str(&said(&file, &session(Language::Chinese, Format::Json))).unwrap();
    assert_eq!(serde_json::from_value::<AnyCall>(value["call"].clone()).unwrap(), call);
    assert_eq!(value["missing"].as_array().map(Vec::len), Some(2));
    assert_eq!(value["contract"], "fund");
    assert_eq!(value["name"], "payment_request");
}
