// SPDX-License-Identifier: Apache-2.0
// The life of a primitive: created for exact shapes, weights packed once, executed with raw
// pointers, destroyed.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// One prepared operation for exact shapes, layouts and fused post-ops.
///
/// A primitive keeps the pointers of its last run: execute it from one thread at a time.
typedef struct wp_primitive wp_primitive;

/// Whether oneDNN could be loaded. The first call loads it (some milliseconds); every creation
/// calls it.
bool wp_available(void);

/// Why the last call on this thread failed, as a sentence. Valid until the next failing call on the
/// thread.
const char *wp_last_error(void);

/// The same computation with pointers of its own, so that both can run at once; they share
/// oneDNN's generated code. NULL, and wp_last_error, when out of memory.
wp_primitive *wp_copy(const wp_primitive *primitive);

/// Frees the primitive; NULL is fine.
void wp_destroy(wp_primitive *primitive);

/// The name of the chosen implementation, e.g. "brgconv:avx512_core". Valid while the primitive
/// lives.
const char *wp_implementation(const wp_primitive *primitive);

/// Bytes of working memory that `wp_execute` needs (64-byte aligned), 0 for none.
size_t wp_scratchpad_size(const wp_primitive *primitive);

/// Runs the primitive on the calling thread and returns when the results are there.
///
/// `inputs` and `outputs` hold one pointer per input and output, in the order of the creating
/// function; post-op operands come last among the inputs. Activations of an integer or float tensor
/// need only their natural alignment; 64 bytes is fastest. False and `wp_last_error` if oneDNN
/// refuses.
bool wp_execute(wp_primitive *primitive, const void *const *inputs, void *const *outputs,
                void *scratchpad);

/// Bytes of input `input` in the layout the primitive wants, or 0 when the caller's own layout (the
/// strides given at creation) is used as it is.
size_t wp_packed_size(const wp_primitive *primitive, int input);

/// Whether both primitives want input `input` in the same layout, so that one packed copy serves both.
bool wp_packs_alike(const wp_primitive *primitive, const wp_primitive *other, int input);

/// Rewrites weights from the strides given at creation into the wanted layout. `packed` holds
/// `wp_packed_size` bytes, 64-byte aligned, and does not overlap `weights`. Only for inputs whose
/// `wp_packed_size` is not 0.
bool wp_pack_weights(wp_primitive *primitive, int input, const void *weights, void *packed);

/// Bytes of output `output` in the layout in which the primitive gives it, or 0 when that is the
/// caller's own (the strides given at creation).
size_t wp_packed_output_size(const wp_primitive *primitive, int output);

/// Rewrites an output from the primitive's layout into the strides given at creation. `packed`
/// holds `wp_packed_output_size` bytes and does not overlap `plain`. Only for outputs whose
/// `wp_packed_output_size` is not 0.
bool wp_unpack_output(wp_primitive *primitive, int output, const void *packed, void *plain);
