#!/bin/sh
# SPDX-License-Identifier: MIT
# A self-hosted runner's ACTIONS_RUNNER_HOOK_JOB_STARTED: refuses what does not come from the repository itself.
#
# A workflow's own conditions cannot keep a fork out, for a pull request brings its own copy of the workflow. This script
# is the machine's, so it can.
set -eu

if ! python3 - "$GITHUB_EVENT_PATH" <<'PYTHON'
import json
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    event = json.load(file)
pull = event.get("pull_request")
if pull is not None:
    head = (pull["head"].get("repo") or {}).get("full_name")
    read_by_nobody = pull["user"]["login"] == "dependabot[bot]"
    sys.exit(head != pull["base"]["repo"]["full_name"] or read_by_nobody)
PYTHON
then
    echo "This rig does not run pull requests of forks and of dependabot: read the commit and start the workflow by hand with its SHA." >&2
    exit 1
fi

case "$GITHUB_EVENT_NAME" in
push | pull_request | schedule | workflow_dispatch) ;;
*)
    echo "This rig does not run workflows that are started by $GITHUB_EVENT_NAME." >&2
    exit 1
    ;;
esac
