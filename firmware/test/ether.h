/* SPDX-License-Identifier: MIT */
/*
 * Two nodes, a head and a tail, and the medium between them: time, loss, doubling, reordering and damage are the
 * test's, from a seed. After every event it is checked that neither node has fallen asleep over its work. Models take a
 * while, and drivers hold a few frames.
 */
#ifndef ETHER_H
#define ETHER_H

#include "fake_port.h"

#define ETHER_FRAMES 256u

typedef struct {
    uint64_t at_us;
    fake_port *to;
    uint64_t from;
    uint64_t number; /* breaks ties */
    size_t length;
    uint8_t bytes[1472];
} ether_frame;

typedef struct {
    fake_port *head;
    fake_port *tail;
    uint64_t now_us;
    uint32_t seed;
    /* Parts of 1,000. */
    uint32_t loss, doubling, reordering, damage;
    uint32_t latency_us;
    uint32_t frame_us;  /* for which a frame keeps its driver busy */
    uint32_t driver;    /* frames that a driver holds */
    uint32_t invoke_us; /* what a model takes */
    uint64_t busy_until[2];
    bool wants_room[2];
    uint64_t invoked_at[2];
    uint32_t invoked[2];
    uint64_t frames; /* handed over so far */
    uint64_t lost;
    bool (*spoil)(const sn_header *header); /* a frame that shall not arrive; may be NULL */
    ether_frame flying[ETHER_FRAMES];
    size_t count;
} ether;

/* A head with an image and a tail, booted, the tail listening and the head connected over `via`. */
ether *ether_new(sn_via via, uint32_t seed);
/* As far as boot; and connected later. */
ether *ether_apart(sn_via via, uint32_t seed);
void ether_connect(ether *air, sn_via via);
void ether_free(ether *air);

/* Lets time pass until the head has written a line, for at most `us`; returns the line or NULL. */
const char *ether_wait(ether *air, uint64_t us);
/* Lets time pass. */
void ether_pass(ether *air, uint64_t us);
/* Types a line at the head and returns the answer. */
const char *ether_ask(ether *air, const char *line);
/* BLE: the connection is lost; a moment later both sides find each other again. */
void ether_cut(ether *air);

/* The names of links, by sn_via. */
extern const char *const ether_vias[];

/* The number behind ` key=` in a line. */
uint32_t ether_number(const char *line, const char *key);
/* Starts an inference; returns its id. */
uint32_t ether_infer(ether *air, sn_via via, bool want_output);
/* Waits for the end of inference `id`, which must be sound. */
const char *ether_expect_result(ether *air, uint32_t id);

#endif
