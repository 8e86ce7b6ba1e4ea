//! This exists to write one value as people read it: yuan with the characters of a cheque, times of
//! Beijing, identifiers short, nothing that a terminal would obey.

use linli_contracts::text::is_hidden;
use linli_ledger::amount::Fen;
use linli_ledger::types::{BlockTime, UTC_OFFSET_MS};
use linli_verify::Language;

/// Characters at both ends of an identifier that are shown.
const ENDS: usize = 8;
/// A shorter word is shown whole.
const SHORT: usize = 2 * ENDS + 8;

/// A text without anything that a terminal would obey or that hides from the eye: such characters are
/// shown by their number.
pub(crate) fn clean(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for c in text.chars() {
        if is_hidden(c) { clean.extend(c.escape_unicode()) } else { clean.push(c) }
    }
    clean
}

/// An identifier, a hash or a key by its two ends; anything else whole.
pub(crate) fn short(text: &str) -> String {
    let plain = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    if !plain || text.len() <= SHORT {
        return clean(text);
    }
    // The prefix of an identifier says what it is, so more is shown in front.
    format!("{}…{}", &text[..ENDS + 4], &text[text.len() - ENDS..])
}

/// A time in Beijing: `2026-03-05 09:30`, with seconds where there are any.
pub(crate) fn time(time: BlockTime) -> String {
    let day = time.day().iso();
    let second = time.0.saturating_add(UTC_OFFSET_MS) / 1_000 % 86_400;
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    if second == 0 {
        format!("{day} {hour:02}:{minute:02}")
    } else {
        format!("{day} {hour:02}:{minute:02}:{second:02}")
    }
}

/// Yuan, in Chinese also in the characters that nobody alters: `¥1,500.00（壹仟伍佰元整）`.
pub(crate) fn yuan(fen: Fen, language: Language) -> String {
    let digits = crate::report::money(fen);
    match language {
        Language::Chinese => format!("{digits}（{}）", capital(fen)),
        Language::English => digits,
    }
}

/// Basis points as percent: `12.5 %`.
pub(crate) fn percent(basis_points: u64) -> String {
    let (whole, rest) = (basis_points / 100, basis_points % 100);
    let number = match (rest, rest % 10) {
        (0, _) => whole.to_string(),
        (rest, 0) => format!("{whole}.{}", rest / 10),
        (rest, _) => format!("{whole}.{rest:02}"),
    };
    format!("{number} %")
}

/// An amount in the characters of a cheque (大写), as 《正确填写票据和结算凭证的基本规定》 wants it.
pub(crate) fn capital(fen: Fen) -> String {
    const DIGITS: [char; 10] = ['零', '壹', '贰', '叁', '肆', '伍', '陆', '柒', '捌', '玖'];
    let digit = |n: u64| DIGITS.get(usize::try_from(n % 10).unwrap_or(0)).copied().unwrap_or('零');
    let (yuan, jiao, fen) = (fen.0 / 100, fen.0 / 10 % 10, fen.0 % 10);
    let mut text = String::new();
    if yuan > 0 {
        text.push_str(&capital_yuan(yuan, digit));
        text.push('元');
    }
    match (jiao, fen) {
        (0, 0) if yuan == 0 => text.push_str("零元整"),
        (0, 0) => text.push('整'),
        (0, fen) => {
            if yuan > 0 {
                text.push('零');
            }
            text.extend([digit(fen), '分']);
        }
        (jiao, fen) => {
            if yuan > 0 && yuan % 10 == 0 {
                text.push('零');
            }
            text.extend([digit(jiao), '角']);
            if fen > 0 {
                text.extend([digit(fen), '分']);
            } else {
                text.push('整');
            }
        }
    }
    text
}

fn capital_yuan(yuan: u64, digit: impl Fn(u64) -> char) -> String {
    let mut groups = Vec::new();
    let mut rest = yuan;
    while rest > 0 {
        groups.push(rest % 10_000);
        rest /= 10_000;
    }
    let mut text = String::new();
    let mut gap = false;
    for (position, group) in groups.iter().enumerate().rev() {
        for (place, unit) in [(1_000, "仟"), (100, "佰"), (10, "拾"), (1, "")] {
            let n = group / place % 10;
            if n == 0 {
                gap = !text.is_empty();
            } else {
                if gap {
                    text.push('零');
                    gap = false;
                }
                text.push(digit(n));
                text.push_str(unit);
            }
        }
        let is_empty = *group == 0;
        // 壹拾万柒仟: a zero between groups is said only where digits are skipped.
        gap = is_empty && !text.is_empty();
        match position {
            0 => {}
            2 => text.push('亿'),
            position if is_empty && position % 2 == 1 => {}
            position if position % 2 == 1 => text.push('万'),
            _ => text.push('亿'),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_in_the_characters_of_a_cheque() {
        for (fen, expected) in [
            (0, "零元整"),
            (1, "壹分"),
            (10, "壹角整"),
            (15, "壹角伍分"),
            (100, "壹元整"),
            (101, "壹元零壹分"),
            (1_000, "壹拾元整"),
            (1_050, "壹拾元零伍角整"),
            (150_000, "壹仟伍佰元整"),
            (140_950, "壹仟肆佰零玖元伍角整"),
            (600_714, "陆仟零柒元壹角肆分"),
            (167_032, "壹仟陆佰柒拾元零叁角贰分"),
            (10_000_000, "壹拾万元整"),
            (10_700_053, "壹拾万柒仟元零伍角叁分"),
            (100_000_100, "壹佰万零壹元整"),
            (1_640_902, "壹万陆仟肆佰零玖元零贰分"),
            (10_000_000_000, "壹亿元整"),
            (10_000_000_100, "壹亿零壹元整"),
            (1_000_100_000_000, "壹佰亿零壹佰万元整"),
            (9_007_199_254_740_991, "玖拾万零柒佰壹拾玖亿玖仟贰佰伍拾肆万柒仟肆佰零玖元玖角壹分"),
        ] {
            assert_eq!(capital(Fen(fen)), expected, "{fen}");
        }
    }

    #[test]
    fn times_are_those_of_beijing() {
        assert_eq!(time(BlockTime(0)), "1970-01-01 08:00");
        assert_eq!(time(BlockTime(1_744_446_611_204)), "2025-04-12 16:30:11");
    }

    #[test]
    fn nothing_reaches_a_terminal_that_it_would_obey() {
        let shown = clean("a\u{1b}[31m\u{202e}b\u{200b}\n王");
        assert_eq!(shown, "a\\u{1b}[31m\\u{202e}b\\u{200b}\\u{a}王");
        assert_eq!(clean("王芳 2026"), "王芳 2026");
    }

    #[test]
    fn identifiers_are_short_and_texts_whole() {
        let id = format!("llr1{}", "q".repeat(58));
        assert_eq!(short(&id), "llr1qqqqqqqq…qqqqqqqq");
        assert_eq!(short("合同 2026-07"), "合同 2026-07");
        assert_eq!(short("5101"), "5101");
    }

    #[test]
    fn basis_points_are_percent() {
        assert_eq!(percent(10_000), "100 %");
        assert_eq!(percent(1_250), "12.5 %");
        assert_eq!(percent(5), "0.05 %");
    }
}
