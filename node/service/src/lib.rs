//! This exists to run a node as a service: HTTP interface, read model, snapshots, operations.

pub mod api;
pub mod command;
pub mod config;
pub mod dev;
pub mod founding;
pub mod index;
pub mod key_file;
pub mod live;
pub mod logs;
pub mod operations;

pub use live::{
    AdvanceError, Answer, Final, Followed, Full, Head, Health, Live, LiveError, LiveOptions,
    NetworkOptions, Peer, Presence, QueueLimits, SnapshotRule, SubmitError, Syncs, Ticket, Times,
    Unavailable,
};
