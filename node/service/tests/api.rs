//! The interface over a real node in a folder: what is submitted, what is refused, what is told.

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
