//! This exists to hold the calls about money, in the bytes that people sign. Source: FND-1.

use borsh::{BorshDeserialize, BorshSerialize};
use linli_ledger::amount::Fen;
use linli_ledger::hash::Digest;
use linli_ledger::types::{Day, OrganisationId, RecordId, SourceId};
use serde::{Deserialize, Serialize};

/// Where money comes from. Source: `domain` §3.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum SourceClass {
    /// Fiscal appropriation.
    Fiscal,
    /// Incentive grant.
    Incentive,
    /// Grant of a community foundation.
    Foundation,
    /// Designated donation.
    DesignatedDonation,
    /// Social capital, sponsorship.
    SocialCapital,
    /// Undesignated donation.
    UndesignatedDonation,
}

/// Who says that the money came. Source: `domain` §3.6.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum AttestationLevel {
    /// The bank's own key.
    Bank,
    /// A connector run by the account bank.
    Connector,
    /// Two clerks, where nothing else exists; every trace shows it.
    TwoClerks,
}

/// For whom a service is. Source: `domain` §3.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum BeneficiaryClass {
    /// Everybody.
    General,
    /// Older people.
    Elder,
    /// Children and young people.
    Child,
    /// People with disabilities.
    Disabled,
    /// Households on minimum living allowance.
    LowIncome,
}

/// What money may be used for. An empty list constrains nothing. Source: `domain` §3.2.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct EarmarkTerms {
    /// Prefixes of catalogue codes, sorted.
    pub purposes: Vec<String>,
    /// Administrative paths, sorted.
    pub places: Vec<String>,
    /// Classes of beneficiaries, sorted.
    pub classes: Vec<BeneficiaryClass>,
    /// A budget line.
    pub line: Option<RecordId>,
    /// First day of use.
    pub available_from: Day,
    /// Last day on which it may leave the fund.
    pub lapse_on: Option<Day>,
    /// Payees that must not get it (the donor's related parties), sorted.
    pub excluded: Vec<OrganisationId>,
}

/// A line of a budget. Source: `domain` §3.3.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct LineTerms {
    /// Code within the budget, 1 to 16 bytes.
    pub code: String,
    /// Public name, 1 to 64 bytes.
    pub name: String,
    /// Catalogue code that it pays for.
    pub catalogue: String,
    /// Approved amount: a hard stop.
    pub approved: Fen,
    /// Hash of the council's resolution, where there is one.
    pub resolution: Option<Digest>,
}

/// A milestone of a contract.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct MilestoneTerms {
    /// What it pays; the milestones sum to the total.
    pub amount: Fen,
    /// Last day of delivery.
    pub due: Day,
}

/// A service contract. Source: `domain` §3.5.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct ContractTerms {
    /// Human reference, 1 to 64 bytes.
    pub number: String,
    /// The fund that pays.
    pub fund: RecordId,
    /// The budget line.
    pub line: RecordId,
    /// Who buys.
    pub purchaser: OrganisationId,
    /// Who delivers.
    pub provider: OrganisationId,
    /// Catalogue code of the service.
    pub catalogue: String,
    /// Where, as an administrative path.
    pub place: String,
    /// For whom.
    pub beneficiaries: BeneficiaryClass,
    /// The price.
    pub total: Fen,
    /// The most that may be paid in advance; part of the milestones' amounts.
    pub advance_max: Fen,
    /// Milestones, in order; their amounts sum to the total.
    pub milestones: Vec<MilestoneTerms>,
    /// First day.
    pub from: Day,
    /// Last day.
    pub to: Day,
    /// Commitment to the provider's bank account.
    #[serde(with = "linli_ledger::json::bytes")]
    pub payee_account: [u8; 32],
    /// Hash of the document.
    pub document: Digest,
}

/// What a payment is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum PaymentKind {
    /// Before anything is delivered.
    Advance,
    /// For an accepted milestone, by position from 0.
    Milestone(u32),
    /// The part that follows the evaluation.
    Performance,
    /// The part that was held back, once it is released.
    Retention,
}

/// A request to pay: approvals name the hash of this. Source: `domain` §3.6.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct PaymentTerms {
    /// The contract.
    pub contract: RecordId,
    /// What for.
    pub kind: PaymentKind,
    /// How much.
    pub amount: Fen,
    /// Commitment to the account that is paid.
    #[serde(with = "linli_ledger::json::bytes")]
    pub payee_account: [u8; 32],
    /// Hash of the invoice, used once.
    #[serde(with = "linli_ledger::json::bytes")]
    pub invoice: [u8; 32],
}

/// What of the price is not paid for milestones: milestones, linked part and retention sum to the
/// total. Source: FND-23, `domain` §3.5.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct PerformanceTerms {
    /// Paid by the score of the evaluation; zero for none.
    pub linked: Fen,
    /// Held back until no fault was found for long enough; zero for none.
    pub retention: Fen,
}

/// One indicator of an evaluation.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Indicator {
    /// Public name, 1 to 64 bytes.
    pub name: String,
    /// Its share of the score, basis points; all sum to 10 000.
    pub weight_bp: u32,
    /// How well it was met, 0 to 10 000.
    pub score_bp: u32,
}

/// An entry that may be reversed. Source: FND-20.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Entry {
    /// Money that came in: goes back into suspense.
    Source(SourceId),
    /// A confirmed payment: its fen are in flight again.
    Payment(RecordId),
    /// A reversal: never.
    Reversal(RecordId),
}

/// A call of the fund contract. Source: FND-1.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Call {
    /// Two governance organisations list a service that may be bought, or one that may not.
    CatalogueItem {
        /// Code, 1 to 16 bytes of ASCII.
        code: String,
        /// Public name, 1 to 64 bytes.
        name: String,
        /// Whether it may be bought.
        listing: Listing,
    },
    /// A fund administrator opens a fund. Creates identifier 0.
    FundOpen {
        /// Public name, 1 to 64 bytes.
        name: String,
        /// Who keeps it.
        organisation: OrganisationId,
        /// Where it may be used, as an administrative path.
        scope: String,
        /// The bank where the money lies.
        bank: OrganisationId,
        /// Commitment to the fund's account at the bank.
        #[serde(with = "linli_ledger::json::bytes")]
        account: [u8; 32],
    },
    /// Money came in: fund administrator, approver and the bank sign one body. Creates identifier 0,
    /// the earmark.
    SourceIssue {
        /// The fund.
        fund: RecordId,
        /// How much.
        amount: Fen,
        /// Where it comes from.
        class: SourceClass,
        /// The donor or appropriating body.
        donor: OrganisationId,
        /// What it may be used for.
        earmark: EarmarkTerms,
        /// Hash of the bank's reference, used once.
        #[serde(with = "linli_ledger::json::bytes")]
        bank_reference: [u8; 32],
        /// The day on which the bank credited it.
        value_date: Day,
        /// Commitment to the account that was credited: the fund's.
        #[serde(with = "linli_ledger::json::bytes")]
        account: [u8; 32],
        /// Hash of the appropriation, agreement or donation receipt.
        document: Digest,
        /// Who says so.
        level: AttestationLevel,
    },
    /// A budget officer drafts a budget. Creates identifier 0 (budget) and 1… (lines, in order).
    BudgetDraft {
        /// The fund.
        fund: RecordId,
        /// Fiscal year.
        year: u32,
        /// The lines.
        lines: Vec<LineTerms>,
    },
    /// Another budget officer approves it, naming its hash.
    BudgetApprove {
        /// The budget.
        budget: RecordId,
        /// The hash of what was read: see [`super::budget_hash`].
        budget_hash: Digest,
    },
    /// Purchaser and provider sign one body; its money is committed. Creates identifier 0.
    ContractSign {
        /// The terms.
        terms: ContractTerms,
    },
    /// The provider delivers.
    DeliverableSubmit {
        /// The contract.
        contract: RecordId,
        /// Position of the milestone, from 0.
        milestone: u32,
        /// Hash of what was delivered.
        document: Digest,
    },
    /// Two acceptance officers accept, naming the hash of what was delivered.
    AcceptanceSign {
        /// The contract.
        contract: RecordId,
        /// Position of the milestone, from 0.
        milestone: u32,
        /// Hash of what was delivered.
        document: Digest,
        /// How much of the milestone is accepted, basis points.
        accepted_bp: u32,
    },
    /// A fund administrator asks for a payment. Creates identifier 0.
    PaymentRequest {
        /// The request.
        terms: PaymentTerms,
    },
    /// The maker changes a request; approvals start again.
    PaymentEdit {
        /// The payment.
        payment: RecordId,
        /// The new request.
        terms: PaymentTerms,
    },
    /// An approver approves, naming the hash of the request.
    Approve {
        /// The payment.
        payment: RecordId,
        /// The hash of what was read: see [`super::request_hash`].
        request_hash: Digest,
    },
    /// An approver refuses; the request goes back to its maker.
    Refuse {
        /// The payment.
        payment: RecordId,
        /// The hash of what was read.
        request_hash: Digest,
    },
    /// A treasurer instructs the bank.
    PaymentInstruct {
        /// The payment.
        payment: RecordId,
        /// Hash of the instruction number, unique.
        #[serde(with = "linli_ledger::json::bytes")]
        instruction: [u8; 32],
    },
    /// The bank says that it paid.
    BankConfirm {
        /// The instruction.
        #[serde(with = "linli_ledger::json::bytes")]
        instruction: [u8; 32],
        /// Hash of the bank's reference, used once.
        #[serde(with = "linli_ledger::json::bytes")]
        bank_reference: [u8; 32],
        /// The day on which the bank paid.
        value_date: Day,
        /// How much was paid; must equal the request.
        amount: Fen,
        /// Commitment to the account that was debited: the fund's.
        #[serde(with = "linli_ledger::json::bytes")]
        payer_account: [u8; 32],
        /// Commitment to the account that was paid.
        #[serde(with = "linli_ledger::json::bytes")]
        payee_account: [u8; 32],
        /// Hash of the electronic receipt.
        receipt: Digest,
    },
    /// The bank says that it could not pay; the same fen go back.
    BankFail {
        /// The instruction.
        #[serde(with = "linli_ledger::json::bytes")]
        instruction: [u8; 32],
        /// The bank's code.
        code: u16,
    },
    /// A contract ends; what was not paid returns to the fund.
    CloseOut {
        /// The contract.
        contract: RecordId,
    },
    /// Many small donations came in as one credit; signed as [`Call::SourceIssue`]. Creates identifier
    /// 0, the earmark.
    SourceBatchIssue {
        /// The fund.
        fund: RecordId,
        /// All donations together.
        amount: Fen,
        /// A class of donations.
        class: SourceClass,
        /// Who collected them.
        donor: OrganisationId,
        /// What they may be used for.
        earmark: EarmarkTerms,
        /// Hash of the bank's reference, used once.
        #[serde(with = "linli_ledger::json::bytes")]
        bank_reference: [u8; 32],
        /// The day on which the bank credited it.
        value_date: Day,
        /// Commitment to the account that was credited: the fund's.
        #[serde(with = "linli_ledger::json::bytes")]
        account: [u8; 32],
        /// Hash of the list of donation receipts.
        document: Digest,
        /// Who says so.
        level: AttestationLevel,
        /// How many donations, at least 2.
        donations: u32,
        /// Root over all of them, in order: see [`super::batch::Batch`].
        batch_root: Digest,
    },
    /// Money came in and nobody knows yet what for: a treasurer and the bank sign. Creates identifier
    /// 0, the earmark that it has until it is resolved.
    SuspenseReceive {
        /// The fund whose account was credited.
        fund: RecordId,
        /// How much.
        amount: Fen,
        /// Hash of the bank's reference, used once.
        #[serde(with = "linli_ledger::json::bytes")]
        bank_reference: [u8; 32],
        /// The day on which the bank credited it.
        value_date: Day,
        /// Commitment to the account that was credited: the fund's.
        #[serde(with = "linli_ledger::json::bytes")]
        account: [u8; 32],
        /// Hash of the bank's electronic receipt.
        receipt: Digest,
        /// Who says so.
        level: AttestationLevel,
    },
    /// It is known what money in suspense is: fund administrator and approver sign. Creates identifier
    /// 0, the earmark.
    SuspenseResolve {
        /// The source in suspense.
        source: SourceId,
        /// Where it comes from.
        class: SourceClass,
        /// The donor or appropriating body.
        donor: OrganisationId,
        /// What it may be used for.
        earmark: EarmarkTerms,
        /// Hash of the appropriation, agreement or donation receipt.
        document: Digest,
    },
    /// Money in suspense went back to whoever sent it: fund administrator, approver and the bank sign.
    SuspenseReturn {
        /// The source in suspense.
        source: SourceId,
        /// Hash of the bank's reference, used once.
        #[serde(with = "linli_ledger::json::bytes")]
        bank_reference: [u8; 32],
        /// The day on which the bank sent it back.
        value_date: Day,
        /// Hash of the bank's electronic receipt.
        receipt: Digest,
    },
    /// A wrong entry is mirrored with the same fen: fund administrator, approver and the bank sign.
    /// Creates identifier 0, the reversal.
    Reverse {
        /// What was wrong.
        entry: Entry,
        /// Hash of what shows it.
        reason: Digest,
    },
    /// The bank says that money of a confirmed payment came back.
    BankReturn {
        /// Hash of the instruction number.
        #[serde(with = "linli_ledger::json::bytes")]
        instruction: [u8; 32],
        /// How much of it.
        amount: Fen,
        /// Hash of the bank's reference, used once.
        #[serde(with = "linli_ledger::json::bytes")]
        bank_reference: [u8; 32],
        /// The day on which the bank credited it.
        value_date: Day,
        /// Hash of the bank's electronic receipt.
        receipt: Digest,
    },
    /// An auditor, the regulator or the purchaser claims money back from a provider. Creates identifier
    /// 0, the order.
    ClawbackOrder {
        /// The contract for which it was paid.
        contract: RecordId,
        /// How much.
        amount: Fen,
        /// Hash of the finding.
        finding: Digest,
    },
    /// The bank says that a provider paid back what was ordered, in whole or in part.
    Refund {
        /// The order.
        order: RecordId,
        /// How much.
        amount: Fen,
        /// Hash of the bank's reference, used once.
        #[serde(with = "linli_ledger::json::bytes")]
        bank_reference: [u8; 32],
        /// The day on which the bank credited it.
        value_date: Day,
        /// Commitment to the account that was credited: the fund's.
        #[serde(with = "linli_ledger::json::bytes")]
        account: [u8; 32],
        /// Hash of the bank's electronic receipt.
        receipt: Digest,
    },
    /// As [`Call::ContractSign`], with a part that follows the evaluation and a part held back.
    /// Creates identifier 0.
    ContractSignLinked {
        /// The terms; milestones, linked part and retention sum to the total.
        terms: ContractTerms,
        /// What is not paid for milestones.
        performance: PerformanceTerms,
    },
    /// The purchaser names who will evaluate a contract.
    EvaluatorSelect {
        /// The contract.
        contract: RecordId,
        /// The third party.
        evaluator: OrganisationId,
    },
    /// The evaluator says how well the service was rendered; what was not earned returns to the fund.
    EvaluationSubmit {
        /// The contract.
        contract: RecordId,
        /// 1 to 64 indicators.
        indicators: Vec<Indicator>,
        /// Hash of the report with its samples.
        report: Digest,
    },
    /// Purchaser and fund administrator release what was held back.
    RetentionRelease {
        /// The contract.
        contract: RecordId,
    },
    /// An auditor, the regulator or an acceptance officer found a fault: the retention waits again.
    FindingRecord {
        /// The contract.
        contract: RecordId,
        /// Hash of the finding.
        finding: Digest,
    },
    /// Fund administrator, an approver of level 3 and an auditor close a year. Creates identifier 0,
    /// the closing.
    FiscalClose {
        /// The fund.
        fund: RecordId,
        /// The fiscal year.
        year: u32,
        /// Hash of the trial balance.
        trial_balance: Digest,
        /// Root over the bank's statements.
        statements: Digest,
    },
    /// Lapsed money went back to the treasury: fund administrator, approver and the bank sign. Creates
    /// identifier 0.
    TreasuryReturn {
        /// The fund.
        fund: RecordId,
        /// How much.
        amount: Fen,
        /// Hash of the bank's reference, used once.
        #[serde(with = "linli_ledger::json::bytes")]
        bank_reference: [u8; 32],
        /// The day on which the bank paid it.
        value_date: Day,
        /// Hash of the bank's electronic receipt.
        receipt: Digest,
    },
    /// Free money of one source gets another purpose: fund administrator, and whoever gave it. Creates
    /// identifier 0, the earmark.
    Reclassify {
        /// The source.
        source: SourceId,
        /// Its first fen.
        #[serde(with = "linli_ledger::json::decimal")]
        start: u64,
        /// How many fen.
        amount: Fen,
        /// What they may be used for.
        earmark: EarmarkTerms,
        /// Hash of the agreement or resolution, and of its public notice.
        document: Digest,
    },
    /// The regulator freezes a fund, a contract or a payment.
    Freeze {
        /// Which.
        record: RecordId,
        /// Hash of the order.
        order: Digest,
    },
    /// The regulator lifts a freeze.
    Unfreeze {
        /// Which.
        record: RecordId,
        /// Hash of the order.
        order: Digest,
    },
}

/// Whether a service may be bought. Source: `domain` §3.4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Listing {
    /// It may.
    Listed,
    /// It must not.
    Negative,
}
