// The heap of a WebAssembly instance: a two-level segregated fit allocator (Masmano, Ripoll, Crespo and Real, "TLSF: a
// new dynamic memory allocator for real-time systems", 2004). Allocating and freeing take constant time, and neighbours
// that are free become one block at once: what a destroyed document took is there for the next one, whatever its sizes.
//
// A block, at an address that is 4 beyond a multiple of 8, so that what it lends is aligned to 8 bytes:
//
//     +0  size of what is lent, 4 beyond a multiple of 8; bit 0: this block is free; bit 1: the block before it is
//     +4  lent memory; in a free block first the next and the previous free block of its class,
//         and in its last 4 bytes where it begins, for the block behind it
//
// Behind the last block stands one of size 0 that is never free. Memory only grows, as WebAssembly has it.

#include "Runtime.h"

typedef struct Block {
  u32 header;
  struct Block *next_free;
  struct Block *previous_free;
} Block;

#define IS_FREE 1u
#define IS_PREVIOUS_FREE 2u
#define FLAGS (IS_FREE | IS_PREVIOUS_FREE)

// Two links and where the block begins.
#define SIZE_MIN 12u
#define SIZE_MAX_LENT 0x7FFF0000u
#define PAGE 65536u

// Sizes below 256 have a class for each multiple of 8, larger ones 32 classes for each power of two.
#define SUBCLASS_BITS 5u
#define SUBCLASSES (1u << SUBCLASS_BITS)
#define SMALL_LIMIT (8u * SUBCLASSES)
#define SMALL_BITS 8u
#define CLASSES (32u - SMALL_BITS + 1u)

static u32 class_map;
static u32 subclass_maps[CLASSES];
static Block *free_blocks[CLASSES][SUBCLASSES];
static Block *last;  // the one of size 0
static u32 lent_bytes;

extern u8 __heap_base;

static u32 size_of(const Block *block) { return block->header & ~FLAGS; }

static u8 *memory_of(Block *block) { return (u8 *)block + 4; }

static Block *block_of(void *memory) { return (Block *)((u8 *)memory - 4); }

static Block *block_behind(Block *block) { return (Block *)(memory_of(block) + size_of(block)); }

static Block *block_before(Block *block) { return ((Block **)block)[-1]; }

static u32 highest_bit(u32 value) { return 31u - (u32)__builtin_clz(value); }

static void classify(u32 size, u32 *class, u32 *subclass) {
  if (size < SMALL_LIMIT) {
    *class = 0;
    *subclass = size / 8;
  } else {
    u32 bit = highest_bit(size);
    *class = bit - SMALL_BITS + 1;
    *subclass = (size >> (bit - SUBCLASS_BITS)) & (SUBCLASSES - 1);
  }
}

static void insert(Block *block) {
  u32 class, subclass;
  classify(size_of(block), &class, &subclass);
  Block *first = free_blocks[class][subclass];
  block->next_free = first;
  block->previous_free = 0;
  if (first) first->previous_free = block;
  free_blocks[class][subclass] = block;
  class_map |= 1u << class;
  subclass_maps[class] |= 1u << subclass;
}

static void take_out(Block *block) {
  u32 class, subclass;
  classify(size_of(block), &class, &subclass);
  if (block->next_free) block->next_free->previous_free = block->previous_free;
  if (block->previous_free) {
    block->previous_free->next_free = block->next_free;
  } else {
    free_blocks[class][subclass] = block->next_free;
    if (!block->next_free) {
      subclass_maps[class] &= ~(1u << subclass);
      if (!subclass_maps[class]) class_map &= ~(1u << class);
    }
  }
}

// Makes a block one of the free ones, joined with its free neighbours.
static void release(Block *block) {
  u32 size = size_of(block);
  if (block->header & IS_PREVIOUS_FREE) {
    Block *before = block_before(block);
    take_out(before);
    size += size_of(before) + 4;
    block = before;
  }
  Block *behind = (Block *)(memory_of(block) + size);
  if (behind->header & IS_FREE) {
    take_out(behind);
    size += size_of(behind) + 4;
  }
  // The block before a free one is lent, or it would be part of it.
  block->header = size | IS_FREE;
  behind = block_behind(block);
  behind->header |= IS_PREVIOUS_FREE;
  ((Block **)behind)[-1] = block;
  insert(block);
}

// Gives back what a lent block has beyond `size`, if a block can begin there.
static void trim(Block *block, u32 size) {
  u32 rest = size_of(block) - size;
  if (rest < SIZE_MIN + 4) return;
  block->header = size | (block->header & FLAGS);
  Block *behind = block_behind(block);
  behind->header = rest - 4;
  release(behind);
}

// Adds memory at the end for a block of `size` bytes.
static int grow(u32 size) {
  if (!last) {
    u32 start = (((uptr)&__heap_base + 7u) & ~7u) + 4u;
    last = (Block *)start;
    last->header = 0;
  }
  // What is free at the end is not counted: it only makes the new block larger.
  u32 pages = (size + 8) / PAGE + 1;
  // An eighth more than there is, so that a document that grows does not ask for each page.
  u32 eighth = (u32)__builtin_wasm_memory_size(0) / 8;
  if (pages >= eighth || __builtin_wasm_memory_grow(0, eighth) == (size_t)-1) {
    if (__builtin_wasm_memory_grow(0, pages) == (size_t)-1) return 0;
  }
  Block *block = last;
  // The new last block is the end of the memory; a size of 2^16 pages would be 0 here, but hosts do not give the last
  // one.
  u32 new_last = (u32)__builtin_wasm_memory_size(0) * PAGE - 4u;
  block->header = (new_last - (uptr)memory_of(block)) | (block->header & IS_PREVIOUS_FREE);
  last = (Block *)new_last;
  last->header = 0;
  release(block);
  return 1;
}

// A free block of at least `size` bytes, taken out of its class; null when there is none.
static Block *find(u32 size) {
  u32 class, subclass;
  // Rounded up to the next class, all of whose blocks are large enough.
  u32 wanted = size < SMALL_LIMIT ? size : size + (1u << (highest_bit(size) - SUBCLASS_BITS)) - 1;
  classify(wanted, &class, &subclass);
  u32 subclasses = subclass_maps[class] & (~0u << subclass);
  if (!subclasses) {
    u32 classes = class_map & (~0u << (class + 1));
    if (!classes) return 0;
    class = (u32)__builtin_ctz(classes);
    subclasses = subclass_maps[class];
  }
  Block *block = free_blocks[class][__builtin_ctz(subclasses)];
  take_out(block);
  return block;
}

static Block *allocate(u32 size) {
  Block *block = find(size);
  if (!block) {
    // The rounding up of `find` must not miss the new block.
    u32 room = size < SMALL_LIMIT ? size : size + (1u << (highest_bit(size) - SUBCLASS_BITS));
    if (!grow(room + 8)) return 0;
    block = find(size);
    if (!block) return 0;
  }
  block->header &= ~IS_FREE;
  block_behind(block)->header &= ~IS_PREVIOUS_FREE;
  return block;
}

// What a block has to have to lend `size` bytes.
static u32 rounded(size_t size) { return size <= SIZE_MIN ? SIZE_MIN : (((u32)size + 3u) & ~7u) + 4u; }

void *malloc(size_t size) {
  if (size > SIZE_MAX_LENT) return 0;
  u32 wanted = rounded(size);
  Block *block = allocate(wanted);
  if (!block) return 0;
  trim(block, wanted);
  lent_bytes += size_of(block) + 4;
  return memory_of(block);
}

void free(void *memory) {
  if (!memory) return;
  Block *block = block_of(memory);
  lent_bytes -= size_of(block) + 4;
  release(block);
}

int posix_memalign(void **memory, size_t alignment, size_t size) {
  if (alignment <= 8) {
    *memory = malloc(size);
    return *memory ? 0 : 12;
  }
  if (size > SIZE_MAX_LENT - 2 * alignment || alignment > PAGE) return 12;
  u32 wanted = rounded(size);
  Block *block = allocate(wanted + alignment + SIZE_MIN + 4);
  if (!block) return 12;
  u8 *start = memory_of(block);
  u8 *aligned = (u8 *)(((uptr)start + alignment - 1) & ~(uptr)(alignment - 1));
  if (aligned != start) {
    // What is before it becomes a free block, for which there has to be room.
    while (aligned - start < (int)(SIZE_MIN + 4)) aligned += alignment;
    u32 size_before = (u32)(aligned - start) - 4;
    Block *kept = block_of(aligned);
    kept->header = size_of(block) - size_before - 4;
    block->header = size_before | (block->header & IS_PREVIOUS_FREE);
    release(block);
    block = kept;
  }
  trim(block, wanted);
  lent_bytes += size_of(block) + 4;
  *memory = aligned;
  return 0;
}

EXPORT("lent_bytes") u32 heap_lent_bytes(void) { return lent_bytes; }

EXPORT("allocate") void *heap_allocate(size_t size) { return malloc(size); }

EXPORT("release") void heap_release(void *memory) { free(memory); }
