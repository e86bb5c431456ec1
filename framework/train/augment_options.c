#include "train/augment.h"

static const bnn_key elastic_keys[] = {
    {.param = BNN_NUMBER(bnn_elastic, alpha, 0.0, 0.0, 1000.0,
                         "how far a random field moves pixels, before it is smoothed, in pixels; "
                         "0: none"),
     .flags = BNN_KEY_UNSET},
    {.param = BNN_NUMBER(bnn_elastic, sigma, 4.0, 0.5, 100.0,
                         "width of the Gaussian that smooths the field, in pixels"),
     .acts = "train.augment.elastic.alpha"},
    BNN_KEYS_END,
};

static const bnn_section elastic_section = {.keys = elastic_keys};

static const bnn_key erase_keys[] = {
    {.param = BNN_NUMBER(bnn_erase, probability, 0.0, 0.0, 1.0,
                         "share of the images in which a rectangle is erased"),
     .flags = BNN_KEY_UNSET,
     .also = "p|prob"},
    {.param = BNN_NUMBER(bnn_erase, size, 0.33, 0.001, 1.0,
                         "its largest area, as a share of the image's"),
     .acts = "train.augment.erase.probability"},
    {BNN_KEY_CHOICE(bnn_erase, fill, "fill", BNN_ERASE_BLACK, "black|grey|noise",
                    "what is there instead"),
     .acts = "train.augment.erase.probability"},
    BNN_KEYS_END,
};

static const bnn_section erase_section = {.keys = erase_keys};

static const bnn_key augment_keys[] = {
    {.param = BNN_INTEGER(bnn_augment_options, shift, 0, 0, 1000,
                          "largest shift across and down, in whole pixels"),
     .flags = BNN_KEY_UNSET,
     .also = "translate|crop"},
    {.param = BNN_NUMBER(bnn_augment_options, rotate, 0.0, 0.0, 180.0, "largest turn, in degrees"),
     .flags = BNN_KEY_UNSET,
     .also = "rotation|degrees"},
    {.param = BNN_NUMBER(bnn_augment_options, scale, 0.0, 0.0, 0.5,
                         "largest change of size, as a share: 0.1 for 0.9 to 1.1 times"),
     .flags = BNN_KEY_UNSET,
     .also = "zoom"},
    {.param = BNN_NUMBER(bnn_augment_options, shear, 0.0, 0.0, 45.0,
                         "how far upright lines lean at most, in degrees"),
     .flags = BNN_KEY_UNSET},
    {.param = BNN_SWITCH(bnn_augment_options, flip, 0, "mirror half of the images, left to right"),
     .flags = BNN_KEY_UNSET,
     .also = "horizontal_flip|hflip|mirror"},
    {BNN_KEY_SECTION(bnn_augment_options, elastic, "elastic", &elastic_section,
                     "bend images by random fields")},
    {BNN_KEY_SECTION(bnn_augment_options, erase, "erase", &erase_section,
                     "erase random rectangles"),
     .also = "cutout|random_erasing"},
    BNN_KEYS_END,
};

const bnn_section bnn_augment_section = {.keys = augment_keys};
