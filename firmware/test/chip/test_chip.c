/* SPDX-License-Identifier: MIT */
/* Tests of what firmware/main does by itself: which model is in use, updates and their rollback, the loop. */
#undef NDEBUG
#include <assert.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "board.h"
#include "loop.h"
#include "port.h"
#include "settings.h"
#include "sha256.h"
#include "storage.h"

#define SIZE 9001u /* three sectors, the last one begun */

static const uint8_t magic[4] = {0x48, 0x49, 0x4C, 0x4D};

static void fill(uint8_t *to, uint8_t with) {
    for (uint32_t i = 0; i < SIZE; i++) {
        to[i] = (uint8_t)(i * 7 + with);
    }
    memcpy(to, magic, sizeof magic);
}

static void boot(esp_reset_reason_t reason) {
    board_boot(reason);
    (void)settings_init();
    storage_init();
}

/* A board with a model in its first slot. */
static void make(int slots) {
    board_make(slots);
    fill(board_flash(MODEL_0), 1);
    boot(ESP_RST_POWERON);
}

static const char *model(void) {
    return storage_in_use()->label;
}

/* Is what the core can read the whole of a model? */
static bool holds(uint8_t with) {
    static uint8_t expected[SIZE], read[SIZE];
    fill(expected, with);
    return slot_read(NULL, 0, read, SIZE) == SN_OK && memcmp(read, expected, SIZE) == 0;
}

static sn_error send(sn_update what, const uint8_t *data, uint32_t piece) {
    uint8_t digest[32];
    sn_error code = update_begin(NULL, what, SIZE);
    for (uint32_t at = 0; code == SN_OK && at < SIZE; at += piece) {
        code = update_write(NULL, &data[at], piece < SIZE - at ? piece : SIZE - at);
    }
    sha256(data, SIZE, digest);
    return code == SN_OK ? update_end(NULL, digest) : code;
}

static sn_error send_model(uint8_t with, uint32_t piece) {
    static uint8_t data[SIZE];
    fill(data, with);
    return send(SN_UPDATE_MODEL, data, piece);
}

static sn_error send_app(uint8_t first, uint8_t version) {
    static uint8_t data[SIZE];
    memset(data, version, sizeof data);
    data[0] = first;
    return send(SN_UPDATE_APP, data, 1024);
}

static void the_first_slot_with_the_magic_is_in_use(void) {
    make(2);
    fill(board_flash(MODEL_1), 2);
    boot(ESP_RST_POWERON);
    assert(strcmp(model(), "model_0") == 0 && holds(1));
    board_flash(MODEL_0)[0] = 0;
    boot(ESP_RST_POWERON);
    assert(strcmp(model(), "model_1") == 0 && holds(2));
    board_flash(MODEL_1)[3] = 0xFF;
    boot(ESP_RST_POWERON);
    assert(strcmp(model(), "model_0") == 0);
}

static void without_model_partitions_nothing_can_be_read_or_updated(void) {
    uint8_t byte;
    board_make(0);
    boot(ESP_RST_POWERON);
    assert(storage_in_use() == NULL && update_begin(NULL, SN_UPDATE_MODEL, SIZE) == SN_ERR_UNSUPPORTED);
    make(1);
    assert(holds(1) && update_begin(NULL, SN_UPDATE_MODEL, SIZE) == SN_ERR_UNSUPPORTED);
    assert(slot_read(NULL, BOARD_SLOT - 1, &byte, 1) == SN_OK);
    assert(slot_read(NULL, BOARD_SLOT, &byte, 1) == SN_ERR_SLOT_LENGTH);
    assert(slot_read(NULL, 1, &byte, UINT32_MAX) == SN_ERR_SLOT_LENGTH);
}

static void a_model_is_tried_by_one_reboot(void) {
    make(2);
    assert(send_model(2, 1024) == SN_OK && holds(1) && !storage_is_on_trial());
    boot(ESP_RST_SW);
    assert(holds(2) && storage_is_on_trial());
    boot(ESP_RST_SW);
    assert(holds(1) && !storage_is_on_trial());
}

static void any_other_reset_drops_the_model(void) {
    make(2);
    assert(send_model(2, 1024) == SN_OK);
    boot(ESP_RST_PANIC);
    assert(holds(1) && !storage_is_on_trial());
    boot(ESP_RST_SW);
    assert(holds(1) && !storage_is_on_trial());
}

static void a_confirmed_model_stays(void) {
    make(2);
    for (uint8_t i = 2; i < 6; i++) { /* there and back */
        assert(send_model(i, 1024) == SN_OK);
        boot(ESP_RST_SW);
        assert(update_confirm(NULL, SN_UPDATE_MODEL) == SN_OK && !storage_is_on_trial());
        boot(ESP_RST_POWERON);
        assert(holds(i) && strcmp(model(), i % 2 == 0 ? "model_1" : "model_0") == 0);
    }
}

static void chunks_of_any_size_are_put_together(void) {
    static const uint32_t sizes[] = {1, 3, 5, 1000, 4095, 4096, 4097, SIZE};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        make(2);
        memset(board_flash(MODEL_1), 0, BOARD_SLOT);
        assert(send_model(2, sizes[i]) == SN_OK);
        assert(board_flash(MODEL_1)[0] == 0xFF && board_flash(MODEL_1)[3] == 0xFF);
        boot(ESP_RST_SW);
        assert(holds(2));
    }
}

static void power_may_go_at_any_moment(void) {
    bool is_complete = false;
    for (volatile int change = 1; !is_complete; change++) {
        make(2);
        board_cut_power_at(change);
        if (setjmp(board_power_lost) == 0) {
            assert(send_model(2, 1024) == SN_OK);
            boot(ESP_RST_SW);
            assert(update_confirm(NULL, SN_UPDATE_MODEL) == SN_OK);
            is_complete = true;
        }
        board_cut_power_at(0);
        boot(ESP_RST_POWERON);
        assert(is_complete ? holds(2) : holds(1) || holds(2));
    }
}

static void what_cannot_be_is_refused(void) {
    uint8_t digest[32] = {0};
    make(2);
    assert(update_write(NULL, digest, 1) == SN_ERR_STORAGE && update_end(NULL, digest) == SN_ERR_STORAGE);
    assert(update_begin(NULL, SN_UPDATE_MODEL, BOARD_SLOT + 1) == SN_ERR_BAD_ARGUMENT);
    assert(update_begin(NULL, SN_UPDATE_MODEL, SIZE) == SN_OK);
    assert(update_end(NULL, digest) == SN_ERR_UPDATE_SHA256 && update_end(NULL, digest) == SN_ERR_STORAGE);
    boot(ESP_RST_SW);
    assert(holds(1) && !storage_is_on_trial());
}

static void a_new_update_takes_the_place_of_one_that_waits(void) {
    make(2);
    assert(send_model(2, 1024) == SN_OK && update_begin(NULL, SN_UPDATE_MODEL, SIZE) == SN_OK);
    boot(ESP_RST_SW);
    assert(holds(1) && !storage_is_on_trial());
    assert(update_begin(NULL, SN_UPDATE_APP, SIZE) == SN_OK && send_model(3, 1024) == SN_OK);
    boot(ESP_RST_SW);
    assert(holds(3));
}

static void without_nvs_the_model_runs_and_is_not_updated(void) {
    make(2);
    board_nvs_error = ESP_ERR_NOT_FOUND;
    boot(ESP_RST_SW);
    assert(holds(1) && send_model(2, 1024) == SN_ERR_STORAGE && holds(1));
    board_nvs_error = ESP_ERR_NVS_NO_FREE_PAGES; /* which erasing mends */
    boot(ESP_RST_SW);
    assert(send_model(2, 1024) == SN_OK);
}

static void an_application_is_tried_once_unless_confirmed(void) {
    make(2);
    assert(send_app(0xE9, 2) == SN_OK);
    boot(ESP_RST_SW);
    assert(strcmp(board_app(), "ota_1") == 0);
    boot(ESP_RST_PANIC);
    assert(strcmp(board_app(), "ota_0") == 0);
    assert(send_app(0xE9, 3) == SN_OK);
    boot(ESP_RST_SW);
    assert(update_confirm(NULL, SN_UPDATE_APP) == SN_OK);
    boot(ESP_RST_PANIC);
    assert(strcmp(board_app(), "ota_1") == 0);
}

static void an_application_sent_twice_still_falls_back_to_the_running_one(void) {
    make(2);
    for (int i = 0; i < 2; i++) { /* from ota_0, then from ota_1 */
        const char *before = board_app();
        assert(send_app(0xE9, 2) == SN_OK && send_app(0xE9, 3) == SN_OK);
        boot(ESP_RST_SW);
        assert(strcmp(board_app(), before) != 0 && board_flash(i == 0 ? OTA_1 : OTA_0)[2] == 3);
        boot(ESP_RST_PANIC);
        assert(strcmp(board_app(), before) == 0);
        boot(ESP_RST_PANIC);
        assert(strcmp(board_app(), before) == 0);
        assert(send_app(0xE9, 4) == SN_OK);
        boot(ESP_RST_SW);
        assert(update_confirm(NULL, SN_UPDATE_APP) == SN_OK);
    }
}

static void an_application_whose_sending_failed_is_not_tried(void) {
    uint8_t digest[32] = {0};
    make(2);
    assert(send_app(0xE9, 2) == SN_OK && update_begin(NULL, SN_UPDATE_APP, SIZE) == SN_OK);
    assert(update_end(NULL, digest) == SN_ERR_UPDATE_SHA256);
    boot(ESP_RST_SW);
    assert(strcmp(board_app(), "ota_0") == 0);
}

static void what_is_no_application_is_refused(void) {
    make(2);
    assert(send_app(0x7F, 2) == SN_ERR_UPDATE_INVALID);
    assert(send_app(0xE9, 0xFF) == SN_ERR_UPDATE_INVALID);
    boot(ESP_RST_SW);
    assert(strcmp(board_app(), "ota_0") == 0);
}

/* The loop: the core is what these say that it is. */

static jmp_buf enough;
static int turns, timers, told;
static uint64_t next_deadline;
static int ends[2][2];

uint64_t sn_node_on_timer(sn_node *node) {
    (void)node;
    timers++;
    return next_deadline;
}

static void end_after_turns(void) {
    if (--turns < 0) {
        longjmp(enough, 1);
    }
}

static void run(int most_turns, uint64_t deadline) {
    turns = most_turns;
    board_on_turn = end_after_turns;
    if (setjmp(enough) == 0) {
        loop_run(NULL, deadline);
    }
}

static void begin(void) {
    timers = told = 0;
    next_deadline = SN_NO_DEADLINE;
    assert(loop_init() == ESP_OK);
    for (int i = 0; i < 2; i++) {
        assert(pipe(ends[i]) == 0);
    }
}

static void finish(void) {
    for (int i = 0; i < 2; i++) {
        loop_unwatch(ends[i][0]);
        loop_unwatch(ends[i][1]);
        close(ends[i][0]);
        close(ends[i][1]);
    }
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
        assert(loop_post(&event));
    }
    assert(!loop_post(&(loop_event){.deliver = count_up}));
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
    assert(write(ends[0][1], "abc", 3) == 3 && loop_watch(ends[0][0], false, take_byte) == ESP_OK);
    run(2, SN_NO_DEADLINE);
    assert(told == 2);
    loop_unwatch(ends[0][0]);
    run(1, 1);
    assert(told == 2 && timers == 1);
    assert(loop_watch(-1, false, take_byte) == ESP_ERR_INVALID_ARG);
    finish();
}

static uint64_t end_the_other(sn_node *node, int fd, bool readable, bool writable) {
    const int other = fd == ends[0][0] ? ends[1][0] : ends[0][0];
    loop_unwatch(other);
    assert(loop_watch(other, false, take_byte) == ESP_OK); /* as after close() and socket() */
    return take_byte(node, fd, readable, writable);
}

static void what_select_found_is_not_told_to_a_later_watcher(void) {
    begin();
    for (int i = 0; i < 2; i++) {
        assert(write(ends[i][1], "a", 1) == 1 && loop_watch(ends[i][0], false, end_the_other) == ESP_OK);
    }
    run(1, SN_NO_DEADLINE);
    assert(told == 1);
    run(1, SN_NO_DEADLINE);
    assert(told == 2);
    finish();
}

static uint64_t stop_writing(sn_node *node, int fd, bool readable, bool writable) {
    (void)node;
    assert(!readable && writable && loop_watch(fd, false, stop_writing) == ESP_OK);
    told++;
    return 1;
}

static void room_to_write_is_told_where_it_was_asked_for(void) {
    begin();
    assert(loop_watch(ends[0][1], true, stop_writing) == ESP_OK);
    run(1, SN_NO_DEADLINE);
    next_deadline = 1;
    run(3, 1);
    assert(told == 1 && timers == 4);
    finish();
}

static void the_timer_is_called_at_the_deadline_and_not_before(void) {
    begin();
    const uint64_t deadline = (uint64_t)esp_timer_get_time() + 20000;
    while (timers == 0) {
        run(1, deadline);
        assert(timers == ((uint64_t)esp_timer_get_time() >= deadline) || timers == 0);
    }
    finish();
}

#define TEST(function) {#function, function}
static const struct {
    const char *name;
    void (*run)(void);
} tests[] = {
    TEST(the_first_slot_with_the_magic_is_in_use),
    TEST(without_model_partitions_nothing_can_be_read_or_updated),
    TEST(a_model_is_tried_by_one_reboot),
    TEST(any_other_reset_drops_the_model),
    TEST(a_confirmed_model_stays),
    TEST(chunks_of_any_size_are_put_together),
    TEST(power_may_go_at_any_moment),
    TEST(what_cannot_be_is_refused),
    TEST(a_new_update_takes_the_place_of_one_that_waits),
    TEST(without_nvs_the_model_runs_and_is_not_updated),
    TEST(an_application_is_tried_once_unless_confirmed),
    TEST(an_application_sent_twice_still_falls_back_to_the_running_one),
    TEST(an_application_whose_sending_failed_is_not_tried),
    TEST(what_is_no_application_is_refused),
    TEST(posted_events_arrive_in_their_order),
    TEST(a_descriptor_is_told_of_until_it_is_unwatched),
    TEST(what_select_found_is_not_told_to_a_later_watcher),
    TEST(room_to_write_is_told_where_it_was_asked_for),
    TEST(the_timer_is_called_at_the_deadline_and_not_before),
};

int main(int count, char **arguments) {
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++) {
        if (count == 2 && strcmp(arguments[1], tests[i].name) == 0) {
            tests[i].run();
            return 0;
        }
    }
    return 2;
}
