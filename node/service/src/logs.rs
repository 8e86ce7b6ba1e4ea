//! This exists to write what a node does to standard error: heights, counts, codes; never what a
//! transaction says.

use crate::config::LogFormat;
use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

/// What is logged unless somebody says otherwise: what this program does, and of the consensus engine,
/// which tells of every vote, only what is wrong.
pub const DEFAULT: &str = "warn,linli=info";

/// Begins to log; once for a process. A filter that cannot be read is taken for [`DEFAULT`].
pub fn begin(filter: &str, format: LogFormat) {
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new(DEFAULT));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // Colours are for people who look on.
    let builder = builder.with_ansi(std::io::stderr().is_terminal());
    // A test may have begun already: the first one stays.
    let _ = match format {
        LogFormat::Text => builder.with_target(false).try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
}
