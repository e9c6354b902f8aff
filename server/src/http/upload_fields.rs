//! What a file's request says beside the file: the query of its address, the fields of
//! its form. Parsed here and nowhere else; all mistakes are told at once, each at its
//! field.

use assay_model::{DatasetName, FieldError, ImportOptions, Problem};

use super::error::ApiResult;

/// Most characters of what a file is called where it comes from.
const SOURCE_MOST: usize = 500;

/// What an upload says.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct UploadFields {
    /// The data set's name: as it was given, else made from the file's.
    pub name: Option<DatasetName>,
    /// What the file is called where it comes from.
    pub source: Option<String>,
    /// How it is to be read.
    pub options: ImportOptions,
}

/// What a preview says.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PreviewFields {
    /// What the file is called where it comes from.
    pub source: Option<String>,
    /// How it is to be read.
    pub options: ImportOptions,
    /// Whether these bytes are all of it.
    pub is_whole: bool,
}

impl UploadFields {
    /// Reads the pairs of names and values; of a name that comes twice the last counts.
    pub fn read(pairs: &[(String, String)]) -> ApiResult<Self> {
        let mut said = Said::default();
        let given = said.take(pairs, "name");
        let source = said.source(pairs);
        let name = match given.map(str::trim).filter(|name| !name.is_empty()) {
            Some(name) => said.check(name.parse::<DatasetName>()),
            None => source.as_deref().and_then(DatasetName::from_file_name),
        };
        let options = said.options(pairs)?;
        Ok(Self {
            name,
            source,
            options,
        })
    }
}

impl PreviewFields {
    /// Reads the pairs of names and values; of a name that comes twice the last counts.
    pub fn read(pairs: &[(String, String)]) -> ApiResult<Self> {
        let mut said = Said::default();
        let is_whole = match said.take(pairs, "whole") {
            None | Some("" | "false") => false,
            Some("true") => true,
            Some(_) => {
                let message = "“whole” takes true, when these bytes are all of the file, or false.";
                said.errors.push(FieldError::new("whole", message));
                false
            }
        };
        let source = said.source(pairs);
        let options = said.options(pairs)?;
        Ok(Self {
            source,
            options,
            is_whole,
        })
    }
}

/// What has been read so far.
#[derive(Default)]
struct Said {
    /// Names that are no options.
    own: Vec<&'static str>,
    errors: Vec<FieldError>,
}

impl Said {
    fn take<'a>(&mut self, pairs: &'a [(String, String)], name: &'static str) -> Option<&'a str> {
        self.own.push(name);
        let last = pairs.iter().rev().find(|(have, _)| have == name);
        last.map(|(_, value)| value.as_str())
    }

    fn source(&mut self, pairs: &[(String, String)]) -> Option<String> {
        let source = self
            .take(pairs, "source")
            .filter(|source| !source.is_empty())?;
        if source.chars().count() > SOURCE_MOST {
            let message = format!("“source” takes at most {SOURCE_MOST} characters.");
            self.errors.push(FieldError::new("source", message));
        }
        Some(source.to_owned())
    }

    fn check<T>(&mut self, read: Result<T, FieldError>) -> Option<T> {
        read.map_err(|error| self.errors.push(error)).ok()
    }

    /// The options, which are all the rest; fails with every mistake there was.
    fn options(mut self, pairs: &[(String, String)]) -> ApiResult<ImportOptions> {
        let rest = pairs
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .filter(|(name, _)| !self.own.contains(name));
        match ImportOptions::from_fields(rest) {
            Ok(options) if self.errors.is_empty() => Ok(options),
            Ok(_) => Err(Problem::invalid(self.errors).into()),
            Err(errors) => {
                self.errors.extend(errors);
                Err(Problem::invalid(self.errors).into())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(query: &str) -> Vec<(String, String)> {
        serde_urlencoded::from_str(query).unwrap()
    }

    #[test]
    fn a_name_that_was_given_goes_before_that_of_the_file() {
        let name = |query| {
            UploadFields::read(&pairs(query))
                .unwrap()
                .name
                .map(|name| name.to_string())
        };
        assert_eq!(name("name=orders&source=a.csv").as_deref(), Some("orders"));
        assert_eq!(name("source=my+file.csv").as_deref(), Some("my_file"));
        assert_eq!(name("delimiter=;"), None);
    }

    #[test]
    fn all_mistakes_are_told_at_once() {
        let refused = UploadFields::read(&pairs("name=1&header=maybe&nmae=x")).unwrap_err();
        let fields: Vec<_> = refused.0.errors.iter().map(|error| &*error.field).collect();
        assert_eq!(fields, ["name", "header", "nmae"]);
        let refused = PreviewFields::read(&pairs("whole=yes&name=x")).unwrap_err();
        let fields: Vec<_> = refused.0.errors.iter().map(|error| &*error.field).collect();
        assert_eq!(fields, ["whole", "name"]);
    }
}
