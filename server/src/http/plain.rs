//! Problems as a page, for forms that were posted without JavaScript: a browser that
//! sent a form should not be answered with JSON.
//!
//! Why not one of the app's pages? Those are taken over by the program in the browser,
//! which would have to know the problem too. This one has no program.

use std::sync::Arc;

use assay_app::SiteAssets;
use assay_model::Problem;
use axum::{
    body::to_bytes,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, header},
    middleware::Next,
    response::{Html, IntoResponse, Response},
};

/// Most bytes of a problem.
const PROBLEM_MOST: usize = 1 << 20;

/// Turns a problem into a page when a browser asked.
pub async fn show_problem(
    State(assets): State<Arc<SiteAssets>>,
    request: Request,
    next: Next,
) -> Response {
    let reader = wants_page(request.headers());
    // The page of the thing that the form was about: `/jobs/{id}` of `/jobs/{id}/cancel`.
    let path = request.uri().path();
    let back = ["/cancel", "/retry", "/delete", "sample"]
        .iter()
        .find_map(|verb| path.strip_suffix(verb));
    let back = match back.unwrap_or(path) {
        // Collections are declared on the page of all data sets.
        "/collections" => "/datasets",
        path => path,
    }
    .to_owned();
    let response = next.run(request).await;
    let is_problem = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes() == b"application/problem+json");
    if !(reader && is_problem) {
        return response;
    }
    let status = response.status();
    let (parts, body) = response.into_parts();
    let problem = to_bytes(body, PROBLEM_MOST)
        .await
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let Some(problem) = problem else {
        return (status, parts.headers, "The request was refused.").into_response();
    };
    let mut response = (status, Html(page(&problem, &assets, &back))).into_response();
    let policy = HeaderValue::from_static(
        "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'",
    );
    response
        .headers_mut()
        .insert(header::CONTENT_SECURITY_POLICY, policy);
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn wants_page(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|kinds| kinds.contains("text/html"))
}

fn page(problem: &Problem, assets: &SiteAssets, back: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>{title} · Assay</title><link rel=\"icon\" href=\"/favicon.svg\"><link rel=\"stylesheet\" href=\"/{css}\"></head><body><main id=\"main\"><h1>{title}</h1><section class=\"card\"><p role=\"alert\">{detail}</p><p><a href=\"{back}\">Back</a></p></section></main></body></html>",
        title = escape(&problem.title),
        detail = escape(&problem.detail),
        css = escape(assets.css.trim_start_matches('/')),
        back = escape(back),
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use assay_model::ProblemKind;

    use super::*;

    #[test]
    fn what_a_file_says_of_itself_cannot_become_markup() {
        let problem = Problem::new(
            ProblemKind::BadFile,
            "There is no column “<script>alert(1)</script>”.",
        );
        let assets = SiteAssets {
            js: String::new(),
            link: String::new(),
            wasm: String::new(),
            pieces: Vec::new(),
            css: "assets/style.css".to_owned(),
            font: String::new(),
        };
        let html = page(&problem, &assets, "/datasets\"><b>");
        assert!(
            html.contains("&lt;script&gt;") && !html.contains("<script>") && !html.contains("<b>"),
            "{html}"
        );
    }
}
