// SPDX-License-Identifier: Apache-2.0
// Interruptible versions of string.find, match, gmatch and gsub.
//
// Lua's own matcher runs entirely in C, where no hooks are called, and a pattern that backtracks
// can run practically forever. This implementation has the same semantics, checks for interrupts
// regularly, and charges its steps to the instruction limit.
#include <ctype.h>
#include <string.h>

#include "host.h"

enum { max_captures = 32, max_depth = 200, steps_between_looks = 4096 };
enum { capture_open = -1, capture_position = -2 };

typedef struct {
  lua_State *L;
  const char *start, *end;  // of the subject
  const char *pattern_end;
  int depth;
  int steps;
  int count;
  struct {
    const char *at;
    ptrdiff_t length;  // or capture_open, capture_position
  } captures[max_captures];
} matcher;

static const char *match(matcher *m, const char *s, const char *p);

static void look(matcher *m) {
  if (++m->steps < steps_between_looks) return;
  m->steps = 0;
  host_spend(m->L, steps_between_looks);
}

// ---- one character ------------------------------------------------------------------------------

static int in_class(int c, int class) {
  int is;
  switch (tolower(class)) {
    case 'a':
      is = isalpha(c);
      break;
    case 'c':
      is = iscntrl(c);
      break;
    case 'd':
      is = isdigit(c);
      break;
    case 'g':
      is = isgraph(c);
      break;
    case 'l':
      is = islower(c);
      break;
    case 'p':
      is = ispunct(c);
      break;
    case 's':
      is = isspace(c);
      break;
    case 'u':
      is = isupper(c);
      break;
    case 'w':
      is = isalnum(c);
      break;
    case 'x':
      is = isxdigit(c);
      break;
    default:
      return class == c;
  }
  return isupper(class) ? !is : is != 0;
}

// Returns the end of the single-character item at p.
static const char *item_end(matcher *m, const char *p) {
  if (*p == '%') {
    if (p + 1 == m->pattern_end) luaL_error(m->L, "malformed pattern (ends with '%%')");
    return p + 2;
  }
  if (*p != '[') return p + 1;
  p += p[1] == '^' ? 2 : 1;
  do {  // a ']' in first position is a member of the set
    if (p == m->pattern_end) luaL_error(m->L, "malformed pattern (missing ']')");
    int escaped = *p == '%';
    p++;
    if (escaped && p < m->pattern_end) p++;
  } while (p == m->pattern_end || *p != ']');
  return p + 1;
}

// Whether c is in the set from `[` at p to `]` at last.
static int in_set(int c, const char *p, const char *last) {
  int found = 1;
  if (p[1] == '^') {
    found = 0;
    p++;
  }
  for (p++; p < last; p++) {
    if (*p == '%') {
      if (in_class(c, (unsigned char)*++p)) return found;
    } else if (p[1] == '-' && p + 2 < last) {
      if ((unsigned char)*p <= c && c <= (unsigned char)p[2]) return found;
      p += 2;
    } else if ((unsigned char)*p == c) {
      return found;
    }
  }
  return !found;
}

static int matches_item(matcher *m, const char *s, const char *p, const char *end) {
  if (s >= m->end) return 0;
  int c = (unsigned char)*s;
  switch (*p) {
    case '.':
      return 1;
    case '%':
      return in_class(c, (unsigned char)p[1]);
    case '[':
      return in_set(c, p, end - 1);
    default:
      return (unsigned char)*p == c;
  }
}

// ---- items of the pattern -----------------------------------------------------------------------

static const char *open_capture(matcher *m, const char *s, const char *p, ptrdiff_t kind) {
  if (m->count >= max_captures) luaL_error(m->L, "too many captures");
  m->captures[m->count].at = s;
  m->captures[m->count].length = kind;
  m->count++;
  const char *end = match(m, s, p);
  if (end == NULL) m->count--;
  return end;
}

static const char *close_capture(matcher *m, const char *s, const char *p) {
  int k = m->count - 1;
  while (k >= 0 && m->captures[k].length != capture_open) k--;
  if (k < 0) luaL_error(m->L, "invalid pattern capture");
  m->captures[k].length = s - m->captures[k].at;
  const char *end = match(m, s, p);
  if (end == NULL) m->captures[k].length = capture_open;
  return end;
}

// %1: matches the text of the capture again.
static const char *repeat_capture(matcher *m, const char *s, int digit) {
  int k = digit - '1';
  if (k < 0 || k >= m->count || m->captures[k].length == capture_open)
    luaL_error(m->L, "invalid capture index %%%d", k + 1);
  size_t n = (size_t)m->captures[k].length;
  if ((size_t)(m->end - s) < n || memcmp(m->captures[k].at, s, n) != 0) return NULL;
  return s + n;
}

// %bxy: matches from an x to the balancing y.
static const char *balance(matcher *m, const char *s, const char *p) {
  if (m->pattern_end - p < 2) luaL_error(m->L, "malformed pattern (missing arguments to '%%b')");
  if (s >= m->end || *s != p[0]) return NULL;
  int open = 1;
  while (++s < m->end) {
    look(m);
    if (*s == p[1]) {
      if (--open == 0) return s + 1;
    } else if (*s == p[0]) {
      open++;
    }
  }
  return NULL;
}

// %f[set]: matches at a position where a character in the set follows one that is not in the set.
// Returns the end of the item, or NULL.
static const char *frontier(matcher *m, const char *s, const char *p) {
  if (p >= m->pattern_end || *p != '[') luaL_error(m->L, "missing '[' after '%%f' in pattern");
  const char *end = item_end(m, p);
  int before = s == m->start ? 0 : (unsigned char)s[-1];
  int here = s == m->end ? 0 : (unsigned char)*s;
  return !in_set(before, p, end - 1) && in_set(here, p, end - 1) ? end : NULL;
}

// Matches as many repetitions as possible, then fewer.
static const char *greedily(matcher *m, const char *s, const char *p, const char *end,
                            ptrdiff_t least, ptrdiff_t most) {
  ptrdiff_t n = 0;
  while (n < most && matches_item(m, s + n, p, end)) {
    look(m);
    n++;
  }
  for (; n >= least; n--) {
    const char *found = match(m, s + n, end + 1);
    if (found) return found;
  }
  return NULL;
}

// Matches as few repetitions as possible, then more.
static const char *lazily(matcher *m, const char *s, const char *p, const char *end) {
  for (;; s++) {
    const char *found = match(m, s, end + 1);
    if (found) return found;
    if (!matches_item(m, s, p, end)) return NULL;
  }
}

// Returns the end of a match of the pattern from p on that starts at s; NULL if there is none.
static const char *match_here(matcher *m, const char *s, const char *p) {
  while (p < m->pattern_end) {
    look(m);
    switch (*p) {
      case '(':
        return p[1] == ')' ? open_capture(m, s, p + 2, capture_position)
                           : open_capture(m, s, p + 1, capture_open);
      case ')':
        return close_capture(m, s, p + 1);
      case '$':
        if (p + 1 == m->pattern_end) return s == m->end ? s : NULL;
        break;
      case '%':
        if (p[1] == 'b') {
          if ((s = balance(m, s, p + 2)) == NULL) return NULL;
          p += 4;
          continue;
        }
        if (p[1] == 'f') {
          if ((p = frontier(m, s, p + 2)) == NULL) return NULL;
          continue;
        }
        if (isdigit((unsigned char)p[1])) {
          if ((s = repeat_capture(m, s, (unsigned char)p[1])) == NULL) return NULL;
          p += 2;
          continue;
        }
        break;
    }
    const char *end = item_end(m, p);
    switch (end < m->pattern_end ? *end : 0) {
      case '?':
        return greedily(m, s, p, end, 0, 1);
      case '*':
        return greedily(m, s, p, end, 0, PTRDIFF_MAX);
      case '+':
        return greedily(m, s, p, end, 1, PTRDIFF_MAX);
      case '-':
        return lazily(m, s, p, end);
      default:
        if (!matches_item(m, s, p, end)) return NULL;
        s++;
        p = end;
    }
  }
  return s;
}

static const char *match(matcher *m, const char *s, const char *p) {
  if (m->depth == max_depth) luaL_error(m->L, "pattern too complex");
  m->depth++;
  const char *end = match_here(m, s, p);
  m->depth--;
  return end;
}

// ---- captures as values -------------------------------------------------------------------------

static const char *begin(matcher *m, const char *s, const char *p) {
  m->count = m->depth = 0;
  return match(m, s, p);
}

// Pushes capture k of the match from s to e, or the whole match if the pattern has no captures.
static void push_capture(matcher *m, int k, const char *s, const char *e) {
  if (k >= m->count) {
    if (k != 0) luaL_error(m->L, "invalid capture index %%%d", k + 1);
    lua_pushlstring(m->L, s, (size_t)(e - s));
  } else if (m->captures[k].length == capture_position) {
    lua_pushinteger(m->L, m->captures[k].at - m->start + 1);
  } else {
    if (m->captures[k].length == capture_open) luaL_error(m->L, "unfinished capture");
    lua_pushlstring(m->L, m->captures[k].at, (size_t)m->captures[k].length);
  }
}

static int push_captures(matcher *m, const char *s, const char *e, int whole) {
  int n = m->count == 0 && whole ? 1 : m->count;
  luaL_checkstack(m->L, n, "too many captures");
  for (int k = 0; k < n; k++) push_capture(m, k, s, e);
  return n;
}

// ---- find, match --------------------------------------------------------------------------------

// Converts a start position to an offset, which exceeds the length if the position is after the
// end of the subject.
static size_t offset(lua_Integer position, size_t length) {
  if (position > 0) return (size_t)position - 1;
  if (position == 0 || position < -(lua_Integer)length) return 0;
  return length + (size_t)position;
}

static const char *find_plain(lua_State *L, const char *s, size_t n, const char *wanted,
                              size_t wanted_n) {
  const char *end = s + n;
  if (wanted_n == 0) return s;
  for (; (size_t)(end - s) >= wanted_n; s++) {
    s = memchr(s, wanted[0], (size_t)(end - s) - wanted_n + 1);
    if (s == NULL) return NULL;
    if (memcmp(s, wanted, wanted_n) == 0) return s;
    host_spend(L, 1 + (int)(wanted_n >> 6));
  }
  return NULL;
}

static int has_specials(const char *p, size_t n) {
  for (size_t k = 0; k < n; k++)
    if (p[k] && strchr("^$*+?.([%-", p[k])) return 1;
  return 0;
}

static int search(lua_State *L, int finds) {
  size_t n, pattern_n;
  const char *s = luaL_checklstring(L, 1, &n);
  const char *p = luaL_checklstring(L, 2, &pattern_n);
  size_t from = offset(luaL_optinteger(L, 3, 1), n);
  if (from > n) {
    luaL_pushfail(L);
    return 1;
  }
  if (finds && (lua_toboolean(L, 4) || !has_specials(p, pattern_n))) {
    const char *found = find_plain(L, s + from, n - from, p, pattern_n);
    if (found) {
      lua_pushinteger(L, found - s + 1);
      lua_pushinteger(L, found - s + (lua_Integer)pattern_n);
      return 2;
    }
  } else {
    matcher m = {L, s, s + n, p + pattern_n, 0, 0, 0, {{0}}};
    int anchored = *p == '^';
    for (const char *at = s + from; at <= m.end; at++) {
      const char *end = begin(&m, at, p + anchored);
      if (end && finds) {
        lua_pushinteger(L, at - s + 1);
        lua_pushinteger(L, end - s);
        return push_captures(&m, NULL, NULL, 0) + 2;
      }
      if (end) return push_captures(&m, at, end, 1);
      if (anchored) break;
    }
  }
  luaL_pushfail(L);
  return 1;
}

static int find(lua_State *L) { return search(L, 1); }
static int match_string(lua_State *L) { return search(L, 0); }

// ---- gmatch -------------------------------------------------------------------------------------

typedef struct {
  matcher m;
  const char *at, *pattern, *last;  // last: end of the previous match
} iteration;

// Upvalues: subject and pattern, to keep them alive, and the iteration state.
static int next_match(lua_State *L) {
  iteration *i = lua_touserdata(L, lua_upvalueindex(3));
  i->m.L = L;
  for (; i->at <= i->m.end; i->at++) {
    const char *end = begin(&i->m, i->at, i->pattern);
    if (end == NULL || end == i->last) continue;
    const char *start = i->at;
    i->at = i->last = end;
    return push_captures(&i->m, start, end, 1);
  }
  return 0;
}

static int gmatch(lua_State *L) {
  size_t n, pattern_n;
  const char *s = luaL_checklstring(L, 1, &n);
  const char *p = luaL_checklstring(L, 2, &pattern_n);
  size_t from = offset(luaL_optinteger(L, 3, 1), n);
  lua_settop(L, 2);
  iteration *i = lua_newuserdatauv(L, sizeof *i, 0);
  *i = (iteration){
      {L, s, s + n, p + pattern_n, 0, 0, 0, {{0}}}, s + (from > n ? n + 1 : from), p, NULL};
  lua_pushcclosure(L, next_match, 3);
  return 1;
}

// ---- gsub ---------------------------------------------------------------------------------------

static void add_template(matcher *m, luaL_Buffer *out, const char *s, const char *e) {
  size_t n;
  const char *t = lua_tolstring(m->L, 3, &n);
  const char *end = t + n;
  for (const char *sign; (sign = memchr(t, '%', (size_t)(end - t))) != NULL; t = sign + 2) {
    luaL_addlstring(out, t, (size_t)(sign - t));
    int c = sign + 1 < end ? (unsigned char)sign[1] : 0;
    if (c == '%') {
      luaL_addchar(out, '%');
    } else if (c == '0') {
      luaL_addlstring(out, s, (size_t)(e - s));
    } else if (isdigit(c)) {
      push_capture(m, c - '1', s, e);
      luaL_tolstring(m->L, -1, NULL);
      lua_remove(m->L, -2);
      luaL_addvalue(out);
    } else {
      luaL_error(m->L, "invalid use of '%%' in replacement string");
    }
  }
  luaL_addlstring(out, t, (size_t)(end - t));
}

// Adds the replacement for the match from s to e. Returns whether it differs from the match.
static int add_replacement(matcher *m, luaL_Buffer *out, const char *s, const char *e) {
  lua_State *L = m->L;
  switch (lua_type(L, 3)) {
    case LUA_TFUNCTION: {
      lua_pushvalue(L, 3);
      lua_call(L, push_captures(m, s, e, 1), 1);
      break;
    }
    case LUA_TTABLE:
      push_capture(m, 0, s, e);
      lua_gettable(L, 3);
      break;
    default:
      add_template(m, out, s, e);
      return 1;
  }
  if (!lua_toboolean(L, -1)) {
    lua_pop(L, 1);
    luaL_addlstring(out, s, (size_t)(e - s));
    return 0;
  }
  if (!lua_isstring(L, -1)) luaL_error(L, "invalid replacement value (a %s)", luaL_typename(L, -1));
  luaL_addvalue(out);
  return 1;
}

static int gsub(lua_State *L) {
  size_t n, pattern_n;
  const char *s = luaL_checklstring(L, 1, &n);
  const char *p = luaL_checklstring(L, 2, &pattern_n);
  int kind = lua_type(L, 3);
  luaL_argexpected(
      L, kind == LUA_TNUMBER || kind == LUA_TSTRING || kind == LUA_TFUNCTION || kind == LUA_TTABLE,
      3, "string/function/table");
  lua_Integer most = luaL_optinteger(L, 4, (lua_Integer)n + 1);
  if (kind == LUA_TNUMBER) lua_tolstring(L, 3, NULL);  // converts it in place, below the buffer
  int anchored = *p == '^';
  matcher m = {L, s, s + n, p + pattern_n, 0, 0, 0, {{0}}};
  const char *last = NULL;
  lua_Integer count = 0;
  int changed = 0;
  luaL_Buffer out;
  luaL_buffinit(L, &out);
  while (count < most) {
    const char *end = begin(&m, s, p + anchored);
    if (end && end != last) {
      count++;
      changed |= add_replacement(&m, &out, s, end);
      s = last = end;
    } else if (s < m.end) {
      luaL_addchar(&out, *s++);
    } else {
      break;
    }
    if (anchored) break;
  }
  if (changed) {
    luaL_addlstring(&out, s, (size_t)(m.end - s));
    luaL_pushresult(&out);
  } else {
    lua_pushvalue(L, 1);
  }
  lua_pushinteger(L, count);
  return 2;
}

void host_replace_patterns(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"find", find}, {"match", match_string}, {"gmatch", gmatch}, {"gsub", gsub}, {0}};
  lua_getglobal(L, "string");
  luaL_setfuncs(L, functions, 0);
  lua_pop(L, 1);
}
