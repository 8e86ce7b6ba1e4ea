//! This exists to be what the benches of the service share: a chain written without waiting for the disk,
//! and what a folder and a process take.

use linli_ledger::frame::Frame;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

const SEGMENT_BYTES: u64 = 64 * 1024 * 1024;

/// Appends frames as a chain file does, without waiting for the disk.
pub(crate) struct Chain {
    folder: PathBuf,
    file: File,
    length: u64,
}

impl Chain {
    pub(crate) fn begin(folder: PathBuf, genesis: &Frame) -> io::Result<Self> {
        fs::create_dir_all(&folder)?;
        let file = File::create(folder.join("0000000000.chain"))?;
        let mut chain = Self { folder, file, length: 0 };
        chain.append(genesis)?;
        Ok(chain)
    }

    pub(crate) fn append(&mut self, frame: &Frame) -> io::Result<()> {
        if let Frame::Block(block) = frame
            && self.length >= SEGMENT_BYTES
        {
            let name = format!("{:010}.chain", block.block.header.height.0);
            self.file = File::create(self.folder.join(name))?;
            self.length = 0;
        }
        let bytes = frame.to_bytes();
        self.length += bytes.len() as u64;
        self.file.write_all(&bytes)
    }
}

/// Resident memory of a process, or of `self`, now and at most so far, MiB.
pub(crate) fn memory(process: &str) -> (u64, u64) {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let value = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name));
        let number = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
        number.unwrap_or(0) / 1_024
    };
    (value("VmRSS"), value("VmHWM"))
}

/// Bytes of all files below a folder.
pub(crate) fn bytes(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => bytes(&entry.path()),
            Ok(metadata) => metadata.len(),
            Err(_) => 0,
        })
        .sum()
}
