package main

import (
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"strconv"
	"testing"
)

func load(t *testing.T, name string, into any) {
	t.Helper()
	text, err := os.ReadFile("../../../packages/protocol/vectors/" + name)
	if err == nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func unhex(t *testing.T, text string) []byte {
	t.Helper()
	bytes, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return bytes
}

func number(t *testing.T, text string) uint64 {
	t.Helper()
	value, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

func TestEnvelopesOfTheVectorsAreReadMadeAndSigned(t *testing.T) {
	var vectors struct {
		NetworkID, AuthorSeed string
		Valid                 []struct {
			Name, Topic, Signed, Signature, Wire string
			Body                                 struct {
				Author, Epoch, Sequence, Time, Schema string
				Parents, Messages                     []string
				Reference                             *struct{ ID, Size, Root string }
			}
		}
		Invalid []struct{ Name, Reason, Wire string }
	}
	load(t, "envelope.json", &vectors)
	network := unhex(t, vectors.NetworkID)
	key := ed25519.NewKeyFromSeed(unhex(t, vectors.AuthorSeed))
	if len(vectors.Valid) < 6 || len(vectors.Invalid) < 9 {
		t.Fatal("vectors are missing")
	}
	for _, vector := range vectors.Valid {
		body := Body{
			Author:   unhex(t, vector.Body.Author),
			Epoch:    number(t, vector.Body.Epoch),
			Sequence: number(t, vector.Body.Sequence),
			Time:     number(t, vector.Body.Time),
		}
		if vector.Body.Schema != "" {
			body.Schema = unhex(t, vector.Body.Schema)
		}
		for _, parent := range vector.Body.Parents {
			body.Parents = append(body.Parents, unhex(t, parent))
		}
		for _, message := range vector.Body.Messages {
			body.Messages = append(body.Messages, unhex(t, message))
		}
		if given := vector.Body.Reference; given != nil {
			body.Reference = &Reference{Size: number(t, given.Size), Root: unhex(t, given.Root)}
			if given.ID != "" {
				body.Reference.ID = unhex(t, given.ID)
			}
		}
		signed := SignedBytes(network, vector.Topic, body.Encode())
		if hex.EncodeToString(signed) != vector.Signed {
			t.Errorf("%s: other signed bytes", vector.Name)
		}
		signature := ed25519.Sign(key, signed)
		if hex.EncodeToString(signature) != vector.Signature || !VerifySignature(body.Author, signed, signature) {
			t.Errorf("%s: other signature", vector.Name)
		}
		wire := EncodeEnvelope(body.Encode(), signature)
		if hex.EncodeToString(wire) != vector.Wire {
			t.Errorf("%s: other bytes", vector.Name)
		}
		envelope, err := DecodeEnvelope(wire)
		if err != nil || !reflect.DeepEqual(envelope.Body, body) {
			t.Errorf("%s: read as %v, %v", vector.Name, envelope, err)
		}
	}
	for _, vector := range vectors.Invalid {
		want := errEncoding
		if vector.Reason == "unknown-version" {
			want = errVersion
		}
		if _, err := DecodeEnvelope(unhex(t, vector.Wire)); !errors.Is(err, want) {
			t.Errorf("%s: %v", vector.Name, err)
		}
	}
}

func TestIdsAreThoseOfTheVectors(t *testing.T) {
	var vectors struct {
		NetworkID string
		Cases     []struct {
			Topic, WireTopic, Wire, Signed, GossipID string
			MessageIDs                               []string
		}
	}
	load(t, "id.json", &vectors)
	network := unhex(t, vectors.NetworkID)
	for _, vector := range vectors.Cases {
		if WireTopic(network, vector.Topic) != vector.WireTopic {
			t.Errorf("%s: other wire topic", vector.Topic)
		}
		if id := GossipID(vector.WireTopic, unhex(t, vector.Wire)); hex.EncodeToString(id[:]) != vector.GossipID {
			t.Errorf("%s: other gossip id", vector.Topic)
		}
		for index, want := range vector.MessageIDs {
			if id := MessageID(unhex(t, vector.Signed), index); hex.EncodeToString(id[:]) != want {
				t.Errorf("%s: other id of message %d", vector.Topic, index)
			}
		}
	}
}

func TestAKeyOfSmallOrderSignsNothing(t *testing.T) {
	identity := make([]byte, 32)
	identity[0] = 1
	signature := append(append([]byte{}, identity...), make([]byte, 32)...)
	if !ed25519.Verify(identity, []byte("anything"), signature) {
		t.Fatal("crypto/ed25519 has become strict: VerifySignature can go")
	}
	if VerifySignature(identity, []byte("anything"), signature) {
		t.Error("accepted")
	}
}
