#include "exchange/exchange.h"

#include "exchange/folder.h"
#include "exchange/visit.h"

static const struct {
    const char *name;
    int (*write)(bnn_store *store, const char *experiment, bnn_folder *folder, size_t *out_n,
                 bnn_error *err);
} formats[BNN_EXCHANGE_FORMATS] = {
    [BNN_EXCHANGE_TENSORBOARD] = {"tensorboard", bnn_exchange_write_tensorboard},
    [BNN_EXCHANGE_MLFLOW] = {"mlflow", bnn_exchange_write_mlflow},
    [BNN_EXCHANGE_TRACKIO] = {"trackio", bnn_exchange_write_trackio},
    [BNN_EXCHANGE_CSV] = {"csv", bnn_exchange_write_csv},
};

const char *bnn_exchange_name(bnn_exchange_format format)
{
    return formats[format].name;
}

int bnn_exchange_write(bnn_store *store, const char *experiment, bnn_exchange_format format,
                       const char *place, bnn_exchange_written *out, bnn_error *err)
{
    bnn_folder folder;
    size_t n = 0;
    int status = bnn_folder_begin(place, &folder, err);
    if (status != BNN_OK)
        return status;
    status = formats[format].write(store, experiment, &folder, &n, err);
    if (status != BNN_OK)
        bnn_folder_drop(&folder);
    else
        status = bnn_folder_keep(&folder, err);
    if (status == BNN_OK)
        *out = (bnn_exchange_written){n, folder.n_files, folder.n_bytes};
    return status;
}
