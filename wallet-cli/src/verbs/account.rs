//! This exists to be the command `linli account`: who a key is on the ledger, how a resident comes onto it,
//! and what went in and out of any account.

use super::watch::{self, WatchArguments};
use super::{day, holdings, identifier};
use crate::cli::Format;
use crate::failure::Failure;
use crate::listing::Listing;
use crate::online::{Client, Order, WriteArguments, perform};
use crate::reading;
use crate::report::{hours, money};
use crate::session::Session;
use crate::texts::{word, word_with};
use crate::verbs::points::WhoArguments;
use clap::{Args, Subcommand, ValueEnum};
use linli_contracts::AnyCall;
use linli_contracts::people::{AgeClass, Call};
use linli_contracts::registry::Role;
use linli_ledger::amount::Fen;
use linli_ledger::code::Code;
use linli_ledger::crypto::{BusinessKey, PublicKey};
use linli_ledger::hash::{Domain, digest, from_hex};
use linli_ledger::keys::KeyOwner;
use linli_ledger::posting::{Direction, Unit};
use linli_ledger::types::{AccountId, Day, EnrolmentId, derive_identifier};
use linli_wire::account::{Account, HistoryEntry, Statement};
use linli_wire::credit::Enrolment;
use linli_wire::registry::Key;
use linli_wire::{Found, path};
use serde_json::json;
use std::fmt::Write as _;
use std::path::PathBuf;

#[derive(Subcommand, Debug)]
pub(crate) enum AccountCommand {
    /// Who a key of yours is on the ledger, or what lies in an account / 我的密钥在账本上是谁；或查看一个账户
    Show(ShowArguments),
    /// The accounts of the owner of a key: hours and points, or funds / 我的账户：时长和积分，或本单位的资金
    List(WhoArguments),
    /// Tell each change of an account as it becomes final, until Ctrl-C / 实时查看一个账户的变动，按 Ctrl-C 结束
    Watch(WatchArguments),
    /// Every entry of an account, the newest first / 一个账户的每一笔进出，新的在前
    History(AccountArguments),
    /// The entries of an account between two days, with both balances / 一个账户两天之间的进出和余额
    Statement(StatementArguments),
    /// Bring a resident onto the ledger, as registrar / 登记员把居民登记到账本上
    Register(RegisterArguments),
}

/// Arguments of `account show`.
#[derive(Args, Debug)]
pub(crate) struct ShowArguments {
    /// Identifier of an account, lla1…; without it, the owner of the key / 账户编号，lla1…；不给则看密钥的主人
    #[arg(value_parser = identifier::<AccountId>)]
    account: Option<AccountId>,
    #[command(flatten)]
    who: WhoArguments,
}

/// An account, and who asks.
#[derive(Args, Debug)]
pub(crate) struct AccountArguments {
    /// Identifier of the account, lla1… / 账户编号，lla1…
    #[arg(value_parser = identifier::<AccountId>)]
    account: AccountId,
    #[command(flatten)]
    who: WhoArguments,
}

/// Arguments of `account statement`.
#[derive(Args, Debug)]
pub(crate) struct StatementArguments {
    /// Identifier of the account, lla1… / 账户编号，lla1…
    #[arg(value_parser = identifier::<AccountId>)]
    account: AccountId,
    /// First day, such as 2026-01-01 / 从哪天起，例如 2026-01-01
    #[arg(long, value_name = "DAY", value_parser = day)]
    from: Option<Day>,
    /// Last day / 到哪天为止
    #[arg(long, value_name = "DAY", value_parser = day)]
    to: Option<Day>,
    #[command(flatten)]
    who: WhoArguments,
}

/// How old a resident is, as far as the ledger knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Age {
    /// Under 14.
    #[value(name = "under-14")]
    Under14,
    /// 14 to 17.
    #[value(name = "14-17")]
    From14To17,
    /// 18 and above.
    Adult,
}

impl From<Age> for AgeClass {
    fn from(age: Age) -> Self {
        match age {
            Age::Under14 => Self::Under14,
            Age::From14To17 => Self::From14To17,
            Age::Adult => Self::Adult,
        }
    }
}

/// Arguments of `account register`.
#[derive(Args, Debug)]
pub(crate) struct RegisterArguments {
    /// The resident's key: 64 digits, as key show says / 居民的公钥，64 位，见 key show
    #[arg(value_parser = public_key)]
    resident: PublicKey,
    /// Community, such as 5101/04/012 / 所在社区，例如 5101/04/012
    #[arg(long, value_name = "PATH")]
    community: String,
    /// All that is recorded about age / 年龄段，账本上只记这个
    #[arg(long, value_enum, default_value = "adult")]
    age: Age,
    /// Enrolment of the guardian, lle1…, for minors / 监护人的登记编号，未成年人必填
    #[arg(long, value_name = "lle1…", value_parser = identifier::<EnrolmentId>)]
    guardian: Option<EnrolmentId>,
    /// From the identity issuer, 64 digits: one person has one in each community / 身份核验方给的代号，64 位，一人一社区一个
    #[arg(long, value_name = "DIGITS", value_parser = digits)]
    nullifier: [u8; 32],
    /// The signed consent: a file, of which only the hash is sent / 签好的同意书文件，只提交它的摘要
    #[arg(long, value_name = "FILE")]
    consent: PathBuf,
    #[command(flatten)]
    write: WriteArguments,
}

fn digits(text: &str) -> Result<[u8; 32], String> {
    from_hex(&text.trim().to_lowercase()).ok_or_else(|| "64 × 0-9 a-f".to_owned())
}

pub(super) fn public_key(text: &str) -> Result<PublicKey, String> {
    digits(text).map(PublicKey::Ed25519)
}

/// Runs `linli account`.
///
/// # Errors
/// Those of the node, of keys and prompts; the code with which a rule says no.
pub(crate) fn run(command: &AccountCommand, session: &Session) -> Result<String, Failure> {
    let client = Client::new(session)?;
    match command {
        AccountCommand::Show(ShowArguments { account: Some(account), who }) => {
            asking(&client, who, &mut |key| show(&client, *account, key))
        }
        AccountCommand::Show(ShowArguments { account: None, who }) => owner(&client, who),
        AccountCommand::List(who) => holdings::list(&client, who),
        AccountCommand::Watch(arguments) => {
            asking(&client, arguments.who(), &mut |key| watch::watch(&client, arguments, key))
        }
        AccountCommand::History(AccountArguments { account, who }) => {
            asking(&client, who, &mut |key| history(&client, *account, key))
        }
        AccountCommand::Statement(arguments) => {
            asking(&client, &arguments.who, &mut |key| statement(&client, arguments, key))
        }
        AccountCommand::Register(arguments) => register(&client, arguments),
    }
}

/// Asks as anybody, and as the owner of the key if one is named: what residents have is not public.
fn asking(
    client: &Client<'_>,
    who: &WhoArguments,
    ask: &mut dyn FnMut(Option<&BusinessKey>) -> Result<String, Failure>,
) -> Result<String, Failure> {
    if !who.is_named() {
        return ask(None);
    }
    let reading = who.reading();
    ask(Some(Order::open(client, &reading)?.key()))
}

/// An amount in the unit of its account, for people.
pub(super) fn amount(unit: Unit, value: u64, session: &Session) -> String {
    match unit {
        Unit::Fen => money(Fen(value)),
        Unit::Points => value.to_string(),
        Unit::Minutes => {
            word_with("amount-hours", session.language, &[("amount", hours(value).into())])
        }
    }
}

pub(super) fn unit_name(unit: Unit) -> &'static str {
    match unit {
        Unit::Fen => "unit-fen",
        Unit::Points => "unit-points",
        Unit::Minutes => "unit-minutes",
    }
}

fn show(client: &Client<'_>, id: AccountId, key: Option<&BusinessKey>) -> Result<String, Failure> {
    let session = client.session();
    let found: Account = client.one(&path::with(path::ACCOUNT, &[&id.to_string()]), key)?;
    if found.id != id {
        return Err(Failure::new(Code::NodeAnswer, found.id));
    }
    if session.format == Format::Json {
        return Ok(format!("{}\n", json!(found)));
    }
    let unit = found.account.key.unit;
    let mut text = format!("{id}\n");
    let mut add = |title: &str, value: String| {
        let _ = writeln!(text, "  {}  {value}", word(title, session.language));
    };
    if let Some(place) = &found.place {
        add("column-name", reading::clean(&place.label));
    }
    add("column-unit", word(unit_name(unit), session.language));
    add("column-balance", amount(unit, found.account.balance, session));
    add("column-count", found.account.entries.to_string());
    Ok(text)
}

/// Entries as rows.
pub(super) fn rows(listed: &[HistoryEntry], unit: Unit, session: &Session) -> Listing {
    let language = session.language;
    let mut listing = Listing::new(&[
        ("time", word("column-time", language)),
        ("direction", word("column-direction", language)),
        ("amount", word("column-amount", language)),
        ("balance", word("column-balance", language)),
        ("height", word("column-block", language)),
        ("transaction", word("column-transaction", language)),
    ])
    .right(2)
    .right(3)
    .right(4);
    for entry in listed {
        let direction = match entry.direction {
            Direction::In => "in",
            Direction::Out => "out",
        };
        let transaction = entry.transaction.map(|id| id.to_string()).unwrap_or_default();
        listing.row_shown([
            (entry.time.to_string(), reading::time(entry.time)),
            (direction.to_owned(), word(&format!("direction-{direction}"), language)),
            (entry.amount.to_string(), amount(unit, entry.amount, session)),
            (entry.balance.to_string(), amount(unit, entry.balance, session)),
            (entry.height.to_string(), entry.height.to_string()),
            (transaction.clone(), reading::short(&transaction)),
        ]);
    }
    listing
}

fn history(
    client: &Client<'_>,
    id: AccountId,
    key: Option<&BusinessKey>,
) -> Result<String, Failure> {
    let account: Account = client.one(&path::with(path::ACCOUNT, &[&id.to_string()]), key)?;
    let listed: Vec<HistoryEntry> =
        client.list(&path::with(path::ACCOUNT_HISTORY, &[&id.to_string()]), &[], key)?;
    let unit = account.account.key.unit;
    Ok(rows(&listed, unit, client.session()).render(client.session(), "nothing-here"))
}

fn statement(
    client: &Client<'_>,
    arguments: &StatementArguments,
    key: Option<&BusinessKey>,
) -> Result<String, Failure> {
    let session = client.session();
    let StatementArguments { account, from, to, .. } = arguments;
    let mut query = Vec::new();
    // A node takes times, the second one exclusive.
    query.extend(from.map(|day| ("from", day.start().to_string())));
    let after = |day: &Day| Day(day.0.saturating_add(1)).start().to_string();
    query.extend(to.as_ref().map(|day| ("to", after(day))));
    let path = path::with(path::ACCOUNT_STATEMENT, &[&account.to_string()]);
    let found: Found<Statement> = client.get(&path, &query, key)?;
    let said = found.data;
    let sum = said.entries.iter().try_fold(said.opening, |balance, entry| match entry.direction {
        Direction::In => balance.checked_add(entry.amount),
        Direction::Out => balance.checked_sub(entry.amount),
    });
    if session.format == Format::Json {
        return Ok(format!("{}\n", json!(said)));
    }
    let balance = |title: &str, value| {
        format!("{}  {}", word(title, session.language), amount(said.unit, value, session))
    };
    let (opening, closing) =
        (balance("statement-opening", said.opening), balance("statement-closing", said.closing));
    if sum != Some(said.closing) {
        return Err(Failure::new(Code::NodeAnswer, format!("{sum:?} ≠ {}", said.closing)));
    }
    let listing = rows(&said.entries, said.unit, session);
    let listing = listing.above(&format!("{account}\n{opening}")).under(&closing);
    Ok(listing.render(session, "nothing-here"))
}

/// Who a key is: a resident with hours, somebody in office with roles, or an organisation.
fn owner(client: &Client<'_>, who: &WhoArguments) -> Result<String, Failure> {
    let session = client.session();
    let reading = who.reading();
    let order = Order::open(client, &reading)?;
    let key: Key = order.registered()?;
    let resident = match key.record.owner {
        KeyOwner::Enrolment(id) => {
            let path = path::with(path::ENROLMENT, &[&id.to_string()]);
            Some(client.one::<Enrolment>(&path, Some(order.key()))?)
        }
        KeyOwner::Person(_) | KeyOwner::Organisation(_) => None,
    };
    if session.format == Format::Json {
        return Ok(format!("{}\n", json!({ "key": key, "resident": resident })));
    }
    let language = session.language;
    let (kind, id) = match key.record.owner {
        KeyOwner::Enrolment(id) => ("owner-resident", id.to_string()),
        KeyOwner::Person(id) => ("owner-person", id.to_string()),
        KeyOwner::Organisation(id) => ("owner-organisation", id.to_string()),
    };
    let mut text = format!("{}  {id}\n", word(kind, language));
    let mut add = |title: &str, value: String| {
        let _ = writeln!(text, "  {}  {value}", word(title, language));
    };
    let state = if key.active { "key-active" } else { "key-ended" };
    add("column-state", word(state, language));
    if let Some(Enrolment { record, service, .. }) = &resident {
        add("column-community", reading::clean(&record.community));
        let time = [("amount", hours(service.0).into())];
        add("section-hours", word_with("amount-hours", language, &time));
    }
    for role in &key.roles {
        let name = super::org::role_name(role.record.role, language);
        add("column-role", format!("{name}  {}  {}", reading::clean(&role.record.scope), role.id));
    }
    Ok(text)
}

fn register(client: &Client<'_>, arguments: &RegisterArguments) -> Result<String, Failure> {
    let session = client.session();
    let RegisterArguments { resident, community, age, guardian, nullifier, consent, write } =
        arguments;
    let consent_bytes =
        std::fs::read(consent).map_err(|error| Failure::of_file(consent, &error))?;
    let call = Call::Enrol {
        community: community.clone(),
        nullifier: *nullifier,
        age_class: (*age).into(),
        key: *resident,
        guardian: *guardian,
        consent: digest(Domain::Document, &consent_bytes),
    };
    let mut made = None;
    let order = Order::open(client, write)?;
    let said = perform(&order, AnyCall::People(call), Some(Role::Registrar), &mut |id| {
        made = Some(EnrolmentId(derive_identifier(&id, 0)));
        Ok(())
    })?;
    Ok(match (session.format, made) {
        (Format::Table | Format::Csv, Some(enrolment)) => {
            let values = [("enrolment", enrolment.to_string().into())];
            format!("{said}  {}\n", word_with("register-next", session.language, &values))
        }
        (_, _) => said,
    })
}
