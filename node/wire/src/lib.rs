//! This exists to hold what a node says over HTTP: one set of types for the server that writes it and
//! the wallet that reads it. No transport here, no rules: values only.
