//! The program that the browser runs: it takes over the page that the server rendered.

fn main() {
    assay_app::hydrate();
}
