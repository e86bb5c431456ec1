#!/usr/bin/env python3
"""Which error branches the tests have taken: see `make error-coverage` in CONTRIBUTING.

An error branch is a line that makes an error (it calls a function whose name says so: fail, no_memory, refuse, usage
...), or hands one on (the `return` of a status, NULL, -1 or false that an `if` leads to whose condition finds a
failure). It has been taken when gcov counted the line and left no part of it out; where a statement begins with the call
that makes the error, when gcov counted it: what is left out then is a word of the message.

    errors.py [--gcov PROGRAM] SOURCES [FOLDER|FILE...]     in a folder that was configured with --enable-coverage

prints those that were never taken, then the share of each file and of all.
"""
import argparse
import collections
import json
import os
import re
import shlex
import subprocess
import sys

MAKES = re.compile(r'(?:\b|_)(?:fail|no_memory|refuse|usage|unknown|damaged|blame|expected|diag_add)(?:_\w+)?\(')
BEGINS = re.compile(r'\s*(?:return |(?:int )?\w+ = )?\w*' + MAKES.pattern)
FAILURE = re.compile(r'!= (?:BNN_OK|SQLITE_\w+|ARCHIVE_OK|0)\b|== (?:NULL|MAP_FAILED|-1)\b|< 0\b|\bfailed\b')
HANDS_ON = re.compile(r'\breturn (?:status|code|\w+->status|NULL|-1|false|fd|BNN_E_\w+);')
NO_CODE = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
IF = re.compile(r'\bif \(')


def bare(text):
    """The code without comments and texts, line by line where it was."""
    return NO_CODE.sub(lambda found: re.sub(r'[^\n]', ' ', found.group()), text)


def end_of_condition(code, at):
    """Behind the bracket that closes the one before `at`."""
    depth = 1
    while depth > 0:
        depth += {'(': 1, ')': -1}.get(code[at], 0)
        at += 1
    return at


def indent(line):
    return len(line) - len(line.lstrip())


def handed_on(code, lines):
    """The returns of ifs that find a failure; clang-format has put what an `if` leads to further to the right."""
    for found in IF.finditer(code):
        end = end_of_condition(code, found.end())
        if not FAILURE.search(code[found.end():end]):
            continue
        outer = indent(lines[code.count('\n', 0, found.start())])
        for number in range(code.count('\n', 0, end) + 1, len(lines)):
            if lines[number].strip() and indent(lines[number]) <= outer:
                break
            if HANDS_ON.search(lines[number]):
                yield number + 1


def error_branches(path):
    """The numbers of a file's lines that are error branches, those of them that begin with the call, and its lines."""
    with open(path, encoding='utf-8') as file:
        text = file.read()
    code = bare(text)
    lines = code.split('\n')
    made = {number for number, line in enumerate(lines, 1)
            if line.startswith(' ') and MAKES.search(line)}
    begun = {number for number in made if BEGINS.match(lines[number - 1])}
    return made | set(handed_on(code, lines)), begun, text.split('\n')


def counted(gcov, root, wanted):
    """{file: {line: (counted, whole)}} of what was compiled; of a line of several objects the best."""
    files = collections.defaultdict(dict)
    notes = sorted(os.path.join(folder, name) for top in ('framework', 'db')
                   for folder, _, names in os.walk(top) for name in names if name.endswith('.gcno'))
    for note in notes:
        done = subprocess.run([*shlex.split(gcov), '--json-format', '--stdout', note], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, check=True, text=True)
        for report in map(json.loads, filter(None, done.stdout.split('\n'))):
            for file in report['files']:
                path = os.path.relpath(os.path.join(report['current_working_directory'], file['file']), root)
                if not any(path == name or path.startswith(name + '/') for name in wanted):
                    continue
                for line in file['lines']:
                    counts = line['count'] > 0
                    taken = (counts, counts and not line['unexecuted_block'])
                    files[path][line['line_number']] = max(files[path].get(line['line_number'], taken), taken)
    return files


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n', 1)[0])
    parser.add_argument('--gcov', default='gcov')
    parser.add_argument('sources')
    parser.add_argument('parts', nargs='*', default=['framework', 'db'])
    asked = parser.parse_args()
    wanted = [os.path.normpath(part) for part in asked.parts]
    shares = []
    for path, lines in sorted(counted(asked.gcov, asked.sources, wanted).items()):
        branches, begun, text = error_branches(os.path.join(asked.sources, path))
        branches = sorted(branches & lines.keys())
        missed = [number for number in branches if not lines[number][0 if number in begun else 1]]
        for number in missed:
            print(f'{path}:{number}: {text[number - 1].strip()}')
        if branches:
            shares.append((path, len(branches) - len(missed), len(branches)))
    if not shares:
        sys.exit('error-coverage: nothing was counted: configure with --enable-coverage, and build')
    shares.append(('in all', sum(taken for _, taken, _ in shares), sum(n for _, _, n in shares)))
    for name, taken, n in shares:
        print(f'{100 * taken / n:6.1f}% of {n:4}  {name}')


if __name__ == '__main__':
    main()
