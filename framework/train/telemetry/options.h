/* options.h - the key `telemetry` of a spec: what is measured inside a network while it trains.
 * `bnnrun help telemetry` lists it, db/README.md says what each value means. */
#ifndef BNN_TRAIN_TELEMETRY_OPTIONS_H
#define BNN_TRAIN_TELEMETRY_OPTIONS_H

#include "spec/key.h"

/* Bits of a set. Databases and checkpoints keep it: a new topic gets the next bit. */
typedef enum bnn_telemetry_topic {
    BNN_TELEMETRY_FLIPS = 1 << 0,
    BNN_TELEMETRY_NEVER_FLIPPED = 1 << 1,
    BNN_TELEMETRY_HISTOGRAM = 1 << 2,
    BNN_TELEMETRY_MASKED = 1 << 3,
    BNN_TELEMETRY_BALANCE = 1 << 4,
    BNN_TELEMETRY_SATURATION = 1 << 5,
    BNN_TELEMETRY_DEAD = 1 << 6,
    BNN_TELEMETRY_NORM_SIGNS = 1 << 7,
    BNN_TELEMETRY_GRADIENT_NORM = 1 << 8,
    BNN_TELEMETRY_MISMATCH = 1 << 9,
    BNN_TELEMETRY_HARDENING = 1 << 10,
    BNN_TELEMETRY_ALL = (1 << 11) - 1,
} bnn_telemetry_topic;

/* The value of the key: a uint32_t, a set. It is recorded with an attempt, in no config, since it changes no result. */
extern const bnn_key_type bnn_telemetry_type;

#endif
