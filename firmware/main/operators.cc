// SPDX-License-Identifier: MIT
#include "operators.h"

#include <cstdio>
#include <cstring>

#include "tensorflow/lite/micro/micro_mutable_op_resolver.h"
#include "tensorflow/lite/schema/schema_utils.h"

#ifndef HIL_OPERATORS // a build for one model names a file of its own
#define HIL_OPERATORS "operators.def"
#endif

namespace {

#define HIL_OPERATOR(kind, name) +1
constexpr unsigned kOperators = 0
#include HIL_OPERATORS
    ;
#undef HIL_OPERATOR

// Custom operators that remember (hil/model/tflite/graph.py has the same).
constexpr const char *kRemembering[] = {
    "CIRCULAR_BUFFER", "SignalDelay",      "SignalFilterBankSpectralSubtraction",
    "SignalFramer",    "SignalOverlapAdd", "SignalStacker",
};

tflite::MicroMutableOpResolver<kOperators> resolver;

bool add_operators() {
#define HIL_OPERATOR(kind, name) | resolver.Add##name()
    return (0
#include HIL_OPERATORS
            ) == kTfLiteOk;
#undef HIL_OPERATOR
}

bool is_custom(const tflite::OperatorCode *code) {
    return tflite::GetBuiltinCode(code) == tflite::BuiltinOperator_CUSTOM;
}

const char *name_of(const tflite::OperatorCode *code) {
    if (!is_custom(code)) {
        return tflite::EnumNameBuiltinOperator(tflite::GetBuiltinCode(code));
    }
    return code->custom_code() != nullptr ? code->custom_code()->c_str() : "(custom)";
}

bool is_there(const tflite::OperatorCode *code) {
    return is_custom(code) ? resolver.FindOp(name_of(code)) != nullptr
                           : resolver.FindOp(tflite::GetBuiltinCode(code)) != nullptr;
}

bool remembers(const char *name) {
    for (const char *each : kRemembering) {
        if (strcmp(each, name) == 0) {
            return true;
        }
    }
    return false;
}

} // namespace

const tflite::MicroOpResolver *hil_operators() {
    static const bool added = add_operators();
    return added ? &resolver : nullptr;
}

unsigned hil_operators_lacking(const tflite::Model *model, char *names, size_t size) {
    unsigned lacking = 0;
    size_t length = 0;
    names[0] = '\0';
    for (const tflite::OperatorCode *code : *model->operator_codes()) {
        if (is_there(code)) {
            continue;
        }
        lacking++;
        if (length < size) {
            length += (size_t)snprintf(&names[length], size - length, "%s%s", length != 0 ? ", " : "", name_of(code));
        }
    }
    return lacking;
}

int hil_model_variables(const tflite::Model *model) {
    int count = 0;
    for (const tflite::SubGraph *graph : *model->subgraphs()) {
        if (graph->operators() == nullptr) {
            continue;
        }
        for (const tflite::Operator *each : *graph->operators()) {
            const tflite::OperatorCode *code = model->operator_codes()->Get(each->opcode_index());
            count += tflite::GetBuiltinCode(code) == tflite::BuiltinOperator_VAR_HANDLE ? 1 : 0;
        }
    }
    return count;
}

bool hil_model_has_state(const tflite::Model *model) {
    for (const tflite::OperatorCode *code : *model->operator_codes()) {
        if (is_custom(code) && remembers(name_of(code))) {
            return true;
        }
    }
    for (const tflite::SubGraph *graph : *model->subgraphs()) {
        if (graph->tensors() == nullptr) {
            continue;
        }
        for (const tflite::Tensor *tensor : *graph->tensors()) {
            if (tensor->is_variable()) {
                return true;
            }
        }
    }
    return hil_model_variables(model) != 0;
}
