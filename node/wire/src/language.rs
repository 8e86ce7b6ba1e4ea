//! This exists to choose between the two languages of the catalogues by what a browser asks for.

use fluent_templates::LanguageIdentifier;
use fluent_templates::langid;

/// A language of the catalogues.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// 中文.
    #[default]
    Chinese,
    /// English.
    English,
}

impl Language {
    /// The best of the two for an `Accept-Language` header (RFC 9110, 12.5.4): the highest weight,
    /// the first among equals; Chinese if neither is asked for.
    pub fn accepted(header: &str) -> Self {
        let mut best: Option<(u32, Self)> = None;
        for range in header.split(',') {
            let mut parts = range.split(';');
            let tag = parts.next().unwrap_or_default().trim().to_ascii_lowercase();
            let language = match tag.split('-').next() {
                Some("zh" | "*") => Self::Chinese,
                Some("en") => Self::English,
                _ => continue,
            };
            let weight = parts.find_map(|part| part.trim().strip_prefix("q=").map(thousandths));
            let weight = weight.unwrap_or(1_000);
            if weight > 0 && best.is_none_or(|(found, _)| weight > found) {
                best = Some((weight, language));
            }
        }
        best.map_or(Self::default(), |(_, language)| language)
    }

    /// The tag for a `Content-Language` header.
    pub fn tag(self) -> &'static str {
        match self {
            Self::Chinese => "zh-CN",
            Self::English => "en",
        }
    }

    pub(crate) fn identifier(self) -> LanguageIdentifier {
        match self {
            Self::Chinese => langid!("zh-CN"),
            Self::English => langid!("en"),
        }
    }
}

/// `0.8` is 800; what is no weight is 0.
fn thousandths(text: &str) -> u32 {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = format!("{part:0<3}");
    let number = |text: &str| text.parse::<u32>().ok();
    match (number(whole), number(&digits)) {
        (Some(whole @ (0 | 1)), Some(part)) if digits.len() == 3 => {
            (whole * 1_000 + part).min(1_000)
        }
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_language_is_chosen() {
        for (header, language) in [
            ("", Language::Chinese),
            ("en", Language::English),
            ("zh-CN,en;q=0.9", Language::Chinese),
            ("zh;q=0.5, en-GB;q=0.8", Language::English),
            ("fr, en;q=0.1", Language::English),
            ("en;q=0", Language::Chinese),
            ("en;q=nonsense, zh;q=0.001", Language::Chinese),
            ("*", Language::Chinese),
        ] {
            assert_eq!(Language::accepted(header), language, "{header}");
        }
    }
}
