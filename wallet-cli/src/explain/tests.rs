use super::*;

fn said(text: &str) -> Said {
    explain(Some(text), Language::English, Output::Table)
}

#[test]
fn a_code_is_found_by_name_short_name_or_number() {
    for text in ["E_OVERLAP", "e_overlap", "overlap", "Overlap", "e-overlap", " 2308 "] {
        let said = said(text);
        assert!(said.output.starts_with("E_OVERLAP · 2308 · rejected by the rules\n"), "{text}");
        assert_eq!((said.error.as_str(), said.exit), ("", 0));
    }
    for code in Code::ALL {
        for text in [code.name().to_owned(), short(*code), code.number().to_string()] {
            assert_eq!(find(&text), Some(Subject::Code(*code)), "{text}");
        }
    }
}

#[test]
fn a_check_is_found_by_its_name() {
    for check in Check::ALL {
        assert_eq!(find(check.name()), Some(Subject::Check(check)));
        let said = explain(Some(check.name()), Language::Chinese, Output::Table);
        assert!(said.output.starts_with("E_VERIFICATION_FAILED · 9006"), "{}", said.output);
        assert!(said.output.contains(words::check(check, Language::Chinese)));
    }
}

#[test]
fn a_person_reads_sentence_hint_and_rule() {
    let said = explain(Some("self_approval"), Language::Chinese, Output::Table);
    let expected = "E_SELF_APPROVAL · 2201 · 规则不允许\n  \
                    提出申请的人不能审批自己的申请。\n  \
                    怎么办：请由另一位有审批职务的人来审批。\n  \
                    依据：会计法 第25条；SOD-1\n";
    assert_eq!(said.output, expected);
}

#[test]
fn a_program_reads_both_languages() {
    let said = explain(Some("2308"), Language::English, Output::Json);
    let value: Value = serde_json::from_str(&said.output).expect("one JSON object");
    assert_eq!(value["code"], "E_OVERLAP");
    assert_eq!(value["number"], 2308);
    assert_eq!(value["class"], "rejection");
    let chinese = code_text(Code::Overlap, Language::Chinese);
    let english = code_text(Code::Overlap, Language::English);
    assert_eq!(value["sentence"], json!({ "zh": chinese.sentence, "en": english.sentence }));
    assert_eq!(value["hint"], json!({ "zh": chinese.hint, "en": english.hint }));
    assert_eq!(value["rule"], json!({ "zh": chinese.rule, "en": english.rule }));
    let check = explain(Some("certificate"), Language::English, Output::Json);
    let value: Value = serde_json::from_str(&check.output).expect("one JSON object");
    assert_eq!(
        (&value["code"], &value["check"]["name"]),
        (&"E_VERIFICATION_FAILED".into(), &"certificate".into())
    );
}

#[test]
fn an_unknown_name_gives_the_nearest() {
    let said = said("E_OVERLOP");
    assert_eq!((said.output.as_str(), said.exit), ("", 3));
    assert!(said.error.contains("E_OVERLAP"), "{}", said.error);
    assert_eq!(nearest("self aproval").first(), Some(&"E_SELF_APPROVAL"));
    assert!(nearest("stale").contains(&"E_APPROVAL_STALE"));
    assert_eq!(nearest("certificat").first(), Some(&"certificate"));
    let json = explain(Some("E_OVERLOP"), Language::English, Output::Json);
    let value: Value = serde_json::from_str(&json.error).expect("one JSON object");
    assert_eq!((json.output.as_str(), json.exit), ("", 3));
    assert_eq!(value["error"]["nearest"][0], "E_OVERLAP");
    assert_eq!(value["error"]["title"], "There is no code E_OVERLOP.");
}

#[test]
fn an_unknown_name_is_repeated_short_and_without_control_characters() {
    let said = said(&format!("\u{1b}[31m{}", "长".repeat(500)));
    assert!(!said.error.contains('\u{1b}'));
    assert!(said.error.chars().count() < 200, "{}", said.error);
    assert_eq!(said.exit, 3);
}

#[test]
fn without_a_name_every_code_is_listed() {
    for language in [Language::Chinese, Language::English] {
        let said = explain(None, language, Output::Table);
        for code in Code::ALL {
            assert!(said.output.contains(code.name()), "{code}");
        }
        assert_eq!(said.exit, 0);
    }
    let said = explain(None, Language::English, Output::Json);
    let value: Value = serde_json::from_str(&said.output).expect("one JSON array");
    assert_eq!(value.as_array().map(Vec::len), Some(Code::ALL.len()));
}

#[test]
fn the_distance_counts_changes() {
    for (from, to, expected) in
        [("", "", 0), ("", "abc", 3), ("abc", "", 3), ("abc", "abc", 0), ("kitten", "sitting", 3)]
    {
        assert_eq!(distance(from, to), expected, "{from} {to}");
    }
}
