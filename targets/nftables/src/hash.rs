//! The kernel's hash, so that others can tell where a packet will go.

use rosc_target::jhash;

/// The bucket that a `jhash` expression puts a key into: what the fields are in the packet, each padded with zeros to
/// four bytes if there are several.
///
/// Source: Bob Jenkins' lookup3 as `include/linux/jhash.h` has it, and `reciprocal_scale`.
pub fn bucket(key: &[u8], modulus: u32, seed: u32) -> u32 {
    let scaled = (u64::from(jhash(key, seed)) * u64::from(modulus)) >> 32;
    u32::try_from(scaled).expect("less than the modulus")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_below_the_modulus() {
        for key in 0_u32..1000 {
            assert!(bucket(&key.to_be_bytes(), 3, 7) < 3);
        }
    }
}
