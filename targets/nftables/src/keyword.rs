//! Enumerations whose variants are words of nft's language: the words stand once, beside their variants.

/// Declares an enumeration together with nft's word for each variant, both ways.
macro_rules! keywords {
    (
        $(#[$meta:meta])*
        pub enum $name:ident {
            $( $(#[$doc:meta])* $variant:ident = $word:literal, )*
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $( $(#[$doc])* #[serde(rename = $word)] $variant, )*
        }

        impl $name {
            /// All variants, in their order.
            pub const ALL: &[Self] = &[$( Self::$variant, )*];

            /// Returns nft's word.
            pub fn keyword(self) -> &'static str {
                match self {
                    $( Self::$variant => $word, )*
                }
            }

            /// Returns the variant of nft's word.
            pub fn from_keyword(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|variant| variant.keyword() == word)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.keyword())
            }
        }
    };
}

/// Declares a non-empty set of bits together with nft's word for each bit, in the order of the kernel's bits.
macro_rules! flags {
    (
        $(#[$meta:meta])*
        pub struct $name:ident {
            $( $(#[$doc:meta])* $flag:ident = $bit:literal, $word:literal; )*
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub struct $name(u32);

        impl $name {
            $( $(#[$doc])* pub const $flag: Self = Self($bit); )*

            /// The kernel's bits with nft's words for them.
            pub(crate) const WORDS: &[(u32, &str)] = &[$( ($bit, $word), )*];

            /// Returns the kernel's bits; at least one is set.
            pub fn bits(self) -> u32 {
                self.0
            }
        }

        impl std::ops::BitOr for $name {
            type Output = Self;

            fn bitor(self, other: Self) -> Self {
                Self(self.0 | other.0)
            }
        }
    };
}

pub(crate) use {flags, keywords};
