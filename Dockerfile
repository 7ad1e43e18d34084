# SPDX-License-Identifier: MIT
# A rig or a runner in a container:
#
#   docker build -t hil .
#   docker run --rm hil                                        the suite, on a virtual board
#   docker run --rm --device /dev/ttyACM0 --group-add dialout hil test --hil-board /dev/ttyACM0
FROM python:3.11-slim-bookworm@sha256:a36c24f9cbdf4fd0f52d67f0823eeac19c2028c637cecc392d97f980d4fec56b

RUN useradd --create-home --groups dialout hil
WORKDIR /src
COPY pyproject.toml README.md LICENSE budgets.toml ./
COPY .ci .ci
COPY hil hil
COPY firmware/virtual firmware/virtual
COPY models models
COPY photos photos
RUN pip install --no-cache-dir ".[sim]" && rm -rf /src

USER hil
WORKDIR /home/hil
ENTRYPOINT ["hil"]
CMD ["test"]
