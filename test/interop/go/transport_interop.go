package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/protocol/ping"
)

// transportPart is what a participant of libp2p's transport tests is told: ../transport/contract.ts.
type transportPart struct {
	redis, key string
	modern     bool
}

// playTransport listens or dials with TCP, Noise and yamux, as its environment says.
func playTransport(ctx context.Context, _ []string) error {
	testKey, modern := os.LookupEnv("TEST_KEY")
	part := transportPart{redis: "redis:6379", key: "listenerAddr", modern: modern}
	variable := os.Getenv
	if modern {
		part.redis, part.key = "transport-redis:6379", testKey+"_listener_multiaddr"
		variable = func(name string) string { return os.Getenv(strings.ToUpper(name)) }
	}
	if address := variable("redis_addr"); address != "" {
		part.redis = address
	}
	timeout := 180
	for _, name := range []string{"test_timeout_seconds", "TEST_TIMEOUT_SECS"} {
		if seconds, err := strconv.Atoi(os.Getenv(name)); err == nil {
			timeout = seconds
		}
	}
	ctx, cancel := context.WithTimeout(ctx, time.Duration(timeout)*time.Second)
	defer cancel()

	key, _, err := crypto.GenerateEd25519Key(rand.Reader)
	if err != nil {
		return err
	}
	h, err := newHost(key, "/ip4/0.0.0.0/tcp/0")
	if err != nil {
		return err
	}
	defer h.Close()
	if variable("is_dialer") == "true" {
		return part.dial(ctx, h)
	}
	return part.listen(ctx, h)
}

func (t transportPart) listen(ctx context.Context, h host.Host) error {
	for _, address := range h.Addrs() {
		if strings.HasPrefix(address.String(), "/ip4/127.") {
			continue
		}
		if _, err := command(ctx, t.redis, "DEL", t.key); err != nil {
			return err
		}
		if _, err := command(ctx, t.redis, "RPUSH", t.key, fmt.Sprintf("%s/p2p/%s", address, h.ID())); err != nil {
			return err
		}
		// Until it is killed.
		<-ctx.Done()
		return ctx.Err()
	}
	return errors.New("there is no address but loopback")
}

func (t transportPart) dial(ctx context.Context, h host.Host) error {
	answer, err := command(ctx, t.redis, "BLPOP", t.key, "0")
	if err != nil {
		return err
	}
	info, err := peer.AddrInfoFromString(answer[1])
	if err != nil {
		return err
	}
	start := time.Now()
	if err := h.Connect(ctx, *info); err != nil {
		return err
	}
	result := <-ping.Ping(ctx, h, info.ID)
	if result.Error != nil {
		return result.Error
	}
	handshake, trip := millis(time.Since(start)), millis(result.RTT)
	if t.modern {
		fmt.Printf("latency:\n  handshake_plus_one_rtt: %.3f\n  ping_rtt: %.3f\n  unit: ms\n", handshake, trip)
	} else {
		fmt.Printf(`{"handshakePlusOneRTTMillis":%.3f,"pingRTTMilllis":%.3f}`+"\n", handshake, trip)
	}
	return nil
}

func millis(duration time.Duration) float64 { return float64(duration.Microseconds()) / 1000 }

// command sends a command to a redis, and waits for one that is not up yet: the strings of its answer.
func command(ctx context.Context, address string, words ...string) ([]string, error) {
	var connection net.Conn
	for {
		var err error
		var dialer net.Dialer
		if connection, err = dialer.DialContext(ctx, "tcp", address); err == nil {
			break
		}
		if ctx.Err() != nil {
			return nil, err
		}
		time.Sleep(100 * time.Millisecond)
	}
	defer connection.Close()
	defer context.AfterFunc(ctx, func() { connection.Close() })()
	fmt.Fprintf(connection, "*%d\r\n", len(words))
	for _, word := range words {
		fmt.Fprintf(connection, "$%d\r\n%s\r\n", len(word), word)
	}
	lines := bufio.NewScanner(connection)
	next := func() string {
		if !lines.Scan() {
			return ""
		}
		return lines.Text()
	}
	head := next()
	switch {
	case head == "":
		return nil, io.ErrUnexpectedEOF
	case head[0] == ':' || head[0] == '+':
		return []string{head[1:]}, nil
	case head[0] != '*':
		return nil, errors.New("redis answers " + head)
	}
	count, err := strconv.Atoi(head[1:])
	answer := make([]string, max(count, 0))
	for index := range answer {
		next()
		answer[index] = next()
	}
	return answer, errors.Join(err, lines.Err())
}
