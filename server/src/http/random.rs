//! Random rows: `GET /datasets/{}/rows?sample=5&seed=1`.

use std::sync::Arc;

use assay_engine::{Input, Look, Rows};
use assay_model::{Dataset, limits, words};

use super::{
    error::{ApiError, ApiResult},
    state::AppState,
};
use crate::data;

/// What was asked for.
pub struct Draw {
    count: u64,
    seed: u64,
}

impl Draw {
    /// Takes `sample` and `seed` out of a query; `None` when no sample is asked for.
    pub fn take(query: &mut Vec<(String, String)>) -> ApiResult<Option<Self>> {
        let mut take = |name: &str| -> ApiResult<Option<u64>> {
            let Some(at) = query.iter().position(|(known, _)| known == name) else {
                return Ok(None);
            };
            let (_, text) = query.remove(at);
            let number = text.parse().map_err(|_| {
                let text = words::shorten(&text, 40);
                ApiError::field(name, format!("“{text}” is not a whole number."))
            })?;
            Ok(Some(number))
        };
        let Some(count) = take("sample")? else {
            return Ok(None);
        };
        if count > limits::PAGE_MOST {
            let most = words::count(limits::PAGE_MOST);
            let message = format!("A sample has at most {most} rows.");
            return Err(ApiError::field("sample", message));
        }
        let seed = match take("seed")? {
            Some(seed) => seed,
            None => uuid::Uuid::new_v4().as_u64_pair().0,
        };
        Ok(Some(Self { count, seed }))
    }

    /// The rows drawn from those that have the values of `look`.
    pub async fn rows(&self, state: &AppState, dataset: &Dataset, look: &Look) -> ApiResult<Rows> {
        if look.order.is_some() {
            return Err(ApiError::field("order_by", "Random rows come in no order."));
        }
        let look = Look {
            offset: 0,
            limit: self.count,
            ..look.clone()
        };
        if let Some(collection) = &dataset.collection
            && look.passes_all()
        {
            // Only the keys are gone through; the records drawn are all that is fetched.
            let count = usize::try_from(self.count).unwrap_or(usize::MAX);
            let drawn = state
                .store
                .sample_records(collection, count, self.seed)
                .await?;
            let input = Input::Records {
                schema: dataset.schema.clone(),
                source: Arc::new(data::Read(drawn)),
            };
            return Ok(state.engine.look(&input, &look).await?);
        }
        let input = data::input(&state.store, dataset).await?;
        Ok(state.engine.sample(&input, &look, self.seed).await?)
    }
}
