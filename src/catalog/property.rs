//! Menus and properties as statements, and the macro that makes them.

/// A menu that rosc lowers.
#[derive(Debug)]
pub struct Menu {
    /// The canonical path.
    pub path: &'static str,
    /// What it becomes on Linux, in a phrase.
    pub becomes: &'static str,
    /// Whether it is a list.
    pub kind: Kind,
    /// Its properties, in groups that other menus may share.
    pub groups: &'static [&'static [Property]],
}

/// What a menu holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Items, which the property `name` tells apart where there is one.
    Items,
    /// Values.
    Settings,
    /// These items and no others: a router has them by itself.
    BuiltIn(&'static [BuiltIn]),
}

/// An item that a router has by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BuiltIn {
    /// Its name.
    pub name: &'static str,
    /// What it says from the start, where that is not its property's default.
    pub values: &'static [(&'static str, &'static str)],
}

/// A property of a menu.
#[derive(Debug)]
pub struct Property {
    /// RouterOS's name.
    pub name: &'static str,
    /// What its values look like, in a phrase that follows "is not".
    pub shape: &'static str,
    /// RouterOS's default as text; `None` where the property is unset by default.
    pub default: Option<&'static str>,
    /// What becomes of it.
    pub support: Support,
}

/// What becomes of a property on Linux.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Support {
    /// The same effect.
    Same,
    /// The same effect, for a reason that is worth a sentence.
    SameAs(&'static str),
    /// It depends on the value; the sentence says how. The stage that reads the value warns of it or refuses it.
    Depends(&'static str),
    /// Nearly the same; the sentence is the difference. Its use is warned of.
    Close(&'static str),
    /// None; the sentence is the reason. A value other than the default is an error.
    Refused(&'static str),
}

impl Menu {
    /// The properties of all groups.
    pub fn properties(&self) -> impl Iterator<Item = &'static Property> + Clone {
        self.groups.iter().flat_map(|group| group.iter())
    }

    /// The property of this name.
    pub fn property(&self, name: &str) -> Option<&'static Property> {
        self.properties().find(|property| property.name == name)
    }
}

/// States a group of properties, and with it the struct that an item is read into.
///
/// ```text
/// properties! {
///     /// What an item of the menu says.
///     pub struct NAME {
///         FIELD: "property-name" TYPE, SUPPORT;
///         FIELD: "property-name" TYPE = "default", SUPPORT;
///     }
///     inert { "property-name" TYPE = "default": "why it changes nothing"; }
///     differs { "property-name" TYPE = "default": "what is different on Linux"; }
///     refused { "property-name" = "default": "reason"; }
/// }
/// ```
///
/// The stages that read an item take the struct apart by name, so that the compiler finds a property that nobody
/// looks at. The others have no field: inert ones are checked for their type only, ones that differ are warned of
/// and refused ones are errors, all by [`Reader`](super::Reader).
///
/// A group of which nothing is lowered is `pub const NAME; refused { ... }`.
macro_rules! properties {
    (
        $(#[$meta:meta])*
        pub const $name:ident;
        refused { $( $refused:literal $(= $refused_default:literal)?: $reason:literal; )* }
    ) => {
        $(#[$meta])*
        pub const $name: &[$crate::catalog::Property] = &[
            $( $crate::catalog::Property {
                name: $refused,
                shape: "a value",
                default: $crate::catalog::property::default!($($refused_default)?),
                support: $crate::catalog::Support::Refused($reason),
            }, )*
        ];
    };
    (
        $(#[$meta:meta])*
        pub struct $name:ident {
            $( $field:ident: $text:literal $type:ty $(= $default:literal)?, $support:ident $(($why:literal))?; )*
        }
        $( inert { $( $inert:literal $inert_type:ty $(= $inert_default:literal)?: $no_effect:literal; )* } )?
        $( differs { $( $differs:literal $differs_type:ty $(= $differs_default:literal)?: $difference:literal; )* } )?
        $( refused { $( $refused:literal $(= $refused_default:literal)?: $reason:literal; )* } )?
    ) => {
        $(#[$meta])*
        #[derive(Debug)]
        #[expect(missing_docs, reason = "the fields are RouterOS's properties")]
        pub struct $name { $( pub $field: $crate::catalog::Field<$type>, )* }

        impl $name {
            /// The statement of the group.
            pub const PROPERTIES: &'static [$crate::catalog::Property] = &[
                $( $crate::catalog::Property {
                    name: $text,
                    shape: <$type as $crate::catalog::types::FromText>::SHAPE,
                    default: $crate::catalog::property::default!($($default)?),
                    support: $crate::catalog::Support::$support $(($why))?,
                }, )*
                $($( $crate::catalog::Property {
                    name: $inert,
                    shape: <$inert_type as $crate::catalog::types::FromText>::SHAPE,
                    default: $crate::catalog::property::default!($($inert_default)?),
                    support: $crate::catalog::Support::SameAs($no_effect),
                }, )*)?
                $($( $crate::catalog::Property {
                    name: $differs,
                    shape: <$differs_type as $crate::catalog::types::FromText>::SHAPE,
                    default: $crate::catalog::property::default!($($differs_default)?),
                    support: $crate::catalog::Support::Close($difference),
                }, )*)?
                $($( $crate::catalog::Property {
                    name: $refused,
                    shape: "a value",
                    default: $crate::catalog::property::default!($($refused_default)?),
                    support: $crate::catalog::Support::Refused($reason),
                }, )*)?
            ];

            /// Reads the group's properties of an item; what is not as it should be is left to the reader.
            pub fn read(reader: &mut $crate::catalog::Reader<'_, '_>) -> Self {
                $($( reader.check::<$inert_type>($inert); )*)?
                $($( reader.check::<$differs_type>($differs); )*)?
                Self { $( $field: reader.field($text, $crate::catalog::property::default!($($default)?)), )* }
            }
        }
    };
}

/// An optional literal as an option.
macro_rules! default {
    () => {
        None
    };
    ($text:literal) => {
        Some($text)
    };
}

pub(crate) use default;
pub(crate) use properties;
