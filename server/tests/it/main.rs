//! The server as its users meet it: the real program with a real Redis, over HTTP.

mod bad_input;
mod bench;
mod changes;
mod client;
mod collections;
mod data;
mod data_sets;
mod docs;
mod document;
mod events;
mod fixture;
mod interop;
mod jobs;
mod problems;
mod program;
mod readme;
mod results;
mod routes;
mod stream;
mod survive;
