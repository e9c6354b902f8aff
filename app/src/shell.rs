//! The document around the page.

use std::sync::Arc;

use leptos::{nonce::use_nonce, prelude::*};
use leptos_meta::MetaTags;
use leptos_router::location::RequestUrl;
use serde::Deserialize;

use crate::{App, theme::Theme, urls};

/// The files of the site as its build names them in `site.json`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct SiteAssets {
    /// The module that loads the program.
    pub js: String,
    /// The module that fetches the pieces of the program.
    pub link: String,
    /// The program: what every page needs.
    pub wasm: String,
    /// What the program needs besides on pages other than the bench.
    pub pieces: Vec<String>,
    /// The style sheet.
    pub css: String,
    /// The font.
    pub font: String,
}

/// Sets the HTTP status of the page that is being rendered. The server puts one into
/// the context.
#[derive(Clone)]
pub struct PageStatus(pub Arc<dyn Fn(u16) + Send + Sync>);

/// The whole document. The program is loaded by the one script that may run here, with
/// the nonce of this very answer.
pub fn shell(assets: &SiteAssets) -> impl IntoView + use<> {
    let theme = use_context::<Theme>().unwrap_or_default();
    let at = |asset: &str| format!("/{}", asset.trim_start_matches('/'));
    let (js, link, wasm, css, font) = (
        at(&assets.js),
        at(&assets.link),
        at(&assets.wasm),
        at(&assets.css),
        at(&assets.font),
    );
    let url = use_context::<RequestUrl>().and_then(|url| url.parse().ok());
    let is_bench = url.is_some_and(|url| url.path() == urls::BENCH);
    let pieces: Vec<_> = assets
        .pieces
        .iter()
        .filter(|_| !is_bench)
        .map(|piece| preload_program(at(piece)))
        .collect();
    let start = format!("import start from {js:?};start({{module_or_path:{wasm:?}}});");
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=theme.as_str()>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                <link rel="preload" href=font r#as="font" r#type="font/woff2" crossorigin="" />
                <link rel="stylesheet" href=css />
                <link rel="modulepreload" href=js />
                <link rel="modulepreload" href=link />
                {preload_program(wasm.clone())}
                {pieces}
                <script type="module" nonce=use_nonce()>
                    {start}
                </script>
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}

/// Asks for a piece of the program before the script that will is there.
fn preload_program(address: String) -> impl IntoView {
    view! { <link rel="preload" href=address r#as="fetch" r#type="application/wasm" crossorigin="" /> }
}
