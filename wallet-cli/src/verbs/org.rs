//! This exists to be the command `linli org`: who takes part, who works for them and in which role. What
//! they decide about validators and nodes is in [`super::members`].

use super::identifier;
use super::members::{
    self, CutArguments, ProposalArguments, ProposalsArguments, ProposeArguments, VoteArguments,
    WithdrawArguments,
};
use crate::cli::Format;
use crate::failure::Failure;
use crate::listing::Listing;
use crate::online::{Client, Order, WriteArguments, perform};
use crate::reading;
use crate::session::Session;
use crate::texts::{word, word_with};
use crate::verbs::account::public_key;
use clap::{Args, Subcommand};
use linli_contracts::AnyCall;
use linli_contracts::registry::{Call, Role};
use linli_ledger::code::Code;
use linli_ledger::crypto::PublicKey;
use linli_ledger::genesis::OrganisationKind;
use linli_ledger::types::{DAY_MS, GrantId, OrganisationId, PersonId, derive_identifier};
use linli_verify::Language;
use linli_wire::path;
use linli_wire::registry::{Organisation, Role as Granted};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

#[derive(Subcommand, Debug)]
pub(crate) enum OrgCommand {
    /// List the organisations / 列出所有单位
    List(ListArguments),
    /// Show an organisation and who holds a role in it / 查看一个单位和它的任职人员
    Show(ShowArguments),
    /// Register somebody who works for an organisation, with its key / 单位登记一位工作人员
    Invite(InviteArguments),
    /// Give somebody a role; two governing organisations sign / 授予职务，须两家治理单位签名
    Grant(GrantArguments),
    /// End a role now, as a governing organisation / 治理单位即时终止一项职务
    Revoke(RevokeArguments),
    /// Put a new key in the place of an old one of a house or of somebody in office / 更换单位或工作人员的密钥：新的启用，旧的停用
    RotateKey(RotateArguments),
    /// List proposals about validators and nodes / 列出验证节点和联网节点的提案
    Proposals(ProposalsArguments),
    /// Show a proposal with every change / 查看一份提案的全部变更
    Proposal(ProposalArguments),
    /// Propose changes, as a governing organisation / 治理单位提出变更
    Propose(ProposeArguments),
    /// Vote on a proposal, as a governing organisation / 治理单位对提案表态
    Vote(VoteArguments),
    /// Withdraw a proposal of one's own / 撤回本单位的提案
    Withdraw(WithdrawArguments),
    /// List the nodes that may connect / 列出可以联网的节点
    Nodes,
    /// Cut off a node of one's own at once / 立即停用本单位的一个节点
    Cut(CutArguments),
}

/// Arguments of `org list`.
#[derive(Args, Debug)]
pub(crate) struct ListArguments {
    /// Only this kind, such as bank or partner / 只看这一类，例如 bank、partner
    #[arg(long, value_name = "KIND", value_parser = named::<OrganisationKind>)]
    kind: Option<OrganisationKind>,
}

/// Arguments of `org show`.
#[derive(Args, Debug)]
pub(crate) struct ShowArguments {
    /// Identifier of the organisation, llo1… / 单位的编号，llo1…
    #[arg(value_parser = identifier::<OrganisationId>)]
    organisation: OrganisationId,
    /// Also roles that are over / 也列出已经结束的职务
    #[arg(long)]
    all: bool,
}

/// Arguments of `org invite`.
#[derive(Args, Debug)]
pub(crate) struct InviteArguments {
    /// The key of the person: 64 digits, as key show says / 工作人员的公钥，64 位，见 key show
    #[arg(value_parser = public_key)]
    person: PublicKey,
    /// Identifier of the organisation, llo1… / 单位的编号，llo1…
    #[arg(long, value_name = "llo1…", value_parser = identifier::<OrganisationId>)]
    organisation: OrganisationId,
    #[command(flatten)]
    write: WriteArguments,
}

/// Arguments of `org grant`.
#[derive(Args, Debug)]
pub(crate) struct GrantArguments {
    /// Identifier of the person, llp1…, from org invite / 工作人员的编号，llp1…，登记时得到
    #[arg(value_parser = identifier::<PersonId>)]
    person: PersonId,
    /// The role, such as organiser, witness or approver / 职务，例如 organiser、witness、approver
    #[arg(long, value_name = "ROLE", value_parser = named::<Role>)]
    role: Role,
    /// For which organisation, llo1… / 为哪个单位，llo1…
    #[arg(long, value_name = "llo1…", value_parser = identifier::<OrganisationId>)]
    organisation: OrganisationId,
    /// Where it holds, such as 5101/04 / 在哪里有效，例如 5101/04
    #[arg(long, value_name = "PATH")]
    scope: String,
    /// Level of an approver, 1 to 3 / 审批人的级别，1 到 3
    #[arg(long, default_value_t = 0)]
    level: u8,
    /// How many days it holds, from now on / 从现在起有效多少天
    #[arg(long, default_value_t = 365)]
    days: u32,
    #[command(flatten)]
    write: WriteArguments,
}

/// Arguments of `org revoke`.
#[derive(Args, Debug)]
pub(crate) struct RevokeArguments {
    /// Identifier of the grant, llg1…, from org show / 职务的编号，llg1…，见 org show
    #[arg(value_name = "GRANT", value_parser = identifier::<GrantId>)]
    ended: GrantId,
    #[command(flatten)]
    write: WriteArguments,
}

/// Arguments of `org rotate-key`.
#[derive(Args, Debug)]
pub(crate) struct RotateArguments {
    /// The new key: a name in this wallet, or 64 digits, as key show says / 新密钥：本机密钥的名字，或 64 位公钥，见 key show
    #[arg(value_name = "NEW")]
    new: String,
    /// The key that ends; the one that signs if not given / 停用哪一把；不给则是签名的那一把
    #[arg(long, value_name = "NAME|DIGITS")]
    old: Option<String>,
    #[command(flatten)]
    write: WriteArguments,
}

/// A value by its name in JSON; also with hyphens.
///
/// # Errors
/// A sentence for the command line, which lists the names.
fn named<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_value(json!(text.replace('-', "_"))).map_err(|error| error.to_string())
}

/// What a choice is called, for people.
fn name_of(value: &impl Serialize, language: Language) -> String {
    let name = serde_json::to_value(value).ok();
    let name = name.as_ref().and_then(Value::as_str).unwrap_or_default();
    reading::choice(name, language)
}

/// What a role is called, for people.
pub(super) fn role_name(role: Role, language: Language) -> String {
    name_of(&role, language)
}

/// Runs `linli org`.
///
/// # Errors
/// Those of the node, of keys and prompts; the code with which a rule says no.
pub(crate) fn run(command: &OrgCommand, session: &Session) -> Result<String, Failure> {
    let client = Client::new(session)?;
    match command {
        OrgCommand::List(ListArguments { kind }) => list(&client, *kind),
        OrgCommand::Show(arguments) => show(&client, arguments),
        OrgCommand::Invite(InviteArguments { person, organisation, write }) => {
            let call = Call::PersonRegister { organisation: *organisation, key: *person };
            let made = |id| PersonId(derive_identifier(&id, 0)).to_string();
            make(&client, write, call, "invite-next", &made)
        }
        OrgCommand::Grant(GrantArguments {
            person,
            role,
            organisation,
            scope,
            level,
            days,
            write,
        }) => {
            let from = client.now()?;
            let call = Call::RoleGrant {
                person: *person,
                role: *role,
                organisation: *organisation,
                scope: scope.clone(),
                level: *level,
                nullifier: None,
                from,
                to: from.plus(u64::from(*days).saturating_mul(DAY_MS)),
            };
            let made = |id| GrantId(derive_identifier(&id, 0)).to_string();
            make(&client, write, call, "grant-next", &made)
        }
        OrgCommand::Revoke(RevokeArguments { ended, write }) => {
            let call = AnyCall::Registry(Call::RoleRevoke { grant: *ended });
            perform(&Order::open(&client, write)?, call, None, &mut |_| Ok(()))
        }
        OrgCommand::RotateKey(arguments) => rotate(&client, arguments),
        OrgCommand::Proposals(arguments) => members::proposals(&client, arguments),
        OrgCommand::Proposal(arguments) => members::show(&client, arguments),
        OrgCommand::Propose(arguments) => members::propose(&client, arguments),
        OrgCommand::Vote(arguments) => members::vote(&client, arguments),
        OrgCommand::Withdraw(arguments) => members::withdraw(&client, arguments),
        OrgCommand::Nodes => members::nodes(&client),
        OrgCommand::Cut(arguments) => members::cut(&client, arguments),
    }
}

/// A key by its name in this wallet, or by its digits.
fn key_of(text: &str, session: &Session) -> Result<PublicKey, Failure> {
    match public_key(text) {
        Ok(key) => Ok(key),
        Err(_) => Ok(session.store().card(text)?.public_key),
    }
}

/// One call: never is the owner without a key, and never do both sign.
fn rotate(client: &Client<'_>, arguments: &RotateArguments) -> Result<String, Failure> {
    let RotateArguments { new, old, write } = arguments;
    let session = client.session();
    let new = key_of(new, session)?;
    let old = old.as_ref().map(|old| key_of(old, session)).transpose()?;
    let order = Order::open(client, write)?;
    let old = old.unwrap_or_else(|| order.public_key());
    let call = AnyCall::Registry(Call::KeyRotate { old, new });
    let said = perform(&order, call, None, &mut |_| Ok(()))?;
    let is_done = !write.dry_run && write.out.is_none();
    Ok(match session.format {
        Format::Table | Format::Csv if is_done => {
            format!("{said}  {}\n", word("rotate-next", session.language))
        }
        Format::Table | Format::Csv | Format::Json => said,
    })
}

/// Does what creates something, and says its identifier.
fn make(
    client: &Client<'_>,
    write: &WriteArguments,
    call: Call,
    message: &str,
    identify: &dyn Fn(linli_ledger::types::TransactionId) -> String,
) -> Result<String, Failure> {
    let session = client.session();
    let mut made = None;
    let order = Order::open(client, write)?;
    let said = perform(&order, AnyCall::Registry(call), None, &mut |id| {
        made = Some(identify(id));
        Ok(())
    })?;
    Ok(match (session.format, made) {
        (Format::Table | Format::Csv, Some(id)) => {
            format!("{said}  {}\n", word_with(message, session.language, &[("id", id.into())]))
        }
        (_, _) => said,
    })
}

fn list(client: &Client<'_>, kind: Option<OrganisationKind>) -> Result<String, Failure> {
    let session = client.session();
    let language = session.language;
    let kind = kind.map(|kind| json!(kind).as_str().unwrap_or_default().to_owned());
    let filter: Vec<_> = kind.into_iter().map(|kind| ("kind", kind)).collect();
    let found: Vec<Organisation> = client.list(path::ORGANISATIONS, &filter, None)?;
    let mut listing = Listing::new(&[
        ("name", word("column-name", language)),
        ("kind", word("column-kind", language)),
        ("organisation", word("column-number", language)),
    ]);
    for Organisation { id, record } in found {
        let kind = json!(record.kind).as_str().unwrap_or_default().to_owned();
        listing.row_shown([
            (record.name.clone(), record.name),
            (kind, name_of(&record.kind, language)),
            (id.to_string(), id.to_string()),
        ]);
    }
    Ok(listing.render(session, "nothing-here"))
}

fn show(client: &Client<'_>, arguments: &ShowArguments) -> Result<String, Failure> {
    let session = client.session();
    let language = session.language;
    let ShowArguments { organisation, all } = arguments;
    let id = organisation.to_string();
    let found: Organisation = client.one(&path::with(path::ORGANISATION, &[&id]), None)?;
    if found.id != *organisation {
        return Err(Failure::new(Code::NodeAnswer, found.id));
    }
    let mut filter = vec![("organisation", id)];
    if !all {
        filter.push(("active", "true".to_owned()));
    }
    let roles: Vec<Granted> = client.list(path::ROLES, &filter, None)?;
    if session.format == Format::Json {
        return Ok(format!("{}\n", json!({ "organisation": found, "roles": roles })));
    }
    let mut listing = Listing::new(&[
        ("role", word("column-role", language)),
        ("scope", word("column-place", language)),
        ("level", word("column-step", language)),
        ("to", word("column-valid-to", language)),
        ("person", word("column-person", language)),
        ("grant", word("column-number", language)),
    ])
    .right(2);
    for Granted { id, record } in roles {
        let role = json!(record.role).as_str().unwrap_or_default().to_owned();
        let person = record.person.to_string();
        listing.row_shown([
            (role, role_name(record.role, language)),
            (record.scope.clone(), record.scope),
            (record.level.to_string(), record.level.to_string()),
            (record.to.to_string(), reading::time(record.to)),
            (person.clone(), reading::short(&person)),
            (id.to_string(), id.to_string()),
        ]);
    }
    let kind = name_of(&found.record.kind, language);
    let about = format!("{}  {kind}  {}", reading::clean(&found.record.name), found.id);
    Ok(listing.above(&about).render(session, "nothing-here"))
}
