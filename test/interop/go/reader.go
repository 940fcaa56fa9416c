package main

import (
	"context"
	"encoding/hex"
	"errors"
	"sync"
	"time"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/peer"
)

// Reader checks what comes on a topic in the order of docs/protocol.md §7, and takes it apart.
type Reader struct {
	network []byte
	topic   string
	mutex   sync.Mutex
	// Ids of accepted messages. Without bound: a run is short.
	seen map[[32]byte]bool
}

// What a validator leaves for whoever reads the message.
type opened struct {
	envelope *Envelope
	ids      [][32]byte
	isNew    []bool
}

func (p *Peer) readerOf(wireTopic string) (*Reader, error) {
	if p.options.Mode != "enveloped" {
		return &Reader{}, nil
	}
	topic, err := PlainTopic(p.options.Network, wireTopic)
	return &Reader{network: p.options.Network, topic: topic, seen: map[[32]byte]bool{}}, err
}

func (r *Reader) validate(_ context.Context, from peer.ID, message *pubsub.Message) pubsub.ValidationResult {
	what, reason := r.open(message.GetData())
	if reason == "" {
		message.ValidatorData = what
		return pubsub.ValidationAccept
	}
	result, verdict := pubsub.ValidationReject, "reject"
	if reason == "unknown-version" || reason == "future" || reason == "duplicate" {
		result, verdict = pubsub.ValidationIgnore, "ignore"
	}
	say("refused", map[string]any{"topic": message.GetTopic(), "from": from.String(), "verdict": verdict, "reason": reason})
	return result
}

// open gives an envelope, or the reason to refuse it.
func (r *Reader) open(data []byte) (*opened, string) {
	envelope, err := DecodeEnvelope(data)
	switch {
	case errors.Is(err, errVersion):
		return nil, "unknown-version"
	case err != nil:
		return nil, "bad-encoding"
	case envelope.Body.Time > uint64(time.Now().UnixMicro())+futureMaxMicro:
		return nil, "future"
	}
	signed := SignedBytes(r.network, r.topic, envelope.BodyBytes)
	what := &opened{envelope: envelope}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	hasNew := false
	for index := range envelope.Body.Messages {
		id := MessageID(signed, index)
		isNew := !r.seen[id]
		hasNew = hasNew || isNew
		what.ids = append(what.ids, id)
		what.isNew = append(what.isNew, isNew)
	}
	if !hasNew {
		return nil, "duplicate"
	}
	if !VerifySignature(envelope.Body.Author, signed, envelope.Signature) {
		return nil, "bad-signature"
	}
	for _, id := range what.ids {
		r.seen[id] = true
	}
	return what, ""
}

// payloads of a gossip message that were not delivered before.
func (r *Reader) payloads(mode string, message *pubsub.Message) []map[string]any {
	what, isEnvelope := message.ValidatorData.(*opened)
	if !isEnvelope {
		payload := map[string]any{"text": string(message.GetData()), "id": hex.EncodeToString([]byte(message.ID))}
		if mode == "pubsub" {
			payload["author"] = message.GetFrom().String()
		}
		return []map[string]any{payload}
	}
	var payloads []map[string]any
	key, _ := crypto.UnmarshalEd25519PublicKey(what.envelope.Body.Author)
	author, _ := peer.IDFromPublicKey(key)
	for index, text := range what.envelope.Body.Messages {
		if what.isNew[index] {
			id := hex.EncodeToString(what.ids[index][:])
			payloads = append(payloads, map[string]any{"text": string(text), "id": id, "author": author.String()})
		}
	}
	return payloads
}
