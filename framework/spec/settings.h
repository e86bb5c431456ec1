/* settings.h - the values of a config under their dotted keys: what its hash covers and what the
 * database records. */
#ifndef BNN_SPEC_SETTINGS_H
#define BNN_SPEC_SETTINGS_H

#include "base/arena.h"

#include <stddef.h>
#include <stdint.h>

typedef struct bnn_setting {
    const char *key; /* dotted */
    uint32_t type;   /* bnn_type; texts and choices are BNN_TYPE_CHOICE with `text` set */
    double number;
    const char *text;
} bnn_setting;

typedef struct bnn_settings {
    bnn_arena *arena; /* rows and texts live here; the rest is zero at first */
    size_t n, capacity;
    bnn_setting *rows;
} bnn_settings;

/* The row with this key, or NULL. */
bnn_setting *bnn_settings_find(const bnn_settings *settings, const char *key);

/* Sorts rows by key and returns them as canonical JSON (one object, sorted dotted keys, no blanks,
 * numbers as bnn_number_text writes them), in the arena; NULL without memory. hash: its SHA-256. */
const char *bnn_settings_json(bnn_settings *settings, char hash[65]);

#endif
