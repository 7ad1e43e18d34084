/* SPDX-License-Identifier: MIT */
/* Error codes that cross an interface; numbers and names are those of docs/protocol.md, section 3. */
#ifndef SPLITNODE_ERROR_H
#define SPLITNODE_ERROR_H

typedef enum {
    SN_OK = 0,
    SN_ERR_SYNTAX = 1,
    SN_ERR_CRC = 2,
    SN_ERR_UNKNOWN_VERB = 3,
    SN_ERR_BAD_ARGUMENT = 4,
    SN_ERR_BUSY = 5,
    SN_ERR_NO_MODEL = 6,
    SN_ERR_SLOT_MAGIC = 10,
    SN_ERR_SLOT_VERSION = 11,
    SN_ERR_SLOT_HEADER_CRC = 12,
    SN_ERR_SLOT_LENGTH = 13,
    SN_ERR_SLOT_SHA256 = 14,
    SN_ERR_SLOT_ROLE = 15,
    SN_ERR_MODEL_INVALID = 20,
    SN_ERR_ARENA = 21,
    SN_ERR_TENSOR_SIZE = 22,
    SN_ERR_INVOKE = 23,
    SN_ERR_NO_IMAGE = 30,
    SN_ERR_IMAGE_SIZE = 31,
    SN_ERR_IMAGE_CRC = 32,
    SN_ERR_WIFI = 40,
    SN_ERR_LINK_DOWN = 41,
    SN_ERR_EDGE_UNREACHABLE = 42,
    SN_ERR_EDGE_LOST = 43,
    SN_ERR_EDGE_TIMEOUT = 44,
    SN_ERR_MODEL_MISMATCH = 45,
    SN_ERR_PROTOCOL = 46,
    SN_ERR_UNSUPPORTED = 47,
    SN_ERR_NOT_SUPPORTED_IN_ROLE = 48,
    SN_ERR_MTU = 49,
    SN_ERR_RADIO = 50,
    SN_ERR_STORAGE = 51,
    SN_ERR_UPDATE_SHA256 = 52,
    SN_ERR_UPDATE_INVALID = 53,
    SN_ERR_AUTH = 54,
} sn_error;

/* The name of a code as the console prints it, for example "slot_sha256"; "unknown" for any other number. */
const char *sn_error_name(sn_error code);

#endif
