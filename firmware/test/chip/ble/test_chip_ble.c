/* SPDX-License-Identifier: MIT */
/* The one connection of the BLE link (firmware/main/ble.c), as the peripheral. */
#include "../cases.h"
#include "board.h"

#define MTU 247
#define OURS 7
#define OTHER 3

static const link_wish peripheral = {.via = SN_VIA_BLE, .name = ""};

static void open_link(void) {
    hil_ble_driver.start(&peripheral);
    assert(board_advertises);
    assert(strcmp(board_told(), "") == 0);
}

static void bring_up(void) {
    open_link();
    board_connects(OURS, true);
    board_subscribes(OURS);
    board_agrees(MTU);
    assert(strcmp(board_told(), "up") == 0);
}

static void a_central_that_subscribes_brings_the_link_up(void) {
    bring_up();
    assert(hil_ble_driver.frame_limit() == MTU - 3);
}

static void a_subscription_may_be_told_of_before_its_connection(void) {
    open_link();
    board_connects(OURS, false);
    board_subscribes(OURS);
    board_agrees(MTU);
    assert(strcmp(board_told(), "up") == 0);
    assert(hil_ble_driver.send(0, (const uint8_t *)"frame", 5) == 5);
    assert(board_sent_on == OURS);
    board_tell_connected(OURS, 0);
    assert(strcmp(board_told(), "") == 0);
    board_disconnects(OURS);
    assert(strstr(board_told(), "the connection ended") != NULL);
}

static void the_next_connection_is_not_taken_for_the_one_before(void) {
    open_link();
    board_connects(OTHER, true);
    board_disconnects(OTHER);
    board_connects(OURS, false);
    board_subscribes(OURS);
    board_agrees(MTU);
    assert(strcmp(board_told(), "up") == 0);
}

static void the_end_of_another_connection_is_not_the_links(void) {
    bring_up();
    board_disconnects(OTHER);
    assert(strcmp(board_told(), "") == 0);
    assert(hil_ble_driver.frame_limit() == MTU - 3);
}

static void frames_of_another_connection_are_not_the_links(void) {
    bring_up();
    board_writes(OTHER);
    board_notifies(OTHER);
    assert(board_frames == 0);
    board_writes(OURS);
    board_notifies(OURS);
    assert(board_frames == 2);
}

static void a_connection_that_fails_twice_over_leaves_the_board_advertising(void) {
    open_link();
    board_connects(OURS, false);
    board_tell_connected(OURS, 0x3e);
    board_disconnects(OURS);
    assert(strcmp(board_told(), "") == 0);
    assert(board_advertises);
}

static void a_link_that_is_up_does_not_advertise(void) {
    bring_up();
    board_tell_connected(OTHER, 0x3e);
    assert(!board_advertises);
}

static void without_psram_there_is_no_ble_and_the_board_says_so(void) {
    board_psram = 0;
    hil_ble_driver.start(&peripheral);
    assert(strstr(board_told(), "BLE needs a module with octal PSRAM") != NULL);
    hil_ble_driver.stop();
}

static void a_central_that_asked_for_the_mtu_itself_is_not_asked(void) {
    open_link();
    board_connects(OURS, true);
    board_asks(MTU);
    board_subscribes(OURS);
    assert(strcmp(board_told(), "up") == 0);
    assert(hil_ble_driver.frame_limit() == MTU - 3);
}

static void a_frame_waits_where_nimble_has_too_few_buffers(void) {
    bring_up();
    const int buffers = board_buffers;
    board_buffers = 32; /* all of the second pool, and what NimBLE needs itself */
    assert(hil_ble_driver.send(0, (const uint8_t *)"frame", 5) == 0);
    assert(board_waits == 1 && board_buffers == 32);
    board_buffers = buffers;
    assert(hil_ble_driver.send(0, (const uint8_t *)"frame", 5) == 5);
    assert(board_buffers == buffers);
}

static void without_memory_for_the_controller_the_board_says_so(void) {
    board_internal_heap = 20000;
    hil_ble_driver.start(&peripheral);
    assert(strstr(board_told(), "the Bluetooth controller could not be started: ESP_ERR_NO_MEM") != NULL);
    hil_ble_driver.stop();
}

static void without_memory_for_the_host_task_the_link_can_still_be_opened_later(void) {
    const size_t heap = board_internal_heap;
    board_internal_heap = 24000; /* for the controller, and not for the task */
    hil_ble_driver.start(&peripheral);
    assert(strstr(board_told(), "BLE could not be set up") != NULL);
    hil_ble_driver.stop();
    assert(board_internal_heap == 24000);
    board_internal_heap = heap;
    bring_up();
}

static void the_link_can_be_opened_again(void) {
    bring_up();
    hil_ble_driver.stop();
    bring_up();
}

static const test_case cases[] = {
    TEST(a_central_that_subscribes_brings_the_link_up),
    TEST(a_subscription_may_be_told_of_before_its_connection),
    TEST(the_next_connection_is_not_taken_for_the_one_before),
    TEST(the_end_of_another_connection_is_not_the_links),
    TEST(frames_of_another_connection_are_not_the_links),
    TEST(a_connection_that_fails_twice_over_leaves_the_board_advertising),
    TEST(a_link_that_is_up_does_not_advertise),
    TEST(without_psram_there_is_no_ble_and_the_board_says_so),
    TEST(a_central_that_asked_for_the_mtu_itself_is_not_asked),
    TEST(a_frame_waits_where_nimble_has_too_few_buffers),
    TEST(without_memory_for_the_controller_the_board_says_so),
    TEST(without_memory_for_the_host_task_the_link_can_still_be_opened_later),
    TEST(the_link_can_be_opened_again),
};

int main(int argc, char **argv) {
    return run_case(cases, sizeof cases / sizeof cases[0], argc, argv);
}
