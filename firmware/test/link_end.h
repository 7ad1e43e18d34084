/* SPDX-License-Identifier: MIT */
/* A link without a node: its machine, an owner that writes down what it hears, and another end to talk to. */
#ifndef LINK_END_H
#define LINK_END_H

#include "fake_port.h"
#include "link/link.h"

#define LINK_END_MEMORY 4096u

typedef struct link_end {
    fake_port *fake;
    sn_link link;
    uint8_t memory[LINK_END_MEMORY];
    struct link_end *other;
    bool answers;     /* DATA at once by RESULT, ECHO by ECHO_REPLY, with what has come */
    bool is_awaiting; /* it takes messages */
    uint32_t lose;    /* every so many frames that it sends one is lost; 0: none */
    uint32_t frames;  /* that it has sent */
    char heard[512];
} link_end;

/* A link in a role, not yet opened; role none: not introduced. */
link_end *link_end_new(sn_role role);
void link_end_free(link_end *end);
/* A head and a tail whose HELLO exchange is done over `via`; what they have heard of it is forgotten. */
void link_ends_join(link_end *head, link_end *tail, sn_via via);
/* Carries what both have sent to the other, until nothing is on its way. */
void link_ends_flow(link_end *head, link_end *tail);
/* Time goes by for both, and timers are called when they are due. */
void link_ends_pass(link_end *head, link_end *tail, uint64_t us);

/* What the owner has heard since the last look, each word of it behind a space. */
const char *link_end_heard(link_end *end);

/* A head and a tail, and bytes for them to carry. */
typedef struct {
    link_end *head, *tail;
} link_pair;

extern link_pair pair;
extern uint8_t link_payload[3000];

extern const sn_key link_key;

void link_pair_make(void);
/* Both get it; NULL: none. */
void link_pair_give_key(const sn_key *key);
/* Makes and joins them. */
void link_pair_join(sn_via via);
/* Frees them; all that they have heard has been looked at. */
void link_pair_end(void);
/* The head begins a message with the first `length` bytes; returns its id. */
uint32_t link_pair_ask(sn_frame_type type, uint32_t length);

#endif
