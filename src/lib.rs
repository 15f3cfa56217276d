//! A compiler from RouterOS-style configuration to plain Linux.
