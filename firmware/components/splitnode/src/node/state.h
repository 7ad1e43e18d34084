/* SPDX-License-Identifier: MIT */
/* The state of a node. Each part of it belongs to the file named beside it. */
#ifndef SPLITNODE_NODE_STATE_H
#define SPLITNODE_NODE_STATE_H

#include "splitnode/node.h"

#include "console/console.h"
#include "wire/exchange.h"
#include "wire/message.h"
#include "wire/reassembly.h"
#include "model/slot.h"
#include "wire/stream.h"
#include "base/reason.h"
#include "base/text.h"
#include "console/upload.h"

#define NODE_LINE 1024u            /* longest line to the host; `info` with the longest names has 800 bytes */
#define NODE_PATIENCE_US 10000000u /* for the peer: to connect and greet, to take a message, to answer it */
#define NODE_SMALL 256u            /* payloads that are put together here: HELLO, ERROR, the fixed part of RESULT */
#define NODE_HELLO_SIZE 16u
#define NODE_SEND_PIECE 1440u /* offered to the link at once: one TCP segment */
#define NODE_MAC_TEXT 18u     /* aa:bb:cc:dd:ee:ff and a zero */
#define NODE_FRAME_MOST 1472u /* of a datagram over UDP: what Ethernet's 1,500 bytes leave */
#define NODE_FRAME_LEAST 128u /* that a packet link must carry: HELLO, ACK and the ERROR to HELLO fit */
#define NODE_BITMAP 8192u     /* one bit for each fragment of any message */

/* node_link.c: the connection to the peer. */
typedef struct {
    enum { NODE_LINK_DOWN, NODE_LINK_OPENING, NODE_LINK_GREETING, NODE_LINK_UP } state;
    sn_via via;
    sn_via to_close;   /* by request */
    uint64_t deadline; /* while opening (not in role tail) and greeting */
    uint32_t hello;    /* message id of our HELLO */
    bool greeted;
    bool is_resuming; /* it is opened again for a message that is owed an answer; the host knows nothing of it */
    uint32_t session; /* of the asking side: role head our own, role tail what HELLO brought */
} node_link;

/* node_stream.c: the stream of TCP. */
typedef struct {
    bool frame_held;    /* it holds a complete frame that is still needed: */
    bool frame_handled; /* not to be read any more, but its payload is on its way back */
    sn_stream bytes;
} node_stream;

/* node_frames.c: the frames of a packet link: UDP, ESP-NOW, BLE. */
typedef struct {
    bool is_full;      /* the driver has refused a frame; sn_node_on_writable follows, */
    uint64_t deadline; /* or the link is dead */
    bool ack_due;      /* of the message under reassembly */
    uint32_t note_length;
    uint64_t note_to;
    uint8_t note[NODE_FRAME_LEAST]; /* an answer of one frame that nobody needs to remember */
    uint32_t fragment_length;
    sn_reassembly reassembly;
    uint8_t bitmap[NODE_BITMAP];
} node_frames;

/* node_asking.c: role head's request on a packet link. */
typedef struct {
    bool active;
    uint32_t message;
    uint32_t next;            /* over BLE: the fragment that goes out next */
    uint32_t reached_message; /* over BLE: of this DATA or ECHO, over this connection and those before it, */
    uint32_t reached;         /* so many fragments have gone out, */
    uint64_t give_up_at;      /* and this long there is for the next one */
    sn_exchange exchange;
    sn_rto rto;
} node_asking;

/* node_answering.c: role tail's answer to the message under reassembly. */
typedef struct {
    bool has_peer;                      /* the link's session is that of a head that has greeted */
    uint64_t to;                        /* its address */
    uint32_t latest;                    /* the highest message id of its session, */
    uint32_t past_session, past_latest; /* and of the head's before it */
    enum { NODE_ANSWER_NONE, NODE_ANSWER_OWED, NODE_ANSWER_KNOWN } state; /* once the message is complete */
    uint32_t next; /* over BLE: the fragment that goes out next */
    sn_sender sender;
} node_answering;

/* node_send.c: the one message on its way out. */
typedef struct {
    bool active;
    bool is_out;       /* all of it has been handed to the link's driver once */
    uint32_t offset;   /* of a stream */
    uint64_t deadline; /* of a stream */
    sn_message message;
    uint8_t small[NODE_SMALL];
} node_send;

/* What an exchange has cost this board, section 2.5. */
typedef struct {
    uint32_t frames, resent;
    uint64_t wire;
} node_cost;

/* node_infer.c: one inference, whose it may be. */
typedef struct {
    enum {
        NODE_WORK_IDLE,
        NODE_WORK_INVOKING,
        NODE_WORK_READY, /* the outcome waits for the message that is on its way out */
        NODE_WORK_SENDING,
        NODE_WORK_WAITING, /* role head: for RESULT */
    } state;
    bool abandoned; /* nobody waits for the outcome of this invoke any more */
    bool want_output;
    uint32_t message;
    sn_bytes output; /* of the model, in the port's memory; kept after the end for `read` */
    uint32_t output_crc;
    uint32_t input_crc; /* role tail: of the activation received */
    sn_reason failure;  /* role tail: what to answer instead of RESULT, unless its code is SN_OK */
    uint64_t start_us, loaded_us, invoked_us, sent_us;
    uint64_t deadline; /* while waiting */
} node_work;

/* node_echo.c: a round trip that the host asked for. */
typedef struct {
    bool active;
    uint32_t message;
    uint32_t size;
    uint64_t start_us;
    uint64_t deadline;
} node_echo;

/* node_update.c: what is on its way into the flash. */
typedef struct {
    enum { NODE_UPDATE_NONE, NODE_UPDATE_RUNNING, NODE_UPDATE_DONE } state;
    sn_update what;
    uint32_t size;
    uint32_t next; /* bytes written so far */
    uint8_t sha256[32];
    uint8_t lead[12]; /* of a model's header, as it passes: its first fields, */
    uint32_t header_crc;
    uint8_t header_end[4]; /* and the CRC that it carries */
} node_update;

/* node_gateway.c: frames between console and air; those for the air wait in the memory of received messages. */
typedef struct {
    bool active;
    bool is_up;
    bool is_full; /* as in node_frames */
    uint32_t frame_limit;
    uint32_t waiting;      /* frames for the air */
    uint32_t oldest;       /* place of the first of them */
    uint32_t taken;        /* number of the last frame that came from the host */
    uint32_t delivered;    /* number of the last frame that went to the host, */
    uint64_t delivered_us; /* and when it did */
    uint32_t dealt_with;   /* number of the last that the host has dealt with */
} node_gateway;

/* node_read.c: what is being read out over the console, one chunk for each call of the timer. */
typedef struct {
    bool active;
    sn_bytes source;
    uint32_t offset;
} node_read;

typedef struct {
    uint32_t rx_bad_frame, rx_bad_crc, rx_bad_chunk, tx_messages, rx_messages, infer_ok, infer_err;
    uint32_t tx_frames, rx_frames, resent, polls, rx_duplicate, gw_dropped;
    uint64_t tx_bytes, rx_bytes;
} node_stats;

struct sn_node {
    const sn_port *port;
    const sn_identity *identity;
    sn_memory memory;
    uint32_t session;
    uint32_t last_message; /* id of the last message that this side began */

    sn_slot slot;
    enum { NODE_MODEL_NONE, NODE_MODEL_OPENING, NODE_MODEL_OPEN } model;
    sn_reason model_failure; /* while there is none */
    uint32_t arena_used;

    char edge_host[64]; /* node_peer.c */
    uint16_t edge_port;
    char peer_mac[NODE_MAC_TEXT];
    uint8_t peer_channel;
    uint32_t new_baud;
    uint32_t output_length; /* of what memory.output holds */

    sn_console console;
    sn_upload upload;
    node_update update;
    bool app_on_trial, model_on_trial;
    node_gateway gateway;
    node_link link;
    node_stream stream;
    node_frames frames;
    node_asking asking;
    node_answering answering;
    node_send send;
    node_cost cost;
    node_work work;
    node_echo echo;
    node_read read;
    node_stats stats;
    void (*after_answer)(sn_node *node); /* what a request leaves to be done once its answer is out */
    char line[NODE_LINE];
};

static inline uint64_t node_now(sn_node *node) {
    return node->port->now_us(node->port->ctx);
}

static inline bool node_is_tail(const sn_node *node) {
    return node->slot.role == SN_ROLE_TAIL;
}

static inline bool node_has_stream(const sn_node *node) {
    return node->link.via == SN_VIA_TCP;
}

/* Do frames get lost on the way, so that they are acknowledged and sent again? */
static inline bool node_repeats(const sn_node *node) {
    return node->link.via == SN_VIA_UDP || node->link.via == SN_VIA_ESPNOW;
}

#endif
