package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/libp2p/go-libp2p"
	pubsub "github.com/libp2p/go-libp2p-pubsub"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	"github.com/libp2p/go-libp2p/p2p/muxer/yamux"
	"github.com/libp2p/go-libp2p/p2p/security/noise"
	"github.com/libp2p/go-libp2p/p2p/transport/tcp"
)

// Order is a line of stdin of the benchmark's program; scripts/bench/program.ts defines orders and answers.
type Order struct {
	Do      string
	Address string
	Count   int
	Size    int
	First   uint32
	Every   int
}

const benchTopic = "bench"

// benchQueue is longer than what the measurer lets be on its way: go-libp2p-pubsub loses what does not fit.
const benchQueue = 8192

// benchPeer is StrictSign with the library's defaults, but for the length of its queues.
type benchPeer struct {
	host      host.Host
	pubsub    *pubsub.PubSub
	topic     *pubsub.Topic
	mesh      *meshSize
	pack      int
	publishes chan Order
	mutex     sync.Mutex
	tally     tally
}

// tally counts what came, each serial once.
type tally struct {
	seen      []bool
	every     int
	latencies []int64
}

// bench measures: `peer bench [--pack N]`; a message of gossipsub then has N of the benchmark's.
func bench(arguments []string) error {
	flags := flag.NewFlagSet("bench", flag.ExitOnError)
	pack := flags.Int("pack", 1, "messages in one of gossipsub")
	flags.Parse(arguments)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	h, err := libp2p.New(
		libp2p.ListenAddrStrings("/ip4/127.0.0.1/tcp/0"),
		libp2p.Transport(tcp.NewTCPTransport),
		libp2p.Security(noise.ID, noise.New),
		libp2p.Muxer(yamux.ID, yamux.DefaultTransport),
		libp2p.DisableRelay(),
	)
	if err != nil {
		return err
	}
	defer h.Close()
	p := &benchPeer{host: h, mesh: &meshSize{}, pack: *pack, publishes: make(chan Order, 1024)}
	p.pubsub, err = pubsub.NewGossipSub(ctx, h,
		pubsub.WithPeerOutboundQueueSize(benchQueue), pubsub.WithValidateQueueSize(benchQueue),
		pubsub.WithRawTracer(p.mesh))
	if err != nil {
		return err
	}
	say("ready", map[string]any{"address": fmt.Sprintf("%s/p2p/%s", h.Addrs()[0], h.ID()), "versions": versions()})
	go p.publishAll(ctx)
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var order Order
		if err := json.Unmarshal(lines.Bytes(), &order); err != nil {
			return err
		}
		if err := p.obey(ctx, order); err != nil {
			return err
		}
	}
	return lines.Err()
}

func (p *benchPeer) obey(ctx context.Context, order Order) error {
	switch order.Do {
	case "dial":
		info, err := peer.AddrInfoFromString(order.Address)
		if err == nil {
			err = p.host.Connect(ctx, *info)
		}
		if err != nil {
			return err
		}
		say("dialed", nil)
	case "join":
		topic, err := p.pubsub.Join(benchTopic)
		if err != nil {
			return err
		}
		subscription, err := topic.Subscribe(pubsub.WithBufferSize(benchQueue))
		if err != nil {
			return err
		}
		p.topic = topic
		go p.read(ctx, subscription)
		say("joined", nil)
	case "publish":
		p.publishes <- order
	case "report":
		p.mutex.Lock()
		defer p.mutex.Unlock()
		p.tally = tally{every: order.Every}
	case "status":
		p.mutex.Lock()
		defer p.mutex.Unlock()
		say("status", map[string]any{"peers": p.mesh.Load(), "received": len(p.tally.latencies)})
	case "latencies":
		p.mutex.Lock()
		defer p.mutex.Unlock()
		say("latencies", map[string]any{"micros": p.tally.latencies})
	default:
		return fmt.Errorf("unknown order %q", order.Do)
	}
	return nil
}

func (p *benchPeer) publishAll(ctx context.Context) {
	for order := range p.publishes {
		for from := 0; from < order.Count; from += p.pack {
			data := make([]byte, 0, p.pack*(order.Size+4))
			for at := from; at < min(from+p.pack, order.Count); at++ {
				if p.pack > 1 {
					data = binary.LittleEndian.AppendUint32(data, uint32(order.Size))
				}
				start := len(data)
				data = binary.LittleEndian.AppendUint64(data, uint64(time.Now().UnixMicro()))
				data = binary.LittleEndian.AppendUint32(data, order.First+uint32(at))
				data = append(data, make([]byte, order.Size-(len(data)-start))...)
			}
			if err := p.topic.Publish(ctx, data); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
		}
	}
}

func (p *benchPeer) read(ctx context.Context, subscription *pubsub.Subscription) {
	for {
		message, err := subscription.Next(ctx)
		if err != nil {
			return
		}
		if message.ReceivedFrom == p.host.ID() {
			continue
		}
		data := message.Data
		if p.pack == 1 {
			p.take(data)
			continue
		}
		for len(data) > 0 {
			length := 4 + binary.LittleEndian.Uint32(data)
			p.take(data[4:length])
			data = data[length:]
		}
	}
}

func (p *benchPeer) take(payload []byte) {
	now := time.Now().UnixMicro()
	serial := int(binary.LittleEndian.Uint32(payload[8:]))
	p.mutex.Lock()
	defer p.mutex.Unlock()
	t := &p.tally
	if serial >= len(t.seen) {
		t.seen = append(t.seen, make([]bool, serial+1<<16)...)
	}
	if t.seen[serial] {
		return
	}
	t.seen[serial] = true
	t.latencies = append(t.latencies, now-int64(binary.LittleEndian.Uint64(payload)))
	if t.every > 0 && len(t.latencies)%t.every == 0 {
		say("received", map[string]any{"count": len(t.latencies)})
	}
}

// meshSize counts the peers of the mesh, which the library tells to tracers only.
type meshSize struct{ atomic.Int64 }

func (m *meshSize) Graft(peer.ID, string)                              { m.Add(1) }
func (m *meshSize) Prune(peer.ID, string)                              { m.Add(-1) }
func (*meshSize) OnNewOutboundStream(peer.ID, protocol.ID)             {}
func (*meshSize) OnClosedOutboundStream(peer.ID)                       {}
func (*meshSize) Join(string)                                          {}
func (*meshSize) Leave(string)                                         {}
func (*meshSize) ValidateMessage(*pubsub.Message)                      {}
func (*meshSize) DeliverMessage(*pubsub.Message)                       {}
func (*meshSize) RejectMessage(*pubsub.Message, string)                {}
func (*meshSize) DuplicateMessage(*pubsub.Message)                     {}
func (*meshSize) ThrottlePeer(peer.ID)                                 {}
func (*meshSize) RecvRPC(*pubsub.RPC)                                  {}
func (*meshSize) SendRPC(*pubsub.RPC, peer.ID)                         {}
func (*meshSize) SendRPCCompleted(*pubsub.RPC, peer.ID, time.Duration) {}
func (*meshSize) DropRPC(*pubsub.RPC, peer.ID)                         {}
func (*meshSize) UndeliverableMessage(*pubsub.Message)                 {}
