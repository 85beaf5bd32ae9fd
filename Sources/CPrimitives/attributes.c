// SPDX-License-Identifier: Apache-2.0
// Post-ops, integer scales and zero points.
#include "onednn.h"

static void append_binary(wpi_builder *b, wp_binary_function function, wpi_shape shape) {
  shape.packed = false;
  wpi_layout layout =
      wpi_operand(b, DNNL_ARG_ATTR_MULTIPLE_POST_OP(b->post_op_count) | DNNL_ARG_SRC_1, shape);
  if (b->failed) return;
  if (wpi.post_ops_append_binary(b->post_ops, wpi_binary_kind(function), layout) != dnnl_success)
    wpi_refuse(b, "oneDNN refuses a fused binary operation");
  b->post_op_count++;
}

static void append_eltwise(wpi_builder *b, wp_eltwise_function function, float alpha, float beta) {
  dnnl_alg_kind_t kind = wpi_eltwise_kind(function);
  if (kind == dnnl_alg_kind_undef && function == WP_HARDSIGMOID) {  // a clipped linear function
    append_eltwise(b, WP_LINEAR, alpha, beta);
    append_eltwise(b, WP_CLIP, 0, 1);
    return;
  }
  wpi_eltwise_parameters(function, &alpha, &beta);
  if (wpi_append_eltwise(b->post_ops, kind, alpha, beta) != dnnl_success)
    wpi_refuse(b, "oneDNN refuses fused function %d", (int)function);
  b->post_op_count++;
}

static void append(wpi_builder *b, const wp_post_op *op, int rank) {
  switch (op->kind) {
    case WP_POST_ELTWISE:
      append_eltwise(b, op->function, op->a, op->b);
      break;
    case WP_POST_SUM:
      if (wpi_append_sum(b->post_ops, op->scale) != dnnl_success)
        wpi_refuse(b, "oneDNN refuses a fused sum");
      b->post_op_count++;
      break;
    case WP_POST_BINARY:
      append_binary(b, op->binary,
                    wpi_shape_of(b, "the operand of a fused operation", &op->operand, rank));
      break;
  }
}

// A bias vector as a tensor of the result's rank, along one axis.
static wpi_shape spread(wpi_shape vector, int axis, int rank) {
  wpi_shape shape = {.type = vector.type, .rank = rank};
  for (int i = 0; i < rank; i++) {
    shape.dims[i] = i == axis ? vector.dims[0] : 1;
    shape.strides[i] = i < axis ? vector.dims[0] : 1;
  }
  return shape;
}

wpi_layout wpi_bias(wpi_builder *b, const wp_tensor *bias, const wp_attributes *attributes,
                    wpi_bias_form form, int axis, int rank) {
  if (!bias || b->failed) return NULL;
  wpi_shape shape = wpi_shape_of(b, "the bias", bias, 0);
  wpi_shape full = shape.rank == 1 && rank > 1 ? spread(shape, axis, rank) : shape;
  bool scaled = attributes && attributes->scale_count > 0;
  if (!scaled || !wpi_scales_multiply_bias())
    return wpi_input(b, DNNL_ARG_BIAS, form == WPI_BIAS_SPREAD ? full : shape);
  // oneDNN 2 scales accumulator and bias together, so a float bias is added after scaling, as a
  // binary post-op. Its position among the inputs is the same.
  append_binary(b, WP_ADD, full);
  return NULL;
}

void wpi_apply_attributes(wpi_builder *b, const wp_attributes *attributes, wpi_scaling scaling) {
  if (b->failed) return;
  if (attributes) {
    if (attributes->post_op_count < 0 || attributes->post_op_count > WP_MAX_POST_OPS)
      wpi_refuse(b, "%d fused operations, at most %d are possible", attributes->post_op_count,
                 WP_MAX_POST_OPS);
    for (int i = 0; i < attributes->post_op_count && !b->failed; i++)
      append(b, &attributes->post_ops[i], scaling.destination_rank);
    int count = attributes->scale_count;
    if (count != 0 && count != 1 && count != scaling.channels)
      wpi_refuse(b, "%d scales for %lld output channels", count, (long long)scaling.channels);
    else if (count)
      wpi_set_scales(b, attributes->scales, count, scaling);
    if (attributes->source_zero_point)
      wpi_set_zero_point(b, DNNL_ARG_SRC, attributes->source_zero_point);
    if (attributes->destination_zero_point)
      wpi_set_zero_point(b, DNNL_ARG_DST, attributes->destination_zero_point);
  }
  if (!b->failed && wpi.primitive_attr_set_post_ops(b->attributes, b->post_ops) != dnnl_success)
    wpi_refuse(b, "oneDNN refuses the fused operations");
}
