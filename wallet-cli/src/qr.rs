//! This exists to show a text as a QR code: in a terminal to be scanned from the screen, or as a picture
//! to be printed.

use crate::failure::Failure;
use linli_ledger::code::Code;
use qrcode::render::{svg, unicode};
use qrcode::{EcLevel, QrCode};

/// The code of a text; upper-case identifiers take the small alphabet of QR and give larger squares.
fn code(text: &str) -> Result<QrCode, Failure> {
    QrCode::with_error_correction_level(text, EcLevel::M)
        .map_err(|error| Failure::new(Code::TooLarge, error))
}

/// For a terminal: two squares in each character, dark on light whatever the colours of the terminal.
///
/// # Errors
/// [`Code::TooLarge`] for more than a code can hold.
pub(crate) fn terminal(text: &str) -> Result<String, Failure> {
    // Terminals are mostly light on dark: what is printed is the light part.
    Ok(code(text)?
        .render::<unicode::Dense1x2>()
        .dark_color(unicode::Dense1x2::Light)
        .light_color(unicode::Dense1x2::Dark)
        .build())
}

/// A picture to be printed.
///
/// # Errors
/// As [`terminal`].
pub(crate) fn picture(text: &str) -> Result<String, Failure> {
    Ok(code(text)?.render::<svg::Color<'_>>().min_dimensions(320, 320).build())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_gets_blocks_and_a_printer_a_picture() {
        let text = "LLR1QQQQQQQQ";
        let shown = terminal(text).unwrap();
        assert!(shown.lines().count() > 10 && shown.contains('█'), "{shown}");
        assert!(!shown.chars().any(|c| c.is_control() && c != '\n'));
        let picture = picture(text).unwrap();
        assert!(picture.starts_with("<?xml") && picture.contains("<svg"), "{picture}");
        assert_eq!(terminal(&"长".repeat(3_000)).unwrap_err().code, Code::TooLarge);
    }

    #[test]
    fn upper_case_makes_a_smaller_code() {
        let text = "llr1".repeat(16);
        let lower = code(&text).unwrap().width();
        assert!(code(&text.to_uppercase()).unwrap().width() < lower);
    }
}
