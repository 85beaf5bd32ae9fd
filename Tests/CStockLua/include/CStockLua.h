// SPDX-License-Identifier: Apache-2.0
// Lua as it comes, to compare with.
#ifndef CSTOCKLUA_H
#define CSTOCKLUA_H

#include <stddef.h>

/// Runs a chunk in a fresh state with the standard libraries; the first result, or the message of
/// the error, as a string to be freed.
char *stock_run(const char *source, size_t *length);

#endif
