//! A compiler from RouterOS-style configuration to plain Linux.

pub mod diagnostic;
pub mod catalog;
pub mod database;
pub mod host;
pub mod ir;
pub mod lower;
pub mod resolve;
pub mod script;
pub mod source;
