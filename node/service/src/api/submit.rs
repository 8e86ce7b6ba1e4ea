//! This exists to take transactions in: bytes are read and signatures verified on all cores off the
//! threads that serve, then they are tried, queued, or waited for. The same bytes again get the first
//! result: whoever repeats a submission cannot do it twice.

use super::answer::{Answer as Reply, Keep};
use super::body::{Submission, read};
use super::description::Problems;
use super::extract::Ask;
use super::failure::{Asked, Failure};
use super::rehearsal::{rehearsed, would};
use super::signed::Asker;
use super::transactions::{finality, rejection};
use super::viewer::Viewer;
use super::{Api, now};
use crate::live::door::{has_used_nonce, holds_personal_data};
use crate::live::{Answer, Final, SubmitError, Ticket};
use axum::Extension;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use linli_ledger::code::Code;
use linli_ledger::codec::decode;
use linli_ledger::execute::admit;
use linli_ledger::limits::TRANSACTION_BYTES_MAX;
use linli_ledger::receipt::Receipt;
use linli_ledger::transaction::{
    Body, PresumedTransaction, SignedTransaction, VerifiedTransaction,
};
use linli_ledger::types::{Height, TransactionId};
use linli_wire::path;
use linli_wire::transaction::{Standing, Submit, Submitted, SubmittedMany, Wait};
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A body and sixteen signatures, with room to spare.
const SIGNED_BYTES_MAX: usize = TRANSACTION_BYTES_MAX + 2 * 1_024;

/// How to submit.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SubmitQuery {
    /// `none`: bytes and signatures are checked and it is queued; `accepted` (default): the door is
    /// asked first; `final`: until it is in a block that is on disk.
    #[param(inline)]
    wait: Option<Wait>,
    /// Only says what it would do; nothing is queued. The body needs no signatures then: an empty list of
    /// them will do. What concerns residents is told to its first signer, who signs the request, and to
    /// auditors.
    dry_run: Option<bool>,
}

/// Submits one transaction, or up to a thousand.
///
/// One gets 201 once it is final, 202 while it waits, 200 if it was final before or only tried; a
/// problem if it was not taken. Several get 200 and an answer each. `rejection` says so where a rule
/// said no: that too is final, and in the block.
#[utoipa::path(post, path = path::TRANSACTIONS, tag = "chain", params(SubmitQuery),
    request_body(content(
        (Submit = "application/json"),
        (Vec<u8> = "application/octet-stream"),
    )),
    responses(
        (status = 200, body = inline(SubmittedAny), description = "Final before, only tried, or several"),
        (status = 201, body = Submitted, description = "Final"),
        (status = 202, body = Submitted, description = "Waits for a block"),
        Problems))]
pub(crate) async fn submit(
    State(api): State<Api>,
    Extension(viewer): Extension<Viewer>,
    Extension(asker): Extension<Asker>,
    Extension(asked): Extension<Asked>,
    Ask(query): Ask<SubmitQuery>,
    headers: HeaderMap,
    body: Result<Bytes, axum::extract::rejection::BytesRejection>,
) -> Result<Response, Failure> {
    let body = body.map_err(|_| {
        Failure::new(Code::TooLarge, format!("a body has at most {} bytes", super::BODY_BYTES_MAX))
    })?;
    let submission = read(&headers, &body)?;
    let wait = query.wait.unwrap_or_default();
    let dry_run = query.dry_run.unwrap_or_default();
    let (single, parts) = match submission {
        Submission::One(bytes) => (true, vec![Ok(bytes)]),
        Submission::Many(parts) => (false, parts),
    };
    let taken = asked.clone();
    let how = How { wait, dry_run, viewer, asker };
    let outcomes = api.blocking(move |api| Ok(take(api, parts, &how, &taken))).await?;
    let outcomes = follow(&api, outcomes, wait, &asked).await;
    let height = api.public(|_, state| state.tip().height);
    if !single {
        return many(outcomes, &asked, height, viewer);
    }
    let Some(outcome) = outcomes.into_iter().next() else {
        return Err(Failure::internal("a submission has no outcome"));
    };
    let submitted = outcome?;
    let status = match submitted.status {
        Standing::Final if !submitted.repeated => StatusCode::CREATED,
        Standing::Accepted => StatusCode::ACCEPTED,
        Standing::Final | Standing::DryRun | Standing::Refused => StatusCode::OK,
    };
    Ok(Reply::new(submitted, height, &viewer, Keep::Fresh).status(status).into_response())
}

/// Either form of an answer with status 200.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only its description is used")]
pub(crate) enum SubmittedAny {
    /// Of one.
    One(Box<Submitted>),
    /// Of several.
    Many(SubmittedMany),
}

fn many(
    outcomes: Vec<Result<Submitted, Failure>>,
    asked: &Asked,
    height: Height,
    viewer: Viewer,
) -> Result<Response, Failure> {
    // Where the node took none of them, that is the answer: clients wait and send all again.
    let unavailable = |outcome: &Result<Submitted, Failure>| match outcome {
        Err(failure) if failure.retry_after.is_some() => Some(failure.clone()),
        Ok(_) | Err(_) => None,
    };
    let none: Option<Vec<Failure>> = outcomes.iter().map(unavailable).collect();
    if let Some(failure) = none.and_then(|failures| failures.into_iter().next()) {
        return Err(failure);
    }
    let show = |outcome: Result<Submitted, Failure>| {
        outcome.unwrap_or_else(|failure| Submitted {
            problem: Some(failure.problem(asked)),
            ..standing(None, Standing::Refused)
        })
    };
    let data = outcomes.into_iter().map(show).collect();
    Ok(Reply::new(SubmittedMany { data }, height, &viewer, Keep::Fresh).into_response())
}

/// Where a submitted transaction stands after it was taken.
enum Taken {
    Done(Box<Submitted>),
    Waits(TransactionId, Ticket),
}

pub(super) fn standing(id: Option<TransactionId>, status: Standing) -> Submitted {
    Submitted {
        id,
        status,
        repeated: false,
        height: None,
        index: None,
        receipt: None,
        rejection: None,
        problem: None,
        location: id.map(|id| path::with(path::TRANSACTION, &[&id.to_string()])),
    }
}

fn settled(id: TransactionId, found: (Height, u32, Receipt), asked: &Asked) -> Submitted {
    let (height, index, receipt) = found;
    Submitted {
        height: Some(height),
        index: Some(index),
        rejection: rejection(&receipt, asked.language),
        receipt: Some(receipt),
        ..standing(Some(id), Standing::Final)
    }
}

/// How a submission is to be dealt with, and who asks.
pub(super) struct How {
    wait: Wait,
    dry_run: bool,
    pub(super) viewer: Viewer,
    pub(super) asker: Asker,
}

/// What was received.
enum Received {
    Signed(VerifiedTransaction),
    /// By nobody: only to be tried.
    Unsigned(PresumedTransaction),
}

/// Verifies, looks for earlier results, tries at the door and queues.
fn take(
    api: &Api,
    parts: Vec<Result<Vec<u8>, Failure>>,
    how: &How,
    asked: &Asked,
) -> Vec<Result<Taken, Failure>> {
    let verified: Vec<Result<Received, Failure>> =
        parts.into_par_iter().map(|part| verify(api, &part?, how.dry_run)).collect();
    let mut outcomes: Vec<Option<Result<Taken, Failure>>> = Vec::new();
    let mut queued = Vec::new();
    for transaction in verified {
        let outcome = match transaction {
            Err(failure) => Some(Err(failure)),
            Ok(Received::Unsigned(body)) => {
                let rehearsed = rehearsed(api, &body, how, asked);
                Some(rehearsed.map(|done| Taken::Done(Box::new(done))))
            }
            Ok(Received::Signed(transaction)) => {
                let tried = tried(api, &transaction, how, asked);
                if tried.is_none() {
                    queued.push(transaction);
                }
                tried.map(|outcome| outcome.map(|done| Taken::Done(Box::new(done))))
            }
        };
        outcomes.push(outcome);
    }
    let mut tickets = api.live().submit(queued).into_iter();
    let next = |outcome: Option<Result<Taken, Failure>>| match outcome {
        Some(outcome) => outcome,
        None => match tickets.next() {
            Some(Ok(ticket)) => Ok(Taken::Waits(ticket.id(), ticket)),
            Some(Err(error)) => Err(not_taken(error)),
            None => Err(Failure::internal("the node gave no answer for a transaction")),
        },
    };
    outcomes.into_iter().map(next).collect()
}

/// What is only tried needs no signatures; what has some is verified all the same.
fn verify(api: &Api, bytes: &[u8], dry_run: bool) -> Result<Received, Failure> {
    if bytes.len() > SIGNED_BYTES_MAX {
        let detail = format!("a transaction has at most {TRANSACTION_BYTES_MAX} bytes");
        return Err(Failure::new(Code::TooLarge, detail));
    }
    let signed: SignedTransaction = decode(bytes, "a transaction").map_err(|_| {
        Failure::new(Code::Encoding, "the bytes are not the canonical ones of a transaction")
    })?;
    let id = signed.id();
    let received = if dry_run && signed.signatures.is_empty() {
        signed.presume(&api.genesis()).map(Received::Unsigned)
    } else {
        api.live().verify(signed).map(Received::Signed)
    };
    received.map_err(|code| Failure::new(code, format!("transaction {id}")))
}

/// What is known of a transaction without queueing it; `None` if it should be queued.
fn tried(
    api: &Api,
    transaction: &VerifiedTransaction,
    how: &How,
    asked: &Asked,
) -> Option<Result<Submitted, Failure>> {
    let id = transaction.id();
    if let Some(submitted) = known(api, id, transaction.body(), asked) {
        return Some(Ok(submitted));
    }
    // Nobody else is told of it, so it does not wait for the door.
    if holds_personal_data(api.live().rulebook(), transaction.body()) {
        return Some(Err(Failure::new(Code::PersonalData, format!("transaction {id}"))));
    }
    // Who waits for finality hears what the door says then.
    if !how.dry_run && how.wait != Wait::Accepted {
        return None;
    }
    let tried = api.live().with_state(|state| {
        let time = now(state).max(state.tip().time.plus(1));
        admit(state, api.live().rulebook(), transaction, time)
    });
    match tried {
        Err(code) => Some(Err(Failure::new(code, format!("transaction {id}")))),
        Ok(_) if !how.dry_run => None,
        Ok(receipt) => Some(Ok(would(id, receipt, asked))),
    }
}

/// As [`earlier`], but who signs with a nonce that is free has nothing in a block: most of what comes is
/// new, and the read model would have to look through all it has to say so.
pub(super) fn known(api: &Api, id: TransactionId, body: &Body, asked: &Asked) -> Option<Submitted> {
    let live = api.live();
    let used = live.with_state(|state| has_used_nonce(state, live.rulebook(), body));
    if used { earlier(api, id, asked) } else { None }
}

/// The result that these bytes had before, if they are in a block. A read model that cannot say is no
/// reason to refuse: the door refuses what was there before.
fn earlier(api: &Api, id: TransactionId, asked: &Asked) -> Option<Submitted> {
    let found = api.index(|index| index.transaction(&id)).ok().flatten()?;
    let submitted = settled(id, finality(&found)?, asked);
    Some(Submitted { repeated: true, ..submitted })
}

fn not_taken(error: SubmitError) -> Failure {
    let failure = Failure::new(error.code(), error.to_string());
    match error {
        SubmitError::QueueFull { retry_after, .. } => failure.retry(retry_after),
        SubmitError::Unavailable(_) => failure.retry(Duration::from_secs(5)),
    }
}

/// Waits for those that should be waited for.
async fn follow(
    api: &Api,
    taken: Vec<Result<Taken, Failure>>,
    wait: Wait,
    asked: &Asked,
) -> Vec<Result<Submitted, Failure>> {
    let until = tokio::time::Instant::now() + api.options().final_limit;
    let mut out = Vec::with_capacity(taken.len());
    for taken in taken {
        out.push(match taken {
            Err(failure) => Err(failure),
            Ok(Taken::Done(done)) => Ok(*done),
            Ok(Taken::Waits(id, _)) if wait != Wait::Final => {
                Ok(standing(Some(id), Standing::Accepted))
            }
            Ok(Taken::Waits(id, ticket)) => match tokio::time::timeout_at(until, ticket).await {
                Err(_) => Ok(standing(Some(id), Standing::Accepted)),
                Ok(answer) => answered(api, id, answer, asked).await,
            },
        });
    }
    out
}

async fn answered(
    api: &Api,
    id: TransactionId,
    answer: Answer,
    asked: &Asked,
) -> Result<Submitted, Failure> {
    match answer {
        Answer::Final(found) => {
            let Final { height, index, receipt } = *found;
            Ok(settled(id, (height, index, receipt), asked))
        }
        Answer::Refused(Code::NonceUsed) => {
            // It may be in a block that the read model had not reached when it was looked for.
            let asked = asked.clone();
            let found = api.blocking(move |api| {
                let head = api.live().health().head.height;
                api.0.index.wait_for(head, Duration::from_secs(2));
                Ok(earlier(api, id, &asked))
            });
            found.await?.ok_or_else(|| Failure::new(Code::NonceUsed, format!("transaction {id}")))
        }
        Answer::Refused(code) => Err(Failure::new(code, format!("transaction {id}"))),
        Answer::Unknown(why) => {
            let detail = format!("transaction {id}: {why}; submit the same bytes again");
            Err(Failure::new(why.code(), detail).retry(Duration::from_secs(5)))
        }
    }
}
