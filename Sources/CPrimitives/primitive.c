// SPDX-License-Identifier: Apache-2.0
// A primitive: a oneDNN primitive with its memory objects, executed with raw pointers.
#include "primitive.h"

#include <stdatomic.h>
#include <stdlib.h>

enum { MAX_ARGUMENTS = WPI_MAX_INPUTS + WPI_MAX_OUTPUTS + 1 + WPI_MAX_CONSTANTS };

/// The conversion of weights from the caller's layout to the primitive's, or the reverse.
typedef struct {
  wpi_layout from, to;       // NULL if the caller's layout is used
  dnnl_primitive_t reorder;  // created at the first use
  dnnl_exec_arg_t arguments[2];
} packing;

/// The state that copies of a primitive share: oneDNN's object, which any number of threads may run
/// concurrently, and its constants.
typedef struct {
  dnnl_primitive_t primitive;
  void *constants[WPI_MAX_CONSTANTS];
  int constant_count;
  atomic_int owners;
} computation;

struct wp_primitive {
  computation *shared;
  const char *implementation;
  int input_count, output_count, argument_count;
  bool has_scratchpad;
  size_t scratchpad_size;
  dnnl_exec_arg_t arguments[MAX_ARGUMENTS];  // inputs, outputs, scratchpad, constants
  const void *bound[MAX_ARGUMENTS];          // the current pointer of each argument's memory
  packing packings[WPI_MAX_INPUTS], unpackings[WPI_MAX_OUTPUTS];
};

static bool add_argument(wp_primitive *p, int argument, wpi_const_layout layout, void *handle) {
  dnnl_memory_t memory = NULL;
  if (wpi.memory_create(&memory, layout, wpi.engine, handle) != dnnl_success) return false;
  p->bound[p->argument_count] = handle;
  p->arguments[p->argument_count++] = (dnnl_exec_arg_t){argument, memory};
  return true;
}

// The layout of a slot: the caller's, or the one that oneDNN chose. If they differ, `way`
// converts between them.
static wpi_const_layout settle(const wpi_builder *b, const wpi_slot *slot, packing *way,
                               bool outward) {
  if (slot->chosen == slot->plain) return slot->plain;
  wpi_const_layout layout =
      wpi.primitive_desc_query_md(b->descriptor, dnnl_query_exec_arg_md, slot->argument);
  if (!layout || wpi.memory_desc_equal(layout, slot->plain)) return layout;
  way->from = wpi_layout_copy(outward ? layout : slot->plain);
  way->to = wpi_layout_copy(outward ? slot->plain : layout);
  return way->from && way->to ? layout : NULL;
}

static bool add_slots(wp_primitive *p, const wpi_builder *b) {
  for (int i = 0; i < b->input_count; i++) {
    wpi_const_layout layout = settle(b, &b->inputs[i], &p->packings[i], false);
    if (!layout || !add_argument(p, b->inputs[i].argument, layout, DNNL_MEMORY_NONE)) return false;
    p->input_count++;
  }
  for (int i = 0; i < b->output_count; i++) {
    wpi_const_layout layout = settle(b, &b->outputs[i], &p->unpackings[i], true);
    if (!layout || !add_argument(p, b->outputs[i].argument, layout, DNNL_MEMORY_NONE)) return false;
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
    p->shared->constants[p->shared->constant_count++] = c->values;
    c->values = NULL;
  }
  return true;
}

wp_primitive *wpi_primitive_create(wpi_builder *b) {
  wp_primitive *p = calloc(1, sizeof *p);
  if (!p) return NULL;
  if (!(p->shared = calloc(1, sizeof *p->shared))) {
    free(p);
    return NULL;
  }
  atomic_init(&p->shared->owners, 1);
  bool made = add_slots(p, b) && add_scratchpad(p, b) && add_constants(p, b) &&
              wpi.primitive_create(&p->shared->primitive, b->descriptor) == dnnl_success;
  if (!made) {
    wp_destroy(p);
    return NULL;
  }
  const_dnnl_primitive_desc_t descriptor = NULL;
  if (wpi.primitive_get_primitive_desc(p->shared->primitive, &descriptor) != dnnl_success ||
      wpi.primitive_desc_query(descriptor, dnnl_query_impl_info_str, 0, &p->implementation) !=
          dnnl_success)
    p->implementation = "";
  return p;
}

static bool copy_packing(packing *to, const packing *from) {
  if (!from->to) return true;
  to->from = wpi_layout_copy(from->from);
  to->to = wpi_layout_copy(from->to);
  return to->from && to->to;
}

wp_primitive *wp_copy(const wp_primitive *original) {
  wp_primitive *p = calloc(1, sizeof *p);
  if (!p) return NULL;
  p->shared = original->shared;
  atomic_fetch_add(&p->shared->owners, 1);
  p->implementation = original->implementation;
  p->input_count = original->input_count;
  p->output_count = original->output_count;
  p->has_scratchpad = original->has_scratchpad;
  p->scratchpad_size = original->scratchpad_size;
  int constant = original->argument_count - p->shared->constant_count;
  bool copied = true;
  for (int i = 0; copied && i < original->argument_count; i++) {
    const dnnl_exec_arg_t *argument = &original->arguments[i];
    wpi_const_layout layout = NULL;
    void *handle = i < constant ? DNNL_MEMORY_NONE : p->shared->constants[i - constant];
    copied = wpi.memory_get_memory_desc(argument->memory, &layout) == dnnl_success &&
             add_argument(p, argument->arg, layout, handle);
  }
  for (int i = 0; copied && i < WPI_MAX_INPUTS; i++)
    copied = copy_packing(&p->packings[i], &original->packings[i]);
  for (int i = 0; copied && i < WPI_MAX_OUTPUTS; i++)
    copied = copy_packing(&p->unpackings[i], &original->unpackings[i]);
  if (copied) return p;
  wpi_fail("copying %s: out of memory", original->implementation);
  wp_destroy(p);
  return NULL;
}

static void release(computation *shared) {
  if (atomic_fetch_sub(&shared->owners, 1) > 1) return;
  if (shared->primitive) wpi.primitive_destroy(shared->primitive);
  for (int i = 0; i < shared->constant_count; i++) free(shared->constants[i]);
  free(shared);
}

static void free_packing(packing *way) {
  if (way->reorder) wpi.primitive_destroy(way->reorder);
  for (int i = 0; i < 2; i++)
    if (way->arguments[i].memory) wpi.memory_destroy(way->arguments[i].memory);
  wpi_layout_free(way->from);
  wpi_layout_free(way->to);
}

void wp_destroy(wp_primitive *p) {
  if (!p) return;
  release(p->shared);
  for (int i = 0; i < p->argument_count; i++) wpi.memory_destroy(p->arguments[i].memory);
  for (int i = 0; i < WPI_MAX_INPUTS; i++) free_packing(&p->packings[i]);
  for (int i = 0; i < WPI_MAX_OUTPUTS; i++) free_packing(&p->unpackings[i]);
  free(p);
}

wpi_const_layout wpi_weights_layout(const wp_primitive *p) { return p->packings[1].to; }

const char *wp_implementation(const wp_primitive *p) { return p->implementation; }
size_t wp_scratchpad_size(const wp_primitive *p) { return p->scratchpad_size; }

static inline bool bind(wp_primitive *p, int index, const void *pointer) {
  if (p->bound[index] == pointer) return true;
  p->bound[index] = pointer;
  return wpi.memory_set_data_handle(p->arguments[index].memory, (void *)pointer) == dnnl_success;
}

bool wp_execute(wp_primitive *p, const void *const *inputs, void *const *outputs,
                void *scratchpad) {
  wpi_run_alone();
  bool bound = true;
  int index = 0;
  for (int i = 0; i < p->input_count; i++) bound &= bind(p, index++, inputs[i]);
  for (int i = 0; i < p->output_count; i++) bound &= bind(p, index++, outputs[i]);
  if (p->has_scratchpad) bound &= bind(p, index, scratchpad);
  dnnl_status_t status = bound ? wpi.primitive_execute(p->shared->primitive, wpi.stream,
                                                       p->argument_count, p->arguments)
                               : dnnl_invalid_arguments;
  if (status == dnnl_success) status = wpi.stream_wait(wpi.stream);
  if (status != dnnl_success)
    wpi_fail("running %s: %s", p->implementation, wpi_status_name(status));
  return status == dnnl_success;
}

size_t wp_packed_size(const wp_primitive *p, int input) {
  return p->packings[input].to ? wpi.memory_desc_get_size(p->packings[input].to) : 0;
}

bool wp_packs_alike(const wp_primitive *p, const wp_primitive *other, int input) {
  wpi_layout a = p->packings[input].to, b = other->packings[input].to;
  return a && b && wpi.memory_desc_equal(a, b);
}

size_t wp_packed_output_size(const wp_primitive *p, int output) {
  return p->unpackings[output].from ? wpi.memory_desc_get_size(p->unpackings[output].from) : 0;
}

static dnnl_status_t prepare(packing *way) {
  dnnl_primitive_desc_t descriptor = NULL;
  dnnl_status_t status = wpi_create_reorder(&descriptor, way->from, way->to, NULL);
  if (status == dnnl_success) status = wpi.primitive_create(&way->reorder, descriptor);
  if (descriptor) wpi.primitive_desc_destroy(descriptor);
  way->arguments[0].arg = DNNL_ARG_FROM;
  way->arguments[1].arg = DNNL_ARG_TO;
  if (status == dnnl_success)
    status = wpi.memory_create(&way->arguments[0].memory, way->from, wpi.engine, DNNL_MEMORY_NONE);
  if (status == dnnl_success)
    status = wpi.memory_create(&way->arguments[1].memory, way->to, wpi.engine, DNNL_MEMORY_NONE);
  return status;
}

static bool go(const wp_primitive *p, packing *way, const void *from, void *to) {
  wpi_run_alone();
  dnnl_status_t status = way->reorder ? dnnl_success : prepare(way);
  if (status == dnnl_success)
    status = wpi.memory_set_data_handle(way->arguments[0].memory, (void *)from);
  if (status == dnnl_success) status = wpi.memory_set_data_handle(way->arguments[1].memory, to);
  if (status == dnnl_success)
    status = wpi.primitive_execute(way->reorder, wpi.stream, 2, way->arguments);
  if (status == dnnl_success) status = wpi.stream_wait(wpi.stream);
  if (status != dnnl_success)
    wpi_fail("packing weights for %s: %s", p->implementation, wpi_status_name(status));
  return status == dnnl_success;
}

bool wp_pack_weights(wp_primitive *p, int input, const void *weights, void *packed) {
  if (p->packings[input].to) return go(p, &p->packings[input], weights, packed);
  wpi_fail("packing: input %d of %s is used in the caller's own layout", input, p->implementation);
  return false;
}

bool wp_unpack_output(wp_primitive *p, int output, const void *packed, void *plain) {
  if (p->unpackings[output].to) return go(p, &p->unpackings[output], packed, plain);
  wpi_fail("unpacking: output %d of %s is in the caller's own layout", output, p->implementation);
  return false;
}
