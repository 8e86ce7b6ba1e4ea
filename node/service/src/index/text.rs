//! This exists to find public names and numbers by any part of them: every name is kept from each of
//! its letters on, so that a search is the beginning of a list. Pure.
//!
//! Only texts of the public half are here; no record about a resident has a text.

/// Letters of a question that are looked up in the list; what follows is compared with the text.
const LETTERS: usize = 12;

/// The most letters of a text that a match may begin at: a name has at most 64 bytes.
const STARTS: usize = 64;

/// One form for what people type differently: small letters, half width, no spaces.
pub fn normalised(text: &str) -> String {
    text.chars()
        .map(|letter| match letter {
            // The full-width forms of ASCII, as Chinese input methods write them.
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(letter) - 0xfee0).unwrap_or(letter),
            other => other,
        })
        .flat_map(char::to_lowercase)
        .filter(|letter| !letter.is_whitespace() && !letter.is_control())
        .collect()
}

/// The beginnings of a normalised text from each of its letters on, with the number of letters before.
pub(super) fn suffixes(text: &str) -> impl Iterator<Item = (u8, String)> + '_ {
    (0_u8..).zip(text.char_indices().take(STARTS)).map(|(position, (at, _))| {
        let rest = text.get(at..).unwrap_or_default();
        (position, rest.chars().take(LETTERS).collect())
    })
}

/// What a normalised question is looked up by.
pub(super) fn lookup(question: &str) -> String {
    question.chars().take(LETTERS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn width_case_and_space_do_not_matter() {
        assert_eq!(normalised("ＱＨ－２０２６ 暖灶　助餐"), "qh-2026暖灶助餐");
        assert_eq!(normalised("\u{0}\t "), "");
    }

    proptest! {
        #[test]
        fn every_part_is_the_beginning_of_a_suffix(
            text in "[a-c清河]{1,30}", from in 0_usize..30, length in 1_usize..30
        ) {
            let part: String = text.chars().skip(from).take(length).collect();
            prop_assume!(!part.is_empty());
            let found = suffixes(&text).any(|(_, suffix)| suffix.starts_with(&lookup(&part)));
            prop_assert!(found);
        }
    }
}
