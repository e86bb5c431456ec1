"""schema.py SCHEMA GOOD... -- BAD...: whether a JSON Schema takes specs that are good and refuses those that are
bad: the cases of files of tests/cli/bad_specs. Prints the titles of those that it takes, a line each behind
"taken: ", and counts."""
import json
import math
import re
import sys

import jsonschema
import yaml


class Mistake(Exception):
    pass


class Loader(yaml.SafeLoader):
    """YAML 1.2 with its core schema, as yaml-language-server reads: yes is a text, no key is there twice."""

    yaml_implicit_resolvers = {}

    def construct_mapping(self, node, deep=False):
        keys = [key.value if isinstance(key, yaml.ScalarNode) else None for key, _ in node.value]
        if None in keys or len(set(keys)) < len(keys):
            raise Mistake("a key that is no text, or twice")
        return {k: self.construct_object(v, deep=True) for k, (_, v) in zip(keys, node.value)}


def construct_map(loader, node):
    return loader.construct_mapping(node)


def construct_int(loader, node):
    return int(node.value, 0 if node.value.startswith("0x") else 8 if node.value.startswith("0o") else 10)


def construct_float(loader, node):
    return float(node.value.replace(".inf", "inf").replace(".nan", "nan"))


for tag, pattern, first in (
    ("null", r"^(~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("bool", r"^(true|True|TRUE|false|False|FALSE)$", list("tTfF")),
    ("int", r"^([-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$", list("-+0123456789")),
    ("float", r"^([-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.inf|\.nan)$",
     list("-+.0123456789")),
):
    Loader.add_implicit_resolver("tag:yaml.org,2002:" + tag, re.compile(pattern), first)
Loader.add_constructor("tag:yaml.org,2002:map", construct_map)
Loader.add_constructor("tag:yaml.org,2002:int", construct_int)
Loader.add_constructor("tag:yaml.org,2002:float", construct_float)


def mistake(validator, text):
    """Why a spec is refused, or None."""
    try:
        spec = yaml.load(text, Loader)
        if isinstance(spec, dict) and any(
            isinstance(x, float) and not math.isfinite(x) for x in leaves(spec)
        ):
            return "not finite"
        if validator.is_valid(spec):
            return None
        best = jsonschema.exceptions.best_match(validator.iter_errors(spec))
        return "%s: %s" % ("/".join(map(str, best.absolute_path)), best.message[:200])
    except (yaml.YAMLError, Mistake, UnicodeDecodeError, RecursionError) as error:
        return "no YAML: %s" % type(error).__name__


def leaves(value):
    if isinstance(value, (dict, list)):
        for below in value.values() if isinstance(value, dict) else value:
            yield from leaves(below)
    else:
        yield value


def cases(path):
    """Title and text of the specs of tests/cli/bad_specs.sh that stand in a file as they are."""
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        for case in re.split(r"^=== ", file.read(), flags=re.M)[1:]:
            parts = re.split(r"^--- (\w+)\n", case, flags=re.M)
            named = dict(zip(parts[1::2], parts[2::2]))
            if "spec" in named and "arguments" not in named:
                yield parts[0].strip(), named["spec"]


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)
    split = sys.argv.index("--")
    wrong = bad = taken = 0
    for path in sys.argv[2:split]:
        with open(path, encoding="utf-8") as file:
            why = mistake(validator, file.read())
        if why:
            print("refused: %s: %s" % (path, why))
            wrong += 1
    for path in sys.argv[split + 1 :]:
        for title, spec in cases(path):
            bad += 1
            if mistake(validator, spec) is None:
                print("taken: " + title)
                taken += 1
    print("good specs: %d, %d refused; bad ones: %d, %d taken" % (split - 2, wrong, bad, taken))
    return 1 if wrong else 0


sys.exit(main())
