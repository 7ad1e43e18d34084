/* SPDX-License-Identifier: MIT */
/* Joining an access point (firmware/main/wifi.c). */
#include "../cases.h"
#include "board.h"

static const link_wish home = {.name = "home", .secret = "not-a-secret"};
static const link_wish other = {.name = "other", .secret = "not-a-secret"};
static const link_wish stored = {.name = ""};

static void join_home(void) {
    board_boot();
    hil_wifi_start(&home);
    board_run_events();
    board_let_in(7);
    assert(strcmp(board_told(), "up 192.168.4.7") == 0);
}

static void the_first_joining_takes_no_for_the_answer_to_its_stop(void) {
    board_stop_code = ESP_ERR_WIFI_NOT_STARTED;
    join_home();
    assert(hil_wifi_is_joined());
}

static void esp_now_starts_a_radio_that_was_never_started(void) {
    uint8_t channel = 6;
    board_stop_code = ESP_ERR_WIFI_NOT_STARTED;
    board_boot();
    assert(hil_wifi_tune(&channel) == ESP_OK);
    assert(board_starts == 1);
}

static void a_driver_that_is_not_there_cannot_join(void) {
    hil_wifi_start(&home); /* links.c logs that hil_wifi_init failed, and goes on */
    assert(strstr(board_told(), "the Wi-Fi driver refused: ESP_ERR_WIFI_NOT_INIT") != NULL);
    assert(!hil_wifi_is_joined());
}

static void what_is_joined_is_not_left_and_says_up_again(void) {
    join_home();
    const int stops = board_stops;
    hil_wifi_start(&home);
    assert(strcmp(board_told(), "up 192.168.4.7") == 0);
    hil_wifi_store();
    hil_wifi_start(&stored);
    assert(strcmp(board_told(), "up 192.168.4.7") == 0);
    assert(board_stops == stops);
    assert(hil_wifi_is_joined());
}

static void what_has_lost_its_address_is_joined_anew(void) {
    join_home();
    const int stops = board_stops;
    board_set_address(0); /* wifi.c has not been told yet */
    hil_wifi_start(&home);
    assert(strcmp(board_told(), "") == 0);
    assert(board_stops == stops + 1);
    board_run_events();
    board_let_in(8);
    assert(strcmp(board_told(), "up 192.168.4.8") == 0);
}

static void a_radio_without_memory_cannot_join_but_can_be_asked_again(void) {
    board_boot();
    board_start_code = ESP_ERR_NO_MEM;
    hil_wifi_start(&home);
    assert(strstr(board_told(), "the Wi-Fi driver refused: ESP_ERR_NO_MEM") != NULL);
    board_start_code = ESP_OK;
    hil_wifi_start(&home);
    board_run_events();
    board_let_in(7);
    assert(strcmp(board_told(), "up 192.168.4.7") == 0);
}

static void esp_now_takes_the_radio_from_a_joining(void) {
    uint8_t channel = 6;
    board_boot();
    hil_wifi_start(&home);
    board_run_events();
    assert(hil_wifi_tune(&channel) == ESP_OK);
    assert(strstr(board_told(), "ESP-NOW has taken the radio") != NULL);
}

static void another_access_point_is_joined_by_leaving_the_first(void) {
    join_home();
    const int stops = board_stops;
    hil_wifi_start(&other);
    assert(board_stops == stops + 1);
    assert(strcmp((const char *)board_config.sta.ssid, "other") == 0);
    board_run_events(); /* that the first was left is not the end of the second */
    assert(strcmp(board_told(), "") == 0);
    board_let_in(9);
    assert(strcmp(board_told(), "up 192.168.4.9") == 0);
}

static void what_was_tried_and_refused_is_tried_again(void) {
    board_boot();
    hil_wifi_start(&home);
    hil_wifi_start(&home);
    assert(board_starts == 2);
}

static void modem_sleep_is_off_as_soon_as_the_radio_runs(void) {
    join_home();
    assert(board_sleep == WIFI_PS_NONE);
}

static void modem_sleep_that_ble_asked_for_before_is_on_when_the_radio_starts(void) {
    board_boot();
    hil_wifi_save_power(true);
    hil_wifi_start(&home);
    board_run_events();
    assert(board_sleep == WIFI_PS_MIN_MODEM);
    hil_wifi_save_power(false);
    assert(board_sleep == WIFI_PS_NONE);
}

static const test_case cases[] = {
    TEST(the_first_joining_takes_no_for_the_answer_to_its_stop),
    TEST(esp_now_starts_a_radio_that_was_never_started),
    TEST(a_driver_that_is_not_there_cannot_join),
    TEST(what_is_joined_is_not_left_and_says_up_again),
    TEST(what_has_lost_its_address_is_joined_anew),
    TEST(a_radio_without_memory_cannot_join_but_can_be_asked_again),
    TEST(esp_now_takes_the_radio_from_a_joining),
    TEST(another_access_point_is_joined_by_leaving_the_first),
    TEST(what_was_tried_and_refused_is_tried_again),
    TEST(modem_sleep_is_off_as_soon_as_the_radio_runs),
    TEST(modem_sleep_that_ble_asked_for_before_is_on_when_the_radio_starts),
};

int main(int argc, char **argv) {
    return run_case(cases, sizeof cases / sizeof cases[0], argc, argv);
}
