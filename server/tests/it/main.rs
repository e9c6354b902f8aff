//! The server as its users meet it: the real program with a real Redis, over HTTP.

mod bad_input;
mod bench;
mod client;
mod collection_types;
mod collections;
mod data;
mod data_sets;
mod docs;
mod document;
mod events;
mod fixture;
mod interop;
mod jobs;
mod other_redis;
mod problems;
mod program;
mod readme;
mod results;
mod routes;
mod sources;
mod stream;
mod survive;
mod watching;
