/* SPDX-License-Identifier: MIT */
/* What the node answers on its console, whatever its role. */
#include <stdio.h>
#include <string.h>

#include "console/chunk.h"
#include "base/crc.h"
#include "fake_port.h"
#include "test.h"

static void a_numbered_request_gets_a_numbered_answer(void) {
    fake_port *fake = fake_in_role(SN_ROLE_HEAD);
    CHECK_TEXT(fake_ask(fake, "#4294967295 role"), "#4294967295 ok role=head");
    CHECK_TEXT(fake_ask(fake, "#7 role *0000"), "#7 err code=crc msg=\"the request's CRC is wrong: send it again\"");
    char line[32] = "#8 role";
    snprintf(&line[7], sizeof line - 7, " *%04x", sn_crc16("#8 role", 7));
    CHECK_TEXT(fake_ask(fake, line), "#8 ok role=head");
    fake_free(fake);
}

static void help_names_every_verb(void) {
    fake_port *fake = fake_in_role(SN_ROLE_HEAD);
#ifdef SN_TEST_BUILD
    CHECK_TEXT(fake_ask(fake, "help"),
               "ok verbs=\"help info role baud wifi edge peer key link image infer read rtt stats "
               "update reboot crash hang fail counter\"");
#else
    CHECK_TEXT(fake_ask(fake, "help"),
               "ok verbs=\"help info role baud wifi edge peer key link image infer read rtt stats update reboot\"");
#endif
    fake_free(fake);
}

static void what_cannot_be_understood_is_refused_with_a_sentence(void) {
    fake_port *fake = fake_in_role(SN_ROLE_HEAD);
    static const char *const refusals[][2] = {
        {"inf", "err code=unknown_verb msg=\"there is no such verb: try help\""},
        {"infos", "err code=unknown_verb msg=\"there is no such verb: try help\""},
        {"#5", "#5 err code=syntax msg=\"there is no verb in the request: try help\""},
        {"info x=1", "err code=bad_argument msg=\"the verb has no argument of that name\""},
        {"info x", "err code=syntax msg=\"an argument is not of the form key=value\""},
        {"edge host=a", "err code=bad_argument msg=\"port is the edge server's port, 1 to 65535\""},
        {"edge host=a port=0", "err code=bad_argument msg=\"port is the edge server's port, 1 to 65535\""},
        {"edge host=a port=65536", "err code=bad_argument msg=\"port is the edge server's port, 1 to 65535\""},
        {"edge port=1", "err code=bad_argument msg=\"host is the edge server's name or address, 1 to 63 bytes\""},
        {"link via=tcp state=on", "err code=bad_argument msg=\"state is up or down\""},
        {"link via=telnet state=up", "err code=bad_argument msg=\"via is the kind of link: tcp, udp, espnow or ble\""},
        {"link via=espnow state=up",
         "err code=bad_argument msg=\"no peer is known: name it by peer mac=... channel=...\""},
        {"peer mac=02:00:00:4c:00", "err code=bad_argument msg=\"mac is the other board's address, such as "
                                    "02:00:00:4c:00:01\""},
        {"peer mac=03:00:00:4c:00:01", "err code=bad_argument msg=\"mac is the other board's address, such as "
                                       "02:00:00:4c:00:01\""},
        {"peer channel=14", "err code=bad_argument msg=\"channel is that of the radio, 1 to 13\""},
        {"role set=head", "err code=bad_argument msg=\"set is gateway or model\""},
        {"link via=tcp state=up",
         "err code=bad_argument msg=\"no edge server is known: name it by edge host=... port=...\""},
        {"infer via=tcp output=2", "err code=bad_argument msg=\"output is 0 or 1\""},
        {"read what=input", "err code=bad_argument msg=\"what is output, activation or profile\""},
        {"image size=3000", "err code=bad_argument msg=\"crc is the CRC-32 of the image in hexadecimal\""},
        {"image crc=0", "err code=bad_argument msg=\"size is the number of bytes in the image\""},
        {"image size=2999 crc=0", "err code=image_size msg=\"the image has 2999 bytes and the model's input 3000\""},
    };
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        CHECK_TEXT(fake_ask(fake, refusals[i][0]), refusals[i][1]);
    }
    fake_free(fake);
}

static void a_line_that_is_too_long_is_refused_once(void) {
    fake_port *fake = fake_in_role(SN_ROLE_HEAD);
    char line[700];
    memset(line, 'x', sizeof line);
    line[sizeof line - 1] = '\0';
    CHECK_TEXT(fake_ask(fake, line), "err code=syntax msg=\"the line has more than 512 bytes\"");
    CHECK_TEXT(fake_ask(fake, "role"), "ok role=head");
    fake_free(fake);
}

static void baud_switches_once_the_answer_is_out(void) {
    fake_port *fake = fake_in_role(SN_ROLE_HEAD);
    CHECK_TEXT(fake_ask(fake, "baud rate=921600"), "ok rate=921600");
    CHECK_UINT(fake->baud, 921600);
    CHECK_TEXT(fake_ask(fake, "baud rate=300"),
               "err code=bad_argument msg=\"rate is the bits per second, 9600 to 5000000\"");
    CHECK_UINT(fake->baud, 921600);
    fake_free(fake);
}

static void stats_give_the_machines_figures_of_memory(void) {
    fake_port *fake = fake_in_role(SN_ROLE_HEAD);
    const char *answer = fake_ask(fake, "stats");
    CHECK(strstr(answer, " heap_free=1000 heap_least=2000 heap_block=3000 dma_free=4000 dma_least=5000 dma_block=6000 "
                         "psram_free=7000 psram_least=8000 stacks=first:10000,second:10001") != NULL);
    fake_free(fake);
}

static void a_figure_that_the_machine_does_not_have_is_absent_from_stats(void) {
    fake_port *fake = fake_in_role(SN_ROLE_HEAD);
    fake->figure = SN_NO_FIGURE;
    fake->stacks = 0;
    const char *answer = fake_ask(fake, "stats");
    CHECK(strstr(answer, "heap") == NULL);
    CHECK(strstr(answer, "stacks") == NULL);
    CHECK(strstr(answer, " gw_dropped=0") != NULL);
    fake_free(fake);
}

static void stacks_that_do_not_fit_on_the_line_of_stats_are_left_out_whole(void) {
    fake_port *fake = fake_in_role(SN_ROLE_HEAD);
    fake->figure = SN_NO_FIGURE / 8;
    fake->stacks = 60;
    const char *answer = fake_ask(fake, "#4294967295 stats");
    const char *last = strrchr(answer, ',');
    CHECK(last != NULL);
    CHECK(strncmp(last, ",a_task_of_15ish:100", strlen(",a_task_of_15ish:100")) == 0);
    CHECK(strlen(last) >= strlen(",a_task_of_15ish:10000"));
    CHECK(strlen(answer) > 900); /* not the whole list */
    fake_free(fake);
}

static void reboot_answers_and_restarts(void) {
    fake_port *fake = fake_in_role(SN_ROLE_HEAD);
    CHECK_TEXT(fake_ask(fake, "#3 reboot"), "#3 ok");
    CHECK_UINT(fake->restarts, 1);
    fake_free(fake);
}

static void wifi_joins_and_reports(void) {
    fake_port *fake = fake_in_role(SN_ROLE_HEAD);
    CHECK_TEXT(fake_ask(fake, "wifi ssid=\"my net\" password=\"p=ss word\""), "ok");
    CHECK_TEXT(fake->ssid, "my net");
    CHECK_TEXT(fake->password, "p=ss word");
    sn_node_on_wifi(fake->node, SN_OK, NULL, "10.0.0.2");
    CHECK_TEXT(fake_line(fake), "! wifi state=up ip=10.0.0.2");
    sn_node_on_wifi(fake->node, SN_ERR_WIFI, "the access point is gone", NULL);
    CHECK_TEXT(fake_line(fake), "! wifi state=down code=wifi msg=\"the access point is gone\"");
    sn_node_on_wifi(fake->node, SN_ERR_WIFI, "", NULL);
    CHECK_TEXT(fake_line(fake), "! wifi state=down code=wifi msg=\"the machine gives no reason\"");
    CHECK_TEXT(fake_ask(fake, "wifi ssid=open"), "ok");
    CHECK_TEXT(fake->password, "");
    CHECK_TEXT(fake_ask(fake, "wifi"), "ok");
    CHECK_TEXT(fake->ssid, "");
    fake->wifi_fails = SN_ERR_WIFI;
    CHECK_TEXT(fake_ask(fake, "wifi"),
               "err code=wifi msg=\"no access point is stored on the board: name one by ssid\"");
    CHECK_TEXT(fake_ask(fake, "wifi password=12345678"),
               "err code=bad_argument msg=\"ssid is the name of the access point, 1 to 32 bytes\"");
    CHECK_TEXT(fake_ask(fake, "wifi ssid=x password=short"),
               "err code=bad_argument msg=\"password has 8 to 64 bytes, or none for an open network\"");
    fake_free(fake);
}

static void a_chunk_that_is_dropped_is_answered_by_where_to_go_on(void) {
    fake_port *fake = fake_in_role(SN_ROLE_HEAD);
    uint8_t encoded[SN_CHUNK_ENCODED];
    static const uint8_t data[100] = {1};
    sn_chunk chunk = {.type = SN_CHUNK_IMAGE, .offset = 0, .data = {data, sizeof data}};
    size_t size = sn_chunk_encode(&chunk, encoded);
    sn_node_on_console(fake->node, encoded, size);
    CHECK_TEXT(fake_line(fake),
               "! image state=err code=no_image msg=\"a chunk came, but no image has been announced\"");
    CHECK_TEXT(fake_ask(fake, "image size=3000 crc=0"), "ok chunk=1024 window=16");
    sn_node_on_console(fake->node, encoded, size);
    CHECK_TEXT(fake_line(fake), "! image next=100");
    sn_node_on_console(fake->node, encoded, size);
    CHECK_TEXT(fake_line(fake), "! image next=100");
    encoded[20] ^= 2;
    sn_node_on_console(fake->node, encoded, size);
    CHECK_TEXT(fake_line(fake), "! image next=100");
    CHECK_TEXT(fake_stats(fake), "rx_bad_frame=0 rx_bad_crc=0 rx_bad_chunk=3 tx_messages=0 rx_messages=0 "
                                 "infer_ok=0 infer_err=0 uptime_us=0");
    fake_free(fake);
}

static void a_chunk_after_the_last_one_is_told_that_all_is_there_and_right(void) {
    fake_port *fake = fake_in_role(SN_ROLE_HEAD);
    fake_store_image(fake);
    uint8_t encoded[SN_CHUNK_ENCODED];
    sn_chunk chunk = {.type = SN_CHUNK_IMAGE, .offset = 2048, .data = {fake->image_memory, 952}};
    sn_node_on_console(fake->node, encoded, sn_chunk_encode(&chunk, encoded));
    CHECK_TEXT(fake_line(fake), "! image next=3000");
    CHECK_TEXT(fake_line(fake), "! image state=ok");
    fake_free(fake);
}

static void an_image_with_a_wrong_crc_is_reported(void) {
    fake_port *fake = fake_in_role(SN_ROLE_HEAD);
    uint8_t encoded[SN_CHUNK_ENCODED];
    static const uint8_t data[1000] = {1};
    CHECK_TEXT(fake_ask(fake, "image size=3000 crc=12345678"), "ok chunk=1024 window=16");
    for (uint32_t at = 0; at < 3000; at += 1000) {
        sn_chunk chunk = {.type = SN_CHUNK_IMAGE, .offset = at, .data = {data, sizeof data}};
        sn_node_on_console(fake->node, encoded, sn_chunk_encode(&chunk, encoded));
        CHECK(fake_line(fake) != NULL);
    }
    CHECK_TEXT(fake_line(fake), "! image state=err code=image_crc msg=\"the image's CRC-32 is not the one announced: "
                                "send it again\"");
    fake_free(fake);
}

static void a_new_announcement_forgets_the_old_image(void) {
    fake_port *fake = fake_linked(SN_ROLE_HEAD);
    fake_store_image(fake);
    CHECK_TEXT(fake_ask(fake, "image size=3000 crc=0"), "ok chunk=1024 window=16");
    CHECK_TEXT(fake_ask(fake, "infer via=tcp"), "err code=busy msg=\"an image is on its way to the board\"");
    fake_free(fake);
}

static void two_nodes_live_side_by_side(void) {
    fake_port *head = fake_in_role(SN_ROLE_HEAD);
    fake_port *tail = fake_in_role(SN_ROLE_TAIL);
    CHECK_TEXT(fake_ask(head, "edge host=a port=1"), "ok host=a port=1");
    CHECK_TEXT(fake_ask(tail, "role"), "ok role=tail");
    CHECK_TEXT(fake_ask(head, "role"), "ok role=head");
    fake_free(head);
    fake_free(tail);
}

static const test_case node_console_cases[] = {
    TEST(a_numbered_request_gets_a_numbered_answer),
    TEST(help_names_every_verb),
    TEST(what_cannot_be_understood_is_refused_with_a_sentence),
    TEST(a_line_that_is_too_long_is_refused_once),
    TEST(baud_switches_once_the_answer_is_out),
    TEST(stats_give_the_machines_figures_of_memory),
    TEST(a_figure_that_the_machine_does_not_have_is_absent_from_stats),
    TEST(stacks_that_do_not_fit_on_the_line_of_stats_are_left_out_whole),
    TEST(reboot_answers_and_restarts),
    TEST(wifi_joins_and_reports),
    TEST(a_chunk_that_is_dropped_is_answered_by_where_to_go_on),
    TEST(a_chunk_after_the_last_one_is_told_that_all_is_there_and_right),
    TEST(an_image_with_a_wrong_crc_is_reported),
    TEST(a_new_announcement_forgets_the_old_image),
    TEST(two_nodes_live_side_by_side),
};
SUITE(node_console, node_console_cases);
