# SPDX-License-Identifier: MIT
"""Which HELLO is answered, and which frame begins a session (docs/protocol.md, section 1.8)."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from hil.host.secret import Unseen
from hil.protocol.auth import new_nonce, opened
from hil.protocol.frame import FrameHeader
from hil.protocol.greeting.greeting import Greeting, is_in_session, read_hello
from hil.protocol.greeting.keyring import Keyring

MOST_GREETINGS = 256
"""Answered HELLOs whose session has not begun, in total; the oldest goes first.

Only who has a key makes them, and each counts once, however often it is sent again.
"""

MOST_PLACES = 4
"""Addresses that one of them is known from: the first, and the latest others."""

MOST_AT_PLACE = 8
"""Of them at one address: those that were known from another before go first, then the oldest."""

Place = TypeVar("Place", bound=Hashable)
"""Where a frame comes from: a link and an address there."""

_Identity = tuple[Unseen, int, int, bytes]
"""Key, session, message id, nonce of a HELLO."""

Answer = TypeVar("Answer")


class HalfOpen(Generic[Place, Answer]):
    """A HELLO that has been answered, and whose session has not begun.

    Attributes:
        greeting: what it said, and what its keys come of.
        answer: whatever its owner keeps with it.
    """

    def __init__(self, greeting: Greeting, answer: Answer) -> None:
        self.greeting = greeting
        self.answer = answer
        self.session_key = greeting.session_key
        self.places: list[Place] = []


class Admission(Generic[Place, Answer]):
    """The door of an answering side on packet links, which has been given keys.

    A HELLO proves no more than that it was made by whoever has the key, at some time. So it ends
    nothing and begins nothing: what is kept of it waits for a frame of its session. That it comes
    again, from wherever, makes no more of it: who repeats what was once heard pushes nobody out.

    Args:
        keyring: the keys.
        nonce: makes 16 random bytes.
    """

    def __init__(self, keyring: Keyring, nonce: Callable[[], bytes] = new_nonce) -> None:
        self._keyring = keyring
        self._nonce = nonce
        self._open: OrderedDict[_Identity, HalfOpen[Place, Answer]] = OrderedDict()
        self._at: dict[Place, list[HalfOpen[Place, Answer]]] = {}

    def __len__(self) -> int:
        """How many sessions are half open."""
        return len(self._open)

    def greet(
        self,
        place: Place,
        header: FrameHeader,
        frame: bytes,
        answer: Callable[[Greeting], Answer],
    ) -> HalfOpen[Place, Answer] | None:
        """Take a HELLO, and return what is to be answered to it.

        Args:
            place: where it comes from.
            header: of its frame.
            frame: header and body.
            answer: what to keep with a HELLO that was not known, called at most once.

        Returns:
            What is kept of it; None if it is an old one, which gets no answer.

        Raises:
            ForeignError: it was made with none of the keys.
            ProtocolError: it was, and its length or CRC is wrong, or what `answer` raises.
        """
        key, hello, asking = read_hello(self._keyring.keys, header, frame)
        if self._keyring.is_old(key, hello.session, hello.message_id):
            return None
        identity = (key, hello.session, hello.message_id, asking)
        known = self._open.get(identity)
        if known is None:
            greeting = Greeting(key, hello, asking, self._nonce())
            known = HalfOpen(greeting, answer(greeting))
            if len(self._open) == MOST_GREETINGS:
                self._forget(next(iter(self._open)))
            self._open[identity] = known
        self._note(known, place)
        return known

    def find(
        self, place: Place, header: FrameHeader, frame: bytes
    ) -> HalfOpen[Place, Answer] | None:
        """Return the half-open session that a frame is the first of, or None."""
        if not is_in_session(header):
            return None
        for each in reversed(self._at.get(place, ())):
            hello = each.greeting.hello
            if opened(each.session_key, hello.session, header, frame) is not None:
                return each
        return None

    def begin(self, known: HalfOpen[Place, Answer]) -> None:
        """The session has begun: it is half open no more, nor is any from before it."""
        hello = known.greeting.hello
        self._keyring.begun(known.greeting.key, hello.session, hello.message_id)
        for identity in [each for each in self._open if self._keyring.is_old(*each[:3])]:
            self._forget(identity)

    def forget(self, which: Callable[[Place], bool]) -> None:
        """Forget places that are gone."""
        for place in [place for place in self._at if which(place)]:
            for each in self._at.pop(place):
                each.places.remove(place)

    def forget_key(self, key: Unseen) -> None:
        """Forget the half-open sessions of a key that is over."""
        for identity in [identity for identity in self._open if identity[0] == key]:
            self._forget(identity)

    def _note(self, known: HalfOpen[Place, Answer], place: Place) -> None:
        if place in known.places:
            return
        if len(known.places) == MOST_PLACES:
            self._leave(known, known.places[1])
        here = self._at.get(place, [])
        if len(here) == MOST_AT_PLACE:
            self._leave(next((each for each in here if each.places[0] != place), here[0]), place)
        known.places.append(place)
        self._at.setdefault(place, []).append(known)

    def _leave(self, known: HalfOpen[Place, Answer], place: Place) -> None:
        known.places.remove(place)
        left = self._at[place]
        left.remove(known)
        if not left:
            del self._at[place]

    def _forget(self, identity: _Identity) -> None:
        known = self._open.pop(identity)
        for place in list(known.places):
            self._leave(known, place)
