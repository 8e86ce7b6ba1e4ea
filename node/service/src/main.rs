//! This exists to be `linlid`, the program of a node's operator.

fn main() {}
