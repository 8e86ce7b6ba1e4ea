//! The interface over a real node in a folder: what is submitted, what is refused, what is told.
#![expect(clippy::unwrap_used, reason = "a test ends where something is not as it should be")]

mod common;

#[path = "api/corpus.rs"]
mod corpus;
#[path = "api/description.rs"]
mod description;
#[path = "api/events.rs"]
mod events;
#[path = "api/house.rs"]
mod house;
#[path = "api/submission.rs"]
mod submission;
