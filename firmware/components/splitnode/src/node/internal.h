/* SPDX-License-Identifier: MIT */
/* What the files node*.c do for each other. */
#ifndef SPLITNODE_NODE_INTERNAL_H
#define SPLITNODE_NODE_INTERNAL_H

#include "node/state.h"
#include "model/topk.h"

/* node_report.c: lines to the host. One at a time: begin, add to it, end. */
sn_text node_begin_log(sn_node *node, char level);
void node_end_log(sn_node *node, sn_text *line);
sn_text node_begin_event(sn_node *node, const char *name);
sn_text node_begin_answer(sn_node *node, const sn_request *request, const char *word);
void node_end_line(sn_node *node, sn_text *line);
/* " state=... code=... msg=..."; without the state if it is NULL. */
void node_add_failure(sn_text *line, const char *state, sn_error code, const char *text);
void node_add_cost(sn_text *line, const node_cost *cost);
const char *node_via_name(sn_via via);
bool node_via_parse(const char *name, sn_via *via);

/* The verbs. Each adds to the answer or gives the reason for refusing. */
typedef sn_error node_request(sn_node *node, const sn_request *request, sn_text *answer, sn_reason *why);
node_request node_request_info;   /* node_info.c */
node_request node_request_stats;  /* node_info.c */
node_request node_request_image;  /* node_image.c */
node_request node_request_update; /* node_update.c */
node_request node_request_read;   /* node_read.c */
node_request node_request_edge;   /* node_peer.c */
node_request node_request_peer;   /* node_peer.c */
node_request node_request_link;   /* node_link.c */
node_request node_request_role;   /* node_gateway.c */
node_request node_request_infer;  /* node_infer.c */
node_request node_request_rtt;    /* node_echo.c */

/* node_requests.c */
void node_handle_line(sn_node *node, char *line);
void node_refuse_long_line(sn_node *node);
/* Refuses while no model is open. */
sn_error node_need_model(sn_node *node, sn_reason *why);

/* node_image.c */
void node_handle_frame(sn_node *node, const uint8_t *data, size_t length);
void node_handle_bad_frame(sn_node *node);

/* node_update.c */
/* Takes a chunk that goes on where the last one ended; false for any other. */
bool node_update_push(sn_node *node, const sn_chunk *chunk);
void node_update_report_next(sn_node *node);
/* Refuses while an update is on its way. */
sn_error node_need_no_update(sn_node *node, sn_reason *why);
void node_update_forget(sn_node *node);

/* node_read.c */
void node_read_step(sn_node *node);

/* node_gateway.c */
void node_gateway_changed(sn_node *node, sn_error code, const char *text);
/* A record of the host. */
void node_gateway_record(sn_node *node, const sn_chunk *record);
/* A frame from the air. */
void node_gateway_receive(sn_node *node, const sn_source *from, const uint8_t *frame, size_t length);
void node_gateway_go_on(sn_node *node);

/* node_peer.c */
sn_error node_parse_channel(const sn_request *request, uint8_t *channel, sn_reason *why);
/* Has the port open the link to the peer, or listen for one. */
sn_error node_peer_open(sn_node *node, sn_via via, sn_reason *why);

/* node_link.c */
void node_link_changed(sn_node *node, sn_via via, sn_error code, const char *text);
/* The HELLO exchange is done. */
void node_link_greeted(sn_node *node);
/* Another head has greeted; the way in stays open, its driver as full as it was. */
void node_link_lose(sn_node *node, sn_error code, const char *text);
/* Closes the connection and reports it, and whatever was owed over it. */
void node_link_fail(sn_node *node, sn_error code, const char *text);
/* Sends what can be sent. To be called after anything that may have given the link something to do. */
void node_link_go_on(sn_node *node);
uint64_t node_link_deadline(const sn_node *node);
void node_link_timer(sn_node *node, uint64_t now);
/* Refuses unless the link that the request names has been greeted. */
sn_error node_need_link(sn_node *node, const sn_request *request, sn_reason *why);

/* node_stream.c */
void node_stream_receive(sn_node *node, const uint8_t *data, size_t length);
void node_stream_reset(sn_node *node);
void node_stream_go_on(sn_node *node);

/* node_frames.c */
/* The largest frame that this side sends and accepts. */
uint32_t node_frames_limit(const sn_node *node);
/* A connection begins. False if the link's frames are too small. */
bool node_frames_begin(sn_node *node);
/* A connection ends. */
void node_frames_end(sn_node *node);
/* Sets the length of fragments by what both sides accept. False if that is too little. */
bool node_frames_agree(sn_node *node, uint32_t peer_limit);
void node_frames_receive(sn_node *node, const sn_source *from, const uint8_t *frame, size_t length);
void node_frames_go_on(sn_node *node);
/* Offers a fragment of the message on its way out; false if the driver is full. `again`: it had gone out before. */
bool node_frames_send(sn_node *node, uint64_t to, const sn_fragment_out *fragment, bool again);
/* An ACK of what is under reassembly, or a poll for it. False if the driver is full. */
bool node_frames_acknowledge(sn_node *node, bool is_poll);
/* An answer of one frame, sent once; it takes the place of an earlier one that has not gone out yet. */
void node_frames_note(sn_node *node, uint64_t to, const sn_header *request, sn_frame_type type, sn_bytes payload);
void node_frames_refuse(sn_node *node, uint64_t to, const sn_header *request, sn_error code, const char *text);

/* node_asking.c */
void node_asking_begin(sn_node *node);
void node_asking_end(sn_node *node);
/* Sends what is due next; false if there is nothing or the driver is full. */
bool node_asking_step(sn_node *node);
void node_asking_receive(sn_node *node, const sn_header *header, const uint8_t *frame, size_t length);
uint64_t node_asking_deadline(const sn_node *node);
void node_asking_timer(sn_node *node, uint64_t now);

/* node_answering.c */
void node_answering_begin(sn_node *node);
void node_answering_end(sn_node *node);
bool node_answering_step(sn_node *node);
void node_answering_receive(sn_node *node, const sn_source *from, const sn_header *header, const uint8_t *frame,
                            size_t length);

/* node_receive.c: what a message sets off. */
void node_receive_message(sn_node *node, const sn_header *header, const sn_body *body);
/* Role tail: what is wrong with the HELLO of a head. */
sn_error node_check_hello(const sn_node *node, const sn_body *body, const char **why);
/* The peer, or the link's patience, refuses message `id`. */
void node_refused(sn_node *node, uint32_t id, const sn_reason *reason);

/* node_send.c; over a stream only while no other message is on its way out. */
void node_send_message(sn_node *node, sn_frame_type type, uint8_t flags, uint32_t id, sn_bytes first, sn_bytes second);
void node_send_hello(sn_node *node, uint8_t flags, uint32_t id);
void node_send_error(sn_node *node, uint32_t id, sn_error code, const char *text);
/* These two write the payload, and return its length. */
uint32_t node_make_hello(const sn_node *node, uint8_t payload[NODE_HELLO_SIZE]);
uint32_t node_make_error(sn_error code, const char *text, size_t most, uint8_t *payload);
/* The last byte has been handed to the link's driver. */
void node_message_out(sn_node *node);

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
void node_infer_refused(sn_node *node, uint32_t id, const sn_reason *reason);
void node_infer_link_lost(sn_node *node, sn_error code, const char *text);
void node_infer_timer(sn_node *node, uint64_t now);
/* Role head: is an inference under way? And its activation once more, over a new connection. */
bool node_infer_is_owed(const sn_node *node);
void node_infer_send_again(sn_node *node);

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

/* node_outcome.c */
void node_report_failure(sn_node *node, sn_error code, const char *text);
/* `end_us` is the end of the last stage. In role full there are no stages after invoke. */
void node_report_result(sn_node *node, const node_result *result, uint64_t end_us);

/* node_echo.c */
void node_echo_reply(sn_node *node, const sn_header *header, const sn_body *body);
void node_echo_refused(sn_node *node, uint32_t id, const sn_reason *reason);
void node_echo_link_lost(sn_node *node, sn_error code, const char *text);
void node_echo_timer(sn_node *node, uint64_t now);
void node_echo_sent(sn_node *node);
/* Is part of an ECHO still to go out? And does it need the image's memory? */
bool node_echo_is_going_out(const sn_node *node);
bool node_echo_uses_image(const sn_node *node);
void node_echo_send_again(sn_node *node);

#endif
