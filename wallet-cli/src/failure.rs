//! This exists to say why a command could not do its work: a stable code, what, and what to do next.

use crate::import::ImportError;
use crate::texts;
use linli_ledger::code::{Class, Code};
use linli_node::NodeError;
use linli_secrets::SecretError;
use linli_verify::{ChainError, Language, Output, Said};
use serde_json::json;
use std::io;
use std::path::Path;

/// Exit codes of single codes; the others go by their class.
const EXITS: [(u8, &[Code]); 8] = [
    (2, &[Code::WrongUse, Code::KeyName, Code::Identifier, Code::CallJson, Code::Configuration]),
    (
        3,
        &[
            Code::InputMissing,
            Code::InputTwice,
            Code::InputWorkbook,
            Code::NotFound,
            Code::KeyMissing,
        ],
    ),
    (
        4,
        &[
            Code::OtherInput,
            Code::DirectoryBusy,
            Code::Passphrase,
            Code::KeyFileMode,
            Code::KeyNameTaken,
            Code::NotSigner,
            Code::SignatureMissing,
            Code::OtherBody,
            Code::Words,
            Code::NoTerminal,
            Code::Unauthenticated,
            Code::Forbidden,
            Code::RequestSignature,
        ],
    ),
    (
        5,
        &[
            Code::VerificationFailed,
            Code::ChainShortened,
            Code::ChainDamaged,
            Code::TransactionFile,
            Code::Signature,
            Code::KeyDamaged,
            Code::NodeAnswer,
        ],
    ),
    (
        6,
        &[
            Code::Engine,
            Code::Storage,
            Code::NodeUnreachable,
            Code::RateLimit,
            Code::RequestTimeout,
            Code::NotReady,
            Code::QueueFull,
            Code::Draining,
            Code::StorageFull,
            Code::ReadOnly,
            Code::IndexRebuilding,
        ],
    ),
    (8, &[Code::Declined]),
    (9, &[Code::NotFinal]),
    (1, &[Code::Randomness]),
];

/// A command that failed.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) code: Code,
    pub(crate) detail: String,
}

impl Failure {
    pub(crate) fn new(code: Code, detail: impl std::fmt::Display) -> Self {
        Self { code, detail: detail.to_string() }
    }

    /// A failure about a file.
    pub(crate) fn of_file(path: &Path, error: &io::Error) -> Self {
        let code = match error.kind() {
            io::ErrorKind::NotFound => Code::InputMissing,
            _ => Code::Storage,
        };
        Self::new(code, format!("{}: {error}", path.display()))
    }

    /// The same, with what it is about in front of the detail.
    #[must_use]
    pub(crate) fn about(self, what: &str) -> Self {
        let detail = match self.detail.as_str() {
            "" => what.to_owned(),
            detail => format!("{what}: {detail}"),
        };
        Self { detail, ..self }
    }

    /// The exit code of the class of the failure. Source: WAL-11.
    fn exit(&self) -> u8 {
        let listed = EXITS.iter().find(|(_, codes)| codes.contains(&self.code));
        let by_class = || match self.code.class() {
            Class::Door | Class::Rejection => 7,
            Class::Error => 1,
        };
        listed.map_or_else(by_class, |(exit, _)| *exit)
    }

    /// The failure on standard error, for people or for programs.
    pub(crate) fn said(&self, language: Language, output: Output) -> Said {
        let text = texts::code_text(self.code, language);
        let error = match output {
            Output::Json => {
                let error = json!({ "error": {
                    "code": self.code.name(),
                    "title": text.sentence,
                    "detail": self.detail,
                    "hint": text.hint,
                }});
                format!("{error}\n")
            }
            Output::Table => {
                let hint = language.pick("怎么办", "hint");
                let detail = match self.detail.as_str() {
                    "" => String::new(),
                    detail => format!("  {detail}\n"),
                };
                format!(
                    "error[{}]: {}\n{detail}  {hint}: {}\n",
                    self.code, text.sentence, text.hint
                )
            }
        };
        Said { output: String::new(), error, exit: self.exit() }
    }
}

impl From<NodeError> for Failure {
    fn from(error: NodeError) -> Self {
        let detail = match &error {
            NodeError::Storage { source, .. } => format!("{error}: {source}"),
            other => other.to_string(),
        };
        Self { code: error.code(), detail }
    }
}

impl From<SecretError> for Failure {
    /// The sentence is in the catalogue, in two languages; here is what it is about.
    fn from(error: SecretError) -> Self {
        let detail = match &error {
            SecretError::Disk { .. } | SecretError::Damaged(_) | SecretError::NoTerminal(_) => {
                error.to_string()
            }
            SecretError::Mode { path, mode } => format!("{} ({mode:03o})", path.display()),
            SecretError::TooLarge { path, bytes_max } => {
                format!("{}: > {bytes_max}", path.display())
            }
            SecretError::Exists { path } => path.display().to_string(),
            SecretError::Text { path } => format!("{}: UTF-8", path.display()),
            SecretError::Passphrase => String::new(),
            SecretError::Short(least) => least.to_string(),
        };
        Self { code: error.code(), detail }
    }
}

impl From<ImportError> for Failure {
    fn from(error: ImportError) -> Self {
        Self { code: error.code(), detail: error.to_string() }
    }
}

impl From<ChainError> for Failure {
    fn from(error: ChainError) -> Self {
        let code = match &error {
            ChainError::Audit(_) => Code::VerificationFailed,
            ChainError::Missing { .. } => Code::InputMissing,
            ChainError::Read { source, .. } if source.kind() == io::ErrorKind::NotFound => {
                Code::InputMissing
            }
            ChainError::Read { .. } => Code::Storage,
        };
        Self { code, detail: error.to_string() }
    }
}
