/* SPDX-License-Identifier: MIT */
#include "model/slot.h"

#include <string.h>

#include "base/bytes.h"
#include "base/crc.h"

#define ERASED 0xFFFFFFFFu
#define PIECE 512u          /* holds all fields; the rest is reserved */
#define MOST_CLASSES 65535u /* a RESULT counts them in 16 bits */

/* Reads the first piece of the header into `fields`, and compares the CRC-32 of the whole with the one at its end. */
static sn_error read_header(const sn_port *port, uint8_t fields[PIECE], bool *crc_is_right) {
    sn_error code = port->slot_read(port->ctx, 0, fields, PIECE);
    uint32_t crc = sn_crc32(0, fields, PIECE);
    uint8_t piece[PIECE];
    for (uint32_t at = PIECE; code == SN_OK && at < SN_SLOT_HEADER; at += PIECE) {
        code = port->slot_read(port->ctx, at, piece, PIECE);
        crc = sn_crc32(crc, piece, at + PIECE == SN_SLOT_HEADER ? PIECE - 4 : PIECE);
    }
    *crc_is_right = code == SN_OK && sn_get_u32(&piece[PIECE - 4]) == crc;
    return code;
}

static bool ends(const char *name, size_t size) {
    return name[size - 1] == '\0';
}

static sn_error check_fields(sn_slot *slot, const uint8_t *fields, uint32_t slot_size, const char **why) {
    uint8_t role = fields[6];
    if (role < SN_ROLE_HEAD || role > SN_ROLE_FULL) {
        *why = "the slot header's role is none of head, tail and full";
        return SN_ERR_SLOT_ROLE;
    }
    slot->role = (sn_role)role;
    slot->length = sn_get_u32(&fields[8]);
    slot->model_id = sn_get_u32(&fields[12]);
    memcpy(slot->sha256, &fields[16], sizeof slot->sha256);
    slot->classes = sn_get_u32(&fields[160]);
    memcpy(slot->name, &fields[164], sizeof slot->name);
    memcpy(slot->cut, &fields[228], sizeof slot->cut);
    if (slot->length == 0 || slot->length > slot_size - SN_SLOT_HEADER) {
        *why = "the model's length is zero or beyond the end of the slot";
        return SN_ERR_SLOT_LENGTH;
    }
    if (!sn_tensor_unpack(&slot->input, &fields[80]) || !sn_tensor_unpack(&slot->output, &fields[120])) {
        *why = "the slot header's description of a tensor contradicts itself";
        return SN_ERR_TENSOR_SIZE;
    }
    bool yields_classes = slot->role != SN_ROLE_HEAD;
    if (slot->classes > MOST_CLASSES || (yields_classes && slot->output.elements != slot->classes)) {
        *why = "the slot header's number of classes is not the size of the output";
        return SN_ERR_TENSOR_SIZE;
    }
    if (!ends(slot->name, sizeof slot->name) || !ends(slot->cut, sizeof slot->cut)) {
        *why = "a name in the slot's header has no end";
        return SN_ERR_SLOT_MAGIC;
    }
    return SN_OK;
}

static sn_error load(sn_slot *slot, const sn_port *port, const char **why) {
    uint32_t slot_size = port->slot_size(port->ctx);
    if (slot_size <= SN_SLOT_HEADER) {
        *why = "there is no partition for a model";
        return SN_ERR_NO_MODEL;
    }
    uint8_t fields[PIECE];
    bool crc_is_right = false;
    sn_error code = read_header(port, fields, &crc_is_right);
    if (code != SN_OK) {
        *why = "the model slot cannot be read";
        return code;
    }
    if (sn_get_u32(&fields[0]) == ERASED) {
        *why = "the model slot is empty: flash a model";
        return SN_ERR_NO_MODEL;
    }
    if (sn_get_u32(&fields[0]) != SN_SLOT_MAGIC) {
        *why = "the slot holds something that is not a model of this format";
        return SN_ERR_SLOT_MAGIC;
    }
    if (sn_get_u16(&fields[4]) != SN_SLOT_FORMAT) {
        *why = "the slot's header has a format that this firmware does not know";
        return SN_ERR_SLOT_VERSION;
    }
    if (!crc_is_right) {
        *why = "the slot's header is damaged: its CRC is wrong";
        return SN_ERR_SLOT_HEADER_CRC;
    }
    code = check_fields(slot, fields, slot_size, why);
    if (code != SN_OK) {
        return code;
    }
    uint8_t digest[32];
    code = port->slot_sha256(port->ctx, SN_SLOT_HEADER, slot->length, digest);
    if (code != SN_OK) {
        *why = "the model in the slot cannot be read";
        return code;
    }
    if (memcmp(digest, slot->sha256, sizeof digest) != 0) {
        *why = "the model is damaged: its SHA-256 is not what the slot's header says";
        return SN_ERR_SLOT_SHA256;
    }
    return SN_OK;
}

sn_error sn_slot_load(sn_slot *slot, const sn_port *port, const char **why) {
    *slot = (sn_slot){0};
    sn_error code = load(slot, port, why);
    if (code != SN_OK) {
        *slot = (sn_slot){0};
    }
    return code;
}
