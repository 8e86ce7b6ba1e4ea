//! This exists to keep the secrets of vouchers until they are shown to the partner: whoever knows one can
//! fetch the reward, so each lies in a file of its owner only.

use crate::failure::Failure;
use crate::session::Session;
use linli_ledger::code::Code;
use linli_ledger::hash::{from_hex_bytes, to_hex};
use linli_ledger::types::RecordId;
use linli_secrets::private_file;
use std::path::PathBuf;

/// What a voucher's QR code begins with.
const MARK: &str = "LINLI:V1:";

/// A voucher and its secret.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Ticket {
    pub(super) voucher: RecordId,
    pub(super) secret: Vec<u8>,
}

impl std::fmt::Debug for Ticket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Ticket({}, …)", self.voucher)
    }
}

fn file(voucher: RecordId, session: &Session) -> PathBuf {
    session.home.join("vouchers").join(format!("{voucher}.secret"))
}

/// 16 bytes that nobody guesses.
///
/// # Errors
/// [`Code::Randomness`].
pub(super) fn secret() -> Result<[u8; 16], Failure> {
    let mut secret = [0; 16];
    getrandom::fill(&mut secret).map_err(|error| Failure::new(Code::Randomness, error))?;
    Ok(secret)
}

impl Ticket {
    /// Keeps the secret.
    ///
    /// # Errors
    /// Those of the system.
    pub(super) fn keep(&self, session: &Session) -> Result<(), Failure> {
        let path = file(self.voucher, session);
        private_file::folder(path.parent().unwrap_or(&session.home))?;
        Ok(private_file::create(&path, format!("{}\n", to_hex(&self.secret)).as_bytes())?)
    }

    /// The secret of a voucher that was reserved on this machine.
    ///
    /// # Errors
    /// [`Code::InputMissing`], [`Code::KeyFileMode`], [`Code::Storage`].
    pub(super) fn find(voucher: RecordId, session: &Session) -> Result<Self, Failure> {
        let path = file(voucher, session);
        let bytes = private_file::read(&path)?;
        let text = String::from_utf8_lossy(&bytes);
        let secret = from_hex_bytes(text.trim())
            .ok_or_else(|| Failure::new(Code::Storage, path.display()))?;
        Ok(Self { voucher, secret })
    }

    /// What the QR code holds: the small alphabet of QR codes only.
    pub(super) fn text(&self) -> String {
        format!("{MARK}{}:{}", self.voucher, to_hex(&self.secret)).to_uppercase()
    }

    /// Reads what [`Ticket::text`] writes.
    ///
    /// # Errors
    /// A sentence for the command line.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let upper = text.trim().to_uppercase();
        let wrong = || format!("{MARK}LLR1…:…");
        let (voucher, secret) =
            upper.strip_prefix(MARK).and_then(|rest| rest.split_once(':')).ok_or_else(wrong)?;
        let voucher = voucher.parse::<RecordId>().map_err(|error| error.to_string())?;
        let secret = from_hex_bytes(&secret.to_lowercase()).ok_or_else(wrong)?;
        Ok(Self { voucher, secret })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_voucher_survives_its_code_and_no_letter_may_differ() {
        let ticket = Ticket { voucher: RecordId([7; 32]), secret: vec![1; 16] };
        let text = ticket.text();
        assert_eq!(Ticket::parse(&text), Ok(ticket.clone()));
        assert_eq!(Ticket::parse(&text.to_lowercase()), Ok(ticket.clone()));
        let small = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == ':';
        assert!(text.chars().all(small), "{text}");
        let wrong = text.replacen("LLR1Q", "LLR1P", 1);
        assert!(Ticket::parse(&wrong).is_err() && Ticket::parse("LINLI:V1:").is_err());
        assert!(!format!("{ticket:?}").contains("0101"));
    }
}
