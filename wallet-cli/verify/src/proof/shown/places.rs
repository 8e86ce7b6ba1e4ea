//! This exists to say where the fen of a source are, in the words of the fund contract, and what records of one
//! height are.

use super::amount;
use crate::words::Language;
use linli_contracts::fund::FundAccount;
use linli_ledger::hash::to_hex;
use linli_ledger::posting::{AccountKey, Unit};
use linli_ledger::verify::{ShownPartition, ShownRecords};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;

pub(super) fn partition_json(shown: &ShownPartition) -> Value {
    json!({
        "kind": "partition",
        "height": shown.height,
        "source": shown.source,
        "amount_fen": shown.amount.to_string(),
        "issued_by": shown.issued_by.to_string(),
        "parts": shown.parts.iter().map(|part| json!({
            "start": part.segment.start.to_string(),
            "length": part.segment.length.to_string(),
            "account": part.account.id(),
            "account_key": part.account,
            "place": FundAccount::from_key(&part.account),
            "lot": part.lot,
        })).collect::<Vec<_>>(),
    })
}

pub(super) fn records_json(shown: &ShownRecords) -> Value {
    json!({
        "kind": "records",
        "height": shown.height,
        "records": shown.records.iter().map(|(compartment, key, value)| json!({
            "compartment": compartment,
            "key": to_hex(key),
            "value": value.as_deref().map(to_hex),
        })).collect::<Vec<_>>(),
    })
}

pub(super) fn partition_text(shown: &ShownPartition, language: Language) -> String {
    let (height, source) = (shown.height, shown.source);
    let whole = amount(Unit::Fen, shown.amount, language);
    let mut text = match language {
        Language::Chinese => format!(
            "第 {height} 个区块之后，来源 {source} 的 {whole} 全部去向，每一分钱恰好一次：\n"
        ),
        Language::English => {
            format!(
                "Where all {whole} of source {source} are after block {height}, each fen once:\n"
            )
        }
    };
    let mut sums: BTreeMap<AccountKey, u64> = BTreeMap::new();
    for part in &shown.parts {
        let sum = sums.entry(part.account).or_default();
        *sum = sum.saturating_add(part.segment.length);
    }
    for (account, sum) in &sums {
        let _ = writeln!(
            text,
            "  {}  {}",
            amount(Unit::Fen, *sum, language),
            place(account, language),
        );
    }
    for part in &shown.parts {
        let (start, end) = (part.segment.start, part.segment.end());
        let _ = writeln!(text, "    [{start}, {end})  {}", part.account.id());
    }
    text
}

/// What an account is for, and whose it is.
fn place(key: &AccountKey, language: Language) -> String {
    let id = |record: linli_ledger::types::RecordId| record.to_string();
    let (chinese, english, whose) = match FundAccount::from_key(key) {
        Some(FundAccount::Available(fund)) => ("资金可用", "free in fund", id(fund)),
        Some(FundAccount::Committed(contract)) => {
            ("合同已占用", "committed to contract", id(contract))
        }
        Some(FundAccount::Reserved(payment)) => ("付款已批准", "reserved for payment", id(payment)),
        Some(FundAccount::InFlight(payment)) => ("银行在途", "in flight for payment", id(payment)),
        Some(FundAccount::Payee { provider, contract }) => {
            ("已付给", "paid to", format!("{provider} · {contract}"))
        }
        Some(FundAccount::Origin(fund)) => ("来源", "origin of fund", id(fund)),
        Some(FundAccount::Retained(contract)) => {
            ("质保金（尾款）", "held back from contract", id(contract))
        }
        Some(FundAccount::Suspense(fund)) => ("来源待查", "of unknown origin in fund", id(fund)),
        Some(FundAccount::Lapsed(fund)) => ("已到期", "lapsed in fund", id(fund)),
        Some(FundAccount::Returned(fund)) => ("已退回", "sent back from fund", id(fund)),
        None => ("账户", "account", key.id().to_string()),
    };
    format!("{} {whose}", language.pick(chinese, english))
}

pub(super) fn records_text(shown: &ShownRecords, language: Language) -> String {
    let height = shown.height;
    let mut text = match language {
        Language::Chinese => format!("第 {height} 个区块之后的记录：\n"),
        Language::English => format!("Records after block {height}:\n"),
    };
    for (_, key, value) in &shown.records {
        let none = || language.pick("没有这条记录", "there is no such record").to_owned();
        let value = value.as_deref().map_or_else(none, to_hex);
        let _ = writeln!(text, "  {}  {value}", to_hex(key));
    }
    text
}
