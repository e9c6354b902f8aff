//! Sessions, as tower-sessions uses them.

use tower_sessions::{
    SessionStore,
    session::{Id, Record},
};

use crate::fixture::Redis;

/// A session that ends in an hour.
fn record() -> Record {
    use tower_sessions::cookie::time::{Duration, OffsetDateTime};
    Record {
        id: Id::default(),
        data: [("owner".to_owned(), "ann".into())].into(),
        expiry_date: OffsetDateTime::now_utc() + Duration::hours(1),
    }
}

#[tokio::test]
async fn a_session_is_kept_changed_and_ended() {
    let redis = Redis::start().await;
    let sessions = redis.store().await.sessions();
    let mut session = record();
    sessions.create(&mut session).await.unwrap();
    assert_eq!(
        sessions.load(&session.id).await.unwrap(),
        Some(session.clone())
    );
    session.data.insert("since".to_owned(), 5.into());
    sessions.save(&session).await.unwrap();
    assert_eq!(
        sessions.load(&session.id).await.unwrap(),
        Some(session.clone())
    );
    let life: i64 = redis
        .ask(&["TTL", &format!("{{assay}}:session:{}", session.id)])
        .await;
    assert!((3500..=3600).contains(&life), "{life}");
    sessions.delete(&session.id).await.unwrap();
    assert_eq!(sessions.load(&session.id).await.unwrap(), None);
}

#[tokio::test]
async fn a_late_save_does_not_bring_back_a_session_that_was_ended() {
    let redis = Redis::start().await;
    let sessions = redis.store().await.sessions();
    let mut session = record();
    sessions.create(&mut session).await.unwrap();
    sessions.delete(&session.id).await.unwrap();
    sessions.save(&session).await.unwrap();
    assert_eq!(sessions.load(&session.id).await.unwrap(), None);
}

#[tokio::test]
async fn an_id_that_is_taken_is_changed() {
    let redis = Redis::start().await;
    let sessions = redis.store().await.sessions();
    let mut first = record();
    sessions.create(&mut first).await.unwrap();
    let mut second = Record {
        id: first.id,
        ..record()
    };
    sessions.create(&mut second).await.unwrap();
    assert_ne!(first.id, second.id);
}
