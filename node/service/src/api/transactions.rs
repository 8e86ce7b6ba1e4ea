//! This exists to show transactions to whoever may see them; of the others the leaf is shown, as in the
//! public chain.

use super::answer::{Answer, Keep};
use super::cursor::{Turn, Turned};
use super::description::Problems;
use super::extract::{Ask, Nothing, Part};
use super::failure::{Asked, Failure};
use super::registry::KeyText;
use super::viewer::Viewer;
use super::{Api, at};
use crate::index::{
    At as Start, Checked, Cursor, Found as Place, Index, IndexError, Order, Page, Paged,
};
use crate::live::door::compartment;
use axum::Extension;
use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use linli_contracts::AnyCall;
use linli_ledger::block::BlockTransaction;
use linli_ledger::codec::{decode, encode};
use linli_ledger::contract::Rulebook;
use linli_ledger::hash::{Digest, from_hex_bytes};
use linli_ledger::keys;
use linli_ledger::receipt::Receipt;
use linli_ledger::record::KeyPart;
use linli_ledger::transaction::{Body, SignedTransaction};
use linli_ledger::types::{Height, TransactionId};
use linli_ledger::view::View;
use linli_wire::transaction::{Content, Transaction};
use linli_wire::{At, Explanation, Language, List, path};
use serde::{Deserialize, Serialize};
use std::str::FromStr;
use std::sync::Arc;

/// For whom transactions are shown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader {
    pub(crate) viewer: Viewer,
    pub(crate) language: Language,
}

/// The contract and the call by name, read off the call's own JSON.
fn kind(call: Option<&AnyCall>) -> String {
    let value = call.and_then(|call| serde_json::to_value(call).ok()).unwrap_or_default();
    let first = |value: &serde_json::Value| match value {
        serde_json::Value::String(name) => Some((name.clone(), serde_json::Value::Null)),
        serde_json::Value::Object(map) => {
            map.iter().next().map(|(name, inner)| (name.clone(), inner.clone()))
        }
        _ => None,
    };
    match first(&value) {
        None => "unknown".to_owned(),
        Some((contract, inner)) => match first(&inner) {
            None => contract,
            Some((name, _)) => format!("{contract}/{name}"),
        },
    }
}

/// Why a receipt says no, if it does.
pub(crate) fn rejection(receipt: &Receipt, language: Language) -> Option<Explanation> {
    let rejection = receipt.rejection()?;
    Some(Explanation::new(rejection.code, &rejection.details, language))
}

fn content(
    view: &View<'_>,
    rulebook: &Rulebook,
    reader: Reader,
    signed: &SignedTransaction,
    receipt: Option<&Receipt>,
    receipt_index: u32,
) -> Option<Content> {
    let body: Body = decode(&signed.body, "a body").ok()?;
    let half = compartment(rulebook, &body);
    if !reader.viewer.sees_transaction(view, half, &body.signers) {
        return None;
    }
    let call = AnyCall::decode(body.contract, &body.call);
    Some(Content {
        id: signed.id(),
        contract: body.contract,
        kind: kind(call.as_ref()),
        call,
        signers: body.signers,
        receipt: receipt.cloned(),
        receipt_index,
        rejection: receipt.and_then(|receipt| rejection(receipt, reader.language)),
        bytes: STANDARD.encode(encode(signed)),
    })
}

/// The transactions of a block as a reader may see them.
pub(crate) fn of_block(
    view: &View<'_>,
    rulebook: &Rulebook,
    reader: Reader,
    block: &Checked,
) -> Vec<Transaction> {
    let header = block.header();
    let transactions = &block.committed.block.transactions;
    let due = block.receipts.len().saturating_sub(transactions.len());
    let show = |(position, transaction): (usize, &BlockTransaction)| {
        let index = u32::try_from(position).unwrap_or(u32::MAX);
        let receipt_index = u32::try_from(due + position).unwrap_or(u32::MAX);
        let (leaf, content) = match transaction {
            BlockTransaction::Withheld(leaf) => (*leaf, None),
            BlockTransaction::Full(signed) => {
                let receipt = block.receipts.get(due + position);
                let content = content(view, rulebook, reader, signed, receipt, receipt_index);
                (signed.leaf(), content)
            }
        };
        Transaction { height: header.height, index, time: header.time, leaf, content }
    };
    transactions.iter().enumerate().map(show).collect()
}

/// One transaction as a reader may see it; `None` for what fell due.
fn of_place(
    view: &View<'_>,
    rulebook: &Rulebook,
    reader: Reader,
    found: &Place,
) -> Option<Transaction> {
    let signed = found.transaction()?;
    let header = found.block.header();
    let index = u32::try_from(found.block.position(found.at.index)?).unwrap_or(u32::MAX);
    let receipt = Some(found.receipt());
    let content = content(view, rulebook, reader, signed, receipt, found.at.index);
    Some(Transaction {
        height: header.height,
        index,
        time: header.time,
        leaf: signed.leaf(),
        content,
    })
}

/// The identifier of a transaction in a path.
#[derive(Clone, Copy, Debug)]
pub(crate) struct IdText(pub(crate) TransactionId);

impl FromStr for IdText {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bytes = from_hex_bytes(text).and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
        let bytes = bytes.ok_or("expected an identifier: 64 lower-case hexadecimal digits")?;
        Ok(Self(TransactionId(Digest::Blake3(bytes))))
    }
}

/// One transaction with its call, signers and receipt. It is final: it never changes.
#[utoipa::path(get, path = path::TRANSACTION, tag = "chain",
    params(("transaction" = String, Path, description = "The hash of its body, 64 digits")),
    responses((status = 200, body = Transaction), Problems))]
pub(crate) async fn transaction(
    State(api): State<Api>,
    Extension(viewer): Extension<Viewer>,
    Extension(asked): Extension<Asked>,
    Part(IdText(id)): Part<IdText>,
    Ask(Nothing {}): Ask<Nothing>,
) -> Result<Answer<Transaction>, Failure> {
    let reader = Reader { viewer, language: asked.language };
    let (transaction, height) = api
        .blocking(move |api| {
            let missing = || Failure::not_found("transaction", id);
            let found = api.index(|index| index.transaction(&id))?.ok_or_else(missing)?;
            api.restricted(|view, state| {
                let shown = of_place(view, api.live().rulebook(), reader, &found);
                shown.map(|shown| (shown, state.tip().height)).ok_or_else(missing)
            })
        })
        .await?;
    Ok(Answer::new(transaction, height, &viewer, Keep::Final))
}

/// Which transactions. At most one of `key`, `record` and `account` narrows the list down.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct TransactionQuery {
    /// Only those that this key signed, 64 hexadecimal digits.
    key: Option<String>,
    /// Only those that wrote a record of this identifier: a fund, a contract, a payment, an
    /// organisation, an activity.
    record: Option<String>,
    /// Only those that moved value in or out of this account, `lla1…`.
    account: Option<String>,
    /// `newest` or `oldest` first.
    #[param(inline)]
    order: Option<super::accounts::Sort>,
    /// How many at the most.
    #[serde(skip_serializing)]
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// A mark of a page of the same list.
    #[serde(skip_serializing)]
    cursor: Option<String>,
}

/// What a list is narrowed down by.
enum Filter {
    All,
    Key(linli_ledger::crypto::PublicKey),
    Record([u8; 32]),
    Account(linli_ledger::types::AccountId),
}

impl TransactionQuery {
    fn filter(&self) -> Result<Filter, Failure> {
        match (&self.key, &self.record, &self.account) {
            (None, None, None) => Ok(Filter::All),
            (Some(key), None, None) => {
                let key: KeyText = key.parse().map_err(|e: String| Failure::parameter("key", e))?;
                Ok(Filter::Key(key.0))
            }
            (None, Some(record), None) => any_identifier(record)
                .map(Filter::Record)
                .ok_or_else(|| Failure::parameter("record", "it is no identifier of this ledger")),
            (None, None, Some(account)) => account.parse().map(Filter::Account).map_err(
                |e: linli_ledger::types::IdentifierError| {
                    Failure::parameter("account", e.to_string())
                },
            ),
            _ => Err(Failure::parameter("query", "only one of key, record and account")),
        }
    }
}

/// The bytes of an identifier of any kind but an account's.
pub(crate) fn any_identifier(text: &str) -> Option<[u8; 32]> {
    use linli_ledger::types::{
        EarmarkId, EnrolmentId, GrantId, OrganisationId, PersonId, RecordId,
    };
    let record = text.parse::<RecordId>().map(|id| id.0);
    record
        .or_else(|_| text.parse::<OrganisationId>().map(|id| id.0))
        .or_else(|_| text.parse::<PersonId>().map(|id| id.0))
        .or_else(|_| text.parse::<EnrolmentId>().map(|id| id.0))
        .or_else(|_| text.parse::<GrantId>().map(|id| id.0))
        .or_else(|_| text.parse::<EarmarkId>().map(|id| id.0))
        .ok()
}

/// Transactions, newest first.
///
/// Those that the viewer may not see are there as their leaf only, and only in the list of all: in a list
/// that is narrowed down they are left out, because being in it says something about them.
#[utoipa::path(get, path = path::TRANSACTIONS, tag = "chain", params(TransactionQuery),
    responses((status = 200, body = List<Transaction>), Problems))]
pub(crate) async fn transactions(
    State(api): State<Api>,
    Extension(viewer): Extension<Viewer>,
    Extension(asked): Extension<Asked>,
    Ask(query): Ask<TransactionQuery>,
) -> Result<Answer<List<Transaction>>, Failure> {
    let turn = Turn::new(path::TRANSACTIONS, &query, query.limit, query.cursor.as_deref())?;
    let filter = query.filter()?;
    let reader = Reader { viewer, language: asked.language };
    let order = match query.order.unwrap_or_default() {
        super::accounts::Sort::Newest => Order::Descending,
        super::accounts::Sort::Oldest => Order::Ascending,
    };
    api.answer(viewer, move |api| {
        let turned = match filter {
            Filter::All => return all(api, &turn, order, reader),
            Filter::Key(key) => {
                // Whether a resident has this key is itself not public.
                let seen = api.restricted(|view, _| {
                    keys::find(view, &key).is_some_and(|key| viewer.sees_key(view, key.owner))
                });
                if !seen {
                    return Err(Failure::not_found("key", key));
                }
                narrowed(api, &turn, order, reader, |page| {
                    Ok(places(api.index(|index| index.signed_by(&key, page))?))
                })?
            }
            Filter::Record(id) => narrowed(api, &turn, order, reader, |page| {
                Ok(places(api.index(|index| index.history(&id, page))?))
            })?,
            Filter::Account(id) => {
                api.restricted(|view, _| super::accounts::find(view, &viewer, id).map(|_| ()))?;
                let live = api.live();
                narrowed(api, &turn, order, reader, |page| {
                    let journal =
                        api.index(|index| live.with_state(|state| index.journal(state, id, page)))?;
                    let lines = journal.lines;
                    lines.try_map(|line| Ok((Cursor::of_entry(line.entry.number), line.found)))
                })?
            }
        };
        let at = api.public(|_, state| at(state));
        let page = turn.page(&turned);
        Ok((List { data: turned.items, page, at }, at))
    })
    .await
}

/// Entries of a list that is narrowed down, each with its own place.
type Entries = Paged<(Cursor, Place)>;

fn places(paged: Paged<Place>) -> Entries {
    let place = |found: Place| {
        let mut out = Vec::new();
        found.at.write(&mut out);
        (Cursor(out), found)
    };
    Paged {
        items: paged.items.into_iter().map(place).collect(),
        next: paged.next,
        previous: paged.previous,
    }
}

/// Entries that are looked at for one page: behind so many that may not be seen the list ends.
const LOOKED_AT_MAX: usize = 2_000;

/// A page of those entries that the reader may see: its marks are places of those, so that nobody
/// learns from a mark where the others are.
fn narrowed(
    api: &Api,
    turn: &Turn,
    order: Order,
    reader: Reader,
    entries: impl Fn(&Page) -> Result<Entries, Failure>,
) -> Result<Turned<Transaction>, Failure> {
    turn.turn(|backward, from, count| {
        let mut at = match from {
            None => Start::Start,
            Some(place) if backward => Start::Before(Cursor(place.to_vec())),
            Some(place) => Start::After(Cursor(place.to_vec())),
        };
        let (mut found, mut looked_at) = (Vec::new(), 0);
        loop {
            let mut part = entries(&Page { limit: count.max(50), order, at })?;
            if backward {
                part.items.reverse();
            }
            looked_at += part.items.len();
            api.restricted(|view, _| {
                let rulebook = api.live().rulebook();
                for (Cursor(place), entry) in part.items {
                    let shown = of_place(view, rulebook, reader, &entry);
                    let shown = shown.filter(|shown| shown.content.is_some());
                    found.extend(shown.map(|shown| (place, shown)));
                }
            });
            let next = if backward {
                part.previous.map(Start::Before)
            } else {
                part.next.map(Start::After)
            };
            match next {
                Some(next) if found.len() < count && looked_at < LOOKED_AT_MAX => at = next,
                Some(_) | None => break,
            }
        }
        found.truncate(count);
        Ok(found)
    })
}

/// A place in the list of all transactions: height and position in the block.
fn place(height: Height, index: u32) -> Vec<u8> {
    [height.0.to_be_bytes().as_slice(), &index.to_be_bytes()].concat()
}

fn read_place(bytes: &[u8]) -> Option<(u64, u32)> {
    let (height, index) = bytes.split_first_chunk::<8>()?;
    Some((u64::from_be_bytes(*height), u32::from_be_bytes(index.try_into().ok()?)))
}

/// Walks the chain block by block.
fn all(
    api: &Api,
    turn: &Turn,
    order: Order,
    reader: Reader,
) -> Result<(List<Transaction>, At), Failure> {
    let last = api.index(|index| Ok(index.cursor().0))?.0;
    let turned = turn.turn::<_, Failure>(|backward, from, count| {
        let from = from.and_then(read_place);
        let down = (order == Order::Descending) != backward;
        let mut height = match (from, down) {
            (Some((height, _)), _) => height,
            (None, true) => last,
            (None, false) => 1,
        };
        let mut found = Vec::new();
        while (1..=last).contains(&height) && found.len() < count {
            let block = api.index(|index| block(index, Height(height)))?;
            let mut shown =
                api.restricted(|view, _| of_block(view, api.live().rulebook(), reader, &block));
            if down {
                shown.reverse();
            }
            let beyond = |t: &Transaction| {
                from.is_none_or(|from| {
                    let here = (t.height.0, t.index);
                    if down { here < from } else { here > from }
                })
            };
            let shown = shown.into_iter().filter(beyond);
            found.extend(shown.map(|shown| (place(shown.height, shown.index), shown)));
            height = if down { height - 1 } else { height + 1 };
        }
        found.truncate(count);
        Ok(found)
    })?;
    let at = api.public(|_, state| at(state));
    let page = turn.page(&turned);
    Ok((List { data: turned.items, page, at }, at))
}

/// A block that must be there.
pub(crate) fn block(index: &Index, height: Height) -> Result<Arc<Checked>, IndexError> {
    let (done, _) = index.cursor();
    index.block(height)?.ok_or(IndexError::Rebuilding { done, total: height })
}

/// What a submitter is told of a transaction that is final.
pub(crate) fn finality(found: &Place) -> Option<(Height, u32, Receipt)> {
    let index = u32::try_from(found.block.position(found.at.index)?).unwrap_or(u32::MAX);
    Some((found.at.height, index, found.receipt().clone()))
}
