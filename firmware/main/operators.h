/* SPDX-License-Identifier: MIT */
/* The operators of this firmware, and what a model asks of them. */
#ifndef HIL_OPERATORS_H
#define HIL_OPERATORS_H

#include <cstddef>

#include "tensorflow/lite/micro/micro_op_resolver.h"
#include "tensorflow/lite/schema/schema_generated.h"

extern "C" {

// NULL if they could not be registered.
const tflite::MicroOpResolver *hil_operators();

// Writes the names of the model's operators that this firmware lacks to `names`, as many as fit; how many there are.
unsigned hil_operators_lacking(const tflite::Model *model, char *names, size_t size);

// Whether a run of the model can leave something behind for the next one.
bool hil_model_has_state(const tflite::Model *model);

// How many variables the model's operators name, at most.
int hil_model_variables(const tflite::Model *model);

} // extern "C"

#endif
