//! This exists to say what a body would do that nobody has signed: whoever only tries something leaves no
//! signature behind that somebody could submit.

use super::failure::{Asked, Failure};
use super::submit::{How, known, standing};
use super::transactions::rejection;
use super::viewer::Viewer;
use super::{Api, now};
use crate::live::door::compartment;
use linli_ledger::execute::rehearse;
use linli_ledger::receipt::Receipt;
use linli_ledger::transaction::PresumedTransaction;
use linli_ledger::types::{Compartment, TransactionId};
use linli_wire::transaction::{Standing, Submitted};

/// What an unsigned body would do. In the half of the residents a "no" can tell what somebody has: there
/// only the sender hears it, or an auditor.
pub(super) fn rehearsed(
    api: &Api,
    body: &PresumedTransaction,
    how: &How,
    asked: &Asked,
) -> Result<Submitted, Failure> {
    let id = body.id();
    let half = compartment(api.live().rulebook(), body.body());
    let sender = body.body().signers.first().map(|signer| signer.key);
    let may = half == Compartment::Public
        || how.viewer == Viewer::Auditor
        || (sender.is_some() && how.asker.0 == sender);
    how.viewer.require(may)?;
    if let Some(submitted) = known(api, id, body.body(), asked) {
        return Ok(submitted);
    }
    let receipt = api.live().with_state(|state| {
        let time = now(state).max(state.tip().time.plus(1));
        rehearse(state, api.live().rulebook(), body, time)
    });
    let receipt = receipt.map_err(|code| Failure::new(code, format!("transaction {id}")))?;
    Ok(would(id, receipt, asked))
}

/// What a transaction would do.
pub(super) fn would(id: TransactionId, receipt: Receipt, asked: &Asked) -> Submitted {
    Submitted {
        rejection: rejection(&receipt, asked.language),
        receipt: Some(receipt),
        location: None,
        ..standing(Some(id), Standing::DryRun)
    }
}
