/* SPDX-License-Identifier: MIT */
/*
 * What a test build can be told to let fail. It stands between a node and its port: a table of the same functions,
 * each of which calls the machine's, but for one that is to fail. Nothing of it outlives a reset.
 */
#ifndef SPLITNODE_NODE_FAULTS_H
#define SPLITNODE_NODE_FAULTS_H

#include <stdbool.h>
#include <stdint.h>

#include "splitnode/port.h"

#define SN_FAULTS_PAUSE_US 2000u /* until a link that had no memory for a frame takes frames again */

typedef enum {
    SN_FAULT_INVOKE,  /* an invocation ends in SN_ERR_INVOKE, though the model ran */
    SN_FAULT_ALLOC,   /* no memory: a link is refused to open (SN_ERR_RADIO), or to take a frame just now */
    SN_FAULT_STORAGE, /* a step of an update is not made: SN_ERR_STORAGE */
    SN_FAULT_KINDS,
} sn_fault;

typedef struct {
    sn_port port;           /* for the node, */
    const sn_port *machine; /* in place of this one */
    struct {
        bool is_armed;
        uint32_t after; /* so many more go well */
    } of[SN_FAULT_KINDS];
    uint32_t made;        /* since boot */
    bool invoke_fails;    /* the one under way */
    sn_via full;          /* the link that has been refused a frame, SN_VIA_NONE if none is, */
    uint64_t writable_at; /* and when it takes one again */
} sn_faults;

void sn_faults_init(sn_faults *faults, const sn_port *machine);

/* The `after`-th (0: the very next) of its kind fails, once; in place of what was armed before. */
void sn_faults_arm(sn_faults *faults, sn_fault what, uint32_t after);

/* How many kinds are armed and have not failed yet. */
uint32_t sn_faults_armed(const sn_faults *faults);

/* An invocation has ended: is it to be taken for failed? */
bool sn_faults_invoked(sn_faults *faults);

/* When to call sn_faults_timer next; UINT64_MAX for never. */
uint64_t sn_faults_deadline(const sn_faults *faults);
/* The link, if any, of which the port would now say that it is writable. */
sn_via sn_faults_timer(sn_faults *faults, uint64_t now);

#endif
