package main

import (
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"sync"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	"github.com/libp2p/go-libp2p/core/peer"
)

func (p *Peer) join(ctx context.Context, name string) error {
	reader, err := p.readerOf(name)
	if err != nil {
		return err
	}
	if !p.options.Unchecked && p.options.Mode == "enveloped" {
		// Inline: in the order of arrival, as the peer sent them.
		if err := p.pubsub.RegisterTopicValidator(name, reader.validate, pubsub.WithValidatorInline(true)); err != nil {
			return err
		}
	}
	topic, err := p.pubsub.Join(name)
	if err != nil {
		return err
	}
	p.topics[name] = topic
	if err := topic.SetScoreParams(topicScoreParams); err != nil {
		return err
	}
	events, err := topic.EventHandler()
	if err != nil {
		return err
	}
	go tellOfPeers(ctx, name, events)
	subscription, err := topic.Subscribe(pubsub.WithBufferSize(max(p.options.Queue, 32)))
	if err != nil {
		return err
	}
	go p.tellOfMessages(ctx, reader, subscription)
	say("joined", map[string]any{"topic": name})
	return nil
}

func tellOfPeers(ctx context.Context, topic string, events *pubsub.TopicEventHandler) {
	names := map[pubsub.EventType]string{pubsub.PeerJoin: "subscribed", pubsub.PeerLeave: "unsubscribed"}
	for {
		event, err := events.NextPeerEvent(ctx)
		if err != nil {
			return
		}
		say(names[event.Type], map[string]any{"topic": topic, "peer": event.Peer.String()})
	}
}

func (p *Peer) tellOfMessages(ctx context.Context, reader *Reader, subscription *pubsub.Subscription) {
	for {
		message, err := subscription.Next(ctx)
		if err != nil {
			return
		}
		if message.ReceivedFrom == p.host.ID() {
			continue
		}
		for _, payload := range reader.payloads(p.options.Mode, message) {
			payload["topic"] = message.GetTopic()
			payload["from"] = message.ReceivedFrom.String()
			say("message", payload)
		}
	}
}

func (p *Peer) publish(ctx context.Context, topic string, order Publish) error {
	peers, batch := max(order.Peers, 1), max(order.Batch, 1)
	texts := order.Texts
	for index := range order.Count {
		texts = append(texts, fmt.Sprintf("%s %d", order.Prefix, index))
	}
	for part := range slices.Chunk(texts, batch) {
		var payloads [][]byte
		for _, text := range part {
			payloads = append(payloads, []byte(text+strings.Repeat(" ", max(0, order.Size-len(text)))))
		}
		data, err := p.pack(topic, order, payloads)
		if err == nil {
			err = p.hand(ctx, topic, data, peers)
		}
		if err != nil {
			return err
		}
	}
	say("published", map[string]any{"topic": topic, "prefix": order.Prefix, "count": len(texts)})
	return nil
}

// pack gives the data of one gossip message; only an envelope holds several payloads.
func (p *Peer) pack(topic string, order Publish, payloads [][]byte) ([]byte, error) {
	if p.options.Mode != "enveloped" {
		return payloads[0], nil
	}
	name, err := PlainTopic(p.options.Network, topic)
	if err != nil {
		return nil, err
	}
	schema, err := hex.DecodeString(order.Schema)
	if err != nil {
		return nil, err
	}
	return p.author.Sign(Draft{Topic: name, Schema: schema, Messages: payloads, Fault: order.Fault}), nil
}

// hand gives data to gossipsub once enough peers are in the mesh. A peer that breaks the rules is in nobody's for long.
func (p *Peer) hand(ctx context.Context, name string, data []byte, peers int) error {
	topic, found := p.topics[name]
	if !found {
		return fmt.Errorf("%q is not joined", name)
	}
	if p.options.Unchecked {
		return topic.Publish(ctx, data)
	}
	return topic.Publish(ctx, data, pubsub.WithReadiness(pubsub.MinTopicSize(peers)))
}

// sequenceStore keeps the last sequence number of each author, in memory.
type sequenceStore struct {
	mutex sync.Mutex
	last  map[peer.ID][]byte
}

func (s *sequenceStore) Get(_ context.Context, id peer.ID) ([]byte, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.last[id], nil
}

func (s *sequenceStore) Put(_ context.Context, id peer.ID, value []byte) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.last[id] = value
	return nil
}
