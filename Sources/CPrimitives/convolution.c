// SPDX-License-Identifier: Apache-2.0
// Convolution and transposed convolution.
#include "onednn.h"

// In oneDNN, grouped weights have the group as a separate first dimension: [G, O/G, I/G, k…].
static wpi_shape grouped(wpi_builder *b, wpi_shape weights, int64_t groups) {
  if (groups < 1 || weights.dims[0] % groups != 0) {
    wpi_refuse(b, "%lld groups do not divide %lld channels", (long long)groups,
               (long long)weights.dims[0]);
    return weights;
  }
  wpi_shape g = weights;
  g.rank = weights.rank + 1;
  for (int i = 0; i < weights.rank; i++) {
    g.dims[i + 1] = weights.dims[i];
    g.strides[i + 1] = weights.strides[i];
  }
  g.dims[0] = groups;
  g.dims[1] = weights.dims[0] / groups;
  g.strides[0] = g.dims[1] * weights.strides[0];
  return g;
}

// Swaps the two channel dimensions of weights, with or without a group dimension.
static wpi_shape exchanged(wpi_shape w, int first) {
  int64_t dim = w.dims[first], stride = w.strides[first];
  w.dims[first] = w.dims[first + 1];
  w.strides[first] = w.strides[first + 1];
  w.dims[first + 1] = dim;
  w.strides[first + 1] = stride;
  return w;
}

static dnnl_alg_kind_t kind_of(wp_algorithm algorithm) {
  switch (algorithm) {
    case WP_ALGORITHM_WINOGRAD:
      return dnnl_convolution_winograd;
    case WP_ALGORITHM_AUTO:
      return dnnl_convolution_auto;
    default:
      return dnnl_convolution_direct;
  }
}

static wpi_scaling scaling_of(int64_t channels, int64_t groups, int rank) {
  return (wpi_scaling){.channels = channels,
                       .weights_argument = DNNL_ARG_WEIGHTS,
                       .weights_mask = groups > 1 ? 3 : 1,
                       .destination_mask = 1 << 1,
                       .destination_rank = rank};
}

wp_primitive *wp_convolution(const wp_tensor *source, const wp_tensor *weights,
                             const wp_tensor *bias, const wp_tensor *destination,
                             const wp_window *window, int64_t groups, wp_algorithm algorithm,
                             const wp_attributes *attributes) {
  wpi_builder b;
  if (!wpi_begin(&b, "convolution")) return NULL;
  wpi_shape s = wpi_shape_of(&b, "the source", source, 0);
  wpi_shape w = wpi_shape_of(&b, "the weights", weights, s.rank);
  wpi_shape d = wpi_shape_of(&b, "the destination", destination, s.rank);
  wpi_window span = wpi_window_of(&b, window, s.rank - 2);
  if (!b.failed && groups != 1) w = grouped(&b, w, groups);
  if (b.failed) return wpi_finish(&b, dnnl_success);
  wpi_layout source_layout = wpi_input(&b, DNNL_ARG_SRC, s),
             weights_layout = wpi_input(&b, DNNL_ARG_WEIGHTS, w);
  wpi_layout bias_layout = wpi_bias(&b, bias, attributes, WPI_BIAS_VECTOR, 1, s.rank);
  wpi_layout destination_layout = wpi_output(&b, DNNL_ARG_DST, d);
  wpi_apply_attributes(&b, attributes, scaling_of(d.dims[1], groups, d.rank));
  if (b.failed) return wpi_finish(&b, dnnl_success);
  return wpi_finish(
      &b, wpi_create_convolution(&b, kind_of(algorithm), source_layout, weights_layout, bias_layout,
                                 destination_layout, &span));
}

wp_primitive *wp_deconvolution(const wp_tensor *source, const wp_tensor *weights,
                               const wp_tensor *bias, const wp_tensor *destination,
                               const wp_window *window, int64_t groups,
                               const wp_attributes *attributes) {
  wpi_builder b;
  if (!wpi_begin(&b, "transposed convolution")) return NULL;
  wpi_shape s = wpi_shape_of(&b, "the source", source, 0);
  wpi_shape w = wpi_shape_of(&b, "the weights", weights, s.rank);
  wpi_shape d = wpi_shape_of(&b, "the destination", destination, s.rank);
  wpi_window span = wpi_window_of(&b, window, s.rank - 2);
  if (!b.failed && groups != 1) w = grouped(&b, w, groups);
  if (!b.failed)
    w = exchanged(w, groups != 1 ? 1 : 0);  // [I, O/G] for the caller, [O/G, I/G] for oneDNN
  if (b.failed) return wpi_finish(&b, dnnl_success);
  wpi_layout source_layout = wpi_input(&b, DNNL_ARG_SRC, s),
             weights_layout = wpi_input(&b, DNNL_ARG_WEIGHTS, w);
  wpi_layout bias_layout = wpi_bias(&b, bias, attributes, WPI_BIAS_VECTOR, 1, s.rank);
  wpi_layout destination_layout = wpi_output(&b, DNNL_ARG_DST, d);
  wpi_apply_attributes(&b, attributes, scaling_of(d.dims[1], groups, d.rank));
  if (b.failed) return wpi_finish(&b, dnnl_success);
  return wpi_finish(&b, wpi_create_deconvolution(&b, source_layout, weights_layout, bias_layout,
                                                 destination_layout, &span));
}

wp_primitive *wp_convolution_weight_gradient(const wp_tensor *source, const wp_tensor *weights,
                                             const wp_tensor *bias, const wp_tensor *destination,
                                             const wp_window *window, int64_t groups) {
  wpi_builder b;
  if (!wpi_begin(&b, "weight gradient of a convolution")) return NULL;
  wpi_shape s = wpi_shape_of(&b, "the source", source, 0);
  wpi_shape w = wpi_shape_of(&b, "the weights", weights, s.rank);
  wpi_shape d = wpi_shape_of(&b, "the destination", destination, s.rank);
  wpi_window span = wpi_window_of(&b, window, s.rank - 2);
  if (!b.failed && groups != 1) w = grouped(&b, w, groups);
  if (b.failed) return wpi_finish(&b, dnnl_success);
  wpi_layout source_layout = wpi_input(&b, DNNL_ARG_SRC, s),
             destination_layout = wpi_input(&b, DNNL_ARG_DIFF_DST, d);
  wpi_layout weights_layout = wpi_output(&b, DNNL_ARG_DIFF_WEIGHTS, w), bias_layout = NULL;
  if (bias) bias_layout = wpi_output(&b, DNNL_ARG_DIFF_BIAS, wpi_shape_of(&b, "the bias", bias, 1));
  if (b.failed) return wpi_finish(&b, dnnl_success);
  return wpi_finish(
      &b, wpi_create_convolution_weight_gradient(&b, source_layout, weights_layout, bias_layout,
                                                 destination_layout, &span));
}

wp_primitive *wp_convolution_input_gradient(const wp_tensor *destination, const wp_tensor *weights,
                                            const wp_tensor *source, const wp_window *window,
                                            int64_t groups) {
  wpi_builder b;
  if (!wpi_begin(&b, "input gradient of a convolution")) return NULL;
  wpi_shape s = wpi_shape_of(&b, "the source", source, 0);
  wpi_shape w = wpi_shape_of(&b, "the weights", weights, s.rank);
  wpi_shape d = wpi_shape_of(&b, "the destination", destination, s.rank);
  wpi_window span = wpi_window_of(&b, window, s.rank - 2);
  if (!b.failed && groups != 1) w = grouped(&b, w, groups);
  if (b.failed) return wpi_finish(&b, dnnl_success);
  wpi_layout destination_layout = wpi_input(&b, DNNL_ARG_DIFF_DST, d),
             weights_layout = wpi_input(&b, DNNL_ARG_WEIGHTS, w),
             source_layout = wpi_output(&b, DNNL_ARG_DIFF_SRC, s);
  if (b.failed) return wpi_finish(&b, dnnl_success);
  return wpi_finish(&b, wpi_create_convolution_input_gradient(&b, source_layout, weights_layout,
                                                              destination_layout, &span));
}
