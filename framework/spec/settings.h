/* settings.h - the values of a config under their dotted keys: what its hash covers and what the
 * database records. */
#ifndef BNN_SPEC_SETTINGS_H
#define BNN_SPEC_SETTINGS_H

#include "spec/reader.h"

#include <bnn/plugin.h>

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

/* Records a value in the reader's settings, under its path; number: finite. */
void bnn_record_number(const bnn_reader *r, uint32_t type, double number);
void bnn_record_text(const bnn_reader *r, const char *text);

#endif
