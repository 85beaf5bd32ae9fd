// SPDX-License-Identifier: Apache-2.0
// The builder collects a primitive's inputs, outputs and layouts while it is being described to
// oneDNN.
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "onednn.h"
#include "primitive.h"

bool wpi_begin(wpi_builder *builder, const char *family) {
  *builder = (wpi_builder){.family = family};
  if (!wpi_load()) {
    wpi_fail(
        "%s: oneDNN %d is not installed (Debian and Ubuntu: apt install libdnnl-dev; macOS: brew "
        "install onednn)",
        family, DNNL_VERSION_MAJOR);
    builder->failed = true;
    return false;
  }
  // oneDNN partitions the work when a primitive is described, not when it runs.
  wpi_run_alone();
  if (wpi.primitive_attr_create(&builder->attributes) != dnnl_success ||
      wpi.post_ops_create(&builder->post_ops) != dnnl_success ||
      wpi.primitive_attr_set_scratchpad_mode(builder->attributes, dnnl_scratchpad_mode_user) !=
          dnnl_success)
    wpi_refuse(builder, "out of memory");
  return true;
}

void wpi_refuse(wpi_builder *builder, const char *format, ...) {
  if (builder->failed) return;  // report the first error only
  builder->failed = true;
  char reason[384];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(reason, sizeof reason, format, arguments);
  va_end(arguments);
  wpi_fail("%s: %s", builder->family, reason);
}

wpi_shape wpi_shape_of(wpi_builder *builder, const char *what, const wp_tensor *tensor, int rank) {
  wpi_shape shape = {0};
  if (!tensor || tensor->rank < 1 || tensor->rank > WP_MAX_RANK) {
    wpi_refuse(builder, "%s must have a rank of 1 to %d", what, WP_MAX_RANK);
    return shape;
  }
  if (rank && tensor->rank != rank)
    wpi_refuse(builder, "%s has rank %d, expected %d", what, tensor->rank, rank);
  shape.type = wpi_data_type(tensor->dtype);
  shape.rank = tensor->rank;
  shape.packed = tensor->packed;
  shape.packed_like = tensor->packed_like;
  for (int i = 0; i < shape.rank; i++) {
    if (tensor->dims[i] < 1)
      wpi_refuse(builder, "%s has dimension %d of size %lld", what, i, (long long)tensor->dims[i]);
    shape.dims[i] = tensor->dims[i];
    shape.strides[i] = tensor->strides[i];
  }
  return shape;
}

static void add(wpi_builder *builder, wpi_slot *slots, int *count, int limit, int argument,
                wpi_shape shape) {
  if (builder->failed) return;
  if (*count == limit) {
    wpi_refuse(builder, "more than %d tensors", limit);
    return;
  }
  wpi_slot slot = {.argument = argument,
                   .plain = wpi_layout_strided(shape.type, shape.rank, shape.dims, shape.strides)};
  wpi_const_layout like = shape.packed_like ? wpi_weights_layout(shape.packed_like) : NULL;
  if (like)
    slot.chosen = wpi_layout_copy(like);
  else if (shape.packed && !shape.packed_like)
    slot.chosen = wpi_layout_any(shape.type, shape.rank, shape.dims);
  else
    slot.chosen = slot.plain;
  if (!slot.plain || !slot.chosen) wpi_refuse(builder, "a tensor's strides are not possible");
  slots[(*count)++] = slot;
}

wpi_layout wpi_input(wpi_builder *b, int argument, wpi_shape shape) {
  add(b, b->inputs, &b->input_count, WPI_MAX_INPUTS - WP_MAX_POST_OPS, argument, shape);
  return b->failed ? NULL : b->inputs[b->input_count - 1].chosen;
}

wpi_layout wpi_output(wpi_builder *b, int argument, wpi_shape shape) {
  add(b, b->outputs, &b->output_count, WPI_MAX_OUTPUTS, argument, shape);
  return b->failed ? NULL : b->outputs[b->output_count - 1].chosen;
}

wpi_layout wpi_operand(wpi_builder *b, int argument, wpi_shape shape) {
  add(b, b->operands, &b->operand_count, WP_MAX_POST_OPS, argument, shape);
  return b->failed ? NULL : b->operands[b->operand_count - 1].chosen;
}

void wpi_hold(wpi_builder *builder, int argument, dnnl_data_type_t type, int64_t count,
              const void *values) {
  if (builder->failed) return;
  void *copy = calloc((size_t)count, 4);
  if (!copy || builder->constant_count == WPI_MAX_CONSTANTS) {
    free(copy);
    wpi_refuse(builder, "out of memory");
    return;
  }
  if (values) memcpy(copy, values, (size_t)count * 4);
  builder->constants[builder->constant_count++] = (wpi_constant){argument, type, count, copy};
}

wpi_window wpi_window_of(wpi_builder *builder, const wp_window *window, int rank) {
  wpi_window w = {.rank = rank};
  if (!window || rank < 1 || rank > 3 || window->rank != rank) {
    wpi_refuse(builder,
               "the window must have as many axes as the source has spatial ones (1 to 3), found "
               "%d and %d",
               window ? window->rank : 0, rank);
    return w;
  }
  for (int i = 0; i < rank; i++) {
    if (window->kernel[i] < 1 || window->stride[i] < 1 || window->dilation[i] < 1 ||
        window->pad_begin[i] < 0 || window->pad_end[i] + window->stride[i] <= 0)
      wpi_refuse(
          builder,
          "kernel, stride and dilation must be positive, padding not negative, and that at the "
          "end larger than -stride (axis %d)",
          i);
    w.kernel[i] = window->kernel[i];
    w.stride[i] = window->stride[i];
    w.dilation[i] = window->dilation[i] - 1;
    w.begin[i] = window->pad_begin[i];
    w.end[i] = window->pad_end[i];
  }
  return w;
}

static void free_slots(wpi_slot *slots, int count) {
  for (int i = 0; i < count; i++) {
    if (slots[i].chosen != slots[i].plain) wpi_layout_free(slots[i].chosen);
    wpi_layout_free(slots[i].plain);
  }
}

wp_primitive *wpi_finish(wpi_builder *b, dnnl_status_t status) {
  wp_primitive *primitive = NULL;
  if (!b->failed && status != dnnl_success) wpi_refuse(b, "%s", wpi_status_name(status));
  if (!b->failed) {
    for (int i = 0; i < b->operand_count; i++) b->inputs[b->input_count++] = b->operands[i];
    b->operand_count = 0;
    primitive = wpi_primitive_create(b);
    if (!primitive) wpi_refuse(b, "oneDNN could not create the primitive");
  }
  if (b->descriptor) wpi.primitive_desc_destroy(b->descriptor);
  if (b->attributes) wpi.primitive_attr_destroy(b->attributes);
  if (b->post_ops) wpi.post_ops_destroy(b->post_ops);
  free_slots(b->inputs, b->input_count);
  free_slots(b->outputs, b->output_count);
  free_slots(b->operands, b->operand_count);
  for (int i = 0; i < b->constant_count; i++) free(b->constants[i].values);
  return primitive;
}
