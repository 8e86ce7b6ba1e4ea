//! This exists to be the command `linli points`: what a resident has, and what it can be exchanged for.

use super::identifier;
use super::voucher::{Ticket, secret};
use crate::cli::Format;
use crate::failure::Failure;
use crate::listing::Listing;
use crate::online::{Client, Order, WriteArguments, perform};
use crate::qr;
use crate::reading;
use crate::report::{hours, money};
use crate::session::Session;
use crate::texts::{word, word_with};
use clap::{Args, Subcommand, ValueEnum};
use linli_contracts::AnyCall;
use linli_contracts::credit::{Call, DisputeReason, VoucherState, voucher_commitment};
use linli_contracts::registry::Role;
use linli_ledger::hash::{Domain, digest};
use linli_ledger::types::RecordId;
use linli_secrets::private_file;
use linli_wire::credit::{Award, Enrolment, Offer, ProgrammeSummary, Voucher};
use linli_wire::path;
use serde_json::json;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

#[derive(Subcommand, Debug)]
pub(crate) enum PointsCommand {
    /// What you have: hours and points / 我的服务时长和积分
    Balance(ReadArguments),
    /// Every award, with its day and when it expires / 积分明细：哪天得的，哪天到期
    Statement(ReadArguments),
    /// What points can be exchanged for / 可以兑换什么
    Offers,
    /// Reserve a reward with points; gives a voucher / 用积分换一张兑换券
    Redeem(RedeemArguments),
    /// Say that an award is wrong; its points are frozen until it is decided / 对一笔积分提出异议，处理期间暂停使用
    Dispute(DisputeArguments),
    /// Vouchers: list, show as a QR code, give back, hand out / 兑换券：查看、出示二维码、退回、核销
    #[command(subcommand)]
    Voucher(VoucherCommand),
}

#[derive(Subcommand, Debug)]
pub(crate) enum VoucherCommand {
    /// List your vouchers / 我的兑换券
    List(ReadArguments),
    /// Show a voucher to the partner / 向合作单位出示兑换券
    Show(ShowArguments),
    /// Give a voucher back; the points return / 退回兑换券，积分返还
    Cancel(CancelArguments),
    /// Hand out the reward against what the resident shows, as the partner / 合作单位核销居民出示的兑换券
    Fulfil(FulfilArguments),
}

/// Who asks.
#[derive(Args, Debug)]
pub(crate) struct ReadArguments {
    #[command(flatten)]
    who: WhoArguments,
}

/// Whose key signs the question.
#[derive(Args, Clone, Debug)]
pub(crate) struct WhoArguments {
    /// Name of the key; the only one if not given / 用哪把密钥；只有一把时可以不给
    #[arg(long, value_name = "NAME")]
    key: Option<String>,
    /// File with the passphrase in its first line, for its owner only / 口令文件（第一行是口令，权限 600）
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

impl WhoArguments {
    /// Whether a key is to sign the question.
    pub(crate) const fn is_named(&self) -> bool {
        self.key.is_some()
    }

    /// The same as for writing, which nothing is done with.
    pub(crate) fn reading(&self) -> WriteArguments {
        WriteArguments {
            key: self.key.clone(),
            grant: None,
            others: Vec::new(),
            dry_run: false,
            out: None,
            passphrase_file: self.passphrase_file.clone(),
        }
    }
}

/// Arguments of `points redeem`.
#[derive(Args, Debug)]
pub(crate) struct RedeemArguments {
    /// Identifier of the reward, from points offers / 礼品或服务的编号，见 points offers
    #[arg(value_parser = identifier::<RecordId>)]
    offer: RecordId,
    #[command(flatten)]
    write: WriteArguments,
}

/// Why an award is disputed, as on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Reason {
    /// The volunteer was not there.
    Attendance,
    /// The minutes are wrong.
    Minutes,
    /// The units are wrong.
    Units,
    /// The same service is recorded twice.
    Duplicate,
    /// The points do not follow from the rule.
    Rule,
}

impl From<Reason> for DisputeReason {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::Attendance => Self::Attendance,
            Reason::Minutes => Self::Minutes,
            Reason::Units => Self::Units,
            Reason::Duplicate => Self::Duplicate,
            Reason::Rule => Self::Rule,
        }
    }
}

/// Arguments of `points dispute`.
#[derive(Args, Debug)]
pub(crate) struct DisputeArguments {
    /// Identifier of the award, from points statement / 积分记录的编号，见 points statement
    #[arg(value_parser = identifier::<RecordId>)]
    award: RecordId,
    /// What is wrong: attendance, minutes, units, recorded twice, rule / 哪里不对：到场、时长、件数、重复、规则
    #[arg(long, value_enum)]
    reason: Reason,
    /// What shows it: a file, of which only the hash is sent / 证明材料的文件，只提交它的摘要
    #[arg(long, value_name = "FILE")]
    evidence: PathBuf,
    #[command(flatten)]
    write: WriteArguments,
}

/// Arguments of `points voucher show`.
#[derive(Args, Debug)]
pub(crate) struct ShowArguments {
    /// Identifier of the voucher / 兑换券的编号
    #[arg(value_parser = identifier::<RecordId>)]
    voucher: RecordId,
    /// Also as a QR code / 同时显示二维码
    #[arg(long)]
    qr: bool,
    /// The QR code as a picture into a file / 把二维码存成图片
    #[arg(long, value_name = "FILE.svg")]
    svg: Option<PathBuf>,
}

/// Arguments of `points voucher cancel`.
#[derive(Args, Debug)]
pub(crate) struct CancelArguments {
    /// Identifier of the voucher / 兑换券的编号
    #[arg(value_parser = identifier::<RecordId>)]
    voucher: RecordId,
    #[command(flatten)]
    write: WriteArguments,
}

/// Arguments of `points voucher fulfil`.
#[derive(Args, Debug)]
pub(crate) struct FulfilArguments {
    /// What the QR code of the resident says / 居民出示的二维码内容
    #[arg(value_parser = Ticket::parse)]
    code: Ticket,
    #[command(flatten)]
    write: WriteArguments,
}

/// Runs `linli points`.
///
/// # Errors
/// Those of the node, of keys and prompts; the code with which a rule says no.
pub(crate) fn run(command: &PointsCommand, session: &Session) -> Result<String, Failure> {
    let client = Client::new(session)?;
    match command {
        PointsCommand::Balance(ReadArguments { who }) => balance(&client, who),
        PointsCommand::Statement(ReadArguments { who }) => statement(&client, who),
        PointsCommand::Offers => offers(&client),
        PointsCommand::Redeem(arguments) => redeem(&client, arguments),
        PointsCommand::Dispute(DisputeArguments { award, reason, evidence, write }) => {
            let bytes =
                std::fs::read(evidence).map_err(|error| Failure::of_file(evidence, &error))?;
            let call = Call::Dispute {
                award: *award,
                reason: (*reason).into(),
                evidence: digest(Domain::Document, &bytes),
            };
            perform(&Order::open(&client, write)?, AnyCall::Credit(call), None, &mut |_| Ok(()))
        }
        PointsCommand::Voucher(command) => voucher(&client, command),
    }
}

pub(super) fn programmes(client: &Client<'_>) -> Result<BTreeMap<RecordId, String>, Failure> {
    let list: Vec<ProgrammeSummary> = client.list(path::PROGRAMMES, &[], None)?;
    Ok(list.into_iter().map(|programme| (programme.id, programme.record.name)).collect())
}

fn mine(client: &Client<'_>, order: &Order<'_, '_>) -> Result<Enrolment, Failure> {
    let id = order.enrolment()?.to_string();
    client.one(&path::with(path::ENROLMENT, &[&id]), Some(order.key()))
}

fn balance(client: &Client<'_>, who: &WhoArguments) -> Result<String, Failure> {
    let session = client.session();
    let language = session.language;
    let reading = who.reading();
    let order = Order::open(client, &reading)?;
    let mine = mine(client, &order)?;
    if session.format == Format::Json {
        return Ok(format!("{}\n", json!(mine)));
    }
    let names = programmes(client)?;
    let mut listing = Listing::new(&[
        ("programme", word("column-programme", language)),
        ("available", word("column-available", language)),
        ("held", word("column-held", language)),
        ("locked", word("column-locked", language)),
    ])
    .right(1)
    .right(2)
    .right(3);
    for points in &mine.points {
        let name = names.get(&points.programme).cloned();
        listing.row_shown([
            (
                points.programme.to_string(),
                name.unwrap_or_else(|| reading::short(&points.programme.to_string())),
            ),
            (points.available.to_string(), points.available.to_string()),
            (points.held.to_string(), points.held.to_string()),
            (points.locked.to_string(), points.locked.to_string()),
        ]);
    }
    let time = [("amount", hours(mine.service.0).into())];
    let about = format!(
        "{}\n{}  {}",
        reading::clean(&mine.record.community),
        word("section-hours", language),
        word_with("amount-hours", language, &time)
    );
    Ok(listing.above(&about).render(session, "points-none"))
}

fn statement(client: &Client<'_>, who: &WhoArguments) -> Result<String, Failure> {
    let session = client.session();
    let language = session.language;
    let reading = who.reading();
    let order = Order::open(client, &reading)?;
    let id = order.enrolment()?.to_string();
    let awards: Vec<Award> =
        client.list(&path::with(path::ENROLMENT_AWARDS, &[&id]), &[], Some(order.key()))?;
    let names = programmes(client)?;
    let mut listing = Listing::new(&[
        ("date", word("column-date", language)),
        ("programme", word("column-programme", language)),
        ("minutes", word("unit-minutes", language)),
        ("points", word("unit-points", language)),
        ("available_at", word("column-available-at", language)),
        ("expires_at", word("column-expires-at", language)),
        ("award", word("column-number", language)),
    ])
    .right(2)
    .right(3);
    for Award { id, record } in awards {
        let name = names.get(&record.programme).cloned();
        listing.row_shown([
            (record.service_day.iso(), record.service_day.iso()),
            (
                record.programme.to_string(),
                name.unwrap_or_else(|| reading::short(&record.programme.to_string())),
            ),
            (record.minutes.to_string(), record.minutes.to_string()),
            (record.points.to_string(), record.points.to_string()),
            (record.available_at.to_string(), reading::time(record.available_at)),
            (record.expires_at.to_string(), reading::time(record.expires_at)),
            (id.to_string(), reading::short(&id.to_string())),
        ]);
    }
    Ok(listing.render(session, "points-none"))
}

fn offers(client: &Client<'_>) -> Result<String, Failure> {
    let session = client.session();
    let language = session.language;
    let offers: Vec<Offer> = client.list(path::OFFERS, &[("open", "true".to_owned())], None)?;
    let mut listing = Listing::new(&[
        ("title", word("column-name", language)),
        ("price", word("column-price", language)),
        ("left", word("column-left", language)),
        ("valid_to", word("column-valid-to", language)),
        ("offer", word("column-number", language)),
    ])
    .right(1)
    .right(2);
    for Offer { id, record, left } in offers {
        listing.row_shown([
            (record.terms.title.clone(), record.terms.title),
            (record.terms.price.to_string(), record.terms.price.to_string()),
            (left.to_string(), left.to_string()),
            (record.terms.valid_to.to_string(), reading::time(record.terms.valid_to)),
            (id.to_string(), id.to_string()),
        ]);
    }
    Ok(listing.render(session, "nothing-here"))
}

fn redeem(client: &Client<'_>, arguments: &RedeemArguments) -> Result<String, Failure> {
    let session = client.session();
    let RedeemArguments { offer, write } = arguments;
    let order = Order::open(client, write)?;
    let enrolment = order.enrolment()?;
    let found: Offer = client.one(&path::with(path::OFFER, &[&offer.to_string()]), None)?;
    if session.format == Format::Table {
        let values = [
            ("title", reading::clean(&found.record.terms.title).into()),
            ("price", found.record.terms.price.to_string().into()),
            ("value", money(found.record.terms.fair_value).into()),
        ];
        let about = word_with("redeem-about", session.language, &values);
        crate::transaction::eprint_text(&format!("{about}\n\n"));
    }
    let secret = secret()?;
    let commitment = voucher_commitment(*offer, enrolment, &secret);
    let call = AnyCall::Credit(Call::Redeem { reward: *offer, commitment });
    perform_redeem(&order, call, &secret, session)
}

/// Keeps the secret before the points are locked: a crash between the two loses nothing.
fn perform_redeem(
    order: &Order<'_, '_>,
    call: AnyCall,
    secret: &[u8],
    session: &Session,
) -> Result<String, Failure> {
    let mut made = None;
    let said = perform(order, call, None, &mut |id| {
        let voucher = RecordId(linli_ledger::types::derive_identifier(&id, 0));
        let ticket = Ticket { voucher, secret: secret.to_vec() };
        ticket.keep(session)?;
        made = Some(voucher);
        Ok(())
    })?;
    let Some(voucher) = made else { return Ok(said) };
    Ok(match session.format {
        Format::Json => said,
        Format::Table | Format::Csv => {
            let values = [("voucher", voucher.to_string().into())];
            format!("{said}  {}\n", word_with("redeem-next", session.language, &values))
        }
    })
}

fn voucher(client: &Client<'_>, command: &VoucherCommand) -> Result<String, Failure> {
    let session = client.session();
    match command {
        VoucherCommand::List(ReadArguments { who }) => vouchers(client, who),
        VoucherCommand::Show(ShowArguments { voucher, qr, svg }) => {
            let ticket = Ticket::find(*voucher, session)?;
            let text = ticket.text();
            if let Some(file) = svg {
                private_file::replace(file, qr::picture(&text)?.as_bytes())?;
            }
            Ok(match session.format {
                Format::Json => format!("{}\n", json!({ "voucher": voucher, "code": text })),
                Format::Table | Format::Csv => {
                    let mut shown = format!("{}\n", word("voucher-show", session.language));
                    if *qr {
                        let _ = write!(shown, "\n{}\n", qr::terminal(&text)?);
                    }
                    let _ = writeln!(shown, "{text}");
                    shown
                }
            })
        }
        VoucherCommand::Cancel(CancelArguments { voucher, write }) => {
            let order = Order::open(client, write)?;
            let call = AnyCall::Credit(Call::RedeemCancel { voucher: *voucher });
            perform(&order, call, None, &mut |_| Ok(()))
        }
        VoucherCommand::Fulfil(FulfilArguments { code, write }) => {
            let order = Order::open(client, write)?;
            let Ticket { voucher, secret } = code.clone();
            let call = AnyCall::Credit(Call::RedeemFulfil { voucher, secret });
            perform(&order, call, Some(Role::PartnerOfficer), &mut |_| Ok(()))
        }
    }
}

fn vouchers(client: &Client<'_>, who: &WhoArguments) -> Result<String, Failure> {
    let session = client.session();
    let language = session.language;
    let reading = who.reading();
    let order = Order::open(client, &reading)?;
    let vouchers: Vec<Voucher> = client.list(path::VOUCHERS, &[], Some(order.key()))?;
    let mut listing = Listing::new(&[
        ("state", word("column-state", language)),
        ("expires_at", word("column-expires-at", language)),
        ("reward", word("column-reward", language)),
        ("voucher", word("column-number", language)),
    ]);
    for Voucher { id, record } in vouchers {
        let state = match record.state {
            VoucherState::Open => "open",
            VoucherState::Fulfilled { .. } => "fulfilled",
            VoucherState::Cancelled { .. } => "cancelled",
            VoucherState::TimedOut => "expired",
            VoucherState::Returned { .. } => "returned",
            VoucherState::Counted { .. } => "settled",
        };
        listing.row_shown([
            (state.to_owned(), word(&format!("state-{state}"), language)),
            (record.expires_at.to_string(), reading::time(record.expires_at)),
            (record.reward.to_string(), reading::short(&record.reward.to_string())),
            (id.to_string(), id.to_string()),
        ]);
    }
    Ok(listing.render(session, "nothing-here"))
}
