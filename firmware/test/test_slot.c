/* SPDX-License-Identifier: MIT */
/* The model slot against the shared vectors, and through the node. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_port.h"
#include "test.h"
#include "vectors.h"

static fake_port *fake;
static uint8_t *area;

/* The header stands in three words: its fields, the zeros of the reserved part, the CRC. */
static void fill(const vector_row *row, size_t flatbuffer, size_t header) {
    size_t at = 0;
    for (size_t i = header; i < row->count; i++) {
        at += vector_bytes(row, i, &area[at], SN_SLOT_HEADER - at);
    }
    CHECK_UINT(at, SN_SLOT_HEADER);
    (void)vector_bytes(row, flatbuffer, &area[at], FAKE_SLOT - at);
}

static sn_dtype tensor_dtype(const char *word) {
    return (sn_dtype)strtoul(word, NULL, 16);
}

static void check_tensor(const char *word, const sn_tensor *tensor) {
    const char *dims = word + 2;
    char *end = NULL;
    CHECK_UINT(tensor->dtype, tensor_dtype(word));
    for (uint8_t i = 0; i < tensor->rank; i++) {
        CHECK_UINT(tensor->dims[i], strtoul(dims, &end, 16));
        CHECK(*end == (i + 1 == tensor->rank ? ':' : 'x'));
        dims = end + 1;
    }
    CHECK_UINT(tensor->size, strtoul(strrchr(word, ':') + 1, NULL, 16));
}

static void slot_row(const vector_row *row) {
    sn_slot loaded;
    const char *why = NULL;
    memset(area, 0xFF, FAKE_SLOT);
    if (vector_is(row, 0, "bad")) {
        fill(row, 2, 3);
        CHECK_TEXT(sn_error_name(sn_slot_load(&loaded, &fake->port, &why)), row->word[1]);
        CHECK(why != NULL && loaded.role == SN_ROLE_NONE);
        return;
    }
    fill(row, 2, 9);
    CHECK_UINT(sn_slot_load(&loaded, &fake->port, &why), SN_OK);
    uint8_t bytes[128];
    CHECK_UINT(loaded.role, vector_number(row, 0));
    CHECK_UINT(loaded.model_id, vector_number(row, 1));
    check_tensor(row->word[4], &loaded.input);
    check_tensor(row->word[5], &loaded.output);
    CHECK_UINT(loaded.classes, vector_number(row, 6));
    CHECK_BYTES(loaded.name, strlen(loaded.name), bytes, vector_bytes(row, 7, bytes, sizeof bytes));
    CHECK_BYTES(loaded.cut, strlen(loaded.cut), bytes, vector_bytes(row, 8, bytes, sizeof bytes));
}

static void slots_are_those_of_the_vectors(void) {
    fake = fake_new();
    area = fake->slot;
    vectors_each("slot.txt", slot_row);
    fake_free(fake);
}

/* Boots with a head whose header a test has changed; returns the state of the slot. */
static const char *boot(void) {
    static char line[1024];
    fake_seal_slot(fake);
    fake_boot(fake);
    CHECK_TEXT(fake_line(fake), "I () splitnode: version 1.2.3, source 0123456789abcdef, reset by power-on");
    CHECK(strncmp(fake_line(fake), "E () splitnode: ", 16) == 0);
    fake_type(fake, "info");
    snprintf(line, sizeof line, "%s", fake_line(fake));
    char *state = strstr(line, " slot=");
    CHECK(state != NULL && strstr(line, " model=- ") != NULL);
    *strchr(state + 1, ' ') = '\0';
    CHECK_TEXT(fake_ask(fake, "role"), "ok role=none");
    return state + 1;
}

static void head(void) {
    fake = fake_new();
    fake_write_slot(fake, SN_ROLE_HEAD);
}

static void an_erased_slot_is_empty(void) {
    fake = fake_new();
    memset(fake->slot, 0xFF, sizeof fake->slot);
    fake_boot(fake);
    CHECK_TEXT(fake_line(fake), "I () splitnode: version 1.2.3, source 0123456789abcdef, reset by power-on");
    CHECK_TEXT(fake_line(fake), "E () splitnode: no_model: the model slot is empty: flash a model");
    fake_type(fake, "info");
    CHECK(strstr(fake_line(fake), " slot=empty ") != NULL);
    CHECK_TEXT(fake_ask(fake, "infer"), "err code=no_model msg=\"the model slot is empty: flash a model\"");
    fake_free(fake);
}

static void a_board_without_a_model_partition_says_so(void) {
    fake = fake_new();
    fake->flash.size = 0;
    fake_boot(fake);
    (void)fake_line(fake);
    CHECK_TEXT(fake_line(fake), "E () splitnode: no_model: there is no partition for a model");
    fake_free(fake);
}

static void a_model_beyond_the_end_of_the_slot_is_refused(void) {
    head();
    sn_put_u32(&fake->slot[8], FAKE_SLOT - SN_SLOT_HEADER + 1);
    CHECK_TEXT(boot(), "slot=slot_length");
    fake_free(fake);
    head();
    sn_put_u32(&fake->slot[8], UINT32_MAX);
    CHECK_TEXT(boot(), "slot=slot_length");
    fake_free(fake);
}

static void names_without_an_end_are_refused(void) {
    head();
    memset(&fake->slot[228], 'x', 128);
    CHECK_TEXT(boot(), "slot=slot_magic");
    fake_free(fake);
}

static void a_number_of_classes_that_is_not_the_output_of_a_tail_is_refused(void) {
    fake = fake_new();
    fake_write_slot(fake, SN_ROLE_TAIL);
    sn_put_u32(&fake->slot[160], FAKE_CLASSES + 1);
    CHECK_TEXT(boot(), "slot=tensor_size");
    fake_free(fake);
}

static void dimensions_whose_product_overflows_are_refused(void) {
    head();
    fake->slot[80 + 1] = 4;
    for (size_t i = 0; i < 4; i++) {
        sn_put_u32(&fake->slot[80 + 4 + 4 * i], 0x10000); /* together 2^64 */
    }
    sn_put_u32(&fake->slot[80 + 36], 0);
    CHECK_TEXT(boot(), "slot=tensor_size");
    fake_free(fake);
}

/* The header and the buffers; what the model itself says comes later. */
static void tensors_larger_than_the_buffers_are_refused(void) {
    static const sn_role roles[] = {SN_ROLE_HEAD, SN_ROLE_TAIL, SN_ROLE_FULL};
    for (size_t i = 0; i < 3; i++) {
        fake = fake_new();
        fake_write_slot(fake, roles[i]);
        fake->memory.image_capacity = FAKE_INPUT - (roles[i] == SN_ROLE_HEAD);
        fake->memory.receive_capacity = FAKE_CROSSING + 28 - (roles[i] == SN_ROLE_TAIL);
        fake->memory.output_capacity = FAKE_CLASSES - (roles[i] == SN_ROLE_FULL);
        fake_boot(fake);
        (void)fake_line(fake);
        CHECK_TEXT(fake_line(fake),
                   "E () splitnode: tensor_size: the model's tensors are larger than the board's buffers");
        CHECK_UINT(fake->opened, 0);
        fake_free(fake);
    }
}

static void a_slot_that_cannot_be_read_is_reported(void) {
    head();
    fake->flash.fails = SN_ERR_SLOT_MAGIC;
    fake_boot(fake);
    (void)fake_line(fake);
    CHECK_TEXT(fake_line(fake), "E () splitnode: slot_magic: the model slot cannot be read");
    fake_free(fake);
}

static void a_sound_model_is_opened_and_described(void) {
    head();
    fake_boot(fake);
    (void)fake_line(fake);
    CHECK_TEXT(fake_line(fake), "I () splitnode: role head, model 12345678 name=dogs cut=block_6, arena 123456 of "
                                "200000 bytes");
    CHECK_TEXT(fake_ask(fake, "info"),
               "ok fw=1.2.3 src=0123456789abcdef proto=1 chip=esp32s3 mac=02:00:00:00:00:01 simulated=1 "
               "kernels=reference role=head slot=ok model=12345678 name=dogs cut=block_6 in=uint8:1x3000 "
               "out=int8:1x1600 arena=200000 arena_used=123456 psram=8388608 flash=16777216 "
               "app=ota_0 model_slot=model_0 trial=none test=0 key=none reset=power-on boot=5e551011");
    CHECK(fake->deadline == SN_NO_DEADLINE);
    fake_free(fake);
}

static void while_the_model_is_opened_the_board_answers_busy(void) {
    head();
    fake_start(fake);
    CHECK_UINT(fake->opened, 1);
    (void)fake_line(fake);
    fake_type(fake, "info");
    CHECK(strstr(fake_line(fake), " slot=busy ") != NULL);
    CHECK_TEXT(fake_ask(fake, "image size=3000 crc=0"), "err code=busy msg=\"the model is still being opened\"");
    CHECK(fake->deadline == SN_NO_DEADLINE);
    fake_free(fake);
}

static void a_model_that_cannot_be_opened_leaves_the_board_answering(void) {
    head();
    fake->open_fails = SN_ERR_BUSY;
    fake_boot(fake);
    (void)fake_line(fake);
    CHECK_TEXT(fake_line(fake), "E () splitnode: busy: the model cannot be opened");
    fake_free(fake);

    head();
    fake_start(fake);
    sn_node_on_model(fake->node, SN_ERR_ARENA, "the model needs 5 bytes more", 0, 0, 0);
    (void)fake_line(fake);
    CHECK_TEXT(fake_line(fake), "E () splitnode: arena: the model needs 5 bytes more");
    CHECK_TEXT(fake_ask(fake, "infer via=tcp"), "err code=arena msg=\"the model needs 5 bytes more\"");
    CHECK_TEXT(fake_ask(fake, "role"), "ok role=head");
    sn_node_on_model(fake->node, SN_OK, NULL, 0, FAKE_INPUT, FAKE_CROSSING); /* comes too late */
    CHECK_TEXT(fake_ask(fake, "infer via=tcp"), "err code=arena msg=\"the model needs 5 bytes more\"");
    fake_free(fake);
}

static void a_model_with_other_tensors_than_the_header_says_is_refused(void) {
    head();
    fake_start(fake);
    sn_node_on_model(fake->node, SN_OK, NULL, 0, FAKE_INPUT, FAKE_CROSSING + 1);
    (void)fake_line(fake);
    CHECK_TEXT(fake_line(fake), "E () splitnode: tensor_size: the model's tensors are not those of the slot's header");
    fake_free(fake);
}

static const test_case slot_cases[] = {
    TEST(slots_are_those_of_the_vectors),
    TEST(an_erased_slot_is_empty),
    TEST(a_board_without_a_model_partition_says_so),
    TEST(a_model_beyond_the_end_of_the_slot_is_refused),
    TEST(names_without_an_end_are_refused),
    TEST(a_number_of_classes_that_is_not_the_output_of_a_tail_is_refused),
    TEST(dimensions_whose_product_overflows_are_refused),
    TEST(tensors_larger_than_the_buffers_are_refused),
    TEST(a_slot_that_cannot_be_read_is_reported),
    TEST(a_sound_model_is_opened_and_described),
    TEST(while_the_model_is_opened_the_board_answers_busy),
    TEST(a_model_that_cannot_be_opened_leaves_the_board_answering),
    TEST(a_model_with_other_tensors_than_the_header_says_is_refused),
};
SUITE(slot, slot_cases);
