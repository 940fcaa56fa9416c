package main

import (
	"crypto/ed25519"
	"time"
)

// Author signs envelopes with its own sequences, one life long.
type Author struct {
	network   []byte
	key       ed25519.PrivateKey
	epoch     uint64
	sequences map[string]uint64
}

// Draft is an envelope to be.
type Draft struct {
	// The plain name.
	Topic    string
	Schema   []byte
	Messages [][]byte
	Fault    string
}

// NewAuthor begins a life. The clock alone makes its epoch: whoever publishes for real keeps it on disk, so that a clock
// that was set back cannot use a sequence twice.
func NewAuthor(network []byte, key ed25519.PrivateKey) *Author {
	return &Author{network, key, uint64(time.Now().UnixMilli()), map[string]uint64{}}
}

// Sign gives the bytes of an envelope, wrong in the way that the draft asks for.
func (a *Author) Sign(draft Draft) []byte {
	body := Body{
		Author:   a.key.Public().(ed25519.PublicKey),
		Epoch:    a.epoch,
		Sequence: a.sequences[draft.Topic] + 1,
		Time:     uint64(time.Now().UnixMicro()),
		Schema:   draft.Schema,
		Messages: draft.Messages,
	}
	a.sequences[draft.Topic] += uint64(len(draft.Messages))
	encoded := body.Encode()
	topic := draft.Topic
	if draft.Fault == "topic" {
		topic += "-other"
	}
	signature := ed25519.Sign(a.key, SignedBytes(a.network, topic, encoded))
	if draft.Fault == "signature" {
		signature[0] ^= 1
	}
	envelope := EncodeEnvelope(encoded, signature)
	if draft.Fault == "encoding" {
		// An unknown field, which canonical bytes do not have.
		envelope = appendNumber(envelope, 15, 1)
	}
	return envelope
}
