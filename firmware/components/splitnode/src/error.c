/* SPDX-License-Identifier: MIT */
#include "splitnode/error.h"

const char *sn_error_name(sn_error code) {
    switch (code) {
    case SN_OK:
        return "ok";
    case SN_ERR_SYNTAX:
        return "syntax";
    case SN_ERR_CRC:
        return "crc";
    case SN_ERR_UNKNOWN_VERB:
        return "unknown_verb";
    case SN_ERR_BAD_ARGUMENT:
        return "bad_argument";
    case SN_ERR_BUSY:
        return "busy";
    case SN_ERR_NO_MODEL:
        return "no_model";
    case SN_ERR_SLOT_MAGIC:
        return "slot_magic";
    case SN_ERR_SLOT_VERSION:
        return "slot_version";
    case SN_ERR_SLOT_HEADER_CRC:
        return "slot_header_crc";
    case SN_ERR_SLOT_LENGTH:
        return "slot_length";
    case SN_ERR_SLOT_SHA256:
        return "slot_sha256";
    case SN_ERR_SLOT_ROLE:
        return "slot_role";
    case SN_ERR_MODEL_INVALID:
        return "model_invalid";
    case SN_ERR_ARENA:
        return "arena";
    case SN_ERR_TENSOR_SIZE:
        return "tensor_size";
    case SN_ERR_INVOKE:
        return "invoke";
    case SN_ERR_NO_IMAGE:
        return "no_image";
    case SN_ERR_IMAGE_SIZE:
        return "image_size";
    case SN_ERR_IMAGE_CRC:
        return "image_crc";
    case SN_ERR_WIFI:
        return "wifi";
    case SN_ERR_LINK_DOWN:
        return "link_down";
    case SN_ERR_EDGE_UNREACHABLE:
        return "edge_unreachable";
    case SN_ERR_EDGE_LOST:
        return "edge_lost";
    case SN_ERR_EDGE_TIMEOUT:
        return "edge_timeout";
    case SN_ERR_MODEL_MISMATCH:
        return "model_mismatch";
    case SN_ERR_PROTOCOL:
        return "protocol";
    case SN_ERR_UNSUPPORTED:
        return "unsupported";
    case SN_ERR_NOT_SUPPORTED_IN_ROLE:
        return "not_supported_in_role";
    }
    return "unknown";
}
