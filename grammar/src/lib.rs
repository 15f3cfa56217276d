//! Text of the RouterOS language to a syntax tree.

pub mod ast;

/// x
pub fn windows_1252(b: u8) -> char { b as char }
