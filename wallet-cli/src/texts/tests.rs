use super::*;
use std::collections::{BTreeMap, BTreeSet};

const LANGUAGES: [Language; 2] = [Language::Chinese, Language::English];

fn source(file: &str, language: Language) -> String {
    let root = env!("CARGO_MANIFEST_DIR");
    std::fs::read_to_string(format!("{root}/locales/{}/{file}.ftl", identifier(language)))
        .expect("the catalogues lie next to the crate")
}

/// The identifiers of a catalogue, each with the names of the values that it takes.
fn messages(file: &str, language: Language) -> BTreeMap<String, BTreeSet<String>> {
    let mut messages: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut current = None;
    for line in source(file, language).lines() {
        if line.starts_with(|c: char| c.is_ascii_lowercase()) {
            let (id, _) = line.split_once(" = ").expect("a message has a value on its line");
            assert!(messages.insert(id.to_owned(), BTreeSet::new()).is_none(), "{id} comes twice");
            current = Some(id.to_owned());
        }
        if line.starts_with('#') {
            continue;
        }
        for part in line.split("{ $").skip(1) {
            let end = part.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(part.len());
            let id = current.as_ref().expect("a value is used within a message");
            messages.get_mut(id).expect("it was inserted").insert(part[..end].to_owned());
        }
    }
    messages
}

fn is_chinese(c: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&c)
}

fn has_chinese_punctuation(text: &str) -> bool {
    text.chars().any(|c| "，。；：？！（）「」".contains(c))
}

#[test]
fn every_code_has_a_sentence_a_hint_and_a_rule_in_both_languages() {
    for code in Code::ALL {
        let id = message_id(*code);
        for language in LANGUAGES {
            for id in [id.clone(), format!("{id}.hint"), format!("{id}.rule")] {
                let text = LOCALES.lookup_single_language::<&str>(identifier(language), &id, None);
                let text = text.unwrap_or_else(|error| panic!("{id} {language:?}: {error}"));
                assert!(!text.trim().is_empty(), "{id} {language:?}");
                assert!(text.chars().count() <= 160, "{id} {language:?}: {text}");
                assert!(!text.contains(['\u{2068}', '\u{2069}']), "{id} {language:?}");
                match language {
                    Language::Chinese => assert!(text.chars().any(is_chinese), "{id}: {text}"),
                    Language::English => {
                        assert!(!text.chars().any(is_chinese), "{id}: {text}");
                        assert!(!has_chinese_punctuation(&text), "{id}: {text}");
                    }
                }
            }
        }
    }
}

#[test]
fn sentences_and_hints_end_like_sentences() {
    for code in Code::ALL {
        for (language, stop) in [(Language::Chinese, '。'), (Language::English, '.')] {
            let text = code_text(*code, language);
            assert!(text.sentence.ends_with(stop), "{code}: {}", text.sentence);
            assert!(text.hint.ends_with(stop), "{code}: {}", text.hint);
        }
    }
}

#[test]
fn no_two_codes_say_the_same() {
    for language in LANGUAGES {
        let sentences: BTreeSet<_> =
            Code::ALL.iter().map(|code| code_text(*code, language).sentence).collect();
        assert_eq!(sentences.len(), Code::ALL.len());
    }
}

#[test]
fn no_message_is_left_over_without_a_code() {
    let codes: BTreeSet<_> = Code::ALL.iter().map(|code| message_id(*code)).collect();
    for language in LANGUAGES {
        let found: BTreeSet<_> = messages("codes", language).into_keys().collect();
        assert_eq!(found, codes, "{language:?}");
    }
}

#[test]
fn both_languages_have_the_same_words_with_the_same_values() {
    let chinese = messages("main", Language::Chinese);
    assert_eq!(chinese, messages("main", Language::English));
    for (id, names) in &chinese {
        for language in LANGUAGES {
            let values: HashMap<String, FluentValue<'_>> =
                names.iter().map(|name| (name.clone(), FluentValue::from(2))).collect();
            let text = LOCALES.lookup_single_language(identifier(language), id, Some(&values));
            let text = text.unwrap_or_else(|error| panic!("{id} {language:?}: {error}"));
            assert!(!text.is_empty() && text.chars().count() <= 160, "{id} {language:?}: {text}");
            let name_of_the_product = id == "product";
            let chinese = text.chars().any(is_chinese);
            assert_eq!(chinese, language == Language::Chinese || name_of_the_product, "{id}");
        }
    }
}

#[test]
fn calls_are_said_in_their_own_language() {
    let chinese = messages("calls", Language::Chinese);
    assert_eq!(chinese, messages("calls", Language::English));
    for id in chinese.keys() {
        for language in LANGUAGES {
            let text = known_word(id, language).expect("it is in the catalogue");
            assert!(!text.is_empty() && text.chars().count() <= 80, "{id} {language:?}: {text}");
            assert_eq!(text.chars().any(is_chinese), language == Language::Chinese, "{id}: {text}");
        }
    }
}

#[test]
fn values_are_put_in_without_marks_and_choose_the_plural() {
    let say = |id, language, count: u64| word_with(id, language, &[("count", count.into())]);
    assert_eq!(say("count-blocks", Language::English, 1), "1 block");
    assert_eq!(say("count-blocks", Language::English, 1_200), "1200 blocks");
    assert_eq!(say("count-blocks", Language::Chinese, 1), "1 个区块");
    let amount = [("amount", "1,500.00".into())];
    assert_eq!(word_with("amount-yuan", Language::Chinese, &amount), "1,500.00 元");
}

#[test]
fn an_unknown_word_is_its_identifier() {
    assert_eq!(word("no-such-word", Language::English), "no-such-word");
    assert_eq!(word_with("no-such-word", Language::Chinese, &[]), "no-such-word");
}
