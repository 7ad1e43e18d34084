// SPDX-License-Identifier: MIT
#include <cstdarg>
#include <cstdio>
#include <cstring>

#include "esp_task_wdt.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "tensorflow/lite/micro/debug_log.h"
#include "tensorflow/lite/micro/micro_interpreter.h"
#include "tensorflow/lite/micro/micro_mutable_op_resolver.h"
#include "tensorflow/lite/schema/schema_generated.h"

extern "C" {
#include "loop.h"
#include "port.h"
#include "storage.h"
}

namespace {

constexpr uint32_t kStack = 8192;
constexpr UBaseType_t kPriority = 5;
// Wi-Fi, Bluetooth and the event task are on the other one, where there are two.
constexpr BaseType_t kCore = configNUMBER_OF_CORES - 1;
constexpr TickType_t kTurn = pdMS_TO_TICKS(1000); // far below the watchdog's patience

// The task watchdog is fed before each operator: how long a whole model may take is not its affair.
class Feeder : public tflite::MicroProfilerInterface {
  public:
    uint32_t BeginEvent(const char *) override {
        esp_task_wdt_reset();
        return 0;
    }
    void EndEvent(uint32_t) override {
    }
};

TaskHandle_t task;
void (*job)(loop_event *event); // what the task does next
uint8_t *arena;
uint32_t arena_size;
tflite::MicroMutableOpResolver<29> resolver;
Feeder feeder;
tflite::MicroInterpreter *interpreter; // NULL until a model is open
const uint8_t *model;
uint32_t model_length;
char said[128]; // the first thing that TFLM complained of

// The operators that the host lets pass (hil/model/operators.py).
bool add_operators() {
    return (resolver.AddAdd() | resolver.AddAveragePool2D() | resolver.AddConcatenation() | resolver.AddConv2D() |
            resolver.AddDepthwiseConv2D() | resolver.AddDequantize() | resolver.AddExpandDims() |
            resolver.AddFullyConnected() | resolver.AddHardSwish() | resolver.AddLeakyRelu() | resolver.AddLogistic() |
            resolver.AddMaximum() | resolver.AddMaxPool2D() | resolver.AddMean() | resolver.AddMinimum() |
            resolver.AddMul() | resolver.AddPack() | resolver.AddPad() | resolver.AddQuantize() | resolver.AddRelu() |
            resolver.AddRelu6() | resolver.AddReshape() | resolver.AddShape() | resolver.AddSoftmax() |
            resolver.AddSqueeze() | resolver.AddStridedSlice() | resolver.AddSub() | resolver.AddTanh() |
            resolver.AddTranspose()) == kTfLiteOk;
}

uint64_t opened(sn_node *node, const loop_event *event) {
    if (event->code != SN_OK) {
        return sn_node_on_model(node, event->code, event->text, 0, 0, 0);
    }
    return sn_node_on_model(node, SN_OK, nullptr, interpreter->arena_used_bytes(), interpreter->input(0)->bytes,
                            interpreter->output(0)->bytes);
}

uint64_t invoked(sn_node *node, const loop_event *event) {
    const TfLiteTensor *output = interpreter->output(0);
    return sn_node_on_invoked(node, event->code, event->text, output->data.uint8, output->bytes);
}

sn_error prepare(const char **why) {
    if (arena == nullptr) {
        *why = "there is not enough PSRAM for an arena: models need a module with octal PSRAM, as N16R8";
        return SN_ERR_ARENA;
    }
    flatbuffers::Verifier verifier(model, model_length);
    if (!tflite::VerifyModelBuffer(verifier)) {
        *why = "the model is not a sound flatbuffer";
        return SN_ERR_MODEL_INVALID;
    }
    const tflite::Model *graph = tflite::GetModel(model);
    const auto *parts = graph->subgraphs();
    if (graph->version() != TFLITE_SCHEMA_VERSION || parts == nullptr || parts->size() != 1 ||
        parts->Get(0)->inputs() == nullptr || parts->Get(0)->inputs()->size() != 1 ||
        parts->Get(0)->outputs() == nullptr || parts->Get(0)->outputs()->size() != 1) {
        *why = "the model does not have one graph of one input and one output";
        return SN_ERR_MODEL_INVALID;
    }
    static tflite::MicroInterpreter made(graph, resolver, arena, arena_size, nullptr, &feeder);
    if (!add_operators() || made.initialization_status() != kTfLiteOk || made.AllocateTensors() != kTfLiteOk) {
        const bool is_short = strstr(said, "missing") != nullptr || strstr(said, "too small") != nullptr;
        static char sentence[192];
        snprintf(sentence, sizeof sentence, "%s: %s",
                 is_short ? "the model does not fit in the arena" : "TFLM cannot prepare the model", said);
        *why = sentence;
        return is_short ? SN_ERR_ARENA : SN_ERR_MODEL_INVALID;
    }
    interpreter = &made;
    return SN_OK;
}

void open_model(loop_event *event) {
    event->deliver = opened;
    event->code = prepare(&event->text);
}

void run_model(loop_event *event) {
    event->deliver = invoked;
    event->code = interpreter->Invoke() == kTfLiteOk ? SN_OK : SN_ERR_INVOKE;
    event->text = said[0] != '\0' ? said : "TFLM says nothing more about why it could not run the model";
}

// Watched all the time, not only at work: esp_task_wdt_add takes heap, of which later there may be none.
void work(void *) {
    ESP_ERROR_CHECK(esp_task_wdt_add(nullptr));
    for (;;) {
        esp_task_wdt_reset();
        if (ulTaskNotifyTake(pdTRUE, kTurn) != 0) {
            loop_event event = {};
            said[0] = '\0';
            job(&event);
            hil_loop_post_wait(&event);
        }
    }
}

sn_error start(void (*what)(loop_event *event)) {
    job = what;
    xTaskNotifyGive(task);
    return SN_OK;
}

} // namespace

// TFLM's hooks for its messages, in place of those that write to stderr and so into the console's lines.
extern "C" void DebugLog(const char *format, va_list arguments) {
    if (said[0] == '\0') {
        vsnprintf(said, sizeof said, format, arguments);
    }
}

extern "C" int DebugVsnprintf(char *buffer, size_t size, const char *format, va_list arguments) {
    return vsnprintf(buffer, size, format, arguments);
}

esp_err_t hil_inference_init(uint8_t *memory, uint32_t size) {
    arena = memory;
    arena_size = size;
    const BaseType_t made = xTaskCreatePinnedToCore(work, "inference", kStack, nullptr, kPriority, &task, kCore);
    return made == pdPASS ? ESP_OK : ESP_ERR_NO_MEM;
}

sn_error hil_model_open(void *, uint32_t offset, uint32_t length) {
    model = hil_storage_map(offset, length);
    model_length = length;
    return model != nullptr ? start(open_model) : SN_ERR_SLOT_LENGTH;
}

sn_error hil_input_load(void *, const uint8_t *data, uint32_t length) {
    if (interpreter == nullptr) {
        return SN_ERR_NO_MODEL;
    }
    TfLiteTensor *input = interpreter->input(0);
    if (length != input->bytes) {
        return SN_ERR_TENSOR_SIZE;
    }
    memcpy(input->data.uint8, data, length);
    return SN_OK;
}

sn_error hil_invoke(void *) {
    return interpreter != nullptr ? start(run_model) : SN_ERR_NO_MODEL;
}
