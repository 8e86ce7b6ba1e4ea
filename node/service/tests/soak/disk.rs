//! This exists to make the disk of a real process slow: `strace` holds back the return of each of its syncs.

use std::process::{Child, Command, Stdio};

/// A disk that is slow until this is dropped.
pub(crate) struct SlowDisk(Child);

impl SlowDisk {
    /// Each sync of a process returns so many milliseconds later; says why where the machine cannot do it.
    pub(crate) fn of(process: u32, milliseconds: u64) -> Result<Self, String> {
        let delay = format!("inject=fsync,fdatasync:delay_exit={}", milliseconds * 1_000);
        let mut command = Command::new("strace");
        command.args(["-f", "-q", "-o", "/dev/null", "-e", "trace=fsync,fdatasync", "-e", &delay]);
        command.args(["-p", &process.to_string()]).stdin(Stdio::null()).stderr(Stdio::null());
        match command.spawn() {
            Ok(strace) => Ok(Self(strace)),
            Err(error) => Err(format!("strace: {error}")),
        }
    }

    /// The disk is as it was; whether it was slow until now.
    pub(crate) fn end(mut self) -> bool {
        let lasted = self.0.try_wait().unwrap().is_none();
        // Told so, it lets go of the process; killed, it might leave it stopped.
        let _ = Command::new("kill").args(["-TERM", &self.0.id().to_string()]).status();
        let _ = self.0.wait();
        lasted
    }
}
