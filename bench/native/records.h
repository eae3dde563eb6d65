/* Files of byte strings, each after its length (four bytes, little-endian). */
#ifndef RECORDS_H
#define RECORDS_H

#include <stddef.h>
#include <stdint.h>

struct record {
    char *bytes;
    size_t length;
};

struct records {
    struct record *items;
    int count;
};

struct records records_read(const char *path);

/* The record for this number, taken in turn; NULL where there are none. */
const struct record *record_at(const struct records *records, int number);

#endif
