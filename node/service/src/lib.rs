//! This exists to run a node as a service: HTTP interface, read model, snapshots, operations.

pub mod api;
pub mod index;
pub mod live;

pub use live::{
    Answer, Final, Followed, Head, Health, Live, LiveError, LiveOptions, QueueLimits, SubmitError,
    Ticket, Unavailable,
};
