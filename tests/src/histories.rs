//! This exists to let a sub-district live random histories through the contracts that are shipped, with
//! books kept beside it by somebody who has not read them: every call of money and points, right and
//! wrong, and time.
//!
//! One number gives one history. What the books expect of a call is its answer (yes, or one of the codes
//! that fit) and the fen that go; after each step everything else is compared, too.

mod act;
mod begin;
mod book;
mod calls;
mod choose;
mod compare;
mod play;
mod town;

pub use act::{Act, Admits, Age, For, Month, Price, Purpose, Right};
pub use book::{Book, Twist, clerk, counter, desk, money, points, year};
pub use play::{Difference, Player, Seen};
pub use town::{Kept, Town};
