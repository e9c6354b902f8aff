//! What a request must be before anything looks at it: for this host, and, when it
//! writes, not sent by another site's page.
//!
//! Without the first, a page of any site could reach a server on the loopback address
//! by rebinding its own name to 127.0.0.1; without the second, by posting a form.

use std::sync::Arc;

use assay_model::ProblemKind;
use axum::{
    extract::{Request, State},
    http::{HeaderMap, Method, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::error::ApiError;

/// The host names that this server answers to.
#[derive(Debug, Clone)]
pub struct Hosts {
    public: Option<String>,
    secure: bool,
    any: bool,
}

impl Hosts {
    /// Loopback names, and the host of the public address. `any` answers to every name,
    /// which only `--insecure` allows.
    pub fn new(public_url: Option<&str>, any: bool) -> Self {
        let secure = public_url.is_some_and(|url| url.starts_with("https://"));
        let public = public_url.map(|url| {
            let host = url.split_once("://").map_or(url, |(_, rest)| rest);
            let host = host.split('/').next().unwrap_or(host).to_ascii_lowercase();
            without_usual_port(&host, secure).to_owned()
        });
        Self {
            public,
            secure,
            any,
        }
    }

    /// Whether people reach this server over TLS.
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    fn admits(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        let name = match host.strip_prefix('[') {
            Some(rest) => rest.split(']').next().unwrap_or(rest),
            None => host.split(':').next().unwrap_or(&host),
        };
        let loopback = name == "localhost"
            || name.ends_with(".localhost")
            || name
                .parse::<std::net::IpAddr>()
                .is_ok_and(|address| address.is_loopback());
        let host = without_usual_port(&host, self.secure);
        self.any || loopback || self.public.as_deref() == Some(host)
    }
}

/// Browsers leave out the port that an address has anyway.
fn without_usual_port(host: &str, secure: bool) -> &str {
    let port = if secure { ":443" } else { ":80" };
    host.strip_suffix(port).unwrap_or(host)
}

/// Lets a request pass, or answers 421 or 403.
pub async fn check(State(hosts): State<Arc<Hosts>>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    match host {
        Some(host) if hosts.admits(host) => {}
        _ => {
            return ApiError::new(
                ProblemKind::WrongHost,
                "This server does not answer to that name. Start it with --public-url to give it one.",
            )
            .into_response();
        }
    }
    let reads = matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS
    );
    if !reads && is_cross_site(headers, host.unwrap_or_default()) {
        return ApiError::new(
            ProblemKind::Forbidden,
            "Another site's page may not change anything here.",
        )
        .into_response();
    }
    next.run(request).await
}

/// Browsers say where a request comes from; programs say nothing and may write.
fn is_cross_site(headers: &HeaderMap, host: &str) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return !matches!(site, "same-origin" | "none");
    }
    match text("origin") {
        Some(origin) => origin
            .split_once("://")
            .is_none_or(|(_, from)| !from.eq_ignore_ascii_case(host)),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_names_and_the_public_one_are_answered() {
        let hosts = Hosts::new(Some("https://assay.example.org/"), false);
        for good in [
            "127.0.0.1:3000",
            "localhost",
            "LOCALHOST:80",
            "[::1]:3000",
            "assay.example.org",
            "a.localhost",
        ] {
            assert!(hosts.admits(good), "{good}");
        }
        for bad in [
            "evil.example",
            "127.0.0.1.evil.example",
            "localhost.evil.example",
            "10.0.0.1",
            "",
        ] {
            assert!(!hosts.admits(bad), "{bad}");
        }
    }

    #[test]
    fn the_usual_port_goes_without_saying() {
        for (url, good, bad) in [
            ("https://a.example:443", "a.example", "a.example:80"),
            ("https://a.example", "a.example:443", "a.example:8443"),
            ("http://a.example:80/", "a.example", "a.example:443"),
            ("http://a.example:8080", "A.example:8080", "a.example"),
        ] {
            let hosts = Hosts::new(Some(url), false);
            assert!(hosts.admits(good), "{url} {good}");
            assert!(!hosts.admits(bad), "{url} {bad}");
        }
    }

    #[test]
    fn a_write_from_another_site_is_told_apart() {
        let headers = |name: &'static str, value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(name, axum::http::HeaderValue::from_static(value));
            headers
        };
        assert!(is_cross_site(
            &headers("sec-fetch-site", "cross-site"),
            "localhost:1"
        ));
        assert!(is_cross_site(
            &headers("sec-fetch-site", "same-site"),
            "localhost:1"
        ));
        assert!(!is_cross_site(
            &headers("sec-fetch-site", "same-origin"),
            "localhost:1"
        ));
        assert!(is_cross_site(
            &headers("origin", "http://evil.example"),
            "localhost:1"
        ));
        assert!(is_cross_site(&headers("origin", "null"), "localhost:1"));
        assert!(!is_cross_site(
            &headers("origin", "http://localhost:1"),
            "localhost:1"
        ));
        assert!(!is_cross_site(&HeaderMap::new(), "localhost:1"));
    }
}
