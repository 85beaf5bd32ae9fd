// SPDX-License-Identifier: Apache-2.0
// Running a program, on a pseudo-terminal or not: what Swift's C library modules leave out.
#ifndef CTERMINALSUPPORT_H
#define CTERMINALSUPPORT_H

#include <sys/types.h>

/// Runs `words[0]` with a new terminal of this size as its controlling one. Both lists end in NULL.
/// Returns the process, with the terminal's other end in `*primary`; -1 with errno on failure.
pid_t terminal_spawn(char *const words[], char *const settings[], int columns, int rows,
                     int *primary);

/// Runs `words[0]` in `folder` (NULL: the present one) with these standard streams.
/// Returns the process; -1 with errno on failure.
pid_t command_spawn(char *const words[], char *const settings[], const char *folder, int in,
                    int out, int err);

#endif
