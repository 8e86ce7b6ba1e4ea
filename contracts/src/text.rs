//! This exists to keep personal data and trick characters out of the few texts that the chain holds.
//!
//! Unicode normalisation is not checked here: it needs tables, and equal looks of two names is a
//! matter for people. The value of a refused text is never repeated, only where the trouble begins.

use linli_ledger::code::{Code, Rejection, ensure};
use linli_ledger::limits::TEXT_BYTES_MAX;

/// What kind of personal data a text seems to hold. Source: `domain` §6.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FindingKind {
    /// An identity card number: 18 characters with a right checksum.
    Identity,
    /// A mobile number: 11 digits, with or without 86 before them.
    Mobile,
    /// A bank card: 16 to 19 digits with a right Luhn digit.
    Card,
    /// An e-mail address.
    Email,
    /// A number of a building, an entrance or a room.
    Address,
}

/// Personal data in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What it seems to be.
    pub kind: FindingKind,
    /// The byte at which it begins.
    pub at: usize,
}

/// Checks a text that people will read: 1 to `max_bytes` bytes, no control or invisible characters,
/// nothing that changes the direction of writing, no space at either end. Personal data in it is found at the
/// door (`any_personal_data`).
///
/// # Errors
/// [`Code::Text`].
///
/// Source: REG-18, `domain` §6.1.
pub fn check_text(text: &str, max_bytes: usize) -> Result<(), Rejection> {
    ensure((1..=max_bytes).contains(&text.len()), Code::Text)?;
    ensure(!text.chars().any(is_hidden), Code::Text)?;
    ensure(text.trim() == text, Code::Text)
}

/// Checks an administrative path: groups of ASCII digits with single slashes between them, so that
/// one place has one spelling.
///
/// # Errors
/// [`Code::Text`].
///
/// Source: REG-14, `domain` §1.1.
pub fn check_path(path: &str) -> Result<(), Rejection> {
    ensure(path.len() <= TEXT_BYTES_MAX, Code::Text)?;
    let group = |group: &str| !group.is_empty() && group.bytes().all(|b| b.is_ascii_digit());
    ensure(path.split('/').all(group), Code::Text)
}

/// Checks a short name that programs compare: 1 to `max_bytes` visible ASCII characters that `is` allows.
///
/// # Errors
/// [`Code::Text`].
///
/// Source: REG-18.
pub(crate) fn check_code(
    code: &str,
    max_bytes: usize,
    is: fn(&u8) -> bool,
) -> Result<(), Rejection> {
    ensure((1..=max_bytes).contains(&code.len()) && code.as_bytes().iter().all(is), Code::Text)
}

/// Whether one of the texts of a call seems to hold personal data: asked at the door, before anything else
/// of the call is looked at.
///
/// Source: REG-18, INV-D1, D20.
pub(crate) fn any_personal_data(texts: &[&str]) -> bool {
    texts.iter().any(|text| lint(text).is_some())
}

/// Control characters, characters without a look of their own, and those that turn text around: not
/// in a text, and never printed as they are.
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
            | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}'
            | '\u{FFA0}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E0FFF}')
}

/// Finds the first personal data in a text, in the order of the kinds. Full-width forms count as
/// their ASCII twins.
///
/// Source: `domain` §6.1.
pub fn lint(text: &str) -> Option<Finding> {
    let folded: Vec<(usize, char)> =
        text.char_indices().map(|(at, c)| (at, half_width(c))).collect();
    let runs = digit_runs(&folded);
    let number = |kind: FindingKind, is: fn(&Run) -> bool| {
        runs.iter().find(|run| is(run)).map(|run| Finding { kind, at: run.at })
    };
    number(FindingKind::Identity, is_identity)
        .or_else(|| number(FindingKind::Mobile, is_mobile))
        .or_else(|| number(FindingKind::Card, is_card))
        .or_else(|| email(&folded))
        .or_else(|| number(FindingKind::Address, is_address))
}

fn half_width(c: char) -> char {
    match c {
        '\u{3000}' => ' ',
        '\u{FF01}'..='\u{FF5E}' => {
            u32::from(c).checked_sub(0xFEE0).and_then(char::from_u32).unwrap_or(c)
        }
        other => other,
    }
}

/// Digits in a row, perhaps in groups with one space or hyphen between them.
#[derive(Clone)]
struct Run {
    /// The byte at which it begins.
    at: usize,
    digits: Vec<u8>,
    /// Sizes of the groups.
    groups: Vec<usize>,
    /// Up to three characters that follow, spaces left out.
    after: String,
}

/// A card in groups of four has five at the most.
const GROUPS_MAX: usize = 5;

/// Every group of digits, and every sequence of up to five that a space or hyphen joins.
fn digit_runs(text: &[(usize, char)]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    // Those that the next group continues.
    let mut open: Vec<Run> = Vec::new();
    let mut rest = text;
    while let Some(((at, c), tail)) = rest.split_first() {
        if !c.is_ascii_digit() {
            rest = tail;
            continue;
        }
        let digits: Vec<u8> = rest.iter().map_while(|(_, c)| digit(*c)).collect();
        rest = rest.get(digits.len()..).unwrap_or_default();
        let after: String = rest.iter().map(|(_, c)| *c).filter(|c| *c != ' ').take(3).collect();
        open.push(Run { at: *at, digits: Vec::new(), groups: Vec::new(), after: String::new() });
        for run in &mut open {
            run.digits.extend_from_slice(&digits);
            run.groups.push(digits.len());
            run.after.clone_from(&after);
        }
        runs.extend(open.iter().cloned());
        match rest {
            [(_, ' ' | '-'), (_, next), ..] if next.is_ascii_digit() => {
                open.retain(|run| run.groups.len() < GROUPS_MAX);
            }
            _ => open.clear(),
        }
    }
    runs
}

fn digit(c: char) -> Option<u8> {
    c.to_digit(10).and_then(|digit| u8::try_from(digit).ok())
}

fn is_identity(run: &Run) -> bool {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let grouped = matches!(run.groups.as_slice(), [_] | [6, 8, 3 | 4]);
    let last = match (run.digits.len(), run.digits.get(17)) {
        (18, Some(last)) => u32::from(*last),
        (17, None) if run.after.starts_with(['X', 'x']) => 10,
        _ => return false,
    };
    let sum = WEIGHTS.iter().zip(&run.digits).fold(0_u32, |sum, (weight, digit)| {
        sum.saturating_add(weight.saturating_mul(u32::from(*digit)))
    });
    // The 18 weighted digits sum to 1 modulo 11; the weight of the last is 1.
    grouped && sum.saturating_add(last) % 11 == 1
}

fn is_mobile(run: &Run) -> bool {
    let grouped = matches!(run.groups.as_slice(), [11 | 13] | [3, 4, 4] | [2, 11] | [2, 3, 4, 4]);
    let number = match run.digits.as_slice() {
        [8, 6, number @ ..] if run.digits.len() == 13 => number,
        number => number,
    };
    grouped && number.len() == 11 && matches!(number, [1, 3..=9, ..])
}

fn is_card(run: &Run) -> bool {
    let grouped = match run.groups.as_slice() {
        [_] | [6, 10 | 13] => true,
        [groups @ .., last] => groups.iter().all(|size| *size == 4) && *last <= 4,
        [] => false,
    };
    let sum = run.digits.iter().rev().zip([false, true].into_iter().cycle()).fold(
        0_u32,
        |sum, (digit, doubled)| {
            let value = u32::from(*digit).saturating_mul(if doubled { 2 } else { 1 });
            sum.saturating_add(if value > 9 { value.saturating_sub(9) } else { value })
        },
    );
    grouped
        && (16..=19).contains(&run.digits.len())
        && run.digits.iter().any(|digit| *digit != 0)
        && sum % 10 == 0
}

/// `2 室内活动` is two activities indoors, not a room.
fn is_address(run: &Run) -> bool {
    let suffix = ["号楼", "单元", "室"].iter().any(|suffix| run.after.starts_with(suffix));
    suffix && !run.after.starts_with("室内") && !run.after.starts_with("室外")
}

fn email(text: &[(usize, char)]) -> Option<Finding> {
    let local = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '%' | '+' | '-');
    let host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    text.iter().enumerate().filter(|(_, (_, c))| *c == '@').find_map(|(position, _)| {
        let (before, from) = text.split_at_checked(position)?;
        let (at, _) = before.iter().rev().take_while(|(_, c)| local(*c)).last()?;
        let name: String = from.iter().skip(1).map(|(_, c)| *c).take_while(|c| host(*c)).collect();
        let (domain, top) = name.trim_end_matches(['.', '-']).rsplit_once('.')?;
        let sound = !domain.is_empty() && top.len() >= 2;
        sound.then_some(Finding { kind: FindingKind::Email, at: *at })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use FindingKind::{Address, Card, Email, Identity, Mobile};

    #[test]
    fn personal_data_is_found_where_it_begins() {
        for (text, kind, at) in [
            ("证件11010519491231002X", Identity, 6),
            ("证件11010519491231002x号", Identity, 6),
            ("110105 19491231 002X", Identity, 0),
            ("１１０１０５１９４９１２３１００２Ｘ", Identity, 0),
            ("电话13800138000。", Mobile, 6),
            ("+8613800138000", Mobile, 1),
            ("138-0013-8000", Mobile, 0),
            ("138 0013 8000", Mobile, 0),
            ("2026 138 0013 8000 12", Mobile, 5),
            ("卡4111111111111111", Card, 3),
            ("4111 1111 1111 1111", Card, 0),
            ("6222021234567890128", Card, 0),
            ("请联系 a.b+c@mail.example.cn", Email, 10),
            ("ａ＠b.cn", Email, 0),
            ("3号楼", Address, 0),
            ("幸福里12 单元", Address, 9),
            ("近４０２室", Address, 3),
        ] {
            assert_eq!(lint(text), Some(Finding { kind, at }), "{text}");
        }
    }

    #[test]
    fn ordinary_text_passes() {
        for text in [
            "桐梓林社区居委会",
            "organisation 0",
            "活动室整理 2026-03-02 08:00",
            "110105194912310021", // wrong checksum
            "4111111111111112",   // wrong Luhn digit
            "12345678901",        // no mobile number begins with 12
            "合同 2026-001-0007 第 3 期",
            "教室 2 间，三单元，2 室内活动",
            "@社区 a@b",
            "0000000000000000",
        ] {
            assert_eq!(check_text(text, 256), Ok(()), "{text}");
        }
    }

    #[test]
    fn hidden_characters_and_bad_lengths_are_refused() {
        for text in [
            "",
            " a",
            "a ",
            "\u{3000}a",
            "a\nb",
            "a\u{7f}",
            "a\u{85}b",
            "a\u{200b}b",
            "a\u{202e}b",
            "a\u{2066}b",
            "\u{feff}a",
            "a\u{2028}b",
            "a\u{e0041}",
            "123456789",
        ] {
            let no = check_text(text, 8).unwrap_err();
            assert_eq!(no, Code::Text.into(), "{text:?}");
        }
        assert_eq!(check_text("12345678", 8), Ok(()));
    }

    #[test]
    fn a_place_has_one_spelling() {
        assert_eq!(check_path("5101/04/001/003"), Ok(()));
        for path in ["", "/5101", "5101/", "5101//04", "5101/a", "5101/ 04", "５１０１"] {
            assert_eq!(check_path(path), Err(Code::Text.into()), "{path:?}");
        }
        assert_eq!(check_path(&"1".repeat(257)), Err(Code::Text.into()));
    }

    #[test]
    fn a_code_is_visible_ascii_of_bounded_length() {
        let code = |text| check_code(text, 16, u8::is_ascii_graphic);
        assert_eq!(code("eldercare.2026"), Ok(()));
        for text in ["", "seventeen bytes!!", "with space", "护理"] {
            assert_eq!(code(text), Err(Code::Text.into()), "{text:?}");
        }
        assert_eq!(check_code("A-1", 16, u8::is_ascii_alphanumeric), Err(Code::Text.into()));
    }

    #[test]
    fn no_place_and_no_code_is_somebodys_number() {
        // Twelve digits are the longest code of a place; a mobile number has eleven.
        assert!(!any_personal_data(&[
            "510104001003",
            "5101/0400/1003",
            "51010400100",
            "care.2026"
        ]));
        for text in ["5101/13800138000", "4111111111111111", "p:13800138000", "anon@example.cn"] {
            assert!(any_personal_data(&["5101/04", text]), "{text}");
        }
    }
}
