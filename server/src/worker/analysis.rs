//! The job `analysis`: data sets in, a result out.

use assay_model::{Dataset, InputStamp, Problem, ProblemKind, ResultId};
use assay_store::{
    Store,
    collection::Depth,
    jobs::{Finish, NewResult},
};
use tracing::debug;

use super::attempt::{Context, Failure};
use crate::data::{self, Opened, ResultMeta, Sink};

/// Computes the result and puts its parts away; `finish` makes it the job's.
pub async fn run(context: Context) -> Result<Finish, Failure> {
    let Context {
        store,
        engine,
        job,
        progress,
        cancel,
    } = context;
    let (Some(analysis), [reads]) = (&job.spec.analysis, job.spec.inputs.as_slice()) else {
        return Err(Failure::Problem(Problem::new(
            ProblemKind::Internal,
            "The job does not say what to do.",
        )));
    };
    let Some(dataset) = store.dataset(reads.id).await? else {
        return Err(Failure::Problem(Problem::new(
            ProblemKind::NotFound,
            format!(
                "The data set “{}” was deleted before the job began.",
                reads.name
            ),
        )));
    };
    let mut opened = data::open(&store, &dataset, reads.version).await?;
    // Of this attempt alone: a lost one that still writes can never touch another's parts.
    let id = ResultId(job.token.0);
    let sink = Sink::of_result(store.clone(), job.id, id);
    let mut outcome = engine
        .run(analysis, &opened.input, &sink, &progress, &cancel)
        .await?;
    if outcome.misfits > 0
        && let Some(collection) = &dataset.collection
    {
        // The types are not those of these records: found from others, or from some of
        // them. Once all have been read, every value has its place.
        let now = data::look_again(&store, &dataset, collection, Depth::All).await?;
        opened = data::open(&store, &now, reads.version).await?;
        outcome = engine
            .run(analysis, &opened.input, &sink, &progress, &cancel)
            .await?;
    } else {
        follow(&store, &dataset, &opened);
    }
    let scan = opened.scan_stamp();
    let meta = ResultMeta {
        columns: outcome.columns,
        parts: outcome.parts,
        chart: outcome.chart,
        finding: outcome.finding.clone(),
        inputs: vec![InputStamp {
            dataset: reads.clone(),
            rows: outcome.rows_read,
            scan_began: scan.and_then(|stamp| stamp.began),
            scan_ended: scan.and_then(|stamp| stamp.ended),
            vanished: scan.map(|stamp| stamp.vanished),
            misfits: Some(outcome.misfits).filter(|misfits| *misfits > 0),
        }],
    };
    let parts: Vec<_> = meta.parts.iter().map(|part| part.path.clone()).collect();
    store.keep_parts(&parts).await?;
    let text =
        serde_json::to_string(&meta).map_err(|error| data::unreadable("the result", &error))?;
    Ok(Finish::Result(Box::new(NewResult {
        id,
        meta: text,
        finding: outcome.finding,
        rows: outcome.rows,
        bytes: outcome.bytes,
        parts,
    })))
}

/// Lets the data set's page follow: when a scan has met more or fewer records than are
/// known, another look is taken, which nobody waits for.
fn follow(store: &Store, dataset: &Dataset, opened: &Opened) {
    let (Some(collection), Some(scan)) = (dataset.collection.clone(), opened.scan_stamp()) else {
        return;
    };
    if scan.ended.is_none() || scan.records == dataset.rows {
        return;
    }
    let (store, dataset) = (store.clone(), dataset.clone());
    tokio::spawn(async move {
        if let Err(error) = data::look_again(&store, &dataset, &collection, Depth::Sample).await {
            debug!(%error, dataset = %dataset.id, "no look at data set {}", dataset.id);
        }
    });
}
