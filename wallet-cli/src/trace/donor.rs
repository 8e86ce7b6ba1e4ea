//! This exists to show one of many small donors the own fen: that they are in the source, by the root on
//! the chain, where each of them lies, and the way that it went. Source: FND-18.2.

use super::{class_name, describe, interval};
use crate::donations::Donations;
use crate::failure::Failure;
use crate::naming::Naming;
use crate::report::money;
use linli_contracts::fund::reading::{Step, donor_view, path};
use linli_contracts::fund::{PaymentKind, Source};
use linli_contracts::registry::records::Organisation;
use linli_ledger::amount::Fen;
use linli_ledger::code::Code;
use linli_ledger::hash::to_hex;
use linli_ledger::invariant::records;
use linli_ledger::posting::money::Segment;
use linli_ledger::state::State;
use linli_ledger::types::{BlockTime, Compartment, SourceId};
use linli_ledger::view::View;
use linli_verify::{Language, Output};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::Path;

/// Where and in whose words it is shown.
pub(super) struct Reader<'a> {
    pub(super) naming: &'a Naming,
    pub(super) state: &'a State,
    pub(super) language: Language,
    pub(super) output: Output,
}

/// Fen of a donor that went one way.
struct Part {
    segment: Segment,
    lies: [String; 2],
    way: Vec<Step>,
}

/// Shows a small donation by its code; nothing where no list has that code.
pub(super) fn trace(
    folder: &Path,
    code: &str,
    reader: &Reader<'_>,
) -> Result<Option<String>, Failure> {
    let donations = Donations::load(folder).map_err(|error| Failure::new(Code::Storage, error))?;
    let Reader { state, naming, language, .. } = *reader;
    let view = View::read_only(state, Compartment::Public, state.tip().time);
    for (earmark, opening) in donations.openings(code) {
        // A receipt that was refused has no source.
        let found =
            records::<Source>(state).find(|(_, source)| to_hex(&source.earmark.0) == earmark);
        let Some((number, source)) = found else { continue };
        let (own, places) = donor_view(&view, number, &opening)
            .ok_or_else(|| Failure::new(Code::Batch, format!("{code}: {number}")))?;
        let parts = places.into_iter().map(|(account, segment)| Part {
            segment,
            lies: describe(account, &view, naming, language),
            way: path(&view, number, segment.start).map_or_else(Vec::new, |(way, _)| way),
        });
        let parts: Vec<_> = parts.collect();
        return Ok(Some(match reader.output {
            Output::Json => format!("{}\n", reader.json(code, number, &own, &parts)),
            Output::Table => reader.text(code, &source, &own, &parts, &view),
        }));
    }
    Ok(None)
}

impl Reader<'_> {
    fn json(&self, code: &str, number: SourceId, own: &Segment, parts: &[Part]) -> Value {
        let parts = parts.iter().map(|part| {
            json!({
                "start": part.segment.start.to_string(),
                "length": part.segment.length.to_string(),
                "where": part.lies[0],
                "whose": part.lies[1],
                "way": part.way.iter().map(|step| self.step_json(step)).collect::<Vec<_>>(),
            })
        });
        json!({
            "donation": code,
            "source": number.to_string(),
            "start": own.start.to_string(),
            "amount_fen": own.length.to_string(),
            "proved": true,
            "parts": parts.collect::<Vec<_>>(),
        })
    }

    fn step_json(&self, step: &Step) -> Value {
        let name = |id: &[u8; 32]| self.naming.name(id);
        match step {
            Step::Issued { fund, .. } => json!({ "step": "issued", "fund": name(&fund.0) }),
            Step::Suspended { since, .. } => json!({ "step": "suspended", "at": since.0 }),
            Step::SentBack { value_date } => {
                json!({ "step": "sent_back", "day": value_date.iso() })
            }
            Step::Reclassified { at, .. } => json!({ "step": "reclassified", "at": at.0 }),
            Step::Reversed { at, .. } => json!({ "step": "reversed", "at": at.0 }),
            Step::Paid { contract, payment, at, .. } => json!({
                "step": "paid",
                "payment": name(&payment.0),
                "contract": name(&contract.0),
                "at": at.map(|at| at.0),
            }),
            Step::Returned { payment, at } => {
                json!({ "step": "returned", "payment": name(&payment.0), "at": at.0 })
            }
            Step::Refunded { order, lapsed, at } => json!({
                "step": "refunded", "order": name(&order.0), "lapsed": lapsed, "at": at.0,
            }),
            Step::ToTreasury { at } => json!({ "step": "to_treasury", "at": at.0 }),
        }
    }

    fn text(
        &self,
        code: &str,
        source: &Source,
        own: &Segment,
        parts: &[Part],
        view: &View<'_>,
    ) -> String {
        let Self { language, naming, .. } = *self;
        let collector =
            view.get::<Organisation>(&source.donor).map_or_else(String::new, |found| found.name);
        let mut text = format!(
            "{code} {} · {} · {}\n",
            money(Fen(own.length)),
            collector,
            class_name(source.class, language),
        );
        let _ = writeln!(
            text,
            "{} {} {}\n",
            language.pick("来源", "source"),
            naming.name(&source.earmark.0),
            match language {
                Language::Chinese => format!("第 {} 分，与链上名单的根相符", interval(own)),
                Language::English => {
                    format!("fen {}, proved by the root of the list on the chain", interval(own))
                }
            },
        );
        let last = parts.len().saturating_sub(1);
        for (position, part) in parts.iter().enumerate() {
            let (branch, stem) =
                if position == last { ("└─", "  ") } else { ("├─", "│ ") };
            let [what, whose] = &part.lies;
            let _ = writeln!(text, "{branch} {}  {what} {whose}", money(Fen(part.segment.length)));
            for step in &part.way {
                let _ = writeln!(text, "{stem}   {}", self.step(step, source));
            }
        }
        text
    }

    /// A step in words, with its day.
    fn step(&self, step: &Step, source: &Source) -> String {
        let Self { language, naming, .. } = *self;
        let day = |at: BlockTime| at.day().iso();
        let (when, what) = match step {
            Step::Issued { fund, .. } => {
                let what = language.pick("存入资金", "came into fund");
                (source.value_date.iso(), format!("{what} {}", naming.name(&fund.0)))
            }
            Step::Suspended { since, .. } => {
                (day(*since), language.pick("来源待查", "of unknown origin").to_owned())
            }
            Step::SentBack { value_date } => {
                (value_date.iso(), language.pick("退回汇款人", "sent back").to_owned())
            }
            Step::Reclassified { at, .. } => {
                (day(*at), language.pick("改变用途", "got another purpose").to_owned())
            }
            Step::Reversed { at, .. } => {
                (day(*at), language.pick("录入有误，冲正", "a wrong entry, reversed").to_owned())
            }
            Step::Paid { contract, payment, kind, at } => {
                let when =
                    at.map_or_else(|| language.pick("尚未付出", "not paid yet").to_owned(), day);
                let (payment, contract) = (naming.name(&payment.0), naming.name(&contract.0));
                let kind = kind_name(*kind, language);
                let what = match language {
                    Language::Chinese => format!("付款 {payment}（{kind}），合同 {contract}"),
                    Language::English => format!("payment {payment} ({kind}), contract {contract}"),
                };
                (when, what)
            }
            Step::Returned { payment, at } => {
                let what = language.pick("银行退汇，付款", "returned by the bank, payment");
                (day(*at), format!("{what} {}", naming.name(&payment.0)))
            }
            Step::Refunded { order, at, .. } => {
                let what = language.pick("服务机构退款，", "paid back by the provider,");
                (day(*at), format!("{what} {}", naming.name(&order.0)))
            }
            Step::ToTreasury { at } => {
                (day(*at), language.pick("上缴国库", "sent to the treasury").to_owned())
            }
        };
        format!("{when}  {what}")
    }
}

fn kind_name(kind: PaymentKind, language: Language) -> String {
    match kind {
        PaymentKind::Advance => language.pick("预付款", "advance").to_owned(),
        PaymentKind::Milestone(position) => {
            let number = position.saturating_add(1);
            match language {
                Language::Chinese => format!("第 {number} 期"),
                Language::English => format!("instalment {number}"),
            }
        }
        PaymentKind::Performance => language.pick("绩效款", "by result").to_owned(),
        PaymentKind::Retention => language.pick("质保金", "retention").to_owned(),
    }
}
