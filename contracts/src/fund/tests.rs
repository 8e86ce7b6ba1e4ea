//! This exists to show that every rule about money says no where it must, and that every fen is
//! where it should be.

mod approval;
mod bank;
mod example;
mod money_in;
mod payment;
mod procurement;
mod random;
mod relations;
mod story;
