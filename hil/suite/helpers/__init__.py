# SPDX-License-Identifier: MIT
"""What several of the suite's tests are made with.

``shots``       photos inferred, each judged while the board has the next
``countdown``   how many of them are done, and how long the rest will take
``answers``     what a board is to compute for each image
``memory_log``  what it has had free in the course of a session
``damage``      what may be wrong with a model slot's content, or an application
``uploads``     uploads whose every chunk a test decides on
``linking``     a link as it was before
``scripting``   fixtures: a link, and a tail's side that says what a test tells it
``replies``     what it may say, right and wrong
``line``        a link that is opened to somebody, asked, and timed by the board
``cutting``     how a message must be cut, and what that costs
``asking``      requests whose refusal is an answer like any other
``expecting``   what is compared, and named by a symptom
``pair``        what is asked of two boards, head and tail
``raw_air``     this host on the air, through a gateway: frame by frame
``raw_tail``    a tail there that a test plays
``scripted_head``  a head there that a test plays
``ble_head``    a head over BLE that a test plays
``misfits``     what may be wrong with its HELLO
``undisturbed``  inferences in trouble beside those that nothing disturbed
``raw``         bytes to a console, and all that comes back
``console_requests``  requests that a board must refuse, and how
``timing``      the board's clock beside others
``secret``      forms in which a password may be shown
``answers_on_air``  what a tail says there, and what it should have said
"""
