/* SPDX-License-Identifier: MIT */
/* Tests of the chip's console, firmware/main/console.c. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "board.h"
#include "cases.h"
#include "clock.h"
#include "loop.h"
#include "port.h"

/* The loop and the core, as far as the console sees them. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static loop_event waiting[2]; /* of each input */
static int count[2];
static uint8_t heard[1 << 16];
static size_t heard_length, longest;

void hil_loop_post_wait(const loop_event *event) {
    pthread_mutex_lock(&lock);
    waiting[event->a] = *event;
    count[event->a]++;
    assert(count[event->a] == 1); /* never a second one before the first was delivered */
    pthread_mutex_unlock(&lock);
}

uint64_t sn_node_on_console(sn_node *node, const uint8_t *data, size_t length) {
    (void)node;
    memcpy(&heard[heard_length], data, length);
    heard_length += length;
    longest = length > longest ? length : longest;
    return 0;
}

/* Delivers until so many bytes have been heard. */
static void hear(size_t length) {
    while (heard_length < length) {
        for (int i = 0; i < 2; i++) {
            pthread_mutex_lock(&lock);
            const bool is_there = count[i] == 1;
            const loop_event event = waiting[i];
            count[i] = 0;
            pthread_mutex_unlock(&lock);
            if (is_there) {
                event.deliver(NULL, &event);
            }
        }
        usleep(100);
    }
}

static void let_usb_speak(void) {
    board_type(&board_usb, "u", 1);
    hear(heard_length + 1);
}

static void await_uart(size_t length) {
    while (board_uart.sent < length) {
        usleep(100);
    }
}

static void what_is_typed_arrives_in_its_order_and_in_large_pieces(void) {
    static uint8_t data[20000];
    for (size_t i = 0; i < sizeof data; i++) {
        data[i] = (uint8_t)(i % 251);
    }
    board_type(&board_uart, data, sizeof data);
    hear(sizeof data);
    assert(memcmp(heard, data, sizeof data) == 0 && longest == 1024);
}

static void output_goes_to_both_ports(void) {
    hil_console_write(NULL, (const uint8_t *)"hello", 5);
    await_uart(5);
    assert(memcmp(board_uart.output, "hello", 5) == 0 && memcmp(board_usb.output, "hello", 5) == 0);
}

/* As the host sends it while nobody takes it up: each chunk COBS-encoded between zeros. */
static void find_room_for_a_window(board_port *port) {
    static uint8_t window[16][1024 + 9 + 5 + 2];
    for (size_t i = 0; i < sizeof window; i++) {
        window[i / sizeof window[0]][i % sizeof window[0]] = (uint8_t)(i % 251);
    }
    board_type(port, window, sizeof window);
    assert(port->dropped == 0);
    hear(sizeof window);
    assert(memcmp(heard, window, sizeof window) == 0);
}

static void the_window_of_an_upload_finds_room_on_the_uart(void) {
    find_room_for_a_window(&board_uart);
}

static void the_window_of_an_upload_finds_room_on_usb(void) {
    find_room_for_a_window(&board_usb);
}

static void a_slow_uart_holds_up_nobody_who_uses_usb(void) {
    static uint8_t frame[1000];
    let_usb_speak();
    board_set_uart_stuck(true);
    for (int i = 0; i < 100; i++) {
        memset(frame, i, sizeof frame);
        hil_console_write(NULL, frame, sizeof frame);
    }
    assert(board_usb.sent == 100 * sizeof frame);
    board_set_uart_stuck(false);
    hil_console_drain();
    assert(board_uart.sent > 0 && board_uart.sent % sizeof frame == 0);
    for (size_t i = 0; i < board_uart.sent; i++) { /* whole frames */
        assert(board_uart.output[i] == board_uart.output[i - i % sizeof frame]);
    }
}

static void on_the_uart_nothing_is_lost(void) {
    static uint8_t frame[1000];
    board_set_usb_room(0);
    for (int i = 0; i < 100; i++) {
        memset(frame, i, sizeof frame);
        hil_console_write(NULL, frame, sizeof frame);
    }
    hil_console_drain();
    assert(board_uart.sent == 100 * sizeof frame && board_uart.output[99 * sizeof frame] == 99);
    assert(board_usb_waits == 0);
}

static void a_usb_host_that_stopped_reading_is_waited_for_once(void) {
    static uint8_t frame[1000];
    let_usb_speak();
    board_set_usb_room(0);
    for (int i = 0; i < 7; i++) { /* the driver has room for four */
        hil_console_write(NULL, frame, sizeof frame);
    }
    assert(board_usb_waits == 1);
    let_usb_speak();
    hil_console_write(NULL, frame, sizeof frame);
    assert(board_usb_waits == 2);
}

static void log_lines_go_out_whole(void) {
    board_log("I (%d) wifi: ", 12);
    board_log("joined");
    assert(board_usb.sent == 0);
    board_log(" it\n");
    const char expected[] = "I (12) wifi: joined it\r\n";
    assert(board_usb.sent == sizeof expected - 1 && memcmp(board_usb.output, expected, sizeof expected - 1) == 0);
}

static void a_log_line_that_is_too_long_is_cut(void) {
    board_log("%0600d\n", 1);
    board_log("next\n");
    assert(board_usb.sent < 600 && memcmp(&board_usb.output[board_usb.sent - 8], "\r\nnext\r\n", 8) == 0);
}

static void the_rate_changes_when_all_has_gone_out(void) {
    static uint8_t data[5000];
    hil_console_write(NULL, data, sizeof data);
    hil_console_baud(NULL, 921600);
    assert(board_rate == 921600 && board_sent_before_rate == sizeof data);
}

static _Atomic bool is_enough;

static void *log_on(void *unused) {
    for (int i = 0; i < 10000 && !is_enough; i++) {
        board_log("I (1) wifi: something to say, and again\n");
        usleep(500);
    }
    return unused;
}

static void no_rate_changes_under_another_tasks_line(void) {
    pthread_t other;
    assert(pthread_create(&other, NULL, log_on, NULL) == 0);
    for (uint32_t i = 0; i < 20; i++) {
        hil_console_baud(NULL, i % 2 == 0 ? 921600 : 115200);
    }
    is_enough = true;
    assert(pthread_join(other, NULL) == 0 && board_torn == 0);
}

static void a_rate_that_cannot_be_leaves_the_old_one(void) {
    hil_console_baud(NULL, 5000001);
    assert(board_rate == 115200 && strstr((const char *)board_usb.output, "the line stays at its rate") != NULL);
}

/* Line after line, whose number is in it. */
static size_t fill_queue(int lines) {
    size_t length = 0;
    for (int i = 0; i < lines; i++) {
        char line[100];
        length += (size_t)snprintf(line, sizeof line, "I (%d) test: the line of that number\r\n", i);
        hil_console_write(NULL, (const uint8_t *)line, strlen(line));
    }
    return length;
}

static void what_is_queued_at_a_panic_goes_out_first(void) {
    for (int round = 0; round < 2; round++) { /* from the start of the queue, and from somewhere in it */
        const size_t before = board_uart.sent;
        board_set_uart_stuck(true);
        const size_t length = fill_queue(round == 0 ? 180 : 210);
        if (round == 0) {
            board_set_uart_stuck(false);
            hil_console_drain();
            assert(board_uart.sent == before + length);
            continue;
        }
        board_panic(false);
        esp_panic_handler(NULL);
        assert(board_sent_before_panic == before + length && board_rom_output[0] == '\0');
        assert(memcmp(&board_uart.output[before], &board_usb.output[before], length) == 0);
    }
}

static void what_a_panic_cannot_bring_out_is_said_to_be_lost(void) {
    char expected[64];
    board_set_uart_stuck(true);
    const size_t length = fill_queue(100);
    board_panic(true);
    esp_panic_handler(NULL);
    /* the FIFO has the first 128 bytes */
    snprintf(expected, sizeof expected, "console: %zu bytes could not go out before the panic\r\n", length - 128);
    assert(strstr(board_rom_output, expected) != NULL);
    assert(board_us_before_panic < 1000000); /* the watchdog's patience */
}

static void a_panic_with_nothing_queued_is_the_panic_handlers_alone(void) {
    board_panic(true);
    esp_panic_handler(NULL);
    assert(board_rom_output[0] == '\0' && board_sent_before_panic == board_uart.sent);
}

static void usb_has_no_rate(void) {
    let_usb_speak();
    hil_console_baud(NULL, 921600);
    assert(board_rate == 115200);
}

static const test_case cases[] = {
    TEST(what_is_typed_arrives_in_its_order_and_in_large_pieces),
    TEST(output_goes_to_both_ports),
    TEST(the_window_of_an_upload_finds_room_on_the_uart),
    TEST(the_window_of_an_upload_finds_room_on_usb),
    TEST(a_slow_uart_holds_up_nobody_who_uses_usb),
    TEST(on_the_uart_nothing_is_lost),
    TEST(a_usb_host_that_stopped_reading_is_waited_for_once),
    TEST(log_lines_go_out_whole),
    TEST(a_log_line_that_is_too_long_is_cut),
    TEST(the_rate_changes_when_all_has_gone_out),
    TEST(no_rate_changes_under_another_tasks_line),
    TEST(a_rate_that_cannot_be_leaves_the_old_one),
    TEST(usb_has_no_rate),
    TEST(what_is_queued_at_a_panic_goes_out_first),
    TEST(what_a_panic_cannot_bring_out_is_said_to_be_lost),
    TEST(a_panic_with_nothing_queued_is_the_panic_handlers_alone),
};

int main(int argc, char **argv) {
    hil_clock_init();
    assert(hil_console_init() == ESP_OK);
    assert(esp_task_wdt_add(NULL) == ESP_OK);                           /* this is the event task */
    _exit(run_case(cases, sizeof cases / sizeof cases[0], argc, argv)); /* the tasks never end */
}
