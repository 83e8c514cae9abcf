// What Embedded Swift expects of a C library, beside an allocator.

#include "Runtime.h"

// Fewer bytes are copied one by one: an instruction for a whole block costs engines a call.
#define SHORT 32

IMPORT("random") void fill_with_random_bytes(void *memory, size_t count);

void arc4random_buf(void *memory, size_t count) { fill_with_random_bytes(memory, count); }

void *memcpy(void *restrict target, const void *restrict source, size_t count) {
  if (count >= SHORT) return __builtin_memcpy(target, source, count);
  u8 *to = target;
  const u8 *from = source;
  while (count--) *to++ = *from++;
  return target;
}

void *memmove(void *target, const void *source, size_t count) {
  if (count >= SHORT) return __builtin_memmove(target, source, count);
  u8 *to = target;
  const u8 *from = source;
  if (to <= from) {
    while (count--) *to++ = *from++;
  } else {
    while (count--) to[count] = from[count];
  }
  return target;
}

void *memset(void *memory, int value, size_t count) {
  if (count >= SHORT) return __builtin_memset(memory, value, count);
  u8 *to = memory;
  while (count--) *to++ = (u8)value;
  return memory;
}

int memcmp(const void *left, const void *right, size_t count) {
  const u8 *a = left, *b = right;
  for (; count--; a++, b++) {
    if (*a != *b) return *a - *b;
  }
  return 0;
}

// Swift guards its stack frames. An instance of WebAssembly cannot be made to run what is on its stack, so a constant
// will do to find mistakes.
uptr __stack_chk_guard = 0x5bd1e995;

void __stack_chk_fail(void) { __builtin_trap(); }

// The product of two 128-bit integers, given as halves: compilers call it.
static u64 high_product(u64 a, u64 b) {
  u64 a_low = (u32)a, a_high = a >> 32, b_low = (u32)b, b_high = b >> 32;
  u64 middle = a_high * b_low + (a_low * b_low >> 32);
  u64 other = a_low * b_high + (u32)middle;
  return a_high * b_high + (middle >> 32) + (other >> 32);
}

void __multi3(u64 *product, u64 a_low, u64 a_high, u64 b_low, u64 b_high) {
  product[0] = a_low * b_low;
  product[1] = high_product(a_low, b_low) + a_low * b_high + a_high * b_low;
}
