/* SPDX-License-Identifier: MIT */
/* Tests of firmware/main/loop.c. */
#include <setjmp.h>
#include <unistd.h>

#include "board.h"
#include "cases.h"
#include "clock.h"
#include "idf.h"
#include "loop.h"

static jmp_buf enough;
static int turns, timers, told;
static uint64_t next_deadline;
static int ends[2][2];

uint64_t sn_node_on_timer(sn_node *node) {
    (void)node;
    timers++;
    return next_deadline;
}

void test_on_turn(void) {
    if (--turns < 0) {
        longjmp(enough, 1);
    }
}

static void run(int most_turns, uint64_t deadline) {
    turns = most_turns;
    if (setjmp(enough) == 0) {
        hil_loop_run(NULL, deadline);
    }
    assert(esp_task_wdt_delete(NULL) == ESP_OK);
}

static void begin(void) {
    timers = told = 0;
    next_deadline = SN_NO_DEADLINE;
    assert(hil_loop_init() == ESP_OK);
    for (int i = 0; i < 2; i++) {
        assert(pipe(ends[i]) == 0);
    }
}

static void finish(void) {
    for (int i = 0; i < 2; i++) {
        hil_loop_unwatch(ends[i][0]);
        hil_loop_unwatch(ends[i][1]);
        close(ends[i][0]);
        close(ends[i][1]);
    }
}

static void the_queue_stands_in_psram_where_there_is_some(void) {
    const size_t heap = board_internal_heap;
    board_psram = 8u << 20;
    begin();
    assert(board_internal_heap == heap && board_psram < 8u << 20);
    finish();
}

static void without_psram_the_queue_takes_internal_memory(void) {
    const size_t heap = board_internal_heap;
    begin();
    assert(board_internal_heap < heap);
    finish();
}

static void without_memory_for_its_queue_the_loop_says_so(void) {
    board_internal_heap = 1000;
    assert(hil_loop_init() == ESP_ERR_NO_MEM);
}

static uint64_t count_up(sn_node *node, const loop_event *event) {
    (void)node;
    assert(event->a == (uint32_t)told && event->data[0] == event->a);
    told++;
    return 0;
}

static void posted_events_arrive_in_their_order(void) {
    begin();
    for (uint32_t i = 0; i < 64; i++) {
        loop_event event = {.deliver = count_up, .a = i, .data = malloc(1)};
        event.data[0] = (uint8_t)i;
        assert(hil_loop_post(&event));
    }
    assert(!hil_loop_post(&(loop_event){.deliver = count_up}));
    run(1, SN_NO_DEADLINE);
    assert(told == 64 && timers == 1); /* the deadline that the last one returned has passed */
    finish();
}

static uint64_t take_byte(sn_node *node, int fd, bool readable, bool writable) {
    char byte;
    (void)node;
    assert(readable && !writable && read(fd, &byte, 1) == 1);
    told++;
    return SN_NO_DEADLINE;
}

static void a_descriptor_is_told_of_until_it_is_unwatched(void) {
    begin();
    assert(write(ends[0][1], "abc", 3) == 3 && hil_loop_watch(ends[0][0], false, take_byte) == ESP_OK);
    run(2, SN_NO_DEADLINE);
    assert(told == 2);
    hil_loop_unwatch(ends[0][0]);
    run(1, 1);
    assert(told == 2 && timers == 1);
    assert(hil_loop_watch(-1, false, take_byte) == ESP_ERR_INVALID_ARG);
    finish();
}

static uint64_t end_the_other(sn_node *node, int fd, bool readable, bool writable) {
    const int other = fd == ends[0][0] ? ends[1][0] : ends[0][0];
    hil_loop_unwatch(other);
    assert(hil_loop_watch(other, false, take_byte) == ESP_OK); /* as after close() and socket() */
    return take_byte(node, fd, readable, writable);
}

static void what_select_found_is_not_told_to_a_later_watcher(void) {
    begin();
    for (int i = 0; i < 2; i++) {
        assert(write(ends[i][1], "a", 1) == 1 && hil_loop_watch(ends[i][0], false, end_the_other) == ESP_OK);
    }
    run(1, SN_NO_DEADLINE);
    assert(told == 1);
    run(1, SN_NO_DEADLINE);
    assert(told == 2);
    finish();
}

static uint64_t stop_writing(sn_node *node, int fd, bool readable, bool writable) {
    (void)node;
    assert(!readable && writable && hil_loop_watch(fd, false, stop_writing) == ESP_OK);
    told++;
    return 1;
}

static void room_to_write_is_told_where_it_was_asked_for(void) {
    begin();
    assert(hil_loop_watch(ends[0][1], true, stop_writing) == ESP_OK);
    run(1, SN_NO_DEADLINE);
    next_deadline = 1;
    run(3, 1);
    assert(told == 1 && timers == 4);
    finish();
}

static void a_select_without_memory_is_tried_again(void) {
    begin();
    assert(write(ends[0][1], "a", 1) == 1 && hil_loop_watch(ends[0][0], false, take_byte) == ESP_OK);
    board_selects_without_memory = 2;
    run(3, SN_NO_DEADLINE);
    assert(told == 1 && board_delays == 2);
    finish();
}

static void the_log_goes_by_the_cores_clock(void) {
    const int64_t lag_us = 400000; /* of ESP-IDF's log behind esp_timer: it may as well be the other way round */
    board_ticks = (uint32_t)((esp_timer_get_time() - lag_us) / 1000);
    assert(esp_log_timestamp() == board_ticks); /* until the loop is there */
    begin();
    const uint64_t first = hil_clock_us();
    assert(first / 1000 >= board_ticks);
    board_ticks = 0; /* asked no more */
    const uint32_t log_ms = esp_log_timestamp();
    assert(first / 1000 <= log_ms && log_ms <= hil_clock_us() / 1000);
    finish();
}

static void the_timer_is_called_at_the_deadline_and_not_before(void) {
    begin();
    const uint64_t deadline = hil_clock_us() + 20000;
    while (timers == 0) {
        run(1, deadline);
        assert(timers == (hil_clock_us() >= deadline) || timers == 0);
    }
    finish();
}

static const test_case cases[] = {
    TEST(the_queue_stands_in_psram_where_there_is_some),
    TEST(without_psram_the_queue_takes_internal_memory),
    TEST(without_memory_for_its_queue_the_loop_says_so),
    TEST(posted_events_arrive_in_their_order),
    TEST(a_descriptor_is_told_of_until_it_is_unwatched),
    TEST(what_select_found_is_not_told_to_a_later_watcher),
    TEST(room_to_write_is_told_where_it_was_asked_for),
    TEST(a_select_without_memory_is_tried_again),
    TEST(the_log_goes_by_the_cores_clock),
    TEST(the_timer_is_called_at_the_deadline_and_not_before),
};

int main(int argc, char **argv) {
    return run_case(cases, sizeof cases / sizeof cases[0], argc, argv);
}
