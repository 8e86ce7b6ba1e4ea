//! This exists to say why a command could not do its work: a stable code, what, and what to do next.

use crate::import::ImportError;
use crate::texts;
use linli_ledger::code::Code;
use linli_node::NodeError;
use linli_verify::{ChainError, Language, Output, Said};
use serde_json::json;

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

    fn exit(&self) -> u8 {
        let exits: [(u8, &[Code]); 4] = [
            (3, &[Code::InputMissing, Code::InputTwice, Code::InputWorkbook, Code::NotFound]),
            (4, &[Code::OtherInput, Code::DirectoryBusy]),
            (5, &[Code::VerificationFailed, Code::ChainShortened, Code::ChainDamaged]),
            (6, &[Code::Engine, Code::Storage]),
        ];
        let exit = exits.into_iter().find(|(_, codes)| codes.contains(&self.code));
        exit.map_or(1, |(exit, _)| exit)
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
                format!(
                    "error[{}]: {}\n  {}\n  {hint}: {}\n",
                    self.code, text.sentence, self.detail, text.hint
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
            NodeError::Busy { .. }
            | NodeError::Shortened { .. }
            | NodeError::Replaced { .. }
            | NodeError::Damaged(_)
            | NodeError::OtherChain { .. }
            | NodeError::Engine(_) => error.to_string(),
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
            ChainError::Read { source, .. } if source.kind() == std::io::ErrorKind::NotFound => {
                Code::InputMissing
            }
            ChainError::Read { .. } => Code::Storage,
        };
        Self { code, detail: error.to_string() }
    }
}
