// SPDX-License-Identifier: Apache-2.0
// Spawns processes with default signal handling, like a shell.
#define _GNU_SOURCE
#include "CTerminalSupport.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>
#ifdef __APPLE__
#include <util.h>
#else
#include <pty.h>
#endif

// Tests run on threads that block signals, and child processes inherit the signal mask.
static void run(char *const words[], char *const settings[]) {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  signal(SIGINT, SIG_DFL);
  signal(SIGPIPE, SIG_DFL);
  // A script that has just been written may still be open for writing in a child process that
  // another test is spawning.
  do {
    execve(words[0], words, settings);
  } while (errno == ETXTBSY && usleep(1000) == 0);
  _exit(127);
}

pid_t terminal_spawn(char *const words[], char *const settings[], int columns, int rows,
                     int *primary) {
  struct winsize size = {.ws_col = (unsigned short)columns, .ws_row = (unsigned short)rows};
  pid_t pid = forkpty(primary, NULL, NULL, &size);
  if (pid == 0) run(words, settings);
  if (pid > 0) fcntl(*primary, F_SETFD, FD_CLOEXEC);
  return pid;
}

pid_t command_spawn(char *const words[], char *const settings[], const char *folder, int in,
                    int out, int err) {
  pid_t pid = fork();
  if (pid != 0) return pid;
  if (folder && chdir(folder) != 0) _exit(126);
  dup2(in, 0);
  dup2(out, 1);
  dup2(err, 2);
  run(words, settings);
  return -1;
}
