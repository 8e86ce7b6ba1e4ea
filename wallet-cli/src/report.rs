//! This exists to say what came of a run: to people in a terminal, to programs, and on one page.

mod page;
mod picture;
mod stories;

use crate::summary::{FundBalance, Ingest, Stories, Summary};
use crate::texts::{code_text, word};
use comfy_table::{CellAlignment, Table, presets};
use linli_ledger::amount::Fen;
use linli_ledger::genesis::Keys;
use linli_verify::{Language, command};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

pub(crate) use page::html;

/// Fen as yuan with two decimals and groups of three: ¥1,234.50.
pub(crate) fn money(fen: Fen) -> String {
    format!("¥{}.{:02}", grouped(fen.0 / 100), fen.0 % 100)
}

/// A number in groups of three: 1,234,567.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Minutes as hours with one decimal, rounded down, as on a certificate.
pub(crate) fn hours(minutes: u64) -> String {
    let tenths = minutes / 6;
    format!("{}.{}", grouped(tenths / 10), tenths % 10)
}

/// The report for programs: one object.
pub(crate) fn json(summary: &Summary) -> String {
    let Summary { audit, ingest, minutes, points, funds, stories, trace, residents } = summary;
    let (height, hash, _) = &audit.head;
    let checks =
        command::checks(audit).into_iter().map(|check| json!({ "name": check.name(), "ok": true }));
    let report = json!({
        "chain_id": audit.chain,
        "genesis_hash": audit.genesis.to_hex(),
        "keys": command::keys(audit.keys),
        "head": { "height": height.to_string(), "hash": hash.to_string() },
        "state_root": audit.state_root.to_string(),
        "ingest": ingest_json(ingest),
        "hours": { "minutes": minutes.to_string(), "residents": residents.len() },
        "points": {
            "minted": points.minted.to_string(),
            "outstanding": points.outstanding.to_string(),
            "residents": residents.iter().map(|resident| json!({
                "name": resident.name,
                "minutes": resident.minutes.to_string(),
                "available": resident.available.to_string(),
                "held": resident.held.to_string(),
                "locked": resident.locked.to_string(),
                "stars": resident.stars,
            })).collect::<Vec<_>>(),
        },
        "funds": funds.iter().map(fund_json).collect::<Vec<_>>(),
        "stories": stories::json(stories),
        "trace": trace.as_ref().map(crate::trace::Flow::json),
        "verify": {
            "ok": true,
            "transactions": audit.transactions.to_string(),
            "signatures": (audit.signatures + audit.certificates).to_string(),
            "invariants": audit.invariants,
            "checks": checks.collect::<Vec<_>>(),
        },
    });
    format!("{report}\n")
}

fn ingest_json(ingest: &Ingest) -> Value {
    let rejected = ingest
        .rejected
        .iter()
        .map(|row| json!({ "file": row.file, "line": row.line, "code": row.code.name() }));
    let unreadable = ingest.unreadable.iter().map(|row| {
        json!({
            "file": row.file, "line": row.line, "column": row.column, "code": row.code.name(),
        })
    });
    json!({
        "rows": ingest.rows,
        "accepted": ingest.accepted,
        "rejected": rejected.collect::<Vec<_>>(),
        "unreadable": unreadable.collect::<Vec<_>>(),
        "files": ingest.forms.iter().map(|(file, form)| json!({ "file": file, "read_as": form }))
            .collect::<Vec<_>>(),
    })
}

fn fund_json(fund: &FundBalance) -> Value {
    json!({
        "name": fund.name,
        "received_fen": fund.received.to_string(),
        "available_fen": fund.available.to_string(),
        "committed_fen": fund.committed.to_string(),
        "in_payment_fen": fund.in_payment.to_string(),
        "paid_fen": fund.paid.to_string(),
        "lines": fund.lines.iter().map(|line| json!({
            "name": line.name,
            "approved_fen": line.approved.to_string(),
            "committed_fen": line.committed.to_string(),
            "paid_fen": line.paid.to_string(),
        })).collect::<Vec<_>>(),
    })
}

/// How often each code was the reason, in the order of the codes.
pub(crate) fn reasons(ingest: &Ingest) -> BTreeMap<linli_ledger::code::Code, usize> {
    let mut reasons = BTreeMap::new();
    let codes = ingest.rejected.iter().map(|row| row.code);
    for code in codes.chain(ingest.unreadable.iter().map(|row| row.code)) {
        *reasons.entry(code).or_default() += 1;
    }
    reasons
}

/// The report for people, in a terminal.
pub(crate) fn text(summary: &Summary, language: Language) -> String {
    let mut text = heading(summary, language);
    balances(&mut text, summary, language);
    happened(&mut text, summary, language);
    flow(&mut text, summary, language);
    refused(&mut text, &summary.ingest, language);
    verdict(&mut text, summary, language);
    text
}

fn heading(summary: &Summary, language: Language) -> String {
    let Ingest { rows, accepted, rejected, unreadable, forms } = &summary.ingest;
    let (height, ..) = &summary.audit.head;
    let chain = &summary.audit.chain;
    let heading = match language {
        Language::Chinese => format!(
            "邻里账本「{chain}」\n读入 {rows} 行：记账 {accepted} 行，拒绝 {} 行，看不懂 {} 行；共 {height} 个区块\n",
            rejected.len(),
            unreadable.len()
        ),
        Language::English => format!(
            "Linli ledger \"{chain}\"\n{rows} rows: {accepted} accepted, {} rejected, {} unreadable; {height} blocks\n",
            rejected.len(),
            unreadable.len()
        ),
    };
    heading + &read_as(forms, language)
}

/// How the files were written, unless all of them are as ours: UTF-8.
fn read_as(forms: &[(&'static str, String)], language: Language) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, form) in forms {
        *counts.entry(form).or_default() += 1;
    }
    if counts.keys().all(|form| *form == "UTF-8") {
        return String::new();
    }
    let parts: Vec<_> = counts.iter().map(|(form, count)| format!("{form} {count}")).collect();
    let title = language.pick("表格来自", "tables read as");
    format!("{title} {}\n", parts.join(" · "))
}

fn new_table(headers: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(headers.to_vec());
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn balances(text: &mut String, summary: &Summary, language: Language) {
    let Summary { minutes, points, residents, funds, .. } = summary;
    let _ = match language {
        Language::Chinese => writeln!(
            text,
            "\n志愿服务 {} 小时 · 发放积分 {} · 未兑换积分 {} · 居民 {} 人",
            hours(*minutes),
            grouped(points.minted),
            grouped(points.outstanding),
            residents.len()
        ),
        Language::English => writeln!(
            text,
            "\nService {} hours · points awarded {} · points not yet redeemed {} · {} residents",
            hours(*minutes),
            grouped(points.minted),
            grouped(points.outstanding),
            residents.len()
        ),
    };
    let mut table = new_table(&[
        language.pick("资金", "fund"),
        language.pick("收到", "received"),
        language.pick("可用", "free"),
        language.pick("合同占用", "committed"),
        language.pick("在途", "in payment"),
        language.pick("已付", "paid"),
    ]);
    for fund in funds {
        table.add_row([
            fund.name.clone(),
            money(fund.received),
            money(fund.available),
            money(fund.committed),
            money(fund.in_payment),
            money(fund.paid),
        ]);
    }
    let _ = writeln!(text, "\n{table}");
}

fn happened(text: &mut String, summary: &Summary, language: Language) {
    let Stories { credit, money } = &summary.stories;
    for (title, items) in [("story-title-credit", credit), ("story-title-money", money)] {
        let rows = stories::rows(items, language);
        if rows.is_empty() {
            continue;
        }
        let headers = [title, "story-count", "story-amount"].map(|key| word(key, language));
        let mut table = new_table(&headers.each_ref().map(String::as_str));
        for stories::Row { what, count, amount } in rows {
            table.add_row([what, count, amount]);
        }
        let _ = writeln!(text, "\n{table}");
    }
}

fn flow(text: &mut String, summary: &Summary, language: Language) {
    let Some(flow) = &summary.trace else { return };
    let title = language.pick("一笔付款的来龙去脉", "one payment, back to its sources");
    let _ = writeln!(text, "\n{title}");
    let _ = write!(text, "{}", flow.tree(language));
}

fn refused(text: &mut String, ingest: &Ingest, language: Language) {
    let reasons = reasons(ingest);
    if reasons.is_empty() {
        return;
    }
    let mut table = new_table(&[
        language.pick("为什么没有记账", "why it was not booked"),
        language.pick("行数", "rows"),
        language.pick("代码", "code"),
    ]);
    for (code, count) in reasons {
        let sentence = code_text(code, language).sentence;
        table.add_row([sentence, count.to_string(), code.name().to_owned()]);
    }
    let _ = writeln!(text, "\n{table}");
    let hint = language.pick(
        "逐行列表：加 -o json，或 --report 网页；想知道怎么办：linli explain 代码",
        "row by row: add -o json or --report; what to do: linli explain CODE",
    );
    let _ = writeln!(text, "{hint}");
}

fn verdict(text: &mut String, summary: &Summary, language: Language) {
    let audit = &summary.audit;
    let (_, head, _) = &audit.head;
    let verified = match language {
        Language::Chinese => format!(
            "\n✓ 已离线核对：{} 笔交易、{} 个签名、每一分钱和每一积分",
            audit.transactions,
            audit.signatures + audit.certificates
        ),
        Language::English => format!(
            "\n✓ verified offline: {} transactions, {} signatures, every fen and every point",
            audit.transactions,
            audit.signatures + audit.certificates
        ),
    };
    let _ = writeln!(text, "{verified}");
    let _ = writeln!(text, "  {} {}", language.pick("创世摘要", "genesis"), audit.genesis);
    let _ = writeln!(text, "  {} {head}", language.pick("最新区块", "head   "));
    match audit.keys {
        Keys::Real => {}
        Keys::Demonstration => {
            let note = language.pick(
                "  注意：演示密钥，一个程序代表所有人签名；不可用于真实账本",
                "  note: demonstration keys, one process signs for everybody; never for a real ledger",
            );
            let _ = writeln!(text, "{note}");
        }
    }
}

/// What to do next, ready to be copied.
pub(crate) fn next(summary: &Summary, folder: &Path, language: Language) -> String {
    let (_, head, _) = &summary.audit.head;
    let (folder, genesis) = (folder.display(), summary.audit.genesis);
    let mut text = String::new();
    if let Some(flow) = &summary.trace {
        let title = language.pick("追溯这笔付款", "trace that payment");
        let _ = writeln!(text, "\n{title}\n  linli trace {} --dir {folder}", flow.name);
    }
    let title = language.pick("自己再核对一遍", "check it yourself");
    let _ = writeln!(
        text,
        "{title}\n  linli-verify audit {folder} --genesis-hash {genesis} --expect-head {head}"
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_as_an_office_writes_them() {
        assert_eq!(money(Fen(0)), "¥0.00");
        assert_eq!(money(Fen(123_456_789)), "¥1,234,567.89");
        assert_eq!(money(Fen(100_000)), "¥1,000.00");
        assert_eq!(hours(125), "2.0");
        assert_eq!(hours(6_006), "100.1");
    }
}
