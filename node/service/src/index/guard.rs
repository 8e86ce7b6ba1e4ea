//! This exists to keep sled's panics from everybody else: on damaged files it panics where it should
//! return an error. Here a panic becomes a doubt, and nothing of it reaches a person's terminal.
//!
//! Source: architecture D5, reliability §0.1.

use super::IndexError;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// How long opening may take: reading 8 GiB from a slow disk. Longer is a loop over damaged pages.
const OPENING_MAX: Duration = Duration::from_mins(5);

thread_local! {
    static IS_QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Whether the panic of this thread is one that is caught here, or one of sled's own threads.
fn is_ours() -> bool {
    let is_of_sled = thread::current().name().is_some_and(|name| name.starts_with("sled-"));
    is_of_sled || IS_QUIET.with(Cell::get)
}

/// Puts a filter in front of the panic hook of the process, once: all other panics pass unchanged.
fn quieten() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = take_hook();
        set_hook(Box::new(move |panic| {
            if !is_ours() {
                before(panic);
            }
        }));
    });
}

/// Runs something that calls sled; a panic or an error of sled is a doubt about its files.
///
/// # Errors
/// [`IndexError::Storage`] where the disk could not; [`IndexError::Doubt`].
pub(super) fn guarded<T>(
    action: &'static str,
    work: impl FnOnce() -> sled::Result<T>,
) -> Result<T, IndexError> {
    quieten();
    let was_quiet = IS_QUIET.with(|quiet| quiet.replace(true));
    // After a panic the caller throws the whole index away: nothing half done is seen again.
    let result = catch_unwind(AssertUnwindSafe(work));
    IS_QUIET.with(|quiet| quiet.set(was_quiet));
    match result {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(sled::Error::Io(source))) if is_of_disk(&source) => {
            Err(IndexError::Storage { action, source })
        }
        Ok(Err(error)) => Err(IndexError::doubt(format!("cannot {action}: {error}"))),
        Err(_) => Err(IndexError::doubt(format!("cannot {action}: its files are damaged"))),
    }
}

/// For an error with a file beside sled's: the disk could not, or the file is not as it should be.
pub(super) fn of_disk(action: &'static str) -> impl Fn(std::io::Error) -> IndexError {
    move |source| {
        if is_of_disk(&source) {
            return IndexError::Storage { action, source };
        }
        IndexError::doubt(format!("cannot {action} its files: {source}"))
    }
}

/// Whether rebuilding would meet the same error: no room, no right, or another process has the files.
fn is_of_disk(error: &std::io::Error) -> bool {
    use std::io::ErrorKind;
    matches!(
        error.kind(),
        ErrorKind::StorageFull
            | ErrorKind::QuotaExceeded
            | ErrorKind::PermissionDenied
            | ErrorKind::ReadOnlyFilesystem
            | ErrorKind::WouldBlock
    )
}

/// As [`guarded`], on a thread of its own that is given up when it does not come back.
///
/// # Errors
/// As [`guarded`].
pub(super) fn guarded_apart<T: Send + 'static>(
    action: &'static str,
    work: impl FnOnce() -> sled::Result<T> + Send + 'static,
) -> Result<T, IndexError> {
    let (sender, receiver) = mpsc::channel();
    let thread = thread::Builder::new().name(String::from("index-open"));
    thread
        .spawn(move || drop(sender.send(guarded(action, work))))
        .map_err(|source| IndexError::Storage { action, source })?;
    receiver
        .recv_timeout(OPENING_MAX)
        .unwrap_or_else(|_| Err(IndexError::doubt(format!("cannot {action}: it does not end"))))
}
