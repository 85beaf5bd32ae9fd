// SPDX-License-Identifier: Apache-2.0
// Elementwise and binary functions, prelu, reduction, reorder.
#include "onednn.h"

wp_primitive *wp_eltwise(const wp_tensor *tensor, wp_eltwise_function function, float a, float c) {
  wpi_builder b;
  if (!wpi_begin(&b, "elementwise function")) return NULL;
  dnnl_alg_kind_t kind = wpi_eltwise_kind(function);
  if (kind == dnnl_alg_kind_undef)
    wpi_refuse(&b, "function %d is not in this oneDNN", (int)function);
  wpi_eltwise_parameters(function, &a, &c);
  wpi_shape s = wpi_shape_of(&b, "the tensor", tensor, 0);
  wpi_layout layout = wpi_input(&b, DNNL_ARG_SRC, s);
  wpi_output(&b, DNNL_ARG_DST, s);
  if (b.failed) return wpi_finish(&b, dnnl_success);
  return wpi_finish(&b, wpi_create_eltwise(&b, kind, layout, a, c));
}

wp_primitive *wp_binary(const wp_tensor *a, const wp_tensor *c, const wp_tensor *destination,
                        wp_binary_function function, const wp_attributes *attributes) {
  wpi_builder b;
  if (!wpi_begin(&b, "binary function")) return NULL;
  wpi_shape first = wpi_shape_of(&b, "the first operand", a, 0),
            second = wpi_shape_of(&b, "the second operand", c, first.rank);
  wpi_shape d = wpi_shape_of(&b, "the destination", destination, first.rank);
  wpi_layout first_layout = wpi_input(&b, DNNL_ARG_SRC_0, first),
             second_layout = wpi_input(&b, DNNL_ARG_SRC_1, second);
  wpi_layout destination_layout = wpi_output(&b, DNNL_ARG_DST, d);
  wpi_apply_attributes(&b, attributes, (wpi_scaling){.destination_rank = d.rank});
  if (b.failed) return wpi_finish(&b, dnnl_success);
  return wpi_finish(&b, wpi_create_binary(&b, wpi_binary_kind(function), first_layout,
                                          second_layout, destination_layout));
}

wp_primitive *wp_prelu(const wp_tensor *tensor, const wp_tensor *slopes) {
  wpi_builder b;
  if (!wpi_begin(&b, "prelu")) return NULL;
  wpi_shape s = wpi_shape_of(&b, "the tensor", tensor, 0),
            w = wpi_shape_of(&b, "the slopes", slopes, s.rank);
  wpi_layout layout = wpi_input(&b, DNNL_ARG_SRC, s),
             slopes_layout = wpi_input(&b, DNNL_ARG_WEIGHTS, w);
  wpi_output(&b, DNNL_ARG_DST, s);
  if (b.failed) return wpi_finish(&b, dnnl_success);
  return wpi_finish(&b, wpi_create_prelu(&b, layout, slopes_layout));
}

static dnnl_alg_kind_t kind_of(wp_reduce_kind kind) {
  switch (kind) {
    case WP_REDUCE_MEAN:
      return dnnl_reduction_mean;
    case WP_REDUCE_MIN:
      return dnnl_reduction_min;
    case WP_REDUCE_MAX:
      return dnnl_reduction_max;
    case WP_REDUCE_MUL:
      return dnnl_reduction_mul;
    case WP_REDUCE_L1:
      return dnnl_reduction_norm_lp_power_p_sum;
    case WP_REDUCE_L2:
      return dnnl_reduction_norm_lp_sum;
    default:
      return dnnl_reduction_sum;
  }
}

wp_primitive *wp_reduction(const wp_tensor *source, const wp_tensor *destination,
                           wp_reduce_kind kind, const wp_attributes *attributes) {
  wpi_builder b;
  if (!wpi_begin(&b, "reduction")) return NULL;
  wpi_shape s = wpi_shape_of(&b, "the source", source, 0),
            d = wpi_shape_of(&b, "the destination", destination, s.rank);
  wpi_layout source_layout = wpi_input(&b, DNNL_ARG_SRC, s),
             destination_layout = wpi_output(&b, DNNL_ARG_DST, d);
  wpi_apply_attributes(&b, attributes, (wpi_scaling){.destination_rank = d.rank});
  if (b.failed) return wpi_finish(&b, dnnl_success);
  float p = kind == WP_REDUCE_L2 ? 2 : 1;
  return wpi_finish(
      &b, wpi_create_reduction(&b, kind_of(kind), source_layout, destination_layout, p, 0));
}

wp_primitive *wp_reorder(const wp_tensor *source, const wp_tensor *destination,
                         const wp_attributes *attributes) {
  wpi_builder b;
  if (!wpi_begin(&b, "reorder")) return NULL;
  wpi_shape s = wpi_shape_of(&b, "the source", source, 0),
            d = wpi_shape_of(&b, "the destination", destination, s.rank);
  wpi_layout source_layout = wpi_input(&b, DNNL_ARG_FROM, s),
             destination_layout = wpi_output(&b, DNNL_ARG_TO, d);
  wpi_apply_attributes(
      &b, attributes,
      (wpi_scaling){.channels = 1, .weights_argument = DNNL_ARG_FROM, .destination_rank = d.rank});
  if (b.failed) return wpi_finish(&b, dnnl_success);
  return wpi_finish(
      &b, wpi_create_reorder(&b.descriptor, source_layout, destination_layout, b.attributes));
}
