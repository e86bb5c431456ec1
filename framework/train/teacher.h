/* teacher.h - a second network, already trained, whose answers are learned from, too: the loss of a step
 * becomes (1 - weight) * loss + weight * T^2 * KL(teacher || network), of the softmax of their logits
 * over the temperature T (Hinton 2015, arXiv 1503.02531). Private to train/. */
#ifndef BNN_TRAIN_TEACHER_H
#define BNN_TRAIN_TEACHER_H

#include "train/session.h"

/* Plans the teacher of the session's job, if it has one, in the session's arena, with its weights. BNN_OK
 * or a negative status. */
int bnn_teacher_plan(bnn_session *session, bnn_error *err);

/* For a step: has the teacher answer to the images that the network has seen, and adds its part to the
 * sum of the losses of n images and to the gradient in net->logits_gradient. */
void bnn_teacher_teach(bnn_session *session, uint32_t n, double *loss);

/* What it does with logits, [classes][lanes] of both: changes the sum of the losses and the gradient of
 * their mean. room: [3][classes][lanes]; scratch: [2][lanes]. Same bits on every machine. */
typedef struct bnn_lesson {
    const bnn_kernels *kernels;
    uint32_t classes, n, lanes;
    double weight, temperature;
    const float *teacher, *own;
    float *gradient;
    float *room, *scratch;
} bnn_lesson;

void bnn_teacher_give_lesson(const bnn_lesson *lesson, double *loss);

#endif
