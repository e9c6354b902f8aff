//! The event stream: what happens is told once, in order, and only to whom it concerns.

use serde_json::{Value, json};

use crate::{
    client::{Client, id},
    data::ANIMALS,
    fixture::Server,
    jobs::noop,
    stream::Block,
};

#[tokio::test]
async fn a_jobs_states_come_in_order_each_with_its_place() {
    let server = Server::start().await;
    let client = server.client();
    client.load("animals", ANIMALS).await;
    let mut stream = client.events("/events", None).await;
    let job = client.submit("animals", &json!({"kind": "rows"})).await;

    let mut states = Vec::new();
    let mut places = Vec::new();
    while states.last() != Some(&json!("succeeded")) {
        let event = stream.next_kept().await;
        if event.event == "job" {
            assert_eq!(event.data["id"], job["id"]);
            states.push(event.data["state"].clone());
        }
        places.push(place(&event));
    }
    assert_eq!(states, ["queued", "running", "succeeded"]);
    assert!(
        places.is_sorted_by(|one, next| one.1 < next.1),
        "{places:?}"
    );
    assert!(places.iter().all(|(epoch, _)| *epoch == places[0].0));
    let last = client.get(&format!("/jobs/{}", id(&job))).await.ok();
    assert_eq!(last["state"], "succeeded");
}

#[tokio::test]
async fn data_sets_and_deletions_are_told_to_everybody() {
    let server = Server::start().await;
    let client = server.client();
    let mut stream = server.client().events("/events", None).await;
    let mut made = client.load("animals", ANIMALS).await;
    // How its file was read is said to whoever asks for the data set itself.
    made.as_object_mut().unwrap().remove("import");
    client.delete("/datasets/animals").await;
    let mut told = Vec::new();
    while told.len() < 2 {
        let event = stream.next_kept().await;
        if event.event == "dataset" {
            told.push(event.data);
        }
    }
    let mut made = made;
    // What stands only with the data set looked at alone is not told.
    made.as_object_mut().unwrap().remove("import");
    let gone = json!({"id": made["id"], "deleted": true});
    assert_eq!(told, [made, gone]);
}

#[tokio::test]
async fn the_stream_opens_with_headers_and_a_place_to_come_back_to() {
    let server = Server::start().await;
    let mut stream = server.client().events("/events", None).await;
    assert_eq!(stream.status, 200);
    for (name, value) in [
        ("content-type", "text/event-stream"),
        ("cache-control", "no-store"),
        ("x-accel-buffering", "no"),
    ] {
        assert_eq!(stream.headers[name], value);
    }
    assert!(!stream.headers.contains_key("content-encoding"));
    let first = stream.next().await.unwrap();
    assert_eq!(first.retry.as_deref(), Some("2000"));
    place(&first);
    assert_eq!(
        (first.event.as_str(), &first.data),
        ("", &Value::Null),
        "no event, only a place"
    );
}

#[tokio::test]
async fn a_client_that_comes_back_misses_nothing_and_hears_nothing_twice() {
    let server = Server::start_with(&["--bench"]).await;
    let client = server.client();
    client.finished(&submit(&client).await).await;
    let mut whole = client.events("/events", None).await;
    let start = whole.next().await.unwrap();
    let jobs: Vec<Value> = futures::future::join_all((0..10).map(|_| submit(&client))).await;
    for job in &jobs {
        client.finished(job).await;
    }
    let mut told = Vec::new();
    while told
        .iter()
        .filter(|block: &&Block| block.data["state"] == "succeeded")
        .count()
        < jobs.len()
    {
        told.push(whole.next_kept().await);
    }

    // From every place on, the rest is the same, and what happens next follows.
    let mut streams = Vec::new();
    for (from, block) in std::iter::once(&start).chain(&told).enumerate() {
        let mut stream = client.events("/events", block.id.as_deref()).await;
        for expected in &told[from..] {
            assert_eq!(
                told_of(&stream.next_kept().await),
                told_of(expected),
                "from {from}"
            );
        }
        streams.push(stream);
    }
    let next = submit(&client).await;
    for state in ["queued", "running", "succeeded"] {
        let expected = whole.next_kept().await;
        assert_eq!(
            (&expected.data["id"], &expected.data["state"]),
            (&next["id"], &json!(state))
        );
        for stream in &mut streams {
            assert_eq!(told_of(&stream.next_kept().await), told_of(&expected));
        }
    }
}

#[tokio::test]
async fn coming_back_while_much_happens_leaves_no_gap() {
    let server = Server::start_with(&["--bench"]).await;
    let client = server.client();
    client.finished(&submit(&client).await).await;
    let mut whole = client.events("/events", None).await;
    let start = whole.next().await.unwrap();
    let flood = futures::future::join_all((0..100).map(|_| submit(&client)));
    let reader = async {
        // Comes back after every third event, as over a bad line.
        let (mut told, mut last) = (Vec::new(), start.id.clone());
        while terminal(&told) < 100 {
            let mut stream = client.events("/events", last.as_deref()).await;
            for _ in 0..3 {
                if terminal(&told) == 100 {
                    break;
                }
                let block = stream.next_kept().await;
                last.clone_from(&block.id);
                told.push(block);
            }
        }
        told
    };
    let (_, told) = tokio::join!(flood, reader);
    for block in &told {
        assert_eq!(told_of(&whole.next_kept().await), told_of(block));
    }
}

#[tokio::test]
async fn a_place_that_is_of_no_use_is_answered_with_a_reset() {
    let server = Server::start_with(&["--bench"]).await;
    let client = server.client();
    let mut stream = client.events("/events", None).await;
    client.finished(&submit(&client).await).await;
    client.finished(&submit(&client).await).await;
    let early = stream.next_kept().await.id.unwrap();
    let (epoch, _) = early.split_once(':').unwrap();
    let trim = redis::cmd("XTRIM")
        .arg("{assay}:events")
        .arg("MAXLEN")
        .arg(1)
        .clone();
    for (last, reason) in [
        ("rubbish".to_owned(), "unknown"),
        ("1-1".to_owned(), "unknown"),
        ("0123456789abcdef:1700000000000-0".to_owned(), "epoch"),
        (format!("{epoch}:99999999999999-0"), "unknown"),
        (early.clone(), "trimmed"),
    ] {
        if reason == "trimmed" {
            trim.query_async::<()>(&mut server.redis().await)
                .await
                .unwrap();
        }
        let mut stream = client.events("/events", Some(&last)).await;
        let reset = stream.next_event().await;
        assert_eq!(
            (reset.event.as_str(), &reset.data),
            ("reset", &json!({"reason": reason})),
            "{last}"
        );
        assert_eq!(place(&reset).0, epoch);

        // It goes on from the place that the reset names.
        let job = submit(&client).await;
        let next = stream.next_kept().await;
        assert_eq!(next.data["id"], job["id"]);
        let mut again = client.events("/events", reset.id.as_deref()).await;
        assert_eq!(told_of(&again.next_kept().await), told_of(&next));
        client.finished(&job).await;
    }
    let path = "/events?last_event_id=rubbish";
    assert_eq!(
        client.events(path, None).await.next_event().await.event,
        "reset"
    );
    let tip = client
        .events("/events", None)
        .await
        .next()
        .await
        .unwrap()
        .id;
    let mut both = client.events(path, tip.as_deref()).await;
    let job = submit(&client).await;
    assert_eq!(
        both.next_kept().await.data["id"],
        job["id"],
        "the header wins over the address"
    );
}

#[tokio::test]
async fn the_stream_of_a_job_opens_with_it_and_ends_with_its_end() {
    let server = Server::start_with(&["--bench", "--no-worker"]).await;
    let client = server.client();
    let job = submit(&client).await;
    let other = submit(&client).await;
    let path = format!("/events?job={}", id(&job));
    let mut stream = client.events(&path, None).await;
    let greeting = stream.next().await.unwrap();
    assert_eq!(
        greeting.id, None,
        "whoever is cut off here has not seen the end and must not be stopped"
    );
    let opens = stream.next_event().await;
    assert_eq!(
        (&opens.data["id"], &opens.data["state"]),
        (&job["id"], &json!("queued"))
    );
    assert_eq!(
        opens.id, None,
        "it tells how the job stands, not what happened"
    );
    for one in [&other, &job] {
        let cancel = client.api(reqwest::Method::POST, &format!("/jobs/{}/cancel", id(one)));
        assert_eq!(client.send(cancel).await.status, 200);
    }
    let rest = stream.rest().await;
    let states: Vec<_> = rest
        .iter()
        .map(|block| (&block.data["id"], &block.data["state"]))
        .collect();
    assert_eq!(
        states,
        [(&job["id"], &json!("cancelled"))],
        "the last event is the terminal one"
    );

    let back = client.events(&path, rest[0].id.as_deref()).await;
    assert_eq!(back.status, 204, "which stops an EventSource");
    let fresh = client.events(&path, None).await.rest().await;
    let end = fresh.last().unwrap();
    assert_eq!(end.data["state"], "cancelled");
    let back = client.events(&path, end.id.as_deref()).await;
    assert_eq!(back.status, 204, "it has seen the end this time");
}

#[tokio::test]
async fn nobody_hears_of_another_visitors_jobs() {
    let server = Server::start_with(&["--bench"]).await;
    let (owner, stranger, nobody) = (server.client(), server.client(), server.client());
    submit(&stranger).await;
    let mut streams = Vec::new();
    for client in [&stranger, &nobody] {
        streams.push(client.events("/events", None).await);
    }
    let from = streams[0].next().await.unwrap().id;
    let mut own = owner.events("/events", None).await;
    let job = owner.finished(&submit(&owner).await).await;
    assert_eq!(
        own.next().await.unwrap().event,
        "",
        "who had no session when the stream opened is nobody to it"
    );
    let made = owner
        .post(
            "/datasets",
            &json!({"name": "beasts", "collection": {"pattern": "beast:*"}}),
        )
        .await
        .json();
    for client in [&stranger, &nobody] {
        streams.push(client.events("/events", from.as_deref()).await);
    }
    for mut stream in streams {
        let event = loop {
            let event = stream.next_kept().await;
            let mine = event.event == "job" && event.data["id"] != job["id"];
            if !mine && event.event != "worker" {
                break event;
            }
        };
        assert_eq!(
            (event.event.as_str(), &event.data["id"]),
            ("dataset", &made["id"])
        );
    }
}

#[tokio::test]
async fn streams_end_when_the_server_stops() {
    let mut server = Server::start_with(&["--bench", "--no-worker"]).await;
    let client = server.client();
    let job = submit(&client).await;
    let all = client.events("/events", None).await;
    let one = client
        .events(&format!("/events?job={}", id(&job)), None)
        .await;
    server.terminate();
    all.rest().await;
    one.rest().await;
    assert!(server.ended().await.success());
}

async fn submit(client: &Client) -> Value {
    let answer = client.post("/jobs", &noop()).await;
    assert_eq!(answer.status, 202, "{}", answer.text());
    answer.json()
}

fn terminal(told: &[Block]) -> usize {
    told.iter()
        .filter(|block| block.data["state"] == "succeeded")
        .count()
}

/// An event without the estimate of the wait, which is made when the event is read.
fn told_of(block: &Block) -> Block {
    let mut block = block.clone();
    if let Some(job) = block.data.as_object_mut() {
        job.remove("waiting");
    }
    block
}

/// Epoch, and milliseconds with sequence, of a block that must have a place.
fn place(block: &Block) -> (String, (u64, u64)) {
    let text = block
        .id
        .as_deref()
        .unwrap_or_else(|| panic!("no place: {block:?}"));
    let (epoch, entry) = text.split_once(':').unwrap();
    let (millis, sequence) = entry.split_once('-').unwrap();
    (
        epoch.to_owned(),
        (millis.parse().unwrap(), sequence.parse().unwrap()),
    )
}
