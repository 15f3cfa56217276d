//! `rosc lab --verify`.
