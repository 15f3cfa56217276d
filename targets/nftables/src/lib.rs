//! nft.
