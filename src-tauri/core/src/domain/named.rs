//! Enums whose variants have one name each, wherever they are written.

/// Defines an enum by its variants and their names, which are the same in JSON, in the database and on the wire.
macro_rules! named {
    ($(#[$meta:meta])* pub enum $of:ident { $($(#[$doc:meta])* $variant:ident = $name:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize, specta::Type)]
        pub enum $of {
            $($(#[$doc])* #[serde(rename = $name)] $variant,)+
        }

        impl $of {
            /// The name in JSON, in the database and on the wire.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }
        }
    };
}

pub(super) use named;
