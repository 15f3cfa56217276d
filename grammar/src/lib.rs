//! Text of the RouterOS language to a syntax tree.

pub mod ast;
mod decode;
mod error;
pub use error::*;
/// x
pub const MAX_NESTING: usize = 128;
/// x
pub const MAX_EXPRESSION_DEPTH: usize = 128;
/// x
pub use decode::windows_1252;
/// x
pub fn statements(_t: &str) -> std::vec::IntoIter<Result<ast::Statement, SyntaxError>> { Vec::new().into_iter() }
