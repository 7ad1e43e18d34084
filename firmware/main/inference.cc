// SPDX-License-Identifier: MIT
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <new>

#include "esp_task_wdt.h"
#include "esp_timer.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "tensorflow/lite/micro/debug_log.h"
#include "tensorflow/lite/micro/micro_interpreter.h"
#include "tensorflow/lite/micro/micro_resource_variable.h"
#include "tensorflow/lite/schema/schema_generated.h"

#include "operators.h"

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
constexpr uint32_t kAlignment = 16;
constexpr TickType_t kTurn = pdMS_TO_TICKS(1000); // far below the watchdog's patience

constexpr uint32_t kOperators = 512; // that are timed; those of the largest networks are fewer

// TFLM tells of each operator. The task watchdog is fed before it: how long a whole model may take is not its affair.
// What it took is kept for `read what=profile`; graphs that an operator runs are told of inside it, and count to it.
class Feeder : public tflite::MicroProfilerInterface {
  public:
    uint32_t BeginEvent(const char *) override {
        esp_task_wdt_reset();
        if (depth_++ == 0) {
            begun_ = esp_timer_get_time();
        }
        return 0;
    }
    void EndEvent(uint32_t) override {
        if (--depth_ == 0 && count_ < kOperators) {
            times_[count_++] = static_cast<uint32_t>(esp_timer_get_time() - begun_);
        }
    }
    void Clear() {
        depth_ = 0;
        count_ = 0;
    }
    uint32_t Times(const uint8_t **times) const {
        *times = reinterpret_cast<const uint8_t *>(times_); // little-endian, as the chip is
        return count_ * sizeof times_[0];
    }

  private:
    uint32_t depth_ = 0;
    uint32_t count_ = 0;
    int64_t begun_ = 0;
    uint32_t times_[kOperators] = {};
};

TaskHandle_t task;
void (*job)(loop_event *event); // what the task does next
uint8_t *arena;
uint32_t arena_size;
Feeder feeder;
tflite::MicroInterpreter *interpreter; // NULL until a model is open
bool has_state;                        // a new interpreter for each run, so that it remembers nothing
uint8_t *gathered;                     // where outputs are brought together; NULL where they need not be
uint32_t tensors_size;                 // of the arena, without that place
const uint8_t *model;
uint32_t model_length;
char said[128]; // the first thing that TFLM complained of

// All tensors of one side of the model, one after the other, as the host sends and reads them.
uint32_t inputs_length() {
    uint32_t length = 0;
    for (size_t i = 0; i < interpreter->inputs_size(); i++) {
        length += interpreter->input(i)->bytes;
    }
    return length;
}

uint32_t outputs_length() {
    uint32_t length = 0;
    for (size_t i = 0; i < interpreter->outputs_size(); i++) {
        length += interpreter->output(i)->bytes;
    }
    return length;
}

void gather_outputs() {
    uint8_t *to = gathered;
    for (size_t i = 0; i < interpreter->outputs_size(); i++) {
        memcpy(to, interpreter->output(i)->data.uint8, interpreter->output(i)->bytes);
        to += interpreter->output(i)->bytes;
    }
}

uint64_t opened(sn_node *node, const loop_event *event) {
    if (event->code != SN_OK) {
        return sn_node_on_model(node, event->code, event->text, 0, 0, 0);
    }
    return sn_node_on_model(node, SN_OK, nullptr, interpreter->arena_used_bytes(), inputs_length(), outputs_length());
}

uint64_t invoked(sn_node *node, const loop_event *event) {
    const uint8_t *output = gathered != nullptr ? gathered : interpreter->output(0)->data.uint8;
    return sn_node_on_invoked(node, event->code, event->text, output, outputs_length());
}

// Makes the interpreter, in place of the one that is there: nothing of it is remembered.
bool make(uint32_t size) {
    alignas(tflite::MicroInterpreter) static uint8_t place[sizeof(tflite::MicroInterpreter)];
    if (interpreter != nullptr) {
        interpreter->~MicroInterpreter();
        interpreter = nullptr;
    }
    const tflite::Model *graph = tflite::GetModel(model);
    tflite::MicroAllocator *allocator = tflite::MicroAllocator::Create(arena, size);
    const int variables = hil_model_variables(graph);
    auto *held = variables != 0 ? tflite::MicroResourceVariables::Create(allocator, variables) : nullptr;
    auto *made = new (place) tflite::MicroInterpreter(graph, *hil_operators(), allocator, held, &feeder);
    if (made->initialization_status() != kTfLiteOk || made->AllocateTensors() != kTfLiteOk) {
        made->~MicroInterpreter();
        return false;
    }
    interpreter = made;
    return true;
}

// Outputs get a place of their own at the arena's end where they are several, or the interpreter does not outlive a
// run.
bool make_with_outputs() {
    if (!make(arena_size)) {
        return false;
    }
    has_state = hil_model_has_state(tflite::GetModel(model));
    if (!has_state && interpreter->outputs_size() == 1) {
        return true;
    }
    const uint32_t room = (outputs_length() + kAlignment - 1) / kAlignment * kAlignment;
    tensors_size = room < arena_size ? arena_size - room : 0;
    gathered = &arena[tensors_size];
    return make(tensors_size);
}

sn_error prepare(const char **why) {
    static char sentence[192];
    *why = sentence;
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
    if (graph->version() != TFLITE_SCHEMA_VERSION || graph->operator_codes() == nullptr || parts == nullptr ||
        parts->size() == 0 || parts->Get(0)->inputs() == nullptr || parts->Get(0)->inputs()->size() == 0 ||
        parts->Get(0)->outputs() == nullptr || parts->Get(0)->outputs()->size() == 0) {
        *why = "the model does not have a graph with inputs and outputs";
        return SN_ERR_MODEL_INVALID;
    }
    char names[96];
    if (hil_operators() == nullptr || hil_operators_lacking(graph, names, sizeof names) != 0) {
        snprintf(sentence, sizeof sentence, "this firmware lacks operators of the model: %s", names);
        return SN_ERR_MODEL_INVALID;
    }
    if (!make_with_outputs()) {
        const bool is_short = strstr(said, "missing") != nullptr || strstr(said, "too small") != nullptr;
        snprintf(sentence, sizeof sentence, "%s: %s",
                 is_short ? "the model does not fit in the arena" : "TFLM cannot prepare the model", said);
        return is_short ? SN_ERR_ARENA : SN_ERR_MODEL_INVALID;
    }
    return SN_OK;
}

void open_model(loop_event *event) {
    event->deliver = opened;
    event->code = prepare(&event->text);
}

void run_model(loop_event *event) {
    event->deliver = invoked;
    feeder.Clear();
    event->code = interpreter->Invoke() == kTfLiteOk ? SN_OK : SN_ERR_INVOKE;
    if (gathered != nullptr && event->code == SN_OK) {
        gather_outputs();
    }
    if (has_state && !make(tensors_size)) {
        event->code = SN_ERR_INVOKE;
    }
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
    if (length != inputs_length()) {
        return SN_ERR_TENSOR_SIZE;
    }
    for (size_t i = 0; i < interpreter->inputs_size(); i++) {
        memcpy(interpreter->input(i)->data.uint8, data, interpreter->input(i)->bytes);
        data += interpreter->input(i)->bytes;
    }
    return SN_OK;
}

sn_error hil_invoke(void *) {
    return interpreter != nullptr ? start(run_model) : SN_ERR_NO_MODEL;
}

uint32_t hil_operator_times(void *, const uint8_t **times) {
    return feeder.Times(times);
}
