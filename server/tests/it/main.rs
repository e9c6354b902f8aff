//! The server as its users meet it: the real program with a real Redis, over HTTP.

mod client;
mod fixture;
mod stream;
