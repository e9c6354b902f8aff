//! Every address of the site, in one place: pages for people, `/api/v1` for programs.

use assay_model::{DatasetId, JobId, form::FormData};

/// The page that shows what runs.
pub const BENCH: &str = "/";
/// The list of data sets; uploads of plain forms go there too.
pub const DATASETS: &str = "/datasets";
/// The page that loads files.
pub const LOAD: &str = "/load";
/// The form of a new analysis; plain forms post it there too.
pub const NEW: &str = "/new";
/// The list of jobs.
pub const JOBS: &str = "/jobs";
/// Where the plain form that declares a collection posts to.
pub const COLLECTIONS: &str = "/collections";
/// Where the plain form that loads the sample posts to.
pub const SAMPLE: &str = "/sample";

/// The page of a data set.
pub fn dataset(name: &str) -> String {
    format!("{DATASETS}/{}", encode(name))
}

/// The page of a data set as one looks at it: page, order, conditions.
pub fn dataset_rows(name: &str, look: &FormData) -> String {
    with_query(&dataset(name), look)
}

/// Where the plain form that deletes a data set posts to.
pub fn delete_dataset(name: &str) -> String {
    format!("{}/delete", dataset(name))
}

/// The list of data sets, with the word that one was deleted.
pub fn deleted(id: DatasetId) -> String {
    format!("{DATASETS}?deleted={id}")
}

/// Where the plain form that takes a deletion back posts to.
pub fn restore_dataset(id: DatasetId) -> String {
    format!("{DATASETS}/{id}/restore")
}

/// The page of a job.
pub fn job(id: JobId) -> String {
    format!("{JOBS}/{id}")
}

/// Where the plain form that cancels a job posts to.
pub fn cancel_job(id: JobId) -> String {
    format!("{}/cancel", job(id))
}

/// Where the plain form that runs a job again posts to.
pub fn retry_job(id: JobId) -> String {
    format!("{}/retry", job(id))
}

/// The form of a new analysis as it stands.
pub fn new_analysis(form: &FormData) -> String {
    with_query(NEW, form)
}

/// The form of a new analysis of a data set.
pub fn analyse(dataset: &str) -> String {
    format!("{NEW}?dataset={}", encode(dataset))
}

/// The list of jobs, filtered.
pub fn jobs(state: &str, text: &str) -> String {
    let mut query = FormData::default();
    push_filled(&mut query, "state", state);
    push_filled(&mut query, "q", text);
    with_query(JOBS, &query)
}

/// The addresses for programs.
pub mod api {
    use assay_model::{DatasetId, JobId, form::FormData};

    use super::{encode, push_filled, with_query};

    /// The stream of events.
    pub const EVENTS: &str = "/api/v1/events";
    /// The list of data sets; files are posted there.
    pub const DATASETS: &str = "/api/v1/datasets";
    /// Jobs are posted there.
    pub const JOBS: &str = "/api/v1/jobs";
    /// How the bench stands.
    pub const STATUS: &str = "/api/v1/status";
    /// Loads the sample and analyses it.
    pub const SAMPLE: &str = "/api/v1/sample?analyse=true";

    /// A data set, by name or id.
    pub fn dataset(name: &str) -> String {
        format!("{DATASETS}/{}", encode(name))
    }

    /// The versions of a data set.
    pub fn versions(name: &str) -> String {
        format!("{}/versions", dataset(name))
    }

    /// A data set that was deleted; posted to, it comes back.
    pub fn restore(id: DatasetId) -> String {
        format!("{DATASETS}/{id}/restore")
    }

    /// Rows of a data set: `look` says which.
    pub fn rows(name: &str, look: &FormData) -> String {
        with_query(&format!("{}/rows", dataset(name)), look)
    }

    /// The columns of a data set at a glance.
    pub fn profile(name: &str) -> String {
        format!("{}/profile", dataset(name))
    }

    /// The whole of a data set as a file.
    pub fn export(name: &str, format: &str) -> String {
        format!("{}/export?format={format}", dataset(name))
    }

    /// Where a file goes that becomes a data set, with its name and how it is to be read.
    pub fn upload(fields: &FormData) -> String {
        with_query(DATASETS, fields)
    }

    /// Where the beginning of a file goes to be looked at.
    pub fn preview(fields: &FormData) -> String {
        with_query("/api/v1/preview", fields)
    }

    /// A glance at what a collection would read; the fields are those of its form.
    pub fn collection_preview(form: &FormData) -> String {
        with_query("/api/v1/collections/preview", form)
    }

    /// The newest jobs that match.
    pub fn jobs(state: &str, text: &str, dataset: &str, limit: u64) -> String {
        let mut query = FormData::default();
        push_filled(&mut query, "state", state);
        push_filled(&mut query, "q", text);
        push_filled(&mut query, "dataset", dataset);
        query.push("limit", limit.to_string());
        with_query(JOBS, &query)
    }

    /// A job.
    pub fn job(id: JobId) -> String {
        format!("{JOBS}/{id}")
    }

    /// Cancels a job.
    pub fn cancel(id: JobId) -> String {
        format!("{}/cancel", job(id))
    }

    /// Runs a job again, as a new one.
    pub fn retry(id: JobId) -> String {
        format!("{}/retry", job(id))
    }

    /// Rows of a job's result.
    pub fn result(id: JobId, offset: u64, limit: u64) -> String {
        format!("{}/result?offset={offset}&limit={limit}", job(id))
    }

    /// A job's result as a file.
    pub fn download(id: JobId, format: &str) -> String {
        format!("{}/result?format={format}", job(id))
    }
}

/// An address with a query.
pub fn with_query(path: &str, query: &FormData) -> String {
    let pairs: Vec<String> = query
        .pairs
        .iter()
        .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
        .collect();
    if pairs.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{}", pairs.join("&"))
    }
}

/// Text as a part of an address: all but letters, digits and `-._~` as `%` and two
/// digits.
pub fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            for half in [byte >> 4, byte & 15] {
                out.push(char::from(b"0123456789ABCDEF"[usize::from(half)]));
            }
        }
    }
    out
}

/// The pairs of a query. What is not UTF-8 is replaced, for it was not made here.
pub fn parse_query(query: &str) -> FormData {
    let pairs = query
        .trim_start_matches('?')
        .split('&')
        .filter(|part| !part.is_empty())
        .map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            (decode(name), decode(value))
        });
    FormData::new(pairs.collect())
}

fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let digit = |offset| {
            bytes
                .get(at + offset)
                .and_then(|b| char::from(*b).to_digit(16))
        };
        match (byte, digit(1), digit(2)) {
            (b'%', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                at += 2;
            }
            (b'+', ..) => out.push(b' '),
            _ => out.push(byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn push_filled(query: &mut FormData, name: &str, value: &str) {
    if !value.is_empty() {
        query.push(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_reads_back_whatever_it_holds() {
        let mut form = FormData::default();
        form.push("filter_value", "50 % & \"ä\" = +1");
        form.push("filter_value", "");
        let address = new_analysis(&form);
        assert!(address.is_ascii());
        assert_eq!(parse_query(&address["/new".len()..]), form);
    }

    #[test]
    fn a_plus_is_a_space_and_a_broken_escape_stays() {
        assert_eq!(
            parse_query("a=b+c&d=%4").pairs,
            [("a", "b c"), ("d", "%4")].map(|(a, b)| (a.to_owned(), b.to_owned()))
        );
    }

    #[test]
    fn an_empty_filter_leaves_no_trace() {
        assert_eq!(jobs("", ""), "/jobs");
        assert_eq!(jobs("failed", "a b"), "/jobs?state=failed&q=a%20b");
    }
}
