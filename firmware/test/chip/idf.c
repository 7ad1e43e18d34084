/* SPDX-License-Identifier: MIT */
/* What all the parts of firmware/main use, and what is the same for all of their tests. */
#include "idf.h"

#include <string.h>

/* esp_common/src/esp_err_to_name.c: a constant; takes nothing. (For a code without a name it is "UNKNOWN ERROR" there.)
 */
const char *esp_err_to_name(esp_err_t code) {
    static const struct {
        esp_err_t code;
        const char *name;
    } names[] = {{ESP_OK, "ESP_OK"},
                 {ESP_ERR_NO_MEM, "ESP_ERR_NO_MEM"},
                 {ESP_ERR_INVALID_STATE, "ESP_ERR_INVALID_STATE"},
                 {ESP_ERR_WIFI_NOT_INIT, "ESP_ERR_WIFI_NOT_INIT"}};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (names[i].code == code) {
            return names[i].name;
        }
    }
    return "an error";
}

/* newlib/libc/string/strlcpy.c, of the toolchain: takes nothing. */
size_t strlcpy(char *to, const char *from, size_t size) {
    snprintf(to, size, "%s", from);
    return strlen(from);
}
