# commands.awk - from what `make -n V=1 CC=lint-cc` prints, the commands that compile, a line each: the file, then its
# flags, without warnings and without what says where the object goes. -v json=1: a compile_commands.json of
# the folder `directory` instead, for what reads that.
#
# One file has several commands where it is compiled for several instruction sets.
match($0, /lint-cc .* -c -o /) && match($0, /[^ `]+\.c( &&\\)?$/) {
    file = substr($0, RSTART)
    sub(/ &&\\$/, "", file)
    # In a build folder of its own: `test -f 'FILE' || echo '/the/sources/'`FILE
    if (match($0, /\|\| echo '[^']*'`/) && substr($0, RSTART + 9, RLENGTH - 11) != "./")
        file = substr($0, RSTART + 9, RLENGTH - 11) file
    sub(/.*lint-cc /, "")
    sub(/ -MT .*/, "")
    gsub(/ -W[^ ]*/, "")
    gsub(/ -O[^ ]*/, "")
    gsub(/  +/, " ")
    # What is generated, and what defines the functions that are always errors.
    if (file ~ /\.pb-c\.c$/ || seen[file, $0]++)
        next
    if (file !~ /(base\/error|spec\/diag|cli\/cli)\.c$/)
        $0 = $0 " -include " root "/tests/lint/failing.h"
    if (!json) {
        print file, $0
        next
    }
    gsub(/\\/, "\\\\")
    gsub(/"/, "\\\"")
    printf "%s{\"directory\": \"%s\", \"file\": \"%s\", \"command\": \"cc %s -c %s\"}", n++ ? ",\n" : "[\n", directory, file, $0, file
}
END {
    if (json)
        print "]"
}
