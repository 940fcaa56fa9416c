"""Judges a topic in which a message names the one before it: {"parent": "ID or null", ...}.

The topic has ids by content (topic define chain --id content). A message whose parent has not come waits for it: the node
fetches the parent from its peers, and asks again. What was accepted is remembered in a file, for the next start.
"""

import json
import os
import sys

path = os.path.join(os.environ["GRAPEVINE_HOME"], os.environ["GRAPEVINE_TOPIC"].replace("/", "_") + ".accepted")
accepted = set(open(path).read().split()) if os.path.exists(path) else set()
memory = open(path, "a")


def judge(message):
    try:
        parent = json.loads(message["text"])["parent"]
    except (KeyError, TypeError, ValueError):
        return {"verdict": "reject", "reason": "no JSON object with a parent"}
    if parent is not None and parent not in accepted:
        return {"verdict": "defer", "ids": [parent], "reason": "its parent comes first"}
    accepted.add(message["id"])
    memory.write(message["id"] + "\n")
    return {"verdict": "accept"}


for line in sys.stdin:
    print(json.dumps(judge(json.loads(line))))
    # One answer for each line: without this they would wait in a buffer.
    memory.flush()
    sys.stdout.flush()
