//! The engine as its callers use it: tables written in plain sight, analyses in JSON,
//! results as cells.

mod aggregate;
mod counting;
mod decimals;
mod describe;
mod export;
mod extend;
mod filter;
mod import;
mod import_bad;
mod import_options;
mod import_workbook;
mod look;
mod preview;
mod properties;
mod records;
mod reference;
mod rows;
mod support;
mod table;
