//! This exists to tell people what they are about to sign: from the bytes that are signed and from nothing
//! else, in sentences, with what cannot be undone, who has signed and who is missing.
//!
//! The sentences are in `locales/*/calls.ftl`, keyed by the names of the calls; labels of fields and
//! words for choices are there too. What has no words yet is shown by its own name: nothing is left out.

mod value;
mod walk;

pub(crate) use value::{clean, short, time, yuan};

use crate::cli::Format;
use crate::session::Session;
use crate::texts::{known_word, word, word_with};
use crate::transaction::TransactionFile;
use comfy_table::{Table, presets};
use linli_contracts::AnyCall;
use linli_ledger::amount::Fen;
use linli_ledger::types::BlockTime;
use linli_verify::Language;
use serde_json::json;
use std::fmt::Write as _;
use value::percent;
use walk::{Part, Unit, parts};

/// Fields that count from 0 in bytes and from 1 among people.
const POSITIONS: [&str; 1] = ["milestone"];
/// Fields that hold basis points have this ending.
const BASIS_POINTS: &str = "bp";

/// One line of an explanation.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Line {
    depth: usize,
    label: String,
    value: String,
}

/// The names of a call, from outside in: `fund`, `payment_request`.
fn names(call: &AnyCall) -> (String, String, Part) {
    let Ok(Part::Choice(contract, Some(inner))) = parts(call) else {
        return (String::new(), String::new(), Part::None);
    };
    match *inner {
        Part::Choice(name, fields) => {
            (contract.to_owned(), name.to_owned(), fields.map_or(Part::None, |fields| *fields))
        }
        other => (contract.to_owned(), String::new(), other),
    }
}

/// `payment_request` of `fund` → `fund-payment-request`, the key of its sentence.
fn key(contract: &str, name: &str) -> String {
    format!("{contract}-{name}").replace('_', "-")
}

/// What a call does, in one sentence.
pub(crate) fn sentence(call: &AnyCall, language: Language) -> String {
    let (contract, name, _) = names(call);
    known_word(&key(&contract, &name), language).unwrap_or_else(|| format!("{contract} {name}"))
}

fn lines(call: &AnyCall, language: Language) -> Vec<Line> {
    let mut lines = Vec::new();
    let (_, _, mut fields) = names(call);
    // A call that is nothing but its terms needs no heading for them.
    if let Part::Fields(outer) = &mut fields
        && let [(_, Part::Fields(_))] = outer.as_slice()
        && let Some((_, inner)) = outer.pop()
    {
        fields = inner;
    }
    write_part(&mut lines, 0, None, &fields, language);
    lines
}

fn label(name: &str, language: Language) -> String {
    let name_of = |kind: &str| format!("{kind}-{}", name.replace('_', "-"));
    // What a choice holds may have no name of its own.
    known_word(&name_of("field"), language)
        .or_else(|| known_word(&name_of("choice"), language))
        .unwrap_or_else(|| name.to_owned())
}

/// What a choice is called.
pub(crate) fn choice(name: &str, language: Language) -> String {
    known_word(&format!("choice-{}", name.replace('_', "-")), language)
        .unwrap_or_else(|| name.to_owned())
}

fn write_part(
    lines: &mut Vec<Line>,
    depth: usize,
    name: Option<&str>,
    part: &Part,
    language: Language,
) {
    let title = name.map_or_else(String::new, |name| label(name, language));
    let simple = |value: String| Line { depth, label: title.clone(), value };
    match part {
        Part::Fields(fields) => {
            let inner = match name {
                Some(_) => {
                    lines.push(simple(String::new()));
                    depth + 1
                }
                None => depth,
            };
            for (name, part) in fields {
                write_part(lines, inner, Some(name), part, language);
            }
        }
        Part::List(items) if items.is_empty() => lines.push(simple(word("nothing-here", language))),
        Part::List(items) => {
            lines.push(simple(String::new()));
            for (position, item) in (1..).zip(items) {
                write_item(lines, depth + 1, position, name, item, language);
            }
        }
        Part::Choice(chosen, Some(inner)) => {
            lines.push(simple(choice(chosen, language)));
            // The choice names its fields; a value without a name takes that of the choice.
            let inner_name = match **inner {
                Part::Fields(_) => None,
                _ => Some(*chosen),
            };
            write_part(lines, depth + 1, inner_name, inner, language);
        }
        Part::None
        | Part::Yes(_)
        | Part::Text(_)
        | Part::Number(_)
        | Part::Unit(..)
        | Part::Choice(_, None) => lines.push(simple(shown(name, part, language))),
    }
}

fn write_item(
    lines: &mut Vec<Line>,
    depth: usize,
    position: u64,
    name: Option<&str>,
    item: &Part,
    language: Language,
) {
    let number = format!("{position}.");
    match item {
        Part::Fields(fields) => {
            lines.push(Line { depth, label: number, value: String::new() });
            for (name, part) in fields {
                write_part(lines, depth + 1, Some(name), part, language);
            }
        }
        other => {
            let mut inner = Vec::new();
            write_part(&mut inner, depth, name, other, language);
            if let Some(first) = inner.first_mut() {
                first.label = number;
            }
            lines.extend(inner);
        }
    }
}

/// One value without parts.
fn shown(name: Option<&str>, part: &Part, language: Language) -> String {
    let name = name.unwrap_or_default();
    match part {
        Part::None => word("not-given", language),
        Part::Yes(true) => language.pick("是", "yes").to_owned(),
        Part::Yes(false) => language.pick("否", "no").to_owned(),
        Part::Text(text) => short(text),
        Part::Number(digits) => number(name, digits, language),
        Part::Unit(Unit::Fen, fen) => yuan(Fen(*fen), language),
        Part::Unit(Unit::Points, points) => {
            word_with("amount-points", language, &[("count", (*points).into())])
        }
        Part::Unit(Unit::Minutes, minutes) => {
            word_with("amount-minutes", language, &[("count", (*minutes).into())])
        }
        Part::Unit(Unit::Time, ms) => time(BlockTime(*ms)),
        Part::Choice(name, _) => choice(name, language),
        Part::List(_) | Part::Fields(_) => String::new(),
    }
}

fn number(name: &str, digits: &str, language: Language) -> String {
    let value: Option<u64> = digits.parse().ok();
    match value {
        Some(value) if name.ends_with(BASIS_POINTS) => percent(value),
        Some(value) if POSITIONS.contains(&name) => {
            word_with("ordinal", language, &[("count", value.saturating_add(1).into())])
        }
        _ => digits.to_owned(),
    }
}

/// What a call says, line by line, for people.
pub(crate) fn details(call: &AnyCall, language: Language) -> String {
    indented(&table(call, language))
}

fn table(call: &AnyCall, language: Language) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    for Line { depth, label, value } in lines(call, language) {
        table.add_row([format!("{}{label}", "  ".repeat(depth)), value]);
    }
    table
}

fn indented(table: &Table) -> String {
    let mut text = String::new();
    for line in table.trim_fmt().lines() {
        let _ = writeln!(text, "  {}", line.trim_end());
    }
    text
}

/// The whole explanation, for people.
pub(crate) fn text(file: &TransactionFile, session: &Session) -> String {
    let language = session.language;
    let body = file.body();
    let (contract, name, _) = names(file.call());
    let key = key(&contract, &name);
    let mut text =
        format!("{}\n  {}\n\n", word("tx-read-first", language), sentence(file.call(), language));
    let mut table = table(file.call(), language);
    let until = word_with("tx-until-value", language, &[("time", time(body.valid_until).into())]);
    table.add_row([word("tx-until", language), until]);
    table.add_row([word("tx-ledger", language), short(&body.genesis.to_hex())]);
    table.add_row([word("tx-number", language), short(&file.id().to_string())]);
    text += &indented(&table);
    let _ = writeln!(text, "\n{}", word("tx-signers", language));
    let store = session.store();
    for (position, signer) in (1..).zip(&body.signers) {
        let signed = file.has_signed(&signer.key);
        let mark = if signed { "✓" } else { "·" };
        let state = word(if signed { "tx-signed-already" } else { "tx-not-signed" }, language);
        let mut who = short(&signer.key.to_string());
        if let Some(name) = store.name_of(&signer.key) {
            who = format!("{who} {}", word_with("tx-your-key", language, &[("name", name.into())]));
        }
        if let Some(grant) = signer.grant {
            let role = short(&grant.to_string());
            who = format!("{who} {}", word_with("tx-role", language, &[("role", role.into())]));
        }
        let _ = writeln!(text, "  {mark} {position}. {who}  {state}");
    }
    let _ = writeln!(text, "\n{}", word("tx-for-ever", language));
    if let Some(undo) = known_word(&format!("{key}.undo"), language) {
        let _ = writeln!(text, "{undo}");
    }
    text
}

/// The explanation in the form of the session.
pub(crate) fn said(file: &TransactionFile, session: &Session) -> String {
    match session.format {
        Format::Json => format!("{}\n", json(file)),
        Format::Table | Format::Csv => text(file, session),
    }
}

fn json(file: &TransactionFile) -> serde_json::Value {
    let body = file.body();
    let (contract, name, _) = names(file.call());
    let say = |language| sentence(file.call(), language);
    json!({
        "id": file.id(),
        "contract": contract,
        "name": name,
        "call": file.call(),
        "sentence": { "zh": say(Language::Chinese), "en": say(Language::English) },
        "genesis": body.genesis,
        "nonce": body.nonce.to_string(),
        "valid_until": body.valid_until,
        "signers": body.signers.iter().map(|signer| json!({
            "key": signer.key, "grant": signer.grant, "signed": file.has_signed(&signer.key),
        })).collect::<Vec<_>>(),
        "missing": file.missing(),
    })
}

#[cfg(test)]
mod tests;
