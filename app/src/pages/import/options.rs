//! How a file is read: what was found of it, each to be changed.

use assay_model::{
    FieldError, FileFormat, ImportOptions,
    import::{BadLines, DecimalMark, Encoding, Header},
    import_fields::DELIMITERS,
};

use super::{Loader, entry::Entry};
use crate::{
    form,
    node::{El, IntoNode, Node, div, el, p, span, typed},
};

/// The fields, as far as the format has them.
pub fn fields(loader: &Loader, id: u32) -> Node {
    let loader = loader.clone();
    let shape = loader.entries.pick(id, Shape::of);
    let body = move || {
        let shape = shape.get();
        shape
            .fields()
            .into_iter()
            .map(|field| one(&loader, id, field))
            .collect::<Vec<_>>()
    };
    div("options").add(body).into_node()
}

/// What decides which fields there are.
#[derive(Debug, Clone, PartialEq, Default)]
struct Shape {
    format: Option<FileFormat>,
    has_sheets: bool,
}

impl Shape {
    fn of(entry: &Entry) -> Self {
        Self {
            format: entry.in_force().format,
            has_sheets: entry
                .look
                .as_ref()
                .is_some_and(|look| look.sheets.len() > 1),
        }
    }

    fn fields(&self) -> Vec<&'static Field> {
        let format = self.format;
        let is_text = format.is_some_and(FileFormat::is_delimited);
        let is_sheet = format == Some(FileFormat::Xlsx);
        let has = |field: &&Field| match field.name {
            "format" => true,
            "delimiter" | "encoding" | "decimal" | "bad_lines" => is_text,
            "header" | "null" => is_text || is_sheet,
            "sheet" => is_sheet && self.has_sheets,
            _ => false,
        };
        FIELDS.iter().filter(has).collect()
    }
}

/// A field: what it is called, what can be chosen, what is, and what a choice does.
struct Field {
    name: &'static str,
    label: &'static str,
    choices: fn(&Entry) -> Vec<(String, String)>,
    chosen: fn(&ImportOptions) -> String,
    /// The columns may be others once it has changed, so what was said of them goes.
    moves_columns: bool,
}

const FIELDS: [Field; 8] = [
    Field {
        name: "format",
        label: "Format",
        choices: |_| pairs(&FileFormat::ALL, FileFormat::as_str, format_words),
        chosen: |options| word(options.format, FileFormat::as_str),
        moves_columns: true,
    },
    Field {
        name: "sheet",
        label: "Sheet",
        choices: |entry| {
            let sheets = entry.look.iter().flat_map(|look| &look.sheets);
            sheets.map(|sheet| (sheet.clone(), sheet.clone())).collect()
        },
        chosen: |options| options.sheet.clone().unwrap_or_default(),
        moves_columns: true,
    },
    Field {
        name: "delimiter",
        label: "Delimiter",
        choices: |_| {
            let named = DELIMITERS.iter();
            named
                .map(|(_, name)| ((*name).to_owned(), (*name).to_owned()))
                .collect()
        },
        chosen: |options| {
            let word = assay_model::import_fields::delimiter_word;
            options.delimiter.map(word).unwrap_or_default()
        },
        moves_columns: true,
    },
    Field {
        name: "header",
        label: "First line",
        choices: |_| {
            pairs(&Header::ALL, Header::as_str, |header| match header {
                Header::First => "names the columns",
                Header::None => "is data",
            })
        },
        chosen: |options| word(options.header, Header::as_str),
        moves_columns: true,
    },
    Field {
        name: "encoding",
        label: "Encoding",
        choices: |_| {
            pairs(
                &Encoding::ALL,
                Encoding::as_str,
                |encoding| match encoding {
                    Encoding::Utf8 => "UTF-8",
                    Encoding::Utf16Le => "UTF-16, low byte first",
                    Encoding::Utf16Be => "UTF-16, high byte first",
                    Encoding::Latin1 => "Latin-1 (Windows)",
                },
            )
        },
        chosen: |options| word(options.encoding, Encoding::as_str),
        moves_columns: true,
    },
    Field {
        name: "decimal",
        label: "Decimal mark",
        choices: |_| {
            pairs(&DecimalMark::ALL, DecimalMark::as_str, |mark| match mark {
                DecimalMark::Point => "point, 1.5",
                DecimalMark::Comma => "comma, 1,5",
            })
        },
        chosen: |options| word(options.decimal, DecimalMark::as_str),
        moves_columns: false,
    },
    Field {
        name: "null",
        label: "Missing values",
        choices: |_| Vec::new(),
        chosen: |options| options.nulls.join(", "),
        moves_columns: false,
    },
    Field {
        name: "bad_lines",
        label: "Lines that do not fit",
        choices: |_| {
            pairs(&BadLines::ALL, BadLines::as_str, |bad| match bad {
                BadLines::Refuse => "refuse the file",
                BadLines::Skip => "leave them out",
            })
        },
        chosen: |options| options.bad_lines.as_str().to_owned(),
        moves_columns: false,
    },
];

/// Has the lines that do not fit left out.
pub fn leave_out(loader: &Loader, id: u32) {
    let field = FIELDS.iter().find(|field| field.name == "bad_lines");
    if let Some(field) = field {
        choose(loader, id, field, BadLines::Skip.as_str());
    }
}

/// Says a field anew and looks at the file once more.
fn choose(loader: &Loader, id: u32, field: &Field, value: &str) {
    let mut changed = Ok(());
    loader
        .entries
        .change(id, |entry| changed = set(entry, field, value));
    match changed {
        Ok(()) => loader.look(id),
        Err(errors) => loader.entries.change(id, |entry| entry.errors = errors),
    }
}

fn one(loader: &Loader, id: u32, field: &'static Field) -> El {
    let entries = loader.entries;
    let chosen = entries.pick(id, |entry| (field.chosen)(&entry.in_force()));
    let choose = {
        let loader = loader.clone();
        move |value: &str| choose(&loader, id, field, value)
    };
    let control = if field.name == "null" {
        el("input")
            .class("input")
            .attr("name", field.name)
            .attr("autocomplete", "off")
            .attr("placeholder", "NA, NULL")
            .attr("aria-label", field.label)
            .value(move || chosen.get())
            .on("change", move |event| choose(&typed(&event)))
            .into_node()
    } else {
        let choices = entries.pick(id, field.choices);
        form::choice(
            field.name,
            field.label.to_owned(),
            move || {
                let mut choices = choices.get();
                if chosen.with(String::is_empty) {
                    choices.insert(0, (String::new(), "not known yet".to_owned()));
                }
                choices
            },
            move || chosen.get(),
            choose,
        )
    };
    div("field")
        .add(span("label").attr("aria-hidden", "true").add(field.label))
        .add(control)
        .add(errors(loader, id, field.name))
}

/// What is wrong with a field of a file.
pub fn errors(loader: &Loader, id: u32, name: &'static str) -> Node {
    let errors = loader.entries.pick(id, move |entry| {
        let here = entry.errors.iter().filter(|error| error.field == name);
        here.map(|error| error.message.clone()).collect::<Vec<_>>()
    });
    let shown = move || {
        let hint = |message: String| p("hint bad").attr("role", "alert").add(message);
        errors.get().into_iter().map(hint).collect::<Vec<_>>()
    };
    div("errors").add(shown).into_node()
}

/// Says a field of a file anew, by the same reading as everywhere.
fn set(entry: &mut Entry, field: &Field, value: &str) -> Result<(), Vec<FieldError>> {
    let mut fields = entry.options.to_fields();
    fields.retain(|(name, _)| name != field.name);
    if field.name == "format" {
        // What was said of one format means nothing to another.
        fields.clear();
    }
    if field.moves_columns {
        fields.retain(|(name, _)| !name.starts_with(assay_model::import_fields::TYPE));
    }
    let values: Vec<&str> = match field.name {
        "null" => value.split(',').map(str::trim).collect(),
        _ => vec![value],
    };
    fields.extend(
        values
            .into_iter()
            .map(|value| (field.name.to_owned(), value.to_owned())),
    );
    let pairs = fields.iter().map(|(name, value)| (&**name, &**value));
    entry.options = ImportOptions::from_fields(pairs)?;
    Ok(())
}

fn word<T>(value: Option<T>, word: fn(T) -> &'static str) -> String {
    value.map(word).unwrap_or_default().to_owned()
}

fn pairs<T: Copy>(
    all: &[T],
    word: fn(T) -> &'static str,
    label: fn(T) -> &'static str,
) -> Vec<(String, String)> {
    all.iter()
        .map(|it| (word(*it).to_owned(), label(*it).to_owned()))
        .collect()
}

fn format_words(format: FileFormat) -> &'static str {
    match format {
        FileFormat::Csv => "CSV",
        FileFormat::Tsv => "TSV",
        FileFormat::Json => "JSON",
        FileFormat::Ndjson => "NDJSON",
        FileFormat::Parquet => "Parquet",
        FileFormat::Arrow => "Arrow",
        FileFormat::Xlsx => "Excel",
    }
}

#[cfg(test)]
mod tests {
    use assay_model::ColumnType;

    use super::*;

    fn field(name: &str) -> &'static Field {
        FIELDS.iter().find(|field| field.name == name).unwrap()
    }

    #[test]
    fn what_moves_columns_forgets_what_was_said_of_them() {
        let mut entry = Entry::new(1, "a.csv".to_owned(), 9, "a".to_owned());
        entry
            .options
            .types
            .insert("zip".to_owned(), ColumnType::Text);
        set(&mut entry, field("decimal"), "comma").unwrap();
        set(&mut entry, field("null"), "NA, -").unwrap();
        assert_eq!(entry.options.types.len(), 1);
        assert_eq!(entry.options.nulls, ["NA", "-"]);
        set(&mut entry, field("delimiter"), "tab").unwrap();
        assert_eq!(entry.options.delimiter, Some('\t'));
        assert!(entry.options.types.is_empty());
        set(&mut entry, field("format"), "json").unwrap();
        assert!(entry.options.nulls.is_empty());
    }

    #[test]
    fn a_format_has_the_fields_that_mean_something_to_it() {
        let names = |file: &str| -> Vec<&str> {
            let entry = Entry::new(1, file.to_owned(), 9, "a".to_owned());
            Shape::of(&entry)
                .fields()
                .iter()
                .map(|field| field.name)
                .collect()
        };
        assert_eq!(names("a.parquet"), ["format"]);
        assert_eq!(names("a.xlsx"), ["format", "header", "null"]);
        assert!(names("a.csv").contains(&"bad_lines"));
    }
}
