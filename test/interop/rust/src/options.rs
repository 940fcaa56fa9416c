//! The flags of the program.

use libp2p::Multiaddr;
use libp2p::identity::Keypair;

use crate::gossip::Mode;

pub struct Options {
    pub mode: Mode,
    pub key: Keypair,
    pub listen: Multiaddr,
    /// Publish to every peer that subscribes, in the mesh or not. Nothing is validated in any case.
    pub unchecked: bool,
}

impl Options {
    pub fn from_arguments() -> Result<Self, String> {
        let mut mode = None;
        let mut key = Keypair::generate_ed25519();
        let mut unchecked = false;
        let mut listen = "/ip4/127.0.0.1/tcp/0".to_owned();
        let mut arguments = std::env::args().skip(1);
        while let Some(flag) = arguments.next() {
            if flag == "--unchecked" {
                unchecked = true;
                continue;
            }
            let value = arguments.next().ok_or(format!("{flag} takes a value"))?;
            match flag.as_str() {
                "--mode" => mode = Some(Mode::parse(&value).ok_or(format!("no such mode: {value}"))?),
                "--key" => key = key_of(&value).ok_or("--key takes 32 bytes in hex")?,
                "--listen" => listen = value,
                // Topics come as wire topics, which have it in them.
                "--network" => {}
                _ => return Err(format!("no such flag: {flag}")),
            }
        }
        Ok(Self {
            mode: mode.ok_or("--mode is missing: raw, enveloped or pubsub")?,
            key,
            listen: listen.parse().map_err(|error| format!("--listen: {error}"))?,
            unchecked,
        })
    }
}

fn key_of(hex: &str) -> Option<Keypair> {
    let seed = (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok());
    Keypair::ed25519_from_bytes(seed.collect::<Option<Vec<u8>>>()?).ok()
}
