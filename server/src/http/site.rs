//! The page's files: program, style sheet, font, each with the hash of its content in
//! its name and a compressed twin beside it.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use assay_app::SiteAssets;
use axum::{
    Router,
    http::{HeaderValue, header},
    middleware::{self, Next},
    response::Response,
};
use tower_http::services::ServeDir;

/// The folder with the page's files, and their names.
#[derive(Debug, Clone)]
pub struct Site {
    /// The folder.
    pub root: PathBuf,
    /// The names for the page's head.
    pub assets: SiteAssets,
}

impl Site {
    /// Finds the site at `given`, else beside the program.
    pub fn find(given: Option<&Path>) -> anyhow::Result<Self> {
        let root = match given {
            Some(root) => root.to_owned(),
            None => {
                let program =
                    std::env::current_exe().context("this program does not know where it is")?;
                program
                    .parent()
                    .map(|folder| folder.join("site"))
                    .context("this program stands in no folder")?
            }
        };
        let manifest = root.join("site.json");
        if !manifest.is_file() {
            bail!(
                "There is no page at {}. Build it with `make build`, or name its folder with --site",
                root.display()
            );
        }
        let text = std::fs::read_to_string(&manifest)
            .with_context(|| format!("{} cannot be read", manifest.display()))?;
        let assets = serde_json::from_str(&text)
            .with_context(|| format!("{} is not as it should be", manifest.display()))?;
        Ok(Self { root, assets })
    }

    /// Serves the files. A name changes with its content, so a browser may keep each
    /// for ever.
    pub fn router(&self) -> Router {
        let files = ServeDir::new(self.root.join("assets"))
            .precompressed_br()
            .precompressed_gzip();
        let icon = ServeDir::new(&self.root).precompressed_br();
        // The names of assets change with their content; the icon's does not.
        let assets = Router::new()
            .nest_service("/assets", files)
            .layer(middleware::from_fn(async |request, next: Next| {
                keep(
                    next.run(request).await,
                    "public, max-age=31536000, immutable",
                )
            }));
        let icon = Router::new()
            .route_service("/favicon.svg", icon)
            .layer(middleware::from_fn(async |request, next: Next| {
                keep(next.run(request).await, "public, max-age=86400")
            }));
        assets.merge(icon)
    }
}

/// Says how long a browser may keep what was found.
fn keep(mut response: Response, policy: &'static str) -> Response {
    if response.status().is_success() {
        let policy = HeaderValue::from_static(policy);
        response.headers_mut().insert(header::CACHE_CONTROL, policy);
    }
    response
}
