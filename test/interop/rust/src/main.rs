//! A libp2p peer on rust-libp2p and its gossipsub, to be told what to do: commands as JSON lines on stdin, what happens as
//! JSON lines on stdout. ../peer-program.ts defines both. It knows no envelopes: in mode `enveloped` it passes them on, and
//! tells of one as one message, in base64. `grapevine-interop-rust bench` is the program of a benchmark: bench.rs.

mod bench;
mod gossip;
mod options;
mod peer;

use std::io::Write;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};

use options::Options;
use peer::Peer;

fn main() {
    let result = if std::env::args().nth(1).as_deref() == Some("bench") { bench_on_all_cores() } else { run() };
    if let Err(error) = result {
        eprintln!("{error}");
        std::process::exit(1);
    }
}

#[tokio::main]
async fn bench_on_all_cores() -> Result<(), String> {
    bench::run().await
}

#[tokio::main(flavor = "current_thread")]
async fn run() -> Result<(), String> {
    let mut peer = Peer::new(Options::from_arguments()?)?;
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    loop {
        tokio::select! {
            () = peer.advance() => {}
            line = lines.next_line() => match line.map_err(|error| error.to_string())? {
                None => return Ok(()),
                Some(line) => {
                    let command = serde_json::from_str(&line).unwrap_or(Value::Null);
                    if let Err(error) = peer.obey(&command) {
                        say("failed", json!({ "do": command["do"], "error": error }));
                    }
                }
            },
        }
    }
}

/// Writes one line.
fn say(event: &str, mut fields: Value) {
    fields["event"] = event.into();
    let line = format!("{fields}\n");
    let mut stdout = std::io::stdout().lock();
    // If nobody reads any more, the end of stdin comes next.
    let _ = stdout.write_all(line.as_bytes()).and_then(|()| stdout.flush());
}
