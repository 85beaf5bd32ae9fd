// SPDX-License-Identifier: Apache-2.0
// A primitive: oneDNN's object with its memory handles, ready to run with raw pointers.
#include "primitive.h"

#include <stdlib.h>

enum { MAX_ARGUMENTS = WPI_MAX_INPUTS + WPI_MAX_OUTPUTS + 1 + WPI_MAX_CONSTANTS };

/// How the caller's weights become the primitive's.
typedef struct {
  wpi_layout from, to;  // NULL when the caller's layout is used as it is
} packing;

struct wp_primitive {
  dnnl_primitive_t primitive;
  const char *implementation;
  int input_count, output_count, argument_count;
  int threads;  // that it was made for
  bool has_scratchpad;
  size_t scratchpad_size;
  dnnl_exec_arg_t arguments[MAX_ARGUMENTS];  // inputs, outputs, scratchpad, constants
  const void *bound[MAX_ARGUMENTS];          // the pointer that each argument's memory holds now
  packing packings[WPI_MAX_INPUTS];
  void *constants[WPI_MAX_CONSTANTS];
  int constant_count;
};

static bool add_argument(wp_primitive *p, int argument, wpi_const_layout layout, void *handle) {
  dnnl_memory_t memory = NULL;
  if (wpi.memory_create(&memory, layout, wpi.engine, handle) != dnnl_success) return false;
  p->bound[p->argument_count] = handle;
  p->arguments[p->argument_count++] = (dnnl_exec_arg_t){argument, memory};
  return true;
}

static bool add_slots(wp_primitive *p, const wpi_builder *b) {
  for (int i = 0; i < b->input_count; i++) {
    const wpi_slot *slot = &b->inputs[i];
    wpi_const_layout layout = slot->chosen;
    if (slot->chosen != slot->plain) {  // the choice was oneDNN's: ask for it
      layout = wpi.primitive_desc_query_md(b->descriptor, dnnl_query_exec_arg_md, slot->argument);
      if (!layout) return false;
      if (!wpi.memory_desc_equal(layout, slot->plain)) {
        p->packings[i] = (packing){wpi_layout_copy(slot->plain), wpi_layout_copy(layout)};
        if (!p->packings[i].from || !p->packings[i].to) return false;
      }
    }
    if (!add_argument(p, slot->argument, layout, DNNL_MEMORY_NONE)) return false;
    p->input_count++;
  }
  for (int i = 0; i < b->output_count; i++) {
    if (!add_argument(p, b->outputs[i].argument, b->outputs[i].plain, DNNL_MEMORY_NONE))
      return false;
    p->output_count++;
  }
  return true;
}

static bool add_scratchpad(wp_primitive *p, const wpi_builder *b) {
  wpi_const_layout layout = wpi.primitive_desc_query_md(b->descriptor, dnnl_query_scratchpad_md, 0);
  p->scratchpad_size = layout ? wpi.memory_desc_get_size(layout) : 0;
  p->has_scratchpad = p->scratchpad_size > 0;
  return !p->has_scratchpad || add_argument(p, DNNL_ARG_SCRATCHPAD, layout, DNNL_MEMORY_NONE);
}

static bool add_constants(wp_primitive *p, wpi_builder *b) {
  for (int i = 0; i < b->constant_count; i++) {
    wpi_constant *c = &b->constants[i];
    int64_t count = c->count, stride = 1;
    wpi_layout layout = wpi_layout_strided(c->type, 1, &count, &stride);
    bool added = layout && add_argument(p, c->argument, layout, c->values);
    wpi_layout_free(layout);
    if (!added) return false;
    p->constants[p->constant_count++] = c->values;
    c->values = NULL;
  }
  return true;
}

wp_primitive *wpi_primitive_create(wpi_builder *b) {
  wp_primitive *p = calloc(1, sizeof *p);
  if (!p) return NULL;
  p->threads = wp_threads();
  bool made = add_slots(p, b) && add_scratchpad(p, b) && add_constants(p, b) &&
              wpi.primitive_create(&p->primitive, b->descriptor) == dnnl_success;
  if (!made) {
    wp_destroy(p);
    return NULL;
  }
  const_dnnl_primitive_desc_t descriptor = NULL;
  if (wpi.primitive_get_primitive_desc(p->primitive, &descriptor) != dnnl_success ||
      wpi.primitive_desc_query(descriptor, dnnl_query_impl_info_str, 0, &p->implementation) !=
          dnnl_success)
    p->implementation = "";
  return p;
}

void wp_destroy(wp_primitive *p) {
  if (!p) return;
  if (p->primitive) wpi.primitive_destroy(p->primitive);
  for (int i = 0; i < p->argument_count; i++) wpi.memory_destroy(p->arguments[i].memory);
  for (int i = 0; i < WPI_MAX_INPUTS; i++) {
    wpi_layout_free(p->packings[i].from);
    wpi_layout_free(p->packings[i].to);
  }
  for (int i = 0; i < p->constant_count; i++) free(p->constants[i]);
  free(p);
}

const char *wp_implementation(const wp_primitive *p) { return p->implementation; }
int wp_input_count(const wp_primitive *p) { return p->input_count; }
int wp_output_count(const wp_primitive *p) { return p->output_count; }
size_t wp_scratchpad_size(const wp_primitive *p) { return p->scratchpad_size; }

static inline bool bind(wp_primitive *p, int index, const void *pointer) {
  if (p->bound[index] == pointer) return true;
  p->bound[index] = pointer;
  return wpi.memory_set_data_handle(p->arguments[index].memory, (void *)pointer) == dnnl_success;
}

bool wp_execute(wp_primitive *p, const void *const *inputs, void *const *outputs,
                void *scratchpad) {
  wpi_apply_threads(p->threads);
  bool bound = true;
  int index = 0;
  for (int i = 0; i < p->input_count; i++) bound &= bind(p, index++, inputs[i]);
  for (int i = 0; i < p->output_count; i++) bound &= bind(p, index++, outputs[i]);
  if (p->has_scratchpad) bound &= bind(p, index, scratchpad);
  dnnl_status_t status =
      bound ? wpi.primitive_execute(p->primitive, wpi.stream, p->argument_count, p->arguments)
            : dnnl_invalid_arguments;
  if (status == dnnl_success) status = wpi.stream_wait(wpi.stream);
  if (status != dnnl_success)
    wpi_fail("running %s: %s", p->implementation, wpi_status_name(status));
  return status == dnnl_success;
}

size_t wp_packed_size(const wp_primitive *p, int input) {
  return p->packings[input].to ? wpi.memory_desc_get_size(p->packings[input].to) : 0;
}

bool wp_pack_weights(const wp_primitive *p, int input, const void *weights, void *packed) {
  const packing *way = &p->packings[input];
  if (!way->to) {
    wpi_fail("packing: input %d of %s is used in the caller's own layout", input,
             p->implementation);
    return false;
  }
  wpi_apply_threads(wp_threads());
  dnnl_primitive_desc_t descriptor = NULL;
  dnnl_primitive_t reorder = NULL;
  dnnl_exec_arg_t arguments[2] = {{DNNL_ARG_FROM, NULL}, {DNNL_ARG_TO, NULL}};
  dnnl_status_t status = wpi_create_reorder(&descriptor, way->from, way->to, NULL);
  if (status == dnnl_success) status = wpi.primitive_create(&reorder, descriptor);
  if (status == dnnl_success)
    status = wpi.memory_create(&arguments[0].memory, way->from, wpi.engine, (void *)weights);
  if (status == dnnl_success)
    status = wpi.memory_create(&arguments[1].memory, way->to, wpi.engine, packed);
  if (status == dnnl_success) status = wpi.primitive_execute(reorder, wpi.stream, 2, arguments);
  if (status == dnnl_success) status = wpi.stream_wait(wpi.stream);
  if (status != dnnl_success)
    wpi_fail("packing weights for %s: %s", p->implementation, wpi_status_name(status));
  for (int i = 0; i < 2; i++)
    if (arguments[i].memory) wpi.memory_destroy(arguments[i].memory);
  if (reorder) wpi.primitive_destroy(reorder);
  if (descriptor) wpi.primitive_desc_destroy(descriptor);
  return status == dnnl_success;
}
