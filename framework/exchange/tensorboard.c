/* tensorboard.c - event files of TensorBoard: a folder a run, a scalar a number, and the settings that vary as
 * hyperparameters. A file is records: length, its checksum, an Event, its checksum, all little-endian. */
#include "exchange/visit.h"

#include <exchange/tensorboard.pb-c.h>

#include <ctype.h>
#include <float.h>
#include <math.h>
#include <string.h>

/* ---- records ----------------------------------------------------------------------------- */

/* CRC-32C, which zlib does not have, and Debian in no library for C. */
static uint32_t events_crc(const uint8_t *bytes, size_t n)
{
    const uint32_t polynomial = 0x82f63b78u; /* of Castagnoli, reversed */
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < n; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ ((crc & 1) != 0 ? polynomial : 0);
    }
    return ~crc;
}

static void events_put(uint64_t value, size_t n, uint8_t *out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (uint8_t)(value >> 8 * i);
}

/* As the format has it: rotated and shifted, so that a file in a file has no checksum of itself. */
static void events_put_crc(const uint8_t *bytes, size_t n, uint8_t out[4])
{
    const uint32_t crc = events_crc(bytes, n);
    events_put((uint32_t)((crc >> 15 | crc << 17) + 0xa282ead8u), 4, out);
}

static int events_write(FILE *file, const Tensorboard__Event *event, bnn_arena *arena,
                        bnn_error *err)
{
    enum { LENGTH = 8, CRC = 4 };
    const size_t n = tensorboard__event__get_packed_size(event);
    uint8_t *record = bnn_arena_alloc(arena, LENGTH + CRC + n + CRC, 1);
    if (record == NULL)
        return bnn_no_memory(err);
    uint8_t *const data = record + LENGTH + CRC;
    events_put(n, LENGTH, record);
    events_put_crc(record, LENGTH, record + LENGTH);
    tensorboard__event__pack(event, data);
    events_put_crc(data, n, data + n);
    fwrite(record, 1, LENGTH + CRC + n + CRC, file);
    return BNN_OK;
}

/* ---- events ------------------------------------------------------------------------------ */

static double events_seconds(int64_t us)
{
    return us < 0 ? 0.0 : (double)us / 1e6;
}

static int events_write_version(FILE *file, const bnn_exchange_run *run, bnn_error *err)
{
    static char version[] = "brain.Event:2";
    Tensorboard__Event event = TENSORBOARD__EVENT__INIT;
    event.has_wall_time = true;
    event.wall_time = events_seconds(run->row->started_us);
    event.file_version = version;
    return events_write(file, &event, run->arena, err);
}

/* An event with one value. */
static int events_write_value(FILE *file, Tensorboard__SummaryValue *value, double wall_time,
                              int64_t step, bnn_arena *arena, bnn_error *err)
{
    Tensorboard__Summary summary = TENSORBOARD__SUMMARY__INIT;
    Tensorboard__Event event = TENSORBOARD__EVENT__INIT;
    summary.n_value = 1;
    summary.value = &value;
    event.summary = &summary;
    event.has_wall_time = event.has_step = true;
    event.wall_time = wall_time;
    event.step = step;
    return events_write(file, &event, arena, err);
}

/* In ISO C what is out of range has no value as a float. */
static float events_float(double value)
{
    return value > FLT_MAX ? INFINITY : value < -FLT_MAX ? -INFINITY : (float)value;
}

static int events_write_point(FILE *file, const bnn_store_point *point, bnn_arena *arena,
                              bnn_error *err)
{
    Tensorboard__SummaryValue value = TENSORBOARD__SUMMARY_VALUE__INIT;
    value.tag = bnn_arena_strdup(arena, point->name);
    value.has_simple_value = true;
    value.simple_value = events_float(point->value);
    if (value.tag == NULL)
        return bnn_no_memory(err);
    return events_write_value(file, &value, events_seconds(point->time_us), point->step, arena,
                              err);
}

/* ---- hyperparameters --------------------------------------------------------------------- */

static int events_write_session(FILE *file, const char *tag, Tensorboard__HParamsPluginData *data,
                                double wall_time, bnn_arena *arena, bnn_error *err)
{
    static char plugin_name[] = "hparams";
    Tensorboard__PluginData plugin = TENSORBOARD__PLUGIN_DATA__INIT;
    Tensorboard__SummaryMetadata metadata = TENSORBOARD__SUMMARY_METADATA__INIT;
    Tensorboard__SummaryValue value = TENSORBOARD__SUMMARY_VALUE__INIT;
    data->has_version = true;
    plugin.plugin_name = plugin_name;
    plugin.has_content = true;
    plugin.content.len = tensorboard__hparams_plugin_data__get_packed_size(data);
    plugin.content.data = bnn_arena_alloc(arena, plugin.content.len, 1);
    metadata.plugin_data = &plugin;
    value.metadata = &metadata;
    value.tag = bnn_arena_strdup(arena, tag);
    if (plugin.content.data == NULL || value.tag == NULL)
        return bnn_no_memory(err);
    tensorboard__hparams_plugin_data__pack(data, plugin.content.data);
    return events_write_value(file, &value, wall_time, 0, arena, err);
}

/* A setting as a hyperparameter; NULL without memory. */
static Tensorboard__HParam *events_hparam(const bnn_store_set *setting, bnn_arena *arena)
{
    Tensorboard__HParam *param = bnn_arena_alloc(arena, 1, sizeof *param);
    Tensorboard__HParamValue *value = bnn_arena_alloc(arena, 1, sizeof *value);
    if (param == NULL || value == NULL)
        return NULL;
    tensorboard__hparam__init(param);
    tensorboard__hparam_value__init(value);
    param->key = bnn_arena_strdup(arena, setting->key);
    param->value = value;
    if (setting->is_text)
        value->string_value = bnn_arena_strdup(arena, setting->text);
    value->has_number_value = !setting->is_text;
    value->number_value = setting->number;
    return param->key == NULL || (setting->is_text && value->string_value == NULL) ? NULL : param;
}

/* What varies in the experiment; runs of a config are one group, over which TensorBoard takes the mean. */
static int events_write_start(FILE *file, const bnn_exchange_run *run, bnn_error *err)
{
    Tensorboard__SessionStartInfo start = TENSORBOARD__SESSION_START_INFO__INIT;
    Tensorboard__HParamsPluginData data = TENSORBOARD__HPARAMS_PLUGIN_DATA__INIT;
    Tensorboard__HParam **params = bnn_arena_alloc(run->arena, run->n_settings, sizeof *params);
    start.group_name = bnn_arena_strdup(run->arena, run->row->config);
    if (params == NULL || start.group_name == NULL)
        return bnn_no_memory(err);
    for (size_t i = 0; i < run->n_settings; i++)
        if (run->varies[i]) {
            params[start.n_hparams] = events_hparam(&run->settings[i], run->arena);
            if (params[start.n_hparams++] == NULL)
                return bnn_no_memory(err);
        }
    start.hparams = params;
    start.has_start_time_secs = true;
    start.start_time_secs = events_seconds(run->row->started_us);
    data.session_start_info = &start;
    return events_write_session(file, "_hparams_/session_start_info", &data, start.start_time_secs,
                                run->arena, err);
}

static int events_write_end(FILE *file, const bnn_exchange_run *run, bnn_error *err)
{
    enum { UNKNOWN = 0, SUCCESS = 1, FAILURE = 2, RUNNING = 3 };
    const char *state = run->row->state;
    Tensorboard__SessionEndInfo end = TENSORBOARD__SESSION_END_INFO__INIT;
    Tensorboard__HParamsPluginData data = TENSORBOARD__HPARAMS_PLUGIN_DATA__INIT;
    end.has_status = end.has_end_time_secs = true;
    end.status = strcmp(state, "done") == 0 || strcmp(state, "stale") == 0 ? SUCCESS
                 : strcmp(state, "failed") == 0                            ? FAILURE
                 : strcmp(state, "running") == 0                           ? RUNNING
                                                                           : UNKNOWN;
    end.end_time_secs = events_seconds(run->row->ended_us);
    data.session_end_info = &end;
    return events_write_session(file, "_hparams_/session_end_info", &data, end.end_time_secs,
                                run->arena, err);
}

/* ---- files ------------------------------------------------------------------------------- */

static int events_write_run(FILE *file, const bnn_exchange_run *run, bnn_error *err)
{
    int status = events_write_version(file, run, err);
    if (status == BNN_OK)
        status = events_write_start(file, run, err);
    for (size_t i = 0; status == BNN_OK && i < run->n_points; i++)
        status = events_write_point(file, &run->points[i], run->arena, err);
    return status == BNN_OK ? events_write_end(file, run, err) : status;
}

/* Makes a name of a file of a text; whether it was one but for blanks, which become ",". */
static bool events_clean_name(char *name)
{
    bool was_one = *name != '\0' && *name != '.';
    for (char *at = name; *at != '\0'; at++)
        if (*at == ' ')
            *at = ',';
        else if ((unsigned char)*at >= 0x80 ||
                 (!isalnum((unsigned char)*at) && strchr("=._-+", *at) == NULL)) {
            *at = '_';
            was_one = false;
        }
    return was_one;
}

/* "ste=clipped,ordering=bn_act". Where other characters than blanks had to go, the digits of the config tell it from
 * others. In the arena; NULL without memory. */
static const char *events_folder_name(const bnn_exchange_run *run)
{
    enum { NAME_BYTES = 120 };
    char *name = bnn_arena_printf(run->arena, "%.*s", NAME_BYTES, run->group);
    if (name == NULL || (events_clean_name(name) && strlen(name) == strlen(run->group)))
        return name;
    char *longer = bnn_arena_printf(run->arena, "_%s-%s", name, run->row->config);
    if (longer != NULL)
        events_clean_name(longer);
    return longer;
}

static int events_take_run(void *context, const bnn_exchange_run *run, bnn_error *err)
{
    bnn_folder *folder = context;
    const char *config = events_folder_name(run);
    const char *name =
        config == NULL
            ? NULL
            : bnn_arena_printf(run->arena, "%s/seed=%lld/events.out.tfevents.%lld.bnnrun", config,
                               (long long)run->row->seed,
                               (long long)events_seconds(run->row->started_us));
    FILE *file;
    if (name == NULL)
        return bnn_no_memory(err);
    if (bnn_folder_open(folder, name, &file, err) != BNN_OK)
        return err->status;
    const int status = events_write_run(file, run, err);
    return bnn_folder_end(folder, file, status, err);
}

int bnn_exchange_write_tensorboard(bnn_store *store, const char *experiment, bnn_folder *folder,
                                   size_t *out_n, bnn_error *err)
{
    return bnn_exchange_visit(store, experiment, events_take_run, folder, out_n, err);
}
