//! This exists to answer about the chain: where it stands, how it began, who certifies it, its blocks.

use super::answer::{Answer, Keep};
use super::cursor::Turn;
use super::description::Problems;
use super::extract::{Ask, Nothing, Part};
use super::failure::{Asked, Failure};
use super::transactions::{Reader, block as checked, of_block};
use super::viewer::Viewer;
use super::{Api, at};
use axum::Extension;
use axum::extract::State;
use linli_contracts::{credit, fund, governance, people, programme, registry};
use linli_ledger::block::CommittedBlock;
use linli_ledger::code::Code;
use linli_ledger::hash::{Digest, from_hex_bytes};
use linli_ledger::rules::ContractVersions;
use linli_ledger::types::{BlockHash, ContractId, Height};
use linli_wire::chain::{
    Block, Chain, ContractInForce, Contradictions, Index, NextVersion, Status, Validators,
};
use linli_wire::{Found, List, path};
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// What there is.
#[utoipa::path(get, path = path::INDEX, tag = "help",
    responses((status = 200, body = Index), Problems))]
pub(crate) async fn index(
    State(api): State<Api>,
    Extension(viewer): Extension<Viewer>,
    Ask(Nothing {}): Ask<Nothing>,
) -> Answer<Index> {
    let index = Index {
        program: "linlid".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        paths: path::ALL.iter().map(|path| (*path).to_owned()).collect(),
        documentation: "/docs".to_owned(),
    };
    let height = api.public(|_, state| state.tip().height);
    Answer::new(index, height, &viewer, Keep::Fresh)
}

/// Where the node stands.
#[utoipa::path(get, path = path::STATUS, tag = "chain",
    responses((status = 200, body = Status), Problems))]
pub(crate) async fn status(
    State(api): State<Api>,
    Extension(viewer): Extension<Viewer>,
    Ask(Nothing {}): Ask<Nothing>,
) -> Result<Answer<Status>, Failure> {
    api.answer(viewer, |api| {
        let indexed = api.0.index.status().cursor;
        let waiting = api.live().health().waiting as u64;
        Ok(api.public(|_, state| {
            let genesis = api.live().genesis();
            let status = Status {
                name: genesis.name.clone(),
                genesis: api.genesis(),
                head: at(state),
                time: state.tip().time,
                indexed,
                waiting,
                keys: genesis.keys,
                clock: genesis.clock,
                version: env!("CARGO_PKG_VERSION").to_owned(),
            };
            (status, at(state))
        }))
    })
    .await
}

fn name(contract: ContractId) -> &'static str {
    match contract {
        registry::CONTRACT => "registry",
        people::CONTRACT => "people",
        programme::CONTRACT => "programme",
        credit::CONTRACT => "credit",
        fund::CONTRACT => "fund",
        governance::CONTRACT => "governance",
        _ => "unknown",
    }
}

/// How the chain began, and which contracts are in force.
#[utoipa::path(get, path = path::CHAIN, tag = "chain",
    responses((status = 200, body = Found<Chain>), Problems))]
pub(crate) async fn chain(
    State(api): State<Api>,
    Extension(viewer): Extension<Viewer>,
    Ask(Nothing {}): Ask<Nothing>,
) -> Result<Answer<Found<Chain>>, Failure> {
    api.answer(viewer, |api| {
        Ok(api.public(|view, state| {
            let versions = fund::reading::every::<ContractVersions>(view, &()).into_iter();
            let contracts = versions.filter_map(|(contract, versions)| {
                let at = state.tip().height.next();
                let version = versions.at(at)?;
                let next = versions.after(at).map(|(from, version)| NextVersion { version, from });
                Some(ContractInForce { contract, name: name(contract).to_owned(), version, next })
            });
            let contracts = contracts.collect();
            let genesis = api.live().genesis().clone();
            let data = Chain { hash: api.genesis(), genesis, contracts };
            (Found { data, at: at(state) }, at(state))
        }))
    })
    .await
}

/// Who certifies the next block: always all of them.
#[utoipa::path(get, path = path::VALIDATORS, tag = "chain",
    responses((status = 200, body = Found<Validators>), Problems))]
pub(crate) async fn validators(
    State(api): State<Api>,
    Extension(viewer): Extension<Viewer>,
    Ask(Nothing {}): Ask<Nothing>,
) -> Result<Answer<Found<Validators>>, Failure> {
    api.answer(viewer, |api| {
        Ok(api.public(|_, state| {
            let set = state.validators();
            let data = Validators { hash: set.hash(), members: set.members().to_vec() };
            (Found { data, at: at(state) }, at(state))
        }))
    })
    .await
}

/// Proofs that validators have contradicted themselves, as this node has seen them.
#[utoipa::path(get, path = path::EVIDENCE, tag = "chain",
    responses((status = 200, body = Found<Contradictions>), Problems))]
pub(crate) async fn evidence(
    State(api): State<Api>,
    Extension(viewer): Extension<Viewer>,
    Ask(Nothing {}): Ask<Nothing>,
) -> Result<Answer<Found<Contradictions>>, Failure> {
    api.answer(viewer, |api| {
        let evidence = linli_node::evidence(api.live().folder())?;
        Ok(api.public(|_, state| {
            (Found { data: Contradictions { evidence }, at: at(state) }, at(state))
        }))
    })
    .await
}

/// A block in a path.
#[derive(Clone, Copy, Debug)]
pub(crate) enum BlockText {
    Height(u64),
    Hash(BlockHash),
    Latest,
}

impl FromStr for BlockText {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "latest" {
            return Ok(Self::Latest);
        }
        let hash = from_hex_bytes(text).and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
        if let Some(hash) = hash {
            return Ok(Self::Hash(BlockHash(Digest::Blake3(hash))));
        }
        text.parse()
            .map(Self::Height)
            .map_err(|_| "expected a height, a hash of 64 digits, or `latest`".to_owned())
    }
}

/// A block: header and certificate together, and its transactions.
#[utoipa::path(get, path = path::BLOCK, tag = "chain",
    params(("block" = String, Path, description = "A height, a hash, or `latest`")),
    responses((status = 200, body = Block), Problems))]
pub(crate) async fn block(
    State(api): State<Api>,
    Extension(viewer): Extension<Viewer>,
    Extension(asked): Extension<Asked>,
    Part(which): Part<BlockText>,
    Ask(Nothing {}): Ask<Nothing>,
) -> Result<Answer<Block>, Failure> {
    let reader = Reader { viewer, language: asked.language };
    let keep = if matches!(which, BlockText::Latest) { Keep::Fresh } else { Keep::Final };
    let (block, height) = api
        .blocking(move |api| {
            let head = api.public(|_, state| state.tip().height);
            let height = match which {
                BlockText::Height(height) => Height(height),
                BlockText::Latest => head,
                BlockText::Hash(hash) => {
                    let found = api.index(|index| index.height_of(&hash))?;
                    found.ok_or_else(|| Failure::not_found("block", hash))?
                }
            };
            if height > head || height == Height(0) {
                let detail = format!("block {height}: the blocks are 1 to {head}");
                return Err(Failure::new(Code::UnknownHeight, detail));
            }
            let found = api.index(|index| checked(index, height))?;
            let transactions =
                api.restricted(|view, _| of_block(view, api.live().rulebook(), reader, &found));
            let block = Block { transactions: Some(transactions), ..bare(&found.committed) };
            Ok((block, head))
        })
        .await?;
    Ok(Answer::new(block, height, &viewer, keep))
}

/// A block without its transactions.
pub(crate) fn bare(committed: &CommittedBlock) -> Block {
    let header = committed.block.header.clone();
    let certificate = committed.certificate.clone();
    Block { hash: header.hash(), header, certificate, transactions: None }
}

/// Which blocks.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct BlockQuery {
    /// From this height on.
    #[param(value_type = Option<String>, pattern = "^(0|[1-9][0-9]{0,19})$")]
    from: Option<Height>,
    /// Up to and with this height.
    #[param(value_type = Option<String>, pattern = "^(0|[1-9][0-9]{0,19})$")]
    to: Option<Height>,
    /// `newest` or `oldest` first.
    #[param(inline)]
    order: Option<super::accounts::Sort>,
    /// How many at the most, 1 to 100.
    #[serde(skip_serializing)]
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// A mark of a page of the same list.
    #[serde(skip_serializing)]
    cursor: Option<String>,
}

/// Blocks of a page; each is read from disk with its certificate.
const BLOCKS_MAX: u32 = 100;

/// Headers with their certificates, newest first.
#[utoipa::path(get, path = path::BLOCKS, tag = "chain", params(BlockQuery),
    responses((status = 200, body = List<Block>), Problems))]
pub(crate) async fn blocks(
    State(api): State<Api>,
    Extension(viewer): Extension<Viewer>,
    Ask(query): Ask<BlockQuery>,
) -> Result<Answer<List<Block>>, Failure> {
    let limit = query.limit.unwrap_or(20);
    if limit > BLOCKS_MAX {
        return Err(Failure::parameter("limit", format!("{limit} is not in 1 to {BLOCKS_MAX}")));
    }
    let turn = Turn::new(path::BLOCKS, &query, Some(limit), query.cursor.as_deref())?;
    api.answer(viewer, move |api| {
        let at = api.public(|_, state| at(state));
        let first = query.from.map_or(1, |from| from.0.max(1));
        let last = query.to.map_or(at.height.0, |to| to.0.min(at.height.0));
        let newest = query.order.unwrap_or_default() == super::accounts::Sort::Newest;
        let turned = turn.turn::<_, Failure>(|backward, place, count| {
            let count = count as u64;
            let place = place.and_then(|p| p.try_into().ok()).map(u64::from_be_bytes);
            // Downwards from below the place, or upwards from above it.
            let down = newest != backward;
            let (low, high) = match (place, down) {
                (None, true) => (last.saturating_sub(count - 1).max(first), last),
                (None, false) => (first, first.saturating_add(count - 1).min(last)),
                (Some(place), true) => {
                    let high = place.saturating_sub(1).min(last);
                    (high.saturating_sub(count - 1).max(first), high)
                }
                (Some(place), false) => {
                    let low = place.saturating_add(1).max(first);
                    (low, low.saturating_add(count - 1).min(last))
                }
            };
            if low > high {
                return Ok(Vec::new());
            }
            let mut found = api.live().blocks(Height(low), Height(high))?;
            if down {
                found.reverse();
            }
            let show = |committed: CommittedBlock| {
                let height = committed.block.header.height;
                (height.0.to_be_bytes().to_vec(), bare(&committed))
            };
            Ok(found.into_iter().map(show).collect())
        })?;
        let page = turn.page(&turned);
        Ok((List { data: turned.items, page, at }, at))
    })
    .await
}
