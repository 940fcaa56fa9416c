package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"os"
	"time"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	pb "github.com/libp2p/go-libp2p-pubsub/pb"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/net/swarm"
)

// ScriptInstruction is an instruction of gossipsub-interop; ../gossipsub/instruction.ts defines them.
type ScriptInstruction struct {
	Type             string
	GossipSubParams  json.RawMessage
	ConnectTo        []int
	NodeID           int
	Instruction      *ScriptInstruction
	ElapsedSeconds   int
	TopicID          string
	DelaySeconds     float64
	MessageID        uint64
	MessageSizeBytes int
	Partial          bool
	GroupID          uint64
	Parts            uint8
	PublishToNodeIDs []int
}

// player is one node of gossipsub-interop (github.com/libp2p/test-plans).
type player struct {
	node   int
	start  time.Time
	log    *slog.Logger
	host   host.Host
	pubsub *pubsub.PubSub
	topics map[string]*pubsub.Topic

	partial *partialMessages
}

// playGossipsub plays the script of `--params FILE` and logs as the contract says.
func playGossipsub(ctx context.Context, args []string) error {
	p := &player{start: time.Now(), log: slog.New(slog.NewJSONHandler(os.Stdout, nil)), topics: map[string]*pubsub.Topic{}}
	p.partial = &partialMessages{player: p, groups: map[string]*partialMessage{}}
	flags := flag.NewFlagSet("gossipsub-interop", flag.ContinueOnError)
	path := flags.String("params", "", "the script, a JSON file")
	if err := flags.Parse(args); err != nil {
		return err
	}
	name, err := os.Hostname()
	if err != nil {
		return err
	}
	if _, err := fmt.Sscanf(name, "node%d", &p.node); err != nil {
		return err
	}
	file, err := os.ReadFile(*path)
	if err != nil {
		return err
	}
	var params struct{ Script []ScriptInstruction }
	if err := json.Unmarshal(file, &params); err != nil {
		return err
	}
	if p.host, err = newHost(nodeKey(p.node), "/ip4/0.0.0.0/tcp/9000"); err != nil {
		return err
	}
	defer p.host.Close()
	p.log.Info("PeerID", "id", p.host.ID().String(), "node_id", p.node)
	for _, instruction := range params.Script {
		if err := p.play(ctx, instruction); err != nil {
			return err
		}
	}
	return nil
}

func (p *player) play(ctx context.Context, instruction ScriptInstruction) error {
	switch instruction.Type {
	case "initGossipSub":
		return p.init(ctx, instruction.GossipSubParams)
	case "connect":
		for _, node := range instruction.ConnectTo {
			if err := p.connect(ctx, node); err != nil {
				return err
			}
		}
	case "ifNodeIDEquals":
		if instruction.NodeID == p.node {
			return p.play(ctx, *instruction.Instruction)
		}
	case "waitUntil":
		p.log.Info("Waiting", "elapsedSeconds", time.Since(p.start).Seconds(), "until", instruction.ElapsedSeconds)
		time.Sleep(time.Until(p.start.Add(time.Duration(instruction.ElapsedSeconds) * time.Second)))
	case "subscribeToTopic":
		var options []pubsub.TopicOpt
		if instruction.Partial {
			options = append(options, pubsub.RequestPartialMessages())
		}
		topic, err := p.topic(instruction.TopicID, options...)
		if err != nil {
			return err
		}
		subscription, err := topic.Subscribe()
		if err != nil {
			return err
		}
		// Read, so that nothing queues; the tracer says what has come.
		go func() {
			for err := error(nil); err == nil; {
				_, err = subscription.Next(ctx)
			}
		}()
	case "setTopicValidationDelay":
		delay := time.Duration(instruction.DelaySeconds * float64(time.Second))
		return p.pubsub.RegisterTopicValidator(instruction.TopicID, func(context.Context, peer.ID, *pubsub.Message) bool {
			time.Sleep(delay)
			return true
		})
	case "publish":
		topic, err := p.topic(instruction.TopicID)
		if err != nil {
			return err
		}
		data := make([]byte, instruction.MessageSizeBytes)
		binary.BigEndian.PutUint64(data, instruction.MessageID)
		p.log.Info("Publishing", "id", fmt.Sprint(instruction.MessageID), "topic", instruction.TopicID)
		return topic.Publish(ctx, data)
	case "addPartialMessage", "publishPartial":
		return p.playPartial(instruction)
	default:
		return fmt.Errorf("the instruction %q is not played here", instruction.Type)
	}
	return nil
}

func (p *player) init(ctx context.Context, changes json.RawMessage) (err error) {
	params := pubsub.DefaultGossipSubParams()
	if err := json.Unmarshal(changes, &params); err != nil {
		return err
	}
	p.pubsub, err = pubsub.NewGossipSub(ctx, p.host,
		pubsub.WithMessageSignaturePolicy(pubsub.StrictNoSign),
		pubsub.WithNoAuthor(),
		pubsub.WithMessageIdFn(func(message *pb.Message) string { return string(message.GetData()[:8]) }),
		pubsub.WithPeerOutboundQueueSize(600),
		pubsub.WithValidateQueueSize(600),
		pubsub.WithMaxMessageSize(10<<20),
		pubsub.WithGossipSubParams(params),
		pubsub.WithEventTracer(receiptTracer{p}),
		p.partial.option(),
	)
	return err
}

func (p *player) topic(name string, options ...pubsub.TopicOpt) (*pubsub.Topic, error) {
	if topic, found := p.topics[name]; found {
		return topic, nil
	}
	topic, err := p.pubsub.Join(name, options...)
	p.topics[name] = topic
	return topic, err
}

// connect waits for a node that is not up yet: clocks are real here.
func (p *player) connect(ctx context.Context, node int) error {
	addresses, err := net.LookupHost(fmt.Sprintf("node%d", node))
	if err != nil {
		return err
	}
	id, err := peer.IDFromPrivateKey(nodeKey(node))
	if err != nil {
		return err
	}
	info, err := peer.AddrInfoFromString(fmt.Sprintf("/ip4/%s/tcp/9000/p2p/%s", addresses[0], id))
	if err != nil {
		return err
	}
	for {
		err := p.host.Connect(ctx, *info)
		if err == nil || time.Since(p.start) > 30*time.Second {
			return err
		}
		time.Sleep(200 * time.Millisecond)
		p.host.Network().(*swarm.Swarm).Backoff().Clear(id)
	}
}

// nodeKey is made of the node's number, little-endian.
func nodeKey(node int) crypto.PrivKey {
	seed := make([]byte, 32)
	binary.LittleEndian.PutUint64(seed, uint64(node))
	key, _, err := crypto.GenerateEd25519Key(bytes.NewReader(seed))
	if err != nil {
		panic(err)
	}
	return key
}

// receiptTracer logs each copy that comes.
type receiptTracer struct{ *player }

func (t receiptTracer) Trace(event *pb.TraceEvent) {
	switch event.GetType() {
	case pb.TraceEvent_DELIVER_MESSAGE:
		message := event.GetDeliverMessage()
		t.received(message.GetMessageID(), message.GetReceivedFrom(), message.GetTopic())
	case pb.TraceEvent_DUPLICATE_MESSAGE:
		message := event.GetDuplicateMessage()
		t.received(message.GetMessageID(), message.GetReceivedFrom(), message.GetTopic())
	}
}

func (t receiptTracer) received(id, from []byte, topic string) {
	if peer.ID(from) == t.host.ID() {
		return
	}
	t.log.Info("Received Message",
		"id", fmt.Sprint(binary.BigEndian.Uint64(id)), "from", peer.ID(from).String(), "topic", topic)
}
