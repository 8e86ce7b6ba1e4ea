//! This exists to turn 12 or 24 words on a piece of paper into keys, and to read them back from people
//! who type them with or without spaces.

use super::path::KeyPath;
use crate::failure::Failure;
use bip39::{Language, Mnemonic};
use clap::ValueEnum;
use linli_ledger::code::Code;
use linli_ledger::crypto::BusinessKey;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretBox};
use std::fmt;

/// From which list words are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Wordlist {
    /// 2 048 Chinese characters.
    Zh,
    /// 2 048 English words.
    En,
}

impl Wordlist {
    const fn language(self) -> Language {
        match self {
            Self::Zh => Language::SimplifiedChinese,
            Self::En => Language::English,
        }
    }
}

/// The words of a person: whoever has them has every key. Never shown by `Debug`, wiped when dropped.
pub(crate) struct Words(Mnemonic);

/// The secret half of one key. Never shown by `Debug`, wiped when dropped.
pub(crate) type Secret = SecretBox<[u8; 32]>;

impl Words {
    /// New words: 12 from 128 bits, 24 from 256 bits of the operating system.
    ///
    /// # Errors
    /// [`Code::WrongUse`] for another number of words, [`Code::Randomness`] where there is none.
    pub(crate) fn new(count: u8, list: Wordlist) -> Result<Self, Failure> {
        let length = match count {
            12 => 16,
            24 => 32,
            other => return Err(Failure::new(Code::WrongUse, format!("--words {other}: 12, 24"))),
        };
        let mut entropy = Zeroizing::new(vec![0; length]);
        getrandom::fill(&mut entropy).map_err(|error| Failure::new(Code::Randomness, error))?;
        let words = Mnemonic::from_entropy_in(list.language(), &entropy);
        words.map(Self).map_err(|error| Failure::new(Code::Words, error))
    }

    /// Reads words as people type them: Chinese ones also without spaces, with any spaces, in upper
    /// or lower case, with numbers like `1.` in front.
    ///
    /// # Errors
    /// [`Code::Words`] with what is wrong and where; no word is repeated.
    pub(crate) fn parse(text: &str) -> Result<Self, Failure> {
        let plain = plain(text);
        let count = plain.split(' ').filter(|word| !word.is_empty()).count();
        if count != 12 && count != 24 {
            return Err(Failure::new(Code::Words, format!("{count} ≠ 12, 24")));
        }
        let chinese = plain.chars().any(is_chinese);
        let language = if chinese { Language::SimplifiedChinese } else { Language::English };
        Mnemonic::parse_in(language, plain.as_str()).map(Self).map_err(|error| {
            let detail = match error {
                bip39::Error::UnknownWord(position) => format!("№ {}", position + 1),
                bip39::Error::BadWordCount(_)
                | bip39::Error::BadEntropyBitCount(_)
                | bip39::Error::InvalidChecksum
                | bip39::Error::AmbiguousLanguages(_) => error.to_string(),
            };
            Failure::new(Code::Words, detail)
        })
    }

    /// The words, in order. To be shown once.
    pub(crate) fn list(&self) -> Vec<&'static str> {
        self.0.words().collect()
    }

    /// The secret at a path. BIP-39 without an extra passphrase, then SLIP-10.
    pub(crate) fn secret(&self, path: &KeyPath) -> Secret {
        let seed = Zeroizing::new(self.0.to_seed_normalized(""));
        SecretBox::init_with(|| {
            slip10_ed25519::derive_ed25519_private_key(seed.as_slice(), path.levels())
        })
    }
}

/// The key of a secret.
pub(crate) fn key_of(secret: &Secret) -> BusinessKey {
    BusinessKey::from_seed(secret.expose_secret())
}

impl fmt::Debug for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Words(…)")
    }
}

fn is_chinese(c: char) -> bool {
    ('\u{3400}'..='\u{9fff}').contains(&c)
}

/// Words with one space between them: numbers and punctuation fall away, each Chinese character is a word.
fn plain(text: &str) -> Zeroizing<String> {
    // Twice as long as the input at the most: never grown, so no copy is left behind.
    let mut plain = Zeroizing::new(String::with_capacity(text.len() * 2 + 2));
    for c in text.chars() {
        if is_chinese(c) {
            plain.push(' ');
            plain.push(c);
        } else if c.is_ascii_alphabetic() {
            plain.push(c.to_ascii_lowercase());
        } else if !plain.ends_with(' ') {
            plain.push(' ');
        }
    }
    plain.split_ascii_whitespace().fold(
        Zeroizing::new(String::with_capacity(plain.len())),
        |mut out, word| {
            if !out.is_empty() {
                out.push(' ');
            }
            out.push_str(word);
            out
        },
    )
}

#[cfg(test)]
mod tests {
    use super::super::path::Purpose;
    use super::*;
    use linli_ledger::hash::{from_hex_bytes, to_hex};

    const ENGLISH: &str = "abandon abandon abandon abandon abandon abandon abandon abandon abandon \
                           abandon abandon about";

    #[test]
    fn the_vectors_of_slip_0010_for_ed25519_hold() {
        let vectors: [(&str, &[u32], &str); 6] = [
            (
                "000102030405060708090a0b0c0d0e0f",
                &[],
                "2b4be7f19ee27bbf30c667b642d5f4aa69fd169872f8fc3059c08ebae2eb19e7",
            ),
            (
                "000102030405060708090a0b0c0d0e0f",
                &[0],
                "68e0fe46dfb67e368c75379acec591dad19df3cde26e63b93a8e704f1dade7a3",
            ),
            (
                "000102030405060708090a0b0c0d0e0f",
                &[0, 1, 2, 2, 1_000_000_000],
                "8f94d394a8e8fd6b1bc2f3f49f5c47e385281d5c17e65324b0f62483e37e8793",
            ),
            (
                "fffcf9f6f3f0edeae7e4e1dedbd8d5d2cfccc9c6c3c0bdbab7b4b1aeaba8a5a29f9c999693908d8a878481\
                 7e7b7875726f6c696663605d5a5754514e4b484542",
                &[],
                "171cb88b1b3c1db25add599712e36245d75bc65a1a5c9e18d76f9f2b1eab4012",
            ),
            (
                "fffcf9f6f3f0edeae7e4e1dedbd8d5d2cfccc9c6c3c0bdbab7b4b1aeaba8a5a29f9c999693908d8a878481\
                 7e7b7875726f6c696663605d5a5754514e4b484542",
                &[0],
                "1559eb2bbec5790b0c65d8693e4d0875b1747f4970ae8b650486ed7470845635",
            ),
            (
                "fffcf9f6f3f0edeae7e4e1dedbd8d5d2cfccc9c6c3c0bdbab7b4b1aeaba8a5a29f9c999693908d8a878481\
                 7e7b7875726f6c696663605d5a5754514e4b484542",
                &[0, 2_147_483_647, 1, 2_147_483_646, 2],
                "551d333177df541ad876a60ea71f00447931c0a9da16f227c11ea080d7391b8d",
            ),
        ];
        for (seed, path, expected) in vectors {
            let seed = from_hex_bytes(seed).unwrap();
            let secret = slip10_ed25519::derive_ed25519_private_key(&seed, path);
            assert_eq!(to_hex(&secret), expected, "{path:?}");
        }
    }

    #[test]
    fn the_seed_is_that_of_bip_39() {
        let words = Words::parse(ENGLISH).unwrap();
        let seed = words.0.to_seed_normalized("");
        assert_eq!(
            to_hex(&seed),
            "5eb00bbddcf069084889a8ab9155568165f5c453ccb85e70811aaed6f6da5fc19a5ac40b389cd370d086206dec\
             8aa6c43daea6690f20ad3d8d48b2d2ce9e38e4"
        );
    }

    #[test]
    fn words_are_read_as_people_type_them() {
        let path = KeyPath::new(Purpose::Resident, 0, "5101/04/012").unwrap();
        let words = Words::new(12, Wordlist::Zh).unwrap();
        let secret = words.secret(&path);
        let list = words.list();
        let numbered: Vec<_> =
            list.iter().enumerate().map(|(n, word)| format!("{}. {word}", n + 1)).collect();
        for text in [list.concat(), list.join(" "), list.join("\u{3000}、"), numbered.join("\n")] {
            let again = Words::parse(&text).unwrap().secret(&path);
            assert_eq!(again.expose_secret(), secret.expose_secret());
        }
        let upper = Words::parse(&ENGLISH.to_uppercase()).unwrap();
        assert_eq!(upper.list().join(" "), ENGLISH);
    }

    #[test]
    fn wrong_words_are_refused_and_never_repeated() {
        let one_wrong = ENGLISH.replacen("abandon", "zzzzzz", 3);
        for (text, says) in
            [(one_wrong.as_str(), "№ 1"), ("的一是", "3 ≠ 12, 24"), ("", "0 ≠ 12, 24")]
        {
            let failure = Words::parse(text).unwrap_err();
            assert_eq!((failure.code, failure.detail.as_str()), (Code::Words, says));
        }
        let swapped = ENGLISH.replace("about", "zoo");
        let failure = Words::parse(&swapped).unwrap_err();
        assert!(failure.code == Code::Words && !failure.detail.contains("zoo"), "{failure:?}");
    }

    #[test]
    fn nothing_secret_is_shown_for_debugging() {
        let words = Words::new(24, Wordlist::En).unwrap();
        let path = KeyPath::new(Purpose::Officer, 0, "").unwrap();
        let secret = words.secret(&path);
        let shown = format!("{words:?} {secret:?}");
        assert!(!shown.contains(words.list()[0]), "{shown}");
        assert!(!shown.contains(&to_hex(secret.expose_secret())), "{shown}");
        assert_eq!(words.list().len(), 24);
        assert_eq!(Words::new(13, Wordlist::En).unwrap_err().code, Code::WrongUse);
    }

    #[test]
    fn communities_and_purposes_give_different_keys() {
        let words = Words::parse(ENGLISH).unwrap();
        let mut keys: Vec<_> = [
            (Purpose::Resident, 0, "5101/04/012"),
            (Purpose::Resident, 0, "5101/04/013"),
            (Purpose::Resident, 1, "5101/04/012"),
            (Purpose::Officer, 0, "5101/04/012"),
        ]
        .into_iter()
        .map(|(purpose, index, community)| {
            let path = KeyPath::new(purpose, index, community).unwrap();
            key_of(&words.secret(&path)).public()
        })
        .collect();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), 4);
    }
}
