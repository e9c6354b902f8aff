//! Reading types from JSON that is a tree of values already.
//!
//! `serde_json::from_value` takes a structure from an array as well as from an object,
//! so a reader of arrays is compiled for each structure. Nothing here is ever written
//! so, and the browser has to load all that code: this reader takes objects only.

use serde::{
    Deserializer,
    de::{
        DeserializeOwned, DeserializeSeed, Error as _, IntoDeserializer, MapAccess, SeqAccess,
        Visitor, value::StringDeserializer,
    },
    forward_to_deserialize_any,
};
use serde_json::{Error, Value};

/// Reads a type from a tree of values.
///
/// ```
/// # use assay_model::{Column, tree};
/// let column: Column = tree::read(serde_json::json!({"name": "a", "type": "text"})).unwrap();
/// assert_eq!(column.name, "a");
/// assert!(tree::read::<Column>(serde_json::json!(["a", "text", true, null])).is_err());
/// ```
pub fn read<T: DeserializeOwned>(value: Value) -> Result<T, Error> {
    T::deserialize(Tree(value))
}

struct Tree(Value);

impl<'de> Deserializer<'de> for Tree {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(truth) => visitor.visit_bool(truth),
            Value::Number(number) => number.deserialize_any(visitor),
            Value::String(text) => visitor.visit_string(text),
            Value::Array(values) => visitor.visit_seq(Items(values.into_iter())),
            Value::Object(members) => visitor.visit_map(Members {
                rest: members.into_iter(),
                value: None,
            }),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.0 {
            Value::Object(members) => visitor.visit_map(Members {
                rest: members.into_iter(),
                value: None,
            }),
            _ => Err(not_an_object(name)),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.0 {
            Value::String(word) => {
                visitor.visit_enum(IntoDeserializer::<Error>::into_deserializer(word))
            }
            _ => Err(Error::custom(format_args!("{name} must be a word"))),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Array(values) => visitor.visit_seq(Items(values.into_iter())),
            _ => Err(Error::custom("a list was expected")),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::String(text) => visitor.visit_string(text),
            _ => Err(Error::custom("text was expected")),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_string(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    fn is_human_readable(&self) -> bool {
        true
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char bytes byte_buf unit
        unit_struct tuple tuple_struct map identifier
    }
}

#[cold]
fn not_an_object(name: &str) -> Error {
    Error::custom(format_args!("{name} must be an object"))
}

struct Items(std::vec::IntoIter<Value>);

impl<'de> SeqAccess<'de> for Items {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        self.0
            .next()
            .map(|value| seed.deserialize(Tree(value)))
            .transpose()
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

struct Members {
    rest: serde_json::map::IntoIter,
    value: Option<Value>,
}

impl<'de> MapAccess<'de> for Members {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        let Some((name, value)) = self.rest.next() else {
            return Ok(None);
        };
        self.value = Some(value);
        let name: StringDeserializer<Error> = name.into_deserializer();
        seed.deserialize(name).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        let value = self
            .value
            .take()
            .ok_or_else(|| Error::custom("a value was read before its name"))?;
        seed.deserialize(Tree(value))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{Analysis, Dataset, Problem};

    #[test]
    fn types_read_as_serde_json_reads_them() {
        for analysis in Analysis::examples() {
            let value = serde_json::to_value(&analysis).unwrap();
            assert_eq!(read::<Analysis>(value).unwrap(), analysis);
        }
        let dataset = json!({
            "id": "01890a5d-ac96-774b-bcce-b302099a8057", "name": "animals", "kind": "collection", "version": 0,
            "rows": 5, "bytes": 0, "parts": 0, "created": "2026-11-24T09:00:00Z", "owner": "v-1", "source": null,
            "collection": {"pattern": "animal:*", "type": "hash"}, "unknown": [1, {"a": null}],
            "schema": {"columns": [{"name": "arms", "type": "integer", "note": "n"}]},
        });
        let by_serde_json: Dataset = serde_json::from_value(dataset.clone()).unwrap();
        assert_eq!(read::<Dataset>(dataset).unwrap(), by_serde_json);
    }

    #[test]
    fn what_does_not_fit_is_an_error() {
        assert!(read::<Problem>(json!([])).is_err());
        assert!(read::<Problem>(json!({"type": 1})).is_err());
        assert!(read::<Vec<u64>>(json!({"a": 1})).is_err());
        assert!(read::<Vec<u64>>(json!([-1])).is_err());
    }
}
