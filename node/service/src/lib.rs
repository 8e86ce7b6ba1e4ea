//! This exists to run a node as a service: HTTP interface, read model, snapshots, operations.
