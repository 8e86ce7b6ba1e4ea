//! This exists to be the one door to files, narrow enough that a test can break it at every step.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A folder of named files. Two users: the file system, and one that fails on purpose.
pub trait Storage: Send + Sync {
    /// The names of all files, sorted.
    ///
    /// # Errors
    /// What the disk says.
    fn list(&self) -> io::Result<Vec<String>>;

    /// A whole file, or `None` if there is none.
    ///
    /// # Errors
    /// What the disk says.
    fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>>;

    /// At most `length` bytes of a file from `offset` on, fewer where it ends, or `None` if there is
    /// no such file.
    ///
    /// # Errors
    /// What the disk says.
    fn read_at(&self, name: &str, offset: u64, length: usize) -> io::Result<Option<Vec<u8>>>;

    /// Adds bytes at the end of a file, which is made if missing. Durable when it returns; after a
    /// crash some first part of the bytes may be there.
    ///
    /// # Errors
    /// What the disk says; then nobody knows how much was written.
    fn append(&mut self, name: &str, bytes: &[u8]) -> io::Result<()>;

    /// Cuts a file. Durable when it returns.
    ///
    /// # Errors
    /// What the disk says.
    fn truncate(&mut self, name: &str, length: u64) -> io::Result<()>;

    /// Puts other bytes in the place of a file, all or nothing. Durable when it returns.
    ///
    /// # Errors
    /// What the disk says.
    fn replace(&mut self, name: &str, bytes: &[u8]) -> io::Result<()>;

    /// Gives a file another name, instead of the file that has it, all or nothing. Durable when it returns.
    ///
    /// # Errors
    /// What the disk says.
    fn rename(&mut self, from: &str, to: &str) -> io::Result<()>;

    /// Takes a file away; nothing happens if there is none.
    ///
    /// # Errors
    /// What the disk says.
    fn remove(&mut self, name: &str) -> io::Result<()>;
}

/// Is told how long each sync to the disk took, whatever came of it.
#[derive(Clone, Default)]
pub struct SyncObserver(Option<Arc<dyn Fn(Duration) + Send + Sync>>);

impl SyncObserver {
    /// Tells `observe`, on the thread that writes: it must be quick.
    pub fn new(observe: impl Fn(Duration) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(observe)))
    }
}

impl std::fmt::Debug for SyncObserver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("SyncObserver").field(&self.0.is_some()).finish()
    }
}

/// A folder of the file system.
#[derive(Clone, Debug)]
pub struct Folder {
    path: PathBuf,
    observer: SyncObserver,
}

impl Folder {
    /// A folder, made if missing.
    ///
    /// # Errors
    /// What the disk says.
    pub fn create(path: &Path) -> io::Result<Self> {
        Self::observed(path, SyncObserver::default())
    }

    /// A folder, made if missing, that tells how long its syncs take.
    ///
    /// # Errors
    /// What the disk says.
    pub fn observed(path: &Path, observer: SyncObserver) -> io::Result<Self> {
        fs::create_dir_all(path)?;
        Ok(Self { path: path.to_owned(), observer })
    }

    fn sync(&self, file: &File) -> io::Result<()> {
        let begun = Instant::now();
        let done = file.sync_all();
        if let Some(observe) = &self.observer.0 {
            observe(begun.elapsed());
        }
        done
    }

    fn sync_folder(&self) -> io::Result<()> {
        self.sync(&File::open(&self.path)?)
    }
}

impl Storage for Folder {
    fn list(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.path)? {
            let entry = entry?;
            if entry.file_type()?.is_file() {
                names.extend(entry.file_name().into_string());
            }
        }
        names.sort_unstable();
        Ok(names)
    }

    fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        match fs::read(self.path.join(name)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn read_at(&self, name: &str, offset: u64, length: usize) -> io::Result<Option<Vec<u8>>> {
        let mut file = match File::open(self.path.join(name)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        file.seek(SeekFrom::Start(offset))?;
        let mut bytes = Vec::with_capacity(length);
        file.take(length as u64).read_to_end(&mut bytes)?;
        Ok(Some(bytes))
    }

    fn append(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let path = self.path.join(name);
        let is_new = !path.exists();
        let mut file = OpenOptions::new().create(true).append(true).open(&path)?;
        file.write_all(bytes)?;
        // The length changes, so data alone is not enough on every file system.
        self.sync(&file)?;
        if is_new { self.sync_folder() } else { Ok(()) }
    }

    fn truncate(&mut self, name: &str, length: u64) -> io::Result<()> {
        let file = OpenOptions::new().write(true).open(self.path.join(name))?;
        file.set_len(length)?;
        self.sync(&file)
    }

    fn replace(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let temporary = self.path.join(format!("{name}.new"));
        let mut file = File::create(&temporary)?;
        file.write_all(bytes)?;
        self.sync(&file)?;
        fs::rename(&temporary, self.path.join(name))?;
        self.sync_folder()
    }

    fn rename(&mut self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.path.join(from), self.path.join(to))?;
        self.sync_folder()
    }

    fn remove(&mut self, name: &str) -> io::Result<()> {
        match fs::remove_file(self.path.join(name)) {
            Ok(()) => self.sync_folder(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
pub(crate) mod faulty;
