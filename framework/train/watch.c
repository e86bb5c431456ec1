#include "train/watch.h"

#include <math.h>

static double watched_value(const bnn_epoch *epoch, int32_t watched)
{
    return watched == BNN_WATCHED_LOSS ? -epoch->validation_loss : epoch->validation_accuracy;
}

/* How often the epochs that are done had so many in a row without a better one than all before. */
static uint64_t count_waits(const bnn_session *s, int32_t watched, int32_t patience)
{
    double best = -INFINITY;
    int32_t waited = 0;
    uint64_t waits = 0;
    for (uint32_t i = 0; i < s->at.epoch; i++) {
        const double value = watched_value(&s->epochs[i], watched);
        waited = value > best ? 0 : waited + 1;
        best = value > best ? value : best;
        if (waited == patience) {
            waits++;
            waited = 0;
        }
    }
    return waits;
}

double bnn_watch_plateau(const bnn_session *session)
{
    const bnn_schedule *schedule = &session->job->train->schedule;
    if (schedule->kind != BNN_SCHEDULE_PLATEAU || session->n_validation == 0)
        return 1.0;
    const uint64_t steps = count_waits(session, schedule->watched, schedule->patience);
    return fmax(schedule->floor, bnn_power(schedule->factor, steps));
}

bool bnn_watch_gives_up(const bnn_session *session)
{
    const bnn_train_options *train = session->job->train;
    return bnn_train_may_end_early(train, session->job->n_validation) &&
           count_waits(session, BNN_WATCHED_ACCURACY, train->patience) > 0;
}
