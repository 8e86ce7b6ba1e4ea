//! This exists to read the bytes of a CSV file as text: UTF-8, or GB18030 as Excel writes it in China.
//!
//! No byte of either encoding's characters is a comma, a quote or a line break, so a file is cut into
//! cells first and each cell is decoded by itself: a bad byte is the fault of one cell of one row.
//! Source: IMP-2.1.

use encoding_rs::GB18030;
use linli_ledger::code::Code;

/// What Excel and some editors put before UTF-8.
const MARK: &[u8] = b"\xEF\xBB\xBF";

/// How the text of a file is written in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// UTF-8, with or without byte order mark.
    Utf8,
    /// GB18030, which holds GBK and GB 2312.
    Gb18030,
}

impl Encoding {
    /// Its registered name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Gb18030 => "GB18030",
        }
    }

    /// The encoding of a file, and its bytes without the mark.
    ///
    /// A file with a mark, and one all of whose cells are UTF-8, is UTF-8. Of any other the cells
    /// decide that are not plain ASCII: it is GB18030 if more of them are no UTF-8 than are. So one
    /// bad byte in a file of UTF-8 stays one bad cell and does not turn the whole file into rubbish.
    pub(super) fn of(bytes: &[u8]) -> (Self, &[u8]) {
        if let Some(rest) = bytes.strip_prefix(MARK) {
            return (Self::Utf8, rest);
        }
        if std::str::from_utf8(bytes).is_ok() {
            return (Self::Utf8, bytes);
        }
        let cells = bytes.split(|byte| matches!(byte, b',' | b'"' | b'\r' | b'\n'));
        let (mut utf8, mut other) = (0_u64, 0_u64);
        for cell in cells.filter(|cell| !cell.is_ascii()) {
            let is_utf8 = std::str::from_utf8(cell).is_ok();
            *if is_utf8 { &mut utf8 } else { &mut other } += 1;
        }
        (if other > utf8 { Self::Gb18030 } else { Self::Utf8 }, bytes)
    }

    /// One cell as text, without white space at its ends.
    ///
    /// # Errors
    /// `E_ROW_TEXT` for a byte that the encoding does not have there: nothing is replaced.
    pub(super) fn decode(self, cell: &[u8]) -> Result<String, Code> {
        let text = match self {
            Self::Utf8 => std::str::from_utf8(cell).ok().map(Into::into),
            Self::Gb18030 => GB18030.decode_without_bom_handling_and_without_replacement(cell),
        };
        text.map(|text| text.trim().to_owned()).ok_or(Code::RowText)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gb18030(text: &str) -> Vec<u8> {
        let (bytes, _, has_failed) = GB18030.encode(text);
        assert!(!has_failed);
        bytes.into_owned()
    }

    #[test]
    fn a_file_is_utf_8_or_gb18030() {
        let text = "code,name\nA,示例街道 𠮷\n";
        assert_eq!(Encoding::of(text.as_bytes()), (Encoding::Utf8, text.as_bytes()));
        let marked = [MARK, text.as_bytes()].concat();
        assert_eq!(Encoding::of(&marked), (Encoding::Utf8, text.as_bytes()));
        let bytes = gb18030(text);
        assert_eq!(Encoding::of(&bytes), (Encoding::Gb18030, &bytes[..]));
        let cell = gb18030("示例街道 𠮷");
        assert_eq!(Encoding::Gb18030.decode(&cell), Ok("示例街道 𠮷".to_owned()));
        assert_eq!(Encoding::of(b"code\nA\n").0, Encoding::Utf8, "plain ASCII is both");
    }

    #[test]
    fn one_bad_cell_does_not_decide_over_a_file() {
        let mut bytes = "名称,说明\n示例,街道\n".as_bytes().to_vec();
        bytes.extend_from_slice(b"\xC4\xE3,\xFF\n");
        assert_eq!(Encoding::of(&bytes).0, Encoding::Utf8, "two cells against four");
        // The bytes of this character in GBK happen to be UTF-8 too.
        let chance = gb18030("模");
        assert!(std::str::from_utf8(&chance).is_ok());
        let bytes = [gb18030("示例,街道\n"), chance.clone()].concat();
        assert_eq!(Encoding::of(&bytes).0, Encoding::Gb18030);
        assert_eq!(Encoding::Gb18030.decode(&chance), Ok("模".to_owned()));
    }

    #[test]
    fn bad_bytes_are_refused_and_never_replaced() {
        for bad in [&b"\xFF"[..], b"\x80\xFF", b"\xC4", b"\x81\x30\x81", b"\xE3\x32\x9A\x36"] {
            assert_eq!(Encoding::Gb18030.decode(bad), Err(Code::RowText), "{bad:x?}");
        }
        for bad in [&b"\xC4\xE3"[..], b"\xED\xA0\x80", b"\xC0\x80"] {
            assert_eq!(Encoding::Utf8.decode(bad), Err(Code::RowText), "{bad:x?}");
        }
    }
}
