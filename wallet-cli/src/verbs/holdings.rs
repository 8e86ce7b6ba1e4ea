//! This exists to be `linli account list`: the accounts that the owner of a key has, or looks after, with the
//! identifiers by which each can be shown, watched and stated.

use super::account::{amount, unit_name};
use super::fund::place_kind;
use super::points::programmes;
use crate::failure::Failure;
use crate::listing::Listing;
use crate::online::{Client, Order};
use crate::reading;
use crate::texts::word;
use crate::verbs::points::WhoArguments;
use linli_contracts::credit;
use linli_ledger::code::Code;
use linli_ledger::crypto::BusinessKey;
use linli_ledger::keys::KeyOwner;
use linli_ledger::posting::{AccountKey, Unit};
use linli_ledger::types::{AccountId, EnrolmentId, OrganisationId};
use linli_wire::account::Account;
use linli_wire::credit::Enrolment;
use linli_wire::money::{FundSummary, PlaceBalance};
use linli_wire::path;
use serde_json::json;
use std::collections::BTreeSet;

/// An account, for a row.
struct Holding {
    account: AccountId,
    /// The word for what it is, and a name.
    kind: String,
    label: String,
    unit: Unit,
    balance: u64,
}

/// Lists the accounts of the owner of a key.
///
/// # Errors
/// Those of the node, of keys and prompts.
pub(super) fn list(client: &Client<'_>, who: &WhoArguments) -> Result<String, Failure> {
    let session = client.session();
    let language = session.language;
    let reading = who.reading();
    let order = Order::open(client, &reading)?;
    let key = order.registered()?;
    let held = match key.record.owner {
        KeyOwner::Enrolment(enrolment) => of_resident(client, enrolment, order.key())?,
        KeyOwner::Organisation(organisation) => of_funds(client, &[organisation].into())?,
        KeyOwner::Person(_) => {
            of_funds(client, &key.roles.iter().map(|role| role.record.organisation).collect())?
        }
    };
    let mut listing = Listing::new(&[
        ("kind", word("column-where", language)),
        ("label", word("column-name", language)),
        ("balance", word("column-balance", language)),
        ("unit", word("column-unit", language)),
        ("account", word("column-number", language)),
    ])
    .right(2);
    for Holding { account, kind, label, unit, balance } in held {
        let unit_word = word(unit_name(unit), language);
        listing.row_shown([
            (kind.clone(), word(&kind, language)),
            (label.clone(), reading::clean(&label)),
            (balance.to_string(), amount(unit, balance, session)),
            (json!(unit).as_str().unwrap_or_default().to_owned(), unit_word),
            (account.to_string(), account.to_string()),
        ]);
    }
    Ok(listing.render(session, "nothing-here"))
}

/// Hours, and points of each programme. An account that nothing ever went through is none yet.
fn of_resident(
    client: &Client<'_>,
    id: EnrolmentId,
    key: &BusinessKey,
) -> Result<Vec<Holding>, Failure> {
    let path = path::with(path::ENROLMENT, &[&id.to_string()]);
    let mine: Enrolment = client.one(&path, Some(key))?;
    let names = programmes(client)?;
    let community = mine.record.community.clone();
    let mut accounts: Vec<(AccountKey, &str, String)> = vec![
        (credit::service(id), "section-hours", community.clone()),
        (credit::training(id), "account-training", community),
    ];
    for points in &mine.points {
        let programme = points.programme;
        let name = names.get(&programme).cloned().unwrap_or_else(|| programme.to_string());
        let of: [(AccountKey, &str); 3] = [
            (credit::available(id, programme), "state-available"),
            (credit::held(id, programme), "state-held"),
            (credit::locked(id, programme), "state-locked"),
        ];
        accounts.extend(of.map(|(account, kind)| (account, kind, name.clone())));
    }
    let mut held = Vec::new();
    for (account, kind, label) in accounts {
        let id = account.id();
        let path = path::with(path::ACCOUNT, &[&id.to_string()]);
        let found: Account = match client.one(&path, Some(key)) {
            Err(failure) if failure.code == Code::NotFound => continue,
            found => found?,
        };
        let (unit, balance) = (found.account.key.unit, found.account.balance);
        held.push(Holding { account: id, kind: kind.to_owned(), label, unit, balance });
    }
    Ok(held)
}

/// The places of every fund that one of these organisations keeps or whose bank it is.
fn of_funds(
    client: &Client<'_>,
    organisations: &BTreeSet<OrganisationId>,
) -> Result<Vec<Holding>, Failure> {
    let funds: Vec<FundSummary> = client.list(path::FUNDS, &[], None)?;
    let own = funds.into_iter().filter(|fund| {
        let of_fund = [fund.record.organisation, fund.record.bank];
        of_fund.iter().any(|organisation| organisations.contains(organisation))
    });
    let holding = |PlaceBalance { place, balance }: PlaceBalance| Holding {
        account: place.account,
        kind: format!("place-{}", place_kind(&json!(place.what))),
        label: place.label,
        unit: Unit::Fen,
        balance: balance.0,
    };
    Ok(own.flat_map(|fund| fund.accounts).map(holding).collect())
}
