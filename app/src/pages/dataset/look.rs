//! How one looks at the rows of a data set: which page, in which order, under which
//! conditions. All of it stands in the address, so that it can be shared, and works as
//! plain links and forms.

use assay_model::{
    Analysis, Schema,
    analysis::{Condition, Filter},
    form::FormData,
};

use crate::urls;

/// Rows on a page.
pub const ROWS: u64 = 25;

/// A way to look.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Look {
    /// The page, counted from 1.
    pub page: u64,
    /// The column that gives the order; empty for that of the data.
    pub sort: String,
    /// Whether its largest values come first.
    pub descending: bool,
    /// Which rows.
    pub filter: Filter,
}

impl Look {
    /// What an address says. Conditions that do not fit are for the server to refuse.
    pub fn read(query: &FormData, schema: &Schema) -> Self {
        let filter = match Analysis::from_form("rows", query, schema) {
            Ok((Analysis::Rows(rows), _)) => rows.filter,
            _ => Filter::default(),
        };
        Self {
            page: query
                .one("page")
                .and_then(|page| page.parse().ok())
                .filter(|page| *page > 0)
                .unwrap_or(1),
            sort: query.one("sort").unwrap_or_default().to_owned(),
            descending: query.one("dir") == Some("desc"),
            filter,
        }
    }

    /// The same at another page.
    pub fn at(&self, page: u64) -> Self {
        Self {
            page,
            ..self.clone()
        }
    }

    /// By this column: rising first, then falling, then in the order of the data.
    pub fn by(&self, column: &str) -> Self {
        let is_here = self.sort == column;
        Self {
            page: 1,
            sort: if is_here && self.descending {
                String::new()
            } else {
                column.to_owned()
            },
            descending: is_here && !self.descending,
            filter: self.filter.clone(),
        }
    }

    /// Without one of the clauses of the filter.
    pub fn without(&self, clause: usize) -> Self {
        let mut look = self.at(1);
        look.filter.clauses.remove(clause);
        look
    }

    /// The fields of a form that keeps the order and the conditions, but not the page.
    pub fn kept(&self) -> FormData {
        let mut form = FormData::default();
        if !self.sort.is_empty() {
            form.push("sort", &self.sort);
        }
        if self.descending {
            form.push("dir", "desc");
        }
        let rows = assay_model::analysis::Rows {
            filter: self.filter.clone(),
            ..Default::default()
        };
        let mut conditions = Analysis::Rows(rows).to_form();
        conditions.pairs.retain(|(name, value)| {
            name.starts_with("filter_") && (name != "filter_any" || !value.is_empty())
        });
        form.pairs.append(&mut conditions.pairs);
        form
    }

    /// The page that shows it.
    pub fn address(&self, dataset: &str) -> String {
        let mut form = self.kept();
        if self.page > 1 {
            form.push("page", self.page.to_string());
        }
        urls::dataset_rows(dataset, &form)
    }

    /// Where the server tells its rows.
    pub fn path(&self, dataset: &str) -> String {
        let mut query = FormData::default();
        query.push("limit", ROWS.to_string());
        if self.page > 1 {
            query.push("offset", ((self.page - 1).saturating_mul(ROWS)).to_string());
        }
        if !self.sort.is_empty() {
            query.push("order_by", &self.sort);
        }
        if self.descending && !self.sort.is_empty() {
            query.push("descending", "true");
        }
        if !self.filter.is_empty() {
            let filter = serde_json::to_string(&self.filter).unwrap_or_default();
            query.push("filter", filter);
        }
        urls::api::rows(dataset, &query)
    }
}

/// The clauses of a filter in words.
pub fn clauses(filter: &Filter) -> Vec<String> {
    let clauses = filter.clauses.iter().map(|clause| {
        let words: Vec<_> = clause
            .conditions()
            .iter()
            .map(Condition::in_words)
            .collect();
        words.join(" or ")
    });
    clauses.collect()
}

#[cfg(test)]
mod tests {
    use assay_model::{Column, ColumnType};

    use super::*;

    fn look(search: &str) -> Look {
        let schema = Schema::new(vec![
            Column::new("dest", ColumnType::Text),
            Column::new("distance", ColumnType::Integer),
        ]);
        Look::read(&urls::parse_query(search), &schema)
    }

    #[test]
    fn an_address_reads_back() {
        for address in [
            "/datasets/flights",
            "/datasets/flights?sort=dest&page=3",
            "/datasets/flights?sort=dest&dir=desc&filter_column=distance&filter_op=ge&filter_value=500",
        ] {
            let search = address.split_once('?').map_or("", |(_, search)| search);
            assert_eq!(look(search).address("flights"), address);
        }
        assert_eq!(look("page=0").page, 1);
        assert_eq!(look("page=x").page, 1);
    }

    #[test]
    fn the_server_is_asked_for_values_of_the_type_of_their_column() {
        let look =
            look("page=3&sort=dest&dir=desc&filter_column=distance&filter_op=ge&filter_value=500");
        let path = look.path("flights");
        let query = urls::parse_query(path.split_once('?').unwrap().1);
        let said = ["limit", "offset", "order_by", "descending", "filter"]
            .map(|name| query.one(name).unwrap_or_default());
        let filter = r#"[{"column":"distance","op":"ge","value":500}]"#;
        assert_eq!(said, ["25", "50", "dest", "true", filter]);
    }

    #[test]
    fn a_third_press_brings_back_the_order_of_the_data() {
        let once = look("page=7").by("dest");
        assert_eq!(
            (once.sort.as_str(), once.descending, once.page),
            ("dest", false, 1)
        );
        let twice = once.by("dest");
        assert!(twice.descending);
        assert_eq!(twice.by("dest").sort, "");
        assert_eq!(twice.by("distance").sort, "distance");
    }
}
