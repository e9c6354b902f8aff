//! Files by the command line: `assay load` and `assay export`.

use std::{fs, path::Path, process::Stdio};

use rustix::process::Signal;
use serde_json::Value;
use tempfile::TempDir;
use tokio::{
    io::AsyncWriteExt,
    process::{Child, Command},
};

use crate::{
    data::ANIMALS,
    data_sets::no_trace_of_data_sets,
    fixture::{PATIENCE, Server, eventually, kill, new_folder, program, within},
};

/// A shell's user: a folder to stand in, and a server to talk to.
struct User<'a> {
    server: &'a Server,
    folder: TempDir,
}

/// What a command left.
struct Said {
    is_good: bool,
    out: String,
    error: String,
}

impl<'a> User<'a> {
    fn new(server: &'a Server) -> Self {
        Self {
            server,
            folder: new_folder(),
        }
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.folder.path().join(name), text).unwrap();
    }

    fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.folder.path().join(name)).unwrap()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = program(self.folder.path());
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env("ASSAY_SERVER", &self.server.url);
        let mut command = Command::from(command);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    async fn run(&self, arguments: &[&str]) -> Said {
        self.run_with(arguments, b"").await
    }

    async fn run_with(&self, arguments: &[&str], input: &[u8]) -> Said {
        let mut child = self.command(arguments).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // A command that does not read has closed it.
        let _ = stdin.write_all(input).await;
        drop(stdin);
        end(child).await
    }
}

async fn end(child: Child) -> Said {
    let output = within(PATIENCE, "the command ends", child.wait_with_output())
        .await
        .unwrap();
    Said {
        is_good: output.status.success(),
        out: String::from_utf8(output.stdout).unwrap(),
        error: String::from_utf8(output.stderr).unwrap(),
    }
}

#[tokio::test]
async fn files_are_loaded_by_name_by_pattern_and_from_standard_input() {
    let server = Server::start().await;
    let user = User::new(&server);
    for name in ["a", "b", "c"] {
        user.write(&format!("{name}.csv"), "x,y\n1,2\n3,4\n");
    }
    let said = user.run(&["load", "c.csv", "[ab].csv"]).await;
    assert!(said.is_good, "{}", said.error);
    let names: Vec<_> = said
        .out
        .lines()
        .filter_map(|line| line.split(':').next())
        .collect();
    assert_eq!(names, ["c", "a", "b"]);
    assert!(said.out.starts_with("c: 2 rows, 2 columns"), "{}", said.out);

    let said = user
        .run_with(&["load", "-", "--name", "piped"], ANIMALS.as_bytes())
        .await;
    assert_eq!(
        said.out.lines().next().map(|line| &line[..13]),
        Some("piped: 7 rows")
    );

    let nothing = user.run(&["load", "*.parquet"]).await;
    assert!(!nothing.is_good);
    assert!(
        nothing.error.contains("No file matches “*.parquet”"),
        "{}",
        nothing.error
    );
    let unnamed = user.run_with(&["load", "-"], b"a\n1\n").await;
    assert!(unnamed.error.contains("--name"), "{}", unnamed.error);
}

#[tokio::test]
async fn one_bad_file_of_several_does_not_keep_the_others_out() {
    let server = Server::start().await;
    let user = User::new(&server);
    user.write("a.csv", "x\n1\n");
    user.write("b.csv", "x,y\n1\n");
    user.write("c.csv", "x\n1\n");
    let said = user
        .run(&["load", "a.csv", "b.csv", "missing.csv", "c.csv"])
        .await;
    assert!(!said.is_good);
    assert_eq!(said.out.lines().count(), 2, "{}", said.out);
    for expected in [
        "b.csv was not loaded: Line 2 has",
        "missing.csv was not loaded",
        "2 of 4 files were not loaded",
    ] {
        assert!(said.error.contains(expected), "{expected}: {}", said.error);
    }
}

#[tokio::test]
async fn flags_say_how_a_file_is_read() {
    let server = Server::start().await;
    let user = User::new(&server);
    user.write("orders.txt", "01100;12,50\n75001;NA\n69001;1;what\n");
    let flags = [
        "load",
        "orders.txt",
        "--delimiter",
        ";",
        "--no-header",
        "--decimal",
        "comma",
        "--null",
        "NA",
        "--type",
        "column_1=text",
        "--bad-lines",
        "skip",
    ];
    let said = user.run(&flags).await;
    assert!(said.is_good, "{}", said.error);
    assert!(said.out.contains("1 line left out"), "{}", said.out);
    let rows = server.client().get("/datasets/orders/rows").await.ok();
    assert_eq!(rows["items"][0]["column_1"], "01100");
    assert_eq!(rows["items"][0]["column_2"], 12.5);
    assert_eq!(rows["items"][1]["column_2"], Value::Null);
    assert_eq!(rows["items"].as_array().unwrap().len(), 2);

    let wrong = user.run(&["load", "orders.txt", "--decimal", "dot"]).await;
    assert!(
        wrong.error.contains("takes point or comma"),
        "{}",
        wrong.error
    );
}

#[tokio::test]
async fn a_preview_prints_types_and_rows_and_loads_nothing() {
    let server = Server::start().await;
    let user = User::new(&server);
    user.write("animals.csv", ANIMALS);
    let said = user
        .run(&["load", "--preview", "animals.csv", "--type", "arms=text"])
        .await;
    assert!(said.is_good, "{}", said.error);
    for expected in [
        "animals.csv: csv",
        "arms    text",
        "born    date",
        "lion",
        "Nothing has been loaded.",
    ] {
        assert!(said.out.contains(expected), "{expected}: {}", said.out);
    }
    no_trace_of_data_sets(&server).await;
}

#[tokio::test]
async fn an_interrupt_cancels_the_import_at_the_server() {
    let server = Server::start().await;
    let user = User::new(&server);
    user.write("animals.csv", ANIMALS);
    server.freeze_worker().await;
    let child = user.command(&["load", "animals.csv"]).spawn().unwrap();
    let id = eventually("the import is in line", async || {
        let specs = server.keys("{assay}:job:*:spec").await;
        let id = specs.first()?.split(':').nth(2)?.to_owned();
        Some(id)
    })
    .await;
    // The command must have heard of its job; its session is written by then.
    eventually("the command knows its job", async || {
        user.folder
            .path()
            .join(".local/state/assay")
            .exists()
            .then_some(())
    })
    .await;
    let client = server.client();
    let said = interrupt(child).await;
    assert!(!said.is_good);
    assert!(
        said.error.contains("Cancelled; animals.csv was not loaded"),
        "{}",
        said.error
    );
    let job = client.get(&format!("/jobs/{id}")).await.ok();
    assert_eq!(job["state"], "cancelled");
}

#[tokio::test]
async fn an_interrupt_in_mid_upload_leaves_nothing() {
    let server = Server::start().await;
    let user = User::new(&server);
    let mut child = user
        .command(&["load", "-", "--name", "half"])
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(&vec![b'x'; 20_000_000]).await.unwrap();
    eventually("some of it has arrived", async || {
        (!server.keys("assay:upload:*").await.is_empty()).then_some(())
    })
    .await;
    let said = interrupt(child).await;
    assert!(said.error.contains("Cancelled"), "{}", said.error);
    drop(stdin);
    no_trace_of_data_sets(&server).await;
}

async fn interrupt(child: Child) -> Said {
    kill(child.id().unwrap().try_into().unwrap(), Signal::INT);
    end(child).await
}

#[tokio::test]
async fn a_data_set_is_exported_to_a_file_or_to_standard_output() {
    let server = Server::start().await;
    let user = User::new(&server);
    server
        .client()
        .load("animals", "head,arms\nlion,8\ngoat,4\n")
        .await;
    let csv = "head,arms\nlion,8\ngoat,4\n";
    assert_eq!(user.run(&["export", "animals"]).await.out, csv);
    for (arguments, file) in [
        (&["export", "animals", "-o", "out.csv"][..], "out.csv"),
        (
            &["export", "ANIMALS", "--format", "csv", "-o", "plain"],
            "plain",
        ),
    ] {
        let said = user.run(arguments).await;
        assert!(said.is_good, "{}", said.error);
        assert_eq!(user.read(file), csv.as_bytes());
    }
    let said = user.run(&["export", "animals", "-o", "out.parquet"]).await;
    assert!(said.is_good, "{}", said.error);
    assert!(user.read("out.parquet").starts_with(b"PAR1"));

    for (arguments, says) in [
        (&["export", "animal"][..], "Did you mean “animals”?"),
        (
            &["export", "animals", "--format", "xml"],
            "There is no format “xml”",
        ),
        (
            &["export", "animals", "-o", "out.xml"],
            "does not say a format",
        ),
        (
            &["export", "animals", "-o", "no/such/out.csv"],
            "cannot be written",
        ),
    ] {
        let said = user.run(arguments).await;
        assert!(
            !said.is_good && said.error.contains(says),
            "{says}: {}",
            said.error
        );
    }
    assert_eq!(left_over(user.folder.path()), 0);
}

/// Files that an export has begun and not finished.
fn left_over(folder: &Path) -> usize {
    let names = fs::read_dir(folder).unwrap().filter_map(Result::ok);
    names
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(".assay-"))
        .count()
}
