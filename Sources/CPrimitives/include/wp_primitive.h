// SPDX-License-Identifier: Apache-2.0
// The life cycle of a primitive: created for fixed shapes, weights packed once, executed with raw
// pointers, destroyed.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// One prepared operation for exact shapes, layouts and fused post-ops.
///
/// A primitive keeps the pointers of its last run: execute it from one thread at a time.
typedef struct wp_primitive wp_primitive;

/// Whether oneDNN could be loaded. The first call loads it (which takes some milliseconds); all
/// functions that create primitives call it.
bool wp_available(void);

/// The error message of the last failed call on this thread. Valid until the next failed call on
/// the thread.
const char *wp_last_error(void);

/// The same computation with pointers of its own, so that both can run at once; they share
/// oneDNN's generated code. NULL, and wp_last_error, when out of memory.
wp_primitive *wp_copy(const wp_primitive *primitive);

/// Frees the primitive; NULL is fine.
void wp_destroy(wp_primitive *primitive);

/// The name of the selected implementation, e.g. "brgconv:avx512_core". Valid as long as the
/// primitive exists.
const char *wp_implementation(const wp_primitive *primitive);

/// The size in bytes of the scratch buffer that `wp_execute` needs (64-byte aligned), or 0.
size_t wp_scratchpad_size(const wp_primitive *primitive);

/// Runs the primitive on the calling thread and returns when the results are there.
///
/// `inputs` and `outputs` have one pointer per input and output, in the order of the creating
/// function; operands of post-ops are the last inputs. Activations only require their natural
/// alignment; 64 bytes is fastest. Returns false and sets `wp_last_error` if oneDNN reports an
/// error.
bool wp_execute(wp_primitive *primitive, const void *const *inputs, void *const *outputs,
                void *scratchpad);

/// The size in bytes of input `input` in the layout of the primitive, or 0 if it uses the
/// caller's layout (the strides given at creation).
size_t wp_packed_size(const wp_primitive *primitive, int input);

/// Whether both primitives want input `input` in the same layout, so that one packed copy serves
/// both.
bool wp_packs_alike(const wp_primitive *primitive, const wp_primitive *other, int input);

/// Rewrites weights from the strides given at creation into the wanted layout. `packed` holds
/// `wp_packed_size` bytes, 64-byte aligned, and does not overlap `weights`. Only for inputs whose
/// `wp_packed_size` is not 0.
bool wp_pack_weights(wp_primitive *primitive, int input, const void *weights, void *packed);

/// The size in bytes of output `output` in the layout of the primitive, or 0 if it uses the
/// caller's layout (the strides given at creation).
size_t wp_packed_output_size(const wp_primitive *primitive, int output);

/// Copies an output from the primitive's layout to the strides given at creation. `packed` has
/// `wp_packed_output_size` bytes and does not overlap `plain`. Only for outputs with a nonzero
/// `wp_packed_output_size`.
bool wp_unpack_output(wp_primitive *primitive, int output, const void *packed, void *plain);
