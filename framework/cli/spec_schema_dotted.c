/* spec_schema_dotted.c - the maps of a spec that set keys by their dotted paths: points, and what a sweep makes
 * points of. */
#include "base/json.h"
#include "cli/spec_schema_internal.h"

#include <stdint.h>
#include <string.h>

/* ---- what stands at a key ------------------------------------------------------------------ */

/* What a point sets at a key becomes what stands there in another map; takes the reference. */
typedef json_t *schema_form(const cli_schema *s, json_t *reference);

static json_t *form_point(const cli_schema *s, json_t *reference)
{
    (void)s;
    return reference;
}

static json_t *form_list(const cli_schema *s, json_t *reference)
{
    (void)s;
    return json_pack("{s:s, s:i, s:o}", "type", "array", "minItems", 1, "items", reference);
}

/* Whether one of the forms of a value is of a type. */
static bool has_type(const json_t *value, const char *type)
{
    static const char *const lists[] = {"anyOf", "allOf"};
    const json_t *of = json_object_get(value, "type"), *form;
    size_t i;
    if (json_is_string(of) && strcmp(json_string_value(of), type) == 0)
        return true;
    for (size_t k = 0; k < sizeof lists / sizeof *lists; k++)
        json_array_foreach(json_object_get(value, lists[k]), i,
                           form) if (has_type(form, type)) return true;
    return false;
}

/* Of a key that takes integers alone, no other numbers are drawn. */
static json_t *form_draw(const cli_schema *s, json_t *reference)
{
    const char *to = json_string_value(json_object_get(reference, "$ref"));
    const json_t *value = to == NULL ? NULL : json_object_get(s->definitions, strrchr(to, '/') + 1);
    const bool whole = has_type(value, "integer") && !has_type(value, "number");
    return json_pack("{s:[{s:s}, {s:s, s:{s:{s:s, s:i, s:o}}, s:[s], s:b}]}", "anyOf", "$ref",
                     whole ? "#/definitions/range_of_integers" : "#/definitions/range", "type",
                     "object", "properties", "choice", "type", "array", "minItems", 1, "items",
                     reference, "required", "choice", "additionalProperties", 0);
}

static json_t *dotted_each(cli_schema *s, json_t *keys, schema_form *form)
{
    json_t *all = json_object(), *reference;
    const char *key;
    json_object_foreach(keys, key, reference)
        cli_schema_put(s, all, key, form(s, json_incref(reference)));
    return all;
}

static json_t *dotted_map(cli_schema *s, schema_form *form)
{
    return json_pack("{s:s, s:o, s:o, s:b}", "type", "object", "properties",
                     dotted_each(s, s->exact, form), "patternProperties",
                     dotted_each(s, s->patterns, form), "additionalProperties", 0);
}

/* ---- the maps ------------------------------------------------------------------------------ */

#define BOUNDS "{\"type\": \"array\", \"minItems\": 2, \"maxItems\": 2, \"items\": "
#define WHOLE  BOUNDS "{\"type\": \"integer\"}}"

static const char range[] =
    "{\"type\": \"object\", \"minProperties\": 1, \"maxProperties\": 1,"
    " \"additionalProperties\": false, \"properties\": {"
    "\"uniform\": " BOUNDS "{\"type\": \"number\"}},"
    "\"log_uniform\": " BOUNDS "{\"type\": \"number\", \"exclusiveMinimum\": 0}},"
    "\"integers\": " WHOLE "}}";

static const char range_of_integers[] =
    "{\"type\": \"object\", \"required\": [\"integers\"], \"additionalProperties\": false,"
    " \"properties\": {\"integers\": " WHOLE "}}";

/* Of lists up to so many values a schema can say that they are equally long. */
enum { EQUAL_MAX = 16 };

static json_t *equal_lists(cli_schema *s)
{
    json_t *any = json_array();
    for (int n = 1; n <= EQUAL_MAX; n++)
        cli_schema_add(
            s, any,
            json_pack("{s:{s:i, s:i}}", "additionalProperties", "minItems", n, "maxItems", n));
    cli_schema_add(s, any,
                   json_pack("{s:{s:i}}", "additionalProperties", "minItems", EQUAL_MAX + 1));
    return cli_schema_any(s, any);
}

void cli_schema_define_dotted(cli_schema *s)
{
    json_t *point = dotted_map(s, form_point), *draws = dotted_map(s, form_draw);
    cli_schema_put(s, json_object_get(point, "properties"), "label",
                   json_pack("{s:[s, s, s], s:i, s:i, s:s}", "type", "string", "number", "boolean",
                             "minLength", 1, "maxLength", 60, "description",
                             "what the point is called"));
    cli_schema_put(s, json_object_get(draws, "properties"), "n",
                   json_pack("{s:s, s:i, s:i, s:s}", "type", "integer", "minimum", 1, "maximum",
                             10000, "description", "how many points are drawn"));
    cli_schema_put(s, draws, "required", json_pack("[s]", "n"));
    cli_schema_put(s, s->definitions, "point", point);
    cli_schema_put(s, s->definitions, "matched", cli_schema_reference("point"));
    cli_schema_put(s, s->definitions, "lists", dotted_map(s, form_list));
    cli_schema_put(s, s->definitions, "equal_lists", equal_lists(s));
    cli_schema_put(s, s->definitions, "draws", draws);
    cli_schema_put(s, s->definitions, "range", bnn_json_of(range));
    cli_schema_put(s, s->definitions, "range_of_integers", bnn_json_of(range_of_integers));
}
