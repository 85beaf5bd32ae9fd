// SPDX-License-Identifier: Apache-2.0
// Matrix products: batched matmul and the fully connected layer.
#include "onednn.h"

wp_primitive *wp_matmul(const wp_tensor *a, const wp_tensor *c, const wp_tensor *bias,
                        const wp_tensor *destination, const wp_attributes *attributes) {
  wpi_builder b;
  if (!wpi_begin(&b, "matmul")) return NULL;
  wpi_shape s = wpi_shape_of(&b, "the first matrix", a, 0);
  wpi_shape w = wpi_shape_of(&b, "the second matrix", c, s.rank);
  wpi_shape d = wpi_shape_of(&b, "the destination", destination, s.rank);
  if (b.failed) return wpi_finish(&b, dnnl_success);
  int last = s.rank - 1;
  wpi_layout source_layout = wpi_input(&b, DNNL_ARG_SRC, s),
             weights_layout = wpi_input(&b, DNNL_ARG_WEIGHTS, w);
  wpi_layout bias_layout = wpi_bias(&b, bias, attributes, WPI_BIAS_SPREAD, last, s.rank);
  wpi_layout destination_layout = wpi_output(&b, DNNL_ARG_DST, d);
  wpi_apply_attributes(&b, attributes,
                       (wpi_scaling){.channels = d.dims[last],
                                     .weights_argument = DNNL_ARG_WEIGHTS,
                                     .weights_mask = 1 << last,
                                     .destination_mask = 1 << last,
                                     .destination_rank = d.rank});
  if (b.failed) return wpi_finish(&b, dnnl_success);
  return wpi_finish(
      &b, wpi_create_matmul(&b, source_layout, weights_layout, bias_layout, destination_layout));
}

wp_primitive *wp_inner_product(const wp_tensor *source, const wp_tensor *weights,
                               const wp_tensor *bias, const wp_tensor *destination,
                               const wp_attributes *attributes) {
  wpi_builder b;
  if (!wpi_begin(&b, "inner product")) return NULL;
  wpi_shape s = wpi_shape_of(&b, "the source", source, 2);
  wpi_shape w = wpi_shape_of(&b, "the weights", weights, 2);
  wpi_shape d = wpi_shape_of(&b, "the destination", destination, 2);
  if (b.failed) return wpi_finish(&b, dnnl_success);
  wpi_layout source_layout = wpi_input(&b, DNNL_ARG_SRC, s),
             weights_layout = wpi_input(&b, DNNL_ARG_WEIGHTS, w);
  wpi_layout bias_layout = wpi_bias(&b, bias, attributes, WPI_BIAS_VECTOR, 1, 2);
  wpi_layout destination_layout = wpi_output(&b, DNNL_ARG_DST, d);
  wpi_apply_attributes(&b, attributes,
                       (wpi_scaling){.channels = d.dims[1],
                                     .weights_argument = DNNL_ARG_WEIGHTS,
                                     .weights_mask = 1,
                                     .destination_mask = 1 << 1,
                                     .destination_rank = 2});
  if (b.failed) return wpi_finish(&b, dnnl_success);
  return wpi_finish(&b, wpi_create_inner_product(&b, source_layout, weights_layout, bias_layout,
                                                 destination_layout));
}

bool wp_product_transposed(size_t rows, size_t columns, size_t inner, const float *a,
                           const float *b, float *y, size_t stride) {
  if (!wpi_load()) return false;
  wpi_run_alone();
  dnnl_dim_t m = (dnnl_dim_t)rows, n = (dnnl_dim_t)columns, k = (dnnl_dim_t)inner;
  return wpi.sgemm('N', 'T', m, n, k, 1, a, k, b, k, 0, y, (dnnl_dim_t)stride) == dnnl_success;
}
