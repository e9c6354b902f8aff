//! Identifiers. Ids of things are UUIDv7 (made by whoever creates the thing, so that
//! a request whose answer was lost can be sent again); owners and workers are short
//! text.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A text that is not an identifier of the kind that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{0}” is not an identifier")]
pub struct BadId(pub String);

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0.as_hyphenated(), f)
            }
        }

        impl FromStr for $name {
            type Err = BadId;
            fn from_str(text: &str) -> Result<Self, BadId> {
                Uuid::try_parse(text).map(Self).map_err(|_| BadId(text.to_owned()))
            }
        }
    };
}

uuid_id!(
    /// A data set.
    DatasetId
);
uuid_id!(
    /// A job.
    JobId
);
uuid_id!(
    /// A result; it may serve several jobs.
    ResultId
);
uuid_id!(
    /// The proof of holding a job: fresh for each claim, carried by every later call
    /// about it. A stale one changes nothing.
    Token
);

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The text itself.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = BadId;
            /// One to 64 of `A-Z a-z 0-9 _ -`: safe in a Redis key and in a URL.
            fn from_str(text: &str) -> Result<Self, BadId> {
                let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
                if (1..=64).contains(&text.len()) && text.chars().all(plain) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(BadId(text.to_owned()))
                }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

text_id!(
    /// Whose a job is: a visitor's stable id or an account.
    Owner
);
text_id!(
    /// A worker process, unique for its lifetime.
    WorkerId
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_read_back_what_they_print() {
        let text = "01890a5d-ac96-774b-bcce-b302099a8057";
        assert_eq!(
            text.parse::<JobId>().map(|id| id.to_string()),
            Ok(text.to_owned())
        );
    }

    #[test]
    fn text_that_could_break_a_key_is_no_owner() {
        for text in ["", "a b", "a:b", "{x}", "ä", &"a".repeat(65)] {
            assert!(text.parse::<Owner>().is_err(), "{text}");
        }
    }
}
