#!/bin/sh
# Takes texts of at most 100 bytes without the word "casino". jq reads one JSON object a line and writes one.
exec jq --compact-output --unbuffered '
  if .text == null then { verdict: "reject", reason: "not UTF-8" }
  elif .size > 100 then { verdict: "ignore", reason: "\(.size) bytes are too many" }
  elif (.text | ascii_downcase | contains("casino")) then { verdict: "reject", reason: "advertising" }
  else { verdict: "accept" } end'
