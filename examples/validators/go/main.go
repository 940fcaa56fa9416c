// Judges readings of sensors: {"celsius": NUMBER} between -60 and 60, and at most one a second from each author.
package main

import (
	"bufio"
	"encoding/json"
	"os"
	"time"
)

type message struct {
	Author string
	Text   *string
	Time   time.Time
}

type answer struct {
	Verdict string `json:"verdict"`
	Reason  string `json:"reason,omitempty"`
	// Milliseconds to wait, with defer.
	For int64 `json:"for,omitempty"`
}

type judge struct{ last map[string]time.Time }

func (j judge) judge(m message) answer {
	var reading struct{ Celsius *float64 }
	if m.Text == nil || json.Unmarshal([]byte(*m.Text), &reading) != nil || reading.Celsius == nil {
		return answer{Verdict: "reject", Reason: "no reading"}
	}
	if *reading.Celsius < -60 || *reading.Celsius > 60 {
		return answer{Verdict: "ignore", Reason: "the sensor is broken"}
	}
	if last, ok := j.last[m.Author]; ok && m.Time.After(last) && m.Time.Sub(last) < time.Second {
		return answer{Verdict: "ignore", Reason: "more than one a second"}
	}
	j.last[m.Author] = m.Time
	return answer{Verdict: "accept"}
}

func main() {
	in, out := bufio.NewReaderSize(os.Stdin, 1<<20), bufio.NewWriter(os.Stdout)
	rules := judge{last: map[string]time.Time{}}
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return
		}
		var m message
		if err := json.Unmarshal(line, &m); err != nil {
			os.Stderr.WriteString(err.Error() + "\n")
			os.Exit(1)
		}
		bytes, _ := json.Marshal(rules.judge(m))
		out.Write(append(bytes, '\n'))
		// Answers go out when nothing more waits to be read: whole batches at once under load.
		if in.Buffered() == 0 {
			out.Flush()
		}
	}
}
