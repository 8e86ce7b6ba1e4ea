//! This exists to be the one table of every "no": each code with its number, its name, its class.
//!
//! Sentences for people are elsewhere, one catalogue per language, keyed by the name. A number is
//! never used again for something else. Source: LED-9.1.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::io;

/// The three classes of no. Source: LED-9.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Refused at the door: never in a block.
    Door,
    /// A rule says no: in the block, with a receipt, the same on every node.
    Rejection,
    /// This machine could not; never in state.
    Error,
}

macro_rules! codes {
    ($($class:ident { $($name:ident = $number:literal $text:literal,)* })*) => {
        /// A stable reason for a no.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[expect(missing_docs, reason = "explained in two languages in the catalogues, by name")]
        pub enum Code { $($($name,)*)* }

        impl Code {
            /// Every code, in the order of the table.
            pub const ALL: &'static [Self] = &[$($(Self::$name,)*)*];

            /// The number in receipts.
            pub const fn number(self) -> u16 {
                match self { $($(Self::$name => $number,)*)* }
            }

            /// The name that people and programs see.
            pub const fn name(self) -> &'static str {
                match self { $($(Self::$name => $text,)*)* }
            }

            /// The class of the code.
            pub const fn class(self) -> Class {
                match self { $($(Self::$name => Class::$class,)*)* }
            }
        }
    };
}

codes! {
    Door {
        Signature = 1001 "E_SIG",
        Algorithm = 1002 "E_ALG",
        KeyInactive = 1003 "E_KEY_INACTIVE",
        NonceUsed = 1004 "E_NONCE",
        ChainId = 1005 "E_CHAIN_ID",
        Encoding = 1006 "E_ENCODING",
        TooLarge = 1007 "E_TOO_LARGE",
        Expired = 1008 "E_EXPIRED",
        JsonNumber = 1009 "E_JSON_NUMBER",
        RequestBody = 1010 "E_REQUEST_BODY",
        RequestQuery = 1011 "E_REQUEST_QUERY",
        Cursor = 1012 "E_CURSOR",
        UnknownPath = 1013 "E_UNKNOWN_PATH",
        Method = 1014 "E_METHOD",
        MediaType = 1015 "E_MEDIA_TYPE",
        BatchSize = 1016 "E_BATCH_SIZE",
        PersonalData = 1017 "E_PII_DETECTED",
        RowColumns = 1020 "E_ROW_COLUMNS",
        RowText = 1021 "E_ROW_TEXT",
        RowTime = 1022 "E_ROW_TIME",
        RowChoice = 1023 "E_ROW_CHOICE",
        RowReference = 1024 "E_ROW_REFERENCE",
        RowDuplicate = 1025 "E_ROW_DUPLICATE",
        RowEmpty = 1026 "E_ROW_EMPTY",
        RowPersonal = 1027 "E_ROW_PERSONAL",
        Unauthenticated = 1030 "E_UNAUTHENTICATED",
        RequestSignature = 1031 "E_REQUEST_SIGNATURE",
        RequestTime = 1032 "E_REQUEST_TIME",
        RequestReplayed = 1033 "E_REQUEST_REPLAYED",
        Forbidden = 1034 "E_FORBIDDEN",
        RateLimit = 1035 "E_RATE_LIMIT",
        UnknownHeight = 1036 "E_UNKNOWN_HEIGHT",
        TransactionFile = 1040 "E_TX_FILE",
        CallJson = 1041 "E_CALL_JSON",
        NotSigner = 1042 "E_NOT_A_SIGNER",
        SignatureMissing = 1043 "E_SIGNATURE_MISSING",
        OtherBody = 1044 "E_OTHER_BODY",
        Words = 1045 "E_WORDS",
        KeyName = 1046 "E_KEY_NAME",
        Identifier = 1047 "E_IDENTIFIER",
        WrongUse = 1048 "E_WRONG_USE",
    }
    Rejection {
        NotFound = 2001 "E_NOT_FOUND",
        Role = 2002 "E_ROLE",
        Scope = 2003 "E_SCOPE",
        RoleExpired = 2004 "E_ROLE_EXPIRED",
        KeyPurpose = 2005 "E_KEY_PURPOSE",
        Cosign = 2006 "E_COSIGN",
        State = 2007 "E_STATE",
        Exists = 2008 "E_EXISTS",
        Condition = 2009 "E_CONDITION",
        AmountZero = 2010 "E_AMOUNT_ZERO",
        AmountRange = 2011 "E_AMOUNT_RANGE",
        AmountOverflow = 2012 "E_AMOUNT_OVERFLOW",
        Deadline = 2013 "E_DEADLINE",
        TimeWindow = 2014 "E_TIME_WINDOW",
        Text = 2016 "E_TEXT",
        Algorithms = 2017 "E_KEY_WEAK",
        SelfGrant = 2101 "E_SELF_GRANT",
        GovernanceQuorum = 2102 "E_GOVERNANCE",
        TimeLock = 2103 "E_TIME_LOCK",
        Parameter = 2104 "E_PARAMETER",
        KeyExists = 2105 "E_KEY_EXISTS",
        Nullifier = 2106 "E_NULLIFIER",
        LastKey = 2107 "E_LAST_KEY",
        SelfApproval = 2201 "E_SELF_APPROVAL",
        DuplicateApprover = 2202 "E_DUP_APPROVER",
        RelatedApprover = 2203 "E_RELATED_APPROVER",
        SelfAttest = 2204 "E_SELF_ATTEST",
        AttestNotIndependent = 2205 "E_ATTEST_NOT_INDEPENDENT",
        SodTreasury = 2206 "E_SOD_TREASURY",
        SodAcceptance = 2207 "E_SOD_ACCEPTANCE",
        RelatedBeneficiary = 2208 "E_RELATED_BENEFICIARY",
        EvaluatorNotIndependent = 2209 "E_EVALUATOR_NOT_INDEPENDENT",
        AppealNotIndependent = 2214 "E_APPEAL_NOT_INDEPENDENT",
        Compulsory = 2301 "E_COMPULSORY",
        Capacity = 2302 "E_CAPACITY",
        Insurance = 2303 "E_INSURANCE",
        Guardian = 2304 "E_GUARDIAN",
        MinorRisk = 2305 "E_MINOR_RISK",
        MinimumAge = 2306 "E_MINIMUM_AGE",
        Full = 2307 "E_FULL",
        Overlap = 2308 "E_OVERLAP",
        NonceStale = 2309 "E_NONCE_STALE",
        TimeOrder = 2310 "E_TIME_ORDER",
        MinutesExceed = 2311 "E_MINUTES_EXCEED",
        LineMismatch = 2312 "E_LINE_MISMATCH",
        NegativeRule = 2313 "E_NEGATIVE_RULE",
        Multiplier = 2314 "E_MULTIPLIER",
        Retroactive = 2315 "E_RETROACTIVE",
        ProgrammeUnfunded = 2316 "E_PROGRAMME_UNFUNDED",
        ReportLag = 2317 "E_REPORT_LAG",
        TooManyLines = 2318 "E_TOO_MANY_LINES",
        DailyMinutes = 2319 "E_DAILY_MINUTES",
        InsufficientPoints = 2401 "E_INSUFFICIENT_POINTS",
        Stock = 2402 "E_STOCK",
        PersonLimit = 2403 "E_LIMIT",
        ItemExpired = 2404 "E_ITEM_EXPIRED",
        RewardKind = 2405 "E_REWARD_KIND",
        RewardValue = 2406 "E_REWARD_VALUE",
        Secret = 2407 "E_SECRET",
        AlreadyResolved = 2408 "E_ALREADY_RESOLVED",
        VoucherExpired = 2409 "E_VOUCHER_EXPIRED",
        TransferNotAllowed = 2410 "E_TRANSFER_NOT_ALLOWED",
        VoucherClaimed = 2411 "E_VOUCHER_CLAIMED",
        AssetSoulbound = 2412 "E_ASSET_SOULBOUND",
        InsufficientCompatible = 2501 "E_INSUFFICIENT_COMPATIBLE",
        TooManySegments = 2502 "E_TOO_MANY_SEGMENTS",
        SegmentMoved = 2503 "E_SEGMENT_MOVED",
        BudgetExceeded = 2504 "E_BUDGET_EXCEEDED",
        MilestoneSum = 2505 "E_MILESTONE_SUM",
        Term = 2506 "E_TERM",
        AdvanceLimit = 2507 "E_ADVANCE_LIMIT",
        NotAccepted = 2508 "E_NOT_ACCEPTED",
        OverAccepted = 2509 "E_OVER_ACCEPTED",
        InvoiceDuplicate = 2510 "E_INVOICE_DUP",
        ApprovalStale = 2511 "E_APPROVAL_STALE",
        ApprovalMissing = 2512 "E_APPROVAL_MISSING",
        BankAmount = 2513 "E_BANK_AMOUNT",
        BankReferenceDuplicate = 2514 "E_BANKREF_DUP",
        PayeeMismatch = 2515 "E_PAYEE_MISMATCH",
        BankKey = 2516 "E_BANK_KEY",
        CatalogUnknown = 2517 "E_CATALOG_UNKNOWN",
        CatalogNegative = 2518 "E_CATALOG_NEGATIVE",
        CloseBlocked = 2519 "E_CLOSE_BLOCKED",
        ApproverLevel = 2520 "E_APPROVER_LEVEL",
        CouncilMissing = 2521 "E_COUNCIL_MISSING",
        ObjectionWindow = 2522 "E_OBJECTION_WINDOW",
        BondLimit = 2523 "E_BOND_LIMIT",
        Batch = 2524 "E_BATCH",
        AlreadyReversed = 2525 "E_ALREADY_REVERSED",
        ReversalOfReversal = 2526 "E_REVERSAL_OF_REVERSAL",
        RefundExceeds = 2527 "E_REFUND_EXCEEDS",
        ConsentMissing = 2528 "E_CONSENT_MISSING",
        PeriodClosed = 2529 "E_PERIOD_CLOSED",
        Weights = 2530 "E_WEIGHTS",
        ScoreRange = 2531 "E_SCORE_RANGE",
        RenewalBlocked = 2532 "E_RENEWAL_BLOCKED",
        RetentionLimit = 2533 "E_RETENTION_LIMIT",
        RetentionTime = 2534 "E_RETENTION_TIME",
        Frozen = 2535 "E_FROZEN",
        ValidatorQuorum = 2108 "E_VALIDATOR_QUORUM",
        Possession = 2109 "E_POSSESSION",
        LastNode = 2110 "E_LAST_NODE",
    }
    Error {
        ChainShortened = 9001 "E_CHAIN_SHORTENED",
        ChainDamaged = 9002 "E_CHAIN_DAMAGED",
        OtherInput = 9003 "E_OTHER_INPUT",
        InputMissing = 9004 "E_INPUT_MISSING",
        DirectoryBusy = 9005 "E_DIRECTORY_BUSY",
        VerificationFailed = 9006 "E_VERIFICATION_FAILED",
        Storage = 9007 "E_STORAGE",
        Engine = 9008 "E_ENGINE",
        GenesisInvalid = 9009 "E_GENESIS_INVALID",
        RequestTimeout = 9031 "E_REQUEST_TIMEOUT",
        Internal = 9032 "E_INTERNAL",
        NotReady = 9033 "E_NOT_READY",
        QueueFull = 9010 "E_QUEUE_FULL",
        Draining = 9011 "E_DRAINING",
        StorageFull = 9012 "E_STORAGE_FULL",
        ReadOnly = 9013 "E_READ_ONLY",
        Configuration = 9014 "E_CONFIGURATION",
        KeyFile = 9015 "E_KEY_FILE",
        FolderNotEmpty = 9016 "E_FOLDER_NOT_EMPTY",
        Backup = 9017 "E_BACKUP",
        DemonstrationKeys = 9018 "E_DEMONSTRATION_KEYS",
        Stopped = 9019 "E_STOPPED",
        IndexRebuilding = 9020 "E_INDEX_REBUILDING",
        IndexQuestion = 9021 "E_INDEX_QUESTION",
        InputTwice = 9060 "E_INPUT_TWICE",
        InputWorkbook = 9061 "E_INPUT_WORKBOOK",
        Passphrase = 9040 "E_PASSPHRASE",
        KeyFileMode = 9041 "E_KEY_FILE_MODE",
        KeyDamaged = 9042 "E_KEY_DAMAGED",
        KeyNameTaken = 9043 "E_KEY_NAME_TAKEN",
        KeyMissing = 9044 "E_KEY_MISSING",
        NodeUnreachable = 9045 "E_NODE_UNREACHABLE",
        NodeAnswer = 9046 "E_NODE_ANSWER",
        Declined = 9047 "E_DECLINED",
        NotFinal = 9048 "E_NOT_FINAL",
        NoTerminal = 9049 "E_NO_TERMINAL",
        Randomness = 9050 "E_RANDOMNESS",
        Card = 9070 "E_CARD",
        SecondSigner = 9051 "E_SECOND_SIGNER",
        OlderCopy = 9052 "E_OLDER_COPY",
        Recovery = 9071 "E_RECOVERY",
        RulesUnknown = 9072 "E_RULES_UNKNOWN",
    }
}

impl Code {
    /// The code with this number.
    pub fn from_number(number: u16) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.number() == number)
    }

    /// The code with this name, for example `E_OVERLAP`.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.name() == name)
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl BorshSerialize for Code {
    fn serialize<W: io::Write>(&self, writer: &mut W) -> io::Result<()> {
        BorshSerialize::serialize(&self.number(), writer)
    }
}

impl BorshDeserialize for Code {
    fn deserialize_reader<R: io::Read>(reader: &mut R) -> io::Result<Self> {
        let number = u16::deserialize_reader(reader)?;
        Self::from_number(number).ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))
    }
}

/// A number that a person needs to understand a rejection. Never text. Source: LED-9.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Detail {
    /// What was asked for: fen, points, minutes or persons.
    Need(#[serde(with = "crate::json::decimal")] u64),
    /// What there is.
    Have(#[serde(with = "crate::json::decimal")] u64),
    /// The most or the least that the rule allows.
    Limit(#[serde(with = "crate::json::decimal")] u64),
    /// By how much a limit is passed.
    Over(#[serde(with = "crate::json::decimal")] u64),
    /// The position in a list, from 0.
    Index(u32),
    /// A time, milliseconds since the epoch.
    Time(#[serde(with = "crate::json::decimal")] u64),
    /// A record or person concerned, by its identifier.
    Record(#[serde(with = "crate::json::bytes")] [u8; 32]),
}

/// A rule says no. The same on every node; part of the receipt.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Rejection {
    /// Why.
    pub code: Code,
    /// The values concerned, at most a handful.
    pub details: Vec<Detail>,
}

impl Rejection {
    /// A rejection with the values that explain it.
    pub fn new(code: Code, details: &[Detail]) -> Self {
        Self { code, details: details.to_vec() }
    }
}

impl From<Code> for Rejection {
    fn from(code: Code) -> Self {
        Self { code, details: Vec::new() }
    }
}

/// Refuses with `code` unless `rule` holds.
///
/// # Errors
/// The rejection with this code, without values.
pub fn ensure(rule: bool, code: Code) -> Result<(), Rejection> {
    if rule { Ok(()) } else { Err(code.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn numbers_and_names_are_unique_and_found_again() {
        let numbers: BTreeSet<_> = Code::ALL.iter().map(|c| c.number()).collect();
        let names: BTreeSet<_> = Code::ALL.iter().map(|c| c.name()).collect();
        assert_eq!((numbers.len(), names.len()), (Code::ALL.len(), Code::ALL.len()));
        for code in Code::ALL {
            assert_eq!(Code::from_number(code.number()), Some(*code));
            assert_eq!(Code::from_name(code.name()), Some(*code));
        }
    }
}
