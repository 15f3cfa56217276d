//! Laws that hold for any text, and what published files come to.

mod corpus;
mod format;
mod il;
mod laws;
mod published;
mod spans;
