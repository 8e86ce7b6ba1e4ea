//! This exists to show that every rule about money says no where it must, and that every fen is
//! where it should be.

mod approval;
mod bank;
mod example;
mod fiscal;
mod money_in;
mod money_late;
mod payment;
mod performance;
mod procurement;
mod random;
mod relations;
mod returned;
mod story;
mod vandals;
