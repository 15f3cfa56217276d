//! Text of the RouterOS language to a syntax tree.

pub mod ast;
