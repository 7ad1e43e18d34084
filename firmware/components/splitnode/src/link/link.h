/* SPDX-License-Identifier: MIT */
/*
 * The connection to one peer: opened, greeted, used, lost. It carries messages whole, over a stream (TCP) or a packet
 * link (UDP, ESP-NOW, BLE), as the side that asks (role head) or the one that answers (role tail), and keeps the
 * deadlines of docs/protocol.md, section 1. What the messages mean is its owner's concern.
 *
 * The owner passes on the port's events of this link and calls sn_link_on_timer at sn_link_deadline. It hears of what
 * happens by the callbacks of sn_link_events, from inside these calls, and may send from inside them.
 */
#ifndef SPLITNODE_LINK_H
#define SPLITNODE_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/reason.h"
#include "base/role.h"
#include "splitnode/port.h"
#include "wire/auth.h"
#include "wire/exchange.h"
#include "wire/frame.h"
#include "wire/message.h"
#include "wire/reassembly.h"
#include "wire/stream.h"

#define SN_LINK_PATIENCE_US 10000000u /* for the peer: to connect and greet, to take a message, to answer it */
#define SN_LINK_HOST 64u              /* of the name of whom it is opened to, its zero included */
#define SN_LINK_SMALL 256u            /* payloads that are put together here: HELLO, ERROR */
#define SN_LINK_FRAME_LEAST 128u      /* that a packet link must carry: HELLO, ACK and the ERROR to HELLO fit */
#define SN_LINK_BITMAP 8192u          /* one bit for each fragment of any message */
#define SN_LINK_GREETERS 4u           /* heads that have greeted, on one tail at a time */
#define SN_LINK_SESSIONS 4u           /* of heads, of which a tail knows how far they have come */

/* What a side says of itself in HELLO. Both must mean the same tensor of the same model and cut. */
typedef struct {
    sn_role role;
    uint8_t dtype; /* of the tensor that crosses the link */
    uint32_t size;
    uint32_t classes;
    uint32_t model_id;
} sn_greeting;

/* How a connection has ended. */
typedef struct {
    sn_via via;
    sn_error code;
    const char *text;
    enum {
        SN_LINK_LOST,    /* nobody gets an answer any more, */
        SN_LINK_LISTENS, /* the peer may come back for the answer that it is owed, */
        SN_LINK_RESUMES, /* it is opened again for the answer that the owner is owed */
    } what;
    sn_error owed; /* if lost: the code for whoever waits for an answer */
} sn_link_end;

typedef struct {
    /* HELLO is done. `again` after SN_LINK_RESUMES: what is still to be answered is to be sent again. */
    void (*up)(void *owner, bool again);
    void (*down)(void *owner, const sn_link_end *end);
    /* A message of the peer, valid during the call: DATA, RESULT, ECHO, ECHO_REPLY. False if nobody waits for it. */
    bool (*message)(void *owner, const sn_header *header, const sn_body *body);
    /* What has become of a message. Without `failure`: all of what the owner has sent has been handed to the link's
     * driver. With it: what the owner has asked will not be answered, or its answer is not wanted any more. */
    void (*sent)(void *owner, uint32_t id, const sn_reason *failure);
    /* After sn_link_want: the way out is free. */
    void (*writable)(void *owner);
} sn_link_events;

/* Since the link was made; frames and bytes as the link's driver gets and gives them. */
typedef struct {
    uint32_t rx_bad_frame, rx_bad_crc, tx_messages, rx_messages;
    uint32_t tx_frames, rx_frames, resent, polls, rx_duplicate;
    uint32_t rx_foreign; /* made with another key, or with none: these are in no other count */
    uint64_t tx_bytes, rx_bytes;
} sn_link_counts;

/* What an exchange has cost this side, section 2.5. */
typedef struct {
    uint32_t frames, resent;
    uint64_t wire;
} sn_link_cost;

/* The stream of TCP: stream_link.c. */
typedef struct {
    bool frame_held;    /* it holds a complete frame that is still needed: */
    bool frame_handled; /* not to be read any more, but its payload is on its way back */
    sn_stream bytes;
} sn_link_stream;

/* The frames of a packet link: driver.c. */
typedef struct {
    bool is_full;      /* the driver has refused a frame; sn_link_on_writable follows, */
    uint64_t deadline; /* or the link is dead */
    bool ack_due;      /* of the message under reassembly */
    uint32_t note_length;
    uint64_t note_to;
    uint8_t note[SN_LINK_FRAME_LEAST]; /* an answer of one frame that nobody needs to remember */
    uint32_t fragment_length;
    sn_reassembly reassembly;
    uint8_t bitmap[SN_LINK_BITMAP];
} sn_link_frames;

/* Role head's request on a packet link: asking.c. */
typedef struct {
    bool active;
    uint32_t message;
    uint32_t next;            /* over BLE: the fragment that goes out next */
    uint32_t reached_message; /* over BLE: of this DATA or ECHO, over this connection and those before it, */
    uint32_t reached;         /* so many fragments have gone out, */
    bool is_going_out;        /* others have not, */
    uint64_t give_up_at;      /* and this long there is for the next one */
    sn_exchange exchange;
    sn_rto rto;
} sn_link_asking;

/* Role tail's answer to the message under reassembly: answering.c. */
typedef struct {
    bool has_peer;                      /* the link's session is that of a head that has greeted */
    uint64_t to;                        /* its address */
    uint32_t hello;                     /* the message id of its HELLO, */
    uint32_t latest;                    /* the highest one of its session, */
    uint32_t past_session, past_latest; /* and of the head's before it */
    enum { SN_LINK_ANSWER_NONE, SN_LINK_ANSWER_OWED, SN_LINK_ANSWER_KNOWN } state; /* once the message is complete, */
    uint32_t message;                                                              /* with this id */
    uint32_t next; /* over BLE: the fragment that goes out next */
    sn_sender sender;
} sn_link_answering;

/* A head that has greeted with the right key, on a packet link: heads.c. Anybody may have kept its HELLO and sent it
 * again, so its session begins only with something that is made with the session's key. */
typedef struct {
    bool is_there;
    uint64_t from;
    uint32_t session, hello; /* the HELLO's message id */
    sn_nonce asking, answering;
    sn_key key; /* of its session */
    uint32_t fragment_length;
} sn_link_greeter;

/* How far a session has come over connections of its own, TCP and BLE: who has kept a HELLO of it, and connects, shall
 * not keep the heads out. */
typedef struct {
    bool is_there;
    uint32_t session, latest; /* the highest message id */
} sn_link_known_session;

/* Who may be heard: keys.c and admission.c. */
typedef struct {
    uint8_t flag; /* SN_FLAG_AUTHENTICATED if this side has been given a key; then there are: */
    sn_key key;
    sn_nonce nonce;      /* role head: of this connection */
    sn_key greeting;     /* of what answers the HELLO at hand, */
    sn_key session;      /* and of all else */
    uint32_t connection; /* number of the connection that this key is of: a message has its tag from one of them */
    sn_link_greeter greeters[SN_LINK_GREETERS];
    uint32_t next_greeter; /* whose place the next one takes */
    sn_link_known_session sessions[SN_LINK_SESSIONS];
    uint32_t next_session;
    bool is_refused;        /* somebody says that the two sides have no common key */
    bool ends_with_message; /* a stream does, with the one on its way out */
    bool has_refused;       /* a stranger, on a packet link, */
    uint64_t refused_at;    /* then */
} sn_link_auth;

/* The one message on its way out: sending.c. */
typedef struct {
    bool active;
    bool is_out;         /* all of it has been handed to the link's driver once */
    uint32_t offset;     /* of a stream */
    uint64_t deadline;   /* of a stream */
    uint32_t connection; /* that it has its tag from */
    sn_message message;
    uint8_t small[SN_LINK_SMALL];
} sn_link_sending;

typedef struct {
    const sn_port *port;
    const sn_link_events *events;
    void *owner;
    uint8_t *memory; /* one message under reassembly */
    uint32_t capacity;
    sn_greeting greeting; /* role none: it cannot be opened yet */
    uint32_t own_session;
    uint32_t last_message; /* id of the last message that this side began */

    enum { SN_LINK_DOWN, SN_LINK_OPENING, SN_LINK_GREETING, SN_LINK_UP } state;
    sn_via via;
    char host[SN_LINK_HOST]; /* and port: whom it was opened to */
    uint16_t host_port;
    uint64_t deadline; /* while opening (not in role tail) and greeting */
    uint32_t hello;    /* message id of our HELLO */
    bool greeted;
    bool is_resuming; /* it is opened again for a message that is owed an answer; the host knows nothing of it */
    bool is_wanted;   /* sn_link_want */
    uint32_t session; /* of the asking side: role head our own, role tail what HELLO brought */

    sn_link_stream stream;
    sn_link_frames frames;
    sn_link_asking asking;
    sn_link_answering answering;
    sn_link_sending sending;
    sn_link_auth auth;
    sn_link_cost cost; /* the owner sets it to zero at the beginning of an exchange */
    sn_link_counts counts;
} sn_link;

/* `memory` holds one message under reassembly: header, body and all. `session` is this side's since it booted. */
void sn_link_init(sn_link *link, const sn_port *port, uint8_t *memory, uint32_t capacity, uint32_t session,
                  const sn_link_events *events, void *owner);
/* What HELLO will say, before the first sn_link_open and sn_link_on_change. */
void sn_link_introduce(sn_link *link, const sn_greeting *greeting);

/* The key of section 1.8, copied; NULL: none. A link that is open is closed without a word. */
void sn_link_set_key(sn_link *link, const sn_key *key);

/* Opens it to `host` and `port` as in port.h, or listens; what it was before is forgotten without a word. Refuses in
 * role head while it is being opened. */
sn_error sn_link_open(sn_link *link, sn_via via, const char *host, uint16_t port, sn_reason *why);
/* Ends in `down`. False if it was down already; then a tail does not even listen any more. */
bool sn_link_close(sn_link *link, sn_via via);

/* The port's events. `is_owed`: the owner waits for an answer, or is about to ask. */
void sn_link_on_change(sn_link *link, sn_via via, sn_error code, const char *text, bool is_owed);
void sn_link_receive_bytes(sn_link *link, const uint8_t *data, size_t length);
void sn_link_receive_frame(sn_link *link, const sn_source *from, const uint8_t *frame, size_t length);
void sn_link_on_writable(sn_link *link, sn_via via);
void sn_link_on_timer(sn_link *link, uint64_t now);
/* When to call sn_link_on_timer next. */
uint64_t sn_link_deadline(const sn_link *link);

/* The id of a message that this side begins. */
uint32_t sn_link_new_id(sn_link *link);
/* Begins a message, whose payload stays as it is until it is sent and, if it asks, answered; sn_link_go_on hands it to
 * the driver. Over a stream only while no other is on its way out. */
void sn_link_send(sn_link *link, sn_frame_type type, uint8_t flags, uint32_t id, sn_bytes first, sn_bytes second);
/* Answers ERROR to the peer's message `id`. */
void sn_link_send_error(sn_link *link, uint32_t id, sn_error code, const char *text);
/* Nobody waits for an answer any more. */
void sn_link_give_up(sn_link *link);
/* Sends what can be sent. To be called after anything that may have given the link something to do. */
void sn_link_go_on(sn_link *link);

/* Has `writable` called once, as soon as the way out is free. */
static inline void sn_link_want(sn_link *link) {
    link->is_wanted = true;
}

static inline bool sn_link_is_free(const sn_link *link) {
    return !link->sending.active;
}

/* The type of the message on its way out, 0 if there is none. */
static inline uint8_t sn_link_is_sending(const sn_link *link) {
    return link->sending.active ? link->sending.message.header.type : 0;
}

static inline bool sn_link_is_keyed(const sn_link *link) {
    return link->auth.flag != 0;
}

/* What a message has beside header and payload. */
static inline uint32_t sn_link_overhead(const sn_link *link) {
    return SN_BODY_OVERHEAD + (sn_link_is_keyed(link) ? SN_TAG_SIZE : 0);
}

static inline bool sn_link_is_up(const sn_link *link, sn_via via) {
    return link->state == SN_LINK_UP && link->via == via;
}

static inline bool sn_link_has_stream(const sn_link *link) {
    return link->via == SN_VIA_TCP;
}

/* Drops a frame that the answering side has not made, and counts it, where there is a key and that can be told by the
 * frame alone; else returns false and changes nothing. For a port that can ask before it makes an event of it. */
bool sn_link_drop_foreign(sn_link *link, sn_via via, const uint8_t *frame, size_t length);

/* The port's event: bytes of the stream, or one frame. */
static inline void sn_link_on_receive(sn_link *link, sn_via via, const sn_source *from, const uint8_t *data,
                                      size_t length) {
    if (via != link->via) {
        return;
    }
    if (sn_link_has_stream(link)) {
        sn_link_receive_bytes(link, data, length);
    } else {
        sn_link_receive_frame(link, from, data, length);
    }
}

#endif
