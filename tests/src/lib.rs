//! This exists to hold what the system tests share: contracts that expose the posting kernel, a chain
//! in memory to run them on, and a naive model to compare the kernel with.
//!
//! Nothing here is shipped.

pub mod kernel_contract;
pub mod oracle;
