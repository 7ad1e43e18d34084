#!/bin/sh
# SPDX-License-Identifier: MIT
# A self-hosted runner's ACTIONS_RUNNER_HOOK_JOB_COMPLETED: nothing of a job stays behind, however it ended. The boards
# need no cleaning: the next run flashes what differs, and the kernel has dropped the locks of processes that are gone.
set -eu

rm -rf "$GITHUB_WORKSPACE/.venv" "$GITHUB_WORKSPACE/hil-report" "$GITHUB_WORKSPACE/firmware-esp32s3"
