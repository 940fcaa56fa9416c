package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p"
	pubsub "github.com/libp2p/go-libp2p-pubsub"
	pb "github.com/libp2p/go-libp2p-pubsub/pb"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/muxer/yamux"
	"github.com/libp2p/go-libp2p/p2p/security/noise"
	"github.com/libp2p/go-libp2p/p2p/transport/tcp"
)

// Options of a peer; ../peer-program.ts explains them.
type Options struct {
	Mode           string
	Network        []byte
	Seed           []byte
	Listen         string
	Unchecked      bool
	SeqnoValidator bool
	Queue          int
}

// Peer is a libp2p host with gossipsub.
type Peer struct {
	options Options
	host    host.Host
	pubsub  *pubsub.PubSub
	author  *Author
	topics  map[string]*pubsub.Topic
	mutex   sync.Mutex
	scores  map[string]float64
	inspect chan struct{}
}

// NewPeer listens, on TCP with Noise and yamux only.
func NewPeer(ctx context.Context, options Options) (*Peer, error) {
	if len(options.Seed) == 0 {
		options.Seed = make([]byte, ed25519.SeedSize)
		rand.Read(options.Seed)
	}
	private := ed25519.NewKeyFromSeed(options.Seed)
	key, _, err := crypto.GenerateEd25519Key(bytes.NewReader(options.Seed))
	if err != nil {
		return nil, err
	}
	h, err := newHost(key, options.Listen)
	if err != nil {
		return nil, err
	}
	p := &Peer{
		options: options,
		host:    h,
		author:  NewAuthor(options.Network, private),
		topics:  map[string]*pubsub.Topic{},
		inspect: make(chan struct{}, 1),
	}
	p.pubsub, err = pubsub.NewGossipSub(ctx, h, p.gossipOptions()...)
	return p, err
}

// newHost speaks TCP with Noise and yamux only.
func newHost(key crypto.PrivKey, listen string) (host.Host, error) {
	return libp2p.New(
		libp2p.Identity(key),
		libp2p.ListenAddrStrings(listen),
		libp2p.Transport(tcp.NewTCPTransport),
		libp2p.Security(noise.ID, noise.New),
		libp2p.Muxer(yamux.ID, yamux.DefaultTransport),
		libp2p.DisableRelay(),
	)
}

// gossipOptions are what docs/interop.md tells a peer to set.
func (p *Peer) gossipOptions() []pubsub.Option {
	options := []pubsub.Option{
		pubsub.WithPeerScore(scoreParams(), &pubsub.PeerScoreThresholds{
			GossipThreshold: -10, PublishThreshold: -50, GraylistThreshold: -80,
		}),
		pubsub.WithPeerScoreInspect(p.onScores, 100*time.Millisecond),
		pubsub.WithFloodPublish(p.options.Unchecked),
	}
	if p.options.Queue > 0 {
		options = append(options,
			pubsub.WithPeerOutboundQueueSize(p.options.Queue), pubsub.WithValidateQueueSize(p.options.Queue))
	}
	if p.options.Mode == "pubsub" {
		if p.options.SeqnoValidator {
			validator := pubsub.NewBasicSeqnoValidator(&sequenceStore{last: map[peer.ID][]byte{}}, nil)
			// One at a time, or numbers of one burst overtake each other and are ignored.
			inline := pubsub.WithValidatorInline(true)
			options = append(options, pubsub.WithDefaultValidator(validator, inline), pubsub.WithValidateWorkers(1))
		}
		return options
	}
	return append(options,
		pubsub.WithMessageSignaturePolicy(pubsub.StrictNoSign),
		// Without it the policy refuses messages with an author, and our own have one.
		pubsub.WithNoAuthor(),
		pubsub.WithMessageIdFn(func(message *pb.Message) string {
			id := GossipID(message.GetTopic(), message.GetData())
			return string(id[:])
		}),
	)
}

// scoreParams let invalid messages cost, and nothing else that an honest peer on one machine does.
func scoreParams() *pubsub.PeerScoreParams {
	_, loopback, _ := net.ParseCIDR("127.0.0.0/8")
	return &pubsub.PeerScoreParams{
		Topics:                      map[string]*pubsub.TopicScoreParams{},
		AppSpecificScore:            func(peer.ID) float64 { return 0 },
		IPColocationFactorWeight:    -5,
		IPColocationFactorThreshold: 10,
		IPColocationFactorWhitelist: []*net.IPNet{loopback},
		BehaviourPenaltyWeight:      -10,
		BehaviourPenaltyDecay:       0.2,
		DecayInterval:               time.Second,
		DecayToZero:                 0.1,
		RetainScore:                 time.Hour,
	}
}

var topicScoreParams = &pubsub.TopicScoreParams{
	TopicWeight:                    1,
	TimeInMeshWeight:               0.01,
	TimeInMeshQuantum:              time.Second,
	TimeInMeshCap:                  300,
	FirstMessageDeliveriesWeight:   0.1,
	FirstMessageDeliveriesDecay:    0.98,
	FirstMessageDeliveriesCap:      50,
	InvalidMessageDeliveriesWeight: -1,
	InvalidMessageDeliveriesDecay:  0.98,
}

func (p *Peer) onScores(scores map[peer.ID]float64) {
	named := map[string]float64{}
	for id, score := range scores {
		named[id.String()] = score
	}
	p.mutex.Lock()
	p.scores = named
	p.mutex.Unlock()
	select {
	case p.inspect <- struct{}{}:
	default:
	}
}

// ID is the peer id as text.
func (p *Peer) ID() string { return p.host.ID().String() }

// Addresses it listens on, with its peer id.
func (p *Peer) Addresses() []string {
	var addresses []string
	for _, address := range p.host.Addrs() {
		addresses = append(addresses, fmt.Sprintf("%s/p2p/%s", address, p.host.ID()))
	}
	return addresses
}

// Close ends all connections.
func (p *Peer) Close() { p.host.Close() }

// Obey carries out a command.
func (p *Peer) Obey(ctx context.Context, command Command) error {
	switch command.Do {
	case "dial":
		return p.dial(ctx, command.Address)
	case "join":
		return p.join(ctx, command.Topic)
	case "publish":
		return p.publish(ctx, command.Topic, command.Publish)
	case "send":
		if err := p.hand(ctx, command.Topic, command.Base64, 1); err != nil {
			return err
		}
		say("published", map[string]any{"topic": command.Topic, "prefix": "", "count": 1})
	case "scores":
		// The next two rounds: the first may have begun before what the asker knows of.
		<-p.inspect
		<-p.inspect
		p.mutex.Lock()
		defer p.mutex.Unlock()
		say("scores", map[string]any{"scores": p.scores})
	default:
		return fmt.Errorf("unknown command %q", command.Do)
	}
	return nil
}

func (p *Peer) dial(ctx context.Context, address string) error {
	info, err := peer.AddrInfoFromString(address)
	if err != nil {
		return err
	}
	if err := p.host.Connect(ctx, *info); err != nil {
		return err
	}
	say("dialed", map[string]any{"peer": info.ID.String()})
	return nil
}
