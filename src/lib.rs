//! A compiler from RouterOS-style configuration to plain Linux.

pub mod catalog;
pub mod cli;
pub mod commands;
pub mod compile;
pub mod database;
pub mod diagnostic;
pub mod export;
pub mod host;
pub mod ir;
pub mod lab;
pub mod lint;
pub mod live;
pub mod lower;
pub mod plan;
pub mod render;
pub mod resolve;
pub mod script;
pub mod smallest;
pub mod source;
pub mod strict;
pub mod trace;
pub mod transaction;
pub mod watch;
