//! This exists to say what a proof has shown, for people and for programs.

mod places;

use crate::words::Language;
use linli_contracts::AnyCall;
use linli_ledger::codec::decode;
use linli_ledger::hash::to_hex;
use linli_ledger::posting::{Account, Direction, Unit};
use linli_ledger::receipt::{Outcome, Subject};
use linli_ledger::types::Compartment;
use linli_ledger::verify::{Shown, ShownAsOf, ShownFork, ShownReceipt, ShownStatement};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// The leaf of an account: contract 0, kind 3 (LED-5.3).
const ACCOUNT: [u8; 3] = [0, 0, 3];

/// For programs.
pub(super) fn json(shown: &Shown) -> Value {
    match shown {
        Shown::Receipt(shown) => receipt_json(shown),
        Shown::AsOf(shown) => json!({
            "kind": "as_of",
            "compartment": shown.compartment,
            "key": to_hex(&shown.key),
            "from_height": shown.span.from,
            "to_height": shown.span.to,
            "value": shown.span.value.as_deref().map(to_hex),
            "account": account(shown),
        }),
        Shown::Statement(shown) => json!({
            "kind": "statement",
            "account": shown.account.id(),
            "account_key": shown.account,
            "after_height": shown.from,
            "to_height": shown.to,
            "opening": shown.opening.to_string(),
            "entries": shown.entries.iter().map(|entry| json!({
                "number": entry.number.to_string(),
                "amount": entry.amount.to_string(),
                "balance": entry.balance.to_string(),
                "entry": entry.entry,
            })).collect::<Vec<_>>(),
            "closing": shown.closing.to_string(),
        }),
        Shown::Extension { height, block } => {
            json!({ "kind": "extension", "height": height, "block": block.to_string() })
        }
        Shown::Fork(shown) => json!({
            "kind": "fork",
            "height": shown.height,
            "block": shown.block.to_string(),
            "other": shown.other.to_string(),
            "rounds": [shown.rounds.0, shown.rounds.1],
            "signed_both": shown.signed_both,
            "proves_guilt": shown.proves_guilt(),
        }),
        Shown::Partition(shown) => places::partition_json(shown),
        Shown::Records(shown) => places::records_json(shown),
        Shown::Evidence(shown) => json!({
            "kind": "evidence",
            "height": shown.height,
            "round": shown.round,
            "validator": shown.validator,
            "evidence": shown.evidence,
        }),
    }
}

fn receipt_json(shown: &ShownReceipt) -> Value {
    let body = shown.transaction.as_ref().map(linli_ledger::transaction::VerifiedTransaction::body);
    json!({
        "kind": "receipt",
        "height": shown.height,
        "time_ms": shown.time,
        "index": shown.index,
        "transaction": shown.transaction.as_ref().map(|transaction| transaction.id().to_string()),
        "signers": body.map(|body| body.signers.iter().map(|signer| signer.key).collect::<Vec<_>>()),
        "call": body.and_then(|body| AnyCall::decode(body.contract, &body.call)),
        "receipt": shown.receipt,
    })
}

/// The account, if the record is one.
fn account(shown: &ShownAsOf) -> Option<Account> {
    let bytes = shown.span.value.as_deref().filter(|_| shown.key.starts_with(&ACCOUNT))?;
    decode(bytes, "an account").ok()
}

/// For people.
pub(super) fn text(shown: &Shown, language: Language) -> String {
    match shown {
        Shown::Receipt(shown) => receipt_text(shown, language),
        Shown::AsOf(shown) => as_of_text(shown, language),
        Shown::Statement(shown) => statement_text(shown, language),
        Shown::Extension { height, block } => match language {
            Language::Chinese => format!("账本包含第 {height} 个区块和它以前的全部历史：{block}\n"),
            Language::English => {
                format!("The chain holds block {height} and everything before it: {block}\n")
            }
        },
        Shown::Fork(shown) => fork_text(shown, language),
        Shown::Partition(shown) => places::partition_text(shown, language),
        Shown::Records(shown) => places::records_text(shown, language),
        Shown::Evidence(shown) => {
            let (height, round, key) = (shown.height, shown.round, shown.validator);
            match language {
                Language::Chinese => {
                    format!(
                        "验证节点 {key} 在第 {height} 个区块第 {round} 轮签了互相矛盾的两条消息。\n"
                    )
                }
                Language::English => format!(
                    "Validator {key} signed two messages that exclude each other, block {height}, round {round}.\n"
                ),
            }
        }
    }
}

fn receipt_text(shown: &ShownReceipt, language: Language) -> String {
    let (height, index) = (shown.height, shown.index);
    let what = match (&shown.receipt.subject, language) {
        (Subject::Transaction(id), Language::Chinese) => format!("交易 {id}"),
        (Subject::Transaction(id), Language::English) => format!("transaction {id}"),
        (Subject::Due(_), Language::Chinese) => "到期事项".to_owned(),
        (Subject::Due(_), Language::English) => "something that fell due".to_owned(),
        (Subject::Recovery(_), Language::Chinese) => "治理恢复".to_owned(),
        (Subject::Recovery(_), Language::English) => "a recovery".to_owned(),
    };
    let outcome = match &shown.receipt.outcome {
        Outcome::Applied => language.pick("已执行", "applied").to_owned(),
        Outcome::Rejected(no) => {
            format!("{} {}", language.pick("被拒绝", "rejected:"), no.code)
        }
    };
    let mut text = match language {
        Language::Chinese => format!("账本第 {height} 个区块第 {index} 项：{what}，{outcome}。\n"),
        Language::English => format!("Block {height}, receipt {index}: {what}, {outcome}.\n"),
    };
    for movement in &shown.receipt.movements {
        let unit = match &movement.quantity {
            linli_ledger::posting::Quantity::Fen(_) => Unit::Fen,
            linli_ledger::posting::Quantity::Points(_) => Unit::Points,
            linli_ledger::posting::Quantity::Minutes(_) => Unit::Minutes,
        };
        let amount = amount(unit, movement.quantity.amount(), language);
        let _ = writeln!(text, "  {amount}  {} → {}", movement.from, movement.to);
    }
    for signer in shown.transaction.iter().flat_map(|transaction| &transaction.body().signers) {
        let _ = writeln!(text, "  {} {}", language.pick("签名", "signed by"), signer.key);
    }
    text
}

fn as_of_text(shown: &ShownAsOf, language: Language) -> String {
    let ShownAsOf { compartment, key, span } = shown;
    let half = match compartment {
        Compartment::Public => language.pick("公开账目", "public"),
        Compartment::Restricted => language.pick("居民账目", "restricted"),
    };
    let what = match (&span.value, account(shown)) {
        (None, _) => language.pick("没有这条记录", "there is no such record").to_owned(),
        (Some(_), Some(account)) => {
            let balance = amount(account.key.unit, account.balance, language);
            match language {
                Language::Chinese => {
                    format!(
                        "账户 {}，余额 {balance}，共 {} 笔明细",
                        account.key.id(),
                        account.entries
                    )
                }
                Language::English => {
                    format!(
                        "account {}, balance {balance}, {} entries",
                        account.key.id(),
                        account.entries
                    )
                }
            }
        }
        (Some(value), None) => to_hex(value),
    };
    let (from, to, key) = (span.from, span.to, to_hex(key));
    match language {
        Language::Chinese => {
            format!("第 {from} 至第 {to} 个区块之后，{half}中的记录 {key}：\n  {what}\n")
        }
        Language::English => {
            format!("After blocks {from} to {to}, {half} record {key}:\n  {what}\n")
        }
    }
}

fn statement_text(shown: &ShownStatement, language: Language) -> String {
    let ShownStatement { account, from, to, opening, entries, closing } = shown;
    let (unit, id, count) = (account.unit, account.id(), entries.len());
    let money = |value| amount(unit, value, language);
    let mut text = match language {
        Language::Chinese => format!(
            "账户 {id} 在第 {from} 个区块之后、到第 {to} 个区块为止的全部 {count} 笔明细，一笔不缺。\n"
        ),
        Language::English => format!(
            "All {count} entries of account {id} after block {from} up to block {to}; none is missing.\n"
        ),
    };
    let _ = writeln!(text, "  {} {}", language.pick("期初", "opening"), money(*opening));
    for entry in entries {
        let sign = match entry.entry.direction {
            Direction::In => '+',
            Direction::Out => '−',
        };
        let _ = writeln!(
            text,
            "  {:>6}  {} {}  {sign}{}  {}",
            entry.number,
            language.pick("区块", "block"),
            entry.entry.height,
            money(entry.amount),
            money(entry.balance),
        );
    }
    let _ = writeln!(text, "  {} {}", language.pick("期末", "closing"), money(*closing));
    text
}

fn fork_text(shown: &ShownFork, language: Language) -> String {
    let ShownFork { height, block, other, signed_both, .. } = shown;
    let mut text = match language {
        Language::Chinese => {
            format!("第 {height} 个区块有两个，都有足够的签名：\n  {block}\n  {other}\n")
        }
        Language::English => {
            format!("There are two blocks {height}, both certified:\n  {block}\n  {other}\n")
        }
    };
    let guilt = if shown.proves_guilt() {
        language
            .pick("两个都签了的节点，每一个都违规：", "Who signed both is guilty, each of them:")
    } else {
        language.pick(
            "两个都签了的节点（轮次不同，违规者在三分之一以上，是谁须看其间的投票）：",
            "Signed both, in two rounds; more than a third broke the rules, the votes between tell who:",
        )
    };
    let _ = writeln!(text, "{guilt}");
    for key in signed_both {
        let _ = writeln!(text, "  {key}");
    }
    text
}

/// An amount with its unit.
fn amount(unit: Unit, value: u64, language: Language) -> String {
    match unit {
        Unit::Fen => format!("¥{}.{:02}", value / 100, value % 100),
        Unit::Points => format!("{value} {}", language.pick("积分", "points")),
        Unit::Minutes => format!("{value} {}", language.pick("分钟", "minutes")),
    }
}
