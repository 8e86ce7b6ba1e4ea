//! This exists to hold the questions that the index answers, one file for each kind.

mod activities;
mod fen;
mod flow;
mod holders;
mod journal;
mod lists;
mod search;

pub use activities::Held;
pub use fen::{Hop, Leg};
pub use flow::Flow;
pub use holders::holders;
pub use journal::{Journal, Line};
pub use lists::{Created, Found};
pub use search::Hit;
