// SPDX-License-Identifier: Apache-2.0
// Pooling over spatial axes.
#include "onednn.h"

static dnnl_alg_kind_t kind_of(wp_pool_kind kind) {
  switch (kind) {
    case WP_POOL_AVERAGE_WITH_PADDING:
      return dnnl_pooling_avg_include_padding;
    case WP_POOL_AVERAGE_WITHOUT_PADDING:
      return dnnl_pooling_avg_exclude_padding;
    default:
      return dnnl_pooling_max;
  }
}

wp_primitive *wp_pooling(const wp_tensor *source, const wp_tensor *destination, wp_pool_kind kind,
                         const wp_window *window, const wp_attributes *attributes) {
  wpi_builder b;
  if (!wpi_begin(&b, "pooling")) return NULL;
  wpi_shape s = wpi_shape_of(&b, "the source", source, 0),
            d = wpi_shape_of(&b, "the destination", destination, s.rank);
  wpi_window span = wpi_window_of(&b, window, s.rank - 2);
  wpi_layout source_layout = wpi_input(&b, DNNL_ARG_SRC, s),
             destination_layout = wpi_output(&b, DNNL_ARG_DST, d);
  wpi_apply_attributes(&b, attributes, (wpi_scaling){.destination_rank = d.rank});
  if (b.failed) return wpi_finish(&b, dnnl_success);
  return wpi_finish(
      &b, wpi_create_pooling(&b, kind_of(kind), source_layout, destination_layout, &span));
}
