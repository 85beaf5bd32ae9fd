// SPDX-License-Identifier: Apache-2.0
// Softmax, layer normalization, local response normalization.
#include "onednn.h"

wp_primitive *wp_softmax(const wp_tensor *source, const wp_tensor *destination, int axis,
                         bool logarithm) {
  wpi_builder b;
  if (!wpi_begin(&b, "softmax")) return NULL;
  wpi_shape s = wpi_shape_of(&b, "the source", source, 0),
            d = wpi_shape_of(&b, "the destination", destination, s.rank);
  if (!b.failed && (axis < 0 || axis >= s.rank)) wpi_refuse(&b, "axis %d of rank %d", axis, s.rank);
  wpi_layout source_layout = wpi_input(&b, DNNL_ARG_SRC, s),
             destination_layout = wpi_output(&b, DNNL_ARG_DST, d);
  if (b.failed) return wpi_finish(&b, dnnl_success);
  return wpi_finish(&b, wpi_create_softmax(&b, logarithm, source_layout, destination_layout, axis));
}

wp_primitive *wp_layer_normalization(const wp_tensor *source, float epsilon, bool has_scale,
                                     bool has_shift) {
  wpi_builder b;
  if (!wpi_begin(&b, "layer normalization")) return NULL;
  wpi_shape s = wpi_shape_of(&b, "the source", source, 0);
  if (b.failed) return wpi_finish(&b, dnnl_success);
  wpi_shape vector = {.type = dnnl_f32, .rank = 1, .dims = {s.dims[s.rank - 1]}, .strides = {1}};
  wpi_layout layout = wpi_input(&b, DNNL_ARG_SRC, s);
  if (has_scale) wpi_input(&b, DNNL_ARG_SCALE, vector);
  if (has_shift) wpi_input(&b, DNNL_ARG_SHIFT, vector);
  wpi_output(&b, DNNL_ARG_DST, s);
  if (b.failed) return wpi_finish(&b, dnnl_success);
  unsigned flags = (has_scale ? dnnl_use_scale : 0u) | (has_shift ? dnnl_use_shift : 0u);
  return wpi_finish(&b, wpi_create_layer_normalization(&b, layout, epsilon, flags));
}

wp_primitive *wp_lrn(const wp_tensor *tensor, int64_t size, float alpha, float beta, float k) {
  wpi_builder b;
  if (!wpi_begin(&b, "local response normalization")) return NULL;
  wpi_shape s = wpi_shape_of(&b, "the source", tensor, 0);
  wpi_layout layout = wpi_input(&b, DNNL_ARG_SRC, s);
  wpi_output(&b, DNNL_ARG_DST, s);
  if (b.failed) return wpi_finish(&b, dnnl_success);
  return wpi_finish(&b, wpi_create_lrn(&b, layout, size, alpha, beta, k));
}
