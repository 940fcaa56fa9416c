//! Gossipsub for each way in which a Grapevine node can be talked to. Whatever docs/protocol.md does not ask for is left
//! as rust-libp2p has it, the largest RPC of 64 KiB above all.

use std::time::Duration;

use libp2p::gossipsub::{
    Behaviour, ConfigBuilder, IdentTopic, Message, MessageAuthenticity, MessageId, PeerScoreParams,
    PeerScoreThresholds, TopicScoreParams, ValidationMode,
};
use libp2p::identity::Keypair;
use sha2::{Digest, Sha256};

/// What the gossip messages are.
#[derive(Clone, Copy)]
pub enum Mode {
    /// Without author and signature, and the id is SHA-256(topic ‖ 0 ‖ data): raw topics and enveloped ones, for a node
    /// that passes envelopes on and does not look inside.
    Anonymous,
    /// Signed, with libp2p's defaults; the id is author ‖ sequence number in bytes, as in go-libp2p-pubsub.
    Signed,
}

impl Mode {
    /// Reads `raw`, `enveloped` or `pubsub`.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "raw" | "enveloped" => Some(Self::Anonymous),
            "pubsub" => Some(Self::Signed),
            _ => None,
        }
    }
}

pub fn behaviour(mode: Mode, key: &Keypair) -> Result<Behaviour, String> {
    let mut config = ConfigBuilder::default();
    config
        .duplicate_cache_time(Duration::from_secs(120))
        // A busy machine must not lose what waits to be sent: 5 s and 1 s by default.
        .publish_queue_duration(Duration::from_secs(60))
        .forward_queue_duration(Duration::from_secs(60))
        // 5 s by default: until the first heartbeat a mesh is empty, and a test waits.
        .heartbeat_initial_delay(Duration::from_millis(500));
    let authenticity = match mode {
        Mode::Anonymous => {
            config.validation_mode(ValidationMode::Anonymous).message_id_fn(content_id);
            MessageAuthenticity::Anonymous
        }
        Mode::Signed => {
            config.validation_mode(ValidationMode::Strict).message_id_fn(author_id);
            MessageAuthenticity::Signed(key.clone())
        }
    };
    let config = config.build().map_err(|error| error.to_string())?;
    let mut gossip = Behaviour::new(authenticity, config)?;
    gossip.with_peer_score(PeerScoreParams::default(), PeerScoreThresholds::default())?;
    Ok(gossip)
}

/// Counts a peer's first deliveries and invalid messages on a topic. What a peer has to deliver into a mesh (P3) is not
/// counted: on a quiet topic everybody would fall below it.
pub fn score_topic(gossip: &mut Behaviour, topic: &IdentTopic) -> Result<(), String> {
    let params = TopicScoreParams {
        topic_weight: 1.0,
        mesh_message_deliveries_weight: 0.0,
        mesh_failure_penalty_weight: 0.0,
        ..TopicScoreParams::default()
    };
    gossip.set_topic_params(topic.clone(), params).map_err(str::to_owned)
}

/// The gossip id of docs/protocol.md, §2.
fn content_id(message: &Message) -> MessageId {
    let mut hash = Sha256::new();
    hash.update(message.topic.as_str());
    hash.update([0]);
    hash.update(&message.data);
    MessageId::new(&hash.finalize())
}

fn author_id(message: &Message) -> MessageId {
    let mut id = message.source.map(|author| author.to_bytes()).unwrap_or_default();
    id.extend(message.sequence_number.unwrap_or_default().to_be_bytes());
    MessageId::from(id)
}
