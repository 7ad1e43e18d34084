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

#endif
