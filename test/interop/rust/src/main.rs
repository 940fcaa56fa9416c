//! A peer on rust-libp2p for Grapevine's tests: TCP, Noise, yamux, identify and gossipsub. It takes one command a line on
//! stdin and tells what happens on stdout, one JSON object a line; it ends when stdin does.
//!
//!     grapevine-interop-rust MODE [--listen MULTIADDR] [--key HEX]

mod gossip;

use std::collections::{BTreeMap, VecDeque};
use std::io::Write;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use libp2p::futures::StreamExt;
use libp2p::gossipsub::{Event as GossipEvent, IdentTopic, PublishError};
use libp2p::identity::Keypair;
use libp2p::swarm::{NetworkBehaviour, SwarmEvent};
use libp2p::{Multiaddr, PeerId, Swarm, SwarmBuilder, identify, noise, ping, tcp, yamux};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};

use gossip::Mode;

#[derive(NetworkBehaviour)]
struct Peer {
    gossip: libp2p::gossipsub::Behaviour,
    identify: identify::Behaviour,
    ping: ping::Behaviour,
}

/// Messages of one `publish`, which wait where the queues to the peers are full.
struct Publishing {
    topic: IdentTopic,
    payloads: VecDeque<Vec<u8>>,
    count: usize,
}

/// Messages handed to gossipsub before the swarm may send: fewer than any queue holds.
const BURST: usize = 32;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    if let Err(error) = run().await {
        eprintln!("{error}");
        std::process::exit(1);
    }
}

async fn run() -> Result<(), String> {
    let (mode, listen, key) = arguments()?;
    let mut swarm = swarm(mode, key)?;
    swarm.listen_on(listen).map_err(|error| error.to_string())?;
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    let mut waiting: VecDeque<Publishing> = VecDeque::new();
    let mut is_full = false;
    loop {
        tokio::select! {
            line = lines.next_line() => match line.map_err(|error| error.to_string())? {
                None => return Ok(()),
                Some(line) => match command(&mut swarm, &mut waiting, &line) {
                    Ok(true) => {}
                    Ok(false) => return Ok(()),
                    Err(error) => say(json!({ "event": "error", "error": error })),
                },
            },
            event = swarm.select_next_some() => tell(event),
            () = pause(is_full), if !waiting.is_empty() => is_full = publish(&mut swarm, &mut waiting),
        }
    }
}

fn arguments() -> Result<(Mode, Multiaddr, Keypair), String> {
    let mut mode = None;
    let mut listen = "/ip4/127.0.0.1/tcp/0".to_owned();
    let mut key = Keypair::generate_ed25519();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--listen" => listen = arguments.next().ok_or("--listen takes a multiaddr")?,
            "--key" => {
                let hex = arguments.next().ok_or("--key takes a seed")?;
                key = from_hex(&hex)
                    .and_then(|mut seed| Keypair::ed25519_from_bytes(&mut seed).ok())
                    .ok_or("--key takes 32 bytes in hex")?;
            }
            name => mode = Some(Mode::parse(name).ok_or(format!("no such mode: {name}"))?),
        }
    }
    let listen = listen.parse().map_err(|error| format!("--listen: {error}"))?;
    Ok((mode.ok_or("which mode: raw, enveloped or pubsub?")?, listen, key))
}

fn swarm(mode: Mode, key: Keypair) -> Result<Swarm<Peer>, String> {
    let peer = Peer {
        gossip: gossip::behaviour(mode, &key)?,
        identify: identify::Behaviour::new(
            identify::Config::new("/ipfs/0.1.0".to_owned(), key.public())
                .with_agent_version("grapevine-interop-rust".to_owned()),
        ),
        ping: ping::Behaviour::default(),
    };
    let swarm = SwarmBuilder::with_existing_identity(key)
        .with_tokio()
        .with_tcp(tcp::Config::default(), noise::Config::new, yamux::Config::default)
        .map_err(|error| error.to_string())?
        .with_behaviour(|_| peer)
        .map_err(|error| error.to_string())?
        .with_swarm_config(|config| config.with_idle_connection_timeout(Duration::from_secs(600)))
        .build();
    Ok(swarm)
}

/// Carries out one command; false ends the program.
fn command(swarm: &mut Swarm<Peer>, waiting: &mut VecDeque<Publishing>, line: &str) -> Result<bool, String> {
    let command: Value = serde_json::from_str(line).map_err(|error| error.to_string())?;
    let text = |name: &str| command[name].as_str().ok_or(format!("{name} is missing: {line}"));
    match text("cmd")? {
        "dial" => {
            let address: Multiaddr = text("addr")?.parse().map_err(|error| format!("addr: {error}"))?;
            swarm.dial(address).map_err(|error| error.to_string())?;
        }
        "join" => {
            let topic = IdentTopic::new(text("topic")?);
            let gossip = &mut swarm.behaviour_mut().gossip;
            gossip::score_topic(gossip, &topic)?;
            gossip.subscribe(&topic).map_err(|error| error.to_string())?;
            say(json!({ "event": "joined", "topic": text("topic")? }));
        }
        "publish" => {
            let payloads = match command["count"].as_u64() {
                None => VecDeque::from([BASE64
                    .decode(text("base64")?)
                    .map_err(|error| format!("base64: {error}"))?]),
                Some(count) => {
                    let prefix = text("prefix")?;
                    (0..count)
                        .map(|index| format!("{prefix}{index}").into_bytes())
                        .collect()
                }
            };
            waiting.push_back(Publishing {
                topic: IdentTopic::new(text("topic")?),
                count: payloads.len(),
                payloads,
            });
        }
        "scores" => {
            let gossip = &swarm.behaviour().gossip;
            let scores: BTreeMap<String, f64> = gossip
                .all_peers()
                .filter_map(|(peer, _)| Some((peer.to_string(), gossip.peer_score(peer)?)))
                .collect();
            say(json!({ "event": "scores", "scores": scores }));
        }
        "quit" => return Ok(false),
        other => return Err(format!("no such command: {other}")),
    }
    Ok(true)
}

/// Publishes some of what waits; true if the queues to the peers are full.
fn publish(swarm: &mut Swarm<Peer>, waiting: &mut VecDeque<Publishing>) -> bool {
    let Some(first) = waiting.front_mut() else {
        return false;
    };
    let topic = first.topic.hash();
    for _ in 0..BURST {
        let Some(payload) = first.payloads.pop_front() else {
            say(json!({ "event": "published", "topic": topic.as_str(), "count": first.count }));
            waiting.pop_front();
            return false;
        };
        match swarm.behaviour_mut().gossip.publish(topic.clone(), payload.clone()) {
            Ok(_) => {}
            Err(PublishError::AllQueuesFull(_)) => {
                first.payloads.push_front(payload);
                return true;
            }
            Err(error) => say(json!({ "event": "error", "error": format!("{error:?}"), "topic": topic.as_str() })),
        }
    }
    false
}

/// Gives the swarm its turn, and time if its queues are full.
async fn pause(is_full: bool) {
    if is_full {
        tokio::time::sleep(Duration::from_millis(2)).await;
    } else {
        tokio::task::yield_now().await;
    }
}

fn tell(event: SwarmEvent<PeerEvent>) {
    match event {
        SwarmEvent::NewListenAddr { address, .. } => {
            say(json!({ "event": "listening", "addr": address.to_string() }));
        }
        SwarmEvent::ConnectionEstablished { peer_id, .. } => tell_peer("connected", peer_id, None),
        SwarmEvent::ConnectionClosed {
            peer_id,
            num_established: 0,
            ..
        } => tell_peer("disconnected", peer_id, None),
        SwarmEvent::OutgoingConnectionError { error, .. } => {
            say(json!({ "event": "error", "error": error.to_string() }))
        }
        SwarmEvent::Behaviour(PeerEvent::Gossip(event)) => tell_gossip(event),
        _ => {}
    }
}

fn tell_gossip(event: GossipEvent) {
    match event {
        GossipEvent::Message {
            propagation_source,
            message_id,
            message,
        } => say(json!({
            "event": "message",
            "topic": message.topic.as_str(),
            "id": message_id.to_string(),
            "base64": BASE64.encode(&message.data),
            "from": propagation_source.to_string(),
        })),
        GossipEvent::Subscribed { peer_id, topic, .. } => {
            tell_peer("subscribed", peer_id, Some(topic.as_str()));
        }
        GossipEvent::Unsubscribed { peer_id, topic } => {
            tell_peer("unsubscribed", peer_id, Some(topic.as_str()));
        }
        GossipEvent::GossipsubNotSupported { peer_id } => {
            say(json!({ "event": "error", "error": format!("{peer_id} has no gossipsub") }));
        }
        GossipEvent::SlowPeer {
            peer_id,
            failed_messages,
        } => say(json!({ "event": "error", "error": format!("{peer_id} is slow: {failed_messages:?}") })),
    }
}

fn tell_peer(state: &str, peer: PeerId, topic: Option<&str>) {
    say(json!({ "event": "peer", "state": state, "peer": peer.to_string(), "topic": topic }));
}

fn say(event: Value) {
    let mut line = event.to_string();
    line.push('\n');
    let mut stdout = std::io::stdout().lock();
    // Nobody reads any more: the end of stdin comes next.
    let _ = stdout.write_all(line.as_bytes()).and_then(|()| stdout.flush());
}

fn from_hex(hex: &str) -> Option<Vec<u8>> {
    if !hex.is_ascii() {
        return None;
    }
    (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok())
        .collect()
}
