//! The one shape of errors: RFC 9457 problem details, wherever the mistake is made.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{client::Client, data::ANIMALS, fixture::Server};

#[tokio::test]
async fn every_bad_request_is_answered_with_a_problem() {
    let server = Server::start().await;
    let client = server.client();
    client.load("animals", ANIMALS).await;
    let rows = |body: Value| json!({"dataset": "animals", "analysis": body});
    let nobody = "/jobs/01900000-0000-7000-8000-000000000000";

    let (get, post, patch, put, delete) = (
        Method::GET,
        Method::POST,
        Method::PATCH,
        Method::PUT,
        Method::DELETE,
    );
    let cases: Vec<(&Method, &str, Option<Value>, u16, &str)> = vec![
        (&get, "/nothing", None, 404, "not-found"),
        (&put, "/jobs", Some(json!({})), 405, "method-not-allowed"),
        (&get, "/datasets/nothing", None, 404, "not-found"),
        (&get, "/datasets/nothing/rows", None, 404, "not-found"),
        (&get, "/datasets/animals/records/x", None, 404, "not-found"),
        (&get, "/datasets/animals/rows?limit=0", None, 422, "invalid"),
        (&get, "/datasets/animals/rows?limit=x", None, 422, "invalid"),
        (
            &get,
            "/datasets/animals/rows?cursor=x",
            None,
            422,
            "invalid",
        ),
        (
            &get,
            "/datasets/animals/rows?haed=lion",
            None,
            422,
            "invalid",
        ),
        (
            &get,
            "/datasets/animals/export?format=pdf",
            None,
            422,
            "invalid",
        ),
        (&get, "/datasets?limit=1001", None, 422, "invalid"),
        (&get, "/datasets?limit=x", None, 400, "bad-request"),
        (
            &patch,
            "/datasets/animals",
            Some(json!({"name": "a b"})),
            422,
            "invalid",
        ),
        (
            &patch,
            "/datasets/animals",
            Some(json!({"nam": "ab"})),
            400,
            "bad-request",
        ),
        (
            &patch,
            "/datasets/nothing",
            Some(json!({"name": "ab"})),
            404,
            "not-found",
        ),
        (&delete, "/datasets/nothing", None, 404, "not-found"),
        (&post, "/datasets?name=1a", Some(json!({})), 422, "invalid"),
        (
            &post,
            "/datasets",
            Some(json!({"name": "x"})),
            400,
            "bad-request",
        ),
        (
            &post,
            "/datasets",
            Some(json!({"name": "x", "collection": {"pattern": ""}})),
            422,
            "invalid",
        ),
        (
            &post,
            "/datasets?name=x&format=pdf",
            Some(json!({})),
            422,
            "invalid",
        ),
        (&post, "/jobs", Some(json!([])), 400, "bad-request"),
        (
            &post,
            "/jobs",
            Some(json!({"dataset": "nothing", "analysis": {"kind": "rows"}})),
            404,
            "not-found",
        ),
        (
            &post,
            "/jobs",
            Some(rows(json!({"kind": "pivot"}))),
            422,
            "invalid",
        ),
        (
            &post,
            "/jobs",
            Some(rows(json!({"kind": "rows", "limit": -1}))),
            422,
            "invalid",
        ),
        (
            &post,
            "/jobs",
            Some(json!({"dataset": "animals", "analysis": {"kind": "rows"}, "priority": 3})),
            422,
            "invalid",
        ),
        (
            &post,
            "/jobs",
            Some(json!({"dataset": "animals", "analysis": {"kind": "rows"}, "timeout_s": 0})),
            422,
            "invalid",
        ),
        (&get, "/jobs?state=done", None, 422, "invalid"),
        (&get, "/jobs?dataset=nothing", None, 404, "not-found"),
        (&get, "/jobs/7", None, 404, "not-found"),
        (&get, nobody, None, 404, "not-found"),
        (&delete, nobody, None, 404, "not-found"),
        (
            &patch,
            nobody,
            Some(json!({"pinned": true})),
            404,
            "not-found",
        ),
        (&get, "/events?job=7", None, 400, "bad-request"),
        (
            &get,
            "/events?job=01900000-0000-7000-8000-000000000000",
            None,
            404,
            "not-found",
        ),
    ];
    for (method, path, body, status, slug) in cases {
        let problem = ask(&client, method, path, body.as_ref())
            .await
            .problem(status);
        let what = format!("{method} {path} {body:?}: {problem}");
        assert_eq!(
            problem["type"],
            format!("urn:assay:problem:{slug}"),
            "{what}"
        );
        for field in ["title", "detail"] {
            assert!(
                problem[field].as_str().is_some_and(|text| !text.is_empty()),
                "{what}"
            );
        }
        let detail = problem["detail"].as_str().unwrap();
        assert!(
            detail.ends_with(['.', '?']) && !detail.contains('!'),
            "{what}"
        );
        if slug == "invalid" {
            let errors = problem["errors"]
                .as_array()
                .unwrap_or_else(|| panic!("{what}"));
            assert!(
                errors
                    .iter()
                    .all(|error| error["field"].is_string() && error["message"].is_string()),
                "{what}"
            );
        }
    }
}

async fn ask(
    client: &Client,
    method: &Method,
    path: &str,
    body: Option<&Value>,
) -> crate::client::Answer {
    let request = client.api(method.clone(), path);
    client
        .send(match body {
            Some(body) => request.json(body),
            None => request,
        })
        .await
}
