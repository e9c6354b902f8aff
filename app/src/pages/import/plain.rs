//! What the plain form has in place of a look: a field for each option, all of which may
//! be left as they are.

use assay_model::{
    FileFormat,
    import::{BadLines, DecimalMark, Encoding, Header},
    import_fields::DELIMITERS,
};

use crate::node::{El, IntoNode, Node, div, el, span};

/// The fields, for where there is no program.
pub fn fields() -> Node {
    let delimiters: Vec<_> = DELIMITERS.iter().map(|(_, name)| *name).collect();
    let options = div("options")
        .add(chosen(
            "format",
            "Format",
            FileFormat::ALL.map(FileFormat::as_str),
        ))
        .add(chosen("delimiter", "Delimiter", delimiters))
        .add(chosen(
            "header",
            "First line",
            Header::ALL.map(Header::as_str),
        ))
        .add(chosen(
            "encoding",
            "Encoding",
            Encoding::ALL.map(Encoding::as_str),
        ))
        .add(chosen(
            "decimal",
            "Decimal mark",
            DecimalMark::ALL.map(DecimalMark::as_str),
        ))
        .add(chooser(
            "bad_lines",
            "Lines that do not fit",
            BadLines::ALL.map(BadLines::as_str).map(|word| (word, word)),
        ))
        .add(written("null", "Stands for a missing value"))
        .add(written("sheet", "Sheet of a workbook"));
    div("drop-more without-program")
        .add(written("name", "Name of the data set"))
        .add(options)
        .add(el("button").class("button main").add("Load"))
        .into_node()
}

/// A choice of words, or of none of them.
fn chosen(
    name: &'static str,
    label: &'static str,
    words: impl IntoIterator<Item = &'static str>,
) -> El {
    let words = words.into_iter().map(|word| (word, word));
    chooser(name, label, std::iter::once(("", "found out")).chain(words))
}

fn chooser(
    name: &'static str,
    label: &'static str,
    choices: impl IntoIterator<Item = (&'static str, &'static str)>,
) -> El {
    let option = |(value, label)| el("option").attr("value", value).add(label);
    let options: Vec<El> = choices.into_iter().map(option).collect();
    let select = el("select").class("input").attr("name", name).add(options);
    el("label")
        .class("field")
        .add(span("label").add(label))
        .add(select)
}

fn written(name: &'static str, label: &'static str) -> El {
    let input = el("input")
        .class("input")
        .attr("name", name)
        .attr("maxlength", "100")
        .attr("autocomplete", "off");
    el("label")
        .class("field")
        .add(span("label").add(label))
        .add(input)
}
