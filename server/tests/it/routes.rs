//! The routes of the server, read from the text of `server/src/http`: what is there, not
//! what somebody remembered to list.

use std::{collections::BTreeSet, fs};

use crate::document::root;

/// Files whose routes stand outside `/api/v1`.
const OUTSIDE: [&str; 3] = ["forms.rs", "pages.rs", "health.rs"];

/// Every route, as `GET /api/v1/jobs/{id}`.
pub fn all() -> BTreeSet<String> {
    let mut routes = BTreeSet::new();
    for entry in fs::read_dir(root().join("server/src/http")).unwrap() {
        let entry = entry.unwrap();
        let file = entry.file_name().into_string().unwrap();
        let text = fs::read_to_string(entry.path()).unwrap();
        let prefix = if OUTSIDE.contains(&file.as_str()) {
            ""
        } else {
            "/api/v1"
        };
        for call in text.split(".route(").skip(1) {
            let call = balanced(call);
            let (path, handlers) = path_and_handlers(call, &file);
            let methods = methods(handlers);
            assert!(
                !methods.is_empty(),
                "{file}: {path} takes no method: {handlers}"
            );
            for method in methods {
                routes.insert(format!("{method} {prefix}{path}"));
            }
        }
    }
    assert!(routes.len() > 20, "only {routes:?}");
    routes
}

/// The arguments of a call whose opening bracket has been read.
fn balanced(text: &str) -> &str {
    let mut depth = 1;
    let end = text.find(|c| {
        depth += match c {
            '(' => 1,
            ')' => -1,
            _ => 0,
        };
        depth == 0
    });
    &text[..end.expect("brackets match")]
}

fn path_and_handlers<'a>(call: &'a str, file: &str) -> (&'a str, &'a str) {
    let call = call.trim_start();
    let literal = call.strip_prefix('"').and_then(|rest| rest.split_once('"'));
    literal.unwrap_or_else(|| panic!("{file}: a route without a path of its own: {call}"))
}

/// `get(list).post(create)` takes GET and POST; `page(…)` is how pages say GET.
fn methods(handlers: &str) -> Vec<&'static str> {
    let known = [
        ("get", "GET"),
        ("page", "GET"),
        ("post", "POST"),
        ("put", "PUT"),
        ("patch", "PATCH"),
        ("delete", "DELETE"),
    ];
    let is_name = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let mut words = Vec::new();
    for (at, _) in handlers.match_indices('(') {
        let name = handlers[..at].rsplit(|c| !is_name(c)).next().unwrap_or("");
        words.extend(known.iter().find(|(word, _)| *word == name));
    }
    words.iter().map(|(_, method)| *method).collect()
}
