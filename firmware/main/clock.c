/* SPDX-License-Identifier: MIT */
#include "clock.h"

#include <stdatomic.h>
#include <stdbool.h>

#include "esp_attr.h"
#include "esp_timer.h"

/* ESP-IDF's log counts the ticks of FreeRTOS, from when the CPU's cycles were counted until then; esp_timer begins a
 * few hundred ms later. --wrap=esp_log_timestamp makes the log ask here (CMakeLists.txt). */
uint32_t __real_esp_log_timestamp(void);
uint32_t __wrap_esp_log_timestamp(void);

static uint64_t ahead; /* of esp_timer */
static atomic_bool is_set;

void hil_clock_init(void) {
    ahead = (uint64_t)__real_esp_log_timestamp() * 1000u - (uint64_t)esp_timer_get_time();
    is_set = true;
}

uint64_t IRAM_ATTR hil_clock_us(void) {
    return (uint64_t)esp_timer_get_time() + ahead;
}

uint32_t IRAM_ATTR __wrap_esp_log_timestamp(void) {
    return is_set ? (uint32_t)(hil_clock_us() / 1000u) : __real_esp_log_timestamp();
}
