/* SPDX-License-Identifier: MIT */
#ifndef FREERTOS_TASK_H
#define FREERTOS_TASK_H

#include "freertos/FreeRTOS.h"

BaseType_t xTaskCreatePinnedToCore(void (*run)(void *), const char *name, uint32_t stack, void *argument,
                                   unsigned priority, void *handle, int core);
void vTaskDelay(TickType_t ticks);

#endif
