#include "cli/epochs.h"

json_t *cli_epochs_pivot(const json_t *rows)
{
    size_t i;
    json_t *row, *epoch = NULL, *epochs = json_array();
    json_array_foreach(rows, i, row)
    {
        json_t *number = json_object_get(row, "epoch");
        if (epoch == NULL || !json_equal(json_object_get(epoch, "epoch"), number)) {
            json_array_append_new(epochs, epoch = json_object());
            json_object_set(epoch, "epoch", number);
        }
        json_object_set(epoch, json_string_value(json_object_get(row, "name")),
                        json_object_get(row, "value"));
    }
    return epochs;
}
