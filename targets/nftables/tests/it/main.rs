//! The target against the real kernel, each test in a network namespace of its own.

#![expect(clippy::unwrap_used, reason = "clippy allows it in tests, but not in what tests share")]

mod answers;
mod apply;
mod build;
mod canonical;
mod dynamic;
mod edits;
mod elements;
mod flowtable;
mod foreign;
mod generate;
mod helper;
mod hostile;
mod kernel;
mod laws;
mod merging;
mod packets;
mod refusal;
mod rewriting;
mod rule;
mod undo;
