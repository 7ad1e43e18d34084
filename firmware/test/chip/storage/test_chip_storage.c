/* SPDX-License-Identifier: MIT */
/* Tests of firmware/main: which model is in use, and updates with their rollback. */
#include <string.h>

#include "board.h"
#include "cases.h"
#include "hash.h"
#include "port.h"
#include "sha256.h"
#include "storage.h"
#include "test_updating.h"

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
    assert(hil_storage_in_use() == NULL && hil_update_begin(NULL, SN_UPDATE_MODEL, SIZE) == SN_ERR_UNSUPPORTED);
    make(1);
    assert(holds(1) && hil_update_begin(NULL, SN_UPDATE_MODEL, SIZE) == SN_ERR_UNSUPPORTED);
    assert(hil_slot_read(NULL, BOARD_SLOT - 1, &byte, 1) == SN_OK);
    assert(hil_slot_read(NULL, BOARD_SLOT, &byte, 1) == SN_ERR_SLOT_LENGTH);
    assert(hil_slot_read(NULL, 1, &byte, UINT32_MAX) == SN_ERR_SLOT_LENGTH);
}

static void a_model_is_tried_by_one_reboot(void) {
    make(2);
    assert(send_model(2, 1024) == SN_OK && holds(1) && !hil_storage_is_on_trial());
    boot(ESP_RST_SW);
    assert(holds(2) && hil_storage_is_on_trial());
    uint8_t middle[3]; /* of what is added to the slot, and beyond it */
    assert(hil_slot_read(NULL, 2, middle, 3) == SN_OK && memcmp(middle, &magic[2], 2) == 0 && middle[2] == 4 * 7 + 2);
    boot(ESP_RST_SW);
    assert(holds(1) && !hil_storage_is_on_trial());
}

static void any_other_reset_drops_the_model(void) {
    make(2);
    assert(send_model(2, 1024) == SN_OK);
    boot(ESP_RST_PANIC);
    assert(holds(1) && !hil_storage_is_on_trial());
    boot(ESP_RST_SW);
    assert(holds(1) && !hil_storage_is_on_trial());
}

static void a_confirmed_model_stays(void) {
    make(2);
    for (uint8_t i = 2; i < 6; i++) { /* there and back */
        assert(send_model(i, 1024) == SN_OK);
        boot(ESP_RST_SW);
        assert(hil_update_confirm(NULL, SN_UPDATE_MODEL) == SN_OK && !hil_storage_is_on_trial());
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
            assert(hil_update_confirm(NULL, SN_UPDATE_MODEL) == SN_OK);
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
    assert(hil_update_write(NULL, digest, 1) == SN_ERR_STORAGE && hil_update_end(NULL, digest) == SN_ERR_STORAGE);
    assert(hil_update_begin(NULL, SN_UPDATE_MODEL, BOARD_SLOT + 1) == SN_ERR_BAD_ARGUMENT);
    assert(hil_update_begin(NULL, SN_UPDATE_MODEL, SIZE) == SN_OK);
    assert(hil_update_end(NULL, digest) == SN_ERR_UPDATE_SHA256 && hil_update_end(NULL, digest) == SN_ERR_STORAGE);
    boot(ESP_RST_SW);
    assert(holds(1) && !hil_storage_is_on_trial());
}

static void a_new_update_takes_the_place_of_one_that_waits(void) {
    make(2);
    assert(send_model(2, 1024) == SN_OK && hil_update_begin(NULL, SN_UPDATE_MODEL, SIZE) == SN_OK);
    boot(ESP_RST_SW);
    assert(holds(1) && !hil_storage_is_on_trial());
    assert(hil_update_begin(NULL, SN_UPDATE_APP, SIZE) == SN_OK && send_model(3, 1024) == SN_OK);
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
    assert(hil_update_confirm(NULL, SN_UPDATE_APP) == SN_OK);
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
        assert(hil_update_confirm(NULL, SN_UPDATE_APP) == SN_OK);
    }
}

static void an_application_whose_sending_failed_is_not_tried(void) {
    uint8_t digest[32] = {0};
    make(2);
    assert(send_app(0xE9, 2) == SN_OK && hil_update_begin(NULL, SN_UPDATE_APP, SIZE) == SN_OK);
    assert(hil_update_end(NULL, digest) == SN_ERR_UPDATE_SHA256);
    boot(ESP_RST_SW);
    assert(strcmp(board_app(), "ota_0") == 0);
}

/* As verb `fail` of a test build leaves it: the port is not called at the step that fails, nor at those behind it. */
static void an_update_that_was_not_gone_on_with_is_not_tried_and_the_next_is_whole(void) {
    static uint8_t half[SIZE / 2];
    for (int what = SN_UPDATE_APP; what <= SN_UPDATE_MODEL; what++) {
        make(2);
        memset(half, 0xE9, sizeof half);
        assert(hil_update_begin(NULL, (sn_update)what, SIZE) == SN_OK);
        assert(hil_update_write(NULL, half, sizeof half) == SN_OK);
        boot(ESP_RST_SW);
        assert(strcmp(board_app(), "ota_0") == 0 && holds(1) && !hil_storage_is_on_trial());
        assert(hil_update_begin(NULL, (sn_update)what, SIZE) == SN_OK);
        assert(hil_update_write(NULL, half, sizeof half) == SN_OK);
        assert(send_app(0xE9, 2) == SN_OK && send_model(2, 1024) == SN_OK);
        boot(ESP_RST_SW);
        assert(strcmp(board_app(), "ota_1") == 0 && holds(2) && hil_storage_is_on_trial());
    }
}

static void power_may_go_while_an_application_is_updated(void) {
    bool is_complete = false;
    for (volatile int change = 1; !is_complete; change++) {
        make(2);
        board_cut_power_at(change);
        if (setjmp(board_power_lost) == 0) {
            assert(send_app(0xE9, 2) == SN_OK && send_app(0xE9, 3) == SN_OK);
            boot(ESP_RST_SW);
            assert(hil_update_confirm(NULL, SN_UPDATE_APP) == SN_OK);
            is_complete = true;
        }
        board_cut_power_at(0);
        for (int i = 0; i < 4; i++) { /* also when the power goes again and again */
            boot(ESP_RST_POWERON);
            const bool is_new = strcmp(board_app(), "ota_1") == 0;
            const uint8_t *bytes = board_flash(OTA_1);
            assert(is_new ? memcmp(&bytes[1], &bytes[2], SIZE - 2) == 0 : !is_complete); /* one version's */
        }
    }
}

/* dogs19's tail, which is most of the model (models/dogs19). */
static void the_digest_of_the_largest_model_is_made_within_the_internal_heap(void) {
    const uint32_t length = 2595728;
    uint8_t digest[32], expected[32];
    board_make(2);
    board_enlarge_models();
    uint8_t *slot = board_flash(MODEL_0);
    for (uint32_t i = 0; i < length; i++) {
        slot[4096 + i] = (uint8_t)(i * 7 + i / 4096);
    }
    memcpy(slot, magic, sizeof magic);
    boot(ESP_RST_POWERON);
    sha256(&slot[4096], length, expected);
    assert(hil_slot_sha256(NULL, 4096, length, digest) == SN_OK && memcmp(digest, expected, sizeof digest) == 0);
    assert(BOARD_HEAP - board_heap_least <= 4096);
    for (uint32_t size = 0; size < 8200; size += size % 1024 == 1 ? 1023 : 1) { /* at the seams of its pieces */
        sha256(&slot[4096], size, expected);
        assert(hil_slot_sha256(NULL, 4096, size, digest) == SN_OK && memcmp(digest, expected, sizeof digest) == 0);
    }
    assert(hil_slot_sha256(NULL, 4096, BOARD_LARGEST, digest) == SN_ERR_SLOT_LENGTH);
}

static void a_partition_that_cannot_be_mapped_is_not_open(void) {
    uint8_t byte;
    make(1);
    board_flash(MODEL_0)[0] = 0x48;
    board_partitions[MODEL_0].size = (BOARD_MMU_PAGES + 1) << 16;
    boot(ESP_RST_POWERON);
    assert(hil_slot_size(NULL) == 0 && hil_slot_read(NULL, 0, &byte, 1) == SN_ERR_SLOT_LENGTH);
}

static void an_application_on_trial_is_not_replaced(void) {
    make(2);
    assert(send_app(0xE9, 2) == SN_OK);
    boot(ESP_RST_SW);
    assert(send_app(0xE9, 3) == SN_ERR_STORAGE && strcmp(board_app(), "ota_1") == 0);
}

static void what_is_no_application_is_refused(void) {
    make(2);
    assert(send_app(0x7F, 2) == SN_ERR_UPDATE_INVALID);
    assert(send_app(0xE9, 0xFF) == SN_ERR_UPDATE_INVALID);
    boot(ESP_RST_SW);
    assert(strcmp(board_app(), "ota_0") == 0);
}

static void a_tag_is_made_in_pieces_of_which_the_heap_gets_little(void) {
    static uint8_t activation[600u << 10];
    static const uint8_t key[SN_KEY_SIZE] = {1, 2, 3};
    const sn_bytes pieces[] = {{magic, sizeof magic}, {NULL, 0}, {activation, sizeof activation}, {magic, 1}};
    uint8_t mac[32], expected[32];
    board_heap_least = BOARD_HEAP;
    for (size_t count = 0; count <= 4; count++) {
        hmac_sha256(key, pieces, count, expected);
        assert(hil_hmac_sha256(NULL, key, pieces, count, mac) && memcmp(mac, expected, sizeof mac) == 0);
    }
    assert(BOARD_HEAP - board_heap_least <= 4096);
}

static const test_case cases[] = {
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
    TEST(an_update_that_was_not_gone_on_with_is_not_tried_and_the_next_is_whole),
    TEST(power_may_go_while_an_application_is_updated),
    TEST(what_is_no_application_is_refused),
    TEST(the_digest_of_the_largest_model_is_made_within_the_internal_heap),
    TEST(a_tag_is_made_in_pieces_of_which_the_heap_gets_little),
    TEST(a_partition_that_cannot_be_mapped_is_not_open),
    TEST(an_application_on_trial_is_not_replaced),
};

int main(int argc, char **argv) {
    const int result = run_case(cases, sizeof cases / sizeof cases[0], argc, argv);
    board_is_idf_5_5 = true;
    return result == 0 ? run_case(cases, sizeof cases / sizeof cases[0], argc, argv) : result;
}
