package main

// Grapevine's envelope, version 1, from docs/protocol.md and packages/protocol/envelope.proto alone. Nothing here comes
// from the implementation in TypeScript: this file is the proof that the documents are enough.

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"filippo.io/edwards25519"
)

const (
	domain         = "grapevine-envelope/1"
	idDomain       = "grapevine-message/1"
	envelopeMax    = 60_000
	messagesMax    = 1_024
	parentsMax     = 64
	numberMax      = 1<<53 - 1
	futureMaxMicro = 120_000_000
	payloadMax     = 32 << 20
)

// Body is what an author signs.
type Body struct {
	Author   []byte
	Epoch    uint64
	Sequence uint64
	// Microseconds since 1970.
	Time     uint64
	Schema   []byte
	Parents  [][]byte
	Messages [][]byte
	// In place of messages, where the payload is fetched.
	Reference *Reference
}

// Reference says what is to be fetched (§22).
type Reference struct {
	// Of the content, where the topic has a rule for it.
	ID   []byte
	Size uint64
	Root []byte
}

// Envelope is a body in its exact bytes with a signature, which DecodeEnvelope does not check.
type Envelope struct {
	Body      Body
	BodyBytes []byte
	Signature []byte
}

var (
	errVersion  = errors.New("unknown-version")
	errEncoding = errors.New("bad-encoding")
)

func encodingError(format string, args ...any) error {
	return fmt.Errorf("%w: %s", errEncoding, fmt.Sprintf(format, args...))
}

// WireTopic is the topic's name on the wire (§2).
func WireTopic(network []byte, topic string) string {
	return "/gv/1/" + hex.EncodeToString(network[:8]) + "/" + topic
}

// PlainTopic is the reverse of WireTopic.
func PlainTopic(network []byte, wireTopic string) (string, error) {
	name, found := strings.CutPrefix(wireTopic, WireTopic(network, ""))
	if !found {
		return "", fmt.Errorf("%q is not a topic of this network", wireTopic)
	}
	return name, nil
}

// GossipID is the id of a gossip message (§2).
func GossipID(wireTopic string, data []byte) [32]byte {
	hash := sha256.New()
	hash.Write([]byte(wireTopic))
	hash.Write([]byte{0})
	hash.Write(data)
	return [32]byte(hash.Sum(nil))
}

// SignedBytes are what the signature covers (§3).
func SignedBytes(network []byte, topic string, body []byte) []byte {
	var signed []byte
	for _, part := range [][]byte{[]byte(domain), network, []byte(topic), body} {
		signed = binary.AppendUvarint(signed, uint64(len(part)))
		signed = append(signed, part...)
	}
	return signed
}

// MessageID is the id of message `index` (§4).
func MessageID(signed []byte, index int) [32]byte {
	hash := sha256.Sum256(signed)
	return sha256.Sum256(binary.BigEndian.AppendUint32(append([]byte(idDomain), hash[:]...), uint32(index)))
}

// Encode gives the canonical bytes of a body.
func (b Body) Encode() []byte {
	bytes := appendBytes(nil, 1, b.Author)
	bytes = appendNumber(bytes, 2, b.Epoch)
	bytes = appendNumber(bytes, 3, b.Sequence)
	bytes = appendNumber(bytes, 4, b.Time)
	if len(b.Schema) > 0 {
		bytes = appendBytes(bytes, 5, b.Schema)
	}
	for _, parent := range b.Parents {
		bytes = appendBytes(bytes, 6, parent)
	}
	for _, message := range b.Messages {
		bytes = appendBytes(bytes, 7, message)
	}
	if b.Reference != nil {
		bytes = appendBytes(bytes, 8, b.Reference.encode())
	}
	return bytes
}

func (r Reference) encode() []byte {
	var bytes []byte
	if len(r.ID) > 0 {
		bytes = appendBytes(bytes, 1, r.ID)
	}
	return appendBytes(appendNumber(bytes, 2, r.Size), 3, r.Root)
}

// EncodeEnvelope gives the canonical bytes of an envelope.
func EncodeEnvelope(body, signature []byte) []byte {
	return appendBytes(appendBytes(appendNumber(nil, 1, 1), 2, body), 3, signature)
}

func appendNumber(to []byte, field int, value uint64) []byte {
	return binary.AppendUvarint(binary.AppendUvarint(to, uint64(field)<<3), value)
}

func appendBytes(to []byte, field int, value []byte) []byte {
	to = binary.AppendUvarint(to, uint64(field)<<3|2)
	return append(binary.AppendUvarint(to, uint64(len(value))), value...)
}

// DecodeEnvelope takes canonical bytes only. Its error is errVersion (ignore), or wraps errEncoding (reject).
func DecodeEnvelope(data []byte) (*Envelope, error) {
	outer := &reader{rest: data}
	version := outer.number(1, 1<<32-1)
	if outer.err != nil {
		return nil, outer.err
	}
	if version != 1 {
		return nil, errVersion
	}
	if len(data) > envelopeMax {
		return nil, encodingError("%d bytes", len(data))
	}
	envelope := &Envelope{BodyBytes: outer.bytes(2, 1, envelopeMax), Signature: outer.bytes(3, 64, 64)}
	if err := outer.end(); err != nil {
		return nil, err
	}
	inner := &reader{rest: envelope.BodyBytes}
	body := Body{
		Author:   inner.bytes(1, 32, 32),
		Epoch:    inner.number(2, numberMax),
		Sequence: inner.number(3, numberMax),
		Time:     inner.number(4, numberMax),
	}
	if inner.has(5) {
		body.Schema = inner.bytes(5, 1, 32)
	}
	for inner.has(6) {
		body.Parents = append(body.Parents, inner.bytes(6, 32, 32))
	}
	for inner.has(7) {
		body.Messages = append(body.Messages, inner.bytes(7, 0, envelopeMax))
	}
	count := len(body.Messages)
	if count == 0 && inner.has(8) {
		body.Reference = inner.reference(8)
		count = 1
	}
	if err := inner.end(); err != nil {
		return nil, err
	}
	if count < 1 || count > messagesMax {
		return nil, encodingError("%d messages", count)
	}
	if len(body.Parents) > parentsMax {
		return nil, encodingError("%d parents", len(body.Parents))
	}
	if body.Sequence > numberMax-uint64(count-1) {
		return nil, encodingError("the last sequence is over 2^53 - 1")
	}
	envelope.Body = body
	return envelope, nil
}

// reader takes fields in the order in which they must stand. After an error it gives nothing more.
type reader struct {
	rest []byte
	err  error
}

func (r *reader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = encodingError(format, args...)
	}
	r.rest = nil
}

func (r *reader) varint() uint64 {
	value, size := binary.Uvarint(r.rest)
	if size <= 0 || value > numberMax || len(binary.AppendUvarint(nil, value)) != size {
		r.fail("varint")
		return 0
	}
	r.rest = r.rest[size:]
	return value
}

// has tells whether a bytes field of this number comes next. Tags of fields up to 15 take one byte.
func (r *reader) has(field int) bool {
	return len(r.rest) > 0 && r.rest[0] == byte(field<<3|2)
}

func (r *reader) tag(field, wireType int) {
	if r.varint() != uint64(field<<3|wireType) {
		r.fail("field %d is not where it must be", field)
	}
}

// number takes a number from 1 to most: one that is 0 would be absent.
func (r *reader) number(field int, most uint64) uint64 {
	r.tag(field, 0)
	value := r.varint()
	if value < 1 || value > most {
		r.fail("field %d is %d", field, value)
	}
	return value
}

func (r *reader) bytes(field, least, most int) []byte {
	r.tag(field, 2)
	length := r.varint()
	if length < uint64(least) || length > uint64(most) || length > uint64(len(r.rest)) {
		r.fail("field %d has %d bytes", field, length)
		return nil
	}
	value := r.rest[:length:length]
	r.rest = r.rest[length:]
	return value
}

func (r *reader) reference(field int) *Reference {
	inner := &reader{rest: r.bytes(field, 1, envelopeMax)}
	reference := &Reference{}
	if inner.has(1) {
		reference.ID = inner.bytes(1, 1, 32)
	}
	reference.Size = inner.number(2, payloadMax)
	reference.Root = inner.bytes(3, 32, 32)
	if inner.end() != nil {
		r.fail("reference: %v", inner.err)
	}
	return reference
}

func (r *reader) end() error {
	if len(r.rest) > 0 {
		r.fail("%d bytes at the end", len(r.rest))
	}
	return r.err
}

// VerifySignature is stricter than crypto/ed25519, which takes keys that are not canonical and points of small order.
func VerifySignature(author, signed, signature []byte) bool {
	return isSound(author) && isSound(signature[:32]) && ed25519.Verify(author, signed, signature)
}

// isSound tells whether bytes are the canonical encoding of a point that is not of small order.
func isSound(encoded []byte) bool {
	point, err := new(edwards25519.Point).SetBytes(encoded)
	if err != nil || string(point.Bytes()) != string(encoded) {
		return false
	}
	return new(edwards25519.Point).MultByCofactor(point).Equal(edwards25519.NewIdentityPoint()) == 0
}
