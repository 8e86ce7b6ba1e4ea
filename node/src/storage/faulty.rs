//! This exists to break a disk on purpose: a folder in memory whose n-th write is torn, as by a loss
//! of power, after which every write fails.

use super::Storage;
use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex};

#[derive(Debug, Default)]
struct Disk {
    files: BTreeMap<String, Vec<u8>>,
    writes: usize,
    fails_at: Option<usize>,
    /// Of the bytes of the failing write, this many sixteenths arrive.
    sixteenths: usize,
    /// What a failing write says.
    says: Option<io::ErrorKind>,
}

impl Disk {
    fn error(&self) -> io::Error {
        self.says.map_or_else(|| io::Error::other("no power"), io::Error::from)
    }
}

/// Several folders on one disk share its power supply.
#[derive(Clone, Debug, Default)]
pub(crate) struct Faulty {
    disk: Arc<Mutex<Disk>>,
    folder: &'static str,
}

impl Faulty {
    pub(crate) fn folder(&self, folder: &'static str) -> Box<dyn Storage> {
        Box::new(Self { disk: self.disk.clone(), folder })
    }

    /// The power goes off during write number `write` from now on, which arrives in part.
    pub(crate) fn fail_at(&self, write: usize, sixteenths: usize) {
        let mut disk = self.disk.lock().unwrap();
        disk.writes = 0;
        disk.fails_at = Some(write);
        disk.sixteenths = sixteenths;
    }

    /// As [`Faulty::fail_at`], but the disk is full.
    pub(crate) fn full_at(&self, write: usize, sixteenths: usize) {
        self.fail_at(write, sixteenths);
        self.disk.lock().unwrap().says = Some(io::ErrorKind::StorageFull);
    }

    /// The power, or the room, is back.
    pub(crate) fn restore(&self) {
        self.disk.lock().unwrap().fails_at = None;
    }

    pub(crate) fn writes(&self) -> usize {
        self.disk.lock().unwrap().writes
    }

    pub(crate) fn edit(&self, path: &str, change: impl FnOnce(&mut Vec<u8>)) {
        change(self.disk.lock().unwrap().files.get_mut(path).unwrap());
    }

    pub(crate) fn remove(&self, path: &str) {
        self.disk.lock().unwrap().files.remove(path);
    }

    pub(crate) fn bytes(&self, path: &str) -> Vec<u8> {
        self.disk.lock().unwrap().files.get(path).cloned().unwrap_or_default()
    }

    fn path(&self, name: &str) -> String {
        format!("{}/{name}", self.folder)
    }

    /// Runs a write: whole, in part, or not at all.
    fn write(&self, whole: usize, change: impl FnOnce(&mut Disk, usize)) -> io::Result<()> {
        let mut disk = self.disk.lock().unwrap();
        let number = disk.writes;
        disk.writes += 1;
        match disk.fails_at {
            Some(at) if number > at => Err(disk.error()),
            Some(at) if number == at => {
                let part = whole * disk.sixteenths / 16;
                change(&mut disk, part);
                Err(disk.error())
            }
            Some(_) | None => {
                change(&mut disk, whole);
                Ok(())
            }
        }
    }
}

impl Storage for Faulty {
    fn list(&self) -> io::Result<Vec<String>> {
        let disk = self.disk.lock().unwrap();
        let prefix = format!("{}/", self.folder);
        Ok(disk
            .files
            .keys()
            .filter_map(|path| path.strip_prefix(&prefix))
            .map(String::from)
            .collect())
    }

    fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        Ok(self.disk.lock().unwrap().files.get(&self.path(name)).cloned())
    }

    fn read_at(&self, name: &str, offset: u64, length: usize) -> io::Result<Option<Vec<u8>>> {
        let offset = usize::try_from(offset).unwrap();
        let part = |bytes: Vec<u8>| bytes.into_iter().skip(offset).take(length).collect();
        Ok(self.read(name)?.map(part))
    }

    fn append(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let path = self.path(name);
        self.write(bytes.len(), |disk, arrived| {
            disk.files.entry(path).or_default().extend_from_slice(&bytes[..arrived]);
        })
    }

    fn truncate(&mut self, name: &str, length: u64) -> io::Result<()> {
        let path = self.path(name);
        let length = usize::try_from(length).unwrap();
        self.write(16, |disk, arrived| {
            if arrived == 16 {
                disk.files.get_mut(&path).unwrap().truncate(length);
            }
        })
    }

    fn replace(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let path = self.path(name);
        self.write(16, |disk, arrived| {
            if arrived == 16 {
                disk.files.insert(path, bytes.to_vec());
            }
        })
    }

    fn rename(&mut self, from: &str, to: &str) -> io::Result<()> {
        let (from, to) = (self.path(from), self.path(to));
        self.write(16, |disk, arrived| {
            if arrived == 16 {
                let bytes = disk.files.remove(&from).unwrap();
                disk.files.insert(to, bytes);
            }
        })
    }

    fn remove(&mut self, name: &str) -> io::Result<()> {
        let path = self.path(name);
        self.write(16, |disk, arrived| {
            if arrived == 16 {
                disk.files.remove(&path);
            }
        })
    }
}
