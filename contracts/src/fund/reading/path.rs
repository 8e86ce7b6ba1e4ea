//! This exists to tell the way of a fen, and where a donor's own fen are now, from the records alone.
//! Source: FND-16, `domain` §4.6 (`path`, `forward`, `donor_view`).
//!
//! The records say what a payment took, what came back and what changed. Every single movement, with
//! its block, is in the receipts.

use super::{FundAccount, every, payments};
use crate::fund::batch::{Opening, interval};
use crate::fund::calls::PaymentKind;
use crate::fund::records::{
    Payment, PaymentReturn, PaymentState, Reclassification, Refund, Reversal, ServiceContract,
    Source, Suspense, SuspenseState, TreasuryReturn,
};
use linli_ledger::posting::money::{Segment, SegmentRecord, containing};
use linli_ledger::types::{BlockTime, Day, EarmarkId, RecordId, SourceId};
use linli_ledger::view::View;

/// Where the fen of an interval lie now, in order; nothing for an interval that is not wholly of a
/// source. Source: `domain` §4.6, `forward`.
pub fn forward(view: &View<'_>, interval: &Segment) -> Vec<(FundAccount, Segment)> {
    let mut out = Vec::new();
    let mut start = interval.start;
    while start < interval.end() {
        let Some((held, record)) = containing(view, interval.source, start) else {
            return Vec::new();
        };
        let SegmentRecord { account, .. } = record;
        let Some(account) = FundAccount::find(view, account) else {
            return Vec::new();
        };
        let end = held.end().min(interval.end());
        out.push((account, Segment { start, length: end.saturating_sub(start), ..*interval }));
        start = end;
    }
    out
}

/// What a donor of a batch sees: the own fen, and where each of them lies now. `None` for an opening
/// that is not of this source. Source: `domain` §4.6, `donor_view`.
pub fn donor_view(
    view: &View<'_>,
    source: SourceId,
    opening: &Opening,
) -> Option<(Segment, Vec<(FundAccount, Segment)>)> {
    let own = interval(view, source, opening)?;
    Some((own, forward(view, &own)))
}

/// A step on the way of a fen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It came in, with this earmark.
    Issued {
        /// The fund.
        fund: RecordId,
        /// What it may be used for.
        earmark: EarmarkId,
    },
    /// It is in suspense since then, or was.
    Suspended {
        /// The fund.
        fund: RecordId,
        /// Since when.
        since: BlockTime,
    },
    /// It went back to an unknown sender.
    SentBack {
        /// The day on which the bank sent it back.
        value_date: Day,
    },
    /// It got another purpose.
    Reclassified {
        /// The earmark from then on.
        earmark: EarmarkId,
        /// When.
        at: BlockTime,
    },
    /// The entry was mirrored.
    Reversed {
        /// The reversal.
        reversal: RecordId,
        /// When.
        at: BlockTime,
    },
    /// A payment took it; it may still be on its way.
    Paid {
        /// The contract.
        contract: RecordId,
        /// The payment.
        payment: RecordId,
        /// What for.
        kind: PaymentKind,
        /// When the bank confirmed it.
        at: Option<BlockTime>,
    },
    /// The bank returned it.
    Returned {
        /// The payment.
        payment: RecordId,
        /// When.
        at: BlockTime,
    },
    /// The provider paid it back.
    Refunded {
        /// The order.
        order: RecordId,
        /// Whether its time was over.
        lapsed: bool,
        /// When.
        at: BlockTime,
    },
    /// It went back to the treasury.
    ToTreasury {
        /// When.
        at: BlockTime,
    },
}

impl Step {
    /// When, as far as it is known; what is not finished comes last.
    fn time(&self) -> BlockTime {
        match self {
            Self::Issued { .. } => BlockTime(0),
            Self::Suspended { since, .. } => *since,
            Self::SentBack { value_date } => value_date.start(),
            Self::Paid { at, .. } => at.unwrap_or(BlockTime(u64::MAX)),
            Self::Reclassified { at, .. }
            | Self::Reversed { at, .. }
            | Self::Returned { at, .. }
            | Self::Refunded { at, .. }
            | Self::ToTreasury { at } => *at,
        }
    }
}

fn holds(segments: &[Segment], source: SourceId, fen: u64) -> bool {
    segments
        .iter()
        .any(|segment| segment.source == source && segment.start <= fen && fen < segment.end())
}

/// The way of one fen, in order, and where it lies now; `None` for a fen that was never issued. Reads
/// every payment once. Source: `domain` §4.6, `path`.
pub fn path(view: &View<'_>, source: SourceId, fen: u64) -> Option<(Vec<Step>, FundAccount)> {
    let (_, record) = containing(view, source, fen)?;
    let now = FundAccount::find(view, record.account)?;
    let on = |segments: &[Segment]| holds(segments, source, fen);
    let mut steps = came_in(view, source);
    for (earmark, change) in every::<Reclassification>(view, &()) {
        if on(&[change.segment]) {
            steps.push(Step::Reclassified { earmark, at: change.at });
        }
    }
    for (reversal, known) in every::<Reversal>(view, &()) {
        if on(&known.segments) {
            steps.push(Step::Reversed { reversal, at: known.at });
        }
    }
    for (payment, known) in payments(view).into_iter().filter(|(_, known)| on(&known.segments)) {
        let at = match known.state {
            PaymentState::Confirmed(confirmation) | PaymentState::Returned(confirmation) => {
                Some(confirmation.at)
            }
            PaymentState::Requested
            | PaymentState::Approved(_)
            | PaymentState::Instructed(_)
            | PaymentState::Failed { .. }
            | PaymentState::Refused { .. }
            | PaymentState::Lapsed => None,
        };
        let (contract, kind) = (known.terms.contract, known.terms.kind);
        steps.push(Step::Paid { contract, payment, kind, at });
    }
    for ((payment, _), back) in every::<PaymentReturn>(view, &()) {
        if on(&back.segments) {
            steps.push(Step::Returned { payment, at: back.at });
        }
    }
    for ((order, _), back) in every::<Refund>(view, &()) {
        let lapsed = on(&back.lapsed);
        if lapsed || on(&back.to_fund) {
            steps.push(Step::Refunded { order, lapsed, at: back.at });
        }
    }
    for (_, back) in every::<TreasuryReturn>(view, &()) {
        if on(&back.segments) {
            steps.push(Step::ToTreasury { at: back.at });
        }
    }
    // Steps of one time stay in the order above: paid, then back.
    steps.sort_by_key(Step::time);
    Some((steps, now))
}

fn came_in(view: &View<'_>, source: SourceId) -> Vec<Step> {
    let mut steps = Vec::new();
    if let Some(suspense) = view.get::<Suspense>(&source) {
        steps.push(Step::Suspended { fund: suspense.fund, since: suspense.since });
        if let SuspenseState::Returned { value_date, .. } = suspense.state {
            steps.push(Step::SentBack { value_date });
        }
    }
    if let Some(Source { fund, earmark, .. }) = view.get::<Source>(&source) {
        steps.push(Step::Issued { fund, earmark });
    }
    steps
}

/// The contract in which fen of an account are bound or for which they were paid.
pub fn contract_of(view: &View<'_>, account: FundAccount) -> Option<(RecordId, ServiceContract)> {
    let id = match account {
        FundAccount::Committed(id) | FundAccount::Retained(id) => id,
        FundAccount::Payee { contract, .. } => contract,
        FundAccount::Reserved(payment) | FundAccount::InFlight(payment) => {
            view.get::<Payment>(&payment)?.terms.contract
        }
        FundAccount::Available(_)
        | FundAccount::Origin(_)
        | FundAccount::Suspense(_)
        | FundAccount::Lapsed(_)
        | FundAccount::Returned(_) => return None,
    };
    Some((id, view.get::<ServiceContract>(&id)?))
}
