// SPDX-License-Identifier: Apache-2.0
// Private: the table of oneDNN functions, the differences between versions 2 and 3, and the
// builder that every family uses.
#pragma once

#include <oneapi/dnnl/dnnl.h>

#include "wp_families.h"

// A memory descriptor is a plain struct in version 2 and an opaque object in version 3; both are
// handled by pointer here.
#if DNNL_VERSION_MAJOR >= 3
typedef dnnl_memory_desc_t wpi_layout;
typedef const_dnnl_memory_desc_t wpi_const_layout;
#else
typedef dnnl_memory_desc_t *wpi_layout;
typedef const dnnl_memory_desc_t *wpi_const_layout;
#endif

// MARK: the library

// Functions that both versions have, looked up at run time (see library.c).
// clang-format off
#define WPI_FUNCTIONS(X) \
  X(version) \
  X(engine_create) \
  X(stream_create) \
  X(stream_wait) \
  X(primitive_desc_destroy) \
  X(primitive_desc_query) \
  X(primitive_desc_query_md) \
  X(primitive_create) \
  X(primitive_execute) \
  X(primitive_destroy) \
  X(primitive_get_primitive_desc) \
  X(primitive_attr_create) \
  X(primitive_attr_destroy) \
  X(primitive_attr_set_scratchpad_mode) \
  X(primitive_attr_set_post_ops) \
  X(post_ops_create) \
  X(post_ops_destroy) \
  X(post_ops_append_binary) \
  X(memory_create) \
  X(memory_destroy) \
  X(memory_get_memory_desc) \
  X(memory_set_data_handle) \
  X(memory_desc_get_size) \
  X(memory_desc_equal) \
  X(sgemm)
// clang-format on

typedef struct {
#define WPI_POINTER(name) __typeof__(dnnl_##name) *name;
  WPI_FUNCTIONS(WPI_POINTER)
#undef WPI_POINTER
  dnnl_engine_t engine;
  dnnl_stream_t stream;
  void *library;                 // dlopen handle of oneDNN, or NULL
  void (*set_num_threads)(int);  // of the OpenMP runtime that oneDNN uses, or NULL
} wpi_library;

extern wpi_library wpi;

/// Loads the libraries once; true if oneDNN is usable.
bool wpi_load(void);

/// Loads the functions that only one version has. False if one is missing.
bool wpi_load_version(void *library);
bool wpi_load_version_gradients(void *library);

/// Keeps what the calling thread creates and runs from now on to that thread: work is shared out by
/// slices (CThreads), each of them a primitive of its own.
void wpi_run_alone(void);

// MARK: errors

/// Records the message that wp_last_error returns.
__attribute__((format(printf, 1, 2))) void wpi_fail(const char *format, ...);

const char *wpi_status_name(dnnl_status_t status);

// MARK: layouts (version.c)

wpi_layout wpi_layout_strided(dnnl_data_type_t type, int rank, const int64_t *dims,
                              const int64_t *strides);
wpi_layout wpi_layout_any(dnnl_data_type_t type, int rank, const int64_t *dims);
wpi_layout wpi_layout_copy(wpi_const_layout layout);
void wpi_layout_free(wpi_layout layout);

/// The layout in which a primitive wants its weights, its second input; NULL for the caller's own.
wpi_const_layout wpi_weights_layout(const wp_primitive *primitive);

// MARK: building a primitive (builder.c)

enum { WPI_MAX_INPUTS = 8 + WP_MAX_POST_OPS, WPI_MAX_OUTPUTS = 4, WPI_MAX_CONSTANTS = 3 };

/// A dimension list under construction. oneDNN may need more dimensions (groups, gates) than the
/// caller specified.
typedef struct {
  dnnl_data_type_t type;
  int rank;
  int64_t dims[WP_MAX_RANK], strides[WP_MAX_RANK];
  bool packed;
  const wp_primitive *packed_like;
} wpi_shape;

typedef struct {
  int argument;       // DNNL_ARG_…
  wpi_layout plain;   // the caller's layout
  wpi_layout chosen;  // the layout for oneDNN; NULL until oneDNN has chosen it
} wpi_slot;

/// Values that are arguments of every run but not supplied by the caller (version 3's scales and
/// zero points). The primitive owns them.
typedef struct {
  int argument;
  dnnl_data_type_t type;
  int64_t count;
  void *values;
} wpi_constant;

typedef struct {
  const char *family;
  bool failed;
  int input_count, output_count, constant_count;
  wpi_slot inputs[WPI_MAX_INPUTS], outputs[WPI_MAX_OUTPUTS];
  wpi_constant constants[WPI_MAX_CONSTANTS];
  wpi_slot operands[WP_MAX_POST_OPS];  // of post-ops; appended to the inputs at the end
  int operand_count;
  dnnl_post_ops_t post_ops;
  int post_op_count;
  dnnl_primitive_attr_t attributes;
  dnnl_primitive_desc_t descriptor;
} wpi_builder;

/// Starts a primitive; false if oneDNN is missing.
bool wpi_begin(wpi_builder *builder, const char *family);

/// Checks a caller's tensor for the expected rank (0 = any) and converts it to a shape. Marks the
/// builder as failed on error.
wpi_shape wpi_shape_of(wpi_builder *builder, const char *what, const wp_tensor *tensor, int rank);

/// Adds an input or output and returns the layout to describe it with.
wpi_layout wpi_input(wpi_builder *builder, int argument, wpi_shape shape);
wpi_layout wpi_output(wpi_builder *builder, int argument, wpi_shape shape);

/// Describes an operand of a post-op; it becomes an input after the primitive's own.
wpi_layout wpi_operand(wpi_builder *builder, int argument, wpi_shape shape);

/// Copies 4-byte values (NULL: zeros) that exist as long as the primitive and are passed to every
/// run.
void wpi_hold(wpi_builder *builder, int argument, dnnl_data_type_t type, int64_t count,
              const void *values);

/// The output channels for per-channel scales: their number, and the bit of their axis in the
/// weights and in the result.
typedef struct {
  int64_t channels;
  int weights_argument, weights_mask;
  int destination_mask, destination_rank;
} wpi_scaling;
/// Fuses post-ops and sets scales (attributes.c). Call it last before the descriptor is created.
void wpi_apply_attributes(wpi_builder *builder, const wp_attributes *attributes,
                          wpi_scaling scaling);

/// Adds the bias: as an argument of the primitive or, if integer scales would multiply it, as a
/// binary post-op along `channel_axis` of the result. Returns the layout for the descriptor, or
/// NULL.
typedef enum {
  WPI_BIAS_VECTOR,
  WPI_BIAS_SPREAD
} wpi_bias_form;  // the rank that oneDNN expects: 1, or the result's rank
wpi_layout wpi_bias(wpi_builder *builder, const wp_tensor *bias, const wp_attributes *attributes,
                    wpi_bias_form form, int channel_axis, int destination_rank);

/// Completes a primitive: creates it from `builder->descriptor` if `status` is success. Frees
/// everything that the builder owns. NULL on failure.
wp_primitive *wpi_finish(wpi_builder *builder, dnnl_status_t status);

/// Marks the builder as failed, with the reason for wp_last_error. Families test `failed` before
/// they call oneDNN.
__attribute__((format(printf, 2, 3))) void wpi_refuse(wpi_builder *builder, const char *format,
                                                      ...);

dnnl_data_type_t wpi_data_type(wp_dtype dtype);
dnnl_alg_kind_t wpi_eltwise_kind(
    wp_eltwise_function function);  // dnnl_alg_kind_undef if oneDNN has none
dnnl_alg_kind_t wpi_binary_kind(wp_binary_function function);

/// The parameters of a function in oneDNN's form.
void wpi_eltwise_parameters(wp_eltwise_function function, float *a, float *b);

// MARK: what differs between versions 2 and 3 (version.c); the names and argument orders are
// version 3's

typedef struct {
  int rank;
  int64_t kernel[3], stride[3], dilation[3], begin[3], end[3];  // dilation counts gaps: 0 = dense
} wpi_window;

/// Checks the window against `rank` spatial axes. Marks the builder as failed on error.
wpi_window wpi_window_of(wpi_builder *builder, const wp_window *window, int rank);

dnnl_status_t wpi_append_eltwise(dnnl_post_ops_t post_ops, dnnl_alg_kind_t kind, float a, float b);
dnnl_status_t wpi_append_sum(dnnl_post_ops_t post_ops, float scale);
/// Output scales and zero points of an integer primitive.
void wpi_set_scales(wpi_builder *builder, const float *scales, int count, wpi_scaling scaling);
void wpi_set_zero_point(wpi_builder *builder, int argument, int32_t value);
/// Whether a bias argument is added before the scales are applied.
bool wpi_scales_multiply_bias(void);

dnnl_status_t wpi_create_convolution(wpi_builder *b, dnnl_alg_kind_t kind, wpi_const_layout source,
                                     wpi_const_layout weights, wpi_const_layout bias,
                                     wpi_const_layout destination, const wpi_window *window);
dnnl_status_t wpi_create_convolution_weight_gradient(wpi_builder *b, wpi_const_layout source,
                                                     wpi_const_layout weights,
                                                     wpi_const_layout bias,
                                                     wpi_const_layout destination,
                                                     const wpi_window *window);
dnnl_status_t wpi_create_convolution_input_gradient(wpi_builder *b, wpi_const_layout source,
                                                    wpi_const_layout weights,
                                                    wpi_const_layout destination,
                                                    const wpi_window *window);
dnnl_status_t wpi_create_deconvolution(wpi_builder *b, wpi_const_layout source,
                                       wpi_const_layout weights, wpi_const_layout bias,
                                       wpi_const_layout destination, const wpi_window *window);
dnnl_status_t wpi_create_matmul(wpi_builder *b, wpi_const_layout source, wpi_const_layout weights,
                                wpi_const_layout bias, wpi_const_layout destination);
dnnl_status_t wpi_create_inner_product(wpi_builder *b, wpi_const_layout source,
                                       wpi_const_layout weights, wpi_const_layout bias,
                                       wpi_const_layout destination);
dnnl_status_t wpi_create_pooling(wpi_builder *b, dnnl_alg_kind_t kind, wpi_const_layout source,
                                 wpi_const_layout destination, const wpi_window *window);
dnnl_status_t wpi_create_softmax(wpi_builder *b, bool logarithm, wpi_const_layout source,
                                 wpi_const_layout destination, int axis);
dnnl_status_t wpi_create_reorder(dnnl_primitive_desc_t *descriptor, wpi_const_layout source,
                                 wpi_const_layout destination,
                                 const_dnnl_primitive_attr_t attributes);
