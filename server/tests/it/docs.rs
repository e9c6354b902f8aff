//! What exists is documented, and what is documented exists.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use assay_model::{
    Analysis, ColumnType, Dataset, DatasetDetail, Event, FileFormat, Job, JobState, Outcome,
    Preview, Problem, ProblemKind, Profile, ResetReason, ResultPage, Status, Version,
    analysis::{MeasureFn, Op},
    import::{BadLines, DecimalMark, Encoding, Header},
    import_fields,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{
    document::{Document, code, marked, root, table_rows},
    fixture::assay,
    routes,
};

#[test]
fn the_api_documentation_has_the_routes_that_the_server_has() {
    let documented: BTreeSet<String> = Document::read("docs/api.md")
        .code()
        .into_iter()
        .filter(|code| is_route(code))
        .collect();
    assert_eq!(documented, routes::all());
}

fn is_route(code: &str) -> bool {
    let methods = ["GET", "POST", "PUT", "PATCH", "DELETE"];
    code.split_once(" /")
        .is_some_and(|(method, _)| methods.contains(&method))
}

#[tokio::test]
async fn the_readme_has_the_settings_that_the_program_has() {
    let readme = Document::read("README.md");
    let documented: BTreeMap<String, (String, String)> =
        table_rows(readme.section("## Configuration"))
            .into_iter()
            .filter(|cells| cells[0].starts_with("`--"))
            .map(|cells| (cells[0].clone(), (cells[1].clone(), cells[2].clone())))
            .collect();
    let mut found = BTreeSet::new();
    for command in ["serve", "worker", "jobs"] {
        let help = assay(&[command, "--help"]).await;
        let help = String::from_utf8(help.stdout).unwrap();
        for setting in settings(&help) {
            let flag = format!("`--{}`", setting.flag);
            let (variable, default) = documented
                .get(&flag)
                .unwrap_or_else(|| panic!("README.md does not have {flag} of `assay {command}`"));
            assert_eq!(*variable, format!("`{}`", setting.variable), "{flag}");
            if let Some(value) = setting.default {
                assert_eq!(*default, format!("`{value}`"), "{flag}");
            }
            found.insert(flag);
        }
    }
    let documented: BTreeSet<String> = documented.into_keys().collect();
    assert_eq!(documented, found);
}

struct Setting {
    flag: String,
    variable: String,
    default: Option<String>,
}

/// The settings of a help text: the flags that have a variable.
fn settings(help: &str) -> Vec<Setting> {
    let after = |text: &str, label: &str| {
        let (_, rest) = text.split_once(label)?;
        rest.split_once(']').map(|(value, _)| value.to_owned())
    };
    let flags = help.split("\n      --").skip(1).filter_map(|text| {
        Some(Setting {
            flag: text.split_whitespace().next()?.to_owned(),
            variable: after(text, "[env: ")?.trim_end_matches('=').to_owned(),
            default: after(text, "[default: "),
        })
    });
    let settings: Vec<Setting> = flags.collect();
    assert!(!settings.is_empty(), "no settings in {help}");
    settings
}

#[test]
fn the_documentation_of_events_has_every_name_and_every_reason() {
    let document = Document::read("docs/events.md");
    let names = first_code(document.section("## What it says"));
    assert_eq!(names, Event::NAMES.map(str::to_owned).into());
    let reasons = first_code(document.section("## When your position is of no use"));
    assert_eq!(reasons, REASONS.map(word).into());
}

const REASONS: [ResetReason; 4] = {
    use ResetReason::{Epoch, Slow, Trimmed, Unknown};
    // A reason that is missing below does not compile here.
    const fn all(reason: ResetReason) -> [ResetReason; 4] {
        match reason {
            Unknown | Trimmed | Epoch | Slow => [Unknown, Trimmed, Epoch, Slow],
        }
    }
    all(Unknown)
};

/// A value as JSON has it, without the quotes.
fn word(value: impl Serialize) -> String {
    match serde_json::to_value(value).unwrap() {
        Value::String(word) => word,
        other => panic!("{other} is no word"),
    }
}

/// The code that the first cells of a text's tables have.
fn first_code(text: &str) -> BTreeSet<String> {
    table_rows(text)
        .iter()
        .skip(2)
        .flat_map(|cells| code(&cells[0]))
        .collect()
}

#[test]
fn the_documentation_of_problems_has_every_kind_with_its_status_and_title() {
    let rows = table_rows(&Document::read("docs/problems.md").text);
    let documented: BTreeSet<[String; 3]> = rows
        .into_iter()
        .skip(2)
        .map(|cells| [cells[0].clone(), cells[1].clone(), cells[2].clone()])
        .collect();
    let kinds = ProblemKind::ALL.map(|kind| {
        let slug = format!("`{}`", kind.slug());
        [slug, kind.status().to_string(), kind.title().to_owned()]
    });
    assert_eq!(documented, kinds.into());
}

#[test]
fn the_documentation_of_analyses_has_every_kind_with_its_example() {
    let document = Document::read("docs/analyses.md");
    for analysis in Analysis::examples() {
        let kind = analysis.kind();
        let section = document.section(&format!("## `{kind}`"));
        let block = &marked(section, "run: analysis")[0];
        let documented: Value = serde_json::from_str(block).unwrap();
        assert_eq!(
            documented,
            serde_json::to_value(&analysis).unwrap(),
            "{kind}"
        );
        let described = first_code(section);
        for field in Analysis::fields(kind).unwrap() {
            let name = field.name;
            assert!(described.contains(name), "{kind}: {name} is not described");
        }
    }
    let measures = first_code(document.section("## Measures"));
    assert_eq!(
        measures,
        MeasureFn::ALL.map(|one| one.as_str().to_owned()).into()
    );
    let ops = first_code(document.section("## Filters"));
    assert_eq!(ops, Op::ALL.map(|op| op.as_str().to_owned()).into());
}

#[test]
fn the_documentation_of_jobs_has_every_state_and_outcome() {
    let document = Document::read("docs/api.md");
    let code: BTreeSet<String> = code(document.section("## Jobs")).into_iter().collect();
    let states = JobState::ALL.map(JobState::as_str);
    let outcomes = Outcome::ALL.map(Outcome::as_str);
    for word in states.iter().chain(&outcomes) {
        assert!(code.contains(*word), "{word}");
    }
}

#[test]
fn the_examples_of_answers_have_every_member_that_answers_have() {
    check_example::<Dataset>("docs/api.md", "is: dataset");
    check_example::<DatasetDetail>("docs/api.md", "is: dataset detail");
    check_example::<Preview>("docs/api.md", "is: preview");
    check_example::<Job>("docs/api.md", "is: job");
    check_example::<ResultPage>("docs/api.md", "is: result");
    check_example::<Status>("docs/api.md", "is: status");
    check_example::<Profile>("docs/api.md", "is: profile");
    check_example::<Version>("docs/api.md", "is: version");
    check_example::<Problem>("docs/problems.md", "is: problem");
}

/// Reads an example as what it is and writes it again: nothing may be new, nothing gone.
fn check_example<T: Serialize + DeserializeOwned>(path: &str, mark: &str) {
    for block in Document::read(path).marked(mark) {
        let documented: Value = serde_json::from_str(&block).unwrap();
        let read: T = serde_json::from_str(&block).unwrap_or_else(|e| panic!("{mark}: {e}"));
        assert_eq!(documented, serde_json::to_value(&read).unwrap(), "{mark}");
    }
}

#[test]
fn json_in_the_documentation_is_json() {
    for document in Document::all() {
        for block in document.blocks("json") {
            let read: Result<Value, _> = serde_json::from_str(&block);
            assert!(read.is_ok(), "{}: {read:?}\n{block}", document.path);
        }
    }
}

#[test]
fn links_lead_somewhere() {
    for document in Document::all() {
        let folder = Path::new(&document.path).parent().unwrap().to_owned();
        for target in links(&document.text) {
            if target.contains("://") {
                continue;
            }
            let (file, anchor) = target.split_once('#').unwrap_or((&target, ""));
            let path = if file.is_empty() {
                Path::new(&document.path).to_owned()
            } else {
                folder.join(file)
            };
            assert!(root().join(&path).exists(), "{}: {target}", document.path);
            if !anchor.is_empty() {
                let text = std::fs::read_to_string(root().join(&path)).unwrap();
                assert!(
                    text.lines()
                        .any(|line| anchor_of(line).as_deref() == Some(anchor)),
                    "{}: {target}",
                    document.path
                );
            }
        }
    }
}

fn links(text: &str) -> Vec<String> {
    let targets = text.split("](").skip(1);
    targets
        .filter_map(|rest| rest.split_once(')'))
        .map(|(target, _)| target.to_owned())
        .collect()
}

/// The anchor of a heading, as code hosts make it.
fn anchor_of(line: &str) -> Option<String> {
    let heading = line
        .strip_prefix('#')?
        .trim_start_matches('#')
        .strip_prefix(' ')?;
    let kept = heading.chars().filter_map(|c| match c {
        ' ' => Some('-'),
        '-' | '_' => Some(c),
        c if c.is_alphanumeric() => Some(c.to_ascii_lowercase()),
        _ => None,
    });
    Some(kept.collect())
}

#[test]
fn the_files_that_the_architecture_names_are_there() {
    let folders = [
        "app/", "docs/", "end2end/", "engine/", "model/", "scripts/", "server/", "store/",
        "style/", "xtask/",
    ];
    let document = Document::read("ARCHITECTURE.md");
    let paths = document.code().into_iter().filter(|code| {
        folders.iter().any(|folder| code.starts_with(folder)) && !code.contains(['*', ' '])
    });
    let mut named = 0;
    for path in paths {
        assert!(root().join(&path).exists(), "ARCHITECTURE.md names {path}");
        named += 1;
    }
    assert!(named > 30, "only {named} files are named");
}

#[test]
fn the_documentation_of_uploads_has_every_field_with_all_that_it_takes() {
    let document = Document::read("docs/api.md");
    let section = document.section("### `POST /api/v1/datasets`");
    let described = first_code(section);
    for field in import_fields::FIELDS {
        assert!(described.contains(field), "{field} is not described");
    }
    let code: BTreeSet<String> = code(section).into_iter().collect();
    let words = FileFormat::ALL
        .map(FileFormat::as_str)
        .into_iter()
        .chain(Header::ALL.map(Header::as_str))
        .chain(Encoding::ALL.map(Encoding::as_str))
        .chain(DecimalMark::ALL.map(DecimalMark::as_str))
        .chain(BadLines::ALL.map(BadLines::as_str))
        .chain(import_fields::GIVEN_TYPES.map(ColumnType::word))
        .chain(import_fields::DELIMITERS.map(|(_, name)| name));
    for word in words {
        assert!(code.contains(word), "{word}");
    }
}
