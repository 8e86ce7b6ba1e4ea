//! This exists to hold the records of the fund contract: what is known of each source, budget line,
//! contract and payment. Where money lies is not here: that is the posting kernel's. Source: FND-2.

use super::CONTRACT;
use super::calls::{
    AttestationLevel, ContractTerms, EarmarkTerms, LineTerms, Listing, PaymentTerms,
    PerformanceTerms, SourceClass,
};
use borsh::{BorshDeserialize, BorshSerialize};
use linli_ledger::amount::Fen;
use linli_ledger::hash::Digest;
use linli_ledger::posting::money::Segment;
use linli_ledger::types::{
    BlockTime, Day, EarmarkId, Height, OrganisationId, PersonId, RecordId, SourceId,
};
use serde::{Deserialize, Serialize};

/// A person who signed something: what separation of duties compares, with
/// [`crate::registry::roles::same_human`]. Source: FND-3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Signatory {
    /// The person, whichever key signed.
    pub person: PersonId,
}

/// A fund.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Fund {
    /// Public name.
    pub name: String,
    /// Who keeps it.
    pub organisation: OrganisationId,
    /// Where it may be used, as an administrative path.
    pub scope: String,
    /// The bank where the money lies.
    pub bank: OrganisationId,
    /// Commitment to its account there.
    #[serde(with = "linli_ledger::json::bytes")]
    pub account: [u8; 32],
    /// Since when.
    pub opened_at: BlockTime,
}

/// A service that may be bought, or one that must not.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct CatalogueItem {
    /// Its code.
    pub code: String,
    /// Public name.
    pub name: String,
    /// Whether it may be bought.
    pub listing: Listing,
}

/// What the money of one source may be used for.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Earmark {
    /// The fund that received the money.
    pub fund: RecordId,
    /// Who gave it.
    pub donor: OrganisationId,
    /// Where it comes from.
    pub class: SourceClass,
    /// The predicate.
    pub terms: EarmarkTerms,
}

/// What is known of a source besides its amount, which the kernel keeps.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Source {
    /// The fund that received it.
    pub fund: RecordId,
    /// Who gave it.
    pub donor: OrganisationId,
    /// Where it comes from.
    pub class: SourceClass,
    /// Who says that it came.
    pub level: AttestationLevel,
    /// What it may be used for.
    pub earmark: EarmarkId,
    /// Hash of the bank's reference.
    #[serde(with = "linli_ledger::json::bytes")]
    pub bank_reference: [u8; 32],
    /// The day on which the bank credited it.
    pub value_date: Day,
    /// Hash of the appropriation, agreement or donation receipt.
    pub document: Digest,
}

/// What a bank's reference was used for; it stays for ever. Source: FND-6.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum BankReference {
    /// Money that came in.
    Receipt(SourceId),
    /// Money that went out.
    Payment(RecordId),
    /// Money of a payment that came back.
    Return(RecordId),
    /// Money that a provider paid back, by the order.
    Refund(RecordId),
    /// Money that went back to an unknown sender.
    SuspenseReturn(SourceId),
    /// Money that went back to the treasury.
    TreasuryReturn(RecordId),
}

/// Where a budget stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum BudgetState {
    /// Written, not approved.
    Draft,
    /// In force.
    Effective {
        /// Who approved it.
        approver: Signatory,
    },
}

/// A budget of a fund for a fiscal year.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Budget {
    /// The fund.
    pub fund: RecordId,
    /// Fiscal year.
    pub year: u32,
    /// What an approval names.
    pub hash: Digest,
    /// Who wrote it.
    pub drafter: Signatory,
    /// Its lines, in order.
    pub lines: Vec<RecordId>,
    /// Draft or effective.
    pub state: BudgetState,
}

/// The effective budget of a fund and year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct BudgetOfYear(pub RecordId);

/// A budget line. `committed + paid ≤ approved`, always.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Line {
    /// The budget.
    pub budget: RecordId,
    /// The fund.
    pub fund: RecordId,
    /// What was approved.
    pub terms: LineTerms,
    /// Bound by contracts and not paid yet: committed, reserved and in flight.
    pub committed: Fen,
    /// Confirmed by the bank.
    pub paid: Fen,
}

/// Where a contract stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ContractState {
    /// Signed, its money is committed.
    Active,
    /// Ended; what was not paid has returned to the fund.
    Closed,
}

/// Where a milestone stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum MilestoneState {
    /// Nothing was delivered.
    Scheduled,
    /// Delivered, not accepted.
    Submitted {
        /// Hash of what was delivered.
        document: Digest,
        /// Who delivered; `None` for the provider's own key.
        submitted_by: Option<Signatory>,
    },
    /// Accepted, in whole or in part.
    Accepted {
        /// Hash of what was accepted.
        document: Digest,
        /// How much of it, basis points.
        accepted_bp: u32,
        /// Who accepted.
        by: [Signatory; 2],
        /// Who delivered; `None` for the provider's own key.
        submitted_by: Option<Signatory>,
    },
}

/// A milestone and what was asked for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Milestone {
    /// Delivered, accepted?
    pub state: MilestoneState,
    /// Open and confirmed payments of this milestone.
    pub claimed: Fen,
}

/// What of a price waits for an evaluation and for time. Source: FND-23.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Withheld {
    /// What was agreed.
    pub terms: PerformanceTerms,
    /// What the evaluation left of the linked part; `None` before it.
    pub earned: Option<Fen>,
    /// Open and confirmed payments of the linked part.
    pub linked_claimed: Fen,
    /// Whether the retention may be paid.
    pub retention_released: bool,
    /// Open and confirmed payments of the retention.
    pub retention_claimed: Fen,
}

/// A service contract and its sums.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct ServiceContract {
    /// What both parties signed.
    pub terms: ContractTerms,
    /// The civil day on which they signed.
    pub signed_on: Day,
    /// Who signed for the purchaser and for the provider; `None` for an organisation's own key.
    pub signed_by: [Option<Signatory>; 2],
    /// Active or closed.
    pub state: ContractState,
    /// As many as in the terms.
    pub milestones: Vec<Milestone>,
    /// Open and confirmed advances.
    pub advance_claimed: Fen,
    /// Confirmed by the bank and not returned by it.
    pub paid: Fen,
    /// What went back to the fund without having been paid.
    pub released: Fen,
    /// What the provider paid back.
    pub refunded: Fen,
    /// What was ordered back and is not refunded yet.
    pub claimed_back: Fen,
    /// What lapsed in the contract at the end of a year.
    pub lapsed: Fen,
    /// When something was accepted last.
    pub accepted_at: Option<BlockTime>,
    /// When a fault was found last.
    pub finding_at: Option<BlockTime>,
    /// Hash of the fault found last.
    pub finding: Option<Digest>,
    /// What is not paid for milestones.
    pub withheld: Withheld,
    /// Payments that are neither resolved nor back with their maker, at most [`OPEN_MAX`].
    pub open: Vec<RecordId>,
    /// Who has delivered, whatever became of it.
    pub deliverers: Vec<Signatory>,
    /// Who has asked for payments: they accept nothing of this contract.
    pub makers: Vec<Signatory>,
    /// Who has approved, permitted, instructed or resolved payments: they deliver nothing.
    pub payers: Vec<Signatory>,
}

/// Open payments of one contract: a contract has a handful of milestones, each paid in a few parts.
pub const OPEN_MAX: usize = 64;

/// An approval of a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Approval {
    /// Who approved.
    pub by: Signatory,
    /// For which organisation.
    pub organisation: OrganisationId,
    /// Level of the approver, 1 to 3.
    pub level: u8,
    /// Counts before this block time.
    pub until: BlockTime,
}

/// How much approval a payment needs. Source: `domain` §1.4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Tier {
    /// One approver.
    Zero,
    /// Two, one of them of level 2.
    One,
    /// Two of level 2, and the council.
    Two,
    /// Two of level 2, one of level 3, and no objection of the regulator.
    Three,
}

/// How an approval became complete; enough to check it again. Source: FND-13.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Decision {
    /// The tier of the cumulative amount.
    pub tier: Tier,
    /// This payment and all others of the fund to the provider that counted.
    pub cumulative: Fen,
    /// The greatest amounts of tiers 0, 1 and 2 in force then.
    pub limits: [Fen; 3],
    /// Decided payments counted from here on.
    pub window_from: BlockTime,
    /// When.
    pub at: BlockTime,
    /// Where in the chain: two decisions may have one time.
    pub order: (Height, u32),
    /// The approvals count before this block time.
    pub until: BlockTime,
}

/// An instruction to the bank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Instruction {
    /// The approval that it executes.
    pub decision: Decision,
    /// Hash of the instruction number.
    #[serde(with = "linli_ledger::json::bytes")]
    pub number: [u8; 32],
    /// Who instructed.
    pub treasurer: Signatory,
    /// When.
    pub at: BlockTime,
}

/// What the bank confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Confirmation {
    /// The instruction.
    pub instruction: Instruction,
    /// Hash of the bank's reference.
    #[serde(with = "linli_ledger::json::bytes")]
    pub bank_reference: [u8; 32],
    /// The day on which the bank paid.
    pub value_date: Day,
    /// Hash of the electronic receipt.
    pub receipt: Digest,
    /// When.
    pub at: BlockTime,
}

/// Where a payment stands. Source: `domain` §3.6.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum PaymentState {
    /// Waits for approvals.
    Requested,
    /// Approved; its fen are reserved.
    Approved(Decision),
    /// The bank has the order; its fen are in flight.
    Instructed(Instruction),
    /// The bank paid; its fen are the payee's.
    Confirmed(Confirmation),
    /// The bank could not pay; its fen are back in the contract.
    Failed {
        /// The instruction.
        instruction: Instruction,
        /// The bank's code.
        code: u16,
    },
    /// An approver or the regulator refused; it is back with its maker.
    Refused {
        /// Who refused.
        by: Signatory,
    },
    /// Its approvals grew too old; it is back with its maker.
    Lapsed,
    /// The bank returned all of it; its fen are where they came from.
    Returned(Confirmation),
}

/// A payment.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Payment {
    /// What is asked for.
    pub terms: PaymentTerms,
    /// How often it was edited.
    pub revision: u32,
    /// Who asked.
    pub maker: Signatory,
    /// When it was asked for, in this revision.
    pub requested_at: BlockTime,
    /// Approvals of this revision.
    pub approvals: Vec<Approval>,
    /// The regulator has no objection to this revision.
    pub no_objection: Option<Signatory>,
    /// The fen that are reserved, in flight or were paid; empty otherwise.
    pub segments: Vec<Segment>,
    /// Those of them that the bank returned.
    pub returned: Vec<Segment>,
    /// The last reversal of its confirmation.
    pub reversed: Option<RecordId>,
    /// Where it stands.
    pub state: PaymentState,
}

/// An invoice that belongs to a payment which is open or confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Invoice(pub RecordId);

/// The payment of an instruction; it stays for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct InstructionNumber(pub RecordId);

/// A payment whose approval is complete, by fund, provider and time: its amount counts for the tier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Decided(pub Fen);

/// A payment that waits for approvals, by fund and provider: its amount counts for the tier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Waiting(pub Fen);

impl ServiceContract {
    /// Whose payments add up with those of this contract: the fund and the provider. Source: FND-13.1.
    pub fn payee(&self) -> (RecordId, OrganisationId) {
        (self.terms.fund, self.terms.provider)
    }
}

linli_ledger::records! { CONTRACT, Public:
    Fund = 1, RecordId;
    CatalogueItem = 2, [u8; 16];
    Earmark = 3, EarmarkId;
    Source = 4, SourceId;
    BankReference = 5, [u8; 32];
    Budget = 6, RecordId;
    BudgetOfYear = 7, (RecordId, u32);
    Line = 8, RecordId;
    ServiceContract = 9, RecordId;
    Payment = 10, RecordId;
    Invoice = 11, [u8; 32];
    InstructionNumber = 12, [u8; 32];
    Decided = 13, (RecordId, OrganisationId, BlockTime, RecordId);
    Waiting = 14, (RecordId, OrganisationId, RecordId);
}

mod later;
pub use later::*;
