/* telemetry.h - what is measured inside a network while it trains. Private to train/.
 *
 * Telemetry looks and changes nothing: with it a run has the bits that it has without. What it needs
 * between steps is one block of bytes, which a checkpoint keeps, so that a run that is resumed reports
 * the same rows. Each function does nothing when session->telemetry is NULL. */
#ifndef BNN_TRAIN_TELEMETRY_TELEMETRY_H
#define BNN_TRAIN_TELEMETRY_TELEMETRY_H

#include "train/session.h"
#include "train/telemetry/options.h"

/* Gradients are looked at in every step of this number, from an epoch's first on. */
enum { BNN_TELEMETRY_LOOK_EVERY = 16 };

/* Plans it for session->job->telemetry, in the session's arena, when the network is planned; none for
 * an empty set. BNN_OK or BNN_E_INTERNAL without memory. */
int bnn_telemetry_create(bnn_session *session);

/* In a step: before the gradients go back, and after the weights have changed. */
void bnn_telemetry_begin_step(bnn_session *session);
void bnn_telemetry_end_step(bnn_session *session);

/* After the steps of epoch session->at.epoch, whose number does not count it yet. */
void bnn_telemetry_end_epoch(bnn_session *session);

/* Reports the values of an epoch that has ended, from 1. */
void bnn_telemetry_send(const bnn_session *session, uint32_t epoch);

/* The block that a checkpoint keeps; NULL and 0 bytes without telemetry. That of another set
 * is of no use, so the header of a checkpoint names the set. */
void *bnn_telemetry_state(const bnn_session *session, size_t *out_bytes);

#endif
