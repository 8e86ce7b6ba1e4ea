//! This exists to submit transactions and to say what became of them.

use super::Client;
use crate::cli::Format;
use crate::failure::Failure;
use crate::reading;
use crate::report::money;
use crate::session::Session;
use crate::texts::{word, word_with};
use crate::transaction::TransactionFile;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::ValueEnum;
use linli_ledger::amount::Fen;
use linli_ledger::code::{Code, Detail};
use linli_ledger::codec::encode;
use linli_ledger::crypto::BusinessKey;
use linli_ledger::hash::to_hex;
use linli_ledger::transaction::SignedTransaction;
use linli_ledger::types::{BlockTime, TransactionId};
use linli_verify::Language;
use linli_wire::transaction::{Standing, SubmitOne, Submitted, Transaction};
use linli_wire::{Explanation, path};
use serde_json::json;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

/// Between two questions whether a transaction is final.
const PAUSE: Duration = Duration::from_millis(400);
/// Numbers of codes about money: their values are fen.
const ABOUT_MONEY: std::ops::Range<u16> = 2_500..2_570;

/// Whether to wait until a transaction is in the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Wait {
    /// Until it is in a block that is final.
    Final,
    /// Until the node has taken it.
    None,
}

/// Asks the node what a transaction would do; nobody need have signed it, and nothing is queued. What
/// concerns residents is told to the sender only, whose key then signs the question.
///
/// # Errors
/// Those of [`Client::post`]; the code with which a rule says no.
pub(crate) fn dry_run(
    file: &TransactionFile,
    key: Option<&BusinessKey>,
    session: &Session,
) -> Result<String, Failure> {
    let submitted = send(&file.trial(), &[("dry_run", "true".to_owned())], key, session)?;
    said(&submitted, "outcome-would", session)
}

/// Submits a transaction.
///
/// # Errors
/// Those of [`Client::post`]; the code with which a rule says no; [`Code::NotFinal`].
pub(crate) fn submit(
    transaction: &SignedTransaction,
    wait: Wait,
    session: &Session,
) -> Result<String, Failure> {
    let how = match wait {
        Wait::Final => "final",
        Wait::None => "accepted",
    };
    let submitted = send(transaction, &[("wait", how.to_owned())], None, session)?;
    match (submitted.status, wait) {
        (Standing::Accepted, Wait::Final) => self::wait(transaction.id(), session),
        (Standing::Accepted, Wait::None) => said(&submitted, "outcome-accepted", session),
        (Standing::Final | Standing::DryRun | Standing::Refused, _) => {
            said(&submitted, "outcome-final", session)
        }
    }
}

fn send(
    transaction: &SignedTransaction,
    query: &[(&str, String)],
    key: Option<&BusinessKey>,
    session: &Session,
) -> Result<Submitted, Failure> {
    let body = SubmitOne { transaction: STANDARD.encode(encode(transaction)) };
    let body = serde_json::to_vec(&body).unwrap_or_default();
    let client = Client::new(session)?;
    let id = transaction.id();
    let submitted: Submitted =
        client.post(path::TRANSACTIONS, query, &body, key).map_err(|failure| {
            match failure.code {
                Code::NodeUnreachable => failure.about(&id.to_string()),
                _ => failure,
            }
        })?;
    if submitted.id.is_some_and(|said| said != id) {
        return Err(Failure::new(Code::NodeAnswer, format!("{:?} ≠ {id}", submitted.id)));
    }
    Ok(submitted)
}

fn said(submitted: &Submitted, message: &str, session: &Session) -> Result<String, Failure> {
    let language = session.language;
    if let Some(problem) = &submitted.problem {
        return Err(Failure::new(problem.code, reading::clean(&problem.detail)));
    }
    if let Some(rejection) = &submitted.rejection {
        return Err(rejected(rejection, language));
    }
    let id = submitted.id.map(|id| id.to_string()).unwrap_or_default();
    let height = submitted.height.map(|height| height.to_string());
    Ok(match session.format {
        Format::Json => format!("{}\n", json!(submitted)),
        Format::Table | Format::Csv => {
            let values = [("id", id.into()), ("height", height.unwrap_or_default().into())];
            format!("✓ {}\n", word_with(message, language, &values))
        }
    })
}

/// A rule said no: its code, with the values that explain it.
fn rejected(rejection: &Explanation, language: Language) -> Failure {
    Failure::new(rejection.code, details(rejection.code, &rejection.details, language))
}

/// The values of a rejection, for people.
pub(crate) fn details(code: Code, details: &[Detail], language: Language) -> String {
    let amount = |n: u64| {
        if ABOUT_MONEY.contains(&code.number()) { money(Fen(n)) } else { n.to_string() }
    };
    let say = |id: &str, value: String| format!("{} {value}", word(id, language));
    let said: Vec<String> = details
        .iter()
        .map(|detail| match detail {
            Detail::Need(n) => say("detail-need", amount(*n)),
            Detail::Have(n) => say("detail-have", amount(*n)),
            Detail::Limit(n) => say("detail-limit", amount(*n)),
            Detail::Over(n) => say("detail-over", amount(*n)),
            Detail::Index(n) => say("detail-index", (u64::from(*n) + 1).to_string()),
            Detail::Time(ms) => say("detail-time", reading::time(BlockTime(*ms))),
            Detail::Record(id) => say("detail-record", reading::short(&to_hex(id))),
        })
        .collect();
    said.join(language.pick("，", ", "))
}

/// Shows a transaction of the ledger.
///
/// # Errors
/// Those of [`Client::get`]; [`Code::NodeAnswer`] if it is another one.
pub(crate) fn show(id: TransactionId, session: &Session) -> Result<String, Failure> {
    let transaction = find(id, &Client::new(session)?)?;
    Ok(shown(id, &transaction, session))
}

fn find(id: TransactionId, client: &Client<'_>) -> Result<Transaction, Failure> {
    let path = path::with(path::TRANSACTION, &[&id.to_string()]);
    let transaction: Transaction = client.get(&path, &[], None)?;
    let other = transaction.content.as_ref().is_some_and(|content| content.id != id);
    if other { Err(Failure::new(Code::NodeAnswer, id)) } else { Ok(transaction) }
}

fn shown(id: TransactionId, transaction: &Transaction, session: &Session) -> String {
    let language = session.language;
    if session.format == Format::Json {
        return format!("{}\n", json!(transaction));
    }
    let values = [("id", id.to_string().into()), ("height", transaction.height.to_string().into())];
    let mut text = String::new();
    if let Some(content) = &transaction.content {
        if let Some(call) = &content.call {
            let _ = writeln!(text, "{}", reading::sentence(call, language));
        }
        if let Some(rejection) = &content.rejection {
            let failure = rejected(rejection, language);
            let _ = writeln!(text, "✗ {} {} {}", failure.code, rejection.title, failure.detail);
        }
    } else {
        let _ = writeln!(text, "{}", word("transaction-withheld", language));
    }
    let _ = writeln!(text, "  {}", word_with("outcome-final", language, &values));
    let _ = writeln!(text, "  {}", reading::time(transaction.time));
    text
}

/// Waits until a transaction is in the ledger.
///
/// # Errors
/// [`Code::NotFinal`] after the time of the session; those of [`Client::get`]; the code with which a
/// rule said no.
pub(crate) fn wait(id: TransactionId, session: &Session) -> Result<String, Failure> {
    let client = Client::new(session)?;
    let began = Instant::now();
    loop {
        match find(id, &client) {
            Ok(transaction) => {
                let content = transaction.content.as_ref();
                return match content.and_then(|content| content.rejection.as_ref()) {
                    Some(rejection) => Err(rejected(rejection, session.language)),
                    None => Ok(shown(id, &transaction, session)),
                };
            }
            Err(failure) if failure.code == Code::NotFound => {}
            Err(failure) => return Err(failure),
        }
        if began.elapsed() > session.timeout {
            return Err(Failure::new(Code::NotFinal, id));
        }
        std::thread::sleep(PAUSE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_values_of_a_rejection_are_said_in_yuan_where_they_are_fen() {
        let values = [Detail::Need(150_000), Detail::Have(80_000)];
        assert_eq!(
            details(Code::InsufficientCompatible, &values, Language::Chinese),
            "需要 ¥1,500.00，只有 ¥800.00"
        );
        assert_eq!(
            details(Code::InsufficientPoints, &values[..1], Language::English),
            "needed 150000"
        );
        assert_eq!(details(Code::Overlap, &[Detail::Index(0)], Language::Chinese), "第几项 1");
    }
}
