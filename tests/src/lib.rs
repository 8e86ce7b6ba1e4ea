//! This exists to hold what the system tests share: contracts that expose the posting kernel, a chain
//! in memory to run them on, a naive model to compare the kernel with, and a hand that spoils a chain.
//!
//! Nothing here is shipped.

pub mod histories;
pub mod kernel_contract;
pub mod mutation;
pub mod oracle;
pub mod workload;
