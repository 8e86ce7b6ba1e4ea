//! What one file proves of a chain, and that nothing else passes: every kind of proof on a chain whose
//! validators change, are lost and are named anew.
//!
//! Whatever is changed in a proof, it is refused, or what it then shows is true of the chain.

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as it should be")]
#![expect(clippy::print_stdout, reason = "a test says what it counted")]

#[path = "proofs/claims.rs"]
mod claims;
#[path = "proofs/descent.rs"]
mod descent;
#[path = "proofs/edits.rs"]
mod edits;
#[path = "proofs/forged.rs"]
mod forged;
#[path = "proofs/mutations.rs"]
mod mutations;
#[path = "proofs/places.rs"]
mod places;
#[path = "proofs/samples.rs"]
mod samples;
#[path = "proofs/town.rs"]
mod town;
#[path = "proofs/vectors.rs"]
mod vectors;
