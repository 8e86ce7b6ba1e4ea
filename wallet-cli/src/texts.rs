//! This exists to say things to people in their language: what a code means, and the words of output.
//!
//! The catalogues are in `locales/`, one folder per language; both have the same messages.

use fluent_templates::fluent_bundle::FluentValue;
use fluent_templates::{LanguageIdentifier, Loader, langid, static_loader};
use linli_ledger::code::Code;
use linli_verify::Language;
use std::borrow::Cow;
use std::collections::HashMap;

static_loader! {
    static LOCALES = {
        locales: "./locales",
        fallback_language: "zh-CN",
        // The marks around values would show as boxes in some terminals.
        customise: |bundle| bundle.set_use_isolating(false),
    };
}

static CHINESE: LanguageIdentifier = langid!("zh-CN");
static ENGLISH: LanguageIdentifier = langid!("en");

/// What a code means, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CodeText {
    /// What is wrong, in one sentence.
    pub(crate) sentence: String,
    /// What to do next.
    pub(crate) hint: String,
    /// Where the rule is from.
    pub(crate) rule: String,
}

/// What a code means.
pub(crate) fn code_text(code: Code, language: Language) -> CodeText {
    let id = message_id(code);
    CodeText {
        sentence: word(&id, language),
        hint: word(&format!("{id}.hint"), language),
        rule: word(&format!("{id}.rule"), language),
    }
}

/// The text of a message without values; its identifier where there is none.
pub(crate) fn word(id: &str, language: Language) -> String {
    known_word(id, language).unwrap_or_else(|| id.to_owned())
}

/// The text of a message without values, if there is one.
pub(crate) fn known_word(id: &str, language: Language) -> Option<String> {
    LOCALES.try_lookup(identifier(language), id)
}

/// The text of a message with values: whole numbers, which choose singular or plural, and texts.
///
/// A number is printed without separators; an amount is given as text.
pub(crate) fn word_with(
    id: &str,
    language: Language,
    values: &[(&'static str, FluentValue<'static>)],
) -> String {
    let values: HashMap<Cow<'static, str>, FluentValue<'static>> =
        values.iter().map(|(name, value)| (Cow::Borrowed(*name), value.clone())).collect();
    LOCALES.try_lookup_with_args(identifier(language), id, &values).unwrap_or_else(|| id.to_owned())
}

fn identifier(language: Language) -> &'static LanguageIdentifier {
    match language {
        Language::Chinese => &CHINESE,
        Language::English => &ENGLISH,
    }
}

/// `E_SELF_APPROVAL` → `e-self-approval`.
fn message_id(code: Code) -> String {
    code.name().to_lowercase().replace('_', "-")
}

#[cfg(test)]
mod tests;
