# SPDX-License-Identifier: MIT
# A rig or a runner in a container:
#
#   docker build -t hil .
#   docker run --rm hil                                        the suite, on a virtual board
#   docker run --rm --device /dev/ttyACM0 --group-add dialout hil test --hil-board /dev/ttyACM0
FROM python:3.11-slim-bookworm

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
