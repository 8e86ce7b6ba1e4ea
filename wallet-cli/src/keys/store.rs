//! This exists to keep a person's keys by name: in one file the secret, sealed; beside it what everybody
//! may know, so that listing keys asks for no passphrase.

use super::path::{KeyPath, Purpose};
use super::words::{Secret, key_of};
use crate::failure::Failure;
use linli_ledger::code::Code;
use linli_ledger::crypto::{BusinessKey, PublicKey};
use linli_secrets::{KeyKind, SecretError, WORK_FACTOR, private_file};
use secrecy::{ExposeSecret as _, SecretBox, SecretString};
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// Characters of a name at the most.
const NAME_MAX: usize = 32;
/// The ending of a sealed secret.
const SECRET: &str = "age";
/// The ending of what everybody may know.
const CARD: &str = "json";
/// The ending of the last nonce.
const NONCE: &str = "nonce";

/// What everybody may know of a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Card {
    /// Always [`Card::TITLE`].
    pub(crate) linli: String,
    /// The name on this machine.
    pub(crate) name: String,
    /// What it is for, as on the command line.
    pub(crate) purpose: String,
    /// The community, or nothing.
    pub(crate) community: String,
    /// The path from the words; none for a key that came from elsewhere.
    pub(crate) path: Option<String>,
    /// The public half.
    pub(crate) public_key: PublicKey,
}

impl Card {
    /// What the file says that it is.
    pub(crate) const TITLE: &'static str = "public-key-1";

    /// The card of a key.
    pub(crate) fn new(
        name: &str,
        purpose: Purpose,
        community: &str,
        path: Option<&KeyPath>,
        secret: &Secret,
    ) -> Self {
        Self {
            linli: Self::TITLE.to_owned(),
            name: name.to_owned(),
            purpose: purpose.name().to_owned(),
            community: community.to_owned(),
            path: path.map(ToString::to_string),
            public_key: key_of(secret).public(),
        }
    }
}

/// The keys in one folder.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    folder: PathBuf,
    work_factor: u8,
}

/// Held while keys change, so that two programs never write one name.
struct Held(#[expect(dead_code, reason = "unlocks when it is dropped")] File);

impl Store {
    /// The keys of a wallet's folder.
    pub(crate) fn new(home: &Path) -> Self {
        Self { folder: home.join("keys"), work_factor: WORK_FACTOR }
    }

    /// The same, with cheap passphrases: for tests in this program only.
    #[cfg(test)]
    pub(crate) fn cheap(home: &Path) -> Self {
        Self { work_factor: 4, ..Self::new(home) }
    }

    fn file(&self, name: &str, ending: &str) -> Result<PathBuf, Failure> {
        let plain = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
        let count = name.chars().count();
        if count == 0 || count > NAME_MAX || !name.chars().all(plain) || name.starts_with('-') {
            return Err(Failure::new(Code::KeyName, name));
        }
        Ok(self.folder.join(format!("{name}.{ending}")))
    }

    fn hold(&self) -> Result<Held, Failure> {
        private_file::folder(&self.folder)?;
        let path = self.folder.join(".lock");
        let file = File::options().create(true).truncate(false).write(true).open(&path);
        let file = file.map_err(|error| Failure::of_file(&path, &error))?;
        file.lock().map_err(|error| Failure::of_file(&path, &error))?;
        Ok(Held(file))
    }

    /// Whether a name can be given to a new key.
    ///
    /// # Errors
    /// In this order: [`Code::KeyName`], [`Code::KeyNameTaken`].
    pub(crate) fn check_free(&self, name: &str) -> Result<(), Failure> {
        let file = self.file(name, SECRET)?;
        if file.exists() { Err(Failure::new(Code::KeyNameTaken, name)) } else { Ok(()) }
    }

    /// Keeps a new key under a passphrase. An existing one is never touched.
    ///
    /// # Errors
    /// In this order: [`Code::KeyName`], [`Code::KeyNameTaken`], those of the system.
    pub(crate) fn add(
        &self,
        card: &Card,
        secret: &Secret,
        passphrase: &SecretString,
    ) -> Result<(), Failure> {
        self.check_free(&card.name)?;
        let sealed = seal(secret, passphrase, self.work_factor)?;
        let _held = self.hold()?;
        self.check_free(&card.name)?;
        // The secret comes last: a card alone is no key yet.
        private_file::replace(&self.file(&card.name, CARD)?, &card_bytes(card))?;
        Ok(private_file::create(&self.file(&card.name, SECRET)?, sealed.as_bytes())?)
    }

    /// All keys, by name.
    ///
    /// # Errors
    /// Those of the system; [`Code::KeyDamaged`] for a card that is damaged.
    pub(crate) fn list(&self) -> Result<Vec<Card>, Failure> {
        let mut names: Vec<String> = Vec::new();
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.extension().is_some_and(|ending| ending == SECRET) {
                names.extend(path.file_stem().and_then(|name| name.to_str()).map(str::to_owned));
            }
        }
        names.sort_unstable();
        names.iter().map(|name| self.card(name)).collect()
    }

    /// What everybody may know of a key.
    ///
    /// # Errors
    /// In this order: [`Code::KeyName`], [`Code::KeyMissing`], [`Code::KeyDamaged`].
    pub(crate) fn card(&self, name: &str) -> Result<Card, Failure> {
        if !self.file(name, SECRET)?.exists() {
            return Err(Failure::new(Code::KeyMissing, name));
        }
        let path = self.file(name, CARD)?;
        let damaged =
            |error: String| Failure::new(Code::KeyDamaged, format!("{}: {error}", path.display()));
        let bytes = fs::read(&path).map_err(|error| damaged(error.to_string()))?;
        let card: Card =
            serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))?;
        if card.linli != Card::TITLE || card.name != name {
            return Err(damaged(card.name));
        }
        Ok(card)
    }

    /// The name of a key on this machine.
    pub(crate) fn name_of(&self, key: &PublicKey) -> Option<String> {
        let cards = self.list().unwrap_or_default();
        cards.into_iter().find(|card| card.public_key == *key).map(|card| card.name)
    }

    /// Opens a key.
    ///
    /// # Errors
    /// In this order: those of [`Store::card`], [`Code::KeyFileMode`], [`Code::Passphrase`],
    /// [`Code::KeyDamaged`] also if it is not the key of its card.
    pub(crate) fn open(
        &self,
        name: &str,
        passphrase: &SecretString,
    ) -> Result<BusinessKey, Failure> {
        let card = self.card(name)?;
        let key = key_of(&self.secret(name, passphrase)?);
        if key.public() != card.public_key {
            return Err(Failure::new(Code::KeyDamaged, format!("{name}: {}", key.public())));
        }
        Ok(key)
    }

    fn secret(&self, name: &str, passphrase: &SecretString) -> Result<Secret, Failure> {
        let path = self.file(name, SECRET)?;
        open(&private_file::read(&path)?, passphrase).map_err(|failure| Failure {
            detail: match failure.code {
                Code::Passphrase => name.to_owned(),
                _ => format!("{}: {}", path.display(), failure.detail),
            },
            ..failure
        })
    }

    /// Puts a key under another passphrase.
    ///
    /// # Errors
    /// As [`Store::open`], and those of the system.
    pub(crate) fn change_passphrase(
        &self,
        name: &str,
        old: &SecretString,
        new: &SecretString,
    ) -> Result<(), Failure> {
        self.card(name)?;
        let secret = self.secret(name, old)?;
        let sealed = seal(&secret, new, self.work_factor)?;
        let _held = self.hold()?;
        Ok(private_file::replace(&self.file(name, SECRET)?, sealed.as_bytes())?)
    }

    /// Copies the sealed file of a key, after it was opened: a backup that cannot be read is none.
    ///
    /// # Errors
    /// As [`Store::open`]; [`Code::KeyNameTaken`] if there is a file.
    pub(crate) fn backup(
        &self,
        name: &str,
        passphrase: &SecretString,
        to: &Path,
    ) -> Result<(), Failure> {
        self.open(name, passphrase)?;
        Ok(private_file::create(to, &private_file::read(&self.file(name, SECRET)?)?)?)
    }

    /// Reads a backup.
    ///
    /// # Errors
    /// [`Code::InputMissing`], [`Code::KeyFileMode`], [`Code::Passphrase`], [`Code::KeyDamaged`].
    pub(crate) fn open_backup(path: &Path, passphrase: &SecretString) -> Result<Secret, Failure> {
        open(&private_file::read(path)?, passphrase)
    }

    /// Removes a key, after it was opened: only the owner can.
    ///
    /// # Errors
    /// As [`Store::open`], and those of the system.
    pub(crate) fn remove(&self, name: &str, passphrase: &SecretString) -> Result<(), Failure> {
        self.open(name, passphrase)?;
        let _held = self.hold()?;
        let secret = self.file(name, SECRET)?;
        fs::remove_file(&secret).map_err(|error| Failure::of_file(&secret, &error))?;
        for ending in [CARD, NONCE] {
            let _ = fs::remove_file(self.file(name, ending)?);
        }
        Ok(())
    }

    /// The next nonce of a key: one more than the last on this machine, and the first time the clock in
    /// microseconds, which is above whatever another machine has counted from an earlier time.
    ///
    /// # Errors
    /// Those of the system; [`Code::KeyDamaged`] for a damaged file.
    ///
    /// Source: WAL-3.
    pub(crate) fn next_nonce(
        &self,
        name: &str,
        now_ms: u64,
        from_clock: bool,
    ) -> Result<u64, Failure> {
        let path = self.file(name, NONCE)?;
        let _held = self.hold()?;
        let last = match fs::read_to_string(&path) {
            Ok(text) => Some(
                text.trim()
                    .parse::<u64>()
                    .map_err(|_| Failure::new(Code::KeyDamaged, path.display()))?,
            ),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(Failure::of_file(&path, &error)),
        };
        let clock = clock_nonce(now_ms);
        let next = match last {
            Some(last) if from_clock => clock.max(last.saturating_add(1)),
            Some(last) => last.saturating_add(1),
            None => clock,
        };
        private_file::replace(&path, format!("{next}\n").as_bytes())?;
        Ok(next)
    }
}

/// A secret, sealed under a passphrase. Source: WAL-2.
fn seal(
    secret: &Secret,
    passphrase: &SecretString,
    work_factor: u8,
) -> Result<String, SecretError> {
    let text = linli_secrets::write_key(KeyKind::Business, secret.expose_secret());
    linli_secrets::seal(&text, passphrase, work_factor)
}

/// Opens what [`seal`] has made.
fn open(sealed: &[u8], passphrase: &SecretString) -> Result<Secret, Failure> {
    let text = linli_secrets::open(sealed, passphrase)?;
    let bytes = linli_secrets::read_key(KeyKind::Business, &text)
        .ok_or_else(|| Failure::new(Code::KeyDamaged, KeyKind::Business.title()))?;
    Ok(SecretBox::init_with_mut(|secret: &mut [u8; 32]| secret.copy_from_slice(&*bytes)))
}

/// A nonce from the clock alone, for a key that is not on this machine.
pub(crate) const fn clock_nonce(now_ms: u64) -> u64 {
    now_ms.saturating_mul(1_000)
}

fn card_bytes(card: &Card) -> Vec<u8> {
    let mut bytes = serde_json::to_vec_pretty(card).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn passphrase(text: &str) -> SecretString {
        text.to_owned().into()
    }

    fn secret(fill: u8) -> Secret {
        SecretBox::init_with(|| [fill; 32])
    }

    fn with_key(name: &str) -> (tempfile::TempDir, Store, Card) {
        let home = tempfile::tempdir().unwrap();
        let store = Store::cheap(home.path());
        let path = KeyPath::new(Purpose::Resident, 0, "5101/04").unwrap();
        let card = Card::new(name, Purpose::Resident, "5101/04", Some(&path), &secret(1));
        store.add(&card, &secret(1), &passphrase("p")).unwrap();
        (home, store, card)
    }

    #[test]
    fn a_key_is_kept_listed_opened_and_removed() {
        let (_home, store, card) = with_key("王芳");
        assert_eq!(store.list().unwrap(), std::slice::from_ref(&card));
        assert_eq!(store.name_of(&card.public_key).as_deref(), Some("王芳"));
        let key = store.open("王芳", &passphrase("p")).unwrap();
        assert_eq!(key.public(), card.public_key);
        assert_eq!(store.open("王芳", &passphrase("q")).unwrap_err().code, Code::Passphrase);
        assert_eq!(store.remove("王芳", &passphrase("q")).unwrap_err().code, Code::Passphrase);
        store.change_passphrase("王芳", &passphrase("p"), &passphrase("q")).unwrap();
        store.open("王芳", &passphrase("q")).unwrap();
        store.remove("王芳", &passphrase("q")).unwrap();
        assert_eq!(store.list().unwrap(), []);
        assert_eq!(store.card("王芳").unwrap_err().code, Code::KeyMissing);
    }

    #[test]
    fn a_key_is_never_overwritten() {
        let (_home, store, card) = with_key("me");
        let other = Card::new("me", Purpose::Officer, "", None, &secret(2));
        let refused = store.add(&other, &secret(2), &passphrase("p")).unwrap_err();
        assert_eq!(refused.code, Code::KeyNameTaken);
        assert_eq!(store.card("me").unwrap(), card);
    }

    #[test]
    fn names_stay_within_the_folder() {
        let store = Store::cheap(tempfile::tempdir().unwrap().path());
        for name in ["", "../x", "a/b", "a.b", "-x", "a b", "a\u{202e}b", &"长".repeat(33)] {
            assert_eq!(store.check_free(name).unwrap_err().code, Code::KeyName, "{name}");
        }
        for name in ["王芳", "wang-fang_2", &"长".repeat(32)] {
            store.check_free(name).unwrap();
        }
    }

    #[test]
    fn files_are_for_the_owner_and_a_wider_one_is_not_used() {
        let (home, store, _) = with_key("me");
        let folder = home.path().join("keys");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&folder), 0o700);
        let file = folder.join("me.age");
        assert_eq!(mode(&file), 0o600);
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        assert_eq!(store.open("me", &passphrase("p")).unwrap_err().code, Code::KeyFileMode);
    }

    #[test]
    fn a_card_of_another_key_is_noticed() {
        let (home, store, _) = with_key("me");
        let other = Card::new("me", Purpose::Officer, "", None, &secret(2));
        fs::write(home.path().join("keys/me.json"), card_bytes(&other)).unwrap();
        assert_eq!(store.open("me", &passphrase("p")).unwrap_err().code, Code::KeyDamaged);
    }

    #[test]
    fn a_backup_is_restored_and_never_overwrites() {
        let (home, store, card) = with_key("me");
        let file = home.path().join("me.backup.age");
        store.backup("me", &passphrase("p"), &file).unwrap();
        let secret = Store::open_backup(&file, &passphrase("p")).unwrap();
        assert_eq!(key_of(&secret).public(), card.public_key);
        assert_eq!(
            store.backup("me", &passphrase("p"), &file).unwrap_err().code,
            Code::KeyNameTaken
        );
    }

    #[test]
    fn nonces_count_up_and_begin_at_the_clock() {
        let (_home, store, _) = with_key("me");
        assert_eq!(store.next_nonce("me", 5, false).unwrap(), 5_000);
        assert_eq!(store.next_nonce("me", 3, false).unwrap(), 5_001, "a clock that goes back");
        assert_eq!(store.next_nonce("me", 9, false).unwrap(), 5_002, "no jump: 256 may be open");
        assert_eq!(store.next_nonce("me", 9, true).unwrap(), 9_000);
        assert_eq!(store.next_nonce("me", 9, true).unwrap(), 9_001);
    }

    #[test]
    fn eight_programs_at_once_get_eight_nonces() {
        let (_home, store, _) = with_key("me");
        let mut nonces: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> =
                (0..8).map(|_| scope.spawn(|| store.next_nonce("me", 1, false).unwrap())).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        nonces.sort_unstable();
        assert_eq!(nonces, (1_000..1_008).collect::<Vec<_>>());
    }
}
