#include "records.h"

#include <stdio.h>
#include <stdlib.h>

#include "net.h"

struct records records_read(const char *path)
{
    struct records records = {0};
    FILE *file = fopen(path, "rb");
    if (!file)
        fail(path);
    uint32_t length;
    while (fread(&length, sizeof length, 1, file) == 1) {
        records.items = realloc(records.items, (records.count + 1) * sizeof *records.items);
        struct record *record = &records.items[records.count++];
        *record = (struct record){malloc(length), length};
        if (fread(record->bytes, 1, length, file) != length)
            fail(path);
    }
    fclose(file);
    return records;
}

const struct record *record_at(const struct records *records, int number)
{
    return records->count ? &records->items[number % records->count] : NULL;
}
