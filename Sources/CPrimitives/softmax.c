// SPDX-License-Identifier: Apache-2.0
// Softmax and log-softmax.
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
