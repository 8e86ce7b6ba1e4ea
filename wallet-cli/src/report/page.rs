//! This exists to write the page: Chinese and English, no script, nothing loaded from anywhere.

use super::stories::{Row, rows};
use super::{grouped, hours, money, picture, reasons};
use crate::summary::{Item, Stories, Summary};
use crate::texts::{code_text, word};
use crate::trace::{class_name, level_name};
use askama::Template;
use linli_ledger::genesis::Keys;
use linli_verify::{Language, command, words};

/// The same in both languages.
struct Both {
    zh: String,
    en: String,
}

impl Both {
    fn of(text: impl Fn(Language) -> String) -> Self {
        Self { zh: text(Language::Chinese), en: text(Language::English) }
    }
}

struct Reason {
    code: &'static str,
    rows: usize,
    sentence: Both,
    hint: Both,
}

struct RefusedRow {
    place: String,
    column: &'static str,
    code: &'static str,
}

struct TracedSource {
    name: String,
    donor: String,
    amount: String,
    class: Both,
    level: Both,
}

struct Traced {
    name: String,
    amount: String,
    payee: String,
    contract: String,
    fund: String,
    sources: Vec<TracedSource>,
    picture: String,
}

/// What became of points, or of money, in both languages.
struct Story {
    title: Both,
    rows: Vec<StoryRow>,
}

struct StoryRow {
    what: Both,
    count: Both,
    amount: Both,
}

#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    summary: &'a Summary,
    hours: String,
    minted: String,
    outstanding: String,
    rows: String,
    accepted: String,
    lost: String,
    stories: Vec<Story>,
    reasons: Vec<Reason>,
    refused: Vec<RefusedRow>,
    checks: Vec<Both>,
    invariants: String,
    trace: Option<Traced>,
    height: String,
    head: String,
    genesis: String,
    signatures: u64,
    is_demonstration: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "a template passes references")]
impl Page<'_> {
    fn fen(fen: &linli_ledger::amount::Fen) -> String {
        money(*fen)
    }

    fn person_hours(minutes: &u64) -> String {
        hours(*minutes)
    }
}

/// The page.
///
/// # Errors
/// Those of the template engine: none that depend on the data.
pub(crate) fn html(summary: &Summary) -> Result<String, askama::Error> {
    let audit = &summary.audit;
    let (height, head, _) = &audit.head;
    let ingest = &summary.ingest;
    let reasons = reasons(ingest).into_iter().map(|(code, rows)| Reason {
        code: code.name(),
        rows,
        sentence: Both::of(|language| code_text(code, language).sentence),
        hint: Both::of(|language| code_text(code, language).hint),
    });
    let page = Page {
        summary,
        hours: hours(summary.minutes),
        minted: grouped(summary.points.minted),
        outstanding: grouped(summary.points.outstanding),
        rows: grouped(ingest.rows),
        accepted: grouped(ingest.accepted),
        lost: grouped(ingest.rows.saturating_sub(ingest.accepted)),
        stories: stories(summary),
        reasons: reasons.collect(),
        refused: refused(summary),
        checks: command::checks(audit)
            .into_iter()
            .map(|check| Both::of(|language| words::check(check, language).to_owned()))
            .collect(),
        invariants: audit.invariants.join(" · "),
        trace: summary.trace.as_ref().map(traced),
        height: height.to_string(),
        head: head.to_string(),
        genesis: audit.genesis.to_hex(),
        signatures: audit.signatures + audit.certificates,
        is_demonstration: audit.keys == Keys::Demonstration,
    };
    page.render()
}

fn stories(summary: &Summary) -> Vec<Story> {
    let Stories { credit, money } = &summary.stories;
    let both = [("story-title-credit", credit), ("story-title-money", money)];
    let stories = both.into_iter().map(|(title, items)| Story {
        title: Both::of(|language| word(title, language)),
        rows: story_rows(items),
    });
    stories.filter(|story| !story.rows.is_empty()).collect()
}

fn story_rows(items: &[Item]) -> Vec<StoryRow> {
    let chinese = rows(items, Language::Chinese).into_iter();
    let pairs = chinese.zip(rows(items, Language::English));
    let row = |(zh, en): (Row, Row)| StoryRow {
        what: Both { zh: zh.what, en: en.what },
        count: Both { zh: zh.count, en: en.count },
        amount: Both { zh: zh.amount, en: en.amount },
    };
    pairs.map(row).collect()
}

fn refused(summary: &Summary) -> Vec<RefusedRow> {
    let ingest = &summary.ingest;
    let mut rows: Vec<_> = ingest
        .rejected
        .iter()
        .map(|row| (row.file, row.line, "", row.code))
        .chain(ingest.unreadable.iter().map(|row| (row.file, row.line, row.column, row.code)))
        .collect();
    rows.sort_unstable();
    rows.into_iter()
        .map(|(file, line, column, code)| RefusedRow {
            place: format!("{file}:{line}"),
            column,
            code: code.name(),
        })
        .collect()
}

fn traced(flow: &crate::trace::Flow) -> Traced {
    Traced {
        name: flow.name.clone(),
        amount: money(flow.amount),
        payee: flow.payee.clone(),
        contract: flow.contract.clone(),
        fund: flow.fund.clone(),
        picture: picture::svg(flow),
        sources: flow
            .sources
            .iter()
            .map(|source| TracedSource {
                name: source.name.clone(),
                donor: source.donor.clone(),
                amount: money(source.amount),
                class: Both::of(|language| class_name(source.class, language).to_owned()),
                level: Both::of(|language| level_name(source.level, language).to_owned()),
            })
            .collect(),
    }
}
