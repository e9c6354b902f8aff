//! Being told by Redis that records have changed, where it tells: keyspace notifications.
//! They are never switched on here, for the Redis may be somebody else's.

use assay_model::{Collection, CollectionType};
use futures::{Stream, StreamExt};
use redis::{FromRedisValue, RedisError, Value};

use crate::{Store, StoreError};

impl Store {
    /// An item whenever a record of the collection may have changed; `None` when its Redis
    /// does not tell. The stream ends when the connection does.
    pub async fn notices(
        &self,
        collection: &Collection,
    ) -> Result<Option<impl Stream<Item = ()> + Send + use<>>, StoreError> {
        let place = self.place(collection)?;
        let mut ask = redis::cmd("CONFIG");
        ask.arg("GET").arg("notify-keyspace-events");
        let flags = match place.redis.command::<Value>(&ask).await {
            Ok(value) => {
                let pair: Vec<String> = Vec::from_redis_value(value).map_err(RedisError::from)?;
                pair.into_iter().nth(1).unwrap_or_default()
            }
            // Managed services do not tell their settings.
            Err(StoreError::Refused(_)) => return Ok(None),
            Err(error) => return Err(place.error(error)),
        };
        if !tells(&flags, collection.kind) {
            return Ok(None);
        }
        let channel = format!("__keyspace@{}__:", place.redis.database());
        let subscribed = async {
            let mut pubsub = place.redis.pubsub().await?;
            if collection.kind.is_one_key() {
                pubsub
                    .subscribe(format!("{channel}{}", collection.pattern))
                    .await?;
            } else {
                pubsub
                    .psubscribe(format!("{channel}{}", collection.pattern))
                    .await?;
            }
            Ok::<_, StoreError>(pubsub)
        };
        let pubsub = subscribed.await.map_err(|error| place.error(error))?;
        let keys = self.keys().clone();
        let skip = channel.len();
        let notices = pubsub.into_on_message().filter_map(move |message| {
            let name = message.get_channel_name().as_bytes();
            let is_own = name.get(skip..).is_none_or(|key| keys.owns(key));
            std::future::ready((!is_own).then_some(()))
        });
        Ok(Some(notices))
    }
}

/// Whether these flags of `notify-keyspace-events` tell of each change to such a record.
fn tells(flags: &str, kind: CollectionType) -> bool {
    let class = match kind {
        CollectionType::Hash => 'h',
        CollectionType::Json | CollectionType::String => '$',
        CollectionType::Stream => 't',
        CollectionType::List => 'l',
        CollectionType::Set => 's',
        CollectionType::Zset => 'z',
    };
    let has = |flag| flags.contains(flag);
    has('K') && (has('A') || (has('g') && has('x') && has(class)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_flags_that_miss_no_change_will_do() {
        for (flags, hashes) in [
            ("", false),
            ("AE", false),
            ("AK", true),
            ("gxhK", true),
            ("hK", false),
            ("gx$K", false),
        ] {
            assert_eq!(tells(flags, CollectionType::Hash), hashes, "{flags}");
        }
    }
}
