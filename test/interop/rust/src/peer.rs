//! The peer: what it is told, and what it tells.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use libp2p::futures::StreamExt;
use libp2p::gossipsub::{Event as GossipEvent, IdentTopic, Message, PublishError, TopicHash};
use libp2p::multiaddr::Protocol;
use libp2p::swarm::{NetworkBehaviour, SwarmEvent};
use libp2p::{Multiaddr, PeerId, Swarm, SwarmBuilder, identify, noise, ping, tcp, yamux};
use serde_json::{Value, json};

use crate::options::Options;
use crate::{gossip, say};

#[derive(NetworkBehaviour)]
struct Protocols {
    gossip: libp2p::gossipsub::Behaviour,
    identify: identify::Behaviour,
    ping: ping::Behaviour,
}

pub struct Peer {
    swarm: Swarm<Protocols>,
    /// In the order in which they were asked for.
    publishes: VecDeque<Publish>,
    addresses: Vec<String>,
    unchecked: bool,
    /// Joined topics of connected peers, as told.
    subscriptions: BTreeSet<(PeerId, String)>,
}

struct Publish {
    topic: TopicHash,
    prefix: String,
    count: usize,
    /// Nothing leaves before this many peers are in the mesh.
    peers: usize,
    payloads: VecDeque<Vec<u8>>,
}

/// Messages handed to gossipsub before the swarm has its turn.
const BURST: usize = 32;
/// Before another look at a mesh without peers, or a queue that is full.
const PAUSE: Duration = Duration::from_millis(5);

impl Peer {
    pub fn new(Options { mode, key, listen, unchecked }: Options) -> Result<Self, String> {
        let protocols = Protocols {
            gossip: gossip::behaviour(mode, &key)?,
            identify: identify::Behaviour::new(identify::Config::new("/ipfs/0.1.0".to_owned(), key.public())),
            ping: ping::Behaviour::default(),
        };
        let mut swarm = SwarmBuilder::with_existing_identity(key)
            .with_tokio()
            .with_tcp(tcp::Config::default(), noise::Config::new, yamux::Config::default)
            .map_err(|error| error.to_string())?
            .with_behaviour(|_| protocols)
            .map_err(|error| error.to_string())?
            .with_swarm_config(|config| config.with_idle_connection_timeout(Duration::from_secs(600)))
            .build();
        swarm.listen_on(listen).map_err(|error| error.to_string())?;
        Ok(Self { swarm, publishes: VecDeque::new(), addresses: Vec::new(), unchecked, subscriptions: BTreeSet::new() })
    }

    /// Runs until something has happened. May be dropped at any time.
    pub async fn advance(&mut self) {
        if self.publishes.is_empty() {
            let event = self.swarm.select_next_some().await;
            return self.tell(event);
        }
        let wait = if self.publish_some() { Duration::ZERO } else { PAUSE };
        // Biased: everything that the swarm has to do comes before the next burst.
        tokio::select! {
            biased;
            event = self.swarm.select_next_some() => self.tell(event),
            () = tokio::time::sleep(wait) => {}
        }
    }

    /// Carries out one command.
    pub fn obey(&mut self, command: &Value) -> Result<(), String> {
        let text = |name: &str| command[name].as_str().ok_or(format!("{name} is missing"));
        let number = |name: &str| command[name].as_u64().map(|number| number as usize);
        match text("do")? {
            "dial" => {
                let address: Multiaddr = text("address")?.parse().map_err(|error| format!("address: {error}"))?;
                self.swarm.dial(address).map_err(|error| error.to_string())
            }
            "join" => self.join(text("topic")?),
            "publish" => {
                let prefix = text("prefix")?;
                let size = number("size").unwrap_or(0);
                let texts = command["texts"].as_array().into_iter().flatten().filter_map(Value::as_str);
                let numbered = (0..number("count").ok_or("count is missing")?).map(|index| format!("{prefix} {index}"));
                let payloads: VecDeque<_> =
                    texts.map(str::to_owned).chain(numbered).map(|text| format!("{text:size$}").into_bytes()).collect();
                self.publishes.push_back(Publish {
                    topic: TopicHash::from_raw(text("topic")?),
                    prefix: prefix.to_owned(),
                    count: payloads.len(),
                    peers: number("peers").unwrap_or(1),
                    payloads,
                });
                Ok(())
            }
            "send" => {
                let payload = BASE64.decode(text("base64")?).map_err(|error| format!("base64: {error}"))?;
                self.publishes.push_back(Publish {
                    topic: TopicHash::from_raw(text("topic")?),
                    prefix: String::new(),
                    count: 1,
                    peers: 1,
                    payloads: VecDeque::from([payload]),
                });
                Ok(())
            }
            "scores" => {
                let gossip = &self.swarm.behaviour().gossip;
                let scores: BTreeMap<String, f64> = gossip
                    .all_peers()
                    .filter_map(|(peer, _)| Some((peer.to_string(), gossip.peer_score(peer)?)))
                    .collect();
                say("scores", json!({ "scores": scores }));
                Ok(())
            }
            other => Err(format!("no such command: {other}")),
        }
    }

    fn join(&mut self, name: &str) -> Result<(), String> {
        let topic = IdentTopic::new(name);
        let gossip = &mut self.swarm.behaviour_mut().gossip;
        gossip::score_topic(gossip, &topic)?;
        gossip.subscribe(&topic).map_err(|error| error.to_string())?;
        say("joined", json!({ "topic": name }));
        let topic = topic.hash();
        let peers = gossip.all_peers().filter(|(_, topics)| topics.contains(&&topic)).map(|(peer, _)| *peer);
        for peer in peers.collect::<Vec<_>>() {
            self.tell_subscribed(peer, &topic);
        }
        Ok(())
    }

    /// Hands some messages to gossipsub; false if they have to wait.
    fn publish_some(&mut self) -> bool {
        let gossip = &mut self.swarm.behaviour_mut().gossip;
        let Some(publish) = self.publishes.front_mut() else {
            return false;
        };
        let mesh = gossip.mesh_peers(&publish.topic).count();
        let all = gossip.all_peers().filter(|(_, topics)| topics.contains(&&publish.topic)).count();
        if (if self.unchecked { all } else { mesh }) < publish.peers {
            return false;
        }
        for _ in 0..BURST {
            let Some(payload) = publish.payloads.pop_front() else {
                say(
                    "published",
                    json!({ "topic": publish.topic.as_str(), "prefix": publish.prefix, "count": publish.count }),
                );
                self.publishes.pop_front();
                return true;
            };
            match gossip.publish(publish.topic.clone(), payload.clone()) {
                Ok(_) => {}
                Err(PublishError::AllQueuesFull(_)) => {
                    publish.payloads.push_front(payload);
                    return false;
                }
                Err(error) => say("failed", json!({ "do": "publish", "error": format!("{error:?}") })),
            }
        }
        true
    }

    fn tell(&mut self, event: SwarmEvent<ProtocolsEvent>) {
        match event {
            SwarmEvent::NewListenAddr { address, .. } => {
                let peer = *self.swarm.local_peer_id();
                self.addresses.push(address.with(Protocol::P2p(peer)).to_string());
                let fields = json!({ "peer": peer.to_string(), "addresses": self.addresses, "versions": versions() });
                say("ready", fields);
            }
            SwarmEvent::ConnectionEstablished { peer_id, endpoint, .. } if endpoint.is_dialer() => {
                say("dialed", json!({ "peer": peer_id.to_string() }));
            }
            SwarmEvent::ConnectionClosed { peer_id, num_established: 0, .. } => self.tell_gone(peer_id, None),
            SwarmEvent::OutgoingConnectionError { error, .. } => {
                say("failed", json!({ "do": "dial", "error": error.to_string() }));
            }
            SwarmEvent::Behaviour(ProtocolsEvent::Gossip(event)) => self.tell_gossip(event),
            _ => {}
        }
    }

    fn tell_gossip(&mut self, event: GossipEvent) {
        match event {
            GossipEvent::Message { propagation_source, message_id, message } => {
                say("message", view(&message, &message_id.to_string(), propagation_source));
            }
            GossipEvent::Subscribed { peer_id, topic, .. } => self.tell_subscribed(peer_id, &topic),
            GossipEvent::Unsubscribed { peer_id, topic } => self.tell_gone(peer_id, Some(&topic)),
            GossipEvent::GossipsubNotSupported { peer_id } => {
                say("failed", json!({ "do": "dial", "error": format!("{peer_id} has no gossipsub") }));
            }
            GossipEvent::SlowPeer { peer_id, failed_messages } => {
                say("failed", json!({ "do": "publish", "error": format!("{peer_id} is slow: {failed_messages:?}") }));
            }
        }
    }

    fn tell_subscribed(&mut self, peer: PeerId, topic: &TopicHash) {
        let is_joined = self.swarm.behaviour().gossip.topics().any(|joined| joined == topic);
        if is_joined && self.subscriptions.insert((peer, topic.to_string())) {
            say("subscribed", json!({ "topic": topic.as_str(), "peer": peer.to_string() }));
        }
    }

    /// The peer left a topic, or all of them with its last connection, which gossipsub tells nobody.
    fn tell_gone(&mut self, peer: PeerId, topic: Option<&TopicHash>) {
        let is_gone = |name: &str| topic.is_none_or(|topic| topic.as_str() == name);
        self.subscriptions.retain(|(other, name)| {
            let stays = *other != peer || !is_gone(name);
            if !stays {
                say("unsubscribed", json!({ "topic": name, "peer": peer.to_string() }));
            }
            stays
        });
    }
}

/// A message, as text if it is one.
fn view(message: &Message, id: &str, from: PeerId) -> Value {
    let mut fields = json!({ "topic": message.topic.as_str(), "id": id, "from": from.to_string() });
    match std::str::from_utf8(&message.data) {
        Ok(text) => fields["text"] = text.into(),
        Err(_) => fields["base64"] = BASE64.encode(&message.data).into(),
    }
    if let Some(author) = message.source {
        fields["author"] = author.to_string().into();
    }
    fields
}

/// Versions of what this program is made of.
pub fn versions() -> String {
    let lock = include_str!("../Cargo.lock");
    let version = |name: &str| {
        let (_, rest) = lock.split_once(&format!("name = \"{name}\"\nversion = \""))?;
        rest.split('"').next().map(|version| format!("{name} {version}"))
    };
    ["libp2p", "libp2p-gossipsub"].iter().filter_map(|name| version(name)).collect::<Vec<_>>().join(", ")
}
