/* SPDX-License-Identifier: MIT */
/* A node in role head with link and image, and the RESULTs of its edge server. */
#ifndef HEAD_H
#define HEAD_H

#include "fake_port.h"

fake_port *head_ready(void);

/* A RESULT for 19 classes: class 3 has 200 points, class 1 has 50. Returns its length; the output vector follows the
 * fixed part in any case. */
uint32_t head_make_result(uint8_t to[256], bool with_output);

/* Sends it, without the output. */
void head_answer(fake_port *fake, uint32_t id);

#endif
