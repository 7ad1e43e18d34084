# SPDX-License-Identifier: MIT
"""Traces of selective repeat, worked out by hand from section 1.5 of docs/protocol.md."""

from collections.abc import Iterable

from arq_model import random_traces

# A round trip of 5 ms measured first makes SRTT 5000, RTTVAR 2500 and the RTO 5000 + 4 * 2500.
BY_HAND = """
# nothing is lost
peer
ask 0 28
out 0 0 1 2 3 4 5 6 7? 8 9 10 11 12 13 14 15? 16 17 18 19 20 21 22 23? 24 25 26 27?
deadline 250000
ack 5000 8 0
rto 15000
deadline 20000
ack 6000 16 0
rto 13625
ack 7000 24 0
rto 13607
deadline 20607
state sending
ack 8000 28 0
rto 14513
state waiting
deadline 48000
out 8000
fragment 9000 0
state coming
deadline 23513
end
state done
deadline -
resent 0

# the last is lost: the probe brings it, and measures nothing
peer
ask 0 5
out 0 0 1 2 3 4?
timer 249999
out 249999
timer 250000
out 250000 4?
resent 1
deadline 750000
ack 255000 5 0
rto 250000
state waiting
deadline 295000

# the ACK is lost: likewise
peer
ask 0 1
out 0 0?
timer 250000
out 250000 0?
ack 252000 1 0
state waiting
rto 250000
resent 1

# a probe that arrives shows what had not before it
peer
ask 0 5
out 0 0 1 2 3 4?
timer 250000
out 250000 4?
ack 255000 2 0x3
out 255000 2?
resent 2
deadline 505000
ack 260000 5 0
state waiting

# overtaken by two: nothing is sent again; by three: it is
peer
ask 0 16
out 0 0 1 2 3 4 5 6 7? 8 9 10 11 12 13 14 15?
ack 1000 5 0x3
rto 10000
out 1000
ack 2000 16 0
resent 0
peer
ask 0 16
out 0 0 1 2 3 4 5 6 7? 8 9 10 11 12 13 14 15?
ack 1000 4 0x7
out 1000 4?
resent 1

# what is lost goes out before what is new; 32 from the lowest that is missing
peer
ask 0 41
out 0 0 1 2 3 4 5 6 7? 8 9 10 11 12 13 14 15? 16 17 18 19 20 21 22 23? 24 25 26 27 28 29 30 31?
ack 20000 3 0xf
rto 60000
out 20000 3 32 33 34?
resent 1
ack 30000 3 0xfffffff
out 30000
ack 40000 35 0
out 40000 35 36 37 38 39? 40?
state sending
ack 50000 41 0
state waiting
resent 1

# of a fragment sent twice no round trip is measured; the probe is what was transmitted last
peer
ask 0 16
out 0 0 1 2 3 4 5 6 7? 8 9 10 11 12 13 14 15?
ack 20000 4 0x7
rto 60000
out 21000 4?
deadline 81000
timer 81000
out 81000 4?
deadline 201000
resent 2
ack 100000 8 0
rto 60000
out 100000 8 9 10 11 12 13 14 15?
resent 10
deadline 160000

# a probe that waits for the link asks for an ACK though others have become due behind it
peer
ask 0 16
out 0 0 1 2 3 4 5 6 7? 8 9 10 11 12 13 14 15?
ack 20000 4 0x7
out 21000 4?
timer 81000
take 81000
ack 82000 4 0x407
out 83000 4? 8 9 10 11 12?

# an ACK that says nothing new, or less than is known, or of what was never sent, changes nothing
peer
ask 0 16
out 0 0 1 2 3 4 5 6 7? 8 9 10 11 12 13 14 15?
ack 1000 8 0
deadline 11000
ack 2000 8 0
ack 3000 4 0
ack 3500 0 0
deadline 11000
out 3500
ack 4000 16 0xffffffffffffffff
state waiting
ack 5000 3 0
state waiting
deadline 44000
peer
ask 0 5
take 0 0 1 2
ack 1000 5 0
state sending
out 1000 3 4?
ack 2000 5 0
state waiting

# a link that is full: what waits is not lost, and no timer runs but the last
peer
ask 0 5
take 0 0 1
take 100
deadline 10000000
timer 300000
state sending
out 400000 2 3 4?
deadline 650000
resent 0

# a round trip of 2 ms: 10 ms at least, doubled at each expiry, 500 ms at most; the 20th ends it
peer
ask 0 1
out 0 0?
ack 2000 1 0
rto 10000
end
ask 100000 1
out 100000 0?
deadline 110000
timer 110000
out 110000 0?
deadline 130000
timer 130000
out 130000 0?
deadline 170000
timer 170000
out 170000 0?
deadline 250000
timer 250000
out 250000 0?
deadline 410000
timer 410000
out 410000 0?
deadline 730000
timer 730000
out 730000 0?
deadline 1230000
timer 1230000
out 1230000 0?
timer 1730000
out 1730000 0?
timer 2230000
out 2230000 0?
timer 2730000
out 2730000 0?
timer 3230000
out 3230000 0?
timer 3730000
out 3730000 0?
timer 4230000
out 4230000 0?
timer 4730000
out 4730000 0?
timer 5230000
out 5230000 0?
timer 5730000
out 5730000 0?
timer 6230000
out 6230000 0?
timer 6730000
out 6730000 0?
timer 7230000
out 7230000 0?
resent 19
deadline 7730000
state sending
timer 7730000
state failed
out 7730000
deadline -
# the next message begins undoubled
ask 8000000 1
out 8000000 0?
deadline 8010000

# news undoes the doubling
peer
ask 0 9
out 0 0 1 2 3 4 5 6 7? 8?
timer 250000
out 250000 8?
deadline 750000
ack 260000 6 0
deadline 510000
out 260000
rto 250000

# the answer takes long: polls at 40, 80, 160, 320, 640 and 640 ms
peer
ask 0 1
out 0 0?
ack 3000 1 0
rto 10000
deadline 43000
timer 42999
out 42999
timer 43000
out 43000 poll
deadline 123000
ack 46000 1 0
deadline 123000
timer 123000
out 123000 poll
deadline 283000
timer 283000
out 283000 poll
deadline 603000
timer 603000
out 603000 poll
deadline 1243000
timer 1243000
out 1243000 poll
deadline 1883000
# once fragments come, after the RTO, which doubles while none comes
fragment 1300000 0
state coming
rto 10000
deadline 1310000
timer 1310000
out 1310000 poll
deadline 1330000
timer 1330000
out 1330000 poll
deadline 1370000
fragment 1340000 0
deadline 1350000
polls 7
end
state done
timer 1350000
out 1350000

# a poll that is due is not sent when the answer comes first
peer
ask 0 1
out 0 0?
ack 3000 1 0
timer 43000
fragment 43000 0
out 43000
polls 0

# 10 s after the last fragment was first sent it is over
peer
ask 0 2
take 0 0
out 5000 1?
ack 6000 2 0
timer 10004999
out 10004999 poll
deadline 10005000
timer 10005000
state failed
deadline -

# an answer acknowledges its request, and measures a round trip if it came at once
peer
ask 0 5
out 0 0 1 2 3 4?
fragment 4000 1
state coming
rto 12000
deadline 16000
peer
ask 0 5
out 0 0 1 2 3 4?
fragment 4000 0
state coming
rto 250000
peer
ask 0 5
out 0 0 1 2 3 4?
timer 250000
out 250000 4?
fragment 254000 1
rto 250000
# also where it did not need the whole request
peer
ask 0 40
take 0 0 1
fragment 4000 0
state coming
out 4000

# the answering side: its last fragment never asks
answer 1
out 0 0
answer 8
out 0 0 1 2 3 4 5 6 7
answer 9
out 0 0 1 2 3 4 5 6 7? 8
# polled, it sends again what is missing, as far as it was sent
answer 5
take 0 0 1 2
poll 0 1 0
take 0 1
out 0 2 3 4
resent 2
poll 0 2 0x1
out 0 2 4
resent 4
poll 0 2 0x3
out 0 2?
poll 0 5 0
out 0
resent 5
# an ACK makes it send again what was overtaken by three
answer 12
out 0 0 1 2 3 4 5 6 7? 8 9 10 11
ack 0 4 0x7
out 0 4?
ack 0 11 0
out 0
resent 1
# what an ACK has covered no poll brings back
answer 3
out 0 0 1 2
ack 0 1 0x1
poll 0 0 0
out 0 1?
# more than 32: the asking side's ACKs let it go on, its polls bring back what was on the way
answer 41
out 0 0 1 2 3 4 5 6 7? 8 9 10 11 12 13 14 15? 16 17 18 19 20 21 22 23? 24 25 26 27 28 29 30 31?
poll 0 30 0
out 0 30 31? 32 33 34 35 36 37 38 39? 40
resent 2
"""


def arq_lines() -> Iterable[str]:
    yield from (line for line in BY_HAND.splitlines() if line)
    yield "# at random, by the model in tests/vectors/make/arq_model.py"
    yield from random_traces()
