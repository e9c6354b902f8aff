//! The server as its users meet it: the real program with a real Redis, over HTTP.

mod bad_input;
mod bench;
mod client;
mod collections;
mod data;
mod data_sets;
mod docs;
mod document;
mod events;
mod exports;
mod files;
mod fixture;
mod interop;
mod jobs;
mod looking;
mod preview;
mod problems;
mod program;
mod readme;
mod results;
mod routes;
mod stream;
mod survive;
mod uploads;
