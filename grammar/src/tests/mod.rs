//! What the parser makes of each construct, in whole texts.

mod commands;
mod conditions;
mod errors;
mod expressions;
mod format;
mod lexical;
mod sexpr;
mod transcripts;
