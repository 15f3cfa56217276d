//! Tests of the whole compiler: one binary, a module for each subject.

mod agree_with_routeros;
mod bad_input;
mod carried;
mod cli;
mod configurations;
mod corpus;
mod diagnostics;
mod examples;
mod export;
mod facts;
mod fmt;
mod formats;
mod imports;
mod kernel;
mod laws;
mod legal;
mod lints;
mod published;
mod readable;
mod sandbox;
mod scripts;
mod services;
mod stages;
mod strict;
mod tidy;
mod trace;
