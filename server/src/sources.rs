//! Sources as they are configured: on the command line, in a variable, in the
//! configuration file.
//!
//! Written as `NAME=URL`, or `NAME:write=URL` where records may be written too. The
//! address may hold a password, so what is wrong with a source is said without repeating
//! it, and `serve` hands its sources to its worker in a variable, which other users of the
//! machine cannot see, and not on the command line, which they can.

use std::fmt;

use anyhow::{Context, bail};
use assay_store::sources::{Access, Source};

/// The variable that holds sources, parted by spaces.
pub const VARIABLE: &str = "ASSAY_SOURCES";

/// A source as it was written.
#[derive(Clone, PartialEq, Eq)]
pub struct Written(String);

impl fmt::Debug for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Written(…)")
    }
}

impl From<String> for Written {
    fn from(text: String) -> Self {
        Self(text)
    }
}

/// What the sources are that were written.
pub fn read(written: &[Written]) -> anyhow::Result<Vec<Source>> {
    let mut sources: Vec<Source> = Vec::new();
    for Written(text) in written {
        // An empty variable is none.
        if text.trim().is_empty() {
            continue;
        }
        let source = one(text.trim())?;
        if sources.iter().any(|known| known.name == source.name) {
            bail!("There are two sources “{}”", source.name);
        }
        sources.push(source);
    }
    Ok(sources)
}

/// The sources in one text, for the variable.
pub fn write(sources: &[Source]) -> String {
    let texts: Vec<String> = sources
        .iter()
        .map(|source| setting(source.name.as_str(), &source.url, source.access))
        .collect();
    texts.join(" ")
}

/// A section `[sources.NAME]` of the configuration file.
pub fn of_section(name: &str, section: &toml::Value) -> anyhow::Result<String> {
    let table = section
        .as_table()
        .with_context(|| format!("“sources.{name}” must be a section with a url"))?;
    let mut url = None;
    let mut access = Access::Read;
    for (key, value) in table {
        match (key.as_str(), value) {
            ("url", toml::Value::String(text)) => url = Some(text),
            ("write", toml::Value::Boolean(true)) => access = Access::Write,
            ("write", toml::Value::Boolean(false)) => {}
            ("url", _) => bail!("“url” of sources.{name} must be text"),
            ("write", _) => bail!("“write” of sources.{name} must be true or false"),
            _ => bail!("There is no setting “{key}” of a source; there is url and write"),
        }
    }
    let url = url.with_context(|| format!("“sources.{name}” lacks its url"))?;
    Ok(setting(name, url, access))
}

fn setting(name: &str, url: &str, access: Access) -> String {
    match access {
        Access::Read => format!("{name}={url}"),
        Access::Write => format!("{name}:write={url}"),
    }
}

fn one(text: &str) -> anyhow::Result<Source> {
    let (name, url) = text
        .split_once('=')
        .context("A source is written as NAME=URL, such as shop=redis://10.0.0.5:6379/3")?;
    let (name, access) = match name.strip_suffix(":write") {
        Some(name) => (name, Access::Write),
        None => (name, Access::Read),
    };
    let name = name
        .parse()
        .map_err(|error: assay_model::FieldError| anyhow::anyhow!("{}", error.message))?;
    Ok(Source {
        name,
        url: url.to_owned(),
        access,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> anyhow::Result<Vec<Source>> {
        let written: Vec<Written> = text.split(' ').map(|text| text.to_owned().into()).collect();
        read(&written)
    }

    #[test]
    fn sources_read_as_they_are_written() {
        let text = "shop=redis://u:p=w@host:6379/3 till:write=redis+unix:///run/till.sock";
        let sources = check(text).unwrap();
        assert_eq!(sources[0].url, "redis://u:p=w@host:6379/3");
        assert_eq!(
            (sources[0].access, sources[1].access),
            (Access::Read, Access::Write)
        );
        assert_eq!(write(&sources), text);
        assert!(check("").unwrap().is_empty());
    }

    #[test]
    fn no_error_shows_an_address() {
        for text in [
            "redis://u:secret@host",
            "a.b=redis://u:secret@host",
            "a=redis://u:secret@host a=redis://u:secret@host",
        ] {
            let error = format!("{:#}", check(text).unwrap_err());
            assert!(!error.contains("secret"), "{error}");
        }
        let shown = format!("{:?}", check("a=redis://u:secret@host").unwrap());
        assert!(!shown.contains("secret"), "{shown}");
    }

    #[test]
    fn a_section_of_the_file_is_a_source() {
        let section = |text: &str| of_section("shop", &toml::Value::Table(text.parse().unwrap()));
        assert_eq!(
            section("url = \"redis://h/3\"\nwrite = true").unwrap(),
            "shop:write=redis://h/3"
        );
        assert_eq!(section("url = \"redis://h\"").unwrap(), "shop=redis://h");
        assert!(section("write = true").is_err());
        assert!(section("url = \"redis://h\"\nport = 3").is_err());
    }
}
