/* SPDX-License-Identifier: MIT */
/*
 * A machine for the node under test: its clock stands still unless told otherwise, its model copies its input's first
 * bytes to its output, and everything the node does can be looked at.
 */
#ifndef FAKE_PORT_H
#define FAKE_PORT_H

#include "wire/message.h"
#include "fake_flash.h"
#include "model/slot.h"
#include "splitnode/node.h"

#define FAKE_INPUT 3000u    /* bytes of the image, uint8 */
#define FAKE_CROSSING 1600u /* bytes of the activation, int8 */
#define FAKE_CLASSES 19u    /* of uint8 */
#define FAKE_MODEL_ID 0x12345678u
#define FAKE_RECEIVE 4096u
#define FAKE_SLOT 65536u
#define FAKE_SPACE 30000u

typedef struct {
    uint64_t to;
    size_t length;
} fake_frame_lead;

typedef struct fake_port {
    fake_flash flash; /* of `slot`; comes first, as the port's ctx is for its functions too */
    sn_port port;
    sn_identity identity;
    sn_memory memory;
    sn_node *node;     /* once it has booted */
    uint64_t deadline; /* what the last event returned */

    uint64_t now_us;
    uint64_t us_per_look; /* how much later it is after each look at the clock */
    uint32_t restarts, crashes, hangs;
    uint32_t drawn;  /* random numbers */
    uint32_t hashed; /* messages */
    bool hash_fails;
    uint32_t baud;
    uint32_t figure; /* the first of its memory's, in steps of which the others follow; SN_NO_FIGURE: it has none */
    uint32_t stacks; /* how many tasks it has */

    uint8_t slot[FAKE_SLOT];

    uint32_t opened, loaded, invoked;
    sn_error open_fails, load_fails, invoke_fails;
    const uint8_t *times;
    uint32_t times_length;
    uint8_t input[FAKE_INPUT];
    uint32_t input_length;
    uint8_t model_output[FAKE_INPUT];

    uint32_t update_begins, update_ends, update_confirms;
    sn_error update_begin_fails, update_write_fails, update_end_fails, update_confirm_fails;
    sn_update update_what;
    uint8_t update[FAKE_SLOT];
    uint32_t update_length;

    char ssid[64], password[96];
    sn_error wifi_fails;
    uint32_t link_opens, link_closes;
    sn_error link_fails;
    sn_via via; /* of the link that was opened last, at first TCP */
    char link_host[64];
    uint16_t link_port;
    uint32_t frame_limit; /* of packet links */
    uint32_t link_room;   /* bytes that the link will take before it blocks */
    bool link_broken;
    uint8_t sent[65536]; /* a stream's bytes, or a packet link's frames, each behind a fake_frame_lead */
    size_t sent_length;
    size_t sent_read;
    /* Takes a packet link's frames in place of `sent`; says whether it has taken this one. */
    bool (*carry)(void *medium, struct fake_port *from, uint64_t to, const uint8_t *frame, size_t length);
    void *medium;
    uint64_t address;

    char console[65536];
    size_t console_length;
    size_t console_read;
    /* Blocks of their own, so that a sanitizer sees what is written behind them. */
    uint8_t *image_memory, *receive_memory, *output_memory;
} fake_port;

/* A machine with an empty model slot, not yet booted: its port also serves an object that is tested without a node. */
fake_port *fake_new(void);
/* Fills in the table of functions; the rest is zero. */
void fake_port_init(fake_port *fake);
/* Puts a model into the slot; fields of the header can be changed before fake_seal_slot. */
void fake_write_slot(fake_port *fake, sn_role role);
/* Makes digest and CRC right again. */
void fake_seal_slot(fake_port *fake);
/* Starts the node, which begins to open its model. */
void fake_start(fake_port *fake);
/* Starts the node; the model, if there is one, has been opened without fault afterwards. */
void fake_boot(fake_port *fake);
/* Machines in a role, booted, their start-up log read. */
fake_port *fake_in_role(sn_role role);
/* With more memory than its model needs, for long messages. */
fake_port *fake_spacious(sn_role role);
/* Role head or tail, with the HELLO exchange done. */
fake_port *fake_linked(sn_role role);
void fake_free(fake_port *fake);

/* A typed line, without its ending. */
void fake_type(fake_port *fake, const char *line);
/* The next line that the node has written, without seal and ending, NULL if there is none. Fails the test if a line
 * that must have a CRC has no right one. Log lines lose the time in their parentheses. */
const char *fake_line(fake_port *fake);
/* Types a line and returns the first line that comes back. */
const char *fake_ask(fake_port *fake, const char *line);
/* What `stats` says, of messages and of one counter. */
const char *fake_stats(fake_port *fake);
uint64_t fake_count(fake_port *fake, const char *counter);
/* The next binary frame, decoded. Fails the test if something else comes. */
size_t fake_frame(fake_port *fake, uint8_t *to, size_t capacity);
/* Puts an image (bytes i * 7) on the board. */
void fake_store_image(fake_port *fake);

void fake_pass(fake_port *fake, uint64_t us); /* time goes by, timers are called when they are due */
void fake_finish_invoke(fake_port *fake);
void fake_link(fake_port *fake, sn_error code, const char *text);
void fake_receive(fake_port *fake, const void *data, size_t length);
/* The link takes this many bytes more. */
void fake_take(fake_port *fake, uint32_t bytes);

/* What a peer sends, and what it gets. */
#define FAKE_SESSION 0x5E551011u      /* of the node in role head */
#define FAKE_PEER_SESSION 0xCAFEF00Du /* of the node's head, in role tail */
void fake_peer_sends(fake_port *fake, sn_frame_type type, uint8_t flags, uint32_t id, uint32_t model_id,
                     const void *payload, uint32_t length);
void fake_peer_greets(fake_port *fake, uint8_t flags, uint32_t id, sn_role role);
/* The next message in what was sent; false if there is no complete one. */
bool fake_peer_gets(fake_port *fake, sn_header *header, sn_body *body);

#endif
