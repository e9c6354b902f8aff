//! `assay export`: the rows of a data set into a file or to standard output.
//!
//! A file is written beside its place and moved there when it is whole, so that what
//! stands there is never half of something.

use std::{
    fs::Permissions,
    io::{IsTerminal, Write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use assay_engine::ExportFormat;
use futures::StreamExt;
use indicatif::ProgressBar;
use reqwest::{Method, Response};

use super::{Client, bar};
use crate::cli::ExportArgs;

/// Exports, with a bar for a file.
pub async fn run(args: ExportArgs) -> anyhow::Result<()> {
    let client = Client::new(&args.client.server)?;
    let format = format(&args)?;
    if args.output.is_none() && is_binary(&format) && std::io::stdout().is_terminal() {
        bail!("{format} is not for a terminal; name a file with -o");
    }
    let path = format!(
        "/datasets/{}/export",
        assay_app::urls::encode(&args.dataset)
    );
    let request = client
        .request(Method::GET, &path)?
        .query(&[("format", &format)]);
    let response = client.send(request).await?;
    match &args.output {
        None => {
            let mut out = std::io::stdout().lock();
            copy(response, &mut out, &ProgressBar::hidden()).await
        }
        Some(path) => to_file(response, path).await,
    }
}

async fn to_file(response: Response, path: &Path) -> anyhow::Result<()> {
    let unwritable = || format!("{} cannot be written", path.display());
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder.to_owned(),
        _ => PathBuf::from("."),
    };
    // It goes when this ends in any other way than by being whole.
    let mut file = tempfile::Builder::new()
        .prefix(".assay-")
        // As any other new file, not for its owner alone.
        .permissions(Permissions::from_mode(0o666))
        .tempfile_in(folder)
        .with_context(unwritable)?;
    let bar = bar::bytes(&path.display().to_string(), response.content_length());
    tokio::select! {
        copied = copy(response, &mut file, &bar) => copied?,
        _ = tokio::signal::ctrl_c() => bail!("Cancelled; {} was not written", path.display()),
    }
    bar.finish_and_clear();
    file.as_file().sync_all().with_context(unwritable)?;
    file.persist(path).with_context(unwritable)?;
    Ok(())
}

async fn copy(
    response: Response,
    out: &mut (impl Write + ?Sized),
    bar: &ProgressBar,
) -> anyhow::Result<()> {
    let mut body = response.bytes_stream();
    while let Some(chunk) = body.next().await {
        let chunk = chunk.context("The export broke off; the server's log says why")?;
        match out.write_all(&chunk) {
            // Whoever reads has seen enough, as `head` does.
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => return Ok(()),
            written => written?,
        }
        bar.inc(chunk.len() as u64);
    }
    out.flush()?;
    Ok(())
}

/// As the flag says, else as the file's name does, else CSV. The server checks the word.
fn format(args: &ExportArgs) -> anyhow::Result<String> {
    if let Some(format) = &args.format {
        return Ok(format.clone());
    }
    let Some(path) = &args.output else {
        return Ok(ExportFormat::Csv.as_str().to_owned());
    };
    let ending = path
        .extension()
        .map(|ending| ending.to_string_lossy().to_ascii_lowercase());
    match ending.as_deref().and_then(ExportFormat::parse) {
        Some(format) => Ok(format.as_str().to_owned()),
        None => bail!(
            "“{}” does not say a format; add --format csv, json, ndjson, parquet or arrow",
            path.display()
        ),
    }
}

fn is_binary(format: &str) -> bool {
    matches!(
        ExportFormat::parse(format),
        Some(ExportFormat::Parquet | ExportFormat::Arrow)
    )
}
