// A libp2p peer on go-libp2p and go-libp2p-pubsub, to be told what to do: commands as JSON lines on stdin, what happens
// as JSON lines on stdout. ../peer-program.ts defines both. `peer bench` is the program of a benchmark: bench.go; other
// subcommands play a part in a harness of libp2p.
package main

import (
	"bufio"
	"context"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"sync"
)

// Command is a line of stdin.
type Command struct {
	Do      string
	Address string
	Topic   string
	Base64  []byte
	Publish
}

// Publish says what to publish.
type Publish struct {
	Prefix string
	Count  int
	Texts  []string
	Peers  int
	Size   int
	Batch  int
	Schema string
	Fault  string
}

var output struct {
	sync.Mutex
	*json.Encoder
}

// say writes one line.
func say(event string, fields map[string]any) {
	line := map[string]any{"event": event}
	for name, value := range fields {
		line[name] = value
	}
	output.Lock()
	defer output.Unlock()
	if err := output.Encode(line); err != nil {
		os.Exit(1)
	}
}

var subcommands = map[string]func(context.Context, []string) error{
	"bench":             func(_ context.Context, args []string) error { return bench(args) },
	"gossipsub-interop": playGossipsub,
	"transport-interop": playTransport,
}

func main() {
	output.Encoder = json.NewEncoder(os.Stdout)
	if len(os.Args) > 1 && subcommands[os.Args[1]] != nil {
		if err := subcommands[os.Args[1]](context.Background(), os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	options := Options{}
	flag.StringVar(&options.Mode, "mode", "raw", "raw, enveloped or pubsub")
	network := flag.String("network", "", "network id, 32 bytes in hex")
	key := flag.String("key", "", "seed of the Ed25519 key, 32 bytes in hex; default: a new key")
	flag.StringVar(&options.Listen, "listen", "/ip4/127.0.0.1/tcp/0", "multiaddr")
	flag.BoolVar(&options.Unchecked, "unchecked", false, "validate nothing")
	flag.BoolVar(&options.SeqnoValidator, "seqno-validator", false, "mode pubsub: refuse sequence numbers that do not grow")
	flag.IntVar(&options.Queue, "queue", 4096, "length of pubsub's queues: validation, peers, subscriptions; default of pubsub: 32")
	flag.Parse()
	if err := run(options, *network, *key); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(options Options, network, key string) (err error) {
	if options.Network, err = hex.DecodeString(network); err != nil {
		return err
	}
	if options.Seed, err = hex.DecodeString(key); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	peer, err := NewPeer(ctx, options)
	if err != nil {
		return err
	}
	defer peer.Close()
	say("ready", map[string]any{"peer": peer.ID(), "addresses": peer.Addresses(), "versions": versions()})
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 4<<20)
	for lines.Scan() {
		var command Command
		err := json.Unmarshal(lines.Bytes(), &command)
		if err == nil {
			err = peer.Obey(ctx, command)
		}
		if err != nil {
			say("failed", map[string]any{"do": command.Do, "error": err.Error()})
		}
	}
	return lines.Err()
}

// versions of what this program is made of.
func versions() string {
	info, _ := debug.ReadBuildInfo()
	names := []string{info.GoVersion}
	for _, module := range info.Deps {
		name := strings.TrimPrefix(module.Path, "github.com/libp2p/")
		if name == "go-libp2p" || name == "go-libp2p-pubsub" {
			names = append(names, name+" "+module.Version)
		}
	}
	return strings.Join(names, ", ")
}
