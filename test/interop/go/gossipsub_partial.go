package main

import (
	"encoding/binary"
	"iter"
	"log/slog"
	"os"
	"sync"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	"github.com/libp2p/go-libp2p-pubsub/partialmessages"
	pb "github.com/libp2p/go-libp2p-pubsub/pb"
	"github.com/libp2p/go-libp2p/core/peer"
)

const (
	partCount = 8
	partBytes = 1024
)

// standing is what is known of a peer about a group: which parts it has, and which of ours it was told of.
type standing struct {
	knows, told  bool
	theirs, ours byte
}

// partialMessage is a group of gossipsub-interop: eight parts, of which some are here.
type partialMessage [partCount][]byte

func (m *partialMessage) bitmap() (bits byte) {
	for part, data := range m {
		if data != nil {
			bits |= 1 << part
		}
	}
	return bits
}

// fill makes the parts of a bitmap: numbers that count up from the group's.
func (m *partialMessage) fill(group uint64, bitmap byte) {
	for part := range m {
		if bitmap&(1<<part) == 0 || m[part] != nil {
			continue
		}
		m[part] = make([]byte, 0, partBytes)
		for word := range uint64(partBytes / 8) {
			m[part] = binary.BigEndian.AppendUint64(m[part], group+uint64(part)*partBytes/8+word)
		}
	}
}

// extend takes the parts of an encoded message that are missing; whether there were any.
func (m *partialMessage) extend(encoded []byte) bool {
	before := m.bitmap()
	if len(encoded) == 0 {
		return false
	}
	rest := encoded[1:]
	for part := range m {
		if encoded[0]&(1<<part) == 0 || len(rest) < partBytes+8 {
			continue
		}
		if m[part] == nil {
			m[part] = rest[:partBytes]
		}
		rest = rest[partBytes:]
	}
	return m.bitmap() != before
}

// encode gives the parts that somebody lacks, or nil.
func (m *partialMessage) encode(groupID []byte, theirs byte) []byte {
	encoded := []byte{m.bitmap() &^ theirs}
	if encoded[0] == 0 {
		return nil
	}
	for part := range m {
		if encoded[0]&(1<<part) != 0 {
			encoded = append(encoded, m[part]...)
		}
	}
	return append(encoded, groupID...)
}

// partialMessages are the groups of all topics that are held.
type partialMessages struct {
	*player
	mutex  sync.Mutex
	groups map[string]*partialMessage
}

// option tells pubsub of the extension.
func (p *partialMessages) option() pubsub.Option {
	return pubsub.WithPartialMessagesExtension(&partialmessages.PartialMessagesExtension[standing]{
		Logger:             slog.New(slog.NewTextHandler(os.Stderr, nil)),
		OnIncomingRPC:      p.received,
		GroupTTLByHeatbeat: 60,
		OnEmitGossip: func(topic string, groupID []byte, _ []peer.ID, _ map[peer.ID]standing) {
			go p.publish(topic, groupID, nil)
		},
	})
}

func (p *partialMessages) group(topic string, groupID []byte) *partialMessage {
	name := string(groupID) + topic
	if p.groups[name] == nil {
		p.groups[name] = &partialMessage{}
	}
	return p.groups[name]
}

func (p *partialMessages) add(topic string, group uint64, bitmap byte) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	message := p.group(topic, binary.BigEndian.AppendUint64(nil, group))
	message.fill(group, bitmap)
	if message.bitmap() == 0xff {
		p.log.Info("All parts received", "group id", group)
	}
}

func (p *partialMessages) received(from peer.ID, standings map[peer.ID]standing, rpc *pb.PartialMessagesExtension) error {
	if len(rpc.GroupID) != 8 {
		return nil
	}
	p.mutex.Lock()
	defer p.mutex.Unlock()
	message := p.group(rpc.GetTopicID(), rpc.GroupID)
	at := standings[from]
	if len(rpc.PartsMetadata) == 1 {
		at.knows, at.theirs = true, rpc.PartsMetadata[0]
	}
	if len(rpc.PartialMessage) > 0 {
		at.knows, at.theirs = true, at.theirs|rpc.PartialMessage[0]
	}
	standings[from] = at
	if message.extend(rpc.PartialMessage) && message.bitmap() == 0xff {
		p.log.Info("All parts received", "group id", binary.BigEndian.Uint64(rpc.GroupID))
	}
	// Not from here: pubsub waits for this function.
	go p.publish(rpc.GetTopicID(), rpc.GroupID, nil)
	return nil
}

// publish tells all peers that matter, or those that are named, what is here, and sends them what they lack.
func (p *partialMessages) publish(topic string, groupID []byte, to []peer.ID) error {
	actions := func(standings map[peer.ID]standing, _ func(peer.ID) bool) iter.Seq2[peer.ID, partialmessages.PublishAction] {
		return func(yield func(peer.ID, partialmessages.PublishAction) bool) {
			p.mutex.Lock()
			defer p.mutex.Unlock()
			message := p.group(topic, groupID)
			peers := to
			if peers == nil {
				for id := range standings {
					peers = append(peers, id)
				}
			}
			for _, id := range peers {
				at := standings[id]
				var action partialmessages.PublishAction
				if at.knows {
					action.EncodedPartialMessage = message.encode(groupID, at.theirs)
					at.theirs |= message.bitmap()
				}
				if action.EncodedPartialMessage == nil && at.told && at.ours == message.bitmap() {
					continue
				}
				action.EncodedPartsMetadata = []byte{message.bitmap()}
				at.told, at.ours = true, message.bitmap()
				standings[id] = at
				if !yield(id, action) {
					return
				}
			}
		}
	}
	return pubsub.PublishPartial(p.pubsub, topic, groupID, actions)
}

// playPartial carries out an instruction about partial messages.
func (p *player) playPartial(instruction ScriptInstruction) error {
	if instruction.Type == "addPartialMessage" {
		p.partial.add(instruction.TopicID, instruction.GroupID, instruction.Parts)
		return nil
	}
	var to []peer.ID
	for _, node := range instruction.PublishToNodeIDs {
		id, err := peer.IDFromPrivateKey(nodeKey(node))
		if err != nil {
			return err
		}
		to = append(to, id)
	}
	return p.partial.publish(instruction.TopicID, binary.BigEndian.AppendUint64(nil, instruction.GroupID), to)
}
