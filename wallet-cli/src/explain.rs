//! This exists to explain any code that the program may say: what is wrong, what to do, and why.

use crate::texts::{CodeText, code_text, word, word_with};
use comfy_table::presets::NOTHING;
use comfy_table::{ContentArrangement, Table};
use linli_ledger::code::{Class, Code};
use linli_ledger::replay::Check;
use linli_verify::{Language, Output, Said, words};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// Nothing there: the exit code for a name that means nothing.
const EXIT_UNKNOWN: u8 = 3;
/// The names that are suggested for a name that means nothing.
const NEAREST_MAX: usize = 3;
/// Characters of an unknown name that are repeated.
const NAME_SHOWN: usize = 40;

/// What a name may mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Subject {
    Code(Code),
    Check(Check),
}

/// Explains a code (`E_OVERLAP`, `overlap`, `2308`) or a check (`certificate`); without a name lists
/// all codes. Exit 3 with the nearest names if it is neither.
pub(crate) fn explain(name: Option<&str>, language: Language, output: Output) -> Said {
    let name = name.unwrap_or_default().trim();
    let subject = find(name);
    match (subject, output) {
        (Some(subject), Output::Table) => good(subject_text(subject, language)),
        (Some(subject), Output::Json) => good(json_line(&subject_json(subject))),
        (None, Output::Table) if name.is_empty() => good(list(language)),
        (None, Output::Json) if name.is_empty() => {
            good(json_line(&Code::ALL.iter().map(|code| code_json(*code)).collect()))
        }
        (None, Output::Table) => unknown(unknown_text(name, language)),
        (None, Output::Json) => unknown(json_line(&unknown_json(name, language))),
    }
}

fn unknown(error: String) -> Said {
    Said { output: String::new(), error, exit: EXIT_UNKNOWN }
}

fn good(output: String) -> Said {
    Said { output, error: String::new(), exit: 0 }
}

fn json_line(value: &Value) -> String {
    format!("{value}\n")
}

fn find(name: &str) -> Option<Subject> {
    let number = || name.parse().ok().and_then(Code::from_number);
    let plain = plain(name);
    let code = || Code::ALL.iter().copied().find(|code| short(*code) == plain);
    let check = || Check::ALL.into_iter().find(|check| check.name() == plain);
    number().or_else(code).map(Subject::Code).or_else(|| check().map(Subject::Check))
}

/// A name as it is compared: `E_SELF_APPROVAL`, `Self-Approval` → `self-approval`.
fn plain(name: &str) -> String {
    let plain = name.to_lowercase().replace([' ', '_'], "-");
    plain.strip_prefix("e-").map_or(plain.clone(), str::to_owned)
}

fn short(code: Code) -> String {
    plain(code.name())
}

fn class_key(class: Class) -> &'static str {
    match class {
        Class::Door => "door",
        Class::Rejection => "rejection",
        Class::Error => "error",
    }
}

fn class_word(class: Class, language: Language) -> String {
    word(&format!("class-{}", class_key(class)), language)
}

/// A check fails with one code; what it looks at stands in place of the code's sentence.
const fn code_of(subject: Subject) -> Code {
    match subject {
        Subject::Code(code) => code,
        Subject::Check(_) => Code::VerificationFailed,
    }
}

fn subject_text(subject: Subject, language: Language) -> String {
    let code = code_of(subject);
    let CodeText { sentence, hint, rule } = code_text(code, language);
    let mut text =
        format!("{} · {} · {}\n", code, code.number(), class_word(code.class(), language));
    match subject {
        Subject::Code(_) => {}
        Subject::Check(check) => {
            let what = words::check(check, language);
            let title = word("explain-check", language);
            let _ = writeln!(text, "  {title} {} · {what}", check.name());
        }
    }
    let _ = writeln!(text, "  {sentence}");
    let _ = writeln!(text, "  {}{hint}", label("explain-hint", language));
    let _ = writeln!(text, "  {}{rule}", label("explain-rule", language));
    text
}

fn label(id: &str, language: Language) -> String {
    format!("{}{}", word(id, language), language.pick("：", ": "))
}

fn code_json(code: Code) -> Value {
    let chinese = code_text(code, Language::Chinese);
    let english = code_text(code, Language::English);
    json!({
        "code": code.name(),
        "number": code.number(),
        "class": class_key(code.class()),
        "sentence": { "zh": chinese.sentence, "en": english.sentence },
        "hint": { "zh": chinese.hint, "en": english.hint },
        "rule": { "zh": chinese.rule, "en": english.rule },
    })
}

fn subject_json(subject: Subject) -> Value {
    let mut value = code_json(code_of(subject));
    match subject {
        Subject::Code(_) => {}
        Subject::Check(check) => {
            let what = |language| words::check(check, language);
            let (chinese, english) = (what(Language::Chinese), what(Language::English));
            value["check"] =
                json!({ "name": check.name(), "what": { "zh": chinese, "en": english } });
        }
    }
    value
}

fn list(language: Language) -> String {
    let mut text = String::new();
    for class in [Class::Door, Class::Rejection, Class::Error] {
        let mut table = Table::new();
        table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
        table.set_header(
            ["column-code", "column-number", "column-meaning"].map(|id| word(id, language)),
        );
        for code in Code::ALL.iter().filter(|code| code.class() == class) {
            let sentence = code_text(*code, language).sentence;
            table.add_row([code.name().to_owned(), code.number().to_string(), sentence]);
        }
        let _ = writeln!(text, "{}\n{}\n", class_word(class, language), table.trim_fmt());
    }
    let _ =
        writeln!(text, "{}", word_with("explain-more", language, &[("code", "E_OVERLAP".into())]));
    text
}

fn unknown_text(name: &str, language: Language) -> String {
    let sentence = word_with("explain-unknown", language, &[("name", shown(name).into())]);
    let mut text = format!("error: {sentence}\n");
    let nearest = nearest(name);
    if !nearest.is_empty() {
        let names = nearest.join(language.pick("、", ", ")).into();
        let _ = writeln!(text, "  {}", word_with("explain-nearest", language, &[("names", names)]));
    }
    let _ = writeln!(text, "  {}", word("explain-list", language));
    text
}

fn unknown_json(name: &str, language: Language) -> Value {
    let shown = shown(name);
    let title = word_with("explain-unknown", language, &[("name", shown.clone().into())]);
    let code = Code::NotFound.name();
    json!({ "error": {
        "code": code, "title": title, "detail": shown, "nearest": nearest(name),
        "hint": word("explain-list", language),
    }})
}

/// What was asked for, safe to repeat in a terminal.
fn shown(name: &str) -> String {
    name.chars().take(NAME_SHOWN).filter(|c| !c.is_control()).collect()
}

/// The names nearest to one that means nothing, best first: those that hold it, then those that
/// differ in few characters.
fn nearest(name: &str) -> Vec<&'static str> {
    let wanted: String = plain(name).chars().take(NAME_SHOWN).collect();
    let close = wanted.chars().count().div_ceil(3);
    let codes = Code::ALL.iter().map(|code| (short(*code), code.name()));
    let checks = Check::ALL.iter().map(|check| (check.name().to_owned(), check.name()));
    let mut found: Vec<_> = codes
        .chain(checks)
        .filter_map(|(plain, name)| {
            let distance = distance(&wanted, &plain);
            let holds = wanted.len() > 2 && plain.contains(&wanted);
            (holds || distance <= close).then_some((!holds, distance, name))
        })
        .collect();
    found.sort_unstable();
    found.into_iter().map(|(_, _, name)| name).take(NEAREST_MAX).collect()
}

/// How many characters must be put in, left out or changed to turn one word into the other.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut above: Vec<usize> = (0..=to.len()).collect();
    for (row, wanted) in from.chars().enumerate() {
        let mut left = row + 1;
        let mut line = vec![left];
        for (pair, found) in above.windows(2).zip(&to) {
            let changed = pair[0] + usize::from(wanted != *found);
            left = changed.min(pair[1] + 1).min(left + 1);
            line.push(left);
        }
        above = line;
    }
    above.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests;
