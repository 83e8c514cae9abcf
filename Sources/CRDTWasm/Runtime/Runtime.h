// What the C files of the runtime share.

#pragma once

typedef __SIZE_TYPE__ size_t;
typedef __UINTPTR_TYPE__ uptr;
typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long long u64;

#define EXPORT(name) __attribute__((export_name(name)))
#define IMPORT(name) __attribute__((import_module("env"), import_name(name)))
