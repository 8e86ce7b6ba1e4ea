//! The interface over the chain of a whole sub-district: what it answers is what the state says, the
//! same for every way of asking, and nobody sees of residents what is not theirs to see.
#![expect(clippy::unwrap_used, reason = "a test ends where something is not as it should be")]

#[path = "api/house.rs"]
mod house;
#[path = "api/money.rs"]
mod money;
#[path = "api/paging.rs"]
mod paging;
#[path = "api/viewers.rs"]
mod viewers;
