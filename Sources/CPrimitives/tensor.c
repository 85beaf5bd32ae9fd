// SPDX-License-Identifier: Apache-2.0
// Creates the plain values of wp_tensor.h and translates them to oneDNN's types.
#include "onednn.h"

wp_tensor wp_tensor_strided(wp_dtype dtype, int rank, const int64_t *dims, const int64_t *strides) {
  wp_tensor tensor = {.rank = rank, .dtype = dtype};
  if (rank < 0 || rank > WP_MAX_RANK) {
    tensor.rank = -1;
    return tensor;
  }
  int64_t step = 1;
  for (int i = rank - 1; i >= 0; i--) {
    tensor.dims[i] = dims[i];
    tensor.strides[i] = strides ? strides[i] : step;
    step *= dims[i];
  }
  return tensor;
}

wp_tensor wp_tensor_packed(wp_dtype dtype, int rank, const int64_t *dims, const int64_t *strides) {
  wp_tensor tensor = wp_tensor_strided(dtype, rank, dims, strides);
  tensor.packed = true;
  return tensor;
}

wp_post_op wp_post_eltwise(wp_eltwise_function function, float a, float b) {
  return (wp_post_op){.kind = WP_POST_ELTWISE, .function = function, .a = a, .b = b};
}

wp_post_op wp_post_sum(float scale) { return (wp_post_op){.kind = WP_POST_SUM, .scale = scale}; }

wp_post_op wp_post_binary(wp_binary_function binary, wp_tensor operand) {
  return (wp_post_op){.kind = WP_POST_BINARY, .binary = binary, .operand = operand};
}

wp_window wp_window_make(int rank) {
  wp_window window = {.rank = rank};
  for (int i = 0; i < 3; i++) window.kernel[i] = window.stride[i] = window.dilation[i] = 1;
  return window;
}

dnnl_data_type_t wpi_data_type(wp_dtype dtype) {
  switch (dtype) {
    case WP_F32:
      return dnnl_f32;
    case WP_S32:
      return dnnl_s32;
    case WP_S8:
      return dnnl_s8;
    case WP_U8:
      return dnnl_u8;
  }
  return dnnl_data_type_undef;
}

dnnl_alg_kind_t wpi_binary_kind(wp_binary_function function) {
  switch (function) {
    case WP_ADD:
      return dnnl_binary_add;
    case WP_SUB:
      return dnnl_binary_sub;
    case WP_MUL:
      return dnnl_binary_mul;
    case WP_DIV:
      return dnnl_binary_div;
    case WP_MAX:
      return dnnl_binary_max;
    case WP_MIN:
      return dnnl_binary_min;
  }
  return dnnl_alg_kind_undef;
}

dnnl_alg_kind_t wpi_eltwise_kind(wp_eltwise_function function) {
  switch (function) {
    case WP_RELU:
      return dnnl_eltwise_relu;
    case WP_CLIP:
      return dnnl_eltwise_clip;
    case WP_ELU:
      return dnnl_eltwise_elu;
    case WP_GELU_ERF:
      return dnnl_eltwise_gelu_erf;
    case WP_GELU_TANH:
      return dnnl_eltwise_gelu_tanh;
    case WP_TANH:
      return dnnl_eltwise_tanh;
    case WP_LOGISTIC:
      return dnnl_eltwise_logistic;
    case WP_HARDSWISH:
      return dnnl_eltwise_hardswish;
#if DNNL_VERSION_MAJOR >= 3
    case WP_HARDSIGMOID:
      return dnnl_eltwise_hardsigmoid;
#else
    case WP_HARDSIGMOID:
      return dnnl_alg_kind_undef;
#endif
    case WP_SQUARE:
      return dnnl_eltwise_square;
    case WP_ABS:
      return dnnl_eltwise_abs;
    case WP_LINEAR:
      return dnnl_eltwise_linear;
  }
  return dnnl_alg_kind_undef;
}

void wpi_eltwise_parameters(wp_eltwise_function function, float *a, float *b) {
  if (function == WP_HARDSWISH) {  // version 3 requires the parameters; version 2 ignores them
    *a = 1.0f / 6;
    *b = 0.5f;
  }
}
