/* SPDX-License-Identifier: MIT */
/* What the files node*.c share. Each part of the state belongs to the file named beside it. */
#ifndef SPLITNODE_NODE_INTERNAL_H
#define SPLITNODE_NODE_INTERNAL_H

#include "splitnode/node.h"

#include "console.h"
#include "exchange.h"
#include "gateway.h"
#include "message.h"
#include "reassembly.h"
#include "slot.h"
#include "stream.h"
#include "text.h"
#include "topk.h"
#include "upload.h"

#define NODE_LINE 1024u            /* longest line to the host; `info` with the longest names has 700 bytes */
#define NODE_SENTENCE 200u         /* longest text of a refusal */
#define NODE_PATIENCE_US 10000000u /* for the peer: to connect and greet, to take a message, to answer it */
#define NODE_SMALL 256u            /* payloads that are put together here: HELLO, ERROR, the fixed part of RESULT */
#define NODE_HELLO_SIZE 16u
#define NODE_SEND_PIECE 1440u /* offered to the link at once: one TCP segment */
#define NODE_MAC_TEXT 18u     /* aa:bb:cc:dd:ee:ff and a zero */
#define NODE_FRAME_MOST 1472u /* of a datagram over UDP: what Ethernet's 1,500 bytes leave */
#define NODE_FRAME_LEAST 128u /* that a packet link must carry: HELLO, ACK and the ERROR to HELLO fit */
#define NODE_BITMAP 8192u     /* one bit for each fragment of any message */

/* A code and its sentence. */
typedef struct {
    sn_error code;
    char text[NODE_SENTENCE];
} node_reason;

/* node_link.c: the connection to the peer. */
typedef struct {
    enum { NODE_LINK_DOWN, NODE_LINK_OPENING, NODE_LINK_GREETING, NODE_LINK_UP } state;
    sn_via via;
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
    uint32_t next;   /* over BLE: the fragment that goes out next, */
    uint32_t before; /* and how many of them went out before the connection was lost */
    sn_exchange exchange;
    sn_rto rto;
} node_asking;

/* node_answering.c: role tail's answer to the message under reassembly. */
typedef struct {
    enum { NODE_ANSWER_NONE, NODE_ANSWER_OWED, NODE_ANSWER_KNOWN } state;
    uint64_t to;
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
    uint32_t input_crc;  /* role tail: of the activation received */
    node_reason failure; /* role tail: what to answer instead of RESULT, unless its code is SN_OK */
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
    node_reason model_failure; /* while there is none */
    uint32_t arena_used;

    char edge_host[64]; /* node_peer.c */
    uint16_t edge_port;
    char peer_mac[NODE_MAC_TEXT];
    uint8_t peer_channel;
    uint32_t new_baud;
    uint32_t output_length; /* of what memory.output holds */

    sn_console console;
    sn_upload upload;
    sn_gateway gateway;
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

/* node_report.c: lines to the host. One at a time: begin, add to it, end. */
sn_text node_begin_log(sn_node *node, char level);
void node_end_log(sn_node *node, sn_text *line);
sn_text node_begin_event(sn_node *node, const char *name);
sn_text node_begin_answer(sn_node *node, const sn_request *request, const char *word);
void node_end_line(sn_node *node, sn_text *line);
/* " state=... code=... msg=..."; without the state if it is NULL. */
void node_add_failure(sn_text *line, const char *state, sn_error code, const char *text);
const char *node_via_name(sn_via via);
bool node_via_parse(const char *name, sn_via *via);

/* A reason is written as a whole or piece by piece; each way returns its code. */
sn_error node_set_reason(node_reason *reason, sn_error code, const char *text);
sn_error node_set_reason_bytes(node_reason *reason, sn_error code, const uint8_t *text, size_t length);
sn_text node_begin_reason(node_reason *reason, sn_error code);
sn_error node_end_reason(node_reason *reason, sn_text *text);

/* The verbs. Each adds to the answer or gives the reason for refusing. */
typedef sn_error node_request(sn_node *node, const sn_request *request, sn_text *answer, node_reason *why);
node_request node_request_info;  /* node_info.c */
node_request node_request_stats; /* node_info.c */
node_request node_request_image; /* node_image.c */
node_request node_request_read;  /* node_read.c */
node_request node_request_link;  /* node_link.c */
node_request node_request_infer; /* node_infer.c */
node_request node_request_rtt;   /* node_echo.c */

/* node_requests.c */
void node_handle_line(sn_node *node, char *line);
void node_refuse_long_line(sn_node *node);
/* Refuses while no model is open. */
sn_error node_need_model(sn_node *node, node_reason *why);

/* node_image.c */
void node_handle_frame(sn_node *node, const uint8_t *data, size_t length);
void node_handle_bad_frame(sn_node *node);

/* node_read.c */
void node_read_step(sn_node *node);

/* node_link.c */
void node_link_changed(sn_node *node, sn_via via, sn_error code, const char *text);
void node_link_receive(sn_node *node, sn_via via, const uint8_t *data, size_t length);
/* Closes the connection and reports it, and whatever was owed over it. */
void node_link_fail(sn_node *node, sn_error code, const char *text);
/* Sends what can be sent. To be called after anything that may have given the link something to do. */
void node_link_go_on(sn_node *node);
void node_link_timer(sn_node *node, uint64_t now);
/* Refuses unless the link that the request names has been greeted. */
sn_error node_need_link(sn_node *node, const sn_request *request, node_reason *why);

/* node_receive.c */
/* Does the frame in the stream ask for an answer, for which the way out must be free? */
bool node_frame_needs_answer(const sn_node *node);
void node_receive_frame(sn_node *node);

/* node_send.c; only while no other message is on its way out. */
void node_send_message(sn_node *node, sn_frame_type type, uint8_t flags, uint32_t id, sn_bytes first, sn_bytes second);
void node_send_hello(sn_node *node, uint8_t flags, uint32_t id);
void node_send_error(sn_node *node, uint32_t id, sn_error code, const char *text);
/* Offers the link what it will take. True when the message has just gone out completely. */
bool node_send_step(sn_node *node);

/* node_infer.c */
void node_infer_invoked(sn_node *node, sn_error code, const char *text, sn_bytes output);
/* Role tail: starts on an activation, or answers ERROR. */
void node_infer_activation(sn_node *node, const sn_header *header, const sn_body *body);
/* Sends the outcome that is ready. */
void node_infer_send(sn_node *node);
/* DATA or RESULT has gone out. */
void node_infer_sent(sn_node *node);
void node_infer_result(sn_node *node, const sn_header *header, const sn_body *body);
/* The peer answers message `id` with an error. */
void node_infer_refused(sn_node *node, uint32_t id, const node_reason *reason);
void node_infer_link_lost(sn_node *node, sn_error code, const char *text);
void node_infer_timer(sn_node *node, uint64_t now);

/* node_result.c: the payload of RESULT. */
typedef struct {
    uint32_t count;
    sn_top_entry top[SN_TOP];
    uint32_t input_crc;
    uint32_t total_us;
    uint32_t invoke_us;
    uint32_t output_length;
    uint32_t output_crc;
} node_result;

#define NODE_RESULT_FIXED 72u

void node_result_pack(const node_result *result, sn_dtype dtype, uint32_t classes, uint8_t to[NODE_RESULT_FIXED]);
/* False if the payload breaks the specification; `output` is the vector that follows, if it was asked for. */
bool node_result_unpack(node_result *result, sn_bytes payload, bool want_output, sn_bytes *output);

/* node_echo.c */
void node_echo_reply(sn_node *node, const sn_header *header, const sn_body *body);
void node_echo_refused(sn_node *node, uint32_t id, const node_reason *reason);
void node_echo_link_lost(sn_node *node, sn_error code, const char *text);
void node_echo_timer(sn_node *node, uint64_t now);

#endif
