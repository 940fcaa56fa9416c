//! `bench`: the program of a benchmark. ../../../../scripts/bench/program.ts defines its orders and answers.

use std::collections::VecDeque;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use libp2p::futures::StreamExt;
use libp2p::gossipsub::{
    Behaviour, ConfigBuilder, Event as GossipEvent, IdentTopic, MessageAuthenticity, PublishError,
};
use libp2p::multiaddr::Protocol;
use libp2p::swarm::{NetworkBehaviour, SwarmEvent};
use libp2p::{Multiaddr, Swarm, SwarmBuilder, identify, noise, ping, tcp, yamux};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};

use crate::peer::versions;
use crate::say;

/// Messages handed to gossipsub before the swarm has its turn.
const BURST: usize = 32;
/// Before another look at a queue that is full.
const PAUSE: Duration = Duration::from_millis(1);

#[derive(NetworkBehaviour)]
struct Protocols {
    gossip: Behaviour,
    identify: identify::Behaviour,
    ping: ping::Behaviour,
}

/// Runs until stdin ends.
pub async fn run() -> Result<(), String> {
    let mut swarm = swarm()?;
    swarm
        .listen_on("/ip4/127.0.0.1/tcp/0".parse().map_err(|error| format!("{error}"))?)
        .map_err(|error| error.to_string())?;
    let topic = IdentTopic::new("bench");
    let mut bench = Bench { swarm, topic, serials: VecDeque::new(), tally: Tally::default() };
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    loop {
        let wait = if bench.publish_some()? { Duration::ZERO } else { PAUSE };
        let is_publishing = !bench.serials.is_empty();
        // Biased: everything that the swarm has to do comes before the next burst.
        tokio::select! {
            biased;
            event = bench.swarm.select_next_some() => bench.take(event),
            line = lines.next_line() => match line.map_err(|error| error.to_string())? {
                None => return Ok(()),
                Some(line) => bench.obey(&serde_json::from_str(&line).map_err(|error| error.to_string())?)?,
            },
            () = tokio::time::sleep(wait), if is_publishing => {}
        }
    }
}

/// Signed, with the library's defaults but for the time that a message may wait in a queue: 5 s and 1 s.
fn swarm() -> Result<Swarm<Protocols>, String> {
    let swarm = SwarmBuilder::with_new_identity()
        .with_tokio()
        .with_tcp(tcp::Config::default(), noise::Config::new, yamux::Config::default)
        .map_err(|error| error.to_string())?
        .with_behaviour(|key| {
            let config = ConfigBuilder::default()
                .publish_queue_duration(Duration::from_secs(60))
                .forward_queue_duration(Duration::from_secs(60))
                .build()?;
            Ok(Protocols {
                gossip: Behaviour::new(MessageAuthenticity::Signed(key.clone()), config)?,
                identify: identify::Behaviour::new(identify::Config::new("/ipfs/0.1.0".to_owned(), key.public())),
                ping: ping::Behaviour::default(),
            })
        })
        .map_err(|error| error.to_string())?;
    Ok(swarm.with_swarm_config(|config| config.with_idle_connection_timeout(Duration::from_secs(600))).build())
}

struct Bench {
    swarm: Swarm<Protocols>,
    topic: IdentTopic,
    /// What is to be published yet: serial and size.
    serials: VecDeque<(u32, usize)>,
    tally: Tally,
}

/// What came, each serial once.
#[derive(Default)]
struct Tally {
    seen: Vec<bool>,
    every: usize,
    latencies: Vec<u64>,
}

impl Bench {
    /// Hands some messages to gossipsub; false if they have to wait.
    fn publish_some(&mut self) -> Result<bool, String> {
        for _ in 0..BURST {
            let Some(&(serial, size)) = self.serials.front() else {
                return Ok(true);
            };
            let mut payload = vec![0; size];
            payload[..8].copy_from_slice(&wall_micros().to_le_bytes());
            payload[8..12].copy_from_slice(&serial.to_le_bytes());
            match self.swarm.behaviour_mut().gossip.publish(self.topic.clone(), payload) {
                Ok(_) => self.serials.pop_front(),
                Err(PublishError::AllQueuesFull(_)) => return Ok(false),
                Err(error) => return Err(format!("{error:?}")),
            };
        }
        Ok(true)
    }

    fn obey(&mut self, order: &Value) -> Result<(), String> {
        let number = |name: &str| order[name].as_u64().ok_or(format!("{name} is missing"));
        match order["do"].as_str().unwrap_or_default() {
            "dial" => {
                let address = order["address"].as_str().unwrap_or_default().parse::<Multiaddr>();
                self.swarm.dial(address.map_err(|error| error.to_string())?).map_err(|error| error.to_string())?;
            }
            "join" => {
                self.swarm.behaviour_mut().gossip.subscribe(&self.topic).map_err(|error| error.to_string())?;
                say("joined", json!({}));
            }
            "publish" => {
                let (first, count, size) = (number("first")?, number("count")?, number("size")?);
                self.serials.extend((first..first + count).map(|serial| (serial as u32, size as usize)));
            }
            "report" => self.tally = Tally { every: number("every")? as usize, ..Tally::default() },
            "status" => {
                let peers = self.swarm.behaviour().gossip.mesh_peers(&self.topic.hash()).count();
                say("status", json!({ "peers": peers, "received": self.tally.latencies.len() }));
            }
            "latencies" => say("latencies", json!({ "micros": self.tally.latencies })),
            other => return Err(format!("no such order: {other}")),
        }
        Ok(())
    }

    fn take(&mut self, event: SwarmEvent<ProtocolsEvent>) {
        match event {
            SwarmEvent::NewListenAddr { address, .. } => {
                let address = address.with(Protocol::P2p(*self.swarm.local_peer_id()));
                say("ready", json!({ "address": address.to_string(), "versions": versions() }));
            }
            SwarmEvent::ConnectionEstablished { endpoint, .. } if endpoint.is_dialer() => say("dialed", json!({})),
            SwarmEvent::Behaviour(ProtocolsEvent::Gossip(GossipEvent::Message { message, .. })) => {
                self.tally.take(&message.data);
            }
            _ => {}
        }
    }
}

impl Tally {
    fn take(&mut self, payload: &[u8]) {
        let (Some(sent), Some(serial)) = (payload.first_chunk::<8>(), payload[8..].first_chunk::<4>()) else {
            return;
        };
        let serial = u32::from_le_bytes(*serial) as usize;
        if serial >= self.seen.len() {
            self.seen.resize(serial + (1 << 16), false);
        }
        if std::mem::replace(&mut self.seen[serial], true) {
            return;
        }
        self.latencies.push(wall_micros().saturating_sub(u64::from_le_bytes(*sent)));
        if self.every > 0 && self.latencies.len() % self.every == 0 {
            say("received", json!({ "count": self.latencies.len() }));
        }
    }
}

fn wall_micros() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_micros() as u64)
}
