//! This exists to say no in one form, RFC 9457, with the stable codes of the ledger's table, and to
//! take the sentences from the one catalogue of each language.

use crate::Language;
use fluent_templates::{Loader, static_loader};
use linli_ledger::code::{Class, Code, Detail};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

static_loader! {
    // The catalogue that the wallet prints from: a code means the same wherever it is read.
    static LOCALES = {
        locales: "../../wallet-cli/locales",
        fallback_language: "zh-CN",
        customise: |bundle| bundle.set_use_isolating(false),
    };
}

/// The content type of a [`Problem`].
pub const CONTENT_TYPE: &str = "application/problem+json";

/// Why a request was not done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// `/problems/` and the code.
    #[serde(rename = "type")]
    pub kind: String,
    /// What is wrong, in one sentence of the language asked for.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// The stable code, the same in every language.
    #[schema(value_type = String, pattern = "^E_[A-Z_]+$", example = "E_OVERLAP")]
    pub code: Code,
    /// What is wrong with which value; for developers, in English.
    pub detail: String,
    /// What to do next.
    pub hint: String,
    /// The path that was asked for.
    pub instance: String,
    /// Tell this to the operator.
    pub request_id: String,
    /// Each part that is wrong.
    pub errors: Vec<FieldProblem>,
}

/// A part of a request that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldProblem {
    /// Where: a JSON pointer into the body, or the name of a parameter.
    pub pointer: String,
    /// What is wrong with it.
    pub detail: String,
}

/// What a code means in a receipt: the sentence, the next step, the rule, and the values concerned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Explanation {
    /// The stable code.
    #[schema(value_type = String, pattern = "^E_[A-Z_]+$", example = "E_OVERLAP")]
    pub code: Code,
    /// Its number in receipts.
    pub number: u16,
    /// `door`, `rejection` or `error`.
    pub class: ClassName,
    /// What is wrong, in one sentence.
    pub title: String,
    /// What to do next.
    pub hint: String,
    /// Where the rule is from.
    pub rule: String,
    /// The values that explain it, as in the receipt.
    #[schema(value_type = Vec<Object>)]
    pub details: Vec<Detail>,
}

/// The three classes of no. Source: LED-9.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClassName {
    /// Never in a block.
    Door,
    /// In the block, with a receipt.
    Rejection,
    /// This machine could not.
    Error,
}

impl From<Class> for ClassName {
    fn from(class: Class) -> Self {
        match class {
            Class::Door => Self::Door,
            Class::Rejection => Self::Rejection,
            Class::Error => Self::Error,
        }
    }
}

impl Explanation {
    /// Explains a code in a language.
    pub fn new(code: Code, details: &[Detail], language: Language) -> Self {
        let id = code.name().to_lowercase().replace('_', "-");
        let say = |id: &str| {
            LOCALES.try_lookup(&language.identifier(), id).unwrap_or_else(|| id.to_owned())
        };
        Self {
            code,
            number: code.number(),
            class: code.class().into(),
            title: say(&id),
            hint: say(&format!("{id}.hint")),
            rule: say(&format!("{id}.rule")),
            details: details.to_vec(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_explained_in_both_languages() {
        for code in Code::ALL {
            let chinese = Explanation::new(*code, &[], Language::Chinese);
            let english = Explanation::new(*code, &[], Language::English);
            assert_ne!(chinese.title, english.title, "{code}");
            assert!(chinese.title.ends_with('。') && english.title.ends_with('.'), "{code}");
            assert!(!english.hint.starts_with("e-") && !english.rule.starts_with("e-"), "{code}");
        }
    }
}
