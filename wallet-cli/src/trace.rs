//! This exists to answer "where did this money go?" and "where did it come from?" in one picture:
//! every fen of a payment back to its source, every fen of a source forward to where it lies, and for
//! one of many small donors the own fen.

mod donor;

use crate::failure::Failure;
use crate::naming::Naming;
use crate::report::money;
use crate::run::LEDGERS;
use clap::Args;
use comfy_table::{CellAlignment, Table, presets};
use linli_contracts::fund::{
    AttestationLevel, Fund, FundAccount, Payment, PaymentState, ServiceContract, Source,
    SourceClass, reading,
};

use linli_contracts::registry::records::Organisation;
use linli_ledger::amount::Fen;
use linli_ledger::code::Code;
use linli_ledger::hash::to_hex;
use linli_ledger::invariant::records;
use linli_ledger::posting::money::{Segment, SourceRecord};
use linli_ledger::state::State;
use linli_ledger::types::{Compartment, RecordId, SourceId};
use linli_ledger::view::View;
use linli_verify::{Language, Output, Said};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// Arguments of `trace`.
#[derive(Args, Debug)]
pub(crate) struct TraceArguments {
    /// A payment, a source or a small donation, by its code or by the digits of its identifier / 付款、来源或小额捐赠的编号
    pub(crate) what: String,
    /// Folder of the ledger; the only one in `.linli` if not given / 账本文件夹
    #[arg(long, value_name = "DATA")]
    pub(crate) dir: Option<PathBuf>,
}

/// Part of a payment that came from one source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FromSource {
    pub(crate) source: SourceId,
    pub(crate) name: String,
    pub(crate) donor: String,
    pub(crate) class: SourceClass,
    pub(crate) level: AttestationLevel,
    pub(crate) segments: Vec<Segment>,
    pub(crate) amount: Fen,
}

/// A payment and all that it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Flow {
    pub(crate) payment: RecordId,
    pub(crate) name: String,
    pub(crate) amount: Fen,
    pub(crate) payee: String,
    pub(crate) contract: String,
    pub(crate) fund: String,
    pub(crate) state: &'static str,
    pub(crate) sources: Vec<FromSource>,
}

/// Where a part of a source lies now.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    segment: Segment,
    what: [String; 2],
}

/// All payments of a state.
pub(crate) fn payments(state: &State) -> impl Iterator<Item = (RecordId, Payment)> {
    records::<Payment>(state)
}

/// The name of the state of a payment, for programs.
pub(crate) fn state_name(payment: &Payment) -> &'static str {
    match payment.state {
        PaymentState::Requested => "requested",
        PaymentState::Approved(_) => "approved",
        PaymentState::Instructed(_) => "instructed",
        PaymentState::Confirmed(_) => "confirmed",
        PaymentState::Failed { .. } => "failed",
        PaymentState::Refused { .. } => "refused",
        PaymentState::Lapsed => "lapsed",
        PaymentState::Returned(_) => "returned",
    }
}

impl Flow {
    /// Groups the segments of a payment by source.
    pub(crate) fn of_payment(
        id: RecordId,
        payment: &Payment,
        naming: &Naming,
        state: &State,
    ) -> Self {
        let view = View::read_only(state, Compartment::Public, state.tip().time);
        let contract = view.get::<ServiceContract>(&payment.terms.contract);
        let organisation = |id| {
            view.get::<Organisation>(&id).map_or_else(|| naming.name(&id.0), |found| found.name)
        };
        let shares = reading::trace_payment(&view, id).unwrap_or_default();
        let sources = shares.into_iter().map(|share| FromSource {
            source: share.source,
            name: naming.name(&share.known.earmark.0),
            donor: organisation(share.known.donor),
            class: share.known.class,
            level: share.known.level,
            segments: share.segments,
            amount: share.amount,
        });
        let fund = contract.as_ref().and_then(|contract| view.get::<Fund>(&contract.terms.fund));
        Self {
            payment: id,
            name: naming.name(&id.0),
            amount: payment.terms.amount,
            payee: contract.as_ref().map_or_else(String::new, |c| organisation(c.terms.provider)),
            contract: contract.map_or_else(String::new, |contract| contract.terms.number),
            fund: fund.map_or_else(String::new, |fund| fund.name),
            state: state_name(payment),
            sources: sources.collect(),
        }
    }

    /// The flow for programs.
    pub(crate) fn json(&self) -> Value {
        json!({
            "payment": self.name,
            "id": to_hex(&self.payment.0),
            "state": self.state,
            "amount_fen": self.amount.to_string(),
            "payee": self.payee,
            "contract": self.contract,
            "fund": self.fund,
            "sources": self.sources.iter().map(|source| json!({
                "source": source.name,
                "number": source.source.to_string(),
                "donor": source.donor,
                "class": class_name(source.class, Language::English),
                "attested_by": level_name(source.level, Language::English),
                "amount_fen": source.amount.to_string(),
                "segments": source.segments.iter().map(|segment| json!({
                    "start": segment.start.to_string(),
                    "length": segment.length.to_string(),
                })).collect::<Vec<_>>(),
            })).collect::<Vec<_>>(),
        })
    }

    /// The flow as a tree.
    pub(crate) fn tree(&self, language: Language) -> String {
        let mut text = format!(
            "{} {} → {} · {} {} · {}\n",
            self.name,
            money(self.amount),
            self.payee,
            language.pick("合同", "contract"),
            self.contract,
            payment_state(self.state, language),
        );
        let _ = writeln!(text, "└─ {} {}", language.pick("资金", "fund"), self.fund);
        let last = self.sources.len().saturating_sub(1);
        for (position, source) in self.sources.iter().enumerate() {
            let branch = if position == last { "└─" } else { "├─" };
            let _ = writeln!(
                text,
                "   {branch} {}  {} · {} · {}  {} · {}",
                money(source.amount),
                source.name,
                source.donor,
                class_name(source.class, language),
                language.pick("入账凭据", "attested by"),
                level_name(source.level, language),
            );
        }
        text
    }

    fn text(&self, language: Language) -> String {
        let mut text = self.tree(language);
        let mut table = table(&[
            language.pick("来源", "source"),
            language.pick("出资方", "donor"),
            language.pick("金额", "amount"),
            language.pick("占比", "share"),
            language.pick("区间（分）", "fen"),
        ]);
        for source in &self.sources {
            let share = u128::from(source.amount.0) * 10_000 / u128::from(self.amount.0.max(1));
            table.add_row([
                source.name.clone(),
                source.donor.clone(),
                money(source.amount),
                format!("{}.{:02} %", share / 100, share % 100),
                source.segments.iter().map(interval).collect::<Vec<_>>().join(" "),
            ]);
        }
        let _ = writeln!(text, "\n{table}");
        text
    }
}

fn interval(segment: &Segment) -> String {
    format!("[{}, {})", segment.start, segment.end())
}

fn table(headers: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(headers.to_vec());
    if let Some(column) = table.column_mut(2) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

/// A state of a payment, for people.
pub(crate) fn payment_state(state: &str, language: Language) -> String {
    crate::texts::word(&format!("payment-{state}"), language)
}

/// A class of source, for people.
pub(crate) fn class_name(class: SourceClass, language: Language) -> &'static str {
    let (chinese, english) = match class {
        SourceClass::Fiscal => ("财政拨款", "fiscal appropriation"),
        SourceClass::Incentive => ("激励资金", "incentive grant"),
        SourceClass::Foundation => ("基金会资助", "foundation grant"),
        SourceClass::DesignatedDonation => ("定向捐赠", "designated donation"),
        SourceClass::SocialCapital => ("社会资本", "social capital"),
        SourceClass::UndesignatedDonation => ("非限定捐赠", "undesignated donation"),
    };
    language.pick(chinese, english)
}

/// Who says that money came in, for people.
pub(crate) fn level_name(level: AttestationLevel, language: Language) -> &'static str {
    let (chinese, english) = match level {
        AttestationLevel::Bank => ("银行签名", "the bank"),
        AttestationLevel::Connector => ("银行接口签名", "the bank's connector"),
        AttestationLevel::TwoClerks => ("仅两名经办人", "two clerks only"),
    };
    language.pick(chinese, english)
}

/// Runs `linli trace`.
pub(crate) fn command(arguments: &TraceArguments, language: Language, output: Output) -> Said {
    match trace(arguments, language, output) {
        Ok(text) => Said { output: text, error: String::new(), exit: 0 },
        Err(failure) => failure.said(language, output),
    }
}

/// The ledger that `linli run` has made, if it has made one only.
fn only_ledger() -> Result<PathBuf, Failure> {
    let home = Path::new(LEDGERS);
    let found = fs::read_dir(home).into_iter().flatten().flatten().map(|entry| entry.path());
    let ledgers: Vec<_> = found.filter(|path| path.join("chain").is_dir()).collect();
    match ledgers.as_slice() {
        [ledger] => Ok(ledger.clone()),
        [] | [_, _, ..] => {
            Err(Failure::new(Code::InputMissing, format!("{LEDGERS}: {} (--dir)", ledgers.len())))
        }
    }
}

fn trace(
    arguments: &TraceArguments,
    language: Language,
    output: Output,
) -> Result<String, Failure> {
    let folder = match &arguments.dir {
        Some(folder) => folder.clone(),
        None => only_ledger()?,
    };
    let rulebook = linli_contracts::rulebook();
    let (_, state) = linli_verify::audit(&folder, &rulebook, None, None, &mut |_, _| {})?;
    let naming = Naming::load(&folder).map_err(|error| Failure::new(Code::Storage, error))?;
    let found = payments(&state).find(|(id, _)| naming.means(&id.0, &arguments.what));
    if let Some((id, payment)) = found {
        let flow = Flow::of_payment(id, &payment, &naming, &state);
        return Ok(match output {
            Output::Json => format!("{}\n", flow.json()),
            Output::Table => flow.text(language),
        });
    }
    let found = records::<Source>(&state).find(|(number, source)| {
        naming.means(&source.earmark.0, &arguments.what) || number.to_string() == arguments.what
    });
    let Some((number, source)) = found else {
        let reader = donor::Reader { naming: &naming, state: &state, language, output };
        if let Some(text) = donor::trace(&folder, &arguments.what, &reader)? {
            return Ok(text);
        }
        let wanted = language.pick(
            "没有这样的付款、来源或小额捐赠",
            "no payment, source or small donation is called",
        );
        return Err(Failure::new(Code::NotFound, format!("{wanted}: {}", arguments.what)));
    };
    Ok(forward(number, &source, &naming, &state, language, output))
}

/// Where every fen of a source lies now.
fn forward(
    number: SourceId,
    source: &Source,
    naming: &Naming,
    state: &State,
    language: Language,
    output: Output,
) -> String {
    let view = View::read_only(state, Compartment::Public, state.tip().time);
    let places: Vec<Place> = reading::trace_source(&view, number)
        .into_iter()
        .map(|(account, segment)| Place {
            segment,
            what: describe(account, &view, naming, language),
        })
        .collect();
    let amount = view.get::<SourceRecord>(&number).map_or(Fen::ZERO, |record| record.amount);
    let name = naming.name(&source.earmark.0);
    if output == Output::Json {
        let places: Vec<_> = places
            .iter()
            .map(|place| {
                json!({
                    "start": place.segment.start.to_string(),
                    "length": place.segment.length.to_string(),
                    "where": place.what[0],
                    "whose": place.what[1],
                })
            })
            .collect();
        let number = number.to_string();
        return format!(
            "{}\n",
            json!({ "source": name, "number": number, "amount_fen": amount.to_string(), "places": places })
        );
    }
    let donor =
        view.get::<Organisation>(&source.donor).map_or_else(String::new, |found| found.name);
    let class = class_name(source.class, language);
    let mut text = format!("{name} {} · {donor} · {class}\n", money(amount));
    let mut sums: BTreeMap<[String; 2], u64> = BTreeMap::new();
    for place in &places {
        *sums.entry(place.what.clone()).or_default() += place.segment.length;
    }
    let last = sums.len().saturating_sub(1);
    for (position, (what, sum)) in sums.iter().enumerate() {
        let branch = if position == last { "└─" } else { "├─" };
        let _ = writeln!(text, "{branch} {}  {} {}", money(Fen(*sum)), what[0], what[1]);
    }
    let mut table = table(&[
        language.pick("现在在哪里", "where it lies"),
        language.pick("名称", "name"),
        language.pick("金额", "amount"),
        language.pick("区间（分）", "fen"),
    ]);
    for place in &places {
        let [what, whose] = place.what.clone();
        table.add_row([what, whose, money(Fen(place.segment.length)), interval(&place.segment)]);
    }
    let _ = writeln!(text, "\n{table}");
    text
}

fn describe(
    account: FundAccount,
    view: &View<'_>,
    naming: &Naming,
    language: Language,
) -> [String; 2] {
    let contract = |id: &RecordId| {
        view.get::<ServiceContract>(id).map_or_else(|| naming.name(&id.0), |c| c.terms.number)
    };
    let (chinese, english, name) = match account {
        FundAccount::Available(fund) => ("资金可用", "free in fund", naming.name(&fund.0)),
        FundAccount::Origin(fund) => ("来源", "origin", naming.name(&fund.0)),
        FundAccount::Committed(id) => ("合同已占用", "committed to contract", contract(&id)),
        FundAccount::Retained(id) => ("质保金（尾款）", "held back from contract", contract(&id)),
        FundAccount::Suspense(fund) => ("来源待查", "of unknown origin", naming.name(&fund.0)),
        FundAccount::Lapsed(fund) => ("已到期", "lapsed in fund", naming.name(&fund.0)),
        FundAccount::Returned(fund) => ("已退回", "sent back from fund", naming.name(&fund.0)),
        FundAccount::Reserved(id) => ("付款已批准", "reserved for payment", naming.name(&id.0)),
        FundAccount::InFlight(id) => ("银行在途", "in flight for payment", naming.name(&id.0)),
        FundAccount::Payee { provider, contract: id } => {
            let payee = view
                .get::<Organisation>(&provider)
                .map_or_else(|| naming.name(&provider.0), |found| found.name);
            ("已付给", "paid to", format!("{payee} · {}", contract(&id)))
        }
    };
    [language.pick(chinese, english).to_owned(), name]
}
